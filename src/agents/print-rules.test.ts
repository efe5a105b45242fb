import { expect, test } from 'vitest';
import { rulesFor } from './print-rules.ts';

/** From the top down: what fits prints, the last one ends it, what is switched off is not there. */
const rule = (name: string, more: Partial<Parameters<typeof rulesFor>[0][number]> = {}) => ({
  name,
  kinds: [] as never[],
  connection_id: null,
  last_one: false,
  active: true,
  ...more,
});
const names = (rules: ReturnType<typeof rule>[], kind: 'invoice' | 'receipt', connectionIds: string[] = []) =>
  rulesFor(rules, { kind, connectionIds }).map((r) => (r as ReturnType<typeof rule>).name);

test('kind, mapping, order and the last one', () => {
  const rules = [
    rule('off', { active: false, last_one: true }),
    rule('receipts', { kinds: ['receipt'] as never[], last_one: true }),
    rule('of the marketplace', { connection_id: 'c1' }),
    rule('all'),
  ];
  expect(names(rules, 'receipt')).toEqual(['receipts']);
  expect(names(rules, 'invoice')).toEqual(['all']);
  expect(names(rules, 'invoice', ['c1'])).toEqual(['of the marketplace', 'all']);
  expect(names([], 'invoice')).toEqual([]);
});
