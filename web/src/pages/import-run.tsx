import { Button, NativeSelect, Progress } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import type { ImportRecord, ImportRun, Outcome, Page as PageOf } from '../../../src/api/schemas/index.ts';
import { api, type Found, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { type Translate, useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Findings } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { More, usePages } from '../ui/use-pages.tsx';
import doc from './document.module.css';
import styles from './import.module.css';

const tones: Record<ImportRun['status'], Tone> = {
  waiting: 'wait',
  running: 'wait',
  done: 'good',
  cancelled: 'plain',
  refused: 'bad',
  failed: 'bad',
};
export function ImportChip({ status }: { status: ImportRun['status'] }) {
  const t = useT();
  return <Chip tone={tones[status]}>{t(`importState.${status}`)}</Chip>;
}

const sums = ['created', 'updated', 'unchanged', 'rejected'] as const;
type Sum = (typeof sums)[number];
/** Every record counts in one of four sums. */
const sumOf: Record<Outcome, Sum> = {
  created: 'created',
  updated: 'updated',
  cancelled: 'updated',
  'changed-after-issue': 'updated',
  superseded: 'updated',
  unchanged: 'unchanged',
  duplicate: 'unchanged',
  conflict: 'unchanged',
  'known-elsewhere': 'unchanged',
  rejected: 'rejected',
};
const outcomes = Object.keys(sumOf) as Outcome[];
const counted = (counts: Record<string, number>, sum: Sum) =>
  outcomes.filter((o) => sumOf[o] === sum).reduce((all, o) => all + (counts[o] ?? 0), 0);
const outcomeTones: Record<Sum, Tone> = { created: 'good', updated: 'good', unchanged: 'plain', rejected: 'bad' };

export function importCounts(counts: Record<string, number>, t: Translate): string {
  return sums
    .map((sum) => ({ sum, count: counted(counts, sum) }))
    .filter(({ count }) => count > 0)
    .map(({ sum, count }) => `${count} ${t(`outcome.${sum}`, { count })}`)
    .join(' · ');
}

/** A file's import: how far it is, then what became of every order in it. */
export default function ImportPage() {
  const { id = '' } = useParams();
  const t = useT();
  const { bytes, time, number } = useFormats();
  const client = useQueryClient();
  const words = useFindingWords();
  const [outcome, setOutcome] = useState('');
  const run = useQuery({
    queryKey: ['import', id],
    queryFn: () => api.get<ImportRun>(`/imports/${id}`),
    refetchInterval: (q) => (q.state.data && over(q.state.data) ? false : 700),
  });
  const isOver = run.data !== undefined && over(run.data);
  // What was over when it was opened changes nothing for the other lists.
  const wasOver = useRef(true);
  const isKnown = run.data !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    if (isOver && !wasOver.current)
      void client.invalidateQueries({
        predicate: (q) => ['imports', 'import-records', 'documents', 'count', 'orders', 'home'].includes(String(q.queryKey[0])),
      });
    wasOver.current = isOver;
  }, [isKnown, isOver, client]);
  const pages = usePages<PageOf<ImportRecord>>(
    ['import-records', id, outcome],
    `/imports/${id}/records`,
    { outcome: outcome || undefined },
    isOver,
  );
  const { list: records, rows } = pages;
  if (isLost(run.error, run.data))
    return (
      <Page title={t('nav.import')} help="import">
        <Failed error={run.error} retry={() => void run.refetch()} />
      </Page>
    );
  if (!run.data)
    return (
      <Page title={t('nav.import')} help="import">
        <Lines />
      </Page>
    );
  const { data } = run;
  const share = data.sizeBytes ? Math.min(100, (data.readBytes / data.sizeBytes) * 100) : 0;
  const cancel = () => void api.post(`/imports/${id}/cancel`).catch((e: Error) => toast({ error: e }));
  return (
    <Page
      title={data.name}
      help="import"
      about={
        <span className={doc.about}>
          <ImportChip status={data.status} /> {time(data.createdAt)} {data.sizeBytes !== null && `· ${bytes(data.sizeBytes)}`}
        </span>
      }
      back={{ to: '/import', label: t('nav.import') }}
      actions={
        isOver ? (
          <>
            <Button
              variant="default"
              component="a"
              href={fileAddress(`/imports/${id}/report.csv`)}
              download
              leftSection={<Icon name="download" size={16} />}
            >
              {t('import.report')}
            </Button>
            <Button component={Link} to={`/to-issue?importId=${id}`}>
              {t('import.toQueue')}
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={cancel} disabled={data.cancelRequested}>
            {t('import.cancel')}
          </Button>
        )
      }
    >
      <Section>
        {!isOver && <Progress value={share} animated size="lg" aria-label={t('import.progress')} />}
        <div className={styles.figures} aria-live="polite">
          {sums
            .map((sum) => ({ sum, count: counted(data.counts, sum) }))
            .map(({ sum, count }) => (
              <span key={sum} data-bad={sum === 'rejected' && count > 0 ? true : undefined}>
                <b>{number(count)}</b> {t(`outcome.${sum}`, { count })}
              </span>
            ))}
          {data.counts.held !== undefined && (
            <span>
              <b>{number(data.counts.held)}</b> {t('outcome.held', { count: data.counts.held })}
            </span>
          )}
        </div>
        <Findings items={data.findings} />
      </Section>
      {isOver && (
        <Section
          title={t('import.records')}
          flush
          actions={
            <NativeSelect
              aria-label={t('import.records')}
              value={outcome}
              onChange={(e) => setOutcome(e.target.value)}
              data={[
                { value: '', label: t('filter.all') },
                ...outcomes.filter((o) => data.counts[o]).map((o) => ({ value: o, label: t(`outcomeOne.${o}`) })),
              ]}
            />
          }
        >
          {isLost(records.error, records.data) ? (
            <Failed error={records.error} retry={() => void records.refetch()} />
          ) : (
            <>
              <Table
                label={t('import.records')}
                rows={rows}
                empty={<Empty icon="document" title={t('common.nothingFound')} />}
                id={(r) => `${r.file ?? ''}${r.line}${r.externalId ?? ''}${r.outcome}`}
                columns={[
                  {
                    title: t('field.order'),
                    cell: (r) => (r.orderId ? <Link to={`/orders/${r.orderId}`}>{r.externalId}</Link> : (r.externalId ?? '–')),
                  },
                  { title: t('field.fileLine'), end: true, cell: (r) => number(r.line) },
                  {
                    title: t('field.state'),
                    cell: (r) => <Chip tone={outcomeTones[sumOf[r.outcome]]}>{t(`outcomeOne.${r.outcome}`)}</Chip>,
                  },
                  {
                    title: t('field.cause'),
                    grow: true,
                    cell: (r) =>
                      causesOf(r)
                        .map((f) => [words(f).text, words(f).remedy].filter(Boolean).join(' '))
                        .join(' '),
                  },
                  {
                    title: '',
                    end: true,
                    cell: (r) => r.documentId && <Link to={`/to-issue?open=${r.documentId}`}>{t('import.openDocument')}</Link>,
                  },
                ]}
              />
              <More of={pages} />
            </>
          )}
        </Section>
      )}
    </Page>
  );
}

/** Why a record was not imported, or what its document waits for. */
const causesOf = (record: ImportRecord): Found[] =>
  record.code
    ? [{ code: record.code, params: record.params, where: record.where }]
    : (record.findings ?? (record.order?.issues ?? []).map((code) => ({ code })));

const over = (run: ImportRun) => run.status !== 'waiting' && run.status !== 'running';
