import {
  type BillFacts,
  changeCustomer,
  changePlan,
  customerDocument,
  customerDocuments,
  type DoubleFacts,
  doublesOf,
  endCustomerMandate,
  endSubscription,
  isOperator,
  listBills,
  listCustomers,
  listPlans,
  type OrderRefusal,
  orderPlan,
  type PanelFacts,
  type Plan,
  payByCard,
  readOverview,
  readPanel,
  savePlan,
  settleDouble,
  standingByHand,
} from '../../billing/index.ts';
import { documentPdf } from '../../delivery/index.ts';
import { hold } from '../../domain/finding.ts';
import { fromMinor } from '../../domain/money/money.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';
import { pdfArchive } from './export.ts';

/** What an organization buys of the operator: plans, bills with their documents, payments. For the operator: its plans. */
const tag = 'billing';

const planView = (plan: Plan): s.PlanView => ({
  id: plan.id,
  name: plan.name,
  about: plan.about,
  connector: plan.connector,
  currency: plan.currency,
  terms: plan.terms,
  active: plan.active,
});

const billView = (bill: BillFacts): s.BillView => ({
  id: bill.id,
  subscriptionId: bill.subscription_id,
  plan: bill.plan,
  kind: bill.kind,
  periodStart: bill.period_start,
  periodEnd: bill.period_end,
  amount: fromMinor(bill.amount_minor, bill.currency),
  currency: bill.currency,
  state: bill.state,
  dueDay: bill.due_day,
  paidAt: bill.paid_at?.toISOString() ?? null,
  createdAt: bill.created_at.toISOString(),
  documents: bill.documents,
  charges: bill.charges.map((c) => ({
    id: c.id,
    verb: c.verb,
    status: c.status,
    amount: fromMinor(c.amount_minor, bill.currency),
    cause: c.cause,
    at: c.created_at.toISOString(),
    label: c.label,
  })),
  transfer: bill.transfer ?? null,
});

const doubleView = (d: DoubleFacts) => ({
  id: d.id,
  customerId: d.customerId,
  sign: d.sign as s.DoubleCharge['sign'],
  plan: d.facts.plan ?? '',
  facts: d.facts,
  foundAt: d.foundAt.toISOString(),
  settledHow: d.settledHow,
  refund: d.refund ?? null,
  endsMandate: d.mandate ?? null,
});

function panelView(facts: PanelFacts, operator: boolean, doubles: DoubleFacts[]): s.Panel {
  const { customer } = facts;
  return {
    available: facts.operatorId !== undefined,
    operator,
    seller: facts.seller ?? null,
    cards: facts.cards,
    standing: customer?.standing ?? 'good',
    suspendOn: customer?.suspend_on ?? null,
    overdue: facts.overdue,
    credit: facts.credit,
    customer: customer ? { party: customer.party, proformaEmail: customer.proforma_email, invoiceEmail: customer.invoice_email } : null,
    plans: facts.plans.map(planView),
    subscriptions: facts.subscriptions.map((row) => ({
      id: row.id,
      plan: planView(row.plan),
      connectionId: row.connection_id,
      connectionName: row.connection_name,
      state: row.state,
      payBy: row.pay_by,
      periodStart: row.period_start,
      periodEnd: row.period_end,
      nextPlan: facts.plans.find((p) => p.id === row.next_plan_id)?.name ?? null,
      cancelOn: row.cancel_on,
      documents: row.documents,
      createdAt: row.created_at.toISOString(),
      mandates: facts.mandates
        .filter((m) => m.subscription_id === row.id)
        .map((m) => ({
          id: m.id,
          subscriptionId: m.subscription_id,
          state: m.state,
          label: m.label,
          expires: m.expires,
          url: m.url,
          cause: m.cause?.code ?? null,
          createdAt: m.created_at.toISOString(),
          lastChargedAt: m.last_charged_at?.toISOString() ?? null,
        })),
    })),
    doubles: doubles.map(doubleView),
  };
}

const codes: Record<Exclude<OrderRefusal, 'data-missing'>, string> = {
  'no-operator': 'H_NO_OPERATOR',
  own: 'H_NO_OPERATOR',
  'plan-unknown': 'H_PLAN_UNKNOWN',
  'connection-unknown': 'H_CONNECTION_UNKNOWN',
  'subscribed-already': 'H_SUBSCRIBED_ALREADY',
  'card-unavailable': 'H_CARD_UNAVAILABLE',
};

async function onlyOperator({ ctx, who }: Call): Promise<void> {
  if (!(await isOperator(ctx, who.organizationId))) throw notFound('an operator here');
}

