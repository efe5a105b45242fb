import { listCauses } from '../../diagnosis/index.ts';
import { changeForCause, mendedCause } from '../../transfer/index.ts';
import { type Command, text, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

export const causesCommand: Command['run'] = async ({ values, open, out }) => {
  const opened = await open({ work: false });
  try {
    const { ctx } = opened;
    const who = await organizationOf(ctx, values);
    const cards = await ctx.store.org(who.organizationId, (tx) => listCauses(tx, ctx, who.organizationId));
    const changed = text(values, 'change');
    const wanted = text(values, 'mended') ?? changed;
    if (wanted !== undefined) {
      const meant = cards.filter((card) => card.id === wanted || card.code === wanted);
      if (meant.length === 0) throw new WrongUsage(`There is no open cause "${wanted}". fakturist causes lists them.`);
      let resumed = 0;
      for (const card of meant) {
        const moved = changed ? await changeForCause(ctx, who, card.id) : await mendedCause(ctx, who, card.id, values.one ? 'one' : 'all');
        if (typeof moved === 'object') throw new WrongUsage(`The setting was refused: ${moved.findings.map((f) => f.code).join(', ')}.`);
        if (moved === 'nothing offered') throw new WrongUsage(`"${wanted}" offers no change of a setting here.`);
        resumed += moved ?? 0;
      }
      out.say(`${resumed} set in motion`);
      out.result({ resumed });
      return 0;
    }
    for (const card of cards) {
      out.say(`${card.title.en}  (${card.code})`);
      out.say(
        `  ${card.documents} ${card.documents === 1 ? 'document waits' : 'documents wait'} since ${card.openedAt.slice(0, 16).replace('T', ' ')} UTC${card.connectionName ? `, ${card.connectionName}` : ''}${card.series ? `, series ${card.series.name}` : ''}`,
      );
      out.say(`  ${card.text.en}`);
      out.say(`  ${card.remedy.en}${card.link ? `  ${card.link}` : ''}`);
      if (card.change) out.say(`  ${card.change.label.en}: fakturist causes --change ${card.code}`);
      out.say();
    }
    if (cards.length === 0) out.say('Nothing is stopped.');
    out.result({ items: cards });
    return cards.length > 0 ? 1 : 0;
  } finally {
    await opened.close();
  }
};
