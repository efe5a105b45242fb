import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { type ZipEntry, zipStream } from '../books/index.ts';
import { documentPdf, type RenderPdf } from '../delivery/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, removeFile, storeStream, type Tx } from '../store/index.ts';
import { type Chosen, nextOld, nextUndocumented } from './choose.ts';

/**
 * The files of an archive, part by part: first the documents with everything about them, then what never became one. A part is stored whole,
 * and only then do its rows say that it exists. A process that dies in between leaves a part that nobody knows of, and the next one makes it
 * again. A part that would be too large for file systems and programs that people have is made of half as many.
 */
type PartLimits = { entries: number; bytes: number };
export const partLimits: PartLimits = { entries: 500, bytes: 2 * 1024 ** 3 };

type Run = {
  id: string;
  until_day: string;
  long_until_day: string;
  after_day: string | null;
  after_id: string | null;
  documents: number;
};

/** Makes the next part. False: there are no more. */
export async function makePart(ctx: Context, render: RenderPdf, organizationId: string, run: Run, limits: PartLimits): Promise<boolean> {
  const bounds = { untilDay: run.until_day, longUntilDay: run.long_until_day };
  // Behind the last document the place is one of what never became a document: it has no day of issue.
  const documentsOver = run.after_id !== null && run.after_day === null;
  const after = run.after_day && run.after_id ? { day: run.after_day, id: run.after_id } : undefined;
  const documents = documentsOver
    ? []
    : await ctx.store.org(organizationId, (tx) => nextOld(tx, organizationId, bounds, after, limits.entries));
  const undocumented = documents.length === 0;
  const old = undocumented
    ? await ctx.store.org(organizationId, (tx) =>
        nextUndocumented(tx, organizationId, bounds, (documentsOver && run.after_id) || undefined, limits.entries),
      )
    : documents;
  const last = old.at(-1);
  if (!last) return false;
  const chosen = old.filter((one) => one.kept === null);
  const seq = await ctx.store.org(organizationId, (tx) => nextSeq(tx, organizationId, run.id));
  const name = `archive-${run.id.slice(0, 8)}-${String(seq).padStart(3, '0')}${undocumented ? '-undocumented' : ''}.zip`;
  const file =
    chosen.length === 0
      ? undefined
      : await storePart(ctx, render, organizationId, run, { seq, name, chosen, undocumented, limitBytes: limits.bytes });
  if (file && 'tooLarge' in file) {
    if (old.length === 1) throw new Error(`${last.id} alone is larger than the ${limits.bytes} bytes that a file of an archive may have`);
    return makePart(ctx, render, organizationId, run, { ...limits, entries: Math.ceil(old.length / 2) });
  }
  const moved = await ctx.store.org(organizationId, async (tx) => {
    // Moved on only from where it was read: a second process, or a run that was called off, leaves nothing half done.
    const step = await tx
      .updateTable('archive_run')
      .set({ after_day: undocumented ? null : last.day, after_id: last.id, documents: run.documents + chosen.length })
      .where('organization_id', '=', organizationId)
      .where('id', '=', run.id)
      .where('state', '=', 'making')
      .where(sql<boolean>`after_id is not distinct from ${run.after_id}::uuid`)
      .executeTakeFirst();
    if (step.numUpdatedRows === 0n) return false;
    if (file) {
      await tx
        .insertInto('archive_part')
        .values({
          organization_id: organizationId,
          run_id: run.id,
          seq,
          name,
          file_id: file.id,
          sha256: file.sha256,
          size_bytes: BigInt(file.sizeBytes),
          documents: chosen.length,
        })
        .execute();
      await tx
        .insertInto('archive_item')
        .values(
          chosen.map(({ id, order_id }) => ({ organization_id: organizationId, run_id: run.id, part: seq, document_id: id, order_id })),
        )
        // An order whose channel gave it another day meanwhile comes by twice.
        .onConflict((c) => c.doNothing())
        .execute();
    }
    await announce(tx, organizationId, 'archive', run.id);
    return true;
  });
  if (!moved && file) await removeFile(ctx.store, organizationId, file.id);
  return true;
}

