import { sql } from 'kysely';
import type { Connector } from '../../src/contract/connector.ts';
import { receiveCall } from '../../src/intake-calls/index.ts';
import type { Context } from '../../src/jobs/index.ts';
import { createVault, type Store } from '../../src/store/index.ts';
import { type Mailbox, startMailbox } from '../../src/testkit/mailbox.ts';
import { ManualClock, type SimulatorHandle, seededRandom, startServer } from '../../src/testkit/simulator.ts';
import { startWorkers } from '../../src/workers.ts';
import { jobTable, VirtualJobs } from './jobs.ts';
import { Killed, openFor, Process } from './process.ts';

/**
 * A small world of a seed: one installation with its processes, the sellers' outside systems, a mail server, and a clock that jumps from
 * one thing to the next. Everything that goes wrong is drawn from the seed; what happened is told by the story.
 */
export type Weather = {
  /** Share of requests that meet a fault. */
  wire: number;
  mail: number;
  /** Kills so many times; each within so many steps. */
  kills: number;
  within: number;
  outages: number;
  /** Clock of the processes set wrong now and then. */
  clock: boolean;
};

const dayMs = 86_400_000;
const wireFaults = [
  'unreachable',
  'lost before',
  'lost after',
  'lost after',
  'timed out before',
  'timed out after',
  '429',
  '500',
  '503',
  'page',
  '502 after',
] as const;

type WorldOptions = {
  seed: number;
  store: Store;
  connectors: ReadonlyMap<string, Connector>;
  /** One process that takes back what it had when it died, or several whose leases must run out. */
  processes: 1 | 2;
  weather: Weather;
  start: string;
  /** Ends the database server without a word and starts it again. */
  restart?: () => Promise<void>;
  tell?: (line: string) => void;
};

/** A living process and what it works with. */
export type Life = { process: Process; ctx: Context; jobs: VirtualJobs };

export class World {
  readonly options: WorldOptions;
  readonly clock: ManualClock;
  readonly story: string[] = [];
  readonly logs: string[] = [];
  mailbox!: Mailbox;
  readonly problems: string[] = [];
  readonly counts: Record<string, number> = {};
  /** Values that must stand nowhere but sealed. */
  readonly secrets = new Set<string>();
  lives: Life[] = [];
  /** Where outside systems call us. */
  door = '';
  #doorServer: SimulatorHandle | undefined;
  calm = false;
  /** Since when nothing goes wrong any more. */
  calmSince: Date | undefined;
  /** The processes' clock is off by so much. */
  skewMs = 0;
  /** And was off by at most: what is forgotten after a time was forgotten by it. */
  mostAheadMs = 0;
  killsLeft: number;
  outagesLeft: number;
  readonly #streams = new Map<string, () => number>();
  #born = 0;
  #lastCron = new Map<string, number>();
  #restarting: Promise<void> | undefined;

  constructor(options: WorldOptions) {
    this.options = options;
    this.clock = new ManualClock(options.start);
    this.killsLeft = options.weather.kills;
    this.outagesLeft = options.weather.outages;
  }

  /** A stream of draws of its own for each thing, so that one more draw here changes nothing there. */
  draw(stream: string): number {
    let random = this.#streams.get(stream);
    if (!random) {
      let hash = this.options.seed >>> 0;
      for (const char of stream) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
      random = seededRandom(hash);
      this.#streams.set(stream, random);
    }
    return random();
  }
  chance(stream: string, share: number): boolean {
    return this.draw(stream) < share;
  }
  below(stream: string, n: number): number {
    return Math.floor(this.draw(stream) * n);
  }
  pick<T>(stream: string, list: readonly T[]): T {
    return list[this.below(stream, list.length)]!;
  }

  tell(line: string): void {
    const told = `${this.clock.now().toISOString().slice(0, 19)} ${line}`;
    this.story.push(told);
    this.options.tell?.(told);
  }
  count(what: string, n = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + n;
  }

  // ---------------------------------------------------------------- processes

  async start(): Promise<void> {
    this.mailbox = await startMailbox({ now: () => this.clock.now() });
    this.#watchMails();
    this.#doorServer = await startServer(async (request, response, raw) => {
      const token = request.path.replace(/^\/intake\//, '');
      const life = this.lives.find((l) => !l.process.dead);
      const result =
        life &&
        (await this.on(life, (ctx) =>
          receiveCall(ctx, token, {
            headers: request.headers as Record<string, string>,
            body: request.body,
            query: Object.fromEntries(request.query),
            receivedAt: ctx.now(),
          }),
        ));
      // The answer may be lost as well.
      if (!result || 'died' in result || (!this.calm && this.chance('door', this.options.weather.wire / 2)))
        return void raw.socket.destroy();
      if ('failed' in result) return void response.writeHead(500).end();
      response.writeHead(result.done.status, { 'content-type': 'application/json' }).end(JSON.stringify(result.done.body));
    });
    this.door = this.#doorServer.url;
    for (let i = 0; i < this.options.processes; i++) this.lives.push(await this.#bear());
  }

