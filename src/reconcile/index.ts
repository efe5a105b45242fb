export { type BackfillItem, type BackfillPlan, type BackfillScope, planBackfill, runBackfill } from './backfill.ts';
export { type Break, type Completeness, completeness, isComplete } from './completeness.ts';
export { sheetPdf } from './sheet-pdf.ts';
