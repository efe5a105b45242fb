import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type AgentPlugin, fileLimitBytes, type Job, jobPayloads } from '../contract/agent/index.ts';
import { cut } from '../domain/cut.ts';
import { failed, type Plugin, type Step, type StepTools } from './plugin.ts';
import { type AgentStore, type FoundFile, hash, syncFolder, writeThrough } from './store.ts';

/**
 * A program that takes documents as files from its inbox and answers in its outbox. Putting a file there is one rename, so the
 * program sees all of it or nothing, and after a crash the file beside it tells whether the rename was done: it is never put twice.
 */
type FolderSettings = {
  name: string;
  inbox: string;
  outbox: string;
  /** Where the program saves prints of its documents; they are read, never moved. */
  prints?: string;
  /** A file that changes with the program's version: its main executable, or a text with the version in it. */
  versionFile?: string;
  /** A file that waits longer means that the program is closed. */
  closedAfterSeconds?: number;
};

/** What a program or its feeder says of itself, beside its answers: version and whether somebody has to look at it. */
const programFile = 'program.json';
const programSchema = z.object({
  version: z.string().min(1).max(60),
  databaseVersion: z.string().max(60).optional(),
  state: z.enum(['ready', 'attention']).catch('ready').default('ready'),
});
type Program = z.infer<typeof programSchema>;
const programBytes = 16 * 1024;

const takenFolder = 'taken';
const defaultClosedAfterSeconds = 120;
const retryUnwritableMs = 15_000;
const versionTextBytes = 200;

type Note = { phase?: 'ready' };
type Check = { step: string; ok: boolean; detail?: string };

export class FolderPlugin implements Plugin {
  readonly name: string;
  readonly kind = 'folder' as const;
  readonly jobKinds = ['erp.export.file', 'erp.document.find', 'agent.selftest'] as const;
  readonly #settings: FolderSettings;
  readonly #store: AgentStore;
  readonly #now: () => Date;
  readonly #log: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly #machine: string;
  /** Size and time of a file when it was seen last: one that still grows is left alone. */
  readonly #growing = new Map<string, string>();
  /** Files that somebody else holds, each named in the log once. */
  readonly #held = new Set<string>();
  #checks: Check[] | undefined;
  #attention: string | undefined;

  constructor(
    settings: FolderSettings,
    parts: { store: AgentStore; now: () => Date; machine?: string; log?: (level: 'info' | 'warn' | 'error', message: string) => void },
  ) {
    this.name = settings.name;
    this.#settings = settings;
    this.#store = parts.store;
    this.#now = parts.now;
    this.#log = parts.log ?? (() => {});
    this.#machine = parts.machine || '–';
    this.#attention = this.#store.setting(this.#key('attention')) || undefined;
    // Prints that were there before the folder was chosen are nobody's news.
    if (settings.prints && this.#store.setting(this.#key('since')) === undefined)
      this.#store.set(this.#key('since'), String(this.#now().getTime()));
  }

  #key(what: string): string {
    return `folder:${this.name}:${what}`;
  }

  laneOf(): string {
    return `folder ${this.name}`;
  }

