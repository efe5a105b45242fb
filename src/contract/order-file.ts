import type { Finding } from '../domain/finding.ts';
import type { Decimal } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import type { Place } from './connector.ts';
/**
 * The capability "read order file": bytes become orders one record at a time, in constant memory. Nothing is stored here and
 * nothing throws for what a file can hold: every record ends as an order or as a rejection with its place, and what is wrong
 * with the file as a whole is a finding.
 */

/**
 * A file that can be opened more than once: one pass proves it harmless and finds its encoding, the next reads it. A chunk is
 * good until the next one is asked for.
 */
export type FileSource = {
  name: string;
  sizeBytes: number;
  /** From a byte on, else from the start. */
  open(from?: number): AsyncIterable<Uint8Array>;
};

export type FileLimits = {
  sizeBytes: number;
  orders: number;
  /** Nesting of elements. */
  depth: number;
  attributes: number;
  /** Text of one element, one cell or one JSON record. */
  textChars: number;
};
export const defaultLimits: FileLimits = {
  sizeBytes: 200 * 1024 * 1024,
  orders: 200_000,
  depth: 32,
  attributes: 64,
  textChars: 1024 * 1024,
};

export type ReadOptions = {
  /** Profiles the organization saved; tried before the built-in ones. */
  profiles?: Profile[];
  limits?: Partial<FileLimits>;
  /** Read an unknown layout by the proposed mapping instead of only proposing it. */
  acceptProposal?: boolean;
  /** Nobody named the reader: what is another reader's own sort of file is left to that one. */
  unnamed?: boolean;
  /** How the seller's country means what a file of an unknown layout leaves unsaid: IANA zone, ISO 4217 and ISO 3166-1 codes. */
  home?: { timeZone: string; currency: string; country: string };
};

export type FileEvent =
  | { event: 'order'; order: Order; raw: string; place: Place }
  | { event: 'rejected'; finding: Finding; externalId?: string; raw?: string; place: Place }
  /** About the file, not about one order; `params.line` where it has a place. */
  | { event: 'finding'; finding: Finding }
  | { event: 'layout'; profile: string; encoding: string; sha256: string }
  | { event: 'unknown-layout'; root: string; proposal: Proposal }
  | { event: 'end' /** Records met, good or bad. */; found: number; header: FileHeader; refused?: Finding };

/** Some events and how much of the file they took, so that progress can be shown. */
export type FileBatch = { events: FileEvent[]; bytesRead: number };

export interface ReadsOrderFiles {
  read(source: FileSource, options?: ReadOptions): AsyncIterable<FileBatch>;
}

/** What a file says about itself. */
export type FileHeader = {
  sellerLogin?: string;
  section?: string;
  dateFrom?: string;
  dateTo?: string;
  generatedAt?: string;
  declaredCount?: string;
  declaredTotal?: string;
  skippedCount?: string;
};

/** Fields of an order a profile can point at. The order of this list is the order of the mapping form. */
export const orderFields = [
  'externalId',
  'number',
  'orderedAt',
  'currency',
  'sellerStatus',
  'marketplace',
  'buyer.externalId',
  'buyer.login',
  'buyer.email',
  'buyer.phone',
  'buyer.name',
  'buyer.firstName',
  'buyer.lastName',
  'buyer.company',
  'buyer.taxId',
  'buyer.street',
  'buyer.postalCode',
  'buyer.city',
  'buyer.country',
  'delivery.name',
  'delivery.company',
  'delivery.street',
  'delivery.postalCode',
  'delivery.city',
  'delivery.country',
  'delivery.method',
  'delivery.gross',
  'delivery.pickupPoint',
  'delivery.tracking',
  'invoice.requested',
  'invoice.name',
  'invoice.company',
  'invoice.taxId',
  'invoice.street',
  'invoice.postalCode',
  'invoice.city',
  'invoice.country',
  'payment.method',
  'payment.provider',
  'payment.externalId',
  'payment.status',
  'payment.amount',
  'payment.paidAt',
  'declaredTotal',
  'buyerMessage',
  'sellerNote',
] as const;
export type OrderField = (typeof orderFields)[number];

export const lineFields = [
  'externalId',
  'offerId',
  'sku',
  'ean',
  'name',
  'quantity',
  'unit',
  'unitGross',
  'lineGross',
  'rate',
  'currency',
  'returnedQuantity',
  'depositUnit',
  'boughtAt',
] as const;
export type LineField = (typeof lineFields)[number];

/**
 * A layout as data. Paths are relative to the element named by `at`, `@` marks an attribute; in a flat layout (`line.at` is
 * `.`) every record is one line and neighbours of one id make one order. For CSV the paths are column names, several
 * accepted spellings apart by line breaks.
 */
export type Profile = {
  id: string;
  format: 'xml' | 'csv' | 'json';
  /** XML: name of the root element. JSON: `json`, its members read as elements. CSV: the columns of the header row, in any order, by which the layout is known. */
  root: string;
  columns?: string[];
  /** IANA zone of dates without one. */
  timeZone: string;
  defaultCurrency: string | null;
  /** Country of a party whose record names none; null leaves it open. */
  defaultCountry: string | null;
  numbers: { decimalSeparators: string[]; groupSeparators: string[]; currencySuffixes: string[] };
  header?: { at: string } & Partial<Record<keyof FileHeader, string>>;
  order: { at: string; fields: Partial<Record<OrderField, string>> /** Known and not used. */; ignore?: string[] };
  line: { at: string; fields: Partial<Record<LineField, string>>; ignore?: string[] };
  values: {
    'invoice.requested'?: Record<string, boolean>;
    'payment.method'?: Record<string, string | null>;
    'payment.status'?: Record<string, string>;
    'payment.provider'?: Record<string, string>;
    /** Words of the seller's status, or of the header's section, that mean the sale is off or came back. */
    sellerStatus?: Record<string, 'cancelled' | 'returned'>;
  };
};

/** A mapping proposed for a layout nobody has seen, and what it would make of the file. */
export type Proposal = {
  profile: Profile;
  /** Required fields for which nothing was found. */
  missing: (OrderField | LineField)[];
  /** Paths of the file with a sample value; `field` is what is proposed for it. */
  paths: { path: string; level: 'order' | 'line'; sample: string; field?: OrderField | LineField }[];
  /** The first three records read that way. */
  preview: { place: Place; order?: Order; rejected?: Finding; computedTotal?: Decimal; declaredTotal?: Decimal; totalsAgree?: boolean }[];
};
