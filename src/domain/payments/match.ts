import type { Day } from '../days/day.ts';
import { daysBetween } from '../days/day.ts';
import { sum } from '../money/money.ts';

/**
 * Which open documents a credit on the bank account pays (contract BILLING §6.3). Deterministic and explained: the same credit against
 * the same documents gives the same answer with its reasons. Only what cannot be meant otherwise is booked by itself.
 */
export type OpenItem = {
  id: string;
  number: string;
  /** What a payer may write besides the number: the number of the order. */
  orderNumber?: string;
  /** A creditor reference or an account that belongs to this document alone. */
  structured?: string[];
  currency: string;
  /** Still to be paid; zero for one that is paid already and is known so that a second payment is seen. */
  openMinor: bigint;
  grossMinor: bigint;
  buyerName: string;
  /** Who pays, the same for all documents of one buyer. */
  buyer: string;
  issueDay: Day;
};

export type Credit = {
  amountMinor: bigint;
  currency: string;
  day: Day;
  titles: string[];
  payerReference?: string;
  structuredReference?: string;
  payerName?: string;
  payerAccount?: string;
};

export type Confidence = 'certain' | 'likely' | 'possible';
export type Reason =
  | 'structured'
  | 'number'
  | 'number-loose'
  | 'number-tail'
  | 'order-number'
  | 'amount'
  | 'amount-part'
  | 'amount-over'
  | 'account'
  | 'name'
  | 'several'
  | 'paid-already'
  | 'other-payer'
  | 'ambiguous';

export type Match = {
  shares: { id: string; amountMinor: bigint }[];
  /** What is left of the credit after the shares: overpaid or paid twice. */
  restMinor: bigint;
  kind: 'exact' | 'part' | 'over' | 'double' | 'several';
  confidence: Confidence;
  reasons: Reason[];
  /** May be booked without a person. */
  sure: boolean;
};

const matchLimits = { proposals: 3, nameDays: 30, severalDocuments: 12 };

/** Upper-case letters and digits without diacritics; everything else parts. */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll('Ł', 'L')
    .replaceAll('Ø', 'O')
    .replaceAll('ß', 'SS')
    .replace(/[^A-Z0-9]+/g, ' ')
    .trim();
}

/** Words of letters or of digits, as written. */
const pieces = (text: string): string[] => plain(text).match(/[A-Z]+|\d+/g) ?? [];
/** Digits without their leading zeros, so that FV/007 and FV 7 are one. */
const short = (word: string) => (isDigit(word[0]) ? word.replace(/^0+(?=\d)/, '') : word);

const glue = (text: string) => plain(text).replaceAll(' ', '');

const legalForms = new Set(
  'SP Z O O SPZOO SPOLKA OGRANICZONA ODPOWIEDZIALNOSCIA AKCYJNA SA SC SJ SK SPK JAWNA KOMANDYTOWA CYWILNA FIRMA PHU PPHU FHU PUH AB HB KB KFT BT ZRT NYRT RT EV LTD LIMITED GMBH INC LLC UL ULICA THE AND OCH ES I'.split(
    ' ',
  ),
);

function nameWords(name: string): string[] {
  return [...new Set(plain(name).split(' '))].filter((word) => word.length > 1 && !legalForms.has(word));
}

/** Share of the shorter name's words that stand in the longer one, 0 to 1; words may differ by one letter from five on. */
export function likeness(a: string, b: string): number {
  const [short, long] = [nameWords(a), nameWords(b)].sort((x, y) => x.length - y.length) as [string[], string[]];
  if (short.length === 0) return 0;
  const hits = short.filter((word) =>
    long.some((other) => word === other || (word.length > 4 && other.length > 4 && oneApart(word, other))),
  );
  // One common word is a coincidence, unless it is the whole of a name and says enough.
  if (hits.length === 1 && (short.length > 1 || hits[0]!.length < 6)) return 0;
  return hits.length / short.length;
}

function oneApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (a.length === b.length) return a.slice(i + 1) === b.slice(i + 1);
  return a.length > b.length ? a.slice(i + 1) === b.slice(i) : a.slice(i) === b.slice(i + 1);
}

