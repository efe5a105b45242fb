import { causesOf } from '../../src/contract/cause.ts';
import type { Cause } from '../../src/contract/manifest.ts';

const cause = causesOf();

/** What can go wrong with Sellasist: who mends it, and can the same request succeed later (contract §2, §5). */
export const causes: Cause[] = [
  cause(
    'key_wrong',
    { stops: 'connection', where: 'settings.apiKey' },
    ['Klucz API nie działa', 'The API key does not work', 'Az API-kulcs nem működik', 'API-nyckeln fungerar inte'],
    [
      'Sellasist nie przyjął klucza API: jest błędny, usunięty albo należy do innego konta.',
      'Sellasist did not accept the API key: it is wrong, deleted, or belongs to another account.',
      'A Sellasist nem fogadta el az API-kulcsot: hibás, törölték, vagy másik fiókhoz tartozik.',
      'Sellasist godtog inte API-nyckeln: den är fel, borttagen eller hör till ett annat konto.',
    ],
    [
      'Utwórz nowy klucz w ustawieniach integracji panelu Sellasist i wpisz go w ustawieniach połączenia.',
      'Make a new key in the integration settings of the Sellasist panel and enter it in the settings of the connection.',
      'Hozzon létre új kulcsot a Sellasist panel integrációs beállításaiban, és írja be a kapcsolat beállításaiba.',
      'Skapa en ny nyckel i Sellasist-panelens integrationsinställningar och skriv in den i anslutningens inställningar.',
    ],
  ),
  cause(
    'account_wrong',
    { stops: 'connection', where: 'settings.account' },
    ['Nie ma takiego konta', 'There is no such account', 'Nincs ilyen fiók', 'Kontot finns inte'],
    [
      'Pod podaną nazwą konta nie odpowiada żaden panel Sellasist.',
      'No Sellasist panel answers under the given account name.',
      'A megadott fióknéven nem válaszol Sellasist panel.',
      'Ingen Sellasist-panel svarar under det angivna kontonamnet.',
    ],
    [
      'Wpisz pierwszą część adresu panelu, np. „mojsklep” z mojsklep.sellasist.pl.',
      'Enter the first part of the panel’s address, e.g. “mojsklep” of mojsklep.sellasist.pl.',
      'Írja be a panel címének első részét, pl. a mojsklep.sellasist.pl címből a „mojsklep” szót.',
      'Skriv den första delen av panelens adress, t.ex. ”mojsklep” i mojsklep.sellasist.pl.',
    ],
  ),
  cause(
    'no_answer',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['Sellasist nie odpowiedział', 'Sellasist did not answer', 'A Sellasist nem válaszolt', 'Sellasist svarade inte'],
    [
      'Odpowiedź nie nadeszła albo nie dało się jej odczytać. Nie wiadomo, czy zmiana została zapisana.',
      'The answer did not come or could not be read. It is not known whether a change was stored.',
      'A válasz nem érkezett meg, vagy nem olvasható. Nem tudni, hogy a módosítást elmentették-e.',
      'Svaret kom inte eller gick inte att läsa. Det är okänt om en ändring sparades.',
    ],
    [
      'Nic nie rób: odczytamy zamówienie i dopiero potem w razie potrzeby spróbujemy ponownie.',
      'Do nothing: the order is read first, and only then is it tried again if need be.',
      'Nincs teendő: előbb elolvassuk a rendelést, és csak szükség esetén próbáljuk újra.',
      'Inget behöver göras: ordern läses först, och först därefter görs ett nytt försök om det behövs.',
    ],
  ),
  cause(
    'status_gone',
    { stops: 'connection', where: 'settings.readyStatuses', retryHelps: true },
    [
      'Wybranego statusu nie ma już w Sellasist',
      'A chosen status is gone from Sellasist',
      'A választott státusz már nincs meg a Sellasistben',
      'En vald status finns inte längre i Sellasist',
    ],
    [
      'Dokumenty powstają przy statusach, z których co najmniej jednego nie ma już na koncie ({statuses}). Żadne zamówienie go nie osiągnie.',
      'Documents are made at statuses of which at least one is no longer in the account ({statuses}). No order will ever reach it.',
      'A bizonylatok olyan státuszoknál készülnek, amelyek közül legalább egy már nincs a fiókban ({statuses}). Egyetlen rendelés sem éri el.',
      'Dokument skapas vid statusar där minst en inte längre finns på kontot ({statuses}). Ingen order når den någonsin.',
    ],
    [
      'Wybierz statusy od nowa w ustawieniach połączenia. Zamówienia przychodzą tymczasem dalej.',
      'Choose the statuses anew in the settings of the connection. Orders go on arriving meanwhile.',
      'Válassza ki újra a státuszokat a kapcsolat beállításaiban. A rendelések közben tovább érkeznek.',
      'Välj statusar på nytt i anslutningens inställningar. Ordrar fortsätter att komma under tiden.',
    ],
  ),
  cause(
    'order_gone',
    { where: 'order' },
    ['Zamówienia już nie ma', 'The order is no longer there', 'A rendelés már nincs meg', 'Ordern finns inte längre'],
    [
      'W Sellasist nie ma już tego zamówienia: usunięto je albo połączono z innym.',
      'Sellasist no longer has this order: it was deleted or merged into another one.',
      'A Sellasistben már nincs meg ez a rendelés: törölték, vagy összevonták egy másikkal.',
      'Ordern finns inte längre i Sellasist: den har tagits bort eller slagits ihop med en annan.',
    ],
    [
      'Dokument pozostaje ważny. Dołącz PDF ręcznie do zamówienia, w którym są teraz towary.',
      'The document stays valid. Add its PDF by hand to the order that holds the goods now.',
      'A bizonylat érvényes marad. Csatolja kézzel a PDF-et ahhoz a rendeléshez, amelyben a termékek most vannak.',
      'Dokumentet gäller. Lägg PDF:en för hand på den order som varorna nu ligger i.',
    ],
  ),
  cause(
    'write_refused',
    { where: 'settings.documentField' },
    ['Sellasist odrzucił zmianę', 'Sellasist refused the change', 'A Sellasist elutasította a módosítást', 'Sellasist avvisade ändringen'],
    [
      'Zamówienie nie przyjęło zmiany: {message}.',
      'The order did not take the change: {message}.',
      'A rendelés nem fogadta el a módosítást: {message}.',
      'Ordern tog inte emot ändringen: {message}.',
    ],
    [
      'Sprawdź w ustawieniach połączenia, czy wybrane pole lub status jeszcze istnieje, i ponów.',
      'Check in the settings of the connection whether the chosen field or status still exists, then try again.',
      'Nézze meg a kapcsolat beállításaiban, hogy a választott mező vagy státusz létezik-e még, majd próbálja újra.',
      'Kontrollera i anslutningens inställningar att valt fält eller vald status finns kvar och försök igen.',
    ],
  ),
  cause(
    'too_large',
    { whoMends: 'us' },
    ['Plik jest za duży', 'The file is too large', 'A fájl túl nagy', 'Filen är för stor'],
    [
      'PDF jest większy, niż przyjmuje pole zamówienia.',
      'The PDF is larger than the field of the order takes.',
      'A PDF nagyobb, mint amennyit a rendelés mezője fogad.',
      'PDF:en är större än vad fältet på ordern tar emot.',
    ],
    [
      'Zmniejsz logo na dokumentach albo dołącz PDF ręcznie.',
      'Use a smaller logo on documents, or add the PDF by hand.',
      'Használjon kisebb logót a bizonylatokon, vagy csatolja kézzel a PDF-et.',
      'Använd en mindre logotyp på dokumenten eller lägg till PDF:en för hand.',
    ],
  ),
];
