import { type Control, type Language, languageOf, type Section, servicePage, type Words } from '../../../src/testkit/service-page.ts';
import type { StateView } from './control.ts';
import { type FaultMode, faultModes, notificationModes, type Simulation } from './simulation.ts';

const texts = {
  title: { pl: 'Walley na niby', en: 'Walley, simulated', hu: 'Walley szimulátor', sv: 'Walley, simulerat' },
  lead: {
    pl: 'Zachowuje się jak Walley: usługi SOAP i API zarządzania na jednej księdze. Tu przesuwasz zegar i psujesz odpowiedzi.',
    en: 'Behaves like Walley: the SOAP services and the management API on one ledger. Move the clock here and disturb its answers.',
    hu: 'Úgy viselkedik, mint a Walley: a SOAP-szolgáltatások és a kezelő API közös nyilvántartáson. Itt léptetheted az órát, és elronthatod a válaszokat.',
    sv: 'Beter sig som Walley: SOAP-tjänsterna och hanterings-API:t på samma reskontra. Här ställer du fram klockan och stör svaren.',
  },
  invoices: { pl: 'Faktury', en: 'Invoices', hu: 'Számlák', sv: 'Fakturor' },
  none: { pl: 'Jeszcze żadnej', en: 'None yet', hu: 'Még nincs', sv: 'Inga ännu' },
  number: { pl: 'Numer', en: 'Number', hu: 'Szám', sv: 'Nummer' },
  order: { pl: 'Zamówienie', en: 'Order', hu: 'Rendelés', sv: 'Order' },
  state: { pl: 'Stan', en: 'State', hu: 'Állapot', sv: 'Status' },
  total: { pl: 'Razem', en: 'Total', hu: 'Összesen', sv: 'Totalt' },
  due: { pl: 'Termin', en: 'Due', hu: 'Határidő', sv: 'Förfaller' },
  approve: { pl: 'Zatwierdź', en: 'Approve', hu: 'Jóváhagyás', sv: 'Godkänn' },
  reject: { pl: 'Odrzuć', en: 'Reject', hu: 'Elutasítás', sv: 'Avslå' },
  notices: { pl: 'Następne powiadomienie', en: 'The next notification', hu: 'A következő értesítés', sv: 'Nästa avisering' },
  code: { pl: 'kod', en: 'code', hu: 'hibakód', sv: 'kod' },
  refuse: { pl: 'Odmów następnemu', en: 'Refuse the next call', hu: 'A következő hívás elutasítása', sv: 'Avslå nästa anrop' },
  callback: { pl: 'Adres decyzji (callback)', en: 'Callback sent to', hu: 'Callback címe', sv: 'Callback skickas till' },
  webhook: { pl: 'Adres webhooka', en: 'Webhook sent to', hu: 'Webhook címe', sv: 'Webhook skickas till' },
} satisfies Record<string, Words>;

const stateTexts: Record<string, Words> = {
  OnHold: { pl: 'wstrzymana', en: 'on hold', hu: 'visszatartva', sv: 'under granskning' },
  Pending: { pl: 'oczekuje', en: 'pending', hu: 'függőben', sv: 'väntande' },
  Activated: { pl: 'aktywna', en: 'active', hu: 'aktív', sv: 'aktiverad' },
  Credited: { pl: 'zwrócona w całości', en: 'credited', hu: 'jóváírva', sv: 'krediterad' },
  Cancelled: { pl: 'anulowana', en: 'cancelled', hu: 'törölve', sv: 'annullerad' },
  Expired: { pl: 'wygasła', en: 'expired', hu: 'lejárt', sv: 'utgången' },
  Rejected: { pl: 'odrzucona', en: 'rejected', hu: 'elutasítva', sv: 'avslagen' },
  Signing: { pl: 'czeka na podpis', en: 'to be signed', hu: 'aláírásra vár', sv: 'väntar på signering' },
  StrongVerification: { pl: 'czeka na potwierdzenie', en: 'to be verified', hu: 'azonosításra vár', sv: 'väntar på legitimering' },
};

