import { z } from 'zod';
import { daySchema } from '../documents/document.ts';
import { decimalSchema, instantSchema } from '../orders/order.ts';

/**
 * A receivable is an order's claim for money at a financing provider that buys, sends and collects the seller's invoices. It is kept as
 * a ledger of parts, one for each invoice over there. Parts are added and closed, never taken away: what was replaced stays to be read.
 *
 *                    ┌─ refuse ──> rejected
 *   on_hold ─────────┤
 *   awaiting_buyer ──┴─ approve ─> pending ── activate ───> active ── credit ──> credited
 *                                    │  └── replace ─────> replaced  (and a new pending part of the same number)
 *                                    │  └── expire ──────> expired
 *                                    └───── cancel ──────> cancelled
 *
 * Activating some of the rows turns the pending part into an active one that keeps its number, and opens a pending part with the rest
 * under a new number. Whatever was shipped is therefore found under the number under which it was activated.
 */
export const partStates = [
  'on_hold',
  'awaiting_buyer',
  'pending',
  'active',
  'credited',
  'replaced',
  'cancelled',
  'expired',
  'rejected',
] as const;
const partStateSchema = z.enum(partStates);
export type PartState = z.infer<typeof partStateSchema>;
type ReceivableState = 'adding' | Exclude<PartState, 'replaced'> | 'partly_active';

/** What a seller can ask for. `activate` and `credit` take all rows or some of them. */
export const verbs = ['add', 'activate', 'cancel', 'replace', 'send', 'extend', 'credit', 'adjust', 'prolong'] as const;
export const verbSchema = z.enum(verbs);
export type Verb = z.infer<typeof verbSchema>;

type PartMove = {
  name: string;
  /** The verb of the seller that makes it; a move without one is the provider's. */
  verb?: Verb;
  from: readonly PartState[];
  to: PartState;
  /** A further part is opened in this state. */
  opens?: PartState;
};

/** The one table of what may become of a part; buttons, checks and jobs read it. */
export const partMoves: readonly PartMove[] = [
  { name: 'approve', from: ['on_hold', 'awaiting_buyer'], to: 'pending' },
  { name: 'refuse', from: ['on_hold', 'awaiting_buyer'], to: 'rejected' },
  { name: 'expire', from: ['pending'], to: 'expired' },
  { name: 'activate', verb: 'activate', from: ['pending'], to: 'active' },
  { name: 'part_activate', verb: 'activate', from: ['pending'], to: 'active', opens: 'pending' },
  { name: 'replace', verb: 'replace', from: ['pending'], to: 'replaced', opens: 'pending' },
  { name: 'cancel', verb: 'cancel', from: ['on_hold', 'awaiting_buyer', 'pending'], to: 'cancelled' },
  { name: 'prolong', verb: 'prolong', from: ['pending'], to: 'pending' },
  { name: 'send', verb: 'send', from: ['active'], to: 'active' },
  { name: 'extend', verb: 'extend', from: ['active'], to: 'active' },
  { name: 'adjust', verb: 'adjust', from: ['active'], to: 'active' },
  { name: 'part_credit', verb: 'credit', from: ['active'], to: 'active' },
  { name: 'credit', verb: 'credit', from: ['active'], to: 'credited' },
];

export const startStates: readonly PartState[] = ['on_hold', 'awaiting_buyer', 'pending', 'active'];

/** May the verb be used on a part in this state? */
export function allows(state: PartState, verb: Verb): boolean {
  return partMoves.some((move) => move.verb === verb && move.from.includes(state));
}

const quantitySchema = z.number().int().min(1).max(99_999_999);

/** A row as the provider was given it, to the letter: the same words, price and rate are used whenever it is named again. */
export const receivableRowSchema = z.object({
  articleId: z.string().min(1).max(50),
  name: z.string().min(1).max(50),
  quantity: quantitySchema,
  /** Gross price of one unit, two decimals at most; negative for discounts. */
  unitPrice: decimalSchema,
  /** VAT in percent. */
  vat: decimalSchema,
  /** Units already credited. */
  credited: z.number().int().min(0).default(0),
  orderLineId: z.string().max(100).optional(),
});
export type ReceivableRow = z.infer<typeof receivableRowSchema>;
export const rowInputSchema = receivableRowSchema.omit({ credited: true });
export type RowInput = z.infer<typeof rowInputSchema>;

