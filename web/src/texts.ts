import { createContext, useContext } from 'react';
import type enTexts from './texts/en.json';

/** Words of the screens in four languages. Keys are checked by the compiler; `texts.test.ts` finds missing and unused ones. */
export const languages = ['pl', 'en', 'hu', 'sv'] as const;
export type Language = (typeof languages)[number];
export const languageNames: Record<Language, string> = { pl: 'Polski', en: 'English', hu: 'Magyar', sv: 'Svenska' };
export const locales: Record<Language, string> = { pl: 'pl-PL', en: 'en-GB', hu: 'hu-HU', sv: 'sv-SE' };

type Form = 'one' | 'few' | 'many' | 'other';
type Base<K> = K extends `${infer B}_${Form}` ? B : K;
export type Key = Base<keyof typeof enTexts>;
export type Params = Record<string, string | number>;
export type Translate = (key: Key, params?: Params) => string;
type Words = Record<string, string>;

type Part = () => Promise<{ default: Words }>;
const parts: Record<Language, { first: Part; rest: Part }> = {
  pl: { first: () => import('./texts/pl.json?part=first'), rest: () => import('./texts/pl.json?part=rest') },
  en: { first: () => import('./texts/en.json?part=first'), rest: () => import('./texts/en.json?part=rest') },
  hu: { first: () => import('./texts/hu.json?part=first'), rest: () => import('./texts/hu.json?part=rest') },
  sv: { first: () => import('./texts/sv.json?part=first'), rest: () => import('./texts/sv.json?part=rest') },
};
const known: Partial<Record<Language, Words>> = {};
let current: Language = 'en';
let whole = false;

/** Words of the first pages, and of all others once one of those was opened. */
export async function loadTexts(language: Language): Promise<Translate> {
  known[language] ??= { ...(await parts[language].first()).default };
  if (whole) await loadRest(language);
  current = language;
  return translator(language, known[language]);
}

/** What is said beyond the first pages; asked for with the first of the others. */
export function restOfTexts(): Promise<void> {
  whole = true;
  return loadRest(current);
}

async function loadRest(language: Language): Promise<void> {
  const { default: rest } = await parts[language].rest();
  known[language] ??= {};
  Object.assign(known[language], rest);
}

/** `{count}` picks the plural form of the language and is written in its digits; other placeholders are put in as they are. */
export function translator(language: Language, words: Words): Translate {
  const plural = new Intl.PluralRules(locales[language]);
  const digits = new Intl.NumberFormat(locales[language]);
  return (key, params) => {
    const count = params?.count;
    const text = typeof count === 'number' ? (words[`${key}_${plural.select(count)}`] ?? words[`${key}_other`] ?? words[key]) : words[key];
    if (text === undefined) return key;
    return params
      ? text.replace(/\{(\w+)\}/g, (whole, name: string) => {
          const value = params[name];
          return value === undefined ? whole : typeof value === 'number' ? digits.format(value) : value;
        })
      : text;
  };
}

export const TextsContext = createContext<{ language: Language; t: Translate; setLanguage: (language: Language) => void } | undefined>(
  undefined,
);

export function useTexts() {
  const value = useContext(TextsContext);
  if (!value) throw new Error('no texts around this component');
  return value;
}
export const useT = (): Translate => useTexts().t;

export function startLanguage(): Language {
  const wished = document.documentElement.lang as Language;
  return languages.includes(wished) ? wished : 'en';
}
