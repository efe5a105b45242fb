/**
 * The binary form of IPP (RFC 8010 §3): version, operation or status, request id, groups of attributes, then the document. Small
 * enough to be our own: what printing needs is nine operations and the plain value types; collections are read over.
 */
export const tags = {
  operation: 0x01,
  job: 0x02,
  end: 0x03,
  printer: 0x04,
  unsupported: 0x05,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octets: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  range: 0x33,
  collection: 0x34,
  endCollection: 0x37,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  charset: 0x47,
  language: 0x48,
  mimeType: 0x49,
  memberName: 0x4a,
} as const;

export type IppValue = string | number | boolean;
export type Attribute = { name: string; tag: number; values: IppValue[] };
export type Group = { tag: number; attributes: Attribute[] };
export type IppMessage = {
  version: [major: number, minor: number];
  /** Operation of a request, status of an answer. */
  code: number;
  requestId: number;
  groups: Group[];
  data: Uint8Array;
};

export class BadIpp extends Error {
  override name = 'BadIpp';
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

function valueBytes(tag: number, value: IppValue): Buffer {
  if (tag === tags.integer || tag === tags.enum) return int32(Number(value));
  if (tag === tags.boolean) return Buffer.from([value ? 1 : 0]);
  const bytes = Buffer.from(String(value), 'utf8');
  // Names and texts of IPP hold 255 bytes; a letter is not cut in half.
  if (tag === tags.name && bytes.length > nameBytes)
    return Buffer.from(
      bytes
        .subarray(0, nameBytes)
        .toString('utf8')
        .replace(/\ufffd+$/, ''),
      'utf8',
    );
  return bytes;
}
const nameBytes = 255;

export function encode({ version, code, requestId, groups, data }: IppMessage): Buffer {
  const parts: Buffer[] = [];
  const head = Buffer.alloc(8);
  head.writeUInt8(version[0], 0);
  head.writeUInt8(version[1], 1);
  head.writeUInt16BE(code, 2);
  head.writeInt32BE(requestId, 4);
  parts.push(head);
  const sized = (bytes: Buffer) => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(bytes.length);
    parts.push(size, bytes);
  };
  for (const group of groups) {
    parts.push(Buffer.from([group.tag]));
    for (const { name, tag, values } of group.attributes)
      values.forEach((value, i) => {
        parts.push(Buffer.from([tag]));
        // Further values of the same attribute have no name.
        sized(Buffer.from(i === 0 ? name : '', 'ascii'));
        sized(valueBytes(tag, value));
      });
  }
  parts.push(Buffer.from([tags.end]), Buffer.from(data));
  return Buffer.concat(parts);
}

const attributeLimit = 20_000;

/** Reads a message; throws BadIpp for bytes that are none. Values of types we do not use come as hexadecimal text. */
export function decode(input: Uint8Array): IppMessage {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (bytes.length < 9) throw new BadIpp('an IPP message has at least nine bytes');
  const message: IppMessage = {
    version: [bytes[0]!, bytes[1]!],
    code: bytes.readUInt16BE(2),
    requestId: bytes.readInt32BE(4),
    groups: [],
    data: new Uint8Array(),
  };
  let at = 8;
  let depth = 0;
  let count = 0;
  let attribute: Attribute | undefined;
  const take = () => {
    if (at + 2 > bytes.length) throw new BadIpp(`the message ends within a length at byte ${at}`);
    const size = bytes.readUInt16BE(at);
    if (at + 2 + size > bytes.length) throw new BadIpp(`the message ends within a value at byte ${at}`);
    const value = bytes.subarray(at + 2, at + 2 + size);
    at += 2 + size;
    return value;
  };
  for (;;) {
    if (at >= bytes.length) throw new BadIpp('the message has no end');
    const tag = bytes[at++]!;
    if (tag === tags.end) break;
    if (tag < 0x10) {
      if (depth > 0) throw new BadIpp(`a group begins within a collection at byte ${at}`);
      message.groups.push({ tag, attributes: [] });
      attribute = undefined;
      continue;
    }
    if (++count > attributeLimit) throw new BadIpp('too many attributes');
    const name = take().toString('utf8');
    const value = take();
    if (tag === tags.collection) depth++;
    if (depth > 0 && !(tag === tags.collection && depth === 1)) {
      if (tag === tags.endCollection) depth--;
      continue;
    }
    const group = message.groups.at(-1);
    if (!group) throw new BadIpp('an attribute stands outside of a group');
    if (name !== '') {
      attribute = { name, tag, values: [] };
      group.attributes.push(attribute);
    }
    if (!attribute) throw new BadIpp(`a further value without an attribute at byte ${at}`);
    attribute.values.push(readValue(tag, value));
  }
  message.data = bytes.subarray(at);
  return message;
}

function readValue(tag: number, bytes: Buffer): IppValue {
  if ((tag === tags.integer || tag === tags.enum) && bytes.length === 4) return bytes.readInt32BE(0);
  if (tag === tags.boolean && bytes.length === 1) return bytes[0] === 1;
  if (tag === tags.range && bytes.length === 8) return `${bytes.readInt32BE(0)}-${bytes.readInt32BE(4)}`;
  // Text and name with their language: the words are what counts.
  if ((tag === 0x35 || tag === 0x36) && bytes.length >= 4) {
    const skip = 2 + bytes.readUInt16BE(0);
    return bytes.length >= skip + 2 ? bytes.subarray(skip + 2).toString('utf8') : '';
  }
  if (tag >= 0x40 && tag < 0x60) return bytes.toString('utf8');
  return bytes.toString('hex');
}

/** Attributes of the first group of this kind, by name. */
export function attributesOf(message: IppMessage, tag: number): Map<string, IppValue[]> {
  return asMap(message.groups.find((group) => group.tag === tag));
}

export function allOf(message: IppMessage, tag: number): Map<string, IppValue[]>[] {
  return message.groups.filter((group) => group.tag === tag).map(asMap);
}

function asMap(group: Group | undefined): Map<string, IppValue[]> {
  return new Map(group?.attributes.map((a) => [a.name, a.values]));
}

export const text = (attributes: Map<string, IppValue[]>, name: string): string | undefined => {
  const value = attributes.get(name)?.[0];
  return value === undefined ? undefined : String(value);
};
export const texts = (attributes: Map<string, IppValue[]>, name: string): string[] => (attributes.get(name) ?? []).map(String);
export const number = (attributes: Map<string, IppValue[]>, name: string): number | undefined => {
  const value = attributes.get(name)?.[0];
  return typeof value === 'number' ? value : undefined;
};
