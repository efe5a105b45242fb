import type { Texts } from '../../contract/manifest.ts';
import type { DocumentContent, IssuedFacts, Language } from '../../domain/documents/document.ts';
import { type Decimal, fixed, minorDigits, scaled } from '../../domain/money/money.ts';
import { type Party, partyName } from '../../domain/parties/party.ts';
import { documentTitle, regimes } from '../../domain/regimes/index.ts';
import { account } from '../pdf/format.ts';

/**
 * The variables a message may use, each documented where it is made: name, meaning, example, value. A variable without a
 * value in a document (no order, no due date) is `undefined` here and false in a condition of the template.
 */
export type MessageExtras = {
  /** Buyer's page where the document can be downloaded. */
  downloadUrl?: string;
  copy?: 'original' | 'copy' | 'duplicate';
  /** The channel's own name, e.g. of the shop, when it reads better than its id. */
  channelName?: string;
  /** Language of the message; the document's language when absent. */
  language?: Language;
};

export type VariableValue = string | boolean | undefined;
type Source = { content: DocumentContent; issued: IssuedFacts; extras: MessageExtras; language: Language };
type Variable = {
  name: string;
  meaning: Texts;
  example: string;
  /** A link in a value becomes a link in the HTML part only when this says so: buyers choose their own names. */
  link?: boolean;
  value: (source: Source) => VariableValue;
};

const paymentNames: Record<DocumentContent['payment']['means'], Texts> = {
  online: { pl: 'płatność online', hu: 'online fizetés', sv: 'onlinebetalning', en: 'online payment' },
  card: { pl: 'karta', hu: 'bankkártya', sv: 'kort', en: 'card' },
  bank_transfer: { pl: 'przelew', hu: 'átutalás', sv: 'banköverföring', en: 'bank transfer' },
  cash_on_delivery: { pl: 'płatność przy odbiorze', hu: 'utánvét', sv: 'postförskott', en: 'cash on delivery' },
  cash: { pl: 'gotówka', hu: 'készpénz', sv: 'kontant', en: 'cash' },
  deferred: { pl: 'płatność odroczona', hu: 'halasztott fizetés', sv: 'betala senare', en: 'deferred payment' },
  voucher: { pl: 'bon', hu: 'utalvány', sv: 'presentkort', en: 'voucher' },
  other: { pl: 'inna', hu: 'egyéb', sv: 'annat', en: 'other' },
};

const copyNames: Record<NonNullable<MessageExtras['copy']>, Texts> = {
  original: { pl: 'oryginał', hu: 'eredeti', sv: 'original', en: 'original' },
  copy: { pl: 'kopia', hu: 'másolat', sv: 'kopia', en: 'copy' },
  duplicate: { pl: 'duplikat', hu: 'másodlat', sv: 'duplikat', en: 'duplicate' },
};

const shortNameLimit = 25;

/** At most 25 characters, whole words; only a single longer word is cut (contract allegro §2). */
export function shortName(name: string | undefined): string | undefined {
  const words = (name ?? '').split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  let short = '';
  for (const word of words) {
    const longer = short ? `${short} ${word}` : word;
    if ([...longer].length > shortNameLimit) break;
    short = longer;
  }
  return short || [...words[0]!].slice(0, shortNameLimit).join('');
}

/** The title as the document itself bears it. */
export function kindName(content: Pick<DocumentContent, 'kind' | 'correction' | 'seller'>, language: Language): string {
  return documentTitle(regimes[content.seller.country ?? ''] ?? regimes.PL!, content, language);
}

const monthsEnglish = 'January February March April May June July August September October November December'.split(' ');

/** A civil day in the way of the language: 22.11.2026, 2026. 11. 22., 2026-11-22, 22 November 2026. */
export function localDay(day: string, language: Language): string {
  const [year, month, date] = day.split('-') as [string, string, string];
  if (language === 'pl') return `${date}.${month}.${year}`;
  if (language === 'hu') return `${year}. ${month}. ${date}.`;
  if (language === 'en') return `${Number(date)} ${monthsEnglish[Number(month) - 1]} ${year}`;
  return day;
}

