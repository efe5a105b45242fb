import { minorDigits, rescale, scaled, sum, toMinor } from '../../domain/money/money.ts';
import type { FileBatch, FileEvent, LineField, OrderField, Profile, Proposal, ReadOptions } from '../order-file.ts';
import { idleWords, lineAliases, lineWords, orderAliases, partWords, sharedNames } from './aliases.ts';
import { nameOf, readRows } from './csv.ts';
import { type ReaderSetup, readFlatCsv, readXmlFile } from './profile-reader.ts';
import { fold, readAmount } from './values.ts';
import { learnStructure, samplesKept } from './xml-structure.ts';

/** A mapping for a layout nobody has seen: a field for each path by its name and its place, and the first orders read that way. */

const previewOrders = 3;
const requiredOrder: OrderField[] = ['externalId', 'orderedAt'];
const requiredLine: LineField[] = ['name', 'quantity', 'unitGross'];

/** `samples` are values of the first records, without the empty ones. */
type Leaf = { path: string; samples: string[] };
type Mapped = { order: Partial<Record<OrderField, string>>; line: Partial<Record<LineField, string>> };
type Candidate = { leaf: Leaf; weight: number } & ({ level: 'order'; field: OrderField } | { level: 'line'; field: LineField });

/**
 * Which field a leaf means: its name proposes, the words of the elements around it choose between namesakes, and its values must be
 * what the field holds. The surest choice is made first.
 */
