import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exchange, Made, Outcome, Session, TransferRequest } from '../../src/contract/connector.ts';
import { contextOf } from '../../src/contract/suite.ts';
import { type SampleLine, sampleContent, sampleCorrection } from '../../src/testkit/documents.ts';
import { fromGross } from './amounts.ts';
import { codes, judge } from './causes.ts';
import { connector } from './connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from './simulator.ts';

/** The promise: what Számlázz.hu says or fails to say ends in the right outcome, and never in a second document. */
let sim: SzamlazzSimulator;
let minutes = 0;
const memory = new Map<string, string>();

beforeEach(async () => {
  sim = await startSzamlazzSimulator();
  minutes = 0;
  memory.clear();
});
afterEach(() => sim.close());

function open(over: { key?: string; settings?: Record<string, unknown>; exchanges?: Exchange[] } = {}): Session {
  const double = {
    baseUrl: sim.url,
    secrets: { agentKey: over.key ?? sim.keys.A },
    settings: { prefix: 'JEGY', receiptPrefix: 'JEGYN', ...over.settings },
    // Our clock moves between steps as it would between tries; the provider keeps its own.
    now: () => new Date(Date.parse('2026-11-20T09:30:00Z') + minutes * 60_000),
    close: async () => {},
  };
  return connector.open(contextOf(double, over.exchanges, memory));
}

async function control<T>(path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<T> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  return (response.headers.get('content-type')?.includes('json') ? response.json() : undefined) as Promise<T>;
}
type Held = {
  number: string;
  kind: string;
  form: string;
  gross: string;
  net: string;
  vat: string;
  paid: string;
  reversed: boolean;
  orderNumber: string | null;
  externalIds: string[];
};
const held = (account = 'A') => control<Held[]>(`accounts/${account}/documents`);
const inject = (fault: object) => control('inject', { times: 1, ...fault });
const patch = (settings: object, account = 'A') => control(`accounts/${account}`, settings, 'PATCH');
const createAction = 'action-xmlagentxmlfile';

function request(over: Partial<TransferRequest> & { order?: string } = {}): TransferRequest {
  const externalId = over.order ?? 'A-1001';
  const kind = over.kind ?? 'invoice';
  const content = over.content ?? sampleContent({ kind, order: { externalId, channel: 'tickets' } });
  return { reference: `hub:c1:${externalId}:${kind}`, kind, content, settings: {}, ...over };
}

function made(outcome: Outcome): Made {
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.made;
}
const send = async (over?: Parameters<typeof request>[0], session = open()) => session.transfers!.send(request(over));
const find = async (over?: Parameters<typeof request>[0], session = open()) => {
  minutes += 3;
  return session.transfers!.find(request(over));
};

