import { fromMinor } from '../../../src/domain/money/money.ts';
import { type Language, Refused, type Section, type SimVerb, type Words } from '../../../src/testkit/service.ts';
import type { Api } from './api.ts';
import type { Document, Fields } from './state.ts';
import type { Webhook } from './webhooks.ts';
import { build } from './write.ts';

/** What the panel does and the API does not: keys, webhooks and their verification, documents made, paid and removed by hand. */
export function verbsOf(api: Api): SimVerb[] {
  const documentOf = (id: string | undefined): Document => {
    const document = api.account.documents.get(id ?? '');
    if (!document) throw new Refused(404, `no document ${id}`);
    return document;
  };
  const webhookOf = (id: string | undefined): Webhook => {
    const webhook = api.account.webhooks.list.find((w) => w.id === Number(id));
    if (!webhook) throw new Refused(404, `no webhook ${id}`);
    return webhook;
  };
  return [
    {
      method: 'POST',
      path: /^keys$/,
      run: () => {
        api.current = { ...api.current, keyRevoked: false };
        return { key: api.account.newKey() };
      },
    },
    {
      method: 'GET',
      path: /^documents$/,
      run: () => {
        api.account.settle();
        return [...api.account.documents.values()].map((document) => documentView(document));
      },
    },
    { method: 'POST', path: /^documents$/, run: (_, body) => documentView(byHand(api, body)) },
    {
      method: 'POST',
      path: /^documents\/([^/]+)\/pay$/,
      run: ([id], { date }) => {
        api.account.pay(documentOf(id), typeof date === 'string' ? date : api.account.today());
        return documentView(documentOf(id));
      },
    },
    { method: 'DELETE', path: /^documents\/([^/]+)$/, run: ([id]) => api.account.remove(documentOf(id)) },
    { method: 'GET', path: /^clients$/, run: () => api.account.clients },
    { method: 'GET', path: /^mails$/, run: () => api.account.mails },
    {
      method: 'GET',
      path: /^tasks$/,
      run: () => [...api.account.tasks.values()].map(({ work: _, ...task }) => task),
    },
    { method: 'POST', path: /^tasks\/finish$/, run: () => api.account.finishTasks() },
    { method: 'GET', path: /^webhooks$/, run: () => api.account.webhooks.list },
    { method: 'POST', path: /^webhooks$/, run: (_, body) => addWebhook(api, body) },
    { method: 'POST', path: /^webhooks\/(\d+)\/verify$/, run: ([id]) => api.account.webhooks.verify(webhookOf(id)) },
    {
      method: 'PATCH',
      path: /^webhooks\/(\d+)$/,
      run: ([id], { on, content }) => {
        const webhook = webhookOf(id);
        if (typeof on === 'boolean') webhook.on = on;
        if (content === 'full' || content === 'redacted') webhook.content = content;
        return webhook;
      },
    },
    {
      method: 'DELETE',
      path: /^webhooks\/(\d+)$/,
      run: ([id]) => {
        const webhook = webhookOf(id);
        api.account.webhooks.list = api.account.webhooks.list.filter((w) => w !== webhook);
      },
    },
    { method: 'GET', path: /^deliveries$/, run: () => api.account.webhooks.deliveries },
  ];
}

const eventNames = [
  'send_to_ksef_success',
  'send_to_ksef_error',
  'async_invoice_creation_success',
  'async_invoice_creation_error',
  'async_invoice_payment_success',
  'async_invoice_payment_error',
  'invoice_marked_as_paid_via_async_api',
  'invoice_marking_as_paid_error_via_async_api',
  'draft_invoice_created',
  'invoice_deleted',
  'invoice_paid',
];

function addWebhook(api: Api, { url, description = '', content = 'full', events = [] }: Record<string, unknown>): Webhook {
  if (typeof url !== 'string' || !/^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url))
    throw new Refused(400, 'url must begin with https:// (http:// on this machine)');
  if (content !== 'full' && content !== 'redacted') throw new Refused(400, 'content must be full or redacted');
  if (!Array.isArray(events) || !events.every((name) => eventNames.includes(String(name))))
    throw new Refused(400, `events must be some of ${eventNames.join(', ')}`);
  return api.account.webhooks.add(url, String(description), content, events);
}

/** An invoice somebody makes in the panel; what is not said is a plain one of 123,00 PLN. */
function byHand(api: Api, body: Fields): Document {
  const built = build(api.account, 'invoices', {
    payment_method: 'cash',
    client_company_name: 'Klient z Panelu Sp. z o.o.',
    client_tax_code: '1234563218',
    client_street: 'Polna 1',
    client_city: 'Kraków',
    client_post_code: '30-001',
    services: [{ name: 'Usługa', tax_symbol: '23', quantity: 1, gross_price: 12_300 }],
    ...body,
  });
  if ('errors' in built) throw new Refused(422, JSON.stringify(built.errors));
  return api.account.keep('invoices', built.fields, api.account.clock.now());
}

