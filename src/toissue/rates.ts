import { sql } from 'kysely';
import { addDays, civilDay } from '../domain/days/day.ts';
import { type RateService, regimeOf } from '../domain/regimes/index.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { type Need, needOf } from './exchange.ts';
import { readOrganization } from './organization.ts';

/** Fetches the rates that these documents would need if they were issued now. Returns how many of those are known, since now or before. */
export async function fetchRates(ctx: Context, organizationId: string, ids: string[], issueDate?: string): Promise<number> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const organization = await readOrganization(tx, organizationId);
    const service = regimeOf(organization.country).rateService;
    const base = organization.policies.exchangeUrl;
    if (!service || !base || ids.length === 0) return undefined;
    const today = civilDay(ctx.now().toISOString(), organization.zone);
    const rows = await tx
      .selectFrom('document')
      .select(['content', 'edited'])
      .where('organization_id', '=', organizationId)
      .where('id', 'in', ids)
      .where('currency', '<>', regimeOf(organization.country).accountingCurrency)
      .execute();
    const needs = new Map<string, Need>();
    for (const { content, edited } of rows) {
      const need = readNeed(() => needOf({ ...content, issueDate: issueDate ?? content.issueDate }, edited, today));
      // Not over yet: the table of that day may still come, and a step back now would be kept for ever.
      if (need && need.day < today) needs.set(`${need.currency} ${need.day}`, need);
    }
    const missing: Need[] = [];
    for (const need of needs.values()) if (!(await isKnown(tx, need))) missing.push(need);
    return { base, service, missing, known: needs.size - missing.length };
  });
  if (!found) return 0;
  let { known } = found;
  for (const need of found.missing) {
    const what = await fetchRate(ctx, found.base, found.service, need);
    // A service that does not answer is not asked for the rest now; a currency that it does not know keeps no other back.
    if (what === 'no answer') break;
    if (what === 'known') known++;
  }
  return known;
}

/** A content that cannot be read needs no rate: it is held when it is to be issued. */
function readNeed(read: () => Need | undefined): Need | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

async function isKnown(tx: Tx, need: Need): Promise<boolean> {
  const row = await tx
    .selectFrom('exchange_rate')
    .select('day')
    .where('source', '=', need.source)
    .where('currency', '=', need.currency)
    .where('day', '=', need.day)
    .executeTakeFirst();
  return row !== undefined;
}

const maxStepsBack = 10;
const maxAnswerBytes = 20_000;

/** Days without a table take the last one before. */
async function fetchRate(ctx: Context, base: string, service: RateService, need: Need): Promise<'known' | 'no table' | 'no answer'> {
  for (let back = 0; back <= maxStepsBack; back++) {
    const day = addDays(need.day, -back);
    try {
      const answer = await ctx.fetch(`${base.replace(/\/+$/, '')}${service.path(need.currency, day)}`, {
        signal: AbortSignal.timeout(10_000),
      });
      const text = await answer.text();
      if (answer.status === 404) continue;
      const rate = answer.ok && text.length <= maxAnswerBytes ? service.read(text, need.currency, day) : undefined;
      if (!rate) throw new Error(`status ${answer.status}`);
      await ctx.store.system((tx) =>
        sql`insert into exchange_rate (source, currency, day, rate, table_no, published)
          values (${need.source}, ${need.currency}, ${need.day}, ${rate.rate}::numeric, ${rate.table ?? null}, ${rate.date}) on conflict do nothing`.execute(
          tx,
        ),
      );
      return 'known';
    } catch (error) {
      ctx.log('warn', 'exchange rate not read', { source: need.source, currency: need.currency, day, why: (error as Error).message });
      return 'no answer';
    }
  }
  return 'no table';
}
