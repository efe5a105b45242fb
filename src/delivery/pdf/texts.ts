import type { DocumentContent, Language } from '../../domain/documents/document.ts';
import type { TaxRate } from '../../domain/orders/order.ts';
import { definitionOf, type Regime } from '../../domain/regimes/index.ts';

/** Every word of the printed document. The order inside a tuple is pl, hu, sv, en. */
type Words = [pl: string, hu: string, sv: string, en: string];

const words = {
  draft: ['Podgląd', 'Tervezet', 'Utkast', 'Draft'],
  draftNumber: ['numer nadamy przy wystawieniu', 'sorszám a kiállításkor', 'nummer ges när den utfärdas', 'to be numbered on issue'],
  original: ['Oryginał', 'Eredeti', 'Original', 'Original'],
  copy: ['Kopia', 'Másolat', 'Kopia', 'Copy'],

  seller: ['Sprzedawca', 'Eladó', 'Säljare', 'Seller'],
  buyer: ['Nabywca', 'Vevő', 'Köpare', 'Buyer'],
  buyerBefore: ['Nabywca przed korektą', 'Vevő a módosítás előtt', 'Köpare före rättelsen', 'Buyer before the correction'],
  buyerAfter: ['Nabywca po korekcie', 'Vevő a módosítás után', 'Köpare efter rättelsen', 'Buyer after the correction'],
  recipient: ['Odbiorca', 'Szállítási cím', 'Mottagare', 'Deliver to'],

  issueDate: ['Data wystawienia', 'Kiállítás kelte', 'Fakturadatum', 'Issue date'],
  receiptDate: ['Data', 'Kelt', 'Datum', 'Date'],
  saleDate: ['Data sprzedaży', 'Teljesítés kelte', 'Leveransdatum', 'Date of supply'],
  prepaidDate: ['Data zapłaty', 'Előleg beérkezése', 'Betalningsdatum', 'Payment received'],
  dueDate: ['Termin płatności', 'Fizetési határidő', 'Förfallodatum', 'Due date'],
  means: ['Sposób płatności', 'Fizetési mód', 'Betalningssätt', 'Payment method'],
  order: ['Zamówienie', 'Rendelés', 'Order', 'Order'],
  login: ['Konto kupującego', 'Vásárlói azonosító', 'Köparens konto', 'Buyer account'],
  receiptRef: ['Paragon', 'Nyugta', 'Kvitto', 'Receipt'],
  proformaRef: ['Proforma', 'Díjbekérő', 'Proformafaktura', 'Pro forma'],

  online: ['płatność online', 'online fizetés', 'onlinebetalning', 'online payment'],
  card: ['karta', 'bankkártya', 'kort', 'card'],
  bank_transfer: ['przelew', 'átutalás', 'banköverföring', 'bank transfer'],
  cash_on_delivery: ['za pobraniem', 'utánvét', 'postförskott', 'cash on delivery'],
  cash: ['gotówka', 'készpénz', 'kontant', 'cash'],
  deferred: ['płatność odroczona', 'halasztott fizetés', 'betala senare', 'pay later'],
  voucher: ['bon', 'utalvány', 'värdebevis', 'voucher'],
  other: ['inny', 'egyéb', 'annat', 'other'],

  line: ['Lp.', 'Ssz.', 'Nr', 'No.'],
  name: ['Nazwa towaru lub usługi', 'Megnevezés', 'Benämning', 'Description'],
  quantity: ['Ilość', 'Menny.', 'Antal', 'Qty'],
  unit: ['J.m.', 'Egység', 'Enhet', 'Unit'],
  priceNet: ['Cena netto', 'Nettó egységár', 'À-pris exkl. moms', 'Unit price net'],
  priceGross: ['Cena brutto', 'Bruttó egységár', 'À-pris inkl. moms', 'Unit price gross'],
  net: ['Netto', 'Nettó', 'Netto', 'Net'],
  rate: ['VAT', 'ÁFA', 'Moms', 'VAT'],
  tax: ['Kwota VAT', 'ÁFA összeg', 'Momsbelopp', 'VAT amount'],
  gross: ['Brutto', 'Bruttó', 'Inkl. moms', 'Gross'],
  price: ['Cena', 'Egységár', 'À-pris', 'Price'],
  amount: ['Wartość', 'Érték', 'Belopp', 'Amount'],
  carryOver: ['Do przeniesienia', 'Átvitel', 'Transport till nästa sida', 'Carried forward'],
  carryFrom: ['Z przeniesienia', 'Áthozat', 'Transport från föregående sida', 'Brought forward'],

  taxSummary: ['Podsumowanie VAT', 'ÁFA-összesítő', 'Momsspecifikation', 'VAT summary'],
  taxRate: ['Stawka', 'Kulcs', 'Sats', 'Rate'],
  taxBase: ['Wartość netto', 'Adóalap', 'Underlag', 'Net amount'],
  total: ['Razem', 'Összesen', 'Summa', 'Total'],
  totalNet: ['Razem netto', 'Nettó összesen', 'Summa exkl. moms', 'Total net'],
  totalTax: ['Razem VAT', 'ÁFA összesen', 'Moms', 'Total VAT'],
  totalGross: ['Razem brutto', 'Bruttó összesen', 'Summa inkl. moms', 'Total gross'],
  rounding: ['Zaokrąglenie', 'Kerekítés', 'Öresavrundning', 'Rounding'],
  paid: ['Zapłacono', 'Fizetve', 'Betalt', 'Paid'],
  payable: ['Do zapłaty', 'Fizetendő', 'Att betala', 'Amount due'],
  toReturn: ['Do zwrotu', 'Visszatérítendő', 'Att återbetala', 'To be refunded'],
  toAdd: ['Do dopłaty', 'Pótlólag fizetendő', 'Att betala', 'Additional amount due'],
  received: ['Otrzymana zaliczka', 'Kapott előleg', 'Mottaget förskott', 'Amount received'],
  inWords: ['Słownie', 'Azaz', 'Med bokstäver', 'In words'],

  payTitle: ['Płatność', 'Fizetés', 'Betalning', 'Payment'],
  account: ['Numer rachunku', 'Bankszámlaszám', 'Kontonummer', 'Account number'],
  bank: ['Bank', 'Bank', 'Bank', 'Bank'],
  reference: ['Tytuł przelewu', 'Közlemény', 'Referens', 'Reference'],
  ocr: ['Numer OCR', 'OCR-szám', 'OCR-nummer', 'OCR number'],
  scan: ['Zapłać kodem QR', 'Fizessen QR-kóddal', 'Betala med QR-kod', 'Scan to pay'],
  verify: ['Sprawdź w', 'Ellenőrzés:', 'Kontrollera i', 'Verify in'],
  clearance: ['Numer', 'Azonosító:', 'Nummer', 'Number in'],

  exchangeTitle: ['Przeliczenie waluty', 'Alkalmazott árfolyam', 'Valutaomräkning', 'Currency conversion'],
  exchangeRate: ['Kurs', 'Árfolyam', 'Kurs', 'Rate'],
  exchangeTable: ['tabela', 'táblázat', 'tabell', 'table'],
  exchangeDate: ['z dnia', '', '', 'of'],

  correctsTitle: ['Korygowany dokument', 'Módosított számla', 'Avser faktura', 'Corrected document'],
  ofDay: ['z dnia', 'kelt:', 'daterad', 'of'],
  reason: ['Przyczyna korekty', 'Módosítás oka', 'Orsak', 'Reason'],
  stage: ['Stan', 'Állapot', 'Läge', 'State'],
  before: ['przed', 'előtte', 'före', 'before'],
  after: ['po', 'utána', 'efter', 'after'],
  difference: ['różnica', 'különbözet', 'skillnad', 'difference'],
  linesUnchanged: ['Pozostałe pozycje bez zmian', 'A többi tétel változatlan', 'Övriga rader oförändrade', 'Other lines unchanged'],
  linesAllUnchanged: [
    'Pozycje i kwoty bez zmian.',
    'A tételek és az összegek változatlanok.',
    'Rader och belopp oförändrade.',
    'Lines and amounts are unchanged.',
  ],

  orderedTitle: [
    'Zamówienie, którego dotyczy zaliczka',
    'A megrendelés, amelyre az előleg érkezett',
    'Beställningen som förskottet avser',
    'The order this prepayment is for',
  ],
  prepaymentsTitle: [
    'Rozliczone faktury zaliczkowe',
    'Beszámított előlegszámlák',
    'Avräknade förskottsfakturor',
    'Prepayment invoices settled',
  ],
  documentNumber: ['Numer', 'Szám', 'Nummer', 'Number'],

  proformaNote: [
    'Proforma nie jest fakturą. Fakturę wystawimy po otrzymaniu zapłaty.',
    'A díjbekérő nem számla. A számlát a fizetés beérkezése után állítjuk ki.',
    'Detta är ingen faktura. Fakturan utfärdas när betalningen har kommit.',
    'This is not a VAT invoice. The invoice will be issued once payment has arrived.',
  ],
  receiptNote: ['Dziękujemy za zakupy!', 'Köszönjük a vásárlást!', 'Tack för ditt köp!', 'Thank you for your purchase!'],
  page: ['Strona', 'Oldal', 'Sida', 'Page'],
} satisfies Record<string, Words>;

