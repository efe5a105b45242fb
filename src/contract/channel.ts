import type { Payment } from '../domain/orders/order.ts';
import type { SettingField, Texts } from './manifest.ts';

/**
 * Settings that every channel with orders of its own shares, so that the engine, the screen and the next channel mean the same by
 * them. A channel adds them to its manifest by `channelSettings` and its own account fields before. Values come from look-up lists:
 * `statuses`, `file-fields`, `text-fields` are the channel's, `our-series` is ours.
 */
const t = (pl: string, en: string, hu: string, sv: string): Texts => ({ pl, en, hu, sv });

export type ChannelSettings = {
  pullFrom?: string;
  readyStatuses?: string[];
  cancelledStatuses?: string[];
  documentKind?: 'auto' | 'invoice' | 'proforma' | 'receipt';
  zeroRate?: 'ask' | 'zero' | 'exempt' | 'outside';
  seriesId?: string;
  autoIssue?: boolean;
  errorStatus?: string;
  doneStatus?: string;
  savePdf?: boolean;
  documentField?: string;
  correctionField?: string;
  numberField?: string;
  linkField?: string;
  requestsPerMinute?: number;
};

const fields: Record<keyof ChannelSettings, SettingField> = {
  pullFrom: {
    key: 'pullFrom',
    type: 'date',
    part: 'orders',
    label: t('Zamówienia od dnia', 'Orders from', 'Rendelések ettől a naptól', 'Ordrar från och med'),
    help: t(
      'Starszych zamówień nie pobieramy. Puste: od dnia połączenia.',
      'Older orders are not taken. Empty: from the day the connection was made.',
      'Régebbi rendelést nem veszünk át. Üresen: a kapcsolat létrehozásának napjától.',
      'Äldre ordrar hämtas inte. Tomt: från den dag anslutningen gjordes.',
    ),
  },
  readyStatuses: {
    key: 'readyStatuses',
    type: 'choices',
    lookup: 'statuses',
    part: 'orders',
    label: t('Statusy do udokumentowania', 'Statuses to document', 'Bizonylatolandó státuszok', 'Statusar som ska dokumenteras'),
    help: t(
      'Tylko zamówienia w tych statusach dostają dokument. Bez wyboru: każde opłacone lub za pobraniem.',
      'Only orders in these statuses get a document. None chosen: every order that is paid or paid on delivery.',
      'Csak az ilyen státuszú rendelések kapnak bizonylatot. Választás nélkül: minden fizetett vagy utánvétes rendelés.',
      'Bara ordrar med dessa statusar får dokument. Inget valt: alla som är betalda eller mot postförskott.',
    ),
  },
  cancelledStatuses: {
    key: 'cancelledStatuses',
    type: 'choices',
    lookup: 'statuses',
    part: 'orders',
    label: t('Statusy anulowania', 'Statuses that mean cancelled', 'Törölt státuszok', 'Statusar som betyder makulerad'),
    help: t(
      'Przygotowany dokument takiego zamówienia wycofujemy; wystawiony trafia na listę do korekty.',
      'The prepared document of such an order is withdrawn; an issued one is put on the list for a correction.',
      'Az ilyen rendelés előkészített bizonylatát visszavonjuk; a kiállított a helyesbítendők közé kerül.',
      'Ett förberett dokument för en sådan order dras tillbaka; ett utfärdat hamnar på listan för kreditering.',
    ),
  },
  documentKind: {
    key: 'documentKind',
    type: 'select',
    part: 'orders',
    default: 'auto',
    options: [
      { value: 'auto', label: t('Jak wynika z zamówienia', 'As the order asks', 'Ahogy a rendelés kéri', 'Som ordern begär') },
      { value: 'invoice', label: t('Zawsze faktura', 'Always an invoice', 'Mindig számla', 'Alltid faktura') },
      { value: 'receipt', label: t('Zawsze paragon', 'Always a receipt', 'Mindig nyugta', 'Alltid kvitto') },
      { value: 'proforma', label: t('Zawsze proforma', 'Always a proforma', 'Mindig díjbekérő', 'Alltid proforma') },
    ],
    label: t('Rodzaj dokumentu', 'Kind of document', 'A bizonylat fajtája', 'Typ av dokument'),
  },
  zeroRate: {
    key: 'zeroRate',
    type: 'select',
    part: 'orders',
    default: 'ask',
    options: [
      { value: 'ask', label: t('Wstrzymaj i zapytaj', 'Hold it and ask', 'Tartsd vissza és kérdezd meg', 'Stoppa och fråga') },
      { value: 'zero', label: t('0%', '0%', '0%', '0 %') },
      { value: 'exempt', label: t('Zwolnione z VAT', 'Exempt from VAT', 'Adómentes', 'Momsfritt') },
      { value: 'outside', label: t('Poza VAT', 'Outside VAT', 'Áfa hatályán kívül', 'Utanför moms') },
    ],
    label: t(
      'Stawka 0 w zamówieniu znaczy',
      'A rate of 0 on an order means',
      'A rendelésen szereplő 0 kulcs jelentése',
      'Momssats 0 på en order betyder',
    ),
    help: t(
      'System zamówień zapisuje tak samo 0%, zwolnienie i brak stawki. Reguła SKU ma pierwszeństwo.',
      'The order system writes 0%, an exemption and no rate in the same way. A rule for the SKU comes first.',
      'A rendszer ugyanúgy írja a 0%-ot, a mentességet és a hiányzó kulcsot. A cikkszámra adott szabály megelőzi.',
      'Ordersystemet skriver 0 %, momsfrihet och saknad sats likadant. En regel för artikelnumret går före.',
    ),
  },
  seriesId: {
    key: 'seriesId',
    type: 'select',
    lookup: 'our-series',
    part: 'orders',
    label: t('Seria', 'Series', 'Sorozat', 'Nummerserie'),
    help: t(
      'Puste: domyślna seria rodzaju dokumentu.',
      'Empty: the default series of the kind of document.',
      'Üresen: a bizonylatfajta alapértelmezett sorozata.',
      'Tomt: standardserien för dokumenttypen.',
    ),
  },
  autoIssue: {
    key: 'autoIssue',
    type: 'boolean',
    part: 'documents',
    default: false,
    canTry: true,
    label: t(
      'Wystawiaj i przekazuj automatycznie',
      'Issue and transfer automatically',
      'Automatikus kiállítás és átadás',
      'Utfärda och överför automatiskt',
    ),
    help: t(
      'Zamówienie bez zastrzeżeń dostaje dokument od razu. Wstrzymane czekają na Ciebie.',
      'An order without a hold gets its document at once. Held ones wait for you.',
      'A kifogástalan rendelés azonnal megkapja a bizonylatát. A visszatartottak Önre várnak.',
      'En order utan hinder får sitt dokument direkt. De stoppade väntar på dig.',
    ),
  },
  savePdf: {
    key: 'savePdf',
    type: 'boolean',
    part: 'answers',
    default: true,
    canTry: true,
    label: t('Pobieraj i zapisuj PDF', 'Fetch and save PDFs', 'PDF letöltése és mentése', 'Hämta och spara PDF'),
    help: t(
      'PDF wystawionego dokumentu trafia do pola zamówienia wybranego niżej.',
      'The PDF of an issued document goes into the field of the order chosen below.',
      'A kiállított bizonylat PDF-je a rendelés alább választott mezőjébe kerül.',
      'PDF:en för ett utfärdat dokument läggs i fältet på ordern som väljs nedan.',
    ),
  },
  documentField: {
    key: 'documentField',
    type: 'select',
    lookup: 'file-fields',
    part: 'answers',
    canTry: true,
    label: t('Pole na dokument', 'Field for documents', 'Mező a bizonylatnak', 'Fält för dokument'),
    help: t(
      'Po zapisaniu odczytujemy pole z powrotem; dopiero wtedy uznajemy PDF za dostarczony.',
      'After writing it the field is read back; only then does the PDF count as delivered.',
      'Írás után visszaolvassuk a mezőt; a PDF csak akkor számít kézbesítettnek.',
      'Efter skrivningen läses fältet tillbaka; först då räknas PDF:en som levererad.',
    ),
  },
  correctionField: {
    key: 'correctionField',
    type: 'select',
    lookup: 'file-fields',
    part: 'answers',
    canTry: true,
    label: t('Pole na korekty', 'Field for corrections', 'Mező a helyesbítőknek', 'Fält för kreditfakturor'),
    help: t(
      'Gdy korekt jest kilka, w polu zostaje najnowsza.',
      'Of several corrections the newest stays in the field.',
      'Több helyesbítő közül a legújabb marad a mezőben.',
      'Av flera kreditfakturor blir den senaste kvar i fältet.',
    ),
  },
  numberField: {
    key: 'numberField',
    type: 'select',
    lookup: 'text-fields',
    part: 'answers',
    canTry: true,
    label: t('Pole na numer', 'Field for the number', 'Mező a számnak', 'Fält för numret'),
    help: t(
      'Numer dokumentu; numery korekt trafiają do notatki.',
      'The number of the document; numbers of corrections go into a note.',
      'A bizonylat száma; a helyesbítőké megjegyzésbe kerül.',
      'Dokumentets nummer; kreditfakturors nummer hamnar i en anteckning.',
    ),
  },
  linkField: {
    key: 'linkField',
    type: 'select',
    lookup: 'text-fields',
    part: 'answers',
    canTry: true,
    label: t('Pole na link', 'Field for the link', 'Mező a hivatkozásnak', 'Fält för länken'),
    help: t(
      'Adres dokumentu u dostawcy, jeśli go podaje.',
      'The address of the document at the provider, where it gives one.',
      'A bizonylat címe a szolgáltatónál, ha ad ilyet.',
      'Dokumentets adress hos leverantören, om den ger någon.',
    ),
  },
  errorStatus: {
    key: 'errorStatus',
    type: 'select',
    lookup: 'statuses',
    part: 'answers',
    canTry: true,
    label: t('Status przy błędzie', 'Status on error', 'Státusz hiba esetén', 'Status vid fel'),
    help: t(
      'Ustawiamy go raz na przyczynę, gdy dokumentu nie da się wystawić lub przekazać. Uwaga: zmiana statusu może uruchomić Twoje automatyzacje.',
      'Set once per cause when a document cannot be issued or transferred. Mind that a changed status may start your automations.',
      'Okonként egyszer állítjuk be, ha a bizonylat nem állítható ki vagy nem adható át. A státuszváltás elindíthatja az automatizmusait.',
      'Sätts en gång per orsak när ett dokument inte kan utfärdas eller överföras. Tänk på att statusbytet kan starta dina automatiseringar.',
    ),
  },
  doneStatus: {
    key: 'doneStatus',
    type: 'select',
    lookup: 'statuses',
    part: 'answers',
    canTry: true,
    label: t('Status po wystawieniu', 'Status when done', 'Státusz kiállítás után', 'Status när det är klart'),
    help: t(
      'Ustawiamy go raz, gdy dokument jest wystawiony i przyjęty. Puste: statusu nie ruszamy.',
      'Set once when the document is issued and accepted. Empty: the status is left alone.',
      'Egyszer állítjuk be, amikor a bizonylat kiállítva és elfogadva. Üresen: a státuszhoz nem nyúlunk.',
      'Sätts en gång när dokumentet är utfärdat och mottaget. Tomt: statusen lämnas i fred.',
    ),
  },
  requestsPerMinute: {
    key: 'requestsPerMinute',
    type: 'number',
    part: 'orders',
    label: t('Zapytań na minutę', 'Requests a minute', 'Kérések percenként', 'Anrop per minut'),
    help: t(
      'Mniej niż limit usługi, jeśli z tego samego klucza korzystają też inne programy.',
      'Fewer than the service allows, where other programs use the same key.',
      'Kevesebb a szolgáltatás korlátjánál, ha más program is ezt a kulcsot használja.',
      'Färre än tjänsten tillåter, om andra program använder samma nyckel.',
    ),
  },
};

