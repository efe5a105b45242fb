import { sql } from 'kysely';
import type { z } from 'zod';
import { civilDay } from '../domain/days/day.ts';
import type { TaxRate } from '../domain/orders/order.ts';
import { checkTaxId, type RegisteredCompany, rateOfKey, regimeOf, regimes, taxId } from '../domain/regimes/index.ts';
import type { Context } from '../jobs/index.ts';
import { json, newId, type Tx } from '../store/index.ts';
import { makeOrganization, type Seller } from '../toissue/index.ts';
import type { Accounts } from './accounts.ts';
import { Refusal } from './problem.ts';
import type { organizationInput, setupInput } from './schemas/index.ts';

/** Is this installation still without anybody? Somebody of a first run that broke off, who has no organization, is nobody. */
export async function setupNeeded(ctx: Context): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`
    select exists (select 1 from auth_user) and exists (select 1 from organization) as there`.execute(ctx.store.db);
  return !rows[0]!.there;
}

type OrganizationInput = z.output<typeof organizationInput>;

/** The seller of a new organization: what was typed, with the tax id checked by the rules of its country. */
function sellerOf(input: OrganizationInput): Seller {
  if (!Object.hasOwn(regimes, input.country)) {
    throw new Refusal(422, 'country-unknown', `Sellers of ${input.country} are not supported; ${Object.keys(regimes).join(', ')} are.`);
  }
  const seller: Seller = { company: input.name, ...input.seller, country: input.country, taxIds: input.seller?.taxIds ?? [] };
  if (input.taxId) {
    const verdict = checkTaxId({ scheme: regimeOf(input.country).taxIdScheme, value: input.taxId });
    if (!verdict?.valid)
      throw new Refusal(422, 'tax-id-invalid', `${input.taxId} is not a tax number of ${input.country}: a digit may be mistyped.`);
    seller.taxIds = [taxId(verdict, input.taxId), ...seller.taxIds.filter((one) => one.scheme !== verdict.scheme)];
  }
  return seller;
}

function rateOf(country: string, typed: string): TaxRate {
  const rate = rateOfKey(regimeOf(country), typed.trim().replace(/\s*%$/, '').replace(',', '.'), 'default');
  if (!rate) throw new Refusal(422, 'rate-unknown', `"${typed}" is no VAT rate of ${country}.`);
  return rate;
}

/** Everything of the input that can be refused, before anything is made of it. */
function read(input: OrganizationInput): { seller: Seller; rate: TaxRate | undefined } {
  const seller = sellerOf(input);
  return { seller, rate: input.defaultVatRate ? rateOf(input.country, input.defaultVatRate) : undefined };
}

/** Makes an organization and its owner, both or none; `allowed` has the last word. */
export async function addOrganization(
  ctx: Context,
  actor: string,
  userId: string,
  input: OrganizationInput,
  allowed?: (tx: Tx) => Promise<void>,
): Promise<string> {
  const { seller, rate } = read(input);
  const organization = {
    name: input.name,
    country: input.country,
    seller,
    language: input.language,
    ...(rate ? { policies: { rates: { bySku: {}, byOffer: {}, byCategory: {}, default: rate } } } : {}),
  };
  return makeOrganization(ctx, actor, organization, async (tx, organizationId) => {
    await allowed?.(tx);
    if (input.currency || input.zone)
      await tx
        .updateTable('organization')
        .set({ ...(input.currency ? { currency: input.currency } : {}), ...(input.zone ? { zone: input.zone } : {}) })
        .where('id', '=', organizationId)
        .execute();
    await tx
      .insertInto('member')
      .values({ organization_id: organizationId, user_id: userId, role: 'owner', created_at: ctx.now() })
      .execute();
  });
}

/** A first run takes no longer. */
const firstRunMs = 20_000;

