import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobs } from '../../jobs/index.ts';
import { newId } from '../../store/index.ts';
import { onBothDatabases } from '../../testkit/database.ts';
import {
  type Death,
  deliveries,
  document,
  dyingSender,
  minute,
  queue,
  sellerWithMail,
  setUp,
  work,
  world,
} from '../../testkit/mail-world.ts';
import { type Mailbox, startMailbox } from '../../testkit/mailbox.ts';
import { createSender, decideMail, deliverMail, type MailTools, queueMails, recordBounce, resendMail, sweepMails } from '../index.ts';

/** Mails wait for a server that is down, go once more after a crash only where nobody may have them, and every one that did not arrive is seen. */
onBothDatabases('mails in trouble', (store) => {
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await startMailbox();
  });
  afterAll(() => mailbox.close());
  const fresh = (more?: Record<string, unknown>) => sellerWithMail(store(), mailbox, more);

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

    test('two claims of one mail ask for the way at once: one goes', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const { data } = w.jobs.waiting.splice(0)[0]!;
      let asking = 0;
      let go = () => {};
      const both = new Promise<void>((resolve) => {
        go = resolve;
      });
      let firstWaits = () => {};
      const first = new Promise<void>((resolve) => {
        firstWaits = resolve;
      });
      const answers: boolean[] = [];
      const sender: MailTools['sender'] = (settings) => ({
        send: (mail, beforeBody, atTurn) =>
          createSender(settings).send(
            mail,
            async () => {
              if (++asking === 2) go();
              firstWaits();
              await both;
              const may = await beforeBody!();
              answers.push(may);
              return may;
            },
            atTurn,
          ),
      });
      const tools = { ...w.tools, sender };
      const stale = deliverMail(w.ctx, tools, data);
      await first;
      w.clock.advance(6 * minute);
      await sweepMails(w.ctx);
      await Promise.all([stale, deliverMail(w.ctx, tools, data)]);
      expect(answers.sort()).toEqual([false, true]);
      expect(mailbox.mails()).toHaveLength(1);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over', attempts: 2 });
    });

    test.each(['resend', 'person'])(
      'what the server said counts though the lease ran out meanwhile (%s): nothing goes twice',
      async (afterLostAnswer) => {
        const w = await fresh({ afterLostAnswer });
        await queue(w, { documentId: await document(w) });
        const sender: MailTools['sender'] = (settings) => ({
          send: async (...args) => {
            const outcome = await createSender(settings).send(...args);
            w.clock.advance(6 * minute);
            await sweepMails(w.ctx);
            return outcome;
          },
        });
        await deliverMail(w.ctx, { ...w.tools, sender }, w.jobs.waiting.splice(0)[0]!.data);
        expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over', attempts: 1, cause: null });
        w.clock.advance(6 * minute);
        await work(w);
        expect(mailbox.mails()).toHaveLength(1);
      },
    );

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

  describe('when the database does not answer', () => {
    /** Fails the first transaction whose result is like this: after its commit, or (`before`) each of the next so many. */
    const failing = (w: Awaited<ReturnType<typeof fresh>>, isIt: (result: unknown) => boolean, before = 0) => {
      const { org } = w.ctx.store;
      let seen = false;
      let left = before;
      const store = {
        ...w.ctx.store,
        org: async <T>(id: string, work: Parameters<typeof org<T>>[1]): Promise<T> => {
          if (seen && left-- > 0) throw new Error('the connection broke');
          const result = await org(id, work);
          if (seen || !isIt(result)) return result;
          seen = true;
          if (before === 0) throw new Error('the answer was lost');
          return result;
        },
      };
      return { ...w, ctx: { ...w.ctx, store, pause: async () => {} } };
    };
    const wentOut = (result: unknown) => Array.isArray(result) && result[0] === true;

    test('the note that a mail goes out is written though its answer was lost: asked once more it goes, once, alone and among others', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      await work(failing(w, wentOut));
      expect(mailbox.mails()).toHaveLength(1);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over', attempts: 1 });
      const other = await fresh();
      for (let n = 0; n < 3; n++) await queue(other, { documentId: await document(other) });
      const broken = failing(other, wentOut);
      const jobs = other.jobs.waiting.splice(0);
      // Their claims share a transaction, and so do their notes.
      await Promise.all(jobs.map(({ data }) => deliverMail(broken.ctx, broken.tools, data)));
      expect((await deliveries(other)).map((row) => row.status)).toEqual(Array(3).fill('handed_over'));
      expect(mailbox.mails()).toHaveLength(3);
      expect(mailbox.twins()).toEqual([]);
    });

    test('a database that does not note it keeps the mail here; that is not told as a fault of the mail server, and stops no other mail', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const { org } = w.ctx.store;
      let asked = 0;
      const deaf = async <T>(id: string, body: Parameters<typeof org<T>>[1]): Promise<T> => {
        const result = await org(id, body);
        if (wentOut(result) && ++asked <= 2) throw new Error('the answer was lost');
        return result;
      };
      await work({ ...w, ctx: { ...w.ctx, store: { ...w.ctx.store, org: deaf } } });
      expect(mailbox.mails()).toHaveLength(0);
      const [row] = await deliveries(w);
      expect(row).toMatchObject({ status: 'queued', claimed_at: null, cause: { code: 'mail_not_begun' } });
      expect(JSON.stringify([row!.cause, row!.story])).not.toMatch(/answer was lost|ESTREAM/);
      await queue(w, { documentId: await document(w) });
      await work(w);
      expect(mailbox.mails(), 'the other one goes at once').toHaveLength(1);
      w.clock.advance(minute);
      await deliverMail(w.ctx, w.tools, { organizationId: w.who.organizationId, id: row!.id });
      expect(mailbox.mails()).toHaveLength(2);
      expect(mailbox.twins()).toEqual([]);
    });

    test('a job that is to end does not wait out its pauses: one last try to write down what the server said', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const broken = failing(w, wentOut, 100);
      const ending = new AbortController();
      let pauses = 0;
      const pause = () => {
        pauses++;
        ending.abort();
        return new Promise<void>(() => {});
      };
      const [job] = w.jobs.waiting.splice(0);
      await expect(deliverMail({ ...broken.ctx, pause }, w.tools, job!.data, ending.signal)).rejects.toThrow('the connection broke');
      expect(pauses).toBe(1);
    });

    test('what the server said is written down when the database is back', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      await work(failing(w, wentOut, 3));
      expect((await deliveries(w))[0]).toMatchObject({ status: 'handed_over', attempts: 1 });
    });

    test('one that waited too long for its turn is as if it had not been taken', async () => {
      const w = await fresh();
      await queue(w, { documentId: await document(w) });
      const sender: MailTools['sender'] = (settings) => ({
        send: (mail, beforeBody, atTurn) => {
          w.clock.advance(3 * minute);
          return createSender(settings).send(mail, beforeBody, atTurn);
        },
      });
      const slow = { ...w, tools: { ...w.tools, sender } };
      const [job] = w.jobs.waiting.splice(0);
      await deliverMail(slow.ctx, slow.tools, job!.data);
      expect(mailbox.mails()).toHaveLength(0);
      expect((await deliveries(w))[0]).toMatchObject({ status: 'queued', attempts: 0, claimed_at: null });
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
