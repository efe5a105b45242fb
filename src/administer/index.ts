export { type AnswerResult, answerAction, retryAction, withdrawAction } from './answer.ts';
export { type Deadline, listDeadlines } from './deadlines.ts';
export { workAction } from './engine.ts';
export { follow, type Mismatch, takeOver } from './follow.ts';
export { maskedNumber } from './ledger.ts';
export { type AdoptInput, type Asked, adoptReceivable, type OpenInput, openReceivable, requestAction } from './request.ts';
export { addShipment, type ShipmentInput } from './rules.ts';
export { nudgeReceivable, sweepReceivables, workReceivable } from './sweep.ts';
export {
  type ActionView,
  type Button,
  listReceivables,
  type PartView,
  type ReceivableQuery,
  type ReceivableRow,
  type ReceivableView,
  receivableView,
} from './views.ts';
