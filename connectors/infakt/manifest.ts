import { headerValue, type Manifest, type SettingField, type Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';
import { timeoutMs } from './client.ts';
import { oursWithoutDoubt } from './mapper.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

function same(text: string): Texts {
  return t(text, text, text, text);
}

const paymentLabels: Record<string, string> = {
  transfer: 'przelew',
  cash: 'gotówka',
  card: 'karta płatnicza',
  delivery: 'za pobraniem',
  payu: 'PayU',
  przelewy24: 'Przelewy24',
  tpay: 'Tpay',
  paypal: 'PayPal',
  dotpay: 'Dotpay',
  instalment_sale: 'sprzedaż ratalna',
  compensation: 'kompensata',
  barter: 'barter',
  check: 'czek',
  bill_of_sale: 'weksel',
  accredited: 'akredytywa',
  other: 'inny',
};

/** What mappings can choose from, in the provider's own words. */
export const lists: Record<string, { value: string; label: string }[]> = {
  'payment-methods': Object.entries(paymentLabels).map(([value, label]) => ({ value, label })),
};

const settings: SettingField[] = [
  {
    key: 'apiKey',
    type: 'secret',
    pattern: headerValue,
    required: true,
    maxLength: 200,
    label: t('Klucz API', 'API key', 'API-kulcs', 'API-nyckel'),
    help: t(
      'W inFakcie: Ustawienia → Inne opcje → API. Zaznacz zakresy api:invoices:read i api:invoices:write, najlepiej też api:account:read i api:sensitive:bank_accounts:read. inFakt pokazuje klucz tylko raz; my już go nie pokażemy.',
      'In inFakt: Ustawienia → Inne opcje → API. Tick the scopes api:invoices:read and api:invoices:write, best also api:account:read and api:sensitive:bank_accounts:read. inFakt shows the key only once; we never show it again.',
      'Az inFaktban: Ustawienia → Inne opcje → API. Jelölje be az api:invoices:read és api:invoices:write jogosultságot, lehetőleg az api:account:read és api:sensitive:bank_accounts:read jogosultságot is. Az inFakt csak egyszer mutatja a kulcsot; mi soha többé.',
      'I inFakt: Ustawienia → Inne opcje → API. Kryssa i api:invoices:read och api:invoices:write, helst även api:account:read och api:sensitive:bank_accounts:read. inFakt visar nyckeln bara en gång; vi visar den aldrig igen.',
    ),
  },
  {
    key: 'webhookSecret',
    type: 'secret',
    later: true,
    maxLength: 200,
    label: t('Sekret webhooka', 'Webhook secret', 'Webhook-titok', 'Webhookhemlighet'),
    help: t(
      'inFakt tworzy go razem z webhookiem i pokazuje w jego szczegółach. Nim podpisuje każde powiadomienie.',
      'inFakt makes it with the webhook and shows it in its details. It signs every notice with it.',
      'Az inFakt a webhookkal együtt készíti, és annak részleteinél mutatja. Ezzel ír alá minden értesítést.',
      'inFakt skapar den tillsammans med webhooken och visar den i dess detaljer. Varje avisering signeras med den.',
    ),
  },
  {
    key: 'clients',
    type: 'select',
    default: 'inline',
    options: [
      {
        value: 'inline',
        label: t(
          'dane nabywcy na każdej fakturze',
          'buyer’s data on each invoice',
          'a vevő adatai minden számlán',
          'köparens uppgifter på varje faktura',
        ),
      },
      {
        value: 'link',
        label: t(
          'firmy łącz z klientami inFaktu po NIP-ie',
          'link companies to inFakt clients by tax number',
          'cégek összekapcsolása az inFakt ügyfeleivel adószám alapján',
          'koppla företag till inFakts kunder via skattenummer',
        ),
      },
    ],
    label: t('Nabywcy w inFakcie', 'Buyers in inFakt', 'Vevők az inFaktban', 'Köpare i inFakt'),
    help: t(
      'Przy łączeniu klienta szukamy po NIP-ie i zakładamy tylko wtedy, gdy go nie ma.',
      'When linking, the client is looked for by tax number and made only if there is none.',
      'Összekapcsoláskor adószám alapján keressük az ügyfelet, és csak akkor hozzuk létre, ha nincs.',
      'Vid koppling söks kunden på skattenummer och skapas bara om den saknas.',
    ),
  },
  {
    key: 'mailBy',
    type: 'select',
    default: 'hub',
    options: [
      { value: 'hub', label: same('Fakturist') },
      { value: 'provider', label: same('inFakt') },
    ],
    label: t(
      'Kto wysyła dokument do nabywcy',
      'Who mails the document to the buyer',
      'Ki küldi el a bizonylatot a vevőnek',
      'Vem mejlar dokumentet till köparen',
    ),
  },
];

const seriesFields: SettingField[] = [
  {
    key: 'pdfLanguage',
    type: 'select',
    required: true,
    default: 'pl',
    options: [
      { value: 'pl', label: t('polski', 'Polish', 'lengyel', 'polska') },
      { value: 'en', label: t('angielski', 'English', 'angol', 'engelska') },
      { value: 'pe', label: t('polsko-angielski', 'Polish and English', 'lengyel és angol', 'polska och engelska') },
    ],
    label: t('Język PDF', 'Language of the PDF', 'A PDF nyelve', 'PDF:ens språk'),
  },
  {
    key: 'paymentDays',
    type: 'number',
    required: true,
    default: 7,
    kinds: ['invoice', 'proforma', 'final'],
    label: t('Termin płatności (dni)', 'Payment term (days)', 'Fizetési határidő (nap)', 'Betalningsvillkor (dagar)'),
    help: t(
      'Gdy dokument nie jest opłacony i sam nie ma terminu.',
      'When the document is not paid and has no due date of its own.',
      'Ha a bizonylat nincs kifizetve, és nincs saját határideje.',
      'När dokumentet inte är betalt och saknar eget förfallodatum.',
    ),
  },
  {
    key: 'ksef',
    type: 'select',
    required: true,
    default: 'nip_only',
    kinds: ['invoice', 'prepayment', 'final', 'correction'],
    options: [
      {
        value: 'nip_only',
        label: t('gdy nabywca ma NIP', 'when the buyer has a tax number', 'ha a vevőnek van adószáma', 'när köparen har skattenummer'),
      },
      { value: 'all', label: t('zawsze', 'always', 'mindig', 'alltid') },
      {
        value: 'never',
        label: t(
          'nigdy (robi to inFakt sam lub księgowa)',
          'never (inFakt itself or the accountant does)',
          'soha (maga az inFakt vagy a könyvelő teszi)',
          'aldrig (inFakt självt eller redovisningsbyrån gör det)',
        ),
      },
    ],
    label: t(
      'Wysyłka do KSeF przez inFakt',
      'Sending to KSeF through inFakt',
      'Küldés a KSeF-be az inFakton át',
      'Sändning till KSeF via inFakt',
    ),
    help: t(
      'Działa, gdy seria mówi, że zgłasza dostawca.',
      'Applies when the series says that the provider reports.',
      'Akkor él, ha a sorozat szerint a szolgáltató jelent.',
      'Gäller när serien säger att leverantören rapporterar.',
    ),
  },
  {
    key: 'correctionSeries',
    type: 'select',
    required: true,
    lookup: 'series:correction',
    kinds: ['invoice'],
    label: t('Seria korekt', 'Series of corrections', 'Helyesbítők sorozata', 'Serie för krediteringar'),
    help: t(
      'W niej powstają korekty dokumentów tej serii; musi iść tym samym połączeniem.',
      'Corrections of this series’ documents are made in it; it must go by the same connection.',
      'Ebben készülnek e sorozat bizonylatainak helyesbítői; ugyanazon a kapcsolaton kell mennie.',
      'I den skapas krediteringar av seriens dokument; den måste gå via samma anslutning.',
    ),
  },
  {
    key: 'bankAccount',
    type: 'select',
    lookup: 'bank-accounts',
    kinds: ['invoice', 'proforma', 'prepayment', 'final'],
    label: t('Konto na fakturze przy przelewie', 'Account on invoices paid by transfer', 'Bankszámla átutalásnál', 'Konto vid överföring'),
    help: t(
      'Puste: domyślne konto z inFaktu. Konto musi być w inFakcie zweryfikowane.',
      'Empty: the default account of inFakt. It has to be verified there.',
      'Üresen: az inFakt alapértelmezett számlája. Ott ellenőrzöttnek kell lennie.',
      'Tomt: inFakts standardkonto. Det måste vara verifierat där.',
    ),
  },
  {
    key: 'exemption',
    type: 'select',
    lookup: 'vat-exemptions',
    label: t('Podstawa zwolnienia z VAT', 'Legal basis of VAT exemption', 'Az áfamentesség jogalapja', 'Rättsgrund för momsundantag'),
    help: t(
      'Potrzebna tylko wtedy, gdy sprzedajesz ze stawką „zw”.',
      'Needed only if you sell exempt goods or services (zw).',
      'Csak akkor kell, ha mentes tételeket is értékesít (zw).',
      'Behövs bara om du säljer undantagna varor eller tjänster (zw).',
    ),
  },
  {
    key: 'flatRate',
    type: 'select',
    lookup: 'flat-rates',
    label: t('Stawka ryczałtu', 'Lump-sum tax rate', 'Átalányadó kulcsa', 'Schablonskattesats'),
    help: t('Tylko dla ryczałtowców.', 'Only for lump-sum taxpayers.', 'Csak átalányadózóknak.', 'Bara för schablonbeskattade.'),
  },
];

export const manifest: Manifest = {
  id: 'infakt',
  name: 'inFakt',
  role: 'provider',
  countries: ['PL'],
  capabilities: ['transfer', 'look-up', 'receive-calls'],
  followUps: ['report', 'mail', 'pay'],
  documentKinds: ['invoice', 'proforma', 'prepayment', 'final', 'correction'],
  numberOwners: ['provider', 'hub'],
  reporters: ['provider', 'nobody'],
  // From a gross each line's tax is taken out by itself; a line of theirs is never below zero, so discounts lower the others first.
  taxRounding: 'discounted_line',
  defaultBaseUrl: 'https://api.infakt.pl/api/v3',
  addresses: [
    { url: 'https://api.infakt.pl/api/v3', label: t('konto prawdziwe', 'live account', 'éles fiók', 'skarpt konto') },
    {
      url: 'https://api.sandbox-infakt.pl/api/v3',
      label: t('konto testowe (sandbox)', 'test account (sandbox)', 'tesztfiók (sandbox)', 'testkonto (sandbox)'),
    },
  ],
  settings,
  seriesFields,
  mappings: [
    {
      what: 'payment_method',
      list: 'payment-methods',
      channelLists: ['payments', 'payment-methods'],
      required: true,
      ours: oursWithoutDoubt,
      label: t('Metody płatności', 'Payment methods', 'Fizetési módok', 'Betalningssätt'),
      about: t(
        'inFakt przyjmuje tylko metody ze swojej listy. Metoda bez przypisania zatrzymuje tylko dokumenty swoich zamówień i puszcza je, gdy ją przypiszesz.',
        'inFakt takes only methods of its own list. One that is not mapped holds only the documents of its orders and lets them go once you map it.',
        'Az inFakt csak a saját listájának módjait fogadja. A párosítatlan mód csak a saját rendeléseinek bizonylatait tartja vissza, és elengedi őket, amint párosítja.',
        'inFakt tar bara emot sätt ur sin egen lista. Ett omappat sätt håller bara sina egna ordrars dokument och släpper dem när du mappar det.',
      ),
      synonyms: {
        delivery: ['pobranie', 'pobraniem', 'cash on delivery', 'cod', 'utanvet', 'postforskott'],
        transfer: ['przelew', 'przelew bankowy', 'przelew tradycyjny', 'bank transfer', 'transfer', 'wire', 'atutalas', 'bankoverforing'],
        card: ['karta', 'karta platnicza', 'blik', 'apple pay', 'google pay', 'card', 'visa', 'mastercard', 'bankkartya', 'kort', 'stripe'],
        payu: ['payu'],
        przelewy24: ['przelewy24', 'p24'],
        tpay: ['tpay', 'transferuj'],
        dotpay: ['dotpay'],
        paypal: ['paypal'],
        cash: ['gotowka', 'gotowka przy odbiorze', 'platnosc przy odbiorze osobistym', 'cash', 'keszpenz', 'kontant'],
        instalment_sale: ['raty', 'ratalna', 'instalment', 'instalments', 'paypo', 'klarna'],
        other: ['allegro', 'marketplace', 'voucher', 'bon'],
      },
    },
  ],
  notices: {
    secret: 'webhookSecret',
    page: 'https://konto.infakt.pl',
    silentAfterMs: 60 * 60_000,
    steps: [
      t(
        'Zaloguj się w inFakcie i otwórz Ustawienia → Webhooki → Dodaj webhook.',
        'Log in to inFakt and open Ustawienia → Webhooki → Dodaj webhook.',
        'Lépjen be az inFaktba, és nyissa meg: Ustawienia → Webhooki → Dodaj webhook.',
        'Logga in i inFakt och öppna Ustawienia → Webhooki → Dodaj webhook.',
      ),
      t(
        'Wklej adres URL z tej strony, w „Zawartość danych” wybierz „Pełne dane”.',
        'Paste the URL of this page, choose “Pełne dane” (full data) under “Zawartość danych”.',
        'Illessze be az itteni URL-t, a „Zawartość danych” résznél válassza: „Pełne dane” (teljes adatok).',
        'Klistra in URL:en härifrån och välj ”Pełne dane” (fullständiga data) under ”Zawartość danych”.',
      ),
      t(
        'Zaznacz pola z listy obok, podaj hasło do inFaktu i naciśnij „Utwórz webhook”.',
        'Tick the boxes of the list here, type your inFakt password and press “Utwórz webhook”.',
        'Jelölje be az itteni lista mezőit, írja be inFakt-jelszavát, és nyomja meg: „Utwórz webhook”.',
        'Kryssa i rutorna i listan här, ange ditt inFakt-lösenord och tryck på ”Utwórz webhook”.',
      ),
      t(
        'Skopiuj sekret ze szczegółów webhooka i wklej go tutaj.',
        'Copy the secret from the details of the webhook and paste it here.',
        'Másolja ki a titkot a webhook részleteiből, és illessze be ide.',
        'Kopiera hemligheten ur webhookens detaljer och klistra in den här.',
      ),
      t(
        'Naciśnij w inFakcie „Weryfikuj”. Ta strona sama zmieni się na zielono.',
        'Press “Weryfikuj” in inFakt. This page turns green by itself.',
        'Nyomja meg az inFaktban a „Weryfikuj” gombot. Ez az oldal magától zöldre vált.',
        'Tryck på ”Weryfikuj” i inFakt. Sidan blir grön av sig själv.',
      ),
    ],
    boxes: [
      { label: 'Faktura utworzona przez async API inFakt', needed: true },
      { label: 'Błąd utworzenia faktury przez async API inFakt', needed: true },
      { label: 'Faktura oznaczona jako zapłacona', needed: false },
      { label: 'Faktura oznaczona jako zapłacona przez async API inFakt', needed: false },
      { label: 'Faktura wysłana do KSEF', needed: false },
      { label: 'Błąd wysyłki faktury do KSEF', needed: false },
      { label: 'Faktura usunięta', needed: false },
    ],
  },
  setup: ['key', 'series', 'notices', 'verified', 'mappings', 'complete', 'channel', 'event'],
  causes,
  facts: {
    key: t('Klucz API przyjęty', 'API key accepted', 'API-kulcs elfogadva', 'API-nyckeln godtagen'),
    account: t('Konto', 'Account', 'Fiók', 'Konto'),
    taxId: t('NIP', 'Tax number', 'Adószám', 'Skattenummer'),
    plan: t('Plan', 'Plan', 'Csomag', 'Plan'),
    daysLeft: t('Plan wygasa za (dni)', 'The plan ends in (days)', 'A csomag lejár (nap)', 'Planen upphör om (dagar)'),
    ksef: t('KSeF połączony w inFakcie', 'KSeF connected in inFakt', 'KSeF összekötve az inFaktban', 'KSeF anslutet i inFakt'),
    bank: t('Konto bankowe w inFakcie', 'Bank account in inFakt', 'Bankszámla az inFaktban', 'Bankkonto i inFakt'),
    yes: t('tak', 'yes', 'igen', 'ja'),
    no: t('nie', 'no', 'nem', 'nej'),
    unknown: t('nie wiadomo', 'not known', 'nem ismert', 'okänt'),
  },
  limits: {
    // Counted by the address that calls, not by the key: every connection of the installation shares them.
    perMinute: 290,
    writesPerMinute: 145,
    sharedBy: 'installation',
    concurrency: 1,
    // Ten tries, then a person (contract §12): of one and the same request, and of questions about one send.
    maxSends: 10,
    timeoutMs,
    settleAfterMs: 2 * 60_000,
    maxAsks: 10,
    absence: { looks: 2, apartMs: 10 * 60_000 },
    rereadEveryMs: 5_000,
  },
  about: t(
    'Faktury i korekty powstają w inFakcie i wracają jako PDF do zamówienia; inFakt może je też wysłać do KSeF.',
    'Invoices and corrections are made in inFakt and come back to the order as PDF; inFakt can report them to KSeF too.',
    'A számlák és helyesbítők az inFaktban készülnek, és PDF-ként visszakerülnek a rendeléshez; az inFakt a KSeF-be is elküldheti őket.',
    'Fakturor och krediteringar skapas i inFakt och kommer tillbaka som PDF till ordern; inFakt kan också rapportera dem till KSeF.',
  ),
};
