import { describe, expect, it } from 'vitest';
import { account, country, currencySign, day, moneyDigits, number } from './format.ts';

// Promise: numbers, days and accounts read as people of each language write them.

describe('number', () => {
  it('groups and marks decimals by language', () => {
    expect(number('1234567.5', 2, 'pl')).toBe('1 234 567,50');
    expect(number('1234567.5', 2, 'hu')).toBe('1 234 567,50');
    expect(number('1234567.5', 2, 'sv')).toBe('1 234 567,50');
    expect(number('1234567.5', 2, 'en')).toBe('1,234,567.50');
    expect(number('999', 0, 'pl')).toBe('999');
  });
  it('has one minus, and none before nothing', () => {
    expect(number('-1234.5', 2, 'pl')).toBe('-1 234,50');
    expect(number('-0.001', 2, 'pl')).toBe('0,00');
  });
});

describe('money', () => {
  it('writes forint whole as long as they are whole', () => {
    expect(moneyDigits('HUF', ['27300.00', '5804'])).toBe(0);
    expect(moneyDigits('HUF', ['27300.50'])).toBe(2);
    expect(moneyDigits('PLN', ['10'])).toBe(2);
    expect(moneyDigits('JPY', ['10'])).toBe(0);
  });
  it('knows the sign at home and the code abroad', () => {
    expect(['PLN', 'HUF', 'SEK'].map((currency) => currencySign(currency, 'pl'))).toEqual(['zł', 'HUF', 'SEK']);
    expect(currencySign('HUF', 'hu')).toBe('Ft');
    expect(currencySign('SEK', 'sv')).toBe('kr');
    expect(currencySign('PLN', 'en')).toBe('PLN');
  });
});

it('writes a day by language', () => {
  expect((['pl', 'hu', 'sv', 'en'] as const).map((language) => day('2026-03-05', language))).toEqual([
    '2026-03-05',
    '2026.03.05.',
    '2026-03-05',
    '5 Mar 2026',
  ]);
});

it('groups account numbers by their kind and leaves others alone', () => {
  expect(account('61109010140000071219812874')).toBe('61 1090 1014 0000 0712 1981 2874');
  expect(account('PL61109010140000071219812874')).toBe('PL61 1090 1014 0000 0712 1981 2874');
  expect(account('117730161111101800000000')).toBe('11773016-11111018-00000000');
  expect(account('123 45')).toBe('123 45');
});

it('names countries in the language and keeps what is no code', () => {
  expect(country('DE', 'pl')).toBe('Niemcy');
  expect(country('DE', 'hu')).toBe('Németország');
  expect(country('Rzeczpospolita', 'sv')).toBe('Rzeczpospolita');
});
