import { causesOf, type Four } from '../../src/contract/cause.ts';
import type { Cause } from '../../src/contract/manifest.ts';

/** The processor's failure codes as causes. `soft` may be tried again by the calendar; the others need the customer. */

const cause = causesOf('', { whoMends: 'buyer' });

const otherCard: Four = [
  'Klient podaje inną kartę na stronie Moje integracje albo płaci przelewem na podstawie proformy.',
  'The customer gives another card under My integrations, or pays the proforma by transfer.',
  'Az ügyfél másik kártyát ad meg az Integrációim oldalon, vagy átutalással fizeti a díjbekérőt.',
  'Kunden anger ett annat kort under Mina integrationer eller betalar proforman med överföring.',
];
const tryLater: Four = [
  'Spróbujemy ponownie według kalendarza; można też zapłacić przelewem.',
  'It is tried again by the calendar; paying by transfer is possible too.',
  'A naptár szerint újra próbáljuk; átutalással is lehet fizetni.',
  'Vi försöker igen enligt kalendern; det går också att betala med överföring.',
];
const wait: Four = [
  'Nie trzeba nic robić; pytamy operatora płatności.',
  'Nothing has to be done; the processor is being asked.',
  'Nincs teendő; a fizetési szolgáltatót kérdezzük.',
  'Inget behöver göras; vi frågar betalväxeln.',
];
const callUs: Four = [
  'Powiedz o tym osobie, która prowadzi tę instalację.',
  'Tell whoever runs this installation.',
  'Szóljon annak, aki ezt a telepítést üzemelteti.',
  'Meddela den som driver installationen.',
];

