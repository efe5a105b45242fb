import type { Cause, Texts } from './manifest.ts';

/** One thing said in the four languages, in the order Polish, English, Hungarian, Swedish. */
export type Four = [pl: string, en: string, hu: string, sv: string];

export function four([pl, en, hu, sv]: Four): Texts {
  return { pl, en, hu, sv };
}

type CauseTraits = Partial<Omit<Cause, 'code' | 'title' | 'text' | 'remedy'>>;
type CauseOf = (code: string, traits: CauseTraits, title: Four, text: Four, remedy: Four) => Cause;

/**
 * How a table of causes writes its entries. Unless an entry says otherwise, a cause stops its document, the seller mends it, asking
 * again does not help, and nothing was made over there; `prefix` begins every code of the table.
 */
export function causesOf(prefix = '', usual: CauseTraits = {}): CauseOf {
  return (code, traits, title, text, remedy) => ({
    code: prefix + code,
    stops: 'document',
    whoMends: 'seller',
    retryHelps: false,
    mayExist: false,
    ...usual,
    ...traits,
    title: four(title),
    text: four(text),
    remedy: four(remedy),
  });
}
