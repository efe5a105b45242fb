import { connector as allegroFile } from '../../connectors/allegro-file/connector.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import { createImport } from '../../src/intake/index.ts';
import { storeStream } from '../../src/store/index.ts';
import { polishSeller, testOrganization } from '../../src/testkit/context.ts';
import { atTheDesk } from './people.ts';
import { type Makes, mailSettings, type Seller, type Sold, said } from './seller.ts';

export const fileConnectors = [allegroFile];

/** A seller who imports the file of a sales manager, numbers himself, issues by hand and in bulk, mails, merges and corrects. */
export const polishFile: Makes = async (world, life, n) => {
  const { ctx } = life;
  const organizationId = await testOrganization(ctx, { ...polishSeller, name: `Sklep ${n}` });
  const who = { organizationId, actor: 'setup' };
  await saveMailSettings(ctx, who, mailSettings(world));
  const imported = new Map<string, Sold>();
  const files: { text: string; sales: Sold[] }[] = [];
  let sales = 0;

  function file(): (typeof files)[number] {
    const day = world.clock.now().toISOString().slice(0, 10);
    const sold: Sold[] = [];
    const transactions = Array.from({ length: 1 + world.below('file', 5) }, () => {
      const id = `${n}${String(++sales).padStart(6, '0')}`;
      const price = 100 + world.below('file', 30_000);
      const quantity = 1 + world.below('file', 3);
      const delivery = world.pick('file', [0, 999, 1299]);
      const total = price * quantity + delivery;
      const paid = world.chance('file', 0.85);
      const buyer = world.below('file', 6);
      if (paid) sold.push({ externalId: id, gross: comma(total).replace(',', '.') });
      return `<transaction><transaction-id>${id}</transaction-id><date>${day} 10:00:00</date>
<buyer><login>k${buyer}</login><email>kupujacy${buyer}@example.com</email><first-name>Anna</first-name><last-name>Nowak ${buyer}</last-name><street>ul. Polna ${buyer}</street><postcode>30-001</postcode><city>Kraków</city><country>Polska</country></buyer>
<invoice requested="${world.chance('file', 0.9) ? 1 : 0}"><full-name>Anna Nowak ${buyer}</full-name><street>ul. Polna ${buyer}</street><postcode>30-001</postcode><city>Kraków</city><country>Polska</country></invoice>
<items><item><item-id>38200967${sales % 100}</item-id><title>Lampa ${sales}</title><quantity>${quantity}</quantity><price>${comma(price)}</price><amount>${comma(price * quantity)}</amount></item></items>
<delivery><method>Kurier</method><cost>${comma(delivery)}</cost></delivery><payment><type>payu</type><status>${paid ? 'Zakończona' : 'Oczekuje'}</status><amount>${comma(total)}</amount>${paid ? `<date>${day} 10:05:00</date>` : ''}</payment><total>${comma(total)}</total></transaction>`;
    });
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<sales-manager-export><transactions>${transactions.join('\n')}</transactions></sales-manager-export>`;
    const made = { text, sales: sold };
    files.push(made);
    return made;
  }

  const seller: Seller = {
    kind: 'polish file',
    organizationId,
    async act(live) {
      if (world.chance('polish file', 0.4)) {
        // The same file again changes nothing.
        const again = files.length > 0 && world.chance('polish file', 0.25);
        const chosen = again ? world.pick('polish file', files) : file();
        const result = await world.on(live, async (c) => {
          const bytes = Buffer.from(chosen.text);
          const stored = await storeStream(c.store, organizationId, c.now(), {
            name: 'orders.xml',
            mediaType: 'application/xml',
            source: (async function* () {
              yield bytes;
            })(),
            limitBytes: 1e8,
          });
          if ('tooLarge' in stored) throw new Error('too large');
          return c.store.org(organizationId, (tx) =>
            createImport(
              tx,
              c,
              { organizationId, actor: 'person' },
              {
                connector: 'allegro-file',
                file: { id: stored.id, sha256: stored.sha256 },
                name: 'orders.xml',
                sizeBytes: bytes.length,
                options: { kind: 'invoice', defaultVatRate: '23' },
              },
            ),
          );
        });
        world.tell(`polish file: imports ${again ? 'again' : ''} ${chosen.sales.length} paid: ${said(result)}`);
        // Only what was taken counts; what was not is imported again by the person who saw it fail.
        if ('done' in result) for (const one of chosen.sales) imported.set(one.externalId, one);
      } else world.tell(`polish file: ${said(await world.on(live, () => atTheDesk(world, live, organizationId)))}`);
    },
    async heal() {},
    paid: () => [...imported.values()],
    async judge() {
      const rows = await world.options.store.db
        .selectFrom('document as d')
        .innerJoin('sales_order as o', (j) => j.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'))
        .select(['o.external_id', 'd.content', 'd.number'])
        .select((e) =>
          e
            .selectFrom('document as m')
            .select((c) => c.fn.countAll<bigint>().as('n'))
            .whereRef('m.merged_into', '=', 'd.id')
            .as('merged'),
        )
        .where('d.organization_id', '=', organizationId)
        .where('d.state', '=', 'issued')
        .where('d.purpose', '=', 'sale')
        .execute();
      const parts = await world.options.store.db
        .selectFrom('document as d')
        .innerJoin('sales_order as o', (j) => j.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'))
        .select(['o.external_id', 'd.gross_minor'])
        .where('d.organization_id', '=', organizationId)
        .where('d.state', 'not in', ['withdrawn', 'cancelled'])
        .where('d.purpose', 'like', 'part:%')
        .execute();
      const minor = (amount: string) => BigInt(amount.replace('.', ''));
      const splitOff = (id: string) => parts.filter((p) => p.external_id === id).reduce((sum, p) => sum + p.gross_minor, 0n);
      return rows.flatMap(({ external_id, content, number, merged }) => {
        const sold = imported.get(external_id);
        return sold && !merged && minor(content.totals.gross) + splitOff(external_id) !== minor(sold.gross!)
          ? [`${number}: ${content.totals.gross} and ${splitOff(external_id)} split off, the buyer paid ${sold.gross}`]
          : [];
      });
    },
    async close() {},
  };
  return seller;
};

const comma = (minor: number) => `${Math.floor(minor / 100)},${String(minor % 100).padStart(2, '0')}`;
