import { addDays, civilDay, type Day, dayOfLaterMonth, daysBetween } from '../../days/day.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { type Finding, hold, warning } from '../../finding.ts';
import { toMinor } from '../../money/money.ts';
import { exchanged } from '../../totals/rounding.ts';
import {
  accountsByCash,
  type DeadlineFacts,
  type RateDefinition,
  type Regime,
  saleDay,
  type TaxPointFacts,
  type Texts,
} from '../regime.ts';
import { polishVatList } from '../register.ts';
import { workingDayBefore } from './calendar.ts';
import { checkNip, classifyTaxId } from './identifiers.ts';
import { nbp } from './nbp.ts';

const percentLabel = (percent: string): Texts => ({ pl: `${percent}%`, en: `${percent}%`, hu: `${percent}%`, sv: `${percent} %` });
const standard = (percent: string, days: { from?: Day; until?: Day }): RateDefinition => ({
  key: percent,
  category: 'S',
  percent,
  label: percentLabel(percent),
  ...days,
});

const rates: RateDefinition[] = [
  standard('23', { from: '2011-01-01' }),
  standard('8', { from: '2011-01-01' }),
  standard('5', { from: '2011-01-01' }),
  standard('22', { until: '2010-12-31' }),
  standard('7', { until: '2010-12-31' }),
  standard('3', { until: '2010-12-31' }),
  { key: '0 KR', category: 'Z', percent: '0', label: { pl: '0% kraj', en: '0% domestic', hu: '0% belföld', sv: '0 % inrikes' } },
  {
    key: '0 WDT',
    category: 'K',
    percent: '0',
    label: { pl: '0% WDT', en: '0% intra-EU supply', hu: '0% közösségi értékesítés', sv: '0 % EU-leverans' },
    reason: 'Wewnątrzwspólnotowa dostawa towarów, art. 42 ustawy o VAT',
  },
  {
    key: '0 EX',
    category: 'G',
    percent: '0',
    label: { pl: '0% eksport', en: '0% export', hu: '0% export', sv: '0 % export' },
    reason: 'Eksport towarów, art. 41 ust. 4 ustawy o VAT',
  },
  { key: 'zw', category: 'E', label: { pl: 'zw.', en: 'exempt', hu: 'adómentes', sv: 'undantagen' }, needsReason: true },
  {
    key: 'np I',
    category: 'O',
    label: { pl: 'np. – poza krajem', en: 'outside Polish VAT', hu: 'lengyel áfán kívül', sv: 'utanför polsk moms' },
    reason: 'Dostawa lub usługa poza terytorium kraju',
  },
  {
    key: 'np II',
    category: 'AE',
    label: {
      pl: 'np. – usługi art. 28b',
      en: 'services to EU business',
      hu: 'szolgáltatás uniós cégnek',
      sv: 'tjänster till EU-företag',
    },
    reason: 'Odwrotne obciążenie, art. 28b ustawy o VAT',
  },
  {
    key: 'oo',
    category: 'AE',
    label: { pl: 'o.o.', en: 'reverse charge', hu: 'fordított adózás', sv: 'omvänd betalningsskyldighet' },
    until: '2019-10-31',
    reason: 'Odwrotne obciążenie',
  },
];

/** Above this gross a business document with annex 15 goods must be paid in the split payment way (art. 108a). */
const splitPaymentLimitMinor = 1_500_000n;
/** A receipt with the buyer's number up to this gross is itself a simplified invoice, until the end of 2026. */
const simplifiedLimitMinor: Record<string, bigint> = { PLN: 45_000n, EUR: 10_000n };
const lastSimplifiedDay = '2026-12-31';

const zone = 'Europe/Warsaw';

/**
 * With the delivery (art. 19a(1)), with the money where all of it came before (art. 19a(8), receipts as well), within the Union with the
 * invoice, at the latest on the fifteenth of the month after the delivery (art. 20(1)). A prepayment invoice names the day of its money as
 * its sale; a final one says what is left with the delivery.
 */
function taxPoint(content: TaxPointFacts, issueDate: Day): Day {
  const sale = saleDay(content, issueDate);
  if (content.taxTreatment === 'intra_community') return sale;
  const { kind, payment, totals, currency } = content;
  if (kind !== 'invoice' && kind !== 'receipt' && kind !== 'final') return sale;
  const open = toMinor(totals.payable, currency) > 0n;
  const paid = open || payment.paidAt === undefined ? undefined : civilDay(payment.paidAt, zone);
  if (accountsByCash(content)) return withMoney(content, sale, open && issueDate > sale ? issueDate : (paid ?? sale));
  return kind !== 'final' && paid !== undefined && paid < sale ? paid : sale;
}

/**
 * Art. 21(1): with the money, before which an invoice issued unpaid cannot owe it; of buyers who are no active taxpayers at the latest on
 * the 180th day after the delivery.
 */
function withMoney({ buyer }: TaxPointFacts, sale: Day, paid: Day): Day {
  const latest = addDays(sale, 180);
  return buyer.type === 'person' && paid > latest ? latest : paid;
}

