import type { Loose } from '../../src/testkit/loose.ts';
import type { Life, World } from './world.ts';

/** A seller of a world: its organization, what lies outside of it, and what its people do. */
export type Seller = {
  readonly kind: string;
  readonly organizationId: string;
  /** One thing happens at this seller: outside, or at a screen. */
  act(life: Life): Promise<void>;
  /** What its outside does by itself when time has passed. */
  tick?(): Promise<void>;
  /** Its outside systems are well again, and calls that were not taken are made again. */
  heal(life: Life): Promise<void>;
  /** What its people are asked besides documents. Returns how many things were done. */
  tend?(life: Life): Promise<number>;
  /** Is a document with our reference held by its provider? What a person would look up before saying so. */
  holds?(reference: string): Promise<boolean>;
  /** Orders that were paid outside and must not be lost. */
  paid(): Sold[] | Promise<Sold[]>;
  /** What only this seller's outside can tell; each problem a sentence. */
  judge(): Promise<string[]>;
  close(): Promise<void>;
};

export type Sold = { externalId: string; connectionId?: string; gross?: string };

export async function control(url: string, method: string, path: string, body?: unknown): Promise<Loose> {
  const response = await fetch(`${url}/__sim/${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return /^[[{"]/.test(text) ? JSON.parse(text) : text;
}

export type Makes = (world: World, life: Life, n: number) => Promise<Seller>;

/** What came back, or a sentence of what was refused: a set-up that fails is a mistake of the campaign. */
export function good<T extends object>(result: T | { findings: unknown }, what: string): Exclude<T, { findings: unknown }> {
  if (
    'findings' in result &&
    Array.isArray(result.findings) &&
    result.findings.length > 0 &&
    !('connection' in result) &&
    !('series' in result)
  )
    throw new Error(`${what}: ${JSON.stringify(result.findings)}`);
  return result as Exclude<T, { findings: unknown }>;
}

export const mailSettings = (world: World) => ({
  host: world.mailbox.host,
  port: world.mailbox.port,
  security: 'none' as const,
  user: '',
  fromName: 'Sklep',
  fromAddress: 'sklep@example.com',
});

export const said = (result: Awaited<ReturnType<World['on']>>): string =>
  'done' in result ? String(result.done) : 'died' in result ? 'the process died' : `failed: ${result.failed.message.slice(0, 200)}`;
