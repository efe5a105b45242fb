import { createHash } from 'node:crypto';
import type {
  CallVerdict,
  CauseRef,
  CheckResult,
  ConnectionContext,
  Connector,
  Made,
  Outcome,
  RawCall,
  Session,
  TransferRequest,
  Transfers,
} from '../../src/contract/connector.ts';
import { type Decimal, decimal, scaled } from '../../src/domain/money/money.ts';
import { compact } from '../../src/domain/regimes/taxid.ts';
import { minus } from './amounts.ts';
import {
  amount,
  type HeldDocument,
  heldReceipt,
  isReceipt,
  madeOf,
  madeOfHeld,
  numberOf,
  pdfOf,
  receiptId,
  sameAmount,
  taxpayerOf,
} from './answers.ts';
import { type Asked, type Desk, openDesk, outcomeOf, unclearCause } from './desk.ts';
import { find, forgetAbsence, isKnown, isReceiptStorno, query, rememberedTestFlag } from './find.ts';
import { lists, manifest } from './manifest.ts';
import { createRequest, receiptRequest, receiptSendRequest, stornoRequest, trialRequest } from './mapper.ts';
import { preflight } from './preflight.ts';
import {
  deleteProformaRequest,
  type PaymentEntry,
  payRequest,
  pdfRequest,
  receiptGetRequest,
  receiptStornoRequest,
  taxpayerRequest,
} from './questions.ts';
import { Recent } from './recent.ts';

/**
 * Számlázz.hu. The provider numbers, dates and reports; our reference travels as its external id (receipts: as the call id).
 * Neither is an idempotency key there, so whatever is not clearly made or refused is looked up before it is sent again.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

const paymentsPerCall = 5;
/** No document can carry such a number: asking for it tells only whether the key is accepted. */
const impossibleNumber = 'FAKTURIST-KEY-CHECK';

const companies = new Recent<{ valid: boolean; name?: string; address?: string }>(60 * 60_000);

function openSession(context: ConnectionContext): Session {
  const desk = openDesk(context);
  return {
    check: () => check(desk),
    transfers: transfersOf(desk),
    calls: { receive: readPaymentNotice },
    lookups: { options: (list) => Promise.resolve(lists[list] ?? []) },
    taxpayer: (taxId) => taxpayer(desk, taxId),
  };
}

// ---------------------------------------------------------------- transfer

function transfersOf(desk: Desk): Transfers {
  return {
    preflight: (request) => preflight(request, desk.settings(request)),
    async send(request) {
      const holds = preflight(request, desk.settings(request)).filter((finding) => finding.level !== 'warning');
      if (holds[0]) return { outcome: 'rejected', cause: { code: holds[0].code, params: holds[0].params } };
      forgetAbsence(desk, request);
      const wait = quotaUsedUp(desk, request);
      if (wait) return wait;
      if (request.cancelsWhole) return isReceiptStorno(request) ? reverseReceipt(desk, request) : reverse(desk, request);
      return request.kind === 'receipt' ? sendReceipt(desk, request) : create(desk, request);
    },
    find: (request) => find(desk, request),
    pdf: (made) => fetchPdf(desk, made),
    remove: (made) => removeProforma(desk, numberOf(made)),
    pay: (made, payments, replace) => pay(desk, numberOf(made), payments, replace),
    mail: (made, request) => mailReceipt(desk, made, request),
    preview: (request) => preview(desk, request),
  };
}

const hourMs = 60 * 60_000;
/** Documents an hour on a test account of the real service; a double says for itself what it bears. */
const testHourly = 100;
const sentAt = new Map<string, number[]>();

/** Who sends more than the hour allows is banned, so what is over waits here; nothing was sent. */
function quotaUsedUp(desk: Desk, request: TransferRequest): Outcome | undefined {
  const real = new URL(desk.context.baseUrl).hostname.endsWith('szamlazz.hu');
  const limit = desk.settings(request).hourlyLimit || (real && rememberedTestFlag(desk) ? testHourly : 0);
  if (!limit) return undefined;
  const now = desk.context.now().getTime();
  const key = `${desk.context.baseUrl}|${desk.client.keyMark}`;
  const recent = (sentAt.get(key) ?? []).filter((at) => Math.abs(now - at) < hourMs).slice(-1000);
  if (recent.length >= limit) return { outcome: 'rejected', cause: { code: 'szamlazz.quota', params: { limit: String(limit) } } };
  sentAt.set(key, [...recent, now]);
  return undefined;
}

