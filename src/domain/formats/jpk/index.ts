/** The Polish audit files: the register of sales for the monthly return, and all invoices of a period. Pure; the accountant files them. */
export { type FaProfile, faFindings, isInvoiceOf, writeFa } from './fa.ts';
export {
  type BooksProfile,
  booksProfileSchema,
  profileFindings,
  sellerName,
  sellerTaxId,
  streetParts,
} from './profile.ts';
export * from './register.ts';
export {
  evidenceOf,
  isDeclaredAbroad,
  isInMonth,
  monthDays,
  type V7Month,
  v7Findings,
  v7MonthFindings,
  writeV7,
} from './v7.ts';
