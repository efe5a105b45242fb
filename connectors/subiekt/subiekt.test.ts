import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buyerKey } from '../../src/contract/books.ts';
import type { AwaitedDocument, FolderDocument } from '../../src/contract/folder.ts';
import { connectorSuite, contextOf } from '../../src/contract/suite.ts';
import { correct } from '../../src/domain/documents/correct.ts';
import { readEpp } from '../../src/domain/formats/epp/index.ts';
import { fixed, scaled, sum, toMinor } from '../../src/domain/money/money.ts';
import { type PolishDocument, polishContent, polishMonth } from '../../src/testkit/polish.ts';
import { connector } from './connector.ts';
import { goodsCode } from './facts.ts';
import { serialOf } from './mapper.ts';
import { settingsOf } from './settings.ts';

/** The promise: a month of a Polish shop becomes a file the program takes, byte by byte the one reviewed here, and its answers find home. */
const at = new Date('2026-10-01T06:15:02Z');
const period = { from: '2026-09-01', to: '2026-09-30' };
const rewrite = process.env.GOLDEN === 'write';
const out = new URL('./fixtures/out/', import.meta.url);

function folderWith(settings: Record<string, unknown> = {}) {
  const double = { baseUrl: '', secrets: {}, settings, now: () => at, close: async () => {} };
  return connector.open(contextOf(double)).folder!;
}
const month = polishMonth();
const byNumber = (number: string): PolishDocument => month.find((d) => d.number === number)!;
const awaitedOf = ({ reference, kind, number, content }: FolderDocument): AwaitedDocument => {
  const { gross } = content.correction?.difference ?? content.totals;
  return { reference, kind, number, gross, currency: content.currency };
};

connectorSuite({
  connector,
  start: async () => ({ baseUrl: '', secrets: {}, now: () => at, close: async () => {} }),
  requests: () => month.map(({ kind, content, number, issueDate, original }) => ({ kind, content, number, issueDate, original })),
});

describe('golden files', () => {
  it.each([
    ['month-items-1.11.epp', { purpose: 'items' }],
    ['month-office-1.11.epp', { purpose: 'office' }],
    ['month-office-1.05.epp', { purpose: 'office', version: '1.05' }],
    ['month-items-1.12-852.epp', { purpose: 'items', version: '1.12', codePage: '852', payableForPaid: 'zero' }],
  ])('%s', async (name, settings) => {
    const bytes = Buffer.concat(await Array.fromAsync(folderWith(settings).write(() => month, { at, period, madeBy: 'Łucja' })));
    mkdirSync(out, { recursive: true });
    if (rewrite) writeFileSync(new URL(name, out), bytes);
    expect(bytes.equals(readFileSync(new URL(name, out))), `${name} differs: GOLDEN=write and look at the difference`).toBe(true);
    expect(readEpp(bytes).problems).toEqual([]);
  });
});

