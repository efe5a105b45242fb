import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DocumentContent } from '../documents/document.ts';
import { orderWith, policiesFor, rate } from '../documents/fixtures/orders.ts';
import { check, prepareSuggested } from '../documents/index.ts';
import { normaliseTaxNumber, vatCode } from './hu/identifiers.ts';
import { checkTaxId, documentTitle, phrase, rateKey, rateOfKey, ratesOn, readTaxId, regimeOf, regimes, requiredPhrases } from './index.ts';
import { easter, isWorkingDay, workingDayBefore } from './pl/calendar.ts';
import { isBankAccount, postalCode } from './pl/identifiers.ts';
import { checkPersonnummer, isBankgiro, isPlusgiro, ocrNumber } from './se/identifiers.ts';

/** Each country's own law: numbers, rates, days, and what a document must not be issued without. */
const valid = (scheme: string, value: string) => checkTaxId({ scheme, value })?.valid;
const reason = (scheme: string, value: string) => {
  const verdict = checkTaxId({ scheme, value });
  return verdict && !verdict.valid ? verdict.reason : undefined;
};

describe('Polish numbers', () => {
  test('NIP', () => {
    for (const right of ['1234563218', 'PL 123-456-32-18', '5261040828', '9999999999']) expect(valid('PL:NIP', right)).toBe(true);
    expect(reason('PL:NIP', '0000000000')).toBe('zeros');
    expect(reason('PL:NIP', '1234567890')).toBe('check');
    expect(reason('PL:NIP', '123456321')).toBe('length');
    expect(reason('PL:NIP', '12345678AB')).toBe('characters');
    expect(reason('PL:NIP', '  ')).toBe('empty');
  });

  test('a typed number is domestic, of another member state, or asked about', () => {
    expect(readTaxId('pl1234563218', 'PL')).toEqual({ scheme: 'PL:NIP', value: '1234563218', raw: 'pl1234563218' });
    expect(readTaxId('DE 123456789', 'PL')).toMatchObject({ scheme: 'EU:VAT', value: 'DE123456789' });
    expect(readTaxId('1234567890', 'PL')).toMatchObject({ scheme: 'PL:NIP', value: '1234567890' });
    expect(readTaxId('brak', 'PL')).toMatchObject({ scheme: 'OTHER', value: 'brak' });
  });

  test('account and postal code', () => {
    expect([isBankAccount('61 1090 1014 0000 0712 1981 2874'), isBankAccount('61109010140000071219812875')]).toEqual([true, false]);
    expect([postalCode('12345'), postalCode('12 - 345'), postalCode('1234')]).toEqual(['12-345', '12-345', undefined]);
  });
});

describe('Hungarian numbers', () => {
  test('adószám', () => {
    for (const right of ['13421739-2-41', '13421739241', ' 12345676 - 2 - 42 ']) expect(valid('HU:ADOSZAM', right)).toBe(true);
    expect(reason('HU:ADOSZAM', '12345678-2-42')).toBe('check');
    expect(reason('HU:ADOSZAM', '13421739-6-41')).toBe('part');
    expect(reason('HU:ADOSZAM', '13421739-2-99')).toBe('part');
    expect(reason('HU:ADOSZAM', 'HU13421739')).toBe('form');
  });

  test('normal forms, group members', () => {
    expect(normaliseTaxNumber('hu13421739')).toEqual({ kind: 'eu', value: 'HU13421739' });
    expect(normaliseTaxNumber('13421739')).toEqual({ kind: 'base8', value: '13421739' });
    expect(vatCode('17780474-5-44')).toBe('5');
  });
});

describe('Swedish numbers', () => {
  test('organisationsnummer, personnummer and VAT number', () => {
    expect(checkTaxId({ scheme: 'SE:ORGNR', value: '5599999991' })).toMatchObject({ valid: true, display: '559999-9991' });
    expect(reason('SE:ORGNR', '5599999992')).toBe('check');
    expect(valid('SE:ORGNR', '19811218-9876')).toBe(true);
    expect(checkPersonnummer('701063-2391')).toMatchObject({ valid: true });
    expect(checkPersonnummer('811318-9876')).toMatchObject({ valid: false, reason: 'form' });
    expect(valid('EU:VAT', 'SE559999999101')).toBe(true);
    for (const wrong of ['SE5599999991', 'SE559999999100', 'SE559999999201']) expect(valid('EU:VAT', wrong)).toBe(false);
  });

  test('OCR, Bankgiro and Plusgiro', () => {
    expect(ocrNumber('12345', { lengthDigit: true })).toBe('1234574');
    expect(ocrNumber('12345', { lengthDigit: false })).toBe('123455');
    expect([isBankgiro('5555-5551'), isBankgiro('5555-5552'), isPlusgiro('18'), isPlusgiro('4900331')]).toEqual([true, false, true, false]);
  });
});

