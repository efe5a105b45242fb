import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job, JobResult } from '../contract/agent/index.ts';
import { printerSchema } from '../contract/agent/index.ts';
import { IppPrinter } from '../testkit/ipp-printer.ts';
import { ManualClock } from '../testkit/simulator.ts';
import { operations } from './ipp/client.ts';
import { PrintPlugin } from './print.ts';
import { AgentStore, hash } from './store.ts';

/**
 * No page comes out twice and none is lost without a word: whichever of the printer's answers is lost, before or after the work or
 * half way, and the agent killed at that very moment.
 */
const page = Buffer.from('%PDF-1.7 a page');
let folder: string;
let clock: ManualClock;
let printer: IppPrinter;
let serial = 0;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fakturist-print-'));
  clock = new ManualClock('2026-11-20T09:00:00Z');
  printer = new IppPrinter({ name: 'Biuro', now: () => clock.now() });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function jobOf(payload: Record<string, unknown> = {}, more: Partial<Job> = {}): Job {
  const sha256 = hash(page);
  serial++;
  return {
    id: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
    key: `print:d:r:${serial}`,
    kind: 'print.pdf',
    payload: { printer: null, printerName: 'Biuro', title: 'FS 1/2026', sha256, copies: 1, ...payload },
    files: [{ sha256, name: 'x.pdf', sizeBytes: page.length, url: '' }],
    attempt: 1,
    accepted: false,
    expiresAt: null,
    ...more,
  };
}

/** Steps a job until it ends, opening store and plug-in anew before each step: every step is a restart. */
async function run(
  job: Job,
  options: { steps?: number; calledOff?: 'cancelled' | 'expired'; printers?: { name?: string; uri: string }[] } = {},
): Promise<JobResult | string | undefined> {
  let said: string | undefined;
  for (let i = 0; i < (options.steps ?? 12); i++) {
    const store = new AgentStore(folder);
    if (store.keepJob(job, 0) === 'kept') {
      store.keepFile(hash(page), page);
      store.acceptJob(job.id);
    }
    const plugin = new PrintPlugin(
      { printers: options.printers ?? [{ name: 'Biuro', uri: 'http://printer/ipp/print' }] },
      { fetch: printer.fetch, now: () => clock.now(), lookMs: Number.POSITIVE_INFINITY },
    );
    const step = await plugin.step(job, {
      note: store.job(job.id)!.note,
      keepNote: (note) => store.note(job.id, note),
      file: (sha256) => store.readFile(sha256),
      now: () => clock.now(),
      calledOff: options.calledOff,
      signal: new AbortController().signal,
    });
    store.close();
    if ('done' in step) return step.done;
    said = step.cause?.code;
    clock.advance(step.againMs);
    printer.tick();
  }
  return said;
}

test('whichever answer is lost, one page comes out', async () => {
  for (const loss of ['before', 'after', 'half'] as const)
    for (let step = 0; step < 6; step++) {
      const before = printer.out.length;
      printer.lose = [...Array.from({ length: step }, () => undefined), loss];
      const result = await run(jobOf());
      printer.lose = [];
      expect([loss, step, result, printer.out.length - before]).toMatchObject([loss, step, { outcome: 'done' }, 1]);
    }
});

test('a printer without empty jobs: the page is known again by its name; what it never heard of is for a person', async () => {
  printer.knowsEmptyJobs = false;
  for (const loss of ['before', 'after', 'half'] as const)
    for (let step = 0; step < 5; step++) {
      const before = printer.out.length;
      printer.lose = [...Array.from({ length: step }, () => undefined), loss];
      const result = (await run(jobOf())) as JobResult;
      printer.lose = [];
      const out = printer.out.length - before;
      // Step 2 is the one that carries the page.
      if (step === 2 && loss !== 'after') expect([loss, step, result.outcome, out]).toEqual([loss, step, 'unknown', 0]);
      else expect([loss, step, result.outcome, out]).toEqual([loss, step, 'done', 1]);
    }
});

test('paper and a stopped queue are waited for, each with its own words', async () => {
  printer.paper = false;
  const first = jobOf();
  expect(await run(first, { steps: 4 })).toBe('print_no_paper');
  printer.paper = true;
  printer.stopped = true;
  expect(await run(first, { steps: 4 })).toBe('print_stopped');
  printer.gone = true;
  expect(await run(first, { steps: 4 })).toBe('print_printer_gone');
  printer.gone = false;
  printer.stopped = false;
  expect(await run(first)).toMatchObject({ outcome: 'done' });
  expect(printer.out).toHaveLength(1);
});

