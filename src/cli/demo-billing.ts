import { addOrganization } from '../api/setup.ts';
import { operatorOf, savePlan, setOperator } from '../billing/index.ts';
import { saveConnection } from '../connections/index.ts';
import { saveMailSettings } from '../delivery/index.ts';
import type { PlanTerms } from '../domain/billing/plans.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import type { Mailbox } from '../testkit/mailbox.ts';
import { startSimulator } from './commands/simulate.ts';

/** The demo's operator: sells plans to the other demo companies, by transfer and by the simulated card processor. */
type DemoOperator = {
  organizationId: string;
  cardsUrl: string;
  statement(): Promise<{ name: string; bytes: Uint8Array }>;
  reachable(url: string): Promise<void>;
  close(): Promise<void>;
};

const name = 'Operator Integracji';
const fromAddress = 'faktury@operator.example';
const account = 'PL27114020040000300201355387';

const terms = (more: Partial<PlanTerms>): PlanTerms => ({
  interval: 'month',
  price: '49.00',
  included: 0,
  tiers: [],
  trialDays: 0,
  ...more,
});
const plans: { name: string; about: string; terms: PlanTerms }[] = [
  { name: 'Integracja', about: '', terms: terms({ included: 200, tiers: [{ upTo: 1000, price: '0.10' }, { price: '0.05' }] }) },
  { name: 'Integracja na rok', about: '', terms: terms({ interval: 'year', price: '490.00', included: 2400, tiers: [{ price: '0.05' }] }) },
  { name: 'Od dokumentu', about: '', terms: terms({ price: '0.00', tiers: [{ upTo: 100, price: '0.40' }, { price: '0.25' }] }) },
  { name: 'Duży sklep', about: '', terms: terms({ price: '199.00', included: 5000, tiers: [{ price: '0.03' }], trialDays: 14 }) },
];

export async function addOperator(ctx: Context, userId: string, mailbox: Mailbox): Promise<DemoOperator> {
  const known = await ctx.store.db.selectFrom('organization').select('id').where('name', '=', name).executeTakeFirst();
  const organizationId =
    known?.id ??
    (await addOrganization(ctx, 'demo', userId, {
      name,
      country: 'PL',
      taxId: '9997763175',
      defaultVatRate: '23',
      seller: {
        company: 'Operator Integracji Sp. z o.o.',
        street: 'ul. Sieciowa 7',
        postalCode: '00-950',
        city: 'Warszawa',
        country: 'PL',
        email: fromAddress,
        bankAccount: account,
      },
    }));
  const who = { organizationId, actor: 'demo' };
  await saveMailSettings(ctx, who, { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName: name, fromAddress });
  if ((await operatorOf(ctx)) === undefined) await setOperator(ctx, 'demo', organizationId);
  if (!known) for (const plan of plans) await savePlan(ctx, who, { ...plan, currency: 'PLN' });
  const sim = await startSimulator('cards', { now: ctx.now });
  const before = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('connection')
      .select(['id', 'intake_token'])
      .where('organization_id', '=', organizationId)
      .where('connector', '=', 'cards')
      .where('status', '<>', 'removed')
      .executeTakeFirst(),
  );
  const saved = await saveConnection(
    ctx,
    who,
    {
      connector: 'cards',
      name: 'Karty (symulator)',
      baseUrl: String(sim.apiUrl),
      settings: {},
      secrets: { apiKey: String(sim.secretKey), signingSecret: String(sim.webhookSecret) },
    },
    before?.id,
  );
  const intakeUrl = 'connection' in saved ? saved.connection.intakeUrl : undefined;
  return {
    organizationId,
    cardsUrl: String(sim.pageUrl ?? sim.url),
    statement: () => statementOf(ctx, organizationId),
    // The processor's notices come to where the demo really listens.
    reachable: async (url) => {
      if (intakeUrl)
        await fetch(`${sim.url}/__sim/state`, {
          method: 'PATCH',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ webhookUrl: intakeUrl.replace(/^https?:\/\/[^/]+/, url) }),
        });
    },
    close: () => sim.close(),
  };
}

const comma = (minor: bigint) => fromMinor(minor, 'PLN').replace('.', ',');

/** A bank statement with what the open bills ask for, as the operator's bank would send it, and two lines that are nobody's. */
async function statementOf(ctx: Context, organizationId: string): Promise<{ name: string; bytes: Uint8Array }> {
  const bills = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('billing_order as b')
      .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'b.organization_id').onRef('d.id', '=', 'b.proforma_id'))
      .select(['d.number', 'd.buyer_name', 'b.amount_minor'])
      .where('b.organization_id', '=', organizationId)
      .where('b.state', '=', 'open')
      .orderBy('b.created_at')
      .limit(200)
      .execute(),
  );
  const day = ctx.now().toISOString().slice(2, 10).replaceAll('-', '');
  const stamp = ctx.now().getTime().toString(36).toUpperCase();
  const entry = (i: number, mark: 'C' | 'D', minor: bigint, title: string, payer: string, from: string) =>
    `:61:${day}${day.slice(2)}${mark}${comma(minor)}NTRFNONREF//${stamp}${i}\r\n:86:020~00PRZELEW~20${title.slice(0, 35)}~32${payer.slice(0, 35)}~38${from}\r\n`;
  const lines = [
    ...bills.map((b, i) =>
      entry(i, 'C', b.amount_minor, `oplata za ${b.number}`, b.buyer_name, `1110500086000000000000${String(1000 + i)}`),
    ),
    entry(900, 'C', 12_300n, 'ZWROT KAUCJI', 'JAN NOWAK', '27105000860000000000000009'),
    entry(901, 'D', 1_500n, 'PROWIZJA', 'BANK', '27105000860000000000000001'),
  ];
  const sum = bills.reduce((total, b) => total + b.amount_minor, 12_300n - 1_500n);
  const text = `:20:${day}/1\r\n:25:/${account}\r\n:28C:1\r\n:60F:C${day}PLN0,00\r\n${lines.join('')}:62F:${sum < 0n ? 'D' : 'C'}${day}PLN${comma(sum < 0n ? -sum : sum)}\r\n-\r\n`;
  return { name: `wyciag-${day}.sta`, bytes: Buffer.from(text, 'utf8') };
}
