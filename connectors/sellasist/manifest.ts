import { channelSettings } from '../../src/contract/channel.ts';
import { headerValue, type Manifest, type Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';
import { timeoutMs } from './client.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

export const manifest: Manifest = {
  id: 'sellasist',
  name: 'Sellasist',
  role: 'channel',
  countries: ['PL'],
  capabilities: ['pull-orders', 'attach', 'look-up'],
  defaultBaseUrl: 'https://{account}.sellasist.pl/api/v1',
  settings: [
    {
      key: 'account',
      type: 'text',
      required: true,
      maxLength: 200,
      label: t('Nazwa konta', 'Account name', 'Fióknév', 'Kontonamn'),
      help: t(
        'Początek adresu panelu, np. „mojsklep” z mojsklep.sellasist.pl. Można wkleić cały adres.',
        'The beginning of the panel’s address, e.g. “mojsklep” of mojsklep.sellasist.pl. The whole address may be pasted.',
        'A panel címének eleje, pl. a mojsklep.sellasist.pl címből a „mojsklep”. A teljes cím is beilleszthető.',
        'Början av panelens adress, t.ex. ”mojsklep” i mojsklep.sellasist.pl. Hela adressen kan klistras in.',
      ),
    },
    {
      key: 'apiKey',
      type: 'secret',
      pattern: headerValue,
      required: true,
      maxLength: 200,
      label: t('Klucz API', 'API key', 'API-kulcs', 'API-nyckel'),
      help: t(
        'Z ustawień integracji w panelu. Daje pełny dostęp do konta, dlatego już go nie pokażemy.',
        'From the integration settings of the panel. It gives full access to the account and is therefore never shown again.',
        'A panel integrációs beállításaiból. Teljes hozzáférést ad a fiókhoz, ezért többé nem jelenik meg.',
        'Från panelens integrationsinställningar. Den ger full åtkomst till kontot och visas därför aldrig igen.',
      ),
    },
    ...channelSettings(),
    {
      key: 'fileFieldEncoding',
      type: 'select',
      part: 'answers',
      default: 'auto',
      options: [
        { value: 'auto', label: t('Sprawdź samo', 'Find out', 'Derítse ki', 'Ta reda på det') },
        { value: 'base64', label: t('base64', 'base64', 'base64', 'base64') },
        { value: 'data-uri', label: t('data:application/pdf', 'data:application/pdf', 'data:application/pdf', 'data:application/pdf') },
      ],
      label: t('Zapis pliku w polu', 'How a file is written into a field', 'A fájl írásmódja a mezőben', 'Hur en fil skrivs i fältet'),
      help: t(
        'Zostaw bez zmian, chyba że PDF-y na zamówieniach nie dają się otworzyć.',
        'Leave it as it is unless the PDFs on the orders cannot be opened.',
        'Hagyja így, hacsak a rendelések PDF-jei nem nyithatók meg.',
        'Låt det vara, om inte PDF:erna på ordrarna inte går att öppna.',
      ),
    },
  ],
  causes,
  facts: {
    statuses: t('Statusy zamówień', 'Order statuses', 'Rendelési státuszok', 'Orderstatusar'),
    fileFields: t('Pola na pliki', 'Fields for files', 'Fájlmezők', 'Filfält'),
  },
  pull: { everyMs: 60_000 },
  // Larger files were never seen to pass (contract §5).
  attach: { replaces: true, maxBytes: 5 * 1024 * 1024 },
  limits: { perMinute: 100, concurrency: 2, maxSends: 3, timeoutMs, settleAfterMs: timeoutMs + 15_000 },
  about: t(
    'Pobiera zamówienia z Sellasist, a wystawione dokumenty odkłada jako PDF w wybranym polu zamówienia.',
    'Takes orders from Sellasist and puts the PDF of each issued document into the field of the order you choose.',
    'Átveszi a Sellasist rendeléseit, és a kiállított bizonylatok PDF-jét a rendelés választott mezőjébe teszi.',
    'Hämtar ordrar från Sellasist och lägger PDF:en för varje utfärdat dokument i det fält på ordern som du väljer.',
  ),
};
