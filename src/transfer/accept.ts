import { sql } from 'kysely';
import type { CauseRef, Made } from '../contract/connector.ts';
import { queueMails } from '../delivery/index.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { type AuditEntry, announceAll, audit, json, storeFiles, type Tx } from '../store/index.ts';
import { type AcceptedDocument, acceptDocuments, clearDocument, queueFollowUps } from '../toissue/index.ts';
import { providerDifferences } from './compare.ts';
import { type Claim, issuing } from './engine.ts';
import { fileName, longer } from './record.ts';
import { withoutNotes } from './request.ts';
import { reopen, type Worked } from './resume.ts';
import { minuteMs } from './times.ts';

/** The other side holds it: what it told of it, and whether it was found there rather than made now. */
type Accepted = { claim: Claim; made: Made; adopted?: boolean; warnings?: CauseRef[] };

/** Acceptances that we must not believe, each with the reason: no number where the provider numbers, or the number of another document of ours. */
export async function notOurs(tx: Tx, accepted: Accepted[]): Promise<Map<Claim, CauseRef>> {
  const problems = new Map<Claim, CauseRef>();
  const issues = accepted.filter(({ claim }) => issuing(claim.transfer));
  const named = issues.filter(({ made }) => made.number);
  const others = named.length > 0 ? await holdersOf(tx, named) : [];
  const told = new Map<string, Claim>();
  for (const { claim, made } of issues) {
    const { document } = claim;
    if (!made.number) {
      if (!document.number) problems.set(claim, { code: 'NO_ANSWER', params: { message: 'no number' } });
      continue;
    }
    // Two answers that come at once and name one number cannot both be right: the second is asked about.
    const first = told.get(made.number)?.document;
    const other = others.find((o) => o.number === made.number && o.id !== document.id) ?? first;
    if (other) problems.set(claim, { code: 'NUMBER_OF_ANOTHER', params: { number: made.number, order: other.order_number ?? '' } });
    else told.set(made.number, claim);
  }
  return problems;
}

async function holdersOf(tx: Tx, named: Accepted[]): Promise<{ id: string; number: string; order_number: string | null }[]> {
  const { transfer } = named[0]!.claim;
  const { rows } = await sql<{ id: string; number: string; order_number: string | null }>`
    select d.id, d.number, d.order_number from document d join transfer t on t.organization_id = d.organization_id and t.document_id = d.id
    where d.organization_id = ${transfer.organization_id} and d.number = any(${named.map((a) => a.made.number!)}::text[])
      and t.connection_id = ${transfer.connection_id} and t.status = 'accepted'`.execute(tx);
  return rows;
}

/**
 * Stores acceptances of one connection with everything that follows from them: the number, the PDF, mails, further steps, what waited
 * for them. The trail comes last, in one piece. The rows are locked already.
 */
export async function acceptAll(tx: Tx, ctx: Context, accepted: Accepted[], gateMatters: boolean): Promise<void> {
  if (accepted.length === 0) return;
  const { transfer, open } = accepted[0]!.claim;
  const organizationId = transfer.organization_id;
  const actor = `connection:${open.connection.name}`;
  const who = { organizationId, actor };
  const issues = accepted.filter((a) => issuing(a.claim.transfer));
  const pdfs = await storePdfs(tx, ctx, issues);
  await markAccepted(tx, ctx, accepted);
  if (gateMatters) await closeBreaker(tx, organizationId, transfer.connection_id);
  const issued = await acceptDocuments(
    tx,
    ctx,
    who,
    issues.map((a): AcceptedDocument => {
      const { made, claim } = a;
      const findings = differencesOf(a);
      return { document: claim.document, number: made.number, issueDate: made.issueDate, pdfFileId: pdfs.get(claim), findings };
    }),
  );
  await goOn(tx, ctx, issues, pdfs);
  for (const { made, claim } of accepted) if (made.clearance) await clearDocument(tx, ctx, who, claim.document.id, made.clearance);
  // A send that worked proves the connection; what was told of others by a query does not.
  const worked = accepted.flatMap(({ claim, adopted }): Worked[] =>
    adopted ? [] : [{ at: claim.transfer.claimed_at!, seriesId: claim.transfer.verb === 'issue' ? claim.document.series_id : null }],
  );
  if (worked.length > 0) await reopen(tx, ctx, organizationId, transfer.connection_id, actor, { worked });
  await announceAll(
    tx,
    organizationId,
    'documents',
    accepted.map((a) => a.claim.document.id),
  );
  const trail = accepted.flatMap(({ claim, made, adopted }): AuditEntry[] => [
    ...issued.filter((entry) => entry.entityId === claim.document.id && issuing(claim.transfer)),
    {
      action: adopted ? 'transfer found at the provider' : 'transfer accepted',
      entity: 'document',
      entityId: claim.document.id,
      data: { reference: claim.transfer.reference, verb: claim.transfer.verb, number: made.number, providerId: made.providerId },
    },
  ]);
  await audit(tx, organizationId, actor, ctx.now(), trail);
}