function mapLeaves(orderLeaves: Leaf[], lineLeaves: Leaf[]): Mapped {
  const flat = orderLeaves === lineLeaves;
  const candidates: Candidate[] = [
    ...lineLeaves.flatMap((leaf) => lineCandidates(leaf, flat)),
    ...orderLeaves.flatMap((leaf) => orderCandidates(leaf).map((found) => ({ level: 'order' as const, leaf, ...found }))),
  ]
    .filter((c) => fits(c.field, c.leaf.samples) && !(flat && c.field === 'delivery.gross' && isShared(c.leaf)))
    .sort((a, b) => b.weight - a.weight);
  const mapped = { order: {} as Record<string, string>, line: {} as Record<string, string> };
  const used = new Set<string>();
  for (const { level, field, leaf } of candidates) {
    if (mapped[level][field] !== undefined || used.has(`${flat ? '' : level} ${leaf.path}`)) continue;
    mapped[level][field] = leaf.path;
    used.add(`${flat ? '' : level} ${leaf.path}`);
  }
  // A line without a name is no line, a buyer without one is only held.
  const { order, line } = mapped;
  if (flat && line.name === undefined && sharedNames.has(fold(order['buyer.name'] ?? ''))) {
    line.name = order['buyer.name']!;
    delete order['buyer.name'];
  }
  // Nor is one without an amount: what only its name could be another's is the line's.
  if (flat && line.unitGross === undefined && line.lineGross === undefined) {
    const amount = candidates.find((c) => (c.field === 'unitGross' || c.field === 'lineGross') && isShared(c.leaf));
    if (amount) {
      for (const field of Object.keys(order) as OrderField[]) if (order[field] === amount.leaf.path) delete order[field];
      line[amount.field as LineField] = amount.leaf.path;
    }
  }
  if (order.externalId === undefined) {
    const number = orderLeaves.find(
      (leaf) => !Object.values(order).includes(leaf.path) && leaf.samples.some((text) => /^#\w*\d$/.test(text)),
    );
    if (number) order.externalId = number.path;
  }
  settleParties(order);
  return mapped as Mapped;
}

const address = ['street', 'postalCode', 'city', 'country'] as const;
/**
 * Whose data they are, when all names are known. A shop's billing address is the buyer's own when no other one is there, and then it is
 * no wish for an invoice; a company and its number belong to the party whose address the file has.
 */
function settleParties(order: Partial<Record<OrderField, string>>): void {
  const move = (part: 'name' | 'company' | 'taxId' | (typeof address)[number], from: 'buyer' | 'invoice', to: 'buyer' | 'invoice') => {
    const path = order[`${from}.${part}`];
    if (path === undefined || order[`${to}.${part}`] !== undefined) return;
    order[`${to}.${part}`] = path;
    delete order[`${from}.${part}`];
  };
  const has = (party: 'buyer' | 'invoice') => address.some((part) => part !== 'country' && order[`${party}.${part}`] !== undefined);
  if (has('invoice') && !has('buyer') && address.every((part) => /billing/i.test(order[`invoice.${part}`] ?? 'billing')))
    for (const part of ['name', ...address] as const) move(part, 'invoice', 'buyer');
  const [from, to] = has('invoice') ? (['buyer', 'invoice'] as const) : (['invoice', 'buyer'] as const);
  // A company that is named for the invoice is the wish for one, wherever its address stands.
  const isWish = from === 'invoice' && /invoice|faktur|sz[aá]ml/i.test(order['invoice.company'] ?? '');
  if (has(to)) for (const part of ['company', 'taxId'] as const) if (part === 'taxId' || !isWish) move(part, from, to);
}

const isShared = (leaf: Leaf) => sharedNames.has(fold(lastName(leaf.path)));
const lastName = (path: string) => path.split(/[/@]/).at(-1)!;
const wordsOf = (name: string) =>
  name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .map(fold)
    .filter(Boolean);

/** The name as it stands, and without the words that add nothing to it. */
function spellingsOf(name: string): string[] {
  const bare = name.replace(/\W(z|incl|inkl|inc|mit)\W*(vat|tax|moms|mwst|podatkiem)\b\W*/i, ' ');
  const words = wordsOf(bare).filter((word) => !idleWords.has(word));
  return [...new Set([fold(name), fold(bare), words.join('')])].filter(Boolean);
}

/** Place of the first of the spellings in the list of a field's names; -1 when it is none of them. */
function rank(names: string[], spellings: string[]): number {
  for (const spelling of spellings) {
    const at = names.indexOf(spelling);
    if (at >= 0) return at;
  }
  return -1;
}

function lineCandidates(leaf: Leaf, flat: boolean): Candidate[] {
  const name = lastName(leaf.path);
  const spellings = spellingsOf(name);
  const words = wordsOf(name);
  const rest = words.filter((word) => !lineWords.some((w) => word.startsWith(w)));
  const own = rest.length < words.length && rest.length > 0 ? [rest.join('')] : [];
  return [...lineAliases].flatMap(([field, names]): Candidate[] => {
    const at = rank(names, spellings);
    if (at >= 0) return [{ level: 'line', field, leaf, weight: 10.5 - at * 0.01 - (flat && sharedNames.has(spellings[0]!) ? 2 : 0) }];
    return rank(names, own) >= 0 ? [{ level: 'line', field, leaf, weight: 11 }] : [];
  });
}

function orderCandidates(leaf: Leaf): { field: OrderField; weight: number }[] {
  const parts = leaf.path.split(/[/@]/).filter(Boolean);
  // A name may be of nothing but the marks that part a path.
  const own = parts.at(-1) ?? '';
  const spellings = spellingsOf(own);
  const words = wordsOf(own);
  const around = parts.slice(0, -1).map(fold);
  const party = around.flatMap((word) => partWords.filter(([words]) => words.some((w) => word.includes(w))).map(([, p]) => p)).at(-1);
  const found: { field: OrderField; weight: number }[] = [];
  for (const [field, names] of orderAliases) {
    const at = rank(names, spellings);
    if (at >= 0) found.push({ field, weight: 10 - at * 0.01 + weightOf(field, party) });
    else if (party && names.includes(fold(around.at(-1)! + parts.at(-1)!))) found.push({ field, weight: 9 + weightOf(field, party) });
  }
  // A party's word inside the name itself: faktura_ulica, invoiceCity, "Kod pocztowy dostawy".
  // Nothing is left of a name that has no letters.
  const name = spellings[0] ?? '';
  for (const [stems, prefix] of partWords) {
    const stem = stems.find((w) => name.startsWith(w) && name.length > w.length);
    const rest = words.filter((word) => !stems.some((w) => word.startsWith(w)));
    const bare = [...(stem ? [name.slice(stem.length)] : []), ...(rest.length < words.length && rest.length > 0 ? [rest.join('')] : [])];
    for (const [field, names] of orderAliases) {
      // An invoice's address has no first name of its own: it is the buyer's.
      const own = field.startsWith(`${prefix}.`) || (prefix === 'invoice' && /^buyer\.(firstName|lastName)$/.test(field));
      if (own && bare.some((b) => names.includes(b))) found.push({ field, weight: 8 + (party === prefix ? 5 : 0) });
    }
  }
  return found.filter((c) => c.weight > 0);
}

/** A field of another party than the one the path stands in is no candidate. */
function weightOf(field: OrderField, party: string | undefined): number {
  // Whose name or street it is, nothing says: the buyer's.
  if (party === undefined)
    return !field.includes('.') ? 1 : /^(invoice|delivery)\.(name|company|street|postalCode|city|country|taxId)$/.test(field) ? -1 : 0;
  if (field.startsWith(`${party}.`)) return 5;
  // An invoice's address has no first name of its own: it is the buyer's.
  if (party === 'invoice' && /^buyer\.(firstName|lastName|email|phone)$/.test(field)) return 2;
  return field.includes('.') && /^(buyer|invoice|delivery|payment)\./.test(field) ? -20 : -3;
}

const postalCode = /^[A-Za-z]{0,2}[- ]?\d[\dA-Za-z]{1,4}[- ]?\d{0,4}[A-Za-z]{0,2}$/;
const polishOrSwedishCode = /^(\d\d-\d{3}|\d{3} \d\d)$/;
/** Values that a field can hold; what has no values yet is judged by its name alone. */
function fits(field: OrderField | LineField, samples: string[]): boolean {
  const every = (test: (text: string) => boolean) => samples.length === 0 || samples.filter(test).length * 2 > samples.length;
  switch (field) {
    case 'declaredTotal':
    case 'delivery.gross':
    case 'payment.amount':
    case 'unitGross':
    case 'lineGross':
    case 'depositUnit':
      return every((text) => readAmount(text, openNumbers) !== undefined || readAmount(text, englishNumbers) !== undefined);
    case 'quantity':
    case 'returnedQuantity':
      return every((text) => /^-?\d+([.,]\d+)?$/.test(text));
    case 'orderedAt':
    case 'payment.paidAt':
    case 'boughtAt':
      return every((text) => /\d{4}/.test(text) && /\d\D+\d/.test(text));
    case 'buyer.email':
      return every((text) => text.includes('@'));
    case 'currency':
      return every((text) => /^[A-Za-z]{3}$/.test(text));
    case 'rate':
      return every((text) => /^(\d{1,2}([.,]\d+)?\s*%?|[A-Za-z.]{1,4})$/.test(text));
    case 'buyer.postalCode':
    case 'invoice.postalCode':
    case 'delivery.postalCode':
      return every((text) => postalCode.test(text.replace(/^'/, '')));
    case 'sku':
      return !samples.some((text) => polishOrSwedishCode.test(text));
    case 'name':
    case 'buyer.name':
    case 'invoice.name':
    case 'delivery.name':
    case 'buyer.city':
    case 'buyer.street':
      return every((text) => /\p{L}/u.test(text) && !/^\d{4}-\d\d-\d\d/.test(text));
    default:
      return true;
  }
}

const currencySigns = ['zł', 'PLN', 'EUR', 'CZK', 'HUF', 'SEK', 'USD', 'GBP', 'Ft', 'kr', 'Kč', '€', '£'];
const spaces = ['\u00a0', '\u202f', '\u2009', ' '];
const openNumbers: Profile['numbers'] = {
  decimalSeparators: [',', '.'],
  groupSeparators: [...spaces, '.', "'"],
  currencySuffixes: currencySigns,
};
const englishNumbers: Profile['numbers'] = {
  decimalSeparators: ['.'],
  groupSeparators: [',', ...spaces, "'"],
  currencySuffixes: currencySigns,
};

/** A comma that parts thousands shows itself: a point follows it, or points part the cents and commas never do. */
function numbersOf(leaves: Leaf[], mapped: Mapped): Profile['numbers'] {
  const money: string[] = [
    mapped.line.unitGross,
    mapped.line.lineGross,
    mapped.order.declaredTotal,
    mapped.order['delivery.gross'],
    mapped.order['payment.amount'],
  ].filter((path) => path !== undefined);
  const amounts = leaves.filter((leaf) => money.includes(leaf.path)).flatMap((leaf) => leaf.samples);
  const comma = amounts.some((text) => /\d,\d{1,2}(\D|$)/.test(text) || /\.\d{3},/.test(text));
  const point = amounts.some((text) => /\d\.\d{1,2}(\D|$)/.test(text));
  return point && !comma ? englishNumbers : openNumbers;
}

const wordsFor = <T>(groups: [T, string][]): Record<string, T> =>
  Object.fromEntries(groups.flatMap(([meaning, list]) => list.split(',').map((word) => [word, meaning])));
const openValues: Profile['values'] = {
  'invoice.requested': wordsFor<boolean>([
    [true, '1,true,tak,t,yes,y,x,faktura,invoice,igen,számla,ja,rechnung'],
    [false, '0,false,nie,n,no,paragon,receipt,nem,nyugta,nej,kvitto,nein,quittung'],
  ]),
  'payment.method': wordsFor<string | null>([
    [
      'online',
      'payu,online,p24,przelewy24,blik,tpay,dotpay,Płacę z Allegro,paypal,stripe,klarna,swish,barion,simplepay,apple pay,google pay',
    ],
    ['card', 'card,credit card,debit card,karta,karta płatnicza,bankkártya,kártya,kort,kortbetalning,kreditkarte,karte'],
    [
      'cash_on_delivery',
      'collect_on_delivery,cash on delivery,cod,pobranie,za pobraniem,płatność przy odbiorze,utánvét,utánvéttel,postförskott,nachnahme',
    ],
    [
      'bank_transfer',
      'wire_transfer,transfer,bank transfer,przelew,przelew zwykły,przelew bankowy,átutalás,banki átutalás,banköverföring,überweisung,vorkasse',
    ],
    ['cash', 'cash,gotówka,készpénz,kontant,bar,barzahlung'],
    ['deferred', 'rechnung,faktura,invoice,kauf auf rechnung'],
  ]),
  'payment.status': wordsFor([
    [
      'paid',
      'zakończona,paid,completed,complete,opłacone,opłacona,zapłacone,zapłacona,zapłacono,tak,yes,1,true,fizetve,kifizetve,teljesítve,igen,betald,betalad,ja,bezahlt',
    ],
    [
      'pending',
      'rozpoczęta,pending,waiting,unpaid,not paid,nieopłacone,nieopłacona,WAITING_FOR_PAYMENT,nie,no,0,false,fizetésre vár,nem,obetald,väntar,nej,offen,nein',
    ],
    ['cancelled', 'anulowana,anulowane,cancelled,canceled,voided,törölve,avbruten,storniert'],
    ['rejected', 'odrzucona,rejected,failed,declined,elutasítva,nekad,abgelehnt'],
    ['refunded', 'refunded,zwrócona,zwrócone,visszatérítve,återbetald,erstattet'],
  ]),
  'payment.provider': { OFFLINE: 'cash_on_delivery' },
  sellerStatus: wordsFor<'cancelled' | 'returned'>([
    ['cancelled', 'cancelled,canceled,voided,anulowane,anulowana,anulowano,törölve,törölt,avbruten,makulerad,storniert'],
    ['returned', 'returned,zwrócone,zwrócona,zwrot,visszaküldve,returnerad,zurückgegeben'],
  ]),
};

/** What a file leaves unsaid is meant the way the seller's country means it. */
type Home = NonNullable<ReadOptions['home']>;
const polishHome: Home = { timeZone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' };

function draft(
  layout: Pick<Profile, 'format' | 'root' | 'columns'>,
  orderAt: string,
  lineAt: string,
  mapped: Mapped,
  leaves: Leaf[],
  home = polishHome,
): Profile {
  return {
    ...layout,
    id: `own-${fold(layout.root || 'csv').slice(0, 30) || 'csv'}`,
    timeZone: home.timeZone,
    defaultCurrency: home.currency,
    defaultCountry: home.country,
    numbers: numbersOf(leaves, mapped),
    order: { at: orderAt, fields: mapped.order },
    line: { at: lineAt, fields: mapped.line },
    values: openValues,
  };
}

const weakNumbers = new Set(['no', 'ref', 'code', 'key', 'uid', 'guid', 'uuid', 'symbol', 'kod', 'kulcs', 'nyckel', 'schluessel']);
const isDistinct = (samples: string[]) => samples.length > 0 && new Set(samples).size === samples.length;

/** A layout of XML nobody has seen. */
export async function proposeXml(setup: ReaderSetup, root: string, format: 'xml' | 'json' = 'xml'): Promise<Proposal> {
  const structure = await learnStructure(setup.source, setup.scan, setup.limits);
  const { record, item, facts } = structure;
  const leavesUnder = (base: string, not?: string): Leaf[] =>
    facts
      .filter((f) => f.leaf && f.path.startsWith(`${base}/`) && !(not && (f.path === not || f.path.startsWith(`${not}/`))))
      .map((f) => ({ samples: f.samples, path: f.path.slice(base.length + 1) }));
  const flat = item === undefined;
  // A line's own text, between its attributes and its end, is its name where no other is.
  const own = facts.find((f) => f.leaf && f.path === item && f.samples.length > 0);
  const orderLeaves = record === undefined ? [] : leavesUnder(record, item);
  const lineLeaves = flat ? orderLeaves : [...leavesUnder(item), ...(own ? [{ path: '.', samples: own.samples }] : [])];
  const mapped = mapLeaves(orderLeaves, lineLeaves);
  if (own && mapped.line.name === undefined && fits('name', own.samples)) mapped.line.name = '.';
  // A record's own "no", "ref" or "code" that is another one each time is its number, where nothing else is.
  const number = !flat && orderLeaves.find((leaf) => weakNumbers.has(fold(leaf.path.replace('@', ''))) && isDistinct(leaf.samples));
  if (number && mapped.order.externalId === undefined && !Object.values(mapped.order).includes(number.path))
    mapped.order.externalId = number.path;
  const inside = (path: string | undefined, base: string) => (path === undefined ? '' : path.slice(base.length + 1));
  const at = { order: inside(record, root), line: flat ? '.' : inside(item, record!) };
  const profile = draft({ format, root }, at.order, at.line, mapped, flat ? orderLeaves : [...orderLeaves, ...lineLeaves], setup.home);
  const paths = [...describe(orderLeaves, 'order', mapped.order), ...(flat ? [] : describe(lineLeaves, 'line', mapped.line))];
  return finish(profile, flat ? mergeFlat(paths, mapped.line) : paths, (p) => readXmlFile(setup, p));
}

/** A flat table nobody has seen. */
export async function proposeCsv(setup: ReaderSetup, delimiter: string): Promise<Proposal> {
  let header: string[] | undefined;
  const sample: string[][] = [];
  for await (const { rows } of readRows(setup.source, setup.scan, delimiter, setup.limits)) {
    for (const row of rows) {
      if (!header) header = row.cells.map(nameOf);
      else if (sample.length < samplesKept) sample.push(row.cells);
    }
    if (sample.length >= samplesKept) break;
  }
  const names = header ?? [];
  const valuesOf = (i: number) => sample.map((cells) => (cells[i] ?? '').trim().slice(0, 60)).filter((text) => text !== '');
  const leaves = names.map((path, i) => ({ path, samples: valuesOf(i) })).filter((leaf) => leaf.path !== '');
  const mapped = mapLeaves(leaves, leaves);
  const profile = draft({ format: 'csv', root: '', columns: names.filter((name) => name !== '') }, '', '.', mapped, leaves, setup.home);
  return finish(profile, mergeFlat(describe(leaves, 'order', mapped.order), mapped.line), (p) => readFlatCsv(setup, p, delimiter));
}

/** Some column is understood, or rows of many columns stand under their names: then a person can say what they are. */
export function isTable(proposal: Proposal): boolean {
  return (
    proposal.paths.some((path) => path.field !== undefined) || (proposal.paths.length >= 5 && proposal.paths.some((p) => p.sample !== ''))
  );
}

function describe(leaves: Leaf[], level: 'order' | 'line', fields: Partial<Record<string, string>>): Proposal['paths'] {
  const byPath = new Map(Object.entries(fields).map(([field, path]) => [path, field as OrderField | LineField]));
  return leaves.map(({ path, samples }) => ({ path, level, sample: samples[0] ?? '', field: byPath.get(path) }));
}

function mergeFlat(paths: Proposal['paths'], line: Mapped['line']): Proposal['paths'] {
  const byPath = new Map(Object.entries(line).map(([field, path]) => [path, field as LineField]));
  return paths.map((p) => (p.field === undefined && byPath.has(p.path) ? { ...p, level: 'line' as const, field: byPath.get(p.path) } : p));
}

async function finish(
  profile: Profile,
  paths: Proposal['paths'],
  readBy: (p: Profile) => AsyncGenerator<FileBatch, unknown>,
): Promise<Proposal> {
  const { order, line } = { order: profile.order.fields, line: profile.line.fields };
  const missing = [
    ...requiredOrder.filter((f) => order[f] === undefined),
    ...requiredLine.filter((f) => line[f] === undefined && !(f === 'unitGross' && line.lineGross !== undefined)),
  ];
  const preview: Proposal['preview'] = [];
  if (order.externalId !== undefined) {
    for await (const { events } of readBy(profile)) {
      for (const event of events)
        if (preview.length < previewOrders && (event.event === 'order' || event.event === 'rejected')) preview.push(previewOf(event));
      if (preview.length >= previewOrders) break;
    }
  }
  return { profile, missing, paths, preview };
}

/** One record as the mapping page shows it, with its total proven. */
export function previewOf(event: Extract<FileEvent, { event: 'order' | 'rejected' }>): Proposal['preview'][number] {
  if (event.event === 'rejected') return { place: event.place, rejected: event.finding };
  const { order } = event;
  const minor = (amount: string | undefined) => (amount === undefined ? 0n : toMinor(amount, order.currency));
  const total = sum(order.lines.map((l) => minor(l.gross))) + minor(order.delivery.gross);
  const digits = minorDigits(order.currency);
  const computedTotal = digits === 0 ? total.toString() : `${total / 100n}.${(total % 100n).toString().padStart(2, '0')}`;
  const declared = order.declaredTotal;
  return {
    place: event.place,
    order,
    computedTotal,
    declaredTotal: declared,
    totalsAgree: declared === undefined ? undefined : rescale(scaled(declared), digits) === total,
  };
}