const modeTexts: Record<FaultMode, Words> = {
  fault: { pl: 'odmowa z kodem', en: 'refusal with a code', hu: 'elutasítás hibakóddal', sv: 'avslag med felkod' },
  fault200: { pl: 'odmowa z HTTP 200', en: 'refusal under HTTP 200', hu: 'elutasítás HTTP 200-zal', sv: 'avslag med HTTP 200' },
  'drop-before': {
    pl: 'odpowiedź ginie, nic nie zrobiono',
    en: 'answer lost, nothing done',
    hu: 'elveszett válasz, nem történt semmi',
    sv: 'svaret försvinner, inget utfört',
  },
  'drop-after': {
    pl: 'odpowiedź ginie, wykonano',
    en: 'answer lost, done',
    hu: 'elveszett válasz, végrehajtva',
    sv: 'svaret försvinner, utfört',
  },
  stall: {
    pl: 'zawiesza się, nic nie zrobiono',
    en: 'stalls, nothing done',
    hu: 'megakad, nem történt semmi',
    sv: 'hänger sig, inget utfört',
  },
  delay: { pl: 'powolna odpowiedź', en: 'slow answer', hu: 'lassú válasz', sv: 'långsamt svar' },
  http503: { pl: 'HTTP 503', en: 'HTTP 503', hu: 'HTTP 503', sv: 'HTTP 503' },
  html500: {
    pl: 'strona błędu HTML, nic nie zrobiono',
    en: 'HTML error page, nothing done',
    hu: 'HTML hibaoldal, nem történt semmi',
    sv: 'HTML-felsida, inget utfört',
  },
  'html500-after': {
    pl: 'strona błędu HTML, wykonano',
    en: 'HTML error page, done',
    hu: 'HTML hibaoldal, végrehajtva',
    sv: 'HTML-felsida, utfört',
  },
  'wrong-correlation': {
    pl: 'odpowiedź na cudze wywołanie',
    en: 'answer to another call',
    hu: 'másik hívás válasza',
    sv: 'svar på ett annat anrop',
  },
  lost: { pl: 'ginie', en: 'lost', hu: 'elvész', sv: 'försvinner' },
  twice: { pl: 'przychodzi dwa razy', en: 'comes twice', hu: 'kétszer jön', sv: 'kommer två gånger' },
  late: { pl: 'przychodzi później', en: 'comes late', hu: 'később jön', sv: 'kommer sent' },
  forged: { pl: 'zły podpis', en: 'forged signature', hu: 'hamis aláírás', sv: 'förfalskad signatur' },
};

const shownInvoices = 50;

const operations: Record<string, Words> = {
  AddInvoice: { pl: 'nowa faktura', en: 'new invoice', hu: 'új számla', sv: 'ny faktura' },
  ActivateInvoice: { pl: 'aktywacja', en: 'activation', hu: 'aktiválás', sv: 'aktivering' },
  PartActivateInvoice: { pl: 'aktywacja części', en: 'part activation', hu: 'részaktiválás', sv: 'delaktivering' },
  CancelInvoice: { pl: 'anulowanie', en: 'cancelling', hu: 'törlés', sv: 'annullering' },
  ReplaceInvoice: { pl: 'zamiana pozycji', en: 'replacing rows', hu: 'tételek cseréje', sv: 'byte av rader' },
  CreditInvoice: { pl: 'zwrot', en: 'credit', hu: 'jóváírás', sv: 'kreditering' },
  GetCurrentInvoice: { pl: 'odczyt (SOAP)', en: 'reading (SOAP)', hu: 'lekérdezés (SOAP)', sv: 'läsning (SOAP)' },
  getOrder: { pl: 'odczyt (REST)', en: 'reading (REST)', hu: 'lekérdezés (REST)', sv: 'läsning (REST)' },
  capture: { pl: 'aktywacja (REST)', en: 'capture (REST)', hu: 'aktiválás (REST)', sv: 'aktivering (REST)' },
  refund: { pl: 'zwrot (REST)', en: 'refund (REST)', hu: 'jóváírás (REST)', sv: 'återbetalning (REST)' },
  pdf: { pl: 'PDF', en: 'PDF', hu: 'PDF', sv: 'PDF' },
};

/** The demo's page: the ledger, and the switches a person needs. */
export function controlPage(sim: Simulation, state: StateView, wanted: string): string {
  const language = languageOf(wanted);
  // A refusal asks for its code and a notification has buttons: both stand by themselves.
  const ofCalls = faultModes.filter((mode) => mode !== 'fault' && !notificationModes.includes(mode));
  const modes = Object.fromEntries(ofCalls.map((mode) => [mode, modeTexts[mode]]));
  const shown = { title: texts.title, lead: texts.lead, operations, clock: sim.clock, page: () => sectionsOf(state, language) };
  return servicePage(shown, modes, sim.faults, language);
}

function sectionsOf(state: StateView, language: Language): Section[] {
  const t = (name: keyof typeof texts) => texts[name][language];
  const button = (label: string, call: string, body: Record<string, unknown>): Control => ({ kind: 'button', label, call, body });
  return [
    {
      title: t('refuse'),
      controls: [{ kind: 'form', label: t('refuse'), call: 'POST faults/refuse', fields: [{ name: 'code', label: t('code') }] }],
    },
    {
      title: t('notices'),
      facts: [
        [t('callback'), state.callback ?? '—'],
        [t('webhook'), state.webhook ?? '—'],
      ],
      controls: notificationModes.map((mode) => button(modeTexts[mode][language], 'POST faults', { on: 'webhook', mode, ms: 3_600_000 })),
    },
    {
      title: t('invoices'),
      wide: true,
      table: {
        head: [t('number'), t('order'), t('state'), t('total'), t('due'), '', ''],
        empty: t('none'),
        rows: [...state.invoices]
          .reverse()
          .slice(0, shownInvoices)
          .map(({ invoiceNo, orderNo, state: name, total, dueDate }) => {
            const waits = name === 'OnHold' || name === 'Signing' || name === 'StrongVerification';
            const to = (status: number) => ({ status });
            return [
              invoiceNo,
              orderNo ?? '',
              stateTexts[name]?.[language] ?? name,
              total,
              dueDate?.slice(0, 10) ?? '',
              waits ? button(t('approve'), `POST invoices/${invoiceNo}/status`, to(1)) : '',
              name === 'OnHold' ? button(t('reject'), `POST invoices/${invoiceNo}/status`, to(5)) : '',
            ];
          }),
      },
    },
  ];
}
