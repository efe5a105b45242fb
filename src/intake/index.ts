export { unpack } from './archive.ts';
export { UnknownConnector } from './file-connection.ts';
export {
  importRecords,
  importReport,
  importSources,
  lettingOthersFirst,
  listImports,
  readImport,
  sweepImports,
  trySources,
} from './imports.ts';
export { BadImportOption, chosenPolicies } from './options.ts';
export { deleteProfile, inspectFile, listProfiles, previewProfile, saveProfile } from './profiles.ts';
export { batchSize, type ImportHooks } from './read.ts';
export { type ImportReport, rejectedParams, reportTable } from './report.ts';
export {
  cancelImport,
  createImport,
  homeOf,
  type ImportOptions,
  tryAlone,
  tryImport,
  workImport,
} from './run.ts';
export { diskSource, memorySource, storedSource } from './sources.ts';
export { bookedMark, type Channel, storeOrders, withBooked } from './store-orders.ts';
export { keepUpload, sweepUploads, takeUpload } from './uploads.ts';