/** How a text names a document, from plain to vague. */
type How = 'number' | 'number-loose' | 'number-tail' | 'order-number';
const vagueness: Record<How, number> = { number: 0, 'number-loose': 1, 'number-tail': 2, 'order-number': 3 };
type Pattern = {
  words: string[];
  how: How;
  /** A number of digits alone is compared with its leading zeros: 2026-00012 is not the month 2026-12. */
  asWritten: boolean;
};
type Entry = { item: OpenItem; glued: string; patterns: Pattern[] };

function patternsOf(item: OpenItem): Pattern[] {
  const own = pieces(item.number);
  const letters = own.some((word) => !isDigit(word[0]));
  const patterns: Pattern[] = [{ words: letters ? own.map(short) : own, how: 'number', asWritten: !letters }];
  // 12/09/2026 without its FV: it may as well be a day.
  const tail = own.slice(own.findLastIndex((word) => !isDigit(word[0])) + 1);
  if (letters && tail.length >= 3) patterns.push({ words: tail.map(short), how: 'number-tail', asWritten: false });
  if (item.orderNumber) patterns.push({ words: pieces(item.orderNumber), how: 'order-number', asWritten: true });
  return patterns.filter(({ words }) => words.length > 0 && words.join('').length + (words.length > 2 ? 2 : 0) >= minimalWeight);
}

/** Documents prepared for matching: by reference, by amount, by buyer and by the accounts they paid from before. */
export class OpenItems {
  readonly #entries = new Map<string, Entry>();
  readonly #structured = new Map<string, OpenItem[]>();
  readonly #byFirstWord = new Map<string, { entry: Entry; pattern: Pattern }[]>();
  readonly #byGlue = new Map<string, Entry[]>();
  readonly #glueLengths = new Set<number>();
  readonly #byAmount = new Map<string, Set<string>>();
  readonly #byBuyer = new Map<string, Set<string>>();
  readonly #accounts: ReadonlyMap<string, readonly string[]>;

  /** `accounts`: buyers who paid from an account before, by its key; an account of several buyers proves nothing. */
  constructor(items: Iterable<OpenItem>, accounts: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#accounts = accounts;
    for (const item of items) this.#add(item);
  }

