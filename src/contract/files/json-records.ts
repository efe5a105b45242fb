import { defaultLimits, type FileLimits, type FileSource } from '../order-file.ts';
import { byteCounter, clean } from './csv.ts';
import type { Scan } from './scan.ts';

/**
 * Records of a JSON file without building the file: an array, an object whose member `orders` is one, or one object a line.
 * Every object is cut out by its braces and parsed alone.
 */

type JsonRecord = { text: string; line: number; offset: number };
type JsonBatch = { records: JsonRecord[]; bytesRead: number };
type JsonEnd = { /** Line where the text stopped being JSON. */ brokenAt?: number; tooLarge?: boolean };

export async function* readJsonRecords(
  source: FileSource,
  scan: Scan,
  limits: FileLimits = defaultLimits,
): AsyncGenerator<JsonBatch, JsonEnd> {
  const decoder = new TextDecoder(scan.encoding.label);
  const splitter = new JsonSplitter(byteCounter(scan.encoding.label), scan.encoding.bomBytes, limits);
  let bytesRead = 0;
  for await (const chunk of source.open()) {
    bytesRead += chunk.length;
    yield { records: splitter.push(clean(decoder.decode(chunk, { stream: true }))), bytesRead };
    if (splitter.failed) return splitter.failed;
  }
  yield { records: splitter.push(clean(decoder.decode())), bytesRead };
  return splitter.failed ?? splitter.finish();
}

/**
 * Follows brackets and strings. The outermost object is a record, unless a member `orders` with an array shows that it is the
 * wrapping; then the objects of that array are.
 */
class JsonSplitter {
  failed: JsonEnd | undefined;
  readonly #bytesOf: (text: string) => number;
  readonly #limits: FileLimits;
  #rest = '';
  #at = 0;
  #line = 1;
  #offset: number;
  #stack: string[] = [];
  #inString = false;
  #escaped = false;
  #recordDepth: number | undefined;
  #record: { at: number; line: number; offset: number; depth: number } | undefined;

  constructor(bytesOf: (text: string) => number, offset: number, limits: FileLimits) {
    this.#bytesOf = bytesOf;
    this.#offset = offset;
    this.#limits = limits;
  }

  push(text: string): JsonRecord[] {
    this.#rest += text;
    const records: JsonRecord[] = [];
    for (; this.#at < this.#rest.length && !this.failed; this.#at++) {
      const c = this.#rest.charCodeAt(this.#at);
      if (c === 10) this.#line++;
      if (this.#inString) this.#string(c);
      else if (c === 34) this.#inString = true;
      else if (c === 123 || c === 91) this.#open(c);
      else if (c === 125 || c === 93) this.#close(c, records);
    }
    this.#drop();
    return records;
  }

  finish(): JsonEnd {
    return this.#stack.length > 0 || this.#inString ? { brokenAt: this.#line } : {};
  }

  #string(c: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (c === 92) this.#escaped = true;
    else if (c === 34) this.#inString = false;
  }

  #open(c: number): void {
    if (this.#stack.length >= this.#limits.depth) {
      this.failed = { brokenAt: this.#line, tooLarge: true };
      return;
    }
    const depth = this.#stack.length;
    if (c === 91 && this.#recordDepth === undefined) {
      if (depth === 0) this.#recordDepth = 1;
      else if (
        depth === 1 &&
        this.#stack[0] === '{' &&
        /"orders"\s*:\s*$/.test(this.#rest.slice(Math.max(this.#record?.at ?? 0, this.#at - 60), this.#at))
      ) {
        this.#recordDepth = 2;
        this.#record = undefined;
      }
    }
    if (c === 123 && this.#record === undefined && depth === (this.#recordDepth ?? 0)) {
      this.#record = { at: this.#at, line: this.#line, offset: this.#offset + this.#bytesOf(this.#rest.slice(0, this.#at)), depth };
    }
    this.#stack.push(c === 123 ? '{' : '[');
  }

  #close(c: number, records: JsonRecord[]): void {
    const opened = this.#stack.pop();
    if (opened !== (c === 125 ? '{' : '[')) {
      this.failed = { brokenAt: this.#line };
      return;
    }
    const record = this.#record;
    if (!record || this.#stack.length !== record.depth || c !== 125) return;
    records.push({ text: this.#rest.slice(record.at, this.#at + 1), line: record.line, offset: record.offset });
    this.#record = undefined;
    if (this.#recordDepth === undefined && record.depth === 0) this.#recordDepth = 0;
  }

  /** Forgets what has been read; an open record stays, within the limit. */
  #drop(): void {
    const keep = this.#record ? this.#record.at : Math.max(0, this.#at - 60);
    if (this.#at - keep > this.#limits.textChars) this.failed = { brokenAt: this.#line, tooLarge: true };
    if (keep < 4096) return;
    this.#offset += this.#bytesOf(this.#rest.slice(0, keep));
    this.#rest = this.#rest.slice(keep);
    this.#at -= keep;
    if (this.#record) this.#record.at = 0;
  }
}

/**
 * JSON with every number as the text that stands in the file: money never passes through floating point. Escapes can write what no
 * database holds, a NUL or half a character: those are dropped.
 */
export function parseExact(text: string): unknown {
  const textOfNumber = (_key: string, value: unknown, context: { source?: string }) => {
    if (typeof value === 'number') return context.source ?? String(value);
    return typeof value === 'string' ? clean(value.toWellFormed()) : value;
  };
  return (JSON.parse as (text: string, reviver: typeof textOfNumber) => unknown)(text, textOfNumber);
}