describe('every code of the provider', () => {
  it('has a cause with texts', () => {
    const known = connector.manifest.causes.map((cause) => cause.code);
    for (const facts of Object.values(codes)) expect(known).toContain(`szamlazz.${facts.cause}`);
    expect(judge({ code: '9999', message: 'új' }, 'create', true)).toMatchObject({
      verdict: 'unknown',
      cause: { code: 'szamlazz.unknown_code', providerCode: '9999', providerText: 'új' },
    });
  });

  const table = new URL('../../../shared/contracts/szamlazz/tables/error-codes.json', import.meta.url);
  it.runIf(existsSync(table))('of the table is known, with the outcome class it has there', () => {
    const classes: Record<string, string[]> = {
      rejected: ['rejected'],
      unknown: ['unknown'],
      settled: ['settled'],
      duplicate_order: ['exists'],
      duplicate_call: ['exists'],
      not_found: ['absent'],
      issued_with_warning: ['unknown'],
    };
    const { codes: listed } = JSON.parse(readFileSync(table, 'utf8')) as { codes: { code: string; outcome: string }[] };
    for (const { code, outcome } of listed) {
      expect(codes, code).toHaveProperty(code);
      if (code !== '7') expect(classes[outcome], code).toContain(codes[code]!.verdict);
    }
  });

  /** By the shop's cause of the contract's table: what it stops, who mends it, whether it passes by itself, and where it is mended. */
  const cards: Record<string, [stops: string, whoMends: string, retryHelps: boolean, mendedAt: 'there' | 'here' | 'us' | 'nowhere']> = {
    provider_down: ['connection', 'provider', true, 'there'],
    key_invalid: ['connection', 'seller', false, 'there'],
    account_debt: ['connection', 'seller', false, 'there'],
    browser_session: ['connection', 'seller', false, 'there'],
    multiple_accounts: ['connection', 'seller', false, 'there'],
    account_setup: ['connection', 'seller', false, 'there'],
    einvoice_not_allowed: ['series', 'seller', false, 'there'],
    prefix_not_enabled: ['series', 'seller', false, 'there'],
    missing_data: ['document', 'buyer', false, 'here'],
    not_stornoable: ['document', 'seller', false, 'there'],
    einvoice_signing: ['document', 'provider', true, 'there'],
    email_failed: ['document', 'nobody', true, 'there'],
    email_rate_limited: ['nothing', 'nobody', true, 'there'],
    prepayment_missing: ['document', 'seller', false, 'there'],
    has_corrective: ['document', 'seller', false, 'here'],
    test_account: ['document', 'seller', false, 'there'],
    already_invoiced: ['document', 'seller', false, 'there'],
    unknown: ['document', 'seller', false, 'there'],
    integration_bug: ['document', 'us', false, 'us'],
    issue_date: ['document', 'us', false, 'us'],
    rounding: ['document', 'us', false, 'us'],
    proforma_gone: ['nothing', 'nobody', false, 'nowhere'],
    document_reversed: ['nothing', 'nobody', false, 'nowhere'],
  };
  /** What a code means on one operation only. */
  const otherwise: Record<string, (typeof cards)[string]> = {
    '338': ['document', 'nobody', false, 'nowhere'],
    '339': ['document', 'nobody', false, 'nowhere'],
  };

  it.runIf(existsSync(table))('of the table is a card: level, who mends it, and the way there, in four languages', () => {
    const { codes: listed } = JSON.parse(readFileSync(table, 'utf8')) as { codes: { code: string; shopCause: string }[] };
    const wrong: string[] = [];
    for (const { code, shopCause } of listed) {
      const { cause } = judge({ code, message: 'Hiányzó adat: vevő címe (település)' }, 'create', false);
      const found = connector.manifest.causes.find((c) => c.code === cause.code)!;
      const card = otherwise[code] ?? cards[shopCause];
      if (!card) {
        wrong.push(`${code}: ${shopCause} has no card in this test`);
        continue;
      }
      const [stops, whoMends, retryHelps, mendedAt] = card;
      if (found.stops !== stops || found.whoMends !== whoMends || found.retryHelps !== retryHelps)
        wrong.push(`${code} ${found.code}: ${found.stops}, ${found.whoMends}, ${found.retryHelps}`);
      const pages = /^https:\/\/(www|docs|tudastar)\.szamlazz\.hu\//;
      if (mendedAt === 'there' && !pages.test(found.link ?? '')) wrong.push(`${code} ${found.code} leads to ${found.link}`);
      if (mendedAt === 'here' && !found.where) wrong.push(`${code} ${found.code} names no field`);
      for (const texts of [found.title, found.text, found.remedy]) {
        const all = [texts.pl, texts.en, texts.hu, texts.sv];
        if (all.some((text) => text.trim().length < 5) || new Set(all).size < 4) wrong.push(`${code} ${found.code}: ${all.join(' | ')}`);
      }
      // What may exist over there is never said not to.
      if (codes[code]!.verdict === 'unknown' && !found.mayExist) wrong.push(`${code} ${found.code} denies that something may exist`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(codes).filter((code) => !['71', '152', '56'].includes(code)))(
    '%s on issuing leaves either nothing or an open question',
    async (code) => {
      await inject({ action: createAction, mode: 'error', code, message: 'Ok: JEGY' });
      const outcome = await send();
      const definite = codes[code]!.verdict === 'rejected' || codes[code]!.verdict === 'absent' || codes[code]!.verdict === 'settled';
      expect(outcome.outcome).toBe(definite || code === '338' ? 'rejected' : 'unknown');
      expect(outcome).toMatchObject({ cause: { providerCode: code } });
      expect(await held()).toEqual([]);
    },
  );

  it('says what stops the whole connection and what only one document', () => {
    const stops = Object.fromEntries(connector.manifest.causes.map((cause) => [cause.code.slice(9), cause.stops]));
    expect(stops).toMatchObject({
      account_debt: 'connection',
      key_mistyped: 'connection',
      key_deleted: 'connection',
      provider_down: 'connection',
      multiple_accounts: 'connection',
      browser_session: 'connection',
    });
    expect(stops).toMatchObject({
      einvoice_not_allowed: 'series',
      prefix_not_enabled: 'series',
      missing_data: 'document',
      rounding: 'document',
      already_invoiced: 'document',
    });
  });
});

describe('the five causes of a silent shop', () => {
  it('debt', async () => {
    expect(await send({}, open({ key: sim.keys.C, settings: { prefix: '' } }))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.account_debt', providerCode: '136' },
    });
    expect(await open({ key: sim.keys.C }).check()).toMatchObject({ ok: false, cause: { code: 'szamlazz.account_debt' } });
  });

  it('a key mistyped, and the same answer once it had worked: deleted', async () => {
    expect(await send({}, open({ key: 'wrong'.repeat(8) }))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.key_mistyped' },
    });
    const session = open();
    expect(await session.check()).toMatchObject({ ok: true });
    await patch({ deletedKeys: [sim.keys.A] });
    expect(await send({}, session)).toMatchObject({ outcome: 'rejected', cause: { code: 'szamlazz.key_deleted' } });
    expect(await session.check()).toMatchObject({ ok: false, cause: { code: 'szamlazz.key_deleted' } });
  });

  it('an e-invoice that the package does not have', async () => {
    const session = open({ key: sim.keys.B, settings: { prefix: '', eInvoice: true } });
    expect(await send({}, session)).toMatchObject({ outcome: 'rejected', cause: { code: 'szamlazz.einvoice_not_allowed' } });
    expect(await session.check()).toMatchObject({ ok: false, cause: { code: 'szamlazz.einvoice_not_allowed' } });
    // A proforma is no invoice and needs no signature.
    made(await send({ kind: 'proforma' }, session));
  });

  it.each(['NINCS', 'WEB', 'BOLT'])('the prefix %s: unknown, disabled or not for online payment', async (prefix) => {
    const outcome = await send({}, open({ settings: { prefix } }));
    expect(outcome).toMatchObject({ outcome: 'rejected', cause: { code: 'szamlazz.prefix_not_enabled', params: { named: prefix } } });
  });

  it('company data not filled in at the provider', async () => {
    await patch({ companyComplete: false });
    expect(await send()).toMatchObject({ outcome: 'rejected', cause: { code: 'szamlazz.company_incomplete' } });
  });
});

describe('issuing', () => {
  it('issues with our reference, order number, form and prefix', async () => {
    const outcome = made(await send({}, open({ settings: { eInvoice: true } })));
    expect(outcome).toMatchObject({
      number: 'E-JEGY-2026-1',
      gross: '19800',
      net: '16671',
      paid: '19800',
      currency: 'HUF',
      issueDate: '2026-11-20',
    });
    expect(outcome.pdf).toBeDefined();
    expect(await held()).toMatchObject([
      { number: 'E-JEGY-2026-1', kind: 'SZ', gross: '19800', paid: '19800', orderNumber: 'A-1001', externalIds: ['hub:c1:A-1001:invoice'] },
    ]);
  });

  it('accepts with a warning when only the mail failed, and asks when 56 names no number', async () => {
    await inject({ action: createAction, mode: 'warning56' });
    expect(await send()).toMatchObject({
      outcome: 'accepted',
      made: { number: 'JEGY-2026-1', gross: '19800' },
      warnings: [{ code: 'szamlazz.mail_failed', providerCode: '56' }],
    });
    await inject({ action: createAction, mode: 'warning56', sikeres: false });
    expect(await send({ order: 'A-2' })).toMatchObject({ outcome: 'accepted', warnings: [{ code: 'szamlazz.mail_failed' }] });
    await inject({ action: createAction, mode: 'error', code: '56' });
    expect(await send({ order: 'A-3' })).toMatchObject({ outcome: 'unknown', cause: { code: 'szamlazz.mail_failed_unclear' } });
  });

  it('reads answers with bare ampersands and without headers', async () => {
    for (const [i, mode] of ['bare-ampersand', 'no-headers'].entries()) {
      await inject({ action: createAction, mode });
      made(await send({ order: `A-${i}` }));
    }
  });

  it('adopts the document behind 152 when it is ours by kind, amount and buyer, and shows it otherwise', async () => {
    const first = made(await send({ reference: 'other-system' }));
    // Another comment, so not the identical resend the provider replays: another performance day.
    const moved = sampleContent({ saleDate: '2026-11-19' });
    expect(await send({ content: moved })).toMatchObject({ outcome: 'accepted', adopted: true, made: { number: first.number } });
    const dearer = sampleContent({ lines: [{ name: 'Páholy', quantity: '1', unitPrice: '30000' }] });
    expect(await send({ content: dearer, reference: 'hub:c1:A-1001:invoice:2' })).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.other_document', params: { found: first.number, gross: '19800 HUF', wanted: '30000 HUF' } },
    });
    expect(await held()).toHaveLength(1);
  });

  it('calls a known number a replay', async () => {
    const first = made(await send());
    expect(await send({ known: [{ number: first.number! }] })).toMatchObject({
      outcome: 'accepted',
      adopted: true,
      made: { number: first.number },
    });
    expect(await held()).toHaveLength(1);
  });

  it('mails by the provider or by us, and always says which', async () => {
    await send({}, open({ settings: { mailBy: 'provider', mailReplyTo: 'penztar@example.org' } }));
    await send({ order: 'A-2' }, open({ settings: { mailBy: 'hub' } }));
    const mails = await control<{ to: string; number: string }[]>('accounts/A/mails');
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ number: 'JEGY-2026-1' });
  });

  it('settles a proforma by a prepayment, and that by a final invoice that deducts it', async () => {
    const session = open();
    const proforma = made(await send({ kind: 'proforma' }, session));
    const prepayment = sampleContent({
      kind: 'prepayment',
      lines: [{ name: 'Előleg', quantity: '1', unitPrice: '6350' }],
      proforma: { documentId: 'p', number: proforma.number! },
    });
    const paid = made(await send({ kind: 'prepayment', content: prepayment }, session));
    const settled = sampleContent({
      kind: 'final',
      payment: { means: 'bank_transfer', paid: '0' },
      prepayments: [
        {
          documentId: 'd',
          number: paid.number!,
          issueDate: '2026-11-20',
          gross: '6350.00',
          byRate: [{ category: 'S', percent: '27', net: '5000.00', tax: '1350.00', gross: '6350.00' }],
        },
      ],
    });
    const final = made(await send({ kind: 'final', content: settled }, session));
    expect(final.gross).toBe('13450');
    // The proforma is used up: deleting it finds nothing and that is as good as done.
    expect(await session.transfers!.remove!(proforma, request({ kind: 'proforma' }))).toMatchObject({ outcome: 'accepted' });
    expect(await send({ kind: 'final', content: settled }, session)).toMatchObject({
      outcome: 'accepted',
      adopted: true,
      made: { number: final.number },
    });
    const other = { ...settled, order: { externalId: 'A-9', channel: 'tickets' } };
    expect(await send({ kind: 'final', content: other, reference: 'hub:c1:A-9:final' }, session)).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.prepayment_missing' },
    });
  });

  it('says so when the invoice did not settle the proforma it names', async () => {
    const session = open();
    const proforma = made(await send({ kind: 'proforma', order: 'A-77' }, session));
    const of = (number: string, order: string) =>
      sampleContent({ order: { externalId: order, channel: 'tickets' }, proforma: { documentId: 'p', number } });
    const wrong = await send({ order: 'A-78', content: of('D-JEGY-999', 'A-78') }, session);
    expect(wrong).toMatchObject({
      outcome: 'accepted',
      warnings: [{ code: 'szamlazz.proforma_not_settled', params: { number: 'D-JEGY-999' } }],
    });
    const right = await send({ order: 'A-77', content: of(proforma.number!, 'A-77') }, session);
    expect(right.outcome === 'accepted' && right.warnings).toBeFalsy();
  });

  it('previews without making anything', async () => {
    const preview = await open().transfers!.preview!(request());
    expect(preview).toMatchObject({ gross: '19800' });
    expect('pdf' in preview && preview.pdf?.length).toBeGreaterThan(100);
    expect(await open({ settings: { prefix: 'WEB' } }).transfers!.preview!(request())).toMatchObject({
      cause: { code: 'szamlazz.prefix_not_enabled' },
    });
    expect(await held()).toEqual([]);
  });

  it('lands on what the buyer paid, within the arithmetic the provider checks, for any basket', async () => {
    const line = fc.record({
      name: fc.constantFrom('Jegy', 'Bérlet', 'Díj'),
      quantity: fc.integer({ min: 1, max: 300 }).map(String),
      unitPrice: fc.integer({ min: 1, max: 50_000 }).map(String),
      percent: fc.constantFrom('27', '18', '5', '0'),
    });
    const session = open();
    await patch({ hourlyLimit: null });
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), fc.constantFrom('HUF', 'EUR'), async (lines, currency) => {
        const content = sampleContent({ currency, lines: lines as SampleLine[], order: { externalId: `P-${n++}`, channel: 'tickets' } });
        const outcome = await session.transfers!.send(request({ content, reference: `hub:c1:P-${n}:invoice` }));
        expect(outcome).toMatchObject({ outcome: 'accepted' });
        expect(Number(made(outcome).gross)).toBe(Number(content.totals.gross));
      }),
      { numRuns: 60, seed: 20261120 },
    );
  });

  it('takes tax out of a gross as the provider does', () => {
    const vectors: [gross: string, percent: string, digits: number, net: bigint, tax: bigint][] = [
      ['18000', '18', 0, 15254n, 2746n],
      ['299700', '27', 0, 235984n, 63716n],
      ['1', '27', 0, 1n, 0n],
      ['-500', '27', 0, -394n, -106n],
      ['50.00', '27', 2, 3937n, 1063n],
    ];
    for (const [gross, percent, digits, net, tax] of vectors) expect(fromGross({ gross, percent }, digits)).toMatchObject({ net, tax });
  });
});

