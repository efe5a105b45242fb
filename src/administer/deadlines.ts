import { sql } from 'kysely';
import { addDays, civilDay, daysBetween } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Tx } from '../store/index.ts';

/** What lapses, the nearest first: pending invoices that can no longer be activated, dues of buyers, checks that last, keys that expire. */
type Deadline = {
  kind: 'activate' | 'due' | 'hold' | 'secret';
  day: string;
  /** Days from today; negative when it is over. */
  days: number;
  /** `late` over, `urgent` within the last step, `soon` within the first warning, `later` otherwise. */
  urgency: 'late' | 'urgent' | 'soon' | 'later';
  receivableId: string | null;
  connectionId: string;
  connectionName: string;
  orderId: string | null;
  orderNumber: string;
  buyerName: string;
  part: number | null;
  number: string;
  amount: string | null;
  currency: string | null;
};

/** Warnings of a pending invoice after 60, 80 and 88 of its 90 days (contract §15.7), counted from its end so that prolonged ones are right. */
const soonDays = { activate: 30, due: 3, hold: 1, secret: 30 };
const urgentDays = { activate: 10, due: 0, hold: 0, secret: 7 };

type Row = {
  kind: 'activate' | 'due' | 'hold';
  day: string;
  receivable_id: string;
  connection_id: string;
  connection_name: string;
  order_id: string | null;
  order_number: string;
  buyer_name: string;
  seq: number;
  number: string;
  remaining_minor: bigint;
  currency: string;
};

export async function listDeadlines(tx: Tx, organizationId: string, now: Date, limit = 200): Promise<Deadline[]> {
  const { zone } = await tx.selectFrom('organization').select('zone').where('id', '=', organizationId).executeTakeFirstOrThrow();
  const today = civilDay(now.toISOString(), zone);
  const { rows } = await sql<Row>`
    select * from (
      select case when p.state = 'pending' then 'activate' when p.state = 'active' then 'due' else 'hold' end as kind,
        case when p.state = 'pending' then (p.expires_at at time zone ${zone})::date when p.state = 'active' then p.due_date
          else ((p.opened_at + interval '1 day') at time zone ${zone})::date end as day,
        r.id as receivable_id, r.connection_id, c.name as connection_name, r.order_id, r.order_number, r.buyer_name, p.seq, p.number, p.remaining_minor, r.currency
      from receivable_part p join receivable r on r.organization_id = p.organization_id and r.id = p.receivable_id
      join connection c on c.organization_id = r.organization_id and c.id = r.connection_id
      where p.organization_id = ${organizationId} and p.state in ('pending', 'active', 'on_hold', 'awaiting_buyer')
        -- The provider reminds and collects: a due date matters here while it is near, not for ever.
        and not (p.state = 'active' and (p.due_date is null or p.due_date < ${today}::date - 7 or p.remaining_minor = 0))) d
    where day is not null order by day, order_number, seq limit ${limit}`.execute(tx);
  const found = rows.map((row): Deadline => {
    const days = daysBetween(today, row.day);
    return {
      kind: row.kind,
      day: row.day,
      days,
      urgency: urgencyOf(row.kind, days),
      receivableId: row.receivable_id,
      connectionId: row.connection_id,
      connectionName: row.connection_name,
      orderId: row.order_id,
      orderNumber: row.order_number,
      buyerName: row.buyer_name,
      part: row.seq,
      number: row.number,
      amount: fromMinor(row.remaining_minor, row.currency),
      currency: row.currency,
    };
  });
  const secrets = await expiringSecrets(tx, organizationId, today);
  return [...found, ...secrets].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

function urgencyOf(kind: keyof typeof soonDays, days: number): Deadline['urgency'] {
  if (days < 0) return 'late';
  if (days <= urgentDays[kind]) return 'urgent';
  return days <= soonDays[kind] ? 'soon' : 'later';
}

/** Keys that the seller said expire: shown a month ahead. */
async function expiringSecrets(tx: Tx, organizationId: string, today: string): Promise<Deadline[]> {
  const { rows } = await sql<{ id: string; name: string; day: string }>`
    select id, name, settings->>'secretExpires' as day from connection
    where organization_id = ${organizationId} and status <> 'removed' and settings->>'secretExpires' ~ '^\\d{4}-\\d{2}-\\d{2}$'
      and settings->>'secretExpires' <= ${addDays(today, soonDays.secret)}`.execute(tx);
  return rows.map(({ id, name, day }) => {
    const days = daysBetween(today, day);
    return {
      kind: 'secret',
      day,
      days,
      urgency: urgencyOf('secret', days),
      receivableId: null,
      connectionId: id,
      connectionName: name,
      orderId: null,
      orderNumber: '',
      buyerName: '',
      part: null,
      number: '',
      amount: null,
      currency: null,
    };
  });
}
