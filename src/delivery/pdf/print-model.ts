import { civilDay } from '../../domain/days/day.ts';
import type { DocumentContent, DocumentLine, IssuedFacts, Language, Totals } from '../../domain/documents/document.ts';
import { type Decimal, decimal, fixed, fromMinor, scaled, toMinor } from '../../domain/money/money.ts';
import type { Party } from '../../domain/parties/party.ts';
import {
  amountInWords,
  documentTitle,
  exemptionReasons,
  type Phrase,
  phrase,
  type Regime,
  regimeOf,
  requiredPhrases,
  type WordsStyle,
  wordsForLines,
} from '../../domain/regimes/index.ts';
import { netUnitPrice, rateId } from '../../domain/totals/index.ts';
import { account, country, currencySign, day, digitsOf, moneyDigits, number } from './format.ts';
import { codeSvg, paymentCode } from './payment-qr.ts';
import { bilingual, type Label, rateSign, type TextKey, taxIdName, text } from './texts.ts';

/** Everything one print is made from. The same input gives the same bytes. */
export type RenderInput = {
  content: DocumentContent;
  /** Absent: a preview of a draft, marked as such. */
  issued?: IssuedFacts;
  look: Look;
  mark?: { kind: 'original' | 'copy' | 'duplicate'; date?: string };
  /** Machine-readable form of the same document, embedded as PDF/A-3 allows. */
  attachXml?: { name: string; xml: string };
};

export type Look = {
  logo?: { mediaType: 'image/png' | 'image/jpeg' | 'image/svg+xml'; bytes: Uint8Array };
  /** #rrggbb */
  accent: string;
  footer?: string;
  /** By the custom of the seller's country when absent. */
  amountInWords?: WordsStyle | 'none';
};

/** Text that may hold words too long for its column: cut into pieces between which a line may end. */
type Flow = string | string[];
/** A number and the invisible rest that lines its decimals up with its neighbours'. */
type Cell = string | [string, string];
type Fact = { label: Label; value: Flow; second?: string; wide?: boolean };
type Column = { label: Label; width: number; left?: boolean };
type Row = { name: Flow; note?: Flow; cells: Cell[]; sums?: string[] };
type Stage = { stage: string; cells: Cell[]; strong?: boolean };

type LineTable = { first: Label; columns: Column[]; rows: Row[] };

type PrintModel = {
  lang: Language;
  title: string;
  author: string;
  date: [number, number, number];
  style: { accent: string; ink: string; onAccent: string };
  logo?: string;
  layout: 'sheet' | 'slip';
  heading: { title: Label; number: Flow; draft: boolean; marks: string[] };
  seller: { label: Label; name: Flow; lines: Flow[] };
  parties: { label: Label; name: Flow; lines: Flow[] }[];
  facts: Fact[];
  clearance?: { svg?: string; url?: string; label: string; number: Flow };
  correction?: { facts: Fact[] };
  table?: LineTable & { carry?: { over: Label; from: Label; columns: number[]; empty: string[] } };
  /** What the prepayment is an advance on (art. 106f(1)(4): goods, quantity, price, rate, value of the order). */
  ordered?: LineTable & { title: Label; total: { label: Label; value: string } };
  changes?: { first: Label; columns: Column[]; groups: { name: Flow; stages: Stage[] }[]; rest?: string };
  rates: { title: Label; columns: Column[]; rows: { cells: string[]; strong?: boolean; close?: boolean }[] };
  totals: { label: Label; value: string }[];
  payable: { label: Label; value: string; due: boolean };
  /** What a receipt says loudest: the sum, not what is left of it. */
  slipTotal: { label: Label; value: string };
  words?: { label: Label; value: string };
  prepayments?: { title: Label; columns: Column[]; rows: Flow[][] };
  exchange?: { title: Label; text: string };
  payment?: { title: Label; facts: Fact[]; svg?: string; scan: Label };
  /** What the law makes the document say. */
  legal: Flow[];
  notes: Flow[];
  footer: Flow[];
  /** Lines the footer takes, so that the page leaves room for them. */
  footerLines: number;
  page: string;
  xmlName?: string;
};

type Context = {
  content: DocumentContent;
  issued?: IssuedFacts;
  language: Language;
  digits: number;
  regime: Regime;
  money: (amount: Decimal) => string;
  moneyWithSign: (amount: Decimal) => string;
  say: (key: TextKey) => Label;
};

