import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import type { Decimal } from '../domain/money/money.ts';
import type { Order, TaxRate } from '../domain/orders/order.ts';
import type { Administers } from './administer.ts';
import type { TakesCharges } from './charges.ts';
import type { WorksByFolder } from './folder.ts';
import type { Manifest } from './manifest.ts';
import type { ReadsOrderFiles } from './order-file.ts';
import type { Requests } from './requests.ts';
import type { Secret } from './secret.ts';

/**
 * What a connector is (STYLE §4). A connector declares capabilities and has exactly those it declares.
 * Every write to an outside system has four outcomes and no others (DESIGN §5.4).
 */

/** What exists at the provider after a write, as far as the provider told us. */
export type Made = {
  /** The provider's own id, whatever it looks up by. */
  providerId: string;
  /** The legal number, when the provider numbers. */
  number?: string;
  /** Totals as the provider sees them: compared with ours to the cent. */
  gross?: Decimal;
  net?: Decimal;
  /** Amounts of each rate by the provider's word for it, see `rateWord`; compared with ours as well. */
  byRate?: { rate: string; net: Decimal; tax: Decimal; gross: Decimal }[];
  currency?: string;
  issueDate?: string;
  /** Buyer's page at the provider. */
  url?: string;
  pdf?: Uint8Array;
  /** The provider's document is a test document. */
  test?: boolean;
  /** The document was reversed or cancelled over there. */
  reversed?: boolean;
  buyerName?: string;
  paid?: Decimal;
  /** Civil day on which the provider has it as paid. */
  paidOn?: string;
  /** What the authority gave the document, when the provider reported it. */
  clearance?: Clearance;
};

/** An authority's acceptance of a document. */
export type Clearance = { system: string; number: string; at?: string };

/** A cause by its code, with what fills the placeholders of its text and the other side's own words for the case file. */
export type CauseRef = {
  code: string;
  params?: Record<string, string>;
  providerCode?: string;
  /** The provider's words, cleaned of secrets. */
  providerText?: string;
  /** Field of the document that mends it, where it is not always the same. */
  where?: string;
  /** Further faults of the same answer: all are shown at once. */
  also?: CauseRef[];
};

export type Outcome =
  | { outcome: 'accepted'; made: Made /** adopted: it already existed */; adopted?: boolean; warnings?: CauseRef[] }
  | { outcome: 'pending' /** Look again after this long. */; lookAgainMs: number; ticket?: string }
  | { outcome: 'rejected'; cause: CauseRef }
  | { outcome: 'unknown'; cause: CauseRef };

/** The answer to "do you hold a document of this reference?" Absence is proven only by `absent`. */
export type Found =
  | {
      found: 'present';
      made: Made;
      /** matched by our reference, or by weaker marks that need a person's yes */
      by: 'reference' | 'order' | 'likeness';
    }
  | { found: 'absent' }
  /** It was handed over and is still being worked on: look again after this long. */
  | { found: 'pending'; lookAgainMs: number; ticket?: string }
  | { found: 'unclear'; cause: CauseRef };

/** What to transfer. `reference` is ours, made and stored before the first send; it never changes for a document. */
export type TransferRequest = {
  reference: string;
  kind: DocumentKind;
  content: DocumentContent;
  /** Set when we own the number. */
  number?: string;
  issueDate?: string;
  /** The document this one corrects, cancels or settles, as the provider knows it. */
  original?: { providerId?: string; number: string; kind: DocumentKind };
  /** A correction that undoes the whole original. */
  cancelsWhole?: boolean;
  /** Documents of the same order that we already know at this provider: an answer that names one is a replay, a reversed one is settled. */
  known?: { number: string; reversed?: boolean }[];
  /** What an authority gave to the document already, and the civil day on which it did. */
  clearance?: { system: string; number: string; day?: string };
  settings: Record<string, unknown>;
  /** The provider's own words for the seller's, as the mappings of the connection say: what is mapped → its value. */
  mapped?: Record<string, string>;
};

/** Further steps at the provider once it holds the document, each with tries of its own and none able to undo the document. */
export type FollowUp = 'report' | 'mail' | 'pay';

