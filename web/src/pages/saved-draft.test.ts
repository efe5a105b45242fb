import { expect, test } from 'vitest';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { ApiError } from '../api.ts';
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