/** The print as data: every word chosen, every number written, nothing left to the template but where it stands. */
export function printModel(input: RenderInput): PrintModel {
  const { content, issued } = input;
  const c = contextOf(content, issued);
  const shown = content.correction?.difference ?? content.totals;
  const title = bilingual(content, (language) => documentTitle(c.regime, content, language));
  const documentNumber = issued?.number ?? text('draftNumber', c.language);
  const legal = legalNotes(c);
  const footer = paragraphs([content.seller.register, input.look.footer, content.seller.website]);
  const date = (issued?.issueDate ?? content.issueDate ?? '2000-01-01').split('-').map(Number) as [number, number, number];
  return {
    lang: c.language,
    title: `${title[0]} ${issued?.number ?? ''}`.trim(),
    author: plain(partyName(content.seller)),
    date,
    style: styleOf(input.look.accent),
    layout: content.kind === 'receipt' && content.lines.length <= longestSlip ? 'slip' : 'sheet',
    heading: { title, number: flow(documentNumber), draft: !issued, marks: marksOf(input, c) },
    seller: { label: c.say('seller'), ...partyBlock(sellerAbroad(c), c, content.seller.country) },
    parties: partiesOf(c),
    facts: factsOf(c),
    clearance: clearanceOf(c),
    correction: content.correction && { facts: correctionFacts(c) },
    table: content.correction ? undefined : lineTable(c),
    ordered: orderedOf(c),
    changes: content.correction && changesOf(c),
    rates: ratesOf(c),
    totals: totalsOf(c, shown),
    payable: payableOf(c, shown),
    slipTotal: { label: c.say('total'), value: c.moneyWithSign(content.totals.gross) },
    words: wordsOf(c, shown, input.look.amountInWords),
    prepayments: prepaymentsOf(c),
    exchange: exchangeOf(c),
    payment: paymentOf(c, shown),
    legal: paragraphs(legal),
    notes: paragraphs(notesOf(c, legal)),
    footer,
    footerLines: footer.reduce((sum, part) => sum + Math.ceil([part].flat().join('').length / footerLineLength), 0),
    page: text('page', c.language),
    xmlName: input.attachXml?.name,
  };
}

/** Letters that stand on one line of the footer beside the page number. */
const footerLineLength = 110;

/** A slip of paper as long as its lines; beyond this a receipt is printed on sheets, because a PDF page ends at five metres. */
const longestSlip = 150;

function contextOf(content: DocumentContent, issued: IssuedFacts | undefined): Context {
  const { language, currency } = content;
  const totals = [content.totals, content.correction?.before.totals, content.correction?.difference].filter((t) => t !== undefined);
  const lines = [...content.lines, ...(content.correction?.before.lines ?? [])];
  const amounts = [...totals.flatMap((t) => [t.net, t.tax, t.gross, t.paid, t.payable, ...t.byRate.flatMap((r) => [r.net, r.tax])])];
  const digits = moneyDigits(currency, [...amounts, ...lines.flatMap((line) => [line.net, line.tax, line.gross])]);
  const money = (amount: Decimal) => number(amount, digits, language);
  const sign = currencySign(currency, language);
  return {
    content,
    issued,
    language,
    digits,
    regime: regimeOf(content.seller.country),
    money,
    moneyWithSign: (amount) => `${money(amount)} ${sign}`,
    say: (key) => bilingual(content, (language) => text(key, language)),
  };
}

// --- heading -------------------------------------------------------------------------------------------------------------------

function marksOf(input: RenderInput, c: Context): string[] {
  const { mark } = input;
  if (!input.issued) return [c.say('draft').join(' / ')];
  if (!mark) return [];
  const said = mark.kind === 'duplicate' ? bilingual(c.content, (language) => phrase(c.regime, 'duplicate', language)) : c.say(mark.kind);
  return [[said.join(' / '), mark.date && day(mark.date, c.language)].filter(Boolean).join(' ')];
}

function partyName(party: Party): string {
  const person = [party.firstName, party.lastName].filter(Boolean).join(' ');
  return party.company || party.name || person;
}

function partyBlock(party: Party, c: Context, homeCountry: string | undefined): { name: Flow; lines: Flow[] } {
  const name = partyName(party);
  const person = [party.firstName, party.lastName].filter(Boolean).join(' ');
  const town = [party.postalCode, party.city].filter(Boolean).join(' ');
  const abroad = party.country && party.country !== homeCountry ? country(party.country, c.language) : undefined;
  const address = [
    person && party.company && person !== name ? person : undefined,
    party.street,
    party.street2,
    town,
    party.region,
    abroad,
  ];
  const ids = party.taxIds.map((id) => `${taxIdName(id.scheme, c.language)}: ${taxIdText(id.scheme, id.value)}`);
  return { name: flow(name), lines: [...address, ...ids].filter((line) => !!line).map((line) => flow(line!)) };
}

