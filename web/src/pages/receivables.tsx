import { Button, NativeSelect, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type { Administrants, Deadline, ReceivableListed, ReceivablesPage } from '../../../src/api/schemas/receivables.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { SearchBox } from '../ui/filters.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { useFilter } from '../ui/use-documents.ts';
import { More, usePages } from '../ui/use-pages.tsx';
import styles from './receivable/receivable.module.css';
import { ClaimChip } from './receivable/state.tsx';

const names = ['q', 'state', 'attention'];
const states = [
  'adding',
  'on_hold',
  'awaiting_buyer',
  'pending',
  'partly_active',
  'active',
  'credited',
  'cancelled',
  'expired',
  'rejected',
] as const;

/** Claims at financing providers, and what of them lapses first. */
export default function Receivables() {
  const t = useT();
  const [search, setSearch] = useSearchParams();
  const view = search.get('view') === 'deadlines' ? 'deadlines' : 'claims';
  const providers = useQuery({ queryKey: ['receivables', 'providers'], queryFn: () => api.get<Administrants>('/receivables/providers') });
  const none = providers.data?.items.length === 0;
  return (
    <Page
      title={t('nav.receivables')}
      help="receivables"
      about={t('receivables.about')}
      wide
      actions={
        !none && (
          <SegmentedControl
            aria-label={t('receivables.view')}
            value={view}
            onChange={(next) => setSearch(next === 'deadlines' ? { view: 'deadlines' } : {})}
            data={[
              { value: 'claims', label: t('receivables.claims') },
              { value: 'deadlines', label: t('receivables.deadlines') },
            ]}
          />
        )
      }
    >
      {none ? (
        <Empty
          icon="bank"
          title={t('receivables.noneTitle')}
          action={
            <Button component={Link} to="/connections">
              {t('receivables.connect')}
            </Button>
          }
        >
          {t('receivables.noneText')}
        </Empty>
      ) : view === 'deadlines' ? (
        <Deadlines />
      ) : (
        <Claims />
      )}
    </Page>
  );
}

function Claims() {
  const t = useT();
  const { money, time } = useFormats();
  const navigate = useNavigate();
  const { filter, change } = useFilter(names);
  const pages = usePages<ReceivablesPage>(['receivables', filter], '/receivables', { limit: 50, ...filter });
  const { list, rows } = pages;
  if (isLost(list.error, list.data)) return <Failed error={list.error} retry={() => void list.refetch()} />;
  const filtered = Object.values(filter).some(Boolean);
  return (
    <>
      <div className={styles.filters}>
        <SearchBox label={t('receivables.search')} value={filter.q ?? ''} onChange={(q) => change({ q })} />
        <NativeSelect
          aria-label={t('field.state')}
          value={filter.state ?? ''}
          onChange={(e) => change({ state: e.target.value })}
          data={[{ value: '', label: t('receivables.allStates') }, ...states.map((value) => ({ value, label: t(`claim.${value}`) }))]}
        />
        <Button
          variant={filter.attention ? 'filled' : 'default'}
          aria-pressed={filter.attention === 'true'}
          onClick={() => change({ attention: filter.attention ? '' : 'true' })}
          leftSection={<Icon name="alert" size={15} />}
        >
          {t('receivables.attention')}
        </Button>
      </div>
      {!rows ? (
        <Lines count={8} />
      ) : rows.length === 0 ? (
        <Empty icon="bank" title={filtered ? t('common.nothingFound') : t('receivables.emptyTitle')}>
          {filtered ? undefined : t('receivables.emptyText')}
        </Empty>
      ) : (
        <Section flush>
          <Table<ReceivableListed>
            label={t('nav.receivables')}
            rows={rows}
            id={(r) => r.id}
            onOpen={(r) => void navigate(`/receivables/${r.id}`)}
            columns={[
              {
                title: t('field.order'),
                cell: (r) => (
                  <Link to={`/receivables/${r.id}`}>
                    <strong>{r.orderNumber || r.numbers[0] || '–'}</strong>
                  </Link>
                ),
              },
              { title: t('field.buyer'), grow: true, cell: (r) => <span className="cut">{r.buyerName}</span> },
              {
                title: t('field.state'),
                cell: (r) => (
                  <span className={styles.chips}>
                    <ClaimChip state={r.state} />
                    {r.needsPerson && <Chip tone="bad">{t('receivables.look')}</Chip>}
                    {r.differs && <Chip tone="wait">{t('receivables.differs')}</Chip>}
                  </span>
                ),
              },
              { title: t('receivables.pending'), end: true, cell: (r) => money(r.sums.pending, r.currency) },
              { title: t('receivables.owed'), end: true, cell: (r) => money(r.sums.active, r.currency) },
              { title: t('receivables.numbers'), cell: (r) => <span className="dim">{r.numbers.join(', ')}</span> },
              { title: t('receivables.since'), cell: (r) => <span className="dim">{time(r.createdAt)}</span> },
            ]}
          />
          <More of={pages} />
        </Section>
      )}
    </>
  );
}

const urgency: Record<Deadline['urgency'], Tone> = { late: 'bad', urgent: 'bad', soon: 'wait', later: 'plain' };

/** Sorted by what lapses first; each row leads to where something can be done about it. */
function Deadlines() {
  const t = useT();
  const { money, day } = useFormats();
  const { data, error, refetch } = useQuery({ queryKey: ['deadlines'], queryFn: () => api.get<{ items: Deadline[] }>('/deadlines') });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines count={8} />;
  if (data.items.length === 0)
    return (
      <Empty icon="complete" title={t('deadlines.emptyTitle')}>
        {t('deadlines.emptyText')}
      </Empty>
    );
  return (
    <Section flush>
      <Table<Deadline>
        label={t('receivables.deadlines')}
        rows={data.items}
        id={(d) => `${d.kind}${d.receivableId ?? d.connectionId}${d.part ?? ''}`}
        columns={[
          { title: t('deadlines.day'), cell: (d) => <strong>{day(d.day)}</strong> },
          {
            title: t('deadlines.left'),
            cell: (d) => (
              <Chip tone={urgency[d.urgency]}>
                {d.days < 0
                  ? t('deadlines.late', { count: -d.days })
                  : d.days === 0
                    ? t('deadlines.today')
                    : t('deadlines.days', { count: d.days })}
              </Chip>
            ),
          },
          { title: t('deadlines.what'), grow: true, cell: (d) => t(`deadline.${d.kind}`) },
          {
            title: t('field.order'),
            cell: (d) =>
              d.receivableId ? (
                <Link to={`/receivables/${d.receivableId}`}>{d.orderNumber || d.number}</Link>
              ) : (
                <Link to={`/connections/${d.connectionId}`}>{d.connectionName}</Link>
              ),
          },
          { title: t('field.buyer'), cell: (d) => <span className="cut">{d.buyerName}</span> },
          { title: t('field.number'), cell: (d) => <span className="dim">{d.number}</span> },
          { title: t('receivables.amount'), end: true, cell: (d) => (d.amount && d.currency ? money(d.amount, d.currency) : '') },
        ]}
      />
    </Section>
  );
}
