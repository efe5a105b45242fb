import { useQuery } from '@tanstack/react-query';
import { createContext, Suspense, useCallback, useContext, useMemo } from 'react';
import type { DocumentRow, Series } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import type { Facet } from '../ui/filters.tsx';
import type { Column } from '../ui/grid.tsx';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon } from '../ui/icon.tsx';
import { Chip, StateChip } from '../ui/status.tsx';
import type { QuickField } from './quick-edit.tsx';
import styles from './to-issue.module.css';

const QuickEdit = lazy(() => import('./quick-edit.tsx'));

const queueKinds = ['invoice', 'proforma', 'receipt', 'prepayment', 'final', 'correction'] as const;

/** What the queue can be filtered by. */
export function useQueueFacets(rows: DocumentRow[] | undefined, filter: Record<string, string>): Facet[] {
  const t = useT();
  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  const series = useQuery({
    queryKey: ['series'],
    queryFn: () => api.get<{ items: Series[] }>('/series'),
    staleTime: 300_000,
    enabled: 'seriesId' in filter,
  });
  return useMemo<Facet[]>(
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
      { name: 'party', label: t('field.buyer'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'orderId', label: t('field.order'), kind: 'given', word: () => t('filter.thisOne') },
      { name: 'seriesId', label: t('field.series'), kind: 'given', word: (id) => series.data?.items.find((s) => s.id === id)?.name ?? '…' },
    ],
    [t, rows, words, holdTitle, series.data],
  );
}

function channelsOf(rows: DocumentRow[] | undefined) {
  const names = new Set(rows?.map((r) => r.channel).filter((c) => c !== null));
  for (const known of ['allegro', 'tickets']) names.add(known);
  return [...names].map((value) => ({ value, label: value }));
}

type QuickEditing = (what: { row: DocumentRow; field: QuickField }) => void;

/** The columns of the queue and what a row is where there is no room for them. Without `onEdit` nothing is changed where it stands. */
export function useQueueColumns(onOpen: (row: DocumentRow, field?: string) => void, onEdit: QuickEditing | undefined) {
  const t = useT();
  const { money } = useFormats();
  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  // Asked for once and handed to the rows: each asking by itself costs more than drawing them.
  const say = useCallback<Say>((found) => ({ title: holdTitle(found.code), text: words(found).text }), [words, holdTitle]);
  const columns = useMemo<Column<DocumentRow>[]>(
    () => [
      { id: 'state', title: t('field.state'), track: '122px', cell: (r) => <StateChip document={r} /> },
      {
        id: 'kind',
        title: t('field.kind'),
        track: '124px',
        from: 800,
        cell: (r) => <Cell row={r} field="kind" onEdit={onEdit} text={t(`kind.${r.kind}`)} />,
      },
      {
        id: 'buyer',
        title: t('field.buyer'),
        track: 'minmax(150px, 2.2fr)',
        sort: 'buyer',
        cell: (r) => <Cell row={r} field="name" onEdit={onEdit} text={r.buyerName} strong />,
      },
      {
        id: 'taxId',
        title: t('field.taxId'),
        track: '118px',
        from: 980,
        cell: (r) => <Cell row={r} field="taxId" onEdit={onEdit} text={r.buyerTaxId ?? ''} />,
      },
      {
        id: 'email',
        title: t('field.email'),
        track: 'minmax(120px, 1.3fr)',
        from: 1240,
        cell: (r) => <Cell row={r} field="email" onEdit={onEdit} text={r.buyerEmail ?? ''} dim />,
      },
      {
        id: 'order',
        title: t('field.order'),
        track: 'minmax(104px, 0.8fr)',
        from: 860,
        cell: (r) => <span className="dim">{r.orderNumber}</span>,
      },
      {
        id: 'why',
        title: t('field.cause'),
        track: 'minmax(150px, 2fr)',
        from: 700,
        cell: (r) => <Why row={r} onOpen={onOpen} say={say} />,
      },
      {
        id: 'created',
        title: t('field.prepared'),
        track: 'minmax(106px, 118px)',
        from: 1120,
        sort: 'created',
        cell: (r) => <Prepared at={r.createdAt} />,
      },
      {
        id: 'gross',
        title: t('field.gross'),
        track: 'minmax(122px, 160px)',
        end: true,
        sort: 'gross',
        cell: (r) => money(r.gross, r.currency),
      },
    ],
    [t, money, onOpen, onEdit, say],
  );
  const narrow = useCallback((row: DocumentRow) => <NarrowRow row={row} say={say} />, [say]);
  return { columns, narrow };
}

export type Quick = { row: DocumentRow; field: QuickField; inline: boolean; onClose: (to?: QuickField) => void };
export const QuickContext = createContext<Quick | undefined>(undefined);

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
  onEdit: QuickEditing | undefined;
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
      <Suspense
        fallback={
          <>
            {shown}
            {onItsWay}
          </>
        }
      >
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
