import { type Expression, type RawBuilder, sql } from 'kysely';
import type { Tx } from '../store/index.ts';
import { isBeginning, searchQuery, wordsTyped } from './row.ts';

/**
 * Search by words in a list that has an order. A word that most rows have is found at once among the next rows of the list, while its
 * index would gather all of them; what is not found there is rare enough to be gathered. So the next rows are looked through first.
 */

type Words = Expression<{ id: string; words: string }>;

/**
 * Ids of rows that have every word, if a page is full of them among the first `most` of `next`, or if there are no more rows than those:
 * `next` are rows of the list in its order with their folded `words`. Undefined: ask the index.
 */
export async function foundNearby(tx: Tx, next: Words, most: number, typed: string, limit: number): Promise<string[] | undefined> {
  if (wordsTyped(typed).length === 0) return undefined;
  // The last row is told whether it has the words or not: there may be more behind it.
  const { rows } = await sql<{ id: string; hit: boolean; place: bigint }>`select id, hit, place
    from (select id, ${hasAll(typed, sql.ref('words'))} as hit, row_number() over () as place from (${next} limit ${most}) next) looked
    where hit or place = ${most} limit ${limit}`.execute(tx);
  const ids = rows.filter((row) => row.hit).map((row) => row.id);
  return ids.length === limit || !rows.some((row) => row.place === BigInt(most)) ? ids : undefined;
}

/** How many of the first `most` of `next` have every word, and whether these are all. */
export async function countNearby(tx: Tx, next: Words, most: number, typed: string): Promise<{ total: number; all: boolean }> {
  const { rows } = await sql<{
    n: bigint;
    looked: bigint;
  }>`select count(*) filter (where ${hasAll(typed, sql.ref('words'))}) as n, count(*) as looked
    from (${next} limit ${most}) next`.execute(tx);
  return { total: Number(rows[0]!.n), all: rows[0]!.looked < BigInt(most) };
}

/** Rows of a table that have every word, by its index of words. `words` are the row's own, as the index has them. */
export function foundByIndex(hits: 'document_hits' | 'order_hits' | 'payment_hits', words: RawBuilder<unknown>, typed: string) {
  // Half of all addresses end alike: who looks for one is served by what stands before its @, and the rows that are found are asked for the rest.
  const telling = typed.replace(/(?<=[^\s@])@\S*/g, ' ');
  const query = searchQuery(telling);
  if (!query) return sql<boolean>`false`;
  const found = sql<boolean>`id = any(array(select ${sql.raw(hits)}(${query})))`;
  return telling === typed ? found : sql<boolean>`(${found} and ${hasAll(typed, words)})`;
}

/** Words are letters and digits: nothing in them means something to `like`. */
function hasAll(typed: string, column: RawBuilder<unknown>) {
  const each = wordsTyped(typed).map(
    (word, place, words) => sql`' ' || ${column} || ' ' like ${isBeginning(word, place, words) ? `% ${word}%` : `% ${word} %`}`,
  );
  return sql.join(each, sql` and `);
}
