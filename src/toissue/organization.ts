import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { sellerSchema } from '../domain/documents/document.ts';
import { type Policies, policiesSchema } from '../domain/documents/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';

export type Seller = z.infer<typeof sellerSchema>;
/** The stored part of the policies: seller and zone are the organization's own columns. */
export const storedPoliciesSchema = policiesSchema.omit({ seller: true, zone: true }).extend({
  /** Further mail domains of marketplaces that hide the buyer's address. */
  maskedDomains: z.array(z.string().max(200)).max(200).optional(),
  /** Address of the exchange rate service of the seller's country; without one no rate is fetched. */
  exchangeUrl: z
    .url({ protocol: /^https?$/ })
    .max(300)
    .optional(),
  /** Who gets the daily mail of what waits to be issued. */
  digestTo: z.array(z.string().max(320)).max(20).optional(),
});
export type StoredPolicies = z.infer<typeof storedPoliciesSchema>;
/** How documents look; the logo is a stored file. */
export type Look = { accent?: string; logoFileId?: string; footer?: string };
export type Organization = {
  id: string;
  name: string;
  country: string;
  /** IANA zone in which civil days are taken. */
  zone: string;
  language: string;
  currency: string;
  seller: Seller;
  policies: StoredPolicies;
  look: Look;
};

export async function readOrganization(tx: Tx, id: string): Promise<Organization> {
  const row = await tx.selectFrom('organization').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw new Error(`organization ${id} does not exist`);
  return organizationOf(row);
}

type OrganizationRow = Omit<Selectable<Tables['organization']>, 'created_at'>;

export function organizationOf(row: OrganizationRow): Organization {
  return {
    id: row.id,
    name: row.name,
    country: row.country,
    zone: row.zone,
    language: row.language,
    currency: row.currency,
    seller: { taxIds: [], ...row.seller } as Seller,
    policies: storedPoliciesSchema.parse(row.policies),
    look: row.look as Look,
  };
}

export function policiesOf(organization: Organization): Policies {
  return { ...organization.policies, seller: organization.seller, zone: organization.zone };
}

const zones: Record<string, string> = { PL: 'Europe/Warsaw', HU: 'Europe/Budapest', SE: 'Europe/Stockholm' };
const currencies: Record<string, string> = { PL: 'PLN', HU: 'HUF', SE: 'SEK' };
const languages: Record<string, string> = { PL: 'pl', HU: 'hu', SE: 'sv' };

export type NewOrganization = { name: string; country: string; seller: Seller; language?: string; policies?: Partial<StoredPolicies> };

/** The series a seller of the country expects to find on the first day; every one can be changed. */
const firstSeries: Record<
  string,
  [kind: 'invoice' | 'correction' | 'proforma' | 'receipt' | 'prepayment' | 'final', name: string, pattern: string][]
> = {
  PL: [
    ['invoice', 'Faktury', 'FV/{n}/{mm}/{yyyy}'],
    ['correction', 'Korekty', 'KOR/{n}/{mm}/{yyyy}'],
    ['proforma', 'Proformy', 'PRO/{n}/{mm}/{yyyy}'],
    ['receipt', 'Potwierdzenia sprzedaży', 'PS/{n}/{mm}/{yyyy}'],
    ['prepayment', 'Zaliczki', 'ZAL/{n}/{mm}/{yyyy}'],
    ['final', 'Faktury końcowe', 'FK/{n}/{mm}/{yyyy}'],
  ],
  HU: [
    ['invoice', 'Számlák', 'SZ-{yyyy}-{n:5}'],
    ['correction', 'Helyesbítők', 'HE-{yyyy}-{n:5}'],
    ['proforma', 'Díjbekérők', 'D-{yyyy}-{n:5}'],
    ['receipt', 'Nyugták', 'NY-{yyyy}-{n:5}'],
    ['prepayment', 'Előlegszámlák', 'EL-{yyyy}-{n:5}'],
    ['final', 'Végszámlák', 'VE-{yyyy}-{n:5}'],
  ],
  SE: [
    ['invoice', 'Fakturor', '{yyyy}-{n:5}'],
    ['correction', 'Kreditfakturor', 'K{yyyy}-{n:5}'],
    ['proforma', 'Proforma', 'P{yyyy}-{n:5}'],
    ['receipt', 'Kvitton', 'R{yyyy}-{n:5}'],
    ['prepayment', 'Förskott', 'F{yyyy}-{n:5}'],
    ['final', 'Slutfakturor', 'S{yyyy}-{n:5}'],
  ],
};

