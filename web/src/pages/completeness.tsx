import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Completeness as Sheet } from '../../../src/api/schemas/index.ts';
import { addDays } from '../../../src/domain/days/day.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import { DayInput } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { useToday } from '../ui/today.ts';
import { useFilter } from '../ui/use-documents.ts';
import styles from './import.module.css';

const steps: Record<string, Key> = {
  document: 'step.document',
  issue: 'nav.toIssue',
  number: 'step.number',
  transfer: 'step.transfer',
  financing: 'nav.receivables',
  delivery: 'step.mail',
  correction: 'kind.correction',
};

/** A sheet may tell of thousands: as many are drawn as a person reads at one go. */
const shownAtOnce = 200;

/** The proof: an empty list says that nothing of the period is missing. */
export default function Completeness() {
  const t = useT();
  const { number, day, money } = useFormats();
  const words = useFindingWords();
  const { filter, change } = useFilter(['from', 'to']);
  const [shown, setShown] = useState(shownAtOnce);
  const today = useToday();
  const period = { from: filter.from ?? addDays(today, -30), to: filter.to ?? today };
  const { data, error, refetch } = useQuery({
    queryKey: ['completeness', period],
    queryFn: ({ signal }) => api.get<Sheet>('/completeness', period, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={t('nav.completeness')}
      help="completeness"
      about={t('completeness.about')}
      actions={
        <>
          <Button variant="default" component="a" href={fileAddress('/completeness.csv', period)} download>
            CSV
          </Button>
          <Button variant="default" component="a" href={fileAddress('/completeness.pdf', period)} download>
            PDF
          </Button>
        </>
      }
    >
      <Section>
        <div className={styles.row}>
          <DayInput label={t('filter.from')} required value={period.from} onChange={(from) => change({ from })} />
          <DayInput label={t('filter.to')} required value={period.to} onChange={(to) => change({ to })} />
        </div>
        {data?.gaps.map((g) => (
          <div key={`${g.series}${g.period}${g.from}`} className={styles.rejected}>
            {t('completeness.gap', { series: g.series, period: g.period, from: g.from, to: g.to })}
          </div>
        ))}
        {data?.audit.brokenAt !== undefined && <div className={styles.rejected}>{t('activity.broken', { at: data.audit.brokenAt })}</div>}
        {data && (
          <div className={styles.figures}>
            <span>
              <b>{number(data.orders)}</b> {t('completeness.orders', { count: data.orders })}
            </span>
            <span>
              <b>{number(data.documents)}</b> {t('completeness.documents', { count: data.documents })}
            </span>
            <span data-bad={data.breaks.length > 0 ? true : undefined}>
              <b>
                {number(data.breaks.length)}
                {data.more && '+'}
              </b>{' '}
              {t('completeness.breaks', { count: data.breaks.length })}
            </span>
          </div>
        )}
      </Section>
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Lines />
      ) : data.breaks.length === 0 && data.complete ? (
        <Section>
          <Empty icon="complete" title={t('completeness.emptyTitle')}>
            {t('completeness.emptyText', { from: day(data.from), to: day(data.to) })}
          </Empty>
        </Section>
      ) : data.breaks.length === 0 ? null : (
        <Section
          title={t('completeness.missing')}
          flush
          actions={
            <Button component={Link} to="/backfill" variant="light" leftSection={<Icon name="backfill" size={16} />}>
              {t('nav.backfill')}
            </Button>
          }
        >
          <Table
            label={t('completeness.breaks', { count: data.breaks.length })}
            rows={data.breaks.slice(0, shown)}
            id={(b) => `${b.orderId ?? b.orderNumber ?? ''}${b.documentId ?? ''}${b.step}${b.code}`}
            columns={[
              {
                title: t('field.order'),
                cell: (b) => (b.orderId ? <Link to={`/orders/${b.orderId}`}>{b.orderNumber ?? '→'}</Link> : b.orderNumber),
              },
              { title: t('field.when'), cell: (b) => day(b.day) },
              { title: t('field.buyer'), cell: (b) => b.buyer },
              {
                title: t('field.number'),
                cell: (b) => b.documentId && <Link to={`/documents/${b.documentId}`}>{b.documentNumber ?? t('mail.document')}</Link>,
              },
              { title: t('completeness.step'), cell: (b) => (steps[b.step] ? t(steps[b.step]!) : b.step) },
              { title: t('field.cause'), grow: true, cell: (b) => [{ code: b.code }, ...b.causes].map((c) => words(c).text).join(' ') },
              { title: t('field.gross'), end: true, cell: (b) => money(b.gross, b.currency) },
            ]}
          />
          {data.breaks.length > shown && (
            <Button variant="subtle" m="sm" onClick={() => setShown(shown + shownAtOnce)}>
              {t('common.loadMore')}
            </Button>
          )}
        </Section>
      )}
    </Page>
  );
}
