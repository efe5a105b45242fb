import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { connector as tickets } from '../connectors/tickets/connector.ts';
import { addPlainConnection, readConnection, saveConnection, setConnectionStatus } from '../src/connections/index.ts';
import { saveMailSettings, smtpConnector } from '../src/delivery/index.ts';
import { listCauses, sweepCases, sweepTells, tellCause } from '../src/diagnosis/index.ts';
import type { Order } from '../src/domain/orders/order.ts';
import { caseFile, caseFilePage } from '../src/reconcile/index.ts';
import { json, newId } from '../src/store/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../src/testkit/database.ts';
import { doorOf, hungarianShop, seriesGo, ticketSale } from '../src/testkit/hungarian.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { freePort } from '../src/testkit/postgres.ts';
import { storeOrders } from '../src/testkit/sale.ts';
import { askFollowUp, issueDocuments, type PrepareOptions, prepareOrders, saveSeries } from '../src/toissue/index.ts';
import {
  answerLikeness,
  changeForCause,
  mendedCause,
  requestTransfer,
  resendTransfer,
  resumeConnection,
  sweepTransfers,
  tryHeldSeries,
  workTransfer,
} from '../src/transfer/index.ts';

/** A failure is one card with its remedy, told once; its case file says everything and betrays nothing; what nobody can know is asked of a person. */
onBothDatabases('causes, cards and case files', (store) => {
  let ctx: TestContext;
  let simulator: SzamlazzSimulator;
  let mailbox: Mailbox;
  let organizationId: string;
  let connectionId: string;
  let channelId: string;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [szamlazz, tickets, smtpConnector], now: '2026-11-20T09:00:10Z' });
    simulator = await startSzamlazzSimulator({ now: () => ctx.now() });
    mailbox = await startMailbox();
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await simulator.close();
    await mailbox.close();
  });

  beforeEach(async () => {
    ctx.clock.set('2026-11-20T09:00:10Z');
    await control('reset');
    await control('accounts/A', { hourlyLimit: null }, 'PATCH');
    organizationId = await testOrganization(ctx, { ...hungarianShop, language: 'en' });
    connectionId = await connect('Számlázz.hu', simulator.agentUrl);
    channelId = newId(ctx.now());
    await ctx.store.org(organizationId, (tx) =>
      addPlainConnection(tx, organizationId, { id: channelId, connector: 'tickets', name: 'tickets' }, ctx.now()),
    );
    await issueBy(connectionId, 'provider');
  });

  async function connect(name: string, baseUrl: string): Promise<string> {
    const saved = await saveConnection(ctx, who(), {
      connector: 'szamlazz',
      name,
      baseUrl,
      settings: {},
      secrets: { agentKey: simulator.keys.A },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.connection.id;
  }

  const issueBy = (connection: string | null, numberOwner: 'provider' | 'hub') =>
    seriesGo(ctx, who(), ['invoice', 'proforma', 'correction'], {
      connectionId: connection,
      numberOwner,
      reporter: connection ? 'provider' : 'nobody',
    });

  const control = doorOf(() => simulator.url);
  const atProvider = async () =>
    (await control('accounts/A/documents', undefined, 'GET')) as { number: string; kind: string; paid: string }[];

  function sale(more: Partial<Order> = {}): Order {
    const order = ticketSale(more);
    return {
      ...order,
      number: order.externalId,
      buyer: { ...order.buyer, name: `Vevő <b>${order.externalId.replace(/\D/g, '')}</b>`, ...more.buyer },
    };
  }

  async function issued(count: number, more: Partial<Order> = {}, options: PrepareOptions = {}): Promise<string[]> {
    const orders = Array.from({ length: count }, () => sale(more));
    const ids = await ctx.store.org(organizationId, async (tx) => {
      const items = await storeOrders(tx, organizationId, channelId, orders, ctx.now());
      return (await prepareOrders(tx, ctx, who(), items, options)).map((m) => m.documentId!);
    });
    await issueDocuments(ctx, who(), ids);
    return ids;
  }

  const transfers = () =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('transfer').selectAll().orderBy('created_at').orderBy('id').execute());
  const documentOf = (id: string) =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('document').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
  const cards = () => ctx.store.org(organizationId, (tx) => listCauses(tx, ctx, organizationId));
  const cases = () => ctx.store.org(organizationId, (tx) => tx.selectFrom('cause_case').selectAll().orderBy('opened_at').execute());
  const stories = async () => (await transfers()).map((t) => t.story.map((s) => s.what).join(' > '));

  async function workAll(rounds = 1): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      for (const t of await transfers()) await workTransfer(ctx, organizationId, t.id);
      if (rounds > 1) ctx.clock.advance(40 * 60_000);
    }
  }

  test('the owner is told once of a cause and once when it is over, also after a crash in between', async () => {
    await saveMailSettings(ctx, who(), { host: '127.0.0.1', port: mailbox.port, security: 'none', fromAddress: 'penz@pelda.example' });
    await control('accounts/A', { debt: true }, 'PATCH');
    await issued(3);
    await workAll();
    const [open] = await cases();
    const before = mailbox.mails().length;
    const tell = () => tellCause(ctx, { organizationId, id: open!.id });
    await Promise.all([tell(), tell()]);
    await tell();
    await sweepTells(ctx);
    expect(mailbox.mails().length - before).toBe(1);
    const mail = mailbox.mails().at(-1)!;
    expect(mail.subject).toBe('Something has to be done: Debt on the Számlázz.hu account');
    expect(mail.text).toContain('Documents waiting: 3');
    expect(mail.text).toContain('https://www.szamlazz.hu/szamla/');
    // Written down before it goes: a crash after that moment never sends a second one.
    expect((await cases())[0]!.told_at).not.toBeNull();
    await control('accounts/A', { debt: false }, 'PATCH');
    expect(await resumeConnection(ctx, organizationId, 'test', connectionId, 'all')).toBe(3);
    await workAll();
    expect(await atProvider()).toHaveLength(3);
    await tell();
    await tell();
    expect(mailbox.mails().length - before).toBe(2);
    expect(mailbox.mails().at(-1)!.subject).toBe('Over: Debt on the Számlázz.hu account');
  });

  test('one card holds all documents of a cause; "all" proves the connection by one and goes on past one that fails by itself', async () => {
    await control('accounts/A', { debt: true }, 'PATCH');
    await issued(6);
    await workAll();
    const [card] = await cards();
    expect(card).toMatchObject({
      code: 'szamlazz.account_debt',
      documents: 6,
      stops: 'connection',
      actions: ['one', 'all'],
      connectionName: 'Számlázz.hu',
    });
    expect(card!.first).toHaveLength(5);
    const calls = (await control('requests', undefined, 'GET')).length;
    expect(await mendedCause(ctx, who(), card!.id, 'all')).toBe(6);
    await workAll();
    expect((await control('requests', undefined, 'GET')).length - calls).toBe(1);
    expect(await cards()).toHaveLength(1);
    await control('accounts/A', { debt: false }, 'PATCH');
    await mendedCause(ctx, who(), card!.id, 'one');
    await workAll();
    expect(await atProvider()).toHaveLength(6);
    expect(await cards()).toEqual([]);
    expect(await mendedCause(ctx, who(), card!.id, 'one')).toBeUndefined();
  });

  async function webSeries(prefix: string, id?: string): Promise<string> {
    const saved = await saveSeries(ctx, who(), {
      ...(id ? { id } : {}),
      name: 'Webshop',
      kind: 'invoice',
      pattern: 'W/{NO}/{YYYY}',
      reset: 'yearly',
      numberOwner: 'provider',
      reporter: 'provider',
      connectionId,
      settings: { prefix },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.series.id;
  }
  const calls = async () => (await control('requests', undefined, 'GET')).length as number;

  test('a prefix that is not enabled stops its own series with one card and a handful of calls; other series go on', async () => {
    const web = await webSeries('WEB');
    const before = await calls();
    const stuck = await issued(90, {}, { seriesId: web });
    await issued(6);
    await workAll();
    // Everything of the other series is there, though ninety wait before it.
    expect((await atProvider()).map((d) => d.number.split('-')[0])).toEqual(Array(6).fill('PRB'));
    // Those under way at once, and one question whose account it is.
    expect((await calls()) - before).toBeLessThanOrEqual(6 + 4 + 1);
    const [card, ...more] = await cards();
    expect(more).toEqual([]);
    expect(card).toMatchObject({
      code: 'szamlazz.prefix_not_enabled',
      stops: 'series',
      documents: 90,
      series: { id: web, name: 'Webshop' },
    });
    expect(card!.first.every((d) => stuck.includes(d.documentId))).toBe(true);
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
    expect(connection!.status).toBe('active');
    // Hours, sweeps and further sales later nothing more was asked of the provider for that series.
    const held = await calls();
    ctx.clock.advance(3 * 3600_000);
    await sweepTransfers(ctx);
    await issued(2);
    await issued(1, {}, { seriesId: web });
    await workAll();
    expect((await calls()) - held).toBe(2);
    expect((await cards())[0]!.documents).toBe(91);
    // "Try one" without having mended anything: one call, the same card.
    expect(await mendedCause(ctx, who(), card!.id, 'one')).toBe(1);
    await workAll();
    expect((await calls()) - held).toBe(3);
    expect(await cards()).toMatchObject([{ id: card!.id, documents: 91 }]);
    // Mended over there: one tries, then all go.
    await control(
      'accounts/A',
      {
        prefixes: [
          { prefix: 'PRB', enabled: true },
          { prefix: 'WEB', enabled: true },
        ],
      },
      'PATCH',
    );
    await mendedCause(ctx, who(), card!.id, 'one');
    await workAll();
    expect(await cards()).toEqual([]);
    const there = await atProvider();
    expect(there.filter((d) => d.number.startsWith('WEB-'))).toHaveLength(91);
    expect(there).toHaveLength(6 + 2 + 91);
  });

  test('a card that can be mended by a setting of ours offers it, and changes nothing by itself', async () => {
    const settings = async () => (await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId)))!.settings;
    const change = { connector: 'szamlazz', name: 'Számlázz.hu', settings: { eInvoice: true }, secrets: { agentKey: simulator.keys.B } };
    await saveConnection(ctx, who(), change, connectionId);
    await issued(3);
    await workAll();
    const [card] = await cards();
    expect(card).toMatchObject({ code: 'szamlazz.einvoice_not_allowed', documents: 3, change: { label: { en: 'Change to paper form' } } });
    expect(await settings()).toMatchObject({ eInvoice: true });
    expect(await changeForCause(ctx, who(), card!.id)).toBe(3);
    await workAll();
    expect(await settings()).toMatchObject({ eInvoice: false });
    expect([await cards(), (await control('accounts/B/documents', undefined, 'GET')).length]).toEqual([[], 3]);
    expect(await changeForCause(ctx, who(), card!.id)).toBeUndefined();
    // A prefix of the series alone is changed there, and that of the connection stays.
    await saveConnection(ctx, who(), { ...change, settings: { prefix: 'BBB' } }, connectionId);
    const web = await webSeries('WEB');
    await issued(2, {}, { seriesId: web });
    await workAll();
    const [stopped] = await cards();
    expect(stopped).toMatchObject({ code: 'szamlazz.prefix_not_enabled', documents: 2, series: { id: web } });
    expect(await changeForCause(ctx, who(), stopped!.id)).toBe(2);
    await workAll();
    expect([await cards(), await settings()]).toMatchObject([[], { prefix: 'BBB' }]);
    // What only the provider can mend offers nothing.
    await control('accounts/B', { debt: true }, 'PATCH');
    await issued(1);
    await workAll();
    const [debt] = await cards();
    expect([debt!.change, await changeForCause(ctx, who(), debt!.id)]).toEqual([null, 'nothing offered']);
  });

  test('a series is saved while its refusal is written down: the refusal waits for it, and not the other way round as well', async () => {
    const web = await webSeries('WEB');
    await issued(1, {}, { seriesId: web });
    if (store().embedded) return void (await workAll());
    let working: Promise<unknown> | undefined;
    // As `saveSeries` does: the series, then its transfers.
    await ctx.store.org(organizationId, async (tx) => {
      await sql`select 1 from series where organization_id = ${organizationId} and id = ${web} for update`.execute(tx);
      working = workAll();
      await untilItWaits(store(), working);
      await sql`update transfer set settings = settings where organization_id = ${organizationId} and status in ('waiting', 'sending')`.execute(
        tx,
      );
    });
    await working;
    expect((await cards()).map((c) => c.series?.id)).toEqual([web]);
  });

  test('two series with one cause have a card each; a setting that is mended here lets its own series go', async () => {
    const web = await webSeries('NINCS');
    const saved = await saveConnection(
      ctx,
      who(),
      { connector: 'szamlazz', name: 'Számlázz.hu', settings: { prefix: 'NINCS' } },
      connectionId,
    );
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    await issued(3, {}, { seriesId: web });
    await issued(3);
    await workAll();
    expect((await cards()).map((c) => [c.series?.name, c.documents]).sort()).toEqual([
      [expect.any(String), 3],
      ['Webshop', 3],
    ]);
    await webSeries('PRB', web);
    await tryHeldSeries(ctx, who(), connectionId, web);
    await workAll();
    expect((await cards()).map((c) => c.series?.id)).not.toContain(web);
    expect(await atProvider()).toHaveLength(3);
    // What is still under a card of its own is not proven by the other series.
    expect(await cards()).toHaveLength(1);
    await saveConnection(ctx, who(), { connector: 'szamlazz', name: 'Számlázz.hu', settings: { prefix: '' } }, connectionId);
    await tryHeldSeries(ctx, who(), connectionId);
    await workAll();
    expect(await cards()).toEqual([]);
    expect(await atProvider()).toHaveLength(6);
  });

  test('a yes that was under way when the debt was told mends nothing', async () => {
    await control('inject', { action: '*', mode: 'delay', ms: 500, times: 1 });
    const [slow] = await issued(1);
    const working = workAll();
    for (let i = 0; i < 500 && (await calls()) === 0; i++) await new Promise(setImmediate);
    ctx.clock.advance(1000);
    await control('accounts/A', { debt: true }, 'PATCH');
    await issued(8);
    await workAll();
    await working;
    expect((await documentOf(slow!)).state).toBe('issued');
    await workAll();
    expect(await cards()).toMatchObject([{ code: 'szamlazz.account_debt' }]);
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
    expect(connection!.status).toBe('blocked');
  });

  test('a provider that cannot be reached costs no tries: the connection waits as one card and goes on by itself', async () => {
    const address = new URL(simulator.agentUrl);
    address.port = String(await freePort());
    await ctx.store.org(organizationId, (tx) =>
      tx.updateTable('connection').set({ base_url: address.href }).where('id', '=', connectionId).execute(),
    );
    await issued(4);
    await workAll();
    ctx.clock.advance(5 * 60_000);
    await workAll();
    expect((await transfers()).every((t) => t.status === 'waiting' && t.sends === 0)).toBe(true);
    expect(await cards()).toMatchObject([{ code: 'CONNECTION_UNREACHABLE', documents: 4 }]);
    await ctx.store.org(organizationId, (tx) =>
      tx.updateTable('connection').set({ base_url: simulator.agentUrl }).where('id', '=', connectionId).execute(),
    );
    ctx.clock.advance(90 * 60_000);
    await workAll(2);
    expect(await atProvider()).toHaveLength(4);
    expect(await cards()).toEqual([]);
  });

  test('answers lost for ever: at most five equal questions, then a person is asked, and a person may ask again', async () => {
    await control('inject', { action: 'create', mode: 'drop-after', times: 1 });
    await control('inject', { action: 'xml', mode: 'drop-before', times: 40 });
    const [id] = await issued(1);
    await workAll(14);
    const [transfer] = await transfers();
    expect(transfer).toMatchObject({ status: 'unknown', next_at: null, sends: 1 });
    expect((await documentOf(id!)).state).toBe('submitted');
    expect(await cards()).toMatchObject([{ code: 'UNSETTLED', documents: 1, stops: 'document' }]);
    expect((await stories())[0]!.match(/asked/g)).toHaveLength(5);
    const account = await control('accounts/A', undefined, 'GET');
    expect(account.banned).toBe(false);
    await control('reset');
    // The provider has lost nothing in truth; here its memory was wiped, so the answer is an honest "no".
    const [card] = await cards();
    expect(await mendedCause(ctx, who(), card!.id, 'all')).toBe(1);
    await workAll(3);
    expect((await transfers())[0]!.status).toBe('accepted');
    await sweepCases(ctx);
    expect(await cards()).toEqual([]);
  });

  test('a look-alike needs a person: yes adopts it, no issues another', async () => {
    const order = { number: 'SAME-1', externalId: 'SAME-1' };
    const [first] = await issued(1, order);
    await workAll();
    expect((await documentOf(first!)).state).toBe('issued');
    await control('accounts/A', { orderRepeatForbidden: false }, 'PATCH');
    // The same sale, known here by another id: as after moving to a new installation.
    await ctx.store.org(organizationId, (tx) => tx.deleteFrom('transfer_try').execute());
    await ctx.store.org(organizationId, (tx) =>
      tx.updateTable('transfer').set({ connection_id: connectionId, status: 'cancelled' }).execute(),
    );
    const items = [{ orderId: newId(ctx.now()), order: { ...sale(order), buyer: { ...sale().buyer, name: 'Valaki Más' } } }];
    const made = await ctx.store.org(organizationId, async (tx) => {
      await tx
        .insertInto('sales_order')
        .values({
          organization_id: organizationId,
          id: items[0]!.orderId,
          connection_id: channelId,
          external_id: 'SAME-1b',
          number: null,
          channel: 'tickets',
          status: 'ready',
          external_status: null,
          ordered_at: items[0]!.order.orderedAt,
          paid_at: items[0]!.order.paidAt!,
          currency: 'HUF',
          total_minor: 1180000n,
          buyer_email: null,
          suggestion: 'INVOICE_PERSON',
          content: json(items[0]!.order),
          content_hash: 'x',
          raw: null,
          superseded_by: null,
          import_id: null,
          created_at: ctx.now(),
          updated_at: ctx.now(),
        })
        .execute();
      return prepareOrders(tx, ctx, who(), items);
    });
    await issueDocuments(ctx, who(), [made[0]!.documentId!], { backfill: true });
    await workAll();
    const waiting = (await transfers()).find((t) => t.status === 'unknown')!;
    const [card] = await cards();
    expect(card).toMatchObject({ code: 'LIKENESS_FOUND', actions: ['answer'], documents: 1 });
    const number = (waiting.cause as { params: { number: string } }).params.number;
    expect(card!.text.en).toContain(number);
    expect(await answerLikeness(ctx, who(), waiting.id, number, false)).toBe(true);
    await workAll();
    expect((await documentOf(made[0]!.documentId!)).number).not.toBe(number);
    expect(await atProvider()).toHaveLength(2);
    expect(await answerLikeness(ctx, who(), waiting.id, number, true)).toBe(false);
  });

  test('a removed connection lets its documents go: what was never sent is open again', async () => {
    await control('accounts/A', { debt: true }, 'PATCH');
    const [id] = await issued(1);
    await workAll();
    await setConnectionStatus(ctx, who(), connectionId, 'removed');
    await workAll();
    expect(await documentOf(id!)).toMatchObject({ state: 'refused', hold_codes: ['CONNECTION_REMOVED'] });
    // Mended by another connection: it goes there, under the same reference.
    const other = await connect('Számlázz.hu 2', simulator.agentUrl);
    await issueBy(other, 'provider');
    await control('accounts/A', { debt: false }, 'PATCH');
    await issueDocuments(ctx, who(), [id!]);
    await workAll();
    expect((await documentOf(id!)).state).toBe('issued');
    expect((await transfers()).map((t) => [t.connection_id, t.status])).toEqual([[other, 'accepted']]);
    await sweepCases(ctx);
    expect(await cards()).toEqual([]);
  });

  test('a refused document that is sent again from its card is closed again while it travels', async () => {
    await control('inject', { action: 'create', mode: 'error', code: '259', message: 'nettó érték', times: 1 });
    const [id] = await issued(1);
    await workAll();
    const [transfer] = await transfers();
    expect([transfer!.status, (await documentOf(id!)).state]).toEqual(['rejected', 'refused']);
    expect(await resendTransfer(ctx, who(), transfer!.id)).toBe('sent on its way');
    expect((await documentOf(id!)).state).toBe('submitted');
    await workAll();
    expect((await documentOf(id!)).state).toBe('issued');
    expect(await resendTransfer(ctx, who(), transfer!.id)).toBe('nothing to send');
  });

  test('a process that died while sending: nobody sends it again before the provider was asked', async () => {
    const [id] = await issued(1);
    const [transfer] = await transfers();
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('transfer')
        .set({ status: 'sending', claimed_at: ctx.now(), sends: 1, story: json([{ at: ctx.now().toISOString(), what: 'sent' }]) })
        .where('id', '=', transfer!.id)
        .execute(),
    );
    ctx.clock.advance(100_000);
    await workAll();
    expect(await atProvider()).toEqual([]);
    ctx.clock.advance(10 * 60_000);
    expect(await sweepTransfers(ctx)).toBeGreaterThanOrEqual(1);
    await workAll(2);
    expect((await stories())[0]).toMatch(/^sent > interrupted > proven absent > sent( again)? > accepted$/);
    expect(await atProvider()).toHaveLength(1);
    expect((await documentOf(id!)).state).toBe('issued');
  });

  test('payments are registered and a proforma is deleted there, once', async () => {
    const [invoice] = await issued(1);
    await workAll();
    expect(await requestTransfer(ctx, who(), invoice!, 'remove')).toBeUndefined();
    expect(await requestTransfer(ctx, who(), invoice!, 'pay')).toMatchObject({ transferId: expect.any(String) });
    expect(await requestTransfer(ctx, who(), invoice!, 'pay')).toBeUndefined();
    await workAll(2);
    expect((await transfers()).map((t) => `${t.verb} ${t.status}`).sort()).toEqual(['issue accepted', 'pay accepted']);
    expect((await atProvider()).map((d) => Number(d.paid))).toEqual([11800]);
    // Days are the seller's: paid at half past midnight in Budapest.
    const night = '2026-11-19T23:30:00Z';
    const [late] = await issued(1, { paidAt: night, payments: [{ method: 'card', status: 'paid', at: night }] });
    await workAll();
    expect(await requestTransfer(ctx, who(), late!, 'pay')).toBeDefined();
    await workAll(2);
    const told = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('transfer_try').select('request').where('verb', '=', 'action-szamla_agent_kifiz').orderBy('at', 'desc').execute(),
    );
    expect(told[0]!.request).toContain('<datum>2026-11-20</datum>');
    const [proforma] = await issued(1, {}, { policies: { kind: 'proforma' } });
    await workAll();
    expect((await atProvider()).map((d) => d.kind)).toEqual(['SZ', 'SZ', 'D']);
    expect(await requestTransfer(ctx, who(), proforma!, 'remove')).toBeDefined();
    await workAll();
    expect((await atProvider()).map((d) => d.kind)).toEqual(['SZ', 'SZ']);
  });

  test('a part of which the provider was not told yet is told as the whole once the rest is paid', async () => {
    const part = { method: 'card', status: 'paid', amount: '5000', at: '2026-11-20T09:00:05Z' } as const;
    const order = sale({ paidAt: undefined, payments: [part] });
    const [item] = await ctx.store.org(organizationId, (tx) => storeOrders(tx, organizationId, channelId, [order], ctx.now()));
    const [made] = await ctx.store.org(organizationId, (tx) =>
      prepareOrders(tx, ctx, who(), [item!], { policies: { unpaid: 'accept', kind: 'invoice' } }),
    );
    await issueDocuments(ctx, who(), [made!.documentId!]);
    await workAll();
    expect(await requestTransfer(ctx, who(), made!.documentId!, 'pay')).toBeDefined();
    const news = { paidOn: '2026-11-21', paidAmount: '11800.00' };
    expect(await ctx.store.org(organizationId, (tx) => askFollowUp(tx, ctx, who(), made!.documentId!, 'pay', news))).toBeDefined();
    expect((await transfers()).find((t) => t.verb === 'pay')).toMatchObject({ status: 'waiting', settings: news });
    // What a person asks for in the meantime changes nothing of it.
    expect(await requestTransfer(ctx, who(), made!.documentId!, 'pay')).toBeUndefined();
    await workAll(2);
    expect((await transfers()).map((t) => `${t.verb} ${t.status}`).sort()).toEqual(['issue accepted', 'pay accepted']);
    expect((await atProvider()).map((d) => Number(d.paid))).toEqual([11800]);
    // Asked for once more, it says the same.
    expect(await requestTransfer(ctx, who(), made!.documentId!, 'pay')).toBeDefined();
    await workAll(2);
    expect((await atProvider()).map((d) => Number(d.paid))).toEqual([11800]);
  });

  test.each(['sending', 'pending', 'unknown'] as const)(
    'news of the rest of a payment is not lost while the step is %s',
    async (status) => {
      const part = { method: 'card', status: 'paid', amount: '5000', at: '2026-11-20T09:00:05Z' } as const;
      const order = sale({ paidAt: undefined, payments: [part] });
      const [item] = await ctx.store.org(organizationId, (tx) => storeOrders(tx, organizationId, channelId, [order], ctx.now()));
      const [made] = await ctx.store.org(organizationId, (tx) =>
        prepareOrders(tx, ctx, who(), [item!], { policies: { unpaid: 'accept', kind: 'invoice' } }),
      );
      const documentId = made!.documentId!;
      await issueDocuments(ctx, who(), [documentId]);
      await workAll();
      const news = { paidOn: '2026-11-21', paidAmount: '11800.00' };
      const tell = () => ctx.store.org(organizationId, (tx) => askFollowUp(tx, ctx, who(), documentId, 'pay', news));
      const { transferId: id } = (await requestTransfer(ctx, who(), documentId, 'pay'))!;
      if (status === 'sending') {
        // While the part is being said over there, the rest is paid.
        const { fetch } = ctx;
        let told = false;
        ctx.fetch = async (...args) => {
          if (!told) {
            told = true;
            expect((await transfers()).find((t) => t.verb === 'pay')?.status).toBe('sending');
            expect(await tell()).toBe(id);
          }
          return fetch(...args);
        };
        try {
          await workAll();
        } finally {
          ctx.fetch = fetch;
        }
      } else {
        await ctx.store.org(organizationId, (tx) =>
          tx
            .updateTable('transfer')
            .set({ status, next_at: status === 'pending' ? ctx.now() : null })
            .where('id', '=', id)
            .execute(),
        );
        expect(await tell()).toBe(id);
      }
      await workAll(3);
      const paid = (await transfers()).find((t) => t.verb === 'pay')!;
      expect(paid).toMatchObject({ status: 'accepted', settings: news });
      expect(paid.settings).not.toHaveProperty('next');
      expect((await atProvider()).map((d) => Number(d.paid))).toEqual([11800]);
    },
  );

  test('the case file tells how everything came about, escapes what strangers wrote, and holds no secret', async () => {
    await control('inject', { action: 'create', mode: 'drop-after', times: 1 });
    const [id] = await issued(1);
    await workAll(2);
    const secret = simulator.keys.A;
    // As badly as it can be: the secret in every place that a file is made of.
    await ctx.store.org(organizationId, async (tx) => {
      await tx
        .updateTable('transfer_try')
        .set({ request: `<k>${secret}</k>`, response: `key=${encodeURIComponent(secret)} whsec_abcdefgh12345678` })
        .execute();
      await tx
        .updateTable('transfer')
        .set({
          story: json([{ at: ctx.now().toISOString(), what: 'sent', params: { text: `Bearer ${secret}` } }]),
          cause: json({ code: 'NO_ANSWER', providerText: `bad ${secret}` }),
        })
        .execute();
    });
    const file = (await ctx.store.org(organizationId, (tx) => caseFile(tx, ctx, organizationId, id!, 'en')))!;
    const page = caseFilePage(file, 'hu');
    for (const text of [JSON.stringify(file), page]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(encodeURIComponent(secret));
      expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
      expect(text).not.toContain('whsec_abc');
      expect(text).toContain('***');
    }
    expect(page).not.toMatch(/<script|<b>\d|javascript:/i);
    expect(page).toContain('&lt;b&gt;');
    expect(file.decisions.map((d) => d.rule)).toEqual(
      expect.arrayContaining(['kind_suggested', 'rate_channel', 'sale_date_rule', 'buyer_from_order']),
    );
    expect(file.transfers[0]).toMatchObject({ connection: 'Számlázz.hu', status: 'accepted', cause: { code: 'NO_ANSWER' } });
    expect(file.transfers[0]!.tries.length).toBeGreaterThan(1);
    // Of more tries than a page holds the newest are there.
    await ctx.store.org(organizationId, (tx) =>
      sql`insert into transfer_try (organization_id, transfer_id, seq, at, verb, outcome, took_ms, request, response)
        select organization_id, transfer_id, 1000 + n, at, 'look', 'look ' || n, took_ms, null, null from transfer_try t, generate_series(1, 250) n
        where t.organization_id = ${organizationId} and t.seq = (select min(seq) from transfer_try f where f.transfer_id = t.transfer_id)`.execute(
        tx,
      ),
    );
    const long = (await ctx.store.org(organizationId, (tx) => caseFile(tx, ctx, organizationId, id!, 'en')))!;
    expect(long.transfers.flatMap((t) => t.tries).map((t) => t.outcome)).toContain('look 250');
    expect(file.timeline.some((e) => e.actor === 'test')).toBe(true);
    expect(await ctx.store.org(organizationId, (tx) => caseFile(tx, ctx, organizationId, newId(ctx.now()), 'en'))).toBeUndefined();
  });
});
