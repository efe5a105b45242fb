import type { FileBatch, FileLimits, FileSource } from '../order-file.ts';
import { byteCounter, clean } from './csv.ts';
import type { Scan } from './scan.ts';

/**
 * JSON of a layout nobody has seen, told as elements, so that one machinery learns, proposes and reads both: a member is an element, each
 * item of an array an element of the array's name, the whole stands in `json`, and records without a name are `item`. Line breaks stay
 * where they are, so lines are those of the file; `offsetOf` gives the byte of the file where an object begins. Where the text stops
 * being JSON the elements stop too, and the reader says the file is cut there.
 */
type JsonAsXml = { source: FileSource; scan: Scan; offsetOf(offset: number): number };

export const jsonRoot = 'json';

export function jsonAsXml(source: FileSource, scan: Scan, limits: FileLimits): JsonAsXml {
  const places = new Map<number, number>();
  const told: FileSource = {
    name: source.name,
    sizeBytes: source.sizeBytes,
    async *open() {
      places.clear();
      const teller = new Teller(byteCounter(scan.encoding.label), scan.encoding.bomBytes, limits, places);
      const decoder = new TextDecoder(scan.encoding.label);
      for await (const chunk of source.open()) {
        yield Buffer.from(teller.push(clean(decoder.decode(chunk, { stream: true }))));
        if (teller.stopped) return;
      }
      yield Buffer.from(teller.push(clean(decoder.decode())) + teller.finish());
    },
  };
  return {
    source: told,
    scan: { ...scan, looks: 'xml', encoding: { label: 'utf-8', bomBytes: 0, guessed: scan.encoding.guessed } },
    offsetOf(offset) {
      const own = places.get(offset) ?? offset;
      places.delete(offset);
      return own;
    },
  };
}

/** Events of the told file with the places of the real one. */
export async function* inPlace<R>(told: JsonAsXml, reading: AsyncGenerator<FileBatch, R>): AsyncGenerator<FileBatch, R> {
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return value;
    for (const event of value.events) if ('place' in event) event.place.offset = told.offsetOf(event.place.offset);
    yield { events: value.events, bytesRead: Math.min(value.bytesRead, told.source.sizeBytes) };
  }
}

type Frame = { array: boolean /** Of the object itself, or of each item of the array. */; name: string; key?: string };

const literalChars = 100;
const nameChars = 120;
/** So many places of objects are kept until their records come out. */
const placesKept = 100_000;

class Teller {
  stopped = false;
  readonly #bytesOf: (text: string) => number;
  readonly #limits: FileLimits;
  readonly #places: Map<number, number>;
  readonly #stack: Frame[] = [];
  #expects: 'value' | 'key' | 'colon' | 'next' = 'value';
  #string: string | undefined;
  #escape: string | undefined;
  #literal = '';
  #read: number;
  #written: number;
  #out = '';

  constructor(bytesOf: (text: string) => number, offset: number, limits: FileLimits, places: Map<number, number>) {
    this.#bytesOf = bytesOf;
    this.#read = offset;
    this.#limits = limits;
    this.#places = places;
    this.#out = `<${jsonRoot}>`;
    this.#written = 0;
  }

  push(text: string): string {
    let counted = 0;
    for (let at = 0; at < text.length && !this.stopped; at++) {
      const c = text[at]!;
      if (this.#string !== undefined) {
        this.#inString(c);
        continue;
      }
      if (c === '{') {
        this.#read += this.#bytesOf(text.slice(counted, at));
        counted = at;
      }
      this.#outside(c);
    }
    this.#read += this.#bytesOf(text.slice(counted));
    return this.#flush();
  }

  /** The root is closed when everything inside is. */
  finish(): string {
    if (this.stopped) return '';
    this.#endLiteral();
    return this.#stack.length === 0 && this.#string === undefined && !this.stopped ? `${this.#flush()}</${jsonRoot}>` : this.#flush();
  }

