import type { Finding } from '../../domain/finding.ts';
import { minorDigits, rescale, scaled, sum, toMinor } from '../../domain/money/money.ts';
import type { FileBatch, FileEvent, LineField, OrderField, Profile, Proposal, ReadOptions } from '../order-file.ts';
import { lineAliases, orderAliases, partWords } from './aliases.ts';
import { readRows, splitCells } from './csv.ts';
import { type ReaderSetup, readFlatCsv, readXmlFile } from './profile-reader.ts';
import { fileFinding, type Scan } from './scan.ts';
import { fold } from './values.ts';
import { learnStructure, type PathFacts } from './xml-structure.ts';

/** A mapping for a layout nobody has seen: a field for each path by its name and its place, and the first orders read that way. */

const previewOrders = 3;
const requiredOrder: OrderField[] = ['externalId', 'orderedAt'];
const requiredLine: LineField[] = ['name', 'quantity', 'unitGross'];

export function rootOf(head: string): string | undefined {
  const body = head.replace(/<\?[\s\S]*?\?>/g, '').replace(/<!--[\s\S]*?-->/g, '');
  return /<([A-Za-z_][\w:.-]*)/.exec(body)?.[1];
}

/** True when the header row has all the columns the profile is known by. */
export function matchesColumns(profile: Profile, header: string[]): boolean {
  const names = new Set(header.map(fold));
  const columns = profile.columns ?? [];
  return columns.length > 0 && columns.every((column) => column.split('\n').some((spelling) => names.has(fold(spelling))));
}

type Leaf = { path: string; sample: string };
type Mapped = { order: Partial<Record<OrderField, string>>; line: Partial<Record<LineField, string>> };

/** Which field a leaf means: its name decides, the words of the elements around it choose between namesakes. */
function mapLeaves(orderLeaves: Leaf[], lineLeaves: Leaf[]): Mapped {
  const line: Mapped['line'] = {};
  for (const leaf of lineLeaves) {
    const field = lineAliases.get(fold(lastName(leaf.path)));
    if (field && line[field] === undefined) line[field] = leaf.path;
  }
  const order: Mapped['order'] = {};
  const taken = new Set<string>(orderLeaves === lineLeaves ? Object.values(line) : []);
  const candidates = orderLeaves
    .filter((leaf) => !taken.has(leaf.path))
    .flatMap((leaf) => orderCandidates(leaf).map((candidate) => ({ ...candidate, leaf })))
    .sort((a, b) => b.weight - a.weight);
  const used = new Set<string>();
  for (const { field, leaf } of candidates) {
    if (order[field] !== undefined || used.has(leaf.path)) continue;
    order[field] = leaf.path;
    used.add(leaf.path);
  }
  return { order, line };
}

const lastName = (path: string) => path.split(/[/@]/).at(-1)!;

function orderCandidates(leaf: Leaf): { field: OrderField; weight: number }[] {
  const parts = leaf.path.split(/[/@]/).filter(Boolean);
  const name = fold(parts.at(-1)!);
  const around = parts.slice(0, -1).map(fold);
  const party = around.flatMap((word) => partWords.filter(([words]) => words.some((w) => word.includes(w))).map(([, p]) => p)).at(-1);
  const found: { field: OrderField; weight: number }[] = [];
  for (const [field, names] of orderAliases) {
    const at = names.indexOf(name);
    if (at >= 0) found.push({ field, weight: 10 - at * 0.01 + weightOf(field, party) });
    else if (party && names.includes(fold(around.at(-1)! + name))) found.push({ field, weight: 9 + weightOf(field, party) });
  }
  // A party word inside the name itself: faktura_ulica, invoiceCity.
  for (const [words, prefix] of partWords) {
    const word = words.find((w) => name.startsWith(w) && name.length > w.length);
    if (!word) continue;
    const bare = name.slice(word.length);
    for (const [field, names] of orderAliases) if (field.startsWith(`${prefix}.`) && names.includes(bare)) found.push({ field, weight: 8 });
  }
  return found.filter((c) => c.weight > 0);
}

