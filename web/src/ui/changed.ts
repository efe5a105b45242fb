/** Fields of a form that differ from what it began with, null for one that was emptied: what others saved of the rest since stays theirs. */
export function changed<T extends object>(before: Partial<T>, after: T): { [K in keyof T]?: T[K] | null } {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before).filter((name) => name in after)])] as (keyof T)[];
  return Object.fromEntries(
    names.filter((name) => stable(before[name]) !== stable(after[name])).map((name) => [name, after[name] ?? null]),
  ) as { [K in keyof T]?: T[K] | null };
}

/** A value that is stored as one: what was changed here, over what is known by now; what was emptied is left out. */
export function changedWithin<T extends object>(known: T, before: Partial<T>, after: T): T {
  return Object.fromEntries(Object.entries({ ...known, ...changed(before, after) }).filter(([, value]) => value !== null)) as T;
}

/** As text whatever the order of members: the server writes them in its own. */
export const stable = (value: unknown): string | undefined =>
  JSON.stringify(value ?? null, (_, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
