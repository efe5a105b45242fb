import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { sql } from 'kysely';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { saveConnection } from '../src/connections/index.ts';
import { type Context, startJobs } from '../src/jobs/index.ts';
import type { Store } from '../src/store/index.ts';
import { testOrganization } from '../src/testkit/context.ts';
import { seriesGo } from '../src/testkit/hungarian.ts';
import { issueDocuments } from '../src/toissue/index.ts';
import { workTransfer } from '../src/transfer/index.ts';
import { benchContext, prepareMany } from './issue.ts';
import { keep, timed } from './measure.ts';

/** Transfer to a provider that answers 20 ms late, at the concurrency it allows, beside a bare HTTP client that sends the same requests. */
export async function startProvider(): Promise<{ url: string; key: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'provider.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout!.once('data', (chunk) => resolve(String(chunk)));
    child.once('exit', () => reject(new Error('the provider did not start')));
  });
  return { ...(JSON.parse(line) as { url: string; key: string }), child };
}

/** A Hungarian shop whose invoices go to the provider, which numbers them. */
export async function shopAt(ctx: Context, name: string, provider: { url: string; key: string }): Promise<string> {
  const organizationId = await testOrganization(ctx, {
    name,
    country: 'HU',
    seller: {
      name: 'Mérés Kft.',
      taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-42' }],
      street: 'Fő utca 2.',
      postalCode: '1011',
      city: 'Budapest',
      country: 'HU',
    },
    policies: { rates: { bySku: {}, byOffer: {}, byCategory: {}, default: { category: 'S', percent: '27', source: 'default' } } },
  });
  const who = { organizationId, actor: 'bench' };
  const made = await saveConnection(ctx, who, {
    connector: 'szamlazz',
    name: 'provider',
    baseUrl: provider.url,
    settings: {},
    secrets: { agentKey: provider.key },
  });
  if ('findings' in made) throw new Error('the connection could not be made');
  await seriesGo(ctx, who, ['invoice'], { connectionId: made.connection.id, numberOwner: 'provider', reporter: 'provider' });
  return organizationId;
}

async function openTransfers(store: Store, organizationId: string): Promise<{ open: number; accepted: number; causes: string }> {
  const { rows } = await sql<{ open: number; accepted: number; causes: string }>`
    select count(*) filter (where status in ('waiting','sending','pending','unknown'))::int as open, count(*) filter (where status = 'accepted')::int as accepted,
      coalesce(string_agg(distinct cause->>'code', ', '), '') as causes from transfer where organization_id = ${organizationId}`.execute(
    store.db,
  );
  return rows[0]!;
}

export async function benchTransfer(store: Store, name: string, count: number): Promise<void> {
  const provider = await startProvider();
  const base = await benchContext(store);
  const jobs = await startJobs(store, { work: true });
  const ctx: Context = { ...base, jobs, connectors: new Map([[szamlazz.manifest.id, szamlazz]]) };
  const concurrency = szamlazz.manifest.limits!.concurrency;
  try {
    const organizationId = await shopAt(ctx, 'Mérés', provider);
    const ids = await prepareMany(ctx, organizationId, count, 'HU');
    const results = await issueDocuments(ctx, { organizationId, actor: 'bench' }, ids);
    const refused = results.find((r) => r.outcome === 'refused');
    if (refused) throw new Error(`not issued: ${JSON.stringify(refused)}`);
    const cpu = process.cpuUsage();
    const ms = await timed(async () => {
      await jobs.work('transfer', { concurrency: 16, lanes: 8 }, ({ organizationId: o, id }, signal) =>
        workTransfer(ctx, o, id, { signal, waits: false }),
      );
      for (;;) {
        const { open } = await openTransfers(store, organizationId);
        if (open === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    const { user, system } = process.cpuUsage(cpu);
    const { accepted, causes } = await openTransfers(store, organizationId);
    if (accepted !== count) throw new Error(`${accepted} of ${count} accepted: ${causes}`);
    const bareMs = await bareClient(store, organizationId, provider.url, count, concurrency);
    keep({
      what: `transfer, ${concurrency} at once, 20 ms late (${name})`,
      value: (count / ms) * 1000,
      unit: 'documents/s',
      bare: (count / bareMs) * 1000,
      target: '≥ 0.9',
      note: `${((user + system) / 1000 / count).toFixed(1)} ms of CPU a document, ${store.embedded ? 'the database included' : 'ours alone'} (target ≤ 3)`,
    });
  } finally {
    await jobs.stop();
    await base.jobs.stop();
    provider.child.kill();
  }
}

/** The requests that went out, sent once more under other order numbers by nothing but `fetch`. */
async function bareClient(store: Store, organizationId: string, url: string, count: number, concurrency: number): Promise<number> {
  const { rows } = await sql<{
    request: string;
  }>`select request from transfer_try where organization_id = ${organizationId} and outcome = 'accepted' limit 1`.execute(store.db);
  const xml = rows[0]!.request;
  let next = 0;
  return timed(() =>
    Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (next < count) {
          const n = next++;
          const form = new FormData();
          const body = xml
            .replace(/<rendelesSzam>[^<]*/, `<rendelesSzam>bare-${n}`)
            .replace(/<szamlaKulsoAzon>[^<]*/, `<szamlaKulsoAzon>bare-${n}`);
          form.append('action-xmlagentxmlfile', new Blob([body], { type: 'text/xml' }), 'request.xml');
          const answer = await fetch(url, { method: 'POST', body: form });
          await answer.arrayBuffer();
        }
      }),
    ),
  );
}