async function nextSeq(tx: Tx, organizationId: string, runId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select coalesce(max(seq), 0) + 1 as n from archive_part where organization_id = ${organizationId} and run_id = ${runId}`.execute(tx);
  return rows[0]!.n;
}

type Part = { seq: number; name: string; chosen: Chosen[]; undocumented: boolean; limitBytes: number };

async function storePart(ctx: Context, render: RenderPdf, organizationId: string, run: Run, part: Part) {
  const { seq, name, chosen, undocumented, limitBytes } = part;
  const at = ctx.now();
  const files: { name: string; sha256: string; sizeBytes: number }[] = [];
  async function* entries(): AsyncGenerator<ZipEntry> {
    yield undocumented
      ? counted('undocumented.jsonl', records(ctx, organizationId, chosen, withoutDocument), files)
      : counted('documents.jsonl', records(ctx, organizationId, chosen, ofDocuments), files);
    const taken = new Set<string>();
    for (const { id } of undocumented ? [] : chosen) {
      const pdf = await documentPdf(ctx, render, organizationId, id);
      if (!pdf) continue;
      const unique = taken.has(pdf.name) ? pdf.name.replace(/\.pdf$/, ` ${id.slice(-6)}.pdf`) : pdf.name;
      taken.add(unique);
      yield { ...counted(`pdf/${unique}`, once(pdf.bytes), files), compress: false };
    }
    const manifest = {
      organizationId,
      archive: run.id,
      part: seq,
      madeAt: at.toISOString(),
      until: run.until_day,
      [undocumented ? 'undocumented' : 'documents']: chosen.length,
      from: chosen[0]!.day,
      to: chosen.at(-1)!.day,
      // Files of this part with their fingerprints; this one is not among them.
      files,
    };
    yield { name: 'manifest.json', open: () => lateText(() => `${JSON.stringify(manifest, null, 1)}\n`) };
  }
  return storeStream(ctx.store, organizationId, at, {
    name,
    mediaType: 'application/zip',
    source: zipStream(entries(), at) as AsyncIterable<Uint8Array>,
    limitBytes,
  });
}

type Records = (organizationId: string, ids: string[]) => RawBuilder<{ record: string }>;

/** Everything about each, one JSON object a line: what the removal takes away is here, and the links of the audit chain. */
async function* records(ctx: Context, organizationId: string, chosen: Chosen[], read: Records): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < chosen.length; at += 50) {
    const ids = chosen.slice(at, at + 50).map((one) => one.id);
    const { rows } = await ctx.store.org(organizationId, (tx) => read(organizationId, ids).execute(tx));
    for (const { record } of rows) yield Buffer.from(`${record}\n`);
  }
}

/** The prepared documents of an order that got no further leave with it. */
const prepared = (organizationId: string, row: string) => sql`
      select x.id, to_jsonb(x) - 'search' as record from document x where x.organization_id = ${organizationId}
        and (x.order_id = ${sql.raw(row)}.order_id or x.id = ${sql.raw(row)}.id) and x.state in ('withdrawn', 'cancelled', 'merged')`;
const around = (organizationId: string, row: string) => sql`
      'order', (select to_jsonb(o) from sales_order o where o.organization_id = ${organizationId} and o.id = ${sql.raw(row)}.order_id),
      'prepared', coalesce((select jsonb_agg(p.record order by p.id) from (${prepared(organizationId, row)}) p), '[]'),
      'audit', coalesce((select jsonb_agg(to_jsonb(u) order by u.seq) from audit u where u.organization_id = ${organizationId} and u.entity_id in
        (select ${sql.raw(row)}.id::text union select ${sql.raw(row)}.order_id::text union select p.id::text from (${prepared(organizationId, row)}) p)), '[]')`;

const ofDocuments: Records = (organizationId, ids) => sql`
    select jsonb_build_object(
      'document', to_jsonb(d) - 'search',
      'register', (select to_jsonb(r) from number_register r where r.organization_id = d.organization_id and r.series_id = d.series_id and r.period = d.period and r.sequence_no = d.sequence_no),
      'transfers', coalesce((select jsonb_agg(to_jsonb(t) || jsonb_build_object('tries', (select coalesce(jsonb_agg(to_jsonb(y) order by y.seq), '[]') from transfer_try y where y.organization_id = t.organization_id and y.transfer_id = t.id)) order by t.created_at)
        from transfer t where t.organization_id = d.organization_id and t.document_id = d.id), '[]'),
      'deliveries', coalesce((select jsonb_agg(to_jsonb(v) order by v.created_at) from delivery v where v.organization_id = d.organization_id and v.document_id = d.id), '[]'),
      'requests', coalesce((select jsonb_agg(to_jsonb(q) order by q.created_at) from desk_request q where q.organization_id = d.organization_id and q.document_id = d.id), '[]'),
      'payments', coalesce((select jsonb_agg(to_jsonb(p) || jsonb_build_object('booked', to_jsonb(a))) from allocation a join payment p on p.organization_id = a.organization_id and p.id = a.payment_id
        where a.organization_id = d.organization_id and a.document_id = d.id), '[]'),
      ${around(organizationId, 'd')}
    )::text as record
    from document d where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) order by d.issue_date, d.id`;

const withoutDocument: Records = (organizationId, ids) => sql`
    select jsonb_build_object(${around(organizationId, 'i')})::text as record
    from (select id, id as order_id from sales_order where organization_id = ${organizationId} and id = any(${ids}::uuid[])
      union all select id, null from document where organization_id = ${organizationId} and id = any(${ids}::uuid[])) i order by i.id`;

function counted(name: string, bytes: AsyncIterable<Uint8Array>, files: { name: string; sha256: string; sizeBytes: number }[]): ZipEntry {
  return {
    name,
    async *open() {
      const hash = createHash('sha256');
      let sizeBytes = 0;
      for await (const piece of bytes) {
        hash.update(piece);
        sizeBytes += piece.length;
        yield piece;
      }
      files.push({ name, sha256: hash.digest('hex'), sizeBytes });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* lateText(text: () => string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text());
}