/** The first run: one organization, one owner. Refused as soon as anybody exists. */
export async function setUp(
  ctx: Context,
  accounts: Pick<Accounts, 'makeUser'>,
  input: z.output<typeof setupInput>,
): Promise<{ organizationId: string; userId: string }> {
  const refused = () => new Refusal(409, 'already-set-up', 'This installation has been set up: sign in.');
  if (!(await setupNeeded(ctx))) throw refused();
  // An owner whose organization is refused would be somebody, and nobody could set anything up any more.
  read(input.organization);
  // Two browsers at once: one wins. What broke off (the process died) is taken over, as long as there is no organization.
  const now = ctx.now();
  const mine = newId(now);
  const claimed = await sql`
    insert into installation as i (key, value) values ('set-up', ${json({ by: mine, at: now.toISOString() })})
    on conflict (key) do update set value = excluded.value where not exists (select 1 from organization)
      and not coalesce(abs(extract(epoch from ((i.value->>'at')::timestamptz - ${now.toISOString()}::timestamptz))) < ${firstRunMs / 1000}::int, false)
    returning key`.execute(ctx.store.db);
  if (claimed.rows.length === 0) throw refused();
  const isMine = sql<boolean>`exists (select 1 from installation where key = 'set-up' and value->>'by' = ${mine})`;
  const forgetStrays = () =>
    sql`delete from auth_user u where not exists (select 1 from member m where m.user_id = u.id) and ${isMine}`.execute(ctx.store.db);
  // Locked: who takes over waits for this one's end, and finds the owner then.
  const stillMine = async (tx: Tx) => {
    const { rows } = await sql`select key from installation where key = 'set-up' and value->>'by' = ${mine}
      and not exists (select 1 from member) for no key update`.execute(tx);
    if (rows.length === 0) throw refused();
  };
  try {
    await forgetStrays();
    const user = await accounts.makeUser({
      email: input.email,
      name: input.name,
      password: input.password,
      language: input.organization.language,
    });
    if ('taken' in user) throw refused();
    return { organizationId: await addOrganization(ctx, input.email, user.id, input.organization, stillMine), userId: user.id };
  } catch (error) {
    try {
      await forgetStrays();
      await sql`delete from installation where key = 'set-up' and value->>'by' = ${mine}`.execute(ctx.store.db);
    } catch {
      // The database is away: the next one takes over.
    }
    throw error;
  }
}

const registerWaitMs = 8000;
const maxRegisterBytes = 200_000;

/** What the public register of the country says about a tax number. Every way of not knowing is a refusal that says: type it. */
export async function lookUpCompany(
  ctx: Pick<Context, 'fetch' | 'log' | 'now'>,
  otherUrl: string | undefined,
  { country, taxId: typed }: { country: string; taxId: string },
): Promise<RegisteredCompany & { source: string }> {
  const verdict = regimes[country]?.checkTaxId(typed);
  if (!verdict?.valid) throw new Refusal(422, 'tax-id-invalid', `${typed} is not a tax number of ${country}: a digit may be mistyped.`);
  const { companyRegister: register, zone } = regimeOf(country);
  if (otherUrl === 'off') throw new Refusal(503, 'register-off', 'The registers of companies are not asked by this installation.');
  const silent = () => new Refusal(503, 'register-silent', `${register.source} gave no answer just now.`);
  const base = (otherUrl ?? register.base).replace(/\/+$/, '');
  const answer = await ctx
    .fetch(`${base}${register.path(verdict.value, civilDay(ctx.now().toISOString(), zone))}`, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(registerWaitMs),
    })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: Error) => {
      ctx.log('warn', 'a register of companies was not reached', { source: register.source, why: error.message });
      throw silent();
    });
  const found = answer.status === 200 && answer.text.length <= maxRegisterBytes ? register.read(answer.text) : undefined;
  if (found === undefined) throw silent();
  if (found === 'absent') throw new Refusal(404, 'register-unknown', `${register.source} knows no company of this number.`);
  return { source: register.source, ...found };
}
