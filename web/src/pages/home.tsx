import { Button, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Home as HomeData } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { lazy } from '../lazy.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { placeOf } from '../ui/findings.tsx';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Page, Section } from '../ui/page.tsx';
import { newDocument } from '../ui/use-documents.ts';
import styles from './home.module.css';

const Plots = lazy(() => import('./home-plots.tsx'));

/** What needs a person, first; how things go, below. */
export default function Home() {
  const { t, language } = useTexts();
  const { money, number, ago, day, inDays, percent, duration } = useFormats();
  const { me, can } = useSession();
  const navigate = useNavigate();
  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  const { data, error, refetch } = useQuery({
    queryKey: ['home'],
    queryFn: () => api.get<HomeData>('/home', { days: 30 }),
    staleTime: 5000,
  });
  const write = useMutation({
    mutationFn: newDocument,
    onSuccess: (place) => void navigate(place),
    onError: (error) => toast({ error }),
  });
  useKeys('nav.home', [{ keys: 'enter', label: 'home.goIssue', run: () => void navigate('/to-issue') }]);
  if (isLost(error, data))
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
            <Skeleton animate={false} key={i} height={96} radius="lg" />
          ))}
        </div>
        <Skeleton animate={false} height={160} radius="lg" />
        <Skeleton animate={false} height={240} radius="lg" />
      </Page>
    );
  }
  const { toIssue } = data;
  const issuedTotal = data.byDay.reduce((sum, d) => sum + d.issued, 0);
  const fresh = toIssue.count === 0 && issuedTotal === 0;
  const failing: [count: number, to: string, icon: IconName, words: Key][] = [
    [data.failingDeliveries, '/mail?status=failed', 'mail', 'home.failing'],
    [data.failingTransfers, '/documents?transferStatus=failed', 'send', 'home.failingTransfers'],
    [data.failingOthers, '/documents?deliveryStatus=failed', 'print', 'home.failingOthers'],
    [data.tasks.desk, '/desk', 'help', 'home.deskTasks'],
    [data.tasks.claims, '/receivables?attention=true', 'bank', 'home.claimTasks'],
    [data.tasks.payments, '/payments', 'swap', 'home.paymentTasks'],
  ];
  const waiting = failing.filter(([count]) => count > 0);
  // A connection that is stopped is told once: by its open cause where there is one.
  const stopped = data.connectionsInTrouble.filter((c) => !data.causes.some((cause) => cause.connectionId === c.id));
  const trouble = data.held.length + data.causes.length + stopped.length + waiting.length + data.deadlines.length;
  return (
    <Page title={greeting} help="home">
      <div className={styles.cards}>
        <Figure
          to="/to-issue?held=false"
          label={t('home.ready')}
          value={number(toIssue.ready)}
          note={
            toIssue.gross.length > 0
              ? t('home.queueSum', { sum: toIssue.gross.map((g) => money(g.gross, g.currency)).join(' · ') })
              : toIssue.count > 0
                ? ''
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
              <div className={styles.firstWays}>
                <Button variant="default" loading={write.isPending} onClick={() => write.mutate()}>
                  {t('toIssue.new')}
                </Button>
                <Button component={Link} to="/import">
                  {t('toIssue.emptyAction')}
                </Button>
              </div>
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
            {stopped.map((c) => (
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
            {data.deadlines.map((d) => (
              <li key={`${d.kind}${d.day}${d.to ?? ''}`} data-tone={d.days < 1 ? 'bad' : 'wait'}>
                <Icon name="clock" />
                <div className={styles.words}>
                  <strong>{t(`home.deadline.${d.kind}`, { count: d.count, name: d.name ?? '' })}</strong>
                  <span className="dim">
                    {day(d.day)} · {inDays(d.days)}
                  </span>
                </div>
                <Button size="compact-md" variant="light" component={Link} to={d.to ?? '/to-issue?sort=created&direction=asc'}>
                  {t('home.look')}
                </Button>
              </li>
            ))}
            {waiting.map(([count, to, icon, key]) => (
              <li key={key} data-tone={to === '/mail?status=failed' || icon === 'send' || icon === 'print' ? 'bad' : 'wait'}>
                <Icon name={icon} />
                <div className={styles.words}>
                  <strong>{t(key, { count })}</strong>
                </div>
                <Button size="compact-md" variant="light" component={Link} to={to}>
                  {t('home.mend')}
                </Button>
              </li>
            ))}
            {data.held.map((h) => (
              <li key={h.code} data-tone="wait">
                <Icon name="queue" />
                <div className={styles.words}>
                  <strong>{holdTitle(h.code) ?? h.text[language].replace(/\{\w+\}/g, '…')}</strong>
                  {h.remedy && <span className="dim">{h.remedy[language].replace(/\{\w+\}/g, '…')}</span>}
                </div>
                <Link className={styles.count} to={listOf(h.code)} aria-label={t('home.heldOf', { count: h.count })}>
                  {number(h.count)}
                </Link>
                <Button size="compact-md" variant="light" component={Link} to={mendAt(h)}>
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
          <Suspense fallback={<Skeleton animate={false} height={220} radius="md" />}>
            <Plots days={data.byDay} />
          </Suspense>
        </Section>
      )}
    </Page>
  );
}

const listOf = (code: string) => `/to-issue?held=true&holdCode=${encodeURIComponent(code)}`;

/** The one place that mends: a mapping or a series for all at once, else the field of the document that has waited longest. */
function mendAt({ code, first }: HomeData['held'][number]): string {
  const place = placeOf({ code, where: first.where ?? undefined, params: first.params ?? undefined });
  if (place) return place.to;
  return `${listOf(code)}&open=${first.documentId}${first.where ? `&field=${encodeURIComponent(first.where)}` : ''}`;
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
