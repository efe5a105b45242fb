// biome-ignore-all lint/a11y/noRedundantRoles: a narrow table is drawn as cards, and what is not drawn as a table loses its role.
import type { ReactNode } from 'react';
import { Lines } from './page.tsx';
import styles from './table.module.css';

type Cell<Row> = { title: string; cell: (row: Row) => ReactNode; end?: boolean; grow?: boolean };

/**
 * A plain table for short lists; long ones are a Grid. Where there is no room for its columns, each row is a card. Without `rows` they are
 * still on their way; `empty` stands where there are none.
 */
export function Table<Row>({
  label,
  rows,
  empty,
  columns,
  id,
  onOpen,
}: {
  label: string;
  rows: Row[] | undefined;
  empty?: ReactNode;
  columns: Cell<Row>[];
  id: (row: Row) => string;
  onOpen?: (row: Row) => void;
}) {
  if (!rows)
    return (
      <div className={styles.waiting}>
        <Lines />
      </div>
    );
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table} role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((c, i) => (
              <th key={i} role="columnheader" className={c.end ? styles.end : undefined}>
                {c.title || <span className="hidden">…</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr
              key={id(row)}
              role="row"
              data-open={onOpen !== undefined}
              onClick={onOpen && ((event) => !(event.target as HTMLElement).closest('a,button,input') && onOpen(row))}
            >
              {columns.map((c, i) => (
                <td key={i} role="cell" data-title={c.title || undefined} className={c.end ? styles.end : c.grow ? styles.grow : undefined}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
