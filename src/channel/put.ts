import { type Selectable, sql } from 'kysely';
import { type Connection, type OpenConnection, openConnection, readConnection } from '../connections/index.ts';
import { channelSettingsOf } from '../contract/channel.ts';
import type { AttachesDocuments, Attachment, CauseRef, OrderMark, Outcome, Sight } from '../contract/connector.ts';
import { Failed } from '../contract/connector.ts';
import { QuotaWait } from '../contract/requests.ts';
import { documentPdf, type RenderPdf } from '../delivery/index.ts';
import { causeOf } from '../diagnosis/index.ts';
import { cut } from '../domain/cut.ts';
import { type Context, eachAlone } from '../jobs/index.ts';
import { announce, audit, json, type StoryEntry, type Tables, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { entry, reviewOrders, storyLimit, words } from './review.ts';
import { connectionFailed } from './trouble.ts';

/**
 * PDFs, numbers and statuses on the order they came from. Rows of `delivery` (ways `attachment` and `order`), each with a key of its own:
 *
 *   waiting ──claim──> sending ──> uploaded ──look──> visible      (done: it was seen there)
 *      ↑                  │            └── not there: once more, then refused
 *      │                  ├──────> refused                         (nothing was changed; a person mends it)
 *      │                  └──────> unknown ──look──┬── there: visible
 *      └────────────────────── not there ──────────┘
 *
 * What was written counts when it is read back (DESIGN §5.5). After a lost answer, a gateway's 504 or a crash the order is looked at
 * before anything is written again. One thing at a time on an order. A newer file in a field that holds one makes the older `replaced`.
 */
type Delivery = Selectable<Tables['delivery']>;
export type PutSettings = { target?: string; mark?: OrderMark; codes?: string; over?: boolean; ticket?: string; puts?: number };

const minuteMs = 60_000;
/** Longer than the other side's slowest answer, twice over. */
const leaseMs = 3 * minuteMs;
const pdfPatienceMs = 30 * minuteMs;
/** As a rule it comes right behind the number. */
const pdfSoonMs = 3_000;
/** Writes of one and the same thing: the second may be another way of writing it, a third would be stubbornness. */
const maxPuts = 2;
/** Tries in all, lost answers included, before a person is asked. */
const maxTries = 40;
/** Looks before a person is asked: a scan may take an hour, an outage a day. */
const maxLooks = 30;
const lookWaitsMs = [15_000, minuteMs, 5 * minuteMs, 15 * minuteMs, 60 * minuteMs];
export const reviewBatch = 200;

// ---------------------------------------------------------------- the job

type Claim = {
  delivery: Delivery;
  settings: PutSettings;
  connection: Connection;
  open: OpenConnection;
  attaches: AttachesDocuments;
  orderExternalId: string;
  number: string;
  kind: Attachment['kind'];
  step: 'put' | 'look';
  token: Date;
};
type Result = {
  status: 'visible' | 'uploaded' | 'refused' | 'unknown' | 'waiting';
  cause?: CauseRef;
  lookAgainMs?: number;
  ticket?: string;
  put?: boolean;
  until?: Date;
};

/** The job: takes one thing one step further. Finding nothing to do is fine. */
export async function workOrderWrite(ctx: Context, tools: { renderPdf: RenderPdf }, organizationId: string, id: string): Promise<void> {
  const found = await ctx.store.org(organizationId, (tx) => claim(tx, ctx, organizationId, id));
  if (!found) return;
  if ('again' in found) {
    await ctx.store.org(organizationId, (tx) =>
      ctx.jobs.enqueue(tx, 'order-writes', [{ organizationId, id }], { startAfter: found.again }),
    );
    return;
  }
  const result = await step(ctx, tools, found);
  await found.open.save();
  const again = await ctx.store.org(organizationId, (tx) => record(tx, ctx, found, result));
  if (again)
    await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'order-writes', [{ organizationId, id }], { startAfter: again }));
  await nextOfOrder(ctx, found);
}

