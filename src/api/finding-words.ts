import { allWords, findingWords as listed } from '../diagnosis/index.ts';
import type { FindingText } from './schemas.ts';

/** The words of a code in four languages. A code without words shows itself. */
export function findingWords(code: string): FindingText {
  const words = listed[code];
  if (words) return textOf(code, words);
  return { code, level: 'hold', whoMends: 'us', text: { pl: code, en: code, hu: code, sv: code }, remedy: null };
}

function textOf(code: string, { level, whoMends, text, remedy, page }: (typeof listed)[string]): FindingText {
  return { code, level, whoMends, text, remedy, ...(page ? { page } : {}) };
}

findingWords.all = (): FindingText[] => allWords().map(({ code, words }) => textOf(code, words));
