/** Between us and the places where orders arrive: pulling them, putting documents and words back on them, trying it all beforehand. */
export { type ChannelOptions, channelOptions } from './options.ts';
export { givesOrders, type PullReport, type PullView, pullNow, pullView, readOrderNow, sweepPulls, workPull } from './pull.ts';
export {
  hearForOrderWrites,
  type PutAgain,
  type PutStatus,
  putAgain,
  putsOnOrders,
  reviewOrders,
  sweepOrderWrites,
  workOrderWrite,
} from './put.ts';
export { maxRehearsed, type Rehearsal, type RehearsedOrder, rehearse } from './rehearse.ts';
export { ourOptions, type Trial, trySetting } from './try.ts';