describe('a file', () => {
  it('sums: lines to header, rates to header, a correction to its difference', async () => {
    for (const purpose of ['items', 'office']) {
      const bytes = Buffer.concat(await Array.fromAsync(folderWith({ purpose }).write(() => month, { at })));
      for (const { header, items, rates } of readEpp(bytes).documents) {
        const minor = (amount = '0') => toMinor(fixed(scaled(amount), 2), 'PLN');
        const rows = items.length > 0 ? items : rates;
        const gross = sum(rows.map((r) => minor(r.gross))) - sum(items.map((r) => minor(r.grossBefore)));
        expect([header.number, gross]).toEqual([header.number, minor(header.gross)]);
        expect(minor(header.net) + minor(header.tax)).toBe(minor(header.gross));
      }
    }
  });

  it('keeps unchanged lines of a correction, after and before', () => {
    const file = readEpp(folderWith().inbox(byNumber('KOR/3/09/2026'), at).bytes);
    expect(file.documents[0]!.items.map((i) => [i.quantity, i.quantityBefore])).toEqual([
      ['1.0000', '2.0000'],
      ['2.0000', '2.0000'],
      ['1.0000', '1.0000'],
    ]);
    // Priced from net: the net price before comes first; priced from gross the other way round (EPP §5).
    const pricesBefore = (bytes: Uint8Array) => {
      const line = new TextDecoder('windows-1250')
        .decode(bytes)
        .split('\r\n')
        .find((l) => l.startsWith('1,1,"RAMA-Z"'))!;
      return line.split(',').slice(22, 24);
    };
    const correction = byNumber('KOR/3/09/2026');
    expect(pricesBefore(folderWith().inbox(correction, at).bytes)).toEqual(['1000.0000', '1230.0000']);
    const sold = polishContent({ lines: [{ name: 'Rama', quantity: '2', unitPrice: '12.30', sku: 'RAMA-Z' }] });
    const original = { id: 'o', number: 'FV/1', issueDate: '2026-09-10', content: sold };
    const made = correct(original, undefined, { reason: 'Zwrot', reasonCode: 'return', lines: [{ lineId: 'l1', quantity: '1' }] });
    if ('refused' in made) throw new Error(made.refused);
    const written = folderWith().inbox({ ...correction, content: made.content }, at).bytes;
    expect(pricesBefore(written)).toEqual(['12.3000', '10.0000']);
    expect(readEpp(written).documents[0]!.items[0]).toMatchObject({ grossPriceBefore: '12.3000', netPriceBefore: '10.0000' });
    expect(file.documents[0]).toMatchObject({ corrected: { type: 'FS', number: 'FV/101/09/2026' }, header: { gross: '-1230.0000' } });
    expect(file.dictionaries.PRZYCZYNYKOREKT).toEqual([{ key: 'KFS KOR/3/09/2026', line: '1', reason: 'Zwrot towaru' }]);
  });

  it('keys every auxiliary record by type and number', () => {
    const file = readEpp(folderWith().inbox(byNumber('FV/105/09/2026'), at).bytes);
    expect(file.dictionaries.WYMAGALNOSCMPP).toEqual([{ key: 'FS FV/105/09/2026', splitPayment: '1' }]);
    expect(file.dictionaries.DOKUMENTYZNACZNIKIJPKVAT?.[0]).toMatchObject({ key: 'FS FV/105/09/2026', gtu06: '1', gtu05: '0' });
    expect(file.dictionaries.TOWARYGRUPYJPKVAT?.[0]).toMatchObject({ code: 'STER-9', gtu06: '1' });
  });

  it('tells the authority’s number and our reference in the remarks', () => {
    const file = readEpp(folderWith().inbox(byNumber('FV/101/09/2026'), at).bytes);
    expect(file.documents[0]!.header.remarks).toMatch(/^\[FKT:fk:[\w-]+\] KSeF: 5260001246-20260910-0A1B2C-3D4E5F-6B/);
  });

  it('shows an advance, its settlement and a sale abroad for what they are', async () => {
    const office = readEpp(Buffer.concat(await Array.fromAsync(folderWith({ purpose: 'office' }).write(() => month, { at }))));
    const of = (number: string) => office.documents.find((d) => d.number.number === number)!;
    expect(of('FZ/1/09/2026').header.extendedStatus).toBe('37');
    expect(of('FV/107/09/2026').header.extendedStatus).toBe('39');
    expect(of('FV/107/09/2026').rates[0]).toMatchObject({ gross: '3000.0000', totalGross: '4000.0000', advanceGross: '1000.0000' });
    expect(of('FV/103/09/2026')).toMatchObject({
      header: { transactionKind: '2', currency: 'EUR', exchangeRate: '4.2512', buyerTaxId: 'SE556677889901' },
    });
    expect(of('FV/103/09/2026').rates[0]).toMatchObject({ symbol: 'ue', rate: '-3.0000' });
    expect(of('FV/104/09/2026').header.transactionKind).toBe('23');
    expect(office.dictionaries.STAWKIVATZAGRANICZNE).toEqual([
      { symbol: '19', rate: '19.0000', standard: '1', country: 'Niemcy', prefix: 'DE', iso: 'DE' },
    ]);
    expect(office.documents.some((d) => d.number.type === 'PA')).toBe(false);
    expect(office.reports.map((r) => [r.header.issueDay, r.header.gross])).toEqual([
      ['2026-09-11', '52.5000'],
      ['2026-09-12', '21.0000'],
    ]);
  });
});

