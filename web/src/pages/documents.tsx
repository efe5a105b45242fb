import { ActionIcon, Button, Menu, NativeSelect, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { DocumentRow, Selection } from '../../../src/api/schemas/index.ts';
import { api, printFile, saveAs } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { type Facet, Filters, SearchBox } from '../ui/filters.tsx';
import { type Column, Grid } from '../ui/grid.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Page } from '../ui/page.tsx';
import { StateChip, WayChip } from '../ui/status.tsx';
import { bodyOf, useCount, useDocuments, useFilter, useSelection } from '../ui/use-documents.ts';
import styles from './to-issue.module.css';

const ExportDialog = lazy(() => import('./export-dialog.tsx'));
const PrintDialog = lazy(() => import('./print-dialog.tsx'));

const states = ['issued', 'submitted', 'refused', 'to_issue', 'withdrawn', 'merged', 'cancelled'] as const;
const kinds = ['invoice', 'correction', 'proforma', 'prepayment', 'final', 'receipt'] as const;

/** Everything that was issued (and, by the filter, whatever else): search, open, mail again, download, export. */
export default function Documents() {
  const { t, language } = useTexts();
  const { money, day } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { filter, change } = useFilter();
  const query = useMemo(
    () => ({
      states: 'issued,submitted',
      sort: 'issued',
      direction: 'desc',
      ...(filter.states && !filter.states.includes('issued') ? { sort: 'created' } : {}),
      ...filter,
    }),
    [filter],
  );
  const { rows, error, refetch, hasNextPage, onMore } = useDocuments(query);
  const count = useCount(query);
  const selection = useSelection(rows, query);
  const [active, setActive] = useState<string>();
  const [exporting, setExporting] = useState(false);
  const [printing, setPrinting] = useState<Selection>();
  const search = useRef<HTMLInputElement>(null);
  const open = useCallback(
    (row: DocumentRow) => void navigate(row.state === 'to_issue' ? `/to-issue?open=${row.id}` : `/documents/${row.id}`),
    [navigate],
  );
  useEffect(() => {
    if (rows?.length && !rows.some((r) => r.id === active)) setActive(rows[0]!.id);
  }, [rows, active]);
  const row = rows?.find((r) => r.id === active);
  const target = (): Selection | undefined => selection.selection ?? (row ? { ids: [row.id] } : undefined);
  const mail = useMutation({
    mutationFn: (which: Selection) => api.post<{ queued: string[]; refused: unknown[] }>('/documents/mail', { selection: which }),
    onSuccess: (answer) => {
      selection.clear();
      toast({ text: t('documents.mailed', { count: answer.queued.length }), tone: 'good' });
      if (answer.refused.length > 0) toast({ text: t('documents.notMailed', { count: answer.refused.length }), tone: 'bad' });
      return client.invalidateQueries({ predicate: (q) => ['documents', 'deliveries'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  /** Chosen documents travel in the body, which has room for all of them; everything that matches is a plain link. */
  const save = async (as: 'csv' | 'xlsx' | 'zip') => {
    try {
      const wanted = selection.selection ?? { query: bodyOf(query) };
      await saveAs(
        await api.blob('POST', '/documents/export', { body: { selection: wanted, as, language } }),
        `${t('nav.documents')} ${new Date().toISOString().slice(0, 10)}.${as}`,
      );
    } catch (e) {
      toast({ error: e });
    }
  };
  /** All of them in one file, which the browser prints like any other. */
  const printHere = async (which: Selection) => {
    toast({ text: t('print.joining') });
    try {
      printFile(await api.blob('POST', '/documents/export', { body: { selection: which, as: 'pdf' } }));
      selection.clear();
    } catch (e) {
      toast({ error: e });
    }
  };
  const step = (by: number) => {
    if (!rows?.length) return;
    setActive(rows[Math.min(Math.max(rows.findIndex((r) => r.id === active) + by, 0), rows.length - 1)]!.id);
  };
  useKeys('nav.documents', [
    { keys: 'j', label: 'keys.next', run: () => step(1) },
    { keys: 'k', label: 'keys.previous', run: () => step(-1) },
    { keys: 'e', label: 'keys.open', run: () => row && open(row) },
    { keys: 'enter', label: 'keys.open', run: () => row && open(row) },
    { keys: 'x', label: 'keys.select', run: () => row && selection.toggle(row.id, false) },
    { keys: 'shift+x', label: 'keys.selectRange', run: () => row && selection.toggle(row.id, true) },
    { keys: 'mod+a', label: 'keys.selectAll', run: selection.takeEverything },
    { keys: 'escape', label: 'keys.clear', run: selection.clear },
    ...(can('send')
      ? [
          {
            keys: 'm',
            label: 'keys.mail' as const,
            run: () => {
              const which = target();
              if (which && !mail.isPending) mail.mutate(which);
            },
          },
        ]
      : []),
    ...(can('print') ? [{ keys: 'mod+p', label: 'keys.print' as const, run: () => setPrinting(target()) }] : []),
    { keys: '/', label: 'keys.search', run: () => search.current?.focus() },
  ]);
  const facets = useMemo<Facet[]>(
    () => [
      { name: 'states', label: t('field.state'), kind: 'choice', options: states.map((s) => ({ value: s, label: t(`state.${s}`) })) },
      { name: 'kinds', label: t('field.kind'), kind: 'choice', options: kinds.map((k) => ({ value: k, label: t(`kind.${k}`) })) },
      { name: 'from', label: t('filter.from'), kind: 'day' },
      { name: 'to', label: t('filter.to'), kind: 'day' },
      {
        name: 'deliveryStatus',
        label: t('field.mail'),
        kind: 'choice',
        options: (['failed', 'queued', 'handed_over', 'refused', 'bounced', 'unknown'] as const).map((s) => ({
          value: s,
          label: t(`deliveryFilter.${s}`),
        })),
      },
      {
        name: 'transferStatus',
        label: t('field.transfer'),
        kind: 'choice',
        options: (['failed', 'waiting', 'sending', 'accepted', 'pending', 'rejected', 'unknown'] as const).map((s) => ({
          value: s,
          label: t(`transferFilter.${s}`),
        })),
      },
      {
        name: 'currency',
        label: t('field.currency'),
        kind: 'choice',
        options: ['PLN', 'EUR', 'HUF', 'SEK', 'CZK', 'USD'].map((c) => ({ value: c, label: c })),
      },
      { name: 'channel', label: t('field.channel'), kind: 'given' },
      { name: 'orderId', label: t('field.order'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'party', label: t('field.buyer'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'seriesId', label: t('field.series'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'importId', label: t('field.import'), kind: 'given', word: () => t('filter.thisOne') },
    ],
    [t],
  );
  const columns = useMemo<Column<DocumentRow>[]>(
    () => [
      {
        id: 'number',
        title: t('field.number'),
        track: 'minmax(148px, 1fr)',
        sort: 'number',
        cell: (r) => <span className={styles.strong}>{r.number ?? '—'}</span>,
      },
      { id: 'kind', title: t('field.kind'), track: '110px', from: 820, cell: (r) => t(`kind.${r.kind}`) },
      { id: 'buyer', title: t('field.buyer'), track: 'minmax(150px, 2fr)', sort: 'buyer', cell: (r) => r.buyerName },
      { id: 'issued', title: t('field.issueDate'), track: '138px', sort: 'issued', cell: (r) => day(r.issueDate) },
      {
        id: 'due',
        title: t('field.dueDate'),
        track: '138px',
        from: 1160,
        sort: 'due',
        cell: (r) => <span className="dim">{day(r.dueDate)}</span>,
      },
      { id: 'state', title: t('field.state'), track: '116px', from: 960, cell: (r) => <StateChip document={r} /> },
      { id: 'mail', title: t('field.mail'), track: '130px', from: 700, cell: (r) => r.mailStatus && <WayChip status={r.mailStatus} /> },
      {
        id: 'transfer',
        title: t('field.transfer'),
        track: '120px',
        from: 1240,
        cell: (r) => r.transferStatus && <WayChip status={r.transferStatus} />,
      },
      {
        id: 'gross',
        title: t('field.gross'),
        track: 'minmax(124px, 160px)',
        end: true,
        sort: 'gross',
        cell: (r) => money(r.gross, r.currency),
      },
    ],
    [t, money, day],
  );
  const filtered = Object.keys(filter).some((n) => !['sort', 'direction'].includes(n));
  const total = count.data?.total ?? 0;
  return (
    <Page
      title={t('nav.documents')}
      help="documents"
      full
      actions={
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<Icon name="export" size={16} />}>
              {t('documents.export')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>
              {selection.some && !selection.everything
                ? t('toIssue.selected', { count: selection.size })
                : t(count.data?.more ? 'documents.countMore' : 'documents.count', { count: total })}
            </Menu.Label>
            <Menu.Item onClick={() => void save('csv')}>CSV</Menu.Item>
            <Menu.Item onClick={() => void save('xlsx')}>Excel (XLSX)</Menu.Item>
            <Menu.Item onClick={() => void save('zip')}>{t('documents.zip')}</Menu.Item>
            {can('send') && <Menu.Item onClick={() => setExporting(true)}>{t('documents.exportProgram')}</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      }
    >
      <Suspense fallback={onItsWay}>
        {printing && (
          <PrintDialog
            selection={printing}
            onClose={() => setPrinting(undefined)}
            onDone={selection.clear}
            inBrowser={() => void printHere(printing)}
          />
        )}
        {exporting && (
          <ExportDialog
            selection={selection.selection ?? { query: { ...bodyOf(filter), states: ['issued'] } }}
            onClose={() => setExporting(false)}
          />
        )}
      </Suspense>
      <div className={styles.tools}>
        <SearchBox inputRef={search} value={filter.q ?? ''} onChange={(q) => change({ q: q || undefined })} label={t('documents.search')} />
        <NativeSelect
          aria-label={t('field.kind')}
          value={filter.kinds ?? ''}
          onChange={(e) => change({ kinds: e.target.value || undefined })}
          data={[{ value: '', label: t('documents.allKinds') }, ...kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))]}
        />
        <Filters page="documents" facets={facets} filter={filter} change={change} />
      </div>
      <div className={styles.work}>
        <div className={styles.list}>
          {isLost(error, rows) ? (
            <Failed error={error} retry={() => void refetch()} />
          ) : rows?.length === 0 ? (
            <div className={styles.nothing}>
              <Empty
                icon={filtered ? 'search' : 'document'}
                title={filtered ? t('common.nothingFound') : t('documents.emptyTitle')}
                action={
                  filtered ? (
                    <Button variant="default" onClick={() => change(Object.fromEntries(Object.keys(filter).map((n) => [n, undefined])))}>
                      {t('filter.clear')}
                    </Button>
                  ) : undefined
                }
              >
                {filtered ? t('toIssue.nothingMatches') : t('documents.emptyText')}
              </Empty>
            </div>
          ) : (
            <Grid
              label={t('nav.documents')}
              rows={rows}
              columns={columns}
              narrow={(r) => (
                <>
                  <div className={styles.line}>
                    <span className={`cut ${styles.strong}`}>{r.buyerName || '—'}</span>
                    <span className="num">{money(r.gross, r.currency)}</span>
                  </div>
                  <div className={styles.line}>
                    <span className="dim cut">{[r.number, day(r.issueDate)].filter(Boolean).join(' · ')}</span>
                    {r.mailStatus && <WayChip status={r.mailStatus} />}
                  </div>
                </>
              )}
              active={active}
              onActive={setActive}
              onOpen={open}
              selection={selection}
              sort={{ by: query.sort, direction: query.direction as 'asc' | 'desc', set: (sort, direction) => change({ sort, direction }) }}
              more={hasNextPage}
              onMore={onMore}
              rowName={(r) => r.number ?? r.buyerName}
            />
          )}
          <div className={styles.foot} aria-live="polite">
            {selection.some ? (
              <>
                <strong>
                  {selection.everything
                    ? t(count.data?.more ? 'toIssue.allSelectedMore' : 'toIssue.allSelected', { count: total })
                    : t('toIssue.selected', { count: selection.size })}
                </strong>
                {!selection.everything && selection.all && total > selection.size && (
                  <Button size="compact-sm" variant="subtle" onClick={selection.takeEverything}>
                    {t('toIssue.selectAll', { count: total })}
                  </Button>
                )}
                <span className={styles.gap} />
                {can('send') && (
                  <Button
                    size="compact-md"
                    loading={mail.isPending}
                    onClick={() => selection.selection && mail.mutate(selection.selection)}
                  >
                    {t('action.mail')}
                  </Button>
                )}
                {can('print') && (
                  <Button size="compact-md" variant="default" onClick={() => setPrinting(selection.selection)}>
                    {t('action.print')}
                  </Button>
                )}
                <Button size="compact-md" variant="default" onClick={() => void save('zip')}>
                  {t('documents.zip')}
                </Button>
                <Tooltip label={t('toIssue.clearSelection')}>
                  <ActionIcon size={30} aria-label={t('toIssue.clearSelection')} onClick={selection.clear}>
                    <Icon name="close" size={16} />
                  </ActionIcon>
                </Tooltip>
              </>
            ) : (
              count.data && <span>{t(count.data.more ? 'documents.countMore' : 'documents.count', { count: total })}</span>
            )}
          </div>
        </div>
      </div>
    </Page>
  );
}
