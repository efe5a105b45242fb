import { type Finding, hold, warning } from '../finding.ts';
import type { DocumentContent } from './document.ts';

/**
 * The letters and signs that our own PDF can show: what the fonts of `delivery/pdf/fonts.ts` have together (Latin, Greek, Cyrillic,
 * Chinese, Japanese, Korean, Thai, Hebrew, Arabic, Devanagari). A test compares the list with the fonts.
 */
const shown =
  '20-3e1 3f0-52f 591-6ff 750-77f 870-88e 898-97f e01-e5b 10fb 1ab0-1ac0 1ac5 1ac7-1ace 1c80-1c88 1d00-1df9 1dfb-20c0 20dd-20de 20f0-216b 2170-217b 2183-2184 2189 2190-2199 21a8 21b0-21b4 21b8-21b9 21bc 21c0 21c4-21c6 21cb-21cd 21cf-21d4 21e0-21e3 21e6-21e9 21f5 2200 2202-2203 2205-220c 220f 2211-2213 2215 2219-221a 221d-2220 2222-2223 2225-222e 2234-2237 223d 2243 2245 2248 224c 2250-2253 225a 2260-2262 2264-2267 226a-226b 226e-2273 2276-2277 2279-227b 2280-2287 228a-228b 2295-2299 22a0 22a3-22a5 22bb-22bc 22bf 22ce-22cf 22da-22db 22ee-22ef 2302-2303 2305-2307 2310 2312 2314 2318 231c-2321 2325-2326 2329-232b 23b0-23b1 23be-23cc 23ce 23da-23db 2423 2460-25ac 25b1-25ba 25bc-25c4 25c6-25cc 25ce-25d3 25d8-25d9 25e2-25e6 25ef 2600-2603 2605-2606 2609 260e-2611 2615-2617 261c-261f 262f 263a-263c 263f-2642 2660-266f 2672-267d 26a0 26bd-26be 2702 2713-2714 2716-2718 271a 273d 273f-2740 2752 2756 275b-2760 2764 2776-2793 27a1 27e6-27e9 2934-2935 29bf 29fa-29fb 2b05-2b07 2b1a 2b95 2c60-2c7f 2de0-30fa 30fc-3163 3165-332b 332d-4dbf 4e00-9fff a640-a69f a700-a7ca a7d0-a7d1 a7d3 a7d5-a7d9 a7f2-a7ff a8ff a92e ab30-ab6b ac00-d7a3 f900-fa6d fa71 fb00-fb06 fb1d-fbc2 fbd3-fd8f fd92-fdc7 fdcf-fe00 fe10-ff9f ffe0-fffd';
const hex = (code: string) => `\\u{${code}}`;
const notShown = new RegExp(
  `[^${shown
    .split(' ')
    .map((range) => range.split('-').map(hex).join('-'))
    .join('')}]`,
  'gu',
);
/** Most texts, and all of them shown: not looked at letter by letter. */
const plain = /^[\x20-\u024f]*$/;
const signWithGap = new RegExp(` ${notShown.source}+(?= )`, 'gu');
/** Part of a word or number, as against an ornament. */
const isLetter = /[\p{L}\p{M}\p{N}]/u;
/** Control characters, joiners and choices of variant: they show nothing by themselves. */
const isSilent = /[\p{Cc}\p{Cf}\p{Variation_Selector}]/u;

/** A text as it can be printed: a letter that no font has becomes a box, so that its absence is seen; a sign is left out. */
export function printableText(text: string): string {
  // A sign takes the gap with it that it would leave between two words.
  return text
    .normalize('NFC')
    .replace(signWithGap, (whole) => ([...whole].some((letter) => isLetter.test(letter)) ? whole : ''))
    .replace(notShown, (letter) => (isSilent.test(letter) ? letter : isLetter.test(letter) ? '□' : ''));
}

/** Letters the PDF cannot show hold a document, for a name with boxes in it is none; signs that it leaves out are only told. */
export function checkLetters(content: DocumentContent): Finding[] {
  const letters = new Map<string, Set<string>>();
  const signs = new Map<string, Set<string>>();
  const look = (where: string, text: string | undefined) => {
    if (text === undefined || plain.test(text)) return;
    for (const [letter] of text.normalize('NFC').matchAll(notShown)) {
      if (isSilent.test(letter)) continue;
      const found = isLetter.test(letter) ? letters : signs;
      found.set(where, (found.get(where) ?? new Set()).add(letter));
    }
  };
  for (const side of ['seller', 'buyer', 'recipient'] as const)
    for (const field of ['name', 'company', 'street', 'street2', 'postalCode', 'city', 'region'] as const)
      look(`${side}.${field}`, content[side]?.[field]);
  content.lines.forEach((line, i) => {
    look(`lines.${i}.name`, line.name);
    look(`lines.${i}.note`, line.note);
    look(`lines.${i}.unit`, line.unit);
  });
  content.notes.forEach((note, i) => {
    look(`notes.${i}`, note);
  });
  look('correction.reason', content.correction?.reason);
  return [...told(hold, 'H_LETTERS', letters), ...told(warning, 'W_SIGNS', signs)];
}

const mostTold = 20;

function told(make: typeof hold, code: string, found: Map<string, Set<string>>): Finding[] {
  const [where] = found.keys();
  if (where === undefined) return [];
  const letters = [...new Set([...found.values()].flatMap((some) => [...some]))].slice(0, mostTold).join(' ');
  return [make(code, where, { letters, fields: [...found.keys()].slice(0, mostTold).join(', ') })];
}
