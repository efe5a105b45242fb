import { expect, test } from 'vitest';
import { readPdf } from '../testkit/read-pdf.ts';
import { breaksTable } from './completeness.ts';
import { sheetPdf } from './sheet-pdf.ts';

/** The sheet on paper says the same as the one on the screen, in the reader's language, whatever strangers are called. */
const empty = {
  from: '2026-11-01',
  to: '2026-11-30',
  orders: 12,
  ordersWithoutNeed: 2,
  documents: 10,
  breaks: [],
  more: false,
  gaps: [],
  audit: { entries: '77' },
};

test('an empty sheet is the proof', () => {
  const { text } = readPdf(sheetPdf({ connectors: new Map() }, { name: 'Sklep' }, empty, 'pl', new Date('2026-12-01T08:00:00Z')));
  expect(text).toContain('Arkusz kompletności 2026-11-01 – 2026-11-30');
  expect(text).toContain('Niczego nie brakuje');
});

test('breaks, gaps and a broken trail are told; a name is never markup', () => {
  const sheet = {
    ...empty,
    breaks: [
      {
        step: 'document' as const,
        code: 'NO_DOCUMENT',
        orderNumber: 'A-1',
        day: '2026-11-02',
        buyer: '#strong[Őri] $x$ "Kft."',
        gross: '10.00',
        currency: 'HUF',
        causes: [],
      },
    ],
    gaps: [{ series: 'SZ', period: '2026', from: '3', to: '4' }],
    audit: { entries: '77', brokenAt: '5' },
  };
  const { text } = readPdf(sheetPdf({ connectors: new Map() }, { name: 'Bolt' }, sheet, 'hu', new Date('2026-12-01T08:00:00Z')));
  expect(text).toContain('#strong[Őri] $x$');
  expect(text).toContain('Az eladásnak nincs bizonylata.');
  expect(text).toContain('SZ 2026, 3–4');
  expect(text).toContain('a lánc megszakad');
  expect(text).not.toContain('Semmi sem hiányzik');
});

test('a sheet of more breaks than it lists says so, on paper and as a table', () => {
  const one = {
    step: 'document' as const,
    code: 'NO_DOCUMENT',
    day: '2026-11-02',
    buyer: 'Jan',
    gross: '10.00',
    currency: 'PLN',
    causes: [],
  };
  const sheet = { ...empty, breaks: [one, one, one], more: true };
  const { text } = readPdf(sheetPdf({ connectors: new Map() }, { name: 'Sklep' }, sheet, 'pl', new Date('2026-12-01T08:00:00Z')));
  expect(text).toContain('3+');
  expect(breaksTable(sheet).at(-1)).toContain('MORE');
  expect(breaksTable({ ...sheet, more: false })).toHaveLength(4);
});
