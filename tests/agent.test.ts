import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HubRefused, type Opened, openAgent, pairAgent, readKeys, readSettings, writeSettings } from '../src/agent/index.ts';
import {
  askForNewKey,
  assignPlugin,
  confirmAgent,
  decidePrint,
  giveFile,
  giveToken,
  listAgents,
  makeCode,
  makeJob,
  matchFiles,
  noteSeen,
  noticeSilence,
  queuePrints,
  revokeAgent,
  saveRule,
  selfTest,
  sweepAgents,
  workPrint,
} from '../src/agents/index.ts';
import { saveConnection } from '../src/connections/index.ts';
import { newKey, signAssertion } from '../src/contract/agent/index.ts';
import { completeness } from '../src/reconcile/index.ts';
import type { Store } from '../src/store/index.ts';
import { FolderProgram, folderConnector, hubDoor } from '../src/testkit/agent-rig.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { IppPrinter } from '../src/testkit/ipp-printer.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { issueDocuments, listSeries, saveSeries } from '../src/toissue/index.ts';
import { answerLikeness, resendTransfer, workTransfer } from '../src/transfer/index.ts';

/**
 * The agent from end to end, without sockets and with a clock that only moves when told: a code pairs it, a document becomes a file
 * in the inbox, the program's answer becomes number and PDF, a page comes out of the printer — each exactly once, through lost
 * connections, restarts and programs that are switched off.
 */
let store: Store;
let ctx: TestContext;
let door: Awaited<ReturnType<typeof hubDoor>>;
const root = mkdtempSync(path.join(tmpdir(), 'fakturist-agent-'));

