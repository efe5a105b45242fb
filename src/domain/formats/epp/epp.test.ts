import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, fitted } from './codepage.ts';
import { type EppDocument, type EppFile, eppBytes, numberOf, readEpp } from './index.ts';
import { dictionaries, dictionariesOf, fieldsIn, headerFields, versions } from './layout.ts';
import { cellsOf } from './read.ts';
import { record } from './write.ts';

/** The promise: what is written is EDI++ byte by byte, what others write is read, and reading undoes writing. */

const shared = join(import.meta.dirname, '../../../../../shared/contracts/erp/samples/epp');

/** A read file as the writer takes it: the dictionaries hang on the last document. */
function written(file: EppFile): Uint8Array {
  const { version, purpose, codePage, ...info } = file.info;
  const documents = file.documents.map(
    (d): EppDocument =>
      file.info.purpose === '0'
        ? { header: d.header as never, rates: d.rates, extras: {} }
        : { header: d.header as never, items: d.items, corrected: d.header.type === 'KFS', extras: {} },
  );
  documents.at(-1)!.extras = file.dictionaries;
  return eppBytes(
    { version: version as '1.11', purpose: purpose === '0' ? 'office' : 'items', codePage: codePage as '1250' },
    info,
    documents,
  );
}

describe.skipIf(!existsSync(shared))('the sample files of the contract', () => {
  const sample = (name: string) => readFileSync(join(shared, name));
  const lines = (bytes: Uint8Array) => decode(bytes, '1250').text.split('\r\n');

  it.each(['built-items-fs-pa-kfs-1.11.epp', 'built-office-fs-kfs-1.11.epp'])('%s is written back byte by byte', (name) => {
    const bytes = sample(name);
    const file = readEpp(bytes);
    expect(file.problems).toEqual([]);
    expect(lines(written(file))).toEqual(lines(bytes));
    expect(Buffer.compare(Buffer.from(written(file)), bytes)).toBe(0);
  });

  it('a real export differs from what we write only in the field nobody documents', () => {
    const bytes = sample('real-pa-subiekt-gt-1.11.epp');
    const file = readEpp(bytes);
    expect(file.documents[0]).toMatchObject({
      number: { type: 'PA', number: '18/2025' },
      header: { gross: '30.9900', issueDay: '2025-05-13' },
    });
    const differing = lines(bytes).filter((line, i) => line !== lines(written(file))[i]);
    expect(differing).toEqual(['"7777917953",0,0,0.0000,0,0,0', '"DOSTAWA123",0,0,0.0000,0,0,0']);
  });

  it('cash and bank documents are seen and left alone', () => {
    const file = readEpp(sample('built-office-kp-bp-1.11.epp'));
    expect(file.others.map((o) => [o.type, o.fields.length])).toEqual([
      ['KP', 56],
      ['BP', 56],
    ]);
    expect(file.dictionaries.KONTRAHENCI?.map((k) => k.code)).toEqual(['KOWALSKI', 'WISNIEWSKA-A']);
  });
});

describe('letters', () => {
  it('become what the page can hold, and never a quote, a break or a byte that is another letter', () => {
    expect(fitted('Zażółć "gęślą"\r\njaźń', '1250')).toEqual({ text: "Zażółć 'gęślą' jaźń", replaced: false });
    expect(fitted('Røde Å – „Ñandú” 🔔 Привет', '1250')).toEqual({ text: "Rode A – 'Nandú' ??????", replaced: true });
    expect(fitted('  \t ', '1250').text).toBe('');
  });

  it('survive both pages', () => {
    const text = 'ĄĆĘŁŃÓŚŹŻąćęłńóśźż őűŐŰ áéíö';
    for (const page of ['1250', '852'] as const) expect(decode(encode(text, page), page)).toEqual({ text, encoding: page });
    expect([...encode('ąŁ', '1250')]).toEqual([0xb9, 0xa3]);
    expect([...encode('ąŁ', '852')]).toEqual([0xa5, 0x9d]);
    expect(() => encode('я', '1250')).toThrow(/code page/);
  });

  it('any text fits, and fitting twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constantFrom('1250' as const, '852' as const), (text, page) => {
        const once = fitted(text, page).text;
        expect(once).not.toMatch(/["\r\n]/);
        // A text of ASCII and rare letters may be valid UTF-8 by chance: the declared page is asked of single letters.
        expect(encode(once, page)).toHaveLength(once.length);
        expect(fitted(once, page).text).toBe(once);
      }),
      { numRuns: 300 },
    );
  });
});

