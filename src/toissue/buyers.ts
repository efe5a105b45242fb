import { type RawBuilder, sql } from 'kysely';

/**
 * Buyers have no rows of their own: one is a name on documents together with what tells it from its namesakes, which is the tax number or,
 * where there is none, the address for mail. An address's part after + is a marketplace's or the person's own mark of one order.
 */
export type Buyer = [name: string, known: string];

/** What tells a document's buyer from namesakes; nothing where neither number nor address is known. */
export const knownAs = (of: string): RawBuilder<string> =>
  sql.raw(`coalesce(nullif(${of}.buyer_tax_id, ''), lower(regexp_replace(${of}.buyer_email, '\\+[^@]*@', '@')), '')`);

/** Whether a row of documents is one buyer's. */
export const isBuyers = (of: string, [name, known]: Buyer): RawBuilder<boolean> =>
  sql`(${sql.raw(of)}.buyer_name = ${name} and ${knownAs(of)} = ${known})`;

export const buyerId = (buyer: Buyer): string => Buffer.from(JSON.stringify(buyer)).toString('base64url');

/** The buyer that an id names; nothing where it is no id of ours. */
export function buyerOfId(id: string): Buyer | undefined {
  try {
    const value = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    const [name, known] = Array.isArray(value) && value.length === 2 ? value : [];
    // The database has no text with NUL in it.
    if (typeof name === 'string' && typeof known === 'string' && !(name + known).includes('\0')) return [name, known];
  } catch {
    // No id of ours.
  }
  return undefined;
}
