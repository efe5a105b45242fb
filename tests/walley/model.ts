import { addDays, type Day } from '../../src/domain/days/day.ts';

/**
 * What must come of a sequence of verbs, worked out a second way (contract 5, 16): every single piece of every row is followed by itself,
 * and all numbers are counted from the pieces. Nothing is shared with the simulator or the client, which keep quantities and running totals;
 * a test drives all of them with the same verbs and compares. Time is counted in whole days.
 */
export type ModelRow = { articleId: string; description: string; quantity: number; unitPrice: string; vat: string };
export type Line = { articleId: string; description: string; quantity: number; unitPrice: string };
/** `approved`, or what has to be decided first. */
export type Buyer = 'approved' | 'on-hold' | 'signing';

export type Verb =
  | { verb: 'add'; store: string; buyer: Buyer; rows: ModelRow[]; activate: boolean; secondGeneration?: boolean }
  | { verb: 'decide'; number: string; approve: boolean }
  | { verb: 'wait'; days: number }
  | { verb: 'activate' | 'cancel' | 'extend' | 'credit'; number: string }
  | { verb: 'part-activate' | 'part-credit'; number: string; lines: Line[] }
  | { verb: 'replace'; number: string; rows: ModelRow[]; secondGeneration?: boolean }
  | { verb: 'send'; number: string }
  | { verb: 'adjust'; number: string; amount: string; vat: string }
  /** The management API speaks of the order, named by the number of its first part. */
  | { verb: 'order-capture'; number: string; amount: string; lines?: Line[] }
  | { verb: 'order-cancel' | 'order-extend'; number: string }
  | { verb: 'order-refund'; number: string; amount: string; lines?: Line[] }
  | { verb: 'order-reauthorize'; number: string; rows: ModelRow[] };

export type Verdict = { done: true; newNumber?: string } | { done: false; code: string };

export type ModelPart = {
  number: string;
  aliases: string[];
  state: 'OnHold' | 'Signing' | 'Pending' | 'Activated' | 'Credited' | 'Cancelled' | 'Expired' | 'Rejected';
  rows: (ModelRow & { credited: number })[];
  total: string;
  remaining: string;
  credited: string;
  adjusted: string;
  lowest: string;
  /** What is still owed, by rate, highest first; a rate with nothing left is not listed. */
  vat: { rate: string; gross: string; vat: string }[];
  dueDate: Day | null;
  expiresOn: Day;
  extended: boolean;
  parent: string | null;
  children: string[];
};

type ModelOptions = {
  today: Day;
  firstNumber: number;
  stores: Record<string, { dueDays: number }>;
  pendingDays?: number;
  extendDays?: number;
  lowestFloor?: string;
  maxCredit?: string;
};

type Piece = { kind: number; part: Part; returned: boolean };
type Kind = { articleId: string; description: string; price: bigint; rate: bigint };
type Part = {
  order: Order;
  number: string;
  aliases: string[];
  state: Exclude<ModelPart['state'], 'Credited'>;
  settled: boolean;
  adjustments: { amount: bigint; rate: bigint }[];
  news: boolean;
  due: Day | null;
  extended: boolean;
  parent: Part | undefined;
};
type Order = { store: string; kinds: Kind[]; pieces: Piece[]; parts: Part[]; expires: Day; activate: boolean };

class No extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const cents = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0'));
  return text.startsWith('-') ? -size : size;
};
const words = (value: bigint): string => {
  const size = value < 0n ? -value : value;
  return `${value < 0n ? '-' : ''}${size / 100n}.${String(size % 100n).padStart(2, '0')}`;
};
const sum = (values: bigint[]) => values.reduce((a, b) => a + b, 0n);
const smaller = (a: bigint, b: bigint) => [a, b].sort((x, y) => (x < y ? -1 : 1))[0]!;
/** The tax inside a gross amount, to the nearest öre, halves away from zero. */
const taxIn = (gross: bigint, rate: bigint): bigint => {
  const [size, sign] = gross < 0n ? [-gross, -1n] : [gross, 1n];
  const over = 10_000n + rate;
  const down = (size * rate) / over;
  return sign * ((size * rate - down * over) * 2n >= over ? down + 1n : down);
};

/** Which refusal a verb meets in a state that it does not fit; the first word is for every state not named. */
const refusals: Record<string, Partial<Record<Part['state'] | 'Credited' | 'other', string>>> = {
  activate: {
    Activated: 'INVOICE_NOT_FOUND',
    Credited: 'INVOICE_NOT_FOUND',
    Cancelled: 'INVOICE_NOT_FOUND',
    other: 'ACTIVATION_OF_INVOICE_DENIED',
  },
  change: { other: 'INVALID_INVOICE_STATUS' },
  issued: { other: 'INVOICE_NOT_FOUND' },
};

