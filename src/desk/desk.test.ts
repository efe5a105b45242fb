import { expect, test } from 'vitest';
import type { DocumentContent } from '../domain/documents/document.ts';
import { createVault } from '../store/index.ts';
import { bringsTaxIdToReceipt, mailedLink, openLink } from './index.ts';

/** The promise: no way through the desk leads from a receipt without a tax id to a document for a company (art. 106b(5)). */
const content = (more: object) => ({ seller: { country: 'PL' }, buyer: { taxIds: [] }, ...more }) as unknown as DocumentContent;
const party = { taxIds: [{ scheme: 'PL:NIP', value: '9991002009' }] };

test('neither a receipt nor the invoice that followed it becomes a company’s afterwards', () => {
  const receipt = { number: '7/A', withTaxId: false };
  expect(bringsTaxIdToReceipt({ kind: 'receipt', content: content({}) }, { party })).toBe(true);
  expect(bringsTaxIdToReceipt({ kind: 'invoice', content: content({ receipt }) }, { party })).toBe(true);
  expect(bringsTaxIdToReceipt({ kind: 'invoice', content: content({ receipt: { ...receipt, withTaxId: true } }) }, { party })).toBe(false);
  expect(bringsTaxIdToReceipt({ kind: 'invoice', content: content({}) }, { party })).toBe(false);
  expect(bringsTaxIdToReceipt({ kind: 'receipt', content: content({}) }, { party: { taxIds: [] } })).toBe(false);
});

test('a mail bears the link of its document where buyers reach the installation, and none to their own machine', () => {
  const ctx = { vault: createVault(Buffer.alloc(32, 7)), now: () => new Date('2026-11-20T10:00:00Z'), publicUrl: 'https://shop.example' };
  const link = { organizationId: 'o', documentId: 'd' };
  const url = mailedLink({ ...ctx, buyerLinks: true }, link)!;
  expect(url).toMatch(/^https:\/\/shop\.example\/buyer\//);
  expect(openLink(ctx, url.split('/').at(-1)!)).toEqual(link);
  expect(mailedLink({ ...ctx, publicUrl: 'http://127.0.0.1:8080', buyerLinks: false }, link)).toBeUndefined();
});
