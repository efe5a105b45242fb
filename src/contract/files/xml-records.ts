import { SaxesParser } from 'saxes';
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

export type XmlBatch = { records: RawRecord[]; bytesRead: number; findings: Finding[]; header: FileHeader };
export type XmlEnd = {
  found: number;
  header: FileHeader;
  refused?: Finding /** The place where records stand was there, though empty. */;
  containerSeen: boolean;
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

export class XmlRecordReader {
  readonly #parser = new SaxesParser();
  readonly #repairer = new Repairer();
  readonly #root: Node;
  readonly #container: string;
  readonly #limits: FileLimits;
  readonly #bytesOf: (text: string) => number;
  readonly #file: string;
  readonly #stack: (Node | undefined)[] = [];
  readonly #names: string[] = [];
  readonly #header: FileHeader = {};
  readonly #unknown = new Set<string>();
  #records: RawRecord[] = [];
  #findings: Finding[] = [];
  #record:
    | { values: (string | undefined)[]; lines: (string | undefined)[][]; start: number; line: number; offset: number; depth: number }
    | undefined;
  #item: (string | undefined)[] | undefined;
  #text = '';
  #found = 0;
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
    this.#limits = limits;
    this.#bytesOf = byteCounter(encoding);
    this.#pieceBytes = bomBytes;
    this.#file = file;
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('opentagstart', (tag) => {
      this.#tagStart = { position: this.#parser.position - tag.name.length - 2, line: this.#parser.line };
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
    return { found: this.#found, header: this.#header, refused: this.#refused, containerSeen: this.#containerSeen };
  }

  #feed({ text, source, repairs }: Piece): boolean {
    this.#buffer += text;
    this.#counted = { position: this.#pieceBase, bytes: this.#pieceBytes };
    for (const at of repairs ?? []) this.#repairs.push(this.#pieceBase + at);
    try {
      this.#parser.write(text);
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

  #broken(): void {
    this.stopped = true;
    if (this.#refused) return;
    this.#findings.push(fileFinding('F_TRUNCATED', { line: String(this.#parser.line + this.#lineShift), n: String(this.#found) }));
  }

  #open(name: string, attributes: Record<string, string>): void {
    this.#text = '';
    const parent = this.#stack.length === 0 ? undefined : this.#stack.at(-1);
    const node = this.#stack.length === 0 ? this.#root : parent?.children.get(name);
    if (this.#stack.length >= this.#limits.depth) throw new RangeError('nested too deep');
    this.#stack.push(node);
    this.#names.push(name);
    if (!node) {
      if (this.#record && parent) this.#noteUnknown(name);
      return;
    }
    if (!this.#containerSeen && this.#names.slice(1).join('/') === this.#container) this.#containerSeen = true;
    if (node.record && !this.#record) this.#startRecord();
    if (node.item && this.#record) {
      this.#item = [];
      this.#record.lines.push(this.#item);
    }
    if (node.attributes && this.#record) this.#readAttributes(node.attributes, attributes);
  }

  #readAttributes(wanted: Map<string, number>, attributes: Record<string, string>): void {
    for (const [name, index] of wanted) {
      const value = attributes[name]?.trim();
      if (!value) continue;
      if (index >= 0) this.#record!.values[index] ??= value;
      else if (this.#item) this.#item[-1 - index] ??= value;
    }
  }

  #startRecord(): void {
    const { position, line } = this.#tagStart;
    this.#record = {
      values: [],
      lines: [],
      start: position,
      line: line + this.#lineShift,
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
    if (node.header) this.#header[node.header] ??= value.slice(0, 200);
    if (!this.#record) return;
    if (node.order >= 0) this.#record.values[node.order] ??= value;
    if (node.line >= 0) {
      if (!this.#item && this.#record.lines.length === 0) this.#record.lines.push([]);
      (this.#item ?? this.#record.lines[0]!)[node.line] ??= value;
    }
  }

  #endRecord(): void {
    const record = this.#record!;
    this.#record = undefined;
    const end = this.#parser.position;
    const passed = this.#repairs.filter((at) => at < end);
    if (passed.length > 0) this.#repairs = this.#repairs.filter((at) => at >= end);
    const repaired = passed.some((at) => at >= record.start);
    const raw = this.#buffer.slice(record.start - this.#bufferBase, end - this.#bufferBase);
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

  #noteUnknown(name: string): void {
    const path = [...this.#names.slice(this.#record!.depth, -1), name].join('/');
    if (this.#unknown.has(path) || this.#unknown.size >= unknownFieldsListed) return;
    this.#unknown.add(path);
    this.#findings.push(warning('W_UNKNOWN_FIELD', undefined, { field: path }));
  }
}
