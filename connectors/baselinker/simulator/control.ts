import { createHash } from 'node:crypto';
import { fromMinor, isDecimal } from '../../../src/domain/money/money.ts';
import { type SaleKind, saleKinds } from '../../../src/testkit/polish-sales.ts';
import { asReply, type Language, localTime, Refused, type Section, type SimVerb, type Words } from '../../../src/testkit/service.ts';
import type { Api } from './api.ts';
import { grossOf } from './shape.ts';
import {
  type Account,
  extraFields,
  type Invoice,
  logTypes,
  type Order,
  type Product,
  type Receipt,
  series,
  statuses,
  statusIds,
  totalOf,
} from './state.ts';

/** What happens when nobody calls the API: orders arrive and change, documents are made and removed in the panel, neighbours use the token. */
export function verbsOf(api: Api): SimVerb[] {
  const account = () => api.account;
  const orderOf = (id: string | undefined): Order => {
    const order = account().orders.get(Number(id));
    if (!order) throw new Refused(404, `no order ${id}`);
    return order;
  };
  const invoiceOf = (id: string | undefined): Invoice => {
    const invoice = account().invoices.get(Number(id));
    if (!invoice) throw new Refused(404, `no invoice ${id}`);
    return invoice;
  };
  const on = (name: string, act: (order: Order, body: Record<string, unknown>) => unknown): SimVerb => ({
    method: 'POST',
    path: new RegExp(`^orders/(\\d+)/${name}$`),
    run: ([id], body) => {
      const order = orderOf(id);
      return act(order, body) ?? orderView(account(), order);
    },
  });
  return [
    { method: 'POST', path: /^orders$/, run: (_, body) => arrive(account(), body) },
    { method: 'GET', path: /^orders$/, run: () => [...account().orders.values()].map((order) => orderView(account(), order)) },
    { method: 'GET', path: /^orders\/(\d+)$/, run: ([id]) => orderView(account(), orderOf(id)) },
    {
      method: 'GET',
      path: /^orders\/(\d+)\/extra\/(\d+)$/,
      run: ([id, field]) => fileReply(filesOf(orderOf(id)).find((file) => file.fieldId === Number(field))?.bytes),
    },
    {
      method: 'DELETE',
      path: /^orders\/(\d+)$/,
      run: ([id]) => account().remove(orderOf(id)),
    },
    on('change', (order, body) => change(account(), order, body)),
    on('confirm', (order) => account().confirm(order)),
    on('cancel', (order) => account().setStatus(order, statusIds.cancelled)),
    on('pay', (order, { amount }) => {
      if (amount !== undefined && !isDecimal(amount)) throw new Refused(400, 'amount must be a decimal as text');
      account().pay(order, (amount as string | undefined) ?? totalOf(order), order.paymentMethod, '');
      if (order.paid === totalOf(order)) account().setStatus(order, statusIds.paid);
    }),
    on('return', (order, { product = 0, quantity = '1' }) => {
      if (!isDecimal(quantity)) throw new Refused(400, 'quantity must be a decimal as text');
      return orderView(account(), account().giveBack(order, productAt(order, product).id, quantity));
    }),
    on('merge', (order, { into }) => {
      const other = orderOf(String(into));
      if (other === order) throw new Refused(400, 'an order cannot be merged into itself');
      account().merge(order, other);
      return orderView(account(), other);
    }),
    on('split', (order, { product = 0 }) => {
      if (order.products.length < 2) throw new Refused(400, 'an order of one product cannot be split');
      return orderView(account(), account().split(order, productAt(order, product).id));
    }),
    on('copy', (order) => orderView(account(), account().copy(order))),
    on('invoice', (order) => invoiceView(account().addInvoice(order, series[0], (rate) => rate))),
    on('receipt', (order) => ({ id: account().addReceipt(order, series[2]).id })),
    { method: 'GET', path: /^invoices$/, run: () => [...account().invoices.values()].map(invoiceView) },
    { method: 'GET', path: /^invoices\/(\d+)\/file$/, run: ([id]) => fileReply(invoiceOf(id).file) },
    { method: 'DELETE', path: /^invoices\/(\d+)$/, run: ([id]) => account().removeInvoice(invoiceOf(id)) },
    {
      method: 'POST',
      path: /^invoices\/(\d+)\/government$/,
      run: ([id], { status = 2, id: number = '9991002009-20261120-0123456789AB-5D' }) => {
        const invoice = invoiceOf(id);
        invoice.government = { id: String(number), date: account().seconds(), status: Number(status) };
        return invoiceView(invoice);
      },
    },
    { method: 'GET', path: /^receipts$/, run: () => [...account().receipts.values()].map(receiptView) },
    {
      method: 'DELETE',
      path: /^receipts\/(\d+)$/,
      run: ([id]) => {
        const receipt = account().receipts.get(Number(id));
        if (!receipt) throw new Refused(404, `no receipt ${id}`);
        account().removeReceipt(receipt);
      },
    },
    {
      method: 'POST',
      path: /^tokens$/,
      run: () => {
        api.current = { ...api.current, tokenRevoked: false };
        return { token: account().newToken() };
      },
    },
    {
      /** Calls of another program with the same token. */
      method: 'POST',
      path: /^neighbour$/,
      run: (_, { calls = 1 }) => {
        if (!Number.isInteger(calls) || Number(calls) < 1 || Number(calls) > 1000)
          throw new Refused(400, 'calls must be a whole number from 1 to 1000');
        for (let i = 0; i < Number(calls); i++) api.calls.take(account().token, Number.POSITIVE_INFINITY, account().clock.now());
        return { callsThisMinute: api.calls.used(account().token, account().clock.now()) };
      },
    },
  ];
}

