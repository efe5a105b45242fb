import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { connector as infakt } from '../connectors/infakt/connector.ts';
import { startInfaktSimulator } from '../connectors/infakt/simulator.ts';
import { keptForPersons, readConnection, saveConnection } from '../src/connections/index.ts';
import { migrate, openEmbedded, type Store } from '../src/store/index.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import type { Loose } from '../src/testkit/loose.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { assignSeries, issueDocuments, listSeries, saveSeries } from '../src/toissue/index.ts';
import { resendTransfer, sendOnceMore, workTransfer } from '../src/transfer/index.ts';

/**
 * Many orders at once, of two shops that share the address and so one limit, against an inFakt that loses answers, is down, answers with
 * pages, and of processes that are killed before and after any request. The clock is moved, so minutes pass in moments; the simulator
 * counts every rolling minute and turns away what is too much. Counted: invoices in the end, refusals for the limit, the busiest
 * minute, what a person had to say, what stands on a card.
 */
export type CampaignOptions = {
  seed: number;
  orders: number;
  faults: boolean;
  /** Limits of a minute on both sides; the provider's own unless said otherwise. Lower ones bind with fewer orders. */
  limits?: { all: number; writes: number };
};
export type CampaignResult = {
  documents: number;
  twins: string[];
  missing: string[];
  issued: number;
  /** Documents that wait for a person, each with its reason on a card. */
  onCard: string[];
  /** Neither done nor on a card: lost from sight. */
  lost: string[];
  personAsked: number;
  refusedByLimit: number;
  /** Of our own limits: what they are, the busiest sliding minute under each, and whether it was ever used up by work nobody watches. */
  limits: Record<'all' | 'writes', { limit: number; busiest: number; bound: boolean }>;
  busiestMinuteOfReads: number;
  /** Minutes of the moved clock, and seconds that it really took. */
  minutes: number;
  seconds: number;
  requests: number;
  killed: number;
  mostSends: number;
  mostAsks: number;
};

/** Of sends: one in ten answers is lost or wrong in some way. Of questions: one in fifty. Of all requests: one in fifty kills the process. */
const rates = { send: 0.1, question: 0.02, kill: 0.02 };
const sendFaults = ['drop-before', 'drop-after', 'error-after', 'html500', 'down'];
const questionFaults = ['drop-before', 'html500', 'down'];
const lookEveryMs = 5_000;

