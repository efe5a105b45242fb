export { archiveLimits, type Unpacked, unpack } from './archive.ts';
export { fileConnection, UnknownConnector } from './file-connection.ts';
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
export { batchSize, type ImportHooks, type ImportProgress } from './read.ts';
export { type ImportRecord, type ImportReport, type Outcome, ReportBuilder, type ReportedOrder, reportedOrder } from './report.ts';
export {
  cancelImport,
  createImport,
  homeOf,
  type ImportOptions,
  type NewImport,
  tryAlone,
  tryImport,
  workImport,
} from './run.ts';
export { diskSource, memorySource, storedSource } from './sources.ts';
export { bookedMark, type Channel, contentHash, type IncomingOrder, type StoredOrder, storeOrders, withBooked } from './store-orders.ts';
export { keepUpload, sweepUploads, takeUploads } from './uploads.ts';
