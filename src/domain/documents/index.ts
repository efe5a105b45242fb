export { acceptable, acceptableForMany } from './acceptable.ts';
export { completeDraft, type DocumentDraft, documentDraftSchema } from './by-hand.ts';
export { check, findingsOf, stampDays } from './check.ts';
export { merge, mergeRefusals, splitContent } from './combine.ts';
export {
  type CorrectionOptions,
  correct,
  type IssuedDocument,
  proposeCorrection,
  proposeCorrections,
  proposeFromOrder,
  proposeFromRefunds,
  tookUpRefunds,
} from './correct.ts';
export { finalInvoice, invoiceFromProforma, prepaymentInvoice } from './follow.ts';
export { printableText } from './letters.ts';
export { type Policies, policiesSchema } from './policies.ts';
export { changeKind, type Prepared, prepareSuggested, type Suggested, type Suggestion, wantsInvoice } from './prepare.ts';
export { type CentProof, centProof, voucherTotal } from './proof.ts';
export { rateOfLine, treat, treatmentByRule } from './rates.ts';
export { editedPaths, refresh } from './refresh.ts';
