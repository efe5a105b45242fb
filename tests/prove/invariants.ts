import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { listCauses } from '../../src/diagnosis/index.ts';
import { breakWords } from '../../src/diagnosis/texts/index.ts';
import { completeness } from '../../src/reconcile/index.ts';
import { canonicalJson, type Store, verifyAudit } from '../../src/store/index.ts';
import { listSeries, registerOf } from '../../src/toissue/index.ts';
import { jobTable } from './jobs.ts';
import type { Seller, Sold } from './seller.ts';
import type { World } from './world.ts';

/**
 * DESIGN §3 as questions to the database and to the outside. `always` holds after every crash, at any moment; `settled` when nothing
 * goes wrong any more and nothing is under way. Each check answers with sentences of what does not hold.
 */
export type View = {
  world: World;
  /** The database itself, past every wall. */
  store: Store;
  sellers: Seller[];
  /** Fingerprints of issued documents as they were first seen. */
  frozen: Map<string, string>;
};
type Check = (view: View) => Promise<string[]>;

async function ask<T>(store: Store, query: ReturnType<typeof sql<T>>): Promise<T[]> {
  return (await query.execute(store.db)).rows as T[];
}

const each = async (view: View, work: (seller: Seller) => Promise<string[]>): Promise<string[]> =>
  (await Promise.all(view.sellers.map(async (seller) => (await work(seller)).map((p) => `${seller.kind}: ${p}`)))).flat();