/** In the order of the form. Those that a channel cannot do are left out by `without`. */
export function channelSettings(without: (keyof ChannelSettings)[] = []): SettingField[] {
  return (Object.keys(fields) as (keyof ChannelSettings)[]).filter((key) => !without.includes(key)).map((key) => fields[key]);
}

/** The settings as this file means them; what is empty is absent. */
export function channelSettingsOf(settings: Record<string, unknown>): ChannelSettings {
  return Object.fromEntries(
    Object.keys(fields).flatMap((key) => {
      const value = settings[key];
      return value === undefined || value === null || value === '' ? [] : [[key, value]];
    }),
  ) as ChannelSettings;
}

const payments: [RegExp, Payment['method']][] = [
  [/pobran|cash on delivery|\bcod\b/i, 'cash_on_delivery'],
  [/got[óo]wk|cash/i, 'cash'],
  [/przelew|transfer|wire/i, 'bank_transfer'],
  [/kart|card|visa|mastercard/i, 'card'],
  [/kupon|bon |voucher/i, 'voucher'],
  [/odrocz|paypo|twisto|klarna|termin/i, 'deferred'],
];

/** How an order system of the Polish market names the way of paying, as far as the name tells; any other name is a gateway's. */
export function paymentNamed(name: string): Payment['method'] {
  return payments.find(([pattern]) => pattern.test(name))?.[1] ?? 'online';
}
