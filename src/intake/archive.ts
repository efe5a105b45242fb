import { Readable } from 'node:stream';
import yauzl from 'yauzl';
import type { FileSource } from '../contract/order-file.ts';
import { cut } from '../domain/cut.ts';
import type { Finding } from '../domain/finding.ts';

/**
 * Files inside a ZIP as files of their own. Nothing is written to disk and names are only shown, so a path that climbs out of
 * its folder climbs nowhere. What unpacks to far more than it weighs is refused before it is unpacked.
 */
type Unpacked = { source: FileSource } | { name: string; refused: Finding };

export const archiveLimits = { entries: 200, totalBytes: 1024 * 1024 * 1024, ratio: 300, ratioFromBytes: 10 * 1024 * 1024 };

const refuse = (name: string, code: string, params?: Record<string, string>): Unpacked => ({
  name,
  refused: { code, level: 'file', params },
});

/** The file itself when it is no ZIP. */
export async function unpack(source: FileSource): Promise<Unpacked[]> {
  if (!(await startsAsZip(source))) return [{ source }];
  let zip: yauzl.ZipFile;
  try {
    zip = await yauzl.fromRandomAccessReaderPromise(new SourceReader(source), source.sizeBytes, {
      lazyEntries: true,
      autoClose: false,
      decodeStrings: false,
      validateEntrySizes: true,
    });
  } catch {
    return [refuse(source.name, 'F_ARCHIVE')];
  }
  try {
    return await entriesOf(zip, source);
  } catch {
    return [refuse(source.name, 'F_ARCHIVE')];
  }
}

async function startsAsZip(source: FileSource): Promise<boolean> {
  for await (const chunk of source.open())
    return chunk[0] === 0x50 && chunk[1] === 0x4b && (chunk[2] === 3 || chunk[2] === 5) && chunk[3] === chunk[2]! + 1;
  return false;
}

async function entriesOf(zip: yauzl.ZipFile, archive: FileSource): Promise<Unpacked[]> {
  const found: Unpacked[] = [];
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    // Workbooks and text documents are ZIPs inside; their parts are no files of anybody.
    if (workbookParts.has(pathOf(entry))) return [refuse(archive.name, 'F_SPREADSHEET')];
    const name = nameOf(entry);
    if (name === undefined) continue;
    const shown = `${archive.name}/${name}`;
    total += entry.uncompressedSize;
    if (found.length >= archiveLimits.entries)
      return [...found, refuse(archive.name, 'F_TOO_LARGE', { limit: `${archiveLimits.entries} files` })];
    if (isBomb(entry) || total > archiveLimits.totalBytes) {
      return [...found, refuse(shown, 'F_TOO_LARGE', { limit: `${archiveLimits.totalBytes / 1024 / 1024} MB, ${archiveLimits.ratio}:1` })];
    }
    if (entry.isEncrypted() || (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)) found.push(refuse(shown, 'F_ARCHIVE'));
    else found.push(await entrySource(zip, entry, shown));
  }
  return found.length > 0 ? found : [refuse(archive.name, 'F_EMPTY')];
}

const workbookParts = new Set(['[Content_Types].xml', 'META-INF/manifest.xml', 'Index/Document.iwa']);
const pathOf = (entry: yauzl.Entry) => (entry.fileNameRaw ?? (entry.fileName as unknown as Buffer)).toString('utf8').replaceAll('\\', '/');

/** Last part of the entry's path; undefined for folders and for what systems add by themselves. */
function nameOf(entry: yauzl.Entry): string | undefined {
  const path = pathOf(entry);
  const name = path.split('/').at(-1)!;
  if (path.endsWith('/') || path.startsWith('__MACOSX/') || name === '' || name.startsWith('.')) return undefined;
  return cut(name.replace(/[\u0000-\u001f]/g, ''), 200);
}

function isBomb(entry: yauzl.Entry): boolean {
  return entry.uncompressedSize > archiveLimits.ratioFromBytes && entry.uncompressedSize > entry.compressedSize * archiveLimits.ratio;
}

async function entrySource(zip: yauzl.ZipFile, entry: yauzl.Entry, name: string): Promise<Unpacked> {
  const source: FileSource = {
    name,
    sizeBytes: entry.uncompressedSize,
    async *open(from = 0) {
      let skip = from;
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        const bytes = chunk as Buffer;
        if (skip < bytes.length) yield bytes.subarray(skip);
        skip = Math.max(0, skip - bytes.length);
      }
    },
  };
  try {
    // A ZIP in a ZIP is how bombs are built; nobody exports orders that way.
    return (await startsAsZip(source)) ? refuse(name, 'F_ARCHIVE') : { source };
  } catch {
    return refuse(name, 'F_ARCHIVE');
  }
}

/** Lets the ZIP reader jump about in a source. */
class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: FileSource;
  constructor(source: FileSource) {
    super();
    this.#source = source;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(range(this.#source, start, end), { objectMode: false });
  }
}

async function* range(source: FileSource, start: number, end: number): AsyncGenerator<Uint8Array> {
  let left = end - start;
  if (left <= 0) return;
  for await (const chunk of source.open(start)) {
    yield Buffer.from(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) return;
  }
}
