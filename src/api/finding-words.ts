import { allWords, findingWords as listed } from '../diagnosis/index.ts';
import type { FindingText } from './schemas.ts';

/** The words of a code in four languages. A code without words shows itself: better than nothing, and a test finds it. */
export function findingWords(code: string): FindingText {
  const words = listed[code];
  if (words) return { code, ...words };
  return { code, level: 'hold', whoMends: 'us', text: { pl: code, en: code, hu: code, sv: code }, remedy: null };
}

findingWords.all = (): FindingText[] => allWords().map(({ code, words }) => ({ code, ...words }));
