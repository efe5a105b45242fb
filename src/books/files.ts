import { sql } from 'kysely';
import { openConnection, readConnection } from '../connections/index.ts';
import type { WorksByFolder } from '../contract/folder.ts';
import type { Finding } from '../domain/finding.ts';
import { hold } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, oneByOne, readFile, removeFile, storeStream, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { booksDocuments } from './source.ts';

/**
 * Files of many documents for a program, carried by hand (EPP §9, OPTIMA A.4). A document goes into one file of a target, unless a
 * person asks for it again: most programs make a second document of a second import. The file is made once and kept.
 *
 *   claim (rows of the batch) ──preflight──> what is refused leaves ──write──> stored file, done
 *
 * A batch left in the making by a crash gives its documents back.
 */
type ExportRequest = {
  connector: string;
  connectionId?: string;
  ids?: string[];
  from?: string;
  to?: string;
  /** Take documents that were in a file before as well. */
  again?: boolean;
};
type RefusedDocument = { id: string; number: string; findings: Finding[] };
export type ExportFile = {
  id: string;
  serial: string;
  connector: string;
  connectionId: string | null;
  name: string;
  from: string | null;
  to: string | null;
  documents: number;
  refused: RefusedDocument[];
  sha256: string | null;
  sizeBytes: string | null;
  createdBy: string;
  createdAt: string;
};
export type ExportResult =
  | { made: ExportFile; alreadyOut: number }
  | { findings: Finding[]; alreadyOut: number; refused: RefusedDocument[] };

export const maxExportDocuments = 20_000;
const maxRefused = 500;
const maxFileBytes = 500 * 1024 * 1024;
/** A file of the largest batch takes a fraction of this: what is older was left by a process that died. */
const abandonedMs = 10 * 60_000;

/** A connector that works by a folder is pure: without a connection there is nothing it could call. */
const unreachable = () => Promise.reject(new Error('a file is made without any call'));

type Way = { folder: WorksByFolder; connector: string; connectionId: string | null; target: string };

async function wayOf(ctx: Context, organizationId: string, request: ExportRequest): Promise<Way | undefined> {
  if (request.connectionId) {
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, request.connectionId!));
    if (!connection || connection.status === 'removed' || connection.connector !== request.connector) return undefined;
    const { folder } = openConnection(ctx, connection).session;
    return folder && { folder, connector: connection.connector, connectionId: connection.id, target: connection.id };
  }
  const connector = ctx.connectors.get(request.connector);
  const memory = new Map<string, string>();
  const session = connector?.manifest.capabilities.includes('folder')
    ? connector.open({
        settings: {},
        secrets: {},
        baseUrl: '',
        fetch: unreachable,
        now: ctx.now,
        memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
        holdUntil: unreachable,
      })
    : undefined;
  return session?.folder && { folder: session.folder, connector: request.connector, connectionId: null, target: request.connector };
}

