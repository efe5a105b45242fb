import type { ReactNode } from 'react';
import styles from './table.module.css';

export type Cell<Row> = { title: string; cell: (row: Row) => ReactNode; end?: boolean; grow?: boolean };

/** A plain table for short lists; long ones are a Grid. */
export function Table<Row>({
  label,
  rows,
  columns,
  id,
  onOpen,
}: {
  label: string;
  rows: Row[];
  columns: Cell<Row>[];
  id: (row: Row) => string;
  onOpen?: (row: Row) => void;
}) {
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((c, i) => (
              <th key={i} className={c.end ? styles.end : undefined}>
                {c.title || <span className="hidden">…</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={id(row)}
              data-open={onOpen !== undefined}
              onClick={onOpen && ((event) => !(event.target as HTMLElement).closest('a,button,input') && onOpen(row))}
            >
              {columns.map((c, i) => (
                <td key={i} className={c.end ? styles.end : c.grow ? styles.grow : undefined}>
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
