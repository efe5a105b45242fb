import type { DocumentContent } from './document.ts';

/** Parts of a prepared document that a person may change; amounts are computed, the original of a correction is history. */
export const editableParts = [
  'language',
  'secondLanguage',
  'taxMethod',
  'seller',
  'buyer',
  'recipient',
  'issueDate',
  'saleDate',
  'dueDate',
  'payment',
  'splitPayment',
  'taxTreatment',
  'receipt',
  'lines',
  'exchange',
  'notes',
  'message',
  'roundTo',
  'currency',
] as const satisfies (keyof DocumentContent)[];
