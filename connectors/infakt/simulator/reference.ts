import type { Fields } from './state.ts';

/** Lists the account gives out (contract section 4). Of exemptions, markings, kinds and flat rates only id, name and symbol are known. */

export const vatRates = [
  { id: 7, rate: '23.0', name: '23%', symbol: '23', valid_from: '2011-01-01', valid_until: null },
  { id: 8, rate: '8.0', name: '8%', symbol: '8', valid_from: '2011-01-01', valid_until: null },
  { id: 9, rate: '5.0', name: '5%', symbol: '5', valid_from: '2011-01-01', valid_until: null },
  { id: 3, rate: '0.0', name: '0%', symbol: '0', valid_from: null, valid_until: null },
  { id: 4, rate: '0.0', name: 'zw.', symbol: 'zw', valid_from: null, valid_until: null },
  { id: 5, rate: '0.0', name: 'np.', symbol: 'np', valid_from: null, valid_until: null },
  { id: 37, rate: '0.0', name: 'o.o.', symbol: 'oo', valid_from: '2011-04-01', valid_until: '2019-10-31' },
] as const;

export const paymentMethods = [
  'transfer',
  'cash',
  'card',
  'barter',
  'check',
  'bill_of_sale',
  'delivery',
  'compensation',
  'accredited',
  'paypal',
  'instalment_sale',
  'payu',
  'tpay',
  'przelewy24',
  'dotpay',
  'other',
] as const;

export const currencies =
  'PLN THB USD AUD HKD CAD NZD SGD EUR HUF CHF GBP UAH JPY CZK DKK ISK NOK SEK HRK RON BGN TRY LTL LVL PHP MXN ZAR BRL MYR RUB IDR KRW CNY INR'.split(
    ' ',
  );

export const correctionReasons = new Map([['other', 'Inny']]);

export const exemptions = [
  { id: 1, name: 'Art. 113 ust. 1 ustawy o VAT', symbol: '113_1' },
  { id: 2, name: 'Art. 43 ust. 1 ustawy o VAT', symbol: '43_1' },
];

const country = (id: number, alpha_2: string, alpha_3: string, english_name: string, polish_name: string, currency: string) => ({
  id,
  alpha_2,
  alpha_3,
  english_name,
  polish_name,
  continent: 'Europe',
  european_union: true,
  currency,
});

const countries = [
  country(178, 'PL', 'POL', 'Poland', 'Polska', 'PLN'),
  country(60, 'DE', 'DEU', 'Germany', 'Niemcy', 'EUR'),
  country(54, 'CZ', 'CZE', 'Czech Republic', 'Czechy', 'CZK'),
  country(210, 'SE', 'SWE', 'Sweden', 'Szwecja', 'SEK'),
  country(98, 'HU', 'HUN', 'Hungary', 'Węgry', 'HUF'),
  country(21, 'BE', 'BEL', 'Belgium', 'Belgia', 'EUR'),
];

export const lists: Record<string, readonly Fields[]> = {
  vat_rates: vatRates,
  moss_vat_rates: [
    { id: 42, value: '21.0', country: 'BE', reduced: false },
    { id: 43, value: '6.0', country: 'BE', reduced: true },
  ],
  vat_exemptions: exemptions,
  gtus: [
    { id: 1, name: 'Dostawa napojów alkoholowych', symbol: 'GTU_01' },
    { id: 6, name: 'Dostawa urządzeń elektronicznych', symbol: 'GTU_06' },
  ],
  'documents_markings/incomes': [{ id: 1, name: 'Sprzedaż wysyłkowa', symbol: 'WSTO_EE' }],
  transaction_kinds: [{ id: 1, name: 'Transakcja krajowa', symbol: 'KRAJ' }],
  flat_rates: [{ id: 1, name: '3%', symbol: '3' }],
  countries,
};

export const documentTypes = [
  'original_copy',
  'original',
  'copy',
  'original_duplicate',
  'copy_duplicate',
  'duplicate',
  'regular',
  'double_regular',
];
export const printTypes = ['original', 'copy', 'original_duplicate', 'copy_duplicate', 'duplicate', 'regular'];
export const locales = ['pl', 'en', 'pe'];
