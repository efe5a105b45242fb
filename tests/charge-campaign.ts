/**
 * The charge campaign: bills are charged through the processor's simulator while answers are lost before and after they did their work, come
 * late, as web pages or 500, banks decline, and every job runs twice. At the end no bill was charged twice, and what we hold is what the
 * processor holds. A seed repeats a run.
 *
 *   node tests/charge-campaign.ts --seed 7 --bills 200
 */
import { parseArgs } from 'node:util';
import { connector as cards } from '../connectors/cards/connector.ts';
import { startCardsSimulator } from '../connectors/cards/simulator.ts';
import { orderPlan, payByCard, plansConnector, savePlan, setOperator, workCalendar, workCharge } from '../src/billing/index.ts';
import { saveConnection } from '../src/connections/index.ts';
import type { Store } from '../src/store/index.ts';
import { migrate, openEmbedded } from '../src/store/index.ts';
import { polishSeller, testContext } from '../src/testkit/context.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { makeOrganization } from '../src/toissue/index.ts';

type ChargeCampaign = { bills: number; paid: number; unsettled: number; faults: number; problems: string[] };

export async function runChargeCampaign(store: Store, { seed, bills }: { seed: number; bills: number }): Promise<ChargeCampaign> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const ctx = await testContext(store, { work: false, connectors: [cards, plansConnector] });
  const sim = await startCardsSimulator({ now: () => ctx.now() });
  const control = async (path: string, body: unknown) => {
    const answer = await fetch(`${sim.url}/__sim/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  try {
    const operatorId = await makeOrganization(ctx, 'test', { ...polishSeller, name: 'Operator' });
    const customerId = await makeOrganization(ctx, 'test', {
      ...polishSeller,
      name: 'Klient',
      seller: { ...polishSeller.seller, email: 'klient@example.com' },
    });
    const who = { organizationId: operatorId, actor: 'test' };
    const me = { organizationId: customerId, actor: 'test' };
    await setOperator(ctx, 'test', operatorId);
    const plan = (await savePlan(ctx, who, {
      name: 'Plan',
      currency: 'PLN',
      terms: { interval: 'month', price: '49.00', included: 0, tiers: [], trialDays: 0 },
    }))!;
    await saveConnection(ctx, who, {
      connector: 'cards',
      name: 'cards',
      baseUrl: sim.apiUrl,
      settings: {},
      secrets: { apiKey: sim.secretKey, signingSecret: 'secret-of-the-campaign' },
    });
    let faults = 0;
    const disturb = async () => {
      if (random() < 0.5) return;
      faults++;
      const on = pick(['checkout', 'charge', 'read', '*']);
      await control('faults', {
        on,
        mode: pick(['drop-before', 'drop-after', 'error-after', 'down', 'http500', 'html500', 'html200', 'empty']),
        times: 1,
      });
    };
    const ids = async () =>
      (
        await store.org(operatorId, (tx) =>
          tx
            .selectFrom('charge')
            .select('id')
            .where('organization_id', '=', operatorId)
            .where('status', 'not in', ['accepted', 'rejected'])
            .execute(),
        )
      ).map((r) => r.id);
    for (let i = 0; i < bills; i++) {
      const ordered = await orderPlan(ctx, me, { planId: plan.id, payBy: 'card', again: true });
      if ('refused' in ordered) throw new Error(ordered.refused);
      await disturb();
      const page = await payByCard(ctx, me, ordered.bill!.id);
      // The impatient customer asks again at once, in two windows.
      await Promise.all([payByCard(ctx, me, ordered.bill!.id), payByCard(ctx, me, ordered.bill!.id)]);
      if ('url' in page && page.url)
        await control(`checkouts/${page.url.split('/').pop()}/pay`, {
          card: pick(['4242424242424242', '4000000000009995', '4000000000000077']),
          expiryMonth: 12,
          expiryYear: 2033,
        });
      ctx.clock.advance(random() < 0.3 ? 400_000 : 60_000);
      await disturb();
      for (const id of await ids()) await Promise.all([workCharge(ctx, operatorId, id), workCharge(ctx, operatorId, id)]);
    }
    // A month on: renewals are billed and charged to the mandates, under the same faults.
    ctx.clock.advance(24 * 86_400_000);
    for (let day = 0; day < 12; day++) {
      ctx.clock.advance(86_400_000);
      await workCalendar(ctx);
      for (const id of await ids()) {
        await disturb();
        await Promise.all([workCharge(ctx, operatorId, id), workCharge(ctx, operatorId, id)]);
      }
    }
    for (let round = 0; round < 26; round++) {
      ctx.clock.advance(3_700_000);
      await fetch(`${sim.url}/__sim/clock`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).catch(
        () => undefined,
      );
      for (const id of await ids()) await workCharge(ctx, operatorId, id);
    }
    const held = await allPayments(sim.apiUrl, sim.secretKey, await references(store, operatorId));
    const ours = await store.org(operatorId, (tx) =>
      tx.selectFrom('charge').selectAll().where('organization_id', '=', operatorId).where('verb', '=', 'charge').execute(),
    );
    const problems: string[] = [];
    const perBill = new Map<string, number>();
    for (const charge of ours) {
      const taken = held.get(charge.reference) ?? 0;
      perBill.set(charge.billing_order_id, (perBill.get(charge.billing_order_id) ?? 0) + taken);
      if (charge.status === 'accepted' && taken !== 1) problems.push(`${charge.reference}: accepted here, ${taken} payments there`);
      if (charge.status === 'rejected' && taken > 0) problems.push(`${charge.reference}: rejected here, paid there`);
    }
    for (const [bill, taken] of perBill) if (taken > 1) problems.push(`bill ${bill} was charged ${taken} times`);
    return {
      bills: perBill.size,
      paid: ours.filter((c) => c.status === 'accepted').length,
      unsettled: ours.filter((c) => !['accepted', 'rejected'].includes(c.status)).length,
      faults,
      problems,
    };
  } finally {
    await ctx.jobs.stop();
    await sim.close();
  }
}

async function references(store: Store, operatorId: string): Promise<string[]> {
  return (
    await store.org(operatorId, (tx) =>
      tx.selectFrom('charge').select('reference').where('organization_id', '=', operatorId).where('verb', '=', 'charge').execute(),
    )
  ).map((r) => r.reference);
}

/** What the processor itself took, by our references. */
async function allPayments(apiUrl: string, key: string, names: string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const reference of names) {
    for (let tries = 0; tries < 10; tries++) {
      const kind = reference.startsWith('chk:') ? 'checkouts' : 'payments';
      const answer = await fetch(`${apiUrl}/v1/${kind}?reference=${encodeURIComponent(reference)}`, {
        headers: { authorization: `Bearer ${key}` },
      }).catch(() => undefined);
      if (!answer?.ok) continue;
      const { items } = (await answer.json()) as { items: { state: string }[] };
      found.set(reference, items.filter((c) => c.state === 'succeeded').length);
      break;
    }
  }
  return found;
}

if (process.argv[1]?.endsWith('charge-campaign.ts')) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, bills: { type: 'string', default: '200' } } });
  const store = await openEmbedded('memory:', { durable: false });
  await migrate(store);
  const result = await runChargeCampaign(store, { seed: Number(values.seed), bills: Number(values.bills) });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  await store.close();
  process.exitCode = result.problems.length > 0 ? 1 : 0;
}
