import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AwaitedDocument, FolderAnswer, FolderDocument } from '../../src/contract/folder.ts';
import { contextOf } from '../../src/contract/suite.ts';
import type { ErpOptions, ErpSimulator } from '../../src/testkit/erp.ts';
import { polishMonth } from '../../src/testkit/polish.ts';
import { ManualClock } from '../../src/testkit/simulator.ts';
import { connector } from './connector.ts';
import { startErpSimulator } from './simulator.ts';

/** The promise: between our files and the program behind the folders every document arrives once, and every answer finds its document. */
const at = new Date('2026-10-01T06:15:02Z');
const month = polishMonth();
const folder = connector.open(contextOf({ baseUrl: '', secrets: {}, now: () => at, close: async () => {} })).folder!;
const awaited: AwaitedDocument[] = month.map(({ reference, kind, number, content }) => ({
  reference,
  kind,
  number,
  gross: (content.correction?.difference ?? content.totals).gross,
  currency: content.currency,
}));

const running: ErpSimulator[] = [];
afterEach(async () => {
  for (const sim of running.splice(0)) await sim.close();
});

async function started(options: ErpOptions = {}): Promise<ErpSimulator> {
  const sim = await startErpSimulator({ now: () => at, ...options });
  running.push(sim);
  return sim;
}

function put(sim: ErpSimulator, document: FolderDocument): void {
  const file = folder.inbox(document, at);
  writeFileSync(join(sim.inbox, file.name), file.bytes);
}

/** What the agent would carry back. */
function outbox(sim: ErpSimulator): { answers: FolderAnswer[]; prints: string[] } {
  const names = readdirSync(sim.outbox).filter((name) => !name.startsWith('.'));
  const answers = names.flatMap((name) => folder.outbox({ name, bytes: readFileSync(join(sim.outbox, name)) }, awaited));
  return { answers, prints: names.flatMap((name) => folder.pdfOf(name, awaited) ?? []) };
}

describe('the program behind the folders', () => {
  it('takes each document of a month, answers with number and print, and leaves the inbox empty', async () => {
    const sim = await started();
    for (const document of month) put(sim, document);
    sim.step();
    const { answers, prints } = outbox(sim);
    expect(answers.map((a) => a.outcome.outcome)).toEqual(month.map(() => 'accepted'));
    expect(new Set(answers.map((a) => a.reference))).toEqual(new Set(month.map((d) => d.reference)));
    expect(new Set(prints)).toEqual(new Set(month.map((d) => d.reference)));
    expect(readdirSync(sim.inbox).sort()).toEqual(['bad', 'done']);
  });

  it('gives its own numbers where we gave none', async () => {
    const sim = await started();
    put(sim, { ...month[1]!, number: undefined });
    sim.step();
    const waitingFor = [{ ...awaited[1]!, number: undefined }];
    const [name] = readdirSync(sim.outbox).filter((n) => n.endsWith('.epp'));
    const [answer] = folder.outbox({ name: name!, bytes: readFileSync(join(sim.outbox, name!)) }, waitingFor);
    expect(answer!.outcome).toMatchObject({ outcome: 'accepted', made: { number: 'FS 1/MAG/2026' } });
  });

  it('makes a second document of a file that comes twice, as the real one does', async () => {
    const sim = await started();
    put(sim, month[0]!);
    sim.step();
    put(sim, month[0]!);
    sim.step();
    expect(sim.documents().map((d) => d.reference)).toEqual([month[0]!.reference, month[0]!.reference]);
  });

  it.each([
    ['an unknown form of payment', { payments: ['gotówka'] }, 'erp.payment_unmapped'],
    ['a closed period', { closedUntil: '2026-09-30' }, 'erp.period_closed'],
  ])('refuses %s in words that are a cause, and holds nothing', async (_, options, code) => {
    const sim = await started(options);
    put(sim, month[0]!);
    sim.step();
    const [answer] = outbox(sim).answers;
    expect(answer).toMatchObject({ reference: month[0]!.reference, outcome: { outcome: 'rejected', cause: { code } } });
    expect(sim.documents()).toEqual([]);
  });

  it('refuses a file that is cut off or none of its own', async () => {
    const sim = await started();
    const { name, bytes } = folder.inbox(month[0]!, at);
    writeFileSync(join(sim.inbox, name), bytes.subarray(0, 900));
    writeFileSync(join(sim.inbox, 'other.epp'), 'hello');
    sim.step();
    expect(outbox(sim).answers).toMatchObject([
      { reference: month[0]!.reference, outcome: { outcome: 'rejected', cause: { code: 'erp.refused' } } },
    ]);
    expect(readdirSync(join(sim.inbox, 'bad'))).toHaveLength(2);
  });

  it('is slow, loses answers, breaks exports and prints early: none of it makes a twin or a wrong answer', async () => {
    const clock = new ManualClock(at);
    const sim = await started({ now: () => clock.now() });
    for (const fault of [{ mode: 'slow', delayMs: 60_000 }, { mode: 'lost' }, { mode: 'damaged' }, { mode: 'print-first' }] as const)
      sim.inject(fault);
    for (const document of month.slice(0, 4)) put(sim, document);
    sim.step();
    const told = () => new Map(outbox(sim).answers.map((a) => [a.reference, a.outcome.outcome]));
    expect(told().has(month[0]!.reference)).toBe(false);
    expect(told().has(month[1]!.reference)).toBe(false);
    expect(told().get(month[2]!.reference)).toBe('unknown');
    expect(told().get(month[3]!.reference)).toBe('accepted');
    clock.advance(60_000);
    sim.step();
    expect(told().get(month[0]!.reference)).toBe('accepted');
    // A person exports what was lost once more.
    await fetch(`${sim.url}/__sim/export`, { method: 'POST', body: JSON.stringify({ reference: month[1]!.reference }) });
    expect(told().get(month[1]!.reference)).toBe('accepted');
    expect(sim.documents()).toHaveLength(4);
  });

  it('takes nothing while switched off or updated and unchecked, and says so; then everything flows on', async () => {
    const sim = await started();
    const state = () => JSON.parse(readFileSync(join(sim.outbox, 'program.json'), 'utf8')) as { state: string; version: string };
    await fetch(`${sim.url}/__sim/power`, { method: 'POST', body: '{"on":false}' });
    put(sim, month[0]!);
    expect(sim.step()).toBe(0);
    expect(readdirSync(sim.inbox)).toContain(folder.inbox(month[0]!, at).name);
    await fetch(`${sim.url}/__sim/power`, { method: 'POST', body: '{"on":true}' });
    await fetch(`${sim.url}/__sim/update`, { method: 'POST', body: '{"version":"1.81"}' });
    expect(sim.step()).toBe(0);
    expect(state()).toMatchObject({ state: 'attention', version: '1.81' });
    await fetch(`${sim.url}/__sim/checked`, { method: 'POST' });
    sim.step();
    expect(state().state).toBe('ready');
    expect(outbox(sim).answers).toHaveLength(1);
    expect(await (await fetch(`${sim.url}/__sim/state`)).json()).toMatchObject({ program: 'Subiekt GT', documents: 1, waiting: 0 });
  });

  it('answers with results where a bridge feeds it', async () => {
    const sim = await started({ answers: 'result' });
    put(sim, month[0]!);
    sim.step();
    expect(outbox(sim).answers).toMatchObject([{ outcome: { outcome: 'accepted', made: { providerId: 'FS FV/101/09/2026' } } }]);
    const { inbox } = sim;
    await running.pop()!.close();
    expect(existsSync(inbox)).toBe(false);
  });
});
