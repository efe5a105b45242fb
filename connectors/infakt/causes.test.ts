import { expect, test } from 'vitest';
import { isKsefNumber } from '../../src/domain/regimes/pl/identifiers.ts';
import { faultCause } from './causes.ts';
import { differing } from './change.ts';
import { ksefNumber } from './simulator/ksef.ts';

/** The promise: what inFakt says of a field leads to the field that mends it, and is not taken for something else. */
test.each([
  ['number', 'wystąpił duplikat numeru', 'infakt.duplicate_number', 'number'],
  ['corrected_invoice_number', 'nie istnieje', 'infakt.correction_refused', 'correction.reason'],
  ['correction_reason', 'jest nieprawidłowe', 'infakt.correction_refused', 'correction.reason'],
  ['receipt_number', 'jest nieprawidłowe', 'infakt.refused', undefined],
  ['client_street_number', 'nie może być puste', 'infakt.buyer_field', 'buyer.street'],
  ['services.gtu_id', 'jest nieprawidłowe', 'infakt.gtu', 'lines'],
  ['services.gross', 'jest nieprawidłowe', 'infakt.amounts', 'lines'],
  ['payment_method', 'nie znajduje się na liście', 'infakt.payment_method', 'payment.means'],
])('%s: %s', (field, text, code, where) => {
  const { code: found, where: place } = faultCause([{ field, text }]);
  expect([found, place]).toEqual([code, where]);
});

test('a field is told in the reader’s words, as they name it where it is not known', () => {
  expect(faultCause([{ field: 'client_post_code', text: 'jest nieprawidłowy' }]).params).toMatchObject({
    message: 'client_post_code: jest nieprawidłowy',
    'message@hu': 'irányítószám: jest nieprawidłowy',
  });
  expect(faultCause([{ field: 'bdo_code', text: 'x' }]).params).not.toHaveProperty('message@en');
});

test('a number of KSeF is known by its check sum', () => {
  const good = ksefNumber('9997763175', '2026-11-20', 'x');
  expect(
    [good, good.replace(/.$/, (c) => (c === '0' ? '1' : '0')), ksefNumber('9997763175', '2026-11-20', 'x', false), 'x'].map(isKsefNumber),
  ).toEqual([true, false, false, false]);
});

test('a change sends what differs: of a buyer all, so that nothing of another one is left; lines only where one differs', () => {
  const held = {
    notes: 'x',
    client_company_name: '',
    client_first_name: 'Jan',
    client_last_name: 'Nowak',
    client_tax_code: '',
    client_street: 'Lipowa',
    client_street_number: '3',
    client_flat_number: '7',
    client_city: 'Lublin',
    client_email: '',
    services: [{ id: 1, name: 'Lampa', quantity: 2, gross_price: 10000, tax_symbol: '23', unit: 'szt.' }],
  };
  const lamp = { name: 'Lampa', quantity: 2, gross_price: 10000, tax_symbol: '23', unit: 'szt.' };
  const same = { notes: 'x', client_first_name: 'Jan', client_last_name: 'Nowak', client_street: 'Lipowa', client_street_number: '3' };
  const whole = { ...same, client_flat_number: '7', client_city: 'Lublin', services: [lamp] };
  expect(differing({ ...whole, number: '1', transaction_terms: { orders: [] } }, held)).toEqual({});
  expect(
    differing(
      { notes: 'x', client_first_name: 'Jan', client_last_name: 'Nowak', client_street: 'Rynek', client_city: 'Lublin', services: [lamp] },
      held,
    ),
  ).toEqual({
    client_company_name: '',
    client_first_name: 'Jan',
    client_last_name: 'Nowak',
    client_tax_code: '',
    client_street: 'Rynek',
    client_street_number: '',
    client_flat_number: '',
    client_city: 'Lublin',
    client_email: '',
  });
  expect(Object.keys(differing({ ...whole, services: [{ ...lamp, quantity: 1 }] }, held))).toEqual(['services']);
});
