import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { XmlDocument, XmlParseError, XmlValidateError, XsdValidator } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { readXml, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { escapeText } from '../../../src/contract/wire/xml.ts';
import * as sample from './sample-requests.ts';
import { type ElementRule, requestShapes, type Shape } from './shapes.ts';
import { validateRequest } from './validate.ts';

/** Promise: a request is refused with 57 exactly when the provider's own schema would refuse it, and the text says where. */
const ownSamples: Record<string, string> = {
  xmlszamla: sample.invoice({ order: 'A1', externalId: 'x', email: 'a@example.com', sendEmail: true }),
  xmlszamlast: sample.storno('PRB-2026-1', { externalId: 'x', email: 'a@example.com' }),
  xmlszamlakifiz: sample.creditEntry('PRB-2026-1', ['1', '2', '3', '4', '5']),
  xmlszamlapdf: sample.pdfQuery({ number: 'PRB-2026-1' }),
  xmlszamlaxml: sample.xmlQuery({ order: 'A1' }, { pdf: true }),
  xmlszamladbkdel: sample.proformaDeletion({ order: 'A1' }),
  xmlnyugtacreate: sample.receipt({ callId: 'c', order: 'A1' }),
  xmlnyugtast: sample.receiptStorno('NYUGT-2026-1', 'c'),
  xmlnyugtaget: sample.receiptGet({ order: 'A1' }),
  xmlnyugtasend: sample.receiptSend('NYUGT-2026-1', { email: 'a@example.com', subject: 'Nyugta' }),
  xmltaxpayer: sample.taxpayer('12345676'),
};

const verdict = (xml: string, root: string) => {
  const found = validateRequest(Buffer.from(xml), root);
  return 'complaint' in found ? found.complaint : 'valid';
};

describe('structure of the requests', () => {
  it('knows all eleven roots and accepts a valid request of each', () => {
    expect(Object.keys(ownSamples).sort()).toEqual(Object.keys(requestShapes).sort());
    for (const [root, xml] of Object.entries(ownSamples)) expect(verdict(xml, root)).toBe('valid');
  });

  const ns = 'http://www.szamlazz.hu/xmlszamla';
  const invoice = ownSamples.xmlszamla!;
  it.each<[string, string, string]>([
    [
      'a misplaced element',
      invoice.replace('<sendEmail>true</sendEmail><adoalany>-1</adoalany>', '<adoalany>-1</adoalany><sendEmail>true</sendEmail>'),
      `cvc-complex-type.2.4.a: Invalid content was found starting with element '{"${ns}":sendEmail}'. One of '{"${ns}":adoszam,`,
    ],
    ['a misspelt element', invoice.replaceAll('szamlaKulsoAzon', 'szamlakulsoazon'), 'cvc-complex-type.2.4.a'],
    ['a missing element', invoice.replace('<fizmod>bankkártya</fizmod>', ''), `One of '{"${ns}":fizmod}' is expected.`],
    ['a missing block', invoice.replace(/<tetelek>.*<\/tetelek>/, ''), "The content of element 'xmlszamla' is not complete"],
    ['an element too many', invoice.replace('</xmlszamla>', '<tetelek/></xmlszamla>'), 'cvc-complex-type.2.4.d'],
    [
      'a wrong boolean',
      invoice.replace('<eszamla>false', '<eszamla>nem'),
      "cvc-datatype-valid.1.2.1: 'nem' is not a valid value for 'boolean'.",
    ],
    ['a comma decimal', invoice.replace('<nettoErtek>10000', '<nettoErtek>10000,0'), "'10000,0' is not a valid value for 'double'."],
    ['an impossible day', invoice.replace('2026-11-28', '2026-02-30'), "'2026-02-30' is not a valid value for 'date'."],
    ['a language it has not', invoice.replace('<szamlaNyelve>hu', '<szamlaNyelve>sv'), 'cvc-enumeration-valid'],
    ['another namespace', invoice.replace(ns, 'http://www.szamlazz.hu/szamla'), 'cvc-elt.1.a'],
    ['another root', ownSamples.xmlszamlast!, 'cvc-elt.1.a'],
    ['stray text', invoice.replace('<fejlec>', '<fejlec>x'), 'cvc-complex-type.2.3'],
    ['an attribute', invoice.replace('<fejlec>', '<fejlec a="b">'), "cvc-complex-type.3.2.2: Attribute 'a'"],
    ['an unclosed element', invoice.replace('</fejlec>', ''), 'unexpected close tag'],
    ['a document type', invoice.replace('?>', '?><!DOCTYPE xmlszamla>'), 'DOCTYPE'],
  ])('refuses %s', (_, xml, complaint) => {
    expect(verdict(xml, 'xmlszamla')).toContain(complaint);
  });

  it('refuses a sixth payment, a short tax number, bytes that are no UTF-8', () => {
    expect(verdict(sample.creditEntry('N', ['1', '2', '3', '4', '5', '6']), 'xmlszamlakifiz')).toContain('cvc-complex-type.2.4.d');
    expect(verdict(sample.taxpayer('1234567'), 'xmltaxpayer')).toContain('cvc-pattern-valid');
    const latin = Buffer.from(sample.taxpayer('12345676').replace('?>', '?><!-- ő -->'), 'latin1');
    latin[latin.indexOf('<!--') + 5] = 0xf5;
    expect(validateRequest(latin, 'xmltaxpayer')).toMatchObject({ complaint: expect.stringContaining('UTF-8') });
  });

  it('takes the elements of a receipt in any order, but each once', () => {
    const swapped = ownSamples.xmlnyugtacreate!.replace(/(<beallitasok>.*<\/beallitasok>)(<fejlec>.*<\/fejlec>)/, '$2$1');
    expect(swapped).not.toBe(ownSamples.xmlnyugtacreate);
    expect(verdict(swapped, 'xmlnyugtacreate')).toBe('valid');
    expect(verdict(swapped.replace('<penznem>HUF</penznem>', '<penznem>HUF</penznem>$&'), 'xmlnyugtacreate')).toContain('2.4.a');
  });
});

const contract = new URL('../../../../shared/contracts/szamlazz/', import.meta.url);

/**
 * Every element in turn: left out, doubled, exchanged with its neighbour, renamed, given other values, children, attributes,
 * a foreign namespace.
 */
function* mutations(root: XmlTree): Generator<[string, string]> {
  const write = () => serialise(root, '');
  function* at(node: XmlTree, path: string): Generator<[string, string]> {
    const restore = { ...node, children: [...node.children] };
    const back = () => Object.assign(node, restore, { children: [...restore.children] });
    const values = [
      '',
      'abc',
      '1',
      '0',
      'true',
      'TRUE',
      '2026-11-20',
      '2026-11-20+01:00',
      '2026-13-01',
      '1.50',
      '1,5',
      '-3',
      '+7',
      '1e3',
      'INF',
      '99999999999',
      ' 1 ',
      '.5',
      '5.',
      'hu',
      '12345678',
    ];
    for (const text of values) {
      node.text = text;
      yield [`${path} = "${text}"`, write()];
    }
    back();
    node.name = `${node.name}X`;
    yield [`${path} renamed`, write()];
    back();
    node.uri = 'urn:other';
    yield [`${path} foreign`, write()];
    back();
    node.attributes = { ...node.attributes, q: '1' };
    yield [`${path} attribute`, write()];
    back();
    node.children = [...node.children, { name: 'extra', uri: root.uri, attributes: {}, text: '', children: [] }];
    yield [`${path} extra child`, write()];
    back();
    for (const [i, child] of restore.children.entries()) {
      node.children = restore.children.toSpliced(i, 1);
      yield [`${path}/${child.name} left out`, write()];
      node.children = restore.children.toSpliced(i, 0, child);
      yield [`${path}/${child.name} doubled`, write()];
      const next = restore.children[i + 1];
      if (next) {
        node.children = restore.children.toSpliced(i, 2, next, child);
        yield [`${path}/${child.name} after ${next.name}`, write()];
      }
      back();
      yield* at(child, `${path}/${child.name}`);
    }
  }
  yield* at(root, root.name);
}

function serialise(node: XmlTree, outerUri: string): string {
  const own = Object.entries(node.attributes).filter(([name]) => !name.startsWith('xmlns') && !name.startsWith('xsi:'));
  const attributes = [...(node.uri === outerUri ? [] : [['xmlns', node.uri]]), ...own]
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('');
  return `<${node.name}${attributes}>${escapeText(node.text)}${node.children.map((child) => serialise(child, node.uri)).join('')}</${node.name}>`;
}

/** The largest document a shape allows, so that elements no sample uses are compared too. */
function fullest(root: string): string {
  const values = {
    string: 'a',
    boolean: 'true',
    int: '1',
    count: '1',
    double: '1.5',
    date: '2026-11-20',
    language: 'hu',
    base8: '12345676',
  };
  const write = ({ name, content }: ElementRule): string =>
    `<${name}>${typeof content === 'string' ? values[content] : content.parts.map(write).join('')}</${name}>`;
  const inner = requestShapes[root]!.parts.map(write).join('');
  return `<${root} xmlns="http://www.szamlazz.hu/${root}">${inner}</${root}>`;
}

function namesIn(shape: Shape): string[] {
  return shape.parts.flatMap(({ name, content }) => [name, ...(typeof content === 'string' ? [] : namesIn(content))]);
}

describe.skipIf(!existsSync(contract))('against the published schemas', () => {
  const schemaVerdict = (schema: XsdValidator, xml: string): boolean => {
    try {
      const document = XmlDocument.fromString(xml);
      try {
        schema.validate(document);
        return true;
      } finally {
        document.dispose();
      }
    } catch (error) {
      if (error instanceof XmlValidateError || error instanceof XmlParseError) return false;
      throw error;
    }
  };
  it.each(Object.keys(ownSamples))('%s: the same element names', (root) => {
    const schema = readFileSync(new URL(`xsd/${root}.xsd`, contract), 'utf8');
    const theirs = new Set([...schema.matchAll(/<element\s+name="(\w+)"/g)].map((match) => match[1]!));
    expect([...new Set([root, ...namesIn(requestShapes[root]!)])].sort()).toEqual([...theirs].sort());
  });

  const withSchema = (root: string, use: (schema: XsdValidator) => void) => {
    const source = XmlDocument.fromBuffer(readFileSync(new URL(`xsd/${root}.xsd`, contract)));
    const schema = XsdValidator.fromDoc(source);
    use(schema);
    schema.dispose();
    source.dispose();
  };

  const folder = new URL('samples/requests/', contract);
  const requests = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.xml')) : [];
  const published = requests.map((name) => readFileSync(new URL(name, folder), 'utf8'));
  it.each(Object.keys(ownSamples))(
    '%s: the same verdict on every sample and every mutation',
    (root) => {
      const candidates = [ownSamples[root]!, fullest(root), ...published.filter((xml) => readXml(xml).name === root)];
      const different: string[] = [];
      // Samples share most elements: each kind of change is compared once.
      const compared = new Set<string>();
      withSchema(root, (schema) => {
        for (const xml of candidates) {
          expect(verdict(xml, root)).toBe('valid');
          expect(schemaVerdict(schema, xml)).toBe(true);
          for (const [what, mutant] of mutations(readXml(xml))) {
            if (compared.has(what)) continue;
            compared.add(what);
            const ours = verdict(mutant, root);
            if ((ours === 'valid') !== schemaVerdict(schema, mutant)) different.push(`${what}: ${ours}`);
          }
        }
      });
      expect(different).toEqual([]);
      expect(compared.size).toBeGreaterThan(100);
    },
    60_000,
  );
});
