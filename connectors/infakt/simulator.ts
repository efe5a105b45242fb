import { CallWindow, SimClock, type SimService, startService, type Words } from '../../src/testkit/service.ts';
import type { SimulatorHandle } from '../../src/testkit/simulator.ts';
import { type Api, answerApi, operationOf } from './simulator/api.ts';
import { pageOf, verbsOf } from './simulator/control.ts';
import { type Settings, settings } from './simulator/settings.ts';
import { Account, demoKey } from './simulator/state.ts';
import { Webhooks } from './simulator/webhooks.ts';

export type InfaktSimulator = SimulatorHandle & {
  /** Base of the API: the address of the service and `/api/v3`. */
  apiUrl: string;
  /** The page with state and fault switches for a person. */
  pageUrl: string;
  /** The key the account begins with. */
  key: string;
};

type InfaktSimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-11-20T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
};

const operations: Record<string, Words> = {
  create: { pl: 'wystawienie', en: 'creating a document', hu: 'bizonylat létrehozása', sv: 'skapa ett dokument' },
  status: { pl: 'stan zlecenia', en: 'state of a task', hu: 'feladat állapota', sv: 'uppgiftens läge' },
  list: { pl: 'lista dokumentów', en: 'list of documents', hu: 'bizonylatok listája', sv: 'dokumentlista' },
  read: { pl: 'odczyt dokumentu', en: 'reading a document', hu: 'bizonylat olvasása', sv: 'läsa ett dokument' },
  change: { pl: 'zmiana dokumentu', en: 'changing a document', hu: 'bizonylat módosítása', sv: 'ändra ett dokument' },
  pdf: { pl: 'PDF', en: 'PDF', hu: 'PDF', sv: 'PDF' },
  mail: { pl: 'wysyłka e-mailem', en: 'sending by e-mail', hu: 'küldés e-mailben', sv: 'skicka med mejl' },
  paid: { pl: 'oznaczenie jako zapłacona', en: 'marking as paid', hu: 'fizetettnek jelölés', sv: 'markera som betald' },
  ksef: { pl: 'KSeF', en: 'KSeF', hu: 'KSeF', sv: 'KSeF' },
  clients: { pl: 'klienci', en: 'clients', hu: 'ügyfelek', sv: 'kunder' },
  share: { pl: 'link do faktury', en: 'share link', hu: 'megosztási link', sv: 'delningslänk' },
  lookup: { pl: 'słowniki', en: 'lists', hu: 'szótárak', sv: 'listor' },
};

const modes: Record<string, Words> = {
  refused: { pl: 'zlecenie odrzucone (422)', en: 'task refused (422)', hu: 'elutasított feladat (422)', sv: 'uppgiften avvisad (422)' },
  stuck: { pl: 'zlecenie stoi na 140', en: 'task stuck at 140', hu: 'a feladat megáll 140-nél', sv: 'uppgiften fastnar på 140' },
  http429: { pl: 'za dużo wywołań (429)', en: 'too many calls (429)', hu: 'túl sok hívás (429)', sv: 'för många anrop (429)' },
};

/**
 * A faithful double of the inFakt API v3 with memory, limits and faults, written from the contract alone: tasks that walk by the clock,
 * fields and filters that are dropped without a word, webhooks with their secret, handshake and switching off. One account; a sandbox
 * beside production is a second double.
 */
export async function startInfaktSimulator(options: InfaktSimulatorOptions = {}): Promise<InfaktSimulator> {
  const clock = new SimClock(options.now);
  const current = () => api.current;
  const fresh = () => new Account(clock, current, new Webhooks(clock, current));
  const api: Api = { account: fresh(), current: settings.parse({}), calls: new CallWindow() };
  const service: SimService = {
    title: { pl: 'inFakt na niby', en: 'inFakt, simulated', hu: 'inFakt szimulátor', sv: 'inFakt, simulerat' },
    lead: {
      pl: 'Zachowuje się jak API inFakt. Tu dodajesz webhook, psujesz i naprawiasz konto, i widzisz, co w nim wystawiono.',
      en: 'Behaves like the inFakt API. Add a webhook here, break the account and mend it, and see what was issued in it.',
      hu: 'Úgy viselkedik, mint az inFakt API. Itt adhatsz hozzá webhookot, elronthatod és megjavíthatod a fiókot, és látod, mi készült el benne.',
      sv: 'Beter sig som inFakts API. Här lägger du till en webhook, bryter och lagar kontot och ser vad som utfärdats i det.',
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
    answer: (request, fault, origin) => answerApi(api, request, fault, origin),
    state: () => ({
      key: api.account.key,
      documents: api.account.documents.size,
      clients: api.account.clients.length,
      openTasks: [...api.account.tasks.values()].filter((task) => task.code === 0).length,
      mails: api.account.mails.length,
      webhooks: api.account.webhooks.list.length,
      calls: api.calls.tally(),
    }),
    reset: () => {
      api.account = fresh();
      api.calls.clear();
    },
    page: (language) => pageOf(api, language),
    nextDue: () => api.account.nextDue(),
    tick: async () => {
      api.account.settle();
      await api.account.webhooks.deliver();
    },
  };
  const server = await startService(service, options.port);
  return { ...server, apiUrl: `${server.url}/api/v3`, key: demoKey };
}
