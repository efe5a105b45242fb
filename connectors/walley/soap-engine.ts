import type {
  Administered,
  AdministerOutcome,
  AdministerRequest,
  PartSeen,
  ReceivableFacts,
  Seen,
  Settled,
  Vouched,
} from '../../src/contract/administer.ts';
import type { CauseRef, ConnectionContext } from '../../src/contract/connector.ts';
import { textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { toMinor } from '../../src/domain/money/money.ts';
import { enact, type Part, remainingOf } from '../../src/domain/receivables/index.ts';
import { causeRef, judge, type Verdict } from './causes.ts';
import { type Account, accountFields, accountsOf, madeOf, noDay, readFields, soapMessage, stateOfStatus } from './mapper.ts';
import { isPaymentService, type WalleySettings } from './settings.ts';
import { type Operation, openSoap, type Service, type SoapReply } from './soap.ts';

/**
 * The verbs by SOAP. A write that is not clearly answered is settled by reading; only what the state itself makes harmless to repeat, or
 * what carries an idempotency key that is still remembered, is sent again.
 */
export type SoapEngine = {
  perform(request: AdministerRequest): Promise<AdministerOutcome>;
  settle(request: AdministerRequest): Promise<Settled>;
  /** Is the number this buyer's, and does what can be read of it fit? */
  vouch(request: AdministerRequest, number: string, expected: Part): Promise<Vouched>;
  read(receivable: ReceivableFacts, parts: Part[]): Promise<Seen>;
  check(): Promise<CauseRef | undefined>;
};

const keyRemembersMs = 55 * 60_000;
/** So far a clock goes back without being wrong: set by the network, or another machine's. It stays within the hour that a key is remembered. */
const clockTurnedMs = 2 * 60_000;
const holdMs = 60 * 60_000;

type Judged = { verdict: 'done'; made: Administered; body: XmlTree } | { verdict: Verdict; cause: CauseRef; code: string };

let reads = 0;
/** Each call has an id of its own; writes carry the key of their action. */
function readId(): string {
  reads += 1;
  return `read-${reads}-${process.pid}`;
}

/** The invoices of the order as another engine tells them: the one place where a number is said to belong to an order. */
type OrderInvoices = (request: AdministerRequest) => Promise<PartSeen[] | { cause: CauseRef } | undefined>;

export function openSoapEngine(context: ConnectionContext, settings: WalleySettings, ofOrder?: OrderInvoices): SoapEngine {
  const client = openSoap(context, settings);
  const service = settings.soapService as Service;
  const desk = { settings, service };
  const modern = isPaymentService(service);

  async function send(request: AdministerRequest): Promise<Judged> {
    const message = soapMessage(desk, request, context.now());
    const clientIp = message.withIp ? request.add?.buyerIp || settings.clientIp : undefined;
    const { operation, fields, root } = message;
    return judged(
      await client.call({ service, operation, fields, root, clientIp, correlationId: request.key, idempotencyKey: request.key }),
    );
  }

  function judged(reply: SoapReply): Judged {
    if (reply.verdict === 'done') return { verdict: 'done', made: madeOf(reply.body), body: reply.body };
    if (reply.verdict === 'fault') return { ...judge(reply.code, reply.message), code: reply.code };
    return { verdict: 'unknown', cause: causeRef('no_answer', undefined, reply.text), code: '' };
  }

  async function ask(inService: Service, operation: Operation, receivable: ReceivableFacts, number: string): Promise<Judged> {
    const id = readId();
    const fields = readFields(desk, receivable, number, id);
    const clientIp = operation === 'GetInvoiceInformation' ? settings.clientIp || '127.0.0.1' : undefined;
    return judged(await client.call({ service: inService, operation, fields, correlationId: id, clientIp }));
  }

  /** One invoice as the services tell it; a state only where one of them names it. */
  async function readPart(
    receivable: ReceivableFacts,
    number: string,
  ): Promise<{ seen?: PartSeen & { told: boolean }; account?: string; cause?: CauseRef }> {
    let status: PartSeen['state'] | undefined;
    if (modern) {
      const info = await ask(service, 'GetInvoiceInformation', receivable, number);
      if (info.verdict === 'done') status = stateOfStatus(textAt(info.body, 'Status'));
      else if (info.verdict !== 'state') return { cause: info.cause };
      else return {};
    }
    const current = await ask('InformationService', 'GetCurrentInvoice', receivable, number);
    if (current.verdict !== 'done') {
      if (status) return { seen: { number, state: status, told: true } };
      // Cancelled and unknown numbers read alike there (contract §16.3).
      return current.verdict === 'state' ? {} : { cause: current.cause };
    }
    const { made } = current;
    const written = textAt(current.body, 'DueDate');
    // A day that cannot be read is not the absence of one: it tells neither active nor pending.
    if (!status && written && !made.dueDate && !noDay.test(written)) return { cause: causeRef('no_answer', undefined, 'DueDate') };
    const state = status ?? (made.dueDate ? 'active' : 'pending');
    const { dueDate, reference, lowest, pdfUrl } = made;
    const facts = state === 'active' ? { dueDate, reference, lowest, pdfUrl, remaining: made.total } : {};
    return { seen: { number, state, told: status !== undefined || state === 'active', ...facts }, account: reference };
  }

  async function perform(request: AdministerRequest): Promise<AdministerOutcome> {
    const sent = await send(request);
    if (sent.verdict === 'done') return accepted(request, sent.made);
    if (sent.verdict === 'busy') return { outcome: 'unknown', cause: sent.cause };
    if (sent.verdict === 'unknown') return { outcome: 'unknown', cause: sent.cause };
    if (sent.verdict === 'rejected') return { outcome: 'rejected', cause: sent.cause };
    return whyState(request, sent.cause, sent.code);
  }

  /** The state does not fit the verb: the wish may be fulfilled already, or it has to wait, or it is out of reach. */
  async function whyState(request: AdministerRequest, cause: CauseRef, code: string): Promise<AdministerOutcome> {
    const { action, receivable, part } = request;
    if (!part) return { outcome: 'rejected', cause };
    const { seen, cause: unread } = await readPart(receivable, part.number);
    if (unread) return { outcome: 'unknown', cause: unread };
    const already = (made: Administered): AdministerOutcome => ({ outcome: 'accepted', made, already: true });
    if (action.verb === 'cancel' && (seen?.state === 'cancelled' || (!seen && !modern && code === 'INVALID_INVOICE_STATUS')))
      return already({});
    if (action.verb === 'activate' && seen?.state === 'active') {
      const settled = await activeAlready(request, seen);
      if (settled.done === 'yes') return already(settled.made);
      return {
        outcome: settled.done === 'no' ? 'rejected' : 'unknown',
        cause: settled.done === 'no' ? causeRef('changed_outside') : settled.cause,
      };
    }
    if (action.verb === 'activate' && (seen?.state === 'on_hold' || seen?.state === 'awaiting_buyer'))
      return { outcome: 'pending', lookAgainMs: holdMs };
    if (action.verb === 'extend' && code === 'INVOICE_DUEDATE_ALREADY_EXTENDED') return already({ dueDate: seen?.dueDate });
    return { outcome: 'rejected', cause };
  }

  /** N is active over there. It was our doing when its amount is the one that was asked for; the rest has a number we may not know. */
  async function activeAlready(request: AdministerRequest, seen: PartSeen): Promise<Settled> {
    const { action, part, parts, receivable } = request;
    if (action.verb !== 'activate' || !part) return { done: 'no' };
    const { currency } = receivable;
    const expected = enact(parts, action, {}, context.now().toISOString(), currency).find((p) => p.seq === part.seq)!;
    const wanted = toMinor(remainingOf(expected, currency).gross, currency);
    if (seen.remaining !== undefined && toMinor(seen.remaining, currency) !== wanted) return { done: 'no' };
    const { dueDate, reference, lowest, pdfUrl } = seen;
    const made: Administered = { dueDate, reference, lowest, pdfUrl };
    if (!action.picks) return { done: 'yes', made };
    // An active number cannot be activated a second time: the same key brings the kept answer, or a fault that changes nothing.
    const again = withinMemory(request) ? await send(request) : undefined;
    if (again?.verdict === 'done') return { done: 'yes', made: { ...made, ...again.made } };
    const left = remainingOf(part, currency).gross;
    if (toMinor(left, currency) === wanted) return { done: 'yes', made: { ...made, newNumber: null } };
    const rest = await numberOfRest(request, toMinor(left, currency) - wanted);
    return rest ? { done: 'yes', made: { ...made, newNumber: rest } } : { done: 'unclear', cause: causeRef('number_unknown') };
  }

  /**
   * The number under which the rest of a part activation waits, when its answer was lost (contract §15.4). The order document names it.
   * These services name no order: there it is known only while this buyer has no other claim that is open or not settled, and exactly one
   * waiting number that is nobody's yet. Whatever is less than that is a person's to say, never a guess.
   */
  async function numberOfRest(request: AdministerRequest, restMinor: bigint): Promise<string | undefined> {
    const { receivable, parts, others } = request;
    const taken = new Set([...parts.flatMap((p) => [p.number, ...p.aliases]), ...(others?.numbers ?? [])]);
    const listed = await ofOrder?.(request);
    if (listed && 'cause' in listed) return undefined;
    if (listed) {
      const fits = (one: PartSeen) => one.total === undefined || toMinor(one.total, receivable.currency) === restMinor;
      const open = listed.filter((one) => one.state === 'pending' && !taken.has(one.number));
      return open.length === 1 && fits(open[0]!) ? open[0]!.number : undefined;
    }
    if (!others || others.open) return undefined;
    const accounts = await accountsOfBuyer(receivable);
    if (!accounts || 'cause' in accounts) return undefined;
    const open = accounts.filter((one) => !taken.has(one.number) && (one.state === undefined || one.state === 'pending'));
    if (open.length !== 1) return undefined;
    const { seen } = await readPart(receivable, open[0]!.number);
    return seen?.state === 'pending' ? open[0]!.number : undefined;
  }

  /** All invoices of the buyer at this store; undefined where we do not know who bought. */
  async function accountsOfBuyer(receivable: ReceivableFacts): Promise<Account[] | { cause: CauseRef } | undefined> {
    if (!receivable.buyerNumber) return undefined;
    const id = readId();
    const fields = accountFields(desk, receivable, id);
    const answer = judged(await client.call({ service: 'InformationService', operation: 'GetAccounts', fields, correlationId: id }));
    if (answer.verdict === 'done') return accountsOf(answer.body);
    return answer.verdict === 'state' ? [] : { cause: answer.cause };
  }

  /** An invoice that is neither there nor this buyer's is not what was asked for. What was refused or cancelled stands in no account. */
  async function vouch({ receivable }: AdministerRequest, number: string, expected: Part): Promise<Vouched> {
    const { seen, account, cause } = await readPart(receivable, number);
    if (cause) return { vouched: 'unclear', cause };
    if (!seen) return { vouched: 'no', why: 'absent' };
    const accounts = await accountsOfBuyer(receivable);
    if (accounts && 'cause' in accounts) return { vouched: 'unclear', cause: accounts.cause };
    const { told, ...found } = seen;
    const own = accounts?.find((one) => one.number === number || (account !== undefined && one.reference === account));
    const over = told && (seen.state === 'rejected' || seen.state === 'cancelled' || seen.state === 'expired');
    if (accounts && !own && !over) return { vouched: 'no', why: 'buyer' };
    const left = toMinor(remainingOf(expected, receivable.currency).gross, receivable.currency);
    if (found.remaining !== undefined && toMinor(found.remaining, receivable.currency) !== left)
      return { vouched: 'no', why: 'amount', theirs: found.remaining };
    if (told) return { vouched: 'yes', seen: found };
    return { vouched: 'yes', seen: own?.state ? { ...found, state: own.state } : { ...found, sure: false } };
  }

  function withinMemory(request: AdministerRequest): boolean {
    // First sent much later than now: by a clock that was ahead, so nobody knows when. One that was set right by a little knows well enough.
    const ageMs = context.now().getTime() - Date.parse(request.firstSentAt ?? '');
    return ageMs >= -clockTurnedMs && ageMs < keyRemembersMs;
  }

  function accepted(request: AdministerRequest, made: Administered): AdministerOutcome {
    if (request.action.verb === 'add' && !made.number)
      return { outcome: 'unknown', cause: causeRef('no_answer', undefined, 'no InvoiceNo') };
    return { outcome: 'accepted', made };
  }

  async function settle(request: AdministerRequest): Promise<Settled> {
    const { action, part, receivable } = request;
    // The documented memory of the Payments API answers by itself what became of the request: same key, same answer (contract §2.9).
    const kept = modern && withinMemory(request) ? await byKey(request) : undefined;
    if (kept && kept.done !== 'unclear') return kept;
    if (action.verb === 'add' || action.verb === 'send' || !part) return { done: 'unclear', cause: causeRef('send_unclear') };
    const { seen, cause } = await readPart(receivable, part.number);
    if (cause) return { done: 'unclear', cause };
    const { currency } = receivable;
    const facts: Administered = { dueDate: seen?.dueDate, reference: seen?.reference, lowest: seen?.lowest, pdfUrl: seen?.pdfUrl };
    switch (action.verb) {
      case 'activate':
        if (seen?.state === 'active') return activeAlready(request, seen);
        return seen ? { done: 'no' } : { done: 'unclear', cause: causeRef('changed_outside') };
      case 'cancel':
        // Before it, the number was known and pending; the service that knows no states does not know cancelled numbers.
        if (seen?.state === 'cancelled' || (!seen && !modern)) return { done: 'yes', made: {} };
        return { done: 'no' };
      case 'replace':
        if (seen?.state !== 'pending') return { done: 'unclear', cause: causeRef('changed_outside') };
        // The full set is sent: a second time gives what the first would have given. But a key whose answer is forgotten is refused for a
        // day, done or not (contract §2.9): what nobody tells must not count as not done.
        return kept ?? byKey(request);
      case 'extend':
        if (seen?.dueDate && part.dueDate && seen.dueDate > part.dueDate) return { done: 'yes', made: facts };
        return seen?.dueDate ? { done: 'no' } : { done: 'unclear', cause: causeRef('send_unclear') };
      case 'credit':
      case 'adjust': {
        if (seen?.remaining === undefined) return { done: 'unclear', cause: causeRef('send_unclear') };
        const expected = enact(request.parts, action, {}, context.now().toISOString(), currency).find((p) => p.seq === part.seq)!;
        const theirs = toMinor(seen.remaining, currency);
        const before = toMinor(remainingOf(part, currency).gross, currency);
        const after = toMinor(remainingOf(expected, currency).gross, currency);
        if (before === after) return { done: 'unclear', cause: causeRef('send_unclear') };
        if (theirs === after) return { done: 'yes', made: facts };
        return theirs === before ? { done: 'no' } : { done: 'unclear', cause: causeRef('changed_outside') };
      }
      default:
        return { done: 'unclear', cause: causeRef('send_unclear') };
    }
  }

  async function byKey(request: AdministerRequest): Promise<Settled> {
    const outcome = await perform(request);
    if (outcome.outcome === 'accepted') return { done: 'yes', made: outcome.made };
    if (outcome.outcome === 'pending') return { done: 'no' };
    // A refusal kept under the key is the answer of the first time: nothing was done, and the next send says so once more.
    return outcome.outcome === 'rejected' ? { done: 'no' } : { done: 'unclear', cause: outcome.cause };
  }

  async function read(receivable: ReceivableFacts, parts: Part[]): Promise<Seen> {
    const seen: PartSeen[] = [];
    const live = parts.filter((part) => part.number && part.state !== 'replaced');
    for (const part of live) {
      const found = await readPart(receivable, part.number);
      if (found.cause) return { seen: 'unclear', cause: found.cause };
      if (!found.seen) continue;
      const { told, ...one } = found.seen;
      // An interface that names no states cannot tell "pending" from "on hold": our own word stands.
      seen.push(told ? one : { ...one, state: part.state, sure: false });
    }
    return seen.length === 0 && live.length > 0 ? { seen: 'absent' } : { seen: 'present', parts: seen };
  }

  async function check(): Promise<CauseRef | undefined> {
    const facts: ReceivableFacts = {
      country: firstStore(settings)?.country ?? 'SE',
      segment: firstStore(settings)?.segment ?? 'consumer',
      currency: 'SEK',
      orderNumber: '',
    };
    const answer = modern
      ? await ask(service, 'GetInvoiceInformation', facts, '0')
      : await ask('InformationService', 'GetCurrentInvoice', facts, '0');
    // A number that does not exist is looked up only for who was let in.
    return answer.verdict === 'done' || answer.verdict === 'state' ? undefined : answer.cause;
  }

  return { perform, settle, vouch, read, check };
}

function firstStore(settings: WalleySettings): { country: string; segment: 'consumer' | 'company' } | undefined {
  const key = Object.keys(settings.stores)[0];
  const match = key && /^store(..)(Consumer|Company)$/.exec(key);
  return match ? { country: match[1]!.toUpperCase(), segment: match[2] === 'Consumer' ? 'consumer' : 'company' } : undefined;
}
