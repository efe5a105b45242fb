import type { LedgerModel, Line, ModelPart, ModelRow, Verb } from './model.ts';

/**
 * Turns plain numbers into the next verb for a model, so that any list of numbers is a sequence of verbs and a failing list can be made
 * shorter. Most verbs fit the state they meet; about one in five does not, for refusals belong to the promise.
 */
export type Wish = readonly [kind: number, part: number, what: number, how: number, much: number];

/** How often each verb is wished for, in parts of the whole. */
export const soapShares = {
  add: 8,
  'part-activate': 20,
  activate: 10,
  replace: 10,
  cancel: 4,
  send: 8,
  extend: 8,
  'part-credit': 14,
  credit: 4,
  adjust: 10,
  wait: 6,
  decide: 4,
} as const;
export const orderShares = {
  'order-capture': 16,
  'order-refund': 12,
  'order-reauthorize': 8,
  'order-cancel': 3,
  'order-extend': 3,
} as const;

type Shares = Partial<Record<Verb['verb'], number>>;

const goods: Omit<ModelRow, 'quantity'>[] = [
  { articleId: 'SKU-1', description: 'Tröja blå M', unitPrice: '199.00', vat: '25.00' },
  { articleId: 'SKU-1', description: 'Tröja blå M', unitPrice: '149.95', vat: '25.00' },
  { articleId: 'SKU-2', description: 'Kaffe 500 g', unitPrice: '89.90', vat: '12.00' },
  { articleId: 'SKU-2', description: 'Kaffe 500 g', unitPrice: '89.90', vat: '6.00' },
  { articleId: 'SKU-3', description: 'Bok: Åka i väg', unitPrice: '33.33', vat: '6.00' },
  { articleId: 'SKU-4', description: 'Skruv', unitPrice: '0.01', vat: '25.00' },
  { articleId: 'GIFT', description: 'Presentkort', unitPrice: '50.00', vat: '0.00' },
  { articleId: 'SHIPPING', description: 'Frakt', unitPrice: '49.00', vat: '25.00' },
  { articleId: 'DISCOUNT', description: 'Rabatt', unitPrice: '-20.05', vat: '25.00' },
  { articleId: 'ROUNDING', description: 'Öresavrundning', unitPrice: '0.49', vat: '0.00' },
  { articleId: 'ROUNDING', description: 'Öresavrundning', unitPrice: '-0.50', vat: '0.00' },
  { articleId: 'SOFA', description: 'Soffa', unitPrice: '12499.00', vat: '25.00' },
];

const pick = <Item>(list: readonly Item[], by: number): Item => list[by % list.length]!;
const cents = (text: string) => Math.round(Number(text) * 100);
const words = (value: number) => (value / 100).toFixed(2);

/** Rows by the digits of two numbers. */
function rowsBy(what: number, much: number): ModelRow[] {
  const count = 1 + (what % 5);
  return Array.from({ length: count }, (_, i) => ({
    ...pick(goods, Math.floor(what / 7 ** (i + 1)) + i),
    quantity: 1 + (Math.floor(much / 5 ** i) % 4),
  }));
}

/** Some of the rows of a part; now and then a wrong name, price or quantity. */
function linesBy(part: ModelPart | undefined, what: number, how: number, much: number): Line[] {
  const rows = part?.rows ?? [];
  const chosen = rows.filter((_, i) => (what >> i) % 2 === 0);
  const lines = (chosen.length > 0 ? chosen : rows.slice(0, 1)).map((row, i) => {
    const left = Math.max(1, row.quantity - row.credited);
    return {
      articleId: row.articleId,
      description: row.description,
      unitPrice: row.unitPrice,
      quantity: 1 + (Math.floor(much / 3 ** i) % left),
    };
  });
  const last = lines.at(-1) ?? { articleId: 'SKU-9', description: 'Okänd', unitPrice: '1.00', quantity: 1 };
  if (how % 16 === 0) return [...lines.slice(0, -1), { ...last, articleId: 'SKU-9' }];
  if (how % 16 === 1) return [...lines.slice(0, -1), { ...last, unitPrice: '7.77' }];
  if (how % 16 === 2) return [...lines.slice(0, -1), { ...last, quantity: last.quantity + 9 }];
  if (how % 16 === 3) return [...lines, last];
  return lines.length > 0 ? lines : [last];
}

const lineSum = (lines: Line[]) => lines.reduce((sum, line) => sum + line.quantity * cents(line.unitPrice), 0);

