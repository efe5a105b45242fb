export { type Bill, type Customer, readCustomer, type Subscription } from './bills.ts';
export { listPlans, type Plan, type PlanInput, savePlan } from './catalogue.ts';
export { isOperator, operatorOf, plansConnector, plansConnectorId, setOperator } from './operator.ts';
export { type BillFacts, customerDocument, customerDocuments, listBills, type PanelFacts, readPanel } from './panel.ts';
export { overdueAmounts, standingByHand } from './standing.ts';
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
