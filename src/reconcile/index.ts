export {
  type BackfillProgress,
  backfillProgress,
  lastBackfill,
  planBackfill,
  runBackfill,
} from './backfill.ts';
export { caseFile } from './case-file.ts';
export { caseFilePage } from './case-file-page.ts';
export { breaksTable, completeness, isComplete } from './completeness.ts';
export { proveAtNight, startNight } from './night.ts';
export { sheetPdf } from './sheet-pdf.ts';
