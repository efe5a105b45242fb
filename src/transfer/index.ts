export { workTransfer } from './dispatch.ts';
export { isHeldBack } from './engine.ts';
export {
  answerLikeness,
  changeForCause,
  mendedCause,
  readAgain,
  requestTransfer,
  resendTransfer,
  resumeConnection,
  sendOnceMore,
  sweepTransfers,
  tryHeldSeries,
} from './resume.ts';
