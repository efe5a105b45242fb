import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyInstallation } from '../../src/testkit/database.ts';
import hungarian from '../../web/src/texts/hu.json' with { type: 'json' };
import { type Demo, hasBrowser, startDemo } from './demo.ts';

/**
 * The promise to a ticket shop: sales become invoices by themselves; a debt at the provider is one card, however much is sold meanwhile;
 * paid and resumed everything goes on, what is missing is backfilled, and the sheet of completeness is empty. By the screens, then by
 * the API alone.
 */
describe.skipIf(!hasBrowser)('the ticket shop', { timeout: 120_000 }, () => {
  let demo: Demo;
  let page: Page;
  let organization: string;
  let simulator: string;

  const api = async (method: string, path: string, data?: object) => {
    const answer = await page.request.fetch(`${demo.url}/api/v1${path}`, { method, data, headers: { 'x-organization': organization } });
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
    return answer.json();
  };
  const sim = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${new URL(simulator).origin}/__sim/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const invoices = async () => (await sim('GET', 'accounts/A/documents')) as { number: string; orderNumber: string; kind: string }[];
  const until = async <T>(look: () => Promise<T>, right: (seen: T) => boolean): Promise<T> => {
    for (let i = 0; i < 300; i++) {
      const seen = await look();
      if (right(seen)) return seen;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return look();
  };

  beforeAll(async () => {
    demo = await startDemo(emptyInstallation);
    page = await demo.visit({ language: 'hu' });
    const state = await (await page.request.get(`${demo.url}/api/v1/demo/state`)).json();
    organization = state.ticketsOrganizationId;
    simulator = state.simulators.find((s: { connector: string }) => s.connector === 'szamlazz').url;
    await sim('PATCH', 'accounts/A', { hourlyLimit: null });
  }, 120_000);
  afterAll(async () => {
    await demo?.close();
  });

  test('sells, falls into debt, pays, and nothing is missing: by the screens', async () => {
    const before = (await invoices()).length;
    await page.goto(`${demo.url}/demo`);
    const there = page
      .locator('section')
      .filter({ hasText: hungarian['demo.sell'] })
      .getByRole('button', { name: hungarian['demo.goThere'] });
    await page.getByRole('button', { name: hungarian['demo.sell'] }).waitFor();
    if (await there.count()) await there.first().click();
    const sell = async () => {
      await page.goto(`${demo.url}/demo`);
      await page.getByRole('button', { name: hungarian['demo.sell'] }).click();
    };
    await sell();
    const sold = await until(invoices, (seen) => seen.length === before + 5);
    expect(sold).toHaveLength(before + 5);
    await page.goto(`${demo.url}/documents`);
    await page
      .getByRole('gridcell', { name: sold.at(-1)!.number })
      .first()
      .waitFor();

    await sim('PATCH', 'accounts/A', { debt: true });
    await sell();
    await sell();
    await page.goto(`${demo.url}/causes`);
    const cards = page.locator('article');
    await cards.filter({ hasText: 'Tartozás a Számlázz.hu-fiókban' }).filter({ hasText: '10' }).waitFor();
    expect(await cards.count()).toBe(1);
    await sim('PATCH', 'accounts/A', { debt: false });
    await cards.getByRole('button', { name: hungarian['causes.tryAll'] }).click();
    await cards.waitFor({ state: 'detached' });
    const all = await until(invoices, (seen) => seen.length === before + 15);
    expect(new Set(all.map((d) => d.orderNumber)).size).toBe(before + 15);

    await page.goto(`${demo.url}/backfill`);
    await page.getByRole('button', { name: hungarian['backfill.look'] }).click();
    await page.getByText(hungarian['backfill.nothing']).waitFor();
    await page.goto(`${demo.url}/completeness`);
    await page.getByText(hungarian['completeness.emptyTitle'], { exact: true }).first().waitFor();
  });

  test('the same by the API alone, with a backfill of what was never issued', async () => {
    const before = (await invoices()).length;
    expect(await api('POST', '/demo/sell-tickets', { count: 3 })).toMatchObject({ accepted: 3 });
    await until(invoices, (seen) => seen.length === before + 3);
    await sim('PATCH', 'accounts/A', { debt: true });
    await api('POST', '/demo/sell-tickets', { count: 4 });
    const open = () => api('GET', '/causes').then((answer) => answer.items as { id: string; code: string; documents: number }[]);
    const [card, ...more] = await until(open, (seen) => seen[0]?.documents === 4);
    expect([card?.code, card?.documents, more]).toEqual(['szamlazz.account_debt', 4, []]);
    await sim('PATCH', 'accounts/A', { debt: false });
    expect(await api('POST', `/causes/${card!.id}/mended`, { mode: 'all' })).toEqual({ resumed: 4 });
    expect(await until(invoices, (seen) => seen.length === before + 7)).toHaveLength(before + 7);
    expect(await until(open, (seen) => seen.length === 0)).toEqual([]);
    const today = new Date().toISOString().slice(0, 10);
    const period = { from: new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10), to: today };
    const plan = await api('POST', '/backfill/plan', { ...period, mail: false });
    expect(plan.items).toEqual([]);
    const sheet = await api('GET', `/completeness?from=${period.from}&to=${period.to}`);
    expect([sheet.breaks?.length ?? sheet.items?.length ?? 0]).toEqual([0]);
    expect((await invoices()).length).toBe(before + 7);
  });
});
