import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { emptyInstallation } from '../src/testkit/database.ts';
import { startMailbox } from '../src/testkit/mailbox.ts';
import { briefly, fakturist, here, root } from './fakturist.ts';

/**
 * The promise: the whole job from a file to mailed PDFs without a server and without a browser; every command explains itself, prints
 * JSON when asked, and ends with 0 (done), 1 (findings or failures) or 2 (wrong usage). `fakturist` is a process of its own, `here` the
 * same command in this one.
 */
const sample = path.join(root, 'examples', 'pl', 'allegro-sales.xml');

const init = [
  'init',
  '--organization',
  'Sklep',
  '--country',
  'PL',
  '--tax-id',
  '9991002009',
  '--street',
  'ul. Prosta 1',
  '--postal-code',
  '00-001',
  '--city',
  'Warszawa',
  '--default-vat',
  '23',
  '--email',
  'me@shop.example',
  '--password-stdin',
];

describe('the fakturist command', () => {
  let data: string;
  const inFolder = (name: string) => path.join(data, name);
  beforeAll(() => {
    data = mkdtempSync(path.join(tmpdir(), 'fakturist-cli-'));
    // There and empty; `restore` below begins with a folder without any.
    emptyInstallation(data);
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  test('help is there for every command', async () => {
    expect(await fakturist(['--version'])).toMatchObject({ code: 0, out: `${manifest.version}\n` });
    const all = await fakturist(['--help']);
    expect(all.code).toBe(0);
    const names = [...all.out.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map((match) => match[1]!);
    expect(names).toEqual(
      expect.arrayContaining([
        'start',
        'demo',
        'init',
        'import',
        'issue',
        'documents',
        'orders',
        'export',
        'backfill',
        'reconcile',
        'doctor',
        'simulate',
        'migrate',
        'backup',
        'restore',
        'move',
        'key',
      ]),
    );
    for (const name of names) {
      const help = await here([name, '--help']);
      expect(help.code, name).toBe(0);
      expect(help.out).toContain(`fakturist ${name}`);
      expect(help.out).toContain('--json');
      expect(help.out).toContain('--organization');
    }
    expect((await fakturist(['issue', '--help'])).out).toBe((await here(['issue', '--help'])).out);
  }, 120_000);

  test('wrong usage is a sentence and exit code 2', async () => {
    const wrong: [string[], RegExp][] = [
      [['fly'], /no command "fly"/],
      [['import', 'allegro-file'], /missing/i],
      [['import', 'allegro-file', sample, '--kind', 'letter'], /--kind is "letter".*auto, invoice, proforma, receipt/],
      [['import', 'allegro-file', '/nowhere.xml'], /no file \/nowhere.xml/],
      [['import', 'allegro-file', sample, '--pdf', 'x'], /--issue/],
      [['import', 'allegro-file', sample, '--nonsense'], /nonsense/],
      [['import', 'allegro-file', root, '--dry-run'], /is no file/],
      [['import', 'allegro-file', sample, '--dry-run', '--profile', 'mine'], /no saved mapping "mine"/],
      [
        ['import', 'allegro-file', sample, '--dry-run', '--subject', '{{document.numer}}'],
        /document\.numer.*did you mean \{\{document\.number/,
      ],
      [['reconcile', '--from', '2026-13-99x', '--to', '2026-01-01'], /--from/],
      [['simulate', 'nothing'], /no simulator "nothing"/],
      [[], /^$/],
    ];
    for (const [args, says] of wrong) {
      const ended = await here(args, { data });
      expect(ended.code, args.join(' ')).toBe(2);
      expect(ended.err).toMatch(says);
      expect(ended.err).not.toMatch(/at .*\.ts:\d+/);
    }
    const [missing] = wrong.filter(([args]) => args.length === 2);
    expect(await fakturist(missing![0], { data })).toMatchObject({ code: 2, err: expect.stringMatching(missing![1]) });
    expect((await fakturist(['doctor'], { data, env: { PORT: 'eighty' } })).err).toContain('PORT is "eighty"');
    expect((await fakturist(['doctor'], { data, env: { DATABASE_URL: 'mysql://root:hidden@x' } })).err).not.toContain('hidden');
  }, 120_000);

  test('a dry run needs no organization and leaves nothing behind', async () => {
    const empty = path.join(data, 'untouched');
    const tried = await fakturist(['import', 'allegro-file', sample, '--vat', '23', '--dry-run', '--json'], {
      env: { FAKTURIST_DATA: empty },
    });
    expect(tried.code).toBe(1);
    expect(tried.json).toMatchObject({
      count: 12,
      sumTotalGross: '3180.43',
      byDocument: { INVOICE_COMPANY: 5, INVOICE_PERSON: 3, RECEIPT: 4 },
      rejected: [],
      fileWarnings: [],
      created: 12,
      unchanged: 0,
      updated: 0,
      held: 4,
      dryRun: true,
    });
    expect(tried.json.orders[0]).toEqual({
      externalId: '520100301',
      currency: 'PLN',
      lines: 2,
      itemsGross: '209.80',
      deliveryGross: '15.90',
      totalGross: '225.70',
      suggestedDocument: 'INVOICE_COMPANY',
      issues: [],
    });
    expect(tried.json.orders.find((order: { externalId: string }) => order.externalId === '520100394').issues).toEqual([
      'H_TOTAL_MISMATCH',
    ]);
    expect(existsSync(empty)).toBe(false);
    const unknown = path.join(data, 'sklep.csv');
    writeFileSync(unknown, 'nr;data;klient;towar;ilosc;cena;razem;kolor\n1;2026-11-18;Jan Kowal;Kubek;2;10,00;20,00;biały\n');
    const proposed = await here(['import', 'order-file', unknown, '--dry-run'], { env: { FAKTURIST_DATA: empty } });
    expect(proposed.code).toBe(1);
    expect(proposed.out).toMatch(
      /ilosc\s+2\s+line quantity[\s\S]*1: 1 lines, 20\.00 PLN \(equals the file’s total\)[\s\S]*--accept-proposal/,
    );
  }, 60_000);

  test('without an organization an import says how to make one', async () => {
    // The database is there and empty: a dry run still needs nobody.
    expect((await here(['import', 'allegro-file', sample, '--dry-run'], { data })).out).toContain('12 created');
    expect((await here(['documents'], { env: { FAKTURIST_DATA: sample } })).err).toMatch(/^.*is a file where a folder is needed\.\n$/);
    const refused = await here(['import', 'allegro-file', sample, '--issue'], { data });
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('fakturist init --organization');
  }, 120_000);

  test('init, import, issue, print and mail in one go; again nothing is done twice', async () => {
    const short = await here(init, { data, input: 'short\n' });
    expect(short).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^The password on standard input must have at least 10 characters\.\n/),
    });
    const noMail = await here(init.with(init.indexOf('--email') + 1, 'nowhere'), { data, input: 'a long enough password\n' });
    expect(noMail).toMatchObject({ code: 2, err: expect.stringMatching(/^--email is "nowhere": it must be a mail address\.\n/) });
    const wrongId = await here(init.with(6, '9991002008'), { data, input: 'a long enough password\n' });
    expect(wrongId.code).toBe(1);
    expect(wrongId.err).toContain('9991002008');
    const made = await fakturist(init, { data, input: 'a long enough password\n' });
    expect(made.err).toBe('');
    expect(made.code).toBe(0);
    // Twice the same name would leave every later command without a way to tell them apart.
    expect(await here(init, { data, input: 'a long enough password\n' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('set up already'),
    });
    const mailbox = await startMailbox();
    try {
      const key = await here(['key', 'test', '--scope', 'admin', '--json'], { data });
      expect(key.json.key).toMatch(/^fk_/);
      await connectMailbox(key.json.key, mailbox);
      const ended = await fakturist(
        ['import', 'allegro-file', sample, '--kind', 'invoice', '--issue', '--pdf', inFolder('out'), '--mail', '--json'],
        { data },
      );
      expect(ended.code).toBe(1);
      expect(ended.json).toMatchObject({ count: 12, created: 12, held: 4, issued: 8 });
      const issued = ended.json.documents.filter((document: { outcome?: string }) => document.outcome === 'issued');
      expect(issued.map((document: { number: string }) => Number(document.number.split('/')[1]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      for (const document of issued) {
        expect(readFileSync(document.pdf).subarray(0, 5).toString()).toBe('%PDF-');
        expect(document.mail).toEqual([{ to: expect.stringContaining('@poczta.example'), status: 'handed_over' }]);
      }
      expect(readdirSync(inFolder('out'))).toHaveLength(8);
      expect(mailbox.mails()).toHaveLength(8);
      expect(mailbox.twins()).toEqual([]);
      const again = await here(['import', 'allegro-file', sample, '--kind', 'invoice', '--issue', '--mail', '--json'], { data });
      expect(again.json).toMatchObject({ created: 0, unchanged: 12, updated: 0, issued: 0 });
      expect(mailbox.mails()).toHaveLength(8);
    } finally {
      await mailbox.close();
    }
  }, 180_000);

  /** The mail account is set over HTTP, as a self-hoster's script would. */
  async function connectMailbox(key: string, mailbox: { host: string; port: number }): Promise<void> {
    const server = spawn(process.execPath, [...briefly, path.join(root, 'src', 'cli', 'main.ts'), 'start', '--json'], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, '.tools', 'compiled'),
        FAKTURIST_DATA: data,
        PORT: '0',
        HOST: '127.0.0.1',
      } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let out = '';
        server.stdout.on('data', (chunk) => {
          out += chunk;
          if (out.includes('}')) resolve(JSON.parse(out).url);
        });
        server.once('exit', (code) => reject(new Error(`start ended with ${code}: ${out}`)));
      });
      // Done by the process that holds the database, or refused with the way out.
      expect(await fakturist(['documents'], { data })).toMatchObject({ code: 0, err: '' });
      const busy = await fakturist(['issue', '--all'], { data });
      expect(busy.code).toBe(1);
      expect(busy.err).toContain('DATABASE_URL');
      const answer = await fetch(`${url}/api/v1/mail-settings`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ host: mailbox.host, port: mailbox.port, security: 'none', fromAddress: 'sklep@shop.example' }),
      });
      expect(answer.status).toBe(200);
    } finally {
      server.removeAllListeners('exit');
      if (server.exitCode === null) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        await ended;
      }
    }
  }

  test('lists, tables, proof and care', async () => {
    const held = await here(['documents', '--held', '--json'], { data });
    expect(held.code).toBe(0);
    expect(
      held.json.items
        .flatMap((row: { findings: { level: string; code: string }[] }) =>
          row.findings.filter((f) => f.level === 'hold').map((f) => f.code),
        )
        .sort(),
    ).toEqual(['H_TAXID_INVALID', 'H_TAXID_MISSING', 'H_TOTAL_MISMATCH', 'H_UNPAID']);
    expect((await here(['orders', '--json'], { data })).json.items).toHaveLength(12);
    const refused = await here(['issue', held.json.items[0].id, '--json'], { data });
    expect(refused.code).toBe(1);
    expect(refused.json.documents).toMatchObject([{ outcome: 'refused' }]);
    const table = await fakturist(['export', inFolder('documents.csv'), '--state', 'issued', '--language', 'sv'], { data });
    expect(table.code).toBe(0);
    const csv = readFileSync(inFolder('documents.csv'), 'utf8');
    expect(csv.split('\r\n')[0]).toContain('Förfallodatum');
    expect(csv.trim().split('\r\n')).toHaveLength(9);
    const proof = await here(['reconcile', '--from', '2026-11-01', '--to', '2026-11-30', '--json'], { data });
    expect(proof.code).toBe(1);
    expect(proof.json.gaps).toEqual([]);
    expect(proof.json.breaks).toHaveLength(4);
    expect((await here(['reconcile', '--from', '2020-01-01', '--to', '2020-01-31'], { data })).code).toBe(0);
    const doctor = await fakturist(['doctor', '--json'], { data });
    expect(doctor.json.findings.map((finding: { level: string }) => finding.level)).not.toContain('failure');
    expect((await here(['migrate'], { data })).out).toContain('up to date');
    const backup = await fakturist(['backup', inFolder('all.backup')], { data });
    expect(backup.code).toBe(0);
    const other = inFolder('restored');
    const restored = await fakturist(['restore', inFolder('all.backup'), '--json'], { data: other, cwd: data });
    expect(restored.json.lastNumbers.length).toBeGreaterThan(0);
    expect((await here(['restore', inFolder('all.backup')], { data: other })).err).toContain('holds data already');
    expect((await fakturist(['start', '--role', 'web'], { data })).err).toContain('DATABASE_URL');
    const nobody = await here(['documents', '--organization', 'Nobody'], { data });
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain('"Sklep"');
  }, 180_000);

  test('several files and archives are one report; a rejected record is exit code 1 with its place', async () => {
    const broken = inFolder('broken.xml');
    writeFileSync(
      broken,
      readFileSync(sample, 'utf8')
        .replace('<transaction-id>520100322</transaction-id>', '<transaction-id></transaction-id>')
        .replaceAll('5201003', '5301003')
        .replaceAll('5201004', '5301004'),
    );
    const ended = await here(['import', 'allegro-file', broken, sample, '--vat', '23', '--dry-run', '--json'], { data });
    expect(ended.code).toBe(1);
    expect(ended.json.count).toBe(23);
    expect(ended.json.rejected).toMatchObject([{ code: 'E_ORDER_ID_MISSING', line: expect.any(Number) }]);
    expect(ended.json.files).toHaveLength(2);
    // For people: where, which, why and what to do, with the value that stood there.
    writeFileSync(
      broken,
      readFileSync(sample, 'utf8')
        .replace(/<price>[^<]*</, '<price>dużo<')
        .split('</transactions>')[0]!,
    );
    const told = await here(['import', 'allegro-file', broken, '--dry-run'], { data });
    expect(told.out).toMatch(/line \d+ +520100301 +E_AMOUNT +This is not an amount: “dużo”\. Correct it at the source/);
    expect(told.out).toMatch(/F_TRUNCATED: The file breaks off or is damaged at line \d+/);
    expect(told.out).not.toMatch(/\{\w+\}/);
  }, 60_000);

  test('a file that is not whole, or one refused among several, is exit code 1 though everything read is fine', async () => {
    const record = (id: string) =>
      `<transaction><transaction-id>${id}</transaction-id><date>2026-11-01</date><items><item><title>K</title><quantity>1</quantity><price>5,00</price></item></items><payment><type>payu</type><status>Zakończona</status></payment></transaction>`;
    const file = (name: string, text: string) => {
      writeFileSync(inFolder(name), text);
      return inFolder(name);
    };
    const whole = `<sales-manager-export><transactions>${record('1')}${record('2')}</transactions></sales-manager-export>`;
    const code = async (...files: string[]) => (await here(['import', 'allegro-file', ...files, '--dry-run', '--json'], { data })).code;
    expect(await code(file('whole.xml', whole))).toBe(0);
    expect(await code(file('cut.xml', whole.slice(0, -40)))).toBe(1);
    expect(await code(inFolder('whole.xml'), file('page.xml', '<!DOCTYPE html><html></html>'))).toBe(1);
  }, 60_000);
});