const ordersAtOnce = 20_000;

/** `everySeconds` spreads what arrives backwards from now; without it all come in this very second. */
function arrive(account: Account, { count = 1, kind, confirmed = true, everySeconds = 0 }: Record<string, unknown>) {
  if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > ordersAtOnce)
    throw new Refused(400, `count must be a whole number from 1 to ${ordersAtOnce}`);
  if (kind !== undefined && !saleKinds.includes(kind as SaleKind)) throw new Refused(400, `kind must be one of ${saleKinds.join(', ')}`);
  if (!Number.isInteger(everySeconds) || Number(everySeconds) < 0) throw new Refused(400, 'everySeconds must be a whole number');
  const made = Array.from({ length: Number(count) }, () => account.arrive(kind as SaleKind | undefined, confirmed !== false));
  for (const [i, order] of made.entries()) {
    const ago = (made.length - 1 - i) * Number(everySeconds);
    order.dateAdd -= ago;
    if (order.confirmed) order.dateConfirmed -= ago;
  }
  return made.map((order) => orderView(account, order));
}

function productAt(order: Order, position: unknown): Product {
  const product = order.products[Number(position)];
  if (!product) throw new Refused(400, 'no such product');
  return product;
}

const changeable = [
  'email',
  'invoice_nip',
  'invoice_company',
  'invoice_fullname',
  'invoice_address',
  'invoice_city',
  'invoice_postcode',
  'user_comments',
];

/** With nothing said, one more piece of the first product. */
function change(account: Account, order: Order, body: Record<string, unknown>): void {
  const { status, quantity, product = 0, want_invoice } = body;
  if (status !== undefined) {
    if (!statuses.some((s) => s.id === Number(status)))
      throw new Refused(400, `status must be one of ${statuses.map((s) => s.id).join(', ')}`);
    account.setStatus(order, Number(status));
  }
  const named = changeable.filter((name) => typeof body[name] === 'string');
  for (const name of named) order.texts[name] = String(body[name]);
  if (typeof want_invoice === 'boolean') order.wantInvoice = want_invoice;
  if (named.length > 0 || typeof want_invoice === 'boolean') account.log(order, logTypes.data);
  if (quantity !== undefined || (status === undefined && named.length === 0 && want_invoice === undefined)) {
    const changed = productAt(order, product);
    if (quantity !== undefined && !isDecimal(quantity)) throw new Refused(400, 'quantity must be a decimal as text');
    changed.quantity = (quantity as string | undefined) ?? String(BigInt(changed.quantity.split('.')[0]!) + 1n);
    account.log(order, logTypes.productChanged, changed.id);
  }
}

function filesOf(order: Order) {
  return [...order.extra].flatMap(([fieldId, value]) =>
    typeof value === 'string'
      ? []
      : [{ fieldId, field: extraFields.find((f) => f.extra_field_id === fieldId)?.name, title: value.title, bytes: value.bytes }],
  );
}

