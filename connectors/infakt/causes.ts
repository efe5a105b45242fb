import { causesOf, type Four } from '../../src/contract/cause.ts';
import type { CauseRef } from '../../src/contract/connector.ts';
import type { Cause } from '../../src/contract/manifest.ts';
import { cut } from '../../src/domain/cut.ts';
import type { Fault, Reply } from './client.ts';

/** Their answers to our causes: who mends it, can the same request succeed later, may a document exist although we heard of a failure. */

type Refused = Extract<Reply, { verdict: 'refused' }>;
type Unclear = Extract<Reply, { verdict: 'unclear' }>;

/** What a field of their error map means here, and where it is mended. Patterns are tried in order. */
const fields: [pattern: RegExp, cause: string, where?: string][] = [
  [/^(services\.)?(tax_symbol|flat_rate_tax_symbol)$|^value\.tax_values$|tax_symbol|tax_rate/, 'vat_rate', 'lines'],
  [/previous_advance_id/, 'advance_unknown'],
  [/^advance_price$/, 'amounts', 'lines'],
  [/^service_type$|^sale_type$/, 'oss_service', 'lines'],
  [/payment_method/, 'payment_method', 'payment.means'],
  [/bank_account|swift|bank_name/, 'bank_account', 'payment.means'],
  [/client_tax_code|^nip$|^client\.nip/, 'buyer_tax_id', 'buyer.taxIds'],
  [/client_(first_name|last_name|company_name)/, 'buyer_field', 'buyer.name'],
  [/client_post_code|postal_code/, 'buyer_field', 'buyer.postalCode'],
  [/client_street/, 'buyer_field', 'buyer.street'],
  [/client_city/, 'buyer_field', 'buyer.city'],
  [/client_country/, 'buyer_field', 'buyer.country'],
  [/client_email|^email$|recipient/, 'no_email', 'buyer.email'],
  [/^client/, 'buyer_field', 'buyer'],
  [/vat_exemption_reason/, 'exemption_basis', 'seriesId'],
  [/correction_reason|corrected_/, 'correction_refused', 'correction.reason'],
  [/^number$/, 'duplicate_number', 'number'],
  [/gtu/, 'gtu', 'lines'],
  [/services\.gross|services\.net|_price$/, 'amounts', 'lines'],
  [/services|name/, 'line_refused', 'lines'],
  [/_date$|^date/, 'dates', 'issueDate'],
  [/notes/, 'too_long', 'notes'],
];

const byStatus: Record<number, string> = {
  400: 'bad_request',
  401: 'key_wrong',
  402: 'plan_limit',
  403: 'forbidden',
  404: 'not_found',
  406: 'bad_request',
  410: 'bad_request',
  423: 'period_closed',
  429: 'unavailable',
};

/** The cause of a refusal over HTTP: nothing was made. */
export function refusedCause(reply: Refused): CauseRef {
  const code = byStatus[reply.status];
  if (!code || ((reply.status === 400 || reply.status === 404) && reply.faults.some((f) => f.field)))
    return faultCause(reply.faults, String(reply.status));
  return {
    code: `infakt.${code}`,
    params: { message: said(reply.faults), code: String(reply.status) },
    providerCode: String(reply.status),
    providerText: said(reply.faults),
  };
}

/** All faults of a 422, over HTTP or inside a failed task: the most telling first, the others with it. */
export function faultCause(faults: Fault[], code = '422'): CauseRef {
  const refs = faults.map((fault) => refOf(fault, code));
  if (refs.length === 0) return { code: 'infakt.refused', params: { message: '–', code }, providerCode: code };
  const rank = (ref: CauseRef) => fields.findIndex(([, cause]) => `infakt.${cause}` === ref.code);
  const told = refs.filter((ref, i) => refs.findIndex((r) => r.code === ref.code && r.where === ref.where) === i);
  // A missing rate makes errors in other fields too: it comes first, and amounts that follow from it are left out.
  const rateMissing = told.some((ref) => ref.code === 'infakt.vat_rate' && ref.providerCode !== 'value.tax_values');
  const kept = told.filter((ref) => !(rateMissing && ref.code === 'infakt.amounts'));
  const [first, ...also] = kept.sort((a, b) => ((rank(a) + 100) % 100) - ((rank(b) + 100) % 100));
  return { ...first!, providerText: said(faults), ...(also.length > 0 && { also }) };
}

/** Their fields in the reader's words; what is not listed is shown as they name it. */
const fieldNames: [pattern: RegExp, names: Four][] = [
  [/payment_method/, ['metoda płatności', 'payment method', 'fizetési mód', 'betalningssätt']],
  [/bank_account|bank_name|swift/, ['konto bankowe', 'bank account', 'bankszámla', 'bankkonto']],
  [/tax_code|^nip$|\.nip$/, ['NIP', 'tax number', 'adószám', 'skattenummer']],
  [/first_name/, ['imię', 'first name', 'keresztnév', 'förnamn']],
  [/last_name/, ['nazwisko', 'last name', 'vezetéknév', 'efternamn']],
  [/company_name/, ['nazwa firmy', 'company name', 'cégnév', 'företagsnamn']],
  [/post_code|postal_code/, ['kod pocztowy', 'postal code', 'irányítószám', 'postnummer']],
  [/client_street/, ['ulica i numer', 'street and number', 'utca és házszám', 'gata och nummer']],
  [/client_city/, ['miejscowość', 'city', 'település', 'ort']],
  [/client_country/, ['kraj', 'country', 'ország', 'land']],
  [/email|recipient/, ['e-mail', 'e-mail', 'e-mail', 'e-post']],
  [/tax_symbol|tax_values/, ['stawka VAT', 'VAT rate', 'áfakulcs', 'momssats']],
  [/vat_exemption_reason/, ['podstawa zwolnienia', 'basis of the exemption', 'mentesség jogalapja', 'grund för undantaget']],
  [/^number$/, ['numer', 'number', 'szám', 'nummer']],
  [
    /corrected_invoice_number/,
    ['numer faktury korygowanej', 'number of the corrected invoice', 'a helyesbített számla száma', 'den krediterade fakturans nummer'],
  ],
  [/correction_reason/, ['powód korekty', 'reason of the correction', 'a helyesbítés oka', 'anledning till krediteringen']],
  [/_price$|services\.(gross|net)/, ['kwoty', 'amounts', 'összegek', 'belopp']],
  [/_date$|^date/, ['data', 'date', 'dátum', 'datum']],
  [/notes/, ['uwagi', 'notes', 'megjegyzés', 'anmärkning']],
];

function messageOf({ field, text }: Fault): Record<string, string> {
  const message = field ? `${field}: ${text}` : text;
  const [, names] = fieldNames.find(([pattern]) => field && pattern.test(field)) ?? [];
  if (!names) return { message };
  const [pl, en, hu, sv] = names.map((name) => `${name}: ${text}`) as Four;
  return { message, 'message@pl': pl, 'message@en': en, 'message@hu': hu, 'message@sv': sv };
}

function refOf(fault: Fault, code: string): CauseRef {
  const duplicate = /duplikat/i.test(fault.text);
  const found = duplicate
    ? fields.find(([, cause]) => cause === 'duplicate_number')
    : fields.find(([pattern]) => fault.field && pattern.test(fault.field));
  const [, cause = 'refused', where] = found ?? [];
  return {
    code: `infakt.${cause}`,
    params: { ...messageOf(fault), value: '–', lines: fault.text, limit: '–', code },
    ...(where && { where }),
    providerCode: fault.field ?? code,
    providerText: fault.text,
  };
}