async function claim(tx: Tx, ctx: Context, organizationId: string, id: string): Promise<Claim | { again: Date } | undefined> {
  const now = ctx.now();
  const seen = await tx
    .selectFrom('delivery as v')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'v.organization_id').onRef('d.id', '=', 'v.document_id'))
    .innerJoin('sales_order as o', (join) => join.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'))
    .leftJoin('series as s', (join) => join.onRef('s.organization_id', '=', 'd.organization_id').onRef('s.id', '=', 'd.series_id'))
    .select([
      'v.connection_id',
      'o.id as order_id',
      'o.external_id',
      'd.number',
      'd.kind',
      'd.pdf_file_id',
      'd.issued_at',
      's.number_owner',
    ])
    .where('v.organization_id', '=', organizationId)
    .where('v.id', '=', id)
    .executeTakeFirst();
  if (!seen?.connection_id) return undefined;
  // The order is the lock: what is put on it goes one after another.
  await sql`select 1 from sales_order where organization_id = ${organizationId} and id = ${seen.order_id} for no key update`.execute(tx);
  const delivery = await tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const stale = delivery.status === 'sending' && delivery.claimed_at !== null && now.getTime() - delivery.claimed_at.getTime() >= leaseMs;
  const due = delivery.status === 'waiting' || delivery.status === 'uploaded' || delivery.status === 'unknown' || stale;
  if (!due) return undefined;
  if (!stale && delivery.next_at && delivery.next_at > now) return { again: delivery.next_at };
  const connection = await readConnection(tx, organizationId, seen.connection_id);
  // A blocked or paused connection makes no calls; the sweep comes back to what waits.
  if (connection?.status !== 'active') return undefined;
  const busy = await tx
    .selectFrom('delivery as v')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'v.organization_id').onRef('d.id', '=', 'v.document_id'))
    .select('v.id')
    .where('v.organization_id', '=', organizationId)
    .where('d.order_id', '=', seen.order_id)
    .where('v.way', 'in', ['attachment', 'order'])
    .where('v.status', '=', 'sending')
    .where('v.claimed_at', '>', new Date(now.getTime() - leaseMs))
    .where('v.id', '<>', id)
    .limit(1)
    .executeTakeFirst();
  if (busy) return undefined;
  const settings = delivery.settings as PutSettings;
  const step = delivery.status === 'waiting' ? 'put' : 'look';
  if (step === 'put' && delivery.way === 'attachment') {
    if (!keepsAll(ctx, connection, settings) && (await newerInField(tx, organizationId, delivery, seen.order_id, settings))) {
      await write(tx, delivery, now, { status: 'replaced' }, entry(now, 'replaced', words(settings)));
      return undefined;
    }
    // The provider's own PDF is the one that counts: it is waited for, but not for ever.
    if (
      seen.number_owner === 'provider' &&
      !seen.pdf_file_id &&
      seen.issued_at &&
      now.getTime() - seen.issued_at.getTime() < pdfPatienceMs
    ) {
      const since = now.getTime() - seen.issued_at.getTime();
      const again = new Date(now.getTime() + (since < minuteMs ? pdfSoonMs : minuteMs));
      await write(tx, delivery, now, { next_at: again, cause: json({ code: 'ATTACH_PDF_AWAITED' }) });
      return { again };
    }
  }
  const open = openConnection(ctx, connection);
  const { attaches } = open.session;
  if (!attaches) throw new Error(`connector ${connection.connector} takes nothing on its orders`);
  await write(tx, delivery, now, { status: 'sending', claimed_at: now, next_at: null, attempts: delivery.attempts + 1 });
  return {
    delivery,
    settings,
    connection,
    open,
    attaches,
    orderExternalId: seen.external_id,
    number: seen.number ?? '',
    kind: seen.kind,
    step,
    token: now,
  };
}

/** Each document has a place of its own there, so that a newer one pushes nothing out. */
function keepsAll(ctx: Context, connection: Connection, { target }: PutSettings): boolean {
  return ctx.connectors.get(connection.connector)?.manifest.attach?.keeps?.includes(target ?? '') ?? false;
}

