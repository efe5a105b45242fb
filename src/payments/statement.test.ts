import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../intake/index.ts';
import { describe86 } from './description.ts';
import { type BankLine, inspectStatement, readStatement, type StatementEvent } from './statement.ts';

/**
 * The promise: a bank statement is read line by line whatever the bank's dialect and characters, or refused with the line named; nothing
 * in a file can throw, and its balances prove that no line is missing.
 */
const fixtures = path.join(import.meta.dirname, 'fixtures');
const shared = path.join(import.meta.dirname, '../../../shared/contracts/billing/samples');

async function read(bytes: Uint8Array, piece = 97) {
  const source = memorySource('statement', bytes, piece);
  const head = await inspectStatement(source);
  const events: StatementEvent[] = [];
  if ('refused' in head) events.push({ finding: head.refused });
  else for await (const event of readStatement(source, head)) events.push(event);
  const lines = events.flatMap((e) => ('line' in e ? [e.line] : []));
  return {
    encoding: 'refused' in head ? undefined : head.encoding,
    lines,
    statements: events.flatMap((e) => ('statement' in e ? [e.statement] : [])),
    findings: events.flatMap((e) => ('finding' in e ? [e.finding] : [])),
  };
}
const fixture = (name: string) => read(readFileSync(path.join(fixtures, name)));
const codes = (r: Awaited<ReturnType<typeof read>>) => r.findings.map((f) => f.code);
const mt = (body: string) => `:20:X\r\n:25:PL61109010140000071219812874\r\n:28C:1\r\n:60F:C261120PLN100,00\r\n${body}-\r\n`;

describe('MT940', () => {
  test('the tilde dialect in Windows-1250: title joined both ways, name and account of the payer, balance proven', async () => {
    const { encoding, lines, statements, findings } = await fixture('tilde-cp1250.sta');
    expect(encoding).toBe('windows-1250');
    expect(findings).toEqual([]);
    expect(lines[0]).toMatchObject({
      direction: 'credit',
      amountMinor: 24600n,
      valueDay: '2026-11-20',
      payerName: 'Piekarnia Żółty Jęczmień Łódź',
      payerAccount: '27105000860000000000000001',
      bankReference: 'BK2611200001',
      titles: ['Zapłata za PRO/7/11/2026 dziękuję', 'Zapłata za PRO/7/11/20 26 dziękuję'],
      place: 6,
    });
    expect(statements).toEqual([
      {
        account: 'PL61109010140000071219812874',
        currency: 'PLN',
        number: '00042',
        lines: 3,
        openingMinor: 100000n,
        closingMinor: 122100n,
        lastDay: '2026-11-20',
      },
    ]);
  });

  test('the same words in CP852, ISO-8859-2, UTF-8 and Windows-1250 are the same words', async () => {
    const text = iconv.decode(readFileSync(path.join(fixtures, 'tilde-cp1250.sta')), 'win1250');
    for (const [name, found] of [
      ['cp852', 'cp852'],
      ['iso-8859-2', 'iso-8859-2'],
      ['utf8', 'utf-8'],
    ] as const) {
      const { encoding, lines } = await read(iconv.encode(text, name));
      expect([name, encoding, lines[0]!.payerName]).toEqual([name, found, 'Piekarnia Żółty Jęczmień Łódź']);
    }
    const swedish = mt(':61:261120C1,00NTRFNONREF\r\n:86:Åkerström Måleri, färg på väggarna\r\n:62F:C261120PLN101,00\r\n');
    expect((await read(iconv.encode(swedish, 'win1252'))).lines[0]!.titles[0]).toBe('Åkerström Måleri, färg på väggarna');
  });

  test('labelled free text broken in words, accounts in control characters, and the German dialect', async () => {
    const labelled = await fixture('labelled.sta');
    expect(codes(labelled)).toEqual([]);
    expect(labelled.lines[0]).toMatchObject({
      titles: ['PRO/8/11/2026 ABONAMENT'],
      payerName: 'OGRODY WISZĄCE SP. Z O.O.',
      payerAccount: '56114010810000267002001001',
    });
    expect(labelled.statements[0]!.account).toBe('PL61109010140000071219812874');
    const german = await fixture('question-mark.sta');
    expect(german.lines[0]).toMatchObject({
      titles: ['SVWZ+Rechnung 2026-00012 vielen Dank', 'SVWZ+Rechnung 2026-000 12 vielen Dank'],
      payerName: 'Müller GmbH',
      payerAccount: 'DE02120300000000202051',
    });
  });

  test('a reversal is no payment, an expected entry none yet, a funds code must be the currency’s letter', async () => {
    const { lines, findings } = await read(
      Buffer.from(
        mt(
          ':61:261120RC5,00NTRFNONREF\n:86:a\n:61:261120RD6,NTRFNONREF\n:61:261120EC7,00NTRFNONREF\n:61:261120CR8,00NTRFNONREF\n:61:261120CN9,5NTRFNONREF\n:62F:C261120PLN110,50\n',
        ),
      ),
    );
    expect(lines.map((l) => [l.direction, l.reversal, l.amountMinor])).toEqual([
      ['debit', true, 500n],
      ['credit', true, 600n],
      ['credit', false, 950n],
    ]);
    expect(findings).toMatchObject([{ code: 'E_STATEMENT_LINE', params: { line: '9', statementProblem: 'currency' } }]);
  });

  test('the 30th of February is the month’s last day and looked at; the 13th month is refused with its line', async () => {
    const { lines, findings } = await read(Buffer.from(mt(':61:270230C1,00NTRFNONREF\n:61:261320C1,00NTRFNONREF\n')));
    expect(lines).toMatchObject([{ valueDay: '2027-02-28', unsure: 'day' }]);
    expect(findings).toMatchObject([{ code: 'E_STATEMENT_LINE', params: { line: '6', statementProblem: 'date' } }]);
  });

  test('a sum that does not lead from the opening to the closing balance is told', async () => {
    const { findings } = await read(Buffer.from(mt(':61:261120C1,00NTRFNONREF\n:62F:C261120PLN102,00\n')));
    expect(findings).toMatchObject([{ code: 'W_STATEMENT_BALANCE', params: { expected: '101.00 PLN', found: '102.00 PLN' } }]);
  });
});

