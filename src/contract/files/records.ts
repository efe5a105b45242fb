import { cut } from '../../domain/cut.ts';
import type { Finding } from '../../domain/finding.ts';
import { hold, warning } from '../../domain/finding.ts';
import { compareDecimal, type Decimal, decimal, extend, minorDigits, noCurrency, scaled, toMinor } from '../../domain/money/money.ts';
import type { Order, OrderLine, Payment } from '../../domain/orders/order.ts';
import type { Party } from '../../domain/parties/party.ts';
import type { Place } from '../connector.ts';
import { type FileEvent, type FileHeader, type LineField, lineFields, type OrderField, orderFields, type Profile } from '../order-file.ts';
import { readInstant } from './local-time.ts';
import { countryCode, fold, isCurrency, readAmount, readQuantity, readTaxId } from './values.ts';

/** One record of a file as texts, before anybody asks what they mean: the profile decided which text is which field. */
export type RawRecord = {
  /** By position in `orderFields`; undefined where the file is silent. */
  values: (string | undefined)[];
  /** By position in `lineFields`. */
  lines: (string | undefined)[][];
  place: Place;
  raw: string;
  repaired?: boolean;
};

const orderIndex = Object.fromEntries(orderFields.map((f, i) => [f, i])) as Record<OrderField, number>;
const lineIndex = Object.fromEntries(lineFields.map((f, i) => [f, i])) as Record<LineField, number>;
const moneyFields: OrderField[] = ['declaredTotal', 'delivery.gross', 'payment.amount'];
const moneyLineFields = [lineIndex.unitGross, lineIndex.lineGross];
const endsInDigit = (text: string) => text.charCodeAt(text.length - 1) >= 48 && text.charCodeAt(text.length - 1) <= 57;
type PartyIndex = Partial<
  Record<'name' | 'firstName' | 'lastName' | 'company' | 'taxId' | 'street' | 'postalCode' | 'city' | 'country', number>
>;
const partyAt = (prefix: string): PartyIndex =>
  Object.fromEntries(orderFields.flatMap((field, i) => (field.startsWith(`${prefix}.`) ? [[field.slice(prefix.length + 1), i]] : [])));
export const paymentIndexes = orderFields.flatMap((field, i) => (field.startsWith('payment.') ? [i] : []));
const [buyerAt, invoiceAt, deliveryAt] = [partyAt('buyer'), partyAt('invoice'), partyAt('delivery')];
export const orderFieldIndex = (field: OrderField) => orderIndex[field];
export const lineFieldIndex = (field: LineField) => lineIndex[field];

export type RecordContext = {
  profile: Profile;
  channel: string;
  header: FileHeader;
  /** Dates with slashes begin with the month. */
  monthFirst?: boolean;
  /** No record of the file tells anything of payments: then its orders do not wait for money. */
  withoutPayments?: boolean;
  /** Domains of addresses a marketplace gives in place of the buyer's own; a name ends them or stands between their dots. */
  maskedDomains: string[];
};

/** The order a record means, or why it means none. A record is judged alone: nothing of another one changes it. */
export function orderOf(record: RawRecord, context: RecordContext): FileEvent {
  return new RecordReader(record, context).read();
}

/** A longer number is none: it is shown as far as this. */
const idChars = 200;

/** Never half a character at the cut: a database refuses it. */
const clip = (text: string | undefined, max: number) => (text === undefined ? undefined : cut(text, max));

class RecordReader {
  readonly #record: RawRecord;
  readonly #context: RecordContext;
  readonly #profile: Profile;
  readonly #findings: Finding[] = [];
  #problem: Finding | undefined;
  #currency = '';

  constructor(record: RawRecord, context: RecordContext) {
    this.#record = record;
    this.#context = context;
    this.#profile = context.profile;
  }

