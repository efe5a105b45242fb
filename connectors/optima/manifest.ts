import { paymentSettings, printNameSetting } from '../../src/contract/books.ts';
import type { Manifest, SettingField, Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

const baseHelp = t(
  'Taki sam jak w Optimie: Konfiguracja firmy → Ogólne → Praca rozproszona. Najwyżej 6 znaków.',
  'The same as in Optima: Konfiguracja firmy → Ogólne → Praca rozproszona. At most 6 characters.',
  'Ugyanaz, mint az Optimában: Konfiguracja firmy → Ogólne → Praca rozproszona. Legfeljebb 6 karakter.',
  'Samma som i Optima: Konfiguracja firmy → Ogólne → Praca rozproszona. Högst 6 tecken.',
);

const settings: SettingField[] = [
  {
    key: 'door',
    type: 'select',
    default: 'register',
    options: [
      {
        value: 'register',
        label: t(
          'Księgowość: kontrahenci i rejestr VAT',
          'Books: contractors and VAT register',
          'Könyvelés: partnerek és áfanyilvántartás',
          'Bokföring: kunder och momsregister',
        ),
      },
      {
        value: 'documents',
        label: t(
          'Handel: faktury z pozycjami (do bufora)',
          'Trade: invoices with lines (into the buffer)',
          'Kereskedelem: számlák tételekkel (a pufferbe)',
          'Handel: fakturor med rader (till bufferten)',
        ),
      },
    ],
    label: t('Rodzaj pliku', 'Kind of file', 'Fájlfajta', 'Filtyp'),
    help: t(
      'Rejestr VAT, gdy w Optimie są tylko księgi. Faktury, gdy Optima ma mieć pozycje; dostaną tam jej numer, a korekt ten plik nie przeniesie.',
      'The VAT register when only the books are in Optima. Invoices when Optima needs the lines; they get its number there, and this file carries no corrections.',
      'Áfanyilvántartás, ha csak a könyvelés van az Optimában. Számlák, ha tételek is kellenek; ott az Optima számát kapják, helyesbítés ezzel a fájllal nem megy.',
      'Momsregister när bara bokföringen finns i Optima. Fakturor när Optima behöver raderna; där får de dess nummer, och filen bär inga krediteringar.',
    ),
  },
  {
    key: 'sourceBase',
    type: 'text',
    maxLength: 6,
    label: t('Identyfikator bazy źródłowej', 'Id of the sending base', 'A forrásadatbázis azonosítója', 'Id för den sändande basen'),
    help: baseHelp,
  },
  {
    key: 'targetBase',
    type: 'text',
    maxLength: 6,
    label: t('Identyfikator bazy docelowej', 'Id of the receiving base', 'A céladatbázis azonosítója', 'Id för den mottagande basen'),
    help: baseHelp,
  },
  {
    key: 'register',
    type: 'text',
    default: 'SPRZEDAŻ',
    maxLength: 20,
    label: t('Nazwa rejestru VAT', 'Name of the VAT register', 'Az áfanyilvántartás neve', 'Momsregistrets namn'),
  },
  {
    key: 'category',
    type: 'text',
    maxLength: 20,
    label: t('Kategoria', 'Category', 'Kategória', 'Kategori'),
    help: t(
      'Kod kategorii istniejącej w Optimie; puste: bez kategorii.',
      'Code of a category that exists in Optima; empty: none.',
      'Az Optimában létező kategória kódja; üresen: nincs.',
      'Kod för en kategori som finns i Optima; tomt: ingen.',
    ),
  },
  ...paymentSettings.map((field) =>
    field.key === 'paymentOnDelivery'
      ? { ...field, default: 'Pobranie' }
      : field.key === 'paymentOther'
        ? { ...field, default: 'inna' }
        : field,
  ),
  {
    key: 'warehouse',
    type: 'text',
    default: 'MAGAZYN',
    maxLength: 20,
    label: t('Symbol magazynu', 'Code of the warehouse', 'A raktár kódja', 'Lagrets kod'),
  },
  {
    key: 'deliveryCode',
    type: 'text',
    default: 'DOSTAWA',
    maxLength: 50,
    label: t('Kod usługi dostawy', 'Code of the delivery service', 'A szállítás kódja', 'Kod för frakten'),
  },
  {
    key: 'serviceCode',
    type: 'text',
    maxLength: 50,
    label: t('Kod innych usług', 'Code of other services', 'Egyéb szolgáltatások kódja', 'Kod för andra tjänster'),
    help: t(
      'Dla opłat i rabatów bez własnego symbolu; musi istnieć w Optimie.',
      'For fees and discounts without a code of their own; it must exist in Optima.',
      'Saját kód nélküli díjakhoz és engedményekhez; léteznie kell az Optimában.',
      'För avgifter och rabatter utan egen kod; den måste finnas i Optima.',
    ),
  },
  printNameSetting('{number}'),
];

export const manifest: Manifest = {
  id: 'optima',
  name: 'Comarch ERP Optima',
  role: 'provider',
  countries: ['PL'],
  capabilities: ['folder'],
  documentKinds: ['invoice', 'prepayment', 'final', 'correction', 'receipt'],
  numberOwners: ['hub', 'provider'],
  reporters: ['hub', 'provider', 'nobody'],
  settings,
  causes,
  facts: { door: t('Rodzaj pliku', 'Kind of file', 'Fájlfajta', 'Filtyp') },
  limits: { concurrency: 20, maxSends: 5, timeoutMs: 60_000, settleAfterMs: 120_000 },
  about: t(
    'Dokumenty jako pliki XML: rejestr sprzedaży VAT z kontrahentami dla księgowości albo faktury z pozycjami do modułu Handel. Przez folder na komputerze z Optimą albo przeniesione ręcznie.',
    'Documents as XML files: the VAT register of sales with its contractors for the books, or invoices with lines for the trade module. Through a folder on the machine with Optima, or carried by hand.',
    'Bizonylatok XML-fájlként: áfanyilvántartás partnerekkel a könyveléshez, vagy számlák tételekkel a kereskedelmi modulhoz. Az Optimát futtató gép mappáján át, vagy kézzel átvive.',
    'Dokument som XML-filer: momsregister med kunder till bokföringen, eller fakturor med rader till handelsmodulen. Via en mapp på datorn med Optima, eller burna för hand.',
  ),
};