function said(faults: Fault[]): string {
  return cut(faults.map((f) => (f.field ? `${f.field}: ${f.text}` : f.text)).join('; '), 600) || '–';
}

const unclearCodes = { 'no-answer': 'no_answer', down: 'provider_down', page: 'page_instead' } as const;

export function unclearCause(reply: Unclear): CauseRef {
  return { code: `infakt.${unclearCodes[reply.why]}`, params: { message: reply.text || '–' }, providerText: reply.text || undefined };
}

/** The cause of an answer that is not what was asked for. */
export function causeOfReply(reply: Refused | Unclear): CauseRef {
  return reply.verdict === 'refused' ? refusedCause(reply) : unclearCause(reply);
}

// ---------------------------------------------------------------- words

const panel = 'https://konto.infakt.pl';

const cause = causesOf('infakt.');

const askedFirst: Four = [
  'Najpierw sprawdzimy w inFakcie, czy faktura powstała; sama nie zostanie wysłana drugi raz. Nie trzeba nic robić.',
  'We first look in inFakt whether the invoice was made; it is never sent a second time by itself. Nothing has to be done.',
  'Először megnézzük az inFaktban, elkészült-e a számla; magától nem küldjük el másodszor. Nincs teendő.',
  'Vi tittar först i inFakt om fakturan skapades; den skickas aldrig en andra gång av sig själv. Inget behöver göras.',
];
const completeAndResend: Four = [
  'Otwórz dokument, popraw zaznaczone pole i naciśnij „Uzupełnij i wyślij ponownie”.',
  'Open the document, mend the marked field and press “Complete and resend”.',
  'Nyissa meg a bizonylatot, javítsa a megjelölt mezőt, és nyomja meg a „Kiegészítés és újraküldés” gombot.',
  'Öppna dokumentet, rätta det markerade fältet och tryck på ”Komplettera och skicka igen”.',
];
const reportIt: Four = [
  'To błąd po naszej stronie: pobierz akta sprawy tego dokumentu i prześlij je nam. Samo ponowienie nie pomoże.',
  'This is a fault of ours: download the case file of this document and send it to us. Sending again will not help.',
  'Ez a mi hibánk: töltse le a bizonylat ügyiratát, és küldje el nekünk. Az újraküldés magában nem segít.',
  'Felet ligger hos oss: ladda ner dokumentets ärendeakt och skicka den till oss. Att skicka igen hjälper inte.',
];

