import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { rootFolder } from '../src/open.ts';
import { freePort } from '../src/testkit/postgres.ts';
import { writeOrderFile } from './import.ts';
import { keep } from './measure.ts';

/** What a seller waits for: the start, and a file of a thousand orders that becomes issued PDFs by one command, on the embedded database. */
export async function benchStory(folder: string): Promise<void> {
  const data = path.join(folder, 'story');
  const env = { ...process.env, FAKTURIST_DATA: data, DATABASE_URL: '' };
  const seller = ['--organization', 'Sklep', '--country', 'PL', '--tax-id', '9991002009', '--email', 'bench@shop.example'];
  await ran(['init', ...seller, '--password-stdin'], env, 'a long enough password\n');
  const file = path.join(folder, 'thousand.xml');
  await writeOrderFile(file, 1000);
  const out = path.join(folder, 'out');
  const began = performance.now();
  let firstMs = 0;
  const look = setInterval(() => {
    if (firstMs === 0 && existsSync(out) && readdirSync(out).some((name) => name.endsWith('.pdf'))) firstMs = performance.now() - began;
  }, 20);
  await ran(['import', 'allegro-file', file, '--kind', 'invoice', '--vat', '23', '--issue', '--pdf', out, '--json'], env);
  const ms = performance.now() - began;
  clearInterval(look);
  const made = readdirSync(out).filter((name) => name.endsWith('.pdf')).length;
  if (made !== 1000) throw new Error(`${made} PDFs of 1000`);
  keep({ what: '1,000 orders → issued → PDFs, one command (embedded)', value: ms / 1000, unit: 's', target: '≤ 12' });
  keep({ what: 'its first PDF', value: firstMs / 1000, unit: 's', target: '≤ 2' });
  const first = await startMs({ ...env, FAKTURIST_DATA: path.join(folder, 'fresh') });
  keep({ what: 'start, first run (embedded)', value: first / 1000, unit: 's to ready', target: '≤ 5' });
  keep({ what: 'start, database exists (embedded)', value: (await startMs(env)) / 1000, unit: 's to ready', target: '≤ 1.5' });
}

const program = path.join(rootFolder, 'bin', 'fakturist');

function ran(args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.stdin.end(input);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`fakturist ${args[0]}: ${code} ${said.slice(-500)}`))));
  });
}

async function startMs(env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'start'], {
    env: { ...env, PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('ready') && resolve());
    child.once('exit', (code) => reject(new Error(`start ended with ${code}`)));
  });
  const ms = performance.now() - began;
  child.kill('SIGTERM');
  await ended;
  return ms;
}
