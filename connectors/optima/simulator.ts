import { SaxesParser } from 'saxes';
import { type ErpDocument, type ErpHeld, type ErpOptions, type ErpProgram, type ErpSimulator, startErp } from '../../src/testkit/erp.ts';

/**
 * Comarch ERP Optima behind its folders, written from the description of its two kinds of XML alone: ids of the bases have to fit, a
 * repeated id of the register is the same record, invoices with lines go to the buffer and get its own number.
 */
type OptimaSimulatorOptions = ErpOptions & { sourceBase?: string; targetBase?: string };

export function startErpSimulator(options: OptimaSimulatorOptions = {}): Promise<ErpSimulator> {
  return startErp(optima(options), {
    payments: ['gotówka', 'przelew', 'karta', 'Pobranie', 'kredyt', 'czek', 'kompensata', 'inna'],
    ...options,
  });
}

type Node = { name: string; text: string; children: Node[] };

const offline = 'http://www.comarch.pl/cdn/optima/offline';
const trade = 'http://www.cdn.com.pl/optima/dokument';

function optima({ sourceBase = 'FAKTU', targetBase = 'KSIEG' }: OptimaSimulatorOptions): ErpProgram {
  return {
    name: 'Comarch ERP Optima',
    extension: '.xml',
    read(bytes) {
      let root: Node & { namespace: string };
      try {
        root = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      } catch (error) {
        return { refused: `plik XML jest uszkodzony: ${(error as Error).message.split('\n')[0]}` };
      }
      if (root.name !== 'ROOT') return { refused: 'to nie jest plik Optimy' };
      const found =
        root.namespace === offline ? readRegister(root, sourceBase, targetBase) : root.namespace === trade ? readTrade(root) : undefined;
      return found ?? { refused: `nieznana przestrzeń nazw ${root.namespace}` };
    },
    write(documents) {
      const register = documents.some((d) => (d.source as Node).name === 'REJESTR_SPRZEDAZY_VAT');
      const numbered = documents.map((d) => out(renumbered(d)));
      const body = register
        ? `<REJESTRY_SPRZEDAZY_VAT><WERSJA>2.00</WERSJA><BAZA_ZRD_ID>${targetBase}</BAZA_ZRD_ID><BAZA_DOC_ID>${sourceBase}</BAZA_DOC_ID>${numbered.join('')}</REJESTRY_SPRZEDAZY_VAT>`
        : numbered.join('');
      return new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>\n<ROOT xmlns="${register ? offline : trade}">${body}</ROOT>`);
    },
    printName: (document: ErpHeld) => `${document.number}.pdf`.replace(/[\\/:*?"<>|]/g, '_'),
  };
}

function readRegister(root: Node, sourceBase: string, targetBase: string): { documents: ErpDocument[] } | { refused: string } {
  const contractors = new Set<string>();
  const documents: ErpDocument[] = [];
  for (const section of root.children) {
    if (text(section, 'BAZA_ZRD_ID') !== sourceBase || text(section, 'BAZA_DOC_ID') !== targetBase)
      return { refused: `identyfikatory baz ${text(section, 'BAZA_ZRD_ID')}/${text(section, 'BAZA_DOC_ID')} nie pasują do konfiguracji` };
    if (text(section, 'WERSJA') !== '2.00') return { refused: `wersja ${text(section, 'WERSJA')}` };
    for (const row of section.children) {
      if (row.name === 'KONTRAHENT') {
        if (text(row, 'AKRONIM').length > 20 || text(row, 'AKRONIM') === '') return { refused: 'błędny akronim' };
        contractors.add(text(row, 'AKRONIM'));
      }
      if (row.name !== 'REJESTR_SPRZEDAZY_VAT') continue;
      const wrong = registerFault(row, contractors);
      if (wrong) return { refused: wrong };
      documents.push(registerDocument(row));
    }
  }
  return documents.length > 0 ? { documents } : { refused: 'plik nie zawiera rejestru sprzedaży' };
}

function registerFault(row: Node, contractors: Set<string>): string | undefined {
  const number = text(row, 'NUMER');
  if (number === '' || number.length > 30) return `błędny numer „${number}”`;
  if (!contractors.has(text(row, 'PODMIOT'))) return `nieznany kontrahent ${text(row, 'PODMIOT')}`;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text(row, 'ID_ZRODLA'))) return 'ID_ZRODLA nie jest identyfikatorem';
  if (text(row, 'EKSPORT') === 'wewnątrzunijny' && text(row, 'NIP_KRAJ') === '') return 'brak NIP_KRAJ';
  const positions = children(row, 'POZYCJE');
  const total = positions.reduce((sum, p) => sum + grosze(text(p, 'NETTO')) + grosze(text(p, 'VAT')), 0n);
  const paid = children(row, 'PLATNOSCI').reduce(
    (sum, p) => sum + (text(p, 'KIERUNEK') === 'rozchód' ? -1n : 1n) * grosze(text(p, 'KWOTA_PLAT')),
    0n,
  );
  return total === paid ? undefined : `płatności ${paid} różnią się od pozycji ${total}`;
}

function registerDocument(row: Node): ErpDocument {
  const positions = children(row, 'POZYCJE');
  const net = positions.reduce((sum, p) => sum + grosze(text(p, 'NETTO')), 0n);
  const tax = positions.reduce((sum, p) => sum + grosze(text(p, 'VAT')), 0n);
  return {
    reference: reference(text(row, 'OPIS')),
    id: text(row, 'ID_ZRODLA'),
    type: text(row, 'KOREKTA') === 'Tak' ? 'FKOR' : 'FA',
    number: text(row, 'NUMER'),
    issueDate: text(row, 'DATA_WYSTAWIENIA'),
    buyer: text(row, 'NAZWA1'),
    net: amount(net),
    gross: amount(net + tax),
    currency: text(row, 'WALUTA') || 'PLN',
    payment: text(row, 'FORMA_PLATNOSCI'),
    source: row,
  };
}

function readTrade(root: Node): { documents: ErpDocument[] } | { refused: string } {
  const documents: ErpDocument[] = [];
  for (const row of root.children) {
    const head = row.children.find((c) => c.name === 'NAGLOWEK');
    if (row.name !== 'DOKUMENT' || !head) return { refused: 'brak nagłówka dokumentu' };
    if (text(head, 'TYP_DOKUMENTU') !== '302') return { refused: `typ dokumentu ${text(head, 'TYP_DOKUMENTU')}` };
    const positions = children(row, 'POZYCJE');
    const nameless = positions.find((p) => text(p.children.find((c) => c.name === 'TOWAR')!, 'KOD') === '');
    if (nameless) return { refused: 'pozycja bez kodu towaru' };
    const rates = children(row, 'TABELKA_VAT');
    const gross = rates.reduce((sum, r) => sum + grosze(text(r, 'BRUTTO_WAL')), 0n);
    const lines = positions.reduce((sum, p) => sum + grosze(text(p, 'WARTOSC_BRUTTO_WAL')), 0n);
    if (gross !== lines) return { refused: `suma pozycji ${lines} różni się od tabeli VAT ${gross}` };
    const payer = head.children.find((c) => c.name === 'PLATNIK')!;
    documents.push({
      reference: reference(text(head, 'OPIS')),
      type: 'FA',
      issueDate: text(head, 'DATA_WYSTAWIENIA'),
      buyer: text(payer, 'NAZWA'),
      net: amount(rates.reduce((sum, r) => sum + grosze(text(r, 'NETTO_WAL')), 0n)),
      gross: amount(gross),
      currency: text(head.children.find((c) => c.name === 'WALUTA')!, 'SYMBOL'),
      payment: text(head.children.find((c) => c.name === 'PLATNOSC')!, 'FORMA'),
      source: row,
    });
  }
  return documents.length > 0 ? { documents } : { refused: 'plik nie zawiera dokumentów' };
}

function renumbered({ source, number }: ErpHeld): Node {
  const row = source as Node;
  const change = (node: Node): Node => ({
    ...node,
    text: node.name === 'NUMER_PELNY' || (node.name === 'NUMER' && row.name === 'REJESTR_SPRZEDAZY_VAT') ? number : node.text,
    children: node.children.map(change),
  });
  return change(row);
}

function parse(xml: string): Node & { namespace: string } {
  const parser = new SaxesParser({ xmlns: true });
  const root = { name: '', text: '', children: [] as Node[], namespace: '' };
  const stack: Node[] = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    if (stack.length === 1) root.namespace = tag.uri;
    const node = { name: tag.local, text: '', children: [] };
    stack.at(-1)!.children.push(node);
    stack.push(node);
  });
  const add = (t: string) => {
    stack.at(-1)!.text += t;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => stack.pop());
  parser.write(xml).close();
  return { ...root.children[0]!, namespace: root.namespace };
}

function out({ name, text: value, children: inner }: Node): string {
  if (inner.length > 0) return `<${name}>${inner.map(out).join('')}</${name}>`;
  return `<${name}>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
}

const text = (node: Node, name: string) => node.children.find((c) => c.name === name)?.text.trim() ?? '';
const children = (node: Node, name: string) => node.children.find((c) => c.name === name)?.children ?? [];
const reference = (remarks: string) => /\[FKT:([^\]]+)\]/.exec(remarks)?.[1] ?? '';

function grosze(value: string): bigint {
  return /^-?\d+\.\d{2}$/.test(value) ? BigInt(value.replace('.', '')) : -999_999_999n;
}

function amount(minor: bigint): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0');
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
