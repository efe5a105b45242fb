import { type Words, words } from './words.ts';

/** Findings about the way a document goes: its series, its connection, its provider's words. */
const series = '/settings/series';

export const providerWords: Record<string, Words> = {
  H_CONTENT_UNREADABLE: words(
    'hold',
    'us',
    [
      'Zapisanej treści nie da się odczytać: {reason}',
      'The stored content cannot be read: {reason}',
      'A tárolt tartalom nem olvasható: {reason}',
      'Det lagrade innehållet går inte att läsa: {reason}',
    ],
    [
      'Pozostałe dokumenty idą dalej. Ten wycofaj i przygotuj ponownie z jego zamówienia albo przywróć go z kopii zapasowej; zgłoś to razem z aktami sprawy.',
      'The others go on. Withdraw this one and have it prepared again from its order, or restore it from a backup; report it with the case file.',
      'A többi halad tovább. Ezt vonja vissza, és készíttesse el újra a rendeléséből, vagy állítsa vissza biztonsági mentésből; jelentse az ügyirattal együtt.',
      'De övriga går vidare. Dra tillbaka det här och låt det förberedas på nytt från sin order, eller återställ det från en säkerhetskopia; rapportera det med ärendeakten.',
    ],
    '/to-issue',
  ),
  H_OUR_FAULT: words(
    'hold',
    'us',
    [
      'Ten dokument wywołał błąd naszego programu: {reason}',
      'This document ran into a fault of our program: {reason}',
      'Ez a bizonylat a programunk hibájába ütközött: {reason}',
      'Dokumentet stötte på ett fel i vårt program: {reason}',
    ],
    [
      'Treść jest w porządku, a pozostałe idą dalej. Zgłoś to razem z aktami sprawy; po aktualizacji wystaw dokument jeszcze raz albo wczytaj ponownie jego zamówienie, a sprawdzimy je od nowa.',
      'Its content is fine and the others go on. Report it with the case file; after an update issue the document again, or read its order again, and it is checked anew.',
      'A tartalma rendben van, a többi halad tovább. Jelentse az ügyirattal együtt; frissítés után állítsa ki újra a bizonylatot, vagy olvassa be újra a rendelését, és ismét ellenőrizzük.',
      'Innehållet är i sin ordning och de övriga går vidare. Rapportera det med ärendeakten; utfärda dokumentet igen efter en uppdatering, eller läs in dess order på nytt, så kontrolleras det igen.',
    ],
    '/to-issue',
  ),
  H_MAPPING_MISSING: words(
    'hold',
    'seller',
    [
      '„{value}” nie ma przypisanej metody płatności w połączeniu „{connection}”.',
      '“{value}” has no payment method in the connection “{connection}”.',
      'A(z) „{value}” fizetési módnak nincs párja a(z) „{connection}” kapcsolatban.',
      '”{value}” har inget betalningssätt i anslutningen ”{connection}”.',
    ],
    [
      'Przypisz ją na stronie przypisań tego połączenia; wszystkie dokumenty, które na to czekają, ruszą same.',
      'Map it on the mappings page of that connection; every document that waits for it goes on by itself.',
      'Párosítsa a kapcsolat párosítási oldalán; minden erre váró bizonylat magától továbbmegy.',
      'Mappa det på anslutningens mappningssida; alla dokument som väntar på det går vidare av sig själva.',
    ],
    '/connections',
  ),
  H_PROVIDER_STUMBLED: words(
    'hold',
    'us',
    [
      'Połączenie „{connection}” nie potrafiło sprawdzić tego dokumentu: {reason}',
      'The connection “{connection}” could not check this document: {reason}',
      'A(z) „{connection}” kapcsolat nem tudta ellenőrizni ezt a bizonylatot: {reason}',
      'Anslutningen ”{connection}” kunde inte kontrollera det här dokumentet: {reason}',
    ],
    [
      'To błąd po naszej stronie: zgłoś go razem z aktami sprawy tego dokumentu. Pozostałe dokumenty idą dalej; ten wystaw z innej serii albo po aktualizacji programu.',
      'This is our mistake: report it with the case file of this document. Other documents go on; issue this one from another series, or after an update of the program.',
      'Ez a mi hibánk: jelentse a bizonylat ügyiratával együtt. A többi bizonylat halad tovább; ezt állítsa ki más sorozatból, vagy a program frissítése után.',
      'Det är vårt fel: rapportera det med dokumentets ärendeakt. Övriga dokument går vidare; utfärda det här från en annan serie eller efter en uppdatering av programmet.',
    ],
  ),
  H_SERIES_FIELD: words(
    'hold',
    'seller',
    [
      'W serii „{series}” brakuje pola, którego wymaga {provider}: {field}.',
      'The series “{series}” lacks a field that {provider} requires: {field}.',
      'A(z) „{series}” sorozatból hiányzik egy mező, amelyet a(z) {provider} megkövetel: {field}.',
      'Serien ”{series}” saknar ett fält som {provider} kräver: {field}.',
    ],
    [
      'Otwórz serię i uzupełnij pola zaznaczone na czerwono. Do tego czasu nic się z niej nie wystawi.',
      'Open the series and fill the fields marked in red. Until then nothing is issued from it.',
      'Nyissa meg a sorozatot, és töltse ki a pirossal jelölt mezőket. Addig semmi sem készül belőle.',
      'Öppna serien och fyll i de rödmarkerade fälten. Tills dess utfärdas inget ur den.',
    ],
    series,
  ),
  H_SERIES_OWNED: words(
    'hold',
    'seller',
    [
      'Seria „{series}” należy już do połączenia „{owner}”; jedna seria może iść tylko jedną drogą.',
      'The series “{series}” belongs to the connection “{owner}” already; a series goes one way only.',
      'A(z) „{series}” sorozat már a(z) „{owner}” kapcsolaté; egy sorozat csak egy úton mehet.',
      'Serien ”{series}” hör redan till anslutningen ”{owner}”; en serie går bara en väg.',
    ],
    [
      'Najpierw odłącz serię od połączenia „{owner}”, potem przypisz ją do „{wanted}”. Możesz też założyć nową serię.',
      'Take the series away from “{owner}” first, then give it to “{wanted}”. Or make a new series.',
      'Előbb vegye el a sorozatot a(z) „{owner}” kapcsolattól, majd adja a(z) „{wanted}” kapcsolatnak. Új sorozatot is létrehozhat.',
      'Koppla först bort serien från ”{owner}” och koppla den sedan till ”{wanted}”. Eller skapa en ny serie.',
    ],
    series,
  ),
  H_SERIES_KIND_NOT_OFFERED: words(
    'hold',
    'seller',
    [
      '{provider} nie wystawia takich dokumentów, jak w serii „{series}” ({kind}).',
      '{provider} does not issue documents such as those of the series “{series}” ({kind}).',
      'A(z) {provider} nem állít ki olyan bizonylatot, mint a(z) „{series}” sorozaté ({kind}).',
      '{provider} utfärdar inte sådana dokument som i serien ”{series}” ({kind}).',
    ],
    [
      'Wybierz serię innego rodzaju albo zostaw tę bez połączenia.',
      'Choose a series of another kind, or leave this one without a connection.',
      'Válasszon más fajtájú sorozatot, vagy hagyja ezt kapcsolat nélkül.',
      'Välj en serie av annan typ eller låt den här vara utan anslutning.',
    ],
    series,
  ),
  H_SERIES_WAY_NOT_OFFERED: words(
    'hold',
    'seller',
    [
      '{provider} tak nie pracuje: w serii „{series}” numeruje lub zgłasza kto inny.',
      '{provider} does not work that way: who numbers or reports in the series “{series}” is not offered.',
      'A(z) {provider} nem így működik: a(z) „{series}” sorozat számozója vagy jelentője nem választható.',
      '{provider} arbetar inte så: den som numrerar eller rapporterar i serien ”{series}” erbjuds inte.',
    ],
    [
      'Zmień w serii, kto nadaje numer lub kto zgłasza.',
      'Change in the series who numbers or who reports.',
      'Módosítsa a sorozatban, ki számoz vagy ki jelent.',
      'Ändra i serien vem som numrerar eller rapporterar.',
    ],
    series,
  ),
};
