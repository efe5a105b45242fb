import { paymentSettings, printNameSetting } from '../../src/contract/books.ts';
import type { Manifest, SettingField, Texts } from '../../src/contract/manifest.ts';
import { versions } from '../../src/domain/formats/epp/index.ts';
import { causes } from './causes.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}
const same = (text: string): Texts => t(text, text, text, text);

const settings: SettingField[] = [
  {
    key: 'purpose',
    type: 'select',
    default: 'items',
    options: [
      {
        value: 'items',
        label: t(
          'Subiekt: dokumenty z pozycjami',
          'Subiekt: documents with their lines',
          'Subiekt: bizonylatok tételekkel',
          'Subiekt: dokument med rader',
        ),
      },
      {
        value: 'office',
        label: t(
          'Biuro rachunkowe: tylko tabela VAT',
          'Accounting office: the VAT table only',
          'Könyvelőiroda: csak az áfatábla',
          'Redovisningsbyrå: bara momstabellen',
        ),
      },
    ],
    label: t('Dla kogo jest plik', 'Who the file is for', 'Kinek szól a fájl', 'Vem filen är till'),
    help: t(
      'Subiekt potrzebuje pozycji i towarów. Rewizor i Rachmistrz księgują z tabeli stawek.',
      'Subiekt needs lines and goods. Rewizor and Rachmistrz book from the table of rates.',
      'A Subiektnek tételek és áruk kellenek. A Rewizor és a Rachmistrz az áfatáblából könyvel.',
      'Subiekt behöver rader och varor. Rewizor och Rachmistrz bokför från momstabellen.',
    ),
  },
  {
    key: 'version',
    type: 'select',
    default: '1.11',
    options: versions.map((version) => ({ value: version, label: same(version) })),
    label: t('Wersja formatu', 'Version of the format', 'A formátum verziója', 'Formatets version'),
    help: t(
      'Zostaw 1.11. Niższą wybierz tylko wtedy, gdy program odbiorcy jest starszy.',
      'Leave 1.11. Choose a lower one only when the receiving program is older.',
      'Hagyja 1.11-en. Kisebbet csak akkor válasszon, ha a fogadó program régebbi.',
      'Låt 1.11 stå. Välj en lägre bara om mottagarens program är äldre.',
    ),
  },
  {
    key: 'codePage',
    type: 'select',
    default: '1250',
    options: [
      { value: '1250', label: same('Windows 1250') },
      { value: '852', label: same('DOS 852') },
    ],
    label: t('Kodowanie liter', 'Encoding of letters', 'Betűkódolás', 'Teckenkodning'),
  },
  {
    key: 'createGoods',
    type: 'boolean',
    default: true,
    label: t('Zakładaj nieznane towary', 'Make unknown goods', 'Ismeretlen áruk létrehozása', 'Lägg upp okända varor'),
    help: t(
      'Włączone: towar bez symbolu dostaje stały symbol z nazwy. Wyłączone: dokument z takim towarem czeka na uzupełnienie.',
      'On: goods without a code get a lasting one made from the name. Off: a document with such goods waits to be completed.',
      'Bekapcsolva: a kód nélküli áru a nevéből kap állandó kódot. Kikapcsolva: az ilyen bizonylat kiegészítésre vár.',
      'På: en vara utan kod får en fast kod av namnet. Av: ett dokument med en sådan vara väntar på komplettering.',
    ),
  },
  {
    key: 'deliveryCode',
    type: 'text',
    default: 'DOSTAWA',
    maxLength: 20,
    label: t('Symbol usługi dostawy', 'Code of the delivery service', 'A szállítás kódja', 'Kod för frakten'),
  },
  ...paymentSettings,
  {
    key: 'warehouseCode',
    type: 'text',
    default: 'MAG',
    maxLength: 3,
    label: t('Symbol magazynu', 'Code of the warehouse', 'A raktár kódja', 'Lagrets kod'),
  },
  {
    key: 'warehouseName',
    type: 'text',
    default: 'Główny',
    maxLength: 40,
    label: t('Nazwa magazynu', 'Name of the warehouse', 'A raktár neve', 'Lagrets namn'),
  },
  {
    key: 'issuer',
    type: 'text',
    maxLength: 35,
    label: t('Wystawił(a)', 'Issued by', 'Kiállította', 'Utfärdat av'),
  },
  {
    key: 'category',
    type: 'text',
    default: 'Sprzedaż',
    maxLength: 30,
    label: t('Kategoria', 'Category', 'Kategória', 'Kategori'),
  },
  {
    key: 'categorySubtitle',
    type: 'text',
    default: 'Sprzedaż towarów',
    maxLength: 50,
    label: t('Podtytuł kategorii', 'Subtitle of the category', 'A kategória alcíme', 'Kategorins undertitel'),
  },
  {
    key: 'priceList',
    type: 'text',
    default: 'Detaliczna',
    maxLength: 20,
    label: t('Cennik', 'Price list', 'Árlista', 'Prislista'),
  },
  {
    key: 'group',
    type: 'text',
    default: 'Podstawowa',
    maxLength: 50,
    label: t('Grupa towarów i kontrahentów', 'Group of goods and contractors', 'Áruk és partnerek csoportja', 'Grupp för varor och kunder'),
  },
  {
    key: 'payableForPaid',
    type: 'select',
    default: 'gross',
    options: [
      { value: 'gross', label: t('kwota dokumentu', 'the amount of the document', 'a bizonylat összege', 'dokumentets belopp') },
      { value: 'zero', label: t('zero', 'zero', 'nulla', 'noll') },
    ],
    label: t(
      'Do zapłaty na opłaconym dokumencie',
      'Payable on a paid document',
      'Fizetendő a kifizetett bizonylaton',
      'Att betala på ett betalt dokument',
    ),
    help: t(
      'Wybierz zero, gdy program księgowej zgłasza, że dekret się nie bilansuje.',
      'Choose zero when the accountant’s program says that the posting does not balance.',
      'Válassza a nullát, ha a könyvelő programja szerint a tétel nem egyenlít ki.',
      'Välj noll om redovisarens program säger att verifikatet inte balanserar.',
    ),
  },
  printNameSetting('{type} {number}'),
];

