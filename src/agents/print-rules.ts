import type { Selectable } from 'kysely';
import type { PrintOptions } from '../contract/agent/index.ts';
import type { DocumentKind } from '../domain/documents/document.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, oneByOne, type Tables, type Tx } from '../store/index.ts';

/** Print rules: kind of document and mapping say as what and on which printer. Looked at from the top; one may be the last. */
export type PrintRule = Selectable<Tables['print_rule']>;
export type PrintType = PrintRule['print_type'];
type PrintRuleInput = {
  name: string;
  kinds: DocumentKind[];
  connectionId: string | null;
  printType: PrintType;
  agentId: string;
  printer: string | null;
  options: PrintOptions;
  lastOne: boolean;
  active: boolean;
};
const printRuleLimit = 200;

/** A document as far as rules look at it. */
type RuleSubject = { kind: DocumentKind; connectionIds: string[] };

/** Which rules fit, from the top down to the one that is the last. Pure. */
export function rulesFor<R extends Pick<PrintRule, 'kinds' | 'connection_id' | 'last_one' | 'active'>>(
  rules: R[],
  subject: RuleSubject,
): R[] {
  const fitting: R[] = [];
  for (const rule of rules) {
    if (!rule.active) continue;
    if (rule.kinds.length > 0 && !rule.kinds.includes(subject.kind)) continue;
    if (rule.connection_id !== null && !subject.connectionIds.includes(rule.connection_id)) continue;
    fitting.push(rule);
    if (rule.last_one) break;
  }
  return fitting;
}

export async function listRules(tx: Tx, organizationId: string): Promise<PrintRule[]> {
  return tx.selectFrom('print_rule').selectAll().where('organization_id', '=', organizationId).orderBy('place').orderBy('id').execute();
}

export async function saveRule(ctx: Context, who: Who, input: PrintRuleInput, id?: string): Promise<PrintRule | 'unknown' | 'too many'> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    // The place of a new one is counted too.
    await oneByOne(tx, who.organizationId, 'print rules');
    const rules = await listRules(tx, who.organizationId);
    const before = id ? rules.find((r) => r.id === id) : undefined;
    if (id && !before) return 'unknown';
    if (!id && rules.length >= printRuleLimit) return 'too many';
    const agent = await tx
      .selectFrom('agent')
      .select('id')
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', input.agentId)
      .executeTakeFirst();
    const connection = input.connectionId
      ? await tx
          .selectFrom('connection')
          .select('id')
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', input.connectionId)
          .executeTakeFirst()
      : undefined;
    if (!agent || (input.connectionId && !connection)) return 'unknown';
    const values = {
      name: input.name,
      kinds: input.kinds,
      connection_id: input.connectionId,
      print_type: input.printType,
      agent_id: input.agentId,
      printer: input.printer,
      options: json(input.options),
      last_one: input.lastOne,
      active: input.active,
      updated_at: now,
    };
    const saved = before
      ? await tx
          .updateTable('print_rule')
          .set(values)
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', before.id)
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx
          .insertInto('print_rule')
          .values({
            organization_id: who.organizationId,
            id: newId(now),
            place: (rules.at(-1)?.place ?? 0) + 1,
            created_at: now,
            ...values,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
    await announce(tx, who.organizationId, 'print-rules', saved.id);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: before ? 'print rule changed' : 'print rule made', entity: 'print-rule', entityId: saved.id, data: { name: input.name } },
    ]);
    return saved;
  });
}

export async function removeRule(ctx: Context, who: Who, id: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('print_rule')
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    await announce(tx, who.organizationId, 'print-rules', id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action: 'print rule removed', entity: 'print-rule', entityId: id }]);
    return true;
  });
}

/** Puts the rules in this order; those not named keep theirs behind. */
export async function orderRules(ctx: Context, who: Who, ids: string[]): Promise<void> {
  await ctx.store.org(who.organizationId, async (tx) => {
    const rules = await listRules(tx, who.organizationId);
    const sorted = [...ids.flatMap((id) => rules.filter((r) => r.id === id)), ...rules.filter((r) => !ids.includes(r.id))];
    for (const [i, rule] of sorted.entries())
      await tx
        .updateTable('print_rule')
        .set({ place: i + 1 })
        .where('organization_id', '=', who.organizationId)
        .where('id', '=', rule.id)
        .execute();
    await announce(tx, who.organizationId, 'print-rules');
  });
}