test('called off or too late: before the page goes nothing begins, after it the printer is asked to drop it', async () => {
  expect(await run(jobOf(), { calledOff: 'expired' })).toMatchObject({ outcome: 'failed', class: 'expired' });
  printer.paper = false;
  const second = jobOf();
  await run(second, { steps: 3 });
  expect(await run(second, { calledOff: 'cancelled' })).toMatchObject({ outcome: 'failed', class: 'cancelled' });
  printer.paper = true;
  printer.tick();
  expect(printer.out).toHaveLength(0);
  // Printed meanwhile: then it is printed, whatever was asked for.
  const third = jobOf();
  await run(third, { steps: 2 });
  expect(await run(third, { calledOff: 'cancelled' })).toMatchObject({ outcome: 'done' });
});

test('an agent without its store asks the printer for the page by name', async () => {
  const job = jobOf();
  await run(job, { steps: 2 });
  rmSync(path.join(folder, 'agent.sqlite'));
  const again = async (known: Job) => {
    const store = new AgentStore(folder);
    store.keepJob(known, 0);
    store.keepFile(hash(page), page);
    store.acceptJob(known.id);
    store.note(known.id, { lost: true });
    store.close();
    return run(known);
  };
  expect(await again({ ...job, accepted: true, attempt: 2 })).toMatchObject({ outcome: 'done' });
  expect(await again(jobOf({}, { accepted: true, attempt: 2 }))).toMatchObject({ outcome: 'unknown', cause: { code: 'print_unknown' } });
  expect(printer.out).toHaveLength(1);
});

test('a printer that is gone from the list is named, with what is similar', async () => {
  expect(await run(jobOf({ printer: 'Biurowa ipp://old/ipp', printerName: 'Biurowa' }))).toMatchObject({
    outcome: 'failed',
    class: 'mapping',
    cause: { code: 'print_no_printer', params: { printer: 'Biurowa', similar: 'Biuro' } },
  });
  // The same queue at another address is the same printer.
  expect(await run(jobOf({ printer: 'Biuro ipp://old/ipp' }))).toMatchObject({ outcome: 'done' });
  // Options go along.
  await run(jobOf({ copies: 3, sides: 'two-sided-long-edge' }));
  expect(printer.out.at(-1)).toMatchObject({ copies: 3, sides: 'two-sided-long-edge' });
  expect(printer.out.at(-1)!.name).toMatch(/^FS 1\/2026 #[0-9a-f]{10}$/);
});

test('a printer that will not speak of a page it got may have printed it: nobody is told that it did not', async () => {
  const job = jobOf();
  await run(job, { steps: 1 });
  printer.refuses.set(operations.getJobAttributes, 0x0403);
  expect(await run(job)).toMatchObject({ outcome: 'unknown', cause: { code: 'print_unknown', params: { printer: 'Biuro' } } });
  expect(printer.out).toHaveLength(1);
  // Refused before anything went, it is a refusal.
  printer.refuses.clear();
  printer.refuses.set(operations.createJob, 0x040b);
  expect(await run(jobOf())).toMatchObject({ outcome: 'failed', cause: { code: 'print_refused' } });
});

test('a printer is the same one under another name at its address, and at another address under its name, spaces and all', async () => {
  const printers = [{ name: 'HP LaserJet 400', uri: 'http://printer/ipp/print' }];
  for (const id of ['HP LaserJet 400 ipp://old/ipp', 'Office http://printer/ipp/print'])
    expect([id, await run(jobOf({ printer: id, printerName: '' }), { printers })]).toMatchObject([id, { outcome: 'done' }]);
  expect(await run(jobOf({ printer: 'HP ipp://old/ipp', printerName: '' }), { printers })).toMatchObject({
    cause: { code: 'print_no_printer', params: { printer: 'HP' } },
  });
});

test('what odd printers say of themselves, the hub can hear', async () => {
  for (const name of ['', 'x'.repeat(3000), '😀'.repeat(60)]) {
    const odd = new IppPrinter({ name, now: () => clock.now() });
    const plugin = new PrintPlugin(
      { printers: [{ uri: 'http://printer/ipp/print' }, { uri: 'no address' }] },
      { fetch: odd.fetch, now: () => clock.now() },
    );
    const seen = await plugin.printers();
    expect(seen).toHaveLength(2);
    for (const one of seen)
      expect([one.name, printerSchema.safeParse(one).success, one.name.isWellFormed()]).toEqual([one.name, true, true]);
  }
});