describe('finding what may exist', () => {
  it('finds by reference first, then by order number with the same buyer', async () => {
    const first = made(await send({ reference: 'other-system' }));
    expect(await find()).toMatchObject({ found: 'present', by: 'order', made: { number: first.number } });
    expect(await find({ reference: 'other-system' })).toMatchObject({ found: 'present', by: 'reference' });
  });

  it('wants a person’s yes for another buyer and a decision for another amount', async () => {
    await send({ reference: 'other-system' });
    const base = sampleContent();
    expect(await find({ content: { ...base, buyer: { ...base.buyer, name: 'Nagy Béla' } } })).toMatchObject({
      found: 'present',
      by: 'likeness',
    });
    expect(await find({ content: sampleContent({ lines: [{ name: 'Jegy', quantity: '1', unitPrice: '1000' }] }) })).toMatchObject({
      found: 'unclear',
      cause: { code: 'szamlazz.other_document' },
    });
  });

  it('does not take a reversed document for a live one, unless we know of the reversal', async () => {
    const first = made(await send());
    await control(`accounts/A/documents/${first.number}/reverse`, {});
    expect(await find()).toMatchObject({ found: 'unclear', cause: { code: 'szamlazz.found_reversed' } });
    const again = { reference: 'hub:c1:A-1001:invoice:2' };
    expect(await find(again)).toMatchObject({ found: 'unclear' });
    expect(await find({ ...again, known: [{ number: first.number!, reversed: true }] })).toEqual({ found: 'absent' });
  });

  it('sees through a correction to the invoice it corrects', async () => {
    const first = made(await send({ reference: 'other-system' }));
    const after = [
      { name: 'Napijegy', quantity: '1', unitPrice: '9000', percent: '18', sku: 'DAY' },
      { name: 'Kezelési költség', quantity: '1', unitPrice: '1800' },
    ];
    const correction = request({
      kind: 'correction',
      content: sampleCorrection(sampleContent(), first.number!, after),
      original: { number: first.number!, kind: 'invoice' },
    });
    made(await open().transfers!.send(correction));
    expect(await find()).toMatchObject({ found: 'present', by: 'order', made: { number: first.number } });
  });

  it('does not mind what lawfully comes before: a proforma is no invoice', async () => {
    await send({ kind: 'proforma' });
    expect(await find()).toEqual({ found: 'absent' });
  });

  it('asks with a trimmed order number, as the provider stores it', async () => {
    const content = sampleContent({ order: { externalId: '  A-77 ', channel: 'tickets' } });
    await send({ content, reference: 'other-system' });
    expect(await find({ content })).toMatchObject({ found: 'present', by: 'order' });
  });

  it('does not repeat one question more often than the provider bears', async () => {
    for (let i = 0; i < 9; i++) expect(await find()).toEqual({ found: 'absent' });
    for (let i = 0; i < 9; i++) expect(await open().check()).toMatchObject({ ok: true });
    expect(await control('accounts/A')).toMatchObject({ banned: false });
  });
});

