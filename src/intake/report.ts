import type { FileHeader, Proposal } from '../contract/order-file.ts';
import type { Suggested } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import { codesOf, orderSums } from '../domain/orders/suggest.ts';
import type { FileEnd } from './read.ts';

/**
 * The account of an import: every record of the file with its outcome. The part that says what was read has the shape of the
 * contract's expected results (contract allegro §12); the rest says what became of it.
 */

export type Outcome =
  | 'created'
  | 'unchanged'
  | 'updated'
  | 'cancelled'
  | 'changed-after-issue'
  | 'superseded'
  | 'known-elsewhere'
  | 'duplicate'
  | 'conflict'
  | 'rejected';

/** One record of a file as it is kept with its import. */
export type ImportRecord = {
  outcome: Outcome;
  line: number;
  offset: number;
  file?: string;
  externalId?: string;
  /** Set for a rejected record. */
  code?: string;
  where?: string;
  params?: Record<string, string>;
  /** Set for a record that is an order. */
  order?: ReportedOrder;
  /** What holds or accompanies the order, with what fills the words. */
  findings?: Finding[];
  orderId?: string;
  documentId?: string;
  documentKind?: string;
  held?: boolean;
  /** Codes of what holds the document, when something does. */
  holds?: string[];
};

type ReportedOrder = {
  externalId: string;
  currency: string;
  lines: number;
  itemsGross: string;
  deliveryGross: string;
  totalGross: string | null;
  suggestedDocument: string;
  issues: string[];
  depositTotal?: string;
};

export function reportedOrder(order: Order, suggested: Suggested): ReportedOrder {
  const { items, deposits, delivery, total } = orderSums(order);
  const money = (minor: bigint) => fromMinor(minor, order.currency);
  // A cancelled order whose channel gives no total any more is worth nothing that could be summed.
  const worthless = order.status === 'cancelled' && order.declaredTotal === undefined;
  return {
    externalId: order.externalId,
    currency: order.currency,
    lines: order.lines.filter((line) => line.kind !== 'deposit').length,
    itemsGross: money(items),
    deliveryGross: money(delivery),
    totalGross: worthless ? null : money(total),
    suggestedDocument: suggested.document,
    issues: codesOf(suggested.findings),
    depositTotal: money(deposits),
  };
}

type FileFacts = {
  name: string;
  sha256?: string;
  sizeBytes: number;
  profile?: string;
  encoding?: string;
  header: FileHeader;
  found: number;
  /** What its orders come to, repetitions included, and whether the file's own header says the same (contract allegro §5.7). */
  total?: string;
  totalAgrees?: boolean;
  refused?: string;
  importId?: string;
};

export type ImportReport = {
  count: number;
  /** By currency when the file mixes several: sums of different currencies are never added. */
  sumTotalGross: string | Record<string, string>;
  byDocument: Record<string, number>;
  rejected: Record<string, unknown>[];
  fileWarnings: Record<string, unknown>[];
  orders: ReportedOrder[];
  dryRun: boolean;
  status: string;
  created: number;
  unchanged: number;
  updated: number;
  held: number;
  /** Every record of the files ends in one of the three. */
  imported: number;
  known: number;
  rejectedCount: number;
  outcomes: Record<string, number>;
  records: {
    externalId?: string;
    line: number;
    file?: string;
    outcome: Outcome;
    orderId?: string;
    documentId?: string;
    documentKind?: string;
    held?: boolean;
  }[];
  documents: { id?: string; externalId: string; kind: string; held: boolean /** What holds it. */; holds?: string[] }[];
  files: FileFacts[];
  /** When these very bytes were imported before. */
  importedBefore?: string;
  /** The mapping proposed for a layout nobody has seen. */
  proposal?: Proposal;
};

/** Sums over records as they pass by; the lists are only kept where the whole report is wanted. */
export class ReportBuilder {
  readonly #orders: ReportedOrder[] = [];
  readonly #rejected: Record<string, unknown>[] = [];
  readonly #records: ImportReport['records'] = [];
  readonly #documents: ImportReport['documents'] = [];
  readonly #byDocument = new Map<string, number>();
  readonly #sums = new Map<string, bigint>();
  readonly #outcomes = new Map<string, number>();
  readonly #several: boolean;
  /** Orders that a later record of their file contradicts. */
  readonly #contradicted = new Set<string>();
  #deposits = false;
  #held = 0;

  constructor(severalFiles: boolean) {
    this.#several = severalFiles;
  }