export const causes: Cause[] = [
  cause(
    'card_expired',
    {},
    ['Karta wygasła', 'The card has expired', 'A kártya lejárt', 'Kortet har gått ut'],
    [
      'Termin ważności karty minął, bank nie zapłaci.',
      'The card’s last month is over and the bank does not pay.',
      'A kártya érvényessége véget ért, a bank nem fizet.',
      'Kortets giltighet är slut och banken betalar inte.',
    ],
    otherCard,
  ),
  cause(
    'card_blocked',
    {},
    ['Karta zablokowana', 'The card is blocked', 'A kártya le van tiltva', 'Kortet är spärrat'],
    [
      'Bank zgłasza kartę jako skradzioną, zgubioną albo zamkniętą.',
      'The bank reports the card as stolen, lost or closed.',
      'A bank szerint a kártya lopott, elveszett vagy megszűnt.',
      'Banken uppger att kortet är stulet, förlorat eller avslutat.',
    ],
    otherCard,
  ),
  cause(
    'card_invalid',
    {},
    ['Karta nieprawidłowa', 'The card is not valid', 'A kártya érvénytelen', 'Kortet är ogiltigt'],
    [
      'Bank nie zna takiej karty.',
      'The bank does not know this card.',
      'A bank nem ismeri ezt a kártyát.',
      'Banken känner inte till kortet.',
    ],
    otherCard,
  ),
  cause(
    'mandate_revoked',
    {},
    [
      'Zgoda odwołana w banku',
      'The mandate was ended at the bank',
      'A felhatalmazást a banknál visszavonták',
      'Medgivandet avslutades hos banken',
    ],
    [
      'Klient odwołał zgodę na płatności cykliczne w swoim banku.',
      'The customer ended the recurring payment at the bank.',
      'Az ügyfél a bankjánál visszavonta az ismétlődő fizetést.',
      'Kunden har avslutat den återkommande betalningen hos sin bank.',
    ],
    otherCard,
  ),
  cause(
    'recurring_not_supported',
    {},
    [
      'Bank nie obsługuje płatności cyklicznych',
      'The bank allows no recurring payments',
      'A bank nem enged ismétlődő fizetést',
      'Banken tillåter inte återkommande betalning',
    ],
    [
      'Bank tej karty nie dopuszcza obciążeń bez udziału klienta.',
      'This card’s bank allows no charges without the customer.',
      'E kártya bankja nem enged terhelést az ügyfél jelenléte nélkül.',
      'Kortets bank tillåter inga debiteringar utan kunden.',
    ],
    otherCard,
  ),
  cause(
    'authentication_required',
    {},
    ['Potrzebne potwierdzenie klienta', 'The customer must confirm', 'Az ügyfél jóváhagyása szükséges', 'Kunden måste godkänna'],
    [
      'Bank chce, żeby klient sam potwierdził tę płatność.',
      'The bank wants the customer to confirm this payment in person.',
      'A bank azt kéri, hogy az ügyfél maga hagyja jóvá ezt a fizetést.',
      'Banken vill att kunden själv godkänner betalningen.',
    ],
    otherCard,
  ),
  cause(
    'insufficient_funds',
    { retryHelps: true },
    ['Brak środków', 'Not enough money', 'Nincs fedezet', 'Otillräckligt saldo'],
    [
      'Na koncie klienta zabrakło pieniędzy.',
      'There was not enough money on the customer’s account.',
      'Az ügyfél számláján nem volt elég pénz.',
      'Det fanns inte tillräckligt på kundens konto.',
    ],
    tryLater,
  ),
  cause(
    'limit_exceeded',
    { retryHelps: true },
    ['Przekroczony limit karty', 'A limit of the card was reached', 'A kártya limitje betelt', 'Kortets gräns är nådd'],
    [
      'Kwota przekracza dzienny albo miesięczny limit karty.',
      'The amount exceeds a daily or monthly limit of the card.',
      'Az összeg meghaladja a kártya napi vagy havi limitjét.',
      'Beloppet överskrider kortets dags- eller månadsgräns.',
    ],
    tryLater,
  ),
  cause(
    'declined',
    { retryHelps: true },
    ['Bank odmówił', 'The bank declined', 'A bank elutasította', 'Banken nekade'],
    [
      'Bank odmówił bez podania przyczyny.',
      'The bank declined and gave no reason.',
      'A bank indoklás nélkül elutasította.',
      'Banken nekade utan att ange orsak.',
    ],
    tryLater,
  ),
  cause(
    'issuer_unavailable',
    { retryHelps: true, whoMends: 'nobody' },
    ['Bank nie odpowiada', 'The bank does not answer', 'A bank nem válaszol', 'Banken svarar inte'],
    [
      'Bank klienta chwilowo nie odpowiada; nic nie pobrano.',
      'The customer’s bank does not answer for the moment; nothing was charged.',
      'Az ügyfél bankja most nem válaszol; nem történt terhelés.',
      'Kundens bank svarar inte just nu; inget har debiterats.',
    ],
    tryLater,
  ),
  cause(
    'mandate_not_active',
    {},
    ['Zgoda nieaktywna', 'The mandate is not active', 'A felhatalmazás nem él', 'Medgivandet är inte aktivt'],
    [
      'Ta zgoda jest wyłączona, wygasła albo nie została potwierdzona.',
      'This mandate is switched off, expired or was never confirmed.',
      'Ez a felhatalmazás ki van kapcsolva, lejárt, vagy nem hagyták jóvá.',
      'Medgivandet är avstängt, har gått ut eller bekräftades aldrig.',
    ],
    otherCard,
  ),
  cause(
    'refund_refused',
    { whoMends: 'us' },
    ['Zwrot odrzucony', 'The refund was refused', 'A visszatérítést elutasították', 'Återbetalningen nekades'],
    [
      'Operator płatności nie zwrócił pieniędzy: {message}',
      'The processor did not send the money back: {message}',
      'A fizetési szolgáltató nem térítette vissza a pénzt: {message}',
      'Betalväxeln betalade inte tillbaka: {message}',
    ],
    [
      'Zwróć pieniądze przelewem i oznacz to przy płatności.',
      'Send the money back by transfer and mark it at the payment.',
      'Utalja vissza a pénzt, és jelölje meg a befizetésnél.',
      'Betala tillbaka med överföring och markera det vid betalningen.',
    ],
  ),
  cause(
    'key_refused',
    { stops: 'connection', whoMends: 'us' },
    ['Klucz API odrzucony', 'The API key is refused', 'Az API-kulcsot elutasították', 'API-nyckeln nekades'],
    [
      'Operator płatności nie przyjmuje klucza.',
      'The processor does not accept the key.',
      'A fizetési szolgáltató nem fogadja el a kulcsot.',
      'Betalväxeln godtar inte nyckeln.',
    ],
    [
      'Wpisz aktualny klucz z panelu operatora płatności.',
      'Type the current key from the processor’s panel.',
      'Adja meg az érvényes kulcsot a szolgáltató felületéről.',
      'Ange den aktuella nyckeln från betalväxelns panel.',
    ],
  ),
  cause(
    'request_refused',
    { whoMends: 'us' },
    ['Żądanie odrzucone', 'The request was refused', 'A kérést elutasították', 'Begäran nekades'],
    [
      'Operator płatności odrzucił żądanie ({code}): {message}',
      'The processor refused the request ({code}): {message}',
      'A fizetési szolgáltató elutasította a kérést ({code}): {message}',
      'Betalväxeln nekade begäran ({code}): {message}',
    ],
    callUs,
  ),
  cause(
    'rate_limited',
    { retryHelps: true, whoMends: 'nobody' },
    ['Za dużo zapytań naraz', 'Too many requests at once', 'Túl sok kérés egyszerre', 'För många anrop samtidigt'],
    [
      'Operator płatności prosi, żeby zwolnić; nic nie pobrano.',
      'The processor asks to slow down; nothing was charged.',
      'A fizetési szolgáltató lassítást kér; nem történt terhelés.',
      'Betalväxeln ber oss sakta ner; inget har debiterats.',
    ],
    wait,
  ),
  cause(
    'no_answer',
    { retryHelps: true, mayExist: true, whoMends: 'nobody' },
    ['Odpowiedź nie dotarła', 'The answer was lost', 'A válasz elveszett', 'Svaret gick förlorat'],
    [
      'Nie wiadomo jeszcze, czy operator płatności wykonał zlecenie. Zanim zrobimy cokolwiek jeszcze raz, zapytamy.',
      'It is not known yet whether the processor did it. It is asked before anything is repeated.',
      'Még nem tudni, hogy a fizetési szolgáltató végrehajtotta-e. Mielőtt bármit ismételnénk, megkérdezzük.',
      'Det är ännu inte känt om betalväxeln utförde det. Vi frågar innan något upprepas.',
    ],
    wait,
  ),
];

const codes: Record<string, string> = {
  expired_card: 'card_expired',
  stolen_card: 'card_blocked',
  closed_account: 'card_blocked',
  invalid_card: 'card_invalid',
  mandate_cancelled: 'mandate_revoked',
  recurring_not_supported_by_bank: 'recurring_not_supported',
  authentication_required: 'authentication_required',
  insufficient_funds: 'insufficient_funds',
  limit_exceeded: 'limit_exceeded',
  try_again_later: 'declined',
  issuer_unavailable: 'issuer_unavailable',
  mandate_inactive: 'mandate_not_active',
  mandate_unknown: 'mandate_not_active',
  refund_too_high: 'refund_refused',
  payment_not_succeeded: 'refund_refused',
  unauthorized: 'key_refused',
  rate_limited: 'rate_limited',
};

/** Our cause of a failure code; a code nobody lists keeps its own words. */
export const causeOf = (code: string): string => codes[code] ?? 'request_refused';
