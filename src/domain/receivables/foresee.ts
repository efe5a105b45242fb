import { addDays, type Day } from '../days/day.ts';
import { type Finding, hold, warning } from '../finding.ts';
import { type Decimal, fitsCurrency, fromMinor, sum, toMinor } from '../money/money.ts';
import {
  enact,
  gathered,
  type LedgerSums,
  ledgerSums,
  leftOf,
  remainingOf,
  rowGross,
  type Sums,
  sumsDifference,
  sumsOfRows,
  takesAll,
} from './ledger.ts';
import { type Action, allows, type Part, type Pick, type RowInput, type Verb } from './receivable.ts';

/** What the agreement with the provider says, as far as the seller told us; the provider's answer counts. */
export type Terms = { dueDays: number; extendDays: number; pendingDays: number };

/** What will happen, before it is done. */
export type Foresight = {
  verb: Verb;
  /** Whole or some of the rows: activation and credit. */
  whole: boolean;
  /** What the action is about: the amount activated, credited, adjusted, cancelled. */
  amount: Sums;
  before: LedgerSums;
  after: LedgerSums;
  parts: Part[];
  dueDate?: { before?: Day; after?: Day };
  /** The rest that stays pending; absent when nothing is left. */
  rest?: Sums;
  findings: Finding[];
};

/**
 * The dry check of every verb: what will happen to totals, tax and due date, and everything that stands in the way, all at once. Nothing
 * may be sent while a finding of level hold is among them.
 */
export function foresee(
  parts: readonly Part[],
  action: Action,
  terms: Terms,
  now: { at: string; today: Day },
  currency: string,
): Foresight {
  const before = ledgerSums(parts, currency);
  const nothing = sumsOfRows([], currency);
  const stopped = (findings: Finding[]): Foresight => ({
    verb: action.verb,
    whole: true,
    amount: nothing,
    before,
    after: before,
    parts: [...parts],
    findings,
  });
  if (action.verb === 'add') {
    if (parts.some((part) => part.state !== 'rejected' && part.state !== 'cancelled'))
      return stopped([hold('H_RECEIVABLE_EXISTS', 'rows')]);
  } else {
    const part = parts.find((p) => p.seq === action.part);
    if (!part) return stopped([hold('H_PART_UNKNOWN', 'part', { part: String(action.part) })]);
    const reason = whyNot(part, action.verb);
    if (reason) return stopped([reason]);
  }
  const findings = problemsOf(parts, action, currency);
  if (findings.some((f) => f.level === 'hold')) return stopped(findings);
  return { ...happens(parts, action, terms, now, currency), before, findings };
}

/** Why a verb cannot be used on a part now; undefined when it can. For the buttons. */
export function whyNot(part: Part, verb: Verb): Finding | undefined {
  const params = { state: part.state, number: part.number };
  if (!allows(part.state, verb)) return hold(`H_VERB_${part.state.toUpperCase()}`, 'part', { ...params, verb });
  if (verb === 'extend' && part.extended) return hold('H_ALREADY_EXTENDED', 'part', params);
  return undefined;
}

function problemsOf(parts: readonly Part[], action: Action, currency: string): Finding[] {
  switch (action.verb) {
    case 'add':
    case 'replace':
      return rowProblems(action.rows, currency);
    case 'activate':
      return action.picks ? activationProblems(partOf(parts, action.part), action.picks, currency) : [];
    case 'credit':
      return creditProblems(partOf(parts, action.part), action.picks, currency);
    case 'adjust':
      return adjustmentProblems(partOf(parts, action.part), action.amount, currency);
    case 'send':
      return action.by === 'email' && !action.email ? [hold('H_SEND_ADDRESS_MISSING', 'email')] : [];
    case 'extend':
      return [warning('W_EXTEND_SPARINGLY', 'part')];
    case 'cancel':
      return [warning('W_CANCEL_FOR_GOOD', 'part')];
    case 'prolong':
      return [];
  }
}

function partOf(parts: readonly Part[], seq: number): Part {
  return parts.find((part) => part.seq === seq)!;
}

/** Rows as the provider takes them: exact to the smallest unit, and each article told apart by its id. */
function rowProblems(rows: readonly RowInput[], currency: string): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, string>();
  rows.forEach((row, i) => {
    if (!fitsCurrency(row.unitPrice, currency)) findings.push(hold('H_ROW_PRICE', `rows.${i}.unitPrice`, { value: row.unitPrice }));
    const key = row.articleId;
    const facts = `${row.name}\n${toMinor(row.unitPrice, currency)}\n${toMinor(row.vat, currency)}`;
    if (seen.has(key) && seen.get(key) !== facts)
      findings.push(hold('H_ROW_ARTICLE_TWICE', `rows.${i}.articleId`, { article: row.articleId }));
    seen.set(key, facts);
  });
  if (findings.length === 0 && toMinor(sumsOfRows(rows, currency).gross, currency) <= 0n)
    findings.push(hold('H_TOTAL_NOT_POSITIVE', 'rows'));
  return findings;
}