const fits: Partial<Record<Verb['verb'], ModelPart['state'][]>> = {
  activate: ['Pending'],
  'part-activate': ['Pending'],
  replace: ['Pending'],
  cancel: ['Pending', 'OnHold', 'Signing'],
  send: ['Activated'],
  extend: ['Activated'],
  credit: ['Activated'],
  'part-credit': ['Activated'],
  adjust: ['Activated'],
  decide: ['OnHold', 'Signing'],
  'order-capture': ['Pending'],
  'order-reauthorize': ['Pending'],
  'order-extend': ['Pending'],
  'order-cancel': ['Pending', 'Expired'],
  'order-refund': ['Activated'],
};

export function verbOf(
  model: LedgerModel,
  [kind, which, what, how, much]: Wish,
  stores: readonly string[],
  shares: Shares = soapShares,
): Verb {
  const parts = model.parts();
  const [verb, suitable] = fitting(parts, kind, shares);
  const any = which % 9 === 0 || suitable.length === 0;
  const part = pick(any ? parts : suitable, Math.floor(which / 9)) as ModelPart | undefined;
  const number = part && (which % 3 === 0 ? (part.aliases.at(-1) ?? part.number) : part.number);
  switch (verb) {
    case 'add': {
      const buyer = how % 8 === 0 ? 'on-hold' : how % 8 === 1 ? 'signing' : 'approved';
      return {
        verb,
        store: pick(stores, which),
        buyer,
        rows: rowsBy(what, much),
        activate: how % 11 === 0,
        secondGeneration: how % 3 === 0,
      };
    }
    case 'wait':
      return { verb, days: pick([1, 2, 4, 9, 35], how) };
    case 'decide': {
      // Only what can be decided: an impossible decision is no verb of the provider.
      const approve = part?.state === 'Signing' || how % 3 !== 0;
      return part && fits.decide!.includes(part.state) ? { verb, number: number!, approve } : { verb: 'wait', days: 1 };
    }
    case 'replace':
      return { verb, number: number!, rows: rowsBy(what, much), secondGeneration: how % 3 === 0 };
    case 'part-activate':
    case 'part-credit':
      return { verb, number: number!, lines: linesBy(part, what, how, much) };
    case 'adjust': {
      const remaining = cents(part!.remaining);
      const amount = pick(
        [-(1 + (much % Math.max(1, remaining))), -(remaining + 1), 1 + (much % 500), cents(part!.adjusted) * -1 || 1],
        how,
      );
      return { verb, number: number!, amount: words(amount), vat: pick(['25.00', '12.00', '6.00', '0.00'], what) };
    }
    case 'order-capture':
    case 'order-refund': {
      const order = model.order(number!);
      const refund = verb === 'order-refund';
      const ofThese = order.filter((one) => one.state === (refund ? 'Activated' : 'Pending'));
      const whole = ofThese.reduce((sum, one) => sum + cents(refund ? one.remaining : one.total), 0);
      if (how % 3 === 0) return { verb, number: order[0]!.number, amount: words(whole) };
      if (how % 3 === 1) return { verb, number: order[0]!.number, amount: words(1 + (much % (Math.abs(whole) + 10))) };
      const lines = linesBy(ofThese[0], what, Math.floor(how / 3), much);
      return { verb, number: order[0]!.number, lines, amount: words(lineSum(lines) + (how % 31 === 0 ? 1 : 0)) };
    }
    case 'order-reauthorize':
      return { verb, number: model.order(number!)[0]!.number, rows: rowsBy(what, much) };
    case 'order-cancel':
    case 'order-extend':
      return { verb, number: model.order(number!)[0]!.number };
    default:
      return { verb, number: number! };
  }
}

/** A few draws for a verb that some part could take; then whatever comes. */
function fitting(parts: ModelPart[], kind: number, shares: Shares): [Verb['verb'], ModelPart[]] {
  if (parts.length === 0) return ['add', []];
  const of = (verb: Verb['verb']) => parts.filter((part) => fits[verb]?.includes(part.state) ?? true);
  for (let by = kind, tries = 0; tries < 4; tries++, by = Math.floor(by / 13) + 7 * tries) {
    const verb = drawn(shares, by);
    if (of(verb).length > 0) return [verb, of(verb)];
  }
  const verb = drawn(shares, kind);
  return [verb, of(verb)];
}

function drawn(shares: Shares, by: number): Verb['verb'] {
  const all = Object.entries(shares) as [Verb['verb'], number][];
  let place = by % all.reduce((sum, [, share]) => sum + share, 0);
  for (const [verb, share] of all) {
    if (place < share) return verb;
    place -= share;
  }
  return 'wait';
}
