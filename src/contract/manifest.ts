import type { DocumentKind, Language } from '../domain/documents/document.ts';

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
  | 'charge'
  | 'e-invoice';

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
  pattern?: string;
  maxLength?: number;
  /** The form offers to make one (a signing secret for the other side to keep); it is shown once. */
  generate?: 'webhook-secret';
};

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
  /** Page of the provider where it is mended. */
  link?: string;
  /** Field of the document or of the settings that mends it. */
  where?: string;
};

export type Manifest = {
  id: string;
  name: string;
  role: 'channel' | 'provider';
  countries: string[];
  capabilities: Capability[];
  documentKinds?: DocumentKind[];
  /** Who may own the number and who may report to the authority when documents go this way (DESIGN §5.1, §5.3). */
  numberOwners?: ('hub' | 'provider')[];
  reporters?: ('hub' | 'provider' | 'nobody')[];
  defaultBaseUrl?: string;
  settings: SettingField[];
  causes: Cause[];
  /** Channels that are asked for orders: how often. */
  pull?: { everyMs: number };
  /** Channels that take documents on their orders. `replaces`: a field holds one file, a newer one takes its place. */
  attach?: { replaces: boolean; maxBytes: number; fileNameChars?: number };
  /** Words for the labels and the coded values of `CheckResult.facts`. */
  facts?: Record<string, Texts>;
  limits?: {
    /** Requests in any minute; kept by the gate (see requests.ts). A setting `requestsPerMinute` of the connection may lower it. */
    perMinute?: number;
    /** Of these, requests other than GET. */
    writesPerMinute?: number;
    /** Between two requests. */
    minGapMs?: number;
    /** Who shares the limit: one connection (the default), or all that call the same address from this installation. */
    sharedBy?: 'connection' | 'installation';
    concurrency: number;
    /** Sends of one and the same request in its lifetime. */
    maxSends: number;
    timeoutMs: number;
    /** Wait before asking about an unknown (longer than the other side's own timeout). */
    settleAfterMs: number;
    /** Kinds sent strictly one after another over the whole connection; every kind is serial per order. */
    serialKinds?: DocumentKind[];
  };
  about: Texts;
};
