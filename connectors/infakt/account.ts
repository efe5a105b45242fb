import type { CauseRef, CheckResult, ConnectionContext } from '../../src/contract/connector.ts';
import { accountOf, bankAccountsOf, listOf, referencesOf, symbolsOf } from './answers.ts';
import { refusedCause } from './causes.ts';
import type { Client } from './client.ts';
import { type Desk, dayMs } from './desk.ts';
import { lists } from './manifest.ts';
import { type AccountFacts, gtuNumber } from './mapper.ts';

/** What is known of the account, learnt once a day: it judges before sending, and its lists fill the forms. */

type KeptFacts = AccountFacts & { at: string };

function factsKey(client: Client): string {
  return `facts:${client.keyMark}`;
}

export function knownFacts(context: ConnectionContext, client: Client): KeptFacts {
  try {
    return JSON.parse(context.memory.get(factsKey(client)) ?? '{"at":""}') as KeptFacts;
  } catch {
    return { at: '' };
  }
}

/** Rates and bank accounts of the account; what it does not tell (no scope) judges nothing. */
async function learn(desk: Desk): Promise<AccountFacts> {
  const rates = listOf(await desk.client.call('GET', '/vat_rates.json', { query: { limit: '100' } }));
  const banks = listOf(await desk.client.call('GET', '/bank_accounts.json', { query: { limit: '100' } }));
  const before = knownFacts(desk.context, desk.client);
  const facts: KeptFacts = {
    at: desk.context.now().toISOString(),
    symbols: rates ? symbolsOf(rates.entities, desk.today()) : before.symbols,
    bankCurrencies: banks ? bankAccountsOf(banks.entities).map((bank) => bank.currency) : undefined,
    gtus: before.gtus,
  };
  desk.context.memory.set(factsKey(desk.client), JSON.stringify(facts));
  if (facts.gtus) await learnMarks(desk);
  return facts;
}

/** Marks of goods and their ids; read only for those who use them. A list that cannot be read judges nothing and marks nothing. */
export async function learnMarks(desk: Desk): Promise<void> {
  const list = listOf(await desk.client.call('GET', '/gtus.json', { query: { limit: '100' } }));
  if (!list) return;
  const gtus: Record<string, number> = {};
  for (const { value, label } of referencesOf(list.entities)) {
    const mark = gtuNumber(/GTU[_ ]?\d{1,2}/i.exec(label)?.[0]);
    if (mark && Number.isInteger(Number(value))) gtus[mark] = Number(value);
  }
  const before = knownFacts(desk.context, desk.client);
  desk.context.memory.set(factsKey(desk.client), JSON.stringify({ ...before, gtus }));
}

export async function learnDaily(desk: Desk): Promise<void> {
  const { at } = knownFacts(desk.context, desk.client);
  if (at && Math.abs(desk.context.now().getTime() - Date.parse(at)) < dayMs) return;
  await learn(desk);
}

/** A refusal that names a rate or the bank account says that what we knew of them is out of date. */
export async function learnAfter(desk: Desk, cause: CauseRef): Promise<void> {
  if ([cause, ...(cause.also ?? [])].some((c) => c.code === 'infakt.vat_rate' || c.code === 'infakt.bank_account')) await learn(desk);
}

/** Asks for one client, which costs nothing and needs only the right to read invoices; the rest is shown as far as the key may see it. */
export async function check(desk: Desk): Promise<CheckResult> {
  const reply = await desk.client.call('GET', '/clients.json', { query: { limit: '1' } });
  if (reply.verdict === 'unclear')
    return {
      ok: false,
      facts: [],
      cause: { code: 'infakt.unavailable', params: { message: reply.text || '–' }, providerText: reply.text },
    };
  if (reply.verdict === 'refused') return { ok: false, facts: [{ label: 'key', value: 'no' }], cause: refusedCause(reply) };
  const details = await desk.client.call('GET', '/account/details.json');
  const account = details.verdict === 'done' ? accountOf(details.json) : undefined;
  const ksef = await desk.client.call('GET', '/ksef2/integration.json');
  const active = ksef.verdict === 'done' ? (ksef.json as { active?: unknown } | null | undefined)?.active === true : undefined;
  const facts = await learn(desk);
  return {
    ok: true,
    facts: [
      { label: 'key', value: 'yes' },
      ...(account?.name ? [{ label: 'account', value: account.name }] : []),
      ...(account?.taxId ? [{ label: 'taxId', value: account.taxId }] : []),
      ...(account?.plan ? [{ label: 'plan', value: account.plan }] : []),
      ...(account?.daysLeft !== undefined && account.daysLeft <= 14 ? [{ label: 'daysLeft', value: String(account.daysLeft) }] : []),
      { label: 'ksef', value: active === undefined ? 'unknown' : active ? 'yes' : 'no' },
      { label: 'bank', value: facts.bankCurrencies === undefined ? 'unknown' : facts.bankCurrencies.length > 0 ? 'yes' : 'no' },
    ],
  };
}

export async function options(desk: Desk, list: string): Promise<{ value: string; label: string }[]> {
  if (lists[list]) return lists[list];
  if (list === 'vat-rates')
    return ((await learn(desk)).symbols ?? []).map((symbol) => ({ value: symbol, label: /^\d+$/.test(symbol) ? `${symbol}%` : symbol }));
  const path = { 'vat-exemptions': '/vat_exemptions.json', 'flat-rates': '/flat_rates.json', 'bank-accounts': '/bank_accounts.json' }[list];
  if (!path) return [];
  const answered = listOf(await desk.client.call('GET', path, { query: { limit: '100' } }));
  if (!answered) return [];
  if (list !== 'bank-accounts') return referencesOf(answered.entities);
  return bankAccountsOf(answered.entities).map((bank) => ({
    value: bank.number,
    label: [bank.name || bank.bank, `…${bank.number.slice(-4)}`, bank.currency].filter(Boolean).join(' · '),
  }));
}
