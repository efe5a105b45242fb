import { causesOf, type Four, four } from '../../src/contract/cause.ts';
import type { CauseRef } from '../../src/contract/connector.ts';
import type { Cause } from '../../src/contract/manifest.ts';
import { cut } from '../../src/domain/cut.ts';

/** Their codes to our causes: who mends it, can the same request succeed later, may a document exist although we heard of a failure. */

/** What was being asked: a code may mean another thing on a query than on a write. */
export type Operation =
  | 'create'
  | 'storno'
  | 'pay'
  | 'query'
  | 'pdf'
  | 'delete'
  | 'receipt'
  | 'receiptStorno'
  | 'receiptGet'
  | 'receiptSend'
  | 'taxpayer';

/**
 * What a code proves. `rejected`: nothing was made. `unknown`: something may exist, ask first. `exists`: it says itself that a
 * document of this order or call is there. `absent`: nothing by that name. `settled`: the aim is reached already.
 */
export type Verdict = 'rejected' | 'unknown' | 'exists' | 'absent' | 'settled';
type CodeFacts = { cause: string; verdict: Verdict };

const rejected = (cause: string): CodeFacts => ({ cause, verdict: 'rejected' });
const unknown = (cause: string): CodeFacts => ({ cause, verdict: 'unknown' });

/** Every code that is known. Any other is unknown: shown with its own words and never sent again by itself. */
export const codes: Record<string, CodeFacts> = {
  '1': unknown('provider_down'),
  '2': unknown('unknown_code'),
  '3': rejected('key_mistyped'),
  '7': rejected('missing_data'),
  '13': unknown('storno_unclear'),
  '14': rejected('not_stornoable'),
  '49': rejected('own_certificate'),
  '51': unknown('unknown_code'),
  '52': unknown('unknown_code'),
  '53': rejected('integration_bug'),
  '54': rejected('einvoice_not_allowed'),
  '55': unknown('einvoice_signing'),
  '56': unknown('mail_failed_unclear'),
  '57': rejected('integration_bug'),
  '71': { cause: 'already_invoiced', verdict: 'exists' },
  '73': rejected('prepayment_missing'),
  '135': rejected('browser_session'),
  '136': rejected('account_debt'),
  '152': { cause: 'already_invoiced', verdict: 'exists' },
  '153': rejected('mail_rate_limited'),
  '164': rejected('multiple_accounts'),
  '165': unknown('unknown_code'),
  '166': unknown('unknown_code'),
  '167': unknown('unknown_code'),
  '173': rejected('issue_date'),
  '202': rejected('prefix_not_enabled'),
  '221': rejected('has_corrective'),
  '250': rejected('account_setup'),
  '259': rejected('rounding'),
  '260': rejected('rounding'),
  '261': rejected('rounding'),
  '262': rejected('rounding'),
  '263': rejected('rounding'),
  '264': rejected('rounding'),
  '335': { cause: 'proforma_gone', verdict: 'settled' },
  '336': rejected('receipt_prefix'),
  '337': rejected('receipt_prefix'),
  '338': { cause: 'receipt_call_used', verdict: 'exists' },
  '339': { cause: 'receipt_not_found', verdict: 'absent' },
  '340': rejected('rounding'),
  '352': rejected('issue_date'),
  '363': rejected('rounding'),
  '364': rejected('rounding'),
  '365': rejected('rounding'),
  '463': rejected('document_reversed'),
  '537': rejected('integration_bug'),
  '538': rejected('test_account'),
  '539': rejected('account_setup'),
  '551': rejected('integration_bug'),
  '552': rejected('integration_bug'),
  '553': rejected('integration_bug'),
  '554': rejected('integration_bug'),
  '555': rejected('integration_bug'),
  '556': rejected('integration_bug'),
};

const queries = new Set<Operation>(['query', 'pdf', 'receiptGet']);

/** Verdict and cause of a failure. `keyWorked`: this very key has been accepted before, so a refusal means it was deleted. */
export function judge(
  failure: { code: string; message: string },
  operation: Operation,
  keyWorked: boolean,
): { verdict: Verdict; cause: CauseRef } {
  const { code, message } = failure;
  const facts = codes[code] ?? unknown('unknown_code');
  const ref = (name: string): CauseRef => ({
    code: `szamlazz.${name}`,
    params: paramsOf(code, message),
    providerCode: code || undefined,
    providerText: cut(message, 1000) || undefined,
  });
  if (code === '3' && keyWorked) return { verdict: 'rejected', cause: ref('key_deleted') };
  if (code === '7' && queries.has(operation)) return { verdict: 'absent', cause: ref('not_found') };
  if (code === '7' && /elad[óo]/i.test(message)) return { verdict: 'rejected', cause: ref('company_incomplete') };
  return { verdict: facts.verdict, cause: ref(facts.cause) };
}

/** What fills the placeholders: the code, the provider's words, and what stands after the last colon (a prefix, an order number). */
function paramsOf(code: string, message: string): Record<string, string> {
  const words = message.slice(0, 2000).replace(/\. Az ismétlődés.*$/, '');
  const named = words.includes(':')
    ? words
        .slice(words.lastIndexOf(':') + 1)
        .trim()
        .replace(/\.$/, '')
        .trim()
    : '';
  return { code: code || '?', message: cut(message, 300) || '–', named: cut(named, 120) || '–' };
}

const dashboard = 'https://www.szamlazz.hu/szamla/';
const settingsPage = 'https://www.szamlazz.hu/szamla/beallitasok';
const prefixHelp = 'https://tudastar.szamlazz.hu/gyik/szamlaszam-formatumok-mikor-kell-megadni';
const mailHelp = 'https://docs.szamlazz.hu/agent/generating_invoice/settings_and_rules/email-notification';
const errorHelp = 'https://docs.szamlazz.hu/agent/basics/error-handling';

const cause = causesOf('szamlazz.');

const nothingToDo: Four = ['Nie trzeba nic robić.', 'Nothing has to be done.', 'Nincs teendő.', 'Inget behöver göras.'];
const reportIt: Four = [
  'To błąd po naszej stronie: pobierz akta sprawy tego dokumentu i prześlij je nam. Samo ponowienie nie pomoże.',
  'This is a fault of ours: download the case file of this document and send it to us. Sending again will not help.',
  'Ez a mi hibánk: töltse le a bizonylat ügyiratát, és küldje el nekünk. Az újraküldés magában nem segít.',
  'Felet ligger hos oss: ladda ner dokumentets ärendeakt och skicka den till oss. Att skicka igen hjälper inte.',
];
const askedFirst: Four = [
  'Najpierw sprawdzimy w Számlázz.hu, czy dokument powstał, a dopiero potem wyślemy go ponownie. Nie trzeba nic robić; jeśli to trwa dłużej niż godzinę, zajrzyj na stronę Számlázz.hu.',
  'We first ask Számlázz.hu whether the document was made and only then send it again. Nothing has to be done; if it lasts more than an hour, have a look at the Számlázz.hu site.',
  'Először megkérdezzük a Számlázz.hu-t, elkészült-e a bizonylat, és csak utána küldjük újra. Nincs teendő; ha egy óránál tovább tart, nézze meg a Számlázz.hu oldalát.',
  'Vi frågar först Számlázz.hu om dokumentet skapades och skickar det igen först därefter. Inget behöver göras; varar det mer än en timme, titta på Számlázz.hus webbplats.',
];

