export { listPlans, type Plan, savePlan } from './catalogue.ts';
export { sweepCharges, workCharge } from './charges.ts';
export { workCalendar } from './daily.ts';
export { findDoubles, settleDouble } from './doubles.ts';
export { sweepNoticeMails } from './notices.ts';
export { isOperator, operatorOf, plansConnector, plansConnectorId, setOperator } from './operator.ts';
export { type DoubleFacts, doublesOf, listCustomers, readOverview } from './overview.ts';
export { type BillFacts, customerDocument, customerDocuments, listBills, type PanelFacts, readPanel, reportMissing } from './panel.ts';
export { endCustomerMandate, payByCard } from './pay.ts';
export { standingByHand } from './standing.ts';
export {
  changeCustomer,
  changePlan,
  endSubscription,
  type OrderRefusal,
  orderPlan,
} from './subscribe.ts';
export { workBilling } from './work.ts';
