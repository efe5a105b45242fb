import { describe, expect, test } from 'vitest';
import { HeldLocks, locksOf } from './lock-order.ts';

/** Promise: no transaction takes a lock that comes before one it holds, so that no two can wait for each other in a ring (ADR 3). */
describe('the order of locks', () => {
  test.each([
    ['select * from "document" where "id" in ($1) order by "id" for no key update', ['document']],
    ['select "machine", "state" from "agent" where "id" = $1 for update', ['agent']],
    [
      'select d.*, (select p.number from document p limit 1) as billed_by from document d where d.id = any($1) order by d.id for no key update of d',
      ['document'],
    ],
    ['select o.id from order_event e join sales_order as o on o.id = e.order_id where e.id = $1 for no key update of o', ['sales_order']],
    [
      'with held as (select id from transfer where id = any($1) order by id for no key update) update transfer t set status = r.was from held',
      ['transfer'],
    ],
    [
      'delete from order_review where document_id in (select document_id from order_review limit 5 for no key update skip locked) returning 1',
      ['order_review'],
    ],
    ['insert into "transfer" ("id") values ($1) on conflict ("id") do update set "status" = $2', ['transfer']],
    ['insert into "transfer" ("id") values ($1) on conflict do nothing', []],
    ['select audit_append($1, $2, $3, $4)', ['audit_head']],
    ['select * from gate_lock($1)', ['request_gate']],
    ['with registered as (insert into number_register (id) select $1) update document d set state = r.state from r', ['document']],
    ['select * from "document" where "id" = $1', []],
  ])('%s', (sql, tables) => {
    expect(locksOf(sql).tables).toEqual(tables);
  });

  test('what comes too late is refused with both statements; what is held already, and what waits for nobody, is not', () => {
    const held = new HeldLocks();
    held.note('select 1 from import_profile for no key update');
    held.note('select 1 from sales_order for no key update');
    held.note('select 1 from document for no key update');
    held.note('update sales_order set status = $1');
    expect(() => held.note('update subscription set state = $1')).toThrow('subscription is locked after sales_order');
    held.note('select audit_append($1)');
    held.note('select id from transfer for no key update skip locked');
    expect(() => held.note('select 1 from connection_gate for no key update')).toThrow('connection_gate is locked after document');
  });
});
