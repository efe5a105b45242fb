import type { DocumentContent, IssuedFacts, Language, Totals } from '../../domain/documents/document.ts';
import { type Decimal, toMinor } from '../../domain/money/money.ts';
import { type Party, partyName } from '../../domain/parties/party.ts';
import {
  documentTitle,
  exemptionReasons,
  type Phrase,
  phrase,
  type Regime,
  regimeOf,
  requiredPhrases,
  type WordsStyle,
} from '../../domain/regimes/index.ts';
import { type Flow, flow, pageWide, paragraphs, plain } from './flow.ts';
import { account, country, currencySign, day, moneyDigits, number } from './format.ts';
import { codeSvg, paymentCode } from './payment-qr.ts';
import { changesOf, lineTable, orderedOf, widthOf } from './print-lines.ts';
import { exchangeOf, payableOf, prepaymentsOf, ratesOf, totalsOf, wordsOf } from './print-sums.ts';
import { bilingual, type Label, type TextKey, taxIdName, text } from './texts.ts';

/** Everything one print is made from. The same input gives the same bytes. */
export type RenderInput = {
  content: DocumentContent;
  /** Absent: a preview of a draft, marked as such. */
  issued?: IssuedFacts;
  look: Look;
  mark?: { kind: 'original' | 'copy' | 'duplicate'; date?: string };
  /** Machine-readable form of the same document, embedded as PDF/A-3 allows. */
  attachXml?: { name: string; xml: string };
};

export type Look = {
  logo?: { mediaType: 'image/png' | 'image/jpeg' | 'image/svg+xml'; bytes: Uint8Array };
  /** #rrggbb */
  accent: string;
  footer?: string;
  /** By the custom of the seller's country when absent. */
  amountInWords?: WordsStyle | 'none';
};

/** A number and the invisible rest that lines its decimals up with its neighbours'. */
export type Cell = string | [string, string];
type Fact = { label: Label; value: Flow; second?: string; wide?: boolean };
export type Column = { label: Label; width: number; left?: boolean };
type Row = { name: Flow; note?: Flow; cells: Cell[]; sums?: string[] };
type Stage = { stage: string; cells: Cell[]; strong?: boolean };

type LineTable = { first: Label; columns: Column[]; rows: Row[] };

export type PrintModel = {
  lang: Language;
  title: string;
  author: string;
  date: [number, number, number];
  style: { accent: string; ink: string; onAccent: string };
  logo?: string;
  layout: 'sheet' | 'slip';
  heading: { title: Label; number: Flow; draft: boolean; marks: string[] };
  seller: { label: Label; name: Flow; lines: Flow[] };
  parties: { label: Label; name: Flow; lines: Flow[] }[];
  facts: Fact[];
  clearance?: { svg?: string; url?: string; label: string; number: Flow };
  correction?: { facts: Fact[] };
  table?: LineTable & { carry?: { over: Label; from: Label; columns: number[]; empty: string[] }; lastWithTotals?: true };
  /** What the prepayment is an advance on (art. 106f(1)(4): goods, quantity, price, rate, value of the order). */
  ordered?: LineTable & { title: Label; total: { label: Label; value: string } };
  changes?: { first: Label; columns: Column[]; groups: { name: Flow; stages: Stage[] }[]; rest?: string; lastWithTotals?: true };
  rates: { title: Label; columns: Column[]; rows: { cells: string[]; strong?: boolean; close?: boolean }[] };
  totals: { label: Label; value: string }[];
  payable: { label: Label; value: string; due: boolean };
  /** What a receipt says loudest: the sum, not what is left of it. */
  slipTotal: { label: Label; value: string };
  words?: { label: Label; value: string };
  prepayments?: { title: Label; columns: Column[]; rows: Flow[][] };
  exchange?: { title: Label; text: string };
  payment?: { title: Label; facts: Fact[]; svg?: string; scan: Label };
  /** What the law makes the document say. */
  legal: Flow[];
  notes: Flow[];
  footer: Flow[];
  /** Lines the footer takes, so that the page leaves room for them. */
  footerLines: number;
  page: string;
  xmlName?: string;
};

export type Context = {
  content: DocumentContent;
  issued?: IssuedFacts;
  language: Language;
  digits: number;
  regime: Regime;
  money: (amount: Decimal) => string;
  moneyWithSign: (amount: Decimal) => string;
  say: (key: TextKey) => Label;
};