export const always: Record<string, Check> = {
  'no number is missing and none stands twice': (view) =>
    each(view, async ({ organizationId }) => {
      const problems: string[] = [];
      await view.store.org(organizationId, async (tx) => {
        for (const series of await listSeries(tx, organizationId)) {
          const { gaps } = await registerOf(tx, organizationId, series.id, { limit: 1 });
          for (const gap of gaps) problems.push(`gap in ${series.name} ${gap.period}: ${gap.from_no}–${gap.to_no}`);
        }
      });
      const rows = await ask<{ what: string }>(
        view.store,
        sql`select 'number ' || number || ' twice' as what from number_register where organization_id = ${organizationId} group by number having count(*) > 1
          union all select 'number ' || d.number || ' of two documents' from document d where organization_id = ${organizationId} and number is not null and sequence_no is not null group by d.number having count(*) > 1
          union all select 'counter of ' || r.series_id || ' ' || r.period || ' stands at ' || c.next_no || ', last number ' || max(r.sequence_no) from number_register r
            left join series_counter c on c.organization_id = r.organization_id and c.series_id = r.series_id and c.period = r.period
            where r.organization_id = ${organizationId} group by r.series_id, r.period, c.next_no having coalesce(c.next_no, 0) <> max(r.sequence_no) + 1 or min(r.sequence_no) <> 1
          union all select 'issued ' || d.number || ' stands in no register' from document d join series s on s.organization_id = d.organization_id and s.id = d.series_id
            where d.organization_id = ${organizationId} and d.state = 'issued' and s.number_owner = 'hub' and d.sequence_no is not null and not exists (select 1 from number_register r
              where r.organization_id = d.organization_id and r.document_id = d.id and r.number = d.number and r.given_up_at is null)
          union all select 'registered ' || r.number || ' is no document with that number' from number_register r where r.organization_id = ${organizationId} and r.given_up_at is null and not exists (
            select 1 from document d where d.organization_id = r.organization_id and d.id = r.document_id and d.number = r.number)
          union all select 'issued without a number: ' || id from document where organization_id = ${organizationId} and state = 'issued' and (number is null or issue_date is null)`,
      );
      return [...problems, ...rows.map((r) => r.what)];
    }),

  'issued is frozen': async (view) => {
    const rows = await ask<Record<string, unknown> & { id: string; number: string }>(
      view.store,
      sql`select id, organization_id, kind, number, sequence_no::text as seq, series_id, issue_date, currency, net_minor::text as net, tax_minor::text as tax, gross_minor::text as gross, buyer_name, content
        from document where state = 'issued'`,
    );
    const problems: string[] = [];
    const seen = new Set<string>();
    for (const row of rows) {
      seen.add(row.id);
      const print = createHash('sha256').update(canonicalJson(row)).digest('hex');
      const before = view.frozen.get(row.id);
      if (before && before !== print) problems.push(`${row.number} was changed after it was issued`);
      if (!before) view.frozen.set(row.id, print);
    }
    for (const id of view.frozen.keys()) if (!seen.has(id)) problems.push(`issued document ${id} is issued no more`);
    return problems;
  },

  'the trail is unbroken': (view) =>
    each(view, async ({ organizationId }) => {
      const audit = await view.store.org(organizationId, (tx) => verifyAudit(tx, organizationId));
      return audit.brokenAt === undefined ? [] : [`broken at ${audit.brokenAt}`];
    }),

  'one live document for each purpose of an order': async ({ store }) =>
    (
      await ask<{ what: string }>(
        store,
        sql`select order_id || ' ' || purpose || ': ' || count(*) as what from document where order_id is not null and state not in ('withdrawn','cancelled') group by organization_id, order_id, purpose having count(*) > 1
          union all select 'order ' || external_id || ' twice' from sales_order group by organization_id, connection_id, external_id having count(*) > 1`,
      )
    ).map((r) => r.what),

  'each mail at most once': async ({ world }) => world.mailbox.twins(),

  'a payment is booked once': async ({ store }) =>
    (
      await ask<{ what: string }>(
        store,
        sql`select 'payment ' || p.raw_id || ' of ' || p.amount_minor || ' is shared out as ' || sum(a.amount_minor) as what from payment p join allocation a on a.organization_id = p.organization_id and a.payment_id = p.id
            where a.undone_at is null group by p.organization_id, p.id, p.raw_id, p.amount_minor having sum(a.amount_minor) > p.amount_minor
          union all select 'bank line ' || raw_id || ' twice' from payment group by organization_id, source, account, raw_id having count(*) > 1
          union all select 'the same share twice: ' || payment_id || ' ' || coalesce(document_id::text, purpose) from allocation where undone_at is null group by organization_id, payment_id, document_id, purpose having count(*) > 1`,
      )
    ).map((r) => r.what),

  'the parts sum to the whole': async ({ store }) =>
    (
      await ask<{ what: string }>(
        store,
        sql`select coalesce(number, id::text) || ': ' || net_minor || ' + ' || tax_minor || ' <> ' || gross_minor as what from document where net_minor + tax_minor <> gross_minor
          union all select coalesce(d.number, d.id::text) || ': lines ' || l.gross || ', whole ' || (d.content->'totals'->>'gross') from document d,
            lateral (select sum((x->>'gross')::numeric) as gross from json_array_elements(d.content->'lines') x) l
            where d.kind <> 'correction' and l.gross + coalesce((d.content->'totals'->>'rounding')::numeric, 0) <> (d.content->'totals'->>'gross')::numeric and l.gross <> (d.content->'totals'->>'gross')::numeric`,
      )
    ).map((r) => r.what),
};

