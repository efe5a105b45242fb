import { civilDay } from '../../domain/days/day.ts';
import type { Totals } from '../../domain/documents/document.ts';
import { type Decimal, fromMinor, toMinor } from '../../domain/money/money.ts';
import { amountInWords } from '../../domain/regimes/index.ts';
import { rateId } from '../../domain/totals/index.ts';
import { flow, plain } from './flow.ts';
import { day, digitsOf, moneyDigits, number } from './format.ts';
import { column } from './print-lines.ts';
import type { Context, Look, PrintModel } from './print-model.ts';
import { type Label, rateSign, text } from './texts.ts';

/** What stands below the lines of a print: sums by rate, totals, prepayments, the exchange rate. */

export function ratesOf(c: Context): PrintModel['rates'] {
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

export function totalsOf(c: Context, totals: Totals): PrintModel['totals'] {
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

export function payableOf(c: Context, totals: Totals): PrintModel['payable'] {
  const { kind, currency } = c.content;
  const owed = toMinor(totals.payable, currency);
  const key = owed < 0n ? 'toReturn' : kind === 'correction' && owed > 0n ? 'toAdd' : 'payable';
  return { label: c.say(key), value: c.moneyWithSign(fromMinor(owed < 0n ? -owed : owed, currency)), due: owed !== 0n };
}

/** Expected on Polish and Hungarian prints (poland/RULES §13), unknown in Sweden. What is still owed, or the whole when nothing is. */
export function wordsOf(c: Context, totals: Totals, style: Look['amountInWords']): PrintModel['words'] {
  const chosen = style ?? (c.regime.country === 'SE' ? 'none' : 'classic');
  if (chosen === 'none' || c.content.kind === 'receipt') return undefined;
  const { currency } = c.content;
  const owed = toMinor(totals.payable, currency);
  const amount = fromMinor(owed < 0n ? -owed : owed, currency);
  return { label: c.say('inWords'), value: amountInWords(owed === 0n ? totals.gross : amount, currency, c.language, chosen) };
}

export function prepaymentsOf(c: Context): PrintModel['prepayments'] {
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
export function exchangeOf(c: Context): PrintModel['exchange'] {
  const { exchange, currency } = c.content;
  if (!exchange) return undefined;
  const rate = number(exchange.rate, digitsOf(exchange.rate, 2), c.language);
  const table = exchange.table ? `${text('exchangeTable', c.language)} ${exchange.table}` : '';
  const when = `${text('exchangeDate', c.language)} ${day(exchange.date, c.language)}`.trim();
  const source = [exchange.source, table, when].filter(Boolean).join(', ');
  return { title: c.say('exchangeTitle'), text: `1 ${currency} = ${rate} ${exchange.accountingCurrency} (${plain(source)})` };
}
