export { archiveLimits, type Unpacked, unpack } from './archive.ts';
export {
  type ImportRunView,
  importRecords,
  importReport,
  importSources,
  lettingOthersFirst,
  listImports,
  readImport,
  resumeImports,
  trySources,
} from './imports.ts';
export { BadImportOption, chosenPolicies, type PrepareInput } from './options.ts';
export { deleteProfile, type Inspected, inspectFile, listProfiles, previewProfile, type SavedProfile, saveProfile } from './profiles.ts';
export { type ImportRecord, type ImportReport, type Outcome, ReportBuilder, type ReportedOrder, reportedOrder } from './report.ts';
export {
  batchSize,
  cancelImport,
  createImport,
  fileConnection,
  homeOf,
  type ImportHooks,
  type ImportOptions,
  type ImportProgress,
  type NewImport,
  tryAlone,
  tryImport,
  UnknownConnector,
  workImport,
} from './run.ts';
export { diskSource, memorySource, storedSource } from './sources.ts';
export { bookedMark, type Channel, contentHash, type IncomingOrder, type StoredOrder, storeOrders, withBooked } from './store-orders.ts';
export { keepUpload, sweepUploads, takeUploads } from './uploads.ts';
