import type { DocumentContent, DocumentKind, IssuedFacts, Language } from '../domain/documents/document.ts';
import { regimeOf } from '../domain/regimes/index.ts';
import { recompute } from '../domain/totals/index.ts';
import type { Organization } from '../toissue/index.ts';

const buyers: Record<Language, { name: string; city: string; street: string; line: string; unit: string }> = {
  pl: { name: 'Anna Przykładowa', city: 'Poznań', street: 'ul. Wzorcowa 1', line: 'Kubek w kwiaty', unit: 'szt.' },
  hu: { name: 'Példa Anna', city: 'Szeged', street: 'Minta utca 1.', line: 'Virágos bögre', unit: 'db' },
  sv: { name: 'Anna Exempel', city: 'Lund', street: 'Mönstergatan 1', line: 'Blommig mugg', unit: 'st' },
  en: { name: 'Anna Example', city: 'Leeds', street: '1 Sample Street', line: 'Flowered mug', unit: 'pcs' },
};

/** An invented document of the organization: what previews show before there is a real one. */
export function exampleDocument(
  organization: Organization,
  today: string,
  kind: DocumentKind = 'invoice',
  language?: Language,
): { content: DocumentContent; issued: IssuedFacts } {
  const spoken = language ?? (organization.language as Language);
  const example = buyers[spoken];
  const percent = { PL: '23', HU: '27', SE: '25' }[organization.country] ?? '23';
  const content = recompute({
    kind: kind === 'correction' || kind === 'final' ? 'invoice' : kind,
    language: spoken,
    currency: organization.currency,
    taxMethod: 'gross',
    seller: organization.seller,
    buyer: {
      type: 'person',
      name: example.name,
      taxIds: [],
      street: example.street,
      postalCode: '00-001',
      city: example.city,
      country: regimeOf(organization.country).country,
      email: 'anna@example.com',
    },
    saleDate: today,
    issueDate: today,
    dueDate: today,
    payment: { means: 'bank_transfer', paid: '0.00' },
    splitPayment: false,
    lines: [
      {
        id: 'example',
        kind: 'goods',
        name: example.line,
        quantity: '2',
        unit: example.unit,
        unitPrice: organization.currency === 'HUF' ? '2490' : '49.90',
        rate: { category: 'S', percent, source: 'default' },
        net: '0.00',
        tax: '0.00',
        gross: '0.00',
      },
    ],
    totals: { net: '0.00', tax: '0.00', gross: '0.00', rounding: '0.00', paid: '0.00', payable: '0.00', byRate: [] },
    order: { externalId: '29738e61', number: '1024', channel: 'example', login: 'anna_p' },
    notes: [],
    prepayments: [],
    message: {},
  });
  return {
    content,
    issued: { number: `EX/1/${today.slice(5, 7)}/${today.slice(0, 4)}`, issueDate: today, issuedAt: `${today}T10:00:00Z` },
  };
}
