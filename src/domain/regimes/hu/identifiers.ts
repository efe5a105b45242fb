import { checkEuVat, compact, type TaxIdVerdict } from '../taxid.ts';

/** County codes of the tax authority: companies, sole proprietors, and the special directorates. */
const counties = new Set(
  '02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 51'.split(
    ' ',
  ),
);
const baseWeights = [9, 7, 3, 1, 9, 7, 3];

/** The first eight digits, whose last is the check digit. */
function isTaxNumberBase(base: string): boolean {
  if (!/^\d{8}$/.test(base) || /^0+$/.test(base)) return false;
  const sum = baseWeights.reduce((total, weight, i) => total + weight * Number(base[i]), 0);
  return (10 - (sum % 10)) % 10 === Number(base[7]);
}

/** Adószám `xxxxxxxx-y-zz`: base with check digit, VAT code 1–5, county code. The EU form belongs into the EU field. */
export function checkAdoszam(raw: string): TaxIdVerdict {
  const value = compact(raw);
  if (value === '') return { valid: false, reason: 'empty' };
  if (/^HU/.test(value)) return { valid: false, reason: 'form' };
  if (!/^\d+$/.test(value)) return { valid: false, reason: 'characters' };
  if (value.length !== 11) return { valid: false, reason: 'length' };
  if (!isTaxNumberBase(value.slice(0, 8))) return { valid: false, reason: 'check' };
  if (!/[1-5]/.test(value[8]!) || !counties.has(value.slice(9))) return { valid: false, reason: 'part' };
  const display = `${value.slice(0, 8)}-${value[8]}-${value.slice(9)}`;
  return { valid: true, scheme: 'HU:ADOSZAM', value: display, display };
}

/** Normal form and what kind of number it is; the number itself may still be wrong. */
export function normaliseTaxNumber(raw: string): { kind: 'domestic' | 'eu' | 'base8' | 'other'; value: string } {
  const value = compact(raw);
  if (/^HU\d{8}$/.test(value)) return { kind: 'eu', value };
  if (/^\d{11}$/.test(value)) return { kind: 'domestic', value: `${value.slice(0, 8)}-${value[8]}-${value.slice(9)}` };
  if (/^\d{8}$/.test(value)) return { kind: 'base8', value };
  return { kind: 'other', value };
}

export function classifyTaxId(raw: string): TaxIdVerdict {
  return /^[A-Z]{2}/.test(compact(raw)) ? checkEuVat(raw) : checkAdoszam(raw);
}

/** Members of a VAT group give two numbers: the group's (VAT code 5) and their own (VAT code 4). */
export function vatCode(adoszam: string): string | undefined {
  return /^\d{8}-(\d)-\d{2}$/.exec(adoszam)?.[1];
}
