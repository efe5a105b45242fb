import { CallWindow, SimClock, type SimService, startService, type Words } from '../../src/testkit/service.ts';
import type { SimulatorHandle } from '../../src/testkit/simulator.ts';
import { type Api, answerApi, logged, methodNames, operationOf } from './simulator/api.ts';
import { pageOf, verbsOf } from './simulator/control.ts';
import { type Settings, settings } from './simulator/settings.ts';
import { Account, demoToken } from './simulator/state.ts';

export type BaselinkerSimulator = SimulatorHandle & {
  /** The one address: the service's and `/connector.php`. */
  apiUrl: string;
  /** The page with state and fault switches for a person. */
  pageUrl: string;
  /** The token the account begins with. */
  token: string;
};

type BaselinkerSimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-11-20T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
  /** Begin with one order for each thing that can be odd about one; default true. */
  seeds?: boolean;
};

const modes: Record<string, Words> = {
  error: { pl: 'odpowiedź z błędem', en: 'answers with an error', hu: 'hibával válaszol', sv: 'svarar med fel' },
  blocked: { pl: 'token zablokowany', en: 'token blocked', hu: 'a token letiltva', sv: 'token spärrad' },
  'stores-nothing': {
    pl: 'odpowiada SUCCESS, niczego nie zapisuje',
    en: 'answers SUCCESS, stores nothing',
    hu: 'SUCCESS-szel válaszol, de nem ment semmit',
    sv: 'svarar SUCCESS men sparar inget',
  },
};

/** Methods have one name in every language. */
const operations = Object.fromEntries(methodNames.map((name): [string, Words] => [name, { pl: name, en: name, hu: name, sv: name }]));

/**
 * A faithful double of the BaseLinker API with memory, limits and faults, written from the contract alone: status 200 for everything, a
 * token that is closed for ten minutes when it was used too often, documents of its own, a journal that forgets after three days.
 */
export async function startBaselinkerSimulator(options: BaselinkerSimulatorOptions = {}): Promise<BaselinkerSimulator> {
  const clock = new SimClock(options.now);
  const seeds = options.seeds ?? true;
  const api: Api = { account: new Account(clock, seeds), current: settings.parse({}), calls: new CallWindow() };
  const service: SimService = {
    title: { pl: 'BaseLinker na niby', en: 'BaseLinker, simulated', hu: 'BaseLinker szimulátor', sv: 'BaseLinker, simulerat' },
    lead: {
      pl: 'Zachowuje się jak API BaseLinkera. Tu przychodzą i zmieniają się zamówienia, tu psujesz i naprawiasz połączenie.',
      en: 'Behaves like the BaseLinker API. Orders arrive and change here, and here you break the connection and mend it.',
      hu: 'Úgy viselkedik, mint a BaseLinker API. Itt érkeznek és változnak a rendelések, és itt ronthatod el, majd javíthatod meg a kapcsolatot.',
      sv: 'Beter sig som BaseLinkers API. Här kommer ordrar in och ändras, och här bryter och lagar du anslutningen.',
    },
    clock,
    operations,
    modes,
    settings,
    verbs: verbsOf(api),
    get current() {
      return api.current;
    },
    set current(value) {
      api.current = value as Settings;
    },
    operationOf,
    logged,
    answer: (request, fault, origin) => answerApi(api, request, fault, origin),
    state: () => ({
      token: api.account.token,
      orders: api.account.orders.size,
      journalRows: api.account.journal.length,
      invoices: api.account.invoices.size,
      receipts: api.account.receipts.size,
      callsThisMinute: api.calls.used(api.account.token, clock.now()),
      calls: api.calls.tally(),
      blockedUntil: api.account.blockedUntil > clock.now() ? new Date(api.account.blockedUntil).toISOString() : null,
    }),
    reset: (body) => {
      api.account = new Account(clock, typeof body.seeds === 'boolean' ? body.seeds : seeds);
      api.calls.clear();
    },
    page: (language) => pageOf(api, language),
  };
  const server = await startService(service, options.port);
  return { ...server, apiUrl: `${server.url}/connector.php`, token: demoToken };
}
