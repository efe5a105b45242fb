import { documentFindings } from '../diagnosis/texts/documents.ts';
import type { FindingText } from './schemas.ts';

/** The words of a code in four languages. A code without words shows itself: better than nothing, and a test counts them. */
export function findingWords(code: string): FindingText {
  const words = documentFindings[code];
  if (words) return { code, ...words };
  return { code, level: 'hold', whoMends: 'us', text: { pl: code, en: code, hu: code, sv: code }, remedy: null };
}

findingWords.all = (): FindingText[] => Object.keys(documentFindings).map((code) => findingWords(code));
