export {
  type BookRefusal,
  bookPayment,
  setAside,
  undoBooking,
} from './book.ts';
export { statementEncodings } from './encoding.ts';
export { readStatementsFolder } from './folder.ts';
export { countOpen, listOpenDocuments, listPayments, type PaymentFacts, readPayment } from './list.ts';
export { createStatement, sweepStatements, workStatement } from './read.ts';
export {
  accountKey,
  type BankLine,
  inspectStatement,
  readStatement,
  statementLimits,
} from './statement.ts';
