import { describe, expect, it } from 'vitest';
import { type Decimal, toMinor } from '../domain/money/money.ts';
import { type Action, enact, type Part, type PartState, type RowInput, remainingOf } from '../domain/receivables/index.ts';
import type { AddFacts, Administered, AdministerRequest, ReceivableFacts } from './administer.ts';
import { attachSuite, type ChannelDouble, type ChannelSuite, channelPrivacySuite, lookupSuite, pullSuite } from './channel-suite.ts';
import {
  type CallVerdict,
  type ConnectionContext,
  type Connector,
  type Exchange,
  Failed,
  type Made,
  type Outcome,
  type RawCall,
  type Session,
  type TransferRequest,
} from './connector.ts';
import { type AwaitedDocument, type FolderDocument, resultEnding } from './folder.ts';
import type { Capability, Texts } from './manifest.ts';
import { QuotaWait, ungated } from './requests.ts';
import { Secret } from './secret.ts';

/**
 * The suite every connector is held to (STYLE §4). It looks into the other side directly instead of believing the connector, so
 * each connector brings an adapter to its simulator. A capability that is declared is tested; one that is not has no part here.
 */

/** A document as the other side really holds it. */
type HeldOverThere = { number: string; gross: Decimal; currency: string; reference?: string; reversed: boolean };

/** What can go wrong with the next write over there. */
export type WriteFault = 'lost-before' | 'lost-after' | 'down' | 'page' | 'refused';

/** A running double with a fresh account in it. */
export type Double = {
  baseUrl: string;
  secrets: Record<string, string>;
  settings?: Record<string, unknown>;
  now(): Date;
  /** Lets time pass over there, for work that is not done at once. */
  pass?(ms: number): Promise<void>;
  close(): Promise<void>;
  /** Only for `transfer`: what is there now, and faults for the next write. */
  documents?(): Promise<HeldOverThere[]>;
  fault?(fault: WriteFault): Promise<void>;
};

type SuiteCalls = {
  /** A call the connector accepts, with this id. */
  good(id: string, at: Date): RawCall;
  /** Calls that must be refused: forged, stale, too large, malformed. */
  bad(at: Date): Record<string, RawCall>;
  /** Calls carry a signature, so one without it is refused. */
  signed: boolean;
};

/** A claim as the other side really holds it. */
type ClaimOverThere = { number: string; state: PartState; owed: Decimal };

type SuiteClaims = {
  /** An order that can be opened as a claim, each time another one. */
  order(n: number): { receivable: ReceivableFacts; add: AddFacts; rows: RowInput[] };
  /** What is there now, on this double. */
  held(double: Double): Promise<ClaimOverThere[]>;
};

type SuiteInput = {
  /** For `administer`. */
  claims?: SuiteClaims;
  connector: Connector;
  start(): Promise<Double>;
  /** Documents this provider issues, each of another order; `reference` is set by the suite. */
  requests?: () => Omit<TransferRequest, 'reference' | 'settings'>[];
  calls?: SuiteCalls;
  /** Channels with orders of their own; their double is a `ChannelDouble`. */
  channel?: ChannelSuite;
  /** Words of the buyer and of the account that may not appear in what is kept of an exchange. */
  privateWords?: string[];
};

type Opened = { session: Session; exchanges: Exchange[]; double: Double };

export function connectorSuite(input: SuiteInput): void {
  const { connector } = input;
  const { manifest } = connector;
  const has = (capability: Capability) => manifest.capabilities.includes(capability);
  describe(`connector ${manifest.id}`, () => {
    manifestSuite(input);
    if (has('transfer') || has('administer') || has('pull-orders') || has('charge')) keySuite(input);
    if (has('transfer')) transferSuite(input);
    if (has('administer')) administerSuite(input);
    if (has('folder')) folderSuite(input);
    if (has('receive-calls')) callSuite(input, given(input.calls, 'calls'));
    if (has('look-up')) lookupSuite((work) => opened(input, ({ session }) => work(session)), manifest);
    if (!has('pull-orders') && !has('attach')) return;
    const channel = given(input.channel, 'channel');
    const run = (work: (o: Opened & { double: ChannelDouble }) => Promise<void>) =>
      opened(input, (o) => work({ ...o, double: o.double as ChannelDouble }));
    if (has('pull-orders')) pullSuite(run);
    if (has('attach')) attachSuite(run, channel);
    channelPrivacySuite(run, channel, input.privateWords ?? []);
  });
  // What is declared and cannot be tried for want of an adapter would pass unseen.
  function given<T>(part: T | undefined, name: string): T {
    if (part === undefined) throw new Error(`the suite needs "${name}" for what ${manifest.id} declares`);
    return part;
  }
}