/** A field of another party than the one the path stands in is no candidate. */
function weightOf(field: OrderField, party: string | undefined): number {
  if (party === undefined) return field.includes('.') ? 0 : 1;
  if (field.startsWith(`${party}.`)) return 5;
  return field.includes('.') && /^(buyer|invoice|delivery|payment)\./.test(field) ? -20 : -3;
}

const openNumbers: Profile['numbers'] = {
  decimalSeparators: [',', '.'],
  groupSeparators: ['\u00a0', '\u202f', ' ', '.'],
  currencySuffixes: ['zł', 'PLN', 'EUR', 'CZK', 'HUF', 'SEK', 'Ft', 'kr', 'Kč', '€'],
};
const openValues: Profile['values'] = {
  'invoice.requested': {
    1: true,
    0: false,
    true: true,
    false: false,
    tak: true,
    nie: false,
    yes: true,
    no: false,
    t: true,
    n: false,
    y: true,
    faktura: true,
    paragon: false,
    invoice: true,
    receipt: false,
  },
  'payment.method': {
    payu: 'online',
    online: 'online',
    p24: 'online',
    przelewy24: 'online',
    blik: 'online',
    'Płacę z Allegro': 'online',
    card: 'card',
    karta: 'card',
    collect_on_delivery: 'cash_on_delivery',
    'cash on delivery': 'cash_on_delivery',
    cod: 'cash_on_delivery',
    pobranie: 'cash_on_delivery',
    'za pobraniem': 'cash_on_delivery',
    'Płatność przy odbiorze': 'cash_on_delivery',
    wire_transfer: 'bank_transfer',
    transfer: 'bank_transfer',
    przelew: 'bank_transfer',
    'Przelew zwykły': 'bank_transfer',
    cash: 'cash',
    gotówka: 'cash',
  },
  'payment.status': {
    Zakończona: 'paid',
    paid: 'paid',
    completed: 'paid',
    opłacone: 'paid',
    opłacona: 'paid',
    zapłacone: 'paid',
    zapłacono: 'paid',
    tak: 'paid',
    yes: 'paid',
    1: 'paid',
    Rozpoczęta: 'pending',
    pending: 'pending',
    waiting: 'pending',
    nieopłacone: 'pending',
    nieopłacona: 'pending',
    WAITING_FOR_PAYMENT: 'pending',
    nie: 'pending',
    no: 'pending',
    0: 'pending',
    Anulowana: 'cancelled',
    cancelled: 'cancelled',
    Odrzucona: 'rejected',
    rejected: 'rejected',
    refunded: 'refunded',
    zwrócona: 'refunded',
  },
  'payment.provider': { OFFLINE: 'cash_on_delivery' },
  sellerStatus: { CANCELLED: 'cancelled', anulowane: 'cancelled', anulowana: 'cancelled', RETURNED: 'returned', zwrócone: 'returned' },
};

function draft(layout: Pick<Profile, 'format' | 'root' | 'columns'>, orderAt: string, lineAt: string, mapped: Mapped): Profile {
  return {
    ...layout,
    id: `own-${fold(layout.root || 'csv').slice(0, 30) || 'csv'}`,
    timeZone: 'Europe/Warsaw',
    defaultCurrency: 'PLN',
    defaultCountry: 'PL',
    numbers: openNumbers,
    order: { at: orderAt, fields: mapped.order },
    line: { at: lineAt, fields: mapped.line },
    values: openValues,
  };
}

