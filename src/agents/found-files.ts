import { type Selectable, sql } from 'kysely';
import { openConnection, readConnection } from '../connections/index.ts';
import type { Made, Outcome } from '../contract/connector.ts';
import type { AwaitedDocument, FolderAnswer } from '../contract/folder.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, readSmallFile, type Tables, type Tx } from '../store/index.ts';
import { type Desk, nudgeTransfers } from './folder.ts';

/** Files that came out of a program's folders: whose each is, and what it says of a document. */

const filesAtOnce = 50;
const unmatchedAtOnce = 200;
const awaitedLimit = 10_000;

type FoundFile = Selectable<Tables['agent_found']>;

/** The job `agent-files`: reads what came out of a connection's folders and finds whose it is. */
export async function matchFiles(ctx: Context, organizationId: string, connectionId: string): Promise<void> {
  const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
  if (!connection || connection.status === 'removed') return;
  const { folder } = openConnection(ctx, connection).session;
  if (!folder) return;
  const desk: Desk = { ctx, organizationId, connectionId, folder };
  while (await ctx.store.org(organizationId, (tx) => matchSome(tx, desk)));
}

/** True while there may be more. */
async function matchSome(tx: Tx, desk: Desk): Promise<boolean> {
  const { organizationId, connectionId, ctx } = desk;
  const fresh = await foundFiles(tx, desk, 'new', filesAtOnce);
  if (fresh.length === 0) return false;
  const awaited = await awaitedDocuments(tx, desk);
  const known = new Set<string>();
  const match = async (file: FoundFile, among: AwaitedDocument[]) => {
    const reference = await matchFile(tx, desk, file, among);
    if (reference) known.add(reference);
    return reference !== undefined;
  };
  let matched = 0;
  for (const file of fresh) if (await match(file, awaited)) matched++;
  // An answer names a number, and with it a print that came before may be known.
  if (matched > 0) {
    const again = await awaitedDocuments(tx, desk);
    for (const file of await foundFiles(tx, desk, 'unmatched', unmatchedAtOnce)) await match(file, again);
  }
  await nudgeTransfers(tx, ctx, organizationId, connectionId, [...known]);
  await announce(tx, organizationId, 'connections', connectionId);
  ctx.log('info', 'files of a folder read', { connectionId, files: fresh.length, matched });
  return fresh.length === filesAtOnce;
}

function foundFiles(tx: Tx, { organizationId, connectionId }: Desk, status: FoundFile['status'], limit: number): Promise<FoundFile[]> {
  return tx
    .selectFrom('agent_found')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('status', '=', status)
    .orderBy('at', status === 'new' ? 'asc' : 'desc')
    .orderBy('id')
    .limit(limit)
    .forNoKeyUpdate()
    .execute();
}

async function awaitedDocuments(tx: Tx, { organizationId, connectionId }: Desk): Promise<AwaitedDocument[]> {
  const { rows } = await sql<AwaitedDocument & { number: string | null }>`
    select t.reference, d.kind, coalesce(d.number, a.outcome->'made'->>'number') as number, d.currency,
      coalesce(d.content->'correction'->'difference'->>'gross', d.content->'totals'->>'gross') as gross
    from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
      left join agent_answer a on a.organization_id = t.organization_id and a.connection_id = t.connection_id and a.reference = t.reference
    where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.verb = 'issue'
      and (t.status in ('waiting','sending','pending','unknown') or (t.status = 'accepted' and d.pdf_file_id is null))
    order by t.created_at desc limit ${awaitedLimit}`.execute(tx);
  return rows.map(({ number, ...row }) => ({ ...row, ...(number ? { number } : {}) }));
}

