import type { DocumentContent, DocumentLine, Totals } from '../documents/document.ts';
import { divide, extend, fixed, fromMinor, rescale, scaled, sum, toMinor } from '../money/money.ts';
import type { TaxRate } from '../orders/order.ts';
import { cashStep, divideToStep, exchanged, minorToStep, stepFor, taxStep, toStep } from './rounding.ts';
import { byRateDescending, percentOf, percentParts, rateId, respread, takenOff } from './spread.ts';
import { treated } from './treatment.ts';

/**
 * Amounts of a document from its prices. Gross method (en16931 §4.2): tax is taken out of the gross of each rate, so the document
 * always lands on what the buyer paid; the nets of the lines share the net of the rate. Net method: tax is added per rate.
 * Documents of a provider that rounds the tax on each line are computed the way it does (`taxRounding`, poland/RULES §11). Parts sum to the whole in all of them.
 */

type RateTotal = Totals['byRate'][number];

type Amounts = { net: bigint; tax: bigint; gross: bigint };
type Group = Amounts & { rate: TaxRate | undefined; lines: number[] };

/** The one function after every edit: shares divided anew, lines, totals and, for a correction, the difference. */
export function recompute(edited: DocumentContent): DocumentContent {
  const content = treated(edited);
  const spread = respread(content.lines, content.currency);
  const settled = content.kind === 'final' ? withDeductions(content, spread) : spread;
  const { lines, totals } = computeLines({ ...content, lines: settled });
  const next = { ...content, lines, totals };
  if (!content.correction) return next;
  const before = content.correction.before.totals;
  return { ...next, correction: { ...content.correction, difference: totalsDifference(before, totals, content.currency) } };
}

/** Lines with their amounts, and totals, of a content whose shares and deductions are in place. */
function computeLines(content: DocumentContent): { lines: DocumentLine[]; totals: Totals } {
  const { currency } = content;
  const amounts: Amounts[] = content.lines.map((line) => lineAmounts(line, content));
  const groups = new Map<string, Group>();
  content.lines.forEach((line, i) => {
    if (isDeduction(content, line)) return;
    const id = line.rate ? rateId(line.rate) : '';
    const group = groups.get(id) ?? { rate: line.rate, lines: [], net: 0n, tax: 0n, gross: 0n };
    group.lines.push(i);
    groups.set(id, group);
  });
  for (const group of groups.values()) settleGroup(group, amounts, content);
  // A deduction takes the tax off that its prepayment invoice showed, not a tax computed anew.
  content.lines.forEach((line, i) => {
    if (!isDeduction(content, line) || !line.rate) return;
    const id = rateId(line.rate);
    const group = groups.get(id) ?? { rate: line.rate, lines: [], net: 0n, tax: 0n, gross: 0n };
    add(group, amounts[i]!);
    groups.set(id, group);
  });
  const lines = content.lines.map((line, i) => {
    const { net, tax, gross } = amounts[i]!;
    return { ...line, net: fromMinor(net, currency), tax: fromMinor(tax, currency), gross: fromMinor(gross, currency) };
  });
  return { lines, totals: totalsOf([...groups.values()], content) };
}

function lineAmounts(line: DocumentLine, content: DocumentContent): Amounts {
  const { currency } = content;
  if (isDeduction(content, line)) {
    return { net: toMinor(line.net, currency), tax: toMinor(line.tax, currency), gross: toMinor(line.gross, currency) };
  }
  if (content.taxMethod === 'gross') {
    const gross = extend(line.quantity, line.unitPrice, currency);
    return { net: gross, tax: 0n, gross };
  }
  const [quantity, price] = [scaled(line.quantity), scaled(line.unitPrice)];
  const exact = { value: quantity.value * price.value, scale: quantity.scale + price.scale };
  const net = minorToStep(exact, currency, content.taxRounding === 'discounted_line' ? 1n : taxStep(currency));
  return { net, tax: 0n, gross: net };
}

function add(total: Amounts, part: Amounts): void {
  total.net += part.net;
  total.tax += part.tax;
  total.gross += part.gross;
}