async function create(desk: Desk, request: TransferRequest): Promise<Outcome> {
  const settings = desk.settings(request);
  let eInvoice = settings.eInvoice && request.kind !== 'proforma';
  if (request.kind === 'correction') {
    const original = await askOriginal(desk, request.original!.number);
    if ('outcome' in original) return original;
    eInvoice = original.eInvoice;
  }
  const answer = await desk.ask('create', 'create', createRequest(request, desk.today(), { eInvoice }, settings));
  if (answer.verdict !== 'done') return refused(desk, request, answer);
  const made = madeOf(answer.tree, answer.headers);
  if (!made) return withoutNumber(answer);
  if (request.kind !== 'proforma') await rememberOne(desk, numberOf(made));
  // The provider dates its documents itself, with its own today; the answer does not say so.
  return accepted(
    { ...made, currency: request.content.currency, issueDate: desk.today() },
    request,
    await proformaLeft(desk, request, made),
  );
}

/** A proforma that cannot be found is dropped from the invoice without a word: then it stays open over there. */
async function proformaLeft(desk: Desk, request: TransferRequest, made: Made): Promise<CauseRef[]> {
  const number = request.content.proforma?.number;
  if (!number || ['proforma', 'correction', 'final'].includes(request.kind)) return [];
  const answer = await query(desk, { number: numberOf(made) });
  if (answer.found !== 'held' || answer.document.proforma === number) return [];
  return [{ code: 'szamlazz.proforma_not_settled', params: { number, found: numberOf(made) } }];
}

/** The first document made with this key: asked for once it tells whose account it is and whether a test account. */
async function rememberOne(desk: Desk, number: string): Promise<void> {
  const name = `seen:${desk.client.keyMark}`;
  if (desk.context.memory.get(name)) return;
  desk.context.memory.set(name, number);
  await accountFacts(desk);
}

/** A success that names a document we knew before is a replay: adopted, and nobody is mailed again. */
function accepted(made: Made, request: TransferRequest, warnings?: CauseRef[]): Outcome {
  const replayed = isKnown(request, made.number);
  return { outcome: 'accepted', made, ...(replayed && { adopted: true }), ...(warnings?.length && { warnings }) };
}

function withoutNumber(answer: Extract<Asked, { verdict: 'done' }>): Outcome {
  return {
    outcome: 'unknown',
    cause: unclearCause({ verdict: 'unclear', why: 'page', text: `success without a number (${answer.tree.name})` }),
  };
}

/** A failed write: issued with a warning (56 with a number), already there (adopt it), refused for good, or open. */
async function refused(desk: Desk, request: TransferRequest, answer: Exclude<Asked, { verdict: 'done' }>): Promise<Outcome> {
  const { reply, cause } = answer;
  if (reply?.code === '56' && reply.number) {
    const made = madeOf(reply.tree, { ...reply.headers, number: reply.number })!;
    return accepted({ ...made, currency: request.content.currency }, request, [{ ...cause, code: 'szamlazz.mail_failed' }]);
  }
  if (answer.verdict === 'exists') return adopt(desk, request, cause);
  // "Settled already" (73) is also what the provider says to a final invoice it has made before.
  if (reply?.code === '73') {
    const found = await find(desk, request);
    if (found.found === 'present' && found.by === 'reference') return { outcome: 'accepted', made: found.made, adopted: true };
  }
  return outcomeOf(answer.verdict, cause);
}