/** Opens the connection on a fresh double and closes it again, whatever happens. */
async function opened<T>(input: SuiteInput, work: (opened: Opened) => Promise<T>): Promise<T> {
  const double = await input.start();
  const exchanges: Exchange[] = [];
  try {
    return await work({ session: input.connector.open(contextOf(double, exchanges)), exchanges, double });
  } finally {
    await double.close();
  }
}

export function contextOf(double: Double, exchanges: Exchange[] = [], memory = new Map<string, string>()): ConnectionContext {
  return {
    settings: double.settings ?? {},
    secrets: Object.fromEntries(Object.entries(double.secrets).map(([name, value]) => [name, new Secret(value)])),
    baseUrl: double.baseUrl,
    fetch: ungated(fetch),
    holdUntil: (until) => Promise.reject(new QuotaWait(until)),
    now: () => double.now(),
    memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
    exchange: (record) => exchanges.push(record),
  };
}

// ---------------------------------------------------------------- manifest

const inSession: Partial<Record<Capability, (session: Session) => unknown>> = {
  transfer: (session) => session.transfers,
  administer: (session) => session.administers,
  'pull-orders': (session) => session.pulls,
  'receive-calls': (session) => session.calls,
  attach: (session) => session.attaches,
  'look-up': (session) => session.lookups,
  taxpayer: (session) => session.taxpayer,
  charge: (session) => session.charges,
  'read-order-file': (session) => session.files,
  folder: (session) => session.folder,
};

function manifestSuite({ connector, start }: SuiteInput): void {
  const { manifest } = connector;

  it('has exactly the capabilities its manifest declares', async () => {
    await opened({ connector, start }, async ({ session }) => {
      for (const [capability, part] of Object.entries(inSession)) {
        const declared = manifest.capabilities.includes(capability as Capability);
        expect({ capability, present: part(session) !== undefined }).toEqual({ capability, present: declared });
      }
    });
  });

  it('has every text in four languages, and every placeholder in all of them', () => {
    expect(lackingTexts(manifest)).toEqual([]);
  });

  it('names each cause and each setting once', () => {
    for (const names of [manifest.causes.map((c) => c.code), manifest.settings.map((s) => s.key)])
      expect(names).toEqual([...new Set(names)]);
    for (const cause of manifest.causes) expect(cause.link ?? 'https://', cause.code).toMatch(/^https:\/\//);
  });

  it('limits what it does to a provider', () => {
    if (!manifest.capabilities.includes('transfer') && !manifest.capabilities.includes('folder')) return;
    const { limits } = manifest;
    expect(manifest.documentKinds?.length).toBeGreaterThan(0);
    expect(manifest.numberOwners?.length).toBeGreaterThan(0);
    expect(manifest.reporters?.length).toBeGreaterThan(0);
    expect(limits?.concurrency).toBeGreaterThan(0);
    expect(limits?.maxSends).toBeGreaterThan(0);
    // Asking before the other side has given up would find nothing although something is about to be made.
    expect(limits?.settleAfterMs).toBeGreaterThan(limits?.timeoutMs ?? Number.POSITIVE_INFINITY);
  });
}

const languages = ['pl', 'en', 'hu', 'sv'] as const;

function lackingTexts(value: unknown, path = 'manifest'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isTexts(value)) {
    const placeholders = (text: string) =>
      [...text.matchAll(/\{(\w+)\}/g)]
        .map((m) => m[1])
        .sort()
        .join();
    const same = languages.every((language) => placeholders(value[language]) === placeholders(value.en));
    const filled = languages.every((language) => value[language].trim() !== '');
    return same && filled ? [] : [path];
  }
  return Object.entries(value).flatMap(([key, child]) => lackingTexts(child, `${path}.${key}`));
}

