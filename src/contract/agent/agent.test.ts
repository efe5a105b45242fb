import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  backOffMs,
  codeFrom,
  fingerprintOf,
  newKey,
  plainFileName,
  provesKey,
  readAssertion,
  readCode,
  retryMs,
  signAssertion,
} from './index.ts';

/** The pure pieces that both sides share: codes people type, keys that prove, names that stay in their folder. */
test('a code is read however it is typed, and has no look-alikes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
      const code = codeFrom(bytes);
      expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
      expect(readCode(code.toLowerCase().replace('-', '  '))).toBe(code);
    }),
  );
  for (const typed of ['', 'K7QF-92M', 'K7QF-92MXX', 'K7QF-92M0', 'K7QF-92MI', "K7QF-92M'"]) expect(readCode(typed)).toBeUndefined();
});

test('an assertion is proven by its own key only, and any change breaks it', () => {
  const key = newKey();
  const claims = { agentId: '01900000-0000-7000-8000-000000000000', nonce: 'n'.repeat(24), iat: 1_800_000_000, use: 'token' as const };
  const assertion = signAssertion(claims, key.privatePem);
  expect(readAssertion(assertion)).toEqual(claims);
  expect(provesKey(assertion, key.publicKey)).toBe(true);
  expect(provesKey(assertion, newKey().publicKey)).toBe(false);
  const [body, signature] = assertion.split('.');
  const other = Buffer.from(JSON.stringify({ ...claims, iat: claims.iat + 1 })).toString('base64url');
  for (const forged of [`${other}.${signature}`, `${body}.`, `${body}`, `${assertion}.x`, '', '.', `${body}.${'A'.repeat(86)}`])
    expect(provesKey(forged, key.publicKey)).toBe(false);
  expect(fingerprintOf(key.publicKey)).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  fc.assert(fc.property(fc.string(), (text) => void readAssertion(text)));
});

test('a file name never leads out of its folder', () => {
  for (const name of ['fk-1.epp', 'Faktura ŻÓŁĆ 1.xml', 'a.b.c', 'console.epp', 'com10.xml', 'nul1'])
    expect(plainFileName.safeParse(name).success).toBe(true);
  for (const name of [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'C:x',
    '.hidden',
    '~x',
    'x\u0000',
    'x\n',
    'x.',
    'x ',
    'a'.repeat(201),
    'con|x',
    'x?',
    '"x"',
    'NUL',
    'con.epp',
    'Com1.xml',
    'lpt².epp',
  ])
    expect([name, plainFileName.safeParse(name).success]).toEqual([name, false]);
});

test('waits grow to a minute with a fifth more or less, and tries of a job to an hour', () => {
  expect([1, 2, 3, 4, 5, 6, 60].map((n) => backOffMs(n, () => 0.5) / 1000)).toEqual([1, 2, 5, 10, 30, 60, 60]);
  expect([backOffMs(6, () => 0), backOffMs(6, () => 1)]).toEqual([48_000, 72_000]);
  expect([1, 2, 3, 4, 9].map((n) => retryMs(n) / 60_000)).toEqual([1, 5, 15, 60, 60]);
});