/** 71, 152: the order number is taken. 338: the call was made before. What is there is ours or a person's business. */
async function adopt(desk: Desk, request: TransferRequest, cause: CauseRef): Promise<Outcome> {
  const receipt = request.kind === 'receipt' || isReceiptStorno(request);
  const found = await find(desk, request);
  if (found.found === 'present' && found.by !== 'likeness') return { outcome: 'accepted', made: found.made, adopted: true };
  // A used call id with nothing found by it: the earlier call may have made a receipt.
  if (receipt) return { outcome: 'unknown', cause };
  if (found.found === 'unclear') return { outcome: mayExistBehind(found.cause) ? 'unknown' : 'rejected', cause: found.cause };
  return { outcome: 'rejected', cause };
}

/** The refusal itself is definite; only a lookup that failed leaves it open whether the earlier document is ours. */
function mayExistBehind(cause: CauseRef): boolean {
  return cause.code !== 'szamlazz.other_document' && cause.code !== 'szamlazz.found_reversed';
}

/** The document to correct or reverse, as the provider holds it: its form and its day are copied. */
async function askOriginal(desk: Desk, number: string): Promise<HeldDocument | Outcome> {
  const answer = await query(desk, { number });
  if (answer.found === 'held') return answer.document;
  if (answer.found === 'absent') return { outcome: 'rejected', cause: { code: 'szamlazz.original_unknown', params: { number } } };
  // Only a question was asked; whatever went wrong with it, no document was made by it.
  return outcomeOf(answer.verdict, answer.cause);
}

async function reverse(desk: Desk, request: TransferRequest): Promise<Outcome> {
  const original = await askOriginal(desk, request.original!.number);
  if ('outcome' in original) return original;
  const children = stornoRequest(
    request,
    { number: original.number, eInvoice: original.eInvoice, performance: original.performance },
    desk.settings(request),
  );
  const answer = await desk.ask('storno', 'storno', children);
  if (answer.verdict !== 'done') return refused(desk, request, answer);
  const made = madeOf(answer.tree, answer.headers);
  if (!made) return withoutNumber(answer);
  // On a proforma the provider answers success with the same number and positive totals, and does nothing.
  const reversed = made.number !== original.number && made.gross !== undefined && scaled(made.gross).value <= 0n;
  if (!reversed) return { outcome: 'rejected', cause: { code: 'szamlazz.storno_noop', params: { number: original.number } } };
  return accepted({ ...made, currency: original.currency, issueDate: desk.today() }, request);
}

async function preview(desk: Desk, request: TransferRequest): Promise<{ pdf?: Uint8Array; gross?: Decimal } | { cause: CauseRef }> {
  const settings = desk.settings(request);
  const holds = preflight(request, settings).filter((finding) => finding.level !== 'warning');
  if (holds[0]) return { cause: { code: holds[0].code, params: holds[0].params } };
  const form = { eInvoice: settings.eInvoice && request.kind !== 'proforma' };
  const answer = await desk.ask('create', 'create', createRequest(request, desk.today(), form, settings, true));
  if (answer.verdict !== 'done') return { cause: answer.cause };
  return { pdf: pdfOf(answer.tree), gross: amount(answer.headers.gross) ?? madeOf(answer.tree, { ...answer.headers, number: '-' })?.gross };
}

async function fetchPdf(desk: Desk, made: Pick<Made, 'providerId' | 'number'>): Promise<Uint8Array | undefined> {
  const number = numberOf(made);
  if (isReceipt(made)) {
    const answer = await desk.ask('receiptGet', 'receiptGet', receiptGetRequest({ number }, true));
    return answer.verdict === 'done' ? pdfOf(answer.tree, 'nyugtaPdf') : undefined;
  }
  const answer = await desk.ask('pdf', 'pdf', pdfRequest({ number }));
  return answer.verdict === 'done' ? pdfOf(answer.tree) : undefined;
}

/** Gone already (335) is as good as deleted. The provider deletes a paid one without a word, so that is looked at first. */
async function removeProforma(desk: Desk, number: string): Promise<Outcome> {
  const there = await query(desk, { number });
  if (there.found === 'failed') return outcomeOf(there.verdict, there.cause);
  if (there.found === 'absent') return { outcome: 'accepted', made: { providerId: number, number } };
  const { paid, currency } = there.document;
  if (scaled(paid).value > 0n)
    return { outcome: 'rejected', cause: { code: 'szamlazz.proforma_paid', params: { number, paid, currency } } };
  const answer = await desk.ask('deleteProforma', 'delete', deleteProformaRequest(number));
  const gone = answer.verdict === 'done' || answer.verdict === 'settled';
  return gone ? { outcome: 'accepted', made: { providerId: number, number } } : outcomeOf(answer.verdict, answer.cause);
}