export class LedgerModel {
  readonly #options: Required<ModelOptions>;
  readonly #orders: Order[] = [];
  #today: Day;
  #next: number;

  constructor(options: ModelOptions) {
    this.#options = { pendingDays: 90, extendDays: 10, lowestFloor: '50.00', maxCredit: '50000.00', ...options };
    this.#today = options.today;
    this.#next = options.firstNumber;
  }

  get today(): Day {
    return this.#today;
  }

  /** Plays one verb. A refusal leaves everything as it was. */
  apply(verb: Verb): Verdict {
    try {
      const newNumber = this.#play(verb);
      this.#lapse();
      return newNumber === undefined ? { done: true } : { done: true, newNumber };
    } catch (error) {
      if (error instanceof No) return { done: false, code: error.code };
      throw error;
    }
  }

  /** Every part in the order it came to be. */
  parts(): ModelPart[] {
    return this.#orders.flatMap((order) => order.parts).map((part) => this.#view(part));
  }

  part(number: string): ModelPart {
    return this.#view(this.#part(number));
  }

  /** Parts of one order, named by any of its numbers; the first is the root. */
  order(number: string): ModelPart[] {
    return this.#part(number).order.parts.map((part) => this.#view(part));
  }

  orderStatus(number: string): string {
    return this.#status(this.#part(number).order);
  }

