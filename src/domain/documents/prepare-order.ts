import type { Order } from '../orders/order.ts';
import { suggest } from '../orders/suggest.ts';
import type { Policies } from './policies.ts';
import { type Prepared, prepareSuggested } from './prepare.ts';

/** An order under a seller's policies: suggestion, document and findings in one step. */
export function prepare(order: Order, policies: Policies, context: { today: string }): Prepared {
  return prepareSuggested(order, policies, suggest(order, policies), context);
}
