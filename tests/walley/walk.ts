import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { connector } from '../../connectors/walley/connector.ts';
import { startWalleySimulator } from '../../connectors/walley/simulator.ts';
import { takeOver } from '../../src/administer/index.ts';
import type { AdministerRequest, Administers, ReceivableFacts } from '../../src/contract/administer.ts';
import { Secret } from '../../src/contract/secret.ts';
import { civilDay } from '../../src/domain/days/day.ts';
import { compareDecimal, fromMinor } from '../../src/domain/money/money.ts';
import { type Action, enact, foresee, leftOf, type Part, partSums, type RowInput, toldApart } from '../../src/domain/receivables/index.ts';
import { seededRandom } from '../../src/testkit/simulator.ts';
import { LedgerModel, type ModelPart, type Verb as ModelVerb } from './model.ts';

/**
 * Random verbs by the real client, over both engines and all generations, with answers lost on the way and days passing, against the
 * simulator and against a model that counts single pieces. After every step the ledger, the model and the provider say the same, to the
 * öre: state, rows, totals, tax by rate, due date. `npm run walley -- --seed N --steps 10000`; a failure prints its seed and step.
 */
const currency = 'SEK';
const buyers = { approved: '9001019802', 'on-hold': '9001029819', signing: '9001099887' } as const;
const firstNumber = 62_396_700;
const maxClaims = 5;
const faults = ['drop-before', 'drop-after', 'html500-after', 'http503', 'wrong-correlation'] as const;

type Claim = { facts: ReceivableFacts; parts: Part[]; root: string; orderedAt: string };
type Desk = 'InvoiceServiceV31' | 'InvoiceServiceV33' | 'PaymentServiceV10' | 'REST';
type Walked = { steps: number; done: Record<string, number>; refused: number; lost: number; claims: number; tookMs: number };

