export type { Who } from '../jobs/index.ts';
export { bulkEdit, sweepBulkEdits, undoBulkEdit } from './bulk.ts';
export { type Buyer, buyerId, buyerOfId, isBuyers, knownAs } from './buyers.ts';
export { awaited, changedAfterIssue, lastCorrection, openEvents, waitingEvents } from './changed.ts';
export {
  correctDocument,
  correctInTransaction,
  finalAfterPrepayments,
  invoiceAfterProforma,
  invoiceAfterProformaIn,
  prepaymentFor,
  proposalFor,
  splitDocument,
} from './derive.ts';
export { getDocument, type TimelineEntry } from './document.ts';
export {
  type AcceptedDocument,
  acceptDocuments,
  type CreateResult,
  changeKind,
  createDocument,
  type EditResult,
  editDocument,
  type MoveResult,
  previewContent,
  refuseDocument,
  reopenDocument,
  restoreDocuments,
  selected,
  withdrawDocuments,
  withdrawInTransaction,
} from './edit.ts';
export { askFollowUp, clearDocument, queueFollowUps, sayNews } from './follow-up.ts';
export { advancesFirst, isBilledBeside, issueBatchSize, issueInTransaction, lockSales } from './issue.ts';
export { issueDocuments } from './issue-now.ts';
export { issueByItself, maxBulkAct, startIssueRun, sweepIssueRuns, TooMany, workIssueRun } from './issue-run.ts';
export { listMappings, mappedFor, saveMappings } from './mappings.ts';
export { mergeDocuments, unmergeDocument } from './merge.ts';
export {
  imaginedOrganization,
  makeOrganization,
  type NewOrganization,
  type Organization,
  policiesOf,
  readOrganization,
  type Seller,
  saveOrganization,
  storedPoliciesSchema,
  withoutNulls,
} from './organization.ts';
export { type OrderToPrepare, openPlan, type PrepareOptions, type PrepareResult, prepareOrders } from './prepare-orders.ts';
export { openProviderDesk } from './provider.ts';
export {
  countDocuments,
  type DocumentQuery,
  type DocumentRow,
  holdGroups,
  maxPage,
  queryDocuments,
} from './query.ts';
export { reassess, sweepRates } from './reassess.ts';
export { foundByIndex, foundNearby } from './search.ts';
export {
  gapsOf,
  giveUpNumber,
  listSeries,
  nextNumber,
  noteWholeNumbers,
  registerOf,
  type Series,
  saveSeries,
  seriesFindings,
} from './series.ts';
export { assignSeries, channelValues, setupOf } from './setup.ts';
export { lockDocuments, stillBills } from './write.ts';
