import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Demo, hasBrowser } from './demo.ts';
import { ownDemo } from './own-demo.ts';
import { startWalk } from './walk.ts';

/** The promise: somebody who has never seen it imports, mends and issues — with the mouse or without —, and nothing of what is typed is lost. */
describe.skipIf(!hasBrowser)('the queue in a real browser', { timeout: 120_000 }, () => {
  const demo = ownDemo();

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
    const page = await open('/documents', { stranger: true, own: true });
    await page.getByLabel('E-mail').fill('demo@fakturist.example');
    await page.getByLabel('Hasło', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Zaloguj się' }).click();
    await page.getByRole('alert').getByText('Nieprawidłowy e-mail lub hasło.').waitFor();
    await page.getByRole('button', { name: 'Svenska' }).click();
    await page.getByRole('heading', { name: 'Logga in' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('sv');
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
  });

  // Each of the two fails without its mend: an older state was adopted while a save was under way; a refused save was repeated every second.
  test('what was taken back while it is saved stays away, and what cannot be saved is told once', async () => {
    const page = await demo.visit({ own: true });
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
  });

  test('a server that goes away takes nothing of what is typed, and what was asked for meanwhile goes on when it is back', async () => {
    const page = await open('/to-issue', { own: true });
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
  });
  test('what another person does appears without a reload', async () => {
    const [one, two] = [await open('/to-issue'), await open('/to-issue', { own: true })];
    await rows(one).first().waitFor();
    const before = await rows(one).count();
    await rows(two).first().waitFor();
    await two.keyboard.press('#');
    await expect.poll(() => rows(one).count(), { timeout: 10_000 }).toBe(before - 1);
    await two.getByRole('button', { name: 'Cofnij' }).click();
    await expect.poll(() => rows(one).count(), { timeout: 10_000 }).toBe(before);
  });
  test('a dropped line is told, taken up again, and what was missed meanwhile is read', async () => {
    const [one, two] = [await open('/to-issue', { own: true }), await open('/to-issue')];
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
  });
});