beforeAll(async () => {
  store = await freshEmbedded();
  ctx = await testContext(store, { work: false, connectors: [folderConnector] });
  door = await hubDoor(ctx);
});
afterAll(async () => {
  await door.close();
  await ctx.jobs.stop();
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

let serial = 0;
type Rig = {
  organizationId: string;
  connectionId: string;
  agentId: string;
  data: string;
  program: FolderProgram;
  printer: IppPrinter;
  opened: Opened;
  /** One round of everything: hub, agent, program, printer. */
  round(times?: number): Promise<void>;
  restart(): void;
};

const world = (printer: IppPrinter) => ({
  fetch: (async (input, init) =>
    String(input).startsWith('http://printer') ? printer.fetch(input, init) : door.fetch(input, init)) as typeof fetch,
  now: () => ctx.now(),
  random: () => 0.5,
  sleep: async () => {},
  version: '0.1.0',
});

async function rig(): Promise<Rig> {
  const organizationId = await testOrganization(ctx);
  const who = { organizationId, actor: 'test' };
  const folder = path.join(root, String(++serial));
  const program = new FolderProgram(folder);
  const printer = new IppPrinter({ name: 'Biuro', now: () => ctx.now() });
  const data = path.join(folder, 'agent');
  const { code } = (await makeCode(ctx, who, { name: 'Magazyn', autoConfirm: true }))!;
  const paired = await pairAgent(world(printer), data, {
    server: 'http://hub',
    code,
    folders: [{ name: 'subiekt', inbox: program.inbox, outbox: program.outbox, prints: program.outbox, closedAfterSeconds: 60 }],
    printers: [{ name: 'Biuro', uri: 'http://printer/ipp/print' }],
  });
  const saved = await saveConnection(ctx, who, { connector: 'folder-test', name: 'Subiekt', settings: {} });
  if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
  const connectionId = saved.connection.id;
  const series = (await store.org(organizationId, (tx) => listSeries(tx, organizationId))).find((s) => s.kind === 'invoice')!;
  const changed = await saveSeries(ctx, who, {
    id: series.id,
    name: series.name,
    kind: 'invoice',
    pattern: series.pattern,
    reset: series.reset,
    isDefault: true,
    numberOwner: 'provider',
    reporter: 'nobody',
    connectionId,
  });
  if ('findings' in changed) throw new Error(JSON.stringify(changed.findings));
  const made: Rig = {
    organizationId,
    connectionId,
    agentId: paired.agentId,
    data,
    program,
    printer,
    opened: openAgent(world(printer), data, { pollSeconds: 0, lookMs: 1, printersEveryMs: 0 }),
    async round(times = 1) {
      for (let i = 0; i < times; i++) {
        await hubWork(organizationId, connectionId);
        await this.opened.agent.hear(AbortSignal.timeout(5000));
        await this.opened.agent.tell(AbortSignal.timeout(5000));
        await this.opened.agent.work(AbortSignal.timeout(5000));
        this.program.tick();
        this.printer.tick();
        ctx.clock.advance(3000);
        await this.opened.agent.tell(AbortSignal.timeout(5000));
        await hubWork(organizationId, connectionId);
        ctx.clock.advance(12_000);
      }
    },
    restart() {
      this.opened.close();
      this.opened = openAgent(world(this.printer), this.data, { pollSeconds: 0, lookMs: 1, printersEveryMs: 0 });
    },
  };
  await made.opened.agent.tell(AbortSignal.timeout(5000));
  await assignPlugin(ctx, who, connectionId, { agentId: paired.agentId, plugin: 'subiekt' });
  return made;
}

/** What the hub's queues would do. */
async function hubWork(organizationId: string, connectionId: string): Promise<void> {
  await matchFiles(ctx, organizationId, connectionId);
  const transfers = await store.org(organizationId, (tx) =>
    tx
      .selectFrom('transfer')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('status', 'in', ['waiting', 'pending', 'unknown'])
      .execute(),
  );
  for (const { id } of transfers) await workTransfer(ctx, organizationId, id);
  const prints = await store.org(organizationId, (tx) =>
    tx
      .selectFrom('delivery')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('way', '=', 'print')
      .where('status', '=', 'queued')
      .execute(),
  );
  for (const { id } of prints) await workPrint(ctx, { renderPdf: async () => Buffer.from('%PDF-1.7 ours') }, { organizationId, id });
}

async function sell(r: Rig, count = 1): Promise<string[]> {
  const sales = await storeSales(
    ctx,
    r.organizationId,
    Array.from({ length: count }, () => saleOrder({ orderedAt: ctx.now().toISOString() })),
  );
  const ids = sales.map((s) => s.documentId);
  const results = await issueDocuments(ctx, { organizationId: r.organizationId, actor: 'test' }, ids);
  for (const result of results) if (result.outcome === 'refused') throw new Error(JSON.stringify(result.findings));
  return ids;
}

async function documentOf(r: Rig, id: string) {
  return store.org(r.organizationId, (tx) =>
    tx.selectFrom('document').selectAll().where('organization_id', '=', r.organizationId).where('id', '=', id).executeTakeFirstOrThrow(),
  );
}
const transfersOf = (r: Rig) =>
  store.org(r.organizationId, (tx) =>
    tx.selectFrom('transfer').selectAll().where('organization_id', '=', r.organizationId).orderBy('created_at').execute(),
  );
const printsOf = (r: Rig) =>
  store.org(r.organizationId, (tx) =>
    tx
      .selectFrom('delivery')
      .selectAll()
      .where('organization_id', '=', r.organizationId)
      .where('way', '=', 'print')
      .orderBy('created_at')
      .execute(),
  );
const cardsOf = (r: Rig) =>
  store.org(r.organizationId, (tx) =>
    tx.selectFrom('cause_case').selectAll().where('organization_id', '=', r.organizationId).where('closed_at', 'is', null).execute(),
  );

async function printRule(r: Rig, printer: string | null = null) {
  const rule = await saveRule(
    ctx,
    { organizationId: r.organizationId, actor: 'test' },
    {
      name: 'Faktury',
      kinds: ['invoice'],
      connectionId: null,
      printType: 'original',
      agentId: r.agentId,
      printer,
      options: { copies: 1 },
      lastOne: false,
      active: true,
    },
  );
  if (typeof rule === 'string') throw new Error(rule);
  return rule;
}

test('a document goes through the folder and comes back with number, PDF and a printed page', async () => {
  const r = await rig();
  await printRule(r);
  const [id] = await sell(r);
  await r.round(6);
  const document = await documentOf(r, id!);
  expect(document.state).toBe('issued');
  expect(document.number).toBe('FS 1/2026');
  expect(document.pdf_file_id).not.toBeNull();
  expect((await transfersOf(r)).map((t) => t.status)).toEqual(['accepted']);
  expect((await printsOf(r)).map((p) => [p.status, p.recipient])).toEqual([['printed', 'Biuro']]);
  expect(r.printer.out.map((page) => Buffer.from(page.bytes).toString())).toEqual(['%PDF-1.4 FS 1/2026']);
  expect(readdirSync(r.program.outbox).filter((name) => name !== 'taken')).toEqual([]);
  expect(await cardsOf(r)).toEqual([]);
  // The proof of completeness takes a printed page for what it is.
  const sheet = await store.org(r.organizationId, (tx) => completeness(tx, r.organizationId, '2026-11-01', '2026-11-30'));
  expect(sheet.breaks.filter((b) => b.documentId === id)).toEqual([]);
});

test('the program is switched off: one card, documents wait; switched on, all flows on', async () => {
  const r = await rig();
  r.program.open = false;
  const ids = await sell(r, 3);
  // Files carry the disk's own time: what is minutes old there is old.
  await r.round(2);
  for (const name of readdirSync(r.program.inbox)) utimesSync(path.join(r.program.inbox, name), 1, 1);
  const state = await r.opened.agent.currentState();
  expect(state.plugins[0]!.waiting).toBe(3);
  await closedFor(r, 0);
  expect((await cardsOf(r)).map((c) => [c.code, c.connection_id])).toEqual([['erp_closed', r.connectionId]]);
  await r.round(3);
  expect((await transfersOf(r)).map((t) => t.status)).toEqual(['pending', 'pending', 'pending']);
  expect(await cardsOf(r)).toHaveLength(1);
  r.program.open = true;
  await r.round(8);
  for (const id of ids) expect((await documentOf(r, id)).state).toBe('issued');
  expect(r.program.made).toHaveLength(3);
  expect(await cardsOf(r)).toEqual([]);
});

/** Opens the agent anew with another patience for closed programs. */
async function closedFor(r: Rig, seconds: number): Promise<void> {
  const settings = readSettings(r.data)!;
  writeSettings(r.data, { ...settings, folders: settings.folders.map((f) => ({ ...f, closedAfterSeconds: Math.max(1, seconds) })) });
  r.restart();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await r.opened.agent.tell(AbortSignal.timeout(5000));
}

test('a refused document is open for mending; sent again it becomes one document', async () => {
  const r = await rig();
  r.program.refuses = true;
  const [id] = await sell(r);
  await r.round(4);
  expect((await documentOf(r, id!)).state).toBe('refused');
  r.program.refuses = false;
  const [transfer] = await transfersOf(r);
  expect(await resendTransfer(ctx, { organizationId: r.organizationId, actor: 'test' }, transfer!.id)).toBe('sent on its way');
  await r.round(6);
  expect((await documentOf(r, id!)).number).toBe('FS 1/2026');
  expect(r.program.made).toHaveLength(1);
});

test('what only looks like a document is asked about: yes takes it over, no waits on for its own answer', async () => {
  const r = await rig();
  r.program.open = false;
  await sell(r, 2);
  await r.round(3);
  expect((await transfersOf(r)).map((t) => t.status)).toEqual(['pending', 'pending']);
  writeFileSync(path.join(r.program.outbox, 'alike.json'), JSON.stringify({ number: 'FS 9/2026' }));
  await r.round(3);
  const asked = await transfersOf(r);
  expect(asked.map((t) => [t.status, (t.cause as { code?: string }).code])).toEqual([
    ['unknown', 'LIKENESS_FOUND'],
    ['unknown', 'LIKENESS_FOUND'],
  ]);
  const who = { organizationId: r.organizationId, actor: 'test' };
  expect(await answerLikeness(ctx, who, asked[0]!.id, 'FS 9/2026', true)).toBe(true);
  expect(await answerLikeness(ctx, who, asked[1]!.id, 'FS 9/2026', false)).toBe(true);
  await r.round(3);
  const statusOf = async (id: string) => (await transfersOf(r)).find((t) => t.id === id)!.status;
  expect([await statusOf(asked[0]!.id), await statusOf(asked[1]!.id)]).toEqual(['accepted', 'pending']);
  expect((await documentOf(r, asked[0]!.document_id)).number).toBe('FS 9/2026');
  // Nothing was put there a second time, and its own answer still counts.
  expect(readdirSync(r.program.inbox)).toHaveLength(2);
  r.program.open = true;
  await r.round(8);
  expect((await transfersOf(r)).map((t) => t.status)).toEqual(['accepted', 'accepted']);
});

test('no agent is chosen: one card; chosen, all flows on', async () => {
  const r = await rig();
  const who = { organizationId: r.organizationId, actor: 'test' };
  await assignPlugin(ctx, who, r.connectionId, null);
  const [id] = await sell(r);
  await r.round(2);
  expect((await cardsOf(r)).map((c) => c.code)).toEqual(['agent_missing']);
  await assignPlugin(ctx, who, r.connectionId, { agentId: r.agentId, plugin: 'subiekt' });
  await r.round(6);
  expect((await documentOf(r, id!)).state).toBe('issued');
  expect(await cardsOf(r)).toEqual([]);
});

test('pairing: five wrong codes a minute, a used and an old code, a lost answer, small letters, a person confirms', async () => {
  const organizationId = await testOrganization(ctx);
  const who = { organizationId, actor: 'test' };
  const other = await hubDoor(ctx);
  const away = { ...world(new IppPrinter({ name: 'x', now: () => ctx.now() })), fetch: other.fetch };
  const at = (name: string) => path.join(root, `pair-${serial}-${name}`);
  const pairAs = (name: string, code: string, fetch = away.fetch) =>
    pairAgent({ ...away, fetch }, at(name), { server: 'http://hub', code, folders: [], printers: [] });
  const refusal = async (promise: Promise<unknown>) => ((await promise.catch((e) => e)) as HubRefused).code;
  for (let i = 0; i < 5; i++) expect(await refusal(pairAs('wrong', 'AAAA-AAAA'))).toBe('code_wrong');
  const { code } = (await makeCode(ctx, who, { name: 'Biuro', autoConfirm: false }))!;
  expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  expect(await refusal(pairAs('a', code))).toBe('too_many_tries');
  ctx.clock.advance(61_000);
  // The answer is lost: the same machine asks again with the same key and gets the same agent.
  const losing: typeof fetch = async (input, init) => {
    await other.fetch(input, init);
    throw new TypeError('fetch failed');
  };
  await expect(pairAs('a', code, losing)).rejects.toThrow('fetch failed');
  const paired = await pairAs('a', ` ${code.toLowerCase().replace('-', ' ')} `);
  expect(await refusal(pairAs('b', code))).toBe('code_used');
  const agents = () => store.org(organizationId, (tx) => listAgents(tx, ctx, organizationId));
  expect((await agents()).map((a) => [a.name, a.standing, a.fingerprint])).toEqual([['Biuro', 'unconfirmed', paired.fingerprint]]);
  const opened = openAgent(away, at('a'), { pollSeconds: 0 });
  expect(await refusal(opened.agent.hear(AbortSignal.timeout(1000)))).toBe('agent_unconfirmed');
  await confirmAgent(ctx, who, paired.agentId);
  await opened.agent.hear(AbortSignal.timeout(1000));
  expect((await agents())[0]!.standing).toBe('online');
  opened.close();
  const old = (await makeCode(ctx, who, { name: '', autoConfirm: true }))!;
  ctx.clock.advance(15 * 60_000);
  expect(await refusal(pairAs('c', old.code))).toBe('code_expired');
  await other.close();
});

test('an assertion buys one token; a wrong clock is corrected; a new key takes over however its answer is lost; revoked is revoked', async () => {
  const r = await rig();
  const who = { organizationId: r.organizationId, actor: 'test' };
  const keys = readKeys(r.data)!;
  const claims = (iat = ctx.now().getTime() / 1000) => ({
    agentId: r.agentId,
    nonce: randomUUID(),
    iat: Math.floor(iat),
    use: 'token' as const,
  });
  const buy = async (assertion: string) =>
    (await (
      await door.fetch('http://hub/agent/v1/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ assertion }),
      })
    ).json()) as {
      token?: string;
      error?: string;
    };
  const once = signAssertion(claims(), keys.current.privatePem);
  expect((await buy(once)).token).toBeTruthy();
  expect((await buy(once)).error).toBe('assertion_refused');
  expect((await buy(signAssertion(claims(), newKey().privatePem))).error).toBe('assertion_refused');
  // Paired anew between the look at the key and the lock: the old key buys no token of the new one.
  const pairedMeanwhile = {
    ...ctx,
    store: {
      ...store,
      org: async (id: string, work: Parameters<Store['org']>[1]) => {
        await store.org(id, (tx) => tx.updateTable('agent').set({ public_key: newKey().publicKey }).where('id', '=', r.agentId).execute());
        return store.org(id, work);
      },
    },
  } as TestContext;
  expect(await giveToken(pairedMeanwhile, signAssertion(claims(), keys.current.privatePem))).toMatchObject({
    refused: 'assertion_refused',
  });
  await store.org(r.organizationId, (tx) =>
    tx.updateTable('agent').set({ public_key: keys.current.publicKey }).where('id', '=', r.agentId).execute(),
  );
  expect((await buy(signAssertion(claims(ctx.now().getTime() / 1000 - 3600), keys.current.privatePem))).error).toBe('clock_skew');
  // The machine's clock is two hours behind; the agent works all the same.
  r.opened.close();
  const behind = { ...world(r.printer), now: () => new Date(ctx.now().getTime() - 7_200_000) };
  r.opened = openAgent(behind, r.data, { pollSeconds: 0 });
  await r.opened.agent.hear(AbortSignal.timeout(1000));
  expect(Math.round(r.opened.line.offsetMs / 60_000)).toBe(120);
  r.restart();
  // The hub asks for a new key; the answer to it is lost; both keys are at hand, and the new one wins.
  await askForNewKey(ctx, who, r.agentId);
  r.opened.close();
  let lose = true;
  const losing = {
    ...world(r.printer),
    fetch: (async (input, init) => {
      const answer = await door.fetch(input, init);
      if (lose && String(input).endsWith('/rotate')) throw new TypeError('fetch failed');
      return answer;
    }) as typeof fetch,
  };
  r.opened = openAgent(losing, r.data, { pollSeconds: 0 });
  await expect(r.opened.agent.hear(AbortSignal.timeout(1000))).rejects.toThrow('fetch failed');
  expect(readKeys(r.data)!.next).toBeDefined();
  lose = false;
  r.restart();
  await r.opened.agent.hear(AbortSignal.timeout(1000));
  const after = readKeys(r.data)!;
  expect(after.next).toBeUndefined();
  expect(after.current.publicKey).not.toBe(keys.current.publicKey);
  expect((await buy(signAssertion(claims(), keys.current.privatePem))).error).toBe('assertion_refused');
  // Revoked: a token in hand is worth nothing from this moment on.
  await revokeAgent(ctx, who, r.agentId);
  await expect(r.opened.agent.hear(AbortSignal.timeout(1000))).rejects.toMatchObject({ code: 'agent_revoked' });
  expect((await buy(signAssertion(claims(), after.current.privatePem))).error).toBe('agent_revoked');
});

test('a stolen agent sees and touches only its own organization, and of that only its own jobs', async () => {
  const mine = await rig();
  const theirs = await rig();
  const [id] = await sell(theirs);
  await hubWork(theirs.organizationId, theirs.connectionId);
  const [job] = await jobsOf(theirs);
  expect(job!.status).toBe('waiting');
  const heard: string[] = [];
  const thief = await thiefOf(mine);
  // It asks for work as often as it likes.
  const { messages } = await thief('poll', { capacity: 5000, wait: 0 });
  heard.push(...messages.map((m: { type: string }) => m.type));
  expect(heard).toEqual([]);
  // It names the other's job.
  for (const message of [
    { type: 'job.accept', id: job!.id, attempt: 1 },
    { type: 'job.progress', id: job!.id, attempt: 1, step: 'x', cause: null },
    { type: 'job.result', id: job!.id, attempt: 1, result: { outcome: 'done' } },
    { type: 'job.reject', id: job!.id, attempt: 1, cause: { code: 'x' } },
  ])
    expect((await thief('messages', { messages: [message] })).answers).toEqual([{ ok: false, code: 'unknown' }]);
  await thief('messages', { messages: [{ type: 'lease.renew', ids: [job!.id] }] });
  // It has got hold of an address of the other's file, and guesses its own.
  await theirs.opened.agent.hear(AbortSignal.timeout(1000));
  const { url, sha256 } = theirs.opened.store.jobs('stored')[0]!.job.files[0]!;
  expect((await thief('file', url)).status).toBe(404);
  expect((await thief('file', `/agent/v1/files/${sha256}?t=`)).status).toBe(404);
  // It claims a find for the other's folder: the name is looked up among its own.
  const find = {
    type: 'file.found',
    id: randomUUID(),
    plugin: 'subiekt',
    from: 'outbox',
    name: `fk-${id}.result.json`,
    sha256,
    sizeBytes: 3,
  };
  const [answer] = (await thief('messages', { messages: [find] })).answers;
  expect(answer).toMatchObject({ ok: true, have: false });
  expect((await store.org(theirs.organizationId, (tx) => tx.selectFrom('agent_found').selectAll().execute())).length).toBe(0);
  await theirs.round(6);
  expect((await documentOf(theirs, id!)).number).toBe('FS 1/2026');
  // Another agent of the same organization does not get at it either.
  const who = { organizationId: theirs.organizationId, actor: 'test' };
  const { code } = (await makeCode(ctx, who, { name: 'Drugi', autoConfirm: true }))!;
  const second = { ...theirs, data: path.join(root, `second-${serial}`) };
  const paired = await pairAgent(world(theirs.printer), second.data, { server: 'http://hub', code, folders: [], printers: [] });
  const sibling = await thiefOf({ ...second, agentId: paired.agentId });
  expect((await sibling('file', url)).status).toBe(404);
  expect((await sibling('poll', { capacity: 5000, wait: 0 })).messages).toEqual([]);
});

const jobsOf = (r: Rig) =>
  store.org(r.organizationId, (tx) =>
    tx.selectFrom('agent_job').selectAll().where('organization_id', '=', r.organizationId).orderBy('created_at').orderBy('id').execute(),
  );

/** Whoever holds an agent's key and speaks to the hub as he likes. */
async function thiefOf(r: Pick<Rig, 'data' | 'agentId'>) {
  const { current } = readKeys(r.data)!;
  const claims = { agentId: r.agentId, nonce: randomUUID(), iat: Math.floor(ctx.now().getTime() / 1000), use: 'token' as const };
  const json = { 'content-type': 'application/json' };
  const bought = await door.fetch('http://hub/agent/v1/token', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ assertion: signAssertion(claims, current.privatePem) }),
  });
  const { token } = (await bought.json()) as { token: string };
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into.
  return async (what: string, body: unknown): Promise<any> => {
    const authorization = `Bearer ${token}`;
    if (what === 'file') return door.fetch(`http://hub${body}`, { headers: { authorization } });
    return (
      await door.fetch(`http://hub/agent/v1/${what}`, { method: 'POST', headers: { ...json, authorization }, body: JSON.stringify(body) })
    ).json();
  };
}

