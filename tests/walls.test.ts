import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../src/api/permissions.ts';
import type { AnyRoute } from '../src/api/route.ts';
import { routes } from '../src/api/routes/index.ts';
import { setOperator } from '../src/billing/index.ts';
import { buyerLink } from '../src/desk/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { access } from './access.ts';
import { type Answer, Browser, invited, owner, program, type Served, serve } from './api-server.ts';
import { archiveEntries } from './archive-entries.ts';
import { asked, callOf, day, inAddress, key, notWalked, operators } from './calls.ts';
import { furnish, handMade, type Things } from './furnish.ts';

/**
 * The promise: whoever belongs to one organization sees nothing of another and changes nothing there, by any route, with ids of any kind in
 * the address, in the query or in the body; and every role and every scope may exactly what the table in `access.ts` says.
 *
 * Two organizations have one of everything. Each route is called three times: with the other's ids in the address (it is as if they did not
 * exist), with own ids in the address and the other's in what is sent (nothing is told, changed, or kept), and with own ids only, which must
 * find them: otherwise the first two proved nothing.
 */

/** Where an id of another may stay, with the reason. */
const keeps: Record<string, string> = {
  'POST /documents/issue issue_run (toIssue)': 'a run keeps what it was asked for; each id that is none of ours is refused by it',
};

/** What an answer shows, archives opened. */
async function shown(answer: Answer): Promise<string> {
  if (!Buffer.isBuffer(answer.body) || answer.body.subarray(0, 2).toString('latin1') !== 'PK') return answer.text;
  const entries = await archiveEntries(answer.body);
  return entries.map(({ name, bytes }) => `${name}\n${bytes.toString('utf8')}`).join('\n');
}

