import { sql } from 'kysely';
import type { Connector } from '../../src/contract/connector.ts';
import { smtpConnector } from '../../src/delivery/index.ts';
import { migrate, openEmbedded, openPostgres, type Store } from '../../src/store/index.ts';
import { seedChance } from './chance.ts';
import { hungarianConnectors, hungary } from './hungary.ts';
import { always, check, settled, tally, underWay, type View } from './invariants.ts';
import { makeJobTable } from './jobs.ts';
import { office } from './office.ts';
import { operator, operatorConnectors } from './operator.ts';
import { tend } from './people.ts';
import { erpConnectors, polishErp } from './polish-erp.ts';
import { fileConnectors, polishFile } from './polish-file.ts';
import { polishConnectors, polishOrders } from './polish-orders.ts';
import type { Makes } from './seller.ts';
import { sweden, swedishConnectors } from './sweden.ts';
import { type Weather, World } from './world.ts';

/** One seed from the beginning to the verdict. */
export const kinds: Record<string, Makes> = {
  hungary,
  'polish file': polishFile,
  'polish orders': polishOrders,
  'polish erp': polishErp,
  sweden,
  operator,
  office,
};

const connectors: ReadonlyMap<string, Connector> = new Map(
  [
    smtpConnector,
    ...hungarianConnectors,
    ...fileConnectors,
    ...polishConnectors,
    ...erpConnectors,
    ...swedishConnectors,
    ...operatorConnectors,
  ].map((c) => [c.manifest.id, c]),
);

export type SeedResult = {
  seed: number;
  sellers: string[];
  problems: string[];
  counts: Record<string, number>;
  story: string[];
  seconds: number;
  cpuSeconds: number;
};
type SeedOptions = {
  seed: number;
  store: Store;
  acts: number;
  only?: string[];
  restart?: () => Promise<void>;
  tell?: (line: string) => void;
};

/** Ends of months and years, changes of the clock, a leap day that is none. */
const starts = [
  '2026-11-20T08:00:00Z',
  '2026-10-24T20:00:00Z',
  '2026-12-30T15:00:00Z',
  '2027-02-27T10:00:00Z',
  '2027-03-27T18:00:00Z',
  '2026-08-31T17:00:00Z',
];

/** A migrated store for many worlds, one after another: in this process, or on a PostgreSQL server. */
export async function openProofStore(url?: string): Promise<Store> {
  const store = url ? await openPostgres(url, { poolSize: 12 }) : await openEmbedded('memory:', { durable: false });
  await migrate(store);
  await makeJobTable(store);
  return store;
}

