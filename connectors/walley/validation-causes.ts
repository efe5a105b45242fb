import type { Four } from '../../src/contract/cause.ts';
import type { Cause, Texts } from '../../src/contract/manifest.ts';

/** Faults of one field follow a pattern of field and kind (contract §6): each gets its own words, made from the two. */
type Field = { label: Four /** Where the seller mends it; without a place it is ours to mend. */; where?: string };

const fields: Record<string, Field> = {
  ACTIVATION_OPTION: { label: ['sposób aktywacji', 'way of activation', 'aktiválás módja', 'aktiveringssätt'] },
  ADDRESS1: { label: ['ulica', 'street', 'utca', 'gatuadress'], where: 'buyer.street' },
  ADDRESS2: { label: ['drugi wiersz adresu', 'second line of the address', 'a cím második sora', 'adressrad 2'], where: 'buyer.street2' },
  AMOUNT: { label: ['kwota', 'amount', 'összeg', 'belopp'], where: 'amount' },
  ARTICLE_ID: { label: ['numer artykułu', 'article id', 'cikkszám', 'artikelnummer'], where: 'rows' },
  ARTICLE_LIST: { label: ['lista artykułów', 'list of articles', 'cikklista', 'artikellista'], where: 'picks' },
  CELL_PHONE_NUMBER: { label: ['numer komórki', 'mobile number', 'mobilszám', 'mobilnummer'], where: 'buyer.phone' },
  CITY: { label: ['miejscowość', 'city', 'város', 'ort'], where: 'buyer.city' },
  CLIENT_IP_ADDRESS: { label: ['adres IP kupującego', 'buyer’s IP address', 'a vevő IP-címe', 'köparens IP-adress'], where: 'buyerIp' },
  COADDRESS: { label: ['adres c/o', 'c/o address', 'c/o cím', 'c/o-adress'], where: 'buyer.street2' },
  COMPANY_NAME: { label: ['nazwa firmy', 'company name', 'cégnév', 'företagsnamn'], where: 'buyer.company' },
  COST_CENTER: { label: ['miejsce kosztów', 'cost centre', 'költséghely', 'kostnadsställe'] },
  COUNTRY_CODE: { label: ['kod kraju', 'country code', 'országkód', 'landskod'], where: 'buyer.country' },
  CREDIT_DATE: { label: ['data zwrotu', 'date of the credit', 'a jóváírás napja', 'krediteringsdatum'] },
  CREDIT_TIME: { label: ['okres kredytu', 'credit time', 'hitelidő', 'kredittid'] },
  CURRENCY: { label: ['waluta', 'currency', 'pénznem', 'valuta'], where: 'currency' },
  CUSTOMER_NUMBER: { label: ['numer klienta', 'customer number', 'ügyfélszám', 'kundnummer'], where: 'customerNumber' },
  DELIVERY_ADDRESS: { label: ['adres dostawy', 'delivery address', 'szállítási cím', 'leveransadress'], where: 'buyer.street' },
  DESCRIPTION: { label: ['opis pozycji', 'description of the row', 'a tétel leírása', 'radens beskrivning'], where: 'rows' },
  EMAIL: { label: ['adres e-mail', 'e-mail address', 'e-mail-cím', 'e-postadress'], where: 'email' },
  FIRST_NAME: { label: ['imię', 'first name', 'keresztnév', 'förnamn'], where: 'buyer.firstName' },
  GENDER: { label: ['płeć', 'gender', 'nem', 'kön'] },
  INVOICE_ADDRESS: { label: ['adres faktury', 'invoice address', 'számlázási cím', 'fakturaadress'], where: 'buyer.street' },
  INVOICE_DELIVERY_METHOD: { label: ['sposób doręczenia', 'way of delivery', 'kézbesítés módja', 'leveranssätt'], where: 'settings.by' },
  INVOICE_NUMBER: { label: ['numer faktury', 'invoice number', 'számlaszám', 'fakturanummer'], where: 'part' },
  INVOICE_TYPE: { label: ['rodzaj faktury', 'invoice type', 'számlatípus', 'fakturatyp'], where: 'settings.invoiceType' },
  LAST_NAME: { label: ['nazwisko', 'last name', 'vezetéknév', 'efternamn'], where: 'buyer.lastName' },
  ORDER_DATE: { label: ['data zamówienia', 'order date', 'a rendelés napja', 'orderdatum'] },
  ORDER_NUMBER: { label: ['numer zamówienia', 'order number', 'rendelésszám', 'ordernummer'] },
  PHONE_NUMBER: { label: ['numer telefonu', 'phone number', 'telefonszám', 'telefonnummer'], where: 'buyer.phone' },
  POSTAL_CODE: { label: ['kod pocztowy', 'postal code', 'irányítószám', 'postnummer'], where: 'buyer.postalCode' },
  QUANTITY: { label: ['ilość', 'quantity', 'mennyiség', 'antal'], where: 'rows' },
  REFERENCE: { label: ['oznaczenie kupującego', 'buyer’s reference', 'a vevő hivatkozása', 'köparens referens'], where: 'buyerReference' },
  REGISTRATION_NUMBER: {
    label: ['numer osobisty lub firmowy', 'personal or company number', 'személyi vagy cégszám', 'person- eller organisationsnummer'],
    where: 'buyerNumber',
  },
  RESERVED_AMOUNT: { label: ['kwota rezerwacji', 'reserved amount', 'foglalt összeg', 'reserverat belopp'] },
  UNIT_PRICE: { label: ['cena jednostkowa', 'unit price', 'egységár', 'à-pris'], where: 'rows' },
  VAT: { label: ['stawka VAT', 'VAT rate', 'áfakulcs', 'momssats'], where: 'rows' },
};

