import { createHash } from 'node:crypto';
import { localTime, type SimClock } from '../../../src/testkit/service.ts';
import { ksefNumber } from './ksef.ts';
import type { Settings } from './settings.ts';
import type { Webhooks } from './webhooks.ts';

/** What an account remembers: clients, documents, tasks, mails. Documents are kept in the shape in which they are read. */

export const demoKey = 'infakt-demo-2b9c41f07d6e8a35c1f4';

export const families = {
  invoices: { kind: 'vat', wrapper: 'invoice', taskKind: 'vat', mark: '' },
  corrective_invoices: { kind: 'correction', wrapper: 'corrective_invoice', taskKind: 'corrective_invoice', mark: '/KOR' },
  margin_invoices: { kind: 'margin', wrapper: 'margin_invoice', taskKind: 'margin_invoice', mark: '/MAR' },
  advance_invoices: { kind: 'advance', wrapper: 'advance_invoice', taskKind: 'advance_invoice', mark: '/ZAL' },
  final_invoices: { kind: 'final', wrapper: 'final_invoice', taskKind: 'final_invoice', mark: '/KON' },
  oss_invoices: { kind: 'oss', wrapper: 'oss_invoice', taskKind: 'oss_invoice', mark: '/OSS' },
  corrective_oss_invoices: {
    kind: 'corrective_oss',
    wrapper: 'corrective_oss_invoice',
    taskKind: 'corrective_oss_invoice',
    mark: '/KOR/OSS',
  },
} as const;
export type Family = keyof typeof families;

export type Fields = Record<string, unknown>;

export type Document = {
  family: Family;
  fields: Fields & {
    uuid: string;
    number: string;
    kind: string;
    currency: string;
    gross_price: number;
    status: string;
    invoice_date: string;
  };
  ksef: Ksef | undefined;
  createdAt: number;
  reads: number;
  share: { share_link: string; expiration_date: string } | undefined;
};

type Ksef = {
  request: string;
  status: 'pending' | 'sent' | 'success' | 'error';
  number: string | null;
  text: string;
  createdAt: number;
  finishedAt: number | null;
};

type Task = {
  reference: string;
  family: Family;
  action: 'create_invoice' | 'mark_as_paid';
  createdAt: number;
  stepMs: number;
  /** Stays in progress for ever. */
  stuck: boolean;
  code: 0 | 200 | 201 | 422;
  uuid: string | undefined;
  errors: Record<string, string[]> | undefined;
  work: () => { code: 200 | 201; uuid: string } | { code: 422; errors: Record<string, string[]> };
};

type Mail = { uuid: string; number: string; recipient: string; printType: string; at: string };

export const seller = {
  company_name: 'Zielony Zakątek Anna Demo',
  owner_name: 'Anna',
  owner_surname: 'Demo',
  street: 'ul. Ogrodnicza 12',
  street_name: 'Ogrodnicza',
  street_number: '12',
  city: 'Warszawa',
  postal_code: '00-950',
  tax_id: '9991002009',
} as const;

const bankAccount = {
  id: 70_011,
  bank_name: 'Bank Przykładowy',
  account_number: '61109010140000071219812874',
  swift: 'WBKPPLPP',
  default: true,
  currency: 'PLN',
  custom_name: 'Główne',
};

export class Account {
  readonly clock: SimClock;
  readonly settings: () => Settings;
  readonly webhooks: Webhooks;
  key = demoKey;
  clients: (Fields & { id: number; uuid: string; country: string })[] = [];
  products: (Fields & { id: number })[] = [];
  bankAccounts: (Fields & { id: number; default: boolean; account_number: string })[] = [{ ...bankAccount }];
  documents = new Map<string, Document>();
  tasks = new Map<string, Task>();
  mails: Mail[] = [];
  /** What the clock still has to finish. */
  readonly #openTasks = new Set<Task>();
  readonly #inKsef = new Set<Document>();
  #serial = 0;
  #ids = { client: 8_800_123, document: 51_230_077, line: 41_220_001, product: 34_935, bank: 70_012 };

  constructor(clock: SimClock, settings: () => Settings, webhooks: Webhooks) {
    this.clock = clock;
    this.settings = settings;
    this.webhooks = webhooks;
  }

  nextId(of: 'client' | 'document' | 'line' | 'product' | 'bank'): number {
    return this.#ids[of]++;
  }

