import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { FileSource } from '../contract/order-file.ts';

/** Bytes already in memory, cut as a stream would cut them. */
export function memorySource(name: string, bytes: Uint8Array, chunkBytes = 64 * 1024): FileSource {
  return {
    name,
    sizeBytes: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

/** A file on disk, opened anew for every pass. */
export async function diskSource(path: string, name = basename(path)): Promise<FileSource> {
  const { size } = await stat(path);
  return { name, sizeBytes: size, open: () => createReadStream(path, { highWaterMark: 64 * 1024 }) };
}