/** Some units of a row of a part: by its place (0 is the first) . */
const pickSchema = z.object({ row: z.number().int().min(0).max(9999), quantity: quantitySchema });
export type Pick = z.infer<typeof pickSchema>;

export const adjustmentSchema = z.object({
  articleId: z.string().min(1).max(50),
  name: z.string().min(1).max(50),
  amount: decimalSchema,
  vat: decimalSchema,
  at: instantSchema,
});
export type Adjustment = z.infer<typeof adjustmentSchema>;

export const partSchema = z.object({
  /** Place in the ledger, from 1. */
  seq: z.number().int().min(1),
  /** The provider's number; empty where it has none of its own. */
  number: z.string().max(60),
  /** Further numbers of the same claim: an updated invoice has a number of its own. */
  aliases: z.array(z.string()).default([]),
  state: partStateSchema,
  rows: z.array(receivableRowSchema),
  adjustments: z.array(adjustmentSchema).default([]),
  /** Reference for payment as the provider gave it (OCR in Sweden). */
  reference: z.string().optional(),
  dueDate: daySchema.optional(),
  /** The smallest instalment that keeps the account in order; never what is owed. */
  lowest: decimalSchema.optional(),
  extended: z.boolean().default(false),
  openedAt: instantSchema,
  activatedAt: instantSchema.optional(),
  /** Until then it can be activated. */
  expiresAt: instantSchema.optional(),
  /** Changed since the buyer was last sent it. */
  changedSinceSent: z.boolean().default(false),
});
export type Part = z.infer<typeof partSchema>;

/** What is asked for. `part` is the place in the ledger. */
export const actionSchema = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('add'), rows: z.array(rowInputSchema).min(1).max(1000) }),
  z.object({ verb: z.literal('activate'), part: z.number().int().min(1), picks: z.array(pickSchema).min(1).max(1000).optional() }),
  z.object({ verb: z.literal('cancel'), part: z.number().int().min(1) }),
  z.object({ verb: z.literal('replace'), part: z.number().int().min(1), rows: z.array(rowInputSchema).min(1).max(1000) }),
  z.object({
    verb: z.literal('send'),
    part: z.number().int().min(1),
    by: z.enum(['email', 'post']),
    email: z.email().max(256).optional(),
  }),
  z.object({ verb: z.literal('extend'), part: z.number().int().min(1) }),
  z.object({ verb: z.literal('credit'), part: z.number().int().min(1), picks: z.array(pickSchema).min(1).max(1000).optional() }),
  z.object({
    verb: z.literal('adjust'),
    part: z.number().int().min(1),
    articleId: z.string().trim().min(1).max(50),
    name: z.string().trim().min(1).max(50),
    amount: decimalSchema,
    vat: decimalSchema,
  }),
  z.object({ verb: z.literal('prolong'), part: z.number().int().min(1) }),
]);
export type Action = z.infer<typeof actionSchema>;

/** What the provider answered, as far as it told; applied to the ledger as it is. */
export type Answer = {
  number?: string;
  /** Number of the part that holds the rest; null or absent when nothing is left. */
  newNumber?: string | null;
  /** A number under which the same claim is known as well. */
  alias?: string;
  state?: PartState;
  total?: string;
  remaining?: string;
  dueDate?: string;
  reference?: string;
  lowest?: string;
  expiresAt?: string;
};

/** The whole as one word, from its parts. */
export function stateOf(parts: readonly { state: PartState }[]): ReceivableState {
  const states: PartState[] = parts.map((part) => part.state).filter((state) => state !== 'replaced');
  if (states.length === 0) return 'adding';
  const has = (state: PartState) => states.includes(state);
  if (has('on_hold')) return 'on_hold';
  if (has('awaiting_buyer')) return 'awaiting_buyer';
  if (has('pending')) return has('active') || has('credited') ? 'partly_active' : 'pending';
  if (has('active')) return 'active';
  if (has('credited')) return 'credited';
  if (has('expired')) return 'expired';
  if (has('cancelled')) return 'cancelled';
  return 'rejected';
}
