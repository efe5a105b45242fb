export {
  type BookRefusal,
  type BookResult,
  bookInTransaction,
  bookPayment,
  liveAllocations,
  type Payment,
  type Share,
  setAside,
  undoBooking,
} from './book.ts';
export { type StatementEncoding, statementEncodings } from './encoding.ts';
export { folderActor, readStatementsFolder } from './folder.ts';
export { countOpen, listOpenDocuments, listPayments, type PaymentFacts, readPayment } from './list.ts';
export { buyerKey, lockOpenItems, readOpenItems } from './open-items.ts';
export { createStatement, type StatementCounts, sweepStatements, workStatement } from './read.ts';
export {
  accountKey,
  type BankLine,
  inspectStatement,
  readStatement,
  type StatementEvent,
  type StatementFacts,
  statementLimits,
} from './statement.ts';
