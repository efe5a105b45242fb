/**
 * Which characters the bytes of a file mean. A byte order mark wins; then the declaration, checked; then whichever of UTF-8,
 * Windows-1250 and ISO-8859-2 makes the most Polish letters of the bytes and the fewest impossible ones.
 */

export type Encoding = {
  label: string;
  /** Bytes of the mark to skip. */
  bomBytes: number;
  /** Not what was declared, or nothing was declared and it had to be found. */
  guessed: boolean;
};

const utf8Polish = new Set(
  [
    'c485',
    'c487',
    'c499',
    'c582',
    'c584',
    'c3b3',
    'c59b',
    'c5ba',
    'c5bc',
    'c484',
    'c486',
    'c498',
    'c581',
    'c583',
    'c393',
    'c59a',
    'c5b9',
    'c5bb',
  ].map((h) => Number.parseInt(h, 16)),
);

const isLetter = (b: number) => (b >= 0x61 && b <= 0x7a) || (b >= 0x41 && b <= 0x5a);

/** Counts what the choice needs while the bytes pass by once. */
export class ByteStatistics {
  readonly high = new Float64Array(256);
  /** Those with a letter before and behind them: part of a word. */
  readonly inWord = new Float64Array(256);
  utf8PolishLetters = 0;
  #previous = 0;
  #beforePrevious = 0;

  add(bytes: Uint8Array): void {
    let previous = this.#previous;
    let beforePrevious = this.#beforePrevious;
    for (let i = 0; i < bytes.length; i++) {
      const b = bytes[i]!;
      if (b >= 0x80) {
        this.high[b]!++;
        if (previous >= 0xc3 && previous <= 0xc5 && utf8Polish.has((previous << 8) | b)) this.utf8PolishLetters++;
      }
      if (previous >= 0x80 && isLetter(b) && isLetter(beforePrevious)) this.inWord[previous]!++;
      beforePrevious = previous;
      previous = b;
    }
    this.#previous = previous;
    this.#beforePrevious = beforePrevious;
  }
}

/** What the first bytes say: a mark, or the zeros of UTF-16 without one, which stand at every second place of most text. */
export function markOf(head: Uint8Array): { label: string; bomBytes: number } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { label: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { label: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { label: 'utf-16be', bomBytes: 2 };
  const zeros = [0, 0] as [number, number];
  const seen = Math.min(head.length, markBytes) & ~1;
  for (let i = 0; i < seen; i++) if (head[i] === 0) zeros[(i & 1) as 0 | 1]++;
  const most = seen * 0.3;
  if (seen < 4) return undefined;
  if (zeros[1] > most && zeros[0] * 10 < zeros[1]) return { label: 'utf-16le', bomBytes: 0 };
  if (zeros[0] > most && zeros[1] * 10 < zeros[0]) return { label: 'utf-16be', bomBytes: 0 };
  return undefined;
}
/** So much of a file decides whether it is UTF-16. */
export const markBytes = 256;

/** Bytes of a picture, a program or a packed file: control characters that no text of any set has. */
export function isBinary(head: Uint8Array): boolean {
  let controls = 0;
  for (const b of head) if (b < 0x20 && b !== 0x09 && b !== 0x0a && b !== 0x0c && b !== 0x0d) controls++;
  return controls > 4 && controls * 50 > head.length;
}

const declaration = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;

/** Encoding named by the XML declaration, as its standard label; undefined when none, `unknown` when nobody knows the name. */
export function declaredEncoding(head: Uint8Array): string | undefined {
  const name = declaration.exec(Buffer.from(head.subarray(0, 400)).toString('latin1'))?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  if (name === 'latin2' || name === 'iso8859-2') return 'iso-8859-2';
  if (name === 'cp1250' || name === 'windows1250') return 'windows-1250';
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return 'unknown';
  }
}

