import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

/** Builds the screens when they are missing or older than their source. Answers whether something was built. */
export async function buildWeb(root: string, options: { always?: boolean; tell?: (text: string) => void } = {}): Promise<boolean> {
  const web = path.join(root, 'web');
  const built = path.join(web, 'dist', 'index.html');
  const sources = ['src', 'public', 'index.html', 'vite.config.ts'].map((name) => path.join(web, name)).filter((file) => existsSync(file));
  if (sources.length === 0) return false;
  if (!options.always && existsSync(built) && newest(sources) <= statSync(built).mtimeMs) return false;
  options.tell?.('Building the screens (once, and after each change of their source) …');
  const config = { root: web, configFile: path.join(web, 'vite.config.ts'), logLevel: 'warn' };
  // In a thread, for a start opens its database meanwhile; and with an environment of its own: where a test runner says NODE_ENV=test,
  // React would be built with all its checks, half as fast and a third larger.
  const thread = new Worker(new URL('./web-build-thread.ts', import.meta.url), {
    workerData: config,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  await once(thread, 'exit');
  return true;
}

function newest(paths: string[]): number {
  let latest = 0;
  for (const one of paths) {
    const stat = statSync(one);
    latest = Math.max(latest, stat.isDirectory() ? newest(readdirSync(one).map((name) => path.join(one, name))) : stat.mtimeMs);
  }
  return latest;
}
