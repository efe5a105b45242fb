/** One part of a `multipart/form-data` body. `fileName` is undefined for a plain field, which the Agent refuses as its XML (53). */
export type Part = { name: string; fileName: string | undefined; content: Buffer };

/** Parts in order; undefined when the body is no multipart form at all or breaks off before its closing boundary. */
export function readMultipart(contentType: string | undefined, body: Buffer): Part[] | undefined {
  const boundary = /^multipart\/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  if (!boundary) return undefined;
  const delimiter = Buffer.from(`--${boundary[1] ?? boundary[2]}`);
  const parts: Part[] = [];
  let at = startOfDelimiter(body, delimiter, 0);
  while (at >= 0) {
    const afterDelimiter = at + delimiter.length;
    if (body.subarray(afterDelimiter, afterDelimiter + 2).equals(dashes)) return parts;
    const headStart = body.indexOf(lineBreak, afterDelimiter) + lineBreak.length;
    const headEnd = body.indexOf(blankLine, headStart - lineBreak.length);
    const next = headEnd < 0 ? -1 : startOfDelimiter(body, delimiter, headEnd + lineBreak.length);
    if (next < 0) return undefined;
    const part = readPart(
      body.toString('utf8', headStart, headEnd),
      body.subarray(headEnd + blankLine.length, Math.max(next - lineBreak.length, headEnd + blankLine.length)),
    );
    if (part) parts.push(part);
    at = next;
  }
  return undefined;
}

const lineBreak = Buffer.from('\r\n');
const blankLine = Buffer.from('\r\n\r\n');
const dashes = Buffer.from('--');

/** A delimiter counts only at the start of the body or of a line. */
function startOfDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  if (from === 0 && body.subarray(0, delimiter.length).equals(delimiter)) return 0;
  const found = body.indexOf(Buffer.concat([lineBreak, delimiter]), from);
  return found < 0 ? -1 : found + lineBreak.length;
}

function readPart(head: string, content: Buffer): Part | undefined {
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(head)?.[1];
  if (disposition === undefined) return undefined;
  const name = parameter(disposition, 'name');
  return name === undefined ? undefined : { name, fileName: parameter(disposition, 'filename'), content };
}

function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]*))`, 'i').exec(disposition);
  return found ? (found[1] ?? found[2]) : undefined;
}
