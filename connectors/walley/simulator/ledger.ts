import { createHash } from 'node:crypto';
import { addDays, type Day } from '../../../src/domain/days/day.ts';
import { ocrNumber } from '../../../src/domain/regimes/se/identifiers.ts';
import { type Hundredths, lesser, readHundredths, vatWithin } from './amounts.ts';
import { localDay, plusDays } from './clock.ts';
import type { Config, Segment, Store } from './config.ts';
import { WalleyFault } from './faults.ts';

/**
 * The one record behind both engines (contract 5, 16).
 *
 *   OnHold ──approved──▶ Pending ──activate──▶ Activated (credited when nothing remains)
 *     │                    │ │ └─part-activate─▶ Activated, and a new Pending part holds the rest
 *     └─refused─▶ Rejected │ └─time─▶ Expired
 *   Signing, StrongVerification ──buyer acts──▶ Pending
 *   OnHold, Signing, StrongVerification, Pending ──cancel──▶ Cancelled
 */
export const statusCodes = {
  OnHold: 0,
  Pending: 1,
  Activated: 2,
  Cancelled: 3,
  Expired: 4,
  Rejected: 5,
  Signing: 6,
  StrongVerification: 7,
} as const;
export type State = keyof typeof statusCodes;

export type Row = {
  articleId: string;
  description: string;
  quantity: bigint;
  unitPrice: Hundredths;
  vat: Hundredths;
  /** Returned since the activation. */
  credited: bigint;
  /** A row made by a capture of a bare amount: no goods behind it. */
  ofAmount?: true;
};

export type NewRow = Pick<Row, 'articleId' | 'description' | 'quantity' | 'unitPrice' | 'vat'>;
export type Article = {
  articleId: string | undefined;
  description: string | undefined;
  quantity: bigint;
  unitPrice: Hundredths | undefined;
};
export type Adjustment = { articleId: string; description: string; amount: Hundredths; vat: Hundredths };

export type Part = {
  purchase: Purchase;
  invoiceNo: string;
  /** Numbers of updated documents: another name of the same receivable. */
  aliases: string[];
  state: State;
  rows: Row[];
  paymentReference: string;
  parent: string | undefined;
  children: string[];
  activatedAt: number | undefined;
  dueDate: Day | undefined;
  extended: boolean;
  /** Fixed at the activation. */
  total: Hundredths | undefined;
  credits: Hundredths;
  adjustments: Adjustment[];
  credited: boolean;
  /** Something changed since the document was last sent. */
  changed: boolean;
  sendings: { at: number; method: number; email: string | undefined; document: string }[];
};

export type Address = Partial<Record<string, string>>;

export type Purchase = {
  orderId: string;
  reference: string | undefined;
  store: Store;
  segment: Segment;
  country: string;
  currency: string;
  regNo: string;
  customerNo: string | undefined;
  productCode: string | undefined;
  yourReference: string | undefined;
  invoiceType: number;
  deliveryMethod: number;
  invoiceAddress: Address;
  deliveryAddress: Address;
  createdAt: number;
  expiresAt: number;
  activateWhenApproved: boolean;
  parts: Part[];
};

/** Money that moved, for the settlements. */
export type Movement = {
  at: number;
  purchase: Purchase;
  invoiceNo: string;
  type: 'Purchase' | 'Return' | 'Adjustment';
  vat: { rate: Hundredths; gross: Hundredths }[];
  amount: Hundredths;
  actionReference: string | undefined;
};

export type Change =
  | { type: 'created'; purchase: Purchase }
  | { type: 'authorized' | 'rejected' | 'extended' | 'canceled' | 'expired'; purchase: Purchase; amount: Hundredths }
  | { type: 'captured' | 'refunded'; purchase: Purchase; amount: Hundredths; actionReference: string | undefined }
  | { type: 'reauthorized'; purchase: Purchase; amount: Hundredths; originalAmount: Hundredths };

type NewPurchase = Omit<Purchase, 'orderId' | 'createdAt' | 'expiresAt' | 'parts' | 'activateWhenApproved'> & {
  rows: NewRow[];
  state: State;
  activate: boolean;
};

const fault = (code: string) => new WalleyFault(code);

