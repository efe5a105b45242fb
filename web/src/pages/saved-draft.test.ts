import { expect, test } from 'vitest';
import { type DocumentContent, documentContentSchema } from '../../../src/domain/documents/document.ts';
import { editableParts } from '../../../src/domain/documents/editable.ts';
import { ApiError } from '../api.ts';
import { formatsOf } from '../format.ts';
import pl from '../texts/pl.json' with { type: 'json' };
import { translator } from '../texts.ts';
import { changed, changedWithin } from '../ui/changed.ts';
import { placeOf, wordsOf } from './editor-conflict.tsx';
import { setOf } from './quick-edit.tsx';
import { comesAgain, differingPlaces, isOurs, overTheirs, type Unanswered } from './saved-draft.ts';

/** The promise: a save whose answer was lost is no conflict, and what somebody else saved meanwhile is never taken for it. */
const content = (more: Record<string, unknown> = {}) =>
  ({ buyer: { name: 'Anna', city: 'Kraków' }, lines: [{ id: '1', name: 'Lampa' }], notes: 'dawne', ...more }) as unknown as DocumentContent;
const lost = (set: Record<string, unknown>): Unanswered => ({ version: 4, before: content(), set, form: content(set) });
const there = (version: number, more: Record<string, unknown> = {}) => ({ version, content: content(more) });

test('the next version with what we sent, in whatever order of members, is ours', () => {
  expect(isOurs(lost({ buyer: { city: 'Kraków', name: 'Ewa' } }), there(5, { buyer: { name: 'Ewa', city: 'Kraków' } }))).toBe(true);
  expect(isOurs(lost({ notes: null }), there(5, { notes: undefined }))).toBe(true);
});

test('another version, another value, or ours with a change of somebody else beside it is not', () => {
  const ours = { notes: 'nowe' };
  expect(isOurs(lost(ours), there(6, ours))).toBe(false);
  expect(isOurs(lost(ours), there(5, { notes: 'inne' }))).toBe(false);
  expect(isOurs(lost(ours), there(5, { ...ours, lines: [{ id: '1', name: 'Lampa', quantity: '9' }] }))).toBe(false);
});

test('a save comes again where nobody answered, also where only the version that is in its way could not be read', () => {
  const problem = (status: number) => new ApiError({ status, title: '' });
  expect([0, 500, 429].map((status) => comesAgain(problem(status)))).toEqual([true, true, true]);
  expect(comesAgain(new TypeError('failed to fetch'))).toBe(true);
  expect([400, 409, 422].map((status) => comesAgain(problem(status)))).toEqual([false, false, false]);
  expect([0, 503, 429].map((status) => comesAgain(problem(409), problem(status)))).toEqual([true, true, true]);
  expect([403, 404].map((status) => comesAgain(problem(409), problem(status)))).toEqual([false, false]);
});

test('a lost save of findings alone is not what somebody else typed', () => {
  expect(isOurs(lost({}), there(5, { notes: 'czyjeś' }))).toBe(false);
  expect(isOurs(lost({}), there(5))).toBe(true);
});

test('mine over theirs keeps every part that was not changed here, and both versions are told place by place', () => {
  const theirs = content({ notes: 'ich', lines: [{ id: '1', name: 'Lampa', quantity: '2', gross: '20.00' }] });
  const mine = overTheirs(content(), content({ buyer: { name: 'Ewa', city: 'Kraków' } }), theirs);
  expect(mine).toEqual({ ...theirs, buyer: { name: 'Ewa', city: 'Kraków' } });
  expect(differingPlaces(theirs, mine)).toEqual([{ path: 'buyer.name', theirs: 'Anna', mine: 'Ewa' }]);
  expect(differingPlaces(theirs, overTheirs(content(), content({ notes: undefined }), theirs))).toEqual([
    { path: 'notes', theirs: 'ich', mine: '' },
  ]);
  expect(differingPlaces(theirs, overTheirs(content(), content({ lines: [] }), theirs)).map((d) => d.path)).toEqual([
    'lines.0.name',
    'lines.0.quantity',
  ]);
});

