export { workTransfer } from './dispatch.ts';
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
