import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { memorySource, tryAlone, trySources } from '../src/intake/index.ts';
import { allConnectors } from '../src/open.ts';
import { imaginedOrganization } from '../src/toissue/index.ts';
import { root } from './fakturist.ts';

/**
 * The promise: every sample file of the contract gives the whole of its expected result, sums and issues of each order included, in the
 * shape in which `import --json` prints it.
 */

const shared = path.join(root, '../shared/contracts/allegro/data');
const samples = existsSync(shared) ? readdirSync(shared).filter((name) => /\.(xml|csv)$/.test(name)) : [];
const ctx = { connectors: await allConnectors(), now: () => new Date('2026-11-20T10:00:00Z') };
const seller = imaginedOrganization({ name: 'Sklep', country: 'PL', seller: { company: 'Sklep', country: 'PL', taxIds: [] } });

async function reportOf(...names: string[]) {
  const sources = names.map((name) => memorySource(name, readFileSync(path.join(shared, name))));
  const options = { kind: 'auto' as const, defaultVatRate: '23' };
  return trySources(sources, (source, tried) => tryAlone(ctx, seller, { connector: 'allegro-file', source, options }, {}, tried));
}
const expectedOf = (name: string) => JSON.parse(readFileSync(path.join(shared, 'expected', `${name.split('.')[0]}.json`), 'utf8'));

describe.skipIf(samples.length === 0)('the sample files of the contract', () => {
  test.each(samples)('%s', async (name) => {
    const expected = expectedOf(name);
    const { files, count, sumTotalGross, byDocument, rejected, fileWarnings, orders } = await reportOf(name);
    expect(files.map((file) => file.totalAgrees ?? true)).toEqual([true]);
    expect({ count, sumTotalGross, byDocument, rejected, fileWarnings, orders }).toEqual({ rejected: [], fileWarnings: [], ...expected });
  });

  test('all at once are the sum of them', async () => {
    const report = await reportOf(...samples);
    const expected = samples.map(expectedOf);
    expect(report.count).toBe(expected.reduce((sum, one) => sum + one.count, 0));
    const minor = (amount: string) => BigInt(amount.replace('.', ''));
    expect(minor(report.sumTotalGross as string)).toBe(expected.reduce((sum, one) => sum + minor(one.sumTotalGross), 0n));
  });
});
