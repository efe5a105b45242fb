import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, Suspense, useCallback, useContext, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { BulkAnswer, DocumentRow, Selection, Series } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { type Binding, useKeys } from '../keys.ts';
import { lazy } from '../lazy.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { queueQuery } from '../shell.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { type Facet, Filters, SearchBox } from '../ui/filters.tsx';
import { type Column, Grid } from '../ui/grid.tsx';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, Failed, Page } from '../ui/page.tsx';
import { Chip, StateChip } from '../ui/status.tsx';
import { bodyOf, inAddress, useCount, useDocuments, useFilter, useSelection } from '../ui/use-documents.ts';
import type { QuickField } from './quick-edit.tsx';
import styles from './to-issue.module.css';

const Editor = lazy(() => import('./editor.tsx'));
const IssueDialog = lazy(() => import('./issue-dialog.tsx'));
const QuickEdit = lazy(() => import('./quick-edit.tsx'));
const BulkEdit = lazy(() => import('./bulk-edit.tsx'));

const queueKinds = ['invoice', 'proforma', 'receipt', 'prepayment', 'final', 'correction'] as const;

/** The queue: what is prepared and not yet issued. All of it works by keyboard; the address keeps filter, sort and the open document. */
export default function ToIssue() {
  const t = useT();
  const { money, number } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const { filter, change, params } = useFilter();
  const query = useMemo(() => ({ ...queueQuery, ...filter }), [filter]);
  const { rows, error, refetch, hasNextPage, onMore, isPlaceholderData } = useDocuments(query);
  const count = useCount(query);
  const selection = useSelection(rows, query);
  const [active, setActive] = useState<string>();
  const [issuing, setIssuing] = useState<Selection>();
  const [bulk, setBulk] = useState(false);
  const [quick, setQuick] = useState<Quick>();
  const grid = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const opened = params.get('open') ?? undefined;
  const open = useCallback((row: { id: string }, field?: string) => change({ open: row.id, field }), [change]);
  const close = useCallback(() => {
    setActive((now) => inAddress('open') ?? now);
    change({ open: undefined, field: undefined });
  }, [change]);
  // Where the form was, the table is: arrows and Enter work on it again.
  const before = useRef(opened);
  useEffect(() => {
    if (before.current && !opened && document.activeElement === document.body) focusGrid(grid.current);
    before.current = opened;
  }, [opened]);

  useEffect(() => {
    if (rows?.length && !rows.some((r) => r.id === active)) setActive(opened && rows.some((r) => r.id === opened) ? opened : rows[0]!.id);
  }, [rows, active, opened]);

  const refresh = () => client.invalidateQueries({ predicate: (q) => ['documents', 'count', 'home'].includes(String(q.queryKey[0])) });
  const restore = async (ids: string[]) => {
    for (let i = 0; i < ids.length; i += 1000) await api.post('/documents/restore', { selection: { ids: ids.slice(i, i + 1000) } });
    await refresh();
  };
  const fail = (e: Error) => toast({ error: e });
  const withdraw = useMutation({
    mutationFn: (which: Selection) => api.post<BulkAnswer>('/documents/withdraw', { selection: which }),
    onSuccess: (answer) => {
      selection.clear();
      if (answer.done.includes(inAddress('open') ?? '')) close();
      toast({ text: t('toIssue.withdrawn', { count: answer.done.length }), undo: () => void restore(answer.done).catch(fail) });
      if (answer.refused.length > 0) toast({ text: t('toIssue.notWithdrawn', { count: answer.refused.length }), tone: 'bad' });
      return refresh();
    },
    onError: fail,
  });
  const merge = useMutation({
    mutationFn: (ids: string[]) => api.post<{ id: string }>('/documents/merge', { ids }),
    onSuccess: (answer) => {
      selection.clear();
      toast({
        text: t('toIssue.merged'),
        undo: () =>
          void api
            .post(`/documents/${answer.id}/unmerge`)
            .then(() => {
              close();
              return refresh();
            })
            .catch(fail),
      });
      open(answer);
      return refresh();
    },
    onError: fail,
  });

  const row = rows?.find((r) => r.id === active);
  const target = (): Selection | undefined => selection.selection ?? (row ? { ids: [row.id] } : undefined);
  const sizeOf = (which: Selection) =>
    'ids' in which ? which.ids.length : (count.data?.total ?? 0) - (which.query.held === false ? (count.data?.held ?? 0) : 0);
  const issue = (which: Selection | undefined) => which && can('issue') && setIssuing(which);
  const step = (by: number) => {
    if (!rows?.length) return;
    const at = rows.findIndex((r) => r.id === active);
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]!;
    setActive(next.id);
    if (inAddress('open')) open(next);
  };
  // The row is marked at once; the form follows when the browser has shown that.
  const shown = useDeferredValue(opened, undefined);
  const field = useDeferredValue(params.get('field') ?? undefined);
  const onClose = useStable(close);
  const onStep = useStable(step);
  const onIssue = useStable((id: string) => issue({ ids: [id] }));
  const onWithdraw = useStable((id: string) => withdraw.mutate({ ids: [id] }));
  const onOpen = useStable((id: string) => open({ id }));
  const edit = can('edit');
  /** In the row where its column is shown, else in a dialog. Afterwards the keys work on the table again. */
  const quickEdit = useStable(({ row: one, field: name }: { row: DocumentRow; field: QuickField }) =>
    setQuick({
      row: one,
      field: name,
      inline: document.querySelector(`#row-${CSS.escape(one.id)} [data-field="${name}"]`) !== null,
      onClose: (to) => {
        if (to) return quickEdit({ row: one, field: to });
        setQuick(undefined);
        focusGrid(grid.current);
      },
    }),
  );
  const allReady: Selection = { query: { ...bodyOf(query), held: false } };
  const readyToIssue = can('issue') && (count.data?.total ?? 0) > (count.data?.held ?? 0);
  useKeys('nav.toIssue', [
    { keys: 'j', label: 'keys.next', run: () => step(1) },
    { keys: 'k', label: 'keys.previous', run: () => step(-1) },
    { keys: 'e', label: 'keys.open', run: () => row && open(row) },
    { keys: 'enter', label: 'keys.open', run: () => row && open(row) },
    { keys: 'x', label: 'keys.select', run: () => row && selection.toggle(row.id, false) },
    { keys: 'shift+x', label: 'keys.selectRange', run: () => row && selection.toggle(row.id, true) },
    { keys: 'mod+a', label: 'keys.selectAll', run: () => selection.takeEverything() },
    { keys: 'escape', label: 'keys.escape', run: () => (inAddress('open') ? close() : selection.clear()) },
    { keys: 'i', label: 'keys.issue', run: () => issue(target()) },
    { keys: 'shift+i', label: 'keys.issueAll', run: () => readyToIssue && issue(allReady) },
    ...(edit
      ? ([
          { keys: 'c', label: 'keys.kind', run: () => row && quickEdit({ row, field: 'kind' }) },
          { keys: 't', label: 'keys.taxId', run: () => row && quickEdit({ row, field: 'taxId' }) },
          { keys: 'n', label: 'keys.buyerName', run: () => row && quickEdit({ row, field: 'name' }) },
          { keys: 'm', label: 'keys.email', run: () => row && quickEdit({ row, field: 'email' }) },
          { keys: 'b', label: 'keys.bulk', run: () => selection.some && setBulk(true) },
          {
            keys: '#',
            label: 'keys.withdraw',
            run: () => {
              const which = target();
              if (which) withdraw.mutate(which);
            },
          },
        ] satisfies Binding[])
      : []),
    { keys: '/', label: 'keys.search', run: () => search.current?.focus() },
    { keys: 'shift+f', label: 'keys.onlyHeld', run: () => change({ held: filter.held === 'true' ? undefined : 'true' }) },
  ]);

  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  // Asked for once and handed to the rows: each asking by itself costs more than drawing them.
  const say = useCallback<Say>((found) => ({ title: holdTitle(found.code), text: words(found).text }), [words, holdTitle]);
  const series = useQuery({
    queryKey: ['series'],
    queryFn: () => api.get<{ items: Series[] }>('/series'),
    staleTime: 300_000,
    enabled: 'seriesId' in filter,
  });
  const facets = useMemo<Facet[]>(
    () => [
      { name: 'kinds', label: t('field.kind'), kind: 'choice', options: queueKinds.map((k) => ({ value: k, label: t(`kind.${k}`) })) },
      { name: 'channel', label: t('field.channel'), kind: 'choice', options: channelsOf(rows) },
      {
        name: 'currency',
        label: t('field.currency'),
        kind: 'choice',
        options: ['PLN', 'EUR', 'HUF', 'SEK', 'CZK', 'USD'].map((c) => ({ value: c, label: c })),
      },
      { name: 'from', label: t('filter.from'), kind: 'day' },
      { name: 'to', label: t('filter.to'), kind: 'day' },
      { name: 'holdCode', label: t('field.cause'), kind: 'given', word: (code) => holdTitle(code) ?? words({ code }).text },
      { name: 'importId', label: t('field.import'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'orderId', label: t('field.order'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'seriesId', label: t('field.series'), kind: 'given', word: (id) => series.data?.items.find((s) => s.id === id)?.name ?? '…' },
      { name: 'buyer', label: t('field.buyer'), kind: 'given' },
    ],
    [t, rows, words, holdTitle, series.data],
  );

  const columns = useMemo<Column<DocumentRow>[]>(
    () => [
      { id: 'state', title: t('field.state'), track: '122px', cell: (r) => <StateChip document={r} /> },
      {
        id: 'kind',
        title: t('field.kind'),
        track: '124px',
        from: 800,
        cell: (r) => <Cell row={r} field="kind" onEdit={edit ? quickEdit : undefined} text={t(`kind.${r.kind}`)} />,
      },
      {
        id: 'buyer',
        title: t('field.buyer'),
        track: 'minmax(150px, 2.2fr)',
        sort: 'buyer',
        cell: (r) => <Cell row={r} field="name" onEdit={edit ? quickEdit : undefined} text={r.buyerName} strong />,
      },
      {
        id: 'taxId',
        title: t('field.taxId'),
        track: '118px',
        from: 980,
        cell: (r) => <Cell row={r} field="taxId" onEdit={edit ? quickEdit : undefined} text={r.buyerTaxId ?? ''} />,
      },
      {
        id: 'email',
        title: t('field.email'),
        track: 'minmax(120px, 1.3fr)',
        from: 1240,
        cell: (r) => <Cell row={r} field="email" onEdit={edit ? quickEdit : undefined} text={r.buyerEmail ?? ''} dim />,
      },
      {
        id: 'order',
        title: t('field.order'),
        track: 'minmax(104px, 0.8fr)',
        from: 860,
        cell: (r) => <span className="dim">{r.orderNumber}</span>,
      },
      { id: 'why', title: t('field.cause'), track: 'minmax(150px, 2fr)', from: 700, cell: (r) => <Why row={r} onOpen={open} say={say} /> },
      {
        id: 'created',
        title: t('field.prepared'),
        track: '106px',
        from: 1120,
        sort: 'created',
        cell: (r) => <Prepared at={r.createdAt} />,
      },
      { id: 'gross', title: t('field.gross'), track: '122px', end: true, sort: 'gross', cell: (r) => money(r.gross, r.currency) },
    ],
    [t, money, open, edit, quickEdit, say],
  );
  const narrow = useCallback((row: DocumentRow) => <NarrowRow row={row} say={say} />, [say]);

  const total = count.data?.total ?? 0;
  const filtered = Object.keys(filter).some((n) => !['sort', 'direction'].includes(n));
  return (
    <Page
      title={t('nav.toIssue')}
      help="to-issue"
      full
      actions={
        <>
          {edit && (
            <Button component={Link} to="/import" variant="default" leftSection={<Icon name="import" size={16} />}>
              {t('nav.import')}
            </Button>
          )}
          {can('issue') && (
            <Button disabled={!readyToIssue} onClick={() => issue(allReady)} leftSection={<Icon name="check" size={16} />}>
              {filtered ? t('toIssue.issueMatching') : t('toIssue.issueAll')}
            </Button>
          )}
        </>
      }
    >
      <div className={styles.tools} data-open={opened !== undefined}>
        <SearchBox inputRef={search} value={filter.q ?? ''} onChange={(q) => change({ q: q || undefined })} label={t('toIssue.search')} />
        <SegmentedControl
          aria-label={t('field.state')}
          size="sm"
          value={filter.held ?? ''}
          onChange={(held) => change({ held: held || undefined, holdCode: undefined })}
          data={[
            { value: '', label: t('filter.all') },
            { value: 'false', label: t('state.ready') },
            { value: 'true', label: t('state.held') },
          ]}
        />
        <Filters page="to-issue" facets={facets} filter={filter} change={change} />
      </div>
      <div className={styles.work} data-open={opened !== undefined}>
        <div ref={grid} className={styles.list} data-stale={isPlaceholderData}>
          {error ? (
            <Failed error={error} retry={() => void refetch()} />
          ) : rows?.length === 0 ? (
            <div className={styles.nothing}>
              {filtered ? (
                <Empty
                  icon="search"
                  title={t('common.nothingFound')}
                  action={
                    <Button variant="default" onClick={() => change(Object.fromEntries(Object.keys(filter).map((n) => [n, undefined])))}>
                      {t('filter.clear')}
                    </Button>
                  }
                >
                  {t('toIssue.nothingMatches')}
                </Empty>
              ) : (
                <Empty
                  icon="check"
                  title={t('toIssue.emptyTitle')}
                  action={
                    edit ? (
                      <Button component={Link} to="/import">
                        {t('toIssue.emptyAction')}
                      </Button>
                    ) : undefined
                  }
                >
                  {t('toIssue.emptyText')}
                </Empty>
              )}
            </div>
          ) : (
            <QuickContext value={quick}>
              <Grid
                label={t('nav.toIssue')}
                rows={rows}
                columns={columns}
                narrow={narrow}
                active={active}
                onActive={setActive}
                onOpen={open}
                selection={selection}
                sort={{
                  by: filter.sort ?? 'created',
                  direction: (filter.direction as 'asc' | 'desc') ?? 'desc',
                  set: (sort, direction) => change({ sort, direction }),
                }}
                more={hasNextPage}
                onMore={onMore}
                rowName={(r) => r.buyerName || (r.orderNumber ?? '')}
              />
            </QuickContext>
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
                {can('issue') && (
                  <Button size="compact-md" onClick={() => issue(selection.selection)}>
                    {t('action.issue')}
                  </Button>
                )}
                {edit && (
                  <>
                    <Button size="compact-md" variant="default" onClick={() => setBulk(true)}>
                      {t('action.change')}
                    </Button>
                    <Menu position="top-end">
                      <Menu.Target>
                        <ActionIcon variant="default" size={30} aria-label={t('common.more')}>
                          <Icon name="dots" />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item
                          leftSection={<Icon name="merge" size={16} />}
                          disabled={selection.everything || selection.size < 2}
                          onClick={() => selection.selection && 'ids' in selection.selection && merge.mutate(selection.selection.ids)}
                        >
                          {t('action.merge')}
                        </Menu.Item>
                        <Menu.Item
                          leftSection={<Icon name="trash" size={16} />}
                          onClick={() => selection.selection && withdraw.mutate(selection.selection)}
                        >
                          {t('action.withdraw')}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  </>
                )}
                <Tooltip label={t('toIssue.clearSelection')}>
                  <ActionIcon size={30} aria-label={t('toIssue.clearSelection')} onClick={selection.clear}>
                    <Icon name="close" size={16} />
                  </ActionIcon>
                </Tooltip>
              </>
            ) : (
              count.data && (
                <>
                  <span>{t(count.data.more ? 'toIssue.countMore' : 'toIssue.count', { count: total })}</span>
                  {count.data.held > 0 && <span className={styles.held}>{t('toIssue.heldCount', { count: count.data.held })}</span>}
                  <span className={styles.gap} />
                  <span className={styles.keysHint}>{t('toIssue.keysHint')}</span>
                </>
              )
            )}
          </div>
        </div>
        {opened && (
          <Suspense fallback={<div className={styles.editorWaiting} aria-busy="true" />}>
            {shown ? (
              <Editor
                key={shown}
                id={shown}
                field={field}
                onClose={onClose}
                onStep={onStep}
                onIssue={onIssue}
                onWithdraw={onWithdraw}
                onOpen={onOpen}
              />
            ) : (
              <div className={styles.editorWaiting} aria-busy="true" />
            )}
          </Suspense>
        )}
      </div>
      <Suspense>
        {issuing && (
          <IssueDialog
            selection={issuing}
            count={sizeOf(issuing)}
            more={'query' in issuing && (count.data?.more ?? false)}
            onClose={() => setIssuing(undefined)}
            onFinished={() => {
              selection.clear();
              void refresh();
            }}
            onFix={(id, field) => {
              setIssuing(undefined);
              open({ id }, field);
            }}
          />
        )}
        {bulk && selection.selection && (
          <BulkEdit
            selection={selection.selection}
            count={selection.everything ? total : selection.size}
            onClose={() => setBulk(false)}
            onDone={() => {
              setBulk(false);
              void refresh();
            }}
          />
        )}
        {quick && !quick.inline && <QuickEdit {...quick} onClose={quick.onClose} />}
      </Suspense>
      <span className="hidden" aria-live="polite">
        {count.data ? `${number(total)} ${t('nav.toIssue')}` : ''}
      </span>
    </Page>
  );
}

const focusGrid = (around: HTMLElement | null) => around?.querySelector<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true });

