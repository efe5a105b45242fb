import { readXml, XmlRefused, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { type ElementRule, requestShapes, type Shape, type SimpleType } from './shapes.ts';

/** What the provider's validator would say about a request: the document, or the text of its first complaint (code 57). */
type Verdict = { document: XmlTree } | { complaint: string };

const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

export function validateRequest(xml: Buffer, root: string): Verdict {
  try {
    const document = readXml(new TextDecoder('utf-8', { fatal: true }).decode(xml));
    const namespace = `http://www.szamlazz.hu/${root}`;
    if (document.name !== root || document.uri !== namespace) {
      throw new Complaint(`cvc-elt.1.a: Cannot find the declaration of element '${document.name}'.`);
    }
    checkElement(document, requestShapes[root]!, namespace, new Map());
    return { document };
  } catch (error) {
    if (error instanceof Complaint || error instanceof XmlRefused) return { complaint: error.message };
    if (error instanceof TypeError) return { complaint: 'Invalid byte of a UTF-8 sequence.' };
    throw error;
  }
}

class Complaint extends Error {}

function checkElement(node: XmlTree, content: SimpleType | Shape, namespace: string, outerPrefixes: Map<string, string>): void {
  const prefixes = withDeclared(node, outerPrefixes);
  checkAttributes(node, prefixes);
  if (typeof content === 'string') {
    if (node.children.length > 0) {
      throw new Complaint(
        `cvc-type.3.1.2: Element '${node.name}' is a simple type, so it must have no element information item [children].`,
      );
    }
    checkValue(node, content);
    return;
  }
  if (/[^ \t\r\n]/.test(node.text)) {
    throw new Complaint(
      `cvc-complex-type.2.3: Element '${node.name}' cannot have character [children], because the type's content type is element-only.`,
    );
  }
  if (content.order === 'sequence') checkSequence(node, content.parts, namespace, prefixes);
  else checkAll(node, content.parts, namespace, prefixes);
}

function withDeclared(node: XmlTree, outer: Map<string, string>): Map<string, string> {
  const declared = Object.entries(node.attributes).filter(([name]) => name.startsWith('xmlns:'));
  return declared.length === 0 ? outer : new Map([...outer, ...declared.map(([name, uri]) => [name.slice(6), uri] as const)]);
}

/** Only namespace declarations and the two location hints may stand on an element. */
function checkAttributes(node: XmlTree, prefixes: Map<string, string>): void {
  for (const name of Object.keys(node.attributes)) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const [prefix, local] = name.split(':');
    if (local && prefixes.get(prefix!) === instanceNamespace && /^(schemaLocation|noNamespaceSchemaLocation)$/.test(local)) continue;
    throw new Complaint(`cvc-complex-type.3.2.2: Attribute '${name}' is not allowed to appear in element '${node.name}'.`);
  }
}

function checkSequence(node: XmlTree, rules: ElementRule[], namespace: string, prefixes: Map<string, string>): void {
  let at = 0;
  let seen = 0;
  for (const child of node.children) {
    const from = at;
    const seenBefore = seen;
    while (at < rules.length && !(matches(child, rules[at]!, namespace) && seen < rules[at]!.max)) {
      if (seen < rules[at]!.min) throw unexpected(child, expectedFrom(rules, from, seenBefore), namespace);
      at += 1;
      seen = 0;
    }
    if (at === rules.length) throw unexpected(child, expectedFrom(rules, from, seenBefore), namespace);
    seen += 1;
    checkElement(child, rules[at]!.content, namespace, prefixes);
  }
  const missing = rules.slice(at).some((rule, i) => (i === 0 ? seen : 0) < rule.min);
  if (missing) throw incomplete(node, expectedFrom(rules, at, seen), namespace);
}

