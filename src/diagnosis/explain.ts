import type { Cause, Texts } from '../contract/manifest.ts';
import type { Language } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import { generalCauses } from './general.ts';
import { breakWords, findingWords, type Words } from './texts/index.ts';
import { valueWords } from './texts/values.ts';

/** What is said about a code, whoever says it: screen, mail, command line, case file. */
export type Explanation = {
  code: string;
  title?: string;
  text: string;
  remedy: string;
  whoMends: Words['whoMends'];
  /** Field of the document or of the settings that mends it. */
  where?: string;
  /** Screen of ours where it is mended. */
  page?: string;
  /** Page of the provider where it is mended. */
  link?: string;
};

type Sources = Pick<Context, 'connectors'>;

/** A connector's cause, one that every connection shares, or a finding in the role of one; undefined for a code nobody lists. */
export function causeListed(ctx: Sources, connector: string | undefined, code: string): Cause | undefined {
  const own = connector ? ctx.connectors.get(connector)?.manifest.causes : [...ctx.connectors.values()].flatMap((c) => c.manifest.causes);
  const found = own?.find((c) => c.code === code) ?? generalCauses.find((c) => c.code === code);
  if (found) return found;
  const words = findingWords[code] ?? breakWords[code];
  if (!words) return undefined;
  const { whoMends, text, remedy } = words;
  return { code, stops: 'document', whoMends, retryHelps: false, mayExist: false, title: text, text, remedy };
}

/** As above; an unlisted code is shown in the provider's own words. */
export function causeOf(ctx: Sources, connector: string | undefined, code: string): Cause {
  return causeListed(ctx, connector, code) ?? { ...generalCauses.find((c) => c.code === 'UNLISTED')!, code };
}

/** A placeholder without a value becomes a dash: a half-filled sentence helps nobody. */
export function fill(text: string, params: Record<string, string> = {}): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] || '–');
}

/** Coded values in words: states, kinds, reasons, names of fields (several, parted by commas). */
export function spoken(params: Record<string, string>, language: Language): Record<string, string> {
  const inWords = ([name, value]: [string, string]): [string, string] => {
    // A connector's own word for it comes along in each language.
    const own = params[`${name}@${language}`];
    if (own) return [name, own];
    const words = valueWords[name];
    if (!words) return [name, value];
    if (words[value]) return [name, words[value][language]];
    return [
      name,
      value
        .split(', ')
        .map((part) => words[part]?.[language] ?? part)
        .join(', '),
    ];
  };
  return Object.fromEntries(Object.entries(params).map(inWords));
}

/** Params with the words of each language beside coded values (`fields@pl`), for readers who fill the sentence themselves. */
export function spokenInAll(params: Record<string, string>): Record<string, string> {
  const all = { ...params };
  for (const language of ['pl', 'en', 'hu', 'sv'] as const)
    for (const [name, value] of Object.entries(spoken(params, language))) if (value !== params[name]) all[`${name}@${language}`] = value;
  return all;
}

export function filled(texts: Texts, params: Record<string, string> = {}): Texts {
  const say = (language: Language) => fill(texts[language], spoken(params, language));
  return { pl: say('pl'), en: say('en'), hu: say('hu'), sv: say('sv') };
}

/** The one function that turns a code into words. */
export function explain(
  ctx: Sources,
  found: {
    code: string;
    params?: Record<string, string>;
    where?: string;
    connector?: string;
    providerCode?: string;
    providerText?: string;
  },
  language: Language,
): Explanation {
  const words = findingWords[found.code] ?? breakWords[found.code];
  const cause = causeOf(ctx, found.connector, found.code);
  const given = { code: found.providerCode ?? found.code, message: found.providerText ?? '', ...found.params };
  const params = spoken(given, language);
  const listed = words ? undefined : cause;
  return {
    code: found.code,
    ...(listed ? { title: fill(listed.title[language], params) } : {}),
    text: fill(cause.text[language], params),
    remedy: fill(cause.remedy[language], params),
    whoMends: cause.whoMends,
    ...(found.where || cause.where ? { where: found.where || cause.where } : {}),
    ...(words?.page ? { page: words.page } : cause.stops === 'connection' ? { page: '/causes' } : {}),
    ...(cause.link ? { link: cause.link } : {}),
  };
}

/** Every code with words, for screens that change language without asking again and for docs/FAILURES.md. */
export function allWords(): { code: string; words: Words }[] {
  return Object.entries({ ...findingWords, ...breakWords }).map(([code, words]) => ({ code, words }));
}
