import { CallWindow, SimClock, type SimService, startService, type Words } from '../../src/testkit/service.ts';
import type { SimulatorHandle } from '../../src/testkit/simulator.ts';
import { type Api, answerApi, operationOf, type Settings, settings } from './simulator/api.ts';
import { pageOf, verbsOf } from './simulator/control.ts';
import { Account, demoKey } from './simulator/state.ts';

export type SellasistSimulator = SimulatorHandle & {
  /** Base of the API: the address of the service and `/api/v1`. */
  apiUrl: string;
  /** The page with state and fault switches for a person. */
  pageUrl: string;
  /** The key of the one account. */
  key: string;
};

type SellasistSimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-11-20T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
  /** Begin with one order for each thing that can be odd about one (contract section 9); default true. */
  seeds?: boolean;
};

const operations: Record<string, Words> = {
  orders: { pl: 'lista zamówień', en: 'list of orders', hu: 'rendelések listája', sv: 'orderlista' },
  order: { pl: 'odczyt zamówienia', en: 'reading an order', hu: 'rendelés olvasása', sv: 'läsa en order' },
  update: { pl: 'zmiana zamówienia', en: 'changing an order', hu: 'rendelés módosítása', sv: 'ändra en order' },
  journal: { pl: 'dziennik', en: 'journal', hu: 'napló', sv: 'journal' },
  search: { pl: 'wyszukiwanie', en: 'search', hu: 'keresés', sv: 'sökning' },
  create: { pl: 'nowe zamówienie', en: 'creating an order', hu: 'rendelés létrehozása', sv: 'skapa en order' },
  lines: { pl: 'pozycje', en: 'lines', hu: 'tételek', sv: 'rader' },
  notes: { pl: 'notatki', en: 'notes', hu: 'megjegyzések', sv: 'anteckningar' },
  invoices: { pl: 'faktury', en: 'invoices', hu: 'számlák', sv: 'fakturor' },
  lookup: { pl: 'słowniki', en: 'lists', hu: 'szótárak', sv: 'listor' },
};

const modes: Record<string, Words> = {
  'stores-nothing': {
    pl: 'odpowiada 200, niczego nie zapisuje',
    en: 'answers 200, stores nothing',
    hu: '200-zal válaszol, de nem ment semmit',
    sv: 'svarar 200 men sparar inget',
  },
  'orders-arrive': {
    pl: 'zaraz po stronie przychodzi zamówienie',
    en: 'an order arrives right after the page',
    hu: 'az oldal után rögtön érkezik egy rendelés',
    sv: 'en order kommer direkt efter sidan',
  },
  http429: { pl: 'za dużo wywołań (429)', en: 'too many calls (429)', hu: 'túl sok hívás (429)', sv: 'för många anrop (429)' },
};

/**
 * A faithful double of the Sellasist REST API with memory, limits and faults, written from the contract alone. Where the contract
 * leaves a question open there is a switch (`PATCH /__sim/state`, see `settings`): the default is the reading a client must survive.
 */
export async function startSellasistSimulator(options: SellasistSimulatorOptions = {}): Promise<SellasistSimulator> {
  const clock = new SimClock(options.now);
  const seeds = options.seeds ?? true;
  const api: Api = { account: new Account(clock, seeds), key: demoKey, current: settings.parse({}), calls: new CallWindow(), turn: 0 };
  const service: SimService = {
    title: { pl: 'Sellasist na niby', en: 'Sellasist, simulated', hu: 'Sellasist szimulátor', sv: 'Sellasist, simulerat' },
    lead: {
      pl: 'Zachowuje się jak API Sellasist. Tu przychodzą i zmieniają się zamówienia, tu psujesz i naprawiasz połączenie.',
      en: 'Behaves like the Sellasist API. Orders arrive and change here, and here you break the connection and mend it.',
      hu: 'Úgy viselkedik, mint a Sellasist API. Itt érkeznek és változnak a rendelések, és itt ronthatod el, majd javíthatod meg a kapcsolatot.',
      sv: 'Beter sig som Sellasists API. Här kommer ordrar in och ändras, och här bryter och lagar du anslutningen.',
    },
    clock,
    operations,
    modes,
    settings,
    verbs: verbsOf(() => api.account),
    get current() {
      return api.current;
    },
    set current(value) {
      api.current = value as Settings;
    },
    operationOf,
    answer: (request, fault, origin) => answerApi(api, request, fault, origin),
    state: () => ({
      orders: api.account.orders.size,
      journalRows: api.account.journal.length,
      ownInvoices: api.account.invoices,
      pushedToMarketplace: api.account.pushed,
      automations: api.account.automations,
      callsThisMinute: api.calls.used(api.key, clock.now()),
      calls: api.calls.tally(),
    }),
    reset: (body) => {
      api.account = new Account(clock, typeof body.seeds === 'boolean' ? body.seeds : seeds);
      api.calls.clear();
      api.turn = 0;
    },
    page: (language) => pageOf(api, language),
  };
  const server = await startService(service, options.port);
  return { ...server, apiUrl: `${server.url}/api/v1`, key: demoKey };
}