test('two versions are told in the words of the form, not in names of the program', () => {
  const t = translator('pl', pl);
  const formats = formatsOf('pl');
  expect(editableParts.filter((part) => placeOf(part, t) === '')).toEqual([]);
  // Whatever can differ in a party, a row or the payment has a word of its own there.
  const { buyer, payment } = documentContentSchema.shape;
  const members = [
    ...Object.keys(buyer.shape).map((name) => `buyer.${name}`),
    ...Object.keys(payment.shape).map((name) => `payment.${name}`),
  ];
  for (const path of members) expect(placeOf(path, t)).not.toMatch(/[a-z][A-Z]/);
  expect(['lines.1.quantity', 'lines.0.name', 'buyer.taxIds.0', 'payment.means'].map((path) => placeOf(path, t))).toEqual([
    'Pozycje 2 Ilość',
    'Pozycje 1 Nazwa towaru lub usługi',
    'Nabywca NIP',
    'Płatność',
  ]);
  const said = (path: string, value: string) => wordsOf(path, value, t, formats);
  expect([said('payment.means', 'bank_transfer'), said('buyer.type', 'person'), said('lines.0.rate', '23.00')]).toEqual([
    'Przelew',
    'Osoba prywatna',
    '23%',
  ]);
  expect([said('language', 'hu'), said('splitPayment', 'true'), said('issueDate', '2026-11-20'), said('notes.0', '')]).toEqual([
    'Magyar',
    'tak',
    '20 lis 2026',
    '–',
  ]);
  const rate = (percent: string) => content({ lines: [{ id: '1', name: 'Lampa', rate: { category: 'S', percent, source: 'channel' } }] });
  expect(differingPlaces(rate('23.00'), rate('8.00'))).toEqual([{ path: 'lines.0.rate', theirs: '23.00', mine: '8.00' }]);
});

test('a number or a name changed in its row leaves the other numbers of the buyer, and the person beside a company, alone', () => {
  const renamed = (buyer: { company?: string; name?: string }) => setOf({ buyerCountry: 'PL', buyer }, 'name', 'Lampex');
  expect(renamed({ company: 'Lampy', name: 'Anna Nowak' })).toEqual({ 'buyer.company': 'Lampex' });
  for (const one of [{ name: 'Lampy' }, { company: 'Lampy', name: 'Lampy' }, {}])
    expect(renamed(one)).toEqual({ 'buyer.name': 'Lampex', 'buyer.company': null });
  expect(setOf({ buyerCountry: 'PL' }, 'taxId', '9997763175')).toEqual({ 'buyer.taxIds.0': { scheme: 'PL:NIP', value: '9997763175' } });
  expect(setOf({ buyerCountry: 'PL' }, 'taxId', '')).toEqual({ 'buyer.taxIds.0': null });
});

test('a form saves what was changed in it alone', () => {
  const before = { city: 'Kraków', phone: '1', taxIds: [{ value: '1', scheme: 'PL:NIP' }] };
  expect(changed(before, { ...before, taxIds: [{ scheme: 'PL:NIP', value: '1' }] })).toEqual({});
  expect(changed<Partial<typeof before>>(before, { ...before, city: 'Łódź', phone: undefined })).toEqual({ city: 'Łódź', phone: null });
  expect(changed<{ city?: string; street?: string }>({ city: 'Kraków' }, { street: 'Krótka' })).toEqual({ street: 'Krótka' });
});

test('of rates that are stored as one, a form takes along what somebody else has changed in another book', () => {
  const rate = (percent: string) => ({ category: 'S', percent });
  type Books = { default?: object; bySku: Record<string, object>; byCategory: Record<string, object> };
  const before: Books = { default: rate('23'), bySku: {}, byCategory: {} };
  const known: Books = { ...before, bySku: { K1: rate('8') } };
  expect(changedWithin(known, before, { ...before, byCategory: { books: rate('5') } })).toEqual({
    ...known,
    byCategory: { books: rate('5') },
  });
  expect(changedWithin(known, before, { ...before, default: undefined })).not.toHaveProperty('default');
});
