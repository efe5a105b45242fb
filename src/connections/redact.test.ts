import { expect, test } from 'vitest';
import { redact } from './redact.ts';

/** The promise: whatever a secret wears on its way through a protocol, a copy that is kept does not show it. */
const value = `Zażółć "p&ss<w>rd" it's/50% (new)! ~*`;
const secrets = { password: { reveal: () => value } };

test.each([
  ['as it is', value],
  ['an address', encodeURIComponent(value)],
  ['a form', new URLSearchParams({ client_secret: value }).toString()],
  ['a form in small letters', new URLSearchParams({ x: value }).toString().replace(/%../g, (one) => one.toLowerCase())],
  ['XML', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
  [
    'XML of .NET',
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  ],
  [
    'a page',
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  ],
  ['JSON', JSON.stringify({ value })],
  ['JSON of PHP', JSON.stringify({ value }).replaceAll('/', '\\/')],
  ['JSON in ASCII', JSON.stringify({ value }).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)],
  ['base64', Buffer.from(value).toString('base64')],
  ['base64url', Buffer.from(value).toString('base64url')],
])('%s', (_, text) => {
  const kept = redact(`before ${text} after`, secrets);
  expect(kept).toMatch(/^before .*\*\*\*.* after$/);
  expect(kept).not.toMatch(/rd|new|c3M8|JmFtcDs/);
});

test.each(['"', '>>>???ÿÿÿ', 'ab>?ÿ12'])('a secret with %s in an attribute and in both alphabets of base64', (odd) => {
  const one = `k<1${odd}`;
  const bytes = Buffer.from(one);
  const attribute = one.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  for (const text of [attribute, bytes.toString('base64'), bytes.toString('base64url')])
    expect(redact(`before ${text} after`, { password: { reveal: () => one } })).toMatch(/^before \*\*\*=* after$/);
});
