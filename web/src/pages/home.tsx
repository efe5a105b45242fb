import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Home as HomeData } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { lazy } from '../lazy.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon } from '../ui/icon.tsx';
import { Failed, Page, Section } from '../ui/page.tsx';
import styles from './home.module.css';

const Plots = lazy(() => import('./home-plots.tsx'));

/** What needs a person, first; how things go, below. */
export default function Home() {
  const { t, language } = useTexts();
  const { money, number, ago, percent, duration } = useFormats();
  const { me, can } = useSession();
  const navigate = useNavigate();
  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  const { data, error, refetch } = useQuery({
    queryKey: ['home'],
    queryFn: () => api.get<HomeData>('/home', { days: 30 }),
    staleTime: 5000,
  });
  useKeys('nav.home', [{ keys: 'enter', label: 'home.goIssue', run: () => void navigate('/to-issue') }]);
  if (error)
    return (
      <Page title={t('nav.home')} help="home">
        <Failed error={error} retry={() => void refetch()} />
      </Page>
    );
  const hour = new Date().getHours();
  const greeting = t(hour < 11 ? 'home.morning' : hour < 18 ? 'home.day' : 'home.evening', { name: me.user.name.split(' ')[0] ?? '' });
  if (!data) {
    return (
      <Page title={greeting} help="home">
        <div className={styles.cards}>
          {[0, 1, 2, 3].map((i) => (
            <Skeleton key={i} height={96} radius="lg" />
          ))}
        </div>
        <Skeleton height={160} radius="lg" />
        <Skeleton height={240} radius="lg" />
      </Page>
    );
  }
  const { toIssue } = data;
  const issuedTotal = data.byDay.reduce((sum, d) => sum + d.issued, 0);
  const fresh = toIssue.count === 0 && issuedTotal === 0;
  const trouble = data.held.length + data.causes.length + data.connectionsInTrouble.length + (data.failingDeliveries > 0 ? 1 : 0);
  return (
    <Page title={greeting} help="home">
      <div className={styles.cards}>
        <Figure
          to="/to-issue?held=false"
          label={t('home.ready')}
          value={number(toIssue.ready)}
          note={
            toIssue.count > 0
              ? t('home.queueSum', { sum: toIssue.gross.map((g) => money(g.gross, g.currency)).join(' · ') })
              : t('home.queueEmpty')
          }
        />
        <Figure
          to="/to-issue?held=true"
          label={t('home.held')}
          value={number(toIssue.held)}
          tone={toIssue.held > 0 ? 'wait' : undefined}
          note={toIssue.held > 0 ? t('home.heldNote') : t('home.heldNone')}
        />
        <Figure
          to="/mail?status=failed"
          label={t('home.mails')}
          value={number(data.failingDeliveries)}
          tone={data.failingDeliveries > 0 ? 'bad' : undefined}
          note={data.failingDeliveries > 0 ? t('home.mailsNote') : t('home.mailsNone')}
        />
        <Figure to="/documents" label={t('home.issued')} value={number(issuedTotal)} note={t('home.lastDays', { count: 30 })} />
      </div>
      {fresh ? (
        <Section>
          <div className={styles.first}>
            <span className={styles.firstIcon}>
              <Icon name="import" size={28} />
            </span>
            <div>
              <h2>{t('home.firstTitle')}</h2>
              <p className="dim">{t('home.firstText')}</p>
            </div>
            {can('edit') && (
              <Button component={Link} to="/import">
                {t('toIssue.emptyAction')}
              </Button>
            )}
          </div>
        </Section>
      ) : (
        <Section
          title={t('home.needs')}
          actions={
            can('issue') && toIssue.ready > 0 ? (
              <Button component={Link} to="/to-issue?held=false">
                {t('home.goIssue')}
              </Button>
            ) : undefined
          }
          flush
        >
          {trouble === 0 && (
            <div className={styles.calm}>
              <Icon name="complete" size={22} /> {toIssue.ready > 0 ? t('home.onlyIssue', { count: toIssue.ready }) : t('home.calm')}
            </div>
          )}
          <ul className={styles.list}>
            {data.causes.map((cause) => (
              <li key={cause.id} data-tone="bad">
                <Icon name="cause" />
                <div className={styles.words}>
                  <strong>{words({ code: cause.code }).text}</strong>
                  <span className="dim">
                    {t('home.blocks', { count: cause.documents })} · {ago(cause.openedAt)}
                  </span>
                </div>
                <Button size="compact-md" variant="light" component={Link} to="/causes">
                  {t('home.mend')}
                </Button>
              </li>
            ))}
            {data.connectionsInTrouble.map((c) => (
              <li key={c.id} data-tone="bad">
                <Icon name="plug" />
                <div className={styles.words}>
                  <strong>{c.name}</strong>
                  <span className="dim">
                    {c.causeCode ? words({ code: c.causeCode }).text : t(`connectionState.${c.status as 'blocked'}`)}
                  </span>
                </div>
                <Button size="compact-md" variant="light" component={Link} to={`/connections/${c.id}`}>
                  {t('home.mend')}
                </Button>
              </li>
            ))}
            {data.failingDeliveries > 0 && (
              <li data-tone="bad">
                <Icon name="mail" />
                <div className={styles.words}>
                  <strong>{t('home.failing', { count: data.failingDeliveries })}</strong>
                </div>
                <Button size="compact-md" variant="light" component={Link} to="/mail?status=failed">
                  {t('home.mend')}
                </Button>
              </li>
            )}
            {data.held.map((h) => (
              <li key={h.code} data-tone="wait">
                <Icon name="queue" />
                <div className={styles.words}>
                  <strong>{holdTitle(h.code) ?? h.text[language].replace(/\{\w+\}/g, '…')}</strong>
                  {h.remedy && <span className="dim">{h.remedy[language].replace(/\{\w+\}/g, '…')}</span>}
                </div>
                <span className={styles.count}>{number(h.count)}</span>
                <Button
                  size="compact-md"
                  variant="light"
                  component={Link}
                  to={`/to-issue?held=true&holdCode=${encodeURIComponent(h.code)}`}
                >
                  {t('home.mend')}
                </Button>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {!fresh && (
        <Section
          title={t('home.days')}
          about={
            <Shares unattended={data.unattendedShare} median={data.medianPaymentToDocumentSeconds} percent={percent} duration={duration} />
          }
        >
          <Suspense fallback={<Skeleton height={220} radius="md" />}>
            <Plots days={data.byDay} />
          </Suspense>
        </Section>
      )}
    </Page>
  );
}

function Shares({
  unattended,
  median,
  percent,
  duration,
}: {
  unattended: number | null;
  median: number | null;
  percent: (n: number) => string;
  duration: (n: number) => string;
}) {
  const { t } = useTexts();
  const parts = [
    unattended === null ? '' : t('home.unattended', { share: percent(unattended) }),
    median === null ? '' : t('home.median', { time: duration(median) }),
  ].filter(Boolean);
  return <>{parts.join(' · ')}</>;
}

function Figure({ to, label, value, note, tone }: { to: string; label: string; value: string; note: string; tone?: 'wait' | 'bad' }) {
  return (
    <Link to={to} className={styles.figure} data-tone={tone}>
      <span className={styles.label}>{label}</span>
      <span className={styles.value}>{value}</span>
      <span className={styles.note}>{note}</span>
    </Link>
  );
}
