import { expect, test } from 'vitest';
import { polishContent } from '../testkit/polish.ts';
import { heldOver, unreadable } from './unreadable.ts';

const sampleContent = polishContent({ lines: [{ name: 'Kubek', quantity: '1', unitPrice: '10.00' }] });

/** Who is to blame for a document that stops is told truly: the content where it cannot be read, the product where it can. */
const codes = (error: unknown, content: unknown) => heldOver(content)(error).findings.map((f) => f.code);

test('a content that its schema reads is not blamed for a fault of the program', () => {
  const fault = new TypeError("Cannot read properties of undefined (reading 'map')");
  expect(codes(fault, sampleContent)).toEqual(['H_OUR_FAULT']);
  expect(codes(fault, {})).toEqual(['H_CONTENT_UNREADABLE']);
  expect(codes(fault, { ...sampleContent, lines: null })).toEqual(['H_CONTENT_UNREADABLE']);
});

test('a value that the database refuses is one of the content; what the database says of itself is thrown on', () => {
  expect(codes(Object.assign(new Error('invalid date'), { code: '22007' }), sampleContent)).toEqual(['H_CONTENT_UNREADABLE']);
  expect(unreadable(Object.assign(new Error('disk full'), { code: '53100' }))).toBeUndefined();
  const gone = new Error('Connection terminated unexpectedly');
  expect(() => heldOver({})(gone)).toThrow(gone);
});
