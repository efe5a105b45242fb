import { setTimeout } from 'node:timers/promises';
import { findingWords } from '../../api/finding-words.ts';
import { csvOf } from '../../books/index.ts';
import { createRenderer } from '../../delivery/pdf/renderer.ts';
import {
  type BackfillProgress,
  backfillProgress,
  breaksTable,
  completeness,
  isComplete,
  planBackfill,
  runBackfill,
} from '../../reconcile/index.ts';
import { startWorkers } from '../../workers.ts';
import { type Command, day, type Run, text, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

function periodOf({ values }: Run): { from: string; to: string } {
  const from = day(values, 'from');
  const to = day(values, 'to');
  if (!from || !to) throw new WrongUsage('--from and --to are needed.');
  if (from > to) throw new WrongUsage('--from is after --to.');
  return { from, to };
}

export const reconcileCommand: Command['run'] = async (run) => {
  const { from, to } = periodOf(run);
  const opened = await run.open({ work: false });
  try {
    const { organizationId } = await organizationOf(opened.ctx, run.values);
    const sheet = await opened.ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, from, to));
    if (run.values.csv && !run.out.asJson) {
      run.out.say(csvOf(breaksTable(sheet)).trimEnd());
      return isComplete(sheet) ? 0 : 1;
    }
    run.out.say(`${sheet.orders} orders, ${sheet.documents} documents, ${sheet.breaks.length} breaks, ${sheet.gaps.length} gaps`);
    if (sheet.breaks.length > 0) {
      run.out.table(
        ['step', 'code', 'order', 'document', 'day', 'buyer', 'gross', 'causes'],
        sheet.breaks.map((b) => [
          b.step,
          b.code,
          b.orderNumber ?? '',
          b.documentNumber ?? '',
          b.day,
          b.buyer,
          `${b.gross} ${b.currency}`,
          b.causes.map((cause) => cause.code).join(' '),
        ]),
      );
    }
    if (isComplete(sheet)) run.out.say('Nothing is missing.');
    run.out.result(sheet);
    return isComplete(sheet) ? 0 : 1;
  } finally {
    await opened.close();
  }
};

const lookEveryMs = 200;

export const backfillCommand: Command['run'] = async (run) => {
  const scope = { ...periodOf(run), connectionId: text(run.values, 'connection') };
  const opened = await run.open({ work: run.values.issue === true });
  const renderer = createRenderer();
  try {
    const who = await organizationOf(opened.ctx, run.values);
    const plan = await planBackfill(opened.ctx, who, scope);
    run.out.say(`${plan.items.length} orders without a document: ${plan.toIssue} can be issued, ${plan.held} are held`);
    run.out.table(
      ['order', 'day', 'buyer', 'gross', '', 'held because'],
      plan.items.map((item) => [
        item.orderNumber,
        item.day,
        item.buyer,
        `${item.gross} ${item.currency}`,
        item.action,
        item.findings
          .filter((f) => f.level === 'hold')
          .map((f) => findingWords(f.code).text.en)
          .join('; '),
      ]),
    );
    if (!run.values.issue) {
      run.out.result(plan);
      return plan.items.length > 0 ? 1 : 0;
    }
    const started = await runBackfill(opened.ctx, who, scope, { mail: run.values.mail === true });
    // A running Fakturist has its workers; without one they are this command's.
    if (!opened.isRunning) await startWorkers(opened.ctx, { renderPdf: renderer.render.bind(renderer) });
    const bar = run.out.progress('Issuing ');
    let now: BackfillProgress;
    for (;;) {
      now = await backfillProgress(opened.ctx, who, started.runId);
      bar.at(now.issued + now.refused.length + now.stopped, now.total);
      if (!now.goesOn) break;
      await setTimeout(lookEveryMs);
    }
    bar.end();
    run.out.say(
      `${now.issued} issued, ${now.refused.length} refused${now.stopped > 0 ? `, ${now.stopped} wait behind a cause: fakturist causes` : ''}`,
    );
    run.out.result({ plan, ...started, ...now });
    return now.refused.length > 0 || now.stopped > 0 || plan.held > 0 ? 1 : 0;
  } finally {
    await opened.close();
    await renderer.close();
  }
};