export const manifest: Manifest = {
  id: 'subiekt',
  name: 'Subiekt GT / EDI++',
  role: 'provider',
  countries: ['PL'],
  capabilities: ['folder'],
  documentKinds: ['invoice', 'prepayment', 'final', 'correction', 'receipt'],
  numberOwners: ['hub', 'provider'],
  reporters: ['hub', 'provider', 'nobody'],
  // Lines are rounded by themselves and the table of rates is their sum (EPP §5).
  taxRounding: 'line',
  settings,
  causes,
  facts: {
    format: t('Format', 'Format', 'Formátum', 'Format'),
    purpose: t('Zawartość', 'Content', 'Tartalom', 'Innehåll'),
  },
  // A folder has no answer of its own: the file is there or not. The time-outs are those of whoever moves it.
  limits: { concurrency: 20, maxSends: 5, timeoutMs: 60_000, settleAfterMs: 120_000 },
  about: t(
    'Dokumenty jako pliki EDI++ (.epp): przez folder na komputerze z programem albo do pobrania i przeniesienia ręcznie. Także Rewizor, Rachmistrz, nexo i inne programy, które czytają EPP.',
    'Documents as EDI++ files (.epp): through a folder on the machine with the program, or downloaded and carried by hand. Also Rewizor, Rachmistrz, nexo and other programs that read EPP.',
    'Bizonylatok EDI++ fájlként (.epp): a programot futtató gép mappáján át, vagy letöltve és kézzel átvive. Rewizor, Rachmistrz, nexo és más, EPP-t olvasó programok is.',
    'Dokument som EDI++-filer (.epp): via en mapp på datorn med programmet, eller nedladdade och burna för hand. Även Rewizor, Rachmistrz, nexo och andra program som läser EPP.',
  ),
};
