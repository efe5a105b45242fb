import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type ZipEntry, zipStream } from '../books/index.ts';
import { documentPdf, type RenderPdf } from '../delivery/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, removeFile, storeStream, type Tx } from '../store/index.ts';
import { type Chosen, nextOld } from './choose.ts';

/**
 * The files of an archive, part by part: a part holds so many documents with everything about them, is stored whole, and only then do its
 * rows say that it exists. A process that dies in between leaves a part that nobody knows of, and the next one makes it again.
 */
const partSize = 500;
const partLimitBytes = 2 * 1024 ** 3;

type Run = {
  id: string;
  until_day: string;
  long_until_day: string;
  after_day: string | null;
  after_id: string | null;
  documents: number;
};

/** Makes the next part. False: there are no more. */
export async function makePart(ctx: Context, render: RenderPdf, organizationId: string, run: Run): Promise<boolean> {
  const bounds = { untilDay: run.until_day, longUntilDay: run.long_until_day };
  const after = run.after_day && run.after_id ? { day: run.after_day, id: run.after_id } : undefined;
  const old = await ctx.store.org(organizationId, (tx) => nextOld(tx, organizationId, bounds, after, partSize));
  const last = old.at(-1);
  if (!last) return false;
  const chosen = old.filter((one) => one.kept === null);
  const seq = await ctx.store.org(organizationId, (tx) => nextSeq(tx, organizationId, run.id));
  const name = `archive-${run.id.slice(0, 8)}-${String(seq).padStart(3, '0')}.zip`;
  const file = chosen.length === 0 ? undefined : await storePart(ctx, render, organizationId, run, seq, name, chosen);
  const moved = await ctx.store.org(organizationId, async (tx) => {
    // Moved on only from where it was read: a second process, or a run that was called off, leaves nothing half done.
    const step = await tx
      .updateTable('archive_run')
      .set({ after_day: last.day, after_id: last.id, documents: run.documents + chosen.length })
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

async function storePart(ctx: Context, render: RenderPdf, organizationId: string, run: Run, seq: number, name: string, chosen: Chosen[]) {
  const at = ctx.now();
  const files: { name: string; sha256: string; sizeBytes: number }[] = [];
  async function* entries(): AsyncGenerator<ZipEntry> {
    yield counted('documents.jsonl', records(ctx, organizationId, chosen), files);
    const taken = new Set<string>();
    for (const { id } of chosen) {
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
      documents: chosen.length,
      from: chosen[0]!.day,
      to: chosen.at(-1)!.day,
      // Files of this part with their fingerprints; this one is not among them.
      files,
    };
    yield { name: 'manifest.json', open: () => lateText(() => `${JSON.stringify(manifest, null, 1)}\n`) };
  }
  const file = await storeStream(ctx.store, organizationId, at, {
    name,
    mediaType: 'application/zip',
    source: zipStream(entries(), at) as AsyncIterable<Uint8Array>,
    limitBytes: partLimitBytes,
  });
  if ('tooLarge' in file) throw new Error(`part ${seq} of archive ${run.id} is larger than ${partLimitBytes} bytes`);
  return file;
}

/** Everything about each document, one JSON object a line: what the removal takes away is here, and the links of the audit chain. */
async function* records(ctx: Context, organizationId: string, chosen: Chosen[]): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < chosen.length; at += 50) {
    const ids = chosen.slice(at, at + 50).map((one) => one.id);
    const { rows } = await ctx.store.org(organizationId, (tx) =>
      sql<{ record: string }>`
        select jsonb_build_object(
          'document', to_jsonb(d) - 'search',
          'order', (select to_jsonb(o) from sales_order o where o.organization_id = d.organization_id and o.id = d.order_id),
          'register', (select to_jsonb(r) from number_register r where r.organization_id = d.organization_id and r.series_id = d.series_id and r.period = d.period and r.sequence_no = d.sequence_no),
          'transfers', coalesce((select jsonb_agg(to_jsonb(t) || jsonb_build_object('tries', (select coalesce(jsonb_agg(to_jsonb(y) order by y.seq), '[]') from transfer_try y where y.organization_id = t.organization_id and y.transfer_id = t.id)) order by t.created_at)
            from transfer t where t.organization_id = d.organization_id and t.document_id = d.id), '[]'),
          'deliveries', coalesce((select jsonb_agg(to_jsonb(v) order by v.created_at) from delivery v where v.organization_id = d.organization_id and v.document_id = d.id), '[]'),
          'requests', coalesce((select jsonb_agg(to_jsonb(q) order by q.created_at) from desk_request q where q.organization_id = d.organization_id and q.document_id = d.id), '[]'),
          'payments', coalesce((select jsonb_agg(to_jsonb(p) || jsonb_build_object('booked', to_jsonb(a))) from allocation a join payment p on p.organization_id = a.organization_id and p.id = a.payment_id
            where a.organization_id = d.organization_id and a.document_id = d.id), '[]'),
          'audit', coalesce((select jsonb_agg(to_jsonb(u) order by u.seq) from audit u where u.organization_id = d.organization_id and u.entity_id in (d.id::text, d.order_id::text)), '[]')
        )::text as record
        from document d where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) order by d.issue_date, d.id`.execute(tx),
    );
    for (const { record } of rows) yield Buffer.from(`${record}\n`);
  }
}

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
