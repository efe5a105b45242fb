import { connector as infakt } from '../connectors/infakt/connector.ts';
import { startInfaktSimulator } from '../connectors/infakt/simulator.ts';
import { readConnection, saveConnection } from '../src/connections/index.ts';
import type { Store } from '../src/store/index.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { assignSeries, issueDocuments, listSeries, saveSeries } from '../src/toissue/index.ts';
import { resendTransfer, sendOnceMore, sweepTransfers, workTransfer } from '../src/transfer/index.ts';

/**
 * Many orders at once against an inFakt that loses answers, is down, answers with pages and is stopped between any two requests, by a
 * clock that is moved: how many invoices are there in the end, how many requests the busiest minute saw, and what a person had to say.
 */
export type CampaignResult = {
  documents: number;
  twins: string[];
  missing: string[];
  issued: number;
  personAsked: number;
  refusedByLimit: number;
  busiestMinute: { reads: number; writes: number };
  minutes: number;
  stopped: number;
  open: string[];
};

export async function infaktCampaign(store: Store, options: { seed: number; orders: number; faults: boolean }): Promise<CampaignResult> {
  const random = seededRandom(options.seed);
  const ctx = await testContext(store, { work: false, connectors: [infakt], now: '2026-11-20T06:00:00Z' });
  const simulator = await startInfaktSimulator({ now: () => ctx.now() });
  const sim = async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${simulator.url}/__sim/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  };
  const calls: { at: number; writes: boolean }[] = [];
  let refusedByLimit = 0;
  let stopped = 0;
  let end: () => void = () => {};
  let alive = ctx;
  /** A process that is killed: the step it was in goes no further and records nothing. */
  const killed = (): Promise<Response> => {
    stopped++;
    // The next process remembers nothing of this one.
    alive = { ...ctx };
    end();
    return new Promise(() => {});
  };
  // One step at a time: once a request has left, no further document is taken up.
  let step = new AbortController();
  const work = (id: string) => {
    step = new AbortController();
    const killedNow = new Promise<void>((resolve) => {
      end = resolve;
    });
    return Promise.race([workTransfer(alive, organizationId, id, { signal: step.signal }), killedNow]);
  };
  let organizationId = '';
  ctx.fetch = async (address, init) => {
    const at = ctx.now().getTime();
    step.abort();
    // Nothing on this machine takes time by itself: a request takes a twentieth of a second.
    ctx.clock.advance(50);
    calls.push({ at, writes: !/^get$/i.test(init?.method ?? 'GET') });
    if (options.faults && random() < 0.02) return killed();
    const response = await fetch(address, init);
    if (response.status === 429) refusedByLimit++;
    return options.faults && random() < 0.02 ? killed() : response;
  };
  try {
    organizationId = await testOrganization(ctx);
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
    await assignSeries(
      ctx,
      who,
      connection!,
      (await all()).filter((s) => kinds.includes(s.kind)).map((s) => s.id),
    );
    const series = await all();
    for (const { id, name, kind, pattern, reset, number_owner: numberOwner } of series.filter((s) => s.connection_id === connectionId)) {
      const settings = {
        pdfLanguage: 'pl',
        paymentDays: 7,
        ksef: 'never',
        correctionSeries: series.find((s) => s.kind === 'correction')!.id,
      };
      await saveSeries(ctx, who, { id, name, kind, pattern, reset, numberOwner, settings });
    }
    const payments = [{ method: 'card' as const, status: 'paid' as const, at: '2026-11-19T10:05:00Z' }];
    const sales = await storeSales(
      ctx,
      organizationId,
      Array.from({ length: options.orders }, () => saleOrder({ payments })),
    );
    await issueDocuments(
      ctx,
      who,
      sales.map((s) => s.documentId),
    );
    const begun = ctx.now().getTime();
    const modes = ['drop-before', 'drop-after', 'error-after', 'html500', 'down'];
    let personAsked = 0;
    for (let turn = 0; turn < options.orders * 60; turn++) {
      const now = ctx.now();
      const rows = await ctx.store.org(organizationId, (tx) =>
        tx
          .selectFrom('transfer')
          .select(['id', 'status', 'next_at', 'cause', 'claimed_at'])
          .where('organization_id', '=', organizationId)
          .where('status', 'not in', ['accepted', 'cancelled', 'rejected'])
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
      );
      if (rows.length === 0) break;
      for (const row of rows.filter((r) => r.status === 'unknown' && r.next_at === null)) {
        personAsked++;
        if ((row.cause as { code?: string } | null)?.code === 'NOTHING_FOUND') await sendOnceMore(ctx, who, row.id);
        else await resendTransfer(ctx, who, row.id);
      }
      const due = rows.find((r) => r.status !== 'sending' && (r.next_at ? r.next_at <= now : r.status === 'waiting'));
      // One fault in ten sends; faults that nobody meets would pile up for the last ones.
      if (options.faults && due?.status === 'waiting' && random() < 0.1)
        await sim('POST', 'faults', { on: 'create', mode: modes[Math.floor(random() * modes.length)], times: 1 });
      const before = calls.length;
      if (due) {
        await work(due.id);
      }
      if (!due || calls.length === before) {
        const next = rows.map((r) => r.next_at?.getTime() ?? 0).filter((at) => at > now.getTime());
        ctx.clock.set(Math.min(now.getTime() + 30_000, ...(next.length ? next : [now.getTime() + 30_000])));
        await sweepTransfers(ctx, { idleMs: 0 });
        const lost = rows.filter((r) => r.status === 'sending');
        for (const row of lost) await work(row.id);
      }
    }
    const there = (await sim('GET', 'documents')) as { number: string; orders: string[] }[];
    const marks = there.map((d) => d.orders.find((o) => o.startsWith('fk:')) ?? '');
    const rest = await ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('transfer')
        .select(['status', 'cause'])
        .where('organization_id', '=', organizationId)
        .where('status', '<>', 'accepted')
        .execute(),
    );
    const issued = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('document').select('id').where('organization_id', '=', organizationId).where('state', '=', 'issued').execute(),
    );
    return {
      documents: there.length,
      twins: marks.filter((mark, i) => marks.indexOf(mark) !== i),
      missing: sales.filter((s) => !marks.includes(`fk:${s.documentId}`)).map((s) => s.documentId),
      issued: issued.length,
      personAsked,
      refusedByLimit,
      busiestMinute: { reads: busiest(calls.filter((c) => !c.writes)), writes: busiest(calls.filter((c) => c.writes)) },
      minutes: Math.round((ctx.now().getTime() - begun) / 60_000),
      stopped,
      open: rest.map((r) => `${r.status} ${JSON.stringify(r.cause)}`),
    };
  } finally {
    await ctx.jobs.stop();
    await simulator.close();
  }
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