const catalogue = [
  route({
    method: 'GET',
    url: '/billing/plans',
    needs: 'billing',
    tag,
    summary: 'The operator’s plans, inactive ones too',
    answer: s.itemsOf(s.planSchema),
    handler: async (call) => {
      await onlyOperator(call);
      const { ctx, who } = call;
      return { items: (await ctx.store.org(who.organizationId, (tx) => listPlans(tx, who.organizationId, true))).map(planView) };
    },
  }),
  route({
    method: 'POST',
    url: '/billing/plans',
    needs: 'billing',
    tag,
    summary: 'Make a plan',
    body: s.planInput,
    answer: s.planSchema,
    status: 201,
    handler: async (call) => {
      await onlyOperator(call);
      return planView((await savePlan(call.ctx, call.who, call.body))!);
    },
  }),
  route({
    method: 'PUT',
    url: '/billing/plans/:id',
    needs: 'billing',
    tag,
    summary: 'Change a plan for those who order it from now on',
    params: s.idParams,
    body: s.planInput,
    answer: s.planSchema,
    handler: async (call) => {
      await onlyOperator(call);
      const saved = await savePlan(call.ctx, call.who, call.body, call.params.id);
      if (!saved) throw notFound('a plan of this id');
      return planView(saved);
    },
  }),
];

const customer = [
  route({
    method: 'GET',
    url: '/billing',
    needs: 'money',
    tag,
    summary: 'My integrations: plans, subscriptions, mandates, what is owed',
    answer: s.panelSchema,
    handler: async ({ ctx, who }) => {
      const facts = await readPanel(ctx, who.organizationId);
      const doubles = facts.operatorId ? await doublesOf(ctx, facts.operatorId, who.organizationId) : [];
      return panelView(facts, facts.operatorId === who.organizationId, doubles);
    },
  }),
  route({
    method: 'PATCH',
    url: '/billing/customer',
    needs: 'billing',
    tag,
    summary: 'Company data and the addresses for proformas and invoices, for documents to come',
    body: s.customerDataInput,
    answer: s.customerDataSchema,
    handler: async ({ ctx, who, body }) => {
      const saved = await changeCustomer(ctx, who, body);
      if (!saved) throw new Refusal(422, 'refused', 'Nobody sells plans here.', [hold('H_NO_OPERATOR')]);
      return { party: saved.party, proformaEmail: saved.proforma_email, invoiceEmail: saved.invoice_email };
    },
  }),
  route({
    method: 'POST',
    url: '/billing/subscriptions',
    needs: 'billing',
    tag,
    summary: 'Order a plan; by transfer a proforma comes by mail, by card a page to confirm',
    body: s.orderPlanInput,
    answer: s.orderedSchema,
    status: 201,
    handler: async ({ ctx, who, body }) => {
      const result = await orderPlan(ctx, who, body);
      if ('refused' in result) {
        const finding =
          result.refused === 'data-missing'
            ? hold('H_BILLING_DATA', 'customer', { fields: (result.fields ?? []).join(', ') })
            : hold(codes[result.refused]);
        throw new Refusal(422, 'not-ordered', 'Nothing was ordered.', [finding]);
      }
      const bills = await listBills(ctx, who.organizationId);
      const proforma = bills.find((b) => b.id === result.bill?.id)?.documents.find((d) => d.kind === 'proforma');
      const page = body.payBy === 'card' && result.bill ? await payByCard(ctx, who, result.bill.id) : {};
      return {
        subscriptionId: result.subscription.id,
        billId: result.bill?.id ?? null,
        proforma: proforma ? { id: proforma.id, number: proforma.number } : null,
        checkoutUrl: 'url' in page && page.url ? page.url : null,
      };
    },
  }),
  route({
    method: 'POST',
    url: '/billing/subscriptions/:id/plan',
    needs: 'billing',
    tag,
    summary: 'Change the plan, or see what that would cost (`dryRun`)',
    params: s.idParams,
    body: s.changePlanInput,
    answer: s.changedPlanSchema,
    handler: async ({ ctx, who, params, body }) => {
      const result = await changePlan(ctx, who, params.id, body.planId, body.dryRun);
      if ('changed' in result) return { changed: result.changed, difference: result.difference };
      if (result.refused === 'unknown') throw notFound('a subscription of this id');
      throw new Refusal(422, 'not-changed', 'The plan stays.', [
        hold(result.refused === 'plan-unknown' ? 'H_PLAN_UNKNOWN' : 'H_SUBSCRIPTION_STATE'),
      ]);
    },
  }),
  route({
    method: 'POST',
    url: '/billing/subscriptions/:id/end',
    needs: 'billing',
    tag,
    summary: 'End a subscription when its paid period is over',
    params: s.idParams,
    answer: s.endedSchema,
    handler: async ({ ctx, who, params }) => {
      const result = await endSubscription(ctx, who, params.id);
      if (!result) throw notFound('a running subscription of this id');
      return result;
    },
  }),
  route({
    method: 'GET',
    url: '/billing/bills',
    needs: 'money',
    tag,
    summary: 'Bills with their documents and how they were paid, newest first',
    query: s.billsQuery,
    answer: s.billsSchema,
    handler: async ({ ctx, who, query }) => ({ items: (await listBills(ctx, who.organizationId, query)).map(billView) }),
  }),
  route({
    method: 'GET',
    url: '/billing/documents/:id/pdf',
    needs: 'money',
    tag,
    summary: 'The PDF of a document of the operator made out to this organization',
    params: s.idParams,
    produces: 'application/pdf',
    handler: async ({ ctx, edge, who, params, reply }) => {
      const operatorId = await customerDocument(ctx, who.organizationId, params.id);
      const pdf = operatorId && (await documentPdf(ctx, edge.render, operatorId, params.id));
      if (!pdf) throw notFound('a document of this id');
      return sendFile(reply, { name: pdf.name, mediaType: 'application/pdf', bytes: pdf.bytes, download: false });
    },
  }),
  route({
    method: 'GET',
    url: '/billing/documents.zip',
    needs: 'money',
    tag,
    summary: 'The documents of a period in one archive',
    query: s.archiveQuery,
    produces: 'application/zip',
    handler: async ({ ctx, edge, who, query, reply }) => {
      const found = await customerDocuments(ctx, who.organizationId, query.from, query.until);
      if (!found || found.ids.length === 0) throw notFound('a document in this period');
      const { operatorId, ids } = found;
      const name = `${query.from}_${query.until}.zip`;
      const bytes = pdfArchive({ ctx, edge }, operatorId, ids);
      return sendFile(reply, { name, mediaType: 'application/zip', bytes, download: true });
    },
  }),
];

