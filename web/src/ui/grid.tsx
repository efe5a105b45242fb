import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useT } from '../texts.ts';
import styles from './grid.module.css';
import { Icon } from './icon.tsx';

export type Column<Row> = {
  id: string;
  title: string;
  /** CSS grid track, e.g. `110px` or `minmax(140px, 2fr)`. */
  track: string;
  /** Shown from this width of the table on. */
  from?: number;
  end?: boolean;
  sort?: string;
  cell: (row: Row) => ReactNode;
};

type GridProps<Row extends { id: string }> = {
  label: string;
  rows: Row[] | undefined;
  columns: Column<Row>[];
  /** Two lines instead of columns where there is no room. */
  narrow: (row: Row) => ReactNode;
  active?: string;
  onActive?: (id: string) => void;
  onOpen: (row: Row) => void;
  selection?: {
    has: (id: string) => boolean;
    toggle: (id: string, range: boolean) => void;
    all: boolean;
    some: boolean;
    toggleAll: () => void;
  };
  sort?: { by: string; direction: 'asc' | 'desc'; set: (by: string, direction: 'asc' | 'desc') => void };
  tone?: (row: Row) => string | undefined;
  more?: boolean;
  onMore?: () => void;
  rowName: (row: Row) => string;
};

const narrowBelow = 620;

/** Dense table of any length: only what is seen exists. One row is active (arrow keys, j and k), any number may be selected. */
export function Grid<Row extends { id: string }>({
  label,
  rows,
  columns,
  narrow,
  active,
  onActive,
  onOpen,
  selection,
  sort,
  tone,
  more,
  onMore,
  rowName,
}: GridProps<Row>) {
  const t = useT();
  const scroll = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = scroll.current!;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const isNarrow = width > 0 && width < narrowBelow;
  // What had the focus in a row is drawn otherwise where there is less room: the keys stay with the table.
  const hasFocus = useRef(false);
  useLayoutEffect(() => {
    if (hasFocus.current && document.activeElement === document.body) scroll.current!.focus({ preventScroll: true });
  }, [isNarrow]);
  const height = isNarrow ? 58 : 37;
  const length = rows?.length ?? 0;
  const virtual = useVirtualizer({ count: length, getScrollElement: () => scroll.current, estimateSize: () => height, overscan: 8 });
  useEffect(() => virtual.measure(), [height, virtual]);
  const at = active ? (rows?.findIndex((r) => r.id === active) ?? -1) : -1;
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && onMore && lastSeen > length - 40) onMore();
  }, [more, onMore, lastSeen, length]);

  const shown = useMemo(() => columns.filter((c) => (c.from ?? 0) <= width), [columns, width]);
  const tracks = `${selection ? '36px ' : ''}${isNarrow ? 'minmax(0, 1fr)' : shown.map((c) => c.track).join(' ')}`;
  const step = (by: number) => {
    const next = rows?.[Math.min(Math.max(at + by, 0), length - 1)];
    if (next) onActive?.(next.id);
  };
  return (
    <div
      ref={scroll}
      className={styles.grid}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={more ? -1 : length + 1}
      aria-multiselectable={selection ? true : undefined}
      aria-activedescendant={at >= 0 ? `row-${active}` : undefined}
      style={{ '--tracks': tracks } as React.CSSProperties}
      onFocus={() => {
        hasFocus.current = true;
      }}
      onBlur={(event) => {
        hasFocus.current = event.currentTarget.contains(event.relatedTarget);
      }}
      onKeyDown={(event) => {
        // Combined keys are the page's: Ctrl and Enter issues what is open, it does not open the row once more.
        if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
        const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -length, End: length }[event.key];
        if (by) step(by);
        else if (event.key === 'Enter' && at >= 0) onOpen(rows![at]!);
        else if (event.key === ' ' && at >= 0 && selection) selection.toggle(active!, event.shiftKey);
        else return;
        event.preventDefault();
      }}
    >
      <div className={styles.head} role="row" aria-rowindex={1}>
        {selection && (
          <div role="columnheader" className={styles.check}>
            <input
              type="checkbox"
              aria-label={t('grid.selectAll')}
              checked={selection.all}
              ref={(box) => {
                if (box) box.indeterminate = selection.some && !selection.all;
              }}
              onChange={selection.toggleAll}
              disabled={length === 0}
            />
          </div>
        )}
        {isNarrow ? (
          <div role="columnheader">{label}</div>
        ) : (
          shown.map((column) => {
            const sorted = sort && column.sort === sort.by;
            return (
              <div
                key={column.id}
                role="columnheader"
                className={column.end ? styles.end : undefined}
                aria-sort={sorted ? (sort.direction === 'asc' ? 'ascending' : 'descending') : undefined}
              >
                {sort && column.sort ? (
                  <button
                    type="button"
                    className={styles.sort}
                    onClick={() => sort.set(column.sort!, sorted && sort.direction === 'desc' ? 'asc' : 'desc')}
                  >
                    {column.title}
                    <span className={styles.arrow} data-on={sorted}>
                      <Icon name={sorted && sort.direction === 'asc' ? 'up' : 'down'} size={12} />
                    </span>
                  </button>
                ) : (
                  column.title
                )}
              </div>
            );
          })
        )}
      </div>
      {rows === undefined ? (
        <Waiting rows={12} height={height} />
      ) : (
        <div role="presentation" className={styles.space} style={{ height: virtual.getTotalSize() + (more ? height * 3 : 0) }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <OneRow
                key={row.id}
                row={row}
                index={item.index}
                top={item.start}
                height={height}
                columns={shown}
                narrow={isNarrow ? narrow : undefined}
                active={row.id === active}
                selected={selection?.has(row.id)}
                toggle={selection?.toggle}
                onOpen={onOpen}
                onActive={onActive}
                tone={tone?.(row)}
                name={rowName(row)}
              />
            );
          })}
          {more && (
            <div className={styles.below} style={{ top: virtual.getTotalSize() }}>
              <Waiting rows={3} height={height} />
            </div>
          )}
        </div>
      )}
    </div>
  );
}