function checkAll(node: XmlTree, rules: ElementRule[], namespace: string, prefixes: Map<string, string>): void {
  const open = new Set(rules);
  for (const child of node.children) {
    const rule = [...open].find((candidate) => matches(child, candidate, namespace));
    if (!rule)
      throw unexpected(
        child,
        [...open].map((r) => r.name),
        namespace,
      );
    open.delete(rule);
    checkElement(child, rule.content, namespace, prefixes);
  }
  const missing = [...open].filter((rule) => rule.min > 0).map((rule) => rule.name);
  if (missing.length > 0) throw incomplete(node, missing, namespace);
}

function matches(child: XmlTree, rule: ElementRule, namespace: string): boolean {
  return child.name === rule.name && child.uri === namespace;
}

/** Names that may follow: everything optional up to and including the first element still required. */
function expectedFrom(rules: ElementRule[], from: number, seen: number): string[] {
  const names: string[] = [];
  for (const [i, rule] of rules.slice(from).entries()) {
    const count = i === 0 ? seen : 0;
    if (count < rule.max) names.push(rule.name);
    if (count < rule.min) break;
  }
  return names;
}

function unexpected(child: XmlTree, expected: string[], namespace: string): Complaint {
  const found = `Invalid content was found starting with element '{"${child.uri}":${child.name}}'.`;
  if (expected.length === 0) return new Complaint(`cvc-complex-type.2.4.d: ${found} No child element is expected at this point.`);
  return new Complaint(`cvc-complex-type.2.4.a: ${found} One of '${qualified(expected, namespace)}' is expected.`);
}

function incomplete(node: XmlTree, expected: string[], namespace: string): Complaint {
  return new Complaint(
    `cvc-complex-type.2.4.b: The content of element '${node.name}' is not complete. One of '${qualified(expected, namespace)}' is expected.`,
  );
}

const qualified = (names: string[], namespace: string) => `{${names.map((name) => `"${namespace}":${name}`).join(', ')}}`;

const languages = new Set(['hu', 'en', 'de', 'it', 'ro', 'sk', 'hr', 'fr', 'es', 'cz', 'pl', 'bg', 'nl', 'ru', 'si']);
const doublePattern = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN)$/;

function checkValue(node: XmlTree, type: SimpleType): void {
  const raw = node.text;
  if (type === 'string') return;
  if (type === 'language') {
    if (!languages.has(raw)) {
      throw new Complaint(
        `cvc-enumeration-valid: Value '${raw}' is not facet-valid with respect to enumeration '[${[...languages].join(', ')}]'.`,
      );
    }
    return;
  }
  if (type === 'base8') {
    if (!/^[0-9]{8}$/.test(raw)) {
      throw new Complaint(
        `cvc-pattern-valid: Value '${raw}' is not facet-valid with respect to pattern '[0-9]{8}' for type 'torzsszamTipus'.`,
      );
    }
    return;
  }
  const value = raw.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const xsdName = type === 'count' ? 'int' : type === 'int' ? 'integer' : type;
  if (!valid(value, type)) throw new Complaint(`cvc-datatype-valid.1.2.1: '${value}' is not a valid value for '${xsdName}'.`);
  if (type === 'count' && Number(value) < 0) {
    throw new Complaint(`cvc-minInclusive-valid: Value '${value}' is not facet-valid with respect to minInclusive '0'.`);
  }
}

function valid(value: string, type: SimpleType): boolean {
  if (type === 'boolean') return /^(?:true|false|1|0)$/.test(value);
  if (type === 'double') return doublePattern.test(value);
  if (type === 'date') return isDate(value);
  if (!/^[+-]?\d+$/.test(value)) return false;
  const number = BigInt(value.replace(/^\+/, ''));
  return number >= -2147483648n && number <= 2147483647n;
}

function isDate(value: string): boolean {
  const found = /^(-?\d{4,})-(\d\d)-(\d\d)(Z|[+-](\d\d):(\d\d))?$/.exec(value);
  if (!found) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const zoneMinutes = Number(found[5] ?? 0) * 60 + Number(found[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || year === 0 || Number(found[6] ?? 0) > 59 || zoneMinutes > 14 * 60) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