/** The provider's own PDFs, by the claim that brought them. */
async function storePdfs(tx: Tx, ctx: Context, issues: Accepted[]): Promise<Map<Claim, string>> {
  const withPdf = issues.filter((a) => a.made.pdf);
  if (withPdf.length === 0) return new Map();
  const files = withPdf.map(({ claim: { document }, made }) => ({
    name: fileName(made.number ?? document.number ?? document.id),
    mediaType: 'application/pdf',
    bytes: made.pdf!,
  }));
  const stored = await storeFiles(tx, withPdf[0]!.claim.transfer.organization_id, ctx.now(), files);
  return new Map(withPdf.map(({ claim }, at) => [claim, stored[at]!.id]));
}

/** Amounts are compared to the last unit: what the provider holds counts there, what the buyer paid counts here. */
function differencesOf({ claim, made }: Accepted): Finding[] {
  return issuing(claim.transfer) ? providerDifferences(claim.document.content, made, claim.transfers.rateWord) : [];
}

async function markAccepted(tx: Tx, ctx: Context, accepted: Accepted[]): Promise<void> {
  const now = ctx.now().toISOString();
  const rows = accepted.map((a) => {
    const { pdf: _, ...facts } = a.made;
    const { transfer } = a.claim;
    const [difference] = differencesOf(a);
    const params = { ...(a.made.number ? { number: a.made.number } : {}), ...(difference ? { differs: difference.code } : {}) };
    return {
      id: transfer.id,
      made: facts,
      cause: a.warnings?.[0] ?? null,
      settings: { ...transfer.settings, probe: undefined },
      story: longer([...transfer.story, { at: now, what: a.adopted ? 'found' : 'accepted', params }]),
    };
  });
  await sql`update transfer t set status = 'accepted', made = r.made, cause = coalesce(r.cause, 'null'::jsonb), next_at = null, claimed_at = null,
      settings = r.settings, story = r.story, updated_at = ${now}::timestamptz
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, made jsonb, cause jsonb, settings jsonb, story jsonb)
    where t.organization_id = ${accepted[0]!.claim.transfer.organization_id} and t.id = r.id`.execute(tx);
}

async function closeBreaker(tx: Tx, organizationId: string, connectionId: string): Promise<void> {
  await tx
    .updateTable('connection_gate')
    .set({ failures: 0, open_until: null, cause_code: null })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .execute();
}

/** What an issued document sets in motion: its mail, further steps at the provider, documents that refer to it, its paper. */
async function goOn(tx: Tx, ctx: Context, issues: Accepted[], pdfs: Map<Claim, string>): Promise<void> {
  if (issues.length === 0) return;
  const organizationId = issues[0]!.claim.transfer.organization_id;
  const mailed = issues.filter(({ claim }) => claim.transfer.settings.mail === true);
  if (mailed.length > 0)
    await queueMails(
      tx,
      ctx,
      { organizationId, actor: 'system' },
      mailed.map(({ claim }) => ({ documentId: claim.document.id })),
    );
  for (const { claim, made } of issues) {
    const { transfer, transfers, request, document } = claim;
    const settings = { ...withoutNotes(transfer.settings), providerId: made.providerId };
    await queueFollowUps(tx, ctx, transfer, document.id, transfers.follow?.(request) ?? [], settings);
  }
  const changed = issues.filter(({ claim }) => claim.transfer.verb === 'change' && pdfs.has(claim)).map(({ claim }) => claim.document.id);
  if (changed.length > 0) await putAgain(tx, ctx, organizationId, changed);
  await wakeFollowers(
    tx,
    ctx,
    organizationId,
    issues.map(({ claim }) => claim.document.id),
  );
  // The provider's own PDF is the one that counts: what came without it is read again.
  const paperless = issues.filter(({ claim }) => !pdfs.has(claim) && !claim.document.number);
  await ctx.jobs.enqueue(
    tx,
    'settle',
    paperless.map(({ claim }) => ({ organizationId, id: claim.transfer.id })),
    { startAfter: new Date(ctx.now().getTime() + minuteMs) },
  );
}

/** The PDF on the order is one of before the change: the new one takes its place. */
async function putAgain(tx: Tx, ctx: Context, organizationId: string, documentIds: string[]): Promise<void> {
  const now = ctx.now().toISOString();
  await sql`update delivery set status = 'waiting', next_at = null, updated_at = ${now}::timestamptz
    where organization_id = ${organizationId} and way = 'attachment' and document_id = any(${documentIds}::uuid[]) and status not in ('sending','replaced')`.execute(
    tx,
  );
}

/** Documents that refer to these could not go before them. */
async function wakeFollowers(tx: Tx, ctx: Context, organizationId: string, documentIds: string[]): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    update transfer set next_at = null where organization_id = ${organizationId} and id in (
      select id from transfer where organization_id = ${organizationId} and status = 'waiting' and document_id = any(array(
        select id from document where organization_id = ${organizationId} and corrects_id = any(${documentIds}::uuid[])
        union all select id from document where organization_id = ${organizationId} and proforma_id = any(${documentIds}::uuid[])))
      order by id for no key update) returning id`.execute(tx);
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    rows.map((r) => ({ organizationId, id: r.id })),
  );
}
