/** Between us and the places where orders arrive: pulling them, putting documents and words back on them, trying it all beforehand. */
export { givesOrders, pullNow, readOrderNow, sweepPulls, workPull } from './pull.ts';
export { pullView } from './pull-view.ts';
export { putAgain, sweepOrderWrites, workOrderWrite } from './put.ts';
export { rehearse } from './rehearse.ts';
export { hearForOrderWrites, reviewOrders } from './review.ts';
export { ourOptions, trySetting } from './try.ts';
