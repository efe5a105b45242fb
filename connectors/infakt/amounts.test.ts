import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { correct } from '../../src/domain/documents/index.ts';
import { divide, fromMinor, scaled, toMinor } from '../../src/domain/money/money.ts';
import { recompute } from '../../src/domain/totals/index.ts';
import { sampleContent } from '../../src/testkit/documents.ts';
import { heldOf } from './answers.ts';
import { manifest } from './manifest.ts';
import { correctionRequest, invoiceRequest } from './mapper.ts';
import { preflight } from './preflight.ts';
import { settingsOf } from './settings.ts';

/**
 * The promise: what a document says of its tax here is what inFakt makes of it, to the hundredth, whatever its prices, discounts and
 * currency; of its corrections too. inFakt's arithmetic is written down once more here (contract §8.4).
 */
type Service = { tax_symbol: string; quantity: number; gross_price?: number; unit_net_price?: number; correction?: boolean };

function amountsOf(services: Service[]) {
  const byRate = new Map<string, { net: bigint; tax: bigint; gross: bigint }>();
  const pairs = services.some((service) => service.correction !== undefined);
  for (const service of services) {
    const percent = /^\d+$/.test(service.tax_symbol) ? BigInt(service.tax_symbol) : 0n;
    const quantity = scaled(String(service.quantity));
    const fromNet = service.unit_net_price !== undefined;
    const net = fromNet
      ? divide(BigInt(service.unit_net_price!) * quantity.value, 10n ** BigInt(quantity.scale))
      : divide(BigInt(service.gross_price!) * 100n, 100n + percent);
    const tax = fromNet ? divide(net * percent, 100n) : BigInt(service.gross_price!) - net;
    const sign = pairs && !service.correction ? -1n : 1n;
    const known = byRate.get(service.tax_symbol) ?? { net: 0n, tax: 0n, gross: 0n };
    byRate.set(service.tax_symbol, {
      net: known.net + sign * net,
      tax: known.tax + sign * tax,
      gross: known.gross + sign * (net + tax),
    });
  }
  return shown([...byRate].map(([symbol, row]) => [symbol, row.net, row.tax, row.gross]));
}

function shown(rows: [string, bigint, bigint, bigint][]): string[] {
  return rows
    .filter(([, ...amounts]) => amounts.some((amount) => amount !== 0n))
    .map((row) => row.join(' '))
    .sort();
}

function ours(totals: DocumentContent['totals'], currency: string): string[] {
  const minor = (amount: string) => toMinor(amount, currency);
  return shown(
    totals.byRate.map((row) => [row.category === 'E' ? 'zw' : (row.percent ?? '0'), minor(row.net), minor(row.tax), minor(row.gross)]),
  );
}

const settings = settingsOf({ exemption: '1' }, {});
const days = { today: '2026-11-20' };
const requestOf = (content: DocumentContent) => ({
  reference: 'fk:1',
  kind: content.kind,
  content,
  issueDate: '2026-11-20',
  settings: {},
  mapped: { payment_method: 'card' },
  original: { number: '1/11/2026', kind: 'invoice' as const, providerId: 'invoices/u1' },
});

const cents = (min: number, max: number) => fc.integer({ min, max }).map((n) => fromMinor(BigInt(n), 'PLN'));
const goods = fc.record({
  unitPrice: cents(1, 40_000),
  quantity: fc.constantFrom('1', '2', '3', '7', '0.5', '1.25'),
  percent: fc.constantFrom('23', '23', '8', '5'),
});
const discounts = fc.array(fc.record({ unitPrice: cents(-300, -1), spread: fc.constantFrom('proportional', 'dominant') }), {
  maxLength: 2,
});

const documents = fc
  .record({
    goods: fc.array(goods, { minLength: 1, maxLength: 12 }),
    discounts,
    taxMethod: fc.constantFrom('gross' as const, 'net' as const),
    currency: fc.constantFrom('PLN', 'EUR', 'HUF'),
  })
  .map(({ goods: lines, discounts: lowered, taxMethod, currency }) => {
    const base = sampleContent({ currency, lines: lines.map((line, i) => ({ name: `n${i}`, unit: 'szt.', ...line })) });
    const less = lowered.map((discount, i) => ({
      ...base.lines[0]!,
      id: `discount-${i}`,
      kind: 'discount' as const,
      name: 'Rabat',
      quantity: '1',
      rate: undefined,
      ...discount,
    })) as DocumentContent['lines'];
    return recompute({ ...base, taxMethod, taxRounding: manifest.taxRounding, lines: [...base.lines, ...less] });
  });

const servicesOf = (body: Record<string, Record<string, unknown>>) => Object.values(body)[0]!.services as Service[];

test('what an invoice says of its tax here is what inFakt makes of it', () => {
  fc.assert(
    fc.property(documents, (content) => {
      const request = requestOf(content);
      if (preflight(request, settings, {}).some((f) => f.code === 'infakt.discount')) return;
      expect(amountsOf(servicesOf(invoiceRequest(request, settings, days)))).toEqual(ours(content.totals, content.currency));
      // Parts and whole agree, and nothing moves when it is worked out again.
      for (const field of ['net', 'tax', 'gross'] as const) {
        const total = content.lines.reduce((sum, line) => sum + toMinor(line[field], content.currency), 0n);
        expect(total).toBe(toMinor(content.totals[field], content.currency));
      }
      for (const line of content.lines)
        expect(toMinor(line.net, content.currency) + toMinor(line.tax, content.currency)).toBe(toMinor(line.gross, content.currency));
      expect(recompute(content)).toEqual(content);
    }),
    { numRuns: 300 },
  );
});

test('so does each correction of it, and a correction of that', () => {
  const steps = fc.array(fc.record({ line: fc.nat(11), quantity: fc.constantFrom('0', '1', '0.5') }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(documents, steps, (content, changes) => {
      const original = { id: 'o', number: '1/11/2026', issueDate: '2026-11-20', content };
      let last: typeof original | undefined;
      for (const { line, quantity } of changes) {
        const id = content.lines[line % content.lines.length]!.id;
        const made = correct(original, last, { reason: 'zwrot', reasonCode: 'return', lines: [{ lineId: id, quantity }] });
        if ('refused' in made) continue;
        const request = requestOf(made.content);
        if (preflight(request, settings, {}).some((f) => f.level === 'hold' && f.code !== 'infakt.no_difference')) return;
        const held = heldOf('invoices', { uuid: 'u1', number: '1/11/2026', currency: content.currency, services: [] })!;
        expect(amountsOf(servicesOf(correctionRequest(request, settings, days, held)))).toEqual(
          ours(made.content.correction!.difference, content.currency),
        );
        last = { id: 'c', number: '1/KOR/11/2026', issueDate: '2026-11-21', content: made.content };
      }
    }),
    { numRuns: 300 },
  );
});

test('three lines of 0.99 at 23 percent bear 0.57 of tax, as inFakt prints it; taken out of their sum it would be 0.56', () => {
  const base = sampleContent({
    currency: 'PLN',
    lines: [1, 2, 3].map((i) => ({ name: `n${i}`, unit: 'szt.', quantity: '1', unitPrice: '0.99', percent: '23' })),
  });
  expect(recompute({ ...base, taxRounding: manifest.taxRounding }).totals).toMatchObject({ net: '2.40', tax: '0.57', gross: '2.97' });
  expect(recompute(base).totals).toMatchObject({ net: '2.41', tax: '0.56', gross: '2.97' });
});