describe('rates and their local words', () => {
  test.each(Object.values(regimes))('$country: every word leads to a rate and back', (regime) => {
    for (const definition of regime.rates) expect(rateKey(regime, rateOfKey(regime, definition.key, 'rule')!)).toBe(definition.key);
  });

  test('words that share a category keep a key, the others need none', () => {
    const [poland, hungary] = [regimeOf('PL'), regimeOf('HU')];
    expect(rateOfKey(poland, '23', 'rule')).toEqual({ category: 'S', percent: '23', source: 'rule' });
    expect(rateOfKey(poland, 'np II', 'rule')).not.toHaveProperty('key');
    expect(rateOfKey(poland, 'oo', 'rule')).toMatchObject({ category: 'AE', key: 'oo' });
    expect(rateOfKey(hungary, 'TAM', 'rule')).toMatchObject({ category: 'E', key: 'TAM' });
    expect(rateKey(hungary, { category: 'E' })).toBe('AAM');
    expect(rateKey(hungary, { category: 'S', percent: '19' })).toBe('19');
  });

  test('rates out of force are not offered', () => {
    const keys = (day: string) => ratesOn(regimeOf('PL'), day).map((r) => r.key);
    expect(keys('2026-10-01')).toEqual(expect.arrayContaining(['23', '8', '5', 'zw']));
    expect(keys('2026-10-01')).not.toContain('22');
    expect(keys('2010-06-01')).toContain('22');
  });
});

describe('days', () => {
  test.each([
    ['2026-10-14', '2026-10-13'],
    ['2026-10-12', '2026-10-09'],
    ['2026-11-12', '2026-11-10'],
    ['2026-12-28', '2026-12-23'],
    ['2026-01-07', '2026-01-05'],
    ['2026-06-05', '2026-06-03'],
  ])('the exchange rate for %s is of %s', (taxPoint, day) => {
    expect(regimeOf('PL').exchangeRateDay({ issueDate: taxPoint, taxPoint })).toEqual({ day, source: 'NBP' });
    expect(workingDayBefore(taxPoint)).toBe(day);
  });

  test('issued before the tax point, the day of issue counts', () => {
    expect(regimeOf('PL').exchangeRateDay({ issueDate: '2026-10-06', taxPoint: '2026-10-14' }).day).toBe('2026-10-05');
  });

  test('tax falls due with the delivery, with money that came before it, and within the Union with the invoice', () => {
    const { taxPoint, exchangeRateDay } = regimeOf('PL');
    const sold = (more: object = {}) =>
      ({
        kind: 'invoice',
        seller: {},
        currency: 'EUR',
        saleDate: '2026-02-02',
        payment: { means: 'online', paid: '10.00', paidAt: '2026-01-31T12:00:00Z' },
        totals: { payable: '0.00' },
        ...more,
      }) as DocumentContent;
    // Art. 19a(8): paid on the last of January and shipped in February is January's tax.
    expect(taxPoint(sold(), '2026-02-02')).toBe('2026-01-31');
    expect(taxPoint(sold({ payment: { means: 'online', paid: '10.00', paidAt: '2026-01-31T23:30:00Z' } }), '2026-02-02')).toBe(
      '2026-02-01',
    );
    expect(taxPoint(sold({ totals: { payable: '5.00' } }), '2026-02-02')).toBe('2026-02-02');
    expect(taxPoint(sold({ saleDate: '2026-01-30' }), '2026-02-02')).toBe('2026-01-30');
    expect(taxPoint(sold({ kind: 'prepayment' }), '2026-02-02')).toBe('2026-02-02');
    expect(taxPoint(sold({ kind: 'receipt' }), '2026-02-02')).toBe('2026-01-31');
    // Art. 20(1), and with it the rate of art. 31a.
    const union = sold({ taxTreatment: 'intra_community', saleDate: '2026-09-01' });
    expect(taxPoint(union, '2026-09-10')).toBe('2026-09-10');
    expect(taxPoint(union, '2026-10-20')).toBe('2026-10-15');
    expect(exchangeRateDay({ issueDate: '2026-09-10', taxPoint: taxPoint(union, '2026-09-10') }).day).toBe('2026-09-09');
    expect(regimeOf('HU').taxPoint(sold(), '2026-02-02')).toBe('2026-02-02');
    // 2006/112/EC art. 67, 91(2): everywhere in the Union.
    for (const country of ['HU', 'SE']) {
      const there = regimeOf(country);
      expect([there.taxPoint(union, '2026-09-10'), there.taxPoint(union, '2026-10-20')], country).toEqual(['2026-09-10', '2026-10-15']);
      const day = there.taxPoint(union, '2026-09-10');
      expect(there.exchangeRateDay({ issueDate: '2026-09-10', taxPoint: day }).day, country).toBe('2026-09-10');
    }
  });

  test('Easter and working days', () => {
    expect([2024, 2025, 2026, 2027].map(easter)).toEqual(['2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28']);
    expect([isWorkingDay('2024-12-24'), isWorkingDay('2026-12-24'), isWorkingDay('2026-11-21')]).toEqual([true, false, false]);
  });

  test('deadlines of issuing', () => {
    const poland = regimeOf('PL').issueDeadline;
    expect(poland({ saleDate: '2026-01-31', buyer: 'company' })).toEqual({ earliest: '2025-12-02', latest: '2026-02-15' });
    expect(poland({ saleDate: '2026-01-31', buyer: 'person', requestDate: '2026-03-05' }).latest).toBe('2026-03-20');
    // Art. 106i(2): money that came before the sale starts the term.
    expect(poland({ saleDate: '2026-02-10', paidDate: '2026-01-31', buyer: 'company' }).latest).toBe('2026-02-15');
    expect(poland({ saleDate: '2026-02-10', paidDate: '2026-01-31', buyer: 'company', treatment: 'intra_community' }).latest).toBe(
      '2026-03-15',
    );
    const hungary = regimeOf('HU').issueDeadline;
    expect(hungary({ saleDate: '2026-10-01', paidDate: '2026-10-01', buyer: 'person' }).latest).toBe('2026-10-01');
    expect(hungary({ saleDate: '2026-10-01', buyer: 'company' }).latest).toBe('2026-10-09');
    expect(hungary({ saleDate: '2026-10-01', buyer: 'company', treatment: 'intra_community' }).latest).toBe('2026-11-15');
    expect(regimeOf('SE').issueDeadline({ saleDate: '2026-10-01', buyer: 'company' })).toEqual({});
  });
});