/** A document of the shop's own number, and its print by hand: the job is with the agent and not begun. */
async function printByHand(r: Rig, documentId: string): Promise<string> {
  const who = { organizationId: r.organizationId, actor: 'Anna' };
  const [id] = await store.org(r.organizationId, (tx) =>
    queuePrints(tx, ctx, who, [documentId], { choice: { agentId: r.agentId, printer: null, printType: 'original' } }),
  );
  await hubWork(r.organizationId, r.connectionId);
  await r.opened.agent.hear(AbortSignal.timeout(5000));
  await r.opened.agent.tell(AbortSignal.timeout(5000));
  return id!;
}

test('paper out, printer gone: causes and cards while it lasts, one page when it is over', async () => {
  const r = await rig();
  await printRule(r);
  r.printer.paper = false;
  await sell(r);
  await r.round(5);
  expect((await printsOf(r)).map((p) => [p.status, (p.cause as { code: string }).code])).toEqual([['sending', 'print_no_paper']]);
  expect((await cardsOf(r)).map((c) => [c.code, c.connection_id])).toEqual([['print_no_paper', r.agentId]]);
  r.printer.gone = true;
  await r.round(3);
  expect((await cardsOf(r)).map((c) => c.code)).toEqual(['print_printer_gone']);
  r.restart();
  r.printer.gone = false;
  r.printer.paper = true;
  await r.round(5);
  expect((await printsOf(r)).map((p) => p.status)).toEqual(['printed']);
  expect(r.printer.out).toHaveLength(1);
  expect(await cardsOf(r)).toEqual([]);
});