  /** A new process on the same database. It may be killed while it starts; then another is started. */
  async #bear(): Promise<Life> {
    for (;;) {
      const process = new Process(`p${++this.#born}`);
      this.#draftDeath(process);
      const store = openFor(process, this.options.store, this.options.processes === 1);
      const now = () => new Date(this.clock.now().getTime() + this.skewMs);
      const jobs = new VirtualJobs(store, now);
      const ctx: Context = {
        store,
        jobs,
        vault: createVault(Buffer.alloc(32, 7)),
        now,
        connectors: this.options.connectors,
        publicUrl: this.door || 'http://localhost:8080',
        buyerLinks: true,
        fetch: this.#wire(process),
        pause: async (until) => {
          process.step('pause');
          const ms = until.getTime() - now().getTime();
          if (ms > 0) this.clock.advance(ms);
        },
        log: (level, message, fields) => {
          this.logs.push(`${level} ${message} ${fields ? JSON.stringify(fields) : ''}`);
          if (level === 'error' && !process.dead && process.outageErrors === 0) this.tell(`log: ${message} ${JSON.stringify(fields)}`);
        },
      };
      try {
        await startWorkers(ctx, this.#tools(process));
        if (process.dead) throw new Killed();
        return { process, ctx, jobs };
      } catch (error) {
        if (!process.dead && process.outageErrors === 0) throw error;
        this.tell(`${process.name} did not come up (${process.diedAt || 'database'})`);
      }
    }
  }