describe('what a country asks of a document', () => {
  const today = { today: '2026-10-02' };
  const company = { document: 'INVOICE_COMPANY' as const, findings: [] };
  const prepared = (order: Record<string, unknown>, policies: Record<string, unknown> = {}) => {
    const result = prepareSuggested(
      orderWith({ declaredTotal: undefined, delivery: {}, ...order }),
      policiesFor('PL', policies),
      company,
      today,
    );
    if ('nothing' in result) throw new Error('nothing prepared');
    return { ...result, codes: result.findings.map((f) => f.code) };
  };
  const phone = (price: string) => ({
    lines: [{ id: 'p', name: 'Telefon', sku: 'PHONE', quantity: '1', unitGross: price, gross: price, rate: rate('23') }],
  });

  test('split payment: over 15 000 PLN with annex goods to a company', () => {
    const annex = { splitPaymentSkus: ['PHONE'] };
    const { content, codes } = prepared(phone('15000.01'), annex);
    expect([content.splitPayment, codes]).toEqual([true, []]);
    expect(check({ ...content, splitPayment: false }, today).map((f) => f.code)).toEqual(['H_SPLIT_PAYMENT']);
    const transfer = { ...content, payment: { ...content.payment, means: 'bank_transfer' as const } };
    expect(check(transfer, today).map((f) => f.code)).toContain('H_BANK_ACCOUNT_MISSING');
    expect(prepared(phone('15000.00'), annex).content.splitPayment).toBe(false);
    expect(prepared(phone('15000.01')).content.splitPayment).toBe(false);
  });

  test('an exempt line needs its basis, and no company document follows a receipt without its number', () => {
    const exempt = {
      lines: [{ id: 'c', name: 'Kurs', quantity: '1', unitGross: '100.00', gross: '100.00', rate: { category: 'E', source: 'channel' } }],
    };
    expect(prepared(exempt).findings).toContainEqual(
      expect.objectContaining({ code: 'H_EXEMPTION_BASIS', where: 'lines.0.rate.exemptionReason' }),
    );
    const basis = 'art. 43 ust. 1 pkt 26';
    expect(prepared(exempt, { exemptionReason: basis }).content.lines[0]!.rate!.exemptionReason).toBe(basis);
    const receipt = (kind: string) => ({ documentedElsewhere: [{ system: 'till', kind, number: 'P/7', id: '7' }] });
    expect(prepared(receipt('receipt')).codes).toContain('H_RECEIPT_WITHOUT_TAXID');
    expect(prepared(receipt('receipt_with_tax_id')).codes).toContain('H_RECEIPT_IS_INVOICE');
    expect(prepared({ ...receipt('receipt_with_tax_id'), ...phone('450.01') }).codes).toContain('W_INVOICE_TO_RECEIPT');
  });

  test('titles and phrases', () => {
    const { content } = prepared({});
    expect(documentTitle(regimeOf('PL'), content, 'pl')).toBe('Faktura');
    expect(documentTitle(regimeOf('SE'), { kind: 'correction' }, 'en')).toBe('Credit note');
    expect(documentTitle(regimeOf('HU'), { kind: 'correction', correction: { reasonCode: 'cancel' } as never }, 'hu')).toBe(
      'Sztornó számla',
    );
    // What takes nothing off is no credit in Sweden (ML 17 kap. 22 §); in Poland and Hungary a correction is called so either way.
    const by = (gross: string) => ({ kind: 'correction' as const, correction: { reasonCode: 'price', difference: { gross } } as never });
    const titles = (country: string, language: 'pl' | 'hu' | 'sv' | 'en') =>
      ['-10.00', '10.00', '0.00'].map((gross) => documentTitle(regimeOf(country), by(gross), language));
    expect(titles('SE', 'sv')).toEqual(['Kreditfaktura', 'Ändringsfaktura', 'Ändringsfaktura']);
    expect(titles('SE', 'en')).toEqual(['Credit note', 'Correction invoice', 'Correction invoice']);
    expect(titles('PL', 'pl')).toEqual(Array(3).fill('Faktura korygująca'));
    expect(titles('HU', 'hu')).toEqual(Array(3).fill('Helyesbítő számla'));
    expect(requiredPhrases({ ...content, splitPayment: true })).toEqual(['splitPayment']);
    expect(phrase(regimeOf('PL'), 'splitPayment', 'pl').toLowerCase()).toBe('mechanizm podzielonej płatności');
  });
});