/** 1234.5 → 1 234,50 (1,234.50 in English); whole forints are written without decimals. */
export function localAmount(amount: Decimal, currency: string, language: Language): string {
  const text = fixed(scaled(amount), minorDigits(currency));
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const negative = text.startsWith('-') ? '−' : '';
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, language === 'en' ? ',' : '\u00a0');
  const wholeForints = currency === 'HUF' && /^0*$/.test(fraction);
  return negative + groups + (fraction && !wholeForints ? (language === 'en' ? '.' : ',') + fraction : '');
}

/** Signs people write at home; abroad a currency is its code. */
const signs: Partial<Record<Language, [currency: string, sign: string]>> = { pl: ['PLN', 'zł'], hu: ['HUF', 'Ft'], sv: ['SEK', 'kr'] };

/** 1 230,00 zł, 1 230 Ft, 1 230,00 kr; elsewhere 1,230.00 EUR. */
export function localMoney(amount: Decimal, currency: string, language: Language): string {
  const [home, sign] = signs[language] ?? [];
  return `${localAmount(amount, currency, language)}\u00a0${currency === home ? sign : currency}`;
}

/** The tax id people know the party by: a national one before the EU number. */
function taxId(party: Party): string | undefined {
  return (party.taxIds.find((id) => id.scheme !== 'EU:VAT') ?? party.taxIds[0])?.value;
}

const nothingLeft = (payable: Decimal): boolean => scaled(payable).value <= 0n;
const street = (party: Party): string | undefined => [party.street, party.street2].filter(Boolean).join(' ') || undefined;
const dayOf = (day: string | undefined, language: Language) => (day ? localDay(day, language) : undefined);

function texts(pl: string, hu: string, sv: string, en: string): Texts {
  return { pl, hu, sv, en };
}

function amount(name: string, meaning: Texts, example: string, pick: (content: DocumentContent) => Decimal): Variable {
  return { name, meaning, example, value: ({ content, language }) => localAmount(pick(content), content.currency, language) };
}

function money(name: string, meaning: Texts, example: string, pick: (content: DocumentContent) => Decimal): Variable {
  return { name, meaning, example, value: ({ content, language }) => localMoney(pick(content), content.currency, language) };
}

function party(prefix: 'seller' | 'buyer', who: Texts, example: Record<string, string>): Variable[] {
  const of = (content: DocumentContent): Party => content[prefix];
  const field = (name: string, label: Texts, pick: (party: Party) => string | undefined): Variable => ({
    name: `${prefix}.${name}`,
    meaning: texts(`${label.pl} ${who.pl}`, `${who.hu} ${label.hu}`, `${who.sv} ${label.sv}`, `${who.en} ${label.en}`),
    example: example[name]!,
    value: ({ content }) => pick(of(content)) || undefined,
  });
  return [
    field('name', texts('nazwa', 'neve', 'namn', 'name'), partyName),
    field(
      'shortName',
      texts('nazwa skrócona (25 znaków)', 'rövid neve (25 karakter)', 'kortnamn (25 tecken)', 'short name (25 characters)'),
      (p) => shortName(partyName(p)),
    ),
    field('taxId', texts('numer podatkowy', 'adószáma', 'organisationsnummer', 'tax number'), taxId),
    field('street', texts('ulica', 'utcája, házszáma', 'gata', 'street'), street),
    field('postalCode', texts('kod pocztowy', 'irányítószáma', 'postnummer', 'postal code'), (p) => p.postalCode),
    field('city', texts('miasto', 'települése', 'ort', 'city'), (p) => p.city),
    field('email', texts('e-mail', 'e-mail-címe', 'e-postadress', 'e-mail address'), (p) => p.email),
    field('phone', texts('telefon', 'telefonszáma', 'telefonnummer', 'phone number'), (p) => p.phone),
  ];
}

