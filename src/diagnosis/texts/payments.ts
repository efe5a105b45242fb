import { type Four, four } from '../../contract/cause.ts';
import { type Words, words } from './words.ts';

/** Words about bank statements and payments (contract BILLING §6). */
const exportStatement: Four = [
  'Pobierz wyciąg z banku jeszcze raz jako MT940 albo CAMT.053; wpłaty już wczytane się nie powtórzą.',
  'Download the statement from the bank again as MT940 or CAMT.053; payments read already are not repeated.',
  'Töltse le újra a kivonatot a banktól MT940 vagy CAMT.053 formában; a már beolvasott befizetések nem ismétlődnek.',
  'Hämta kontoutdraget från banken igen som MT940 eller CAMT.053; inlästa betalningar upprepas inte.',
];
const lookAtLine: Four = [
  'Porównaj ten wiersz z wyciągiem w banku i zaksięguj wpłatę ręcznie; pozostałe wiersze wczytano.',
  'Compare this line with the statement at the bank and book the payment by hand; the other lines were read.',
  'Vesse össze ezt a sort a banki kivonattal, és könyvelje kézzel a befizetést; a többi sor bekerült.',
  'Jämför raden med utdraget hos banken och bokför betalningen för hand; övriga rader lästes in.',
];
const compare: Four = [
  'Porównaj saldo z bankiem; jeśli brakuje wpłat, pobierz wyciąg ponownie.',
  'Compare the balance with the bank; if payments are missing, download the statement again.',
  'Vesse össze az egyenleget a bankkal; ha hiányzik befizetés, töltse le újra a kivonatot.',
  'Jämför saldot med banken; saknas betalningar, hämta utdraget igen.',
];

export const paymentFindings: Record<string, Words> = {
  F_STATEMENT_FORMAT: words(
    'file',
    'seller',
    [
      'To nie jest wyciąg bankowy w formacie MT940, MT942 ani CAMT.053.',
      'This is no bank statement in MT940, MT942 or CAMT.053.',
      'Ez nem MT940, MT942 vagy CAMT.053 formátumú bankszámlakivonat.',
      'Det här är inget kontoutdrag i MT940, MT942 eller CAMT.053.',
    ],
    exportStatement,
    '/payments',
  ),
  F_STATEMENT_BROKEN: words(
    'file',
    'seller',
    [
      'Plik jest uszkodzony w wierszu {line}, zanim zaczyna się wyciąg.',
      'The file is broken at line {line}, before a statement begins.',
      'A fájl a(z) {line}. sorban sérült, mielőtt a kivonat elkezdődne.',
      'Filen är skadad på rad {line}, innan något utdrag börjar.',
    ],
    exportStatement,
    '/payments',
  ),
  E_STATEMENT_LINE: words(
    'reject',
    'seller',
    [
      'Wiersz {line} wyciągu jest nieczytelny ({statementProblem}): {value}',
      'Line {line} of the statement cannot be read ({statementProblem}): {value}',
      'A kivonat {line}. sora nem olvasható ({statementProblem}): {value}',
      'Rad {line} i utdraget går inte att läsa ({statementProblem}): {value}',
    ],
    lookAtLine,
    '/payments',
  ),
  W_STATEMENT_MORE: words(
    'warning',
    'seller',
    [
      'Takich wierszy jest jeszcze {n}.',
      'There are {n} more lines like these.',
      'További {n} ilyen sor van.',
      'Det finns {n} rader till av samma slag.',
    ],
    exportStatement,
    '/payments',
  ),
  W_STATEMENT_CUT: words(
    'warning',
    'seller',
    [
      'Wyciąg rachunku {account} urywa się; wczytano z niego {n} pozycji.',
      'The statement of account {account} breaks off; {n} entries of it were read.',
      'A(z) {account} számla kivonata megszakad; {n} tétele bekerült.',
      'Utdraget för konto {account} är avbrutet; {n} poster lästes in.',
    ],
    exportStatement,
    '/payments',
  ),
  W_STATEMENT_BALANCE: words(
    'warning',
    'seller',
    [
      'Saldo rachunku {account} się nie zgadza (wyciąg {number}): z pozycji wychodzi {expected}, wyciąg podaje {found}.',
      'The balance of account {account} does not add up (statement {number}): the entries make {expected}, the statement says {found}.',
      'A(z) {account} számla egyenlege nem egyezik ({number}. kivonat): a tételekből {expected} adódik, a kivonat szerint {found}.',
      'Saldot på konto {account} stämmer inte (utdrag {number}): posterna ger {expected}, utdraget anger {found}.',
    ],
    compare,
    '/payments',
  ),
  W_STATEMENT_CURRENCY: words(
    'warning',
    'seller',
    [
      'Saldo w wierszu {line} jest w {currency}, a rachunek w {other}; sald nie porównano.',
      'The balance at line {line} is in {currency}, the account in {other}; balances were not compared.',
      'A(z) {line}. sor egyenlege {currency}, a számláé {other}; az egyenlegeket nem vetettük össze.',
      'Saldot på rad {line} är i {currency}, kontot i {other}; saldona jämfördes inte.',
    ],
    compare,
    '/payments',
  ),
};

