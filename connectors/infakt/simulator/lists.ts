import type { Fields } from './state.ts';

/** Lists with their real quirks (contract section 3.3): unknown filters pass unseen, `count` is no count, the next page is always named. */

/** `show` is called for the rows of the page only. */
export type Row = { fields: Fields; derived: Fields; show?: () => Fields };

const defaultLimit = 10;
const largestLimit = 100;

type Test = (held: unknown, wanted: string) => boolean;
const ordered =
  (test: (held: string, wanted: string) => boolean): Test =>
  (held, wanted) =>
    held !== null && held !== undefined && test(String(held), wanted);
const tests: Record<string, Test> = {
  eq: ordered((held, wanted) => held === wanted),
  cont: ordered((held, wanted) => held.toLowerCase().includes(wanted.toLowerCase())),
  lt: ordered((held, wanted) => held < wanted),
  gt: ordered((held, wanted) => held > wanted),
  lteq: ordered((held, wanted) => held <= wanted),
  gteq: ordered((held, wanted) => held >= wanted),
  null: (held, wanted) => (held === null || held === undefined || held === '') === (wanted === 'true'),
};

/** Rows that pass every filter that is known; `derived` names take `eq` only and are normalised on both sides. */
export function filtered(rows: Row[], query: URLSearchParams, known: string[], derived: string[]): Row[] {
  let left = rows;
  for (const [name, wanted] of query) {
    const found = /^q\[([a-z_]+)_(eq|cont|lteq|gteq|lt|gt|null)\]$/.exec(name);
    if (!found) continue;
    const [, field, modifier] = found as unknown as [string, string, string];
    if (derived.includes(field) && modifier === 'eq') left = left.filter((row) => row.derived[field] === wanted.replace(/\D/g, ''));
    else if (known.includes(field)) left = left.filter((row) => tests[modifier]!(row.fields[field], wanted));
  }
  return sorted(left, query.get('order'));
}

function sorted(rows: Row[], order: string | null): Row[] {
  const [field, direction] = (order ?? '').split(/[ +]/);
  if (!field) return rows;
  const sign = direction?.toLowerCase() === 'desc' ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a.fields[field], b.fields[field]];
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * String(x ?? '').localeCompare(String(y ?? ''), 'en');
  });
}

export function page(rows: Row[], query: URLSearchParams, address: string): Fields {
  const whole = (name: string, otherwise: number) => (/^\d+$/.test(query.get(name) ?? '') ? Number(query.get(name)) : otherwise);
  const offset = whole('offset', 0);
  const limit = Math.min(whole('limit', defaultLimit), largestLimit);
  const link = (from: number) => {
    const named = new URLSearchParams(query);
    named.set('limit', String(limit));
    named.set('offset', String(Math.max(0, from)));
    return `${address}?${named}`;
  };
  const wanted = query.get('fields');
  const entities = rows.slice(offset, offset + limit).map((row) => row.show?.() ?? row.fields);
  return {
    metainfo: { count: defaultLimit, total_count: rows.length, next: link(offset + limit), previous: link(offset - limit) },
    entities: wanted ? entities.map((row) => part(row, wanted)) : entities,
  };
}

/** `number,services(name,tax_symbol)`. */
function part(row: Fields, wanted: string): Fields {
  const out: Fields = {};
  for (const [, name, inner] of wanted.matchAll(/([a-z_]+)(?:\(([^)]*)\))?/g)) {
    const value = row[name!];
    if (value === undefined) continue;
    out[name!] = inner && Array.isArray(value) ? value.map((item) => part(item as Fields, inner)) : value;
  }
  return out;
}
