import type { FolderDocument } from '../../src/contract/folder.ts';
import type { EppDocument, RateRow } from '../../src/domain/formats/epp/index.ts';
import { inZloty, totalsForBooks } from '../../src/domain/formats/jpk/register.ts';
import { fromMinor } from '../../src/domain/money/money.ts';
import { rateOf } from './facts.ts';
import type { SubiektSettings } from './settings.ts';

/** Receipts summed day by day and rate by rate (EPP §7, §9): what stays in memory is a handful of sums for each day. */
type Sums = Map<string, { rate: string; net: bigint; tax: bigint; gross: bigint }>;

export function receiptsByDay(settings: SubiektSettings) {
  const days = new Map<string, Sums>();
  return {
    add(document: FolderDocument): undefined {
      const { content } = document;
      const day = document.issueDate ?? content.issueDate ?? content.saleDate!;
      const sums: Sums = days.get(day) ?? new Map();
      days.set(day, sums);
      for (const row of totalsForBooks(content).byRate) {
        const { symbol, rate } = rateOf(row);
        const known = sums.get(symbol) ?? { rate, net: 0n, tax: 0n, gross: 0n };
        const [tax, gross] = [inZloty(row.tax, content), inZloty(row.gross, content)];
        sums.set(symbol, { rate, net: known.net + gross - tax, tax: known.tax + tax, gross: known.gross + gross });
      }
      return undefined;
    },
    *reports(): Generator<EppDocument> {
      for (const [day, sums] of [...days].sort(([a], [b]) => (a < b ? -1 : 1))) yield report(day, sums, settings);
    },
  };
}

function report(day: string, sums: Sums, settings: SubiektSettings): EppDocument {
  const zloty = (minor: bigint) => fromMinor(minor, 'PLN');
  const rates = [...sums].map(
    ([symbol, { rate, net, tax, gross }]): RateRow => ({ symbol, rate, net: zloty(net), tax: zloty(tax), gross: zloty(gross) }),
  );
  const all = [...sums.values()];
  const total = (of: 'net' | 'tax' | 'gross') => zloty(all.reduce((sum, row) => sum + row[of], 0n));
  return {
    report: {
      type: 'RF',
      status: '1',
      number: `RD ${day}`,
      category: settings.category,
      categorySubtitle: settings.categorySubtitle,
      issueDay: day,
      periodFrom: day,
      periodTo: day,
      net: total('net'),
      tax: total('tax'),
      gross: total('gross'),
      device: 'Fakturist',
    },
    rates,
    extras: {},
  };
}
