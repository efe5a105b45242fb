/** The Polish audit files: the register of sales for the monthly return, and all invoices of a period. Pure; the accountant files them. */
export { type FaPeriod, type FaSummary, faFindings, isInvoiceOf, writeFa } from './fa.ts';
export {
  addressOf,
  type BooksProfile,
  booksProfileSchema,
  profileFindings,
  sellerName,
  sellerTaxId,
  streetParts,
  type TaxFile,
} from './profile.ts';
export * from './register.ts';
export {
  type Evidence,
  evidenceOf,
  isClearanceNumber,
  isDeclaredAbroad,
  isInMonth,
  monthDays,
  type V7Month,
  type V7Summary,
  v7Findings,
  v7MonthFindings,
  writeV7,
} from './v7.ts';
