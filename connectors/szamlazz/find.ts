import type { CauseRef, Found, TransferRequest } from '../../src/contract/connector.ts';
import type { Decimal } from '../../src/domain/money/money.ts';
import { type HeldDocument, heldDocument, heldReceipt, madeOf, madeOfHeld, sameAmount } from './answers.ts';
import type { Verdict } from './causes.ts';
import { type Asked, type Desk, unclearCause } from './desk.ts';
import { orderNumberOf, planOf } from './mapper.ts';
import { pdfRequest, queryRequest, type ReceiptSelector, receiptGetRequest, type Selector } from './questions.ts';
import { Recent } from './recent.ts';

/** What the provider holds of a document of ours: by our mark, by the order's number, and whether what is found is ours. */

/** "Nothing there" holds once, for the moment between the question and the send that follows it. */
const absent = new Recent<true>(10_000);
type Answered = { found: 'held'; document: HeldDocument } | { found: 'absent' } | { found: 'failed'; verdict: Verdict; cause: CauseRef };

/** How often each question was put, to put it in another form next time: five of one form are allowed. */
const asked = new Recent<number>(24 * 60 * 60_000, 20_000);

function nextForm(desk: Desk, selector: Selector | ReceiptSelector, forms: number): number {
  const key = `${desk.context.baseUrl}|${desk.client.keyMark}|${JSON.stringify(selector)}`;
  const count = asked.get(key, desk.context.now()) ?? 0;
  asked.set(key, count + 1, desk.context.now());
  return count % forms;
}

/** What the provider holds under a number, our mark or an order number: as data, as data with PDF, or the PDF first. */
export async function query(desk: Desk, selector: Selector): Promise<Answered> {
  const form = nextForm(desk, selector, selector.number ? 2 : 3);
  if (form < 2) return answered(await desk.ask('query', 'query', queryRequest(selector, form === 1)), heldDocument);
  const answer = await desk.ask('pdf', 'pdf', pdfRequest(selector));
  if (answer.verdict !== 'done') return answered(answer, heldDocument);
  const number = madeOf(answer.tree, answer.headers)?.number;
  return number ? query(desk, { number }) : unreadable();
}

async function getReceipt(desk: Desk, selector: ReceiptSelector): Promise<Answered> {
  const withPdf = nextForm(desk, selector, 2) === 1;
  return answered(await desk.ask('receiptGet', 'receiptGet', receiptGetRequest(selector, withPdf)), heldReceipt);
}

function answered(answer: Asked, read: typeof heldDocument): Answered {
  if (answer.verdict === 'absent') return { found: 'absent' };
  if (answer.verdict !== 'done') return { found: 'failed', verdict: answer.verdict, cause: answer.cause };
  const document = read(answer.tree);
  return document ? { found: 'held', document } : unreadable();
}

function unreadable(): Answered {
  const cause = unclearCause({ verdict: 'unclear', why: 'page', text: 'document data without number or total' });
  return { found: 'failed', verdict: 'unknown', cause };
}

const types: Record<TransferRequest['kind'], string> = {
  invoice: 'SZ',
  proforma: 'D',
  prepayment: 'ES',
  final: 'VS',
  correction: 'HS',
  receipt: 'NY',
};

/** What the order may carry as its newest document while ours was not made: it came before ours, by its nature. */
const before: Record<string, string[]> = {
  SZ: ['D', 'SL'],
  D: ['SL'],
  ES: ['D', 'SL'],
  VS: ['ES', 'D', 'SL'],
  HS: ['SZ', 'ES', 'VS', 'HS', 'SL'],
  SS: ['SZ', 'ES', 'VS', 'HS', 'SL'],
};

type Expected = { type: string; currency: string; gross?: Decimal; buyerName: string; original?: string; test?: boolean };

