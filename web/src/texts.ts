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

const load: Record<Language, () => Promise<{ default: Words }>> = {
  pl: () => import('./texts/pl.json'),
  en: () => import('./texts/en.json'),
  hu: () => import('./texts/hu.json'),
  sv: () => import('./texts/sv.json'),
};

export async function loadTexts(language: Language): Promise<Translate> {
  const { default: words } = await load[language]();
  return translator(language, words);
}

/** `{count}` picks the plural form of the language and is written in its digits; other placeholders are put in as they are. */
export function translator(language: Language, words: Words): Translate {
  const plural = new Intl.PluralRules(locales[language]);
  const digits = new Intl.NumberFormat(locales[language]);
  return (key, params) => {
    const count = params?.count;
    const text = typeof count === 'number' ? (words[`${key}_${plural.select(count)}`] ?? words[key]) : words[key];
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
