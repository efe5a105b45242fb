import { markOf } from '../contract/files/encoding.ts';
import { MarkupGuard } from '../contract/files/markup-guard.ts';
import { defaultLimits, type FileSource } from '../contract/order-file.ts';
import type { Finding } from '../domain/finding.ts';
import { fileFinding, type StatementFormat, type StatementHead, statementLimits } from './statement.ts';

/** Banks send UTF-8, Windows-1250, ISO-8859-2, Windows-1252 and the CP852 of DOS (BILLING §6.2); none of them says which. */
export const statementEncodings = ['utf-8', 'windows-1250', 'iso-8859-2', 'cp852', 'windows-1252'] as const;
export type StatementEncoding = (typeof statementEncodings)[number];

/** Characters 128–255 of CP852, which no decoder of the platform knows. */
const cp852 =
  'ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u00ad˝˛ˇ˘§÷¸°¨˙űŘř■\u00a0';

/** Turns chunks into text; the call without a chunk ends the file. */
export function decoderOf(encoding: StatementEncoding): (chunk?: Uint8Array) => string {
  if (encoding !== 'cp852') {
    const decoder = new TextDecoder(encoding);
    return (chunk) => (chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode());
  }
  return (chunk) => {
    let text = '';
    for (const byte of chunk ?? []) text += byte < 128 ? String.fromCharCode(byte) : cp852[byte - 128];
    return text;
  };
}

/** Letters of the countries we serve, and what else stands in names of their neighbours. */
const home = new Set('ąćęłńóśźżĄĆĘŁŃÓŚŹŻáéíöőúüűÁÉÍÖŐÚÜŰåäÅÄ');
const single = ['windows-1250', 'iso-8859-2', 'cp852', 'windows-1252'] as const;

/** Points of an encoding for the bytes seen: letters of home count, other letters little, signs between letters against it. */
function points(encoding: (typeof single)[number], high: Float64Array): number {
  const decode = decoderOf(encoding);
  let sum = 0;
  for (let byte = 128; byte < 256; byte++) {
    const count = high[byte]!;
    if (count === 0) continue;
    const letter = decode(Uint8Array.of(byte));
    const code = letter.charCodeAt(0);
    if (home.has(letter)) sum += count;
    else if (code === 0xfffd || (code >= 0x80 && code < 0xa0)) sum -= count * 10;
    else sum += /\p{L}/u.test(letter) ? count * 0.1 : -count * 0.5;
  }
  return sum;
}

/** One pass over the bytes: the format by its head, valid UTF-8 or not, and for XML nothing that must not reach a parser. */
export async function encodingOf(
  source: FileSource,
  formatOf: (head: Uint8Array) => StatementFormat | undefined,
  chosen?: StatementEncoding,
): Promise<StatementHead | { refused: Finding }> {
  const high = new Float64Array(256);
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const guard = new MarkupGuard({ ...defaultLimits, textChars: 256 * 1024 });
  let valid = true;
  const format = await headOf(source).then((head) => (markOf(head)?.label.startsWith('utf-16') ? undefined : formatOf(head)));
  let read = 0;
  for await (const chunk of source.open()) {
    if (!format) return { refused: fileFinding('F_STATEMENT_FORMAT') };
    read += chunk.length;
    if (read > statementLimits.bytes)
      return { refused: fileFinding('F_TOO_LARGE', { limit: `${statementLimits.bytes / 1024 / 1024} MB` }) };
    for (const byte of chunk) if (byte >= 128) high[byte]!++;
    if (valid) valid = decodes(utf8, chunk);
    if (format === 'camt') {
      const found = guard.add(chunk);
      if (found) return { refused: found.code === 'F_NOT_XML' ? fileFinding('F_STATEMENT_FORMAT') : found };
    }
  }
  if (read === 0) return { refused: fileFinding('F_EMPTY') };
  if (valid) valid = decodes(utf8);
  const best = single.map((label) => ({ label, points: points(label, high) })).reduce((a, b) => (b.points > a.points ? b : a)).label;
  return { format: format!, encoding: chosen ?? (valid ? 'utf-8' : best) };
}

const headBytes = 4096;

async function headOf(source: FileSource): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  for await (const chunk of source.open()) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= headBytes) break;
  }
  return head;
}

function decodes(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): boolean {
  try {
    if (chunk) decoder.decode(chunk, { stream: true });
    else decoder.decode();
    return true;
  } catch {
    return false;
  }
}
