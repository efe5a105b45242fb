export { forgetRaw } from './raw.ts';
export {
  type ArchiveOverview,
  type ArchiveRun,
  archiveOverview,
  cancelArchive,
  openPart,
  readRun,
  removeArchived,
  startArchive,
  sweepArchives,
  workArchive,
} from './run.ts';
export { firstKeptDay, type Retention, readTerms, saveRetention, type Terms } from './terms.ts';
