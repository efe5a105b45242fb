import { describe, expect, test } from 'vitest';
import english from '../../web/src/texts/en.json' with { type: 'json' };
import { hasBrowser } from './demo.ts';
import { ownDemo } from './own-demo.ts';
import { axe, busyWhenStill, eveningOfWork, standStill, startWalk, strangersPaths } from './walk.ts';

/** The promise: issued documents are found, corrected and resent; every page shows what happens, can be used by everybody, and asks for little. */
describe.skipIf(!hasBrowser)('the pages in a real browser', { timeout: 120_000 }, () => {
  const demo = ownDemo();

  const open = async (path: string) => {
    const page = await demo.visit();
    await page.goto(demo.url + path);
    return page;
  };

  test('what the pages are about is there', async () => {
    const page = await demo.visit();
    await eveningOfWork(page, demo.url, await startWalk(page, demo.url));
  });

  test('an invoice is found by its buyer, corrected from its rows, and mailed again', async () => {
    const page = await open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill('hotel nadrz');
    await page.getByRole('option', { name: /FV.*Hotel Nadrzeczny/ }).click();
    await page.getByRole('heading', { level: 1, name: /^FV/ }).waitFor();
    await page.getByText('Historia').waitFor();

    await page.getByRole('button', { name: 'Wyślij ponownie' }).click();
    await page.getByLabel('Do', { exact: true }).fill('ksiegowosc@hotel.example');
    await page.getByRole('dialog').getByRole('button', { name: 'Wyślij' }).click();
    await page.getByText('W drodze do ksiegowosc@hotel.example').waitFor();

    await page.getByRole('link', { name: 'Koryguj' }).click();
    await page.getByLabel(/^Ilość, pozycja 1/).fill('20');
    await page.getByRole('button', { name: 'Przygotuj korektę' }).click();
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    await editor.waitFor();
    await editor.getByRole('button', { name: 'Wystaw', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Wystaw 1' }).click();
    await page
      .getByRole('dialog')
      .getByText(/Wszystkie wystawione/)
      .waitFor();
    await page.goto(`${demo.url}/documents?kinds=correction`);
    await page.getByRole('grid').getByText('Hotel Nadrzeczny').waitFor();
  });

  test('what jobs and buyers do appears on the pages that show it', async () => {
    const [desk, imports, home] = [await open('/desk'), await open('/import'), await open('/')];
    const other = await demo.visit();
    const { call } = await startWalk(other, demo.url);
    await desk.getByText('Na fakturze jest zła ilość').waitFor();
    await home.getByRole('link', { name: /Wstrzymane/ }).waitFor();
    const runs = imports.getByRole('link', { name: 'allegro-sales.xml' });
    await runs.first().waitFor();
    const before = await runs.count();
    const [issued] = (await call<{ items: { id: string }[] }>('documents?states=issued&kinds=invoice&limit=1')).items;
    const { url } = await call<{ url: string }>(`documents/${issued!.id}/buyer-link`, {});
    const said = 'Brakuje jednej sztuki.';
    await other.request.post(`${demo.url}/api/v1/buyer/${url.split('/').at(-1)}/requests`, { data: { kind: 'report', said } });
    await desk.getByText(said).waitFor();
    await call('demo/import-sample', {});
    await expect.poll(() => runs.count(), { timeout: 10_000 }).toBe(before + 1);
    await imports.getByText('zakończony').nth(before).waitFor();
  });

  test('another page begins at its top, going back leads to where one was, and Escape is going back where nothing is filled in', async () => {
    const page = await open('/settings/tax');
    const top = () => page.locator('main').evaluate((main) => main.scrollTop);
    await page.getByRole('heading', { name: 'Nabywcy z zagranicy' }).waitFor();
    await page.locator('main').evaluate((main) => main.scrollTo(0, 300));
    const was = await top();
    expect(was).toBeGreaterThan(0);
    await page.getByRole('main').getByRole('link', { name: 'Firma' }).click();
    await page.getByRole('heading', { level: 1, name: 'Firma' }).waitFor();
    expect(await top()).toBe(0);
    await page.goBack();
    await page.locator('main[data-path="/settings/tax"]').waitFor();
    await expect.poll(top).toBe(was);
    // Nothing that is being filled in is lost to a key.
    await page.getByRole('heading', { name: 'Nabywcy z zagranicy' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('main').getAttribute('data-path')).toBe('/settings/tax');
    // From a page to read it leads to the one before, and without one to what the page belongs to.
    await page.goto(`${demo.url}/orders`);
    await page.locator('[role="row"][aria-selected], [role="row"][id^="row-"]').first().click();
    await page.locator('main[data-path^="/orders/"]').waitFor();
    const order = new URL(page.url()).pathname;
    const loaded = (one: typeof page) => one.locator('main a[href="/orders"]').waitFor();
    await loaded(page);
    await page.keyboard.press('Escape');
    await page.locator('main[data-path="/orders"]').waitFor();
    const first = await open(order);
    await loaded(first);
    await first.keyboard.press('Escape');
    await first.locator('main[data-path="/orders"]').waitFor();
  });

  test.each([1, 2, 3])('no page has an accessibility fault or a failed request, in light and dark, part %i of 3', async (part) => {
    const page = await demo.visit();
    const walk = await startWalk(page, demo.url);
    const faults: string[] = [];
    for (const path of (await walk.places()).filter((_, i) => i % 3 === part - 1)) {
      await walk.goTo(path);
      faults.push(...(await axe(page, path)));
      await page.emulateMedia({ colorScheme: 'dark' });
      faults.push(...(await axe(page, `${path} (dark)`, ['color-contrast'])));
      await page.emulateMedia({ colorScheme: 'light' });
    }
    expect([...faults, ...walk.failed]).toEqual([]);
  });

  // 320 px is a small phone and also a large screen at 400 %. Hungarian has the longest words; a key that stands on a screen has no text.
  test('nothing is wider than 320 pixels, and every word is there', async () => {
    const page = await demo.visit({ width: 320, language: 'hu' });
    const walk = await startWalk(page, demo.url);
    const faults: string[] = [];
    for (const path of await walk.places()) {
      await walk.goTo(path);
      const { over, text } = await page.evaluate(() => {
        const main = document.querySelector('main')!;
        return { over: main.scrollWidth - main.clientWidth, text: main.innerText };
      });
      if (over > 1) faults.push(`${path}: ${over} px too wide`);
      const bare = text.split(/\s+/).filter((word) => word in english || `${word}_other` in english);
      if (bare.length > 0) faults.push(`${path}: no text for ${bare.join(', ')}`);
    }
    expect([...faults, ...walk.failed]).toEqual([]);
  });

  // Besides what is asked once for the frame: who is here, the queue's length, the installation, and the line for changes.
  test('no page asks for more than its data, and nothing on it jumps', async () => {
    const page = await demo.visit({ own: true });
    await page.addInitScript(() => {
      const shifts = { sum: 0 };
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
          if (!entry.hadRecentInput) shifts.sum += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    const asked: string[] = [];
    let files = 0;
    page.on('request', (request) => {
      const { pathname, search, protocol } = new URL(request.url());
      if (pathname.startsWith('/api/')) asked.push(pathname.slice('/api/v1'.length) + search);
      else if (protocol.startsWith('http')) files++;
    });
    const id = async (list: string) => {
      const organization = await page.evaluate(() => localStorage.getItem('fakturist.organization') ?? '');
      const answer = await page.request.get(`${demo.url}/api/v1/${list}`, { headers: { 'x-organization': organization } });
      return ((await answer.json()) as { items: { id: string }[] }).items[0]!.id;
    };
    const faults: string[] = [];
    const visit = async (path: string, most: number, frame = 4) => {
      asked.length = files = 0;
      await page.goto(demo.url + path);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await expect.poll(() => busyWhenStill(page), { interval: 30, timeout: 15_000 }).toBe(0);
      const name = path.replace(/[0-9a-f-]{36}/, ':id');
      if (asked.length > most + frame) faults.push(`${name}: ${asked.length} requests for data: ${asked.join(' ')}`);
      if (new Set(asked).size < asked.length) faults.push(`${name}: asks twice: ${asked.join(' ')}`);
      // With a form beside the list there are twice the pieces, and the list makes room for it.
      const form = path.includes('open=');
      if (files > (form ? 56 : 40)) faults.push(`${name}: ${files} files`);
      const shift = await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
      if (process.env.SHOTS) console.log(name, 'layout shift', shift.toFixed(4));
      if (shift > (form ? 0.04 : 0.02)) faults.push(`${name}: layout shift ${shift.toFixed(3)}`);
    };
    await visit('/', 2);
    await visit('/to-issue', 2);
    await visit(`/to-issue?open=${await id('documents?states=to_issue&limit=1')}`, 4);
    await visit('/documents', 2);
    await visit(`/documents/${await id('documents?states=issued&limit=1')}`, 3);
    await visit('/orders', 1);
    await visit(`/orders/${await id('orders?limit=1')}`, 3);
    await visit('/buyers', 1);
    await visit('/import', 2);
    await visit(`/import/${await id('imports?limit=1')}`, 3);
    await visit('/mail', 2);
    await visit('/settings', 0);
    await visit('/settings/company', 2);
    await page.context().clearCookies();
    await visit('/login', 3, 0);
    expect(faults).toEqual([]);
  });

  test('pages for strangers have no accessibility fault, a dead link included', async () => {
    const page = await demo.visit({ stranger: true });
    const faults: string[] = [];
    for (const path of [...strangersPaths(), '/buyer/no-such-link']) {
      await page.goto(demo.url + path);
      await page.locator('main h1, main h2').first().waitFor();
      await standStill(page);
      faults.push(...(await axe(page, path)));
    }
    expect(faults).toEqual([]);
  });
});
