import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, newId } from '../../store/index.ts';
import { onBothDatabases, untilItWaits } from '../../testkit/database.ts';
import { deliveries, delivery, document, queue, sellerWithMail, setUp, work } from '../../testkit/mail-world.ts';
import { type Mailbox, startMailbox } from '../../testkit/mailbox.ts';
import {
  decideMail,
  deliverMail,
  documentPdf,
  queueMails,
  readMailAccount,
  resendMail,
  saveMailSettings,
  sendDigests,
  sweepMails,
} from '../index.ts';

/** A mail goes out once with the stored PDF, is held while a person has to look, and the morning digest tells what waits. */
onBothDatabases('mails', (store) => {
  let mailbox: Mailbox;
  beforeAll(async () => {
    mailbox = await startMailbox();
  });
  afterAll(() => mailbox.close());
  const fresh = (more?: Record<string, unknown>) => sellerWithMail(store(), mailbox, more);

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

    test('one whose held mail an archive has locked is mailed without waiting for it: the archive waits for the document', async () => {
      const w = await fresh();
      const documentId = await document(w, { email: 'x@allegromail.pl' });
      await queue(w, { documentId });
      // The embedded database has one connection.
      if (store().embedded) return;
      await w.ctx.store.org(w.who.organizationId, async (tx) => {
        await sql`select 1 from delivery where document_id = ${documentId} for no key update`.execute(tx);
        let done = false;
        const mailing = queue(w, { documentId, evenMasked: true }).then(() => (done = true));
        await untilItWaits(store(), mailing);
        expect(done).toBe(true);
      });
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
      expect(own[0]!.text).toContain('https://fakturist.example/settings/tax');
      expect(own[0]!.text, 'no mail waits').not.toContain('/mail');
      expect(own[0]!.html, 'in the same dress as the mails to buyers').toContain('<p style=');
      const { name } = await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx.selectFrom('organization').select('name').where('id', '=', w.who.organizationId).executeTakeFirstOrThrow(),
      );
      expect(own[0]!.text, 'who has several companies sees which').toContain(name);
      w.clock.set('2026-11-24T05:00:00Z');
      await w.ctx.store.org(w.who.organizationId, (tx) =>
        tx.updateTable('document').set({ state: 'withdrawn' }).where('organization_id', '=', w.who.organizationId).execute(),
      );
      await sendDigests(w.ctx);
      expect(mailbox.mails().filter((mail) => mail.messageId.includes(w.who.organizationId))).toHaveLength(1);
    });
  });

  test('an organization whose mail settings cannot be read keeps no other from its digest, nor from what its sweep finds', async () => {
    const [broken, w] = [await fresh(), await fresh()];
    for (const one of [broken, w]) {
      one.clock.set('2026-11-23T05:00:00Z');
      await document(one, { state: 'to_issue' });
      await queue(one, { documentId: await document(one) });
      await store().system((tx) =>
        tx
          .updateTable('delivery')
          .set({ status: 'sending', claimed_at: new Date('2026-11-23T04:00:00Z') })
          .where('organization_id', '=', one.who.organizationId)
          .execute(),
      );
    }
    await store().system((tx) =>
      tx
        .updateTable('connection')
        .set({ settings: json({}) })
        .where('organization_id', '=', broken.who.organizationId)
        .execute(),
    );
    await sweepMails(w.ctx);
    expect((await deliveries(w)).map((d) => d.status)).toEqual(['unknown']);
    await sendDigests(w.ctx);
    expect(mailbox.mails().filter((mail) => mail.messageId.includes(w.who.organizationId))).toHaveLength(1);
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
});
