/** Between us and the places where orders arrive: pulling them, putting documents and words back on them, trying it all beforehand. */
export { givesOrders, pullNow, pullView, readOrderNow, sweepPulls, workPull } from './pull.ts';
export {
  hearForOrderWrites,
  putAgain,
  reviewOrders,
  sweepOrderWrites,
  workOrderWrite,
} from './put.ts';
export { rehearse } from './rehearse.ts';
export { ourOptions, trySetting } from './try.ts';
