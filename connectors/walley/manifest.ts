import { ruleSettings } from '../../src/contract/administer.ts';
import type { Manifest, SettingField, Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';
import { soapServices, storeKey } from './settings.ts';
import { defaultBaseUrl, timeoutMs } from './soap.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

function same(text: string): Texts {
  return t(text, text, text, text);
}

const countryNames: Record<string, Texts> = {
  SE: t('Szwecja', 'Sweden', 'Svédország', 'Sverige'),
  NO: t('Norwegia', 'Norway', 'Norvégia', 'Norge'),
  FI: t('Finlandia', 'Finland', 'Finnország', 'Finland'),
  DK: t('Dania', 'Denmark', 'Dánia', 'Danmark'),
};
const segmentNames = {
  consumer: t('konsumenci', 'consumers', 'magánszemélyek', 'konsumenter'),
  company: t('firmy', 'companies', 'cégek', 'företag'),
};

/** One store is one country and one kind of buyer, so there is one field for each. */
const storeFields: SettingField[] = Object.keys(countryNames).flatMap((country) =>
  (['consumer', 'company'] as const).map((segment): SettingField => {
    const label = (language: keyof Texts, word: string) =>
      `${word} ${countryNames[country]![language]}, ${segmentNames[segment][language]}`;
    return {
      key: storeKey(country, segment),
      type: 'text',
      pattern: '\\d{1,9}',
      maxLength: 9,
      label: t(label('pl', 'Sklep'), label('en', 'Store'), label('hu', 'Üzlet'), label('sv', 'Butik')),
    };
  }),
);

const settings: SettingField[] = [
  {
    key: 'environment',
    type: 'select',
    default: 'production',
    options: [
      { value: 'production', label: t('produkcja', 'production', 'éles', 'produktion') },
      { value: 'test', label: t('test', 'test', 'teszt', 'test') },
    ],
    label: t('Środowisko', 'Environment', 'Környezet', 'Miljö'),
    help: t(
      'Test i produkcja mają osobne loginy i klucze.',
      'Test and production have credentials of their own.',
      'A tesztnek és az élesnek külön belépése van.',
      'Test och produktion har egna inloggningsuppgifter.',
    ),
  },
  {
    key: 'clientId',
    type: 'text',
    maxLength: 100,
    label: t('Klucz API: identyfikator', 'API key: client id', 'API-kulcs: ügyfél-azonosító', 'API-nyckel: klient-id'),
    help: t(
      'Merchant Hub → „Manage access” → „Api key”. Puste, jeśli masz tylko login usług SOAP.',
      'Merchant Hub → “Manage access” → “Api key”. Empty if you only have a login for the SOAP services.',
      'Merchant Hub → „Manage access” → „Api key”. Üres, ha csak SOAP-belépése van.',
      'Merchant Hub → ”Manage access” → ”Api key”. Tomt om du bara har inloggning till SOAP-tjänsterna.',
    ),
  },
  {
    key: 'clientSecret',
    type: 'secret',
    maxLength: 300,
    label: t('Klucz API: sekret', 'API key: secret', 'API-kulcs: titok', 'API-nyckel: hemlighet'),
  },
  {
    key: 'secretExpires',
    type: 'text',
    pattern: '\\d{4}-\\d{2}-\\d{2}',
    maxLength: 10,
    label: t('Sekret wygasa', 'The secret expires on', 'A titok lejár', 'Hemligheten går ut'),
    help: t(
      'Dzień w postaci 2026-12-31. Ostrzeżemy 30 i 7 dni wcześniej.',
      'A day such as 2026-12-31. You are warned 30 and 7 days ahead.',
      'Nap, például 2026-12-31. 30 és 7 nappal előtte szólunk.',
      'En dag, till exempel 2026-12-31. Du varnas 30 och 7 dagar innan.',
    ),
  },
  {
    key: 'soapService',
    type: 'select',
    default: 'none',
    options: [
      { value: 'none', label: t('brak', 'none', 'nincs', 'ingen') },
      ...soapServices.map((value) => ({ value, label: same(value) })),
    ],
    label: t('Usługa SOAP', 'SOAP service', 'SOAP-szolgáltatás', 'SOAP-tjänst'),
    help: t(
      'Potrzebna do dodawania faktur, ponownego wysyłania i przedłużania terminu.',
      'Needed to add invoices, to send them again and to extend the due date.',
      'Számla felvételéhez, újraküldéshez és határidő-hosszabbításhoz kell.',
      'Behövs för att lägga till fakturor, skicka igen och förlänga förfallodagen.',
    ),
  },
  { key: 'username', type: 'text', maxLength: 50, label: t('Login SOAP', 'SOAP username', 'SOAP-felhasználónév', 'SOAP-användarnamn') },
  { key: 'password', type: 'secret', maxLength: 50, label: t('Hasło SOAP', 'SOAP password', 'SOAP-jelszó', 'SOAP-lösenord') },
  {
    key: 'prefer',
    type: 'select',
    default: 'rest',
    options: [
      { value: 'rest', label: same('REST') },
      { value: 'soap', label: same('SOAP') },
    ],
    label: t('Gdy oba mają czynność', 'When both have an action', 'Ha mindkettő tudja a műveletet', 'När båda har åtgärden'),
  },
  {
    key: 'singleStore',
    type: 'boolean',
    default: false,
    label: t('Mamy tylko jeden sklep', 'We have one store only', 'Csak egy üzletünk van', 'Vi har bara en butik'),
    help: t(
      'Jeden kraj i albo konsumenci, albo firmy. Wtedy numer sklepu może zostać pusty; w każdym innym przypadku Walley go wymaga.',
      'One country, and either consumers or companies. Then the store id may stay empty; in every other case Walley requires it.',
      'Egy ország, és vagy magánszemélyek, vagy cégek. Ilyenkor az üzletazonosító üres maradhat; minden más esetben a Walley megköveteli.',
      'Ett land och antingen konsumenter eller företag. Då får butiks-id vara tomt; annars kräver Walley det.',
    ),
  },
  ...storeFields,
  {
    key: 'dueDays',
    type: 'number',
    default: 14,
    label: t(
      'Dni do zapłaty według umowy',
      'Days to pay by the agreement',
      'Fizetési napok a szerződés szerint',
      'Betalningsdagar enligt avtalet',
    ),
    help: t(
      'Tylko do podglądu: termin podaje Walley.',
      'For the preview only: Walley states the due date.',
      'Csak az előnézethez: a határidőt a Walley adja meg.',
      'Endast för förhandsvisning: Walley anger förfallodagen.',
    ),
  },
  {
    key: 'extendDays',
    type: 'number',
    default: 10,
    label: t(
      'Dni przedłużenia według umowy',
      'Days of an extension by the agreement',
      'Hosszabbítás napjai a szerződés szerint',
      'Förlängningsdagar enligt avtalet',
    ),
  },
  {
    key: 'by',
    type: 'select',
    default: 'email',
    options: [
      { value: 'email', label: t('e-mailem', 'by e-mail', 'e-mailben', 'med e-post') },
      { value: 'post', label: t('listem lub w paczce', 'by post or in the parcel', 'postán vagy a csomagban', 'som brev eller i paketet') },
    ],
    label: t('Doręczenie faktury', 'Delivery of the invoice', 'A számla kézbesítése', 'Fakturans leverans'),
  },
  {
    key: 'invoiceType',
    type: 'select',
    default: '0',
    options: [
      { value: '0', label: t('bezpośrednia', 'direct invoice', 'közvetlen', 'direktfaktura') },
      { value: '1', label: t('miesięczna', 'monthly invoice', 'havi', 'månadsfaktura') },
      { value: '3', label: t('zbiorcza miesięczna', 'aggregated monthly invoice', 'összevont havi', 'samlad månadsfaktura') },
      { value: '4', label: t('bez odsetek', 'interest-free', 'kamatmentes', 'räntefri') },
      { value: '5', label: t('ratalna', 'annuity', 'részletfizetés', 'annuitet') },
    ],
    label: t('Rodzaj faktury', 'Invoice type', 'Számlatípus', 'Fakturatyp'),
  },
  {
    key: 'clientIp',
    type: 'text',
    maxLength: 50,
    pattern: '[0-9a-fA-F:.]+',
    label: t(
      'Adres IP, gdy brak adresu kupującego',
      'IP address where the buyer’s is not known',
      'IP-cím, ha a vevőé nem ismert',
      'IP-adress när köparens saknas',
    ),
    help: t(
      'Walley chce adresu IP kupującego z chwili zakupu; zamówienia rzadko go mają.',
      'Walley wants the buyer’s IP address at the purchase; orders seldom carry it.',
      'A Walley a vevő vásárláskori IP-címét kéri; a rendelésekben ritkán van benne.',
      'Walley vill ha köparens IP-adress vid köpet; ordrar har den sällan.',
    ),
  },
  { key: 'productCode', type: 'text', maxLength: 50, label: t('Kod kampanii', 'Campaign code', 'Kampánykód', 'Kampanjkod') },
  {
    key: 'callbackUser',
    type: 'text',
    maxLength: 100,
    label: t('Powiadomienia: login', 'Notices: username', 'Értesítések: felhasználónév', 'Aviseringar: användarnamn'),
    help: t(
      'Podaj go Walley razem z adresem powiadomień tego połączenia.',
      'Give it to Walley together with this connection’s address for notices.',
      'Adja meg a Walleynek a kapcsolat értesítési címével együtt.',
      'Ge det till Walley tillsammans med anslutningens adress för aviseringar.',
    ),
  },
  {
    key: 'callbackPassword',
    type: 'secret',
    maxLength: 100,
    label: t('Powiadomienia: hasło', 'Notices: password', 'Értesítések: jelszó', 'Aviseringar: lösenord'),
  },
  ...ruleSettings,
  {
    key: 'restUrl',
    type: 'url',
    label: t('Inny adres REST', 'Another REST address', 'Másik REST-cím', 'Annan REST-adress'),
    help: t('Zwykle puste.', 'Usually empty.', 'Többnyire üres.', 'Vanligen tomt.'),
  },
  {
    key: 'restScope',
    type: 'text',
    maxLength: 100,
    label: t('Inny zakres tokenu', 'Another token scope', 'Másik token-hatókör', 'Annat token-scope'),
  },
  {
    key: 'soapInterface',
    type: 'text',
    maxLength: 60,
    pattern: '[A-Za-z0-9]*',
    label: t(
      'Inna nazwa interfejsu w SOAPAction',
      'Another interface name in SOAPAction',
      'Másik interfésznév a SOAPActionben',
      'Annat gränssnittsnamn i SOAPAction',
    ),
  },
  {
    key: 'adjustRoot',
    type: 'text',
    maxLength: 60,
    pattern: '[A-Za-z0-9]*',
    label: t('Inny korzeń AdjustInvoice', 'Another root of AdjustInvoice', 'Másik AdjustInvoice-gyökér', 'Annan rot för AdjustInvoice'),
  },
  {
    key: 'mobileField',
    type: 'select',
    default: 'CellPhoneNumber',
    options: ['CellPhoneNumber', 'MobilePhone'].map((value) => ({ value, label: same(value) })),
    label: t('Pole numeru komórki', 'Field of the mobile number', 'A mobilszám mezője', 'Fält för mobilnumret'),
  },
];

export const manifest: Manifest = {
  id: 'walley',
  name: 'Walley (Collector)',
  role: 'provider',
  countries: ['SE'],
  capabilities: ['administer', 'receive-calls'],
  defaultBaseUrl,
  settings,
  causes,
  facts: {
    rest: t('Klucz API przyjęty', 'API key accepted', 'Az API-kulcs elfogadva', 'API-nyckel godtagen'),
    soap: t('Login SOAP przyjęty', 'SOAP login accepted', 'A SOAP-belépés elfogadva', 'SOAP-inloggning godtagen'),
    stores: t('Sklepy', 'Stores', 'Üzletek', 'Butiker'),
    secretExpires: t('Sekret wygasa', 'Secret expires', 'A titok lejár', 'Hemligheten går ut'),
    yes: t('tak', 'yes', 'igen', 'ja'),
  },
  limits: { concurrency: 4, maxSends: 5, timeoutMs, settleAfterMs: 60_000 },
  about: t(
    'Walley kupuje faktury sprzedawcy i samo je ściąga. Tu faktury się aktywuje, anuluje, zmienia, wysyła, przedłuża i zwraca.',
    'Walley buys the seller’s invoices and collects them. Here they are activated, cancelled, changed, sent, extended and credited.',
    'A Walley megveszi az eladó számláit, és maga szedi be. Itt lehet őket aktiválni, visszavonni, módosítani, elküldeni, hosszabbítani és jóváírni.',
    'Walley köper säljarens fakturor och driver in dem. Här aktiveras, makuleras, ändras, skickas, förlängs och krediteras de.',
  ),
};