const toPaper: Cause['change'] = {
  setting: 'eInvoice',
  value: false,
  label: four(['Przejdź na fakturę papierową', 'Change to paper form', 'Váltás papíralapú számlára', 'Byt till pappersfaktura']),
  about: four([
    'Odtąd to połączenie wystawia faktury papierowe jako PDF; prawnie egzemplarzem nabywcy jest wydruk. Czekające dokumenty pójdą tak samo.',
    'From now on this connection issues paper-form invoices as PDF; by law the print is the buyer’s copy. What waits goes the same way.',
    'Ettől fogva ez a kapcsolat papíralapú számlát állít ki PDF-ben; jogilag a kinyomtatott példány a vevőé. A várakozó bizonylatok is így mennek.',
    'Från och med nu utfärdar anslutningen pappersfakturor som PDF; juridiskt är utskriften köparens exemplar. Det som väntar går på samma sätt.',
  ]),
};
const toDefaultPrefix: Cause['change'] = {
  setting: 'prefix',
  value: '',
  label: four(['Użyj domyślnego przedrostka', 'Use the default prefix', 'Az alapértelmezett előtag használata', 'Använd standardprefixet']),
  about: four([
    'Faktury dostaną numery z domyślnej puli konta w Számlázz.hu. Czekające dokumenty pójdą tak samo.',
    'Invoices get numbers of the account’s default range at Számlázz.hu. What waits goes the same way.',
    'A számlák a Számlázz.hu-fiók alapértelmezett számtartományából kapnak számot. A várakozó bizonylatok is így mennek.',
    'Fakturorna får nummer ur kontots standardserie hos Számlázz.hu. Det som väntar går på samma sätt.',
  ]),
};

