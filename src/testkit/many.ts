import { sql } from 'kysely';
import { addPlainConnection } from '../connections/index.ts';
import type { Order } from '../domain/orders/order.ts';
import { storeOrders } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { json, newId, type Store } from '../store/index.ts';
import { changeKind, correctDocument, issueDocuments, policiesOf, readOrganization } from '../toissue/index.ts';
import { polishSeller, testOrganization } from './context.ts';
import { saleOrder } from './sale.ts';

/**
 * Organizations with many orders and documents, made by set-wise SQL out of a few rows that the product itself wrote: the shapes, sizes
 * and states are real, only their multiplication is not. The registers have no gap, the audit chain holds.
 */
export type Many = {
  /** The busy organization has this share of everything, the others the rest in equal parts. */
  organizations: { id: string; share: number; connectionId: string; providerId: string; filled: number; index: number }[];
  /** Rows of which everything is a copy, by variant. */
  template: string;
  /** Between two sales of all organizations together. */
  stepMs: number;
};

/** One sale every two minutes: a month holds about twenty thousand, however many years there are. */
const usualStepMs = 120_000;
const firstAt = Date.parse('2022-03-01T00:00:00Z');
const templateDay = '2026-03-03';

/** What becomes of each hundred sales of an organization. */
const variants = ['person', 'company', 'euro', 'proforma', 'correction', 'cancelled', 'missing', 'ready', 'held'] as const;
type Variant = (typeof variants)[number];
const counts: Record<Variant, number> = {
  person: 66,
  company: 18,
  euro: 4,
  proforma: 3,
  correction: 2,
  cancelled: 3,
  missing: 1,
  ready: 1,
  held: 2,
};
const kindOf: Partial<Record<Variant, string>> = {
  person: 'invoice',
  company: 'invoice',
  euro: 'invoice',
  proforma: 'proforma',
  correction: 'correction',
};

/** Slots 0–99 in a mixed order, each with its place among those of its series. */
const slots = (() => {
  const list = variants.flatMap((variant) => Array.from({ length: counts[variant] }, () => variant));
  // 37 and 100 have no common divisor: every slot is met once.
  const mixed = Array.from({ length: 100 }, (_, i) => list[(i * 37) % 100]!);
  const seen = new Map<string, number>();
  return mixed.map((variant, slot) => {
    const kind = kindOf[variant];
    const rank = kind ? (seen.get(kind) ?? 0) + 1 : 0;
    if (kind) seen.set(kind, rank);
    return { slot, variant, rank };
  });
})();
const perHundred = (kind: string) => slots.filter((s) => kindOf[s.variant] === kind).length;
/** A correction of a hundred corrects its first private sale. */
const correctedSlot = slots.find((s) => s.variant === 'person')!.slot;

const instantOf = (n: number, stepMs: number): Date => new Date(firstAt + n * stepMs);

/** The moment after the last sale: what "now" should be while the rows are looked at. */
export const nowOf = (many: Many): Date => {
  const busy = many.organizations[0]!;
  return new Date(instantOf(busy.filled, many.stepMs / busy.share).getTime() + 60_000);
};

