export {
  type Actor,
  type AuditEntry,
  audit,
  canonicalJson,
  forgetWords,
  readTrailAtNight,
  verifyAudit,
  verifyAuditSince,
} from './audit.ts';
export { type BackupInfo, BadBackup, keepNightlyCopy, readBackup, writeBackup, writeBackupFile } from './backup.ts';
export {
  announce,
  announceAll,
  appliedMigrations,
  type Change,
  DatabaseBusy,
  type Db,
  json,
  jsonRows,
  migrate,
  openEmbedded,
  openPostgres,
  type Store,
  syncs,
  Texts,
  type Tx,
} from './database.ts';
export { readFile, readSmallFile, removeFile, type StoredFile, storeFile, storeFiles, storeStream } from './files.ts';
export { newId } from './id.ts';
export type { DocumentState, Proposal, Role, StoryEntry, Tables } from './tables.ts';
export { createVault, loadKeys, sealAnew, storeKeys, type Vault } from './vault.ts';
