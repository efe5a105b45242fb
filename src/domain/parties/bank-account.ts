import { compact } from '../regimes/taxid.ts';

/**
 * Whether an account number passes its check: an IBAN (ISO 13616, modulo 97), a Polish number of 26 digits (the same without its country),
 * a Hungarian one of 16 or 24 digits (weights 9-7-3-1 over the first eight and over the rest). Numbers of other countries carry no common
 * check and pass when they look like one.
 */
export function isBankAccount(text: string, country: string): boolean {
  const value = compact(text).toUpperCase();
  if (/^[A-Z]{2}/.test(value)) return isIban(value);
  if (country === 'PL') return /^\d{26}$/.test(value) && isIban(`PL${value}`);
  if (country === 'HU') return /^\d{16}(?:\d{8})?$/.test(value) && [value.slice(0, 8), value.slice(8)].every(passes9731);
  return /^\d{4,30}$/.test(value);
}

function isIban(value: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(value)) return false;
  const digits = (value.slice(4) + value.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}

const weights = [9, 7, 3, 1];
const passes9731 = (digits: string): boolean => [...digits].reduce((sum, digit, i) => sum + Number(digit) * weights[i % 4]!, 0) % 10 === 0;
