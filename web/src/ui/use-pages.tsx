import { Button } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { type RefObject, useCallback, useMemo } from 'react';
import { api } from '../api.ts';
import { useKeys } from '../keys.ts';
import { type Key, useT } from '../texts.ts';

type Cursored = { items: unknown[]; nextCursor?: string | null };
type Query = Record<string, string | number | boolean | undefined>;

/** A list that comes page by page. While the answer to another filter is on its way, the rows of the one before stay. */
export function usePages<Page extends Cursored>(key: unknown[], path: string, query: Query = {}, enabled = true) {
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => api.get<Page>(path, { limit: 100, ...query, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.items as Page['items'][number][]), [list.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const onMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return { list, rows, onMore };
}

/** The button below a list that is not scrolled by itself. */
export function More({ of: { list, onMore } }: { of: Pick<ReturnType<typeof usePages>, 'list' | 'onMore'> }) {
  const t = useT();
  if (!list.hasNextPage) return null;
  return (
    <Button variant="subtle" m="sm" loading={list.isFetchingNextPage} onClick={onMore}>
      {t('common.loadMore')}
    </Button>
  );
}

/** The keys of a list whose rows lead to pages: up, down, open, search. */
export function useListKeys<Row extends { id: string }>(
  name: Key,
  {
    rows,
    active,
    onActive,
    onOpen,
    search,
  }: {
    rows: Row[] | undefined;
    active: string | undefined;
    onActive: (id: string) => void;
    onOpen: (row: { id: string }) => void;
    search: RefObject<HTMLInputElement | null>;
  },
) {
  const step = (by: number) => {
    if (rows?.length) onActive(rows[Math.min(Math.max(rows.findIndex((r) => r.id === active) + by, 0), rows.length - 1)]!.id);
  };
  const open = () => active && onOpen({ id: active });
  useKeys(name, [
    { keys: 'j', label: 'keys.next', run: () => step(1) },
    { keys: 'k', label: 'keys.previous', run: () => step(-1) },
    { keys: 'e', label: 'keys.open', run: open },
    { keys: 'enter', label: 'keys.open', run: open },
    { keys: '/', label: 'keys.search', run: () => search.current?.focus() },
  ]);
}
