import { sql } from 'kysely';
import { folderTransfers } from '../agents/index.ts';
import { openConnection, readConnection, saveConnection } from '../connections/index.ts';
import type { FollowUp } from '../contract/connector.ts';
import { blockedSeries, causeOf, closeCases } from '../diagnosis/index.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, storeFile, type Tx } from '../store/index.ts';
import { askFollowUp, clearDocument, issueInTransaction, listSeries, saveSeries, type Who } from '../toissue/index.ts';
import {
  asksAllowed,
  asksOf,
  type DocumentRecord,
  isHeldBack,
  leaseMs,
  limitsOf,
  lockDocumentsOf,
  lockGate,
  readOrAsk,
  type Transfer,
} from './engine.ts';
import { fileName, probeNext, update } from './record.ts';
import { requestOf } from './request.ts';
import { minuteMs } from './times.ts';

/** What persons, notices and the clock do with transfers: resuming, answering, asking again, sweeping. */

/** Something worked that was sent at this moment: it proves the connection and its series, but nothing of a card that opened later. */
export type Worked = { at: Date; seriesId: string | null };
/** A person's word: it holds for the connection, where it is not about series alone, and for these series. */
type Word = { connection: boolean; series: string[] };

/** Makes a blocked connection active again, closes the cards that are mended and nudges everything that waits on it. */
export async function reopen(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  actor: string,
  because: { worked: Worked[] } | { word: Word },
): Promise<void> {
  const worked = 'worked' in because ? because.worked : undefined;
  // Most of what works finds a connection that works and no card: one look, nothing written.
  const { rows: looked } = await sql<{ matters: boolean }>`
    select status = 'blocked' or not ever_worked or exists (select 1 from cause_case where organization_id = ${organizationId} and connection_id = ${connectionId} and closed_at is null) as matters
    from connection where organization_id = ${organizationId} and id = ${connectionId}`.execute(tx);
  if (!looked[0]?.matters && worked) return;
  const open = await tx
    .selectFrom('cause_case as k')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'k.organization_id').onRef('c.id', '=', 'k.connection_id'))
    .select(['k.id', 'k.code', 'k.series_id', 'k.opened_at', 'c.connector'])
    .where('k.organization_id', '=', organizationId)
    .where('k.connection_id', '=', connectionId)
    .where('k.closed_at', 'is', null)
    .execute();
  const isProven = (k: { opened_at: Date; series_id: string | null }) =>
    'word' in because
      ? k.series_id === null
        ? because.word.connection
        : because.word.series.includes(k.series_id)
      : because.worked.some((w) => w.at >= k.opened_at && (k.series_id === null || k.series_id === w.seriesId));
  const stopping = (k: { code: string; connector: string }) => causeOf(ctx, k.connector, k.code).stops;
  const ofConnection = open.filter((k) => k.series_id === null && ['connection', 'series'].includes(stopping(k)));
  const ofSeries = open.filter((k) => k.series_id !== null);
  // Cards of single documents are not mended by another one that worked.
  const mended = new Set([...ofConnection, ...ofSeries].filter(isProven).map((k) => k.id));
  // What was under way when the connection stopped may still be answered with a yes: that mends nothing.
  const isFree = ofConnection.every(isProven);
  const { numUpdatedRows } = isFree
    ? await tx
        .updateTable('connection')
        .set({ status: 'active', ever_worked: true, updated_at: ctx.now() })
        .where('organization_id', '=', organizationId)
        .where('id', '=', connectionId)
        .where((e) => e.or([e('status', '=', 'blocked'), e.and([e('status', '=', 'active'), e('ever_worked', '=', false)])]))
        .executeTakeFirst()
    : { numUpdatedRows: 0n };
  if (numUpdatedRows === 0n && mended.size === 0 && worked) return;
  await closeCases(tx, ctx, organizationId, connectionId, actor, (k) => mended.has(k.id));
  // The connection is locked by now, and who holds one of these may want it: he sees to that one himself, and is not waited for (ADR 3).
  const { rows: waiting } = await sql<{ id: string }>`
    update transfer set next_at = null where organization_id = ${organizationId} and id in (
      select t.id from transfer t where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.status = 'waiting' and not ${isHeldBack}
      order by t.id for no key update of t skip locked) returning id`.execute(tx);
  const due = await tx
    .selectFrom('transfer')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('status', 'in', ['unknown', 'pending'])
    .where('next_at', 'is not', null)
    .execute();
  // One nudge: whoever takes it goes on with everything that is due on the connection.
  const [next] = [...waiting, ...due];
  if (next) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: next.id }]);
  await announce(tx, organizationId, 'connections', connectionId);
}