/** Words about booking and about what is bought of the operator. */
const refresh: Four = [
  'Odśwież listę i spójrz jeszcze raz.',
  'Refresh the list and look again.',
  'Frissítse a listát, és nézze meg újra.',
  'Uppdatera listan och titta igen.',
];
const payments = '/payments';
const billing = '/billing';

export const billingFindings: Record<string, Words> = {
  W_PAYMENT_TAKEN_BACK: words(
    'warning',
    'seller',
    [
      'Bank cofnął wcześniejszy wpływ: {amount} {currency} (wiersz {line}).',
      'The bank took an earlier credit back: {amount} {currency} (line {line}).',
      'A bank visszavont egy korábbi jóváírást: {amount} {currency} ({line}. sor).',
      'Banken har återtagit en tidigare insättning: {amount} {currency} (rad {line}).',
    ],
    [
      'Znajdź tę wpłatę na liście i cofnij księgowanie.',
      'Find that payment in the list and undo its booking.',
      'Keresse meg ezt a befizetést a listában, és vonja vissza a könyvelését.',
      'Leta upp betalningen i listan och ångra bokföringen.',
    ],
    payments,
  ),
  H_PAYMENT_NOT_OPEN: words(
    'hold',
    'seller',
    [
      'Ta wpłata jest już zaksięgowana albo odłożona.',
      'This payment is booked already, or set aside.',
      'Ez a befizetés már le van könyvelve, vagy félre van téve.',
      'Betalningen är redan bokförd eller lagd åt sidan.',
    ],
    refresh,
    payments,
  ),
  H_PAYMENT_TOO_MUCH: words(
    'hold',
    'seller',
    [
      'Z tej wpłaty nie zostało aż tyle.',
      'There is not so much left of this payment.',
      'Ebből a befizetésből nem maradt ennyi.',
      'Så mycket återstår inte av betalningen.',
    ],
    ['Zmniejsz kwotę.', 'Take a smaller amount.', 'Csökkentse az összeget.', 'Minska beloppet.'],
    payments,
  ),
  H_PAYMENT_NOT_DUE: words(
    'hold',
    'seller',
    [
      'Do zapłaty na tym dokumencie jest mniej.',
      'Less than that is due on this document.',
      'Ezen a bizonylaton ennél kevesebb a fizetendő.',
      'Mindre än så återstår att betala på dokumentet.',
    ],
    [
      'Zmniejsz kwotę; resztę można zostawić jako nadpłatę.',
      'Take a smaller amount; the rest can be kept as credit.',
      'Csökkentse az összeget; a többi túlfizetésként megtartható.',
      'Minska beloppet; resten kan behållas som tillgodohavande.',
    ],
    payments,
  ),
  H_PAYMENT_CURRENCY: words(
    'hold',
    'seller',
    [
      'Wpłata i dokument są w różnych walutach.',
      'Payment and document are in different currencies.',
      'A befizetés és a bizonylat pénzneme eltér.',
      'Betalningen och dokumentet har olika valuta.',
    ],
    [
      'Wybierz dokument w walucie wpłaty.',
      'Choose a document in the currency of the payment.',
      'Válasszon a befizetés pénznemében szóló bizonylatot.',
      'Välj ett dokument i betalningens valuta.',
    ],
    payments,
  ),
  H_PAYMENT_INVOICE_ISSUED: words(
    'hold',
    'seller',
    [
      'Po tej wpłacie wystawiono już {number}; księgowania nie można cofnąć.',
      '{number} was issued after this payment; the booking cannot be undone.',
      'E befizetés után már kiállítottuk: {number}; a könyvelés nem vonható vissza.',
      '{number} utfärdades efter betalningen; bokföringen kan inte ångras.',
    ],
    [
      'Wystaw korektę dokumentu i zwróć pieniądze.',
      'Issue a correction and send the money back.',
      'Állítson ki helyesbítést, és térítse vissza a pénzt.',
      'Utfärda en kreditering och betala tillbaka pengarna.',
    ],
    payments,
  ),
  H_NO_OPERATOR: words(
    'hold',
    'us',
    [
      'W tej instalacji nikt nie sprzedaje abonamentów.',
      'Nobody sells plans in this installation.',
      'Ebben a telepítésben senki sem árul csomagot.',
      'Ingen säljer planer i den här installationen.',
    ],
    [
      'Osoba prowadząca instalację wskazuje operatora poleceniem: fakturist operator set.',
      'Whoever runs the installation names the operator: fakturist operator set.',
      'Az üzemeltető jelöli ki az operátort: fakturist operator set.',
      'Den som driver installationen utser operatören: fakturist operator set.',
    ],
    billing,
  ),
  H_PLAN_UNKNOWN: words(
    'hold',
    'seller',
    ['Tego planu już nie ma.', 'This plan is not there any more.', 'Ez a csomag már nincs meg.', 'Planen finns inte längre.'],
    ['Wybierz inny plan.', 'Choose another plan.', 'Válasszon másik csomagot.', 'Välj en annan plan.'],
    billing,
  ),
  H_SUBSCRIBED_ALREADY: words(
    'hold',
    'seller',
    [
      'Ten plan jest już zamówiony dla tej integracji. Drugi oznaczałby podwójną płatność.',
      'This plan is ordered for this integration already. A second one would be paid twice.',
      'Ezt a csomagot már megrendelték ehhez az integrációhoz. A második kétszeres fizetést jelentene.',
      'Planen är redan beställd för integrationen. En till skulle betalas dubbelt.',
    ],
    [
      'Jeśli naprawdę mają być dwa, zaznacz to przy zamówieniu.',
      'If there really shall be two, say so when ordering.',
      'Ha valóban kettő kell, jelezze a rendelésnél.',
      'Ska det verkligen vara två, ange det vid beställningen.',
    ],
    billing,
  ),
  H_BILLING_DATA: words(
    'hold',
    'seller',
    ['Do rachunku brakuje danych: {fields}.', 'The bill lacks: {fields}.', 'A számlához hiányzik: {fields}.', 'Fakturan saknar: {fields}.'],
    [
      'Uzupełnij dane do faktury.',
      'Complete the data for the invoice.',
      'Egészítse ki a számlázási adatokat.',
      'Komplettera fakturauppgifterna.',
    ],
    billing,
  ),
  H_CARD_UNAVAILABLE: words(
    'hold',
    'us',
    [
      'Płatność kartą nie jest tu włączona.',
      'Paying by card is not switched on here.',
      'A kártyás fizetés itt nincs bekapcsolva.',
      'Kortbetalning är inte påslagen här.',
    ],
    ['Wybierz przelew.', 'Choose bank transfer.', 'Válassza az átutalást.', 'Välj banköverföring.'],
    billing,
  ),
  H_SUBSCRIPTION_STATE: words(
    'hold',
    'seller',
    [
      'W tym stanie abonamentu to niemożliwe.',
      'The subscription’s state does not allow this.',
      'Az előfizetés állapota ezt nem engedi.',
      'Abonnemangets läge tillåter inte detta.',
    ],
    refresh,
    billing,
  ),
  H_NO_NOTICE_GIVEN: words(
    'hold',
    'seller',
    [
      'Najpierw trzeba zapowiedzieć wstrzymanie.',
      'Notice must be given before pausing.',
      'A szüneteltetést előbb be kell jelenteni.',
      'Pausen måste aviseras först.',
    ],
    [
      'Zapowiedz wstrzymanie; można je wykonać po trzech dniach.',
      'Give notice; it can be done three days later.',
      'Jelentse be; három nap múlva elvégezhető.',
      'Avisera pausen; den kan göras tre dagar senare.',
    ],
    billing,
  ),
};

/** Why a line of a statement could not be read. */
export const statementProblems = {
  entry: four([
    'inny układ pola :61:',
    'field :61: is built differently',
    'más a :61: mező felépítése',
    'fältet :61: är uppbyggt annorlunda',
  ]),
  amount: four(['kwota', 'amount', 'összeg', 'belopp']),
  date: four(['data', 'date', 'dátum', 'datum']),
  currency: four(['waluta', 'currency', 'pénznem', 'valuta']),
  direction: four([
    'nie wiadomo, czy to wpływ',
    'in or out is not said',
    'nem derül ki, jóváírás-e',
    'framgår inte om det är en insättning',
  ]),
  status: four(['brak statusu', 'status is missing', 'hiányzik az állapot', 'status saknas']),
  account: four(['brak numeru rachunku', 'account number is missing', 'hiányzik a számlaszám', 'kontonummer saknas']),
  length: four(['za długi', 'too long', 'túl hosszú', 'för lång']),
  balance: four(['saldo', 'balance', 'egyenleg', 'saldo']),
};
