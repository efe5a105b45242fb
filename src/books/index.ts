export { type BooksCheck, type BooksPeriod, checkBooks, listWays, type Way } from './check.ts';
export { documentTable } from './document-table.ts';
export {
  type ExportFile,
  type ExportRequest,
  type ExportResult,
  listExportFiles,
  makeExportFile,
  maxExportDocuments,
  openExportFile,
  type RefusedDocument,
} from './files.ts';
export { type MonthPack, monthPack } from './pack.ts';
export { readBooksProfile, saveBooksProfile } from './profile.ts';
export { type BooksDocument, type BooksSelection, booksDocuments } from './source.ts';
export { csvOf, xlsxOf } from './table.ts';
export { checkTaxFiles, type DocumentFinding, monthOf, type TaxFileCheck, type TaxFileName, taxFile } from './tax-files.ts';
export { type ZipEntry, zipStream } from './zip.ts';
