/**
 * The victim of the fault campaign: the whole path from a shop's call to the provider's acceptance in one process. It is killed at
 * random moments and started again; the parent asks it how far it is.
 */
import fastify from 'fastify';
import { sql } from 'kysely';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { connector as tickets } from '../connectors/tickets/connector.ts';
import { mountIntake } from '../src/api/routes/intake.ts';
import { readConfig } from '../src/config.ts';
import type { Connector } from '../src/contract/connector.ts';
import { smtpConnector } from '../src/delivery/index.ts';
import { open } from '../src/open.ts';
import { sweepIssueRuns, workIssueRun } from '../src/toissue/index.ts';
import { sweepTransfers, workTransfer } from '../src/transfer/index.ts';

/** The provider's own manners, in seconds instead of minutes. */
const hurried: Connector = {
  ...szamlazz,
  manifest: { ...szamlazz.manifest, limits: { ...szamlazz.manifest.limits!, timeoutMs: 3_000, settleAfterMs: 400 } },
};
const connectors = new Map([hurried, tickets, smtpConnector].map((c) => [c.manifest.id, c]));
const { ctx } = await open(readConfig(process.env), {
  work: true,
  connectors,
  log: (level, message, fields) => level !== 'info' && process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
});
// The only process, on either database: whatever was taken when it was killed is nobody's any more.
await sweepTransfers(ctx, { restarted: true });
await sweepIssueRuns(ctx, { starting: true });
await ctx.jobs.work('issue-batch', { concurrency: 2 }, ({ organizationId, id }) => workIssueRun(ctx, organizationId, id));
await ctx.jobs.work('transfer', { concurrency: 16, lanes: 8 }, ({ organizationId, id }) =>
  workTransfer(ctx, organizationId, id, { waits: false }),
);
const app = fastify();
await mountIntake(app, ctx);
app.get('/left', async () => {
  const { rows } = await sql<{
    n: bigint;
  }>`select (select count(*) from transfer where status in ('waiting','sending','pending') or (status = 'unknown' and next_at is not null))
    + (select count(*) from issue_run where status in ('waiting','running')) as n`.execute(ctx.store.db);
  return String(rows[0]!.n);
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
process.stdout.write('listening\n');
// What the minute's sweep does, hurried too.
setInterval(() => void sweepTransfers(ctx, { idleMs: 2_000 }).catch(() => undefined), 2_000);
