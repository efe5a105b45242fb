export {
  type BackfillItem,
  type BackfillPlan,
  type BackfillProgress,
  type BackfillScope,
  backfillProgress,
  lastBackfill,
  planBackfill,
  runBackfill,
} from './backfill.ts';
export { type CaseFile, caseFile } from './case-file.ts';
export { caseFilePage } from './case-file-page.ts';
export { type Break, breaksTable, type Completeness, completeness, isComplete } from './completeness.ts';
export { proveAtNight, startNight } from './night.ts';
export { sheetPdf } from './sheet-pdf.ts';
