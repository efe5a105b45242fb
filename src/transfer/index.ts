export { answerLikeness, requestTransfer, resendTransfer, sendOnceMore } from './again.ts';
export { isHeldBack } from './claim.ts';
export { workTransfer } from './dispatch.ts';
export { readAgain } from './read-again.ts';
export { changeForCause, mendedCause, resumeConnection, tryHeldSeries } from './resume.ts';
export { sweepTransfers } from './sweep.ts';
