import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { documentFindings } from './documents.ts';

/** Nobody meets a finding without words: every code that documents can carry is explained in four languages. */
const languages = ['pl', 'en', 'hu', 'sv'] as const;
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();

/** Codes of orders (contract ORDERS §4) have their words with the orders. */
const codesOfOrders = new Set([
  'H_CURRENCY_UNKNOWN',
  'H_TAXID_MISSING',
  'H_TAXID_INVALID',
  'H_BUYER_DATA',
  'H_FOREIGN_VAT',
  'H_VAT_UNKNOWN',
  'H_CURRENCY_UNKNOWN',
  'H_TOTAL_MISMATCH',
  'H_UNPAID',
  'H_ZERO_TOTAL',
  'W_ZERO_PRICE',
]);

const domain = new URL('../../domain/', import.meta.url);
const sources = ['documents/', 'regimes/pl/', 'regimes/hu/', 'regimes/se/'].flatMap((folder) =>
  readdirSync(new URL(folder, domain))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(folder + name, domain), 'utf8')),
);
const made = sources.flatMap((source) =>
  [...source.matchAll(/\b(hold|warning)[(,]\s*'([HW]_[A-Z_]+)'/g)].map(([, level, code]) => ({ level: level!, code: code! })),
);

test('every code the domain makes has words of the same level, and no words stand idle', () => {
  expect(made.length).toBeGreaterThan(25);
  const own = made.filter(({ code }) => !codesOfOrders.has(code));
  for (const { code, level } of own) expect([code, documentFindings[code]?.level]).toEqual([code, level]);
  expect(Object.keys(documentFindings).sort()).toEqual([...new Set(own.map(({ code }) => code))].sort());
});

describe.each(Object.entries(documentFindings))('%s', (_, { text, remedy }) => {
  test('says the same in every language', () => {
    for (const texts of [text, remedy]) {
      for (const language of languages) {
        expect(texts[language].trim().length).toBeGreaterThan(10);
        expect(placeholders(texts[language])).toEqual(placeholders(texts.en));
      }
      expect(new Set(Object.values(texts)).size).toBe(languages.length);
    }
  });
});
