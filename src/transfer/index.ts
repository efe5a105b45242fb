export { resumeConnection, sweepTransfers, workTransfer } from './engine.ts';
