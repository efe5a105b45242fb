import { sql } from 'kysely';
import { agentCauses } from '../contract/agent/index.ts';
import type { Texts } from '../contract/manifest.ts';
import { fromMinor } from '../domain/money/money.ts';
import { type Context, eachAlone } from '../jobs/index.ts';
import { byLot, type Tx } from '../store/index.ts';
import { type CauseCase, closeCases } from './cases.ts';
import { causeOf, filled } from './explain.ts';

/** A card of the causes page: what happened, since when, what waits behind it, and what can be done about it here. */
type CauseCard = {
  id: string;
  connectionId: string | null;
  connectionName: string | null;
  connector: string | null;
  /** Only what this series makes waits; everything else of the connection goes on. */
  series: { id: string; name: string } | null;
  code: string;
  params: Record<string, string>;
  stops: 'document' | 'series' | 'connection' | 'nothing';
  documents: number;
  first: BlockedDocument[];
  openedAt: string;
  title: Texts;
  text: Texts;
  remedy: Texts;
  whoMends: string;
  retryHelps: boolean;
  link: string | null;
  /** `answer`: is the look-alike this document? `one`, `all`: mended, go on. */
  actions: ('one' | 'all' | 'answer')[];
  /** A setting of ours that lets everything go on, by a person's word. */
  change: { label: Texts; about: Texts } | null;
};
type BlockedDocument = {
  documentId: string;
  transferId: string;
  number: string | null;
  orderNumber: string | null;
  buyer: string;
  gross: string;
  currency: string;
  status: string;
  params: Record<string, string>;
};

const maxCards = 200;
const shownDocuments = 5;

export async function listCauses(tx: Tx, ctx: Pick<Context, 'connectors'>, organizationId: string): Promise<CauseCard[]> {
  const rows = await tx
    .selectFrom('cause_case as k')
    .leftJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'k.organization_id').onRef('c.id', '=', 'k.connection_id'))
    .leftJoin('series as s', (join) => join.onRef('s.organization_id', '=', 'k.organization_id').onRef('s.id', '=', 'k.series_id'))
    .selectAll('k')
    .select(['c.name', 'c.connector', 's.name as series_name'])
    .where('k.organization_id', '=', organizationId)
    .where('k.closed_at', 'is', null)
    .orderBy('k.opened_at')
    .limit(maxCards)
    .execute();
  const cards: CauseCard[] = [];
  for (const row of rows) {
    const cause = causeOf(ctx, row.connector ?? undefined, row.code);
    const blocked = await blockedBy(tx, organizationId, row, cause.stops === 'document');
    // The card of single documents is over when the last of them is.
    if (cause.stops === 'document' && blocked.count === 0) continue;
    const params = cause.stops === 'document' ? { ...blocked.first[0]?.params, ...row.params } : row.params;
    cards.push({
      id: row.id,
      connectionId: row.connection_id,
      connectionName: row.name,
      connector: row.connector,
      series: row.series_id ? { id: row.series_id, name: row.series_name ?? '' } : null,
      code: row.code,
      params,
      stops: cause.stops,
      documents: blocked.count,
      first: blocked.first,
      openedAt: row.opened_at.toISOString(),
      title: filled(cause.title, params),
      text: filled(cause.text, params),
      remedy: filled(cause.remedy, params),
      whoMends: cause.whoMends,
      retryHelps: cause.retryHelps,
      link: cause.link ?? null,
      actions: ['LIKENESS_FOUND', 'NOTHING_FOUND'].includes(row.code) ? ['answer'] : cause.stops === 'nothing' ? [] : ['one', 'all'],
      change: cause.change ? { label: cause.change.label, about: cause.change.about } : null,
    });
  }
  return cards;
}

/** What was handed to an agent waits there, however far it got. */
const atTheAgent = new Set(agentCauses.map((c) => c.code));

async function blockedBy(
  tx: Tx,
  organizationId: string,
  { connection_id: connectionId, series_id: seriesId, code }: Pick<CauseCase, 'connection_id' | 'series_id' | 'code'>,
  ofDocuments: boolean,
): Promise<{ count: number; first: BlockedDocument[] }> {
  const which = ofDocuments
    ? sql`t.status in ('rejected','unknown') and t.cause->>'code' = ${code}`
    : seriesId
      ? sql`t.status = 'waiting' and t.verb = 'issue' and d.series_id = ${seriesId}::uuid`
      : atTheAgent.has(code)
        ? sql`t.status in ('waiting','pending')`
        : sql`(t.status = 'waiting' or (t.status = 'unknown' and t.cause->>'code' = ${code}))`;
  const { rows } = await sql<{
    n: bigint;
    document_id: string;
    transfer_id: string;
    number: string | null;
    order_number: string | null;
    buyer_name: string;
    gross_minor: bigint;
    currency: string;
    status: string;
    cause: { params?: Record<string, string> } | null;
  }>`
    select count(*) over () as n, d.id as document_id, t.id as transfer_id, d.number, d.order_number, d.buyer_name, d.gross_minor, d.currency, t.status, t.cause
    from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
    where t.organization_id = ${organizationId} and (t.connection_id = ${connectionId}::uuid
      or t.connection_id in (select p.connection_id from agent_plugin p where p.organization_id = ${organizationId} and p.agent_id = ${connectionId}::uuid)) and d.state in ('submitted','refused','issued') and ${which}
    order by t.created_at, t.id limit ${shownDocuments}`.execute(tx);
  return {
    count: Number(rows[0]?.n ?? 0),
    first: rows.map((r) => ({
      documentId: r.document_id,
      transferId: r.transfer_id,
      number: r.number,
      orderNumber: r.order_number,
      buyer: r.buyer_name,
      gross: fromMinor(r.gross_minor, r.currency),
      currency: r.currency,
      status: r.status,
      params: r.cause?.params ?? {},
    })),
  };
}

/** Closes cards of single documents behind which none is left, and those of connections that are gone or that a series left. Run every minute. */
export async function sweepCases(ctx: Context): Promise<void> {
  const { rows } = await sql<{
    organization_id: string;
    id: string;
    connection_id: string;
    code: string;
    connector: string;
    status: string;
    moved: boolean;
    left: bigint;
  }>`
    select k.organization_id, k.id, k.connection_id, k.code, c.connector, c.status,
      exists (select 1 from series s where s.organization_id = k.organization_id and s.id = k.series_id and s.connection_id is distinct from k.connection_id)
        and not exists (select 1 from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
          where t.organization_id = k.organization_id and t.connection_id = k.connection_id and d.series_id = k.series_id and t.status = 'waiting') as moved,
      (select count(*) from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
        where t.organization_id = k.organization_id and t.connection_id = k.connection_id and t.status in ('rejected','unknown') and t.cause->>'code' = k.code
          and d.state in ('submitted','refused','issued')) as left
    from cause_case k join connection c on c.organization_id = k.organization_id and c.id = k.connection_id
    where k.closed_at is null order by ${byLot(ctx.now(), 'k.id')} limit 1000`.execute(ctx.store.db);
  const over = rows.filter(
    (row) => row.status === 'removed' || row.moved || (causeOf(ctx, row.connector, row.code).stops === 'document' && row.left === 0n),
  );
  const close = (row: (typeof rows)[number]) =>
    ctx.store.org(row.organization_id, (tx) =>
      closeCases(tx, ctx, row.organization_id, row.connection_id, 'system', (c) => c.id === row.id),
    );
  await eachAlone(ctx, 'a card of a cause could not be closed', over, close, ({ id }) => ({ case: id }));
}