// ---------------------------------------------------------------- payments

/**
 * Replacing is safe to repeat; adding is not. More than five payments: the first five replace, the rest is added, and the sum
 * there is compared with ours at the end.
 */
async function pay(desk: Desk, number: string, payments: PaymentEntry[], replace: boolean): Promise<Outcome> {
  const groups: PaymentEntry[][] = [];
  for (let i = 0; i < Math.max(payments.length, 1); i += paymentsPerCall) groups.push(payments.slice(i, i + paymentsPerCall));
  let last: Made | undefined;
  for (const [i, group] of groups.entries()) {
    const answer = await desk.ask('pay', 'pay', payRequest(number, group, !replace || i > 0, desk.settings()));
    if (answer.verdict !== 'done') return i === 0 ? outcomeOf(answer.verdict, answer.cause) : { outcome: 'unknown', cause: answer.cause };
    last = madeOf(answer.tree, { ...answer.headers, number });
  }
  if (replace && groups.length > 1) return verifyPaid(desk, number, payments);
  return { outcome: 'accepted', made: last ?? { providerId: number, number } };
}

async function verifyPaid(desk: Desk, number: string, payments: PaymentEntry[]): Promise<Outcome> {
  const answer = await query(desk, { number });
  if (answer.found === 'absent') return { outcome: 'rejected', cause: { code: 'szamlazz.original_unknown', params: { number } } };
  if (answer.found === 'failed') return { outcome: 'unknown', cause: answer.cause };
  const wanted = decimal(scaled(payments.reduce((total, payment) => minus(total, minus('0', payment.amount)), '0')));
  if (sameAmount(answer.document.paid, wanted)) return { outcome: 'accepted', made: madeOfHeld(answer.document, false) };
  return { outcome: 'unknown', cause: { code: 'szamlazz.payments_unclear', params: { gross: answer.document.paid, wanted } } };
}

// ---------------------------------------------------------------- receipts

async function sendReceipt(desk: Desk, request: TransferRequest): Promise<Outcome> {
  const settings = desk.settings(request);
  const answer = await desk.ask('receiptCreate', 'receipt', receiptRequest(request, settings));
  if (answer.verdict !== 'done') return refused(desk, request, answer);
  const held = heldReceipt(answer.tree);
  if (!held) return withoutNumber(answer);
  const made = madeOfHeld(held, true);
  const mailed = settings.mailBy === 'provider' && request.content.buyer.email ? await mailReceipt(desk, made, request) : undefined;
  return accepted(made, request, mailed && mailed.outcome !== 'accepted' && 'cause' in mailed ? [mailed.cause] : undefined);
}