test('what nobody can tell is for a person: the printer forgot the page; again is a page of its own', async () => {
  const r = await rig();
  const [documentId] = await sell(r);
  await r.round(4);
  const id = await printByHand(r, documentId!);
  r.printer.lose = [undefined, undefined, 'after'];
  await r.opened.agent.work(AbortSignal.timeout(5000));
  r.restart();
  r.printer.tick();
  r.printer.forget();
  await r.round(3);
  const who = { organizationId: r.organizationId, actor: 'Anna' };
  const [print] = await printsOf(r);
  expect([print!.status, (print!.cause as { code: string }).code, r.printer.out.length]).toEqual(['unknown', 'print_unknown', 1]);
  expect(await decidePrint(ctx, who, id, 'arrived')).toBe('done');
  expect(await decidePrint(ctx, who, id, 'again')).toBe('done');
  await r.round(3);
  expect((await printsOf(r)).map((p) => [p.status, p.key.split(':').at(-1)])).toEqual([
    ['printed', '0'],
    ['printed', '1'],
  ]);
  expect(r.printer.out).toHaveLength(2);
});

test('too late and called off: nothing comes out, and it is said', async () => {
  const r = await rig();
  await printRule(r);
  const who = { organizationId: r.organizationId, actor: 'Anna' };
  await sell(r);
  await r.round(2);
  // The agent is away for three hours with the page in its store.
  r.printer.gone = true;
  await r.round(1);
  ctx.clock.advance(3 * 3_600_000);
  r.printer.gone = false;
  await r.round(3);
  expect((await printsOf(r)).map((p) => [p.status, (p.cause as { code: string }).code])).toEqual([['refused', 'print_expired']]);
  expect(r.printer.out).toHaveLength(0);
  // Called off while it waits for paper: the printer is asked to drop it.
  r.printer.paper = false;
  const [print] = await printsOf(r);
  await decidePrint(ctx, who, print!.id, 'again');
  await r.round(3);
  const [, second] = await printsOf(r);
  expect(second!.status).toBe('sending');
  await decidePrint(ctx, who, second!.id, 'cancel');
  await r.round(3);
  r.printer.paper = true;
  await r.round(2);
  expect((await printsOf(r)).map((p) => p.status)).toEqual(['refused', 'cancelled']);
  expect(r.printer.out).toHaveLength(0);
  // A printer that is not there any more.
  await decidePrint(ctx, who, print!.id, 'again');
  await store.org(r.organizationId, (tx) =>
    tx
      .updateTable('delivery')
      .set({ settings: sql`jsonb_set(settings, '{printer}', '"Stara ipp://x/y"')` })
      .where('way', '=', 'print')
      .where('status', '=', 'queued')
      .execute(),
  );
  await r.round(3);
  expect((await printsOf(r)).at(-1)!.cause as { code: string; params: { similar: string } }).toMatchObject({
    code: 'print_no_printer',
    params: { similar: 'Biuro' },
  });
});

