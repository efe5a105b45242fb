import { addShipment, openReceivable } from '../administer/index.ts';
import { addOrganization } from '../api/setup.ts';
import { saveConnection } from '../connections/index.ts';
import { saveMailSettings } from '../delivery/index.ts';
import type { Order } from '../domain/orders/order.ts';
import { storeOrders } from '../intake/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import type { Mailbox } from '../testkit/mailbox.ts';
import { policiesOf, readOrganization } from '../toissue/index.ts';

/** The demo's Swedish seller: a shop whose invoices a simulated financing provider holds until the goods ship. */
type SwedishShop = { organizationId: string };

const name = 'Älvdalens Lanthandel';
const fromAddress = 'hej@alvdalens-lanthandel.example';
/** Numbers that the simulator answers in a known way; nobody alive has them. */
const buyers = { approved: '9001019802', onHold: '9001029819', company: '5599999991' };

export async function addSwedishShop(
  ctx: Context,
  userId: string,
  provider: Record<string, unknown> & { url: string },
  mailbox: Mailbox,
): Promise<SwedishShop> {
  const known = await ctx.store.db.selectFrom('organization').select('id').where('name', '=', name).executeTakeFirst();
  const organizationId = known?.id ?? (await make(ctx, userId));
  const who = { organizationId, actor: 'demo' };
  await saveMailSettings(ctx, who, { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName: name, fromAddress });
  // The simulator begins empty at every start: its numbers go on from the clock, so that none comes twice.
  await ctx.fetch(`${provider.url}/__sim/config`, {
    method: 'PUT',
    body: JSON.stringify({
      nextInvoiceNo: 60_000_000 + (Math.floor(ctx.now().getTime() / 60_000) % 39_000_000),
      callbackDelayMs: 15 * 60_000,
    }),
  });
  const connectionId = await connect(ctx, who, provider);
  if (!known) await sell(ctx, who, connectionId);
  return { organizationId };
}

function make(ctx: Context, userId: string): Promise<string> {
  return addOrganization(ctx, 'demo', userId, {
    name,
    country: 'SE',
    taxId: '5599999991',
    defaultVatRate: '25',
    seller: {
      company: 'Älvdalens Lanthandel AB',
      street: 'Dalvägen 8',
      postalCode: '796 31',
      city: 'Älvdalen',
      country: 'SE',
      email: fromAddress,
      bankgiro: '5555-5551',
      register: 'Godkänd för F-skatt',
    },
  });
}

/** The simulator has another address at every start. */
async function connect(ctx: Context, who: Who, provider: Record<string, unknown> & { url: string }): Promise<string> {
  const before = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('connection')
      .select(['id', 'settings'])
      .where('organization_id', '=', who.organizationId)
      .where('connector', '=', 'walley')
      .where('status', '<>', 'removed')
      .executeTakeFirst(),
  );
  const credentials = provider.credentials as { username: string; password: string; clientId: string; clientSecret: string };
  const saved = await saveConnection(
    ctx,
    who,
    {
      connector: 'walley',
      name: 'Walley (simulator)',
      baseUrl: provider.url,
      settings: {
        soapService: 'PaymentServiceV10',
        prefer: 'soap',
        storeSeConsumer: '1234',
        storeSeCompany: '1235',
        clientIp: '192.0.2.10',
        callbackUser: 'walley',
        ...before?.settings,
        environment: 'test',
        username: credentials.username,
        clientId: credentials.clientId,
      },
      secrets: { password: credentials.password, clientSecret: credentials.clientSecret, callbackPassword: 'demo' },
    },
    before?.id,
  );
  if ('findings' in saved)
    throw new Error(`the demo's financing was refused: ${saved.findings.map((f) => `${f.code} ${f.where}`).join(', ')}`);
  const row = await ctx.store.db
    .selectFrom('connection')
    .select('intake_token')
    .where('id', '=', saved.connection.id)
    .executeTakeFirstOrThrow();
  await ctx.fetch(`${provider.url}/__sim/callback`, {
    method: 'PUT',
    body: JSON.stringify({ url: `${ctx.publicUrl}/intake/${row.intake_token}`, username: 'walley', password: 'demo' }),
  });
  return saved.connection.id;
}

