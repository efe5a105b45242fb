import { createHash } from 'node:crypto';
import { fixed, isDecimal, rescale, scaled } from '../../../src/domain/money/money.ts';
import { saleKinds } from '../../../src/testkit/polish-sales.ts';
import { asReply, type Language, Refused, type Section, type SimVerb, type Words } from '../../../src/testkit/service.ts';
import type { Api } from './api.ts';
import { type Account, fieldCatalogue, isSaleKind, type StoredOrder, statuses, statusIds } from './state.ts';

/** What happens to orders when nobody calls the API: they arrive, change, are paid, cancelled, returned, merged, removed, invoiced. */
export function verbsOf(account: () => Account): SimVerb[] {
  const orderOf = (id: string | undefined): StoredOrder => {
    const order = account().orders.get(Number(id));
    if (!order) throw new Refused(404, `no order ${id}`);
    return order;
  };
  const on = (name: string, act: (order: StoredOrder, body: Record<string, unknown>) => void): SimVerb => ({
    method: 'POST',
    path: new RegExp(`^orders/(\\d+)/${name}$`),
    run: ([id], body) => {
      const order = orderOf(id);
      act(order, body);
      return orderView(order);
    },
  });
  return [
    {
      method: 'POST',
      path: /^orders$/,
      run: (_, { count = 1, kind }) => {
        if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > ordersAtOnce)
          throw new Refused(400, `count must be a whole number from 1 to ${ordersAtOnce}`);
        if (kind !== undefined && !isSaleKind(kind)) throw new Refused(400, `kind must be one of ${saleKinds.join(', ')}`);
        return Array.from({ length: Number(count) }, () => orderView(account().arrive(kind)));
      },
    },
    { method: 'GET', path: /^orders$/, run: () => [...account().orders.values()].map(orderView) },
    { method: 'GET', path: /^orders\/(\d+)$/, run: ([id]) => orderView(orderOf(id)) },
    {
      method: 'GET',
      path: /^orders\/(\d+)\/files\/(\d+)$/,
      run: ([id, field]) => {
        const bytes = orderOf(id).files.get(Number(field))?.at(-1);
        if (!bytes) throw new Refused(404, 'no file there');
        return asReply({ status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes });
      },
    },
    on('change', (order, body) => change(account(), order, body)),
    on('cancel', (order) => account().setStatus(order, statusIds.cancelled, 3)),
    on('return', (order, body) => giveBack(account(), order, body)),
    on('pay', (order, { amount }) => {
      if (amount !== undefined && !isDecimal(amount)) throw new Refused(400, 'amount must be a decimal as text');
      account().pay(order, (amount as string | undefined) ?? order.total);
      account().log(order.id, 'order_edit', 'Dodanie wpłaty', null, 3);
      if (order.payment.status === 'paid') account().setStatus(order, statusIds.paid, 3);
    }),
    on('invoice', (order) => void account().issue(order, 'invoice')),
    on('receipt', (order) => void account().issue(order, 'receipt')),
    {
      method: 'DELETE',
      path: /^orders\/(\d+)\/(invoice|receipt)$/,
      run: ([id, kind]) => {
        const made = account().invoices.find((i) => i.orderId === Number(id) && i.kind === kind);
        if (!made) throw new Refused(404, `no ${kind} there`);
        account().unissue(made);
      },
    },
    {
      method: 'POST',
      path: /^orders\/(\d+)\/merge$/,
      run: ([id], { into }) => {
        const [from, to] = [orderOf(id), orderOf(String(into))];
        if (from === to) throw new Refused(400, 'an order cannot be merged into itself');
        to.lines.push(...from.lines);
        account().retotal(to);
        if (from.payment.paid !== '0.00') account().pay(to, from.payment.paid);
        account().orders.delete(from.id);
        account().log(from.id, 'order_merge', `Połączenie z zamówieniem <b>${to.id}</b>`, to.id, 3);
        account().log(to.id, 'order_edit', `Połączenie zamówień <b>${from.id}</b>`, null, 3);
        return orderView(to);
      },
    },
    {
      method: 'DELETE',
      path: /^orders\/(\d+)$/,
      run: ([id]) => {
        const order = orderOf(id);
        account().orders.delete(order.id);
        account().log(order.id, 'order_delete', 'Usunięcie zamówienia', null, 3);
      },
    },
  ];
}

const ordersAtOnce = 10_000;

