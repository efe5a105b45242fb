import { type Four, four, type Words, words } from './words.ts';

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
