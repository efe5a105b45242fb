import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Renderer } from '../delivery/pdf/renderer.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { freshEmbedded } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import { issueAndPrint, tellMailCauses } from './issue-and-print.ts';

/** The promise: a document whose PDF cannot be made costs no other document its own; it stays issued and is named with the reason. */

const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-print-'));
let ctx: TestContext | undefined;
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await ctx?.jobs.stop();
  await ctx?.store.close();
});

test('every PDF that can be rendered is kept and written, whichever fails', async () => {
  const store = await freshEmbedded();
  ctx = await testContext(store, { work: false });
  const organizationId = await testOrganization(ctx);
  const sales = await storeSales(
    ctx,
    organizationId,
    Array.from({ length: 20 }, () => saleOrder()),
  );
  const failing = new Set([1, 9, 19]);
  let rendered = 0;
  const renderer: Renderer = {
    render: async ({ issued }) => {
      if (failing.has(rendered++)) throw new Error('no room on the page');
      return Buffer.from(`%PDF ${issued?.number}`);
    },
    close: async () => {},
  };
  const said: string[] = [];
  const bar = { at: () => {}, end: () => {} };
  const out = { asJson: false, say: (line: string) => said.push(line), table: () => {}, result: () => {}, progress: () => bar };
  const who = { organizationId, actor: 'test' };
  const ids = sales.map((sale) => sale.documentId);
  const made = await issueAndPrint(ctx, who, ids, { issue: true, mail: false, pdfFolder: folder }, out as never, renderer);
  expect(made.filter((one) => one.outcome === 'issued')).toHaveLength(20);
  expect(made.flatMap((one) => one.pdfFailed ?? [])).toEqual(Array(3).fill('no room on the page'));
  expect(readdirSync(folder)).toHaveLength(17);
  const kept = await store.org(organizationId, (tx) =>
    tx.selectFrom('document').select('id').where('organization_id', '=', organizationId).where('pdf_file_id', 'is not', null).execute(),
  );
  expect(kept).toHaveLength(17);
});

test('why a mail did not leave is told once a cause, with the address in its words', () => {
  const said: string[] = [];
  const masked = (to: string) => ({ id: to, outcome: 'issued' as const, mail: [{ to, status: 'held', cause: 'mail_address_masked' }] });
  tellMailCauses([masked('a@allegromail.pl'), masked('b@allegromail.pl')], { say: (line: string) => said.push(line) } as never);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^Mail: a@allegromail\.pl is a stand-in address/);
  expect(said[0]).not.toContain('{');
});