/** A later document of the same order is in this field or about to be: the older one would only push it out. */
async function newerInField(
  tx: Tx,
  organizationId: string,
  delivery: Delivery,
  orderId: string,
  { target }: PutSettings,
): Promise<boolean> {
  const { rows } = await sql<{
    n: bigint;
  }>`select count(*) as n from delivery v join document d on d.organization_id = v.organization_id and d.id = v.document_id
      join document own on own.organization_id = v.organization_id and own.id = ${delivery.document_id}
    where v.organization_id = ${organizationId} and v.way = 'attachment' and v.settings->>'target' = ${target ?? ''} and d.order_id = ${orderId}
      and d.issued_at > own.issued_at and v.status in ('waiting','sending','uploaded','visible','unknown')`.execute(tx);
  return rows[0]!.n > 0n;
}

async function step(ctx: Context, tools: { renderPdf: RenderPdf }, claimed: Claim): Promise<Result> {
  const { delivery, settings, attaches, orderExternalId, open } = claimed;
  try {
    if (delivery.way === 'order') {
      const { mark } = settings;
      if (!mark || !attaches.mark || !attaches.marked) return { status: 'refused', cause: { code: 'ATTACH_NOT_OFFERED' } };
      return await through(
        claimed,
        () => attaches.mark!(orderExternalId, mark),
        () => attaches.marked!(orderExternalId, mark),
      );
    }
    const pdf = await documentPdf(ctx, tools.renderPdf, delivery.organization_id, delivery.document_id);
    if (!pdf) return { status: 'refused', cause: { code: 'ATTACH_NO_PDF' } };
    const { maxBytes, fileNameChars } = open.connector.manifest.attach ?? { maxBytes: Number.POSITIVE_INFINITY };
    if (pdf.bytes.length > maxBytes)
      return {
        status: 'refused',
        cause: { code: 'ATTACH_TOO_LARGE', params: { size: kilobytes(pdf.bytes.length), limit: kilobytes(maxBytes) } },
      };
    const attachment: Attachment = {
      orderExternalId,
      target: settings.target ?? '',
      number: claimed.number,
      kind: claimed.kind,
      fileName: shortName(pdf.name, fileNameChars),
      pdf: pdf.bytes,
      reference: `fk:${delivery.document_id}`,
      ...(settings.ticket && { ticket: settings.ticket }),
    };
    return await through(
      claimed,
      () => attaches.attach(attachment),
      (ticket) => attaches.seen({ ...attachment, ...(ticket && { ticket }) }),
    );
  } catch (error) {
    if (error instanceof QuotaWait)
      return open.requests.mayHaveChanged > 0
        ? { status: 'unknown', until: error.until, cause: quota(error) }
        : { status: claimed.step === 'put' ? 'waiting' : 'unknown', until: error.until, cause: quota(error) };
    if (error instanceof Failed) return { status: 'unknown', cause: error.ref };
    ctx.log('error', 'nothing could be put on an order', { delivery: delivery.id, error: (error as Error).message });
    return { status: 'unknown', cause: { code: 'NO_ANSWER', providerText: cut((error as Error).message, 300) } };
  }
}

const quota = (error: QuotaWait): CauseRef => ({ code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } });
const kilobytes = (bytes: number) => `${Math.ceil(bytes / 1024)} kB`;

