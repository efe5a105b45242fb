import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import yauzl from 'yauzl';
import type { DocumentRow } from '../toissue/index.ts';
import { documentTable } from './document-table.ts';
import { xlsxOf } from './table.ts';

/** The promise: a workbook counts with amounts and days and speaks the seller's language; a CSV keeps the codes of the API. */

const row = {
  number: 'FV/1/11/2026',
  kind: 'invoice',
  state: 'issued',
  held: false,
  issueDate: '2026-11-28',
  gross: '12.30',
  orderNumber: '2026-13-45',
};
const rows = [row as DocumentRow, { ...row, state: 'to_issue', held: true } as DocumentRow];

async function sheetOf(bytes: Buffer): Promise<string> {
  const zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  for await (const entry of zip.eachEntry())
    if (entry.fileName === 'xl/worksheets/sheet1.xml')
      return Buffer.concat(
        await Array.fromAsync(Readable.from(await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>),
      ).toString();
  throw new Error('no sheet');
}

test('days are days, amounts are numbers, kinds and states are words', async () => {
  const sheet = await sheetOf(await xlsxOf(documentTable(rows, 'pl', 'xlsx')));
  expect(sheet).toContain('<c r="D2" s="3"><v>46354</v></c>');
  expect(sheet).toContain('<c r="M2" s="2"><v>12.30</v></c>');
  for (const word of ['faktura', 'wystawiony', 'wstrzymany', '2026-13-45']) expect(sheet).toContain(`>${word}</t>`);
  expect(documentTable(rows, 'pl')[1]!.slice(1, 4)).toEqual(['invoice', 'issued', '2026-11-28']);
});