describe('undoing', () => {
  const whole = (number: string, kind: 'invoice' | 'proforma' | 'receipt' = 'invoice', n = '') =>
    request({
      kind: 'correction',
      content: sampleCorrection(sampleContent(), number, [], 'cancel'),
      cancelsWhole: true,
      original: { number, kind },
      reference: `hub:c1:A-1001:storno${n}`,
    });

  it('reverses an invoice in its own form, and again gives the same reversal', async () => {
    const first = made(await send({}, open({ settings: { eInvoice: true } })));
    const paper = open({ settings: { eInvoice: false } });
    const storno = made(await paper.transfers!.send(whole(first.number!)));
    expect(storno).toMatchObject({ gross: '-19800', number: 'E-JEGY-2026-2' });
    minutes += 3;
    expect(made(await paper.transfers!.send(whole(first.number!))).number).toBe(storno.number);
    expect(await paper.transfers!.find(whole(first.number!))).toMatchObject({
      found: 'present',
      by: 'reference',
      made: { number: storno.number },
    });
    expect((await held()).filter((d) => d.kind === 'SS')).toHaveLength(1);
  });

  it('finds the reversal somebody else made', async () => {
    const first = made(await send());
    await control(`accounts/A/documents/${first.number}/reverse`, {});
    expect(await open().transfers!.find(whole(first.number!))).toMatchObject({ found: 'present', by: 'order', made: { gross: '-19800' } });
  });

  it('knows that nothing happens to a proforma, and that an unknown original cannot be undone', async () => {
    const proforma = made(await send({ kind: 'proforma' }));
    // Our hub says proforma: held before sending. It says invoice: the answer gives it away.
    expect(await open().transfers!.send(whole(proforma.number!, 'proforma'))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.storno_noop' },
    });
    expect(await open().transfers!.send(whole(proforma.number!))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.storno_noop' },
    });
    expect(await open().transfers!.send(whole('JEGY-2026-999'))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.original_unknown' },
    });
    expect(await open().transfers!.remove!(proforma, request({ kind: 'proforma' }))).toMatchObject({ outcome: 'accepted' });
    expect(await held()).toEqual([]);
  });

  it('corrects by differences; what is corrected can no longer be reversed', async () => {
    const first = made(await send({}, open({ settings: { eInvoice: true } })));
    const after = [
      { name: 'Napijegy', quantity: '1', unitPrice: '9000', percent: '18', sku: 'DAY' },
      { name: 'Kezelési költség', quantity: '1', unitPrice: '1800' },
    ];
    const correction = request({
      kind: 'correction',
      content: sampleCorrection(sampleContent(), first.number!, after),
      original: { number: first.number!, kind: 'invoice' },
    });
    expect(made(await open().transfers!.send(correction))).toMatchObject({ gross: '-9000', number: 'E-JEGY-2026-2' });
    expect(await open().transfers!.send(whole(first.number!))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.has_corrective' },
    });
  });
});

