import { SaxesParser } from 'saxes';
import { cut } from '../domain/cut.ts';
import { isDay } from '../domain/days/day.ts';
import { warning } from '../domain/finding.ts';
import { fitsCurrency, isDecimal, toMinor } from '../domain/money/money.ts';
import { variants } from './description.ts';
import { balanceFinding } from './mt940.ts';
import {
  type BankLine,
  bare,
  fileFinding,
  lineFinding,
  type StatementEvent,
  type StatementFacts,
  type StatementProblem,
  statementLimits,
} from './statement.ts';

/**
 * CAMT.053 (and 052, 054, whose entries are built alike) of ISO 20022, versions 2 to 13. An entry is held until it ends; of its elements
 * only those that matter are kept. The entry may stand for several payments: then its details carry the amounts.
 */
type Element = { name: string; texts: string; attributes: Record<string, string>; children: Element[] };

const messages = /camt\.05[234]\.\d{3}\.\d{2}$/;
const roots = new Set(['BkToCstmrStmt', 'BkToCstmrAcctRpt', 'BkToCstmrDbtCdtNtfctn']);
const statements = new Set(['Stmt', 'Rpt', 'Ntfctn']);
/** Elements of one entry: a batch of some thousand payments is one entry. */
const maxElements = 400_000;

export async function* readCamt(texts: AsyncIterable<string>): AsyncGenerator<StatementEvent> {
  const reader = new CamtReader();
  let begun = false;
  for await (const chunk of texts) {
    const piece: string = begun ? chunk : chunk.replace(/^\ufeff?\s*/, '');
    begun ||= piece !== '';
    reader.write(piece);
    yield* reader.taken();
    if (reader.stopped) return;
  }
  reader.close();
  yield* reader.taken();
}

class CamtReader {
  stopped = false;
  readonly #parser = new SaxesParser();
  readonly #path: string[] = [];
  #open: Element[] = [];
  #elements = 0;
  #place = 0;
  #events: StatementEvent[] = [];
  #facts: StatementFacts | undefined;
  #sum = 0n;
  #unproven = false;
  #statements = 0;

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('opentag', (tag) => this.#begin(tag.name.replace(/^.*:/, ''), tag.attributes as Record<string, string>));
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
    this.#parser.on('closetag', () => this.#end());
  }

  write(text: string): void {
    if (this.stopped) return;
    try {
      this.#parser.write(text);
    } catch (error) {
      this.#broken(error as Error);
    }
  }

  close(): void {
    if (this.stopped) return;
    try {
      this.#parser.close();
    } catch (error) {
      this.#broken(error as Error);
    }
    if (!this.stopped && this.#statements === 0) this.#refuse();
  }

  *taken(): Generator<StatementEvent> {
    const events = this.#events;
    this.#events = [];
    yield* events;
  }

  #broken(error: Error): void {
    if (this.stopped) return;
    this.stopped = true;
    const line = String(this.#parser.line);
    if (error instanceof RangeError) this.#events.push({ finding: fileFinding('F_TOO_LARGE', { limit: error.message }) });
    else if (this.#statements === 0) this.#events.push({ finding: fileFinding('F_STATEMENT_BROKEN', { line }) });
    else
      this.#events.push({
        finding: warning('W_STATEMENT_CUT', undefined, { account: this.#facts?.account ?? '', n: String(this.#facts?.lines ?? 0), line }),
      });
    if (this.#facts) this.#events.push({ statement: this.#facts });
    this.#facts = undefined;
  }

  #refuse(): void {
    this.stopped = true;
    this.#events.push({ finding: fileFinding('F_STATEMENT_FORMAT') });
  }

  #begin(name: string, attributes: Record<string, string>): void {
    if (this.stopped) return;
    this.#path.push(name);
    const depth = this.#path.length;
    if (depth === 1 && (name !== 'Document' || !Object.entries(attributes).some(([k, v]) => k.startsWith('xmlns') && messages.test(v))))
      this.#refuse();
    if (depth === 2 && !roots.has(name)) this.#refuse();
    if (depth === 3 && statements.has(name)) {
      this.#statements++;
      this.#facts = { account: '', currency: '', lines: 0 };
      this.#sum = 0n;
      this.#unproven = false;
    }
    // Parts of a statement that are read whole: its id, account, balances and entries.
    if (depth === 4 && this.#facts) {
      this.#elements = 0;
      this.#place = this.#parser.line;
    }
    if (depth >= 4 && this.#facts) {
      if (++this.#elements > maxElements) throw new RangeError(`${maxElements} elements / entry`);
      const element = { name, texts: '', attributes, children: [] };
      this.#open.at(-1)?.children.push(element);
      this.#open.push(element);
    }
  }

  #text(text: string): void {
    const element = this.#open.at(-1);
    if (!element) return;
    if (element.texts.length + text.length > statementLimits.textChars)
      throw new RangeError(`${statementLimits.textChars} characters / element`);
    element.texts += text;
  }

  #end(): void {
    const depth = this.#path.length;
    this.#path.pop();
    if (this.stopped || !this.#facts) return;
    if (depth === 3) {
      this.#endStatement();
      return;
    }
    const element = this.#open.pop();
    if (depth === 4 && element) this.#part(element, this.#facts);
  }

  #part(element: Element, facts: StatementFacts): void {
    if (element.name === 'Id') facts.number = cut(element.texts.trim(), 60);
    else if (element.name === 'Acct') {
      facts.account = bare(text(element, 'Id/IBAN') ?? text(element, 'Id/Othr/Id') ?? text(element, 'Id') ?? '');
      facts.currency = text(element, 'Ccy') ?? '';
    } else if (element.name === 'Bal') this.#balance(element, facts);
    else if (element.name === 'Ntry') {
      const read = this.#entry(element, facts);
      if ('lines' in read) for (const line of read.lines) this.#events.push({ line });
      else {
        this.#unproven = true;
        this.#events.push({ finding: lineFinding(this.#place, read.problem, read.value) });
      }
    }
  }

