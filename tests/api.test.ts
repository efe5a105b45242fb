import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PDFDocument } from '@cantoo/pdf-lib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../src/api/app.ts';
import { permissions } from '../src/api/permissions.ts';
import { routes } from '../src/api/routes/index.ts';
import { openTask } from '../src/desk/index.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { Browser, owner, password, program, type Served, serve, shop, until } from './api-server.ts';

/**
 * The promise: everything the screens do can be done over HTTP, by those who may, in their own organization only; what is refused says
 * why with a lasting code; nothing is done twice; secrets never come out.
 */
const sample = readFileSync(new URL('../examples/pl/allegro-sales.xml', import.meta.url));

function form(options: Record<string, unknown>, name = 'allegro-sales.xml', bytes: Uint8Array = sample): FormData {
  const data = new FormData();
  data.append('options', JSON.stringify(options));
  data.append('files', new Blob([Uint8Array.from(bytes)]), name);
  return data;
}

onBothDatabases('HTTP API', (store) => {
  let served: Served;
  let olga: Browser;
  let mailbox: Mailbox;
  beforeAll(async () => {
    served = await serve(store());
    for (const wrong of [{ defaultVatRate: 'banana' }, { taxId: '1234567890' }]) {
      const refused = await new Browser(served.url).post('/setup', { ...shop, organization: { ...shop.organization, ...wrong } });
      expect(refused.status, refused.text).toBe(422);
    }
    // A first run that was refused leaves nobody behind: it can be done again.
    olga = await owner(served.url);
    mailbox = await startMailbox();
  }, 60_000);
  afterAll(async () => {
    await mailbox?.close();
    await served?.stop();
  });

  async function importSample(who: Browser): Promise<string> {
    const started = await who.post('/imports', form({ kind: 'auto' }));
    expect(started.status).toBe(201);
    const { id } = started.body.runs[0];
    const run = await until('the import ends', async () => {
      const { body } = await who.get(`/imports/${id}`);
      return body.status === 'done' && body;
    });
    expect(run.counts.created).toBe(12);
    return id;
  }

  describe('the first run and the session', () => {
    test('a set-up installation cannot be set up again', async () => {
      expect((await olga.get('/setup')).body).toMatchObject({ needed: false, demo: false });
      const again = await new Browser(served.url).post('/setup', { ...shop, email: 'thief@shop.example' });
      expect(again.status).toBe(409);
      expect(again.body.code).toBe('already-set-up');
    });

    test('the owner may everything; without a session nothing is shown', async () => {
      const me = await olga.get('/me');
      expect(me.body.user.email).toBe(shop.email);
      expect(me.body.organizations).toMatchObject([
        { name: 'Sklep Testowy', role: 'owner', country: 'PL', currency: 'PLN', zone: 'Europe/Warsaw' },
      ]);
      expect(new Set(me.body.permissions)).toEqual(new Set(Object.keys(permissions)));
      const stranger = await new Browser(served.url, olga.organization).get('/documents');
      expect(stranger.status).toBe(401);
      expect(stranger.headers.get('content-type')).toContain('application/problem+json');
      expect(stranger.body).toMatchObject({ status: 401, code: 'not-signed-in' });
    });

    test('a revoked session ends at once, although its cookie is still believed by the browser', async () => {
      const other = new Browser(served.url, olga.organization);
      await other.signIn(shop.email, password);
      expect((await other.get('/organization')).status).toBe(200);
      const sessions = await olga.get('/api/auth/list-sessions');
      const token = decodeURIComponent(other.cookies.get('fakturist.session_token')!).split('.')[0];
      expect(sessions.body.map((session: { token: string }) => session.token)).toContain(token);
      expect((await olga.post('/api/auth/revoke-session', { token })).status).toBe(200);
      expect((await other.get('/organization')).status).toBe(401);
      expect((await olga.get('/organization')).status).toBe(200);
    });

    test('a page of another site cannot use the session, and a foreign host name is not ours', async () => {
      const foreign = await olga.post('/saved-views', { page: 'queue', name: 'x', query: '' }, { origin: 'https://evil.example' });
      expect(foreign.status).toBe(403);
      expect(foreign.body.code).toBe('cross-origin');
      const marked = await olga.post('/saved-views', { page: 'queue', name: 'x', query: '' }, { 'sec-fetch-site': 'cross-site' });
      expect(marked.body.code).toBe('cross-origin');
      const rebound = await served.running.app.inject({ url: '/api/v1/setup', headers: { host: 'evil.example' } });
      expect(rebound.statusCode).toBe(400);
      expect(rebound.json().code).toBe('unknown-host');
    });
  });

  describe('from a file to mailed documents', () => {
    let importId: string;
    beforeAll(async () => {
      importId = await importSample(olga);
    }, 60_000);

    test('a dry run tells what would happen and keeps nothing', async () => {
      const before = (await olga.get('/imports')).body.items.length;
      const tried = await olga.post('/imports', form({ kind: 'invoice', dryRun: true }, 'again.xml'));
      expect(tried.body).toMatchObject({
        runs: [],
        report: { count: 12, dryRun: true, unchanged: 12, byDocument: { INVOICE_COMPANY: 5, INVOICE_PERSON: 3, RECEIPT: 4 } },
      });
      expect((await olga.get('/imports')).body.items.length).toBe(before);
      const files = await store().db.selectFrom('file').select('name').where('name', '=', 'again.xml').execute();
      expect(files).toEqual([]);
    });

    test('every record is accounted for, also as a table', async () => {
      const records = await olga.get(`/imports/${importId}/records?limit=5`);
      expect(records.body.items).toHaveLength(5);
      expect(records.body.items[0]).toMatchObject({ outcome: 'created', line: 13, externalId: '520100301' });
      const rest = await olga.get(`/imports/${importId}/records?limit=50&cursor=${encodeURIComponent(records.body.nextCursor)}`);
      expect(rest.body.items).toHaveLength(7);
      const csv = await olga.get(`/imports/${importId}/report.csv`);
      expect(csv.headers.get('content-disposition')).toContain('attachment');
      expect(csv.text.trim().split('\r\n')).toHaveLength(13);
      expect((await olga.get(`/imports/${importId}/report.json`)).body).toMatchObject({ count: 12, sumTotalGross: '3180.43' });
    });

    test('a held document is mended, issued, printed, corrected and mailed', async () => {
      const held = (await olga.get('/documents?held=true&holdCode=H_TAXID_MISSING')).body.items;
      expect(held).toHaveLength(1);
      const { id, version } = held[0];
      const refused = await olga.post(`/documents/${id}/issue`);
      expect(refused.status).toBe(422);
      expect(refused.body).toMatchObject({ code: 'held', findings: [{ code: 'H_TAXID_MISSING', level: 'hold' }] });
      const stale = await olga.send('PATCH', `/documents/${id}`, { version: version + 5, set: {} });
      expect(stale.body.code).toBe('version-conflict');
      const mended = await olga.send('PATCH', `/documents/${id}`, {
        version,
        set: { 'buyer.taxIds': [{ scheme: 'PL:NIP', value: '9994445552' }] },
      });
      expect(mended.status).toBe(200);
      expect(mended.body.findings.filter((f: { level: string }) => f.level === 'hold')).toEqual([]);
      const issued = await olga.post(`/documents/${id}/issue`);
      expect(issued.body).toMatchObject({ id, outcome: 'issued', number: expect.stringMatching(/^FV\/1\//) });
      const pdf = await olga.get(`/documents/${id}/pdf`);
      expect(pdf.headers.get('content-type')).toBe('application/pdf');
      expect(pdf.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
      expect(pdf.text.slice(0, 5)).toBe('%PDF-');
      const again = await olga.get(`/documents/${id}/pdf`);
      expect(Buffer.compare(again.body, pdf.body)).toBe(0);
      expect((await olga.send('PATCH', `/documents/${id}`, { set: { 'buyer.name': 'Other' } })).status).toBe(422);
      const detail = (await olga.get(`/documents/${id}`)).body;
      expect(detail).toMatchObject({ state: 'issued', number: issued.body.number });
      expect(detail.timeline.map((entry: { what: string }) => entry.what)).toContain('document issued');
      const line = detail.content.lines[0];
      const correction = await olga.post(`/documents/${id}/correct`, {
        reason: 'Zwrot',
        reasonCode: 'return',
        lines: [{ lineId: line.id, quantity: '1' }],
      });
      expect(correction.status).toBe(201);
      expect(correction.body.content.kind).toBe('correction');

      expect((await olga.get('/mail-settings')).body.configured).toBe(false);
      const account = await olga.send('PUT', '/mail-settings', {
        host: mailbox.host,
        port: mailbox.port,
        security: 'none',
        fromName: 'Sklep',
        fromAddress: 'sklep@shop.example',
        password: 'smtp-geheim-word',
      });
      expect(account.body).toMatchObject({ configured: true, hasPassword: false || true });
      expect(account.text).not.toContain('smtp-geheim-word');
      mailbox.clear();
      const queued = await olga.post(`/documents/${id}/mail`, { to: ['buyer@elsewhere.example'] });
      expect(queued.body.queued).toHaveLength(1);
      const [mail] = await mailbox.arrived(1);
      expect(mail).toMatchObject({ recipients: ['buyer@elsewhere.example'] });
      expect(mail!.files[0]!.fileName).toMatch(/\.pdf$/);
      expect(Buffer.from(mail!.files[0]!.content).subarray(0, 5).toString()).toBe('%PDF-');
      const twice = await olga.post(`/documents/${id}/mail`, { to: ['buyer@elsewhere.example'] });
      expect(twice.body).toMatchObject({ queued: [], refused: [{ findings: [{ code: 'mail_already_sent' }] }] });
    });

    test('a company is looked up by its tax number, and every way of not knowing says so', async () => {
      const said: Record<string, [number, string]> = {
        '9991002009': [200, JSON.stringify({ result: { subject: { name: 'ABC', workingAddress: 'ul. Prosta 49, 00-838 Warszawa' } } })],
        '7251801126': [200, JSON.stringify({ result: { subject: null } })],
        '5260250274': [503, 'busy'],
      };
      const register = createServer((request, response) => {
        const [status, text] = said[/nip\/(\d+)\?date=/.exec(request.url ?? '')?.[1] ?? ''] ?? [404, ''];
        response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      });
      await new Promise<void>((resolve) => register.listen(0, '127.0.0.1', resolve));
      const { edge } = served.running;
      try {
        edge.registerUrl = `http://127.0.0.1:${(register.address() as AddressInfo).port}`;
        const asked = (taxId: string) => olga.get(`/companies?country=PL&taxId=${taxId}`);
        expect((await asked('999-100-20-09')).body).toEqual({
          source: 'Biała lista MF',
          name: 'ABC',
          street: 'ul. Prosta 49',
          postalCode: '00-838',
          city: 'Warszawa',
        });
        expect((await asked('7251801126')).body.code).toBe('register-unknown');
        expect((await asked('5260250274')).body.code).toBe('register-silent');
        expect((await asked('5260250275')).body.code).toBe('tax-id-invalid');
        expect((await new Browser(served.url).get('/companies?country=PL&taxId=9991002009')).status).toBe(401);
        edge.registerUrl = 'off';
        expect((await asked('9991002009')).body.code).toBe('register-off');
      } finally {
        edge.registerUrl = undefined;
        register.close();
      }
    });

    test('everything that is not held is issued in one run, and the held ones say why', async () => {
      const before = (await olga.get('/documents/count?states=to_issue,refused')).body;
      expect(before.held).toBe(3);
      const started = await olga.post('/documents/issue', {
        selection: { query: { states: ['to_issue'], kinds: ['invoice', 'receipt'] } },
      });
      expect(started.status).toBe(202);
      const run = await until('the run ends', async () => {
        const { body } = await olga.get(`/issue-runs/${started.body.runId}`);
        return body.status === 'done' && body;
      });
      expect(run).toMatchObject({ total: 11, done: 11, issued: 8 });
      const codes = run.refused.flatMap((one: { findings: { code: string }[] }) => one.findings.map((f) => f.code)).sort();
      expect(codes).toEqual(['H_TAXID_INVALID', 'H_TOTAL_MISMATCH', 'H_UNPAID']);
      // Who pressed a moment later did nothing wrong, and nothing is left undone.
      const issued = (await olga.get('/documents?states=issued&kinds=invoice,receipt&limit=100')).body.items.map(
        (d: { id: string }) => d.id,
      );
      const late = await olga.post('/documents/issue', { selection: { ids: issued } });
      const overtaken = await until('the second run ends', async () => {
        const { body } = await olga.get(`/issue-runs/${late.body.runId}`);
        return body.status === 'done' && body;
      });
      expect(overtaken).toMatchObject({ issued: 0, issuedBefore: issued.length, refusedCount: 0, refused: [], causes: [] });
      const register = (await olga.get('/series')).body.items.find((one: { kind: string }) => one.kind === 'invoice');
      const numbers = (await olga.get(`/series/${register.id}/register`)).body;
      expect(numbers.gaps).toEqual([]);
      expect(numbers.items).toHaveLength(5);
      const home = (await olga.get('/home')).body;
      expect(home.toIssue).toMatchObject({ held: 3 });
      expect(home.held.map((one: { code: string }) => one.code).sort()).toEqual(codes);
      expect(home.held[0].text.pl.length).toBeGreaterThan(10);
      expect(home.byDay.at(-1).issued).toBe(9);
      expect(home.byDay.at(-1).gross).toHaveLength(1);
      // The button beside a cause leads to the field of the document that waits for it.
      const wrongTaxId = home.held.find((one: { code: string }) => one.code === 'H_TAXID_INVALID');
      expect(wrongTaxId.first.where).toMatch(/^buyer\.taxIds/);
      expect((await olga.get(`/documents/${wrongTaxId.first.documentId}`)).body.findings.map((f: { code: string }) => f.code)).toContain(
        'H_TAXID_INVALID',
      );
      expect(home).toMatchObject({
        failingDeliveries: 0,
        failingOthers: 0,
        failingTransfers: 0,
        tasks: { desk: 0, claims: 0, payments: 0 },
      });
    });

    test('home tells a print from a mail, what buyers ask for, and by when the law wants invoices issued', async () => {
      const { body: documents } = await olga.get('/documents?states=issued&limit=1');
      const at = new Date();
      const ids = { organization_id: olga.organization!, document_id: documents.items[0].id };
      const waiting = (await olga.get('/documents?states=to_issue&kinds=invoice&limit=1')).body.items[0].id;
      await store().org(olga.organization!, async (tx) => {
        await sql`insert into delivery (organization_id, id, document_id, way, key, recipient, status, created_at, updated_at)
          values (${ids.organization_id}, gen_random_uuid(), ${ids.document_id}, 'print', 'home', 'Printer', 'refused', ${at}, ${at})`.execute(
          tx,
        );
        await openTask(
          tx,
          served.running.opened.ctx,
          { organizationId: olga.organization!, actor: 'test' },
          {
            documentId: ids.document_id,
            customerId: null,
            outcome: 'missing',
            said: 'Where is it?',
          },
        );
        await sql`update document set sale_date = ${'2020-01-10'} where organization_id = ${olga.organization!} and id = ${waiting}`.execute(
          tx,
        );
      });
      const home = (await olga.get('/home')).body;
      expect(home).toMatchObject({ failingDeliveries: 0, failingOthers: 1, tasks: { desk: 1 } });
      expect(home.deadlines[0]).toMatchObject({ kind: 'issue', day: '2020-02-15', count: 1 });
      expect((await olga.get('/documents?deliveryStatus=failed')).body.items.map((one: { id: string }) => one.id)).toEqual([
        ids.document_id,
      ]);
      await store().org(olga.organization!, (tx) => sql`delete from delivery where key = 'home'`.execute(tx));
      // Whoever else has the desk open sees that it was dealt with.
      const heard: string[] = [];
      const stop = await store().listen(({ topic }) => void heard.push(topic));
      const [request] = (await olga.get('/desk')).body.items;
      expect((await olga.post(`/desk/${request.id}/close`)).status).toBe(200);
      await until('the desk tells of it', async () => heard.includes('desk'));
      await stop();
      expect((await olga.get('/home')).body.tasks.desk).toBe(0);
    });

    test('a mail that comes back is handed in and marked, once', async () => {
      mailbox.clear();
      const [{ id }] = (await olga.get('/documents?states=issued&sort=issued')).body.items;
      await olga.post(`/documents/${id}/mail`, { to: ['comes-back@elsewhere.example'] });
      const [mail] = await mailbox.arrived(1);
      const message = mailbox.bounce(mail!);
      const there = async () => {
        const { items } = (await olga.get(`/deliveries?documentId=${id}`)).body;
        return items.find((item: { recipient: string }) => item.recipient === 'comes-back@elsewhere.example');
      };
      await until('it is handed over', async () => (await there()).status === 'handed_over');
      expect((await olga.post('/deliveries/bounces', { message })).body).toEqual({ marked: 1 });
      expect((await olga.post('/deliveries/bounces', { message })).body).toEqual({ marked: 0 });
      expect(await there()).toMatchObject({ status: 'bounced' });
      expect((await olga.post('/deliveries/bounces', { message: 'Subject: thanks\r\n\r\nbye' })).body).toEqual({ marked: 0 });
    });
    test('JSON by the web is the reader’s of other shops, also when its mapping was saved', async () => {
      const json = JSON.stringify({
        orders: [{ id: 'J1', date: '2026-11-01', items: [{ name: 'Kubek', quantity: 2, price: 10.5 }], total: 21 }],
      });
      const look = async () => (await olga.post('/imports/inspect', form({}, 'shop.json', Buffer.from(json)))).body;
      const first = await look();
      expect(first).toMatchObject({ connector: 'order-file', recognised: false });
      const saved = await olga.post('/import-profiles', { name: 'shop', profile: first.proposal.profile });
      expect(saved.status, JSON.stringify(saved.body)).toBeLessThan(300);
      expect(await look()).toMatchObject({ connector: 'order-file', recognised: true });
    });

    test('lists are paged without loss, exported, and a ZIP holds the PDFs', async () => {
      const seen = new Set<string>();
      let cursor = '';
      do {
        const { body } = await olga.get(`/documents?limit=4&sort=gross&direction=asc${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        for (const row of body.items) seen.add(row.id);
        cursor = body.nextCursor ?? '';
      } while (cursor);
      expect(seen.size).toBe(13);
      expect((await olga.get('/documents?cursor=nonsense')).body.code).toBe('bad-cursor');
      const csv = await olga.get('/documents/export.csv?states=issued&language=en');
      expect(csv.text.split('\r\n')[0]).toBe(
        '\ufeffNumber,Kind,State,Issued,Sold,Due,Buyer,Tax id,E-mail,Country,Net,VAT,Gross,Currency,Order,Channel,Mail,Transfer,Id',
      );
      expect(csv.text.trim().split('\r\n')).toHaveLength(10);
      const xlsx = await olga.get('/documents/export.xlsx?states=issued');
      expect(xlsx.body.subarray(0, 2).toString()).toBe('PK');
      const one = (await olga.get('/documents?states=issued&limit=1')).body.items[0];
      const zip = await olga.get(`/documents/archive.zip?ids=${one.id}`);
      expect(zip.headers.get('content-type')).toBe('application/zip');
      expect(zip.body.toString('latin1')).toContain('%PDF-');
      // A selection may be longer than an address can be.
      const many = [one.id, ...Array.from({ length: 300 }, (_, i) => `00000000-0000-7000-8000-${String(i).padStart(12, '0')}`)];
      const chosen = await olga.post('/documents/export', { selection: { ids: many }, as: 'zip' });
      expect(chosen.status, chosen.text.slice(0, 200)).toBe(200);
      expect(chosen.body.toString('latin1').match(/%PDF-/g)).toHaveLength(1);
      // One file for the printer: every page of every one, in the order of the list.
      const two = (await olga.get('/documents?states=issued&limit=2')).body.items;
      const joined = await olga.post('/documents/export', { selection: { ids: two.map((d: { id: string }) => d.id) }, as: 'pdf' });
      expect(joined.headers.get('content-type')).toBe('application/pdf');
      const pagesOf = async (bytes: Uint8Array) => (await PDFDocument.load(bytes)).getPageCount();
      const singly = await Promise.all(two.map(async (d: { id: string }) => pagesOf((await olga.get(`/documents/${d.id}/pdf`)).body)));
      expect(await pagesOf(joined.body)).toBe(singly[0]! + singly[1]!);
      expect((await olga.post('/documents/export', { selection: { query: { states: ['to_issue'] } }, as: 'pdf' })).body.code).toBe(
        'nothing-issued',
      );
      const table = await olga.post('/documents/export', { selection: { query: { states: ['issued'] } }, as: 'csv', language: 'pl' });
      expect(table.text.trim().split('\r\n')).toHaveLength(10);
      const parties = (await olga.get('/parties?q=sliwinska')).body.items;
      expect(parties).toMatchObject([{ name: 'Żaneta Śliwińska', documents: 1, turnover: [{ currency: 'PLN', gross: '89.80' }] }]);
      expect((await olga.get(`/parties/${parties[0].id}`)).body).toMatchObject({ ...parties[0], address: { city: expect.any(String) } });
      expect((await olga.get('/parties/nobody')).status).toBe(404);
      expect((await olga.get(`/parties/${Buffer.from('["Nobody",""]').toString('base64url')}`)).status).toBe(404);
      const orders = (await olga.get('/orders?q=520100355')).body.items;
      expect(orders).toMatchObject([{ externalId: '520100355', total: '89.80', documents: [{ state: 'issued' }] }]);
      expect((await olga.get(`/orders/${orders[0].id}`)).body.raw).toContain('520100355');
    });

    test('documents leave the queue and come back', async () => {
      const [row] = (await olga.get('/documents?held=true&states=to_issue&limit=1')).body.items;
      const gone = await olga.post('/documents/withdraw', { selection: { ids: [row.id] }, reason: 'test' });
      expect(gone.body).toEqual({ done: [row.id], refused: [] });
      expect((await olga.get(`/documents/${row.id}`)).body.state).toBe('withdrawn');
      expect((await olga.post('/documents/restore', { selection: { ids: [row.id] } })).body.done).toEqual([row.id]);
      expect((await olga.get(`/documents/${row.id}`)).body.state).toBe('to_issue');
    });

    test('namesakes are two buyers, and one who marks his address is one', async () => {
      const made = async (email: string | undefined) => {
        const buyer = { type: 'person', name: 'Jan Namesake', email };
        const { status, body } = await olga.post('/documents', {
          content: { kind: 'invoice', buyer, lines: [{ name: 'Kubek', quantity: '1', unitPrice: '12.30' }] },
        });
        expect(status, JSON.stringify(body)).toBeLessThan(300);
      };
      for (const email of ['jan@one.example', 'Jan+order7@one.example', 'jan@two.example', undefined]) await made(email);
      const { items } = (await olga.get('/parties?q=namesake')).body;
      expect(items.map((one: { documents: number }) => one.documents).sort()).toEqual([1, 1, 2]);
      for (const one of items) {
        expect((await olga.get(`/parties/${one.id}`)).body).toMatchObject(one);
        expect((await olga.get(`/documents?party=${one.id}`)).body.items).toHaveLength(one.documents);
      }
      expect((await olga.get('/documents?party=nobody')).body.items).toEqual([]);
    });

    test('changes are pushed to the open screens of the organization', async () => {
      const aborter = new AbortController();
      const response = await fetch(`${served.url}/api/v1/events`, { headers: olga.headers(), signal: aborter.signal });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const reader = response.body!.getReader();
      const heard = (async () => {
        let text = '';
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return text;
          text += Buffer.from(value).toString('utf8');
          if (text.includes('event: change')) return text;
        }
      })();
      await olga.send('PATCH', '/organization', { seller: { phone: '+48 000 000 001' } });
      expect(await heard).toContain('"topic":"organization"');
      aborter.abort();
    });
  });

  describe('company data and policies', () => {
    test('what several people save at once is all kept', async () => {
      const parts = { phone: '+48 000 000 003', website: 'sklep.example', bankName: 'Bank', city: 'Kraków', street: 'ul. Krótka 3' };
      await Promise.all(Object.entries(parts).map(([field, value]) => olga.send('PATCH', '/organization', { seller: { [field]: value } })));
      expect((await olga.get('/organization')).body.seller).toMatchObject(parts);
    });

    test('as many views and webhooks are kept as their lists show', async () => {
      await olga.post('/saved-views', { page: 'orders', name: 'x', query: 'q=1' });
      await olga.post('/webhooks', { url: 'https://hooks.example/x', events: ['document.issued'] });
      await store().system(async (tx) => {
        await sql`insert into saved_view (organization_id, id, user_id, page, name, query, created_at)
          select organization_id, gen_random_uuid(), user_id, page, name, query, created_at from saved_view, generate_series(1, 98) where page = 'orders'`.execute(
          tx,
        );
        await sql`insert into webhook_endpoint (organization_id, id, url, events, active, secret, created_at)
          select organization_id, gen_random_uuid(), url, events, active, secret, created_at from webhook_endpoint, generate_series(1, 48) where url = 'https://hooks.example/x'`.execute(
          tx,
        );
      });
      // Whoever asks in the same moment is counted too.
      for (const [path, body] of [
        ['/saved-views', { page: 'orders', name: 'one more', query: '' }],
        ['/webhooks', { url: 'https://hooks.example/x', events: ['document.issued'] }],
      ] as const) {
        const answers = await Promise.all(Array.from({ length: 4 }, () => olga.post(path, body)));
        const said = answers.map((answer) => (answer.status === 201 ? 'kept' : answer.body.code)).sort();
        expect([path, said]).toEqual([path, ['kept', 'too-many-kept', 'too-many-kept', 'too-many-kept']]);
      }
      await store().system(async (tx) => {
        await sql`delete from saved_view where page = 'orders'`.execute(tx);
        await sql`delete from webhook_endpoint where url = 'https://hooks.example/x'`.execute(tx);
      });
    });

    test('what is not named stays, null takes away, and a policy that cannot be is refused', async () => {
      const taxIds = (await olga.get('/organization')).body.seller.taxIds;
      expect(taxIds).toHaveLength(1);
      await olga.send('PATCH', '/organization', { seller: { phone: '+48 000 000 002', website: 'shop.example' } });
      const changed = (await olga.send('PATCH', '/organization', { seller: { phone: null } })).body.seller;
      expect(changed).toMatchObject({ taxIds, website: 'shop.example' });
      expect(changed.phone).toBeUndefined();
      await olga.send('PATCH', '/organization', { policies: { exchangeUrl: 'https://rates.example/', secondLanguage: 'en' } });
      const without = (await olga.send('PATCH', '/organization', { policies: { exchangeUrl: null } })).body.policies;
      expect(without.exchangeUrl).toBeUndefined();
      expect(without.secondLanguage).toBe('en');
      await olga.send('PATCH', '/organization', { policies: { secondLanguage: null } });
      const refused = await olga.send('PATCH', '/organization', { policies: { termsDays: 9999 } });
      expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
        400,
        'invalid-request',
        expect.stringContaining('policies.termsDays'),
      ]);
      expect((await olga.get('/organization')).body.policies.termsDays).toBe(7);
    });

    test('a message that cannot be sent is not saved', async () => {
      const template = { name: 'Broken', language: 'pl', subject: 'S', body: '{% if document.isPaid %}' };
      const refused = await olga.post('/mail-templates', template);
      expect([refused.status, refused.body.findings[0].where]).toEqual([422, 'body']);
      expect((await olga.post('/mail-templates', { ...template, body: '{{ nothing }}' })).status).toBe(422);
    });

    test('a look is seen before it is saved, without any document', async () => {
      const draw = async (body: unknown) => {
        const answer = await fetch(`${served.url}/api/v1/documents/preview.pdf`, {
          method: 'POST',
          headers: { ...olga.headers(), 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect(answer.status).toBe(200);
        const bytes = Buffer.from(await answer.arrayBuffer());
        expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
        return bytes;
      };
      const [plain, pink] = [await draw({}), await draw({ look: { accent: '#be185d', footer: 'Dziękujemy!' }, secondLanguage: 'en' })];
      expect(pink.equals(plain)).toBe(false);
      expect((await olga.get('/organization')).body.look.accent).toBeUndefined();
    });
  });

  describe('refusals', () => {
    test('a request that does not fit is told where and why', async () => {
      const answer = await olga.post('/series', { name: '', kind: 'letter', pattern: 'x', reset: 'yearly' });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        type: expect.stringContaining('invalid-request'),
        title: expect.any(String),
        code: 'invalid-request',
      });
      expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual(expect.arrayContaining(['body.name', 'body.kind']));
      expect((await olga.get('/documents/not-an-id')).status).toBe(400);
      expect((await olga.get('/documents/01a20163-b53d-7fed-96eb-61d9c2b85619')).body.code).toBe('not-found');
      expect((await olga.get('/nowhere')).body).toMatchObject({ status: 404, code: 'not-found' });
      expect((await olga.get('/documents?limit=500')).status).toBe(400);
      const broken = await fetch(`${served.url}/api/v1/saved-views`, {
        method: 'POST',
        headers: { ...olga.headers(), 'content-type': 'application/json' },
        body: '{"page":',
      });
      expect(broken.status).toBe(400);
      expect(broken.headers.get('content-type')).toContain('application/problem+json');
    });

    test('files that are no order files are refused by name', async () => {
      const html = await olga.post('/imports', form({ dryRun: true }, 'login.xml', Buffer.from('<html><body>Zaloguj</body></html>')));
      expect(html.status).toBe(201);
      expect(html.body.report).toMatchObject({ count: 0, status: 'refused' });
      expect((await olga.post('/imports', form({ connector: 'nothing' }))).body.code).toBe('connector-unknown');
      expect((await olga.post('/imports', form({ defaultVatRate: 'banana' }))).body.code).toBe('option-wrong');
      const empty = new FormData();
      empty.append('options', '{}');
      expect((await olga.post('/imports', empty)).body.code).toBe('file-missing');
    });
  });

  describe('idempotency', () => {
    test('the same key does it once and answers the same', async () => {
      const key = { 'idempotency-key': 'once-1' };
      const first = await olga.post('/mail-templates', { name: 'Once', language: 'pl', subject: 'S', body: 'B' }, key);
      const second = await olga.post('/mail-templates', { name: 'Once', language: 'pl', subject: 'S', body: 'B' }, key);
      expect(first.status).toBe(201);
      expect(second.status).toBe(201);
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('idempotent-replay')).toBe('true');
      expect((await olga.get('/mail-templates')).body.items.filter((t: { name: string }) => t.name === 'Once')).toHaveLength(1);
      const other = await olga.post('/mail-templates', { name: 'Twice', language: 'pl', subject: 'S', body: 'B' }, key);
      expect(other.status).toBe(422);
      expect(other.body.code).toBe('idempotency-key-reused');
    });

    test('two at once: one does it, and a secret is not kept for the other', async () => {
      const key = { 'idempotency-key': 'once-2' };
      const answers = await Promise.all([1, 2, 3].map(() => olga.post('/api-keys', { name: 'twin', scopes: ['read'] }, key)));
      expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 201) expect(['in-progress', 'already-done']).toContain(answer.body.code);
      const kept = await store().db.selectFrom('idempotency_key').selectAll().where('key', '=', 'once-2').executeTakeFirstOrThrow();
      expect(kept.response).toBeNull();
      expect((await olga.get('/api-keys')).body.items.filter((one: { name: string }) => one.name === 'twin')).toHaveLength(1);
    });
  });

  describe('API keys', () => {
    test('a key is shown once, kept as a hash, and allows what its scopes say', async () => {
      const made = (await olga.post('/api-keys', { name: 'Magazyn', scopes: ['read'] })).body;
      expect(made.key).toMatch(/^fk_[0-9a-f]{10}_[\w-]{43}$/);
      const listed = (await olga.get('/api-keys')).text;
      expect(listed).not.toContain(made.key.split('_').slice(2).join('_'));
      const row = await store().db.selectFrom('api_key').selectAll().where('id', '=', made.id).executeTakeFirstOrThrow();
      expect(row.hash).toMatch(/^[0-9a-f]{64}$/);
      const key = program(served.url, made.key);
      expect((await key('GET', '/documents')).status).toBe(200);
      expect((await key('GET', '/me')).body).toMatchObject({ user: null, organizations: [{ id: olga.organization }] });
      for (const [method, address, body] of [
        ['POST', '/documents/issue', { selection: { ids: [made.id] } }],
        ['POST', '/documents/withdraw', { selection: { ids: [made.id] } }],
        ['POST', '/api-keys', { name: 'more', scopes: ['admin'] }],
        ['GET', '/audit', undefined],
        ['GET', '/saved-views', undefined],
      ] as const) {
        const answer = await key(method, address, body);
        expect(answer.status, `${method} ${address}`).toBe(403);
        expect(answer.body.code).toBe('not-allowed');
      }
      const wrong = program(served.url, `${made.key.slice(0, -1)}${made.key.endsWith('A') ? 'B' : 'A'}`);
      expect((await wrong('GET', '/documents')).body.code).toBe('bad-key');
      expect((await key('GET', '/documents', undefined, { 'x-organization': '01a20163-b53d-7fed-96eb-61d9c2b85619' })).status).toBe(403);
      expect((await olga.send('DELETE', `/api-keys/${made.id}`)).status).toBe(200);
      expect((await key('GET', '/documents')).status).toBe(401);
    });

    test('scopes add up to what the roles may', async () => {
      const { key } = (await olga.post('/api-keys', { name: 'all', scopes: ['read', 'write', 'issue', 'admin'] })).body;
      const all = program(served.url, key);
      expect(new Set((await all('GET', '/me')).body.permissions)).toEqual(
        new Set(Object.keys(permissions).filter((name) => name !== 'own')),
      );
    });
  });

  describe('members', () => {
    test('the last owner stays, and an invitation works once and for its address only', async () => {
      const me = (await olga.get('/me')).body.user.id;
      expect((await olga.send('PATCH', `/members/${me}`, { role: 'reader' })).body.code).toBe('last-owner');
      expect((await olga.send('DELETE', `/members/${me}`)).body.code).toBe('last-owner');
      expect((await olga.post('/invitations', { email: shop.email, role: 'reader' })).body.code).toBe('already-member');
      const invitation = await olga.post('/invitations', { email: 'once@shop.example', role: 'reader' });
      const token = new URL(invitation.body.link).searchParams.get('token');
      expect((await olga.post('/invitations/accept', { token })).body.code).toBe('other-person');
      const guest = new Browser(served.url);
      expect((await guest.post('/invitations/accept', { token })).body.code).toBe('account-needed');
      expect((await guest.post('/invitations/accept', { token, name: 'Once', password })).status).toBe(200);
      expect((await guest.post('/invitations/accept', { token, name: 'Once', password })).body.code).toBe('invitation-gone');
    });
  });

  describe('secrets', () => {
    test('no answer and no log line ever shows one', async () => {
      const secret = 'agentkey-do-not-show-me-1234567890abcdef';
      const made = await olga.post('/connections', {
        connector: 'szamlazz',
        name: 'Provider',
        baseUrl: 'http://127.0.0.1:9',
        settings: {},
        secrets: { agentKey: secret },
      });
      expect(made.status).toBe(201);
      expect(made.body.secrets).toEqual(['agentKey']);
      await olga.post(`/connections/${made.body.id}/check`);
      // A setting that was emptied is taken away; what is not named stays.
      const change = (settings: object) => olga.send('PATCH', `/connections/${made.body.id}`, { settings });
      expect((await change({ prefix: 'ABC', receiptPrefix: 'NY' })).body.settings).toMatchObject({ prefix: 'ABC', receiptPrefix: 'NY' });
      const emptied = await change({ prefix: null });
      expect(emptied.body.settings.prefix, emptied.text).toBeUndefined();
      expect(emptied.body.settings.receiptPrefix).toBe('NY');
      const answers = [made.text];
      for (const spec of routes) {
        if (spec.method !== 'GET' || spec.url === '/events' || spec.url.includes(':') || spec.tag === 'demo') continue;
        answers.push((await olga.get(spec.url)).text);
      }
      answers.push((await olga.get(`/connections/${made.body.id}`)).text);
      const logged = JSON.stringify(served.logs);
      for (const hidden of [secret, 'smtp-geheim-word', password]) {
        for (const answer of answers) expect(answer).not.toContain(hidden);
        expect(logged).not.toContain(hidden);
      }
      const row = await store().db.selectFrom('connection').select('secrets').where('id', '=', made.body.id).executeTakeFirstOrThrow();
      expect(Buffer.from(row.secrets!).toString('latin1')).not.toContain(secret);
    });
  });

  describe('the description', () => {
    test('OpenAPI 3.1 names every route with what it needs, and the page shows it without scripts', async () => {
      const api = (await new Browser(served.url).get('/openapi.json')).body;
      expect(api.openapi).toBe('3.1.0');
      for (const spec of routes) {
        const operation = api.paths[`/api/v1${spec.url.replace(/:(\w+)/g, '{$1}')}`]?.[spec.method.toLowerCase()];
        expect(operation, `${spec.method} ${spec.url}`).toBeDefined();
        expect(operation['x-needs']).toBe(spec.needs);
        expect(operation.summary.length).toBeGreaterThan(3);
      }
      const references = [...JSON.stringify(api).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
      for (const name of references) expect(Object.keys(api.components.schemas)).toContain(name);
      const page = await new Browser(served.url).get('/docs');
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(page.text).toContain('/api/v1/documents/{id}');
      expect(page.text).not.toMatch(/<script|style=/);
    });

    test('a route without a permission is refused when the server starts', async () => {
      const unguarded = { ...routes[0]!, needs: undefined as never };
      const app = await buildApp({
        edge: served.running.edge,
        routes: [unguarded],
        address: { publicUrl: served.url, given: false },
        ready: async () => true,
      });
      await expect(app.ready()).rejects.toThrow(/does not say what permission/);
      for (const spec of routes) expect(['public', 'user', ...Object.keys(permissions)]).toContain(spec.needs);
    });

    test('every answer carries the security headers', async () => {
      for (const address of ['/healthz', '/api/v1/setup', '/nowhere']) {
        const { headers } = await fetch(`${served.url}${address}`);
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('content-security-policy')).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
      }
      expect(await (await fetch(`${served.url}/readyz`)).json()).toEqual({ ready: true });
      expect((await fetch(`${served.url}/help/en/no-such-page.md`)).status).toBe(404);
      expect((await fetch(`${served.url}/help/../package.json`)).status).not.toBe(200);
    });
  });

  // Last, because it uses the tries of this address up.
  test('guessing passwords is slowed down', async () => {
    const guesser = new Browser(served.url);
    const statuses: number[] = [];
    for (let i = 0; i < 14; i++) statuses.push((await guesser.signIn(shop.email, `wrong password ${i}`)).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });
});
