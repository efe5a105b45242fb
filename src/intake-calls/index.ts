export { sweepOrderEvents, workOrderEvent } from './events.ts';
export { type CallAnswer, callLimitBytes, receiveCall } from './receive.ts';
