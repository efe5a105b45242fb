import type { Manifest } from '../../src/contract/manifest.ts';

export const manifest: Manifest = {
  id: 'allegro-file',
  name: 'Allegro (file)',
  title: { en: 'Allegro (file)', pl: 'Allegro (plik)', hu: 'Allegro (fájl)', sv: 'Allegro (fil)' },
  role: 'channel',
  countries: ['PL'],
  capabilities: ['read-order-file'],
  settings: [],
  causes: [
    {
      code: 'F_PAYMENTS_STATEMENT',
      stops: 'nothing',
      whoMends: 'seller',
      retryHelps: false,
      mayExist: false,
      title: { pl: 'Zestawienie płatności', en: 'Statement of payments', hu: 'Fizetési kimutatás', sv: 'Betalningsutdrag' },
      text: {
        pl: 'To jest zestawienie operacji płatniczych Allegro. Nie zawiera zamówień.',
        en: 'This is Allegro’s statement of payment operations. It holds no orders.',
        hu: 'Ez az Allegro fizetési műveleteinek kimutatása. Nem tartalmaz rendeléseket.',
        sv: 'Det här är Allegros utdrag över betalningar. Det innehåller inga ordrar.',
      },
      remedy: {
        pl: 'Pobierz w panelu sprzedaży eksport zamówień (Zamówienia → Pobierz raport) i wybierz tamten plik.',
        en: 'In the sales panel, download the export of orders (Orders → download report) and choose that file.',
        hu: 'Töltse le az értékesítési panelen a rendelések exportját, és azt a fájlt válassza.',
        sv: 'Hämta orderexporten i försäljningspanelen och välj den filen.',
      },
    },
  ],
  about: {
    pl: 'Pliki sprzedaży z Allegro: eksport z Menedżera sprzedaży (XML) i dzisiejszy eksport zamówień (CSV, XML).',
    en: 'Sales files of Allegro: the export of the sales manager (XML) and today’s export of orders (CSV, XML).',
    hu: 'Az Allegro értékesítési fájljai: az értékesítéskezelő exportja (XML) és a mai rendelésexport (CSV, XML).',
    sv: 'Försäljningsfiler från Allegro: exporten från försäljningshanteraren (XML) och dagens orderexport (CSV, XML).',
  },
};