export async function find(desk: Desk, request: TransferRequest): Promise<Found> {
  const receipt = request.kind === 'receipt' || isReceiptStorno(request);
  const key = absenceKey(desk, request);
  const justAsked = absent.get(key, desk.context.now());
  absent.forget(key);
  if (justAsked) return { found: 'absent' };
  const found = receipt ? await findReceipt(desk, request) : await findDocument(desk, request);
  if (found.found === 'absent') absent.set(key, true, desk.context.now());
  return found;
}

function absenceKey(desk: Desk, request: TransferRequest): string {
  return `${desk.context.baseUrl}|${desk.client.keyMark}|${request.reference}`;
}

/** By our mark first, then by the order number; absence counts only when both say so. */
async function findDocument(desk: Desk, request: TransferRequest): Promise<Found> {
  const expected = expectedOf(desk, request);
  const byReference = await query(desk, { externalId: request.reference });
  if (byReference.found === 'failed') return { found: 'unclear', cause: byReference.cause };
  if (byReference.found === 'held') return fitted(desk, byReference.document, expected, 'reference');
  const orderNumber = orderNumberOf(request.content);
  if (!orderNumber) return { found: 'absent' };
  const byOrder = await query(desk, { orderNumber });
  if (byOrder.found === 'failed') return { found: 'unclear', cause: byOrder.cause };
  if (byOrder.found === 'absent') return { found: 'absent' };
  return judgeOrderHit(desk, request, byOrder.document, expected);
}

function expectedOf(desk: Desk, request: TransferRequest): Expected {
  const { content } = request;
  const type = request.cancelsWhole ? (isReceiptStorno(request) ? 'SN' : 'SS') : types[request.kind];
  const plan = request.cancelsWhole ? undefined : planOf(request, desk.settings(request));
  return {
    type,
    currency: content.currency,
    gross: plan ? plan.gross : content.correction?.difference.gross,
    buyerName: plan?.buyerName ?? '',
    original: request.original?.number,
    test: rememberedTestFlag(desk),
  };
}

/** The newest document of the order, of any kind: ours, one that came before ours, or one that a person has to judge. */
async function judgeOrderHit(desk: Desk, request: TransferRequest, hit: HeldDocument, expected: Expected): Promise<Found> {
  if (isKnown(request, hit.number)) return { found: 'absent' };
  if (hit.type === expected.type) {
    if (expected.type === 'SS') return hit.refersTo === expected.original ? present(desk, hit, 'order') : { found: 'absent' };
    // Our corrective would carry our mark: another one of the same amount is somebody else's, or a person must say so.
    if (expected.type === 'HS')
      return hit.refersTo === expected.original && fits(hit, expected) ? present(desk, hit, 'likeness') : { found: 'absent' };
    return fitted(desk, hit, expected, 'order');
  }
  if (before[expected.type]?.includes(hit.type)) return { found: 'absent' };
  if ((hit.type === 'SS' || hit.type === 'HS') && hit.refersTo) return judgeReferred(desk, request, hit, hit.refersTo, expected);
  return { found: 'unclear', cause: otherDocument(hit, expected) };
}

/** A reversal or correction stands before what it refers to: that one may be ours. */
async function judgeReferred(desk: Desk, request: TransferRequest, hit: HeldDocument, number: string, expected: Expected): Promise<Found> {
  if (isKnown(request, number)) return { found: 'absent' };
  const original = await query(desk, { number });
  if (original.found === 'failed') return { found: 'unclear', cause: original.cause };
  if (original.found === 'absent' || original.document.type !== expected.type)
    return { found: 'unclear', cause: otherDocument(hit, expected) };
  return fitted(desk, original.document, expected, 'order');
}

/** Other documents of this order that we have here already do not stand in for the one we look for. */
export function isKnown(request: TransferRequest, number: string | undefined): boolean {
  return request.known?.some((known) => known.number === number) ?? false;
}