/** Makes the file of a selection, or says why there is nothing to make. */
export async function makeExportFile(ctx: Context, who: Who, request: ExportRequest): Promise<ExportResult> {
  const { organizationId } = who;
  const way = await wayOf(ctx, organizationId, request);
  if (!way) return { findings: [hold('H_CONNECTOR_UNKNOWN', 'connector', { connector: request.connector })], alreadyOut: 0, refused: [] };
  const claimed = await ctx.store.org(organizationId, (tx) => claim(tx, ctx, who, way, request));
  if ('findings' in claimed) return { ...claimed, refused: [] };
  const { batchId, serial, alreadyOut } = claimed;
  try {
    const refused = await refuse(ctx, organizationId, way, batchId);
    const left = claimed.documents - refused.count;
    if (left === 0) {
      await dropBatch(ctx, organizationId, batchId);
      return { findings: [hold('H_EXPORT_ALL_REFUSED', 'ids', { count: String(refused.count) })], alreadyOut, refused: refused.listed };
    }
    const period = request.from && request.to ? { from: request.from, to: request.to } : undefined;
    const batch = { at: ctx.now(), ...(period && { period }) };
    const name = way.folder.batchName(serial, batch);
    const file = await storeStream(ctx.store, organizationId, ctx.now(), {
      name,
      mediaType: way.folder.mediaType,
      source: way.folder.write(() => booksDocuments(ctx.store, organizationId, { batchId }), batch),
      limitBytes: maxFileBytes,
    });
    if ('tooLarge' in file) {
      await dropBatch(ctx, organizationId, batchId);
      return { findings: [hold('H_EXPORT_TOO_MANY', 'ids', { max: String(maxExportDocuments) })], alreadyOut, refused: refused.listed };
    }
    const made = await ctx.store.org(organizationId, async (tx) => {
      const row = await tx
        .updateTable('export_batch')
        .set({
          status: 'done',
          name,
          documents: left,
          refused: json(refused.listed),
          file_id: file.id,
          sha256: file.sha256,
          size_bytes: BigInt(file.sizeBytes),
        })
        .where('organization_id', '=', organizationId)
        .where('id', '=', batchId)
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;
      await announce(tx, organizationId, 'exports', batchId);
      await audit(tx, organizationId, who.actor, ctx.now(), [
        {
          action: 'documents written to a file',
          entity: 'export',
          entityId: batchId,
          data: {
            name,
            connector: way.connector,
            documents: left,
            refused: refused.count,
            again: request.again === true,
            sha256: file.sha256,
          },
        },
      ]);
      return fileOf(row);
    });
    if (made) return { made, alreadyOut };
    // Somebody took us for dead meanwhile and gave the documents back: what was made must not go out beside theirs.
    await removeFile(ctx.store, organizationId, file.id);
    return { findings: [hold('H_EXPORT_ABANDONED', 'ids')], alreadyOut, refused: refused.listed };
  } catch (error) {
    await dropBatch(ctx, organizationId, batchId);
    throw error;
  }
}

type Claimed = { batchId: string; serial: number; documents: number; alreadyOut: number };

