import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { deliverMail, documentPdf } from '../delivery/index.ts';
import { createRenderer } from '../delivery/pdf/renderer.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { issueBatchSize, issueDocuments, type Who } from '../toissue/index.ts';
import type { Output } from './command.ts';

/** What became of one document of the command. */
export type Made = {
  id: string;
  number?: string;
  outcome: 'issued' | 'submitted' | 'refused';
  findings?: Finding[];
  pdf?: string;
  mail?: { to: string; status: string }[];
};
export type IssueAndPrint = { issue: boolean; mail: boolean; pdfFolder?: string; issueDate?: string };

/** The first batch is small so that the first PDF is there at once; PDFs are made by workers while issuing goes on. */
const firstBatchSize = 10;
const mailsAtOnce = 8;

/** Issues, prints and mails in this process, without a server. */
export async function issueAndPrint(ctx: Context, who: Who, ids: string[], options: IssueAndPrint, out: Output): Promise<Made[]> {
  const workers = Math.max(1, availableParallelism());
  const renderer = createRenderer({ workers });
  const renderPdf = renderer.render.bind(renderer);
  const made: Made[] = [];
  const printing: Promise<void>[] = [];
  const issuing = out.progress('Issuing ');
  const pdfs = out.progress('Printing');
  if (options.pdfFolder) mkdirSync(options.pdfFolder, { recursive: true });
  let printed = 0;
  let busy = 0;
  const waiting: Made[] = [];
  // A few more than there are workers: storing one PDF overlaps with making the next.
  const printNext = (): void => {
    while (busy < workers + 2 && waiting.length > 0) {
      const one = waiting.shift()!;
      busy++;
      printing.push(
        print(one).finally(() => {
          busy--;
          pdfs.at(++printed, made.length);
          printNext();
        }),
      );
    }
  };
  const print = async (one: Made) => {
    const pdf = await documentPdf(ctx, renderPdf, who.organizationId, one.id);
    if (!pdf) return;
    one.pdf = path.join(options.pdfFolder!, pdf.name);
    writeFileSync(one.pdf, pdf.bytes);
  };
  try {
    for (let at = 0; at < ids.length; ) {
      const slice = ids.slice(at, at + (at === 0 && options.pdfFolder ? firstBatchSize : issueBatchSize));
      at += slice.length;
      const results = options.issue
        ? await issueDocuments(ctx, who, slice, { mail: options.mail, issueDate: options.issueDate })
        : slice.map((id) => ({ id, outcome: 'issued' as const, number: undefined }));
      for (const result of results) {
        const one: Made = { ...result };
        made.push(one);
        if (options.pdfFolder && one.outcome === 'issued') waiting.push(one);
      }
      printNext();
      issuing.at(at, ids.length);
    }
    issuing.end();
    // Each finished print may have begun another.
    for (let i = 0; i < printing.length; i++) await printing[i];
    pdfs.end();
    if (options.mail) await mail(ctx, who, made, renderPdf, out);
  } finally {
    await renderer.close();
  }
  return made;
}

/** Hands over what was queued for these documents; what a server did not take now stays queued for the next start. */
async function mail(ctx: Context, who: Who, made: Made[], renderPdf: Parameters<typeof documentPdf>[1], out: Output): Promise<void> {
  const bar = out.progress('Mailing ');
  const byId = new Map(made.filter((one) => one.outcome === 'issued').map((one) => [one.id, one]));
  if (byId.size === 0) return;
  const deliveries = () =>
    ctx.store.org(who.organizationId, (tx) =>
      tx
        .selectFrom('delivery')
        .select(['id', 'document_id', 'recipient', 'status'])
        .where('organization_id', '=', who.organizationId)
        .where('way', '=', 'mail')
        .where('document_id', 'in', [...byId.keys()])
        .execute(),
    );
  const queued = (await deliveries()).filter((row) => row.status === 'queued');
  for (let at = 0; at < queued.length; at += mailsAtOnce) {
    await Promise.all(
      queued.slice(at, at + mailsAtOnce).map((row) => deliverMail(ctx, { renderPdf }, { organizationId: who.organizationId, id: row.id })),
    );
    bar.at(Math.min(at + mailsAtOnce, queued.length), queued.length);
  }
  bar.end();
  for (const row of await deliveries()) {
    const one = byId.get(row.document_id)!;
    one.mail = [...(one.mail ?? []), { to: row.recipient, status: row.status }];
  }
}
