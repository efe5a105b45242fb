import { causesOf, type Four } from '../../src/contract/cause.ts';
import type { CauseRef } from '../../src/contract/connector.ts';
import type { Cause } from '../../src/contract/manifest.ts';
import { cut } from '../../src/domain/cut.ts';
import { validationCauses } from './validation-causes.ts';

/** Their fault codes to our causes: who mends it, can the same request succeed later, may it have happened although we heard of a failure. */

/**
 * What a code proves about a write. `rejected`: nothing was done. `unknown`: read the state back. `state`: the claim is not in the state
 * the verb needs; whether that is because the wish is fulfilled already is read back. `busy`: the same request is being worked on.
 */
export type Verdict = 'rejected' | 'unknown' | 'state' | 'busy';
type Facts = { cause: string; verdict: Verdict };
const rejected = (cause: string): Facts => ({ cause, verdict: 'rejected' });
const state = (cause: string): Facts => ({ cause, verdict: 'state' });

/** Codes of contract §6 and §9.4. Validation codes have a table of their own. */
export const codes: Record<string, Facts> = {
  AUTHORIZATION_FAILED: rejected('credentials'),
  TOKEN_REFUSED: rejected('rest_credentials'),
  ACTIVATION_OF_INVOICE_DENIED: state('activation_denied'),
  INVALID_INVOICE_STATUS: state('wrong_state'),
  INVALID_ORDER_STATUS: state('wrong_state'),
  INVOICE_NOT_FOUND: state('not_found'),
  PURCHASE_NOT_FOUND: state('not_found'),
  ACCOUNT_NOT_FOUND: state('not_found'),
  HTTP_404: state('not_found'),
  CAPTURE_ORDER_ALREADY_CAPTURED: state('already_active'),
  ORDER_ALREADY_CAPTURED: state('already_active'),
  INVOICE_INVALID_TYPE: rejected('type_without_verb'),
  INVOICE_DUEDATE_ALREADY_EXTENDED: state('already_extended'),
  INVOICE_EXTENDED_DATE_IN_PAST: rejected('extension_in_past'),
  RESERVATION_NOT_FOUND: rejected('reservation'),
  RESERVATION_NOT_APPROVED: rejected('buyer_not_approved'),
  INVOICE_EXCEEDS_AVAILABLE_RESERVATION: rejected('reservation'),
  DENIED_TO_PURCHASE: rejected('buyer_not_approved'),
  DENIED_TO_PURCHASE_HHCPN: rejected('buyer_not_approved'),
  CREDIT_CHECK_DENIED: rejected('credit_check'),
  ADDRESS_NOT_FOUND: rejected('address_unknown'),
  PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT: rejected('above_limit'),
  REAUTHORIZE_ORDER_INCREASE_ABOVE_CURRENT_TOTAL_AMOUNT_IS_N: rejected('no_increase'),
  INVALID_REGISTRATION_NUMBER: rejected('registration_number'),
  AGREEMENT_RULES_VALIDATION_FAILED: rejected('agreement_rules'),
  INVOICE_TYPE_IS_NOT_ALLOWED_TO_BE_USED: rejected('invoice_type'),
  INVALID_PRODUCT_CODE: rejected('product_code'),
  INVALID_CURRENCY_CODE: rejected('currency'),
  MIXED_CURRENCY: rejected('currency'),
  INVALID_COUNTRYCODE: rejected('country'),
  INVALID_DELIVERY_ADDRESS_USAGE: rejected('delivery_address'),
  INVALID_CREDIT_TIME_USAGE: rejected('invoice_type'),
  COUNTRYCODE_MISMATCH_WITH_CUSTOMER_ADDRESS: rejected('country_of_address'),
  COUNTRYCODE_MISMATCH_WITH_DELIVERY_ADDRESS: rejected('country_of_address'),
  COUNTRYCODE_MISMATCH_WITH_INVOICE_ADDRESS: rejected('country_of_address'),
  ARTICLE_NOT_FOUND: rejected('rows_differ'),
  ARTICLE_NOT_FOUND_BASED_ON_UNITPRICE: rejected('rows_differ'),
  UNIQUE_ARTICLE_NOT_FOUND: rejected('article_ambiguous'),
  ARTICLE_EXISTS_BUT_OTHER_INFORMATION: rejected('article_ambiguous'),
  MATCHING_ARTICLES_WITH_DIFFERENT_VAT: rejected('article_ambiguous'),
  INVALID_QUANTITY: rejected('quantity'),
  INVALID_TRANSACTION_AMOUNT: rejected('amount'),
  REFUND_AMOUNT_TOO_HIGH: rejected('amount'),
  TOTAL_AMOUNT_MUST_BE_POSITIVE: rejected('not_positive'),
  EMAIL_IS_MISSING: rejected('email_missing'),
  MOBILE_PHONE_IS_MISSING: rejected('mobile_missing'),
  NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_EMAIL: rejected('email_not_agreed'),
  NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_MAIL: rejected('post_not_agreed'),
  HOUSE_NUMBER_IS_OUT_OF_RANGE: rejected('house_number'),
  CREDITVALIDATION_HOUSE_NUMBER_IS_REQUIRED: rejected('house_number'),
  INVALID_HOUSE_NUMBER: rejected('house_number'),
  AUTHORIZED_SIGNATORY_NOT_VERIFIABLE: rejected('signatory'),
  AUTHORIZED_SIGNATORY_REGISTRATION_NUMBER_NOT_VALID: rejected('signatory'),
  AUTHORIZED_SIGNATORY_REGISTRATION_NUMBER_REQUIRED: rejected('signatory'),
  IDEMPOTENCY_REQUEST_IN_PROGRESS: { cause: 'in_progress', verdict: 'busy' },
  HTTP_409: { cause: 'in_progress', verdict: 'busy' },
  IDEMPOTENCY_RESPONSE_EXPIRED: { cause: 'answer_forgotten', verdict: 'unknown' },
  UNHANDLED_EXCEPTION: { cause: 'provider_error', verdict: 'unknown' },
  VALIDATION_ERROR: rejected('validation'),
  VALIDATION_PASSWORD_REQUIRED: rejected('credentials'),
  VALIDATION_USERNAME_REQUIRED: rejected('credentials'),
  HTTP_403: rejected('store_not_permitted'),
  HTTP_401: rejected('rest_credentials'),
  HTTP_400: rejected('validation'),
  HTTP_422: rejected('validation'),
  Client: rejected('validation'),
  Sender: rejected('validation'),
};