  /** Repeatable, and shaped like the real ones. */
  uuid(): string {
    this.#serial += 1;
    const hex = createHash('sha256').update(`infakt ${this.#serial}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  today(): string {
    return localTime(this.clock.now()).slice(0, 10);
  }

  newKey(): string {
    this.#serial += 1;
    this.key = `infakt-demo-${createHash('sha256').update(`key ${this.#serial}`).digest('hex').slice(0, 20)}`;
    return this.key;
  }

  /** The next free number of a kind in the month of a day: consecutive, also after the last one was deleted. */
  nextNumber(kind: string, mark: string, day: string): string {
    const [year, month] = day.split('-');
    const ending = `${kind === 'proforma' ? '/PRO' : mark}/${month}/${year}`;
    let highest = 0;
    for (const { fields } of this.documents.values()) {
      if (fields.kind !== kind || !fields.number.endsWith(ending)) continue;
      const own = fields.number.slice(0, -ending.length);
      if (/^\d+$/.test(own)) highest = Math.max(highest, Number(own));
    }
    return `${highest + 1}${ending}`;
  }

  /** Keeps a document and tells whoever listens. */
  keep(family: Family, fields: Document['fields'], createdAt: number): Document {
    const document: Document = { family, fields, ksef: undefined, createdAt, reads: 0, share: undefined };
    this.documents.set(fields.uuid, document);
    this.webhooks.tell('draft_invoice_created', () => this.view(document), fields.uuid, createdAt);
    if (fields.paid_date) this.webhooks.tell('invoice_paid', () => this.view(document), fields.uuid, createdAt);
    if (this.settings().ksefAutomatic && this.settings().ksefActive && fields.kind !== 'proforma') this.sendToKsef(document);
    return document;
  }

  view(document: Document): Fields {
    return { ...document.fields, ksef_number: document.ksef?.number ?? null, ksef_data: document.ksef ? ksefView(document.ksef) : null };
  }

  pay(document: Document, day: string): void {
    const { fields } = document;
    Object.assign(fields, {
      paid_date: day,
      status: this.settings().paidShownAsSent ? 'sent' : 'paid',
      paid_price: fields.gross_price,
      left_to_pay: 0,
    });
    this.webhooks.tell('invoice_paid', () => this.view(document), fields.uuid, this.clock.now());
  }

  remove(document: Document): void {
    this.documents.delete(document.fields.uuid);
    this.webhooks.tell('invoice_deleted', () => this.view(document), document.fields.uuid, this.clock.now());
  }

  sendToKsef(document: Document): void {
    document.ksef = {
      request: this.uuid(),
      status: 'sent',
      number: null,
      text: 'Faktura została wysłana do przetworzenia w KSeF.',
      createdAt: this.clock.now(),
      finishedAt: null,
    };
    this.#inKsef.add(document);
    if (document.fields.status === 'draft') document.fields.status = 'sent';
  }

  addTask(task: Omit<Task, 'reference' | 'createdAt' | 'stepMs' | 'code' | 'uuid' | 'errors'>): Task {
    const made: Task = {
      ...task,
      reference: this.uuid(),
      createdAt: this.clock.now(),
      stepMs: this.settings().taskStepSeconds * 1000,
      code: 0,
      uuid: undefined,
      errors: undefined,
    };
    this.tasks.set(made.reference, made);
    this.#openTasks.add(made);
    return made;
  }

  /** Does all that has fallen due: tasks in the order of their acceptance, answers of the state. */
  settle(): void {
    const now = this.clock.now();
    for (const task of this.#openTasks) if (!task.stuck && doneAt(task) <= now) this.#finish(task);
    for (const document of this.#inKsef) if (ksefDoneAt(document, this.settings()) <= now) this.#answerOfKsef(document, document.ksef!);
  }

  /** All open tasks at once, whatever the clock says. */
  finishTasks(): void {
    for (const task of this.#openTasks) this.#finish(task);
  }

  nextDue(): number | undefined {
    let due: number | undefined;
    const consider = (at: number) => {
      if (due === undefined || at < due) due = at;
    };
    for (const task of this.#openTasks) if (!task.stuck) consider(doneAt(task));
    for (const document of this.#inKsef) consider(ksefDoneAt(document, this.settings()));
    const delivery = this.webhooks.nextDue();
    if (delivery !== undefined) consider(delivery);
    return due;
  }

  #finish(task: Task): void {
    this.#openTasks.delete(task);
    const result = task.work();
    task.code = result.code;
    const failed = result.code === 422;
    if (failed) task.errors = result.errors;
    else task.uuid = result.uuid;
    this.webhooks.tell(eventOf(task, failed, this.settings()), () => taskView(task, this.clock.now()), task.uuid, this.clock.now());
  }

  #answerOfKsef(document: Document, ksef: Ksef): void {
    this.#inKsef.delete(document);
    const { ksefOutcome, ksefErrorText, ksefNumberCheck } = this.settings();
    if (ksefOutcome === 'pending') {
      ksef.status = 'pending';
      ksef.text = 'Faktura oczekuje na przetworzenie w KSeF.';
      return;
    }
    const fault = ksefOutcome === 'error' ? ksefErrorText : ksefFault(document.fields);
    ksef.finishedAt = this.clock.now();
    if (fault) {
      ksef.status = 'error';
      ksef.text = fault;
    } else {
      ksef.status = 'success';
      ksef.text = 'Faktura została przetworzona.';
      ksef.number = ksefNumber(seller.tax_id, this.today(), document.fields.uuid, ksefNumberCheck === 'good');
    }
    const name = fault ? 'send_to_ksef_error' : 'send_to_ksef_success';
    this.webhooks.tell(name, () => ksefAnswer(document), document.fields.uuid, this.clock.now());
  }
}

/** Limits of the state's schema that inFakt itself lets through (contract section 11). */
function ksefFault(fields: Fields): string | undefined {
  const length = (name: string) => String(fields[name] ?? '').length;
  const lines = fields.services as { name: string }[];
  if (lines.some((line) => line.name.length > 256)) return 'Nazwa towaru lub usługi przekracza 256 znaków.';
  if (length('notes') > 3500) return 'Uwagi przekraczają 3500 znaków.';
  if (length('client_email') > 255) return 'Adres e-mail nabywcy przekracza 255 znaków.';
  if (!fields.client_city || !fields.client_street) return 'Niekompletne dane adresowe nabywcy.';
  return undefined;
}

function eventOf(task: Task, failed: boolean, { paidEventNames }: Settings): string {
  if (task.action === 'create_invoice') return failed ? 'async_invoice_creation_error' : 'async_invoice_creation_success';
  if (paidEventNames === 'second') return failed ? 'invoice_marking_as_paid_error_via_async_api' : 'invoice_marked_as_paid_via_async_api';
  return failed ? 'async_invoice_payment_error' : 'async_invoice_payment_success';
}

const doneAt = (task: Task) => task.createdAt + 3 * task.stepMs;
const ksefDoneAt = ({ ksef }: Document, { ksefSeconds }: Settings) => ksef!.createdAt + ksefSeconds * 1000;

const descriptions: Record<number, string> = {
  100: 'Zlecenie przyjęte',
  120: 'Zlecenie czeka na przetworzenie',
  140: 'Zlecenie jest w trakcie przetwarzania',
  200: 'Zlecenie wykonane',
  201: 'Faktura stworzona',
};

/** A task as its status call shows it at an instant. */
export function taskView(task: Task, now: number): Fields {
  const age = now - task.createdAt;
  const code = task.code || (age < task.stepMs ? 100 : age < 2 * task.stepMs ? 120 : 140);
  const failed = task.action === 'create_invoice' ? 'Nie udało się stworzyć faktury' : 'Nie udało się oznaczyć faktury jako zapłaconej';
  return {
    timestamps: { task_created_at: zoned(task.createdAt) },
    invoice_task_reference_number: task.reference,
    processing_code: code,
    processing_description: code === 422 ? failed : descriptions[code],
    ...(code === 100 ? {} : { action: task.action, invoice_kind: families[task.family].taskKind }),
    ...(task.uuid ? { invoice_uuid: task.uuid } : {}),
    ...(task.errors ? { invoice_errors: task.errors } : {}),
  };
}

function ksefView(ksef: Ksef): Fields {
  return {
    request_uuid: ksef.request,
    ksef_number: ksef.number,
    status: ksef.status,
    status_description: ksef.text,
    timestamps: {
      request_created_at: zoned(ksef.createdAt),
      request_finished_at: ksef.finishedAt === null ? null : zoned(ksef.finishedAt),
    },
  };
}

export function ksefAnswer({ ksef, fields }: Document): Fields {
  return { ...ksefView(ksef!), invoice_uuid: fields.uuid, invoice_kind: fields.kind };
}

/** `2026-10-14 09:21:38 +0200`, as tasks and the state's answers are stamped. */
function zoned(ms: number): string {
  return `${localTime(ms)} ${offset(ms).replace(':', '')}`;
}

/** `2026-10-14T09:21:40+02:00`, as documents are stamped. */
export function iso(ms: number): string {
  return `${localTime(ms).replace(' ', 'T')}${offset(ms)}`;
}

function offset(ms: number): string {
  const minutes = Math.round((Date.parse(`${localTime(ms).replace(' ', 'T')}Z`) - ms) / 60_000);
  return `+${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
