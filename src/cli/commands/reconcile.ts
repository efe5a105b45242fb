import { findingWords } from '../../api/finding-words.ts';
import { createRenderer } from '../../delivery/pdf/renderer.ts';
import { open } from '../../open.ts';
import { completeness, isComplete, planBackfill, runBackfill } from '../../reconcile/index.ts';
import { startWorkers } from '../../workers.ts';
import { type Command, day, type Option, type Run, text, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

const period: Record<string, Option> = {
  from: { type: 'string', value: 'DAY', about: 'first day' },
  to: { type: 'string', value: 'DAY', about: 'last day' },
};

function periodOf({ values }: Run): { from: string; to: string } {
  const from = day(values, 'from');
  const to = day(values, 'to');
  if (!from || !to) throw new WrongUsage('--from and --to are needed.');
  if (from > to) throw new WrongUsage('--from is after --to.');
  return { from, to };
}

export const reconcileCommand: Command = {
  name: 'reconcile',
  usage: '--from DAY --to DAY',
  about: 'Prove order by order that nothing is missing, or list every break with its cause.',
  positionals: [0, 0],
  options: period,
  async run(run) {
    const { from, to } = periodOf(run);
    const opened = await open(run.config, { work: false });
    try {
      const { organizationId } = await organizationOf(opened.ctx, run.values);
      const sheet = await opened.ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, from, to));
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
  },
};

export const backfillCommand: Command = {
  name: 'backfill',
  usage: '--from DAY --to DAY [--issue] [--mail]',
  about: 'Find paid orders without a document; with --issue, issue them.',
  positionals: [0, 0],
  options: {
    ...period,
    connection: { type: 'string', value: 'ID', about: 'only orders of this connection' },
    issue: { type: 'boolean', about: 'issue them; without it only the plan is shown' },
    mail: { type: 'boolean', about: 'mail them as well' },
  },
  async run(run) {
    const scope = { ...periodOf(run), connectionId: text(run.values, 'connection') };
    const opened = await open(run.config, { work: run.values.issue === true });
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
      await startWorkers(opened.ctx, { renderPdf: renderer.render.bind(renderer) });
      await opened.ctx.jobs.idle();
      const done = await opened.ctx.store.org(who.organizationId, (tx) =>
        tx
          .selectFrom('issue_run')
          .select(['issued', 'refused'])
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', started.runId)
          .executeTakeFirstOrThrow(),
      );
      run.out.say(`${done.issued} issued, ${done.refused.length} refused`);
      run.out.result({ plan, ...started, issued: done.issued, refused: done.refused });
      return done.refused.length > 0 || plan.held > 0 ? 1 : 0;
    } finally {
      await opened.close();
      await renderer.close();
    }
  },
};
