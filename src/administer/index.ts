export { type AnswerResult, answerAction, retryAction, withdrawAction } from './answer.ts';
export { listDeadlines } from './deadlines.ts';
export { workAction } from './engine.ts';
export { follow, takeOver } from './follow.ts';
export { type Asked, adoptReceivable, type OpenInput, openReceivable, requestAction } from './request.ts';
export { addShipment } from './rules.ts';
export { nudgeReceivable, sweepReceivables, workReceivable } from './sweep.ts';
export {
  listReceivables,
  type PartView,
  type ReceivableView,
  receivableView,
} from './views.ts';