/** Writes unless only looking, then looks. */
async function through(claimed: Claim, put: () => Promise<Outcome>, look: (ticket?: string) => Promise<Sight>): Promise<Result> {
  let ticket: string | undefined;
  const wrote = claimed.step === 'put';
  if (wrote) {
    // A status or a note that is there already, set by a person or by a try of ours that died, is not written again.
    if (claimed.delivery.way === 'order') {
      const before = await look();
      if (before.seen === 'visible') return { status: 'visible' };
      if (before.seen === 'refused') return { status: 'refused', cause: before.cause };
      if (before.seen === 'unclear') return { status: 'waiting', cause: before.cause, lookAgainMs: minuteMs };
    }
    const outcome = await put();
    if (outcome.outcome === 'rejected') return { status: 'refused', cause: outcome.cause };
    // Looked at only after the other side must have given up itself; before that, "not there" would prove nothing.
    if (outcome.outcome === 'unknown')
      return { status: 'unknown', cause: outcome.cause, lookAgainMs: claimed.open.connector.manifest.limits?.settleAfterMs ?? minuteMs };
    if (outcome.outcome === 'pending') ticket = outcome.ticket;
  }
  let sight: Sight;
  try {
    sight = await look(ticket);
  } catch (error) {
    // Written, and not to be looked at yet.
    if (!(error instanceof QuotaWait) || !wrote) throw error;
    return { status: 'uploaded', until: error.until, put: true, ...(ticket && { ticket }) };
  }
  return resultOf(sight, claimed, wrote, ticket);
}

function resultOf(sight: Sight, { settings, delivery }: Claim, wrote: boolean, ticket?: string): Result {
  const put = wrote ? { put: true } : {};
  const keep = ticket ? { ticket } : {};
  switch (sight.seen) {
    case 'visible':
      return { status: 'visible', ...put };
    case 'pending':
      return { status: 'uploaded', lookAgainMs: sight.lookAgainMs, ...put, ...keep };
    case 'refused':
      return { status: 'refused', cause: sight.cause, ...put };
    case 'unclear':
      return { status: wrote ? 'uploaded' : delivery.status === 'uploaded' ? 'uploaded' : 'unknown', cause: sight.cause, ...put, ...keep };
    case 'absent': {
      // The other side said yes and kept nothing, or never got it: once more, perhaps written another way, then it is a person's turn.
      const puts = (settings.puts ?? 0) + (wrote ? 1 : 0);
      return puts >= maxPuts
        ? { status: 'refused', cause: { code: 'ATTACH_NOT_KEPT' }, ...put }
        : { status: 'waiting', cause: { code: 'ATTACH_NOT_KEPT' }, lookAgainMs: 0, ...put };
    }
  }
}

