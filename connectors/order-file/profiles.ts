import { type LineField, lineFields, type OrderField, orderFields, type Profile } from '../../src/contract/order-file.ts';

/** The model's own paths where they are longer than the mapping's names for them. */
const modelPaths: Partial<Record<OrderField, string>> = {
  'buyer.taxId': 'buyer.taxIds',
  sellerStatus: 'externalStatus',
  'delivery.name': 'delivery.address.name',
  'delivery.company': 'delivery.address.company',
  'delivery.street': 'delivery.address.street',
  'delivery.postalCode': 'delivery.address.postalCode',
  'delivery.city': 'delivery.address.city',
  'delivery.country': 'delivery.address.country',
  'invoice.requested': 'invoiceRequest.requested',
  'invoice.name': 'invoiceRequest.party.name',
  'invoice.company': 'invoiceRequest.party.company',
  'invoice.taxId': 'invoiceRequest.party.taxId\ninvoiceRequest.party.taxIds',
  'invoice.street': 'invoiceRequest.party.street',
  'invoice.postalCode': 'invoiceRequest.party.postalCode',
  'invoice.city': 'invoiceRequest.party.city',
  'invoice.country': 'invoiceRequest.party.country',
  'payment.paidAt': 'paidAt\npayment.at\npayments.at',
  buyerMessage: 'messages.buyer',
  sellerNote: 'messages.seller',
};
const spellings = (field: OrderField) =>
  [field, modelPaths[field], field.startsWith('payment.') ? field.replace('payment.', 'payments.') : undefined].filter(Boolean).join('\n');
const lineSpellings = (field: LineField) => {
  const name = field === 'lineGross' ? 'gross' : field;
  // A name that no field of the order has needs no prefix in a table of lines.
  const bare = (orderFields as readonly string[]).includes(name) ? [] : [name];
  return [`line.${field}`, `line.${name}`, `lines.${name}`, ...bare].join('\n');
};

/** Tables whose columns are the model's own field names; a line's column may begin with `line.` or `lines.`, and must where the order has a field of that name. */
export const modelCsv: Profile = {
  id: 'model-csv',
  format: 'csv',
  root: '',
  columns: ['externalId', 'orderedAt', lineSpellings('name'), lineSpellings('quantity')],
  timeZone: 'Europe/Warsaw',
  defaultCurrency: null,
  defaultCountry: null,
  numbers: { decimalSeparators: [',', '.'], groupSeparators: ['\u00a0', '\u202f', ' '], currencySuffixes: [] },
  order: { at: '', fields: Object.fromEntries(orderFields.map((field) => [field, spellings(field)])) },
  line: { at: '.', fields: Object.fromEntries(lineFields.map((field) => [field, lineSpellings(field)])) },
  values: {
    'invoice.requested': { 1: true, 0: false, true: true, false: false, yes: true, no: false, tak: true, nie: false },
    'payment.method': Object.fromEntries(
      ['online', 'card', 'bank_transfer', 'cash_on_delivery', 'cash', 'deferred', 'voucher', 'gift_card', 'other'].map((m) => [m, m]),
    ),
    'payment.status': Object.fromEntries(['pending', 'paid', 'cancelled', 'rejected', 'refunded'].map((s) => [s, s])),
    sellerStatus: { cancelled: 'cancelled', returned: 'returned' },
  },
};

/** Addresses marketplaces give in place of the buyer's own. */
export const maskedDomains = ['allegromail.pl', 'user.allegrogroup.pl', 'marketplace.amazon', 'members.ebay.com'];
