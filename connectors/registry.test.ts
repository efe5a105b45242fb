import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeConnector } from '../scripts/new-connector.ts';
import { registrySource } from '../scripts/registry.ts';
import { connectors } from './registry.ts';

/** The promise: the list of connectors is the folder, and an id means one connector everywhere. */
describe('registry', () => {
  it('is what the folder says; otherwise run `npm run registry`', () => {
    expect(readFileSync(new URL('registry.ts', import.meta.url), 'utf8')).toBe(registrySource());
  });

  it('knows each connector by the id of its manifest, which is the name of its folder', () => {
    expect(Object.keys(connectors).length).toBeGreaterThan(1);
    for (const [id, connector] of Object.entries(connectors)) expect(connector.manifest.id).toBe(id);
  });
});

describe('a new connector', () => {
  it('gets a whole folder that the registry takes up, once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'connectors-'));
    try {
      expect(makeConnector('my-shop', folder)).toBeUndefined();
      expect(readdirSync(join(folder, 'my-shop')).sort()).toEqual(['NOTES.md', 'connector.ts', 'help', 'manifest.ts', 'my-shop.test.ts']);
      expect(readdirSync(join(folder, 'my-shop', 'help')).sort()).toEqual(['en.md', 'hu.md', 'pl.md', 'sv.md']);
      expect(registrySource(folder)).toContain("'my-shop': myShop,");
      expect(makeConnector('my-shop', folder)).toContain('exists already');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['', 'My-Shop', '../evil', 'a_b', '-a', 'a--b'])('refuses the id %j', (id) => {
    expect(makeConnector(id, tmpdir())).toContain('an id is');
  });
});
