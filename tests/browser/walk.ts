import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type AxeCore from 'axe-core';
import type { Page, Request } from 'playwright-core';
import english from '../../web/src/texts/en.json' with { type: 'json' };
import hungarian from '../../web/src/texts/hu.json' with { type: 'json' };
import polish from '../../web/src/texts/pl.json' with { type: 'json' };
import swedish from '../../web/src/texts/sv.json' with { type: 'json' };
import type { Language } from './demo.ts';

/** Every page that the router knows and every dialog behind its buttons, on the demo's data: what tests and contact sheets walk through. */
export type Call = <T = { id: string }>(address: string, body?: unknown) => Promise<T>;
export type Walk = {
  /** The addresses of all pages; of a thing's page, that of its first one. */
  places(): Promise<string[]>;
  goTo(path: string): Promise<void>;
  settled(path?: string): Promise<void>;
  /** Faults of pages and failed requests so far. */
  failed: string[];
  call: Call;
};

const texts: Record<Language, Record<string, string>> = { en: english, hu: hungarian, pl: polish, sv: swedish };
/** The words before the first placeholder: enough to find a button by. */
export const words = (language: Language, key: string): string =>
  (texts[language][key] ?? texts[language][`${key}_other`] ?? key).replace(/\s*\{.*$/, '');

/** The routes of members, read from the router itself: a new page is walked without being listed here. */
function routePaths(): string[] {
  const inside = router().slice(router().indexOf('function Pages()'), router().indexOf('function Back()'));
  const paths = [...inside.matchAll(/<Route path="([^"]+)" element=\{<(\w+)/g)].filter(
    ([, , element]) => !['Back', 'Missing', 'Entrance'].includes(element!),
  );
  if (paths.length < 20) throw new Error('the router is no longer read well');
  return paths.map(([, path]) => path!);
}

/** The routes of those who are not signed in. */
export function strangersPaths(): string[] {
  const outside = router().slice(router().indexOf('function Outside()'), router().indexOf('function Inside('));
  return [...outside.matchAll(/<Route path="(\/[^"]+)"/g)].map(([, path]) => path!.replace(/\/:\w+\??$/, '/no-such-thing'));
}

const router = () => readFileSync(new URL('../../web/src/app.tsx', import.meta.url), 'utf8');

