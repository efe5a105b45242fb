import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InfaktSimulator, startInfaktSimulator } from '../../connectors/infakt/simulator.ts';
import { type SellasistSimulator, startSellasistSimulator } from '../../connectors/sellasist/simulator.ts';
import { emptyInstallation } from '../../src/testkit/database.ts';
import { type Demo, hasBrowser, startDemo } from './demo.ts';

/** What a simulator tells, as its page shows it. */
type Json = ReturnType<typeof JSON.parse>;

/**
 * The promise: somebody connects the order system and the accountant's service by their wizards, sees orders become invoices with their
 * PDF on the order, breaks a mapping and mends it, and corrects a return. `SHOTS=folder` keeps a picture of each step.
 */
/** The order system takes so many calls a minute; once they are spent, the next one goes when that minute is over. */
const windowed = { timeout: 120_000, interval: 1_000 };

describe.skipIf(!hasBrowser)('inFakt and Sellasist in a real browser', { timeout: 240_000 }, () => {
  let demo: Demo;
  let infakt: InfaktSimulator;
  let sellasist: SellasistSimulator;
  let page: Page;
  beforeAll(async () => {
    [demo, infakt, sellasist] = await Promise.all([
      startDemo(emptyInstallation),
      startInfaktSimulator({ now: () => new Date() }),
      startSellasistSimulator({ now: () => new Date(), seeds: false }),
    ]);
    page = await demo.visit({});
  }, 120_000);
  afterAll(async () => {
    await demo?.close();
    await infakt?.close();
    await sellasist?.close();
  }, 60_000);

  const sim = async (of: { url: string }, method: string, path: string, body?: object): Promise<Json> => {
    const response = await fetch(`${of.url}/__sim/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  };
  const orders = () => sim(sellasist, 'GET', 'orders');
  const invoices = () => sim(infakt, 'GET', 'documents');
  let shots = 0;
  const shot = async (name: string) => {
    if (!process.env.SHOTS) return;
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${process.env.SHOTS}/${String(++shots).padStart(2, '0')}-${name}.png`, fullPage: true });
  };
  const list = () => page.getByRole('region', { name: 'Lista kontrolna' });
  const step = (name: string) => list().locator('li[data-step]').filter({ hasText: name });
  const green = async (name: string) => expect.poll(() => step(name).getAttribute('data-state'), { timeout: 20_000 }).toBe('done');
  const open = async (name: string) => {
    const head = step(name).getByRole('button', { name: new RegExp(`^${name}`) });
    if ((await head.getAttribute('aria-expanded')) !== 'true') await head.click();
  };
  const save = (scope: { getByRole: Page['getByRole'] }) => scope.getByRole('button', { name: 'Zapisz', exact: true }).click();

  const documents = async (which: (d: Json) => boolean): Promise<Json[]> => {
    const me = await (await page.request.get(`${demo.url}/api/v1/me`)).json();
    const organization = me.organizations.find((o: Json) => o.name === 'Zielony Zakątek').id;
    const answer = await page.request.get(`${demo.url}/api/v1/documents?limit=100&organization=${organization}`);
    return (await answer.json()).items.filter(which);
  };
  const issueOpen = async () => {
    await page
      .getByRole('button', { name: /^Wystaw/ })
      .first()
      .click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Wystaw/ })
      .first()
      .click();
  };

  test('Sellasist is connected and told where files go', async () => {
    await page.goto(`${demo.url}/connections`);
    await page.getByRole('button', { name: 'Połącz: Sellasist' }).click();
    await page.getByLabel('Nazwa konta').fill('zielony');
    await page.getByLabel('Klucz API').fill(sellasist.key);
    await page.getByLabel('Adres usługi').fill(sellasist.apiUrl);
    await page.getByRole('button', { name: 'Zapisz i sprawdź' }).click();
    const basic = page.getByRole('region', { name: 'Podstawowa konfiguracja' });
    await basic.getByLabel('Pole na dokument').selectOption({ label: 'Faktura PDF' });
    await basic.getByLabel('Pole na korekty').selectOption({ label: 'Korekta PDF' });
    await basic.getByLabel('Status przy błędzie').selectOption({ label: 'Błąd faktury' });
    await basic.getByLabel('Wystawiaj i przekazuj automatycznie').check();
    await save(basic);
    await basic.getByText('Nie zapisano').waitFor({ state: 'detached' });
    await shot('sellasist');
  });

  test('inFakt is connected by its checklist, which turns green step by step', async () => {
    await page.goto(`${demo.url}/connections`);
    await page.getByRole('button', { name: 'Połącz: inFakt' }).click();
    await page.getByLabel('Klucz API').fill(infakt.key);
    await page.getByLabel('Środowisko').selectOption({ label: 'inny adres' });
    await page.getByLabel('Adres usługi').fill(infakt.apiUrl);
    await shot('infakt-form');
    await page.getByRole('button', { name: 'Zapisz i sprawdź' }).click();
    await green('Klucz sprawdzony');
    expect(await page.content()).not.toContain(infakt.key);

    await open('Serie wybrane');
    await list()
      .getByRole('checkbox', { name: /^Faktury · / })
      .check();
    await list()
      .getByRole('checkbox', { name: /^Korekty · / })
      .check();
    await shot('infakt-series');
    await save(list());
    await green('Serie wybrane');

    await open('Webhook utworzony');
    const url = await list()
      .getByLabel(/^Adres do wklejenia/)
      .inputValue();
    await shot('infakt-webhook');
    const webhook = await sim(infakt, 'POST', 'webhooks', {
      url,
      events: ['async_invoice_creation_success', 'async_invoice_creation_error', 'invoice_paid', 'send_to_ksef_success'],
    });
    await list().getByLabel('Sekret webhooka').fill(webhook.secret);
    await save(list());
    await green('Webhook utworzony');
    expect(await sim(infakt, 'POST', `webhooks/${webhook.id}/verify`)).toMatchObject({ verified: true });
    await green('Webhook zweryfikowany');

    await open('Serie kompletne');
    await shot('infakt-incomplete');
    for (const name of ['Korekty', 'Faktury']) {
      await open('Serie kompletne');
      await step('Serie kompletne')
        .getByRole('link', { name: `Edytuj: ${name}`, exact: true })
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Język PDF').waitFor();
      if (name === 'Faktury') await shot('series-form');
      await dialog.getByLabel('Kto zgłasza').selectOption({ index: 2 });
      await save(dialog);
      await dialog.waitFor({ state: 'detached' });
      await page.goto(page.url().replace(/\/settings.*$/, '/connections'));
      await page
        .getByRole('link', { name: /inFakt/ })
        .first()
        .click();
    }
    await green('Serie kompletne');
  });

  test('payment methods are mapped by the proposals, from both sides’ own lists', async () => {
    await open('Metody płatności przypisane');
    await step('Metody płatności przypisane').getByRole('link', { name: 'Otwórz przypisania' }).click();
    await page.getByLabel('PayU → inFakt').waitFor();
    expect(await page.getByLabel('PayU → inFakt').inputValue()).toBe('payu');
    expect(await page.getByLabel('Pobranie → inFakt').inputValue()).toBe('delivery');
    await shot('mappings');
    await save(page);
    await expect.poll(() => page.getByText('propozycja').count()).toBe(0);
  });

  const pull = async () => {
    await page.goto(`${demo.url}/connections`);
    await page
      .getByRole('link', { name: /Sellasist/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Pobierz teraz' }).click();
  };

  test('ten orders become ten invoices in inFakt, each with its PDF on the order', async () => {
    await sim(sellasist, 'POST', 'orders', { count: 5, kind: 'company' });
    await sim(sellasist, 'POST', 'orders', { count: 5, kind: 'consumer-invoice' });
    await pull();
    await expect.poll(async () => (await invoices()).length, { timeout: 90_000, interval: 1_000 }).toBe(10);
    await expect
      .poll(async () => (await orders()).filter((o: Json) => o.files.some((f: Json) => f.field === 'Faktura PDF')).length, {
        timeout: 120_000,
        interval: 1_000,
      })
      .toBe(10);
    await page.goto(`${demo.url}/documents`);
    await page
      .getByText(/\/11\/2026|\/\d\d\/20\d\d/)
      .first()
      .waitFor();
    await shot('documents');
    await page.goto(`${demo.url}/connections`);
    await page
      .getByRole('link', { name: /inFakt/ })
      .first()
      .click();
    await green('Pierwsze powiadomienie');
    await shot('infakt-green');
  });

  test('a mapping taken away holds its order’s document and sets the error status; mended, it goes by itself', async () => {
    await page.goto(`${demo.url}/connections`);
    await page
      .getByRole('link', { name: /inFakt/ })
      .first()
      .click();
    await open('Metody płatności przypisane');
    await step('Metody płatności przypisane').getByRole('link', { name: 'Otwórz przypisania' }).click();
    await page.getByLabel('PayU → inFakt').waitFor();
    const mapping = page.url();
    const methods: Record<string, string> = {};
    for (const select of await page.getByRole('combobox').all()) {
      const label = (await select.getAttribute('aria-label'))!;
      methods[label] = await select.inputValue();
      if (/→ inFakt$/.test(label)) await select.selectOption('');
    }
    await save(page);
    await page.getByText('Zapisano', { exact: false }).first().waitFor();
    const [late] = await sim(sellasist, 'POST', 'orders', { count: 1, kind: 'company' });
    await pull();
    // A quick machine has made its hundred calls of this minute by now, and the mark waits for the next one.
    await expect
      .poll(async () => (await orders()).find((o: Json) => o.id === late.id).status, { timeout: 120_000, interval: 1_000 })
      .toBe('Błąd faktury');
    // The document itself names what it lacks, and its button leads there.
    const [heldDocument] = await documents((d) => d.held);
    await page.goto(`${demo.url}/documents/${heldDocument.id}`);
    await page
      .getByText(/nie ma przypisanej metody płatności/)
      .first()
      .waitFor();
    await shot('held-document');
    await page.goto(`${demo.url}/causes`);
    await page
      .getByText(/nie ma przypisanej metody płatności/)
      .first()
      .waitFor();
    await shot('causes');
    await page.getByRole('link', { name: 'Przypisz' }).first().click();
    expect(page.url()).toBe(mapping);
    for (const [label, value] of Object.entries(methods)) if (value) await page.getByLabel(label, { exact: true }).selectOption(value);
    await save(page);
    await expect
      .poll(async () => (await orders()).find((o: Json) => o.id === late.id).files.length, { timeout: 90_000, interval: 1_000 })
      .toBe(1);
    expect(await invoices()).toHaveLength(11);
  });

  test('refused by inFakt, the document names its field; complete and resend leads there, and the same document goes again', async () => {
    const before = (await invoices()).length;
    const errors = { client_post_code: ['jest nieprawidłowy'] };
    await sim(infakt, 'POST', 'faults', { on: 'create', mode: 'refused', times: 1, errors });
    const [late] = await sim(sellasist, 'POST', 'orders', { count: 1, kind: 'company' });
    await pull();
    await expect.poll(async () => (await documents((d) => d.state === 'refused')).length, windowed).toBe(1);
    const [refused] = await documents((d) => d.state === 'refused');
    await expect
      .poll(async () => (await orders()).find((o: Json) => o.id === late.id).status, { timeout: 120_000, interval: 1_000 })
      .toBe('Błąd faktury');
    await page.goto(`${demo.url}/documents/${refused.id}`);
    await page
      .getByText(/kod pocztowy|client_post_code/i)
      .first()
      .waitFor();
    await shot('refused-document');
    await page.getByRole('link', { name: 'Uzupełnij i wyślij ponownie' }).click();
    // The field itself: the button that explains the finding names it too.
    const field = page.getByLabel('Kod pocztowy', { exact: true });
    await field.waitFor();
    await expect.poll(() => field.evaluate((input) => input === document.activeElement), { timeout: 10_000 }).toBe(true);
    await shot('refused-field');
    await field.fill('61-822');
    await issueOpen();
    await expect.poll(async () => (await invoices()).length, windowed).toBe(before + 1);
    await expect
      .poll(async () => (await orders()).find((o: Json) => o.id === late.id).files.length, { timeout: 90_000, interval: 1_000 })
      .toBe(1);
    // No second document was made for it.
    expect(await documents((d) => d.state === 'refused')).toEqual([]);
  });

  test('one piece comes back: the correction is proposed by rows, issued in inFakt, and its PDF lies in the field for corrections', async () => {
    const order = (await orders()).find((o: Json) => Number(o.lines[0].quantity) >= 2) ?? (await orders())[0];
    const before = (await invoices()).length;
    const own = () => documents((d) => d.buyerName === order.buyer && d.kind === 'invoice' && Number(d.gross) === Number(order.total));
    const [{ id }] = await own();
    await sim(sellasist, 'POST', `orders/${order.id}/return`);
    await pull();
    await expect.poll(async () => (await own())[0].held, { timeout: 100_000, interval: 1_000 }).toBe(true);
    await page.goto(`${demo.url}/documents/${id}`);
    await page.getByRole('link', { name: 'Koryguj' }).first().click();
    await page.getByText('Zamówienie zmieniło się po wystawieniu').waitFor();
    await shot('correction');
    await page.getByRole('button', { name: /Przygotuj korektę/ }).click();
    await page.waitForURL(/to-issue/);
    await shot('correction-queue');
    await issueOpen();
    await expect.poll(async () => (await invoices()).length, windowed).toBe(before + 1);
    const correction = (await invoices()).find((d: Json) => d.family === 'corrective_invoices');
    expect(correction.gross).toBeLessThan(0);
    await expect
      .poll(async () => (await orders()).find((o: Json) => o.id === order.id).files.map((f: Json) => f.field), {
        timeout: 90_000,
        interval: 1_000,
      })
      .toContain('Korekta PDF');
    await shot('correction-done');
  });

  test.runIf(process.env.SHOTS)('pictures of the set-up in every language, light and dark, wide and narrow', async () => {
    const address = await page.goto(`${demo.url}/connections`).then(() =>
      page
        .getByRole('link', { name: /inFakt/ })
        .first()
        .getAttribute('href'),
    );
    for (const [language, scheme, width] of [
      ['en', 'light', 1440],
      ['hu', 'dark', 1440],
      ['sv', 'light', 390],
      ['pl', 'dark', 390],
    ] as const) {
      const other = await demo.visit({ language, scheme, width });
      for (const [name, path] of [
        ['setup', address!],
        ['mappings', `${address}/mappings`],
        ['causes', '/causes'],
        ['series', '/settings/series'],
      ]) {
        await other.goto(`${demo.url}${path}`);
        await other.waitForTimeout(1_500);
        await other.screenshot({ path: `${process.env.SHOTS}/${language}-${name}.png`, fullPage: true });
      }
      await other.context().close();
    }
  });
});
