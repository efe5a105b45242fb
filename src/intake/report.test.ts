import { expect, test } from 'vitest';
import { factsOf, type ImportRecord, ReportBuilder, reportTable } from './report.ts';

/** The promise: every record of a file stands once in the account of it, with its own place, and a rejected one with reason and remedy. */

const rejected = (line: number, code: string, params: Record<string, string>): ImportRecord => ({
  outcome: 'rejected',
  line,
  offset: 0,
  externalId: `O${line}`,
  code,
  where: 'lines',
  params,
});
const built = (records: ImportRecord[]) => {
  const builder = new ReportBuilder(false);
  for (const record of records) builder.add(record);
  return builder.build([], [], { dryRun: false, status: 'done' });
};

test('the line of a rejection is where its record stands, whatever else its words name', () => {
  const { rejected: told } = built([
    rejected(7, 'E_ORPHAN_LINE', { line: 'l2', order: 'gone', value: 'gone' }),
    rejected(9, 'F_TRUNCATED', { line: '12', n: '0' }),
    rejected(11, 'E_AMOUNT', { value: 'dużo' }),
  ]);
  expect(told).toEqual([
    { line: 7, code: 'E_ORPHAN_LINE', externalId: 'O7', where: 'lines', order: 'gone', value: 'gone', named: 'l2' },
    { line: 9, code: 'F_TRUNCATED', externalId: 'O9', where: 'lines', n: 0, named: '12' },
    { line: 11, code: 'E_AMOUNT', externalId: 'O11', where: 'lines', value: 'dużo' },
  ]);
});

test('a held document says what holds it, though its order is fine', () => {
  const order = {
    externalId: 'A',
    currency: 'EUR',
    lines: 1,
    itemsGross: '5.00',
    deliveryGross: '0.00',
    totalGross: '5.00',
    suggestedDocument: 'INVOICE_PERSON',
    issues: [],
  };
  const { documents } = built([
    { outcome: 'created', line: 2, offset: 0, externalId: 'A', order, documentKind: 'invoice', held: true, holds: ['H_EXCHANGE_MISSING'] },
  ]);
  expect(documents).toEqual([{ externalId: 'A', kind: 'invoice', held: true, holds: ['H_EXCHANGE_MISSING'] }]);
});

test('the table of a report has each record once, and says why and what to do', () => {
  const report = built([
    { outcome: 'created', line: 2, offset: 0, externalId: 'A', documentKind: 'invoice', held: true },
    rejected(7, 'E_ORPHAN_LINE', { line: 'l2', order: 'gone' }),
    { outcome: 'unchanged', line: 8, offset: 0, externalId: 'B' },
  ]);
  const [, ...rows] = reportTable(report, (code, params) => ({ text: `${code} of ${params.line}`, remedy: 'export again' }));
  expect(rows.map((row) => [row[1], row[2], row[3], ...row.slice(8)])).toEqual([
    ['2', 'A', 'created', '', '', ''],
    ['7', 'O7', 'rejected', 'E_ORPHAN_LINE', 'E_ORPHAN_LINE of l2', 'export again'],
    ['8', 'B', 'unchanged', '', '', ''],
  ]);
});

test.each([
  ['1 485,03 zł', '1485.03', true],
  ['1\u00a0016,26', '1016.26', true],
  ['1.485,03 PLN', '1485.03', true],
  ['1485', '1485.00', true],
  ['1485,3', '1485.30', true],
  ['1 485,04', '1485.03', false],
  ['148503', '1485.03', false],
  ['dużo', '1485.03', undefined],
  [undefined, '1485.03', undefined],
])('the header says %s altogether, the orders come to %s', (declaredTotal, total, agrees) => {
  expect(factsOf('f', 1, { found: 1, total, header: { declaredTotal } }).totalAgrees).toBe(agrees);
});