  #balance(element: Element, facts: StatementFacts): void {
    const code = text(element, 'Tp/CdOrPrtry/Cd') ?? text(element, 'Tp/Cd');
    const which = code === 'OPBD' || code === 'PRCD' ? 'openingMinor' : code === 'CLBD' ? 'closingMinor' : undefined;
    if (!which) return;
    const amount = amountOf(find(element, 'Amt'));
    if (!amount) {
      this.#unproven = true;
      this.#events.push({ finding: lineFinding(this.#place, 'balance', text(element, 'Amt')) });
      return;
    }
    facts.currency ||= amount.currency;
    const minor = text(element, 'CdtDbtInd') === 'DBIT' ? -amount.minor : amount.minor;
    // A balance in another currency than the account's cannot be compared.
    if (amount.currency !== facts.currency) {
      this.#unproven = true;
      this.#events.push({
        finding: warning('W_STATEMENT_CURRENCY', undefined, {
          line: String(this.#place),
          currency: amount.currency,
          other: facts.currency,
        }),
      });
    } else if (which === 'openingMinor') facts.openingMinor ??= minor;
    else {
      facts.closingMinor = minor;
      const day = (text(element, 'Dt/Dt') ?? text(element, 'Dt/DtTm'))?.slice(0, 10);
      if (isDay(day)) facts.lastDay = day;
    }
  }

  #entry(entry: Element, facts: StatementFacts): { lines: BankLine[] } | { problem: StatementProblem; value?: string } {
    const status = text(entry, 'Sts/Cd') ?? text(entry, 'Sts');
    if (!status) return { problem: 'status' };
    // Pending and merely informing entries are no money yet.
    if (status !== 'BOOK') return { lines: [] };
    const amount = amountOf(find(entry, 'Amt'));
    if (!amount) return { problem: 'amount', value: text(entry, 'Amt') };
    const mark = text(entry, 'CdtDbtInd');
    if (mark !== 'CRDT' && mark !== 'DBIT') return { problem: 'direction', value: mark };
    const day = dayAt(entry, 'ValDt') ?? dayAt(entry, 'BookgDt');
    if (!day) return { problem: 'date', value: text(entry, 'ValDt/Dt') ?? text(entry, 'ValDt/DtTm') };
    if (!facts.account) return { problem: 'account' };
    const reversal = /^(true|1)$/.test(text(entry, 'RvslInd') ?? '');
    facts.lines++;
    if (amount.currency !== facts.currency && facts.currency) this.#unproven = true;
    this.#sum += mark === 'CRDT' ? amount.minor : -amount.minor;
    const base: BankLine = {
      account: facts.account,
      currency: amount.currency,
      direction: mark === 'CRDT' ? 'credit' : 'debit',
      reversal,
      amountMinor: amount.minor,
      valueDay: day,
      ...optional('bankReference', reference(text(entry, 'AcctSvcrRef'))),
      titles: variants([text(entry, 'AddtlNtryInf') ?? '']),
      place: this.#place,
    };
    return { lines: this.#details(entry, base) };
  }

  /** One line for each payment of the entry; what does not add up stays one line for a person to look at. */
  #details(entry: Element, base: BankLine): BankLine[] {
    const details = entry.children.filter((c) => c.name === 'NtryDtls').flatMap((c) => c.children.filter((d) => d.name === 'TxDtls'));
    if (details.length <= 1 && Number(text(entry, 'NtryDtls/Btch/NbOfTxs')) > 1) return [{ ...base, unsure: 'batch' }];
    if (details.length === 0) return [base];
    if (details.length === 1) return [{ ...base, ...partiesOf(details[0]!, base) }];
    const amounts = details.map((d) => amountOf(find(d, 'Amt') ?? find(d, 'AmtDtls/TxAmt/Amt')));
    if (amounts.some((a) => !a || a.currency !== base.currency)) return [{ ...base, unsure: 'batch' }];
    const signs = details.map(
      (d) => (text(d, 'CdtDbtInd') ?? (base.direction === 'credit' ? 'CRDT' : 'DBIT')) === (base.direction === 'credit' ? 'CRDT' : 'DBIT'),
    );
    const whole = amounts.reduce((sum, a, i) => sum + (signs[i] ? a!.minor : -a!.minor), 0n);
    if (whole !== base.amountMinor || signs.includes(false)) return [{ ...base, unsure: 'batch-sum' }];
    return details.map((d, i) => ({ ...base, amountMinor: amounts[i]!.minor, ...partiesOf(d, base) }));
  }

  #endStatement(): void {
    const facts = this.#facts!;
    this.#facts = undefined;
    const { openingMinor, closingMinor } = facts;
    if (!this.#unproven && openingMinor !== undefined && closingMinor !== undefined && openingMinor + this.#sum !== closingMinor)
      this.#events.push({ finding: balanceFinding(facts, openingMinor + this.#sum) });
    this.#events.push({ statement: facts });
  }
}

