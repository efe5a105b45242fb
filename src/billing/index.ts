export { type Bill, type Customer, readCustomer, type Subscription } from './bills.ts';
export { listPlans, type Plan, type PlanInput, savePlan } from './catalogue.ts';
export { sweepCharges, workCharge } from './charges.ts';
export { workCalendar } from './daily.ts';
export { type DoubleRow, findDoubles, listDoubles, remedyOf, settleDouble } from './doubles.ts';
export { sweepNoticeMails } from './notices.ts';
export { isOperator, operatorOf, plansConnector, plansConnectorId, setOperator } from './operator.ts';
export { type CustomerFacts, type DoubleFacts, doublesOf, listCustomers, type Overview, readOverview } from './overview.ts';
export { type BillFacts, customerDocument, customerDocuments, listBills, type PanelFacts, readPanel, reportMissing } from './panel.ts';
export { endCustomerMandate, payByCard } from './pay.ts';
export { giveNotice, overdueAmounts, standingByHand } from './standing.ts';
export {
  type CustomerInput,
  changeCustomer,
  changePlan,
  endSubscription,
  type OrderInput,
  type OrderRefusal,
  orderPlan,
} from './subscribe.ts';
export { workBilling } from './work.ts';