/** Makes the organizations, empty, and the sales that are multiplied. The clock of `ctx` must stand on the template's day. */
export async function beginMany(
  ctx: Context & { clock: { set(at: Date): void } },
  organizations: number,
  stepMs = usualStepMs,
): Promise<Many> {
  ctx.clock.set(new Date(`${templateDay}T09:00:00Z`));
  const template = await testOrganization(ctx, { ...polishSeller, name: 'Template' });
  const templateConnection = await connectionOf(ctx, template, 'allegro-file');
  await ctx.store.system((tx) =>
    sql`insert into exchange_rate (source, currency, day, rate, table_no, published)
      select 'NBP', 'EUR', day::date, 4.25, '042/A/NBP/2026', day::date from generate_series('2026-02-20'::date, '2026-03-03', '1 day') day on conflict do nothing`.execute(
      tx,
    ),
  );
  const at = `${templateDay}T08:00:00Z`;
  const person = { ...saleOrder().buyer, firstName: 'Anna', lastName: 'Szablonowa', email: 'szablon@example.com' };
  const sale = (variant: Variant, more: Partial<Order> = {}): Order =>
    saleOrder({
      externalId: `SZABLON-${variant}`,
      number: `SZABLON-${variant}`,
      channel: 'allegro',
      orderedAt: at,
      paidAt: at,
      buyer: person,
      payments: [{ method: 'online', status: 'paid', at }],
      lines: Array.from({ length: 3 }, (_, i) => ({
        id: String(i + 1),
        kind: 'goods',
        name: `Lampa biurkowa z regulacją ${i + 1}`,
        sku: `LAMP-${i + 1}`,
        quantity: '1',
        unitGross: '33.33',
        gross: '33.33',
      })),
      declaredTotal: '112.98',
      ...more,
    });
  const company = { ...person, company: 'Szablonowa Sp. z o.o.', taxIds: [{ scheme: 'PL:NIP' as const, value: '5261040828' }] };
  const orders: Record<Variant, Order> = {
    person: sale('person'),
    company: sale('company', { buyer: company }),
    euro: sale('euro', { currency: 'EUR' }),
    proforma: sale('proforma'),
    correction: sale('correction'),
    cancelled: sale('cancelled', { status: 'cancelled' }),
    missing: sale('missing'),
    ready: sale('ready'),
    held: sale('held', { declaredTotal: '113.98' }),
  };
  const who = { organizationId: template, actor: 'many' };
  const stored = await ctx.store.org(template, async (tx) => {
    const policies = policiesOf(await readOrganization(tx, template));
    const list = [];
    for (const variant of variants)
      list.push(
        ...(await storeOrders(tx, ctx, who, { connectionId: templateConnection, policies, prepare: {} }, [
          { order: orders[variant], raw: JSON.stringify(orders[variant]).padEnd(1900, ' ') },
        ])),
      );
    return list;
  });
  const documentOf = (variant: Variant) => {
    const { documentId } = stored[variants.indexOf(variant)]!;
    if (!documentId) throw new Error(`no document was prepared for ${variant}`);
    return documentId;
  };
  await changeKind(ctx, who, documentOf('proforma'), 'proforma');
  const issued = (['person', 'company', 'euro', 'proforma', 'correction'] as const).map(documentOf);
  for (const result of await issueDocuments(ctx, who, issued))
    if (result.outcome !== 'issued') throw new Error(`the template was not issued: ${JSON.stringify(result)}`);
  const correction = await correctDocument(ctx, who, documentOf('correction'), { reason: 'zwrot', reasonCode: 'return', cancel: true });
  if (!('id' in correction)) throw new Error(`the template was not corrected: ${JSON.stringify(correction)}`);
  const [result] = await issueDocuments(ctx, who, [correction.id]);
  if (result?.outcome !== 'issued') throw new Error(`the template was not issued: ${JSON.stringify(result)}`);
  await ctx.store.system(async (tx) => {
    await sql`create table if not exists many_template (variant text primary key, order_id uuid not null, document_id uuid, kind text, order_content text, order_raw text, document_content text)`.execute(
      tx,
    );
    await sql`create table if not exists many_slot (slot int primary key, variant text not null, rank int not null)`.execute(tx);
    await sql`delete from many_slot`.execute(tx);
    await sql`delete from many_template`.execute(tx);
    await sql`insert into many_slot select * from jsonb_to_recordset(${json(slots)}) as s(slot int, variant text, rank int)`.execute(tx);
    for (const [i, variant] of variants.entries()) {
      const documentId =
        variant === 'correction' ? correction.id : ['cancelled', 'missing'].includes(variant) ? null : (stored[i]!.documentId ?? null);
      await sql`insert into many_template
        select ${variant}, o.id, ${documentId}, ${kindOf[variant] ?? null}, o.content::text, o.raw, (select content::text from document where id = ${documentId}::uuid)
        from sales_order o where o.id = ${stored[i]!.orderId}::uuid`.execute(tx);
    }
  });
  const list: Many['organizations'] = [];
  for (let index = 0; index < organizations; index++) {
    const id = await testOrganization(ctx, { ...polishSeller, name: index === 0 ? 'Busy' : `Other ${index}` });
    // One run of numbers without periods: the place of a sale says its number.
    await ctx.store.system((tx) =>
      sql`update series set reset = 'never', pattern = case kind when 'invoice' then 'FV/{n}' when 'correction' then 'KOR/{n}' else kind || '/{n}' end where organization_id = ${id}`.execute(
        tx,
      ),
    );
    const share = organizations === 1 ? 1 : index === 0 ? 0.7 : 0.3 / (organizations - 1);
    list.push({
      id,
      share,
      index,
      filled: 0,
      connectionId: await connectionOf(ctx, id, 'allegro-file'),
      providerId: await connectionOf(ctx, id, 'szamlazz'),
    });
  }
  return { organizations: list, template, stepMs };
}

