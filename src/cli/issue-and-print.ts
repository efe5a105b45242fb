import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import {
  deliverMail,
  type IssuedDocument,
  keepPdfs,
  type MadePdf,
  mailCause,
  mailsAtOnce,
  printIssued,
  type RenderPdf,
  readIssued,
  readLook,
  readStoredPdf,
} from '../delivery/index.ts';
import { createRenderer, type Renderer } from '../delivery/pdf/renderer.ts';
import { mailedLink } from '../desk/index.ts';
import { explain } from '../diagnosis/index.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { advancesFirst, issueBatchSize, issueDocuments, type Who } from '../toissue/index.ts';
import type { Output, Progress } from './command.ts';

/** What became of one document of the command. */
export type Made = {
  id: string;
  number?: string;
  outcome: 'issued' | 'submitted' | 'refused';
  findings?: Finding[];
  pdf?: string;
  /** Why there is no PDF, though one was wanted. */
  pdfFailed?: string;
  mail?: { to: string; status: string; cause?: string }[];
};
type IssueAndPrint = { issue: boolean; mail: boolean; pdfFolder?: string; issueDate?: string };

/** As many workers as processors: this thread mostly waits for them. */
const workers = Math.max(1, availableParallelism());
/** For a command that is sure to print: the workers get ready while it opens the database. The caller closes it. */
export const startRenderer = (): Renderer => createRenderer({ workers, atOnce: true });

/** The first batch is small so that the first PDF is there at once; PDFs are made by workers while issuing goes on. */
const firstBatchSize = 10;
/** PDFs in one transaction: each commit waits for the disk. */
const keptAtOnce = 16;

/** Issues, prints and mails in this process, without a server. A renderer that is given stays open. */
export async function issueAndPrint(
  ctx: Context,
  who: Who,
  ids: string[],
  options: IssueAndPrint,
  out: Output,
  started?: Renderer,
): Promise<Made[]> {
  const renderer = started ?? createRenderer({ workers });
  const renderPdf = renderer.render.bind(renderer);
  const printer = options.pdfFolder ? new Printer(ctx, who, renderPdf, options.pdfFolder, out.progress('Printing'), workers) : undefined;
  const issuing = out.progress('Issuing ');
  const made: Made[] = [];
  try {
    const line = options.issue ? await ctx.store.org(who.organizationId, (tx) => advancesFirst(tx, who.organizationId, ids)) : ids;
    for (let at = 0; at < line.length; ) {
      const slice = line.slice(at, at + (at === 0 && printer ? firstBatchSize : issueBatchSize));
      at += slice.length;
      const results = options.issue
        ? await issueDocuments(ctx, who, slice, { mail: options.mail, issueDate: options.issueDate })
        : slice.map((id) => ({ id, outcome: 'issued' as const }));
      const batch: Made[] = results.map((result) => ({ ...result }));
      made.push(...batch);
      await printer?.add(batch.filter((one) => one.outcome === 'issued'));
      if (at === slice.length) await printer?.first();
      if (options.issue) issuing.at(at, ids.length);
    }
    issuing.end();
    await printer?.done();
    if (options.mail) await mail(ctx, who, made, renderPdf, out);
  } finally {
    if (!started) await renderer.close();
  }
  return made;
}

/** Why documents were not issued, each finding in its words. */
export function tellRefused(ctx: Pick<Context, 'connectors'>, made: Made[], out: Output): void {
  for (const one of made.filter(({ outcome }) => outcome === 'refused'))
    for (const finding of one.findings ?? []) out.say(`  ${one.id}: ${finding.code} ${explain(ctx, finding, 'en').text}`);
}

/** Which documents have no PDF, and why: they are issued, and `export` prints them later. */
export function tellUnprinted(made: Made[], out: Output): void {
  for (const { number, id, pdfFailed } of made.filter((one) => one.pdfFailed !== undefined))
    out.say(
      `  ${number ?? id}: no PDF could be made (${pdfFailed}). The document stands; fakturist export DIR prints it once this is mended.`,
    );
}

/** Why mails did not leave: each cause once, in words. */
export function tellMailCauses(made: Made[], out: Output): void {
  const first = new Map<string, string>();
  for (const { cause, to } of made.flatMap((one) => one.mail ?? [])) if (cause && !first.has(cause)) first.set(cause, to);
  for (const [code, recipient] of first) {
    const { text, remedy } = mailCause(code);
    out.say(`Mail: ${text.en} ${remedy.en}`.replaceAll('{recipient}', recipient).replace(/\{\w+\}/g, '…'));
  }
}

/** Renders by the workers, keeps what is ready in one transaction, then writes it to the folder: what is on disk is what is kept. */
class Printer {
  readonly #ctx: Context;
  readonly #who: Who;
  readonly #renderPdf: RenderPdf;
  readonly #folder: string;
  readonly #bar: Progress;
  readonly #atOnce: number;
  readonly #waiting: { document: IssuedDocument; one: Made }[] = [];
  readonly #ready: { pdf: MadePdf; one: Made }[] = [];
  #rendering = new Set<Promise<void>>();
  #keeping: Promise<void> | undefined;
  #look: Awaited<ReturnType<typeof readLook>> | undefined;
  #wanted = 0;
  #printed = 0;

