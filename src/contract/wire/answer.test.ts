import { expect, test } from 'vitest';
import { limitedText, plain, textOf } from './answer.ts';

/** An answer is read as what it is, however it is called and whatever stands before it. */
test('words come out whole from UTF-8 with and without a mark, and from the alphabet an answer names when it is no UTF-8', async () => {
  const said = '{"text":"zażółć Ő"}';
  const utf8 = Buffer.from(said);
  for (const bytes of [utf8, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8])])
    for (const type of ['application/json', 'application/json; charset=ISO-8859-1', 'text/html; charset=windows-1250', ''])
      expect([type, textOf(bytes, type)]).toEqual([type, said]);
  // "zażółć" in Windows-1250 and in ISO-8859-2 (here the same bytes), "űrlap" too.
  const polish = Buffer.from([0x7a, 0x61, 0xbf, 0xf3, 0xb3, 0xe6]);
  for (const type of ['text/html; charset=windows-1250', 'text/plain;charset="iso-8859-2"'])
    expect([type, textOf(polish, type)]).toEqual([type, 'zażółć']);
  const xml = Buffer.concat([Buffer.from('<?xml version="1.0" encoding="ISO-8859-2"?><a>'), polish, Buffer.from('</a>')]);
  expect(textOf(xml, 'text/xml')).toContain('<a>zażółć</a>');
  // Named after nothing there is, or not at all: what can be read is read.
  for (const type of ['text/html; charset=klingon', 'text/html', 'charset=']) expect(textOf(polish, type), type).toMatch(/^za\ufffd+$/);
  expect(await limitedText(new Response(polish, { headers: { 'content-type': 'text/html; charset=windows-1250' } }), 6)).toBe('zażółć');
  await expect(limitedText(new Response(polish), 5)).rejects.toThrow(RangeError);
});

test('of a page the words are kept, and none of them is cut within a letter', () => {
  expect(plain('<html><style>p{}</style><h1>502</h1> <p>Bad&nbsp;gateway</p></html>')).toBe('502 Bad&nbsp;gateway');
  expect(plain('<p>Bad&nbsp;gateway</p>', 6)).toBe('Bad');
  expect(plain('😀😀', 3)).toBe('😀');
  // What never closes is not looked for without end.
  expect(plain('<script>'.repeat(1_000_000))).toBe('');
});
