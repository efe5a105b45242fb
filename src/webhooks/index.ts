import { sql } from 'kysely';
import { type Context, hearChanges, type JobData } from '../jobs/index.ts';
import { announce, jsonRows, type Tx } from '../store/index.ts';
import { type Answer, send } from './call.ts';
import { collectEvents } from './events.ts';

const minuteMs = 60_000;
/** Ten tries over two days: what is down over a weekend night still gets everything. */
const waits = [1, 5, 15, 30, 60, 120, 360, 720, 1440].map((minutes) => minutes * minuteMs);
const atOnce = 8;
const leaseMs = minuteMs;
const keptMs = 30 * 24 * 60 * minuteMs;

type Owed = { id: string; body: string; attempts: number };
type Claim = { url: string; secret: string; until: Date; owed: Owed[] };

/** Job `webhook`: calls one endpoint, at most eight calls at once and by one process at a time, until nothing is due. */
export async function sendWebhooks(ctx: Context, { organizationId, id }: JobData, signal: AbortSignal): Promise<void> {
  let claim = await claimDue(ctx, organizationId, id);
  while (claim) {
    const { url, secret, owed, until } = claim;
    const answers = await Promise.all(owed.map((one) => send({ url, secret, id: one.id, body: one.body, at: ctx.now() }, signal)));
    // What was cut short by our own end is not the receiver's failure: it is called again.
    if (signal.aborted) return letGo(ctx, organizationId, id, until);
    await record(
      ctx,
      organizationId,
      id,
      owed.map((one, i) => ({ ...one, answer: answers[i]! })),
    );
    // An address that answers nothing is not asked a thousand times in a row: the sweep comes back.
    if (answers.every((answer) => answer.problem)) return letGo(ctx, organizationId, id, until);
    claim = await claimDue(ctx, organizationId, id, until);
  }
}

/** Takes the endpoint, or keeps it, and what is due. The row is locked before the look: whoever comes later finds it free or sees ours. */
function claimDue(ctx: Context, organizationId: string, id: string, held?: Date): Promise<Claim | undefined> {
  const now = ctx.now();
  const until = new Date(now.getTime() + leaseMs);
  return ctx.store.org(organizationId, async (tx) => {
    const endpoint = await tx
      .updateTable('webhook_endpoint')
      .set({ busy_until: until })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('active', '=', true)
      .where((e) => e.or([e('busy_until', 'is', null), e('busy_until', '<=', now), ...(held ? [e('busy_until', '=', held)] : [])]))
      .returning(['url', 'secret'])
      .executeTakeFirst();
    if (!endpoint) return undefined;
    const owed = await tx
      .selectFrom('webhook_delivery')
      .select(['id', 'body', 'attempts'])
      .where('organization_id', '=', organizationId)
      .where('endpoint_id', '=', id)
      .where('status', '=', 'waiting')
      .where((e) => e.or([e('next_at', 'is', null), e('next_at', '<=', now)]))
      .orderBy('created_at')
      .orderBy('id')
      .limit(atOnce)
      .execute();
    if (owed.length === 0) {
      await release(tx, organizationId, id, until);
      return undefined;
    }
    const secret = ctx.vault.open(`${organizationId}/${id}`, endpoint.secret).secret!.reveal();
    return { url: endpoint.url, secret, until, owed };
  });
}

async function release(tx: Tx, organizationId: string, id: string, until: Date): Promise<void> {
  await tx
    .updateTable('webhook_endpoint')
    .set({ busy_until: null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('busy_until', '=', until)
    .execute();
}

function letGo(ctx: Context, organizationId: string, id: string, until: Date): Promise<void> {
  return ctx.store.org(organizationId, (tx) => release(tx, organizationId, id, until));
}

function record(ctx: Context, organizationId: string, endpointId: string, calls: (Owed & { answer: Answer })[]): Promise<void> {
  const now = ctx.now();
  const rows = calls.map(({ id, attempts, answer: { status, problem } }) => {
    const wait = waits[attempts];
    return {
      id,
      status: !problem ? 'delivered' : wait === undefined ? 'failed' : 'waiting',
      attempts: attempts + 1,
      last_status: status ?? null,
      last_problem: problem ?? null,
      next_at: problem && wait !== undefined ? new Date(now.getTime() + wait) : null,
      delivered_at: problem ? null : now,
    };
  });
  return ctx.store.org(organizationId, async (tx) => {
    // An endpoint switched off meanwhile keeps what was stopped; what arrived has arrived.
    await sql`update webhook_delivery d set attempts = r.attempts, last_status = r.last_status, last_problem = r.last_problem,
        delivered_at = r.delivered_at, status = case when d.status = 'waiting' or r.status = 'delivered' then r.status else d.status end,
        next_at = case when d.status = 'waiting' then r.next_at end
      from json_to_recordset(${jsonRows(rows)}) as r(id uuid, status text, attempts int, last_status int, last_problem text, next_at timestamptz,
        delivered_at timestamptz)
      where d.organization_id = ${organizationId} and d.id = r.id`.execute(tx);
    if (rows.some((row) => row.status === 'failed')) await announce(tx, organizationId, 'webhooks', endpointId);
  });
}

/** Finds what no job knows of: entries not yet collected, calls whose time has come; forgets what is long over. */
export async function sweepWebhooks(ctx: Context): Promise<void> {
  const now = ctx.now();
  const organizations = await ctx.store.system((tx) =>
    tx.selectFrom('webhook_endpoint').select('organization_id').distinct().where('active', '=', true).execute(),
  );
  for (const { organization_id } of organizations) await collectEvents(ctx, organization_id);
  await ctx.store.system(async (tx) => {
    const { rows } = await sql<{ organization_id: string; id: string }>`
      select e.organization_id, e.id from webhook_endpoint e
      where e.active and (e.busy_until is null or e.busy_until <= ${now.toISOString()}::timestamptz) and exists (
        select 1 from webhook_delivery d where d.organization_id = e.organization_id and d.endpoint_id = e.id and d.status = 'waiting'
          and (d.next_at is null or d.next_at <= ${now.toISOString()}::timestamptz))`.execute(tx);
    await ctx.jobs.enqueue(
      tx,
      'webhook',
      rows.map((row) => ({ organizationId: row.organization_id, id: row.id })),
    );
    await tx
      .deleteFrom('webhook_delivery')
      .where('status', 'in', ['delivered', 'failed', 'stopped'])
      .where('created_at', '<', new Date(now.getTime() - keptMs))
      .execute();
  });
}

/** Collects soon after every change. */
export function hearForWebhooks(ctx: Context): Promise<void> {
  return hearChanges(ctx, { gatherMs: 200, failed: 'events for webhooks could not be collected' }, (id) => collectEvents(ctx, id));
}

/** Puts calls that were given up back into the queue, with all their tries. Returns how many. */
export async function retryWebhooks(tx: Tx, ctx: Context, organizationId: string, endpointId: string): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('webhook_delivery')
    .set({ status: 'waiting', attempts: 0, next_at: null })
    .where('organization_id', '=', organizationId)
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'failed')
    .executeTakeFirst();
  await ctx.jobs.enqueue(tx, 'webhook', [{ organizationId, id: endpointId }]);
  return Number(numUpdatedRows);
}