test('a check that no agent took in time is told as that, and not as a print', async () => {
  const r = await rig();
  await selfTest(ctx, { organizationId: r.organizationId, actor: 'Anna' }, r.agentId, 'subiekt');
  ctx.clock.advance(11 * 60_000);
  await sweepAgents(ctx);
  const { cause } = await store.org(r.organizationId, (tx) =>
    tx
      .selectFrom('agent_job')
      .select('cause')
      .where('organization_id', '=', r.organizationId)
      .where('kind', '=', 'agent.selftest')
      .executeTakeFirstOrThrow(),
  );
  expect(cause).toMatchObject({ code: 'agent_no_answer' });
});

test('silence is one card, and one end of it', async () => {
  const r = await rig();
  await r.opened.agent.hear(AbortSignal.timeout(1000));
  await sell(r);
  await hubWork(r.organizationId, r.connectionId);
  ctx.clock.advance(3 * 60_000);
  await noticeSilence(ctx);
  await noticeSilence(ctx);
  expect((await cardsOf(r)).map((c) => [c.code, c.connection_id])).toEqual([['agent_offline', r.agentId]]);
  const [agent] = await store.org(r.organizationId, (tx) => listAgents(tx, ctx, r.organizationId));
  expect(agent!.standing).toBe('offline');
  await r.opened.agent.sayBye('shutdown');
  await r.round(5);
  expect(await cardsOf(r)).toEqual([]);
  expect(r.program.made).toHaveLength(1);
});