  add(record: ImportRecord): void {
    this.#outcomes.set(record.outcome, (this.#outcomes.get(record.outcome) ?? 0) + 1);
    const { line, externalId, outcome, orderId, documentId, documentKind, held } = record;
    const file = this.#several ? record.file : undefined;
    this.#records.push(
      defined({ externalId, line, file, outcome, orderId, documentId, documentKind, held }) as ImportReport['records'][number],
    );
    if (outcome === 'conflict' && externalId !== undefined) this.#contradicted.add(externalId);
    if (outcome === 'rejected')
      this.#rejected.push(defined({ line, code: record.code, externalId, where: record.where, ...toldOf(record.params, line), file }));
    const { order } = record;
    if (!order) return;
    this.#orders.push(inOrder(order));
    this.#byDocument.set(order.suggestedDocument, (this.#byDocument.get(order.suggestedDocument) ?? 0) + 1);
    if (held) this.#held++;
    if (documentKind && externalId && outcome !== 'unchanged')
      this.#documents.push(
        defined({
          id: documentId,
          externalId,
          kind: documentKind,
          held: held ?? false,
          holds: record.holds,
        }) as ImportReport['documents'][number],
      );
    if (order.depositTotal !== undefined && /[1-9]/.test(order.depositTotal)) this.#deposits = true;
    const digits = order.totalGross?.replace('.', '');
    this.#sums.set(order.currency, (this.#sums.get(order.currency) ?? 0n) + (digits === undefined ? 0n : BigInt(digits)));
  }

  build(
    files: FileFacts[],
    findings: Finding[],
    more: { dryRun: boolean; status: string; importedBefore?: string; proposal?: Proposal },
  ): ImportReport {
    const sumByCurrency = Object.fromEntries([...this.#sums].sort().map(([currency, minor]) => [currency, fromMinor(minor, currency)]));
    const sums = Object.values(sumByCurrency);
    for (const order of this.#orders)
      if (this.#contradicted.has(order.externalId) && !order.issues.includes('H_DUP_CONFLICT')) order.issues.unshift('H_DUP_CONFLICT');
    const count = (outcome: Outcome) => this.#outcomes.get(outcome) ?? 0;
    return {
      count: this.#orders.length,
      sumTotalGross: sums.length > 1 ? sumByCurrency : (sums[0] ?? '0.00'),
      byDocument: Object.fromEntries([...this.#byDocument].sort()),
      rejected: this.#rejected,
      fileWarnings: findings.map(fileWarning),
      // The column of deposits appears where a file has any.
      orders: this.#deposits ? this.#orders : this.#orders.map(({ depositTotal: _none, ...order }) => order),
      dryRun: more.dryRun,
      status: more.status,
      created: count('created'),
      unchanged: count('unchanged'),
      updated: count('updated'),
      held: this.#held,
      imported: count('created') + count('updated') + count('cancelled') + count('changed-after-issue') + count('superseded'),
      known: count('unchanged') + count('duplicate') + count('conflict') + count('known-elsewhere'),
      rejectedCount: count('rejected'),
      outcomes: Object.fromEntries([...this.#outcomes].sort()),
      records: this.#records,
      documents: this.#documents,
      files,
      ...(more.importedBefore && { importedBefore: more.importedBefore }),
      ...(more.proposal && { proposal: more.proposal }),
    };
  }
}

/** The database gives members in an order of its own. */
function inOrder({
  externalId,
  currency,
  lines,
  itemsGross,
  deliveryGross,
  totalGross,
  suggestedDocument,
  issues,
  depositTotal,
}: ReportedOrder): ReportedOrder {
  return { externalId, currency, lines, itemsGross, deliveryGross, totalGross, suggestedDocument, issues: [...issues], depositTotal };
}

function fileWarning(finding: Finding): Record<string, unknown> {
  const params = finding.params ?? {};
  if (finding.code === 'W_DUPLICATE_IDENTICAL') return { code: finding.code, externalId: params.id };
  return { code: finding.code, ...numbers(params) };
}

/** What fills the words of a rejection. `line` is the record's own place in the file: a line that the words name otherwise is `named`. */
function toldOf({ line: named, ...params }: Record<string, string> = {}, line: number): Record<string, unknown> {
  return { ...numbers(params), ...(named !== undefined && named !== String(line) && { named }) };
}

/** A rejected record of a report as what fills the words of its code. */
export function rejectedParams({ named, ...record }: Record<string, unknown>): Record<string, string> {
  const params = { ...record, ...(named !== undefined && { line: named }) };
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value ?? '')]));
}

/** The report as a table: a head, then every record once with its outcome; what was rejected, with the reason and what to do. */
export function reportTable(
  report: ImportReport,
  say: (code: string, params: Record<string, string>) => { text: string; remedy: string },
): string[][] {
  const orders = new Map(report.orders.map((order) => [order.externalId, order]));
  const rejected = report.rejected.values();
  const rows = report.records.map((record) => {
    const why = record.outcome === 'rejected' ? rejected.next().value : undefined;
    const order = record.externalId === undefined || why ? undefined : orders.get(record.externalId);
    const said = why && say(String(why.code), rejectedParams(why));
    const place = [record.file ?? '', String(record.line), record.externalId ?? '', record.outcome];
    const document = [order?.currency ?? '', order?.totalGross ?? '', record.documentKind ?? '', record.held ? 'held' : ''];
    return [...place, ...document, why ? String(why.code) : (order?.issues.join(' ') ?? ''), said?.text ?? '', said?.remedy ?? ''];
  });
  return [['file', 'line', 'order', 'outcome', 'currency', 'total', 'document', 'held', 'issues', 'reason', 'remedy'], ...rows];
}

const counted = new Set(['line', 'n', 'declared', 'found', 'count']);
/** Lines and counts are numbers in the report; what a file wrote stays text. */
function numbers(params: Record<string, string> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, counted.has(key) && /^\d{1,9}$/.test(value) ? Number(value) : value]),
  );
}

function defined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

export function factsOf(name: string, sizeBytes: number, end: FileEnd): FileFacts {
  return {
    name,
    sizeBytes,
    sha256: end.sha256,
    profile: end.profile,
    encoding: end.encoding,
    found: end.found,
    ...(end.total !== undefined && { total: end.total, ...agreement(end.header.declaredTotal, end.total) }),
    header: end.header,
    refused: end.refused?.code,
  };
}

/** A header writes its total as people do: "1 485,03 zł", "1.485,03", "1485". */
function agreement(declared: string | undefined, total: string): { totalAgrees?: boolean } {
  const m = declared === undefined ? null : /^([\d\s.,'\u00a0\u202f]*?\d)(?:[.,](\d{1,2}))?\s*\p{L}*\.?$/u.exec(declared.trim());
  if (!m) return {};
  const written = `${m[1]!.replace(/\D/g, '')}.${(m[2] ?? '').padEnd(2, '0')}`;
  return { totalAgrees: BigInt(written.replace('.', '')) === BigInt(total.includes('.') ? total.replace('.', '') : `${total}00`) };
}
