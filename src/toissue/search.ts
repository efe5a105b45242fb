import { type Expression, sql } from 'kysely';
import type { Tx } from '../store/index.ts';
import { isBeginning, wordsTyped } from './row.ts';

/**
 * Search by words in a list that has an order. A word that most rows have is found at once among the next rows of the list, while its
 * index would gather all of them; what is not found there is rare enough to be gathered. So the next rows are looked through first.
 */

/**
 * Ids of rows that have every word, when a page is full of them among `next`: rows of the list in its order with their folded `words`.
 * Undefined: ask the index.
 */
export async function foundNearby(
  tx: Tx,
  next: Expression<{ id: string; words: string }>,
  typed: string,
  limit: number,
): Promise<string[] | undefined> {
  if (wordsTyped(typed).length === 0) return undefined;
  const { rows } = await sql<{ id: string }>`select id from (${next}) next where ${hasAll(typed)} limit ${limit}`.execute(tx);
  return rows.length < limit ? undefined : rows.map((row) => row.id);
}

/** How many of `next` have every word. */
export async function countNearby(tx: Tx, next: Expression<{ id: string; words: string }>, typed: string): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from (${next}) next where ${hasAll(typed)}`.execute(tx);
  return Number(rows[0]!.n);
}

/** Words are letters and digits: nothing in them means something to `like`. */
function hasAll(typed: string) {
  const each = wordsTyped(typed).map(
    (word, place, words) => sql`' ' || words || ' ' like ${isBeginning(word, place, words) ? `% ${word}%` : `% ${word} %`}`,
  );
  return sql.join(each, sql` and `);
}