const validation = new Set(validationCauses.map((one) => one.code.slice('walley.'.length)));

/** Verdict and cause of a fault. An unlisted code proves nothing: it is unknown, shown in the provider's own words. */
export function judge(code: string, message: string): { verdict: Verdict; cause: CauseRef } {
  const prefixed = Object.keys(codes).find((known) => known.startsWith('REAUTHORIZE_') && code.startsWith(known));
  const facts = codes[prefixed ?? code] ?? (validation.has(code) ? rejected(code) : { cause: 'unknown_code', verdict: 'unknown' as const });
  return { verdict: facts.verdict, cause: causeRef(facts.cause, code, message) };
}

export function causeRef(name: string, code?: string, message?: string): CauseRef {
  return {
    code: `walley.${name}`,
    params: { code: code || '–', message: cut(message ?? '', 300) || '–' },
    ...(code ? { providerCode: code } : {}),
    ...(message ? { providerText: cut(message, 1000) } : {}),
  };
}

const cause = causesOf('walley.');

const hub = 'https://merchant.walleypay.com';
const readState: Four = [
  'Odczytaj stan jeszcze raz i zobacz, które przyciski są dostępne.',
  'Read the state again and see which buttons are available.',
  'Olvassa be újra az állapotot, és nézze meg, mely gombok használhatók.',
  'Läs av läget igen och se vilka knappar som går att använda.',
];
const anotherMethod: Four = [
  'Zaproponuj kupującemu inny sposób zapłaty. Powiedz mu tylko, że zakup na fakturę nie został zatwierdzony.',
  'Offer the buyer another way to pay. Tell them only that the purchase by invoice was not approved.',
  'Ajánljon a vevőnek más fizetési módot. Csak annyit mondjon, hogy a számlás vásárlást nem hagyták jóvá.',
  'Erbjud köparen ett annat betalningssätt. Säg bara att fakturaköpet inte godkändes.',
];
const askWalley: Four = [
  'Zapytaj Walley o swoją umowę albo zmień ustawienie połączenia.',
  'Ask Walley about your agreement, or change the setting of the connection.',
  'Kérdezze meg a Walleytől a szerződését, vagy módosítsa a kapcsolat beállítását.',
  'Fråga Walley om ditt avtal eller ändra anslutningens inställning.',
];
const waitForUs: Four = [
  'Nic nie rób: odczytamy stan i dopiero wtedy ponowimy.',
  'Do nothing: the state is read first, and only then is it tried again.',
  'Nincs teendő: előbb beolvassuk az állapotot, és csak utána próbáljuk újra.',
  'Inget behöver göras: vi läser av läget först och försöker igen därefter.',
];
const correctBuyer: Four = [
  'Popraw dane kupującego i dodaj fakturę jeszcze raz.',
  'Correct the buyer’s data and add the invoice again.',
  'Javítsa a vevő adatait, és adja hozzá újra a számlát.',
  'Rätta köparens uppgifter och lägg till fakturan igen.',
];