  #play(verb: Verb): string | undefined {
    switch (verb.verb) {
      case 'add':
        return this.#add(verb);
      case 'wait':
        this.#today = addDays(this.#today, verb.days);
        return undefined;
      case 'decide':
        return this.#decide(this.#part(verb.number), verb.approve);
      case 'activate': {
        const part = this.#fit(verb.number, 'activate', 'Pending');
        this.#issue(part);
        return undefined;
      }
      case 'part-activate': {
        const part = this.#fit(verb.number, 'activate', 'Pending');
        return this.#ship(part, this.#pick(this.#pieces(part), verb.lines));
      }
      case 'cancel':
        this.#fit(verb.number, 'change', 'Pending', 'OnHold', 'Signing').state = 'Cancelled';
        return undefined;
      case 'replace':
        this.#replace(
          this.#fit(verb.number, 'change', 'Pending'),
          verb.rows,
          verb.secondGeneration ? 'ARTICLE_EXISTS_BUT_OTHER_INFORMATION' : null,
        );
        return undefined;
      case 'send': {
        const part = this.#issued(verb.number);
        if (!part.news) return undefined;
        part.news = false;
        const number = this.#number();
        part.aliases.push(number);
        return number;
      }
      case 'extend': {
        const part = this.#issued(verb.number);
        if (part.extended) throw new No('INVOICE_DUEDATE_ALREADY_EXTENDED');
        const due = addDays(part.due!, this.#options.extendDays);
        if (due < this.#today) throw new No('INVOICE_EXTENDED_DATE_IN_PAST');
        Object.assign(part, { due, extended: true });
        return undefined;
      }
      case 'credit':
        this.#settle(this.#issued(verb.number));
        return undefined;
      case 'part-credit': {
        const part = this.#issued(verb.number);
        const back = this.#pick(
          this.#pieces(part).filter((piece) => !piece.returned),
          verb.lines,
          this.#pieces(part),
        );
        this.#giveBack(part, back, 'INVALID_TRANSACTION_AMOUNT');
        return undefined;
      }
      case 'adjust':
        this.#adjust(this.#issued(verb.number), cents(verb.amount), cents(verb.vat));
        return undefined;
      default:
        return this.#orderVerb(verb);
    }
  }

  #add({ store, buyer, rows, activate, secondGeneration }: Extract<Verb, { verb: 'add' }>): string {
    this.#judge(rows, secondGeneration ? 'ARTICLE_EXISTS_BUT_OTHER_INFORMATION' : null);
    const order: Order = { store, kinds: [], pieces: [], parts: [], expires: addDays(this.#today, this.#options.pendingDays), activate };
    this.#orders.push(order);
    const part = this.#open(order, buyer === 'approved' ? 'Pending' : buyer === 'on-hold' ? 'OnHold' : 'Signing', undefined);
    this.#fill(part, rows);
    if (buyer === 'approved' && activate) this.#issue(part);
    return part.number;
  }

  #decide(part: Part, approve: boolean): undefined {
    if (approve ? !['OnHold', 'Signing'].includes(part.state) : part.state !== 'OnHold') throw new No('no such decision');
    part.state = approve ? 'Pending' : 'Rejected';
    if (approve && part.order.activate && this.#today < part.order.expires) this.#issue(part);
  }

  #orderVerb(verb: Extract<Verb, { verb: `order-${string}` }>): string | undefined {
    const { order } = this.#part(verb.number);
    const status = this.#status(order);
    const pending = order.parts.find((part) => part.state === 'Pending');
    const over = status === 'Activated' || status === 'Returned';
    switch (verb.verb) {
      case 'order-capture': {
        if (!pending) throw new No(over ? 'CAPTURE_ORDER_ALREADY_CAPTURED' : 'INVALID_ORDER_STATUS');
        const amount = cents(verb.amount);
        if (amount <= 0n) throw new No('VALIDATION_ERROR');
        if (verb.lines) {
          if (this.#worth(verb.lines) !== amount) throw new No('VALIDATION_ERROR');
          return this.#ship(pending, this.#pick(this.#pieces(pending), verb.lines));
        }
        const left = sum(this.#pieces(pending).map((piece) => this.#price(piece)));
        if (amount > left) throw new No('VALIDATION_ERROR');
        if (amount === left) {
          this.#issue(pending);
          return undefined;
        }
        return this.#shipAmount(pending, amount);
      }
      case 'order-cancel':
        if (!['NotActivated', 'PartActivated', 'Expired'].includes(status)) throw new No('INVALID_ORDER_STATUS');
        for (const part of order.parts) if (part.state === 'Pending' || part.state === 'Expired') part.state = 'Cancelled';
        return undefined;
      case 'order-extend':
        if (status !== 'NotActivated' && status !== 'PartActivated') throw new No('INVALID_ORDER_STATUS');
        order.expires = addDays([this.#today, order.expires].sort().at(-1)!, this.#options.pendingDays);
        return undefined;
      case 'order-reauthorize':
        if (!pending) throw new No(over ? 'ORDER_ALREADY_CAPTURED' : 'INVALID_ORDER_STATUS');
        // The API refuses a sum that is no price before it looks at anything else.
        if (sum(verb.rows.map((row) => BigInt(row.quantity) * cents(row.unitPrice))) <= 0n) throw new No('VALIDATION_ERROR');
        this.#replace(pending, verb.rows, 'MATCHING_ARTICLES_WITH_DIFFERENT_VAT');
        return undefined;
      case 'order-refund':
        if (status !== 'Activated' && status !== 'PartActivated') throw new No('INVALID_ORDER_STATUS');
        return this.#refund(
          order.parts.filter((part) => part.state === 'Activated' && !part.settled),
          verb,
        );
    }
  }

  /** Oldest part first: parts become active in the order they came to be. */
  #refund(parts: Part[], { amount: text, lines }: Extract<Verb, { verb: 'order-refund' }>): undefined {
    if (parts.length === 0) throw new No('INVALID_ORDER_STATUS');
    const amount = cents(text);
    if (amount <= 0n) throw new No('VALIDATION_ERROR');
    const captured = sum(parts.map((part) => this.#remaining(part)));
    if (lines) {
      if (this.#worth(lines) !== amount) throw new No('VALIDATION_ERROR');
      if (amount > captured) throw new No('REFUND_AMOUNT_TOO_HIGH');
      const all = parts.flatMap((part) => this.#pieces(part));
      const back = this.#pick(
        all.filter((piece) => !piece.returned),
        lines,
        all,
      );
      const shares = parts
        .map((part) => [part, back.filter((piece) => piece.part === part)] as const)
        .filter(([, share]) => share.length > 0);
      for (const [part, share] of shares) this.#mayGiveBack(part, share, 'REFUND_AMOUNT_TOO_HIGH');
      for (const [part, share] of shares) this.#giveBack(part, share, 'REFUND_AMOUNT_TOO_HIGH');
      return;
    }
    if (amount > captured) throw new No('REFUND_AMOUNT_TOO_HIGH');
    let rest = amount;
    for (const part of parts) {
      const open = this.#remaining(part);
      const used = smaller(open, rest);
      if (amount === captured) this.#settle(part);
      else if (used > 0n) {
        this.#adjust(part, -used, 2_500n);
        rest -= used;
      }
    }
  }

  #number(): string {
    return String(this.#next++);
  }

  #part(number: string): Part {
    const part = this.#orders.flatMap((order) => order.parts).find((one) => one.number === number || one.aliases.includes(number));
    if (!part) throw new No('INVOICE_NOT_FOUND');
    return part;
  }

  #fit(number: string, refusal: string, ...states: Part['state'][]): Part {
    const part = this.#part(number);
    if (states.includes(part.state)) return part;
    const state = part.settled ? 'Credited' : part.state;
    throw new No(refusals[refusal]![state] ?? refusals[refusal]!.other!);
  }

  #issued(number: string): Part {
    const part = this.#fit(number, 'issued', 'Activated');
    if (part.settled) throw new No('INVOICE_NOT_FOUND');
    return part;
  }

  #open(order: Order, state: Part['state'], parent: Part | undefined): Part {
    const part: Part = {
      order,
      number: this.#number(),
      aliases: [],
      state,
      settled: false,
      adjustments: [],
      news: false,
      due: null,
      extended: false,
      parent,
    };
    order.parts.push(part);
    return part;
  }

  #fill(part: Part, rows: ModelRow[]): void {
    for (const { articleId, description, quantity, unitPrice, vat } of rows) {
      const kind = part.order.kinds.push({ articleId, description, price: cents(unitPrice), rate: cents(vat) }) - 1;
      for (let i = 0; i < quantity; i++) part.order.pieces.push({ kind, part, returned: false });
    }
  }

  #pieces(part: Part): Piece[] {
    return part.order.pieces.filter((piece) => piece.part === part);
  }

  #price(piece: Piece): bigint {
    return piece.part.order.kinds[piece.kind]!.price;
  }

  #worth(lines: Line[]): bigint {
    return sum(lines.map((line) => BigInt(line.quantity) * cents(line.unitPrice)));
  }

  #judge(rows: ModelRow[], otherRate: string | null): bigint {
    if (otherRate) {
      for (const [i, row] of rows.entries()) {
        const twin = rows.slice(0, i).findLast((other) => other.articleId === row.articleId && other.description === row.description);
        if (twin && cents(twin.unitPrice) !== cents(row.unitPrice)) throw new No('ARTICLE_EXISTS_BUT_OTHER_INFORMATION');
        if (twin && cents(twin.vat) !== cents(row.vat)) throw new No(otherRate);
      }
    }
    const total = sum(rows.map((row) => BigInt(row.quantity) * cents(row.unitPrice)));
    if (total <= 0n) throw new No('TOTAL_AMOUNT_MUST_BE_POSITIVE');
    if (total > cents(this.#options.maxCredit)) throw new No('PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT');
    return total;
  }

  #replace(part: Part, rows: ModelRow[], otherRate: string | null): void {
    this.#judge(rows, otherRate);
    part.order.pieces = part.order.pieces.filter((piece) => piece.part !== part);
    this.#fill(part, rows);
  }

  /** The first so many free pieces of each line; `known` are all that the names may mean, free or not. */
  #pick(free: Piece[], lines: Line[], known = free): Piece[] {
    const picked = new Set<Piece>();
    for (const line of lines) {
      const named = (piece: Piece) => {
        const kind = piece.part.order.kinds[piece.kind]!;
        return kind.articleId === line.articleId && kind.description === line.description;
      };
      const priced = (piece: Piece) => named(piece) && this.#price(piece) === cents(line.unitPrice);
      if (!known.some(named)) throw new No('ARTICLE_NOT_FOUND');
      if (!known.some(priced)) throw new No('ARTICLE_NOT_FOUND_BASED_ON_UNITPRICE');
      const found = free.filter((piece) => priced(piece) && !picked.has(piece)).slice(0, Math.max(0, line.quantity));
      if (line.quantity < 1 || found.length < line.quantity) throw new No('INVALID_QUANTITY');
      for (const piece of found) picked.add(piece);
    }
    return [...picked];
  }

  #issue(part: Part): void {
    part.state = 'Activated';
    part.due = addDays(this.#today, this.#options.stores[part.order.store]!.dueDays);
  }

  /** What ships stays under the known number; what is left moves to a new one. */
  #ship(part: Part, shipped: Piece[]): string | undefined {
    const left = this.#pieces(part).filter((piece) => !shipped.includes(piece));
    this.#issue(part);
    if (left.length === 0) return undefined;
    const rest = this.#open(part.order, 'Pending', part);
    for (const piece of left) piece.part = rest;
    return rest.number;
  }

  #shipAmount(part: Part, amount: bigint): string {
    const { order } = part;
    const left = this.#pieces(part);
    const row = { articleId: 'amount', description: 'Delkapitalisering', quantity: 1, vat: '25' };
    this.#issue(part);
    const rest = this.#open(order, 'Pending', part);
    for (const piece of left) piece.part = rest;
    this.#fill(part, [{ ...row, unitPrice: words(amount) }]);
    this.#fill(rest, [{ ...row, unitPrice: words(-amount) }]);
    return rest.number;
  }

  #total(part: Part): bigint {
    return sum(this.#pieces(part).map((piece) => this.#price(piece)));
  }

  #adjusted(part: Part): bigint {
    return sum(part.adjustments.map(({ amount }) => amount));
  }

  /** Owed: pieces not returned, and adjustments; of a settled part nothing. */
  #remaining(part: Part): bigint {
    if (part.settled) return 0n;
    const kept = this.#pieces(part).filter((piece) => !piece.returned);
    return sum(kept.map((piece) => this.#price(piece))) + this.#adjusted(part);
  }

  #mayGiveBack(part: Part, pieces: Piece[], code: string): void {
    const left = this.#remaining(part) - sum(pieces.map((piece) => this.#price(piece)));
    if (left < 0n || left > this.#total(part)) throw new No(code);
  }

  #giveBack(part: Part, pieces: Piece[], code: string): void {
    this.#mayGiveBack(part, pieces, code);
    for (const piece of pieces) piece.returned = true;
    part.news = true;
    if (this.#remaining(part) === 0n) part.settled = true;
  }

  #settle(part: Part): void {
    for (const piece of this.#pieces(part)) piece.returned = true;
    part.news = true;
    part.settled = true;
  }

  #adjust(part: Part, amount: bigint, rate: bigint): void {
    if (amount === 0n) throw new No('VALIDATION_AMOUNT_RANGE');
    const left = this.#remaining(part) + amount;
    if (left < 0n || (amount > 0n && left > this.#total(part))) throw new No('INVALID_TRANSACTION_AMOUNT');
    part.adjustments.push({ amount, rate });
    part.news = true;
  }

  /** Whatever is still pending on the day its order runs out. */
  #lapse(): void {
    for (const order of this.#orders) {
      if (this.#today < order.expires) continue;
      for (const part of order.parts) if (part.state === 'Pending') part.state = 'Expired';
    }
  }

  #status({ parts }: Order): string {
    const any = (state: Part['state']) => parts.some((part) => part.state === state);
    if (any('Activated') && any('Pending')) return 'PartActivated';
    if (any('Activated'))
      return parts.filter((part) => part.state === 'Activated').every((part) => part.settled) ? 'Returned' : 'Activated';
    const names = { Pending: 'NotActivated', OnHold: 'OnHold', Signing: 'Signing', Expired: 'Expired', Rejected: 'Rejected' } as const;
    for (const [state, name] of Object.entries(names)) if (any(state as Part['state'])) return name;
    return 'Canceled';
  }

  #view(part: Part): ModelPart {
    const pieces = this.#pieces(part);
    const kinds = [...new Set(pieces.map((piece) => piece.kind))].sort((a, b) => a - b);
    const [total, remaining, adjusted] = [this.#total(part), this.#remaining(part), this.#adjusted(part)];
    const floor = cents(this.#options.lowestFloor);
    const owed = part.settled
      ? []
      : [
          ...pieces
            .filter((piece) => !piece.returned)
            .map((piece) => ({ rate: part.order.kinds[piece.kind]!.rate, amount: this.#price(piece) })),
          ...part.adjustments,
        ];
    const rates = [...new Set(owed.map(({ rate }) => rate))].sort((a, b) => Number(b - a));
    return {
      number: part.number,
      aliases: [...part.aliases],
      state: part.settled ? 'Credited' : part.state,
      rows: kinds.map((kind) => {
        const { articleId, description, price, rate } = part.order.kinds[kind]!;
        const mine = pieces.filter((piece) => piece.kind === kind);
        const credited = mine.filter((piece) => piece.returned).length;
        return { articleId, description, quantity: mine.length, unitPrice: words(price), vat: words(rate), credited };
      }),
      total: words(total),
      remaining: words(remaining),
      credited: words(part.state === 'Activated' ? total + adjusted - remaining : 0n),
      adjusted: words(adjusted),
      lowest: words(smaller(remaining, floor)),
      vat: rates
        .map((rate) => ({ rate, gross: sum(owed.filter((one) => one.rate === rate).map(({ amount }) => amount)) }))
        .filter(({ gross }) => gross !== 0n)
        .map(({ rate, gross }) => ({ rate: words(rate), gross: words(gross), vat: words(taxIn(gross, rate)) })),
      dueDate: part.due,
      expiresOn: part.order.expires,
      extended: part.extended,
      parent: part.parent?.number ?? null,
      children: part.order.parts.filter((other) => other.parent === part).map(({ number }) => number),
    };
  }
}