/** The payer of a credit is the debtor; on a debit the other side is the creditor. */
function partiesOf(details: Element, base: BankLine): Partial<BankLine> {
  const side = base.direction === 'credit' ? 'Dbtr' : 'Cdtr';
  const parties = (name: string) => text(details, `RltdPties/${name}/Nm`) ?? text(details, `RltdPties/${name}/Pty/Nm`);
  const account = text(details, `RltdPties/${side}Acct/Id/IBAN`) ?? text(details, `RltdPties/${side}Acct/Id/Othr/Id`);
  const remittance = find(details, 'RmtInf');
  const unstructured = remittance?.children.filter((c) => c.name === 'Ustrd').map((c) => c.texts) ?? [];
  const more =
    remittance?.children
      .filter((c) => c.name === 'Strd')
      .flatMap((c) => c.children.filter((d) => d.name === 'AddtlRmtInf').map((d) => d.texts)) ?? [];
  const titles = variants([...unstructured, ...more]);
  return {
    ...optional('payerName', parties(side) ?? parties(`Ultmt${side}`)),
    ...optional('payerAccount', account),
    ...optional('structuredReference', remittance && text(remittance, 'Strd/CdtrRefInf/Ref')),
    ...optional('payerReference', reference(text(details, 'Refs/EndToEndId'))),
    ...optional('bankReference', reference(text(details, 'Refs/AcctSvcrRef')) ?? base.bankReference),
    titles: titles.length > 0 ? titles : variants([text(details, 'AddtlTxInf') ?? '', ...base.titles.slice(0, 1)]),
  };
}

function find(element: Element, path: string): Element | undefined {
  let at: Element | undefined = element;
  for (const name of path.split('/')) at = at?.children.find((child) => child.name === name);
  return at;
}

function text(element: Element, path: string): string | undefined {
  return find(element, path)?.texts.trim() || undefined;
}

/** Amounts may carry five decimals; they must be zeros beyond those of the currency. */
function amountOf(element: Element | undefined): { minor: bigint; currency: string } | undefined {
  const [value, currency] = [element?.texts.trim() ?? '', element?.attributes.Ccy ?? ''];
  if (!isDecimal(value) || value.startsWith('-') || !/^[A-Z]{3}$/.test(currency) || !fitsCurrency(value, currency)) return undefined;
  return { minor: toMinor(value, currency), currency };
}

/** A day as written; an instant is a day in the bank's own offset, which stands in it. */
function dayAt(entry: Element, name: string): string | undefined {
  const day = text(entry, `${name}/Dt`)?.slice(0, 10) ?? text(entry, `${name}/DtTm`)?.slice(0, 10);
  return isDay(day) ? day : undefined;
}

const reference = (value: string | undefined) => (value && !/^(NOTPROVIDED|NONREF|NONE|0+)$/i.test(value) ? cut(value, 100) : undefined);

function optional<K extends keyof BankLine>(key: K, value: string | undefined): Partial<BankLine> {
  return value ? { [key]: cut(value.replace(/\s+/g, ' ').trim(), 300) } : {};
}
