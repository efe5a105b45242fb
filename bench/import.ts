import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { sql } from 'kysely';
import { SaxesParser } from 'saxes';
import { connector as allegroFile } from '../connectors/allegro-file/connector.ts';
import { createImport, diskSource, workImport } from '../src/intake/index.ts';
import { json, newId, type Store } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { benchContext } from './issue.ts';
import { keep, timed } from './measure.ts';

/** Import of order files of growing size, beside saxes with a bulk insert and nothing else. */
export async function writeOrderFile(file: string, orders: number): Promise<void> {
  const out = createWriteStream(file);
  out.write(
    `<?xml version="1.0" encoding="UTF-8"?>\n<sales-manager-export>\n<header><transactions-count>${orders}</transactions-count></header>\n<transactions>\n`,
  );
  for (let n = 0; n < orders; n++) {
    const item = (i: number) =>
      `<item><item-id>38200${(n * 7 + i) % 100000}</item-id><title>Lampa LED biurkowa nr ${i} z ładowarką</title><signature>LED-${i}</signature><quantity>${i}</quantity><price>19,99</price><amount>${((1999 * i) / 100).toFixed(2).replace('.', ',')}</amount><deal-date>2026-11-06 19:27:11</deal-date></item>`;
    const chunk = `<transaction><transaction-id>${448000000 + n}</transaction-id><date>2026-11-06 19:27:11</date><buyer><buyer-id>${n}</buyer-id><login>kupujacy_${n}</login><email>kupujacy${n}@przyklad.example</email><first-name>Anna</first-name><last-name>Krawczyk ${n}</last-name><company></company><street>ul. 3 Maja ${n % 200}</street><postcode>35-001</postcode><city>Rzeszów</city><country>Polska</country><phone>+48 000 372 838</phone></buyer>
<shipment-address><full-name>Anna Krawczyk ${n}</full-name><company></company><street>ul. 3 Maja ${n % 200}</street><postcode>35-001</postcode><city>Rzeszów</city><country>Polska</country></shipment-address>
<invoice requested="1"><full-name>Anna Krawczyk ${n}</full-name><company></company><nip></nip><street>ul. 3 Maja ${n % 200}</street><postcode>35-001</postcode><city>Rzeszów</city><country>Polska</country></invoice>
<items>${item(1)}${item(2)}${item(3)}</items><delivery><method>Kurier DPD</method><cost>15,90</cost><pickup-point></pickup-point><tracking-number></tracking-number></delivery>
<payment><type>payu</type><payment-id>9${n}</payment-id><status>Zakończona</status><amount>135,84</amount><date>2026-11-06 19:31:11</date></payment><total>135,84</total><message></message></transaction>\n`;
    if (!out.write(chunk)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  out.end('</transactions>\n</sales-manager-export>\n');
  await finished(out);
}

async function bareImport(store: Store, file: string): Promise<number> {
  await store.system((tx) =>
    sql
      .raw('drop table if exists bare_order; create table bare_order (id uuid primary key, external_id text, body jsonb)'.split(';')[0]!)
      .execute(tx),
  );
  await store.system((tx) => sql.raw('create table bare_order (id uuid primary key, external_id text, body jsonb)').execute(tx));
  let batch: { id: string; e: string; b: Record<string, string> }[] = [];
  let current: Record<string, string> | undefined;
  let text = '';
  const ready: (typeof batch)[] = [];
  const parser = new SaxesParser({ position: true });
  parser.on('opentag', (tag) => {
    if (tag.name === 'transaction') current = {};
    text = '';
  });
  parser.on('text', (t) => {
    text += t;
  });
  parser.on('closetag', (tag) => {
    if (tag.name === 'transaction') {
      batch.push({ id: newId(new Date()), e: current!['transaction-id']!, b: current! });
      if (batch.length === 1000) {
        ready.push(batch);
        batch = [];
      }
      current = undefined;
    } else if (current) current[tag.name] = text;
  });
  const flush = async (rows: typeof batch) =>
    store.system((tx) =>
      sql`insert into bare_order select r.id, r.e, r.b from jsonb_to_recordset(${json(rows)}) as r(id uuid, e text, b jsonb)`.execute(tx),
    );
  return timed(async () => {
    const decoder = new TextDecoder();
    for await (const chunk of createReadStream(file)) {
      parser.write(decoder.decode(chunk as Uint8Array, { stream: true }));
      for (const rows of ready.splice(0)) await flush(rows);
    }
    parser.close();
    if (batch.length > 0) await flush(batch);
  });
}

export async function benchImport(store: Store, name: string, sizes: number[]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-bench-'));
  const ctx = { ...(await benchContext(store)), connectors: new Map([['allegro-file', allegroFile]]) };
  try {
    for (const orders of sizes) {
      const file = path.join(folder, `${orders}.xml`);
      await writeOrderFile(file, orders);
      const bareMs = await bareImport(store, file);
      const organizationId = await testOrganization(ctx, polishSeller);
      const who = { organizationId, actor: 'bench' };
      const source = await diskSource(file);
      globalThis.gc?.();
      const idle = process.memoryUsage().rss;
      let peak = idle;
      const sampler = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 20);
      const id = await ctx.store.org(organizationId, (tx) =>
        createImport(tx, ctx, who, {
          connector: 'allegro-file',
          name: 'bench.xml',
          sizeBytes: statSync(file).size,
          options: { kind: 'invoice', defaultVatRate: '23' },
        }),
      );
      const ms = await timed(() => workImport(ctx, organizationId, id, { source }));
      clearInterval(sampler);
      const { rows } = await sql<{ n: bigint }>`select count(*) as n from document where organization_id = ${organizationId}`.execute(
        store.db,
      );
      if (rows[0]!.n !== BigInt(orders)) throw new Error(`${orders} orders gave ${rows[0]!.n} documents`);
      keep({
        what: `import of ${orders} orders (${name})`,
        value: (orders / ms) * 1000,
        unit: 'orders/s',
        bare: (orders / bareMs) * 1000,
        target: name === 'PostgreSQL' ? '≥ 0.4' : '≥ 0.25',
        note: `+${Math.round((peak - idle) / 1e6)} MB over idle (target ≤ 150)`,
      });
    }
  } finally {
    await ctx.jobs.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
