import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regimeOf } from '../domain/regimes/index.ts';
import { polishSeller, type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import {
  editDocument,
  getDocument,
  issueDocuments,
  listSeries,
  prepaymentFor,
  saveSeries,
  splitDocument,
  startIssueRun,
  sweepRates,
  workIssueRun,
} from './index.ts';

const service = regimeOf('PL').rateService!;
const answer = (currency: string, day: string, mid: string) =>
  `{"table":"A","currency":"euro","code":"${currency}","rates":[{"no":"225/A/NBP/2026","effectiveDate":"${day}","mid":${mid}}]}`;

describe('the published table of a day', () => {
  test('is read digit by digit, and only when it answers the question', () => {
    expect(service.path('EUR', '2026-11-18')).toBe('/api/exchangerates/rates/a/eur/2026-11-18/?format=json');
    const read = (text: string) => service.read(text, 'EUR', '2026-11-18');
    expect(read(answer('EUR', '2026-11-18', '4.25120'))).toEqual({ rate: '4.25120', table: '225/A/NBP/2026', date: '2026-11-18' });
    for (const wrong of [
      answer('USD', '2026-11-18', '4.1'),
      answer('EUR', '2026-11-17', '4.1'),
      answer('EUR', '2026-11-18', '0.00'),
      answer('EUR', '2026-11-18', '-4.1'),
      answer('EUR', '2026-11-18', '1e9'),
      answer('EUR', '2026-11-18', '"4,1"'),
      '<html>',
      '[]',
    ])
      expect(read(wrong)).toBeUndefined();
  });

  const samples = new URL('../../../shared/contracts/poland/samples/', import.meta.url);
  test.skipIf(!existsSync(samples))('the samples of the contract', () => {
    const text = readFileSync(new URL('nbp.table-a.response.json', samples), 'utf8');
    const sample = JSON.parse(text) as { code: string; rates: { no: string; effectiveDate: string }[] };
    const [{ no, effectiveDate }] = sample.rates as [{ no: string; effectiveDate: string }];
    expect(service.read(text, sample.code, effectiveDate)).toMatchObject({ table: no, date: effectiveDate });
    const { vectors } = JSON.parse(readFileSync(new URL('nbp.vectors.json', samples), 'utf8')) as {
      vectors: { reference: string; expected_effective: string }[];
    };
    for (const { reference, expected_effective } of vectors)
      expect(regimeOf('PL').exchangeRateDay({ issueDate: reference, taxPoint: reference }).day).toBe(expected_effective);
  });
});

onBothDatabases('exchange rates', (store) => {
  let ctx: TestContext;
  let server: Server;
  let url = '';
  let asked: string[] = [];
  let tables: Record<string, string> = {};
  let broken = false;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
    server = createServer((request, response) => {
      asked.push(request.url!);
      const [, currency, day] = /rates\/a\/([a-z]{3})\/([\d-]+)\/\?format=json$/.exec(request.url!)!;
      const mid = tables[`${currency} ${day}`];
      response.writeHead(broken ? 500 : mid ? 200 : 404, { 'content-type': 'application/json' });
      response.end(mid ? answer(currency!.toUpperCase(), day!, mid) : '404 NotFound - Not Found - Brak danych');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  const euro = (currency: string, paidAt = '2026-11-19T10:05:00Z') =>
    saleOrder({ currency, paidAt, payments: [{ method: 'online', status: 'paid', amount: '112.99', at: paidAt }] });
  const setUp = async (orders: ReturnType<typeof saleOrder>[], exchangeUrl?: string) => {
    asked = [];
    broken = false;
    const organizationId = await testOrganization(ctx, { ...polishSeller, policies: { ...polishSeller.policies, exchangeUrl } });
    const sales = await storeSales(ctx, organizationId, orders);
    return { organizationId, who: { organizationId, actor: 'test' }, ids: sales.map((s) => s.documentId) };
  };
  const read = (organizationId: string, id: string) =>
    ctx.store.org(organizationId, async (tx) => (await getDocument(tx, organizationId, id, '2026-11-20'))!);

  test('rate, table and day come by themselves when the document is issued, and are asked for once', async () => {
    tables = { 'eur 2026-11-18': '4.2512' };
    const { organizationId, who, ids } = await setUp([euro('EUR'), euro('EUR')], url);
    expect((await read(organizationId, ids[0]!)).findings).toMatchObject([{ code: 'H_EXCHANGE_MISSING' }]);
    expect(await issueDocuments(ctx, who, [ids[0]!])).toMatchObject([{ outcome: 'issued' }]);
    const { content } = await read(organizationId, ids[0]!);
    // Paid on Thursday the 19th: the table of Wednesday counts (art. 31a).
    expect(content.exchange).toEqual({
      rate: '4.2512',
      accountingCurrency: 'PLN',
      source: 'NBP',
      table: '225/A/NBP/2026',
      date: '2026-11-18',
    });
    expect(content.totals.byRate).toMatchObject([{ tax: '21.13', taxAccounting: '89.83' }]);
    expect(await issueDocuments(ctx, who, [ids[1]!])).toMatchObject([{ outcome: 'issued' }]);
    expect(asked).toHaveLength(1);
    // Known now: a later document has it from the start.
    const [next] = await storeSales(ctx, organizationId, [euro('EUR')]);
    expect((await read(organizationId, next!.documentId)).content.exchange?.rate).toBe('4.2512');
  });

  test('a day without a table takes the one before, ten days at most; a broken service leaves the hold', async () => {
    tables = { 'usd 2026-11-16': '3.9001' };
    const { organizationId, who, ids } = await setUp([euro('USD'), euro('CHF'), euro('GBP')], url);
    expect(await issueDocuments(ctx, who, [ids[0]!])).toMatchObject([{ outcome: 'issued' }]);
    expect((await read(organizationId, ids[0]!)).content.exchange).toMatchObject({ rate: '3.9001', date: '2026-11-16' });
    asked = [];
    expect(await issueDocuments(ctx, who, [ids[1]!])).toMatchObject([{ findings: [{ code: 'H_EXCHANGE_MISSING' }] }]);
    expect(asked).toHaveLength(11);
    broken = true;
    asked = [];
    expect(await issueDocuments(ctx, who, [ids[2]!])).toMatchObject([{ findings: [{ code: 'H_EXCHANGE_MISSING' }] }]);
    expect(asked).toHaveLength(1);
  });

  test('without the setting nobody is asked, and a rate of a person stays', async () => {
    tables = { 'sek 2026-11-18': '0.3912' };
    const { who, ids } = await setUp([euro('SEK')]);
    expect(await issueDocuments(ctx, who, ids)).toMatchObject([{ findings: [{ code: 'H_EXCHANGE_MISSING' }] }]);
    expect(asked).toEqual([]);
    const own = { rate: '0.4', accountingCurrency: 'PLN', source: 'ECB', date: '2026-11-18' };
    expect(await editDocument(ctx, who, ids[0]!, { set: { exchange: own } })).toMatchObject({ findings: [], content: { exchange: own } });
    expect(await editDocument(ctx, who, ids[0]!, { set: { notes: ['x'] } })).toMatchObject({ content: { exchange: own } });
    expect(await issueDocuments(ctx, who, ids)).toMatchObject([{ outcome: 'issued' }]);
  });

  test('another day of sale asks for another rate; the sweep and a run fetch what is missing', async () => {
    tables = { 'czk 2026-11-18': '0.1801', 'czk 2026-11-16': '0.1755' };
    const { organizationId, who, ids } = await setUp([euro('CZK'), euro('CZK')], url);
    await sweepRates(ctx);
    expect((await read(organizationId, ids[0]!)).content.exchange?.rate).toBe('0.1801');
    expect((await read(organizationId, ids[0]!)).held).toBe(false);
    const moved = await editDocument(ctx, who, ids[0]!, { set: { saleDate: '2026-11-17' } });
    expect(moved).toMatchObject({ findings: [{ code: 'H_EXCHANGE_MISSING' }] });
    expect(moved).not.toHaveProperty('content.exchange');
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await workIssueRun(ctx, organizationId, runId);
    expect((await read(organizationId, ids[0]!)).content.exchange).toMatchObject({ rate: '0.1755', date: '2026-11-16' });
    expect((await read(organizationId, ids[1]!)).content.exchange).toMatchObject({ rate: '0.1801' });
    const { rows } = await ctx.store.system((tx) => sql`select 1 from exchange_rate where currency = 'CZK'`.execute(tx));
    expect(rows).toHaveLength(2);
  });

  test('a sale that waited for its rate alone is issued by itself, where its series says so', async () => {
    tables = { 'nok 2026-11-18': '0.3901' };
    const { organizationId, who } = await setUp([], url);
    const all = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
    const { id, name, kind, pattern, reset } = all.find((s) => s.kind === 'invoice')!;
    await saveSeries(ctx, who, { id, name, kind, pattern, reset, autoIssue: true });
    const [first, sale] = await storeSales(ctx, organizationId, [euro('NOK'), euro('NOK')]);
    // The rate is known since the first one, which a person issued: nobody fetches it again for the other.
    expect(await issueDocuments(ctx, who, [first!.documentId])).toMatchObject([{ outcome: 'issued' }]);
    await sweepRates(ctx);
    const { rows: runs } = await ctx.store.org(organizationId, (tx) => sql<{ ids: string[] }>`select ids from issue_run`.execute(tx));
    expect(runs).toEqual([{ ids: [sale!.documentId] }]);
  });

  test('what a person has made or touched waits for that person, whatever its series does with the rest', async () => {
    tables = { 'dkk 2026-11-18': '0.5701' };
    const { organizationId, who } = await setUp([], url);
    const all = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
    for (const { id, name, kind, pattern, reset } of all) await saveSeries(ctx, who, { id, name, kind, pattern, reset, autoIssue: true });
    const sales = await storeSales(ctx, organizationId, [euro('DKK'), euro('DKK'), euro('DKK'), euro('DKK')]);
    const [untouched, edited, split, advance] = sales.map((s) => s.documentId);
    expect(await editDocument(ctx, who, edited!, { set: { notes: ['Not yet'] } })).toMatchObject({ outcome: 'saved' });
    expect(await splitDocument(ctx, who, split!, [{ lineId: '1', quantity: '1' }])).toMatchObject({ outcome: 'created' });
    expect(await prepaymentFor(ctx, who, advance!, '50.00', '2026-11-19')).toMatchObject({ outcome: 'created' });
    await sweepRates(ctx);
    const { rows: waiting } = await ctx.store.org(organizationId, (tx) =>
      sql<{ n: bigint }>`select count(*) as n from document where held`.execute(tx),
    );
    expect(waiting[0]!.n).toBe(0n);
    const { rows: runs } = await ctx.store.org(organizationId, (tx) => sql<{ ids: string[] }>`select ids from issue_run`.execute(tx));
    expect(runs.flatMap((run) => run.ids).sort()).toEqual([untouched!, advance!].sort());
  });

  test('a currency without a table, a content nobody can read and a broken organization keep no other from its rate', async () => {
    tables = { 'thb 2026-11-18': '0.1101' };
    const { organizationId, ids } = await setUp([euro('AED'), euro('THB'), euro('THB')], url);
    await ctx.store.system((tx) => sql`update document set content = '{"currency":"THB"}' where id = ${ids[2]!}`.execute(tx));
    const broken = await setUp([euro('THB')], url);
    await ctx.store.system((tx) =>
      sql`update organization set policies = policies || '{"termsDays":"soon"}' where id = ${broken.organizationId}`.execute(tx),
    );
    await sweepRates(ctx);
    expect((await read(organizationId, ids[1]!)).held).toBe(false);
  });
});
