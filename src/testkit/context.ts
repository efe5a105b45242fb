import type { Connector } from '../contract/connector.ts';
import { type Context, type Jobs, startJobs } from '../jobs/index.ts';
import { createVault, type Store } from '../store/index.ts';
import { makeOrganization, type NewOrganization } from '../toissue/index.ts';
import { ManualClock } from './simulator.ts';

/** A context for tests: a clock that stands still, real jobs on the given database, no connectors unless named. */
export type TestContext = Context & { clock: ManualClock; jobs: Jobs };

export async function testContext(
  store: Store,
  options: { now?: string; work?: boolean; connectors?: Connector[] } = {},
): Promise<TestContext> {
  const clock = new ManualClock(options.now ?? '2026-11-20T09:00:00Z');
  const jobs = await startJobs(store, { work: options.work ?? true });
  return {
    store,
    jobs,
    clock,
    vault: createVault(Buffer.alloc(32, 7)),
    now: () => clock.now(),
    connectors: new Map((options.connectors ?? []).map((c) => [c.manifest.id, c])),
    publicUrl: 'http://localhost:8080',
    buyerLinks: true,
    fetch,
    pause: async (until) => {
      if (until > clock.now()) clock.set(until);
    },
    log: () => {},
  };
}

export const polishSeller: NewOrganization = {
  name: 'Sklep Wzorcowy',
  country: 'PL',
  seller: {
    name: 'Sklep Wzorcowy Sp. z o.o.',
    taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }],
    street: 'ul. Wzorcowa 1',
    postalCode: '00-001',
    city: 'Warszawa',
    country: 'PL',
    bankAccount: 'PL61109010140000071219812874',
  },
  policies: { rates: { bySku: {}, byOffer: {}, byCategory: {}, default: { category: 'S', percent: '23', source: 'default' } } },
};

export async function testOrganization(ctx: Context, input: NewOrganization = polishSeller): Promise<string> {
  return makeOrganization(ctx, 'test', input);
}
