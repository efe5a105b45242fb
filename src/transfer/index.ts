export { workTransfer } from './engine.ts';
export {
  answerLikeness,
  mendedCause,
  type ResendResult,
  readAgain,
  requestTransfer,
  resendTransfer,
  resumeConnection,
  sendOnceMore,
  sweepTransfers,
  type Verb,
} from './resume.ts';
