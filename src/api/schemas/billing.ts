import { z } from 'zod';
import { planTermsSchema } from '../../domain/billing/plans.ts';
import { daySchema } from '../../domain/documents/document.ts';
import { partySchema } from '../../domain/parties/party.ts';

/** What the operator sells to the other organizations, and what they see of it. */
const id = z.uuid();
const money = z.object({ amount: z.string(), currency: z.string() });
export const planSchema = z
  .object({
    id,
    name: z.string(),
    about: z.string(),
    connector: z.string().nullable(),
    currency: z.string(),
    terms: planTermsSchema,
    active: z.boolean(),
  })
  .meta({ id: 'Plan' });
export type PlanView = z.infer<typeof planSchema>;
export const planInput = z.object({
  name: z.string().trim().min(1).max(120),
  about: z.string().trim().max(500).default(''),
  connector: z.string().max(60).nullable().default(null),
  currency: z.string().regex(/^[A-Z]{3}$/),
  terms: planTermsSchema,
  active: z.boolean().default(true),
});
const mandateSchema = z.object({
  id,
  subscriptionId: id.nullable(),
  state: z.enum(['intended', 'pending', 'active', 'surplus', 'cancelling', 'cancelled', 'expired', 'failed']),
  label: z.string().nullable(),
  expires: z.string().nullable(),
  url: z.string().nullable(),
  cause: z.string().nullable(),
  createdAt: z.string(),
  lastChargedAt: z.string().nullable(),
});
const subscriptionSchema = z
  .object({
    id,
    plan: planSchema,
    connectionId: id.nullable(),
    connectionName: z.string().nullable(),
    state: z.enum(['pending', 'trial', 'active', 'past_due', 'suspended', 'cancelled', 'expired']),
    payBy: z.enum(['transfer', 'card']),
    periodStart: daySchema,
    periodEnd: daySchema,
    nextPlan: z.string().nullable(),
    cancelOn: daySchema.nullable(),
    documents: z.number().int(),
    createdAt: z.string(),
    mandates: z.array(mandateSchema),
  })
  .meta({ id: 'Subscription' });
export type SubscriptionView = z.infer<typeof subscriptionSchema>;
const billDocument = z.object({ id, kind: z.string(), number: z.string(), issueDate: daySchema });
const billSchema = z
  .object({
    id,
    subscriptionId: id,
    plan: z.string(),
    kind: z.enum(['first', 'renewal', 'change', 'usage']),
    periodStart: daySchema,
    periodEnd: daySchema,
    amount: z.string(),
    currency: z.string(),
    state: z.enum(['open', 'paid', 'cancelled', 'refunded']),
    dueDay: daySchema,
    paidAt: z.string().nullable(),
    createdAt: z.string(),
    documents: z.array(billDocument),
    charges: z.array(
      z.object({
        id,
        verb: z.enum(['charge', 'refund']),
        status: z.string(),
        amount: z.string(),
        cause: z.string().nullable(),
        at: z.string(),
        label: z.string().nullable(),
      }),
    ),
    /** How to pay it by transfer. */
    transfer: z.object({ account: z.string(), name: z.string(), title: z.string() }).nullable(),
  })
  .meta({ id: 'Bill' });
export type BillView = z.infer<typeof billSchema>;
const doubleChargeSchema = z.object({
  id,
  sign: z.enum(['two-mandates', 'two-subscriptions', 'two-charges', 'one-card-two-accounts']),
  plan: z.string(),
  facts: z.record(z.string(), z.string()),
  foundAt: z.string(),
  settledHow: z.string().nullable(),
  /** What mending it would give back. */
  refund: money.nullable(),
  endsMandate: z.string().nullable(),
});
export type DoubleCharge = z.infer<typeof doubleChargeSchema>;
export const customerDataSchema = z.object({ party: partySchema, proformaEmail: z.string(), invoiceEmail: z.string() });
export const customerDataInput = z.object({
  party: partySchema.optional(),
  proformaEmail: z.email().max(320).optional(),
  invoiceEmail: z.email().max(320).optional(),
});
export const panelSchema = z
  .object({
    /** Somebody sells plans here. */
    available: z.boolean(),
    /** This organization is the one that sells. */
    operator: z.boolean(),
    seller: z.string().nullable(),
    cards: z.boolean(),
    standing: z.enum(['good', 'notice', 'suspended']),
    suspendOn: daySchema.nullable(),
    overdue: z.array(money),
    credit: z.array(money),
    customer: customerDataSchema.nullable(),
    plans: z.array(planSchema),
    subscriptions: z.array(subscriptionSchema),
    doubles: z.array(doubleChargeSchema),
  })
  .meta({ id: 'BillingPanel' });
export type Panel = z.infer<typeof panelSchema>;
export const billsQuery = z.object({
  state: z.enum(['open', 'paid', 'cancelled', 'refunded']).optional(),
  from: daySchema.optional(),
  until: daySchema.optional(),
  q: z.string().max(100).optional(),
});
export const billsSchema = z.object({ items: z.array(billSchema) });
export const orderPlanInput = z.object({
  planId: id,
  connectionId: id.optional(),
  payBy: z.enum(['transfer', 'card']),
  /** A second subscription of the same plan, with open eyes. */
  again: z.boolean().default(false),
  customer: customerDataInput.optional(),
});
export const orderedSchema = z.object({
  subscriptionId: id,
  billId: id.nullable(),
  proforma: z.object({ id, number: z.string() }).nullable(),
  checkoutUrl: z.string().nullable(),
});
export const changePlanInput = z.object({ planId: id, dryRun: z.boolean().default(false) });
export const changedPlanSchema = z.object({ changed: z.enum(['now', 'at-period-end']), difference: z.string() });
export const archiveQuery = z.object({ from: daySchema, until: daySchema });
export const itemsOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
export const endedSchema = z.object({ endsOn: daySchema });
export const checkoutSchema = z.object({ url: z.string().nullable(), checking: z.boolean() });
export const overviewSchema = z
  .object({
    months: z.array(z.object({ month: z.string(), currency: z.string(), paid: z.string(), refunded: z.string() })),
    monthly: z.array(money),
    overdue: z.array(z.object({ amount: z.string(), currency: z.string(), bills: z.number().int() })),
    failures: z.array(z.object({ day: daySchema, code: z.string(), count: z.number().int() })),
    subscriptions: z.record(z.string(), z.number().int()),
    orphans: z.array(z.object({ id, label: z.string().nullable(), since: z.string() })),
    customers: z.array(
      z.object({
        id,
        name: z.string(),
        standing: z.enum(['good', 'notice', 'suspended']),
        suspendOn: daySchema.nullable(),
        subscriptions: z.number().int(),
        overdue: z.array(money),
        paid: z.array(money),
      }),
    ),
    doubles: z.array(doubleChargeSchema.extend({ customerId: id })),
  })
  .meta({ id: 'BillingOverview' });
export type BillingOverview = z.infer<typeof overviewSchema>;
export const standingInput = z.object({ standing: z.enum(['notice', 'suspended', 'good']) });
