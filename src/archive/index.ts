export { forgetRaw } from './raw.ts';
export {
  archiveOverview,
  cancelArchive,
  openPart,
  readRun,
  removeArchived,
  startArchive,
  sweepArchives,
  workArchive,
} from './run.ts';
export { firstKeptDay, saveRetention } from './terms.ts';
