import { connector as orderFile } from '../../connectors/order-file/connector.ts';
import { connector as walley } from '../../connectors/walley/connector.ts';
import { startWalleySimulator } from '../../connectors/walley/simulator.ts';
import {
  addShipment,
  answerAction,
  openReceivable,
  type ReceivableView,
  receivableView,
  requestAction,
  retryAction,
} from '../../src/administer/index.ts';
import { saveConnection } from '../../src/connections/index.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import type { Order } from '../../src/domain/orders/order.ts';
import { type Action, sumsOfRows } from '../../src/domain/receivables/index.ts';
import { storeOrders } from '../../src/intake/index.ts';
import { testOrganization } from '../../src/testkit/context.ts';
import { swedishSale, swedishSeller } from '../../src/testkit/swedish.ts';
import { policiesOf, readOrganization } from '../../src/toissue/index.ts';
import { atTheDesk } from './people.ts';
import { control, good, type Makes, mailSettings, type Seller, type Sold, said } from './seller.ts';
import type { Life } from './world.ts';

export const swedishConnectors = [walley, orderFile];
const buyers = { approved: '9001019802', onHold: '9001029819', rejected: '9001039826', denied: '9001049833' };
const goods = [
  ['MUGG', 'Mugg', '2', '149.00', '25'],
  ['TALLRIK', 'Tallrik', '4', '89.50', '25'],
  ['KOK', 'Kokbok', '1', '249.00', '6'],
  ['KAFFE', 'Kaffe 500 g', '3', '79.90', '6'],
  ['LAMPA', 'Lampa', '1', '1299.00', '25'],
] as const;

