import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { sql } from 'kysely';
import type { Store } from '../src/store/index.ts';

/** One measured figure beside its bare baseline of the same run. */
export type Figure = { what: string; value: number; unit: string; bare?: number; ratio?: number; target?: string; note?: string };

export const figures: Figure[] = [];

/** Whether the figure reaches its target's first number: the share of bare where there is a baseline, else the value. */
export function isReached({ target, value, ratio }: Figure): boolean | undefined {
  const m = /^([≥≤]) ([\d.]+)/.exec(target ?? '');
  if (!m) return undefined;
  const measured = ratio ?? value;
  return m[1] === '≥' ? measured >= Number(m[2]) : measured <= Number(m[2]);
}

export function keep(figure: Figure): void {
  const ratio = figure.bare ? figure.value / figure.bare : undefined;
  figures.push({ ...figure, ratio });
  const share = ratio === undefined ? '' : `  ${(ratio).toFixed(2)} of bare ${round(figure.bare!)}`;
  console.log(
    `${figure.what.padEnd(52)} ${String(round(figure.value)).padStart(9)} ${figure.unit}${share}${figure.target ? `  (target ${figure.target})` : ''}${figure.note ? `  ${figure.note}` : ''}`,
  );
}

export function round(n: number): number {
  return n >= 100 ? Math.round(n) : Math.round(n * 100) / 100;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Time that processors spent on the work, here and in a PostgreSQL server on this machine (Linux), in milliseconds; what else the
 * machine does disturbs it far less than the clock. Undefined where the server's share cannot be told.
 */
export async function cpuTimed(store: Store, work: () => Promise<unknown>): Promise<{ ms: number; cpuMs: number | undefined }> {
  const pid = await serverPid(store);
  const before = serverMs(pid);
  const own = process.cpuUsage();
  const ms = await timed(work);
  const { user, system } = process.cpuUsage(own);
  const after = serverMs(pid);
  return { ms, cpuMs: before === undefined || after === undefined ? undefined : (user + system) / 1000 + after - before };
}

async function serverPid(store: Store): Promise<number | undefined> {
  if (store.embedded) return 0;
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store.db);
  return statOf(rows[0]!.pid)?.parent;
}

/** The server with all its children, those that ended included. */
function serverMs(pid: number | undefined): number | undefined {
  if (pid === 0) return 0;
  const server = pid === undefined ? undefined : statOf(pid);
  if (!server) return undefined;
  let ticks = server.ticks + server.ended;
  for (const name of readdirSync('/proc')) {
    const child = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (child && child.parent === pid) ticks += child.ticks;
  }
  return ticks * 10;
}

function statOf(pid: number): { parent: number; ticks: number; ended: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ').map(Number);
    return { parent: fields[1]!, ticks: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! };
  } catch {
    return undefined;
  }
}

/** What a note says of processor time: ours and the baseline's for each document. */
export function cpuNote(count: number, ours: number | undefined, bare: number | undefined): string {
  if (ours === undefined || bare === undefined || bare === 0) return '';
  return `processor time ${(ours / count).toFixed(2)} ms each, bare ${(bare / count).toFixed(2)} (${(bare / ours).toFixed(2)})`;
}

/** p-quantile of measured times. */
export function quantile(times: number[], p: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}
