import { useCallback } from 'react';
import { useT } from '../texts.ts';

const codes = [
  'H_TAXID_MISSING',
  'H_TAXID_INVALID',
  'H_BUYER_DATA',
  'H_VAT_UNKNOWN',
  'H_FOREIGN_VAT',
  'H_TOTAL_MISMATCH',
  'H_UNPAID',
  'H_ZERO_TOTAL',
  'H_RETURNED',
  'H_DUP_CONFLICT',
  'H_CHANGED_AFTER_ISSUE',
  'H_SURCHARGE',
  'H_CURRENCY_UNKNOWN',
  'H_MERGED',
  'H_LETTERS',
] as const;

/** A hold as a heading over many documents: the whole sentence names one document's numbers. */
export function useHoldTitle(): (code: string) => string | undefined {
  const t = useT();
  return useCallback(
    (code) => {
      const known = codes.find((c) => c === code);
      return known && t(`hold.${known}`);
    },
    [t],
  );
}