export function settingsParts(): string[] {
  const source = readFileSync(new URL('../../web/src/pages/settings-parts.ts', import.meta.url), 'utf8');
  return [...source.matchAll(/\{ part: '([\w-]+)'/g)].map(([, part]) => part!);
}

export async function organizationsOf({ call }: Walk): Promise<{ id: string; name: string }[]> {
  return (await call<{ organizations: { id: string; name: string }[] }>('me')).organizations;
}

/** Works in the given organization, or in the one remembered, until the page is closed. */
export async function startWalk(page: Page, url: string, organization?: string): Promise<Walk> {
  const failed: string[] = [];
  let underWay = 0;
  const counts = (request: Request) => !request.url().includes('/events');
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) failed.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => failed.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => void (counts(request) && underWay++));
  page.on('requestfinished', (request) => void (counts(request) && underWay--));
  page.on('requestfailed', (request) => void (counts(request) && underWay--));
  page.on('response', (answer) => {
    if (answer.status() >= 400 && !answer.url().includes('/help/')) failed.push(`${answer.status()} ${answer.url()}`);
  });
  const settled = async (path?: string) => {
    if (path) await page.locator(`main[data-path="${path}"] h1`).first().waitFor();
    for (const until = Date.now() + 15_000; ; ) {
      const busy = await busyWhenStill(page);
      if (busy + underWay === 0) return;
      if (Date.now() > until) throw new Error(`${path ?? page.url()} is not settled after 15 seconds: ${busy + underWay} things under way`);
    }
  };
  if (organization) await page.addInitScript((id) => self === top && localStorage.setItem('fakturist.organization', id), organization);
  await page.goto(`${url}/explain`);
  await settled('/explain');
  await standStill(page);
  const remembered = organization ?? (await page.evaluate(() => localStorage.getItem('fakturist.organization') ?? ''));
  const call: Call = async (address, body) => {
    const answer = await page.request.fetch(`${url}/api/v1/${address}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-organization': remembered, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { data: JSON.stringify(body) }),
    });
    if (!answer.ok()) throw new Error(`${answer.status()} ${address}: ${await answer.text()}`);
    return (await answer.json().catch(() => undefined)) as never;
  };
  const places = async (): Promise<string[]> => {
    const ask = async (address: string) =>
      call<{ items: { id: string }[] }>(address)
        .then((answer) => answer.items)
        .catch(() => undefined);
    /** Where an area's things are listed, if not under its own name; an area without any has no page of one. */
    const lists: Record<string, string> = {
      documents: 'documents?states=issued&limit=1',
      import: 'imports?limit=1',
      buyers: 'parties?limit=1',
    };
    const things: Record<string, string | undefined> = {};
    for (const area of new Set(
      routePaths()
        .filter((path) => /^\/[\w-]+\/:id(\/|$)/.test(path))
        .map((path) => path.split('/')[1]!),
    )) {
      const items = await ask(lists[area] ?? area);
      if (!items) throw new Error(`/${area}/:id: the walk does not know where to find one`);
      things[area] = items[0]?.id;
    }
    let mapped: string | undefined;
    for (const { id } of (await ask('connections'))!) if (!mapped && (await ask(`connections/${id}/mappings`))) mapped = id;
    return routePaths().flatMap((path) => {
      if (path === '/settings/:part?/:id?') return ['/settings', ...settingsParts().map((part) => `/settings/${part}`)];
      if (path === '/connections/:id/mappings') return mapped ? [path.replace(':id', mapped)] : [];
      if (path === '/explain/:code?') return ['/explain', '/explain/H_UNPAID'];
      const area = path.split('/')[1]!;
      if (/:(?!id)/.test(path)) throw new Error(`${path}: the walk does not know what to put there`);
      if (path.includes(':') && !things[area]) return [];
      return path === '/mail' ? [path, '/mail?view=mailbox'] : [path.replace(':id', things[area] ?? '')];
    });
  };
  const goTo = async (path: string) => {
    await page.evaluate((to) => {
      history.pushState({}, '', to);
      dispatchEvent(new PopStateEvent('popstate'));
    }, path);
    await settled(path);
  };
  return { places, goTo, settled, failed, call };
}

/** What the Polish seller has after an evening of work: issued and held documents, a proforma, a key, a template, an invitation, a question of a buyer. */
export async function eveningOfWork(page: Page, url: string, { call }: Pick<Walk, 'call'>): Promise<void> {
  const until = async (what: () => Promise<boolean>) => {
    for (let i = 0; i < 300 && !(await what()); i++) await page.waitForTimeout(100);
  };
  const run = await call('demo/import-sample', {});
  await until(async () => (await call<{ status: string }>(`imports/${run.id}`)).status === 'done');
  const queue = (await call<{ items: { id: string; held: boolean }[] }>('documents?states=to_issue&held=false&limit=50')).items;
  await call(`documents/${queue[0]!.id}/kind`, { kind: 'proforma' }).catch(() => {});
  const issue = await call<{ runId: string }>('documents/issue', { selection: { ids: queue.slice(0, 8).map((d) => d.id) }, mail: true });
  await until(async () => (await call<{ status: string }>(`issue-runs/${issue.runId}`)).status === 'done');
  await call('api-keys', { name: 'Księgowość', scopes: ['read'] });
  await call('mail-templates', {
    name: 'Faktura dla sklepu',
    kind: 'invoice',
    language: 'pl',
    subject: 'Faktura {{ document.number }}',
    body: 'Dzień dobry,\n\nw załączeniu faktura {{ document.number }}.',
  });
  await call('invitations', { email: 'ksiegowa@biuro.example', role: 'bookkeeper' });
  const [issued] = (await call<{ items: { id: string }[] }>('documents?states=issued&kinds=invoice&limit=1')).items;
  const link = await call<{ url: string }>(`documents/${issued!.id}/buyer-link`, {});
  await page.request.post(`${url}/api/v1/buyer/${link.url.split('/').at(-1)}/requests`, {
    data: { kind: 'report', said: 'Na fakturze jest zła ilość: zamówiłam dwie sztuki, a są trzy.' },
  });
}

/** Waits for three frames in which nothing was drawn anew (what a click or an answer sets off has been set off), and says how much is still awaited. */
export function busyWhenStill(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let still = 0;
        const seen = new MutationObserver(() => (still = 0));
        seen.observe(document, { subtree: true, childList: true, attributes: true });
        const frame = () => {
          if (++still < 4) return void requestAnimationFrame(frame);
          seen.disconnect();
          resolve(document.querySelectorAll('[aria-busy="true"], [data-waiting], .mantine-Skeleton-root').length);
        };
        // Something that never rests is looked at as it is.
        setTimeout(() => (still = 3), 2_000);
        requestAnimationFrame(frame);
      }),
  );
}

/** Colours stand still when they are looked at. */
export async function standStill(page: Page): Promise<void> {
  await page.evaluate(() => {
    const still = new CSSStyleSheet();
    still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important; }');
    document.adoptedStyleSheets = [still];
  });
}

/** What opens over a page: where, and which buttons are pressed, named by the key of their words (or a key of the keyboard, `key:…`). */
type Scene = {
  name: string;
  path: (walk: Walk) => Promise<string | undefined>;
  press: string[] /** The demo's organization that has such things, by a part of its name; else the Polish seller. */;
  in?: string;
};
const at = (path: string) => async () => path;
/** The first document that a query finds. */
const documentOf = (query: string, then = (id: string) => `/documents/${id}`) => {
  return async ({ call }: Walk) => {
    const id = (await call<{ items: { id: string }[] }>(`documents?limit=1&${query}`)).items[0]?.id;
    return id && then(id);
  };
};
export const scenes: Scene[] = [
  { name: 'palette', path: at('/documents'), press: ['key:Control+k'] },
  { name: 'shortcuts', path: at('/to-issue'), press: ['key:?'] },
  { name: 'help', path: at('/to-issue'), press: ['shell.helpFor'] },
  { name: 'account', path: at('/settings'), press: ['shell.account'] },
  { name: 'organizations', path: at('/settings'), press: ['shell.organization'] },
  { name: 'editor', path: documentOf('states=to_issue', (id) => `/to-issue?open=${id}`), press: [] },
  { name: 'quick edit', path: at('/to-issue'), press: ['key:j', 'key:t'] },
  { name: 'selection', path: at('/to-issue'), press: ['key:j', 'key:x'] },
  { name: 'bulk edit', path: at('/to-issue'), press: ['key:j', 'key:x', 'key:b'] },
  { name: 'issue', path: at('/to-issue'), press: ['key:Shift+I'] },
  { name: 'filter', path: at('/documents'), press: ['filter.title'] },
  { name: 'document menu', path: documentOf('states=issued'), press: ['common.more'] },
  { name: 'mail', path: documentOf('states=issued'), press: ['key:m'] },
  { name: 'print', path: documentOf('states=issued'), press: ['action.print'] },
  { name: 'correct', path: documentOf('states=issued&kinds=invoice', (id) => `/documents/${id}/correct`), press: [] },
  { name: 'held document', path: documentOf('states=to_issue&held=true'), press: [] },
  { name: 'prepayment', path: documentOf('states=issued&kinds=proforma'), press: ['common.more', 'action.prepayment'] },
  { name: 'resend', path: at('/mail'), press: ['mail.actions', 'mail.resend'] },
  { name: 'pair agent', path: at('/agents'), press: ['agents.add'] },
  { name: 'pair code', path: at('/agents'), press: ['agents.add', 'agents.makeCode'] },
  { name: 'connect', path: at('/connections'), press: ['connections.connect'] },
  { name: 'series', path: at('/settings/series'), press: ['action.edit'] },
  { name: 'question', path: at('/settings/keys'), press: ['apiKeys.revoke'] },
  { name: 'new series', path: at('/settings/series'), press: ['series.new'] },
  { name: 'register', path: at('/settings/series'), press: ['series.register'] },
  { name: 'template', path: at('/settings/messages'), press: ['messages.new'] },
  { name: 'test send', path: at('/settings/messages'), press: ['messages.new', 'messages.test'] },
  { name: 'print rule', path: at('/settings/print'), press: ['print.add'] },
  { name: 'export', path: at('/documents'), press: ['documents.export', 'documents.exportProgram'] },
  { name: 'order a plan', path: at('/billing'), press: ['billing.order'] },
  { name: 'plan', path: at('/billing'), press: ['billing.newPlan'], in: 'Operator' },
  { name: 'match payment', path: at('/payments'), press: ['payments.other'], in: 'Operator' },
  { name: 'activate', path: firstReceivable, press: ['verb.activate'], in: 'Lanthandel' },
  { name: 'replace', path: firstReceivable, press: ['verb.replace'], in: 'Lanthandel' },
  { name: 'cancel', path: firstReceivable, press: ['verb.cancel'], in: 'Lanthandel' },
  { name: 'missing page', path: at('/no-such-page'), press: [] },
  { name: 'missing document', path: at('/documents/00000000-0000-7000-8000-000000000000'), press: [] },
];

async function firstReceivable({ call }: Walk): Promise<string | undefined> {
  const { items } = await call<{ items: { id: string; state?: string }[] }>('receivables');
  const one = items.find((r) => r.state === 'pending') ?? items[0];
  return one && `/receivables/${one.id}`;
}

/** True when the scene could be set up with the data at hand. */
export async function openScene(page: Page, walk: Walk, scene: Scene, language: Language): Promise<boolean> {
  const path = await scene.path(walk);
  if (!path) return false;
  // What an earlier scene left open on the same page is closed by leaving it.
  const shown = await page.locator('main').getAttribute('data-path');
  if (shown?.split('?')[0] === path.split('?')[0]) await walk.goTo('/explain');
  await walk.goTo(path);
  for (const step of scene.press) {
    if (step.startsWith('key:')) await page.keyboard.press(step.slice(4));
    else {
      const name = new RegExp(`^${words(language, step).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);
      const button = page.getByRole('button', { name }).or(page.getByRole('menuitem', { name })).filter({ visible: true }).first();
      // The page stands still: what is not there now does not come.
      if ((await button.count()) === 0) return false;
      await button.click();
    }
    await walk.settled();
  }
  return true;
}

