export { eventsFor, overlaid, sweepOrderEvents, workOrderEvent } from './events.ts';
export { sweepNotices } from './notices.ts';
export { callLimitBytes, receiveCall } from './receive.ts';
