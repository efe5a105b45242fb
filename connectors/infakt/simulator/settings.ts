import { z } from 'zod';

/** Switches of the double. Where the contract leaves a question open the default is the reading a client must survive. */

const allScopes = [
  'api:invoices:read',
  'api:invoices:write',
  'api:accounting:read',
  'api:accounting:write',
  'api:costs:read',
  'api:costs:write',
  'api:ksef:integration:write',
  'api:sensitive:bank_accounts:read',
  'api:sensitive:bank_accounts:write',
  'api:account:read',
] as const;

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const count = z.number().int().min(0);

export const settings = z.object({
  keyRevoked: z.boolean().default(false),
  scopes: z.array(z.enum(allScopes)).default([...allScopes]),
  ipBlocked: z.boolean().default(false),
  maintenance: z.boolean().default(false),
  /** The plan's limit of documents is used up: 402 on every create. */
  planUsedUp: z.boolean().default(false),
  getsPerMinute: count.nullable().default(300),
  writesPerMinute: count.nullable().default(150),
  /** Not documented by the provider. */
  retryAfter: z.enum(['none', 'seconds']).default('none'),
  /** 202 is documented, clients see 201. */
  acceptedStatus: z.union([z.literal(201), z.literal(202)]).default(202),
  /** Seconds of each step of a task: accepted, waiting, in progress. */
  taskStepSeconds: z.number().min(0).default(0.4),
  /** How long a reference is known; unknown with the provider. */
  taskDays: count.default(30),
  /** The accounting period is closed up to this day: 423. */
  closedUntil: day.nullable().default(null),
  /** Refuse money that is no integer, instead of cutting it down without a word as seen live. */
  strictMoney: z.boolean().default(false),
  /** Where the tax of a document is rounded: the totals are sums of its lines, or worked out anew from the gross of each rate. */
  taxRounding: z.enum(['line', 'rate']).default('line'),
  /** What stands as the total of an advance or final invoice: what it takes itself, or the whole order. */
  advanceTotals: z.enum(['own', 'order']).default('own'),
  exemptionNeedsReason: z.boolean().default(true),
  hasBankAccount: z.boolean().default(true),
  /** A fresh document has no number for its first reads. */
  numberlessReads: count.default(0),
  /** A paid document is read back as `sent`. */
  paidShownAsSent: z.boolean().default(false),
  mailsPerDay: count.default(3000),
  subscriptionDays: z.number().int().default(210),
  ksefActive: z.boolean().default(true),
  ksefSeconds: z.number().min(0).default(60),
  ksefOutcome: z.enum(['success', 'error', 'pending']).default('success'),
  ksefErrorText: z.string().default('Błąd weryfikacji semantyki dokumentu faktury.'),
  /** Numbers in the provider's own examples do not pass the check sum. */
  ksefNumberCheck: z.enum(['good', 'bad']).default('good'),
  /** The account sends what it creates to KSeF by itself. */
  ksefAutomatic: z.boolean().default(false),
  /** Nothing is delivered although webhooks are verified. */
  webhooksSilent: z.boolean().default(false),
  webhookLateSeconds: z.number().min(0).default(0),
  webhookTwice: z.boolean().default(false),
  webhookOrder: z.enum(['in-order', 'reversed']).default('in-order'),
  webhookSignature: z.enum(['good', 'upper-case', 'prefixed', 'wrong', 'missing']).default('good'),
  webhookRetrySeconds: z.number().min(1).default(60),
  /** Whether the verification ping carries a signature is not known. */
  verificationSigned: z.boolean().default(false),
  /** Wire names of the events about payments by task are not known; two spellings have been guessed. */
  paidEventNames: z.enum(['first', 'second']).default('first'),
});
export type Settings = z.infer<typeof settings>;
