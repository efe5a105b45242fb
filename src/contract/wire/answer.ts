import { cut } from '../../domain/cut.ts';

/** What every client of an outside service does with an answer, or with none. */

/** The connection was never made. */
export const unreachable = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/;

export function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error as Error).name;
}

/** Throws a RangeError where the answer is larger than that. */
export async function limitedBytes(response: Response, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limitBytes) throw new RangeError(`answer larger than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The words of an answer. Throws a RangeError where it is larger than that. */
export async function limitedText(response: Response, limitBytes: number): Promise<string> {
  return textOf(await limitedBytes(response, limitBytes), response.headers.get('content-type') ?? '');
}

const declaredIn = /^[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']/i;

/**
 * UTF-8 where the bytes are that, whatever the answer calls itself (a mark at the beginning is no part of the words); else in the alphabet
 * that it names in its head or in its first line.
 */
export function textOf(bytes: Uint8Array, contentType = ''): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const named = /charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(contentType)?.[1];
    const label = named ?? declaredIn.exec(Buffer.from(bytes.subarray(0, 300)).toString('latin1'))?.[1];
    try {
      return new TextDecoder(label).decode(bytes);
    } catch {
      return new TextDecoder().decode(bytes);
    }
  }
}

/** What a page says, without its markup: for the case file. What does not end goes to the end: looked for again and again it would cost its square. */
export function plain(page: string, maxChars = 200): string {
  const words = page.replace(/<(script|style)[\s\S]*?(?:<\/\1>|$)/gi, ' ').replace(/<[^<>]*>/g, ' ');
  return cut(words.replace(/\s+/g, ' ').trim(), maxChars);
}
