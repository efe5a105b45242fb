import { describe, expect, test } from 'vitest';
import { hasBrowser } from './demo.ts';
import { ownDemo } from './own-demo.ts';
import { axe, eveningOfWork, openScene, organizationsOf, scenes, startWalk } from './walk.ts';

/** The promise: no dialog has an accessibility fault, and the focus goes back to what opened it. */
describe.skipIf(!hasBrowser)('the dialogs in a real browser', { timeout: 120_000 }, () => {
  const demo = ownDemo();

  let organizations: Awaited<ReturnType<typeof organizationsOf>>;
  test('what they are about is there', async () => {
    const page = await demo.visit();
    const seller = await startWalk(page, demo.url);
    organizations = await organizationsOf(seller);
    await eveningOfWork(page, demo.url, seller);
    const lines = [{ name: 'Ławka ogrodowa', quantity: '1', unitPrice: '1230.00' }];
    const buyer = { type: 'person', name: 'Halina Ogrodnik', street: 'Lipowa 1', postalCode: '00-001', city: 'Warszawa', country: 'PL' };
    const { id } = await seller.call('documents', { content: { kind: 'proforma', buyer, lines } });
    await seller.call(`documents/${id}/issue`, {});
    // A payment that is not booked.
    const operator = organizations.find((one) => one.name.includes('Operator'))!.id;
    const headers = { 'x-organization': operator };
    const statement = await page.request.get(`${demo.url}/api/v1/demo/statement.sta`, { headers });
    const file = { name: 'statement.sta', mimeType: 'text/plain', buffer: await statement.body() };
    const read = await page.request.post(`${demo.url}/api/v1/payments/statements`, { headers, multipart: { file } });
    expect(read.status()).toBe(201);
    const open = async () =>
      (await (await page.request.get(`${demo.url}/api/v1/payments?state=open&limit=1`, { headers })).json()).items.length;
    await expect.poll(open, { timeout: 10_000 }).toBe(1);
  });

  const sellers = ['Zielony', ...new Set(scenes.flatMap((scene) => scene.in ?? []))];
  const parts = sellers.flatMap((where) => {
    const own = scenes.filter((scene) => (scene.in ?? 'Zielony') === where);
    return Array.from({ length: Math.ceil(own.length / 8) }, (_, i) => ({ where, part: i + 1, some: own.slice(i * 8, i * 8 + 8) }));
  });
  test.each(parts)('$where, part $part', async ({ where, some }) => {
    const faults: string[] = [];
    const absent: string[] = [];
    const page = await demo.visit();
    const walk = await startWalk(page, demo.url, organizations.find((one) => one.name.includes(where))!.id);
    for (const scene of some) {
      if (!(await openScene(page, walk, scene, 'pl'))) {
        absent.push(scene.name);
        continue;
      }
      // What lies behind it is looked at on its own page.
      const part = '[role="dialog"][aria-modal="true"]';
      faults.push(...(await axe(page, scene.name, undefined, part)));
      await page.emulateMedia({ colorScheme: 'dark' });
      faults.push(...(await axe(page, `${scene.name} (dark)`, ['color-contrast'], part)));
      await page.emulateMedia({ colorScheme: 'light' });
      const modal = (await page.locator('[role="dialog"][aria-modal="true"]').count()) > 0;
      if (!modal) {
        await page.keyboard.press('Escape');
        continue;
      }
      const at = (await page.locator('main').getAttribute('data-path'))!;
      const inside = () => page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null);
      if (!(await inside())) faults.push(`${scene.name}: the focus is not in the dialog`);
      await page.keyboard.press('Escape');
      await page.locator('[role="dialog"]').waitFor({ state: 'detached' });
      if ((await page.locator('main').getAttribute('data-path')) !== at) faults.push(`${scene.name}: Escape leaves the page`);
      // What a key opened goes back to the page.
      if (scene.press.at(-1)!.startsWith('key:')) continue;
      const isBack = () => page.evaluate(() => document.activeElement !== document.body);
      for (let frames = 0; frames < 30 && !(await isBack()); frames++) await page.evaluate(() => new Promise(requestAnimationFrame));
      if (!(await isBack())) faults.push(`${scene.name}: the focus is lost afterwards`);
    }
    expect(faults).toEqual([]);
    // A rule needs an agent with a printer, which none of these has.
    expect(absent.filter((name) => name !== 'print rule')).toEqual([]);
  });
});
