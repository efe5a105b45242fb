import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchBrowser } from '../../src/testkit/browser.ts';

/** The demo as a newcomer starts it, in a process of its own on the embedded database, and a real browser. */
export type Language = 'pl' | 'en' | 'hu' | 'sv';
type Visit = { language?: Language; scheme?: 'light' | 'dark'; width?: number };
export type Demo = {
  url: string;
  /**
   * A new page, signed in unless told otherwise. Visits alike share a browser profile, as tabs do, and what the browser keeps of our
   * files: a new profile costs a second of the processor. `own` is for who changes the profile itself (network, clock, cookies) or is another person.
   */
  visit(how?: Visit & { stranger?: boolean; own?: boolean }): Promise<Page>;
  /** Closes the pages of a test, also of one that failed: each holds one of the six connections of its profile. */
  leave(): Promise<void>;
  close(): Promise<void>;
};

if (!chromiumPath && process.env.CI)
  throw new Error('No Chromium found: in CI the browser stories must run. Set FAKTURIST_TEST_BROWSER to one.');
if (!chromiumPath) console.warn('No Chromium found: the browser stories are SKIPPED. Set FAKTURIST_TEST_BROWSER to one.');
export const hasBrowser = chromiumPath !== undefined;

const root = path.join(import.meta.dirname, '..', '..');
const person = { email: 'demo@fakturist.example', password: 'fakturist-demo' };
const locales = { pl: 'pl-PL', en: 'en-GB', hu: 'hu-HU', sv: 'sv-SE' };

/** `begin` makes the data folder, if the database need not grow from nothing. */
export async function startDemo(begin?: (dataFolder: string) => void): Promise<Demo> {
  const kept = process.env.FAKTURIST_DATA;
  const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'fakturist-browser-'));
  if (!kept) begin?.(path.join(folder, 'data'));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'demo-process.ts')], {
    cwd: root,
    env: { ...process.env, FAKTURIST_DATA: path.join(folder, 'data'), PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await address(child);
  let closing = false;
  child.once('exit', (code, signal) => closing || console.error(`the demo ended in the middle of the stories (${code ?? signal})`));
  const browser = await launchBrowser();
  const state = await signedIn(browser, url);
  const profile = async ({ language = 'pl', scheme = 'light', width = 1440, stranger = false }: Visit & { stranger?: boolean }) => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      locale: locales[language],
      timezoneId: 'Europe/Warsaw',
      reducedMotion: 'reduce',
      ...(stranger ? {} : { storageState: state }),
    });
    context.setDefaultTimeout(15_000);
    return context;
  };
  const pages: Page[] = [];
  const opened = (page: Page) => {
    pages.push(page);
    return page;
  };
  const shared = new Map<string, Promise<BrowserContext>>();
  return {
    url,
    visit: async ({ own = false, ...how } = {}) => {
      if (own) return opened(await (await profile(how)).newPage());
      const key = JSON.stringify(how);
      const context = await (shared.get(key) ?? shared.set(key, profile(how)).get(key)!);
      context.once('close', () => shared.delete(key));
      return opened(await context.newPage());
    },
    leave: async () => {
      for (const page of pages.splice(0)) await page.close();
    },
    close: async () => {
      closing = true;
      // The stories are over: how long a browser or a demo takes to say goodbye is no part of them.
      const limit = new Promise((resolve) => setTimeout(resolve, 10_000).unref());
      await Promise.race([browser.close(), limit]);
      const gone =
        child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 20_000).unref())]);
      if (!kept) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the demo did not start in 90 seconds: ${wrong.slice(-2000)}`));
    }, 90_000);
    let said = '';
    let wrong = '';
    child.stderr!.on('data', (bytes: Buffer) => {
      wrong += bytes.toString();
    });
    child.stdout!.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const url = /"url":\s*"(http[^"]+)"/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(patience);
      resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${wrong.slice(-2000)}`)));
  });
}

/** One sign-in for all stories: signing in is limited per minute. The Polish seller is the one worked for. */
async function signedIn(browser: Browser, url: string): Promise<Awaited<ReturnType<BrowserContext['storageState']>>> {
  const context = await browser.newContext({ locale: 'pl-PL' });
  const page = await context.newPage();
  await page.goto(`${url}/login`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Hasło', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Zaloguj się' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Dokumenty' }).waitFor();
  const state = await context.storageState();
  // The language stays that of the visit, not of the sign-in.
  for (const origin of state.origins) origin.localStorage = origin.localStorage.filter((entry) => entry.name === 'fakturist.organization');
  await context.close();
  return state;
}
