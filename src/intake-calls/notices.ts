import { sql } from 'kysely';
import type { Nudge } from '../contract/connector.ts';
import { closeCases, openCase } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, type Tx } from '../store/index.ts';

/**
 * Notices of providers. A notice proves nothing: it is a reason to read again now instead of a little later. So replays, wrong orders
 * and lost ones change nothing but the time; a provider that has fallen silent is noticed, and polling carries on.
 */
type Of = { id: string; organization_id: string };
type DocumentNudge = Exclude<Nudge, { about: string } | { claim: string }>;

/** The provider asked whether the address is ours. */
export async function verified(tx: Tx, ctx: Context, { id, organization_id }: Of, secret: 'right' | 'wrong' | 'unknown'): Promise<void> {
  const now = ctx.now();
  const state = secret === 'unknown' ? {} : { secret_state: secret };
  await tx
    .insertInto('connection_notice')
    .values({ organization_id, connection_id: id, verified_at: now, ...state })
    .onConflict((c) => c.columns(['organization_id', 'connection_id']).doUpdateSet({ verified_at: now, ...state }))
    .execute();
  await announce(tx, organization_id, 'connections', id);
}

/** A notice that its provider signed: the way works, so a card that says otherwise is over. */
export async function noticeCame(tx: Tx, ctx: Context, { id, organization_id }: Of, event: string): Promise<void> {
  const now = ctx.now().toISOString();
  await sql`
    insert into connection_notice as n (organization_id, connection_id, first_at, last_at, last_event, secret_state, count)
    values (${organization_id}, ${id}, ${now}::timestamptz, ${now}::timestamptz, ${event}, 'right', 1)
    on conflict (organization_id, connection_id) do update set first_at = coalesce(n.first_at, excluded.first_at), last_at = excluded.last_at,
      last_event = excluded.last_event, secret_state = 'right', count = n.count + 1`.execute(tx);
  await closeCases(tx, ctx, organization_id, id, 'system', (c) => c.code === 'NOTICES_SILENT');
  await announce(tx, organization_id, 'connections', id);
}

/** What the notice is about is read again: something pending is looked at, an accepted document is read. */
export async function nudge(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  about: Exclude<Nudge, { claim: string }>,
): Promise<void> {
  if ('about' in about) return nudgeCharge(tx, ctx, organizationId, connectionId, about.about);
  const pending = await pendingOf(tx, organizationId, connectionId, about);
  if (pending.length > 0) {
    await tx
      .updateTable('transfer')
      .set({ next_at: ctx.now(), updated_at: ctx.now() })
      .where('organization_id', '=', organizationId)
      .where('id', 'in', pending)
      .where('status', '=', 'pending')
      .execute();
    await ctx.jobs.enqueue(
      tx,
      'transfer',
      pending.map((id) => ({ organizationId, id })),
    );
  }
  const accepted = await acceptedOf(tx, organizationId, connectionId, about);
  await ctx.jobs.enqueue(
    tx,
    'settle',
    accepted.map((id) => ({ organizationId, id })),
  );
}

const most = 5;

async function pendingOf(tx: Tx, organizationId: string, connectionId: string, about: DocumentNudge): Promise<string[]> {
  if ('number' in about) return [];
  // A ticket may carry more after a bar: what comes first is what the provider knows.
  const which =
    'ticket' in about
      ? sql`(ticket = ${about.ticket} or starts_with(ticket, ${`${about.ticket}|`}))`
      : sql`settings->>'providerId' = any(${about.providerIds}::text[])`;
  const { rows } = await sql<{ id: string }>`
    select id from transfer where organization_id = ${organizationId} and connection_id = ${connectionId} and status = 'pending' and ${which}
    order by id limit ${most}`.execute(tx);
  return rows.map((r) => r.id);
}

async function acceptedOf(tx: Tx, organizationId: string, connectionId: string, about: DocumentNudge): Promise<string[]> {
  if ('ticket' in about) return [];
  const which = 'number' in about ? sql`d.number = ${about.number}` : sql`t.made->>'providerId' = any(${about.providerIds}::text[])`;
  const { rows } = await sql<{ id: string }>`
    select t.id from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
    where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.status = 'accepted' and t.verb = 'issue' and ${which}
    limit ${most}`.execute(tx);
  return rows.map((r) => r.id);
}

/**
 * Documents were accepted and no notice came for so long although the address was verified: the provider has switched them off. Told
 * once, on a card that the next notice closes. Run every minute.
 */
export async function sweepNotices(ctx: Context): Promise<void> {
  const now = ctx.now();
  for (const connector of ctx.connectors.values()) {
    const { notices, id } = connector.manifest;
    if (!notices) continue;
    const { rows } = await sql<{ organization_id: string; id: string; since: Date }>`
      select c.organization_id, c.id, coalesce(n.last_at, n.verified_at) as since
      from connection c join connection_notice n on n.organization_id = c.organization_id and n.connection_id = c.id
      where c.connector = ${id} and c.status = 'active' and n.verified_at is not null
        and exists (select 1 from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
          where t.organization_id = c.organization_id and t.connection_id = c.id and t.verb = 'issue' and t.status = 'accepted'
            and d.issued_at > coalesce(n.last_at, n.verified_at)
            and d.issued_at <= ${new Date(now.getTime() - notices.silentAfterMs).toISOString()}::timestamptz)
        and not exists (select 1 from cause_case k where k.organization_id = c.organization_id and k.connection_id = c.id and k.code = 'NOTICES_SILENT' and k.closed_at is null)
      limit 200`.execute(ctx.store.db);
    for (const row of rows)
      await ctx.store.org(row.organization_id, (tx) =>
        openCase(tx, ctx, row.organization_id, row.id, {
          code: 'NOTICES_SILENT',
          params: { since: `${row.since.toISOString().slice(0, 16).replace('T', ' ')} UTC` },
        }),
      );
  }
}

/** A notice of a card processor: the charge of our reference, or the mandate of its id, is read again. */
async function nudgeCharge(tx: Tx, ctx: Context, organizationId: string, connectionId: string, about: string): Promise<void> {
  const at = about.indexOf(':');
  const [kind, name] = [about.slice(0, at), about.slice(at + 1)];
  const found =
    kind === 'charge'
      ? await tx.selectFrom('charge').select('id').where('organization_id', '=', organizationId).where('reference', '=', name).execute()
      : kind === 'mandate'
        ? await tx
            .selectFrom('mandate')
            .select('id')
            .where('organization_id', '=', organizationId)
            .where('connection_id', '=', connectionId)
            .where('processor_id', '=', name)
            .execute()
        : [];
  await ctx.jobs.enqueue(
    tx,
    'charge',
    found.map(({ id }) => ({ organizationId, id })),
  );
}
