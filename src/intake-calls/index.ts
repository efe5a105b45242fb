export { eventsFor, overlaid, sweepOrderEvents, workOrderEvent } from './events.ts';
export { sweepNotices } from './notices.ts';
export { type CallAnswer, callLimitBytes, receiveCall } from './receive.ts';