export const rowTotal = (row: Pick<Row, 'quantity' | 'unitPrice'>): Hundredths => row.quantity * row.unitPrice;
export const sumRows = (rows: Pick<Row, 'quantity' | 'unitPrice'>[]): Hundredths => rows.reduce((sum, row) => sum + rowTotal(row), 0n);
export const totalOf = (part: Part): Hundredths => part.total ?? sumRows(part.rows);
export const adjustedOf = (part: Part): Hundredths => part.adjustments.reduce((sum, a) => sum + a.amount, 0n);
export const remainingOf = (part: Part): Hundredths =>
  part.state === 'Activated' ? totalOf(part) + adjustedOf(part) - part.credits : totalOf(part);

export class Ledger {
  readonly config: Config;
  readonly now: () => number;
  readonly changed: (change: Change) => void;
  purchases: Purchase[] = [];
  movements: Movement[] = [];
  reservations = new Map<string, Hundredths>();
  #byNumber = new Map<string, Part>();
  #byOrder = new Map<string, Purchase>();
  #nextReference = 1;
  /** No pending part expires before this: most calls need not look at every part. */
  #quietUntil = Number.POSITIVE_INFINITY;

  constructor(config: Config, now: () => number, changed: (change: Change) => void) {
    this.config = config;
    this.now = now;
    this.changed = changed;
  }

  part(invoiceNo: string): Part | undefined {
    return this.#byNumber.get(invoiceNo);
  }

  purchase(orderId: string): Purchase | undefined {
    return this.#byOrder.get(orderId.toLowerCase());
  }

  parts(): Part[] {
    return this.purchases.flatMap((purchase) => purchase.parts);
  }

