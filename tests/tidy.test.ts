import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** House rules: the arrows of docs/ARCHITECTURE.md, what the core may not touch, and words that stay where they belong. */
const root = path.join(import.meta.dirname, '..');

function sources(folder: string, ending = /\.tsx?$/): string[] {
  const out: string[] = [];
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist') continue;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) out.push(...sources(file, ending));
    else if (ending.test(entry.name)) out.push(file);
  }
  return out;
}

const code = [...sources('src'), ...sources('connectors')];
const product = code.filter((f) => !/\.test\.tsx?$/.test(f) && !f.startsWith('src/testkit'));
const text = (file: string) => readFileSync(path.join(root, file), 'utf8');

function imports(file: string): string[] {
  const found = [...text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((m) => m[1]!);
  return found.map((target) => path.normalize(path.join(path.dirname(file), target)));
}

/** Each folder of src and what it may import; a folder missing here fails, so that somebody decides. */
const arrows: Record<string, string[]> = {
  domain: ['domain'],
  contract: ['contract', 'domain'],
  store: ['store', 'contract', 'domain'],
  jobs: ['jobs', 'store', 'contract', 'domain', 'trace.ts'],
  connections: ['connections', 'jobs', 'store', 'contract', 'domain'],
  webhooks: ['webhooks', 'connections', 'jobs', 'store', 'contract', 'domain'],
  delivery: ['delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  diagnosis: ['diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  agents: ['agents', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  toissue: ['toissue', 'agents', 'delivery', 'diagnosis', 'connections', 'jobs', 'store', 'contract', 'domain'],
  administer: ['administer', 'diagnosis', 'connections', 'jobs', 'store', 'contract', 'domain'],
  intake: ['intake', 'toissue', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  'intake-calls': [
    'intake-calls',
    'administer',
    'intake',
    'toissue',
    'diagnosis',
    'delivery',
    'connections',
    'jobs',
    'store',
    'contract',
    'domain',
  ],
  desk: ['desk', 'toissue', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  payments: ['payments', 'intake', 'toissue', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  billing: [
    'billing',
    'desk',
    'payments',
    'intake',
    'toissue',
    'diagnosis',
    'delivery',
    'connections',
    'jobs',
    'store',
    'contract',
    'domain',
  ],
  transfer: ['transfer', 'agents', 'toissue', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  channel: ['channel', 'intake', 'intake-calls', 'toissue', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
  books: [
    'books',
    'reconcile',
    'transfer',
    'toissue',
    'intake',
    'diagnosis',
    'delivery',
    'connections',
    'jobs',
    'store',
    'contract',
    'domain',
  ],
  archive: [
    'archive',
    'books',
    'reconcile',
    'transfer',
    'toissue',
    'intake',
    'diagnosis',
    'delivery',
    'connections',
    'jobs',
    'store',
    'contract',
    'domain',
  ],
  reconcile: ['reconcile', 'transfer', 'toissue', 'intake', 'diagnosis', 'delivery', 'connections', 'jobs', 'store', 'contract', 'domain'],
};
const surfaces = new Set([
  'api',
  'cli',
  'agent',
  'testkit',
  'server.ts',
  'telemetry.ts',
  'trace.ts',
  'config.ts',
  'open.ts',
  'workers.ts',
  'demo',
]);

test('arrows point inward', () => {
  const wrong: string[] = [];
  for (const file of product.filter((f) => f.startsWith('src/'))) {
    const folder = file.split('/')[1]!;
    if (surfaces.has(folder)) continue;
    const allowed = arrows[folder];
    for (const target of imports(file)) {
      const [top, sub] = target.split('/');
      if (!allowed) wrong.push(`${file}: folder ${folder} has no arrows yet`);
      else if (top !== 'src' || !allowed.includes(sub!)) wrong.push(`${file} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the page of architecture names every folder of src, and none that is gone', () => {
  const page = text('docs/ARCHITECTURE.md');
  const named = [...page.matchAll(/^src\/([a-z-]+)\//gm), ...page.matchAll(/^src\/api\/ ([a-z]+)\//gm)].map((m) => m[1]!);
  const there = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(named.sort()).toEqual(there.map((entry) => entry.name).sort());
});

test('folders of the middle ring are entered by their index', () => {
  const middle = new Set([
    'intake',
    'toissue',
    'transfer',
    'delivery',
    'diagnosis',
    'reconcile',
    'books',
    'archive',
    'jobs',
    'store',
    'connections',
    'webhooks',
    'payments',
    'billing',
    'desk',
    'agents',
    'channel',
    'administer',
  ]);
  const wrong: string[] = [];
  for (const file of product) {
    for (const target of imports(file)) {
      const [top, sub, ...rest] = target.split('/');
      if (
        top === 'src' &&
        middle.has(sub!) &&
        !file.startsWith(`src/${sub}/`) &&
        rest.join('/') !== 'index.ts' &&
        !rest.join('/').startsWith('pdf/')
      )
        wrong.push(`${file} → ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('a connector imports contract, domain and itself; its simulator also the test kit; nothing imports a connector but the registry', () => {
  const wrong: string[] = [];
  for (const file of code.filter((f) => f.startsWith('connectors/'))) {
    if (file.startsWith('connectors/registry')) continue;
    const own = file.split('/').slice(0, 2).join('/');
    const test = /\.test\.ts$|simulator|demo/.test(file);
    for (const target of imports(file)) {
      const fine =
        target.startsWith(`${own}/`) ||
        target.startsWith('src/contract/') ||
        target.startsWith('src/domain/') ||
        (test && target.startsWith('src/testkit/'));
      if (!fine) wrong.push(`${file} → ${target}`);
    }
  }
  for (const file of product.filter((f) => f.startsWith('src/'))) {
    for (const target of imports(file))
      if (target.startsWith('connectors/') && target !== 'connectors/registry.ts') wrong.push(`${file} → ${target}`);
  }
  expect(wrong).toEqual([]);
});

test('every connector is a folder of the same shape', () => {
  const wrong: string[] = [];
  for (const { name: id } of readdirSync(path.join(root, 'connectors'), { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const files = readdirSync(path.join(root, 'connectors', id));
    const must = ['NOTES.md', 'connector.ts', 'help', 'manifest.ts', `${id}.test.ts`];
    // Who talks to an API has its codes, its mapping and a double beside its wire; who has a double has tests of it.
    if (files.includes('client.ts')) must.push('causes.ts', 'mapper.ts', 'simulator.ts');
    if (files.includes('simulator')) must.push('simulator.ts', 'simulator.test.ts');
    // What the other side would refuse is judged in one place of that name.
    const judges = files.some((file) => file.endsWith('.ts') && /^(export )?function preflight\(/m.test(text(`connectors/${id}/${file}`)));
    if (judges) must.push('preflight.ts');
    wrong.push(...must.filter((file) => !files.includes(file)).map((file) => `connectors/${id}: no ${file}`));
    const folders = ['fixtures', 'help', 'simulator'];
    wrong.push(
      ...files
        .filter((file) => !/\.(ts|md)$/.test(file) && !folders.includes(file))
        .map((file) => `connectors/${id}/${file}: belongs where?`),
    );
    if (!text(`connectors/${id}/${id}.test.ts`).includes('connectorSuite(')) wrong.push(`connectors/${id}: the shared suite is not called`);
    expect(readdirSync(path.join(root, 'connectors', id, 'help')).sort(), id).toEqual(['en.md', 'hu.md', 'pl.md', 'sv.md']);
  }
  expect(wrong).toEqual([]);
});

test('what is exported is imported somewhere', () => {
  const all = [...code, ...sources('web'), ...sources('tests'), ...sources('bench'), ...sources('scripts'), ...sources('examples')];
  const users = new Map<string, number>();
  for (const file of all) for (const word of new Set(text(file).match(/\w+/g))) users.set(word, (users.get(word) ?? 0) + 1);
  const wrong: string[] = [];
  for (const file of all.filter((f) => !/^(tests|bench|scripts|src\/store\/migrations)\//.test(f)))
    for (const [, name] of text(file).matchAll(/^export (?:async )?(?:function\*?|const|class|type|interface) (\w+)/gm))
      if (users.get(name!) === 1) wrong.push(`${file}: ${name} is used by no other file: take "export" away`);
  expect(wrong).toEqual([]);
});

test('the domain knows no clock, chance, network or disk', () => {
  const banned = /Date\.now\(|new Date\(\)|Math\.random\(|fetch\(|from 'node:(fs|net|http|https|child_process|crypto)|process\.(env|cwd)/;
  const wrong = product.filter((f) => f.startsWith('src/domain/') && banned.test(text(f)));
  expect(wrong).toEqual([]);
});

test('rows are locked against writers, not against rows that refer to them, but where their absence is relied on (ADR 3)', () => {
  const found = product
    .filter((f) => !f.includes('/migrations/') && !f.includes('/testkit/'))
    .flatMap((f) =>
      [
        ...text(f)
          .replace(/^ *(\/\/|\/?\*).*$/gm, '')
          .matchAll(/forUpdate\(|\bfor update\b/g),
      ].map(() => f),
    );
  // A series that has no number yet may change its reset; an archived document has no mail under way.
  expect(found.sort()).toEqual(['src/archive/remove.ts', 'src/toissue/series.ts']);
});

// Contact sheets and browser stories wait until nothing is on its way: code that is loaded for a dialog must count.
test('what is still being loaded can be told from what is not there', () => {
  expect(sources('web/src').filter((f) => /<Suspense>|<Suspense fallback=\{(null|undefined)\}/.test(text(f)))).toEqual([]);
});

test('clock and chance come in as arguments in the middle folders', () => {
  const wrong: string[] = [];
  for (const folder of [
    'toissue',
    'transfer',
    'diagnosis',
    'reconcile',
    'intake',
    'connections',
    'webhooks',
    'payments',
    'billing',
    'agents',
    'administer',
  ]) {
    for (const file of product.filter((f) => f.startsWith(`src/${folder}/`)))
      if (/Date\.now\(|new Date\(\)|Math\.random\(/.test(text(file))) wrong.push(file);
  }
  expect(wrong).toEqual([]);
});

test('words of one country or vendor stay in regimes, formats and connectors', () => {
  const words = /\b(nip|ksef|jpk|moms|faktura|faktury|számla|szamlazz|allegro|infakt|walley|baselinker|peppol|nyugta|adoszam|adószám)\b/i;
  const wrong: string[] = [];
  for (const file of product) {
    const inCore = file.startsWith('src/domain/') && !/src\/domain\/(regimes|formats)\//.test(file);
    const inMiddle = /^src\/(toissue|transfer|diagnosis|administer)\//.test(file) && !file.includes('/texts/');
    if (!inCore && !inMiddle) continue;
    text(file)
      .split('\n')
      .forEach((line, i) => {
        // Comments may name the law and the contract; code may not. First series carry the names sellers know.
        const bare = line.replace(/\/\/.*$|^\s*\*.*$|\/\*.*?\*\//g, '');
        if (words.test(bare) && !file.endsWith('toissue/organization.ts')) wrong.push(`${file}:${i + 1}: ${line.trim().slice(0, 100)}`);
      });
  }
  expect(wrong).toEqual([]);
});

test('nothing unfinished, switched off or from this machine is in the tree', () => {
  const wrong: string[] = [];
  const tracked = [...code, ...sources('web/src'), ...sources('tests'), ...sources('scripts'), ...sources('bench')].filter(
    (f) => f !== 'tests/tidy.test.ts' && f !== 'tests/help.test.ts',
  );
  for (const file of tracked) {
    const content = text(file);
    if (/\b(TODO|FIXME|HACK)\b|\bXXX:|not implemented/.test(content)) wrong.push(`${file}: unfinished`);
    if (/\b(test|it|describe)\.(only|skip|todo)\(/.test(content)) wrong.push(`${file}: switched off`);
    if (/\/work\/(main|shared)|\/root\//.test(content)) wrong.push(`${file}: machine path`);
  }
  expect(wrong).toEqual([]);
});

test('source files stay small enough to be one thing', () => {
  const limit = 1000;
  const wrong = product.filter(
    (f) => statSync(path.join(root, f)).size > 0 && text(f).split('\n').length > limit && !/texts|causes|simulator|schemas/.test(f),
  );
  expect(wrong).toEqual([]);
});