describe('receipts', () => {
  it('are issued, fetched, reversed, and found by the mark of the call', async () => {
    const session = open();
    const receipt = made(await send({ kind: 'receipt' }, session));
    expect(receipt).toMatchObject({ number: 'JEGYN-2026-1', gross: '19800', net: '16671.56' });
    expect(await session.transfers!.pdf(receipt, {} as TransferRequest)).toEqual(receipt.pdf);
    // The call id is used up and its success is not replayed: the receipt is looked up and adopted.
    expect(await send({ kind: 'receipt' }, session)).toMatchObject({
      outcome: 'accepted',
      adopted: true,
      made: { number: receipt.number },
    });
    const undo = request({
      kind: 'correction',
      content: sampleCorrection(sampleContent(), receipt.number!, [], 'cancel'),
      cancelsWhole: true,
      original: { number: receipt.number!, kind: 'receipt' },
      reference: 'hub:c1:A-1001:storno',
    });
    const reversal = made(await session.transfers!.send(undo));
    expect(reversal.gross).toBe('-19800');
    expect(await session.transfers!.find(undo)).toMatchObject({ found: 'present', by: 'reference', made: { number: reversal.number } });
    expect(await find({ kind: 'receipt' }, session)).toMatchObject({ found: 'unclear', cause: { code: 'szamlazz.found_reversed' } });
  });

  it('are mailed by a call of their own, at most every 15 seconds', async () => {
    const session = open({ settings: { mailBy: 'provider' } });
    const receipt = made(await send({ kind: 'receipt' }, session));
    expect(await control<unknown[]>('accounts/A/mails')).toHaveLength(1);
    expect(await session.transfers!.mail!(receipt, request({ kind: 'receipt' }))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.mail_rate_limited' },
    });
    await control('clock/advance', { seconds: 20 });
    expect(await session.transfers!.mail!(receipt, request({ kind: 'receipt' }))).toMatchObject({ outcome: 'accepted' });
  });

  it('come out whole for prices that do not divide', async () => {
    const content = sampleContent({
      kind: 'receipt',
      lines: [
        { name: 'Jegy', quantity: '3', unitPrice: '4990' },
        { name: 'Díj', quantity: '7', unitPrice: '333', percent: '18' },
      ],
    });
    expect(made(await send({ kind: 'receipt', content })).gross).toBe('17301');
  });
});