/** The print as data: every word chosen, every number written, nothing left to the template but where it stands. */
export function printModel(input: RenderInput): PrintModel {
  const { content, issued } = input;
  const c = contextOf(content, issued);
  const shown = content.correction?.difference ?? content.totals;
  const title = bilingual(content, (language) => documentTitle(c.regime, content, language));
  const documentNumber = issued?.number ?? text('draftNumber', c.language);
  const legal = legalNotes(c);
  const footer = paragraphs([content.seller.register, input.look.footer, content.seller.website]);
  const date = (issued?.issueDate ?? content.issueDate ?? '2000-01-01').split('-').map(Number) as [number, number, number];
  return {
    lang: c.language,
    title: `${title[0]} ${issued?.number ?? ''}`.trim(),
    author: plain(partyName(content.seller)),
    date,
    style: styleOf(input.look.accent),
    layout: content.kind === 'receipt' && content.lines.length <= longestSlip ? 'slip' : 'sheet',
    heading: { title, number: flow(documentNumber), draft: !issued, marks: marksOf(input, c) },
    seller: { label: c.say('seller'), ...partyBlock(sellerAbroad(c), c, content.seller.country) },
    parties: partiesOf(c),
    facts: factsOf(c),
    clearance: clearanceOf(c),
    correction: content.correction && { facts: correctionFacts(c) },
    table: content.correction ? undefined : lineTable(c),
    ordered: orderedOf(c),
    changes: content.correction && changesOf(c),
    rates: ratesOf(c),
    totals: totalsOf(c, shown),
    payable: payableOf(c, shown),
    slipTotal: { label: c.say('total'), value: c.moneyWithSign(content.totals.gross) },
    words: wordsOf(c, shown, input.look.amountInWords),
    prepayments: prepaymentsOf(c),
    exchange: exchangeOf(c),
    payment: paymentOf(c, shown),
    legal: paragraphs(legal),
    notes: paragraphs(notesOf(c, legal)),
    footer,
    footerLines: footer.reduce((sum, part) => sum + Math.ceil([part].flat().join('').length / footerLineLength), 0),
    page: text('page', c.language),
    xmlName: input.attachXml?.name,
  };
}

/** Letters that stand on one line of the footer beside the page number. */
const footerLineLength = 110;

/** A slip of paper as long as its lines; beyond this a receipt is printed on sheets, because a PDF page ends at five metres. */
const longestSlip = 150;

function contextOf(content: DocumentContent, issued: IssuedFacts | undefined): Context {
  const { language, currency } = content;
  const totals = [content.totals, content.correction?.before.totals, content.correction?.difference].filter((t) => t !== undefined);
  const lines = [...content.lines, ...(content.correction?.before.lines ?? [])];
  const amounts = [...totals.flatMap((t) => [t.net, t.tax, t.gross, t.paid, t.payable, ...t.byRate.flatMap((r) => [r.net, r.tax])])];
  const digits = moneyDigits(currency, [...amounts, ...lines.flatMap((line) => [line.net, line.tax, line.gross])]);
  const money = (amount: Decimal) => number(amount, digits, language);
  const sign = currencySign(currency, language);
  return {
    content,
    issued,
    language,
    digits,
    regime: regimeOf(content.seller.country),
    money,
    moneyWithSign: (amount) => `${money(amount)} ${sign}`,
    say: (key) => bilingual(content, (language) => text(key, language)),
  };
}

// --- heading -------------------------------------------------------------------------------------------------------------------

function marksOf(input: RenderInput, c: Context): string[] {
  const { mark } = input;
  if (!input.issued) return [c.say('draft').join(' / ')];
  // Art. 106l: what KSeF holds has no duplicate, every print of it is only a picture.
  if (!mark || (mark.kind === 'duplicate' && input.issued.clearance?.system === 'KSeF')) return [];
  const said = mark.kind === 'duplicate' ? bilingual(c.content, (language) => phrase(c.regime, 'duplicate', language)) : c.say(mark.kind);
  return [[said.join(' / '), mark.date && day(mark.date, c.language)].filter(Boolean).join(' ')];
}

function partyBlock(party: Party, c: Context, homeCountry: string | undefined): { name: Flow; lines: Flow[] } {
  const name = partyName(party);
  const person = [party.firstName, party.lastName].filter(Boolean).join(' ');
  const town = [party.postalCode, party.city].filter(Boolean).join(' ');
  const abroad = party.country && party.country !== homeCountry ? country(party.country, c.language) : undefined;
  const address = [
    person && party.company && person !== name ? person : undefined,
    party.street,
    party.street2,
    town,
    party.region,
    abroad,
  ];
  const ids = party.taxIds.map((id) => `${taxIdName(id.scheme, c.language)}: ${taxIdText(id.scheme, id.value)}`);
  return { name: flow(name), lines: [...address, ...ids].filter((line) => !!line).map((line) => flow(line!)) };
}