const goods = [
  ['MUGG', 'Mugg, stengods', '2', '149.00', '25'],
  ['TALLRIK', 'Tallrik, stengods', '4', '89.50', '25'],
  ['KOKBOK', 'Kokbok: Dalarna runt', '1', '249.00', '6'],
  ['MESSMOR', 'Messmör 400 g', '3', '42.90', '6'],
  ['FALL', 'Fårskinn', '1', '1299.00', '25'],
] as const;

function order(ctx: Context, number: string, buyer: Partial<Order['buyer']>, rows: readonly (readonly string[])[]): Order {
  const at = new Date(ctx.now().getTime() - 36 * 3_600_000).toISOString();
  return {
    externalId: number,
    number,
    aliases: [],
    channel: 'butik',
    status: 'ready',
    orderedAt: at,
    readyAt: at,
    currency: 'SEK',
    buyer: { taxIds: [], country: 'SE', emailKind: 'direct', ...buyer },
    invoiceRequest: { requested: true, explicit: true },
    delivery: { gross: '59.00', method: 'Ombud', tracking: [], rate: { category: 'S', percent: '25', source: 'channel' } },
    lines: rows.map(([sku, title, quantity, unitGross, percent], i) => ({
      id: String(i + 1),
      kind: 'goods',
      name: title!,
      sku: sku!,
      quantity: quantity!,
      unit: 'st',
      unitGross: unitGross!,
      gross: ((BigInt(unitGross!.replace('.', '')) * BigInt(quantity!)) / 1n).toString().replace(/(\d\d)$/, '.$1'),
      rate: { category: 'S', percent: percent!, source: 'channel' },
    })),
    adjustments: [],
    payments: [{ method: 'deferred', provider: 'Walley', status: 'pending' }],
    messages: {},
    refunds: [],
    documentedElsewhere: [],
    findings: [],
  };
}

/** Four orders: one to try everything on, one pending, one of which a part was shipped, one on hold. */
async function sell(ctx: Context, who: Who, connectionId: string): Promise<void> {
  const shop = await saveConnection(ctx, who, { connector: 'order-file', name: 'Butiken', settings: {} });
  if ('findings' in shop) throw new Error('the demo’s shop was refused');
  const person = (firstName: string, lastName: string, street: string, postalCode: string, city: string) => ({
    firstName,
    lastName,
    street,
    postalCode,
    city,
    email: `${firstName.toLowerCase()}@example.se`,
  });
  const orders = [
    order(ctx, 'LH-1001', person('Alva', 'Ek', 'Björkgatan 4', '753 28', 'Uppsala'), goods),
    order(ctx, 'LH-1002', person('Nils', 'Lind', 'Storgatan 12', '411 38', 'Göteborg'), goods.slice(0, 3)),
    order(
      ctx,
      'LH-1003',
      {
        company: 'Fjällstugan AB',
        street: 'Industrivägen 5',
        postalCode: '211 20',
        city: 'Malmö',
        email: 'faktura@fjallstugan.example',
        taxIds: [{ scheme: 'SE:ORGNR', value: buyers.company }],
      },
      goods.slice(1),
    ),
    order(ctx, 'LH-1004', person('Maja', 'Berg', 'Kyrkogatan 7', '722 11', 'Västerås'), goods.slice(0, 2)),
  ];
  const stored = await ctx.store.org(who.organizationId, async (tx) => {
    const policies = policiesOf(await readOrganization(tx, who.organizationId));
    return storeOrders(
      tx,
      ctx,
      who,
      { connectionId: shop.connection.id, policies, prepare: {} },
      orders.map((one) => ({ order: one, raw: JSON.stringify(one) })),
    );
  });
  const numbers = [undefined, buyers.approved, buyers.company, buyers.onHold];
  for (const [i, buyerNumber] of numbers.entries())
    if (buyerNumber) await openReceivable(ctx, who, { connectionId, orderId: stored[i]!.orderId, buyerNumber }, false);
  await addShipment(ctx, who, stored[2]!.orderId, {
    externalId: 'PN-7001',
    lines: [
      { line: 'TALLRIK', quantity: 2 },
      { line: 'KOKBOK', quantity: 1 },
    ],
  });
}
