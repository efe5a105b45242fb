import { operatorOf, setOperator } from '../../billing/index.ts';
import { fromMinor } from '../../domain/money/money.ts';
import { diskSource } from '../../intake/index.ts';
import { open } from '../../open.ts';
import { createStatement, listPayments, workStatement } from '../../payments/index.ts';
import { storeStream } from '../../store/index.ts';
import { type Command, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

export const operatorCommand: Command['run'] = async ({ positionals: [verb], values, config, out }) => {
  if (verb !== undefined && verb !== 'set' && verb !== 'clear') throw new WrongUsage(`"${verb}" is neither set nor clear.`);
  const opened = await open(config, { work: false });
  try {
    const { ctx } = opened;
    if (verb === 'set') {
      const { organizationId } = await organizationOf(ctx, values);
      await setOperator(ctx, 'command line', organizationId);
    } else if (verb === 'clear') await setOperator(ctx, 'command line', undefined);
    const id = await operatorOf(ctx);
    const row = id ? await ctx.store.db.selectFrom('organization').select('name').where('id', '=', id).executeTakeFirst() : undefined;
    out.say(id ? `operator: ${row?.name} (${id})` : 'There is no operator: nobody bills anybody.');
    out.result({ operator: id ? { id, name: row?.name } : null });
    return 0;
  } finally {
    await opened.close();
  }
};

export const statementCommand: Command['run'] = async ({ positionals, values, config, out }) => {
  const opened = await open(config, { work: true });
  try {
    const { ctx } = opened;
    const who = { ...(await organizationOf(ctx, values)), actor: 'command line' };
    const results = [];
    for (const file of positionals) {
      const source = await diskSource(file);
      const stored = await storeStream(ctx.store, who.organizationId, ctx.now(), {
        name: source.name,
        mediaType: 'application/octet-stream',
        source: source.open(),
        limitBytes: source.sizeBytes + 1,
      });
      if ('tooLarge' in stored) throw new WrongUsage(`${file} grew while it was read.`);
      const id = (await ctx.store.org(who.organizationId, (tx) => createStatement(tx, ctx, who, stored)))!;
      await workStatement(ctx, who.organizationId, id);
      const { row, open: waiting } = await ctx.store.org(who.organizationId, async (tx) => ({
        row: await tx
          .selectFrom('bank_statement')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', id)
          .executeTakeFirstOrThrow(),
        open: (await listPayments(tx, who.organizationId, { state: 'open', statement: id, limit: 200 })).items,
      }));
      const { lines = 0, booked = 0, proposed = 0, known = 0, unread = 0 } = row.counts;
      out.say(
        `${source.name}: ${row.status}, ${lines} entries, ${booked} booked, ${proposed} proposed, ${known} known already, ${unread} unreadable`,
      );
      for (const finding of row.findings)
        out.say(
          `  ${finding.code} ${Object.entries(finding.params ?? {})
            .map(([k, v]) => `${k}=${v}`)
            .join(' ')}`,
        );
      for (const p of waiting)
        out.say(
          `  ${p.value_day} ${fromMinor(p.amount_minor, p.currency)} ${p.currency} ${p.payer_name ?? ''}: ${p.proposals[0]?.shares.map((s) => s.number).join(', ') ?? 'no proposal'}`,
        );
      results.push({ file: source.name, status: row.status, counts: row.counts, findings: row.findings });
    }
    out.result(results);
    return results.some((r) => r.status === 'refused' || (r.counts.unread ?? 0) > 0) ? 1 : 0;
  } finally {
    await opened.close();
  }
};
