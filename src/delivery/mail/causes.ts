import type { CauseRef } from '../../contract/connector.ts';
import type { Cause, Texts } from '../../contract/manifest.ts';
import { cut } from '../../domain/cut.ts';

/**
 * Why a mail did not go out, or came back. The codes are lasting; `causeOfReply` finds the code from a server's reply:
 * the enhanced status (RFC 3463) first, then the reply code and the server's words.
 */
function cause(code: string, facts: Pick<Cause, 'stops' | 'whoMends' | 'retryHelps'> & Partial<Cause>, words: Words): Cause {
  return { code, mayExist: false, ...facts, ...words };
}
type Words = { title: Texts; text: Texts; remedy: Texts };

const connectionBySeller = { stops: 'connection', whoMends: 'seller', retryHelps: false } as const;
const documentBySeller = { stops: 'document', whoMends: 'seller', retryHelps: false } as const;
const passing = { stops: 'connection', whoMends: 'nobody', retryHelps: true } as const;

export const mailCauses: Cause[] = [
  cause('mail_server_unreachable', passing, {
    title: {
      pl: 'Serwer poczty nie odpowiada',
      hu: 'A levelezőszerver nem érhető el',
      sv: 'E-postservern svarar inte',
      en: 'The mail server does not answer',
    },
    text: {
      pl: 'Nie udało się połączyć z serwerem {host}. Wiadomość nie wyszła i czeka w kolejce.',
      hu: 'Nem sikerült kapcsolódni a(z) {host} szerverhez. A levél nem ment el, a várólistán maradt.',
      sv: 'Det gick inte att ansluta till {host}. Meddelandet har inte skickats utan ligger kvar i kön.',
      en: 'No connection to {host} could be made. The message has not left and waits in the queue.',
    },
    remedy: {
      pl: 'Spróbujemy ponownie sami. Jeśli to trwa, sprawdź adres serwera i port w ustawieniach poczty.',
      hu: 'Automatikusan újra próbáljuk. Ha tartósan fennáll, ellenőrizze a szerver címét és portját a levelezési beállításokban.',
      sv: 'Vi försöker igen automatiskt. Om det fortsätter, kontrollera serverns adress och port i e-postinställningarna.',
      en: 'We will try again by ourselves. If it lasts, check the server address and port in the mail settings.',
    },
  }),
  cause('mail_host_unknown', connectionBySeller, {
    title: { pl: 'Nieznany serwer poczty', hu: 'Ismeretlen levelezőszerver', sv: 'Okänd e-postserver', en: 'Unknown mail server' },
    text: {
      pl: 'Nazwa serwera {host} nie istnieje. Wiadomości czekają w kolejce.',
      hu: 'A(z) {host} szervernév nem létezik. A levelek a várólistán maradtak.',
      sv: 'Servernamnet {host} finns inte. Meddelandena ligger kvar i kön.',
      en: 'There is no server named {host}. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Popraw nazwę serwera SMTP w ustawieniach poczty.',
      hu: 'Javítsa az SMTP-szerver nevét a levelezési beállításokban.',
      sv: 'Rätta namnet på SMTP-servern i e-postinställningarna.',
      en: 'Correct the name of the SMTP server in the mail settings.',
    },
  }),
  cause('mail_server_busy', passing, {
    title: {
      pl: 'Serwer poczty prosi, aby poczekać',
      hu: 'A levelezőszerver várakozást kér',
      sv: 'E-postservern ber oss vänta',
      en: 'The mail server asks us to wait',
    },
    text: {
      pl: 'Serwer chwilowo nie przyjął wiadomości. Wiadomość nie wyszła i czeka w kolejce.',
      hu: 'A szerver átmenetileg nem fogadta a levelet. A levél nem ment el, a várólistán maradt.',
      sv: 'Servern tog tillfälligt inte emot meddelandet. Det har inte skickats utan ligger kvar i kön.',
      en: 'The server did not take the message for now. It has not left and waits in the queue.',
    },
    remedy: {
      pl: 'Nie trzeba nic robić: spróbujemy ponownie sami.',
      hu: 'Nincs teendő: automatikusan újra próbáljuk.',
      sv: 'Du behöver inte göra något: vi försöker igen automatiskt.',
      en: 'Nothing to do: we will try again by ourselves.',
    },
  }),
  cause(
    'mail_recipient_busy',
    { stops: 'document', whoMends: 'nobody', retryHelps: true },
    {
      title: {
        pl: 'Serwer odbiorcy prosi, aby poczekać',
        hu: 'A címzett szervere várakozást kér',
        sv: 'Mottagarens server ber oss vänta',
        en: "The recipient's server asks us to wait",
      },
      text: {
        pl: 'Serwer chwilowo nie przyjmuje wiadomości do {recipient}. Wiadomość nie wyszła i czeka w kolejce.',
        hu: 'A szerver átmenetileg nem fogad levelet a(z) {recipient} címre. A levél nem ment el, a várólistán maradt.',
        sv: 'Servern tar tillfälligt inte emot meddelanden till {recipient}. Det har inte skickats utan ligger kvar i kön.',
        en: 'The server takes no messages to {recipient} for now. It has not left and waits in the queue.',
      },
      remedy: {
        pl: 'Nie trzeba nic robić: spróbujemy ponownie sami, do trzech dni.',
        hu: 'Nincs teendő: három napig automatikusan újra próbáljuk.',
        sv: 'Du behöver inte göra något: vi försöker igen automatiskt i upp till tre dagar.',
        en: 'Nothing to do: we will try again by ourselves, for up to three days.',
      },
    },
  ),
  cause('mail_auth_failed', connectionBySeller, {
    title: {
      pl: 'Serwer poczty odrzucił login lub hasło',
      hu: 'A levelezőszerver elutasította a belépést',
      sv: 'E-postservern godtog inte inloggningen',
      en: 'The mail server refused the login',
    },
    text: {
      pl: 'Logowanie jako {user} na serwerze {host} nie powiodło się. Wiadomości czekają w kolejce.',
      hu: 'A(z) {user} felhasználó belépése a(z) {host} szerverre nem sikerült. A levelek a várólistán maradtak.',
      sv: 'Inloggningen som {user} på {host} misslyckades. Meddelandena ligger kvar i kön.',
      en: 'Logging in as {user} at {host} failed. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Popraw login i hasło w ustawieniach poczty. Przy logowaniu dwuetapowym potrzebne jest osobne hasło aplikacji.',
      hu: 'Javítsa a felhasználónevet és a jelszót a levelezési beállításokban. Kétlépcsős belépésnél külön alkalmazásjelszó kell.',
      sv: 'Rätta användarnamn och lösenord i e-postinställningarna. Med tvåstegsinloggning behövs ett särskilt applösenord.',
      en: 'Correct the user name and password in the mail settings. With two-step login a separate app password is needed.',
    },
  }),
  cause('mail_tls_failed', connectionBySeller, {
    title: {
      pl: 'Nie udało się nawiązać szyfrowanego połączenia',
      hu: 'Nem sikerült titkosított kapcsolatot létesíteni',
      sv: 'Det gick inte att kryptera anslutningen',
      en: 'No encrypted connection could be made',
    },
    text: {
      pl: 'Serwer {host} nie obsługuje wybranego szyfrowania albo jego certyfikat jest nieważny. Wiadomości czekają w kolejce.',
      hu: 'A(z) {host} szerver nem támogatja a választott titkosítást, vagy érvénytelen a tanúsítványa. A levelek a várólistán maradtak.',
      sv: 'Servern {host} stöder inte den valda krypteringen eller har ett ogiltigt certifikat. Meddelandena ligger kvar i kön.',
      en: 'The server {host} does not support the chosen encryption, or its certificate is not valid. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Sprawdź port i szyfrowanie: zwykle 465 to TLS, a 587 to STARTTLS. Nazwa serwera musi zgadzać się z certyfikatem.',
      hu: 'Ellenőrizze a portot és a titkosítást: általában 465 a TLS, 587 a STARTTLS. A szerver nevének egyeznie kell a tanúsítvánnyal.',
      sv: 'Kontrollera port och kryptering: oftast är 465 TLS och 587 STARTTLS. Servernamnet måste stämma med certifikatet.',
      en: 'Check port and encryption: usually 465 is TLS and 587 STARTTLS. The server name must match the certificate.',
    },
  }),
  cause('mail_relay_denied', connectionBySeller, {
    title: {
      pl: 'Serwer nie wysyła poczty na zewnątrz',
      hu: 'A szerver nem továbbít kifelé',
      sv: 'Servern skickar inte vidare e-post',
      en: 'The server does not relay mail',
    },
    text: {
      pl: 'Serwer {host} nie przyjmuje od nas wiadomości dla innych domen. Wiadomości czekają w kolejce.',
      hu: 'A(z) {host} szerver nem fogad tőlünk más domainre szóló levelet. A levelek a várólistán maradtak.',
      sv: 'Servern {host} tar inte emot meddelanden från oss till andra domäner. Meddelandena ligger kvar i kön.',
      en: 'The server {host} takes no messages for other domains from us. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Zwykle brakuje loginu i hasła albo użyto serwera poczty przychodzącej. Popraw ustawienia poczty.',
      hu: 'Általában hiányzik a felhasználónév és a jelszó, vagy a bejövő levelek szervere van megadva. Javítsa a levelezési beállításokat.',
      sv: 'Oftast saknas användarnamn och lösenord, eller så är servern för inkommande post angiven. Rätta e-postinställningarna.',
      en: 'Usually the login is missing, or the server for incoming mail was entered. Correct the mail settings.',
    },
  }),
  cause('mail_sender_refused', connectionBySeller, {
    title: {
      pl: 'Serwer nie zgadza się na adres nadawcy',
      hu: 'A szerver nem fogadja el a feladó címét',
      sv: 'Servern godtar inte avsändaradressen',
      en: 'The server does not accept the sender address',
    },
    text: {
      pl: 'Konto poczty nie może wysyłać jako {sender}. Wiadomości czekają w kolejce.',
      hu: 'A levelezőfiók nem küldhet {sender} néven. A levelek a várólistán maradtak.',
      sv: 'Kontot får inte skicka som {sender}. Meddelandena ligger kvar i kön.',
      en: 'The mail account may not send as {sender}. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Wpisz jako nadawcę adres tego samego konta, na które się logujesz.',
      hu: 'Feladóként annak a fióknak a címét adja meg, amellyel belép.',
      sv: 'Ange samma adress som avsändare som kontot du loggar in med.',
      en: 'Use the address of the account you log in with as the sender.',
    },
  }),
  cause(
    'mail_mailbox_unknown',
    { ...documentBySeller, where: 'buyer.email' },
    {
      title: { pl: 'Nie ma takiej skrzynki', hu: 'Nincs ilyen postafiók', sv: 'Brevlådan finns inte', en: 'No such mailbox' },
      text: {
        pl: 'Adres {recipient} nie istnieje. Wiadomość nie dotarła.',
        hu: 'A(z) {recipient} cím nem létezik. A levél nem érkezett meg.',
        sv: 'Adressen {recipient} finns inte. Meddelandet kom inte fram.',
        en: 'The address {recipient} does not exist. The message did not arrive.',
      },
      remedy: {
        pl: 'Sprawdź adres z kupującym i wyślij dokument ponownie na poprawny.',
        hu: 'Egyeztesse a címet a vevővel, és küldje el újra a bizonylatot a helyes címre.',
        sv: 'Kontrollera adressen med köparen och skicka dokumentet igen till rätt adress.',
        en: 'Check the address with the buyer and send the document again to the right one.',
      },
    },
  ),
  cause(
    'mail_address_invalid',
    { ...documentBySeller, where: 'buyer.email' },
    {
      title: { pl: 'Błędny adres e-mail', hu: 'Hibás e-mail-cím', sv: 'Felaktig e-postadress', en: 'Invalid e-mail address' },
      text: {
        pl: '„{recipient}” nie jest adresem e-mail. Nic nie wysłano.',
        hu: '„{recipient}” nem e-mail-cím. Nem küldtünk semmit.',
        sv: '”{recipient}” är ingen e-postadress. Inget har skickats.',
        en: '“{recipient}” is not an e-mail address. Nothing was sent.',
      },
      remedy: {
        pl: 'Popraw adres i wyślij ponownie.',
        hu: 'Javítsa a címet, és küldje el újra.',
        sv: 'Rätta adressen och skicka igen.',
        en: 'Correct the address and send again.',
      },
    },
  ),
  cause(
    'mail_mailbox_full',
    { stops: 'document', whoMends: 'buyer', retryHelps: true, where: 'buyer.email' },
    {
      title: {
        pl: 'Skrzynka odbiorcy jest pełna',
        hu: 'A címzett postafiókja megtelt',
        sv: 'Mottagarens brevlåda är full',
        en: "The recipient's mailbox is full",
      },
      text: {
        pl: 'Skrzynka {recipient} nie przyjmuje wiadomości, bo jest pełna.',
        hu: 'A(z) {recipient} postafiók megtelt, ezért nem fogad levelet.',
        sv: 'Brevlådan {recipient} är full och tar inte emot meddelanden.',
        en: 'The mailbox {recipient} is full and takes no messages.',
      },
      remedy: {
        pl: 'Poproś kupującego o inny adres albo wyślij ponownie później.',
        hu: 'Kérjen másik címet a vevőtől, vagy küldje el később újra.',
        sv: 'Be köparen om en annan adress eller skicka igen senare.',
        en: 'Ask the buyer for another address, or send again later.',
      },
    },
  ),
  cause('mail_too_large', documentBySeller, {
    title: { pl: 'Wiadomość jest za duża', hu: 'A levél túl nagy', sv: 'Meddelandet är för stort', en: 'The message is too large' },
    text: {
      pl: 'Serwer nie przyjmuje wiadomości tej wielkości. Wiadomość nie wyszła.',
      hu: 'A szerver nem fogad ekkora levelet. A levél nem ment el.',
      sv: 'Servern tar inte emot så stora meddelanden. Meddelandet har inte skickats.',
      en: 'The server takes no messages of this size. It has not left.',
    },
    remedy: {
      pl: 'Wyślij mniej dokumentów naraz, zmniejsz logo albo wyślij sam link do pobrania.',
      hu: 'Küldjön egyszerre kevesebb bizonylatot, kicsinyítse a logót, vagy küldjön csak letöltési linket.',
      sv: 'Skicka färre dokument åt gången, använd en mindre logotyp eller skicka bara länken.',
      en: 'Send fewer documents at once, use a smaller logo, or send the download link alone.',
    },
  }),
  cause('mail_rejected_as_spam', documentBySeller, {
    title: {
      pl: 'Wiadomość odrzucono jako niechcianą',
      hu: 'A levelet kéretlenként utasították el',
      sv: 'Meddelandet stoppades som skräppost',
      en: 'The message was rejected as unwanted',
    },
    text: {
      pl: 'Serwer odrzucił wiadomość do {recipient} z powodu swoich reguł ochrony przed spamem.',
      hu: 'A szerver a levélszemétszűrő szabályai miatt elutasította a(z) {recipient} címre szóló levelet.',
      sv: 'Servern avvisade meddelandet till {recipient} på grund av sina regler mot skräppost.',
      en: 'The server rejected the message to {recipient} by its rules against spam.',
    },
    remedy: {
      pl: 'Sprawdź w domenie nadawcy wpisy SPF, DKIM i DMARC; dokument można tymczasem przekazać linkiem lub na innym adresie.',
      hu: 'Ellenőrizze a feladó domainjének SPF-, DKIM- és DMARC-bejegyzéseit; addig linken vagy más címre is átadhatja a bizonylatot.',
      sv: 'Kontrollera SPF, DKIM och DMARC för avsändarens domän. Under tiden kan dokumentet lämnas via länk eller till en annan adress.',
      en: 'Check SPF, DKIM and DMARC of the sender domain; meanwhile hand the document over by link or to another address.',
    },
  }),
  cause('mail_refused', documentBySeller, {
    title: {
      pl: 'Serwer odmówił przyjęcia wiadomości',
      hu: 'A szerver elutasította a levelet',
      sv: 'Servern avvisade meddelandet',
      en: 'The server refused the message',
    },
    text: {
      pl: 'Serwer nie przyjął wiadomości do {recipient}. Odpowiedź serwera jest obok.',
      hu: 'A szerver nem fogadta a(z) {recipient} címre szóló levelet. A szerver válasza mellette olvasható.',
      sv: 'Servern tog inte emot meddelandet till {recipient}. Serverns svar visas bredvid.',
      en: "The server did not take the message to {recipient}. The server's answer stands beside.",
    },
    remedy: {
      pl: 'Przeczytaj odpowiedź serwera, popraw adres lub wiadomość i wyślij ponownie.',
      hu: 'Olvassa el a szerver válaszát, javítsa a címet vagy a levelet, és küldje el újra.',
      sv: 'Läs serverns svar, rätta adressen eller meddelandet och skicka igen.',
      en: "Read the server's answer, correct the address or the message, and send again.",
    },
  }),
  cause(
    'mail_answer_lost',
    { stops: 'document', whoMends: 'seller', retryHelps: false, mayExist: true },
    {
      title: {
        pl: 'Nie wiadomo, czy wiadomość wyszła',
        hu: 'Nem tudni, elment-e a levél',
        sv: 'Det är oklart om meddelandet gick iväg',
        en: 'It is not known whether the message left',
      },
      text: {
        pl: 'Połączenie urwało się po przekazaniu całej wiadomości do {recipient}, zanim serwer odpowiedział. Mogła dotrzeć.',
        hu: 'A kapcsolat a(z) {recipient} címre szóló teljes levél átadása után, a szerver válasza előtt megszakadt. A levél megérkezhetett.',
        sv: 'Anslutningen bröts efter att hela meddelandet till {recipient} hade lämnats men innan servern svarade. Det kan ha kommit fram.',
        en: 'The connection broke after the whole message to {recipient} was given and before the server answered. It may have arrived.',
      },
      remedy: {
        pl: 'Zajrzyj do wysłanych na koncie poczty lub zapytaj kupującego, a potem oznacz jako wysłane albo wyślij jeszcze raz.',
        hu: 'Nézze meg a levelezőfiók elküldött leveleit, vagy kérdezze meg a vevőt, majd jelölje elküldöttnek, vagy küldje el újra.',
        sv: 'Titta bland skickade meddelanden på kontot eller fråga köparen, och markera sedan som skickat eller skicka en gång till.',
        en: 'Look among the sent messages of the account or ask the buyer; then mark it as sent or send it once more.',
      },
    },
  ),
  cause(
    'mail_bounced',
    { ...documentBySeller, where: 'buyer.email' },
    {
      title: { pl: 'Wiadomość wróciła', hu: 'A levél visszajött', sv: 'Meddelandet studsade', en: 'The message came back' },
      text: {
        pl: 'Serwer odbiorcy zwrócił wiadomość do {recipient}.',
        hu: 'A címzett szervere visszaküldte a(z) {recipient} címre szóló levelet.',
        sv: 'Mottagarens server returnerade meddelandet till {recipient}.',
        en: "The recipient's server returned the message to {recipient}.",
      },
      remedy: {
        pl: 'Sprawdź adres z kupującym i wyślij ponownie na poprawny.',
        hu: 'Egyeztesse a címet a vevővel, és küldje el újra a helyes címre.',
        sv: 'Kontrollera adressen med köparen och skicka igen till rätt adress.',
        en: 'Check the address with the buyer and send again to the right one.',
      },
    },
  ),
  cause(
    'mail_address_masked',
    { ...documentBySeller, where: 'buyer.email' },
    {
      title: {
        pl: 'Adres platformy sprzedażowej: nie wysyłamy',
        hu: 'A piactér álcázott címe: nem küldünk rá levelet',
        sv: 'Marknadsplatsens dolda adress: inget skickas',
        en: 'Masked address of the marketplace: not mailed',
      },
      text: {
        pl: '{recipient} to adres zastępczy platformy. Platforma zatrzymuje wiadomości z dokumentami na takie adresy, więc nic nie wysłano.',
        hu: 'A(z) {recipient} a piactér helyettesítő címe. A piactér az ilyen címre küldött bizonylatokat feltartóztatja, ezért nem küldtünk semmit.',
        sv: '{recipient} är en ersättningsadress hos marknadsplatsen. Den stoppar meddelanden med dokument till sådana adresser, så inget har skickats.',
        en: '{recipient} is a stand-in address of the marketplace. It stops messages with documents to such addresses, so nothing was sent.',
      },
      remedy: {
        pl: 'Dołącz dokument do zamówienia na platformie. Możesz też świadomie wysłać mimo ostrzeżenia albo podać inny adres.',
        hu: 'Töltse fel a bizonylatot a rendeléshez a piactéren. Tudatosan elküldheti így is, vagy megadhat másik címet.',
        sv: 'Bifoga dokumentet till ordern på marknadsplatsen. Du kan också medvetet skicka ändå eller ange en annan adress.',
        en: 'Attach the document to the order at the marketplace. You can also send anyway, knowing this, or enter another address.',
      },
    },
  ),
  cause(
    'mail_address_missing',
    { ...documentBySeller, where: 'buyer.email' },
    {
      title: { pl: 'Brak adresu e-mail', hu: 'Nincs e-mail-cím', sv: 'E-postadress saknas', en: 'No e-mail address' },
      text: {
        pl: 'Kupujący nie ma adresu e-mail, więc nie ma dokąd wysłać dokumentu.',
        hu: 'A vevőnek nincs e-mail-címe, ezért nincs hová küldeni a bizonylatot.',
        sv: 'Köparen har ingen e-postadress, så det finns ingenstans att skicka dokumentet.',
        en: 'The buyer has no e-mail address, so there is nowhere to send the document.',
      },
      remedy: {
        pl: 'Podaj adres przy wysyłce albo przekaż dokument inną drogą.',
        hu: 'Adjon meg címet a küldéshez, vagy adja át más úton a bizonylatot.',
        sv: 'Ange en adress när du skickar eller lämna dokumentet på annat sätt.',
        en: 'Enter an address when sending, or hand the document over another way.',
      },
    },
  ),
  cause('mail_already_sent', documentBySeller, {
    title: {
      pl: 'Już wysłano na ten adres',
      hu: 'Erre a címre már elküldtük',
      sv: 'Redan skickat till adressen',
      en: 'Already mailed to this address',
    },
    text: {
      pl: 'Ten dokument poszedł już na adres {recipient} albo czeka na wysyłkę, więc nie wysłano go drugi raz.',
      hu: 'Ez a bizonylat már elment a(z) {recipient} címre, vagy küldésre vár, ezért nem küldtük el még egyszer.',
      sv: 'Dokumentet har redan skickats till {recipient} eller väntar på att skickas, så det skickades inte en gång till.',
      en: 'This document has gone to {recipient} already or waits to go, so it was not sent a second time.',
    },
    remedy: {
      pl: 'Jeśli ma dotrzeć jeszcze raz, użyj „Wyślij ponownie”.',
      hu: 'Ha újra kell küldeni, használja az „Újraküldés” gombot.',
      sv: 'Använd ”Skicka igen” om det ska skickas en gång till.',
      en: 'To send it once more, use “Send again”.',
    },
  }),
  cause('mail_not_set_up', connectionBySeller, {
    title: {
      pl: 'Poczta nie jest skonfigurowana',
      hu: 'A levelezés nincs beállítva',
      sv: 'E-posten är inte inställd',
      en: 'Mail is not set up',
    },
    text: {
      pl: 'Organizacja nie ma jeszcze połączenia SMTP. Wiadomości czekają w kolejce.',
      hu: 'A szervezetnek még nincs SMTP-kapcsolata. A levelek a várólistán maradtak.',
      sv: 'Organisationen har ingen SMTP-anslutning än. Meddelandena ligger kvar i kön.',
      en: 'The organization has no SMTP connection yet. The messages wait in the queue.',
    },
    remedy: {
      pl: 'Dodaj serwer poczty w ustawieniach; czekające wiadomości wyjdą wtedy same.',
      hu: 'Adja meg a levelezőszervert a beállításokban; a várakozó levelek ezután maguktól elmennek.',
      sv: 'Lägg till e-postservern i inställningarna; väntande meddelanden skickas då av sig själva.',
      en: 'Add the mail server in the settings; what waits will then leave by itself.',
    },
  }),
  cause(
    'mail_template_broken',
    { ...documentBySeller, where: 'message' },
    {
      title: {
        pl: 'Błąd w treści wiadomości',
        hu: 'Hiba az üzenet szövegében',
        sv: 'Fel i meddelandets text',
        en: 'Mistake in the message text',
      },
      text: {
        pl: 'Szablon wiadomości zawiera błąd ({detail}), więc nic nie wysłano.',
        hu: 'Az üzenetsablonban hiba van ({detail}), ezért nem küldtünk semmit.',
        sv: 'Meddelandemallen innehåller ett fel ({detail}), så inget har skickats.',
        en: 'The message template has a mistake ({detail}), so nothing was sent.',
      },
      remedy: {
        pl: 'Popraw szablon i wyślij ponownie.',
        hu: 'Javítsa a sablont, és küldje el újra.',
        sv: 'Rätta mallen och skicka igen.',
        en: 'Correct the template and send again.',
      },
    },
  ),
  cause(
    'mail_attachment_failed',
    { stops: 'document', whoMends: 'us', retryHelps: true },
    {
      title: {
        pl: 'Nie udało się przygotować PDF',
        hu: 'A PDF elkészítése nem sikerült',
        sv: 'PDF-filen kunde inte skapas',
        en: 'The PDF could not be made',
      },
      text: {
        pl: 'PDF dokumentu nie powstał, więc nic nie wysłano.',
        hu: 'A bizonylat PDF-je nem készült el, ezért nem küldtünk semmit.',
        sv: 'Dokumentets PDF kunde inte skapas, så inget har skickats.',
        en: 'The PDF of the document was not made, so nothing was sent.',
      },
      remedy: {
        pl: 'Spróbujemy ponownie sami. Jeśli to trwa, zgłoś to administratorowi.',
        hu: 'Automatikusan újra próbáljuk. Ha tartósan fennáll, jelezze az üzemeltetőnek.',
        sv: 'Vi försöker igen automatiskt. Kontakta administratören om felet kvarstår.',
        en: 'We will try again by ourselves. If it lasts, tell the administrator.',
      },
    },
  ),
  cause(
    'mail_not_begun',
    { stops: 'document', whoMends: 'us', retryHelps: true },
    {
      title: {
        pl: 'Wysyłka nie mogła się rozpocząć',
        hu: 'A küldés nem kezdődhetett el',
        sv: 'Utskicket kunde inte påbörjas',
        en: 'Sending could not begin',
      },
      text: {
        pl: 'Nie udało się u nas zapisać początku wysyłki, więc nic nie przekazano serwerowi poczty. Wiadomość czeka w kolejce.',
        hu: 'Nálunk nem sikerült rögzíteni a küldés kezdetét, ezért a levelezőszerver nem kapott semmit. A levél a várólistán maradt.',
        sv: 'Vi kunde inte anteckna att utskicket började, så e-postservern fick ingenting. Meddelandet ligger kvar i kön.',
        en: 'We could not write down that sending begins, so the mail server was given nothing. The message waits in the queue.',
      },
      remedy: {
        pl: 'Spróbujemy ponownie sami. Jeśli to trwa, zgłoś to administratorowi.',
        hu: 'Automatikusan újra próbáljuk. Ha tartósan fennáll, jelezze az üzemeltetőnek.',
        sv: 'Vi försöker igen automatiskt. Kontakta administratören om felet kvarstår.',
        en: 'We will try again by ourselves. If it lasts, tell the administrator.',
      },
    },
  ),
];

