import { agentCauses } from '../contract/agent/index.ts';
import type { Cause } from '../contract/manifest.ts';
import { type Four, four } from './texts/words.ts';

type Traits = Partial<Pick<Cause, 'stops' | 'whoMends' | 'retryHelps' | 'mayExist'>>;

function cause(code: string, traits: Traits, title: Four, text: Four, remedy: Four): Cause {
  return {
    code,
    stops: 'document',
    whoMends: 'seller',
    retryHelps: false,
    mayExist: false,
    ...traits,
    title: four(title),
    text: four(text),
    remedy: four(remedy),
  };
}

/** Causes that no single connector owns. A text about an unknown never says that nothing exists over there. */
export const generalCauses: Cause[] = [
  ...agentCauses,
  cause(
    'UNLISTED',
    { mayExist: true },
    ['Odpowiedź, której nie znamy', 'An answer we do not know', 'Ismeretlen válasz', 'Ett svar vi inte känner till'],
    [
      'Dostawca odpowiedział kodem {code}: {message}.',
      'The provider answered with code {code}: {message}.',
      'A szolgáltató {code} kóddal válaszolt: {message}.',
      'Leverantören svarade med kod {code}: {message}.',
    ],
    [
      'Przeczytaj słowa dostawcy. Jeśli nic nie mówią, pobierz kartę sprawy dokumentu i zapytaj dostawcę.',
      'Read the provider’s words. If they do not help, download the document’s case file and ask the provider.',
      'Olvassa el a szolgáltató szavait. Ha nem segítenek, töltse le a bizonylat esetlapját, és kérdezze meg a szolgáltatót.',
      'Läs leverantörens ord. Hjälper de inte, ladda ner dokumentets ärendeblad och fråga leverantören.',
    ],
  ),
  cause(
    'NO_ANSWER',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['Odpowiedź nie dotarła', 'The answer was lost', 'A válasz elveszett', 'Svaret gick förlorat'],
    [
      'Wysłaliśmy dokument, ale odpowiedź nie wróciła. Nie wiadomo jeszcze, czy dostawca go ma.',
      'The document was sent, but no answer came back. It is not known yet whether the provider has it.',
      'A bizonylatot elküldtük, de válasz nem jött. Még nem tudni, megvan-e a szolgáltatónál.',
      'Dokumentet skickades men inget svar kom tillbaka. Det är ännu inte känt om leverantören har det.',
    ],
    [
      'Nic nie rób: zapytamy dostawcę o nasz znak i dopiero potem przyjmiemy dokument albo wyślemy go ponownie.',
      'Do nothing: the provider is asked for our reference first, then the document is adopted or sent again.',
      'Nincs teendő: előbb rákérdezünk a hivatkozásunkra, és utána átvesszük vagy újraküldjük a bizonylatot.',
      'Gör ingenting: vi frågar först efter vår referens och tar sedan över dokumentet eller skickar det igen.',
    ],
  ),
  cause(
    'TRIES_USED_UP',
    {},
    ['Próby się wyczerpały', 'The tries are used up', 'Elfogytak a próbálkozások', 'Försöken är slut'],
    [
      'Tę samą treść wysłano już {tries} razy bez skutku. Więcej razy jej nie wyślemy, bo dostawca mógłby zablokować konto.',
      'The same content was sent {tries} times without effect. It is not sent again, because the provider might shut the account out.',
      'Ugyanazt a tartalmat {tries} alkalommal küldtük el eredménytelenül. Többször nem küldjük, mert a szolgáltató kitilthatja a fiókot.',
      'Samma innehåll skickades {tries} gånger utan resultat. Det skickas inte fler gånger eftersom leverantören kan spärra kontot.',
    ],
    [
      'Sprawdź u dostawcy, czy dokumentu naprawdę nie ma. Zmień coś na dokumencie (choćby uwagę) i wystaw go ponownie albo wystaw go ręcznie u dostawcy.',
      'Check with the provider that the document is really not there. Change something on it (a note will do) and issue it again, or issue it by hand at the provider.',
      'Nézze meg a szolgáltatónál, hogy a bizonylat valóban nincs-e meg. Módosítson rajta valamit (elég egy megjegyzés), és állítsa ki újra, vagy állítsa ki kézzel a szolgáltatónál.',
      'Kontrollera hos leverantören att dokumentet verkligen inte finns. Ändra något på det (en anteckning räcker) och utfärda det igen, eller utfärda det för hand hos leverantören.',
    ],
  ),
  cause(
    'UNSETTLED',
    { mayExist: true },
    [
      'Nie wiadomo, czy dokument istnieje',
      'Not known whether the document exists',
      'Nem tudni, létezik-e a bizonylat',
      'Det är okänt om dokumentet finns',
    ],
    [
      'Dostawca pytany wielokrotnie nie dał jasnej odpowiedzi ({message}). Dokument może u niego istnieć.',
      'Asked many times, the provider gave no clear answer ({message}). The document may exist there.',
      'A szolgáltató többszöri kérdésre sem adott egyértelmű választ ({message}). A bizonylat létezhet nála.',
      'Leverantören har tillfrågats flera gånger utan tydligt svar ({message}). Dokumentet kan finnas där.',
    ],
    [
      'Otwórz konto u dostawcy i poszukaj numeru zamówienia. Potem naciśnij „Sprawdź ponownie”; nigdy nie wystawiaj drugiego na próbę.',
      'Open your account at the provider and look for the order number. Then press “Ask again”; never issue a second one to see what happens.',
      'Lépjen be a szolgáltatóhoz, és keressen a rendelésszámra. Utána nyomja meg a „Kérdezd újra” gombot; próbaképp soha ne állítson ki másodikat.',
      'Öppna ditt konto hos leverantören och sök på ordernumret. Tryck sedan på ”Fråga igen”; utfärda aldrig ett andra på försök.',
    ],
  ),
  cause(
    'NOT_FOUND_YET',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    [
      'Dostawca jeszcze go nie pokazuje',
      'Not seen at the provider yet',
      'A szolgáltatónál még nem látszik',
      'Syns ännu inte hos leverantören',
    ],
    [
      'Odpowiedź na wysłanie przepadła, a u dostawcy dokumentu nie widać. Może jeszcze powstawać.',
      'The answer to the sending was lost and the provider does not show the document. It may still be in the making.',
      'A küldésre adott válasz elveszett, és a szolgáltatónál a bizonylat nem látszik. Lehet, hogy még készül.',
      'Svaret på sändningen gick förlorat och dokumentet syns inte hos leverantören. Det kan fortfarande vara på väg.',
    ],
    [
      'Za kilka minut zajrzymy jeszcze raz. Nie trzeba nic robić.',
      'We look again in a few minutes. Nothing has to be done.',
      'Néhány perc múlva újra megnézzük. Nincs teendő.',
      'Vi tittar igen om några minuter. Inget behöver göras.',
    ],
  ),
  cause(
    'NOTHING_FOUND',
    { mayExist: true },
    ['U dostawcy nic nie znaleziono', 'Nothing found at the provider', 'A szolgáltatónál nincs találat', 'Inget hittades hos leverantören'],
    [
      'Odpowiedź na wysłanie przepadła. Szukaliśmy dokumentu u dostawcy dwa razy w odstępie czasu i nie ma go tam.',
      'The answer to the sending was lost. The document was looked for at the provider twice, some time apart, and is not there.',
      'A küldésre adott válasz elveszett. Kétszer, időközzel kerestük a bizonylatot a szolgáltatónál, és nincs ott.',
      'Svaret på sändningen gick förlorat. Dokumentet söktes två gånger med tid emellan hos leverantören och finns inte där.',
    ],
    [
      'Możesz zajrzeć do dostawcy. Jeśli go tam nie ma, naciśnij „Nie ma go tam: wyślij jeszcze raz”; tuż przed wysłaniem sprawdzimy ostatni raz.',
      'Have a look at the provider. If it is not there, press “Not there: send once more”; we look a last time right before sending.',
      'Nézze meg a szolgáltatónál. Ha nincs ott, nyomja meg a „Nincs ott: küldés még egyszer” gombot; közvetlenül előtte még egyszer megnézzük.',
      'Titta hos leverantören. Finns det inte där, tryck på ”Finns inte där: skicka en gång till”; vi tittar en sista gång precis före.',
    ],
  ),
  cause(
    'GONE_AT_PROVIDER',
    { stops: 'nothing', mayExist: true },
    ['Dostawca już go nie ma', 'The provider no longer holds it', 'A szolgáltatónál már nincs meg', 'Leverantören har det inte längre'],
    [
      'Dokument {number} zniknął u dostawcy: ktoś go tam usunął.',
      'Document {number} is gone at the provider: somebody deleted it there.',
      'A(z) {number} bizonylat eltűnt a szolgáltatónál: valaki törölte ott.',
      'Dokument {number} är borta hos leverantören: någon har tagit bort det där.',
    ],
    [
      'Zapytaj, kto i dlaczego go usunął. Jeśli sprzedaż trwa, potrzebny jest nowy dokument; porozmawiaj z księgową.',
      'Ask who deleted it and why. If the sale stands, a new document is needed; talk to your accountant.',
      'Kérdezze meg, ki és miért törölte. Ha az eladás fennáll, új bizonylat kell; beszéljen a könyvelővel.',
      'Fråga vem som tog bort det och varför. Gäller försäljningen behövs ett nytt dokument; tala med redovisningsbyrån.',
    ],
  ),
  cause(
    'NOTICES_SILENT',
    { stops: 'nothing', retryHelps: true },
    ['Powiadomienia przestały przychodzić', 'Notices have stopped coming', 'Nem jönnek értesítések', 'Aviseringarna har slutat komma'],
    [
      'Od {since} wystawiono dokumenty, a dostawca nie przysłał ani jednego powiadomienia. Pytamy go sami, więc nic nie ginie; trwa to tylko dłużej.',
      'Since {since} documents were issued but the provider sent no notice. We ask it ourselves, so nothing is lost; it only takes longer.',
      '{since} óta készültek bizonylatok, de a szolgáltató nem küldött értesítést. Magunk kérdezzük, így semmi sem vész el, csak tovább tart.',
      'Sedan {since} har dokument utfärdats men leverantören har inte skickat någon avisering. Vi frågar själva, så inget går förlorat; det tar bara längre tid.',
    ],
    [
      'Otwórz webhook u dostawcy: po wielu nieudanych próbach bywa wyłączany. Włącz go i zweryfikuj ponownie; karta zniknie po pierwszym powiadomieniu.',
      'Open the webhook at the provider: after many failed tries it gets switched off. Switch it on and verify it again; this card goes with the first notice.',
      'Nyissa meg a webhookot a szolgáltatónál: sok sikertelen próba után kikapcsolják. Kapcsolja be és ellenőrizze újra; a kártya az első értesítéssel eltűnik.',
      'Öppna webhooken hos leverantören: efter många misslyckade försök stängs den av. Slå på den och verifiera igen; kortet försvinner med första aviseringen.',
    ],
  ),
  cause(
    'LIKENESS_FOUND',
    { mayExist: true },
    [
      'Podobny dokument u dostawcy',
      'A look-alike at the provider',
      'Hasonló bizonylat a szolgáltatónál',
      'Ett liknande dokument hos leverantören',
    ],
    [
      'Dostawca ma dokument {number}, który wygląda jak ten: kwota i data się zgadzają, ale nie nosi naszego znaku.',
      'The provider holds document {number} that looks like this one: amount and date agree, but it does not bear our reference.',
      'A szolgáltatónál van egy {number} számú bizonylat, amely erre hasonlít: az összeg és a dátum egyezik, de a hivatkozásunk nincs rajta.',
      'Leverantören har dokument {number} som liknar det här: belopp och datum stämmer, men det saknar vår referens.',
    ],
    [
      'Porównaj oba i odpowiedz: to ten sam dokument (przyjmiemy go) albo inny (wystawimy nowy).',
      'Compare the two and answer: it is the same (it is adopted) or another one (a new one is issued).',
      'Vesse össze a kettőt, és válaszoljon: ugyanaz (átvesszük) vagy másik (újat állítunk ki).',
      'Jämför dem och svara: samma dokument (vi tar över det) eller ett annat (ett nytt utfärdas).',
    ],
  ),
  cause(
    'NUMBER_OF_ANOTHER',
    { mayExist: true },
    [
      'Numer należy do innego dokumentu',
      'The number belongs to another document',
      'A szám másik bizonylaté',
      'Numret hör till ett annat dokument',
    ],
    [
      'Dostawca odpowiedział numerem {number}, który ma już inna sprzedaż ({order}). Nie wiadomo, czy dla tej powstał osobny dokument.',
      'The provider answered with number {number}, which another sale has already ({order}). It is not known whether this one got a document of its own.',
      'A szolgáltató a(z) {number} számmal válaszolt, amely már egy másik eladásé ({order}). Nem tudni, ennek készült-e saját bizonylata.',
      'Leverantören svarade med nummer {number}, som redan hör till en annan försäljning ({order}). Det är okänt om den här fick ett eget dokument.',
    ],
    [
      'Poszukaj obu zamówień u dostawcy. Jeśli tej sprzedaży tam nie ma, zmień na dokumencie numer zamówienia albo uwagę i wystaw go ponownie.',
      'Look for both orders at the provider. If this sale is not there, change the order number or a note on the document and issue it again.',
      'Keresse meg mindkét rendelést a szolgáltatónál. Ha ez az eladás nincs ott, módosítsa a bizonylaton a rendelésszámot vagy egy megjegyzést, és állítsa ki újra.',
      'Sök efter båda ordrarna hos leverantören. Finns den här försäljningen inte där, ändra ordernumret eller en anteckning på dokumentet och utfärda igen.',
    ],
  ),
  cause(
    'ORIGINAL_NOT_ACCEPTED',
    { whoMends: 'nobody', retryHelps: true },
    ['Czeka na swój dokument pierwotny', 'Waits for its original', 'Az eredetire vár', 'Väntar på sitt original'],
    [
      'Ten dokument odnosi się do innego ({number}), którego dostawca jeszcze nie przyjął.',
      'This document refers to another ({number}) that the provider has not accepted yet.',
      'Ez a bizonylat egy másikra hivatkozik ({number}), amelyet a szolgáltató még nem fogadott be.',
      'Dokumentet hänvisar till ett annat ({number}) som leverantören ännu inte har tagit emot.',
    ],
    [
      'Wyślemy go, gdy tamten zostanie przyjęty. Jeśli tamten został odrzucony, popraw go najpierw.',
      'It goes out once the other is accepted. If that one was refused, mend it first.',
      'Elküldjük, amint az befogadásra került. Ha azt visszautasították, előbb azt javítsa.',
      'Det skickas när det andra har tagits emot. Om det avvisades, åtgärda det först.',
    ],
  ),
  cause(
    'ORIGINAL_NOT_AT_PROVIDER',
    {},
    [
      'Dostawca nie ma dokumentu pierwotnego',
      'The provider does not hold the original',
      'Az eredeti nincs a szolgáltatónál',
      'Leverantören har inte originalet',
    ],
    [
      'Ten dokument odnosi się do {number}, a tego dokumentu nie przekazano temu dostawcy.',
      'This document refers to {number}, which was never handed to this provider.',
      'Ez a bizonylat a(z) {number} számúra hivatkozik, amelyet ez a szolgáltató nem kapott meg.',
      'Dokumentet hänvisar till {number}, som aldrig har lämnats till den här leverantören.',
    ],
    [
      'Wybierz dla tego dokumentu serię, w której wystawiono pierwotny.',
      'Choose for this document the series in which the original was issued.',
      'Válassza ehhez a bizonylathoz azt a sorozatot, amelyben az eredeti készült.',
      'Välj för dokumentet den serie som originalet utfärdades i.',
    ],
  ),
  cause(
    'CONNECTION_REMOVED',
    {},
    ['Połączenie usunięto', 'The connection was removed', 'A kapcsolatot törölték', 'Anslutningen har tagits bort'],
    [
      'Połączenia, którym dokument miał pójść, już nie ma; nie poszedł.',
      'The connection this document was to go by is gone; it was not sent.',
      'A kapcsolat, amelyen a bizonylatnak mennie kellett volna, már nincs meg; nem ment el.',
      'Anslutningen som dokumentet skulle gå via finns inte längre; det skickades inte.',
    ],
    [
      'Połącz dostawcę na nowo i wskaż połączenie w serii, albo wybierz dla dokumentu inną serię.',
      'Connect the provider anew and name the connection in the series, or choose another series for the document.',
      'Kapcsolja újra a szolgáltatót, és adja meg a sorozatban, vagy válasszon másik sorozatot a bizonylathoz.',
      'Anslut leverantören på nytt och ange anslutningen i serien, eller välj en annan serie för dokumentet.',
    ],
  ),
  cause(
    'CONNECTION_REMOVED_UNCLEAR',
    { mayExist: true },
    [
      'Połączenie usunięto w trakcie wysyłania',
      'The connection was removed while sending',
      'A kapcsolatot küldés közben törölték',
      'Anslutningen togs bort under sändning',
    ],
    [
      'Dokument był w drodze, gdy usunięto połączenie. Może istnieć u dostawcy, a nie mamy już jak go o to zapytać.',
      'The document was on its way when the connection was removed. It may exist at the provider, and there is no way left to ask.',
      'A bizonylat úton volt, amikor a kapcsolatot törölték. Létezhet a szolgáltatónál, és már nem tudjuk megkérdezni.',
      'Dokumentet var på väg när anslutningen togs bort. Det kan finnas hos leverantören och vi kan inte längre fråga.',
    ],
    [
      'Sprawdź u dostawcy pod numerem zamówienia, zanim wystawisz cokolwiek innego.',
      'Look at the provider under the order number before issuing anything else.',
      'Keresse meg a szolgáltatónál a rendelésszám alapján, mielőtt bármi mást kiállítana.',
      'Sök hos leverantören på ordernumret innan något annat utfärdas.',
    ],
  ),
  cause(
    'PULL_FAILED',
    { stops: 'nothing', whoMends: 'us', retryHelps: true },
    ['Nie udało się pobrać zamówień', 'Orders could not be taken', 'A rendelések átvétele nem sikerült', 'Ordrarna kunde inte hämtas'],
    [
      'Pobieranie zamówień przerwał nieoczekiwany błąd. Nic nie przepadło: zaczniemy od tego samego miejsca.',
      'An unexpected error stopped the taking of orders. Nothing is lost: it starts again from the same place.',
      'A rendelések átvételét váratlan hiba szakította meg. Semmi sem veszett el: ugyanonnan folytatjuk.',
      'Ett oväntat fel avbröt hämtningen av ordrar. Inget är förlorat: den börjar om på samma ställe.',
    ],
    [
      'Poczekaj na następną próbę. Jeśli błąd się powtarza, zgłoś go osobie, która prowadzi tę instalację.',
      'Wait for the next try. If it keeps failing, tell whoever runs this installation.',
      'Várja meg a következő próbát. Ha a hiba ismétlődik, szóljon annak, aki ezt a telepítést üzemelteti.',
      'Vänta på nästa försök. Om felet återkommer, kontakta den som driver installationen.',
    ],
  ),
  cause(
    'ATTACH_PDF_AWAITED',
    { stops: 'nothing', whoMends: 'nobody', retryHelps: true },
    ['Czekamy na PDF', 'The PDF is awaited', 'A PDF-re várunk', 'PDF:en inväntas'],
    [
      'Dokument jest wystawiony, ale dostawca nie wydał jeszcze jego PDF.',
      'The document is issued, but the provider has not given its PDF yet.',
      'A bizonylat ki van állítva, de a szolgáltató még nem adta ki a PDF-et.',
      'Dokumentet är utfärdat, men leverantören har ännu inte lämnat ut PDF:en.',
    ],
    [
      'Nic nie rób: trafi na zamówienie, gdy tylko będzie. Po pół godzinie dołączymy nasz wydruk.',
      'Do nothing: it goes onto the order as soon as it is there. After half an hour our own print is used.',
      'Nincs teendő: amint megérkezik, a rendelésre kerül. Fél óra után a saját nyomtatványunkat csatoljuk.',
      'Gör ingenting: den läggs på ordern så snart den finns. Efter en halvtimme används vår egen utskrift.',
    ],
  ),
  cause(
    'ATTACH_NOT_KEPT',
    {},
    ['Zamówienie nie zachowało zmiany', 'The order did not keep it', 'A rendelés nem őrizte meg', 'Ordern behöll det inte'],
    [
      'System zamówień odpowiedział, że zapisał, ale przy odczycie niczego tam nie było. Dokument sam w sobie jest ważny.',
      'The order system said that it was stored, but nothing was there when it was read back. The document itself is valid.',
      'A rendelési rendszer szerint a mentés sikerült, de visszaolvasáskor nem volt ott semmi. Maga a bizonylat érvényes.',
      'Ordersystemet svarade att det sparats, men inget fanns där när det lästes tillbaka. Själva dokumentet är giltigt.',
    ],
    [
      'Sprawdź w ustawieniach połączenia, czy wybrano właściwe pole lub status, i ponów. W ostateczności dołącz PDF ręcznie.',
      'Check in the settings of the connection that the right field or status is chosen, then try again. As a last resort add the PDF by hand.',
      'Nézze meg a kapcsolat beállításaiban, hogy a megfelelő mező vagy státusz van-e kiválasztva, és próbálja újra. Végső esetben csatolja kézzel a PDF-et.',
      'Kontrollera i anslutningens inställningar att rätt fält eller status är vald och försök igen. Lägg i sista hand till PDF:en för hand.',
    ],
  ),
  cause(
    'ATTACH_UNSETTLED',
    { mayExist: true },
    [
      'Nie wiadomo, czy jest na zamówieniu',
      'Not known whether it is on the order',
      'Nem tudni, rákerült-e a rendelésre',
      'Det är okänt om det ligger på ordern',
    ],
    [
      'Wielokrotnie zaglądaliśmy do zamówienia bez jasnej odpowiedzi ({message}).',
      'The order was looked at many times without a clear answer ({message}).',
      'A rendelést többször is megnéztük, egyértelmű válasz nélkül ({message}).',
      'Ordern har kontrollerats många gånger utan tydligt svar ({message}).',
    ],
    [
      'Otwórz zamówienie w jego systemie. Jeśli PDF tam jest, nic nie rób; jeśli nie, naciśnij „Ponów”.',
      'Open the order in its system. If the PDF is there, do nothing; if not, press “Try again”.',
      'Nyissa meg a rendelést a saját rendszerében. Ha a PDF ott van, nincs teendő; ha nincs, nyomja meg az „Újra” gombot.',
      'Öppna ordern i dess system. Finns PDF:en där behöver du inget göra; annars trycker du på ”Försök igen”.',
    ],
  ),
  cause(
    'ATTACH_TOO_LARGE',
    {},
    ['PDF jest za duży', 'The PDF is too large', 'A PDF túl nagy', 'PDF:en är för stor'],
    [
      'PDF ma {size}, a pole zamówienia przyjmuje najwyżej {limit}.',
      'The PDF has {size}, and the field of the order takes at most {limit}.',
      'A PDF {size}, a rendelés mezője legfeljebb {limit} méretet fogad.',
      'PDF:en är {size}, men fältet på ordern tar högst {limit}.',
    ],
    [
      'Użyj mniejszego logo na dokumentach albo dołącz PDF ręcznie.',
      'Use a smaller logo on documents, or add the PDF by hand.',
      'Használjon kisebb logót a bizonylatokon, vagy csatolja kézzel a PDF-et.',
      'Använd en mindre logotyp på dokumenten eller lägg till PDF:en för hand.',
    ],
  ),
  cause(
    'ATTACH_NO_PDF',
    { whoMends: 'us' },
    ['Dokument nie ma PDF', 'The document has no PDF', 'A bizonylatnak nincs PDF-je', 'Dokumentet har ingen PDF'],
    [
      'Nie ma czego dołączyć: dokument nie jest wystawiony albo nie dało się go wydrukować.',
      'There is nothing to attach: the document is not issued or could not be printed.',
      'Nincs mit csatolni: a bizonylat nincs kiállítva, vagy nem sikerült kinyomtatni.',
      'Det finns inget att bifoga: dokumentet är inte utfärdat eller kunde inte skrivas ut.',
    ],
    [
      'Otwórz dokument i sprawdź jego podgląd, potem ponów.',
      'Open the document and look at its preview, then try again.',
      'Nyissa meg a bizonylatot, nézze meg az előnézetét, majd próbálja újra.',
      'Öppna dokumentet, titta på förhandsvisningen och försök igen.',
    ],
  ),
  cause(
    'ATTACH_NOT_OFFERED',
    {},
    ['Kanał tego nie potrafi', 'The channel cannot do that', 'A csatorna ezt nem tudja', 'Kanalen kan inte det'],
    [
      'Tego systemu zamówień nie da się zmieniać w ten sposób.',
      'Orders of this system cannot be changed in this way.',
      'Ennek a rendszernek a rendelései így nem módosíthatók.',
      'Ordrar i det här systemet kan inte ändras på det sättet.',
    ],
    [
      'Wyczyść to ustawienie w połączeniu.',
      'Clear this setting of the connection.',
      'Törölje ezt a beállítást a kapcsolatnál.',
      'Rensa den inställningen på anslutningen.',
    ],
  ),
  cause(
    'QUOTA_WAIT',
    { stops: 'nothing', whoMends: 'nobody', retryHelps: true },
    ['Czeka na swoją kolej', 'Waiting for its turn', 'Sorára vár', 'Väntar på sin tur'],
    [
      'Druga strona przyjmuje tylko określoną liczbę zapytań na minutę. Nic nie zostało wysłane; następne zapytanie pójdzie za chwilę.',
      'The other side takes only so many requests a minute. Nothing was sent; the next request goes in a moment.',
      'A másik oldal percenként csak korlátozott számú kérést fogad. Semmit sem küldtünk el; a következő kérés hamarosan indul.',
      'Motparten tar bara emot ett visst antal anrop per minut. Ingenting har skickats; nästa anrop går om en stund.',
    ],
    [
      'Nic nie rób: pójdzie samo, żadna próba nie przepada.',
      'Do nothing: it goes by itself, and no try is lost.',
      'Nincs teendő: magától megy tovább, egyetlen próbálkozás sem vész el.',
      'Gör ingenting: det går av sig självt och inget försök går förlorat.',
    ],
  ),
  cause(
    'CONNECTION_UNREACHABLE',
    { stops: 'connection', whoMends: 'nobody', retryHelps: true },
    [
      'Nie ma połączenia z dostawcą',
      'The other system cannot be reached',
      'A másik rendszer nem érhető el',
      'Det andra systemet går inte att nå',
    ],
    [
      'System po drugiej stronie nie odpowiada. Sprzedaż idzie dalej, dokumenty czekają.',
      'The system on the other side does not answer. Selling goes on; documents wait.',
      'A másik oldalon lévő rendszer nem válaszol. Az eladás folytatódik, a bizonylatok várnak.',
      'Systemet på andra sidan svarar inte. Försäljningen fortsätter, dokumenten väntar.',
    ],
    [
      'Spróbujemy sami ponownie. Jeśli trwa to dłużej, sprawdź adres w ustawieniach połączenia i stronę stanu dostawcy.',
      'It is tried again by itself. If it lasts, check the address in the connection’s settings and the provider’s status page.',
      'Magától újra próbáljuk. Ha tartós, ellenőrizze a címet a kapcsolat beállításaiban és a szolgáltató állapotoldalát.',
      'Vi försöker igen av oss själva. Om det består, kontrollera adressen i anslutningens inställningar och leverantörens driftsida.',
    ],
  ),
];
