import { SaxesParser } from 'saxes';

/** A small XML answer as a tree: namespace-blind local names, text joined, limits on size and depth. For files use the streaming readers. */
export type XmlTree = { name: string; uri: string; attributes: Record<string, string>; text: string; children: XmlTree[] };

export class XmlRefused extends Error {
  override name = 'XmlRefused';
}

const maxDepth = 32;

/** Throws XmlRefused on anything that is not well-formed, declares a DOCTYPE, or is deeper or larger than allowed. */
export function readXml(text: string, maxChars = 20_000_000): XmlTree {
  if (text.length > maxChars) throw new XmlRefused(`answer larger than ${maxChars} characters`);
  const parser = new SaxesParser({ xmlns: true });
  const stack: XmlTree[] = [];
  let root: XmlTree | undefined;
  parser.on('error', (error) => {
    throw new XmlRefused(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlRefused('DOCTYPE is not accepted');
  });
  parser.on('opentag', (tag) => {
    if (stack.length >= maxDepth) throw new XmlRefused(`deeper than ${maxDepth} elements`);
    const attributes: Record<string, string> = {};
    for (const [name, attribute] of Object.entries(tag.attributes)) attributes[name] = (attribute as { value: string }).value;
    const node: XmlTree = { name: tag.local, uri: tag.uri, attributes, text: '', children: [] };
    stack.at(-1)?.children.push(node);
    root ??= node;
    stack.push(node);
  });
  const addText = (t: string) => {
    const top = stack.at(-1);
    if (top) top.text += t;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    stack.pop();
  });
  parser.write(text).close();
  if (!root) throw new XmlRefused('no root element');
  return root;
}

/** First child along a path of local names. */
export function at(tree: XmlTree | undefined, ...path: string[]): XmlTree | undefined {
  let node = tree;
  for (const name of path) node = node?.children.find((c) => c.name === name);
  return node;
}

/** Trimmed text along a path, undefined when the element is absent or empty. */
export function textAt(tree: XmlTree | undefined, ...path: string[]): string | undefined {
  const text = at(tree, ...path)?.text.trim();
  return text ? text : undefined;
}
