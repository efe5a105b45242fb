import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { ApiError } from '../api.ts';
import { useKeys } from '../keys.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useT } from '../texts.ts';
import { Icon, type IconName } from './icon.tsx';
import styles from './page.module.css';

const HelpDrawer = lazy(() => import('./help.tsx'));
const ProblemWords = lazy(() => import('./problem.tsx'));

type PageProps = {
  title: string;
  /** Page of `help/<language>/` that the question mark opens. */
  help: string;
  about?: ReactNode;
  /** The list or page that this one belongs to: a link above the title and Escape (`narrow`: the link alone, where there is no room for another way). */
  back?: { to: string; label: ReactNode; narrow?: true };
  actions?: ReactNode;
  /** Fills the window and scrolls inside (tables, editors). */
  full?: boolean;
  wide?: boolean;
  children: ReactNode;
};

export function Page({ title, help, about, back, actions, full, wide, children }: PageProps) {
  const t = useT();
  const [helping, setHelping] = useState(false);
  useEffect(() => {
    document.title = `${title} · Fakturist`;
  }, [title]);
  const navigate = useNavigate();
  const whole = useRef<HTMLDivElement>(null);
  const isFirst = () => !((history.state as { idx?: number } | null)?.idx ?? 0);
  const leave = () => {
    // Where there is something to fill in, nothing of it is lost to a key.
    if (!back || whole.current!.querySelector('form, input, textarea, select')) return;
    void (isFirst() ? navigate(back.to) : navigate(-1));
  };
  useKeys('keys.everywhere', [
    { keys: 'shift+h', label: 'shell.help', run: () => setHelping((on) => !on) },
    ...(back && !back.narrow ? [{ keys: 'escape', label: 'common.back' as const, run: leave }] : []),
  ]);
  return (
    <div className={full ? styles.full : wide ? styles.wide : styles.page} ref={whole}>
      <header className={styles.head}>
        <div className={styles.titles}>
          {back && (
            <Link to={back.to} className={styles.back} data-narrow={back.narrow}>
              <Icon name="left" size={14} /> {back.label}
            </Link>
          )}
          <div className={styles.titleRow}>
            <h1>{title}</h1>
            <Tooltip label={t('shell.help')}>
              <ActionIcon size={26} radius="xl" aria-label={t('shell.helpFor', { page: title })} onClick={() => setHelping(true)}>
                <Icon name="help" size={16} />
              </ActionIcon>
            </Tooltip>
          </div>
          {about && <div className={styles.about}>{about}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
      <Suspense fallback={onItsWay}>{helping && <HelpDrawer page={help} onClose={() => setHelping(false)} />}</Suspense>
    </div>
  );
}

/** A titled part of a page. */
export function Section({
  title,
  about,
  actions,
  children,
  id,
  flush,
}: {
  title?: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  id?: string;
  flush?: boolean;
}) {
  return (
    <section className={styles.section} id={id} aria-label={title}>
      {(title || actions) && (
        <div className={styles.sectionHead}>
          <div>
            {title && <h2>{title}</h2>}
            {about && <p className={styles.about}>{about}</p>}
          </div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </div>
      )}
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <span className={styles.emptyIcon}>
        <Icon name={icon} size={26} />
      </span>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** The answer did not come: what happened, and the way to ask again. */
export function Failed({ error, said, retry }: { error?: unknown; said?: string; retry?: () => void }) {
  const t = useT();
  const offline = error instanceof ApiError && error.problem.code === 'offline';
  const status = error instanceof ApiError ? error.problem.status : 0;
  const words =
    said ?? (offline ? t('failed.offline') : status === 404 ? t('failed.missing') : status === 403 ? t('failed.forbidden') : undefined);
  return (
    <div className={styles.empty} role="alert">
      <span className={styles.emptyIcon} data-tone="bad">
        <Icon name="alert" size={26} />
      </span>
      <h2>{t('failed.title')}</h2>
      <p>
        {words || (
          <Suspense fallback={t('failed.text')}>
            <ProblemWords error={error} />
          </Suspense>
        )}
      </p>
      {retry && (
        <Button variant="default" onClick={retry} leftSection={<Icon name="refresh" size={16} />}>
          {t('common.retry')}
        </Button>
      )}
    </div>
  );
}

/** Lines that wait for their words. They stand still: what pulses is drawn anew sixty times a second beside whatever is waited for. */
export function Lines({ count = 6, height = 14 }: { count?: number; height?: number }) {
  return (
    <div className={styles.lines} aria-hidden="true" data-waiting>
      {Array.from({ length: count }, (_, i) => (
        <span key={i} className={styles.waiting} style={{ height, width: `${92 - ((i * 23) % 45)}%` }} />
      ))}
    </div>
  );
}

/** An address that has no room for one line breaks before its sign. */
const brokenAtSign = (text: string): ReactNode =>
  text.includes('@') ? text.split(/(?=@)/).map((part, i) => (i === 0 ? part : [<wbr key={i} />, part])) : text;

/** Name and value pairs. */
export function Facts({ items }: { items: [label: string, value: ReactNode][] }) {
  return (
    <dl className={styles.facts}>
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{typeof value === 'string' ? brokenAtSign(value) : value}</dd>
          </div>
        ))}
    </dl>
  );
}
