import { Button, NativeSelect } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { OrderRow, Page as PageOf } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { type Facet, Filters, SearchBox } from '../ui/filters.tsx';
import { type Column, Grid } from '../ui/grid.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Page } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { useFilter } from '../ui/use-documents.ts';
import { useListKeys, usePages } from '../ui/use-pages.tsx';
import styles from './to-issue.module.css';

const names = ['q', 'channel', 'status', 'suggestion', 'importId', 'undocumented', 'from', 'to'];
export const orderStates = ['open', 'ready', 'cancelled', 'superseded'] as const;
const orderTones: Record<string, Tone> = { open: 'wait', ready: 'good', cancelled: 'plain', superseded: 'plain' };
const suggestions = ['INVOICE_COMPANY', 'INVOICE_PERSON', 'RECEIPT', 'WAIT', 'SKIP'] as const;

export default function Orders() {
  const t = useT();
  const { money, time } = useFormats();
  const navigate = useNavigate();
  const { can } = useSession();
  const { filter, change } = useFilter(names);
  const [active, setActive] = useState<string>();
  const search = useRef<HTMLInputElement>(null);
  const { list, rows, onMore } = usePages<PageOf<OrderRow>>(['orders', filter], '/orders', filter);
  const open = useCallback((row: { id: string }) => void navigate(`/orders/${row.id}`), [navigate]);
  useEffect(() => {
    if (rows?.length && !rows.some((r) => r.id === active)) setActive(rows[0]!.id);
  }, [rows, active]);
  useListKeys('nav.orders', { rows, active, onActive: setActive, onOpen: open, search });
  const facets = useMemo<Facet[]>(
    () => [
      {
        name: 'status',
        label: t('field.state'),
        kind: 'choice',
        options: orderStates.map((s) => ({ value: s, label: t(`orderState.${s}`) })),
      },
      {
        name: 'suggestion',
        label: t('orders.becomes'),
        kind: 'choice',
        options: suggestions.map((s) => ({ value: s, label: t(`suggestion.${s}`) })),
      },
      {
        name: 'undocumented',
        label: t('orders.undocumented'),
        kind: 'choice',
        options: [{ value: 'true', label: t('orders.undocumentedYes') }],
      },
      { name: 'from', label: t('filter.from'), kind: 'day' },
      { name: 'to', label: t('filter.to'), kind: 'day' },
      { name: 'channel', label: t('field.channel'), kind: 'given' },
      { name: 'importId', label: t('field.import'), kind: 'given', word: () => t('filter.thisOne') },
    ],
    [t],
  );
  const columns = useMemo<Column<OrderRow>[]>(
    () => [
      {
        id: 'number',
        title: t('field.number'),
        track: 'minmax(110px, 1fr)',
        cell: (r) => (
          <span className={styles.strong} title={r.externalId}>
            {r.number ?? r.externalId}
          </span>
        ),
      },
      {
        id: 'ordered',
        title: t('field.ordered'),
        track: '140px',
        from: 760,
        cell: (r) => <span className="dim">{time(r.orderedAt)}</span>,
      },
      { id: 'channel', title: t('field.channel'), track: '100px', from: 980, cell: (r) => r.channel },
      { id: 'buyer', title: t('field.buyer'), track: 'minmax(150px, 2fr)', cell: (r) => r.buyerName },
      { id: 'status', title: t('field.state'), track: '116px', cell: (r) => <OrderChip status={r.status} /> },
      {
        id: 'documents',
        title: t('nav.documents'),
        track: 'minmax(140px, 1.4fr)',
        from: 640,
        cell: (r) => <DocumentLinks documents={r.documents} />,
      },
      { id: 'total', title: t('field.gross'), track: 'minmax(120px, 160px)', end: true, cell: (r) => money(r.total, r.currency) },
    ],
    [t, money, time],
  );
  const filtered = Object.keys(filter).length > 0;
  return (
    <Page title={t('nav.orders')} help="orders" full>
      <div className={styles.tools}>
        <SearchBox inputRef={search} value={filter.q ?? ''} onChange={(q) => change({ q: q || undefined })} label={t('orders.search')} />
        <NativeSelect
          aria-label={t('field.state')}
          value={filter.status ?? ''}
          onChange={(e) => change({ status: e.target.value || undefined })}
          data={[{ value: '', label: t('orders.allStates') }, ...orderStates.map((s) => ({ value: s, label: t(`orderState.${s}`) }))]}
        />
        <Filters page="orders" facets={facets} filter={filter} change={change} />
      </div>
      <div className={styles.work}>
        <div className={styles.list} style={{ paddingBottom: 14 }}>
          {isLost(list.error, list.data) ? (
            <Failed error={list.error} retry={() => void list.refetch()} />
          ) : rows?.length === 0 ? (
            <div className={styles.nothing}>
              <Empty
                icon={filtered ? 'search' : 'order'}
                title={filtered ? t('common.nothingFound') : t('orders.emptyTitle')}
                action={
                  filtered || !can('edit') ? undefined : (
                    <Button component={Link} to="/import">
                      {t('toIssue.emptyAction')}
                    </Button>
                  )
                }
              >
                {filtered ? t('toIssue.nothingMatches') : t('orders.emptyText')}
              </Empty>
            </div>
          ) : (
            <Grid
              label={t('nav.orders')}
              rows={rows}
              columns={columns}
              narrow={(r) => (
                <>
                  <div className={styles.line}>
                    <span className={`cut ${styles.strong}`}>{r.buyerName || '—'}</span>
                    <span className="num">{money(r.total, r.currency)}</span>
                  </div>
                  <div className={styles.line}>
                    <span className="dim cut">{[r.number ?? r.externalId, r.channel].join(' · ')}</span>
                    <OrderChip status={r.status} />
                  </div>
                </>
              )}
              active={active}
              onActive={setActive}
              onOpen={open}
              more={list.hasNextPage}
              onMore={onMore}
              rowName={(r) => r.number ?? r.externalId}
            />
          )}
        </div>
      </div>
    </Page>
  );
}

export function OrderChip({ status }: { status: string }) {
  const t = useT();
  return <Chip tone={orderTones[status] ?? 'plain'}>{t(`orderState.${status as 'open'}`)}</Chip>;
}

function DocumentLinks({ documents }: { documents: OrderRow['documents'] }) {
  const t = useT();
  return documents.map((d, i) => (
    <span key={d.id}>
      {i > 0 && ', '}
      <Link to={d.state === 'to_issue' ? `/to-issue?open=${d.id}` : `/documents/${d.id}`}>
        {d.number ?? `${t(`kind.${d.kind}`)} (${t(`state.${d.state as 'issued'}`).toLowerCase()})`}
      </Link>
    </span>
  ));
}
