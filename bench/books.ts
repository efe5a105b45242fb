import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { keep } from './measure.ts';

/** 5,000 documents to .epp in one go: pace beside the bare encoding of as many bytes, and memory beside ten times fewer. */
const worker = path.join(import.meta.dirname, 'books-child.ts');

export type Measured = { documents: number; bytes: number; ms: number; bareMs: number; peakMb: number };

/** In a process of its own with a collector at hand, so that the memory measured is that of the export. */
export function measureExport(connector: string, documents: number): Measured {
  const child = spawnSync(process.execPath, ['--expose-gc', '--max-semi-space-size=2', worker, connector, String(documents)], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr.slice(-2000));
  return JSON.parse(child.stdout) as Measured;
}

export function benchBooks(quick: boolean): void {
  const many = quick ? 5_000 : 50_000;
  for (const connector of ['subiekt', 'optima']) {
    const few = measureExport(connector, many / 10);
    const all = measureExport(connector, many);
    keep({
      what: `${many} documents to a file (${connector})`,
      value: (all.documents / all.ms) * 1000,
      unit: 'documents/s',
      bare: (all.documents / all.bareMs) * 1000,
      note: `${Math.round(all.bytes / 1e6)} MB; heap +${all.peakMb.toFixed(1)} MB, +${few.peakMb.toFixed(1)} MB for a tenth`,
    });
  }
}
