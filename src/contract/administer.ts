import type { Finding } from '../domain/finding.ts';
import type { Party } from '../domain/parties/party.ts';
import type { Action, Answer, Part, PartState, Terms, Verb } from '../domain/receivables/index.ts';
import type { CauseRef } from './connector.ts';
import type { SettingField, Texts } from './manifest.ts';
import type { Secret } from './secret.ts';

/**
 * The capability "administer": a provider that finances invoices holds them pending until the goods ship, then sends and collects them
 * (DESIGN §2 S4). Neutral for every such provider: what a verb is called on its wire, and which of its engines has it, is the
 * connector's business.
 */
export type Segment = 'consumer' | 'company';

/** The claim as a connector needs to know it. Who bought it is sealed: it is revealed on the wire only. */
export type ReceivableFacts = {
  /** ISO 3166-1 alpha-2 of the buyer. */
  country: string;
  segment: Segment;
  currency: string;
  orderNumber: string;
  /** The provider's id of the whole, where it has one. */
  providerOrderId?: string;
  /** Number of the first part. */
  rootNumber?: string;
  /** Personal or company number of the buyer, digits only. */
  buyerNumber?: Secret;
};

/** What else opening a claim needs. */
export type AddFacts = {
  orderedAt: string;
  buyer: Party;
  delivery?: Party;
  /** Address of the buyer's device when he bought. */
  buyerIp?: string;
  /** The buyer's own reference, printed on the invoice. */
  buyerReference?: string;
  customerNumber?: string;
  by?: 'email' | 'post';
};

export type AdministerRequest = {
  /** Ours, made and stored before the first send: one effect, one key (a UUID). It never changes for an action. */
  key: string;
  /** When the key was first sent; a provider remembers answers for a time only. */
  firstSentAt?: string;
  /** The part's deadline as it was known then: the provider's own may have been read since, and would prove nothing any more. */
  expiredAtFirst?: string;
  /** For people and for the provider's own search; at most 50 characters. */
  reference: string;
  receivable: ReceivableFacts;
  /** The part the action is about; absent for `add` and for a look at the whole. */
  part?: Part;
  /** All parts as we know them. */
  parts: Part[];
  action: Action;
  add?: AddFacts;
  others?: OtherClaims;
};

/** What else of ours bears on whose a number is. */
export type OtherClaims = {
  /** Numbers of our other claims: none of them is this one's. */
  numbers: readonly string[];
  /** Another claim of this buyer is open, or what became of it is not known: a number of this buyer's may be that one's. */
  open: boolean;
};

/** What came back: the answer for the ledger, and what is kept sealed. */
export type Administered = Answer & {
  providerOrderId?: string;
  /** Opens the provider's document; it carries the buyer's number, so it is a secret. */
  pdfUrl?: Secret;
};

export type AdministerOutcome =
  | { outcome: 'accepted'; made: Administered /** It had been done before: counts as done. */; already?: boolean }
  | { outcome: 'pending'; lookAgainMs: number; ticket?: string }
  | { outcome: 'rejected'; cause: CauseRef }
  | { outcome: 'unknown'; cause: CauseRef };

/** The answer to "was it done?" after an unknown. Only `no` lets it be sent again. */
export type Settled = { done: 'yes'; made: Administered } | { done: 'no' } | { done: 'unclear'; cause: CauseRef };

/** A part as the provider holds it now. */
export type PartSeen = {
  number: string;
  state: PartState;
  /** False where the interface names no states: the state is our own word, and a notice knows better. */
  sure?: boolean;
  total?: string;
  remaining?: string;
  dueDate?: string;
  reference?: string;
  lowest?: string;
  expiresAt?: string;
  pdfUrl?: Secret;
  rows?: { articleId: string; name: string; quantity: number; unitPrice: string; vat: string; credited?: number }[];
};
export type Seen =
  | { seen: 'present'; parts: PartSeen[]; providerOrderId?: string; currency?: string }
  | { seen: 'absent' }
  | { seen: 'unclear'; cause: CauseRef };

