import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Suspense, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { BulkAnswer, DocumentRow, Selection } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { type Binding, useKeys } from '../keys.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { queueQuery } from '../shell.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Filters, SearchBox } from '../ui/filters.tsx';
import { Grid } from '../ui/grid.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Page } from '../ui/page.tsx';
import { bodyOf, inAddress, newDocument, useCount, useDocuments, useFilter, useSelection } from '../ui/use-documents.ts';
import type { QuickField } from './quick-edit.tsx';
import styles from './to-issue.module.css';
import { type Quick, QuickContext, useQueueColumns, useQueueFacets } from './to-issue-table.tsx';

const Editor = lazy(() => import('./editor.tsx'));
const IssueDialog = lazy(() => import('./issue-dialog.tsx'));
const QuickEdit = lazy(() => import('./quick-edit.tsx'));
const BulkEdit = lazy(() => import('./bulk-edit.tsx'));

/** The queue: what is prepared and not yet issued. All of it works by keyboard; the address keeps filter, sort and the open document. */
export default function ToIssue() {
  const t = useT();
  const { number } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
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

  const blank = useMutation({
    mutationFn: newDocument,
    onSuccess: (place) => {
      void navigate(place);
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
          { keys: 'shift+n', label: 'toIssue.new', run: () => !blank.isPending && blank.mutate() },
          { keys: 'b', label: 'keys.bulk', run: () => selection.some && setBulk(true) },
          {
            keys: '#',
            label: 'keys.withdraw',
            run: () => {
              const which = target();
              if (which && !withdraw.isPending) withdraw.mutate(which);
            },
          },
        ] satisfies Binding[])
      : []),
    { keys: '/', label: 'keys.search', run: () => search.current?.focus() },
    { keys: 'shift+f', label: 'keys.onlyHeld', run: () => change({ held: filter.held === 'true' ? undefined : 'true' }) },
  ]);

  const facets = useQueueFacets(rows, filter);
  const { columns, narrow } = useQueueColumns(open, edit ? quickEdit : undefined);

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
            <Button variant="default" loading={blank.isPending} onClick={() => blank.mutate()} leftSection={<Icon name="plus" size={16} />}>
              <span className="spare">{t('toIssue.new')}</span>
            </Button>
          )}
          {edit && (
            <Button component={Link} to="/import" variant="default" leftSection={<Icon name="import" size={16} />}>
              <span className="spare">{t('nav.import')}</span>
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
          {isLost(error, rows) ? (
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
                      <div className={styles.ways}>
                        <Button variant="default" loading={blank.isPending} onClick={() => blank.mutate()}>
                          {t('toIssue.new')}
                        </Button>
                        <Button component={Link} to="/import">
                          {t('toIssue.emptyAction')}
                        </Button>
                      </div>
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
      <Suspense fallback={onItsWay}>
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