export type TextKey = keyof typeof words;

const place: Record<Language, number> = { pl: 0, hu: 1, sv: 2, en: 3 };

export function text(key: TextKey, language: Language): string {
  return words[key][place[language]]!;
}

/** A label in the document's language, and the second language behind it when it says something else. */
export type Label = [string] | [string, string];

export function bilingual(content: Pick<DocumentContent, 'language' | 'secondLanguage'>, say: (language: Language) => string): Label {
  const first = say(content.language);
  const second = content.secondLanguage ? say(content.secondLanguage) : first;
  return second.toLowerCase() === first.toLowerCase() ? [first] : [first, second];
}

const exempt: Words = ['zw.', 'mentes', 'momsfri', 'exempt'];
const reverse: Words = ['np.', 'F.AFA', '0 %', '0%'];
const outside: Words = ['np.', 'ATK', '–', '–'];

/** The rate as printed in its column: a percentage, or the country's short sign for why there is none. */
export function rateSign(rate: Rate | undefined, language: Language, regime: Regime): string {
  const at = place[language];
  if (!rate) return '–';
  const { category } = rate;
  // Hungarian authorities and books know rates without tax by their code.
  if (language === 'hu' && regime.country === 'HU' && category !== 'S') return definitionOf(regime, rate)?.key ?? exempt[at]!;
  if (category === 'E') return exempt[at]!;
  if (category === 'O') return outside[at]!;
  // In Poland 0% is a rate of its own; what the buyer accounts for stays "np." in a document of any language.
  if (category === 'AE' && regime.country === 'PL') return rate.key === 'oo' ? 'o.o.' : 'np.';
  if (category === 'AE') return reverse[at]!;
  const percent = (category === 'S' ? (rate.percent ?? '0') : '0').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return language === 'en' ? `${percent}%` : `${percent.replace('.', ',')}${language === 'sv' ? ' ' : ''}%`;
}

