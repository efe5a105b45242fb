import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentContentSchema } from '../domain/documents/document.ts';
import { type Context, type JobData, type Jobs, startJobs } from '../jobs/index.ts';
import { createVault, json, newId, type Store } from '../store/index.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { type Mailbox, startMailbox } from '../testkit/mailbox.ts';
import { ManualClock } from '../testkit/simulator.ts';
import {
  createSender,
  decideMail,
  deliverMail,
  documentPdf,
  type MailSender,
  type MailTools,
  type MailWish,
  queueMails,
  readMailAccount,
  recordBounce,
  resendMail,
  saveMailSettings,
  sendDigests,
  smtpConnector,
  sweepMails,
} from './index.ts';

/** A seller's mails go out once, wait when they must, and every one that did not arrive is seen. */
const minute = 60_000;

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
    every: async () => {},
    idle: async () => {},
    alongside: () => {},
    stop: async () => {},
  };
}

type World = {
  ctx: Context;
  clock: ManualClock;
  jobs: ReturnType<typeof heldJobs>;
  who: { organizationId: string; actor: string };
  tools: MailTools;
  rendered: string[];
};

async function world(store: Store): Promise<World> {
  const clock = new ManualClock('2026-11-22T10:00:00Z');
  const jobs = heldJobs();
  const ctx: Context = {
    store,
    jobs,
    vault: createVault(Buffer.alloc(32, 7)),
    now: () => clock.now(),
    connectors: new Map([[smtpConnector.manifest.id, smtpConnector]]),
    publicUrl: 'https://fakturist.example',
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
async function document(
  w: World,
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

async function setUp(w: World, mailbox: Mailbox, more: Record<string, unknown> = {}) {
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

const queue = (w: World, ...wishes: MailWish[]) => w.ctx.store.org(w.who.organizationId, (tx) => queueMails(tx, w.ctx, w.who, wishes));
const deliveries = (w: World) =>
  w.ctx.store.org(w.who.organizationId, (tx) =>
    tx.selectFrom('delivery').selectAll().where('organization_id', '=', w.who.organizationId).orderBy('created_at').orderBy('id').execute(),
  );
const delivery = async (w: World, id: string) => (await deliveries(w)).find((row) => row.id === id)!;

/** Works every job that is there now, due or not by the engine's clock; the rows themselves say what is due. A sweep sees other tests too. */
async function work(w: World): Promise<void> {
  for (const { data } of w.jobs.waiting.splice(0))
    if (data.organizationId === w.who.organizationId) await deliverMail(w.ctx, w.tools, data);
}

/** A sender that dies: the process never comes back from `send`. */
type Death = (real: MailSender, ...args: Parameters<MailSender['send']>) => Promise<unknown>;
function dyingSender(die: Death): {
  tools: (w: World) => MailTools;
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

onBothDatabases('mail delivery', (store) => {
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await startMailbox();
  });
  afterAll(() => mailbox.close());

  async function fresh(more: Record<string, unknown> = {}): Promise<World> {
    const w = await world(store());
    mailbox.clear();
    Object.assign(mailbox.faults, { busy: 0, dropAfterData: 0, dropDuringData: 0, refuseLogin: false, refuseSender: undefined, slowMs: 0 });
    mailbox.faults.refuseRecipient.clear();
    mailbox.faults.refuseMessage.length = 0;
    await mailbox.up();
    await setUp(w, mailbox, more);
    return w;
  }

  describe('one mail', () => {
    test('goes out once with the stored PDF, and the delivery tells its story', async () => {
      const w = await fresh();
      const id = await document(w);
      const { queued, refused } = await queue(w, { documentId: id });
      expect(refused).toEqual([]);
      await work(w);
      const [mail] = mailbox.mails();
      const row = await delivery(w, queued[0]!);
      expect(row).toMatchObject({ status: 'handed_over', attempts: 1, message_id: mail!.messageId, cause: null, claimed_at: null });
      expect(row.story.map((entry) => entry.what)).toEqual(['queued', 'handed_over']);
      expect(mail!.recipients).toEqual([row.recipient]);
      expect(mail!.subject).toMatch(/^Faktura FV\/\d+ – Sklep Przykładowy$/);
      expect(mail!.files[0]!.fileName).toMatch(/^Faktura FV-\d+\.pdf$/);
      const pdf = await documentPdf(w.ctx, w.tools.renderPdf, w.who.organizationId, id);
      expect(Buffer.from(mail!.files[0]!.content)).toEqual(Buffer.from(pdf!.bytes));
      expect(w.rendered, 'rendered once for ever').toHaveLength(1);
    });

    test('the same job twice, and two workers at once, mail once', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const { data } = w.jobs.waiting.splice(0)[0]!;
      await Promise.all([deliverMail(w.ctx, w.tools, data), deliverMail(w.ctx, w.tools, data)]);
      await deliverMail(w.ctx, w.tools, data);
      expect(mailbox.mails()).toHaveLength(1);
    });

    test('is queued with the transaction or not at all', async () => {
      const w = await fresh();
      const documentId = await document(w);
      const rolledBack = w.ctx.store.org(w.who.organizationId, async (tx) => {
        await queueMails(tx, w.ctx, w.who, [{ documentId }]);
        throw new Error('rolled back');
      });
      await expect(rolledBack).rejects.toThrow('rolled back');
      await work(w);
      expect([await deliveries(w), mailbox.mails()]).toEqual([[], []]);
    });

    test('a second wish for the same address is refused, another address and "again" are new deliveries', async () => {
      const w = await fresh();
      const documentId = await document(w, { email: 'a@example.com' });
      await queue(w, { documentId });
      expect((await queue(w, { documentId })).refused[0]!.findings[0]!.code).toBe('mail_already_sent');
      await work(w);
      expect((await queue(w, { documentId, to: ['A@example.com'] })).refused[0]!.findings[0]!.code).toBe('mail_already_sent');
      expect((await queue(w, { documentId, to: ['b@example.com', 'b@example.com'] })).queued).toHaveLength(1);
      expect((await queue(w, { documentId, again: true })).queued).toHaveLength(1);
      await work(w);
      expect(mailbox.mails().map((mail) => mail.recipients[0])).toEqual(['a@example.com', 'b@example.com', 'a@example.com']);
      expect(new Set(mailbox.mails().map((mail) => mail.messageId)).size).toBe(3);
    });

    test('what is not issued is not mailed', async () => {
      const w = await fresh();
      const { queued, refused } = await queue(
        w,
        { documentId: await document(w, { state: 'to_issue' }) },
        { documentId: newId(w.ctx.now()) },
      );
      expect(queued).toEqual([]);
      expect(refused.map((entry) => entry.findings[0]!.code)).toEqual(['H_NOT_ISSUED', 'H_DOCUMENT_UNKNOWN']);
      expect(await deliveries(w)).toEqual([]);
    });

    test('the seller’s copy is a delivery of its own, sent once', async () => {
      const w = await fresh({ bcc: 'archiwum@sklep.example' });
      await queue(w, { documentId: await document(w, { email: 'a@example.com' }) });
      await work(w);
      await work(w);
      await work(w);
      expect(mailbox.mails().map((mail) => [mail.recipients, mail.headers.to])).toEqual([
        [['a@example.com'], 'a@example.com'],
        [['archiwum@sklep.example'], 'a@example.com'],
      ]);
    });
  });

  describe('held until a person looks', () => {
    test('masked, missing and impossible addresses are not mailed', async () => {
      const w = await fresh();
      const ids = [
        await document(w, { email: 'x+1@allegromail.pl' }),
        await document(w, { email: null }),
        await document(w, { email: 'not an address' }),
      ];
      const { queued, refused } = await queue(w, ...ids.map((documentId) => ({ documentId })));
      expect(queued).toEqual([]);
      expect(refused.map((entry) => [entry.id, entry.findings[0]!.code])).toEqual([
        [ids[0], 'mail_address_masked'],
        [ids[1], 'mail_address_missing'],
        [ids[2], 'mail_address_invalid'],
      ]);
      await work(w);
      await sweepMails(w.ctx, { restarted: true });
      await work(w);
      expect(mailbox.mails()).toEqual([]);
      expect((await deliveries(w)).map((row) => row.status)).toEqual(['held', 'held', 'held']);
    });

    test('a masked one that is mailed again with eyes open takes the place of the one that waits; without, it is masked still', async () => {
      const w = await fresh();
      const documentId = await document(w, { email: 'x@allegromail.pl' });
      await queue(w, { documentId });
      const again = await queue(w, { documentId });
      expect(again.refused[0]!.findings[0]!.code).toBe('mail_address_masked');
      expect(await deliveries(w)).toHaveLength(1);
      expect(await queue(w, { documentId, evenMasked: true })).toMatchObject({ queued: [expect.any(String)], refused: [] });
      await work(w);
      expect((await deliveries(w)).map((row) => row.status).sort()).toEqual(['cancelled', 'handed_over']);
      expect((await queue(w, { documentId, evenMasked: true })).refused[0]!.findings[0]!.code).toBe('mail_already_sent');
      expect(mailbox.mails().map((mail) => mail.recipients[0])).toEqual(['x@allegromail.pl']);
    });

    test('a masked one goes with eyes open, or to another address', async () => {
      const w = await fresh();
      const documentId = await document(w, { email: 'x@allegromail.pl' });
      await queue(w, { documentId });
      const [row] = await deliveries(w);
      expect(await resendMail(w.ctx, w.who, row!.id, { to: 'jan@example.com' })).toMatchObject({ queued: [expect.any(String)] });
      expect(await decideMail(w.ctx, w.who, row!.id, 'send_again')).toEqual({ ok: true });
      expect(await decideMail(w.ctx, w.who, row!.id, 'arrived')).toMatchObject({ ok: false });
      await work(w);
      expect(mailbox.mails().map((mail) => mail.recipients[0])).toEqual(['jan@example.com', 'x@allegromail.pl']);
    });

    test('the organization’s list of masked domains counts', async () => {
      const w = await fresh();
      await w.ctx.store.system((tx) =>
        tx
          .updateTable('organization')
          .set({ policies: json({ maskedDomains: ['relay.shop.example'] }) })
          .where('id', '=', w.who.organizationId)
          .execute(),
      );
      const { refused } = await queue(w, { documentId: await document(w, { email: 'q@relay.shop.example' }) });
      expect(refused[0]!.findings[0]!.code).toBe('mail_address_masked');
    });

    test('the channel’s own word counts, for the address it spoke of', async () => {
      const w = await fresh();
      const orderId = newId(w.ctx.now());
      const buyer = { email: 'stand-in@hidden.example', emailKind: 'masked' };
      const { organizationId } = w.who;
      await w.ctx.store.org(organizationId, async (tx) => {
        const { id } = await tx.selectFrom('connection').select('id').executeTakeFirstOrThrow();
        await tx
          .insertInto('sales_order')
          .values({
            organization_id: organizationId,
            id: orderId,
            connection_id: id,
            external_id: '1',
            number: null,
            channel: 'shop',
            status: 'ready',
            external_status: null,
            ordered_at: w.ctx.now(),
            currency: 'PLN',
            total_minor: 1n,
            buyer_email: buyer.email,
            suggestion: 'invoice',
            content: json({ buyer }),
            content_hash: '',
            raw: null,
            superseded_by: null,
            import_id: null,
            created_at: w.ctx.now(),
            updated_at: w.ctx.now(),
          })
          .execute();
      });
      const documentId = await document(w, { email: buyer.email, orderId });
      const { refused, queued } = await queue(w, { documentId, to: [buyer.email.toUpperCase(), 'jan@example.com'] });
      expect(refused.map((entry) => entry.findings[0]!.code)).toEqual(['mail_address_masked']);
      expect(queued).toHaveLength(1);
    });

    test('an unknown variable is told before anything is sent; mended, the mail goes', async () => {
      const w = await fresh();
      const broken = await document(w, { content: { message: { subject: 'Faktura {{ document.numer }}' } } });
      const { refused } = await queue(w, { documentId: broken });
      expect(refused[0]!.findings).toMatchObject([
        { code: 'mail_template_broken' },
        { code: 'E_MESSAGE_VARIABLE', params: { suggestion: 'document.number' } },
      ]);
      const templateId = newId(w.ctx.now());
      await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx
          .insertInto('mail_template')
          .values({
            organization_id: w.who.organizationId,
            id: templateId,
            name: 'x',
            kind: 'invoice',
            language: 'pl',
            subject: 'Nr {{ document.number }}',
            body: 'B',
            is_default: true,
            updated_at: w.ctx.now(),
          })
          .execute(),
      );
      await queue(w, { documentId: await document(w) });
      // The template breaks after the mail was queued: still nothing goes out.
      await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx.updateTable('mail_template').set({ body: '{{ nonsense }}' }).where('id', '=', templateId).execute(),
      );
      await work(w);
      expect(mailbox.mails()).toEqual([]);
      const [, held] = await deliveries(w);
      expect(held).toMatchObject({ status: 'held', cause: { code: 'mail_template_broken' } });
      await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx.updateTable('mail_template').set({ body: 'Dobre' }).where('id', '=', templateId).execute(),
      );
      await decideMail(w.ctx, w.who, held!.id, 'send_again');
      await work(w);
      expect(mailbox.mails()[0]!.subject).toMatch(/^Nr FV/);
    });
  });

  describe('when the server says no', () => {
    test('down: every mail waits, one at a time asks, all go when it is up', async () => {
      const w = await fresh();
      await mailbox.down();
      for (let i = 0; i < 5; i++) await queue(w, { documentId: await document(w) });
      await work(w);
      const rows = await deliveries(w);
      expect(rows.map((row) => row.status)).toEqual(Array(5).fill('queued'));
      expect(
        rows.map((row) => row.attempts),
        'the gate spared four of five tries',
      ).toEqual([1, 0, 0, 0, 0]);
      expect(rows[4]).toMatchObject({ cause: { code: 'mail_server_unreachable' } });
      await mailbox.up();
      await work(w);
      expect(mailbox.mails(), 'not before its time').toHaveLength(0);
      w.clock.advance(minute);
      w.jobs.waiting.push(...rows.map((row) => ({ data: { organizationId: row.organization_id, id: row.id } })));
      await work(w);
      expect(mailbox.mails()).toHaveLength(5);
      expect(mailbox.twins()).toEqual([]);
      expect((await deliveries(w)).map((row) => row.status)).toEqual(Array(5).fill('handed_over'));
    });

    test('a wrong password waits for the seller; saving the settings sends what waited', async () => {
      const locked = await startMailbox({ login: { user: 'sklep', password: 'dobre' } });
      try {
        const w = await fresh();
        await setUp(w, locked, { user: 'sklep', password: 'zle' });
        await queue(w, { documentId: await document(w) });
        await work(w);
        expect((await deliveries(w))[0]).toMatchObject({ status: 'queued', cause: { code: 'mail_auth_failed' } });
        expect(JSON.stringify(await deliveries(w))).not.toContain('zle');
        w.jobs.waiting.length = 0;
        await setUp(w, locked, { user: 'sklep', password: 'dobre' });
        await work(w);
        expect(locked.mails()).toHaveLength(1);
      } finally {
        await locked.close();
      }
    });

    test('an unknown mailbox is refused with its cause; sent to another address it arrives', async () => {
      const w = await fresh();
      mailbox.faults.refuseRecipient.set('gone@example.com', { code: 550, text: '5.1.1 User unknown' });
      await queue(w, { documentId: await document(w, { email: 'gone@example.com' }) });
      await work(w);
      const [row] = await deliveries(w);
      expect(row).toMatchObject({ status: 'refused', cause: { code: 'mail_mailbox_unknown', params: { recipient: 'gone@example.com' } } });
      await resendMail(w.ctx, w.who, row!.id, { to: 'new@example.com' });
      await work(w);
      expect(mailbox.mails().map((mail) => mail.recipients)).toEqual([['new@example.com']]);
    });

    test('greylisting is waited out, but not for ever', async () => {
      const w = await fresh();
      mailbox.faults.refuseRecipient.set('full@example.com', { code: 452, text: '4.2.2 Mailbox full' });
      await queue(w, { documentId: await document(w, { email: 'full@example.com' }) });
      await work(w);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'queued', cause: { code: 'mail_mailbox_full' } });
      w.clock.advance(4 * 24 * 60 * minute);
      await work(w);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'refused', attempts: 2 });
    });

    test('mail not set up: waits, and goes once it is', async () => {
      const w = await world(store());
      mailbox.clear();
      await queue(w, { documentId: await document(w) });
      await work(w);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'queued', attempts: 0, cause: { code: 'mail_not_set_up' } });
      await setUp(w, mailbox);
      await work(w);
      expect(mailbox.mails()).toHaveLength(1);
    });
  });

  describe('nothing twice after a crash', () => {
    test('killed before the server was ready: it goes again', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const { tools, died } = dyingSender(async () => {});
      void deliverMail(w.ctx, tools(w), w.jobs.waiting.splice(0)[0]!.data);
      await died;
      await sweepMails(w.ctx);
      await work(w);
      expect((await deliveries(w))[0]!.claimed_at, 'the lease of a living process is respected').not.toBeNull();
      w.clock.advance(6 * minute);
      await sweepMails(w.ctx);
      await work(w);
      expect(mailbox.mails()).toHaveLength(1);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over', attempts: 2 });
    });

    test.each([
      ['before the first byte', ((_real, _mail, beforeBody) => beforeBody!()) satisfies Death],
      ['after the server took it', ((real, mail, beforeBody) => real.send(mail, beforeBody)) satisfies Death],
    ])('killed %s: unknown, shown to a person, never mailed by itself', async (_when, die) => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const { tools, died } = dyingSender(die);
      const { data } = w.jobs.waiting.splice(0)[0]!;
      void deliverMail(w.ctx, tools(w), data);
      await died;
      const before = mailbox.mails().length;
      await deliverMail(w.ctx, w.tools, data);
      await sweepMails(w.ctx, { restarted: true });
      await sweepMails(w.ctx, { restarted: true });
      await work(w);
      expect(mailbox.mails()).toHaveLength(before);
      const [row] = await deliveries(w);
      expect(row).toMatchObject({ status: 'unknown', cause: { code: 'mail_answer_lost' } });
      expect(await decideMail(w.ctx, w.who, row!.id, before === 1 ? 'arrived' : 'send_again')).toEqual({ ok: true });
      await work(w);
      expect(mailbox.mails()).toHaveLength(1);
      expect((await deliveries(w))[0]!.status).toBe('handed_over');
    });

    test('an answer lost on the wire is unknown; sent again it carries the same Message-ID and bytes', async () => {
      const w = await fresh();
      mailbox.faults.dropAfterData = 1;
      await queue(w, { documentId: await document(w) });
      await work(w);
      const [row] = await deliveries(w);
      expect(row!.status).toBe('unknown');
      w.clock.advance(24 * 60 * minute);
      await decideMail(w.ctx, w.who, row!.id, 'send_again');
      await work(w);
      const [first, second] = mailbox.mails();
      expect(second!.messageId).toBe(first!.messageId);
      expect(second!.raw).toBe(first!.raw);
    });

    test('the policy "resend" sends once more under the same Message-ID, then asks a person', async () => {
      const w = await fresh({ afterLostAnswer: 'resend' });
      mailbox.faults.dropAfterData = 2;
      await queue(w, { documentId: await document(w) });
      await work(w);
      expect((await deliveries(w))[0]!.status).toBe('queued');
      w.clock.advance(6 * minute);
      await work(w);
      expect((await deliveries(w))[0]!.status).toBe('unknown');
      expect(mailbox.twins()).toHaveLength(1);
    });

    test('a worker that lost its lease gives nothing and writes nothing', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const slow: MailTools = {
        ...w.tools,
        renderPdf: async (input) => {
          w.clock.advance(10 * minute);
          await sweepMails(w.ctx);
          await work(w);
          return w.tools.renderPdf(input);
        },
      };
      await deliverMail(w.ctx, slow, w.jobs.waiting.splice(0)[0]!.data);
      expect(mailbox.mails()).toHaveLength(1);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over' });
    });

    test('a queued mail whose job is gone is found by the sweep', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      w.jobs.waiting.length = 0;
      await sweepMails(w.ctx);
      await work(w);
      expect(mailbox.mails()).toEqual([]);
      w.clock.advance(6 * minute);
      await sweepMails(w.ctx);
      await work(w);
      expect(mailbox.mails()).toHaveLength(1);
    });
  });

  describe('what comes back', () => {
    test('a bounce marks its delivery once, a stranger’s note marks nothing', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w, { email: 'jan@example.com' }) });
      await work(w);
      const [mail] = mailbox.mails();
      expect(await recordBounce(w.ctx, mailbox.bounce({ ...mail!, recipients: ['other@example.com'] }), w.who.organizationId)).toBe(0);
      expect(await recordBounce(w.ctx, mailbox.bounce(mail!, { action: 'delayed', status: '4.4.1' }), w.who.organizationId)).toBe(1);
      expect((await deliveries(w))[0]!.status).toBe('handed_over');
      expect(await recordBounce(w.ctx, mailbox.bounce(mail!), newId(w.ctx.now())), 'of another organization').toBe(0);
      expect(await recordBounce(w.ctx, mailbox.bounce(mail!), w.who.organizationId)).toBe(1);
      expect((await deliveries(w))[0]).toMatchObject({
        status: 'bounced',
        cause: { code: 'mail_mailbox_unknown', params: { recipient: 'jan@example.com' } },
      });
      expect(await recordBounce(w.ctx, mailbox.bounce(mail!), w.who.organizationId)).toBe(0);
      expect(
        (await queue(w, { documentId: (await deliveries(w))[0]!.document_id })).queued,
        'a bounced address may be tried again',
      ).toHaveLength(1);
    });
  });

  describe('settings', () => {
    test('the password goes in, never out, and stays when it is not named', async () => {
      const w = await fresh({ user: 'sklep', password: 'tajne-haslo' });
      await setUp(w, mailbox, { user: 'sklep' });
      const stored = await w.ctx.store.org(w.who.organizationId, (tx) => tx.selectFrom('connection').selectAll().execute());
      expect(stored).toHaveLength(1);
      expect(JSON.stringify(stored)).not.toContain('tajne');
      expect(Buffer.from(stored[0]!.secrets!).includes('tajne')).toBe(false);
      const account = await w.ctx.store.org(w.who.organizationId, (tx) => readMailAccount(tx, w.ctx, w.who.organizationId));
      expect(account!.smtp.password!.reveal()).toBe('tajne-haslo');
      expect(JSON.stringify(account)).not.toContain('tajne');
    });

    test('mistakes are named at their field', async () => {
      const w = await fresh();
      const save = (change: Record<string, unknown>) =>
        saveMailSettings(w.ctx, w.who, { host: 'h', port: 25, security: 'none', fromAddress: 'a@example.com', ...change } as never);
      expect(await save({ fromAddress: 'nobody' })).toMatchObject({ errors: [{ path: 'fromAddress' }] });
      expect(await save({ port: 0 })).toMatchObject({ errors: [{ path: 'port' }] });
      expect(await save({ user: 'u' })).toMatchObject({ errors: [{ path: 'security' }] });
      expect(await save({ bcc: 'x' })).toMatchObject({ errors: [{ path: 'bcc' }] });
    });
  });

  describe('daily digest', () => {
    test('tells once a morning what waits, and is silent when nothing does', async () => {
      const w = await fresh();
      w.clock.set('2026-11-23T03:30:00Z');
      await document(w, { state: 'to_issue' });
      await document(w, { state: 'to_issue' });
      expect(await sendDigests(w.ctx), 'half past four in Warsaw').toBe(0);
      w.clock.set('2026-11-23T04:05:00Z');
      await mailbox.down();
      expect(await sendDigests(w.ctx)).toBe(0);
      await mailbox.up();
      await sendDigests(w.ctx);
      await sendDigests(w.ctx);
      const own = mailbox.mails().filter((mail) => mail.messageId.includes(w.who.organizationId));
      expect(own.map((mail) => mail.subject)).toEqual(['Czeka na wystawienie: 2']);
      expect(own[0]!.text).toContain('https://fakturist.example/to-issue');
      w.clock.set('2026-11-24T05:00:00Z');
      await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx.updateTable('document').set({ state: 'withdrawn' }).where('organization_id', '=', w.who.organizationId).execute(),
      );
      await sendDigests(w.ctx);
      expect(mailbox.mails().filter((mail) => mail.messageId.includes(w.who.organizationId))).toHaveLength(1);
    });
  });

  test('the digest goes to the addresses of the policy, and an empty list switches it off', async () => {
    const w = await fresh();
    w.clock.set('2026-11-23T05:00:00Z');
    await document(w, { state: 'to_issue' });
    const policy = (digestTo: string[]) =>
      w.ctx.store.system((tx) =>
        tx
          .updateTable('organization')
          .set({ policies: json({ digestTo }) })
          .where('id', '=', w.who.organizationId)
          .execute(),
      );
    const own = () => mailbox.mails().filter((mail) => mail.messageId.includes(w.who.organizationId));
    await policy([]);
    await sendDigests(w.ctx);
    expect(own()).toEqual([]);
    await policy(['ola@sklep.example', 'jan@sklep.example']);
    await sendDigests(w.ctx);
    expect(own().map((mail) => mail.recipients)).toEqual([['ola@sklep.example', 'jan@sklep.example']]);
  });

  test('through the real job engine: a hundred mails, each once', async () => {
    const w = await fresh();
    const jobs = await startJobs(store(), { work: true });
    const ctx = { ...w.ctx, jobs };
    try {
      await jobs.work('deliver', { concurrency: 4 }, (data) => deliverMail(ctx, w.tools, data));
      const ids: string[] = [];
      for (let i = 0; i < 100; i++) ids.push(await document(w));
      await store().org(w.who.organizationId, (tx) =>
        queueMails(
          tx,
          ctx,
          w.who,
          ids.map((documentId) => ({ documentId })),
        ),
      );
      await mailbox.arrived(100);
      await jobs.idle();
      expect(mailbox.mails()).toHaveLength(100);
      expect(new Set(mailbox.mails().map((mail) => mail.recipients[0])).size).toBe(100);
      expect(new Set((await deliveries(w)).map((row) => row.status))).toEqual(new Set(['handed_over']));
    } finally {
      await jobs.stop();
    }
  });
});
