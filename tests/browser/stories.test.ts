import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import english from '../../web/src/texts/en.json' with { type: 'json' };
import { type Demo, hasBrowser, startDemo } from './demo.ts';
import { axe, startWalk } from './walk.ts';

/** The promise: somebody who has never seen it imports, mends, issues, finds, corrects and resends — with the mouse or without. */
describe.skipIf(!hasBrowser)('in a real browser', { timeout: 120_000 }, () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo();
  }, 120_000);
  afterAll(async () => {
    await demo?.close();
  });

  const open = async (path: string, how: Parameters<Demo['visit']>[0] = {}) => {
    const page = await demo.visit(how);
    await page.goto(demo.url + path);
    return page;
  };
  const rows = (page: Page) =>
    page
      .getByRole('grid')
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') });

  test('a stranger sees the log-in page, and a wrong password is told', async () => {
    const page = await open('/documents', { stranger: true });
    await page.getByLabel('E-mail').fill('demo@fakturist.example');
    await page.getByLabel('Hasło', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Zaloguj się' }).click();
    await page.getByRole('alert').getByText('Nieprawidłowy e-mail lub hasło.').waitFor();
    await page.getByRole('button', { name: 'Svenska' }).click();
    await page.getByRole('heading', { name: 'Logga in' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('sv');
    await page.context().close();
  });

  test('the sample file is imported, a hold mended, all issued, the mails opened', async () => {
    const page = await open('/import');
    await page.getByRole('button', { name: 'Importuj przykład' }).click();
    await page.getByText('zakończony').waitFor();
    await page.getByRole('link', { name: 'Przejdź do kolejki' }).click();
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(12);

    // The company that forgot its tax id gets one.
    await page.getByRole('searchbox').fill('grabowski');
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.getByText('Grabowski i Synowie').click();
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    await editor.getByRole('button', { name: 'Przejdź do pola' }).first().click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-path'))).toBe('buyer.taxIds');
    await page.keyboard.type('5260250274');
    await editor.getByText('Gotowe', { exact: true }).waitFor();
    await expect.poll(() => page.getByText('Zmieniono', { exact: true }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('');
    await expect.poll(() => rows(page).count()).toBe(12);

    await page.getByRole('button', { name: 'Wystaw te' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Wystaw 9' }).click();
    await dialog.getByText('Wszystkie wystawione; e-maile są w drodze.').waitFor();
    await dialog.getByRole('link', { name: 'Zobacz e-maile' }).click();
    await page.getByRole('radiogroup', { name: 'Poczta' }).getByText('Skrzynka').click();
    await page.getByRole('button', { name: /grabowski/i }).click();
    await page.getByRole('button', { name: /^Faktura FV.*pdf/ }).click();
    await page.locator('iframe[src^="blob:"]').waitFor();
    await page.context().close();
  });

  test('the rest of the queue is mended and issued by keyboard alone', async () => {
    const page = await open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await rows(page).first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Skróty klawiszowe' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('dąbek');
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect.poll(() => rows(page).count()).toBe(3);
    await page.keyboard.press('/');
    await page.keyboard.type('dabek');
    await expect.poll(() => rows(page).count()).toBe(1);
    await page.keyboard.press('Tab');
    await page.getByRole('grid').focus();
    await page.keyboard.press('t');
    await page.getByRole('dialog').getByLabel('NIP').waitFor();
    await page.keyboard.type('7251801126');
    await page.keyboard.press('Enter');
    await page.getByRole('grid').getByText('Gotowe').waitFor();
    await page.keyboard.press('x');
    await page.getByText('Zaznaczono 1').waitFor();
    await page.keyboard.press('i');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Control+Enter');
    await page
      .getByRole('dialog')
      .getByText(/Wszystkie wystawione/)
      .waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Nic nie znaleziono').waitFor();
    await page.context().close();
  });

  test('taking a document out of the queue can be undone', async () => {
    const page = await open('/to-issue');
    await rows(page).first().waitFor();
    const before = await rows(page).count();
    await page.keyboard.press('j');
    await page.keyboard.press('#');
    await page.getByText('Usunięto z kolejki 1 dokument').waitFor();
    await expect.poll(() => rows(page).count()).toBe(before - 1);
    await page.getByRole('button', { name: 'Cofnij' }).click();
    await expect.poll(() => rows(page).count()).toBe(before);
    await page.context().close();
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
    await page.context().close();
  });

  test('what another person does appears without a reload', async () => {
    const [one, two] = [await open('/to-issue'), await open('/to-issue')];
    await rows(one).first().waitFor();
    const before = await rows(one).count();
    await rows(two).first().waitFor();
    await two.keyboard.press('#');
    await expect.poll(() => rows(one).count(), { timeout: 10_000 }).toBe(before - 1);
    await two.getByRole('button', { name: 'Cofnij' }).click();
    await expect.poll(() => rows(one).count(), { timeout: 10_000 }).toBe(before);
    await one.context().close();
    await two.context().close();
  });

  test('no page has an accessibility fault or a failed request, in light and dark', async () => {
    const page = await demo.visit();
    const walk = await startWalk(page, demo.url);
    const faults: string[] = [];
    for (const path of walk.places) {
      await walk.goTo(path);
      faults.push(...(await axe(page, path)));
      await page.emulateMedia({ colorScheme: 'dark' });
      faults.push(...(await axe(page, `${path} (dark)`, ['color-contrast'])));
      await page.emulateMedia({ colorScheme: 'light' });
    }
    expect([...faults, ...walk.failed]).toEqual([]);
    await page.context().close();
  });

  // Hungarian has the longest words; a key that stands on a screen has no text.
  test('nothing is wider than a phone, and every word is there', async () => {
    const page = await demo.visit({ width: 390, language: 'hu' });
    const walk = await startWalk(page, demo.url);
    const faults: string[] = [];
    for (const path of walk.places) {
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
    await page.context().close();
  });

  test('log-in, editor, document and dialogs have no accessibility fault either', async () => {
    const faults: string[] = [];
    const stranger = await open('/login', { stranger: true });
    await stranger.getByRole('heading', { level: 1 }).waitFor();
    faults.push(...(await axe(stranger, '/login')));
    await stranger.context().close();
    const page = await open('/to-issue');
    await rows(page).first().waitFor();
    await page.keyboard.press('e');
    await page
      .getByRole('region', { name: /Dokument dla/ })
      .getByLabel('NIP')
      .or(page.getByLabel('Nazwa', { exact: true }))
      .first()
      .waitFor();
    faults.push(...(await axe(page, 'editor')));
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    faults.push(...(await axe(page, 'palette')));
    await page.goto(`${demo.url}/documents`);
    await rows(page).first().click();
    await page.getByRole('heading', { level: 1, name: /\d/ }).waitFor();
    faults.push(...(await axe(page, 'document')));
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
