/**
 * `npm test`: types, lint, then the whole default suite on both databases and in a real browser.
 * Installs what it needs where it may (Debian's Chromium), says what had to be left out, and closes with "N passed, N failed".
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const bin = (name: string) => path.join(root, 'node_modules', '.bin', name);
let passed = 0;
let failed = 0;

type Step = [name: string, command: string, args: string[]];
/** With one checker: each of the usual four asks anew what the others know, which doubles the processor's time. */
const types = (name: string, project: string): Step => [name, bin('tsc'), ['-p', project, '--checkers', '1']];

/** One after another; each says what it found when it ends. */
async function steps(all: Step[]): Promise<void> {
  for (const one of all) await step(...one);
}

function step(name: string, command: string, args: string[]): Promise<void> {
  const started = performance.now();
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  return new Promise((done) => {
    child.on('error', (error) => (said += `${error}\n`));
    child.on('close', (status) => {
      const ok = status === 0;
      if (ok) passed++;
      else failed++;
      if (!ok) process.stdout.write(said);
      console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
      done();
    });
  });
}

const has = (program: string) => spawnSync('which', [program]).status === 0;

/** What tests ask of the machine and Debian has: a browser, and a real IPP server with the DNS-SD daemon that it will not start without. */
const tools = [
  {
    name: 'chromium for the browser stories',
    packages: ['chromium'],
    isThere: () =>
      Boolean(process.env.FAKTURIST_TEST_BROWSER) ||
      ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((place) => existsSync(place)),
    without: 'the browser stories are SKIPPED',
  },
  {
    name: 'cups-ipp-utils and avahi-daemon for printing to a real IPP server',
    packages: ['cups-ipp-utils', 'avahi-daemon', 'dbus'],
    isThere: () => has('ippeveprinter') && has('avahi-daemon'),
    without: 'printing to a real IPP server is SKIPPED',
  },
];

/** Installs what is missing, where it may. */
async function install(): Promise<void> {
  const missing = tools.filter((tool) => !tool.isThere());
  if (missing.length === 0) return;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) {
    for (const { name, without } of missing) console.warn(`There is no ${name}, and none may be installed here: ${without}.`);
    return;
  }
  const aptGet = (...args: string[]) =>
    new Promise((done) => {
      const child = spawn('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
      child.once('error', done).once('close', done);
    });
  await aptGet('update', '-qq');
  for (const { name, packages, without } of missing) {
    console.log(`Installing Debian's ${name} (once).`);
    const status = await aptGet('install', '-y', '-qq', '--no-install-recommends', ...packages);
    if (status !== 0) console.warn(`It could not be installed: ${without}.`);
  }
}

/** The DNS-SD daemon for as long as the suite runs. */
function startPrinting(): () => void {
  if (process.getuid?.() !== 0 || !has('avahi-daemon')) return () => {};
  const ended: (() => void)[] = [];
  const begin = (program: string, args: string[]) => {
    if (spawnSync('pgrep', ['-x', program]).status === 0) return;
    const child = spawn(program, args, { stdio: 'ignore' });
    child.unref();
    ended.push(() => child.kill());
  };
  mkdirSync('/run/dbus', { recursive: true });
  begin('dbus-daemon', ['--system', '--nofork', '--nopidfile']);
  spawnSync('sleep', ['0.5']);
  begin('avahi-daemon', ['--no-drop-root', '--no-rlimits']);
  spawnSync('sleep', ['0.5']);
  return () => {
    for (const end of ended) end();
  };
}

async function suite(args: string[]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-report-'));
  const report = path.join(folder, 'report.json');
  const child = spawn(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const status = await new Promise((done) => child.once('error', done).once('close', done));
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    passed += numPassedTests;
    failed += numFailedTests;
    // A file that could not even be loaded has no failed test of its own.
    const broken = testResults.filter(
      (f: { status: string; assertionResults: unknown[] }) => f.status === 'failed' && f.assertionResults.length === 0,
    ).length;
    failed += broken;
    if (numTotalTests === 0) failed++;
    if (status !== 0 && numFailedTests + broken === 0) failed++;
  } else failed++;
  rmSync(folder, { recursive: true, force: true });
}

let endPrinting = () => {};
const fast = process.argv.includes('--fast');
const rest = process.argv.slice(2).filter((a) => a !== '--fast');
const checks: Step[] = [
  types('types', '.'),
  types('types of the browser stories', 'tests/browser'),
  ['lint and format', bin('biome'), ['check', '--reporter=summary']],
  types('types of the screens', 'web'),
];
// Tests wait now and then, first of all for their databases; types and lint have the processor meanwhile, and while something is installed.
const checked = steps(checks);
if (!fast) {
  // The first of the tests are the browser's.
  await Promise.all([install(), step('screens built', bin('vite'), ['build', 'web', '--logLevel', 'warn'])]);
  endPrinting = startPrinting();
}
// A file that is run by its name may be the one that measures time.
if (rest.length > 0) await checked;
await suite(fast ? ['--exclude', 'tests/**', ...rest] : rest);
await checked;
endPrinting();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
