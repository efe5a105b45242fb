import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb } from '../../src/cli/web-build.ts';
import { readConfig } from '../../src/config.ts';
import { rootFolder } from '../../src/open.ts';
import { type Running, startServer } from '../../src/server.ts';
import { launchBrowser } from '../../src/testkit/browser.ts';
import { emptyInstallation } from '../../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../../src/testkit/mailbox.ts';
import { hasBrowser } from './demo.ts';
import { words } from './walk.ts';

/**
 * The promise: somebody who has never seen it starts an empty installation and, without once touching the mouse, sets it up, imports a
 * file, mends the three documents that are held, issues two hundred, finds one of them by its buyer's name, corrects it and sends it again. Who joins afterwards sees what his role may; who forgot the password gets back in, and only with the second factor.
 */
describe.skipIf(!hasBrowser)('the first day, without the mouse', { timeout: 150_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-first-day-'));
  let running: Running;
  let mailbox: Mailbox;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    await buildWeb(rootFolder);
    emptyInstallation(path.join(folder, 'data'));
    mailbox = await startMailbox();
    running = await startServer({
      config: readConfig({
        FAKTURIST_DATA: path.join(folder, 'data'),
        PORT: '0',
        FAKTURIST_SMTP_URL: `smtp://${mailbox.host}:${mailbox.port}`,
        FAKTURIST_SMTP_FROM: 'Fakturist <hub@shop.example>',
      }),
    });
    browser = await launchBrowser();
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
    // `SLOWER=6`: the same on a processor so many times slower, where a key that is pressed too early shows.
    if (process.env.SLOWER)
      await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: Number(process.env.SLOWER) });
  }, 120_000);
  // `SHOTS=folder` keeps a picture of how each step ended.
  let step = 0;
  afterEach(async ({ task }) => {
    if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `first-day-${++step}.png`) });
    // What failed is left behind: the next story begins on a page of its own.
    if (task.result?.state === 'fail') await page.goto(running.url);
  });
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
    const named = page.getByLabel(label, typeof label === 'string' ? { exact: true } : undefined);
    await tabTo(named.and(page.locator('input, textarea')).first());
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

  /** What somebody else would have done by now, so that a step that fails is one failure and not five. */
  const api = async <T>(method: string, address: string, data?: object): Promise<T> => {
    const organization = await page.evaluate(() => localStorage.getItem('fakturist.organization') ?? '');
    const answer = await page.request.fetch(`${running.url}/api/v1/${address}`, {
      method,
      data,
      headers: { 'x-organization': organization },
    });
    if (!answer.ok()) throw new Error(`${address}: ${answer.status()} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const queue = () => api<{ total: number; held: number }>('GET', 'documents/count?states=to_issue');
  const issuedToZaneta = async () => {
    const hers = async () => (await api<{ items: { id: string; state: string }[] }>('GET', 'documents?q=sliwinska&kinds=invoice')).items[0];
    const one = await hers();
    if (one?.state === 'to_issue') {
      mailbox.clear();
      await api('POST', 'documents/issue', { selection: { ids: [one.id] }, mail: true });
      await mailbox.arrived(1);
    }
    expect((await hers())?.state).toBe('issued');
  };

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
    // The button that led here is gone: the keyboard goes on in the page.
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), { timeout: 10_000 }).toBe('main');
    await press('g', 'i');
    await rows().first().waitFor();
    await page.getByText('203 documents', { exact: true }).waitFor();
    await page.getByText('3 held').waitFor();
  });

  test('mends the three that are held, each by the button beside its cause', async () => {
    /** Out of the form first: there letters are letters. */
    const home = async () => {
      await press('Escape', 'g', 'h');
      await page.getByRole('heading', { name: words('en', 'home.needs') }).waitFor();
    };
    const mend = async (cause: string) => {
      await home();
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
    await mend('Total differs from the order');
    await pushed(editor.getByRole('button', { name: 'Accept as it is' }));
    await editor.getByText('Ready', { exact: true }).waitFor();
    await home();
    await page.getByText('nothing is held').waitFor();
  });

  test('issues two hundred at once', async () => {
    const { total, held } = await queue();
    const ready = total - held;
    expect(ready).toBeGreaterThanOrEqual(200);
    await press('g', 'i');
    await rows().first().waitFor();
    await page.getByText(`${total} documents`, { exact: true }).waitFor();
    await press('Shift+I');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: `Issue ${ready}` }).waitFor();
    await press('ControlOrMeta+Enter');
    await dialog.getByText(/All issued/).waitFor();
    await press('ControlOrMeta+Enter');
    await (held === 0 ? page.getByText('Nothing waits to be issued') : page.getByText(`${held} documents`, { exact: true })).waitFor();
    expect((await mailbox.arrived(1))[0]!.recipients).toEqual(['zaneta@buyer.example']);
  });

  test('finds one by its buyer, corrects it, and sends it again', async () => {
    await issuedToZaneta();
    mailbox.clear();
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
      .getByText(/All issued/)
      .waitFor();
    await press('ControlOrMeta+Enter');
    expect(await mailbox.arrived(1)).toHaveLength(1);

    await find();
    await press('m');
    await page.getByRole('dialog').getByLabel('To', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    const mails = await mailbox.arrived(2);
    expect(mails.at(-1)).toMatchObject({ recipients: ['zaneta@buyer.example'] });
    expect(mails.at(-1)!.files[0]!.fileName).toMatch(/\.pdf$/);
    expect(number).not.toBe('');
  });

  let worker: Page;
  const visitor = async (locale: string, scheme: 'light' | 'dark') => {
    const context = await browser.newContext({
      locale,
      colorScheme: scheme,
      reducedMotion: 'reduce',
      viewport: { width: 1440, height: 900 },
    });
    context.setDefaultTimeout(20_000);
    return context.newPage();
  };
  const linkIn = async (count: number) => /http\S+/.exec((await mailbox.arrived(count)).at(-1)!.text)![0];

  test('invites a warehouse, which sees orders and documents, prints and downloads, and nothing else', async () => {
    await issuedToZaneta();
    mailbox.clear();
    await page.goto(`${running.url}/settings/users`);
    const main = page.getByRole('main');
    await main.getByLabel('E-mail').fill('lager@shop.example');
    await main.getByLabel('Role').first().selectOption('warehouse');
    await main.getByRole('button', { name: words('en', 'users.inviteGo'), exact: true }).click();
    worker = await visitor('sv-SE', 'light');
    await worker.goto(await linkIn(1));
    await worker.getByLabel(words('sv', 'field.yourName')).fill('Lars Lager');
    await worker.getByLabel(words('sv', 'field.newPassword')).fill('ett tillrackligt langt losenord');
    await worker.getByRole('button', { name: words('sv', 'invitation.go') }).click();
    const menu = worker.getByRole('navigation', { name: words('sv', 'shell.menu') });
    await menu.getByRole('link', { name: words('sv', 'nav.documents') }).click();
    const names = await menu.getByRole('link').allInnerTexts();
    for (const hidden of ['nav.import', 'nav.monthEnd', 'nav.payments', 'nav.billing', 'nav.activity'])
      expect(names).not.toContain(words('sv', hidden));
    await worker.getByRole('grid').getByText('Żaneta Śliwińska').first().click();
    await worker.getByRole('button', { name: words('sv', 'action.download') }).waitFor();
    await worker.getByRole('button', { name: words('sv', 'action.print') }).waitFor();
    for (const forbidden of ['action.correct', 'action.mailAgain', 'action.mail'])
      expect(
        await worker
          .getByRole('link', { name: words('sv', forbidden) })
          .or(worker.getByRole('button', { name: words('sv', forbidden) }))
          .count(),
      ).toBe(0);
    await worker.goto(`${running.url}/settings`);
    await worker.getByRole('link', { name: words('sv', 'settings.security') }).waitFor();
    expect(
      await worker
        .getByRole('main')
        .getByRole('link', { name: words('sv', 'settings.keys') })
        .count(),
    ).toBe(0);
    const refused = await worker.evaluate(async () => (await fetch('/api/v1/payments')).status);
    expect(refused).toBe(403);
  });

  test('a second company is added from the switcher, and a role in one is not a role in the other', async () => {
    await page.getByRole('button', { name: /Sklep Pierwszy$/ }).click();
    await page.getByRole('menuitem', { name: words('en', 'organization.add') }).click();
    await page.getByLabel('Company name').fill('Sklep Drugi');
    await page
      .getByRole('main')
      .getByRole('button', { name: words('en', 'organization.add'), exact: true })
      .click();
    await page.getByRole('button', { name: /Sklep Drugi$/ }).waitFor();
    await heading('Import').waitFor();
    await page.goto(`${running.url}/settings/users`);
    await page.getByRole('main').getByLabel('E-mail').fill('lager@shop.example');
    await page
      .getByRole('main')
      .getByRole('button', { name: words('en', 'users.inviteGo'), exact: true })
      .click();
    await worker.goto(await page.getByRole('main').locator('code').first().innerText());
    await worker.getByRole('button', { name: words('sv', 'invitation.go') }).click();
    const menu = worker.getByRole('navigation', { name: words('sv', 'shell.menu') });
    await menu.getByRole('link', { name: words('sv', 'nav.import') }).waitFor();
    await worker.getByRole('button', { name: /Sklep Drugi$/ }).click();
    await worker.getByRole('menuitem', { name: 'Sklep Pierwszy' }).click();
    await worker.getByRole('button', { name: /Sklep Pierwszy$/ }).waitFor();
    expect(await menu.getByRole('link', { name: words('sv', 'nav.import') }).count()).toBe(0);
    await worker.context().close();
  });

  test('a forgotten password is replaced by mail, which ends the sessions; a second factor is asked for', async () => {
    mailbox.clear();
    const other = await visitor('hu-HU', 'dark');
    const logIn = async (password: string) => {
      await other.goto(`${running.url}/login`);
      await other.getByLabel(words('hu', 'field.email')).fill('nina@shop.example');
      await other.getByLabel(words('hu', 'field.password'), { exact: true }).fill(password);
      await other.getByRole('button', { name: words('hu', 'login.go') }).click();
    };
    await other.goto(`${running.url}/forgot`);
    await other.getByLabel(words('hu', 'field.email')).fill('nina@shop.example');
    await other.getByRole('button', { name: words('hu', 'forgot.go') }).click();
    await other.goto(await linkIn(1));
    await other.getByLabel(words('hu', 'field.newPassword')).fill('an even better password');
    await other.getByRole('button', { name: words('hu', 'reset.go') }).click();
    await other.getByRole('heading', { level: 1, name: words('hu', 'login.title') }).waitFor();
    await logIn('a long enough password');
    await other.getByRole('alert').waitFor();
    await logIn('an even better password');
    await other.getByRole('navigation').first().waitFor();
    // The session of the first days has ended: its page goes to the log-in with the next thing that it asks for.
    await press('g', 'o');
    await heading(words('en', 'login.title')).waitFor();

    await other.goto(`${running.url}/settings/security`);
    const form = other.locator('form').filter({ has: other.getByRole('button', { name: words('hu', 'security.turnOn') }) });
    await form.getByLabel(words('hu', 'security.current')).fill('an even better password');
    await form.getByRole('button').last().click();
    await other.getByAltText(words('hu', 'security.qr')).waitFor();
    const secret = (await other.locator('main code').first().innerText()).trim();
    await other.getByLabel(words('hu', 'login.code')).fill(oneTimeCode(secret));
    await other.getByRole('button', { name: words('hu', 'security.confirm') }).click();
    await other.getByText(words('hu', 'security.isOn'), { exact: true }).waitFor();
    await other.context().clearCookies();
    await logIn('an even better password');
    await other.getByRole('heading', { level: 1, name: words('hu', 'login.second') }).waitFor();
    await other.getByLabel(words('hu', 'login.code')).fill(oneTimeCode(secret));
    await other.keyboard.press('Enter');
    await other.getByRole('navigation').first().waitFor();
    await other.context().close();
  });
});

/** A shop's orders: two hundred that need nobody, a company without its tax number, one with a wrong number, one whose rows do not add up. */
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
    order(203, { declaredTotal: '50.20', payments: [{ method: 'online', status: 'paid', amount: '50.20', at }] }),
  ];
}

/** What the app on the phone would show (RFC 6238). */
function oneTimeCode(secret: string): string {
  const bits = [...secret.replace(/=+$/, '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
