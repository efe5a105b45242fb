/** Promise: an option that does not fit is told by its name, with what was given and what may be, never in a library's words. */
import { expect, test } from 'vitest';
import { documentQuery, setupInput } from '../api/schemas/index.ts';
import { day, wrongOption } from './command.ts';

const issueOf = (schema: { safeParse(value: unknown): { error?: { issues: unknown[] } } }, value: unknown) =>
  schema.safeParse(value).error!.issues[0] as Parameters<typeof wrongOption>[2];

test('a wrong value says what may be', () => {
  expect(wrongOption('state', 'banana', issueOf(documentQuery, { states: 'banana' })).message).toBe(
    '--state is "banana": it must be one of to_issue, submitted, refused, issued, withdrawn, merged, cancelled, archived.',
  );
  const setup = { organization: { name: 'A', country: 'PL' }, email: 'a@b.example', password: 'long enough', name: 'A' };
  expect(wrongOption('password', undefined, issueOf(setupInput, { ...setup, password: 'short' })).message).toBe(
    '--password: it must have at least 10 characters.',
  );
  expect(wrongOption('email', 'nowhere', issueOf(setupInput, { ...setup, email: 'nowhere' })).message).toBe(
    '--email is "nowhere": it must be a mail address.',
  );
  expect(wrongOption('q', 'x'.repeat(300), issueOf(documentQuery, { q: 'x'.repeat(300) })).message).toBe(
    '--q: it must have at most 200 characters.',
  );
});

test('a day is one of the calendar', () => {
  expect(day({ from: '2026-02-28' }, 'from')).toBe('2026-02-28');
  for (const from of ['2026-02-31', 'banana', '2026-1-1']) expect(() => day({ from }, 'from')).toThrow('it must be a day such as');
});
