/**
 * Promise: what the judgement of a document calls printable, the fonts can show; every other letter holds the document with its field and
 * its letters, every other sign is told, and neither stops a PDF.
 */
import { expect, test } from 'vitest';
import { check, printableText } from '../../domain/documents/index.ts';
import { checkLetters } from '../../domain/documents/letters.ts';
import { readPdf } from '../../testkit/read-pdf.ts';
import { issued, polishInvoice } from '../../testkit/sample-documents.ts';
import { fontFiles } from './fonts.ts';
import { createTypst } from './typst.ts';

/** The code points a TrueType file has a picture for (OpenType `cmap`, formats 4 and 12). */
function lettersOf(font: Buffer): Set<number> {
  const letters = new Set<number>();
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, i) => 12 + 16 * i);
  const cmap = font.readUInt32BE(tables.find((at) => font.toString('latin1', at, at + 4) === 'cmap')! + 8);
  for (let i = 0; i < font.readUInt16BE(cmap + 2); i++) {
    const at = cmap + font.readUInt32BE(cmap + 4 + 8 * i + 4);
    const format = font.readUInt16BE(at);
    if (format === 12) {
      for (let group = 0; group < font.readUInt32BE(at + 12); group++) {
        const from = at + 16 + 12 * group;
        for (let code = font.readUInt32BE(from); code <= font.readUInt32BE(from + 4); code++) letters.add(code);
      }
    }
    if (format !== 4) continue;
    const twice = font.readUInt16BE(at + 6);
    for (let s = 0; s < twice; s += 2) {
      const [end, start] = [font.readUInt16BE(at + 14 + s), font.readUInt16BE(at + 16 + twice + s)];
      const [delta, range] = [font.readUInt16BE(at + 16 + 2 * twice + s), font.readUInt16BE(at + 16 + 3 * twice + s)];
      for (let code = start; code <= end && code < 0xffff; code++) {
        const glyph = range === 0 ? code : font.readUInt16BE(at + 16 + 3 * twice + s + range + 2 * (code - start));
        if (glyph !== 0 && ((glyph + delta) & 0xffff) !== 0) letters.add(code);
      }
    }
  }
  return letters;
}

test('a letter is printable exactly where a font has it', () => {
  const have = new Set(fontFiles().flatMap((font) => [...lettersOf(font)]));
  const wrong: string[] = [];
  for (let code = 0x20; code < 0x30000; code++) {
    if (code >= 0xd800 && code < 0xf900) continue;
    const letter = String.fromCodePoint(code);
    // Unassigned, controls and marks of order; above the basic plane we promise nothing.
    if (/[\p{Cn}\p{Cc}\p{Cf}\p{Variation_Selector}]/u.test(letter) || letter.normalize('NFC') !== letter) continue;
    const printed = printableText(letter) === letter;
    if (code < 0x10000 ? printed !== have.has(code) : printed) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

const look = { accent: '#0f5c5c' };
const abroad = {
  buyer: '東京商事株式会社 有限公司',
  street: 'ул. Ленина 1, Οδός Ερμού 5, רחוב הרצל, शारदा',
};

test('Japanese, Chinese, Korean, Thai, Hebrew, Greek and Cyrillic names stand in the PDF as they are', async () => {
  const content = polishInvoice();
  content.buyer = { ...content.buyer, name: abroad.buyer, company: abroad.buyer, street: abroad.street };
  content.lines[0] = { ...content.lines[0]!, name: '서울상사 ร้านกรุงเทพ' };
  expect(checkLetters(content)).toEqual([]);
  const pdf = readPdf(await createTypst().render({ content, issued, look }));
  const flat = pdf.text.replace(/\s+/g, '');
  for (const word of ['東京商事株式会社', '有限公司', '서울상사', 'Ленина', 'Ερμού']) expect(flat).toContain(word);
  expect(flat).not.toContain('□');
  for (const font of ['ChocolateClassicalSans', 'NanumGothic', 'NotoSansThai', 'NotoSansHebrew'])
    expect(pdf.structure).toContain(`+${font}`);
});

test('letters of no font hold the document at their field; accepted, they are boxes', async () => {
  const content = polishInvoice();
  content.buyer = { ...content.buyer, name: 'შპს თბილისი', company: undefined, city: 'Երևան' };
  const [finding, ...others] = check(content, { today: '2026-11-20' }).filter((f) => /LETTERS|SIGNS/.test(f.code));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ code: 'H_LETTERS', level: 'hold', where: 'buyer.name' });
  expect(finding!.params!.letters).toMatch(/შ.*ე|შ/u);
  expect(finding!.params!.fields).toBe('buyer.name, buyer.city');
  const pdf = readPdf(await createTypst().render({ content, issued, look }));
  expect(pdf.text).toContain('□□□');
});

test('emoji are told and left out, joiners and variants are no letters', () => {
  const content = polishInvoice();
  content.lines[0] = { ...content.lines[0]!, name: 'Kubek 🔥🔥 hit ★ 20 ⌀ ✓️' };
  expect(checkLetters(content)).toEqual([
    { code: 'W_SIGNS', level: 'warning', where: 'lines.0.name', params: { letters: '🔥 ⌀', fields: 'lines.0.name' } },
  ]);
  expect(printableText('Kubek 🔥🔥 hit')).toBe('Kubek hit');
  expect(printableText('e\u0301')).toBe('é');
});