describe('CAMT.053', () => {
  test('a batch is as many payments as it carries; one that does not add up stays one line for a person', async () => {
    const { lines, findings } = await fixture('camt-batch.xml');
    expect(findings).toEqual([]);
    expect(lines.map((l) => [l.direction, l.amountMinor, l.payerName, l.unsure])).toEqual([
      ['credit', 4900n, 'Åkerman & Söner AB', undefined],
      ['credit', 9900n, 'Ängens Blommor', undefined],
      ['credit', 20000n, undefined, 'batch-sum'],
      ['debit', 1000n, undefined, undefined],
    ]);
    expect(lines[0]).toMatchObject({
      payerAccount: 'SE4550000000058398257466',
      structuredReference: 'RF18539007547034',
      payerReference: 'E2E-1',
      titles: ['Faktura 2026-00012 del 2', 'Faktura 2026-00012  del 2'.replace('  ', ' ')].slice(0, 1),
      bankReference: 'BANK-1-1',
    });
  });

  test('an entry that stands for more payments than it lists stays one line for a person', async () => {
    const batch = (n: string, details: string) =>
      `<Ntry><Amt Ccy="PLN">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><ValDt><Dt>2026-11-20</Dt></ValDt><NtryDtls><Btch><NbOfTxs>${n}</NbOfTxs></Btch>${details}</NtryDtls></Ntry>`;
    const one = '<TxDtls><RltdPties><Dbtr><Nm>Anna</Nm></Dbtr></RltdPties></TxDtls>';
    const xml = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>PL61109010140000071219812874</IBAN></Id></Acct>${batch('3', '')}${batch('3', one)}${batch('1', '')}${batch('1', one)}${batch('x', one)}</Stmt></BkToCstmrStmt></Document>`;
    const { lines } = await read(Buffer.from(xml));
    expect(lines.map((l) => [l.amountMinor, l.payerName, l.unsure])).toEqual([
      [30000n, undefined, 'batch'],
      [30000n, undefined, 'batch'],
      [30000n, undefined, undefined],
      [30000n, 'Anna', undefined],
      [30000n, 'Anna', undefined],
    ]);
  });

  test('what is not booked is no money; what lacks an amount, a day or a direction is refused with its line', async () => {
    const entry = (inner: string) => `<Ntry>${inner}</Ntry>\n`;
    const whole = '<Amt Ccy="SEK">1.00000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><ValDt><Dt>2026-11-20</Dt></ValDt>';
    const text = `<?xml version="1.0"?>\n<n:Document xmlns:n="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><n:BkToCstmrStmt><n:Stmt><n:Acct><n:Id><n:IBAN>SE1</n:IBAN></n:Id></n:Acct>\n${[
      whole,
      whole.replace('BOOK', 'PDNG'),
      whole.replace('1.00000', '1.00001'),
      whole.replace('CRDT', 'UP'),
      whole.replace('2026-11-20', '2026-02-30'),
      whole.replace('<Sts>BOOK</Sts>', ''),
    ]
      .map(entry)
      .join('')
      .replaceAll(/<(\/?)(\w)/g, '<$1n:$2')}</n:Stmt></n:BkToCstmrStmt></n:Document>`;
    const { lines, findings } = await read(Buffer.from(text));
    expect(lines.map((l) => l.amountMinor)).toEqual([100n]);
    expect(findings.map((f) => [f.params?.line, f.params?.statementProblem])).toEqual([
      ['5', 'amount'],
      ['6', 'direction'],
      ['7', 'date'],
      ['8', 'status'],
    ]);
  });

  test('external entities, other XML, web pages and half files are refused or told, never half understood', async () => {
    expect(
      codes(await read(Buffer.from('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document/>'))),
    ).toEqual(['F_DTD']);
    expect(codes(await read(Buffer.from('<?xml version="1.0"?><orders/>')))).toEqual(['F_STATEMENT_FORMAT']);
    expect(codes(await read(Buffer.from('<!doctype html><html></html>')))).toEqual(['F_STATEMENT_FORMAT']);
    expect(codes(await read(Buffer.from('date;amount\n2026-11-20;5,00')))).toEqual(['F_STATEMENT_FORMAT']);
    expect(codes(await read(Buffer.alloc(0)))).toEqual(['F_EMPTY']);
    const half = readFileSync(path.join(fixtures, 'camt-batch.xml'));
    const cut = await read(half.subarray(0, half.indexOf('<!-- second -->')));
    expect([cut.lines.length, codes(cut)]).toEqual([2, ['W_STATEMENT_CUT']]);
    expect(codes(await read(half.subarray(0, 150)))).toEqual(['F_STATEMENT_BROKEN']);
  });
});

test('an entry made of blanks costs no more than any other', () => {
  const started = performance.now();
  expect(describe86(`TYT.: FV 7${' '.repeat(19_000)}x; TNR: 1`).titles).toEqual(['FV 7 x']);
  expect(performance.now() - started).toBeLessThan(500);
});

test('an amount that no column holds is refused with its line, and the lines around it are read', async () => {
  const entry = (amount: string) =>
    `<Ntry><Amt Ccy="PLN">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><ValDt><Dt>2026-11-20</Dt></ValDt></Ntry>`;
  const xml = `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>PL61109010140000071219812874</IBAN></Id></Acct>${entry('5.00')}${entry('9'.repeat(29))}${entry('7.00')}</Stmt></BkToCstmrStmt></Document>`;
  const found = await read(Buffer.from(xml));
  expect(found.lines.map((l) => l.amountMinor)).toEqual([500n, 700n]);
  expect(found.findings).toMatchObject([{ code: 'E_STATEMENT_LINE', params: { statementProblem: 'amount' } }]);
});

test('whatever bytes come, however they are cut, nothing throws and memory stays small', async () => {
  const files = readdirSync(fixtures).map((name) => readFileSync(path.join(fixtures, name)));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      fc.uint8Array({ maxLength: 20 }),
      fc.integer({ min: 1, max: 400 }),
      async (file, at, noise, piece) => {
        const bytes = Buffer.from(file);
        bytes.set(noise.subarray(0, bytes.length), at % Math.max(1, bytes.length - noise.length));
        const { lines } = await read(bytes, piece);
        for (const line of lines) expect(line.amountMinor >= 0n && /^\d{4}-\d\d-\d\d$/.test(line.valueDay)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
  const long = await read(Buffer.concat([Buffer.from(mt('').replace(/-\r\n$/, ':86:')), Buffer.alloc(3_000_000, 65)]), 65_536);
  expect(codes(long)).toContain('E_STATEMENT_LINE');
});

test('however a file is cut into pieces, its lines are the same', async () => {
  for (const name of readdirSync(fixtures)) {
    const bytes = readFileSync(path.join(fixtures, name));
    const whole = await read(bytes, 1 << 20);
    for (const piece of [1, 7, 64]) expect((await read(bytes, piece)).lines).toEqual(whole.lines);
  }
});

describe.runIf(existsSync(shared))('samples of the contract', () => {
  test.each(existsSync(shared) ? readdirSync(shared).filter((n) => !n.endsWith('.xsd')) : [])('%s is read whole', async (name) => {
    const { lines, findings, statements } = await read(readFileSync(path.join(shared, name)));
    expect(findings.filter((f) => f.level !== 'warning')).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
    expect(statements.reduce((n, s) => n + s.lines, 0)).toBe(lines.length);
    expect(lines.every((l: BankLine) => l.account && l.titles.length + Number(!!l.structuredReference) > 0)).toBe(true);
  });

  test('what they say is what comes out', async () => {
    const tilde = await read(readFileSync(path.join(shared, 'built-mt940-pl-tilde-cp1250.sta')));
    expect(tilde.findings).toEqual([]);
    expect(tilde.lines[0]).toMatchObject({
      amountMinor: 256400n,
      payerName: 'Zażółć Gęślą Jaźń Kowalski Rowery s.c.',
      payerReference: 'PRO/12/09/2026',
    });
    const labelled = await read(readFileSync(path.join(shared, 'real-mbank-mt940.sta')));
    expect(labelled.lines[0]).toMatchObject({
      amountMinor: 1n,
      payerName: 'JAN NOWAK',
      bankReference: 'MB170119012058',
      titles: ['PRZELEW SRODKOW'],
    });
    expect(labelled.findings).toEqual([]);
  });
});
