import type { DocumentContent, DocumentKind, Language } from '../documents/document.ts';
import { accountsByCash, type Phrase, type Regime } from './regime.ts';

/** What a document may be called: a correction that undoes the whole original, or one that takes nothing off it, may have a name of its own. */
export type TitleKey = DocumentKind | 'cancellation' | 'amendment';

/** Words of documents in four languages; a regime overrides where its country has a custom of its own. */
const titles: Record<Language, Record<Exclude<TitleKey, 'amendment'>, string> & { amendment?: string }> = {
  pl: {
    invoice: 'Faktura',
    proforma: 'Faktura proforma',
    prepayment: 'Faktura zaliczkowa',
    final: 'Faktura końcowa',
    correction: 'Faktura korygująca',
    cancellation: 'Faktura korygująca',
    receipt: 'Potwierdzenie sprzedaży',
  },
  hu: {
    invoice: 'Számla',
    proforma: 'Díjbekérő',
    prepayment: 'Előlegszámla',
    final: 'Végszámla',
    correction: 'Helyesbítő számla',
    cancellation: 'Sztornó számla',
    receipt: 'Nyugta',
  },
  sv: {
    invoice: 'Faktura',
    proforma: 'Proformafaktura',
    prepayment: 'Förskottsfaktura',
    final: 'Slutfaktura',
    correction: 'Kreditfaktura',
    cancellation: 'Kreditfaktura',
    // What raises an amount or changes none credits nothing: the law's own word for all of them (ML 17 kap. 22 §).
    amendment: 'Ändringsfaktura',
    receipt: 'Kvitto',
  },
  en: {
    invoice: 'Invoice',
    proforma: 'Proforma invoice',
    prepayment: 'Prepayment invoice',
    final: 'Final invoice',
    correction: 'Correction invoice',
    cancellation: 'Cancellation invoice',
    amendment: 'Correction invoice',
    receipt: 'Receipt',
  },
};

const phrases: Record<Language, Record<Phrase, string>> = {
  pl: {
    splitPayment: 'Mechanizm podzielonej płatności',
    reverseCharge: 'Odwrotne obciążenie',
    cashAccounting: 'Metoda kasowa',
    selfBilling: 'Samofakturowanie',
    duplicate: 'DUPLIKAT',
    exempt: 'Zwolnienie z VAT',
    intraCommunity: 'Wewnątrzwspólnotowa dostawa towarów',
    export: 'Eksport towarów',
    outsideScope: 'Nie podlega opodatkowaniu VAT',
    simplified: 'Faktura uproszczona',
    notFiscal: 'Dokument niefiskalny',
    deposit: 'Kaucja za opakowanie, poza podstawą opodatkowania',
  },
  hu: {
    splitPayment: 'Megosztott fizetés',
    reverseCharge: 'Fordított adózás',
    cashAccounting: 'Pénzforgalmi elszámolás',
    selfBilling: 'Önszámlázás',
    duplicate: 'MÁSODLAT',
    exempt: 'Áfamentes',
    intraCommunity: 'Közösségen belüli adómentes termékértékesítés',
    export: 'Adómentes termékexport',
    outsideScope: 'Áfa hatályán kívüli',
    simplified: 'Egyszerűsített számla',
    notFiscal: 'Nem adóügyi bizonylat',
    deposit: 'Betétdíj, az adóalapba nem tartozik',
  },
  sv: {
    splitPayment: 'Delad betalning',
    reverseCharge: 'Omvänd betalningsskyldighet',
    cashAccounting: 'Kontantmetoden',
    selfBilling: 'Självfakturering',
    duplicate: 'KOPIA',
    exempt: 'Undantag från moms',
    intraCommunity: 'Unionsintern varuförsäljning',
    export: 'Export utanför EU',
    outsideScope: 'Utanför momsens tillämpningsområde',
    simplified: 'Förenklad faktura',
    notFiscal: 'Ej kassakvitto',
    deposit: 'Pant, ingår inte i beskattningsunderlaget',
  },
  en: {
    splitPayment: 'Split payment mechanism',
    reverseCharge: 'Reverse charge',
    cashAccounting: 'Cash accounting',
    selfBilling: 'Self-billing',
    duplicate: 'DUPLICATE',
    exempt: 'VAT exempt',
    intraCommunity: 'Intra-Community supply of goods',
    export: 'Export of goods',
    outsideScope: 'Outside the scope of VAT',
    simplified: 'Simplified invoice',
    notFiscal: 'Not a fiscal receipt',
    deposit: 'Container deposit, outside the taxable amount',
  },
};

/** Words that prepared lines start with when neither the order nor the series has better ones. */
export type LineWords = {
  delivery: string;
  discount: string;
  fee: string;
  prepayment: string;
  unit: string;
  serviceUnit: string;
  order: string;
};
const lineWords: Record<Language, LineWords> = {
  pl: {
    delivery: 'Dostawa',
    discount: 'Rabat',
    fee: 'Opłata',
    prepayment: 'Zaliczka',
    unit: 'szt.',
    serviceUnit: 'usł.',
    order: 'Zamówienie',
  },
  hu: { delivery: 'Szállítás', discount: 'Kedvezmény', fee: 'Díj', prepayment: 'Előleg', unit: 'db', serviceUnit: 'db', order: 'Rendelés' },
  sv: { delivery: 'Frakt', discount: 'Rabatt', fee: 'Avgift', prepayment: 'Förskott', unit: 'st', serviceUnit: 'st', order: 'Order' },
  en: { delivery: 'Delivery', discount: 'Discount', fee: 'Fee', prepayment: 'Prepayment', unit: 'pcs', serviceUnit: 'pcs', order: 'Order' },
};

export function wordsForLines(language: Language): LineWords {
  return lineWords[language];
}

export function documentTitle(regime: Regime, content: Pick<DocumentContent, 'kind' | 'correction'>, language: Language): string {
  const key = titleKey(content);
  const said = (one: TitleKey) => regime.titles?.[language]?.[one] ?? titles[language][one];
  return said(key) ?? said('correction')!;
}

function titleKey({ kind, correction }: Pick<DocumentContent, 'kind' | 'correction'>): TitleKey {
  if (kind !== 'correction' || !correction) return kind;
  if (correction.reasonCode === 'cancel') return 'cancellation';
  return /^-.*[1-9]/.test(correction.difference.gross) ? 'correction' : 'amendment';
}

export function phrase(regime: Regime, name: Phrase, language: Language): string {
  return regime.phrases?.[language]?.[name] ?? phrases[language][name];
}

/** Phrases that this content must carry, in the order they are printed. */
export function requiredPhrases(content: DocumentContent): Phrase[] {
  const categories = new Set(content.lines.map((line) => line.rate?.category));
  const out: Phrase[] = [];
  if (content.splitPayment) out.push('splitPayment');
  if (accountsByCash(content) && content.kind !== 'proforma' && content.kind !== 'receipt') out.push('cashAccounting');
  if (categories.has('AE')) out.push('reverseCharge');
  if (categories.has('K')) out.push('intraCommunity');
  if (categories.has('G')) out.push('export');
  if (content.lines.some((line) => line.kind === 'deposit')) out.push('deposit');
  if (content.kind === 'receipt') out.push('notFiscal');
  return out;
}

/** Legal bases of the rates without tax, each once: the words printed under the table of rates. */
export function exemptionReasons(content: DocumentContent): string[] {
  const reasons = content.lines.map((line) => line.rate?.exemptionReason).filter((reason) => reason !== undefined && reason !== '');
  return [...new Set(reasons as string[])];
}
