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
import { cpuNote, cpuTimed, keep } from './measure.ts';

/** Import of order files of growing size, beside saxes with a bulk insert and nothing else. */
export async function writeOrderFile(file: string, orders: number, from = 0): Promise<void> {
  const out = createWriteStream(file);
  out.write(
    `<?xml version="1.0" encoding="UTF-8"?>\n<sales-manager-export>\n<header><transactions-count>${orders}</transactions-count></header>\n<transactions>\n`,
  );
  for (let n = from; n < from + orders; n++) {
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

async function bareImport(store: Store, file: string): Promise<{ ms: number; cpuMs: number | undefined }> {
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
  return cpuTimed(store, async () => {
    const decoder = new TextDecoder();
    for await (const chunk of createReadStream(file)) {
      parser.write(decoder.decode(chunk as Uint8Array, { stream: true }));
      for (const rows of ready.splice(0)) await flush(rows);
    }
    parser.close();
    if (batch.length > 0) await flush(batch);
  });
}

/** The very rows that the product stored, in copies of its tables with their indexes: what storing them costs by itself, the file parsed beside it. */
async function bareOfSameRows(store: Store, organizationId: string, file: string): Promise<{ ms: number; cpuMs: number | undefined }> {
  const tables = ['sales_order', 'document'];
  const batches: { table: string; rows: string }[] = [];
  for (const table of tables) {
    await sql.raw(`create table bare_${table} (like ${table} including all)`).execute(store.db);
    const { rows } = await sql<{ rows: string }>`
      select jsonb_agg(to_jsonb(t) - 'place')::text as rows from (select *, row_number() over (order by id) as place from ${sql.table(table)} where organization_id = ${organizationId}) t
      group by (place - 1) / 250`.execute(store.db);
    batches.push(...rows.map((row) => ({ table, rows: row.rows })));
  }
  const took = await cpuTimed(store, async () => {
    const decoder = new TextDecoder();
    const parser = new SaxesParser({ position: true });
    for await (const chunk of createReadStream(file)) parser.write(decoder.decode(chunk as Uint8Array, { stream: true }));
    parser.close();
    for (const { table, rows } of batches)
      await store.system((tx) =>
        sql`insert into ${sql.table(`bare_${table}`)} select * from jsonb_populate_recordset(null::${sql.table(`bare_${table}`)}, ${rows}::jsonb)`.execute(
          tx,
        ),
      );
  });
  for (const table of tables) await sql.raw(`drop table bare_${table}`).execute(store.db);
  return took;
}

/** The product first: what a baseline leaves in memory would count as idle. */
export async function benchImport(store: Store, name: string, sizes: number[]): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-bench-'));
  const ctx = { ...(await benchContext(store)), connectors: new Map([['allegro-file', allegroFile]]) };
  try {
    for (const orders of sizes) {
      const file = path.join(folder, `${orders}.xml`);
      await writeOrderFile(file, orders);
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
      const { ms, cpuMs } = await cpuTimed(store, () => workImport(ctx, organizationId, id, { source }));
      clearInterval(sampler);
      const { rows } = await sql<{ n: bigint }>`select count(*) as n from document where organization_id = ${organizationId}`.execute(
        store.db,
      );
      if (rows[0]!.n !== BigInt(orders)) throw new Error(`${orders} orders gave ${rows[0]!.n} documents`);
      const bare = await bareImport(store, file);
      keep({
        what: `import of ${orders} orders (${name})`,
        value: (orders / ms) * 1000,
        unit: 'orders/s',
        bare: (orders / bare.ms) * 1000,
        target: name === 'PostgreSQL' ? '≥ 0.4' : '≥ 0.25',
        note: `+${Math.round((peak - idle) / 1e6)} MB over idle (target ≤ 150); ${cpuNote(orders, cpuMs, bare.cpuMs)}`,
      });
      if (orders !== 10_000) continue;
      const same = await bareOfSameRows(store, organizationId, file);
      keep({
        what: `the same beside the insert of the very rows it stores (${name})`,
        value: (orders / ms) * 1000,
        unit: 'orders/s',
        bare: (orders / same.ms) * 1000,
        note: `orders with their raw text, documents, their indexes; no rule applied; ${cpuNote(orders, cpuMs, same.cpuMs)}`,
      });
    }
  } finally {
    await ctx.jobs.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
