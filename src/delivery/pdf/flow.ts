/** Text that may hold words too long for its column: cut into pieces between which a line may end. */
export type Flow = string | string[];

/** Pictures among letters and what only steers them: no text font has them, and PDF/A refuses a letter without a glyph. */
const pictures = /[\p{Extended_Pictographic}\u{1F1E6}-\u{1F1FF}\u{1F3FB}-\u{1F3FF}\u{FE00}-\u{FE0F}]/gu;
const letterlike = /[©®™↔]/u;
/** Controls, line ends, halves and signs without a meaning; the marks that turn the reading direction could make an amount read backwards. */
const unprintable = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu;

/** One printable line, its white space single. */
export function plain(raw: string): string {
  return raw
    .replace(pictures, (sign) => (letterlike.test(sign) ? sign : ''))
    .replace(unprintable, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** Letters of a word that still fits where the text has the whole width of the page. */
export const pageWide = 60;

/** Words longer than their column may be are cut behind their hyphens, else into pieces of twelve letters; between those a line may end. */
export function flow(raw: string, longest = 25): Flow {
  const pieces = plain(raw)
    .replace(/\S+/gu, (word) => (word.length > longest ? word.match(/[^-/]{1,12}[-/]?|[-/]/gsu)!.join('\n') : word))
    .split('\n');
  return pieces.length === 1 ? pieces[0]! : pieces;
}

/** What people wrote in several lines stays in several lines. */
export function paragraphs(texts: (string | undefined)[]): Flow[] {
  const lines = texts.flatMap((whole) => whole?.split(/\r?\n/) ?? []).map((written) => flow(written, pageWide));
  return lines.filter((written) => written.length > 0);
}