export async function walk({ seed, steps, tell }: { seed: number; steps: number; tell?: (line: string) => void }): Promise<Walked> {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const upTo = (n: number) => Math.floor(random() * n);
  const one = <T>(list: readonly T[]): T => list[upTo(list.length)]!;
  const sim = await startWalleySimulator();
  const began = performance.now();
  const control = async (path: string, body?: unknown, method = 'POST') => {
    const response = await fetch(`${sim.url}/__sim/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text ? JSON.parse(text) : undefined;
  };
  await control('config', { callbackDelayMs: 10 * 365 * 86_400_000, nextInvoiceNo: firstNumber }, 'PUT');
  let now = new Date((await control('clock', undefined, 'GET')).now);
  const today = () => civilDay(now.toISOString(), 'Europe/Stockholm');
  const model = new LedgerModel({ today: today(), firstNumber, stores: { '1234': { dueDays: 14 } } });
  const memory = new Map<string, string>();
  const desks = Object.fromEntries(
    (['InvoiceServiceV31', 'InvoiceServiceV33', 'PaymentServiceV10', 'REST'] as const).map((desk) => {
      const session = connector.open({
        settings: {
          storeSeConsumer: '1234',
          clientIp: '192.0.2.10',
          ...(desk === 'REST' ? { clientId: sim.credentials.clientId } : { soapService: desk, username: sim.credentials.username }),
        },
        secrets: { password: new Secret(sim.credentials.password), clientSecret: new Secret(sim.credentials.clientSecret) },
        baseUrl: sim.url,
        fetch,
        now: () => now,
        holdUntil: () => Promise.reject(new Error('no quota here')),
        memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
      });
      return [desk, session.administers!];
    }),
  ) as Record<Desk, Administers>;
  const claims: Claim[] = [];
  const walked: Walked = { steps: 0, done: {}, refused: 0, lost: 0, claims: 0, tookMs: 0 };
  let orders = 0;

  const rows = (): RowInput[] => {
    for (;;) {
      const made = toldApart(
        Array.from({ length: 1 + upTo(5) }, (_, i) => ({
          articleId: `ART-${String.fromCharCode(65 + i)}`,
          name: one(['Tröja blå M', 'Kaffe 500 g', 'Bok']),
          quantity: 1 + upTo(6),
          unitPrice: fromMinor(BigInt(chance(0.12) ? -upTo(5_000) - 1 : upTo(60_000) + 1), currency),
          vat: one(['25', '12', '6', '0']),
        })),
      );
      const total = made.reduce((n, row) => n + row.quantity * Number(row.unitPrice), 0);
      if (total > 1 && total < 45_000) return made;
    }
  };
  const modelRows = (list: readonly RowInput[]) =>
    list.map(({ articleId, name, quantity, unitPrice, vat }) => ({ articleId, description: name, quantity, unitPrice, vat }));
  const lines = (part: Part, picks: { row: number; quantity: number }[]) =>
    picks.map(({ row, quantity }) => ({
      articleId: part.rows[row]!.articleId,
      description: part.rows[row]!.name,
      quantity,
      unitPrice: part.rows[row]!.unitPrice,
    }));

  /** Sends, and settles what was lost as the engine does: read first, send again only what was proven not done. */
  async function carry(desk: Administers, request: AdministerRequest, fault: boolean) {
    for (let tries = 0; tries < 8; tries++) {
      let outcome = await desk.perform(request);
      for (let looks = 0; outcome.outcome === 'pending' && looks < 5; looks++)
        outcome = await desk.look(request, outcome.ticket ?? 'applied');
      if (outcome.outcome === 'accepted' || outcome.outcome === 'rejected') return outcome;
      if (!fault && outcome.outcome === 'unknown') throw new Error(`unknown without a fault: ${JSON.stringify(outcome.cause)}`);
      walked.lost++;
      const settled = await desk.settle({ ...request, firstSentAt: now.toISOString() });
      if (settled.done === 'yes') return { outcome: 'accepted' as const, made: settled.made };
      if (settled.done === 'unclear') return { outcome: 'unclear' as const, cause: settled.cause };
    }
    throw new Error(`${request.action.verb} never settled`);
  }

  function request(claim: Claim, action: Action): AdministerRequest {
    return {
      key: randomUUID(),
      reference: `walk-${orders}`,
      receivable: claim.facts,
      parts: claim.parts,
      action,
      ...('part' in action ? { part: claim.parts.find((p) => p.seq === action.part) } : {}),
      add: {
        orderedAt: claim.orderedAt,
        by: 'post',
        buyer: {
          firstName: 'Anna',
          lastName: 'Testsson',
          taxIds: [],
          street: 'Storgatan 1',
          postalCode: '41103',
          city: 'Göteborg',
          country: 'SE',
        },
      },
    };
  }

  async function open(): Promise<void> {
    const buyer = chance(0.15) ? one(['on-hold', 'signing'] as const) : 'approved';
    const set = rows();
    orders++;
    const facts = {
      country: 'SE',
      segment: 'consumer' as const,
      currency,
      orderNumber: `W-${seed}-${orders}`,
      buyerNumber: new Secret(buyers[buyer]),
    };
    const claim: Claim = { facts, parts: [], root: '', orderedAt: now.toISOString() };
    const generation = one(['InvoiceServiceV31', 'PaymentServiceV10'] as const);
    const result = await carry(desks[generation], request(claim, { verb: 'add', rows: set }), false);
    const verdict = model.apply({
      verb: 'add',
      store: '1234',
      buyer,
      rows: modelRows(set),
      activate: false,
      secondGeneration: generation === 'PaymentServiceV10',
    });
    agree(result.outcome === 'accepted', verdict.done, 'add');
    if (result.outcome !== 'accepted') return;
    const expiresAt = new Date(now.getTime() + 90 * 86_400_000).toISOString();
    claim.parts = enact([], { verb: 'add', rows: set }, { ...result.made, expiresAt }, now.toISOString(), currency);
    claim.root = claim.parts[0]!.number;
    if (verdict.done) agree(claim.root, verdict.newNumber, 'number');
    claims.push(claim);
    walked.claims++;
    count(`add by ${generation}`);
  }

  const count = (name: string) => (walked.done[name] = (walked.done[name] ?? 0) + 1);

  async function act(claim: Claim): Promise<void> {
    const live = claim.parts.filter((p) => p.state !== 'replaced');
    const part = chance(0.85)
      ? one(live.filter((p) => ['pending', 'active', 'on_hold', 'awaiting_buyer'].includes(p.state)).concat(live.slice(-1)))
      : one(live);
    const wanted = one(part.state === 'active' ? activeVerbs : part.state === 'pending' ? pendingVerbs : allVerbs);
    const picks = part.rows.flatMap((row, i) => {
      const quantity = Math.min(upTo(leftOf(row) + 1), leftOf(row));
      return quantity > 0 ? [{ row: i, quantity }] : [];
    });
    const some = picks.length > 0 && chance(0.65) ? { picks } : {};
    const seq = { part: part.seq };
    const actions: Record<(typeof allVerbs)[number], Exclude<Action, { verb: 'add' }>> = {
      activate: { verb: 'activate', ...seq, ...some },
      credit: { verb: 'credit', ...seq, ...some },
      cancel: { verb: 'cancel', ...seq },
      replace: { verb: 'replace', ...seq, rows: rows() },
      send: { verb: 'send', ...seq, by: 'email', email: 'ny@example.test' },
      extend: { verb: 'extend', ...seq },
      adjust: {
        verb: 'adjust',
        ...seq,
        articleId: 'ADJ',
        name: 'Prisjustering',
        amount: fromMinor(BigInt(upTo(20_000) - 14_000) || 1n, currency),
        vat: one(['25', '6']),
      },
      prolong: { verb: 'prolong', ...seq },
    };
    const action = actions[wanted];
    const name: Desk =
      wanted === 'prolong'
        ? 'REST'
        : wanted === 'send' || wanted === 'extend'
          ? one(['InvoiceServiceV31', 'PaymentServiceV10'] as const)
          : one(['InvoiceServiceV31', 'InvoiceServiceV33', 'PaymentServiceV10', 'REST'] as const);
    const { findings } = foresee(claim.parts, action, desks[name].terms(), { at: now.toISOString(), today: today() }, currency);
    const stop = findings.find((f) => f.level === 'hold');
    const same = mirror(claim, part, action, name, picks);
    if (stop) {
      walked.refused++;
      // Whatever the ledger forbids the provider refuses too; in three cases the ledger is the stricter one.
      if (!stricter.has(stop.code) && name !== 'REST' && same) agree(model.apply(same).done, false, `${wanted} stopped by ${stop.code}`);
      return;
    }
    const asked = request(claim, action);
    const lossy = chance(0.08) && wanted !== 'send';
    if (lossy)
      await control('inject', {
        target: name === 'REST' ? restTargets[wanted] : targetOf(action),
        mode: one(name === 'REST' || wanted === 'replace' ? faults.slice(0, 4) : faults),
        times: 1,
      });
    const result = await carry(desks[name], asked, lossy);
    if (lossy) await control('faults', undefined, 'DELETE');
    if (result.outcome === 'rejected' && notHere.has(result.cause.code)) return;
    if (result.outcome === 'unclear') throw new Error(`${wanted} by ${name} cannot be settled: ${JSON.stringify(result.cause)}`);
    if (!same) throw new Error(`${wanted} by ${name} was carried out though it has no twin`);
    const verdict = model.apply(same);
    agree(
      result.outcome === 'accepted',
      verdict.done,
      `${wanted} by ${name}: ${JSON.stringify(result.outcome === 'rejected' ? result.cause : verdict)}`,
    );
    if (result.outcome !== 'accepted') {
      walked.refused++;
      return;
    }
    claim.parts = enact(claim.parts, action, result.made, now.toISOString(), currency);
    if (result.made.providerOrderId) claim.facts = { ...claim.facts, providerOrderId: result.made.providerOrderId };
    count(`${wanted} by ${name}`);
  }

  /** The same verb in the words of the model; undefined where REST cannot name the part. */
  function mirror(
    claim: Claim,
    part: Part,
    action: Exclude<Action, { verb: 'add' }>,
    desk: Desk,
    picks: { row: number; quantity: number }[],
  ): ModelVerb | undefined {
    const { number } = part;
    const rest = desk === 'REST';
    const left = part.rows.flatMap((row, i) => (leftOf(row) > 0 ? [{ row: i, quantity: leftOf(row) }] : []));
    const worth = (list: typeof picks) =>
      fromMinor(
        list.reduce((n, p) => n + BigInt(p.quantity) * BigInt(part.rows[p.row]!.unitPrice.replace('.', '')), 0n),
        currency,
      );
    switch (action.verb) {
      case 'activate':
        if (rest)
          return {
            verb: 'order-capture',
            number,
            amount: worth(action.picks ?? left),
            ...(action.picks ? { lines: lines(part, action.picks) } : {}),
          };
        return action.picks ? { verb: 'part-activate', number, lines: lines(part, action.picks) } : { verb: 'activate', number };
      case 'credit':
        if (rest)
          return {
            verb: 'order-refund',
            number: claim.root,
            amount: worth(action.picks ?? left),
            lines: lines(part, action.picks ?? left),
          };
        return action.picks ? { verb: 'part-credit', number, lines: lines(part, action.picks) } : { verb: 'credit', number };
      case 'cancel':
        return rest ? { verb: 'order-cancel', number } : { verb: 'cancel', number };
      case 'replace':
        return rest
          ? { verb: 'order-reauthorize', number, rows: modelRows(action.rows) }
          : { verb: 'replace', number, rows: modelRows(action.rows), secondGeneration: desk === 'PaymentServiceV10' };
      case 'adjust':
        return rest
          ? { verb: 'order-refund', number: claim.root, amount: action.amount.replace('-', '') }
          : { verb: 'adjust', number, amount: action.amount, vat: action.vat };
      case 'prolong':
        return { verb: 'order-extend', number };
      default:
        return { verb: action.verb, number };
    }
  }

  /** Days pass, decisions fall; both are heard of by reading, as in life. */
  async function wait(): Promise<void> {
    const days = 1 + upTo(chance(0.2) ? 60 : 8);
    now = new Date((await control('clock/advance', { days })).now);
    model.apply({ verb: 'wait', days });
    for (const claim of claims) await look(claim);
    count('wait');
  }
  async function decide(claim: Claim): Promise<void> {
    const part = claim.parts.find((p) => p.state === 'on_hold' || p.state === 'awaiting_buyer');
    if (!part) return;
    const approve = part.state === 'awaiting_buyer' || chance(0.6);
    await control(`invoices/${part.number}/status`, { status: approve ? 1 : 5 });
    model.apply({ verb: 'decide', number: part.number, approve });
    await look(claim);
    count('decide');
  }
  async function look(claim: Claim): Promise<void> {
    const seen = await desks.PaymentServiceV10.read(claim.facts, claim.parts);
    if (seen.seen !== 'present') throw new Error(`cannot be read: ${JSON.stringify(seen)}`);
    const taken = takeOver(claim.parts, seen.parts, now.toISOString(), currency, true);
    if (taken.mismatches.length > 0) throw new Error(`reads otherwise: ${JSON.stringify(taken.mismatches)}`);
    claim.parts = taken.next;
  }

  function agree(ours: unknown, theirs: unknown, what: string): void {
    if (ours !== theirs) throw new Error(`${what}: ours ${String(ours)}, theirs ${String(theirs)}`);
  }

  const states: Record<ModelPart['state'], Part['state']> = {
    OnHold: 'on_hold',
    Signing: 'awaiting_buyer',
    Pending: 'pending',
    Activated: 'active',
    Credited: 'credited',
    Cancelled: 'cancelled',
    Expired: 'expired',
    Rejected: 'rejected',
  };
  const equal = (a: string, b: string, what: string) => {
    if (compareDecimal(a, b) !== 0) throw new Error(`${what}: ours ${a}, theirs ${b}`);
  };

  /** The ledger, the model and the provider, part by part. */
  async function compare(claim: Claim): Promise<void> {
    const twins = model.order(claim.root);
    const own = claim.parts.filter((p) => p.state !== 'replaced');
    agree(own.length, twins.length, 'number of parts');
    for (const [i, part] of own.entries()) {
      const twin = twins[i]!;
      const sums = partSums(part, currency);
      const at = `part ${part.number}`;
      agree(part.number, twin.number, 'number');
      agree(part.state, states[twin.state], `${at} state`);
      equal(sums.total, twin.total, `${at} total`);
      equal(sums.adjusted, twin.adjusted, `${at} adjusted`);
      if (part.state === 'active' || part.state === 'credited') {
        equal(sums.remaining.gross, twin.remaining, `${at} remaining`);
        equal(sums.credited, twin.credited, `${at} credited`);
        agree(part.dueDate ?? null, twin.dueDate, `${at} due date`);
        agree(part.extended, twin.extended, `${at} extended`);
        agree(sums.remaining.byRate.length, twin.vat.filter((v) => compareDecimal(v.gross, '0') !== 0).length, `${at} rates`);
        for (const rate of sums.remaining.byRate) {
          const theirs = twin.vat.find((v) => compareDecimal(v.rate, rate.vat) === 0);
          equal(rate.gross, theirs?.gross ?? '0', `${at} gross of ${rate.vat}`);
          equal(rate.tax, theirs?.vat ?? '0', `${at} tax of ${rate.vat}`);
        }
      }
      const units = (list: readonly { articleId: string; quantity: number; credited: number }[]) =>
        list
          .map((r) => `${r.articleId} ${r.quantity}/${r.credited}`)
          .sort()
          .join();
      agree(units(part.rows), units(twin.rows), `${at} rows`);
      agree([...part.aliases].sort().join(), [...twin.aliases].sort().join(), `${at} aliases`);
      const held = await control(`invoices/${part.number}`, undefined, 'GET');
      agree(states[held.state as ModelPart['state']] ?? 'awaiting_buyer', part.state, `${at} at the provider`);
      equal(String(held.total), sums.total, `${at} total at the provider`);
      equal(
        String(held.creditedTotal),
        part.state === 'active' || part.state === 'credited' ? sums.credited : '0',
        `${at} credited at the provider`,
      );
    }
  }

  let step = 0;
  try {
    for (; step < steps; step++) {
      while (claims.length > 0 && claims.length >= maxClaims) claims.splice(upTo(claims.length), 1);
      if (claims.length < 2 || chance(0.06)) await open();
      else if (chance(0.03)) await wait();
      else {
        const claim = one(claims);
        if (chance(0.5) && claim.parts.some((p) => p.state === 'on_hold' || p.state === 'awaiting_buyer')) await decide(claim);
        else await act(claim);
        await compare(claim);
        const over = claim.parts.every((p) => ['credited', 'cancelled', 'expired', 'rejected', 'replaced'].includes(p.state));
        if (over && chance(0.5)) claims.splice(claims.indexOf(claim), 1);
      }
      if (step % 500 === 499) tell?.(`${step + 1} steps`);
    }
    for (const claim of claims) await compare(claim);
  } catch (error) {
    throw new Error(`seed ${seed}, step ${step}: ${(error as Error).message}`, { cause: error });
  } finally {
    await sim.close();
  }
  return { ...walked, steps, tookMs: Math.round(performance.now() - began) };
}

const pendingVerbs = ['activate', 'activate', 'activate', 'replace', 'replace', 'cancel', 'prolong'] as const;
const activeVerbs = ['credit', 'credit', 'credit', 'adjust', 'adjust', 'send', 'extend'] as const;
const allVerbs = ['activate', 'credit', 'cancel', 'replace', 'send', 'extend', 'adjust', 'prolong'] as const;
/** Where the ledger forbids more than the provider: sums of parts below zero. */
const stricter = new Set(['H_TOTAL_NOT_POSITIVE', 'H_REST_NOT_POSITIVE', 'H_VERB_EXPIRED', 'H_VERB_CANCELLED', 'H_VERB_CREDITED']);
/** REST cannot name every part; then the connector says so before anything leaves. */
const notHere = new Set(['walley.part_not_addressable', 'walley.no_engine', 'walley.not_found']);
const restTargets: Record<string, string> = {
  activate: 'capture',
  cancel: 'cancel',
  replace: 'reauthorize',
  credit: 'refund',
  adjust: 'refund',
  prolong: 'extend',
};

function targetOf(action: Action): string {
  switch (action.verb) {
    case 'activate':
      return action.picks ? 'PartActivateInvoice' : 'ActivateInvoice';
    case 'credit':
      return action.picks ? 'PartCreditInvoice' : 'CreditInvoice';
    case 'cancel':
      return 'CancelInvoice';
    case 'replace':
      return 'ReplaceInvoice';
    case 'extend':
      return 'ExtendDueDate';
    default:
      return 'AdjustInvoice';
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seed: { type: 'string' }, steps: { type: 'string' } } });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  const steps = Number(values.steps ?? 10_000);
  console.log(`seed ${seed}, ${steps} steps`);
  const walked = await walk({ seed, steps, tell: (line) => console.log(line) });
  console.log(JSON.stringify(walked, null, 1));
}
