import { type Words, words } from './words.ts';

/** Words about files for accounting programs and for the accountant. */
export const bookFindings: Record<string, Words> = {
  W_TEXT_SHORTENED: words(
    'warning',
    'nobody',
    [
      'Tekst nie mieści się w polu programu: „{text}” będzie zapisany jako „{to}”.',
      'A text does not fit the program’s field: “{text}” is written as “{to}”.',
      'Egy szöveg nem fér el a program mezőjében: „{text}” helyett „{to}” kerül a fájlba.',
      'En text får inte plats i programmets fält: ”{text}” skrivs som ”{to}”.',
    ],
    [
      'Nic nie trzeba robić; jeśli skrót jest niejasny, skróć nazwę u siebie.',
      'Nothing to do; if the short form is unclear, shorten the name on your side.',
      'Nincs teendő; ha a rövidítés félreérthető, rövidítse a nevet Ön.',
      'Inget behöver göras; korta namnet själv om den korta formen är oklar.',
    ],
  ),
  W_CHARACTERS_REPLACED: words(
    'warning',
    'nobody',
    [
      'Program nie zna niektórych znaków: „{text}” będzie zapisane jako „{to}”.',
      'The program lacks some characters: “{text}” is written as “{to}”.',
      'A program nem ismer egyes karaktereket: „{text}” helyett „{to}” kerül a fájlba.',
      'Programmet saknar vissa tecken: ”{text}” skrivs som ”{to}”.',
    ],
    ['Nic nie trzeba robić.', 'Nothing to do.', 'Nincs teendő.', 'Inget behöver göras.'],
  ),
};
