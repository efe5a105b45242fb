import type { DocumentKind, Language, TaxRounding } from '../domain/documents/document.ts';

export type Texts = Record<Language, string>;

export type Capability =
  | 'read-order-file'
  | 'pull-orders'
  | 'receive-calls'
  | 'transfer'
  | 'folder'
  | 'administer'
  | 'attach'
  | 'look-up'
  | 'taxpayer'
  | 'print'
  | 'charge';

/** A field of the settings form: the form, its check and its API description are made from this. */
export type SettingField = {
  key: string;
  /** `choices`: several values of the list, stored as an array of texts. */
  type: 'text' | 'secret' | 'boolean' | 'select' | 'choices' | 'number' | 'url' | 'date';
  label: Texts;
  help?: Texts;
  required?: boolean;
  default?: string | number | boolean;
  /** For `select`: fixed choices, or the name of a look-up list of the connection. */
  options?: { value: string; label: Texts }[];
  lookup?: string;
  /** Part of the page where it is set; without one it belongs to the account. */
  part?: 'orders' | 'documents' | 'answers';
  /** Can be tried from the screen without changing anything over there. */
  canTry?: boolean;
  /** The whole value, of a secret as well; see `headerValue`. */
  pattern?: string;
  maxLength?: number;
  /** The form offers to make one (a signing secret for the other side to keep); it is shown once. */
  generate?: 'webhook-secret';
  /** Asked for only after the connection was made: by a step of its set-up, or among its settings. */
  later?: boolean;
  /** Fields of a series: only for these kinds. */
  kinds?: DocumentKind[];
};

/** A key that travels in a header: a letter that no header bears would end every call before it left, and look like an outage. */
export const headerValue = '[\\x21-\\x7e]+';

/** Values of the seller that have to be given in the provider's words: payment methods, rates, units. */
export type Mapping = {
  what: 'payment_method';
  label: Texts;
  about: Texts;
  /** Look-up list of the connection with the provider's words. */
  list: string;
  /** Look-up lists of channels with their words; whichever a channel has. */
  channelLists: string[];
  /** A value that is not mapped holds its documents; otherwise the connector decides by itself. */
  required: boolean;
  /** Our own words that leave no doubt, for documents typed by hand. */
  ours?: Record<string, string>;
  /** Words by which a value of the list is proposed, each in lower case without diacritics. */
  synonyms?: Record<string, string[]>;
};

/** Notices of the provider: who sets up what over there. The address is made by us. */
export type Notices = {
  /** Setting that holds the secret with which the provider signs. */
  secret?: string;
  /** Where the seller sets it up. */
  page?: string;
  /** What to do there, in order; `{url}` is not a placeholder here, the address stands beside it. */
  steps: Texts[];
  /** What to tick there. */
  boxes: { label: string; about?: Texts; needed: boolean }[];
  /** Documents that were accepted for so long without any notice mean that the provider has stopped sending them. */
  silentAfterMs: number;
};

/** Steps of connecting that the checklist shows, in this order; their state is worked out, never typed. */
export type SetupStep = 'key' | 'series' | 'notices' | 'verified' | 'event' | 'mappings' | 'complete' | 'channel';

/**
 * A diagnosed reason of a failure. `stops` says what has to wait: this document, every document of the connection
 * (one card, a handful of calls), or every document of a series.
 */
