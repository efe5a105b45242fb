import { sql } from 'kysely';
import { connector as szamlazz } from '../../connectors/szamlazz/connector.ts';
import { startSzamlazzSimulator } from '../../connectors/szamlazz/simulator.ts';
import { connector as tickets } from '../../connectors/tickets/connector.ts';
import { demoSale } from '../../connectors/tickets/demo.ts';
import { sign } from '../../connectors/tickets/signature.ts';
import { saveConnection } from '../../src/connections/index.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import { receiveCall } from '../../src/intake-calls/index.ts';
import { testOrganization } from '../../src/testkit/context.ts';
import { listSeries, saveSeries } from '../../src/toissue/index.ts';
import { atTheDesk } from './people.ts';
import { providerSays } from './provider.ts';
import { control, good, type Makes, mailSettings, type Seller, type Sold, said } from './seller.ts';
import type { Life } from './world.ts';

export const hungarianConnectors = [szamlazz, tickets];
const signingSecret = `whsec_${Buffer.from('prove it: secret of a ticket shop').toString('base64')}`;

/** Tickets by signed calls, invoices by Számlázz.hu as they are sold. Debt, lost keys and plans without e-invoices come and go. */
export const hungary: Makes = async (world, life, n) => {
  const { ctx } = life;
  const simulator = await startSzamlazzSimulator({ now: () => world.clock.now() });
  const account = (body: unknown) => control(simulator.url, 'PATCH', 'accounts/A', body);
  const organizationId = await testOrganization(ctx, {
    name: `Jegyek ${n}`,
    country: 'HU',
    seller: {
      name: 'Jegyek Kft.',
      taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-42' }],
      street: 'Fő utca 2.',
      postalCode: '1011',
      city: 'Budapest',
      country: 'HU',
      email: 'jegy@example.hu',
    },
  });
  const who = { organizationId, actor: 'setup' };
  // Whoever makes more documents an hour than the account bears is shut out; the seller has said how many. A wrong clock counts no hours.
  const few = !world.options.weather.clock && world.chance('few', 0.2) ? 12 : undefined;
  const provider = good(
    await saveConnection(ctx, who, {
      connector: 'szamlazz',
      name: 'Számlázz.hu',
      baseUrl: simulator.agentUrl,
      settings: { eInvoice: true, ...(few ? { hourlyLimit: few } : {}) },
      secrets: { agentKey: simulator.keys.A },
    }),
    'szamlazz',
  );
  const shop = good(
    await saveConnection(ctx, who, { connector: 'tickets', name: 'Jegybolt', settings: {}, secrets: { signingSecret } }),
    'tickets',
  );
  world.secrets.add(simulator.keys.A).add(signingSecret);
  const token = shop.connection.intakeUrl!.split('/').pop()!;
  const all = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
  for (const { id, name, kind, pattern, reset } of all.filter((s) => s.kind === 'invoice' || s.kind === 'correction'))
    good(
      await saveSeries(ctx, who, {
        id,
        name,
        kind,
        pattern,
        reset,
        isDefault: true,
        numberOwner: 'provider',
        reporter: 'provider',
        connectionId: provider.connection.id,
        autoIssue: kind === 'invoice',
        settings: { mail: world.chance('setup', 0.5) },
      }),
      'series',
    );
  await saveMailSettings(ctx, who, mailSettings(world));

  const accepted = new Map<string, Sold>();
  /** Calls that were not taken: made again until they are. */
  const unsent: { id: string; body: string; order?: Sold }[] = [];
  let sold = 0;

  async function call(live: Life, one: (typeof unsent)[number]): Promise<boolean> {
    const at = live.ctx.now();
    const result = await world.on(live, (c) =>
      receiveCall(c, token, { headers: sign(one.body, signingSecret, one.id, at), body: Buffer.from(one.body), query: {}, receivedAt: at }),
    );
    if (!('done' in result)) return false;
    if (result.done.status !== 202) {
      world.problem(`a sale was answered with ${result.done.status} ${JSON.stringify(result.done.body)}`);
      return true;
    }
    if (one.order) accepted.set(one.order.externalId, one.order);
    return true;
  }

  async function report(live: Life, calls: typeof unsent): Promise<void> {
    unsent.push(...calls);
    for (const one of [...unsent]) {
      if (!(await call(live, one))) return;
      unsent.splice(unsent.indexOf(one), 1);
    }
  }

  const troubles: [string, object, object][] = [
    ['debt', { debt: true }, { debt: false }],
    ['no e-invoice in the plan', { eInvoice: false }, { eInvoice: true }],
    ['deleted key', { keys: [], deletedKeys: [simulator.keys.A] }, { keys: [simulator.keys.A] }],
    ['company data incomplete', { companyComplete: false }, { companyComplete: true }],
  ];
  await account({ hourlyLimit: few ?? null });

  const seller: Seller = {
    kind: 'hungary',
    organizationId,
    async act(live) {
      const what = world.draw('hungary');
      if (what < 0.55) {
        const calls = Array.from({ length: 1 + world.below('hungary', 3) }, () => {
          const sale = demoSale(() => world.draw('sale'), world.clock.now(), ++sold);
          const externalId = String(sale.data.orderId);
          return {
            id: `msg_${n}_${externalId}`,
            body: JSON.stringify(sale),
            order: { externalId, gross: String((sale.data.totals as { gross: number }).gross) },
          };
        });
        // Some are reported twice, also under another id.
        const again = calls.flatMap((c) =>
          world.chance('hungary', 0.15) ? [world.chance('hungary', 0.5) ? c : { ...c, id: `${c.id}_again` }] : [],
        );
        world.tell(`hungary: sells ${calls.map((c) => c.order.externalId).join()}`);
        await report(live, [...calls, ...again]);
      } else if (what < 0.65 && accepted.size > 0) {
        const order = world.pick('hungary', [...accepted.values()]);
        const at = world.clock.now().toISOString();
        const body = JSON.stringify({
          type: 'sale.refunded',
          timestamp: at,
          data: {
            orderId: order.externalId,
            refundId: `R-${order.externalId}`,
            refundedAt: at,
            amountGross: order.gross,
            reason: 'visszavont',
          },
        });
        world.tell(`hungary: refund of ${order.externalId}`);
        await report(live, [{ id: `ref_${n}_${order.externalId}`, body }]);
      } else if (what < 0.78) {
        const [name, on, off] = world.pick('hungary', troubles);
        const bad = world.chance('hungary', 0.6);
        await account(bad ? on : off);
        world.tell(`hungary: ${name} ${bad ? 'begins' : 'is over'}`);
      } else world.tell(`hungary: ${said(await world.on(live, () => atTheDesk(world, live, organizationId)))}`);
    },
    async heal(live) {
      for (const [, , off] of troubles) await account(off);
      await report(live, []);
    },
    async holds(reference) {
      return (await theirs()).some((d) => d.externalIds.includes(reference));
    },
    paid: () => [...accepted.values()],
    async judge() {
      const problems: string[] = [];
      if ((await control(simulator.url, 'GET', 'accounts/A')).banned) problems.push('the provider shut us out');
      const there = await theirs();
      problems.push(
        ...(await providerSays(
          world,
          organizationId,
          provider.connection.id,
          there.map((d) => ({ number: d.number, references: d.externalIds, grossMinor: BigInt(Math.round(Number(d.gross))) * 100n })),
        )),
      );
      const perOrder = new Map<string, string[]>();
      for (const d of there.filter((t) => t.kind === 'SZ')) perOrder.set(d.orderNumber, [...(perOrder.get(d.orderNumber) ?? []), d.number]);
      // A sale that was split has several, and so have documents by hand, which have no order; more than we hold is a twin.
      const { rows: ours } = await sql<{
        order: string;
        n: number;
      }>`select coalesce(order_number, '') as order, count(*)::int as n from document
        where organization_id = ${organizationId} and kind = 'invoice' and state = 'issued' group by 1`.execute(world.options.store.db);
      for (const [order, numbers] of perOrder)
        if (numbers.length > Math.max(1, ours.find((o) => o.order === (order ?? ''))?.n ?? 0))
          problems.push(`order ${order} has ${numbers.join()} there`);
      return problems;
    },
    close: () => simulator.close(),
  };

  async function theirs(): Promise<{ number: string; kind: string; orderNumber: string; externalIds: string[]; gross: string }[]> {
    return control(simulator.url, 'GET', 'accounts/A/documents');
  }
  return seller;
};
