import { checkEuVat, compact, type TaxIdVerdict } from '../taxid.ts';

const nipWeights = [6, 5, 7, 2, 3, 4, 5, 6, 7];

function weighted(digits: string, weights: number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0);
}

/** NIP, ten digits with a check digit; the prefix PL is allowed and dropped. A right digit does not prove that the company exists. */
export function checkNip(raw: string): TaxIdVerdict {
  const value = compact(raw).replace(/^PL/, '');
  if (value === '') return { valid: false, reason: 'empty' };
  if (!/^\d+$/.test(value)) return { valid: false, reason: 'characters' };
  if (value.length !== 10) return { valid: false, reason: 'length' };
  if (/^0+$/.test(value)) return { valid: false, reason: 'zeros' };
  // A remainder of 10 never equals a digit: no such number is issued.
  if (weighted(value, nipWeights) % 11 !== Number(value[9])) return { valid: false, reason: 'check' };
  const display = `${value.slice(0, 3)}-${value.slice(3, 6)}-${value.slice(6, 8)}-${value.slice(8)}`;
  return { valid: true, scheme: 'PL:NIP', value, display };
}

/** Ten digits with a right check digit are Polish, two letters and the country's pattern are EU; anything else is asked about. */
export function classifyTaxId(raw: string): TaxIdVerdict {
  const value = compact(raw);
  if (/^[A-Z]{2}/.test(value) && !value.startsWith('PL')) return checkEuVat(value);
  return checkNip(value);
}

/** Account number: 26 digits, modulus 97 as an IBAN with PL. */
export function isBankAccount(text: string): boolean {
  const value = compact(text).replace(/^PL/, '');
  return /^\d{26}$/.test(value) && BigInt(`${value.slice(2)}2521${value.slice(0, 2)}`) % 97n === 1n;
}

/** `12345` becomes `12-345`; text that is no postal code comes back as undefined. */
export function postalCode(text: string): string | undefined {
  const match = /^\s*(\d{2})[\s-]*(\d{3})\s*$/.exec(text);
  return match ? `${match[1]}-${match[2]}` : undefined;
}

const ksefPattern = /^\d{10}-\d{8}-[0-9A-F]{12}-[0-9A-F]{2}$/;

/** A number of the tax office's system: 35 characters, the last two a CRC-8 (polynomial 0x07, from 0) of the first 32 (infakt §11). */
export function isKsefNumber(text: string): boolean {
  if (!ksefPattern.test(text)) return false;
  let crc = 0;
  for (const character of text.slice(0, 32)) {
    crc ^= character.charCodeAt(0);
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x07 : 0)) & 0xff;
  }
  return crc === Number.parseInt(text.slice(-2), 16);
}