  #add(item: OpenItem): void {
    const glued = glue(item.number);
    const entry = { item, glued, patterns: patternsOf(item) };
    this.#entries.set(item.id, entry);
    for (const reference of item.structured ?? []) push(this.#structured, glue(reference), item);
    for (const pattern of entry.patterns) push(this.#byFirstWord, pattern.words[0]!, { entry, pattern });
    // A bare number glued together may stand in any account or telephone number.
    if (/[A-Z]/.test(glued) && glued.length >= 6) {
      push(this.#byGlue, glued, entry);
      this.#glueLengths.add(glued.length);
    }
    this.#index(item);
  }

  #index(item: OpenItem): void {
    if (item.openMinor > 0n) add(this.#byAmount, `${item.currency} ${item.openMinor}`, item.id);
    add(this.#byBuyer, item.buyer, item.id);
  }

  /** What was booked is less to pay for the next credit of the same file. */
  booked(id: string, amountMinor: bigint): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#byAmount.get(`${entry.item.currency} ${entry.item.openMinor}`)?.delete(id);
    entry.item = { ...entry.item, openMinor: entry.item.openMinor - amountMinor };
    this.#index(entry.item);
  }

  all(): OpenItem[] {
    return [...this.#entries.values()].map((entry) => entry.item);
  }

  item(id: string): OpenItem | undefined {
    return this.#entries.get(id)?.item;
  }

  structured(reference: string): OpenItem[] {
    return this.#live(this.#structured.get(glue(reference)) ?? []);
  }

  ofAmount(currency: string, amountMinor: bigint): OpenItem[] {
    return [...(this.#byAmount.get(`${currency} ${amountMinor}`) ?? [])].map((id) => this.item(id)!);
  }

  ofBuyer(buyer: string): OpenItem[] {
    return [...(this.#byBuyer.get(buyer) ?? [])].map((id) => this.item(id)!);
  }

  /** Buyers known to pay from the account. */
  payers(account: string | undefined): readonly string[] {
    return account ? (this.#accounts.get(account) ?? []) : [];
  }

  /** Documents whose number or order number a text names: word by word, or glued together. */
  named(texts: string[]): { item: OpenItem; how: How }[] {
    const found = new Map<string, How>();
    const note = (id: string, how: How) => {
      const before = found.get(id);
      if (before === undefined || vagueness[how] < vagueness[before]) found.set(id, how);
    };
    for (const text of texts) {
      const written = pieces(text);
      const words = written.map(short);
      for (let at = 0; at < words.length; at++) {
        for (const word of new Set([words[at]!, written[at]!]))
          for (const { entry, pattern } of this.#byFirstWord.get(word) ?? [])
            if (standsAt(pattern.asWritten ? written : words, at, pattern.words)) note(entry.item.id, pattern.how);
      }
      this.#gluedIn(glue(text), (id) => note(id, 'number-loose'));
    }
    const best = Math.min(...[...found.values()].map((how) => vagueness[how]));
    // Where a number stands plainly, another that only comes out of gluing or of its tail was not meant.
    const meant = [...found].filter(([, how]) => vagueness[how] === best);
    const glued = (id: string) => this.#entries.get(id)!.glued;
    return meant
      .filter(
        ([id]) => !meant.some(([other]) => other !== id && glued(other).length > glued(id).length && glued(other).includes(glued(id))),
      )
      .map(([id, how]) => ({ item: this.item(id)!, how }));
  }

  #gluedIn(text: string, hit: (id: string) => void): void {
    for (const length of this.#glueLengths) {
      for (let at = 0; at + length <= text.length; at++) {
        const entries = this.#byGlue.get(text.slice(at, at + length));
        // A digit more before or behind it makes another number.
        const longer = (isDigit(text[at + length]) && isDigit(text[at + length - 1])) || (isDigit(text[at - 1]) && isDigit(text[at]));
        if (entries && !longer) for (const { item } of entries) hit(item.id);
      }
    }
  }

  #live(items: OpenItem[]): OpenItem[] {
    return items.map((item) => this.item(item.id)!);
  }
}

const isDigit = (sign: string | undefined) => sign !== undefined && sign >= '0' && sign <= '9';
/** Signs that a reference must have: a lone "7" or "FV" names nothing. */
const minimalWeight = 5;

/** The words from a place on are the reference. */
function standsAt(words: string[], at: number, reference: string[]): boolean {
  for (let i = 0; i < reference.length; i++) if (words[at + i] !== reference[i]) return false;
  return true;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}

/** Matches of a credit, best first. At most one is sure, and then it is the first. */
export function match(credit: Credit, items: OpenItems): Match[] {
  if (credit.amountMinor <= 0n) return [];
  const found = [...byStructured(credit, items), ...byNumber(credit, items)];
  // What is named comes first; who pays only adds guesses to it.
  const guesses = found.some((m) => m.sure) ? [] : [...byAccount(credit, items), ...byName(credit, items)];
  const matches =
    found.length > 0
      ? [...found, ...guesses.map((m): Match => ({ ...m, sure: false, confidence: m.confidence === 'certain' ? 'likely' : m.confidence }))]
      : guesses;
  const different = new Map<string, Match>();
  for (const one of matches) {
    const key = one.shares.map((s) => s.id).join(' ');
    if (!different.has(key)) different.set(key, one);
  }
  const order: Record<Confidence, number> = { certain: 0, likely: 1, possible: 2 };
  const sorted = [...different.values()].sort(
    (a, b) => Number(b.sure) - Number(a.sure) || order[a.confidence] - order[b.confidence] || b.reasons.length - a.reasons.length,
  );
  // Two that are both beyond doubt contradict each other.
  if (sorted.filter((m) => m.sure).length > 1)
    for (const one of sorted) Object.assign(one, { sure: false, confidence: 'likely', reasons: [...one.reasons, 'ambiguous'] });
  return sorted.slice(0, matchLimits.proposals);
}

function byStructured(credit: Credit, items: OpenItems): Match[] {
  if (!credit.structuredReference) return [];
  const hits = items.structured(credit.structuredReference).filter((item) => item.currency === credit.currency);
  return hits.map((item) => judged(credit, items, item, ['structured'], hits.length === 1));
}

function byNumber(credit: Credit, items: OpenItems): Match[] {
  const texts = [
    ...credit.titles,
    ...(credit.payerReference ? [credit.payerReference] : []),
    ...(credit.structuredReference ? [credit.structuredReference] : []),
  ];
  const hits = items.named(texts).filter(({ item }) => item.currency === credit.currency);
  if (hits.length === 0) return [];
  const [first] = hits;
  if (hits.length === 1) return [judged(credit, items, first!.item, [first!.how], vagueness[first!.how] < vagueness['number-tail'])];
  const open = hits.filter((h) => h.item.openMinor > 0n);
  // One of several named fits and the others are paid: the payer repeats old titles.
  return [
    ...severalNamed(
      credit,
      items,
      open.map((h) => h.item),
    ),
    ...hits.map((h) => judged(credit, items, h.item, [h.how, 'ambiguous'], false)),
  ];
}

/** Every document named in one transfer, when the sum is theirs to the cent. */
function severalNamed(credit: Credit, items: OpenItems, named: OpenItem[]): Match[] {
  if (named.length < 2 || named.length > matchLimits.severalDocuments) return [];
  if (sum(named.map((i) => i.openMinor)) !== credit.amountMinor) return [];
  const oneBuyer = new Set(named.map((i) => i.buyer)).size === 1;
  const contradicted = otherPayer(credit, items, named[0]!);
  return [
    {
      shares: named.map((i) => ({ id: i.id, amountMinor: i.openMinor })),
      restMinor: 0n,
      kind: 'several',
      confidence: oneBuyer && !contradicted ? 'certain' : 'likely',
      reasons: ['number', 'several', 'amount', ...(contradicted ? (['other-payer'] as const) : [])],
      sure: oneBuyer && !contradicted,
    },
  ];
}

/** The payer is somebody else we know: his account paid for another buyer before, or his name is another's who owes just as much. */
function otherPayer(credit: Credit, items: OpenItems, item: OpenItem): boolean {
  const known = items.payers(credit.payerAccount);
  if (known.length > 0) return !known.includes(item.buyer);
  if (!credit.payerName || likeness(credit.payerName, item.buyerName) >= 0.5) return false;
  return items
    .ofAmount(credit.currency, credit.amountMinor)
    .some((other) => other.buyer !== item.buyer && likeness(credit.payerName!, other.buyerName) >= 0.66);
}

const isPayer = (credit: Credit, items: OpenItems, item: OpenItem) => {
  const known = items.payers(credit.payerAccount);
  return {
    account: known.length === 1 && known[0] === item.buyer,
    name: !!credit.payerName && likeness(credit.payerName, item.buyerName) >= 0.66,
  };
};

/**
 * A document that the credit names. The amount to the cent is beyond doubt unless the payer is somebody else; another amount needs the
 * payer to be the buyer, because a slip of the pen in a number meets somebody else's document.
 */
function judged(credit: Credit, items: OpenItems, item: OpenItem, by: Reason[], only: boolean): Match {
  const payer = isPayer(credit, items, item);
  const contradicted = !by.includes('structured') && otherPayer(credit, items, item);
  const proven = only && !contradicted;
  const supported = payer.account || payer.name;
  const reasons: Reason[] = [...by];
  const result = (kind: Match['kind'], share: bigint, confidence: Confidence, sure: boolean): Match => ({
    shares: share > 0n ? [{ id: item.id, amountMinor: share }] : [{ id: item.id, amountMinor: 0n }],
    restMinor: credit.amountMinor - share,
    kind,
    confidence,
    reasons: [
      ...reasons,
      ...(payer.account ? (['account'] as const) : []),
      ...(payer.name ? (['name'] as const) : []),
      ...(contradicted ? (['other-payer'] as const) : []),
    ],
    sure,
  });
  // A payer nobody knows, and others owe just as much: a slip of the pen in the number cannot be told from the right one.
  const stranger = !supported && !!credit.payerName && !by.includes('structured');
  const alike = () => items.ofAmount(credit.currency, credit.amountMinor).some((other) => other.buyer !== item.buyer);
  // A vague name counts with the payer, and only where he owes this amount once.
  const vague = by.includes('order-number') || by.includes('number-tail');
  const once = () =>
    items.ofBuyer(item.buyer).filter((i) => i.currency === item.currency && i.openMinor === credit.amountMinor).length === 1;
  if (item.openMinor <= 0n) {
    // Paid already: the money is the payer's credit, and a person asks whether to send it back.
    reasons.push('paid-already');
    return result('double', 0n, 'likely', false);
  }
  if (credit.amountMinor === item.openMinor) {
    reasons.push('amount');
    const sure = (proven && !(stranger && alike())) || (vague && supported && !contradicted && !by.includes('ambiguous') && once());
    return result('exact', item.openMinor, sure ? 'certain' : 'likely', sure);
  }
  const part = credit.amountMinor < item.openMinor;
  reasons.push(part ? 'amount-part' : 'amount-over');
  const sure = proven && (supported || by.includes('structured'));
  return result(part ? 'part' : 'over', part ? credit.amountMinor : item.openMinor, sure ? 'certain' : 'likely', sure);
}

/** Nothing is named; the account is one buyer's, who has exactly one open document of this amount. */
function byAccount(credit: Credit, items: OpenItems): Match[] {
  const known = items.payers(credit.payerAccount);
  if (known.length !== 1) return [];
  const open = items.ofBuyer(known[0]!).filter((i) => i.currency === credit.currency && i.openMinor > 0n);
  const fitting = open.filter((i) => i.openMinor === credit.amountMinor);
  const named = namesADocument(credit);
  if (fitting.length > 0)
    return fitting.map((item) => {
      const contradicted = !!credit.payerName && likeness(credit.payerName, item.buyerName) < 0.5 && otherByName(credit, items, item);
      const sure = fitting.length === 1 && !named && !contradicted && daysBetween(item.issueDay, credit.day) >= 0;
      return {
        shares: [{ id: item.id, amountMinor: item.openMinor }],
        restMinor: 0n,
        kind: 'exact',
        confidence: sure ? 'certain' : 'likely',
        reasons: ['account', 'amount', ...(fitting.length > 1 || named ? (['ambiguous'] as const) : [])],
        sure,
      } satisfies Match;
    });
  const together = several(credit, open);
  return together ? [{ ...together, reasons: ['account', 'several', 'amount'] }] : [];
}

const otherByName = (credit: Credit, items: OpenItems, item: OpenItem) =>
  items
    .ofAmount(credit.currency, credit.amountMinor)
    .some((other) => other.buyer !== item.buyer && likeness(credit.payerName!, other.buyerName) >= 0.66);

/** The title carries something of the form of a document number, only none that is ours: then the amount alone decides nothing. */
function namesADocument(credit: Credit): boolean {
  return credit.titles.some((title) => /[A-Z]{1,5}[\s/-]*\d+[/-]\d+|\d+[/-]\d+[/-]\d{2,4}|[A-Z]{2,4}[\s/-]?\d{4,}/i.test(title));
}

/** Somebody of a like name owes just this amount: always for a person to say. */
function byName(credit: Credit, items: OpenItems): Match[] {
  if (!credit.payerName) return [];
  const fitting = items.ofAmount(credit.currency, credit.amountMinor).filter((item) => {
    const age = daysBetween(item.issueDay, credit.day);
    return age >= 0 && age <= matchLimits.nameDays && likeness(credit.payerName!, item.buyerName) >= 0.66;
  });
  return fitting.map((item) => ({
    shares: [{ id: item.id, amountMinor: item.openMinor }],
    restMinor: 0n,
    kind: 'exact',
    confidence: fitting.length === 1 ? 'likely' : 'possible',
    reasons: ['name', 'amount', ...(fitting.length > 1 ? (['ambiguous'] as const) : [])],
    sure: false,
  }));
}

/** All open documents of one buyer together, when the amount is their sum. */
function several(credit: Credit, open: OpenItem[]): Match | undefined {
  if (open.length < 2 || open.length > matchLimits.severalDocuments) return undefined;
  if (sum(open.map((i) => i.openMinor)) !== credit.amountMinor) return undefined;
  return {
    shares: open.map((i) => ({ id: i.id, amountMinor: i.openMinor })),
    restMinor: 0n,
    kind: 'several',
    confidence: 'likely',
    reasons: [],
    sure: false,
  };
}