/** Takes the documents for this file alone, under one lock an organization: two files at once never share a document. */
async function claim(
  tx: Tx,
  ctx: Context,
  who: Who,
  way: Way,
  request: ExportRequest,
): Promise<Claimed | { findings: Finding[]; alreadyOut: number }> {
  const { organizationId } = who;
  const now = ctx.now();
  await oneByOne(tx, organizationId, 'export');
  await tx
    .deleteFrom('export_batch')
    .where('organization_id', '=', organizationId)
    .where('status', '=', 'making')
    .where('created_at', '<', new Date(now.getTime() - abandonedMs))
    .execute();
  const conditions = [
    sql`d.organization_id = ${organizationId}`,
    sql`d.state = 'issued'`,
    sql`d.number is not null`,
    sql`d.kind = any(${ctx.connectors.get(way.connector)!.manifest.documentKinds ?? []}::text[])`,
  ];
  if (request.ids) conditions.push(sql`d.id = any(${request.ids}::uuid[])`);
  if (request.from) conditions.push(sql`d.issue_date >= ${request.from}::date`);
  if (request.to) conditions.push(sql`d.issue_date <= ${request.to}::date`);
  // What the agent carried to the same books is there already, whatever became of it.
  const out = sql`(exists (select 1 from export_item i where i.organization_id = d.organization_id and i.target = ${way.target} and i.document_id = d.id)
    or exists (select 1 from transfer t where t.organization_id = d.organization_id and t.document_id = d.id and t.connection_id = ${way.connectionId}::uuid
      and t.verb = 'issue' and t.status in ('sending','pending','accepted','unknown')))`;
  const { rows } = await sql<{ matching: bigint; out: bigint }>`
    select count(*) as matching, count(*) filter (where ${out}) as out from document d where ${sql.join(conditions, sql` and `)}`.execute(
    tx,
  );
  const { matching, out: outBefore } = rows[0]!;
  const alreadyOut = request.again ? 0 : Number(outBefore);
  const documents = Number(matching) - alreadyOut;
  if (documents === 0)
    return {
      findings: [hold(matching === 0n ? 'H_BOOKS_NOTHING' : 'H_EXPORT_ALREADY_OUT', 'ids', { count: String(alreadyOut) })],
      alreadyOut,
    };
  if (documents > maxExportDocuments)
    return { findings: [hold('H_EXPORT_TOO_MANY', 'ids', { max: String(maxExportDocuments) })], alreadyOut };
  const last = await tx
    .selectFrom('export_batch')
    .select((e) => e.fn.max('serial').as('serial'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
  const serial = Number(last?.serial ?? 0n) + 1;
  const batchId = newId(now);
  await tx
    .insertInto('export_batch')
    .values({
      organization_id: organizationId,
      id: batchId,
      serial: BigInt(serial),
      connector: way.connector,
      connection_id: way.connectionId,
      target: way.target,
      name: '',
      period_from: request.from ?? null,
      period_to: request.to ?? null,
      status: 'making',
      refused: json([]),
      file_id: null,
      sha256: null,
      size_bytes: null,
      created_by: who.actor,
      created_at: now,
    })
    .execute();
  await sql`insert into export_item (organization_id, batch_id, document_id, target, again)
    select d.organization_id, ${batchId}, d.id, ${way.target}, ${request.again === true} from document d
    where ${sql.join(conditions, sql` and `)} ${request.again ? sql`` : sql`and not ${out}`}`.execute(tx);
  return { batchId, serial, documents, alreadyOut };
}

/** What the program would refuse leaves the batch and can go into the next one, mended. */
async function refuse(ctx: Context, organizationId: string, way: Way, batchId: string) {
  const refused: RefusedDocument[] = [];
  for await (const document of booksDocuments(ctx.store, organizationId, { batchId })) {
    const holds = way.folder.preflight(document).filter((f) => f.level === 'hold');
    if (holds.length > 0) refused.push({ id: document.id, number: document.number, findings: holds });
  }
  for (let i = 0; i < refused.length; i += 1000) {
    const ids = refused.slice(i, i + 1000).map((r) => r.id);
    await ctx.store.org(organizationId, (tx) =>
      tx
        .deleteFrom('export_item')
        .where('organization_id', '=', organizationId)
        .where('batch_id', '=', batchId)
        .where('document_id', 'in', ids)
        .execute(),
    );
  }
  return { count: refused.length, listed: refused.slice(0, maxRefused) };
}

async function dropBatch(ctx: Context, organizationId: string, batchId: string): Promise<void> {
  await ctx.store.org(organizationId, (tx) =>
    tx.deleteFrom('export_batch').where('organization_id', '=', organizationId).where('id', '=', batchId).execute(),
  );
}

type BatchRow = Parameters<typeof fileOf>[0];

function fileOf(row: {
  id: string;
  serial: bigint;
  connector: string;
  connection_id: string | null;
  name: string;
  period_from: string | null;
  period_to: string | null;
  documents: number;
  refused: RefusedDocument[];
  sha256: string | null;
  size_bytes: bigint | null;
  created_by: string;
  created_at: Date;
}): ExportFile {
  return {
    id: row.id,
    serial: row.serial.toString(),
    connector: row.connector,
    connectionId: row.connection_id,
    name: row.name,
    from: row.period_from,
    to: row.period_to,
    documents: row.documents,
    refused: row.refused,
    sha256: row.sha256,
    sizeBytes: row.size_bytes?.toString() ?? null,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}

const listLimit = 100;

export async function listExportFiles(tx: Tx, organizationId: string): Promise<ExportFile[]> {
  const rows: BatchRow[] = await done(tx, organizationId).orderBy('serial', 'desc').limit(listLimit).execute();
  return rows.map(fileOf);
}

function done(tx: Tx, organizationId: string) {
  return tx.selectFrom('export_batch').selectAll().where('organization_id', '=', organizationId).where('status', '=', 'done');
}

/** The stored bytes; undefined when there is no such file. */
export async function openExportFile(
  ctx: Pick<Context, 'store'>,
  organizationId: string,
  id: string,
): Promise<{ name: string; mediaType: string; bytes: AsyncIterable<Uint8Array> } | undefined> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const batch = await done(tx, organizationId).where('id', '=', id).executeTakeFirst();
    if (!batch?.file_id) return undefined;
    const file = await tx
      .selectFrom('file')
      .select('media_type')
      .where('organization_id', '=', organizationId)
      .where('id', '=', batch.file_id)
      .executeTakeFirstOrThrow();
    return { name: batch.name, mediaType: file.media_type, fileId: batch.file_id };
  });
  return found && { name: found.name, mediaType: found.mediaType, bytes: readFile(ctx.store, organizationId, found.fileId) };
}
