import {
  type AgentMessage,
  type AgentState,
  agentJobLimit,
  backOffMs,
  type HubMessage,
  type Job,
  type JobKind,
  jobKinds,
  jobSchema,
  type MessageAnswer,
  pollSeconds,
  protocolVersion,
  renewEveryMs,
  retryMs,
} from '../contract/agent/index.ts';
import { cut } from '../domain/cut.ts';
import { HubAway, HubRefused, type Line } from './line.ts';
import { failed, type Plugin, type Step } from './plugin.ts';
import { type AgentStore, FileGone, type FoundFile, type StoredJob } from './store.ts';

/**
 * The agent's core. Three things go on beside each other, each for ever and each on its own when the hub is away:
 *
 *   hear   long poll: offers are stored, then accepted; called-off jobs are marked
 *   work   accepted jobs, step by step, by the plug-in of their kind
 *   tell   acceptances, progress, results, found files, state — from the store, until each is answered
 *
 * A job is begun only when the hub has answered its acceptance, so what was called off or went too late before that never begins.
 */
export type AgentParts = {
  store: AgentStore;
  line: Line;
  plugins: Plugin[];
  now: () => Date;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  version: string;
  machine: AgentState['machine'];
  /** Seconds a poll hangs; less in tests. */
  pollSeconds?: number;
  /** Between two looks at folders and printers. */
  lookMs?: number;
  onLog?: (level: 'info' | 'warn' | 'error', message: string) => void;
};

type Ended = 'stopped' | 'revoked';

const tellAtOnce = 50;
const logAtOnce = 100;
const stateEveryMs = 60_000;
const watchEveryMs = 3_600_000;
const tidyEveryMs = 3_600_000;
const confirmEveryMs = 3_000;