/**
 * "I have mended it": tries one document of the connection, or of each series that is stopped (of `seriesId` alone); when that works,
 * the card closes and all go by themselves. `all` goes on with the next one if the first fails by a fault of its own. Returns how many
 * are set in motion.
 */
export async function resumeConnection(
  ctx: Context,
  organizationId: string,
  actor: string,
  connectionId: string,
  mode: 'one' | 'all',
  seriesId?: string,
): Promise<number> {
  return ctx.store.org(organizationId, async (tx) => {
    await lockGate(tx, organizationId, connectionId);
    await tx
      .updateTable('connection_gate')
      .set({ open_until: null, failures: 0 })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .execute();
    const { status } = await tx
      .selectFrom('connection')
      .select('status')
      .where('organization_id', '=', organizationId)
      .where('id', '=', connectionId)
      .executeTakeFirstOrThrow();
    if (status === 'removed') return 0;
    const of = { organization_id: organizationId, connection_id: connectionId };
    let moved = 0;
    if (status === 'blocked') {
      const waiting = await waitingOn(tx, of);
      const probing = await probeNext(tx, ctx, of, { mode, seriesId: null });
      // Nothing waits that could prove it: go on at once.
      const held = await blockedSeries(tx, organizationId, connectionId);
      const word = { connection: true, series: held.map((k) => k.series_id!) };
      if (!probing) await reopen(tx, ctx, organizationId, connectionId, actor, { word });
      moved = mode === 'one' && probing ? 1 : waiting;
    } else {
      const free: string[] = [];
      const held = new Set((await blockedSeries(tx, organizationId, connectionId)).map((k) => k.series_id!));
      for (const id of held) {
        if (seriesId && id !== seriesId) continue;
        const waiting = await waitingOn(tx, of, id);
        if (await probeNext(tx, ctx, of, { mode, seriesId: id })) moved += mode === 'one' ? 1 : waiting;
        else free.push(id);
      }
      if (!seriesId) moved += await waitingOn(tx, of, null);
      // Nothing stood in the way of the rest: it goes on at once.
      const word = { connection: !seriesId, series: free };
      if (!seriesId || free.length > 0) await reopen(tx, ctx, organizationId, connectionId, actor, { word });
    }
    await audit(tx, organizationId, actor, ctx.now(), [
      { action: 'connection resumed', entity: 'connection', entityId: connectionId, data: { mode, ...(seriesId ? { seriesId } : {}) } },
    ]);
    return moved;
  });
}

/** Settings were changed: series that are stopped try with them, each by one document. */
export async function tryHeldSeries(ctx: Context, who: Who, connectionId: string, seriesId?: string): Promise<void> {
  const held = await ctx.store.org(who.organizationId, (tx) => blockedSeries(tx, who.organizationId, connectionId));
  if (held.some((k) => seriesId === undefined || k.series_id === seriesId))
    await resumeConnection(ctx, who.organizationId, who.actor, connectionId, 'all', seriesId);
}

