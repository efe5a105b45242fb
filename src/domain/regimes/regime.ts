import { type Day, dayOfLaterMonth } from '../days/day.ts';
import type { DocumentContent, Language } from '../documents/document.ts';
import type { Finding } from '../finding.ts';
import type { TaxRate } from '../orders/order.ts';
import { percentOf } from '../totals/spread.ts';
import type { CompanyRegister } from './register.ts';
import type { TaxIdVerdict } from './taxid.ts';
import type { TitleKey } from './wording.ts';

export type Texts = Record<Language, string>;

/** A rate as people of the country call it, with its place in UNCL 5305 and the days on which it may be used. */
export type RateDefinition = {
  /** The regime's own word: "23", "zw", "AAM". */
  key: string;
  category: TaxRate['category'];
  percent?: string;
  label: Texts;
  from?: Day;
  until?: Day;
  /** Words the law wants on the document when this rate is used, in the country's language. */
  reason?: string;
  /** The reason depends on the seller: a document without one is held. */
  needsReason?: boolean;
};

/** Phrases that a document must or may carry. */
export type Phrase =
  | 'splitPayment'
  | 'reverseCharge'
  | 'cashAccounting'
  | 'selfBilling'
  | 'duplicate'
  | 'exempt'
  | 'intraCommunity'
  | 'export'
  | 'outsideScope'
  | 'simplified'
  | 'notFiscal'
  | 'deposit';

export type DeadlineFacts = {
  saleDate: Day;
  paidDate?: Day;
  /** Day on which a private person asked for the document. */
  requestDate?: Day;
  buyer: 'company' | 'person';
  treatment?: DocumentContent['taxTreatment'];
};

/** What of a content decides when its tax falls due. */
export type TaxPointFacts = Pick<
  DocumentContent,
  'kind' | 'seller' | 'buyer' | 'saleDate' | 'taxTreatment' | 'payment' | 'totals' | 'currency'
>;

/** How a published exchange rate is asked for, and read from the text of the answer. */
export type RateService = {
  path(currency: string, day: Day): string;
  /** Undefined when the text is not the answer to this question. */
  read(text: string, currency: string, day: Day): { rate: string; table?: string; date: Day } | undefined;
};

/**
 * A term of keeping in whole years, counted from the end of the year that is `from` years after the financial year of the sale: where the
 * law counts from the year in which the tax fell due or the report was made, that is the year after.
 */
export type RetentionLaw = { years: number; from: 0 | 1; law: string };

/** One country's law as far as documents need it. A new country is one more of these. */
export interface Regime {
  country: string;
  language: Language;
  accountingCurrency: string;
  /** IANA zone in which days are taken unless the organization says otherwise. */
  zone: string;
  /** Scheme of the tax id that companies give at home. */
  taxIdScheme: string;
  /**
   * The number within the Union that most often follows from the domestic one, to ask a register by. Where it may be another (groups, sole
   * traders) only the seller knows his: `asked` says on which sales it has to stand.
   */
  euNumber: { of(domestic: string): string; asked?: 'taxed' | 'abroad' };
  rates: readonly RateDefinition[];
  /** Bases of exemption to choose from. */
  exemptBases: readonly { id: string; text: string }[];
  /** Checks a number typed into the field of the domestic tax id. */
  checkTaxId(raw: string): TaxIdVerdict;
  /** Finds out whether a typed number is domestic or of another member state; neither is invalid. */
  classifyTaxId(raw: string): TaxIdVerdict;
  /** Own titles where the country's custom differs from the language's. */
  titles?: Partial<Record<Language, Partial<Record<TitleKey, string>>>>;
  phrases?: Partial<Record<Language, Partial<Record<Phrase, string>>>>;
  issueDeadline(facts: DeadlineFacts): { earliest?: Day; latest?: Day };
  /** The day on which the tax of a document issued on a day falls due: it decides the month in the books and the exchange rate. */
  taxPoint(content: TaxPointFacts, issueDate: Day): Day;
  /** The last day whose published exchange rate is the right one for tax of a document issued and taxable on these days. */
  exchangeRateDay(days: { issueDate: Day; taxPoint: Day }): { day: Day; source: string };
  /** The public service of that source, where it is a plain one. */
  rateService?: RateService;
  /** Where a company is looked up by its tax number. */
  companyRegister: CompanyRegister;
  /** Key of the rate of a reverse charge between businesses of this country; without one there is none. */
  reverseChargeAtHome?: string;
  /** Key of the rate of what a business outside the Union buys where no tax of this country is owed: its tax is nothing of the Union's. */
  outsideUnion: string;
  /** Must the buyer pay this document in the split way? Such a document carries a note. */
  splitPaymentDue?(content: DocumentContent): boolean;
  /** On whose invoices a unit has its price without tax, even where the seller's prices hold it; without a word the document's method decides. */
  netUnitPrices?: 'everybody' | 'companies';
  /** How long documents are kept at least. */
  retention: RetentionLaw;
  /** What the law of this country asks of a document about to be issued; all findings at once. */
  validateForIssue(content: DocumentContent): Finding[];
}