async function connectionOf(ctx: Context, organizationId: string, connector: string): Promise<string> {
  const id = newId(ctx.now());
  await ctx.store.org(organizationId, (tx) => addPlainConnection(tx, organizationId, { id, connector, name: connector }, ctx.now()));
  return id;
}

/** Forty thousand names of people, some much more common than others. */
const stems =
  'Kowal Nowak Wisz Wojcie Kamin Lewand Zielin Szyman Wozni Dabrow Kozlow Jankow Mazur Kwiatk Krawczy Kaczm Piotrow Grab Zajac Pawlow Michal Krol Wieczor Jablon Wrobl Nowa Majew Olsz Stepn Malin Jawor Adamcz Dud Nowic Pawl Gors Witk Walcz Sikor Rutk'.split(
    ' ',
  );
const endings = 'ska cka ewicz owicz iak czyk ik ek owa ina icz ko uk ka yk as us aj an ar er or ny ty sz'.split(' ');
const arrayOf = (words: string[]) => `(array[${words.map((word) => `'${word}'`).join(',')}])`;
const surname = `${arrayOf(stems)}[1 + (n::bigint * 7919 % 750000)::int % 40 * (n % 3) / 2] || ${arrayOf(endings)}[1 + (n::bigint * 7919 % 750000 / 40)::int % 25]`;

const firstNames =
  'Anna Maria Katarzyna Magda Agata Joanna Barbara Ewa Krystyna Zofia Teresa Monika Danuta Irena Jadwiga Marta Beata Dorota Helena Alina Piotr Krzysztof Andrzej Tomasz Jan Marcin Marek Grzegorz Adam Zbigniew Jerzy Tadeusz Mateusz Dariusz Mariusz Wojciech Ryszard Jakub Henryk Robert'.split(
    ' ',
  );
const firstName = `${arrayOf(firstNames)}[1 + (n::bigint * 7919 % 750000 / 1000)::int % 40]`;

type Filled = Many['organizations'][number];

/** Brings all organizations together to so many sales. Indexes are taken down for a large step and built again, as a restore does. */
export async function fillMany(store: Store, many: Many, total: number, onSlice: (made: number) => void = () => {}): Promise<void> {
  const rebuilt = total >= rebuildFrom ? await takeIndexesDown(store) : [];
  const slices: (() => Promise<void>)[] = [];
  const to = new Map(many.organizations.map((o) => [o, Math.round((total * o.share) / 100) * 100]));
  let made = 0;
  for (const one of many.organizations)
    for (let from = one.filled; from < to.get(one)!; from += sliceSize) {
      const end = Math.min(to.get(one)!, from + sliceSize);
      slices.push(async () => {
        await fillSlice(store, one, many.stepMs, from, end);
        made += end - from;
        onSlice(made);
      });
    }
  // Two at once where the database has more than one connection; the chain of an organization is one after another anyway.
  const next = async () => {
    for (let work = slices.shift(); work; work = slices.shift()) await work();
  };
  await Promise.all(store.embedded ? [next()] : [next(), next()]);
  await Promise.all(
    many.organizations.map(async (one) => {
      const before = one.filled;
      one.filled = to.get(one)!;
      await auditAndCount(store, one, many.stepMs, before);
    }),
  );
  // What waits to be issued is of the last weeks: a queue that nobody works on for years is none.
  for (const one of many.organizations) {
    const since = new Date(instantOf(one.filled, many.stepMs / one.share).getTime() - queueDays * 86_400_000);
    await sql`update document set state = 'withdrawn' where organization_id = ${one.id} and state in ('to_issue', 'refused') and created_at < ${since}`.execute(
      store.db,
    );
  }
  for (const definition of rebuilt) await sql.raw(definition).execute(store.db);
  await sql.raw('analyze').execute(store.db);
}

