import { sql } from 'kysely';
import { makeApiKey } from '../api/routes/api-keys.ts';
import type { Context } from '../jobs/index.ts';
import { buyerId, knownAs } from '../toissue/index.ts';
import { type Many, nowOf } from './many.ts';

/** Every address whose cost could grow with what an organization holds, as the screens and programs ask for it. */
export type ManyPage = {
  name: string;
  address: string;
  body?: unknown;
  /** How many lists page on from here before the page that is measured. */
  deep?: number;
  /** About a period and not one page: the cost is that of the period, which does not grow. */
  period?: boolean;
};

const queue = 'states=to_issue,refused&limit=50';
const issued = 'states=issued,submitted&limit=50';

type Samples = {
  orderId: string;
  documentId: string;
  seriesId: string;
  buyer: string;
  party: string;
  email: string;
  taxId: string;
  day: string;
};

/** A sale in the middle of the busy organization's history, to be looked for. */
export async function sampleOf(ctx: Context, many: Many): Promise<Samples> {
  const { id, filled } = many.organizations[0]!;
  const external = `A-${Math.floor(filled / 200) * 100 + 50}`;
  const { rows } = await sql<Samples & { known: string }>`
    select o.id as "orderId", d.id as "documentId", d.series_id as "seriesId", d.buyer_name as buyer, d.buyer_email as email, ${knownAs('d')} as known, d.issue_date::text as day,
      (select c.buyer_tax_id from document c where c.organization_id = d.organization_id and c.buyer_tax_id is not null order by c.created_at limit 1) as "taxId"
    from sales_order o join document d on d.organization_id = o.organization_id and d.order_id = o.id
    where o.organization_id = ${id} and o.external_id >= ${external} and d.state = 'issued' and d.kind = 'invoice' order by o.external_id limit 1`.execute(
    ctx.store.db,
  );
  const row = rows[0]!;
  return { ...row, party: buyerId([row.buyer, row.known]) };
}

const addDays = (day: string, days: number) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);

