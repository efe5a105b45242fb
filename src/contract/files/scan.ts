import { isAscii, isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Finding } from '../../domain/finding.ts';
import { defaultLimits, type FileLimits, type FileSource } from '../order-file.ts';
import { delimiterOf, type Table, tableOf } from './csv.ts';
import { ByteStatistics, chooseEncoding, declaredEncoding, type Encoding, isBinary, markBytes, markOf } from './encoding.ts';
import { MarkupGuard } from './markup-guard.ts';

/**
 * The first pass over a file. It proves the file harmless before anything of it is parsed or stored (contract allegro §5.1–5.3),
 * finds its encoding and its SHA-256, and keeps nothing but the head.
 */
export type Scan = {
  sha256: string;
  looks: 'xml' | 'text';
  encoding: Encoding;
  /** First 64 kB without the byte order mark, decoded. */
  head: string;
  /** Lines end with a carriage return and nothing else. */
  loneReturns?: true;
  /** What is no markup and has rows of cells. */
  table?: Table;
  refused?: Finding;
};

const headBytes = 64 * 1024;
/** Workbooks and documents of before 2007, and rich text. */
const officeMarks = [Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('{\\rtf')];

export function fileFinding(code: string, params?: Record<string, string>): Finding {
  return { code, level: 'file', params };
}

