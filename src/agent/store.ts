import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { agentFileLimitBytes, agentJobLimit, type Job, type JobResult } from '../contract/agent/index.ts';
import { cut } from '../domain/cut.ts';

/** An hour at most (`retryMs`). */
const longestWaitMs = 2 * 3_600_000;

/**
 * What the agent knows, on disk: every commit is synced before it counts. A job is here before it is accepted, its result before it
 * is told, and what a plug-in noted on the way is here before the step that cannot be taken back.
 */
export type StoredJob = {
  job: Job;
  /** `stored`: the hub has not heard yet that we have it; `accepted`: may be worked on; `done`: has a result. */
  state: 'stored' | 'accepted' | 'done';
  note: Record<string, unknown>;
  result: JobResult | undefined;
  tries: number;
  nextAt: number;
  cancelled: boolean;
  acknowledged: boolean;
};
export type FoundFile = {
  id: string;
  plugin: string;
  from: 'outbox' | 'pdf';
  name: string;
  file: string;
  sha256: string;
  sizeBytes: number;
};
type LogLine = { seq: number; at: string; level: 'info' | 'warn' | 'error'; message: string };

/** Results are kept so long after they were acknowledged: the same key asked for again is answered from here. */
const keptMs = 30 * 86_400_000;
const keptLogLines = 20_000;
/** A file is here before the job that needs it: one this young is left alone. */
const freshFileMs = 3_600_000;

/** The bytes of a file that was kept are gone from the agent's own folder (a virus scanner, a hand). */
export class FileGone extends Error {
  override name = 'FileGone';
}

type JobRow = {
  body: string;
  state: StoredJob['state'];
  note: string;
  result: string | null;
  tries: number;
  next_at: number;
  cancelled: number;
  acknowledged: number;
};

export class AgentStore {
  readonly folder: string;
  readonly #db: DatabaseSync;

  /** Opens the store; a second process on the same folder is refused. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(path.join(folder, 'files'), { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(path.join(folder, 'agent.sqlite'));
    this.#db.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    try {
      this.#db.exec(`
        create table if not exists job (id text primary key, key text not null, body text not null, state text not null, note text not null default '{}', result text,
          tries integer not null default 0, next_at integer not null default 0, cancelled integer not null default 0, acknowledged integer not null default 0,
          created_at integer not null, done_at integer);
        create index if not exists job_state on job (state, acknowledged, next_at);
        create index if not exists job_key on job (key);
        create table if not exists found (id text primary key, plugin text not null, source text not null, name text not null, file text not null, sha256 text not null,
          size integer not null, told integer not null default 0, at integer not null);
        create index if not exists found_untold on found (told, at);
        create table if not exists seen (plugin text not null, file text not null, mark text not null, primary key (plugin, file));
        create table if not exists log (seq integer primary key autoincrement, at text not null, level text not null, message text not null, told integer not null default 0);
        create table if not exists setting (key text primary key, value text not null);`);
    } catch (error) {
      this.#db.close();
      if (/locked|busy/i.test((error as Error).message)) throw new Error(`Another agent works in ${folder}.`);
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  /** Keeps an offered job. `known`: it is here already, whatever became of it. */
  keepJob(job: Job, now: number): 'kept' | 'known' | 'full' {
    const known = this.#db.prepare('select body, state from job where id = ?').get(job.id) as { body: string; state: string } | undefined;
    if (known) {
      // Offered again: addresses of files are fresh, the attempt is a later one.
      this.#db.prepare('update job set body = ? where id = ?').run(JSON.stringify(job), job.id);
      return 'known';
    }
    if (this.counts().jobs >= agentJobLimit || this.fileBytes() >= agentFileLimitBytes) return 'full';
    this.#db
      .prepare("insert into job (id, key, body, state, created_at) values (?, ?, ?, 'stored', ?)")
      .run(job.id, job.key, JSON.stringify(job), now);
    // The same effect asked for under another id: the answer is known.
    const before = this.#db
      .prepare("select result from job where key = ? and id <> ? and state = 'done' and result is not null")
      .get(job.key, job.id) as { result: string } | undefined;
    if (before) this.finishJob(job.id, JSON.parse(before.result), now);
    return 'kept';
  }

  job(id: string): StoredJob | undefined {
    const row = this.#db.prepare('select * from job where id = ?').get(id) as JobRow | undefined;
    return row && read(row);
  }

