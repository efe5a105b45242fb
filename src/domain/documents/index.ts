export { check, findingsOf, isHeld, stampDays } from './check.ts';
export { type MergeRefusal, merge, mergeRefusals, type SplitRefusal, splitContent } from './combine.ts';
export {
  type CorrectionOptions,
  type CorrectionRefusal,
  correct,
  type IssuedDocument,
  type LineChange,
  proposeCorrection,
  proposeFromOrder,
  type ReasonCode,
  type RefundProposal,
} from './correct.ts';
export { type FinalRefusal, finalInvoice, invoiceFromProforma, prepaymentInvoice } from './follow.ts';
export { printableText } from './letters.ts';
export { type ForeignRule, type Policies, policiesSchema, type TaxTreatment } from './policies.ts';
export { changeKind, type Prepared, prepareSuggested, type Suggested, type Suggestion } from './prepare.ts';
export { adjustmentId, type CentProof, centProof, orderTotal, ownLines, type ProofRow, voucherTotal } from './proof.ts';
export { foreignCountry, rateOfLine, treat, treatmentByRule } from './rates.ts';
export { type Difference, editedPaths, refresh } from './refresh.ts';
