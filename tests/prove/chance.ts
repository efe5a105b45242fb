import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { seededRandom } from '../../src/testkit/simulator.ts';

/** Draws of a seed, and ids, nonces and tokens that are drawn from it as well, so that a seed tells the same story again. */
export function seedChance(seed: number): { next: () => number; ids(): () => void } {
  const next = seededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  return { next, ids: () => drawnIds(seededRandom(seed ^ 0x2545f491)) };
}

function drawnIds(random: () => number): () => void {
  const real = { randomFillSync: crypto.randomFillSync, randomBytes: crypto.randomBytes, randomUUID: crypto.randomUUID };
  const fill = <T extends NodeJS.ArrayBufferView>(buffer: T): T => {
    const bytes = Buffer.from(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
    return buffer;
  };
  const bytes = (size: number) => fill(Buffer.alloc(size));
  Object.assign(crypto, {
    randomFillSync: fill,
    // With a callback it is somebody else's (sockets, multipart): theirs stay real.
    randomBytes: (size: number, callback?: unknown) => (callback ? real.randomBytes(size, callback as never) : bytes(size)),
    randomUUID: () => {
      const hex = bytes(16).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  });
  syncBuiltinESMExports();
  return () => {
    Object.assign(crypto, real);
    syncBuiltinESMExports();
  };
}