function fits(held: HeldDocument, expected: Expected): boolean {
  const sameKind = held.type === expected.type && held.currency === expected.currency;
  const sameGross = expected.gross === undefined || sameAmount(held.gross, expected.gross);
  return sameKind && sameGross && (expected.test === undefined || held.test === expected.test);
}

/** A hit counts only if kind, currency, gross and test flag fit and it is not reversed; by order number the buyer as well. */
function fitted(desk: Desk, held: HeldDocument, expected: Expected, by: 'reference' | 'order'): Found {
  if (!fits(held, expected)) return { found: 'unclear', cause: otherDocument(held, expected) };
  if (held.reversed) return { found: 'unclear', cause: { code: 'szamlazz.found_reversed', params: { found: held.number } } };
  const sameBuyer = by === 'reference' || expected.type === 'NY' || sameName(held.buyerName, expected.buyerName);
  return present(desk, held, sameBuyer ? by : 'likeness');
}

function present(desk: Desk, held: HeldDocument, by: 'reference' | 'order' | 'likeness'): Found {
  desk.context.memory.set(`test:${desk.client.keyMark}`, String(held.test));
  return { found: 'present', made: madeOfHeld(held, held.type === 'NY' || held.type === 'SN'), by };
}

function otherDocument(held: HeldDocument, expected: Expected): CauseRef {
  const params = {
    found: held.number,
    gross: `${held.gross} ${held.currency}`,
    wanted: `${expected.gross ?? '?'} ${expected.currency}`,
    named: held.orderNumber ?? '–',
  };
  return { code: 'szamlazz.other_document', params };
}

function sameName(a: string, b: string): boolean {
  const plain = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim().toLocaleLowerCase('hu');
  return plain(a) === plain(b);
}

/** Test and live accounts have different keys, so the flag of the first document seen holds for the key. */
export function rememberedTestFlag(desk: Desk): boolean | undefined {
  const flag = desk.context.memory.get(`test:${desk.client.keyMark}`);
  return flag === undefined ? undefined : flag === 'true';
}

async function findReceipt(desk: Desk, request: TransferRequest): Promise<Found> {
  const expected = expectedOf(desk, request);
  const byCall = await getReceipt(desk, { call: request.reference });
  if (byCall.found === 'failed') return { found: 'unclear', cause: byCall.cause };
  if (byCall.found === 'held') return fitted(desk, byCall.document, expected, 'reference');
  if (isReceiptStorno(request)) return findReversedReceipt(desk, request);
  const orderNumber = orderNumberOf(request.content);
  if (!orderNumber) return { found: 'absent' };
  const byOrder = await getReceipt(desk, { orderNumber });
  if (byOrder.found === 'failed') return { found: 'unclear', cause: byOrder.cause };
  if (byOrder.found === 'absent') return { found: 'absent' };
  const hit = byOrder.document;
  if (isKnown(request, hit.number) || isKnown(request, hit.refersTo)) return { found: 'absent' };
  if (hit.type === 'SN')
    return { found: 'unclear', cause: { code: 'szamlazz.found_reversed', params: { found: hit.refersTo ?? hit.number } } };
  return fitted(desk, hit, expected, 'order');
}

/** Reversed by somebody else's call: the receipt says so, but not by which document. */
async function findReversedReceipt(desk: Desk, request: TransferRequest): Promise<Found> {
  const original = await getReceipt(desk, { number: request.original!.number });
  if (original.found === 'failed') return { found: 'unclear', cause: original.cause };
  if (original.found === 'held' && original.document.reversed)
    return { found: 'unclear', cause: { code: 'szamlazz.found_reversed', params: { found: original.document.number } } };
  return { found: 'absent' };
}

export function isReceiptStorno(request: TransferRequest): boolean {
  return request.cancelsWhole === true && request.original?.kind === 'receipt';
}

/** What is sent now may be there from now on. */
export function forgetAbsence(desk: Desk, request: TransferRequest): void {
  absent.forget(absenceKey(desk, request));
}
