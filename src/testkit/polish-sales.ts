import { extend, fromMinor, sum, toMinor } from '../domain/money/money.ts';

/**
 * Invented sales of a Polish shop as any order system would hold them, one trait each, repeatable from a seed. Names, numbers and
 * addresses belong to nobody: mail addresses end in reserved domains, tax ids have a right check digit and the office code 999.
 */

export const saleKinds = [
  'company',
  'consumer',
  'consumer-invoice',
  'cash-on-delivery',
  'unpaid',
  'partial',
  'eu-company',
  'eu-consumer',
  'several-rates',
  'masked-mail',
] as const;
export type SaleKind = (typeof saleKinds)[number];

type SaleAddress = {
  firstName: string;
  lastName: string;
  company: string;
  taxId: string;
  street: string;
  house: string;
  flat: string;
  postcode: string;
  city: string;
  state: string;
  /** ISO 3166 alpha-2. */
  country: string;
  countryName: string;
  phone: string;
};

type SaleLine = {
  name: string;
  sku: string;
  ean: string;
  /** Whole pieces or a decimal. */
  quantity: string;
  unitGross: string;
  /** Percent: 23, 8, 5. */
  rate: number;
  weightKg: string;
  variant?: { name: string; value: string };
};

export type Sale = {
  kind: SaleKind;
  buyer: SaleAddress;
  email: string;
  wantsInvoice: boolean;
  currency: string;
  lines: SaleLine[];
  delivery: { method: string; gross: string; point: string };
  /** Gross with delivery. */
  total: string;
  payment: { method: string; cashOnDelivery: boolean; paid: string };
  comment: string;
};

type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const between = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));

const people: [first: string, last: string][] = [
  ['Anna', 'Żółkiewska'],
  ['Piotr', 'Wiśniewski'],
  ['Katarzyna', 'Łącka'],
  ['Tomasz', 'Dąbrowski'],
  ['Małgorzata', 'Świątek'],
  ['Krzysztof', 'Zieliński'],
  ['Agnieszka', 'Mróz'],
  ['Marcin', 'Gołębiewski'],
  ['Zofia', 'Kaczmarek'],
  ['Łukasz', 'Sikora'],
  ['Ewa', 'Nowak-Ćwik'],
  ['Grzegorz', 'Brzęczyszczykiewicz'],
];

const places: [city: string, postcode: string, state: string, streets: string[]][] = [
  ['Warszawa', '00-950', 'mazowieckie', ['Ogrodowa', 'Złota', 'Aleje Jerozolimskie']],
  ['Kraków', '30-001', 'małopolskie', ['Długa', 'Świętego Jana', 'Podwale']],
  ['Łódź', '90-004', 'łódzkie', ['Piotrkowska', 'Wschodnia']],
  ['Poznań', '61-821', 'wielkopolskie', ['Święty Marcin', 'Ogrodowa']],
  ['Gdańsk', '80-831', 'pomorskie', ['Szeroka', 'Świętego Ducha']],
  ['Wrocław', '50-101', 'dolnośląskie', ['Oławska', 'Ruska']],
  ['Rzeszów', '35-060', 'podkarpackie', ['Słowackiego', '3 Maja']],
];

const companies = [
  'Zielona Półka',
  'Kwiaciarnia Róża',
  'Stolarnia „Dąb”',
  'Biuro Rachunkowe Saldo',
  'Auto-Części Śląsk',
  'Piekarnia Złoty Kłos',
];
const forms = ['Sp. z o.o.', 'S.C.', 'S.A.', ''];

const foreign = {
  company: {
    country: 'DE',
    countryName: 'Niemcy',
    city: 'Musterstadt',
    postcode: '12345',
    street: 'Beispielstraße',
    company: 'Beispiel Handels GmbH',
    taxId: 'DE111111125',
  },
  consumer: { country: 'CZ', countryName: 'Czechy', city: 'Brno', postcode: '602 00', street: 'Příkladná', company: '', taxId: '' },
};

type Product = Omit<SaleLine, 'quantity'>;
const products: Product[] = [
  { name: 'Termos stalowy 0,5 l', sku: 'TERM-05', ean: '5900000000014', unitGross: '79.90', rate: 23, weightKg: '0.450' },
  {
    name: 'Kubek ceramiczny',
    sku: 'KUB-Z',
    ean: '5900000000021',
    unitGross: '45.90',
    rate: 23,
    weightKg: '0.350',
    variant: { name: 'Kolor', value: 'zielony' },
  },
  {
    name: 'Skarpetki 3 pary',
    sku: 'SKR-3',
    ean: '5900000000038',
    unitGross: '47.90',
    rate: 23,
    weightKg: '0.120',
    variant: { name: 'Rozmiar', value: '39–42' },
  },
  { name: 'Lampa stołowa „Ważka”', sku: 'LMP-W', ean: '5900000000045', unitGross: '189.00', rate: 23, weightKg: '1.800' },
  { name: 'Worek na śmieci 120 l, 25 szt.', sku: 'WOR-120', ean: '5900000000052', unitGross: '12.49', rate: 23, weightKg: '0.600' },
  { name: 'Kawa ziarnista 1 kg', sku: 'KAW-1', ean: '5900000000069', unitGross: '64.99', rate: 23, weightKg: '1.000' },
];
const reduced: Product[] = [
  { name: 'Książka „Ogród przez cały rok”', sku: 'KSI-OGR', ean: '5900000000076', unitGross: '39.90', rate: 5, weightKg: '0.700' },
  { name: 'Miód lipowy 900 g', sku: 'MIO-900', ean: '5900000000083', unitGross: '42.00', rate: 5, weightKg: '1.200' },
  { name: 'Pasza dla kur 5 kg', sku: 'PAS-5', ean: '5900000000090', unitGross: '27.35', rate: 8, weightKg: '5.000' },
];

