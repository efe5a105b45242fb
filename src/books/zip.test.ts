import { expect, test } from 'vitest';
import { zipStream } from './zip.ts';

async function* entries() {
  yield { name: 'whole.txt', open: () => told(['a']) };
  yield { name: 'broken.txt', open: () => told(['b', new Error('the database went away')]) };
}

async function* told(pieces: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    yield Buffer.from(piece);
  }
}

test.each([0, 10])(
  'an entry that fails ends the archive with its error, and nothing else, though it is read %i turns later',
  async (turns) => {
    const unheard: unknown[] = [];
    const hear = (error: unknown) => unheard.push(error);
    process.prependListener('uncaughtException', hear);
    try {
      await expect(
        (async () => {
          const archive = zipStream(entries(), new Date('2026-01-01'));
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          for await (const _ of archive);
        })(),
      ).rejects.toThrow('the database went away');
    } finally {
      process.off('uncaughtException', hear);
    }
    expect(unheard).toEqual([]);
  },
);