export const causes: Cause[] = [
  cause(
    'key_wrong',
    { stops: 'connection', link: panel, where: 'settings.apiKey' },
    ['inFakt odrzuca klucz API', 'inFakt refuses the API key', 'Az inFakt elutasítja az API-kulcsot', 'inFakt avvisar API-nyckeln'],
    [
      'Klucz API jest błędny albo unieważniono go w inFakcie. Nic nie zostało wystawione; dokumenty czekają.',
      'The API key is wrong or was revoked in inFakt. Nothing was issued; documents wait.',
      'Az API-kulcs hibás, vagy visszavonták az inFaktban. Semmi sem készült el; a bizonylatok várnak.',
      'API-nyckeln är fel eller har återkallats i inFakt. Inget har utfärdats; dokumenten väntar.',
    ],
    [
      'W inFakcie: Ustawienia → Inne opcje → API, utwórz nowy klucz i wklej go w ustawieniach tego połączenia. Czekające dokumenty pójdą same.',
      'In inFakt: Ustawienia → Inne opcje → API, make a new key and paste it into the settings of this connection. Waiting documents then go by themselves.',
      'Az inFaktban: Ustawienia → Inne opcje → API, készítsen új kulcsot, és illessze be a kapcsolat beállításaiba. A várakozók ezután maguktól mennek.',
      'I inFakt: Ustawienia → Inne opcje → API, skapa en ny nyckel och klistra in den i anslutningens inställningar. Väntande dokument går sedan av sig själva.',
    ],
  ),
  cause(
    'forbidden',
    { stops: 'connection', link: panel, where: 'settings.apiKey' },
    ['Klucz API nie ma uprawnienia', 'The API key lacks a scope', 'Az API-kulcsnak nincs jogosultsága', 'API-nyckeln saknar behörighet'],
    [
      'inFakt odpowiada, że kluczowi brakuje zakresu api:invoices:read lub api:invoices:write, albo że adres tego serwera jest zablokowany ({message}).',
      'inFakt answers that the key lacks the scope api:invoices:read or api:invoices:write, or that the address of this server is blocked ({message}).',
      'Az inFakt szerint a kulcsból hiányzik az api:invoices:read vagy api:invoices:write jogosultság, vagy ennek a szervernek a címe tiltott ({message}).',
      'inFakt svarar att nyckeln saknar behörigheten api:invoices:read eller api:invoices:write, eller att serverns adress är spärrad ({message}).',
    ],
    [
      'Utwórz w inFakcie klucz z oboma zakresami faktur i wklej go tutaj. Jeśli klucz je ma, zapytaj inFakt o blokadę adresu.',
      'Make a key with both invoice scopes in inFakt and paste it here. If the key has them, ask inFakt whether the address is blocked.',
      'Készítsen az inFaktban mindkét számlajogosultsággal kulcsot, és illessze be ide. Ha megvannak, kérdezze meg az inFaktot a cím tiltásáról.',
      'Skapa en nyckel med båda fakturabehörigheterna i inFakt och klistra in den här. Har den dem, fråga inFakt om adressen är spärrad.',
    ],
  ),
  cause(
    'plan_limit',
    { stops: 'connection', link: panel },
    [
      'Wyczerpany limit planu w inFakcie',
      'The limit of the inFakt plan is used up',
      'Elfogyott az inFakt-csomag kerete',
      'inFakt-planens gräns är nådd',
    ],
    [
      'Plan w inFakcie nie obejmuje więcej dokumentów ({message}). Nic nie zostało wystawione; dokumenty czekają.',
      'The plan at inFakt includes no more documents ({message}). Nothing was issued; documents wait.',
      'Az inFakt-csomag nem tartalmaz több bizonylatot ({message}). Semmi sem készült el; a bizonylatok várnak.',
      'Planen hos inFakt omfattar inga fler dokument ({message}). Inget har utfärdats; dokumenten väntar.',
    ],
    [
      'Zmień lub odnów plan w inFakcie, potem naciśnij tutaj „Naprawione: spróbuj jeden”.',
      'Change or renew the plan at inFakt, then press “Mended: try one” here.',
      'Váltson csomagot vagy hosszabbítson az inFaktban, majd itt nyomja meg a „Elhárítva: próba eggyel” gombot.',
      'Byt eller förnya planen hos inFakt och tryck sedan på ”Åtgärdat: försök med ett” här.',
    ],
  ),
  cause(
    'client_unclear',
    { stops: 'connection', whoMends: 'nobody', retryHelps: true, losesNoTry: true },
    [
      'Nie wiadomo, czy klient powstał',
      'Not known whether the client was made',
      'Nem tudni, létrejött-e az ügyfél',
      'Okänt om kunden skapades',
    ],
    [
      'inFakt nie odpowiedział na założenie klienta ({message}). Faktura jeszcze nie wyszła.',
      'inFakt did not answer when a client was to be made ({message}). The invoice has not gone out yet.',
      'Az inFakt nem válaszolt az ügyfél létrehozására ({message}). A számla még nem ment ki.',
      'inFakt svarade inte när en kund skulle skapas ({message}). Fakturan har inte gått ut än.',
    ],
    [
      'Nie trzeba nic robić: przed następną próbą szukamy klienta po NIP-ie, więc nie powstanie drugi.',
      'Nothing has to be done: before the next try the client is looked for by tax number, so no second one is made.',
      'Nincs teendő: a következő próba előtt adószám alapján keressük, így nem jön létre második.',
      'Inget behöver göras: före nästa försök söks kunden på skattenummer, så ingen andra skapas.',
    ],
  ),
  cause(
    'unavailable',
    { stops: 'connection', whoMends: 'nobody', retryHelps: true, losesNoTry: true },
    ['inFakt nie odpowiada', 'inFakt does not answer', 'Az inFakt nem válaszol', 'inFakt svarar inte'],
    [
      'inFakt nie odpowiedział na zwykłe pytanie ({message}), więc niczego nie wysłano.',
      'inFakt did not answer a plain question ({message}), so nothing was sent.',
      'Az inFakt egy egyszerű kérdésre sem válaszolt ({message}), ezért semmit sem küldtünk.',
      'inFakt svarade inte på en enkel fråga ({message}), så inget skickades.',
    ],
    [
      'Nie trzeba nic robić: za chwilę spróbujemy ponownie.',
      'Nothing has to be done: it is tried again in a moment.',
      'Nincs teendő: hamarosan újra próbáljuk.',
      'Inget behöver göras: vi försöker igen om en stund.',
    ],
  ),
  cause(
    'refused',
    {},
    ['inFakt odmówił', 'inFakt refused', 'Az inFakt elutasította', 'inFakt avvisade'],
    [
      'inFakt nie przyjął dokumentu: {message}. Nic nie zostało wystawione.',
      'inFakt did not take the document: {message}. Nothing was issued.',
      'Az inFakt nem fogadta be a bizonylatot: {message}. Semmi sem készült el.',
      'inFakt tog inte emot dokumentet: {message}. Inget har utfärdats.',
    ],
    completeAndResend,
  ),
  cause(
    'payment_method',
    { where: 'payment.means' },
    [
      'Metoda płatności nieprzyjęta przez inFakt',
      'Payment method not accepted by inFakt',
      'Az inFakt nem fogadta el a fizetési módot',
      'Betalningssättet godtogs inte av inFakt',
    ],
    [
      'inFakt nie zna tej metody płatności ({message}). Nic nie zostało wystawione.',
      'inFakt does not know this payment method ({message}). Nothing was issued.',
      'Az inFakt nem ismeri ezt a fizetési módot ({message}). Semmi sem készült el.',
      'inFakt känner inte till betalningssättet ({message}). Inget har utfärdats.',
    ],
    [
      'Otwórz mapowanie metod płatności tego połączenia i wybierz dla niej metodę z listy inFaktu.',
      'Open the payment mapping of this connection and choose a method of inFakt’s list for it.',
      'Nyissa meg a kapcsolat fizetésimód-párosítását, és válasszon hozzá módot az inFakt listájából.',
      'Öppna anslutningens mappning av betalningssätt och välj ett ur inFakts lista.',
    ],
  ),
  cause(
    'bank_account',
    { link: panel, where: 'payment.means' },
    ['Brak konta bankowego w inFakcie', 'No bank account in inFakt', 'Nincs bankszámla az inFaktban', 'Inget bankkonto i inFakt'],
    [
      'Dokument ma być płatny przelewem, a w inFakcie nie ma dodanego i zweryfikowanego konta ({message}). Nic nie zostało wystawione.',
      'The document is to be paid by transfer, but inFakt has no account that was added and verified ({message}). Nothing was issued.',
      'A bizonylat átutalással fizetendő, de az inFaktban nincs felvett és ellenőrzött számla ({message}). Semmi sem készült el.',
      'Dokumentet ska betalas med överföring, men inFakt har inget tillagt och verifierat konto ({message}). Inget har utfärdats.',
    ],
    [
      'Dodaj i zweryfikuj konto w inFakcie, potem sprawdź tu połączenie. Możesz też przypisać tej metodzie inną w mapowaniu.',
      'Add and verify the account in inFakt, then check the connection here. Or map this method to another one.',
      'Vegye fel és ellenőriztesse a számlát az inFaktban, majd ellenőrizze itt a kapcsolatot. Másik módhoz is párosíthatja.',
      'Lägg till och verifiera kontot i inFakt och kontrollera sedan anslutningen här. Eller mappa betalningssättet till ett annat.',
    ],
  ),
  cause(
    'buyer_tax_id',
    { whoMends: 'buyer', where: 'buyer.taxIds' },
    ['NIP nabywcy jest błędny', 'The buyer’s tax number is wrong', 'A vevő adószáma hibás', 'Köparens skattenummer är fel'],
    [
      'inFakt nie przyjął numeru nabywcy ({message}). Nic nie zostało wystawione.',
      'inFakt did not take the buyer’s number ({message}). Nothing was issued.',
      'Az inFakt nem fogadta el a vevő számát ({message}). Semmi sem készült el.',
      'inFakt godtog inte köparens nummer ({message}). Inget har utfärdats.',
    ],
    [
      'Popraw numer na dokumencie albo zapytaj nabywcę. Kupił jako osoba prywatna? Zmień rodzaj nabywcy.',
      'Correct the number on the document or ask the buyer. Bought as a private person? Change the kind of buyer.',
      'Javítsa a számot a bizonylaton, vagy kérdezze meg a vevőt. Magánszemélyként vásárolt? Változtassa meg a vevő típusát.',
      'Rätta numret på dokumentet eller fråga köparen. Köpte som privatperson? Ändra köpartyp.',
    ],
  ),
  cause(
    'buyer_field',
    { whoMends: 'buyer', where: 'buyer' },
    ['Dane nabywcy odrzucone', 'Data of the buyer refused', 'A vevő adatait elutasították', 'Köparens uppgifter avvisades'],
    [
      'inFakt wskazuje dane nabywcy: {message}. Nic nie zostało wystawione.',
      'inFakt points to the data of the buyer: {message}. Nothing was issued.',
      'Az inFakt a vevő adataira mutat: {message}. Semmi sem készült el.',
      'inFakt pekar på köparens uppgifter: {message}. Inget har utfärdats.',
    ],
    completeAndResend,
  ),
  cause(
    'postal_code',
    { whoMends: 'buyer', where: 'buyer.postalCode' },
    ['Kod pocztowy nie jest polski', 'Not a Polish postal code', 'Nem lengyel irányítószám', 'Inget polskt postnummer'],
    [
      'Kod pocztowy „{value}” nie ma postaci 00-000, a nabywca jest w Polsce.',
      'The postal code “{value}” is not of the form 00-000 although the buyer is in Poland.',
      'A(z) „{value}” irányítószám nem 00-000 alakú, pedig a vevő Lengyelországban van.',
      'Postnumret ”{value}” har inte formen 00-000 fast köparen finns i Polen.',
    ],
    completeAndResend,
  ),
  cause(
    'vat_rate',
    { where: 'lines' },
    [
      'Stawka VAT niedozwolona w inFakcie',
      'VAT rate not allowed in inFakt',
      'Az áfakulcs az inFaktban nem megengedett',
      'Momssatsen tillåts inte i inFakt',
    ],
    [
      'inFakt nie ma stawki dla pozycji: {lines} ({message}).',
      'inFakt has no rate for the line: {lines} ({message}).',
      'Az inFaktban nincs kulcs ehhez a tételhez: {lines} ({message}).',
      'inFakt har ingen sats för raden: {lines} ({message}).',
    ],
    [
      'Wybierz na dokumencie stawkę, którą inFakt zna: 23, 8, 5, 0, zw lub np.',
      'Choose a rate on the document that inFakt knows: 23, 8, 5, 0, zw or np.',
      'Válasszon a bizonylaton olyan kulcsot, amelyet az inFakt ismer: 23, 8, 5, 0, zw vagy np.',
      'Välj en sats på dokumentet som inFakt känner till: 23, 8, 5, 0, zw eller np.',
    ],
  ),
  cause(
    'exemption_basis',
    { where: 'seriesId' },
    [
      'Brak podstawy zwolnienia z VAT',
      'No legal basis of the exemption',
      'Nincs megadva a mentesség jogalapja',
      'Undantagets rättsgrund saknas',
    ],
    [
      'Dokument ma pozycje zwolnione z VAT, a seria nie podaje podstawy prawnej, której wymaga inFakt ({message}).',
      'The document has exempt lines, but the series does not name the legal basis that inFakt requires ({message}).',
      'A bizonylaton mentes tételek vannak, de a sorozat nem adja meg az inFakt által kért jogalapot ({message}).',
      'Dokumentet har undantagna rader men serien anger inte den rättsgrund som inFakt kräver ({message}).',
    ],
    [
      'Wybierz podstawę zwolnienia w serii tego dokumentu.',
      'Choose the basis of exemption in the series of this document.',
      'Válassza ki a mentesség jogalapját a bizonylat sorozatában.',
      'Välj rättsgrund för undantaget i dokumentets serie.',
    ],
  ),
  cause(
    'duplicate_number',
    { where: 'number' },
    [
      'Ten numer już istnieje w inFakcie',
      'This number exists in inFakt',
      'Ez a szám már létezik az inFaktban',
      'Numret finns redan i inFakt',
    ],
    [
      'inFakt ma już dokument o tym numerze ({message}). Nic nie zostało wystawione.',
      'inFakt holds a document of this number already ({message}). Nothing was issued.',
      'Az inFaktban már van ilyen számú bizonylat ({message}). Semmi sem készült el.',
      'inFakt har redan ett dokument med det numret ({message}). Inget har utfärdats.',
    ],
    [
      'Sprawdź ten numer w inFakcie. W serii możesz też ustawić, że numery nadaje inFakt.',
      'Look the number up in inFakt. In the series you can also let inFakt number.',
      'Nézze meg a számot az inFaktban. A sorozatban beállíthatja, hogy az inFakt számozzon.',
      'Slå upp numret i inFakt. I serien kan du också låta inFakt numrera.',
    ],
  ),
  cause(
    'period_closed',
    { link: panel, where: 'issueDate' },
    [
      'Okres jest zamknięty w inFakcie',
      'The period is closed in inFakt',
      'Az időszak le van zárva az inFaktban',
      'Perioden är stängd i inFakt',
    ],
    [
      'Księgowość zamknęła okres tego dokumentu ({message}). Nic nie zostało wystawione.',
      'The accountant closed the period of this document ({message}). Nothing was issued.',
      'A könyvelés lezárta a bizonylat időszakát ({message}). Semmi sem készült el.',
      'Bokföringen har stängt dokumentets period ({message}). Inget har utfärdats.',
    ],
    [
      'Zmień datę wystawienia na dokumencie albo zapytaj księgową.',
      'Change the issue date on the document or ask the accountant.',
      'Módosítsa a kiállítás dátumát a bizonylaton, vagy kérdezze meg a könyvelőt.',
      'Ändra fakturadatum på dokumentet eller fråga redovisningsbyrån.',
    ],
  ),
  cause(
    'amounts',
    { where: 'lines' },
    [
      'Kwoty nie zgadzają się dla inFaktu',
      'Amounts do not fit inFakt',
      'Az összegek nem felelnek meg az inFaktnak',
      'Beloppen passar inte inFakt',
    ],
    [
      'inFakt nie przyjmuje kwot lub ilości: {message}.',
      'inFakt does not take the amounts or quantities: {message}.',
      'Az inFakt nem fogadja el az összegeket vagy mennyiségeket: {message}.',
      'inFakt godtar inte beloppen eller antalen: {message}.',
    ],
    completeAndResend,
  ),
  cause(
    'discount',
    { where: 'lines' },
    ['Rabat większy niż pozycje', 'A discount larger than its lines', 'A kedvezmény nagyobb a tételeknél', 'Rabatten är större än raderna'],
    [
      'Rabatu „{lines}” nie da się odjąć od pozycji z tą samą stawką VAT, a ujemnych pozycji inFakt nie przyjmuje.',
      'The discount “{lines}” cannot be taken off lines of the same VAT rate, and inFakt takes no negative lines.',
      'A(z) „{lines}” kedvezmény nem vonható le az azonos áfakulcsú tételekből, negatív tételt pedig az inFakt nem fogad.',
      'Rabatten ”{lines}” kan inte dras från rader med samma momssats, och inFakt tar inte emot negativa rader.',
    ],
    [
      'Popraw stawkę rabatu albo wpisz go w ceny pozycji.',
      'Correct the rate of the discount or put it into the prices of the lines.',
      'Javítsa a kedvezmény kulcsát, vagy építse be a tételek árába.',
      'Rätta rabattens sats eller lägg in den i radernas priser.',
    ],
  ),
  cause(
    'not_whole',
    { whoMends: 'us' },
    ['Sumy się różnią', 'Totals differ', 'Az összegek eltérnek', 'Summorna skiljer sig'],
    [
      'Do inFaktu poszłoby {sent}, a dokument opiewa na {wanted}. Nic nie zostało wysłane.',
      'inFakt would be told {sent} while the document says {wanted}. Nothing was sent.',
      'Az inFaktba {sent} menne, a bizonylaton {wanted} áll. Semmi sem ment el.',
      'inFakt skulle få {sent} medan dokumentet säger {wanted}. Inget har skickats.',
    ],
    reportIt,
  ),
  cause(
    'line_name',
    { where: 'lines' },
    ['Pozycja bez nazwy', 'A line without a name', 'Tétel név nélkül', 'En rad utan namn'],
    [
      'Każda pozycja musi mieć nazwę, a dokument co najmniej jedną pozycję.',
      'Every line needs a name, and the document at least one line.',
      'Minden tételnek kell név, és a bizonylaton legyen legalább egy tétel.',
      'Varje rad behöver ett namn och dokumentet minst en rad.',
    ],
    completeAndResend,
  ),
  cause(
    'line_refused',
    { where: 'lines' },
    ['inFakt odrzuca pozycję', 'inFakt refuses a line', 'Az inFakt elutasít egy tételt', 'inFakt avvisar en rad'],
    [
      'inFakt wskazuje pozycje dokumentu: {message}. Nic nie zostało wystawione.',
      'inFakt points to the lines of the document: {message}. Nothing was issued.',
      'Az inFakt a bizonylat tételeire mutat: {message}. Semmi sem készült el.',
      'inFakt pekar på dokumentets rader: {message}. Inget har utfärdats.',
    ],
    completeAndResend,
  ),
  cause(
    'dates',
    { where: 'issueDate' },
    ['inFakt odrzuca datę', 'inFakt refuses a date', 'Az inFakt elutasít egy dátumot', 'inFakt avvisar ett datum'],
    [
      'inFakt nie przyjmuje daty: {message}. Nic nie zostało wystawione.',
      'inFakt does not take a date: {message}. Nothing was issued.',
      'Az inFakt nem fogadja el a dátumot: {message}. Semmi sem készült el.',
      'inFakt godtar inte datumet: {message}. Inget har utfärdats.',
    ],
    completeAndResend,
  ),
  cause(
    'too_long',
    {},
    ['Tekst za długi', 'Text too long', 'Túl hosszú szöveg', 'Texten är för lång'],
    [
      'To pole może mieć najwyżej {limit} znaków.',
      'This field may have at most {limit} characters.',
      'Ez a mező legfeljebb {limit} karakter lehet.',
      'Fältet får ha högst {limit} tecken.',
    ],
    completeAndResend,
  ),
  cause(
    'kind',
    { where: 'seriesId' },
    [
      'inFakt nie wystawia takich dokumentów',
      'inFakt does not issue such documents',
      'Az inFakt nem állít ki ilyen bizonylatot',
      'inFakt utfärdar inte sådana dokument',
    ],
    [
      'Tą drogą idą faktury, proformy, zaliczki z fakturą końcową i korekty faktur; ten dokument jest innego rodzaju ({kind}).',
      'Invoices, proformas, prepayments with their final invoice, and corrections of invoices go this way; this document is of another kind ({kind}).',
      'Számlák, díjbekérők, előlegszámlák a végszámlával és számlák helyesbítői mennek így; ez másfajta bizonylat ({kind}).',
      'Fakturor, proformor, förskott med slutfaktura och krediteringar av fakturor går den här vägen; det här dokumentet är av annat slag ({kind}).',
    ],
    [
      'Wybierz dla dokumentu serię, która nie idzie do inFaktu.',
      'Choose a series for the document that does not go to inFakt.',
      'Válasszon olyan sorozatot, amely nem megy az inFaktba.',
      'Välj en serie som inte går till inFakt.',
    ],
  ),
  cause(
    'oss',
    { where: 'taxTreatment' },
    [
      'W OSS tylko faktury i ich korekty',
      'OSS knows invoices and their corrections only',
      'OSS-ben csak számla és helyesbítő van',
      'I OSS finns bara fakturor och deras krediteringar',
    ],
    [
      'Dokument ma stawkę kraju nabywcy (OSS), a inFakt zna tam tylko faktury i korekty; ten jest innego rodzaju ({kind}).',
      'The document bears the rate of the buyer’s country (OSS), for which inFakt has invoices and corrections only; this one is of another kind ({kind}).',
      'A bizonylat a vevő országának kulcsával készült (OSS), erre az inFaktban csak számla és helyesbítő van; ez másfajta ({kind}).',
      'Dokumentet har köparlandets sats (OSS); för det har inFakt bara fakturor och krediteringar, och det här är av annat slag ({kind}).',
    ],
    [
      'Wystaw go w serii z własną numeracją albo w panelu inFaktu.',
      'Issue it in a series that we number ourselves, or in the panel of inFakt.',
      'Állítsa ki saját számozású sorozatban, vagy az inFakt felületén.',
      'Utfärda det i en serie som vi numrerar själva eller i inFakts panel.',
    ],
  ),
  cause(
    'oss_company',
    { where: 'buyer.type' },
    [
      'OSS jest dla osób, nie dla firm',
      'OSS is for persons, not for companies',
      'Az OSS magánszemélyeknek szól, nem cégeknek',
      'OSS gäller privatpersoner, inte företag',
    ],
    [
      'inFakt wystawia faktury OSS tylko na osobę z imieniem i nazwiskiem, a nabywca jest firmą.',
      'inFakt issues OSS invoices only to a person with first and last name, but the buyer is a company.',
      'Az inFakt csak vezeték- és keresztnévvel megadott magánszemélynek állít ki OSS-számlát, a vevő viszont cég.',
      'inFakt utfärdar OSS-fakturor bara till en person med för- och efternamn, men köparen är ett företag.',
    ],
    [
      'Zmień nabywcę na osobę albo sposób opodatkowania: firmie z ważnym numerem VAT UE wystawia się fakturę ze stawką 0 %.',
      'Make the buyer a person, or change how the sale is taxed: a company with a valid EU VAT number gets an invoice at 0 %.',
      'Állítsa a vevőt magánszemélyre, vagy módosítsa az adózás módját: érvényes EU-adószámú cég 0%-os számlát kap.',
      'Gör köparen till privatperson eller ändra beskattningen: ett företag med giltigt EU-momsnummer får faktura med 0 %.',
    ],
  ),
  cause(
    'oss_service',
    { where: 'lines' },
    [
      'inFakt pyta, jaka to usługa OSS',
      'inFakt asks which OSS service it is',
      'Az inFakt tudni akarja, milyen OSS-szolgáltatás',
      'inFakt vill veta vilken OSS-tjänst det är',
    ],
    [
      'Dla usług w OSS inFakt chce wiedzieć, czy to usługa elektroniczna, nadawcza czy telekomunikacyjna; dokument tego nie mówi ({lines}).',
      'For services under OSS inFakt wants to know whether they are electronic, broadcasting or telecommunications; the document does not say ({lines}).',
      'OSS-szolgáltatásnál az inFakt tudni akarja, hogy elektronikus, műsorszolgáltatási vagy távközlési-e; a bizonylat ezt nem mondja meg ({lines}).',
      'För OSS-tjänster vill inFakt veta om de är elektroniska, radio/tv eller telekommunikation; dokumentet säger det inte ({lines}).',
    ],
    [
      'Wystaw go w panelu inFaktu albo w serii z własną numeracją.',
      'Issue it in the panel of inFakt, or in a series that we number ourselves.',
      'Állítsa ki az inFakt felületén vagy saját számozású sorozatban.',
      'Utfärda det i inFakts panel eller i en serie som vi numrerar själva.',
    ],
  ),
  cause(
    'advance_unknown',
    {},
    [
      'inFakt nie zna wcześniejszej zaliczki',
      'inFakt does not know the prepayment before it',
      'Az inFakt nem ismeri a korábbi előleget',
      'inFakt känner inte till det tidigare förskottet',
    ],
    [
      'Dokument rozlicza wcześniejszą fakturę zaliczkową, której inFakt nie znajduje: {message}. Nic nie zostało wystawione.',
      'The document settles an earlier prepayment invoice that inFakt cannot find: {message}. Nothing was issued.',
      'A bizonylat egy korábbi előlegszámlát számol el, amelyet az inFakt nem talál: {message}. Semmi sem készült el.',
      'Dokumentet reglerar en tidigare förskottsfaktura som inFakt inte hittar: {message}. Inget har utfärdats.',
    ],
    [
      'Wystaw fakturę końcową w serii, w której wystawiono zaliczkę, albo w panelu inFaktu.',
      'Issue the final invoice in the series in which the prepayment was issued, or in the panel of inFakt.',
      'Abban a sorozatban állítsa ki a végszámlát, amelyben az előleg készült, vagy az inFakt felületén.',
      'Utfärda slutfakturan i samma serie som förskottet eller i inFakts panel.',
    ],
  ),
  cause(
    'original_unknown',
    { where: 'correction.number' },
    [
      'inFakt nie ma faktury pierwotnej',
      'inFakt does not hold the original',
      'Az eredeti nincs az inFaktban',
      'inFakt har inte originalet',
    ],
    [
      'Korekta odnosi się do {number}, a takiej faktury nie ma w inFakcie. Nic nie zostało wystawione.',
      'The correction refers to {number}, and inFakt holds no such invoice. Nothing was issued.',
      'A helyesbítő a(z) {number} számlára hivatkozik, ilyen nincs az inFaktban. Semmi sem készült el.',
      'Krediteringen hänvisar till {number}, och inFakt har ingen sådan faktura. Inget har utfärdats.',
    ],
    [
      'Wystaw korektę w serii, w której wystawiono fakturę.',
      'Issue the correction in the series in which the invoice was issued.',
      'Abban a sorozatban állítsa ki a helyesbítőt, amelyben a számla készült.',
      'Utfärda krediteringen i den serie som fakturan utfärdades i.',
    ],
  ),
  cause(
    'no_difference',
    { where: 'lines' },
    ['Korekta niczego nie zmienia', 'The correction changes nothing', 'A helyesbítő semmit sem változtat', 'Krediteringen ändrar inget'],
    [
      'Przed i po korekcie jest tak samo; inFakt wystawiłby korektę na 0,00.',
      'Before and after are the same; inFakt would make a correction of 0.00.',
      'Előtte és utána ugyanaz; az inFakt 0,00 értékű helyesbítőt készítene.',
      'Före och efter är lika; inFakt skulle skapa en kreditering på 0,00.',
    ],
    [
      'Zmień ilość, cenę lub stawkę na korekcie albo ją wycofaj.',
      'Change a quantity, price or rate on the correction, or withdraw it.',
      'Módosítson mennyiséget, árat vagy kulcsot a helyesbítőn, vagy vonja vissza.',
      'Ändra antal, pris eller sats på krediteringen, eller dra tillbaka den.',
    ],
  ),
  cause(
    'buyer_correction',
    { link: panel, where: 'buyer' },
    [
      'Korekty danych nabywcy inFakt nie przyjmuje',
      'inFakt takes no correction of the buyer’s data',
      'Az inFakt nem fogad vevőadat-helyesbítést',
      'inFakt tar inte emot rättelse av köparens uppgifter',
    ],
    [
      'Tą drogą można skorygować pozycje i kwoty. Korektę danych nabywcy trzeba wystawić w panelu inFaktu.',
      'Lines and amounts can be corrected this way. A correction of the buyer’s data has to be made in the panel of inFakt.',
      'Így a tételek és összegek helyesbíthetők. A vevő adatainak helyesbítését az inFakt felületén kell kiállítani.',
      'Rader och belopp kan rättas den här vägen. En rättelse av köparens uppgifter görs i inFakts panel.',
    ],
    [
      'Wystaw ją w inFakcie i wycofaj tę korektę; przy zmianie NIP-u zwyczajem jest korekta do zera i nowa faktura.',
      'Make it in inFakt and withdraw this correction; for another tax number the custom is a correction to zero and a new invoice.',
      'Állítsa ki az inFaktban, és vonja vissza ezt; más adószámnál szokás szerint nullára helyesbítés és új számla készül.',
      'Gör den i inFakt och dra tillbaka den här; vid annat skattenummer brukar man kreditera helt och utfärda en ny faktura.',
    ],
  ),
  cause(
    'ksef_number_odd',
    { stops: 'nothing', whoMends: 'nobody', mayExist: true },
    [
      'Numer KSeF ma złą sumę kontrolną',
      'The check sum of the KSeF number is wrong',
      'A KSeF-szám ellenőrző összege hibás',
      'KSeF-numrets kontrollsumma är fel',
    ],
    [
      'inFakt podał numer KSeF {number}, którego suma kontrolna się nie zgadza. Dokument jest wystawiony i numer zapisany.',
      'inFakt gave the KSeF number {number}, whose check sum is wrong. The document is issued and the number kept.',
      'Az inFakt a(z) {number} KSeF-számot adta, amelynek ellenőrző összege hibás. A bizonylat elkészült, a számot megőriztük.',
      'inFakt gav KSeF-numret {number} vars kontrollsumma är fel. Dokumentet är utfärdat och numret sparat.',
    ],
    [
      'Porównaj numer z tym w panelu KSeF. Jeśli jest inny, napisz do inFaktu.',
      'Compare the number with the one in the KSeF panel. If they differ, write to inFakt.',
      'Vesse össze a számot a KSeF felületén láthatóval. Ha eltér, írjon az inFaktnak.',
      'Jämför numret med det i KSeF-panelen. Skiljer de sig, skriv till inFakt.',
    ],
  ),
  cause(
    'gtu',
    { where: 'lines' },
    [
      'Oznaczenia GTU nie ma w inFakcie',
      'inFakt does not know the GTU code',
      'Az inFakt nem ismeri a GTU-kódot',
      'inFakt känner inte till GTU-koden',
    ],
    [
      'Pozycja „{lines}” ma oznaczenie {message}, którego nie ma na liście tego konta w inFakcie.',
      'The line “{lines}” bears the code {message}, which is not on the list of this inFakt account.',
      'A(z) „{lines}” tétel {message} kódja nincs rajta ezen inFakt-fiók listáján.',
      'Raden ”{lines}” har koden {message}, som inte finns i det här inFakt-kontots lista.',
    ],
    [
      'Wpisz oznaczenie od GTU_01 do GTU_13 albo usuń je z pozycji: na fakturze się nie drukuje, trafia do pliku JPK.',
      'Enter a code from GTU_01 to GTU_13 or remove it from the line: it is not printed on the invoice but goes to the JPK file.',
      'Adjon meg GTU_01 és GTU_13 közötti kódot, vagy törölje a tételről: a számlán nem szerepel, a JPK-fájlba kerül.',
      'Ange en kod mellan GTU_01 och GTU_13 eller ta bort den från raden: den skrivs inte på fakturan utan går till JPK-filen.',
    ],
  ),
  cause(
    'not_removable',
    { link: panel },
    ['Usunąć można tylko proformę', 'Only a proforma can be deleted', 'Csak díjbekérő törölhető', 'Bara en proforma kan tas bort'],
    [
      'Pod tym dokumentem inFakt ma {number} ({kind}), a nie proformę. Niczego nie usunięto.',
      'Under this document inFakt holds {number} ({kind}), which is no proforma. Nothing was deleted.',
      'Ehhez a bizonylathoz az inFaktban {number} ({kind}) tartozik, ami nem díjbekérő. Semmit sem töröltünk.',
      'Under dokumentet har inFakt {number} ({kind}), som inte är en proforma. Inget har tagits bort.',
    ],
    [
      'Otwórz dokument w inFakcie. Fakturę się koryguje, nie usuwa.',
      'Open the document in inFakt. An invoice is corrected, not deleted.',
      'Nyissa meg a bizonylatot az inFaktban. Számlát helyesbíteni kell, nem törölni.',
      'Öppna dokumentet i inFakt. En faktura krediteras, den tas inte bort.',
    ],
  ),
  cause(
    'correction_refused',
    { where: 'correction.reason' },
    ['inFakt odrzuca korektę', 'inFakt refuses the correction', 'Az inFakt elutasítja a helyesbítőt', 'inFakt avvisar krediteringen'],
    [
      'inFakt wskazuje dane korekty: {message}. Nic nie zostało wystawione.',
      'inFakt points to the data of the correction: {message}. Nothing was issued.',
      'Az inFakt a helyesbítő adataira mutat: {message}. Semmi sem készült el.',
      'inFakt pekar på krediteringens uppgifter: {message}. Inget har utfärdats.',
    ],
    completeAndResend,
  ),
  cause(
    'no_email',
    { whoMends: 'buyer', where: 'buyer.email' },
    ['Nie ma adresu e-mail nabywcy', 'No e-mail address of the buyer', 'Nincs meg a vevő e-mail címe', 'Köparens e-postadress saknas'],
    [
      'inFakt nie wie, dokąd wysłać dokument ({message}). Sam dokument jest wystawiony.',
      'inFakt does not know where to mail the document ({message}). The document itself is issued.',
      'Az inFakt nem tudja, hová küldje a bizonylatot ({message}). Maga a bizonylat elkészült.',
      'inFakt vet inte vart dokumentet ska mejlas ({message}). Själva dokumentet är utfärdat.',
    ],
    [
      'Wyślij PDF stąd na adres, który znasz.',
      'Mail the PDF from here to an address that you know.',
      'Küldje el innen a PDF-et egy ismert címre.',
      'Mejla PDF:en härifrån till en adress du känner till.',
    ],
  ),
  cause(
    'bad_request',
    { whoMends: 'us' },
    [
      'inFakt nie rozumie zapytania',
      'inFakt does not understand the request',
      'Az inFakt nem érti a kérést',
      'inFakt förstår inte anropet',
    ],
    [
      'inFakt odpowiedział kodem {code}: {message}. Nic nie zostało wystawione.',
      'inFakt answered with code {code}: {message}. Nothing was issued.',
      'Az inFakt {code} kóddal válaszolt: {message}. Semmi sem készült el.',
      'inFakt svarade med kod {code}: {message}. Inget har utfärdats.',
    ],
    reportIt,
  ),
  cause(
    'not_found',
    { link: panel },
    [
      'inFakt nie zna tego dokumentu',
      'inFakt does not know this document',
      'Az inFakt nem ismeri ezt a bizonylatot',
      'inFakt känner inte till dokumentet',
    ],
    [
      'W inFakcie nie ma dokumentu, o który pytamy ({message}). Mógł zostać tam usunięty.',
      'inFakt holds no document such as asked for ({message}). It may have been deleted there.',
      'Az inFaktban nincs ilyen bizonylat ({message}). Lehet, hogy ott törölték.',
      'inFakt har inget sådant dokument ({message}). Det kan ha tagits bort där.',
    ],
    [
      'Otwórz inFakt i sprawdź po numerze. Jeśli ktoś usunął fakturę, zapytaj księgową, co dalej.',
      'Open inFakt and look by the number. If somebody deleted the invoice, ask the accountant what to do.',
      'Nyissa meg az inFaktot, és keressen a számra. Ha valaki törölte a számlát, kérdezze meg a könyvelőt.',
      'Öppna inFakt och sök på numret. Har någon tagit bort fakturan, fråga redovisningsbyrån vad som gäller.',
    ],
  ),
  cause(
    'no_answer',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['Brak odpowiedzi z inFaktu', 'No answer from inFakt', 'Nem jött válasz az inFakttól', 'Inget svar från inFakt'],
    [
      'Połączenie się zerwało albo odpowiedź nie przyszła na czas ({message}). Faktura mogła powstać.',
      'The connection broke or the answer did not come in time ({message}). The invoice may exist.',
      'Megszakadt a kapcsolat, vagy nem jött időben válasz ({message}). A számla elkészülhetett.',
      'Förbindelsen bröts eller svaret kom inte i tid ({message}). Fakturan kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'provider_down',
    { whoMends: 'provider', retryHelps: true, mayExist: true },
    [
      'inFakt chwilowo nie działa',
      'inFakt is unavailable for the moment',
      'Az inFakt átmenetileg nem elérhető',
      'inFakt är tillfälligt otillgängligt',
    ],
    [
      'inFakt zgłasza błąd wewnętrzny lub przerwę ({message}). Faktura mogła powstać.',
      'inFakt reports an internal error or maintenance ({message}). The invoice may exist.',
      'Az inFakt belső hibát vagy karbantartást jelez ({message}). A számla elkészülhetett.',
      'inFakt meddelar internt fel eller underhåll ({message}). Fakturan kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'page_instead',
    { whoMends: 'provider', retryHelps: true, mayExist: true },
    ['Strona zamiast odpowiedzi', 'A web page instead of an answer', 'Weblap érkezett válasz helyett', 'En webbsida i stället för svar'],
    [
      'inFakt odpowiedział czymś, czego nie da się odczytać: {message}. Faktura mogła powstać.',
      'inFakt answered with something that cannot be read: {message}. The invoice may exist.',
      'Az inFakt értelmezhetetlen választ adott: {message}. A számla elkészülhetett.',
      'inFakt svarade med något som inte kan läsas: {message}. Fakturan kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'task_stuck',
    { whoMends: 'provider', retryHelps: true, mayExist: true, link: panel },
    [
      'inFakt od doby nie kończy zlecenia',
      'inFakt has not finished the order for a day',
      'Az inFakt egy napja nem fejezi be a megbízást',
      'inFakt har inte slutfört uppdraget på ett dygn',
    ],
    [
      'inFakt przyjął fakturę do utworzenia, ale od doby jej nie tworzy ({message}). Może jeszcze powstać.',
      'inFakt took the invoice to make it, but has not made it for a day ({message}). It may still appear.',
      'Az inFakt átvette a számlát, de egy napja nem készíti el ({message}). Még megjelenhet.',
      'inFakt tog emot fakturan men har inte skapat den på ett dygn ({message}). Den kan fortfarande dyka upp.',
    ],
    [
      'Nie wystawiaj drugiej. Zapytaj inFakt o zlecenie; my szukamy dalej.',
      'Do not issue a second one. Ask inFakt about the order; we go on looking.',
      'Ne állítson ki másikat. Kérdezze meg az inFaktot a megbízásról; mi tovább keressük.',
      'Utfärda inte en andra. Fråga inFakt om uppdraget; vi letar vidare.',
    ],
  ),
  cause(
    'task_lost',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    [
      'inFakt nie zna już zlecenia',
      'inFakt no longer knows the order',
      'Az inFakt már nem ismeri a megbízást',
      'inFakt känner inte längre till uppdraget',
    ],
    [
      'inFakt nie pamięta zlecenia utworzenia tej faktury ({message}). Faktura mogła powstać.',
      'inFakt does not remember the order to make this invoice ({message}). The invoice may exist.',
      'Az inFakt nem emlékszik a számla megbízására ({message}). A számla elkészülhetett.',
      'inFakt minns inte uppdraget att skapa fakturan ({message}). Fakturan kan finnas.',
    ],
    askedFirst,
  ),
  cause(
    'several_found',
    { mayExist: true, link: panel },
    [
      'W inFakcie pasuje kilka faktur',
      'Several invoices in inFakt fit',
      'Az inFaktban több számla is megfelel',
      'Flera fakturor i inFakt passar',
    ],
    [
      'Do tego dokumentu pasuje w inFakcie więcej niż jedna faktura: {numbers}.',
      'More than one invoice in inFakt fits this document: {numbers}.',
      'Az inFaktban egynél több számla felel meg ennek a bizonylatnak: {numbers}.',
      'Mer än en faktura i inFakt passar dokumentet: {numbers}.',
    ],
    [
      'Otwórz je w inFakcie. Zbędną usuń tam lub skoryguj z księgową, potem naciśnij w dokumencie „Przekaż ponownie”.',
      'Open them in inFakt. Delete or correct the superfluous one there with your accountant, then press “Transfer again” on the document.',
      'Nyissa meg őket az inFaktban. A feleslegeset törölje vagy helyesbítse a könyvelővel, majd nyomja meg a bizonylaton az „Ismételt átadás” gombot.',
      'Öppna dem i inFakt. Ta bort eller rätta den överflödiga där med redovisningsbyrån och tryck sedan på ”Överför igen” på dokumentet.',
    ],
  ),
  cause(
    'other_document',
    { mayExist: true, link: panel },
    ['W inFakcie jest coś innego', 'inFakt holds something else', 'Az inFaktban más van', 'inFakt har något annat'],
    [
      'Pod naszym oznaczeniem inFakt ma {found}: {gross} zamiast {wanted}.',
      'Under our mark inFakt holds {found}: {gross} instead of {wanted}.',
      'A mi jelünkkel az inFaktban ez áll: {found}, {gross} a(z) {wanted} helyett.',
      'Under vårt märke har inFakt {found}: {gross} i stället för {wanted}.',
    ],
    [
      'Porównaj oba w inFakcie. Błędną usuń tam lub skoryguj, potem naciśnij w dokumencie „Przekaż ponownie”.',
      'Compare the two in inFakt. Delete or correct the wrong one there, then press “Transfer again” on the document.',
      'Vesse össze a kettőt az inFaktban. A hibásat törölje vagy helyesbítse, majd nyomja meg a bizonylaton az „Ismételt átadás” gombot.',
      'Jämför dem i inFakt. Ta bort eller rätta den felaktiga där och tryck sedan på ”Överför igen” på dokumentet.',
    ],
  ),
  cause(
    'pay_refused',
    { where: 'payment.paidAt' },
    [
      'inFakt nie oznaczył jako zapłacone',
      'inFakt did not mark it as paid',
      'Az inFakt nem jelölte fizetettnek',
      'inFakt markerade den inte som betald',
    ],
    [
      'inFakt odmówił oznaczenia faktury jako zapłaconej: {message}. Sama faktura jest wystawiona.',
      'inFakt refused to mark the invoice as paid: {message}. The invoice itself is issued.',
      'Az inFakt nem jelölte fizetettnek a számlát: {message}. Maga a számla elkészült.',
      'inFakt vägrade markera fakturan som betald: {message}. Själva fakturan är utfärdad.',
    ],
    [
      'Oznacz ją w inFakcie albo spróbuj ponownie później.',
      'Mark it in inFakt, or try again later.',
      'Jelölje meg az inFaktban, vagy próbálja később.',
      'Markera den i inFakt eller försök igen senare.',
    ],
  ),
  cause(
    'pay_part',
    { where: 'payment.paid' },
    [
      'Zapłacono tylko część faktury',
      'Only a part of the invoice is paid',
      'A számlának csak egy részét fizették ki',
      'Bara en del av fakturan är betald',
    ],
    [
      'Zapłacono {paid} z {gross}. inFakt zna tylko zapłatę całości, więc niczego tam nie oznaczyliśmy.',
      '{paid} of {gross} is paid. inFakt knows a payment of the whole only, so nothing was marked there.',
      'A(z) {gross} összegből {paid} van kifizetve. Az inFakt csak a teljes kifizetést ismeri, ezért ott semmit sem jelöltünk meg.',
      '{paid} av {gross} är betalt. inFakt känner bara till betalning av hela beloppet, så inget har markerats där.',
    ],
    [
      'Oznacz fakturę po wpłacie reszty albo wpisz częściową wpłatę w panelu inFaktu.',
      'Mark the invoice once the rest has come, or enter the part payment in the panel of inFakt.',
      'Jelölje meg a számlát, amikor a maradék is megérkezett, vagy rögzítse a részfizetést az inFakt felületén.',
      'Markera fakturan när resten har kommit in, eller ange delbetalningen i inFakts panel.',
    ],
  ),
  cause(
    'ksef_refused',
    { link: panel, reopens: true },
    ['KSeF odrzucił fakturę', 'KSeF refused the invoice', 'A KSeF elutasította a számlát', 'KSeF avvisade fakturan'],
    [
      'KSeF nie przyjął tej faktury: {message}. W inFakcie jest, a jej numer pozostaje zajęty.',
      'KSeF did not take this invoice: {message}. It is in inFakt and keeps its number.',
      'A KSeF nem fogadta be a számlát: {message}. Az inFaktban megvan, és a számát megtartja.',
      'KSeF tog inte emot fakturan: {message}. Den finns i inFakt och behåller sitt nummer.',
    ],
    [
      'Popraw dane w tym dokumencie i wystaw go ponownie: ta sama faktura zostanie zmieniona w inFakcie i wysłana jeszcze raz. Nigdy nie wystawiaj drugiej.',
      'Correct the data of this document and issue it again: the same invoice is changed in inFakt and sent once more. Never issue a second one.',
      'Javítsa a bizonylat adatait, és állítsa ki újra: ugyanaz a számla módosul az inFaktban, és újra elküldjük. Soha ne állítson ki másikat.',
      'Rätta uppgifterna på dokumentet och utfärda det igen: samma faktura ändras i inFakt och skickas en gång till. Utfärda aldrig en andra.',
    ],
  ),
  cause(
    'change_ignored',
    { link: panel },
    [
      'inFakt nie przejął zmiany',
      'inFakt did not take the change',
      'Az inFakt nem vette át a módosítást',
      'inFakt tog inte över ändringen',
    ],
    [
      'inFakt przyjął zmianę faktury {number}, ale dalej ma stare wartości: {fields}. Do KSeF nic nie wysłano.',
      'inFakt accepted the change of invoice {number} but still has the old values: {fields}. Nothing was sent to KSeF.',
      'Az inFakt elfogadta a(z) {number} számla módosítását, de még a régi értékek vannak benne: {fields}. A KSeF-be semmi sem ment.',
      'inFakt godtog ändringen av faktura {number} men har kvar de gamla värdena: {fields}. Inget har skickats till KSeF.',
    ],
    [
      'Popraw te pola tej samej faktury w panelu inFaktu i wystaw dokument tutaj ponownie.',
      'Correct these fields of the same invoice in the panel of inFakt and issue the document here again.',
      'Javítsa ezeket a mezőket ugyanezen a számlán az inFakt felületén, majd állítsa ki itt újra a bizonylatot.',
      'Rätta de fälten på samma faktura i inFakts panel och utfärda dokumentet här igen.',
    ],
  ),
  cause(
    'ksef_not_connected',
    { link: panel },
    [
      'KSeF nie jest połączony w inFakcie',
      'KSeF is not connected in inFakt',
      'A KSeF nincs összekötve az inFaktban',
      'KSeF är inte anslutet i inFakt',
    ],
    [
      'inFakt nie może wysłać faktury do KSeF: {message}.',
      'inFakt cannot send the invoice to KSeF: {message}.',
      'Az inFakt nem tudja a KSeF-be küldeni a számlát: {message}.',
      'inFakt kan inte skicka fakturan till KSeF: {message}.',
    ],
    [
      'Połącz KSeF w panelu inFaktu i naciśnij tu „Wyślij ponownie”, albo wybierz w serii, że KSeF wysyła ktoś inny.',
      'Connect KSeF in the panel of inFakt and press “Send again” here, or say in the series that somebody else reports.',
      'Kösse össze a KSeF-et az inFakt felületén, és nyomja meg itt az „Újraküldés” gombot, vagy állítsa be a sorozatban, hogy más jelenti.',
      'Anslut KSeF i inFakts panel och tryck på ”Skicka igen” här, eller ange i serien att någon annan rapporterar.',
    ],
  ),
];