describe('before writing', () => {
  const codes = (document: FolderDocument, settings: Record<string, unknown> = {}) =>
    folderWith(settings)
      .preflight(document)
      .map((f) => f.code);
  const document = (content: PolishDocument['content']): FolderDocument => ({ ...byNumber('FV/102/09/2026'), content });

  it('says what the program would refuse, with the field that mends it', () => {
    const unnamed = polishContent({ lines: [{ name: 'Bez symbolu', quantity: '1', unitPrice: '5' }] });
    expect(codes(document(unnamed))).toEqual([]);
    expect(folderWith({ createGoods: false }).preflight(document(unnamed))).toEqual([
      { code: 'erp.goods_unmapped', level: 'hold', where: 'lines', params: { message: 'Bez symbolu' } },
    ]);
    expect(codes(document(unnamed), { paymentOnline: '' })).toEqual(['erp.payment_unmapped']);
    expect(codes({ ...document(unnamed), kind: 'proforma' })).toEqual(['subiekt.kind']);
    expect(codes(byNumber('PA/1/09/2026'), { purpose: 'office' })).toEqual(['subiekt.receipt_for_office']);
    const foreign = { ...unnamed, currency: 'EUR' };
    expect(codes(document(foreign))).toContain('H_EXCHANGE_MISSING');
    const exchange = { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', date: '2026-09-09' };
    expect(codes(document({ ...foreign, exchange }))).toEqual([]);
    // 1.0912 for a hundred forints: of 0.010912 the field would keep 0.0109, and with it another tax.
    const forints = { ...unnamed, currency: 'HUF', exchange: { ...exchange, rate: '0.010912' } };
    expect(codes(document(forints))).toEqual(['subiekt.rate']);
    const torn = { ...unnamed, totals: { ...unnamed.totals, gross: '5.01' } };
    expect(codes(document(torn))).toEqual(['subiekt.sums']);
  });

  it('warns of letters and lengths the format cannot hold, and stops nothing', () => {
    expect(codes(byNumber('FV/102/09/2026'))).toContain('W_CHARACTERS_REPLACED');
    const long = polishContent({ lines: [{ name: `Lampa ${'bardzo '.repeat(20)}`, quantity: '1', unitPrice: '5' }] });
    expect(codes(document(long))).toContain('W_TEXT_SHORTENED');
  });

  it('keeps numbers that are longer than their field apart, and every record under the one that was written', () => {
    const sold = polishContent({ lines: [{ name: 'Lampa', quantity: '1', unitPrice: '5', sku: 'L' }] });
    const [one, two] = ['09', '10'].map((month) => {
      const given = { ...document(sold), number: `SKLEP-INTERNETOWY-ZURAW/0001/${month}/2026` };
      expect(codes(given)).toEqual(['W_TEXT_SHORTENED']);
      const file = readEpp(folderWith().inbox(given, at).bytes);
      const { header, number } = file.documents[0]!;
      expect(header.number).toHaveLength(30);
      expect(file.dictionaries.WYMAGALNOSCMPP).toEqual([{ key: `FS ${header.number}`, splitPayment: '0' }]);
      return number.number;
    });
    expect(one).not.toBe(two);
  });
});

describe('what comes back', () => {
  const awaited = month.map(awaitedOf);
  const folder = folderWith();

  it('is the program’s own export, matched by our reference, with its number', async () => {
    const exported = Buffer.concat(await Array.fromAsync(folder.write(() => month, { at })));
    const answers = folder.outbox({ name: 'eksport.epp', bytes: exported }, awaited);
    expect(answers).toHaveLength(month.length);
    for (const { reference, outcome } of answers) {
      const { number, gross } = awaited.find((a) => a.reference === reference)!;
      expect(outcome).toMatchObject({ outcome: 'accepted', made: { number } });
      if (outcome.outcome === 'accepted') expect(toMinor(outcome.made.gross!, 'PLN')).toBe(toMinor(gross, 'PLN'));
    }
  });

  it('gives the program’s number to a document that had none, and waits while it lies in the buffer', () => {
    const unnumbered = { ...byNumber('FV/101/09/2026'), number: undefined };
    const file = folder.inbox(unnumbered, at);
    expect(folder.outbox({ name: 'a.epp', bytes: file.bytes }, [awaitedOf(unnumbered)])[0]!.outcome).toMatchObject({ outcome: 'pending' });
    const numbered = folder.inbox({ ...unnumbered, number: '512/MAG/2026' }, at);
    expect(folder.outbox({ name: 'a.epp', bytes: numbered.bytes }, [awaitedOf(unnumbered)])[0]!.outcome).toMatchObject({
      outcome: 'accepted',
      made: { number: 'FS 512/MAG/2026', providerId: 'FS 512/MAG/2026' },
    });
  });

  it('is found by number and amount when the remarks were lost, and by nothing less', () => {
    const document = byNumber('FV/102/09/2026');
    const stripped = (gross: string) => {
      const text = new TextDecoder('windows-1250').decode(folder.inbox(document, at).bytes);
      return new TextEncoder().encode(
        text.replace(/\[FKT:[^\]]+\] /, '').replace('20.0000,0.0000,,0.0000,"przelew"', `${gross},0.0000,,0.0000,"przelew"`),
      );
    };
    const answers = (bytes: Uint8Array) => folder.outbox({ name: 'x.epp', bytes }, awaited);
    expect(answers(stripped('20.0000')).map((a) => a.reference)).toEqual([document.reference]);
    expect(answers(stripped('20.0100'))).toEqual([]);
  });

  it('may be the one whose long number was cut and whose remarks were lost: a person is asked', () => {
    const document = { ...byNumber('FV/102/09/2026'), number: 'FV/SKLEP-INTERNETOWY-PODLASIE/102/09/2026' };
    const twin = { ...awaitedOf(document), reference: 'fk:other', number: 'FV/SKLEP-INTERNETOWY-PODLASIE/77/08/2026' };
    const text = new TextDecoder('windows-1250').decode(folder.inbox({ ...document, number: document.number.slice(0, 30) }, at).bytes);
    const answers = (bytes: string) =>
      folder.outbox({ name: 'eksport.epp', bytes: new TextEncoder().encode(bytes) }, [awaitedOf(document), twin]);
    const lost = text.replace(/\[FKT:[^\]]+\] /, '');
    expect(answers(lost)).toMatchObject(
      [document.reference, 'fk:other'].map((reference) => ({
        reference,
        by: 'likeness',
        outcome: { outcome: 'accepted', made: { providerId: 'FS FV/SKLEP-INTERNETOWY-PODLASIE/' } },
      })),
    );
    expect(answers(text).map((a) => [a.reference, a.by])).toEqual([[document.reference, undefined]]);
    expect(answers(lost.replaceAll('20.0000', '21.0000'))).toEqual([]);
  });

  it('is not what was made from the document there, though it bears our mark', () => {
    const document = byNumber('FV/101/09/2026');
    const text = new TextDecoder('windows-1250').decode(folder.inbox({ ...document, number: '7/2026' }, at).bytes);
    for (const type of ['WZ', 'KFS', 'ZK']) {
      const bytes = new TextEncoder().encode(text.replace('"FS",1', `"${type}",1`));
      expect(folder.outbox({ name: 'eksport.epp', bytes }, awaited), type).toEqual([]);
    }
  });

  it('is the document that stands, where one before it was cancelled', () => {
    const document = byNumber('FV/101/09/2026');
    const made = (number: string, status: string) =>
      new TextDecoder('windows-1250').decode(folder.inbox({ ...document, number }, at).bytes).replace('"FS",1', `"FS",${status}`);
    const numbersIn = (...documents: string[]) =>
      folder
        .outbox({ name: 'eksport.epp', bytes: new TextEncoder().encode(documents.join('\r\n')) }, [
          { ...awaitedOf(document), number: undefined },
        ])
        .map(({ outcome }) => outcome.outcome === 'accepted' && [outcome.made.number, outcome.made.reversed ?? false]);
    expect(numbersIn(made('1/2026', '2'), made('2/2026', '1'))).toEqual([['FS 2/2026', false]]);
    expect(numbersIn(made('2/2026', '1'), made('1/2026', '2'))).toEqual([['FS 2/2026', false]]);
    expect(numbersIn(made('1/2026', '2'))).toEqual([['FS 1/2026', true]]);
  });

  it('that is cut off is an unknown of the document whose name it bears', () => {
    const document = byNumber('FV/101/09/2026');
    const { name, bytes } = folder.inbox(document, at);
    expect(folder.outbox({ name, bytes: bytes.subarray(0, 300) }, awaited)).toMatchObject([
      { reference: document.reference, outcome: { outcome: 'unknown', cause: { code: 'erp.answer_unreadable' } } },
    ]);
  });

  it('has its PDF known by the rule for names', () => {
    const reference = byNumber('FV/101/09/2026').reference;
    for (const name of ['FS_FV_101_09_2026.pdf', 'fs FV-101-09-2026.PDF', `${reference.replace(':', '-')}.pdf`])
      expect(folder.pdfOf(name, awaited)).toBe(reference);
    expect(folder.pdfOf('FV_101_09_2026.pdf', awaited)).toBeUndefined();
    expect(folderWith({ pdfName: '{number}' }).pdfOf('FV_101_09_2026.pdf', awaited)).toBe(reference);
  });
});

