import { isDay } from '../../../src/domain/days/day.ts';
import { divide, fromMinor, isDecimal, scaled } from '../../../src/domain/money/money.ts';
import { checkNip } from '../../../src/domain/regimes/pl/identifiers.ts';
import { amountInWords } from '../../../src/domain/regimes/words/words.ts';
import { correctionReasons, currencies, exemptions, paymentMethods, vatRates } from './reference.ts';
import { type Account, type Document, type Family, type Fields, families, iso } from './state.ts';

/**
 * From what was sent to a document, or to the fields it is refused for. Fields nobody knows are dropped without a word; money that is
 * text or has a fraction is cut down to its whole number, as seen live: "500.00" became five zlotys.
 */

type Errors = Record<string, string[]>;

const empty = 'nie może być puste';
const invalid = 'jest nieprawidłowe';

/** Plain fields taken over as they are sent; everything else has a rule of its own or is dropped. */
const texts = [
  'notes',
  'recipient_signature',
  'seller_signature',
  'client_company_name',
  'client_first_name',
  'client_last_name',
  'client_business_activity_kind',
  'client_tax_code',
  'client_street',
  'client_street_number',
  'client_flat_number',
  'client_city',
  'client_post_code',
  'client_country',
  'client_email',
  'bank_name',
  'bank_account',
  'swift',
  'split_payment_type',
  'sale_type',
  'sales_kind',
  'bdo_code',
  'receipt_number',
  'margin_kind',
  'service_type',
  'service_place_primary',
  'country',
];
const flags = [
  'split_payment',
  'building_service',
  'occasional_sale',
  'not_income',
  'check_duplicate_number',
  'check_correction_obligation',
  'confirmation',
];
const days = [
  'sale_date',
  'payment_date',
  'paid_date',
  'continuous_service_start_on',
  'continuous_service_end_on',
  'sale_date_before_correction',
  'continuous_service_start_on_before_correction',
  'continuous_service_end_on_before_correction',
  'confirmation_date',
  'advance_date',
  'issue_date',
  'service_date',
];
const choices: Record<string, readonly string[]> = {
  status: ['draft', 'sent', 'printed', 'paid'],
  invoice_date_kind: ['sale_date', 'service_date', 'cargo_date', 'continuous_service_end_on'],
  vat_date_value: ['issue_date', 'sale_date', 'paid_date'],
  vat_exchange_date_kind: ['vat', 'pit'],
  split_payment_type: ['required', 'optional'],
  client_business_activity_kind: ['private_person', 'self_employed', 'other_business'],
  service_type: ['electronic', 'broadcasting', 'telecommunications'],
  sale_type: ['service', 'merchandise'],
};
const lineTexts = ['unit', 'pkwiu', 'cn', 'pkob', 'gtin', 'flat_rate_tax_symbol'];

type Built = { errors: Errors } | { fields: Document['fields'] };

