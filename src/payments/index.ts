export { type StatementEncoding, statementEncodings } from './encoding.ts';
export {
  accountKey,
  type BankLine,
  inspectStatement,
  readStatement,
  type StatementEvent,
  type StatementFacts,
  statementLimits,
} from './statement.ts';