/**
 * Between businesses of two EU countries both numbers carry their country (2006/112/EC art. 226(3), art. 106e(1)(24)): a NIP with its country
 * is that number. Elsewhere it is a number of its own, and only one that the seller gave is printed.
 */
function sellerAbroad({ content: { seller, lines }, regime }: Context): Party {
  const own = seller.taxIds.find((id) => id.scheme === regime.taxIdScheme);
  const wanted = lines.some((line) => line.rate?.category === 'K' || line.rate?.category === 'AE');
  if (!own || !wanted || regime.euNumber.asked || seller.taxIds.some((id) => id.scheme === 'EU:VAT')) return seller;
  const within = { scheme: 'EU:VAT', value: regime.euNumber.of(own.value) };
  return { ...seller, taxIds: seller.taxIds.map((id) => (id === own ? within : id)) };
}

function taxIdText(scheme: string, value: string): string {
  const digits = value.replace(/\D/g, '');
  if (scheme === 'HU:ADOSZAM' && digits.length === 11) return `${digits.slice(0, 8)}-${digits[8]}-${digits.slice(9)}`;
  if (scheme === 'SE:ORGNR' && digits.length === 10) return `${digits.slice(0, 6)}-${digits.slice(6)}`;
  return value;
}

function partiesOf(c: Context): PrintModel['parties'] {
  const { content } = c;
  const home = content.seller.country;
  const blocks: PrintModel['parties'] = [];
  const before = content.correction?.before.buyer;
  const changed = before && JSON.stringify(partyBlock(before, c, home)) !== JSON.stringify(partyBlock(content.buyer, c, home));
  blocks.push({ label: c.say(changed ? 'buyerAfter' : 'buyer'), ...partyBlock(content.buyer, c, home) });
  if (changed) blocks.push({ label: c.say('buyerBefore'), ...partyBlock(before, c, home) });
  if (content.recipient) blocks.push({ label: c.say('recipient'), ...partyBlock(content.recipient, c, home) });
  return blocks.filter((block) => block.name.length > 0 || block.lines.length > 0);
}

/** Room for a fact's label and value beside each other, in points; a longer value goes under its label. */
const factWidth = 146;
const factSize = 8;

function factsOf(c: Context): Fact[] {
  const { content, issued } = c;
  const facts: Fact[] = [];
  const add = (key: TextKey, value: string | undefined) => {
    const room = factWidth - Math.max(...c.say(key).map((part) => widthOf(part, factSize)));
    const wide = value !== undefined && widthOf(value, factSize) > room;
    if (value) facts.push({ label: c.say(key), value: flow(value, wide ? 36 : undefined), ...(wide ? { wide } : {}) });
  };
  const issueDate = issued?.issueDate ?? content.issueDate;
  add(content.kind === 'receipt' ? 'receiptDate' : 'issueDate', issueDate && day(issueDate, c.language));
  // A pro forma documents no supply, so it has no date of one.
  const supply = content.kind === 'prepayment' ? 'prepaidDate' : 'saleDate';
  if (content.kind !== 'proforma') add(supply, content.saleDate && day(content.saleDate, c.language));
  const { payable } = content.correction?.difference ?? content.totals;
  if (toMinor(payable, content.currency) > 0n) add('dueDate', content.dueDate && day(content.dueDate, c.language));
  const [means, second] = c.say(content.payment.means);
  facts.push({ label: c.say('means'), value: means, ...(second ? { second } : {}) });
  // RULES of Poland, §14: always there. Channels whose orders have no other number show sellers and buyers just this one.
  add('order', content.order?.number ?? content.order?.externalId);
  add('proformaRef', content.proforma?.number);
  add('receiptRef', content.receipt?.number);
  return facts;
}

/** KSeF contract §12: number and code stand on the first page, the link can be clicked. */
function clearanceOf(c: Context): PrintModel['clearance'] {
  const clearance = c.issued?.clearance;
  if (!clearance) return undefined;
  return {
    svg: clearance.qrUrl ? codeSvg(clearance.qrUrl) : undefined,
    url: clearance.qrUrl,
    label: `${text('clearance', c.language)} ${clearance.system}`,
    number: flow(clearance.number, pageWide),
  };
}

function correctionFacts(c: Context): Fact[] {
  const correction = c.content.correction!;
  const original = `${correction.number} ${text('ofDay', c.language)} ${day(correction.issueDate, c.language)}`;
  const facts: Fact[] = [{ label: c.say('correctsTitle'), value: flow(original, pageWide) }];
  if (correction.saleDate && correction.saleDate !== c.content.saleDate)
    facts.push({ label: c.say('saleDate'), value: day(correction.saleDate, c.language) });
  if (correction.reason) facts.push({ label: c.say('reason'), value: flow(correction.reason, pageWide) });
  return facts;
}

