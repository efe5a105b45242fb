import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cutTexts, namedIn } from '../first-texts.ts';
import en from './texts/en.json' with { type: 'json' };
import hu from './texts/hu.json' with { type: 'json' };
import pl from './texts/pl.json' with { type: 'json' };
import sv from './texts/sv.json' with { type: 'json' };
import { locales, translator } from './texts.ts';
import { sayEvent } from './ui/event-words.ts';

/** The promise: every word of the screens exists in four languages with the plural forms each needs, and none is left over. */
const all: Record<keyof typeof locales, Record<string, string>> = { pl, en, hu, sv };
const form = /_(one|few|many|other)$/;
const baseOf = (key: string) => key.replace(form, '');
const basesOf = (words: Record<string, string>) => [...new Set(Object.keys(words).map(baseOf))].sort();
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [readFileSync(file, 'utf8')] : [];
  });
}

describe.each(Object.keys(all) as (keyof typeof all)[])('%s', (language) => {
  const words = all[language];

  test('has the same keys as English', () => {
    expect(basesOf(words)).toEqual(basesOf(en));
  });

  test('has every plural form its grammar asks for', () => {
    const wanted = new Intl.PluralRules(locales[language])
      .resolvedOptions()
      .pluralCategories.filter((c) => language !== 'hu' || c === 'other');
    const plurals = new Set(
      Object.keys(words)
        .filter((k) => form.test(k))
        .map(baseOf),
    );
    const missing = [...plurals].flatMap((base) =>
      wanted.filter((category) => words[`${base}_${category}`] === undefined).map((category) => `${base}_${category}`),
    );
    expect(missing).toEqual([]);
  });

  test('fills the same placeholders, and none is empty', () => {
    for (const [key, text] of Object.entries(words)) {
      expect(text.trim(), key).not.toBe('');
      const original = (en as Record<string, string>)[key] ?? (en as Record<string, string>)[`${baseOf(key)}_other`] ?? '';
      const extra = placeholders(text).filter((p) => !placeholders(original).includes(p));
      expect(extra, key).toEqual([]);
    }
  });
});

test('every key is used somewhere', () => {
  const named = namedIn(sources(import.meta.dirname));
  expect(basesOf(en).filter((key) => !named(key))).toEqual([]);
});

test('first pages carry few words, and what comes later brings the rest along', () => {
  const first = cutTexts(en, 'first');
  expect(Object.keys({ ...first, ...cutTexts(en, 'rest') })).toHaveLength(Object.keys(en).length);
  expect(Object.keys(first)).toEqual(expect.arrayContaining(['nav.toIssue', 'login.title', 'toIssue.search']));
  expect(JSON.stringify(first).length).toBeLessThan(JSON.stringify(en).length / 3);
  const past = sources(import.meta.dirname).filter(
    (code) => /import \{[^}]*\blazy\b[^}]*\} from 'react'/.test(code) && !code.includes('reactLazy'),
  );
  expect(past, 'lazy comes from lazy.ts').toEqual([]);
});

test('numbers choose the form and are written in the digits of the language', () => {
  const t = translator('pl', pl);
  expect([1, 2, 5, 22].map((count) => t('toIssue.count', { count }))).toEqual([
    '1 dokument',
    '2 dokumenty',
    '5 dokumentów',
    '22 dokumenty',
  ]);
  expect(translator('hu', hu)('toIssue.count', { count: 12_345 })).toMatch(/^12\s345 bizonylat$/);
  expect(translator('sv', sv)('toIssue.count', { count: 1 })).toBe('1 dokument');
  // Hungarian counts without a plural: one form serves all.
  expect(translator('hu', hu)('toIssue.count', { count: 1 })).toBe('1 bizonylat');
});

const server = path.join(import.meta.dirname, '..', '..', 'src');
const found = (pattern: RegExp) => [...new Set(sources(server).flatMap((code) => [...code.matchAll(pattern)].map((m) => m[1]!)))];

test('whatever the API refuses is told in the reader’s words', () => {
  // What only a program can do wrong, or what is always told by its findings.
  const notSeen = ['bad-key', 'organization-needed', 'bad-idempotency-key', 'too-deep'];
  const codes = found(/new Refusal\(\s*\d+,\s*'([a-z-]+)'/g).filter((code) => !notSeen.includes(code) && code !== 'not-found');
  expect(codes.length).toBeGreaterThan(50);
  expect(codes.filter((code) => !(`problem.${code}` in en))).toEqual([]);
});

test('every step of the audit trail is told in words', () => {
  const t = translator('pl', pl);
  const actions = found(/\baction: '([A-Za-z][\w :’-]+ [\w :’-]+)'/g);
  const pairs = found(/\baction: [\w!.]+ \? '([^']+)' : '[^']+'/g).concat(found(/\baction: [\w!.]+ \? '[^']+' : '([^']+)'/g));
  const noted = found(/\b(?:noted|changed)\(tx, call, '([^']+)'/g);
  const steps = [...actions, ...pairs.filter((action) => action.includes(' ')), ...noted];
  expect(steps.length).toBeGreaterThan(60);
  expect(steps.filter((step) => sayEvent(t, step) === step)).toEqual([]);
});
