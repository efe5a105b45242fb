import { type RawBuilder, sql } from 'kysely';

/**
 * To order rows by, where a limit takes some of many that may stay: a lot drawn anew each minute, so that every row has its turn and those
 * that nothing comes of keep no other waiting. In: the moment, and the column of the rows' id.
 */
export function byLot(now: Date, id: string): RawBuilder<string> {
  return sql`md5(${sql.ref(id)}::text || ${now.toISOString().slice(0, 16)})`;
}
