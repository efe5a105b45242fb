import { SimClock, type SimService, startService, type Words } from '../../src/testkit/service.ts';
import type { SimulatorHandle } from '../../src/testkit/simulator.ts';
import { Api, answerApi, demoKey, demoSecret, operationOf, type Settings, settings } from './simulator/api.ts';
import { testCards } from './simulator/cards.ts';
import { pageOf, verbsOf } from './simulator/control.ts';
import { Notices } from './simulator/notices.ts';
import { Processor } from './simulator/processor.ts';

export { testCards };

export type CardsSimulator = SimulatorHandle & {
  /** Base of the API: paths begin with `/v1`. */
  apiUrl: string;
  /** The page with state and switches for a person. */
  pageUrl: string;
  secretKey: string;
  webhookSecret: string;
};

type CardsSimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-11-20T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
};

const operations: Record<string, Words> = {
  checkout: { pl: 'nowa płatność', en: 'new checkout', hu: 'új pénztár', sv: 'ny kassa' },
  'cancel-checkout': { pl: 'wycofanie płatności', en: 'cancelling a checkout', hu: 'pénztár lemondása', sv: 'avbryta en kassa' },
  charge: { pl: 'obciążenie', en: 'charge', hu: 'terhelés', sv: 'debitering' },
  read: { pl: 'odczyt', en: 'reading', hu: 'lekérdezés', sv: 'läsning' },
  mandates: { pl: 'lista zgód', en: 'list of mandates', hu: 'meghatalmazások listája', sv: 'lista över medgivanden' },
  'cancel-mandate': { pl: 'cofnięcie zgody', en: 'cancelling a mandate', hu: 'meghatalmazás lemondása', sv: 'säga upp ett medgivande' },
  refund: { pl: 'zwrot', en: 'refund', hu: 'visszatérítés', sv: 'återbetalning' },
  report: { pl: 'raport dnia', en: 'report of a day', hu: 'napi jelentés', sv: 'dagsrapport' },
  account: { pl: 'konto', en: 'account', hu: 'fiók', sv: 'konto' },
  'pay-page': { pl: 'strona płatności', en: 'payment page', hu: 'fizetési oldal', sv: 'betalsida' },
};

const modes: Record<string, Words> = {
  'late-answer': {
    pl: 'zrobiono od razu, odpowiedź spóźniona',
    en: 'done at once, answered late',
    hu: 'azonnal kész, a válasz késik',
    sv: 'gjort direkt, svaret dröjer',
  },
  decline: { pl: 'bank odmawia', en: 'declined by the bank', hu: 'a bank elutasítja', sv: 'nekas av banken' },
  pending: { pl: 'wynik dopiero za godzinę', en: 'result an hour later', hu: 'eredmény egy óra múlva', sv: 'resultat om en timme' },
  http429: { pl: 'za dużo wywołań (429)', en: 'too many calls (429)', hu: 'túl sok hívás (429)', sv: 'för många anrop (429)' },
  unauthorized: { pl: 'klucz odrzucony (401)', en: 'key refused (401)', hu: 'elutasított kulcs (401)', sv: 'nyckeln avvisas (401)' },
};

/** A card processor with mandates, charges, refunds, disputes and signed notifications, written from PROTOCOL.md alone. */
export async function startCardsSimulator(options: CardsSimulatorOptions = {}): Promise<CardsSimulator> {
  const clock = new SimClock(options.now);
  let told: Notices;
  const begin = (): Api => {
    const api = new Api(
      new Processor(clock, ({ type, object }) => {
        told.add(type, object);
        moved();
      }),
    );
    told = new Notices(clock, () => {
      const { webhookUrl, webhookSecret, previousWebhookSecret, webhooks } = api.current;
      return { url: webhookUrl, secret: webhookSecret, previousSecret: previousWebhookSecret, manner: webhooks };
    });
    return api;
  };
  let api = begin();
  const tick = async () => {
    api.processor.runDue();
    await told.sendDue();
  };
  // A notification leaves after the answer to the call that caused it.
  const moved = () => void setImmediate(() => void tick());
  const earliest = (...times: (number | undefined)[]) => times.filter((at) => at !== undefined).sort((a, b) => a - b)[0];

  const service: SimService = {
    title: { pl: 'Operator kart na niby', en: 'Card processor, simulated', hu: 'Kártyaelfogadó szimulátor', sv: 'Kortinlösare, simulerad' },
    lead: {
      pl: 'Zachowuje się jak operator płatności kartą. Tu płaci kupujący, bank odmawia, posiadacz karty reklamuje.',
      en: 'Behaves like a card processor. Here the buyer pays, the bank declines, the cardholder disputes.',
      hu: 'Úgy viselkedik, mint egy kártyaelfogadó. Itt fizet a vevő, itt utasít el a bank, és itt reklamál a kártyabirtokos.',
      sv: 'Beter sig som en kortinlösare. Här betalar köparen, nekar banken och bestrider kortinnehavaren.',
    },
    clock,
    operations,
    modes,
    settings,
    verbs: verbsOf(
      () => api,
      () => told,
      () => moved(),
    ),
    get current() {
      return api.current;
    },
    set current(value) {
      api.current = value as Settings;
    },
    operationOf,
    answer: (request, fault, origin) => answerApi(api, request, fault, origin),
    state: () => ({
      checkouts: [...api.processor.checkouts.values()],
      payments: [...api.processor.payments.values()],
      mandates: [...api.processor.mandates.values()],
      refunds: [...api.processor.refunds.values()],
      disputes: [...api.processor.disputes.values()],
      entries: api.processor.entries,
      notifications: told.all.length,
    }),
    reset: () => {
      api = begin();
    },
    page: (language) => pageOf(api, language),
    nextDue: () => earliest(api.processor.nextDue(), told.nextDue()),
    tick,
  };
  const server = await startService(service, options.port);
  return { ...server, apiUrl: server.url, secretKey: demoKey, webhookSecret: demoSecret };
}
