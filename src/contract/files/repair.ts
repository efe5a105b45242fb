/**
 * Not quite XML (contract allegro §5.4): raw ampersands, HTML entities and control characters are repaired token by token
 * outside CDATA and comments, before the parser sees them. Good text passes through untouched.
 */

const control = '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\uFFFE\\uFFFF';
const reference = '#[0-9]{1,7};|#x[0-9a-fA-F]{1,6};';
const suspicious = new RegExp(`[${control}]|&(?!(?:amp|lt|gt|quot|apos);)`);
const broken = new RegExp(`[${control}]|&(?!(?:amp|lt|gt|quot|apos);)(?:(${reference})|([A-Za-z][A-Za-z0-9]{1,15});)?`, 'g');
const controls = new RegExp(`[${control}]`, 'g');

/** HTML 4 names of Latin letters and typographic signs: ISO 8859-1 in order from 160, then those outside it. */
const latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest ' +
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';
const others: Record<string, string> = {
  OElig: 'Œ',
  oelig: 'œ',
  Scaron: 'Š',
  scaron: 'š',
  Yuml: 'Ÿ',
  fnof: 'ƒ',
  circ: 'ˆ',
  tilde: '˜',
  ensp: '\u2002',
  emsp: '\u2003',
  thinsp: '\u2009',
  zwnj: '\u200c',
  zwj: '\u200d',
  lrm: '\u200e',
  rlm: '\u200f',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  dagger: '†',
  Dagger: '‡',
  bull: '•',
  hellip: '…',
  permil: '‰',
  prime: '′',
  Prime: '″',
  lsaquo: '‹',
  rsaquo: '›',
  euro: '€',
  trade: '™',
  larr: '←',
  uarr: '↑',
  rarr: '→',
  darr: '↓',
  harr: '↔',
  minus: '−',
  le: '≤',
  ge: '≥',
  ne: '≠',
  asymp: '≈',
  infin: '∞',
  radic: '√',
  hearts: '♥',
  spades: '♠',
  clubs: '♣',
  diams: '♦',
  check: '✓',
  Aogon: 'Ą',
  aogon: 'ą',
  Cacute: 'Ć',
  cacute: 'ć',
  Eogon: 'Ę',
  eogon: 'ę',
  Lstrok: 'Ł',
  lstrok: 'ł',
  Nacute: 'Ń',
  nacute: 'ń',
  Sacute: 'Ś',
  sacute: 'ś',
  Zacute: 'Ź',
  zacute: 'ź',
  Zdot: 'Ż',
  zdot: 'ż',
  odblac: 'ő',
  Odblac: 'Ő',
  udblac: 'ű',
  Udblac: 'Ű',
  ccaron: 'č',
  Ccaron: 'Č',
};
const entities = new Map<string, string>([
  ...latin1.split(' ').map((name, i) => [name, String.fromCharCode(160 + i)] as const),
  ...Object.entries(others),
]);

function allowed(code: number): boolean {
  return (
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 32 && code < 0xd800) ||
    (code >= 0xe000 && code < 0xfffe) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

/** `repairs` holds the places of the text where something was mended; `source` is then the text as it stood in the file. */
export type Piece = { text: string; source?: string; repairs?: number[] /** Inside CDATA or a comment. */; verbatim?: true };

/** One stretch of markup made well-formed. */
function repairText(source: string): Piece {
  if (!suspicious.test(source)) return { text: source };
  const repairs: number[] = [];
  let grown = 0;
  const text = source.replace(broken, (token, numeric: string | undefined, name: string | undefined, at: number) => {
    const mended = mendToken(token, numeric, name);
    if (mended !== token) repairs.push(at + grown);
    grown += mended.length - token.length;
    return mended;
  });
  return repairs.length === 0 ? { text } : { text, source, repairs };
}

function mendToken(token: string, numeric: string | undefined, name: string | undefined): string {
  if (numeric !== undefined) {
    const code = numeric[1] === 'x' ? Number.parseInt(numeric.slice(2), 16) : Number.parseInt(numeric.slice(1), 10);
    return allowed(code) ? token : '';
  }
  if (!token.startsWith('&')) return '';
  return (name === undefined ? undefined : entities.get(name)) ?? `&amp;${token.slice(1)}`;
}

/** Inside CDATA and comments only forbidden control characters are dropped. */
function verbatim(source: string): Piece {
  const first = source.search(controls);
  return first < 0 ? { text: source, verbatim: true } : { text: source.replace(controls, ''), source, repairs: [first], verbatim: true };
}

/** Cuts a stream of decoded text into pieces that are safe to hand to the parser; what is undecided waits for the next chunk. */
export class Repairer {
  #mode: 'markup' | 'cdata' | 'comment' = 'markup';
  #carry = '';

  push(chunk: string): Piece[] {
    const text = this.#carry + chunk;
    this.#carry = '';
    const pieces: Piece[] = [];
    let at = 0;
    while (at < text.length) {
      const end = this.#mode === 'markup' ? this.#markup(text, at, pieces) : this.#verbatim(text, at, pieces);
      if (end < 0) break;
      at = end;
    }
    return pieces;
  }

  /** The rest of the stream as it stands. */
  finish(): Piece[] {
    const text = this.#carry;
    this.#carry = '';
    return text === '' ? [] : [this.#mode === 'markup' ? repairText(text) : verbatim(text)];
  }

  #markup(text: string, at: number, pieces: Piece[]): number {
    const bang = text.indexOf('<!', at);
    const end = bang < 0 ? openEnd(text, at) : bang;
    if (end > at) pieces.push(repairText(text.slice(at, end)));
    if (bang < 0 || text.length - bang < 9) {
      this.#carry = text.slice(end);
      return -1;
    }
    if (text.startsWith('<![CDATA[', bang)) this.#mode = 'cdata';
    else if (text.startsWith('<!--', bang)) this.#mode = 'comment';
    else {
      pieces.push({ text: '<!' });
      return bang + 2;
    }
    return bang;
  }

  #verbatim(text: string, at: number, pieces: Piece[]): number {
    const mark = this.#mode === 'cdata' ? ']]>' : '-->';
    const close = text.indexOf(mark, at);
    const end = close < 0 ? text.length - 2 : close + 3;
    if (end > at) pieces.push(verbatim(text.slice(at, end)));
    if (close < 0) {
      this.#carry = text.slice(Math.max(end, at));
      return -1;
    }
    this.#mode = 'markup';
    return end;
  }
}

/** Where the decided part of a stretch ends: before an entity or a `<` at its very end. */
function openEnd(text: string, at: number): number {
  if (text.endsWith('<')) return Math.max(at, text.length - 1);
  const amp = text.lastIndexOf('&');
  if (amp >= at && text.length - amp < 18 && !text.includes(';', amp)) return amp;
  return text.length;
}
