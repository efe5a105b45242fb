import { Button, CloseButton } from '@mantine/core';
import { Suspense, useEffect, useRef, useSyncExternalStore } from 'react';
import { ApiError } from './api.ts';
import { lazy } from './lazy.ts';
import { useT } from './texts.ts';
import styles from './toasts.module.css';
import { Icon } from './ui/icon.tsx';

const ProblemWords = lazy(() => import('./ui/problem.tsx'));

/** What just happened, in one line, with the way back where there is one; or what went wrong, told by its code. */
type Said = { text: string; error?: undefined; tone?: 'good' | 'bad' | 'plain' } | { text?: undefined; error: unknown; tone?: undefined };
type Toast = Said & { undo?: () => void; action?: { label: string; run: () => void } };
type Shown = Toast & { id: number };

let shown: Shown[] = [];
let next = 1;
const listeners = new Set<() => void>();
function set(list: Shown[]): void {
  shown = list;
  for (const listener of listeners) listener();
}
export function toast(message: Toast): void {
  set([...shown.slice(-3), { ...message, id: next++ }]);
}
const close = (id: number) => set(shown.filter((t) => t.id !== id));

export function Toasts() {
  const list = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => shown,
  );
  const t = useT();
  return (
    <section className={styles.stack} aria-label={t('shell.messages')} aria-live="polite">
      {list.map((item) => (
        <One key={item.id} item={item} />
      ))}
    </section>
  );
}

/** Eight seconds, thirteen with an undo; time stands still while the pointer or the focus is on it. */
function One({ item }: { item: Shown }) {
  const t = useT();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // Where the server does not answer, words cannot be fetched either.
  const offline = item.error instanceof ApiError && item.error.problem.code === 'offline' ? t('failed.offline') : undefined;
  const bad = item.tone === 'bad' || item.error !== undefined;
  const life = item.undo || item.action ? 13_000 : 8000;
  const start = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => close(item.id), life);
  };
  useEffect(() => {
    start();
    return () => clearTimeout(timer.current);
  }, []);
  const run = (what: () => void) => {
    close(item.id);
    what();
  };
  return (
    <div
      className={styles.toast}
      data-tone={bad ? 'bad' : (item.tone ?? 'plain')}
      role="status"
      onMouseEnter={() => clearTimeout(timer.current)}
      onMouseLeave={start}
      onFocus={() => clearTimeout(timer.current)}
      onBlur={start}
    >
      <Icon name={bad ? 'alert' : 'check'} />
      <span className={styles.text}>
        {(item.text ?? offline) || (
          <Suspense fallback={t('failed.title')}>
            <ProblemWords error={item.error} />
          </Suspense>
        )}
      </span>
      {item.action && (
        <Button size="compact-sm" variant="subtle" onClick={() => run(item.action!.run)}>
          {item.action.label}
        </Button>
      )}
      {item.undo && (
        <Button size="compact-sm" variant="subtle" onClick={() => run(item.undo!)}>
          {t('common.undo')}
        </Button>
      )}
      <CloseButton size={26} aria-label={t('common.close')} onClick={() => close(item.id)} />
    </div>
  );
}
