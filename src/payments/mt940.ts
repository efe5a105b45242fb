import { cut } from '../domain/cut.ts';
import { type Day, dayNumber, dayOf, isDay } from '../domain/days/day.ts';
import { type Finding, warning } from '../domain/finding.ts';
import { fitsCurrency, fromMinor, toMinor } from '../domain/money/money.ts';
import { describe86 } from './description.ts';
import { type BankLine, bare, fileFinding, lineFinding, type StatementEvent, type StatementFacts, statementLimits } from './statement.ts';

/**
 * MT940 (end of day) and MT942 (during the day), as banks really write them: with or without the SWIFT envelope, accounts wrapped in
 * control characters, words broken at line ends. A field begins with `:NN:` at the start of a line; everything until the next one is its.
 */
type Field = { tag: string; text: string; place: number };
const fieldStart = /^:(\d{2}[A-Z]?):(.*)$/s;
/** `-`, `-}` with what follows it, or the `-XXX` of an old bank program. */
const messageEnd = /^-(?:\}.*|X*)?$/;

export async function* readMt940(texts: AsyncIterable<string>): AsyncGenerator<StatementEvent> {
  const statement = new Mt940();
  let field: Field | undefined;
  for await (const { text: raw, place } of linesOf(texts)) {
    if (raw.length > statementLimits.lineChars) {
      yield { finding: lineFinding(place, 'length', cut(raw, 80)) };
      continue;
    }
    const text = raw.replace(/[\x00-\x08\x0e-\x1f]/g, '').replace(/^(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})*\{4:\s*/, '');
    const start = fieldStart.exec(text);
    if (start) {
      if (field) yield* statement.take(field);
      field = { tag: start[1]!, text: start[2]!, place };
    } else if (messageEnd.test(text.trimEnd())) {
      if (field) yield* statement.take(field);
      field = undefined;
      yield* statement.end();
    } else if (field) {
      if (field.text.length + text.length > statementLimits.textChars) yield { finding: lineFinding(place, 'length', text) };
      else field.text += `\n${text}`;
    }
  }
  if (field) yield* statement.take(field);
  yield* statement.end(true);
}

/** Lines with their numbers; CRLF, LF and CR all end one. A line without an end is cut, so that memory stays small. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<{ text: string; place: number }> {
  let rest = '';
  let place = 0;
  for await (const chunk of texts) {
    const parts = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = parts.pop()!;
    for (const text of parts) yield { text: text.replace(/\r$/, ''), place: ++place };
    if (rest.length > 4 * statementLimits.lineChars) rest = rest.slice(0, 4 * statementLimits.lineChars);
  }
  if (rest !== '') yield { text: rest.replace(/\r$/, ''), place: ++place };
}

/**
 * Value date, entry date (often absent), mark, the currency's third letter (often absent), amount with a comma, kind, references. The
 * second line of the field is the bank's word for the entry.
 */
const entryPattern = /^(\d{6})(\d{4})?(R?[CD]|E[CD])([A-Z])?(\d{1,15},\d{0,6})([A-Z][A-Z0-9]{3})(.*)$/;
const balancePattern = /^([CD])(\d{6})([A-Z]{3})(\d{1,15},\d{0,6})$/;

class Mt940 {
  #account = '';
  #currency = '';
  #facts: StatementFacts | undefined;
  #sum = 0n;
  #entry: { line: BankLine; expected: boolean } | undefined;
  /** An entry of this statement could not be read, or its balances are written in another way: then they prove nothing. */
  #unproven = false;
  #any = false;

  *take({ tag, text, place }: Field): Generator<StatementEvent> {
    const value = text.trim();
    if (tag === '20') yield* this.end();
    else if (tag === '25') this.#open(bare(value.split('\n')[0]!));
    else if (tag === '28C' || tag === '28') this.#statement().number = cut(value, 40);
    else if (tag === '34F') this.#currency = /^[A-Z]{3}/.exec(value)?.[0] ?? this.#currency;
    else if (tag === '60F' || tag === '60M') yield* this.#balance('openingMinor', value, place);
    else if (tag === '61') yield* this.#open61(text, place);
    else if (tag === '86') yield* this.#describe(text);
    else if (tag === '62F' || tag === '62M') {
      yield* this.#flush();
      yield* this.#balance('closingMinor', value, place);
    }
  }

