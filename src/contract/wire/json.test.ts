import { expect, test } from 'vitest';
import { list, parse, twoLetters } from './json.ts';

/** What comes from services whose types wobble is read as what was meant, and what means nothing as nothing. */
test('a list is a list whichever way it is written, and nothing else is one', () => {
  const read = (written: string) => list(parse(written)).map((row) => row.id);
  for (const written of ['[{"id":1},{"id":2}]', '{"1":{"id":1},"2":{"id":2}}', '{"0":{"id":1},"7":{"id":2}}'])
    expect([written, read(written)]).toEqual([written, ['1', '2']]);
  for (const written of ['[]', '{}', 'null', 'false', '""', '"x"', '0', '{"id":1}', '{"a":{"id":1},"b":2}', '{"a":[1]}'])
    expect([written, read(written)]).toEqual([written, []]);
  expect(list(undefined)).toEqual([]);
});

test('a country is two letters or none', () => {
  expect(['pl', ' PL ', 'POL', 'P', 'Polska', '', null, '48'].map((code) => twoLetters(code))).toEqual([
    'PL',
    'PL',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