  add({ rows, state, activate, ...purchase }: NewPurchase): Part {
    const now = this.now();
    const whole: Purchase = {
      ...purchase,
      orderId: this.#orderId(),
      createdAt: now,
      expiresAt: plusDays(now, purchase.store.pendingDays ?? this.config.pendingDays),
      activateWhenApproved: activate && state !== 'Pending',
      parts: [],
    };
    this.purchases.push(whole);
    this.#byOrder.set(whole.orderId, whole);
    const part = this.#newPart(
      whole,
      state,
      rows.map((row) => ({ ...row, credited: 0n })),
      undefined,
    );
    if (activate && state === 'Pending') this.#activate(part);
    this.changed({ type: 'created', purchase: whole });
    if (activate && state === 'Pending') this.#moved(part, 'Purchase', undefined);
    return part;
  }

  /** The anti-fraud answer, or the buyer's signature. */
  approve(part: Part): void {
    part.state = 'Pending';
    this.#watch(part);
    this.changed({ type: 'authorized', purchase: part.purchase, amount: totalOf(part) });
    if (part.purchase.activateWhenApproved && this.now() < part.purchase.expiresAt) this.activate(part, undefined);
  }

  reject(part: Part): void {
    part.state = 'Rejected';
    this.changed({ type: 'rejected', purchase: part.purchase, amount: totalOf(part) });
  }

  /** Pending parts whose window is over; a decision on hold that outlives it expires once it is pending. */
  expire(): void {
    const now = this.now();
    if (now < this.#quietUntil) return;
    this.#quietUntil = Number.POSITIVE_INFINITY;
    for (const part of this.parts()) {
      if (part.state !== 'Pending') continue;
      if (now < part.purchase.expiresAt) {
        this.#watch(part);
        continue;
      }
      part.state = 'Expired';
      this.changed({ type: 'expired', purchase: part.purchase, amount: totalOf(part) });
    }
  }

  activate(part: Part, actionReference: string | undefined): void {
    this.#activatable(part);
    this.#activate(part);
    this.#captured(part, actionReference);
  }

  /** Returns the new pending part that holds what is left, if anything is. */
  partActivate(part: Part, articles: Article[], actionReference?: string): Part | undefined {
    this.#activatable(part);
    const taken = take(part.rows, articles, (row) => row.quantity);
    const rest = part.rows.map((row) => ({ ...row, quantity: row.quantity - (taken.get(row) ?? 0n) })).filter((row) => row.quantity > 0n);
    part.rows = part.rows.filter((row) => taken.has(row)).map((row) => ({ ...row, quantity: taken.get(row)! }));
    return this.#split(part, rest, actionReference);
  }

  /** REST knows a capture of a bare amount: one row of its own, and the rest carries the same amount with the other sign. */
  captureAmount(part: Part, amount: Hundredths, description: string, actionReference: string | undefined): void {
    this.#activatable(part);
    const row: Row = { articleId: 'amount', description, quantity: 1n, unitPrice: amount, vat: 2_500n, credited: 0n, ofAmount: true };
    const rest = [...part.rows, { ...row, unitPrice: -amount }];
    part.rows = [row];
    this.#split(part, rest, actionReference);
  }

  cancel(part: Part): void {
    if (!['OnHold', 'Pending', 'Signing', 'StrongVerification'].includes(part.state)) throw fault('INVALID_INVOICE_STATUS');
    part.state = 'Cancelled';
    this.changed({ type: 'canceled', purchase: part.purchase, amount: totalOf(part) });
  }

  cancelExpired(part: Part): void {
    part.state = 'Cancelled';
    this.changed({ type: 'canceled', purchase: part.purchase, amount: totalOf(part) });
  }

  replace(part: Part, rows: NewRow[]): void {
    if (part.state !== 'Pending') throw fault('INVALID_INVOICE_STATUS');
    const originalAmount = sumRows(part.rows);
    const amount = this.checkRows(part.purchase, rows, originalAmount);
    part.rows = rows.map((row) => ({ ...row, credited: 0n }));
    this.changed({ type: 'reauthorized', purchase: part.purchase, amount, originalAmount });
  }

  /** The sum of a whole new set of rows; throws what the provider would refuse about it. */
  checkRows(purchase: Pick<Purchase, 'country'>, rows: NewRow[], before?: Hundredths): Hundredths {
    const amount = sumRows(rows);
    if (amount <= 0n) throw fault('TOTAL_AMOUNT_MUST_BE_POSITIVE');
    if (before !== undefined && amount > before && this.config.loweringOnlyCountries.includes(purchase.country)) {
      throw fault('AGREEMENT_RULES_VALIDATION_FAILED');
    }
    if (amount > readHundredths(this.config.maxCreditAmount)!) throw fault('PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT');
    return amount;
  }

  /** Returns the new document's number when something changed since the last sending. */
  send(part: Part, method: number, email: string | undefined): string | undefined {
    this.#open(part);
    const alias = part.changed ? this.#takeNumber() : undefined;
    if (alias) {
      part.aliases.push(alias);
      this.#byNumber.set(alias, part);
    }
    part.changed = false;
    part.sendings.push({ at: this.now(), method, email, document: alias ?? part.aliases.at(-1) ?? part.invoiceNo });
    return alias;
  }

  extendDueDate(part: Part): void {
    this.#open(part);
    if (part.purchase.invoiceType !== 0) throw fault('INVOICE_INVALID_TYPE');
    if (part.extended) throw fault('INVOICE_DUEDATE_ALREADY_EXTENDED');
    const dueDate = addDays(part.dueDate!, part.purchase.store.extendDays ?? this.config.extendDays);
    if (dueDate < localDay(this.now())) throw fault('INVOICE_EXTENDED_DATE_IN_PAST');
    part.dueDate = dueDate;
    part.extended = true;
  }

  credit(part: Part, actionReference?: string): void {
    this.#open(part);
    const amount = remainingOf(part);
    const vat = openVat(part);
    for (const row of part.rows) row.credited = row.quantity;
    this.#credit(part, amount, vat, actionReference);
    part.credited = true;
  }

  /** A fee keeps part of what is given back; it is the REST engine's. */
  partCredit(part: Part, articles: Article[], actionReference?: string, fees: Adjustment[] = []): void {
    this.#open(part);
    const taken = take(part.rows, articles, (row) => row.quantity - row.credited);
    let amount = 0n;
    for (const [row, quantity] of taken) amount += quantity * row.unitPrice;
    const remaining = remainingOf(part) - amount;
    if (remaining < 0n || remaining > totalOf(part)) throw fault('INVALID_TRANSACTION_AMOUNT');
    const vat = [...taken].map(([row, quantity]) => ({ rate: row.vat, gross: quantity * row.unitPrice }));
    for (const [row, quantity] of taken) row.credited += quantity;
    this.#credit(part, amount, vat, actionReference);
    part.adjustments.push(...fees);
    for (const fee of fees) this.#movement(part, 'Adjustment', fee.amount, [{ rate: fee.vat, gross: fee.amount }], actionReference);
    if (remainingOf(part) === 0n) part.credited = true;
  }

  /** Several adjustments stand or fall together. */
  adjust(part: Part, adjustments: Adjustment[], actionReference?: string): void {
    this.#open(part);
    let remaining = remainingOf(part);
    for (const { amount } of adjustments) {
      remaining += amount;
      if (remaining < 0n || (amount > 0n && remaining > totalOf(part))) throw fault('INVALID_TRANSACTION_AMOUNT');
    }
    part.adjustments.push(...adjustments);
    part.changed = true;
    for (const { amount, vat } of adjustments) {
      this.#movement(part, 'Adjustment', amount, [{ rate: vat, gross: amount }], actionReference);
      if (amount < 0n) this.changed({ type: 'refunded', purchase: part.purchase, amount: -amount, actionReference });
    }
  }

  extendOrder(purchase: Purchase): void {
    purchase.expiresAt = plusDays(Math.max(this.now(), purchase.expiresAt), purchase.store.pendingDays ?? this.config.pendingDays);
    this.changed({ type: 'extended', purchase, amount: purchase.parts.reduce((sum, part) => sum + openAmount(part), 0n) });
  }

  lowestAmount(part: Part): Hundredths {
    return lesser(remainingOf(part), readHundredths(this.config.lowestAmountFloor)!);
  }

  /** When the next part may expire; nothing does before. */
  nextExpiry(): number {
    return this.#quietUntil;
  }

  #watch(part: Part): void {
    this.#quietUntil = Math.min(this.#quietUntil, part.purchase.expiresAt);
  }

  #activatable(part: Part): void {
    if (['OnHold', 'Expired', 'Rejected', 'Signing', 'StrongVerification'].includes(part.state)) {
      throw fault('ACTIVATION_OF_INVOICE_DENIED');
    }
    if (part.state !== 'Pending') throw fault('INVOICE_NOT_FOUND');
    if (this.now() >= part.purchase.expiresAt) throw fault('ACTIVATION_OF_INVOICE_DENIED');
  }

  #open(part: Part): void {
    if (part.state !== 'Activated' || part.credited) throw fault('INVOICE_NOT_FOUND');
  }

  #activate(part: Part): void {
    part.state = 'Activated';
    part.total = sumRows(part.rows);
    part.activatedAt = this.now();
    part.dueDate = addDays(localDay(this.now()), part.purchase.store.dueDays ?? this.config.dueDays);
  }

  #split(part: Part, rest: Row[], actionReference: string | undefined): Part | undefined {
    this.#activate(part);
    const remainder = rest.length > 0 ? this.#newPart(part.purchase, 'Pending', rest, part.invoiceNo) : undefined;
    if (remainder) part.children.push(remainder.invoiceNo);
    this.#captured(part, actionReference);
    return remainder;
  }

  #captured(part: Part, actionReference: string | undefined): void {
    this.#moved(part, 'Purchase', actionReference);
    this.changed({ type: 'captured', purchase: part.purchase, amount: totalOf(part), actionReference });
  }

  #moved(part: Part, type: 'Purchase', actionReference: string | undefined): void {
    this.#movement(
      part,
      type,
      totalOf(part),
      part.rows.map((row) => ({ rate: row.vat, gross: rowTotal(row) })),
      actionReference,
    );
  }

  #credit(part: Part, amount: Hundredths, vat: Movement['vat'], actionReference: string | undefined): void {
    part.credits += amount;
    part.changed = true;
    this.#movement(
      part,
      'Return',
      -amount,
      vat.map(({ rate, gross }) => ({ rate, gross: -gross })),
      actionReference,
    );
    this.changed({ type: 'refunded', purchase: part.purchase, amount, actionReference });
  }

  #movement(part: Part, type: Movement['type'], amount: Hundredths, vat: Movement['vat'], actionReference: string | undefined): void {
    this.movements.push({
      at: this.now(),
      purchase: part.purchase,
      invoiceNo: part.invoiceNo,
      type,
      amount,
      vat: byRate(vat),
      actionReference,
    });
  }

  #newPart(purchase: Purchase, state: State, rows: Row[], parent: string | undefined): Part {
    const part: Part = {
      purchase,
      invoiceNo: this.#takeNumber(),
      aliases: [],
      state,
      rows,
      paymentReference: ocrNumber(`1000${String(this.#nextReference++).padStart(8, '0')}`, { lengthDigit: true }),
      parent,
      children: [],
      activatedAt: undefined,
      dueDate: undefined,
      extended: false,
      total: undefined,
      credits: 0n,
      adjustments: [],
      credited: false,
      changed: false,
      sendings: [],
    };
    purchase.parts.push(part);
    this.#byNumber.set(part.invoiceNo, part);
    this.#watch(part);
    return part;
  }

  /** `nextInvoiceNo` is the serial itself: changing the setting changes the next number. */
  #takeNumber(): string {
    let number = String(this.config.nextInvoiceNo++);
    while (this.#byNumber.has(number)) number = String(this.config.nextInvoiceNo++);
    return number;
  }

  #orderId(): string {
    const hash = createHash('sha256').update(`order ${this.purchases.length} ${this.now()}`).digest('hex');
    return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  }
}

