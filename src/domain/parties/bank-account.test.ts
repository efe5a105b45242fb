import { expect, test } from 'vitest';
import { isBankAccount } from './bank-account.ts';

/** The promise: a mistyped account number is told before buyers pay to it. */
test('account numbers are checked as their country does', () => {
  const right: [string, string][] = [
    ['PL61 1090 1014 0000 0712 1981 2874', 'PL'],
    ['61109010140000071219812874', 'PL'],
    ['HU42 1177 3016 1111 1018 0000 0000', 'HU'],
    ['11773016-11111018-00000000', 'HU'],
    ['SE35 5000 0000 0549 1000 0003', 'SE'],
    ['5491-0000003', 'SE'],
  ];
  expect(right.filter(([text, country]) => !isBankAccount(text, country))).toEqual([]);
  const wrong: [string, string][] = [
    ['PL61109010140000071219812875', 'PL'],
    ['61109010140000071219812847', 'PL'],
    ['6110901014000007121981287', 'PL'],
    ['11773016-11111019-00000000', 'HU'],
    ['11773016-1111101', 'HU'],
    ['SE3550000000054910000004', 'SE'],
    ['konto', 'SE'],
    ['', 'PL'],
  ];
  expect(wrong.filter(([text, country]) => isBankAccount(text, country))).toEqual([]);
});