describe('payments', () => {
  const payments = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ day: '2026-11-25', method: 'átutalás', amount: String(1000 + i) }));

  it('replace, add and clear; more than five go in parts and are verified', async () => {
    const session = open();
    const content = sampleContent({ payment: { means: 'bank_transfer', paid: '0' } });
    const invoice = made(await send({ content }, session));
    expect(made(await session.transfers!.pay!(invoice, payments(2), true)).paid).toBe('2001');
    expect(made(await session.transfers!.pay!(invoice, payments(1), false)).paid).toBe('3001');
    expect(made(await session.transfers!.pay!(invoice, payments(7), true)).paid).toBe('7021');
    expect((await held())[0]!.paid).toBe('7021');
    made(await session.transfers!.pay!(invoice, [], true));
    expect((await held())[0]!.paid).toBe('0');
  });

  it('are told in the words of a Hungarian document, whatever our own are', async () => {
    const session = open();
    const invoice = made(await send({ content: sampleContent({ payment: { means: 'bank_transfer', paid: '0' } }) }, session));
    const entry = (method: string) => ({ day: '2026-11-25', method, amount: '1000' });
    made(await session.transfers!.pay!(invoice, [entry('bank_transfer'), entry('online'), entry('kompenzáció')], true));
    const request = (await control<object[]>('requests')).map((r) => JSON.stringify(r)).find((r) => r.includes('<jogcim>'));
    expect([...request!.matchAll(/<jogcim>([^<]*)/g)].map(([, word]) => word)).toEqual(['átutalás', 'bankkártya', 'kompenzáció']);
  });

  it('make a proforma one that is not deleted any more', async () => {
    const session = open();
    const proforma = made(await send({ kind: 'proforma' }, session));
    await control(`accounts/A/documents/${proforma.number}/payments`, { amount: '5000', date: '2026-11-21', method: 'átutalás' });
    expect(await session.transfers!.remove!(proforma, request({ kind: 'proforma' }))).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.proforma_paid', params: { number: proforma.number, paid: '5000' } },
    });
    expect(await held()).toHaveLength(1);
  });

  it('cannot be put on a reversed document', async () => {
    const invoice = made(await send());
    await control(`accounts/A/documents/${invoice.number}/reverse`, {});
    expect(await open().transfers!.pay!(invoice, payments(1), true)).toMatchObject({
      outcome: 'rejected',
      cause: { code: 'szamlazz.document_reversed' },
    });
  });
});

