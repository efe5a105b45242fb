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

/** Two at a time, as there are two cores; each says what it found when it ends. */
async function steps(all: Step[]): Promise<void> {
  const waiting = [...all];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await step(...next);
  };
  await Promise.all([lane(), lane()]);
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

function ensureBrowser(): void {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some((p) => existsSync(p));
  if (found || process.env.FAKTURIST_TEST_BROWSER) return;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) {
    console.warn('No Chromium found and none may be installed here: the browser stories are SKIPPED.');
    return;
  }
  console.log("Installing Debian's chromium for the browser stories (once).");
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  const { status } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) console.warn('Chromium could not be installed: the browser stories are SKIPPED.');
}

/** A real IPP server to print to (Debian's ippeveprinter), with the DNS-SD daemon that it will not start without. */
function ensurePrinter(): () => void {
  const has = (program: string) => spawnSync('which', [program]).status === 0;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!has('ippeveprinter') || !has('avahi-daemon')) {
    if (!mayInstall) {
      console.warn('No ippeveprinter with avahi-daemon found and none may be installed here: printing to a real IPP server is SKIPPED.');
      return () => {};
    }
    console.log("Installing Debian's cups-ipp-utils and avahi-daemon for printing to a real IPP server (once).");
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    const packages = ['cups-ipp-utils', 'avahi-daemon', 'dbus'];
    const { status } = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'ignore' });
    if (status !== 0) console.warn('They could not be installed: printing to a real IPP server is SKIPPED.');
  }
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

function suite(args: string[]): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-report-'));
  const report = path.join(folder, 'report.json');
  const { status } = spawnSync(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
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

let endPrinter = () => {};
const fast = process.argv.includes('--fast');
const rest = process.argv.slice(2).filter((a) => a !== '--fast');
const checks: Step[] = [
  ['types', bin('tsc'), ['-p', '.']],
  ['types of the screens', bin('tsc'), ['-p', 'web']],
  ['lint and format', bin('biome'), ['check', '--reporter=summary']],
  ['types of the browser stories', bin('tsc'), ['-p', 'tests/browser']],
];
if (fast) {
  await steps(checks);
  suite(['--exclude', 'tests/**', ...rest]);
} else {
  ensureBrowser();
  endPrinter = ensurePrinter();
  await steps([...checks, ['screens built', bin('vite'), ['build', 'web', '--logLevel', 'warn']]]);
  suite(rest);
}
endPrinter();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
