import { performance } from 'node:perf_hooks';
import { connectors } from '../connectors/registry.ts';
import type { ConnectionContext } from '../src/contract/connector.ts';
import type { FolderDocument } from '../src/contract/folder.ts';
import { polishMonth } from '../src/testkit/polish.ts';

/** `books-child.ts CONNECTOR DOCUMENTS`: writes invented documents, each of another buyer, and prints pace and the most memory kept. */
const [connector, wanted] = process.argv.slice(2);
const count = Number(wanted);
const collect = (globalThis as { gc?: () => void }).gc!;

const month = polishMonth().filter((d) => d.number !== 'FV/104/09/2026');

/** Made while they are asked for, as rows of a database are. */
function* documents(): Generator<FolderDocument> {
  for (let i = 0; i < count; i++) {
    const one = month[i % month.length]!;
    const tail = String(i).padStart(12, '0');
    yield {
      ...one,
      reference: `fk:0197d3c0-0000-7000-8000-${tail}`,
      number: `FV/${i + 1}/09/2026`,
      content: { ...one.content, buyer: { ...one.content.buyer, email: `buyer${i}@example.org` } },
    };
  }
}

const settings = { sourceBase: 'FAKTU', targetBase: 'KSIEG' };
const folder = connectors[connector!]!.open({
  settings,
  secrets: {},
  memory: new Map(),
  now: () => new Date(0),
} as unknown as ConnectionContext).folder!;
const at = new Date('2026-10-01T06:15:02Z');

const heap = () => {
  collect();
  return process.memoryUsage().heapUsed;
};
const before = heap();
let peak = before;
let bytes = 0;
let pieces = 0;
let measuringMs = 0;
const started = performance.now();
for await (const piece of folder.write(() => documents(), { at })) {
  bytes += piece.length;
  pieces++;
  if (pieces % 40 !== 0) continue;
  const from = performance.now();
  peak = Math.max(peak, heap());
  measuringMs += performance.now() - from;
}
const ms = performance.now() - started - measuringMs;
const last = heap();
peak = Math.max(peak, last);

/** Bare: the same documents made and the same number of bytes encoded, with no format between. */
const bareStarted = performance.now();
const encoder = new TextEncoder();
let encoded = 0;
for (const document of documents()) encoded += encoder.encode(JSON.stringify(document.content)).length;
const bareMs = performance.now() - bareStarted;
if (encoded === 0) throw new Error('nothing was encoded');

process.stdout.write(JSON.stringify({ documents: count, bytes, ms, bareMs, peakMb: (peak - before) / 1e6 }));
