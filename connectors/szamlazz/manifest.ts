import type { Manifest, SettingField, Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';
import { timeoutMs } from './client.ts';
import { letterKeys } from './vat.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

function same(text: string): Texts {
  return t(text, text, text, text);
}

const languages: [string, Texts][] = [
  ['document', t('język dokumentu', 'language of the document', 'a bizonylat nyelve', 'dokumentets språk')],
  ['hu', same('magyar')],
  ['en', same('English')],
  ['de', same('Deutsch')],
  ['it', same('italiano')],
  ['ro', same('română')],
  ['sk', same('slovenčina')],
  ['hr', same('hrvatski')],
  ['fr', same('français')],
  ['es', same('español')],
  ['cz', same('čeština')],
  ['pl', same('polski')],
  ['bg', same('български')],
  ['nl', same('Nederlands')],
  ['ru', same('русский')],
  ['si', same('slovenščina')],
];

const paymentTokens = [
  'átutalás',
  'készpénz',
  'bankkártya',
  'csekk',
  'utánvét',
  'PayPal',
  'SZÉP kártya',
  'OTP Simple',
  'barion',
  'utalvány',
  'kupon',
  'egyéb',
];
const onlineTokens = ['bankkártya', 'OTP Simple', 'barion', 'PayPal'];

/** What mappings can choose from at the provider. */
export const lists: Record<string, { value: string; label: string }[]> = {
  'payment-methods': paymentTokens.map((token) => ({ value: token, label: token })),
  'vat-rates': [
    ...['27', '18', '5', '0'].map((rate) => ({ value: rate, label: `${rate} %` })),
    ...letterKeys.map((key) => ({ value: key, label: key })),
  ],
  languages: languages.slice(1).map(([value, label]) => ({ value, label: label.en })),
};

const settings: SettingField[] = [
  {
    key: 'agentKey',
    type: 'secret',
    required: true,
    maxLength: 100,
    label: t('Klucz Számla Agent', 'Agent key', 'Számla Agent-kulcs', 'Agentnyckel'),
    help: t(
      'Utwórz go na dole pulpitu Számlázz.hu (ikona klucza) i wklej tutaj.',
      'Make it at the bottom of the Számlázz.hu dashboard (key icon) and paste it here.',
      'A Számlázz.hu vezérlőpultjának alján (kulcs ikon) készíthet kulcsot; ide illessze be.',
      'Skapa den längst ner på Számlázz.hus kontrollpanel (nyckelikonen) och klistra in den här.',
    ),
  },
  {
    key: 'eInvoice',
    type: 'boolean',
    default: false,
    label: t('E-faktura', 'E-invoice', 'E-számla', 'E-faktura'),
    help: t(
      'Tylko jeśli obejmuje ją pakiet w Számlázz.hu. Bez tego powstaje faktura papierowa w PDF, a prawnie egzemplarzem nabywcy jest wydruk.',
      'Only if the package at Számlázz.hu includes it. Otherwise a paper-form invoice is made as PDF; by law the print is the buyer’s copy.',
      'Csak ha a Számlázz.hu-csomagja tartalmazza. Nélküle papíralapú számla készül PDF-ben, jogilag a kinyomtatott példány a vevőé.',
      'Endast om paketet hos Számlázz.hu omfattar det. Annars skapas en pappersfaktura som PDF; juridiskt är utskriften köparens exemplar.',
    ),
  },
  {
    key: 'prefix',
    type: 'text',
    maxLength: 20,
    label: t('Przedrostek numeru faktury', 'Invoice number prefix', 'Számlaszám-előtag', 'Fakturanummerprefix'),
    help: t(
      'Musi być dodany i włączony w Számlázz.hu, także dla płatności online. Puste pole: domyślny przedrostek konta.',
      'It has to be added and enabled at Számlázz.hu, for online payment too. Empty: the default prefix of the account.',
      'Legyen felvéve és engedélyezve a Számlázz.hu-n, online fizetésre is. Üresen: a fiók alapértelmezett előtagja.',
      'Det måste vara tillagt och aktiverat hos Számlázz.hu, även för onlinebetalning. Tomt: kontots standardprefix.',
    ),
  },
  {
    key: 'receiptPrefix',
    later: true,
    type: 'text',
    maxLength: 5,
    pattern: '^[A-Z0-9]{1,5}$',
    label: t('Przedrostek paragonów', 'Receipt prefix', 'Nyugtaelőtag', 'Kvittoprefix'),
    help: t(
      'Najwyżej 5 wielkich liter lub cyfr, inny niż przedrostki faktur. Potrzebny tylko do paragonów.',
      'At most 5 capitals or digits, other than the invoice prefixes. Needed for receipts only.',
      'Legfeljebb 5 nagybetű vagy szám, és nem lehet számlaelőtag. Csak nyugtához kell.',
      'Högst 5 versaler eller siffror, skilt från fakturaprefixen. Behövs bara för kvitton.',
    ),
  },
  {
    key: 'language',
    type: 'select',
    default: 'document',
    options: languages.map(([value, label]) => ({ value, label })),
    label: t('Język dokumentów', 'Language of the documents', 'A bizonylatok nyelve', 'Dokumentens språk'),
    help: t(
      'Számlázz.hu nie ma szwedzkiego: taki dokument wyjdzie po angielsku.',
      'Számlázz.hu has no Swedish: such a document goes out in English.',
      'A Számlázz.hu-n nincs svéd: az ilyen bizonylat angolul készül.',
      'Számlázz.hu har ingen svenska: ett sådant dokument skrivs på engelska.',
    ),
  },
  {
    key: 'mailBy',
    type: 'select',
    default: 'hub',
    options: [
      { value: 'hub', label: t('Fakturist', 'Fakturist', 'Fakturist', 'Fakturist') },
      { value: 'provider', label: same('Számlázz.hu') },
    ],
    label: t(
      'Kto wysyła dokument do nabywcy',
      'Who mails the document to the buyer',
      'Ki küldi el a bizonylatot a vevőnek',
      'Vem mejlar dokumentet till köparen',
    ),
  },
  {
    key: 'mailReplyTo',
    later: true,
    type: 'text',
    maxLength: 200,
    label: t('Adres do odpowiedzi', 'Reply-to address', 'Válaszcím', 'Svarsadress'),
    help: t('Gdy wysyła Számlázz.hu.', 'When Számlázz.hu sends.', 'Ha a Számlázz.hu küldi.', 'När Számlázz.hu skickar.'),
  },
  {
    key: 'mailSubject',
    later: true,
    type: 'text',
    maxLength: 300,
    label: t('Temat wiadomości', 'Subject of the message', 'Az üzenet tárgya', 'Meddelandets ämne'),
  },
  {
    key: 'mailText',
    later: true,
    type: 'text',
    maxLength: 5000,
    label: t('Treść wiadomości', 'Text of the message', 'Az üzenet szövege', 'Meddelandets text'),
  },
  {
    key: 'exemptKey',
    later: true,
    type: 'select',
    default: 'TAM',
    options: [
      {
        value: 'TAM',
        label: t(
          'TAM – zwolnienie ze względu na rodzaj działalności',
          'TAM – exempt by its nature',
          'TAM – tárgyi adómentes',
          'TAM – undantagen till sin art',
        ),
      },
      { value: 'AAM', label: t('AAM – zwolnienie podmiotowe', 'AAM – small business', 'AAM – alanyi adómentes', 'AAM – småföretag') },
    ],
    label: t('Profil VAT: pozycje zwolnione', 'VAT profile: exempt lines', 'Áfaprofil: mentes tételek', 'Momsprofil: undantagna rader'),
  },
  {
    key: 'ossSeller',
    later: true,
    type: 'boolean',
    default: false,
    label: t(
      'Sprzedawca zarejestrowany w OSS',
      'The seller is registered for OSS',
      'Az eladó OSS-ben regisztrált',
      'Säljaren är registrerad i OSS',
    ),
    help: t(
      'Pozwala na stawki innych krajów UE. Takie faktury nie są zgłaszane do NAV.',
      'Allows rates of other EU countries. Such invoices are not reported to NAV.',
      'Más uniós országok áfakulcsait engedi. Az ilyen számla nem kerül a NAV-hoz.',
      'Tillåter andra EU-länders momssatser. Sådana fakturor rapporteras inte till NAV.',
    ),
  },
  {
    key: 'onlineMethod',
    later: true,
    type: 'select',
    default: 'bankkártya',
    options: onlineTokens.map((token) => ({ value: token, label: same(token) })),
    label: t('Płatność online to', 'Online payment is', 'Az online fizetés módja', 'Onlinebetalning är'),
  },
  {
    key: 'orderRepeatForbidden',
    type: 'boolean',
    default: false,
    label: t(
      'Blokada powtórzeń numeru zamówienia jest włączona',
      'Repeating an order number is forbidden',
      'Rendelésszám ismétlődés tiltása bekapcsolva',
      'Upprepning av ordernummer är förbjuden',
    ),
    help: t(
      'Włącz w ustawieniach Számlázz.hu „Rendelésszám ismétlődés tiltása” i potwierdź tutaj: to druga ochrona przed podwójną fakturą, a odczytać jej nie możemy.',
      'Switch on “Rendelésszám ismétlődés tiltása” in the Számlázz.hu settings and confirm it here: a second guard against double invoices that we cannot read.',
      'Kapcsolja be a Számlázz.hu beállításai között, és erősítse meg itt: ez a második védelem a dupla számla ellen, kiolvasni nem tudjuk.',
      'Slå på ”Rendelésszám ismétlődés tiltása” i Számlázz.hus inställningar och bekräfta här: ett andra skydd mot dubbla fakturor som vi inte kan läsa av.',
    ),
  },
  {
    key: 'hourlyLimit',
    later: true,
    type: 'number',
    label: t(
      'Najwyżej dokumentów na godzinę',
      'Documents an hour at most',
      'Legfeljebb ennyi bizonylat óránként',
      'Högst så många dokument i timmen',
    ),
    help: t(
      'Puste: bez ograniczenia; konto testowe Számlázz.hu przyjmuje 100 na godzinę i tego pilnujemy sami.',
      'Empty: no limit; a Számlázz.hu test account takes 100 an hour, which we keep by ourselves.',
      'Üresen nincs korlát; a Számlázz.hu tesztfiók óránként 100-at fogad, ezt magunktól betartjuk.',
      'Tomt: ingen gräns; ett testkonto hos Számlázz.hu tar emot 100 i timmen, vilket vi håller av oss själva.',
    ),
  },
  { key: 'bankName', later: true, type: 'text', maxLength: 100, label: t('Bank', 'Bank', 'Bank', 'Bank') },
  {
    key: 'bankAccount',
    later: true,
    type: 'text',
    maxLength: 60,
    label: t('Numer rachunku', 'Bank account', 'Bankszámlaszám', 'Bankkonto'),
    help: t(
      'Na dokumentach płatnych przelewem; puste: rachunek z konta Számlázz.hu.',
      'On documents payable by transfer; empty: the one of the Számlázz.hu account.',
      'Átutalásos bizonylatokon; üresen a Számlázz.hu-fiókban lévő.',
      'På dokument som betalas via banken; tomt: kontot hos Számlázz.hu.',
    ),
  },
  {
    key: 'logo',
    later: true,
    type: 'text',
    maxLength: 100,
    label: t(
      'Inne logo (nazwa w Számlázz.hu)',
      'Other logo (its name at Számlázz.hu)',
      'Eltérő logó (neve a Számlázz.hu-n)',
      'Annan logotyp (namn hos Számlázz.hu)',
    ),
  },
  {
    key: 'template',
    later: true,
    type: 'select',
    default: '',
    options: ['', 'SzlaMost', 'SzlaAlap', 'SzlaNoEnv', 'Szla8cm', 'SzlaTomb'].map((value) => ({ value, label: same(value || '–') })),
    label: t('Szablon faktury', 'Invoice template', 'Számlakép', 'Fakturamall'),
  },
  {
    key: 'receiptTemplate',
    later: true,
    type: 'select',
    default: '',
    options: ['', 'A', 'J', 'L', 'N'].map((value) => ({ value, label: same(value || '–') })),
    label: t('Szablon paragonu', 'Receipt template', 'Nyugtakép', 'Kvittomall'),
  },
];

/** A series may have a number range of its own there: one for each organiser, event or shop. */
const seriesFields: SettingField[] = settings
  .filter((field) => field.key === 'prefix')
  .map((field) => ({
    ...field,
    kinds: ['invoice', 'proforma', 'prepayment', 'final'],
    help: t(
      'Własny przedrostek tej serii, dodany i włączony w Számlázz.hu. Puste pole: jak w połączeniu.',
      'A prefix of this series alone, added and enabled at Számlázz.hu. Empty: as in the connection.',
      'Csak ennek a sorozatnak az előtagja, felvéve és engedélyezve a Számlázz.hu-n. Üresen: mint a kapcsolatnál.',
      'Ett eget prefix för serien, tillagt och aktiverat hos Számlázz.hu. Tomt: som i anslutningen.',
    ),
  }));

export const manifest: Manifest = {
  id: 'szamlazz',
  name: 'Számlázz.hu',
  role: 'provider',
  countries: ['HU'],
  capabilities: ['transfer', 'receive-calls', 'look-up', 'taxpayer'],
  documentKinds: ['invoice', 'proforma', 'prepayment', 'final', 'correction', 'receipt'],
  numberOwners: ['provider'],
  reporters: ['provider'],
  // Its checks are line by line and its totals their sums (§5).
  taxRounding: 'line',
  // MNB without a rate: it takes the one of the day (§5).
  exchanges: true,
  defaultBaseUrl: 'https://www.szamlazz.hu/szamla/',
  settings,
  seriesFields,
  causes,
  facts: {
    key: t('Klucz przyjęty', 'Key accepted', 'A kulcs elfogadva', 'Nyckeln godtagen'),
    account: t('Sprzedawca', 'Seller', 'Eladó', 'Säljare'),
    taxNumber: t('Numer podatkowy', 'Tax number', 'Adószám', 'Skattenummer'),
    test: t('Konto testowe', 'Test account', 'Tesztfiók', 'Testkonto'),
    eInvoice: t(
      'E-faktura sprawdzona podglądem',
      'E-invoice tried by a preview',
      'E-számla, előnézettel kipróbálva',
      'E-faktura provad med förhandsvisning',
    ),
    paper: t(
      'Faktura papierowa sprawdzona podglądem',
      'Paper form tried by a preview',
      'Papíralapú számla, előnézettel kipróbálva',
      'Pappersfaktura provad med förhandsvisning',
    ),
    prefix: t('Przedrostek', 'Prefix', 'Előtag', 'Prefix'),
    orderRepeat: t(
      'Blokada powtórzeń potwierdzona',
      'Order-number guard confirmed',
      'Ismétlődés tiltása megerősítve',
      'Ordernummerskydd bekräftat',
    ),
    yes: t('tak', 'yes', 'igen', 'ja'),
    no: t('nie', 'no', 'nem', 'nej'),
    unknown: t('nie wiadomo', 'not known', 'nem tudni', 'okänt'),
    default: t('domyślny', 'default', 'alapértelmezett', 'standard'),
  },
  limits: {
    // The provider answers one create in 2–6 s and asks for decency, not for a figure: a few orders side by side, never one twice at once.
    concurrency: 4,
    maxSends: 5,
    timeoutMs,
    settleAfterMs: 120_000,
    // Its rule of conduct for a backfill.
    backfillPauseMs: 1000,
    // Two overlapping identical correctives end in two documents there.
    serialKinds: ['correction'],
  },
  about: t(
    'Faktury, pro formy, zaliczki, korekty i paragony wystawia Számlázz.hu; ono też nadaje numery i zgłasza je do NAV.',
    'Számlázz.hu issues invoices, proformas, prepayment invoices, corrections and receipts; it numbers them and reports them to NAV.',
    'A számlákat, díjbekérőket, előlegszámlákat, helyesbítőket és nyugtákat a Számlázz.hu állítja ki, számozza és jelenti a NAV-nak.',
    'Számlázz.hu utfärdar fakturor, proformor, förskottsfakturor, korrigeringar och kvitton, numrerar dem och rapporterar till NAV.',
  ),
};
