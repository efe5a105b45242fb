export { assess, canSettle } from './assess.ts';
export { bulkEdit, maxBulkEdit, sweepBulkEdits, undoBulkEdit } from './bulk.ts';
export {
  correctDocument,
  correctInTransaction,
  finalAfterPrepayments,
  invoiceAfterProforma,
  invoiceAfterProformaIn,
  type Proposal,
  prepaymentFor,
  proposalFor,
  splitDocument,
} from './derive.ts';
export { type DocumentDetail, getDocument, type TimelineEntry } from './document.ts';
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
export type { Edits } from './edits.ts';
export { askFollowUp, clearDocument, queueFollowUps } from './follow-up.ts';
export {
  type IssueOptions,
  type IssueResult,
  issueBatchSize,
  issueDocuments,
  issueInTransaction,
  type Selection,
  startIssueRun,
  sweepIssueRuns,
  workIssueRun,
} from './issue.ts';
export { listMappings, type MappingRow, mappedFor, saveMappings } from './mappings.ts';
export { mergeDocuments, unmergeDocument } from './merge.ts';
export {
  imaginedOrganization,
  type Look,
  makeOrganization,
  type NewOrganization,
  type Organization,
  type OrganizationChange,
  policiesOf,
  readOrganization,
  type Seller,
  type StoredPolicies,
  saveOrganization,
  storedPoliciesSchema,
  withoutNulls,
} from './organization.ts';
export { type OrderToPrepare, openPlan, type PrepareOptions, type PrepareResult, prepareOrders } from './prepare-orders.ts';
export { openProviderDesk } from './provider.ts';
export {
  BadCursor,
  countDocuments,
  countLimit,
  type DocumentQuery,
  type DocumentRow,
  type DocumentSort,
  type HoldGroup,
  holdGroups,
  matchingIds,
  maxPage,
  queryDocuments,
} from './query.ts';
export { fetchRates, sweepRates } from './rates.ts';
export { reassess } from './reassess.ts';
export { foldText, partyName, searchQuery, searchText, type Who } from './row.ts';
export { foundNearby } from './search.ts';
export {
  gapsOf,
  giveUpNumber,
  listSeries,
  nextNumber,
  noteWholeNumbers,
  registerOf,
  type SaveSeriesResult,
  type Series,
  type SeriesInput,
  saveSeries,
  seriesFindings,
} from './series.ts';
export { assignSeries, channelValues, setupOf } from './setup.ts';
