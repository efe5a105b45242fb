import { Button, NativeSelect, Progress, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { z } from 'zod';
import type { backfillLastSchema, backfillPlanSchema, Connection } from '../../../src/api/schemas/index.ts';
import { addDays } from '../../../src/domain/days/day.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { DayInput } from '../ui/fields.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { useToday } from '../ui/today.ts';
import styles from './import.module.css';

type Plan = z.infer<typeof backfillPlanSchema>;
type Last = z.infer<typeof backfillLastSchema>;
/** A long run is looked at less often: each look counts its documents. */
const lookEveryMs = (total: number) => (total > 1000 ? 4000 : 1000);
const doings: Record<Plan['items'][number]['action'], Key> = { issue: 'backfill.issue', held: 'backfill.held', nothing: 'backfill.skip' };

/** Paid orders of a period without a document: first what would be done, then, with a person's yes, exactly that. */
export default function Backfill() {
  const t = useT();
  const { number, money, day } = useFormats();
  const { can } = useSession();
  const words = useFindingWords();
  const client = useQueryClient();
  const today = useToday();
  const [period, setPeriod] = useState({ from: addDays(today, -30), to: today });
  const [connectionId, setConnectionId] = useState('');
  const [mail, setMail] = useState(true);
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const body = { ...period, mail, ...(connectionId ? { connectionId } : {}) };
  const fail = (e: Error) => toast({ error: e });
  const plan = useMutation({ mutationFn: () => api.post<Plan>('/backfill/plan', body), onError: fail });
  const start = useMutation({
    mutationFn: () => api.post<{ runId: string; total: number; prepared: number }>('/backfill', body),
    onSuccess: async () => {
      plan.reset();
      await client.invalidateQueries({ queryKey: ['backfill'] });
    },
    onError: fail,
  });
  const last = useQuery({
    queryKey: ['backfill'],
    queryFn: () => api.get<Last>('/backfill'),
    refetchInterval: (q) => (q.state.data?.run?.goesOn ? lookEveryMs(q.state.data.run.total) : false),
  });
  const run = last.data?.run;
  const over = run ? !run.goesOn : undefined;
  useEffect(() => {
    if (over)
      void client.invalidateQueries({ predicate: (q) => ['documents', 'count', 'home', 'completeness'].includes(String(q.queryKey[0])) });
  }, [over, client]);
  const change = (patch: Partial<typeof period>) => {
    setPeriod((p) => ({ ...p, ...patch }));
    plan.reset();
  };
  return (
    <Page title={t('nav.backfill')} help="backfill" about={t('backfill.about')}>
      <Section title={t('backfill.period')}>
        <div className={styles.row}>
          <DayInput label={t('filter.from')} required value={period.from} onChange={(from) => from && change({ from })} />
          <DayInput label={t('filter.to')} required value={period.to} onChange={(to) => to && change({ to })} />
          <NativeSelect
            label={t('field.channel')}
            value={connectionId}
            onChange={(e) => {
              setConnectionId(e.target.value);
              plan.reset();
            }}
            data={[
              { value: '', label: t('filter.all') },
              ...(connections.data?.items ?? []).filter((c) => c.status !== 'removed').map((c) => ({ value: c.id, label: c.name })),
            ]}
          />
        </div>
        <Switch
          label={t('issue.mail')}
          description={t('issue.mailAbout')}
          checked={mail}
          onChange={(e) => setMail(e.currentTarget.checked)}
        />
        <Button
          style={{ alignSelf: 'flex-start' }}
          variant={plan.data ? 'default' : 'filled'}
          loading={plan.isPending}
          onClick={() => plan.mutate()}
        >
          {t('backfill.look')}
        </Button>
      </Section>
      {run && (run.goesOn || Date.now() - Date.parse(run.startedAt) < shownMs) && <Going run={run} />}
      {plan.data && plan.data.items.length === 0 && (
        <Section>
          <Empty icon="complete" title={t('backfill.nothing')}>
            {t('backfill.nothingText')}
          </Empty>
        </Section>
      )}
      {plan.data && plan.data.items.length > 0 && (
        <Section title={t('backfill.plan')}>
          <div className={styles.figures}>
            <span>
              <b>{number(plan.data.toIssue)}</b> {t('backfill.documents', { count: plan.data.toIssue })}
            </span>
            <span>
              <b>{number(plan.data.held)}</b> {t('outcome.held', { count: plan.data.held })}
            </span>
            {plan.data.late > 0 && (
              <span>
                <b>{number(plan.data.late)}</b> {t('backfill.late')}
              </span>
            )}
            <span>
              <b>{plan.data.totals.map((g) => money(g.gross, g.currency)).join(' · ')}</b>
            </span>
          </div>
          <Table
            label={t('backfill.plan')}
            rows={plan.data.items.slice(0, 100)}
            id={(i) => i.orderId}
            columns={[
              { title: t('field.order'), cell: (i) => <Link to={`/orders/${i.orderId}`}>{i.orderNumber}</Link> },
              { title: t('field.when'), cell: (i) => day(i.day) },
              { title: t('field.buyer'), cell: (i) => i.buyer },
              { title: t('backfill.what'), cell: (i) => t(doings[i.action]) },
              {
                title: t('field.cause'),
                grow: true,
                cell: (i) => [...(i.late ? [t('backfill.lateOne')] : []), ...i.findings.map((f) => words(f).text)].join(' '),
              },
              { title: t('field.gross'), end: true, cell: (i) => money(i.gross, i.currency) },
            ]}
          />
          {!run?.goesOn && can('issue') && plan.data.toIssue > 0 && (
            <Button style={{ alignSelf: 'flex-end' }} loading={start.isPending} onClick={() => start.mutate()}>
              {t('backfill.go', { count: plan.data.toIssue })}
            </Button>
          )}
        </Section>
      )}
    </Page>
  );
}

/** One that is over is shown for a day. */
const shownMs = 86_400_000;

/** How far the work has come, here and at the providers; it goes on whether anybody looks or not. */
function Going({ run }: { run: NonNullable<Last['run']> }) {
  const t = useT();
  const { time } = useFormats();
  const { total, issued, refused, stopped, goesOn } = run;
  return (
    <Section title={t(goesOn ? 'backfill.running' : 'backfill.lastRun')} about={goesOn ? t('backfill.runningAbout') : time(run.startedAt)}>
      <Progress.Root size="lg">
        <Progress.Section value={total ? (issued / total) * 100 : 100} animated={goesOn} aria-label={t('import.progress')} />
        <Progress.Section value={total ? ((refused + stopped) / total) * 100 : 0} color="red" aria-label={t('import.progress')} />
      </Progress.Root>
      <div className={styles.row} aria-live="polite">
        <span>{t('backfill.going', { done: issued, total })}</span>
        {stopped > 0 && <Link to="/causes">{t('backfill.stopped', { count: stopped })}</Link>}
        {refused > 0 && <Link to="/to-issue">{t('backfill.refused', { count: refused })}</Link>}
      </div>
    </Section>
  );
}