function isTexts(value: object): value is Texts {
  return 'en' in value && 'hu' in value && Object.values(value).every((text) => typeof text === 'string');
}

// ---------------------------------------------------------------- key and address

/** Codes that are ours, whichever connector says them. */
const general: ReadonlySet<string> = new Set(['CONNECTION_UNREACHABLE', 'NO_ANSWER']);

function keySuite(input: SuiteInput): void {
  const { manifest } = input.connector;
  const known = (code: string) => expect([...general, ...manifest.causes.map((c) => c.code)]).toContain(code);
  const checked = async (double: Double) => {
    const exchanges: Exchange[] = [];
    const result = await input.connector
      .open(contextOf(double, exchanges))
      .check()
      .catch((error: unknown) => {
        // What cannot be asked may be thrown, as a cause and as nothing else.
        if (error instanceof Failed) return { ok: false, facts: [], cause: error.ref };
        throw error;
      });
    return { result, kept: JSON.stringify([result, exchanges]) };
  };
  const wrong = 'a-key-that-was-typed-wrong-0123456789';

  it('says of a wrong key that it is wrong, and keeps it to itself', async () => {
    await opened(input, async ({ double }) => {
      const secrets = Object.fromEntries(Object.keys(double.secrets).map((name) => [name, wrong]));
      const { result, kept } = await checked({ ...double, secrets });
      expect(result.ok).toBe(false);
      known(result.cause?.code ?? 'none');
      expect(kept).not.toContain(wrong);
    });
  });

  it('says of a server that is not there that it does not answer', async () => {
    await opened(input, async ({ double }) => {
      const { result, kept } = await checked({ ...double, baseUrl: 'http://127.0.0.1:1' });
      expect(result.ok).toBe(false);
      known(result.cause?.code ?? 'none');
      for (const secret of Object.values(double.secrets)) expect(kept).not.toContain(secret);
    });
  });
}

// ---------------------------------------------------------------- transfer

