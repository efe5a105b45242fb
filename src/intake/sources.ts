import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { FileSource } from '../contract/order-file.ts';
import type { Store } from '../store/index.ts';

const pieceBytes = 256 * 1024;

/** Bytes already in memory, cut as a stream would cut them. */
export function memorySource(name: string, bytes: Uint8Array, chunkBytes = pieceBytes): FileSource {
  return {
    name,
    sizeBytes: bytes.length,
    async *open(from = 0) {
      for (let at = from; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** A file on disk, opened anew for every pass. */
export async function diskSource(path: string, name = basename(path)): Promise<FileSource> {
  const { size } = await stat(path);
  return {
    name,
    sizeBytes: size,
    async *open(from = 0) {
      const file = await open(path);
      try {
        // One buffer for the whole file: a new one for each piece would wait for the garbage collector by the hundred.
        const buffer = Buffer.allocUnsafeSlow(pieceBytes);
        for (let at = from; ; ) {
          const { bytesRead } = await file.read(buffer, 0, pieceBytes, at);
          if (bytesRead === 0) return;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    },
  };
}

/** A file kept in the database; a piece is read in a transaction of its own, so no connection is held while records are worked on. */
export function storedSource(store: Store, organizationId: string, file: { id: string; name: string; sizeBytes: number }): FileSource {
  return {
    name: file.name,
    sizeBytes: file.sizeBytes,
    async *open(from = 0) {
      // Chunks of a stored stream may be larger than their nominal size: their lengths are asked for, never assumed.
      const chunks = await store.org(organizationId, (tx) =>
        tx
          .selectFrom('file_chunk')
          .select((e) => ['seq', e.fn<number>('octet_length', ['bytes']).as('length')])
          .where('organization_id', '=', organizationId)
          .where('file_id', '=', file.id)
          .orderBy('seq')
          .execute(),
      );
      let start = 0;
      for (const { seq, length } of chunks) {
        const end = start + Number(length);
        if (end > from) {
          const row = await store.org(organizationId, (tx) =>
            tx
              .selectFrom('file_chunk')
              .select('bytes')
              .where('organization_id', '=', organizationId)
              .where('file_id', '=', file.id)
              .where('seq', '=', seq)
              .executeTakeFirstOrThrow(),
          );
          const bytes = row.bytes.subarray(Math.max(0, from - start));
          for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
        }
        start = end;
      }
    },
  };
}