/** Tax of one rate, then of its lines; what rounding leaves over goes to the line of largest value. */
function settleGroup(group: Group, amounts: Amounts[], content: DocumentContent): void {
  const parts = percentParts(group.rate);
  const members = group.lines.map((i) => amounts[i]!);
  if (content.taxRounding === 'line' || content.taxRounding === 'discounted_line') {
    settleByLine(group, members, content);
    return;
  }
  if (content.taxMethod === 'gross') {
    group.gross = sum(members.map((m) => m.gross));
    const step = stepFor(group.gross, content.currency);
    group.tax = divideToStep(group.gross * parts.rate, parts.hundred + parts.rate, step);
    group.net = group.gross - group.tax;
    for (const m of members) m.net = divideToStep(m.gross * parts.hundred, parts.hundred + parts.rate, step);
    largest(members).net += group.net - sum(members.map((m) => m.net));
    for (const m of members) m.tax = m.gross - m.net;
    return;
  }
  const step = taxStep(content.currency);
  group.net = sum(members.map((m) => m.net));
  group.tax = divideToStep(group.net * parts.rate, parts.hundred, step);
  group.gross = group.net + group.tax;
  for (const m of members) m.tax = divideToStep(m.net * parts.rate, parts.hundred, step);
  largest(members).tax += group.tax - sum(members.map((m) => m.tax));
  for (const m of members) m.gross = m.net + m.tax;
}

/**
 * Tax of each line by itself, and of the rate as their sum. Where discounts are taken off the lines before their tax is rounded, the
 * discount's own tax is what that makes of theirs.
 */
function settleByLine(group: Group, members: Amounts[], { taxMethod, taxRounding, currency }: DocumentContent): void {
  const { rate, hundred } = percentParts(group.rate);
  const folds = taxRounding === 'discounted_line';
  const step = (gross: bigint) => (folds ? 1n : stepFor(gross, currency));
  const taxIn = (gross: bigint) => gross - divideToStep(gross * hundred, hundred + rate, step(gross));
  for (const m of members) {
    if (taxMethod === 'net') m.gross = m.net + divideToStep(m.net * rate, hundred, folds ? 1n : taxStep(currency));
    m.tax = taxMethod === 'net' ? m.gross - m.net : taxIn(m.gross);
    m.net = m.gross - m.tax;
  }
  const borne = folds ? takenOff(members.map((m) => m.gross)) : undefined;
  const discounts = members.filter((m) => m.gross < 0n);
  if (borne && discounts.length > 0) {
    const left = sum(borne.map(taxIn)) - sum(members.map((m) => m.tax));
    const bearer = largest(discounts);
    bearer.tax += left;
    bearer.net -= left;
  }
  for (const m of members) add(group, m);
}

function largest(members: Amounts[]): Amounts {
  const size = (m: Amounts) => (m.gross < 0n ? -m.gross : m.gross);
  return members.reduce((best, m) => (size(m) > size(best) ? m : best));
}

function totalsOf(groups: Group[], content: DocumentContent): Totals {
  const { currency } = content;
  const whole: Amounts = { net: 0n, tax: 0n, gross: 0n };
  for (const group of groups) add(whole, group);
  const rated = groups.filter((group) => group.rate !== undefined).sort((a, b) => byRateDescending(a.rate!, b.rate!));
  const worth = rated.filter((group) => group.gross !== 0n || group.tax !== 0n);
  const paid = toMinor(content.payment.paid, currency);
  const rounding = roundingOf(whole.gross, paid, content);
  return {
    net: fromMinor(whole.net, currency),
    tax: fromMinor(whole.tax, currency),
    gross: fromMinor(whole.gross, currency),
    rounding: fromMinor(rounding, currency),
    paid: fromMinor(paid, currency),
    payable: fromMinor(whole.gross + rounding - paid, currency),
    // A rate worth nothing is not shown, unless the document is worth nothing at all.
    byRate: (worth.length > 0 ? worth : rated).map((group) => rateTotal(group, content)),
  };
}

function rateTotal(group: Group, content: DocumentContent): RateTotal {
  const { currency, exchange } = content;
  const rate = group.rate!;
  return {
    category: rate.category,
    ...(rate.percent !== undefined && { percent: percentOf(rate) }),
    ...(rate.exemptionReason && { exemptionReason: rate.exemptionReason }),
    ...(rate.key && { key: rate.key }),
    net: fromMinor(group.net, currency),
    tax: fromMinor(group.tax, currency),
    gross: fromMinor(group.gross, currency),
    ...(exchange && { taxAccounting: exchanged(group.tax, currency, exchange) }),
  };
}

/**
 * Rounding of the amount due (BT-114), never of a line: to the step of the document, else of cash. What is left to pay is rounded, whatever
 * part was paid otherwise before; a document paid to the cent is not rounded any more.
 */