const openAmount = (part: Part): Hundredths => (part.state === 'Pending' || part.state === 'Expired' ? totalOf(part) : 0n);

/** What is left of each rate: rows not returned, and adjustments. */
export function openVat(part: Part): ReturnType<typeof byRate> {
  return byRate([
    ...part.rows.map((row) => ({ rate: row.vat, gross: (row.quantity - row.credited) * row.unitPrice })),
    ...part.adjustments.map(({ vat, amount }) => ({ rate: vat, gross: amount })),
  ]);
}

export function byRate(amounts: { rate: Hundredths; gross: Hundredths }[]): { rate: Hundredths; gross: Hundredths; vat: Hundredths }[] {
  const sums = new Map<Hundredths, Hundredths>();
  for (const { rate, gross } of amounts) sums.set(rate, (sums.get(rate) ?? 0n) + gross);
  return [...sums]
    .filter(([, gross]) => gross !== 0n)
    .sort(([a], [b]) => (a > b ? -1 : 1))
    .map(([rate, gross]) => ({ rate, gross, vat: vatWithin(gross, rate) }));
}

/**
 * How many of each row the articles ask for: all or nothing (contract 3.2 and 5.3). Rows alike in article, text and price are one and are
 * used up in their order; rows that differ in one of these must be told apart by the request.
 */
