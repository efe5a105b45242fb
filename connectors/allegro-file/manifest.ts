import type { Manifest } from '../../src/contract/manifest.ts';

export const manifest: Manifest = {
  id: 'allegro-file',
  name: 'Allegro (file)',
  role: 'channel',
  countries: ['PL'],
  capabilities: ['read-order-file'],
  settings: [],
  causes: [],
  about: {
    pl: 'Pliki sprzedaży z Allegro: eksport z Menedżera sprzedaży (XML) i dzisiejszy eksport zamówień (CSV, XML).',
    en: 'Sales files of Allegro: the export of the sales manager (XML) and today’s export of orders (CSV, XML).',
    hu: 'Az Allegro értékesítési fájljai: az értékesítéskezelő exportja (XML) és a mai rendelésexport (CSV, XML).',
    sv: 'Försäljningsfiler från Allegro: exporten från försäljningshanteraren (XML) och dagens orderexport (CSV, XML).',
  },
};