/** With nothing said, one more piece of the first line. */
function change(account: Account, order: StoredOrder, body: Record<string, unknown>): void {
  const { quantity, email, comment, company_nip, company_name, status, line = 0 } = body;
  const wanted = order.lines[Number(line)];
  if (!wanted) throw new Refused(400, 'no such line');
  if (status !== undefined) {
    if (!statuses.has(Number(status))) throw new Refused(400, `status must be one of ${[...statuses.keys()].join(', ')}`);
    account.setStatus(order, Number(status), 3);
    if (Object.keys(body).length === 1) return;
  }
  if (quantity !== undefined && !isDecimal(quantity)) throw new Refused(400, 'quantity must be a decimal as text');
  if (typeof email === 'string') order.email = email;
  if (typeof comment === 'string') order.comment = comment;
  if (typeof company_nip === 'string') order.bill = { ...order.bill, company_nip };
  if (typeof company_name === 'string') order.bill = { ...order.bill, company_name };
  const named = ['email', 'comment', 'company_nip', 'company_name'].some((name) => body[name] !== undefined);
  if (quantity !== undefined || !named) {
    wanted.quantity = quantity === undefined ? pieces(wanted.quantity, '1') : pieces('0', quantity as string);
    account.retotal(order);
  }
  account.log(order.id, 'order_edit', 'Edycja zamówienia', null, 3);
}

/** Goods come back: the line shrinks, the money that is too much goes back with it. With nothing said, one piece of the first line. */
function giveBack(account: Account, order: StoredOrder, { line = 0, quantity = '1' }: Record<string, unknown>): void {
  const wanted = order.lines[Number(line)];
  if (!wanted || !isDecimal(quantity)) throw new Refused(400, 'line is a position from 0, quantity a decimal as text');
  const left = pieces(wanted.quantity, quantity.startsWith('-') ? quantity.slice(1) : `-${quantity}`);
  if (left.startsWith('-')) throw new Refused(400, 'more than was sold');
  wanted.quantity = left;
  account.retotal(order);
  if (order.payment.status === 'paid') order.payment.paid = order.total;
  account.note(order, `Zwrot: ${wanted.name}, ${quantity} szt.`);
  account.log(order.id, 'order_edit', 'Zwrot produktu', null, 3);
  account.setStatus(order, statusIds.returned, 3);
}

/** Quantity changed by another, with three decimals as the service writes them. */
function pieces(quantity: string, change: string): string {
  return fixed({ value: rescale(scaled(quantity), 3) + rescale(scaled(change), 3), scale: 3 }, 3);
}

function orderView(order: StoredOrder) {
  return {
    id: order.id,
    externalId: order.external.id,
    date: order.date,
    statusId: order.statusId,
    status: statuses.get(order.statusId),
    buyer: order.bill.company_name || `${order.bill.name} ${order.bill.surname}`,
    taxId: order.bill.company_nip,
    wantsInvoice: order.invoice,
    currency: order.payment.currency.toUpperCase(),
    total: order.total,
    paymentStatus: order.payment.status,
    documentNumber: order.documentNumber,
    lines: order.lines.map(({ name, quantity, price, taxRate }) => ({ name, quantity, price, taxRate })),
    notes: order.notes.map((n) => n.text),
    texts: Object.fromEntries(order.texts),
    files: [...order.files].flatMap(([fieldId, files]) =>
      files.map((bytes) => ({
        fieldId,
        field: fieldCatalogue.get(fieldId)?.name,
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        pdf: Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '%PDF',
      })),
    ),
  };
}