type Rate = Pick<TaxRate, 'category' | 'percent' | 'key'>;

const taxIdNames: Record<string, Words> = {
  'PL:NIP': ['NIP', 'NIP (lengyel adószám)', 'NIP (PL)', 'Tax ID (NIP)'],
  'PL:REGON': ['REGON', 'REGON', 'REGON', 'REGON'],
  'EU:VAT': ['NIP UE', 'Közösségi adószám', 'Momsreg.nr', 'VAT ID'],
  'HU:ADOSZAM': ['Adószám (HU)', 'Adószám', 'Adószám (HU)', 'Tax number (HU)'],
  'SE:ORGNR': ['Org.nr', 'Org.nr', 'Org.nr', 'Company no.'],
  'CZ:ICO': ['IČO', 'IČO', 'IČO', 'IČO'],
  'CZ:DIC': ['DIČ', 'DIČ', 'DIČ', 'DIČ'],
  'SK:ICO': ['IČO', 'IČO', 'IČO', 'IČO'],
  'SK:ICDPH': ['IČ DPH', 'IČ DPH', 'IČ DPH', 'IČ DPH'],
  OTHER: ['Nr identyfikacyjny', 'Azonosító', 'Id-nummer', 'ID number'],
};

export function taxIdName(scheme: string, language: Language): string {
  return taxIdNames[scheme]?.[place[language]] ?? scheme.split(':').at(-1)!;
}