/** One function for the life of the page that does what the newest one would. */
function useStable<A extends unknown[]>(newest: (...args: A) => void): (...args: A) => void {
  const box = useRef(newest);
  box.current = newest;
  return useCallback((...args: A) => box.current(...args), []);
}

function channelsOf(rows: DocumentRow[] | undefined) {
  const names = new Set(rows?.map((r) => r.channel).filter((c) => c !== null));
  for (const known of ['allegro', 'tickets']) names.add(known);
  return [...names].map((value) => ({ value, label: value }));
}

type Quick = { row: DocumentRow; field: QuickField; inline: boolean; onClose: (to?: QuickField) => void };
const QuickContext = createContext<Quick | undefined>(undefined);

/** A cell that can be changed where it stands. */
function Cell({
  row,
  field,
  text,
  onEdit,
  strong,
  dim,
}: {
  row: DocumentRow;
  field: QuickField;
  text: string;
  onEdit: ((what: { row: DocumentRow; field: QuickField }) => void) | undefined;
  strong?: boolean;
  dim?: boolean;
}) {
  const t = useT();
  const quick = useContext(QuickContext);
  const shown = (
    <span className={`cut ${strong ? styles.strong : ''} ${dim ? 'dim' : ''}`} title={text}>
      {text || <span className="dim">—</span>}
    </span>
  );
  if (quick?.inline && quick.row.id === row.id && quick.field === field)
    return (
      <Suspense fallback={shown}>
        <QuickEdit row={row} field={field} inline onClose={quick.onClose} />
      </Suspense>
    );
  return (
    <span className={styles.cell} data-field={field}>
      {shown}
      {onEdit && (
        <button
          type="button"
          tabIndex={-1}
          className={styles.pencil}
          aria-label={t('toIssue.changeField', { field: t(`quick.${field}`) })}
          onClick={() => onEdit({ row, field })}
        >
          <Icon name="edit" size={14} />
        </button>
      )}
    </span>
  );
}

