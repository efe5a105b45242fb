import type { Texts } from '../contract/manifest.ts';
import { localDay } from '../delivery/index.ts';
import type { BillLine } from '../domain/billing/plans.ts';
import { cut } from '../domain/cut.ts';
import type { Language } from '../domain/documents/document.ts';

/** Words on the operator's bills and in its mails, in the customer's language. */
const t = (pl: string, en: string, hu: string, sv: string): Texts => ({ pl, en, hu, sv });
export const languageOf = (text: string): Language => (['pl', 'en', 'hu', 'sv'] as const).find((l) => l === text) ?? 'en';
const fill = (text: string, params: Record<string, string>) => text.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');

const lines: Record<BillLine['name'], Texts> = {
  period: t('{plan}, {from} – {until}', '{plan}, {from} – {until}', '{plan}, {from} – {until}', '{plan}, {from} – {until}'),
  documents: t(
    '{plan}: dokumenty {from} – {until}',
    '{plan}: documents {from} – {until}',
    '{plan}: bizonylatok {from} – {until}',
    '{plan}: dokument {from} – {until}',
  ),
  remaining: t(
    '{plan}, od {from} do {until}',
    '{plan}, from {from} to {until}',
    '{plan}, {from} – {until}',
    '{plan}, från {from} till {until}',
  ),
  unused: t(
    'Niewykorzystane dni: {plan}, do {until}',
    'Unused days: {plan}, until {until}',
    'Fel nem használt napok: {plan}, {until}-ig',
    'Outnyttjade dagar: {plan}, till {until}',
  ),
};

export function lineName(line: BillLine, language: Language): string {
  return fill(lines[line.name][language], {
    plan: line.plan,
    from: line.from ? localDay(line.from, language) : '',
    until: line.until ? localDay(line.until, language) : '',
  });
}

export type NoticeKind =
  | 'announce'
  | 'remind'
  | 'past-due'
  | 'notice'
  | 'suspend'
  | 'last-notice'
  | 'cancel'
  | 'failed'
  | 'resumed'
  | 'double'
  | 'double-operator';