function documentView({ family, fields, ksef }: Document) {
  const terms = fields.transaction_terms as { orders: { number: string }[] } | undefined;
  return {
    uuid: fields.uuid,
    family,
    kind: fields.kind,
    number: fields.number,
    currency: fields.currency,
    /** Hundredths. */
    gross: fields.gross_price,
    buyer: String(fields.client_company_name || `${fields.client_first_name} ${fields.client_last_name}`),
    taxId: fields.client_tax_code,
    orders: terms?.orders.map((order) => order.number) ?? [],
    notes: fields.notes,
    status: fields.status,
    paidDate: fields.paid_date,
    paymentMethod: fields.payment_method,
    invoiceDate: fields.invoice_date,
    corrects: fields.corrected_invoice_number ?? null,
    ksef: ksef ? { status: ksef.status, number: ksef.number, text: ksef.text } : null,
  };
}

const words = {
  account: { pl: 'Konto', en: 'Account', hu: 'Fiók', sv: 'Konto' },
  key: { pl: 'Klucz API', en: 'API key', hu: 'API-kulcs', sv: 'API-nyckel' },
  newKey: { pl: 'Nowy klucz', en: 'New key', hu: 'Új kulcs', sv: 'Ny nyckel' },
  revoked: { pl: 'Klucz cofnięty', en: 'Key taken back', hu: 'Visszavont kulcs', sv: 'Nyckeln återkallad' },
  plan: { pl: 'Limit pakietu wykorzystany', en: 'Plan used up', hu: 'A csomag kimerült', sv: 'Paketet förbrukat' },
  maintenance: { pl: 'Przerwa techniczna', en: 'Maintenance', hu: 'Karbantartás', sv: 'Underhåll' },
  limits: { pl: 'Limity na minutę', en: 'Limits per minute', hu: 'Percenkénti korlátok', sv: 'Gränser per minut' },
  bank: { pl: 'Konto bankowe zweryfikowane', en: 'Bank account verified', hu: 'Ellenőrzött bankszámla', sv: 'Bankkonto verifierat' },
  ksef: { pl: 'KSeF połączony', en: 'KSeF connected', hu: 'KSeF összekapcsolva', sv: 'KSeF anslutet' },
  ksefAnswer: { pl: 'Odpowiedź KSeF', en: 'Answer of KSeF', hu: 'A KSeF válasza', sv: 'Svar från KSeF' },
  success: { pl: 'przyjęta', en: 'accepted', hu: 'elfogadva', sv: 'godkänd' },
  error: { pl: 'odrzucona', en: 'refused', hu: 'elutasítva', sv: 'avvisad' },
  pending: { pl: 'czeka', en: 'waiting', hu: 'vár', sv: 'väntar' },
  webhooks: { pl: 'Webhooki', en: 'Webhooks', hu: 'Webhookok', sv: 'Webhookar' },
  address: { pl: 'Adres URL', en: 'Address', hu: 'Cím', sv: 'Adress' },
  add: { pl: 'Dodaj', en: 'Add', hu: 'Hozzáadás', sv: 'Lägg till' },
  verify: { pl: 'Weryfikuj', en: 'Verify', hu: 'Ellenőrzés', sv: 'Verifiera' },
  remove: { pl: 'Usuń', en: 'Delete', hu: 'Törlés', sv: 'Ta bort' },
  secret: { pl: 'Klucz podpisu', en: 'Secret', hu: 'Titkos kulcs', sv: 'Hemlighet' },
  state: { pl: 'Stan', en: 'State', hu: 'Állapot', sv: 'Läge' },
  verified: { pl: 'zweryfikowany', en: 'verified', hu: 'ellenőrizve', sv: 'verifierad' },
  unverified: { pl: 'do weryfikacji', en: 'to be verified', hu: 'ellenőrzésre vár', sv: 'ska verifieras' },
  off: { pl: 'wyłączony', en: 'switched off', hu: 'kikapcsolva', sv: 'avstängd' },
  none: { pl: 'Nie ma webhooków.', en: 'There are no webhooks.', hu: 'Nincs webhook.', sv: 'Det finns inga webhookar.' },
  silent: { pl: 'Webhooki milczą', en: 'Webhooks stay silent', hu: 'A webhookok hallgatnak', sv: 'Webhookarna är tysta' },
  twice: { pl: 'Każde zdarzenie dwa razy', en: 'Every event twice', hu: 'Minden esemény kétszer', sv: 'Varje händelse två gånger' },
  signature: { pl: 'Zły podpis', en: 'Wrong signature', hu: 'Hibás aláírás', sv: 'Fel signatur' },
  documents: { pl: 'Dokumenty', en: 'Documents', hu: 'Bizonylatok', sv: 'Dokument' },
  byHand: { pl: 'Wystaw w panelu', en: 'Issue in the panel', hu: 'Kiállítás a felületen', sv: 'Utfärda i panelen' },
  noDocuments: { pl: 'Nie ma dokumentów.', en: 'There are no documents.', hu: 'Nincs bizonylat.', sv: 'Det finns inga dokument.' },
  number: { pl: 'Numer', en: 'Number', hu: 'Szám', sv: 'Nummer' },
  buyer: { pl: 'Nabywca', en: 'Buyer', hu: 'Vevő', sv: 'Köpare' },
  total: { pl: 'Razem', en: 'Total', hu: 'Összesen', sv: 'Totalt' },
  paid: { pl: 'Zapłacono', en: 'Paid', hu: 'Fizetve', sv: 'Betald' },
  pay: { pl: 'Zapłacona', en: 'Mark paid', hu: 'Fizetve', sv: 'Markera betald' },
  mails: { pl: 'Wiadomości', en: 'Mails', hu: 'E-mailek', sv: 'Mejl' },
} satisfies Record<string, Words>;

