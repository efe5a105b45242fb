import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Secret } from '../contract/secret.ts';

/** Credentials at rest: AES-256-GCM, one key per installation, bound to the organization and the row they belong to. */
export type Vault = {
  seal(owner: string, secrets: Record<string, string>): Uint8Array;
  open(owner: string, sealed: Uint8Array | null): Record<string, Secret>;
};

const version = 1;

export function createVault(key: Uint8Array): Vault {
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

/** Reads the key file (hex, 64 digits), making it on the first start. */
export function loadKey(file: string): Uint8Array {
  if (!existsSync(file)) {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another process of the same installation made it at this moment: its key is the key.
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new Error(`${file} does not hold a secret key (64 hexadecimal digits)`);
  return Buffer.from(text, 'hex');
}