function pickProblems(part: Part, picks: readonly Pick[]): Finding[] {
  return gathered(picks).flatMap(({ row, quantity }) => {
    const found = part.rows[row];
    if (!found) return [hold('H_ROW_UNKNOWN', 'picks', { row: String(row + 1) })];
    if (quantity > leftOf(found))
      return [hold('H_QUANTITY_TOO_HIGH', 'picks', { article: found.articleId, left: String(leftOf(found)), wanted: String(quantity) })];
    return [];
  });
}

function pickedGross(part: Part, picks: readonly Pick[], currency: string): bigint {
  return sum(gathered(picks).map(({ row, quantity }) => rowGross(part.rows[row]!, quantity, currency)));
}

function activationProblems(part: Part, picks: readonly Pick[], currency: string): Finding[] {
  const findings = pickProblems(part, picks);
  if (findings.length > 0) return findings;
  const picked = pickedGross(part, picks, currency);
  if (picked <= 0n) return [hold('H_TOTAL_NOT_POSITIVE', 'picks')];
  const rest = toMinor(remainingOf(part, currency).gross, currency) - picked;
  if (!takesAll(part, picks) && rest <= 0n) return [hold('H_REST_NOT_POSITIVE', 'picks', { amount: fromMinor(rest, currency) })];
  return [];
}

function creditProblems(part: Part, picks: readonly Pick[] | undefined, currency: string): Finding[] {
  if (!picks) return [];
  const findings = pickProblems(part, picks);
  if (findings.length > 0) return findings;
  const left = toMinor(remainingOf(part, currency).gross, currency);
  const wanted = pickedGross(part, picks, currency);
  // What was lowered before cannot be given back a second time; a whole credit takes exactly what is left.
  if (wanted > left) return [hold('H_CREDIT_TOO_HIGH', 'picks', { left: fromMinor(left, currency), wanted: fromMinor(wanted, currency) })];
  // A discount given back alone may raise the claim to what it was at most.
  const total = toMinor(sumsOfRows(part.rows, currency).gross, currency);
  if (left - wanted > total) return [hold('H_CREDIT_RAISES', 'picks', { total: fromMinor(total, currency) })];
  return [];
}

function adjustmentProblems(part: Part, amount: Decimal, currency: string): Finding[] {
  const minor = toMinor(amount, currency);
  if (!fitsCurrency(amount, currency) || minor === 0n) return [hold('H_ROW_PRICE', 'amount', { value: amount })];
  const left = toMinor(remainingOf(part, currency).gross, currency);
  const total = toMinor(sumsOfRows(part.rows, currency).gross, currency);
  const after = left + minor;
  if (after < 0n || (minor > 0n && after > total))
    return [hold('H_ADJUST_OUT_OF_RANGE', 'amount', { least: fromMinor(-left, currency), most: fromMinor(total - left, currency) })];
  return [];
}

type Happening = Omit<Foresight, 'before' | 'findings'>;

function happens(parts: readonly Part[], action: Action, terms: Terms, now: { at: string; today: Day }, currency: string): Happening {
  const next = enact(parts, action, {}, now.at, currency);
  const after = ledgerSums(next, currency);
  const base = { verb: action.verb, parts: next, after, whole: true };
  if (action.verb === 'add') return { ...base, amount: sumsOfRows(action.rows, currency) };
  const old = partOf(parts, action.part);
  const fresh = partOf(next, action.part);
  const left = remainingOf(old, currency);
  switch (action.verb) {
    case 'activate': {
      const whole = !action.picks || takesAll(old, action.picks);
      const amount = remainingOf(fresh, currency);
      const dueDate = { after: addDays(now.today, terms.dueDays) };
      return { ...base, whole, amount, dueDate, ...(whole ? {} : { rest: sumsDifference(left, amount, currency) }) };
    }
    case 'replace':
      return { ...base, amount: sumsOfRows(action.rows, currency) };
    case 'credit': {
      const amount = sumsDifference(left, remainingOf(fresh, currency), currency);
      return { ...base, whole: fresh.state === 'credited', amount, dueDate: { before: old.dueDate, after: old.dueDate } };
    }
    case 'adjust':
      return {
        ...base,
        amount: sumsDifference(remainingOf(fresh, currency), left, currency),
        dueDate: { before: old.dueDate, after: old.dueDate },
      };
    case 'extend':
      return {
        ...base,
        amount: left,
        dueDate: { before: old.dueDate, ...(old.dueDate ? { after: addDays(old.dueDate, terms.extendDays) } : {}) },
      };
    default:
      return { ...base, amount: left, dueDate: { before: old.dueDate, after: old.dueDate } };
  }
}