export class Agent {
  readonly #parts: AgentParts;
  readonly #startedAt: Date;
  /** Lanes that somebody works on now. */
  readonly #lanes = new Set<string>();
  readonly #progress = new Map<string, Extract<AgentMessage, { type: 'job.progress' }>>();
  #said = '';
  #saidAt = 0;
  #renewedAt = 0;
  #watchedAt = -Infinity;
  #tidiedAt = -Infinity;
  #greeted = false;
  /** Files that could not be told, each named in the log once. */
  readonly #stumbledOver = new Set<string>();
  #wakeWork: () => void = () => {};
  #wakeTell: () => void = () => {};

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
  }

  log(level: 'info' | 'warn' | 'error', message: string): void {
    this.#parts.store.log(this.#parts.now().toISOString(), level, message);
    this.#parts.onLog?.(level, message);
  }

  /** Runs until the signal, or until the hub revokes the key. */
  async run(signal: AbortSignal): Promise<Ended> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let revoked = false;
    const loops = [
      this.#forEver('hear', both, () => this.hear(both)),
      this.#forEver('tell', both, async () => {
        const more = await this.tell(both);
        if (!more) await this.#pause(this.#parts.lookMs ?? 1_000, both, (wake) => (this.#wakeTell = wake));
      }),
      this.#forEver('work', both, async () => {
        // Not waited for: a printer that hangs holds up its own lane only.
        void this.work(both);
        await this.#pause(this.#untilDue(), both, (wake) => (this.#wakeWork = wake));
      }),
    ];
    const ends = loops.map((loop) =>
      loop.then((end) => {
        if (end === 'revoked') revoked = true;
        stop.abort();
      }),
    );
    await Promise.all(ends);
    await Promise.all(this.#working);
    if (revoked) this.log('warn', 'the hub has revoked this agent: unfinished results are kept for 30 days');
    return revoked ? 'revoked' : 'stopped';
  }

  /** Last words, so that a computer that is off and a network that is down can be told apart. */
  async sayBye(reason: Extract<AgentMessage, { type: 'bye' }>['reason']): Promise<void> {
    await this.#parts.line.tell([{ type: 'bye', reason }], AbortSignal.timeout(3_000)).catch(() => {});
  }

  async #forEver(name: string, signal: AbortSignal, once: () => Promise<void>): Promise<Ended> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await once();
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof HubRefused && error.code === 'agent_revoked') return 'revoked';
        if (error instanceof HubRefused && error.code === 'agent_unconfirmed') {
          await this.#parts.sleep(confirmEveryMs, signal);
          continue;
        }
        failures++;
        if (failures === 1 && !(error instanceof HubAway)) this.log('error', `${name}: ${(error as Error).message}`);
        else if (failures === 1) this.log('warn', `${name}: the hub is away (${(error as Error).message})`);
        await this.#parts.sleep(backOffMs(failures, this.#parts.random), signal);
      }
    }
    return 'stopped';
  }

  async #pause(ms: number, signal: AbortSignal, hold: (wake: () => void) => void): Promise<void> {
    const early = new AbortController();
    hold(() => early.abort());
    if (!signal.aborted) await this.#parts.sleep(ms, AbortSignal.any([signal, early.signal]));
  }

  #untilDue(): number {
    const due = this.#parts.store.nextDue();
    const restMs = due === undefined ? Number.POSITIVE_INFINITY : due - this.#parts.now().getTime();
    return Math.max(20, Math.min(restMs, this.#parts.lookMs ?? 1_000));
  }

  // ---------------------------------------------------------------- hear

  async hear(signal: AbortSignal): Promise<void> {
    const { store, line } = this.#parts;
    const counts = store.counts();
    const called = store.jobs('accepted').flatMap((j) => (j.cancelled ? [j.job.id] : []));
    const messages = await line.poll(
      {
        capacity: Math.min(100, agentJobLimit - counts.jobs),
        wait: this.#parts.pollSeconds ?? pollSeconds,
        queue: counts,
        knows: called.slice(0, 100),
      },
      signal,
    );
    let stumbled: unknown;
    for (const message of messages)
      try {
        await this.#hearOne(message, signal);
      } catch (error) {
        if (signal.aborted || (error instanceof HubRefused && error.code.startsWith('agent_'))) throw error;
        // A job whose file does not come holds up none of those behind it; a second one that is no refusal, and it is the line or the disk.
        if (stumbled && !(error instanceof HubRefused)) throw error;
        stumbled = error;
      }
    if (messages.length > 0) this.#wakeTell();
    if (stumbled) throw stumbled;
  }

  async #hearOne(message: HubMessage, signal: AbortSignal): Promise<void> {
    const { store, line } = this.#parts;
    if (message.type === 'job.cancel') {
      store.cancelJob(message.id);
      this.#wakeWork();
    } else if (message.type === 'key.rotate') {
      await line.rotate();
      this.log('info', 'a new key pair is in use');
    } else if (message.type === 'job.offer') await this.#take(message.job, signal);
  }

  /** Stored with its files before a word of it is said. */
  async #take(offered: Job, signal: AbortSignal): Promise<void> {
    const { store, line, now } = this.#parts;
    const parsed = jobSchema.safeParse(offered);
    if (!parsed.success) {
      const known = typeof offered?.id === 'string' && (jobKinds as readonly string[]).includes((offered as Job).kind);
      this.log('error', `an offered job cannot be read: ${parsed.error.issues[0]?.path.join('.')}`);
      if (typeof offered?.id === 'string')
        await line.tell(
          [
            {
              type: 'job.reject',
              id: offered.id,
              attempt: Number(offered.attempt) || 1,
              cause: known
                ? { code: 'agent_file_refused', params: { file: cut(titleOf(offered) || offered.kind, 300) } }
                : { code: 'agent_too_old', params: { version: this.#parts.version } },
            },
          ],
          signal,
        );
      return;
    }
    const job = parsed.data;
    if (!this.#pluginOf(job)) {
      const params = { plugin: String(job.payload.plugin ?? job.kind) };
      await line.tell([{ type: 'job.reject', id: job.id, attempt: job.attempt, cause: { code: 'agent_missing', params } }], signal);
      return;
    }
    const before = store.job(job.id);
    if (before?.state === 'done') {
      store.keepJob(job, now().getTime());
      await this.#tellResults([before], signal);
      return;
    }
    for (const file of job.files) {
      if (store.hasFile(file.sha256)) continue;
      const bytes = await line.download(file.url, signal);
      if (store.keepFile(file.sha256, bytes)) continue;
      const cause = { code: 'agent_file_refused', params: { file: file.name } };
      await line.tell([{ type: 'job.reject', id: job.id, attempt: job.attempt, cause }], signal);
      return;
    }
    const kept = store.keepJob(job, now().getTime());
    if (kept === 'full') return;
    if (kept === 'kept' && job.accepted) store.note(job.id, { lost: true });
    this.#wakeTell();
  }

  // ---------------------------------------------------------------- tell

  /** Tells what is to be told. True: there is more. */
  async tell(signal: AbortSignal): Promise<boolean> {
    const { store } = this.#parts;
    await this.#look();
    await this.#tellState(signal);
    await this.#tellAcceptances(signal);
    const done = store.unacknowledged(tellAtOnce);
    if (done.length > 0) await this.#tellResults(done, signal);
    await this.#tellProgress(signal);
    await this.#tellFound(signal);
    await this.#renew(signal);
    await this.#tellLog(signal);
    return done.length === tellAtOnce;
  }

  /** Folders and the programs behind them. What a plug-in stumbles over stops nothing else. */
  async #look(): Promise<void> {
    const nowMs = this.#parts.now().getTime();
    const watches = nowMs - this.#watchedAt >= watchEveryMs;
    if (watches) this.#watchedAt = nowMs;
    for (const plugin of this.#parts.plugins) {
      try {
        if (watches) await plugin.watch?.();
        await plugin.scan?.();
      } catch (error) {
        this.log('error', `${plugin.name}: ${(error as Error).message}`);
      }
    }
    if (nowMs - this.#tidiedAt >= tidyEveryMs) {
      this.#tidiedAt = nowMs;
      this.#parts.store.tidy(nowMs);
    }
  }

  async currentState(): Promise<AgentState> {
    const { store, plugins, version, machine } = this.#parts;
    const jobs = store.jobs('accepted');
    const states: AgentState['plugins'] = [];
    const printers: AgentState['printers'] = [];
    for (const plugin of plugins) {
      states.push(await plugin.state(jobs));
      if (plugin.printers) printers.push(...(await plugin.printers()));
    }
    return {
      agentVersion: version,
      protocol: protocolVersion,
      startedAt: this.#startedAt.toISOString(),
      machine,
      plugins: states,
      printers,
      queue: store.counts(),
    };
  }

  /** At once when something changed, else now and then. */
  async #tellState(signal: AbortSignal): Promise<void> {
    const nowMs = this.#parts.now().getTime();
    const state = await this.currentState();
    // Whether anything waits belongs to it: a closed program matters from the first file on.
    const plugins = state.plugins.map((p) => [p.name, p.state, p.waiting > 0, p.detail, p.programVersion, p.checks]);
    const shape = JSON.stringify([plugins, state.printers]);
    if (this.#greeted && shape === this.#said && nowMs - this.#saidAt < stateEveryMs) return;
    await this.#parts.line.tell([{ type: this.#greeted ? 'state' : 'hello', state }], signal);
    this.#greeted = true;
    this.#said = shape;
    this.#saidAt = nowMs;
  }

  async #tellAcceptances(signal: AbortSignal): Promise<void> {
    const { store, line } = this.#parts;
    const stored = store.jobs('stored').slice(0, tellAtOnce);
    if (stored.length === 0) return;
    const answers = await line.tell(
      stored.map(({ job }) => ({ type: 'job.accept' as const, id: job.id, attempt: job.attempt })),
      signal,
    );
    answers.forEach((answer, i) => {
      const { id } = stored[i]!.job;
      if (answer.ok) store.acceptJob(id);
      else if (answer.code === 'unknown') store.forgetJob(id);
    });
    this.#wakeWork();
  }

  async #tellResults(done: StoredJob[], signal: AbortSignal): Promise<void> {
    const answers = await this.#resultsTold(done, signal);
    answers.forEach((answer, i) => {
      if (over(answer)) this.#parts.store.acknowledge(done[i]!.job.id);
    });
  }

  /** A hub that cannot read one result refuses all that come with it: then each goes alone, that one with nothing but its outcome. */
  async #resultsTold(done: StoredJob[], signal: AbortSignal): Promise<MessageAnswer[]> {
    const { line } = this.#parts;
    const message = ({ job, result }: StoredJob) => ({ type: 'job.result' as const, id: job.id, attempt: job.attempt, result: result! });
    try {
      return await line.tell(done.map(message), signal);
    } catch (error) {
      if (!isOfOne(error)) throw error;
      if (done.length > 1) {
        const answers: MessageAnswer[] = [];
        for (const one of done) answers.push((await this.#resultsTold([one], signal))[0]!);
        return answers;
      }
      const { outcome, class: resultClass } = done[0]!.result!;
      return line.tell([{ ...message(done[0]!), result: { outcome, ...(resultClass ? { class: resultClass } : {}) } }], signal);
    }
  }

  async #tellProgress(signal: AbortSignal): Promise<void> {
    const messages = [...this.#progress.values()].slice(0, tellAtOnce);
    if (messages.length === 0) return;
    await this.#parts.line.tell(messages, signal);
    for (const message of messages) if (this.#progress.get(message.id) === message) this.#progress.delete(message.id);
  }

  async #tellFound(signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const unchosen = new Set<string>();
    for (const found of store.untold(tellAtOnce)) {
      if (unchosen.has(found.plugin)) continue;
      try {
        const answer = await this.#tellFile(found, signal);
        if (!answer.ok && answer.code === 'again') unchosen.add(found.plugin);
        if (!answer.ok || answer.have === false) continue;
        this.#putAside(found);
        store.told(found.id);
      } catch (error) {
        if (error instanceof FileGone) store.findAnew(found);
        else if (!isOfOne(error)) throw error;
        this.#stumbled(found, error as Error);
      }
    }
  }

  /** The hub has the file, whether or not it can be put aside: a program may hold it still. */
  #putAside(found: FoundFile): void {
    try {
      this.#parts.plugins.find((p) => p.name === found.plugin)?.taken?.(found);
    } catch (error) {
      this.#stumbled(found, error as Error);
    }
  }

  #stumbled({ id, name, plugin }: FoundFile, error: Error): void {
    if (this.#stumbledOver.has(id)) return;
    this.#stumbledOver.add(id);
    this.log('warn', `${name} in ${plugin}: ${error.message}`);
  }

  async #tellFile({ id, plugin, from, name, sha256, sizeBytes }: FoundFile, signal: AbortSignal): Promise<MessageAnswer> {
    const { store, line } = this.#parts;
    const message = { type: 'file.found' as const, id, plugin, from, name, sha256, sizeBytes };
    const [answer] = await line.tell([message], signal);
    if (!answer!.ok || answer!.have !== false || !answer!.url) return answer!;
    await line.upload(answer!.url, store.readFile(sha256), signal);
    return (await line.tell([message], signal))[0]!;
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const nowMs = this.#parts.now().getTime();
    if (nowMs - this.#renewedAt < renewEveryMs) return;
    const ids = this.#parts.store.jobs('accepted').map((j) => j.job.id);
    if (ids.length > 0) await this.#parts.line.tell([{ type: 'lease.renew', ids }], signal);
    this.#renewedAt = nowMs;
  }

  async #tellLog(signal: AbortSignal): Promise<void> {
    const { store, line } = this.#parts;
    const entries = store.unsentLog(logAtOnce);
    if (entries.length === 0) return;
    const batch = entries.map(({ at, level, message }) => ({ at, level, message }));
    await line.tell([{ type: 'log.batch', entries: batch }], signal).catch((error: unknown) => {
      // Lines that the hub cannot read are in the agent's own log, and hold up nothing else.
      if (!isOfOne(error)) throw error;
    });
    store.logSent(entries.at(-1)!.seq);
  }

  // ---------------------------------------------------------------- work

  /** Steps every job that is due; those of one lane one after another, in their order. */
  async work(signal: AbortSignal): Promise<void> {
    const { store, now } = this.#parts;
    const lanes = new Map<string, { plugin: Plugin; stored: StoredJob }[]>();
    for (const stored of store.due(now().getTime())) {
      const plugin = this.#pluginOf(stored.job);
      if (!plugin) continue;
      const lane = plugin.laneOf(stored.job);
      lanes.set(lane, [...(lanes.get(lane) ?? []), { plugin, stored }]);
    }
    for (const [lane, jobs] of lanes) {
      if (this.#lanes.has(lane)) continue;
      this.#lanes.add(lane);
      const work: Promise<void> = this.#workLane(jobs, signal).finally(() => {
        this.#lanes.delete(lane);
        this.#working.delete(work);
      });
      this.#working.add(work);
    }
    await Promise.all(this.#working);
  }

  async #workLane(jobs: { plugin: Plugin; stored: StoredJob }[], signal: AbortSignal): Promise<void> {
    for (const { plugin, stored } of jobs) if (!signal.aborted) await this.#step(plugin, stored, signal);
  }
  readonly #working = new Set<Promise<void>>();

  async #step(plugin: Plugin, stored: StoredJob, signal: AbortSignal): Promise<void> {
    const { store, now, line } = this.#parts;
    const { job } = stored;
    const late = job.expiresAt !== null && Date.parse(job.expiresAt) <= line.hubNow().getTime();
    let step: Step;
    try {
      step = await plugin.step(job, {
        note: stored.note,
        keepNote: (note) => store.note(job.id, note),
        file: (sha256) => store.readFile(sha256),
        now,
        calledOff: stored.cancelled ? 'cancelled' : late ? 'expired' : undefined,
        signal,
      });
    } catch (error) {
      this.log('error', `${plugin.name}: ${(error as Error).message}`);
      // Its own file is gone, and it is never asked for again: nothing was put or printed yet, and the hub has it still.
      if (error instanceof FileGone) step = failed({ code: 'agent_file_refused', params: { file: titleOf(job) || job.kind } });
      else step = { againMs: retryMs(stored.tries + 1), step: 'waiting', cause: null, failed: true };
    }
    if ('done' in step) {
      store.finishJob(job.id, step.done, now().getTime());
      this.#progress.delete(job.id);
      const cause = step.done.cause ? ` (${step.done.cause.code})` : '';
      this.log(step.done.outcome === 'done' ? 'info' : 'warn', `${job.kind} ${titleOf(job)}: ${step.done.outcome}${cause}`);
      this.#wakeTell();
      return;
    }
    const said = { type: 'job.progress' as const, id: job.id, attempt: job.attempt, step: step.step, cause: step.cause };
    const mark = JSON.stringify([step.step, step.cause]);
    const before = this.#marks.get(job.id);
    if (mark !== before) {
      this.#marks.set(job.id, mark);
      this.#progress.set(job.id, said);
      if (step.cause) this.log('warn', `${job.kind} ${titleOf(job)}: ${step.cause.code}`);
      this.#wakeTell();
    }
    store.later(job.id, now().getTime() + step.againMs, step.failed === true);
  }
  readonly #marks = new Map<string, string>();

  #pluginOf(job: Job): Plugin | undefined {
    return this.#parts.plugins.find(
      (p) => (p.jobKinds as readonly JobKind[]).includes(job.kind) && (p.kind !== 'folder' || p.name === job.payload.plugin),
    );
  }
}

/** Refusals that say something of what was told, not of who tells it. */
const ofOne = new Set(['bad_request', 'not_found', 'too_large', 'hash_mismatch']);
const isOfOne = (error: unknown) => error instanceof HubRefused && ofOne.has(error.code);

/** Stored there, or of no interest there: no need to tell it again. */
function over(answer: MessageAnswer): boolean {
  return answer.ok || answer.code === 'unknown';
}

function titleOf({ payload }: Pick<Job, 'payload'>): string {
  return String(payload?.title ?? payload?.fileName ?? payload?.plugin ?? '');
}