const documentsShown = 50;

export function pageOf(api: Api, language: Language): Section[] {
  const { account, current } = api;
  const t = (name: keyof typeof words) => words[name][language];
  account.settle();
  const shown = [...account.documents.values()].reverse().slice(0, documentsShown).map(documentView);
  const limited = current.getsPerMinute !== null;
  return [
    {
      title: t('account'),
      facts: [
        [t('key'), account.key],
        [t('mails'), String(account.mails.length)],
      ],
      controls: [
        { kind: 'button', label: t('newKey'), call: 'POST keys' },
        { kind: 'switch', label: t('revoked'), on: current.keyRevoked, set: { keyRevoked: !current.keyRevoked } },
        { kind: 'switch', label: t('plan'), on: current.planUsedUp, set: { planUsedUp: !current.planUsedUp } },
        { kind: 'switch', label: t('maintenance'), on: current.maintenance, set: { maintenance: !current.maintenance } },
        {
          kind: 'switch',
          label: t('limits'),
          on: limited,
          set: limited ? { getsPerMinute: null, writesPerMinute: null } : { getsPerMinute: 300, writesPerMinute: 150 },
        },
        { kind: 'switch', label: t('bank'), on: current.hasBankAccount, set: { hasBankAccount: !current.hasBankAccount } },
        { kind: 'switch', label: t('ksef'), on: current.ksefActive, set: { ksefActive: !current.ksefActive } },
        {
          kind: 'choice',
          label: t('ksefAnswer'),
          setting: 'ksefOutcome',
          value: current.ksefOutcome,
          options: [
            ['success', t('success')],
            ['error', t('error')],
            ['pending', t('pending')],
          ],
        },
      ],
    },
    {
      title: t('webhooks'),
      wide: true,
      controls: [
        { kind: 'form', label: t('add'), call: 'POST webhooks', fields: [{ name: 'url', label: t('address') }] },
        { kind: 'switch', label: t('silent'), on: current.webhooksSilent, set: { webhooksSilent: !current.webhooksSilent } },
        { kind: 'switch', label: t('twice'), on: current.webhookTwice, set: { webhookTwice: !current.webhookTwice } },
        {
          kind: 'switch',
          label: t('signature'),
          on: current.webhookSignature === 'wrong',
          set: { webhookSignature: current.webhookSignature === 'wrong' ? 'good' : 'wrong' },
        },
      ],
      table: {
        head: [t('address'), t('secret'), t('state'), '', ''],
        empty: t('none'),
        rows: account.webhooks.list.map((webhook) => [
          webhook.url,
          webhook.secret,
          !webhook.on ? t('off') : webhook.verified ? t('verified') : t('unverified'),
          { kind: 'button', label: t('verify'), call: `POST webhooks/${webhook.id}/verify` },
          { kind: 'button', label: t('remove'), call: `DELETE webhooks/${webhook.id}` },
        ]),
      },
    },
    {
      title: t('documents'),
      wide: true,
      controls: [{ kind: 'button', label: t('byHand'), call: 'POST documents' }],
      table: {
        head: [t('number'), t('buyer'), t('total'), t('state'), t('paid'), 'KSeF', ''],
        empty: t('noDocuments'),
        rows: shown.map((document) => [
          document.number,
          document.buyer,
          `${fromMinor(BigInt(document.gross), 'PLN')} ${document.currency}`,
          document.status,
          String(document.paidDate ?? ''),
          document.ksef?.number ?? document.ksef?.status ?? '',
          { kind: 'button', label: t('pay'), call: `POST documents/${document.uuid}/pay` },
        ]),
      },
    },
  ];
}
