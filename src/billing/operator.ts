import { addPlainConnection } from '../connections/index.ts';
import type { Connector } from '../contract/connector.ts';
import type { Texts } from '../contract/manifest.ts';
import type { Context } from '../jobs/index.ts';
import { audit, json, newId, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';

/**
 * Who bills the others: one organization of the installation, marked as such (ADR 11). It sells plans as any organization sells; its
 * sales come from this connector, so that orders, proformas, invoices, PDFs and mails are those of everybody.
 */
export const plansConnectorId = 'plans';

const t = (pl: string, en: string, hu: string, sv: string): Texts => ({ pl, en, hu, sv });

export const plansConnector: Connector = {
  manifest: {
    id: plansConnectorId,
    name: 'Plans',
    role: 'channel',
    countries: [],
    capabilities: [],
    settings: [],
    causes: [],
    about: t(
      'Sprzedaż abonamentów innym firmom tej instalacji.',
      'Sale of plans to the other organizations of this installation.',
      'Csomagok értékesítése a telepítés többi szervezetének.',
      'Försäljning av planer till installationens övriga organisationer.',
    ),
  },
  open: () => ({ check: async () => ({ ok: true, facts: [] }) }),
};

const key = 'operator';

/** The operator's id, or undefined where nobody bills anybody. */
export async function operatorOf(ctx: Pick<Context, 'store'>): Promise<string | undefined> {
  const row = await ctx.store.db.selectFrom('installation').select('value').where('key', '=', key).executeTakeFirst();
  const id = (row?.value as { organizationId?: unknown } | undefined)?.organizationId;
  return typeof id === 'string' ? id : undefined;
}

export async function isOperator(ctx: Pick<Context, 'store'>, organizationId: string): Promise<boolean> {
  return (await operatorOf(ctx)) === organizationId;
}

/** Marks the operator, or nobody. Subscriptions of an earlier operator stay with it and are billed no more. */
export async function setOperator(ctx: Context, actor: string, organizationId: string | undefined): Promise<void> {
  const before = await operatorOf(ctx);
  if (before === organizationId) return;
  const now = ctx.now();
  await ctx.store.system(async (tx) => {
    if (organizationId === undefined) await tx.deleteFrom('installation').where('key', '=', key).execute();
    else
      await tx
        .insertInto('installation')
        .values({ key, value: json({ organizationId }) })
        .onConflict((c) => c.column('key').doUpdateSet({ value: json({ organizationId }) }))
        .execute();
    for (const [id, action] of [
      [before, 'operator no more'],
      [organizationId, 'operator from now'],
    ] as const)
      if (id) await audit(tx, id, actor, now, [{ action, entity: 'organization', entityId: id, data: {} }]);
  });
}

/** The operator's channel of plans, made when there is none. */
export async function plansConnection(tx: Tx, ctx: Context, who: Who): Promise<string> {
  const known = await tx
    .selectFrom('connection')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('connector', '=', plansConnectorId)
    .executeTakeFirst();
  if (known) return known.id;
  const now = ctx.now();
  const id = newId(now);
  await addPlainConnection(tx, who.organizationId, { id, connector: plansConnectorId, name: plansConnector.manifest.name }, now);
  return id;
}
