import { sql } from 'kysely';
import { queueMails } from '../delivery/index.ts';
import { cut } from '../domain/cut.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Party, partyName } from '../domain/parties/party.ts';
import { checkTaxId, documentTitle, regimeOf } from '../domain/regimes/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import { correctInTransaction, type Who } from '../toissue/index.ts';

/**
 * The desk for a missing or wrong document: a buyer comes by a sealed link without signing in, a customer from his panel. What can be done at
 * once is done; what changes an issued document becomes a proposed correction; the rest is a task. Where the law says no, it says why.
 */
const linkDays = 90;
const dayMs = 86_400_000;
const deskLimits = { perDay: 5, perDocument: 20, saidChars: 2000 };
const sealOwner = 'buyer-link';

export type Link = { organizationId: string; documentId: string };

/** An address nobody can guess or count up: sealed with the installation's key, valid for 90 days. */
export function buyerLink(ctx: Pick<Context, 'vault' | 'now' | 'publicUrl'>, { organizationId, documentId }: Link): string {
  const until = String(ctx.now().getTime() + linkDays * dayMs);
  return `${ctx.publicUrl}/buyer/${Buffer.from(ctx.vault.seal(sealOwner, { o: organizationId, d: documentId, e: until })).toString('base64url')}`;
}

/** The link as a mail bears it: none where buyers cannot reach this installation. */
export function mailedLink(ctx: Pick<Context, 'vault' | 'now' | 'publicUrl' | 'buyerLinks'>, link: Link): string | undefined {
  return ctx.buyerLinks ? buyerLink(ctx, link) : undefined;
}

/** The document of a link; a forged, broken or lapsed one is as unknown as none. */
export function openLink(ctx: Pick<Context, 'vault' | 'now'>, token: string): Link | undefined {
  if (!/^[\w-]{40,400}$/.test(token)) return undefined;
  try {
    const { o, d, e } = ctx.vault.open(sealOwner, Buffer.from(token, 'base64url'));
    if (!o || !d || !e || Number(e.reveal()) < ctx.now().getTime()) return undefined;
    return { organizationId: o.reveal(), documentId: d.reveal() };
  } catch {
    return undefined;
  }
}

type BuyerView = {
  kind: DocumentContent['kind'];
  title: string;
  number: string;
  issueDate: string;
  gross: string;
  currency: string;
  seller: string;
  buyer: Party;
  language: string;
};

export async function viewDocument(ctx: Context, { organizationId, documentId }: Link): Promise<BuyerView | undefined> {
  return ctx.store.org(organizationId, async (tx) => {
    const row = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', documentId)
      .where('state', '=', 'issued')
      .executeTakeFirst();
    if (!row?.number || !row.issue_date) return undefined;
    const { content } = row;
    const { name, company, taxIds, street, postalCode, city, country } = content.buyer;
    return {
      kind: row.kind,
      title: documentTitle(regimeOf(content.seller.country), content, content.language),
      number: row.number,
      issueDate: row.issue_date,
      gross: content.totals.gross,
      currency: row.currency,
      seller: partyName(content.seller),
      buyer: { name, company, taxIds, street, postalCode, city, country },
      language: content.language,
    };
  });
}

type Asked = { kind: 'again' | 'invoice' | 'mend' | 'report'; said?: string; party?: Party };
/** `refused` with a reason in the law or in what the document is; `limited` when it was asked too often. */
type Answered = { state: 'done' | 'open' | 'refused'; outcome: string };

export async function ask(
  ctx: Context,
  link: Link,
  asked: Asked,
  by: { actor: string; customerId?: string },
): Promise<Answered | undefined> {
  const { organizationId, documentId } = link;
  const who: Who = { organizationId, actor: by.actor };
  return ctx.store.org(organizationId, async (tx) => {
    const row = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', documentId)
      .where('state', '=', 'issued')
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!row) return undefined;
    const now = ctx.now();
    const before = await tx
      .selectFrom('desk_request')
      .select('created_at')
      .where('organization_id', '=', organizationId)
      .where('document_id', '=', documentId)
      .execute();
    const today = before.filter((b) => now.getTime() - b.created_at.getTime() < dayMs).length;
    if (today >= deskLimits.perDay || before.length >= deskLimits.perDocument) return { state: 'refused', outcome: 'limited' };
    const { madeId, ...answer } = await answerTo(tx, ctx, who, row, asked);
    await tx
      .insertInto('desk_request')
      .values({
        organization_id: organizationId,
        id: newId(now),
        document_id: documentId,
        customer_id: by.customerId ?? null,
        kind: asked.kind,
        said: cut(asked.said ?? '', deskLimits.saidChars),
        data: json(asked.party ? { party: asked.party } : {}),
        state: answer.state,
        outcome: answer.outcome,
        made_id: madeId ?? null,
        created_by: by.actor,
        created_at: now,
        closed_at: answer.state === 'open' ? null : now,
      })
      .execute();
    await announce(tx, organizationId, 'desk', documentId);
    await audit(tx, organizationId, by.actor, now, [
      {
        action: `desk: ${asked.kind}`,
        entity: 'document',
        entityId: documentId,
        data: { outcome: answer.outcome, number: row.number ?? '' },
      },
    ]);
    return answer;
  });
}