  *end(atEndOfFile = false): Generator<StatementEvent> {
    yield* this.#flush();
    const facts = this.#facts;
    this.#facts = undefined;
    if (facts && (facts.account || facts.lines > 0)) {
      this.#any = true;
      const { openingMinor, closingMinor } = facts;
      if (!this.#unproven && openingMinor !== undefined && closingMinor !== undefined && openingMinor + this.#sum !== closingMinor)
        yield { finding: balanceFinding(facts, openingMinor + this.#sum) };
      if (atEndOfFile && openingMinor !== undefined && closingMinor === undefined)
        yield { finding: { code: 'W_STATEMENT_CUT', level: 'warning', params: { account: facts.account, n: String(facts.lines) } } };
      yield { statement: facts };
    }
    this.#account = '';
    this.#sum = 0n;
    this.#unproven = false;
    if (atEndOfFile && !this.#any) yield { finding: fileFinding('F_STATEMENT_FORMAT') };
  }

  #open(account: string): void {
    this.#account = account;
    this.#statement().account = account;
  }

  #statement(): StatementFacts {
    this.#facts ??= { account: this.#account, currency: this.#currency, lines: 0 };
    return this.#facts;
  }

  *#balance(which: 'openingMinor' | 'closingMinor', value: string, place: number): Generator<StatementEvent> {
    const match = balancePattern.exec(value);
    if (!match) {
      this.#unproven = true;
      yield { finding: lineFinding(place, 'balance', value) };
      return;
    }
    const [, mark, day, currency, amount] = match;
    const facts = this.#statement();
    if (facts.currency && facts.currency !== currency) this.#unproven = true;
    this.#currency = currency!;
    facts.currency = currency!;
    facts[which] ??= signed(mark!, minorOf(amount!, currency!));
    if (which === 'closingMinor') {
      facts.closingMinor = signed(mark!, minorOf(amount!, currency!));
      facts.lastDay = dayOfDigits(day!)?.day;
    }
  }

  *#open61(text: string, place: number): Generator<StatementEvent> {
    yield* this.#flush();
    const [first = '', ...more] = text.split('\n');
    const match = entryPattern.exec(first.trimEnd());
    const refuse = (reason: Parameters<typeof lineFinding>[1]) => {
      this.#unproven = true;
      return { finding: lineFinding(place, reason, first) };
    };
    if (!match) return void (yield refuse('entry'));
    const [, valueDigits, entryDigits, mark, fundsCode, amount, , tail] = match;
    const value = dayOfDigits(valueDigits!);
    if (!value) return void (yield refuse('date'));
    if (!this.#account) return void (yield refuse('account'));
    const currency = this.#currency;
    if (!currency || (fundsCode && fundsCode !== currency[2])) return void (yield refuse('currency'));
    const decimal = decimalOf(amount!);
    if (!fitsCurrency(decimal, currency)) return void (yield refuse('amount'));
    const [own = '', bank = ''] = splitOnce(tail!, '//');
    const [payerReference, bankReference] = [own, bank].map(meaning);
    const facts = this.#statement();
    facts.lines++;
    const line: BankLine = {
      account: this.#account,
      currency,
      direction: mark!.endsWith('C') !== mark!.startsWith('R') ? 'credit' : 'debit',
      reversal: mark!.startsWith('R'),
      amountMinor: toMinor(decimal, currency),
      valueDay: value.day,
      ...(payerReference && { payerReference }),
      ...(bankReference && { bankReference }),
      titles: [],
      place,
      ...((value.clamped || (entryDigits && !entryDay(value.day, entryDigits))) && { unsure: 'day' as const }),
    };
    const supplement = more.join(' ').trim();
    if (supplement) line.titles = [cut(supplement, 300)];
    this.#entry = { line, expected: mark!.startsWith('E') };
    this.#sum += line.direction === 'credit' ? line.amountMinor : -line.amountMinor;
  }

  *#describe(text: string): Generator<StatementEvent> {
    const entry = this.#entry;
    if (!entry) return;
    const { titles, payerName, payerAccount, structuredReference, payerReference } = describe86(text);
    const { line } = entry;
    line.titles = titles.length > 0 ? titles : line.titles;
    if (payerName) line.payerName = payerName;
    if (payerAccount && bare(payerAccount) !== this.#account) line.payerAccount = payerAccount;
    if (structuredReference) line.structuredReference = structuredReference;
    line.payerReference ??= payerReference;
    yield* this.#flush();
  }

  *#flush(): Generator<StatementEvent> {
    const entry = this.#entry;
    this.#entry = undefined;
    // Announced only: it is not money yet and it moves no balance.
    if (entry?.expected) this.#sum -= entry.line.direction === 'credit' ? entry.line.amountMinor : -entry.line.amountMinor;
    else if (entry) yield { line: entry.line };
  }
}

export function balanceFinding(facts: StatementFacts, expected: bigint): Finding {
  const money = (minor: bigint) => `${fromMinor(minor, facts.currency)} ${facts.currency}`;
  return warning('W_STATEMENT_BALANCE', undefined, {
    account: facts.account,
    number: facts.number ?? '',
    expected: money(expected),
    found: money(facts.closingMinor!),
  });
}

const signed = (mark: string, minor: bigint) => (mark === 'C' ? minor : -minor);
/** `194,` and `0,4` are written so. */
const decimalOf = (amount: string) => {
  const [whole, part] = amount.split(',');
  return part ? `${whole}.${part}` : whole!;
};
const minorOf = (amount: string, currency: string) => toMinor(decimalOf(amount), currency);

/** A reference that says something. */
function meaning(text: string): string | undefined {
  const value = text.trim();
  return value === '' || /^(NONREF|NOTPROVIDED|NONE|0+)$/i.test(value) ? undefined : cut(value, 100);
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}

/** YYMMDD. Banks write the 30th of February: it is taken as the month's last day and looked at by a person. */
function dayOfDigits(digits: string): { day: Day; clamped: boolean } | undefined {
  const [year, month, day] = [2000 + Number(digits.slice(0, 2)), Number(digits.slice(2, 4)), Number(digits.slice(4, 6))];
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  for (let d = day; d >= 28; d--) {
    const found = dayOf(year, month, d);
    if (isDay(found)) return { day: found, clamped: d !== day };
  }
  return { day: dayOf(year, month, day), clamped: false };
}

/** MMDD beside a value day: the same year, or the one before or after at its turn. */
function entryDay(value: Day, digits: string): Day | undefined {
  const year = Number(value.slice(0, 4));
  const days = [year - 1, year, year + 1].map((y) => dayOf(y, Number(digits.slice(0, 2)), Number(digits.slice(2)))).filter(isDay);
  const distance = (day: Day) => Math.abs(dayNumber(day) - dayNumber(value));
  return days.sort((a, b) => distance(a) - distance(b))[0];
}