const notices: Record<NoticeKind, { subject: Texts; text: Texts }> = {
  announce: {
    subject: t(
      'Odnowienie {plan} dnia {due}: {amount}',
      '{plan} renews on {due}: {amount}',
      '{plan} megújul {due}: {amount}',
      '{plan} förnyas {due}: {amount}',
    ),
    text: t(
      'Dzień dobry,\n\ndnia {due} odnawia się {plan}. Kwota: {amount}.\n\nPlan można zmienić albo wyłączyć tutaj: {link}',
      'Hello,\n\n{plan} renews on {due}. The amount is {amount}.\n\nThe plan can be changed or switched off here: {link}',
      'Jó napot!\n\n{due} napon megújul: {plan}. Összege: {amount}.\n\nA csomag itt módosítható vagy kapcsolható ki: {link}',
      'Hej!\n\n{plan} förnyas {due}. Beloppet är {amount}.\n\nPlanen kan ändras eller stängas av här: {link}',
    ),
  },
  remind: {
    subject: t(
      'Przypomnienie: {plan}, {amount}',
      'Reminder: {plan}, {amount}',
      'Emlékeztető: {plan}, {amount}',
      'Påminnelse: {plan}, {amount}',
    ),
    text: t(
      'Dzień dobry,\n\ntermin płatności {amount} za {plan} minął {due}. Jeśli przelew jest już w drodze, proszę nic nie robić.\n\nSzczegóły: {link}',
      'Hello,\n\n{amount} for {plan} was due on {due}. If the transfer is under way already, nothing has to be done.\n\nDetails: {link}',
      'Jó napot!\n\nA(z) {plan} díja ({amount}) {due} napon vált esedékessé. Ha az utalás már úton van, nincs teendője.\n\nRészletek: {link}',
      'Hej!\n\n{amount} för {plan} förföll {due}. Är betalningen redan på väg behöver du inte göra något.\n\nMer här: {link}',
    ),
  },
  'past-due': {
    subject: t('{plan}: płatność po terminie', '{plan}: payment is overdue', '{plan}: lejárt fizetés', '{plan}: betalningen är försenad'),
    text: t(
      'Dzień dobry,\n\nza {plan} pozostaje do zapłaty {amount}, termin minął {due}.\n\nSzczegóły: {link}',
      'Hello,\n\n{amount} for {plan} is still to be paid; it was due on {due}.\n\nDetails: {link}',
      'Jó napot!\n\nA(z) {plan} díjából {amount} még rendezetlen, határideje {due} volt.\n\nRészletek: {link}',
      'Hej!\n\n{amount} för {plan} är fortfarande obetalt; förfallodagen var {due}.\n\nMer här: {link}',
    ),
  },
  notice: {
    subject: t(
      'Za kilka dni wstrzymamy {plan}',
      '{plan} will be paused in a few days',
      'Néhány nap múlva szünetel: {plan}',
      '{plan} pausas om några dagar',
    ),
    text: t(
      'Dzień dobry,\n\nbez wpłaty {amount} integracje zostaną wstrzymane dnia {suspend}. Danych nie usuwamy, dokumenty pozostają do pobrania.\n\nZapłacić albo zmienić plan: {link}',
      'Hello,\n\nwithout the payment of {amount} the integrations pause on {suspend}. No data are deleted, documents stay downloadable.\n\nPay or change the plan: {link}',
      'Jó napot!\n\nA(z) {amount} befizetése nélkül az integrációk {suspend} napján szünetelnek. Adatot nem törlünk, a bizonylatok letölthetők maradnak.\n\nFizetés vagy csomagváltás: {link}',
      'Hej!\n\nUtan betalning av {amount} pausas integrationerna {suspend}. Inga uppgifter raderas och dokumenten kan fortfarande hämtas.\n\nBetala eller byt plan: {link}',
    ),
  },
  suspend: {
    subject: t('Integracje wstrzymane', 'Integrations are paused', 'Az integrációk szünetelnek', 'Integrationerna är pausade'),
    text: t(
      'Dzień dobry,\n\npłatność {amount} za {plan} nie dotarła, więc integracje są wstrzymane. Ruszą same, gdy tylko wpłynie wpłata. Nic nie zostało usunięte.\n\n{link}',
      'Hello,\n\nthe payment of {amount} for {plan} did not arrive, so the integrations are paused. They go on by themselves as soon as it comes in. Nothing was deleted.\n\n{link}',
      'Jó napot!\n\nA(z) {plan} díja ({amount}) nem érkezett meg, ezért az integrációk szünetelnek. A befizetés után maguktól folytatódnak. Semmi sem törlődött.\n\n{link}',
      'Hej!\n\nBetalningen på {amount} för {plan} har inte kommit, därför är integrationerna pausade. De startar själva när den kommer. Inget har raderats.\n\n{link}',
    ),
  },
  'last-notice': {
    subject: t('Ostatnie przypomnienie: {plan}', 'Last reminder: {plan}', 'Utolsó emlékeztető: {plan}', 'Sista påminnelsen: {plan}'),
    text: t(
      'Dzień dobry,\n\n{amount} za {plan} pozostaje niezapłacone. Bez wpłaty zakończymy abonament. Dokumenty można pobrać tutaj: {link}',
      'Hello,\n\n{amount} for {plan} is not paid. Without it the subscription ends. Documents can be downloaded here: {link}',
      'Jó napot!\n\nA(z) {plan} díja ({amount}) rendezetlen. Befizetés nélkül az előfizetés megszűnik. A bizonylatok itt tölthetők le: {link}',
      'Hej!\n\n{amount} för {plan} är obetalt. Utan betalning avslutas abonnemanget. Dokumenten kan hämtas här: {link}',
    ),
  },
  cancel: {
    subject: t(
      '{plan}: abonament zakończony',
      '{plan}: subscription ended',
      '{plan}: az előfizetés megszűnt',
      '{plan}: abonnemanget avslutat',
    ),
    text: t(
      'Dzień dobry,\n\nabonament {plan} został zakończony. Dokumenty pozostają do pobrania: {link}',
      'Hello,\n\nthe subscription {plan} has ended. Documents stay downloadable: {link}',
      'Jó napot!\n\nA(z) {plan} előfizetés megszűnt. A bizonylatok letölthetők maradnak: {link}',
      'Hej!\n\nAbonnemanget {plan} är avslutat. Dokumenten kan fortfarande hämtas: {link}',
    ),
  },
  failed: {
    subject: t(
      '{plan}: płatność kartą się nie udała',
      '{plan}: the card payment failed',
      '{plan}: a kártyás fizetés sikertelen',
      '{plan}: kortbetalningen misslyckades',
    ),
    text: t(
      'Dzień dobry,\n\nnie udało się pobrać {amount} za {plan}: {reason}\n\n{remedy}\n\n{link}',
      'Hello,\n\n{amount} for {plan} could not be charged: {reason}\n\n{remedy}\n\n{link}',
      'Jó napot!\n\nNem sikerült leterhelni: {amount}, {plan}. Ok: {reason}\n\n{remedy}\n\n{link}',
      'Hej!\n\n{amount} för {plan} kunde inte dras: {reason}\n\n{remedy}\n\n{link}',
    ),
  },
  resumed: {
    subject: t('Integracje znów działają', 'Integrations work again', 'Az integrációk újra működnek', 'Integrationerna fungerar igen'),
    text: t(
      'Dzień dobry,\n\nwpłata dotarła, integracje znów działają.\n\n{link}',
      'Hello,\n\nthe payment has arrived and the integrations work again.\n\n{link}',
      'Jó napot!\n\nA befizetés megérkezett, az integrációk újra működnek.\n\n{link}',
      'Hej!\n\nBetalningen har kommit och integrationerna fungerar igen.\n\n{link}',
    ),
  },
  double: {
    subject: t('Podwójna płatność: {plan}', 'Charged twice: {plan}', 'Kétszeres terhelés: {plan}', 'Dubbel debitering: {plan}'),
    text: t(
      'Dzień dobry,\n\nwygląda na to, że za {plan} płacą Państwo dwa razy: {first} oraz {second}. Jednym kliknięciem można to naprawić: zwrócimy pieniądze i wyłączymy drugą zgodę.\n\n{link}',
      'Hello,\n\nit looks as if {plan} is paid twice: {first} and {second}. One click mends it: the money goes back and the second mandate is switched off.\n\n{link}',
      'Jó napot!\n\nÚgy tűnik, hogy a(z) {plan} díját kétszer fizeti: {first}, illetve {second}. Egy kattintással rendezhető: visszaküldjük a pénzt, és kikapcsoljuk a második felhatalmazást.\n\n{link}',
      'Hej!\n\nDet ser ut som om {plan} betalas två gånger: {first} och {second}. Ett klick rättar till det: pengarna går tillbaka och det andra medgivandet stängs av.\n\n{link}',
    ),
  },
  'double-operator': {
    subject: t(
      'Podwójna płatność: {customer}, {plan}',
      'Charged twice: {customer}, {plan}',
      'Kétszeres terhelés: {customer}, {plan}',
      'Dubbel debitering: {customer}, {plan}',
    ),
    text: t(
      '{customer} płaci za {plan} dwa razy: {first} oraz {second}.\n\nKlient wie o tym i może to naprawić jednym kliknięciem. Można to też zrobić za niego: {link}',
      '{customer} pays twice for {plan}: {first} and {second}.\n\nThe customer was told and can mend it with one click. It can be done for the customer here: {link}',
      '{customer} kétszer fizet ezért: {plan} ({first}, illetve {second}).\n\nAz ügyfelet értesítettük, egy kattintással rendezheti. Helyette itt is elintézhető: {link}',
      '{customer} betalar två gånger för {plan}: {first} och {second}.\n\nKunden har fått veta det och kan rätta till det med ett klick. Det går också att göra åt kunden här: {link}',
    ),
  },
};

export function noticeText(kind: NoticeKind, language: Language, params: Record<string, string>): { subject: string; text: string } {
  const { subject, text } = notices[kind];
  return { subject: cut(fill(subject[language], params), 200), text: `${fill(text[language], params)}\n` };
}