/** Between businesses of two EU countries both numbers carry their country (art. 97(10), 106e(1)(24)). */
function sellerAbroad({ content: { seller, lines }, regime }: Context): Party {
  const acrossEu = lines.some((line) => line.rate?.category === 'K' || line.rate?.category === 'AE');
  if (regime.country !== 'PL' || !acrossEu || seller.taxIds.some((id) => id.scheme === 'EU:VAT')) return seller;
  return { ...seller, taxIds: seller.taxIds.map((id) => (id.scheme === 'PL:NIP' ? { scheme: 'EU:VAT', value: `PL${id.value}` } : id)) };
}

function taxIdText(scheme: string, value: string): string {
  const digits = value.replace(/\D/g, '');
  if (scheme === 'HU:ADOSZAM' && digits.length === 11) return `${digits.slice(0, 8)}-${digits[8]}-${digits.slice(9)}`;
  if (scheme === 'SE:ORGNR' && digits.length === 10) return `${digits.slice(0, 6)}-${digits.slice(6)}`;
  return value;
}

function partiesOf(c: Context): PrintModel['parties'] {
  const { content } = c;
  const home = content.seller.country;
  const blocks: PrintModel['parties'] = [];
  const before = content.correction?.before.buyer;
  const changed = before && JSON.stringify(partyBlock(before, c, home)) !== JSON.stringify(partyBlock(content.buyer, c, home));
  blocks.push({ label: c.say(changed ? 'buyerAfter' : 'buyer'), ...partyBlock(content.buyer, c, home) });
  if (changed) blocks.push({ label: c.say('buyerBefore'), ...partyBlock(before, c, home) });
  if (content.recipient) blocks.push({ label: c.say('recipient'), ...partyBlock(content.recipient, c, home) });
  return blocks.filter((block) => block.name.length > 0 || block.lines.length > 0);
}

/** Room for a fact's label and value beside each other, in points; a longer value goes under its label. */
const factWidth = 146;
const factSize = 8;

function factsOf(c: Context): Fact[] {
  const { content, issued } = c;
  const facts: Fact[] = [];
  const add = (key: TextKey, value: string | undefined) => {
    const room = factWidth - Math.max(...c.say(key).map((part) => widthOf(part, factSize)));
    const wide = value !== undefined && widthOf(value, factSize) > room;
    if (value) facts.push({ label: c.say(key), value: flow(value, wide ? 36 : undefined), ...(wide ? { wide } : {}) });
  };
  const issueDate = issued?.issueDate ?? content.issueDate;
  add(content.kind === 'receipt' ? 'receiptDate' : 'issueDate', issueDate && day(issueDate, c.language));
  // A pro forma documents no supply, so it has no date of one.
  const supply = content.kind === 'prepayment' ? 'prepaidDate' : 'saleDate';
  if (content.kind !== 'proforma') add(supply, content.saleDate && day(content.saleDate, c.language));
  const { payable } = content.correction?.difference ?? content.totals;
  if (toMinor(payable, content.currency) > 0n) add('dueDate', content.dueDate && day(content.dueDate, c.language));
  const [means, second] = c.say(content.payment.means);
  facts.push({ label: c.say('means'), value: means, ...(second ? { second } : {}) });
  // RULES of Poland, §14: always there. Channels whose orders have no other number show sellers and buyers just this one.
  add('order', content.order?.number ?? content.order?.externalId);
  add('proformaRef', content.proforma?.number);
  add('receiptRef', content.receipt?.number);
  return facts;
}

/** KSeF contract §12: number and code stand on the first page, the link can be clicked. */
function clearanceOf(c: Context): PrintModel['clearance'] {
  const clearance = c.issued?.clearance;
  if (!clearance) return undefined;
  return {
    svg: clearance.qrUrl ? codeSvg(clearance.qrUrl) : undefined,
    url: clearance.qrUrl,
    label: `${text('clearance', c.language)} ${clearance.system}`,
    number: flow(clearance.number, pageWide),
  };
}

function correctionFacts(c: Context): Fact[] {
  const correction = c.content.correction!;
  const original = `${correction.number} ${text('ofDay', c.language)} ${day(correction.issueDate, c.language)}`;
  const facts: Fact[] = [{ label: c.say('correctsTitle'), value: flow(original, pageWide) }];
  if (correction.saleDate && correction.saleDate !== c.content.saleDate)
    facts.push({ label: c.say('saleDate'), value: day(correction.saleDate, c.language) });
  if (correction.reason) facts.push({ label: c.say('reason'), value: flow(correction.reason, pageWide) });
  return facts;
}