test('a poll that came in before the agent told a newer state leaves it standing', async () => {
  const { organizationId, agentId } = await rig();
  const row = () =>
    store.org(organizationId, (tx) => tx.selectFrom('agent').selectAll().where('id', '=', agentId).executeTakeFirstOrThrow());
  const agent = await row();
  await store.org(organizationId, (tx) =>
    sql`update agent set state = jsonb_set(state, '{agentVersion}', '"9.9.9"') where organization_id = ${organizationId}`.execute(tx),
  );
  await noteSeen(ctx, { organizationId, agentId, agent }, { jobs: 1, results: 2, files: 3 });
  expect((await row()).state).toMatchObject({ agentVersion: '9.9.9', queue: { jobs: 1, results: 2, files: 3 } });
});

test('a file whose bytes are gone is looked at once, told in the log, and keeps none behind it waiting', async () => {
  const r = await rig();
  const { organizationId, connectionId } = r;
  await store.org(organizationId, (tx) =>
    sql`insert into agent_found (organization_id, id, connection_id, name, source, file_id, status, at)
      select ${organizationId}, gen_random_uuid(), ${connectionId}, 'gone.txt', 'outbox', gen_random_uuid(), 'new', now()`.execute(tx),
  );
  await matchFiles(ctx, organizationId, connectionId);
  const { rows } = await store.org(organizationId, (tx) => sql<{ status: string }>`select status from agent_found`.execute(tx));
  expect(rows).toEqual([{ status: 'unmatched' }]);
});