export async function scanFile(source: FileSource, limits: FileLimits = defaultLimits): Promise<Scan> {
  const empty: Scan = { sha256: '', looks: 'text', encoding: { label: 'utf-8', bomBytes: 0, guessed: false }, head: '' };
  const tooLarge = fileFinding('F_TOO_LARGE', { limit: `${Math.round(limits.sizeBytes / 1024 / 1024)} MB` });
  if (source.sizeBytes > limits.sizeBytes) return { ...empty, refused: tooLarge };
  const pass = new FirstPass(limits);
  for await (const chunk of source.open()) {
    pass.add(chunk);
    if (pass.sizeBytes > limits.sizeBytes) return { ...empty, refused: tooLarge };
    if (pass.refused) return { ...empty, refused: pass.refused };
  }
  const sha256 = pass.finish();
  if (pass.refused) return { ...empty, sha256, refused: pass.refused };
  if (officeMarks.some((mark) => pass.head.subarray(0, mark.length).equals(mark)))
    return { ...empty, sha256, refused: fileFinding('F_SPREADSHEET') };
  if (pass.blank) return { ...empty, sha256, refused: fileFinding('F_EMPTY') };
  const isText = pass.looks === 'xml' || markOf(pass.head) !== undefined || !isBinary(pass.head);
  const encoding = isText ? await encodingOf(source, pass) : undefined;
  if (!encoding) {
    // What is neither markup nor has a row of column names is no order file in any character set.
    const table = isText && (pass.looks === 'xml' || delimiterOf(pass.head.toString('latin1')) !== undefined);
    return { ...empty, sha256, refused: fileFinding(table ? 'F_ENCODING' : 'F_NOT_XML') };
  }
  const decoded = new TextDecoder(encoding.label).decode(pass.head.subarray(encoding.bomBytes));
  // Old Macintosh programs end a line with a carriage return alone.
  const loneReturns = !decoded.includes('\n') && decoded.includes('\r');
  const head = loneReturns ? decoded.replaceAll('\r', '\n') : decoded;
  const table = pass.looks === 'text' && !/^\s*[[{]\s*["[{\]}]/.test(head) ? tableOf(head) : undefined;
  return {
    sha256,
    looks: pass.looks,
    encoding,
    head,
    ...(loneReturns && { loneReturns }),
    ...(table && { table }),
  };
}

async function encodingOf(source: FileSource, pass: FirstPass): Promise<Encoding | undefined> {
  const mark = markOf(pass.head);
  if (mark) return { ...mark, guessed: mark.bomBytes === 0 };
  const declared = pass.looks === 'xml' ? declaredEncoding(pass.head) : undefined;
  if (pass.ascii) return { label: 'utf-8', bomBytes: 0, guessed: false };
  // Bytes that form clean UTF-8 throughout are UTF-8 whatever was declared: no other text does that by chance.
  if (pass.cleanUtf8) return { label: 'utf-8', bomBytes: 0, guessed: declared !== undefined && declared !== 'utf-8' };
  const seen = new ByteStatistics();
  for await (const chunk of source.open()) seen.add(chunk);
  const label = chooseEncoding(declared, seen);
  // Bytes that are no clean UTF-8 and yet are nothing else: whatever was declared, some of them could not be read.
  return label === undefined ? undefined : { label, bomBytes: 0, guessed: label !== declared || label === 'utf-8' };
}

/** What one pass over the bytes learns. */
class FirstPass {
  sizeBytes = 0;
  head = Buffer.alloc(0);
  refused: Finding | undefined;
  cleanUtf8 = true;
  ascii = true;
  blank = true;
  looks: 'xml' | 'text' = 'text';
  readonly #hash = createHash('sha256');
  readonly #guard: MarkupGuard;
  #wide: InstanceType<typeof TextDecoder> | undefined;
  #unfinished: Buffer = Buffer.alloc(0);
  /** The first bytes, until there are enough to tell UTF-16. */
  #start: Buffer | undefined = Buffer.alloc(0);

  constructor(limits: FileLimits) {
    this.#guard = new MarkupGuard(limits);
  }

  add(chunk: Uint8Array): void {
    this.sizeBytes += chunk.length;
    this.#hash.update(chunk);
    if (this.head.length < headBytes) this.head = Buffer.concat([this.head, chunk.subarray(0, headBytes - this.head.length)]);
    if (this.#start) {
      this.#start = Buffer.concat([this.#start, chunk]);
      if (this.#start.length >= markBytes) this.#begin();
    } else this.#look(chunk);
  }

  #begin(): void {
    const start = this.#start!;
    this.#start = undefined;
    const label = markOf(start)?.label;
    if (label?.startsWith('utf-16')) this.#wide = new TextDecoder(label);
    this.#look(start);
  }

  #look(chunk: Uint8Array): void {
    this.#checkUtf8(chunk);
    const text = this.#wide ? Buffer.from(this.#wide.decode(chunk, { stream: true }), 'utf8') : chunk;
    if (this.blank) this.#lookAtStart(text);
    if (this.looks === 'xml') this.refused ??= this.#guard.add(text);
  }

  finish(): string {
    if (this.#start) this.#begin();
    // A character cut in two by the end of the file is damage, not another encoding.
    if (this.#unfinished.length > 3) this.cleanUtf8 = false;
    return this.#hash.digest('hex');
  }

  #lookAtStart(bytes: Uint8Array): void {
    const at = bytes.findIndex(
      (b) => b !== 0x20 && b !== 0x09 && b !== 0x0a && b !== 0x0d && b !== 0xef && b !== 0xbb && b !== 0xbf && b !== 0xfe && b !== 0xff,
    );
    if (at < 0) return;
    this.blank = false;
    this.looks = bytes[at] === 0x3c ? 'xml' : 'text';
  }

  /** Strict UTF-8 without C1 controls and replacement characters, which no Polish text has. */
  #checkUtf8(chunk: Uint8Array): void {
    if (!this.cleanUtf8) {
      this.ascii = false;
      return;
    }
    const bytes =
      this.#unfinished.length > 0 ? Buffer.concat([this.#unfinished, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const keep = unfinishedTail(bytes);
    const whole = bytes.subarray(0, bytes.length - keep);
    this.#unfinished = Buffer.from(bytes.subarray(bytes.length - keep));
    if (!isUtf8(whole) || whole.includes(replacement)) this.cleanUtf8 = false;
    else if (hasC1(whole)) this.cleanUtf8 = false;
    if (this.ascii && (keep > 0 || !isAscii(whole))) this.ascii = false;
  }
}

const replacement = Buffer.from([0xef, 0xbf, 0xbd]);

function hasC1(bytes: Buffer): boolean {
  for (let i = bytes.indexOf(0xc2); i >= 0; i = bytes.indexOf(0xc2, i + 1)) if (bytes[i + 1]! < 0xa0) return true;
  return false;
}

/** Bytes at the end that begin a character whose rest has not come yet. */
function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const b = bytes[bytes.length - back]!;
    if (b < 0x80) return 0;
    if (b >= 0xc0) return (b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}
