export { percentOf, rateId, spreadAmount, takenOff } from './spread.ts';
export { netUnitPrice, recompute, totalsDifference } from './totals.ts';
export { categoryOf, contradictingLine, foreignCountry, outsideKinds } from './treatment.ts';