const card = [
  route({
    method: 'POST',
    url: '/billing/bills/:id/pay-by-card',
    needs: 'billing',
    tag,
    summary: 'The processor’s page to pay a bill by card; the same page while an earlier attempt is open',
    params: s.idParams,
    answer: s.checkoutSchema,
    handler: async ({ ctx, who, params }) => {
      const result = await payByCard(ctx, who, params.id);
      if ('refused' in result) {
        if (result.refused === 'unknown') throw notFound('an open bill of this id');
        throw new Refusal(422, 'not-available', 'Cards are not taken here.', [hold('H_CARD_UNAVAILABLE')]);
      }
      return { url: result.url ?? null, checking: result.checking ?? false };
    },
  }),
  route({
    method: 'POST',
    url: '/billing/mandates/:id/end',
    needs: 'billing',
    tag,
    summary: 'Switch a mandate off at the processor; the subscription goes on by transfer',
    params: s.idParams,
    answer: s.panelSchema.pick({ available: true }),
    handler: async ({ ctx, who, params }) => {
      if (!(await endCustomerMandate(ctx, who, params.id))) throw notFound('a live mandate of this id');
      return { available: true };
    },
  }),
  ...(['mend', 'keep'] as const).map((how) =>
    route({
      method: 'POST',
      url: `/billing/doubles/:id/${how}`,
      needs: 'billing',
      tag,
      summary: how === 'mend' ? 'Give the second charge back, correct its invoice and end its mandate' : 'Both are meant so',
      params: s.idParams,
      answer: s.panelSchema.pick({ available: true }),
      handler: async ({ ctx, who, params }) => {
        const result = await settleDouble(ctx, who, params.id, how);
        if ('mended' in result) return { available: true };
        if (result.refused === 'unknown') throw notFound('a double charge of this id');
        throw new Refusal(422, 'not-mended', 'It stays as it was.', [hold('H_SUBSCRIPTION_STATE')]);
      },
    }),
  ),
];

const operator = [
  route({
    method: 'GET',
    url: '/billing/overview',
    needs: 'billing',
    tag,
    summary: 'The operator’s view: revenue, what is overdue, failures, customers',
    answer: s.overviewSchema,
    handler: async (call) => {
      await onlyOperator(call);
      const { ctx, who } = call;
      const [overview, customers, doubles] = [
        await readOverview(ctx, who.organizationId),
        await listCustomers(ctx, who.organizationId),
        await doublesOf(ctx, who.organizationId),
      ];
      return { ...overview, customers, doubles: doubles.map(doubleView) };
    },
  }),
  route({
    method: 'POST',
    url: '/billing/customers/:id/standing',
    needs: 'billing',
    tag,
    summary: 'Give notice, pause a customer’s connections after it, or let them go on',
    params: s.idParams,
    body: s.standingInput,
    answer: s.panelSchema.pick({ available: true }),
    handler: async (call) => {
      await onlyOperator(call);
      const { ctx, who, params, body } = call;
      const result = await standingByHand(ctx, who.organizationId, params.id, body.standing);
      if (result === 'unknown') throw notFound('a customer of this id');
      if (result === 'no-notice') throw new Refusal(422, 'no-notice', 'Give notice first.', [hold('H_NO_NOTICE_GIVEN')]);
      return { available: true };
    },
  }),
];

export const billingRoutes = [...catalogue, ...customer, ...card, ...operator];
