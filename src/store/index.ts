export {
  type AuditEntry,
  audit,
  canonicalJson,
  forgetWords,
  readTrailAtNight,
  verifyAudit,
  verifyAuditSince,
} from './audit.ts';
export { BadBackup, beginsBackup, keepNightlyCopy, readBackup, writeBackup, writeBackupFile } from './backup.ts';
export { clockWatch, waitAnew, waitColumns } from './clock.ts';
export {
  announce,
  announceAll,
  type Change,
  DatabaseBusy,
  json,
  jsonRows,
  jsonText,
  migrate,
  openEmbedded,
  openPostgres,
  type Store,
  Texts,
  type Tx,
} from './database.ts';
export { readFile, readSmallFile, removeFile, type StoredFile, storeFile, storeFiles, storeStream } from './files.ts';
export { newId } from './id.ts';
export { byLot } from './lot.ts';
export { oneByOne } from './one-by-one.ts';
export type { DocumentState, Proposal, StoryEntry, Tables } from './tables.ts';
export { createVault, forgetUnopened, keysFor, loadKeys, sealAnew, storeKeys, unopened, type Vault, WrongKey } from './vault.ts';
