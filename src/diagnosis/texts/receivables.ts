import type { Four } from '../../contract/cause.ts';
import { type Words, words } from './words.ts';

/** Words about claims at a financing provider: what stands in the way of a verb, before anything is sent. */
const readAgain: Four = [
  'Odczytaj stan jeszcze raz i wybierz inną czynność.',
  'Read the state again and choose another action.',
  'Olvassa be újra az állapotot, és válasszon másik műveletet.',
  'Läs av läget igen och välj en annan åtgärd.',
];
const changeAmounts: Four = [
  'Zmień ilości lub kwotę; podgląd pokazuje, co zostało.',
  'Change the quantities or the amount; the preview shows what is left.',
  'Módosítsa a mennyiségeket vagy az összeget; az előnézet mutatja, mennyi maradt.',
  'Ändra antal eller belopp; förhandsvisningen visar vad som är kvar.',
];
const changeRows: Four = [
  'Popraw zaznaczoną pozycję.',
  'Correct the marked row.',
  'Javítsa a megjelölt tételt.',
  'Rätta den markerade raden.',
];
const openSettings: Four = [
  'Otwórz ustawienia połączenia i uzupełnij je.',
  'Open the settings of the connection and complete them.',
  'Nyissa meg a kapcsolat beállításait, és egészítse ki.',
  'Öppna anslutningens inställningar och komplettera dem.',
];
const completeBuyer: Four = [
  'Uzupełnij dane kupującego na dokumencie.',
  'Complete the buyer’s data on the document.',
  'Egészítse ki a vevő adatait a bizonylaton.',
  'Komplettera köparens uppgifter på dokumentet.',
];
const copyNumber: Four = [
  'Przepisz numer faktury tej należności z portalu dostawcy.',
  'Copy the number of this claim’s invoice from the provider’s portal.',
  'Másolja át a követelés számlaszámát a szolgáltató felületéről.',
  'Skriv av numret på fordrans faktura från leverantörens portal.',
];
const wait: Four = ['Poczekaj, to potrwa chwilę.', 'Wait a moment.', 'Várjon egy kicsit.', 'Vänta en stund.'];

const page = '/receivables';
const connections = '/connections';

