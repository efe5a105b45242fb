import { sweepReceivables, workAction, workReceivable } from './administer/index.ts';
import { matchFiles, sweepAgents, workPrint } from './agents/index.ts';
import { forgetRaw, sweepArchives, workArchive } from './archive/index.ts';
import { operatorOf, sweepCharges, sweepNoticeMails, workBilling, workCharge } from './billing/index.ts';
import { hearForOrderWrites, sweepOrderWrites, sweepPulls, workOrderWrite, workPull } from './channel/index.ts';
import { deliverMail, type MailTools, mailsAtOnce, type RenderPdf, sendDigests, sweepMails } from './delivery/index.ts';
import { mailedLink } from './desk/index.ts';
import { sweepCases, sweepTells, tellCause } from './diagnosis/index.ts';
import { lettingOthersFirst, sweepImports, sweepUploads, workImport } from './intake/index.ts';
import { sweepNotices, sweepOrderEvents, workOrderEvent } from './intake-calls/index.ts';
import { type Context, eachAlone } from './jobs/index.ts';
import { readStatementsFolder, sweepStatements, workStatement } from './payments/index.ts';
import { proveAtNight, startNight } from './reconcile/index.ts';
import { clockWatch, keepNightlyCopy, waitAnew } from './store/index.ts';
import { reassess, sweepBulkEdits, sweepIssueRuns, sweepRates, workIssueRun } from './toissue/index.ts';
import { readAgain, sweepTransfers, workTransfer } from './transfer/index.ts';
import { hearForWebhooks, sendWebhooks, sweepWebhooks } from './webhooks/index.ts';

/** An archive works this long before others have their turn. */
const archiveTurnMs = 2000;

/** A bulk issue works this long before others have their turn. */
const issueTurnMs = 500;
/** A file that lets others go first comes again after this long. */
const importYieldMs = 1000;