export const causes: Cause[] = [
  cause(
    'account_debt',
    { stops: 'connection', link: dashboard },
    ['Zaległość na koncie Számlázz.hu', 'Debt on the Számlázz.hu account', 'Tartozás a Számlázz.hu-fiókban', 'Skuld på Számlázz.hu-kontot'],
    [
      'Számlázz.hu nie przyjmuje dokumentów, bo na koncie jest nieopłacony rachunek albo wygasł pakiet. Opłatę za dokumenty z interfejsu nalicza się także w pakiecie darmowym. Nic nie zostało wystawione.',
      'Számlázz.hu accepts no documents because a bill is unpaid or the package has expired. The fee for documents made through the interface is charged on the free package too. Nothing was issued.',
      'A Számlázz.hu nem fogad bizonylatot, mert kifizetetlen díj van a fiókban, vagy lejárt a csomag. A Számla Agent díját az ingyenes csomagban is felszámolják. Nem készült számla.',
      'Számlázz.hu tar inte emot dokument eftersom en räkning är obetald eller paketet har löpt ut. Avgiften för dokument via gränssnittet tas ut även i gratispaketet. Inget har utfärdats.',
    ],
    [
      'Zaloguj się do Számlázz.hu w przeglądarce, otwórz stronę pakietu (Díjcsomagom) i opłać rachunek. Dodaj kartę płatniczą, a następne opłaty pobiorą się same. Potem naciśnij tutaj „Naprawione: spróbuj jeden”.',
      'Log in to Számlázz.hu in a browser, open your package page (Díjcsomagom) and pay the bill. Add a bank card and later fees are collected by themselves. Then press “Mended: try one” here.',
      'Lépjen be böngészőben a Számlázz.hu-ra, nyissa meg a Díjcsomagom oldalt, és fizesse be a díjat. Ha bankkártyát is megad, a későbbi díjakat automatikusan levonják. Utána itt nyomja meg a „Elhárítva: próba eggyel” gombot.',
      'Logga in på Számlázz.hu i webbläsaren, öppna paketsidan (Díjcsomagom) och betala räkningen. Lägger du till ett kort dras kommande avgifter automatiskt. Tryck sedan på ”Åtgärdat: försök med ett” här.',
    ],
  ),
  cause(
    'key_mistyped',
    { stops: 'connection', link: dashboard, where: 'settings.agentKey' },
    [
      'Klucz Számla Agent nie został przyjęty',
      'The agent key was not accepted',
      'A Számla Agent-kulcsot nem fogadták el',
      'Agentnyckeln godtogs inte',
    ],
    [
      'Számlázz.hu nie zna tego klucza; jeszcze nigdy nie zadziałał. Najpewniej wkradł się błąd przy kopiowaniu. Nic nie zostało wystawione.',
      'Számlázz.hu does not know this key; it has never worked. Most likely it was mistyped or copied in part. Nothing was issued.',
      'A Számlázz.hu nem ismeri ezt a kulcsot; még egyszer sem működött. Valószínűleg elírás, vagy csak egy része került be. Nem készült számla.',
      'Számlázz.hu känner inte till nyckeln; den har aldrig fungerat. Troligen blev den felskriven eller bara delvis kopierad. Inget har utfärdats.',
    ],
    [
      'Skopiuj klucz jeszcze raz: na dole pulpitu Számlázz.hu, przy ikonie klucza. Wklej cały, 42 znaki.',
      'Copy the key again from the bottom of the Számlázz.hu dashboard, at the key icon. Paste all 42 characters.',
      'Másolja ki újra a kulcsot a Számlázz.hu vezérlőpultjának alján, a kulcs ikonnál. Mind a 42 karaktert illessze be.',
      'Kopiera nyckeln igen längst ner på Számlázz.hus kontrollpanel, vid nyckelikonen. Klistra in alla 42 tecken.',
    ],
  ),
  cause(
    'key_deleted',
    { stops: 'connection', link: dashboard, where: 'settings.agentKey' },
    [
      'Klucz Számla Agent usunięto lub wymieniono',
      'The agent key was deleted or replaced',
      'A Számla Agent-kulcsot törölték vagy lecserélték',
      'Agentnyckeln har tagits bort eller bytts',
    ],
    [
      'Ten klucz dotąd działał, a teraz Számlázz.hu go odrzuca: usunięto go albo utworzono na nowo. Nic nie zostało wystawione.',
      'This key used to work and Számlázz.hu now refuses it: it was deleted or made anew there. Nothing was issued.',
      'Ez a kulcs eddig működött, most a Számlázz.hu elutasítja: törölték vagy újat készítettek helyette. Nem készült számla.',
      'Nyckeln fungerade tidigare men avvisas nu av Számlázz.hu: den har tagits bort eller skapats på nytt. Inget har utfärdats.',
    ],
    [
      'Utwórz nowy klucz na dole pulpitu Számlázz.hu (ikona klucza) i wklej go w ustawieniach tego połączenia. Czekające dokumenty pójdą dalej.',
      'Make a new key at the bottom of the Számlázz.hu dashboard (key icon) and paste it into the settings of this connection. The waiting documents then go on.',
      'Készítsen új kulcsot a Számlázz.hu vezérlőpultjának alján (kulcs ikon), és illessze be a kapcsolat beállításaiba. A várakozó bizonylatok ezután továbbmennek.',
      'Skapa en ny nyckel längst ner på Számlázz.hus kontrollpanel (nyckelikonen) och klistra in den i anslutningens inställningar. Väntande dokument går då vidare.',
    ],
  ),
  cause(
    'einvoice_not_allowed',
    { stops: 'series', link: settingsPage, where: 'settings.eInvoice', change: toPaper },
    [
      'E-faktura niedostępna na koncie',
      'E-invoice not allowed on the account',
      'Az e-számla nincs engedélyezve',
      'E-faktura tillåts inte på kontot',
    ],
    [
      'To połączenie prosi o e-faktury, a pakiet lub ustawienia konta w Számlázz.hu ich nie obejmują. Nic nie zostało wystawione.',
      'This connection asks for e-invoices, but the package or settings of the Számlázz.hu account do not allow them. Nothing was issued.',
      'A kapcsolat e-számlát kér, de a Számlázz.hu-csomag vagy a fiók beállítása ezt nem engedi. Nem készült számla.',
      'Anslutningen begär e-fakturor men paketet eller kontots inställningar hos Számlázz.hu tillåter dem inte. Inget har utfärdats.',
    ],
    [
      'Wyłącz w ustawieniach połączenia „E-faktura” albo zmień pakiet w Számlázz.hu i zaakceptuj tam użycie certyfikatu.',
      'Switch “E-invoice” off in the settings of this connection, or change the package at Számlázz.hu and accept the use of the certificate there.',
      'Kapcsolja ki az „E-számla” beállítást ennél a kapcsolatnál, vagy váltson olyan Számlázz.hu-csomagra, amely tartalmazza, és fogadja el ott a tanúsítvány használatát.',
      'Stäng av ”E-faktura” i anslutningens inställningar, eller byt paket hos Számlázz.hu och godkänn där att certifikatet används.',
    ],
  ),
  cause(
    'prefix_not_enabled',
    { stops: 'series', link: prefixHelp, where: 'settings.prefix', change: toDefaultPrefix },
    [
      'Przedrostek numeru nieznany lub wyłączony',
      'Prefix unknown, disabled or not for this payment method',
      'Ismeretlen vagy nem engedélyezett számlaszám-előtag',
      'Okänt eller inaktiverat prefix',
    ],
    [
      'Számlázz.hu nie zna przedrostka {named}, jest on wyłączony albo nie wolno go używać przy płatności online. Nic nie zostało wystawione.',
      'Számlázz.hu does not know the prefix {named}, or it is disabled, or it may not be used for online payment. Nothing was issued.',
      'A(z) {named} számlaszám-előtag nem létezik a Számlázz.hu-fiókban, nincs engedélyezve, vagy online fizetésnél nem használható. Nem készült számla.',
      'Számlázz.hu känner inte till prefixet {named}, eller så är det inaktiverat eller får inte användas vid onlinebetalning. Inget har utfärdats.',
    ],
    [
      'Dodaj i włącz przedrostek w ustawieniach Számlázz.hu, także dla płatności online, albo wyczyść pole przedrostka w tym połączeniu: użyty zostanie domyślny.',
      'Add and enable the prefix in the Számlázz.hu settings, for online payment too, or clear the prefix of this connection: the default one is used then.',
      'Adja hozzá és engedélyezze az előtagot a Számlázz.hu beállításaiban, online fizetésre is, vagy hagyja üresen a kapcsolat előtagját: ekkor az alapértelmezett lesz.',
      'Lägg till och aktivera prefixet i Számlázz.hus inställningar, även för onlinebetalning, eller töm anslutningens prefix: då används standardprefixet.',
    ],
  ),
  cause(
    'provider_down',
    { stops: 'connection', whoMends: 'provider', retryHelps: true, mayExist: true, link: errorHelp },
    [
      'Számlázz.hu chwilowo nie działa',
      'Számlázz.hu is unavailable for the moment',
      'A Számlázz.hu átmenetileg nem elérhető',
      'Számlázz.hu är tillfälligt otillgängligt',
    ],
    [
      'Számlázz.hu zgłasza przerwę techniczną lub błąd wewnętrzny. Nie wiadomo jeszcze, czy dokument powstał.',
      'Számlázz.hu reports maintenance or an internal error. Whether the document was made is not known yet.',
      'A Számlázz.hu karbantartást vagy belső hibát jelez. Még nem tudni, elkészült-e a bizonylat.',
      'Számlázz.hu meddelar underhåll eller internt fel. Det är ännu inte känt om dokumentet skapades.',
    ],
    askedFirst,
  ),
  cause(
    'no_answer',
    { whoMends: 'nobody', retryHelps: true, mayExist: true, link: dashboard },
    ['Brak odpowiedzi z Számlázz.hu', 'No answer from Számlázz.hu', 'Nem érkezett válasz a Számlázz.hu-tól', 'Inget svar från Számlázz.hu'],
    [
      'Połączenie się zerwało albo odpowiedź nie przyszła na czas ({message}). Nie wiadomo jeszcze, czy dokument powstał.',
      'The connection broke or the answer did not come in time ({message}). Whether the document was made is not known yet.',
      'Megszakadt a kapcsolat, vagy nem jött időben válasz ({message}). Még nem tudni, elkészült-e a bizonylat.',
      'Förbindelsen bröts eller svaret kom inte i tid ({message}). Det är ännu inte känt om dokumentet skapades.',
    ],
    askedFirst,
  ),
  cause(
    'page_instead',
    { whoMends: 'provider', retryHelps: true, mayExist: true, link: dashboard },
    ['Strona zamiast odpowiedzi', 'A web page instead of an answer', 'Weblap érkezett válasz helyett', 'En webbsida i stället för svar'],
    [
      'Számlázz.hu odpowiedział czymś, czego nie da się odczytać: {message}. Nie wiadomo jeszcze, czy dokument powstał.',
      'Számlázz.hu answered with something that cannot be read: {message}. Whether the document was made is not known yet.',
      'A Számlázz.hu értelmezhetetlen választ adott: {message}. Még nem tudni, elkészült-e a bizonylat.',
      'Számlázz.hu svarade med något som inte kan läsas: {message}. Det är ännu inte känt om dokumentet skapades.',
    ],
    askedFirst,
  ),
  cause(
    'unknown_code',
    { whoMends: 'seller', mayExist: true, link: errorHelp },
    ['Nieznany kod odpowiedzi {code}', 'Unknown answer code {code}', 'Ismeretlen válaszkód: {code}', 'Okänd svarskod {code}'],
    [
      'Számlázz.hu odpowiedział kodem {code}, którego znaczenia nie znamy: {message}. Dokument mógł powstać, więc sam nie zostanie wysłany ponownie.',
      'Számlázz.hu answered with code {code}, whose meaning we do not know: {message}. The document may exist, so it is not sent again by itself.',
      'A Számlázz.hu {code} kóddal válaszolt, ennek jelentését nem ismerjük: {message}. A bizonylat elkészülhetett, ezért magától nem küldjük újra.',
      'Számlázz.hu svarade med kod {code}, som vi inte vet vad den betyder: {message}. Dokumentet kan finnas, så det skickas inte igen av sig självt.',
    ],
    [
      'Sprawdź w Számlázz.hu, czy dokument istnieje, i zapytaj tam o kod. Potem naciśnij „Przekaż ponownie”: najpierw go poszukamy.',
      'See at Számlázz.hu whether the document exists and ask them about the code. Then press “Transfer again”: it is looked for first.',
      'Nézze meg a Számlázz.hu-n, létezik-e a bizonylat, és kérdezzen rá ott a kódra. Utána nyomja meg az „Ismételt átadás” gombot: előbb megkeressük.',
      'Se hos Számlázz.hu om dokumentet finns och fråga dem om koden. Tryck sedan på ”Överför igen”: vi letar efter det först.',
    ],
  ),
  cause(
    'missing_data',
    { whoMends: 'buyer', where: 'buyer' },
    ['Brakuje danych na dokumencie', 'Data are missing on the document', 'Hiányzó adat a bizonylaton', 'Uppgifter saknas på dokumentet'],
    [
      'Számlázz.hu odmówił, bo brakuje danych: {named}. Nic nie zostało wystawione.',
      'Számlázz.hu refused because data are missing: {named}. Nothing was issued.',
      'A Számlázz.hu elutasította, mert hiányzik egy adat: {named}. Nem készült számla.',
      'Számlázz.hu avvisade eftersom uppgifter saknas: {named}. Inget har utfärdats.',
    ],
    [
      'Uzupełnij wskazane pole (zwykle miejscowość nabywcy) i wyślij ponownie; można też poprosić nabywcę mailem.',
      'Fill in the named field (usually the city of the buyer) and send again; the buyer can be asked by mail too.',
      'Töltse ki a megnevezett mezőt (többnyire a vevő települését), és küldje újra; a vevőtől e-mailben is bekérheti.',
      'Fyll i det angivna fältet (oftast köparens ort) och skicka igen; köparen kan också tillfrågas per e-post.',
    ],
  ),
  cause(
    'company_incomplete',
    { stops: 'connection', link: settingsPage },
    [
      'Brak danych firmy w Számlázz.hu',
      'Company data missing at Számlázz.hu',
      'Hiányos cégadatok a Számlázz.hu-ban',
      'Företagsuppgifter saknas hos Számlázz.hu',
    ],
    [
      'Dane sprzedawcy pochodzą z konta Számlázz.hu i nie są tam kompletne: {named}. Nic nie zostało wystawione.',
      'The data of the seller come from the Számlázz.hu account and are not complete there: {named}. Nothing was issued.',
      'Az eladó adatai a Számlázz.hu-fiókból jönnek, és ott hiányosak: {named}. Nem készült számla.',
      'Säljarens uppgifter hämtas från Számlázz.hu-kontot och är ofullständiga där: {named}. Inget har utfärdats.',
    ],
    [
      'Uzupełnij w ustawieniach Számlázz.hu nazwę, adres i numer podatkowy firmy, potem spróbuj ponownie.',
      'Complete name, address and tax number of the company in the Számlázz.hu settings, then try again.',
      'Pótolja a Számlázz.hu beállításaiban a cég nevét, címét és adószámát, majd próbálja újra.',
      'Komplettera företagets namn, adress och skattenummer i Számlázz.hus inställningar och försök igen.',
    ],
  ),
  cause(
    'not_found',
    { stops: 'nothing', whoMends: 'nobody' },
    ['Nie ma takiego dokumentu', 'No such document', 'Nincs ilyen bizonylat', 'Inget sådant dokument'],
    [
      'Számlázz.hu nie zna dokumentu o tym numerze, zamówieniu ani oznaczeniu; wykorzystana pro forma też znika.',
      'Számlázz.hu knows no document of this number, order or mark; a proforma that was used up is gone as well.',
      'A Számlázz.hu nem ismer ilyen számú, rendelésű vagy jelű bizonylatot; a felhasznált díjbekérő is eltűnik.',
      'Számlázz.hu känner inte till något dokument med det numret, ordern eller märket; en förbrukad proforma försvinner också.',
    ],
    nothingToDo,
  ),
  cause(
    'storno_unclear',
    { mayExist: true, link: dashboard },
    [
      'Anulowanie nie powiodło się w sposób jasny',
      'Reversal ended unclearly',
      'A sztornó kimenetele bizonytalan',
      'Makuleringens utfall är oklart',
    ],
    [
      'Számlázz.hu nie przyjął anulowania (kod 13, bez wyjaśnienia). Zdarza się to przy fakturach korygujących.',
      'Számlázz.hu did not accept the reversal (code 13, no explanation). It has been seen with correcting invoices.',
      'A Számlázz.hu nem fogadta el a sztornót (13-as kód, magyarázat nélkül). Helyesbítő számlánál fordult elő.',
      'Számlázz.hu godtog inte makuleringen (kod 13, utan förklaring). Det har hänt med korrigeringsfakturor.',
    ],
    [
      'Otwórz dokument w Számlázz.hu i sprawdź jego stan. Jeśli nie jest anulowany, wystaw korektę.',
      'Open the document at Számlázz.hu and see its state. If it is not reversed, issue a correction.',
      'Nyissa meg a bizonylatot a Számlázz.hu-n, és nézze meg az állapotát. Ha nincs sztornózva, állítson ki helyesbítőt.',
      'Öppna dokumentet hos Számlázz.hu och se dess läge. Är det inte makulerat, utfärda en kreditering.',
    ],
  ),
  cause(
    'not_stornoable',
    { link: dashboard },
    [
      'Tego dokumentu nie można anulować',
      'This document cannot be reversed',
      'Ez a bizonylat nem sztornózható',
      'Dokumentet kan inte makuleras',
    ],
    [
      'Wskazany dokument sam jest anulowaniem albo uznaniem. Nic nie zostało wystawione.',
      'The document named is itself a reversal or a credit. Nothing was issued.',
      'A megadott bizonylat maga is sztornó vagy jóváíró. Nem készült új bizonylat.',
      'Det angivna dokumentet är självt en makulering eller kreditering. Inget har utfärdats.',
    ],
    nothingToDo,
  ),
  cause(
    'storno_noop',
    { link: dashboard },
    ['Anulowanie nic nie zmieniło', 'The reversal changed nothing', 'A sztornó nem változtatott semmit', 'Makuleringen ändrade inget'],
    [
      'Dokument {number} to pro forma lub list przewozowy; anulowanie go nic nie robi, choć Számlázz.hu odpowiada „gotowe”.',
      'Document {number} is a proforma or a delivery note; reversing it does nothing although Számlázz.hu answers “done”.',
      'A(z) {number} díjbekérő vagy szállítólevél; a sztornózása semmit sem tesz, bár a Számlázz.hu sikert jelez.',
      'Dokument {number} är en proforma eller följesedel; makulering gör ingenting fast Számlázz.hu svarar ”klart”.',
    ],
    [
      'Pro formę usuń zamiast anulować; dla faktury sprawdź, czy numer jest właściwy.',
      'Delete the proforma instead of reversing it; for an invoice check that the number is right.',
      'A díjbekérőt törölje a sztornózás helyett; számlánál ellenőrizze, hogy jó-e a szám.',
      'Ta bort proforman i stället för att makulera; kontrollera numret om det gäller en faktura.',
    ],
  ),
  cause(
    'has_corrective',
    { where: 'kind' },
    [
      'Faktura ma już korektę',
      'The invoice has a correction already',
      'A számlának már van helyesbítője',
      'Fakturan har redan en korrigering',
    ],
    [
      'Faktury, do której wystawiono korektę, nie da się anulować. Nic nie zostało wystawione.',
      'An invoice that was corrected can no longer be reversed. Nothing was issued.',
      'Helyesbített számla már nem sztornózható. Nem készült új bizonylat.',
      'En faktura som har korrigerats kan inte längre makuleras. Inget har utfärdats.',
    ],
    [
      'Wystaw kolejną korektę, która sprowadza resztę do zera.',
      'Issue a further correction that brings the rest to zero.',
      'Állítson ki újabb helyesbítő számlát, amely a maradékot nullára hozza.',
      'Utfärda ytterligare en korrigering som för resten till noll.',
    ],
  ),
  cause(
    'own_certificate',
    { stops: 'series', link: settingsPage, where: 'settings.eInvoice', change: toPaper },
    [
      'Brak hasła do własnego certyfikatu',
      'Password of the own certificate missing',
      'Hiányzik a saját tanúsítvány jelszava',
      'Lösenord till eget certifikat saknas',
    ],
    [
      'Konto jest ustawione na własny certyfikat do e-faktur, czego Számlázz.hu już nie obsługuje. Nic nie zostało wystawione.',
      'The account is set to an own e-invoice certificate, which Számlázz.hu has withdrawn. Nothing was issued.',
      'A fiók saját e-számla-tanúsítványra van állítva, ezt a Számlázz.hu már nem támogatja. Nem készült számla.',
      'Kontot är inställt på ett eget certifikat för e-fakturor, vilket Számlázz.hu har dragit tillbaka. Inget har utfärdats.',
    ],
    [
      'Przestaw konto na certyfikat Számlázz.hu albo wyłącz „E-faktura” w tym połączeniu.',
      'Switch the account to the certificate of Számlázz.hu, or switch “E-invoice” off in this connection.',
      'Állítsa a fiókot a Számlázz.hu tanúsítványára, vagy kapcsolja ki az „E-számla” beállítást.',
      'Ställ om kontot till Számlázz.hus certifikat eller stäng av ”E-faktura” i anslutningen.',
    ],
  ),
  cause(
    'einvoice_signing',
    { whoMends: 'provider', retryHelps: true, mayExist: true, link: settingsPage },
    [
      'Nie udało się podpisać e-faktury',
      'The e-invoice could not be signed',
      'Az e-számla aláírása nem sikerült',
      'E-fakturan kunde inte signeras',
    ],
    [
      'Certyfikat wygasł albo serwer znakowania czasem nie odpowiada. Nie wiadomo jeszcze, czy dokument powstał.',
      'The certificate has expired or the time-stamp server does not answer. Whether the document was made is not known yet.',
      'Lejárt a tanúsítvány, vagy nem válaszol az időbélyeg-kiszolgáló. Még nem tudni, elkészült-e a bizonylat.',
      'Certifikatet har gått ut eller tidsstämpelservern svarar inte. Det är ännu inte känt om dokumentet skapades.',
    ],
    [
      'Sprawdzimy, czy dokument powstał, i spróbujemy później. Jeśli to trwa, odnów certyfikat w Számlázz.hu.',
      'We ask whether the document was made and try later. If it lasts, renew the certificate at Számlázz.hu.',
      'Megkérdezzük, elkészült-e a bizonylat, és később újra próbáljuk. Ha tartós, újítsa meg a tanúsítványt a Számlázz.hu-n.',
      'Vi frågar om dokumentet skapades och försöker senare. Håller det i sig, förnya certifikatet hos Számlázz.hu.',
    ],
  ),
  cause(
    'mail_failed',
    { stops: 'nothing', whoMends: 'buyer', link: mailHelp, where: 'buyer.email' },
    [
      'Dokument wystawiony, mail nie doszedł',
      'Issued, but the mail failed',
      'Elkészült, de az e-mail nem ment ki',
      'Utfärdat, men mejlet misslyckades',
    ],
    [
      'Számlázz.hu wystawił dokument, lecz nie zdołał wysłać wiadomości do nabywcy.',
      'Számlázz.hu issued the document but could not deliver the message to the buyer.',
      'A Számlázz.hu elkészítette a bizonylatot, de az értesítőt nem tudta kézbesíteni a vevőnek.',
      'Számlázz.hu utfärdade dokumentet men kunde inte leverera meddelandet till köparen.',
    ],
    [
      'Sprawdź adres e-mail nabywcy i wyślij dokument stąd.',
      'Check the e-mail address of the buyer and send the document from here.',
      'Ellenőrizze a vevő e-mail-címét, és küldje el innen a bizonylatot.',
      'Kontrollera köparens e-postadress och skicka dokumentet härifrån.',
    ],
  ),
  cause(
    'mail_failed_unclear',
    { whoMends: 'nobody', retryHelps: true, mayExist: true, link: mailHelp },
    [
      'Mail nie doszedł, numeru nie podano',
      'The mail failed and no number was given',
      'Az e-mail nem ment ki, szám nem érkezett',
      'Mejlet misslyckades och inget nummer gavs',
    ],
    [
      'Számlázz.hu zgłosił błąd wysyłki wiadomości, ale nie podał numeru dokumentu. Dokument mógł powstać.',
      'Számlázz.hu reported a failed message but named no document number. The document may exist.',
      'A Számlázz.hu kézbesítési hibát jelzett, de számlaszámot nem adott. A bizonylat elkészülhetett.',
      'Számlázz.hu meddelade ett misslyckat utskick men angav inget dokumentnummer. Dokumentet kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'mail_rate_limited',
    { stops: 'nothing', whoMends: 'nobody', retryHelps: true, link: mailHelp },
    ['Zbyt wiele wiadomości naraz', 'Too many mails in a short time', 'Túl sok e-mail rövid időn belül', 'För många mejl på kort tid'],
    [
      'Számlázz.hu wysyła wiadomości nie częściej niż co 15 sekund. Dokument istnieje.',
      'Számlázz.hu sends messages at most every 15 seconds. The document exists.',
      'A Számlázz.hu 15 másodpercenként küld egy értesítőt. A bizonylat létezik.',
      'Számlázz.hu skickar meddelanden högst var 15:e sekund. Dokumentet finns.',
    ],
    [
      'Wyślij wiadomość ponownie za chwilę.',
      'Send the message again in a moment.',
      'Küldje újra az értesítőt kicsit később.',
      'Skicka meddelandet igen om en stund.',
    ],
  ),
  cause(
    'integration_bug',
    { whoMends: 'us', link: errorHelp },
    [
      'Számlázz.hu nie zrozumiał zapytania',
      'Számlázz.hu could not read our request',
      'A Számlázz.hu nem értette a kérésünket',
      'Számlázz.hu kunde inte läsa vår begäran',
    ],
    [
      'Kod {code}: {message}. Nic nie zostało wystawione.',
      'Code {code}: {message}. Nothing was issued.',
      '{code}. kód: {message}. Nem készült számla.',
      'Kod {code}: {message}. Inget har utfärdats.',
    ],
    reportIt,
  ),
  cause(
    'rounding',
    { whoMends: 'us', where: 'lines' },
    [
      'Kwoty pozycji zostały odrzucone',
      'The amounts of a line were refused',
      'Egy tétel összegét elutasították',
      'En rads belopp avvisades',
    ],
    [
      'Számlázz.hu liczy tę pozycję inaczej: {named} (kod {code}). Nic nie zostało wystawione.',
      'Számlázz.hu computes this line differently: {named} (code {code}). Nothing was issued.',
      'A Számlázz.hu másként számolja ezt a tételt: {named} ({code}. kód). Nem készült számla.',
      'Számlázz.hu räknar raden annorlunda: {named} (kod {code}). Inget har utfärdats.',
    ],
    reportIt,
  ),
  cause(
    'issue_date',
    { whoMends: 'us' },
    ['Data wystawienia odrzucona', 'The issue date was refused', 'A számla keltét elutasították', 'Fakturadatumet avvisades'],
    [
      'Számlázz.hu datuje dokumenty sam, dniem dzisiejszym: {message}. Nic nie zostało wystawione.',
      'Számlázz.hu dates documents itself, with today: {message}. Nothing was issued.',
      'A Számlázz.hu maga keltezi a bizonylatot a mai napra: {message}. Nem készült számla.',
      'Számlázz.hu daterar dokumenten självt, med dagens datum: {message}. Inget har utfärdats.',
    ],
    reportIt,
  ),
  cause(
    'already_invoiced',
    { whoMends: 'seller', where: 'order.number', link: dashboard },
    [
      'Zamówienie ma już dokument w Számlázz.hu',
      'The order has a document at Számlázz.hu already',
      'A rendeléshez már van bizonylat',
      'Ordern har redan ett dokument hos Számlázz.hu',
    ],
    [
      'Numer zamówienia {named} jest już użyty przez inny dokument tego samego rodzaju. Nowy nie powstał.',
      'The order number {named} is already used by another document of the same kind. No new one was made.',
      'A(z) {named} rendelésszám már szerepel egy azonos fajtájú bizonylaton. Új nem készült.',
      'Ordernummer {named} används redan av ett annat dokument av samma slag. Inget nytt skapades.',
    ],
    [
      'Porównaj tamten dokument z tym. Jeśli to ta sama sprzedaż, nie wystawiaj drugiego. Jeśli inna, pozwól w ustawieniach Számlázz.hu (Beállítások) na powtarzanie numeru zamówienia i naciśnij „Uzupełnij i wyślij ponownie”.',
      'Compare that document with this one. If it is the same sale, do not issue a second one. If it is another, allow order numbers to repeat in the settings of Számlázz.hu (Beállítások) and press “Complete and resend”.',
      'Vesse össze azt a bizonylatot ezzel. Ha ugyanaz az eladás, ne állítson ki másodikat. Ha más, engedélyezze a Számlázz.hu Beállítások oldalán a rendelésszám ismétlődését, és nyomja meg a „Kiegészítés és újraküldés” gombot.',
      'Jämför det dokumentet med det här. Är det samma försäljning, utfärda inget andra. Är det en annan, tillåt i Számlázz.hu:s inställningar (Beállítások) att ordernummer upprepas och tryck på ”Komplettera och skicka igen”.',
    ],
  ),
  cause(
    'other_document',
    { whoMends: 'seller', where: 'order.number', link: dashboard, mayExist: true },
    [
      'W Számlázz.hu jest inny dokument tego zamówienia',
      'Another document of this order is at Számlázz.hu',
      'Más bizonylat tartozik ehhez a rendeléshez',
      'Ett annat dokument för ordern finns hos Számlázz.hu',
    ],
    [
      'Znaleziono {found} na {gross}, a ten dokument opiewa na {wanted}. Nic nie wysyłamy, dopóki nie zdecydujesz.',
      'Found {found} over {gross}, while this document is over {wanted}. Nothing is sent until you decide.',
      'Találtunk egy bizonylatot: {found}, összege {gross}, ez pedig {wanted}. Amíg nem dönt, nem küldünk semmit.',
      'Hos Számlázz.hu finns {found} på {gross}, medan det här dokumentet är på {wanted}. Inget skickas förrän du har bestämt dig.',
    ],
    [
      'Otwórz tamten dokument w Számlázz.hu. Jeśli to ta sama sprzedaż, nie wystawiaj drugiego. Jeśli inna, pozwól w ustawieniach Számlázz.hu (Beállítások) na powtarzanie numeru zamówienia i naciśnij „Uzupełnij i wyślij ponownie”.',
      'Open that document at Számlázz.hu. If it is the same sale, do not issue a second one. If it is another, allow order numbers to repeat in the settings of Számlázz.hu (Beállítások) and press “Complete and resend”.',
      'Nyissa meg azt a bizonylatot a Számlázz.hu-n. Ha ugyanaz az eladás, ne állítson ki másodikat. Ha más, engedélyezze a Számlázz.hu Beállítások oldalán a rendelésszám ismétlődését, és nyomja meg a „Kiegészítés és újraküldés” gombot.',
      'Öppna det dokumentet hos Számlázz.hu. Är det samma försäljning, utfärda inget andra. Är det en annan, tillåt i Számlázz.hu:s inställningar (Beállítások) att ordernummer upprepas och tryck på ”Komplettera och skicka igen”.',
    ],
  ),
  cause(
    'found_reversed',
    { whoMends: 'seller', link: dashboard, mayExist: true },
    [
      'Dokument istniał i został anulowany',
      'The document existed and was reversed',
      'A bizonylat létezett, de sztornózták',
      'Dokumentet fanns men har makulerats',
    ],
    [
      'W Számlázz.hu jest {found}, ale został tam anulowany. Nie wystawiamy nowego bez twojej decyzji.',
      'At Számlázz.hu there is {found}, but it was reversed there. We issue no new one without your decision.',
      'A Számlázz.hu-n megvan: {found}, de ott sztornózták. Az Ön döntése nélkül nem állítunk ki újat.',
      'Hos Számlázz.hu finns {found}, men det har makulerats där. Vi utfärdar inget nytt utan ditt beslut.',
    ],
    [
      'Zdecyduj: zostaw sprzedaż bez dokumentu albo pozwól w ustawieniach Számlázz.hu (Beállítások) na powtarzanie numeru zamówienia i naciśnij „Uzupełnij i wyślij ponownie”: powstanie nowy.',
      'Decide: leave the sale without a document, or allow order numbers to repeat in the settings of Számlázz.hu (Beállítások) and press “Complete and resend”: a new one is made.',
      'Döntse el: maradjon az eladás bizonylat nélkül, vagy engedélyezze a Számlázz.hu Beállítások oldalán a rendelésszám ismétlődését, és nyomja meg a „Kiegészítés és újraküldés” gombot: akkor új készül.',
      'Bestäm: låt försäljningen vara utan dokument, eller tillåt i Számlázz.hu:s inställningar (Beállítások) att ordernummer upprepas och tryck på ”Komplettera och skicka igen”: då skapas ett nytt.',
    ],
  ),
  cause(
    'prepayment_missing',
    { where: 'prepayments', link: dashboard },
    [
      'Faktura zaliczkowa nieznana lub rozliczona',
      'Prepayment invoice unknown or already settled',
      'Az előlegszámla nem azonosítható vagy már elszámolták',
      'Förskottsfakturan är okänd eller redan avräknad',
    ],
    [
      '{message} Nic nie zostało wystawione.',
      '{message} Nothing was issued.',
      '{message} Nem készült számla.',
      '{message} Inget har utfärdats.',
    ],
    [
      'Sprawdź numer faktury zaliczkowej; każdą można rozliczyć tylko raz.',
      'Check the number of the prepayment invoice; each can be settled only once.',
      'Ellenőrizze az előlegszámla számát; mindegyik csak egyszer számolható el.',
      'Kontrollera förskottsfakturans nummer; varje kan avräknas bara en gång.',
    ],
  ),
  cause(
    'browser_session',
    { stops: 'connection', link: dashboard, where: 'settings.agentKey' },
    [
      'Ktoś jest zalogowany w przeglądarce',
      'Somebody is logged in with a browser',
      'Valaki böngészőben van bejelentkezve',
      'Någon är inloggad i webbläsaren',
    ],
    [
      'Połączenie używa loginu, a ten jest teraz otwarty w przeglądarce. Nic nie zostało wystawione.',
      'The connection uses a login that is open in a browser now. Nothing was issued.',
      'A kapcsolat olyan felhasználót használ, aki épp böngészőben van belépve. Nem készült számla.',
      'Anslutningen använder en inloggning som nu är öppen i en webbläsare. Inget har utfärdats.',
    ],
    ['Użyj klucza Számla Agent.', 'Use an agent key.', 'Használjon Számla Agent-kulcsot.', 'Använd en agentnyckel.'],
  ),
  cause(
    'multiple_accounts',
    { stops: 'connection', link: dashboard, where: 'settings.agentKey' },
    ['Login widzi kilka kont', 'The login sees several accounts', 'A felhasználó több fiókot lát', 'Inloggningen ser flera konton'],
    [
      'Számlázz.hu nie wie, którego konta użyć. Nic nie zostało wystawione.',
      'Számlázz.hu cannot tell which account to use. Nothing was issued.',
      'A Számlázz.hu nem tudja, melyik fiókot használja. Nem készült számla.',
      'Számlázz.hu vet inte vilket konto som ska användas. Inget har utfärdats.',
    ],
    [
      'Użyj klucza Számla Agent: należy zawsze do jednego konta.',
      'Use an agent key: it always belongs to one account.',
      'Használjon Számla Agent-kulcsot: az mindig egyetlen fiókhoz tartozik.',
      'Använd en agentnyckel: den hör alltid till ett enda konto.',
    ],
  ),
  cause(
    'account_setup',
    { stops: 'connection', link: settingsPage },
    [
      'Konto Számlázz.hu nie jest gotowe',
      'The Számlázz.hu account is not set up yet',
      'A Számlázz.hu-fiók beállítása hiányos',
      'Számlázz.hu-kontot är inte färdiginställt',
    ],
    [
      'Számlázz.hu jeszcze na to nie pozwala (kod {code}): {message}. Nic nie zostało wystawione.',
      'Számlázz.hu does not allow this yet (code {code}): {message}. Nothing was issued.',
      'A Számlázz.hu ezt még nem engedi ({code}. kód): {message}. Nem készült számla.',
      'Számlázz.hu tillåter inte detta ännu (kod {code}): {message}. Inget har utfärdats.',
    ],
    [
      'Dokończ ustawienia konta w Számlázz.hu.',
      'Finish the account settings at Számlázz.hu.',
      'Fejezze be a fiók beállítását a Számlázz.hu-n.',
      'Slutför kontoinställningarna hos Számlázz.hu.',
    ],
  ),
  cause(
    'test_account',
    { link: dashboard },
    ['Niedostępne na koncie testowym', 'Not possible on a test account', 'Tesztfiókban nem lehetséges', 'Inte möjligt på testkonto'],
    [
      'Kody wymazywania danych nie działają na koncie testowym. Nic nie zostało wystawione.',
      'Data-erasure codes do not work on a test account. Nothing was issued.',
      'Adattörlő kód tesztfiókban nem használható. Nem készült számla.',
      'Dataraderingskoder fungerar inte på testkonto. Inget har utfärdats.',
    ],
    [
      'Użyj klucza konta produkcyjnego.',
      'Use the key of a live account.',
      'Használja az éles fiók kulcsát.',
      'Använd nyckeln till ett skarpt konto.',
    ],
  ),
  cause(
    'quota',
    { stops: 'connection', whoMends: 'nobody', retryHelps: true, where: 'settings.hourlyLimit' },
    ['Limit godzinowy wykorzystany', 'The limit of this hour is used up', 'Az órás keret betelt', 'Timgränsen är nådd'],
    [
      'Na to konto wysłano już {limit} dokumentów w ciągu godziny. Następnego nie wysłano: za przekroczenie Számlázz.hu blokuje konto.',
      '{limit} documents went to this account within an hour. The next one was not sent: who goes beyond is banned by Számlázz.hu.',
      'Erre a fiókra egy órán belül már {limit} bizonylat ment. A következőt nem küldtük el: a túllépésért a Számlázz.hu letiltja a fiókot.',
      '{limit} dokument har skickats till kontot inom en timme. Nästa skickades inte: den som går över stängs av från Számlázz.hu.',
    ],
    ['Reszta pójdzie sama.', 'The rest goes on by itself.', 'A többi magától továbbmegy.', 'Resten går vidare av sig självt.'],
  ),
  cause(
    'proforma_gone',
    { stops: 'nothing', whoMends: 'nobody' },
    ['Pro formy już nie ma', 'The proforma is gone already', 'A díjbekérő már nincs meg', 'Proforman är redan borta'],
    [
      'Usunięto ją albo wykorzystała ją faktura.',
      'It was deleted, or an invoice has used it up.',
      'Törölték, vagy egy számla már felhasználta.',
      'Den har tagits bort eller förbrukats av en faktura.',
    ],
    nothingToDo,
  ),
  cause(
    'proforma_paid',
    { stops: 'document', whoMends: 'seller' },
    ['Pro forma jest opłacona', 'The proforma has been paid', 'A díjbekérő ki van fizetve', 'Proforman är betald'],
    [
      'Na pro formie {number} zapisano w Számlázz.hu wpłatę {paid} {currency}. Nie została usunięta.',
      'A payment of {paid} {currency} is recorded on the proforma {number} at Számlázz.hu. It was not deleted.',
      'A {number} díjbekérőn {paid} {currency} befizetés szerepel a Számlázz.hu-n. Nem töröltük.',
      'En betalning på {paid} {currency} är registrerad på proforman {number} hos Számlázz.hu. Den togs inte bort.',
    ],
    [
      'Wystaw do niej fakturę, a jeśli wpłata jest pomyłką, usuń ją najpierw w Számlázz.hu.',
      'Issue its invoice, or, if the payment is a mistake, remove it at Számlázz.hu first.',
      'Állítsa ki a számlát, vagy ha a befizetés tévedés, előbb azt törölje a Számlázz.hu-n.',
      'Utfärda fakturan, eller ta först bort betalningen hos Számlázz.hu om den är ett misstag.',
    ],
  ),
  cause(
    'proforma_not_settled',
    { stops: 'nothing', whoMends: 'seller', mayExist: true },
    ['Pro forma nie została rozliczona', 'The proforma was not settled', 'A díjbekérő nincs rendezve', 'Proforman reglerades inte'],
    [
      'Faktura {found} powstała, ale Számlázz.hu nie znalazło pro formy {number}: pozostaje tam otwarta.',
      'The invoice {found} was made, but Számlázz.hu did not find the proforma {number}: it stays open there.',
      'A {found} számla elkészült, de a Számlázz.hu nem találta a {number} díjbekérőt: az ott nyitva maradt.',
      'Fakturan {found} skapades men Számlázz.hu hittade inte proforman {number}: den är fortfarande öppen där.',
    ],
    [
      'Jeśli pro forma jest jeszcze w Számlázz.hu, usuń ją tam.',
      'If the proforma is still at Számlázz.hu, delete it there.',
      'Ha a díjbekérő még megvan a Számlázz.hu-n, törölje ott.',
      'Finns proforman kvar hos Számlázz.hu, ta bort den där.',
    ],
  ),
  cause(
    'receipt_prefix',
    { stops: 'series', where: 'settings.receiptPrefix', link: prefixHelp },
    ['Przedrostek paragonów nie pasuje', 'The receipt prefix does not fit', 'A nyugtaelőtag nem megfelelő', 'Kvittoprefixet passar inte'],
    [
      'Przedrostek paragonów ma najwyżej 5 wielkich liter lub cyfr i nie może być przedrostkiem faktur. Nic nie zostało wystawione.',
      'The prefix of receipts has at most 5 capitals or digits and must not be a prefix of invoices. Nothing was issued.',
      'A nyugtaelőtag legfeljebb 5 nagybetű vagy szám, és nem lehet számlaszám-előtag. Nem készült nyugta.',
      'Kvittoprefixet har högst 5 versaler eller siffror och får inte vara ett fakturaprefix. Inget har utfärdats.',
    ],
    [
      'Podaj inny przedrostek paragonów w ustawieniach połączenia.',
      'Give another receipt prefix in the settings of the connection.',
      'Adjon meg másik nyugtaelőtagot a kapcsolat beállításaiban.',
      'Ange ett annat kvittoprefix i anslutningens inställningar.',
    ],
  ),
  cause(
    'receipt_call_used',
    { whoMends: 'nobody', mayExist: true },
    ['To wywołanie już było', 'This call was made before', 'Ez a hívás már megtörtént', 'Anropet har redan gjorts'],
    [
      'Oznaczenie wywołania jest już użyte, a paragonu z nim nie znaleziono. Paragon mógł powstać.',
      'The mark of the call is used already and no receipt was found by it. The receipt may exist.',
      'A hívásazonosító már foglalt, de nyugtát nem találtunk hozzá. A nyugta elkészülhetett.',
      'Anropets märke är redan använt men inget kvitto hittades med det. Kvittot kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'receipt_not_found',
    { whoMends: 'nobody' },
    ['Nie ma takiego paragonu', 'No such receipt', 'Nincs ilyen nyugta', 'Inget sådant kvitto'],
    [
      'Számlázz.hu nie zna paragonu o tym numerze.',
      'Számlázz.hu knows no receipt of this number.',
      'A Számlázz.hu nem ismer ilyen számú nyugtát.',
      'Számlázz.hu känner inte till något kvitto med det numret.',
    ],
    ['Sprawdź numer paragonu.', 'Check the number of the receipt.', 'Ellenőrizze a nyugta számát.', 'Kontrollera kvittots nummer.'],
  ),
  cause(
    'document_reversed',
    { stops: 'nothing', whoMends: 'nobody' },
    ['Dokument jest anulowany', 'The document is reversed', 'A bizonylat sztornózott', 'Dokumentet är makulerat'],
    [
      'Na anulowanym dokumencie nie zapisuje się wpłat.',
      'No payments can be recorded on a reversed document.',
      'Sztornózott számlához nem rögzíthető kifizetés.',
      'Inga betalningar kan registreras på ett makulerat dokument.',
    ],
    nothingToDo,
  ),
  cause(
    'payments_unclear',
    { whoMends: 'seller', mayExist: true, link: dashboard },
    [
      'Wpłaty zapisano być może tylko częściowo',
      'Payments may be recorded only in part',
      'A befizetések talán csak részben kerültek be',
      'Betalningarna kan vara delvis registrerade',
    ],
    [
      'W Számlázz.hu zapisano wpłaty na {gross}, a powinno być {wanted}.',
      'Számlázz.hu shows payments of {gross}, while it should be {wanted}.',
      'A Számlázz.hu {gross} befizetést mutat, {wanted} helyett.',
      'Számlázz.hu visar betalningar på {gross} i stället för {wanted}.',
    ],
    [
      'Zapisz wpłaty ponownie: poprzednie zostaną zastąpione.',
      'Record the payments again: they replace the earlier ones.',
      'Rögzítse újra a befizetéseket: a korábbiakat felülírják.',
      'Registrera betalningarna igen: de ersätter de tidigare.',
    ],
  ),
  cause(
    'original_unknown',
    { where: 'correction.number', link: dashboard },
    [
      'Korygowanego dokumentu nie ma w Számlázz.hu',
      'The document to correct is not at Számlázz.hu',
      'Az eredeti bizonylat nincs meg a Számlázz.hu-n',
      'Originaldokumentet finns inte hos Számlázz.hu',
    ],
    [
      'Számlázz.hu nie zna dokumentu {number}, więc nie można go poprawić ani anulować. Nic nie zostało wystawione.',
      'Számlázz.hu does not know document {number}, so it can be neither corrected nor reversed there. Nothing was issued.',
      'A Számlázz.hu nem ismeri a(z) {number} bizonylatot, ezért ott nem helyesbíthető és nem sztornózható. Nem készült új bizonylat.',
      'Számlázz.hu känner inte till dokument {number}, så det kan varken korrigeras eller makuleras där. Inget har utfärdats.',
    ],
    [
      'Sprawdź numer i połączenie: korekta musi iść tą samą drogą co dokument pierwotny.',
      'Check number and connection: a correction has to go the way its original went.',
      'Ellenőrizze a számot és a kapcsolatot: a helyesbítőnek az eredeti útján kell mennie.',
      'Kontrollera nummer och anslutning: korrigeringen måste gå samma väg som originalet.',
    ],
  ),
  cause(
    'correction_without_lines',
    { where: 'lines' },
    [
      'Korekta niczego nie zmienia w kwotach',
      'The correction changes no amounts',
      'A helyesbítés nem változtat összeget',
      'Korrigeringen ändrar inga belopp',
    ],
    [
      'Faktura korygująca w Számlázz.hu zawiera tylko różnice; tu ich nie ma. Zmiany nabywcy nie da się tak zrobić.',
      'A correcting invoice at Számlázz.hu carries differences only and here are none. The buyer cannot be changed this way.',
      'A helyesbítő számla csak különbözeteket tartalmaz, itt pedig nincs. A vevő így nem cserélhető.',
      'En korrigeringsfaktura hos Számlázz.hu innehåller bara skillnader och här finns inga. Köparen kan inte bytas så.',
    ],
    [
      'Zmień pozycje albo anuluj fakturę i wystaw nową z poprawnymi danymi.',
      'Change lines, or reverse the invoice and issue a new one with the right data.',
      'Módosítson tételt, vagy sztornózza a számlát, és állítson ki újat a helyes adatokkal.',
      'Ändra rader, eller makulera fakturan och utfärda en ny med rätt uppgifter.',
    ],
  ),
  cause(
    'receipt_correction',
    { where: 'kind' },
    [
      'Paragonu nie można skorygować częściowo',
      'A receipt cannot be corrected in part',
      'Nyugta nem helyesbíthető részben',
      'Ett kvitto kan inte korrigeras delvis',
    ],
    [
      'Számlázz.hu zna tylko anulowanie całego paragonu.',
      'Számlázz.hu knows only the reversal of a whole receipt.',
      'A Számlázz.hu csak a teljes nyugta sztornózását ismeri.',
      'Számlázz.hu känner bara till makulering av ett helt kvitto.',
    ],
    [
      'Anuluj paragon i wystaw nowy na to, co zostało.',
      'Reverse the receipt and issue a new one for what remains.',
      'Sztornózza a nyugtát, és állítson ki újat a maradékról.',
      'Makulera kvittot och utfärda ett nytt för det som återstår.',
    ],
  ),
  cause(
    'receipt_not_allowed',
    { where: 'kind' },
    [
      'Kwota za duża na paragon',
      'The amount is too large for a receipt',
      'Nyugtához túl nagy az összeg',
      'Beloppet är för stort för kvitto',
    ],
    [
      'Przy {gross} Ft ustawa wymaga faktury (granica 900 000 Ft).',
      'At {gross} Ft the law wants an invoice (limit 900 000 Ft).',
      '{gross} Ft összegnél számlát kell adni (a határ 900 000 Ft).',
      'Vid {gross} Ft kräver lagen faktura (gränsen är 900 000 Ft).',
    ],
    [
      'Zmień rodzaj dokumentu na fakturę.',
      'Change the kind of the document to invoice.',
      'Állítsa a bizonylatot számlára.',
      'Byt dokumenttyp till faktura.',
    ],
  ),
  cause(
    'foreign_rate',
    { where: 'lines', link: settingsPage },
    ['Zagraniczna stawka VAT bez OSS', 'Foreign VAT rate without OSS', 'Külföldi áfakulcs OSS nélkül', 'Utländsk momssats utan OSS'],
    [
      'Pozycje {lines} mają stawkę innego kraju. Taka faktura nie trafia do NAV i nie da się tego cofnąć, więc wolno ją wystawić tylko sprzedawcy z rejestracją OSS.',
      'Lines {lines} carry the rate of another country. Such an invoice is never reported to NAV and this cannot be undone, so only a seller registered for OSS may issue it.',
      'A(z) {lines} tétel más ország áfakulcsát viseli. Az ilyen számla nem kerül a NAV-hoz, és ez nem vonható vissza, ezért csak OSS-ben regisztrált eladó állíthatja ki.',
      'Raderna {lines} har ett annat lands momssats. En sådan faktura rapporteras aldrig till NAV och det kan inte ångras, så bara en säljare i OSS får utfärda den.',
    ],
    [
      'Wybierz stawkę węgierską albo zaznacz w ustawieniach połączenia, że sprzedawca jest w OSS.',
      'Choose a Hungarian rate, or tick in the settings of the connection that the seller is in OSS.',
      'Válasszon magyar áfakulcsot, vagy jelölje a kapcsolat beállításaiban, hogy az eladó OSS-ben regisztrált.',
      'Välj en ungersk momssats eller markera i anslutningens inställningar att säljaren är med i OSS.',
    ],
  ),
  cause(
    'eu_tax_id_needed',
    { whoMends: 'buyer', where: 'buyer.taxIds' },
    [
      'Brak numeru VAT UE nabywcy',
      'EU VAT number of the buyer missing',
      'Hiányzik a vevő közösségi adószáma',
      'Köparens EU-momsnummer saknas',
    ],
    [
      'Pozycje bez węgierskiego VAT ({lines}) wymagają numeru podatkowego nabywcy: europejskiego, a przy odwrotnym obciążeniu w kraju węgierskiego.',
      'Lines without Hungarian VAT ({lines}) need a tax number of the buyer: the EU one, or the Hungarian one for domestic reverse charge.',
      'A magyar áfa nélküli tételekhez ({lines}) kell a vevő adószáma: közösségi, belföldi fordított adózásnál magyar.',
      'Rader utan ungersk moms ({lines}) kräver köparens skattenummer: EU-numret, eller det ungerska vid inhemsk omvänd skattskyldighet.',
    ],
    [
      'Uzupełnij numer nabywcy albo zmień stawkę.',
      'Fill in the number of the buyer, or change the rate.',
      'Pótolja a vevő számát, vagy változtassa meg az áfakulcsot.',
      'Fyll i köparens nummer eller ändra momssatsen.',
    ],
  ),
  cause(
    'currency',
    { where: 'currency' },
    ['Waluta nieobsługiwana', 'Currency not supported', 'Nem támogatott pénznem', 'Valutan stöds inte'],
    [
      'Számlázz.hu nie wystawia dokumentów w walucie {currency}.',
      'Számlázz.hu issues no documents in {currency}.',
      'A Számlázz.hu nem állít ki bizonylatot ebben a pénznemben: {currency}.',
      'Számlázz.hu utfärdar inga dokument i {currency}.',
    ],
    ['Zmień walutę albo serię.', 'Change the currency or the series.', 'Váltson pénznemet vagy sorozatot.', 'Byt valuta eller serie.'],
  ),
  cause(
    'not_whole',
    { where: 'totals.gross' },
    [
      'Kwota nie mieści się w zaokrągleniu Számlázz.hu',
      'The amount does not fit the rounding of Számlázz.hu',
      'Az összeg nem fér bele a Számlázz.hu kerekítésébe',
      'Beloppet passar inte Számlázz.hus avrundning',
    ],
    [
      'Pozycje dałyby {sent}, a dokument opiewa na {wanted}. Kwoty w forintach muszą być całkowite.',
      'The lines would come to {sent}, the document is over {wanted}. Amounts in forints have to be whole.',
      'A tételek összege {sent} lenne, a bizonylaté {wanted}. A forintösszegnek egésznek kell lennie.',
      'Raderna skulle bli {sent}, dokumentet är på {wanted}. Forintbelopp måste vara hela.',
    ],
    [
      'Popraw ceny pozycji tak, by sumy były całkowite.',
      'Mend the prices of the lines so that the sums are whole.',
      'Javítsa a tételek árát úgy, hogy az összegek egészek legyenek.',
      'Justera radernas priser så att summorna blir hela.',
    ],
  ),
];
