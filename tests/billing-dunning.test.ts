import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connector as cards } from '../connectors/cards/connector.ts';
import { type CardsSimulator, startCardsSimulator } from '../connectors/cards/simulator.ts';
import { billOfOrder, takeMoney } from '../src/billing/bills.ts';
import {
  endCustomerMandate,
  findDoubles,
  orderPlan,
  payByCard,
  plansConnector,
  savePlan,
  setOperator,
  settleDouble,
  standingByHand,
  sweepNoticeMails,
  workBilling,
  workCalendar,
  workCharge,
} from '../src/billing/index.ts';
import { saveConnection } from '../src/connections/index.ts';
import { saveMailSettings } from '../src/delivery/index.ts';
import { listRequests } from '../src/desk/index.ts';
import { createStatement, readStatementsFolder, workStatement } from '../src/payments/index.ts';
import { audit, storeStream, type Tables } from '../src/store/index.ts';
import { polishSeller, type TestContext, testContext } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { issueInTransaction, makeOrganization, readOrganization } from '../src/toissue/index.ts';

/**
 * The promise: who does not pay is reminded, given notice and only then paused, each step once and its mail never lost; the payment lets
 * everything go on at once. Documents are counted and billed. A charge taken back becomes a task. A double charge is told once to both
 * sides, and a second one that is meant is not named again. A statement put into the folder is read once.
 */
