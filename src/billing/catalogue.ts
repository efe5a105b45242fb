import type { Selectable } from 'kysely';
import type { PlanTerms } from '../domain/billing/plans.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';

/** The operator's plans. A subscription keeps the terms it was ordered under; a changed plan is for those who come later. */
export type Plan = Selectable<Tables['plan']>;
type PlanInput = { name: string; about?: string; connector?: string | null; currency: string; terms: PlanTerms; active?: boolean };

export async function listPlans(tx: Tx, operatorId: string, all = false): Promise<Plan[]> {
  let plans = tx.selectFrom('plan').selectAll().where('organization_id', '=', operatorId);
  if (!all) plans = plans.where('active', '=', true);
  return plans.orderBy('name').execute();
}

export async function savePlan(ctx: Context, who: Who, input: PlanInput, id?: string): Promise<Plan | undefined> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const values = {
      name: input.name,
      about: input.about ?? '',
      connector: input.connector ?? null,
      currency: input.currency,
      terms: json(input.terms),
      active: input.active ?? true,
      updated_at: now,
    };
    const saved = id
      ? await tx
          .updateTable('plan')
          .set(values)
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst()
      : await tx
          .insertInto('plan')
          .values({ organization_id: who.organizationId, id: newId(now), created_at: now, ...values })
          .returningAll()
          .executeTakeFirstOrThrow();
    if (!saved) return undefined;
    await announce(tx, who.organizationId, 'billing');
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: id ? 'plan changed' : 'plan made',
        entity: 'plan',
        entityId: saved.id,
        data: { name: input.name, price: input.terms.price, currency: input.currency },
      },
    ]);
    return saved;
  });
}
