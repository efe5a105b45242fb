import { type Words, words } from './words.ts';

const page = '/settings/archive';

/** Keeping, archives and what left. */
export const archiveFindings: Record<string, Words> = {
  H_RETENTION_SHORT: words(
    'hold',
    'seller',
    [
      'Prawo wymaga dłuższego przechowywania dokumentów.',
      'The law wants documents kept longer than that.',
      'A jogszabály ennél hosszabb megőrzést ír elő.',
      'Lagen kräver att dokument sparas längre än så.',
    ],
    [
      'Wpisz co najmniej liczbę lat, którą podaje strona.',
      'Enter at least the number of years that the page names.',
      'Legalább az oldalon látható számú évet adjon meg.',
      'Ange minst det antal år som sidan visar.',
    ],
    page,
  ),
  H_ARCHIVE_OPEN: words(
    'hold',
    'seller',
    [
      'Jedno archiwum jest już w toku.',
      'One archive is under way already.',
      'Egy archiválás már folyamatban van.',
      'Ett arkiv pågår redan.',
    ],
    [
      'Dokończ je albo odwołaj, zanim zaczniesz następne.',
      'Finish it or call it off before you begin another.',
      'Fejezze be vagy vonja vissza, mielőtt újat kezd.',
      'Slutför det eller avbryt det innan du börjar på nästa.',
    ],
    page,
  ),
  H_ARCHIVE_NOTHING: words(
    'hold',
    'nobody',
    [
      'Nie ma wystawionych dokumentów sprzed {day}: wszystkie trzeba jeszcze przechowywać.',
      'There are no issued documents from before {day}: all have to be kept still.',
      'Nincs {day} előtti kiállított bizonylat: mindet meg kell még őrizni.',
      'Det finns inga utfärdade dokument från tiden före {day}: alla måste sparas ännu.',
    ],
    ['Nic nie trzeba robić.', 'Nothing has to be done.', 'Nincs teendő.', 'Ingenting behöver göras.'],
    page,
  ),
  H_ARCHIVE_NOT_TAKEN: words(
    'hold',
    'seller',
    [
      'Usunąć można dopiero to, czego wszystkie pliki archiwum zostały pobrane.',
      'Documents can be removed only after every file of their archive was downloaded.',
      'Eltávolítani csak azután lehet, hogy az archívum minden fájlját letöltötték.',
      'Dokument kan tas bort först när arkivets alla filer har laddats ner.',
    ],
    [
      'Pobierz każdy plik do końca i odłóż go w bezpieczne miejsce, potem usuń.',
      'Download each file to its end, put it in a safe place, then remove.',
      'Töltse le mindegyik fájlt végig, tegye biztos helyre, majd távolítsa el a bizonylatokat.',
      'Ladda ner varje fil helt, lägg den på ett säkert ställe och ta sedan bort.',
    ],
    page,
  ),
  H_ARCHIVE_NOT_OPEN: words(
    'hold',
    'nobody',
    [
      'Tego archiwum nie można już odwołać.',
      'This archive cannot be called off any more.',
      'Ez az archiválás már nem vonható vissza.',
      'Det här arkivet kan inte längre avbrytas.',
    ],
    [
      'Jeśli usuwanie trwa, dokończy się samo.',
      'If the removal is under way, it ends by itself.',
      'Ha az eltávolítás folyamatban van, magától befejeződik.',
      'Om borttagningen pågår avslutas den av sig själv.',
    ],
    page,
  ),
  H_DOCUMENT_ARCHIVED: words(
    'hold',
    'nobody',
    [
      'Dokument został zarchiwizowany po upływie terminu przechowywania: jego numer, data i kwoty są w rejestrze serii.',
      'The document was archived when its term of keeping was over: number, day and amounts stand in the register of its series.',
      'A bizonylatot a megőrzési idő lejárta után archiválták: száma, napja és összegei a sorozat nyilvántartásában állnak.',
      'Dokumentet arkiverades när dess tid var ute: nummer, dag och belopp står i seriens register.',
    ],
    [
      'Treść i PDF znajdziesz w pliku archiwum, który wtedy pobrano.',
      'Its content and PDF are in the archive file that was downloaded then.',
      'Tartalma és PDF-je az akkor letöltött archív fájlban van.',
      'Innehåll och PDF finns i arkivfilen som laddades ner då.',
    ],
    page,
  ),
};