  acceptJob(id: string): void {
    this.#db.prepare("update job set state = 'accepted' where id = ? and state = 'stored'").run(id);
  }

  /** The hub does not know it, or gave it up before we had it. */
  forgetJob(id: string): void {
    this.#db.prepare("delete from job where id = ? and state = 'stored'").run(id);
  }

  note(id: string, note: Record<string, unknown>): void {
    this.#db.prepare('update job set note = ? where id = ?').run(JSON.stringify(note), id);
  }

  later(id: string, nextAt: number, failed: boolean): void {
    this.#db.prepare('update job set next_at = ?, tries = tries + ? where id = ?').run(nextAt, failed ? 1 : 0, id);
  }

  cancelJob(id: string): void {
    this.#db.prepare('update job set cancelled = 1, next_at = 0 where id = ?').run(id);
  }

  finishJob(id: string, result: JobResult, now: number): void {
    this.#db
      .prepare("update job set state = 'done', result = ?, done_at = ? where id = ? and state <> 'done'")
      .run(JSON.stringify(result), now, id);
  }

  acknowledge(id: string): void {
    this.#db.prepare('update job set acknowledged = 1 where id = ?').run(id);
  }

  jobs(state: 'stored' | 'accepted'): StoredJob[] {
    return (this.#db.prepare('select * from job where state = ? order by created_at, rowid').all(state) as JobRow[]).map(read);
  }

  due(now: number): StoredJob[] {
    // Further ahead than any wait: put off by a clock that was ahead.
    const rows = this.#db
      .prepare("select * from job where state = 'accepted' and (next_at <= ? or next_at > ?) order by created_at, rowid")
      .all(now, now + longestWaitMs);
    return (rows as JobRow[]).map(read);
  }

  /** The earliest moment at which a waiting job is due. */
  nextDue(): number | undefined {
    const row = this.#db.prepare("select min(next_at) as at from job where state = 'accepted'").get() as { at: number | null };
    return row.at ?? undefined;
  }

  unacknowledged(limit: number): StoredJob[] {
    const rows = this.#db.prepare("select * from job where state = 'done' and acknowledged = 0 order by done_at, rowid limit ?").all(limit);
    return (rows as JobRow[]).map(read);
  }

  counts(): { jobs: number; results: number; files: number } {
    const { jobs, results } = this.#db
      .prepare(
        "select count(*) filter (where state <> 'done') as jobs, count(*) filter (where state = 'done' and acknowledged = 0) as results from job",
      )
      .get() as { jobs: number; results: number };
    const { files } = this.#db.prepare('select count(*) as files from found where told = 0').get() as { files: number };
    return { jobs, results, files };
  }

  /** Files that jobs need, by content. */
  filePath(sha256: string): string {
    return path.join(this.folder, 'files', sha256);
  }
  hasFile(sha256: string): boolean {
    return existsSync(this.filePath(sha256));
  }
  /** Stores bytes under their hash; false when they are others than announced. */
  keepFile(sha256: string, bytes: Uint8Array): boolean {
    if (hash(bytes) !== sha256) return false;
    if (!this.hasFile(sha256)) writeSynced(this.filePath(sha256), bytes);
    return true;
  }
  readFile(sha256: string): Buffer {
    if (!this.hasFile(sha256)) throw new FileGone(`the file ${sha256.slice(0, 12)}… is gone from ${this.folder}`);
    return readFileSync(this.filePath(sha256));
  }
  fileBytes(): number {
    const row = this.#db
      .prepare(
        "select coalesce(sum(json_extract(f.value, '$.sizeBytes')), 0) as bytes from job, json_each(job.body, '$.files') f where state <> 'done'",
      )
      .get();
    return (row as { bytes: number }).bytes;
  }

  /** A file that appeared in a folder; its bytes are kept until the hub has them. */
  keepFound(found: FoundFile, mark: string, now: number): void {
    this.#db.exec('begin immediate');
    try {
      this.#db
        .prepare('insert into found (id, plugin, source, name, file, sha256, size, at) values (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(found.id, found.plugin, found.from, found.name, found.file, found.sha256, found.sizeBytes, now);
      this.markSeen(found.plugin, found.file, mark);
      this.#db.exec('commit');
    } catch (error) {
      this.#db.exec('rollback');
      throw error;
    }
  }
  markSeen(plugin: string, file: string, mark: string): void {
    this.#db.prepare('insert or replace into seen (plugin, file, mark) values (?, ?, ?)').run(plugin, file, mark);
  }
  wasSeen(plugin: string, file: string, mark: string): boolean {
    const row = this.#db.prepare('select mark from seen where plugin = ? and file = ?').get(plugin, file) as { mark: string } | undefined;
    return row?.mark === mark;
  }
  forgetSeen(plugin: string, file: string): void {
    this.#db.prepare('delete from seen where plugin = ? and file = ?').run(plugin, file);
  }
  /** So many of each plug-in: a folder that nobody has chosen yet holds up no other one. */
  untold(limit: number): FoundFile[] {
    return (
      this.#db
        .prepare(
          'select * from (select *, row_number() over (partition by plugin order by at, rowid) as place from found where told = 0) where place <= ? order by at, place',
        )
        .all(limit) as Record<string, string | number>[]
    ).map((row) => ({
      id: String(row.id),
      plugin: String(row.plugin),
      from: row.source as FoundFile['from'],
      name: String(row.name),
      file: String(row.file),
      sha256: String(row.sha256),
      sizeBytes: Number(row.size),
    }));
  }
  told(id: string): void {
    this.#db.prepare('update found set told = 1 where id = ?').run(id);
  }
  /** What was found is found anew, if it still lies where it lay. */
  findAnew(found: FoundFile): void {
    this.#db.prepare('delete from found where id = ?').run(found.id);
    this.forgetSeen(found.plugin, found.file);
  }

  log(at: string, level: LogLine['level'], message: string): void {
    this.#db.prepare('insert into log (at, level, message) values (?, ?, ?)').run(at, level, cut(message, 500));
  }
  unsentLog(limit: number): LogLine[] {
    return this.#db
      .prepare('select seq, at, level, message from log where told = 0 order by seq limit ?')
      .all(limit) as unknown as LogLine[];
  }
  logSent(upTo: number): void {
    this.#db.prepare('update log set told = 1 where seq <= ?').run(upTo);
  }

  setting(key: string): string | undefined {
    return (this.#db.prepare('select value from setting where key = ?').get(key) as { value: string } | undefined)?.value;
  }
  set(key: string, value: string): void {
    this.#db.prepare('insert or replace into setting (key, value) values (?, ?)').run(key, value);
  }

  /** Drops what is over and old, with the files that nothing needs. */
  tidy(now: number): void {
    this.#db.prepare("delete from job where state = 'done' and acknowledged = 1 and done_at < ?").run(now - keptMs);
    this.#db.prepare('delete from found where told = 1 and at < ?').run(now - keptMs);
    this.#db.prepare('delete from log where seq <= (select max(seq) from log) - ?').run(keptLogLines);
    const rows = this.#db
      .prepare(
        "select distinct json_extract(f.value, '$.sha256') as sha from job, json_each(job.body, '$.files') f where state <> 'done' union select sha256 from found where told = 0",
      )
      .all() as { sha: string }[];
    const needed = new Set(rows.map((row) => row.sha));
    for (const name of readdirSync(path.join(this.folder, 'files'))) {
      const file = this.filePath(name);
      const stat = needed.has(name) ? undefined : statSync(file, { throwIfNoEntry: false });
      // By the disk's own clock, which is what its files carry.
      if (stat && Date.now() - stat.mtimeMs > freshFileMs) rmSync(file, { force: true });
    }
  }
}

function read(row: JobRow): StoredJob {
  return {
    job: JSON.parse(row.body),
    state: row.state,
    note: JSON.parse(row.note),
    result: row.result ? JSON.parse(row.result) : undefined,
    tries: row.tries,
    nextAt: row.next_at,
    cancelled: row.cancelled === 1,
    acknowledged: row.acknowledged === 1,
  };
}

export function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The whole file or none of it, on disk when this returns. */
export function writeSynced(file: string, bytes: Uint8Array, mode = 0o600): void {
  const part = path.join(path.dirname(file), `.${path.basename(file)}.part`);
  writeThrough(part, bytes, mode);
  renameSync(part, file);
  syncFolder(path.dirname(file));
}

/** A new file of these bytes, on disk when this returns. Whatever stands there is taken away and no link is followed: the folder may be a shared one. */
export function writeThrough(file: string, bytes: Uint8Array, mode = 0o600): void {
  rmSync(file, { force: true });
  const fd = openSync(file, 'wx', mode);
  try {
    let at = 0;
    while (at < bytes.length) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A rename is on disk when its folder is. Windows keeps no handles of folders; there the file system's journal does it. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
