import type { Hundredths, VatKey } from './amounts.ts';

/** Letters as in queried documents: invoice, proforma, prepayment, final, delivery note, corrective, storno. */
export type DocumentKind = 'SZ' | 'D' | 'ES' | 'VS' | 'SL' | 'HS' | 'SS';
export type Form = 'paper' | 'e-invoice' | 'none';

export type Line = {
  name: string;
  itemCode: string | undefined;
  quantity: string;
  unit: string;
  unitNet: string;
  vat: VatKey;
  marginBase: string | undefined;
  net: Hundredths;
  tax: Hundredths;
  gross: Hundredths;
  comment: string | undefined;
};

export type Payment = { date: string; method: string; amount: Hundredths; note: string | undefined };

/** The buyer's record at the provider: with an own `code` it is shared and overwritten by the newest document (contract section 7). */
export type Partner = {
  id: number;
  code: string | undefined;
  name: string;
  country: string | undefined;
  zip: string;
  city: string;
  address: string;
  email: string | undefined;
  taxNumber: string | undefined;
  groupNumber: string | undefined;
  euTaxNumber: string | undefined;
  taxStatus: string | undefined;
};

export type Document = {
  id: number;
  number: string;
  kind: DocumentKind;
  form: Form;
  prefix: string;
  orderNumber: string | undefined;
  externalIds: string[];
  buyerName: string;
  partner: Partner;
  email: string | undefined;
  currency: string;
  exchangeBank: string | undefined;
  exchangeRate: string | undefined;
  language: string;
  paymentMethod: string;
  comment: string | undefined;
  lines: Line[];
  net: Hundredths;
  tax: Hundredths;
  gross: Hundredths;
  payments: Payment[];
  issueDate: string;
  performanceDate: string;
  dueDate: string;
  /** Instant of creation, for the replay window. */
  createdAt: number;
  fingerprint: string;
  token: string;
  /** Number of the storno that reversed this one. */
  reversedBy: string | undefined;
  reverses: string | undefined;
  corrects: string | undefined;
  settles: string | undefined;
  proformaNumber: string | undefined;
  /** A proforma that was consumed or deleted answers no query any more. */
  gone: boolean;
};

export type Receipt = {
  id: number;
  number: string;
  kind: 'NY' | 'SN';
  callId: string | undefined;
  prefix: string;
  orderNumber: string | undefined;
  paymentMethod: string;
  currency: string;
  exchangeBank: string | undefined;
  exchangeRate: string | undefined;
  comment: string | undefined;
  issueDate: string;
  lines: Line[];
  tenders: { means: string; amount: Hundredths; note: string | undefined }[];
  net: Hundredths;
  tax: Hundredths;
  gross: Hundredths;
  reversedNumber: string | undefined;
  reversed: boolean;
  lastMail: { to: string; subject: string } | undefined;
};

type Mail = { to: string; subject: string; number: string; attachments: string[]; deliveredTo: string };

export type Prefix = { prefix: string; enabled: boolean; paymentMethods?: string[] };

/** What `PATCH /__sim/accounts/{id}` may change. */
export type AccountSettings = {
  keys: string[];
  deletedKeys: string[];
  test: boolean;
  companyComplete: boolean;
  debt: boolean;
  eInvoice: boolean;
  orderRepeatForbidden: boolean;
  receiptOrderRepeatForbidden: boolean;
  prefixes: Prefix[];
  defaultPrefix: string;
  /** Creates an hour on a test account; null = no limit. */
  hourlyLimit: number | null;
  /** The same request may come this often; one more shuts the account out. */
  sameRequestLimit: number;
  /** Open question of the contract: does an address without `sendEmail` cause a mail? The documentation says yes. */
  mailWithoutFlag: boolean;
  ipnUrl: string | null;
};

export class Account {
  readonly id: string;
  settings: AccountSettings;
  banned = false;
  readonly documents: Document[] = [];
  readonly byNumber = new Map<string, Document>();
  readonly byOrder = new Map<string, Document[]>();
  readonly byExternalId = new Map<string, Document[]>();
  readonly receipts = new Map<string, Receipt>();
  readonly callIds = new Map<string, Receipt>();
  readonly mails: Mail[] = [];
  readonly partners = new Map<string, Partner>();
  readonly requestCounts = new Map<string, number>();
  readonly created: number[] = [];
  lastReceiptMailAt = Number.NEGATIVE_INFINITY;
  readonly #sequences = new Map<string, number>();
  readonly #lastIssueDates = new Map<string, string>();