const kinds: Record<string, Four> = {
  REQUIRED: ['brakuje', 'is missing', 'hiányzik', 'saknas'],
  LENGTH: ['jest za długie', 'is too long', 'túl hosszú', 'är för långt'],
  VALUE: ['ma niedozwoloną wartość', 'has a value that is not allowed', 'értéke nem megengedett', 'har ett otillåtet värde'],
  PARSING: [
    'nie jest liczbą z najwyżej dwoma miejscami po przecinku',
    'is no number with two decimals at most',
    'nem legfeljebb két tizedesű szám',
    'är inget tal med högst två decimaler',
  ],
  RANGE: ['jest poza zakresem', 'is out of range', 'kívül esik a tartományon', 'är utanför tillåtet intervall'],
  OUT_OF_RANGE: ['jest poza zakresem', 'is out of range', 'kívül esik a tartományon', 'är utanför tillåtet intervall'],
  INVALID: ['jest nieprawidłowe', 'is not valid', 'érvénytelen', 'är ogiltigt'],
};

/** The codes that exist, as the contract lists them; user name and password have a cause of their own. */
const listed = `ACTIVATION_OPTION_VALUE ADDRESS1_LENGTH ADDRESS2_LENGTH AMOUNT_PARSING AMOUNT_RANGE AMOUNT_REQUIRED ARTICLE_ID_LENGTH
ARTICLE_ID_REQUIRED ARTICLE_LIST_REQUIRED CELL_PHONE_NUMBER_LENGTH CITY_LENGTH CITY_REQUIRED CLIENT_IP_ADDRESS_LENGTH CLIENT_IP_ADDRESS_REQUIRED
COADDRESS_LENGTH COMPANY_NAME_LENGTH COST_CENTER_LENGTH COUNTRY_CODE_LENGTH COUNTRY_CODE_REQUIRED CREDIT_DATE_REQUIRED
CREDIT_TIME_OUT_OF_RANGE CURRENCY_LENGTH CURRENCY_INVALID CURRENCY_REQUIRED CUSTOMER_NUMBER_LENGTH DELIVERY_ADDRESS_REQUIRED
DESCRIPTION_LENGTH EMAIL_INVALID EMAIL_LENGTH FIRST_NAME_LENGTH GENDER_VALUE INVOICE_ADDRESS_REQUIRED INVOICE_DELIVERY_METHOD_VALUE
INVOICE_NUMBER_LENGTH INVOICE_NUMBER_REQUIRED INVOICE_TYPE_VALUE LAST_NAME_LENGTH ORDER_DATE_REQUIRED ORDER_NUMBER_LENGTH
PHONE_NUMBER_LENGTH POSTAL_CODE_LENGTH POSTAL_CODE_REQUIRED QUANTITY_RANGE QUANTITY_REQUIRED REFERENCE_LENGTH
REGISTRATION_NUMBER_LENGTH REGISTRATION_NUMBER_REQUIRED RESERVED_AMOUNT_PARSING RESERVED_AMOUNT_RANGE RESERVED_AMOUNT_REQUIRED
UNIT_PRICE_PARSING UNIT_PRICE_RANGE VAT_PARSING VAT_RANGE VAT_REQUIRED`.split(/\s+/);

export const validationCauses: Cause[] = listed.map((code) => {
  const stem = Object.keys(fields)
    .filter((name) => code.startsWith(`${name}_`))
    .sort((a, b) => b.length - a.length)[0]!;
  const { label, where } = fields[stem]!;
  const problem = kinds[code.slice(stem.length + 1)]!;
  const say = (make: (label: string, problem: string, i: number) => string): Texts => ({
    pl: make(label[0], problem[0], 0),
    en: make(label[1], problem[1], 1),
    hu: make(label[2], problem[2], 2),
    sv: make(label[3], problem[3], 3),
  });
  const quotes = [
    ['„', '”'],
    ['“', '”'],
    ['„', '”'],
    ['”', '”'],
  ] as const;
  const quoted = (text: string, i: number) => `${quotes[i]![0]}${text}${quotes[i]![1]}`;
  const titles: Four = [
    'Walley nie przyjęło pola',
    'Walley refused the field',
    'A Walley nem fogadta el ezt a mezőt:',
    'Walley avvisade fältet',
  ];
  const texts: Four = ['Pole', 'The field', 'Ez a mező:', 'Fältet'];
  const ends: Four = ['Nic nie zostało wykonane.', 'Nothing was done.', 'Nem történt semmi.', 'Inget utfördes.'];
  return {
    code: `walley.VALIDATION_${code}`,
    stops: 'document',
    whoMends: where ? 'seller' : 'us',
    retryHelps: false,
    mayExist: false,
    ...(where ? { where } : {}),
    title: say((l, _, i) => `${titles[i]} ${quoted(l, i)}`),
    text: say((l, p, i) => `${texts[i]} ${quoted(l, i)} ${p}. ${ends[i]}`),
    remedy: where
      ? {
          pl: 'Popraw to pole i spróbuj jeszcze raz.',
          en: 'Correct the field and try again.',
          hu: 'Javítsa ezt a mezőt, és próbálja újra.',
          sv: 'Rätta fältet och försök igen.',
        }
      : {
          pl: 'Pobierz akta sprawy i prześlij je nam.',
          en: 'Download the case file and send it to us.',
          hu: 'Töltse le az ügyiratot, és küldje el nekünk.',
          sv: 'Ladda ner ärendeakten och skicka den till oss.',
        },
  };
});
