import { inflateSync } from 'node:zlib';

/** Just enough of a PDF reader for the tests: what a copy-and-paste or a search would find in our own files, and what they declare. */
type ReadPdf = {
  /** Lines of each page from top to bottom; what stands on one line is joined by a space. */
  pages: string[][];
  text: string;
  /** All of the file but the compressed streams. */
  structure: string;
  xmp: string;
  attachments: string[];
  links: string[];
};

type PdfObject = { head: string; stream?: Buffer };

export function readPdf(bytes: Uint8Array): ReadPdf {
  const objects = objectsOf(Buffer.from(bytes).toString('latin1'));
  const heads = [...objects.values()].map(({ head }) => head);
  const pageHeads = [...objects.values()].filter(({ head }) => /\/Type \/Page\b(?!s)/.test(head)).map(({ head }) => head);
  const pages = pageHeads.map((head) => linesOf(head, objects));
  const streamOf = (pattern: RegExp) =>
    [...objects.values()].filter(({ head }) => pattern.test(head)).map(({ stream }) => stream?.toString('utf8') ?? '');
  return {
    pages,
    text: pages.flat().join('\n'),
    structure: heads.join('\n'),
    xmp: streamOf(/\/Subtype \/XML\b/).join(''),
    attachments: streamOf(/\/Type \/EmbeddedFile\b/),
    links: heads.flatMap((head) => [...head.matchAll(/\/URI \(([^)]*)\)/g)].map((match) => match[1]!)),
  };
}

function objectsOf(raw: string): Map<string, PdfObject> {
  const objects = new Map<string, PdfObject>();
  for (const [, id, body] of raw.matchAll(/(\d+) 0 obj\s([\s\S]*?)endobj/g)) {
    const at = body!.search(/\bstream\r?\n/);
    if (at < 0) {
      objects.set(id!, { head: body! });
      continue;
    }
    const head = body!.slice(0, at);
    const start = body!.indexOf('\n', at) + 1;
    const stream = Buffer.from(body!.slice(start, start + Number(/\/Length (\d+)/.exec(head)?.[1])), 'latin1');
    objects.set(id!, { head, stream: head.includes('/FlateDecode') ? inflateSync(stream) : stream });
  }
  return objects;
}

/** A string in a content stream; balanced parentheses in it need no escape. */
const inside = (depth: number): string => `\\\\[\\s\\S]|[^\\\\()]${depth > 0 ? `|\\((?:${inside(depth - 1)})*\\)` : ''}`;
const literal = `\\((?:${inside(4)})*\\)`;

function linesOf(page: string, objects: Map<string, PdfObject>): string[] {
  const fonts = new Map([...page.matchAll(/\/(f\d+) (\d+) 0 R/g)].map(([, name, id]) => [name!, lettersOf(objects.get(id!)!, objects)]));
  const content = objects.get(/\/Contents (\d+) 0 R/.exec(page)![1]!)!.stream!.toString('latin1');
  const lines = new Map<number, { x: number; text: string }[]>();
  let [x, y] = [0, 0];
  let letters = new Map<string, string>();
  const token = new RegExp(`(-?[\\d.]+) (-?[\\d.]+) cm\\b|/(f\\d+) [\\d.]+ Tf|((?:\\[(?:${literal}|[^\\]()])*\\]|${literal}) T[jJ])`, 'g');
  for (const [, e, f, font, shown] of content.matchAll(token)) {
    if (e !== undefined) [x, y] = [Number(e), Math.round(Number(f))];
    if (font !== undefined) letters = fonts.get(font)!;
    if (shown === undefined) continue;
    // Large and small type on one line have their feet a few points apart.
    const at = [0, 1, -1, 2, -2, 3, -3].map((step) => y + step).find((near) => lines.has(near)) ?? y;
    lines.set(at, [...(lines.get(at) ?? []), { x, text: decode(shown, letters) }]);
  }
  return [...lines]
    .sort(([a], [b]) => b - a)
    .map(([, runs]) =>
      runs
        .sort((a, b) => a.x - b.x)
        .map((run) => run.text)
        .join(' '),
    );
}

/** Glyph numbers back to letters, by the font's ToUnicode map. */
function lettersOf(font: PdfObject, objects: Map<string, PdfObject>): Map<string, string> {
  const map = objects.get(/\/ToUnicode (\d+) 0 R/.exec(font.head)![1]!)!.stream!.toString('latin1');
  const utf16 = (hex: string) => String.fromCharCode(...hex.match(/.{4}/g)!.map((unit) => Number.parseInt(unit, 16)));
  return new Map([...map.matchAll(/<([0-9A-F]{4})> <([0-9A-F]+)>(?! *<)/g)].map(([, glyph, hex]) => [glyph!, utf16(hex!)]));
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function decode(shown: string, letters: Map<string, string>): string {
  const strings = [...shown.matchAll(new RegExp(literal, 'g'))].map(([whole]) => whole.slice(1, -1));
  const raw = strings
    .join('')
    .replace(/\\(?:([0-7]{1,3})|([\s\S]))/g, (_, octal, sign) =>
      octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (escapes[sign] ?? sign),
    );
  const glyphs = Buffer.from(raw, 'latin1').toString('hex').toUpperCase().match(/.{4}/g) ?? [];
  return glyphs.map((glyph) => letters.get(glyph) ?? '').join('');
}
