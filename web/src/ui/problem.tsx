import { ApiError } from '../api.ts';
import { useFindingWords } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';

/** Status 0 is no answer at all. */
const ofStatus: Record<number, Key> = { 0: 'failed.offline', 403: 'failed.forbidden', 404: 'failed.missing' };

/**
 * What went wrong, in the reader's language. The API says it in English for those who program against it; screens say it by the code of the
 * problem, and a finding by its own words and remedy.
 */
export function useProblemWords(): (error: unknown) => string {
  const { t } = useTexts();
  const words = useFindingWords();
  const known = (key: string): string | undefined => {
    const text = t(key as Key);
    return text === key ? undefined : text;
  };
  return (error) => {
    if (!(error instanceof ApiError)) return t('failed.text');
    const { code = '', status, findings = [], errors = [] } = error.problem;
    if (findings.length > 0) {
      const said = findings.slice(0, 3).map((found) => words(found));
      return [...new Set(said.flatMap(({ text, remedy }) => [text, remedy ?? '']))].filter(Boolean).join(' ');
    }
    const fields = [...new Set(errors.flatMap(({ path }) => known(`field.${path.split('.').at(-1)}`) ?? []))];
    if (fields.length > 0) return t('problem.fields', { fields: fields.join(', ') });
    return (
      known(
        `problem.${code
          .toLowerCase()
          .replaceAll('_', '-')
          .replace(/^fst-.*-file-too-large$/, 'file-too-large')}`,
      ) ??
      known(ofStatus[status] ?? `problem.${status}`) ??
      t('failed.text')
    );
  };
}

/** Loaded when something goes wrong, with the words it needs. */
export default function ProblemWords({ error }: { error: unknown }) {
  return useProblemWords()(error);
}