const queueDays = 30;
const sliceSize = 20_000;
/** Entries of a call to the chain: its cost grows with the square of them. */
const trailSlice = 500;
const rebuildFrom = 200_000;
const grown = ['document', 'sales_order', 'order_alias', 'delivery', 'transfer', 'number_register', 'audit', 'payment', 'allocation'];

async function takeIndexesDown(store: Store): Promise<string[]> {
  const { rows } = await sql<{ name: string; definition: string }>`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any(${grown}::regclass[]) and not i.indisprimary`.execute(store.db);
  for (const { name } of rows) await sql.raw(`drop index ${name}`).execute(store.db);
  return rows.map((r) => r.definition);
}

/** Ids are version 7 like the product's: the instant first, then the kind of thing, the organization and the place. */
const id = (what: number, index: number, n = 'n') =>
  `(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7${hex(what, 3)}8${hex(index, 3)}' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
const what = { order: 1, document: 2, delivery: 3, transfer: 4, payment: 5, allocation: 6 };

async function fillSlice(store: Store, one: Filled, stepMs: number, from: number, end: number): Promise<void> {
  const stepSeconds = stepMs / 1000 / one.share;
  const atOf = (n: string) => `to_timestamp(${firstAt / 1000} + ${n} * ${stepSeconds})`;
  const series = (kind: string) => `(select id from series where organization_id = '${one.id}' and kind = '${kind}')`;
  const number = (prefix: string, kind: string) => `'${prefix}/' || (n / 100 * ${perHundred(kind)} + rank)`;
  // Buyers come back: about one in four sales is by somebody known.
  const words = (column: string) =>
    `replace(replace(replace(replace(replace(${column}, 'Anna Szablonowa', first || ' ' || surname), 'Szablonowa', surname), 'szablon@', 'anna' || buyer || '@'), 'SZABLON-' || variant, 'A-' || n), '${templateDay}', day::text)`;
  const sales = `(
    select n, s.slot, s.variant, s.rank, t.order_id as t_order, t.document_id as t_document, ${atOf('n')} as at, (${atOf('n')} at time zone 'Europe/Warsaw')::date as day,
      t.order_content, t.order_raw, t.document_content, (n::bigint * 7919 % 750000)::int as buyer, (n % 977)::int as cents, ${firstName} as first, ${surname} as surname
    from generate_series(${from}, ${end - 1}) n join many_slot s on s.slot = n % 100 join many_template t on t.variant = s.variant) x`;
  await store.system(async (tx) => {
    // Triggers and foreign keys are for what people do; what is copied here is right by its making.
    await sql.raw('set local session_replication_role = replica').execute(tx);
    const run = async (text: string) => void (await sql.raw(text).execute(tx));
    const copy = async (table: string, given: Record<string, string>, source: string) => {
      const { rows } = await sql<{ name: string }>`
        select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`.execute(
        tx,
      );
      const columns = rows.map((r) => r.name);
      for (const column of Object.keys(given)) if (!columns.includes(column)) throw new Error(`${table} has no column ${column}`);
      await run(
        `insert into ${table} (${columns.join(', ')}) select ${columns.map((c) => given[c] ?? `t.${c}`).join(', ')} from ${source}`,
      );
    };
    const own = { organization_id: `'${one.id}'` };
    await copy(
      'sales_order',
      {
        ...own,
        id: id(what.order, one.index),
        connection_id: `'${one.connectionId}'`,
        external_id: `'A-' || n`,
        number: `'A-' || n`,
        ordered_at: `at - interval '1 hour'`,
        paid_at: `case when t.paid_at is not null then at - interval '50 minutes' end`,
        total_minor: `t.total_minor + cents`,
        buyer_name: words('t.buyer_name'),
        buyer_email: words('t.buyer_email'),
        content: `${words('order_content')}::jsonb`,
        raw: words('order_raw'),
        content_hash: `md5(n::text) || md5(n::text)`,
        // Most orders without a document need none; one in twenty of them was forgotten.
        status: `case when variant = 'missing' and n / 100 % 20 <> 0 then 'superseded' else t.status end`,
        created_at: 'at',
        updated_at: 'at',
      },
      `${sales} join sales_order t on t.id = t_order`,
    );
    await run(`insert into order_alias (organization_id, scheme, value, order_id)
      select '${one.id}', 'checkout', 'c-' || n, ${id(what.order, one.index)} from ${sales}`);
    await copy(
      'document',
      {
        ...own,
        id: id(what.document, one.index),
        series_id: `case when variant in ('ready', 'held') then null else case t.kind when 'invoice' then ${series('invoice')} when 'proforma' then ${series('proforma')} else ${series('correction')} end end`,
        number: `case when t.number is null then null else case t.kind when 'invoice' then ${number('FV', 'invoice')} when 'proforma' then ${number('PF', 'proforma')} else ${number('KOR', 'correction')} end end`,
        sequence_no: `case when t.number is null then null else case t.kind when 'invoice' then n / 100 * ${perHundred('invoice')} + rank when 'proforma' then n / 100 * ${perHundred('proforma')} + rank else n / 100 * ${perHundred('correction')} + rank end end`,
        period: `case when t.number is null then null else '' end`,
        // The correction's own sale has its invoice elsewhere: it corrects that of the first private sale of its hundred.
        order_id: id(what.order, one.index),
        corrects_id: `case when variant = 'correction' then (lpad(to_hex((extract(epoch from ${atOf(`(n / 100 * 100 + ${correctedSlot})`)}) * 1000)::bigint), 12, '0') || '7${hex(what.document, 3)}8${hex(one.index, 3)}' || lpad(to_hex(n / 100 * 100 + ${correctedSlot}), 12, '0'))::uuid end`,
        purpose: `case when variant = 'correction' then 'sale' else t.purpose end`,
        issue_date: `case when t.issue_date is not null then day end`,
        sale_date: 'day',
        due_date: `case when t.due_date is not null then day + 7 end`,
        gross_minor: `t.gross_minor + cents`,
        net_minor: `t.net_minor + cents`,
        buyer_name: words('t.buyer_name'),
        buyer_email: words('t.buyer_email'),
        buyer_tax_id: `case when t.buyer_tax_id is not null then lpad((1000000000 + buyer)::text, 10, '0') end`,
        order_number: `'A-' || n`,
        // One sale in forty comes by a second channel.
        channel: `case when n % 40 = 3 then 'shop' else t.channel end`,
        content: `${words('document_content')}::jsonb`,
        search: `lower(surname) || ' anna' || buyer || ' example com ' || lower(first) || ' krakow a ' || n || case when t.number is null then '' else ' ' || case t.kind when 'invoice' then 'fv ' || (n / 100 * ${perHundred('invoice')} + rank) else 'kor' end end`,
        created_at: 'at',
        updated_at: 'at',
        issued_at: `case when t.issued_at is not null then at + interval '1 minute' end`,
      },
      `${sales} join document t on t.id = t_document`,
    );
    await run(`insert into number_register (organization_id, series_id, period, sequence_no, number, document_id, allocated_at)
      select '${one.id}', d.series_id, '', d.sequence_no, d.number, d.id, d.issued_at from ${sales}
      join document d on d.organization_id = '${one.id}' and d.id = ${id(what.document, one.index)} where d.sequence_no is not null`);
    const issuedOnly = `variant in ('person', 'company', 'euro', 'proforma', 'correction')`;
    await run(`insert into delivery (organization_id, id, document_id, way, key, recipient, status, settings, message_id, attempts, story, created_by, created_at, updated_at, cause)
      select '${one.id}', ${id(what.delivery, one.index)}, ${id(what.document, one.index)}, 'mail', 'mail:' || n, 'anna' || buyer || '@example.com',
        case when n % 5000 = 7 then 'refused' else 'handed_over' end, '{"subject":"Faktura","language":"pl"}', '<m' || n || '.${one.index}@fakturist>', 1,
        jsonb_build_array(jsonb_build_object('at', at, 'what', 'handed over')), 'automatic', at + interval '2 minutes', at + interval '3 minutes',
        case when n % 5000 = 7 then '{"code":"mail_refused"}'::jsonb end from ${sales} where ${issuedOnly}`);
    await run(`insert into transfer (organization_id, id, document_id, connection_id, reference, verb, status, sends, made, cause, story, settings, created_at, updated_at)
      select '${one.id}', ${id(what.transfer, one.index)}, ${id(what.document, one.index)}, '${one.providerId}', 'fk:' || n, 'issue',
        case when n % 5000 = 8 then 'rejected' else 'accepted' end, 1, jsonb_build_object('providerId', n::text, 'number', 'FV/' || n), case when n % 5000 = 8 then '{"code":"prefix_unknown"}'::jsonb end,
        jsonb_build_array(jsonb_build_object('at', at, 'what', 'accepted')), '{}', at + interval '1 minute', at + interval '1 minute' from ${sales} where ${issuedOnly} and n % 3 <> 0`);
    await run(`insert into payment (organization_id, id, source, raw_id, account, currency, amount_minor, value_day, payer_name, title, state, created_at, updated_at)
      select '${one.id}', ${id(what.payment, one.index)}, 'bank', 'line-' || n, 'PL61109010140000071219812874', 'PLN', 11298, day, first || ' ' || surname, 'zamowienie A-' || n,
        case when n % 5000 = 15 then 'open' else 'booked' end, at, at from ${sales} where n % 10 = 5 and variant in ('person', 'company')`);
    await run(`insert into allocation (organization_id, id, payment_id, document_id, purpose, amount_minor, created_by, created_at)
      select '${one.id}', ${id(what.allocation, one.index)}, ${id(what.payment, one.index)}, ${id(what.document, one.index)}, 'document', 11298, 'system', at
      from ${sales} where n % 10 = 5 and n % 5000 <> 15 and variant in ('person', 'company')`);
  });
}

/** The trail of what was issued since `before`, linked by the product's own function, and the counters of the series. */
async function auditAndCount(store: Store, one: Filled, stepMs: number, before: number): Promise<void> {
  const stepSeconds = stepMs / 1000 / one.share;
  for (let from = before; from < one.filled; from += trailSlice) {
    const end = Math.min(one.filled, from + trailSlice);
    // One moment for each slice, as a bulk issue has. The digest is that of `digest` in store/audit.ts: canonical JSON, keys sorted.
    const stamp = new Date(firstAt + end * stepSeconds * 1000).toISOString();
    await store.system((tx) =>
      sql`select audit_append(${one.id}, ${stamp}::timestamptz, 'many', (
        select jsonb_agg(jsonb_build_object('action', 'document issued', 'entity', 'document', 'id', id, 'data', data::jsonb,
          'digest', encode(sha256(convert_to('["' || ${stamp}::text || '","many","document issued","document","' || id || '",' || data || ']', 'UTF8')), 'hex')) order by id)
        from (select d.id, '{"currency":"' || d.currency || '","gross":"' || d.gross_minor || '","issueDate":"' || d.issue_date || '","kind":"' || d.kind || '","number":"' || d.number || '"}' as data
          from document d where d.organization_id = ${one.id} and d.sequence_no is not null and d.created_at >= to_timestamp(${firstAt / 1000 + from * stepSeconds}) and d.created_at < to_timestamp(${firstAt / 1000 + end * stepSeconds})) e))`.execute(
        tx,
      ),
    );
  }
  await store.system((tx) =>
    sql`insert into series_counter (organization_id, series_id, period, next_no, last_issue_date)
      select r.organization_id, r.series_id, '', max(r.sequence_no) + 1, max(r.allocated_at)::date from number_register r where r.organization_id = ${one.id} group by 1, 2
      on conflict (organization_id, series_id, period) do update set next_no = excluded.next_no, last_issue_date = excluded.last_issue_date`.execute(
      tx,
    ),
  );
}