// --- lines ---------------------------------------------------------------------------------------------------------------------

const fontSize = 8.3;
const headSize = 7;

/** Width in points of a text in Noto Sans; exact for digits, generous for letters. */
function widthOf(content: string, size: number): number {
  let ems = 0;
  for (const letter of content) ems += /\d/.test(letter) ? 0.573 : /[ ,.-]/.test(letter) ? 0.29 : /[A-ZŁŚÁÉÖÜ%]/.test(letter) ? 0.7 : 0.57;
  return ems * size;
}

/** Width a heading wants: one line when it is short, else the narrower of its best two. */
function headWidth(heading: string, size: number): number {
  const whole = widthOf(heading, size);
  if (whole <= 54) return whole;
  const words = heading.split(' ');
  const splits = words.map((_, i) => [words.slice(0, i).join(' '), words.slice(i).join(' ')]);
  return Math.min(...splits.map((lines) => Math.max(...lines.map((line) => widthOf(line, size)))));
}

function column(head: Label, cells: Cell[], options: { left?: boolean; strong?: boolean } = {}): Column {
  const heads = head.map((part, i) => headWidth(part, i === 0 ? headSize : headSize - 1) * 1.04);
  const bodies = cells.map((cell) => widthOf(typeof cell === 'string' ? cell : cell.join(''), fontSize) * (options.strong ? 1.06 : 1));
  return { label: head, width: Math.ceil(Math.max(...heads, ...bodies, 0)) + 8, ...(options.left ? { left: true } : {}) };
}

/** Writes numbers of one column so that their decimal marks stand under each other. */
function aligned(values: Decimal[], least: number, language: Language): Cell[] {
  const most = Math.max(least, ...values.map((value) => digitsOf(value, least)));
  return values.map((value) => {
    const own = digitsOf(value, least);
    const written = number(value, own, language);
    const full = number(value, most, language);
    return full.length === written.length ? written : [written, full.slice(written.length)];
  });
}

/** Hungarian law wants the net unit price (§169); a line priced gross has it as net ÷ quantity. */
function unitPrices(lines: DocumentLine[], c: Context): { key: 'priceNet' | 'priceGross'; values: Decimal[] } {
  const { taxMethod, seller } = c.content;
  if (taxMethod === 'net') return { key: 'priceNet', values: lines.map((line) => line.unitPrice) };
  if (seller.country !== 'HU') return { key: 'priceGross', values: lines.map((line) => line.unitPrice) };
  return { key: 'priceNet', values: lines.map((line) => fixed(scaled(netUnitPrice(line, c.content.currency)), 2)) };
}

type Figures = { columns: Column[]; cells: Cell[][]; sumColumns: number[] };

/** The columns behind the name, and for every line its cells. */
function figures(lines: DocumentLine[], c: Context): Figures {
  const { language, content } = c;
  const receipt = content.kind === 'receipt';
  const prices = unitPrices(lines, c);
  const quantity = aligned(
    lines.map((line) => line.quantity),
    0,
    language,
  );
  const unit = lines.map((line) => line.unit);
  const price = aligned(prices.values, c.digits, language);
  const rate = lines.map((line) => rateSign(line.rate, language, c.regime));
  const [net, tax, gross] = [lines.map((l) => c.money(l.net)), lines.map((l) => c.money(l.tax)), lines.map((l) => c.money(l.gross))];
  const sum = (values: Cell[]) => [...values, c.money(content.totals.gross), c.money(content.correction?.before.totals.gross ?? '0')];
  const columns = [
    column(c.say('quantity'), quantity),
    column(c.say('unit'), unit, { left: true }),
    column(c.say(receipt ? 'price' : prices.key), price),
    ...(receipt ? [] : [column(c.say('net'), sum(net), { strong: true })]),
    column(c.say('rate'), rate),
    ...(receipt ? [] : [column(c.say('tax'), sum(tax), { strong: true })]),
    column(c.say(receipt ? 'amount' : 'gross'), sum(gross), { strong: true }),
  ];
  const cells = lines.map((_, i) =>
    receipt
      ? [quantity[i]!, unit[i]!, price[i]!, rate[i]!, gross[i]!]
      : [quantity[i]!, unit[i]!, price[i]!, net[i]!, rate[i]!, tax[i]!, gross[i]!],
  );
  return { columns, cells, sumColumns: receipt ? [4] : [3, 5, 6] };
}

