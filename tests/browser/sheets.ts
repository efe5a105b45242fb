/**
 * Contact sheets: every page and dialog of the demo as pictures, reduced and tiled, to be looked at.
 *
 *   npm run sheets -- [folder] [pl-light-1280 hu-dark-390 …] [--only text] [--empty] [--failing] [--organization name]
 *
 * A look is language-scheme-width. `--only` takes the pages whose name contains the text; `--empty` walks a new organization with nothing in it;
 * `--failing` shows what pages say when the server has a fault.
 * The demo is kept in FAKTURIST_DATA if that is set, which makes the next run start sooner.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { type Demo, type Language, startDemo } from './demo.ts';
import { eveningOfWork, openScene, scenes, standStill, startWalk, strangersPaths, type Walk } from './walk.ts';

const { folder, looks, only, empty, failing, organization } = readArguments(process.argv.slice(2));
mkdirSync(folder, { recursive: true });
const demo = await startDemo();
try {
  const where = await theOrganization(demo);
  for (const look of looks) await sheetsOf(demo, look, where);
} finally {
  await demo.close();
}

type Look = { language: Language; scheme: 'light' | 'dark'; width: number };
type Shot = { name: string; bytes: Buffer; height: number };

function readArguments(given: string[]) {
  const flags: Record<string, string> = {};
  const plain: string[] = [];
  for (let i = 0; i < given.length; i++) {
    if (given[i] === '--empty' || given[i] === '--failing') flags[given[i]!.slice(2)] = 'yes';
    else if (given[i]!.startsWith('--')) flags[given[i]!.slice(2)] = given[++i] ?? '';
    else plain.push(given[i]!);
  }
  const wished = plain.flatMap((one) => {
    const [, language, scheme, width] = /^(pl|hu|sv|en)-(light|dark)-(\d+)$/.exec(one) ?? [];
    return width ? [{ language, scheme, width: Number(width) } as Look] : [];
  });
  const standard: Look[] = [
    { language: 'pl', scheme: 'light', width: 1280 },
    { language: 'hu', scheme: 'dark', width: 390 },
  ];
  return {
    folder: plain.find((one) => !/^\w\w-(light|dark)-\d+$/.test(one)) ?? 'sheets',
    looks: wished.length > 0 ? wished : standard,
    only: flags.only,
    empty: flags.empty === 'yes',
    failing: flags.failing === 'yes',
    organization: flags.organization,
  };
}

async function theOrganization({ url, visit }: Demo): Promise<string> {
  const page = await visit();
  const walk = await startWalk(page, url);
  const { organizations } = await walk.call<{ organizations: { id: string; name: string; country: string }[] }>('me');
  let id = organizations.find((one) => one.name.includes(organization ?? 'Zielony'))?.id;
  if (empty)
    id = (await walk.call<{ organizationId: string }>('organizations', { name: 'Pusta sp. z o.o.', country: 'PL' })).organizationId;
  if (!id) throw new Error(`no organization named ${organization}: ${organizations.map((one) => one.name).join(', ')}`);
  if (!empty && !organization) await fill(page, url, walk);
  await page.context().close();
  return id;
}

/** What the Polish seller has after an evening of work, and who is told of it. */
async function fill(page: Page, url: string, { call }: Walk): Promise<void> {
  const { sampleImported } = await call<{ sampleImported: boolean }>('demo/state');
  if (sampleImported) return;
  await eveningOfWork(page, url, { call });
  await call('webhooks', { url: 'https://hooks.example.com/fakturist', events: ['document.issued', 'document.held'] });
}

