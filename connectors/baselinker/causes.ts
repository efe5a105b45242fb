import { causesOf } from '../../src/contract/cause.ts';
import type { Cause } from '../../src/contract/manifest.ts';

const cause = causesOf();

/**
 * What can go wrong with BaseLinker: who mends it, and can the same request succeed later (contract §1.2, §5). A closed token is no
 * cause of a document: it is a wait of the whole connection, and costs no try.
 */
export const causes: Cause[] = [
  cause(
    'token_wrong',
    { stops: 'connection', where: 'settings.token' },
    ['Token API nie działa', 'The API token does not work', 'Az API-token nem működik', 'API-token fungerar inte'],
    [
      'BaseLinker nie przyjął tokena: jest błędny, usunięty albo należy do innego konta ({message}).',
      'BaseLinker did not accept the token: it is wrong, deleted, or belongs to another account ({message}).',
      'A BaseLinker nem fogadta el a tokent: hibás, törölték, vagy másik fiókhoz tartozik ({message}).',
      'BaseLinker godtog inte token: den är fel, borttagen eller hör till ett annat konto ({message}).',
    ],
    [
      'Utwórz nowy token w panelu BaseLinkera (Konto i inne → Moje konto → API) i wpisz go w ustawieniach połączenia.',
      'Make a new token in the BaseLinker panel (Account & other → My account → API) and enter it in the settings of the connection.',
      'Készítsen új tokent a BaseLinker paneljén (Fiók → Saját fiók → API), és írja be a kapcsolat beállításaiba.',
      'Skapa en ny token i BaseLinkers panel (Konto → Mitt konto → API) och skriv in den i anslutningens inställningar.',
    ],
  ),
  cause(
    'method_denied',
    { stops: 'connection', where: 'settings.token' },
    ['Token nie ma uprawnień', 'The token lacks a permission', 'A tokennek nincs jogosultsága', 'Token saknar behörighet'],
    [
      'Token nie może użyć metody {method}: {message}.',
      'The token may not use the method {method}: {message}.',
      'A token nem használhatja a(z) {method} metódust: {message}.',
      'Token får inte använda metoden {method}: {message}.',
    ],
    [
      'W panelu BaseLinkera (Konto i inne → Moje konto → API) włącz tę metodę dla tokena i wznów połączenie.',
      'In the BaseLinker panel (Account & other → My account → API) allow this method for the token, then resume the connection.',
      'A BaseLinker paneljén (Fiók → Saját fiók → API) engedélyezze ezt a metódust a tokennek, majd folytassa a kapcsolatot.',
      'Tillåt metoden för token i BaseLinkers panel (Konto → Mitt konto → API) och återuppta anslutningen.',
    ],
  ),
  cause(
    'no_answer',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['BaseLinker nie odpowiedział', 'BaseLinker did not answer', 'A BaseLinker nem válaszolt', 'BaseLinker svarade inte'],
    [
      'Odpowiedź nie nadeszła albo nie dało się jej odczytać. Nie wiadomo, czy zmiana została zapisana.',
      'The answer did not come or could not be read. It is not known whether a change was stored.',
      'A válasz nem érkezett meg, vagy nem olvasható. Nem tudni, hogy a módosítást elmentették-e.',
      'Svaret kom inte eller gick inte att läsa. Det är okänt om en ändring sparades.',
    ],
    [
      'Nic nie rób: najpierw odczytamy zamówienie i jego dokumenty, dopiero potem w razie potrzeby spróbujemy ponownie.',
      'Do nothing: the order and its documents are read first, and only then is it tried again if need be.',
      'Nincs teendő: előbb elolvassuk a rendelést és bizonylatait, és csak szükség esetén próbáljuk újra.',
      'Inget behöver göras: ordern och dess dokument läses först, och först därefter görs ett nytt försök om det behövs.',
    ],
  ),
  cause(
    'BL_NO_INVOICE',
    { where: 'settings.carrierSeries' },
    [
      'Zamówienie nie posiada faktury w BaseLinkerze',
      'The order has no invoice in BaseLinker',
      'A rendelésnek nincs számlája a BaseLinkerben',
      'Ordern har ingen faktura i BaseLinker',
    ],
    [
      'BaseLinker przyjmuje plik PDF tylko do faktury, która już u niego istnieje, a to zamówienie jej nie ma. Automatyczna akcja w BaseLinkerze działa tylko na nowe zdarzenia, więc starszych zamówień nie obejmie.',
      'BaseLinker takes a PDF only onto an invoice that exists there already, and this order has none. An automatic action in BaseLinker acts on new events only, so it will not reach older orders.',
      'A BaseLinker csak olyan számlához fogad PDF-et, amely már létezik nála, és ennek a rendelésnek nincs ilyen. A BaseLinker automatikus műveletei csak új eseményekre futnak, a régebbi rendeléseket nem érik el.',
      'BaseLinker tar bara emot en PDF till en faktura som redan finns där, och den här ordern saknar en. En automatisk åtgärd i BaseLinker reagerar bara på nya händelser och når inte äldre ordrar.',
    ],
    [
      'Dwie drogi: 1) wystaw fakturę w BaseLinkerze i ponów dołączenie – albo wybierz w ustawieniach połączenia serię, w której zrobimy to sami; 2) wybierz zamiast faktury dodatkowe pole typu plik – działa dla każdego zamówienia.',
      'Two ways: 1) issue the invoice in BaseLinker and attach again – or choose a series in the settings of the connection, and it is made there for you; 2) choose an extra field of type file instead, which works for every order.',
      'Két út van: 1) állítsa ki a számlát a BaseLinkerben, és csatolja újra – vagy válasszon sorozatot a kapcsolat beállításaiban, és mi elkészítjük ott; 2) válasszon helyette fájl típusú extra mezőt, amely minden rendelésnél működik.',
      'Två vägar: 1) utfärda fakturan i BaseLinker och bifoga igen – eller välj en serie i anslutningens inställningar så skapas den där åt dig; 2) välj i stället ett extra fält av typen fil, som fungerar för varje order.',
    ],
  ),
  cause(
    'no_correction',
    { where: 'settings.correctionField' },
    [
      'Zamówienie nie ma korekty w BaseLinkerze',
      'The order has no correction in BaseLinker',
      'A rendelésnek nincs helyesbítő számlája a BaseLinkerben',
      'Ordern har ingen kreditfaktura i BaseLinker',
    ],
    [
      'Plik korekty można dołączyć tylko do korekty, która już jest w BaseLinkerze.',
      'The file of a correction can only be put on a correction that exists in BaseLinker already.',
      'A helyesbítő fájlja csak olyan helyesbítőhöz csatolható, amely már létezik a BaseLinkerben.',
      'Filen för en kreditfaktura kan bara läggas på en kreditfaktura som redan finns i BaseLinker.',
    ],
    [
      'Wystaw korektę w BaseLinkerze i ponów – albo wybierz w ustawieniach połączenia dodatkowe pole typu plik na korekty.',
      'Make the correction in BaseLinker and try again – or choose an extra field of type file for corrections in the settings of the connection.',
      'Állítsa ki a helyesbítőt a BaseLinkerben, és próbálja újra – vagy válasszon a beállításokban fájl típusú extra mezőt a helyesbítőknek.',
      'Skapa kreditfakturan i BaseLinker och försök igen – eller välj i anslutningens inställningar ett extra fält av typen fil för kreditfakturor.',
    ],
  ),
  cause(
    'no_receipt',
    { where: 'settings.documentField' },
    [
      'Zamówienie nie ma paragonu w BaseLinkerze',
      'The order has no receipt in BaseLinker',
      'A rendelésnek nincs nyugtája a BaseLinkerben',
      'Ordern har inget kvitto i BaseLinker',
    ],
    [
      'Plik paragonu można dołączyć tylko do paragonu, który już jest w BaseLinkerze. Sami go tam nie wystawiamy, bo trafiłby na drukarkę fiskalną.',
      'The file of a receipt can only be put on a receipt that exists in BaseLinker already. It is not made there by itself, for it would go to the fiscal printer.',
      'A nyugta fájlja csak olyan nyugtához csatolható, amely már létezik a BaseLinkerben. Ott nem készítünk ilyet, mert a pénztárgépre kerülne.',
      'Filen för ett kvitto kan bara läggas på ett kvitto som redan finns i BaseLinker. Det skapas inte där automatiskt, för då skulle det gå till kassaskrivaren.',
    ],
    [
      'Wystaw paragon w BaseLinkerze i ponów – albo wybierz w ustawieniach połączenia dodatkowe pole typu plik.',
      'Make the receipt in BaseLinker and try again – or choose an extra field of type file in the settings of the connection.',
      'Állítsa ki a nyugtát a BaseLinkerben, és próbálja újra – vagy válasszon a beállításokban fájl típusú extra mezőt.',
      'Skapa kvittot i BaseLinker och försök igen – eller välj ett extra fält av typen fil i anslutningens inställningar.',
    ],
  ),
  cause(
    'invoice_unclear',
    {},
    [
      'Kilka faktur w BaseLinkerze – nie wiadomo, która',
      'Several invoices in BaseLinker, and it is not clear which',
      'Több számla van a BaseLinkerben, és nem egyértelmű, melyik',
      'Flera fakturor i BaseLinker, och det är oklart vilken',
    ],
    [
      'Zamówienie ma w BaseLinkerze więcej niż jedną fakturę bez pliku. Zgadywać nie będziemy.',
      'In BaseLinker the order has more than one invoice without a file. It is not guessed.',
      'A rendelésnek a BaseLinkerben több fájl nélküli számlája van. Nem találgatunk.',
      'Ordern har mer än en faktura utan fil i BaseLinker. Det gissas inte.',
    ],
    [
      'Usuń w BaseLinkerze zbędną fakturę albo dołącz PDF ręcznie i ponów.',
      'Delete the superfluous invoice in BaseLinker, or attach the PDF by hand, then try again.',
      'Törölje a felesleges számlát a BaseLinkerben, vagy csatolja kézzel a PDF-et, majd próbálja újra.',
      'Ta bort den överflödiga fakturan i BaseLinker eller bifoga PDF:en för hand och försök igen.',
    ],
  ),
  cause(
    'in_ksef',
    {},
    [
      'Faktura z BaseLinkera jest już w KSeF',
      'BaseLinker’s invoice is in KSeF already',
      'A BaseLinker számlája már a KSeF-ben van',
      'BaseLinkers faktura finns redan i KSeF',
    ],
    [
      'Fakturę tego zamówienia BaseLinker wysłał do KSeF pod numerem {number}. Ta sprzedaż może mieć dwie faktury.',
      'BaseLinker sent the invoice of this order to KSeF under the number {number}. The sale may have two invoices.',
      'A BaseLinker a rendelés számláját {number} számon elküldte a KSeF-be. Az eladásnak két számlája lehet.',
      'BaseLinker har skickat orderns faktura till KSeF med numret {number}. Försäljningen kan ha två fakturor.',
    ],
    [
      'Ustal z księgowością, która faktura obowiązuje, drugą skoryguj do zera i wyłącz w BaseLinkerze wysyłkę tej serii do KSeF.',
      'Settle with your accountant which invoice counts, correct the other one to zero, and stop BaseLinker from sending this series to KSeF.',
      'Döntse el a könyvelővel, melyik számla érvényes, a másikat helyesbítse nullára, és kapcsolja ki a BaseLinkerben e sorozat KSeF-küldését.',
      'Avgör med din redovisare vilken faktura som gäller, kreditera den andra helt och stäng av att BaseLinker skickar serien till KSeF.',
    ],
  ),
  cause(
    'carrier_refused',
    { where: 'settings.carrierSeries' },
    [
      'BaseLinker nie wystawił faktury',
      'BaseLinker did not make the invoice',
      'A BaseLinker nem készítette el a számlát',
      'BaseLinker skapade inte fakturan',
    ],
    [
      'Faktury, która miała nieść nasz PDF, nie udało się wystawić: {message}.',
      'The invoice that was to carry our PDF could not be made: {message}.',
      'A PDF-ünket hordozó számla nem készült el: {message}.',
      'Fakturan som skulle bära vår PDF kunde inte skapas: {message}.',
    ],
    [
      'Sprawdź w ustawieniach połączenia, czy wybrana seria jeszcze istnieje w BaseLinkerze, i ponów.',
      'Check in the settings of the connection whether the chosen series still exists in BaseLinker, then try again.',
      'Nézze meg a kapcsolat beállításaiban, hogy a választott sorozat létezik-e még a BaseLinkerben, majd próbálja újra.',
      'Kontrollera i anslutningens inställningar att den valda serien finns kvar i BaseLinker och försök igen.',
    ],
  ),
  cause(
    'invoice_there',
    {},
    [
      'BaseLinker mówi, że faktura już jest',
      'BaseLinker says that there is an invoice already',
      'A BaseLinker szerint már van számla',
      'BaseLinker säger att det redan finns en faktura',
    ],
    [
      'BaseLinker nie wystawił drugiej faktury, ale na liście faktur tego zamówienia żadnej nie pokazuje.',
      'BaseLinker made no second invoice, but shows none in the list of this order’s invoices.',
      'A BaseLinker nem készített második számlát, de a rendelés számlái között egyet sem mutat.',
      'BaseLinker skapade ingen andra faktura men visar ingen i listan över orderns fakturor.',
    ],
    [
      'Otwórz zamówienie w BaseLinkerze, sprawdź jego faktury i ponów.',
      'Open the order in BaseLinker, look at its invoices, then try again.',
      'Nyissa meg a rendelést a BaseLinkerben, nézze meg a számláit, majd próbálja újra.',
      'Öppna ordern i BaseLinker, se över dess fakturor och försök igen.',
    ],
  ),
  cause(
    'invoice_gone',
    { retryHelps: true },
    ['Faktury już nie ma', 'The invoice is no longer there', 'A számla már nincs meg', 'Fakturan finns inte längre'],
    [
      'Fakturę w BaseLinkerze usunięto, zanim dołączyliśmy do niej PDF.',
      'The invoice in BaseLinker was deleted before the PDF was put on it.',
      'A BaseLinker számláját törölték, mielőtt a PDF-et csatoltuk volna.',
      'Fakturan i BaseLinker togs bort innan PDF:en hann läggas på den.',
    ],
    [
      'Ponów: poszukamy faktury zamówienia od nowa.',
      'Try again: the order’s invoice is looked for anew.',
      'Próbálja újra: újra megkeressük a rendelés számláját.',
      'Försök igen: orderns faktura söks på nytt.',
    ],
  ),
  cause(
    'order_gone',
    { where: 'order' },
    ['Zamówienia już nie ma', 'The order is no longer there', 'A rendelés már nincs meg', 'Ordern finns inte längre'],
    [
      'W BaseLinkerze nie ma już tego zamówienia: usunięto je albo połączono z innym.',
      'BaseLinker no longer has this order: it was deleted or merged into another one.',
      'A BaseLinkerben már nincs meg ez a rendelés: törölték, vagy összevonták egy másikkal.',
      'Ordern finns inte längre i BaseLinker: den har tagits bort eller slagits ihop med en annan.',
    ],
    [
      'Dokument pozostaje ważny. Dołącz PDF ręcznie do zamówienia, w którym są teraz towary.',
      'The document stays valid. Add its PDF by hand to the order that holds the goods now.',
      'A bizonylat érvényes marad. Csatolja kézzel a PDF-et ahhoz a rendeléshez, amelyben a termékek most vannak.',
      'Dokumentet gäller. Lägg PDF:en för hand på den order som varorna nu ligger i.',
    ],
  ),
  cause(
    'text_too_long',
    { where: 'settings.numberField' },
    ['Tekst nie mieści się w polu', 'The text does not fit the field', 'A szöveg nem fér el a mezőben', 'Texten får inte plats i fältet'],
    [
      'Pole zamówienia mieści {limit} znaków. Obciętego numeru ani linku nie zapisujemy.',
      'The field of the order holds {limit} characters. A number or link that is cut off is not written.',
      'A rendelés mezője {limit} karaktert tárol. Levágott számot vagy hivatkozást nem írunk be.',
      'Fältet på ordern rymmer {limit} tecken. Ett avkapat nummer eller en avkapad länk skrivs inte.',
    ],
    [
      'Wybierz w ustawieniach połączenia dodatkowe pole tekstowe albo skróć uwagi sprzedawcy na zamówieniu.',
      'Choose an extra text field in the settings of the connection, or shorten the seller’s comments on the order.',
      'Válasszon extra szöveges mezőt a kapcsolat beállításaiban, vagy rövidítse az eladói megjegyzést a rendelésen.',
      'Välj ett extra textfält i anslutningens inställningar eller korta säljarens kommentar på ordern.',
    ],
  ),
  cause(
    'refused',
    { where: 'settings.documentField' },
    ['BaseLinker odrzucił żądanie', 'BaseLinker refused the request', 'A BaseLinker elutasította a kérést', 'BaseLinker avvisade anropet'],
    [
      'BaseLinker nie wykonał {method}: {message}.',
      'BaseLinker did not carry out {method}: {message}.',
      'A BaseLinker nem hajtotta végre ezt: {method}. Üzenete: {message}.',
      'BaseLinker utförde inte {method}: {message}.',
    ],
    [
      'Sprawdź w ustawieniach połączenia, czy wybrane pole, status i seria jeszcze istnieją, i ponów.',
      'Check in the settings of the connection whether the chosen field, status and series still exist, then try again.',
      'Nézze meg a kapcsolat beállításaiban, hogy a választott mező, státusz és sorozat létezik-e még, majd próbálja újra.',
      'Kontrollera i anslutningens inställningar att valt fält, vald status och vald serie finns kvar och försök igen.',
    ],
  ),
  cause(
    'request_wrong',
    { whoMends: 'us' },
    [
      'BaseLinker nie zrozumiał żądania',
      'BaseLinker did not understand the request',
      'A BaseLinker nem értette a kérést',
      'BaseLinker förstod inte anropet',
    ],
    [
      'To błąd Fakturista, nie Twój: {method} – {message}.',
      'This is a fault of Fakturist, not yours: {method} – {message}.',
      'Ez a Fakturist hibája, nem az Öné: {method} – {message}.',
      'Det är ett fel i Fakturist, inte ditt: {method} – {message}.',
    ],
    [
      'Zgłoś go z aktami sprawy. Dokument jest ważny; PDF można dołączyć ręcznie.',
      'Report it with the case file. The document is valid; the PDF can be attached by hand.',
      'Jelentse az ügyirattal. A bizonylat érvényes; a PDF kézzel is csatolható.',
      'Rapportera det med ärendeakten. Dokumentet gäller; PDF:en kan bifogas för hand.',
    ],
  ),
];