type Say = (found: DocumentRow['findings'][number]) => { title: string | undefined; text: string };

function Why({ row, onOpen, say }: { row: DocumentRow; onOpen: (row: DocumentRow, field?: string) => void; say: Say }) {
  const shown = row.findings.find((f) => f.level === 'hold') ?? row.findings[0];
  if (!shown) return null;
  const { title, text } = say(shown);
  const others = row.findings.length - 1;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.why}
      data-level={shown.level}
      title={text}
      onClick={() => onOpen(row, shown.where)}
    >
      <span className="cut">{title ?? text}</span>
      {others > 0 && <span className={styles.others}>+{others}</span>}
    </button>
  );
}

function Prepared({ at }: { at: string }) {
  const { shortDay, time } = useFormats();
  return (
    <span className="dim" title={time(at)}>
      {shortDay(at)}
    </span>
  );
}

function NarrowRow({ row, say }: { row: DocumentRow; say: Say }) {
  const t = useT();
  const { money } = useFormats();
  const hold = row.findings.find((f) => f.level === 'hold');
  const words = hold && say(hold);
  return (
    <>
      <div className={styles.line}>
        <span className={`cut ${styles.strong}`}>{row.buyerName || '—'}</span>
        <span className="num">{money(row.gross, row.currency)}</span>
      </div>
      <div className={styles.line}>
        {words ? (
          <Chip tone="wait">{words.title ?? words.text}</Chip>
        ) : (
          <span className="dim cut">{[t(`kind.${row.kind}`), row.orderNumber].filter(Boolean).join(' · ')}</span>
        )}
      </div>
    </>
  );
}