export async function infaktCampaign(store: Store, options: CampaignOptions): Promise<CampaignResult> {
  const began = performance.now();
  const random = seededRandom(options.seed);
  const own = infakt.manifest.limits!;
  const limits = options.limits ?? { all: own.perMinute!, writes: own.writesPerMinute! };
  const connector = {
    ...infakt,
    manifest: { ...infakt.manifest, limits: { ...own, perMinute: limits.all, writesPerMinute: limits.writes } },
  };
  const ctx = await testContext(store, { work: false, connectors: [connector], now: '2026-11-20T06:00:00Z' });
  const simulator = await startInfaktSimulator({ now: () => ctx.now() });
  const sim = async (method: string, path: string, body?: unknown): Promise<Loose> => {
    const response = await fetch(`${simulator.url}/__sim/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  };
  // The provider counts readings and changes apart; we count readings together with the changes, which is never more.
  if (options.limits) await sim('PATCH', 'state', { getsPerMinute: limits.all, writesPerMinute: limits.writes });
  const calls: { at: number; writes: boolean }[] = [];
  let refusedByLimit = 0;
  let killed = 0;
  let end: () => void = () => {};
  let alive = ctx;
  /** The process dies: what it was at goes no further, and the next one remembers nothing of it. */
  const die = (): Promise<Response> => {
    killed++;
    alive = { ...ctx };
    end();
    return new Promise(() => {});
  };
  ctx.fetch = async (address, init) => {
    const writes = !/^get$/i.test(init?.method ?? 'GET');
    // Nothing on this machine takes time by itself: a request takes five milliseconds, so that nothing but our own counting keeps the limits.
    ctx.clock.advance(5);
    calls.push({ at: ctx.now().getTime(), writes });
    if (options.faults) {
      if (random() < rates.kill / 2) return die();
      if (random() < (writes ? rates.send : rates.question)) {
        const modes = writes ? sendFaults : questionFaults;
        // This request meets it and no other: a fault that nobody meets would wait for somebody.
        await sim('DELETE', 'faults');
        await sim('POST', 'faults', { on: '*', mode: modes[Math.floor(random() * modes.length)], times: 1 });
      }
    }
    const response = await fetch(address, init);
    if (response.status === 429) refusedByLimit++;
    return options.faults && random() < rates.kill / 2 ? die() : response;
  };
  const work = (organizationId: string, id: string) => {
    const dies = new Promise<void>((resolve) => {
      end = resolve;
    });
    return Promise.race([workTransfer(alive, organizationId, id), dies]);
  };
  const shops: { organizationId: string; sales: string[] }[] = [];
  try {
    for (const share of [Math.ceil(options.orders / 2), Math.floor(options.orders / 2)]) shops.push(await openShop(ctx, simulator, share));
    const started = ctx.now().getTime();
    let personAsked = 0;
    for (let turn = 0; turn < options.orders * 400; turn++) {
      let open = false;
      let moved = false;
      for (const { organizationId } of shops) {
        const next = await nextOf(store, organizationId, ctx.now());
        open ||= next.open;
        for (const row of next.forPerson) {
          personAsked++;
          const who = { organizationId, actor: 'test' };
          if (row.code === 'NOTHING_FOUND') await sendOnceMore(ctx, who, row.id);
          else await resendTransfer(ctx, who, row.id);
          moved = true;
        }
        if (!next.due) continue;
        const before = calls.length;
        await work(organizationId, next.due);
        moved ||= calls.length > before;
      }
      if (!open) break;
      if (!moved) ctx.clock.advance(lookEveryMs);
    }
    const there = (await sim('GET', 'documents')) as { number: string; orders: string[] }[];
    const marks = there.map((d) => d.orders.find((o) => o.startsWith('fk:')) ?? '');
    const ended = await Promise.all(shops.map(({ organizationId }) => standing(store, organizationId)));
    return {
      documents: there.length,
      twins: marks.filter((mark, i) => marks.indexOf(mark) !== i),
      missing: shops.flatMap((s) => s.sales).filter((id) => !marks.includes(`fk:${id}`)),
      issued: ended.reduce((sum, e) => sum + e.issued, 0),
      onCard: ended.flatMap((e) => e.onCard),
      lost: ended.flatMap((e) => e.lost),
      personAsked,
      refusedByLimit,
      limits: {
        all: judged(limits.all, calls),
        writes: judged(
          limits.writes,
          calls.filter((c) => c.writes),
        ),
      },
      busiestMinuteOfReads: busiest(calls.filter((c) => !c.writes)),
      minutes: Math.round((ctx.now().getTime() - started) / 60_000),
      seconds: Math.round((performance.now() - began) / 1000),
      requests: calls.length,
      killed,
      mostSends: Math.max(...ended.map((e) => e.mostSends)),
      mostAsks: Math.max(...ended.map((e) => e.mostAsks)),
    };
  } finally {
    await ctx.jobs.stop();
    await simulator.close();
  }
}

/** A shop of its own with its orders issued, all waiting to be sent at once. */
async function openShop(
  ctx: Awaited<ReturnType<typeof testContext>>,
  simulator: Awaited<ReturnType<typeof startInfaktSimulator>>,
  orders: number,
): Promise<{ organizationId: string; sales: string[] }> {
  const organizationId = await testOrganization(ctx);
  const who = { organizationId, actor: 'test' };
  const saved = await saveConnection(ctx, who, {
    connector: 'infakt',
    name: 'inFakt',
    baseUrl: simulator.apiUrl,
    settings: {},
    secrets: { apiKey: simulator.key },
  });
  if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
  const connectionId = saved.connection.id;
  const all = () => ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
  const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
  const kinds = ['invoice', 'correction'];
  const mine = (await all()).filter((s) => kinds.includes(s.kind)).map((s) => s.id);
  await assignSeries(ctx, who, connection!, mine);
  const series = await all();
  for (const { id, name, kind, pattern, reset, number_owner: numberOwner } of series.filter((s) => s.connection_id === connectionId)) {
    const correctionSeries = series.find((s) => s.kind === 'correction')!.id;
    const settings = { pdfLanguage: 'pl', paymentDays: 7, ksef: 'never', correctionSeries };
    await saveSeries(ctx, who, { id, name, kind, pattern, reset, numberOwner, settings });
  }
  const payments = [{ method: 'card' as const, status: 'paid' as const, at: '2026-11-19T10:05:00Z' }];
  const stored = await storeSales(
    ctx,
    organizationId,
    Array.from({ length: orders }, () => saleOrder({ payments })),
  );
  const sales = stored.map((s) => s.documentId);
  await issueDocuments(ctx, who, sales);
  return { organizationId, sales };
}

type Next = { open: boolean; due: string | undefined; forPerson: { id: string; code: string }[] };

/** One that is due, whether anything is still open, and what only a person can answer. A dead holder's lease is over after ten minutes. */
async function nextOf(store: Store, organizationId: string, now: Date): Promise<Next> {
  return store.org(organizationId, async (tx) => {
    const at = now.toISOString();
    const { rows } = await sql<{ open: boolean; due: string | null; asked: Next['forPerson'] | null }>`
      select exists (select 1 from transfer where organization_id = ${organizationId} and status in ('waiting','pending','unknown','sending')) as open,
        (select id from transfer where organization_id = ${organizationId} and ((status = 'waiting' and next_at is null)
          or (status in ('waiting','pending','unknown') and next_at <= ${at}::timestamptz)
          or (status = 'sending' and claimed_at <= ${at}::timestamptz - interval '10 minutes')) order by created_at, id limit 1) as due,
        (select json_agg(json_build_object('id', id, 'code', cause->>'code')) from transfer
          where organization_id = ${organizationId} and status = 'unknown' and next_at is null) as asked`.execute(tx);
    const row = rows[0]!;
    return { open: row.open, due: row.due ?? undefined, forPerson: row.asked ?? [] };
  });
}

async function standing(store: Store, organizationId: string) {
  return store.org(organizationId, async (tx) => {
    const { rows } = await sql<{ status: string; state: string; code: string | null; card: boolean; sends: number; asks: number }>`
      select t.status, d.state, t.cause->>'code' as code, t.sends,
        (select count(*)::int from jsonb_array_elements(t.story) s where s->>'what' in ('asked','interrupted')) as asks,
        exists (select 1 from cause_case k where k.organization_id = t.organization_id and k.connection_id = t.connection_id
          and k.code = t.cause->>'code' and k.closed_at is null) as card
      from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
      where t.organization_id = ${organizationId}`.execute(tx);
    const open = rows.filter((row) => row.status !== 'accepted' || row.state !== 'issued');
    const told = (row: (typeof rows)[number]) => `${row.status} ${row.code ?? ''}`;
    return {
      issued: rows.length - open.length,
      onCard: open.filter((row) => row.card).map(told),
      lost: open.filter((row) => !row.card).map(told),
      mostSends: Math.max(0, ...rows.map((row) => row.sends)),
      mostAsks: Math.max(0, ...rows.map((row) => row.asks)),
    };
  });
}

function judged(limit: number, calls: { at: number }[]) {
  const most = busiest(calls);
  return { limit, busiest: most, bound: most >= limit - keptForPersons(limit) };
}

/** Most requests within any sixty seconds, wherever they begin. */
function busiest(calls: { at: number }[]): number {
  let most = 0;
  let first = 0;
  calls.forEach((call, i) => {
    while (call.at - calls[first]!.at >= 60_000) first++;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

if (process.argv[1]?.endsWith('infakt-campaign.ts')) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      orders: { type: 'string', default: '1000' },
      'no-faults': { type: 'boolean', default: false },
    },
  });
  const store = await openEmbedded('memory:', { durable: false });
  await migrate(store);
  const options = { seed: Number(values.seed), orders: Number(values.orders), faults: !values['no-faults'] };
  const result = await infaktCampaign(store, options);
  process.stdout.write(`${JSON.stringify({ ...options, ...result }, null, 2)}\n`);
  await store.close();
  const whole = result.issued + result.onCard.length === options.orders && result.twins.length + result.lost.length === 0;
  process.exitCode = whole && result.refusedByLimit === 0 ? 0 : 1;
}
