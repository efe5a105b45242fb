import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import type { Decimal } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
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
};

/** A cause by its code, with what fills the placeholders of its text and the other side's own words for the case file. */
export type CauseRef = {
  code: string;
  params?: Record<string, string>;
  providerCode?: string;
  /** The provider's words, cleaned of secrets. */
  providerText?: string;
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
      made: Made /** matched by our reference, or by weaker marks that need a person's yes */;
      by: 'reference' | 'order' | 'likeness';
    }
  | { found: 'absent' }
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
  settings: Record<string, unknown>;
};

export interface Transfers {
  /** Everything the provider would refuse, found before sending, all at once. Pure. */
  preflight(request: TransferRequest): Finding[];
  send(request: TransferRequest): Promise<Outcome>;
  /** Asks by our reference (and weaker marks); used after an unknown, before any resend, and by backfill. */
  find(request: TransferRequest): Promise<Found>;
  /** Follows a pending one. */
  look?(ticket: string): Promise<Outcome>;
  pdf(made: Pick<Made, 'providerId' | 'number'>): Promise<Uint8Array | undefined>;
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

/** One order as a channel gave it: the canonical order or the reason why it cannot be read. */
export type IncomingOrder =
  | { order: Order; raw: string; place?: Place }
  | { rejected: Finding; externalId?: string; raw?: string; place?: Place };
/** Where in a file: 1-based line and byte offset of the record's start. */
export type Place = { line: number; offset: number; file?: string };

export interface PullsOrders {
  /** Pages of orders after the cursor; each page's cursor is stored in one transaction with its orders. Ends when caught up. */
  pull(cursor: unknown): AsyncIterable<{ orders: IncomingOrder[]; cursor: unknown }>;
}

/** Raw webhook or intake call. */
export type RawCall = { headers: Record<string, string | undefined>; body: Uint8Array; query: Record<string, string>; receivedAt: Date };
export type CallVerdict =
  | {
      verdict: 'accept' /** Same id again is a replay and changes nothing. */;
      id: string;
      orders?: IncomingOrder[];
      nudge?: { about: string };
      events?: OrderEvent[];
    }
  | { verdict: 'refuse'; status: 400 | 401 | 403 | 413 | 415 | 422; reason: string };
/** Something that happened to an order already known: a refund, a cancelled event. */
export type OrderEvent =
  | { event: 'refunded'; externalId: string; refund: Order['refunds'][number] }
  | { event: 'cancelled'; externalId: string; reason?: string; at: string }
  /** Every order that carries this alias is cancelled (a cancelled event undoes all its sales). */
  | { event: 'group_cancelled'; alias: { scheme: string; value: string }; reason?: string; at: string };

export interface ReceivesCalls {
  receive(call: RawCall): Promise<CallVerdict> | CallVerdict;
}

/** Attach the document to its order at the channel. Delivered when seen there (DESIGN §5.5). */
export interface AttachesDocuments {
  attach(request: {
    orderExternalId: string;
    number: string;
    kind: DocumentKind;
    fileName: string;
    pdf: Uint8Array;
    reference: string;
  }): Promise<Outcome>;
  /** Is it visible there now? */
  seen(request: { orderExternalId: string; number: string; reference: string; ticket?: string }): Promise<Outcome>;
  setStatus?(orderExternalId: string, status: string): Promise<Outcome>;
}

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
  pulls?: PullsOrders;
  calls?: ReceivesCalls;
  attaches?: AttachesDocuments;
  lookups?: Lookups;
  files?: ReadsOrderFiles;
  folder?: WorksByFolder;
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