test('no more than fifty unfinished jobs of a connection leave the hub', async () => {
  const r = await rig();
  await store.org(r.organizationId, async (tx) => {
    const sha256 = await giveFile(tx, ctx, r.organizationId, r.agentId, { name: 'x', mediaType: 'text/plain', bytes: Buffer.from('x') });
    for (let i = 0; i < 54; i++) {
      const payload = { plugin: 'subiekt', fileName: `${i}.json`, sha256 };
      await makeJob(tx, ctx, r.organizationId, {
        agentId: r.agentId,
        connectionId: r.connectionId,
        kind: 'erp.export.file',
        key: `k${i}`,
        lane: `k${i}`,
        payload,
      });
    }
  });
  await r.opened.agent.hear(AbortSignal.timeout(5000));
  await r.opened.agent.hear(AbortSignal.timeout(5000));
  expect(r.opened.store.counts().jobs).toBe(50);
});

test('an agent that lost its store before it said a word gets the same jobs again when their lease is over; each is done once', async () => {
  const r = await rig();
  await sell(r, 3);
  await hubWork(r.organizationId, r.connectionId);
  await r.opened.agent.hear(AbortSignal.timeout(5000));
  r.opened.close();
  rmSync(path.join(r.data, 'agent.sqlite'));
  r.opened = openAgent(world(r.printer), r.data, { pollSeconds: 0, lookMs: 1 });
  ctx.clock.advance(121_000);
  await r.round(4);
  expect((await transfersOf(r)).map((t) => t.status)).toEqual(['accepted', 'accepted', 'accepted']);
  expect(r.program.made).toHaveLength(3);
});