export const variables: Variable[] = [
  {
    name: 'document.number',
    meaning: texts('numer dokumentu', 'a bizonylat sorszáma', 'dokumentets nummer', 'document number'),
    example: 'FV/2026/11/17',
    value: ({ issued }) => issued.number,
  },
  {
    name: 'document.kind',
    meaning: texts('rodzaj dokumentu', 'a bizonylat típusa', 'typ av dokument', 'kind of document'),
    example: 'Faktura',
    value: ({ content, language }) => kindName(content, language),
  },
  {
    name: 'document.copy',
    meaning: texts('oznaczenie: oryginał lub kopia', 'eredeti vagy másolat', 'original eller kopia', 'original or copy'),
    example: 'oryginał',
    value: ({ extras, language }) => copyNames[extras.copy ?? 'original'][language],
  },
  {
    name: 'document.issueDate',
    meaning: texts('data wystawienia', 'kiállítás kelte', 'fakturadatum', 'issue date'),
    example: '22.11.2026',
    value: ({ issued, language }) => localDay(issued.issueDate, language),
  },
  {
    name: 'document.issueDateIso',
    meaning: texts(
      'data wystawienia jako RRRR-MM-DD',
      'kiállítás kelte ÉÉÉÉ-HH-NN alakban',
      'fakturadatum som ÅÅÅÅ-MM-DD',
      'issue date as YYYY-MM-DD',
    ),
    example: '2026-11-22',
    value: ({ issued }) => issued.issueDate,
  },
  {
    name: 'document.saleDate',
    meaning: texts('data sprzedaży', 'teljesítés időpontja', 'leveransdatum', 'date of sale'),
    example: '20.11.2026',
    value: ({ content, language }) => dayOf(content.saleDate, language),
  },
  {
    name: 'document.saleDateIso',
    meaning: texts(
      'data sprzedaży jako RRRR-MM-DD',
      'teljesítés időpontja ÉÉÉÉ-HH-NN alakban',
      'leveransdatum som ÅÅÅÅ-MM-DD',
      'date of sale as YYYY-MM-DD',
    ),
    example: '2026-11-20',
    value: ({ content }) => content.saleDate,
  },
  {
    name: 'document.dueDate',
    meaning: texts('termin płatności', 'fizetési határidő', 'förfallodatum', 'due date'),
    example: '06.12.2026',
    value: ({ content, language }) => dayOf(content.dueDate, language),
  },
  {
    name: 'document.dueDateIso',
    meaning: texts(
      'termin płatności jako RRRR-MM-DD',
      'fizetési határidő ÉÉÉÉ-HH-NN alakban',
      'förfallodatum som ÅÅÅÅ-MM-DD',
      'due date as YYYY-MM-DD',
    ),
    example: '2026-12-06',
    value: ({ content }) => content.dueDate,
  },
  {
    name: 'document.place',
    meaning: texts('miejsce wystawienia', 'kiállítás helye', 'utfärdandeort', 'place of issue'),
    example: 'Poznań',
    value: ({ content }) => content.seller.city,
  },
  {
    name: 'document.currency',
    meaning: texts('waluta', 'pénznem', 'valuta', 'currency'),
    example: 'PLN',
    value: ({ content }) => content.currency,
  },
  amount(
    'document.net',
    texts('wartość netto', 'nettó összeg', 'belopp exkl. moms', 'net amount'),
    '1 000,00',
    (content) => content.totals.net,
  ),
  amount('document.tax', texts('kwota podatku', 'áfa összege', 'momsbelopp', 'tax amount'), '230,00', (content) => content.totals.tax),
  amount(
    'document.gross',
    texts('wartość brutto', 'bruttó összeg', 'belopp inkl. moms', 'gross amount'),
    '1 230,00',
    (content) => content.totals.gross,
  ),
  amount('document.paid', texts('zapłacono', 'kifizetve', 'betalt', 'amount paid'), '0,00', (content) => content.totals.paid),
  amount(
    'document.payable',
    texts('do zapłaty', 'fizetendő', 'att betala', 'amount to pay'),
    '1 230,00',
    (content) => content.totals.payable,
  ),
  money(
    'document.grossWithCurrency',
    texts('wartość brutto z walutą', 'bruttó összeg pénznemmel', 'belopp inkl. moms med valuta', 'gross amount with currency'),
    '1 230,00 zł',
    (content) => content.totals.gross,
  ),
  money(
    'document.payableWithCurrency',
    texts('do zapłaty z walutą', 'fizetendő pénznemmel', 'att betala med valuta', 'amount to pay with currency'),
    '1 230,00 zł',
    (content) => content.totals.payable,
  ),
  {
    name: 'document.isPaid',
    meaning: texts(
      'warunek: nic nie pozostało do zapłaty',
      'feltétel: nincs több fizetnivaló',
      'villkor: inget återstår att betala',
      'condition: nothing is left to pay',
    ),
    example: 'true',
    value: ({ content }) => nothingLeft(content.totals.payable),
  },
  {
    name: 'payment.method',
    meaning: texts('forma płatności', 'fizetési mód', 'betalningssätt', 'means of payment'),
    example: 'przelew',
    value: ({ content, language }) => paymentNames[content.payment.means][language],
  },
  {
    name: 'payment.byTransfer',
    meaning: texts(
      'warunek: płatne przelewem',
      'feltétel: átutalással fizetendő',
      'villkor: betalas med banköverföring',
      'condition: to be paid by bank transfer',
    ),
    example: 'true',
    value: ({ content }) => ['bank_transfer', 'deferred', 'other'].includes(content.payment.means),
  },
  {
    name: 'payment.account',
    meaning: texts('numer rachunku do wpłaty', 'bankszámlaszám', 'konto för betalning', 'account to pay to'),
    example: '61 1090 1014 0000 0712 1981 2874',
    // A giro number is no account: whoever pays has to be told which it is.
    value: ({ content: { seller } }) => {
      if (seller.bankAccount) return account(seller.bankAccount);
      if (seller.bankgiro) return `Bankgiro ${account(seller.bankgiro)}`;
      return seller.plusgiro && `Plusgiro ${account(seller.plusgiro)}`;
    },
  },
  {
    name: 'payment.bank',
    meaning: texts('nazwa banku', 'bank neve', 'bankens namn', 'bank name'),
    example: 'Bank Przykładowy',
    value: ({ content }) => content.seller.bankName,
  },
  {
    name: 'payment.title',
    meaning: texts('tytuł przelewu', 'közlemény', 'betalningsreferens', 'payment reference'),
    example: 'FV/2026/11/17',
    value: ({ content, issued }) => content.payment.reference ?? issued.number,
  },
  ...party('seller', texts('sprzedawcy', 'az eladó', 'säljarens', "seller's"), {
    name: 'Sklep Przykładowy Anna Kowalska',
    shortName: 'Sklep Przykładowy Anna',
    taxId: '5260250274',
    street: 'Długa 5',
    postalCode: '60-101',
    city: 'Poznań',
    email: 'sklep@example.com',
    phone: '+48 600 100 200',
  }),
  {
    name: 'seller.website',
    meaning: texts('strona internetowa sprzedawcy', 'az eladó weboldala', 'säljarens webbplats', "seller's website"),
    example: 'https://example.com',
    link: true,
    value: ({ content }) => content.seller.website,
  },
  ...party('buyer', texts('nabywcy', 'a vevő', 'köparens', "buyer's"), {
    name: 'Zażółć Gęślą Jaźń sp. z o.o.',
    shortName: 'Zażółć Gęślą Jaźń sp. z',
    taxId: '7251801126',
    street: 'Krótka 7/2',
    postalCode: '00-950',
    city: 'Warszawa',
    email: 'buyer@example.com',
    phone: '+48 600 300 400',
  }),
  {
    name: 'order.number',
    meaning: texts('numer zamówienia', 'rendelésszám', 'ordernummer', 'order number'),
    example: '10034',
    value: ({ content }) => content.order?.number ?? content.order?.externalId,
  },
  {
    name: 'order.channel',
    meaning: texts('kanał sprzedaży', 'értékesítési csatorna', 'försäljningskanal', 'sales channel'),
    example: 'Allegro',
    value: ({ content, extras }) => extras.channelName ?? content.order?.channel,
  },
  {
    name: 'order.login',
    meaning: texts('login kupującego', 'a vásárló felhasználóneve', 'köparens användarnamn', "buyer's login"),
    example: 'jan_k',
    value: ({ content }) => content.order?.login,
  },
  {
    name: 'correction.number',
    meaning: texts(
      'numer korygowanego dokumentu',
      'a módosított bizonylat sorszáma',
      'den ändrade fakturans nummer',
      'number of the corrected document',
    ),
    example: 'FV/2026/11/3',
    value: ({ content }) => content.correction?.number,
  },
  {
    name: 'correction.reason',
    meaning: texts('przyczyna korekty', 'a módosítás oka', 'orsak till ändringen', 'reason for the correction'),
    example: 'zwrot towaru',
    value: ({ content }) => content.correction?.reason,
  },
  {
    name: 'link.download',
    meaning: texts(
      'link do pobrania dokumentu',
      'a bizonylat letöltési linkje',
      'länk för att hämta dokumentet',
      'link to download the document',
    ),
    example: 'https://example.com/d/8Kq2',
    link: true,
    value: ({ extras }) => extras.downloadUrl,
  },
];