/** Is the tax of this sale owed with its money? Supplies within the Union and sales taxed elsewhere have rules of their own. */
export function accountsByCash({ seller, taxTreatment }: Pick<DocumentContent, 'seller' | 'taxTreatment'>): boolean {
  return seller.cashAccounting === true && taxTreatment !== 'intra_community' && taxTreatment !== 'destination';
}

/**
 * Where tax falls due with the sale: of goods supplied within the Union with their invoice, at the latest on the fifteenth of the month after
 * it, by which they have to be invoiced (2006/112/EC art. 67 and 222). The exchange rate is of that day as well (art. 91(2)).
 */
export function saleDay({ saleDate, taxTreatment }: Pick<TaxPointFacts, 'saleDate' | 'taxTreatment'>, issueDate: Day): Day {
  const sale = saleDate ?? issueDate;
  if (taxTreatment !== 'intra_community') return sale;
  const latest = dayOfLaterMonth(sale, 1, 15);
  return issueDate < latest ? issueDate : latest;
}

/** The rate of a key, as a value for lines. */
export function rateOfKey(regime: Regime, key: string, source: TaxRate['source']): TaxRate | undefined {
  const definition = regime.rates.find((rate) => rate.key === key);
  return definition && toRate(regime, definition, source);
}

function toRate(regime: Regime, definition: RateDefinition, source: TaxRate['source']): TaxRate {
  const { category, percent, key, reason } = definition;
  return {
    category,
    ...(percent !== undefined && { percent }),
    ...(reason !== undefined && { exemptionReason: reason }),
    ...(ambiguous(regime, definition) && { key }),
    source,
  };
}

/** True when category and percent do not lead back to this definition. */
function ambiguous(regime: Regime, definition: RateDefinition): boolean {
  return regime.rates.find((other) => sameRate(other, definition)) !== definition;
}

function sameRate(a: Pick<RateDefinition, 'category' | 'percent'>, b: Pick<RateDefinition, 'category' | 'percent'>): boolean {
  return a.category === b.category && (a.category !== 'S' || percentOf(a) === percentOf(b));
}

/** The regime's definition of a rate; undefined for a percent the country does not have (a destination's rate). */
export function definitionOf(regime: Regime, rate: Pick<TaxRate, 'category' | 'percent' | 'key'>): RateDefinition | undefined {
  const byKey = rate.key === undefined ? undefined : regime.rates.find((definition) => definition.key === rate.key);
  return byKey ?? regime.rates.find((definition) => sameRate(definition, rate));
}

/** A rate without tax whose category has several words in this country: which one is meant nobody said. */
export function isAmbiguous(regime: Regime, rate: Pick<TaxRate, 'category' | 'key'>): boolean {
  if (rate.category === 'S' || rate.key !== undefined) return false;
  return regime.rates.filter((definition) => definition.category === rate.category && definition.until === undefined).length > 1;
}

/** The regime's own word of a rate; a percent of another country is its own word. */
export function rateKey(regime: Regime, rate: Pick<TaxRate, 'category' | 'percent' | 'key'>): string {
  return definitionOf(regime, rate)?.key ?? percentOf(rate);
}

/** Rates that may be used on a day, for a list to choose from. */
export function ratesOn(regime: Regime, day: Day): RateDefinition[] {
  return regime.rates.filter((rate) => isInForce(rate, day));
}

export function isInForce(rate: { from?: Day; until?: Day }, day: Day): boolean {
  return (rate.from === undefined || rate.from <= day) && (rate.until === undefined || day <= rate.until);
}