test('an agent that lost its store after it had accepted looks first: what stands in the folder is not put there again', async () => {
  const r = await rig();
  r.program.open = false;
  await sell(r, 2);
  await r.round(2);
  expect(readdirSync(r.program.inbox)).toHaveLength(2);
  r.opened.close();
  rmSync(path.join(r.data, 'agent.sqlite'));
  // One was taken already, its answer has not come out yet: nobody can tell, so a person looks; the other still stands there.
  await store.org(r.organizationId, (tx) => tx.updateTable('agent_job').set({ status: 'accepted', lease_until: ctx.now() }).execute());
  const [gone] = readdirSync(r.program.inbox);
  rmSync(path.join(r.program.inbox, gone!));
  r.opened = openAgent(world(r.printer), r.data, { pollSeconds: 0, lookMs: 1 });
  await r.round(2);
  expect(
    (await jobsOf(r))
      .filter((j) => j.kind === 'erp.export.file')
      .map((j) => j.status)
      .sort(),
  ).toEqual(['done', 'unknown']);
  expect(readdirSync(r.program.inbox)).toHaveLength(1);
  r.program.open = true;
  await r.round(5);
  expect(r.program.made).toHaveLength(1);
});

test('an updated program is checked before anything new goes out; what does not pass waits for a person', async () => {
  const r = await rig();
  const version = path.join(r.data, 'program-version.txt');
  writeFileSync(version, '1.76');
  const settings = readSettings(r.data)!;
  writeSettings(r.data, { ...settings, folders: settings.folders.map((f) => ({ ...f, versionFile: version })) });
  r.restart();
  await r.round(1);
  writeFileSync(version, '1.77');
  ctx.clock.advance(3_600_000);
  await r.round(1);
  const plugin = async () =>
    (await store.org(r.organizationId, (tx) => listAgents(tx, ctx, r.organizationId)))[0]!.plugins.find((p) => p.name === 'subiekt')!;
  expect(await plugin()).toMatchObject({ state: 'ok', programVersion: '1.77' });
  // The next update takes the right to the folder of prints away.
  writeSettings(r.data, {
    ...readSettings(r.data)!,
    folders: readSettings(r.data)!.folders.map((f) => ({ ...f, prints: path.join(r.data, 'gone') })),
  });
  mkdirSync(path.join(r.data, 'gone'));
  r.restart();
  await r.round(1);
  rmSync(path.join(r.data, 'gone'), { recursive: true });
  writeFileSync(version, '1.78');
  ctx.clock.advance(3_600_000);
  await r.opened.agent.tell(AbortSignal.timeout(5000));
  mkdirSync(path.join(r.data, 'gone'));
  await r.opened.agent.tell(AbortSignal.timeout(5000));
  expect(await plugin()).toMatchObject({ state: 'attention' });
  expect((await cardsOf(r)).map((c) => c.code)).toContain('erp_updated');
  const [id] = await sell(r);
  await r.round(3);
  expect(r.program.made).toHaveLength(0);
  await selfTest(ctx, { organizationId: r.organizationId, actor: 'test' }, r.agentId, 'subiekt');
  await r.round(8);
  expect((await documentOf(r, id!)).state).toBe('issued');
  expect(await cardsOf(r)).toEqual([]);
});