/** Puts the work of every module behind its queue. The state of things is in the tables: a sweep finds what a lost job left behind. */
export async function startWorkers(
  ctx: Context,
  tools: {
    renderPdf: RenderPdf;
    /** Where the embedded database keeps a copy of each day. */
    copiesFolder?: string;
    /** Bank statements appear here by themselves. */
    statementsFolder?: string;
    /** Another way to the mail server. */
    sender?: MailTools['sender'];
  },
): Promise<void> {
  const { jobs } = ctx;
  const wentBack = clockWatch();
  const lookAtClock = ({ starts = false, night = false } = {}) =>
    wentBack(ctx.now(), async (due) => {
      if (!due && !night) return;
      // On the embedded database there is one process: what was taken when it starts is nobody's.
      const mended = await waitAnew(ctx.store, ctx.now(), { claims: due === 'claims' || (starts && ctx.store.embedded) });
      if (mended > 0) ctx.log('warn', 'the clock was ahead and is right again: what waited by it waits from now on', { rows: mended });
    });
  await lookAtClock({ starts: true });
  // On the embedded database there is one process: whatever was taken when it started is nobody's any more.
  if (ctx.store.embedded) {
    await sweepMails(ctx, { restarted: true });
    await sweepTransfers(ctx, { restarted: true });
    await sweepOrderWrites(ctx, { restarted: true });
  }
  await sweepImports(ctx, { starting: true });
  await sweepIssueRuns(ctx, { starting: true });
  await jobs.work('import-file', { concurrency: 1 }, async ({ organizationId, id }, signal) => {
    if (!(await lettingOthersFirst(ctx, organizationId))) return workImport(ctx, organizationId, id, { signal });
    const startAfter = new Date(ctx.now().getTime() + importYieldMs);
    await ctx.store.org(organizationId, (tx) => jobs.enqueue(tx, 'import-file', [{ organizationId, id }], { startAfter }));
  });
  await jobs.work('issue-batch', { concurrency: 2 }, ({ organizationId, id }) => workIssueRun(ctx, organizationId, id, issueTurnMs));
  await jobs.work('deliver', mailsAtOnce, (data, signal) =>
    deliverMail(
      ctx,
      { ...tools, downloadUrl: async (organizationId, documentId) => mailedLink(ctx, { organizationId, documentId }) },
      data,
      signal,
    ),
  );
  await jobs.work('transfer', { concurrency: 16, lanes: 8 }, ({ organizationId, id }, signal) =>
    workTransfer(ctx, organizationId, id, { signal, waits: false }),
  );
  await jobs.work('settle', { concurrency: 2 }, ({ organizationId, id }) => readAgain(ctx, organizationId, id));
  await jobs.work('reassess', { concurrency: 1 }, async ({ organizationId, id }) => {
    await reassess(ctx, organizationId, id);
  });
  await jobs.work('administer', { concurrency: 4, lanes: 2 }, ({ organizationId, id }) => workAction(ctx, organizationId, id));
  await jobs.work('receivable', { concurrency: 2 }, ({ organizationId, id }) => workReceivable(ctx, organizationId, id));
  await jobs.work('order-events', { concurrency: 2 }, ({ organizationId, id }) => workOrderEvent(ctx, organizationId, id));
  await jobs.work('print', { concurrency: 2 }, (data) => workPrint(ctx, tools, data));
  await jobs.work('agent-files', { concurrency: 2 }, ({ organizationId, id }) => matchFiles(ctx, organizationId, id));
  await jobs.work('pull-orders', { concurrency: 4, lanes: 4 }, async ({ organizationId, id }) => {
    await workPull(ctx, organizationId, id);
  });
  await jobs.work('order-writes', { concurrency: 4, lanes: 2 }, ({ organizationId, id }) => workOrderWrite(ctx, tools, organizationId, id));
  await hearForOrderWrites(ctx);
  await jobs.work('tell', { concurrency: 2 }, (data) => tellCause(ctx, data));
  await jobs.work('webhook', { concurrency: 4 }, (data, signal) => sendWebhooks(ctx, data, signal));
  await jobs.work('bank-statement', { concurrency: 1 }, ({ organizationId, id }) => workStatement(ctx, organizationId, id));
  await jobs.work('billing', { concurrency: 2 }, (data) => workBilling(ctx, data));
  await jobs.work('charge', { concurrency: 4, lanes: 2 }, ({ organizationId, id }) => workCharge(ctx, organizationId, id));
  await hearForWebhooks(ctx);
  // Without an organization it is the beginning of the night.
  await jobs.work('night', { concurrency: 1 }, async ({ organizationId }, signal) => {
    if (!organizationId) {
      await lookAtClock({ night: true });
      await startNight(ctx);
      return sweepArchives(ctx);
    }
    await proveAtNight(ctx, organizationId, signal);
    await forgetRaw(ctx, organizationId, signal);
  });
  await jobs.work('archive', { concurrency: 1 }, ({ organizationId, id }) =>
    workArchive(ctx, tools.renderPdf, organizationId, id, archiveTurnMs),
  );
  await jobs.work('digest', { concurrency: 1 }, async () => {
    await sendDigests(ctx);
    if (ctx.store.embedded && tools.copiesFolder && ctx.now().getUTCHours() >= 1) {
      const copy = await keepNightlyCopy(ctx.store, tools.copiesFolder, ctx.now());
      if (typeof copy === 'object') ctx.log('warn', 'the database is too large for a nightly copy: move it to a PostgreSQL server');
    }
  });
  const { statementsFolder } = tools;
  const sweeps = [
    () => lookAtClock(),
    sweepMails,
    sweepTransfers,
    sweepReceivables,
    sweepOrderEvents,
    sweepNotices,
    sweepPulls,
    sweepOrderWrites,
    sweepCases,
    sweepTells,
    sweepImports,
    sweepIssueRuns,
    sweepUploads,
    sweepBulkEdits,
    sweepWebhooks,
    sweepAgents,
    sweepRates,
    sweepStatements,
    sweepCharges,
    sweepNoticeMails,
    ...(statementsFolder ? [() => readStatementsFolder(ctx, statementsFolder, () => operatorOf(ctx))] : []),
  ];
  await jobs.work('sweep', { concurrency: 1 }, () =>
    eachAlone(
      ctx,
      'a sweep failed',
      sweeps,
      (sweep) => sweep(ctx),
      (sweep) => ({ sweep: sweep.name }),
    ),
  );
  await jobs.every('digest', '5 * * * *');
  await jobs.every('billing', '17 * * * *');
  await jobs.every('night', '23 1 * * *');
  await jobs.every('sweep', '* * * * *');
}