onBothDatabases('dunning', (store) => {
  let ctx: TestContext;
  let sim: CardsSimulator;
  let mailbox: Mailbox;
  let operatorId = '';
  let customerId = '';
  const operator = () => ({ organizationId: operatorId, actor: 'test' });
  const me = () => ({ organizationId: customerId, actor: 'test' });
  const addresses = { proformaEmail: 'proforma@klient.example', invoiceEmail: 'faktury@klient.example' };

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [cards, plansConnector] });
    sim = await startCardsSimulator({ now: () => ctx.now() });
    mailbox = await startMailbox();
    operatorId = await makeOrganization(ctx, 'test', {
      ...polishSeller,
      name: 'Operator',
      seller: { ...polishSeller.seller, email: 'biuro@operator.example' },
    });
    customerId = await makeOrganization(ctx, 'test', {
      ...polishSeller,
      name: 'Klient',
      seller: { ...polishSeller.seller, email: 'klient@example.com' },
    });
    await setOperator(ctx, 'test', operatorId);
    await saveMailSettings(ctx, operator(), {
      host: mailbox.host,
      port: mailbox.port,
      security: 'none',
      user: '',
      fromName: 'Operator',
      fromAddress: 'biuro@operator.example',
    });
    const cardsOf = { connector: 'cards', name: 'cards', baseUrl: sim.apiUrl, settings: {} };
    const secrets = { apiKey: sim.secretKey, signingSecret: 'secret-of-the-test' };
    await saveConnection(ctx, operator(), { ...cardsOf, secrets });
    await saveConnection(ctx, me(), { ...cardsOf, name: 'own', secrets });
  }, 60_000);
  afterAll(async () => {
    await ctx.jobs.stop();
    await sim.close();
    await mailbox.close();
  });

  const plan = async (name: string, more: object = {}) =>
    (await savePlan(ctx, operator(), {
      name,
      currency: 'PLN',
      terms: { interval: 'month', price: '49.00', included: 0, tiers: [], trialDays: 0, ...more },
    }))!.id;
  // biome-ignore lint/suspicious/noExplicitAny: rows of whatever table a test looks at.
  const rows = async (table: keyof Tables): Promise<any[]> =>
    (
      await ctx.store.org(operatorId, (tx) =>
        sql`select * from ${sql.table(table)} where organization_id = ${operatorId} order by 2`.execute(tx),
      )
    ).rows;
  const control = async (at: string, body: unknown) => {
    const answer = await fetch(`${sim.url}/__sim/${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok, `${at} ${answer.status}`).toBe(true);
    return (await answer.json()) as Record<string, unknown>;
  };
  const byCard = async (planId: string, card = '4242424242424242', again = false) => {
    const ordered = await orderPlan(ctx, me(), { planId, payBy: 'card', again, customer: addresses });
    if ('refused' in ordered) throw new Error(ordered.refused);
    const page = await payByCard(ctx, me(), ordered.bill!.id);
    await control(`checkouts/${('url' in page && page.url ? page.url : '').split('/').pop()}/pay`, {
      card,
      expiryMonth: 12,
      expiryYear: 2033,
    });
    await settle();
    return ordered;
  };
  const settle = async () => {
    for (const charge of await rows('charge')) {
      await workCharge(ctx, operatorId, charge.id);
      await workBilling(ctx, { organizationId: operatorId, id: charge.id });
    }
  };
  const connection = async () =>
    (await ctx.store.org(customerId, (tx) =>
      tx.selectFrom('connection').select('status').where('organization_id', '=', customerId).where('name', '=', 'own').executeTakeFirst(),
    ))!.status;
  const sendNotices = async () => {
    for (const n of await rows('notice')) await workBilling(ctx, { organizationId: operatorId, id: n.id });
  };

  test('a bill by transfer: reminders, notice, three days, pause; the booked payment resumes at once', async () => {
    const ordered = await orderPlan(ctx, me(), { planId: await plan('Próbny', { trialDays: 7 }), payBy: 'transfer', customer: addresses });
    expect('subscription' in ordered && ordered.subscription.state).toBe('trial');
    const seen: string[] = [];
    let notice = 0;
    for (let day = 0; day <= 24; day++) {
      await workCalendar(ctx);
      const [bill] = await rows('billing_order');
      for (const step of bill?.steps ?? []) if (!seen.includes(step)) seen.push(step);
      const standing = (await rows('billing_customer'))[0]!.standing;
      if (standing === 'notice' && notice === 0) notice = day;
      if (standing === 'suspended') {
        expect(day - notice).toBeGreaterThanOrEqual(3);
        break;
      }
      expect(await connection()).not.toBe('paused');
      ctx.clock.advance(86_400_000);
    }
    expect(seen.map((s) => s.split(/[:@]/)[0]).filter((s, i, all) => all.indexOf(s) === i)).toEqual(
      expect.arrayContaining(['remind', 'past-due', 'notice', 'suspend']),
    );
    expect(notice).toBeGreaterThan(0);
    expect(await connection()).toBe('paused');
    const steps = (await rows('billing_order'))[0]!.steps;
    await workCalendar(ctx);
    expect((await rows('billing_order'))[0]!.steps).toEqual(steps);
    // Each mail with the proforma is a delivery of its own, and a second run of the calendar queues none again.
    const mails = (await rows('delivery')).length;
    await workCalendar(ctx);
    expect((await rows('delivery')).length).toBe(mails);

    const proforma = (await ctx.store.org(operatorId, (tx) =>
      tx
        .selectFrom('document')
        .select('number')
        .where('organization_id', '=', operatorId)
        .where('kind', '=', 'proforma')
        .executeTakeFirst(),
    ))!.number!;
    const text = `:20:S\r\n:25:PL61109010140000071219812874\r\n:28C:1\r\n:60F:C261120PLN0,00\r\n:61:2612201220C49,00NTRFNONREF//D1\r\n:86:020~00PRZELEW~20${proforma}~32KLIENT~3827105000860000000000000001\r\n-\r\n`;
    const stored = await storeStream(ctx.store, operatorId, ctx.now(), {
      name: 's.sta',
      mediaType: 'text/plain',
      source: (async function* () {
        yield Buffer.from(text);
      })(),
      limitBytes: 10_000,
    });
    if ('tooLarge' in stored) throw new Error('too large');
    const statement = await ctx.store.org(operatorId, (tx) => createStatement(tx, ctx, operator(), stored));
    await workStatement(ctx, operatorId, statement!);
    const [bill] = await rows('billing_order');
    await workBilling(ctx, { organizationId: operatorId, id: bill!.order_id });
    expect([(await rows('billing_order'))[0]!.state, (await rows('billing_customer'))[0]!.standing]).toEqual(['paid', 'good']);
    expect(await connection()).toBe('active');
    expect((await rows('subscription'))[0]!.state).toBe('active');
    await sendNotices();
    expect(mailbox.mails().map((m) => m.subject)).toContain('Integracje znów działają');
  });

  test('by hand: no pause without a notice three days old, and the customer hears of both', async () => {
    expect(await standingByHand(ctx, operatorId, customerId, 'suspended')).toBe('no-notice');
    expect(await standingByHand(ctx, operatorId, customerId, 'notice')).toBe('done');
    ctx.clock.advance(2 * 86_400_000);
    expect(await standingByHand(ctx, operatorId, customerId, 'suspended')).toBe('no-notice');
    ctx.clock.advance(86_400_000);
    expect(await standingByHand(ctx, operatorId, customerId, 'suspended')).toBe('done');
    expect(await connection()).toBe('paused');
    expect(await standingByHand(ctx, operatorId, customerId, 'good')).toBe('done');
    expect(await connection()).toBe('active');
    const keys = (await rows('notice')).map((n) => String(n.key).split('-').at(-2));
    expect(keys.filter((k) => k === 'notice' || k === 'suspend')).toHaveLength(2);
  });

  test('documents of the period are counted once and billed by their tiers', async () => {
    const id = await plan('Od dokumentu', { price: '1.00', included: 2, tiers: [{ price: '0.40' }] });
    const ordered = await byCard(id);
    const now = ctx.now();
    await ctx.store.org(customerId, (tx) =>
      audit(
        tx,
        customerId,
        'test',
        now,
        // Five documents, one of them told twice, and a proforma, which is no document to pay for.
        [1, 2, 3, 4, 5, 5].map((n) => ({ action: 'document issued', entity: 'document', entityId: `doc-${n}`, data: { kind: 'invoice' } })),
      ),
    );
    await ctx.store.org(customerId, (tx) =>
      audit(tx, customerId, 'test', now, [
        { action: 'document issued', entity: 'document', entityId: 'doc-6', data: { kind: 'proforma' } },
      ]),
    );
    ctx.clock.advance(32 * 86_400_000);
    await workCalendar(ctx);
    await workCalendar(ctx);
    const usage = (await rows('billing_order')).filter(
      (b) => b.kind === 'usage' && b.subscription_id === ('subscription' in ordered ? ordered.subscription.id : ''),
    );
    expect(usage.map((b) => b.amount_minor)).toEqual([120n]);
  });

  test('a charge taken back by the bank is one task for the operator', async () => {
    await byCard(await plan('Sporny'));
    const charge = (await rows('charge')).at(-1)!;
    await control(`payments/${charge.processor_id}/dispute`, {});
    await settle();
    await settle();
    const tasks = (await ctx.store.org(operatorId, (tx) => listRequests(tx, operatorId))).filter((r) => r.outcome === 'disputed');
    expect(tasks).toMatchObject([{ state: 'open', kind: 'report', number: expect.stringMatching(/^FV/) }]);
    expect((await rows('charge')).at(-1)).toMatchObject({ status: 'accepted', disputed: true });
    // However many were answered by themselves since, what waits for a person stands first.
    await ctx.store.org(operatorId, (tx) =>
      sql`insert into desk_request (organization_id, id, kind, said, data, state, outcome, created_by, created_at)
        select ${operatorId}, gen_random_uuid(), 'again', '', '{}', 'done', 'mailed', 'buyer', now() + interval '9 years' from generate_series(1, 250)`.execute(
        tx,
      ),
    );
    expect((await ctx.store.org(operatorId, (tx) => listRequests(tx, operatorId)))[0]).toMatchObject({ outcome: 'disputed' });
  });

  test('a paid bill whose invoice was held takes it up once a person has issued it, mails it once, and forgives no other debt', async () => {
    const taxIds = async (value: unknown) =>
      ctx.store.org(operatorId, (tx) =>
        sql`update organization set seller = jsonb_set(seller, '{taxIds}', ${JSON.stringify(value)}::jsonb) where id = ${operatorId}`.execute(
          tx,
        ),
      );
    const { taxIds: own } = (await ctx.store.org(operatorId, (tx) => readOrganization(tx, operatorId))).seller;
    await taxIds([]);
    const ordered = await byCard(await plan('Wstrzymany'));
    const subscriptionId = 'subscription' in ordered ? ordered.subscription.id : '';
    const bill = async () => (await rows('billing_order')).find((b) => b.subscription_id === subscriptionId);
    await workCalendar(ctx);
    expect(await bill()).toMatchObject({ state: 'paid', invoice_id: null });
    await taxIds(own);
    const { order_id } = (await bill())!;
    const invoice = (await rows('document')).find((d) => d.order_id === order_id && d.kind === 'invoice');
    const [issued] = await ctx.store.org(operatorId, (tx) => issueInTransaction(tx, ctx, operator(), [invoice.id], {}));
    expect(issued!.outcome).toBe('issued');
    // Meanwhile something else of the subscription fell overdue.
    await ctx.store.org(operatorId, (tx) =>
      tx.updateTable('subscription').set({ state: 'past_due' }).where('id', '=', subscriptionId).execute(),
    );
    await workCalendar(ctx);
    await workCalendar(ctx);
    expect(await bill()).toMatchObject({ state: 'paid', invoice_id: invoice.id });
    expect((await rows('delivery')).filter((d) => d.document_id === invoice.id).map((d) => d.recipient)).toEqual([addresses.invoiceEmail]);
    expect((await rows('subscription')).find((s) => s.id === subscriptionId)!.state).toBe('past_due');
  });

  test('a paid bill does not let a subscription go on of which another bill is overdue', async () => {
    const ordered = await byCard(await plan('Dwa rachunki'));
    const subscriptionId = 'subscription' in ordered ? ordered.subscription.id : '';
    await sql`update subscription set state = 'past_due' where id = ${subscriptionId}`.execute(ctx.store.db);
    const overdue = async (days: number) =>
      sql`insert into billing_order (organization_id, id, customer_id, subscription_id, kind, period_start, period_end, amount_minor, currency, lines, state, due_day, created_at, updated_at)
        select organization_id, gen_random_uuid(), customer_id, subscription_id, 'usage', period_start - ${days}::int, period_end, 100, currency, lines, 'open', (${ctx.now()}::timestamptz)::date - ${days}::int, created_at, updated_at
        from billing_order where subscription_id = ${subscriptionId} and kind = 'first'`.execute(ctx.store.db);
    await overdue(3);
    const paidNow = () =>
      ctx.store.org(operatorId, async (tx) => {
        await tx
          .updateTable('billing_order')
          .set({ state: 'open' })
          .where('subscription_id', '=', subscriptionId)
          .where('kind', '=', 'first')
          .execute();
        const { order_id } = await tx
          .selectFrom('billing_order')
          .select('order_id')
          .where('subscription_id', '=', subscriptionId)
          .where('kind', '=', 'first')
          .executeTakeFirstOrThrow();
        return takeMoney(tx, ctx, operator(), (await billOfOrder(tx, operatorId, order_id!))!);
      });
    const state = async () => (await rows('subscription')).find((s) => s.id === subscriptionId)!.state;
    expect(await paidNow()).toBe(true);
    expect(await state()).toBe('past_due');
    await sql`update billing_order set state = 'cancelled' where subscription_id = ${subscriptionId} and kind = 'usage'`.execute(
      ctx.store.db,
    );
    expect(await paidNow()).toBe(true);
    expect(await state()).toBe('active');
  });

  test('the mail of a bill by card survives a crash between commit and send, and goes out once', async () => {
    const before = mailbox.mails().length;
    await ctx.store.org(operatorId, (tx) => tx.deleteFrom('notice').where('organization_id', '=', operatorId).execute());
    await byCard(await plan('Bez środków'), '4000000000000341');
    ctx.clock.advance(28 * 86_400_000);
    for (let day = 0; day < 5 && !(await rows('notice')).some((n) => String(n.key).includes('-failed-')); day++) {
      ctx.clock.advance(86_400_000);
      await workCalendar(ctx);
      await settle();
    }
    const failed = (await rows('notice')).find((n) => String(n.key).includes('-failed-'))!;
    // The process died here: nothing went out, everything is known.
    expect([failed.status, failed.recipient, mailbox.mails().length]).toEqual(['queued', addresses.invoiceEmail, before]);
    await sweepNoticeMails(ctx);
    await Promise.all([1, 2].map(() => workBilling(ctx, { organizationId: operatorId, id: failed.id })));
    await workBilling(ctx, { organizationId: operatorId, id: failed.id });
    const sent = mailbox.mails().slice(before);
    expect(sent.map((m) => m.subject)).toEqual(['Bez środków: płatność kartą się nie udała']);
    // One that died while the server had it is not sent again.
    await ctx.store.org(operatorId, (tx) =>
      tx.updateTable('notice').set({ status: 'sending', claimed_at: ctx.now() }).where('id', '=', failed.id).execute(),
    );
    ctx.clock.advance(6 * 60_000);
    await workBilling(ctx, { organizationId: operatorId, id: failed.id });
    expect([(await rows('notice')).find((n) => n.id === failed.id)!.status, mailbox.mails().length]).toEqual(['unknown', before + 1]);
  });

  test('a double charge is told once to both sides; one that is meant is not named again, a mandate that is nobody’s can be ended', async () => {
    const id = await plan('Podwójny');
    await byCard(id);
    const second = await byCard(id, '4242424242424242', true);
    await findDoubles(ctx);
    await findDoubles(ctx);
    const told = (await rows('notice')).filter((n) => String(n.key).startsWith('double-'));
    expect(told.map((n) => n.recipient).sort()).toEqual(['biuro@operator.example', addresses.invoiceEmail]);
    const named = (await rows('double_charge')).filter((d) => d.facts.plan === 'Podwójny');
    expect(named.length).toBeGreaterThan(0);
    expect(await settleDouble(ctx, me(), named[0]!.id, 'keep')).toEqual({ mended: true });
    expect((await rows('double_charge')).filter((d) => d.settled_at === null && d.facts.plan === 'Podwójny')).toEqual([]);
    const count = (await rows('double_charge')).length;
    ctx.clock.advance(31 * 86_400_000);
    await workCalendar(ctx);
    await settle();
    await findDoubles(ctx);
    const later = (await rows('double_charge')).slice(count).filter((d) => d.facts.plan === 'Podwójny');
    expect(later).toEqual([]);

    const mandate = (await rows('mandate')).find((m) => m.subscription_id === ('subscription' in second ? second.subscription.id : ''))!;
    await ctx.store.org(operatorId, (tx) =>
      tx.updateTable('mandate').set({ customer_id: null, subscription_id: null, state: 'surplus' }).where('id', '=', mandate.id).execute(),
    );
    expect(await endCustomerMandate(ctx, me(), mandate.id)).toBe(false);
    expect(await endCustomerMandate(ctx, operator(), mandate.id)).toBe(true);
    await workCharge(ctx, operatorId, mandate.id);
    expect((await rows('mandate')).find((m) => m.id === mandate.id)!.state).toBe('cancelled');
  });

  test('a statement in the folder is taken when it stands still, once, by whichever process', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'statements-'));
    try {
      const other = { ...ctx };
      const owner = async () => operatorId;
      const look = (by: TestContext) => readStatementsFolder(by, folder, owner);
      await writeFile(path.join(folder, 'a.sta'), ':20:S\r\n:25:PL61109010140000071219812874\r\n:28C:1\r\n:60F:C261120PLN0,00\r\n-\r\n');
      await writeFile(path.join(folder, 'half.part'), 'x');
      expect([await look(ctx), await look(other)]).toEqual([0, 0]);
      await writeFile(path.join(folder, 'b.sta'), 'still being written');
      const taken = await Promise.all([look(ctx), look(other)]);
      expect(taken[0]! + taken[1]!).toBe(1);
      await rm(path.join(folder, 'b.sta'));
      expect(await look(ctx)).toBe(0);
      const kept = (await rows('bank_statement')).filter((s) => s.created_by === 'folder');
      expect(kept.map((s) => s.name)).toEqual(['a.sta']);
      await readStatementsFolder({ ...ctx }, path.join(folder, 'missing'), owner);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
