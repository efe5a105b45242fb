import { findingWords } from '../../api/finding-words.ts';
import { givesOrders, rehearse, workPull } from '../../channel/index.ts';
import { type Connection, listConnections } from '../../connections/index.ts';
import { Failed } from '../../contract/connector.ts';
import type { Context } from '../../jobs/index.ts';
import { type Command, day, text, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

/** A connection by name or id; the only one that gives orders when none is named. */
async function channelOf(ctx: Context, organizationId: string, named: string | undefined): Promise<Connection> {
  const all = (await ctx.store.org(organizationId, (tx) => listConnections(tx, organizationId))).filter((c) =>
    givesOrders(ctx, c.connector),
  );
  const found = all.filter((c) => named === undefined || c.id === named || c.name === named || c.connector === named);
  if (found.length === 1) return found[0]!;
  const names = all.map((c) => `"${c.name}"`).join(', ') || 'none';
  throw new WrongUsage(
    `${named === undefined ? 'Which connection?' : `"${named}" is not one connection that gives orders.`} There are: ${names}.`,
  );
}

export const pullCommand: Command['run'] = async ({ positionals, values, open, out }) => {
  const opened = await open({ work: false });
  try {
    const { organizationId } = await organizationOf(opened.ctx, values);
    const connection = await channelOf(opened.ctx, organizationId, positionals[0]);
    await opened.ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('channel_pull')
        .set({ next_at: null })
        .where('organization_id', '=', organizationId)
        .where('connection_id', '=', connection.id)
        .execute(),
    );
    const report = await workPull(opened.ctx, organizationId, connection.id);
    if (!report) {
      out.say(connection.status === 'active' ? 'Somebody else is taking orders just now.' : `The connection is ${connection.status}.`);
      out.result({ connection: connection.name, status: connection.status });
      return 1;
    }
    const counts = Object.entries(report.counts).filter(([, n]) => n > 0);
    out.say(counts.length > 0 ? counts.map(([outcome, n]) => `${n} ${outcome}`).join(', ') : 'Nothing new.');
    if (report.cause) out.say(report.cause.providerText ?? report.cause.code);
    out.result({ connection: connection.name, ...report });
    return report.cause || (report.counts.rejected ?? 0) > 0 ? 1 : 0;
  } finally {
    await opened.close();
  }
};

export const rehearseCommand: Command['run'] = async ({ positionals, values, open, out }) => {
  const from = day(values, 'from');
  const to = day(values, 'to');
  if (!from || !to) throw new WrongUsage('--from and --to are needed.');
  if (from > to) throw new WrongUsage('--from is after --to.');
  const limit = Number(text(values, 'limit') ?? 2000);
  if (!Number.isInteger(limit) || limit < 1) throw new WrongUsage('--limit is a whole number from 1.');
  const opened = await open({ work: false });
  try {
    const who = await organizationOf(opened.ctx, values);
    const connection = await channelOf(opened.ctx, who.organizationId, positionals[0]);
    const seen = await rehearse(opened.ctx, who, connection.id, { from, to, limit });
    if (!seen) throw new WrongUsage('This connection gives no orders.');
    out.table(
      ['order', 'day', 'buyer', 'gross', '', 'why'],
      seen.orders.map((o) => [
        o.number,
        o.day,
        o.buyer,
        `${o.gross} ${o.currency}`,
        o.kind ? `${o.verdict} ${o.kind}` : o.verdict,
        o.verdict === 'issue'
          ? ''
          : o.findings
              .filter((f) => f.level !== 'warning')
              .map((f) => findingWords(f.code).text.en)
              .join('; '),
      ]),
    );
    const { issue, held, wait, nothing, known, unreadable } = seen.counts;
    out.say(
      `${issue} would be issued, ${held} held, ${wait} wait for their money, ${nothing} need none, ${known} are here already, ${unreadable} unreadable`,
    );
    for (const total of seen.totals) out.say(`${total.gross} ${total.currency}`);
    if (seen.more) out.say('There are more orders in these days.');
    out.result(seen);
    return held + unreadable > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    out.say(error.message);
    out.result({ cause: error.ref });
    return 1;
  } finally {
    await opened.close();
  }
};
