import { sign } from './signature.ts';

/** Invented ticket sales in the shape a shop sends, for the demo's sales button and for campaigns. The same seed gives the same sales. */
type DemoCall = { id: string; body: string; headers: Record<string, string> };

type Show = {
  id: string;
  title: string;
  venue: string;
  daysAhead: number;
  vatProfile: string;
  openAir: boolean;
  tickets: [title: string, price: number][];
};

const shows: Show[] = [
  { id: 'ev-tisza', title: 'Tisza-parti Nyáresték', venue: 'Szeged, Partfürdő', daysAhead: 120, vatProfile: 'open_air_18', openAir: true, tickets: [['Napijegy', 9000], ['Bérlet', 24500]] },
  { id: 'ev-kamra', title: 'Kamraest vonósokkal', venue: 'Pécs, Kodály Központ', daysAhead: 30, vatProfile: 'standard', openAir: false, tickets: [['Földszint', 6490], ['Erkély', 4990]] },
  { id: 'ev-konf', title: 'Szoftverműhely konferencia', venue: 'Budapest, Akvárium', daysAhead: 60, vatProfile: 'standard', openAir: false, tickets: [['Early bird', 39900], ['Diákjegy', 12000]] },
]; // biome-ignore format: a table

const firstNames = ['Anna', 'Bence', 'Csilla', 'Dániel', 'Emese', 'Ferenc', 'Gréta', 'Henrik', 'Ildikó', 'János'];
const lastNames = ['Kovács', 'Szűcs', 'Tóth', 'Nagy', 'Fekete', 'Őri', 'Bíró', 'Kelemen', 'Vass', 'Győri'];
const towns: [zip: string, city: string][] = [
  ['6720', 'Szeged'],
  ['7621', 'Pécs'],
  ['1052', 'Budapest'],
  ['4024', 'Debrecen'],
  ['9021', 'Győr'],
];
/** Invented numbers with a right check digit. */
const companies: [name: string, taxNumber: string][] = [
  ['Példa Hangtechnika Kft.', '12345676-2-41'],
  ['Minta Kiállítás Bt.', '10000001-2-51'],
];

/** `random` gives numbers in [0, 1); `at` is the moment of the sale. */
export function demoSale(
  random: () => number,
  at: Date,
  number: number,
): { type: 'sale.completed'; timestamp: string; data: Record<string, unknown> } {
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  const show = pick(shows);
  const [title, price] = pick(show.tickets);
  const quantity = 1 + Math.floor(random() * 4);
  const fee = Math.round((price * quantity) / 20 / 10) * 10;
  const company = random() < 0.2 ? pick(companies) : undefined;
  const person = `${pick(lastNames)} ${pick(firstNames)}`;
  const [zip, city] = pick(towns);
  const coupon = random() < 0.15 ? 500 : 0;
  const gross = price * quantity + fee - coupon;
  const paidAt = at.toISOString();
  const startsAt = new Date(Math.floor(at.getTime() / 86_400_000 + show.daysAhead) * 86_400_000 + 18 * 3_600_000).toISOString();
  const data = {
    orderId: `T-${String(number).padStart(6, '0')}`,
    createdAt: new Date(at.getTime() - 45_000).toISOString(),
    paidAt,
    completedAt: paidAt,
    status: 'completed',
    currency: 'HUF',
    event: {
      id: show.id,
      title: show.title,
      startsAt,
      venue: show.venue,
      openAir: show.openAir,
      online: false,
      vatProfile: show.vatProfile,
    },
    buyer: {
      type: company ? 'company' : 'private',
      name: company ? company[0] : person,
      email: `vevo${number}@example.org`,
      country: 'HU',
      zip,
      city,
      address: `Minta utca ${1 + Math.floor(random() * 80)}.`,
      taxNumber: company ? company[1] : null,
    },
    lines: [
      { id: 'ticket', kind: 'ticket', sku: `${show.id}-${title}`, title, quantity, unitGross: price },
      {
        id: 'fee',
        kind: 'service_fee',
        sku: 'FEE',
        title: 'Kezelési költség',
        quantity: 1,
        unitGross: fee,
        vat: '27',
        issuer: 'organizer',
      },
    ],
    coupons: coupon ? [{ code: 'TAVASZ', title: 'Kupon', gross: -coupon }] : [],
    payment: { method: 'card_online', provider: 'simplepay', reference: `SP-${100_000 + number}`, amountGross: gross },
    totals: { gross },
  };
  return { type: 'sale.completed', timestamp: paidAt, data };
}

/** Signed calls for `count` sales, numbered from `first`. */
export function demoCalls(options: { random: () => number; at: Date; count: number; first?: number; secret: string }): DemoCall[] {
  const first = options.first ?? 1;
  return Array.from({ length: options.count }, (_, i) => {
    const message = demoSale(options.random, options.at, first + i);
    const body = JSON.stringify(message);
    const id = `msg_${message.data.orderId as string}`;
    return { id, body, headers: sign(body, options.secret, id, options.at) };
  });
}