// --- payment and notes ---------------------------------------------------------------------------------------------------------

const toAccount = new Set(['bank_transfer', 'deferred', 'other']);

function paymentOf(c: Context, shown: Totals): PrintModel['payment'] {
  const { content, issued } = c;
  const { seller } = content;
  if (toMinor(shown.payable, content.currency) <= 0n || !toAccount.has(content.payment.means)) return undefined;
  const facts: Fact[] = [];
  const add = (head: Label, value: string | undefined) => {
    if (value) facts.push({ label: head, value: flow(value, pageWide) });
  };
  add(c.say('account'), seller.bankAccount && account(seller.bankAccount));
  add(c.say('bank'), seller.bankName);
  add(['BIC'], seller.bic);
  add(['Bankgiro'], seller.bankgiro);
  add(['Plusgiro'], seller.plusgiro);
  if (facts.length === 0) return undefined;
  const isOcr = (seller.bankgiro || seller.plusgiro) && /^\d{2,25}$/.test(content.payment.reference ?? '');
  add(c.say(isOcr ? 'ocr' : 'reference'), content.payment.reference ?? issued?.number);
  const payload = paymentCode(content, issued, shown.payable);
  return { title: c.say('payTitle'), facts, svg: payload && codeSvg(payload), scan: c.say('scan') };
}

/** Words the law prescribes are printed in the seller's own language whatever language the document has, then in those of its readers. */
function legalWords(name: Phrase, c: Context): string[] {
  return [
    ...new Set([c.regime.language, c.language, c.content.secondLanguage ?? c.language].map((language) => phrase(c.regime, name, language))),
  ];
}

const opens = (reason: string, words: string) => reason.toLowerCase().startsWith(words.toLowerCase());

/** The phrases this content must carry and the reasons of its rates without tax, each once: a reason that opens with the phrase says both. */
function legalNotes(c: Context): string[] {
  const { content } = c;
  const states = content.correction ? [content, { ...content, lines: content.correction.before.lines }] : [content];
  const phrases = states.flatMap(requiredPhrases).map((name) => legalWords(name, c));
  const isExempt = (reason: string) =>
    states.some((state) => state.lines.some((l) => l.rate?.category === 'E' && l.rate.exemptionReason === reason));
  const reasons = states
    .flatMap(exemptionReasons)
    .filter((reason) => !phrases.some((said) => said.some((words) => words.toLowerCase().includes(reason.toLowerCase()))))
    .map((reason) => {
      const also = phrases.filter((said) => said.some((words) => opens(reason, words))).flat();
      if (!isExempt(reason)) return [reason, ...also.filter((words) => !opens(reason, words))].join(' / ');
      // "Zwolnienie na podstawie …" needs no "Zwolnienie z VAT" before it.
      const exempt = legalWords('exempt', c).filter((words) => !opens(reason, words.split(' ')[0]!));
      return exempt.length > 0 ? `${exempt.join(' / ')}: ${reason}` : reason;
    });
  const bare = phrases
    .filter((said) => !said.some((words) => reasons.some((reason) => opens(reason, words))))
    .map((said) => said.join(' / '));
  return [...new Set([...bare, ...reasons])];
}

function notesOf(c: Context, legal: string[]): string[] {
  const { kind, notes } = c.content;
  const said = legal.join('\n').toLowerCase();
  const own = notes.filter((note) => !said.includes(note.trim().toLowerCase()));
  const usual = kind === 'proforma' ? c.say('proformaNote') : kind === 'receipt' ? c.say('receiptNote') : [];
  return [...usual, ...new Set(own)];
}

/** The accent as it is for surfaces; a darker shade of it for letters where it would be hard to read (WCAG 4.5 : 1). */
export function styleOf(accent: string): PrintModel['style'] {
  const colour = /^#[0-9a-f]{6}$/i.test(accent) ? accent.toLowerCase() : '#1f4e79';
  let rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const onAccent = contrastWithWhite(rgb) >= 4.5 ? '#ffffff' : '#1a1a1a';
  while (contrastWithWhite(rgb) < 4.5) rgb = rgb.map((part) => Math.floor(part * 0.92));
  return { accent: colour, ink: `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`, onAccent };
}

function contrastWithWhite(rgb: number[]): number {
  const [r = 0, g = 0, b = 0] = rgb.map((part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}
