import { createHash } from 'node:crypto';
import { connector as infakt } from '../../connectors/infakt/connector.ts';
import { startInfaktSimulator } from '../../connectors/infakt/simulator.ts';
import { connector as sellasist } from '../../connectors/sellasist/connector.ts';
import { startSellasistSimulator } from '../../connectors/sellasist/simulator.ts';
import { pullNow } from '../../src/channel/index.ts';
import { readConnection, saveConnection } from '../../src/connections/index.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import { polishSeller, testOrganization } from '../../src/testkit/context.ts';
import { assignSeries, listSeries, saveMappings, saveSeries } from '../../src/toissue/index.ts';
import { atTheDesk } from './people.ts';
import { providerSays } from './provider.ts';
import { control, good, type Makes, mailSettings, type Seller, said } from './seller.ts';

export const polishConnectors = [sellasist, infakt];

type Order = {
  id: number;
  total: string;
  paymentStatus: string;
  statusId: number;
  files: { fieldId: number; sha256: string; pdf: boolean }[];
};
const cancelledStatus = 40;

/** Orders of an order system, invoices by inFakt with notices, their PDFs and numbers back on the orders. */
export const polishOrders: Makes = async (world, life, n) => {
  const { ctx } = life;
  const shop = await startSellasistSimulator({ now: () => world.clock.now(), seeds: false });
  const books = await startInfaktSimulator({ now: () => world.clock.now() });
  const organizationId = await testOrganization(ctx, { ...polishSeller, name: `Zamówienia ${n}` });
  const who = { organizationId, actor: 'setup' };
  await saveMailSettings(ctx, who, mailSettings(world));
  const webhookSecret = `sekret-webhooka-${n}-infakt`;
  const provider = good(
    await saveConnection(ctx, who, {
      connector: 'infakt',
      name: 'inFakt',
      baseUrl: books.apiUrl,
      settings: {},
      secrets: { apiKey: books.key },
    }),
    'infakt',
  );
  const connectionId = provider.connection.id;
  const byProvider = world.chance('setup', 0.75);
  const all = () => ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
  if (byProvider) {
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
    const kinds = ['invoice', 'correction'];
    await assignSeries(
      ctx,
      who,
      connection!,
      (await all()).filter((s) => kinds.includes(s.kind)).map((s) => s.id),
    );
    const series = await all();
    for (const { id, name, kind, pattern, reset, number_owner: numberOwner } of series.filter((s) => s.connection_id === connectionId)) {
      const settings = {
        pdfLanguage: 'pl',
        paymentDays: 7,
        ksef: world.pick('setup', ['never', 'nip_only']),
        correctionSeries: series.find((s) => s.kind === 'correction')!.id,
      };
      good(await saveSeries(ctx, who, { id, name, kind, pattern, reset, numberOwner, settings }), 'series');
    }
    await ctx.store.org(organizationId, (tx) =>
      saveMappings(tx, ctx, who, connectionId, 'payment_method', {
        PayU: 'payu',
        'Przelew zwykły': 'transfer',
        Pobranie: 'delivery',
      }),
    );
  }
  await control(shop.url, 'PATCH', 'state', { secondFile: 'append', typing: world.pick('setup', ['sample', 'wobble', 'strings']) });
  const channel = good(
    await saveConnection(ctx, who, {
      connector: 'sellasist',
      name: 'Sellasist',
      baseUrl: shop.apiUrl,
      settings: {
        account: 'sklep',
        autoIssue: true,
        cancelledStatuses: [String(cancelledStatus)],
        documentField: '4',
        correctionField: '5',
        numberField: 'document_number',
        errorStatus: '31',
      },
      secrets: { apiKey: shop.key },
    }),
    'sellasist',
  );
  if (world.chance('setup', 0.6)) {
    const hook = await control(books.url, 'POST', 'webhooks', {
      url: `${world.door}/intake/${provider.connection.intakeUrl!.split('/').pop()}`,
    });
    good(
      await saveConnection(
        ctx,
        who,
        { connector: 'infakt', name: 'inFakt', settings: {}, secrets: { webhookSecret: hook.secret } },
        connectionId,
      ),
      'webhook secret',
    );
    world.secrets.add(hook.secret);
    await control(books.url, 'POST', `webhooks/${hook.id}/verify`);
    if (world.chance('setup', 0.5)) await control(books.url, 'PATCH', 'state', { webhookTwice: true });
  }
  world.secrets.add(books.key).add(shop.key).add(webhookSecret);

  const troubles: [string, string, object, object][] = [
    ['inFakt is under maintenance', books.url, { maintenance: true }, { maintenance: false }],
    ['the plan of inFakt is used up', books.url, { planUsedUp: true }, { planUsedUp: false }],
    ['the key of inFakt was taken back', books.url, { keyRevoked: true }, { keyRevoked: false }],
    ['inFakt is slow with tasks', books.url, { taskStepSeconds: 900 }, { taskStepSeconds: 0.4 }],
    ['webhooks are silent', books.url, { webhooksSilent: true }, { webhooksSilent: false }],
    ['Sellasist is under maintenance', shop.url, { maintenance: true }, { maintenance: false }],
    ['the key of Sellasist was taken back', shop.url, { keyRevoked: true }, { keyRevoked: false }],
  ];

  const orders = (): Promise<Order[]> => control(shop.url, 'GET', 'orders');
  const seller: Seller = {
    kind: 'polish orders',
    organizationId,
    async act(live) {
      const what = world.draw('polish orders');
      const there = await orders();
      const some = there.length > 0 ? world.pick('polish orders', there) : undefined;
      if (what < 0.4 || !some) {
        const made = await control(shop.url, 'POST', 'orders', { count: 1 + world.below('polish orders', 3) });
        world.tell(`polish orders: ${made.length} arrive`);
        await world.on(live, (c) => pullNow(c, { organizationId, actor: 'person' }, channel.connection.id));
      } else if (what < 0.6) {
        const [verb, body] = world.pick('polish orders', [
          ['change', {}],
          ['change', { company_nip: '5260001246', company_name: 'Firma Sp. z o.o.' }],
          ['cancel', {}],
          ['return', {}],
          ['pay', {}],
          ['pay', {}],
        ] as [string, object][]);
        await control(shop.url, 'POST', `orders/${some.id}/${verb}`, body).catch(() => undefined);
        world.tell(`polish orders: ${verb} ${some.id}`);
      } else if (what < 0.75) {
        const [name, url, on, off] = world.pick('polish orders', troubles);
        const bad = world.chance('polish orders', 0.5);
        await control(url, 'PATCH', 'state', bad ? on : off);
        world.tell(`polish orders: ${name}${bad ? '' : ' no more'}`);
      } else world.tell(`polish orders: ${said(await world.on(live, () => atTheDesk(world, live, organizationId)))}`);
    },
    async tick() {
      await control(books.url, 'POST', 'clock', {});
    },
    async heal() {
      for (const [, url, , off] of troubles) await control(url, 'PATCH', 'state', off);
    },
    async holds(reference) {
      return (await theirs()).some((d) => d.references.includes(reference));
    },
    paid: async () =>
      (await orders())
        .filter((o) => o.paymentStatus === 'paid' && o.statusId !== cancelledStatus)
        .map((o) => ({ externalId: String(o.id), gross: o.total })),
    async judge() {
      const problems = await providerSays(world, organizationId, connectionId, await theirs());
      const puts = await world.options.store.db
        .selectFrom('delivery as v')
        .innerJoin('document as d', (j) => j.onRef('d.organization_id', '=', 'v.organization_id').onRef('d.id', '=', 'v.document_id'))
        .innerJoin('sales_order as o', (j) => j.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'))
        .select(['v.status', 'o.external_id', 'd.id', 'd.number', 'd.kind'])
        .where('v.organization_id', '=', organizationId)
        .where('v.way', '=', 'attachment')
        .execute();
      for (const order of await orders()) {
        const files = order.files.filter((f) => f.pdf);
        const same = new Set(files.map((f) => `${f.fieldId} ${f.sha256}`));
        if (same.size !== files.length) problems.push(`order ${order.id} carries the same file twice`);
        const visible = puts.filter((p) => p.external_id === String(order.id) && p.status === 'visible');
        for (const put of visible) {
          const stored = await pdfOf(put.id);
          if (stored && !files.some((f) => f.sha256 === stored)) problems.push(`order ${order.id} lacks the PDF of ${put.number}`);
        }
      }
      return problems;
    },
    close: async () => {
      await shop.close();
      await books.close();
    },
  };

  async function pdfOf(documentId: string): Promise<string | undefined> {
    const chunks = await world.options.store.db
      .selectFrom('file_chunk as c')
      .innerJoin('document as d', (j) => j.onRef('d.organization_id', '=', 'c.organization_id').onRef('d.pdf_file_id', '=', 'c.file_id'))
      .select('c.bytes')
      .where('d.id', '=', documentId)
      .orderBy('c.seq')
      .execute();
    return chunks.length > 0
      ? createHash('sha256')
          .update(Buffer.concat(chunks.map((c) => c.bytes)))
          .digest('hex')
      : undefined;
  }

  async function theirs() {
    const documents = (await control(books.url, 'GET', 'documents')) as {
      number: string;
      orders: string[];
      gross: number;
      kind: string;
      family: string;
    }[];
    return documents.map((d) => ({
      number: d.number,
      references: d.orders.filter((o) => o.startsWith('fk:')),
      grossMinor: BigInt(d.gross),
    }));
  }
  return seller;
};
