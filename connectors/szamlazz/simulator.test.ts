import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at, readXml, textAt } from '../../src/contract/wire/read-xml.ts';
import { actions } from './simulator/agent.ts';
import * as sample from './simulator/sample-requests.ts';
import { demoKeys, type SzamlazzSimulator, startSzamlazzSimulator } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the provider of the contract: its checks in order, its memory, quirks and failures. */
let sim: SzamlazzSimulator;
beforeAll(async () => {
  sim = await startSzamlazzSimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', {}));

type Answer = { status: number; headers: Headers; type: string; text: string; code: string | null; number: string | undefined };
type Sending = { url?: string; cookie?: string; attachments?: string[]; asField?: boolean };

async function post(xml: string, { url = sim.agentUrl, cookie, attachments = [], asField }: Sending = {}): Promise<Answer> {
  const root = /<(xml\w+)\b/.exec(xml.replace(/<\?.*?\?>/, ''))?.[1];
  const field = Object.entries(actions).find(([, action]) => action.root === root)?.[0] ?? 'action-xmlagentxmlfile';
  const form = new FormData();
  if (asField) form.set(field, xml);
  else form.set(field, new Blob([xml], { type: 'text/xml' }), 'request.xml');
  for (const [i, content] of attachments.entries()) form.set(`attachfile${i + 1}`, new Blob([content]), `melleklet-${i + 1}.pdf`);
  return read(await fetch(url, { method: 'POST', body: form, headers: cookie ? { cookie } : {} }));
}

async function read(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString(bytes.subarray(0, 4).toString() === '%PDF' ? 'latin1' : 'utf8');
  return {
    status: response.status,
    headers: response.headers,
    type: response.headers.get('content-type') ?? '',
    text,
    code: /<(?:hibakod|ns2:errorCode)>(?:<!\[CDATA\[)?(\d+)/.exec(text)?.[1] ?? null,
    number: /<(?:szamlaszam|nyugtaszam)>([^<]*)</.exec(text)?.[1],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the control surface are checked by what the tests expect of them.
type Json = any;

async function control(method: string, path: string, body?: object): Promise<{ status: number; json: Json }> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
}

const patch = (settings: object, account = 'A') => control('PATCH', `accounts/${account}`, settings);
const documents = async (account = 'A'): Promise<Json[]> => (await control('GET', `accounts/${account}/documents`)).json;
const mails = async (): Promise<Json[]> => (await control('GET', 'accounts/A/mails')).json;
const inject = (fault: object) => control('POST', 'inject', fault);
const header = (answer: Answer, name: string) => decodeURIComponent((answer.headers.get(name) ?? '').replaceAll('+', ' '));
const issue = async (options: sample.InvoiceOptions = {}) => {
  const answer = await post(sample.invoice(options));
  expect(answer.text).toContain('<sikeres>true</sikeres>');
  return answer.number!;
};
const alap = async (by: sample.Selector) => at(readXml((await post(sample.xmlQuery(by))).text), 'alap');

describe('order of checks', () => {
  it('refuses one thing after the other, in the order of the contract, until the document is issued', async () => {
    await issue({ order: 'O1', kind: 'prepayment' });
    await issue({ order: 'O1', kind: 'final' });
    await patch({ debt: true, companyComplete: false, eInvoice: false });
    const wrong: sample.InvoiceOptions = {
      key: 'testkey0000000000000000000000000000000wrong',
      order: 'O1',
      kind: 'final',
      eszamla: true,
      prefix: 'NINCS',
      city: ' ',
      issueDate: '2026-11-19',
      lines: [{ net: '9997', tax: '2800', gross: '1' }],
    };
    const steps: [string, string | RegExp, (() => unknown) | Partial<sample.InvoiceOptions>][] = [
      ['3', 'Sikertelen bejelentkezés.', { key: demoKeys.A }],
      ['136', /Kérjük lépjen be a Számlázz.hu rendszerbe böngészőn keresztül\.$/, () => patch({ debt: false })],
      ['7', 'Hiányzó adat: eladó adatai', () => patch({ companyComplete: true })],
      ['7', 'Hiányzó adat: vevő címe (település)', { city: 'Szeged' }],
      ['54', 'E-számla készítés nincs engedélyezve.', () => patch({ eInvoice: true })],
      ['202', 'Ez a számlaszám előtag nem létezik vagy nincs engedélyezve: NINCS', { prefix: undefined }],
      ['73', 'A hivatkozott előlegszámla nem beazonosítható. Rendelésszám: O1, előlegszámla száma: .', reopenPrepayment],
      ['152', 'Már létező rendelésszám: O1. Az ismétlődés engedélyezhető a Beállítások oldalon.', switchToFreshOrder],
      ['173', 'A számla kelte nem lehet korábbi, mint az utoljára elkészített számláé (2026-11-20).', { issueDate: undefined }],
      ['259', /nettó érték = nettó egységár x mennyiség\. Termék: Koncertjegy\.$/, { lines: [{ tax: '2800', gross: '1' }] }],
      ['260', /áfa érték = nettó érték x áfakulcs \/ 100\. Termék: Koncertjegy\.$/, { lines: [{ gross: '1' }] }],
      ['261', /bruttó érték = nettó érték \+ áfa érték\. Termék: Koncertjegy\.$/, { lines: [{}], preview: true }],
    ];
    async function reopenPrepayment() {
      await post(sample.storno('PRB-2026-1'));
      await issue({ order: 'O1', kind: 'prepayment' });
    }
    async function switchToFreshOrder() {
      wrong.order = 'O2';
      await issue({ order: 'O2', kind: 'prepayment', eszamla: true });
    }

    const asField = await post(sample.invoice(wrong), { asField: true });
    expect([asField.code, header(asField, 'szlahu_error_code'), header(asField, 'szlahu_error')]).toEqual([
      '53',
      '53',
      'Hiányzó XML fájl.',
    ]);
    const misplaced = await post(sample.invoice(wrong).replace('<fizmod>bankkártya</fizmod>', ''));
    expect([misplaced.code, header(misplaced, 'szlahu_error')]).toEqual([
      '57',
      expect.stringMatching(/^XML beolvasási hiba\. cvc-complex-type\.2\.4\.a: /),
    ]);

    for (const [code, message, mend] of steps) {
      const before = (await documents()).length;
      const refused = await post(sample.invoice(wrong));
      expect(refused.code).toBe(code);
      expect(refused.headers.get('szlahu_error_code')).toBe(code);
      expect(header(refused, 'szlahu_error')).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
      expect(refused.status).toBe(200);
      expect(await documents()).toHaveLength(before);
      if (typeof mend === 'function') await mend();
      else Object.assign(wrong, mend);
    }
    const preview = await post(sample.invoice(wrong));
    expect(preview.text).toMatch(/<sikeres>true<\/sikeres><szamlanetto>10000<\/szamlanetto><szamlabrutto>12700<\/szamlabrutto><pdf>/);
    expect([preview.number, preview.headers.get('szlahu_szamlaszam')]).toEqual([undefined, null]);
    expect(await issue({ ...wrong, preview: undefined })).toBe('E-PRB-2026-2');
  });

  it('takes 53 before an injected fault and a fault before everything else', async () => {
    await inject({ action: 'action-xmlagentxmlfile', mode: 'error', code: '1', times: 1 });
    expect((await post(sample.invoice(), { asField: true })).code).toBe('53');
    expect((await post('<xmlszamla>')).headers.get('szlahu_error_code')).toBe('1');
    expect((await post('<xmlszamla>')).headers.get('szlahu_error_code')).toBe('57');
  });

  it('names each empty buyer field and lets 54 pass for proforma and delivery note', async () => {
    for (const [field, label] of [
      ['nev', 'vevő neve'],
      ['irsz', 'irányítószám'],
      ['telepules', 'település'],
      ['cim', 'utca, házszám'],
    ]) {
      const refused = await post(sample.invoice().replace(new RegExp(`<${field}>[^<]*</${field}>`), `<${field}></${field}>`));
      expect([refused.code, refused.text]).toEqual(['7', expect.stringContaining(label!)]);
    }
    const key = demoKeys.B;
    expect((await post(sample.invoice({ key, eszamla: true }))).code).toBe('54');
    expect((await post(sample.invoice({ key, eszamla: true, kind: 'proforma' }))).number).toBe('D-BBB-1');
    expect((await post(sample.invoice({ key, eszamla: true, kind: 'delivery' }))).number).toBe('SL-BBB-1');
  });

  it.each([
    ['WEB', 'bankkártya', '202'],
    ['BOLT', 'bankkártya', '202'],
    ['BOLT', 'Készpénz', null],
    ['JEGY', 'bankkártya', null],
    ['', 'bankkártya', '202'],
  ])('prefix %s with %s: %s', async (prefix, paymentMethod, code) => {
    const xml = sample.invoice({ prefix: prefix || 'X', paymentMethod });
    const answer = await post(prefix ? xml : xml.replace('<szamlaszamElotag>X<', '<szamlaszamElotag><'));
    expect(answer.code).toBe(code);
    if (code) expect(header(answer, 'szlahu_error')).toMatch(new RegExp(`engedélyezve: ${prefix}$`));
  });

  it('knows the deleted key, the new key and the account in debt', async () => {
    expect((await post(sample.taxpayer('12345676', demoKeys.C))).code).toBe('136');
    await patch({ deletedKeys: [demoKeys.A] });
    expect((await post(sample.invoice())).code).toBe('3');
    const { key } = (await control('POST', 'accounts/A/keys')).json;
    expect(key).toMatch(/^[a-z0-9]{42}$/);
    expect(await issue({ key })).toBe('PRB-2026-1');
    expect((await control('DELETE', `accounts/A/keys/${key}`)).status).toBe(204);
    expect((await post(sample.invoice({ key }))).code).toBe('3');
    await patch({ keys: [demoKeys.A] });
    expect(await issue()).toBe('PRB-2026-2');
  });
});

describe('amounts', () => {
  it.each<[string, sample.SampleLine, string, string | null]>([
    ['2 forint off is let pass', { quantity: '3', unitNet: '3334', net: '10000', tax: '2700', gross: '12700' }, 'HUF', null],
    ['more than 2 forint off', { quantity: '1', unitNet: '10002.01', net: '10000' }, 'HUF', '259'],
    ['2 cent off', { quantity: '1', unitNet: '100.03', net: '100.01', tax: '27', gross: '127.01' }, 'EUR', null],
    ['3 cent off', { quantity: '1', unitNet: '100.04', net: '100.01', tax: '27', gross: '127.01' }, 'EUR', '259'],
    ['tax 1 forint off', { tax: '2701', gross: '12701' }, 'HUF', null],
    ['tax 2 forint off', { tax: '2702', gross: '12702' }, 'HUF', '260'],
    ['tax on an exempt line', { vat: 'AAM', tax: '2700', gross: '12700' }, 'HUF', '260'],
    ['exempt line', { vat: 'AAM', tax: '0', gross: '10000' }, 'HUF', null],
    ['rate as double', { vat: '27.00' }, 'HUF', null],
    ['a rate nobody has', { vat: '33', tax: '3300', gross: '13300' }, 'HUF', '57'],
    ['gross 1 forint off', { gross: '12701' }, 'HUF', '261'],
    ['exponents are numbers', { net: '1E4', tax: '27e2', gross: '+12700.0' }, 'HUF', null],
    ['infinity is none', { net: 'INF' }, 'HUF', '259'],
    ['too many erasure codes', { erasureCodes: '401' }, 'HUF', '537'],
    ['erasure codes on a test account', { erasureCodes: '1' }, 'HUF', '538'],
  ])('%s', async (_, line, currency, code) => {
    expect((await post(sample.invoice({ currency, lines: [line] }))).code).toBe(code);
  });

  it('rounds foreign values one by one and writes commas in headers, points in the body, no decimals when whole', async () => {
    const line = { quantity: '1', unitNet: '100.005', net: '100.005', tax: '27.001', gross: '127.006' };
    const odd = await post(sample.invoice({ currency: 'EUR', lines: [line] }));
    expect([odd.headers.get('szlahu_nettovegosszeg'), odd.headers.get('szlahu_bruttovegosszeg')]).toEqual(['100,01', '127,01']);
    expect(odd.headers.get('szlahu_kintlevoseg')).toBe('127,01');
    expect(odd.text).toContain('<szamlanetto>100.01</szamlanetto><szamlabrutto>127.01</szamlabrutto><kintlevoseg>127.01</kintlevoseg>');
    expect((await documents())[0]).toMatchObject({ currency: 'EUR', net: '100.01', vat: '27', gross: '127.01' });
    const whole = await post(sample.invoice({ currency: 'EUR' }));
    expect(whole.headers.get('szlahu_bruttovegosszeg')).toBe('12700');
  });
});

describe('numbers', () => {
  it('run per prefix, form and year, per prefix for proformas and delivery notes; ids ascend', async () => {
    expect(await issue()).toBe('PRB-2026-1');
    expect(await issue({ eszamla: true })).toBe('E-PRB-2026-1');
    expect(await issue({ kind: 'prepayment', order: 'P' })).toBe('PRB-2026-2');
    expect(await issue({ prefix: 'JEGY', eszamla: true })).toBe('E-JEGY-2026-1');
    expect(await issue({ kind: 'proforma' })).toBe('D-PRB-1');
    expect(await issue({ kind: 'delivery' })).toBe('SL-PRB-1');
    expect(await issue({ corrects: 'E-JEGY-2026-1', kind: 'corrective', prefix: 'JEGY' })).toBe('JEGY-2026-1');
    expect((await post(sample.storno('PRB-2026-1'))).number).toBe('PRB-2026-3');
    expect((await control('POST', 'clock/advance', { days: 60 })).json).toEqual({ now: '2027-01-19T09:00:00.000Z' });
    expect(await issue()).toBe('PRB-2027-1');
    expect(await issue({ kind: 'proforma' })).toBe('D-PRB-2');
    expect(textAt(await alap({ number: 'PRB-2026-1' }), 'id')).toBe('930000001');
    expect(textAt(await alap({ number: 'PRB-2027-1' }), 'id')).toBe('930000009');
  });

  it('a corrective takes the next number of its original', async () => {
    await issue({ prefix: 'JEGY' });
    expect(await issue({ kind: 'corrective', corrects: 'JEGY-2026-1' })).toBe('JEGY-2026-2');
    expect(await issue({ kind: 'corrective', corrects: 'JEGY-2026-1', prefix: 'PRB', eszamla: true })).toBe('E-JEGY-2026-1');
  });

  it('dates by the Budapest day; a test account moves yesterday to today, another keeps it', async () => {
    await control('POST', 'reset', { now: '2026-12-31T23:30:00Z' });
    expect(await issue()).toBe('PRB-2027-1');
    expect(await issue({ prefix: 'JEGY', issueDate: '2026-12-30' })).toBe('JEGY-2027-1');
    await patch({ test: false });
    expect(await issue({ prefix: 'JEGY', eszamla: true, issueDate: '2026-12-30' })).toBe('E-JEGY-2026-1');
  });
});

describe('order number and replay', () => {
  const order = { order: '  W-77 ', externalId: 'ext-1', email: 'vevo@example.com', sendEmail: true };

  it('gives an identical resend the existing document, without mail and without a second external id', async () => {
    const first = await issue(order);
    const again = await post(sample.invoice({ ...order, externalId: 'ext-2', comment: 'second try' }));
    expect([again.number, again.headers.get('szlahu_szamlaszam')]).toEqual([first, first]);
    expect(await documents()).toMatchObject([{ number: first, orderNumber: 'W-77', externalIds: ['ext-1'] }]);
    expect(await mails()).toHaveLength(1);
    expect((await post(sample.xmlQuery({ externalId: 'ext-2' }))).code).toBe('7');
  });

  it.each<[string, sample.InvoiceOptions]>([
    ['amounts', { lines: [{ quantity: '1', net: '5000', tax: '1350', gross: '6350' }] }],
    ['the name, by a blank', { buyerName: 'Vásárló Őrs ' }],
    ['a date', { performanceDate: '2026-11-19' }],
  ])('refuses the same order with other %s: 152', async (_, change) => {
    await issue({ order: 'W-77' });
    expect((await post(sample.invoice({ order: 'W-77', ...change }))).code).toBe('152');
    expect(await documents()).toHaveLength(1);
  });

  it('counts kinds separately, exempts correctives, frees the number after a storno, forgets a replay after two days', async () => {
    const first = await issue({ order: 'W-77' });
    await issue({ order: 'W-77', kind: 'delivery' });
    const corrective = { order: 'W-77', kind: 'corrective', corrects: first } as const;
    const twins = await Promise.all([issue(corrective), issue(corrective)]);
    expect(new Set(twins).size).toBe(2);
    const other = await issue({ order: 'W-78' });
    await post(sample.storno(other));
    expect(await issue({ order: 'W-78', buyerName: 'Más Név' })).not.toBe(other);
    await control('POST', 'clock/advance', { days: 2, seconds: 1 });
    expect((await post(sample.invoice({ order: 'W-78', buyerName: 'Más Név' }))).code).toBe('152');
  });

  it('makes one document of two overlapping identical creates', async () => {
    const both = await Promise.all([post(sample.invoice({ order: 'W-1' })), post(sample.invoice({ order: 'W-1' }))]);
    expect(both.map((answer) => answer.number)).toEqual(['PRB-2026-1', 'PRB-2026-1']);
  });

  it('protects nobody when the switch is off', async () => {
    const xml = sample.invoice({ key: demoKeys.B, order: 'W-1' });
    expect([(await post(xml)).number, (await post(xml)).number]).toEqual(['BBB-2026-1', 'BBB-2026-2']);
  });
});

describe('kinds that refer to each other', () => {
  it('a proforma is consumed by reference or by order number; a wrong reference is dropped silently', async () => {
    const byReference = await issue({ kind: 'proforma' });
    const invoice = await issue({ proforma: byReference });
    expect(textAt(await alap({ number: invoice }), 'hivdijbekszam')).toBe(byReference);
    expect((await post(sample.xmlQuery({ number: byReference }))).code).toBe('7');
    expect((await post(sample.proformaDeletion({ number: byReference }))).code).toBe('335');
    const byOrder = await issue({ kind: 'proforma', order: 'K1' });
    const second = await issue({ order: 'K1', proforma: 'D-PRB-99' });
    expect(textAt(await alap({ number: second }), 'hivdijbekszam')).toBe(byOrder);
    const third = await issue({ proforma: 'D-PRB-99' });
    expect(textAt(await alap({ number: third }), 'hivdijbekszam')).toBeUndefined();
    expect((await documents()).map((d) => d.kind)).toEqual(['SZ', 'SZ', 'SZ']);
  });

  it('a prepayment is settled once, by order number or by its own', async () => {
    const prepayment = await issue({ kind: 'prepayment', order: 'V1' });
    const byNumber = { kind: 'final', prepayment } as const;
    await issue(byNumber);
    expect((await post(sample.invoice({ ...byNumber, buyerName: 'Más' }))).code).toBe('73');
    expect((await post(sample.invoice({ kind: 'final', order: 'V1' }))).code).toBe('73');
    expect((await post(sample.invoice({ kind: 'final', prepayment: 'PRB-2026-99' }))).code).toBe('73');
  });

  it('a corrective needs an invoice that exists', async () => {
    const proforma = await issue({ kind: 'proforma' });
    for (const corrects of ['PRB-2026-99', proforma]) expect((await post(sample.invoice({ kind: 'corrective', corrects }))).code).toBe('7');
    const original = await issue();
    const corrective = await issue({
      kind: 'corrective',
      corrects: original,
      lines: [{ quantity: '-2', net: '-10000', tax: '-2700', gross: '-12700' }],
    });
    expect(await documents()).toMatchObject([{ kind: 'D' }, { kind: 'SZ' }, { number: corrective, kind: 'HS', gross: '-12700' }]);
    expect(textAt(await alap({ number: corrective }), 'hivszamlaszam')).toBe(original);
  });
});

describe('storno', () => {
  it('makes a negative document of the asked form, marks the original, wipes its payments, mails only where told', async () => {
    const original = await issue({ order: 'S1', paid: true, email: 'vevo@example.com', sendEmail: false, performanceDate: '2026-11-18' });
    expect((await alap({ number: original }))?.children.some((c) => c.name === 'sztornozott')).toBe(false);
    const answer = await post(sample.storno(original, { eszamla: true, externalId: 'ss-1', email: 'vevo@example.com' }));
    expect(answer.number).toBe('E-PRB-2026-1');
    expect([answer.headers.get('szlahu_nettovegosszeg'), answer.headers.get('szlahu_kintlevoseg')]).toEqual(['-10000', '-12700']);
    const [first, second] = await documents();
    expect(first).toMatchObject({ reversed: true, paid: '0', reverses: null });
    expect(second).toMatchObject({
      kind: 'SS',
      form: 'e-invoice',
      reverses: original,
      gross: '-12700',
      orderNumber: 'S1',
      externalIds: ['ss-1'],
    });
    const reversal = readXml((await post(sample.xmlQuery({ order: 'S1' }))).text);
    expect(textAt(reversal, 'alap', 'tipus')).toBe('SS');
    expect(textAt(reversal, 'alap', 'gazdEsemAzon')).toBe('930000001');
    expect(textAt(reversal, 'alap', 'telj')).toBe('2026-11-18');
    expect(textAt(reversal, 'tetelek', 'tetel', 'mennyiseg')).toBe('-2.0');
    expect(textAt(await alap({ number: original }), 'sztornozott')).toBe('true');
    expect(await mails()).toMatchObject([{ to: 'vevo@example.com', number: 'E-PRB-2026-1' }]);
  });

  it('repeated gives the same storno; its own storno is 14', async () => {
    const original = await issue();
    const once = await post(sample.storno(original));
    expect((await post(sample.storno(original))).number).toBe(once.number);
    expect(await documents()).toHaveLength(2);
    const refused = await post(sample.storno(once.number!));
    expect([refused.code, refused.headers.get('szlahu_error_code')]).toEqual(['14', '14']);
  });

  it('says yes to a proforma and a delivery note and does nothing', async () => {
    for (const kind of ['proforma', 'delivery'] as const) {
      const number = await issue({ kind });
      const answer = await post(sample.storno(number));
      expect([answer.number, answer.headers.get('szlahu_bruttovegosszeg')]).toEqual([number, '12700']);
    }
    expect(await documents()).toMatchObject([{ reversed: false }, { reversed: false }]);
  });

  it('refuses a corrected invoice, a corrective, another day, a form not allowed, an unknown number', async () => {
    const original = await issue();
    const corrective = await issue({ kind: 'corrective', corrects: original });
    expect((await post(sample.storno(original))).code).toBe('221');
    expect((await post(sample.storno(corrective))).code).toBe('13');
    const plain = await issue();
    const late = await post(sample.storno(plain, { issueDate: '2026-11-19' }));
    expect([late.code, header(late, 'szlahu_error')]).toEqual(['352', 'A számla kelte csak a mai nap lehet: 2026.11.20..']);
    await patch({ eInvoice: false });
    expect((await post(sample.storno(plain, { eszamla: true }))).code).toBe('54');
    expect((await post(sample.storno('PRB-2026-99'))).code).toBe('7');
    expect((await documents()).every((d) => !d.reversed)).toBe(true);
  });
});

describe('payments, queries, deletion', () => {
  it('replaces or adds payments and tells what is open', async () => {
    const number = await issue();
    const replaced = await post(sample.creditEntry(number, ['10000', '700']));
    expect(replaced.text).toContain('<kintlevoseg>2000</kintlevoseg>');
    expect([replaced.headers.get('szlahu_kintlevoseg'), header(replaced, 'szlahu_fizetesmod')]).toEqual(['2000', 'bankkártya']);
    expect(replaced.headers.get('szlahu_id')).toBeNull();
    await post(sample.creditEntry(number, ['2000'], { additive: true }));
    expect(await documents()).toMatchObject([{ paid: '12700' }]);
    await post(sample.creditEntry(number, []));
    expect(await documents()).toMatchObject([{ paid: '0' }]);
  });

  it('refuses payments on a reversed and a reversing invoice in the body only', async () => {
    const number = await issue();
    const reversal = (await post(sample.storno(number))).number!;
    for (const target of [number, reversal]) {
      const refused = await post(sample.creditEntry(target, ['1']));
      expect([refused.code, refused.headers.get('szlahu_error_code'), refused.status]).toEqual(['463', null, 200]);
    }
  });

  it('compares order numbers exactly, takes the newest of any kind, the newest holder of an external id', async () => {
    await issue({ order: 'Q1', externalId: 'same' });
    const newest = await issue({ order: 'Q1', kind: 'delivery', externalId: 'same' });
    expect(textAt(await alap({ order: 'Q1' }), 'szamlaszam')).toBe(newest);
    expect(textAt(await alap({ externalId: 'same' }), 'szamlaszam')).toBe(newest);
    for (const by of [{ order: 'q1' }, { order: ' Q1' }, { number: 'PRB-2026-9' }, { externalId: 'x' }, {}]) {
      const missing = await post(sample.xmlQuery(by));
      expect([missing.code, missing.headers.get('szlahu_error_code'), readXml(missing.text).name]).toEqual(['7', null, 'xmlszamlavalasz']);
      expect((await post(sample.pdfQuery(by))).code).toBe('7');
    }
  });

  it('writes the whole document into a query and keeps a shared partner record current', async () => {
    const number = await issue({
      order: 'Q2',
      buyerCode: 'P1',
      paid: true,
      email: 'a@example.com',
      sendEmail: false,
      lines: [{}, { name: 'Kedvezmény', quantity: '1', unitNet: '-1000', vat: 'AAM', net: '-1000', tax: '0', gross: '-1000' }],
    });
    await issue({ buyerCode: 'P1', buyerName: 'Új Név' });
    const document = readXml((await post(sample.xmlQuery({ number }, { pdf: true }))).text);
    expect(document.uri).toBe('http://www.szamlazz.hu/szamla');
    expect(document.children.map((c) => c.name)).toEqual(['szallito', 'alap', 'vevo', 'tetelek', 'osszegek', 'kifizetesek', 'pdf']);
    expect([textAt(document, 'alap', 'eszamla'), textAt(document, 'alap', 'teszt'), textAt(document, 'alap', 'email')]).toEqual([
      '1',
      'true',
      'a@example.com',
    ]);
    expect(textAt(document, 'vevo', 'nev')).toBe('Új Név');
    expect(textAt(document, 'vevo', 'privatePersonIndicator')).toBe('true');
    const second = at(document, 'tetelek')!.children[1]!;
    expect([textAt(second, 'afatipus'), textAt(second, 'afakulcs'), textAt(second, 'netto')]).toEqual(['AAM', '0.0', '-1000.0']);
    expect(at(document, 'osszegek')!.children.map((c) => textAt(c, 'brutto'))).toEqual(['12700.0', '-1000.0', '11700.0']);
    expect(textAt(document, 'kifizetesek', 'kifizetes', 'osszeg')).toBe('11700.0');
  });

  it('deletes proformas by number and all of an order, without any own header', async () => {
    await patch({ orderRepeatForbidden: false });
    const single = await issue({ kind: 'proforma' });
    await issue({ kind: 'proforma', order: 'DEL' });
    await issue({ kind: 'proforma', order: 'DEL' });
    for (const by of [{ number: single }, { order: 'DEL' }]) {
      const deleted = await post(sample.proformaDeletion(by));
      expect(deleted.text).toContain('<sikeres>true</sikeres>');
      expect([...deleted.headers.keys()].filter((name) => name.startsWith('szlahu'))).toEqual([]);
      const again = await post(sample.proformaDeletion(by));
      expect([again.code, again.headers.get('szlahu_error_code'), readXml(again.text).name]).toEqual([
        '335',
        '335',
        'xmlszamladbkdelvalasz',
      ]);
    }
    expect(await documents()).toEqual([]);
    expect((await post(sample.proformaDeletion({ number: await issue() }))).code).toBe('335');
  });
});

describe('replies', () => {
  it('answer in version 1 unless version 2 is asked for', async () => {
    for (const version of ['1', null]) {
      const text = await post(sample.invoice({ version }));
      expect([text.text, text.type]).toEqual([expect.stringMatching(/^xmlagentresponse=DONE;PRB-2026-\d$/), 'text/plain;charset=UTF-8']);
    }
    const pdf = await post(sample.invoice({ version: null, download: true }));
    expect([pdf.type, pdf.text.slice(0, 5), pdf.headers.get('szlahu_szamlaszam')]).toEqual(['application/pdf', '%PDF-', 'PRB-2026-3']);
    expect((await post(sample.pdfQuery({ number: 'PRB-2026-3' }, { version: '1' }))).text).toBe(pdf.text);
    expect((await post(sample.creditEntry('PRB-2026-3', ['1'], { version: '1' }))).text).toBe('xmlagentresponse=DONE');
    const refused = await post(sample.invoice({ version: null, city: '' }));
    expect(refused.text).toBe(
      '[ERR] Hiányzó adat: vevő címe (település) ---------- t.getMessage(): Hiányzó adat: vevő címe (település) ---------- [MODUL:SZAMLAZZGUI]',
    );
    expect(refused.headers.get('szlahu_error_code')).toBe('7');
  });

  it('encode headers as a form does', async () => {
    const refused = await post(sample.invoice({ city: '' }));
    expect(refused.headers.get('szlahu_error')).toBe('Hi%C3%A1nyz%C3%B3+adat%3A+vev%C5%91+c%C3%ADme+%28telep%C3%BCl%C3%A9s%29');
    const issued = await post(sample.invoice());
    expect(issued.headers.get('szlahu_vevoifiokurl')).toMatch(
      /^http%3A%2F%2F127\.0\.0\.1%3A\d+%2Fszamla%2F%3Fpage%3Dvevoifiokpay%26partguid%3D/,
    );
  });

  it('carry a valid one-page PDF with number, buyer and gross, in lines of 76 characters; the link shows the same', async () => {
    const issued = await post(sample.invoice({ download: true }));
    const base64 = /<pdf>([^<]+)<\/pdf>/.exec(issued.text)![1]!;
    const lines = base64.split('\n');
    expect(lines.slice(0, -1).every((line) => line.length === 76)).toBe(true);
    expect(lines.length).toBeGreaterThan(5);
    const pdf = Buffer.from(base64, 'base64').toString('latin1');
    for (const shown of ['PRB-2026-1', '12700 HUF', '/Count 1', '/ohungarumlaut']) expect(pdf).toContain(shown);
    expect(pdf).toMatch(/V.s.rl. .rs/);
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(pdf)![1]);
    const offsets = [...pdf.slice(start).matchAll(/(\d{10}) 00000 n /g)].map((match) => Number(match[1]));
    for (const [i, offset] of offsets.entries()) expect(pdf.slice(offset)).toMatch(new RegExp(`^${i + 1} 0 obj\\n`));
    const link = /<!\[CDATA\[(http[^\]]+)\]\]>/.exec(issued.text)![1]!;
    expect((await read(await fetch(link))).text).toBe(pdf);
    expect((await post(sample.pdfQuery({ number: 'PRB-2026-1' }))).text).toContain(base64);
  });

  it('set a session cookie unless a living one came along', async () => {
    const cookie = (answer: Answer) =>
      /^(JSESSIONID=[0-9A-F]{32}); Path=\/szamla; Secure; HttpOnly$/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
    const first = cookie(await post(sample.taxpayer('12345676')));
    expect(first).toBeDefined();
    expect(cookie(await post(sample.taxpayer('12345676'), { cookie: `a=b; ${first}` }))).toBeUndefined();
    expect(cookie(await post(sample.taxpayer('12345676'), { cookie: 'JSESSIONID=STRANGER' }))).toBeDefined();
    await control('POST', 'clock/advance', { minutes: 91 });
    expect(cookie(await post(sample.taxpayer('12345676'), { cookie: first! }))).toBeDefined();
  });

  it('give taxpayers as the authority does', async () => {
    const valid = readXml((await post(sample.taxpayer('12345676'))).text);
    expect([valid.name, textAt(valid, 'result', 'funcCode'), textAt(valid, 'taxpayerValidity')]).toEqual([
      'QueryTaxpayerResponse',
      'OK',
      'true',
    ]);
    expect(textAt(valid, 'taxpayerData', 'taxpayerName')).toBe('MINTA KERESKEDELMI KORLÁTOLT FELELŐSSÉGŰ TÁRSASÁG');
    expect(textAt(readXml((await post(sample.taxpayer('10773271'))).text), 'taxpayerValidity')).toBe('false');
    const malformed = readXml((await post(sample.taxpayer('1077327'))).text);
    expect([textAt(malformed, 'result', 'funcCode'), textAt(malformed, 'result', 'errorCode')]).toEqual(['ERROR', '57']);
  });
});

describe('mails', () => {
  it('go out when asked, with the attachments; without the flag by the documented default', async () => {
    await post(sample.invoice({ email: 'a@example.com, b@example.com', sendEmail: true, subject: 'Jegyek' }), {
      attachments: ['egy', 'kettő', 'x'.repeat(2_000_001)],
    });
    await post(sample.invoice({ email: 'a@example.com', sendEmail: false }));
    await post(sample.invoice({ email: 'c@example.com' }));
    expect(await mails()).toMatchObject([
      { to: 'a@example.com, b@example.com', subject: 'Jegyek', number: 'PRB-2026-1', attachments: ['melleklet-1.pdf', 'melleklet-2.pdf'] },
      { to: 'c@example.com', number: 'PRB-2026-3', attachments: [] },
    ]);
    await patch({ mailWithoutFlag: false });
    await post(sample.invoice({ email: 'd@example.com' }));
    expect(await mails()).toHaveLength(2);
  });
});

describe('receipts', () => {
  it('are issued, fetched, sent and reversed once', async () => {
    const made = await post(sample.receipt({ callId: 'c-1', order: 'R1' }));
    expect([made.number, made.type]).toEqual(['NYUGT-2026-1', 'application/xml;charset=UTF-8']);
    expect(made.text).toContain('<tipus>NY</tipus><stornozott>false</stornozott>');
    expect(Buffer.from(/<nyugtaPdf>([^<]+)</.exec(made.text)![1]!, 'base64').toString('latin1')).toContain('NYUGT-2026-1');
    for (const by of [{ number: 'NYUGT-2026-1' }, { order: 'R1' }, { callId: 'c-1' }])
      expect((await post(sample.receiptGet(by))).number).toBe('NYUGT-2026-1');
    expect((await post(sample.receiptGet({ number: 'NYUGT-2026-9' }))).code).toBe('339');
    expect((await post(sample.receiptGet({ order: 'R9' }))).code).toBe('7');

    const reversed = await post(sample.receiptStorno('NYUGT-2026-1', 'c-2'));
    expect(reversed.text).toContain(
      '<nyugtaszam>NYUGT-2026-2</nyugtaszam><tipus>SN</tipus><stornozott>true</stornozott><stornozottNyugtaszam>NYUGT-2026-1<',
    );
    expect(reversed.text).toContain('<brutto>-500</brutto>');
    expect((await post(sample.receiptGet({ number: 'NYUGT-2026-1' }))).text).toContain('<stornozott>true</stornozott>');
    expect((await post(sample.receiptStorno('NYUGT-2026-1'))).text).toContain('<sikeres>false</sikeres>');
    expect((await control('GET', 'accounts/A/receipts')).json).toMatchObject([
      { kind: 'NY', reversed: true },
      { kind: 'SN', reverses: 'NYUGT-2026-1' },
    ]);
  });

  it('never replay a used call id', async () => {
    await post(sample.receipt({ callId: 'c-1' }));
    const again = await post(sample.receipt({ callId: 'c-1' }));
    expect([again.code, again.headers.get('szlahu_error_code'), again.number]).toEqual(['338', null, undefined]);
    expect((await post(sample.receiptStorno('NYUGT-2026-1', 'c-1'))).code).toBe('338');
    expect((await control('GET', 'accounts/A/receipts')).json).toHaveLength(1);
  });

  it.each<[string, sample.ReceiptOptions, string | null]>([
    ['small letters', { prefix: 'abc' }, '337'],
    ['too long', { prefix: 'ABCDEF' }, '337'],
    ['an invoice prefix', { prefix: 'JEGY' }, '336'],
    ['gross not whole', { net: '393.70', tax: '106.40', gross: '500.1' }, '363'],
    ['net with three decimals', { net: '393.701', tax: '106.299', gross: '500' }, '364'],
    ['tax with three decimals', { net: '393.70', tax: '106.300001', gross: '500' }, '365'],
    ['net off by a hundredth', { unitNet: '393.7', net: '393.71', tax: '106.29', gross: '500' }, '259'],
    ['tax off by two hundredths', { net: '393.70', tax: '106.32', gross: '500' }, '260'],
    ['gross off', { gross: '501' }, '261'],
    ['tender short', { tender: '499' }, '340'],
    ['many decimals of the unit price', { unitNet: '393.700787' }, null],
    ['foreign cents', { currency: 'EUR', net: '1.57', tax: '0.42', gross: '1.99' }, null],
  ])('%s', async (_, options, code) => {
    const answer = await post(sample.receipt(options));
    expect([answer.code, answer.headers.get('szlahu_error_code')]).toEqual([code, null]);
  });

  it('refuse a used order number where the account says so', async () => {
    await post(sample.receipt({ order: 'R1' }));
    expect((await post(sample.receipt({ order: 'R1', callId: 'x' }))).code).toBe('152');
    await patch({ receiptOrderRepeatForbidden: false });
    expect((await post(sample.receipt({ order: 'R1', callId: 'y' }))).number).toBe('NYUGT-2026-2');
  });

  it('are mailed only with a block, a subject and a pause of 15 seconds', async () => {
    await post(sample.receipt());
    const send = (mail?: { email?: string; subject?: string }) => post(sample.receiptSend('NYUGT-2026-1', mail));
    expect((await send()).text).toContain('<sikeres>true</sikeres>');
    expect(await mails()).toEqual([]);
    expect((await send({})).code).toBe('7');
    const noSubject = await send({ email: 'a@example.com' });
    expect([noSubject.text, readXml(noSubject.text).name]).toEqual([
      expect.stringContaining('Hiányzó adat: emailtargy elem.'),
      'xmlnyugtasendvalasz',
    ]);
    await send({ email: 'a@example.com', subject: 'Nyugta' });
    expect((await send({ email: 'b@example.com', subject: 'Nyugta' })).code).toBe('153');
    await control('POST', 'clock/advance', { seconds: 15 });
    await send({});
    expect((await mails()).map((m) => [m.to, m.subject])).toEqual([
      ['a@example.com', 'Nyugta'],
      ['a@example.com', 'Nyugta'],
    ]);
    expect((await post(sample.receiptSend('NYUGT-2026-9', {}))).code).toBe('339');
  });
});

describe('limits', () => {
  it('bans an account on the sixth same request, whatever its key, until reset', async () => {
    const { key } = (await control('POST', 'accounts/A/keys')).json;
    const query = { number: 'PRB-2026-404' };
    for (let i = 0; i < 5; i++) expect((await post(sample.xmlQuery(query))).code).toBe('7');
    const banned = await post(sample.xmlQuery(query, { key }));
    expect([banned.type, banned.status, banned.text]).toEqual([
      expect.stringContaining('text/html'),
      200,
      expect.stringContaining('banned'),
    ]);
    expect((await post(sample.invoice())).text).toContain('banned');
    expect((await post(sample.invoice({ key: demoKeys.B }))).number).toBe('BBB-2026-1');
    expect((await control('GET', 'accounts/A')).json).toMatchObject({ banned: true, documents: 0 });
    await control('POST', 'reset', {});
    expect(await issue()).toBe('PRB-2026-1');
  });

  it('counts lost requests too', async () => {
    await inject({ action: '*', mode: 'drop-before', times: 5 });
    for (let i = 0; i < 5; i++) await expect(post(sample.invoice())).rejects.toThrow();
    expect((await post(sample.invoice())).text).toContain('banned');
  });

  it('bans a test account that creates too much in an hour, and no other', async () => {
    await patch({ hourlyLimit: 2 });
    await issue({ comment: '1' });
    await issue({ comment: '2' });
    await control('POST', 'clock/advance', { hours: 1 });
    await issue({ comment: '3' });
    await issue({ comment: '4' });
    expect((await post(sample.invoice({ comment: '5' }))).text).toContain('banned');
    expect(await documents()).toHaveLength(4);
    await control('POST', 'reset', {});
    await patch({ hourlyLimit: 0, test: false });
    expect(await issue()).toBe('PRB-2026-1');
  });
});

describe('injected faults', () => {
  const action = 'action-xmlagentxmlfile';

  it.each<[string, object, number, (answer: Answer) => void]>([
    ['error', { code: '55' }, 0, (a) => expect([a.code, header(a, 'szlahu_error')]).toEqual(['55', 'E-számla aláírása sikertelen.'])],
    ['error', { code: '135', message: 'Lépj ki!' }, 0, (a) => expect(a.text).toContain('<hibauzenet><![CDATA[Lépj ki!]]></hibauzenet>')],
    ['down', {}, 0, (a) => expect([a.headers.get('szlahu_down'), a.type]).toEqual(['true', expect.stringContaining('text/html')])],
    ['http503', {}, 0, (a) => expect(a.status).toBe(503)],
    ['html500', {}, 0, (a) => expect([a.status, a.type]).toEqual([500, expect.stringContaining('text/html')])],
    ['delay', { ms: 30 }, 1, (a) => expect(a.number).toBe('PRB-2026-1')],
    ['bare-ampersand', {}, 1, (a) => expect(() => readXml(a.text)).toThrow()],
    ['no-headers', {}, 1, (a) => expect([a.number, a.headers.get('szlahu_szamlaszam')]).toEqual(['PRB-2026-1', null])],
  ])('%s %j leaves %i documents', async (mode, more, made, check) => {
    expect((await inject({ action, mode, times: 1, ...more })).status).toBe(204);
    check(await post(sample.invoice()));
    expect(await documents()).toHaveLength(made);
    expect((await post(sample.invoice({ comment: 'next' }))).number).toBe(`PRB-2026-${made + 1}`);
  });

  it.each([
    ['drop-before', 0],
    ['drop-after', 1],
    ['stall', 0],
  ])('%s closes the connection with %i documents made', async (mode, made) => {
    await inject({ action, mode, ms: 20, times: 1 });
    await expect(post(sample.invoice())).rejects.toThrow();
    expect(await documents()).toHaveLength(made);
  });

  it('warning56 issues without mailing and tells number and code together, in either reading', async () => {
    for (const sikeres of [true, false]) {
      await inject({ action, mode: 'warning56', times: 1, sikeres });
      const answer = await post(sample.invoice({ email: 'a@example.com', sendEmail: true }));
      expect([answer.code, answer.headers.get('szlahu_error_code'), answer.headers.get('szlahu_szamlaszam')]).toEqual([
        '56',
        '56',
        answer.number,
      ]);
      expect(answer.text).toContain(`<sikeres>${sikeres}</sikeres>`);
    }
    expect(await documents()).toHaveLength(2);
    expect(await mails()).toEqual([]);
  });

  it('hit only their action and account, as often as told', async () => {
    await inject({ action, mode: 'http503', account: 'B', times: 2 });
    expect((await post(sample.invoice())).status).toBe(200);
    const statuses = [];
    for (const comment of ['1', '2', '3']) statuses.push((await post(sample.invoice({ key: demoKeys.B, comment }))).status);
    expect((await post(sample.taxpayer('12345676', demoKeys.B))).status).toBe(200);
    expect(statuses).toEqual([503, 503, 200]);
  });

  it('refuses orders it does not know', async () => {
    expect((await inject({ action, mode: 'explode', times: 1 })).status).toBe(400);
    expect((await inject({ action: 'action-nothing', mode: 'down' })).status).toBe(400);
    expect((await inject({ action, mode: 'delay', account: 'Z' })).status).toBe(404);
    expect((await patch({ dept: true })).status).toBe(400);
    expect((await patch({ debt: 'yes' })).status).toBe(400);
    expect((await control('PATCH', 'accounts/Z', {})).status).toBe(404);
    expect((await control('GET', 'nothing')).status).toBe(404);
  });
});

describe('body-only verdicts', () => {
  it.each([
    ['XML query', sample.xmlQuery({ number: 'x' }, { key: 'wrong' }), 'xmlszamlavalasz'],
    ['PDF query', sample.pdfQuery({ number: 'x' }, { key: 'wrong' }), 'xmlszamlavalasz'],
    ['credit entry', sample.creditEntry('x', [], { key: 'wrong' }), 'xmlszamlavalasz'],
    ['receipt', sample.receipt().replaceAll(demoKeys.A, 'wrong'), 'xmlnyugtavalasz'],
    ['receipt mail', sample.receiptSend('x').replaceAll(demoKeys.A, 'wrong'), 'xmlnyugtasendvalasz'],
    ['taxpayer', sample.taxpayer('12345676', 'wrong'), 'QueryTaxpayerResponse'],
  ])('%s', async (_, xml, root) => {
    const refused = await post(xml);
    expect([refused.code, refused.headers.get('szlahu_error_code'), readXml(refused.text).name]).toEqual(['3', null, root]);
  });

  it('create, storno and deletion tell it twice', async () => {
    for (const xml of [sample.invoice(), sample.storno('x'), sample.proformaDeletion({ number: 'x' })]) {
      const refused = await post(xml.replaceAll(demoKeys.A, 'wrong'));
      expect([refused.code, refused.headers.get('szlahu_error_code')]).toEqual(['3', '3']);
    }
  });
});

describe('control surface', () => {
  it('logs requests newest last, with credentials masked', async () => {
    await post(sample.invoice({ order: 'L1' }));
    await post(`<xmlszamla><szamlaagentkulcs>${demoKeys.B}`);
    await inject({ action: '*', mode: 'drop-before', times: 1 });
    await post(sample.taxpayer('12345676').replace('</szamlaagentkulcs>', '</szamlaagentkulcs><x/>')).catch(() => undefined);
    const log = (await control('GET', 'requests')).json;
    expect(log).toMatchObject([
      { action: 'action-xmlagentxmlfile', account: 'A', code: null, number: 'PRB-2026-1', status: 200, at: '2026-11-20T09:00:00.000Z' },
      { code: '57', status: 200 },
      { action: 'action-szamla_agent_taxpayer', fault: 'drop-before', status: null },
    ]);
    expect(log[0].body).toContain('<szamlaagentkulcs>***</szamlaagentkulcs>');
    expect(log[0].body).toContain('<rendelesSzam>L1</rendelesSzam>');
    expect(JSON.stringify(log)).not.toMatch(/testkey/);
  });

  it('reverses in the provider’s own screens', async () => {
    const number = await issue({ eszamla: true });
    const reversed = await control('POST', `accounts/A/documents/${number}/reverse`);
    expect(reversed).toMatchObject({ status: 200, json: { number: 'E-PRB-2026-2', kind: 'SS', reverses: number } });
    expect((await control('POST', `accounts/A/documents/E-PRB-2026-2/reverse`)).status).toBe(409);
    expect((await control('POST', `accounts/A/documents/${number}/payments`, { amount: 1, date: '2026-11-20', method: 'x' })).status).toBe(
      409,
    );
    expect((await control('POST', 'accounts/A/documents/NONE/reverse')).status).toBe(404);
  });

  it('shows a page in the language asked for, with nothing unescaped', async () => {
    await patch({ prefixes: [{ prefix: '<b>', enabled: true }] });
    const page = await (await fetch(`${sim.pageUrl}?lang=hu`)).text();
    expect(page).toContain('<html lang="hu">');
    for (const shown of ['Tartozás a szolgáltatónál', demoKeys.A, '&lt;b&gt;', 'PATCH accounts/A']) expect(page).toContain(shown);
    expect(page).not.toContain('<b>');
    for (const lang of ['pl', 'sv', 'en'])
      expect(await (await fetch(`${sim.pageUrl}?lang=${lang}`)).text()).toContain(`<html lang="${lang}">`);
  });
});

describe('payment notification', () => {
  let receiver: Server;
  let received: URLSearchParams[];
  let answers: number[];
  beforeEach(async () => {
    received = [];
    answers = [];
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        received.push(new URLSearchParams(body));
        response.writeHead(answers.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await patch({ ipnUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/ipn` });
    return () => {
      receiver.close();
      receiver.closeAllConnections();
    };
  });
  const pay = (number: string, amount: unknown) =>
    control('POST', `accounts/A/documents/${number}/payments`, { amount, date: '2026-11-21', method: 'átutalás' });

  it('is posted at once and retried every three minutes until 200', async () => {
    const number = await issue({ order: 'I1' });
    answers = [500, 404, 200];
    expect((await pay(number, 2700)).json).toMatchObject({ paid: '2700' });
    await control('POST', 'clock/advance', { minutes: 2, seconds: 59 });
    expect(received).toHaveLength(1);
    expect(Object.fromEntries(received[0]!)).toEqual({
      szlahu_szamlaszam: number,
      szlahu_bruttovegosszeg: '12700',
      szlahu_kifizetettbrutto: '2700',
      szlahu_fizetesmod: 'átutalás',
      szlahu_rendelesszam: 'I1',
    });
    await control('POST', 'clock/advance', { seconds: 1 });
    expect(received).toHaveLength(2);
    await control('POST', 'clock/advance', { hours: 1 });
    expect(received).toHaveLength(3);
  });

  it('gives up after ten retries', async () => {
    const number = await issue({ currency: 'EUR' });
    answers = Array<number>(20).fill(503);
    await pay(number, '0.5');
    await control('POST', 'clock/advance', { days: 1 });
    expect(received).toHaveLength(11);
    expect(received[0]!.get('szlahu_kifizetettbrutto')).toBe('0,5');
    expect((await control('GET', 'accounts/A/notifications')).json).toMatchObject([{ tries: 11, status: 503, delivered: false }]);
  });

  it('follows a credit entry, but not one that changes nothing', async () => {
    const number = await issue();
    await post(sample.creditEntry(number, ['100']));
    await post(sample.creditEntry(number, ['40', '60']));
    await control('POST', 'clock/advance', { seconds: 0 });
    expect(received.map((fields) => fields.get('szlahu_kifizetettbrutto'))).toEqual(['100']);
  });
});

describe('transport', () => {
  it('reads a hand-made multipart body and refuses what is none', async () => {
    const body = [
      '--b+1',
      'Content-Disposition: form-data; name="note"',
      '',
      'x',
      '--b+1',
      'content-disposition: form-data; filename=q.xml; name=action-szamla_agent_taxpayer',
      'Content-Type: text/xml',
      '',
      sample.taxpayer('12345676'),
      '--b+1--',
      '',
    ].join('\r\n');
    const send = (content: string, type: string) =>
      fetch(sim.agentUrl, { method: 'POST', body: content, headers: { 'content-type': type } }).then(read);
    expect((await send(body, 'multipart/form-data; boundary="b+1"')).text).toContain('<taxpayerValidity>true<');
    expect((await send(body.replace('filename=q.xml; ', ''), 'multipart/form-data; boundary=b+1')).code).toBe('53');
    expect((await send(body.slice(0, -10), 'multipart/form-data; boundary=b+1')).code).toBe('53');
    expect((await send('action-xmlagentxmlfile=x', 'application/x-www-form-urlencoded')).code).toBe('53');
    expect((await send('', 'text/xml')).code).toBe('53');
  });

  it('lives only at /szamla/', async () => {
    expect((await fetch(`${sim.url}/`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(sim.agentUrl)).status).toBe(404);
  });

  it('follows a running clock when given one', async () => {
    let now = new Date('2027-03-01T12:00:00Z');
    const running = await startSzamlazzSimulator({ now: () => now });
    expect((await post(sample.invoice(), { url: running.agentUrl })).number).toBe('PRB-2027-1');
    now = new Date('2028-03-01T12:00:00Z');
    expect((await post(sample.invoice(), { url: running.agentUrl })).number).toBe('PRB-2028-1');
    await running.close();
  });
});

const contract = new URL('../../../shared/contracts/szamlazz/', import.meta.url);

describe.skipIf(!existsSync(contract))('the contract’s samples', () => {
  const folder = new URL('samples/requests/', contract);
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.xml'))
        .sort()
    : [];
  const schemas = new Map<string, XsdValidator | undefined>();
  const schemaOf = (root: string) => {
    const path = new URL(`xsd/${root}.xsd`, contract);
    if (!schemas.has(root))
      schemas.set(root, existsSync(path) ? XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(path))) : undefined);
    return schemas.get(root);
  };

  it('are all accepted in a sensible order, and every reply keeps its schema', async () => {
    const order = ['01', '02', '03', '04', '08', '13', '14', '11', '12', '07', '15', '05', '06', '10', '20', '22', '23', '21', '30'];
    const made = new Map<string, string>();
    for (const start of order) {
      const name = names.find((candidate) => candidate.startsWith(start))!;
      let xml = readFileSync(new URL(name, folder), 'utf8');
      if (start === '05') await post(readFileSync(new URL(names.find((n) => n.startsWith('04'))!, folder), 'utf8'));
      for (const [theirs, ours] of [
        ['E-JEGY-2026-28', made.get('01')],
        ['PRB-2026-28', made.get('02')],
        ['PRB-2026-31', made.get('05')],
        ['D-PRB-12', made.get('04')],
      ]) {
        if (ours) xml = xml.replaceAll(theirs!, ours);
      }
      const answer = await post(xml);
      expect([name, answer.code, answer.status]).toEqual([name, null, 200]);
      made.set(start, answer.number!);
      const reply = readXml(answer.text);
      const document = XmlDocument.fromString(answer.text);
      schemaOf(reply.name)?.validate(document);
      document.dispose();
    }
    expect(order).toHaveLength(names.length);
    expect(schemas.size).toBe(6);
    expect((await documents()).map((d) => d.kind)).toEqual(['SZ', 'SZ', 'SZ', 'HS', 'ES', 'VS', 'SS']);
    for (const number of (await documents()).map((d) => d.number)) {
      const document = XmlDocument.fromString((await post(sample.xmlQuery({ number }, { pdf: true }))).text);
      schemaOf('szamla')!.validate(document);
      document.dispose();
    }
    for (const schema of schemas.values()) schema?.dispose();
  });

  it('the multipart example is read byte for byte', async () => {
    const text = readFileSync(new URL('multipart-example.http', folder), 'utf8');
    const [head, ...rest] = text.split(/\r?\n\r?\n/);
    const boundary = /boundary=(\S+)/.exec(head!)![1]!;
    const body = rest.join('\n\n').replace(/\r?\n/g, '\r\n');
    const response = await fetch(sim.agentUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
    expect(await response.text()).toContain('<taxpayerValidity>true</taxpayerValidity>');
  });
});