describe('walls', () => {
  let store: Store;
  let served: Served;
  let olga: Browser;
  let stranger: Browser;
  let operator: Browser;
  const marks = { ours: 'KanarekOurs', theirs: 'KanarekTheirs', operators: 'KanarekOperators' };
  const ids = { ours: '', theirs: '', operators: '' };
  let ours: Things;
  let theirs: Things;
  let operated: Things;
  let keyOfStranger: ReturnType<typeof program>;

  beforeAll(async () => {
    store = await freshEmbedded();
    served = await serve(store, { idle: true });
    const { ctx } = served.running.opened;
    olga = await owner(served.url);
    ids.ours = olga.organization!;
    const organization = async (name: string) => {
      const made = await olga.post('/organizations', {
        name,
        country: 'PL',
        taxId: '9991002009',
        defaultVatRate: '23',
        seller: shopSeller,
      });
      expect(made.status, made.text).toBe(201);
      const there = new Browser(served.url, made.body.organizationId);
      for (const [name, value] of olga.cookies) there.cookies.set(name, value);
      return there;
    };
    const shopSeller = { street: 'ul. Prosta 1', postalCode: '00-001', city: 'Warszawa' };
    const second = await organization(marks.theirs);
    operator = await organization(marks.operators);
    ids.theirs = second.organization!;
    ids.operators = operator.organization!;
    await olga.send('PATCH', '/organization', { name: marks.ours });
    await setOperator(ctx, 'test', ids.operators);
    // Somebody who belongs to the second organization only.
    stranger = await invited(second, 'stranger@other.example', 'owner');
    const userOf = async (browser: Browser) => (await browser.get('/me')).body.user.id as string;
    const petra = await invited(olga, 'petra@shop.example', 'bookkeeper');
    const piotr = await invited(second, 'piotr@other.example', 'bookkeeper');
    const by = { operatorId: ids.operators };
    const sold = await furnish(ctx, ids.operators, marks.operators, { ...by, userId: await userOf(olga) });
    operated = { plan: sold.plan!, planToo: sold.planToo! };
    ours = {
      ...(await furnish(ctx, ids.ours, marks.ours, { ...by, userId: await userOf(petra), boughtBy: sold.issuedOrder })),
      organization: ids.ours,
      bought: sold.issued!,
    };
    theirs = {
      ...(await furnish(ctx, ids.theirs, marks.theirs, { ...by, userId: await userOf(piotr), boughtBy: sold.issuedOrderToo })),
      organization: ids.theirs,
      bought: sold.issuedToo!,
    };
    // A saved view is the person's own: both have one of theirs.
    const strangerId = await userOf(stranger);
    await store.db.updateTable('saved_view').set({ user_id: strangerId }).where('id', '=', theirs.view!).execute();
    for (const [things, organizationId] of [
      [ours, ids.ours],
      [theirs, ids.theirs],
    ] as const)
      things.buyerToken = new URL(buyerLink(ctx, { organizationId, documentId: things.issued! })).pathname.split('/').pop()!;
    keyOfStranger = program(
      served.url,
      (await stranger.post('/api-keys', { name: 'all', scopes: ['read', 'write', 'issue', 'admin'] })).body.key,
    );
  }, 120_000);
  afterAll(async () => {
    await served?.stop();
    await store?.close();
  });

  let tables: string[];
  /** Every row of the others: of the first organization, and of the operator about it; plans are for all. */
  async function rowsOfOthers(): Promise<Record<string, string>> {
    tables ??= (
      await sql<{
        name: string;
      }>`select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`.execute(store.db)
    ).rows.map((row) => row.name);
    const one = (
      name: string,
    ) => sql`select ${sql.lit(name)} as name, md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as sum
      from ${sql.table(name)} t where organization_id = ${ids.ours} or (organization_id = ${ids.operators} and (t::text like ${`%${ids.ours}%`} or ${name === 'plan'}))`;
    const { rows } = await sql<{ name: string; sum: string }>`${sql.join(tables.map(one), sql` union all `)}`.execute(store.db);
    return Object.fromEntries(rows.map((row) => [row.name, row.sum]));
  }
  let before: Record<string, string>;
  async function nothingChanged(what: string): Promise<void> {
    before ??= await rowsOfOthers();
    const now = await rowsOfOthers();
    const changed = Object.keys(now).filter((name) => now[name] !== before[name]);
    before = now;
    expect(changed, `${what} changed rows of another organization`).toEqual([]);
  }
  const operatorsThings = new Set(['bought', 'plan', 'planToo']);
  async function nothingLeaked(what: string, answer: Answer, asked: string): Promise<void> {
    const text = await shown(answer);
    expect(text, `${what} told of another organization`).not.toContain(marks.ours);
    for (const [name, id] of Object.entries(ours))
      if (!asked.includes(id) && !operatorsThings.has(name))
        expect(text.includes(id), `${what} told the id of another's ${name}`).toBe(false);
  }

  /** What an answer says; of a failure, what the log says. */
  const why = (answer: Answer) =>
    answer.status >= 500
      ? JSON.stringify(served.logs.filter((line) => line.level === 'error').at(-1)?.fields).slice(0, 600)
      : answer.text.slice(0, 300);

  const walked = routes.filter((spec) => !(key(spec) in notWalked));

  test('both have one of everything, and every table has rows of both', async () => {
    await rowsOfOthers();
    const empty: string[] = [];
    for (const name of tables)
      for (const organizationId of [ids.ours, ids.theirs]) {
        const about = (
          await sql<{ n: bigint }>`select count(*) as n from ${sql.table(name)} t where t::text like ${`%${organizationId}%`}`.execute(
            store.db,
          )
        ).rows[0]!.n;
        if (about === 0n) empty.push(name);
      }
    // Plans are the operator's, for all.
    expect([...new Set(empty)]).toEqual(['plan']);
  });

  test('with the other’s ids in the address: as if they did not exist', async () => {
    const wrong: string[] = [];
    await nothingChanged('furnishing');
    for (const spec of walked) {
      const { address, body, namesInAddress } = callOf(spec, { address: ours, sent: theirs });
      if (!namesInAddress || spec.needs === 'public') continue;
      const asked = `${address} ${JSON.stringify(body)}`;
      const answer = await stranger.send(spec.method, address, body);
      if (![403, 404].includes(answer.status)) wrong.push(`${key(spec)} ${answer.status} ${answer.text.slice(0, 160)}`);
      await nothingLeaked(key(spec), answer, asked);
      if (spec.method !== 'GET') await nothingChanged(key(spec));
      // Naming the other organization does not help, whoever asks.
      const named = { 'x-organization': ids.ours };
      for (const refused of [
        await stranger.send(spec.method, address, body, named),
        await keyOfStranger(spec.method, address, body, named),
      ])
        if (refused.status !== 403) wrong.push(`${key(spec)} with the organization named: ${refused.status}`);
    }
    await nothingChanged('naming the organization');
    expect(wrong).toEqual([]);
  }, 120_000);

  test('lists and sheets show the own things only', async () => {
    for (const spec of walked.filter((one) => one.method === 'GET' && !one.url.includes(':'))) {
      const { address } = callOf(spec, { address: theirs, sent: theirs });
      for (const url of [address.split('?')[0]!, address]) await nothingLeaked(key(spec), await stranger.get(url), '');
    }
  }, 60_000);

  test('with own ids in the address and the other’s in what is sent: nothing is told, changed, or kept', async () => {
    const wrong: string[] = [];
    const tries = walked.map((spec) => ({ spec, ...callOf(spec, { address: theirs, sent: ours }) })).filter((one) => one.namesInSent);
    const more = (method: string, url: string, address: string, body: unknown) => {
      const spec = walked.find((one) => one.method === method && one.url === url)!;
      tries.push({ spec, address, body, namesInAddress: true, namesInSent: true });
    };
    // Ids that the description calls texts.
    const { correction: _, ...content } = handMade();
    for (const planted of [
      {
        correction: {
          correctsId: ours.issued,
          number: '1',
          issueDate: day,
          before: { lines: content.lines, totals: content.totals, buyer: content.buyer },
          reason: 'x',
          reasonCode: 'other',
          difference: content.totals,
        },
      },
      { prepayments: [{ documentId: ours.issued, number: '1', issueDate: day, gross: '1.00', byRate: [] }] },
      { proforma: { documentId: ours.issued, number: '1' } },
      { message: { templateId: ours.template } },
    ])
      more('POST', '/documents', '/documents', { content: { ...content, ...planted } });
    for (const set of [
      { 'message.templateId': ours.template },
      { 'correction.correctsId': ours.issued },
      { 'proforma.documentId': ours.issued },
      { 'order.externalId': ours.order },
    ])
      more('PATCH', '/documents/:id', `/documents/${theirs.toIssue}`, { set });
    more('PATCH', '/organization', '/organization', { look: { logoFileId: ours.upload } });
    for (const { spec, address, body } of tries) {
      const asked = `${address} ${body instanceof FormData ? String(body.get('options')) : JSON.stringify(body)}`;
      const answer = await stranger.send(spec.method, address, body);
      if (answer.status >= 500) wrong.push(`${key(spec)} ${answer.status} ${why(answer)}`);
      await nothingLeaked(key(spec), answer, asked);
      await nothingChanged(key(spec));
      for (const where of await keptOf(asked))
        if (!(`${key(spec)} ${where}` in keeps))
          wrong.push(`${key(spec)} ${answer.status} kept the other's id in ${where}: ${asked.slice(-300)}`);
    }
    expect(wrong).toEqual([]);
    expect(tries.length).toBeGreaterThan(40);
  }, 120_000);

  /** Tables of which more rows of the second organization than before name a thing of the first that was asked for. */
  async function keptOf(asked: string): Promise<string[]> {
    const found: string[] = [];
    for (const [name, id] of Object.entries(ours)) {
      if (!asked.includes(id) || name === 'bought' || name === 'organization') continue;
      const one = (table: string) =>
        sql`select ${sql.lit(table)} as name, count(*)::int as n from ${sql.table(table)} t where organization_id = ${ids.theirs} and t::text like ${`%${id}%`}`;
      const { rows } = await sql<{ name: string; n: number }>`${sql.join(tables.map(one), sql` union all `)}`.execute(store.db);
      for (const row of rows) {
        if (row.n > (kept.get(`${row.name} ${id}`) ?? 0)) found.push(`${row.name} (${name})`);
        kept.set(`${row.name} ${id}`, row.n);
      }
    }
    return found;
  }
  const kept = new Map<string, number>();

  test('a buyer’s link opens its own document only', async () => {
    const { ctx } = served.running.opened;
    const mixed = new URL(buyerLink(ctx, { organizationId: ids.theirs, documentId: ours.issued! })).pathname.split('/').pop()!;
    for (const [method, url, body] of [
      ['GET', `/buyer/${mixed}`, undefined],
      ['GET', `/buyer/${mixed}/pdf`, undefined],
      ['POST', `/buyer/${mixed}/requests`, { kind: 'again' }],
    ] as const) {
      const answer = await new Browser(served.url).send(method, url, body);
      expect(answer.status, url).toBe(404);
      await nothingLeaked(url, answer, url);
    }
    await nothingChanged('a link of mixed origin');
  });

  test('with own ids only: every thing is found, so that the walk proves something', async () => {
    const rank = (spec: AnyRoute) =>
      spec.method === 'DELETE' ? 3 : key(spec) === 'GET /organization/logo' ? 2 : spec.method === 'GET' ? 0 : 1;
    const lost: string[] = [];
    const find = async (who: Browser, spec: AnyRoute, own: Things) => {
      const { address, body } = callOf(spec, { address: own, sent: own });
      const answer = await who.send(spec.method, address, body);
      if ([400, 401, 403, 404, 500].includes(answer.status)) lost.push(`${key(spec)} ${answer.status} ${why(answer)}`);
    };
    const inOrder = [...walked].sort((a, b) => rank(a) - rank(b));
    for (const spec of inOrder) if (!operators.has(key(spec))) await find(stranger, spec, theirs);
    await nothingChanged('the second organization’s own work');
    for (const spec of inOrder) if (operators.has(key(spec))) await find(operator, spec, { ...theirs, ...operated });
    expect(lost).toEqual([]);
  }, 120_000);

  test('each role and each scope may what the table says, by every route', async () => {
    expect(Object.keys(access).sort()).toEqual(routes.map(key).sort());
    const people: Record<string, Browser> = { o: olga };
    for (const role of ['bookkeeper', 'warehouse', 'reader']) people[role[0]!] = await invited(olga, `${role}@shop.example`, role);
    const keys: Record<string, ReturnType<typeof program>> = {};
    for (const scope of ['read', 'write', 'issue', 'admin'])
      keys[scope[0]!.toUpperCase()] = program(served.url, (await olga.post('/api-keys', { name: scope, scopes: [scope] })).body.key);
    const none = '00000000-0000-7000-8000-000000000000';
    const wrong: string[] = [];
    for (const spec of routes) {
      const allowed = access[key(spec)]!;
      if (spec.url === '/events') continue;
      let address = spec.url.replace(':id', none).replace(':token', 'x'.repeat(60));
      for (const [name, value] of Object.entries(inAddress)) address = address.replace(name, value);
      address += asked[key(spec)] ?? '';
      const nobody = await new Browser(served.url, ids.ours).send(spec.method, address, spec.method === 'GET' ? undefined : {});
      if (allowed === 'public' && !(key(spec) in knocks) ? nobody.status === 401 : nobody.status !== 401)
        wrong.push(`${key(spec)} nobody ${nobody.status}`);
      if (allowed === 'public') continue;
      for (const [letter, call] of [
        ...Object.entries(people).map(([l, b]) => [l, (m: string, a: string, body: unknown) => b.send(m, a, body)] as const),
        ...Object.entries(keys),
      ]) {
        const may = allowed.includes(letter);
        // What an owner may with an empty body would be done; that it is refused to others is the point here.
        if (may && changesByNothing.has(key(spec))) continue;
        // Lists and sheets are made in earnest for one of those who may.
        if (may && spec.method === 'GET' && !spec.url.includes(':') && letter !== 'r' && letter !== 'b') continue;
        const answer = await call(spec.method, address, spec.method === 'GET' ? undefined : {});
        const refused = answer.status === 403 && ['not-allowed', 'person-needed'].includes(answer.body.code);
        if (may === refused || answer.status === 401) wrong.push(`${key(spec)} ${letter} ${answer.status} ${answer.body.code}`);
      }
    }
    expect(wrong).toEqual([]);
    for (const needs of Object.keys(permissions)) expect(routes.some((spec) => spec.needs === needs)).toBe(true);
  }, 120_000);

  /** Public by its description, and asks for a signed-in person itself. */
  const knocks: Record<string, string> = { 'GET /companies': 'without one only before the installation has anybody' };

  /** Done by an empty body; the walk above did them already. */
  const changesByNothing = new Set(['DELETE /organization/logo', 'POST /agents/codes', 'POST /backfill/plan']);
});