/** Claims at a financing provider: opened with the order, activated as goods ship, credited, replaced, extended; callbacks and lost answers. */
export const sweden: Makes = async (world, life, n) => {
  const { ctx } = life;
  const sim = await startWalleySimulator({ now: () => world.clock.now() });
  const organizationId = await testOrganization(ctx, {
    name: `Lanthandel ${n}`,
    country: 'SE',
    seller: swedishSeller,
  });
  const who = { organizationId, actor: 'setup' };
  await saveMailSettings(ctx, who, mailSettings(world));
  const callbackPassword = `callback-hemligt-${n}`;
  const soapService = world.pick('setup', ['PaymentServiceV10', 'InvoiceServiceV31', 'InvoiceServiceV33']);
  const saved = good(
    await saveConnection(ctx, who, {
      connector: 'walley',
      name: 'Walley',
      baseUrl: sim.url,
      settings: {
        soapService,
        prefer: world.pick('setup', ['soap', 'soap', 'rest']),
        username: sim.credentials.username,
        clientId: sim.credentials.clientId,
        storeSeConsumer: '1234',
        storeSeCompany: '1235',
        clientIp: '192.0.2.10',
        callbackUser: 'walley',
      },
      secrets: { password: sim.credentials.password, clientSecret: sim.credentials.clientSecret, callbackPassword },
    }),
    'walley',
  );
  const connectionId = saved.connection.id;
  for (const secret of [sim.credentials.password, sim.credentials.clientSecret, callbackPassword])
    if (secret.length > 7) world.secrets.add(secret);
  for (const number of Object.values(buyers)) world.secrets.add(number);
  await control(sim.url, 'PUT', 'config', { callbackDelayMs: 15 * 60_000 });
  if (world.chance('setup', 0.7))
    await control(sim.url, 'PUT', 'callback', {
      url: `${world.door}/intake/${saved.connection.intakeUrl!.split('/').pop()}`,
      username: 'walley',
      password: callbackPassword,
    });
  const shop = good(await saveConnection(ctx, who, { connector: 'order-file', name: 'Butiken', settings: {} }), 'shop');
  const sold = new Map<string, Sold>();
  let serial = 0;
  /** How often people were asked about a claim. */
  const claimsById = new Map<string, number>();

  const order = (number: string): Order =>
    swedishSale(goods.slice(0, 1 + world.below('sale', goods.length)), {
      externalId: number,
      number,
      channel: 'butik',
      orderedAt: new Date(world.clock.now().getTime() - 3_600_000).toISOString(),
    });

  const claims = (live: Life) =>
    live.ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('receivable')
        .select(['id', 'order_id', 'state', 'needs_person'])
        .where('organization_id', '=', organizationId)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    );

  async function sell(live: Life): Promise<string> {
    const number = `LH-${n}-${++serial}`;
    const one = order(number);
    const stored = await live.ctx.store.org(organizationId, async (tx) => {
      const policies = policiesOf(await readOrganization(tx, organizationId));
      return storeOrders(tx, live.ctx, { organizationId, actor: 'shop' }, { connectionId: shop.connection.id, policies, prepare: {} }, [
        { order: one, raw: JSON.stringify(one) },
      ]);
    });
    sold.set(number, { externalId: number });
    const buyerNumber = buyers[world.pick('buyer', ['approved', 'approved', 'approved', 'onHold', 'rejected', 'denied'] as const)];
    const asked = await openReceivable(
      live.ctx,
      { organizationId, actor: 'person' },
      { connectionId, orderId: stored[0]!.orderId, buyerNumber },
      false,
    );
    return `sells ${number}: ${asked.outcome}`;
  }

  async function verb(live: Life): Promise<string> {
    const all = (await claims(live)).filter((c) => c.state !== 'adding');
    if (all.length === 0) return 'no claim yet';
    const claim = world.pick('verb', all);
    const as = { organizationId, actor: 'person' };
    const view = (await live.ctx.store.org(organizationId, (tx) => receivableView(tx, live.ctx, organizationId, claim.id, 'en')))!;
    const open = view.parts.filter((p) => ['pending', 'active', 'on_hold'].includes(p.state));
    const part = world.pick('verb', open.length > 0 ? open : view.parts);
    if (!part) return 'no part';
    if (part.state === 'pending' && claim.order_id && world.chance('verb', 0.35)) {
      const line = part.rows.find((r) => r.articleId !== 'FRAKT');
      const done = await addShipment(live.ctx, as, claim.order_id, {
        externalId: `PN-${n}-${++serial}`,
        ...(world.chance('verb', 0.5) && line ? { lines: [{ line: line.articleId, quantity: 1 }] } : {}),
      });
      return `ships: ${JSON.stringify(done).slice(0, 80)}`;
    }
    const picks = part.rows.flatMap((row, i) =>
      row.quantity - row.credited > 0 && world.chance('verb', 0.5) ? [{ row: i, quantity: 1 }] : [],
    );
    const some = picks.length > 0 && world.chance('verb', 0.6) ? { picks } : {};
    const chosen = world.pick(
      'verb',
      part.state === 'active'
        ? (['credit', 'credit', 'send', 'extend', 'adjust'] as const)
        : (['activate', 'activate', 'cancel', 'replace', 'prolong'] as const),
    );
    const seq = { part: part.seq };
    const actions: Record<typeof chosen, Exclude<Action, { verb: 'add' }>> = {
      activate: { verb: 'activate', ...seq, ...some },
      credit: { verb: 'credit', ...seq, ...some },
      cancel: { verb: 'cancel', ...seq },
      replace: {
        verb: 'replace',
        ...seq,
        rows: [{ articleId: 'NY', name: 'Ny vara', quantity: 1 + world.below('verb', 4), unitPrice: '99.00', vat: '25' }],
      },
      send: { verb: 'send', ...seq, by: 'email', email: 'ny@example.test' },
      extend: { verb: 'extend', ...seq },
      adjust: { verb: 'adjust', ...seq, articleId: 'ADJ', name: 'Prisjustering', amount: '-10.00', vat: '25' },
      prolong: { verb: 'prolong', ...seq },
    };
    const asked = await requestAction(live.ctx, as, claim.id, actions[chosen]);
    return `${chosen} ${part.number}: ${asked.outcome}${asked.outcome === 'stopped' ? ` ${asked.findings[0]?.code}` : ''}`;
  }

  /** What a person reads in the provider's portal, which knows the seller's number of the order; undefined where it tells nothing. */
  async function lookedUp(action: Action, view: ReceivableView): Promise<Parameters<typeof answerAction>[3] | undefined> {
    if (action.verb === 'add') {
      const invoices = (await control(sim.url, 'GET', 'invoices')) as { invoiceNo: string; orderNo: string }[];
      const there = invoices.find((i) => i.orderNo === view.orderNumber);
      return there ? { happened: true, number: there.invoiceNo } : { happened: false };
    }
    const number = view.parts.find((p) => p.seq === action.part)?.number;
    const invoice = await control(sim.url, 'GET', `invoices/${number}`);
    if (action.verb === 'cancel') return { happened: invoice.state === 'Cancelled' };
    if (action.verb === 'activate') {
      const newNumber = action.picks && invoice.children.at(-1);
      return { happened: invoice.state === 'Activated', ...(newNumber ? { newNumber } : {}) };
    }
    if (action.verb === 'replace') return { happened: Number(invoice.total) === Number(sumsOfRows(action.rows, 'SEK').gross) };
    if (action.verb === 'send') return { happened: invoice.sendings.some((s: { email: string }) => s.email === action.email) };
    return undefined;
  }

  const seller: Seller = {
    kind: 'sweden',
    organizationId,
    async act(live) {
      const what = world.draw('sweden');
      if (what < 0.3) world.tell(`sweden: ${said(await world.on(live, () => sell(live)))}`);
      else if (what < 0.85) world.tell(`sweden: ${said(await world.on(live, () => verb(live)))}`);
      else if (what < 0.93) {
        const parts = (await control(sim.url, 'GET', 'invoices')) as { invoiceNo?: string; number?: string; state: string }[];
        const held = parts.filter((p) => p.state === 'OnHold');
        if (held.length > 0) {
          const one = world.pick('sweden', held);
          const number = one.invoiceNo ?? one.number;
          const status = world.chance('sweden', 0.6) ? 1 : 5;
          // What lapsed between the look and the word needs no decision any more.
          const decided = await control(sim.url, 'POST', `invoices/${number}/status`, { status }).then(
            () => true,
            (error: Error) => {
              if (!error.message.includes('is not a move')) throw error;
              return false;
            },
          );
          if (decided) world.tell(`sweden: a decision on ${number}`);
        }
      } else world.tell(`sweden: ${said(await world.on(live, () => atTheDesk(world, live, organizationId)))}`);
    },
    async tick() {
      await control(sim.url, 'POST', 'clock', { seconds: 0 });
    },
    async heal() {
      await control(sim.url, 'DELETE', 'faults');
    },
    /** A verb that cannot be settled is looked up over there; here the person asks once more, then says what the provider shows. */
    async tend(live) {
      const stuck = await live.ctx.store.org(organizationId, (tx) =>
        tx
          .selectFrom('receivable_action')
          .select(['id', 'verb', 'receivable_id', 'action'])
          .where('organization_id', '=', organizationId)
          .where('status', '=', 'unknown')
          .where('next_at', 'is', null)
          .execute(),
      );
      const as = { organizationId, actor: 'person' };
      for (const { id, verb: name, receivable_id, action } of stuck) {
        const claim = claimsById.get(receivable_id) ?? 0;
        claimsById.set(receivable_id, claim + 1);
        if (claim === 0) {
          world.tell(`sweden: ${name} cannot be settled: asked once more`);
          await retryAction(live.ctx, as, id);
          continue;
        }
        const view = (await live.ctx.store.org(organizationId, (tx) => receivableView(tx, live.ctx, organizationId, receivable_id, 'en')))!;
        const said = await lookedUp(action as Action, view);
        if (!said) {
          world.count(`claims: ${name} left to a person`);
          continue;
        }
        world.count(`claims: ${name} answered by a person`);
        world.tell(`sweden: a person says of ${view.orderNumber}: ${name} ${JSON.stringify(said)}`);
        const result = await answerAction(live.ctx, as, id, said);
        if (typeof result === 'object')
          world.problem(`${view.orderNumber}: what a person read there is not believed: ${JSON.stringify(result)}`);
      }
      return stuck.length;
    },
    paid: () => [...sold.values()].filter(() => false),
    async judge() {
      const problems: string[] = [];
      const [live] = world.lives;
      for (const { id, state } of await claims(live!)) {
        const view = (await live!.ctx.store.org(organizationId, (tx) => receivableView(tx, live!.ctx, organizationId, id, 'en')))!;
        if (view.mismatches.length > 0) problems.push(`${view.orderNumber}: differs: ${JSON.stringify(view.mismatches)}`);
        if (view.busy) world.count('claims busy');
        const words: Record<string, string> = {
          Pending: 'pending',
          Activated: 'active',
          Credited: 'credited',
          Cancelled: 'cancelled',
          OnHold: 'on_hold',
          Expired: 'expired',
          Rejected: 'rejected',
          Signing: 'awaiting_buyer',
        };
        if (view.busy || state === 'adding') continue;
        for (const part of view.parts.filter((p) => p.state !== 'replaced' && p.number !== '')) {
          const theirs = await control(sim.url, 'GET', `invoices/${part.number}`).catch(() => undefined);
          if (!theirs) problems.push(`${part.number} is not there`);
          else if (words[theirs.state] !== part.state) problems.push(`${part.number}: ours ${part.state}, theirs ${theirs.state}`);
          else if (Math.abs(Number(theirs.total) - Number(part.sums.total)) > 0.001)
            problems.push(`${part.number}: total ours ${part.sums.total}, theirs ${theirs.total}`);
          else if (part.state === 'active') {
            const left = Number(theirs.total) + Number(theirs.adjustedTotal) - Number(theirs.creditedTotal);
            if (Math.abs(left - Number(part.sums.remaining.gross)) > 0.001)
              problems.push(`${part.number}: left ours ${part.sums.remaining.gross}, theirs ${left}`);
          }
        }
      }
      // What they hold of ours is one of our parts.
      const ours = await world.options.store.db
        .selectFrom('receivable_part')
        .select(['number', 'aliases'])
        .where('organization_id', '=', organizationId)
        .execute();
      const numbers = new Set(ours.flatMap((p) => [p.number, ...p.aliases]));
      const open = await world.options.store.db
        .selectFrom('receivable_action')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('status', '=', 'unknown')
        .execute();
      if (open.length === 0)
        for (const one of (await control(sim.url, 'GET', 'invoices')) as { invoiceNo?: string; number?: string; state: string }[])
          if (!numbers.has(String(one.invoiceNo ?? one.number)))
            problems.push(`${one.invoiceNo ?? one.number} (${one.state}) stands there and is none of ours`);
      return problems;
    },
    close: () => sim.close(),
  };
  return seller;
};