export const settled: Record<string, Check> = {
  'no order is lost': (view) =>
    each(view, async (seller) => {
      const known = await ask<{ external_id: string }>(
        view.store,
        sql`select external_id from sales_order where organization_id = ${seller.organizationId} union select external_id from pull_reject where organization_id = ${seller.organizationId}
          union select r->>'externalId' from import_batch b, jsonb_array_elements(b.records) r where b.organization_id = ${seller.organizationId} and r->>'externalId' is not null`,
      );
      const ids = new Set(known.map((k) => k.external_id));
      return (await seller.paid()).filter((s) => !ids.has(s.externalId)).map((s) => `${s.externalId} is nowhere`);
    }),

  'every paid order has exactly one invoice or stands on a card': (view) => each(view, (seller) => ordersExplained(view, seller)),

  'no lease and no job is stuck': async (view) => {
    const left = await underWay(view.store, view.world.calmSince);
    const failed = await ask<{ queue: string; problem: string }>(
      view.store,
      sql`select queue, problem from ${sql.table(jobTable)} where state = 'failed'`,
    );
    return [...left.map((l) => `still under way: ${l}`), ...failed.map((f) => `job of ${f.queue} was given up: ${f.problem}`)];
  },

  'the outside says the same': (view) => each(view, (seller) => seller.judge()),

  'no row of another organization is seen': async (view) => {
    const tables = await ask<{ name: string }>(
      view.store,
      sql`select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = 'public' and c.column_name = 'organization_id' and t.table_type = 'BASE TABLE' and c.table_name <> 'plan' order by 1`,
    );
    // The operator's catalogue of plans is there for everybody.
    const problems: string[] = [];
    const ids = view.sellers.map((s) => s.organizationId);
    if (ids.length < 2) return [];
    await view.store.org(ids[0]!, async (tx) => {
      const parts = tables.map(
        ({ name }) => sql`select ${name} as name, count(*) as n from ${sql.table(name)} where organization_id <> ${ids[0]}`,
      );
      const { rows } = await sql<{ name: string; n: bigint }>`${sql.join(parts, sql` union all `)}`.execute(tx);
      for (const { name, n } of rows) if (n > 0n) problems.push(`${n} rows of ${name} of others are seen`);
    });
    return problems;
  },

  'no secret is readable': async (view) => {
    const secrets = [...view.world.secrets];
    const problems = view.world.logs.filter((line) => secrets.some((s) => line.includes(s))).map((line) => `log: ${line.slice(0, 100)}`);
    if (secrets.length > 0)
      for (const [table, columns] of Object.entries(readable)) {
        const text = sql.raw(columns.map((c) => `coalesce(${c}::text, '')`).join(` || ' ' || `));
        const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)} where ${sql.join(
          secrets.map((s) => sql`strpos(${text}, ${s}) > 0`),
          sql` or `,
        )}`.execute(view.store.db);
        if (rows[0]!.n > 0n) problems.push(`${rows[0]!.n} rows of ${table} hold a secret`);
      }
    return problems;
  },

  'the sheet explains everything': (view) => each(view, (seller) => sheetExplains(view, seller)),
};

/** Where words of the other side and of people are kept. */
const readable: Record<string, string[]> = {
  transfer_try: ['request', 'response'],
  transfer: ['story', 'cause', 'made', 'settings'],
  delivery: ['story', 'cause', 'settings'],
  receivable_try: ['request', 'response'],
  receivable_action: ['story', 'cause', 'answer', 'action'],
  audit: ['data'],
  connection: ['settings', 'cursor', 'memory'],
  cause_case: ['params'],
  charge: ['story', 'cause'],
  webhook_delivery: ['body', 'last_problem'],
  payment: ['title', 'details', 'proposals'],
  agent_job: ['payload', 'result', 'cause'],
  [jobTable]: ['data', 'problem'],
};

/** What has still to be done by somebody other than a person, by words. */
export async function underWay(store: Store, calmSince?: Date): Promise<string[]> {
  const since = calmSince?.toISOString() ?? null;
  const rows = await ask<{ what: string; n: bigint }>(
    store,
    sql`select what, count(*) as n from (
      select 'transfer ' || verb || ' ' || status || coalesce(' on ' || (select c.status from connection c where c.organization_id = t.organization_id and c.id = t.connection_id), '') as what from transfer t
        where status in ('waiting','sending','pending') or (status = 'unknown' and next_at is not null)
      union all select way || ' ' || status from delivery where (way = 'mail' and status in ('queued','sending')) or (way in ('attachment','order') and status in ('waiting','sending','uploaded','scanning'))
        or (way in ('attachment','order') and status = 'unknown' and next_at is not null) or (way = 'print' and status in ('queued','sending'))
      union all select 'issue run ' || status from issue_run where status in ('waiting','running')
      union all select 'import ' || status from import_run where status in ('waiting','running')
      union all select 'statement ' || status from bank_statement where status = 'waiting'
      union all select 'claim verb ' || verb || ' ' || status from receivable_action where status in ('waiting','sending','pending') or (status = 'unknown' and next_at is not null)
      union all select 'charge ' || status from charge where status in ('waiting','sending','pending') or (status = 'unknown' and next_at is not null)
      union all select 'call of ' || event from webhook_delivery where status in ('new', 'waiting')
      union all select 'notice ' || status from notice where status in ('queued','sending')
      union all select 'agent job ' || status from agent_job where status in ('waiting','offered','accepted')
      union all select 'order event' from order_event where done_at is null and exists (select 1 from sales_order o where o.organization_id = order_event.organization_id and o.connection_id = order_event.connection_id and o.external_id = order_event.external_id)
      union all select 'pull claimed' from channel_pull where claimed_at is not null
      union all select 'pull to come' from channel_pull p join connection c on c.organization_id = p.organization_id and c.id = p.connection_id and c.status <> 'removed'
        where p.done_at is null or p.done_at < ${since}::timestamptz
      union all select 'job of ' || queue from ${sql.table(jobTable)} where state <> 'failed'
        and start_after < coalesce(${since}::timestamptz, now()) + interval '15 days'
    ) w group by what order by what`,
  );
  return rows.map((r) => `${r.what} × ${r.n}`);
}

type Chain = {
  external_id: string;
  status: string;
  suggestion: string;
  id: string | null;
  state: string | null;
  kind: string | null;
  held: boolean | null;
  number: string | null;
  gross: string | null;
  head_state: string | null;
  transfer: string | null;
  code: string | null;
  connection_id: string | null;
};

/** The way of an order from its sale to its document, one row an order. */
async function chains(view: View, { organizationId }: Seller): Promise<Map<string, Chain[]>> {
  const rows = await ask<Chain>(
    view.store,
    sql`select o.external_id, o.status, o.suggestion, d.id, d.state, d.kind, d.held, d.number, d.content->'totals'->>'gross' as gross,
        (select h.state from document h where h.organization_id = d.organization_id and h.id = d.merged_into) as head_state,
        t.status as transfer, t.cause->>'code' as code, t.connection_id
      from sales_order o left join document d on d.organization_id = o.organization_id and d.order_id = o.id and d.state not in ('withdrawn','cancelled') and d.kind <> 'correction' and d.kind <> 'proforma' and d.purpose not like 'part:%'
      left join transfer t on t.organization_id = d.organization_id and t.document_id = d.id and t.verb = 'issue' and t.status <> 'cancelled'
      where o.organization_id = ${organizationId}`,
  );
  const byOrder = new Map<string, Chain[]>();
  for (const row of rows) byOrder.set(row.external_id, [...(byOrder.get(row.external_id) ?? []), row]);
  return byOrder;
}

async function ordersExplained(view: View, seller: Seller): Promise<string[]> {
  const { organizationId } = seller;
  const byOrder = await chains(view, seller);
  const cards = await view.store.org(organizationId, (tx) => listCauses(tx, { connectors: view.world.options.connectors }, organizationId));
  const problems: string[] = [];
  for (const sold of await seller.paid()) {
    const rows = byOrder.get(sold.externalId);
    if (!rows) continue;
    const [row] = rows;
    if (row!.status === 'cancelled' || row!.status === 'superseded') continue;
    if (rows.length > 1 && new Set(rows.map((r) => r.id)).size > 1) problems.push(`${sold.externalId} has ${rows.length} documents`);
    else if (row!.id === null) {
      if (!['SKIP', 'WAIT'].includes(row!.suggestion)) problems.push(`${sold.externalId} (${row!.suggestion}) has no document`);
    } else if (row!.state === 'issued' || (row!.state === 'merged' && row!.head_state === 'issued')) view.world.count('orders issued');
    else if (row!.held || row!.state === 'refused' || row!.state === 'merged') view.world.count('orders held');
    else if (row!.transfer && cards.some((c) => c.code === row!.code)) view.world.count('orders on a card');
    else problems.push(`${sold.externalId}: document ${row!.state}, transfer ${row!.transfer} ${row!.code}, on no card`);
  }
  return problems;
}

async function sheetExplains(view: View, seller: Seller): Promise<string[]> {
  const { organizationId } = seller;
  const sheet = await view.store.org(organizationId, (tx) => completeness(tx, organizationId, '2026-01-01', '2028-12-31'));
  const problems: string[] = [];
  if (sheet.gaps.length > 0) problems.push(`gaps on the sheet: ${JSON.stringify(sheet.gaps)}`);
  if (sheet.audit.brokenAt) problems.push(`trail broken on the sheet`);
  const broken = new Set(sheet.breaks.map((b) => b.documentId ?? b.orderId));
  // What is not done stands on the sheet.
  const open = await ask<{ id: string; what: string; order_id: string | null }>(
    view.store,
    sql`select d.id, d.order_id, 'document ' || d.state || ' ' || d.kind as what from document d left join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
        where d.organization_id = ${organizationId} and d.state in ('to_issue','refused','submitted') and d.kind <> 'proforma'
          and (o.id is null or (o.status not in ('cancelled','superseded') and o.suggestion not in ('SKIP','WAIT')))
      union all select d.id, d.order_id, 'transfer ' || t.verb || ' ' || t.status || ' of ' || d.number from document d join transfer t on t.organization_id = d.organization_id and t.document_id = d.id
        where d.organization_id = ${organizationId} and d.state = 'issued' and t.status not in ('accepted','cancelled')
      union all select d.id, d.order_id, v.way || ' ' || v.status || ' of ' || d.number from document d join delivery v on v.organization_id = d.organization_id and v.document_id = d.id
        where d.organization_id = ${organizationId} and d.state = 'issued' and v.way in ('mail','attachment') and v.status in ('queued','sending','refused','unknown','bounced','held','waiting','uploaded')
          and not exists (select 1 from delivery l where l.organization_id = v.organization_id and l.document_id = v.document_id and l.way = v.way and l.created_at > v.created_at and l.status in ('handed_over','delivered','accepted'))`,
  );
  for (const row of open) if (!broken.has(row.id)) problems.push(`${row.what} is not on the sheet`);
  // What is on the sheet is told why, and is so.
  const differing = new Set(
    (
      await ask<{ order_id: string }>(
        view.store,
        sql`select order_id from receivable where organization_id = ${organizationId} and case when jsonb_typeof(mismatch) = 'array' then jsonb_array_length(mismatch) > 0 else false end`,
      )
    ).map((r) => r.order_id),
  );
  for (const b of sheet.breaks) {
    view.world.count(`sheet: ${b.code}`);
    if (!(b.code in breakWords)) problems.push(`${b.code} of ${b.documentNumber} has no words`);
    if (b.code.startsWith('TRANSFER_') && b.causes.length === 0) problems.push(`${b.code} of ${b.documentNumber} without a cause`);
    if (b.code === 'CLAIM_DIFFERS' && !differing.has(b.orderId ?? '')) problems.push(`${b.orderNumber} is said to differ and does not`);
    if (b.code === 'HELD' && b.causes.length === 0) problems.push(`HELD ${b.documentId} without a reason`);
  }
  return problems;
}

export async function check(view: View, checks: Record<string, Check>): Promise<void> {
  for (const [name, work] of Object.entries(checks)) {
    view.world.count('invariants asked');
    for (const problem of await work(view)) view.world.problem(`${name}: ${problem}`);
  }
}

/** How much there is at the end, for the sum of all seeds. */
export async function tally({ store, world }: View): Promise<void> {
  const [row] = await ask(
    store,
    sql<{ documents: number; transfers: number; mails: number; entries: number }>`select
      (select count(*) from document where state = 'issued')::int as documents, (select count(*) from transfer where status = 'accepted')::int as transfers,
      (select count(*) from delivery where way = 'mail' and status = 'handed_over')::int as mails, (select count(*) from audit)::int as entries`,
  );
  world.count('documents issued', row!.documents);
  world.count('transfers accepted', row!.transfers);
  world.count('mails handed over', row!.mails);
  world.count('entries of the trail', row!.entries);
}

export type { Sold };