/** Returns when to come again. */
async function record(tx: Tx, ctx: Context, claimed: Claim, result: Result): Promise<Date | undefined> {
  const { delivery, settings, connection } = claimed;
  const now = ctx.now();
  const row = await tx
    .selectFrom('delivery')
    .select(['status', 'claimed_at', 'settings'])
    .where('organization_id', '=', delivery.organization_id)
    .where('id', '=', delivery.id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  // Taken over meanwhile: what they see counts.
  if (row.status !== 'sending' || row.claimed_at?.getTime() !== claimed.token.getTime()) return undefined;
  const looks = delivery.story.filter((s) => s.what === 'looked').length;
  let { status, cause } = result;
  const code = cause?.code ?? '';
  const blocks =
    code !== '' && causeOf(ctx, connection.connector, code).stops === 'connection' && !causeOf(ctx, connection.connector, code).retryHelps;
  // The key is wrong, not the file: it waits for the connection.
  if (blocks && status === 'refused') status = result.put ? 'unknown' : 'waiting';
  const open = status === 'waiting' || status === 'uploaded' || status === 'unknown';
  const tired = ((status === 'uploaded' || status === 'unknown') && looks >= maxLooks) || (open && delivery.attempts >= maxTries);
  if (tired && status === 'waiting') status = 'unknown';
  const wait = result.lookAgainMs ?? lookWaitsMs[Math.min(looks, lookWaitsMs.length - 1)]!;
  const next = !open || tired ? null : (result.until ?? new Date(now.getTime() + wait));
  const puts = (settings.puts ?? 0) + (result.put ? 1 : 0);
  const what = { visible: 'seen on the order', uploaded: 'uploaded', refused: 'not taken', unknown: 'no clear answer', waiting: 'waits' }[
    status
  ];
  const told = [
    ...(claimed.step === 'look' ? [entry(now, 'looked')] : []),
    ...(delivery.story.at(-1)?.what === what && status !== 'visible'
      ? []
      : [entry(now, what, { ...words(settings), ...(cause ? { cause: cause.code } : {}) })]),
  ];
  await write(
    tx,
    delivery,
    now,
    {
      status,
      claimed_at: null,
      next_at: next,
      cause: json(status === 'visible' ? null : tired ? { code: 'ATTACH_UNSETTLED', params: { message: code } } : (cause ?? null)),
      settings: json({ ...(row.settings as PutSettings), puts, ...(result.ticket && { ticket: result.ticket }) }),
    },
    ...told,
  );
  if (status === 'visible' && delivery.way === 'attachment' && !keepsAll(ctx, connection, settings))
    await replaceOlder(tx, delivery, settings, now);
  if (blocks) await connectionFailed(tx, ctx, connection, cause!, false);
  await announce(tx, delivery.organization_id, 'deliveries', delivery.id);
  await announce(tx, delivery.organization_id, 'documents', delivery.document_id);
  if (status === 'visible' || status === 'refused')
    await audit(tx, delivery.organization_id, `connection:${connection.name}`, now, [
      {
        action: status === 'visible' ? 'seen on the order' : 'not taken by the order',
        entity: 'document',
        entityId: delivery.document_id,
        data: { ...words(settings), order: claimed.orderExternalId, ...(cause && status === 'refused' ? { cause: cause.code } : {}) },
      },
    ]);
  return next ?? undefined;
}

async function replaceOlder(tx: Tx, delivery: Delivery, { target }: PutSettings, now: Date): Promise<void> {
  await sql`update delivery v set status = 'replaced', next_at = null, updated_at = ${now.toISOString()}::timestamptz,
      story = v.story || ${json([entry(now, 'replaced', { thing: 'file', value: target ?? '' })])}
    from document d, document own
    where own.organization_id = v.organization_id and own.id = ${delivery.document_id} and d.organization_id = v.organization_id and d.id = v.document_id
      and v.organization_id = ${delivery.organization_id} and v.way = 'attachment' and v.id <> ${delivery.id} and v.settings->>'target' = ${target ?? ''}
      and d.order_id = own.order_id and v.status in ('visible','uploaded','waiting','unknown')`.execute(tx);
}

async function write(tx: Tx, delivery: Delivery, now: Date, set: Record<string, unknown>, ...told: StoryEntry[]): Promise<void> {
  const story = [...delivery.story, ...told];
  await tx
    .updateTable('delivery')
    .set({
      ...set,
      ...(told.length > 0 && { story: json(story.length > storyLimit ? [...story.slice(0, 10), ...story.slice(10 - storyLimit)] : story) }),
      updated_at: now,
    })
    .where('organization_id', '=', delivery.organization_id)
    .where('id', '=', delivery.id)
    .execute();
}

/** Whatever else waits for this order was turned away while this was under way. */
async function nextOfOrder(ctx: Context, { delivery }: Claim): Promise<void> {
  await ctx.store.org(delivery.organization_id, async (tx) => {
    const { rows } = await sql<{
      id: string;
    }>`select v.id from delivery v join document d on d.organization_id = v.organization_id and d.id = v.document_id
        join document own on own.organization_id = v.organization_id and own.id = ${delivery.document_id}
      where v.organization_id = ${delivery.organization_id} and d.order_id = own.order_id and v.id <> ${delivery.id} and v.way in ('attachment','order')
        and v.status in ('waiting','uploaded','unknown') and (v.next_at is null or v.next_at <= ${ctx.now().toISOString()}::timestamptz) and (v.status = 'waiting' or v.next_at is not null)
      order by v.created_at, v.id limit 1`.execute(tx);
    await ctx.jobs.enqueue(
      tx,
      'order-writes',
      rows.map((row) => ({ organizationId: delivery.organization_id, id: row.id })),
    );
  });
}

/** Cuts a name but keeps its ending. */
function shortName(name: string, chars: number | undefined): string {
  if (!chars || name.length <= chars) return name;
  return `${name.replace(/\.pdf$/i, '').slice(0, chars - 4)}.pdf`;
}

// ---------------------------------------------------------------- a person, and the clock

type PutAgain = 'on its way' | 'not found' | 'nothing to do';

/** A person asks once more: what was refused is written again, what is unclear is looked at, never written blindly. */
export async function putAgain(ctx: Context, who: Who, deliveryId: string): Promise<PutAgain> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const now = ctx.now();
    const row = await tx
      .selectFrom('delivery')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', deliveryId)
      .where('way', 'in', ['attachment', 'order'])
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!row) return 'not found';
    if (!['refused', 'unknown', 'waiting', 'uploaded'].includes(row.status)) return 'nothing to do';
    const { puts: _, ...settings } = row.settings as PutSettings;
    // The field may have been chosen anew since.
    const target = row.way === 'attachment' && row.status === 'refused' ? await presentTarget(tx, row) : undefined;
    await write(
      tx,
      row,
      now,
      {
        status: row.status === 'refused' ? 'waiting' : row.status,
        next_at: null,
        settings: json({ ...settings, ...(target && { target }) }),
      },
      entry(now, 'tried again', { by: who.actor }),
    );
    // `unknown` with no time set rests: now it has one.
    await tx
      .updateTable('delivery')
      .set({ next_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', deliveryId)
      .execute();
    await ctx.jobs.enqueue(tx, 'order-writes', [{ organizationId: who.organizationId, id: deliveryId }]);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'put on the order again', entity: 'document', entityId: row.document_id, data: words(row.settings as PutSettings) },
    ]);
    return 'on its way';
  });
}