async function sheetsOf({ url, visit }: Demo, look: Look, organizationId: string): Promise<void> {
  const started = Date.now();
  const page = await visit(look);
  const walk = await startWalk(page, url, organizationId);
  const shots: Shot[] = [];
  const wanted = (name: string) => !only || name.includes(only);
  if (failing)
    await page.route(/\/api\/v1\/(?!me|setup|events|finding-texts)/, (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ status: 500, code: 'internal' }) }),
    );
  for (const place of (await walk.places()).filter(wanted)) {
    await walk.goTo(place).catch((error: Error) => console.error(`${place}: ${error.message.split('\n')[0]}`));
    shots.push(await shoot(page, place, look.width));
  }
  for (const scene of failing ? [] : scenes.filter((s) => wanted(s.name) && (s.in ? organization?.includes(s.in) : !organization))) {
    const open = await openScene(page, walk, scene, look.language).catch((error: Error) => console.error(scene.name, error.message));
    if (open) shots.push(await shoot(page, scene.name, look.width, 900));
    else console.error(`${scene.name}: not here`);
    await page.goto(`${url}/explain`);
    await walk.settled('/explain');
    await standStill(page);
  }
  const buyer = only || failing ? undefined : await buyersPage(walk);
  await page.context().close();
  const stranger = await visit({ ...look, stranger: true });
  for (const place of [...strangersPaths(), '/buyer/no-such-link', ...(buyer ? [buyer] : [])].filter(wanted)) {
    await stranger.goto(url + place);
    await stranger.locator('main h1, main h2').first().waitFor();
    await stranger.waitForTimeout(150);
    shots.push(await shoot(stranger, place, look.width, 900));
  }
  await stranger.context().close();
  await tile({ url, visit } as Demo, shots, look);
  const name = `${look.language}-${look.scheme}-${look.width}`;
  console.log(`${name}: ${shots.length} pages in ${Math.round((Date.now() - started) / 1000)} s`);
  for (const fault of new Set(walk.failed)) console.log(`  ${fault}`);
}

async function buyersPage({ call }: Walk): Promise<string | undefined> {
  const [issued] = (await call<{ items: { id: string }[] }>('documents?states=issued&limit=1')).items;
  return issued && new URL((await call<{ url: string }>(`documents/${issued.id}/buyer-link`, {})).url).pathname;
}

/** The page as high as what it holds, within reason: the shell scrolls inside. */
async function shoot(page: Page, name: string, width: number, fixed?: number): Promise<Shot> {
  const inside = fixed ?? (await page.evaluate(() => document.querySelector('main')?.scrollHeight ?? 0));
  const height = fixed ?? Math.min(Math.max(width < 700 ? 844 : 720, inside + (width < 900 ? 60 : 0)), width < 700 ? 2600 : 2000);
  await page.setViewportSize({ width, height });
  await page.waitForTimeout(120);
  const bytes = await page.screenshot({ type: 'jpeg', quality: 80 });
  await page.setViewportSize({ width, height: 900 });
  return { name, bytes, height };
}

/** As many side by side as can still be read. */
async function tile({ visit }: Demo, shots: Shot[], look: Look): Promise<void> {
  const columns = look.width < 500 ? 5 : look.width < 900 ? 3 : 2;
  const wide = Math.floor(1560 / columns) - 8;
  const page = await visit({ width: 1560 });
  const rows: Shot[][] = [];
  for (let i = 0; i < shots.length; i += columns) rows.push(shots.slice(i, i + columns));
  const sheets: Shot[][] = [[]];
  let high = 0;
  for (const row of rows) {
    const rowHigh = Math.max(...row.map((s) => (s.height * wide) / look.width)) + 24;
    if (high > 0 && high + rowHigh > 1500) {
      sheets.push([]);
      high = 0;
    }
    sheets.at(-1)!.push(...row);
    high += rowHigh;
  }
  for (const [i, sheet] of sheets.entries()) {
    const figures = sheet
      .map((s) => `<figure><figcaption>${s.name}</figcaption><img src="data:image/jpeg;base64,${s.bytes.toString('base64')}"></figure>`)
      .join('');
    await page.setContent(
      `<style>body{margin:0;background:#888;display:grid;grid-template-columns:repeat(${columns},${wide}px);gap:8px;align-items:start}` +
        `figure{margin:0}img{width:100%;display:block}figcaption{font:13px monospace;background:#ffd;overflow:hidden;white-space:nowrap}</style>${figures}`,
    );
    await page.waitForFunction(() => [...document.images].every((image) => image.complete));
    const name = `${look.language}-${look.scheme}-${look.width}${empty ? '-empty' : ''}${failing ? '-failing' : ''}${organization ? `-${organization}` : ''}-${String(i + 1).padStart(2, '0')}.png`;
    writeFileSync(path.join(folder, name), await page.screenshot({ fullPage: true }));
  }
  await page.context().close();
}