const byCode = new Map(mailCauses.map((entry) => [entry.code, entry]));

export function mailCause(code: string): Cause {
  const found = byCode.get(code);
  if (!found) throw new RangeError(`no mail cause ${code}`);
  return found;
}

/** Where in the conversation the server said it. */
export type SmtpStep = 'greeting' | 'auth' | 'sender' | 'recipient' | 'data';
type SmtpReply = { code: number; text: string };

const spamWords = /spam|junk|block(ed)? ?list|black ?list|reputation|spf|dkim|dmarc|unsolicited|policy|content rejected|bulk/i;
const relayWords = /relay|not permitted to send|authentication required|sender verify|not authenticated/i;
const unknownWords =
  /user unknown|unknown user|no such|does not exist|doesn't exist|mailbox (not found|unavailable)|invalid recipient|recipient (not found|rejected|unknown)|unrouteable|undeliverable/i;

/** The cause code of a refusing reply (4xx or 5xx) at one step. */
export function causeOfReply(step: SmtpStep, reply: SmtpReply): string {
  const status = /\b[245]\.(\d{1,3})\.(\d{1,3})\b/.exec(reply.text);
  const detail = status ? `${status[1]}.${status[2]}` : '';
  if (detail === '2.2' || /mailbox (is )?full|over ?quota|quota exceeded/i.test(reply.text)) return 'mail_mailbox_full';
  if (reply.code < 500 && step === 'recipient' && reply.code !== 421) return 'mail_recipient_busy';
  if (reply.code < 500) return step === 'auth' && reply.code !== 454 && reply.code !== 421 ? 'mail_auth_failed' : 'mail_server_busy';
  if (step === 'auth' || reply.code === 535 || reply.code === 534 || reply.code === 530) return 'mail_auth_failed';
  if (reply.code === 552 || detail === '3.4' || detail === '2.3') return 'mail_too_large';
  if (step === 'recipient') return recipientCause(detail, reply);
  if (step === 'sender')
    return spamWords.test(reply.text) && !relayWords.test(reply.text) ? 'mail_rejected_as_spam' : 'mail_sender_refused';
  if (detail.startsWith('7.') || spamWords.test(reply.text)) return 'mail_rejected_as_spam';
  return unknownWords.test(reply.text) ? 'mail_mailbox_unknown' : 'mail_refused';
}

function recipientCause(detail: string, reply: SmtpReply): string {
  if (relayWords.test(reply.text)) return 'mail_relay_denied';
  if (['1.1', '1.2', '1.6', '1.10', '2.1', '4.4'].includes(detail)) return 'mail_mailbox_unknown';
  if (detail === '1.3' || reply.code === 501 || reply.code === 553) return 'mail_address_invalid';
  if (detail.startsWith('7.') || spamWords.test(reply.text)) return 'mail_rejected_as_spam';
  return reply.code === 550 || reply.code === 551 || unknownWords.test(reply.text) ? 'mail_mailbox_unknown' : 'mail_refused';
}

/** A cause with the server's own words, shortened. */
export function replyCause(step: SmtpStep, reply: SmtpReply, params: Record<string, string>): CauseRef {
  return { code: causeOfReply(step, reply), params, providerCode: String(reply.code), providerText: cut(reply.text, 500) };
}
