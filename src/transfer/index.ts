export { workTransfer } from './dispatch.ts';
export { isHeldBack } from './engine.ts';
export {
  answerLikeness,
  changeForCause,
  mendedCause,
  type ResendResult,
  readAgain,
  requestTransfer,
  resendTransfer,
  resumeConnection,
  sendOnceMore,
  sweepTransfers,
  tryHeldSeries,
  type Verb,
} from './resume.ts';
