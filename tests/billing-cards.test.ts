import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CardsSimulator, startCardsSimulator } from '../connectors/cards/simulator.ts';
import { startCharge, workCharge } from '../src/billing/charges.ts';
import { setOperator } from '../src/billing/index.ts';
import { followCheckout } from '../src/billing/mandates.ts';
import { openConnection, readConnection } from '../src/connections/index.ts';
import { newId } from '../src/store/index.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { type Browser, owner, type Served, serve, until } from './api-server.ts';

/**
 * The promise: a customer pays once by card and is charged by himself afterwards; a second order of the same thing is named as a double
 * charge and mended by one click: correction, refund, mandate off. No answer that is lost ever charges twice.
 */
onBothDatabases('billing by card', (store) => {
  let served: Served;
  let sim: CardsSimulator;
  let operator: Browser;
  let customer: Browser;
  let planId = '';
  const verb = async (path: string, body: unknown, method = 'POST') => {
    const answer = await fetch(`${sim.url}/__sim${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok, `${path} ${answer.status}`).toBe(true);
    return answer.json();
  };

  beforeAll(async () => {
    sim = await startCardsSimulator({ now: () => new Date() });
    served = await serve(store());
    customer = await owner(served.url);
    const made = await customer.post('/organizations', {
      name: 'Operator',
      country: 'PL',
      taxId: '9997763175',
      defaultVatRate: '23',
      seller: {
        company: 'Operator Sp. z o.o.',
        street: 'ul. Sieciowa 1',
        postalCode: '00-001',
        city: 'Warszawa',
        email: 'biuro@operator.example',
      },
    });
    operator = Object.assign(Object.create(Object.getPrototypeOf(customer)), customer, { organization: made.body.organizationId });
    await setOperator(served.running.opened.ctx, 'test', made.body.organizationId);
    planId = (await operator.post('/billing/plans', { name: 'Integracja', currency: 'PLN', terms: { interval: 'month', price: '49.00' } }))
      .body.id;
    const connection = await operator.post('/connections', {
      connector: 'cards',
      name: 'Karty',
      baseUrl: sim.apiUrl,
      settings: {},
      secrets: { apiKey: sim.secretKey, signingSecret: sim.webhookSecret },
    });
    expect(connection.status, connection.text).toBe(201);
    await verb('/state', { webhookUrl: connection.body.intakeUrl.replace(/^https?:\/\/[^/]+/, served.url) }, 'PATCH');
  }, 60_000);
  afterAll(async () => {
    await served.stop();
    await sim.close();
  });

  const order = async (more: object = {}) => {
    const ordered = await customer.post('/billing/subscriptions', {
      planId,
      payBy: 'card',
      customer: { proformaEmail: 'p@shop.example', invoiceEmail: 'f@shop.example' },
      ...more,
    });
    expect([ordered.status, ordered.body.checkoutUrl], ordered.text).toEqual([201, expect.stringContaining(sim.url)]);
    return ordered.body;
  };
  const pay = (url: string, card = '4242424242424242') =>
    verb(`/checkouts/${url.split('/').pop()}/pay`, { card, expiryMonth: 12, expiryYear: 2031 });
  const bill = async (id: string) => (await customer.get('/billing/bills')).body.items.find((b: { id: string }) => b.id === id);

  test('the customer pays on the page; a second attempt meanwhile is the same page; the notice brings the invoice', async () => {
    const first = await order();
    const again = await customer.post(`/billing/bills/${first.billId}/pay-by-card`);
    expect(again.body.url).toBe(first.checkoutUrl);
    await pay(first.checkoutUrl);
    const paid = await until('the bill is paid', async () => {
      const b = await bill(first.billId);
      return b.state === 'paid' && b;
    });
    expect(paid).toMatchObject({ documents: [{ kind: 'invoice' }], charges: [{ status: 'accepted' }] });
    const { subscriptions } = (await customer.get('/billing')).body;
    expect(subscriptions).toMatchObject([{ state: 'active', mandates: [{ state: 'active', label: expect.stringContaining('4242') }] }]);
  });

  test('a card that was taken for nobody’s while its answer was on the way is its customer’s again', async () => {
    const { ctx } = served.running.opened;
    const organization_id = operator.organization!;
    const found = await ctx.store.org(organization_id, async (tx) => {
      const mandates = () => tx.selectFrom('mandate').selectAll().where('organization_id', '=', organization_id).execute();
      const [mine] = await mandates();
      const made = { id: mine!.processor_id!, state: 'active' as const, label: mine!.label!, createdAt: mine!.created_at };
      const charge = await tx.selectFrom('charge').selectAll().where('organization_id', '=', organization_id).executeTakeFirstOrThrow();
      await tx.updateTable('mandate').set({ processor_id: null, state: 'pending' }).where('id', '=', mine!.id).execute();
      const nobodys = { customer_id: null, subscription_id: null, reference: `orphan:${made.id}`, state: 'surplus' as const };
      await tx
        .insertInto('mandate')
        .values({ ...mine!, ...nobodys, id: newId(ctx.now()), cause: sql`'null'::jsonb` as never })
        .execute();
      const who = { organizationId: organization_id, actor: 'test' };
      await followCheckout(tx, ctx, who, charge as never, 'accepted', {} as never, { found: 'present', made } as never);
      return (await mandates()).map((m) => [m.id === mine!.id, m.processor_id === made.id, m.state]);
    });
    expect(found).toEqual([[true, true, 'active']]);
  });

  test('a second order of the same plan is charged, named as a double charge, and mended: corrected, refunded, mandate off', async () => {
    const second = await order({ again: true });
    await pay(second.checkoutUrl, '4000000000000341');
    const named = await until('the double charge is named', async () =>
      (await customer.get('/billing')).body.doubles.find((d: { sign: string; refund: unknown }) => d.sign === 'two-charges' && d.refund),
    );
    expect(named).toMatchObject({
      plan: 'Integracja',
      refund: { amount: '49.00', currency: 'PLN' },
      endsMandate: expect.stringContaining('0341'),
      settledHow: null,
    });
    expect((await customer.post(`/billing/doubles/${named.id}/mend`)).status).toBe(200);
    const refunded = await until('the money went back', async () => {
      const b = await bill(second.billId);
      return b.state === 'refunded' && b;
    });
    expect(refunded.documents.map((d: { kind: string }) => d.kind)).toEqual(['invoice', 'correction']);
    const panel = await until('the second mandate is off', async () => {
      const { body } = await customer.get('/billing');
      return body.subscriptions[1].mandates[0].state === 'cancelled' && body;
    });
    expect(panel.subscriptions.map((s: { state: string }) => s.state)).toEqual(['active', 'cancelled']);
    expect(panel.doubles.every((d: { settledHow: string }) => d.settledHow === 'mended')).toBe(true);
    const state = await (await fetch(`${sim.url}/__sim/state`)).json();
    const mandates = JSON.stringify(state);
    expect(mandates).toContain('cancelled');
    // A backup was restored that knows nothing of the last charge: its bill is made anew, and the processor charges nothing again.
    const { ctx } = served.running.opened;
    const operatorId = operator.organization!;
    const kept = panel.subscriptions[0].id;
    const nextBill = async (id: string, daysLater = 0) => {
      await ctx.store.org(operatorId, (tx) =>
        sql`insert into billing_order (organization_id, id, customer_id, subscription_id, kind, period_start, period_end, amount_minor, currency, lines, state, due_day, created_at, updated_at)
        select organization_id, ${id}, customer_id, id, 'renewal', period_end + ${daysLater}::int, period_end + ${daysLater}::int + 30, 4900, 'PLN', '[]', 'open', period_end, now(), now()
        from subscription where organization_id = ${operatorId} and id = ${kept}`.execute(tx),
      );
      return ctx.store.org(operatorId, (tx) => tx.selectFrom('billing_order').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
    };
    const anew = await nextBill(newId(ctx.now()));
    const reference = `ren:${kept}:${anew.period_start}:1`;
    const { connection, mandate } = await ctx.store.org(operatorId, async (tx) => {
      const row = await tx
        .selectFrom('mandate')
        .selectAll()
        .where('organization_id', '=', operatorId)
        .where('subscription_id', '=', kept)
        .where('state', '=', 'active')
        .executeTakeFirstOrThrow();
      return { mandate: row, connection: (await readConnection(tx, operatorId, row.connection_id))! };
    });
    const lost = openConnection(ctx, connection).session.charges!;
    const facts = { reference, mandateId: mandate.processor_id!, amountMinor: 4900n, currency: 'PLN', description: 'lost' };
    expect((await lost.charge(facts)).outcome).toBe('accepted');
    const again = await ctx.store.org(operatorId, (tx) => startCharge(tx, ctx, { organizationId: operatorId, actor: 'test' }, anew));
    expect(again!.reference).toBe(reference);
    const standing = async () =>
      (await ctx.store.db.selectFrom('charge').select('status').where('id', '=', again!.id).executeTakeFirstOrThrow()).status;
    await until('the processor has refused a second charge of this reference', async () =>
      ['unknown', 'accepted'].includes(await standing()),
    );
    // Asked at once, not after the usual while.
    await workCharge(ctx, operatorId, again!.id);
    expect(await standing()).toBe('accepted');
    const once = await (await fetch(`${sim.url}/__sim/state`)).text();
    expect(JSON.parse(once).payments.filter((payment: { reference: string }) => payment.reference === reference)).toHaveLength(1);
    // A bill of the next period is there already when the customer ends: it is called off, and a charge that waits for it takes nothing.
    const charged = once.split('"ren:').length;
    const { id } = await nextBill(newId(ctx.now()), 400);
    expect((await customer.post(`/billing/subscriptions/${kept}/end`)).status).toBe(200);
    const { charge, state: ended } = await ctx.store.org(operatorId, async (tx) => {
      const row = await tx.selectFrom('billing_order').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      return {
        state: row.state,
        charge: await startCharge(tx, ctx, { organizationId: operatorId, actor: 'test' }, { ...row, state: 'open' }),
      };
    });
    expect(ended).toBe('cancelled');
    await until('the waiting charge is given up', async () => {
      const row = await ctx.store.db
        .selectFrom('charge')
        .select(['status', 'sends'])
        .where('id', '=', charge!.id)
        .executeTakeFirstOrThrow();
      return row.status === 'rejected' && row.sends === 0;
    });
    const after = await (await fetch(`${sim.url}/__sim/state`)).json();
    expect(JSON.stringify(after).split('"ren:').length).toBe(charged);
    const overview = await operator.get('/billing/overview');
    expect(overview.body).toMatchObject({ monthly: [{ amount: '49.00' }], subscriptions: { active: 1, cancelled: 1 } });
  });
});