describe('the connection', () => {
  it('sends no more in an hour than set, and goes on in the next', async () => {
    const session = open({ settings: { hourlyLimit: 2 } });
    for (const order of ['A-1', 'A-2']) made(await send({ order }, session));
    expect(await send({ order: 'A-3' }, session)).toEqual({
      outcome: 'rejected',
      cause: { code: 'szamlazz.quota', params: { limit: '2' } },
    });
    expect(await held()).toHaveLength(2);
    minutes += 61;
    made(await send({ order: 'A-3' }, session));
  });

  it('shows what can be known, and whose account it is once a document was made', async () => {
    const session = open({ settings: { eInvoice: true } });
    expect((await session.check()).facts).not.toContainEqual(expect.objectContaining({ label: 'account' }));
    await send({}, session);
    expect((await session.check()).facts).toEqual(
      expect.arrayContaining([
        { label: 'account', value: 'TESZT - Pelda Rendezveny Kft.' },
        { label: 'test', value: 'yes' },
        { label: 'eInvoice', value: 'yes' },
      ]),
    );
    expect(await held()).toHaveLength(1);
  });

  it('keeps one cookie for each key', async () => {
    await open().check();
    await open({ key: sim.keys.B, settings: { prefix: '' } }).check();
    const cookies = [...memory.entries()].filter(([name]) => name.startsWith('cookie:'));
    expect(cookies).toHaveLength(2);
    // Sent back, it is not replaced: the provider gives a new one only to who brings none.
    const kept = Object.fromEntries(cookies);
    await open().check();
    for (const [name, value] of Object.entries(kept)) expect(memory.get(name)).toBe(value);
    expect(cookies[0]![1]).not.toBe(cookies[1]![1]);
    expect(JSON.stringify([...memory])).not.toContain(sim.keys.A);
  });

  it('looks a company up and never blocks on it', async () => {
    expect(await open().taxpayer!('12345676-2-41')).toMatchObject({ valid: true, address: '1031 Budapest, Záhony utca 7' });
    expect(await open().taxpayer!('99999999')).toEqual({ valid: false });
    expect(await open().taxpayer!('DE123')).toBeUndefined();
    await inject({ action: 'action-szamla_agent_taxpayer', mode: 'drop-before' });
    expect(await open().taxpayer!('13421739')).toBeUndefined();
  });

  it('takes a payment notice as a nudge', async () => {
    const call = {
      headers: {},
      body: new TextEncoder().encode('szlahu_szamlaszam=JEGY-2026-1&szlahu_kifizetettbrutto=100,01'),
      query: {},
      receivedAt: new Date('2026-11-20T09:00:00Z'),
    };
    // Any other answer than 200 makes the provider come again, ten times.
    expect(await open().calls!.receive(call)).toMatchObject({ verdict: 'accept', status: 200, nudge: { number: 'JEGY-2026-1' } });
  });
});
