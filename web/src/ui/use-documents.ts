import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import type { DocumentCount, DocumentQueryBody, DocumentRow, Page, Selection } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { usePages } from './use-pages.tsx';

type DocumentFilter = Record<string, string>;
/** What the address may say about a list of documents; anything else in it is not a filter. */
const filterNames = [
  'q',
  'states',
  'kinds',
  'held',
  'holdCode',
  'channel',
  'currency',
  'seriesId',
  'importId',
  'orderId',
  'party',
  'from',
  'to',
  'deliveryStatus',
  'transferStatus',
  'sort',
  'direction',
];

/** What the address says by now. It is ahead of what is drawn, and the next key must not go by what is only drawn still. */
export const inAddress = (name: string): string | undefined => new URLSearchParams(window.location.search).get(name) ?? undefined;

/** Filter and sort live in the address, so that a link, a reload and the back button bring the same list. */
export function useFilter(names = filterNames) {
  const [params, setParams] = useSearchParams();
  const text = names.map((n) => params.get(n) ?? '').join('\u0000');
  const filter = useMemo(() => Object.fromEntries(names.map((n) => [n, params.get(n)]).filter(([, v]) => v)) as DocumentFilter, [text]);
  const { pathname } = useLocation();
  const set = useRef(setParams);
  set.current = setParams;
  const change = useCallback(
    (wanted: Record<string, string | undefined>) => {
      // On the way to another page already.
      if (window.location.pathname !== pathname) return;
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(wanted)) value ? next.set(name, value) : next.delete(name);
      set.current(next, { replace: true });
    },
    [pathname],
  );
  return { filter, change, params };
}

/** A document for a sale that no order tells of: empty, held until it is filled in. Its place in the queue, at the buyer's name. */
export async function newDocument(): Promise<string> {
  const content = { kind: 'invoice', buyer: { type: 'company' }, lines: [{ name: '', quantity: '1', unitPrice: '0.00' }] };
  const { id } = await api.post<{ id: string }>('/documents', { content });
  return `/to-issue?open=${id}&field=buyer.name`;
}

export function useDocuments(query: DocumentFilter) {
  const { list, rows, onMore } = usePages<Page<DocumentRow>>(['documents', query], '/documents', query);
  return { ...list, rows, onMore };
}

export function useCount(query: DocumentFilter) {
  const { sort: _sort, direction: _direction, ...asked } = query;
  return useQuery({
    queryKey: ['count', asked],
    queryFn: ({ signal }) => api.get<DocumentCount>('/documents/count', asked, signal),
    placeholderData: keepPreviousData,
  });
}

/** The filter as a body wants it: lists and booleans instead of address text. */
export function bodyOf(query: DocumentFilter): DocumentQueryBody {
  const { states, kinds, held, sort: _sort, direction: _direction, ...rest } = query;
  return {
    ...(rest as DocumentQueryBody),
    ...(states ? { states: states.split(',') as DocumentQueryBody['states'] } : {}),
    ...(kinds ? { kinds: kinds.split(',') as DocumentQueryBody['kinds'] } : {}),
    ...(held ? { held: held === 'true' } : {}),
  };
}

type Chosen = { everything: boolean; ids: ReadonlySet<string> };
const nothing: Chosen = { everything: false, ids: new Set() };

/** Chosen rows: by name, or everything that matches the filter at the moment of acting. */
export function useSelection(rows: DocumentRow[] | undefined, query: DocumentFilter) {
  const [chosen, setChosen] = useState<Chosen>(nothing);
  // In boxes, so that `toggle` stays one function and a row is drawn anew only when its own mark changes.
  const anchor = useRef<string>(undefined);
  const latest = useRef(rows);
  latest.current = rows;
  const toggle = useCallback((id: string, range: boolean) => {
    const list = latest.current ?? [];
    const from = range && anchor.current ? list.findIndex((r) => r.id === anchor.current) : -1;
    const to = list.findIndex((r) => r.id === id);
    anchor.current = id;
    setChosen((before) => {
      const ids = new Set(before.everything ? list.map((r) => r.id) : before.ids);
      if (from >= 0 && to >= 0) for (const row of list.slice(Math.min(from, to), Math.max(from, to) + 1)) ids.add(row.id);
      else if (ids.has(id)) ids.delete(id);
      else ids.add(id);
      return { everything: false, ids };
    });
  }, []);
  const allLoaded = rows !== undefined && rows.length > 0 && (chosen.everything || rows.every((r) => chosen.ids.has(r.id)));
  const clear = useCallback(() => setChosen(nothing), []);
  const selection: Selection | undefined = chosen.everything
    ? { query: bodyOf(query) }
    : chosen.ids.size > 0
      ? { ids: [...chosen.ids] }
      : undefined;
  return {
    selection,
    everything: chosen.everything,
    size: chosen.ids.size,
    has: (id: string) => chosen.everything || chosen.ids.has(id),
    toggle,
    clear,
    all: allLoaded,
    some: chosen.everything || chosen.ids.size > 0,
    toggleAll: () => setChosen(allLoaded ? nothing : { everything: false, ids: new Set(rows?.map((r) => r.id)) }),
    takeEverything: () => setChosen({ everything: true, ids: new Set() }),
  };
}
