import { allWords, generalCauses, findingWords as listed } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import type { FindingText } from './schemas/index.ts';

/** The words of a code in four languages. A code without words shows itself: better than nothing, and a test finds it. */
export function findingWords(code: string): FindingText {
  const words = listed[code];
  if (words) return { code, ...words };
  return { code, level: 'hold', whoMends: 'us', text: { pl: code, en: code, hu: code, sv: code }, remedy: null };
}

/** All of them, with the causes of every connection: a screen shows either. */
findingWords.all = (ctx: Pick<Context, 'connectors'>): FindingText[] => [
  ...allWords().map(({ code, words }) => ({ code, ...words })),
  ...[...generalCauses, ...[...ctx.connectors.values()].flatMap((c) => c.manifest.causes)].map(({ code, whoMends, text, remedy }) => ({
    code,
    level: 'cause',
    whoMends,
    text,
    remedy,
  })),
];
