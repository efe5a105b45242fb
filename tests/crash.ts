/**
 * kill -9 over the whole spine: import, issue, PDF and mail, at random moments, on the embedded database or on PostgreSQL. After
 * each kill and at the end: no gap, no twin, nothing lost, and work goes on by itself.
 *
 *   node tests/crash.ts --seed 7 --moments 50 --database embedded|postgres|both --orders 6 --files 16
 *
 * The victim tells when each kind of work begins and ends, so that a moment is one in which that work was really under way:
 * `--moments` counts for each of the four by itself.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { openEmbedded, openPostgres, type Store, verifyAudit } from '../src/store/index.ts';
import { startMailbox } from '../src/testkit/mailbox.ts';
import { startPostgres } from '../src/testkit/postgres.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { listSeries, registerOf } from '../src/toissue/index.ts';
import { briefly } from './fakturist.ts';

const phases = ['import', 'issue', 'pdf', 'mail'] as const;
type Phase = (typeof phases)[number];
type CrashResult = {
  rounds: number;
  kills: number /** Kills while this work was under way; one kill may count for several. */;
  during: Record<Phase, number>;
  documents: number;
  mails: number;
  unknownMails: number;
  problems: string[];
};

/** How long a piece of each work takes, as far as it was seen; a kill comes within that long after one was seen to begin. */
const firstGuessMs: Record<Phase, number> = { import: 250, issue: 300, pdf: 80, mail: 60 };
/** So many kills in one round, then it is left alone to end. */
const killsPerRound = 40;

/** A file of a sales manager; orders of two rounds differ. */
export function orderFile(orders: number, round: number): string {
  const transaction = (
    n: number,
  ) => `<transaction><transaction-id>${round}${String(n).padStart(6, '0')}</transaction-id><date>2026-11-20 10:00:00</date>
<buyer><login>k${n}</login><email>kupujacy${n}@example.com</email><first-name>Anna</first-name><last-name>Nowak ${n}</last-name><street>ul. Polna ${n}</street><postcode>30-001</postcode><city>Kraków</city><country>Polska</country></buyer>
<invoice requested="1"><full-name>Anna Nowak ${n}</full-name><street>ul. Polna ${n}</street><postcode>30-001</postcode><city>Kraków</city><country>Polska</country></invoice>
<items><item><item-id>38200967${n % 100}</item-id><title>Lampa ${n}</title><quantity>2</quantity><price>19,99</price><amount>39,98</amount></item></items>
<delivery><method>Kurier</method><cost>12,99</cost></delivery><payment><type>payu</type><status>Zakończona</status><amount>52,97</amount><date>2026-11-20 10:05:00</date></payment><total>52,97</total></transaction>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<sales-manager-export><transactions>${Array.from({ length: orders }, (_, n) => transaction(n)).join('\n')}</transactions></sales-manager-export>`;
}

