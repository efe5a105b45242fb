import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { migrate, openEmbedded } from '../../src/store/index.ts';
import { corpusFolder, fuzz, type Run } from './engine.ts';
import { targets } from './targets.ts';

/**
 * `npm run fuzz -- --seconds 60 [--target bank-statement] [--seed 7]`. Each target runs in a thread of its own with bounded memory; an input that
 * never ends or eats the memory is known by what was written down before it. Findings are left in `corpus/<target>` for the suite.
 */
/** Migrated once, copied ever after: migrating anew took longer than many a reader's whole share. */
let migrated: Promise<Blob> | undefined;
const openStore = async () => {
  migrated ??= (async () => {
    const first = await openEmbedded('memory:', { durable: false });
    await migrate(first);
    if (!('pglite' in first.raw)) throw new Error('the embedded database is no PGlite');
    const dump = await first.raw.pglite.dumpDataDir('none');
    await first.close();
    return dump;
  })();
  return openEmbedded('memory:', { durable: false, load: await migrated });
};
const hangMs = 20_000;
const slowMs = 3_000;
const memoryMb = 700;
const inputBytes = 128 * 1024;

if (!isMainThread) await work();
else await main();

async function work(): Promise<void> {
  const { name, seed, seconds, shared } = workerData as { name: string; seed: number; seconds: number; shared: SharedArrayBuffer };
  const words = new Int32Array(shared, 0, 3);
  const place = new Uint8Array(shared, 12);
  const target = targets(openStore).find((one) => one.name === name)!;
  // From the first changed input: what the target opens before is no share of its time.
  let until: number | undefined;
  const run = await fuzz(target, {
    seed,
    slowMs,
    until: () => {
      until ??= performance.now() + seconds * 1000;
      return performance.now() > until;
    },
    before: (input) => {
      place.set(input.subarray(0, place.length));
      Atomics.store(words, 1, Math.min(input.length, place.length));
      Atomics.store(words, 2, 1);
      Atomics.add(words, 0, 1);
    },
    after: () => void Atomics.store(words, 2, 0),
  });
  await target.close?.();
  parentPort!.postMessage(run);
  setTimeout(() => process.exit(0), 100);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      target: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  const all = targets(openStore).map((one) => one.name);
  const chosen = values.target ?? all;
  const unknown = chosen.filter((name) => !all.includes(name));
  if (values.help || unknown.length > 0) {
    console.log(`npm run fuzz -- [--seconds N for each target] [--target NAME]… [--seed N]\ntargets: ${all.join(', ')}`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  let broken = 0;
  for (const name of chosen) {
    const run = await thread(name, Number(values.seed), Number(values.seconds));
    broken += run.findings.length;
    console.log(
      `${name.padEnd(18)} ${String(run.runs).padStart(9)} inputs  ${String(run.kept).padStart(5)} ways  slowest ${Math.round(run.slowestMs)} ms  ${run.findings.length} findings`,
    );
    for (const finding of run.findings) {
      const file = path.join(corpusFolder, name, `s${values.seed}-${finding.input.length}-${Math.abs(hash(finding.why))}.bin`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, finding.input);
      console.log(`  ${finding.why.split('\n').slice(0, 4).join('\n  ')}\n  ${path.relative(process.cwd(), file)}`);
    }
  }
  console.log(broken === 0 ? `nothing found with seed ${values.seed}` : `${broken} findings with seed ${values.seed}`);
  process.exitCode = broken === 0 ? 0 : 1;
}

function hash(text: string): number {
  let h = 0;
  for (const letter of text) h = (Math.imul(h, 31) + letter.codePointAt(0)!) | 0;
  return h;
}

function thread(name: string, seed: number, seconds: number): Promise<Run> {
  const shared = new SharedArrayBuffer(12 + inputBytes);
  const words = new Int32Array(shared, 0, 3);
  const last = () => Buffer.from(new Uint8Array(shared, 12, Atomics.load(words, 1)));
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { name, seed, seconds, shared },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    const lost = (why: string): Run => ({
      target: name,
      runs: Atomics.load(words, 0),
      kept: 0,
      slowestMs: hangMs,
      findings: [{ target: name, input: last(), why }],
    });
    let seen = -1;
    let since = performance.now();
    const watch = setInterval(() => {
      const count = Atomics.load(words, 0);
      if (count !== seen) {
        seen = count;
        since = performance.now();
      } else if (Atomics.load(words, 2) === 0) since = performance.now();
      else if (performance.now() - since > hangMs) end(lost(`did not end within ${hangMs / 1000} s`));
    }, 500);
    const end = (run: Run) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(run);
    };
    worker.once('message', end);
    worker.once('error', (error) => end(lost(`${error.name}: ${error.message}\n${error.stack ?? ''}`)));
  });
}
