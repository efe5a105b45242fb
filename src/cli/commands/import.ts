import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../../config.ts';
import type { FileSource } from '../../contract/order-file.ts';
import type { Renderer } from '../../delivery/pdf/renderer.ts';
import { explain } from '../../diagnosis/index.ts';
import { regimes } from '../../domain/regimes/index.ts';
import {
  BadImportOption,
  diskSource,
  type ImportHooks,
  type ImportOptions,
  type ImportReport,
  importSources,
  memorySource,
  rejectedParams,
  tryAlone,
  trySources,
  UnknownConnector,
} from '../../intake/index.ts';
import type { Context } from '../../jobs/index.ts';
import { allConnectors, open } from '../../open.ts';
import { imaginedOrganization, type Who } from '../../toissue/index.ts';
import { type Command, choice, day, type Output, type Run, text, WrongUsage } from '../command.ts';
import { issueAndPrint, type Made, startRenderer, tellMailCauses, tellRefused, tellUnprinted } from '../issue-and-print.ts';
import { organizationOf } from '../organization.ts';
import { importKinds } from '../table.ts';

export const importCommand: Command['run'] = async (run) => {
  const { values } = run;
  const issue = values.issue === true;
  if ((values.mail || values.pdf) && !issue) throw new WrongUsage('--pdf and --mail are for issued documents: add --issue.');
  if (issue && values['dry-run']) throw new WrongUsage('--dry-run issues nothing: leave out --issue.');
  const options = optionsOf(run);
  const sources = await sourcesOf(run.positionals.slice(1));
  const renderer = values.pdf ? startRenderer() : undefined;
  try {
    // The real one where there is one that can be asked: it knows what is imported already.
    if (values['dry-run'] && !run.config.databaseUrl && !isFree(run.config)) return await tryWithout(run, sources, options);
    const opened = await open(run.config, { work: false });
    try {
      if (values['dry-run'] && values.organization === undefined && (await isEmpty(opened.ctx)))
        return await tryWithout(run, sources, options);
      return await importAndIssue(run, opened.ctx, await organizationOf(opened.ctx, values), sources, options, renderer);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof UnknownConnector || error instanceof BadImportOption) throw new WrongUsage(error.message.replace(/[^.?]$/, '$&.'));
    throw error;
  } finally {
    await renderer?.close();
  }
};

async function sourcesOf(files: string[]): Promise<FileSource[]> {
  return Promise.all(
    files.map(async (file) => {
      if (file === '-') {
        const chunks: Buffer[] = [];
        for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
        return memorySource('standard input', Buffer.concat(chunks));
      }
      if (!existsSync(file)) throw new WrongUsage(`There is no file ${file}.`);
      if (!statSync(file).isFile()) throw new WrongUsage(`${file} is no file: name the files in it, or a ZIP of them.`);
      return diskSource(file, path.basename(file));
    }),
  );
}

