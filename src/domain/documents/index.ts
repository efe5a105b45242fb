export { check, findingsOf, isHeld, stampDays } from './check.ts';
export { type ForeignRule, type Policies, policiesSchema, type TaxTreatment } from './policies.ts';
export { changeKind, type Prepared, prepareSuggested, type Suggested, type Suggestion } from './prepare.ts';
export { adjustmentId, type CentProof, centProof, orderTotal, ownLines, type ProofRow, voucherTotal } from './proof.ts';
export { foreignCountry, rateOfLine, treat, treatmentByRule } from './rates.ts';