/** Stores what a file says, and whose it is. A file that says nothing of ours is kept and looked at again when more is known. */
async function matchFile(tx: Tx, desk: Desk, found: FoundFile, awaited: AwaitedDocument[]): Promise<string | undefined> {
  const { ctx, organizationId, connectionId, folder } = desk;
  const file = await readSmallFile(tx, organizationId, found.file_id);
  const isPrint = file?.bytes.subarray(0, 5).toString('latin1') === '%PDF-';
  let reference: string | undefined;
  if (!file) ctx.log('error', 'the bytes of a file of a folder are gone', { connectionId, name: found.name });
  else if (isPrint) {
    reference = folder.pdfOf(found.name, awaited);
    if (reference) await keepPrint(tx, desk, reference, found);
  } else if (found.source === 'outbox') {
    const answers = readOutbox(desk, { name: found.name, bytes: file.bytes }, awaited);
    for (const answer of answers) await keepAnswer(tx, desk, answer);
    reference = answers[0]?.reference;
  }
  await tx
    .updateTable('agent_found')
    .set({ status: reference ? 'matched' : 'unmatched', reference: reference ?? null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', found.id)
    .execute();
  return reference;
}

/** A file that its connector stumbles over says nothing of ours: it must not hold up those behind it. */
function readOutbox({ ctx, folder, connectionId }: Desk, file: { name: string; bytes: Uint8Array }, awaited: AwaitedDocument[]) {
  try {
    return folder.outbox(file, awaited);
  } catch (error) {
    ctx.log('error', 'a file of a folder could not be read', {
      connectionId,
      name: file.name,
      error: (error as Error).message.slice(0, 300),
    });
    return [];
  }
}

const answerKey = ['organization_id', 'connection_id', 'reference'] as const;

function keepKnown(
  tx: Tx,
  { ctx, organizationId, connectionId }: Desk,
  reference: string,
  known: { outcome?: Outcome & { alike?: Made }; pdfFileId?: string },
) {
  return tx.insertInto('agent_answer').values({
    organization_id: organizationId,
    connection_id: connectionId,
    reference,
    outcome: json(known.outcome ?? null),
    pdf_file_id: known.pdfFileId ?? null,
    at: ctx.now(),
  });
}

/** Of what only looks like the document, a person is asked, and only while nothing better is known. */
async function keepLikeness(tx: Tx, desk: Desk, reference: string, alike: Made): Promise<void> {
  const params = {
    number: alike.number ?? alike.providerId,
    gross: alike.gross ?? '',
    day: alike.issueDate ?? '',
    buyer: alike.buyerName ?? '',
  };
  await keepKnown(tx, desk, reference, { outcome: { outcome: 'unknown', cause: { code: 'LIKENESS_FOUND', params }, alike } })
    .onConflict((c) =>
      c
        .columns(answerKey)
        .doUpdateSet((e) => ({ outcome: e.ref('excluded.outcome'), at: e.ref('excluded.at') }))
        .where(sql<boolean>`agent_answer.outcome = 'null'`),
    )
    .execute();
}

async function keepAnswer(tx: Tx, desk: Desk, { reference, outcome, by }: FolderAnswer): Promise<void> {
  if (by === 'likeness') return outcome.outcome === 'accepted' ? keepLikeness(tx, desk, reference, outcome.made) : undefined;
  const plain = outcome.outcome === 'accepted' ? { ...outcome, made: { ...outcome.made, pdf: undefined } } : outcome;
  await keepKnown(tx, desk, reference, { outcome: plain })
    .onConflict((c) =>
      c
        .columns(answerKey)
        .doUpdateSet((e) => ({ outcome: e.ref('excluded.outcome'), at: e.ref('excluded.at') }))
        // What was accepted stays accepted, whatever a later file says.
        .where(sql<boolean>`agent_answer.outcome->>'outcome' is distinct from 'accepted'`),
    )
    .execute();
}

async function keepPrint(tx: Tx, desk: Desk, reference: string, found: FoundFile): Promise<void> {
  const { organizationId, connectionId } = desk;
  await keepKnown(tx, desk, reference, { pdfFileId: found.file_id })
    .onConflict((c) =>
      c.columns(answerKey).doUpdateSet((e) => ({ pdf_file_id: e.fn.coalesce('agent_answer.pdf_file_id', 'excluded.pdf_file_id') })),
    )
    .execute();
  const { rows } = await sql<{ id: string }>`
    update document d set pdf_file_id = ${found.file_id} from transfer t
    where t.organization_id = d.organization_id and t.document_id = d.id and d.organization_id = ${organizationId} and t.connection_id = ${connectionId}
      and t.reference = ${reference} and t.status = 'accepted' and d.state = 'issued' and d.pdf_file_id is null returning d.id`.execute(tx);
  for (const { id } of rows) await announce(tx, organizationId, 'documents', id);
}