function optionsOf({ values }: Run): ImportOptions {
  const options: ImportOptions = {
    kind: choice(values, 'kind', importKinds, 'auto'),
    defaultVatRate: text(values, 'vat'),
    deliveryRate: text(values, 'delivery-rate'),
    treatUnpaid: values.unpaid === undefined ? undefined : choice(values, 'unpaid', ['hold', 'issue'] as const, 'hold'),
    seriesId: text(values, 'series'),
    profileId: text(values, 'profile'),
    acceptProposal: values['accept-proposal'] === true ? true : undefined,
    subject: text(values, 'subject'),
    body: text(values, 'body'),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function importAndIssue(
  run: Run,
  ctx: Context,
  who: Who,
  sources: FileSource[],
  options: ImportOptions,
  renderer: Renderer | undefined,
): Promise<0 | 1> {
  const { values, out } = run;
  const bar = progressOf(run);
  const { report } = await importSources(
    ctx,
    who,
    { connector: run.positionals[0]!, sources, options, dryRun: values['dry-run'] === true },
    { onProgress: bar.onProgress },
  );
  bar.end();
  let made: Made[] = [];
  if (values.issue) {
    const ids = await readyToIssue(ctx, who, report);
    made = await issueAndPrint(
      ctx,
      who,
      ids,
      { issue: true, mail: values.mail === true, pdfFolder: text(values, 'pdf'), issueDate: day(values, 'issue-date') },
      out,
      renderer,
    );
  }
  return told(run, ctx, report, made);
}

function told({ out }: Run, ctx: Pick<Context, 'connectors'>, report: ImportReport, made: Made[]): 0 | 1 {
  out.result(withMade(report, made));
  tell(out, ctx, report, made);
  const refused = made.some(
    (one) => one.outcome === 'refused' || one.pdfFailed !== undefined || one.mail?.some((m) => m.status !== 'handed_over'),
  );
  const findings = report.status === 'refused' || report.rejected.length > 0 || report.held > 0 || refused;
  return findings || isNotWhole(report) ? 1 : 0;
}

/** A script must not take for the whole what a file broke off of, what one of several files refused, or what the channel left out. */
function isNotWhole(report: ImportReport): boolean {
  const incomplete = new Set(['F_TRUNCATED', 'F_HEADER_MISMATCH', 'W_SOURCE_SKIPPED']);
  return report.files.some((file) => file.refused !== undefined) || report.fileWarnings.some(({ code }) => incomplete.has(String(code)));
}

/** Prepared documents of this file that nothing holds, in the order of the file. */
async function readyToIssue(ctx: Context, who: Who, report: ImportReport): Promise<string[]> {
  const ids = [...new Set(report.records.flatMap((record) => record.documentId ?? []))];
  const ready = new Set<string>();
  for (let at = 0; at < ids.length; at += 1000) {
    const rows = await ctx.store.org(who.organizationId, (tx) =>
      tx
        .selectFrom('document')
        .select('id')
        .where('organization_id', '=', who.organizationId)
        .where('id', 'in', ids.slice(at, at + 1000))
        .where('state', 'in', ['to_issue', 'refused'])
        .where('held', '=', false)
        .execute(),
    );
    for (const row of rows) ready.add(row.id);
  }
  return ids.filter((id) => ready.has(id));
}

/** The report with what was issued beside each document. */
function withMade(report: ImportReport, made: Made[]): Record<string, unknown> {
  const byId = new Map(made.map((one) => [one.id, one]));
  const documents = report.documents.map((document) => ({ ...document, ...(document.id ? byId.get(document.id) : undefined) }));
  return { ...report, documents, issued: made.filter((one) => one.outcome === 'issued').length };
}

const short = (id: string) => (id.length > 40 ? `${id.slice(0, 39)}…` : id);

/** So many rejected records are told by name. */
const rejectedTold = 20;
/** And so many warnings of one kind: a table of two hundred columns has as many that nobody knows. */
const warningsTold = 5;

function tell(out: Output, ctx: Pick<Context, 'connectors'>, report: ImportReport, made: Made[]): void {
  if (out.asJson) return;
  const kindsFound = Object.entries(report.byDocument).map(([kind, n]) => `${n} ${kind}`);
  const sums = typeof report.sumTotalGross === 'string' ? { '': report.sumTotalGross } : report.sumTotalGross;
  const sum = Object.entries(sums).map(([currency, gross]) => `${gross} ${currency}`.trim());
  const orders = `${report.count} orders, ${sum.join(' + ')}: ${kindsFound.join(', ')}`;
  out.say(report.count > 0 ? orders : report.status === 'refused' ? 'Nothing could be read.' : 'No orders in it.');
  if (report.records.length > 0)
    out.say(
      `${report.created} created, ${report.unchanged} unchanged, ${report.updated} updated, ${report.held} held, ${report.rejected.length} rejected`,
    );
  const say = (code: unknown, params: Record<string, unknown>) =>
    explain(ctx, { code: String(code), params: rejectedParams(params) }, 'en');
  const rejected = report.rejected.slice(0, rejectedTold).map((one) => {
    const { text, remedy } = say(one.code, one);
    return [String(one.file ?? ''), `line ${one.line}`, short(String(one.externalId ?? '')), String(one.code), `${text} ${remedy}`];
  });
  if (rejected.length > 0) out.table(['', '', 'order', 'code', 'rejected because'], rejected);
  if (report.rejected.length > rejectedTold) out.say(`… and ${report.rejected.length - rejectedTold} more: --json names all of them.`);
  const codes = new Map<string, number>();
  const holds = new Map(report.documents.map((document) => [document.externalId, document.holds ?? []]));
  for (const { externalId, issues } of report.orders)
    for (const code of new Set([...issues, ...(holds.get(externalId) ?? [])])) codes.set(code, (codes.get(code) ?? 0) + 1);
  if (codes.size > 0)
    out.table(
      ['code', 'orders', 'meaning'],
      [...codes].map(([code, n]) => [code, String(n), say(code, {}).text.replaceAll('–', '…')]),
    );
  const told = new Map<unknown, number>();
  for (const { code, externalId, ...params } of report.fileWarnings) {
    const times = (told.get(code) ?? 0) + 1;
    told.set(code, times);
    if (times > warningsTold) continue;
    const { text, remedy } = say(code, { ...params, id: externalId });
    out.say(`${code}: ${params.file === undefined ? '' : `${params.file}: `}${[text, remedy].filter(Boolean).join(' ')}`);
  }
  for (const [code, times] of told)
    if (times > warningsTold) out.say(`… and ${times - warningsTold} more of ${code}: --json names all of them.`);
  for (const { name, header, total, totalAgrees } of report.files)
    if (totalAgrees === false)
      out.say(`${name}: its header declares ${header.declaredTotal} altogether; the orders read come to ${total}.`);
  if (report.importedBefore)
    out.say(
      `This file was imported on ${report.importedBefore.slice(0, 10)} already${report.created + report.updated === 0 ? ': nothing new.' : '.'}`,
    );
  if (report.proposal && report.status === 'refused') tellProposal(out, report.proposal);
  else if (report.proposal && !report.dryRun) out.say('The mapping is kept: the next file of this layout is read by it.');
  if (made.length > 0) {
    const issued = made.filter((one) => one.outcome === 'issued');
    out.say(
      `${issued.length} issued${issued.length > 0 ? ` (${issued[0]!.number} … ${issued.at(-1)!.number})` : ''}, ${made.filter((one) => one.pdf).length} PDFs, ${made.filter((one) => one.mail?.every((m) => m.status === 'handed_over')).length} mailed, ${made.filter((one) => one.outcome === 'refused').length} refused`,
    );
    tellUnprinted(made, out);
    tellMailCauses(made, out);
    tellRefused(ctx, made, out);
  }
}

/** What an unknown layout would be read as, and how to have it so. */
function tellProposal(out: Output, { paths, missing, preview }: NonNullable<ImportReport['proposal']>): void {
  out.say('Proposed mapping:');
  out.table(
    ['in the file', 'first value', 'is read as'],
    paths.map(({ path, sample, level, field }) => [
      path,
      sample.replace(/\s+/g, ' ').slice(0, 40),
      field ? `${level === 'line' ? 'line ' : ''}${field}` : '–',
    ]),
  );
  for (const { order, rejected, computedTotal, declaredTotal, totalsAgree } of preview) {
    const proof =
      totalsAgree === undefined ? 'the file names no total' : totalsAgree ? 'equals the file’s total' : `the file says ${declaredTotal}`;
    out.say(
      order
        ? `  ${order.externalId}: ${order.lines.length} lines, ${computedTotal} ${order.currency} (${proof})`
        : `  rejected: ${rejected?.code}`,
    );
  }
  out.say(
    missing.length > 0
      ? `Nothing was found for ${missing.join(', ')}: say which columns they are on the import page, where the mapping is saved.`
      : 'Read it so with --accept-proposal, or correct and save the mapping on the import page.',
  );
}

/** Nobody set up an organization here yet. */
async function isEmpty({ store }: Context): Promise<boolean> {
  return (await store.db.selectFrom('organization').select('id').limit(1).executeTakeFirst()) === undefined;
}

/** There is an embedded database and nobody holds it. */
function isFree(config: Config): boolean {
  if (!existsSync(path.join(config.dataFolder, 'database'))) return false;
  const lock = new DatabaseSync(path.join(config.dataFolder, 'lock'));
  try {
    lock.exec('pragma busy_timeout=0; begin exclusive; rollback');
    return true;
  } catch {
    return false;
  } finally {
    lock.close();
  }
}

/** A dry run on a machine without anything, or beside a running process: an invented seller, and no database at all. */
async function tryWithout(run: Run, sources: FileSource[], options: ImportOptions): Promise<0 | 1> {
  const country = text(run.values, 'country') ?? 'PL';
  const regime = regimes[country];
  if (!regime) throw new WrongUsage(`--country is "${country}": it must be one of ${Object.keys(regimes).join(', ')}.`);
  const seller = imaginedOrganization({
    name: 'Dry run',
    country,
    seller: {
      company: 'Dry run',
      street: '–',
      postalCode: '–',
      city: '–',
      country,
      taxIds: [{ scheme: regime.taxIdScheme, value: inventedTaxIds[country] ?? '' }],
    },
  });
  const ctx = { connectors: await allConnectors(), now: () => new Date() };
  const bar = progressOf(run);
  const report = await trySources(sources, (source, tried) =>
    tryAlone(ctx, seller, { connector: run.positionals[0]!, source, options }, { onProgress: bar.onProgress }, tried),
  );
  bar.end();
  return told(run, ctx, report, []);
}

function progressOf({ out }: Run): { onProgress: NonNullable<ImportHooks['onProgress']>; end: () => void } {
  const bar = out.progress('Reading ');
  return {
    onProgress: ({ bytesRead, sizeBytes, records }) => bar.at(bytesRead, sizeBytes, `${records} orders`),
    end: () => bar.end(),
  };
}

/** So that a trial does not hold every document for want of a seller. */
const inventedTaxIds: Record<string, string> = { PL: '9991002009', HU: '12345676-2-41', SE: '5569990004' };
