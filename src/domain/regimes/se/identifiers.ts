import { isDay } from '../../days/day.ts';
import { checkEuVat, compact, luhnCheckDigit, passesLuhn, type TaxIdVerdict } from '../taxid.ts';

/** Organisationsnummer: ten digits, the third at least 2, modulus 10. */
export function checkOrganisationsnummer(raw: string): TaxIdVerdict {
  let value = compact(raw);
  if (value === '') return { valid: false, reason: 'empty' };
  if (!/^\d+$/.test(value)) return { valid: false, reason: 'characters' };
  if (/^16\d{10}$/.test(value)) value = value.slice(2);
  if (value.length !== 10) return { valid: false, reason: 'length' };
  if (Number(value[2]) < 2) return { valid: false, reason: 'form' };
  if (!passesLuhn(value)) return { valid: false, reason: 'check' };
  return { valid: true, scheme: 'SE:ORGNR', value, display: `${value.slice(0, 6)}-${value.slice(6)}` };
}

/** Personnummer or samordningsnummer (day + 60), with or without century; `+` instead of the hyphen from the age of 100. */
export function checkPersonnummer(raw: string): TaxIdVerdict {
  const text = raw.replace(/\s/g, '');
  if (text === '') return { valid: false, reason: 'empty' };
  const match = /^(\d{2})?(\d{6})[-+]?(\d{4})$/.exec(text);
  if (!match) return { valid: false, reason: /^[\d+-]+$/.test(text) ? 'length' : 'characters' };
  const [, century, date, serial] = match as unknown as [string, string | undefined, string, string];
  const day = Number(date.slice(4));
  const civil = `${date.slice(2, 4)}-${String(day > 60 ? day - 60 : day).padStart(2, '0')}`;
  // Without a century either may be meant; a leap day is accepted when one of them has it.
  const years = century ? [century + date.slice(0, 2)] : [`19${date.slice(0, 2)}`, `20${date.slice(0, 2)}`];
  if (!years.some((year) => isDay(`${year}-${civil}`))) return { valid: false, reason: 'form' };
  if (!passesLuhn(date + serial)) return { valid: false, reason: 'check' };
  return { valid: true, scheme: 'SE:ORGNR', value: date + serial, display: `${date}-${serial}` };
}

/** Sole traders use their personal number as registration number: both forms are right. */
export function checkRegistrationNumber(raw: string): TaxIdVerdict {
  const company = checkOrganisationsnummer(raw);
  if (company.valid) return company;
  const person = checkPersonnummer(raw);
  return person.valid ? person : company;
}

/** VAT number: SE, the registration number, and a serial that is 01 for all but rare cases. */
export function checkVatNumber(raw: string): TaxIdVerdict {
  const value = compact(raw);
  if (!/^SE\d{12}$/.test(value)) return { valid: false, reason: value === '' ? 'empty' : 'form' };
  if (!value.endsWith('01')) return { valid: false, reason: 'part' };
  if (!checkRegistrationNumber(value.slice(2, 12)).valid) return { valid: false, reason: 'check' };
  return { valid: true, scheme: 'EU:VAT', value, display: value };
}

export function classifyTaxId(raw: string): TaxIdVerdict {
  const value = compact(raw);
  if (value.startsWith('SE')) return checkVatNumber(value);
  return /^[A-Z]{2}/.test(value) ? checkEuVat(value) : checkRegistrationNumber(raw);
}

/** Reference number with check digit, and with a length digit before it when asked for (2–25 digits in all). */
export function ocrNumber(base: string, options: { lengthDigit: boolean }): string {
  if (!/^\d{1,23}$/.test(base)) throw new RangeError('an OCR base is 1 to 23 digits');
  const body = options.lengthDigit ? base + String((base.length + 2) % 10) : base;
  return body + String(luhnCheckDigit(body));
}

export function isBankgiro(text: string): boolean {
  const value = compact(text);
  return /^\d{7,8}$/.test(value) && passesLuhn(value);
}

export function isPlusgiro(text: string): boolean {
  const value = compact(text);
  return /^\d{2,8}$/.test(value) && passesLuhn(value);
}