function roundingOf(gross: bigint, paid: bigint, content: DocumentContent): bigint {
  const step = content.roundTo
    ? toMinor(content.roundTo, content.currency)
    : content.payment.means === 'cash'
      ? cashStep(content.currency)
      : 1n;
  if (step <= 1n || paid === gross) return 0n;
  // More than the sum was paid: the shop charged it rounded.
  const due = paid > gross && gross >= 0n ? gross : gross - paid;
  return toStep(due, step) - due;
}

/** Lines of a prepayment invoice inside the final invoice that settles it, or inside a correction of that. */
function isDeduction(content: DocumentContent, line: DocumentLine): boolean {
  return line.kind === 'prepayment' && content.prepayments.length > 0;
}

/** One negative line for each rate of each settled prepayment invoice, after the lines of the delivery. */
function withDeductions(content: DocumentContent, lines: DocumentLine[]): DocumentLine[] {
  const { currency } = content;
  const negative = (amount: string) => fromMinor(-toMinor(amount, currency), currency);
  const known = new Map(lines.map((line) => [line.id, line]));
  const deductions = content.prepayments.flatMap((prepayment) =>
    prepayment.byRate.map((row): DocumentLine => {
      const { category, percent, exemptionReason, key } = row;
      const id = `prepayment:${prepayment.documentId}/${rateId(row)}`;
      return {
        id,
        kind: 'prepayment',
        name: known.get(id)?.name ?? prepayment.number,
        quantity: '1',
        unit: known.get(id)?.unit ?? '',
        unitPrice: negative(content.taxMethod === 'gross' ? row.gross : row.net),
        rate: { category, percent, exemptionReason, key, source: 'rule' },
        net: negative(row.net),
        tax: negative(row.tax),
        gross: negative(row.gross),
      };
    }),
  );
  return [...lines.filter((line) => line.kind !== 'prepayment'), ...deductions];
}

/** after − before, rate by rate: what the books receive from a correction. */
export function totalsDifference(before: Totals, after: Totals, currency: string): Totals {
  const minus = (a = '0', b = '0') => fromMinor(toMinor(a, currency) - toMinor(b, currency), currency);
  const ids = new Map<string, { before?: RateTotal; after?: RateTotal }>();
  for (const row of before.byRate) ids.set(rateId(row), { before: row });
  for (const row of after.byRate) ids.set(rateId(row), { ...ids.get(rateId(row)), after: row });
  const byRate = [...ids.values()].map(({ before: b, after: a }): RateTotal => {
    const { category, percent, exemptionReason, key } = (a ?? b)!;
    const accounting = a?.taxAccounting !== undefined || b?.taxAccounting !== undefined;
    return {
      category,
      ...(percent !== undefined && { percent }),
      ...(exemptionReason && { exemptionReason }),
      ...(key && { key }),
      net: minus(a?.net, b?.net),
      tax: minus(a?.tax, b?.tax),
      gross: minus(a?.gross, b?.gross),
      ...(accounting && { taxAccounting: subtract(a?.taxAccounting, b?.taxAccounting) }),
    };
  });
  return {
    net: minus(after.net, before.net),
    tax: minus(after.tax, before.tax),
    gross: minus(after.gross, before.gross),
    rounding: minus(after.rounding, before.rounding),
    paid: minus(after.paid, before.paid),
    payable: minus(after.payable, before.payable),
    byRate: byRate.sort(byRateDescending).filter((row) => [row.net, row.tax, row.gross].some((amount) => toMinor(amount, currency) !== 0n)),
  };
}

/** Amounts of the accounting currency, whose name a row does not carry: both have the same decimals. */
function subtract(a = '0', b = '0'): string {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  return fixed({ value: rescale(x, scale) - rescale(y, scale), scale }, scale);
}

/** Net price of one unit with at most six decimals, for formats that know net prices only (en16931 §4.2.3). */
export function netUnitPrice(line: DocumentLine, currency: string): string {
  const quantity = scaled(line.quantity);
  if (quantity.value === 0n) return '0';
  const net = toMinor(line.net, currency);
  const digits = 10n ** 6n * 10n ** BigInt(quantity.scale);
  const minor = 10n ** BigInt(scaled(fromMinor(0n, currency)).scale);
  const value = divide(net * digits, minor * quantity.value);
  return trimmed(fixed({ value, scale: 6 }, 6));
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