async function presentTarget(tx: Tx, row: Delivery): Promise<string | undefined> {
  const connection = await readConnection(tx, row.organization_id, row.connection_id!);
  const { kind } = await tx
    .selectFrom('document')
    .select('kind')
    .where('organization_id', '=', row.organization_id)
    .where('id', '=', row.document_id)
    .executeTakeFirstOrThrow();
  const settings = channelSettingsOf(connection?.settings ?? {});
  return kind === 'correction' ? settings.correctionField : settings.documentField;
}

/** Finds what no job knows of: changes not looked at yet, and things whose time has come. Run every minute. */
export async function sweepOrderWrites(ctx: Context, options: { restarted?: boolean } = {}): Promise<void> {
  const now = ctx.now();
  // The only process has just begun: what was under way is nobody's any more, and is looked at before anything is written.
  if (options.restarted)
    await sql`update delivery set status = 'unknown', claimed_at = null, next_at = ${new Date(now.getTime() + minuteMs).toISOString()}::timestamptz,
      updated_at = ${now.toISOString()}::timestamptz where status = 'sending' and way in ('attachment','order')`.execute(ctx.store.db);
  const organizations = await sql<{ organization_id: string }>`select distinct organization_id from order_review limit 1000`.execute(
    ctx.store.db,
  );
  await eachAlone(
    ctx,
    'what orders should show could not be worked out',
    organizations.rows,
    ({ organization_id }) => reviewOrders(ctx, organization_id),
    ({ organization_id }) => ({ organizationId: organization_id }),
  );
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select v.organization_id, v.id from delivery v join connection c on c.organization_id = v.organization_id and c.id = v.connection_id
    where v.way in ('attachment','order') and c.status = 'active' and (
      (v.status = 'waiting' and (v.next_at is null or v.next_at <= ${now.toISOString()}::timestamptz))
      or (v.status in ('uploaded','unknown') and v.next_at <= ${now.toISOString()}::timestamptz)
      or (v.status = 'sending' and v.claimed_at <= ${new Date(now.getTime() - leaseMs).toISOString()}::timestamptz))
    order by v.updated_at limit 500`.execute(ctx.store.db);
  for (const row of rows)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'order-writes', [{ organizationId: row.organization_id, id: row.id }]),
    );
}
