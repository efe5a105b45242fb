import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyInstallation } from '../../src/testkit/database.ts';
import english from '../../web/src/texts/en.json' with { type: 'json' };
import { type Demo, hasBrowser, startDemo } from './demo.ts';
import { axe, busyWhenStill, openScene, organizationsOf, scenes, standStill, startWalk, strangersPaths } from './walk.ts';

/** The promise: somebody who has never seen it imports, mends, issues, finds, corrects and resends — with the mouse or without. */
describe.skipIf(!hasBrowser)('in a real browser', { timeout: 120_000 }, () => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await startDemo(emptyInstallation);
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
    await dialog.getByText('Wszystkie wystawione; e-maile idą do kupujących').waitFor();
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
    // In the row itself, and then the keys work on the table again.
    await page.keyboard.press('t');
    await page.getByRole('grid').getByRole('textbox', { name: 'NIP' }).waitFor();
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

  test('a document without an order is saved once, and issued as it stands although it was typed to the last moment', async () => {
    const page = await open('/to-issue');
    const saves: { version: number; set: Record<string, unknown> }[] = [];
    let answer = () => {};
    let held = false;
    await page.route('**/api/v1/documents/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.fallback();
      const save = route.request().postDataJSON();
      saves.push(save);
      // The save that bears the amount is still under way while more is typed.
      if (!held && JSON.stringify(save.set).includes('49.90')) {
        held = true;
        await new Promise<void>((resolve) => (answer = resolve));
      }
      await route.fallback();
    });
    await page.getByRole('button', { name: 'Nowy dokument' }).click();
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    await editor.getByText('Osoba prywatna').click();
    for (const [place, text] of [
      ['buyer.name', 'Zofia Żółć'],
      ['buyer.street', 'Miła 3'],
      ['buyer.postalCode', '00-001'],
      ['buyer.city', 'Warszawa'],
      ['lines.0.name', 'Doniczka'],
      ['lines.0.unitPrice', '49,90'],
    ] as const)
      await editor.locator(`[data-path="${place}"]`).fill(text);
    // Who types slowly has a part saved before.
    const last = () => JSON.stringify(saves.at(-1)?.set) ?? '';
    await expect.poll(last, { timeout: 15_000 }).toContain('49.90');
    const before = saves.length;
    await editor.locator('[data-path="notes"]').fill('Odbiór w piątek');
    await page.keyboard.press('Control+Enter');
    answer();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Wystaw 1/ })
      .waitFor();
    expect(saves.map(({ version }) => version)).toEqual(saves.map((_, i) => i + 1));
    expect(saves.slice(before).map(({ set }) => Object.keys(set))).toEqual([['notes']]);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('dialog').getByText('Wszystkie wystawione').waitFor();
    const other = await demo.visit();
    const { call } = await startWalk(other, demo.url);
    const [one] = (await call<{ items: { id: string }[] }>('documents?states=issued&q=Zofia&limit=1')).items;
    const { content } = await call<{ content: object }>(`documents/${one!.id}`);
    expect(content).toMatchObject({ buyer: { street: 'Miła 3', country: 'PL' }, notes: ['Odbiór w piątek'], totals: { gross: '49.90' } });
    expect(saves).toHaveLength(before + 1);
    await other.context().close();
    await page.context().close();
  });

  test('taking a document out of the queue can be undone', async () => {
    const page = await open('/to-issue');
    await rows(page).first().waitFor();
    const before = await rows(page).count();
    await page.keyboard.press('j');
    // Enter opens what J went to, though nothing was ever clicked.
    await page.keyboard.press('Enter');
    await page.waitForURL(/open=/);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('open='));
    await page.keyboard.press('#');
    await page.getByText('Usunięto z kolejki 1 dokument').waitFor();
    await expect.poll(() => rows(page).count()).toBe(before - 1);
    await page.getByRole('button', { name: 'Cofnij' }).click();
    await expect.poll(() => rows(page).count()).toBe(before);
    await page.context().close();
  });

  test('keys of an open form work from its row, and Escape closes what lies over the form first', async () => {
    const page = await open('/to-issue');
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    await editor.waitFor();
    // As somebody left it who opened the row by its key.
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await editor.getByRole('button', { name: 'Więcej czynności' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Historia' }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('[role="menu"]') !== null)).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem').first().waitFor({ state: 'detached' });
    await expect.poll(focused).toBe('Więcej czynności');
    const day = 'Wybierz dzień: Data sprzedaży';
    await editor.getByRole('button', { name: day }).focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() =>
        page.evaluate(
          () => document.activeElement?.closest('table') !== null || document.activeElement?.closest('[role="dialog"]') !== null,
        ),
      )
      .toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(focused).toBe(day);
    expect(await editor.count()).toBe(1);
    await page.keyboard.press('Escape');
    await editor.waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('of two who write in one document the second sees both versions, and keeps what is its own beside what the first wrote', async () => {
    const page = await open('/to-issue');
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    let caught = () => {};
    const sent = new Promise<void>((resolve) => (caught = resolve));
    await page.route('**/api/v1/documents/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.fallback();
      caught();
      await held;
      await route.fallback();
    });
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await editor.locator('[data-path="notes"]').fill('Moja uwaga');
    await sent;
    // Somebody else saves the same document first.
    const id = new URL(page.url()).searchParams.get('open')!;
    const headers = { 'x-organization': await page.evaluate(() => localStorage.getItem('fakturist.organization') ?? '') };
    const address = `${demo.url}/api/v1/documents/${id}`;
    const read = async () => (await page.request.get(address, { headers })).json();
    const { version, content } = await read();
    const set = { notes: ['Ich uwaga'], buyer: { ...content.buyer, street: 'Cudza 5' } };
    expect((await page.request.patch(address, { headers, data: { version, set } })).status()).toBe(200);
    go();
    const told = editor.getByRole('alert');
    await told.getByText('Ich uwaga').waitFor();
    await told.getByText('Moja uwaga').waitFor();
    await told.getByRole('button', { name: 'Zachowaj moją wersję' }).click();
    await told.waitFor({ state: 'detached' });
    await expect.poll(async () => (await read()).content.notes, { timeout: 15_000 }).toEqual(['Moja uwaga']);
    expect((await read()).content.buyer.street).toBe('Cudza 5');
    expect(await editor.locator('[data-path="buyer.street"]').inputValue()).toBe('Cudza 5');
    await page.context().close();
  });

  test('a form that was left while it is saved opens again with what was typed, and takes more', async () => {
    const page = await open('/to-issue');
    const answers: (() => void)[] = [];
    await page.route('**/api/v1/documents/*', async (route) => {
      if (route.request().method() === 'PATCH') await new Promise<void>((resolve) => answers.push(resolve));
      await route.fallback();
    });
    await rows(page).first().waitFor();
    const note = page.getByRole('region', { name: /Dokument dla/ }).locator('[data-path="notes"]');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await note.fill('Pierwsza uwaga');
    await page.keyboard.press('Escape');
    await note.waitFor({ state: 'detached' });
    await expect.poll(() => answers.length, { timeout: 15_000 }).toBe(1);
    await page.keyboard.press('Enter');
    await page.waitForURL(/open=/);
    expect(await note.count()).toBe(0);
    answers[0]!();
    await note.waitFor();
    expect(await note.inputValue()).toBe('Pierwsza uwaga');
    await note.fill('Druga uwaga');
    await page.keyboard.press('Escape');
    await expect.poll(() => answers.length, { timeout: 15_000 }).toBe(2);
    const saved = page.waitForResponse((answer) => answer.request().method() === 'PATCH');
    answers[1]!();
    expect((await saved).status()).toBe(200);
    expect((await (await saved).json()).content.notes).toEqual(['Druga uwaga']);
    await page.context().close();
  });

  // Each of the two fails without its mend: an older state was adopted while a save was under way; a refused save was repeated every second.
  test('what was taken back while it is saved stays away, and what cannot be saved is told once', async () => {
    const page = await demo.visit();
    await page.clock.install();
    await page.goto(`${demo.url}/to-issue`);
    const saves: unknown[] = [];
    const soon = <T>(look: () => T) => expect.poll(look, { timeout: 15_000 });
    let meet = (route: Route): Promise<void> => route.fallback();
    await page.route('**/api/v1/documents/*', async (route) => {
      if (route.request().method() !== 'PATCH') return route.fallback();
      saves.push(route.request().postDataJSON().set.notes);
      await meet(route);
    });
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    const note = editor.locator('[data-path="notes"]');
    const unsaved = editor.getByText(/^(Zmieniono|Zapisywanie…)$/);
    await note.fill('Zostaje');
    await soon(() => saves).toEqual([['Zostaje']]);
    await unsaved.waitFor({ state: 'detached' });

    // The server has taken the text and told everybody, while its answer to us is still on its way.
    const commit = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    meet = async (route) => {
      await commit.promise;
      const response = await route.fetch();
      await answer.promise;
      await route.fulfill({ response });
    };
    await note.fill('Cofnięte');
    await soon(() => saves.length).toBe(2);
    await note.fill('Zostaje');
    const read = page.waitForResponse(
      async (got) => got.request().method() === 'GET' && /documents\/[\w-]+$/.test(got.url()) && (await got.text()).includes('Cofnięte'),
    );
    commit.resolve();
    await read;
    meet = (route) => route.fallback();
    answer.resolve();
    await soon(() => saves).toEqual([['Zostaje'], ['Cofnięte'], ['Zostaje']]);
    expect(await note.inputValue()).toBe('Zostaje');
    await unsaved.waitFor({ state: 'detached' });

    meet = (route) => route.fulfill({ status: 422, json: { status: 422, code: 'refused', title: 'Refused' } });
    await note.fill('Odrzucone');
    await page.getByText('Nie można tego zrobić przy tych danych.').waitFor();
    await page.clock.runFor(60_000);
    expect(saves).toHaveLength(4);

    // What the server says of a field stands at the field, and nothing pops up over who is typing.
    meet = (route) => route.fallback();
    await note.fill('ą'.repeat(1001));
    await editor.getByText('Ta wartość tu nie pasuje (max. 1000).').waitFor();
    expect(await note.getAttribute('aria-invalid')).toBe('true');
    await editor.getByText('Nie zapisano').waitFor();
    expect(await page.getByText('Ta wartość tu nie pasuje').count()).toBe(1);

    meet = (route) => route.abort();
    await note.fill('Bez sieci');
    const told = page.getByText('Serwer nie odpowiada. Sprawdź połączenie.');
    await told.waitFor();
    const after = async <T>(look: () => T) => {
      await page.clock.runFor(1000);
      return look();
    };
    await soon(() => after(() => saves.length)).toBeGreaterThan(5);
    await editor.getByText('Zmieniono').waitFor();
    expect(await told.count()).toBeLessThan(2);
    meet = (route) => route.fallback();
    await soon(() => after(() => unsaved.count())).toBe(0);
    expect(saves.at(-1)).toEqual(['Bez sieci']);
    await page.context().close();
  });

  test('a server that goes away takes nothing of what is typed, and what was asked for meanwhile goes on when it is back', async () => {
    const page = await open('/to-issue');
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const editor = page.getByRole('region', { name: /Dokument dla/ });
    const note = editor.locator('[data-path="notes"]');
    const unsaved = editor.getByText(/^(Zmieniono|Zapisywanie…)$/);
    await note.waitFor();
    await page.context().setOffline(true);
    await note.fill('Pisane bez serwera');
    await page.getByText('Serwer nie odpowiada. Sprawdź połączenie.').first().waitFor();
    // A dialog whose code was never loaded waits for the server, and the page stands.
    await page.keyboard.press('Control+k');
    expect(await note.inputValue()).toBe('Pisane bez serwera');
    await page.context().setOffline(false);
    await expect.poll(() => unsaved.count(), { timeout: 60_000 }).toBe(0);
    expect(await note.inputValue()).toBe('Pisane bez serwera');
    expect(await page.getByText('Ta strona ma usterkę').count()).toBe(0);
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

  test('what jobs and buyers do appears on the pages that show it', async () => {
    const [desk, imports, home] = [await open('/desk'), await open('/import'), await open('/')];
    const other = await demo.visit();
    const { call } = await startWalk(other, demo.url);
    await desk.getByText('Wszystko załatwione').waitFor();
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
    for (const page of [desk, imports, home, other]) await page.context().close();
  });

  test('a dropped line is told, taken up again, and what was missed meanwhile is read', async () => {
    const [one, two] = [await open('/to-issue'), await open('/to-issue')];
    await rows(one).first().waitFor();
    const before = await rows(one).count();
    await rows(two).first().waitFor();
    await one.context().setOffline(true);
    await one.getByText('Utracono połączenie').waitFor();
    await two.keyboard.press('#');
    await two.getByRole('button', { name: 'Cofnij' }).waitFor();
    expect(await rows(one).count()).toBe(before);
    await one.context().setOffline(false);
    await expect.poll(() => rows(one).count(), { timeout: 15_000 }).toBe(before - 1);
    await one.getByText('Utracono połączenie').waitFor({ state: 'detached' });
    await two.getByRole('button', { name: 'Cofnij' }).click();
    await expect.poll(() => rows(one).count(), { timeout: 10_000 }).toBe(before);
    await one.context().close();
    await two.context().close();
  });

  test.each([1, 2, 3])('no page has an accessibility fault or a failed request, in light and dark, part %i of 3', async (part) => {
    const page = await demo.visit();
    const walk = await startWalk(page, demo.url);
    const faults: string[] = [];
    for (const path of walk.places.filter((_, i) => i % 3 === part - 1)) {
      await walk.goTo(path);
      faults.push(...(await axe(page, path)));
      await page.emulateMedia({ colorScheme: 'dark' });
      faults.push(...(await axe(page, `${path} (dark)`, ['color-contrast'])));
      await page.emulateMedia({ colorScheme: 'light' });
    }
    expect([...faults, ...walk.failed]).toEqual([]);
    await page.context().close();
  });

  // 320 px is a small phone and also a large screen at 400 %. Hungarian has the longest words; a key that stands on a screen has no text.
  test('nothing is wider than 320 pixels, and every word is there', async () => {
    const page = await demo.visit({ width: 320, language: 'hu' });
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

  // Besides what is asked once for the frame: who is here, the queue's length, the installation, and the line for changes.
  test('no page asks for more than its data, and nothing on it jumps', async () => {
    const page = await demo.visit();
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
    await page.context().close();
  });

  const furnish = async (organizations: { id: string; name: string }[]) => {
    const page = await demo.visit();
    const seller = await startWalk(page, demo.url, organizations.find((one) => one.name.includes('Zielony'))!.id);
    await seller.call('api-keys', { name: 'Księgowość', scopes: ['read'] });
    const lines = [{ name: 'Ławka ogrodowa', quantity: '1', unitPrice: '1230.00' }];
    const buyer = { type: 'person', name: 'Halina Ogrodnik', street: 'Lipowa 1', postalCode: '00-001', city: 'Warszawa', country: 'PL' };
    const { id } = await seller.call('documents', { content: { kind: 'proforma', buyer, lines } });
    await seller.call(`documents/${id}/issue`, {});
    const operator = organizations.find((one) => one.name.includes('Operator'))!.id;
    const headers = { 'x-organization': operator };
    const statement = await page.request.get(`${demo.url}/api/v1/demo/statement.sta`, { headers });
    const file = { name: 'statement.sta', mimeType: 'text/plain', buffer: await statement.body() };
    const read = await page.request.post(`${demo.url}/api/v1/payments/statements`, { headers, multipart: { file } });
    expect(read.status()).toBe(201);
    const open = async () =>
      (await (await page.request.get(`${demo.url}/api/v1/payments?state=open&limit=1`, { headers })).json()).items.length;
    await expect.poll(open, { timeout: 10_000 }).toBe(1);
    await page.context().close();
  };

  describe('no dialog has an accessibility fault, and the focus goes back to what opened it', () => {
    let organizations: Awaited<ReturnType<typeof organizationsOf>>;
    test('what they are about is there', async () => {
      const first = await demo.visit();
      organizations = await organizationsOf(await startWalk(first, demo.url));
      await first.context().close();
      // What some dialogs are about: a proforma, a key, a payment that is not booked.
      await furnish(organizations);
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
      await page.context().close();
      expect(faults).toEqual([]);
      // A rule needs an agent with a printer, which none of these has.
      expect(absent.filter((name) => name !== 'print rule')).toEqual([]);
    });
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
    await page.context().close();
  });
});
