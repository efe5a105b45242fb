import { expect, test } from 'vitest';
import yazl from 'yazl';
import type { FileSource } from '../contract/order-file.ts';
import { archiveLimits, unpack } from './archive.ts';
import { memorySource } from './sources.ts';

/** The promise: a ZIP is its files; a bomb, a climbing path, a ZIP in a ZIP and a broken one harm nothing. */

async function zipOf(files: Record<string, Buffer>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function bytesOf(source: FileSource, from?: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.open(from)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

test('every file of it, as often as wanted', async () => {
  const big = 'ż'.repeat(300_000) + Math.PI;
  const zip = await zipOf({
    'a.xml': Buffer.from('<a/>'),
    'folder/b.csv': Buffer.from(big),
    '__MACOSX/a.xml': Buffer.from('x'),
    'folder/.DS_Store': Buffer.from('x'),
  });
  const found = await unpack(memorySource('files.zip', zip, 1000));
  const sources = found.map((f) => ('source' in f ? f.source : undefined));
  expect(sources.map((s) => s?.name)).toEqual(['files.zip/a.xml', 'files.zip/b.csv']);
  expect(await bytesOf(sources[0]!)).toBe('<a/>');
  expect(await bytesOf(sources[1]!)).toBe(big);
  expect(await bytesOf(sources[1]!)).toBe(big);
  expect(await bytesOf(sources[0]!, 2)).toBe('/>');
  expect(sources[1]!.sizeBytes).toBe(Buffer.byteLength(big));
});

test('what is no ZIP is itself', async () => {
  const source = memorySource('a.xml', Buffer.from('<a/>'));
  expect(await unpack(source)).toEqual([{ source }]);
});

test('a bomb is refused before it is unpacked', async () => {
  const zip = await zipOf({ 'bomb.xml': Buffer.alloc(archiveLimits.ratioFromBytes + 1, ' ') });
  expect(zip.length).toBeLessThan(100_000);
  const found = await unpack(memorySource('bomb.zip', zip));
  expect(found).toMatchObject([{ name: 'bomb.zip/bomb.xml', refused: { code: 'F_TOO_LARGE' } }]);
});

test('an entry that lies about its size fails when read, and nothing more of it is given', async () => {
  const zip = await zipOf({ 'a.xml': Buffer.alloc(5000, 'a') });
  // The size stands twice: in the central directory (offset 24 of its record) is what readers trust.
  const central = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  zip.writeUInt32LE(10, central + 24);
  const found = await unpack(memorySource('liar.zip', zip));
  const first = found[0]!;
  if ('refused' in first) expect(first.refused.code).toBe('F_ARCHIVE');
  else await expect(bytesOf(first.source)).rejects.toThrow();
});

test('a path that climbs is only a name', async () => {
  const zip = await zipOf({ 'xx/xx/xx/etc/passwd.xml': Buffer.from('<a/>') });
  const climbing = Buffer.from(zip.toString('latin1').replaceAll('xx/xx/xx', '../../..'), 'latin1');
  const found = await unpack(memorySource('evil.zip', climbing));
  expect(found.map((f) => ('source' in f ? f.source.name : f.refused.code))).toEqual(['evil.zip/passwd.xml']);
});

test('a ZIP in a ZIP, a broken and an empty one', async () => {
  const inner = await zipOf({ 'a.xml': Buffer.from('<a/>') });
  expect(await unpack(memorySource('outer.zip', await zipOf({ 'inner.zip': inner, 'b.xml': Buffer.from('<b/>') })))).toMatchObject([
    { refused: { code: 'F_ARCHIVE' } },
    { source: { name: 'outer.zip/b.xml' } },
  ]);
  expect(await unpack(memorySource('cut.zip', inner.subarray(0, inner.length - 30)))).toMatchObject([{ refused: { code: 'F_ARCHIVE' } }]);
  expect(await unpack(memorySource('none.zip', await zipOf({})))).toMatchObject([{ refused: { code: 'F_EMPTY' } }]);
});

test('a workbook is a ZIP of parts that are nobody’s files: it is named as what it is', async () => {
  for (const part of ['[Content_Types].xml', 'META-INF/manifest.xml']) {
    const zip = await zipOf({ [part]: Buffer.from('<Types/>'), 'xl/worksheets/sheet1.xml': Buffer.from('<worksheet/>') });
    expect(await unpack(memorySource('orders.xlsx', zip))).toMatchObject([{ name: 'orders.xlsx', refused: { code: 'F_SPREADSHEET' } }]);
  }
});
