import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exportFileInput } from '../../../src/api/schemas/index.ts';
import { ApiError } from '../api.ts';
import { ownSettings } from '../pages/own-settings.ts';
import { isLost } from './lost.ts';
import { bodyOf } from './use-documents.ts';
import { isAnsweredNo, wasSentBefore } from './use-once.ts';

/** The promise: no screen loses what was typed, saves what was not, or dates by the reader's clock what the seller dates. */
const pages = path.join(import.meta.dirname, '..', 'pages');
const texts = readdirSync(pages, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tsx'))
  .map((name) => ({ name, text: readFileSync(path.join(pages, name), 'utf8') }));
const holding = (pattern: RegExp) => texts.filter(({ text }) => pattern.test(text)).map(({ name }) => name);
const answer = (status: number, code?: string) => new ApiError({ status, title: '', ...(code ? { code } : {}) });

test('a server that does not answer takes no page away that stands; what is gone is told', () => {
  for (const status of [0, 500, 502, 503, 429]) {
    expect(isLost(answer(status), {})).toBe(false);
    expect(isLost(answer(status), undefined)).toBe(true);
  }
  for (const status of [401, 403, 404, 410]) expect(isLost(answer(status), {})).toBe(true);
  expect(isLost(null, undefined)).toBe(false);
  // No page gives its place to an error without asking.
  expect(holding(/if \((\w+\.)?error( \?\? \w+\.error)*\)\s*return/)).toEqual([]);
  // Neither does a list inside one, with what is typed beside it.
  expect(holding(/[{:] ?(\w+\.)?error \? \(\s*<Failed/)).toEqual([]);
});

test('no page takes a day from the reader’s clock', () => {
  expect(holding(/new Date\(\)\.toISOString\(\)\.slice\(0, (7|10)\)(?!\}\.)|\.getFullYear\(\)|\.getMonth\(\)|paidAt\?\.slice/)).toEqual([]);
});

test('the form of an account saves its own fields only, and what was emptied', () => {
  const field = { label: { pl: '', en: '', hu: '', sv: '' }, type: 'text' as const };
  const settings = [
    { ...field, key: 'prefix' },
    { ...field, key: 'language' },
    { ...field, key: 'statuses', part: 'orders' as const },
    { ...field, key: 'apiKey', type: 'secret' as const },
  ];
  expect(ownSettings({ settings }, { prefix: undefined, language: 'pl', statuses: 'as the page was opened' })).toEqual({
    prefix: null,
    language: 'pl',
  });
});

test('what matches a filter is asked for as the API reads it', () => {
  const query = { ...bodyOf({ kinds: 'invoice,correction', held: 'true', q: 'x', sort: 'number' }), states: ['issued' as const] };
  expect(exportFileInput.parse({ connector: 'x', selection: { query } }).selection).toEqual({
    query: { kinds: ['invoice', 'correction'], held: true, q: 'x', states: ['issued'] },
  });
  expect(holding(/as never \}\}/)).toEqual([]);
});

test('a wish keeps its key while its answer is unknown, and takes another after a refusal', () => {
  expect([0, 500, 503, 429].map((status) => isAnsweredNo(answer(status)))).toEqual([false, false, false, false]);
  expect([400, 409, 422].map((status) => isAnsweredNo(answer(status)))).toEqual([true, true, true]);
  // Whoever was signed out between two presses of the same wish wishes it once.
  expect([401, 403].map((status) => isAnsweredNo(answer(status)))).toEqual([false, false]);
});

test('what is said of an earlier request with the same key makes no second wish of it', () => {
  const said = [answer(409, 'in-progress'), answer(409, 'already-done'), answer(422, 'idempotency-key-reused')];
  expect(said.map(isAnsweredNo)).toEqual([false, false, false]);
  expect(said.map(wasSentBefore)).toEqual([false, true, true]);
  expect([answer(422, 'refused'), answer(0)].map(wasSentBefore)).toEqual([false, false]);
  // A key that goes by what is wished would send a wish that was changed a little beside the one that is on its way.
  expect(holding(/once: `/)).toEqual([]);
});
