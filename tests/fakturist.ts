import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '..');

/** The command as a process of its own, as a person or a script calls it. */
// biome-ignore lint/suspicious/noExplicitAny: the JSON of every command.
export type Ended = { code: number | null; out: string; err: string; json: any };

export function fakturist(
  args: string[],
  options: { data?: string; cwd?: string; input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, 'src', 'cli', 'main.ts'), ...args], {
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