/** A settled prepayment is named by its document's number alone; a word before it says what the number is. */
function nameOf(line: DocumentLine, c: Context): string {
  const settled = c.content.prepayments.some((prepayment) => prepayment.number === line.name);
  return settled ? `${wordsForLines(c.language).prepayment} ${line.name}` : line.name;
}

function lineTable(c: Context): PrintModel['table'] {
  const { lines } = c.content;
  const { columns, cells, sumColumns } = figures(lines, c);
  const sums = runningSums(lines, c, sumColumns.length === 1);
  const rows = lines.map((line, i) => ({
    name: flow(nameOf(line, c)),
    ...(line.note ? { note: flow(line.note) } : {}),
    cells: cells[i]!,
    sums: sums[i]!,
  }));
  const long = lines.length > shortTable || lines.reduce((length, line) => length + line.name.length + (line.note?.length ?? 0), 0) > 800;
  const carry = { over: c.say('carryOver'), from: c.say('carryFrom'), columns: sumColumns, empty: [] };
  return { first: c.say('name'), columns, rows, ...(long ? { carry } : {}) };
}

function orderedOf(c: Context): PrintModel['ordered'] {
  const { kind, ordered } = c.content;
  if (kind !== 'prepayment' || !ordered) return undefined;
  const { columns, cells } = figures(ordered.lines, c);
  const rows = ordered.lines.map((line, i) => ({ name: flow(line.name), cells: cells[i]! }));
  const total = { label: c.say('totalGross'), value: c.moneyWithSign(ordered.gross) };
  return { title: c.say('orderedTitle'), first: c.say('name'), columns, rows, total };
}

/** A table of so few lines stays on its page; carrying would only cost time. */
const shortTable = 12;

function runningSums(lines: DocumentLine[], c: Context, grossOnly: boolean): string[][] {
  const { currency } = c.content;
  const run = [0n, 0n, 0n];
  return lines.map((line) => {
    for (const [i, amount] of [line.net, line.tax, line.gross].entries()) run[i]! += toMinor(amount, currency);
    const written = run.map((minor) => c.money(fromMinor(minor, currency)));
    return grossOnly ? [written[2]!] : written;
  });
}

// --- correction ----------------------------------------------------------------------------------------------------------------

type Pair = { before?: DocumentLine; after?: DocumentLine };

