import QRCode from 'qrcode';
import type { DocumentContent, IssuedFacts } from '../../domain/documents/document.ts';
import { decimal, fixed, scaled, toMinor } from '../../domain/money/money.ts';
import { partyName } from '../../domain/parties/party.ts';

/** The codes a bank's application reads to fill in a transfer: one standard per currency and kind of account. */

const paidByTransfer = new Set(['bank_transfer', 'deferred', 'other']);

/**
 * Payload of the payment code, or undefined when nothing is to be transferred, no standard fits the account and the currency, or a
 * field the standard requires is missing. A draft has no code: nobody may pay a number that does not exist.
 */
export function paymentCode(content: DocumentContent, issued: IssuedFacts | undefined, amount: string): string | undefined {
  if (!issued || content.kind === 'receipt' || !paidByTransfer.has(content.payment.means)) return undefined;
  if (toMinor(amount, content.currency) <= 0n) return undefined;
  const reference = content.payment.reference ?? issued.number;
  const due = content.dueDate ?? issued.issueDate;
  if (content.currency === 'PLN') return polishCode(content, amount, reference);
  if (content.currency === 'SEK') return swedishCode(content, amount, reference, issued.issueDate, due);
  if (content.currency === 'HUF') return hungarianCode(content, amount, reference, due);
  if (content.currency === 'EUR') return sepaCode(content, amount, reference);
  return undefined;
}

/** ZBP recommendation "2D code" of 2013: nine fields, the amount in grosze with at least six digits. */
function polishCode({ seller }: DocumentContent, amount: string, reference: string): string | undefined {
  const account = iban(seller.bankAccount, 'PL');
  if (!account?.startsWith('PL')) return undefined;
  const nip = seller.taxIds.find((id) => id.scheme === 'PL:NIP')?.value.replace(/\D/g, '') ?? '';
  const grosze = toMinor(amount, 'PLN').toString().padStart(6, '0');
  const field = (value: string, max: number) => clip(value.replace(/\|/g, ' '), max);
  return [nip, 'PL', account.slice(2), grosze, field(sellerName(seller), 20), field(reference, 32), '', '', ''].join('|');
}

/** UsingQR revision 2: compact JSON, plain ASCII, giro with its hyphen (bank applications refuse bare digits). */
function swedishCode(content: DocumentContent, amount: string, reference: string, issueDate: string, due: string): string | undefined {
  const { seller } = content;
  const company = seller.taxIds.find((id) => id.scheme === 'SE:ORGNR')?.value;
  const account = swedishAccount(seller);
  if (!account || !company) return undefined;
  const compact = (dayText: string) => dayText.replaceAll('-', '');
  const fields: [string, string][] = [
    ['uqr', '1'],
    ['tp', '1'],
    ['nme', json(clip(sellerName(seller), 35))],
    ['cid', json(company)],
    ['iref', json(clip(reference, 25))],
    ['idt', json(compact(issueDate))],
    ['ddt', json(compact(due))],
    ['due', decimal(scaled(amount))],
    ['vat', decimal(scaled(content.totals.tax))],
    ['pt', json(account.type)],
    ['acc', json(account.number)],
    ...(account.bic ? ([['bc', json(account.bic)]] as [string, string][]) : []),
  ];
  return `{${fields.map(([key, value]) => `"${key}":${value}`).join(',')}}`;
}

function swedishAccount(seller: DocumentContent['seller']): { type: string; number: string; bic?: string } | undefined {
  const bankgiro = seller.bankgiro?.replace(/\D/g, '') ?? '';
  if (/^\d{7,8}$/.test(bankgiro) && luhn(bankgiro)) return { type: 'BG', number: `${bankgiro.slice(0, -4)}-${bankgiro.slice(-4)}` };
  const plusgiro = seller.plusgiro?.replace(/\D/g, '') ?? '';
  if (/^\d{2,8}$/.test(plusgiro) && luhn(plusgiro)) return { type: 'PG', number: `${plusgiro.slice(0, -1)}-${plusgiro.slice(-1)}` };
  const number = iban(seller.bankAccount);
  return number && seller.bic ? { type: 'IBAN', number, bic: seller.bic } : undefined;
}

/** MNB guide of 2019 for instant payments: seventeen lines, whole forint. The code stays usable for a late payer of the same year. */
function hungarianCode({ seller }: DocumentContent, amount: string, reference: string, due: string): string | undefined {
  const account = iban(seller.bankAccount, 'HU');
  const bic = seller.bic?.toUpperCase().padEnd(11, 'X');
  if (!account?.startsWith('HU') || !bic || !/^[A-Z0-9]{11}$/.test(bic)) return undefined;
  const year = Number(due.slice(0, 4)) + 1;
  // 29 February has no namesake a year later.
  const validUntil = `${year}${due.slice(5).replace('-', '').replace('0229', '0228')}235959+1`;
  const name = clip(sellerName(seller).replace(/[^\x20-\x7eáéíóöőúüűÁÉÍÓÖŐÚÜŰ]/g, ''), 70);
  const head = ['HCT', '001', '1', bic, name, account, `HUF${fixed(scaled(amount), 0)}`, validUntil, '', clip(reference, 70)];
  return [...head, '', '', clip(reference, 35), '', '', '', ''].map((line) => `${line}\n`).join('');
}

/** EPC069-12 version 002, UTF-8. */
function sepaCode({ seller }: DocumentContent, amount: string, reference: string): string | undefined {
  const account = iban(seller.bankAccount, seller.country);
  if (!account) return undefined;
  const name = clip(sellerName(seller), 70);
  return ['BCD', '002', '1', 'SCT', seller.bic ?? '', name, account, `EUR${fixed(scaled(amount), 2)}`, '', '', clip(reference, 140)].join(
    '\n',
  );
}

/**
 * IBAN of an account given as IBAN or as the national number: Polish 26 digits, Hungarian 16 or 24. Undefined when its check digits
 * are wrong.
 */
export function iban(account: string | undefined, countryCode?: string): string | undefined {
  const plain = account?.replace(/[\s-]/g, '').toUpperCase() ?? '';
  if (/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(plain)) return remainder97(plain.slice(4) + plain.slice(0, 4)) === 1n ? plain : undefined;
  if (countryCode === 'PL' && /^\d{26}$/.test(plain)) return iban(`PL${plain}`);
  if (countryCode !== 'HU' || !/^\d{16}(\d{8})?$/.test(plain)) return undefined;
  const number = plain.padEnd(24, '0');
  return `HU${(98n - remainder97(`${number}HU00`)).toString().padStart(2, '0')}${number}`;
}

function remainder97(text: string): bigint {
  return BigInt(text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))) % 97n;
}

function luhn(digits: string): boolean {
  const total = [...digits].reverse().reduce((sum, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2);
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return total % 10 === 0;
}

function sellerName(seller: DocumentContent['seller']): string {
  return partyName(seller);
}

/** One line of at most `max` characters. */
function clip(text: string, max: number): string {
  return [...text.replace(/\s+/g, ' ').trim()].slice(0, max).join('').trim();
}

/** JSON text with everything beyond ASCII escaped, so that every scanner reads the same bytes. */
function json(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The code as an SVG with one path: a run of dark modules is one stroke of it. */
export function codeSvg(payload: string): string {
  const { size, data } = QRCode.create(payload, { errorCorrectionLevel: 'M' }).modules;
  let path = '';
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (!data[y * size + x]) continue;
      const from = x;
      while (x + 1 < size && data[y * size + x + 1]) x++;
      path += `M${from} ${y}h${x - from + 1}v1H${from}z`;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}"><path d="${path}"/></svg>`;
}
