import {
  createSender,
  deliverMail,
  type MailSender,
  type MailTools,
  type MailWish,
  queueMails,
  saveMailSettings,
  smtpConnector,
} from '../delivery/index.ts';
import { documentContentSchema } from '../domain/documents/document.ts';
import type { Context, JobData, Jobs } from '../jobs/index.ts';
import { createVault, json, newId, type Store } from '../store/index.ts';
import type { Mailbox } from './mailbox.ts';
import { ManualClock } from './simulator.ts';

/** A seller with a mail server, for tests of mails: documents are made by hand, and jobs are worked when a test says so. */
export const minute = 60_000;

/** A job engine that keeps what was enqueued, so that a test decides when work happens. */
function heldJobs(): Jobs & { waiting: { data: JobData; startAfter?: Date }[] } {
  const waiting: { data: JobData; startAfter?: Date }[] = [];
  return {
    waiting,
    enqueue: async (_tx, queue, jobs, options) => {
      if (queue === 'deliver') waiting.push(...jobs.map((data) => ({ data, startAfter: options?.startAfter })));
    },
    work: async () => {},
    underWay: async () => new Set(),
    givenUp: async () => new Map(),
    every: async () => {},
    idle: async () => {},
    alongside: () => {},
    stop: async () => {},
  };
}

type MailWorld = {
  ctx: Context;
  clock: ManualClock;
  jobs: ReturnType<typeof heldJobs>;
  who: { organizationId: string; actor: string };
  tools: MailTools;
  rendered: string[];
};

export async function world(store: Store): Promise<MailWorld> {
  const clock = new ManualClock('2026-11-22T10:00:00Z');
  const jobs = heldJobs();
  const ctx: Context = {
    store,
    jobs,
    vault: createVault(Buffer.alloc(32, 7)),
    now: () => clock.now(),
    connectors: new Map([[smtpConnector.manifest.id, smtpConnector]]),
    publicUrl: 'https://fakturist.example',
    buyerLinks: true,
    fetch,
    log: () => {},
  };
  const organizationId = newId(clock.now());
  await store.system((tx) =>
    tx
      .insertInto('organization')
      .values({
        id: organizationId,
        name: 'Sklep',
        country: 'PL',
        zone: 'Europe/Warsaw',
        language: 'pl',
        currency: 'PLN',
        seller: json({}),
        policies: json({}),
        look: json({}),
        created_at: clock.now(),
      })
      .execute(),
  );
  const rendered: string[] = [];
  const renderPdf: MailTools['renderPdf'] = async ({ issued }) => {
    rendered.push(issued!.number);
    return Buffer.from(`%PDF ${issued!.number} ${rendered.length}`);
  };
  return { ctx, clock, jobs, who: { organizationId, actor: 'user:1' }, tools: { renderPdf }, rendered };
}

let sequence = 0;
export async function document(
  w: MailWorld,
  change: { email?: string | null; state?: 'issued' | 'to_issue'; orderId?: string; content?: Record<string, unknown> } = {},
): Promise<string> {
  const { organizationId } = w.who;
  w.clock.advance(1);
  const id = newId(w.ctx.now());
  const number = `FV/${++sequence}`;
  const email = change.email === undefined ? `buyer${sequence}@example.com` : change.email;
  const content = documentContentSchema.parse({
    kind: 'invoice',
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: { name: 'Sklep Przykładowy', taxIds: [] },
    buyer: { type: 'person', name: 'Jan Nowak', ...(email === null ? {} : { email }) },
    issueDate: '2026-11-22',
    payment: { means: 'online' },
    lines: [],
    totals: { net: '100.00', tax: '23.00', gross: '123.00', payable: '0.00', byRate: [] },
    ...change.content,
  });
  const issued = (change.state ?? 'issued') === 'issued';
  await w.ctx.store.org(organizationId, (tx) =>
    tx
      .insertInto('document')
      .values({
        organization_id: organizationId,
        id,
        kind: content.kind,
        state: change.state ?? 'issued',
        series_id: null,
        number: issued ? number : null,
        sequence_no: null,
        period: null,
        order_id: change.orderId ?? null,
        purpose: 'sale',
        currency: 'PLN',
        issue_date: issued ? '2026-11-22' : null,
        sale_date: null,
        due_date: null,
        net_minor: 10000n,
        tax_minor: 2300n,
        gross_minor: 12300n,
        buyer_tax_id: null,
        buyer_email: email,
        buyer_country: 'PL',
        channel: null,
        order_number: null,
        content: json(content),
        findings: json([]),
        corrects_id: null,
        merged_into: null,
        proforma_id: null,
        import_id: null,
        pdf_file_id: null,
        created_at: w.ctx.now(),
        updated_at: w.ctx.now(),
        issued_at: issued ? w.ctx.now() : null,
        issued_by: null,
      })
      .execute(),
  );
  return id;
}

export async function setUp(w: MailWorld, mailbox: Mailbox, more: Record<string, unknown> = {}) {
  const saved = await saveMailSettings(w.ctx, w.who, {
    host: '127.0.0.1',
    port: mailbox.port,
    security: 'none',
    fromName: 'Sklep',
    fromAddress: 'faktury@sklep.example',
    ...more,
  });
  if (!('account' in saved)) throw new Error(JSON.stringify(saved.errors));
}

export const queue = (w: MailWorld, ...wishes: MailWish[]) =>
  w.ctx.store.org(w.who.organizationId, (tx) => queueMails(tx, w.ctx, w.who, wishes));
export const deliveries = (w: MailWorld) =>
  w.ctx.store.org(w.who.organizationId, (tx) =>
    tx.selectFrom('delivery').selectAll().where('organization_id', '=', w.who.organizationId).orderBy('created_at').orderBy('id').execute(),
  );
export const delivery = async (w: MailWorld, id: string) => (await deliveries(w)).find((row) => row.id === id)!;

/** Works every job that is there now, due or not by the engine's clock; the rows themselves say what is due. A sweep sees other tests too. */
export async function work(w: MailWorld): Promise<void> {
  for (const { data } of w.jobs.waiting.splice(0))
    if (data.organizationId === w.who.organizationId) await deliverMail(w.ctx, w.tools, data);
}

/** A sender that dies: the process never comes back from `send`. */
export type Death = (real: MailSender, ...args: Parameters<MailSender['send']>) => Promise<unknown>;
export function dyingSender(die: Death): {
  tools: (w: MailWorld) => MailTools;
  died: Promise<void>;
} {
  let reached = () => {};
  const died = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const sender = (settings: Parameters<typeof createSender>[0]): MailSender => ({
    send: async (mail, beforeBody) => {
      await die(createSender(settings), mail, beforeBody);
      reached();
      return new Promise(() => {});
    },
  });
  return { tools: (w) => ({ ...w.tools, sender }), died };
}

/** A seller of its own on a mail server that has no troubles left of the test before. */
export async function sellerWithMail(store: Store, mailbox: Mailbox, more: Record<string, unknown> = {}): Promise<MailWorld> {
  const w = await world(store);
  mailbox.clear();
  Object.assign(mailbox.faults, { busy: 0, dropAfterData: 0, dropDuringData: 0, refuseLogin: false, refuseSender: undefined, slowMs: 0 });
  mailbox.faults.refuseRecipient.clear();
  mailbox.faults.refuseMessage.length = 0;
  await mailbox.up();
  await setUp(w, mailbox, more);
  return w;
}