  constructor(ctx: Context, who: Who, renderPdf: RenderPdf, folder: string, bar: Progress, workers: number) {
    this.#ctx = ctx;
    this.#who = who;
    this.#renderPdf = renderPdf;
    this.#folder = folder;
    this.#bar = bar;
    // One more than there are workers: the next document is there when one is free.
    this.#atOnce = workers + 1;
    mkdirSync(folder, { recursive: true });
  }

  async add(batch: Made[]): Promise<void> {
    if (batch.length === 0) return;
    const { organizationId } = this.#who;
    const byId = new Map(batch.map((one) => [one.id, one]));
    await this.#ctx.store.org(organizationId, async (tx) => {
      this.#look ??= await readLook(tx, organizationId);
      for (const document of await readIssued(tx, organizationId, [...byId.keys()])) {
        const one = byId.get(document.id)!;
        const stored = await readStoredPdf(tx, organizationId, document);
        if (stored) this.#write(one, stored.name, stored.bytes);
        else this.#waiting.push({ document, one });
        this.#wanted++;
      }
    });
    this.#renderNext();
  }

  /** Resolves when there is something to look at: the next batch would hold the database while the first PDF waits to be kept. */
  async first(): Promise<void> {
    while (this.#printed === 0 && (this.#rendering.size > 0 || this.#keeping !== undefined))
      await (this.#keeping ?? Promise.race(this.#rendering));
  }

  /** Resolves when everything added is on disk, or named as what cannot be rendered: one document without a PDF costs no other its own. */
  async done(): Promise<void> {
    while (this.#rendering.size > 0 || this.#keeping !== undefined) await Promise.all([...this.#rendering, this.#keeping]);
    this.#bar.end();
  }

  #renderNext(): void {
    while (this.#rendering.size < this.#atOnce && this.#waiting.length > 0) {
      const { document, one } = this.#waiting.shift()!;
      const rendering = printIssued(this.#renderPdf, document, this.#look!)
        .then((pdf) => void this.#ready.push({ pdf, one }))
        .catch((error: unknown) => {
          one.pdfFailed = error instanceof Error ? error.message : String(error);
          this.#wanted--;
        })
        .then(() => {
          this.#rendering.delete(rendering);
          this.#renderNext();
          this.#keepNext();
        });
      this.#rendering.add(rendering);
      // A failure of what follows is met in `done`; until then it must not count as unhandled.
      rendering.catch(() => {});
    }
  }

  /** While one transaction is under way the next PDFs gather for the following one: the first at once, later ones a handful a commit. */
  #keepNext(): void {
    if (this.#keeping !== undefined || this.#ready.length === 0) return;
    const more = this.#rendering.size + this.#waiting.length;
    if (this.#printed > 0 && more > 0 && this.#ready.length < keptAtOnce) return;
    const batch = this.#ready.splice(0);
    const { organizationId } = this.#who;
    this.#keeping = this.#ctx.store
      .org(organizationId, (tx) =>
        keepPdfs(
          tx,
          organizationId,
          this.#ctx.now(),
          batch.map(({ pdf }) => pdf),
        ),
      )
      .then((kept) => {
        // What the folder does not take is met in `done`, where `#keeping` still stands.
        for (const [at, { one }] of batch.entries()) this.#write(one, kept[at]!.name, kept[at]!.bytes);
        this.#keeping = undefined;
        this.#keepNext();
      });
    this.#keeping.catch(() => {});
  }

  #write(one: Made, name: string, bytes: Uint8Array): void {
    const file = path.join(this.#folder, name);
    writeFileSync(file, bytes);
    one.pdf = file;
    this.#bar.at(++this.#printed, this.#wanted);
  }
}

/** Hands over what was queued for these documents; what a server did not take now stays queued for the next start. */
async function mail(ctx: Context, who: Who, made: Made[], renderPdf: RenderPdf, out: Output): Promise<void> {
  const bar = out.progress('Mailing ');
  const byId = new Map(made.filter((one) => one.outcome === 'issued').map((one) => [one.id, one]));
  if (byId.size === 0) return;
  const deliveries = () =>
    ctx.store.org(who.organizationId, (tx) =>
      tx
        .selectFrom('delivery')
        .select(['id', 'document_id', 'recipient', 'status', 'cause'])
        .where('organization_id', '=', who.organizationId)
        .where('way', '=', 'mail')
        // One value however many: a statement takes some ten thousands.
        .where(sql<boolean>`document_id = any(${[...byId.keys()]}::uuid[])`)
        .execute(),
    );
  const tools = {
    renderPdf,
    downloadUrl: async (organizationId: string, documentId: string) => mailedLink(ctx, { organizationId, documentId }),
  };
  const queued = (await deliveries()).filter((row) => row.status === 'queued');
  // As many under way as in a server: what is read before a conversation and written after it is shared by them.
  const { concurrency } = mailsAtOnce;
  for (let at = 0; at < queued.length; at += concurrency) {
    const some = queued.slice(at, at + concurrency);
    await Promise.all(some.map((row) => deliverMail(ctx, tools, { organizationId: who.organizationId, id: row.id })));
    bar.at(at + some.length, queued.length);
  }
  bar.end();
  for (const row of await deliveries()) {
    const one = byId.get(row.document_id)!;
    const cause = (row.cause as { code: string } | null)?.code;
    one.mail = [...(one.mail ?? []), { to: row.recipient, status: row.status, ...(cause && { cause }) }];
  }
}
