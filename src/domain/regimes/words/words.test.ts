import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { amountInWords } from './words.ts';

/** Amounts in words read as a clerk of each country would write them. */
const decimal = (minor: number) =>
  `${minor < 0 ? '-' : ''}${Math.floor(Math.abs(minor) / 100)}.${String(Math.abs(minor) % 100).padStart(2, '0')}`;
const vectorFile = new URL('../../../../../shared/contracts/poland/samples/amount-in-words.vectors.json', import.meta.url);

describe('amount in words', () => {
  test.each([
    ['0.00', 'zero złotych zero groszy'],
    ['1.01', 'jeden złoty jeden grosz'],
    ['22.22', 'dwadzieścia dwa złote dwadzieścia dwa grosze'],
    ['112.12', 'sto dwanaście złotych dwanaście groszy'],
    ['101.00', 'sto jeden złotych zero groszy'],
    ['1000.00', 'tysiąc złotych zero groszy'],
    ['21000.00', 'dwadzieścia jeden tysięcy złotych zero groszy'],
    ['1000001.00', 'milion jeden złotych zero groszy'],
    ['-45.99', 'minus czterdzieści pięć złotych dziewięćdziesiąt dziewięć groszy'],
  ])('%s PLN in Polish', (amount, words) => {
    expect(amountInWords(amount, 'PLN', 'pl')).toBe(words);
  });

  test.each([
    ['1.00', 'CZK', 'jedna korona czeska zero halerzy'],
    ['2.02', 'SEK', 'dwie korony szwedzkie dwa öre'],
    ['12.01', 'CZK', 'dwanaście koron czeskich jeden halerz'],
    ['122.00', 'CZK', 'sto dwadzieścia dwie korony czeskie zero halerzy'],
    ['101.00', 'SEK', 'sto jeden koron szwedzkich zero öre'],
    ['2002.00', 'CZK', 'dwa tysiące dwie korony czeskie zero halerzy'],
    ['1.01', 'EUR', 'jedno euro jeden cent'],
    ['2.00', 'EUR', 'dwa euro zero centów'],
    ['2.00', 'HUF', 'dwa forinty zero fillerów'],
  ])('%s %s in Polish follows the gender of the currency', (amount, currency, words) => {
    expect(amountInWords(amount, currency, 'pl')).toBe(words);
  });

  test('the short style prints hundredths in digits and serves every currency', () => {
    expect(amountInWords('811.37', 'EUR', 'pl', 'short')).toBe('osiemset jedenaście EUR 37/100');
    expect(amountInWords('5.00', 'CHF', 'pl')).toBe('pięć CHF 00/100');
    expect(amountInWords('250', 'JPY', 'en')).toBe('two hundred and fifty JPY');
  });

  test.each([
    ['1', 'egy forint'],
    ['2', 'kettő forint'],
    ['20', 'húsz forint'],
    ['1999', 'ezerkilencszázkilencvenkilenc forint'],
    ['2000', 'kétezer forint'],
    ['2001', 'kétezer-egy forint'],
    ['19800', 'tizenkilencezer-nyolcszáz forint'],
    ['1001000', 'egymillió-egyezer forint'],
    ['22222', 'huszonkétezer-kétszázhuszonkettő forint'],
  ])('%s HUF in Hungarian', (amount, words) => {
    expect(amountInWords(amount, 'HUF', 'hu')).toBe(words);
  });

  test.each([
    ['1.00', 'en krona'],
    ['21.01', 'tjugoen kronor och ett öre'],
    ['101.50', 'etthundraen kronor och femtio öre'],
    ['1000.00', 'ettusen kronor'],
    ['21000.00', 'tjugoettusen kronor'],
    ['2345.00', 'tvåtusentrehundrafyrtiofem kronor'],
    ['1000000.00', 'en miljon kronor'],
    ['2000011.00', 'två miljoner elva kronor'],
  ])('%s SEK in Swedish', (amount, words) => {
    expect(amountInWords(amount, 'SEK', 'sv')).toBe(words);
  });

  test.each([
    ['1.01', 'one euro and one cent'],
    ['1005.00', 'one thousand and five euros'],
    ['123456.78', 'one hundred and twenty-three thousand four hundred and fifty-six euros and seventy-eight cents'],
  ])('%s EUR in English', (amount, words) => {
    expect(amountInWords(amount, 'EUR', 'en')).toBe(words);
  });

  test.runIf(existsSync(vectorFile))('every vector of the contract', () => {
    const vectors = JSON.parse(readFileSync(vectorFile, 'utf8'));
    expect(vectors.pln.length).toBeGreaterThan(30);
    for (const v of vectors.pln) {
      expect(amountInWords(decimal(v.minor), 'PLN', 'pl')).toBe(v.classic_pln);
      expect(amountInWords(decimal(v.minor), 'PLN', 'pl', 'short')).toBe(v.short_pln);
    }
    for (const v of vectors.other) expect(amountInWords(decimal(v.minor), v.currency, 'pl', 'short')).toBe(v.short);
  });
});
