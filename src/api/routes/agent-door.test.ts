import { generateKeyPairSync } from 'node:crypto';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { Edge } from '../route.ts';
import { mountAgents } from './agent-door.ts';

/** The promise: whoever guesses at pairing codes waits, from wherever in his network he asks; others do not. */
test('wrong pairing codes count by network: one machine has a whole network of IPv6', async () => {
  let now = new Date('2026-11-20T09:00:00Z');
  const app = fastify();
  await mountAgents(app, { ctx: { now: () => now, log: () => undefined, store: { system: async () => undefined } } } as unknown as Edge);
  const payload = {
    code: 'AAAA-AAAA',
    publicKey: generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url'),
    machine: { os: 'linux', arch: 'x64', hostname: 'x', timezone: 'UTC' },
    agentVersion: '1',
    protocol: 1,
    capabilities: [],
  };
  const from = async (remoteAddress: string) =>
    (await app.inject({ method: 'POST', url: '/agent/v1/pair', payload, remoteAddress })).statusCode;
  try {
    for (let machine = 1; machine <= 5; machine++) expect(await from(`2001:db8:1:2::${machine}`)).toBe(404);
    expect(await from('2001:db8:1:2:ffff::6')).toBe(429);
    expect(await from('2001:db8:1:3::1')).toBe(404);
    for (let machine = 1; machine <= 5; machine++) expect(await from('192.0.2.1')).toBe(404);
    expect([await from('192.0.2.1'), await from('::ffff:192.0.2.1'), await from('192.0.2.2')]).toEqual([429, 429, 404]);
    // Tried while the clock was ahead: nobody waits longer than from now on.
    now = new Date('2026-11-19T09:00:00Z');
    expect(await from('192.0.2.1')).toBe(404);
  } finally {
    await app.close();
  }
});
