/** The two code pages of the format. The web platform decodes one of them and encodes neither, so both directions are made here. */
export type CodePage = '1250' | '852';

const upper852 =
  'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0';

/** Characters of the bytes 128 … 255. */
const upperHalf: Record<CodePage, string[]> = {
  '1250': [...new TextDecoder('windows-1250').decode(Uint8Array.from({ length: 128 }, (_, i) => i + 128))],
  '852': [...upper852],
};

const byteOf: Record<CodePage, Map<string, number>> = { '1250': reverse('1250'), '852': reverse('852') };

function reverse(page: CodePage): Map<string, number> {
  // Bytes that 1250 leaves undefined decode to control characters, which no text may carry.
  return new Map(upperHalf[page].flatMap((c, i) => (c >= '\u00a0' || c === '\u00ad' ? [[c, i + 128] as const] : [])));
}

/** Letters that do not come apart into a base letter and a mark, and signs with a plain twin. */
const twins: Record<string, string> = {
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ß: 'ss',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'TH',
  ħ: 'h',
  ı: 'i',
  ŀ: 'l',
  ł: 'l',
  Ł: 'L',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‹': "'",
  '›': "'",
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '...',
  '€': 'EUR',
  '™': 'TM',
  '•': '-',
};
const doubleQuotes = /["„“”‟″]/g;

/**
 * Text as the page can hold it: double quotes and typographic ones become single (the format knows no escape), line breaks and tabs
 * become a space, letters lose marks the page lacks, letters of another script become `?`, pictures are dropped. `replaced` tells
 * whether anything but a quote or a break changed.
 */
export function fitted(text: string, page: CodePage): { text: string; replaced: boolean } {
  const plain = text
    .normalize('NFC')
    .replace(doubleQuotes, "'")
    .replace(/[\s\u0085\u2028\u2029]+/g, ' ')
    .trim();
  if (/^[ -~]*$/.test(plain)) return { text: plain, replaced: false };
  let replaced = false;
  let out = '';
  for (const c of plain) {
    if ((c >= ' ' && c <= '~') || byteOf[page].has(c)) out += c;
    else {
      replaced = true;
      out += likeness(c, page);
    }
  }
  return { text: replaced ? out.replace(/ {2,}/g, ' ').trim() : out, replaced };
}

function likeness(c: string, page: CodePage): string {
  if (twins[c] !== undefined) return twins[c];
  const base = [...c.normalize('NFKD')].filter((part) => (part >= ' ' && part <= '~') || byteOf[page].has(part)).join('');
  if (base !== '') return base.replace(doubleQuotes, "'");
  return /\p{L}|\p{N}/u.test(c) ? '?' : '';
}

/** Bytes of a text that was fitted before; anything else would be a mistake of ours and throws. */
export function encode(text: string, page: CodePage): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = code < 128 ? code : byteOf[page].get(text[i]!);
    if (byte === undefined) throw new RangeError(`the character ${JSON.stringify(text[i])} is not in code page ${page}`);
    bytes[i] = byte;
  }
  return bytes;
}

/**
 * Text of a file. Files made by third parties declare 1250 and hold UTF-8: valid UTF-8 with letters beyond ASCII wins over the
 * declaration (EPP §1).
 */
export function decode(bytes: Uint8Array, declared: CodePage): { text: string; encoding: CodePage | 'utf-8' } {
  try {
    // The mark of UTF-8 alone decides as well: behind it everything may be ASCII.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (/[\u0080-\uffff]/.test(text)) return { text: text.replace(/^\ufeff/, ''), encoding: 'utf-8' };
  } catch {
    // Not UTF-8, so the declared page it is.
  }
  if (declared === '1250') return { text: new TextDecoder('windows-1250').decode(bytes), encoding: '1250' };
  const high = upperHalf['852'];
  let text = '';
  for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : high[byte - 128]!;
  return { text, encoding: '852' };
}
