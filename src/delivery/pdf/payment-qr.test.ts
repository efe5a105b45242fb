import QRCode from 'qrcode';
import { describe, expect, it } from 'vitest';
import type { DocumentContent } from '../../domain/documents/document.ts';
import { hungarianInvoice, issued, polishInvoice, polishSeller, swedishInvoice } from '../../testkit/sample-documents.ts';
import { codeSvg, iban, paymentCode } from './payment-qr.ts';

// Promise: a code is printed only when a bank's application can pay from it, and then it says exactly what the document says.

const code = (content: DocumentContent, number = issued.number) => paymentCode(content, { ...issued, number }, content.totals.payable);

describe('Polish transfer code (ZBP)', () => {
  it('has nine fields, the account of 26 digits and grosze of at least six', () => {
    expect(code(polishInvoice())).toBe('5260250274|PL|61109010140000071219812874|021029|Źdźbło i Gęś sp. z o|FV/117/11/2026|||');
  });
  it('takes the payment reference before the number and lets no bar into a field', () => {
    const content = polishInvoice({
      payment: { means: 'bank_transfer', paid: '0', reference: 'A|B' },
      seller: { ...polishSeller, company: 'X|Y' },
    });
    expect(code(content)?.split('|').slice(4, 6)).toEqual(['X Y', 'A B']);
  });
  it('is left out for a wrong account', () => {
    expect(code(polishInvoice({ seller: { ...polishSeller, bankAccount: '61109010140000071219812875' } }))).toBeUndefined();
    expect(code(polishInvoice({ seller: { ...polishSeller, bankAccount: undefined } }))).toBeUndefined();
  });
});

describe('Swedish code (UsingQR)', () => {
  it('is compact ASCII JSON with giro, OCR, dates and the exact amount', () => {
    const payload = code(swedishInvoice())!;
    expect(payload).toMatch(/^[\x20-\x7e]+$/);
    expect(payload.startsWith('{"uqr":1,"tp":1,"nme":"\\u00c5kesson')).toBe(true);
    expect(JSON.parse(payload)).toEqual({
      uqr: 1,
      tp: 1,
      nme: 'Åkesson & Öberg Handel AB',
      cid: '5566778899',
      iref: '1234574',
      idt: '20261120',
      ddt: '20261204',
      due: 1665,
      vat: 281.95,
      pt: 'BG',
      acc: '5050-1055',
    });
  });
  it('falls back to plusgiro and refuses a giro with a wrong check digit', () => {
    const { seller } = swedishInvoice();
    const plus = code(swedishInvoice({ seller: { ...seller, bankgiro: '5050-1056', plusgiro: '4567-4' } }));
    expect(JSON.parse(plus!)).toMatchObject({ pt: 'PG', acc: '4567-4' });
    expect(code(swedishInvoice({ seller: { ...seller, bankgiro: '5050-1056' } }))).toBeUndefined();
  });
});

describe('Hungarian code (MNB)', () => {
  it('has seventeen lines, whole forint and the IBAN of the national number', () => {
    const lines = code(hungarianInvoice(), 'PRB-2026-117')!.split('\n');
    expect(lines).toHaveLength(18);
    expect(lines.slice(0, 8)).toEqual([
      'HCT',
      '001',
      '1',
      'OTPVHUHBXXX',
      'Példa Rendezvény Kft.',
      'HU42117730161111101800000000',
      'HUF27300',
      '20271204235959+1',
    ]);
    expect(lines[9]).toBe('PRB-2026-117');
    expect(lines[12]).toBe('PRB-2026-117');
  });
  it('needs the BIC', () => {
    expect(code(hungarianInvoice({ seller: { ...hungarianInvoice().seller, bic: undefined } }))).toBeUndefined();
  });
});

it('writes a SEPA code for euro', () => {
  const content = polishInvoice({ currency: 'EUR' });
  expect(code(content)?.split('\n')).toEqual([
    'BCD',
    '002',
    '1',
    'SCT',
    'WBKPPLPP',
    'Źdźbło i Gęś sp. z o.o.',
    'PL61109010140000071219812874',
    'EUR210.29',
    '',
    '',
    'FV/117/11/2026',
  ]);
});

describe('no code', () => {
  it('for a draft, a receipt, a paid document, a payment that is no transfer, or another currency', () => {
    expect(paymentCode(polishInvoice(), undefined, '210.29')).toBeUndefined();
    expect(code(polishInvoice({ kind: 'receipt' }))).toBeUndefined();
    expect(code(polishInvoice({ payment: { means: 'bank_transfer', paid: '210.29' } }))).toBeUndefined();
    expect(code(polishInvoice({ payment: { means: 'cash_on_delivery', paid: '0' } }))).toBeUndefined();
    expect(code(polishInvoice({ currency: 'CZK' }))).toBeUndefined();
  });
});

describe('iban', () => {
  it('is checked, and made of Polish and Hungarian numbers', () => {
    expect(iban('PL61 1090 1014 0000 0712 1981 2874')).toBe('PL61109010140000071219812874');
    expect(iban('PL62 1090 1014 0000 0712 1981 2874')).toBeUndefined();
    expect(iban('11773016-11111018', 'HU')).toBe('HU42117730161111101800000000');
    expect(iban('11773016-11111018')).toBeUndefined();
  });
});

it('draws exactly the dark modules, as one path', () => {
  const payload = code(polishInvoice())!;
  const { size, data } = QRCode.create(payload, { errorCorrectionLevel: 'M' }).modules;
  const svg = codeSvg(payload);
  expect(svg).toContain(`viewBox="0 0 ${size} ${size}"`);
  expect(svg.match(/<path/g)).toHaveLength(1);
  const drawn = Array.from({ length: size * size }, () => 0);
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g))
    drawn.fill(1, Number(y) * size + Number(x), Number(y) * size + Number(x) + Number(width));
  expect(drawn).toEqual([...data]);
});