export type Cause = {
  code: string;
  stops: 'document' | 'series' | 'connection' | 'nothing';
  whoMends: 'seller' | 'buyer' | 'provider' | 'authority' | 'us' | 'nobody';
  /** Can the same request succeed later without anybody doing anything? */
  retryHelps: boolean;
  /** May something exist over there although we were told of a failure? */
  mayExist: boolean;
  title: Texts;
  /** What happened, with {placeholders}. */
  text: Texts;
  remedy: Texts;
  /** The authority refused the document itself: it keeps its number and is open for mending, then changed at the provider and reported again. */
  reopens?: boolean;
  /** The provider only asks to wait: the try is given back. */
  losesNoTry?: boolean;
  /** Page of the provider where it is mended. */
  link?: string;
  /** A setting of the connection that lets it go on without the provider, taken on a person's word alone. `label`: the button, `about`: what it means. */
  change?: { setting: string; value: unknown; label: Texts; about: Texts };
  /** Field of the document or of the settings that mends it. */
  where?: string;
  /** The owner is told of it by mail only when it lasts so long; else at once, or after a short patience when a retry helps. */
  tellAfterMinutes?: number;
};

export type Manifest = {
  id: string;
  name: string;
  /** Where the name is no brand but a word: how each language says it. */
  title?: Texts;
  role: 'channel' | 'provider';
  countries: string[];
  capabilities: Capability[];
  documentKinds?: DocumentKind[];
  /** Further steps about a document that the provider holds; with `pay` it is told of what was paid after the issue. */
  followUps?: ('report' | 'mail' | 'pay')[];
  /** Who may own the number and who may report to the authority when documents go this way (DESIGN §5.1, §5.3). */
  numberOwners?: ('hub' | 'provider')[];
  reporters?: ('hub' | 'provider' | 'nobody')[];
  /** It knows the rate of the day: a document in a foreign currency that it numbers needs none of ours. */
  exchanges?: boolean;
  /** Where the provider rounds the tax: documents that go this way are computed the same way, so that both agree to the last unit. */
  taxRounding?: TaxRounding;
  defaultBaseUrl?: string;
  /** Well-known addresses of the service to choose from (live, test). */
  addresses?: { url: string; label: Texts }[];
  settings: SettingField[];
  /** What a series needs to go this way; required ones that are empty stop it from issuing. A default only fills the form. */
  seriesFields?: SettingField[];
  mappings?: Mapping[];
  notices?: Notices;
  setup?: SetupStep[];
  causes: Cause[];
  /** Channels that are asked for orders: how often. */
  pull?: { everyMs: number };
  /** Channels that take documents on their orders. `replaces`: a field holds one file, a newer one takes its place; not so in `keeps`. */
  attach?: { replaces: boolean; keeps?: string[]; maxBytes: number; fileNameChars?: number };
  /** Words for the labels and the coded values of `CheckResult.facts`. */
  facts?: Record<string, Texts>;
  limits?: {
    /** Requests in any minute; kept by the gate (see requests.ts). A setting `requestsPerMinute` of the connection may lower it. */
    perMinute?: number;
    /** What we take of it unless the setting says otherwise, so that other programs with the same key live. */
    usualPerMinute?: number;
    /** Of these, requests other than GET. */
    writesPerMinute?: number;
    /** Between two requests. */
    minGapMs?: number;
    /** Who shares the limit: one connection (the default), all that call the same address from this installation, or all with the same `secret`. */
    sharedBy?: 'connection' | 'installation' | 'secret';
    secret?: string;
    concurrency: number;
    /** Sends of one and the same request in its lifetime. */
    maxSends: number;
    timeoutMs: number;
    /** Wait before asking about an unknown (longer than the other side's own timeout). */
    settleAfterMs: number;
    /** An absence that is only likely (work is queued over there): so many looks so far apart, then a person says whether to send again. */
    absence?: { looks: number; apartMs: number };
    /** Questions about one document that ask the same thing before a person looks; five unless said otherwise, twice as many if a person asks. */
    maxAsks?: number;
    /** How seldom an accepted document is read again after notices; ten minutes unless said otherwise. */
    rereadEveryMs?: number;
    /** What is backfilled goes one document at a time with this pause between; without it, like everything else. */
    backfillPauseMs?: number;
    /** Kinds sent strictly one after another over the whole connection; every kind is serial per order. */
    serialKinds?: DocumentKind[];
  };
  about: Texts;
};
