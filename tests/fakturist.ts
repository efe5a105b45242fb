import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '../src/cli/run.ts';
import { told } from '../src/cli/told.ts';
import { logTo, open } from '../src/open.ts';

export const root = path.join(import.meta.dirname, '..');

/**
 * Node for a process that lives for seconds: what the embedded database needs to open is hardly hot for the engine before a quarter of the
 * command's time went into compiling it better. Nothing else differs.
 */
export const briefly = ['--disable-warning=ExperimentalWarning', '--wasm-tiering-budget=2000000000'];

/** The command as a process of its own, as a person or a script calls it. */
// biome-ignore lint/suspicious/noExplicitAny: the JSON of every command.
export type Ended = { code: number | null; out: string; err: string; json: any };

type Call = { data?: string; input?: string; env?: Record<string, string> };

export function fakturist(args: string[], options: Call & { cwd?: string } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...briefly, path.join(root, 'src', 'cli', 'main.ts'), ...args], {
      cwd: options.cwd ?? options.data ?? tmpdir(),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        NODE_ENV: 'test',
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, '.tools', 'compiled'),
        FAKTURIST_DATA: options.data,
        ...options.env,
      } as NodeJS.ProcessEnv,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err, json: out.startsWith('{') ? JSON.parse(out) : undefined }));
    child.stdin.end(options.input ?? '');
  });
}

/**
 * The same command in this process, a second of the processor less each time: for what it says and does, not for how it starts and ends.
 * What would keep a process of its own from ending is a failure here.
 */
export async function here(args: string[], { data, input = '', env }: Call = {}): Promise<Ended> {
  let out = '';
  let err = '';
  const left = new Set<() => Promise<void>>();
  const ended = (code: number): Ended => ({ code, out, err, json: out.startsWith('{') ? JSON.parse(out) : undefined });
  try {
    const code = await run(args, {
      env: { NODE_ENV: 'test', FAKTURIST_DATA: data, ...env },
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      input: async () => input,
      open: async (config, options) => {
        const opened = await open(config, { log: logTo(config.logFormat, (line) => (err += line)), ...options });
        const close = async () => void (left.delete(close) && (await opened.close()));
        left.add(close);
        return { ...opened, close };
      },
    });
    if (left.size > 0) throw new Error(`fakturist ${args.join(' ')} left its database open`);
    return ended(code);
  } catch (error) {
    const { said, code } = told(error);
    err += `${said}\n`;
    return ended(code);
  } finally {
    // A process would just end.
    for (const close of left) await close();
  }
}
