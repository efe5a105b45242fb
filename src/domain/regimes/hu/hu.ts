import { addDays, type Day, dayOfLaterMonth } from '../../days/day.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { type Finding, hold } from '../../finding.ts';
import { toMinor } from '../../money/money.ts';
import { exchanged } from '../../totals/rounding.ts';
import { type DeadlineFacts, type RateDefinition, type Regime, saleDay, type Texts } from '../regime.ts';
import { vies } from '../register.ts';
import { checkAdoszam, classifyTaxId } from './identifiers.ts';

const percentLabel = (percent: string): Texts => ({ pl: `${percent}%`, en: `${percent}%`, hu: `${percent}%`, sv: `${percent} %` });
const label = (key: string, hu: string, en: string, pl: string, sv: string): Texts => ({
  hu: `${key} – ${hu}`,
  en: `${key} – ${en}`,
  pl: `${key} – ${pl}`,
  sv: `${key} – ${sv}`,
});
const without = (key: string, category: RateDefinition['category'], reason: string, texts: Texts): RateDefinition => ({
  key,
  category,
  percent: category === 'O' ? undefined : '0',
  label: texts,
  reason,
});

/** The first of a category is what category alone leads to; the others are told apart by their key. */
const rates: RateDefinition[] = [
  ...['27', '18', '5'].map((percent): RateDefinition => ({ key: percent, category: 'S', percent, label: percentLabel(percent) })),
  { key: '0', category: 'Z', percent: '0', label: percentLabel('0') },
  without(
    'AAM',
    'E',
    'Alanyi adómentes',
    label('AAM', 'alanyi adómentes', 'small business exemption', 'zwolnienie podmiotowe', 'småföretagsundantag'),
  ),
  without(
    'TAM',
    'E',
    'Tárgyi adómentes',
    label('TAM', 'tárgyi adómentes', 'exempt activity', 'zwolnienie przedmiotowe', 'undantagen verksamhet'),
  ),
  without(
    'K.AFA',
    'E',
    'Különbözet szerinti szabályozás',
    label('K.AFA', 'különbözeti adózás', 'margin scheme', 'procedura marży', 'vinstmarginalbeskattning'),
  ),
  without(
    'KBAET',
    'K',
    'Közösségen belüli adómentes termékértékesítés',
    label('KBAET', 'közösségi értékesítés', 'intra-EU supply', 'dostawa wewnątrzunijna', 'EU-leverans'),
  ),
  without(
    'KBAUK',
    'K',
    'Új közlekedési eszköz közösségen belüli értékesítése',
    label('KBAUK', 'új közlekedési eszköz', 'new means of transport', 'nowy środek transportu', 'nytt transportmedel'),
  ),
  without('EAM', 'G', 'Adómentes termékexport', label('EAM', 'termékexport', 'export of goods', 'eksport towarów', 'export av varor')),
  without(
    'NAM',
    'G',
    'Adómentes nemzetközi ügylet',
    label('NAM', 'egyéb nemzetközi ügylet', 'other international', 'inna międzynarodowa', 'annan internationell'),
  ),
  without(
    'EUFAD37',
    'AE',
    'Fordított adózás, Áfa tv. 37. §',
    label('EUFAD37', 'szolgáltatás uniós adóalanynak', 'service to EU business', 'usługa dla firmy z UE', 'tjänst till EU-företag'),
  ),
  without(
    'EUFADE',
    'AE',
    'Fordított adózás másik tagállamban',
    label(
      'EUFADE',
      'fordított adózás más tagállamban',
      'reverse charge abroad',
      'odwrotne obciążenie za granicą',
      'omvänd betalningsskyldighet utomlands',
    ),
  ),
  without(
    'F.AFA',
    'AE',
    'Fordított adózás',
    label(
      'F.AFA',
      'belföldi fordított adózás',
      'domestic reverse charge',
      'krajowe odwrotne obciążenie',
      'inhemsk omvänd betalningsskyldighet',
    ),
  ),
  without('ATK', 'O', 'Áfa tárgyi hatályán kívül', label('ATK', 'áfa hatályán kívül', 'outside VAT', 'poza VAT', 'utanför moms')),
  without('HO', 'O', 'Harmadik országban teljesített ügylet', label('HO', 'harmadik ország', 'third country', 'kraj trzeci', 'tredjeland')),
  without(
    'EUE',
    'O',
    'Másik tagállamban teljesített, nem fordított adózású ügylet',
    label('EUE', 'más tagállamban adózik', 'taxed in another member state', 'opodatkowane w innym państwie', 'beskattas i annat EU-land'),
  ),
];

/** §166: above this gross a receipt does not do. */
const receiptLimitMinor = 90_000_000n;

function issueDeadline(facts: DeadlineFacts): { latest: Day } {
  const abroad = facts.treatment === 'intra_community' || facts.treatment === 'reverse_charge';
  if (abroad) return { latest: dayOfLaterMonth(facts.saleDate, 1, 15) };
  const paidInTime = facts.paidDate !== undefined && facts.paidDate <= facts.saleDate;
  return { latest: paidInTime ? facts.saleDate : addDays(facts.saleDate, 8) };
}

function validateForIssue(content: DocumentContent): Finding[] {
  if (content.kind !== 'receipt') return [];
  const findings: Finding[] = [];
  if (content.buyer.type === 'company') findings.push(hold('H_RECEIPT_FOR_COMPANY', 'kind'));
  const gross = toMinor(content.totals.gross, content.currency);
  const home =
    content.currency === 'HUF' ? gross : content.exchange && toMinor(exchanged(gross, content.currency, content.exchange), 'HUF');
  if (home !== undefined && home >= receiptLimitMinor) findings.push(hold('H_RECEIPT_LIMIT', 'kind', { limit: '900 000 HUF' }));
  return findings;
}

export const hungary: Regime = {
  country: 'HU',
  language: 'hu',
  accountingCurrency: 'HUF',
  zone: 'Europe/Budapest',
  taxIdScheme: 'HU:ADOSZAM',
  euNumber: { of: (adoszam) => `HU${adoszam.replace(/\D/g, '').slice(0, 8)}`, asked: 'abroad' },
  rates,
  exemptBases: [
    { id: 'AAM', text: 'Alanyi adómentes (Áfa tv. XIII. fejezet)' },
    { id: 'TAM-85', text: 'Tárgyi adómentes (Áfa tv. 85. §)' },
    { id: 'TAM-86', text: 'Tárgyi adómentes (Áfa tv. 86. §)' },
  ],
  checkTaxId: checkAdoszam,
  classifyTaxId,
  // Eight years, counted from the report of the financial year, which is made in the next one.
  retention: { years: 8, from: 1, law: '2000. évi C. törvény 169. § (2)' },
  issueDeadline,
  companyRegister: vies('HU', (value) => hungary.euNumber.of(value).slice(2), /\d{4}/),
  reverseChargeAtHome: 'F.AFA',
  outsideUnion: 'HO',
  // Áfa tv. 169. § g).
  netUnitPrices: 'everybody',
  taxPoint: saleDay,
  // The central bank publishes for the day itself; days without a table take the last one before.
  exchangeRateDay: ({ taxPoint }) => ({ day: taxPoint, source: 'MNB' }),
  validateForIssue,
};
