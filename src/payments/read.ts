import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { cut } from '../domain/cut.ts';
import { civilDay } from '../domain/days/day.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import { type Credit, type Match, match, type OpenItems, plain } from '../domain/payments/match.ts';
import { storedSource } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Proposal, type StoredFile, type Tables, type Tx } from '../store/index.ts';
import { readOrganization, type Who } from '../toissue/index.ts';
import { bookInTransaction } from './book.ts';
import type { StatementEncoding } from './encoding.ts';
import { notOurs } from './not-ours.ts';
import { readOpenItems } from './open-items.ts';
import { accountKey, type BankLine, bare, inspectStatement, readStatement } from './statement.ts';

/**
 * The life of a statement: waiting → read | refused. Its lines become payments a batch at a time, each once for ever: by what the bank says
 * of a line, and by its place among equal ones. A killed run begins again and passes over what it has; so does the same statement sent
 * again, and one that overlaps it.
 */
const batchSize = 100;

/** Answers its id; nothing for a file of the watched folder that is a statement already. */
export async function createStatement(
  tx: Tx,
  ctx: Context,
  who: Who,
  file: StoredFile,
  encoding?: StatementEncoding,
): Promise<string | undefined> {
  const now = ctx.now();
  const id = newId(now);
  const row = await tx
    .insertInto('bank_statement')
    .values({
      organization_id: who.organizationId,
      id,
      file_id: file.id,
      name: cut(file.name, 200),
      sha256: file.sha256,
      format: null,
      encoding: encoding ?? null,
      status: 'waiting',
      counts: json({}),
      accounts: json([]),
      findings: json([]),
      created_by: who.actor,
      created_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!row) return undefined;
  await ctx.jobs.enqueue(tx, 'bank-statement', [{ organizationId: who.organizationId, id }]);
  await announce(tx, who.organizationId, 'payments', id);
  return id;
}

/** Statements that a lost job or a killed process left unread. */
export async function sweepStatements(ctx: Context): Promise<void> {
  const rows = await ctx.store.db
    .selectFrom('bank_statement')
    .select(['organization_id', 'id'])
    .where('status', '=', 'waiting')
    .limit(100)
    .execute();
  for (const { organization_id: organizationId, id } of rows)
    await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'bank-statement', [{ organizationId, id }]));
}

type StatementCounts = {
  lines: number;
  debits: number;
  known: number;
  booked: number;
  proposed: number;
  open: number;
  setAside: number;
  unread: number;
};

export async function workStatement(ctx: Context, organizationId: string, id: string): Promise<void> {
  const row = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('bank_statement as s')
      .innerJoin('file as f', (join) => join.onRef('f.organization_id', '=', 's.organization_id').onRef('f.id', '=', 's.file_id'))
      .select(['s.name', 's.status', 's.encoding', 's.created_by', 'f.id as file_id', 'f.size_bytes'])
      .where('s.organization_id', '=', organizationId)
      .where('s.id', '=', id)
      .executeTakeFirst(),
  );
  if (row?.status !== 'waiting') return;
  const source = storedSource(ctx.store, organizationId, { id: row.file_id, name: row.name, sizeBytes: Number(row.size_bytes) });
  const head = await inspectStatement(source, (row.encoding as StatementEncoding | null) ?? undefined);
  if ('refused' in head) return finish(ctx, organizationId, id, row.created_by, { status: 'refused', findings: [head.refused] });
  const desk = await openDesk(ctx, organizationId, id);
  const counts: StatementCounts = { lines: 0, debits: 0, known: 0, booked: 0, proposed: 0, open: 0, setAside: 0, unread: 0 };
  const findings: Finding[] = [];
  const accounts: { account: string; currency: string; number?: string; lines: number; lastDay?: string }[] = [];
  let batch: BankLine[] = [];
  for await (const event of readStatement(source, head)) {
    if ('finding' in event) {
      findings.push(event.finding);
      if (event.finding.level === 'reject') counts.unread++;
    } else if ('statement' in event) {
      const { account, currency, number, lines, lastDay } = event.statement;
      if (accounts.length < 500) accounts.push({ account, currency, lines, ...(number && { number }), ...(lastDay && { lastDay }) });
    } else {
      counts.lines++;
      // A debit pays nothing of ours; one that takes an earlier credit away is shown, because that may have been booked.
      if (event.line.direction === 'debit') counts.debits++;
      if (event.line.direction === 'debit' && event.line.reversal)
        findings.push({
          code: 'W_PAYMENT_TAKEN_BACK',
          level: 'warning',
          params: {
            line: String(event.line.place),
            amount: fromMinor(event.line.amountMinor, event.line.currency),
            currency: event.line.currency,
          },
        });
      // Banks write interest and fees of 0,00: a line like any other, and no money.
      if (event.line.direction === 'credit' && event.line.amountMinor > 0n) batch.push(event.line);
      if (batch.length >= batchSize) {
        await take(ctx, organizationId, desk, batch, counts);
        batch = [];
      }
    }
  }
  await take(ctx, organizationId, desk, batch, counts);
  const refused = findings.some((f) => f.level === 'file') && counts.lines === 0;
  await finish(ctx, organizationId, id, row.created_by, {
    status: refused ? 'refused' : 'read',
    findings,
    counts,
    accounts,
    format: head.format,
    encoding: head.encoding,
  });
}