/** An organization as it would be on its first day, stored nowhere. */
export function imaginedOrganization(input: NewOrganization): Organization {
  return organizationOf(firstRow(newId(new Date(0)), input));
}

function firstRow(id: string, input: NewOrganization): OrganizationRow {
  return {
    id,
    name: input.name,
    country: input.country,
    zone: zones[input.country] ?? 'UTC',
    language: input.language ?? languages[input.country] ?? 'en',
    currency: currencies[input.country] ?? 'EUR',
    seller: input.seller,
    policies: storedPoliciesSchema.parse(input.policies ?? {}),
    look: {},
  };
}

/** Makes an organization with its first series, and what `also` adds, all or nothing; outside the walls because nothing of it exists yet. */
export async function makeOrganization(
  ctx: Context,
  actor: string,
  input: NewOrganization,
  also?: (tx: Tx, id: string) => Promise<void>,
): Promise<string> {
  const now = ctx.now();
  const id = newId(now);
  const first = firstRow(id, input);
  await ctx.store.system(async (tx) => {
    await tx
      .insertInto('organization')
      .values({ ...first, seller: json(first.seller), policies: json(first.policies), look: json(first.look), created_at: now })
      .execute();
    for (const [kind, name, pattern] of firstSeries[input.country] ?? firstSeries.SE!) {
      await tx
        .insertInto('series')
        .values({
          organization_id: id,
          id: newId(now),
          name,
          kind,
          pattern,
          reset: pattern.includes('{mm}') ? 'monthly' : 'yearly',
          is_default: true,
          number_owner: 'hub',
          reporter: 'nobody',
          connection_id: null,
          settings: json({}),
          created_at: now,
        })
        .execute();
    }
    await audit(tx, id, actor, now, [
      { action: 'organization made', entity: 'organization', entityId: id, data: { name: input.name, country: input.country } },
    ]);
    await also?.(tx, id);
  });
  return id;
}

export const withoutNulls = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** What is not named stays as it is at that moment; null takes a value away. */
type OrganizationChange = Partial<Pick<Organization, 'name' | 'zone' | 'language' | 'currency' | 'look'>> & {
  seller?: { [K in keyof Seller]?: Seller[K] | null };
  policies?: { [K in keyof StoredPolicies]?: StoredPolicies[K] | null };
};

/** Saves what is named, on top of what others have saved meanwhile: what two people change at once are two changes. */
export async function saveOrganization(ctx: Context, who: Who, change: OrganizationChange): Promise<Organization> {
  return ctx.store.org(who.organizationId, async (tx) => {
    await tx.selectFrom('organization').select('id').where('id', '=', who.organizationId).forNoKeyUpdate().execute();
    const before = await readOrganization(tx, who.organizationId);
    const { policies, seller, look, ...plain } = change;
    if (Object.keys(change).length === 0) return before;
    await tx
      .updateTable('organization')
      .set({
        ...plain,
        ...(seller ? { seller: json(withoutNulls({ ...before.seller, ...seller, country: before.country })) } : {}),
        ...(look ? { look: json({ ...before.look, ...look }) } : {}),
        ...(policies ? { policies: json(storedPoliciesSchema.parse(withoutNulls({ ...before.policies, ...policies }))) } : {}),
      })
      .where('id', '=', who.organizationId)
      .execute();
    await announce(tx, who.organizationId, 'organization');
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'organization changed', entity: 'organization', entityId: who.organizationId, data: { fields: Object.keys(change) } },
    ]);
    return readOrganization(tx, who.organizationId);
  });
}