function transferSuite(input: SuiteInput): void {
  const { manifest } = input.connector;
  const requests = () =>
    (input.requests?.() ?? []).map(
      (request, i): TransferRequest => ({ ...request, reference: `suite:c1:order-${i + 1}:${request.kind}`, settings: {} }),
    );
  const first = () => {
    const request = requests()[0];
    if (!request) throw new Error(`the suite needs requests for ${manifest.id}`);
    return request;
  };
  const causeKnown = (code: string) => expect(manifest.causes.map((c) => c.code)).toContain(code);

  it('accepts its connection', async () => {
    await opened(input, async ({ session }) => {
      const result = await session.check();
      expect(result).toMatchObject({ ok: true });
      for (const fact of result.facts) expect(manifest.facts, fact.label).toHaveProperty(fact.label);
    });
  });

  it('judges what has no day and no number yet: an order that is neither paid nor issued', async () => {
    await opened(input, async ({ session }) => {
      for (const request of requests()) expect(() => session.transfers!.preflight(undated(request)), request.kind).not.toThrow();
    });
  });

  it('makes each kind of document once, with totals that agree to the cent', async () => {
    await opened(input, async ({ session, double }) => {
      for (const request of requests()) {
        expect(session.transfers!.preflight(request)).toEqual([]);
        const made = accepted(await sent(session, double, request));
        const held = (await double.documents!()).find((document) => document.number === made.number);
        expect(held, request.kind).toBeDefined();
        const wanted = request.content.correction?.difference.gross ?? request.content.totals.gross;
        expect(toMinor(held!.gross, held!.currency), request.kind).toBe(toMinor(wanted, request.content.currency));
        expect(toMinor(made.gross!, request.content.currency)).toBe(toMinor(held!.gross, held!.currency));
      }
      expect(await double.documents!()).toHaveLength(requests().length);
    });
  });

  it('finds by reference what it made, and proves absence of what it did not', async () => {
    await opened(input, async ({ session, double }) => {
      for (const request of requests()) {
        expect(await session.transfers!.find(request)).toEqual({ found: 'absent' });
        const made = accepted(await sent(session, double, request));
        const found = await session.transfers!.find(request);
        expect(found).toMatchObject({ found: 'present', by: 'reference', made: { number: made.number, providerId: made.providerId } });
      }
    });
  });

  it('is tried with every kind of document that it declares', () => {
    // A final invoice refers to advances that are there already: its connector's own tests make both.
    const alone = manifest.documentKinds?.filter((kind) => kind !== 'final');
    expect(new Set(requests().map(({ kind }) => kind))).toEqual(new Set(alone));
  });

  it('takes no document for its own whose reference only begins or ends alike', async () => {
    await opened(input, async ({ session, double }) => {
      const [mine, other] = requests();
      for (const reference of [`${mine!.reference}0`, `0${mine!.reference}`])
        accepted(
          await sent(session, double, {
            ...other!,
            content: { ...other!.content, order: { ...other!.content.order!, externalId: reference } },
            reference,
          }),
        );
      expect(await session.transfers!.find(mine!)).toEqual({ found: 'absent' });
    });
  });

  it('makes one document of one reference sent twice', async () => {
    await opened(input, async ({ session, double }) => {
      const made = accepted(await sent(session, double, first()));
      const again = await sendSafely(session, double, first());
      expect(again.number).toBe(made.number);
      expect(await double.documents!()).toHaveLength(1);
    });
  });

  it.each(['lost-after', 'lost-before', 'down', 'page'] as const)(
    'settles an answer that is %s by asking, and ends with one document',
    async (fault) => {
      await opened(input, async ({ session, double }) => {
        await double.fault!(fault);
        const outcome = await sent(session, double, first());
        expect(outcome.outcome).toBe('unknown');
        if (outcome.outcome === 'unknown') causeKnown(outcome.cause.code);
        await double.pass?.(manifest.limits?.settleAfterMs ?? 0);
        const found = await session.transfers!.find(first());
        expect(found.found).toBe(fault === 'lost-after' ? 'present' : 'absent');
        await sendSafely(session, double, first());
        expect(await double.documents!()).toHaveLength(1);
      });
    },
  );

  it('proves absence only by an answer: a question that is lost leaves it open', async () => {
    await opened(input, async ({ session, double }) => {
      await double.fault!('lost-before');
      const found = await session.transfers!.find(first());
      expect(found.found).toBe('unclear');
    });
  });

  it('leaves nothing behind when refused, and names a cause with texts', async () => {
    await opened(input, async ({ session, double }) => {
      await double.fault!('refused');
      const outcome = await sent(session, double, first());
      expect(outcome.outcome).toBe('rejected');
      if (outcome.outcome === 'rejected') causeKnown(outcome.cause.code);
      expect(await double.documents!()).toEqual([]);
      accepted(await sent(session, double, first()));
    });
  });

  it('gives the same PDF, byte for byte, however often it is fetched', async () => {
    await opened(input, async ({ session, double }) => {
      for (const request of requests()) {
        const made = accepted(await sent(session, double, request));
        const [one, two] = [await session.transfers!.pdf(made, request), await session.transfers!.pdf(made, request)];
        expect(
          Buffer.from(one ?? [])
            .subarray(0, 5)
            .toString('latin1'),
          request.kind,
        ).toBe('%PDF-');
        expect(Buffer.compare(Buffer.from(one!), Buffer.from(two!))).toBe(0);
      }
    });
  });

  it('keeps secrets and buyers out of what is recorded, and out of what is told when something goes wrong', async () => {
    await opened(input, async ({ session, exchanges, double }) => {
      await session.check();
      const told: Outcome[] = [];
      for (const request of requests()) {
        await sent(session, double, request);
        await session.transfers!.find(request);
      }
      for (const [i, fault] of (['page', 'down', 'refused', 'lost-after'] as const).entries()) {
        await double.fault!(fault);
        told.push(await sent(session, double, { ...first(), reference: `suite:c1:order-x${i}:invoice` }));
      }
      expect(told.every(({ outcome }) => outcome !== 'accepted')).toBe(true);
      expect(exchanges.length).toBeGreaterThan(requests().length);
      const kept = JSON.stringify([exchanges, told]);
      for (const word of [...Object.values(double.secrets), ...(input.privateWords ?? [])]) expect(kept).not.toContain(word);
    });
  });
}