  /** A mail that was taken is an effect of whoever lives: nobody can tell whose, the server least of all. */
  #watchMails(): void {
    void this.mailbox.arrived(this.mailbox.mails().length + 1).then(() => {
      for (const { process } of this.lives) process.effect('a mail was taken');
      this.#watchMails();
    });
  }

  async close(): Promise<void> {
    await this.#doorServer?.close();
    await this.mailbox?.close();
  }

  #draftDeath(process: Process): void {
    const { within } = this.options.weather;
    if (this.calm || this.killsLeft <= 0) return;
    // Half of them die at any step, half where it hurts: between an effect outside and what is written down of it.
    if (this.chance('kill kind', 0.5)) process.killAt = 1 + this.below('kill', within);
    else process.killAtEffect = 1 + this.below('kill effect', 10);
  }

  #tools(process: Process) {
    return {
      renderPdf: async ({ issued }: { issued?: { number: string } }) => {
        process.step('pdf');
        return Buffer.from(`%PDF-1.7\n${issued?.number}\n%%EOF`);
      },
    };
  }

  /** The processes that live; whoever died is replaced, after a pause when there are others. */
  async alive(): Promise<Life[]> {
    for (const [i, life] of this.lives.entries()) {
      if (!life.process.dead) continue;
      this.killsLeft--;
      this.count('kills');
      this.tell(`${life.process.name} was killed at: ${life.process.diedAt}`);
      this.clock.advance(1_000 + this.below('restart', 20_000));
      this.lives[i] = await this.#bear();
    }
    return this.lives;
  }

  /** Runs something on a process; undefined when the process died meanwhile, and whatever still runs of it has no effect. */
  async on<T>(life: Life, work: (ctx: Context) => Promise<T>): Promise<{ done: T } | { died: true } | { failed: Error }> {
    const before = life.process.outageErrors;
    const running = work(life.ctx).then(
      (done) => ({ done }),
      (error: Error) => ({ failed: error }),
    );
    const result = await Promise.race([running, life.process.ended.then(() => ({ died: true as const }))]);
    if (life.process.dead) return { died: true };
    if ('failed' in result) {
      if (before === life.process.outageErrors) this.problem(`it threw: ${told(result.failed)}`);
      else this.count('failed while the database was away');
    }
    return result;
  }

  // ---------------------------------------------------------------- the wire

  #wire(process: Process): typeof fetch {
    return async (input, init) => {
      process.step(`request ${init?.method ?? 'GET'} ${String(input).slice(0, 90)}`);
      this.clock.advance(20 + this.below('latency', 400));
      const target = String(input);
      const fault = this.calm || !this.chance('wire', this.options.weather.wire) ? undefined : this.pick('wire fault', wireFaults);
      if (fault) {
        this.count(`wire: ${fault}`);
        this.tell(`${process.name} ${init?.method ?? 'GET'} ${target.replace(/^http:\/\/[^/]+/, '').slice(0, 60)}: ${fault}`);
      }
      const lost = (): never => {
        throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
      };
      const late = (): never => {
        this.clock.advance(60_000);
        throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
      };
      if (fault === 'unreachable') throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
      if (fault === 'lost before') lost();
      if (fault === 'timed out before') late();
      if (fault === '429') return new Response('slow down', { status: 429, headers: { 'retry-after': '30' } });
      if (fault === '500' || fault === '503') return new Response('{"message":"Server Error"}', { status: Number(fault) });
      if (fault === 'page')
        return new Response('<html><body><h1>Karbantartás</h1></body></html>', { status: 200, headers: { 'content-type': 'text/html' } });
      const response = await fetch(input, init ? { ...init, signal: null } : undefined);
      if (fault === 'lost after' || fault === 'timed out after' || fault === '502 after') {
        await response.arrayBuffer();
        if (fault === '502 after') return new Response('<html>502 Bad Gateway</html>', { status: 502 });
        if (fault === 'timed out after') late();
        lost();
      }
      // The answer is read here: killed after the other side did its work, before we know of it.
      const bytes = await response.arrayBuffer();
      process.effect(`${init?.method ?? 'GET'} ${target.slice(0, 60)}`);
      process.step(`answer of ${target.slice(0, 90)}`);
      const bodyless = [204, 205, 304].includes(response.status);
      return new Response(bodyless ? null : bytes, { status: response.status, headers: response.headers });
    };
  }

  /** Something happens at the mail server with one of the next mails. */
  async #mailTrouble(): Promise<void> {
    if (this.calm || !this.chance('mail', this.options.weather.mail)) return;
    const fault = this.pick('mail fault', mailFaults);
    const { faults } = this.mailbox;
    this.count(`mail: ${fault}`);
    this.tell(`mail server: ${fault}`);
    if (fault === 'down') await this.mailbox.down();
    else if (fault === 'up') await this.mailbox.up();
    else if (fault === 'busy') faults.busy++;
    else if (fault === 'lost in the body') faults.dropDuringData++;
    else if (fault === 'answer lost') faults.dropAfterData++;
    else faults.refuseMessage.push(this.pick('mail refusal', refusals));
  }

  // ---------------------------------------------------------------- time

  /** What is due by the calendar: the minute's sweep always, the others when their minute has come since the last time. */
  async #crons(): Promise<void> {
    const [life] = await this.alive();
    const now = this.clock.now().getTime();
    for (const [queue, cron] of life!.jobs.crons) {
      const minute = cron.startsWith('*') ? 0 : Number(cron.split(' ')[0]);
      const everyMs = cron.startsWith('*') ? 60_000 : 3_600_000;
      const slot = Math.floor((now - minute * 60_000) / everyMs);
      if (this.#lastCron.get(queue) === slot) continue;
      // The hourly ones need not run each hour of a day: what they do goes by days.
      if (everyMs > 60_000 && this.#lastCron.has(queue) && slot - this.#lastCron.get(queue)! < 6 && !this.chance('cron', 0.25)) continue;
      this.#lastCron.set(queue, slot);
      await sql`insert into ${sql.table(jobTable)} (queue, data, start_after) values (${queue}, '{"organizationId":"","id":""}', ${new Date(now).toISOString()}::timestamptz)`.execute(
        this.options.store.db,
      );
    }
  }

  /** Moves on by so much and does all that is due then. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.#crons();
    await this.work();
  }

  /** All jobs that are due, on whichever process, some side by side. */
  async work(): Promise<void> {
    for (let jobs = 0; jobs < jobsLimit; ) {
      const lives = await this.alive();
      this.#trouble(lives);
      await this.#mailTrouble();
      const side = this.chance('side by side', 0.3) ? 2 + this.below('side', 2) : 1;
      let found = 0;
      await Promise.all(
        Array.from({ length: side }, async () => {
          const life = this.pick('process', lives);
          await this.on(life, async () => {
            const taken = await life.jobs.take(this.below('job', 1_000_000));
            if (!taken) return false;
            found++;
            const away = life.process.outageErrors;
            const problem = await life.jobs.run(taken, life.process);
            if (problem && away === life.process.outageErrors && !(problem instanceof Killed) && !meantToThrow.test(problem.message))
              this.problem(`a job of ${taken.queue} threw: ${told(problem)}`);
            return true;
          });
        }),
      );
      if (this.#restarting !== undefined) {
        // What was under way met it; the next ones find it up again, with their connections broken.
        await this.#restarting;
        this.#restarting = undefined;
        continue;
      }
      if (found === 0 && !lives.some((l) => l.process.dead)) return;
      jobs += found;
      if (jobs >= jobsLimit) this.problem(`more than ${jobsLimit} jobs at one moment: something runs in a circle`);
    }
  }

  problem(what: string): void {
    if (!this.problems.includes(what)) this.problems.push(what);
    this.tell(`PROBLEM ${what}`);
  }

  /** Database away or full, now and then. */
  #trouble(lives: Life[]): void {
    if (this.calm || this.outagesLeft <= 0 || !this.chance('outage', 0.02)) return;
    this.outagesLeft--;
    if (this.options.restart && !this.#restarting) {
      this.count('database server ended and started');
      this.tell('the database server is ended without a word');
      this.#restarting = this.options.restart();
      return;
    }
    const what = this.chance('outage kind', 0.5) ? 'restart' : 'full';
    const steps = 1 + this.below('outage steps', 30);
    this.count(`database ${what}`);
    this.tell(`the database ${what === 'full' ? 'is full' : 'restarts'} for ${steps} statements`);
    for (const { process } of lives) process.outage(what, steps);
  }

  /** The set-up is done: from here on things go wrong. */
  stormBegins(): void {
    this.calm = false;
    for (const { process } of this.lives) {
      process.steps = 0;
      this.#draftDeath(process);
    }
  }

  /** The machine's clock is set wrong for a while, hours back or ahead; or the machine slept for months, with all the world going on. */
  async clockTrouble(): Promise<void> {
    if (this.calm || !this.options.weather.clock || !this.chance('clock', 0.08)) return;
    if (this.chance('clock kind', 0.15)) {
      const days = 20 + this.below('clock size', 60);
      this.clock.advance(days * dayMs);
      this.count('slept');
      this.tell(`everything slept for ${days} days`);
      return;
    }
    // Hours back or ahead, or a wrong day that lies weeks ahead, as a machine begins with whose battery is empty.
    const farAhead = this.skewMs === 0 && this.chance('clock far', 0.3);
    const hours = () => (this.below('clock size', 360) - 180) * 60_000;
    await this.#setClock(this.skewMs !== 0 ? 0 : farAhead ? (20 + this.below('clock size', 60)) * dayMs : hours());
    this.count(farAhead ? 'clock set weeks ahead' : 'clock set');
    this.tell(`the clock of the machine is off by ${this.skewMs / 60_000} minutes`);
  }

  /** One that goes back takes the job engine's moments with it, as the real one does (`dueAnew`). */
  async #setClock(skewMs: number): Promise<void> {
    const back = `${this.skewMs - skewMs} milliseconds`;
    const now = new Date(this.clock.now().getTime() + skewMs).toISOString();
    this.skewMs = skewMs;
    this.mostAheadMs = Math.max(this.mostAheadMs, skewMs);
    if (back.startsWith('-')) return;
    await sql`update ${sql.table(jobTable)} set start_after = case when start_after > ${now}::timestamptz then start_after - ${back}::interval else start_after end,
      started_at = case when started_at > ${now}::timestamptz then started_at - ${back}::interval else started_at end`.execute(
      this.options.store.db,
    );
  }

  /** Nothing goes wrong any more. */
  async settleDown(): Promise<void> {
    this.calm = true;
    this.calmSince = this.clock.now();
    await this.#setClock(0);
    Object.assign(this.mailbox.faults, { busy: 0, dropAfterData: 0, dropDuringData: 0, refuseMessage: [] });
    await this.mailbox.up();
    for (const { process } of this.lives) {
      process.killAt = Number.POSITIVE_INFINITY;
      process.killAtEffect = Number.POSITIVE_INFINITY;
      process.outage('restart', 0);
    }
  }
}

const jobsLimit = 3_000;
const mailFaults = ['down', 'up', 'up', 'busy', 'lost in the body', 'answer lost', 'answer lost', 'refused'] as const;
const refusals = [
  { code: 451, text: '4.3.0 Try again later' },
  { code: 552, text: '5.2.3 Message too large' },
  { code: 554, text: '5.7.1 Rejected as spam' },
];
/** Words of a throw that is meant: the queue is to bring the job again. */
const meantToThrow = /the mail about a cause waits/;

/** Where in our own code it was, without the libraries in between. */
const told = (error: Error): string => {
  const lines = (error.stack ?? error.message).split('\n').filter((line) => !line.includes('node_modules') && !line.includes('node:'));
  const { detail } = error as { detail?: string };
  return `${lines.slice(0, 8).join(' | ')}${detail ? ` (${detail})` : ''}`;
};
