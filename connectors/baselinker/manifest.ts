import { channelSettings } from '../../src/contract/channel.ts';
import { headerValue, type Manifest, type SettingField, type Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';
import { timeoutMs } from './client.ts';
import { ownDocument } from './made.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

/** The fields every channel has, with what is different here. */
const place = t(
  'Faktura lub paragon w BaseLinkerze (PDF zastępuje jego wydruk) albo dodatkowe pole typu plik – działa dla każdego zamówienia.',
  'The invoice or receipt in BaseLinker (the PDF takes the place of its print), or an extra field of type file, which works for every order.',
  'A BaseLinkerben lévő számla vagy nyugta (a PDF annak nyomtatványa helyére kerül), vagy fájl típusú extra mező, amely minden rendelésnél működik.',
  'Fakturan eller kvittot i BaseLinker (PDF:en ersätter dess utskrift) eller ett extra fält av typen fil, som fungerar för varje order.',
);
const helps: Record<string, Texts> = {
  documentField: place,
  correctionField: place,
  requestsPerMinute: t(
    'Puste: 40. BaseLinker pozwala na 100 na token; podnieś, jeśli nikt inny nie używa tego tokena.',
    'Empty: 40. BaseLinker allows 100 per token; raise it where nobody else uses this token.',
    'Üresen: 40. A BaseLinker tokenenként 100-at enged; emelje, ha más nem használja ezt a tokent.',
    'Tomt: 40. BaseLinker tillåter 100 per token; höj om ingen annan använder denna token.',
  ),
};
const shared: SettingField[] = channelSettings(['zeroRate']).map((field) => ({ ...field, help: helps[field.key] ?? field.help }));

export const manifest: Manifest = {
  id: 'baselinker',
  name: 'BaseLinker',
  role: 'channel',
  countries: ['PL'],
  capabilities: ['pull-orders', 'attach', 'look-up'],
  defaultBaseUrl: 'https://api.baselinker.com/connector.php',
  settings: [
    {
      key: 'token',
      type: 'secret',
      pattern: headerValue,
      required: true,
      maxLength: 200,
      label: t('Token API', 'API token', 'API-token', 'API-token'),
      help: t(
        'Z panelu BaseLinkera: Konto i inne → Moje konto → API. Utwórz osobny token dla Fakturista – limit zapytań dzielą wszystkie programy z tym samym tokenem.',
        'From the BaseLinker panel: Account & other → My account → API. Make a token of its own for Fakturist: all programs with the same token share its request limit.',
        'A BaseLinker paneljéről: Fiók → Saját fiók → API. Készítsen külön tokent a Fakturistnak: az azonos tokent használó programok közös kérési korláton osztoznak.',
        'Från BaseLinkers panel: Konto → Mitt konto → API. Skapa en egen token för Fakturist: alla program med samma token delar dess anropsgräns.',
      ),
    },
    ...shared,
    {
      key: 'theirDocuments',
      type: 'select',
      part: 'orders',
      options: [
        {
          value: 'documents',
          label: t(
            'To dokumenty sprzedaży – nie wystawiaj drugiego',
            'They are documents of the sale – issue no second one',
            'Az eladás bizonylatai – ne készüljön második',
            'De är försäljningsdokument – utfärda inget andra',
          ),
        },
        {
          value: 'carriers',
          label: t(
            'Tylko niosą nasz PDF – dokument wystawiamy my',
            'They only carry our PDF – the document is issued here',
            'Csak a mi PDF-ünket hordozzák – a bizonylatot itt állítjuk ki',
            'De bär bara vår PDF – dokumentet utfärdas här',
          ),
        },
      ],
      label: t(
        'Faktury i paragony wystawione w BaseLinkerze',
        'Invoices and receipts made in BaseLinker',
        'A BaseLinkerben készült számlák és nyugták',
        'Fakturor och kvitton som gjorts i BaseLinker',
      ),
      help: t(
        'Puste: niosą nasz PDF, gdy niżej wybrano dokument w BaseLinkerze; inaczej to dokumenty sprzedaży. Faktura wysłana do KSeF zawsze jest dokumentem.',
        'Empty: they carry our PDF where the document in BaseLinker is chosen below; otherwise they are documents of the sale. An invoice sent to KSeF is always a document.',
        'Üresen: a PDF-ünket hordozzák, ha lent a BaseLinker bizonylata van kiválasztva; különben az eladás bizonylatai. A KSeF-be küldött számla mindig bizonylat.',
        'Tomt: de bär vår PDF om dokumentet i BaseLinker valts nedan, annars är de försäljningsdokument. En faktura som skickats till KSeF är alltid ett dokument.',
      ),
    },
    {
      key: 'carrierSeries',
      type: 'select',
      lookup: 'invoice-series',
      part: 'answers',
      label: t(
        'Gdy zamówienie nie ma faktury w BaseLinkerze, wystaw ją w serii',
        'If the order has no invoice in BaseLinker, make one there in the series',
        'Ha a rendelésnek nincs számlája a BaseLinkerben, készüljön ott ebben a sorozatban',
        'Om ordern saknar faktura i BaseLinker, skapa en där i serien',
      ),
      help: t(
        'Dokładnie jedna, tylko po to, by dołączyć nasz PDF. Wybierz osobną serię, której BaseLinker nie wysyła do KSeF. Puste: niczego tam nie wystawiamy.',
        'Exactly one, only to carry our PDF. Choose a series of its own that BaseLinker does not send to KSeF. Empty: nothing is made there.',
        'Pontosan egy, csak a PDF-ünk hordozására. Válasszon külön sorozatot, amelyet a BaseLinker nem küld a KSeF-be. Üresen: ott semmi sem készül.',
        'Exakt en, bara för att bära vår PDF. Välj en egen serie som BaseLinker inte skickar till KSeF. Tomt: inget skapas där.',
      ),
    },
  ],
  causes,
  facts: {
    statuses: t('Statusy zamówień', 'Order statuses', 'Rendelési státuszok', 'Orderstatusar'),
    fileFields: t('Pola na pliki', 'Fields for files', 'Fájlmezők', 'Filfält'),
    series: t('Serie faktur', 'Invoice series', 'Számlasorozatok', 'Fakturaserier'),
  },
  pull: { everyMs: 60_000 },
  attach: { replaces: true, keeps: [ownDocument], maxBytes: 2 * 1024 * 1024, fileNameChars: 40 },
  limits: {
    perMinute: 100,
    usualPerMinute: 40,
    sharedBy: 'secret',
    secret: 'token',
    concurrency: 2,
    maxSends: 3,
    timeoutMs,
    settleAfterMs: timeoutMs + 15_000,
  },
  about: t(
    'Pobiera zamówienia z BaseLinkera i odkłada na nich PDF-y i numery dokumentów – naszych albo z programu księgowego.',
    'Takes orders from BaseLinker and puts the PDFs and numbers of documents on them – ours or those of the accounting program.',
    'Átveszi a BaseLinker rendeléseit, és rájuk teszi a bizonylatok PDF-jét és számát – a sajátunkét vagy a könyvelőprogramét.',
    'Hämtar ordrar från BaseLinker och lägger dokumentens PDF:er och nummer på dem – våra eller bokföringsprogrammets.',
  ),
};
