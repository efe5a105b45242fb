import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { failuresPage } from '../src/diagnosis/failures-page.ts';
import { allWords, causeListed, explain, generalCauses } from '../src/diagnosis/index.ts';
import { allConnectors } from '../src/open.ts';

/** Every code that our code can produce has words in four languages, and no sentence is left half-filled. `GOLDEN=write` rewrites docs/FAILURES.md. */
const root = path.join(import.meta.dirname, '..');
const languages = ['pl', 'en', 'hu', 'sv'] as const;
const connectors = await allConnectors();

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return ['fixtures', 'simulator', 'texts'].includes(entry.name) ? [] : sources(at);
    return /\.ts$/.test(entry.name) && !/\.test\.ts$|^simulator\.ts$/.test(entry.name) ? [at] : [];
  });
}

/** Where a code stands in the source as a text of its own, with the names of the params given beside it. */
function uses(): { code: string; at: string; params: string[] | undefined }[] {
  const found: ReturnType<typeof uses> = [];
  for (const file of [...sources('src'), ...sources('connectors')]) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const match of text.matchAll(/'((?:[HWEF]_[A-Z][A-Z_]+)|mail_[a-z_]+|[a-z]+\.[a-z_]+)'|(?<=\bcode: )'([A-Z]+(?:_[A-Z]+)+)'/g)) {
      const code = (match[1] ?? match[2])!;
      // Kinds of jobs of the agent are no codes.
      if (code.startsWith('agent.')) continue;
      if (/^[a-z]+\./.test(code) && !connectors.has(code.split('.')[0]!)) continue;
      if (code.startsWith('mail_') && !file.includes('delivery')) continue;
      found.push({ code, at: `${file}:${text.slice(0, match.index).split('\n').length}`, params: paramsOf(text, match.index) });
    }
  }
  return found;
}

/** Names of the params in a call such as hold('CODE', where, { a, b: 1 }); undefined where the code does not stand in such a call. */
function paramsOf(text: string, at: number): string[] | undefined {
  if (!/\b(?:hold|warning|finding|fileFinding)\($/.test(text.slice(0, at))) return undefined;
  let depth = 1;
  let end = at;
  for (; depth > 0 && end < text.length; end++) depth += '([{'.includes(text[end]!) ? 1 : ')]}'.includes(text[end]!) ? -1 : 0;
  const call = text.slice(at, end - 1);
  const object = call.indexOf('{');
  if (object < 0 || call.lastIndexOf('`', object) > 0) return object < 0 ? [] : undefined;
  const inner = call.slice(object + 1, call.lastIndexOf('}'));
  return [...inner.matchAll(/(?:^|,)\s*(\w+)\s*(?=[:,]|$)/g)].map((m) => m[1]!);
}

const used = uses();
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!);

test('every code in the sources has words', () => {
  const noCodes = new Set(['mail_connection', 'mail_status', 'mail_template', 'mail_settings', 'szamlazz.hu']);
  const silent = used.filter(({ code }) => !noCodes.has(code) && !causeListed({ connectors }, undefined, code));
  expect(silent.map(({ code, at }) => `${code} ${at}`)).toEqual([]);
  expect(used.length).toBeGreaterThan(150);
});

test('the words are there in four languages, with the same placeholders, and their placeholders are given where the code is made', () => {
  const problems: string[] = [];
  const all = [
    ...allWords().map(({ code, words }) => ({ code, texts: [words.text, words.remedy] })),
    ...[...generalCauses, ...[...connectors.values()].flatMap((c) => c.manifest.causes)].map((c) => ({
      code: c.code,
      texts: [c.title, c.text, c.remedy],
    })),
  ];
  for (const { code, texts } of all) {
    const names = new Set<string>();
    for (const text of texts) {
      const inEnglish = [...new Set(placeholders(text.en))].sort().join();
      for (const language of languages) {
        if (!text[language]?.trim()) problems.push(`${code} has no ${language}`);
        else if ([...new Set(placeholders(text[language]))].sort().join() !== inEnglish)
          problems.push(`${code} ${language}: other placeholders than English`);
        for (const name of placeholders(text[language] ?? '')) names.add(name);
      }
    }
    for (const use of used) {
      if (use.code !== code || !use.params) continue;
      const missing = [...names].filter((n) => !use.params!.includes(n));
      if (missing.length > 0) problems.push(`${code} at ${use.at} gives no ${missing.join(', ')}`);
    }
  }
  expect(problems).toEqual([]);
  expect(used.filter((u) => u.params && u.params.length > 0).length).toBeGreaterThan(40);
});

test('coded values are said in words, and nothing is left in braces', () => {
  const merge = explain({ connectors }, { code: 'H_MERGE_REFUSED', params: { why: 'sale-month' } }, 'en');
  expect(merge.text).toBe('These documents cannot be merged: the sales fall into different months.');
  const data = explain({ connectors }, { code: 'H_BUYER_DATA', params: { fields: 'street, postalCode' }, where: 'buyer.street' }, 'pl');
  expect(data).toMatchObject({ text: 'O nabywcy nie wiemy: ulica i numer, kod pocztowy.', where: 'buyer.street', whoMends: 'buyer' });
  const unlisted = explain({ connectors }, { code: 'whatever', providerCode: '999', providerText: 'Valami baj' }, 'hu');
  expect(unlisted.text).toBe('A szolgáltató 999 kóddal válaszolt: Valami baj.');
  for (const { code } of allWords())
    for (const language of languages) expect(explain({ connectors }, { code }, language).text).not.toMatch(/\{\w+\}/);
});

test('a text about something that may exist never says that nothing was made', () => {
  const bold = [
    /nothing was (issued|made)/i,
    /nic nie zostało wystawione|nic tam nie powstało/i,
    /inget (har utfärdats|skapades|utfärdades)/i,
    /nem készült (számla|semmi)/i,
  ];
  const wrong = [...generalCauses, ...[...connectors.values()].flatMap((c) => c.manifest.causes)]
    .filter((c) => c.mayExist)
    .filter((c) => languages.some((l) => bold.some((pattern) => pattern.test(c.text[l]))));
  expect(wrong.map((c) => c.code)).toEqual([]);
});

test('every code of the orders contract has words of our own', () => {
  const contract = path.join(root, '..', 'shared', 'contracts', 'orders-data', 'causes.json');
  if (!existsSync(contract)) return;
  const codes = JSON.parse(readFileSync(contract, 'utf8')) as { code: string; level: string }[];
  const known = new Map(allWords().map(({ code, words }) => [code, words]));
  expect(codes.filter((c) => !known.has(c.code)).map((c) => c.code)).toEqual([]);
  expect(codes.filter((c) => known.get(c.code)!.level !== c.level).map((c) => c.code)).toEqual([]);
});

test('docs/FAILURES.md is whole', () => {
  const file = path.join(root, 'docs', 'FAILURES.md');
  const page = failuresPage([...connectors.values()]);
  if (process.env.GOLDEN === 'write') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});