/** A layout of XML nobody has seen. */
export async function proposeXml(setup: ReaderSetup, root: string): Promise<Proposal> {
  const structure = await learnStructure(setup.source, setup.scan, setup.limits);
  const { record, item, facts } = structure;
  const leavesUnder = (base: string, not?: string): (Leaf & PathFacts)[] =>
    facts
      .filter((f) => f.leaf && f.path.startsWith(`${base}/`) && !(not && (f.path === not || f.path.startsWith(`${not}/`))))
      .map((f) => ({ ...f, path: f.path.slice(base.length + 1) }));
  const flat = item === undefined;
  const orderLeaves = record === undefined ? [] : leavesUnder(record, item);
  const lineLeaves = flat ? orderLeaves : leavesUnder(item);
  const mapped = mapLeaves(orderLeaves, lineLeaves);
  const inside = (path: string | undefined, base: string) => (path === undefined ? '' : path.slice(base.length + 1));
  const profile = draft({ format: 'xml', root }, inside(record, root), flat ? '.' : inside(item, record!), mapped);
  const paths = [...describe(orderLeaves, 'order', mapped.order), ...(flat ? [] : describe(lineLeaves, 'line', mapped.line))];
  return finish(profile, flat ? mergeFlat(paths, mapped.line) : paths, (p) => readXmlFile(setup, p));
}

/** A flat table nobody has seen. */
export async function proposeCsv(setup: ReaderSetup, delimiter: string): Promise<Proposal> {
  let header: string[] | undefined;
  let sample: string[] = [];
  for await (const { rows } of readRows(setup.source, setup.scan, delimiter, setup.limits)) {
    for (const row of rows) {
      if (!header) header = row.cells.map((c) => c.trim());
      else if (sample.length === 0) sample = row.cells;
    }
    if (sample.length > 0) break;
  }
  const names = header ?? [];
  const leaves = names.map((path, i) => ({ path, sample: (sample[i] ?? '').slice(0, 60) })).filter((leaf) => leaf.path !== '');
  const mapped = mapLeaves(leaves, leaves);
  const profile = draft({ format: 'csv', root: '', columns: names.filter((name) => name !== '') }, '', '.', mapped);
  return finish(profile, mergeFlat(describe(leaves, 'order', mapped.order), mapped.line), (p) => readFlatCsv(setup, p, delimiter));
}

function describe(leaves: Leaf[], level: 'order' | 'line', fields: Partial<Record<string, string>>): Proposal['paths'] {
  const byPath = new Map(Object.entries(fields).map(([field, path]) => [path, field as OrderField | LineField]));
  return leaves.map(({ path, sample }) => ({ path, level, sample, field: byPath.get(path) }));
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

/** A file that is refused as a whole. */
export function refusal(refused: Finding): FileBatch {
  return {
    events: [
      { event: 'finding', finding: refused },
      { event: 'end', found: 0, header: {}, refused },
    ],
    bytesRead: 0,
  };
}

/** The first batch of a file whose layout is known. */
export function layoutOf(profile: string, scan: Scan): FileBatch {
  const { label, guessed } = scan.encoding;
  const events: FileEvent[] = [{ event: 'layout', profile, encoding: label, sha256: scan.sha256 }];
  if (guessed) events.push({ event: 'finding', finding: { code: 'W_ENCODING_GUESSED', level: 'warning', params: { encoding: label } } });
  return { events, bytesRead: 0 };
}

/** The proposal is shown; only when the caller accepts it unseen is the file read by it. */
export async function* readProposed(
  setup: ReaderSetup,
  proposal: Proposal,
  root: string,
  options: ReadOptions,
  readBy: (profile: Profile) => AsyncGenerator<FileBatch, unknown>,
): AsyncGenerator<FileBatch> {
  if (options.acceptProposal && proposal.missing.length === 0) {
    yield layoutOf(proposal.profile.id, setup.scan);
    yield { events: [{ event: 'unknown-layout', root, proposal }], bytesRead: 0 };
    yield* readBy(proposal.profile);
    return;
  }
  const refused = fileFinding('F_PROFILE_UNKNOWN', { root });
  const { events } = refusal(refused);
  yield { events: [{ event: 'unknown-layout', root, proposal }, ...events], bytesRead: 0 };
}

/** Names of the columns, from the first row of a table. */
export function headerCells(head: string, delimiter: string): string[] {
  const lines = head
    .trimStart()
    .replace(/^sep=.\r?\n/, '')
    .split('\n');
  return splitCells((lines[0] ?? '').replace(/\r$/, ''), delimiter).map((name) => name.trim());
}
