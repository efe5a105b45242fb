import { type Selectable, sql } from 'kysely';
import { type JobResult, type PrintOptions, printHours } from '../contract/agent/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import { documentPdf, type RenderPdf, readIssued, readLook } from '../delivery/index.ts';
import { closeCases } from '../diagnosis/index.ts';
import { cut } from '../domain/cut.ts';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentKind } from '../domain/documents/document.ts';
import type { Context, JobData, Who } from '../jobs/index.ts';
import { announce, audit, byLot, json, newId, type StoryEntry, type Tables, type Tx } from '../store/index.ts';
import { giveFile } from './files.ts';
import { type AgentJob, cancelJob, makeJob } from './jobs.ts';
import { raise } from './plugin.ts';
import { listRules, type PrintType, rulesFor } from './print-rules.ts';

/**
 * A print is a delivery: one row, one key, one effect. `print:<document>:<rule>:<n>` — again is always a new n, asked for by a person.
 *
 *   queued ──> sending (with the agent, or in the printer) ──> printed
 *                 ├──> refused  (surely nothing came out)
 *                 ├──> unknown  (a person looks at the printer) ──> printed | cancelled
 *                 └──> cancelled
 */
type Delivery = Selectable<Tables['delivery']>;
type PrintStatus = 'queued' | 'sending' | 'printed' | 'refused' | 'unknown' | 'cancelled';
type PrintSettings = {
  ruleId: string | null;
  agentId: string;
  printer: string | null;
  printType: PrintType;
  options: PrintOptions;
};

/** A document of a provider is printed as the provider's own paper: it is waited for, but not for ever. */
const paperWaitMs = 5 * 60_000;
const paperLookMs = 20_000;
const storyLimit = 60;

type Planned = PrintSettings & { documentId: string; printerName: string };
export type PrintChoice = { agentId: string; printer: string | null; printType: PrintType; options?: Partial<PrintOptions> };

/**
 * Queues prints inside the caller's transaction. By the rules, once for each document and rule however often it is called; with
 * `choice` or `again` a person asks, and each asking is a print of its own. Returns the ids of the deliveries.
 */
export async function queuePrints(
  tx: Tx,
  ctx: Pick<Context, 'jobs' | 'now'>,
  who: Who,
  documentIds: string[],
  options: { choice?: PrintChoice; again?: boolean } = {},
): Promise<string[]> {
  const { organizationId } = who;
  const rules = options.choice ? [] : await listRules(tx, organizationId);
  if (documentIds.length === 0 || (!options.choice && rules.every((r) => !r.active))) return [];
  const subjects = await subjectsOf(tx, organizationId, documentIds);
  const names = await printerNames(tx, organizationId);
  const planned: Planned[] = subjects.flatMap((subject): Planned[] => {
    const { choice } = options;
    const wishes: PrintSettings[] = choice
      ? [{ ruleId: null, ...choice, options: { copies: 1, ...choice.options } }]
      : rulesFor(rules, subject).map((rule) => ({
          ruleId: rule.id,
          agentId: rule.agent_id,
          printer: rule.printer,
          printType: rule.print_type,
          options: rule.options,
        }));
    return wishes.map((wish) => ({ ...wish, documentId: subject.id, printerName: names(wish.agentId, wish.printer) }));
  });
  if (planned.length === 0) return [];
  const counts = options.choice || options.again ? await countsOf(tx, organizationId, documentIds) : undefined;
  const now = ctx.now();
  const rows = planned.map(({ documentId, printerName, ...settings }) => {
    const stem = `print:${documentId}:${settings.ruleId ?? 'hand'}`;
    const n = counts?.get(stem) ?? 0;
    counts?.set(stem, n + 1);
    return {
      organization_id: organizationId,
      id: newId(now),
      document_id: documentId,
      way: 'print' as const,
      key: `${stem}:${n}`,
      recipient: printerName,
      status: 'queued',
      settings: json(settings satisfies PrintSettings),
      cause: json(null),
      story: json(longer([], now, 'print queued', { by: who.actor })),
      message_id: null,
      connection_id: settings.agentId,
      created_by: who.actor,
      created_at: now,
      updated_at: now,
    };
  });
  const made = await tx
    .insertInto('delivery')
    .values(rows)
    .onConflict((c) => c.columns(['organization_id', 'key']).doNothing())
    .returning('id')
    .execute();
  await nudge(
    tx,
    ctx,
    organizationId,
    made.map((r) => r.id),
  );
  if (made.length > 0) await announce(tx, organizationId, 'deliveries');
  return made.map((r) => r.id);
}

type Subject = { id: string; kind: DocumentKind; connectionIds: string[] };