type End = Pick<Tables['bank_statement'], 'status'> & {
  findings: Finding[];
  counts?: StatementCounts;
  accounts?: unknown[];
  format?: string;
  encoding?: string;
};

async function finish(ctx: Context, organizationId: string, id: string, actor: string, end: End): Promise<void> {
  await ctx.store.org(organizationId, async (tx) => {
    await tx
      .updateTable('bank_statement')
      .set({
        status: end.status,
        findings: json(end.findings),
        counts: json(end.counts ?? {}),
        accounts: json(end.accounts ?? []),
        format: end.format ?? null,
        ...(end.encoding && { encoding: end.encoding }),
        read_at: ctx.now(),
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute();
    await announce(tx, organizationId, 'payments', id);
    const counts = Object.fromEntries(Object.entries(end.counts ?? {}).map(([name, n]) => [name, String(n)]));
    await audit(tx, organizationId, actor, ctx.now(), [
      { action: `statement ${end.status}`, entity: 'bank-statement', entityId: id, data: { counts } },
    ]);
  });
}

type Desk = { statementId: string; items: OpenItems; own: Set<string>; seen: Map<string, number> };

async function openDesk(ctx: Context, organizationId: string, statementId: string): Promise<Desk> {
  return ctx.store.org(organizationId, async (tx) => {
    const organization = await readOrganization(tx, organizationId);
    const today = civilDay(ctx.now().toISOString(), organization.zone);
    const accounts = await tx
      .selectFrom('payment')
      .select('account')
      .distinct()
      .where('organization_id', '=', organizationId)
      .where('account', 'is not', null)
      .execute();
    const own = new Set([
      ...accounts.map((a) => a.account!),
      ...(organization.seller.bankAccount ? [accountKey(organization.seller.bankAccount)] : []),
    ]);
    return { statementId, items: await readOpenItems(tx, organizationId, today), own, seen: new Map() };
  });
}

/**
 * What makes a line itself: account, day, amount and the bank's reference, or without one the words and the payer; and which one of equal
 * lines of its file it is. Formats differ in words, so where a reference speaks, words do not count.
 */
function identity(line: BankLine, seen: Map<string, number>): string {
  const payer = line.payerAccount ? accountKey(line.payerAccount) : '';
  const words = line.bankReference
    ? bare(line.bankReference)
    : plain([line.titles[0] ?? '', line.payerReference ?? '', line.structuredReference ?? ''].join(' ')).replaceAll(' ', '');
  const key = [accountKey(line.account), line.currency, line.valueDay, line.amountMinor, line.reversal ? 'R' : '', words, payer].join('|');
  const nth = (seen.get(key) ?? 0) + 1;
  seen.set(key, nth);
  return createHash('sha256').update(`${key}|${nth}`).digest('hex');
}

/**
 * A line that is booked has a transaction of its own: it locks an order and its documents, and several in one would take them in the order
 * of the bank (ADR 3). The others are only kept, all at once and in one order, for another statement may hold the same lines.
 */
async function take(ctx: Context, organizationId: string, desk: Desk, lines: BankLine[], counts: StatementCounts): Promise<void> {
  if (lines.length === 0) return;
  const identified = lines.map((line) => ({ line, raw: identity(line, desk.seen) }));
  const { fresh, twins } = await ctx.store.org(organizationId, async (tx) => {
    const known = await tx
      .selectFrom('payment')
      .select('raw_id')
      .where('organization_id', '=', organizationId)
      .where('source', '=', 'bank')
      .where(
        'raw_id',
        'in',
        identified.map((i) => i.raw),
      )
      .execute();
    const there = new Set(known.map((k) => k.raw_id));
    const left = identified.filter((i) => !there.has(i.raw));
    const lines = left.map((f) => f.line);
    return { fresh: left, twins: await twinsOf(tx, organizationId, desk.statementId, lines) };
  });
  counts.known += identified.length - fresh.length;
  const kept: { raw: string; judged: Judged }[] = [];
  for (const { line, raw } of fresh) {
    const judged = judge(desk, line, twins.has(line));
    if (judged.sure) counts[await ctx.store.org(organizationId, (tx) => takeLine(tx, ctx, organizationId, desk, judged, raw))]++;
    else kept.push({ raw, judged });
  }
  kept.sort((a, b) => (a.raw < b.raw ? -1 : 1));
  const taken = await ctx.store.org(organizationId, async (tx) => {
    const each: Taken[] = [];
    for (const { raw, judged } of kept) each.push(await takeLine(tx, ctx, organizationId, desk, judged, raw));
    return each;
  });
  for (const what of taken) counts[what]++;
}

type Judged = {
  line: BankLine;
  credit: Credit;
  aside: ReturnType<typeof notOurs>;
  unsure: BankLine['unsure'] | 'twin';
  matches: Match[];
  sure?: Match;
};

/** What a line looks like, from what is open and from what the lines before it paid. */
function judge(desk: Desk, line: BankLine, twin: boolean): Judged {
  const aside = notOurs(line, desk.own);
  const credit: Credit = { ...line, day: line.valueDay, ...(line.payerAccount && { payerAccount: accountKey(line.payerAccount) }) };
  const matches = aside ? [] : match(credit, desk.items);
  const unsure = line.unsure ?? (twin ? 'twin' : undefined);
  const [best] = matches;
  return { line, credit, aside, matches, unsure, ...(best?.sure && !unsure && { sure: best }) };
}

/** Lines that another statement may have told already in other words: same account, day and amount, and nothing that tells them apart. */
async function twinsOf(tx: Tx, organizationId: string, statementId: string, lines: BankLine[]): Promise<Set<BankLine>> {
  if (lines.length === 0) return new Set();
  const days = [...new Set(lines.map((l) => l.valueDay))];
  const { rows } = await sql<{ account: string; day: string; minor: bigint; currency: string; payer: string | null }>`
    select account, value_day::text as day, amount_minor as minor, currency, payer_account as payer from payment
    where organization_id = ${organizationId} and source = 'bank' and statement_id is distinct from ${statementId}::uuid and value_day = any(${days}::date[])`.execute(
    tx,
  );
  return new Set(
    lines.filter((line) =>
      rows.some(
        (row) =>
          row.account === accountKey(line.account) &&
          row.day === line.valueDay &&
          row.minor === line.amountMinor &&
          row.currency === line.currency &&
          (!row.payer || !line.payerAccount || row.payer === accountKey(line.payerAccount)),
      ),
    ),
  );
}

type Taken = 'booked' | 'proposed' | 'open' | 'setAside' | 'known';

async function takeLine(tx: Tx, ctx: Context, organizationId: string, desk: Desk, judged: Judged, raw: string): Promise<Taken> {
  const now = ctx.now();
  const { line, credit, aside, unsure, matches, sure } = judged;
  const id = newId(now);
  const row = await tx
    .insertInto('payment')
    .values({
      organization_id: organizationId,
      id,
      source: 'bank',
      raw_id: raw,
      account: accountKey(line.account),
      currency: line.currency,
      amount_minor: line.amountMinor,
      value_day: line.valueDay,
      payer_name: line.payerName ?? null,
      payer_account: credit.payerAccount ?? null,
      title: cut(line.titles[0] ?? line.structuredReference ?? '', 1000),
      state: aside ? 'set_aside' : 'open',
      why: aside ?? null,
      unsure: unsure ?? null,
      proposals: json(matches.filter((m) => m.shares.length > 0).map((m) => proposalOf(m, desk.items, line.currency))),
      details: json({
        ...(line.bankReference && { bankReference: line.bankReference }),
        ...(line.payerReference && { payerReference: line.payerReference }),
        ...(line.structuredReference && { structuredReference: line.structuredReference }),
      }),
      statement_id: desk.statementId,
      place: line.place,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  // Another statement that holds the same line is being read beside this one, and was faster.
  if (!row) return 'known';
  if (aside) return 'setAside';
  if (sure) {
    const who = { organizationId, actor: 'bank statement' };
    const shares = sure.shares.map((s) => ({ documentId: s.id, amountMinor: s.amountMinor }));
    const result = await bookInTransaction(tx, ctx, who, id, shares, {
      sure: true,
      reasons: sure.reasons,
      restToCredit: sure.kind === 'over',
    });
    if ('booked' in result) {
      for (const share of sure.shares) desk.items.booked(share.id, share.amountMinor);
      return 'booked';
    }
  }
  return matches.length > 0 ? 'proposed' : 'open';
}

function proposalOf(found: Match, items: OpenItems, currency: string): Proposal {
  return {
    shares: found.shares.map((s) => ({
      documentId: s.id,
      number: items.item(s.id)?.number ?? '',
      amount: fromMinor(s.amountMinor, currency),
    })),
    rest: fromMinor(found.restMinor, currency),
    kind: found.kind,
    confidence: found.confidence,
    reasons: found.reasons,
  };
}
