import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { monthPack } from '../../src/books/index.ts';
import { ask, buyerLink, closeRequest, listRequests, openLink, viewDocument } from '../../src/desk/index.ts';
import { newId } from '../../src/store/index.ts';
import { retryWebhooks } from '../../src/webhooks/index.ts';
import { archiveEntries } from '../archive-entries.ts';
import { polishFile } from './polish-file.ts';
import { type Makes, type Seller, said } from './seller.ts';
import type { Life } from './world.ts';

/**
 * The office around the documents of a seller: buyers who come by sealed links, a program that is told of events, and the pack for the
 * accountant at the month's end.
 */
export const office: Makes = async (world, life, n) => {
  const inner = await polishFile(world, life, n);
  const { organizationId } = inner;
  const secret = `whsec_${createHash('sha256').update(`hook ${n}`).digest('base64')}`;
  world.secrets.add(secret.slice(6));
  /** What was heard: the body of each call by its id. */
  const heard = new Map<string, string>();
  const receiver = createServer((request, response) => {
    void taken(request).then(() => {
      const fate = world.calm ? 1 : world.draw('hook');
      if (fate < 0.15) return void request.socket.destroy();
      response.writeHead(fate < 0.3 ? 500 : fate < 0.35 ? 404 : 200).end();
    });
    if (!world.calm && world.chance('hook', 0.1)) request.socket.destroy();
  });
  async function taken(request: IncomingMessage): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts).toString('utf8');
    const id = String(request.headers['webhook-id']);
    const signed = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(
      `${id}.${request.headers['webhook-timestamp']}.${body}`,
    );
    if (request.headers['webhook-signature'] !== `v1,${signed.digest('base64')}`) world.problem(`call ${id} is not signed`);
    if (heard.has(id) && heard.get(id) !== body) world.problem(`call ${id} says something else the second time`);
    heard.set(id, body);
  }
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  const endpointId = newId(world.clock.now());
  await life.ctx.store.org(organizationId, (tx) =>
    tx
      .insertInto('webhook_endpoint')
      .values({
        organization_id: organizationId,
        id: endpointId,
        url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
        events: ['document.issued', 'document.prepared', 'document.delivered', 'import.finished'],
        secret: life.ctx.vault.seal(`${organizationId}/${endpointId}`, { secret }),
        created_at: world.clock.now(),
      })
      .execute(),
  );

  /** A buyer comes by the link of his mail, or somebody tries one of his own making. */
  async function buyer({ ctx }: Life): Promise<string> {
    const issued = await world.options.store.db
      .selectFrom('document')
      .select(['id', 'number'])
      .where('organization_id', '=', organizationId)
      .where('state', '=', 'issued')
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    if (issued.length === 0) return 'no document to ask about';
    const document = world.pick('buyer', issued);
    const token = buyerLink(ctx, { organizationId, documentId: document.id }).split('/').pop()!;
    const at = world.below('buyer', token.length);
    const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    // The last letter may carry bits that say nothing.
    if (at < token.length - 1 && openLink(ctx, forged)) world.problem(`a forged link opens: ${forged}`);
    const link = openLink(ctx, token);
    if (!link) return 'the link is over';
    if (link.documentId !== document.id || (await viewDocument(ctx, link))?.number !== document.number)
      world.problem('a link shows another document');
    const kind = world.pick('buyer', ['again', 'mend', 'report', 'invoice'] as const);
    const answer = await ask(
      ctx,
      link,
      {
        kind,
        said: 'prosze o poprawe',
        ...(kind === 'mend'
          ? { party: { company: 'Nowak i Syn', street: 'ul. Nowa 1', postalCode: '30-002', city: 'Kraków', country: 'PL', taxIds: [] } }
          : {}),
      },
      { actor: 'buyer' },
    );
    return `a buyer asks ${kind}: ${answer?.outcome}`;
  }

  async function closes({ ctx }: Life): Promise<string> {
    const open = (await ctx.store.org(organizationId, (tx) => listRequests(tx, organizationId))).filter((r) => r.state === 'open');
    if (open.length === 0) return 'no request is open';
    return `closes a request: ${await closeRequest(ctx, { organizationId, actor: 'person' }, world.pick('desk', open).id)}`;
  }

  const seller: Seller = {
    ...inner,
    kind: 'office',
    async act(live) {
      const what = world.draw('office');
      if (what < 0.6) return inner.act(live);
      world.tell(`office: ${said(await world.on(live, () => (what < 0.9 ? buyer(live) : closes(live))))}`);
    },
    /** Calls that were given up are sent again by who sees them. */
    async tend(live) {
      return live.ctx.store.org(organizationId, (tx) => retryWebhooks(tx, live.ctx, organizationId, endpointId));
    },
    async judge() {
      return [...(await inner.judge()), ...(await hooksSay()), ...(await deskSays()), ...(await packSays(world.lives[0]!))];
    },
    async close() {
      receiver.closeAllConnections();
      await new Promise<void>((done) => receiver.close(() => done()));
      await inner.close();
    },
  };

  /** Everything that was to be told was told, in a call of its own that says the same each time, and was heard. */
  async function hooksSay(): Promise<string[]> {
    const problems: string[] = [];
    const calls = await world.options.store.db
      .selectFrom('webhook_delivery')
      .select(['id', 'event', 'body', 'status'])
      .where('organization_id', '=', organizationId)
      .execute();
    world.count('calls told', calls.length);
    for (const call of calls) {
      if (call.status !== 'delivered') problems.push(`call ${call.event} is ${call.status}`);
      else if (heard.get(call.id) !== call.body)
        problems.push(`call ${call.event} ${call.id} is said to be delivered and was not heard so`);
    }
    // What was told is kept for thirty days.
    const kept = new Date(world.clock.now().getTime() + world.mostAheadMs - 30 * 86_400_000).toISOString();
    for (const [id, body] of heard)
      if (!calls.some((c) => c.id === id) && (JSON.parse(body) as { timestamp: string }).timestamp > kept)
        problems.push(`call ${id} was heard and is none of ours`);
    const { rows } = await sql<{ event: string; id: string }>`
      with audit as (select * from public.audit where organization_id = ${organizationId} and at > ${kept}::timestamptz)
      select 'document.issued' as event, entity_id as id from audit where action = 'document issued'
      union all select 'document.delivered', data->>'delivery' from audit where action in ('mail handed over', 'mail arrived') and entity <> 'delivery'
      union all select 'document.delivered', entity_id from audit where action in ('mail handed over', 'mail arrived') and entity = 'delivery'
      union all select 'import.finished', entity_id from audit where action in ('import done', 'import cancelled', 'import refused')`.execute(
      world.options.store.db,
    );
    const named = (of: { event: string; id: string }[]) => of.map((o) => `${o.event} ${o.id}`).sort();
    const due = named(rows);
    const came = named(
      calls
        .filter((c) => c.event !== 'document.prepared' && (JSON.parse(c.body) as { timestamp: string }).timestamp > kept)
        .map((c) => {
          const { data } = JSON.parse(c.body) as { data: Record<string, string> };
          return {
            event: c.event,
            id: (c.event === 'import.finished' ? data.importId : c.event === 'document.issued' ? data.documentId : data.deliveryId) ?? '',
          };
        }),
    );
    if (JSON.stringify(due) !== JSON.stringify(came))
      problems.push(
        `told: ${came.filter((c, i) => c === came[i - 1] || !due.includes(c)).join(', ') || '–'} too much, ${due.filter((d) => !came.includes(d)).join(', ') || '–'} not`,
      );
    return problems;
  }

  async function deskSays(): Promise<string[]> {
    const { rows } = await sql<{ what: string }>`
      select 'request ' || r.kind || ' has no document' as what from desk_request r left join document d on d.organization_id = r.organization_id and d.id = r.document_id
        where r.organization_id = ${organizationId} and d.id is null
      union all select 'request ' || r.outcome || ' made nothing' from desk_request r left join document d on d.organization_id = r.organization_id and d.id = r.made_id
        where r.organization_id = ${organizationId} and r.outcome = 'correction-proposed' and (d.id is null or d.kind <> 'correction')
      union all select 'document ' || document_id || ' was asked about ' || count(*) || ' times' from desk_request where organization_id = ${organizationId} group by document_id having count(*) > 20`.execute(
      world.options.store.db,
    );
    return rows.map((r) => r.what);
  }

  /** The pack of a month holds exactly the documents of that month, once each, and every file is as its list says. */
  async function packSays({ ctx }: Life): Promise<string[]> {
    const problems: string[] = [];
    const { rows: months } = await sql<{
      month: string;
      n: number;
      gross: string;
    }>`select to_char(issue_date, 'YYYY-MM') as month, count(*)::int as n,
      sum(gross_minor)::text as gross from document where organization_id = ${organizationId} and state = 'issued' and kind <> 'proforma' group by 1 order by 1 limit 2`.execute(
      world.options.store.db,
    );
    for (const { month, n: documents } of months) {
      const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
      const period = { from: `${month}-01`, to: `${month}-${last}` };
      const render = async ({ issued }: { issued?: { number: string } }) => Buffer.from(`%PDF-1.7\n${issued?.number}\n%%EOF`);
      const pack = await monthPack(ctx, render as never, organizationId, period);
      const files = new Map(
        (await archiveEntries(Buffer.concat(await Array.fromAsync(pack.bytes)))).map((f) => [f.name.replace(/^[^/]+\//, ''), f.bytes]),
      );
      const pdfs = [...files.keys()].filter((name) => name.startsWith('pdf/'));
      if (pdfs.length !== documents) problems.push(`the pack of ${month} holds ${pdfs.length} PDFs of ${documents} documents`);
      const list = files.get('lista-dokumentow.csv')?.toString('utf8').trim().split('\r\n') ?? [];
      const listed = new Set(list.slice(1).map((row) => row.split(';')[0]));
      world.count('packs');
      const { rows: numbers } = await sql<{
        number: string;
      }>`select number from document where organization_id = ${organizationId} and state = 'issued' and kind <> 'proforma'
        and to_char(issue_date, 'YYYY-MM') = ${month}`.execute(world.options.store.db);
      for (const { number } of numbers)
        if (!list.some((row) => row.includes(number))) problems.push(`${number} is not on the list of ${month}`);
      if (listed.size === 0) problems.push(`the list of ${month} is empty`);
      const manifest = JSON.parse(files.get('manifest.json')?.toString('utf8') ?? '{"files":[]}') as {
        files: { name: string; sha256: string }[];
      };
      if (manifest.files.length < pdfs.length + 4) problems.push(`the manifest of ${month} names ${manifest.files.length} files`);
      for (const { name, sha256 } of manifest.files) {
        const bytes = files.get(name) ?? files.get(name.replace(/^[^/]+\//, ''));
        if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256)
          problems.push(`${name} of ${month} is not as the manifest says`);
      }
    }
    return problems;
  }
  return seller;
};