type Row = { id: string; kind: DocumentContent['kind']; content: DocumentContent };

async function answerTo(tx: Tx, ctx: Context, who: Who, row: Row, asked: Asked): Promise<Answered & { madeId?: string }> {
  switch (asked.kind) {
    case 'again': {
      // To the address it was made out to: a link that was passed on sends nothing anywhere else.
      const result = await queueMails(tx, ctx, who, [{ documentId: row.id, again: true }]);
      return result.queued.length > 0 ? { state: 'done', outcome: 'mailed' } : { state: 'open', outcome: 'task' };
    }
    case 'invoice':
      if (row.kind === 'invoice' || row.kind === 'final') return { state: 'refused', outcome: 'is-invoice' };
      if (row.kind === 'proforma') return { state: 'refused', outcome: 'after-payment' };
      if (bringsTaxIdToReceipt(row, asked)) return { state: 'refused', outcome: 'receipt-without-tax-id' };
      return { state: 'open', outcome: 'task' };
    case 'mend': {
      if (!asked.party) return { state: 'refused', outcome: 'data-missing' };
      const wrong = asked.party.taxIds.some((id) => checkTaxId(id)?.valid === false);
      if (wrong) return { state: 'refused', outcome: 'tax-id-wrong' };
      if (bringsTaxIdToReceipt(row, asked)) return { state: 'refused', outcome: 'receipt-without-tax-id' };
      if (row.kind === 'proforma') return { state: 'open', outcome: 'task' };
      // Where mail goes is the seller's to say: a link that was passed on leads no later document elsewhere. What was not said stays as it
      // is after the last correction.
      const { taxIds, email: _, phone: __, ...said } = asked.party;
      const buyer = { ...said, ...(taxIds.length > 0 && { taxIds, type: 'company' as const }) };
      const made = await correctInTransaction(tx, ctx, who, row.id, {
        reason: cut(asked.said ?? '', 200) || 'buyer data',
        reasonCode: 'buyer',
        buyer,
      });
      return made.outcome === 'created'
        ? { state: 'done', outcome: 'correction-proposed', madeId: made.id }
        : { state: 'open', outcome: 'task' };
    }
    default:
      return { state: 'open', outcome: 'task' };
  }
}

/**
 * Art. 106b(5) of the Polish act: a receipt without the buyer's tax id cannot become an invoice for a company, neither at once nor by
 * correcting the receipt, or the invoice that followed it.
 */
export function bringsTaxIdToReceipt({ kind, content }: Pick<Row, 'kind' | 'content'>, { party }: Pick<Asked, 'party'>): boolean {
  if (!party?.taxIds.length || content.seller.country !== 'PL') return false;
  return content.receipt ? !content.receipt.withTaxId : kind === 'receipt' && content.buyer.taxIds.length === 0;
}

/** A task of the seller that nobody asked for by a link: a disputed charge, a bill without its document. */
export async function openTask(
  tx: Tx,
  ctx: Pick<Context, 'now'>,
  who: Who,
  task: { documentId: string | null; customerId: string | null; outcome: string; said: string },
): Promise<void> {
  const now = ctx.now();
  await tx
    .insertInto('desk_request')
    .values({
      organization_id: who.organizationId,
      id: newId(now),
      document_id: task.documentId,
      customer_id: task.customerId,
      kind: 'report',
      said: cut(task.said, deskLimits.saidChars),
      data: json({}),
      state: 'open',
      outcome: task.outcome,
      made_id: null,
      created_by: who.actor,
      created_at: now,
      closed_at: null,
    })
    .execute();
  await announce(tx, who.organizationId, 'desk');
}

const listed = 200;

/** What was asked for, newest first; what still waits for somebody stands before all that is over, so that no crowd of those hides it. */
export async function listRequests(tx: Tx, organizationId: string) {
  return tx
    .selectFrom('desk_request as r')
    .leftJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'r.organization_id').onRef('d.id', '=', 'r.document_id'))
    .leftJoin('document as m', (join) => join.onRef('m.organization_id', '=', 'r.organization_id').onRef('m.id', '=', 'r.made_id'))
    .select(['r.id', 'r.kind', 'r.said', 'r.data', 'r.state', 'r.outcome', 'r.document_id', 'r.made_id', 'r.created_by', 'r.created_at'])
    .select(['d.number', 'd.buyer_name', 'm.state as made_state', 'm.number as made_number'])
    .where('r.organization_id', '=', organizationId)
    .orderBy(sql`(r.state = 'open' or coalesce(m.state, '') = 'to_issue')`, 'desc')
    .orderBy('r.created_at', 'desc')
    .limit(listed)
    .execute();
}

export async function closeRequest(ctx: Context, who: Who, id: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const closed = await tx
      .updateTable('desk_request')
      .set({ state: 'done', closed_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .where('state', '=', 'open')
      .returning('document_id')
      .executeTakeFirst();
    if (closed) {
      await announce(tx, who.organizationId, 'desk', id);
      await audit(tx, who.organizationId, who.actor, ctx.now(), [
        { action: 'desk: closed', entity: 'document', entityId: closed.document_id ?? id, data: {} },
      ]);
    }
    return closed !== undefined;
  });
}