function accepted(outcome: Outcome): Made {
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.made;
}

/** Sends, and follows what is pending until it is settled one way or the other. */
async function sent(session: Session, double: Double, request: TransferRequest): Promise<Outcome> {
  let outcome = await session.transfers!.send(request);
  for (let looks = 0; outcome.outcome === 'pending' && looks < 30; looks++) {
    await double.pass?.(outcome.lookAgainMs);
    outcome = await session.transfers!.look!(outcome.ticket!, request);
  }
  return outcome;
}

/** What the transfer engine does after an unknown: ask, adopt, and send only after proven absence. */
async function sendSafely(session: Session, double: Double, request: TransferRequest): Promise<Made> {
  const found = await session.transfers!.find(request);
  if (found.found === 'present') return found.made;
  expect(found.found).toBe('absent');
  return accepted(await sent(session, double, request));
}

// ---------------------------------------------------------------- folder

/** Files for a folder and what comes back from it: all pure, so nothing runs but the connector. */
function folderSuite(input: SuiteInput): void {
  const { manifest } = input.connector;
  const documents = () =>
    (input.requests?.() ?? []).map(
      (request, i): FolderDocument => ({
        ...request,
        reference: `fk:0197d3c0-0000-7000-8000-${String(i).padStart(12, '0')}`,
        settings: {},
      }),
    );
  const awaitedOf = ({ reference, kind, number, content }: FolderDocument): AwaitedDocument => {
    const { gross } = content.correction?.difference ?? content.totals;
    return { reference, kind, number, gross, currency: content.currency };
  };
  const at = new Date('2026-10-01T06:15:02Z');
  const codes = new Set(manifest.causes.map((cause) => cause.code));
  const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const withFolder = (work: (folder: NonNullable<Session['folder']>, all: FolderDocument[]) => Promise<void> | void) =>
    opened(input, async ({ session }) => work(session.folder!, documents()));

  it('judges what has no day and no number yet: an order that is neither paid nor issued', async () => {
    await withFolder((folder, all) => {
      for (const document of all) expect(() => folder.preflight(undated(document)), document.kind).not.toThrow();
    });
  });

  it('makes one file of one document, the same bytes under the same name however often', async () => {
    await withFolder((folder, all) => {
      expect(all.length).toBeGreaterThan(1);
      for (const document of all) {
        expect(
          folder.preflight(document).filter((f) => f.level === 'hold'),
          document.kind,
        ).toEqual([]);
        const [one, two] = [folder.inbox(document, at), folder.inbox(structuredClone(document), at)];
        expect(one.name).toBe(two.name);
        expect(Buffer.compare(Buffer.from(one.bytes), Buffer.from(two.bytes))).toBe(0);
        expect(one.name).toMatch(/^[A-Za-z0-9._-]+$/);
      }
      expect(new Set(all.map((document) => folder.inbox(document, at).name)).size).toBe(all.length);
    });
  });

  it('writes many documents into one file in pieces', async () => {
    await withFolder(async (folder, all) => {
      const pieces = await Array.fromAsync(folder.write(() => all, { at, period: { from: '2026-09-01', to: '2026-09-30' } }));
      expect(Buffer.concat(pieces).length).toBeGreaterThan(folder.inbox(all[0]!, at).bytes.length);
      expect(folder.batchName(7, { at, period: { from: '2026-09-01', to: '2026-09-30' } })).toMatch(/7.*2026-?09/);
    });
  });

  it('reads results by our reference: made, refused, and what may have been made', async () => {
    await withFolder((folder, all) => {
      const awaited = all.map(awaitedOf);
      const { reference, gross, currency } = awaited[0]!;
      const name = folder.inbox(all[0]!, at).name + resultEnding;
      const answer = (result: object) => folder.outbox({ name, bytes: bytesOf({ reference, ...result }) }, awaited);
      const [made] = answer({ outcome: 'done', number: 'FS 9/2026', gross, currency });
      expect(made).toMatchObject({ reference, outcome: { outcome: 'accepted', made: { providerId: 'FS 9/2026', gross } } });
      for (const kind of ['transient', 'mapping', 'data', 'auth', 'licence']) {
        const [refused] = answer({ outcome: 'failed', class: kind, message: 'brak' });
        expect(refused!.outcome.outcome, kind).toBe('rejected');
        if (refused!.outcome.outcome === 'rejected') expect(codes).toContain(refused!.outcome.cause.code);
      }
      for (const lost of [
        answer({ outcome: 'unknown' }),
        answer({ outcome: 'failed', class: 'data', code: 'erp.exists' }),
        answer({ outcome: 'done' }),
        folder.outbox({ name, bytes: bytesOf('{"cut') }, awaited),
      ]) {
        expect(lost[0]!.outcome.outcome).toBe('unknown');
        if (lost[0]!.outcome.outcome === 'unknown') expect(codes).toContain(lost[0]!.outcome.cause.code);
      }
    });
  });

  it('never throws at what comes back cut, garbled or in another alphabet, and never takes it for done that nothing says so', async () => {
    await withFolder((folder, all) => {
      const awaited = all.map(awaitedOf);
      const document = all[0]!;
      const { name, bytes } = folder.inbox(document, at);
      const said = bytesOf({ reference: document.reference, outcome: 'done', number: 'FS 9/2026', issueDate: '2026-02-31', gross: '1e9' });
      const files = [
        ...Array.from({ length: 40 }, (_, i) => ({ name, bytes: bytes.subarray(0, Math.floor((bytes.length * i) / 40)) })),
        ...Array.from({ length: 20 }, (_, i) => ({ name, bytes: bytes.map((byte, at) => (at % 20 === i ? byte ^ 0x55 : byte)) })),
        { name, bytes: Buffer.from(Buffer.from(bytes).toString('latin1'), 'utf16le') },
        ...Array.from({ length: 20 }, (_, i) => ({ name: name + resultEnding, bytes: said.subarray(0, said.length - 1 - i) })),
        { name: name + resultEnding, bytes: said },
      ];
      for (const file of files)
        for (const { outcome } of folder.outbox(file, awaited)) {
          if (outcome.outcome === 'accepted') expect(outcome.made.providerId).not.toBe('');
          else if (outcome.outcome !== 'pending') expect(codes).toContain(outcome.cause.code);
        }
      for (const [last] of files.slice(-21).map((file) => folder.outbox(file, awaited))) expect(last!.outcome.outcome).toBe('unknown');
    });
  });

  it('says nothing of files that are not ours', async () => {
    await withFolder((folder, all) => {
      const awaited = all.map(awaitedOf);
      const strangers = ['notes.txt', `x${resultEnding}`, 'other.epp', 'other.xml', 'Thumbs.db', '../../etc/passwd'];
      for (const name of strangers)
        for (const content of ['', 'hello', '{"reference":"fk:other","outcome":"done","number":"1"}', '<a/>'])
          expect(folder.outbox({ name, bytes: bytesOf(content) }, awaited), name).toEqual([]);
    });
  });

  it('knows the print of a document by our reference, and never takes it for another’s', async () => {
    await withFolder((folder, all) => {
      const awaited = all.map(awaitedOf);
      for (const document of all) {
        const base = folder.inbox(document, at).name.replace(/\.\w+$/, '');
        expect(folder.pdfOf(`${base}.pdf`, awaited)).toBe(document.reference);
        expect(folder.pdfOf(`${base}1.pdf`, awaited)).toBeUndefined();
      }
      expect(folder.pdfOf('scan.pdf', awaited)).toBeUndefined();
    });
  });
}

