/**
 * A one-page PDF by hand: Helvetica, text uncompressed so that a test can look into it. Letters beyond Latin-1 (ő, ű, Slavic ones) get
 * their glyph names in a `Differences` array; what has none prints as a question mark.
 */
export function onePagePdf(title: string, lines: string[]): Buffer {
  const encoding = new Encoding();
  const shown = lines.slice(0, linesOnPage);
  const text = [`BT /F1 16 Tf 50 790 Td ${encoding.literal(title)} Tj ET`];
  for (const [i, line] of shown.entries()) text.push(`BT /F1 10 Tf 50 ${760 - i * 14} Td ${encoding.literal(line)} Tj ET`);
  const stream = Buffer.from(text.join('\n'), 'latin1');
  return assemble([
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from('<< /Type /Pages /Kids [3 0 R] /Count 1 >>'),
    Buffer.from('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>'),
    Buffer.concat([Buffer.from(`<< /Length ${stream.length} >>\nstream\n`), stream, Buffer.from('\nendstream')]),
    Buffer.from(`<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding ${encoding.dictionary()} >>`),
    Buffer.from(`<< /Title ${utf16Literal(title)} >>`),
  ]);
}

const linesOnPage = 50;

function assemble(objects: Buffer[]): Buffer {
  const chunks: Buffer[] = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets: number[] = [];
  let length = chunks[0]!.length;
  for (const [i, object] of objects.entries()) {
    const chunk = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    offsets.push(length);
    length += chunk.length;
    chunks.push(chunk);
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  chunks.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info ${objects.length} 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(chunks);
}

const glyphNames: Record<string, string> = {
  Ő: 'Ohungarumlaut',
  ő: 'ohungarumlaut',
  Ű: 'Uhungarumlaut',
  ű: 'uhungarumlaut',
  Ą: 'Aogonek',
  ą: 'aogonek',
  Ć: 'Cacute',
  ć: 'cacute',
  Ę: 'Eogonek',
  ę: 'eogonek',
  Ł: 'Lslash',
  ł: 'lslash',
  Ń: 'Nacute',
  ń: 'nacute',
  Ś: 'Sacute',
  ś: 'sacute',
  Ź: 'Zacute',
  ź: 'zacute',
  Ż: 'Zdotaccent',
  ż: 'zdotaccent',
  Č: 'Ccaron',
  č: 'ccaron',
  Ď: 'Dcaron',
  ď: 'dcaron',
  Ě: 'Ecaron',
  ě: 'ecaron',
  Ň: 'Ncaron',
  ň: 'ncaron',
  Ř: 'Rcaron',
  ř: 'rcaron',
  Š: 'Scaron',
  š: 'scaron',
  Ť: 'Tcaron',
  ť: 'tcaron',
  Ů: 'Uring',
  ů: 'uring',
  Ž: 'Zcaron',
  ž: 'zcaron',
  Ă: 'Abreve',
  ă: 'abreve',
  Đ: 'Dcroat',
  đ: 'dcroat',
  Ľ: 'Lcaron',
  ľ: 'lcaron',
  '–': 'endash',
  '—': 'emdash',
  '„': 'quotedblbase',
  '”': 'quotedblright',
  '’': 'quoteright',
  '€': 'Euro',
  '…': 'ellipsis',
};

/** Latin-1 as it is; up to 32 other letters on the codes 128–159. */
class Encoding {
  readonly #codes = new Map<string, number>();

  literal(text: string): string {
    let out = '';
    for (const letter of text.normalize('NFC')) {
      const code = this.#code(letter);
      out += code === 0x28 || code === 0x29 || code === 0x5c ? `\\${String.fromCharCode(code)}` : String.fromCharCode(code);
    }
    return `(${out})`;
  }

  #code(letter: string): number {
    const point = letter.codePointAt(0)!;
    if ((point >= 32 && point < 127) || (point >= 160 && point < 256)) return point;
    const known = this.#codes.get(letter);
    if (known !== undefined) return known;
    if (!glyphNames[letter] || this.#codes.size === 32) return 63;
    const code = 128 + this.#codes.size;
    this.#codes.set(letter, code);
    return code;
  }

  dictionary(): string {
    const differences = [...this.#codes].map(([letter, code]) => `${code} /${glyphNames[letter]}`).join(' ');
    return `<< /Type /Encoding /BaseEncoding /WinAnsiEncoding${differences ? ` /Differences [${differences}]` : ''} >>`;
  }
}

function utf16Literal(text: string): string {
  const bytes = Buffer.from(text, 'utf16le').swap16();
  return `<FEFF${bytes.toString('hex').toUpperCase()}>`;
}
