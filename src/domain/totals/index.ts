export { cashStep, exchanged, taxStep } from './rounding.ts';
export { byRateDescending, percentOf, rateId, type SpreadRule, spreadAmount, takenOff } from './spread.ts';
export { netUnitPrice, type RateTotal, recompute, totalsDifference } from './totals.ts';
export { categoryOf, contradictingLine, outsideKinds } from './treatment.ts';
