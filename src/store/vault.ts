import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { Secret } from '../contract/secret.ts';
import type { Tx } from './database.ts';

/** Credentials at rest: AES-256-GCM, one key per installation, bound to the organization and the row they belong to. */
export type Vault = {
  seal(owner: string, secrets: Record<string, string>): Uint8Array;
  open(owner: string, sealed: Uint8Array | null): Record<string, Secret>;
};

const version = 1;

/** Seals with the first key and opens with whichever fits: while keys are changed there are two. */
export function createVault(...keys: [Uint8Array, ...Uint8Array[]]): Vault {
  const [newest, ...older] = keys.map(oneKeyVault) as [Vault, ...Vault[]];
  return {
    seal: newest.seal,
    open(owner, sealed) {
      for (const vault of [newest, ...older.slice(0, -1)]) {
        try {
          return vault.open(owner, sealed);
        } catch (error) {
          if (older.length === 0) throw error;
        }
      }
      return (older.at(-1) ?? newest).open(owner, sealed);
    },
  };
}

function oneKeyVault(key: Uint8Array): Vault {
  if (key.length !== 32) throw new Error('the secret key must have 32 bytes');
  return {
    seal(owner, secrets) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
      const body = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body]);
    },
    open(owner, sealed) {
      if (!sealed) return {};
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== version) throw new Error('stored secrets are of a later version of Fakturist');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13))
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(13, 29));
      const text = Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString('utf8');
      return Object.fromEntries(Object.entries(JSON.parse(text) as Record<string, string>).map(([k, v]) => [k, new Secret(v)]));
    },
  };
}

/**
 * Reads the key file, making it on the first start: a key a line (hex, 64 digits), the newest first. There are two only while a change
 * of the key is under way (`changeKey`).
 */
export function loadKeys(file: string): [Uint8Array, ...Uint8Array[]] {
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // Written whole before it has its name: whoever finds it at that moment reads no half of it.
    const made = `${file}.${randomBytes(4).toString('hex')}`;
    const lines = keyLines([randomBytes(32)]);
    writeFileSync(made, lines, { mode: 0o600, flag: 'wx', flush: true });
    const unlessThere = (make: () => void) => {
      try {
        make();
      } catch (error) {
        // Another process of the same installation made it at this moment: its key is the key.
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
      }
    };
    try {
      unlessThere(() => linkSync(made, file));
    } catch (error) {
      // Some file systems (FAT, network shares) know no second name for a file.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(String((error as { code?: string }).code))) throw error;
      unlessThere(() => writeFileSync(file, lines, { mode: 0o600, flag: 'wx', flush: true }));
    } finally {
      unlinkSync(made);
    }
    flushFolder(path.dirname(file));
  }
  const lines = readFileSync(file, 'utf8').trim().split(/\s+/);
  if (lines.length > 2 || !lines.every((line) => /^[0-9a-f]{64}$/i.test(line)))
    throw new Error(`${file} does not hold a secret key (64 hexadecimal digits)`);
  const [newest, ...older] = lines.map((line) => new Uint8Array(Buffer.from(line, 'hex')));
  return [newest!, ...older];
}

const keyLines = (keys: Uint8Array[]) => keys.map((key) => `${Buffer.from(key).toString('hex')}\n`).join('');

/** Replaces the key file as a whole: a crash leaves the old one or the new one. */
export function storeKeys(file: string, keys: Uint8Array[]): void {
  const next = `${file}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(next, 'wx', 0o600);
  try {
    writeSync(fd, keyLines(keys));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  flushFolder(path.dirname(file));
}

/** A name lasts through a power failure only once its folder was flushed; some platforms cannot flush one. */
function flushFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(String((error as { code?: string }).code))) throw error;
  }
}

/**
 * Seals everything anew under the newest key, all or nothing. Every table that holds sealed bytes is found by its columns: they belong to
 * an organization and a row, and that is what they were sealed for. Returns how many; a value that opens with no key throws.
 */
export async function sealAnew(tx: Tx, vault: Vault): Promise<number> {
  const { rows: columns } = await sql<{ table: string; column: string }>`
    select c.table_name as table, c.column_name as column from information_schema.columns c
    where c.table_schema = 'public' and c.udt_name = 'bytea' and c.table_name <> 'file_chunk'
      and (select count(*) from information_schema.columns o where o.table_schema = 'public' and o.table_name = c.table_name and o.column_name in ('organization_id', 'id')) = 2
    order by c.table_name = 'connection', 1, 2`.execute(tx);
  let sealed = 0;
  for (const { table, column } of columns) {
    const { rows } = await sql<{ organization_id: string; id: string; bytes: Uint8Array }>`
      select organization_id, id, ${sql.ref(column)} as bytes from ${sql.table(table)} where ${sql.ref(column)} is not null`.execute(tx);
    for (const row of rows) {
      const owner = `${row.organization_id}/${row.id}`;
      let open: Record<string, Secret>;
      try {
        open = vault.open(owner, row.bytes);
      } catch {
        throw new Error(`${column} of ${table} ${row.id} opens with no key of the key file: bring back the key it was sealed with.`);
      }
      const values = Object.fromEntries(Object.entries(open).map(([name, secret]) => [name, secret.reveal()]));
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${vault.seal(owner, values)} where organization_id = ${row.organization_id} and id = ${row.id}`.execute(
        tx,
      );
      sealed++;
    }
  }
  return sealed;
}
