import { SaxesParser } from 'saxes';
import { cut } from '../../domain/cut.ts';
import type { Finding } from '../../domain/finding.ts';
import { warning } from '../../domain/finding.ts';
import { defaultLimits, type FileHeader, type FileLimits, type FileSource, type Profile } from '../order-file.ts';
import { byteCounter } from './csv.ts';
import { lineFieldIndex, orderFieldIndex, type RawRecord } from './records.ts';
import { type Piece, Repairer } from './repair.ts';
import { fileFinding, type Scan } from './scan.ts';

/** Records of an XML file by a profile, one at a time: memory holds the open record and one chunk. */

type Node = {
  children: Map<string, Node>;
  order: number;
  line: number;
  header?: keyof FileHeader;
  attributes?: Map<string, number>;
  record?: true;
  item?: true;
};
const newNode = (): Node => ({ children: new Map(), order: -1, line: -1 });

/** The profile's paths as a tree walked along with the elements. */
function compile(profile: Profile): Node {
  const root = newNode();
  const record = descend(root, profile.order.at);
  record.record = true;
  for (const [field, path] of Object.entries(profile.order.fields)) mark(record, path, 'order', orderFieldIndex(field as never));
  const flat = profile.line.at === '.';
  const item = flat ? record : descend(record, profile.line.at);
  if (!flat) item.item = true;
  for (const [field, path] of Object.entries(profile.line.fields)) mark(item, path, 'line', lineFieldIndex(field as never));
  for (const path of profile.order.ignore ?? []) descend(record, path);
  for (const path of profile.line.ignore ?? []) descend(item, path);
  if (profile.header) {
    const header = descend(root, profile.header.at);
    for (const [fact, path] of Object.entries(profile.header)) if (fact !== 'at') descend(header, path).header = fact as keyof FileHeader;
  }
  return root;
}

function descend(node: Node, path: string): Node {
  let at = node;
  if (path === '' || path === '.') return at;
  for (const name of path.split('/')) {
    let next = at.children.get(name);
    if (!next) {
      next = newNode();
      at.children.set(name, next);
    }
    at = next;
  }
  return at;
}

function mark(from: Node, path: string, kind: 'order' | 'line', index: number): void {
  const [elements, attribute] = path.split('@') as [string, string?];
  const node = descend(from, elements.replace(/\/$/, ''));
  if (attribute === undefined) node[kind] = index;
  else {
    node.attributes ??= new Map();
    node.attributes.set(attribute, kind === 'order' ? index : -1 - index);
  }
}

type XmlBatch = { records: RawRecord[]; bytesRead: number; findings: Finding[]; header: FileHeader };
type XmlEnd = {
  found: number;
  header: FileHeader;
  refused?: Finding;
  /** The place where records stand was there, though empty. */
  containerSeen: boolean;
  /** The root holds no element at all. */
  empty: boolean;
};

const unknownFieldsListed = 200;

export async function* readXmlRecords(
  source: FileSource,
  scan: Scan,
  profile: Profile,
  limits: FileLimits = defaultLimits,
): AsyncGenerator<XmlBatch, XmlEnd> {
  const reader = new XmlRecordReader(profile, scan.encoding.label, scan.encoding.bomBytes, limits, source.name);
  const decoder = new TextDecoder(scan.encoding.label);
  let bytesRead = 0;
  for await (const chunk of source.open()) {
    bytesRead += chunk.length;
    reader.write(decoder.decode(chunk, { stream: true }));
    yield { ...reader.take(), bytesRead };
    if (reader.stopped) return reader.end();
  }
  reader.write(decoder.decode());
  reader.close();
  yield { ...reader.take(), bytesRead };
  return reader.end();
}

type RecordTexts = (string | undefined)[];
type OpenRecord = { values: RecordTexts; lines: RecordTexts[]; start: number; line: number; offset: number; depth: number };

class XmlRecordReader {
  readonly #parser = new SaxesParser();
  readonly #repairer = new Repairer();
  readonly #root: Node;
  readonly #container: string;
  /** What records stand in, and how one begins; nothing where records are the root or no elements of their own. */
  readonly #parent: Node | undefined;
  readonly #recordTag: string | undefined;
  readonly #limits: FileLimits;
  readonly #bytesOf: (text: string) => number;
  readonly #file: string;
  readonly #stack: (Node | undefined)[] = [];
  readonly #names: string[] = [];
  readonly #header: FileHeader = {};
  readonly #unknown = new Set<string>();
  #unusual = false;
  /** Characters and lines of records that were read without the parser. */
  #passed = { characters: 0, lines: 0 };
  #records: RawRecord[] = [];
  #findings: Finding[] = [];
  #record: OpenRecord | undefined;
  #item: RecordTexts | undefined;
  #text = '';
  #found = 0;
  /** Those the parser met. */
  #elements = 0;
  #containerSeen = false;
  #refused: Finding | undefined;
  stopped = false;
  /** Text handed to the parser that an open record may still need. */
  #buffer = '';
  #bufferBase = 0;
  #pieceBase = 0;
  #pieceBytes = 0;
  #counted = { position: 0, bytes: 0 };
  #tagStart = { position: 0, line: 1 };
  #lineShift = 0;
  #started = false;
  /** Places mended and not yet passed. */
  #repairs: number[] = [];