const shared = new URL('../../../../shared/contracts/', import.meta.url);
test.runIf(existsSync(shared))('every number of the contracts', () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, shared), 'utf8'));
  for (const v of read('poland/samples/nip.vectors.json').vectors) expect([v.input, valid('PL:NIP', v.input)]).toEqual([v.input, v.valid]);
  const hu = read('szamlazz/tables/tax-number-vectors.json');
  for (const value of hu.valid) expect([value, valid('HU:ADOSZAM', value)]).toEqual([value, true]);
  for (const { value } of hu.invalid) expect([value, valid('HU:ADOSZAM', value)]).toEqual([value, false]);
  for (const v of hu.normalise) expect(normaliseTaxNumber(v.input).value).toBe(v.output);
  const se = read('walley/vectors/swedish-identifiers.json');
  for (const value of se.personnummer.valid) expect([value, checkPersonnummer(value).valid]).toEqual([value, true]);
  for (const value of se.personnummer.invalid) expect([value, checkPersonnummer(value).valid]).toEqual([value, false]);
  for (const value of se.organisationsnummer.valid) expect([value, valid('SE:ORGNR', value)]).toEqual([value, true]);
  for (const value of se.organisationsnummer.invalid) expect([value, valid('SE:ORGNR', value)]).toEqual([value, false]);
  for (const value of se.vatNumber.valid) expect(valid('EU:VAT', value)).toBe(true);
  for (const value of se.vatNumber.invalid) expect(valid('EU:VAT', value)).toBe(false);
  for (const value of se.bankgiro.valid) expect(isBankgiro(value)).toBe(true);
  for (const value of se.bankgiro.invalid) expect(isBankgiro(value)).toBe(false);
  for (const value of se.plusgiro.valid) expect(isPlusgiro(value)).toBe(true);
  for (const value of se.plusgiro.invalid) expect(isPlusgiro(value)).toBe(false);
  for (const { base, ocr } of se.ocrWithLengthDigit) expect(ocrNumber(base, { lengthDigit: true })).toBe(ocr);
  for (const { base, ocr } of se.ocrCheckDigitOnly) expect(ocrNumber(base, { lengthDigit: false })).toBe(ocr);
});
