import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** Pairing codes and the agent's key pair (contract AGENT §3). Chance comes in as an argument; keys come from the system's generator. */

/** 32 letters and digits without look-alikes: no 0 O, 1 I. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const codeLength = 8;

/** `K7QF-92MX`; `bytes` are random, one a letter: 256 is a multiple of 32, so each letter is as likely as the other. */
export function codeFrom(bytes: Uint8Array): string {
  const letters = [...bytes.subarray(0, codeLength)].map((byte) => alphabet[byte % alphabet.length]!);
  if (letters.length !== codeLength) throw new Error(`a code needs ${codeLength} random bytes`);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}

/** As people type it: small letters, spaces, a missing hyphen. Undefined when it cannot be a code. */
export function readCode(typed: string): string | undefined {
  const bare = typed.toUpperCase().replace(/[\s-]+/g, '');
  if (bare.length !== codeLength || [...bare].some((letter) => !alphabet.includes(letter))) return undefined;
  return `${bare.slice(0, 4)}-${bare.slice(4)}`;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

function publicKeyOf(base64url: string): KeyObject {
  const raw = Buffer.from(base64url, 'base64url');
  if (raw.length !== 32) throw new Error('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

export type AgentKey = { publicKey: string; privatePem: string };

export function newKey(): AgentKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length).toString('base64url'),
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/** What people compare on both screens: eight groups of four. */
export function fingerprintOf(publicKey: string): string {
  return hashOf(publicKey).slice(0, 32).match(/.{4}/g)!.join(' ');
}

const assertionSchema = z.object({
  agentId: z.uuid(),
  nonce: z.string().min(16).max(64),
  iat: z.number().int(),
  use: z.enum(['token', 'rotate']),
});
type Assertion = z.infer<typeof assertionSchema>;

/** Claims and signature, both base64url, parted by a dot. `iat` in seconds. */
export function signAssertion(claims: Assertion, privatePem: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${body}.${sign(null, Buffer.from(body), createPrivateKey(privatePem)).toString('base64url')}`;
}

/** The claims as they are said, unproven: to find whose key proves them. */
export function readAssertion(assertion: string): Assertion | undefined {
  try {
    return assertionSchema.safeParse(JSON.parse(Buffer.from(assertion.split('.')[0]!, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

export function provesKey(assertion: string, publicKey: string): boolean {
  const [body, signature, ...more] = assertion.split('.');
  if (!body || !signature || more.length > 0) return false;
  try {
    return verify(null, Buffer.from(body), publicKeyOf(publicKey), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
