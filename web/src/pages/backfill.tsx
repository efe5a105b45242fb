import { Button, NativeSelect, Progress, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { z } from 'zod';
import type { backfillPlanSchema, Connection, IssueRun } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { DayInput } from '../ui/fields.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import styles from './import.module.css';

type Plan = z.infer<typeof backfillPlanSchema>;
export const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const doings: Record<Plan['items'][number]['action'], Key> = { issue: 'backfill.issue', held: 'backfill.held', nothing: 'backfill.skip' };

/** Paid orders of a period without a document: first what would be done, then, with a person's yes, exactly that. */
export default function Backfill() {
  const t = useT();
  const { number, money, day } = useFormats();
  const { can } = useSession();
  const words = useFindingWords();
  const client = useQueryClient();
  const [period, setPeriod] = useState({ from: daysAgo(30), to: daysAgo(0) });
  const [connectionId, setConnectionId] = useState('');
  const [mail, setMail] = useState(true);
  const [runId, setRunId] = useState<string>();
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const body = { ...period, mail, ...(connectionId ? { connectionId } : {}) };
  const fail = (e: Error) => toast({ error: e });
  const plan = useMutation({ mutationFn: () => api.post<Plan>('/backfill/plan', body), onError: fail });
  const start = useMutation({
    mutationFn: () => api.post<{ runId: string; total: number; prepared: number }>('/backfill', body),
    onSuccess: (made) => setRunId(made.runId),
    onError: fail,
  });
  const run = useQuery({
    queryKey: ['issue-run', runId],
    enabled: runId !== undefined,
    queryFn: () => api.get<IssueRun>(`/issue-runs/${runId}`),
    refetchInterval: (q) => (q.state.data?.finishedAt ? false : 800),
  });
  const over = Boolean(run.data?.finishedAt);
  useEffect(() => {
    if (over)
      void client.invalidateQueries({ predicate: (q) => ['documents', 'count', 'home', 'completeness'].includes(String(q.queryKey[0])) });
  }, [over, client]);
  const change = (patch: Partial<typeof period>) => {
    setPeriod((p) => ({ ...p, ...patch }));
    plan.reset();
    setRunId(undefined);
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
          {runId ? (
            <div aria-live="polite">
              <Progress
                value={run.data?.total ? (run.data.done / run.data.total) * 100 : 0}
                animated={!over}
                size="lg"
                aria-label={t('import.progress')}
              />
              <p>
                {over
                  ? t('backfill.done', { count: run.data?.done ?? 0 })
                  : t('issue.of', { done: run.data?.done ?? 0, total: run.data?.total ?? plan.data.toIssue })}
              </p>
            </div>
          ) : (
            can('issue') &&
            plan.data.toIssue > 0 && (
              <Button style={{ alignSelf: 'flex-end' }} loading={start.isPending} onClick={() => start.mutate()}>
                {t('backfill.go', { count: plan.data.toIssue })}
              </Button>
            )
          )}
        </Section>
      )}
    </Page>
  );
}