// ---------------------------------------------------------------- administer

const at = '2026-11-20T09:00:00.000Z';

function administerSuite(input: SuiteInput): void {
  const claims = () => {
    if (!input.claims) throw new Error(`the suite needs claims for ${input.connector.manifest.id}`);
    return input.claims;
  };
  const causeKnown = (code: string) => expect(input.connector.manifest.causes.map((c) => c.code)).toContain(code);
  type Order = ReturnType<SuiteClaims['order']>;
  const ask = ({ receivable, add }: Order, parts: Part[], action: Action): AdministerRequest => ({
    key: crypto.randomUUID(),
    reference: receivable.orderNumber,
    receivable,
    parts,
    action,
    add,
    ...('part' in action ? { part: parts.find((p) => p.seq === action.part) } : {}),
  });
  /** What the engine does with an unknown: read, and send again only what was proven not done. */
  async function carry({ session, double }: Opened, request: AdministerRequest): Promise<{ made: Administered; lost: boolean }> {
    let lost = false;
    const firstSentAt = double.now().toISOString();
    for (let tries = 0; tries < 5; tries++) {
      let outcome = await session.administers!.perform(request);
      for (let looks = 0; outcome.outcome === 'pending' && looks < 5; looks++)
        outcome = await session.administers!.look(request, outcome.ticket ?? '');
      if (outcome.outcome === 'accepted') return { made: outcome.made, lost };
      if (outcome.outcome !== 'unknown') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
      causeKnown(outcome.cause.code);
      lost = true;
      const settled = await session.administers!.settle({ ...request, firstSentAt });
      if (settled.done === 'yes') return { made: settled.made, lost };
      expect(settled.done).toBe('no');
    }
    throw new Error('never settled');
  }
  async function opened1(open: Opened, order: Order): Promise<Part[]> {
    const action: Action = { verb: 'add', rows: order.rows };
    return enact([], action, (await carry(open, ask(order, [], action))).made, at, order.receivable.currency);
  }
  const owed = (part: Part, currency: string) => toMinor(remainingOf(part, currency).gross, currency);
  async function same(double: Double, parts: Part[], currency: string): Promise<void> {
    const held = await claims().held(double);
    for (const part of parts.filter((p) => p.state !== 'replaced')) {
      const theirs = held.find((h) => h.number === part.number);
      expect(theirs?.state, part.number).toBe(part.state);
      expect(toMinor(theirs!.owed, currency), part.number).toBe(owed(part, currency));
    }
  }

  it('offers each verb by an engine, or says in words why not', async () => {
    await opened(input, async ({ session }) => {
      for (const offer of Object.values(session.administers!.offers())) if (offer.cause) causeKnown(offer.cause.code);
      const { dueDays, extendDays, pendingDays } = session.administers!.terms();
      for (const days of [dueDays, extendDays, pendingDays]) expect(days).toBeGreaterThan(0);
    });
  });

  it.each(['none', 'lost-after', 'lost-before', 'down', 'page'] as const)(
    'activates a part of a claim once and keeps the rest pending, to the smallest unit (%s)',
    async (fault) => {
      await opened(input, async (open) => {
        const { double } = open;
        const order = claims().order(1);
        const { currency } = order.receivable;
        let parts = await opened1(open, order);
        await same(double, parts, currency);
        const action: Action = { verb: 'activate', part: 1, picks: [{ row: 0, quantity: 1 }] };
        if (fault !== 'none') await double.fault!(fault);
        const { made, lost } = await carry(open, ask(order, parts, action));
        expect(lost).toBe(fault !== 'none');
        parts = enact(parts, action, made, at, currency);
        expect(parts.map((p) => p.state)).toEqual(['active', 'pending']);
        await same(double, parts, currency);
        const whole: Action = { verb: 'activate', part: 2 };
        parts = enact(parts, whole, (await carry(open, ask(order, parts, whole))).made, at, currency);
        const credit: Action = { verb: 'credit', part: 1, picks: [{ row: 0, quantity: 1 }] };
        parts = enact(parts, credit, (await carry(open, ask(order, parts, credit))).made, at, currency);
        await same(double, parts, currency);
        expect(await claims().held(double)).toHaveLength(2);
      });
    },
  );

  it('counts what was cancelled before as done', async () => {
    await opened(input, async (open) => {
      const { double } = open;
      const order = claims().order(2);
      const parts = await opened1(open, order);
      const cancel: Action = { verb: 'cancel', part: 1 };
      await carry(open, ask(order, parts, cancel));
      await carry(open, ask(order, parts, cancel));
      expect(await claims().held(double)).toMatchObject([{ state: 'cancelled' }]);
    });
  });

  it('leaves nothing behind when refused, and names a cause with texts', async () => {
    await opened(input, async ({ session, double }) => {
      await double.fault!('refused');
      const order = claims().order(3);
      const outcome = await session.administers!.perform(ask(order, [], { verb: 'add', rows: order.rows }));
      expect(outcome.outcome).toBe('rejected');
      if (outcome.outcome === 'rejected') causeKnown(outcome.cause.code);
      expect(await claims().held(double)).toEqual([]);
    });
  });

  it('reads back what it holds, and keeps secrets and buyers out of what is recorded', async () => {
    await opened(input, async (open) => {
      const { session, exchanges, double } = open;
      const result = await session.check();
      expect(result).toMatchObject({ ok: true });
      for (const fact of result.facts) expect(input.connector.manifest.facts, fact.label).toHaveProperty(fact.label);
      const order = claims().order(4);
      let parts = await opened1(open, order);
      const action: Action = { verb: 'activate', part: 1 };
      parts = enact(parts, action, (await carry(open, ask(order, parts, action))).made, at, order.receivable.currency);
      const seen = await session.administers!.read(order.receivable, parts);
      expect(seen).toMatchObject({ seen: 'present', parts: [{ number: parts[0]!.number, state: 'active' }] });
      const kept = JSON.stringify(exchanges);
      for (const word of [...Object.values(double.secrets), ...(input.privateWords ?? [])]) expect(kept).not.toContain(word);
    });
  });
}

