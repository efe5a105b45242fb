import { at, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { decimal } from '../../../src/domain/money/money.ts';
import { currencyOf, readDouble } from './amounts.ts';
import {
  checkArithmetic,
  checkErasureCodes,
  currencyIn,
  day,
  documentPdf,
  filled,
  flag,
  invoiceRounding,
  negated,
  nextNumber,
  pdfOf,
  rangeOf,
  type SentLine,
  sentLines,
  storedLine,
  text,
  tokenOf,
  totalsOf,
  vatKeyOf,
} from './documents.ts';
import { AgentError, Banned } from './errors.ts';
import { type Account, type Document, type DocumentKind, dayOf, type Form, type Partner, seller } from './state.ts';

/** What an issuing call needs to know besides its XML. */
export type Call = {
  account: Account;
  request: XmlTree;
  /** Names of the attached files that travel with the mail. */
  attachments: string[];
  now: number;
  nextId: () => number;
  mailFails: boolean;
  /** Tells the account's IPN address that the paid amount changed. */
  paidChanged: (document: Document) => void;
};

/** A made, replayed or merely named document, or the totals of a preview. */
export type Issued = { document: Document; pdf: Buffer | undefined } | { preview: Pick<Document, 'net' | 'gross'>; pdf: Buffer };

const replayWindowMs = 2 * 24 * 3_600_000;
const hourMs = 3_600_000;

/** `action-xmlagentxmlfile`: the checks follow section 14.2 one by one. */
export function createDocument(call: Call): Issued {
  const { account, request, now } = call;
  const header = at(request, 'fejlec');
  const kind = kindOf(header);
  const form: Form = kind === 'D' || kind === 'SL' ? 'none' : flag(request, 'beallitasok', 'eszamla') ? 'e-invoice' : 'paper';
  checkCompany(account);
  checkBuyer(at(request, 'vevo'));
  if (form === 'e-invoice') checkEInvoice(account);
  const asked = prefixOf(account, header);
  const references = referencesOf(account, header, kind);
  const prefix = references.corrects?.prefix ?? asked;
  const orderNumber = filled(header, 'rendelesSzam')?.trim();
  const sent = sentLines(request, { net: 'nettoErtek', tax: 'afaErtek', gross: 'bruttoErtek' });
  const fingerprint = fingerprintOf(kind, orderNumber, request, sent);
  const preview = flag(header, 'elonezetpdf');
  const replayed = replayOf(account, kind, orderNumber, fingerprint, now);
  if (replayed && !preview) return { document: replayed, pdf: wantsPdf(request) ? pdfOf(replayed) : undefined };
  const issueDate = issueDateOf(call, header, rangeOf(kind, form, prefix));

  const currency = currencyIn(header);
  const lines = sent.map((line) => {
    const vat = vatKeyOf(line);
    checkArithmetic(line, vat, currency === 'HUF' ? forintTolerance : foreignTolerance);
    checkErasureCodes(line, account);
    return storedLine(line, vat, invoiceRounding(currency));
  });

  const partner = preview ? partnerIn(at(request, 'vevo'), 0) : partnerFor(call, at(request, 'vevo'));
  const draft = {
    kind,
    form,
    prefix,
    orderNumber,
    externalIds: [],
    buyerName: text(request, 'vevo', 'nev') ?? '',
    partner,
    email: filled(request, 'vevo', 'email'),
    currency,
    ...exchangeOf(header, currency),
    language: text(header, 'szamlaNyelve') ?? 'hu',
    paymentMethod: text(header, 'fizmod') ?? '',
    comment: filled(header, 'megjegyzes'),
    lines,
    ...totalsOf(lines),
    issueDate,
    performanceDate: day(header, 'teljesitesDatum')!,
    dueDate: day(header, 'fizetesiHataridoDatum')!,
    createdAt: now,
    fingerprint,
    reversedBy: undefined,
    reverses: undefined,
    corrects: references.corrects?.number,
    settles: references.settles,
    gone: false,
  };
  if (preview) return { preview: draft, pdf: documentPdf({ ...draft, number: undefined, refersTo: draft.corrects }) };

  checkHourlyLimit(account, now);
  const proforma = consumeProforma(account, kind, orderNumber, filled(header, 'dijbekeroSzamlaszam')?.trim());
  const number = nextNumber(account, kind, form, prefix, issueDate);
  const document: Document = {
    ...draft,
    id: call.nextId(),
    number,
    token: tokenOf(account, number),
    proformaNumber: proforma,
    payments: flag(header, 'fizetve') ? [{ date: issueDate, method: draft.paymentMethod, amount: draft.gross, note: undefined }] : [],
  };
  account.add(document, rangeOf(kind, form, prefix));
  account.created.push(now);
  tagFrom(account, document, request);
  if (wantsMail(account, request)) sendMail(call, document, document.email!);
  return { document, pdf: wantsPdf(request) ? pdfOf(document) : undefined };
}

/** `action-szamla_agent_st`. Repeating it gives the storno that exists; on a proforma or delivery note it says yes and does nothing. */
export function reverseDocument(call: Call): Issued {
  const { account, request, now } = call;
  checkCompany(account);
  const form: Form = flag(request, 'beallitasok', 'eszamla') ? 'e-invoice' : 'paper';
  const wanted = text(request, 'fejlec', 'szamlaszam')?.trim() ?? '';
  const original = account.live(wanted);
  const isInvoice = original?.kind !== 'D' && original?.kind !== 'SL';
  if (isInvoice && form === 'e-invoice') checkEInvoice(account);
  if (!original) throw new AgentError('7', 'Hiányzó adat: sztornózandó számla (ismeretlen számlaszám).');
  const answer = (document: Document): Issued => ({ document, pdf: wantsPdf(request) ? pdfOf(document) : undefined });
  if (!isInvoice) return answer(original);
  if (original.reversedBy) return answer(account.byNumber.get(original.reversedBy)!);
  checkReversible(account, original);
  const today = dayOf(now);
  const issueDate = day(request, 'fejlec', 'keltDatum') ?? today;
  if (issueDate !== today) throw new AgentError('352', `A számla kelte csak a mai nap lehet: ${today.replaceAll('-', '.')}..`);
  const document = reverse(call, original, form, {
    performanceDate: day(request, 'fejlec', 'teljesitesDatum'),
    comment: filled(request, 'fejlec', 'megjegyzes'),
    email: filled(request, 'vevo', 'email'),
  });
  tagFrom(account, document, request);
  if (document.email) sendMail(call, document, document.email);
  return answer(document);
}

export function checkReversible(account: Account, original: Document): void {
  if (original.kind === 'SS') throw new AgentError('14');
  if (original.kind === 'HS') throw new AgentError('13');
  if (account.documents.some((d) => d.corrects === original.number && !d.reversedBy)) throw new AgentError('221');
}

type StornoExtras = { performanceDate?: string | undefined; comment?: string | undefined; email?: string | undefined };

/** Makes the storno document; the original is marked and loses its payments. */
export function reverse(
  call: Pick<Call, 'account' | 'now' | 'nextId' | 'paidChanged'>,
  original: Document,
  form: Form,
  extras: StornoExtras,
): Document {
  const { account, now } = call;
  const today = dayOf(now);
  const number = nextNumber(account, 'SS', form, original.prefix, today);
  const lines = original.lines.map(negated);
  const document: Document = {
    ...original,
    id: call.nextId(),
    number,
    kind: 'SS',
    form,
    token: tokenOf(account, number),
    externalIds: [],
    email: extras.email,
    comment: extras.comment,
    lines,
    ...totalsOf(lines),
    payments: [],
    issueDate: today,
    performanceDate: extras.performanceDate ?? original.performanceDate,
    dueDate: today,
    createdAt: now,
    fingerprint: '',
    reversedBy: undefined,
    reverses: original.number,
    corrects: undefined,
    settles: undefined,
    proformaNumber: undefined,
  };
  account.add(document, rangeOf('SS', form, original.prefix));
  original.reversedBy = number;
  const wasPaid = original.payments.length > 0;
  original.payments = [];
  if (wasPaid) call.paidChanged(original);
  return document;
}

function kindOf(header: XmlTree | undefined): DocumentKind {
  if (flag(header, 'dijbekero')) return 'D';
  if (flag(header, 'szallitolevel')) return 'SL';
  if (flag(header, 'helyesbitoszamla')) return 'HS';
  if (flag(header, 'vegszamla')) return 'VS';
  return flag(header, 'elolegszamla') ? 'ES' : 'SZ';
}

export function checkCompany(account: Account): void {
  if (!account.settings.companyComplete) throw new AgentError('7', 'Hiányzó adat: eladó adatai');
}

const requiredBuyerFields = {
  nev: 'vevő neve',
  irsz: 'vevő címe (irányítószám)',
  telepules: 'vevő címe (település)',
  cim: 'vevő címe (utca, házszám)',
};

function checkBuyer(buyer: XmlTree | undefined): void {
  for (const [field, label] of Object.entries(requiredBuyerFields)) {
    if (!filled(buyer, field)) throw new AgentError('7', `Hiányzó adat: ${label}`);
  }
}

function checkEInvoice(account: Account): void {
  if (!account.settings.eInvoice) throw new AgentError('54');
}

/** An absent prefix means the default range, which always exists; one sent empty is refused like an unknown one. */
function prefixOf(account: Account, header: XmlTree | undefined): string {
  const sent = text(header, 'szamlaszamElotag');
  const prefix = sent === undefined ? account.settings.defaultPrefix : sent.trim();
  const known = account.settings.prefixes.find((p) => p.prefix === prefix);
  const method = (text(header, 'fizmod') ?? '').trim().toLowerCase();
  const allowed = known
    ? known.enabled && (known.paymentMethods === undefined || known.paymentMethods.some((m) => m.toLowerCase() === method))
    : sent === undefined;
  if (!allowed) throw new AgentError('202', `Ez a számlaszám előtag nem létezik vagy nincs engedélyezve: ${prefix}`);
  return prefix;
}

function referencesOf(
  account: Account,
  header: XmlTree | undefined,
  kind: DocumentKind,
): { settles: string | undefined; corrects: Document | undefined } {
  if (kind === 'VS') return { settles: prepaymentOf(account, header), corrects: undefined };
  if (kind !== 'HS') return { settles: undefined, corrects: undefined };
  const corrects = filled(header, 'helyesbitettSzamlaszam')?.trim();
  const original = corrects === undefined ? undefined : account.live(corrects);
  if (!original || original.kind === 'D' || original.kind === 'SL') {
    throw new AgentError('7', 'Hiányzó adat: helyesbített számla (ismeretlen számlaszám).');
  }
  if (original.kind === 'SS') throw new AgentError('14');
  return { settles: undefined, corrects: original };
}

/** The order number wins over the prepayment's own number; each prepayment is settled once. */
function prepaymentOf(account: Account, header: XmlTree | undefined): string {
  const orderNumber = filled(header, 'rendelesSzam')?.trim();
  const number = filled(header, 'elolegSzamlaszam')?.trim();
  const ofOrder = account.ofOrder(orderNumber, 'ES');
  const named = number === undefined ? undefined : account.live(number);
  const candidates = ofOrder.length > 0 ? ofOrder : named?.kind === 'ES' ? [named] : [];
  const open = candidates.filter((prepayment) => !prepayment.reversedBy && !isSettled(account, prepayment));
  const chosen = open.find((prepayment) => prepayment.number === number) ?? open.at(-1);
  if (!chosen) {
    throw new AgentError(
      '73',
      `A hivatkozott előlegszámla nem beazonosítható. Rendelésszám: ${orderNumber ?? ''}, előlegszámla száma: ${number ?? ''}.`,
    );
  }
  return chosen.number;
}

function isSettled(account: Account, prepayment: Document): boolean {
  return account.documents.some((d) => d.settles === prepayment.number && !d.reversedBy);
}

/** Order number, kind, buyer's name, amounts and dates; external id and comment are no part of it (section 11). */
function fingerprintOf(kind: DocumentKind, orderNumber: string | undefined, request: XmlTree, lines: SentLine[]): string {
  const header = at(request, 'fejlec');
  const dates = [day(header, 'keltDatum') ?? '', day(header, 'teljesitesDatum'), day(header, 'fizetesiHataridoDatum')];
  const amounts = lines.map(({ net, tax, gross }) => [net, tax, gross].map((n) => (n ? decimal(n) : '')));
  return JSON.stringify([kind, orderNumber, text(request, 'vevo', 'nev'), currencyOf(text(header, 'penznem') ?? ''), dates, amounts]);
}

/** The document an identical resend gets back; another content under the same order number is refused with 152. Correctives are exempt. */
function replayOf(
  account: Account,
  kind: DocumentKind,
  orderNumber: string | undefined,
  fingerprint: string,
  now: number,
): Document | undefined {
  if (!account.settings.orderRepeatForbidden || orderNumber === undefined || kind === 'HS') return undefined;
  const standing = account.ofOrder(orderNumber, kind).filter((d) => !d.reversedBy);
  const same = standing.findLast((d) => d.fingerprint === fingerprint && now - d.createdAt <= replayWindowMs);
  if (standing.length > 0 && !same) {
    throw new AgentError('152', `Már létező rendelésszám: ${orderNumber}. Az ismétlődés engedélyezhető a Beállítások oldalon.`);
  }
  return same;
}

/** Today unless a day is asked for; a test account silently moves a past day to today. */
function issueDateOf(call: Call, header: XmlTree | undefined, range: string): string {
  const today = dayOf(call.now);
  const asked = day(header, 'keltDatum');
  if (asked === undefined) return today;
  const last = call.account.lastIssueDate(range);
  if (last !== undefined && asked < last) {
    throw new AgentError('173', `A számla kelte nem lehet korábbi, mint az utoljára elkészített számláé (${last}).`);
  }
  return call.account.settings.test && asked < today ? today : asked;
}

const forintTolerance = { net: { value: 2n, scale: 0 }, tax: { value: 1n, scale: 0 } };
const foreignTolerance = { net: { value: 2n, scale: 2 }, tax: { value: 1n, scale: 2 } };

/** Middle rates of the simulator's own central bank, in forint. */
const rates: Record<string, string> = {
  EUR: '384.12',
  USD: '331.05',
  GBP: '436.9',
  CHF: '412.3',
  PLN: '90.4',
  SEK: '34.95',
  CZK: '15.8',
  RON: '75.6',
};
const otherRate = '100';

function exchangeOf(header: XmlTree | undefined, currency: string): Pick<Document, 'exchangeBank' | 'exchangeRate'> {
  if (currency === 'HUF') return { exchangeBank: undefined, exchangeRate: undefined };
  const sent = readDouble(text(header, 'arfolyam') ?? '');
  return {
    exchangeBank: filled(header, 'arfolyamBank') ?? 'MNB',
    exchangeRate: sent && sent.value !== 0n ? decimal(sent) : (rates[currency] ?? otherRate),
  };
}

function partnerIn(buyer: XmlTree | undefined, id: number): Partner {
  return {
    id,
    code: filled(buyer, 'azonosito')?.trim(),
    name: text(buyer, 'nev') ?? '',
    country: filled(buyer, 'orszag'),
    zip: text(buyer, 'irsz') ?? '',
    city: text(buyer, 'telepules') ?? '',
    address: text(buyer, 'cim') ?? '',
    email: filled(buyer, 'email'),
    taxNumber: filled(buyer, 'adoszam')?.trim(),
    groupNumber: filled(buyer, 'csoportazonosito')?.trim(),
    euTaxNumber: filled(buyer, 'adoszamEU')?.trim(),
    taxStatus: filled(buyer, 'adoalany')?.trim(),
  };
}

/** With a code of its own the partner record is shared and overwritten; otherwise only an identical buyer is the same partner. */
function partnerFor(call: Call, buyer: XmlTree | undefined): Partner {
  const { partners } = call.account;
  const sent = partnerIn(buyer, 0);
  const key = sent.code === undefined ? JSON.stringify(sent) : `code ${sent.code}`;
  const known = partners.get(key);
  if (known) return Object.assign(known, { ...sent, id: known.id });
  const partner = { ...sent, id: firstPartnerId + partners.size };
  partners.set(key, partner);
  return partner;
}

const firstPartnerId = 221216;

function checkHourlyLimit(account: Account, now: number): void {
  const { test, hourlyLimit } = account.settings;
  if (!test || hourlyLimit === null) return;
  while (account.created.length > 0 && account.created[0]! <= now - hourMs) account.created.shift();
  if (account.created.length >= hourlyLimit) throw new Banned('hourly limit');
}

/**
 * An invoice takes the proforma it names, and every proforma of its order number, out of the world.
 * A wrong reference is dropped silently.
 */
function consumeProforma(
  account: Account,
  kind: DocumentKind,
  orderNumber: string | undefined,
  named: string | undefined,
): string | undefined {
  if (kind !== 'SZ' && kind !== 'ES' && kind !== 'VS') return undefined;
  const referenced = named === undefined ? undefined : account.live(named);
  const consumed = account.ofOrder(orderNumber, 'D');
  if (referenced?.kind === 'D' && !consumed.includes(referenced)) consumed.push(referenced);
  for (const proforma of consumed) proforma.gone = true;
  return referenced?.kind === 'D' ? referenced.number : consumed.at(-1)?.number;
}

function tagFrom(account: Account, document: Document, request: XmlTree): void {
  const externalId = filled(request, 'beallitasok', 'szamlaKulsoAzon');
  if (externalId !== undefined) account.tag(document, externalId);
}

function wantsPdf(request: XmlTree): boolean {
  return flag(request, 'beallitasok', 'szamlaLetoltes');
}

function wantsMail(account: Account, request: XmlTree): boolean {
  if (!filled(request, 'vevo', 'email')) return false;
  return at(request, 'vevo', 'sendEmail') ? flag(request, 'vevo', 'sendEmail') : account.settings.mailWithoutFlag;
}

function sendMail(call: Call, document: Document, to: string): void {
  if (call.mailFails) return;
  call.account.mails.push({
    to,
    subject: filled(call.request, 'elado', 'emailTargy') ?? `Számlaértesítő: ${document.number}`,
    number: document.number,
    attachments: call.attachments,
    // Observed: mails of a test account all go to its own address.
    deliveredTo: call.account.settings.test ? seller.email : to,
  });
}
