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
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { Secret } from '../contract/secret.ts';
import { audit } from './audit.ts';
import { json, type Store, type Tx } from './database.ts';

/** Credentials at rest: AES-256-GCM, one key per installation, bound to the organization and the row they belong to. */
export type Vault = {
  seal(owner: string, secrets: Record<string, string>): Uint8Array;
  open(owner: string, sealed: Uint8Array | null): Record<string, Secret>;
};

const version = 1;

/** The key file holds no key, or another one than what is stored was sealed with; the sentence says which file and what to do. */
export class WrongKey extends Error {
  override name = 'WrongKey';
}
const ifLost =
  'If it is lost for good, run `fakturist change-key --lost`: the credentials are forgotten and typed again, everything else stays.';

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
  if (statSync(file).isDirectory())
    throw new WrongKey(
      `${file} is a folder: FAKTURIST_SECRET_KEY_FILE names the key file itself, such as ${path.join(file, 'secret.key')}.`,
    );
  const lines = readFileSync(file, 'utf8').trim().split(/\s+/);
  if (lines.length > 2 || !lines.every((line) => /^[0-9a-f]{64}$/i.test(line)))
    throw new WrongKey(
      `${file} does not hold a secret key (64 hexadecimal digits): bring the right file back; it is kept apart from backups. If there never was another, delete it and a key is made. ${ifLost}`,
    );
  const [newest, ...older] = lines.map((line) => new Uint8Array(Buffer.from(line, 'hex')));
  return [newest!, ...older];
}

/** So many credentials, and secrets of webhooks, are tried at a start: one that opens says that the key is the right one. */
const triedCredentials = 20;

/**
 * The keys of the file, once it is clear that they are those of this database: begun with another key, credentials would fail one by one, and new
 * ones would be sealed with the wrong one.
 */
export async function keysFor(store: Pick<Store, 'db'>, file: string): Promise<[Uint8Array, ...Uint8Array[]]> {
  const { rows: sealed } = await sql<{ owner: string; bytes: Uint8Array }>`
    (select organization_id || '/' || id as owner, secrets as bytes from connection where secrets is not null order by updated_at desc limit ${triedCredentials})
    union all (select organization_id || '/' || id, secret from webhook_endpoint order by created_at desc limit ${triedCredentials})`.execute(
    store.db,
  );
  const factor = await store.db.selectFrom('auth_two_factor').select('id').limit(1).executeTakeFirst();
  if ((sealed.length > 0 || factor) && !existsSync(file))
    throw new WrongKey(
      `The key file ${file} is missing, and what its key alone opens is stored: bring it back, or set FAKTURIST_SECRET_KEY_FILE to where it is. ${ifLost}`,
    );
  const keys = loadKeys(file);
  const vault = createVault(...keys);
  if (sealed.length > 0 && !sealed.some(({ owner, bytes }) => opens(vault, owner, bytes)))
    throw new WrongKey(
      `The key in ${file} is not the one that the stored credentials were sealed with: bring that file back, or set FAKTURIST_SECRET_KEY_FILE to where it is. ${ifLost}`,
    );
  return keys;
}

function opens(vault: Vault, owner: string, sealed: Uint8Array): boolean {
  try {
    vault.open(owner, sealed);
    return true;
  } catch {
    return false;
  }
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

type Sealed = { table: string; column: string; organizationId: string; id: string; owner: string; bytes: Uint8Array };

/** Every sealed value, found by its column: they belong to an organization and a row, and that is what they were sealed for. */
async function* sealedValues(tx: Tx): AsyncGenerator<Sealed> {
  const { rows: columns } = await sql<{ table: string; column: string }>`
    select c.table_name as table, c.column_name as column from information_schema.columns c
    where c.table_schema = 'public' and c.udt_name = 'bytea' and c.table_name <> 'file_chunk'
      and (select count(*) from information_schema.columns o where o.table_schema = 'public' and o.table_name = c.table_name and o.column_name in ('organization_id', 'id')) = 2
    order by c.table_name = 'connection', 1, 2`.execute(tx);
  for (const { table, column } of columns) {
    const { rows } = await sql<{ organization_id: string; id: string; bytes: Uint8Array }>`
      select organization_id, id, ${sql.ref(column)} as bytes from ${sql.table(table)} where ${sql.ref(column)} is not null order by id`.execute(
      tx,
    );
    for (const { organization_id, id, bytes } of rows)
      yield { table, column, organizationId: organization_id, id, owner: `${organization_id}/${id}`, bytes };
  }
}

const keep = (tx: Tx, { table, column, organizationId, id }: Sealed, bytes: Uint8Array | null) =>
  sql`update ${sql.table(table)} set ${sql.ref(column)} = ${bytes} where organization_id = ${organizationId} and id = ${id}`.execute(tx);

/** Seals everything anew under the newest key, all or nothing. Returns how many; a value that opens with no key throws `WrongKey`. */
export async function sealAnew(tx: Tx, vault: Vault): Promise<number> {
  let sealed = 0;
  for await (const value of sealedValues(tx)) {
    if (!opens(vault, value.owner, value.bytes))
      throw new WrongKey(
        `${value.column} of ${value.table} ${value.id} opens with no key of the key file: bring back the key it was sealed with. ${ifLost}`,
      );
    const values = Object.fromEntries(
      Object.entries(vault.open(value.owner, value.bytes)).map(([name, secret]) => [name, secret.reveal()]),
    );
    await keep(tx, value, vault.seal(value.owner, values));
    sealed++;
  }
  return sealed;
}

/** How many sealed values open with no key, by table. */
export async function unopened(tx: Tx, vault: Vault): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const { table, owner, bytes } of sealedValues(tx)) if (!opens(vault, owner, bytes)) found[table] = (found[table] ?? 0) + 1;
  return found;
}

/**
 * The key is lost: what opens with none is forgotten. Its connections rest until a person has typed their credentials again, webhooks are
 * switched off until they are made anew. Returns how many values were forgotten.
 */
export async function forgetUnopened(tx: Tx, vault: Vault, now: Date): Promise<number> {
  let forgotten = 0;
  for await (const value of sealedValues(tx)) {
    if (opens(vault, value.owner, value.bytes)) continue;
    const { table, organizationId, id, owner } = value;
    // A webhook's secret may not be empty: one that nobody knows.
    await keep(tx, value, table === 'webhook_endpoint' ? vault.seal(owner, { secret: randomBytes(32).toString('base64') }) : null);
    if (table === 'webhook_endpoint')
      await tx.updateTable(table).set({ active: false }).where('organization_id', '=', organizationId).where('id', '=', id).execute();
    if (table === 'connection')
      await tx
        .updateTable(table)
        .set({ status: 'paused', memory: json({}), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', id)
        .where('status', '<>', 'removed')
        .execute();
    await audit(tx, organizationId, 'command line', now, [
      { action: 'credentials forgotten', entity: table === 'webhook_endpoint' ? 'webhook' : table, entityId: id },
    ]);
    forgotten++;
  }
  return forgotten;
}