export function manyPages(many: Many, sample: Samples): ManyPage[] {
  const today = nowOf(many).toISOString().slice(0, 10);
  const month = `from=${addDays(today, -30)}&to=${addDays(today, -1)}`;
  const oldMonth = `from=${addDays(sample.day, -15)}&to=${addDays(sample.day, 15)}`;
  const buyer = sample.buyer.split(' ').at(-1)!;
  const page = (name: string, address: string, more: Partial<ManyPage> = {}): ManyPage => ({ name, address, ...more });
  return [
    page('queue', `/documents?${queue}`),
    page('queue, page 5', `/documents?${queue}`, { deep: 4 }),
    page('queue, held', `/documents?${queue}&held=true`),
    page('queue, one reason', `/documents?${queue}&holdCode=H_TOTAL_MISMATCH`),
    page('queue by buyer', `/documents?${queue}&sort=buyer&direction=asc`),
    page('queue by amount', `/documents?${queue}&sort=gross`),
    page('queue, search', `/documents?${queue}&q=kowalewicz`),
    page('count of the queue', `/documents/count?${queue}`),
    page('reasons of the queue', '/holds'),
    page('documents', `/documents?${issued}&sort=issued`),
    page('documents, page 20', `/documents?${issued}&sort=issued`, { deep: 19 }),
    page('documents by number', `/documents?${issued}&sort=number`),
    page('documents by number, page 5', `/documents?${issued}&sort=number`, { deep: 4 }),
    page('documents by buyer', `/documents?${issued}&sort=buyer&direction=asc`),
    page('documents by amount', `/documents?${issued}&sort=gross`),
    page('documents by amount, page 5', `/documents?${issued}&sort=gross`, { deep: 4 }),
    page('documents by due day', `/documents?${issued}&sort=due`),
    page('documents, all states', '/documents?limit=50'),
    page('corrections', `/documents?${issued}&sort=issued&kinds=correction`),
    page('in euro', `/documents?${issued}&sort=issued&currency=EUR`),
    page('of one channel', `/documents?${issued}&sort=issued&channel=shop`),
    page('of a channel that has none', `/documents?${issued}&sort=issued&channel=none`),
    page('of one series', `/documents?${issued}&sort=issued&seriesId=${sample.seriesId}`),
    page('of one order', `/documents?orderId=${sample.orderId}`),
    page('of one tax id', `/documents?${issued}&sort=issued&buyerTaxId=${sample.taxId}`),
    page('of one name', `/documents?${issued}&sort=issued&buyer=${encodeURIComponent(sample.buyer)}`),
    page('of one buyer', `/documents?${issued}&sort=issued&party=${sample.party}`),
    page('of the last month', `/documents?${issued}&sort=issued&${month}`),
    page('of an old month', `/documents?${issued}&sort=issued&${oldMonth}`),
    page('of an old month by amount', `/documents?${issued}&sort=gross&${oldMonth}`),
    page('mail failed', `/documents?${issued}&sort=issued&deliveryStatus=failed`),
    page('transfer failed', `/documents?${issued}&sort=issued&transferStatus=failed`),
    page('transfer accepted', `/documents?${issued}&sort=issued&transferStatus=accepted`),
    page('search, one buyer', `/documents?${issued}&sort=issued&q=${encodeURIComponent(buyer)}`),
    page('search, beginning of a name', `/documents?${issued}&sort=issued&q=kowal`),
    page('search, two words', `/documents?${issued}&sort=issued&q=${encodeURIComponent(sample.buyer)}`),
    page('search, nothing', `/documents?${issued}&sort=issued&q=zzzz`),
    page('count of documents', `/documents/count?${issued}`),
    page('count of a search', `/documents/count?${issued}&q=kowal`),
    page('count of what failed', `/documents/count?${issued}&transferStatus=failed`),
    page('document', `/documents/${sample.documentId}`),
    page('case file', `/documents/${sample.documentId}/case-file.json`),
    page('orders', '/orders?limit=50'),
    page('orders, page 20', '/orders?limit=50', { deep: 19 }),
    page('orders, undocumented', '/orders?limit=50&undocumented=true'),
    page('orders, cancelled', '/orders?limit=50&status=cancelled'),
    page('orders, one channel', '/orders?limit=50&channel=none'),
    page('orders, search a number', '/orders?limit=50&q=A-77'),
    page('orders, search a name', `/orders?limit=50&q=${encodeURIComponent(buyer)}`),
    page('orders, search an address', `/orders?limit=50&q=${encodeURIComponent(sample.email)}`),
    page('orders, search nothing', '/orders?limit=50&q=zzzzzz'),
    page('orders of an old month', `/orders?limit=50&${oldMonth}`),
    page('order', `/orders/${sample.orderId}`),
    page('buyers', '/parties?limit=50'),
    page('buyers, page 5', '/parties?limit=50', { deep: 4 }),
    page('buyers, search', `/parties?limit=50&q=${encodeURIComponent(buyer)}`),
    page('buyer', `/parties/${sample.party}`),
    page('home', '/home'),
    page('series', '/series'),
    page('register of a series', `/series/${sample.seriesId}/register`),
    page('deliveries', '/deliveries?limit=50'),
    page('deliveries, page 20', '/deliveries?limit=50', { deep: 19 }),
    page('deliveries that failed', '/deliveries?limit=50&status=refused,bounced,unknown,held'),
    page('deliveries of a document', `/deliveries?documentId=${sample.documentId}`),
    page('payments', '/payments?limit=50'),
    page('payments, open', '/payments?limit=50&state=open'),
    page('payments, search', `/payments?limit=50&q=${encodeURIComponent(buyer)}`),
    page('causes', '/causes'),
    page('activity', '/audit?limit=50'),
    page('activity, page 20', '/audit?limit=50', { deep: 19 }),
    page('imports', '/imports'),
    page('receivables', '/receivables'),
    page('desk', '/desk'),
    page('connections', '/connections'),
    page('completeness of a month', `/completeness?${month}`, { period: true }),
    page('completeness of an old month', `/completeness?${oldMonth}`, { period: true }),
    page('backfill, dry run of a month', '/backfill/plan', {
      body: Object.fromEntries(new URLSearchParams(month)),
      period: true,
    }),
    page('books, check of a day', `/books/check?from=${addDays(today, -2)}&to=${addDays(today, -2)}`, { period: true }),
    page(
      'export of a day',
      `/documents/export.csv?${issued.replace('&limit=50', '')}&from=${addDays(today, -2)}&to=${addDays(today, -2)}`,
      {
        period: true,
      },
    ),
  ];
}

/** The header by which a program reads as the busy organization. */
export async function manyKey(ctx: Context, many: Many): Promise<Record<string, string>> {
  const { key } = await makeApiKey(
    ctx,
    { organizationId: many.organizations[0]!.id, actor: 'many' },
    { name: 'many', scopes: ['read', 'admin'] },
  );
  return { authorization: `Bearer ${key}` };
}
