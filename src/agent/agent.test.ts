import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentMessage, HubMessage, Job, MessageAnswer } from '../contract/agent/index.ts';
import { Agent } from './agent.ts';
import { FolderPlugin } from './folder.ts';
import { pairAgent } from './index.ts';
import { HubAway, HubRefused, type Line } from './line.ts';
import { foldersProblem, readSettings } from './settings.ts';
import { AgentStore, hash } from './store.ts';

/**
 * Whatever one file, one job or one folder stumbles over, the others go on, nothing is told that did not happen, and whoever may write
 * into a shared folder gets nothing of the agent's own rights.
 */
let root: string;
let store: AgentStore;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'fakturist-agent-'));
  store = new AgentStore(path.join(root, 'agent'));
});
afterEach(() => {
  store.close();
  rmSync(root, { recursive: true, force: true });
});

const bytes = Buffer.from('[INFO] a document');
let serial = 0;
function offer(plugin: string, more: Partial<Job> = {}): Job {
  serial++;
  const sha256 = hash(bytes);
  return {
    id: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`,
    key: `doc:${serial}:issue:0`,
    kind: 'erp.export.file',
    payload: { plugin, fileName: `fk-${serial}.epp`, sha256 },
    files: [{ sha256, name: `fk-${serial}.epp`, sizeBytes: bytes.length, url: `/agent/v1/files/${serial}` }],
    attempt: 1,
    accepted: false,
    expiresAt: null,
    ...more,
  };
}

/** A hub that answers as the test says, and what was told to it. */
function hub(answers: { offers?: Job[]; download?: (url: string) => Uint8Array; hear?: (message: AgentMessage) => MessageAnswer }) {
  const told: AgentMessage[] = [];
  const line = {
    poll: async (): Promise<HubMessage[]> => (answers.offers ?? []).map((job) => ({ type: 'job.offer', job })),
    tell: async (messages: AgentMessage[]): Promise<MessageAnswer[]> => {
      told.push(...messages);
      return messages.map((message) => answers.hear?.(message) ?? { ok: true });
    },
    download: async (url: string) => answers.download?.(url) ?? bytes,
    upload: async () => {},
    hubNow: () => new Date(),
  };
  return { line: line as unknown as Line, told };
}

function folders(...names: string[]): FolderPlugin[] {
  return names.map((name) => {
    const [inbox, outbox] = [path.join(root, name, 'in'), path.join(root, name, 'out')];
    for (const folder of [inbox, outbox]) mkdirSync(folder, { recursive: true });
    return new FolderPlugin({ name, inbox, outbox }, { store, now: () => new Date(), machine: 'BIURO' });
  });
}

const agentOf = (line: Line, plugins: FolderPlugin[]) =>
  new Agent({
    store,
    line,
    plugins,
    now: () => new Date(),
    sleep: async () => {},
    random: () => 0.5,
    version: '0.1.0',
    machine: { os: 'x', arch: 'x', hostname: 'BIURO', timezone: 'UTC' },
  });
const signal = new AbortController().signal;
/** A file counts when it was seen twice without a change. */
const look = async (plugin: FolderPlugin) => {
  await plugin.scan();
  await plugin.scan();
};

test('a job whose file does not come holds up none of those offered with it', async () => {
  const offers = [offer('erp'), offer('erp'), offer('erp')];
  const plugins = folders('erp');
  for (const error of [new HubRefused('not_found', 404), new HubAway('terminated')]) {
    const { line } = hub({
      offers,
      download: (url) => {
        if (url === offers[0]!.files[0]!.url) throw error;
        return bytes;
      },
    });
    rmSync(store.filePath(hash(bytes)), { force: true });
    await expect(agentOf(line, plugins).hear(signal)).rejects.toThrow(error.message);
    expect(store.job(offers[0]!.id)).toBeUndefined();
    expect(offers.slice(1).map((job) => store.job(job.id)?.state)).toEqual(['stored', 'stored']);
  }
  // The hub that is away is not asked a hundred times for its files.
  let asked = 0;
  const { line } = hub({
    offers: Array.from({ length: 20 }, () => offer('erp')),
    download: () => {
      asked++;
      throw new HubAway('ECONNREFUSED');
    },
  });
  rmSync(store.filePath(hash(bytes)), { force: true });
  await expect(agentOf(line, plugins).hear(signal)).rejects.toThrow('ECONNREFUSED');
  expect(asked).toBe(2);
});

test('answers in a folder that nobody has chosen hold up those of no other folder', async () => {
  const plugins = folders('first', 'second');
  for (let i = 0; i < 51; i++) writeFileSync(path.join(root, 'first', 'out', `a${i}.xml`), `${i}`);
  await look(plugins[0]!);
  writeFileSync(path.join(root, 'second', 'out', 'answer.xml'), 'answer');
  await look(plugins[1]!);
  const { line, told } = hub({
    hear: (message) =>
      message.type === 'file.found' && message.plugin === 'first' ? { ok: false, code: 'again' } : { ok: true, have: true },
  });
  await agentOf(line, plugins).tell(signal);
  const found = told.filter((message) => message.type === 'file.found');
  expect(found.filter((message) => message.plugin === 'second')).toHaveLength(1);
  expect(found.filter((message) => message.plugin === 'first')).toHaveLength(1);
  expect(readdirSync(path.join(root, 'second', 'out'))).toEqual(['taken']);
});

test('an answer that cannot be put aside, is refused, or whose bytes are gone, holds up none behind it', async () => {
  const [plugin] = folders('erp');
  const out = path.join(root, 'erp', 'out');
  for (const name of ['1.xml', '2.xml', '3.xml', '4.xml']) writeFileSync(path.join(out, name), name);
  await look(plugin!);
  const put = plugin!.taken.bind(plugin);
  plugin!.taken = (found) => {
    if (found.name === '1.xml') throw Object.assign(new Error('EBUSY: resource busy or locked'), { code: 'EBUSY' });
    put(found);
  };
  rmSync(store.filePath(hash(Buffer.from('3.xml'))));
  const had = new Set<string>();
  const { line, told } = hub({
    hear: (message) => {
      if (message.type !== 'file.found') return { ok: true };
      if (message.name === '2.xml') throw new HubRefused('bad_request', 400);
      if (had.has(message.sha256)) return { ok: true, have: true };
      had.add(message.sha256);
      return { ok: true, have: false, url: '/agent/v1/files/x' };
    },
  });
  const agent = agentOf(line, [plugin!]);
  await agent.tell(signal);
  expect(readdirSync(path.join(out, 'taken'))).toEqual(['4.xml']);
  expect(store.untold(50).map((found) => found.name)).toEqual(['2.xml']);
  // What was lost from the store is found anew where it lies.
  await look(plugin!);
  await agent.tell(signal);
  expect(readdirSync(path.join(out, 'taken'))).toEqual(['3.xml', '4.xml']);
  const words = told.flatMap((message) => (message.type === 'log.batch' ? message.entries.map((entry) => entry.message) : []));
  expect(words.filter((message) => message.startsWith('1.xml in erp: EBUSY'))).toHaveLength(1);
  expect(words.filter((message) => message.startsWith('2.xml in erp:'))).toHaveLength(1);
});

test('an answer that comes twice under one name is kept twice', async () => {
  const [plugin] = folders('erp');
  const out = path.join(root, 'erp', 'out');
  const { line } = hub({ hear: () => ({ ok: true, have: true }) });
  const agent = agentOf(line, [plugin!]);
  for (const said of ['refused', 'made at last']) {
    writeFileSync(path.join(out, 'answer.xml'), said);
    await look(plugin!);
    await agent.tell(signal);
  }
  const kept = readdirSync(path.join(out, 'taken'));
  expect(kept.map((name) => readFileSync(path.join(out, 'taken', name), 'utf8')).sort()).toEqual(['made at last', 'refused']);
});

test('a link in a shared folder is neither written through nor read through', async () => {
  const [plugin] = folders('erp');
  const [inbox, out] = [path.join(root, 'erp', 'in'), path.join(root, 'erp', 'out')];
  const own = path.join(root, 'own.txt');
  writeFileSync(own, 'of the agent’s user');
  const job = offer('erp');
  for (const name of ['.fakturist-check.part', `.${job.payload.fileName}.part`]) symlinkSync(own, path.join(inbox, name));
  symlinkSync(own, path.join(out, 'answer.xml'));
  store.keepFile(hash(bytes), bytes);
  store.keepJob(job, 0);
  store.acceptJob(job.id);
  const check = offer('erp', { kind: 'agent.selftest', payload: { plugin: 'erp' }, files: [] });
  store.keepJob(check, 0);
  store.acceptJob(check.id);
  const { line, told } = hub({});
  const agent = agentOf(line, [plugin!]);
  await agent.work(signal);
  await look(plugin!);
  await agent.tell(signal);
  expect(readFileSync(own, 'utf8')).toBe('of the agent’s user');
  expect(readFileSync(path.join(inbox, String(job.payload.fileName)))).toEqual(bytes);
  expect(told.filter((message) => message.type === 'file.found')).toEqual([]);
});

test('a document whose bytes are gone from this machine ends, and says of which file', async () => {
  const [plugin] = folders('erp');
  const job = offer('erp');
  store.keepJob(job, 0);
  store.acceptJob(job.id);
  await agentOf(hub({}).line, [plugin!]).work(signal);
  expect(store.job(job.id)?.result).toEqual({
    outcome: 'failed',
    class: 'data',
    cause: { code: 'agent_file_refused', params: { file: job.payload.fileName } },
  });
});

test('a result or a line of the log that the hub cannot read holds up no other', async () => {
  const jobs = [offer('erp'), offer('erp'), offer('erp')];
  for (const [i, job] of jobs.entries()) {
    store.keepJob(job, 0);
    store.acceptJob(job.id);
    store.finishJob(job.id, { outcome: 'done', facts: { file: i === 1 ? 'odd' : 'plain' } }, i);
  }
  const heard: AgentMessage[] = [];
  const { line } = hub({});
  line.tell = async (messages: AgentMessage[]) => {
    if (JSON.stringify(messages).includes('odd')) throw new HubRefused('bad_request', 400);
    heard.push(...messages);
    return messages.map(() => ({ ok: true }));
  };
  const agent = agentOf(line, folders('erp'));
  agent.log('warn', 'an odd line');
  await agent.tell(signal);
  const results = heard.flatMap((message) => (message.type === 'job.result' ? [[message.id, message.result]] : []));
  expect(results).toEqual([
    [jobs[0]!.id, { outcome: 'done', facts: { file: 'plain' } }],
    [jobs[1]!.id, { outcome: 'done' }],
    [jobs[2]!.id, { outcome: 'done', facts: { file: 'plain' } }],
  ]);
  expect(store.unacknowledged(10)).toEqual([]);
  expect(store.unsentLog(10)).toEqual([]);
});

test('what is told of a folder names the machine', async () => {
  const [plugin] = folders('erp');
  rmSync(path.join(root, 'erp', 'in'), { recursive: true });
  const check = offer('erp', { kind: 'agent.selftest', payload: { plugin: 'erp' }, files: [] });
  store.keepJob(check, 0);
  store.acceptJob(check.id);
  await agentOf(hub({}).line, [plugin!]).work(signal);
  expect(store.job(check.id)?.result).toMatchObject({ cause: { code: 'folder_unwritable', params: { machine: 'BIURO' } } });
});

test('files that nobody needs any more are cleared from the disk, answers of programs too', async () => {
  const [plugin] = folders('erp');
  for (const name of ['told.xml', 'untold.xml']) writeFileSync(path.join(root, 'erp', 'out', name), name);
  await look(plugin!);
  for (const found of store.untold(50)) if (found.name === 'told.xml') store.told(found.id);
  const fresh = Buffer.from('just downloaded');
  store.keepFile(hash(fresh), fresh);
  for (const name of ['told.xml', 'untold.xml']) utimesSync(store.filePath(hash(Buffer.from(name))), 1, 1);
  store.tidy(Date.now());
  expect(['told.xml', 'untold.xml'].map((name) => store.hasFile(hash(Buffer.from(name))))).toEqual([false, true]);
  expect(store.hasFile(hash(fresh))).toBe(true);
});

test('folders that would take each other’s files are refused before they do', () => {
  const one = { name: 'subiekt', inbox: '/fk/in', outbox: '/fk/out' };
  expect(foldersProblem([one])).toBeUndefined();
  expect(foldersProblem([one, { name: 'optima', inbox: '/o/in', outbox: '/o/out' }])).toBeUndefined();
  expect(foldersProblem([{ ...one, outbox: '/fk/x/../in' }])).toContain('named twice');
  expect(foldersProblem([one, { name: 'optima', inbox: '/o/in', outbox: '/fk/out' }])).toContain('named twice');
  expect(foldersProblem([one, { name: 'subiekt', inbox: '/o/in', outbox: '/o/out' }])).toContain('two folders');
});

test('settings written by hand: a mark at their beginning is read over, a slip is named with its file', () => {
  const data = path.join(root, 'agent');
  const file = path.join(data, 'agent.json');
  const settings = { server: 'https://hub.example', agentId: '01900000-0000-7000-8000-000000000000', organization: 'Sklep' };
  writeFileSync(file, `\ufeff${JSON.stringify(settings)}`);
  expect(readSettings(data)).toMatchObject(settings);
  writeFileSync(file, '{"server": ');
  expect(() => readSettings(data)).toThrow(`${file} cannot be read`);
});

test('a pairing that was cut off goes on with the same code and the same key', async () => {
  const data = path.join(root, 'new');
  const keys: string[] = [];
  const world = {
    now: () => new Date(),
    random: () => 0.5,
    sleep: async () => {},
    version: '0.1.0',
    fetch: (async (_input, init) => {
      keys.push((JSON.parse(String(init?.body)) as { publicKey: string }).publicKey);
      const answer = { agentId: '01900000-0000-7000-8000-000000000000', organization: 'Sklep', fingerprint: 'x', confirmed: true };
      return Response.json({ ...answer, serverTime: new Date().toISOString() });
    }) as typeof fetch,
  };
  const pair = () => pairAgent(world, data, { server: 'http://hub', code: 'K7QF-92MX', folders: [], printers: [] });
  mkdirSync(path.join(data, 'agent.json'), { recursive: true });
  await expect(pair()).rejects.toThrow();
  rmSync(path.join(data, 'agent.json'), { recursive: true });
  await pair();
  expect(keys[1]).toBe(keys[0]);
  expect(existsSync(path.join(data, 'agent.pairing'))).toBe(false);
});
