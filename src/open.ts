import { existsSync } from 'node:fs';
import path from 'node:path';
import { agentConnector } from './agents/index.ts';
import { plansConnector } from './billing/index.ts';
import type { Config } from './config.ts';
import { guardedFetch, reachNetwork } from './connections/index.ts';
import type { Connector } from './contract/connector.ts';
import { smtpConnector } from './delivery/index.ts';
import { type Context, startJobs } from './jobs/index.ts';
import { createVault, DatabaseBusy, keysFor, migrate, openEmbedded, openPostgres, type Store } from './store/index.ts';
import { currentTrace } from './trace.ts';

/** Everything a process needs before it does anything: database, keys, job engine, connectors. The same for server and command line. */
export type Opened = {
  ctx: Context;
  secretKey: Uint8Array;
  /** It belongs to a server that was running before, which has its workers. */
  isRunning?: true;
  close(): Promise<void>;
};
export type OpenOptions = {
  /** Takes jobs, or only gives them. */
  work: boolean;
  log?: Context['log'];
  connectors?: ReadonlyMap<string, Connector>;
};

/** `onError`: what goes wrong between two statements of anybody, while the embedded database is looked after. */
export async function openStore(config: Pick<Config, 'databaseUrl' | 'dataFolder'>, onError?: (error: Error) => void): Promise<Store> {
  if (config.databaseUrl) return openPostgres(config.databaseUrl);
  const moved = movedMarker(config.dataFolder);
  if (existsSync(moved))
    throw new DatabaseBusy(
      `What is in ${config.dataFolder} was moved to a PostgreSQL server: set DATABASE_URL. To use the folder again all the same, delete ${moved}.`,
    );
  return openEmbedded(config.dataFolder, { onError });
}

/** Its being there says that the embedded database lives on elsewhere: two of one installation would issue the same numbers twice. */
export const movedMarker = (dataFolder: string) => path.join(dataFolder, 'moved');

export async function open(config: Config, options: OpenOptions): Promise<Opened> {
  const log = options.log ?? logTo(config.logFormat);
  reachNetwork(config.network);
  const store = await openStore(config, (error) => log('warn', 'the upkeep of the database failed', { error: error.message }));
  try {
    await migrate(store);
    const keys = await keysFor(store, config.secretKeyFile);
    const now = clockOf(config.clock);
    const jobs = await startJobs(store, {
      work: options.work,
      now,
      onError: (error) => log('error', 'a job failed', { error: error.message }),
    });
    const ctx: Context = {
      store,
      jobs,
      vault: createVault(...keys),
      now,
      connectors: options.connectors ?? (await allConnectors()),
      publicUrl: config.publicUrl,
      buyerLinks: config.publicUrlGiven,
      fetch: guardedFetch,
      log,
    };
    return {
      ctx,
      secretKey: keys[0],
      close: async () => {
        await jobs.stop();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The only place that knows the list, which is made from the folder. */
export async function allConnectors(): Promise<ReadonlyMap<string, Connector>> {
  const { connectors } = await import('../connectors/registry.ts');
  const own = [smtpConnector, agentConnector, plansConnector].map((connector) => [connector.manifest.id, connector] as const);
  return new Map([...Object.entries(connectors), ...own]);
}

/** Real time, or real time that began at a given instant (demo and tests). */
function clockOf(start: Date | undefined): () => Date {
  if (!start) return () => new Date();
  const shiftMs = start.getTime() - Date.now();
  return () => new Date(Date.now() + shiftMs);
}

const privateFields = /"(password|secret|token|authorization|cookie|key)":"(?:[^"\\]|\\.)*"/gi;

/** Errors quote what they stumbled over: a piece of a file, a value of a query, an address. Whose it is does not belong into a log. */
const quoted: [RegExp, string][] = [
  [/(Unexpected (?:token|non-whitespace character)[\s\S]{0,12}?, )[\s\S]*( is not valid JSON)/g, '$1…$2'],
  [
    /((?:invalid input (?:syntax|value) for|malformed|date\/time field value out of range|value too long)[^:]*: )"[\s\S]*?"(?= at |\n|$)/g,
    '$1…',
  ],
  // Bounded, and begun at no second letter: a long word must not cost its square.
  [/(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(\.[\p{L}\p{N}-]{1,63})+/gu, '…@…'],
];
const unquoted = (value: unknown): unknown =>
  typeof value === 'string' ? quoted.reduce((text, [what, less]) => text.replace(what, less), value.slice(0, longestLogged)) : value;
/** Beyond it an error quotes what it stumbled over. */
const longestLogged = 20_000;

/** One line a message, without what must not be read in a log; the trace says which request or job it belongs to. */
export function logTo(
  format: Config['logFormat'],
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Context['log'] {
  return (level, words, fields) => {
    const at = new Date().toISOString();
    const trace = currentTrace();
    const message = String(unquoted(words)).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
    const told = Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, unquoted(value)]));
    const all = { ...told, ...(trace ? { trace } : {}) };
    const line =
      format === 'json'
        ? JSON.stringify({ at, level, message, ...all })
        : `${at} ${level} ${message}${Object.keys(all).length > 0 ? ` ${JSON.stringify(all)}` : ''}`;
    write(`${line.replace(privateFields, '"$1":"***"')}\n`);
  };
}

export const rootFolder = path.join(import.meta.dirname, '..');
