import type { Profile } from '../../src/contract/order-file.ts';

/**
 * Layouts of the files as data (contract allegro §3 and §4). The two of the sales manager are reconstructions: the first
 * authentic file wins, and then only this file changes.
 */

const polishNumbers: Profile['numbers'] = {
  decimalSeparators: [',', '.'],
  groupSeparators: ['\u00a0', '\u202f', ' ', '.'],
  currencySuffixes: ['zł', 'PLN', 'EUR', 'CZK', 'HUF', 'Kč', '€'],
};

const transactionStatus = { Zakończona: 'paid', Rozpoczęta: 'pending', Anulowana: 'cancelled', Odrzucona: 'rejected' };
const cancelledSections = { Anulowane: 'cancelled', Usunięte: 'cancelled' } as const;

const salesManagerEn: Profile = {
  id: 'ms-en',
  format: 'xml',
  root: 'sales-manager-export',
  timeZone: 'Europe/Warsaw',
  defaultCurrency: 'PLN',
  defaultCountry: 'PL',
  numbers: polishNumbers,
  header: {
    at: 'header',
    sellerLogin: 'seller-login',
    section: 'section',
    dateFrom: 'date-from',
    dateTo: 'date-to',
    declaredCount: 'transactions-count',
    declaredTotal: 'transactions-total',
    generatedAt: 'generated-at',
  },
  order: {
    at: 'transactions/transaction',
    fields: {
      externalId: 'transaction-id',
      orderedAt: 'date',
      'buyer.externalId': 'buyer/buyer-id',
      'buyer.login': 'buyer/login',
      'buyer.email': 'buyer/email',
      'buyer.firstName': 'buyer/first-name',
      'buyer.lastName': 'buyer/last-name',
      'buyer.company': 'buyer/company',
      'buyer.street': 'buyer/street',
      'buyer.postalCode': 'buyer/postcode',
      'buyer.city': 'buyer/city',
      'buyer.country': 'buyer/country',
      'buyer.phone': 'buyer/phone',
      'delivery.name': 'shipment-address/full-name',
      'delivery.company': 'shipment-address/company',
      'delivery.street': 'shipment-address/street',
      'delivery.postalCode': 'shipment-address/postcode',
      'delivery.city': 'shipment-address/city',
      'delivery.country': 'shipment-address/country',
      'invoice.requested': 'invoice/@requested',
      'invoice.name': 'invoice/full-name',
      'invoice.company': 'invoice/company',
      'invoice.taxId': 'invoice/nip',
      'invoice.street': 'invoice/street',
      'invoice.postalCode': 'invoice/postcode',
      'invoice.city': 'invoice/city',
      'invoice.country': 'invoice/country',
      'delivery.method': 'delivery/method',
      'delivery.gross': 'delivery/cost',
      'delivery.pickupPoint': 'delivery/pickup-point',
      'delivery.tracking': 'delivery/tracking-number',
      'payment.method': 'payment/type',
      'payment.externalId': 'payment/payment-id',
      'payment.status': 'payment/status',
      'payment.amount': 'payment/amount',
      'payment.paidAt': 'payment/date',
      currency: 'currency',
      declaredTotal: 'total',
      buyerMessage: 'message',
    },
  },
  line: {
    at: 'items/item',
    fields: {
      offerId: 'item-id',
      name: 'title',
      sku: 'signature',
      quantity: 'quantity',
      unitGross: 'price',
      lineGross: 'amount',
      boughtAt: 'deal-date',
    },
  },
  values: {
    'invoice.requested': { 1: true, 0: false, true: true, false: false, tak: true, nie: false },
    'payment.method': {
      payu: 'online',
      collect_on_delivery: 'cash_on_delivery',
      wire_transfer: 'bank_transfer',
      not_specified: null,
      'Płatność przy odbiorze': 'cash_on_delivery',
      'Przelew zwykły': 'bank_transfer',
      'Płacę z Allegro': 'online',
    },
    'payment.status': transactionStatus,
    sellerStatus: cancelledSections,
  },
};

