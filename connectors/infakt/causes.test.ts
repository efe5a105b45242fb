import { expect, test } from 'vitest';
import { isKsefNumber } from '../../src/domain/regimes/pl/identifiers.ts';
import { faultCause } from './causes.ts';
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

test('a number of KSeF is known by its check sum', () => {
  const good = ksefNumber('9997763175', '2026-11-20', 'x');
  expect(
    [good, good.replace(/.$/, (c) => (c === '0' ? '1' : '0')), ksefNumber('9997763175', '2026-11-20', 'x', false), 'x'].map(isKsefNumber),
  ).toEqual([true, false, false, false]);
});
