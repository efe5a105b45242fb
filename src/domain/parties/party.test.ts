import { expect, test } from 'vitest';
import { partyName } from './party.ts';

/** The promise: who is named anywhere is named everywhere, on lists, prints, codes for payment and at providers; an emptied field names nobody. */
test('a party is called by its company, else its name, else both names of a person; an empty field counts as none', () => {
  expect(partyName({ company: 'Lampa Sp. z o.o.', name: 'Anna Żółw' })).toBe('Lampa Sp. z o.o.');
  expect(partyName({ company: '', name: 'Anna Żółw' })).toBe('Anna Żółw');
  expect(partyName({ company: ' ', name: '', firstName: 'Anna', lastName: 'Żółw' })).toBe('Anna Żółw');
  expect(partyName({ lastName: 'Żółw' })).toBe('Żółw');
  expect(partyName({})).toBe('');
});