/** `held` is the document that is changed, when it is one. */
export function build(account: Account, family: Family, sent: Fields, held?: Document): Built {
  const errors: Errors = {};
  const wrong = (field: string, text: string) => {
    errors[field] = [...(errors[field] ?? []), text];
  };
  const correction = family === 'corrective_invoices' || family === 'corrective_oss_invoices';
  const input: Fields = { ...(held ? writable(held) : {}), ...sent };
  const uuid = held?.fields.uuid ?? account.uuid();
  const invoiceDate = dayOf(input.invoice_date ?? input.issue_date) ?? account.today();
  if (!isAbsent(input.invoice_date) && dayOf(input.invoice_date) === undefined) wrong('invoice_date', invalid);
  for (const name of days) if (!isAbsent(input[name]) && dayOf(input[name]) === undefined) wrong(name, invalid);
  for (const [name, allowed] of Object.entries(choices))
    if (!isAbsent(input[name]) && !allowed.includes(String(input[name]))) wrong(name, 'nie znajduje się na liście dopuszczalnych wartości');

  const kind = family === 'invoices' && input.kind === 'proforma' ? 'proforma' : families[family].kind;
  const currency = String(input.currency ?? 'PLN');
  if (!currencies.includes(currency)) wrong('currency', invalid);
  const method = String(input.payment_method ?? 'transfer');
  if (!(paymentMethods as readonly string[]).includes(method))
    wrong('payment_method', 'nie znajduje się na liście dopuszczalnych wartości');
  const banks = account.settings().hasBankAccount ? account.bankAccounts : [];
  const typed = String(input.bank_account ?? '').replace(/^PL|\s/g, '');
  if (method === 'transfer' && banks.length === 0) wrong('bank_account', empty);
  else if (typed && !banks.some((bank) => bank.account_number === typed)) wrong('bank_account', 'nie jest zweryfikowany');

  const oss = family === 'oss_invoices' || family === 'corrective_oss_invoices';
  const buyer = buyerOf(account, input, correction, wrong);
  if (oss) for (const name of ['client_first_name', 'client_last_name']) if (isAbsent(buyer[name])) wrong(name, empty);
  const lines = linesOf(account, family, input, wrong);
  const exempt = lines.some((line) => line.tax_symbol === 'zw');
  if (exempt && account.settings().exemptionNeedsReason && !exemptions.some((e) => e.id === input.vat_exemption_reason))
    wrong('vat_exemption_reason', empty);
  const corrected = correction ? correctedOf(account, input, lines, wrong) : undefined;

  const given = typeof input.number === 'string' && input.number !== '' ? input.number : undefined;
  const number = given ?? account.nextNumber(kind, families[family].mark, invoiceDate);
  const twin = [...account.documents.values()].some((d) => d.fields.number === number && d.fields.uuid !== uuid);
  if (given && twin && input.check_duplicate_number === true) wrong('number', 'wystąpił duplikat numeru');
  const advances = advancesOf(account, family, input, lines, wrong);
  if (input.invoice_date_kind === 'continuous_service_end_on' && !isAbsent(input.sale_date)) wrong('sale_date', 'musi być puste');
  if (Object.keys(errors).length > 0) return { errors };

  const total = (name: 'net_price' | 'tax_price' | 'gross_price') =>
    lines.reduce((sum, line) => sum + line[name] * (correction && line.correction !== true ? -1 : 1), 0);
  const whole = {
    gross: total('gross_price'),
    tax: account.settings().taxRounding === 'line' ? total('tax_price') : taxByRate(lines, correction),
  };
  const { gross, tax } = advances?.totals(whole) ?? whole;
  const paidDate = dayOf(input.paid_date) ?? (input.status === 'paid' ? account.today() : null);
  const client = clientOf(account, input, buyer);
  const text = (name: string) => (isAbsent(input[name]) ? '' : String(input[name]));
  const fields: Document['fields'] = {
    id: (held?.fields.id as number | undefined) ?? account.nextId('document'),
    uuid,
    parent_id: null,
    number,
    currency,
    kind,
    payment_method: method,
    invoice_date: invoiceDate,
    sale_date: dayOf(input.sale_date) ?? invoiceDate,
    payment_date: dayOf(input.payment_date) ?? invoiceDate,
    paid_date: paidDate,
    status: String(input.status ?? (held?.fields.status || 'draft')),
    net_price: gross - tax,
    tax_price: tax,
    gross_price: gross,
    paid_price: paidDate ? gross : 0,
    left_to_pay: paidDate ? 0 : gross,
    client_id: client.id,
    client_uuid: client.uuid,
    ...Object.fromEntries(texts.map((name) => [name, text(name)])),
    ...buyer,
    ...Object.fromEntries(flags.map((name) => [name, input[name] === true])),
    split_payment_type: isAbsent(input.split_payment_type) ? null : input.split_payment_type,
    sales_kind: isAbsent(input.sales_kind) ? null : input.sales_kind,
    invoice_date_kind: advances ? null : (input.invoice_date_kind ?? 'sale_date'),
    continuous_service_start_on: dayOf(input.continuous_service_start_on) ?? null,
    continuous_service_end_on: dayOf(input.continuous_service_end_on) ?? null,
    vat_date_value: input.vat_date_value ?? 'sale_date',
    vat_exchange_date_kind: input.vat_exchange_date_kind ?? (currency === 'PLN' ? null : 'vat'),
    vat_exemption_reason: exempt ? input.vat_exemption_reason : null,
    document_markings_ids: Array.isArray(input.document_markings_ids) ? input.document_markings_ids : [],
    transaction_kind_id: input.transaction_kind_id ?? null,
    third_party_addresses: !oss && Array.isArray(input.third_party_addresses) ? input.third_party_addresses : [],
    ...(oss ? { issue_date: invoiceDate } : { transaction_terms: termsOf(input.transaction_terms) }),
    local_government_recipient_address: input.local_government_recipient_address ?? null,
    local_government_seller_address: input.local_government_seller_address ?? null,
    bank_account: method === 'transfer' ? typed || String(banks[0]?.account_number ?? '') : '',
    ...(oss && isAbsent(input.service_type) ? { service_type: undefined } : {}),
    ...(corrected ?? {}),
    ...(advances?.fields ?? {}),
    amount_in_words: amountInWords(fromMinor(BigInt(gross), 'PLN'), currency, 'pl', 'short'),
    reconciliation_id: null,
    related_documents: [],
    ksef_number: null,
    ksef_data: null,
    created_at: (held?.fields.created_at as string | undefined) ?? iso(account.clock.now()),
    services: lines,
    extensions: { payments: { link: null, available: false }, shares: { link: null, available: false, valid_until: null } },
  };
  return { fields };
}