describe('records', () => {
  it('hold 24, 62, 22 and 31 fields, whatever is set', () => {
    const commas = (text: string) => text.replace(/"[^"]*"/g, '').split(',').length;
    expect(commas(record(headerFields, { remarks: 'a, b' }, '1250'))).toBe(62);
    const bytes = eppBytes({ version: '1.11', purpose: 'items', codePage: '1250' }, {}, [
      { header: { type: 'KFS', number: '1' }, items: [{}], corrected: true, extras: {} },
      { header: { type: 'FS', number: '2' }, items: [{}], extras: {} },
    ]);
    const counts = decode(bytes, '1250')
      .text.split('\r\n')
      .filter((line) => line.includes(','))
      .map(commas);
    expect(counts).toEqual([24, 62, 31, 62, 22]);
  });

  it('cut what is too long and tell so', () => {
    const notes: unknown[] = [];
    const line = record([['code', 'text', 5]], { code: 'abcdefgh' }, '1250', (note) => notes.push(note));
    expect(line).toBe('"abcde"');
    expect(notes).toEqual([{ field: 'code', what: 'shortened', from: 'abcdefgh', to: 'abcde' }]);
  });

  it('refuse an amount that is no number and a day that is none', () => {
    expect(() => record([['net', 'amount']], { net: '1e3' }, '1250')).toThrow();
    expect(() => record([['day', 'day']], { day: '13.09.2026' }, '1250')).toThrow(/no day/);
  });

  it('write nothing for an empty text, zeros for an empty amount, and midnight for a day', () => {
    const fields = [
      ['a', 'text', 9],
      ['b', 'amount'],
      ['c', 'int'],
      ['d', 'flag'],
      ['e', 'day'],
      ['f', 'day'],
    ] as const;
    expect(record(fields, { f: '2026-09-10' }, '1250')).toBe(',0.0000,0,0,,20260910000000');
  });

  it('come back from reading as they were written', () => {
    const amount = fc.tuple(fc.bigInt(-(10n ** 12n), 10n ** 12n)).map(
      ([n]) =>
        `${n < 0n ? '-' : ''}${String(n < 0n ? -n : n)
          .padStart(5, '0')
          .replace(/(\d{4})$/, '.$1')}`,
    );
    const text = fc.string({ unit: fc.constantFrom(..."aZ ąŁ,;'[]|%0"), maxLength: 20 }).map((t) => fitted(t, '1250').text);
    fc.assert(
      fc.property(text, text, amount, amount, (name, remarks, net, gross) => {
        const bytes = eppBytes({ version: '1.11', purpose: 'items', codePage: '1250' }, {}, [
          {
            header: { type: 'FS', number: '7/2026', buyerName: name, remarks, net, gross },
            items: [{ line: '1', code: name, quantity: net }],
            extras: { KONTRAHENCI: [{ code: 'K', name }] },
          },
        ]);
        const { documents, dictionaries: found, problems } = readEpp(bytes);
        expect(problems).toEqual([]);
        const [document] = documents;
        expect(document!.number).toEqual({ type: 'FS', number: '7/2026' });
        expect(document!.header).toMatchObject({ net, gross });
        expect([
          document!.header.buyerName ?? '',
          document!.header.remarks ?? '',
          document!.items[0]!.code ?? '',
          found.KONTRAHENCI![0]!.name ?? '',
        ]).toEqual([name, remarks, name, name]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('versions', () => {
  it('have the columns and dictionaries of their time', () => {
    const rates = (version: (typeof versions)[number]) =>
      readEpp(
        eppBytes({ version, purpose: 'office', codePage: '1250' }, {}, [
          { header: { type: 'FS', number: '1' }, rates: [{ symbol: '23', rate: '23' }], extras: {} },
        ]),
      );
    expect(Object.keys(rates('1.05').documents[0]!.rates[0]!)).toHaveLength(5);
    expect(Object.keys(rates('1.05.1').documents[0]!.rates[0]!)).toHaveLength(14);
    expect(Object.keys(rates('1.11').documents[0]!.rates[0]!)).toHaveLength(18);
    expect(dictionariesOf('1.05', 'items', true)).toEqual([
      'KONTRAHENCI',
      'GRUPYKONTRAHENTOW',
      'CECHYKONTRAHENTOW',
      'TOWARY',
      'CENNIK',
      'GRUPYTOWAROW',
      'CECHYTOWAROW',
    ]);
    expect(dictionariesOf('1.12', 'items', true).at(-1)).toBe('DOKUMENTYKSEF');
    expect(dictionariesOf('1.11', 'items', false)[0]).toBe('TOWARY');
    expect(fieldsIn('1.05', 'KONTRAHENCI')).toHaveLength(30);
    expect(fieldsIn('1.11', 'KONTRAHENCI')).toHaveLength(31);
    expect(fieldsIn('1.11', 'DOKUMENTYZNACZNIKIJPKVAT')).toHaveLength(31);
    expect(dictionaries.TOWARY).toHaveLength(42);
  });

  it('each version is read back', () => {
    for (const version of versions)
      for (const purpose of ['items', 'office'] as const) {
        const file = readEpp(
          eppBytes({ version, purpose, codePage: '852' }, { senderName: 'Żuraw' }, [
            { header: { type: 'FS', number: '1' }, rates: [], extras: {} },
          ]),
        );
        expect([file.info.version, file.info.senderName, file.encoding, file.problems.length]).toEqual([version, 'Żuraw', '852', 0]);
      }
  });
});

describe('files of others', () => {
  const header = (more = '') =>
    `"FS",1,0,5,,,"FS 5/2026",,,,,"K","K","Żuk",,,,,,,,20260910000000,20260910000000,,1,1,,10.5,2.42,12.92,,,,"przelew",,,,,,,0,,,,,,PLN,1,[FKT:x]${more}`;
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('with bare line feeds, an empty INFO, unquoted texts, few decimals, UTF-8 and no end', () => {
    const file = readEpp(
      bytes(`[INFO]\n\n[NAGLOWEK]\n${header()}\n[ZAWARTOSC]\n1,1,ROWER,1,1,0,0,0,0,szt.,2,2,0,5,6,23,10,2,12,0,,,99,98`),
    );
    expect(file.encoding).toBe('utf-8');
    expect(file.problems).toEqual([]);
    expect(file.documents[0]).toMatchObject({
      number: { type: 'FS', number: '5/2026' },
      header: { buyerName: 'Żuk', gross: '12.92', remarks: '[FKT:x]' },
      items: [{ code: 'ROWER', quantity: '2', gross: '12' }],
    });
  });

  it('with the mark of UTF-8 and nothing but ASCII behind it', () => {
    const marked = readEpp(bytes('\ufeff[INFO]\r\n"1.11",0,1250\r\n\r\n[NAGLOWEK]\r\n"TOWARY"\r\n'));
    expect(marked).toMatchObject({ encoding: 'utf-8', info: { purpose: '0' } });
  });

  it('with quotes doubled, left bare, or never closed', () => {
    expect(cellsOf('"a ""b"" c","28" rower",,"x",7,')).toEqual({ cells: ['a "b" c', '28" rower', '', 'x', '7', ''], closed: true });
    expect(cellsOf('1,"open')).toEqual({ cells: ['1', 'open'], closed: false });
  });

  it('that are none, too short or damaged give problems with their line and never throw', () => {
    expect(readEpp(bytes('<html>502</html>')).problems).toEqual([{ line: 1, what: 'not-epp' }]);
    expect(readEpp(new Uint8Array()).problems).toEqual([{ line: 1, what: 'not-epp' }]);
    const short = readEpp(bytes('[INFO]\r\n\r\n[NAGLOWEK]\r\n"FS",1,0\r\n\r\n[ZAWARTOSC]\r\n'));
    expect(short.problems).toEqual([{ line: 4, what: 'short' }]);
    expect(readEpp(bytes('[NAGLOWEK]\n"constructor"\n[ZAWARTOSC]\n1\n')).dictionaries).toEqual({});
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]"NAGLOWEKZRTSCIF,1\r\n'), maxLength: 300 }), (text) => {
        readEpp(bytes(`[INFO]\n${text}\n[NAGLOWEK]\n${text}`));
      }),
    );
  });

  it('name a document with or without its type', () => {
    expect(numberOf('FS 18/2025', 'FS')).toEqual(numberOf('18/2025', 'FS'));
    expect(numberOf('FV 18/2025', 'FS')).toEqual({ type: 'FS', number: 'FV 18/2025' });
    expect(numberOf('PA 18/2025', '')).toEqual({ type: 'PA', number: '18/2025' });
  });
});

it('a line of carriage returns costs no more than its length', () => {
  expect(readEpp(Buffer.from(`${'\r'.repeat(1_000_000)}x`)).documents).toEqual([]);
});
