export { checkBooks, listWays } from './check.ts';
export { documentTable } from './document-table.ts';
export {
  type ExportResult,
  listExportFiles,
  makeExportFile,
  maxExportDocuments,
  openExportFile,
} from './files.ts';
export { monthPack } from './pack.ts';
export { readBooksProfile, saveBooksProfile } from './profile.ts';
export { csvOf, xlsxOf } from './table.ts';
export { checkTaxFiles, monthOf, type TaxFileName, taxFile } from './tax-files.ts';
export { type ZipEntry, zipStream } from './zip.ts';