export function take(rows: Row[], articles: Article[], left: (row: Row) => bigint): Map<Row, bigint> {
  const taken = new Map<Row, bigint>();
  for (const article of articles) {
    const named = rows.filter(
      (row) =>
        (article.articleId === undefined || row.articleId === article.articleId) &&
        (article.description === undefined || row.description === article.description),
    );
    if (named.length === 0) throw fault('ARTICLE_NOT_FOUND');
    const priced = named.filter((row) => article.unitPrice === undefined || row.unitPrice === article.unitPrice);
    if (priced.length === 0) throw fault('ARTICLE_NOT_FOUND_BASED_ON_UNITPRICE');
    const kinds = new Set(priced.map((row) => JSON.stringify([row.articleId, row.description, String(row.unitPrice)])));
    if (kinds.size > 1) throw fault('UNIQUE_ARTICLE_NOT_FOUND');
    if (article.quantity < 1n) throw fault('INVALID_QUANTITY');
    let wanted = article.quantity;
    for (const row of priced) {
      const free = left(row) - (taken.get(row) ?? 0n);
      const used = lesser(free, wanted);
      if (used <= 0n) continue;
      taken.set(row, (taken.get(row) ?? 0n) + used);
      wanted -= used;
    }
    if (wanted > 0n) throw fault('INVALID_QUANTITY');
  }
  return taken;
}

/** Contract 16: status of the order as the REST engine names it. */
export function orderStatus(purchase: Purchase): string {
  const has = (...states: State[]) => purchase.parts.some((part) => states.includes(part.state));
  if (has('Activated')) {
    if (has('Pending')) return 'PartActivated';
    return purchase.parts.every((part) => part.state !== 'Activated' || part.credited) ? 'Returned' : 'Activated';
  }
  if (has('Pending')) return 'NotActivated';
  if (has('OnHold')) return 'OnHold';
  if (has('Signing', 'StrongVerification')) return 'Signing';
  if (has('Expired')) return 'Expired';
  return has('Rejected') ? 'Rejected' : 'Canceled';
}

/** What the order is worth: a part that was cancelled counts only where nothing else is left. */
export function orderTotal(purchase: Purchase): Hundredths {
  const living = purchase.parts.filter((part) => part.state !== 'Cancelled');
  return (living.length > 0 ? living : purchase.parts).reduce((sum, part) => sum + totalOf(part), 0n);
}