async function subjectsOf(tx: Tx, organizationId: string, ids: string[]): Promise<Subject[]> {
  const { rows } = await sql<{ id: string; kind: DocumentKind; connections: (string | null)[] }>`
    select d.id, d.kind, array[o.connection_id, s.connection_id] || coalesce((select array_agg(t.connection_id) from transfer t
      where t.organization_id = d.organization_id and t.document_id = d.id), '{}') as connections
    from document d left join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
      left join series s on s.organization_id = d.organization_id and s.id = d.series_id
    where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) and d.state = 'issued'
    order by d.issued_at, d.sequence_no, d.id`.execute(tx);
  return rows.map(({ connections, ...row }) => ({ ...row, connectionIds: connections.filter((c) => c !== null) }));
}

async function printerNames(tx: Tx, organizationId: string): Promise<(agentId: string, printer: string | null) => string> {
  const agents = await tx.selectFrom('agent').select(['id', 'state']).where('organization_id', '=', organizationId).execute();
  return (agentId, printer) => {
    const printers = agents.find((a) => a.id === agentId)?.state?.printers ?? [];
    return printers.find((p) => (printer === null ? p.isDefault : p.id === printer))?.name ?? (printer === null ? '' : nameIn(printer));
  };
}

/** A printer's id is `<name> <address>`: the name is still there when the printer is gone. */
function nameIn(printer: string): string {
  return printer.split(' ')[0]!;
}

async function countsOf(tx: Tx, organizationId: string, ids: string[]): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom('delivery')
    .select('key')
    .where('organization_id', '=', organizationId)
    .where('document_id', 'in', ids)
    .where('way', '=', 'print')
    .execute();
  const counts = new Map<string, number>();
  for (const { key } of rows) {
    const stem = key.slice(0, key.lastIndexOf(':'));
    counts.set(stem, Math.max(counts.get(stem) ?? 0, Number(key.slice(stem.length + 1)) + 1));
  }
  return counts;
}

async function nudge(tx: Tx, ctx: Pick<Context, 'jobs'>, organizationId: string, ids: string[], startAfter?: Date): Promise<void> {
  await ctx.jobs.enqueue(
    tx,
    'print',
    ids.map((id) => ({ organizationId, id })),
    startAfter ? { startAfter } : {},
  );
}

function longer(story: StoryEntry[], at: Date, what: string, params?: Record<string, string>): StoryEntry[] {
  const next = [...story, { at: at.toISOString(), what, ...(params ? { params } : {}) }];
  return next.length <= storyLimit ? next : [...next.slice(0, 10), ...next.slice(10 - storyLimit)];
}

/** The job `print`: makes the page and gives it to the agent. Everything in it may be repeated; the key keeps the effect one. */
export async function workPrint(ctx: Context, tools: { renderPdf: RenderPdf }, { organizationId, id }: JobData): Promise<void> {
  const ready = await ctx.store.org(organizationId, async (tx) => {
    const delivery = await readPrint(tx, organizationId, id);
    if (delivery?.status !== 'queued') return undefined;
    const { rows } = await sql<{ waits: boolean }>`
      select d.pdf_file_id is null and s.number_owner = 'provider' as waits from document d
        left join series s on s.organization_id = d.organization_id and s.id = d.series_id
      where d.organization_id = ${organizationId} and d.id = ${delivery.document_id}`.execute(tx);
    const ageMs = ctx.now().getTime() - delivery.created_at.getTime();
    if (rows[0]?.waits && ageMs < paperWaitMs) {
      await nudge(tx, ctx, organizationId, [id], new Date(ctx.now().getTime() + paperLookMs));
      return undefined;
    }
    return delivery;
  });
  if (!ready) return;
  const page = await pageOf(ctx, tools, organizationId, ready);
  if (!page) return;
  await ctx.store.org(organizationId, async (tx) => {
    const delivery = await readPrint(tx, organizationId, id);
    if (delivery?.status !== 'queued') return;
    const { agentId, printer, options } = delivery.settings as PrintSettings;
    const now = ctx.now();
    const sha256 = await giveFile(tx, ctx, organizationId, agentId, page);
    await makeJob(tx, ctx, organizationId, {
      agentId,
      kind: 'print.pdf',
      key: delivery.key,
      lane: delivery.key,
      payload: { ...options, printer, printerName: delivery.recipient, title: cut(page.name.replace(/\.pdf$/i, ''), 200), sha256 },
      files: [{ sha256, name: page.name, sizeBytes: page.bytes.length }],
      expiresAt: new Date(now.getTime() + printHours * 3_600_000),
    });
    await write(tx, delivery, now, { status: 'sending', attempts: delivery.attempts + 1 }, 'print with the agent', {
      printer: delivery.recipient,
    });
  });
}

