import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandsPage } from '../src/cli/commands-page.ts';
import { table } from '../src/cli/table.ts';

/** What the docs name is there (links, files, commands, flags, scripts, environment), and what is there to be used is named in the docs. */
const root = path.join(import.meta.dirname, '..');

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist', 'data'].includes(entry.name) || entry.name.startsWith('.') ? [] : files(file, ending);
    return ending.test(entry.name) ? [file] : [];
  });
}
const text = (file: string) => readFileSync(path.join(root, file), 'utf8');
const pages = files('.', /\.md$/).filter((file) => !file.startsWith('help/') && !file.startsWith('CHANGELOG'));
const help = files('help', /\.md$/);
const sources = files('.', /\.(ts|tsx|mjs|js)$|^node24$/);
/** Every mention that fits the pattern, with its page. */
const mentions = (pattern: RegExp, among = [...pages, ...help]) =>
  among.flatMap((page) => [...text(page).matchAll(pattern)].map((match) => ({ page, said: match[1]!, whole: match[0] })));

const commands = Object.values(table);
const scripts = (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts;

test('links between pages lead somewhere, to a heading too', () => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replace(/ /g, '-');
  const wrong = mentions(/\]\((?!https?:|mailto:|\/)([^)\s]+)\)/g, pages).filter(({ page, said }) => {
    const [to, heading] = said.split('#');
    const file = to === '' ? page : path.join(path.dirname(page), to!);
    if (!existsSync(path.join(root, file))) return true;
    return heading !== undefined && ![...text(file).matchAll(/^#+ (.+)$/gm)].some(([, title]) => slug(title!) === heading);
  });
  expect(wrong).toEqual([]);
});

test('files and folders that the docs name are there', () => {
  const named = mentions(/`([\w@.-]*(?:\/[\w@.-]+)*(?:\/|\.(?:ts|tsx|md|json|yaml|typ|css)))`/g, pages);
  const all = files('.', /./).map((file) => `/${file}`);
  // The control door of simulators is an address.
  const wrong = named.filter(
    ({ said }) =>
      said !== '/__sim/' &&
      said.length > 3 &&
      !all.some((file) => (said.endsWith('/') ? file.includes(`/${said}`) : file.endsWith(`/${said}`))),
  );
  expect(wrong.map(({ page, said }) => `${page}: ${said}`)).toEqual([]);
  expect(named.length).toBeGreaterThan(60);
});

test('what a page calls a function or a type of ours exists by that name', () => {
  const words = new Set(sources.flatMap((file) => text(file).match(/\w+/g) ?? []));
  // Words of a library.
  const theirs = new Set(['singletonKey', 'singletonSeconds']);
  const wrong = mentions(/`([a-z]+[A-Z]\w*)(?:\(\))?`/g, pages).filter(({ said }) => !words.has(said) && !theirs.has(said));
  expect(wrong.map(({ page, said }) => `${page}: ${said}`)).toEqual([]);
});

test('what the page of architecture names by one word is a folder of src or something exported', () => {
  const page = 'docs/ARCHITECTURE.md';
  const exported = new Set(
    sources.flatMap((file) =>
      [...text(file).matchAll(/^export (?:async )?(?:function\*?|const|class|type) (\w+)/gm)].map((match) => match[1]!),
    ),
  );
  const folders = new Set(readdirSync(path.join(root, 'src')));
  expect(
    mentions(/`([A-Za-z]\w*)`/g, [page])
      .filter(({ said }) => !exported.has(said) && !folders.has(said))
      .map(({ said }) => said),
  ).toEqual([]);
});

test('npm scripts: those named exist, and each that exists is named', () => {
  const named = mentions(/npm run ([a-z:]+)/g, [...pages, ...help]);
  expect(named.filter(({ said }) => !(said in scripts))).toEqual([]);
  const said = new Set(pages.flatMap((page) => text(page).match(/[a-z]+(?::[a-z]+)?/g) ?? []));
  expect(Object.keys(scripts).filter((name) => !said.has(name))).toEqual([]);
});

test('commands and flags: those named exist', () => {
  const wrong = mentions(/\bfakturist ([a-z][a-z-]*(?: [^`\n|#]*)?)/g, [...pages, ...help]).flatMap(({ page, said }) => {
    const [name, ...rest] = said.split(/\s+/);
    const command = commands.find((one) => one.name === name);
    if (!command) return [`${page}: fakturist ${name}`];
    const flags = rest.filter((word) => /^--[a-z]/.test(word)).map((word) => word.slice(2).replace(/[=,.:;)].*$/, ''));
    return flags
      .filter((flag) => !(flag in command.options) && !['json', 'help', 'organization'].includes(flag))
      .map((flag) => `${page}: fakturist ${name} --${flag}`);
  });
  expect(wrong).toEqual([]);
});

test('the page of commands is whole', () => {
  const page = commandsPage(commands);
  const file = path.join(root, 'docs', 'COMMANDS.md');
  if (process.env.GOLDEN === 'write') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});

test('environment: what the docs name is read, and what is read is named', () => {
  const variable = /\b((?:FAKTURIST|OTEL)_[A-Z_]+|DATABASE_[A-Z_]+|PORT|HOST|GOLDEN|SHOTS|SLOWER|WILD|SEED|CI)\b/g;
  const read = (among: string[]) =>
    new Set(among.flatMap((file) => [...text(file).matchAll(/\benv(?:\.|\[')([A-Z][A-Z_]+)/g)].map((match) => match[1]!)));
  const everywhere = read(sources);
  const named = mentions(variable, [...pages, ...help, 'src/cli/command.ts']);
  expect(
    named
      .filter(({ said }) => said.includes('_') && !everywhere.has(said) && said !== 'FAKTURIST_KEY')
      .map(({ page, said }) => `${page}: ${said}`),
  ).toEqual([]);
  const said = new Set(mentions(variable, pages).map((mention) => mention.said));
  const others = ['PATH', 'HOME', 'NODE_ENV', 'NODE_COMPILE_CACHE', 'ADDRESS', 'PROVE_WORKER', 'TZ'];
  expect([...everywhere].filter((name) => !said.has(name) && !others.includes(name))).toEqual([]);
});