/** The store as it was after its migrations; triggers that forbid emptying are passed by as the superuser may. */
export async function emptied(store: Store): Promise<void> {
  const { rows } = await sql<{
    name: string;
  }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
    and table_name not like 'kysely_%'`.execute(store.db);
  const { rows: full } = await sql<{ name: string }>`select name from (${sql.join(
    rows.map(({ name }) => sql`select ${name} as name, exists (select 1 from ${sql.table(name)}) as full`),
    sql` union all `,
  )}) t where "full"`.execute(store.db);
  if (full.length === 0) return;
  await store.system(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    // On a server emptying a table makes files anew, which costs more than taking out a few rows.
    if (store.embedded) await sql`truncate ${sql.join(full.map(({ name }) => sql.table(name)))} cascade`.execute(tx);
    else for (const { name } of full) await sql`delete from ${sql.table(name)}`.execute(tx);
  });
}

function weatherOf(draw: () => number): Weather {
  const rough = draw();
  return {
    wire: rough < 0.2 ? 0 : rough < 0.8 ? 0.1 : 0.3,
    mail: rough < 0.2 ? 0 : rough < 0.8 ? 0.05 : 0.25,
    kills: rough < 0.1 ? 0 : 1 + Math.floor(draw() * 8),
    within: 30 + Math.floor(draw() * 900),
    outages: draw() < 0.4 ? 1 + Math.floor(draw() * 3) : 0,
    clock: draw() < 0.3,
  };
}

export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const { seed, store } = options;
  const draw = seedChance(seed);
  const restore = draw.ids();
  await emptied(store);
  const names = options.only ?? chosen(draw.next);
  const world = new World({
    seed,
    store,
    connectors,
    processes: draw.next() < 0.6 ? 1 : 2,
    weather: weatherOf(draw.next),
    start: starts[Math.floor(draw.next() * starts.length)]!,
    ...(options.restart ? { restart: options.restart } : {}),
    tell: options.tell,
  });
  world.tell(`seed ${seed}: ${names.join(', ')}; ${world.options.processes} processes; ${JSON.stringify(world.options.weather)}`);
  const view: View = { world, store, sellers: [], frozen: new Map() };
  try {
    await live(world, view, names, options.acts);
  } catch (error) {
    world.problem(`the world fell apart: ${(error as Error).stack?.split('\n').slice(0, 6).join(' | ')}`);
  } finally {
    for (const seller of view.sellers) await seller.close();
    await world.close();
    restore();
  }
  const used = process.cpuUsage(cpu);
  return {
    seed,
    sellers: names,
    problems: world.problems,
    counts: world.counts,
    story: world.story,
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}

function chosen(draw: () => number): string[] {
  const all = Object.keys(kinds);
  const first = all[Math.floor(draw() * all.length)]!;
  const second = draw() < 0.35 ? all[Math.floor(draw() * all.length)]! : undefined;
  // An installation has one operator.
  return second && !(second === first && first === 'operator') ? [first, second] : [first];
}

async function live(world: World, view: View, names: string[], acts: number): Promise<void> {
  // The set-up is not what is tried here.
  world.calm = true;
  await world.start();
  for (const [i, name] of names.entries()) view.sellers.push(await kinds[name]!(world, world.lives[0]!, i + 1));
  world.stormBegins();
  let kills = 0;
  for (let act = 0; act < acts && world.problems.length === 0; ) {
    for (let i = world.below('acts', 3); i >= 0; i--, act++) {
      const lives = await world.alive();
      await world.pick('seller', view.sellers).act(world.pick('process', lives));
    }
    for (const seller of view.sellers) await seller.tick?.();
    await world.pass(world.pick('pass', [1_000, 61_000, 61_000, 5 * 61_000, 3_600_000, 6 * 3_600_000, 20 * 3_600_000]));
    await world.clockTrouble();
    if ((world.counts.kills ?? 0) > kills) {
      kills = world.counts.kills!;
      await check(view, always);
    }
  }
  await world.alive();
  await world.settleDown();
  await settle(world, view);
  await check(view, always);
  await check(view, settled);
  await tally(view);
}

const landings = 60;

/** Outside all is well, people do what they are asked to, and time passes until nothing moves any more. */
async function settle(world: World, view: View): Promise<void> {
  let quiet = 0;
  for (let i = 0; i < landings && quiet < 2; i++) {
    const [life] = await world.alive();
    for (const seller of view.sellers) await seller.heal(life!);
    let done = 0;
    if (i < landings / 2) for (const seller of view.sellers) done += await tend(world, life!, seller);
    for (const seller of view.sellers) await seller.tick?.();
    // Orders are pulled on their own time: every look ahead is at least as long.
    await world.pass(i < 4 ? 61_000 : i < 12 ? 16 * 61_000 : 3 * 3_600_000);
    const left = await underWay(view.store, world.calmSince);
    quiet = left.length === 0 && done === 0 && i > 5 ? quiet + 1 : 0;
    if (i === landings - 1) {
      world.tell(`never quiet: ${left.join('; ')}, ${done} done by people`);
      const { rows } =
        await sql`select 'mail' as what, status, next_at, claimed_at, updated_at, cause from delivery where status in ('queued', 'sending', 'waiting')
        union all select verb, status, next_at, claimed_at, updated_at, cause from transfer where status in ('waiting', 'sending', 'pending') limit 20`.execute(
          view.store.db,
        );
      for (const row of rows) world.tell(`  ${JSON.stringify(row)}`);
    }
  }
}
