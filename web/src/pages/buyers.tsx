import { useCallback, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Page as PageOf, PartyRow } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { SearchBox } from '../ui/filters.tsx';
import { type Column, Grid } from '../ui/grid.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Page } from '../ui/page.tsx';
import { useFilter } from '../ui/use-documents.ts';
import { useListKeys, usePages } from '../ui/use-pages.tsx';
import styles from './to-issue.module.css';

/** Who bought, gathered from the documents; a row leads to that buyer's page. */
export default function Buyers() {
  const t = useT();
  const { money, number, country, time } = useFormats();
  const navigate = useNavigate();
  const { filter, change } = useFilter(['q']);
  const [active, setActive] = useState<string>();
  const search = useRef<HTMLInputElement>(null);
  const { list, rows, onMore } = usePages<PageOf<PartyRow>>(['parties', filter], '/parties', filter);
  const open = useCallback((row: { id: string }) => void navigate(`/buyers/${row.id}`), [navigate]);
  useListKeys('nav.buyers', { rows, active, onActive: setActive, onOpen: open, search });
  const columns = useMemo<Column<PartyRow>[]>(
    () => [
      { id: 'name', title: t('field.name'), track: 'minmax(160px, 2fr)', cell: (r) => <span className={styles.strong}>{r.name}</span> },
      { id: 'taxId', title: t('field.taxId'), track: '130px', from: 700, cell: (r) => r.taxId },
      {
        id: 'email',
        title: t('field.email'),
        track: 'minmax(140px, 1.2fr)',
        from: 900,
        cell: (r) => <span className="dim">{r.email}</span>,
      },
      { id: 'country', title: t('field.country'), track: '120px', from: 1040, cell: (r) => country(r.country) },
      { id: 'last', title: t('buyers.last'), track: '150px', from: 1180, cell: (r) => <span className="dim">{time(r.lastIssuedAt)}</span> },
      { id: 'documents', title: t('nav.documents'), track: '110px', end: true, cell: (r) => number(r.documents) },
      {
        id: 'turnover',
        title: t('buyers.turnover'),
        track: 'minmax(120px, 1fr)',
        end: true,
        cell: (r) => r.turnover.map((m) => money(m.gross, m.currency)).join(' · '),
      },
    ],
    [t, money, number, country, time],
  );
  return (
    <Page title={t('nav.buyers')} help="buyers" full>
      <div className={styles.tools}>
        <SearchBox inputRef={search} value={filter.q ?? ''} onChange={(q) => change({ q: q || undefined })} label={t('buyers.search')} />
      </div>
      <div className={styles.work}>
        <div className={styles.list} style={{ paddingBottom: 14 }}>
          {isLost(list.error, list.data) ? (
            <Failed error={list.error} retry={() => void list.refetch()} />
          ) : rows?.length === 0 ? (
            <div className={styles.nothing}>
              <Empty icon="people" title={filter.q ? t('common.nothingFound') : t('buyers.emptyTitle')}>
                {filter.q ? undefined : t('buyers.emptyText')}
              </Empty>
            </div>
          ) : (
            <Grid
              label={t('nav.buyers')}
              rows={rows}
              columns={columns}
              narrow={(r) => (
                <>
                  <div className={styles.line}>
                    <span className={`cut ${styles.strong}`}>{r.name}</span>
                    <span className="num">{r.turnover.map((m) => money(m.gross, m.currency)).join(' · ')}</span>
                  </div>
                  <div className={styles.line}>
                    <span className="dim cut">{[r.taxId, r.email].filter(Boolean).join(' · ')}</span>
                    <span className="dim num">{t('documents.count', { count: r.documents })}</span>
                  </div>
                </>
              )}
              active={active}
              onActive={setActive}
              onOpen={open}
              more={list.hasNextPage}
              onMore={onMore}
              rowName={(r) => r.name}
            />
          )}
        </div>
      </div>
    </Page>
  );
}
