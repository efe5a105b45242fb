import { describe, expect, test } from 'vitest';
import { regimes } from './index.ts';

/** The promise: what a register says of a company becomes name and address; whatever else it says is told from "there is no such company". */
const register = (country: string) => regimes[country]!.companyRegister;

describe('the Polish list of VAT payers', () => {
  test('is asked by the number and a day', () => {
    expect(register('PL').path('9991002009', '2026-11-28')).toBe('/api/search/nip/9991002009?date=2026-11-28');
  });
  test.each([
    ['ul. Prosta 49, 00-838 Warszawa', { street: 'ul. Prosta 49', postalCode: '00-838', city: 'Warszawa' }],
    ['UL. CHMIELNA 85/87 M. 3 00-805 BIELSKO-BIAŁA', { street: 'UL. CHMIELNA 85/87 M. 3', postalCode: '00-805', city: 'BIELSKO-BIAŁA' }],
    ['Kolonia bez kodu', { street: 'Kolonia bez kodu' }],
  ])('%s', (workingAddress, address) => {
    const answer = { result: { subject: { name: ' ABC sp. z o.o. ', workingAddress, residenceAddress: null }, requestId: 'x' } };
    expect(register('PL').read(JSON.stringify(answer))).toEqual({ name: 'ABC sp. z o.o.', ...address });
  });
  test('an unknown number is absent; an error page and another answer are no answer', () => {
    expect(register('PL').read('{"result":{"subject":null,"requestId":"x"}}')).toBe('absent');
    expect(register('PL').read('<html>busy</html>')).toBeUndefined();
    expect(register('PL').read('{"code":"WL-190","message":"limit"}')).toBeUndefined();
  });
});

describe('VAT numbers of the Union', () => {
  test('Sweden adds 01, Hungary takes the first eight digits', () => {
    expect(register('SE').path('556016-0680', '2026-11-28')).toBe('/ms/SE/vat/556016068001');
    expect(register('HU').path('10773381-2-44', '2026-11-28')).toBe('/ms/HU/vat/10773381');
  });
  test('name and address are read in both orders', () => {
    const answer = (address: string) => JSON.stringify({ isValid: true, userError: 'VALID', name: 'Lantbod AB', address });
    expect(register('SE').read(answer('SVEAVÄGEN 1 \n111 57 STOCKHOLM'))).toEqual({
      name: 'Lantbod AB',
      street: 'SVEAVÄGEN 1',
      postalCode: '111 57',
      city: 'STOCKHOLM',
    });
    expect(register('HU').read(answer('1012 BUDAPEST, MÁRVÁNY UTCA 17.'))).toEqual({
      name: 'Lantbod AB',
      street: 'MÁRVÁNY UTCA 17.',
      postalCode: '1012',
      city: 'BUDAPEST',
    });
  });
  test('a country out of service says nothing about the number', () => {
    expect(register('SE').read('{"isValid":false,"userError":"INVALID","name":"---","address":"---"}')).toBe('absent');
    expect(register('SE').read('{"isValid":false,"userError":"MS_UNAVAILABLE"}')).toBeUndefined();
    expect(register('SE').read('{"isValid":true,"userError":"VALID","name":"---","address":"---"}')).toBeUndefined();
  });
});