type Table = { label: string; polish: Set<number>; fine: Set<number>; impossible: Set<number> };
const set = (hex: string) => new Set(hex.split(' ').map((h) => Number.parseInt(h, 16)));
const range = (from: number, to: number) => new Set(Array.from({ length: to - from + 1 }, (_, i) => from + i));
/** Letters of the neighbours that stand at the same place in both sets. */
const shared = 'c1 c4 c9 cd d6 dc df e1 e4 e9 ed ef ec e8 f6 fc f5 fb d5 db f2 f4 f8 f9 fa fd cf cc c8 d8 d9 da dd a0 a7 b0 ad';
const polishShared = 'c6 ca a3 d1 d3 af e6 ea b3 f1 f3 bf';
const tables: Table[] = [
  {
    label: 'windows-1250',
    polish: set(`${polishShared.replace('af', '').replace('bf', '').replaceAll('  ', ' ').trim()} af bf a5 8c 8f b9 9c 9f`),
    fine: set(`${shared} 80 82 84 85 91 92 93 94 95 96 97 99 a9 ab ae b1 b4 b5 b7 bb 8a 8d 8e 9a 9d 9e be d7`),
    impossible: set('81 83 88 90 98'),
  },
  {
    label: 'iso-8859-2',
    polish: set(`${polishShared} a1 a6 ac b1 b6 bc`),
    fine: set(`${shared} a9 ae b9 be ab bb d7 b4`),
    impossible: range(0x80, 0x9f),
  },
];

function score(table: Table, high: Float64Array): { points: number; convincing: boolean; impossible: number } {
  let [polish, odd, impossible, all] = [0, 0, 0, 0];
  for (let b = 0x80; b < 256; b++) {
    const n = high[b]!;
    all += n;
    if (table.polish.has(b)) polish += n;
    else if (table.impossible.has(b)) impossible += n;
    else if (!table.fine.has(b)) odd += n;
  }
  return { points: polish - odd * 0.5 - impossible * 10, convincing: polish > 0 && (odd + impossible) * 10 <= all, impossible };
}

/** True when a single-byte set has a printable character for every byte seen. */
function fitsSingleByte(label: string, high: Float64Array): boolean {
  if (!/^(windows-12|iso-8859-)/.test(label)) return false;
  const decoder = new TextDecoder(label);
  for (let b = 0x80; b < 256; b++) {
    if (high[b] === 0) continue;
    const c = decoder.decode(Uint8Array.of(b)).charCodeAt(0);
    if (c === 0xfffd || (c >= 0x80 && c <= 0x9f)) return false;
  }
  return true;
}

const polishOnly = /[ąćęłńśźżĄĆĘŁŃŚŹŻ]/;
/** Bytes inside words that are letters of Polish in one set and no letters at all in the other: `³` of "Bia³y" is no sign. */
function hasPolishInWords(label: string, other: string, inWord: Float64Array): boolean {
  const [own, declared] = [new TextDecoder(label), new TextDecoder(other)];
  return inWord.some((n, b) => n > 0 && polishOnly.test(own.decode(Uint8Array.of(b))) && !/\p{L}/u.test(declared.decode(Uint8Array.of(b))));
}

/**
 * The encoding of a file that has bytes above 127 and is not clean UTF-8. Undefined when nothing is convincing.
 */
export function chooseEncoding(declared: string | undefined, seen: ByteStatistics): string | undefined {
  const scored = tables.map((table) => ({ label: table.label, ...score(table, seen.high) }));
  const best = scored.reduce((a, b) => (b.points > a.points ? b : a));
  const own = scored.find((s) => s.label === declared);
  if (own && own.impossible === 0 && own.points >= best.points) return own.label;
  if (!own && declared !== undefined && declared !== 'utf-8' && declared !== 'unknown' && fitsSingleByte(declared, seen.high)) {
    // Many programs write "ISO-8859-1" above text of another set: signs that stand inside words are letters of that one.
    if (!(best.convincing && hasPolishInWords(best.label, declared, seen.inWord))) return declared;
  }
  if (seen.utf8PolishLetters > Math.max(best.points, 0)) return 'utf-8';
  return best.convincing ? best.label : undefined;
}
