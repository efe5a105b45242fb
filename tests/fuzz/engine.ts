import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Mutation of kept inputs. What is new in how a target answers (its signature: kinds of outcome, codes, shapes) makes an input worth keeping for
 * the run, so that mutations climb from there. Everything goes by a seed and is found again by it.
 */
export type Target = {
  name: string;
  /** Inputs to begin with; kept ones of `corpus/<name>` come on top. */
  seeds(): Promise<Buffer[]> | Buffer[];
  /** Pieces of the grammar. */
  tokens?: string[];
  /** What has to stand before the next input, such as an empty database. Not timed. */
  ready?(): Promise<void>;
  /** Reads the input. Throws for what no input may do; answers what is worth telling apart. */
  run(input: Buffer): Promise<string> | string;
  close?(): Promise<void>;
  /** Too slow for the suite: only by the command. */
  heavy?: boolean;
  /** Longest input; what is longer is cut. */
  maxBytes?: number;
};

export class Broken extends Error {
  override name = 'Broken';
}

/** mulberry32. */
export function randomOf(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const odd = [
  '', '0', '-1', '-0', '1e999', '1e-999', 'NaN', 'Infinity', '9'.repeat(20), '9'.repeat(400), '0.'.padEnd(60, '0'), '1,5', '1.234.567,89', '٣',
  'null', 'true', '[]', '{}', '""', '{"__proto__":{"x":1}}', '\u0000', '\ufeff', '\u202e', '\ud83d\ude00', '\u00df', '\ufffd', 'A'.repeat(3000),
  '<![CDATA[', ']]>', '<!DOCTYPE a [<!ENTITY e "x">]>', '&e;', '&#x0;', '&#1114112;', '<a '.repeat(50), '['.repeat(200), '(', '\\', '%s%n', '\r', '\n', '\t', ' '.repeat(2000),
  '2026-02-30', '0000-00-00', '9999-12-31T23:59:60Z', '-271821-04-20', '=1+1', "'", '"', ';', ',', '../', 'constructor', 'toString', '__proto__',
]; // biome-ignore format: a list of oddities

/** One to eight changes. */
function mutated(random: () => number, input: Buffer, others: Buffer[], tokens: string[], maxBytes: number): Buffer {
  const below = (n: number) => Math.floor(random() * n);
  let bytes = Buffer.from(input);
  for (let n = 1 + below(random() < 0.8 ? 3 : 8); n > 0; n--) {
    const at = below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + below(random() < 0.7 ? 8 : 200));
    const replace = (piece: Buffer, upTo = at) => {
      bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(upTo)]);
    };
    const kind = below(12);
    if (kind === 0) replace(Buffer.of(below(256)), Math.min(bytes.length, at + 1));
    else if (kind === 1) replace(Buffer.alloc(0), end);
    else if (kind === 2) replace(bytes.subarray(at, end));
    else if (kind === 3) replace(Buffer.concat(Array<Buffer>(2 + below(40)).fill(bytes.subarray(at, end))));
    else if (kind === 4 && tokens.length > 0) replace(Buffer.from(tokens[below(tokens.length)]!));
    else if (kind === 5 && tokens.length > 0) replace(Buffer.from(tokens[below(tokens.length)]!), end);
    else if (kind === 6) replace(Buffer.from(odd[below(odd.length)]!), random() < 0.5 ? at : end);
    else if (kind === 7 && others.length > 0) {
      const other = others[below(others.length)]!;
      const from = below(other.length + 1);
      replace(other.subarray(from, from + 1 + below(400)), random() < 0.5 ? at : end);
    } else if (kind === 8) bytes = bytes.subarray(0, at);
    else if (kind === 9 || kind === 10) {
      // A value where a value stands: between quotes, tags or separators.
      const text = bytes.toString('latin1');
      const values = [...text.matchAll(/(?<=["':>;,=~])[^"'<>;,=~{}[\]\r\n]{1,80}/g)];
      const one = values[below(values.length)];
      if (one) {
        const value = random() < 0.7 || tokens.length === 0 ? odd[below(odd.length)]! : tokens[below(tokens.length)]!;
        bytes = Buffer.concat([bytes.subarray(0, one.index), Buffer.from(value), bytes.subarray(one.index + one[0].length)]);
      }
    } else {
      const lines = bytes.toString('latin1').split('\n');
      const [a, b] = [below(lines.length), below(lines.length)];
      if (random() < 0.5) lines.splice(a, 0, lines[b]!);
      else lines.splice(a, 1);
      bytes = Buffer.from(lines.join('\n'), 'latin1');
    }
    if (bytes.length > maxBytes) bytes = bytes.subarray(0, maxBytes);
  }
  return bytes;
}

export const corpusFolder = path.join(import.meta.dirname, 'corpus');

/** Inputs that once broke something, or lead somewhere that mutation finds hard to reach. */
function keptInputs(name: string): Buffer[] {
  const folder = path.join(corpusFolder, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readFileSync(path.join(folder, file)));
}

export type Finding = { target: string; input: Buffer; why: string };
export type Run = { target: string; runs: number; kept: number; slowestMs: number; findings: Finding[] };

type FuzzOptions = {
  seed: number;
  /** Until then by `now`, or so many inputs. */
  until: () => boolean;
  /** An input that takes longer is a finding. */
  slowMs: number;
  /** Told before and after each input, so that one that never ends is known. */
  before?(input: Buffer): void;
  after?(): void;
  maxFindings?: number;
};

/** Nothing a reader answers holds these. */
export function sane(value: unknown, where = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Broken(`${where} is ${value}`);
  if (typeof value === 'string' && /^(undefined|\[object \w+\])$/.test(value)) throw new Broken(`${where} is "${value}"`);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new Broken(`${where} is no date`);
  if (value && typeof value === 'object' && !(value instanceof Uint8Array))
    for (const [key, inner] of Object.entries(value)) sane(inner, `${where}.${key}`);
}

export async function fuzz(target: Target, options: FuzzOptions): Promise<Run> {
  const random = randomOf(options.seed ^ hashOf(target.name));
  const maxBytes = target.maxBytes ?? 64 * 1024;
  const pool = [...(await target.seeds()), ...keptInputs(target.name)];
  const known = new Set<string>();
  const reasons = new Set<string>();
  const run: Run = { target: target.name, runs: 0, kept: 0, slowestMs: 0, findings: [] };
  const attempt = async (input: Buffer): Promise<boolean> => {
    await target.ready?.();
    options.before?.(input);
    const begun = performance.now();
    let signature: string;
    try {
      signature = await target.run(input);
    } catch (error) {
      const why =
        error instanceof Error
          ? `${error.name}: ${error.message}\n${(error.stack ?? '').split('\n').slice(1, 5).join('\n')}`
          : String(error);
      const reason = (
        error instanceof Error
          ? `${error.name} ${(error.stack ?? '').split('\n').find((l) => /\/(src|connectors)\//.test(l)) ?? error.message}`
          : why
      ).slice(0, 300);
      if (!reasons.has(reason)) run.findings.push({ target: target.name, input, why });
      reasons.add(reason);
      return false;
    } finally {
      options.after?.();
      run.runs++;
    }
    const tookMs = performance.now() - begun;
    run.slowestMs = Math.max(run.slowestMs, tookMs);
    if (tookMs > options.slowMs && !reasons.has('slow')) {
      reasons.add('slow');
      run.findings.push({ target: target.name, input, why: `took ${Math.round(tookMs)} ms` });
    }
    if (known.has(signature)) return false;
    known.add(signature);
    return true;
  };
  for (const input of [...pool]) await attempt(input);
  while (!options.until() && run.findings.length < (options.maxFindings ?? 20)) {
    const input = mutated(random, pool[Math.floor(random() * pool.length)] ?? Buffer.alloc(0), pool, target.tokens ?? [], maxBytes);
    if (!(await attempt(input))) continue;
    run.kept++;
    // A few hundred of the shortest are enough to climb from.
    if (pool.length < 600) pool.push(input);
    else pool[Math.floor(random() * pool.length)] = input;
  }
  return run;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE(0);
}
