import { causesOf } from '../cause.ts';
import type { Cause } from '../manifest.ts';

/** Why something on the seller's machine does not go on (contract AGENT §10). The same words whichever program stands behind it. */
const cause = causesOf();
const waits = { stops: 'connection', retryHelps: true } as const;

export const agentCauses: Cause[] = [
  cause(
    'agent_missing',
    { ...waits },
    ['Brak agenta', 'No agent', 'Nincs ügynök', 'Ingen agent'],
    [
      'Temu połączeniu nie wskazano jeszcze folderu żadnego agenta. Dokumenty czekają.',
      'No folder of an agent has been chosen for this connection yet. Its documents wait.',
      'Ehhez a kapcsolathoz még nincs kiválasztva egy ügynök mappája sem. A bizonylatok várnak.',
      'Ingen agents mapp har valts för den här anslutningen ännu. Dokumenten väntar.',
    ],
    [
      'Otwórz stronę Agenci, sparuj agenta i wskaż przy nim to połączenie.',
      'Open the page Agents, pair an agent and choose this connection there.',
      'Nyissa meg az Ügynökök oldalt, párosítson egy ügynököt, és ott válassza ki ezt a kapcsolatot.',
      'Öppna sidan Agenter, koppla en agent och välj den här anslutningen där.',
    ],
  ),
  cause(
    'agent_offline',
    { ...waits, tellAfterMinutes: 30 },
    ['Agent milczy', 'The agent is silent', 'Az ügynök hallgat', 'Agenten är tyst'],
    [
      'Agent na komputerze {machine} nie odzywa się od {since}. Ostatnie słowa: {lastWords}. Dokumenty i wydruki czekają.',
      'The agent on {machine} has not been heard of since {since}. Last words: {lastWords}. Documents and prints wait.',
      'A(z) {machine} gépen futó ügynök {since} óta nem jelentkezik. Utolsó szavai: {lastWords}. A bizonylatok és a nyomtatások várnak.',
      'Agenten på {machine} har inte hörts av sedan {since}. Sista ord: {lastWords}. Dokument och utskrifter väntar.',
    ],
    [
      'Włącz komputer, sprawdź internet i czy działa usługa „fakturist agent run”. Gdy się odezwie, wszystko pójdzie dalej samo.',
      'Switch the computer on, check the network and that the service “fakturist agent run” is up. Once it calls, everything goes on by itself.',
      'Kapcsolja be a gépet, ellenőrizze a hálózatot és hogy fut-e a „fakturist agent run” szolgáltatás. Amint jelentkezik, minden magától folytatódik.',
      'Starta datorn, kontrollera nätverket och att tjänsten ”fakturist agent run” är igång. När den hör av sig fortsätter allt av sig självt.',
    ],
  ),
  cause(
    'agent_revoked',
    { ...waits, retryHelps: false },
    ['Agent odłączony', 'The agent was revoked', 'Az ügynököt leválasztották', 'Agenten är återkallad'],
    [
      'Klucz tego agenta został unieważniony. Nie dostaje już żadnych zadań.',
      'The key of this agent was revoked. It gets no more work.',
      'Ennek az ügynöknek a kulcsát visszavonták. Nem kap több feladatot.',
      'Agentens nyckel har återkallats. Den får inga fler uppdrag.',
    ],
    [
      'Jeśli to pomyłka, sparuj agenta na nowo: jego kolejka zostaje zachowana.',
      'If that was a mistake, pair the agent again: its queue is kept.',
      'Ha ez tévedés volt, párosítsa újra az ügynököt: a várólistája megmarad.',
      'Om det var ett misstag, koppla agenten igen: dess kö finns kvar.',
    ],
  ),
  cause(
    'agent_too_old',
    { ...waits, retryHelps: false },
    ['Agent jest za stary', 'The agent is too old', 'Az ügynök túl régi', 'Agenten är för gammal'],
    [
      'Agent w wersji {version} nie rozumie już nowych dokumentów. Drukuje i kończy to, co ma.',
      'The agent of version {version} no longer understands new documents. It prints and finishes what it has.',
      'A(z) {version} verziójú ügynök már nem érti az új bizonylatokat. Nyomtat, és befejezi, ami nála van.',
      'Agenten i version {version} förstår inte längre nya dokument. Den skriver ut och gör klart det den har.',
    ],
    [
      'Zainstaluj na tamtym komputerze aktualną wersję i uruchom agenta ponownie.',
      'Install the current version on that computer and start the agent again.',
      'Telepítse azon a gépen az aktuális verziót, és indítsa újra az ügynököt.',
      'Installera den aktuella versionen på den datorn och starta om agenten.',
    ],
  ),
  cause(
    'agent_no_answer',
    { stops: 'nothing' },
    [
      'Agent nie odebrał zadania na czas',
      'The agent did not take it in time',
      'Az ügynök nem vette át időben',
      'Agenten hämtade det inte i tid',
    ],
    [
      'Agent nie odebrał tego zadania na czas, więc je odwołano. Nic na tamtym komputerze nie zostało zrobione.',
      'The agent did not take this task in time, so it was called off. Nothing was done on that computer.',
      'Az ügynök nem vette át időben ezt a feladatot, ezért visszavontuk. Azon a gépen semmi sem történt.',
      'Agenten hämtade inte uppgiften i tid, så den drogs tillbaka. Ingenting har gjorts på den datorn.',
    ],
    [
      'Zobacz na stronie Agenci, czy ten agent się odzywa. Gdy się odezwie, naciśnij „Sprawdź” przy jego folderze jeszcze raz.',
      'See on the page Agents whether this agent can be heard. Once it can, press “Check” beside its folder again.',
      'Nézze meg az Ügynökök oldalon, jelentkezik-e ez az ügynök. Ha igen, nyomja meg újra az „Ellenőrzés” gombot a mappája mellett.',
      'Se på sidan Agenter om agenten hörs av. När den gör det, tryck på ”Kontrollera” vid dess mapp igen.',
    ],
  ),
  cause(
    'erp_closed',
    { ...waits },
    [
      'Program księgowy nie odbiera dokumentów',
      'The accounting program takes no documents',
      'A könyvelőprogram nem veszi át a bizonylatokat',
      'Bokföringsprogrammet tar inte emot dokument',
    ],
    [
      'W folderze {plugin} na komputerze {machine} czekają pliki: {waiting}, najstarszy od {since}. Program ich nie odebrał.',
      'Files wait in the folder {plugin} on {machine}: {waiting}, the oldest since {since}. The program has not taken them.',
      'A(z) {machine} gép {plugin} mappájában fájlok várnak: {waiting}, a legrégebbi {since} óta. A program nem vette át őket.',
      'Filer väntar i mappen {plugin} på {machine}: {waiting}, den äldsta sedan {since}. Programmet har inte hämtat dem.',
    ],
    [
      'Uruchom program księgowy (albo jego automat importu) na tym komputerze. Pliki zostaną odebrane i dokumenty pójdą dalej same.',
      'Start the accounting program (or its import service) on that computer. It takes the files and the documents go on by themselves.',
      'Indítsa el azon a gépen a könyvelőprogramot (vagy az importáló szolgáltatását). Átveszi a fájlokat, és a bizonylatok maguktól folytatódnak.',
      'Starta bokföringsprogrammet (eller dess importtjänst) på den datorn. Då hämtas filerna och dokumenten fortsätter av sig själva.',
    ],
  ),
  cause(
    'erp_updated',
    { ...waits, retryHelps: false },
    [
      'Program księgowy został zaktualizowany',
      'The accounting program was updated',
      'A könyvelőprogramot frissítették',
      'Bokföringsprogrammet har uppdaterats',
    ],
    [
      'Program zmienił wersję z {before} na {after}, a samokontrola nie wypadła dobrze: {detail}. Nowe dokumenty czekają.',
      'The program went from version {before} to {after} and the self-check did not pass: {detail}. New documents wait.',
      'A program {before} verzióról {after} verzióra váltott, és az önellenőrzés nem sikerült: {detail}. Az új bizonylatok várnak.',
      'Programmet gick från version {before} till {after} och självkontrollen gick inte igenom: {detail}. Nya dokument väntar.',
    ],
    [
      '1. Czy zaktualizowano i program, i bazę? 2. Czy na tym komputerze jest ta sama wersja? 3. Czy licencja jest ważna? 4. Uruchom agenta ponownie. 5. Otwórz listę wzorców wydruku. 6. Naciśnij „Sprawdź” przy agencie.',
      '1. Were both program and database updated? 2. Is the same version on this computer? 3. Is the licence valid? 4. Restart the agent. 5. Open the list of print templates. 6. Press “Check” beside the agent.',
      '1. Frissült a program és az adatbázis is? 2. Ugyanaz a verzió van ezen a gépen? 3. Érvényes a licenc? 4. Indítsa újra az ügynököt. 5. Nyissa meg a nyomtatási sablonok listáját. 6. Nyomja meg az „Ellenőrzés” gombot az ügynöknél.',
      '1. Har både program och databas uppdaterats? 2. Finns samma version på den här datorn? 3. Gäller licensen? 4. Starta om agenten. 5. Öppna listan över utskriftsmallar. 6. Tryck på ”Kontrollera” vid agenten.',
    ],
  ),
  cause(
    'folder_unwritable',
    { ...waits },
    ['Folder jest niedostępny', 'The folder cannot be used', 'A mappa nem használható', 'Mappen kan inte användas'],
    [
      'Agent na komputerze {machine} nie może pisać do folderu {plugin} albo go czytać: {detail}.',
      'The agent on {machine} cannot write or read the folder {plugin}: {detail}.',
      'A(z) {machine} gépen futó ügynök nem tudja írni vagy olvasni a(z) {plugin} mappát: {detail}.',
      'Agenten på {machine} kan inte skriva eller läsa mappen {plugin}: {detail}.',
    ],
    [
      'Sprawdź, czy folder istnieje i czy użytkownik usługi agenta ma do niego prawa zapisu.',
      'Check that the folder exists and that the user of the agent’s service may write there.',
      'Ellenőrizze, hogy a mappa létezik-e, és az ügynök szolgáltatásának felhasználója írhat-e bele.',
      'Kontrollera att mappen finns och att agentens tjänstekonto får skriva där.',
    ],
  ),
  cause(
    'agent_file_refused',
    {},
    [
      'Plik nie zgadza się z sumą',
      'A file does not match its hash',
      'Egy fájl nem egyezik az ellenőrző összegével',
      'En fil stämmer inte med sin kontrollsumma',
    ],
    [
      'Agent odrzucił plik {file}: przyszedł inny niż zapowiedziany.',
      'The agent refused the file {file}: it is not the one that was announced.',
      'Az ügynök elutasította a(z) {file} fájlt: nem az érkezett, amit jeleztek.',
      'Agenten avvisade filen {file}: den är inte den som utlovades.',
    ],
    [
      'Prześlij dokument ponownie. Jeśli się powtarza, sprawdź, czy coś po drodze nie zmienia plików (antywirus, pośrednik).',
      'Transfer the document again. If it repeats, see whether something on the way changes files (virus scanner, proxy).',
      'Továbbítsa újra a bizonylatot. Ha ismétlődik, nézze meg, nem módosít-e valami útközben (vírusirtó, proxy).',
      'Överför dokumentet igen. Om det upprepas, se om något på vägen ändrar filer (antivirus, proxy).',
    ],
  ),
  cause(
    'agent_job_lost',
    { mayExist: true },
    [
      'Nie wiadomo, co zrobił agent',
      'It is not known what the agent did',
      'Nem tudni, mit tett az ügynök',
      'Det är okänt vad agenten gjorde',
    ],
    [
      'Agent przerwał pracę w chwili, w której dokument mógł już trafić do programu. Nie wysyłamy go ponownie na ślepo.',
      'The agent stopped at a moment when the program may already have had the document. It is not sent again blindly.',
      'Az ügynök olyan pillanatban állt le, amikor a bizonylat már a programnál lehetett. Nem küldjük újra vakon.',
      'Agenten stannade i ett läge då programmet redan kunde ha dokumentet. Det skickas inte om på måfå.',
    ],
    [
      'Sprawdź w programie księgowym, czy dokument tam jest. Jeśli go nie ma, prześlij go ponownie.',
      'Look in the accounting program whether the document is there. If it is not, transfer it again.',
      'Nézze meg a könyvelőprogramban, hogy ott van-e a bizonylat. Ha nincs, továbbítsa újra.',
      'Se efter i bokföringsprogrammet om dokumentet finns där. Om inte, överför det igen.',
    ],
  ),
  cause(
    'print_no_printer',
    {},
    ['Nie ma takiej drukarki', 'There is no such printer', 'Nincs ilyen nyomtató', 'Skrivaren finns inte'],
    [
      'Agent nie widzi drukarki {printer}. Podobne: {similar}.',
      'The agent does not see the printer {printer}. Similar ones: {similar}.',
      'Az ügynök nem látja a(z) {printer} nyomtatót. Hasonlók: {similar}.',
      'Agenten ser inte skrivaren {printer}. Liknande: {similar}.',
    ],
    [
      'Jeśli zmieniono jej nazwę, wskaż ją w regule wydruku na nowo i wydrukuj ponownie.',
      'If it was renamed, choose it again in the print rule and print again.',
      'Ha átnevezték, válassza ki újra a nyomtatási szabályban, és nyomtasson újra.',
      'Om den bytt namn, välj den på nytt i utskriftsregeln och skriv ut igen.',
    ],
  ),
  cause(
    'print_printer_gone',
    { retryHelps: true },
    ['Drukarka nie odpowiada', 'The printer does not answer', 'A nyomtató nem válaszol', 'Skrivaren svarar inte'],
    [
      'Drukarka {printer} nie odpowiada. Agent próbuje dalej; strona, która już do niej poszła, nie zostanie wydrukowana drugi raz.',
      'The printer {printer} does not answer. The agent keeps trying; a page that went to it already is not printed a second time.',
      'A(z) {printer} nyomtató nem válaszol. Az ügynök tovább próbálkozik; amit a nyomtató már megkapott, nem nyomtatódik ki még egyszer.',
      'Skrivaren {printer} svarar inte. Agenten fortsätter att försöka; en sida som redan gått till den skrivs inte ut en gång till.',
    ],
    [
      'Włącz drukarkę i sprawdź kabel lub sieć.',
      'Switch the printer on and check its cable or network.',
      'Kapcsolja be a nyomtatót, és ellenőrizze a kábelt vagy a hálózatot.',
      'Slå på skrivaren och kontrollera kabel eller nätverk.',
    ],
  ),
  cause(
    'print_no_paper',
    { retryHelps: true },
    ['Brak papieru', 'No paper', 'Nincs papír', 'Slut på papper'],
    [
      'Drukarka {printer} czeka na papier. Strona jest w jej kolejce i wyjdzie sama.',
      'The printer {printer} waits for paper. The page is in its queue and comes out by itself.',
      'A(z) {printer} nyomtató papírra vár. Az oldal a várólistáján van, és magától kijön.',
      'Skrivaren {printer} väntar på papper. Sidan ligger i dess kö och kommer ut av sig själv.',
    ],
    ['Dołóż papieru.', 'Put paper in.', 'Tegyen bele papírt.', 'Fyll på papper.'],
  ),
  cause(
    'print_stopped',
    { retryHelps: true },
    ['Drukarka stoi', 'The printer is stopped', 'A nyomtató áll', 'Skrivaren har stannat'],
    [
      'Drukarka {printer} zatrzymała się i mówi: {reasons}. Strona jest w jej kolejce.',
      'The printer {printer} has stopped and says: {reasons}. The page is in its queue.',
      'A(z) {printer} nyomtató megállt, és ezt mondja: {reasons}. Az oldal a várólistáján van.',
      'Skrivaren {printer} har stannat och säger: {reasons}. Sidan ligger i dess kö.',
    ],
    [
      'Usuń przyczynę przy drukarce albo wznów jej kolejkę.',
      'Clear the cause at the printer or resume its queue.',
      'Szüntesse meg az okot a nyomtatónál, vagy indítsa el a várólistáját.',
      'Åtgärda felet vid skrivaren eller återuppta dess kö.',
    ],
  ),
  cause(
    'print_refused',
    {},
    ['Drukarka odmówiła', 'The printer refused', 'A nyomtató elutasította', 'Skrivaren vägrade'],
    [
      'Drukarka {printer} nie przyjęła wydruku: {reasons}.',
      'The printer {printer} did not take the print: {reasons}.',
      'A(z) {printer} nyomtató nem fogadta el a nyomtatást: {reasons}.',
      'Skrivaren {printer} tog inte emot utskriften: {reasons}.',
    ],
    [
      'Sprawdź opcje reguły (papier, dwustronnie) i czy drukarka umie PDF, potem wydrukuj ponownie.',
      'Check the options of the rule (paper, both sides) and that the printer knows PDF, then print again.',
      'Ellenőrizze a szabály beállításait (papír, kétoldalas) és hogy a nyomtató ismeri-e a PDF-et, majd nyomtasson újra.',
      'Kontrollera regelns val (papper, dubbelsidigt) och att skrivaren kan PDF, skriv sedan ut igen.',
    ],
  ),
  cause(
    'print_expired',
    {},
    ['Wydruk przeterminowany', 'The print came too late', 'A nyomtatás elévült', 'Utskriften blev för gammal'],
    [
      'Wydruku nie udało się zrobić na czas, więc go odwołano. Nic nie wyszło z drukarki.',
      'It could not be printed in time, so it was called off. Nothing came out of the printer.',
      'Nem sikerült időben kinyomtatni, ezért visszavontuk. A nyomtatóból semmi sem jött ki.',
      'Den kunde inte skrivas ut i tid och drogs tillbaka. Inget kom ut ur skrivaren.',
    ],
    [
      'Jeśli strona jest jeszcze potrzebna, wydrukuj ją ponownie.',
      'If the page is still needed, print it again.',
      'Ha az oldalra még szükség van, nyomtassa ki újra.',
      'Behövs sidan fortfarande, skriv ut den igen.',
    ],
  ),
  cause(
    'print_unknown',
    { mayExist: true },
    ['Nie wiadomo, czy wydrukowano', 'Not known whether it was printed', 'Nem tudni, kinyomtatódott-e', 'Det är okänt om det skrevs ut'],
    [
      'Praca przerwała się, gdy strona szła do drukarki {printer}, a drukarka już o niej nie pamięta.',
      'Work was interrupted while the page went to the printer {printer}, and the printer no longer remembers it.',
      'A munka félbeszakadt, miközben az oldal a(z) {printer} nyomtatóra ment, és a nyomtató már nem emlékszik rá.',
      'Arbetet avbröts medan sidan gick till skrivaren {printer}, och skrivaren minns den inte längre.',
    ],
    [
      'Zajrzyj do drukarki. Jeśli strony nie ma, wydrukuj ją ponownie.',
      'Look at the printer. If the page is not there, print it again.',
      'Nézze meg a nyomtatót. Ha az oldal nincs ott, nyomtassa ki újra.',
      'Titta vid skrivaren. Finns sidan inte där, skriv ut den igen.',
    ],
  ),
  cause(
    'print_no_rule',
    {},
    ['Żadna reguła wydruku nie pasuje', 'No print rule fits', 'Egyik nyomtatási szabály sem illik rá', 'Ingen utskriftsregel passar'],
    [
      'Dla tego dokumentu nie ma reguły, która mówi, na której drukarce go drukować.',
      'No rule says on which printer this document is printed.',
      'Nincs szabály arra, hogy ezt a bizonylatot melyik nyomtatón kell kinyomtatni.',
      'Ingen regel säger på vilken skrivare dokumentet ska skrivas ut.',
    ],
    [
      'Dodaj regułę na stronie Reguły wydruku.',
      'Add a rule on the page Print rules.',
      'Vegyen fel egy szabályt a Nyomtatási szabályok oldalon.',
      'Lägg till en regel på sidan Utskriftsregler.',
    ],
  ),
];