  constructor(profile: Profile, encoding: string, bomBytes: number, limits: FileLimits, file: string) {
    this.#root = compile(profile);
    this.#container = profile.order.at.split('/').slice(0, -1).join('/');
    const above = profile.order.at.split('/');
    const tag = above.pop();
    if (above.length > 0) {
      this.#recordTag = `<${tag}>`;
      this.#parent = descend(this.#root, above.join('/'));
    }
    this.#limits = limits;
    this.#bytesOf = byteCounter(encoding);
    this.#pieceBytes = bomBytes;
    this.#file = file;
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('opentagstart', (tag) => {
      this.#tagStart = { position: this.#position() - tag.name.length - 2, line: this.#line() };
    });
    this.#parser.on('opentag', (tag) => this.#open(tag.name, tag.attributes as Record<string, string>));
    this.#parser.on('closetag', () => this.#close());
    const addText = (text: string) => {
      if (this.#text.length + text.length > this.#limits.textChars) throw new RangeError('text of one element is too long');
      this.#text = this.#text === '' ? text : this.#text + text;
    };
    this.#parser.on('text', addText);
    this.#parser.on('cdata', addText);
  }

  write(text: string): void {
    if (this.stopped) return;
    let clean = text;
    if (!this.#started) {
      clean = text.trimStart();
      if (clean === '') return;
      this.#lineShift = text.slice(0, text.length - clean.length).split('\n').length - 1;
      this.#pieceBytes += this.#bytesOf(text.slice(0, text.length - clean.length));
      this.#started = true;
    }
    for (const piece of this.#repairer.push(clean)) if (!this.#feed(piece)) return;
  }

  close(): void {
    if (this.stopped) return;
    for (const piece of this.#repairer.finish()) if (!this.#feed(piece)) return;
    try {
      this.#parser.close();
    } catch {
      this.#broken();
    }
  }

  /** What was completed since the last call. */
  take(): Omit<XmlBatch, 'bytesRead'> {
    const taken = { records: this.#records, findings: this.#findings, header: this.#header };
    this.#records = [];
    this.#findings = [];
    return taken;
  }

  end(): XmlEnd {
    const empty = this.#elements <= 1;
    return { found: this.#found, header: this.#header, refused: this.#refused, containerSeen: this.#containerSeen, empty };
  }

  /** The line the reading stands at, from one. */
  #line(): number {
    return this.#parser.line + this.#passed.lines + this.#lineShift;
  }

  #position(): number {
    return this.#parser.position + this.#passed.characters;
  }

  #feed({ text, source, repairs, verbatim }: Piece): boolean {
    this.#buffer += text;
    this.#counted = { position: this.#pieceBase, bytes: this.#pieceBytes };
    for (const at of repairs ?? []) this.#repairs.push(this.#pieceBase + at);
    try {
      // A declaration or an instruction may go on in the next piece and hold what looks like records.
      if (text === '<!' || text.includes('<?', this.#pieceBase === 0 ? 2 : 0)) this.#unusual = true;
      if (repairs || verbatim || this.#unusual) this.#parser.write(text);
      else this.#parse(text);
    } catch {
      this.#broken();
      return false;
    }
    this.#pieceBase += text.length;
    this.#pieceBytes += this.#bytesOf(source ?? text);
    const keepFrom = this.#record ? this.#record.start : this.#pieceBase - 300;
    if (keepFrom > this.#bufferBase) {
      this.#buffer = this.#buffer.slice(keepFrom - this.#bufferBase);
      this.#bufferBase = keepFrom;
    }
    return !this.stopped;
  }

  /** Records of the plainest markup are read at once, several times faster than by the parser; it gets everything else. */
  #parse(text: string): void {
    let parsed = 0;
    const hasReturns = text.includes('\r');
    for (let from = 0; ; ) {
      const at = this.#recordTag === undefined ? -1 : text.indexOf(this.#recordTag, from);
      if (at < 0) break;
      if (parsed < at) this.#parser.write(text.slice(parsed, at));
      parsed = at;
      const end = this.#isBetweenRecords(text, at) ? this.#plainRecord(text, at, hasReturns) : 0;
      if (end > 0) parsed = end;
      from = Math.max(end, at + 1);
    }
    if (parsed < text.length) this.#parser.write(text.slice(parsed));
  }

  /** The parser has just passed a `>` and stands where records stand. */
  #isBetweenRecords(text: string, at: number): boolean {
    let back = at - 1;
    while (back >= 0 && text.charCodeAt(back) <= 0x20) back--;
    return back >= 0 && text.charCodeAt(back) === 0x3e && this.#record === undefined && this.#stack.at(-1) === this.#parent;
  }

  /** Reads a record of plain tags and plain text. Returns where it ends, or 0 when there is anything else in it. */
  #plainRecord(text: string, start: number, hasReturns: boolean): number {
    const record: OpenRecord = { values: [], lines: [], start: 0, line: 0, offset: 0, depth: this.#stack.length + 1 };
    const nodes: (Node | undefined)[] = [this.#parent];
    const names: string[] = [];
    let item: RecordTexts | undefined;
    for (let at = start; ; ) {
      const close = text.indexOf('>', at);
      if (close < 0) return 0;
      const tag = plainTag(text.slice(at + 1, close));
      if (!tag) return 0;
      if (tag.closes) {
        if (names.pop() !== tag.name) return 0;
        if (nodes.pop()?.item) item = undefined;
      } else {
        if (this.#stack.length + names.length >= this.#limits.depth) return 0;
        const parent = nodes.at(-1);
        const node = parent?.children.get(tag.name);
        if (!node && parent) this.#noteUnknown(tag.name, [...this.#names, ...names], record.depth);
        if (node?.item) {
          item = [];
          record.lines.push(item);
        }
        if (node?.attributes && tag.attributes) attributesIn(record, item, node.attributes, tag.attributes);
        if (!tag.empty) {
          nodes.push(node);
          names.push(tag.name);
        } else if (node?.item) item = undefined;
      }
      if (names.length === 0) {
        this.#passed.characters += close + 1 - start;
        record.start = this.#pieceBase + start;
        record.line = this.#line();
        record.offset = this.#offsetOf(record.start);
        this.#passed.lines += linesIn(text, start, close, hasReturns);
        this.#keep(record, text.slice(start, close + 1), false);
        return close + 1;
      }
      const next = text.indexOf('<', close + 1);
      if (next < 0 || next - close > this.#limits.textChars) return 0;
      if (next > close + 1) {
        const written = text.slice(close + 1, next);
        if (written.includes('&') || written.includes(']]>')) return 0;
        const node = nodes.at(-1);
        // What stands before an opening tag is no field's text.
        if (node && (node.order >= 0 || node.line >= 0) && text.charCodeAt(next + 1) === 0x2f) {
          const value = written.trim();
          if (value !== '') storeIn(record, item, node, value.includes('\r') ? value.replace(/\r\n?/g, '\n') : value);
        }
      }
      at = next;
    }
  }

  #broken(): void {
    this.stopped = true;
    if (this.#refused) return;
    this.#findings.push(fileFinding('F_TRUNCATED', { line: String(this.#line()), n: String(this.#found) }));
  }

  #open(name: string, attributes: Record<string, string>): void {
    this.#text = '';
    this.#elements++;
    const parent = this.#stack.length === 0 ? undefined : this.#stack.at(-1);
    const node = this.#stack.length === 0 ? this.#root : parent?.children.get(name);
    if (this.#stack.length >= this.#limits.depth) throw new RangeError('nested too deep');
    this.#stack.push(node);
    this.#names.push(name);
    if (!node) {
      if (this.#record && parent) this.#noteUnknown(name, this.#names.slice(0, -1), this.#record.depth);
      return;
    }
    if (!this.#containerSeen && this.#names.slice(1).join('/') === this.#container) this.#containerSeen = true;
    if (node.record && !this.#record) this.#startRecord();
    if (node.item && this.#record) {
      this.#item = [];
      this.#record.lines.push(this.#item);
    }
    if (node.attributes && this.#record) attributesIn(this.#record, this.#item, node.attributes, attributes);
  }

  #startRecord(): void {
    const { position, line } = this.#tagStart;
    this.#record = {
      values: [],
      lines: [],
      start: position,
      line,
      offset: this.#offsetOf(position),
      depth: this.#stack.length,
    };
  }

  #offsetOf(position: number): number {
    if (position < this.#pieceBase)
      return this.#pieceBytes - this.#bytesOf(this.#buffer.slice(position - this.#bufferBase, this.#pieceBase - this.#bufferBase));
    const between = this.#buffer.slice(this.#counted.position - this.#bufferBase, position - this.#bufferBase);
    this.#counted = { position, bytes: this.#counted.bytes + this.#bytesOf(between) };
    return this.#counted.bytes;
  }

  #close(): void {
    const node = this.#stack.pop();
    this.#names.pop();
    if (node && (node.order >= 0 || node.line >= 0 || node.header)) this.#store(node);
    this.#text = '';
    if (node?.item) this.#item = undefined;
    if (node?.record && this.#record && this.#stack.length === this.#record.depth - 1) this.#endRecord();
  }

  #store(node: Node): void {
    const value = this.#text.trim();
    if (value === '') return;
    if (node.header) this.#header[node.header] ??= cut(value, 200);
    if (!this.#record) return;
    storeIn(this.#record, this.#item, node, value);
  }

  #endRecord(): void {
    const record = this.#record!;
    this.#record = undefined;
    const end = this.#position();
    const passed = this.#repairs.filter((at) => at < end);
    if (passed.length > 0) this.#repairs = this.#repairs.filter((at) => at >= end);
    const repaired = passed.some((at) => at >= record.start);
    this.#keep(record, this.#buffer.slice(record.start - this.#bufferBase, end - this.#bufferBase), repaired);
  }

  #keep(record: OpenRecord, raw: string, repaired: boolean): void {
    this.#found++;
    if (this.#found > this.#limits.orders) {
      this.#refused = fileFinding('F_TOO_LARGE', { limit: String(this.#limits.orders) });
      this.stopped = true;
      throw new RangeError('too many records');
    }
    this.#records.push({
      values: record.values,
      lines: record.lines,
      place: { line: record.line, offset: record.offset, file: this.#file },
      raw,
      repaired,
    });
  }

  #noteUnknown(name: string, above: string[], depth: number): void {
    const path = [...above.slice(depth), name].join('/');
    if (this.#unknown.has(path) || this.#unknown.size >= unknownFieldsListed) return;
    this.#unknown.add(path);
    this.#findings.push(warning('W_UNKNOWN_FIELD', undefined, { field: path }));
  }
}

/** The first text of a field counts. */
function storeIn(record: OpenRecord, item: RecordTexts | undefined, node: Node, value: string): void {
  if (node.order >= 0) record.values[node.order] ??= value;
  if (node.line < 0) return;
  if (!item && record.lines.length === 0) record.lines.push([]);
  (item ?? record.lines[0]!)[node.line] ??= value;
}

function attributesIn(
  record: OpenRecord,
  item: RecordTexts | undefined,
  wanted: Map<string, number>,
  attributes: Readonly<Record<string, string>>,
): void {
  for (const [name, index] of wanted) {
    const value = attributes[name]?.trim();
    if (!value) continue;
    if (index >= 0) record.values[index] ??= value;
    else if (item) item[-1 - index] ??= value;
  }
}

type Tag = { name: string; closes: boolean; empty: boolean; attributes?: Readonly<Record<string, string>> };
/** A file has few different tags and each of them many times. */
const tags = new Map<string, Tag | undefined>();
const tagsKept = 2000;
const tagPattern =
  /^(\/?)([A-Za-z_][A-Za-z0-9_.-]{0,60})((?:[ \t\r\n]+[A-Za-z_][A-Za-z0-9_.-]{0,60}="[^"<>&\r\n\t]{0,200}")*)[ \t\r\n]*(\/?)$/;

/** A tag by what stands between its brackets; undefined when the parser should see it. */
function plainTag(written: string): Tag | undefined {
  const known = tags.get(written);
  if (known) return known;
  const m = written.length > 500 ? null : tagPattern.exec(written);
  if (!m) return undefined;
  const tag: Tag = { name: copy(m[2]!), closes: m[1] !== '', empty: m[4] !== '' };
  if (tag.closes && (m[3] !== '' || tag.empty)) return undefined;
  if (m[3] !== '') {
    const pairs = [...m[3]!.matchAll(/([A-Za-z0-9_.-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, copy(value!)] as const);
    tag.attributes = Object.fromEntries(pairs);
    if (Object.keys(tag.attributes).length !== pairs.length) return undefined;
  }
  if (tags.size < tagsKept) tags.set(copy(written), tag);
  return tag;
}

/** A text of its own: a slice of the file would keep the whole chunk in memory. */
const copy = (text: string) => Buffer.from(text).toString();

/** A line ends with a line feed, a carriage return or both. Where there is none a search would go through all the rest of the text. */
function linesIn(text: string, from: number, to: number, hasReturns: boolean): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines++;
  if (!hasReturns) return lines;
  for (let at = text.indexOf('\r', from); at >= 0 && at < to; at = text.indexOf('\r', at + 1))
    if (text.charCodeAt(at + 1) !== 0x0a) lines++;
  return lines;
}