/** A line after the correction and the one it was: by id, else by the order's line. */
function pairs(c: Context): Pair[] {
  const left = [...c.content.correction!.before.lines];
  const take = (find: (line: DocumentLine) => boolean) => {
    const at = left.findIndex(find);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const found = c.content.lines.map((after) => ({
    after,
    before:
      take((line) => line.id === after.id) ?? take((line) => line.orderLineId !== undefined && line.orderLineId === after.orderLineId),
  }));
  return [...found, ...left.map((before) => ({ before }))];
}

function changesOf(c: Context): PrintModel['changes'] {
  const changed = pairs(c).filter(({ before, after }) => !before || !after || differs(before, after, c));
  const all = c.content.lines.length;
  const rest =
    changed.length === 0 ? text('linesAllUnchanged', c.language) : changed.length < all ? text('linesUnchanged', c.language) : undefined;
  const triples = changed.map(({ before, after }) => {
    const known = (after ?? before)!;
    const empty = { ...known, quantity: '0', net: '0', tax: '0', gross: '0' };
    return [before ?? empty, after ?? empty, difference(before ?? empty, after ?? empty, c)];
  });
  const { columns, cells } = figures(triples.flat(), c);
  // A difference says only what differs: no unit, no rate, no zero quantity or price.
  const ofDifference = (row: Cell[]) =>
    row.map((value, i) => (i === 1 || i === 4 || (i !== 3 && i < 5 && !/[1-9]/.test([value].flat()[0]!)) ? '' : value));
  const stages = [c.say('before'), c.say('after'), c.say('difference')].map((part) => part[0]);
  const groups = changed.map(({ before, after }, i) => {
    const names = [before?.name, after?.name].filter((name) => name !== undefined);
    const name = names.length === 2 && names[0] !== names[1] ? `${names[0]} → ${names[1]}` : names[0]!;
    return {
      name: flow(name),
      stages: stages.map((stage, s) => ({
        stage,
        cells: s < 2 ? cells[i * 3 + s]! : ofDifference(cells[i * 3 + s]!),
        ...(s === 2 ? { strong: true } : {}),
      })),
    };
  });
  return { first: c.say('name'), columns: [column(c.say('stage'), stages, { left: true }), ...columns], groups, ...(rest ? { rest } : {}) };
}

function differs(before: DocumentLine, after: DocumentLine, c: Context): boolean {
  const facts = (line: DocumentLine) =>
    [line.name, line.unit, number(line.quantity, 6, 'en'), number(line.unitPrice, 6, 'en'), line.rate ? rateId(line.rate) : ''].join('\n') +
    [line.net, line.tax, line.gross].map((amount) => toMinor(amount, c.content.currency)).join('\n');
  return facts(before) !== facts(after);
}

function difference(before: DocumentLine, after: DocumentLine, c: Context): DocumentLine {
  const { currency } = c.content;
  const minus = (a: Decimal, b: Decimal) => {
    const [x, y] = [scaled(a), scaled(b)];
    const scale = Math.max(x.scale, y.scale);
    return decimal({ value: x.value * 10n ** BigInt(scale - x.scale) - y.value * 10n ** BigInt(scale - y.scale), scale });
  };
  const money = (a: Decimal, b: Decimal) => fromMinor(toMinor(a, currency) - toMinor(b, currency), currency);
  return {
    ...after,
    quantity: minus(after.quantity, before.quantity),
    unitPrice: minus(after.unitPrice, before.unitPrice),
    net: money(after.net, before.net),
    tax: money(after.tax, before.tax),
    gross: money(after.gross, before.gross),
  };
}

// --- sums ----------------------------------------------------------------------------------------------------------------------

function ratesOf(c: Context): PrintModel['rates'] {
  const { content } = c;
  const accounting = content.exchange?.accountingCurrency;
  const totals = content.correction ? [content.correction.before.totals, content.totals, content.correction.difference] : [content.totals];
  const stages = (['before', 'after', 'difference'] as const).map((key) => text(key, c.language));
  const kinds = new Map(totals.flatMap((t) => t.byRate.map((rate) => [rateId(rate), rate] as const)));
  const rows: PrintModel['rates']['rows'] = [];
  for (const [key, kind] of kinds) {
    for (const [s, t] of totals.entries()) {
      const rate = t.byRate.find((r) => rateId(r) === key);
      const sign = s === 0 ? rateSign(kind, c.language, c.regime) : '';
      rows.push(rateRow([sign, ...(content.correction ? [stages[s]!] : [])], rate, c, s === totals.length - 1));
    }
  }
  for (const [s, t] of totals.entries()) {
    const head = [s === 0 ? text('total', c.language) : '', ...(content.correction ? [stages[s]!] : [])];
    const taxAccounting = accountingTax(t, accounting);
    const last = s === totals.length - 1;
    rows.push({ ...rateRow(head, { ...t, taxAccounting }, c, last), ...(last ? { strong: true } : {}) });
  }
  const cells = (i: number) => rows.map((row) => row.cells[i] ?? '');
  const heads: { head: Label; left?: boolean }[] = [
    { head: c.say('taxRate'), left: true },
    ...(content.correction ? [{ head: c.say('stage'), left: true }] : []),
    { head: c.say('taxBase') },
    { head: c.say('tax') },
    ...(accounting ? [{ head: [`${text('rate', c.language)} (${accounting})`] as Label }] : []),
    { head: c.say('gross') },
  ];
  const columns = heads.map(({ head, left }, i) => column(head, cells(i), { left, strong: true }));
  return { title: c.say('taxSummary'), columns, rows };
}

type Sums = { net: Decimal; tax: Decimal; gross: Decimal; taxAccounting?: Decimal };

function rateRow(head: string[], sums: Sums | undefined, c: Context, close: boolean): PrintModel['rates']['rows'][number] {
  const exchange = c.content.exchange;
  const local = (amount: Decimal | undefined) =>
    amount === undefined ? '' : number(amount, moneyDigits(exchange!.accountingCurrency, [amount]), c.language);
  const cells = [
    ...head,
    c.money(sums?.net ?? '0'),
    c.money(sums?.tax ?? '0'),
    ...(exchange ? [local(sums ? sums.taxAccounting : '0')] : []),
    c.money(sums?.gross ?? '0'),
  ];
  return { cells, ...(close ? { close } : {}) };
}

function accountingTax(totals: Totals, currency: string | undefined): Decimal | undefined {
  if (!currency || totals.byRate.some((rate) => rate.taxAccounting === undefined)) return undefined;
  return fromMinor(
    totals.byRate.reduce((all, rate) => all + toMinor(rate.taxAccounting!, currency), 0n),
    currency,
  );
}

function totalsOf(c: Context, totals: Totals): PrintModel['totals'] {
  const { currency } = c.content;
  const rows: PrintModel['totals'] = [
    { label: c.say('totalNet'), value: c.moneyWithSign(totals.net) },
    { label: c.say('totalTax'), value: c.moneyWithSign(totals.tax) },
    { label: c.say('totalGross'), value: c.moneyWithSign(totals.gross) },
  ];
  if (toMinor(totals.rounding, currency) !== 0n) rows.push({ label: c.say('rounding'), value: c.moneyWithSign(totals.rounding) });
  if (toMinor(totals.paid, currency) !== 0n) rows.push({ label: paidLabel(c), value: c.moneyWithSign(totals.paid) });
  return rows;
}

function paidLabel(c: Context): Label {
  const { paidAt } = c.content.payment;
  const [first, ...second] = c.say('paid');
  return (paidAt ? [`${first} ${day(civilDay(paidAt, c.regime.zone), c.language)}`, ...second] : [first, ...second]) as Label;
}

function payableOf(c: Context, totals: Totals): PrintModel['payable'] {
  const { kind, currency } = c.content;
  const owed = toMinor(totals.payable, currency);
  const key = owed < 0n ? 'toReturn' : kind === 'correction' && owed > 0n ? 'toAdd' : 'payable';
  return { label: c.say(key), value: c.moneyWithSign(fromMinor(owed < 0n ? -owed : owed, currency)), due: owed !== 0n };
}

/** Expected on Polish and Hungarian prints (poland/RULES §13), unknown in Sweden. What is still owed, or the whole when nothing is. */
function wordsOf(c: Context, totals: Totals, style: Look['amountInWords']): PrintModel['words'] {
  const chosen = style ?? (c.regime.country === 'SE' ? 'none' : 'classic');
  if (chosen === 'none' || c.content.kind === 'receipt') return undefined;
  const { currency } = c.content;
  const owed = toMinor(totals.payable, currency);
  const amount = fromMinor(owed < 0n ? -owed : owed, currency);
  return { label: c.say('inWords'), value: amountInWords(owed === 0n ? totals.gross : amount, currency, c.language, chosen) };
}

function prepaymentsOf(c: Context): PrintModel['prepayments'] {
  const { prepayments } = c.content;
  if (prepayments.length === 0) return undefined;
  const { currency } = c.content;
  const rows = prepayments.map((prepayment) => {
    const add = (pick: 'net' | 'tax') =>
      fromMinor(
        prepayment.byRate.reduce((all, rate) => all + toMinor(rate[pick], currency), 0n),
        currency,
      );
    return [prepayment.number, day(prepayment.issueDate, c.language), c.money(add('net')), c.money(add('tax')), c.money(prepayment.gross)];
  });
  const heads = [c.say('documentNumber'), c.say('issueDate'), c.say('net'), c.say('tax'), c.say('gross')];
  const columns = heads.map((head, i) =>
    column(
      head,
      rows.map((row) => row[i]!),
      { left: i < 2 },
    ),
  );
  return { title: c.say('prepaymentsTitle'), columns, rows: rows.map(([first, ...others]) => [flow(first!), ...others]) };
}

/** Art. 106e(11), §169: rate, table and day stand beside the tax in the accounting currency. */
function exchangeOf(c: Context): PrintModel['exchange'] {
  const { exchange, currency } = c.content;
  if (!exchange) return undefined;
  const rate = number(exchange.rate, digitsOf(exchange.rate, 2), c.language);
  const table = exchange.table ? `${text('exchangeTable', c.language)} ${exchange.table}` : '';
  const when = `${text('exchangeDate', c.language)} ${day(exchange.date, c.language)}`;
  const source = [exchange.source, table, when].filter(Boolean).join(', ');
  return { title: c.say('exchangeTitle'), text: `1 ${currency} = ${rate} ${exchange.accountingCurrency} (${plain(source)})` };
}

// --- payment and notes ---------------------------------------------------------------------------------------------------------

const toAccount = new Set(['bank_transfer', 'deferred', 'other']);

function paymentOf(c: Context, shown: Totals): PrintModel['payment'] {
  const { content, issued } = c;
  const { seller } = content;
  if (toMinor(shown.payable, content.currency) <= 0n || !toAccount.has(content.payment.means)) return undefined;
  const facts: Fact[] = [];
  const add = (head: Label, value: string | undefined) => {
    if (value) facts.push({ label: head, value: flow(value, pageWide) });
  };
  add(c.say('account'), seller.bankAccount && account(seller.bankAccount));
  add(c.say('bank'), seller.bankName);
  add(['BIC'], seller.bic);
  add(['Bankgiro'], seller.bankgiro);
  add(['Plusgiro'], seller.plusgiro);
  if (facts.length === 0) return undefined;
  const isOcr = (seller.bankgiro || seller.plusgiro) && /^\d{2,25}$/.test(content.payment.reference ?? '');
  add(c.say(isOcr ? 'ocr' : 'reference'), content.payment.reference ?? issued?.number);
  const payload = paymentCode(content, issued, shown.payable);
  return { title: c.say('payTitle'), facts, svg: payload && codeSvg(payload), scan: c.say('scan') };
}

/** Words the law prescribes are printed in the seller's own language whatever language the document has, then in those of its readers. */
function legalWords(name: Phrase, c: Context): string {
  return [
    ...new Set([c.regime.language, c.language, c.content.secondLanguage ?? c.language].map((language) => phrase(c.regime, name, language))),
  ].join(' / ');
}

/** The phrases this content must carry and the reasons of its rates without tax, each once. */
function legalNotes(c: Context): string[] {
  const { content } = c;
  const states = content.correction ? [content, { ...content, lines: content.correction.before.lines }] : [content];
  const phrases = states.flatMap(requiredPhrases).map((name) => legalWords(name, c));
  const exempt = (reason: string) =>
    states.some((state) => state.lines.some((l) => l.rate?.category === 'E' && l.rate.exemptionReason === reason));
  const reasons = states
    .flatMap(exemptionReasons)
    .filter((reason) => !phrases.some((said) => said.toLowerCase().includes(reason.toLowerCase())))
    .map((reason) => (exempt(reason) ? `${legalWords('exempt', c)}: ${reason}` : reason));
  // A reason that opens with the phrase and adds its article says both.
  const bare = phrases.filter((said) => !reasons.some((reason) => reason.toLowerCase().startsWith(said.toLowerCase())));
  return [...new Set([...bare, ...reasons])];
}

function notesOf(c: Context, legal: string[]): string[] {
  const { kind, notes } = c.content;
  const said = legal.join('\n').toLowerCase();
  const own = notes.filter((note) => !said.includes(note.trim().toLowerCase()));
  const usual = kind === 'proforma' ? c.say('proformaNote') : kind === 'receipt' ? c.say('receiptNote') : [];
  return [...usual, ...new Set(own)];
}

// --- text and colour -----------------------------------------------------------------------------------------------------------

/** Pictures among letters and what only steers them: no text font has them, and PDF/A refuses a letter without a glyph. */
const pictures = /[\p{Extended_Pictographic}\u{1F1E6}-\u{1F1FF}\u{1F3FB}-\u{1F3FF}\u{FE00}-\u{FE0F}]/gu;
const letterlike = /[©®™↔]/u;
/** Controls, line ends, halves and signs without a meaning; the marks that turn the reading direction could make an amount read backwards. */
const unprintable = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/** One printable line, its white space single. */
function plain(raw: string): string {
  return raw
    .replace(pictures, (sign) => (letterlike.test(sign) ? sign : ''))
    .replace(unprintable, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** Letters of a word that still fits where the text has the whole width of the page. */
const pageWide = 60;

/** Words longer than their column may be are cut into pieces of twelve letters, between which a line may end. */
function flow(raw: string, longest = 25): Flow {
  const pieces = plain(raw)
    .replace(/\S+/gu, (word) => (word.length > longest ? word.match(/.{1,12}/gsu)!.join('\n') : word))
    .split('\n');
  return pieces.length === 1 ? pieces[0]! : pieces;
}

/** What people wrote in several lines stays in several lines. */
function paragraphs(texts: (string | undefined)[]): Flow[] {
  const lines = texts.flatMap((whole) => whole?.split(/\r?\n/) ?? []).map((written) => flow(written, pageWide));
  return lines.filter((written) => written.length > 0);
}

/** The accent as it is for surfaces; a darker shade of it for letters where it would be hard to read (WCAG 4.5 : 1). */
export function styleOf(accent: string): PrintModel['style'] {
  const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent.toLowerCase() : '#1f4e79';
  let rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const onAccent = contrastWithWhite(rgb) >= 4.5 ? '#ffffff' : '#1a1a1a';
  while (contrastWithWhite(rgb) < 4.5) rgb = rgb.map((part) => Math.floor(part * 0.92));
  return { accent: colour, ink: `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`, onAccent };
}

function contrastWithWhite(rgb: number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}
