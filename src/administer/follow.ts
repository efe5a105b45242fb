import { sql } from 'kysely';
import { openConnection, readConnection } from '../connections/index.ts';
import type { PartSeen, Seen } from '../contract/administer.ts';
import { causeOf } from '../diagnosis/index.ts';
import { toMinor } from '../domain/money/money.ts';
import { type Part, type PartState, partMoves, partSums } from '../domain/receivables/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, storeFile, type Tx } from '../store/index.ts';
import {
  factsOf,
  lockReceivable,
  openPrivate,
  ownerOfNumber,
  partOfRow,
  pdfKey,
  type Receivable,
  readPartRows,
  readParts,
  readReceivable,
  saveParts,
  sealPrivate,
} from './ledger.ts';

/**
 * Reading back. What the provider says is compared with the ledger, to the smallest unit; moves that are the provider's own (approved,
 * refused, expired) and those that people made in its portal are followed, and whatever cannot be followed is shown as a difference.
 */
const minuteMs = 60_000;
const lagMs = 10 * minuteMs;
/** A notice that nobody can look up is told as a difference after so long. */
const untoldMs = 24 * 60 * minuteMs;

export type Mismatch = {
  part: string;
  number: string;
  what: 'total' | 'remaining' | 'state' | 'unknown part' | 'missing';
  theirs: string;
  ours: string;
};