const salesManagerPl: Profile = {
  ...salesManagerEn,
  id: 'ms-pl',
  root: 'eksport',
  header: {
    at: 'naglowek',
    sellerLogin: 'sprzedawca',
    section: 'sekcja',
    dateFrom: 'data_od',
    dateTo: 'data_do',
    declaredCount: 'liczba_transakcji',
    declaredTotal: 'wartosc_transakcji',
  },
  order: {
    at: 'transakcje/transakcja',
    fields: {
      externalId: 'nr_transakcji',
      orderedAt: 'data_transakcji',
      'buyer.login': 'login_kupujacego',
      'buyer.email': 'email_kupujacego',
      'buyer.firstName': 'imie',
      'buyer.lastName': 'nazwisko',
      'buyer.company': 'firma',
      'buyer.street': 'ulica',
      'buyer.postalCode': 'kod_pocztowy',
      'buyer.city': 'miejscowosc',
      'buyer.country': 'kraj',
      'buyer.phone': 'telefon',
      'invoice.requested': 'faktura',
      'invoice.name': 'faktura_imie_nazwisko',
      'invoice.company': 'faktura_firma',
      'invoice.taxId': 'faktura_nip',
      'invoice.street': 'faktura_ulica',
      'invoice.postalCode': 'faktura_kod',
      'invoice.city': 'faktura_miejscowosc',
      'invoice.country': 'faktura_kraj',
      'delivery.method': 'sposob_dostawy',
      'delivery.gross': 'koszt_dostawy',
      'delivery.pickupPoint': 'punkt_odbioru',
      'payment.method': 'sposob_platnosci',
      'payment.externalId': 'nr_platnosci',
      'payment.status': 'status_platnosci',
      'payment.amount': 'kwota_wplaty',
      currency: 'waluta',
      declaredTotal: 'razem',
      buyerMessage: 'wiadomosc',
    },
  },
  line: {
    at: 'aukcje/aukcja',
    fields: { offerId: 'nr_aukcji', name: 'tytul', sku: 'sygnatura', quantity: 'ilosc', unitGross: 'cena', lineGross: 'wartosc' },
  },
};

/** Fields the sales panel's export has and we read in no document. */
const unusedOrderFields = ['Type', 'AllegroPay', 'PaymentAmount', 'PaymentCurrency', 'TotalPaidCurrency', 'FulfillmentProvider'];
const unusedLineFields = ['Type', 'OrderId', 'DepositCurrency'];

/** A point as the panel writes it, or a comma after a spreadsheet or a program in between. */
const exportNumbers: Profile['numbers'] = { ...polishNumbers, groupSeparators: ['\u00a0', '\u202f', ' '] };

const ordersXml: Profile = {
  id: 'orders-xml',
  format: 'xml',
  root: 'OrdersExport',
  timeZone: 'UTC',
  defaultCurrency: null,
  defaultCountry: null,
  numbers: exportNumbers,
  header: { at: 'Summary', declaredCount: 'NumberOfOrders', skippedCount: 'NumberOfSkippedOrders' },
  order: {
    at: 'Orders/Order',
    fields: {
      externalId: 'OrderId',
      orderedAt: 'OrderDate',
      sellerStatus: 'SellerStatus',
      'payment.status': 'PaymentStatus',
      'buyer.externalId': 'BuyerId',
      'buyer.login': 'BuyerLogin',
      'buyer.email': 'BuyerEmail',
      'buyer.company': 'BuyerCompany',
      'buyer.name': 'BuyerName',
      'buyer.phone': 'BuyerPhone',
      'buyer.street': 'BuyerAddress',
      'buyer.postalCode': 'BuyerZip',
      'buyer.city': 'BuyerCity',
      'buyer.country': 'BuyerCountryCode',
      'delivery.method': 'DeliveryMethod',
      'delivery.gross': 'DeliveryAmount',
      'payment.externalId': 'PaymentId',
      'payment.provider': 'PaymentProvider',
      'payment.amount': 'TotalPaidAmount',
      currency: 'TotalToPayCurrency',
      declaredTotal: 'TotalToPayAmount',
      'invoice.name': 'InvoiceName',
      'invoice.company': 'InvoiceCompanyName',
      'invoice.taxId': 'InvoiceTaxId',
      'invoice.street': 'InvoiceAddress',
      'invoice.postalCode': 'InvoiceZip',
      'invoice.city': 'InvoiceCity',
      'invoice.country': 'InvoiceCountryCode',
      sellerNote: 'SellerNotes',
      marketplace: 'Marketplace',
    },
    ignore: unusedOrderFields,
  },
  line: {
    at: 'LineItems/LineItem',
    fields: {
      externalId: 'LineItemId',
      offerId: 'OfferId',
      sku: 'ExternalId',
      name: 'Name',
      quantity: 'Quantity',
      unitGross: 'Price',
      currency: 'Currency',
      returnedQuantity: 'ReturnsQuantity',
      depositUnit: 'Deposit',
    },
    ignore: unusedLineFields,
  },
  values: {
    'payment.status': { PAID: 'paid', WAITING_FOR_PAYMENT: 'pending', REFUNDED: 'refunded' },
    'payment.provider': { OFFLINE: 'cash_on_delivery' },
    sellerStatus: { CANCELLED: 'cancelled', RETURNED: 'returned' },
  },
};

/** The same fields in three sections of one table. */
export const ordersCsv: Profile = {
  ...ordersXml,
  id: 'orders-csv',
  format: 'csv',
  root: '',
  columns: ['Type', 'OrderId'],
};

export const xmlProfiles: Profile[] = [salesManagerEn, salesManagerPl, ordersXml];

/** Addresses the marketplace gives in place of the buyer's own. */
export const maskedDomains = ['allegromail.pl', 'user.allegrogroup.pl', 'marketplace.amazon', 'members.ebay.com'];
