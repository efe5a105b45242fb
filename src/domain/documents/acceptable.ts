/** Holds that may be accepted for many documents at once; each keeps the note of who accepted it. */
export const acceptableForMany = ['H_UNPAID', 'H_RETURNED', 'H_ZERO_TOTAL', 'H_TOTAL_MISMATCH', 'H_SURCHARGE'] as const;

/**
 * Holds that a person may accept with open eyes: an amount, a letter or an arrival that is meant so, or a fact of the order that no edit of its document
 * takes away. Everything else is mended where it points.
 */
export const acceptable: ReadonlySet<string> = new Set([
  ...acceptableForMany,
  'H_LETTERS',
  'H_TREATMENT_PLACE',
  'H_DUP_CONFLICT',
  'H_MERGED',
]);