/** Rounds of a fresh database each, until each kind of work was hit in the asked number of moments. */
export async function crashCampaign(options: {
  database: 'embedded' | 'postgres' /** Of each kind of work. */;
  moments: number;
  seed: number /** In each file. */;
  orders: number;
  files: number /** Stops after so long, however many moments are left. */;
  minutes?: number;
  url?: string;
  log?: (line: string) => void;
  /** What a database begins as, if it need not grow from nothing: makes the data folder, or names the server's template. */
  begin?: (dataFolder: string) => void;
  template?: string;
}): Promise<CrashResult> {
  const random = seededRandom(options.seed);
  const result: CrashResult = {
    rounds: 0,
    kills: 0,
    during: { import: 0, issue: 0, pdf: 0, mail: 0 },
    documents: 0,
    mails: 0,
    unknownMails: 0,
    problems: [],
  };
  const endsAt = Date.now() + (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const wanting = () => (Date.now() > endsAt ? [] : phases.filter((phase) => result.during[phase] < options.moments));
  /** One file of a round is read in more than one batch. */
  const ordersOf = (n: number) => (n === 7 ? Math.max(options.orders, 260) : options.orders);
  const lasts = { ...firstGuessMs };
  const total = Array.from({ length: options.files }, (_, n) => ordersOf(n)).reduce((a, b) => a + b, 0);
  while (wanting().length > 0 && result.problems.length === 0 && result.rounds < options.moments + 3) {
    result.rounds++;
    const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-crash-'));
    const mailbox = await startMailbox({});
    // A server that thinks for a moment: the answer to a whole message is under way when the kill comes.
    mailbox.faults.slowMs = 20;
    let url: string | undefined;
    if (options.database === 'postgres') {
      url = await freshDatabase(options.url!, `crash_${options.seed}_${result.rounds}`, options.template);
    }
    const address = { folder, url };
    /** The next victim has its modules loaded and waits for its word. */
    let spare: Victim | undefined;
    if (!url) options.begin?.(path.join(folder, 'data'));
    try {
      const files = Array.from({ length: options.files }, (_, n) => path.join(folder, `orders-${n + 1}.xml`));
      for (const [n, file] of files.entries()) writeFileSync(file, orderFile(ordersOf(n), result.rounds * 100 + n));
      let kills = 0;
      for (let start = 0; ; start++) {
        // Whatever was met least is aimed at; of equals the draw says which.
        const left = wanting().sort((a, b) => result.during[a] - result.during[b]);
        const least = left.filter((phase) => result.during[phase] === result.during[left[0]!]);
        const aims = kills < killsPerRound && start < 2 * killsPerRound && least.length > 0;
        const target = aims ? least[Math.floor(random() * least.length)] : undefined;
        const victim = spare ?? callVictim(address, files, mailbox.port);
        spare = target ? callVictim(address, files, mailbox.port) : undefined;
        const hit = await runVictim(victim, target, random(), lasts);
        if (hit === 'finished') break;
        kills++;
        result.kills++;
        for (const phase of hit) result.during[phase]++;
        if (result.kills % 10 === 0) options.log?.(`${result.kills} kills (${tally(result)})`);
        if (start % 8 === 0) result.problems.push(...(await problemsOf(address, total, false)).problems);
        if (result.problems.length > 0) break;
      }
      const end = await problemsOf(address, total, true);
      const twins = mailbox.twins();
      if (twins.length > 0) result.problems.push(`mailed twice: ${twins.slice(0, 3).join(', ')}`);
      if (mailbox.mails().length < end.handedOver)
        result.problems.push(`${end.handedOver} mails recorded as handed over, ${mailbox.mails().length} arrived`);
      result.problems.push(...end.problems);
      result.documents += end.documents;
      result.mails += mailbox.mails().length;
      result.unknownMails += end.unknown;
      options.log?.(
        `round ${result.rounds}: ${result.kills} kills (${tally(result)}), ${end.documents} documents, ${mailbox.mails().length} mails, ${end.unknown} unknown${result.problems.length > 0 ? `, PROBLEMS ${result.problems.join('; ')}` : ''}`,
      );
    } finally {
      spare?.child.kill('SIGKILL');
      await mailbox.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return result;
}

const tally = ({ during }: CrashResult) => phases.map((phase) => `${phase} ${during[phase]}`).join(', ');

export async function freshDatabase(url: string, name: string, template = 'template1'): Promise<string> {
  const server = await openPostgres(url, { poolSize: 1 });
  if ('pool' in server.raw) {
    await server.raw.pool.query(`drop database if exists ${name} with (force)`);
    await server.raw.pool.query(`create database ${name} template ${template}`);
  }
  await server.close();
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}

type Address = { folder: string; url?: string; organizationId?: string };

export type Victim = { child: ChildProcessByStdio<Writable, Readable, Readable>; errors: string };

export function callVictim(address: Address, files: string[], smtpPort: number): Victim {
  const child = spawn(process.execPath, [...briefly, path.join(import.meta.dirname, 'crash-child.ts'), String(smtpPort), ...files], {
    env: { ...process.env, FAKTURIST_DATA: path.join(address.folder, 'data'), DATABASE_URL: address.url ?? '' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const victim = { child, errors: '' };
  child.stderr.on('data', (chunk) => {
    victim.errors += chunk;
  });
  child.stdin.on('error', () => {});
  return victim;
}

/** Runs the victim until it is done or is killed somewhere (`part`, 0 to 1) within the target's work; then what was under way. */
function runVictim(victim: Victim, aimedAt: Phase | undefined, part: number, lasts: Record<Phase, number>): Promise<'finished' | Phase[]> {
  return new Promise((resolve, reject) => {
    const { child } = victim;
    let target = aimedAt;
    let within = part;
    const active = { import: 0, issue: 0, pdf: 0, mail: 0 };
    const began: Partial<Record<Phase, number>> = {};
    let done = false;
    let killed: Phase[] | undefined;
    let timer: NodeJS.Timeout | undefined;
    const aim = (at: Phase) => {
      if (killed || timer) return;
      timer = setTimeout(() => {
        timer = undefined;
        // Over already: the next time it begins, and sooner after it.
        if (!target || active[target] === 0) {
          within /= 2;
          return;
        }
        killed = phases.filter((phase) => active[phase] > 0);
        child.kill('SIGKILL');
      }, within * lasts[at]);
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'done') done = true;
      if (line === `none ${target}`) target = phases[phases.indexOf(target!) + 1];
      const phase = line.slice(1) as Phase;
      if (!phases.includes(phase)) return;
      const begins = line.startsWith('+');
      active[phase] += begins ? 1 : -1;
      if (begins) began[phase] = performance.now();
      else if (began[phase]) lasts[phase] = 0.8 * lasts[phase] + 0.2 * (performance.now() - began[phase]);
      if (begins && phase === target) aim(phase);
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), 1_800_000);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(limit);
      if (killed) resolve(killed);
      else if (done) resolve('finished');
      else reject(new Error(`the worker ended with ${code ?? signal}: ${victim.errors.slice(-2000)}`));
    });
    child.stdin.end(`${aimedAt ?? 'none'}\n`);
  });
}

/** What must hold at any moment, and (at the end) that everything was done. */
export async function problemsOf(
  address: Address,
  orders: number,
  atEnd: boolean,
): Promise<{ problems: string[]; documents: number; unknown: number; handedOver: number }> {
  const problems: string[] = [];
  const store: Store = address.url
    ? await openPostgres(address.url, { poolSize: 2 })
    : await openEmbedded(path.join(address.folder, 'data'));
  try {
    let query = store.db.selectFrom('organization').select('id');
    if (address.organizationId) query = query.where('id', '=', address.organizationId);
    const organization = await query.executeTakeFirst().catch(() => undefined);
    if (!organization) return { problems: atEnd ? ['no organization at the end'] : [], documents: 0, unknown: 0, handedOver: 0 };
    return await store.org(organization.id, async (tx) => {
      for (const series of await listSeries(tx, organization.id)) {
        const register = await registerOf(tx, organization.id, series.id, { limit: 1 });
        for (const gap of register.gaps) problems.push(`gap in ${series.name} ${gap.period}: ${gap.from_no}–${gap.to_no}`);
      }
      const audit = await verifyAudit(tx, organization.id);
      if (audit.brokenAt !== undefined) problems.push(`audit chain broken at ${audit.brokenAt}`);
      const { rows } = await sql<{
        orders: bigint;
        documents: bigint;
        issued: bigint;
        registered: bigint;
        twins: bigint;
        unnumbered: bigint;
        unknown: bigint;
        handed: bigint;
        mailed: bigint;
        printed: bigint;
      }>`select
        (select count(*) from sales_order) as orders, (select count(*) from document) as documents, (select count(*) from document where state = 'issued') as issued,
        (select count(*) from number_register) as registered,
        (select count(*) from (select order_id from document where state not in ('withdrawn','cancelled') group by order_id having count(*) > 1) t) as twins,
        (select count(*) from document where state = 'issued' and number is null) as unnumbered,
        (select count(*) from delivery where status = 'unknown') as unknown, (select count(*) from delivery where status = 'handed_over') as handed,
        (select count(distinct document_id) from delivery) as mailed, (select count(*) from document where pdf_file_id is not null) as printed`.execute(
        tx,
      );
      const counts = rows[0]!;
      if (counts.twins > 0n) problems.push(`${counts.twins} orders with two documents`);
      if (counts.unnumbered > 0n) problems.push(`${counts.unnumbered} issued documents without a number`);
      if (counts.registered !== counts.issued) problems.push(`${counts.issued} issued, ${counts.registered} registered`);
      if (counts.documents !== counts.orders) problems.push(`${counts.orders} orders, ${counts.documents} documents`);
      if (atEnd && counts.orders !== BigInt(orders)) problems.push(`${orders} orders in the file, ${counts.orders} stored`);
      if (atEnd && counts.issued !== BigInt(orders)) problems.push(`${orders} orders, ${counts.issued} issued`);
      if (atEnd && counts.printed !== counts.issued) problems.push(`${counts.issued} issued, ${counts.printed} with a PDF`);
      if (atEnd && counts.handed + counts.unknown !== counts.issued)
        problems.push(`${counts.issued} issued, ${counts.handed} mails handed over and ${counts.unknown} said to be unknown`);
      if (counts.mailed !== counts.issued) problems.push(`${counts.issued} issued, ${counts.mailed} with a mail`);
      return { problems, documents: Number(counts.issued), unknown: Number(counts.unknown), handedOver: Number(counts.handed) };
    });
  } finally {
    await store.close();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      moments: { type: 'string', default: '50' },
      orders: { type: 'string', default: '6' },
      files: { type: 'string', default: '16' },
      database: { type: 'string', default: 'both' },
      minutes: { type: 'string', default: '600' },
    },
  });
  const databases = values.database === 'both' ? (['embedded', 'postgres'] as const) : [values.database as 'embedded' | 'postgres'];
  let bad = 0;
  for (const database of databases) {
    const postgres = database === 'postgres' ? await startPostgres() : undefined;
    if (postgres && 'missing' in postgres) throw new Error(`no PostgreSQL: ${postgres.missing}`);
    console.log(`seed ${values.seed}, ${database}`);
    const began = performance.now();
    const result = await crashCampaign({
      database,
      moments: Number(values.moments),
      seed: Number(values.seed),
      orders: Number(values.orders),
      files: Number(values.files),
      minutes: Number(values.minutes),
      url: postgres && 'url' in postgres ? postgres.url : undefined,
      log: console.log,
    });
    console.log(
      `${database}: ${result.kills} kills in ${result.rounds} rounds (${tally(result)}), ${result.documents} documents, ${result.mails} mails (${result.unknownMails} said to be unknown), ${result.problems.length} problems, ${Math.round((performance.now() - began) / 1000)} s`,
    );
    bad += result.problems.length;
    await postgres?.stop();
  }
  process.exit(bad === 0 ? 0 : 1);
}