/** How many wait: on the connection, of one series, or (null) of the series that are not stopped. */
async function waitingOn(tx: Tx, of: { organization_id: string; connection_id: string }, seriesId?: string | null): Promise<number> {
  const which =
    seriesId === undefined
      ? sql`true`
      : seriesId === null
        ? sql`not ${isHeldBack}`
        : sql`t.verb = 'issue' and exists (select 1 from document d where d.organization_id = t.organization_id and d.id = t.document_id and d.series_id = ${seriesId}::uuid)`;
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from transfer t where t.organization_id = ${of.organization_id}
    and t.connection_id = ${of.connection_id} and t.status = 'waiting' and ${which}`.execute(tx);
  return Number(rows[0]!.n);
}

/** "I have mended it" on a card: a connection goes on, single documents are sent or asked about again. */
export async function mendedCause(ctx: Context, who: Who, caseId: string, mode: 'one' | 'all'): Promise<number | undefined> {
  const found = await ctx.store.org(who.organizationId, async (tx) => {
    const card = await tx
      .selectFrom('cause_case as k')
      .innerJoin('connection as c', (join) =>
        join.onRef('c.organization_id', '=', 'k.organization_id').onRef('c.id', '=', 'k.connection_id'),
      )
      .select(['k.connection_id', 'k.series_id', 'k.code', 'c.connector'])
      .where('k.organization_id', '=', who.organizationId)
      .where('k.id', '=', caseId)
      .where('k.closed_at', 'is', null)
      .executeTakeFirst();
    if (!card || causeOf(ctx, card.connector, card.code).stops !== 'document') return card && { card, ids: undefined };
    const { rows } = await sql<{
      id: string;
    }>`select id from transfer where organization_id = ${who.organizationId} and connection_id = ${card.connection_id}
      and status in ('rejected','unknown') and cause->>'code' = ${card.code} order by created_at, id limit ${mode === 'one' ? 1 : 10_000}`.execute(
      tx,
    );
    return { card, ids: rows.map((r) => r.id) };
  });
  if (!found) return undefined;
  const { card } = found;
  if (!found.ids) return resumeConnection(ctx, who.organizationId, who.actor, card.connection_id!, mode, card.series_id ?? undefined);
  let moved = 0;
  for (const id of found.ids) if ((await resendTransfer(ctx, who, id)) === 'sent on its way') moved++;
  return moved;
}

/**
 * Takes the setting that the card offers, of its series where that has one of its own, else of the connection, and goes on with all that
 * waits. Returns how many are set in motion, why the setting was refused, that the card offers nothing, or undefined without a card.
 */
export async function changeForCause(
  ctx: Context,
  who: Who,
  caseId: string,
): Promise<number | { findings: Finding[] } | 'nothing offered' | undefined> {
  const { organizationId } = who;
  const found = await ctx.store.org(organizationId, async (tx) => {
    const card = await tx
      .selectFrom('cause_case')
      .select(['connection_id', 'series_id', 'code'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', caseId)
      .where('closed_at', 'is', null)
      .executeTakeFirst();
    if (!card) return undefined;
    const connection = card.connection_id ? await readConnection(tx, organizationId, card.connection_id) : undefined;
    const change = connection && causeOf(ctx, connection.connector, card.code).change;
    const series = card.series_id ? (await listSeries(tx, organizationId)).find((s) => s.id === card.series_id) : undefined;
    return change ? { change, connection, series } : ('nothing offered' as const);
  });
  if (found === undefined || found === 'nothing offered') return found;
  const { change, connection, series } = found;
  const set = { [change.setting]: change.value };
  const saved = series?.settings[change.setting]
    ? await saveSeries(ctx, who, {
        id: series.id,
        name: series.name,
        kind: series.kind,
        pattern: series.pattern,
        reset: series.reset,
        numberOwner: series.number_owner,
        settings: { ...series.settings, ...set },
      })
    : await saveConnection(
        ctx,
        who,
        { connector: connection.connector, name: connection.name, settings: { ...connection.settings, ...set } },
        connection.id,
      );
  return 'findings' in saved ? saved : mendedCause(ctx, who, caseId, 'all');
}

/** A person says whether the look-alike at the provider is this document. */
export async function answerLikeness(ctx: Context, who: Who, transferId: string, number: string, same: boolean): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (transfer?.status !== 'unknown') return false;
    const settings = { ...transfer.settings, ...(same ? { adopt: number } : { different: number }), askUpTo: asksOf(transfer) + 1 };
    await tx
      .updateTable('transfer')
      .set({ settings: json(settings), next_at: ctx.now(), updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: who.organizationId, id: transferId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      {
        action: same ? 'look-alike adopted' : 'look-alike refused',
        entity: 'document',
        entityId: transfer.document_id,
        data: { number, reference: transfer.reference },
      },
    ]);
    return true;
  });
}

/** Looked for and not found: a person says that it is to be sent once more. It is looked for a last time right before. */
export async function sendOnceMore(ctx: Context, who: Who, transferId: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (transfer?.status !== 'unknown' || (transfer.cause as { code?: string } | null)?.code !== 'NOTHING_FOUND') return false;
    await tx
      .updateTable('transfer')
      .set({
        settings: json({ ...transfer.settings, sendAgain: true }),
        next_at: ctx.now(),
        updated_at: ctx.now(),
      })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: who.organizationId, id: transferId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      {
        action: 'sent once more by a person’s word',
        entity: 'document',
        entityId: transfer.document_id,
        data: { reference: transfer.reference },
      },
    ]);
    return true;
  });
}

async function lockTransfer(tx: Tx, organizationId: string, id: string): Promise<Transfer | undefined> {
  await lockDocumentsOf(tx, organizationId, [id]);
  return tx
    .selectFrom('transfer')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

type ResendResult = 'sent on its way' | 'not found' | 'nothing to send' | 'asked often enough';

/** Sends a refused transfer again after something was mended outside, or asks once more about one that cannot be settled. */
export async function resendTransfer(ctx: Context, who: Who, transferId: string): Promise<ResendResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (!transfer) return 'not found';
    if (!['rejected', 'unknown', 'waiting', 'pending'].includes(transfer.status)) return 'nothing to send';
    const connection = await readConnection(tx, who.organizationId, transfer.connection_id);
    const limits = limitsOf(ctx, connection!.connector);
    const asks = asksOf(transfer, limits);
    if (transfer.status === 'unknown' && asks >= asksAllowed(limits).ever) return 'asked often enough';
    // Refused by the authority, the document goes as a whole: changed at the provider, then reported.
    if (transfer.status === 'rejected' && transfer.verb === 'report' && (await isRefused(tx, transfer))) {
      const [issued] = await issueInTransaction(tx, ctx, who, [transfer.document_id], {});
      return issued?.outcome === 'submitted' ? 'sent on its way' : 'nothing to send';
    }
    if (transfer.status === 'rejected' && !(await submitAgain(tx, ctx, who, transfer))) return 'nothing to send';
    await tx
      .updateTable('transfer')
      .set({
        // What may exist over there is asked for, never sent.
        status: transfer.status === 'rejected' ? 'waiting' : transfer.status,
        next_at: ctx.now(),
        settings: json({ ...transfer.settings, askUpTo: Math.max(asks + 1, asksAllowed(limits).now) }),
        updated_at: ctx.now(),
      })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: who.organizationId, id: transferId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'transfer tried again', entity: 'document', entityId: transfer.document_id, data: { reference: transfer.reference } },
    ]);
    return 'sent on its way';
  });
}

async function isRefused(tx: Tx, transfer: Transfer): Promise<boolean> {
  const { rows } =
    await sql`select 1 from document where organization_id = ${transfer.organization_id} and id = ${transfer.document_id} and state = 'refused'`.execute(
      tx,
    );
  return rows.length > 0;
}

/** A refused document is open for mending; on its way again it is closed (move `submit`). One in the queue is issued there, not sent from here. */
async function submitAgain(tx: Tx, ctx: Context, who: Who, transfer: Transfer): Promise<boolean> {
  const document = await tx
    .selectFrom('document')
    .select(['state', 'version'])
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', transfer.document_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (document.state === 'issued' || document.state === 'submitted') return true;
  if (document.state !== 'refused' || transfer.verb !== 'issue') return false;
  await tx
    .updateTable('document')
    .set({ state: 'submitted', version: document.version + 1, findings: json([]), hold_codes: [], held: false, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', transfer.document_id)
    .execute();
  return true;
}

type Verb = FollowUp | 'remove';

/** Something more to do at the provider about a document that it holds: register its payment, delete a proforma, mail it, report it. */
export async function requestTransfer(ctx: Context, who: Who, documentId: string, verb: Verb): Promise<{ transferId: string } | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const id = await askFollowUp(tx, ctx, who, documentId, verb);
    return id ? { transferId: id } : undefined;
  });
}

const rereadEveryMs = 10 * minuteMs;
/** A provider whose patience has no end that we know of. */
const manyRereads = 500;

/** Reads an accepted document at the provider again: a notice came about it, or its PDF is still missing. The notice itself proves nothing. */
export async function readAgain(ctx: Context, organizationId: string, transferId: string): Promise<void> {
  const seen = await ctx.store.org(organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, organizationId, transferId);
    if (transfer?.status !== 'accepted' || transfer.verb !== 'issue') return undefined;
    const connection = await tx
      .selectFrom('connection')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', transfer.connection_id)
      .executeTakeFirstOrThrow();
    const { rereadEveryMs: every = rereadEveryMs } = limitsOf(ctx, connection.connector);
    if (asksOf(transfer) >= (every < rereadEveryMs ? manyRereads : asksAllowed({}).ever)) return undefined;
    const last = transfer.story.findLast((s) => s.what === 'read again');
    const again = last && Date.parse(last.at) + every;
    if (again && again > ctx.now().getTime()) {
      // The notice came soon after the last reading: what it is about may have happened since.
      await ctx.jobs.enqueue(tx, 'settle', [{ organizationId, id: transferId }], { startAfter: new Date(again) });
      return undefined;
    }
    const document = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', transfer.document_id)
      .executeTakeFirstOrThrow();
    const ready = await requestOf(tx, transfer, document, false);
    if (connection.status !== 'active' || !('request' in ready)) return undefined;
    await update(tx, transfer, ctx.now(), {}, { what: 'read again' });
    return { transfer, connection, document, request: ready.request };
  });
  if (!seen) return;
  const { transfer, document, request } = seen;
  const open = openConnection(ctx, seen.connection);
  const transfers = open.session.transfers ?? folderTransfers(ctx, open);
  if (!transfers) return;
  const providerId = (transfer.made as { providerId?: string } | null)?.providerId;
  const found = await readOrAsk({ transfers, request, transfer }, providerId);
  const pdf =
    found.found === 'present' && !document.pdf_file_id
      ? (found.made.pdf ?? (await transfers.pdf(found.made, request).catch(() => undefined)))
      : undefined;
  await ctx.store.org(organizationId, async (tx) => {
    const now = ctx.now();
    await lockDocumentsOf(tx, organizationId, [transferId]);
    if (found.found === 'present') {
      const { pdf: _, ...facts } = found.made;
      await tx
        .updateTable('transfer')
        .set({ made: json({ ...transfer.made, ...facts }), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
      await keepPdf(tx, ctx, document, pdf);
      if (facts.clearance)
        await clearDocument(tx, ctx, { organizationId, actor: `connection:${seen.connection.name}` }, document.id, facts.clearance);
    } else if (found.found === 'absent' && transfers.read && providerId) {
      await tx
        .updateTable('transfer')
        .set({ cause: json({ code: 'GONE_AT_PROVIDER', params: { number: document.number ?? '' } }), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
    } else if (found.found === 'unclear') {
      const { shutUntil } = open.requests;
      if (shutUntil)
        await ctx.jobs.enqueue(tx, 'settle', [{ organizationId, id: transferId }], {
          startAfter: new Date(Math.max(shutUntil.getTime(), now.getTime() + rereadEveryMs)),
        });
      await tx
        .updateTable('transfer')
        .set({ cause: json(found.cause), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
    }
    await announce(tx, organizationId, 'documents', document.id);
  });
  await open.save();
}

async function keepPdf(tx: Tx, ctx: Context, document: DocumentRecord, pdf: Uint8Array | undefined): Promise<void> {
  if (!pdf) return;
  const { id } = await storeFile(tx, document.organization_id, ctx.now(), {
    name: fileName(document.number ?? document.id),
    mediaType: 'application/pdf',
    bytes: pdf,
  });
  await tx
    .updateTable('document')
    .set({ pdf_file_id: id })
    .where('organization_id', '=', document.organization_id)
    .where('id', '=', document.id)
    .where('pdf_file_id', 'is', null)
    .execute();
}

/**
 * Finds whatever a lost job left behind; run every minute. `restarted`: this is the only process and has just begun, so that nobody
 * else is sending; a request of the one before may still be worked on over there and is asked for after the usual wait.
 */
export async function sweepTransfers(ctx: Context, options: { restarted?: boolean; idleMs?: number } = {}): Promise<number> {
  const now = ctx.now();
  if (options.restarted) await takeBack(ctx);
  const { rows } = await sql<{ organization_id: string; id: string; connector: string; status: string; claimed_at: Date | null }>`
    select organization_id, id, connector, status, claimed_at from (
      select t.organization_id, t.id, c.connector, t.status, t.claimed_at,
        row_number() over (partition by t.organization_id, t.connection_id, t.status order by t.updated_at) as place
      from transfer t join connection c on c.organization_id = t.organization_id and c.id = t.connection_id
      where c.status in ('active','removed') and not ${isHeldBack} and t.updated_at < ${new Date(now.getTime() - (options.restarted ? 0 : (options.idleMs ?? minuteMs))).toISOString()}::timestamptz
        and ((t.status in ('waiting','unknown','pending') and (t.next_at <= ${now.toISOString()}::timestamptz or (t.next_at is null and t.status = 'waiting')))
          or t.status = 'sending')) due
    where place <= ${nudgesPerConnection} limit 1000`.execute(ctx.store.db);
  const due = rows.filter(
    (r) => r.status !== 'sending' || (r.claimed_at && now.getTime() - r.claimed_at.getTime() >= leaseMs(limitsOf(ctx, r.connector))),
  );
  for (const row of due)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: row.organization_id, id: row.id }]),
    );
  return due.length;
}

/** Whoever gets going takes the others with him. */
const nudgesPerConnection = 20;

async function takeBack(ctx: Context): Promise<void> {
  const rows = await ctx.store.system((tx) =>
    tx
      .selectFrom('transfer as t')
      .innerJoin('connection as c', (join) =>
        join.onRef('c.organization_id', '=', 't.organization_id').onRef('c.id', '=', 't.connection_id'),
      )
      .selectAll('t')
      .select('c.connector')
      .where('t.status', '=', 'sending')
      .execute(),
  );
  for (const { connector, ...transfer } of rows) {
    const next = new Date(transfer.claimed_at!.getTime() + limitsOf(ctx, connector).settleAfterMs);
    await ctx.store.org(transfer.organization_id, async (tx) => {
      await update(
        tx,
        transfer,
        ctx.now(),
        { status: 'unknown', next_at: next, cause: json({ code: 'NO_ANSWER' }) },
        { what: 'stopped while under way' },
      );
      await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: transfer.organization_id, id: transfer.id }], { startAfter: next });
    });
  }
}
