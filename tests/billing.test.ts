import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setOperator } from '../src/billing/index.ts';
import { saveMailSettings } from '../src/delivery/index.ts';
import type { Tx } from '../src/store/index.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { type Browser, owner, type Served, serve, until } from './api-server.ts';
import { archiveEntries } from './archive-entries.ts';

/**
 * The promise (S5): a customer orders a plan by transfer, gets the proforma by mail, the bank statement books the money, the invoice is
 * issued and mailed, and everything is found in the panel; nothing is booked twice, and nobody sees what is not his.
 */
onBothDatabases('billing', (store) => {
  let served: Served;
  let mailbox: Mailbox;
  let operator: Browser;
  let customer: Browser;
  const ids = { operator: '', customer: '' };
  let planId = '';

  beforeAll(async () => {
    mailbox = await startMailbox();
    served = await serve(store());
    customer = await owner(served.url);
    ids.customer = customer.organization!;
    const made = await customer.post('/organizations', {
      name: 'Operator',
      country: 'PL',
      taxId: '9997763175',
      defaultVatRate: '23',
      seller: {
        company: 'Operator Sp. z o.o.',
        street: 'ul. Sieciowa 1',
        postalCode: '00-001',
        city: 'Warszawa',
        bankAccount: 'PL61109010140000071219812874',
        email: 'biuro@operator.example',
      },
    });
    expect(made.text).toContain('organizationId');
    ids.operator = made.body.organizationId;
    operator = Object.assign(Object.create(Object.getPrototypeOf(customer)), customer, { organization: ids.operator });
    const { ctx } = served.running.opened;
    await setOperator(ctx, 'test', ids.operator);
    await saveMailSettings(
      ctx,
      { organizationId: ids.operator, actor: 'test' },
      { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName: 'Operator', fromAddress: 'biuro@operator.example' },
    );
    const plan = await operator.post('/billing/plans', {
      name: 'Integracja',
      currency: 'PLN',
      terms: { interval: 'month', price: '49.00', included: 100, tiers: [{ price: '0.10' }] },
    });
    expect(plan.status).toBe(201);
    planId = plan.body.id;
  }, 60_000);
  afterAll(async () => {
    await served.stop();
    await mailbox.close();
  });

  const statement = (lines: string[], opening = '0,00') =>
    `:20:S\r\n:25:PL61109010140000071219812874\r\n:28C:1\r\n:60F:C261120PLN${opening}\r\n${lines.join('')}-\r\n`;
  const line = (amount: string, title: string, name: string, reference: string, account = '27105000860000000000000001') =>
    `:61:2611201120C${amount}NTRFNONREF//${reference}\r\n:86:020~00PRZELEW~20${title}~32${name}~38${account}\r\n`;
  const upload = async (by: Browser, text: string) => {
    const form = new FormData();
    form.append('file', new File([text], 'wyciag.sta'));
    const answer = await by.send('POST', '/payments/statements', form);
    expect(answer.status).toBe(201);
    return until('the statement is read', async () => {
      const { body } = await by.get(`/payments/statements/${answer.body.id}`);
      return body.status !== 'waiting' && body;
    });
  };
  let proforma = '';

  test('ordering by transfer answers with the proforma, which is mailed to the address for proformas', async () => {
    const lacking = await customer.post('/billing/subscriptions', { planId, payBy: 'transfer' });
    expect([lacking.status, lacking.body.findings]).toMatchObject([
      422,
      [{ code: 'H_BILLING_DATA', params: { fields: 'proformaEmail, invoiceEmail' } }],
    ]);
    const ordered = await customer.post('/billing/subscriptions', {
      planId,
      payBy: 'transfer',
      customer: { proformaEmail: 'proforma@shop.example', invoiceEmail: 'faktury@shop.example' },
    });
    expect([ordered.status, ordered.body.proforma?.number]).toEqual([201, expect.stringMatching(/^PRO\/1\//)]);
    proforma = ordered.body.proforma.number;
    const mail = await until('the proforma is mailed', async () =>
      mailbox.mails().find((m) => m.recipients.includes('proforma@shop.example')),
    );
    expect(mail.files[0]!.fileName).toContain('PRO-1');
    const again = await customer.post('/billing/subscriptions', { planId, payBy: 'transfer' });
    expect([again.status, again.body.findings[0].code]).toEqual([422, 'H_SUBSCRIBED_ALREADY']);
    const panel = await customer.get('/billing');
    expect(panel.body).toMatchObject({
      available: true,
      operator: false,
      standing: 'good',
      subscriptions: [{ state: 'pending', plan: { name: 'Integracja' } }],
    });
    const bills = await customer.get('/billing/bills');
    expect(bills.body.items).toMatchObject([
      { state: 'open', amount: '49.00', transfer: { title: proforma, account: 'PL61109010140000071219812874' } },
    ]);
  });

  test('the statement books it by itself, the invoice is issued and mailed to the address for invoices, the subscription runs', async () => {
    const first = await upload(
      operator,
      statement([
        line('49,00', `oplata ${proforma}`, 'SKLEP TESTOWY', 'B1'),
        line('12,00', 'cos innego', 'JAN OBCY', 'B2', '11105000860000000000000002'),
        line('0,00', 'odsetki', 'BANK', 'B0'),
      ]),
    );
    expect(first).toMatchObject({ status: 'read', counts: { lines: 3, booked: 1, open: 1, known: 0 } });
    const invoiceMail = await until('the invoice is mailed', async () =>
      mailbox.mails().find((m) => m.recipients.includes('faktury@shop.example')),
    );
    expect(invoiceMail.files[0]!.fileName).toContain('FV-1');
    const { body } = await customer.get('/billing/bills?state=paid');
    expect(body.items).toMatchObject([{ state: 'paid', documents: [{ kind: 'proforma', number: proforma }, { kind: 'invoice' }] }]);
    expect((await customer.get('/billing')).body.subscriptions[0].state).toBe('active');
    const invoice = body.items[0].documents[1];
    const full = await operator.get(`/documents/${invoice.id}`);
    expect(full.body.content).toMatchObject({
      proforma: { number: proforma },
      totals: { gross: '49.00', paid: '49.00', payable: '0.00' },
      saleDate: '2026-11-20',
      payment: { means: 'bank_transfer' },
    });
    const pdf = await customer.get(`/billing/documents/${invoice.id}/pdf`);
    expect([pdf.status, Buffer.from(pdf.body).subarray(0, 4).toString()]).toEqual([200, '%PDF']);
    const zip = await customer.get('/billing/documents.zip?from=2026-01-01&until=2027-12-31');
    expect([zip.status, Buffer.from(zip.body).subarray(0, 2).toString()]).toEqual([200, 'PK']);
  });

  test('papers of one name are two files of the archive; a bill is of the day its seller made it', async () => {
    const { ctx } = served.running.opened;
    const zip = async () => {
      const { body } = await customer.get('/billing/documents.zip?from=2026-01-01&until=2027-12-31');
      return (await archiveEntries(Buffer.from(body))).map(({ name }) => name).sort();
    };
    expect(await zip()).toHaveLength(2);
    const within = async (change: (tx: Tx) => Promise<unknown>) => ctx.store.org(ids.operator, async (tx) => void (await change(tx)));
    await within((tx) => sql`update file set name = 'Faktura 1.pdf' where media_type = 'application/pdf'`.execute(tx));
    expect(await zip()).toEqual([expect.stringMatching(/^Faktura 1 \w{6}\.pdf$/), 'Faktura 1.pdf']);
    const [bill] = (await customer.get('/billing/bills')).body.items;
    await within((tx) => sql`update billing_order set created_at = '2026-11-30T23:30:00Z' where id = ${bill.id}`.execute(tx));
    const count = async (query: string) => (await customer.get(`/billing/bills?${query}`)).body.items.length;
    expect([await count('from=2026-12-01&until=2026-12-01'), await count('from=2026-11-30&until=2026-11-30')]).toEqual([1, 0]);
    await within((tx) => sql`update billing_order set created_at = ${bill.createdAt} where id = ${bill.id}`.execute(tx));
  });

  test('the same statement and one that overlaps it book nothing twice; a second payment waits for a person and makes no second invoice', async () => {
    const same = await upload(
      operator,
      statement([
        line('49,00', `oplata ${proforma}`, 'SKLEP TESTOWY', 'B1'),
        line('12,00', 'cos innego', 'JAN OBCY', 'B2', '11105000860000000000000002'),
      ]),
    );
    expect(same.counts).toMatchObject({ lines: 2, known: 2, booked: 0 });
    const overlap = await upload(
      operator,
      statement([
        line('12,00', 'cos innego', 'JAN OBCY', 'B2', '11105000860000000000000002'),
        line('49,00', proforma, 'SKLEP TESTOWY', 'B3'),
      ]),
    );
    expect(overlap.counts).toMatchObject({ known: 1, booked: 0, proposed: 1 });
    const open = await operator.get('/payments?state=open');
    const twice = open.body.items.find((p: { amount: string }) => p.amount === '49.00');
    expect(twice.proposals[0]).toMatchObject({ kind: 'double', rest: '49.00' });
    const kept = await operator.post(`/payments/${twice.id}/book`, { shares: [], restToCredit: true });
    expect(kept.body).toMatchObject({ state: 'booked', allocations: [{ purpose: 'credit', amount: '49.00' }] });
    const undone = await operator.post(`/payments/${twice.id}/undo`);
    expect(undone.body).toMatchObject({ state: 'open', left: '49.00' });
    const booked = (await operator.get('/payments?state=booked')).body.items;
    expect(booked).toHaveLength(1);
    const refused = await operator.post(`/payments/${booked[0].id}/undo`);
    expect([refused.status, refused.body.findings]).toMatchObject([422, [{ code: 'H_PAYMENT_INVOICE_ISSUED' }]]);
    const invoices = (await customer.get('/billing/bills')).body.items.flatMap((b: { documents: { kind: string }[] }) =>
      b.documents.filter((d) => d.kind === 'invoice'),
    );
    expect(invoices).toHaveLength(1);
  });

  test('an unreadable file is refused with words, a broken line with its number', async () => {
    expect(await upload(operator, 'date;amount\n1;2')).toMatchObject({ status: 'refused', findings: [{ code: 'F_STATEMENT_FORMAT' }] });
    expect(await upload(operator, statement([':61:26112XC5,00NTRFNONREF\r\n']))).toMatchObject({
      status: 'read',
      findings: [{ code: 'E_STATEMENT_LINE', params: { line: '5' } }],
      counts: { unread: 1 },
    });
  });

  test('walls: the customer sees no plans desk and no payments of the operator, the operator no documents of the customer', async () => {
    expect((await customer.get('/billing/plans')).status).toBe(404);
    expect((await customer.get('/payments')).body.items).toEqual([]);
    const own = await customer.get('/documents');
    expect(own.body.items).toEqual([]);
    const operators = (await operator.get('/documents')).body.items;
    expect(operators.length).toBeGreaterThan(1);
    const stranger = await operator.get(`/billing/documents/${operators[0].id}/pdf`);
    expect(stranger.status).toBe(404);
    const { ctx } = served.running.opened;
    const seen = await ctx.store.org(ids.customer, (tx) => tx.selectFrom('billing_order').select('customer_id').execute());
    expect(seen.map((r) => r.customer_id)).toEqual([ids.customer]);
    expect(await ctx.store.org(ids.customer, (tx) => tx.selectFrom('payment').selectAll().execute())).toEqual([]);
  });

  test('a dearer plan costs the difference at once, a cheaper one waits for the end of the period', async () => {
    const big = (await operator.post('/billing/plans', { name: 'Duża', currency: 'PLN', terms: { interval: 'month', price: '99.00' } }))
      .body.id;
    const small = (await operator.post('/billing/plans', { name: 'Mała', currency: 'PLN', terms: { interval: 'month', price: '9.00' } }))
      .body.id;
    const { id } = (await customer.get('/billing')).body.subscriptions[0];
    const dry = await customer.post(`/billing/subscriptions/${id}/plan`, { planId: big, dryRun: true });
    expect(dry.body).toEqual({ changed: 'now', difference: '50.00' });
    expect((await customer.post(`/billing/subscriptions/${id}/plan`, { planId: small })).body.changed).toBe('at-period-end');
    expect((await customer.post(`/billing/subscriptions/${id}/plan`, { planId: big })).body).toEqual({
      changed: 'now',
      difference: '50.00',
    });
    const bill = (await customer.get('/billing/bills')).body.items[0];
    expect(bill).toMatchObject({ kind: 'change', amount: '50.00', state: 'open' });
  });

  test('a buyer’s link opens one document and nothing else; what he asks is done, proposed or a task, and not without end', async () => {
    const bills = (await customer.get('/billing/bills?state=paid')).body.items;
    const invoice = bills[0].documents.find((d: { kind: string }) => d.kind === 'invoice');
    const { url } = (await operator.post(`/documents/${invoice.id}/buyer-link`)).body;
    const token = url.split('/').pop();
    const send = (method: string, path: string, body?: unknown) =>
      fetch(`${served.url}/api/v1/buyer/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    expect(await (await send('GET', token)).json()).toMatchObject({ number: invoice.number, gross: '49.00' });
    expect((await send('GET', `${token}/pdf`)).headers.get('content-type')).toBe('application/pdf');
    expect((await send('GET', `${token.slice(0, -3)}AAA`)).status).toBe(404);
    const ask = async (body: object) => (await send('POST', `${token}/requests`, body)).json();
    expect(await ask({ kind: 'again' })).toEqual({ state: 'done', outcome: 'mailed' });
    expect(await ask({ kind: 'invoice' })).toEqual({ state: 'refused', outcome: 'is-invoice' });
    const party = { company: 'Sklep Poprawiony', street: 'ul. Nowa 2', postalCode: '00-002', city: 'Warszawa', country: 'PL' };
    expect(await ask({ kind: 'mend', party: { ...party, taxIds: [{ scheme: 'PL:NIP', value: '1234567890' }] } })).toEqual({
      state: 'refused',
      outcome: 'tax-id-wrong',
    });
    const elsewhere = { email: 'somebody@else.example', phone: '600' };
    expect(await ask({ kind: 'mend', party: { ...party, ...elsewhere, taxIds: [{ scheme: 'PL:NIP', value: '9991002009' }] } })).toEqual({
      state: 'done',
      outcome: 'correction-proposed',
    });
    // The correction goes where the invoice went, whoever holds the link.
    const made = (await operator.get('/desk')).body.items.find((r: { madeId: string | null }) => r.madeId).madeId;
    const { buyer } = (await operator.get(`/documents/${made}`)).body.content;
    expect([buyer.company, buyer.email]).toEqual(['Sklep Poprawiony', 'faktury@shop.example']);
    expect(await ask({ kind: 'report', said: 'wrong quantity' })).toEqual({ state: 'open', outcome: 'task' });
    expect(await ask({ kind: 'report', said: 'again' })).toEqual({ state: 'refused', outcome: 'limited' });
    const desk = (await operator.get('/desk')).body.items;
    expect(desk.filter((r: { state: string }) => r.state === 'open')).toMatchObject([
      { kind: 'report', said: 'wrong quantity', number: invoice.number },
    ]);
    expect((await operator.post(`/desk/${desk[0].id}/close`)).status).toBe(200);
  });

  test('a proforma that something holds goes with its bill', async () => {
    // A letter that no font has.
    const held = (await operator.post('/billing/plans', { name: 'ა', currency: 'PLN', terms: { interval: 'month', price: '9.00' } })).body
      .id;
    const ordered = await customer.post('/billing/subscriptions', { planId: held, payBy: 'transfer' });
    expect([ordered.status, ordered.body.proforma ?? null]).toEqual([201, null]);
    const held9 = async (state: string) =>
      (await operator.get(`/documents?states=${state}`)).body.items.filter((d: { gross: string }) => d.gross === '9.00').length;
    expect([await held9('to_issue'), await held9('withdrawn')]).toEqual([1, 0]);
    const { subscriptions } = (await customer.get('/billing')).body;
    const { id } = subscriptions.find((one: { plan: { name: string } }) => one.plan.name === 'ა');
    expect((await customer.post(`/billing/subscriptions/${id}/end`)).status).toBe(200);
    expect([await held9('to_issue'), await held9('withdrawn')]).toEqual([0, 1]);
  });
});
