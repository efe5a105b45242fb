import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrintPlugin } from '../src/agent/index.ts';
import { IppClient, IppRefused } from '../src/agent/ipp/client.ts';
import { AgentStore, hash } from '../src/agent/store.ts';
import { freePort } from '../src/testkit/postgres.ts';

/**
 * Our IPP against one that is not ours: Debian's `ippeveprinter`, the reference of IPP Everywhere. `npm test` installs it where it may;
 * without it, or without a DNS-SD daemon, this is skipped and said.
 */
const root = mkdtempSync(path.join(tmpdir(), 'fakturist-ipp-'));
const out = path.join(root, 'out');
let child: ChildProcess | undefined;
let uri = '';

beforeAll(async () => {
  if (spawnSync('which', ['ippeveprinter']).status !== 0) {
    console.warn(
      'No ippeveprinter found: printing against a real IPP server is SKIPPED. Debian: apt-get install cups-ipp-utils avahi-daemon.',
    );
    return;
  }
  mkdirSync(path.join(root, 'spool'));
  mkdirSync(out);
  const command = path.join(root, 'print.sh');
  writeFileSync(command, `#!/bin/sh\ncp "$1" "${out}/$(date +%s%N).pdf"\n`);
  chmodSync(command, 0o755);
  const port = await freePort();
  const args = [
    '-p',
    String(port),
    '-n',
    'localhost',
    '-f',
    'application/pdf',
    '-d',
    path.join(root, 'spool'),
    '-k',
    '-c',
    command,
    '-r',
    'off',
    'Biuro',
  ];
  const started = spawn('ippeveprinter', args, { stdio: 'ignore' });
  let ended = false;
  started.once('exit', () => {
    ended = true;
  });
  uri = `ipp://localhost:${port}/ipp/print`;
  const client = new IppClient({ fetch, timeoutMs: 2_000 });
  for (let i = 0; i < 100 && !ended; i++) {
    if (await client.printer(uri).catch(() => undefined)) {
      child = started;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  started.kill('SIGKILL');
  console.warn('ippeveprinter does not start (it needs avahi-daemon): printing against a real IPP server is SKIPPED.');
});
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

test('a page goes out through an empty job, is followed and comes out once', async ({ skip }) => {
  if (!child) skip();
  const page = Buffer.from('%PDF-1.4 Żółta strona');
  const store = new AgentStore(path.join(root, 'agent'));
  const sha256 = hash(page);
  const job = {
    id: '00000000-0000-4000-8000-000000000001',
    key: 'print:d:r:0',
    kind: 'print.pdf' as const,
    payload: {
      printer: null,
      printerName: 'Biuro',
      title: 'Faktura FS 1/2026 – Łódź',
      sha256,
      copies: 1,
      sides: 'one-sided',
      media: 'iso_a4_210x297mm',
    },
    files: [{ sha256, name: 'x.pdf', sizeBytes: page.length, url: '' }],
    attempt: 1,
    accepted: false,
    expiresAt: null,
  };
  store.keepJob(job, 0);
  store.keepFile(sha256, page);
  store.acceptJob(job.id);
  // Opened anew before every step: a restart each time.
  for (let i = 0; i < 60; i++) {
    const plugin = new PrintPlugin({ printers: [{ uri }] }, { fetch, now: () => new Date() });
    const step = await plugin.step(job, {
      note: store.job(job.id)!.note,
      keepNote: (note) => store.note(job.id, note),
      file: (sha) => store.readFile(sha),
      now: () => new Date(),
      calledOff: undefined,
      signal: new AbortController().signal,
    });
    if ('done' in step) {
      expect(step.done).toMatchObject({ outcome: 'done', facts: { printer: 'Biuro' } });
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const files = readdirSync(out);
  expect(files).toHaveLength(1);
  expect(readFileSync(path.join(out, files[0]!)).equals(page)).toBe(true);
  store.close();
});

test('what it is, what it remembers, what it refuses', async ({ skip }) => {
  if (!child) skip();
  const client = new IppClient({ fetch });
  const printer = await client.printer(uri);
  expect(printer).toMatchObject({ name: 'Biuro', accepts: true });
  expect(printer.formats).toContain('application/pdf');
  // An empty job prints nothing and can be dropped.
  const empty = await client.createJob(uri, 'pusta', { copies: 1 });
  expect((await client.job(uri, empty))!.reasons).toContain('job-data-insufficient');
  expect(await client.cancelJob(uri, empty)).toBe(true);
  expect((await client.job(uri, empty))!.state).toBe(7);
  expect(await client.cancelJob(uri, empty)).toBe(false);
  expect((await client.jobs(uri)).map((j) => j.name)).toContain('pusta');
  expect(await client.job(uri, 9999)).toBeUndefined();
  await expect(client.sendDocument(uri, 9999, 'x', Buffer.from('%PDF'))).rejects.toBeInstanceOf(IppRefused);
});
