import { folderCause, folderCauses } from '../../src/contract/folder-causes.ts';
import type { Cause } from '../../src/contract/manifest.ts';

/** What this format cannot carry, beside what every program behind a folder may say. */
export const causes: Cause[] = [
  ...folderCauses,
  folderCause(
    'subiekt.kind',
    { where: 'kind' },
    ['Nie jest dokumentem handlowym', 'No trade document', 'Nem kereskedelmi bizonylat', 'Inget affärsdokument'],
    [
      'Plik EDI++ nie zna takiego dokumentu ({kind}). Proforma zostaje u nas.',
      'The EDI++ file has no place for such a document ({kind}). A proforma stays with us.',
      'Az EDI++ fájlban nincs helye ilyen bizonylatnak ({kind}). A díjbekérő nálunk marad.',
      'EDI++-filen har ingen plats för ett sådant dokument ({kind}). En proforma stannar hos oss.',
    ],
    [
      'Odłącz serię od tego połączenia.',
      'Take the series off this connection.',
      'Vegye le a sorozatot erről a kapcsolatról.',
      'Koppla loss serien från den här anslutningen.',
    ],
  ),
  folderCause(
    'subiekt.receipt_correction',
    { where: 'kind' },
    [
      'Zwrotu do paragonu nie da się przenieść',
      'A return to a receipt cannot be carried over',
      'Nyugta visszáruja nem vihető át',
      'En retur mot ett kvitto kan inte föras över',
    ],
    [
      'Nie wiemy na pewno, jak program przyjmuje zwroty detaliczne z pliku, więc ich nie zgadujemy.',
      'How the program takes retail returns from a file is not known for certain, so it is not guessed.',
      'Nem tudjuk biztosan, hogyan fogadja a program fájlból a kiskereskedelmi visszárut, ezért nem találgatunk.',
      'Hur programmet tar emot butiksreturer från fil är inte säkert känt, så vi gissar inte.',
    ],
    [
      'Wprowadź zwrot w programie ręcznie, a dokument wystaw tutaj w serii, która nie idzie do programu.',
      'Enter the return in the program by hand, and issue the document here in a series that does not go to the program.',
      'Rögzítse a visszárut kézzel a programban, a bizonylatot pedig itt olyan sorozatban állítsa ki, amely nem megy a programba.',
      'Lägg in returen i programmet för hand och utfärda dokumentet här i en serie som inte går till programmet.',
    ],
  ),
  folderCause(
    'subiekt.receipt_for_office',
    { where: 'kind' },
    [
      'Paragony idą do biura zbiorczo',
      'Receipts go to the office in bulk',
      'A nyugták összesítve mennek az irodába',
      'Kvitton går samlat till byrån',
    ],
    [
      'Plik dla biura rachunkowego zawiera raport dobowy, nie pojedyncze paragony.',
      'The file for the accounting office holds a report for each day, not single receipts.',
      'A könyvelőirodának szánt fájl napi jelentést tartalmaz, nem egyes nyugtákat.',
      'Filen till redovisningsbyrån innehåller en dagsrapport, inte enskilda kvitton.',
    ],
    [
      'Pobierz plik za cały okres: paragony są w nim zsumowane dzień po dniu.',
      'Take the file of a whole period: the receipts are summed in it day by day.',
      'Töltse le az egész időszak fájlját: abban a nyugták naponta összesítve szerepelnek.',
      'Hämta filen för hela perioden: där är kvittona summerade dag för dag.',
    ],
  ),
  folderCause(
    'subiekt.sums',
    { where: 'totals', whoMends: 'us' },
    ['Kwoty się nie zgadzają', 'The amounts do not agree', 'Az összegek nem egyeznek', 'Beloppen stämmer inte'],
    [
      'Suma pozycji {sent} różni się od kwoty dokumentu {wanted}; program by go nie przyjął.',
      'The lines sum to {sent}, the document says {wanted}; the program would not take it.',
      'A tételek összege {sent}, a bizonylaté {wanted}; a program nem fogadná el.',
      'Raderna summerar till {sent}, dokumentet säger {wanted}; programmet skulle inte ta emot det.',
    ],
    [
      'Pobierz akta sprawy dokumentu i wyślij je nam: to nasz błąd.',
      'Download the document’s case file and send it to us: the mistake is ours.',
      'Töltse le a bizonylat ügyiratát, és küldje el nekünk: a hiba a miénk.',
      'Ladda ner dokumentets ärendeakt och skicka den till oss: felet är vårt.',
    ],
  ),
  folderCause(
    'subiekt.rate',
    { where: 'exchange.rate' },
    [
      'Kurs ma za dużo miejsc po przecinku',
      'The exchange rate has too many decimals',
      'Az árfolyamnak túl sok tizedesjegye van',
      'Kursen har för många decimaler',
    ],
    [
      'Plik EDI++ mieści cztery miejsca po przecinku. Kurs {rate} zostałby zaokrąglony i VAT w złotych byłby inny niż na dokumencie.',
      'The EDI++ file has room for four decimals. The rate {rate} would be rounded, and the tax in złoty would differ from the document’s.',
      'Az EDI++ fájlban négy tizedesjegy fér el. A(z) {rate} árfolyam kerekítve lenne, és a zlotyban számolt áfa eltérne a bizonylatétól.',
      'EDI++-filen rymmer fyra decimaler. Kursen {rate} skulle avrundas och momsen i zloty skilja sig från dokumentets.',
    ],
    [
      'Wystaw dokument tutaj w serii, która nie idzie do programu, a w programie wprowadź go ręcznie, z kursem za 100 jednostek waluty.',
      'Issue the document here in a series that does not go to the program, and enter it there by hand, with the rate for 100 units of the currency.',
      'Állítsa ki a bizonylatot itt olyan sorozatban, amely nem megy a programba, ott pedig rögzítse kézzel, 100 egységre vonatkozó árfolyammal.',
      'Utfärda dokumentet här i en serie som inte går till programmet och lägg in det där för hand, med kursen för 100 enheter av valutan.',
    ],
  ),
];
