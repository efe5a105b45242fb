import type { DocumentContent, DocumentLine } from '../domain/documents/document.ts';
import { recompute } from '../domain/totals/index.ts';

/** Invented documents for tests: small, whole, with amounts made by the domain itself. */

export type SampleLine = Pick<DocumentLine, 'name' | 'quantity' | 'unitPrice'> & Partial<DocumentLine> & { percent?: string };

const sampleDay = '2026-11-20';

function sampleLine(line: SampleLine, position: number): DocumentLine {
  const { percent = '27', ...rest } = line;
  return {
    id: `l${position}`,
    kind: 'goods',
    unit: 'db',
    rate: { category: 'S', percent, source: 'rule' },
    net: '0',
    tax: '0',
    gross: '0',
    ...rest,
  };
}

/** A forint invoice to a private buyer, paid by card; `over` replaces whole parts. */
export function sampleContent(
  over: Partial<Omit<DocumentContent, 'lines'>> & { lines?: SampleLine[]; order?: { externalId: string; channel: string } } = {},
): DocumentContent {
  const {
    lines = [
      { name: 'Napijegy', quantity: '2', unitPrice: '9000', percent: '18', sku: 'DAY' },
      { name: 'Kezelési költség', quantity: '1', unitPrice: '1800' },
    ],
    ...rest
  } = over;
  const base: DocumentContent = {
    kind: 'invoice',
    language: 'hu',
    currency: 'HUF',
    taxMethod: 'gross',
    seller: { name: 'Minta Színpad Kft.', taxIds: [], street: 'Szín utca 3.', postalCode: '1075', city: 'Budapest', country: 'HU' },
    buyer: {
      type: 'person',
      name: 'Kovács Réka',
      taxIds: [],
      street: 'Nyár utca 12.',
      postalCode: '6720',
      city: 'Szeged',
      country: 'HU',
      email: 'reka.kovacs@example.org',
    },
    saleDate: sampleDay,
    dueDate: sampleDay,
    payment: { means: 'online', rawMethod: 'simplepay', paidAt: '2026-11-20T09:13:02Z', paid: '0' },
    splitPayment: false,
    lines: lines.map(sampleLine),
    totals: { net: '0', tax: '0', gross: '0', rounding: '0', paid: '0', payable: '0', byRate: [] },
    order: { externalId: 'A-1001', channel: 'tickets' },
    notes: [],
    prepayments: [],
    message: {},
    ...rest,
  };
  const computed = recompute(base);
  if (over.payment) return computed;
  return recompute({ ...computed, payment: { ...computed.payment, paid: computed.totals.gross } });
}

/** A correction of `original` whose lines afterwards are `after`. */
export function sampleCorrection(
  original: DocumentContent,
  number: string,
  after: SampleLine[],
  reasonCode: 'return' | 'cancel' = 'return',
): DocumentContent {
  return recompute({
    ...original,
    kind: 'correction',
    lines: after.map(sampleLine),
    correction: {
      correctsId: 'original',
      number,
      issueDate: sampleDay,
      before: { lines: original.lines, totals: original.totals, buyer: original.buyer },
      reason: 'Jegyvisszaváltás',
      reasonCode,
      difference: original.totals,
    },
  });
}