export const receivableFindings: Record<string, Words> = {
  H_RECEIVABLE_EXISTS: words(
    'hold',
    'seller',
    [
      'To zamówienie jest już u dostawcy finansowania.',
      'This order is with the financing provider already.',
      'Ez a rendelés már a finanszírozónál van.',
      'Ordern finns redan hos finansieringsleverantören.',
    ],
    ['Otwórz istniejącą należność.', 'Open the claim that exists.', 'Nyissa meg a meglévő követelést.', 'Öppna fordran som finns.'],
    page,
  ),
  H_RECEIVABLE_BUSY: words(
    'hold',
    'nobody',
    [
      'Poprzednia czynność jeszcze trwa.',
      'The action before is still under way.',
      'Az előző művelet még folyamatban van.',
      'Den föregående åtgärden pågår fortfarande.',
    ],
    wait,
  ),
  H_PART_UNKNOWN: words(
    'hold',
    'seller',
    ['Nie ma części {part}.', 'There is no part {part}.', 'Nincs {part}. rész.', 'Det finns ingen del {part}.'],
    readAgain,
  ),
  H_VERB_ON_HOLD: words(
    'hold',
    'nobody',
    [
      'Dostawca jeszcze sprawdza zakup. To nie błąd: trzeba poczekać.',
      'The provider is still checking the purchase. This is no error: it has to wait.',
      'A szolgáltató még ellenőrzi a vásárlást. Ez nem hiba: várni kell.',
      'Leverantören kontrollerar fortfarande köpet. Det är inget fel: det får vänta.',
    ],
    [
      'Nie wysyłaj jeszcze towaru; decyzja zwykle przychodzi szybko, najpóźniej w ciągu dnia roboczego.',
      'Do not ship yet; the decision usually comes soon, within a working day at the latest.',
      'Még ne küldje el az árut; a döntés általában hamar, legkésőbb egy munkanapon belül megjön.',
      'Skicka inte ännu; beslutet kommer oftast snart, senast inom en arbetsdag.',
    ],
  ),
  H_VERB_AWAITING_BUYER: words(
    'hold',
    'buyer',
    [
      'Kupujący musi jeszcze podpisać albo potwierdzić tożsamość.',
      'The buyer still has to sign or to prove who they are.',
      'A vevőnek még alá kell írnia vagy igazolnia kell magát.',
      'Köparen måste fortfarande signera eller legitimera sig.',
    ],
    ['Przypomnij kupującemu.', 'Remind the buyer.', 'Emlékeztesse a vevőt.', 'Påminn köparen.'],
  ),
  H_VERB_PENDING: words(
    'hold',
    'seller',
    [
      'Faktura jeszcze czeka; to działa dopiero po aktywacji.',
      'The invoice is still pending; this works only once it is active.',
      'A számla még függőben van; ez csak aktiválás után megy.',
      'Fakturan väntar fortfarande; detta fungerar först när den är aktiv.',
    ],
    ['Najpierw ją aktywuj.', 'Activate it first.', 'Először aktiválja.', 'Aktivera den först.'],
  ),
  H_VERB_ACTIVE: words(
    'hold',
    'seller',
    [
      'Faktura jest już aktywna: termin płatności biegnie.',
      'The invoice is active already: its due days are running.',
      'A számla már aktív: fut a fizetési határidő.',
      'Fakturan är redan aktiv: förfallodagarna löper.',
    ],
    [
      'Zamiast anulować lub zastępować zrób zwrot albo korektę kwoty.',
      'Credit it or adjust the amount instead of cancelling or replacing.',
      'Visszavonás vagy csere helyett írja jóvá, vagy módosítsa az összeget.',
      'Kreditera eller justera beloppet i stället för att makulera eller ersätta.',
    ],
  ),
  H_VERB_CREDITED: words(
    'hold',
    'nobody',
    ['Wszystko zostało już zwrócone.', 'All of it has been credited.', 'Már mindent jóváírtak.', 'Allt är redan krediterat.'],
    readAgain,
  ),
  H_VERB_REPLACED: words(
    'hold',
    'nobody',
    [
      'Te pozycje zostały zastąpione nowymi.',
      'These rows were replaced by others.',
      'Ezeket a tételeket újakra cserélték.',
      'De här raderna har ersatts av andra.',
    ],
    ['Użyj następnej części.', 'Use the next part.', 'Használja a következő részt.', 'Använd nästa del.'],
  ),
  H_VERB_CANCELLED: words(
    'hold',
    'nobody',
    ['Ta część jest anulowana.', 'This part is cancelled.', 'Ezt a részt visszavonták.', 'Den här delen är makulerad.'],
    readAgain,
  ),
  H_VERB_EXPIRED: words(
    'hold',
    'seller',
    ['Minął czas na aktywację.', 'The time to activate it is over.', 'Lejárt az aktiválás ideje.', 'Tiden för aktivering har gått ut.'],
    [
      'Zapytaj dostawcę o przedłużenie albo zacznij nowy zakup.',
      'Ask the provider to keep it alive, or begin a new purchase.',
      'Kérje a szolgáltatótól a meghosszabbítást, vagy indítson új vásárlást.',
      'Be leverantören förlänga eller börja ett nytt köp.',
    ],
  ),
  H_VERB_REJECTED: words(
    'hold',
    'buyer',
    [
      'Dostawca odrzucił ten zakup. Nie wysyłaj towaru.',
      'The provider refused this purchase. Do not ship.',
      'A szolgáltató elutasította a vásárlást. Ne küldje el az árut.',
      'Leverantören nekade köpet. Skicka inget.',
    ],
    [
      'Zaproponuj kupującemu inny sposób zapłaty.',
      'Offer the buyer another way to pay.',
      'Ajánljon a vevőnek más fizetési módot.',
      'Erbjud köparen ett annat betalningssätt.',
    ],
  ),
  H_ALREADY_EXTENDED: words(
    'hold',
    'nobody',
    [
      'Termin był już przedłużony, a można to zrobić tylko raz.',
      'The due date was extended before, and it can be done once only.',
      'A határidőt már meghosszabbították, és ez csak egyszer lehetséges.',
      'Förfallodagen är redan förlängd och det går bara en gång.',
    ],
    [
      'Uzgodnij z kupującym zapłatę w obecnym terminie.',
      'Agree with the buyer on the present due date.',
      'Egyezzen meg a vevővel a jelenlegi határidőben.',
      'Kom överens med köparen om nuvarande förfallodag.',
    ],
  ),
  H_SEND_ADDRESS_MISSING: words(
    'hold',
    'seller',
    ['Brak adresu e-mail.', 'The e-mail address is missing.', 'Hiányzik az e-mail-cím.', 'E-postadressen saknas.'],
    [
      'Wpisz adres albo wybierz list.',
      'Type the address, or choose post.',
      'Írja be a címet, vagy válassza a postát.',
      'Skriv adressen eller välj brev.',
    ],
  ),
  W_EXTEND_SPARINGLY: words(
    'warning',
    'seller',
    [
      'Termin można przedłużyć tylko raz. Używaj tego oszczędnie: dostawca na to patrzy.',
      'A due date can be extended once only. Use it sparingly: the provider watches it.',
      'A határidő csak egyszer hosszabbítható. Csak indokolt esetben éljen vele: a szolgáltató figyeli.',
      'Förfallodagen kan bara förlängas en gång. Använd det sparsamt: leverantören håller ögonen på det.',
    ],
    [
      'Upewnij się, że kupujący o to prosił.',
      'Make sure that the buyer asked for it.',
      'Győződjön meg róla, hogy a vevő kérte.',
      'Se till att köparen har bett om det.',
    ],
  ),
  W_CANCEL_FOR_GOOD: words(
    'warning',
    'seller',
    [
      'Anulowania nie można cofnąć.',
      'A cancellation cannot be undone.',
      'A visszavonás nem vonható vissza.',
      'En makulering kan inte ångras.',
    ],
    [
      'Sprawdź, czy nic już nie zostanie wysłane.',
      'Make sure that nothing of it will be shipped.',
      'Győződjön meg róla, hogy ebből már semmit sem küldenek el.',
      'Se till att inget av det ska skickas.',
    ],
  ),
  H_ROW_PRICE: words(
    'hold',
    'seller',
    [
      'Kwota „{value}” musi mieć najwyżej dwa miejsca po przecinku i być różna od zera.',
      'The amount “{value}” may have two decimals at most and must not be zero.',
      'A(z) „{value}” összegnek legfeljebb két tizedese lehet, és nem lehet nulla.',
      'Beloppet ”{value}” får ha högst två decimaler och får inte vara noll.',
    ],
    changeRows,
  ),
  H_ROW_ARTICLE_TWICE: words(
    'hold',
    'seller',
    [
      'Artykuł {article} jest tu dwa razy z różną nazwą, ceną lub stawką.',
      'Article {article} is here twice with another name, price or rate.',
      'A(z) {article} cikk kétszer szerepel, eltérő névvel, árral vagy kulccsal.',
      'Artikel {article} finns två gånger med olika namn, pris eller momssats.',
    ],
    [
      'Nadaj drugiej pozycji inny numer artykułu.',
      'Give the second row another article id.',
      'Adjon a második tételnek másik cikkszámot.',
      'Ge den andra raden ett annat artikelnummer.',
    ],
  ),
  H_TOTAL_NOT_POSITIVE: words(
    'hold',
    'seller',
    [
      'Suma pozycji musi być większa od zera.',
      'The rows must add up to more than zero.',
      'A tételek összegének nullánál nagyobbnak kell lennie.',
      'Radernas summa måste vara större än noll.',
    ],
    changeRows,
  ),
  H_ROW_UNKNOWN: words(
    'hold',
    'seller',
    ['Ta część nie ma pozycji {row}.', 'This part has no row {row}.', 'Ennek a résznek nincs {row}. tétele.', 'Delen har ingen rad {row}.'],
    changeRows,
  ),
  H_QUANTITY_TOO_HIGH: words(
    'hold',
    'seller',
    [
      'Artykułu {article} zostało {left}, a podano {wanted}.',
      'Of article {article} {left} are left; {wanted} were asked for.',
      'A(z) {article} cikkből {left} maradt, de {wanted} lett megadva.',
      'Av artikel {article} finns {left} kvar; {wanted} angavs.',
    ],
    changeAmounts,
  ),
  H_REST_NOT_POSITIVE: words(
    'hold',
    'seller',
    [
      'Reszta wyniosłaby {amount}: takiej faktury nie może być.',
      'The rest would be {amount}: there can be no such invoice.',
      'A maradék {amount} lenne: ilyen számla nem lehet.',
      'Resten skulle bli {amount}: en sådan faktura kan inte finnas.',
    ],
    [
      'Aktywuj razem także rabaty albo wszystko.',
      'Activate the discounts with it, or everything.',
      'Aktiválja vele a kedvezményeket is, vagy mindent.',
      'Aktivera rabatterna också, eller allt.',
    ],
  ),
  H_CREDIT_TOO_HIGH: words(
    'hold',
    'seller',
    [
      'Na części zostało {left}, a zwrot wyniósłby {wanted}, bo kwotę wcześniej obniżono.',
      '{left} are left on the part, the credit would be {wanted}, because the amount was lowered before.',
      'A részen {left} maradt, a jóváírás {wanted} lenne, mert az összeget korábban csökkentették.',
      'På delen finns {left} kvar, krediteringen skulle bli {wanted} eftersom beloppet sänkts tidigare.',
    ],
    [
      'Zwróć całość (to, co zostało) albo mniej sztuk.',
      'Credit the whole (what is left), or fewer units.',
      'Írja jóvá az egészet (a maradékot), vagy kevesebb darabot.',
      'Kreditera hela (det som är kvar) eller färre enheter.',
    ],
  ),
  H_CREDIT_RAISES: words(
    'hold',
    'seller',
    [
      'Sam rabat nie może podnieść faktury ponad jej pierwotną kwotę {total}.',
      'A discount alone cannot raise the invoice above its original {total}.',
      'Egy kedvezmény magában nem emelheti a számlát az eredeti {total} fölé.',
      'En rabatt ensam kan inte höja fakturan över dess ursprungliga {total}.',
    ],
    [
      'Zwróć rabat razem z artykułem, do którego należy.',
      'Credit the discount together with the article it belongs to.',
      'A kedvezményt azzal a cikkel együtt írja jóvá, amelyhez tartozik.',
      'Kreditera rabatten tillsammans med artikeln den hör till.',
    ],
  ),
  H_ADJUST_OUT_OF_RANGE: words(
    'hold',
    'seller',
    [
      'Kwotę można zmienić o {least} do {most}.',
      'The amount can be changed by {least} to {most}.',
      'Az összeg {least} és {most} között módosítható.',
      'Beloppet kan ändras med {least} till {most}.',
    ],
    changeAmounts,
  ),
  H_ORDER_CANCELLED: words(
    'hold',
    'seller',
    ['Zamówienie jest anulowane.', 'The order is cancelled.', 'A rendelést törölték.', 'Ordern är avbruten.'],
    ['Nie ma nic do zrobienia.', 'There is nothing to do.', 'Nincs teendő.', 'Inget behöver göras.'],
    '/orders',
  ),
  H_ADOPT_NOT_FOUND: words(
    'hold',
    'seller',
    [
      'Dostawca nie zna „{number}”.',
      'The provider does not know “{number}”.',
      'A szolgáltató nem ismeri ezt: „{number}”.',
      'Leverantören känner inte till ”{number}”.',
    ],
    [
      'Sprawdź numer i numer sklepu w ustawieniach połączenia.',
      'Check the number, and the store id in the settings of the connection.',
      'Ellenőrizze a számot és az üzletazonosítót a kapcsolat beállításaiban.',
      'Kontrollera numret och butiks-id i anslutningens inställningar.',
    ],
    connections,
  ),
  H_ADOPT_PARTS: words(
    'hold',
    'seller',
    [
      'Należność ma tam już {count} części; przejąć można tylko jednoczęściową.',
      'The claim has {count} parts there already; only one with a single part can be taken over.',
      'A követelésnek ott már {count} része van; csak egyrészes vehető át.',
      'Fordran har redan {count} delar där; bara en med en enda del kan tas över.',
    ],
    [
      'Dokończ ją w portalu dostawcy.',
      'Finish it in the provider’s portal.',
      'Fejezze be a szolgáltató felületén.',
      'Slutför den i leverantörens portal.',
    ],
  ),
  H_ANSWER_NUMBER_MISSING: words(
    'hold',
    'seller',
    [
      'Należność bez numeru nie może zostać przyjęta.',
      'A claim cannot be taken without its number.',
      'Szám nélkül a követelés nem rögzíthető.',
      'En fordran kan inte tas emot utan sitt nummer.',
    ],
    copyNumber,
    page,
  ),
  H_ANSWER_OTHER_CLAIM: words(
    'hold',
    'seller',
    [
      'Numer {number} należy już do należności zamówienia {order}.',
      'Number {number} belongs to the claim of order {order} already.',
      'A(z) {number} szám már a(z) {order} rendelés követeléséhez tartozik.',
      'Nummer {number} hör redan till fordran för order {order}.',
    ],
    copyNumber,
    page,
  ),
  H_ANSWER_NOT_THERE: words(
    'hold',
    'seller',
    [
      'Dostawca nie zna numeru {number}.',
      'The provider does not know number {number}.',
      'A szolgáltató nem ismeri a(z) {number} számot.',
      'Leverantören känner inte till nummer {number}.',
    ],
    copyNumber,
    page,
  ),
  H_ANSWER_OTHER_ORDER: words(
    'hold',
    'seller',
    [
      'Numer {number} nie należy u dostawcy do tego zamówienia; są tam: {theirs}.',
      'At the provider, number {number} is not of this order; it has: {theirs}.',
      'A szolgáltatónál a(z) {number} szám nem ehhez a rendeléshez tartozik; ott ezek vannak: {theirs}.',
      'Nummer {number} hör inte till den här ordern hos leverantören; där finns: {theirs}.',
    ],
    copyNumber,
    page,
  ),
  H_ANSWER_OTHER_BUYER: words(
    'hold',
    'seller',
    [
      'Numer {number} nie jest otwartą fakturą tego kupującego: należy do kogoś innego albo został tam odrzucony lub anulowany.',
      'Number {number} is no open invoice of this buyer: it is somebody else’s, or it was refused or cancelled there.',
      'A(z) {number} szám nem ennek a vevőnek a nyitott számlája: valaki másé, vagy ott elutasították vagy visszavonták.',
      'Nummer {number} är ingen öppen faktura för den här köparen: det är någon annans, eller har avvisats eller makulerats där.',
    ],
    [
      'Sprawdź numer u dostawcy. Jeśli tam odrzucono lub anulowano tę należność, odpowiedz, że się nie stało.',
      'Check the number at the provider. If this claim was refused or cancelled there, answer that it did not happen.',
      'Ellenőrizze a számot a szolgáltatónál. Ha ezt a követelést ott elutasították vagy visszavonták, válaszolja, hogy nem történt meg.',
      'Kontrollera numret hos leverantören. Om fordran avvisats eller makulerats där, svara att det inte hände.',
    ],
    page,
  ),
  H_ANSWER_AMOUNT: words(
    'hold',
    'seller',
    [
      'Pod numerem {number} stoi u dostawcy inna kwota: {theirs}.',
      'Number {number} is of another amount at the provider: {theirs}.',
      'A(z) {number} szám összege a szolgáltatónál más: {theirs}.',
      'Nummer {number} har ett annat belopp hos leverantören: {theirs}.',
    ],
    copyNumber,
    page,
  ),
  H_ANSWER_CONTRADICTED: words(
    'hold',
    'seller',
    [
      'Dostawca pokazuje dla {number} co innego: tam {theirs}, według odpowiedzi {ours}.',
      'The provider shows {number} otherwise: there {theirs}, by the answer {ours}.',
      'A szolgáltató mást mutat a(z) {number} számnál: ott {theirs}, a válasz szerint {ours}.',
      'Leverantören visar något annat för {number}: där {theirs}, enligt svaret {ours}.',
    ],
    readAgain,
    page,
  ),
  H_ANSWER_UNCHECKED: words(
    'hold',
    'nobody',
    [
      'Odpowiedzi nie dało się teraz sprawdzić u dostawcy (połączenie „{reason}”).',
      'The answer could not be checked at the provider just now (connection “{reason}”).',
      'A választ most nem sikerült ellenőrizni a szolgáltatónál („{reason}” kapcsolat).',
      'Svaret kunde inte kontrolleras hos leverantören just nu (anslutningen ”{reason}”).',
    ],
    [
      'Odpowiedz za chwilę jeszcze raz; jeśli połączenie stoi, najpierw je napraw.',
      'Answer again in a moment; where the connection is stopped, mend it first.',
      'Válaszoljon újra kis idő múlva; ha a kapcsolat áll, előbb azt javítsa meg.',
      'Svara igen om en stund; om anslutningen står stilla, åtgärda den först.',
    ],
    connections,
  ),
  H_SHIPMENT_LINE: words(
    'hold',
    'seller',
    [
      'Zamówienie nie ma pozycji „{line}”.',
      'The order has no line “{line}”.',
      'A rendelésnek nincs „{line}” tétele.',
      'Ordern har ingen rad ”{line}”.',
    ],
    changeRows,
  ),
  H_STORE_COUNTRY: words(
    'hold',
    'seller',
    [
      'Dostawca nie finansuje kupujących z kraju {country}.',
      'The provider does not finance buyers of country {country}.',
      'A szolgáltató a(z) {country} országbeli vevőket nem finanszírozza.',
      'Leverantören finansierar inte köpare i landet {country}.',
    ],
    ['Wybierz inny sposób zapłaty.', 'Choose another way to pay.', 'Válasszon más fizetési módot.', 'Välj ett annat betalningssätt.'],
  ),
  H_STORE_MISSING: words(
    'hold',
    'seller',
    [
      'Brak numeru sklepu dla: {country}, {segment}. Jest wymagany, gdy sprzedajesz do kilku krajów albo i konsumentom, i firmom.',
      'The store id for {country}, {segment} is missing. It is required when you sell to several countries or to both consumers and companies.',
      'Hiányzik az üzletazonosító ehhez: {country}, {segment}. Kötelező, ha több országba, vagy magánszemélyeknek és cégeknek is ad el.',
      'Butiks-id för {country}, {segment} saknas. Det krävs när du säljer till flera länder eller till både konsumenter och företag.',
    ],
    openSettings,
    connections,
  ),
  H_STORE_CURRENCY: words(
    'hold',
    'seller',
    [
      'Sklep kraju {country} prowadzi walutę {wanted}, a zamówienie jest w {currency}.',
      'The store of {country} keeps {wanted}; the order is in {currency}.',
      'A(z) {country} ország üzlete {wanted} pénznemet vezet, a rendelés {currency}.',
      'Butiken för {country} har {wanted}; ordern är i {currency}.',
    ],
    [
      'Sprzedaj w walucie kraju albo wybierz inny sposób zapłaty.',
      'Sell in the currency of the country, or choose another way to pay.',
      'Az ország pénznemében adjon el, vagy válasszon más fizetési módot.',
      'Sälj i landets valuta eller välj ett annat betalningssätt.',
    ],
  ),
  H_BUYER_FIELD_MISSING: words(
    'hold',
    'seller',
    [
      'Dostawca finansowania potrzebuje danych kupującego: brakuje pola „{fields}”.',
      'The financing provider needs the buyer’s data: “{fields}” is missing.',
      'A finanszírozónak kell a vevő adata: hiányzik a(z) „{fields}” mező.',
      'Finansieringsleverantören behöver köparens uppgifter: ”{fields}” saknas.',
    ],
    completeBuyer,
  ),
  H_BUYER_COUNTRY: words(
    'hold',
    'seller',
    [
      'Adres kupującego jest w kraju {country}, a sklep w {wanted}.',
      'The buyer’s address is in {country}, the store in {wanted}.',
      'A vevő címe {country}, az üzlet {wanted} országban van.',
      'Köparens adress är i {country}, butiken i {wanted}.',
    ],
    completeBuyer,
  ),
  H_BUYER_NUMBER_MISSING: words(
    'hold',
    'seller',
    [
      'Brak numeru osobistego lub firmowego kupującego.',
      'The buyer’s personal or company number is missing.',
      'Hiányzik a vevő személyi vagy cégszáma.',
      'Köparens person- eller organisationsnummer saknas.',
    ],
    [
      'Wpisz go; przechowujemy go zaszyfrowany i nie pokazujemy ponownie.',
      'Type it; it is kept encrypted and never shown again.',
      'Írja be; titkosítva tároljuk, és többé nem mutatjuk meg.',
      'Skriv in det; det lagras krypterat och visas aldrig igen.',
    ],
  ),
  H_BUYER_NUMBER_WRONG: words(
    'hold',
    'seller',
    [
      'Numer kupującego ma złą postać lub cyfrę kontrolną.',
      'The form or check digit of the buyer’s number is wrong.',
      'A vevő számának alakja vagy ellenőrző számjegye hibás.',
      'Köparens nummer har fel form eller kontrollsiffra.',
    ],
    [
      'Konsument: personnummer, 10 lub 12 cyfr. Firma: organisationsnummer, 10 cyfr.',
      'Consumer: personnummer, 10 or 12 digits. Company: organisationsnummer, 10 digits.',
      'Magánszemély: personnummer, 10 vagy 12 számjegy. Cég: organisationsnummer, 10 számjegy.',
      'Konsument: personnummer, 10 eller 12 siffror. Företag: organisationsnummer, 10 siffror.',
    ],
  ),
  H_BUYER_IP_MISSING: words(
    'hold',
    'seller',
    [
      'Dostawca chce adresu IP kupującego z chwili zakupu.',
      'The provider wants the buyer’s IP address at the time of the purchase.',
      'A szolgáltató a vevő vásárláskori IP-címét kéri.',
      'Leverantören vill ha köparens IP-adress vid köpet.',
    ],
    [
      'Wpisz go albo ustaw zastępczy na połączeniu.',
      'Type it, or set a substitute on the connection.',
      'Írja be, vagy adjon meg helyettesítőt a kapcsolaton.',
      'Skriv in den eller ange en ersättning på anslutningen.',
    ],
    connections,
  ),
};
