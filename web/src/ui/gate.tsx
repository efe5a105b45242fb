import { type ReactNode, Suspense, useEffect } from 'react';
import { ApiError } from '../api.ts';
import { lazy } from '../lazy.ts';
import { SchemeSwitch } from '../shell.tsx';
import { languageNames, languages, useTexts } from '../texts.ts';
import styles from './gate.module.css';
import { Mark } from './icon.tsx';

const ProblemWords = lazy(() => import('./problem.tsx'));

/** The pages before the shell: log-in, first set-up, invitation, password. */
export function Gate({ title, about, wide, children }: { title: string; about?: ReactNode; wide?: boolean; children: ReactNode }) {
  const { t, language, setLanguage } = useTexts();
  useEffect(() => {
    document.title = `${title} · Fakturist`;
  }, [title]);
  return (
    <main className={styles.gate}>
      <div className={styles.brand}>
        <Mark size={34} />
        <span>Fakturist</span>
      </div>
      <div className={styles.card} data-wide={wide}>
        <h1>{title}</h1>
        {about && <p className={styles.about}>{about}</p>}
        {children}
      </div>
      <div className={styles.foot}>
        <fieldset className={styles.languages}>
          <legend className="hidden">{t('shell.language')}</legend>
          {languages.map((code) => (
            <button key={code} type="button" lang={code} aria-pressed={code === language} onClick={() => setLanguage(code)}>
              {languageNames[code]}
            </button>
          ))}
        </fieldset>
        <SchemeSwitch />
      </div>
    </main>
  );
}

export function GateError({ error, text }: { error: unknown; text?: string }) {
  const { t } = useTexts();
  if (!error) return null;
  const offline = error instanceof ApiError && error.problem.code === 'offline';
  return (
    <div className={styles.error} role="alert">
      {offline
        ? t('failed.offline')
        : (text ?? (
            <Suspense fallback={t('failed.text')}>
              <ProblemWords error={error} />
            </Suspense>
          ))}
    </div>
  );
}
