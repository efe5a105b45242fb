import { addOrganization } from '../api/setup.ts';
import { pullNow } from '../channel/index.ts';
import { saveMailSettings } from '../delivery/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import type { Mailbox } from '../testkit/mailbox.ts';
import { startSimulator } from './commands/simulate.ts';

/**
 * The demo's Polish seller with an order system and an accountant's program. Nothing is connected: the addresses and keys of the two
 * doubles stand on the demo's page, and the newcomer walks through the wizards as with real accounts.
 */
export type OrderShop = {
  organizationId: string;
  simulators: { connector: string; url: string; apiUrl: string; key: string; account?: string }[];
  arrive(count: number): Promise<number>;
  close(): Promise<void>;
};

export type BaselinkerShop = Pick<OrderShop, 'arrive' | 'close'> & { simulator: OrderShop['simulators'][number] };

const name = 'Leśna Półka';
const fromAddress = 'sklep@lesna-polka.example';

export async function addOrderShop(ctx: Context, userId: string, mailbox: Mailbox): Promise<OrderShop> {
  const orders = await startSimulator('sellasist', { now: ctx.now, seeds: false });
  const books = await startSimulator('infakt', { now: ctx.now });
  const known = await ctx.store.db.selectFrom('organization').select('id').where('name', '=', name).executeTakeFirst();
  const organizationId = known?.id ?? (await make(ctx, userId));
  const who = { organizationId, actor: 'demo' };
  await saveMailSettings(ctx, who, { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName: name, fromAddress });
  const simulators = [
    { connector: 'sellasist', url: String(orders.pageUrl), apiUrl: String(orders.apiUrl), key: String(orders.key), account: 'lesna-polka' },
    { connector: 'infakt', url: String(books.pageUrl), apiUrl: String(books.apiUrl), key: String(books.key) },
  ];
  await moveConnections(ctx, organizationId, simulators);
  return {
    organizationId,
    simulators,
    arrive: (count) => arriveAt(ctx, who, 'sellasist', orders.url, count),
    close: async () => {
      await orders.close();
      await books.close();
    },
  };
}

/** Orders come into being at a double, and whoever is connected to it is told to look. */
async function arriveAt(ctx: Context, who: Who, connector: string, url: string, count: number): Promise<number> {
  const answer = await ctx.fetch(`${url}/__sim/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count }),
  });
  const made = (await answer.json()) as unknown[];
  for (const { id } of await connected(ctx, who.organizationId, connector)) await pullNow(ctx, who, id);
  return made.length;
}

/** BaseLinker for the seller whose accounting program stands on the demo's computer: unconnected too. */
export async function addBaselinker(ctx: Context, organizationId: string): Promise<BaselinkerShop> {
  const double = await startSimulator('baselinker', { now: ctx.now, seeds: false });
  const simulator = { connector: 'baselinker', url: String(double.pageUrl), apiUrl: String(double.apiUrl), key: String(double.token) };
  await moveConnections(ctx, organizationId, [simulator]);
  return {
    simulator,
    arrive: (count) => arriveAt(ctx, { organizationId, actor: 'demo' }, 'baselinker', double.url, count),
    close: () => double.close(),
  };
}

const make = (ctx: Context, userId: string) =>
  addOrganization(ctx, 'demo', userId, {
    name,
    country: 'PL',
    taxId: '9991234501',
    defaultVatRate: '23',
    seller: {
      company: 'Leśna Półka Sp. z o.o.',
      street: 'ul. Sosnowa 3',
      postalCode: '60-101',
      city: 'Poznań',
      country: 'PL',
      email: fromAddress,
      bankAccount: 'PL61109010140000071219812874',
      bankName: 'Bank Przykładowy',
    },
  });

function connected(ctx: Context, organizationId: string, connector: string) {
  return ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('connection')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('connector', '=', connector)
      .where('status', '<>', 'removed')
      .execute(),
  );
}

/** The doubles listen on other ports at every start, and have forgotten what they held. */
async function moveConnections(ctx: Context, organizationId: string, simulators: OrderShop['simulators']): Promise<void> {
  await ctx.store.org(organizationId, async (tx) => {
    for (const { connector, apiUrl } of simulators)
      await tx
        .updateTable('connection')
        .set({ base_url: apiUrl })
        .where('organization_id', '=', organizationId)
        .where('connector', '=', connector)
        .where('base_url', 'like', 'http://127.0.0.1:%')
        .execute();
  });
}
