export { answerLikeness, resendTransfer, resumeConnection, sweepTransfers, workTransfer } from './engine.ts';
