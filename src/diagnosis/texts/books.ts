import type { Four } from '../../contract/cause.ts';
import { type Words, words } from './words.ts';

const page = '/month-end';
const inTheForm: Four = [
  'Uzupełnij to w „Danych dla urzędu” na stronie zamknięcia miesiąca.',
  'Fill it in under “Details for the tax office” on the month-end page.',
  'Töltse ki a havi zárás oldalán, az „Adatok az adóhivatalnak” részben.',
  'Fyll i det under ”Uppgifter till skattekontoret” på sidan Månadsslut.',
];
const inTheCompany: Four = [
  'Popraw dane firmy w ustawieniach.',
  'Correct the company data in the settings.',
  'Javítsa a cég adatait a beállításokban.',
  'Rätta företagsuppgifterna i inställningarna.',
];

/** Words about files for accounting programs and for the accountant. */
export const bookFindings: Record<string, Words> = {
  W_TEXT_SHORTENED: words(
    'warning',
    'nobody',
    [
      'Tekst nie mieści się w polu programu: „{text}” będzie zapisany jako „{to}”.',
      'A text does not fit the program’s field: “{text}” is written as “{to}”.',
      'Egy szöveg nem fér el a program mezőjében: „{text}” helyett „{to}” kerül a fájlba.',
      'En text får inte plats i programmets fält: ”{text}” skrivs som ”{to}”.',
    ],
    [
      'Nic nie trzeba robić; jeśli skrót jest niejasny, skróć nazwę u siebie.',
      'Nothing to do; if the short form is unclear, shorten the name on your side.',
      'Nincs teendő; ha a rövidítés félreérthető, rövidítse a nevet Ön.',
      'Inget behöver göras; korta namnet själv om den korta formen är oklar.',
    ],
  ),
  W_CHARACTERS_REPLACED: words(
    'warning',
    'nobody',
    [
      'Program nie zna niektórych znaków: „{text}” będzie zapisane jako „{to}”.',
      'The program lacks some characters: “{text}” is written as “{to}”.',
      'A program nem ismer egyes karaktereket: „{text}” helyett „{to}” kerül a fájlba.',
      'Programmet saknar vissa tecken: ”{text}” skrivs som ”{to}”.',
    ],
    ['Nic nie trzeba robić.', 'Nothing to do.', 'Nincs teendő.', 'Inget behöver göras.'],
  ),
  H_BOOKS_SELLER_TAX_ID: words(
    'hold',
    'seller',
    [
      'NIP sprzedawcy jest pusty albo błędny ({value}); bez niego plik nie powstanie.',
      'The seller’s tax number is empty or wrong ({value}); the file cannot be made without it.',
      'Az eladó adószáma üres vagy hibás ({value}); nélküle nem készül el a fájl.',
      'Säljarens skattenummer saknas eller är fel ({value}); utan det går filen inte att skapa.',
    ],
    inTheCompany,
    '/settings/company',
  ),
  H_BOOKS_SELLER_NAME: words(
    'hold',
    'seller',
    ['Brakuje nazwy sprzedawcy.', 'The seller’s name is missing.', 'Hiányzik az eladó neve.', 'Säljarens namn saknas.'],
    inTheCompany,
    '/settings/company',
  ),
  H_TAX_OFFICE_MISSING: words(
    'hold',
    'seller',
    [
      'Brakuje kodu urzędu skarbowego.',
      'The code of the tax office is missing.',
      'Hiányzik az adóhivatal kódja.',
      'Skattekontorets kod saknas.',
    ],
    [
      'Wpisz cztery cyfry kodu urzędu w „Danych dla urzędu”; zna je księgowa i strona urzędu.',
      'Enter the four digits under “Details for the tax office”; the accountant and the office’s website know them.',
      'Írja be a négy számjegyet az „Adatok az adóhivatalnak” részben; a könyvelő és a hivatal honlapja tudja.',
      'Skriv de fyra siffrorna under ”Uppgifter till skattekontoret”; redovisaren och kontorets webbplats har dem.',
    ],
    page,
  ),
  H_TAX_OFFICE_WRONG: words(
    'hold',
    'seller',
    [
      'Nie ma urzędu skarbowego o kodzie „{value}”.',
      'There is no tax office with the code “{value}”.',
      'Nincs „{value}” kódú adóhivatal.',
      'Det finns inget skattekontor med koden ”{value}”.',
    ],
    inTheForm,
    page,
  ),
  H_BOOKS_EMAIL: words(
    'hold',
    'seller',
    [
      'Plik musi zawierać adres e-mail podatnika.',
      'The file must hold an e-mail address of the taxpayer.',
      'A fájlban szerepelnie kell az adózó e-mail-címének.',
      'Filen måste innehålla en e-postadress till den skattskyldige.',
    ],
    inTheForm,
    page,
  ),
  H_BOOKS_PERSON: words(
    'hold',
    'seller',
    [
      'Podatnik jest osobą fizyczną, brakuje: {fields}.',
      'The taxpayer is a person; missing: {fields}.',
      'Az adózó magánszemély, hiányzik: {fields}.',
      'Den skattskyldige är en person; saknas: {fields}.',
    ],
    inTheForm,
    page,
  ),
  H_BOOKS_ADDRESS: words(
    'hold',
    'seller',
    [
      'W adresie sprzedawcy brakuje: {fields}.',
      'The seller’s address lacks: {fields}.',
      'Az eladó címéből hiányzik: {fields}.',
      'I säljarens adress saknas: {fields}.',
    ],
    inTheForm,
    page,
  ),
  H_BOOKS_MONTH_TOO_EARLY: words(
    'hold',
    'nobody',
    [
      'Ta wersja pliku obowiązuje od lutego 2026, a miesiąc to {month}.',
      'This version of the file is for months from February 2026; the month is {month}.',
      'A fájl ezen változata 2026. februártól érvényes, a hónap: {month}.',
      'Den här versionen av filen gäller från februari 2026; månaden är {month}.',
    ],
    [
      'Za wcześniejsze miesiące plik robi program księgowej.',
      'Earlier months are filed by the accountant’s program.',
      'A korábbi hónapokat a könyvelő programja készíti.',
      'Tidigare månader görs i redovisarens program.',
    ],
  ),
  H_BOOKS_NO_EXCHANGE: words(
    'hold',
    'seller',
    [
      'Dokument {number} w {currency} nie ma kursu złotego.',
      'Document {number} in {currency} has no exchange rate into złoty.',
      'A(z) {number} bizonylatnak ({currency}) nincs zlotyárfolyama.',
      'Dokument {number} i {currency} saknar kurs till złoty.',
    ],
    [
      'Wystaw korektę z kursem albo ujmij dokument ręcznie w programie księgowej.',
      'Issue a correction with the rate, or enter the document by hand in the accountant’s program.',
      'Állítson ki helyesbítést árfolyammal, vagy rögzítse kézzel a könyvelő programjában.',
      'Utfärda en kreditering med kurs eller lägg in dokumentet för hand i redovisarens program.',
    ],
  ),
  H_BOOKS_RATE: words(
    'hold',
    'seller',
    [
      'Dokument {number} ma stawkę, dla której w rejestrze nie ma już pola.',
      'Document {number} has a rate for which the register has no field any more.',
      'A(z) {number} bizonylat kulcsának már nincs mezője a nyilvántartásban.',
      'Dokument {number} har en sats som registret inte längre har något fält för.',
    ],
    [
      'Skoryguj stawkę na dokumencie; odwrotne obciążenie w kraju skończyło się w 2019 roku.',
      'Correct the rate on the document; reverse charge within Poland ended in 2019.',
      'Helyesbítse a kulcsot a bizonylaton; a belföldi fordított adózás 2019-ben megszűnt.',
      'Rätta satsen på dokumentet; omvänd betalningsskyldighet inom Polen upphörde 2019.',
    ],
  ),
  H_BOOKS_NOTHING: words(
    'hold',
    'nobody',
    [
      'W tym okresie nie ma żadnego wystawionego dokumentu.',
      'No document was issued in this period.',
      'Ebben az időszakban nincs kiállított bizonylat.',
      'Inget dokument har utfärdats i den här perioden.',
    ],
    ['Wybierz inny okres.', 'Choose another period.', 'Válasszon másik időszakot.', 'Välj en annan period.'],
    page,
  ),
  H_BOOKS_COUNTRY: words(
    'hold',
    'nobody',
    [
      'Pliki dla urzędu są tylko dla sprzedawców z Polski.',
      'Files for the tax office exist for Polish sellers only.',
      'Adóhivatali fájl csak lengyel eladónak készül.',
      'Filer till skattekontoret finns bara för polska säljare.',
    ],
    [
      'Paczka miesiąca zawiera wszystko inne: listę, PDF-y i dowód kompletności.',
      'The month’s pack holds everything else: list, PDFs and the proof of completeness.',
      'A havi csomagban minden más benne van: lista, PDF-ek és a teljesség igazolása.',
      'Månadens paket innehåller allt annat: lista, PDF-filer och fullständighetsbevis.',
    ],
    page,
  ),
  W_BOOKS_NO_CLEARANCE: words(
    'warning',
    'seller',
    [
      'Dokument {number} nie ma jeszcze numeru KSeF; w rejestrze stoi znacznik {mark}.',
      'Document {number} has no KSeF number yet; the register says {mark}.',
      'A(z) {number} bizonylatnak még nincs KSeF-száma; a nyilvántartásban {mark} jelölés áll.',
      'Dokument {number} har ännu inget KSeF-nummer; registret säger {mark}.',
    ],
    [
      'Poczekaj na numer, a jeśli plik już poszedł, złóż korektę, gdy numer nadejdzie.',
      'Wait for the number; if the file has gone already, correct it when the number comes.',
      'Várja meg a számot; ha a fájlt már beadta, javítsa, amikor megjön.',
      'Vänta på numret; har filen redan skickats, rätta den när numret kommer.',
    ],
  ),
  W_BOOKS_OUTSIDE_SYSTEM: words(
    'warning',
    'seller',
    [
      'Dokument {number} dla firmy wystawiono poza KSeF; w rejestrze stoi BFK.',
      'Document {number} for a company was issued outside KSeF; the register says BFK.',
      'A(z) {number} céges bizonylat a KSeF-en kívül készült; a nyilvántartásban BFK áll.',
      'Dokument {number} till ett företag utfärdades utanför KSeF; registret säger BFK.',
    ],
    [
      'Sprawdź, czy wolno Ci jeszcze wystawiać poza KSeF; ustawia to seria.',
      'Check that you may still issue outside KSeF; the series decides it.',
      'Ellenőrizze, állíthat-e még ki KSeF-en kívül; a sorozat dönti el.',
      'Kontrollera att du fortfarande får utfärda utanför KSeF; serien avgör det.',
    ],
    '/settings/series',
  ),
  W_BOOKS_COMPANY_WITHOUT_ID: words(
    'warning',
    'buyer',
    [
      'Firma {buyer} na dokumencie {number} nie ma numeru podatkowego; w rejestrze będzie BRAK.',
      'The company {buyer} on document {number} has no tax number; the register will say BRAK.',
      'A(z) {number} bizonylaton a(z) {buyer} cégnek nincs adószáma; a nyilvántartásban BRAK lesz.',
      'Företaget {buyer} på dokument {number} saknar skattenummer; registret säger BRAK.',
    ],
    [
      'Zapytaj nabywcę o numer i wystaw korektę danych.',
      'Ask the buyer for the number and correct the details.',
      'Kérje el a vevőtől, és helyesbítse az adatokat.',
      'Be köparen om numret och rätta uppgifterna.',
    ],
  ),
  W_BOOKS_BUYER_ID_WRONG: words(
    'warning',
    'buyer',
    [
      'NIP {value} na dokumencie {number} ma złą cyfrę kontrolną.',
      'The tax number {value} on document {number} has a wrong check digit.',
      'A(z) {number} bizonylaton a(z) {value} adószám ellenőrző száma hibás.',
      'Skattenumret {value} på dokument {number} har fel kontrollsiffra.',
    ],
    [
      'Zapytaj nabywcę i wystaw korektę.',
      'Ask the buyer and issue a correction.',
      'Kérdezze meg a vevőt, és állítson ki helyesbítést.',
      'Fråga köparen och utfärda en rättelse.',
    ],
  ),
  W_BOOKS_INCREASE: words(
    'warning',
    'seller',
    [
      'Korekta {number} zwiększa podatek; ujęto ją w miesiącu jej wystawienia.',
      'Correction {number} raises the tax; it stands in the month of its issue.',
      'A(z) {number} helyesbítés növeli az adót; a kiállítás hónapjában szerepel.',
      'Rättelse {number} höjer skatten; den står i månaden då den utfärdades.',
    ],
    [
      'Jeśli przyczyna istniała od początku, księgowa przeniesie ją do miesiąca pierwotnego.',
      'If the reason existed from the start, the accountant moves it to the original month.',
      'Ha az ok kezdettől fennállt, a könyvelő az eredeti hónapba teszi át.',
      'Om orsaken fanns från början flyttar redovisaren den till den ursprungliga månaden.',
    ],
  ),
  W_BOOKS_EARLIER_MONTH: words(
    'warning',
    'seller',
    [
      'Dokumenty wystawione w tym miesiącu należą do {month} ({count}): {numbers}.',
      'Documents issued this month belong to {month} ({count}): {numbers}.',
      'E hónapban kiállított bizonylatok {month} hónaphoz tartoznak ({count}): {numbers}.',
      'Dokument som utfärdats denna månad hör till {month} ({count}): {numbers}.',
    ],
    [
      'Jeśli plik za tamten miesiąc już złożono, pobierz go ponownie i złóż korektę.',
      'If the file of that month was handed in already, make it again and hand in a correction.',
      'Ha annak a hónapnak a fájlját már benyújtották, készítse el újra, és adjon be helyesbítést.',
      'Om filen för den månaden redan lämnats in, gör den igen och lämna en rättelse.',
    ],
  ),
  W_BOOKS_CASH: words(
    'warning',
    'seller',
    [
      'Dokument {number} nie był opłacony przy wystawieniu albo nie zna dnia zapłaty, a przy metodzie kasowej podatek przypada na miesiąc zapłaty.',
      'Document {number} was not paid when it was issued, or the day of its money is unknown; with cash accounting its tax belongs to the month of the money.',
      'A(z) {number} bizonylat a kiállításkor nem volt kifizetve, vagy a fizetés napja ismeretlen; pénzforgalmi elszámolásnál az adó a fizetés hónapjába tartozik.',
      'Dokument {number} var inte betalt när det utfärdades, eller betalningsdagen är okänd; med kontantmetoden hör skatten till månaden då pengarna kom.',
    ],
    [
      'Stoi w miesiącu sprzedaży lub późniejszego wystawienia; księgowa przeniesie je do miesiąca, w którym przyszły pieniądze.',
      'It stands in the month of the sale, or of a later issue; the accountant moves it to the month in which the money came.',
      'A teljesítés vagy a későbbi kiállítás hónapjában szerepel; a könyvelő abba a hónapba teszi át, amikor a pénz megérkezett.',
      'Det står i försäljningsmånaden, eller månaden då det utfärdades senare; redovisaren flyttar det till månaden då pengarna kom.',
    ],
  ),
  W_BOOKS_EXPORT_PROOF: words(
    'warning',
    'seller',
    [
      'Dokument {number} to eksport z 0%; potrzebne jest potwierdzenie wywozu.',
      'Document {number} is an export at 0%; the customs proof is needed.',
      'A(z) {number} bizonylat 0%-os export; kell a kiviteli igazolás.',
      'Dokument {number} är export med 0 %; exportbevis behövs.',
    ],
    [
      'Bez potwierdzenia księgowa przesunie sprzedaż na następny miesiąc.',
      'Without the proof the accountant moves the sale to the next month.',
      'Igazolás nélkül a könyvelő a következő hónapra teszi az eladást.',
      'Utan beviset flyttar redovisaren försäljningen till nästa månad.',
    ],
  ),
  W_BOOKS_ABROAD: words(
    'warning',
    'nobody',
    [
      'Dokument {number} rozlicza się w OSS; w polskim rejestrze go nie ma.',
      'Document {number} is declared through OSS; it is not in the Polish register.',
      'A(z) {number} bizonylat OSS-ben szerepel; a lengyel nyilvántartásban nincs benne.',
      'Dokument {number} redovisas i OSS; det finns inte i det polska registret.',
    ],
    [
      'Nic nie trzeba robić; księgowa bierze go do deklaracji OSS z listy dokumentów.',
      'Nothing to do; the accountant takes it into the OSS return from the list of documents.',
      'Nincs teendő; a könyvelő a bizonylatlistából veszi fel az OSS-bevallásba.',
      'Inget behöver göras; redovisaren tar med det i OSS-deklarationen från dokumentlistan.',
    ],
  ),
  W_BOOKS_RECEIPT_REPORT: words(
    'warning',
    'seller',
    [
      'Są dokumenty do paragonów, a sprzedaży z kasy w pliku nie ma.',
      'There are invoices to receipts, but the file holds no sales of the cash register.',
      'Vannak nyugtához készült bizonylatok, de a fájlban nincs pénztárgépes eladás.',
      'Det finns dokument till kvitton, men filen innehåller ingen försäljning från kassan.',
    ],
    [
      'Księgowa dopisze raport okresowy kasy (RO); podatek od tych dokumentów jest w nim.',
      'The accountant adds the register’s report (RO); the tax of these documents is in it.',
      'A könyvelő hozzáadja a pénztárgép jelentését (RO); e bizonylatok adója abban van.',
      'Redovisaren lägger till kassans rapport (RO); skatten för de här dokumenten finns i den.',
    ],
  ),
  W_BOOKS_NO_PDF: words(
    'warning',
    'us',
    [
      'PDF-u dokumentu {number} nie udało się zrobić; w paczce go nie ma.',
      'The PDF of document {number} could not be made; it is not in the pack.',
      'A(z) {number} bizonylat PDF-je nem készült el; a csomagban nincs benne.',
      'PDF-filen för dokument {number} gick inte att skapa; den finns inte i paketet.',
    ],
    [
      'Otwórz dokument i pobierz PDF; jeśli się nie da, wyślij nam kartę sprawy.',
      'Open the document and download its PDF; if that fails, send us the case file.',
      'Nyissa meg a bizonylatot, és töltse le a PDF-et; ha nem megy, küldje el az esetlapot.',
      'Öppna dokumentet och ladda ner PDF-filen; går det inte, skicka ärendebladet till oss.',
    ],
    '/documents',
  ),
  H_EXPORT_ALREADY_OUT: words(
    'hold',
    'nobody',
    [
      'Wszystkie {count} dokumenty są już w pliku albo w programie; drugi raz powstałyby duplikaty.',
      'All {count} documents are in a file or in the program already; a second time would make doubles.',
      'Mind a(z) {count} bizonylat szerepel már fájlban vagy a programban; másodszorra duplikátum lenne.',
      'Alla {count} dokument finns redan i en fil eller i programmet; en andra gång skulle ge dubbletter.',
    ],
    [
      'Pobierz wcześniejszy plik z listy. Tylko jeśli go nie wczytano, zaznacz „Także już wydane”.',
      'Download the earlier file from the list. Only if it was never imported, tick “Those taken before as well”.',
      'Töltse le a korábbi fájlt a listából. Csak akkor jelölje be: „A korábban kiadottakat is”, ha nem olvasták be.',
      'Ladda ner den tidigare filen i listan. Kryssa i ”Även tidigare uttagna” bara om den aldrig lästs in.',
    ],
    page,
  ),
  H_EXPORT_ALL_REFUSED: words(
    'hold',
    'seller',
    [
      'Żadnego z {count} dokumentów program by nie przyjął; powody stoją przy każdym.',
      'The program would take none of the {count} documents; the reasons stand with each.',
      'A program a(z) {count} bizonylat egyikét sem fogadná el; az okok mellettük állnak.',
      'Programmet skulle inte ta emot något av de {count} dokumenten; skälen står vid vart och ett.',
    ],
    [
      'Usuń przyczyny, najczęściej w ustawieniach połączenia, i zrób plik ponownie.',
      'Mend the reasons, mostly in the settings of the connection, and make the file again.',
      'Szüntesse meg az okokat, többnyire a kapcsolat beállításaiban, és készítse el újra a fájlt.',
      'Åtgärda skälen, oftast i anslutningens inställningar, och gör filen igen.',
    ],
    '/connections',
  ),
  H_EXPORT_TOO_MANY: words(
    'hold',
    'seller',
    [
      'W jednym pliku mieści się {max} dokumentów.',
      'One file holds {max} documents.',
      'Egy fájlba {max} bizonylat fér.',
      'En fil rymmer {max} dokument.',
    ],
    ['Wybierz krótszy okres.', 'Choose a shorter period.', 'Válasszon rövidebb időszakot.', 'Välj en kortare period.'],
    page,
  ),
  H_EXPORT_ABANDONED: words(
    'hold',
    'nobody',
    [
      'Plik powstawał zbyt długo i został porzucony.',
      'The file took too long and was given up.',
      'A fájl túl sokáig készült, és feladtuk.',
      'Filen tog för lång tid och gavs upp.',
    ],
    ['Zrób go jeszcze raz.', 'Make it once more.', 'Készítse el még egyszer.', 'Gör den en gång till.'],
    page,
  ),
};