  async step(job: Job, tools: StepTools): Promise<Step> {
    if (job.kind === 'agent.selftest') return { done: this.#selfTestResult() };
    const parsed = jobPayloads[job.kind === 'erp.document.find' ? 'erp.document.find' : 'erp.export.file'].safeParse(job.payload);
    if (!parsed.success) return failed({ code: 'agent_file_refused', params: { file: String(job.payload.fileName ?? '') } });
    const { fileName, sha256 } = parsed.data;
    try {
      if (job.kind === 'erp.document.find') return { done: { outcome: 'done', facts: { state: this.#whereIs(fileName, sha256) } } };
      return this.#put(fileName, sha256, job, tools);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (!code) throw error;
      return {
        againMs: retryUnwritableMs,
        step: 'waiting',
        cause: { code: 'folder_unwritable', params: { plugin: this.name, machine: this.#machine, detail: code } },
        failed: true,
      };
    }
  }

  #put(fileName: string, sha256: string, job: Job, tools: StepTools): Step {
    const { inbox } = this.#settings;
    const target = path.join(inbox, fileName);
    const part = path.join(inbox, `.${fileName}.part`);
    const done: Step = { done: { outcome: 'done', facts: { file: fileName } } };
    if ((tools.note as Note).phase === 'ready') {
      if (existsSync(part)) this.#move(part, target);
      return done;
    }
    // Accepted once, and we know nothing of it: our store was lost. What stands in the folder is looked at, nothing is put there.
    if (tools.note.lost === true && job.accepted) {
      if (this.#whereIs(fileName, sha256) !== 'unclear') return done;
      return { done: { outcome: 'unknown', cause: { code: 'agent_job_lost' } } };
    }
    if (tools.calledOff) {
      rmSync(part, { force: true });
      return { done: { outcome: 'failed', class: tools.calledOff, cause: { code: 'agent_no_answer' } } };
    }
    writeThrough(part, tools.file(sha256), 0o664);
    syncFolder(inbox);
    tools.keepNote({ phase: 'ready' } satisfies Note);
    this.#move(part, target);
    return done;
  }

  #move(part: string, target: string): void {
    renameSync(part, target);
    syncFolder(path.dirname(target));
  }

  #whereIs(fileName: string, sha256: string): 'waiting' | 'taken' | 'unclear' {
    const { inbox, outbox } = this.#settings;
    const target = path.join(inbox, fileName);
    if (existsSync(target) && hash(readFileSync(target)) === sha256) return 'waiting';
    const stem = fileName.replace(/\.[^.]+$/, '');
    const answered = [outbox, path.join(outbox, takenFolder)].some((folder) => filesOf(folder).some((name) => name.startsWith(stem)));
    return answered ? 'taken' : 'unclear';
  }

  async scan(): Promise<void> {
    const { outbox, prints } = this.#settings;
    if (this.#program()) await this.watch();
    this.#scanFolder(outbox, 'outbox', 0);
    if (prints && path.resolve(prints) !== path.resolve(outbox))
      this.#scanFolder(prints, 'pdf', Number(this.#store.setting(this.#key('since')) ?? 0));
  }

  #scanFolder(folder: string, from: FoundFile['from'], sinceMs: number): void {
    for (const name of filesOf(folder)) {
      if (name === programFile || (from === 'pdf' && !/\.pdf$/i.test(name))) continue;
      const file = path.join(folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile() || stat.mtimeMs < sinceMs) continue;
      const mark = `${stat.size} ${stat.mtimeMs}`;
      if (this.#store.wasSeen(this.name, file, mark)) continue;
      if (this.#growing.get(file) !== mark) {
        this.#growing.set(file, mark);
        continue;
      }
      this.#growing.delete(file);
      if (stat.size <= fileLimitBytes) this.#keep(file, name, from, mark);
      else this.#leave(file, name, mark, stat.size);
    }
  }

  /** Told once, until it is another file. */
  #leave(file: string, name: string, mark: string, sizeBytes: number): void {
    this.#store.markSeen(this.name, file, mark);
    this.#log('warn', `${name} in ${this.name} has ${sizeBytes} bytes and is too large to be read`);
  }

  #keep(file: string, name: string, from: FoundFile['from'], mark: string): void {
    let bytes: Buffer;
    try {
      bytes = readPlain(file);
    } catch (error) {
      // The program still holds it: next time.
      if (!this.#held.has(file)) this.#log('info', `${name} in ${this.name} cannot be read yet: ${(error as NodeJS.ErrnoException).code}`);
      this.#held.add(file);
      return;
    }
    this.#held.delete(file);
    if (bytes.length > fileLimitBytes) {
      this.#leave(file, name, mark, bytes.length);
      return;
    }
    const sha256 = hash(bytes);
    this.#store.keepFile(sha256, bytes);
    const found: FoundFile = { id: randomUUID(), plugin: this.name, from, name: cut(name, 300), file, sha256, sizeBytes: bytes.length };
    this.#store.keepFound(found, mark, this.#now().getTime());
    this.#log('info', `found ${name} in ${this.name}`);
  }

  /** Answers are put aside so that the outbox shows what is new; prints stay where the seller keeps them. */
  taken(found: FoundFile): void {
    if (found.from !== 'outbox' || !existsSync(found.file)) return;
    if (hash(readFileSync(found.file)) !== found.sha256) return;
    const folder = path.join(this.#settings.outbox, takenFolder);
    mkdirSync(folder, { recursive: true });
    const aside = path.join(folder, found.name);
    // A second answer under the same name does not take the first one's place.
    renameSync(found.file, existsSync(aside) ? `${aside}.${found.id.slice(0, 8)}` : aside);
    this.#store.forgetSeen(this.name, found.file);
  }

  async state(): Promise<AgentPlugin> {
    const base = {
      name: this.name,
      kind: 'folder' as const,
      prints: this.#settings.prints !== undefined,
      programVersion: this.#store.setting(this.#key('version')),
      programBefore: this.#store.setting(this.#key('before')),
      checks: this.#checks,
    };
    const trouble = this.#trouble();
    if (trouble) return { ...base, state: 'unwritable', waiting: 0, detail: trouble };
    const waiting = filesOf(this.#settings.inbox).flatMap((name) => {
      const stat = statSync(path.join(this.#settings.inbox, name), { throwIfNoEntry: false });
      return stat?.isFile() ? [Math.max(stat.ctimeMs, stat.mtimeMs)] : [];
    });
    const oldest = waiting.length > 0 ? Math.min(...waiting) : undefined;
    const closedMs = (this.#settings.closedAfterSeconds ?? defaultClosedAfterSeconds) * 1000;
    const more = { waiting: waiting.length, ...(oldest ? { oldestAt: new Date(oldest).toISOString() } : {}) };
    if (this.#attention) return { ...base, ...more, state: 'attention', detail: this.#attention };
    // Files carry the time of the disk's own clock, which is what they are compared with.
    const closed = (oldest !== undefined && Date.now() - oldest > closedMs) || (this.#silentMs() ?? 0) > closedMs;
    return { ...base, ...more, state: closed ? 'closed' : 'ok' };
  }

  /** What keeps the folders from being used, in the system's word for it. */
  #trouble(): string | undefined {
    const { inbox, outbox, prints } = this.#settings;
    for (const [folder, mode] of [
      [inbox, constants.R_OK | constants.W_OK],
      [outbox, constants.R_OK | constants.W_OK],
      [prints, constants.R_OK],
    ] as const) {
      if (folder === undefined) continue;
      try {
        accessSync(folder, mode);
        if (!statSync(folder).isDirectory()) return `${path.basename(folder)}: ENOTDIR`;
      } catch (error) {
        return `${path.basename(folder)}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`;
      }
    }
    return undefined;
  }

  /** Another version of the program: nothing new goes out before a self-check has passed. */
  async watch(): Promise<void> {
    const program = this.#program();
    const version = program?.version ?? this.#version();
    if (version === undefined) return;
    const before = this.#store.setting(this.#key('version'));
    const changed = before !== undefined && before !== version;
    if (before !== version) this.#store.set(this.#key('version'), version);
    if (changed) {
      this.#store.set(this.#key('before'), before);
      this.#log('info', `the program behind ${this.name} changed from ${before} to ${version}`);
    }
    const waits = program && (program.state === 'attention' || (program.databaseVersion ?? version) !== version);
    if (waits) {
      if (!this.#attention) this.#log('warn', `the program behind ${this.name} has to be looked at after its update`);
      this.#attend(`program ${version}, database ${program.databaseVersion ?? '–'}`);
    } else if (changed || this.#attention?.startsWith('program ')) {
      const passed = this.#selfTest();
      this.#attend(passed ? undefined : this.#checks!.find((c) => !c.ok)!.step);
      this.#log(passed ? 'info' : 'warn', `self-check of ${this.name}: ${passed ? 'passed' : 'not passed'}`);
    }
  }

  #program(): Program | undefined {
    const file = path.join(this.#settings.outbox, programFile);
    try {
      if (statSync(file).size > programBytes) return undefined;
      return programSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  /** Since when the program says nothing of itself any more, if it ever did. */
  #silentMs(): number | undefined {
    const stat = statSync(path.join(this.#settings.outbox, programFile), { throwIfNoEntry: false });
    return stat && Date.now() - stat.mtimeMs;
  }

  #attend(attention: string | undefined): void {
    this.#attention = attention;
    this.#store.set(this.#key('attention'), attention ?? '');
  }

  #version(): string | undefined {
    const { versionFile } = this.#settings;
    if (!versionFile) return undefined;
    try {
      const bytes = readFileSync(versionFile);
      return bytes.length <= versionTextBytes ? bytes.toString('utf8').trim().slice(0, 100) : `#${hash(bytes).slice(0, 12)}`;
    } catch {
      return undefined;
    }
  }

  #selfTest(): boolean {
    const { inbox, outbox, prints, versionFile } = this.#settings;
    const check = (step: string, work: () => void): Check => {
      try {
        work();
        return { step, ok: true };
      } catch (error) {
        return { step, ok: false, detail: (error as NodeJS.ErrnoException).code ?? cut((error as Error).message, 200) };
      }
    };
    this.#checks = [
      check('write the inbox', () => {
        const probe = path.join(inbox, '.fakturist-check.part');
        writeThrough(probe, Buffer.from('check'));
        rmSync(probe);
      }),
      check('read the outbox', () => void readdirSync(outbox)),
      ...(prints ? [check('read the prints', () => void readdirSync(prints))] : []),
      ...(versionFile ? [check('read the version', () => void readFileSync(versionFile))] : []),
    ];
    return this.#checks.every((c) => c.ok);
  }

  #selfTestResult() {
    const passed = this.#selfTest();
    const bad = this.#checks!.filter((c) => !c.ok);
    if (passed) this.#attend(undefined);
    else this.#attend(bad.map((c) => `${c.step} (${c.detail})`).join(', '));
    return passed
      ? ({ outcome: 'done', facts: { checks: String(this.#checks!.length) } } as const)
      : ({
          outcome: 'failed',
          class: 'data',
          cause: {
            code: 'folder_unwritable',
            params: { plugin: this.name, machine: this.#machine, detail: bad.map((c) => c.step).join(', ') },
          },
        } as const);
  }
}

/** A file that became a link after it was listed is not followed: whoever may write there may not read with the agent's rights. */
function readPlain(file: string): Buffer {
  const fd = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Visible files of a folder in the order of their names; a folder that is not there has none. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !/\.(part|tmp|crdownload)$/i.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}
