import type { Manifest, Texts } from '../../src/contract/manifest.ts';

function t(pl: string, en: string, hu: string, sv: string): Texts {
  return { pl, en, hu, sv };
}

const rates: { value: string; label: Texts }[] = [
  { value: '27', label: t('27%', '27%', '27%', '27 %') },
  {
    value: '18',
    label: t('18% (impreza plenerowa)', '18% (open-air event)', '18% (alkalmi szabadtéri rendezvény)', '18 % (utomhusevenemang)'),
  },
  { value: '5', label: t('5%', '5%', '5%', '5 %') },
  {
    value: 'TAM',
    label: t('TAM – zwolnienie przedmiotowe', 'TAM – exempt by its nature', 'TAM – tárgyi adómentes', 'TAM – undantagen till sin art'),
  },
  { value: 'AAM', label: t('AAM – zwolnienie podmiotowe', 'AAM – small business', 'AAM – alanyi adómentes', 'AAM – småföretag') },
];

export const manifest: Manifest = {
  id: 'tickets',
  name: 'Ticket shop',
  title: { en: 'Ticket shop', pl: 'Sklep z biletami', hu: 'Jegyiroda', sv: 'Biljettbutik' },
  role: 'channel',
  countries: ['HU', 'PL', 'SE'],
  capabilities: ['receive-calls'],
  settings: [
    {
      key: 'signingSecret',
      type: 'secret',
      required: true,
      maxLength: 200,
      generate: 'webhook-secret',
      label: t('Sekret podpisu', 'Signing secret', 'Aláírási titok', 'Signeringshemlighet'),
      help: t(
        'Sklep podpisuje nim każde wywołanie. Pokazujemy go tylko raz.',
        'The shop signs every call with it. It is shown only once.',
        'A jegybolt ezzel ír alá minden hívást. Csak egyszer jelenik meg.',
        'Butiken signerar varje anrop med den. Den visas bara en gång.',
      ),
    },
    {
      key: 'signingSecretOld',
      type: 'secret',
      maxLength: 200,
      label: t('Poprzedni sekret', 'Previous secret', 'Korábbi titok', 'Tidigare hemlighet'),
      help: t(
        'Obowiązuje równolegle, dopóki sklep nie przejdzie na nowy.',
        'Stays valid beside the new one until the shop has changed over.',
        'Az új mellett is érvényes, amíg a bolt át nem áll.',
        'Gäller parallellt tills butiken har bytt.',
      ),
    },
    {
      key: 'invoice',
      type: 'select',
      default: 'every',
      options: [
        { value: 'every', label: t('Każda opłacona sprzedaż', 'Every paid sale', 'Minden fizetett eladás', 'Varje betald försäljning') },
        {
          value: 'request',
          label: t('Tylko na życzenie nabywcy', 'Only when the buyer asks', 'Csak ha a vevő kéri', 'Bara när köparen ber om det'),
        },
      ],
      label: t('Co fakturujemy', 'What is invoiced', 'Miről készül számla', 'Vad som faktureras'),
    },
    {
      key: 'ticketRate',
      type: 'select',
      default: '27',
      options: rates,
      label: t('VAT biletów', 'VAT of tickets', 'A jegyek áfája', 'Moms på biljetter'),
      help: t(
        'Gdy sklep nie podaje stawki przy bilecie ani przy wydarzeniu.',
        'Where the shop names no rate on the ticket or the event.',
        'Ha a bolt sem a jegynél, sem az eseménynél nem ad kulcsot.',
        'När butiken inte anger sats på biljetten eller evenemanget.',
      ),
    },
    {
      key: 'feeRate',
      type: 'select',
      default: '27',
      options: rates,
      label: t('VAT opłaty serwisowej', 'VAT of the service fee', 'A kezelési költség áfája', 'Moms på serviceavgiften'),
    },
    {
      key: 'showHolders',
      type: 'boolean',
      default: false,
      label: t(
        'Nazwiska uczestników na dokumencie',
        'Names of ticket holders on the document',
        'Jegytulajdonosok neve a bizonylaton',
        'Biljettinnehavarnas namn på dokumentet',
      ),
      help: t('To dane osobowe.', 'They are personal data.', 'Ezek személyes adatok.', 'De är personuppgifter.'),
    },
    {
      key: 'zone',
      type: 'text',
      default: 'Europe/Budapest',
      maxLength: 60,
      label: t('Strefa czasowa wydarzeń', 'Time zone of events', 'Az események időzónája', 'Evenemangens tidszon'),
    },
  ],
  causes: [],
  facts: {
    signing: t('Podpis wywołań', 'Calls are signed', 'A hívások aláírása', 'Anropen signeras'),
    secrets: t('Ważne sekrety', 'Valid secrets', 'Érvényes titkok', 'Giltiga hemligheter'),
    yes: t('tak', 'yes', 'igen', 'ja'),
    no: t('nie', 'no', 'nem', 'nej'),
  },
  about: t(
    'Dowolny sklep z biletami: zgłasza sprzedaż, zwrot albo odwołane wydarzenie podpisanym wywołaniem HTTP, a faktura powstaje sama.',
    'Any ticket shop: it reports a sale, a refund or a cancelled event by a signed HTTP call, and the invoice follows by itself.',
    'Bármely jegybolt: aláírt HTTP-hívással jelzi az eladást, a visszaváltást vagy az elmaradt eseményt, a számla magától elkészül.',
    'Valfri biljettbutik: den meddelar försäljning, återbetalning eller inställt evenemang med ett signerat HTTP-anrop och fakturan följer av sig själv.',
  ),
};