/** The other reading: tax taken out of the gross of each rate. */
function taxByRate(lines: Line[], correction: boolean): number {
  const grosses = new Map<string, number>();
  for (const line of lines)
    grosses.set(
      line.tax_symbol,
      (grosses.get(line.tax_symbol) ?? 0) + line.gross_price * (correction && line.correction !== true ? -1 : 1),
    );
  return [...grosses].reduce((sum, [symbol, gross]) => {
    const percent = /^\d+$/.test(symbol) ? BigInt(symbol) : 0n;
    return sum + Number(divide(BigInt(gross) * percent, 100n + percent));
  }, 0);
}

/** What of a kept document counts as sent again when it is changed. */
function writable({ fields }: Document): Fields {
  const {
    services,
    gross_price: _,
    net_price: __,
    tax_price: ___,
    correction_reason: ____,
    correction_reason_symbol: symbol,
    ...rest
  } = fields;
  const kept = (services as Line[]).map(({ unit_net_price: u, net_price: n, ...line }) =>
    line.from === 'net' ? { ...line, unit_net_price: u } : line,
  );
  return { ...rest, services: kept, ...(symbol ? { correction_reason: symbol } : {}) };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function dayOf(value: unknown): string | undefined {
  return isDay(value) ? value : undefined;
}

type Wrong = (field: string, text: string) => void;

function inline(input: Fields): boolean {
  return ['client_company_name', 'client_first_name', 'client_last_name'].some((name) => !isAbsent(input[name]));
}

function buyerOf(account: Account, input: Fields, correction: boolean, wrong: Wrong): Fields {
  const known = account.clients.find((client) => client.id === input.client_id);
  if (!isAbsent(input.client_id) && !known) wrong('client_id', 'nie istnieje');
  if (isAbsent(input.client_id) && (correction || !inline(input))) wrong('client_id', empty);
  const stored: Fields = known
    ? {
        client_company_name: known.company_name ?? '',
        client_first_name: known.first_name ?? '',
        client_last_name: known.last_name ?? '',
        client_business_activity_kind: known.business_activity_kind ?? (known.company_name ? 'other_business' : 'private_person'),
        client_tax_code: known.nip ?? '',
        client_street: known.street ?? '',
        client_street_number: known.street_number ?? '',
        client_flat_number: known.flat_number ?? '',
        client_city: known.city ?? '',
        client_post_code: known.postal_code ?? '',
        client_country: known.country,
        client_email: known.email ?? '',
      }
    : {};
  const sent = Object.fromEntries(
    texts.filter((name) => name.startsWith('client_') && !isAbsent(input[name])).map((name) => [name, String(input[name])]),
  );
  const buyer: Fields = { ...stored, ...sent };
  buyer.client_country = isAbsent(buyer.client_country) ? 'PL' : buyer.client_country;
  buyer.client_business_activity_kind ??= isAbsent(buyer.client_company_name) ? 'private_person' : 'other_business';
  if (known || inline(input)) {
    if (buyer.client_business_activity_kind === 'private_person') {
      if (isAbsent(buyer.client_first_name)) wrong('client_first_name', empty);
      if (isAbsent(buyer.client_last_name)) wrong('client_last_name', empty);
    } else if (isAbsent(buyer.client_company_name)) wrong('client_company_name', empty);
    const code = String(buyer.client_tax_code ?? '');
    if (code !== '' && (buyer.client_country === 'PL' || code.startsWith('PL')) && !checkNip(code).valid)
      wrong('client_tax_code', 'jest nieprawidłowy');
  }
  return buyer;
}

/** An inline buyer becomes a client of the account, a new one each time: nothing is looked for. */
function clientOf(account: Account, input: Fields, buyer: Fields): { id: number; uuid: string } {
  const known = account.clients.find((client) => client.id === input.client_id);
  if (known) return known;
  return addClient(account, {
    company_name: buyer.client_company_name || null,
    first_name: buyer.client_first_name || null,
    last_name: buyer.client_last_name || null,
    business_activity_kind: buyer.client_business_activity_kind,
    nip: buyer.client_tax_code || null,
    street: buyer.client_street,
    street_number: buyer.client_street_number,
    flat_number: buyer.client_flat_number,
    city: buyer.client_city,
    postal_code: buyer.client_post_code,
    country: buyer.client_country,
    email: buyer.client_email || null,
  });
}

export function addClient(account: Account, sent: Fields): Account['clients'][number] {
  const client = { ...clientFields(sent), id: account.nextId('client'), uuid: account.uuid(), country: String(sent.country) };
  account.clients.push(client);
  return client;
}

/** A client as it is read: `days_to_payment` is text, whatever was sent. */
export function clientFields(sent: Fields): Fields {
  const or = (name: string, otherwise: unknown) => (isAbsent(sent[name]) ? otherwise : sent[name]);
  return {
    company_name: or('company_name', null),
    street: or('street', null),
    street_number: or('street_number', null),
    flat_number: or('flat_number', null),
    city: or('city', null),
    country: sent.country,
    country_full_name: sent.country === 'PL' ? 'Polska' : String(sent.country),
    postal_code: or('postal_code', null),
    nip: or('nip', null),
    phone_number: or('phone_number', null),
    web_site: or('web_site', ''),
    email: or('email', null),
    note: or('note', ''),
    receiver: or('receiver', ''),
    mailing_company_name: or('mailing_company_name', ''),
    mailing_street: or('mailing_street', ''),
    mailing_city: or('mailing_city', ''),
    mailing_postal_code: or('mailing_postal_code', ''),
    days_to_payment: String(or('days_to_payment', '')),
    payment_method: or('payment_method', ''),
    invoice_note: or('invoice_note', ''),
    same_forward_address: sent.same_forward_address !== false,
    first_name: or('first_name', null),
    last_name: or('last_name', null),
    business_activity_kind: or('business_activity_kind', null),
    is_vindicable: false,
    vindicable_invoices_count: 0,
  };
}

export function clientErrors(sent: Fields): Errors {
  const errors: Errors = {};
  if (isAbsent(sent.country)) errors.country = [empty];
  if (isAbsent(sent.company_name) && (isAbsent(sent.first_name) || isAbsent(sent.last_name))) errors.company_name = [empty];
  if (sent.country === 'PL' && !isAbsent(sent.postal_code) && !/^\d{2}-\d{3}$/.test(String(sent.postal_code)))
    errors.postal_code = ['jest nieprawidłowy'];
  if (sent.country === 'PL' && !isAbsent(sent.nip) && !checkNip(String(sent.nip)).valid) errors.nip = ['jest nieprawidłowy'];
  return errors;
}

type Line = Fields & {
  name: string;
  tax_symbol: string;
  quantity: number;
  unit_net_price: number;
  net_price: number;
  tax_price: number;
  gross_price: number;
  group?: number;
  correction?: boolean;
};

function linesOf(account: Account, family: Family, input: Fields, wrong: Wrong): Line[] {
  const sent = Array.isArray(input.services) ? (input.services as Fields[]) : [];
  if (sent.length === 0) wrong('services', empty);
  const lines = sent.map((line) => lineOf(account, family, line, wrong));
  return lines;
}

function lineOf(account: Account, family: Family, line: Fields, wrong: Wrong): Line {
  const oss = family === 'oss_invoices' || family === 'corrective_oss_invoices';
  const symbol = String((oss ? line.tax_rate : line.tax_symbol) ?? '');
  if (isAbsent(line.name)) wrong('services.name', empty);
  const rate = oss ? Number(symbol) : Number(rateOf(symbol, account.today()));
  if (symbol === '') {
    // One empty rate shows up on other fields as well.
    wrong(oss ? 'services.tax_rate' : 'services.tax_symbol', empty);
    wrong('services.gross', invalid);
    wrong('value.tax_values', 'są nieprawidłowe');
  } else if (!Number.isFinite(rate)) wrong(oss ? 'services.tax_rate' : 'services.tax_symbol', 'jest nieprawidłowy');
  const percent = Number.isFinite(rate) ? BigInt(Math.round(rate * 100)) : 0n;
  const money = (name: string): bigint | undefined => {
    const value = line[name];
    if (isAbsent(value)) return undefined;
    if (account.settings().strictMoney && !Number.isInteger(value)) wrong(`services.${name}`, 'musi być liczbą całkowitą');
    const whole = /^-?\d+/.exec(String(value))?.[0];
    return whole === undefined ? 0n : BigInt(whole);
  };
  const amount = String(line.quantity ?? 1);
  const quantity = scaled(isDecimal(amount) ? amount : '1');
  const [unit, net, gross] = [money('unit_net_price'), money('net_price'), money('gross_price')];
  if (unit === undefined && net === undefined && gross === undefined) wrong('services.gross', empty);
  if (net !== undefined && gross !== undefined && unit === undefined && gross !== net + divide(net * percent, 10_000n)) {
    wrong('services.gross', invalid);
    wrong('value.tax_values', 'są nieprawidłowe');
  }
  const times = (price: bigint) => divide(price * quantity.value, 10n ** BigInt(quantity.scale));
  const fromNet = unit !== undefined ? times(unit) : net;
  const lineNet = fromNet ?? divide((gross ?? 0n) * 10_000n, 10_000n + percent);
  const tax = fromNet === undefined ? (gross ?? 0n) - lineNet : divide(lineNet * percent, 10_000n);
  const unitNet = unit ?? (quantity.value === 0n ? 0n : divide(lineNet * 10n ** BigInt(quantity.scale), quantity.value));
  return {
    id: (line.id as number | undefined) ?? account.nextId('line'),
    related_id: null,
    name: String(line.name ?? ''),
    tax_symbol: symbol,
    ...(oss ? { tax_rate: symbol } : {}),
    ...Object.fromEntries(lineTexts.map((name) => [name, isAbsent(line[name]) ? null : String(line[name])])),
    quantity: Number(amount),
    unit_net_price: Number(unitNet),
    net_price: Number(lineNet),
    gross_price: Number(lineNet + tax),
    tax_price: Number(tax),
    symbol: '- / - / -',
    discount: '0.0',
    unit_net_price_before_discount: Number(unitNet),
    flat_rate_tax_symbol: isAbsent(line.flat_rate_tax_symbol) ? '' : String(line.flat_rate_tax_symbol),
    gtu_id: typeof line.gtu_id === 'number' ? line.gtu_id : null,
    from: fromNet === undefined ? 'gross' : 'net',
    ...(family === 'corrective_invoices' || family === 'corrective_oss_invoices'
      ? { group: Number(line.group), correction: line.correction === true }
      : {}),
  };
}

function rateOf(symbol: string, today: string): string | undefined {
  return vatRates.find((rate) => rate.symbol === symbol && (rate.valid_until === null || rate.valid_until >= today))?.rate;
}

/** Original, reason and the pairs of rows: one before, one after, in each group. */
function correctedOf(account: Account, input: Fields, lines: Line[], wrong: Wrong): Fields {
  const original = [...account.documents.values()].find(({ fields }) =>
    isAbsent(input.corrected_invoice_uuid)
      ? fields.number === input.corrected_invoice_number
      : fields.uuid === input.corrected_invoice_uuid,
  );
  if (!original) wrong('corrected_invoice_number', 'nie istnieje');
  const symbol = String(input.correction_reason ?? '');
  if (!correctionReasons.has(symbol)) wrong('correction_reason', symbol === '' ? empty : 'jest nieprawidłowy');
  const groups = Map.groupBy(lines, (line) => line.group);
  for (const [group, rows] of groups) {
    const paired = rows.length === 2 && rows[0]!.correction === false && rows[1]!.correction === true;
    if (!Number.isFinite(group) || !paired) wrong('services', 'muszą występować parami: przed i po korekcie');
  }
  const changed = [...groups.values()].some(([before, after]) => before?.gross_price !== after?.gross_price);
  if (!isAbsent(input.sale_date_before_correction) && changed) wrong('sale_date', 'nie można korygować daty sprzedaży razem z pozycjami');
  return {
    corrected_invoice_number: original?.fields.number ?? String(input.corrected_invoice_number ?? ''),
    corrected_invoice_date: original?.fields.invoice_date ?? String(input.corrected_invoice_date ?? ''),
    corrected_invoice_uuid: original?.fields.uuid ?? String(input.corrected_invoice_uuid ?? ''),
    corrected_invoice_gross_price: original?.fields.gross_price ?? 0,
    correction_reason: correctionReasons.get(symbol),
    correction_reason_symbol: symbol,
    confirmation_date: dayOf(input.confirmation_date) ?? null,
  };
}

type Totals = { gross: number; tax: number };

/**
 * Money taken before the delivery: an advance names what was received, the final invoice the last advance; each leads to the one before
 * it. What the total of such a document is the provider does not say, so there is a switch.
 */
function advancesOf(account: Account, family: Family, input: Fields, lines: Line[], wrong: Wrong) {
  if (family !== 'advance_invoices' && family !== 'final_invoices') return undefined;
  if (!isAbsent(input.invoice_date_kind)) wrong('invoice_date_kind', 'musi być puste');
  const earlier: Document[] = [];
  for (let id: unknown = input.previous_advance_id; !isAbsent(id); ) {
    const found = [...account.documents.values()].find((d) => d.family === 'advance_invoices' && d.fields.id === id);
    if (!found || earlier.includes(found)) {
      wrong('previous_advance_id', 'nie istnieje');
      break;
    }
    earlier.push(found);
    id = found.fields.previous_advance_id;
  }
  const own = family === 'advance_invoices';
  const received = Number(input.advance_price ?? 0);
  const before = earlier.reduce((sum, d) => sum + Number(d.fields.advance_price), 0);
  const whole = lines.reduce((sum, line) => sum + line.gross_price, 0);
  if (own && (isAbsent(input.advance_price) || !Number.isInteger(received) || received <= 0 || received + before > whole))
    wrong('advance_price', isAbsent(input.advance_price) ? empty : invalid);
  if (!own && isAbsent(input.previous_advance_id)) wrong('previous_advance_id', empty);
  const share = (amount: number, { gross, tax }: Totals) => (gross === 0 ? 0 : Number(divide(BigInt(amount) * BigInt(tax), BigInt(gross))));
  return {
    fields: {
      previous_advance_id: isAbsent(input.previous_advance_id) ? null : input.previous_advance_id,
      ...(own && { advance_price: received, advance_date: dayOf(input.advance_date) ?? account.today() }),
    },
    totals: (order: Totals): Totals => {
      if (account.settings().advanceTotals === 'order') return order;
      const gross = own ? received : order.gross - before;
      return { gross, tax: own ? share(gross, order) : order.tax - earlier.reduce((sum, d) => sum + Number(d.fields.tax_price), 0) };
    },
  };
}

function termsOf(value: unknown): { contracts: Fields[]; orders: Fields[] } {
  const terms = typeof value === 'object' && value !== null ? (value as Fields) : {};
  const rows = (name: string) =>
    (Array.isArray(terms[name]) ? (terms[name] as Fields[]) : []).map(({ number, date }) => ({
      number,
      ...(isAbsent(date) ? {} : { date }),
    }));
  return { contracts: rows('contracts'), orders: rows('orders') };
}

/** The document as it is read: without marks of our own. */
export function shown(fields: Fields): Fields {
  return { ...fields, services: (fields.services as Line[]).map(({ from: _, ...line }) => line) };
}
