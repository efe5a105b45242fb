/** Writing XML: elements, escaping, namespaces. Order and prefixes are the caller's, as authorities want them exact. */

export type XmlNode = string | RawXml | XmlElement | undefined | null | false | XmlNode[];
export type XmlElement = { name: string; attributes?: Record<string, string | undefined>; children: XmlNode[] };
type RawXml = { cdata: string };

/** `x('a', {id: '1'}, 'text')`; undefined, null and false children leave nothing behind. */
export function x(name: string, attributes?: Record<string, string | undefined> | null, ...children: XmlNode[]): XmlElement {
  return { name, attributes: attributes ?? undefined, children };
}

/** Element with text, or nothing when the value is absent. */
export function opt(name: string, value: string | undefined | null): XmlElement | undefined {
  return value === undefined || value === null || value === '' ? undefined : x(name, null, value);
}

/** One element without a declaration, for files that are written piece by piece. */
export function elementText(element: XmlElement): string {
  const out: string[] = [];
  writeNode(element, out);
  return out.join('');
}

export function writeXml(root: XmlElement, declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'): string {
  const out: string[] = [declaration];
  writeNode(root, out);
  return out.join('');
}

function writeNode(node: XmlNode, out: string[]): void {
  if (node === undefined || node === null || node === false) return;
  if (typeof node === 'string') out.push(escapeText(node));
  else if (Array.isArray(node)) for (const child of node) writeNode(child, out);
  else if ('cdata' in node) out.push(`<![CDATA[${node.cdata.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`);
  else {
    out.push('<', node.name);
    for (const [name, value] of Object.entries(node.attributes ?? {})) {
      if (value !== undefined) out.push(' ', name, '="', escapeAttribute(value), '"');
    }
    const children = node.children.flat(5).filter((c) => c !== undefined && c !== null && c !== false && c !== '');
    if (children.length === 0) {
      out.push('/>');
      return;
    }
    out.push('>');
    for (const child of children) writeNode(child, out);
    out.push('</', node.name, '>');
  }
}

const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** Text without the characters that XML 1.0 cannot hold in any spelling. */
export function withoutControls(text: string): string {
  return text.replace(forbidden, '');
}

export function escapeText(text: string): string {
  return withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;').replaceAll('\r', '&#13;');
}
