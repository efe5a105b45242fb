export { cashStep, taxStep } from './rounding.ts';
export { byRateDescending, percentOf, rateId, type SpreadRule, spreadAmount } from './spread.ts';
export { exchanged, netUnitPrice, type RateTotal, recompute, totalsDifference } from './totals.ts';
