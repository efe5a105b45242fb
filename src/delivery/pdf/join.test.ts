import { PDFDocument } from '@cantoo/pdf-lib';
import { expect, test } from 'vitest';
import { onePagePdf } from '../../testkit/pdf.ts';
import { joinPdfs } from './join.ts';

/** The promise: a heap of documents comes out as one file with every page in its order, or not at all, with the name of the one that stands in the way. */
async function* of(...parts: [name: string, bytes: Uint8Array][]) {
  for (const [name, bytes] of parts) yield { name, bytes };
}

async function pagesOfSize(...widths: number[]): Promise<Uint8Array> {
  const made = await PDFDocument.create();
  for (const width of widths) made.addPage([width, 842]);
  return made.save();
}

test('every page in its order and size', async () => {
  const joined = await joinPdfs(of(['A', await pagesOfSize(101, 102)], ['B', onePagePdf('B', ['b'])], ['C', await pagesOfSize(103)]));
  if ('unreadable' in joined) throw new Error(joined.unreadable);
  const read = await PDFDocument.load(joined.bytes);
  expect([joined.pages, read.getPages().map((page) => Math.round(page.getWidth()))]).toEqual([4, [101, 102, 595, 103]]);
});

test('one that cannot be read is named, and nothing is left out in silence', async () => {
  const joined = await joinPdfs(of(['FV/1', onePagePdf('A', [])], ['FV/2', Buffer.from('<html>not found</html>')]));
  expect(joined).toEqual({ unreadable: 'FV/2' });
});