export interface Transfers {
  /** Everything the provider would refuse, found before sending, all at once. Pure. */
  preflight(request: TransferRequest): Finding[];
  send(request: TransferRequest): Promise<Outcome>;
  /** Asks by our reference (and weaker marks); used after an unknown, before any resend, and by backfill. */
  find(request: TransferRequest): Promise<Found>;
  /** Follows a pending one. A refusal may be answered only if it proves that nothing was made. */
  look?(ticket: string, request: TransferRequest): Promise<Outcome>;
  /** Reads one document that the provider is known to hold; `absent` when it is gone over there. */
  read?(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Found>;
  /** The provider's word for a rate of ours, by which the amounts of each are compared; its percent unless said otherwise. Pure. */
  rateWord?(rate: Pick<TaxRate, 'category' | 'percent' | 'key'>): string | undefined;
  /** What has to follow at the provider after acceptance. Pure. */
  follow?(request: TransferRequest): FollowUp[];
  /** Has the provider report the document to the authority. Reads first whether it did already, so it may be repeated. */
  report?(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Outcome>;
  pdf(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Uint8Array | undefined>;
  /** Changes a document that the authority refused to what it is here now; repeating it changes nothing more. */
  change?(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Outcome>;
  /** Deletes what may lawfully be deleted (a proforma). */
  remove?(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Outcome>;
  /** What the provider would make of it, with nothing issued; also the only way to try prefix and form of some accounts. */
  preview?(request: TransferRequest): Promise<{ pdf?: Uint8Array; gross?: Decimal } | { cause: CauseRef }>;
  /** Has the provider mail a document that exists. */
  mail?(made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Outcome>;
  /** Registers payments at the provider. */
  pay?(
    made: Pick<Made, 'providerId' | 'number'>,
    payments: { day: string; method: string; amount: Decimal }[],
    replace: boolean,
  ): Promise<Outcome>;
}

/** One order as a channel gave it: the canonical order, the reason why it cannot be read, or that it is no longer there. */
export type IncomingOrder =
  | { order: Order; raw: string; place?: Place }
  | { rejected: Finding; externalId?: string; raw?: string; place?: Place }
  | { gone: true; externalId: string };
/** Where in a file: 1-based line and byte offset of the record's start. */
export type Place = { line: number; offset: number; file?: string };

export interface PullsOrders {
  /**
   * Pages of new and changed orders after the cursor; each page's cursor is stored in one transaction with its orders, so a page may
   * be given again but none is ever skipped. Looks back far enough that nothing late is missed, and ends when caught up. A page that
   * cannot be read is thrown (`Failed`, `QuotaWait`): what is unknown is never taken for empty.
   */
  pull(cursor: unknown, options: PullOptions): AsyncIterable<{ orders: IncomingOrder[]; cursor: unknown }>;
  /** One order as it is now; undefined when it is none yet (an unconfirmed basket). `gone` only when the other side says that it does not exist. */
  read(externalId: string): Promise<IncomingOrder | undefined>;
  /** Orders of past civil days (both included), oldest first, for the rehearsal. Keeps no cursor. */
  past(from: string, to: string): AsyncIterable<IncomingOrder[]>;
}
export type PullOptions = {
  /** Orders of an earlier civil day are none of ours. */
  since: string;
  /** `Order.revision` of those that are stored: what has not changed need not be read again. Absent: not stored. */
  known(externalIds: string[]): Promise<ReadonlyMap<string, string | undefined>>;
};

/** Thrown where there is no outcome to return (pulling, look-ups): what went wrong, as a cause. */
export class Failed extends Error {
  override name = 'Failed';
  readonly ref: CauseRef;
  constructor(ref: CauseRef) {
    super(ref.providerText ?? ref.code);
    this.ref = ref;
  }
}

/** Raw webhook or intake call. */
export type RawCall = { headers: Record<string, string | undefined>; body: Uint8Array; query: Record<string, string>; receivedAt: Date };
export type CallVerdict =
  | {
      verdict: 'accept';
      /** Same id again is a replay and changes nothing. */
      id: string;
      orders?: IncomingOrder[];
      nudge?: Nudge;
      events?: OrderEvent[];
      /** Name of a provider's event, shown as the last one that came. */
      event?: string;
      /** For callers that want another answer than 202. */
      status?: 200 | 201;
    }
  /** A question whether this address is ours: answered with `body` and remembered, nothing else. */
  | { verdict: 'answer'; body: Record<string, string>; secret: 'right' | 'wrong' | 'unknown' }
  | { verdict: 'refuse'; status: 400 | 401 | 403 | 413 | 415 | 422; reason: string };
/** What a notice is about: our number, ids of the provider, or the ticket of something pending. Only a reason to read again. */
export type Nudge =
  | { number: string }
  | { providerIds: string[] }
  | { ticket: string } /** A charge: see `charges.ts`. */
  | { about: string } /** A claim, by its number or the provider's id; `says` is a state, believed where none can be read. */
  | { claim: string; says?: string };
/** Something that happened to an order already known: a refund, a cancelled event. */
export type OrderEvent =
  | { event: 'refunded'; externalId: string; refund: Order['refunds'][number] }
  | { event: 'cancelled'; externalId: string; reason?: string; at: string }
  /** Every order that carries this alias is cancelled (a cancelled event undoes all its sales). */
  | { event: 'group_cancelled'; alias: { scheme: string; value: string }; reason?: string; at: string };

interface ReceivesCalls {
  receive(call: RawCall): Promise<CallVerdict> | CallVerdict;
}

/**
 * Put the document on its order at the channel. What is put there counts when it is seen there (DESIGN §5.5): after each write the
 * engine looks, and after an answer that was lost it looks before it writes again.
 */
export interface AttachesDocuments {
  attach(attachment: Attachment): Promise<Outcome>;
  seen(attachment: Attachment): Promise<Sight>;
  /** Status, text field or note of the order. */
  mark?(orderExternalId: string, mark: OrderMark): Promise<Outcome>;
  marked?(orderExternalId: string, mark: OrderMark): Promise<Sight>;
}
export type Attachment = {
  orderExternalId: string;
  /** Where on the order, one of the look-up list `file-fields`. */
  target: string;
  number: string;
  kind: DocumentKind;
  fileName: string;
  pdf: Uint8Array;
  /** Ours, the same for every try. */
  reference: string;
  /** What `attach` answered when it was pending. */
  ticket?: string;
};
/** `pending`: there, but not for people yet (being scanned). `absent` is an answer; not knowing is `unclear`. */
export type Sight =
  | { seen: 'visible' }
  | { seen: 'pending'; lookAgainMs: number }
  | { seen: 'absent' }
  | { seen: 'refused'; cause: CauseRef }
  | { seen: 'unclear'; cause: CauseRef };
export type OrderMark =
  | { mark: 'status'; value: string }
  | { mark: 'text'; field: string; value: string }
  | { mark: 'note'; value: string };

export type CheckResult = {
  ok: boolean;
  /** Facts worth showing: account name, test account, plan, what it can do. */
  facts: { label: string; value: string }[];
  cause?: CauseRef;
};

export interface Lookups {
  options(list: string): Promise<{ value: string; label: string }[]>;
}

/** What one open connection can do: exactly the capabilities of the manifest. */
export type Session = {
  check(): Promise<CheckResult>;
  transfers?: Transfers;
  administers?: Administers;
  pulls?: PullsOrders;
  calls?: ReceivesCalls;
  attaches?: AttachesDocuments;
  lookups?: Lookups;
  files?: ReadsOrderFiles;
  folder?: WorksByFolder;
  charges?: TakesCharges;
  taxpayer?(taxId: string): Promise<{ valid: boolean; name?: string; address?: string } | undefined>;
};

/** What a connector gets to work with; it takes clock and network from here and nowhere else. */
export type ConnectionContext = {
  settings: Record<string, unknown>;
  secrets: Record<string, Secret>;
  /** Base URL of the service: the real one, or any conforming server (a simulator). */
  baseUrl: string;
  /** Gated: takes a permit of the connection's limit for each request (see requests.ts). */
  fetch: Requests;
  /** The other side wants no request before then and said so in words of its own: moves the gate for everybody and throws `QuotaWait`. */
  holdUntil(until: Date): Promise<never>;
  now(): Date;
  /** Small state of the connection that outlives the process, e.g. a session cookie. */
  memory: { get(key: string): string | undefined; set(key: string, value: string): void };
  /** Every exchange goes here; secrets are cleaned by the receiver as well. */
  exchange?(record: Exchange): void;
};
export type Exchange = { at: Date; verb: string; request: string; response: string; status?: number; tookMs: number };

export type Connector = {
  manifest: Manifest;
  /** Capability "read order file": needs no account, so it needs no open connection either. */
  files?: ReadsOrderFiles;
  open(context: ConnectionContext): Session;
};