/** Reads one claim at the provider and takes over what it says; a notice's word counts where nothing else can be read. */
export async function follow(ctx: Context, organizationId: string, receivableId: string): Promise<Seen['seen'] | undefined> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const receivable = await readReceivable(tx, organizationId, receivableId);
    if (!receivable || receivable.state === 'adding') return undefined;
    const connection = (await readConnection(tx, organizationId, receivable.connection_id))!;
    return connection.status === 'active' ? { receivable, connection, parts: await readParts(tx, receivable) } : undefined;
  });
  if (!found || found.parts.length === 0) return undefined;
  const open = openConnection(ctx, found.connection);
  const { administers } = open.session;
  if (!administers) return undefined;
  const seen: Seen = await administers
    .read(factsOf(ctx, found.receivable, found.parts), found.parts)
    .catch((): Seen => ({ seen: 'unclear', cause: { code: 'NO_ANSWER' } }));
  await open.save();
  const before = JSON.stringify(found.parts);
  // One more look is enough, whoever asks for it.
  const looksAgain = found.receivable.heard !== null && (await ctx.jobs.underWay('receivable', [receivableId], 0)).size > 0;
  await ctx.store.org(organizationId, async (tx) => {
    const receivable = (await lockReceivable(tx, organizationId, receivableId))!;
    const now = ctx.now();
    const parts = await readParts(tx, receivable);
    // Something moved while we were reading: what we read is old already.
    if (JSON.stringify(parts) !== before) return;
    const shown = seen.seen === 'present' ? seen.parts : [];
    const says = receivable.heard ?? undefined;
    const heard = says && parts.find((p) => p.number === says.number);
    const read = heard && shown.find((s) => s.number === heard.number);
    // What can be read comes before a notice's word; a read that lags behind the notice is repeated for a while.
    const told = heard && (!read || read.sure === false) ? [{ number: heard.number, state: says.state as PartState }] : [];
    const lags =
      read !== undefined &&
      read.sure !== false &&
      read.state === heard!.state &&
      read.state !== says!.state &&
      now.getTime() - Date.parse(says!.at) < lagMs;
    const all: PartSeen[] = [...shown.filter((s) => !told.some((t) => t.number === s.number)), ...told];
    if (lags)
      await ctx.jobs.enqueue(tx, 'receivable', [{ organizationId, id: receivableId }], { startAfter: new Date(now.getTime() + minuteMs) });
    if (all.length === 0) {
      // Looked at and nothing seen: it is that long until the next look. Where nobody answered it is asked again.
      if (seen.seen !== 'unclear' || !causeOf(ctx, found.connection.connector, seen.cause.code).retryHelps)
        await tx
          .updateTable('receivable')
          .set({ read_at: now })
          .where('organization_id', '=', organizationId)
          .where('id', '=', receivableId)
          .execute();
      return;
    }
    const { next, mismatches, moves } = await takeOverOwn(tx, receivable, parts, all, now.toISOString(), seen.seen === 'present');
    // A notice that comes late tells what was before our own act. Only a look can say which of the two holds: it is made again, ever more seldom,
    // and nothing is told until a day has passed.
    const waited = says ? Math.abs(now.getTime() - Date.parse(says.at)) : untoldMs;
    const unanswered = seen.seen === 'unclear' && causeOf(ctx, found.connection.connector, seen.cause.code).retryHelps;
    if (mismatches.length > 0 && unanswered && waited < untoldMs) {
      const again = new Date(now.getTime() + Math.min(Math.max(waited, minuteMs), 60 * minuteMs));
      if (!looksAgain) await ctx.jobs.enqueue(tx, 'receivable', [{ organizationId, id: receivableId }], { startAfter: again });
      await tx
        .updateTable('receivable')
        .set({ read_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', receivableId)
        .execute();
      return;
    }
    if (JSON.stringify(next) !== before) await saveParts(tx, ctx, receivable, next);
    const urls = Object.fromEntries(
      all.flatMap((s) => {
        const part = next.find((p) => p.number === s.number || p.aliases.includes(s.number));
        return s.pdfUrl && part ? [[pdfKey(part.seq), s.pdfUrl.reveal()]] : [];
      }),
    );
    await tx
      .updateTable('receivable')
      .set({
        read_at: now,
        heard: json(lags ? says : null),
        mismatch: json(mismatches.length > 0 ? mismatches : null),
        ...(Object.keys(urls).length > 0 ? { private: sealPrivate(ctx, receivable, urls) } : {}),
        ...(seen.seen === 'present' && seen.providerOrderId ? { provider_order_id: seen.providerOrderId } : {}),
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', receivableId)
      .execute();
    // Active with an address and no document yet: it is fetched.
    await sql`update receivable_part set pdf_next_at = ${now.toISOString()}::timestamptz where organization_id = ${organizationId} and receivable_id = ${receivableId}
      and state = 'active' and cardinality(pdf_file_ids) = 0 and pdf_next_at is null and pdf_tries = 0 and seq = any(${Object.keys(urls).map((k) => Number(k.slice(4)))}::int[])`.execute(
      tx,
    );
    if (moves.length > 0) {
      await audit(
        tx,
        organizationId,
        `connection:${found.connection.name}`,
        now,
        moves.map(({ part, from, to }) => ({
          action: 'receivable: followed',
          entity: 'receivable',
          entityId: receivableId,
          data: { number: part, from, to },
        })),
      );
      await wakeWaiting(tx, ctx, organizationId, receivableId);
    }
    await announce(tx, organizationId, 'receivables', receivableId);
  });
  await fetchPdfs(ctx, organizationId, receivableId);
  return seen.seen;
}

/** What waited for the end of the provider's check goes at once. */
async function wakeWaiting(tx: Tx, ctx: Context, organizationId: string, receivableId: string): Promise<void> {
  const rows = await tx
    .updateTable('receivable_action')
    // A moment, so that the sweep finds it where the job comes while the connection is blocked.
    .set({ next_at: ctx.now() })
    .where('organization_id', '=', organizationId)
    .where('receivable_id', '=', receivableId)
    .where('status', 'in', ['waiting', 'pending'])
    .returning('id')
    .execute();
  await ctx.jobs.enqueue(
    tx,
    'administer',
    rows.map((r) => ({ organizationId, id: r.id })),
  );
}

/** Moves that the other side may make by itself or that people make in its portal, and that leave no question about rows. */
const followable = new Set(
  partMoves.filter((m) => m.opens === undefined && m.name !== 'part_credit').flatMap((m) => m.from.map((from) => `${from}>${m.to}`)),
);

export function takeOver(
  parts: readonly Part[],
  seen: readonly PartSeen[],
  at: string,
  currency: string,
  complete: boolean,
): { next: Part[]; mismatches: Mismatch[]; moves: { part: string; from: PartState; to: PartState }[] } {
  const mismatches: Mismatch[] = [];
  const moves: { part: string; from: PartState; to: PartState }[] = [];
  const used = new Set<PartSeen>();
  const next = parts.map((part) => {
    if (part.state === 'replaced') return part;
    const one =
      seen.find((s) => !used.has(s) && (s.number === part.number || part.aliases.includes(s.number))) ?? unnumbered(part, seen, parts);
    if (!one) {
      if (complete && (part.state === 'pending' || part.state === 'active'))
        mismatches.push({ part: String(part.seq), number: part.number, what: 'missing', theirs: '', ours: part.state });
      return part;
    }
    used.add(one);
    return followed(part, one, at, currency, mismatches, moves);
  });
  if (complete)
    for (const one of seen)
      if (!used.has(one) && !parts.some((p) => p.number === one.number || p.aliases.includes(one.number)))
        mismatches.push({ part: '', number: one.number, what: 'unknown part', theirs: one.state, ours: '' });
  return { next, mismatches, moves };
}

/** The same in the ledger: a number that is another claim's is not taken, whoever shows it. */
async function takeOverOwn(
  tx: Tx,
  receivable: Receivable,
  parts: readonly Part[],
  seen: readonly PartSeen[],
  at: string,
  complete: boolean,
): Promise<ReturnType<typeof takeOver>> {
  const taken = takeOver(parts, seen, at, receivable.currency, complete);
  const known = new Set(parts.flatMap((p) => [p.number, ...p.aliases]));
  const owner = await ownerOfNumber(
    tx,
    receivable,
    taken.next.flatMap((p) => (known.has(p.number) ? [] : [p.number])),
  );
  if (!owner) return taken;
  const others = seen.filter((one) => one.number !== owner.number);
  return takeOverOwn(tx, receivable, parts, others, at, complete);
}

/** A rest whose number was never told: the one pending number that no other part has. */
function unnumbered(part: Part, seen: readonly PartSeen[], parts: readonly Part[]): PartSeen | undefined {
  if (part.number !== '') return undefined;
  const known = new Set(parts.flatMap((p) => [p.number, ...p.aliases]));
  const open = seen.filter((s) => !known.has(s.number) && s.state === 'pending');
  return open.length === 1 ? open[0] : undefined;
}

function followed(
  part: Part,
  one: PartSeen,
  at: string,
  currency: string,
  mismatches: Mismatch[],
  moves: { part: string; from: PartState; to: PartState }[],
): Part {
  const minor = (amount: string) => toMinor(amount, currency);
  const sums = partSums(part, currency);
  const named = { part: String(part.seq), number: one.number || part.number };
  let state = part.state;
  if (one.state !== part.state) {
    const whole = one.state !== 'active' || one.remaining === undefined || minor(one.remaining) === minor(sums.remaining.gross);
    // Over there a fully credited invoice stays activated (contract §5): our word is the finer one.
    const sameThing = part.state === 'credited' && one.state === 'active';
    if (followable.has(`${part.state}>${one.state}`) && whole) {
      moves.push({ part: named.number, from: part.state, to: one.state });
      state = one.state;
    } else if (!sameThing) mismatches.push({ ...named, what: 'state', theirs: one.state, ours: part.state });
  }
  const next: Part = {
    ...part,
    number: one.number || part.number,
    state,
    ...(one.dueDate ? { dueDate: one.dueDate } : {}),
    ...(one.reference ? { reference: one.reference } : {}),
    ...(one.lowest ? { lowest: one.lowest } : {}),
    ...(one.expiresAt ? { expiresAt: one.expiresAt } : {}),
    ...(state === 'active' && part.state !== 'active' ? { activatedAt: at } : {}),
  };
  if (state === 'active' && one.state === 'active' && one.remaining !== undefined && minor(one.remaining) !== minor(sums.remaining.gross))
    mismatches.push({ ...named, what: 'remaining', theirs: one.remaining, ours: sums.remaining.gross });
  if (state === 'pending' && one.state === 'pending' && one.total !== undefined && minor(one.total) !== minor(sums.total))
    mismatches.push({ ...named, what: 'total', theirs: one.total, ours: sums.total });
  return next;
}

// ---------------------------------------------------------------- the provider's document

const pdfEveryMs = 60_000;
/** It may lag ten minutes behind the activation (contract §14). */
const maxPdfTries = 12;

/** Fetches what is due; the address that opens it is never shown, what we keep is the file. */
async function fetchPdfs(ctx: Context, organizationId: string, receivableId: string): Promise<void> {
  const now = ctx.now();
  const due = await ctx.store.org(organizationId, async (tx) => {
    const receivable = await readReceivable(tx, organizationId, receivableId);
    if (!receivable) return undefined;
    const rows = (await readPartRows(tx, organizationId, [receivableId])).filter((row) => row.pdf_next_at && row.pdf_next_at <= now);
    if (rows.length === 0) return undefined;
    return { receivable, rows, connection: (await readConnection(tx, organizationId, receivable.connection_id))! };
  });
  if (due?.connection.status !== 'active') return;
  const { administers } = openConnection(ctx, due.connection).session;
  const sealed = openPrivate(ctx, due.receivable);
  for (const row of due.rows) {
    const url = sealed[pdfKey(row.seq)];
    const pdf = url && (await administers?.pdf(url).catch(() => undefined));
    await ctx.store.org(organizationId, async (tx) => {
      const part = partOfRow(row, due.receivable.currency);
      const last = row.pdf_tries + 1 >= maxPdfTries || !url;
      const file =
        pdf &&
        (await storeFile(tx, organizationId, now, {
          name: `${part.number || due.receivable.order_number}.pdf`,
          mediaType: 'application/pdf',
          bytes: pdf,
        }));
      await tx
        .updateTable('receivable_part')
        .set({
          pdf_tries: file ? row.pdf_tries : row.pdf_tries + 1,
          pdf_next_at: file || last ? null : new Date(now.getTime() + pdfEveryMs),
          ...(file ? { pdf_file_ids: [...row.pdf_file_ids, file.id] } : {}),
        })
        .where('organization_id', '=', organizationId)
        .where('receivable_id', '=', receivableId)
        .where('seq', '=', row.seq)
        .where('pdf_tries', '=', row.pdf_tries)
        .execute();
      await announce(tx, organizationId, 'receivables', receivableId);
    });
  }
}