function fileReply(bytes: Uint8Array | undefined) {
  if (!bytes) throw new Refused(404, 'no file there');
  return asReply({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes });
}

function held(bytes: Uint8Array) {
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    pdf: Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '%PDF',
  };
}

/** What is there for an order: data, documents and files. */
function orderView(account: Account, order: Order) {
  return {
    id: order.id,
    externalId: order.externalId,
    source: order.source,
    sourceInfo: order.sourceInfo,
    statusId: order.statusId,
    status: statuses.find((s) => s.id === order.statusId)?.name,
    confirmed: order.confirmed,
    dateConfirmed: order.dateConfirmed,
    buyer: order.texts.invoice_company || order.texts.invoice_fullname || order.texts.delivery_fullname || '',
    taxId: order.texts.invoice_nip,
    wantsInvoice: order.wantInvoice,
    currency: order.currency,
    total: totalOf(order),
    paid: order.paid,
    adminComments: order.texts.admin_comments,
    products: order.products.map(({ id, name, quantity, price, taxRate }) => ({ id, name, quantity, price, taxRate })),
    extra: Object.fromEntries([...order.extra].filter(([, value]) => typeof value === 'string')),
    files: filesOf(order).map(({ bytes, ...file }) => ({ ...file, ...held(bytes) })),
    invoices: [...account.invoices.values()].filter((invoice) => invoice.orderId === order.id).map(invoiceView),
    receipts: [...account.receipts.values()].filter((receipt) => receipt.orderId === order.id).map(receiptView),
  };
}

function invoiceView(invoice: Invoice) {
  return {
    id: invoice.id,
    orderId: invoice.orderId,
    type: invoice.type,
    number: invoice.number,
    gross: fromMinor(grossOf(invoice), 'PLN'),
    currency: invoice.currency,
    externalNumber: invoice.externalNumber,
    corrects: invoice.corrects?.id ?? null,
    file: invoice.file ? held(invoice.file) : null,
    government: invoice.government ?? null,
  };
}

function receiptView({ id, orderId, number, fiscalNumber, externalNumber, file }: Receipt) {
  return { id, orderId, number, fiscalNumber, externalNumber, file: file ? held(file) : null };
}

const words = {
  account: { pl: 'Konto', en: 'Account', hu: 'Fiók', sv: 'Konto' },
  token: { pl: 'Token', en: 'Token', hu: 'Token', sv: 'Token' },
  calls: { pl: 'Wywołania w minucie', en: 'Calls this minute', hu: 'Hívások ebben a percben', sv: 'Anrop den här minuten' },
  blocked: { pl: 'Zablokowany do', en: 'Blocked until', hu: 'Letiltva eddig', sv: 'Spärrad till' },
  newToken: { pl: 'Nowy token', en: 'New token', hu: 'Új token', sv: 'Ny token' },
  neighbour: {
    pl: 'Inny program: 50 wywołań',
    en: 'Another program: 50 calls',
    hu: 'Másik program: 50 hívás',
    sv: 'Ett annat program: 50 anrop',
  },
  revoked: { pl: 'Token cofnięty', en: 'Token taken back', hu: 'Visszavont token', sv: 'Token återkallad' },
  maintenance: { pl: 'Przerwa techniczna', en: 'Maintenance', hu: 'Karbantartás', sv: 'Underhåll' },
  limit: {
    pl: 'Limit 100 wywołań na minutę',
    en: 'Limit of 100 calls a minute',
    hu: 'Percenként legfeljebb 100 hívás',
    sv: 'Högst 100 anrop i minuten',
  },
  once: { pl: 'Druga faktura odrzucana', en: 'Second invoice refused', hu: 'Második számla elutasítva', sv: 'Andra fakturan avvisas' },
  numbers: { pl: 'Liczby', en: 'Numbers', hu: 'Számok', sv: 'Tal' },
  mixed: { pl: 'raz tak, raz tak', en: 'now this, now that', hu: 'hol így, hol úgy', sv: 'än så, än så' },
  asNumbers: { pl: 'jako liczby', en: 'as numbers', hu: 'számként', sv: 'som tal' },
  asText: { pl: 'jako tekst', en: 'as text', hu: 'szövegként', sv: 'som text' },
  orders: { pl: 'Zamówienia', en: 'Orders', hu: 'Rendelések', sv: 'Ordrar' },
  arrive: { pl: 'Nowe zamówienie', en: 'New order', hu: 'Új rendelés', sv: 'Ny order' },
  ten: { pl: '10 nowych', en: '10 new', hu: '10 új', sv: '10 nya' },
  none: { pl: 'Nie ma zamówień.', en: 'There are no orders.', hu: 'Nincs rendelés.', sv: 'Det finns inga ordrar.' },
  buyer: { pl: 'Nabywca', en: 'Buyer', hu: 'Vevő', sv: 'Köpare' },
  total: { pl: 'Razem', en: 'Total', hu: 'Összesen', sv: 'Totalt' },
  status: { pl: 'Status', en: 'Status', hu: 'Státusz', sv: 'Status' },
  documents: { pl: 'Dokumenty', en: 'Documents', hu: 'Bizonylatok', sv: 'Dokument' },
  files: { pl: 'Pliki', en: 'Files', hu: 'Fájlok', sv: 'Filer' },
  invoice: { pl: 'Faktura', en: 'Invoice', hu: 'Számla', sv: 'Faktura' },
  change: { pl: 'Zmień', en: 'Change', hu: 'Módosítás', sv: 'Ändra' },
  cancel: { pl: 'Anuluj', en: 'Cancel', hu: 'Törlés', sv: 'Annullera' },
  back: { pl: 'Zwrot', en: 'Return', hu: 'Visszáru', sv: 'Retur' },
} satisfies Record<string, Words>;