  read(): FileEvent {
    const { raw, place } = this.#record;
    const externalId = this.#get('externalId');
    if (externalId === undefined || externalId.length > idChars) this.#bad('E_ORDER_ID_MISSING', 'externalId', externalId ?? '');
    if (this.#record.lines.length === 0) this.#bad('E_NO_LINES', 'lines', '');
    const order = this.#problem ? undefined : this.#order(externalId!);
    if (this.#problem || !order) return { event: 'rejected', finding: this.#problem!, externalId: clip(externalId, idChars), raw, place };
    return { event: 'order', order, raw, place };
  }

  #get(field: OrderField): string | undefined {
    return this.#record.values[orderIndex[field]];
  }

  #has(field: OrderField): boolean {
    return this.#profile.order.fields[field] !== undefined;
  }

  #bad(code: string, where: string, value: string): void {
    this.#problem ??= { code, level: 'reject', where, params: { value: clip(value, 100)! } };
  }

  #order(externalId: string): Order {
    this.#currency = this.#currencyOf();
    const status = this.#status();
    const payment = this.#payment();
    const lines = this.#lines();
    const paidAt = this.#instant('payment.paidAt');
    const order: Order = {
      externalId,
      aliases: [],
      number: clip(this.#get('number'), 100),
      channel: this.#context.channel,
      marketplace: this.#get('marketplace'),
      status,
      externalStatus: clip(this.#get('sellerStatus'), 100),
      orderedAt: this.#orderedAt(paidAt),
      currency: this.#currency,
      buyer: this.#buyer(),
      invoiceRequest: this.#invoiceRequest(),
      delivery: this.#delivery(),
      lines,
      adjustments: [],
      payments: payment ? [payment] : [],
      declaredTotal: this.#amount('declaredTotal'),
      messages: { buyer: this.#get('buyerMessage'), seller: this.#get('sellerNote') },
      refunds: [],
      documentedElsewhere: [],
      findings: this.#findings,
    };
    if (payment?.status === 'paid' && paidAt) {
      order.paidAt = paidAt;
      order.readyAt = paidAt;
    }
    if (this.#record.repaired) this.#findings.push(warning('W_XML_REPAIRED', undefined, { id: externalId }));
    return order;
  }

  /** Named by the order, else by its lines, else by the signs behind its amounts, else the profile's. */
  #currencyOf(): string {
    let code = this.#get('currency')?.toUpperCase();
    let other: string | undefined;
    const meet = (written: string | undefined) => {
      if (written === undefined) return;
      code ??= written.toUpperCase();
      if (written.toUpperCase() !== code) other ??= written.toUpperCase();
    };
    const meetSign = (text: string | undefined) => {
      if (text !== undefined && !endsInDigit(text)) meet(readAmount(text, this.#profile.numbers)?.currency);
    };
    for (const line of this.#record.lines) meet(line[lineIndex.currency]);
    for (const field of moneyFields) meetSign(this.#get(field));
    for (const line of this.#record.lines) for (const field of moneyLineFields) meetSign(line[field]);
    code ??= this.#profile.defaultCurrency ?? undefined;
    if (code === undefined) {
      this.#findings.push(hold('H_CURRENCY_UNKNOWN', 'currency'));
      return noCurrency;
    }
    if (!isCurrency(code) || other !== undefined) this.#bad('E_CURRENCY', 'currency', isCurrency(code) ? `${code}/${other}` : code);
    return code;
  }

  #status(): Order['status'] {
    const words = this.#profile.values.sellerStatus ?? {};
    const word = lookup(words, this.#get('sellerStatus')) ?? lookup(words, this.#context.header.section);
    if (word === 'returned') this.#findings.push(hold('H_RETURNED', 'externalStatus'));
    return word === 'cancelled' ? 'cancelled' : 'ready';
  }

  #amount(field: OrderField): Decimal | undefined {
    const text = this.#get(field);
    return text === undefined ? undefined : this.#sum(text, field);
  }

  /** An amount somebody paid or asked has no more decimals than its currency: 1,234 is a thousand and more in one country and 1.23 in another. */
  #sum(text: string, where: string): Decimal | undefined {
    const value = this.#money(text, where);
    if (value === undefined) return undefined;
    const decimals = value.split('.')[1] ?? '';
    if (decimals.length === 3 || /[1-9]/.test(decimals.slice(minorDigits(this.#currency)))) {
      this.#bad('E_AMOUNT', where, text);
      return undefined;
    }
    return value;
  }

  #money(text: string, where: string): Decimal | undefined {
    const amount = readAmount(text, this.#profile.numbers);
    if (!amount || amount.value.startsWith('-')) {
      this.#bad('E_AMOUNT', where, text);
      return undefined;
    }
    return amount.value;
  }

  #instant(field: OrderField): string | undefined {
    const text = this.#get(field);
    if (text === undefined) return undefined;
    const instant = readInstant(text, this.#profile.timeZone, this.#context.monthFirst);
    if (instant === undefined) this.#bad('E_DATE', field, text);
    return instant;
  }

  #orderedAt(paidAt: string | undefined): string {
    const written = this.#instant('orderedAt');
    if (written !== undefined) return written;
    const bought = this.#record.lines.map((line) => line[lineIndex.boughtAt]).find((text) => text !== undefined);
    const instant = paidAt ?? (bought === undefined ? undefined : readInstant(bought, this.#profile.timeZone, this.#context.monthFirst));
    if (instant === undefined) this.#bad('E_DATE', 'orderedAt', '');
    return instant ?? '';
  }

  #party(at: PartyIndex): Party | undefined {
    const { values } = this.#record;
    const get = (index: number | undefined, max: number) => (index === undefined ? undefined : clip(values[index], max));
    const party: Party = {
      name: get(at.name, 512),
      firstName: get(at.firstName, 200),
      lastName: get(at.lastName, 200),
      company: get(at.company, 512),
      taxIds: [],
      street: get(at.street, 512),
      // A spreadsheet's apostrophe says that a code is text.
      postalCode: get(at.postalCode, 40)?.replace(/^'/, ''),
      city: get(at.city, 200),
    };
    const country = get(at.country, 80);
    const taxId = get(at.taxId, 1000);
    const said =
      party.name ??
      party.firstName ??
      party.lastName ??
      party.company ??
      party.street ??
      party.postalCode ??
      party.city ??
      country ??
      taxId;
    if (said === undefined) return undefined;
    // An invoice's or delivery's address without a country is in the buyer's: what the layout means by silence is said of nobody abroad.
    const written = country ?? clip(this.#get('buyer.country'), 80);
    const meant = written === undefined ? (this.#profile.defaultCountry ?? undefined) : (countryCode(written) ?? written);
    // A layout that means nothing by silence leaves it open; a number alone is still read as one of the buyer's country.
    party.country = country === undefined && this.#profile.defaultCountry === null ? undefined : meant;
    if (taxId !== undefined) party.taxIds.push(clipTaxId(readTaxId(taxId, meant)));
    return party;
  }

  #buyer(): Order['buyer'] {
    const party = this.#party(buyerAt) ?? { taxIds: [] };
    const email = clip(this.#get('buyer.email'), 320);
    return {
      ...party,
      name: party.name ?? ([party.firstName, party.lastName].filter(Boolean).join(' ') || undefined),
      email,
      phone: clip(this.#get('buyer.phone'), 60),
      login: clip(this.#get('buyer.login'), 200),
      externalId: clip(this.#get('buyer.externalId'), 100),
      emailKind: emailKind(email, this.#context.maskedDomains),
    };
  }

  /** A flag of the channel is the wish; without one, any filled invoice field is (contract ORDERS §4). */
  #invoiceRequest(): Order['invoiceRequest'] {
    const party = this.#party(invoiceAt);
    const flag = this.#get('invoice.requested');
    const said = flag === undefined ? undefined : lookup(this.#profile.values['invoice.requested'] ?? {}, flag);
    if (said !== undefined) return { requested: said, explicit: true, party };
    return { requested: party !== undefined, explicit: false, party };
  }

  #delivery(): Order['delivery'] {
    const tracking = this.#get('delivery.tracking');
    return {
      method: clip(this.#get('delivery.method'), 200),
      gross: this.#amount('delivery.gross'),
      address: this.#party(deliveryAt),
      pickupPoint: clip(this.#get('delivery.pickupPoint'), 200),
      tracking: tracking === undefined ? [] : [tracking],
    };
  }

  #payment(): Payment | undefined {
    if (!this.#has('payment.status') && !this.#has('payment.method') && !this.#has('payment.provider') && !this.#has('payment.amount'))
      return undefined;
    if (this.#context.withoutPayments && paymentIndexes.every((index) => this.#record.values[index] === undefined)) return undefined;
    const rawMethod = this.#get('payment.method');
    const provider = this.#get('payment.provider');
    const rawStatus = this.#get('payment.status');
    const amount = this.#amount('payment.amount');
    const values = this.#profile.values;
    const method =
      (rawMethod === undefined ? undefined : lookup(values['payment.method'] ?? {}, rawMethod)) ??
      (provider === undefined ? undefined : (lookup(values['payment.provider'] ?? {}, provider) ?? 'online')) ??
      'other';
    const status = rawStatus === undefined ? undefined : lookup(values['payment.status'] ?? {}, rawStatus);
    return {
      externalId: clip(this.#get('payment.externalId'), 100),
      method: method as Payment['method'],
      provider: clip(provider, 60),
      rawMethod: clip(rawMethod, 100),
      amount,
      // Where the file tells no status, an amount paid in is one; silence is not.
      status:
        (status as Payment['status'] | undefined) ??
        (rawStatus === undefined && amount !== undefined && toMinor(amount, this.#currency) > 0n ? 'paid' : 'pending'),
      at: this.#instant('payment.paidAt'),
    };
  }

  #lines(): OrderLine[] {
    const lines: OrderLine[] = [];
    this.#record.lines.forEach((texts, i) => {
      const line = this.#line(texts, i);
      if (!line) return;
      lines.push(line);
      const deposit = this.#deposit(texts, line, i);
      if (deposit) lines.push(deposit);
    });
    return lines;
  }

  #line(texts: (string | undefined)[], i: number): OrderLine | undefined {
    const text = (field: LineField) => texts[lineIndex[field]];
    const quantity = readQuantity(text('quantity') ?? '');
    if (quantity === undefined) this.#bad('E_QTY', `lines.${i}.quantity`, text('quantity') ?? '');
    const declared = text('lineGross') === undefined ? undefined : this.#sum(text('lineGross')!, `lines.${i}.gross`);
    const written = text('unitGross');
    const unitGross = written === undefined ? unitPrice(declared, quantity) : this.#money(written, `lines.${i}.unitGross`);
    if (unitGross === undefined) this.#bad('E_AMOUNT', `lines.${i}.unitGross`, written ?? '');
    if (this.#problem || quantity === undefined || unitGross === undefined) return undefined;
    const gross = extend(quantity, unitGross, this.#currency);
    if (declared !== undefined && toMinor(declared, this.#currency) !== gross) {
      this.#findings.push(hold('H_TOTAL_MISMATCH', `lines.${i}.gross`, { computed: minorText(gross, this.#currency), declared }));
    }
    const externalId = clip(text('externalId'), 100);
    return {
      id: externalId ?? String(i + 1),
      externalId,
      kind: 'goods',
      name: clip(text('name') ?? text('sku') ?? text('offerId') ?? '', 1000)!,
      sku: clip(text('sku'), 200),
      ean: clip(text('ean'), 40),
      offerId: clip(text('offerId'), 100),
      quantity,
      unit: clip(text('unit'), 20),
      unitGross,
      gross: minorText(gross, this.#currency),
      rate: rateOf(text('rate')),
      returnedQuantity: this.#returned(text('returnedQuantity'), i),
    };
  }

  #returned(text: string | undefined, i: number): Decimal | undefined {
    if (text === undefined || /^0([.,]0+)?$/.test(text)) return undefined;
    const quantity = readQuantity(text);
    if (quantity === undefined) this.#bad('E_QTY', `lines.${i}.returnedQuantity`, text);
    return quantity;
  }

  /** A returnable-packaging deposit is per unit, gross and outside the tax (contract allegro §4). */
  #deposit(texts: (string | undefined)[], line: OrderLine, i: number): OrderLine | undefined {
    const text = texts[lineIndex.depositUnit];
    if (text === undefined) return undefined;
    const unitGross = this.#money(text, `lines.${i}.deposit`);
    if (unitGross === undefined || toMinor(unitGross, this.#currency) === 0n) return undefined;
    const gross = minorText(extend(line.quantity, unitGross, this.#currency), this.#currency);
    return {
      id: `${line.id}:deposit`,
      kind: 'deposit',
      name: clip(`Kaucja: ${line.name}`, 1000)!,
      quantity: line.quantity,
      unitGross,
      gross,
      rate: { category: 'O', source: 'channel' },
    };
  }
}

function minorText(minor: bigint, currency: string): Decimal {
  return currency === 'JPY' ? minor.toString() : decimalText(minor);
}

function decimalText(minor: bigint): Decimal {
  const digits = minor.toString().padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Unit price of a declared line amount, where it divides exactly. */
function unitPrice(gross: Decimal | undefined, quantity: Decimal | undefined): Decimal | undefined {
  if (gross === undefined || quantity === undefined) return undefined;
  const [g, q] = [scaled(gross), scaled(quantity)];
  const numerator = g.value * 10n ** BigInt(6 + q.scale);
  const denominator = q.value * 10n ** BigInt(g.scale);
  return numerator % denominator === 0n ? decimal({ value: numerator / denominator, scale: 6 }) : undefined;
}

/** "23", "23%", "5.0" or a category letter; anything else is no rate. */
function rateOf(text: string | undefined): OrderLine['rate'] {
  const m = text === undefined ? null : /^(\d{1,2}(?:[.,]\d{1,2})?)\s*%?$/.exec(text.trim());
  if (m) {
    const percent = decimal(scaled(m[1]!.replace(',', '.')));
    return { category: compareDecimal(percent, '0') === 0 ? 'Z' : 'S', percent, source: 'channel' };
  }
  const letters: Record<string, 'E' | 'O' | 'AE' | 'Z'> = { E: 'E', ZW: 'E', O: 'O', NP: 'O', AE: 'AE', OO: 'AE', Z: 'Z' };
  const category = text === undefined ? undefined : letters[text.trim().replace('.', '').toUpperCase()];
  return category ? { category, source: 'channel' } : undefined;
}

function clipTaxId(id: { scheme: string; value: string; raw: string }): { scheme: string; value: string; raw: string } {
  return { scheme: id.scheme, value: clip(id.value, 60)!, raw: clip(id.raw, 100)! };
}

export function emailKind(email: string | undefined, masked: string[]): 'direct' | 'masked' | 'none' {
  if (!email?.includes('@')) return 'none';
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return masked.some((m) => domain === m || domain.endsWith(`.${m}`) || domain.startsWith(`${m}.`)) ? 'masked' : 'direct';
}

const folded = new WeakMap<object, Map<string, unknown>>();
/** Value of a word, first as written, then without regard to case and diacritics. */
function lookup<T>(values: Record<string, T>, word: string | undefined): T | undefined {
  if (word === undefined) return undefined;
  if (Object.hasOwn(values, word)) return values[word];
  let map = folded.get(values);
  if (!map) {
    map = new Map(Object.entries(values).map(([k, v]) => [fold(k), v]));
    folded.set(values, map);
  }
  return map.get(fold(word)) as T | undefined;
}
