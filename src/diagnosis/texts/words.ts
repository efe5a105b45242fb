import { type Four, four } from '../../contract/cause.ts';
import type { Texts } from '../../contract/manifest.ts';
import type { Finding } from '../../domain/finding.ts';

/** What is said about a code: what happened, what to do, who can do it, and the page of ours where it is done. */
export type Words = {
  level: Finding['level'];
  whoMends: 'seller' | 'buyer' | 'provider' | 'authority' | 'us' | 'nobody';
  text: Texts;
  remedy: Texts;
  /** Path of the screen, below the public address. */
  page?: string;
};

/** One entry of a table of words, in the order Polish, English, Hungarian, Swedish. */
export function words(level: Words['level'], whoMends: Words['whoMends'], text: Four, remedy: Four, page?: string): Words {
  return { level, whoMends, text: four(text), remedy: four(remedy), ...(page ? { page } : {}) };
}
