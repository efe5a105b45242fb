import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb } from '../../src/cli/web-build.ts';
import { readConfig } from '../../src/config.ts';
import { rootFolder } from '../../src/open.ts';
import { type Running, startServer } from '../../src/server.ts';
import { type Mailbox, startMailbox } from '../../src/testkit/mailbox.ts';
import { chromiumPath, hasBrowser } from './demo.ts';

/**
 * The promise: somebody who has never seen it starts an empty installation and, without once touching the mouse, sets it up, imports a
 * file, mends the three documents that are held, issues two hundred, finds one of them by its buyer's name, corrects it and sends it again.
 */
describe.skipIf(!hasBrowser)('the first day, without the mouse', { timeout: 150_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-first-day-'));
  let running: Running;
  let mailbox: Mailbox;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    await buildWeb(rootFolder);
    mailbox = await startMailbox();
    running = await startServer({ config: readConfig({ FAKTURIST_DATA: path.join(folder, 'data'), PORT: '0' }) });
    browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] });
    // In English and in the dark: the other stories are in Polish and by day.
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
      locale: 'en-GB',
      timezoneId: 'Europe/Warsaw',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(20_000);
    page = await context.newPage();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await running?.close();
    await mailbox?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Goes there as somebody without a mouse does, and fails where that way does not lead. */
  const tabTo = async (target: Locator, key = 'Tab') => {
    await target.waitFor();
    for (let i = 0; i < 120; i++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await press(key);
    }
    throw new Error(`no way by ${key} to ${target}`);
  };
  const write = async (label: string | RegExp, text: string) => {
    await tabTo(page.getByLabel(label, typeof label === 'string' ? { exact: true } : undefined).first());
    await press('ControlOrMeta+a');
    await page.keyboard.type(text);
  };
  const pushed = async (target: Locator) => {
    await tabTo(target);
    await press('Enter');
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  const rows = () =>
    page
      .getByRole('grid')
      .getByRole('row')
      .filter({ has: page.getByRole('gridcell') });

  test('sets it up', async () => {
    await page.goto(running.url);
    await heading('Set up Fakturist').waitFor();
    await write('Tax id', '9991002008');
    await page.getByText('This number cannot be right').waitFor();
    await write('Tax id', '999-100-20-09');
    await page.getByText('The check digit is right').waitFor();
    await write('Company name', 'Sklep Pierwszy');
    await write('Street and number', 'ul. Prosta 1');
    await write('Postal code', '00-001');
    await write('City', 'Warszawa');
    await write('Your name', 'Nina Nowa');
    await write('E-mail', 'nina@shop.example');
    await write('New password', 'a long enough password');
    await press('Enter');
    await heading('Import').waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');

    // The mails go through the shop's own server.
    await press('g', 's');
    await pushed(page.getByRole('main').getByRole('link', { name: /Mail server/ }));
    await write('Server', mailbox.host);
    await write('Port', String(mailbox.port));
    await tabTo(page.getByLabel('Encryption'));
    await page.keyboard.type('None');
    await write("Sender's address", 'sklep@shop.example');
    await pushed(button('Save'));
    await page.getByText('Saved', { exact: false }).first().waitFor();
  });

  test('imports two hundred and three orders', async () => {
    await press('g', 'p');
    await heading('Import').waitFor();
    const chooser = page.waitForEvent('filechooser');
    await pushed(button('Choose files'));
    await (await chooser).setFiles({ name: 'orders.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(orders())) });
    await pushed(page.getByRole('main').getByRole('button', { name: 'Import', exact: true }));
    await page.getByText('done', { exact: true }).waitFor();
    await press('g', 'i');
    await rows().first().waitFor();
    await page.getByText('203 documents', { exact: true }).waitFor();
    await page.getByText('3 held').waitFor();
  });

  test('mends the three that are held, each by the button beside its cause', async () => {
    const mend = async (cause: string) => {
      await press('g', 'h');
      const item = page.getByRole('listitem').filter({ hasText: cause });
      await pushed(item.getByRole('link', { name: 'Mend' }));
      await page.getByRole('region', { name: /^Document for/ }).waitFor();
    };
    const field = () => page.evaluate(() => document.activeElement?.getAttribute('data-path'));
    const editor = page.getByRole('region', { name: /^Document for/ });
    for (const cause of ['Tax id missing', 'Tax id not valid']) {
      await mend(cause);
      await expect.poll(field).toBe('buyer.taxIds');
      await press('ControlOrMeta+a');
      await page.keyboard.type('7251801126');
      await editor.getByText('Ready', { exact: true }).waitFor();
      await expect.poll(() => page.getByText('Changed', { exact: true }).count()).toBe(0);
    }
    await mend('Order not paid');
    await pushed(editor.getByRole('button', { name: 'Accept as it is' }));
    await editor.getByText('Ready', { exact: true }).waitFor();
    await press('g', 'h');
    await page.getByText('nothing is held').waitFor();
  });

  test('issues two hundred at once', async () => {
    await press('g', 'i');
    await rows().first().waitFor();
    await page.getByText('203 documents', { exact: true }).waitFor();
    await press('Shift+I');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Issue 203' }).waitFor();
    await press('ControlOrMeta+Enter');
    await dialog.getByText(/^All issued/).waitFor();
    await press('ControlOrMeta+Enter');
    await page.getByText('Nothing waits to be issued').waitFor();
    expect((await mailbox.arrived(1))[0]!.recipients).toEqual(['zaneta@buyer.example']);
  });

  test('finds one by its buyer, corrects it, and sends it again', async () => {
    const find = async () => {
      await press('ControlOrMeta+k');
      await page.getByRole('dialog').getByRole('combobox').waitFor();
      await page.keyboard.type('sliwinska');
      await page.getByRole('option', { name: /Żaneta Śliwińska/, selected: true }).waitFor();
      await press('Enter');
      await heading(/\d/).waitFor();
    };
    await find();
    const number = await page.getByRole('heading', { level: 1 }).innerText();
    await press('c');
    await write(/^Qty, .*1$/, '1');
    await pushed(button('Prepare the correction'));
    await page.getByRole('region', { name: /^Document for/ }).waitFor();
    await press('ControlOrMeta+Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Issue 1' }).waitFor();
    await press('ControlOrMeta+Enter');
    await page
      .getByRole('dialog')
      .getByText(/^All issued/)
      .waitFor();
    await press('ControlOrMeta+Enter');
    await expect.poll(async () => (await mailbox.arrived(2)).length).toBe(2);

    await find();
    await press('m');
    await page.getByRole('dialog').getByLabel('To', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    const mails = await mailbox.arrived(3);
    expect(mails.at(-1)).toMatchObject({ recipients: ['zaneta@buyer.example'] });
    expect(mails.at(-1)!.files[0]!.fileName).toMatch(/\.pdf$/);
    expect(number).not.toBe('');
  });
});

/** A shop's orders: two hundred that need nobody, a company without its tax number, one with a wrong number, one that is not paid. */
function orders(): object[] {
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const order = (n: number, more: object = {}) => ({
    externalId: `Z-${n}`,
    orderedAt: at,
    paidAt: at,
    currency: 'PLN',
    buyer: { firstName: 'Anna', lastName: `Kowalska ${n}`, street: 'ul. Długa 2', postalCode: '30-001', city: 'Kraków', country: 'PL' },
    invoiceRequest: { requested: true },
    lines: [{ name: 'Kubek', quantity: '2', unitGross: '24.60', vat: '23' }],
    payments: [{ method: 'online', status: 'paid', amount: '49.20', at }],
    declaredTotal: '49.20',
    ...more,
  });
  const company = (taxId?: string) => ({
    invoiceRequest: {
      requested: true,
      party: { company: 'Firma Sp. z o.o.', street: 'ul. Krótka 3', postalCode: '00-002', city: 'Warszawa', country: 'PL', taxId },
    },
  });
  return [
    ...Array.from({ length: 199 }, (_, i) => order(i + 1)),
    order(200, {
      buyer: {
        firstName: 'Żaneta',
        lastName: 'Śliwińska',
        street: 'ul. Długa 2',
        postalCode: '30-001',
        city: 'Kraków',
        country: 'PL',
        email: 'zaneta@buyer.example',
      },
    }),
    order(201, company()),
    order(202, company('7251801127')),
    order(203, { paidAt: undefined, payments: [{ method: 'transfer', status: 'pending' }] }),
  ];
}