type RowProps<Row> = {
  row: Row;
  index: number;
  top: number;
  height: number;
  columns: Column<Row>[];
  narrow: ((row: Row) => ReactNode) | undefined;
  active: boolean;
  selected: boolean | undefined;
  toggle: ((id: string, range: boolean) => void) | undefined;
  onOpen: (row: Row) => void;
  onActive: ((id: string) => void) | undefined;
  tone: string | undefined;
  name: string;
};

const OneRow = memo(function OneRow<Row extends { id: string }>({
  row,
  index,
  top,
  height,
  columns,
  narrow,
  active,
  selected,
  toggle,
  onOpen,
  onActive,
  tone,
  name,
}: RowProps<Row>) {
  const t = useT();
  return (
    <div
      id={`row-${row.id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={toggle ? selected === true : undefined}
      className={styles.row}
      data-active={active}
      data-selected={selected}
      data-tone={tone}
      style={{ transform: `translateY(${top}px)`, height }}
      onClick={(event) => {
        if ((event.target as HTMLElement).closest('button,a,input,label')) return;
        onActive?.(row.id);
        onOpen(row);
      }}
    >
      {toggle && (
        <div role="gridcell" className={styles.check}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={t('grid.select', { name })}
            checked={selected === true}
            onChange={(event) => toggle(row.id, (event.nativeEvent as MouseEvent).shiftKey === true)}
          />
        </div>
      )}
      {narrow ? (
        <div role="gridcell" className={styles.narrow}>
          {narrow(row)}
        </div>
      ) : (
        columns.map((column) => (
          <div key={column.id} role="gridcell" className={column.end ? styles.end : styles.cell}>
            {column.cell(row)}
          </div>
        ))
      )}
    </div>
  );
}) as <Row extends { id: string }>(props: RowProps<Row>) => ReactNode;

function Waiting({ rows, height }: { rows: number; height: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={styles.waiting} style={{ height }}>
          <span style={{ width: `${30 + ((i * 17) % 40)}%` }} />
        </div>
      ))}
    </div>
  );
}