const ordersShown = 50;

export function pageOf(api: Api, language: Language): Section[] {
  const { account, current, calls } = api;
  const t = (name: keyof typeof words) => words[name][language];
  const now = account.clock.now();
  const shown = [...account.orders.values()].sort((a, b) => b.id - a.id).slice(0, ordersShown);
  return [
    {
      title: t('account'),
      facts: [
        [t('token'), account.token],
        [t('calls'), String(calls.used(account.token, now))],
        ...(account.blockedUntil > now ? [[t('blocked'), localTime(account.blockedUntil)] as [string, string]] : []),
      ],
      controls: [
        { kind: 'button', label: t('newToken'), call: 'POST tokens' },
        { kind: 'button', label: t('neighbour'), call: 'POST neighbour', body: { calls: 50 } },
        { kind: 'switch', label: t('revoked'), on: current.tokenRevoked, set: { tokenRevoked: !current.tokenRevoked } },
        { kind: 'switch', label: t('maintenance'), on: current.maintenance, set: { maintenance: !current.maintenance } },
        {
          kind: 'switch',
          label: t('limit'),
          on: current.requestsPerMinute !== null,
          set: { requestsPerMinute: current.requestsPerMinute === null ? 100 : null },
        },
        {
          kind: 'switch',
          label: t('once'),
          on: current.secondInvoice === 'refused',
          set: { secondInvoice: current.secondInvoice === 'refused' ? 'made' : 'refused' },
        },
        {
          kind: 'choice',
          label: t('numbers'),
          setting: 'numbers',
          value: current.numbers,
          options: [
            ['mixed', t('mixed')],
            ['numbers', t('asNumbers')],
            ['strings', t('asText')],
          ],
        },
      ],
    },
    {
      title: t('orders'),
      wide: true,
      controls: [
        { kind: 'button', label: t('arrive'), call: 'POST orders', body: { count: 1 } },
        { kind: 'button', label: t('ten'), call: 'POST orders', body: { count: 10 } },
      ],
      table: {
        head: ['Id', t('buyer'), t('total'), t('status'), t('documents'), t('files'), '', '', '', ''],
        empty: t('none'),
        rows: shown.map((order) => {
          const view = orderView(account, order);
          return [
            String(view.id),
            view.buyer,
            `${view.total} ${view.currency}`,
            view.status ?? '',
            view.invoices.map((invoice) => [invoice.number, invoice.externalNumber].filter(Boolean).join(' → ')).join(', '),
            view.files.map((file) => file.title).join(', '),
            { kind: 'button', label: t('invoice'), call: `POST orders/${view.id}/invoice` },
            { kind: 'button', label: t('change'), call: `POST orders/${view.id}/change` },
            { kind: 'button', label: t('cancel'), call: `POST orders/${view.id}/cancel` },
            { kind: 'button', label: t('back'), call: `POST orders/${view.id}/return` },
          ];
        }),
      },
    },
  ];
}
