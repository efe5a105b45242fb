import type { Manifest } from '../../src/contract/manifest.ts';

export const manifest: Manifest = {
  id: 'order-file',
  name: 'Order file (CSV, JSON, XML)',
  title: {
    en: 'Order file (CSV, JSON, XML)',
    pl: 'Plik zamówień (CSV, JSON, XML)',
    hu: 'Rendelésfájl (CSV, JSON, XML)',
    sv: 'Orderfil (CSV, JSON, XML)',
  },
  role: 'channel',
  countries: ['PL', 'HU', 'SE'],
  capabilities: ['read-order-file'],
  settings: [],
  causes: [
    {
      code: 'E_FIELD',
      stops: 'document',
      whoMends: 'seller',
      retryHelps: false,
      mayExist: false,
      title: { pl: 'Nieczytelne pole', en: 'Unreadable field', hu: 'Olvashatatlan mező', sv: 'Oläsligt fält' },
      text: {
        pl: 'Pole ma nieprawidłową wartość: {value}.',
        en: 'A field holds a value that is not valid: {value}.',
        hu: 'Egy mező értéke érvénytelen: {value}.',
        sv: 'Ett fält har ett ogiltigt värde: {value}.',
      },
      remedy: {
        pl: 'Popraw zamówienie w pliku i zaimportuj plik jeszcze raz.',
        en: 'Mend the order in the file and import the file again.',
        hu: 'Javítsa a rendelést a fájlban, majd importálja újra a fájlt.',
        sv: 'Rätta ordern i filen och importera filen igen.',
      },
    },
  ],
  about: {
    pl: 'Zamówienia z dowolnego pliku: JSON i CSV w polach naszego modelu, inne tabele i XML przez przypisanie pól.',
    en: 'Orders from any file: JSON and CSV in the fields of our model, other tables and XML by a mapping of fields.',
    hu: 'Rendelések bármilyen fájlból: JSON és CSV a modellünk mezőivel, más táblázatok és XML mezőhozzárendeléssel.',
    sv: 'Ordrar från valfri fil: JSON och CSV med vår modells fält, andra tabeller och XML genom fältmappning.',
  },
};
