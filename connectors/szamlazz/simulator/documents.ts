import { createHash } from 'node:crypto';
import { at, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { decimal, type Scaled } from '../../../src/domain/money/money.ts';
import { onePagePdf } from '../../../src/testkit/pdf.ts';
import {
  currencyOf,
  type Hundredths,
  knownCurrencies,
  near,
  plain,
  plus,
  readDouble,
  readVatKey,
  rounded,
  times,
  type VatKey,
} from './amounts.ts';
import { AgentError } from './errors.ts';
import { type Account, type Document, type Form, type Line, seller } from './state.ts';

/** Text of an element as sent; undefined when it is absent. */
export function text(tree: XmlTree | undefined, ...path: string[]): string | undefined {
  return at(tree, ...path)?.text;
}

/** Text of an element, undefined when absent, empty or blank. */
export function filled(tree: XmlTree | undefined, ...path: string[]): string | undefined {
  const value = text(tree, ...path);
  return value?.trim() ? value : undefined;
}

export function flag(tree: XmlTree | undefined, ...path: string[]): boolean {
  return /^\s*(?:true|1)\s*$/.test(text(tree, ...path) ?? '');
}

/** A day without the zone an XML date may carry. */
export function day(tree: XmlTree | undefined, ...path: string[]): string | undefined {
  return filled(tree, ...path)
    ?.trim()
    .slice(0, 10);
}

export type SentLine = {
  tree: XmlTree;
  name: string;
  quantity: Scaled | undefined;
  unitNet: Scaled | undefined;
  vatText: string;
  net: Scaled | undefined;
  tax: Scaled | undefined;
  gross: Scaled | undefined;
};

/** Names of the three amounts of a line: invoices and receipts differ. */
type AmountNames = { net: string; tax: string; gross: string };

export function sentLines(request: XmlTree, names: AmountNames): SentLine[] {
  const lines = at(request, 'tetelek')?.children ?? [];
  const number = (tree: XmlTree, name: string) => readDouble(text(tree, name) ?? '');
  return lines.map((tree) => ({
    tree,
    name: text(tree, 'megnevezes') ?? '',
    quantity: number(tree, 'mennyiseg'),
    unitNet: number(tree, 'nettoEgysegar'),
    vatText: (text(tree, 'afakulcs') ?? '').trim(),
    net: number(tree, names.net),
    tax: number(tree, names.tax),
    gross: number(tree, names.gross),
  }));
}

type Tolerance = { net: Scaled; tax: Scaled };

/** Net against unit × quantity, tax against net × rate, gross exactly: 259, 260, 261, each naming the product. */
export function checkArithmetic(line: SentLine, vat: VatKey, tolerance: Tolerance): void {
  const { quantity, unitNet, net, tax, gross, name } = line;
  if (!quantity || !unitNet || !net || !near(times(unitNet, quantity), net, tolerance.net)) {
    throw new AgentError('259', `A tétel nettó értéke nem megfelelő; nettó érték = nettó egységár x mennyiség. Termék: ${name}.`);
  }
  if (!tax || (vat.rate && !near(times(net, vat.rate), tax, tolerance.tax))) {
    throw new AgentError('260', `A tétel áfa értéke nem megfelelő; áfa érték = nettó érték x áfakulcs / 100. Termék: ${name}.`);
  }
  if (!gross || !near(plus(net, tax), gross, { value: 0n, scale: 0 })) {
    throw new AgentError('261', `A tétel bruttó értéke nem megfelelő; bruttó érték = nettó érték + áfa érték. Termék: ${name}.`);
  }
}

/** The provider keeps closed lists of both; what it answers to a stranger is not known, so it is told like any unreadable value. */
export function vatKeyOf(line: SentLine): VatKey {
  const key = readVatKey(line.vatText);
  if (!key) throw new AgentError('57', `XML beolvasási hiba. Ismeretlen áfakulcs: ${line.vatText}`);
  return key;
}

export function currencyIn(header: XmlTree | undefined): string {
  const token = (text(header, 'penznem') ?? '').trim();
  const currency = currencyOf(token);
  if (!knownCurrencies.has(currency)) throw new AgentError('57', `XML beolvasási hiba. Ismeretlen pénznem: ${token}`);
  return currency;
}

export function checkErasureCodes(line: SentLine, account: Account): void {
  const codes = Number(filled(line.tree, 'torloKod') ?? 0);
  if (codes > 400) throw new AgentError('537');
  if (codes > 0) throw new AgentError(account.settings.test ? '538' : '539');
}

/** A checked line as it is stored, `round` being the document's own rounding. */
export function storedLine(line: SentLine, vat: VatKey, round: (n: Scaled) => Hundredths): Line {
  return {
    name: line.name,
    itemCode: filled(line.tree, 'azonosito'),
    quantity: decimal(line.quantity!),
    unit: text(line.tree, 'mennyisegiEgyseg') ?? '',
    unitNet: decimal(line.unitNet!),
    vat,
    marginBase: filled(line.tree, 'arresAfaAlap')?.trim(),
    net: round(line.net!),
    tax: round(line.tax!),
    gross: round(line.gross!),
    comment: filled(line.tree, 'megjegyzes'),
  };
}

export const invoiceRounding = (currency: string) => (n: Scaled) => rounded(n, currency);

export function totalsOf(lines: Line[]): { net: Hundredths; tax: Hundredths; gross: Hundredths } {
  const total = { net: 0n, tax: 0n, gross: 0n };
  for (const line of lines) {
    total.net += line.net;
    total.tax += line.tax;
    total.gross += line.gross;
  }
  return total;
}

export function negated(line: Line): Line {
  const minus = (n: string) => (n.startsWith('-') ? n.slice(1) : n === '0' ? n : `-${n}`);
  return { ...line, quantity: minus(line.quantity), net: -line.net, tax: -line.tax, gross: -line.gross };
}

/** Invoice kinds share one sequence per prefix, form and year; proformas and delivery notes run on per prefix (section 14.1). */
export function nextNumber(account: Account, kind: Document['kind'], form: Form, prefix: string, issueDate: string): string {
  if (kind === 'D' || kind === 'SL') return `${kind}-${prefix}-${account.takeNumber(`${kind}-${prefix}`)}`;
  const range = `${form === 'e-invoice' ? 'E-' : ''}${prefix}-${issueDate.slice(0, 4)}`;
  return `${range}-${account.takeNumber(range)}`;
}

/** The range within which issue dates may not run backwards. */
export function rangeOf(kind: Document['kind'], form: Form, prefix: string): string {
  return kind === 'D' || kind === 'SL' ? `${kind}-${prefix}` : `${form}-${prefix}`;
}

export function tokenOf(account: Account, number: string): string {
  return createHash('sha256').update(`${account.id} ${number}`).digest('hex').slice(0, 24);
}

const kindTitles: Record<Document['kind'], string> = {
  SZ: 'Számla',
  D: 'Díjbekérő',
  ES: 'Előlegszámla',
  VS: 'Végszámla',
  SL: 'Szállítólevél',
  HS: 'Helyesbítő számla',
  SS: 'Sztornó számla',
};

type Printable = Pick<
  Document,
  | 'kind'
  | 'buyerName'
  | 'partner'
  | 'lines'
  | 'net'
  | 'tax'
  | 'gross'
  | 'currency'
  | 'issueDate'
  | 'performanceDate'
  | 'dueDate'
  | 'paymentMethod'
> & { number: string | undefined; refersTo: string | undefined };

export function documentPdf(document: Printable): Buffer {
  const { partner, currency } = document;
  return onePagePdf(`${kindTitles[document.kind]} ${document.number ?? '(előnézet)'}`, [
    ...(document.refersTo ? [`Hivatkozott bizonylat: ${document.refersTo}`] : []),
    `Eladó: ${seller.name}, ${seller.zip} ${seller.city}, ${seller.address}, ${seller.taxNumber}`,
    `Vevő: ${document.buyerName}`,
    `${partner.zip} ${partner.city}, ${partner.address}${partner.taxNumber ? `, ${partner.taxNumber}` : ''}`,
    `Kelt: ${document.issueDate}   Teljesítés: ${document.performanceDate}   Fizetési határidő: ${document.dueDate}`,
    `Fizetési mód: ${document.paymentMethod}`,
    '',
    ...printedLines(document.lines, currency),
    '',
    `Nettó: ${plain(document.net)} ${currency}`,
    `Áfa: ${plain(document.tax)} ${currency}`,
    `Bruttó végösszeg: ${plain(document.gross)} ${currency}`,
  ]);
}

const linesPrinted = 32;

export function printedLines(lines: Line[], currency: string): string[] {
  const printed = lines
    .slice(0, linesPrinted)
    .map(
      (line) =>
        `${line.name}   ${line.quantity} ${line.unit} x ${line.unitNet}   ${line.vat.type ?? `${line.vat.percent}%`}   ${plain(line.gross)} ${currency}`,
    );
  return lines.length > linesPrinted ? [...printed, `… (+${lines.length - linesPrinted})`] : printed;
}

export function pdfOf(document: Document): Buffer {
  return documentPdf({ ...document, refersTo: document.reverses ?? document.corrects });
}