  constructor(id: string, settings: AccountSettings) {
    this.id = id;
    this.settings = settings;
  }

  takeNumber(sequence: string): number {
    const next = (this.#sequences.get(sequence) ?? 0) + 1;
    this.#sequences.set(sequence, next);
    return next;
  }

  lastIssueDate(range: string): string | undefined {
    return this.#lastIssueDates.get(range);
  }

  add(document: Document, range: string): void {
    this.documents.push(document);
    this.byNumber.set(document.number, document);
    if (document.orderNumber !== undefined) append(this.byOrder, document.orderNumber, document);
    const last = this.#lastIssueDates.get(range);
    if (last === undefined || last < document.issueDate) this.#lastIssueDates.set(range, document.issueDate);
  }

  tag(document: Document, externalId: string): void {
    document.externalIds.push(externalId);
    append(this.byExternalId, externalId, document);
  }

  /** A document that still answers queries. */
  live(number: string): Document | undefined {
    const document = this.byNumber.get(number);
    return document?.gone ? undefined : document;
  }

  newestByOrder(orderNumber: string): Document | undefined {
    return this.byOrder.get(orderNumber)?.findLast((d) => !d.gone);
  }

  newestByExternalId(externalId: string): Document | undefined {
    return this.byExternalId.get(externalId)?.findLast((d) => !d.gone);
  }

  ofOrder(orderNumber: string | undefined, kind: DocumentKind): Document[] {
    if (orderNumber === undefined) return [];
    return (this.byOrder.get(orderNumber) ?? []).filter((d) => d.kind === kind && !d.gone);
  }
}

function append(index: Map<string, Document[]>, key: string, document: Document): void {
  const list = index.get(key);
  if (list) list.push(document);
  else index.set(key, [document]);
}

export function paidOf(document: Document): Hundredths {
  return document.payments.reduce((total, payment) => total + payment.amount, 0n);
}

export function outstandingOf(document: Document): Hundredths {
  return document.gross - paidOf(document);
}

/** Keys of the three accounts every simulator starts with. */
export const demoKeys = {
  A: 'testkey000000000000000000000000000000000ok',
  B: 'testkey000000000000000000000000000000000bb',
  C: 'testkey000000000000000000000000000000000cc',
} as const;

export const seller = {
  id: 972720,
  name: 'TESZT - Pelda Rendezveny Kft.',
  taxNumber: '12345676-2-42',
  euTaxNumber: 'HU12345676',
  country: 'Magyarország',
  zip: '1086',
  city: 'Budapest',
  address: 'Szerdahelyi utca 4-8',
  bank: 'Teszt Bank',
  bankAccount: '11111111-22222222-33333333',
  email: 'penztar@pelda-rendezveny.hu',
} as const;

function settings(key: string, prefix: string, changes: Partial<AccountSettings> = {}): AccountSettings {
  return {
    keys: [key],
    deletedKeys: [],
    test: true,
    companyComplete: true,
    debt: false,
    eInvoice: true,
    orderRepeatForbidden: true,
    receiptOrderRepeatForbidden: true,
    prefixes: [{ prefix, enabled: true }],
    defaultPrefix: prefix,
    hourlyLimit: 100,
    sameRequestLimit: 5,
    mailWithoutFlag: true,
    ipnUrl: null,
    ...changes,
  };
}

export function defaultAccounts(): Map<string, Account> {
  const prefixesOfA: Prefix[] = [
    { prefix: 'PRB', enabled: true },
    { prefix: 'JEGY', enabled: true },
    { prefix: 'WEB', enabled: false },
    { prefix: 'BOLT', enabled: true, paymentMethods: ['készpénz'] },
  ];
  const accounts = [
    new Account('A', settings(demoKeys.A, 'PRB', { prefixes: prefixesOfA })),
    new Account('B', settings(demoKeys.B, 'BBB', { eInvoice: false, orderRepeatForbidden: false, receiptOrderRepeatForbidden: false })),
    new Account('C', settings(demoKeys.C, 'CCC', { debt: true })),
  ];
  return new Map(accounts.map((account) => [account.id, account]));
}

/** Civil day in Budapest, whatever the zone of the machine. */
const budapestDay = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Budapest', year: 'numeric', month: '2-digit', day: '2-digit' });

export function dayOf(instant: number): string {
  return budapestDay.format(instant);
}
