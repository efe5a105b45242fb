import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut } from './cut.ts';

/** Words from outside are cut to fit, and what is left is words still: no half of a letter, no head of a character reference. */
test('no letter and no character reference is cut in half', () => {
  for (const [text, max, kept] of [
    ['zażółć', 3, 'zaż'],
    ['ab😀cd', 3, 'ab'],
    ['ab😀cd', 4, 'ab😀'],
    ['b&oacute;l', 5, 'b'],
    ['b&oacute;l', 9, 'b&oacute;'],
    ['b&#243;l', 4, 'b'],
    ['b&#xF3;l', 4, 'b'],
    ['&amp;&amp;', 7, '&amp;'],
    ['Müller & Söhne', 10, 'Müller & S'],
    ['R&D of A', 3, 'R&D'],
    ['', 5, ''],
    ['&', 0, ''],
    ['a\ud83d', 5, 'a\ufffd'],
  ] as const)
    expect([text, max, cut(text, max)]).toEqual([text, max, kept]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(60), (text, max) => {
      const kept = cut(text, max);
      expect(text.startsWith(kept)).toBe(true);
      expect(kept.length).toBeLessThanOrEqual(max);
      expect(kept.isWellFormed()).toBe(true);
      if (!text.includes('&')) expect(kept.length).toBeGreaterThanOrEqual(Math.min(text.length, max) - 1);
    }),
  );
});
