import { causesOf } from './cause.ts';
import type { Cause } from './manifest.ts';

/**
 * Why an accounting program behind a folder does not take a document (AGENT §5, §10). Every connector with the capability "folder"
 * has these causes; its own stand beside them.
 */

export const folderCause = causesOf();

export const folderCauses: Cause[] = [
  folderCause(
    'erp.closed',
    { stops: 'connection', retryHelps: true },
    ['Program jest wyłączony', 'The program is switched off', 'A program nincs elindítva', 'Programmet är inte igång'],
    [
      'Program księgowy nie działa, więc nikt nie odbiera plików z folderu. Dokumenty czekają.',
      'The accounting program is not running, so nobody takes the files from the folder. The documents wait.',
      'A könyvelőprogram nem fut, ezért senki nem veszi fel a fájlokat a mappából. A bizonylatok várnak.',
      'Bokföringsprogrammet körs inte, så ingen hämtar filerna ur mappen. Dokumenten väntar.',
    ],
    [
      'Uruchom program i zaloguj się. Dokumenty pójdą dalej same.',
      'Start the program and sign in. The documents go on by themselves.',
      'Indítsa el a programot, és jelentkezzen be. A bizonylatok maguktól továbbmennek.',
      'Starta programmet och logga in. Dokumenten går vidare av sig själva.',
    ],
  ),
  folderCause(
    'erp.updated',
    { stops: 'connection' },
    ['Program został zaktualizowany', 'The program was updated', 'A programot frissítették', 'Programmet har uppdaterats'],
    [
      'Wersja programu zmieniła się i nie przyjmuje on jeszcze dokumentów ({message}).',
      'The version of the program changed and it does not take documents yet ({message}).',
      'Megváltozott a program verziója, és még nem fogad bizonylatokat ({message}).',
      'Programmets version har ändrats och det tar ännu inte emot dokument ({message}).',
    ],
    [
      'Sprawdź kolejno: czy zaktualizowano też bazę danych firmy, czy na tym komputerze jest ta sama wersja, czy licencja obejmuje nową wersję. Potem uruchom agenta ponownie i naciśnij „Sprawdź”.',
      'Check in this order: was the company’s database updated too, is this machine on the same version, does the licence cover it. Then restart the agent and press “Check”.',
      'Nézze meg sorban: frissült-e a cég adatbázisa is, ugyanez a verzió van-e ezen a gépen, kiterjed-e rá a licenc. Utána indítsa újra az ügynököt, és nyomja meg az „Ellenőrzés” gombot.',
      'Kontrollera i tur och ordning: är även företagets databas uppdaterad, har den här datorn samma version, täcker licensen den. Starta sedan om agenten och tryck på ”Kontrollera”.',
    ],
  ),
  folderCause(
    'erp.seat',
    { stops: 'connection', retryHelps: true },
    ['Brak wolnego stanowiska', 'No free licence seat', 'Nincs szabad licenc', 'Ingen ledig licens'],
    [
      'Wszystkie stanowiska licencji są zajęte ({message}).',
      'All seats of the licence are taken ({message}).',
      'Minden licenc foglalt ({message}).',
      'Alla licenser är upptagna ({message}).',
    ],
    [
      'Zamknij program na komputerze, na którym nie jest potrzebny. Spróbujemy ponownie sami.',
      'Close the program on a machine that does not need it. We try again by ourselves.',
      'Zárja be a programot azon a gépen, ahol nincs rá szükség. Magunktól újrapróbáljuk.',
      'Stäng programmet på en dator som inte behöver det. Vi försöker igen av oss själva.',
    ],
  ),
  folderCause(
    'erp.auth',
    { stops: 'connection' },
    [
      'Program odrzucił logowanie',
      'The program refused the sign-in',
      'A program elutasította a belépést',
      'Programmet nekade inloggningen',
    ],
    [
      'Nieprawidłowa nazwa użytkownika lub hasło ({message}).',
      'User or password do not fit ({message}).',
      'Hibás a felhasználónév vagy a jelszó ({message}).',
      'Användarnamnet eller lösenordet stämmer inte ({message}).',
    ],
    [
      'Popraw użytkownika i hasło na komputerze z agentem: hasła nigdy stamtąd nie wychodzą.',
      'Correct user and password on the machine with the agent: passwords never leave it.',
      'Javítsa ki a felhasználónevet és a jelszót az ügynök gépén: a jelszavak nem hagyják el azt.',
      'Rätta användarnamn och lösenord på datorn med agenten: lösenorden lämnar den aldrig.',
    ],
  ),
  folderCause(
    'erp.licence',
    { stops: 'connection' },
    ['Brakuje licencji', 'A licence is missing', 'Hiányzik egy licenc', 'En licens saknas'],
    [
      'Program nie ma licencji na to połączenie albo wygasła ona ({message}).',
      'The program has no licence for this connection, or it expired ({message}).',
      'A programnak nincs licence ehhez a kapcsolathoz, vagy lejárt ({message}).',
      'Programmet saknar licens för den här anslutningen, eller så har den gått ut ({message}).',
    ],
    [
      'Przedłuż licencję w programie i wznów połączenie.',
      'Extend the licence in the program and resume the connection.',
      'Hosszabbítsa meg a licencet a programban, és folytassa a kapcsolatot.',
      'Förläng licensen i programmet och återuppta anslutningen.',
    ],
  ),
  folderCause(
    'erp.locked',
    { retryHelps: true, whoMends: 'nobody' },
    ['Zapis jest zajęty', 'The record is in use', 'A rekord foglalt', 'Posten är upptagen'],
    [
      'Ktoś pracuje w programie na tym samym zapisie ({message}).',
      'Somebody is working on the same record in the program ({message}).',
      'Valaki ugyanazon a rekordon dolgozik a programban ({message}).',
      'Någon arbetar med samma post i programmet ({message}).',
    ],
    [
      'Nic nie rób: spróbujemy ponownie.',
      'Do nothing: we try again.',
      'Nincs teendő: újrapróbáljuk.',
      'Inget behöver göras: vi försöker igen.',
    ],
  ),
  folderCause(
    'erp.goods_unmapped',
    { where: 'lines' },
    ['Program nie zna towaru', 'The program does not know the goods', 'A program nem ismeri az árut', 'Programmet känner inte till varan'],
    [
      'Brakuje w nim towarów: {message}.',
      'Goods missing there: {message}.',
      'Hiányzó áruk: {message}.',
      'Varor som saknas där: {message}.',
    ],
    [
      'Załóż je w programie pod tym symbolem albo włącz w połączeniu „Zakładaj nieznane towary”, potem wyślij ponownie.',
      'Make them in the program under this code, or turn on “Make unknown goods” in the connection, then send again.',
      'Vegye fel őket a programban ezzel a kóddal, vagy kapcsolja be a kapcsolatban az „Ismeretlen áruk létrehozása” beállítást, majd küldje újra.',
      'Lägg upp dem i programmet med den koden eller slå på ”Lägg upp okända varor” i anslutningen och skicka sedan igen.',
    ],
  ),
  folderCause(
    'erp.buyer_missing',
    { where: 'buyer' },
    [
      'Program nie zna nabywcy',
      'The program does not know the buyer',
      'A program nem ismeri a vevőt',
      'Programmet känner inte till köparen',
    ],
    [
      'Program nie znalazł nabywcy i nie wolno mu go założyć ({message}).',
      'The program did not find the buyer and may not make one ({message}).',
      'A program nem találta meg a vevőt, és nem hozhatja létre ({message}).',
      'Programmet hittade inte köparen och får inte lägga upp den ({message}).',
    ],
    [
      'Załóż kontrahenta w programie albo pozwól importowi zakładać kontrahentów, potem wyślij ponownie.',
      'Make the contractor in the program, or allow its import to make contractors, then send again.',
      'Vegye fel a partnert a programban, vagy engedélyezze, hogy az import partnert hozzon létre, majd küldje újra.',
      'Lägg upp kunden i programmet eller låt importen lägga upp kunder, och skicka sedan igen.',
    ],
  ),
  folderCause(
    'erp.payment_unmapped',
    { where: 'payment' },
    [
      'Forma płatności bez odpowiednika',
      'Form of payment without a counterpart',
      'A fizetési módnak nincs megfelelője',
      'Betalningssätt utan motsvarighet',
    ],
    [
      'Program nie ma formy płatności „{message}”.',
      'The program has no form of payment “{message}”.',
      'A programban nincs „{message}” fizetési mód.',
      'Programmet har inget betalningssätt ”{message}”.',
    ],
    [
      'W ustawieniach połączenia wpisz nazwę formy płatności dokładnie tak, jak brzmi w programie.',
      'In the settings of the connection write the name of the form of payment exactly as the program has it.',
      'A kapcsolat beállításaiban adja meg a fizetési mód nevét pontosan úgy, ahogy a programban szerepel.',
      'Skriv betalningssättets namn i anslutningens inställningar precis som det heter i programmet.',
    ],
  ),
  folderCause(
    'erp.mapping',
    {},
    ['Czegoś brakuje w programie', 'Something is missing in the program', 'Valami hiányzik a programból', 'Något saknas i programmet'],
    [
      'Program nie znalazł tego, na co wskazuje dokument ({message}).',
      'The program did not find what the document refers to ({message}).',
      'A program nem találta meg azt, amire a bizonylat hivatkozik ({message}).',
      'Programmet hittade inte det som dokumentet hänvisar till ({message}).',
    ],
    [
      'Uzupełnij to w programie albo w ustawieniach połączenia, potem wyślij ponownie.',
      'Add it in the program or in the settings of the connection, then send again.',
      'Pótolja a programban vagy a kapcsolat beállításaiban, majd küldje újra.',
      'Komplettera i programmet eller i anslutningens inställningar och skicka sedan igen.',
    ],
  ),
  folderCause(
    'erp.period_closed',
    { where: 'issueDate' },
    ['Okres jest zamknięty', 'The period is closed', 'Az időszak le van zárva', 'Perioden är stängd'],
    [
      'W programie zamknięto miesiąc, do którego należy dokument ({message}).',
      'The month of the document is closed in the program ({message}).',
      'A programban lezárták a bizonylat hónapját ({message}).',
      'Månaden som dokumentet hör till är stängd i programmet ({message}).',
    ],
    [
      'Poproś księgową o otwarcie okresu, potem wyślij ponownie. Daty wystawionego dokumentu nie zmieniaj.',
      'Ask the accountant to open the period, then send again. Do not change the date of an issued document.',
      'Kérje meg a könyvelőt, hogy nyissa meg az időszakot, majd küldje újra. A kiállított bizonylat keltét ne módosítsa.',
      'Be redovisningsbyrån öppna perioden och skicka sedan igen. Ändra inte datum på ett utfärdat dokument.',
    ],
  ),
  folderCause(
    'erp.exists',
    { mayExist: true },
    ['Taki dokument już tam jest', 'Such a document is there already', 'Már van ott ilyen bizonylat', 'Ett sådant dokument finns redan'],
    [
      'Program ma już dokument o tym numerze ({message}).',
      'The program already has a document of this number ({message}).',
      'A programban már van ilyen számú bizonylat ({message}).',
      'Programmet har redan ett dokument med det numret ({message}).',
    ],
    [
      'Porównaj oba dokumenty w programie. Jeśli to ten sam, wyeksportuj go do folderu odpowiedzi: wtedy go rozpoznamy. Nie wysyłaj go drugi raz.',
      'Compare the two in the program. If it is the same one, export it to the folder of answers: then it is recognised. Do not send it a second time.',
      'Vesse össze a kettőt a programban. Ha ugyanaz, exportálja a válaszok mappájába: akkor felismerjük. Ne küldje el másodszor.',
      'Jämför de två i programmet. Är det samma dokument, exportera det till svarsmappen: då känns det igen. Skicka det inte en andra gång.',
    ],
  ),
  folderCause(
    'erp.refused',
    {},
    [
      'Program odrzucił dokument',
      'The program refused the document',
      'A program elutasította a bizonylatot',
      'Programmet avvisade dokumentet',
    ],
    [
      'Program nie przyjął pliku: {message}.',
      'The program did not take the file: {message}.',
      'A program nem fogadta el a fájlt: {message}.',
      'Programmet tog inte emot filen: {message}.',
    ],
    [
      'Popraw to, co program wskazuje, i wyślij dokument ponownie.',
      'Mend what the program points at and send the document again.',
      'Javítsa ki azt, amit a program jelez, és küldje újra a bizonylatot.',
      'Rätta det programmet pekar på och skicka dokumentet igen.',
    ],
  ),
  folderCause(
    'erp.number_missing',
    { mayExist: true },
    ['Odpowiedź bez numeru', 'An answer without a number', 'Válasz szám nélkül', 'Ett svar utan nummer'],
    [
      'Program mówi, że przyjął dokument, ale nie podał jego numeru.',
      'The program says it took the document, but gave no number for it.',
      'A program szerint elfogadta a bizonylatot, de nem adta meg a számát.',
      'Programmet säger att det tog emot dokumentet men gav inget nummer.',
    ],
    [
      'Znajdź dokument w programie po numerze zamówienia i wyeksportuj go do folderu odpowiedzi: z nim przyjdzie numer.',
      'Find the document in the program by the order number and export it to the folder of answers: the number comes with it.',
      'Keresse meg a bizonylatot a programban a rendelésszám alapján, és exportálja a válaszok mappájába: vele jön a száma.',
      'Sök upp dokumentet i programmet på ordernumret och exportera det till svarsmappen: då kommer numret med.',
    ],
  ),
  folderCause(
    'erp.answer_unreadable',
    { mayExist: true },
    ['Odpowiedzi nie da się odczytać', 'The answer cannot be read', 'A válasz olvashatatlan', 'Svaret går inte att läsa'],
    [
      'Plik „{file}” w folderze odpowiedzi jest uszkodzony: {message}.',
      'The file “{file}” in the folder of answers is damaged: {message}.',
      'A válaszok mappájában lévő „{file}” fájl sérült: {message}.',
      'Filen ”{file}” i svarsmappen är skadad: {message}.',
    ],
    [
      'Sprawdź w programie, czy dokument powstał. Wyeksportuj go jeszcze raz do folderu odpowiedzi.',
      'Look in the program whether the document was made. Export it to the folder of answers once more.',
      'Nézze meg a programban, hogy elkészült-e a bizonylat. Exportálja még egyszer a válaszok mappájába.',
      'Se efter i programmet om dokumentet skapades. Exportera det en gång till till svarsmappen.',
    ],
  ),
];
