import { demos } from '../../connectors/registry.ts';
import { addOrganization } from '../api/setup.ts';
import { saveConnection } from '../connections/index.ts';
import { saveMailSettings } from '../delivery/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import type { Mailbox } from '../testkit/mailbox.ts';
import { saveSeries } from '../toissue/index.ts';

/** The demo's Hungarian seller: a ticket shop whose sales become invoices of the simulated provider by themselves. */
export type HungarianShop = {
  organizationId: string;
  sell(count: number): Promise<{ accepted: number; refused: { status: number; body: string }[] }>;
};

const name = 'Pöttyös Jegyiroda';
const fromAddress = 'jegy@pottyos.example';
/** A secret of the demo's own shop, which signs its calls with it. */
const signingSecret = `whsec_${Buffer.from('demo-of-fakturist-ticket-shop-01').toString('base64')}`;

export async function addHungarianShop(
  ctx: Context,
  userId: string,
  provider: Record<string, unknown> & { url: string },
  mailbox: Mailbox,
): Promise<HungarianShop> {
  const known = await ctx.store.db.selectFrom('organization').select('id').where('name', '=', name).executeTakeFirst();
  const organizationId = known?.id ?? (await make(ctx, userId));
  const who = { organizationId, actor: 'demo' };
  await saveMailSettings(ctx, who, { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName: name, fromAddress });
  const token = await connect(ctx, who, provider, known === undefined);
  return { organizationId, sell: (count) => sell(ctx, organizationId, token, count) };
}

function make(ctx: Context, userId: string): Promise<string> {
  return addOrganization(ctx, 'demo', userId, {
    name,
    country: 'HU',
    taxId: '12345676-2-41',
    seller: {
      company: 'Pöttyös Jegyiroda Kft.',
      street: 'Minta utca 8.',
      postalCode: '1052',
      city: 'Budapest',
      country: 'HU',
      email: fromAddress,
      bankAccount: '11773016-12345676-00000000',
    },
  });
}

/** Both connections and the series between them; the simulator has another address at every start. */
async function connect(ctx: Context, who: Who, provider: Record<string, unknown> & { url: string }, isNew: boolean): Promise<string> {
  const existing = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('connection')
      .select(['id', 'connector', 'intake_token', 'settings'])
      .where('organization_id', '=', who.organizationId)
      .where('status', '<>', 'removed')
      .execute(),
  );
  const before = (connector: string) => existing.find((row) => row.connector === connector);
  const keys = provider.keys as { A: string };
  const saved = await saveConnection(
    ctx,
    who,
    {
      connector: 'szamlazz',
      name: 'Számlázz.hu (szimulátor)',
      baseUrl: provider.url,
      settings: { ...before('szamlazz')?.settings, eInvoice: true },
      secrets: { agentKey: keys.A },
    },
    before('szamlazz')?.id,
  );
  if ('findings' in saved)
    throw new Error(`the demo's provider was refused: ${saved.findings.map((f) => `${f.code} ${f.where}`).join(', ')}`);
  const shop = await saveConnection(
    ctx,
    who,
    { connector: 'tickets', name: 'Jegybolt', settings: { ...before('tickets')?.settings }, secrets: { signingSecret } },
    before('tickets')?.id,
  );
  if ('findings' in shop)
    throw new Error(`the demo's ticket shop was refused: ${shop.findings.map((f) => `${f.code} ${f.where}`).join(', ')}`);
  if (isNew) {
    const series = await saveSeries(ctx, who, {
      name: 'Jegyszámlák',
      kind: 'invoice',
      pattern: '',
      reset: 'yearly',
      isDefault: true,
      numberOwner: 'provider',
      reporter: 'provider',
      connectionId: saved.connection.id,
      autoIssue: true,
    });
    if ('findings' in series)
      throw new Error(`the demo's series was refused: ${series.findings.map((f) => `${f.code} ${f.where}`).join(', ')}`);
  }
  const row = await ctx.store.db
    .selectFrom('connection')
    .select('intake_token')
    .where('id', '=', shop.connection.id)
    .executeTakeFirstOrThrow();
  return row.intake_token!;
}

/** Sells as the shop would: signed calls to the address of its connection, over the network. */
async function sell(
  ctx: Context,
  organizationId: string,
  token: string,
  count: number,
): Promise<{ accepted: number; refused: { status: number; body: string }[] }> {
  const { n } = await ctx.store.db
    .selectFrom('sales_order')
    .select((e) => e.fn.countAll<bigint>().as('n'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  const { demoCalls } = await demos.tickets();
  const calls = demoCalls({ random: Math.random, at: ctx.now(), count, first: Number(n) + 1, secret: signingSecret });
  const refused: { status: number; body: string }[] = [];
  for (const call of calls) {
    const answer = await ctx.fetch(`${ctx.publicUrl}/intake/${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...call.headers },
      body: call.body,
    });
    if (!answer.ok) refused.push({ status: answer.status, body: (await answer.text()).slice(0, 500) });
  }
  return { accepted: calls.length - refused.length, refused };
}
