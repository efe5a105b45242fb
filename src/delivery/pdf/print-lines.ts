import type { DocumentLine, Language } from '../../domain/documents/document.ts';
import { compareDecimal, type Decimal, decimal, extend, fixed, fromMinor, scaled, toMinor } from '../../domain/money/money.ts';
import { wordsForLines } from '../../domain/regimes/index.ts';
import { netUnitPrice, rateId } from '../../domain/totals/index.ts';
import { flow } from './flow.ts';
import { digitsOf, number } from './format.ts';
import type { Cell, Column, Context, PrintModel } from './print-model.ts';
import { type Label, rateSign, text } from './texts.ts';

/** The table of lines of a print, and that of a correction with what was and what is; with how wide their columns have to be. */

const fontSize = 8.3;
const headSize = 7;

/** Width in points of a text in Noto Sans; exact for digits, generous for letters. */
export function widthOf(content: string, size: number): number {
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

export function column(head: Label, cells: Cell[], options: { left?: boolean; strong?: boolean } = {}): Column {
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

/** Do the unit prices of this document stand without tax? Some countries want it even where the seller's prices hold it. */
function netPrices({ content, regime }: Context): boolean {
  const { netUnitPrices } = regime;
  return (
    content.taxMethod === 'net' || netUnitPrices === 'everybody' || (netUnitPrices === 'companies' && content.buyer.type === 'company')
  );
}

/**
 * The price of a unit as it is printed: the line's own, or where that holds the tax and must not, net ÷ quantity with as many decimals as
 * it takes to come back to the net, at most four. Undefined where nothing was sold to divide by.
 */
function unitPrice(line: DocumentLine, c: Context): Decimal | undefined {
  if (c.content.taxMethod === 'net' || !netPrices(c)) return line.unitPrice;
  if (scaled(line.quantity).value === 0n) return undefined;
  const { currency } = c.content;
  const exact = scaled(netUnitPrice(line, currency));
  const written = [2, 3]
    .map((digits) => fixed(exact, digits))
    .find((price) => extend(line.quantity, price, currency) === toMinor(line.net, currency));
  return written ?? fixed(exact, 4);
}

type Figures = { columns: Column[]; cells: Cell[][]; sumColumns: number[] };

/** The columns behind the name, and for every line its cells. */
function figures(lines: DocumentLine[], c: Context, unitPrices: Decimal[] = lines.map((line) => unitPrice(line, c) ?? '0')): Figures {
  const { language, content } = c;
  const receipt = content.kind === 'receipt';
  const quantity = aligned(
    lines.map((line) => line.quantity),
    0,
    language,
  );
  const unit = lines.map((line) => line.unit);
  const price = aligned(unitPrices, c.digits, language);
  const rate = lines.map((line) => rateSign(line.rate, language, c.regime));
  const [net, tax, gross] = [lines.map((l) => c.money(l.net)), lines.map((l) => c.money(l.tax)), lines.map((l) => c.money(l.gross))];
  const sum = (values: Cell[]) => [...values, c.money(content.totals.gross), c.money(content.correction?.before.totals.gross ?? '0')];
  const columns = [
    column(c.say('quantity'), quantity),
    column(c.say('unit'), unit, { left: true }),
    column(c.say(receipt ? 'price' : netPrices(c) ? 'priceNet' : 'priceGross'), price),
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

export function lineTable(c: Context): PrintModel['table'] {
  const { lines } = c.content;
  const { columns, cells, sumColumns } = figures(lines, c);
  const sums = runningSums(lines, c, sumColumns.length === 1);
  const rows = lines.map((line, i) => ({
    name: flow(nameOf(line, c)),
    ...(line.note ? { note: flow(line.note) } : {}),
    cells: cells[i]!,
    sums: sums[i]!,
  }));
  const lengths = lines.map((line) => line.name.length + (line.note?.length ?? 0));
  const long = lines.length > shortTable || lengths.reduce((sum, length) => sum + length, 0) > 800;
  const carry = { over: c.say('carryOver'), from: c.say('carryFrom'), columns: sumColumns, empty: [] };
  const lastWithTotals = long && lines.length > 1 && lengths.at(-1)! <= shortRow;
  return { first: c.say('name'), columns, rows, ...(long ? { carry } : {}), ...(lastWithTotals ? { lastWithTotals } : {}) };
}

export function orderedOf(c: Context): PrintModel['ordered'] {
  const { kind, ordered } = c.content;
  if (kind !== 'prepayment' || !ordered) return undefined;
  const { columns, cells } = figures(ordered.lines, c);
  const rows = ordered.lines.map((line, i) => ({ name: flow(line.name), cells: cells[i]! }));
  const total = { label: c.say('totalGross'), value: c.moneyWithSign(ordered.gross) };
  return { title: c.say('orderedTitle'), first: c.say('name'), columns, rows, total };
}

/** A table of so few lines stays on its page; carrying would only cost time. */
const shortTable = 12;
/** Letters of a row that goes with the totals in one piece; a longer one, in a narrow column, might be higher than a page together with them. */
const shortRow = 300;

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

export function changesOf(c: Context): PrintModel['changes'] {
  const changed = pairs(c).filter(({ before, after }) => !before || !after || differs(before, after, c));
  const all = c.content.lines.length;
  const rest =
    changed.length === 0 ? text('linesAllUnchanged', c.language) : changed.length < all ? text('linesUnchanged', c.language) : undefined;
  const triples = changed.map(({ before, after }) => {
    const known = (after ?? before)!;
    const empty = { ...known, quantity: '0', net: '0', tax: '0', gross: '0' };
    return [before ?? empty, after ?? empty, difference(before ?? empty, after ?? empty, c)];
  });
  const prices = triples.flatMap(([was, is]) => pricesOfChange(was!, is!, c));
  const { columns, cells } = figures(triples.flat(), c, prices);
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
  const lastWithTotals = groups.length > 1 && [groups.at(-1)!.name].flat().join('').length <= shortRow;
  return {
    first: c.say('name'),
    columns: [column(c.say('stage'), stages, { left: true }), ...columns],
    groups,
    ...(rest ? { rest } : {}),
    ...(lastWithTotals ? { lastWithTotals } : {}),
  };
}

function differs(before: DocumentLine, after: DocumentLine, c: Context): boolean {
  const facts = (line: DocumentLine) =>
    [line.name, line.unit, number(line.quantity, 6, 'en'), number(line.unitPrice, 6, 'en'), line.rate ? rateId(line.rate) : ''].join('\n') +
    [line.net, line.tax, line.gross].map((amount) => toMinor(amount, c.content.currency)).join('\n');
  return facts(before) !== facts(after);
}

/**
 * Before, after and their difference; of a price that stays at the same rate, no rounding makes a difference, and a line of which nothing is
 * left keeps it.
 */
function pricesOfChange(before: DocumentLine, after: DocumentLine, c: Context): [Decimal, Decimal, Decimal] {
  const [was, is] = [unitPrice(before, c), unitPrice(after, c)];
  const [from, to] = [was ?? is ?? '0', is ?? was ?? '0'];
  const rateOf = ({ rate }: DocumentLine) => rate && rateId(rate);
  const stays = compareDecimal(before.unitPrice, after.unitPrice) === 0 && rateOf(before) === rateOf(after);
  return [from, to, stays ? '0' : minus(to, from)];
}

function minus(a: Decimal, b: Decimal): Decimal {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  return decimal({ value: x.value * 10n ** BigInt(scale - x.scale) - y.value * 10n ** BigInt(scale - y.scale), scale });
}

function difference(before: DocumentLine, after: DocumentLine, c: Context): DocumentLine {
  const { currency } = c.content;
  const money = (a: Decimal, b: Decimal) => fromMinor(toMinor(a, currency) - toMinor(b, currency), currency);
  return {
    ...after,
    quantity: minus(after.quantity, before.quantity),
    net: money(after.net, before.net),
    tax: money(after.tax, before.tax),
    gross: money(after.gross, before.gross),
  };
}