const deliveries = [
  { method: 'InPost Paczkomat', gross: '13.99', point: true },
  { method: 'Kurier DPD', gross: '17.50', point: false },
  { method: 'Kurier DPD', gross: '0.00', point: false },
];
const online = ['PayU', 'PayU', 'Przelew zwykły'];

/** A tax id with a right check digit that no office gives out. */
function inventedNip(random: Random): string {
  const weights = [6, 5, 7, 2, 3, 4, 5, 6, 7];
  for (;;) {
    const digits = `999${String(between(random, 0, 999_999)).padStart(6, '0')}`;
    const check = weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0) % 11;
    if (check < 10) return digits + check;
  }
}

/** One sale; without a kind a likely one. The same `random` gives the same sales. */
export function inventSale(random: Random, wanted?: SaleKind): Sale {
  const kind = wanted ?? likely(random);
  const company = kind === 'company' || kind === 'eu-company' || (kind === 'several-rates' && random() < 0.5);
  const buyer = buyerOf(random, kind, company);
  const lines = linesOf(random, kind);
  const currency = kind === 'eu-company' ? 'EUR' : 'PLN';
  const delivery = pick(random, deliveries);
  const gross = sum([...lines.map((line) => extend(line.quantity, line.unitGross, currency)), toMinor(delivery.gross, currency)]);
  const cashOnDelivery = kind === 'cash-on-delivery';
  const open = cashOnDelivery || kind === 'unpaid';
  return {
    kind,
    buyer,
    email: mailOf(random, kind, buyer),
    wantsInvoice: company || kind === 'consumer-invoice',
    currency,
    lines,
    delivery: { method: delivery.method, gross: delivery.gross, point: delivery.point ? `${buyer.city.slice(0, 3).toUpperCase()}08A` : '' },
    total: fromMinor(gross, currency),
    payment: {
      method: cashOnDelivery ? 'Pobranie' : kind === 'unpaid' ? 'Przelew zwykły' : pick(random, online),
      cashOnDelivery,
      paid: open ? '0.00' : fromMinor(kind === 'partial' ? gross / 2n : gross, currency),
    },
    comment: company && random() < 0.3 ? 'Proszę o fakturę' : '',
  };
}

function likely(random: Random): SaleKind {
  const draw = random();
  if (draw < 0.25) return 'company';
  if (draw < 0.5) return 'consumer';
  if (draw < 0.62) return 'masked-mail';
  if (draw < 0.74) return 'cash-on-delivery';
  if (draw < 0.84) return 'several-rates';
  if (draw < 0.92) return 'consumer-invoice';
  return draw < 0.96 ? 'eu-company' : 'eu-consumer';
}

function buyerOf(random: Random, kind: SaleKind, company: boolean): SaleAddress {
  const [firstName, lastName] = pick(random, people);
  const [city, postcode, state, streets] = pick(random, places);
  const form = pick(random, forms);
  const home: SaleAddress = {
    firstName,
    lastName,
    company: company ? `${pick(random, companies)}${form ? ` ${form}` : ` ${firstName} ${lastName}`}` : '',
    taxId: company ? inventedNip(random) : '',
    street: pick(random, streets),
    house: `${between(random, 1, 120)}${random() < 0.2 ? 'A' : ''}`,
    flat: random() < 0.5 ? String(between(random, 1, 60)) : '',
    postcode,
    city,
    state,
    country: 'PL',
    countryName: 'Polska',
    phone: `+48 000 ${between(random, 100, 999)} ${between(random, 100, 999)}`,
  };
  if (kind === 'eu-company') return { ...home, ...foreign.company, state: '', flat: '' };
  if (kind === 'eu-consumer') return { ...home, ...foreign.consumer, state: '', flat: '' };
  return home;
}

function linesOf(random: Random, kind: SaleKind): SaleLine[] {
  const drawn = kind === 'several-rates' ? [pick(random, products), ...reduced.slice(0, between(random, 2, 3))] : [];
  const count = drawn.length > 0 ? 0 : pick(random, [1, 1, 2, 3]);
  const free = [...products];
  for (let i = 0; i < count; i++) drawn.push(...free.splice(Math.floor(random() * free.length), 1));
  return drawn.map((product) => ({ ...product, quantity: String(pick(random, [1, 1, 1, 2, 3])) }));
}

function mailOf(random: Random, kind: SaleKind, buyer: SaleAddress): string {
  const box = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  if (kind === 'masked-mail') return `${box}+${box.slice(0, 6)}@allegromail.pl`;
  const name = `${buyer.firstName}.${buyer.lastName}`
    .toLowerCase()
    .replaceAll('ł', 'l')
    .normalize('NFD')
    .replace(/[^a-z.]/g, '');
  return `${name}@${buyer.company ? 'firma' : 'poczta'}.example`;
}