describe('keys', () => {
  it('of a buyer stay the same over orders and fit where the program keys by sixteen characters', () => {
    const { content } = byNumber('FV/102/09/2026');
    const moved = { ...content, buyer: { ...content.buyer, street: 'Inna 1', email: content.buyer.email!.toUpperCase() } };
    expect(buyerKey(moved)).toBe(buyerKey(content));
    expect(buyerKey(byNumber('FV/101/09/2026').content)).toBe('7740001454');
    // Two persons without an address for mails are two.
    const unmailed = ['Ewa Ryś', 'Jan Żuk'].map((name) =>
      buyerKey({ ...content, buyer: { ...content.buyer, name, company: undefined, email: ' ' } }),
    );
    expect(new Set(unmailed).size).toBe(2);
    for (const d of month) expect(buyerKey(d.content)).toMatch(/^[A-Z0-9-]{1,16}$/i);
  });

  it('of goods longer than twenty characters stay unique', () => {
    const settings = settingsOf();
    const code = (sku: string) => goodsCode({ ...month[0]!.content.lines[0]!, sku }, settings)!;
    expect(code('A'.repeat(20))).toBe('A'.repeat(20));
    expect(code(`${'A'.repeat(30)}1`)).toHaveLength(20);
    expect(code(`${'A'.repeat(30)}1`)).not.toBe(code(`${'A'.repeat(30)}2`));
  });

  it.each([
    ['FV/101/09/2026', '101'],
    ['9/09/2026', '9'],
    ['FV 2026/09/0005', '5'],
    ['2026-000123', '123'],
    ['09/09/2026', '9'],
    ['ABC', '0'],
  ])('the running number of %s is %s', (number, serial) => expect(serialOf(number, '2026-09-10')).toBe(serial));
});
