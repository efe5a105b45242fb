import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { json, type Store, type Tx } from './database.ts';
import { newId } from './id.ts';

/** Files live in the database: one backup, one wall, the same for one process and many. */
export type StoredFile = { id: string; name: string; mediaType: string; sizeBytes: number; sha256: string };

const chunkBytes = 1024 * 1024;

/** What the embedded database answers comes as text: base64 is read several times faster than its own form of bytes. */
const asBase64 = sql<string>`encode(bytes, 'base64')`.as('base64');

/** Stores small files (PDFs) inside the caller's transaction, all in one statement; their ids come back in the order given. */
export async function storeFiles(
  tx: Tx,
  organizationId: string,
  now: Date,
  files: { name: string; mediaType: string; bytes: Uint8Array }[],
): Promise<StoredFile[]> {
  if (files.length === 0) return [];
  const stored = files.map(({ name, mediaType, bytes }) => ({
    id: newId(now),
    name,
    mediaType,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  let sizeBytes = 0;
  const chunks = files.flatMap(({ bytes }, at) => {
    const first = sizeBytes;
    sizeBytes += bytes.length;
    return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, seq) => ({
      file: stored[at]!.id,
      seq,
      // The first byte is number one.
      at: first + seq * chunkBytes + 1,
      size: Math.min(chunkBytes, bytes.length - seq * chunkBytes),
    }));
  });
  const rows = stored.map((f) => ({ id: f.id, name: f.name, media_type: f.mediaType, size_bytes: f.sizeBytes, sha256: f.sha256 }));
  // The bytes of all go as one value and are cut apart there: in arrays or JSON they would be texts, written and read letter by letter.
  await sql`with named as (
      insert into file (organization_id, id, name, media_type, size_bytes, sha256, created_at)
      select ${organizationId}, r.id, r.name, r.media_type, r.size_bytes, r.sha256, ${now.toISOString()}::timestamptz
      from jsonb_to_recordset(${json(rows)}) as r(id uuid, name text, media_type text, size_bytes bigint, sha256 text) returning id)
    insert into file_chunk (organization_id, file_id, seq, bytes)
    select ${organizationId}, c.file, c.seq, substring(${Buffer.concat(files.map((f) => f.bytes))}::bytea from c.at for c.size)
    from unnest(${chunks.map((c) => c.file)}::uuid[], ${chunks.map((c) => c.seq)}::int[], ${chunks.map((c) => c.at)}::int[],
      ${chunks.map((c) => c.size)}::int[]) as c(file, seq, at, size)`.execute(tx);
  return stored;
}

/** Stores one small file inside the caller's transaction. */
export async function storeFile(
  tx: Tx,
  organizationId: string,
  now: Date,
  file: { name: string; mediaType: string; bytes: Uint8Array },
): Promise<StoredFile> {
  return (await storeFiles(tx, organizationId, now, [file]))[0]!;
}

/** Stores a stream in constant memory, a transaction a chunk; the file row is written last, so half a file is never seen. */
export async function storeStream(
  store: Store,
  organizationId: string,
  now: Date,
  file: { name: string; mediaType: string; source: AsyncIterable<Uint8Array>; limitBytes: number },
): Promise<StoredFile | { tooLarge: true }> {
  const id = newId(now);
  const hash = createHash('sha256');
  let size = 0;
  let seq = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const row = { organization_id: organizationId, id, name: file.name, media_type: file.mediaType, created_at: now };
  await store.org(organizationId, (tx) =>
    tx
      .insertInto('file')
      .values({ ...row, size_bytes: -1n, sha256: '' })
      .execute(),
  );
  const flush = async () => {
    const bytes = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    const at = seq++;
    await store.org(organizationId, (tx) =>
      tx.insertInto('file_chunk').values({ organization_id: organizationId, file_id: id, seq: at, bytes }).execute(),
    );
  };
  try {
    for await (const chunk of file.source) {
      size += chunk.length;
      if (size > file.limitBytes) {
        await removeFile(store, organizationId, id);
        return { tooLarge: true };
      }
      hash.update(chunk);
      pending.push(Buffer.from(chunk));
      pendingBytes += chunk.length;
      if (pendingBytes >= chunkBytes) await flush();
    }
  } catch (error) {
    await removeFile(store, organizationId, id);
    throw error;
  }
  if (pendingBytes > 0) await flush();
  const sha256 = hash.digest('hex');
  await store.org(organizationId, (tx) =>
    tx
      .updateTable('file')
      .set({ size_bytes: BigInt(size), sha256 })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute(),
  );
  return { id, name: file.name, mediaType: file.mediaType, sizeBytes: size, sha256 };
}

export async function removeFile(store: Store, organizationId: string, id: string): Promise<void> {
  await store.org(organizationId, (tx) =>
    tx.deleteFrom('file').where('organization_id', '=', organizationId).where('id', '=', id).execute(),
  );
}

/** The bytes chunk by chunk, each read in a transaction of its own. */
export async function* readFile(store: Store, organizationId: string, id: string): AsyncGenerator<Uint8Array> {
  for (let seq = 0; ; seq++) {
    const row = await store.org(organizationId, (tx) =>
      tx
        .selectFrom('file_chunk')
        .select(asBase64)
        .where('organization_id', '=', organizationId)
        .where('file_id', '=', id)
        .where('seq', '=', seq)
        .executeTakeFirst(),
    );
    if (!row) return;
    yield Buffer.from(row.base64, 'base64');
  }
}

/** A whole small file, undefined when there is none. */
export async function readSmallFile(
  tx: Tx,
  organizationId: string,
  id: string,
): Promise<{ name: string; mediaType: string; sha256: string; bytes: Buffer } | undefined> {
  const file = await tx
    .selectFrom('file')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!file) return undefined;
  const chunks = await tx
    .selectFrom('file_chunk')
    .select(asBase64)
    .where('organization_id', '=', organizationId)
    .where('file_id', '=', id)
    .orderBy('seq')
    .execute();
  return {
    name: file.name,
    mediaType: file.media_type,
    sha256: file.sha256,
    bytes: Buffer.concat(chunks.map((c) => Buffer.from(c.base64, 'base64'))),
  };
}