// ---------------------------------------------------------------- calls from outside

function callSuite(input: SuiteInput, calls: SuiteCalls): void {
  const receive = (session: Session, call: RawCall) => Promise.resolve(session.calls!.receive(call));

  it('gives a repeated call the same id, so that it changes nothing twice', async () => {
    await opened(input, async ({ session, double }) => {
      const one = await receive(session, calls.good('call-1', double.now()));
      const two = await receive(session, calls.good('call-1', double.now()));
      expect(one.verdict).toBe('accept');
      expect(two).toEqual(one);
    });
  });

  it('takes calls in any order', async () => {
    await opened(input, async ({ session, double }) => {
      const [first, second] = [calls.good('call-1', double.now()), calls.good('call-2', double.now())];
      const forward = [await receive(session, first), await receive(session, second)];
      const backward = [await receive(session, second), await receive(session, first)];
      expect(backward.toReversed()).toEqual(forward);
      expect(forward.map((verdict) => verdict.verdict)).toEqual(['accept', 'accept']);
    });
  });

  it('refuses what is forged, stale, too large or malformed, and reveals nothing of itself', async () => {
    await opened(input, async ({ session, double }) => {
      const bad = Object.entries(calls.bad(double.now()));
      expect(bad.length).toBeGreaterThan(0);
      for (const [name, call] of bad) {
        const verdict: CallVerdict = await receive(session, call);
        expect(verdict.verdict, name).toBe('refuse');
        const told = JSON.stringify(verdict);
        for (const secret of Object.values(double.secrets)) expect(told).not.toContain(secret);
      }
      if (calls.signed)
        expect(await receive(session, { ...calls.good('call-1', double.now()), headers: {} })).toMatchObject({
          verdict: 'refuse',
          status: 401,
        });
    });
  });
}

/** As a document is judged while its order waits for the money. */
function undated<T extends Pick<TransferRequest, 'content' | 'number' | 'issueDate'>>(request: T): T {
  const { issueDate: _, saleDate: __, dueDate: ___, ...content } = request.content;
  return { ...request, content, number: undefined, issueDate: undefined };
}
