import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext } from 'react';
import type { Permission } from '../../src/api/permissions.ts';
import type { FindingTexts, Me, Membership } from '../../src/api/schemas/index.ts';
import { api, type Found } from './api.ts';
import { formatsOf } from './format.ts';
import { type Language, useTexts } from './texts.ts';

type User = NonNullable<Me['user']>;
export type Session = {
  me: Me & { user: User };
  organization: Membership;
  choose: (id: string) => void;
  can: (permission: Permission) => boolean;
};
const SessionContext = createContext<Session | undefined>(undefined);

const chosen = 'fakturist.organization';
/** The one worked in last; at first the one whose language the reader speaks. */
export function chosenOrganization(organizations: Membership[], language: string): Membership | undefined {
  const wished = localStorage.getItem(chosen);
  return organizations.find((o) => o.id === wished) ?? organizations.find((o) => o.language === language) ?? organizations[0];
}
export const rememberedOrganization = (): string | undefined => localStorage.getItem(chosen) ?? undefined;
export const rememberOrganization = (id: string): void => localStorage.setItem(chosen, id);

export function SessionProvider({ value, children }: { value: Session; children: ReactNode }) {
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session around this component');
  return session;
}

/** One function for all callers, so that the map is made once and not per row. */
const sorted = new WeakMap<FindingTexts, { words: Map<string, FindingTexts['items'][number]>; values: FindingTexts['values'] }>();
/** Once an answer, not once a row that asks. */
const byCode = (answer: FindingTexts) => {
  let found = sorted.get(answer);
  if (!found) {
    found = { words: new Map(answer.items.map((item) => [item.code, item])), values: answer.values };
    sorted.set(answer, found);
  }
  return found;
};

/** Amounts travel as decimal text, some with their currency, and are read in the digits of the language. */
function inDigits(value: string | undefined, language: Language): string | undefined {
  const [, amount, currency] = /^(-?\d{1,15}\.\d{2})(?: ([A-Z]{3}))?$/.exec(value ?? '') ?? [];
  if (!amount) return value;
  const formats = formatsOf(language);
  return currency ? formats.money(amount, currency) : formats.amount(amount);
}

const findingTexts = {
  queryKey: ['finding-texts'],
  queryFn: () => api.get<FindingTexts>('/finding-texts'),
  staleTime: Number.POSITIVE_INFINITY,
  select: byCode,
};
/** Whether the words are there: what is drawn before would grow when they come, and push aside what stands below. */
export const useFindingWordsReady = (): boolean => !useQuery(findingTexts).isPending;

/** Words of each code of a finding or a cause, asked once: screens change language without asking again. */
export function useFindingWords(): (found: Found) => { text: string; remedy: string | undefined; whoMends: string | undefined } {
  const { language } = useTexts();
  const { data, isPending } = useQuery(findingTexts);
  return useCallback(
    (found) => {
      const words = data?.words.get(found.code);
      const inWords = (name: string, value: string | undefined) => {
        const known = value === undefined ? undefined : data?.values[name];
        if (!known) return inDigits(value, language);
        return (
          known[value!]?.[language] ??
          value!
            .split(', ')
            .map((part) => known[part]?.[language] ?? part)
            .join(', ')
        );
      };
      const fill = (text: string | undefined) =>
        text?.replace(
          /\{(\w+)\}/g,
          (_, name: string) => found.params?.[`${name}@${language}`] ?? inWords(name, found.params?.[name]) ?? '…',
        );
      return {
        text: fill(words?.text[language]) ?? found.text ?? (isPending ? '…' : found.code),
        remedy: fill(words?.remedy?.[language]),
        whoMends: words?.whoMends,
      };
    },
    [data, language, isPending],
  );
}
