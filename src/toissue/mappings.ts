import { sql } from 'kysely';
import type { Mapping } from '../contract/manifest.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import { foldText } from './row.ts';

/**
 * The seller's values in a provider's words (DESIGN §1, mapping): "Przelewy24" of the shop is `przelewy24` over there. Their word is the
 * channel's own; a document typed by hand has our word instead, kept as `means:…`.
 */
export type MappingBook = Map<string, string>;

const keyOf = (what: string, theirs: string) => `${what}\n${theirs}`;

export async function mappingsOf(tx: Tx, organizationId: string, connectionId: string): Promise<MappingBook> {
  const rows = await tx
    .selectFrom('mapping')
    .select(['what', 'theirs', 'value'])
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .execute();
  return new Map(rows.map((r) => [keyOf(r.what, r.theirs), r.value]));
}

/** The word of a document that a mapping is about. */
function wordOf(content: DocumentContent): string {
  const { rawMethod, means } = content.payment;
  return rawMethod?.trim() || `means:${means}`;
}

/** The provider's value for a document, or undefined when somebody has to say it. */
export function mappedBy(book: MappingBook, mapping: Mapping, content: DocumentContent): { theirs: string; value: string | undefined } {
  const theirs = wordOf(content);
  const ours = theirs.startsWith('means:') ? mapping.ours?.[theirs.slice('means:'.length)] : undefined;
  return { theirs, value: book.get(keyOf(mapping.what, theirs)) ?? ours };
}

/** What goes with requests to that connection, for each content in the order given. */
export async function mappedFor(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  contents: DocumentContent[],
): Promise<{ mapped?: Record<string, string> }[]> {
  const words = contents.map((content) => wordOf(content));
  const { rows } = await sql<{ theirs: string; value: string }>`
    select theirs, value from mapping where organization_id = ${organizationId} and connection_id = ${connectionId} and what = 'payment_method'
      and theirs = any(${[...new Set(words)]}::text[])`.execute(tx);
  return words.map((word) => {
    const row = rows.find((r) => r.theirs === word);
    return row ? { mapped: { payment_method: row.value } } : {};
  });
}

/** A row of the mapping page: their word, what it is mapped to or could be, and how much hangs on it. */
type MappingRow = { theirs: string; value: string | null; proposed: string | null; orders: number; held: number; seen: boolean };

const seenDays = 90;
const seenOrders = 20_000;

/** Words of the orders of the last ninety days, of documents that are held for them, and of the channels' own lists. */
export async function listMappings(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  mapping: Mapping,
  options: { value: string; label: string }[],
  fromChannels: string[],
  now: Date,
  /** How many of the newest orders are read for their words. */
  depth = seenOrders,
): Promise<MappingRow[]> {
  const book = await mappingsOf(tx, organizationId, connectionId);
  const since = new Date(now.getTime() - seenDays * 24 * 60 * 60_000);
  const { rows: ordered } = await sql<{ theirs: string; n: bigint }>`
    select trim(p->>'rawMethod') as theirs, count(distinct o.id) as n from (
      select id, content from sales_order where organization_id = ${organizationId} and ordered_at >= ${since.toISOString()}::timestamptz
      order by ordered_at desc limit ${depth}) o, json_array_elements(o.content->'payments') p
    where coalesce(trim(p->>'rawMethod'), '') <> '' group by 1 order by 2 desc limit 500`.execute(tx);
  const { rows: held } = await sql<{ theirs: string; n: bigint }>`
    select f->'params'->>'value' as theirs, count(*) as n from document d, jsonb_array_elements(d.findings) f
    where d.organization_id = ${organizationId} and d.held and d.state in ('to_issue','refused') and f->>'code' = 'H_MAPPING_MISSING'
      and f->'params'->>'connectionId' = ${connectionId} group by 1 limit 500`.execute(tx);
  const stored = [...book.keys()].filter((k) => k.startsWith(`${mapping.what}\n`)).map((k) => k.slice(mapping.what.length + 1));
  const words = [...new Set([...held.map((r) => r.theirs), ...ordered.map((r) => r.theirs), ...fromChannels, ...stored])];
  return words.map((theirs) => ({
    theirs,
    value: book.get(keyOf(mapping.what, theirs)) ?? null,
    proposed: propose(theirs, mapping, options) ?? null,
    orders: Number(ordered.find((r) => r.theirs === theirs)?.n ?? 0),
    held: Number(held.find((r) => r.theirs === theirs)?.n ?? 0),
    seen: ordered.some((r) => r.theirs === theirs) || held.some((r) => r.theirs === theirs),
  }));
}

/** A value of the list whose name or synonym is the word, or is part of it; the longest one that fits. */
function propose(theirs: string, mapping: Mapping, options: { value: string; label: string }[]): string | undefined {
  if (theirs.startsWith('means:')) return mapping.ours?.[theirs.slice('means:'.length)];
  const words = (text: string) =>
    foldText(text)
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const word = ` ${words(theirs)} `;
  let best: { value: string; length: number } | undefined;
  for (const { value, label } of options)
    for (const name of [value, label, ...(mapping.synonyms?.[value] ?? [])].map(words))
      if (name && word.includes(` ${name} `) && name.length > (best?.length ?? 0)) best = { value, length: name.length };
  return best?.value;
}

/** Maps words, or takes their mapping away (null). What was held for them is judged anew by a job of the same transaction. */
export async function saveMappings(
  tx: Tx,
  ctx: Context,
  who: Who,
  connectionId: string,
  what: Mapping['what'],
  values: Record<string, string | null>,
): Promise<void> {
  const now = ctx.now();
  for (const [theirs, value] of Object.entries(values)) {
    if (value === null) {
      await tx
        .deleteFrom('mapping')
        .where('organization_id', '=', who.organizationId)
        .where('connection_id', '=', connectionId)
        .where('what', '=', what)
        .where('theirs', '=', theirs)
        .execute();
      continue;
    }
    await tx
      .insertInto('mapping')
      .values({
        organization_id: who.organizationId,
        connection_id: connectionId,
        what,
        theirs,
        value,
        updated_at: now,
      })
      .onConflict((c) => c.columns(['organization_id', 'connection_id', 'what', 'theirs']).doUpdateSet({ value, updated_at: now }))
      .execute();
  }
  await ctx.jobs.enqueue(tx, 'reassess', [{ organizationId: who.organizationId, id: `connection:${connectionId}` }]);
  await announce(tx, who.organizationId, 'connections', connectionId);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'mapping changed', entity: 'connection', entityId: connectionId, data: { what, values } },
  ]);
}