// axe itself comes with its glue for Playwright, which would put it into the page anew for every look.
const axeSource = readFileSync(
  createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** axe is put into the page once; pages change without a reload. `inside` looks at that part alone, if it is there. */
export async function axe(page: Page, where: string, only?: string[], inside?: string): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
  const violations = await page.evaluate(
    async ({ rules, part }) => {
      const run = (window as unknown as { axe: typeof AxeCore }).axe.run;
      const { violations: found } = await run(
        // The viewer inside a frame with a PDF, and mails of other people, are not ours.
        { ...(part && document.querySelector(part) ? { include: [[part]] } : {}), exclude: [['iframe']] },
        {
          iframes: false,
          resultTypes: ['violations'],
          runOnly: rules
            ? { type: 'rule', values: rules }
            : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
        },
      );
      // An open menu is no landmark and need not stand in one.
      const inMenu = (target: unknown) => {
        const element = document.querySelector(String(target));
        return Boolean(element?.closest('[role="menu"]') ?? element?.querySelector('[role="menu"]'));
      };
      return found.map((v) => ({
        id: v.id,
        nodes: v.nodes
          .filter((node) => v.id !== 'region' || !inMenu(node.target[0]))
          .slice(0, 3)
          .map((node) => `${node.target.join(' ')} — ${node.html.slice(0, 160)}`),
      }));
    },
    { rules: only, part: inside },
  );
  return violations.flatMap((v) => v.nodes.map((node) => `${where}: ${v.id}: ${node}`));
}
