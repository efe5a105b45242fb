import { folderCause, folderCauses } from '../../src/contract/folder-causes.ts';
import type { Cause } from '../../src/contract/manifest.ts';

/** What Optima's files cannot carry, beside what every program behind a folder may say. */
export const causes: Cause[] = [
  ...folderCauses,
  folderCause(
    'optima.bases',
    { stops: 'connection', where: 'settings.sourceBase' },
    ['Brakuje identyfikatorów baz', 'The ids of the bases are missing', 'Hiányoznak az adatbázis-azonosítók', 'Databasernas id saknas'],
    [
      'Optima przyjmie plik tylko z identyfikatorami bazy źródłowej i docelowej, takimi jak w jej konfiguracji.',
      'Optima takes a file only with the ids of the sending and the receiving base, the same as in its configuration.',
      'Az Optima csak a forrás- és a céladatbázis azonosítójával fogadja a fájlt, ahogy a beállításaiban szerepelnek.',
      'Optima tar bara emot filer med id för både den sändande och den mottagande databasen, samma som i Optimas konfiguration.',
    ],
    [
      'Wpisz oba w ustawieniach połączenia; w Optimie: Konfiguracja firmy → Ogólne → Praca rozproszona.',
      'Enter both in the settings of the connection; in Optima: Konfiguracja firmy → Ogólne → Praca rozproszona.',
      'Írja be mindkettőt a kapcsolat beállításaiba; az Optimában: Konfiguracja firmy → Ogólne → Praca rozproszona.',
      'Skriv in båda i anslutningens inställningar; i Optima: Konfiguracja firmy → Ogólne → Praca rozproszona.',
    ],
  ),
  folderCause(
    'optima.kind',
    { where: 'kind' },
    [
      'Tego dokumentu plik nie przeniesie',
      'The file cannot carry this document',
      'Ezt a bizonylatot a fájl nem viszi át',
      'Filen rymmer inte det här dokumentet',
    ],
    [
      'W wybranym rodzaju pliku Optima nie ma miejsca na taki dokument ({kind}).',
      'The chosen kind of file has no place for such a document ({kind}).',
      'A választott fájltípusban nincs helye ilyen bizonylatnak ({kind}).',
      'Den valda filtypen har ingen plats för ett sådant dokument ({kind}).',
    ],
    [
      'Wybierz w połączeniu plik rejestru VAT albo odłącz serię; proforma zostaje u nas.',
      'Choose the VAT register file in the connection, or take the series off; a proforma stays with us.',
      'Válassza a kapcsolatban az áfanyilvántartás-fájlt, vagy vegye le a sorozatot; a díjbekérő nálunk marad.',
      'Välj momsregisterfilen i anslutningen eller koppla loss serien; en proforma stannar hos oss.',
    ],
  ),
  folderCause(
    'optima.number_long',
    { where: 'number' },
    ['Numer jest za długi', 'The number is too long', 'A szám túl hosszú', 'Numret är för långt'],
    [
      'Numer {number} ma więcej niż 30 znaków, a więcej Optima nie mieści.',
      'The number {number} has more than the 30 characters Optima takes.',
      'A(z) {number} szám hosszabb 30 karakternél, és az Optimában ennyi fér el.',
      'Numret {number} är längre än de 30 tecken som Optima tar emot.',
    ],
    [
      'Skróć wzór serii dla następnych dokumentów; ten wprowadź w Optimie ręcznie.',
      'Shorten the pattern of the series for the next ones; enter this one in Optima by hand.',
      'Rövidítse le a sorozat mintáját a következő bizonylatokhoz; ezt rögzítse kézzel az Optimában.',
      'Korta seriens mönster för kommande dokument; lägg in det här för hand i Optima.',
    ],
  ),
  folderCause(
    'optima.number_missing',
    { where: 'number' },
    ['Rejestr potrzebuje numeru', 'The register needs a number', 'A nyilvántartáshoz szám kell', 'Registret behöver ett nummer'],
    [
      'Wpis w rejestrze VAT musi mieć numer, a dokument go jeszcze nie ma.',
      'An entry of the VAT register must have a number, and the document has none yet.',
      'Az áfanyilvántartás tételéhez szám kell, a bizonylatnak pedig még nincs.',
      'En post i momsregistret måste ha ett nummer och dokumentet har inget ännu.',
    ],
    [
      'Wybierz serię, która numeruje u nas, albo plik z dokumentami.',
      'Choose a series that we number, or the file with documents.',
      'Válasszon olyan sorozatot, amelyet mi számozunk, vagy a bizonylatfájlt.',
      'Välj en serie som numreras hos oss eller filen med dokument.',
    ],
  ),
  folderCause(
    'optima.abroad',
    { where: 'taxTreatment' },
    [
      'Sprzedaż OSS zostaje poza plikiem',
      'OSS sales stay out of the file',
      'Az OSS-eladás kimarad a fájlból',
      'OSS-försäljning lämnas utanför filen',
    ],
    [
      'Jak Optima przyjmuje z pliku stawki innych krajów, nie jest pewne, więc tego nie zgadujemy.',
      'How Optima takes the rates of other countries from a file is not certain, so it is not guessed.',
      'Nem tudjuk biztosan, hogyan fogadja az Optima fájlból más országok áfakulcsait, ezért nem találgatunk.',
      'Hur Optima tar emot andra länders momssatser från fil är inte säkert, så vi gissar inte.',
    ],
    [
      'Przekaż księgowej listę dokumentów OSS z paczki miesiąca.',
      'Give the accountant the list of OSS documents from the month’s pack.',
      'Adja át a könyvelőnek az OSS-bizonylatok listáját a havi csomagból.',
      'Ge redovisningsbyrån listan över OSS-dokument från månadspaketet.',
    ],
  ),
];
