import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWalleySimulator, type WalleySimulator } from '../connectors/walley/simulator.ts';
import { listReceivables, openReceivable, workAction } from '../src/administer/index.ts';
import { makeOutput, parse } from '../src/cli/command.ts';
import { perform } from '../src/cli/commands/administer.ts';
import { table } from '../src/cli/table.ts';
import { readConfig } from '../src/config.ts';
import { saveConnection } from '../src/connections/index.ts';
import { civilDay } from '../src/domain/days/day.ts';
import { caseFile, completeness } from '../src/reconcile/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import type { Loose } from '../src/testkit/loose.ts';
import { storeSales } from '../src/testkit/sale.ts';
import { fiveGoods, swedishSale, swedishSeller } from '../src/testkit/swedish.ts';
import { Browser, password, type Served, serve, shop } from './api-server.ts';

/**
 * The promise: an order of five rows, tried as a new user would, by the API and by the command line: two rows ship, the rest is replaced with
 * a changed price, the active part's due date is extended, it is resent to another address, the remainder is cancelled, one article is credited,
 * and the ledger adds up at every step.
 */
let serial = 0;
const fiveRows = () => {
  serial++;
  return swedishSale(fiveGoods, {
    externalId: `LH-${serial}`,
    number: `LH-${serial}`,
    orderedAt: new Date().toISOString(),
    delivery: { tracking: [] },
  });
};