/** The original is the stored paper, the same bytes that are mailed; copies and duplicates say what they are. */
async function pageOf(ctx: Context, tools: { renderPdf: RenderPdf }, organizationId: string, delivery: Delivery) {
  const { printType } = delivery.settings as PrintSettings;
  const mediaType = 'application/pdf';
  if (printType === 'original' || printType === 'label') {
    const stored = await documentPdf(ctx, tools.renderPdf, organizationId, delivery.document_id);
    return stored && { name: stored.name, mediaType, bytes: stored.bytes };
  }
  const found = await ctx.store.org(organizationId, async (tx) => {
    const [document] = await readIssued(tx, organizationId, [delivery.document_id]);
    const { zone } = await tx.selectFrom('organization').select('zone').where('id', '=', organizationId).executeTakeFirstOrThrow();
    return document && { document, zone, look: await readLook(tx, organizationId) };
  });
  if (!found) return undefined;
  const { content, issued } = found.document;
  const mark = { kind: printType, ...(printType === 'duplicate' ? { date: civilDay(ctx.now().toISOString(), found.zone) } : {}) };
  const bytes = await tools.renderPdf({ content, issued, look: found.look, mark });
  return { name: `${issued.number.replace(/[\\/:*?"<>|\s]+/g, '-')}-${printType}.pdf`, mediaType, bytes };
}

async function readPrint(tx: Tx, organizationId: string, id: string): Promise<Delivery | undefined> {
  return tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .where('way', '=', 'print')
    .forNoKeyUpdate()
    .executeTakeFirst();
}

async function write(
  tx: Tx,
  delivery: Delivery,
  now: Date,
  set: Record<string, unknown>,
  what: string,
  params?: Record<string, string>,
): Promise<void> {
  await tx
    .updateTable('delivery')
    .set({ ...set, story: json(longer(delivery.story, now, what, params)), updated_at: now })
    .where('organization_id', '=', delivery.organization_id)
    .where('id', '=', delivery.id)
    .execute();
  await announce(tx, delivery.organization_id, 'deliveries', delivery.id);
}

async function deliveryOf(tx: Tx, job: AgentJob): Promise<Delivery | undefined> {
  return tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', job.organization_id)
    .where('key', '=', job.key)
    .where('way', '=', 'print')
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Causes that one printer has, whatever it should print. */
const ofPrinter = ['print_no_paper', 'print_printer_gone', 'print_stopped', 'print_no_printer'];

async function printerCards(tx: Tx, ctx: Context, job: AgentJob, cause: CauseRef | null): Promise<void> {
  const printer = cause?.params?.printer ?? String(job.payload.printerName ?? '');
  await closeCases(
    tx,
    ctx,
    job.organization_id,
    job.agent_id,
    'agent',
    (k) => ofPrinter.includes(k.code) && k.params.printer === printer && k.code !== cause?.code,
  );
  if (cause && ofPrinter.includes(cause.code)) await raise(tx, ctx, job.organization_id, job.agent_id, cause, 'printer');
}

/** What holds a page up is told beside it, once each time it changes. */
export async function progressPrint(tx: Tx, ctx: Context, job: AgentJob, step: string, cause: CauseRef | null): Promise<void> {
  const delivery = await deliveryOf(tx, job);
  const before = (delivery?.cause as CauseRef | null)?.code;
  if (delivery && (before !== cause?.code || step === 'in the printer') && delivery.status === 'sending') {
    const told = cause ? 'print waits' : step === 'in the printer' ? 'print in the printer' : 'print goes on';
    if (delivery.story.at(-1)?.what !== told || before !== cause?.code)
      await write(tx, delivery, ctx.now(), { cause: json(cause) }, told, cause ? { cause: cause.code, ...cause.params } : undefined);
  }
  await printerCards(tx, ctx, job, cause);
}

export async function settlePrint(tx: Tx, ctx: Context, job: AgentJob, result: JobResult): Promise<void> {
  const delivery = await deliveryOf(tx, job);
  const printer = String(job.payload.printerName ?? '');
  const cause: CauseRef | null =
    result.outcome === 'done'
      ? null
      : { ...(result.cause ?? { code: 'print_refused' }), params: { printer, reasons: '–', ...result.cause?.params } };
  const status: PrintStatus =
    result.outcome === 'done'
      ? 'printed'
      : result.outcome === 'unknown'
        ? 'unknown'
        : result.class === 'cancelled'
          ? 'cancelled'
          : 'refused';
  const now = ctx.now();
  // A person's word, and what was printed, stands.
  if (delivery && ['queued', 'sending', 'unknown', 'refused'].includes(delivery.status))
    await write(
      tx,
      delivery,
      now,
      { status, cause: json(status === 'cancelled' ? null : cause), next_at: null },
      `print ${status}`,
      cause ? { cause: cause.code } : { printer: result.facts?.printer ?? printer },
    );
  await printerCards(tx, ctx, job, result.outcome === 'done' ? null : cause);
  if (!delivery) return;
  await audit(tx, job.organization_id, 'system', now, [
    {
      action: `print ${status}`,
      entity: 'delivery',
      entityId: delivery.id,
      data: { document: delivery.document_id, printer: result.facts?.printer ?? printer, ...(cause ? { cause: cause.code } : {}) },
    },
  ]);
}

type PrintDecision = 'arrived' | 'cancel' | 'again';

/** What a person decides about one print: it is there, it is not wanted any more, or it shall come once more. */
export async function decidePrint(ctx: Context, who: Who, id: string, decision: PrintDecision): Promise<'done' | 'unknown' | 'not now'> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const delivery = await readPrint(tx, who.organizationId, id);
    if (!delivery) return 'unknown';
    const now = ctx.now();
    if (decision === 'again') {
      if (['queued', 'sending'].includes(delivery.status)) return 'not now';
      await reprint(tx, ctx, who, delivery);
    } else if (decision === 'arrived') {
      if (delivery.status !== 'unknown') return 'not now';
      await write(tx, delivery, now, { status: 'printed', cause: json(null) }, 'print seen', { by: who.actor });
    } else {
      if (!['queued', 'sending', 'unknown'].includes(delivery.status)) return 'not now';
      // What an agent has, it is asked to call off; its answer says what happened.
      const off = await cancelJob(tx, ctx, who.organizationId, delivery.key);
      if (off === 'asked') await write(tx, delivery, now, {}, 'print asked back', { by: who.actor });
      else await write(tx, delivery, now, { status: 'cancelled', cause: json(null) }, 'print cancelled', { by: who.actor });
    }
    await audit(tx, who.organizationId, who.actor, now, [
      { action: `print ${decision}`, entity: 'document', entityId: delivery.document_id, data: { delivery: id, from: delivery.status } },
    ]);
    return 'done';
  });
}