/** A number that a person named, looked up: is it a part of this claim, and how does it stand? `no` says what speaks against it. */
export type Vouched =
  | { vouched: 'yes'; seen: PartSeen; providerOrderId?: string }
  | { vouched: 'no'; why: 'absent' | 'order' | 'buyer' | 'amount'; theirs?: string }
  | { vouched: 'unclear'; cause: CauseRef };

/** Which engine does a verb on this connection, or where else it can be done. */
export type VerbOffer = { engine: string; whole?: 'only'; cause?: undefined } | { cause: CauseRef; engine?: undefined };

export interface Administers {
  /** Per verb: the engine that has it, or why none has. Pure. */
  offers(): Record<Verb, VerbOffer>;
  /** What the agreement says about days. Pure. */
  terms(): Terms;
  /** Everything the provider would refuse, found before sending, all at once: store, country, lengths, numbers. Pure. */
  preflight(request: AdministerRequest): Finding[];
  perform(request: AdministerRequest): Promise<AdministerOutcome>;
  /** Follows a pending one. */
  look(request: AdministerRequest, ticket: string): Promise<AdministerOutcome>;
  /** After an unknown: reads the state back, and says whether the action was done. It never does it again by guess. */
  settle(request: AdministerRequest): Promise<Settled>;
  /** Is this number the part that the ledger would have, `expected`? For what a person looked up; nothing is taken over unseen. */
  vouch(request: AdministerRequest, number: string, expected: Part): Promise<Vouched>;
  /** All parts as they are over there. */
  read(receivable: ReceivableFacts, parts: Part[]): Promise<Seen>;
  /** The provider's document; undefined while it is not there yet. */
  pdf(url: Secret): Promise<Uint8Array | undefined>;
}

// ---------------------------------------------------------------- settings every administering connector has

const t = (pl: string, en: string, hu: string, sv: string): Texts => ({ pl, en, hu, sv });
const doNothing = t('nic nie rób', 'do nothing', 'ne tegyen semmit', 'gör ingenting');

/** Rules on order events: what is done by itself. Read by src/administer whatever the provider. */
export const ruleSettings: SettingField[] = [
  {
    key: 'onShipped',
    type: 'select',
    default: 'activate',
    options: [
      {
        value: 'activate',
        label: t('aktywuj to, co wysłano', 'activate what was shipped', 'az elküldöttek aktiválása', 'aktivera det som skickats'),
      },
      { value: 'nothing', label: doNothing },
    ],
    label: t('Gdy zamówienie wysłano', 'When the order ships', 'Amikor a rendelés elindul', 'När ordern skickas'),
    help: t(
      'Cała wysyłka aktywuje resztę; każda częściowa wysyłka aktywuje tylko swoje pozycje. Od aktywacji biegnie termin płatności.',
      'A whole shipment activates the rest; each partial shipment activates its own rows only. The due days start with the activation.',
      'A teljes szállítmány a maradékot aktiválja, a részszállítmány csak a saját tételeit. A fizetési határidő az aktiválással indul.',
      'En hel leverans aktiverar resten; varje delleverans aktiverar bara sina egna rader. Förfallodagarna räknas från aktiveringen.',
    ),
  },
  {
    key: 'onCancelled',
    type: 'select',
    default: 'cancel',
    options: [
      {
        value: 'cancel',
        label: t('anuluj to, co czeka', 'cancel what is pending', 'a függőben lévő visszavonása', 'makulera det som väntar'),
      },
      { value: 'nothing', label: doNothing },
    ],
    label: t('Gdy zamówienie anulowano', 'When the order is cancelled', 'Amikor a rendelést törlik', 'När ordern avbryts'),
  },
];

/** The rules of a connection, with the cautious choice for what is not set. */
export function rulesOf(settings: Record<string, unknown>): { onShipped: 'activate' | 'nothing'; onCancelled: 'cancel' | 'nothing' } {
  return {
    onShipped: settings.onShipped === 'activate' ? 'activate' : 'nothing',
    onCancelled: settings.onCancelled === 'cancel' ? 'cancel' : 'nothing',
  };
}