describe('claims by API and command line', () => {
  let store: Store;
  let served: Served;
  let sim: WalleySimulator;
  let person: Browser;
  let organizationId: string;
  let connectionId: string;
  const ctx = () => served.running.opened.ctx;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    store = await freshEmbedded();
    sim = await startWalleySimulator({ now: () => new Date() });
    served = await serve(store);
    person = new Browser(served.url);
    const { name: company, taxIds: _, ...address } = swedishSeller;
    const seller = { company, ...address };
    const organization = { name: 'Älvdalens Lanthandel', country: 'SE', taxId: '5599999991', defaultVatRate: '25', seller };
    const made = await person.post('/setup', { ...shop, organization });
    await person.signIn(shop.email, password);
    person.organization = made.body.organizationId;
    organizationId = made.body.organizationId;
    const saved = await saveConnection(ctx(), who(), {
      connector: 'walley',
      name: 'Walley',
      baseUrl: sim.url,
      settings: {
        soapService: 'PaymentServiceV10',
        prefer: 'soap',
        username: sim.credentials.username,
        storeSeConsumer: '1234',
        clientIp: '192.0.2.10',
      },
      secrets: { password: sim.credentials.password },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    connectionId = saved.connection.id;
  });
  afterAll(async () => {
    await served.stop();
    await sim.close();
    await store.close();
  });

  async function settled(id: string): Promise<Loose> {
    for (let n = 0; n < 100; n++) {
      const { body } = await person.get(`/receivables/${id}`);
      if (!body.busy) return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('never settled');
  }

  test('by API', async () => {
    const [sale] = await storeSales(ctx(), organizationId, [fiveRows()]);
    const open = { connectionId, orderId: sale!.orderId, buyerNumber: '900101-9802' };
    const dry = await person.post('/receivables', { ...open, dryRun: true });
    expect([dry.status, dry.body.foresight.amount.gross]).toEqual([200, '2443.70']);
    const refused = await person.post('/receivables', { ...open, buyerNumber: '9001019803' });
    expect([refused.status, refused.body.findings[0].code]).toEqual([422, 'H_BUYER_NUMBER_WRONG']);
    const { receivableId: id } = (await person.post('/receivables', open)).body;
    let claim = await settled(id);
    const act = async (action: object) => {
      const asked = await person.post(`/receivables/${id}/actions`, { action });
      expect(asked.status, asked.text).toBe(200);
      claim = await settled(id);
      expect(claim.actions[0].status).toBe('accepted');
      const s = Object.fromEntries(Object.entries(claim.sums as Record<string, string>).map(([k, v]) => [k, Math.round(Number(v) * 100)]));
      expect(s.ordered! + s.adjusted!).toBe(s.pending! + s.active! + s.credited! + s.lapsed!);
      expect(claim.mismatches).toEqual([]);
    };
    await act({
      verb: 'activate',
      part: 1,
      picks: [
        { row: 0, quantity: 2 },
        { row: 2, quantity: 1 },
      ],
    });
    const rows = claim.parts[1].rows.map(({ credited: _, ...row }: Loose) =>
      row.articleId === 'LAMPA' ? { ...row, unitPrice: '999.00' } : row,
    );
    await act({ verb: 'replace', part: 2, rows });
    await act({ verb: 'extend', part: 1 });
    await act({ verb: 'send', part: 1, by: 'email', email: 'ny.adress@example.se' });
    await act({ verb: 'cancel', part: 3 });
    const plan = await person.post(`/receivables/${id}/return-plan`, { articles: [{ articleId: 'MUGG', quantity: 1 }] });
    expect(plan.body.credits).toEqual([{ part: 1, picks: [{ row: 0, quantity: 1 }] }]);
    await act({ verb: 'credit', ...plan.body.credits[0] });
    expect(claim.sums).toEqual({
      ordered: '2143.70',
      pending: '0.00',
      active: '398.00',
      credited: '149.00',
      adjusted: '0.00',
      lapsed: '1596.70',
    });
    const pdf = await person.get(`/receivables/${id}/parts/1/pdf`);
    expect([pdf.status, pdf.text.slice(0, 5)]).toEqual([200, '%PDF-']);
    const stopped = await person.post(`/receivables/${id}/actions`, { action: { verb: 'extend', part: 1 } });
    expect([stopped.status, stopped.body.findings[0].code]).toEqual([422, 'H_ALREADY_EXTENDED']);
    expect((await person.get('/deadlines')).body.items.map((d: Loose) => d.kind)).toEqual(['due']);
    expect(JSON.stringify((await person.get(`/receivables/${id}`)).body)).not.toContain('9802');
    // Case file and completeness know about it.
    const { documentId } = claim;
    const file = await ctx().store.org(organizationId, (tx) => caseFile(tx, ctx(), organizationId, documentId, 'en'));
    expect(file!.transfers.map((t) => t.verb)).toEqual(['add', 'activate', 'replace', 'extend', 'send', 'cancel', 'credit']);
    expect(JSON.stringify(file)).not.toMatch(/9001019802|PdfInvoice\?pnr/);
  });

  test('by command line', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-claims-'));
    try {
      const [sale] = await storeSales(ctx(), organizationId, [fiveRows()]);
      const asked = await openReceivable(ctx(), who(), { connectionId, orderId: sale!.orderId, buyerNumber: '9001019802' }, false);
      if (asked.outcome !== 'asked') throw new Error(JSON.stringify(asked));
      await workAction(ctx(), organizationId, asked.actionId);
      await settled(asked.receivableId);
      const number = `LH-${serial}`;
      const administer = async (...args: string[]): Promise<{ code: number; json: Loose }> => {
        let written = '';
        const { positionals, values } = parse(table.administer!, [...args, '--json']);
        const out = makeOutput(true, { write: (text: string) => (written += text) } as never);
        const run = {
          positionals,
          values,
          config: readConfig({ FAKTURIST_DATA: folder }),
          out,
          open: () => Promise.reject(),
          folder,
          input: async () => '',
        };
        const code = await perform({ run, opened: { ctx: ctx() }, who: who(), subject: positionals[1] }, positionals[0] as 'show');
        return { code, json: JSON.parse(written) };
      };
      const fine = async (...args: string[]) => {
        const { code, json } = await administer(...args);
        expect([args[0], code, json.outcome]).toEqual([args[0], 0, 'accepted']);
        return json.receivable;
      };
      const dry = await administer('activate', number, '--article', 'MUGG=2', '--dry-run');
      expect([dry.code, dry.json.foresight.amount.gross, dry.json.foresight.rest.gross]).toEqual([0, '298.00', '2145.70']);
      const shipped = await fine('activate', number, '--article', 'MUGG=2', '--article', 'KOK=1');
      const rows = path.join(folder, 'rows.json');
      const rest = shipped.parts[1].rows.map(({ credited: _, ...row }: Loose) => ({
        ...row,
        unitPrice: row.articleId === 'LAMPA' ? '999.00' : row.unitPrice,
      }));
      writeFileSync(rows, JSON.stringify(rest));
      await fine('replace', number, '--rows', rows);
      await fine('extend', number);
      await fine('send', number, '--email', 'ny.adress@example.se');
      await fine('cancel', number);
      const last = await fine('credit', number, '--article', 'MUGG=1');
      expect(last.sums).toEqual({
        ordered: '2143.70',
        pending: '0.00',
        active: '398.00',
        credited: '149.00',
        adjusted: '0.00',
        lapsed: '1596.70',
      });
      expect((await administer('extend', number)).json.findings[0].code).toBe('H_ALREADY_EXTENDED');
      expect((await administer('list')).json.items.length).toBeGreaterThan(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('what stopped stands on the completeness sheet', async () => {
    const [sale] = await storeSales(ctx(), organizationId, [fiveRows()]);
    const asked = await openReceivable(ctx(), who(), { connectionId, orderId: sale!.orderId, buyerNumber: '9001049833' }, false);
    if (asked.outcome !== 'asked') throw new Error(JSON.stringify(asked));
    await workAction(ctx(), organizationId, asked.actionId);
    await settled(asked.receivableId);
    // The seller's day: in the evening it is another one in Greenwich.
    const day = civilDay(new Date().toISOString(), 'Europe/Stockholm');
    const sheet = await ctx().store.org(organizationId, (tx) => completeness(tx, organizationId, day, day));
    expect(sheet.breaks).toContainEqual(expect.objectContaining({ step: 'financing', code: 'CLAIM_STOPPED', orderNumber: `LH-${serial}` }));
    // Claims that went well are no break of the proof, and no matter for a person.
    const stopped = sheet.breaks.filter((b) => b.step === 'financing').map((b) => b.code);
    expect(stopped).toEqual(['CLAIM_STOPPED']);
    const { items } = await ctx().store.org(organizationId, (tx) => listReceivables(tx, organizationId, { attention: true, limit: 50 }));
    expect(items.map((r) => [r.needsPerson, r.differs])).toEqual([[true, false]]);
  });
});