function issueDeadline(facts: DeadlineFacts): { earliest: Day; latest: Day } {
  const earliest = addDays(facts.saleDate, -60);
  // Art. 106i(2): money before the sale starts the term, but not within the Union, where it makes no tax fall due (art. 20).
  const paidBefore = facts.paidDate !== undefined && facts.paidDate < facts.saleDate && facts.treatment !== 'intra_community';
  const normal = dayOfLaterMonth(paidBefore ? facts.paidDate! : facts.saleDate, 1, 15);
  // Art. 106i(6): asked for after the month of the sale, fifteen days from the demand.
  const late = facts.buyer === 'person' && facts.requestDate !== undefined && facts.requestDate >= dayOfLaterMonth(facts.saleDate, 1, 1);
  return { earliest, latest: late ? addDays(facts.requestDate!, 15) : normal };
}

function validateForIssue(content: DocumentContent): Finding[] {
  return [...splitPayment(content), ...receipts(content)];
}

/** Gross in the accounting currency; undefined while a foreign document has no exchange rate. */
function grossAtHome(content: DocumentContent): bigint | undefined {
  const gross = toMinor(content.totals.gross, content.currency);
  if (content.currency === 'PLN') return gross;
  return content.exchange && toMinor(exchanged(gross, content.currency, content.exchange), 'PLN');
}

/** Art. 108a: both sides are taxpayers, the gross is above the limit, and at least one item is of annex 15. */
function splitPaymentDue(content: DocumentContent): boolean {
  if (content.kind === 'proforma' || content.kind === 'receipt' || content.buyer.type !== 'company') return false;
  // An advance has no goods of its own.
  const goods = content.ordered?.lines ?? content.lines;
  if (!goods.some((line) => line.splitPayment === true)) return false;
  const gross = grossAtHome(content);
  return gross !== undefined && gross > splitPaymentLimitMinor;
}

function splitPayment(content: DocumentContent): Finding[] {
  const findings: Finding[] = [];
  if (splitPaymentDue(content) && !content.splitPayment) findings.push(hold('H_SPLIT_PAYMENT', 'splitPayment', { limit: '15 000 PLN' }));
  // The note is useless without an account that the buyer's bank can split to.
  if (content.splitPayment && content.payment.means === 'bank_transfer' && !content.seller.bankAccount) {
    findings.push(hold('H_BANK_ACCOUNT_MISSING', 'seller.bankAccount'));
  }
  return findings;
}

function receipts(content: DocumentContent): Finding[] {
  const { receipt } = content;
  if (!receipt || content.buyer.type !== 'company' || (content.kind !== 'invoice' && content.kind !== 'final')) return [];
  // Art. 106b(5): an invoice for a business follows only a receipt that carries the business's number.
  if (!receipt.withTaxId) return [hold('H_RECEIPT_WITHOUT_TAXID', 'receipt', { number: receipt.number })];
  const limit = simplifiedLimitMinor[content.currency];
  const simplified = limit !== undefined && toMinor(content.totals.gross, content.currency) <= limit;
  if (simplified && (receipt.day ?? lastSimplifiedDay) <= lastSimplifiedDay) {
    return [hold('H_RECEIPT_IS_INVOICE', 'receipt', { number: receipt.number })];
  }
  return [warning('W_INVOICE_TO_RECEIPT', 'receipt', { number: receipt.number })];
}

export const poland: Regime = {
  country: 'PL',
  language: 'pl',
  accountingCurrency: 'PLN',
  zone,
  taxIdScheme: 'PL:NIP',
  euNumber: { of: (nip) => `PL${nip.replace(/\D/g, '')}` },
  rates,
  exemptBases: [
    { id: '113-1', text: 'Zwolnienie na podstawie art. 113 ust. 1 ustawy o VAT' },
    { id: '113-9', text: 'Zwolnienie na podstawie art. 113 ust. 9 ustawy o VAT' },
    { id: '43-1', text: 'Zwolnienie na podstawie art. 43 ust. 1 ustawy o VAT' },
    { id: '82-3', text: 'Zwolnienie na podstawie przepisów wydanych na mocy art. 82 ust. 3 ustawy o VAT' },
  ],
  checkTaxId: checkNip,
  classifyTaxId,
  // Art. 70 § 1: five years from the end of the year in which the tax fell due; income tax of a year falls due in the next one.
  retention: { years: 5, from: 1, law: 'Ordynacja podatkowa art. 86 § 1, art. 70 § 1; ustawa o VAT art. 112' },
  issueDeadline,
  taxPoint,
  // Art. 31a: before the tax point, or before the issue when that comes first.
  exchangeRateDay: ({ issueDate, taxPoint }) => ({
    day: workingDayBefore(daysBetween(issueDate, taxPoint) > 0 ? issueDate : taxPoint),
    source: 'NBP',
  }),
  rateService: nbp,
  companyRegister: polishVatList,
  outsideUnion: 'np I',
  splitPaymentDue,
  validateForIssue,
};
