import type { Texts } from '../../contract/manifest.ts';

/** Words for findings about documents, by code. Placeholders in braces are filled from the finding's params. */
type FindingTexts = {
  level: 'hold' | 'warning';
  whoMends: 'seller' | 'buyer' | 'provider' | 'authority' | 'us' | 'nobody';
  text: Texts;
  remedy: Texts;
};

export const documentFindings: Record<string, FindingTexts> = {
  H_SELLER_DATA: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Brakuje danych sprzedawcy: {fields}.',
      en: 'Your own company data are incomplete: {fields}.',
      hu: 'Hiányosak az eladó adatai: {fields}.',
      sv: 'Säljarens uppgifter är ofullständiga: {fields}.',
    },
    remedy: {
      pl: 'Uzupełnij dane firmy w ustawieniach; przygotowane dokumenty przejmą je same.',
      en: 'Complete the company data in the settings; prepared documents take them over by themselves.',
      hu: 'Egészítse ki a cégadatokat a beállításokban; az előkészített bizonylatok maguktól átveszik.',
      sv: 'Komplettera företagsuppgifterna i inställningarna; förberedda dokument uppdateras själva.',
    },
  },
  W_SELLER_ADDRESS: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'W danych sprzedawcy brakuje adresu: {fields}. Prawo wymaga go na fakturze.',
      en: 'Your own address is incomplete: {fields}. The law wants it on an invoice.',
      hu: 'Az eladó címe hiányos: {fields}. A számlán kötelező feltüntetni.',
      sv: 'Säljarens adress är ofullständig: {fields}. Den måste stå på fakturan.',
    },
    remedy: {
      pl: 'Uzupełnij adres firmy w ustawieniach, zanim wystawisz dokument.',
      en: 'Complete the company address in the settings before you issue.',
      hu: 'Kiállítás előtt egészítse ki a cég címét a beállításokban.',
      sv: 'Komplettera företagets adress i inställningarna innan du utfärdar.',
    },
  },
  W_SELLER_EU_NUMBER: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Brakuje numeru VAT UE sprzedawcy. Prawo wymaga go na tej fakturze.',
      en: 'Your own EU VAT number is missing. The law wants it on this invoice.',
      hu: 'Hiányzik az eladó közösségi adószáma. Ezen a számlán kötelező feltüntetni.',
      sv: 'Säljarens momsregistreringsnummer saknas. Det måste stå på den här fakturan.',
    },
    remedy: {
      pl: 'Wpisz go w ustawieniach firmy: nie zawsze wynika z numeru krajowego.',
      en: 'Enter it in the company settings: it does not always follow from the domestic number.',
      hu: 'Adja meg a cég beállításaiban: nem mindig következik a belföldi adószámból.',
      sv: 'Ange det i företagets inställningar: det följer inte alltid av organisationsnumret.',
    },
  },
  H_LETTERS: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Czcionka PDF nie zna tych liter: {letters} ({fields}). Na wydruku byłyby puste kratki.',
      en: 'The PDF has no letters for: {letters} ({fields}). They would be printed as empty boxes.',
      hu: 'A PDF betűkészletéből hiányzik: {letters} ({fields}). Üres négyzetként jelennének meg.',
      sv: 'PDF:ens teckensnitt saknar: {letters} ({fields}). De skulle skrivas ut som tomma rutor.',
    },
    remedy: {
      pl: 'Zapisz te pola alfabetem łacińskim albo przyjmij kratki świadomie.',
      en: 'Write these fields in Latin letters, or accept the boxes with open eyes.',
      hu: 'Írja át ezeket a mezőket latin betűkkel, vagy fogadja el tudatosan a négyzeteket.',
      sv: 'Skriv fälten med latinska bokstäver, eller godta rutorna medvetet.',
    },
  },
  W_SIGNS: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Tych znaków nie da się wydrukować, zostaną pominięte w PDF: {letters} ({fields}).',
      en: 'These signs cannot be printed and are left out of the PDF: {letters} ({fields}).',
      hu: 'Ezek a jelek nem nyomtathatók, a PDF-ből kimaradnak: {letters} ({fields}).',
      sv: 'De här tecknen går inte att skriva ut och utelämnas i PDF:en: {letters} ({fields}).',
    },
    remedy: {
      pl: 'Jeśli znak coś znaczy, zapisz go słowem; w przeciwnym razie nic nie trzeba robić.',
      en: 'Where a sign means something, write it as a word; otherwise there is nothing to do.',
      hu: 'Ha a jelnek jelentése van, írja ki szóval; egyébként nincs teendő.',
      sv: 'Skriv ut tecknet i ord om det betyder något; annars behövs ingenting.',
    },
  },
  H_COUNTRY_UNKNOWN: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: '„{value}” nie jest kodem kraju.',
      en: '“{value}” is not the code of a country.',
      hu: 'A(z) „{value}” nem országkód.',
      sv: '”{value}” är ingen landskod.',
    },
    remedy: {
      pl: 'Wybierz kraj z listy; od niego zależy podatek.',
      en: 'Choose the country from the list; the tax depends on it.',
      hu: 'Válassza ki az országot a listából; ettől függ az adó.',
      sv: 'Välj land i listan; skatten beror på det.',
    },
  },
  H_PAID_NEGATIVE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Kwota zapłacona nie może być ujemna ({value}).',
      en: 'The amount paid cannot be negative ({value}).',
      hu: 'A kifizetett összeg nem lehet negatív ({value}).',
      sv: 'Betalt belopp kan inte vara negativt ({value}).',
    },
    remedy: {
      pl: 'Wpisz, ile nabywca zapłacił, albo zero; zwrot pieniędzy to korekta.',
      en: 'Enter what the buyer paid, or zero; money given back is a correction.',
      hu: 'Írja be, mennyit fizetett a vevő, vagy nullát; a visszatérítés helyesbítés.',
      sv: 'Ange vad köparen har betalat, eller noll; en återbetalning är en kreditfaktura.',
    },
  },
  H_EU_VAT_MISSING: {
    level: 'hold',
    whoMends: 'buyer',
    text: {
      pl: 'Sprzedaż bez podatku do kraju {country} wymaga numeru VAT UE nabywcy.',
      en: 'A sale without tax to {country} needs the buyer’s EU VAT number.',
      hu: 'Az adómentes értékesítéshez ({country}) kell a vevő uniós adószáma.',
      sv: 'Försäljning utan moms till {country} kräver köparens momsregistreringsnummer.',
    },
    remedy: {
      pl: 'Poproś nabywcę o numer z prefiksem kraju albo wybierz inny sposób opodatkowania.',
      en: 'Ask the buyer for the number with its country prefix, or choose another tax treatment.',
      hu: 'Kérje el a vevőtől az országkódos számot, vagy válasszon más adózási módot.',
      sv: 'Be köparen om numret med landsprefix, eller välj en annan momshantering.',
    },
  },
  H_REVERSE_CHARGE_OUTSIDE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Odwrotne obciążenie obowiązuje między firmami w Unii, a nabywca jest poza nią ({country}).',
      en: 'A reverse charge is one between businesses in the Union, and the buyer is outside it ({country}).',
      hu: 'A fordított adózás uniós cégek között érvényes, a vevő viszont az Unión kívüli ({country}).',
      sv: 'Omvänd betalningsskyldighet gäller mellan företag inom EU, men köparen finns utanför ({country}).',
    },
    remedy: {
      pl: 'Usługa: wybierz „jak w kraju” i na pozycjach stawkę „{rate}”. Towar, który opuszcza Unię: wybierz „eksport”.',
      en: 'A service: choose “as at home” and the rate “{rate}” on the lines. Goods that leave the Union: choose “export”.',
      hu: 'Szolgáltatás: válassza a „belföldi szerint” módot és a tételeken a „{rate}” kulcsot. Az Uniót elhagyó áru: válassza az „export” módot.',
      sv: 'En tjänst: välj ”som inrikes” och satsen ”{rate}” på raderna. Varor som lämnar EU: välj ”export”.',
    },
  },
  H_TREATMENT_RATES: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Stawka pozycji „{line}” nie pasuje do wybranego sposobu opodatkowania.',
      en: 'The rate of the line “{line}” does not fit the chosen tax treatment.',
      hu: 'A(z) „{line}” tétel kulcsa nem illik a választott adózási módhoz.',
      sv: 'Momssatsen på raden ”{line}” stämmer inte med vald momshantering.',
    },
    remedy: {
      pl: 'Wybierz dla pozycji stawkę zgodną ze sposobem opodatkowania albo zmień sposób opodatkowania.',
      en: 'Choose a rate for the line that fits the treatment, or change the treatment.',
      hu: 'Válasszon a tételhez az adózási módnak megfelelő kulcsot, vagy módosítsa az adózási módot.',
      sv: 'Välj en sats för raden som passar hanteringen, eller ändra hanteringen.',
    },
  },
  H_TREATMENT_AT_HOME: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Sprzedaż zostaje w kraju, a sposób opodatkowania jest zagraniczny.',
      en: 'The sale stays in the country, but its tax treatment is one for sales abroad.',
      hu: 'Az eladás belföldi, de a választott adózási mód külföldi eladásé.',
      sv: 'Försäljningen stannar i landet, men momshanteringen är en för försäljning utomlands.',
    },
    remedy: {
      pl: 'Wybierz opodatkowanie „jak w kraju” albo wpisz kraj nabywcy lub dostawy.',
      en: 'Choose “as at home”, or enter the country of the buyer or of the delivery.',
      hu: 'Válassza a „belföldi szerint” módot, vagy adja meg a vevő vagy a szállítás országát.',
      sv: 'Välj ”som inrikes” eller ange köparens eller leveransens land.',
    },
  },
  H_TREATMENT_PLACE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Wybrany sposób opodatkowania nie pasuje do kraju, do którego trafia towar ({country}).',
      en: 'The chosen tax treatment does not fit the country where the goods go ({country}).',
      hu: 'A választott adózási mód nem illik ahhoz az országhoz, ahová az áru kerül ({country}).',
      sv: 'Vald momshantering stämmer inte med landet dit varorna går ({country}).',
    },
    remedy: {
      pl: 'Eksport opuszcza Unię, a dostawa wewnątrzwspólnotowa trafia do innego jej państwa. Wybierz właściwy sposób, popraw kraj lub kod pocztowy nabywcy albo dostawy, a jeśli jest dobrze (obszar poza VAT Unii), zaakceptuj.',
      en: 'An export leaves the Union, a supply within it arrives in another member state. Choose the treatment that fits, mend the country or the postal code of the buyer or of the delivery, or accept it where it is meant so (a territory outside the Union’s VAT).',
      hu: 'Az export elhagyja az Uniót, a közösségi értékesítés egy másik tagállamba érkezik. Válassza a megfelelő módot, javítsa a vevő vagy a szállítás országát vagy irányítószámát, vagy fogadja el, ha így van rendjén (az uniós áfán kívüli terület).',
      sv: 'En export lämnar unionen, en EU-leverans går till ett annat medlemsland. Välj rätt hantering, rätta köparens eller leveransens land eller postnummer, eller godkänn om det är rätt så (område utanför EU:s moms).',
    },
  },
  H_RATE_NEGATIVE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Przy stawce {rate} suma jest ujemna ({total}): odjęto więcej, niż z nią sprzedano.',
      en: 'At the rate {rate} the sum is negative ({total}): more is taken off than was sold at it.',
      hu: 'A(z) {rate} kulcsnál az összeg negatív ({total}): több a levonás, mint amennyit ezzel eladtak.',
      sv: 'Vid satsen {rate} är summan negativ ({total}): mer dras av än vad som såldes med den.',
    },
    remedy: {
      pl: 'Daj rabatowi stawkę tego, czego dotyczy, albo zmniejsz go razem z towarem.',
      en: 'Give the discount the rate of what it discounts, or lower it together with the goods.',
      hu: 'Adja a kedvezménynek annak a kulcsát, amire vonatkozik, vagy csökkentse az áruval együtt.',
      sv: 'Ge rabatten samma sats som det den gäller, eller sänk den tillsammans med varan.',
    },
  },
  H_RATE_BELOW_PREPAID: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Przy stawce {rate} suma jest ujemna ({total}): zostaje mniej, niż obejmuje już zaliczka {numbers}.',
      en: 'At the rate {rate} the sum is negative ({total}): less is left than the prepayment invoice {numbers} already covers.',
      hu: 'A(z) {rate} kulcsnál az összeg negatív ({total}): kevesebb marad, mint amennyi az előlegszámlán ({numbers}) már szerepel.',
      sv: 'Vid satsen {rate} är summan negativ ({total}): mindre återstår än vad förskottsfakturan {numbers} redan omfattar.',
    },
    remedy: {
      pl: 'Zmniejsz tu cenę tylko tak, aby suma przy tej stawce wyniosła zero, a o resztę skoryguj także zaliczkę {numbers}.',
      en: 'Lower the price here only until the sum at this rate is nothing, and correct the prepayment invoice {numbers} too, for the rest.',
      hu: 'Itt csak addig csökkentse az árat, amíg az összeg ennél a kulcsnál nulla, a maradékkal pedig helyesbítse az előlegszámlát ({numbers}) is.',
      sv: 'Sänk priset här bara tills summan vid satsen är noll, och kreditera resten även på förskottsfakturan {numbers}.',
    },
  },
  H_NO_LINES: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Dokument nie ma żadnej pozycji.',
      en: 'The document has no lines.',
      hu: 'A bizonylatnak nincs egyetlen tétele sem.',
      sv: 'Dokumentet har inga rader.',
    },
    remedy: {
      pl: 'Dodaj pozycję albo usuń dokument z kolejki.',
      en: 'Add a line, or remove the document from the queue.',
      hu: 'Vegyen fel egy tételt, vagy törölje a bizonylatot a sorból.',
      sv: 'Lägg till en rad eller ta bort dokumentet från kön.',
    },
  },
  H_LINE_INCOMPLETE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Pozycja {line} jest niepełna: {fields}.',
      en: 'Line {line} is incomplete: {fields}.',
      hu: 'A(z) {line}. tétel hiányos: {fields}.',
      sv: 'Rad {line} är ofullständig: {fields}.',
    },
    remedy: {
      pl: 'Wpisz nazwę i ilość albo usuń pozycję.',
      en: 'Enter a name and a quantity, or delete the line.',
      hu: 'Adja meg a megnevezést és a mennyiséget, vagy törölje a tételt.',
      sv: 'Ange namn och antal eller ta bort raden.',
    },
  },
  H_RATE_NOT_IN_FORCE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Stawka {rate} nie obowiązuje w dniu {day}.',
      en: 'The rate {rate} is not in force on {day}.',
      hu: 'A(z) {rate} adókulcs nem érvényes ezen a napon: {day}.',
      sv: 'Momssatsen {rate} gäller inte den {day}.',
    },
    remedy: {
      pl: 'Wybierz stawkę obowiązującą w dniu sprzedaży; popraw też regułę, z której pochodzi.',
      en: 'Choose a rate that applies on the day of sale, and mend the rule it came from.',
      hu: 'Válasszon a teljesítés napján érvényes kulcsot, és javítsa a szabályt is, amelyből jött.',
      sv: 'Välj en momssats som gäller på försäljningsdagen och rätta även regeln den kom från.',
    },
  },
  H_EXEMPTION_BASIS: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Pozycja „{line}” jest zwolniona z podatku, ale nie podano podstawy prawnej.',
      en: 'The line “{line}” is exempt from tax, but the legal basis is missing.',
      hu: 'A(z) „{line}” tétel adómentes, de nincs megadva a jogalap.',
      sv: 'Raden ”{line}” är undantagen från moms men rättslig grund saknas.',
    },
    remedy: {
      pl: 'Wybierz podstawę zwolnienia; ustaw ją w regule stawki, a nie trzeba będzie jej wpisywać ponownie.',
      en: 'Choose the basis of the exemption; set it on the rate rule and it need not be entered again.',
      hu: 'Válassza ki a mentesség jogalapját; a szabályban megadva többé nem kell beírni.',
      sv: 'Välj grund för undantaget; ange den i regeln så behöver den inte fyllas i igen.',
    },
  },
  H_SELLER_EXEMPT: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Firma korzysta ze zwolnienia z podatku, a pozycja „{line}” ma stawkę opodatkowaną.',
      en: 'Your company is exempt from tax, but the line “{line}” bears a taxed rate.',
      hu: 'A cég adómentes, de a(z) „{line}” tételen adóköteles kulcs áll.',
      sv: 'Företaget är undantaget från moms, men raden ”{line}” har en momssats.',
    },
    remedy: {
      pl: 'Zmień stawkę na zwolnioną z podstawą prawną albo wyłącz zwolnienie w danych firmy.',
      en: 'Change the rate to exempt with its legal basis, or switch the exemption off in the company data.',
      hu: 'Állítsa a kulcsot mentesre jogalappal, vagy kapcsolja ki a mentességet a cégadatokban.',
      sv: 'Ändra till undantagen med rättslig grund, eller stäng av undantaget i företagsuppgifterna.',
    },
  },
  H_NEGATIVE_TOTAL: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Suma dokumentu jest ujemna ({total}).',
      en: 'The document’s total is negative ({total}).',
      hu: 'A bizonylat végösszege negatív ({total}).',
      sv: 'Dokumentets summa är negativ ({total}).',
    },
    remedy: {
      pl: 'Zwrot pieniędzy dokumentuje się korektą wystawionego dokumentu, a nie nowym dokumentem.',
      en: 'Money given back belongs on a correction of the issued document, not on a new one.',
      hu: 'A visszatérítést a kiállított bizonylat helyesbítésével kell rögzíteni, nem új bizonylattal.',
      sv: 'Återbetalning hör hemma på en kreditering av det utfärdade dokumentet, inte på ett nytt.',
    },
  },
  H_EXCHANGE_MISSING: {
    level: 'hold',
    whoMends: 'nobody',
    text: {
      pl: 'Brakuje kursu {currency} do {accounting}; kwotę podatku trzeba podać także w {accounting}.',
      en: 'The exchange rate {currency} to {accounting} is missing; tax must be shown in {accounting} as well.',
      hu: 'Hiányzik a(z) {currency}–{accounting} árfolyam; az adót {accounting} pénznemben is fel kell tüntetni.',
      sv: 'Växelkursen {currency} till {accounting} saknas; skatten måste även visas i {accounting}.',
    },
    remedy: {
      pl: 'Kurs pobierze się sam, gdy zostanie ogłoszony; można go też wpisać z tabelą i datą.',
      en: 'The rate is fetched by itself once published; it can also be entered with table and date.',
      hu: 'Az árfolyamot közzététel után a rendszer magától letölti; kézzel is megadható a dátummal együtt.',
      sv: 'Kursen hämtas av sig själv när den publicerats; den kan också skrivas in med datum.',
    },
  },
  H_ISSUE_DATE_FUTURE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Data wystawienia {day} jest w przyszłości.',
      en: 'The issue date {day} lies in the future.',
      hu: 'A kiállítás dátuma ({day}) jövőbeli.',
      sv: 'Fakturadatumet {day} ligger i framtiden.',
    },
    remedy: {
      pl: 'Usuń datę, a dokument dostanie datę dnia, w którym zostanie wystawiony.',
      en: 'Clear the date and the document gets the day on which it is issued.',
      hu: 'Törölje a dátumot, és a bizonylat a kiállítás napját kapja.',
      sv: 'Töm datumet så får dokumentet den dag då det utfärdas.',
    },
  },
  H_CORRECTION_BEFORE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Korekta nie może mieć wcześniejszej daty niż dokument, który koryguje ({day}).',
      en: 'A correction cannot bear an earlier day than the document that it corrects ({day}).',
      hu: 'A helyesbítés kelte nem lehet korábbi, mint a helyesbített bizonylaté ({day}).',
      sv: 'En kreditering kan inte ha ett tidigare datum än dokumentet som den rättar ({day}).',
    },
    remedy: {
      pl: 'Usuń datę wystawienia albo wybierz {day} lub późniejszą.',
      en: 'Clear the issue date, or choose {day} or later.',
      hu: 'Törölje a kiállítás dátumát, vagy válassza ezt, illetve későbbit: {day}.',
      sv: 'Töm fakturadatumet eller välj {day} eller senare.',
    },
  },
  H_ISSUE_TOO_EARLY: {
    level: 'hold',
    whoMends: 'nobody',
    text: {
      pl: 'Dokument można wystawić najwcześniej {day}.',
      en: 'The document may be issued on {day} at the earliest.',
      hu: 'A bizonylat legkorábban {day} napján állítható ki.',
      sv: 'Dokumentet får utfärdas tidigast {day}.',
    },
    remedy: {
      pl: 'Poczekaj albo popraw datę sprzedaży.',
      en: 'Wait, or correct the date of sale.',
      hu: 'Várjon, vagy javítsa a teljesítés dátumát.',
      sv: 'Vänta eller rätta leveransdatumet.',
    },
  },
  H_SPLIT_PAYMENT: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Kwota przekracza {limit}, a na liście są towary objęte obowiązkową podzieloną płatnością; brakuje adnotacji.',
      en: 'The total is above {limit} and some goods fall under mandatory split payment; the note is missing.',
      hu: 'Az összeg meghaladja ezt: {limit}, és a tételek közt kötelező megosztott fizetésű áru van; hiányzik a megjegyzés.',
      sv: 'Summan överstiger {limit} och vissa varor omfattas av obligatorisk delad betalning; anteckningen saknas.',
    },
    remedy: {
      pl: 'Włącz podzieloną płatność na dokumencie.',
      en: 'Switch split payment on for this document.',
      hu: 'Kapcsolja be a megosztott fizetést a bizonylaton.',
      sv: 'Slå på delad betalning på dokumentet.',
    },
  },
  H_BANK_ACCOUNT_MISSING: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Podzielona płatność wymaga rachunku bankowego na dokumencie.',
      en: 'Split payment needs a bank account on the document.',
      hu: 'A megosztott fizetéshez bankszámlaszám kell a bizonylaton.',
      sv: 'Delad betalning kräver ett bankkonto på dokumentet.',
    },
    remedy: {
      pl: 'Podaj rachunek firmy w ustawieniach.',
      en: 'Enter the company’s account in the settings.',
      hu: 'Adja meg a cég bankszámláját a beállításokban.',
      sv: 'Ange företagets konto i inställningarna.',
    },
  },
  H_ACCOUNT_INVALID: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Numer rachunku {value} jest nieprawidłowy (cyfra kontrolna).',
      en: 'The account number {value} is not valid (check digit).',
      hu: 'A(z) {value} számlaszám érvénytelen (ellenőrző szám).',
      sv: 'Kontonumret {value} är ogiltigt (kontrollsiffra).',
    },
    remedy: {
      pl: 'Popraw numer rachunku w danych firmy.',
      en: 'Correct the account number in the company data.',
      hu: 'Javítsa a számlaszámot a cégadatokban.',
      sv: 'Rätta kontonumret i företagsuppgifterna.',
    },
  },
  H_RECEIPT_WITHOUT_TAXID: {
    level: 'hold',
    whoMends: 'nobody',
    text: {
      pl: 'Sprzedaż ma już paragon {number} bez numeru podatkowego nabywcy; nie wolno wystawić do niego dokumentu na firmę.',
      en: 'The sale has receipt {number} without the buyer’s tax number; no company document may follow it.',
      hu: 'Az eladásról {number} számon nyugta készült a vevő adószáma nélkül; céges bizonylat nem állítható ki hozzá.',
      sv: 'Försäljningen har kvitto {number} utan köparens skattenummer; inget företagsdokument får följa på det.',
    },
    remedy: {
      pl: 'Wystaw dokument na osobę albo zostaw paragon jako jedyny dokument.',
      en: 'Issue the document to a private person, or leave the receipt as the only document.',
      hu: 'Állítsa ki magánszemélynek, vagy hagyja meg egyedüli bizonylatként a nyugtát.',
      sv: 'Utfärda dokumentet till en privatperson eller låt kvittot vara enda dokument.',
    },
  },
  H_RECEIPT_IS_INVOICE: {
    level: 'hold',
    whoMends: 'nobody',
    text: {
      pl: 'Paragon {number} z numerem podatkowym do tej kwoty jest już fakturą uproszczoną; drugiej się nie wystawia.',
      en: 'Receipt {number} with the tax number is itself a simplified document at this amount; a second one must not be issued.',
      hu: 'A(z) {number} nyugta az adószámmal ekkora összegnél már egyszerűsített számla; második nem állítható ki.',
      sv: 'Kvitto {number} med skattenumret är redan en förenklad faktura vid detta belopp; en andra får inte utfärdas.',
    },
    remedy: {
      pl: 'Usuń dokument z kolejki; nabywca rozlicza paragon.',
      en: 'Remove the document from the queue; the buyer books the receipt.',
      hu: 'Törölje a bizonylatot a sorból; a vevő a nyugtát könyveli.',
      sv: 'Ta bort dokumentet från kön; köparen bokför kvittot.',
    },
  },
  H_RECEIPT_FOR_COMPANY: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Nabywca jest firmą; paragon nie wystarczy.',
      en: 'The buyer is a company; a receipt is not enough.',
      hu: 'A vevő cég; a nyugta nem elegendő.',
      sv: 'Köparen är ett företag; ett kvitto räcker inte.',
    },
    remedy: {
      pl: 'Zmień rodzaj dokumentu.',
      en: 'Change the kind of document.',
      hu: 'Változtassa meg a bizonylat fajtáját.',
      sv: 'Byt dokumenttyp.',
    },
  },
  H_RECEIPT_LIMIT: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Od kwoty {limit} paragon nie wystarczy.',
      en: 'From {limit} on a receipt is not enough.',
      hu: '{limit} összegtől a nyugta nem elegendő.',
      sv: 'Från {limit} räcker inte ett kvitto.',
    },
    remedy: {
      pl: 'Zmień rodzaj dokumentu i uzupełnij dane nabywcy.',
      en: 'Change the kind of document and complete the buyer’s data.',
      hu: 'Változtassa meg a bizonylat fajtáját, és egészítse ki a vevő adatait.',
      sv: 'Byt dokumenttyp och komplettera köparens uppgifter.',
    },
  },
  H_DOCUMENTED_ELSEWHERE: {
    level: 'hold',
    whoMends: 'seller',
    text: {
      pl: 'Ta sprzedaż ma już dokument {number} w systemie {system}.',
      en: 'This sale already has document {number} in {system}.',
      hu: 'Ehhez az eladáshoz már van bizonylat: {number} ({system}).',
      sv: 'Försäljningen har redan dokument {number} i {system}.',
    },
    remedy: {
      pl: 'Usuń dokument z kolejki, żeby nie powstał drugi.',
      en: 'Remove the document from the queue so that there is no second one.',
      hu: 'Törölje a bizonylatot a sorból, hogy ne legyen belőle kettő.',
      sv: 'Ta bort dokumentet från kön så att det inte blir två.',
    },
  },
  W_BANK_ACCOUNT_MISSING: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Nabywca ma zapłacić przelewem, a na dokumencie nie ma rachunku.',
      en: 'The buyer is to pay by transfer, but the document names no account.',
      hu: 'A vevő átutalással fizet, de a bizonylaton nincs bankszámlaszám.',
      sv: 'Köparen ska betala till konto, men dokumentet anger inget konto.',
    },
    remedy: {
      pl: 'Podaj rachunek firmy w ustawieniach.',
      en: 'Enter the company’s account in the settings.',
      hu: 'Adja meg a cég bankszámláját a beállításokban.',
      sv: 'Ange företagets konto i inställningarna.',
    },
  },
  W_DUE_BEFORE_ISSUE: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Termin płatności {day} mija przed wystawieniem dokumentu.',
      en: 'The due date {day} lies before the issue of the document.',
      hu: 'A fizetési határidő ({day}) korábbi a kiállításnál.',
      sv: 'Förfallodagen {day} ligger före utfärdandet.',
    },
    remedy: {
      pl: 'Popraw termin płatności albo zostaw, jeśli tak ustalono.',
      en: 'Correct the due date, or leave it if that was agreed.',
      hu: 'Javítsa a határidőt, vagy hagyja, ha így állapodtak meg.',
      sv: 'Rätta förfallodagen eller låt den stå om det är avtalat.',
    },
  },
  W_ISSUE_LATE: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Termin wystawienia dokumentu minął {day}.',
      en: 'The document should have been issued by {day}.',
      hu: 'A bizonylat kiállításának határideje {day} volt.',
      sv: 'Dokumentet skulle ha utfärdats senast {day}.',
    },
    remedy: {
      pl: 'Wystaw dokument jak najszybciej; daty wystawienia nie wolno cofać.',
      en: 'Issue it as soon as you can; the issue date must not be moved back.',
      hu: 'Állítsa ki mielőbb; a kiállítás dátuma nem tehető korábbra.',
      sv: 'Utfärda det snarast; fakturadatumet får inte flyttas bakåt.',
    },
  },
  W_MONTHS_DIFFER: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Sprzedaż ({sale}) i wystawienie ({issue}) przypadają w różnych miesiącach.',
      en: 'Sale ({sale}) and issue ({issue}) fall into different months.',
      hu: 'A teljesítés ({sale}) és a kiállítás ({issue}) más hónapra esik.',
      sv: 'Försäljning ({sale}) och utfärdande ({issue}) infaller i olika månader.',
    },
    remedy: {
      pl: 'Sprawdź datę sprzedaży: od niej zależy miesiąc rozliczenia podatku.',
      en: 'Check the date of sale: it decides the month of the tax.',
      hu: 'Ellenőrizze a teljesítés dátumát: ez dönti el az adó hónapját.',
      sv: 'Kontrollera leveransdatumet: det avgör skattemånaden.',
    },
  },
  W_PAID_BEFORE: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Zapłata ({paid}) wpłynęła w miesiącu wcześniejszym niż sprzedaż ({sale}): podatek od pieniędzy otrzymanych wcześniej przypada na dzień zapłaty.',
      en: 'The money ({paid}) came in an earlier month than the sale ({sale}): tax on money received beforehand falls due on the day it came.',
      hu: 'A pénz ({paid}) korábbi hónapban érkezett, mint a teljesítés ({sale}): az előre kapott pénz adója a beérkezés napján esedékes.',
      sv: 'Pengarna ({paid}) kom en tidigare månad än försäljningen ({sale}): skatt på betalning i förskott ska redovisas den dag den kom.',
    },
    remedy: {
      pl: 'Sprawdź obie daty; jeśli to była zaliczka, wystaw do niej fakturę zaliczkową.',
      en: 'Check both days; if it was an advance, issue a prepayment invoice for it.',
      hu: 'Ellenőrizze mindkét dátumot; ha előleg volt, állítson ki róla előlegszámlát.',
      sv: 'Kontrollera båda datumen; var det ett förskott, utfärda en förskottsfaktura för det.',
    },
  },
  W_DESTINATION_RATE: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Naliczono {charged}, a stawka podstawowa w kraju {country} to {expected}.',
      en: '{charged} was charged; the standard rate of {country} is {expected}.',
      hu: 'A felszámított kulcs {charged}, az általános kulcs ({country}) {expected}.',
      sv: '{charged} debiterades; normalmomssatsen i {country} är {expected}.',
    },
    remedy: {
      pl: 'Sprawdź, czy towar ma tam stawkę obniżoną; jeśli nie, popraw stawkę w sklepie.',
      en: 'Check whether the goods have a reduced rate there; if not, correct the rate in the shop.',
      hu: 'Ellenőrizze, van-e ott kedvezményes kulcs; ha nincs, javítsa a kulcsot a boltban.',
      sv: 'Kontrollera om varan har reducerad sats där; rätta annars satsen i butiken.',
    },
  },
  W_EXCHANGE_DAY: {
    level: 'warning',
    whoMends: 'seller',
    text: {
      pl: 'Kurs jest z dnia {used}, a właściwy jest kurs z dnia {expected}.',
      en: 'The exchange rate is of {used}; the right one is of {expected}.',
      hu: 'Az árfolyam {used} napi, a helyes árfolyam {expected} napi.',
      sv: 'Växelkursen är från {used}; rätt kurs är från {expected}.',
    },
    remedy: {
      pl: 'Pobierz kurs ponownie albo wpisz właściwy z tabelą i datą.',
      en: 'Fetch the rate again, or enter the right one with table and date.',
      hu: 'Töltse le újra az árfolyamot, vagy adja meg a helyeset a dátumával.',
      sv: 'Hämta kursen på nytt eller skriv in den rätta med datum.',
    },
  },
  W_INVOICE_TO_RECEIPT: {
    level: 'warning',
    whoMends: 'nobody',
    text: {
      pl: 'Dokument powstaje do paragonu {number}; numer paragonu zostaje na nim.',
      en: 'The document follows receipt {number}; the receipt’s number stays on it.',
      hu: 'A bizonylat a(z) {number} nyugtához készül; a nyugta száma rajta marad.',
      sv: 'Dokumentet följer på kvitto {number}; kvittots nummer står kvar på det.',
    },
    remedy: {
      pl: 'Nic nie trzeba robić; zachowaj paragon przy dokumencie.',
      en: 'Nothing to do; keep the receipt with the document.',
      hu: 'Nincs teendő; őrizze meg a nyugtát a bizonylat mellett.',
      sv: 'Inget behöver göras; spara kvittot med dokumentet.',
    },
  },
};
