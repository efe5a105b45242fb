import { Suspense } from 'react';
import { NavLink, useParams } from 'react-router';
import { lazy } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { Lines, Page } from '../ui/page.tsx';
import styles from './settings.module.css';
import { settingsParts } from './settings-parts.ts';

const parts = {
  company: lazy(() => import('./settings/company.tsx')),
  look: lazy(() => import('./settings/look.tsx')),
  series: lazy(() => import('./settings/series.tsx')),
  tax: lazy(() => import('./settings/tax.tsx')),
  messages: lazy(() => import('./settings/messages.tsx')),
  smtp: lazy(() => import('./settings/smtp.tsx')),
  print: lazy(() => import('./settings/print.tsx')),
  users: lazy(() => import('./settings/users.tsx')),
  keys: lazy(() => import('./settings/keys.tsx')),
  webhooks: lazy(() => import('./settings/webhooks.tsx')),
  archive: lazy(() => import('./settings/archive.tsx')),
  security: lazy(() => import('./settings/security.tsx')),
};

export default function Settings() {
  const t = useT();
  const { part } = useParams();
  const { can } = useSession();
  const mine = settingsParts.filter((p) => !p.needs || can(p.needs));
  const current = settingsParts.find((p) => p.part === part);
  if (!current) {
    return (
      <Page title={t('nav.settings')} help="settings">
        <ul className={styles.all}>
          {mine.map((p) => (
            <li key={p.part}>
              <NavLink to={`/settings/${p.part}`}>
                <Icon name={p.icon} size={22} />
                <span>
                  <strong>{t(p.title)}</strong>
                  <span className="dim">{t(p.about)}</span>
                </span>
              </NavLink>
            </li>
          ))}
        </ul>
      </Page>
    );
  }
  const Part = parts[current.part as keyof typeof parts];
  return (
    <Page
      title={t(current.title)}
      help={`settings-${current.part}`}
      about={t(current.about)}
      wide
      back={{ to: '/settings', label: t('nav.settings'), narrow: true }}
    >
      <div className={styles.grid}>
        <nav className={styles.nav} aria-label={t('nav.settings')}>
          {mine.map((p) => (
            <NavLink key={p.part} to={`/settings/${p.part}`}>
              <Icon name={p.icon} size={16} /> {t(p.title)}
            </NavLink>
          ))}
        </nav>
        <div className={styles.body}>
          <Suspense fallback={<Lines />}>
            <Part />
          </Suspense>
        </div>
      </div>
    </Page>
  );
}
