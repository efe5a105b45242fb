import { sql } from 'kysely';
import { connector as cards } from '../../connectors/cards/connector.ts';
import { startCardsSimulator } from '../../connectors/cards/simulator.ts';
import { endSubscription, orderPlan, payByCard, plansConnector, savePlan, setOperator } from '../../src/billing/index.ts';
import { saveConnection } from '../../src/connections/index.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import { createStatement } from '../../src/payments/index.ts';
import { storeStream } from '../../src/store/index.ts';
import { polishSeller, testOrganization } from '../../src/testkit/context.ts';
import { control, good, type Makes, mailSettings, type Seller, said } from './seller.ts';
import type { Life } from './world.ts';

export const operatorConnectors = [cards, plansConnector];
const account = 'PL61109010140000071219812874';
const customers = ['Sklep Alfa', 'Sklep Beta', 'Sklep Gamma'];

type BankLine = { reference: string; minor: number; title: string; payer: string };

/** An operator who sells plans: by card at a processor, by transfer through statements of the bank, renewed by the calendar. */
export const operator: Makes = async (world, life, n) => {
  const { ctx } = life;
  const sim = await startCardsSimulator({ now: () => world.clock.now() });
  const organizationId = await testOrganization(ctx, {
    ...polishSeller,
    name: `Operator ${n}`,
    seller: { ...polishSeller.seller, bankAccount: account, email: 'biuro@operator.example' },
  });
  const who = { organizationId, actor: 'setup' };
  await setOperator(ctx, 'setup', organizationId);
  await saveMailSettings(ctx, who, mailSettings(world));
  good(
    await saveConnection(ctx, who, {
      connector: 'cards',
      name: 'cards',
      baseUrl: sim.apiUrl,
      settings: {},
      secrets: { apiKey: sim.secretKey, signingSecret: 'secret-of-the-campaign' },
    }),
    'cards',
  );
  for (const secret of [sim.secretKey, 'secret-of-the-campaign']) world.secrets.add(secret);
  const plan = (await savePlan(ctx, who, {
    name: 'Integracja',
    currency: 'PLN',
    terms: { interval: 'month', price: '49.00', included: 0, tiers: [], trialDays: 0 },
  }))!;
  const shops: string[] = [];
  for (const name of customers)
    shops.push(
      await testOrganization(ctx, { ...polishSeller, name, seller: { ...polishSeller.seller, email: `${name.at(-1)}@example.com` } }),
    );
  /** Lines of the bank, each once for ever; statements hold some of them, also again. */
  const bank: BankLine[] = [];
  const told = new Set<string>();

  const bills = async (state: string) =>
    (
      await sql<{
        id: string;
        customer_id: string;
        number: string | null;
        minor: string;
      }>`select b.id, b.customer_id, d.number, b.amount_minor::text as minor
        from billing_order b left join document d on d.organization_id = b.organization_id and d.id = b.proforma_id
        where b.organization_id = ${organizationId} and b.state = ${state} order by b.created_at, b.id`.execute(world.options.store.db)
    ).rows;

  async function order(live: Life): Promise<string> {
    const payBy = world.pick('order', ['card', 'transfer'] as const);
    const made = await orderPlan(
      live.ctx,
      { organizationId: world.pick('order', shops), actor: 'person' },
      { planId: plan.id, payBy, again: true, customer: { proformaEmail: 'pro@example.com', invoiceEmail: 'fv@example.com' } },
    );
    return `orders by ${payBy}: ${'refused' in made ? made.refused : 'taken'}`;
  }

  /** The impatient customer presses twice; then he pays on the page, or closes it. */
  async function card(live: Life): Promise<string> {
    const open = await bills('open');
    if (open.length === 0) return 'no bill to pay';
    const bill = world.pick('card', open);
    const as = { organizationId: bill.customer_id, actor: 'person' };
    const pages = await Promise.all(Array.from({ length: 1 + world.below('card', 2) }, () => payByCard(live.ctx, as, bill.id)));
    const page = pages.find((p): p is { url: string } => 'url' in p && p.url !== undefined);
    if (!page) return `asks for a page: ${JSON.stringify(pages[0])}`;
    if (world.chance('card', 0.25)) return 'closes the page';
    await control(sim.url, 'POST', `checkouts/${page.url.split('/').pop()}/pay`, {
      card: world.pick('card', ['4242424242424242', '4242424242424242', '4000000000009995', '4000000000000077']),
      expiryMonth: 12,
      expiryYear: 2033,
    }).catch(() => undefined);
    return 'pays on the page';
  }

  function statementText(): string {
    const fresh: BankLine[] = [];
    const [day, short] = [
      world.clock.now().toISOString().slice(2, 10).replaceAll('-', ''),
      world.clock.now().toISOString().slice(5, 10).replace('-', ''),
    ];
    const line = (minor: number, title: string, payer: string) =>
      fresh.push({ reference: `B${n}${bank.length + fresh.length}`, minor, title, payer });
    for (const bill of payable) {
      if (!world.chance('bank', 0.5)) continue;
      line(Number(bill.minor), world.chance('bank', 0.8) ? `oplata ${bill.number}` : `oplata ${bill.number.toLowerCase()}`, 'SKLEP');
      // Paid a second time by mistake.
      if (world.chance('bank', 0.1)) line(Number(bill.minor), `oplata ${bill.number}`, 'SKLEP');
    }
    if (world.chance('bank', 0.6)) line(100 + world.below('bank', 20_000), 'cos innego', `JAN OBCY ${world.below('bank', 9)}`);
    bank.push(...fresh);
    // Statements overlap: some of what was told before stands there again.
    const again = bank.filter((b) => !fresh.includes(b)).slice(-world.below('bank', 3) || bank.length);
    const lines = [...again, ...fresh];
    for (const { reference } of lines) told.add(reference);
    const comma = (minor: number) => `${Math.floor(minor / 100)},${String(minor % 100).padStart(2, '0')}`;
    const entries = lines.map(
      (l) =>
        `:61:${days.get(l.reference) ?? rememberDay(l.reference, `${day}${short}`)}C${comma(l.minor)}NTRFNONREF//${l.reference}\r\n:86:020~00PRZELEW~20${l.title}~32${l.payer}~3827105000860000000000000001\r\n`,
    );
    return `:20:S${bank.length}\r\n:25:${account}\r\n:28C:${bank.length}\r\n:60F:C${day}PLN0,00\r\n${entries.join('')}-\r\n`;
  }
  const days = new Map<string, string>();
  const rememberDay = (reference: string, day: string) => {
    days.set(reference, day);
    return day;
  };
  let payable: { number: string; minor: string }[] = [];
  const statements: string[] = [];

  async function statement(live: Life): Promise<string> {
    payable = (await bills('open')).flatMap((b) => (b.number ? [{ number: b.number, minor: b.minor }] : []));
    const text = statements.length > 0 && world.chance('bank', 0.2) ? world.pick('bank', statements) : statementText();
    if (!statements.includes(text)) statements.push(text);
    return read(live, text);
  }

  async function read(live: Life, text: string): Promise<string> {
    const bytes = Buffer.from(text);
    const c = live.ctx;
    const file = await storeStream(c.store, organizationId, c.now(), {
      name: 'wyciag.sta',
      mediaType: 'text/plain',
      source: (async function* () {
        yield bytes;
      })(),
      limitBytes: 1e7,
    });
    if ('tooLarge' in file) throw new Error('too large');
    await c.store.org(organizationId, (tx) => createStatement(tx, c, { organizationId, actor: 'person' }, file));
    return `a statement of ${text.split(':61:').length - 1} lines`;
  }

  const seller: Seller = {
    kind: 'operator',
    organizationId,
    async act(live) {
      const what = world.draw('operator');
      const act = what < 0.35 ? order : what < 0.65 ? card : what < 0.93 ? statement : end;
      world.tell(`operator: ${said(await world.on(live, () => act(live)))}`);
    },
    async tick() {
      await control(sim.url, 'POST', 'clock', {});
    },
    async heal(live) {
      await control(sim.url, 'DELETE', 'faults');
      // A statement whose upload was cut off is uploaded again by the person who saw it fail: it is known or it is not.
      if (statements.length > 0 && !healed) for (const text of statements) await read(live, text);
      healed = true;
    },
    paid: () => [],
    async judge() {
      const problems: string[] = [];
      const { payments } = (await control(sim.url, 'GET', 'state')) as {
        payments: { id: string; reference: string; state: string; amountMinor: number; refundedMinor: number }[];
      };
      const charges = await world.options.store.db
        .selectFrom('charge')
        .select(['id', 'reference', 'verb', 'status', 'billing_order_id', 'processor_id', 'amount_minor'])
        .where('organization_id', '=', organizationId)
        .execute();
      const taken = new Map<string, number>();
      for (const charge of charges.filter((c) => c.verb === 'charge')) {
        const there = payments.filter((p) => p.reference === charge.reference && p.state === 'succeeded');
        taken.set(charge.billing_order_id, (taken.get(charge.billing_order_id) ?? 0) + there.length);
        if (charge.status === 'accepted' && there.length !== 1)
          problems.push(`${charge.reference}: accepted here, ${there.length} payments there`);
        if (charge.status === 'rejected' && there.length > 0) problems.push(`${charge.reference}: rejected here, paid there`);
        if (there.some((p) => BigInt(p.amountMinor) !== charge.amount_minor))
          problems.push(`${charge.reference}: another amount was taken`);
        world.count(`charges ${charge.status}`);
      }
      for (const [bill, times] of taken) if (times > 1) problems.push(`bill ${bill} was charged ${times} times`);
      for (const p of payments)
        if (!charges.some((c) => c.reference === p.reference)) problems.push(`${p.reference} was taken there and is none of ours`);
      problems.push(...(await bankSays()));
      // Each bill that is paid has its one invoice.
      const { rows } = await sql<{ what: string }>`
        select 'bill ' || b.id || ' is paid and has no invoice' as what from billing_order b left join document d on d.organization_id = b.organization_id and d.id = b.invoice_id
          where b.organization_id = ${organizationId} and b.state = 'paid' and (d.state is distinct from 'issued' or d.gross_minor <> b.amount_minor)
        union all select 'bill ' || b.id || ' has ' || count(*) || ' invoices' from billing_order b join document d on d.organization_id = b.organization_id and d.order_id = b.order_id and d.kind = 'invoice'
          where b.organization_id = ${organizationId} and d.state not in ('withdrawn', 'cancelled') group by b.id having count(*) > 1
        union all select 'bill ' || b.id || ' is paid by nothing' from billing_order b where b.organization_id = ${organizationId} and b.state = 'paid'
          and not exists (select 1 from charge c where c.organization_id = b.organization_id and c.billing_order_id = b.id and c.verb = 'charge' and c.status = 'accepted')
          and not exists (select 1 from allocation a where a.organization_id = b.organization_id and a.document_id in (b.proforma_id, b.invoice_id) and a.undone_at is null)
        union all select 'bill ' || b.id || ' was charged and is ' || b.state from billing_order b join charge c on c.organization_id = b.organization_id and c.billing_order_id = b.id
          where b.organization_id = ${organizationId} and c.verb = 'charge' and c.status = 'accepted' and b.state = 'open'`.execute(
        world.options.store.db,
      );
      for (const bill of ['open', 'paid', 'cancelled']) world.count(`bills ${bill}`, (await bills(bill)).length);
      return [...problems, ...rows.map((r) => r.what)];
    },
    close: () => sim.close(),
  };
  let healed = false;

  async function end(live: Life): Promise<string> {
    const [subscription] = (
      await sql<{
        id: string;
        customer_id: string;
      }>`select id, customer_id from subscription where organization_id = ${organizationId} and state in ('pending', 'active')
        order by created_at, id limit 1`.execute(world.options.store.db)
    ).rows;
    if (!subscription) return 'no plan to end';
    return `ends a plan: ${JSON.stringify(await endSubscription(live.ctx, { organizationId: subscription.customer_id, actor: 'person' }, subscription.id)).slice(0, 60)}`;
  }

  /** Every line of every statement is one payment, of its amount, and is somewhere: booked, proposed, open or set aside. */
  async function bankSays(): Promise<string[]> {
    const { rows } = await sql<{
      n: string;
      sum: string;
    }>`select count(*)::text as n, coalesce(sum(amount_minor), 0)::text as sum from payment
      where organization_id = ${organizationId} and source = 'bank'`.execute(world.options.store.db);
    const expected = bank.filter((b) => told.has(b.reference));
    const sum = expected.reduce((total, b) => total + b.minor, 0);
    world.count('bank lines', expected.length);
    const { n: found, sum: money } = rows[0]!;
    const problems =
      Number(found) === expected.length && Number(money) === sum
        ? []
        : [`${expected.length} lines of ${sum} at the bank, ${found} payments of ${money} here`];
    const { rows: states } = await sql<{
      status: string;
      counts: Record<string, number>;
    }>`select status, counts from bank_statement where organization_id = ${organizationId}`.execute(world.options.store.db);
    for (const { status, counts: c } of states) {
      if (status !== 'read') problems.push(`a statement is ${status}`);
      else if (c.lines !== c.debits! + c.known! + c.booked! + c.proposed! + c.open! + c.setAside! + c.unread!)
        problems.push(`a statement of ${JSON.stringify(c)} does not add up`);
    }
    return problems;
  }
  return seller;
};
