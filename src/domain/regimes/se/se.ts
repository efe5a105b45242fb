import { type Day, dayOfLaterMonth } from '../../days/day.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { type Finding, hold } from '../../finding.ts';
import { type DeadlineFacts, type RateDefinition, type Regime, saleDay, type Texts } from '../regime.ts';
import { vies } from '../register.ts';
import { checkRegistrationNumber, classifyTaxId, isBankgiro, isPlusgiro } from './identifiers.ts';

const percentLabel = (percent: string): Texts => ({ pl: `${percent}%`, en: `${percent}%`, hu: `${percent}%`, sv: `${percent} %` });

const rates: RateDefinition[] = [
  ...['25', '12', '6'].map((percent): RateDefinition => ({ key: percent, category: 'S', percent, label: percentLabel(percent) })),
  { key: 'E', category: 'E', percent: '0', label: { sv: 'momsfri', en: 'exempt', pl: 'zwolnione', hu: 'adómentes' }, needsReason: true },
  {
    key: 'K',
    category: 'K',
    percent: '0',
    label: { sv: 'EU-varor', en: 'EU goods', pl: 'towary do UE', hu: 'EU-termék' },
    reason: 'Unionsintern varuförsäljning, undantag från skatteplikt',
  },
  {
    key: 'G',
    category: 'G',
    percent: '0',
    label: { sv: 'export', en: 'export', pl: 'eksport', hu: 'export' },
    reason: 'Export utanför EU, undantag från skatteplikt',
  },
  {
    key: 'AE',
    category: 'AE',
    percent: '0',
    label: { sv: 'omvänd betalningsskyldighet', en: 'reverse charge', pl: 'odwrotne obciążenie', hu: 'fordított adózás' },
    reason: 'Omvänd betalningsskyldighet',
  },
  {
    key: 'Z',
    category: 'Z',
    percent: '0',
    label: { sv: '0 %', en: '0%', pl: '0%', hu: '0%' },
  },
  {
    key: 'O',
    category: 'O',
    label: { sv: 'utanför moms', en: 'outside VAT', pl: 'poza VAT', hu: 'áfa hatályán kívül' },
    reason: 'Omfattas inte av moms',
  },
];

function issueDeadline(facts: DeadlineFacts): { latest?: Day } {
  const abroad = facts.treatment === 'intra_community' || facts.treatment === 'reverse_charge';
  return abroad ? { latest: dayOfLaterMonth(facts.saleDate, 1, 15) } : {};
}

function validateForIssue(content: DocumentContent): Finding[] {
  const findings: Finding[] = [];
  const { bankgiro, plusgiro } = content.seller;
  if (bankgiro && !isBankgiro(bankgiro)) findings.push(hold('H_ACCOUNT_INVALID', 'seller.bankgiro', { value: bankgiro }));
  if (plusgiro && !isPlusgiro(plusgiro)) findings.push(hold('H_ACCOUNT_INVALID', 'seller.plusgiro', { value: plusgiro }));
  return findings;
}

export const sweden: Regime = {
  country: 'SE',
  language: 'sv',
  accountingCurrency: 'SEK',
  zone: 'Europe/Stockholm',
  taxIdScheme: 'SE:ORGNR',
  // The company's ten digits and 01 (ML 17 kap. 24 §: it stands on every taxed sale).
  euNumber: { of: (orgnr) => `SE${orgnr.replace(/\D/g, '').slice(-10)}01`, asked: 'taxed' },
  rates,
  exemptBases: [{ id: 'ML-10', text: 'Undantag från skatteplikt enligt 10 kap. mervärdesskattelagen' }],
  checkTaxId: checkRegistrationNumber,
  classifyTaxId,
  titles: { en: { correction: 'Credit note', cancellation: 'Credit note' } },
  // To the end of the seventh year after the calendar year in which the financial year ended.
  retention: { years: 7, from: 0, law: 'Bokföringslagen (1999:1078) 7 kap. 2 §' },
  issueDeadline,
  companyRegister: vies('SE', (value) => sweden.euNumber.of(value).slice(2), /\d{3} ?\d{2}/),
  reverseChargeAtHome: 'AE',
  outsideUnion: 'O',
  // ML 17 kap. 24 § wants it on what a business must receive; a private person knows the price with its tax.
  netUnitPrices: 'companies',
  taxPoint: saleDay,
  exchangeRateDay: ({ taxPoint }) => ({ day: taxPoint, source: 'Riksbanken' }),
  validateForIssue,
};