export const causes: Cause[] = [
  cause(
    'credentials',
    { stops: 'connection', where: 'settings.username' },
    [
      'Walley nie przyjęło loginu lub hasła',
      'Walley did not accept the username or password',
      'A Walley nem fogadta el a nevet vagy a jelszót',
      'Walley godtog inte användarnamn eller lösenord',
    ],
    [
      'Para loginu i hasła usług SOAP nie pasuje do tego środowiska. Test i produkcja mają różne pary. Nic nie zostało wykonane.',
      'The username and password of the SOAP services do not fit this environment. Test and production have different pairs. Nothing was done.',
      'A SOAP-szolgáltatások neve és jelszava nem ehhez a környezethez tartozik. A teszt és az éles külön párt használ. Nem történt semmi.',
      'SOAP-tjänsternas användarnamn och lösenord hör inte till den här miljön. Test och produktion har olika par. Inget utfördes.',
    ],
    [
      'Wpisz login i hasło jeszcze raz w ustawieniach połączenia i sprawdź, czy wybrano właściwe środowisko.',
      'Type username and password again in the settings of the connection and check that the right environment is chosen.',
      'Írja be újra a nevet és a jelszót a kapcsolat beállításaiban, és nézze meg, a megfelelő környezet van-e kiválasztva.',
      'Skriv in användarnamn och lösenord igen i anslutningens inställningar och kontrollera att rätt miljö är vald.',
    ],
  ),
  cause(
    'rest_credentials',
    { stops: 'connection', where: 'settings.clientId', link: hub },
    [
      'Walley nie przyjęło klucza API',
      'Walley did not accept the API key',
      'A Walley nem fogadta el az API-kulcsot',
      'Walley godtog inte API-nyckeln',
    ],
    [
      'Identyfikator lub sekret klucza API jest błędny, usunięty albo wygasł. Sekrety wygasają zwykle po sześciu miesiącach. Nic nie zostało wykonane.',
      'The client id or its secret is wrong, deleted or expired. Secrets usually expire after six months. Nothing was done.',
      'Az ügyfél-azonosító vagy a titka hibás, törölték vagy lejárt. A titkok általában hat hónap után járnak le. Nem történt semmi.',
      'Klient-id eller hemligheten är fel, borttagen eller har gått ut. Hemligheter går vanligen ut efter sex månader. Inget utfördes.',
    ],
    [
      'W Merchant Hub utwórz nowy sekret („Manage access” → „Api key”), wklej go tutaj, a stary usuń.',
      'Make a new secret in Merchant Hub (“Manage access” → “Api key”), paste it here and delete the old one.',
      'Készítsen új titkot a Merchant Hubban („Manage access” → „Api key”), illessze be ide, a régit pedig törölje.',
      'Skapa en ny hemlighet i Merchant Hub (”Manage access” → ”Api key”), klistra in den här och ta bort den gamla.',
    ],
  ),
  cause(
    'store_not_permitted',
    { stops: 'connection', where: 'settings.storeSeConsumer', link: hub },
    [
      'Klucz nie ma dostępu do tego sklepu',
      'The key may not use this store',
      'A kulcs nem használhatja ezt az üzletet',
      'Nyckeln får inte använda butiken',
    ],
    [
      'Walley odmówiło: klucz nie jest dopuszczony do sklepu, do którego należy zamówienie.',
      'Walley refused: the key is not admitted to the store that the order belongs to.',
      'A Walley elutasította: a kulcsnak nincs joga ahhoz az üzlethez, amelyhez a rendelés tartozik.',
      'Walley nekade: nyckeln har inte behörighet till butiken som ordern hör till.',
    ],
    [
      'W Merchant Hub dodaj kluczowi dostęp do sklepu albo popraw numer sklepu w ustawieniach.',
      'Give the key access to the store in Merchant Hub, or correct the store id in the settings.',
      'A Merchant Hubban adjon a kulcsnak jogot az üzlethez, vagy javítsa az üzletazonosítót a beállításokban.',
      'Ge nyckeln behörighet till butiken i Merchant Hub eller rätta butiks-id i inställningarna.',
    ],
  ),
  cause(
    'no_engine',
    { where: 'settings.soapService' },
    [
      'Połączenie nie ma tej czynności',
      'The connection does not have this action',
      'A kapcsolat ezt nem tudja',
      'Anslutningen saknar den här åtgärden',
    ],
    [
      'Tej czynności nie ma w interfejsie, który jest ustawiony na tym połączeniu.',
      'The interface that is set up on this connection does not have this action.',
      'A kapcsolaton beállított felületen ez a művelet nem érhető el.',
      'Gränssnittet som är inställt på anslutningen har inte den här åtgärden.',
    ],
    [
      'Wpisz login i hasło usługi SOAP w ustawieniach połączenia (jeśli obejmuje ją umowa) albo zrób to w Merchant Hub.',
      'Type the username and password of the SOAP service into the settings (if your agreement includes it), or do it in Merchant Hub.',
      'Adja meg a SOAP-szolgáltatás nevét és jelszavát a beállításokban (ha a szerződés tartalmazza), vagy végezze el a Merchant Hubban.',
      'Ange SOAP-tjänstens användarnamn och lösenord i inställningarna (om avtalet omfattar den) eller gör det i Merchant Hub.',
    ],
  ),
  cause(
    'part_not_addressable',
    {},
    ['Tej części nie da się wskazać', 'This part cannot be named', 'Ez a rész nem nevezhető meg', 'Den här delen går inte att peka ut'],
    [
      'Interfejs REST zwraca zawsze z najstarszej aktywnej części; te same pozycje są w kilku częściach.',
      'The REST interface always refunds from the oldest active part; the same rows are in several parts.',
      'A REST felület mindig a legrégebbi aktív részből térít vissza; ugyanazok a tételek több részben is szerepelnek.',
      'REST-gränssnittet återbetalar alltid från den äldsta aktiva delen; samma rader finns i flera delar.',
    ],
    [
      'Zacznij od najstarszej części, dodaj do połączenia usługę SOAP albo zrób to w Merchant Hub.',
      'Begin with the oldest part, add the SOAP service to the connection, or do it in Merchant Hub.',
      'Kezdje a legrégebbi résszel, adja a kapcsolathoz a SOAP-szolgáltatást, vagy végezze el a Merchant Hubban.',
      'Börja med den äldsta delen, lägg till SOAP-tjänsten i anslutningen eller gör det i Merchant Hub.',
    ],
  ),
  cause(
    'activation_denied',
    {},
    ['Walley nie pozwala aktywować', 'Walley refuses to activate', 'A Walley nem engedi az aktiválást', 'Walley nekar aktivering'],
    [
      'Zakup nie jest gotowy do aktywacji: trwa kontrola, minął czas albo został odrzucony. Nie wysyłaj towaru na tę fakturę.',
      'The purchase is not ready to be activated: it is being checked, its time is over, or it was refused. Do not ship on this invoice.',
      'A vásárlás nem aktiválható: ellenőrzés alatt áll, lejárt az ideje, vagy elutasították. Erre a számlára ne küldjön árut.',
      'Köpet kan inte aktiveras: det kontrolleras, tiden har gått ut eller det nekades. Skicka inget på den här fakturan.',
    ],
    readState,
  ),
  cause(
    'wrong_state',
    {},
    ['Faktura jest w innym stanie', 'The invoice is in another state', 'A számla más állapotban van', 'Fakturan är i ett annat läge'],
    [
      'W Walley faktura istnieje, ale jej stan nie pozwala na tę czynność.',
      'The invoice exists at Walley, but its state does not permit this.',
      'A számla megvan a Walleynél, de az állapota ezt nem engedi.',
      'Fakturan finns hos Walley men läget tillåter inte detta.',
    ],
    [
      'Odczytaj stan jeszcze raz. Jeśli faktura jest już aktywna, zamiast anulować zrób zwrot.',
      'Read the state again. If the invoice is active already, credit it instead of cancelling.',
      'Olvassa be újra az állapotot. Ha a számla már aktív, visszavonás helyett írja jóvá.',
      'Läs av läget igen. Är fakturan redan aktiv, kreditera den i stället för att makulera.',
    ],
  ),
  cause(
    'not_found',
    {},
    ['Walley nie znajduje faktury', 'Walley does not find the invoice', 'A Walley nem találja a számlát', 'Walley hittar inte fakturan'],
    [
      'Pod tym numerem i w tym sklepie nie ma faktury w stanie, którego ta czynność potrzebuje.',
      'There is no invoice of this number in this store in the state that this action needs.',
      'Ezen a számon, ebben az üzletben nincs olyan állapotú számla, amelyre a művelethez szükség van.',
      'Det finns ingen faktura med det numret i butiken i det läge som åtgärden kräver.',
    ],
    [
      'Odczytaj stan jeszcze raz i sprawdź numer sklepu w ustawieniach połączenia.',
      'Read the state again and check the store id in the settings of the connection.',
      'Olvassa be újra az állapotot, és ellenőrizze az üzletazonosítót a kapcsolat beállításaiban.',
      'Läs av läget igen och kontrollera butiks-id i anslutningens inställningar.',
    ],
  ),
  cause(
    'order_ambiguous',
    {},
    [
      'Nie wiadomo, który to zakup',
      'It is not clear which purchase it is',
      'Nem egyértelmű, melyik vásárlás ez',
      'Det går inte att avgöra vilket köp det är',
    ],
    [
      'Pod numerem tego zamówienia Walley podaje kilka zakupów albo tak długą listę, że nie widać jej końca. Nie zgadujemy, który jest właściwy.',
      'Under the number of this order Walley shows several purchases, or a list too long to see its end. Which one it is we do not guess.',
      'Ennek a rendelésnek a számára a Walley több vásárlást mutat, vagy olyan hosszú listát, amelynek nem látni a végét. Nem találgatunk.',
      'På orderns nummer visar Walley flera köp, eller en lista som är för lång för att se slutet på. Vi gissar inte vilket det är.',
    ],
    [
      'Znajdź zakup w Merchant Hub i podaj numer jego faktury.',
      'Find the purchase in Merchant Hub and name the number of its invoice.',
      'Keresse meg a vásárlást a Merchant Hubban, és adja meg a számlája számát.',
      'Sök upp köpet i Merchant Hub och ange fakturans nummer.',
    ],
  ),
  cause(
    'not_told',
    // A document that is not complete yet may be so a moment later: it is looked at a few times before a person is asked.
    { mayExist: true, retryHelps: true },
    [
      'Z odpowiedzi nie wynika, czy to wykonano',
      'The answer does not tell whether it was done',
      'A válaszból nem derül ki, megtörtént-e',
      'Svaret visar inte om det är gjort',
    ],
    [
      'W dokumencie zamówienia Walley brakuje liczb lub kwot, z których byłoby to widać, albo nie da się ich odczytać. Drugi raz mógłby kosztować.',
      'The counts or amounts that would show it are missing from the order at Walley, or cannot be read. A second time might cost.',
      'A Walley rendeléséből hiányoznak azok a számok vagy összegek, amelyekből kiderülne, vagy nem olvashatók. A második alkalom pénzbe kerülhet.',
      'Antal eller belopp som skulle visa det saknas i ordern hos Walley eller går inte att läsa. En andra gång kan kosta.',
    ],
    [
      'Sprawdź zakup w Merchant Hub i powiedz tutaj, czy to wykonano.',
      'Look at the purchase in Merchant Hub and say here whether it was done.',
      'Nézze meg a vásárlást a Merchant Hubban, és mondja meg itt, megtörtént-e.',
      'Titta på köpet i Merchant Hub och ange här om det är gjort.',
    ],
  ),
  cause(
    'already_active',
    {},
    ['Wszystko jest już aktywne', 'Everything is active already', 'Már minden aktív', 'Allt är redan aktiverat'],
    [
      'W Walley nie ma już nic do aktywacji.',
      'Nothing is left to activate at Walley.',
      'A Walleynél már nincs mit aktiválni.',
      'Det finns inget kvar att aktivera hos Walley.',
    ],
    readState,
  ),
  cause(
    'changed_outside',
    {},
    ['Ktoś zmienił to w Walley', 'Somebody changed it at Walley', 'Valaki módosította a Walleynél', 'Någon har ändrat det hos Walley'],
    [
      'Stan w Walley nie zgadza się z tym, o co prosiliśmy. Nasza czynność nie została wykonana.',
      'The state at Walley does not fit what was asked for. Our action was not carried out.',
      'A Walleynél lévő állapot nem egyezik a kérésünkkel. A műveletünk nem történt meg.',
      'Läget hos Walley stämmer inte med det vi bad om. Vår åtgärd utfördes inte.',
    ],
    [
      'Odczytaj stan, porównaj części z Merchant Hub i zdecyduj, co zrobić.',
      'Read the state, compare the parts with Merchant Hub and decide what to do.',
      'Olvassa be az állapotot, vesse össze a részeket a Merchant Hubbal, és döntse el, mi legyen.',
      'Läs av läget, jämför delarna med Merchant Hub och bestäm vad som ska göras.',
    ],
  ),
  cause(
    'type_without_verb',
    {},
    ['Nie dla tego rodzaju faktury', 'Not for this type of invoice', 'Ehhez a számlatípushoz nem', 'Inte för den fakturatypen'],
    [
      'Walley nie ma tej czynności dla tego rodzaju faktury. Termin można przedłużyć tylko fakturze bezpośredniej.',
      'Walley does not offer this for this type of invoice. Only direct invoices can have their due date extended.',
      'A Walley ennél a számlatípusnál ezt nem kínálja. Határidőt csak közvetlen számlánál lehet hosszabbítani.',
      'Walley erbjuder inte detta för fakturatypen. Bara direktfakturor kan få förlängd förfallodag.',
    ],
    askWalley,
  ),
  cause(
    'already_extended',
    {},
    [
      'Termin był już przedłużony',
      'The due date was extended before',
      'A határidőt már meghosszabbították',
      'Förfallodagen är redan förlängd',
    ],
    [
      'Walley przedłuża termin jednej faktury tylko raz.',
      'Walley extends the due date of an invoice once only.',
      'A Walley egy számla határidejét csak egyszer hosszabbítja meg.',
      'Walley förlänger en fakturas förfallodag bara en gång.',
    ],
    [
      'Uzgodnij z kupującym zapłatę w obecnym terminie albo skieruj go do Walley.',
      'Agree with the buyer on the present due date, or refer them to Walley.',
      'Egyezzen meg a vevővel a jelenlegi határidőben, vagy irányítsa a Walleyhez.',
      'Kom överens med köparen om nuvarande förfallodag eller hänvisa till Walley.',
    ],
  ),
  cause(
    'extension_in_past',
    {},
    ['Nowy termin już minął', 'The new due date is in the past', 'Az új határidő már elmúlt', 'Den nya förfallodagen har passerat'],
    [
      'Termin tej faktury minął tak dawno, że nawet przedłużony leży w przeszłości.',
      'The due date passed so long ago that even the extended one is in the past.',
      'A határidő olyan régen lejárt, hogy a meghosszabbított is a múltban van.',
      'Förfallodagen passerade för så länge sedan att även den förlängda ligger i det förflutna.',
    ],
    ['Skieruj kupującego do Walley.', 'Refer the buyer to Walley.', 'Irányítsa a vevőt a Walleyhez.', 'Hänvisa köparen till Walley.'],
  ),
  cause(
    'reservation',
    {},
    ['Rezerwacja nie wystarcza', 'The reservation does not suffice', 'A foglalás nem elég', 'Reservationen räcker inte'],
    [
      'Kupujący nie ma rezerwacji kredytu albo zakup jest większy niż to, co z niej zostało.',
      'The buyer has no reserved credit, or the purchase is larger than what is left of it.',
      'A vevőnek nincs hitelfoglalása, vagy a vásárlás nagyobb a maradékánál.',
      'Köparen har ingen reserverad kredit eller så är köpet större än vad som är kvar.',
    ],
    [
      'Zmniejsz kwotę albo zwiększ rezerwację w Walley.',
      'Lower the amount, or raise the reservation at Walley.',
      'Csökkentse az összeget, vagy emelje a foglalást a Walleynél.',
      'Sänk beloppet eller höj reservationen hos Walley.',
    ],
  ),
  cause(
    'buyer_not_approved',
    { whoMends: 'buyer' },
    [
      'Walley nie zatwierdziło kupującego',
      'Walley did not approve the buyer',
      'A Walley nem hagyta jóvá a vevőt',
      'Walley godkände inte köparen',
    ],
    [
      'Zakup na fakturę nie został zatwierdzony. Faktura nie powstała.',
      'The purchase by invoice was not approved. No invoice was made.',
      'A számlás vásárlást nem hagyták jóvá. Nem készült számla.',
      'Fakturaköpet godkändes inte. Ingen faktura skapades.',
    ],
    anotherMethod,
  ),
  cause(
    'credit_check',
    { whoMends: 'buyer' },
    ['Kontrola kredytowa odmówiła', 'The credit check refused', 'A hitelellenőrzés elutasította', 'Kreditprövningen gav avslag'],
    [
      'Walley nie przyznało kredytu na tę kwotę. To, co było wcześniej, stoi bez zmian.',
      'Walley did not grant credit for this amount. What was there before stands unchanged.',
      'A Walley erre az összegre nem adott hitelt. Ami addig volt, változatlanul áll.',
      'Walley beviljade inte kredit för beloppet. Det som fanns tidigare står kvar oförändrat.',
    ],
    anotherMethod,
  ),
  cause(
    'address_unknown',
    { whoMends: 'buyer' },
    ['Brak adresu w rejestrze', 'No address in the register', 'Nincs cím a nyilvántartásban', 'Ingen adress i registret'],
    [
      'Rejestr ludności nie podaje adresu tej osoby. Faktura nie powstała.',
      'The population register has no address for this person. No invoice was made.',
      'A népesség-nyilvántartásban nincs cím ehhez a személyhez. Nem készült számla.',
      'Folkbokföringen har ingen adress för personen. Ingen faktura skapades.',
    ],
    anotherMethod,
  ),
  cause(
    'above_limit',
    {},
    ['Kwota ponad limit', 'The amount is above the limit', 'Az összeg a korlát felett van', 'Beloppet är över gränsen'],
    [
      'Suma jest wyższa, niż Walley kredytuje temu kupującemu lub w tym kraju. Poprzednie pozycje zostały.',
      'The total is higher than Walley finances for this buyer or country. The former rows are still there.',
      'A végösszeg több, mint amennyit a Walley ennek a vevőnek vagy ebben az országban finanszíroz. A korábbi tételek megmaradtak.',
      'Totalen är högre än vad Walley finansierar för köparen eller landet. De tidigare raderna finns kvar.',
    ],
    ['Zmniejsz sumę pozycji.', 'Lower the total of the rows.', 'Csökkentse a tételek összegét.', 'Sänk radernas summa.'],
  ),
  cause(
    'no_increase',
    {},
    ['Nie można podwyższyć', 'It cannot be raised', 'Nem emelhető', 'Det går inte att höja'],
    [
      'Ten zakup można tylko obniżyć: opłacono go kartą albo przelewem, albo kraj nie pozwala na podwyżkę.',
      'This purchase can only be lowered: it was paid by card or bank, or the country does not permit more.',
      'Ez a vásárlás csak csökkenthető: kártyával vagy átutalással fizették, vagy az ország nem enged többet.',
      'Köpet kan bara sänkas: det betalades med kort eller bank, eller landet tillåter inte mer.',
    ],
    [
      'Dodaj różnicę jako nowy zakup.',
      'Add the difference as a new purchase.',
      'A különbözetet új vásárlásként vegye fel.',
      'Lägg till skillnaden som ett nytt köp.',
    ],
  ),
  cause(
    'registration_number',
    { where: 'buyerNumber' },
    [
      'Numer osobisty lub firmowy jest błędny',
      'The personal or company number is wrong',
      'A személyi vagy cégszám hibás',
      'Person- eller organisationsnumret är fel',
    ],
    [
      'Walley nie przyjęło numeru kupującego: ma złą postać albo cyfrę kontrolną.',
      'Walley did not accept the buyer’s number: its form or check digit is wrong.',
      'A Walley nem fogadta el a vevő számát: rossz az alakja vagy az ellenőrző számjegye.',
      'Walley godtog inte köparens nummer: formen eller kontrollsiffran är fel.',
    ],
    correctBuyer,
  ),
  cause(
    'agreement_rules',
    {},
    [
      'Zakup łamie zasadę umowy',
      'The purchase breaks a rule of the agreement',
      'A vásárlás megsérti a szerződés egyik szabályát',
      'Köpet bryter mot en regel i avtalet',
    ],
    [
      'Walley odmówiło według zasad umowy; często nazwisko lub adres nie zgadzają się z rejestrem.',
      'Walley refused by the rules of the agreement; often name or address do not match the register.',
      'A Walley a szerződés szabályai szerint utasította el; gyakran a név vagy a cím nem egyezik a nyilvántartással.',
      'Walley nekade enligt avtalets regler; ofta stämmer inte namn eller adress med registret.',
    ],
    [
      'Porównaj nazwisko i adres z rejestrem; jeśli się zgadzają, zapytaj Walley.',
      'Compare name and address with the register; if they match, ask Walley.',
      'Vesse össze a nevet és a címet a nyilvántartással; ha egyeznek, kérdezze meg a Walleyt.',
      'Jämför namn och adress med registret; stämmer de, fråga Walley.',
    ],
  ),
  cause(
    'invoice_type',
    { stops: 'connection', where: 'settings.invoiceType' },
    [
      'Rodzaj faktury nie jest w umowie',
      'The invoice type is not in the agreement',
      'A számlatípus nincs a szerződésben',
      'Fakturatypen finns inte i avtalet',
    ],
    [
      'Umowa z Walley nie obejmuje rodzaju faktury ustawionego na połączeniu.',
      'The agreement with Walley does not include the invoice type that is set on the connection.',
      'A Walleyvel kötött szerződés nem tartalmazza a kapcsolaton beállított számlatípust.',
      'Avtalet med Walley omfattar inte den fakturatyp som är inställd på anslutningen.',
    ],
    askWalley,
  ),
  cause(
    'product_code',
    { where: 'settings.productCode' },
    ['Nieznany kod kampanii', 'Unknown campaign code', 'Ismeretlen kampánykód', 'Okänd kampanjkod'],
    [
      'Kod kampanii z ustawień nie istnieje w Walley albo jest wyłączony.',
      'The campaign code of the settings does not exist at Walley or is inactive.',
      'A beállításokban lévő kampánykód a Walleynél nem létezik vagy nem él.',
      'Kampanjkoden i inställningarna finns inte hos Walley eller är inaktiv.',
    ],
    askWalley,
  ),
  cause(
    'currency',
    {},
    [
      'Waluta nie pasuje do sklepu',
      'The currency does not fit the store',
      'A pénznem nem illik az üzlethez',
      'Valutan passar inte butiken',
    ],
    [
      'Sklep Walley prowadzi jedną walutę, a zamówienie jest w innej.',
      'A Walley store keeps one currency, and the order is in another.',
      'Egy Walley-üzlet egy pénznemet vezet, a rendelés pedig másban van.',
      'En Walley-butik har en valuta och ordern är i en annan.',
    ],
    [
      'Wybierz sklep kraju kupującego.',
      'Choose the store of the buyer’s country.',
      'Válassza a vevő országának üzletét.',
      'Välj butiken för köparens land.',
    ],
  ),
  cause(
    'country',
    { where: 'settings.storeSeConsumer' },
    ['Kraj nie należy do konta', 'The country is not the account’s', 'Az ország nem a fiókhoz tartozik', 'Landet hör inte till kontot'],
    [
      'Login lub sklep należą do innego kraju niż kupujący.',
      'The credentials or the store belong to another country than the buyer.',
      'A belépés vagy az üzlet más országhoz tartozik, mint a vevő.',
      'Inloggningen eller butiken hör till ett annat land än köparen.',
    ],
    [
      'Popraw numer sklepu dla tego kraju.',
      'Correct the store id for this country.',
      'Javítsa az üzletazonosítót ehhez az országhoz.',
      'Rätta butiks-id för landet.',
    ],
  ),
  cause(
    'delivery_address',
    { where: 'buyer.street' },
    [
      'Adres dostawy inny niż faktury',
      'Delivery address differs from the invoice address',
      'A szállítási cím eltér a számlázásitól',
      'Leveransadressen skiljer sig från fakturaadressen',
    ],
    [
      'Konsumentowi Walley finansuje tylko dostawę pod adres faktury.',
      'For consumers Walley finances only delivery to the invoice address.',
      'Magánszemélynél a Walley csak a számlázási címre szállítást finanszírozza.',
      'För konsumenter finansierar Walley bara leverans till fakturaadressen.',
    ],
    correctBuyer,
  ),
  cause(
    'country_of_address',
    { where: 'buyer.country' },
    ['Kraj adresu nie pasuje', 'The country of the address does not fit', 'A cím országa nem egyezik', 'Adressens land stämmer inte'],
    [
      'Kraj w adresie jest inny niż kraj sklepu.',
      'The country of the address is another than that of the store.',
      'A címben más ország áll, mint az üzleté.',
      'Landet i adressen är ett annat än butikens.',
    ],
    correctBuyer,
  ),
  cause(
    'rows_differ',
    {},
    ['Pozycje w Walley są inne', 'The rows at Walley are different', 'A Walleynél mások a tételek', 'Raderna hos Walley är andra'],
    [
      'Walley nie ma na tej fakturze pozycji o takim numerze, opisie i cenie. Nic nie zostało wykonane.',
      'Walley has no row of this id, description and price on this invoice. Nothing was done.',
      'A Walleynél ezen a számlán nincs ilyen azonosítójú, leírású és árú tétel. Nem történt semmi.',
      'Walley har ingen rad med det id, den beskrivning och det pris på fakturan. Inget utfördes.',
    ],
    [
      'Ktoś zmienił pozycje w Merchant Hub. Odczytaj stan i zastąp pozycje pełnym zestawem.',
      'Somebody changed the rows in Merchant Hub. Read the state, then replace the rows by the full set.',
      'Valaki módosította a tételeket a Merchant Hubban. Olvassa be az állapotot, majd cserélje le a tételeket a teljes készletre.',
      'Någon ändrade raderna i Merchant Hub. Läs av läget och ersätt sedan raderna med hela uppsättningen.',
    ],
  ),
  cause(
    'article_ambiguous',
    { where: 'rows' },
    ['Ten sam artykuł w kilku cenach', 'The same article at several prices', 'Ugyanaz a cikk több áron', 'Samma artikel till flera priser'],
    [
      'Numer artykułu powtarza się z inną ceną lub stawką, więc nie wiadomo, o którą pozycję chodzi.',
      'An article id occurs again with another price or rate, so it is not clear which row is meant.',
      'Egy cikkszám más árral vagy kulccsal is szerepel, így nem tudni, melyik tételről van szó.',
      'Ett artikel-id förekommer igen med annat pris eller annan momssats, så det är oklart vilken rad som avses.',
    ],
    [
      'Zastąp pozycje tak, by każdy artykuł miał jedną cenę.',
      'Replace the rows so that each article has one price.',
      'Cserélje le a tételeket úgy, hogy minden cikknek egy ára legyen.',
      'Ersätt raderna så att varje artikel har ett pris.',
    ],
  ),
  cause(
    'quantity',
    { where: 'picks' },
    ['Tyle sztuk już nie ma', 'So many units are not left', 'Ennyi darab már nincs', 'Så många finns inte kvar'],
    [
      'Walley ma na tej pozycji mniej sztuk, niż podano. Nic nie zostało wykonane.',
      'Walley has fewer units left on this row than were given. Nothing was done.',
      'A Walleynél ezen a tételen kevesebb darab maradt a megadottnál. Nem történt semmi.',
      'Walley har färre kvar på raden än vad som angavs. Inget utfördes.',
    ],
    readState,
  ),
  cause(
    'amount',
    { where: 'amount' },
    ['Kwota poza granicami', 'The amount is out of range', 'Az összeg kívül esik a határokon', 'Beloppet är utanför gränserna'],
    [
      'Kwota jest większa niż to, co zostało na fakturze, albo podnosi ją ponad pierwotną sumę.',
      'The amount is more than what is left on the invoice, or raises it above its original total.',
      'Az összeg több a számla maradékánál, vagy az eredeti végösszeg fölé emelné.',
      'Beloppet är större än vad som är kvar på fakturan eller höjer den över ursprungssumman.',
    ],
    readState,
  ),
  cause(
    'not_positive',
    { where: 'rows' },
    ['Suma musi być dodatnia', 'The total must be positive', 'A végösszegnek pozitívnak kell lennie', 'Totalen måste vara positiv'],
    [
      'Suma pozycji wynosi zero lub mniej, takiej faktury Walley nie przyjmie.',
      'The rows add up to zero or less; Walley takes no such invoice.',
      'A tételek összege nulla vagy kevesebb; ilyen számlát a Walley nem fogad.',
      'Raderna summerar till noll eller mindre; en sådan faktura tar Walley inte emot.',
    ],
    ['Rozlicz to bez Walley.', 'Settle it without Walley.', 'Rendezze a Walley nélkül.', 'Reglera det utan Walley.'],
  ),
  cause(
    'email_missing',
    { where: 'email' },
    ['Brak adresu e-mail', 'The e-mail address is missing', 'Hiányzik az e-mail-cím', 'E-postadressen saknas'],
    [
      'Wybrano e-mail, a adresu nie podano.',
      'E-mail was chosen without an address.',
      'E-mail lett választva cím nélkül.',
      'E-post valdes utan adress.',
    ],
    [
      'Wpisz adres albo wybierz list.',
      'Type the address, or choose post.',
      'Írja be a címet, vagy válassza a postát.',
      'Skriv adressen eller välj brev.',
    ],
  ),
  cause(
    'mobile_missing',
    { where: 'buyer.phone' },
    ['Brak numeru komórki', 'The mobile number is missing', 'Hiányzik a mobilszám', 'Mobilnumret saknas'],
    [
      'Wybrane powiadomienie potrzebuje numeru komórki.',
      'The chosen notification needs a mobile number.',
      'A választott értesítéshez mobilszám kell.',
      'Det valda meddelandet kräver ett mobilnummer.',
    ],
    correctBuyer,
  ),
  cause(
    'email_not_agreed',
    {},
    ['E-mail nie jest w umowie', 'E-mail is not in the agreement', 'Az e-mail nincs a szerződésben', 'E-post ingår inte i avtalet'],
    [
      'Tego rodzaju faktury Walley nie wysyła e-mailem.',
      'Walley does not send this type of invoice by e-mail.',
      'A Walley ezt a számlatípust nem küldi e-mailben.',
      'Walley skickar inte den fakturatypen med e-post.',
    ],
    ['Wyślij listem.', 'Send it by post.', 'Küldje postán.', 'Skicka som brev.'],
  ),
  cause(
    'post_not_agreed',
    {},
    ['List nie jest w umowie', 'Post is not in the agreement', 'A posta nincs a szerződésben', 'Brev ingår inte i avtalet'],
    [
      'Tego rodzaju faktury Walley nie wysyła listem.',
      'Walley does not send this type of invoice by post.',
      'A Walley ezt a számlatípust nem küldi postán.',
      'Walley skickar inte den fakturatypen som brev.',
    ],
    ['Wyślij e-mailem.', 'Send it by e-mail.', 'Küldje e-mailben.', 'Skicka med e-post.'],
  ),
  cause(
    'house_number',
    { where: 'buyer.street' },
    ['Numeru domu brakuje', 'The house number is missing', 'Hiányzik a házszám', 'Husnumret saknas'],
    [
      'Numeru domu brakuje albo jest błędny.',
      'The house number is missing or wrong.',
      'A házszám hiányzik vagy hibás.',
      'Husnumret saknas eller är fel.',
    ],
    correctBuyer,
  ),
  cause(
    'signatory',
    { whoMends: 'buyer' },
    [
      'Nie potwierdzono osoby podpisującej',
      'The signatory was not confirmed',
      'Az aláíró nem igazolható',
      'Firmatecknaren bekräftades inte',
    ],
    [
      'Walley nie mogło potwierdzić osoby uprawnionej do podpisu w firmie kupującego.',
      'Walley could not verify the person who may sign for the buyer’s company.',
      'A Walley nem tudta igazolni a vevő cégében aláírásra jogosult személyt.',
      'Walley kunde inte verifiera vem som får teckna köparens firma.',
    ],
    [
      'Poproś kupującego o inną osobę.',
      'Ask the buyer for another person.',
      'Kérjen a vevőtől másik személyt.',
      'Be köparen om en annan person.',
    ],
  ),
  cause(
    'in_progress',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['Walley jeszcze pracuje', 'Walley is still working', 'A Walley még dolgozik', 'Walley arbetar fortfarande'],
    [
      'To samo żądanie jest właśnie wykonywane.',
      'The same request is being carried out at this moment.',
      'Ugyanezt a kérést épp most hajtják végre.',
      'Samma begäran utförs just nu.',
    ],
    waitForUs,
  ),
  cause(
    'answer_forgotten',
    { whoMends: 'nobody', mayExist: true },
    ['Walley zapomniało odpowiedzi', 'Walley has forgotten the answer', 'A Walley elfelejtette a választ', 'Walley har glömt svaret'],
    [
      'Żądanie dotarło wcześniej, ale jego odpowiedzi już nie ma.',
      'The request arrived before, but its answer is no longer kept.',
      'A kérés korábban megérkezett, de a válasza már nincs meg.',
      'Begäran kom fram tidigare men svaret finns inte kvar.',
    ],
    waitForUs,
  ),
  cause(
    'provider_error',
    { whoMends: 'provider', retryHelps: true, mayExist: true },
    ['Błąd po stronie Walley', 'An error at Walley', 'Hiba a Walleynél', 'Fel hos Walley'],
    [
      'Walley zgłosiło błąd wewnętrzny. Nie wiadomo jeszcze, czy czynność została wykonana.',
      'Walley reported an internal error. It is not known yet whether the action was carried out.',
      'A Walley belső hibát jelzett. Még nem tudni, végrehajtották-e a műveletet.',
      'Walley rapporterade ett internt fel. Det är ännu inte känt om åtgärden utfördes.',
    ],
    waitForUs,
  ),
  cause(
    'no_answer',
    { whoMends: 'nobody', retryHelps: true, mayExist: true },
    ['Odpowiedź Walley nie dotarła', 'Walley’s answer was lost', 'A Walley válasza elveszett', 'Walleys svar gick förlorat'],
    [
      'Wysłaliśmy żądanie, ale zrozumiała odpowiedź nie wróciła ({message}).',
      'The request was sent, but no answer came back that could be understood ({message}).',
      'A kérést elküldtük, de érthető válasz nem jött ({message}).',
      'Begäran skickades men inget begripligt svar kom ({message}).',
    ],
    waitForUs,
  ),
  cause(
    'send_unclear',
    { mayExist: true },
    ['Nie wiadomo, czy wysłano', 'It is not known whether it was sent', 'Nem tudni, elküldték-e', 'Det är okänt om den skickades'],
    [
      'Odpowiedź zginęła, a ten interfejs nie mówi, czy coś zostało wysłane lub zwrócone. Drugi raz mógłby kosztować.',
      'The answer was lost, and this interface does not tell whether something was sent or credited. A second time might cost.',
      'A válasz elveszett, és ez a felület nem árulja el, hogy elküldték vagy jóváírták-e. A második alkalom pénzbe kerülhet.',
      'Svaret gick förlorat och gränssnittet talar inte om ifall något skickades eller krediterades. En andra gång kan kosta.',
    ],
    [
      'Zajrzyj do Merchant Hub i powiedz tutaj, czy to się stało.',
      'Look it up in Merchant Hub and say here whether it happened.',
      'Nézze meg a Merchant Hubban, és itt adja meg, megtörtént-e.',
      'Titta i Merchant Hub och ange här om det hände.',
    ],
  ),
  cause(
    'number_unknown',
    { mayExist: true },
    ['Nie znamy numeru reszty', 'The number of the rest is not known', 'Nem ismert a maradék száma', 'Numret på resten är okänt'],
    [
      'Część została aktywowana, ale odpowiedź z nowym numerem reszty zginęła.',
      'The part was activated, but the answer with the new number of the rest was lost.',
      'A részt aktiválták, de a maradék új számát tartalmazó válasz elveszett.',
      'Delen aktiverades men svaret med restens nya nummer gick förlorat.',
    ],
    [
      'Przepisz numer oczekującej faktury z Merchant Hub.',
      'Copy the number of the pending invoice from Merchant Hub.',
      'Másolja át a függő számla számát a Merchant Hubból.',
      'Skriv av den väntande fakturans nummer från Merchant Hub.',
    ],
  ),
  cause(
    'unknown_code',
    { mayExist: true },
    [
      'Odpowiedź Walley, której nie znamy',
      'An answer of Walley we do not know',
      'Ismeretlen válasz a Walleytől',
      'Ett svar från Walley som vi inte känner',
    ],
    [
      'Walley odpowiedziało kodem {code}: {message}.',
      'Walley answered with code {code}: {message}.',
      'A Walley {code} kóddal válaszolt: {message}.',
      'Walley svarade med kod {code}: {message}.',
    ],
    readState,
  ),
  cause(
    'validation',
    { whoMends: 'us' },
    [
      'Walley nie zrozumiało żądania',
      'Walley did not understand the request',
      'A Walley nem értette a kérést',
      'Walley förstod inte begäran',
    ],
    [
      'Walley odrzuciło żądanie jako błędne ({code}: {message}). Nic nie zostało wykonane.',
      'Walley refused the request as malformed ({code}: {message}). Nothing was done.',
      'A Walley hibásként utasította el a kérést ({code}: {message}). Nem történt semmi.',
      'Walley avvisade begäran som felaktig ({code}: {message}). Inget utfördes.',
    ],
    [
      'Pobierz akta sprawy i prześlij je nam.',
      'Download the case file and send it to us.',
      'Töltse le az ügyiratot, és küldje el nekünk.',
      'Ladda ner ärendeakten och skicka den till oss.',
    ],
  ),
  ...validationCauses,
];
