export { type Actor, type AuditEntry, audit, canonicalJson, verifyAudit } from './audit.ts';
export {
  announce,
  type Change,
  DatabaseBusy,
  type Db,
  json,
  migrate,
  openEmbedded,
  openPostgres,
  type Store,
  syncs,
  type Tx,
} from './database.ts';
export { readFile, readSmallFile, removeFile, type StoredFile, storeFile, storeStream } from './files.ts';
export { newId } from './id.ts';
export type { DocumentState, Role, StoryEntry, Tables } from './tables.ts';
export { createVault, loadKey, type Vault } from './vault.ts';
