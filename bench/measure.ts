import { performance } from 'node:perf_hooks';

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

/** p-quantile of measured times. */
export function quantile(times: number[], p: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}