/** Invoices are mailed while being made; only receipts have a call of their own for it. */
async function mailReceipt(desk: Desk, made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Outcome> {
  const number = numberOf(made);
  if (!isReceipt(made) || !request.content.buyer.email)
    return { outcome: 'rejected', cause: { code: 'szamlazz.mail_failed', params: { code: '–', message: '–' } } };
  const answer = await desk.ask('receiptSend', 'receiptSend', receiptSendRequest(number, request.content, desk.settings(request)));
  if (answer.verdict === 'done') return { outcome: 'accepted', made: { providerId: receiptId(number), number } };
  return outcomeOf(answer.verdict, answer.cause);
}

/** A second storno of a receipt is an error there, so an error is first checked against the receipt itself. */
async function reverseReceipt(desk: Desk, request: TransferRequest): Promise<Outcome> {
  const answer = await desk.ask('receiptStorno', 'receiptStorno', receiptStornoRequest(request.original!.number, request.reference));
  if (answer.verdict === 'done') {
    const held = heldReceipt(answer.tree);
    return held ? accepted(madeOfHeld(held, true), request) : withoutNumber(answer);
  }
  return refused(desk, request, answer);
}

// ---------------------------------------------------------------- connection

/**
 * Asks for a document that cannot exist (7 = the key works), then has the settings tried by a preview, which makes nothing.
 * Neither tells the package or a debt that does not block yet. Every check differs a little: it may be repeated at will.
 */
let checksMade = 0;
async function check(desk: Desk): Promise<CheckResult> {
  checksMade += 1;
  const at = `${desk.context.now().toISOString()}-${checksMade}`;
  const login = await query(desk, { number: `${impossibleNumber}-${at}` });
  if (login.found === 'failed')
    return { ok: false, facts: [{ label: 'key', value: login.verdict === 'rejected' ? 'no' : 'unknown' }], cause: login.cause };
  const settings = desk.settings();
  const trial = await desk.ask('create', 'create', trialRequest(settings, desk.today(), at));
  const done = trial.verdict === 'done';
  const facts = [
    { label: 'key', value: 'yes' },
    ...(await accountFacts(desk)),
    { label: settings.eInvoice ? 'eInvoice' : 'paper', value: done ? 'yes' : trial.verdict === 'rejected' ? 'no' : 'unknown' },
    { label: 'prefix', value: settings.prefix || 'default' },
    { label: 'orderRepeat', value: settings.orderRepeatForbidden ? 'yes' : 'no' },
  ];
  // What a preview cannot judge must not stop a connection whose key works.
  if (done || trial.verdict === 'unknown') return { ok: true, facts };
  return { ok: false, facts, cause: trial.cause };
}

/** Whose account it is, as a document made with this key says; nothing while there is none. */
async function accountFacts(desk: Desk): Promise<CheckResult['facts']> {
  const name = `account:${desk.client.keyMark}`;
  const kept = desk.context.memory.get(name);
  if (kept) return JSON.parse(kept) as CheckResult['facts'];
  const number = desk.context.memory.get(`seen:${desk.client.keyMark}`);
  const answer = number ? await query(desk, { number }) : undefined;
  if (answer?.found !== 'held') return [];
  const { seller, test } = answer.document;
  desk.context.memory.set(`test:${desk.client.keyMark}`, String(test));
  const facts = [
    ...(seller.name ? [{ label: 'account', value: seller.name }] : []),
    ...(seller.taxNumber ? [{ label: 'taxNumber', value: seller.taxNumber }] : []),
    { label: 'test', value: test ? 'yes' : 'no' },
  ];
  desk.context.memory.set(name, JSON.stringify(facts));
  return facts;
}

/** Never blocks: undefined when the number is no Hungarian one or nobody answers. */
async function taxpayer(desk: Desk, taxId: string): ReturnType<NonNullable<Session['taxpayer']>> {
  const base = /^(?:HU)?(\d{8})/.exec(compact(taxId))?.[1];
  if (!base) return undefined;
  const key = `${desk.context.baseUrl}|${base}`;
  const kept = companies.get(key, desk.context.now());
  if (kept) return kept;
  const answer = await desk.ask('taxpayer', 'taxpayer', taxpayerRequest(base));
  const company = answer.verdict === 'done' ? taxpayerOf(answer.tree) : undefined;
  if (company) companies.set(key, company, desk.context.now());
  return company;
}

const noticeLimitBytes = 64 * 1024;
/** Retries of one notice come every three minutes, ten times; after that the same words are news again. */
const noticeWindowMs = 30 * 60_000;

/** Payment notices are unsigned: a nudge to ask the provider, never the truth. */
function readPaymentNotice(call: RawCall): CallVerdict {
  if (call.body.length > noticeLimitBytes) return { verdict: 'refuse', status: 413, reason: 'too large' };
  const form = new URLSearchParams(new TextDecoder().decode(call.body));
  const number = form.get('szlahu_szamlaszam')?.trim();
  if (!number || number.length > 100) return { verdict: 'refuse', status: 400, reason: 'no document number' };
  const window = Math.floor(call.receivedAt.getTime() / noticeWindowMs);
  const id = createHash('sha256').update(call.body).update(`|${window}`).digest('hex');
  // Anything but 200 makes it come again.
  return { verdict: 'accept', status: 200, id, nudge: { number } };
}