  #flush(): string {
    const out = this.#out;
    this.#written += Buffer.byteLength(out);
    this.#out = '';
    return out;
  }

  #outside(c: string): void {
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
      this.#endLiteral();
      if (c === '\n') this.#out += '\n';
    } else if (this.#literal !== '' && (c === '"' || c === '{' || c === '[')) {
      // Something begins in the middle of a number or a word.
      this.stopped = true;
    } else if (c === '"') {
      if (this.#expects === 'key' || this.#expects === 'value') this.#string = '';
      else this.stopped = true;
    } else if (c === ':') this.#expects = this.#expects === 'colon' ? 'value' : this.#stop();
    else if (c === ',') this.#comma();
    else if (c === '{' || c === '[') this.#open(c === '[');
    else if (c === '}' || c === ']') this.#close(c === ']');
    else if (this.#expects === 'value' && this.#literal.length < literalChars) this.#literal += c;
    else this.stopped = true;
  }

  #stop(): 'value' {
    this.stopped = true;
    return 'value';
  }

  #comma(): void {
    this.#endLiteral();
    const top = this.#stack.at(-1);
    if (this.#expects !== 'next' || !top) this.stopped = true;
    else this.#expects = top.array ? 'value' : 'key';
  }

  #nameOfValue(): string {
    const top = this.#stack.at(-1);
    return top ? (top.array ? top.name : elementName(top.key!)) : 'item';
  }

  #open(array: boolean): void {
    // One object a line needs no comma between them.
    if (this.#expects !== 'value' && !(this.#stack.length === 0 && this.#expects === 'next')) {
      this.stopped = true;
      return;
    }
    // An array has no element of its own and would escape the depth of elements.
    if (this.#stack.length > this.#limits.depth * 2) {
      this.stopped = true;
      return;
    }
    const name = this.#nameOfValue();
    if (!array) {
      if (this.#places.size > placesKept) this.#places.clear();
      this.#places.set(this.#written + Buffer.byteLength(this.#out), this.#read);
      this.#out += `<${name}>`;
    }
    this.#stack.push({ array, name });
    this.#expects = array ? 'value' : 'key';
  }

  #close(array: boolean): void {
    this.#endLiteral();
    const top = this.#stack.pop();
    const empty = this.#expects === (array ? 'value' : 'key');
    if (!top || top.array !== array || !(this.#expects === 'next' || empty)) {
      this.stopped = true;
      return;
    }
    if (!array) this.#out += `</${top.name}>`;
    this.#expects = 'next';
  }

  #endLiteral(): void {
    if (this.#literal === '') return;
    const text = this.#literal;
    this.#literal = '';
    this.#value(text === 'null' ? '' : text);
  }

  #value(text: string): void {
    const name = this.#nameOfValue();
    this.#out += `<${name}>${escaped(text)}</${name}>`;
    this.#expects = 'next';
  }

  #inString(c: string): void {
    if (this.#escape !== undefined) {
      this.#escape += c;
      const whole = this.#escape[0] === 'u' ? this.#escape.length === 5 : true;
      if (!whole) return;
      this.#string += unescaped(this.#escape);
      this.#escape = undefined;
    } else if (c === '\\') this.#escape = '';
    else if (c === '"') this.#endString();
    else if (this.#string!.length > this.#limits.textChars) this.stopped = true;
    else this.#string += c;
  }

  #endString(): void {
    const text = clean(this.#string!.toWellFormed());
    this.#string = undefined;
    if (this.#expects === 'value') this.#value(text);
    else {
      this.#stack.at(-1)!.key = text;
      this.#expects = 'colon';
    }
  }
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '', f: '' };
function unescaped(code: string): string {
  if (code[0] === 'u') return /^u[0-9a-f]{4}$/i.test(code) ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : '';
  return escapes[code] ?? code;
}

function escaped(text: string): string {
  // A break written as an escape is none of the file's lines.
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '&#10;').replaceAll('\r', '&#13;');
}

/** A member's name as the name of an element: what such a name cannot hold becomes an underscore. */
function elementName(key: string): string {
  const name = key.slice(0, nameChars).replace(/[^\p{L}\p{N}_.-]/gu, '_');
  return /^[\p{L}_]/u.test(name) ? name : `_${name}`;
}