/** The same print under the next n of its key. */
async function reprint(tx: Tx, ctx: Context, who: Who, delivery: Delivery): Promise<void> {
  const now = ctx.now();
  const stem = delivery.key.slice(0, delivery.key.lastIndexOf(':'));
  const n = (await countsOf(tx, who.organizationId, [delivery.document_id])).get(stem) ?? 0;
  const id = newId(now);
  const settings = delivery.settings as PrintSettings;
  const names = await printerNames(tx, who.organizationId);
  await tx
    .insertInto('delivery')
    .values({
      organization_id: who.organizationId,
      id,
      document_id: delivery.document_id,
      way: 'print',
      key: `${stem}:${n}`,
      recipient: names(settings.agentId, settings.printer),
      status: 'queued',
      settings: json(settings),
      cause: json(null),
      story: json(longer([], now, 'print queued', { by: who.actor })),
      message_id: null,
      connection_id: delivery.connection_id,
      created_by: who.actor,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await nudge(tx, ctx, who.organizationId, [id]);
  await announce(tx, who.organizationId, 'deliveries', id);
}

/** A test page of a rule, with its name as the title: no document, no delivery. Returns the job's id. */
export async function printTestPage(
  ctx: Context,
  who: Who,
  rule: { id: string; name: string; agentId: string; printer: string | null; options: PrintOptions },
  page: Uint8Array,
): Promise<string> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const sha256 = await giveFile(tx, ctx, who.organizationId, rule.agentId, {
      name: `${rule.name}.pdf`,
      mediaType: 'application/pdf',
      bytes: page,
    });
    const names = await printerNames(tx, who.organizationId);
    const key = `test:${rule.id}:${newId(now)}`;
    const job = await makeJob(tx, ctx, who.organizationId, {
      agentId: rule.agentId,
      kind: 'print.pdf',
      key,
      lane: key,
      payload: {
        ...rule.options,
        copies: 1,
        printer: rule.printer,
        printerName: names(rule.agentId, rule.printer),
        title: cut(rule.name, 200),
        sha256,
      },
      files: [{ sha256, name: `${rule.name}.pdf`, sizeBytes: page.length }],
      priority: 1,
      expiresAt: new Date(now.getTime() + 10 * 60_000),
    });
    return job.id;
  });
}

const sweepLimit = 500;

/** Prints whose job was lost are nudged; run every minute. */
export async function sweepPrints(ctx: Context): Promise<void> {
  const before = new Date(ctx.now().getTime() - 60_000);
  const rows = await ctx.store.system((tx) =>
    tx
      .selectFrom('delivery')
      .select(['organization_id', 'id'])
      .where('way', '=', 'print')
      .where('status', '=', 'queued')
      .where('updated_at', '<=', before)
      .orderBy(byLot(ctx.now(), 'id'))
      .limit(sweepLimit)
      .execute(),
  );
  for (const { organization_id, id } of rows)
    await ctx.store.org(organization_id, (tx) => ctx.jobs.enqueue(tx, 'print', [{ organizationId: organization_id, id }]));
}
