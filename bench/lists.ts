import { sql } from 'kysely';
import type { Store } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { countDocuments, type DocumentQuery, queryDocuments } from '../src/toissue/index.ts';
import { benchContext } from './issue.ts';
import { keep, quantile, timed } from './measure.ts';

/** Queue, lists and search with many documents; made by SQL, for only their number matters here. */
async function fill(store: Store, organizationId: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 50_000) {
    const end = Math.min(to, at + 50_000);
    await sql`insert into document (organization_id, id, kind, state, purpose, currency, net_minor, tax_minor, gross_minor, buyer_name, content, search, created_at, updated_at, number, series_id, issue_date, issued_at, held)
      select ${organizationId}, gen_random_uuid(), 'invoice', case when n % 10 = 0 then 'to_issue' else 'issued' end, 'manual', 'PLN', 10000 + n % 977, 2300, 12300 + n % 977,
        'Kowalski ' || (n % 50021), '{}', 'kowalski ' || (n % 50021) || ' anna' || (n % 331) || ' fv' || n, timestamptz '2020-01-01' + n * interval '1 minute', now(),
        case when n % 10 <> 0 then 'FV/' || n end, (select id from series where organization_id = ${organizationId} and kind = 'invoice'), case when n % 10 <> 0 then (timestamptz '2020-01-01' + n * interval '1 minute')::date end,
        case when n % 10 <> 0 then timestamptz '2020-01-01' + n * interval '1 minute' end, n % 100 = 0
      from generate_series(${at}::int, ${end - 1}::int) n`.execute(store.db);
  }
  await sql.raw('analyze document').execute(store.db);
}

const pages: [name: string, query: DocumentQuery][] = [
  ['queue, newest first', { states: ['to_issue', 'refused'], limit: 100 }],
  ['queue, held only', { states: ['to_issue', 'refused'], held: true, limit: 100 }],
  ['queue, by buyer', { states: ['to_issue', 'refused'], sort: 'buyer', direction: 'asc', limit: 100 }],
  ['documents, newest issued first', { states: ['issued'], sort: 'issued', limit: 100 }],
  ['search, one buyer', { q: 'kowalski 4711', limit: 50 }],
  ['search, a number', { q: 'fv90001', limit: 50 }],
];

export async function benchLists(store: Store, name: string, sizes: number[]): Promise<void> {
  const ctx = await benchContext(store);
  try {
    const organizationId = await testOrganization(ctx, polishSeller);
    let filled = 0;
    for (const size of sizes) {
      await fill(store, organizationId, filled, size);
      filled = size;
      for (const [what, query] of pages) {
        const times: number[] = [];
        for (let i = 0; i < 30; i++)
          times.push(await timed(() => store.org(organizationId, (tx) => queryDocuments(tx, organizationId, query))));
        keep({ what: `${what}, ${size} documents (${name})`, value: quantile(times, 0.95), unit: 'ms p95', target: '≤ 50' });
      }
      const times: number[] = [];
      for (let i = 0; i < 15; i++)
        times.push(await timed(() => store.org(organizationId, (tx) => countDocuments(tx, organizationId, { states: ['to_issue'] }))));
      keep({ what: `count of the queue, ${size} documents (${name})`, value: quantile(times, 0.95), unit: 'ms p95', target: '≤ 50' });
    }
  } finally {
    await ctx.jobs.stop();
  }
}