const words = {
  account: { pl: 'Konto', en: 'Account', hu: 'Fiók', sv: 'Konto' },
  key: { pl: 'Klucz API', en: 'API key', hu: 'API-kulcs', sv: 'API-nyckel' },
  calls: { pl: 'Wywołania w minucie', en: 'Calls this minute', hu: 'Hívások ebben a percben', sv: 'Anrop den här minuten' },
  revoked: { pl: 'Klucz cofnięty', en: 'Key taken back', hu: 'Visszavont kulcs', sv: 'Nyckeln återkallad' },
  maintenance: { pl: 'Prace techniczne', en: 'Maintenance', hu: 'Karbantartás', sv: 'Underhåll' },
  limit: {
    pl: 'Limit 100 wywołań na minutę',
    en: 'Limit of 100 calls a minute',
    hu: 'Percenként legfeljebb 100 hívás',
    sv: 'Högst 100 anrop i minuten',
  },
  wobble: { pl: 'Typy wartości', en: 'Types of values', hu: 'Értékek típusa', sv: 'Värdenas typer' },
  sample: { pl: 'jak w przykładach', en: 'as in the samples', hu: 'mint a mintákban', sv: 'som i exemplen' },
  strings: { pl: 'wszystko tekstem', en: 'everything text', hu: 'minden szöveg', sv: 'allt som text' },
  numbers: { pl: 'wszystko liczbą', en: 'everything numbers', hu: 'minden szám', sv: 'allt som tal' },
  mixed: { pl: 'raz tak, raz tak', en: 'now this, now that', hu: 'hol így, hol úgy', sv: 'än så, än så' },
  accepts: { pl: 'Pole pliku przyjmuje', en: 'File field accepts', hu: 'A fájlmező elfogad', sv: 'Filfältet tar emot' },
  readBack: { pl: 'Pole pliku oddaje', en: 'File field gives back', hu: 'A fájlmező visszaad', sv: 'Filfältet ger tillbaka' },
  both: { pl: 'jedno i drugie', en: 'both', hu: 'mindkettő', sv: 'bådadera' },
  url: { pl: 'adres pliku', en: 'address of the file', hu: 'a fájl címe', sv: 'filens adress' },
  orders: { pl: 'Zamówienia', en: 'Orders', hu: 'Rendelések', sv: 'Ordrar' },
  arrive: { pl: 'Nowe zamówienie', en: 'New order', hu: 'Új rendelés', sv: 'Ny order' },
  ten: { pl: '10 nowych', en: '10 new', hu: '10 új', sv: '10 nya' },
  change: { pl: 'Zmień', en: 'Change', hu: 'Módosítás', sv: 'Ändra' },
  cancel: { pl: 'Anuluj', en: 'Cancel', hu: 'Törlés', sv: 'Annullera' },
  back: { pl: 'Zwrot', en: 'Return', hu: 'Visszáru', sv: 'Retur' },
  none: { pl: 'Nie ma zamówień.', en: 'There are no orders.', hu: 'Nincs rendelés.', sv: 'Det finns inga ordrar.' },
  buyer: { pl: 'Nabywca', en: 'Buyer', hu: 'Vevő', sv: 'Köpare' },
  total: { pl: 'Razem', en: 'Total', hu: 'Összesen', sv: 'Totalt' },
  status: { pl: 'Status', en: 'Status', hu: 'Státusz', sv: 'Status' },
  document: { pl: 'Dokument', en: 'Document', hu: 'Bizonylat', sv: 'Dokument' },
  files: { pl: 'Pliki', en: 'Files', hu: 'Fájlok', sv: 'Filer' },
} satisfies Record<string, Words>;

const ordersShown = 50;

export function pageOf(api: Api, language: Language): Section[] {
  const { account, current, key, calls } = api;
  const t = (name: keyof typeof words) => words[name][language];
  const shown = [...account.orders.values()].sort((a, b) => b.id - a.id).slice(0, ordersShown);
  return [
    {
      title: t('account'),
      facts: [
        [t('key'), key],
        [t('calls'), String(calls.used(key, account.clock.now()))],
      ],
      controls: [
        { kind: 'switch', label: t('revoked'), on: current.keyRevoked, set: { keyRevoked: !current.keyRevoked } },
        { kind: 'switch', label: t('maintenance'), on: current.maintenance, set: { maintenance: !current.maintenance } },
        {
          kind: 'switch',
          label: t('limit'),
          on: current.callsPerMinute !== null,
          set: { callsPerMinute: current.callsPerMinute === null ? 100 : null },
        },
        {
          kind: 'choice',
          label: t('wobble'),
          setting: 'typing',
          value: current.typing,
          options: [
            ['sample', t('sample')],
            ['strings', t('strings')],
            ['numbers', t('numbers')],
            ['wobble', t('mixed')],
          ],
        },
        {
          kind: 'choice',
          label: t('accepts'),
          setting: 'accepts',
          value: current.accepts,
          options: [
            ['base64', 'base64'],
            ['data-uri', 'data:…'],
            ['both', t('both')],
          ],
        },
        {
          kind: 'choice',
          label: t('readBack'),
          setting: 'readBack',
          value: current.readBack,
          options: [
            ['base64', 'base64'],
            ['data-uri', 'data:…'],
            ['url', t('url')],
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
        head: ['Id', t('buyer'), t('total'), t('status'), t('document'), t('files'), '', '', ''],
        empty: t('none'),
        rows: shown
          .map(orderView)
          .map((order) => [
            String(order.id),
            order.buyer,
            `${order.total} ${order.currency}`,
            order.status ?? '',
            order.documentNumber,
            order.files.map((file) => file.field).join(', '),
            { kind: 'button', label: t('change'), call: `POST orders/${order.id}/change` },
            { kind: 'button', label: t('cancel'), call: `POST orders/${order.id}/cancel` },
            { kind: 'button', label: t('back'), call: `POST orders/${order.id}/return` },
          ]),
      },
    },
  ];
}
