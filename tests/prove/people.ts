import { putAgain } from '../../src/channel/index.ts';
import { decideMail, queueMails } from '../../src/delivery/index.ts';
import { listCauses } from '../../src/diagnosis/index.ts';
import type { Tx } from '../../src/store/index.ts';
import type { Loose } from '../../src/testkit/loose.ts';
import {
  bulkEdit,
  correctDocument,
  createDocument,
  editDocument,
  issueDocuments,
  listSeries,
  mergeDocuments,
  restoreDocuments,
  saveSeries,
  splitDocument,
  startIssueRun,
  undoBulkEdit,
  unmergeDocument,
  withdrawDocuments,
} from '../../src/toissue/index.ts';
import { answerLikeness, mendedCause, resendTransfer, sendOnceMore } from '../../src/transfer/index.ts';
import type { Seller } from './seller.ts';
import type { Life, World } from './world.ts';

/** What the people of a seller do at their screens: at random while the world is rough, and what the cards ask for when it is calm. */
const actor = 'person';

type Document = {
  id: string;
  state: string;
  kind: string;
  held: boolean;
  hold_codes: string[];
  number: string | null;
  content: Loose;
  version: number;
};

async function documents(life: Life, organizationId: string, states: string[]): Promise<Document[]> {
  return life.ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('document')
      .select(['id', 'state', 'kind', 'held', 'hold_codes', 'number', 'content', 'version'])
      .where('organization_id', '=', organizationId)
      .where('state', 'in', states as 'issued'[])
      .orderBy('created_at')
      .orderBy('id')
      .limit(200)
      .execute(),
  );
}

/** One thing that a person does with documents. Returns what, for the story. */
export async function atTheDesk(world: World, life: Life, organizationId: string): Promise<string> {
  const { ctx } = life;
  const who = { organizationId, actor };
  const pick = <T>(list: readonly T[]) => world.pick('desk', list);
  const mail = world.chance('desk', 0.7);
  const waiting = await documents(life, organizationId, ['to_issue', 'refused']);
  const open = waiting.filter((d) => !d.held);
  const verb = world.pick('desk', [
    'issue',
    'issue',
    'issue all',
    'issue all',
    'edit',
    'merge',
    'withdraw',
    'correct',
    'correct',
    'issue twice',
    'split',
    'by hand',
    'edit many',
    'take back',
    'series',
    'mail',
  ] as const);
  switch (verb) {
    case 'issue':
    case 'issue twice': {
      if (open.length === 0) return 'nothing to issue';
      const { id } = pick(open);
      const results = await Promise.all(Array.from({ length: verb === 'issue' ? 1 : 2 }, () => issueDocuments(ctx, who, [id], { mail })));
      return `${verb} ${short(id)}: ${results.map((r) => r[0]!.outcome).join()}`;
    }
    case 'issue all': {
      const { total } = await startIssueRun(ctx, who, { query: { states: ['to_issue'], held: false } }, { mail });
      return `issue all: ${total}`;
    }
    case 'edit': {
      if (waiting.length === 0) return 'nothing to edit';
      const document = pick(waiting);
      const result = await editDocument(ctx, who, document.id, {
        version: document.version,
        set: { 'buyer.street': `Nowa ${world.below('desk', 90)}` } as Loose,
      });
      return `edit ${short(document.id)}: ${result.outcome}`;
    }
    case 'merge': {
      const merged = open.find((d) => Array.isArray(d.content.mergedFrom));
      if (merged) return `unmerge: ${(await unmergeDocument(ctx, who, merged.id)).outcome}`;
      if (open.length < 2) return 'nothing to merge';
      const same = open.filter((d) => d.content.buyer?.email === open[0]!.content.buyer?.email).slice(0, 2);
      const result = await mergeDocuments(
        ctx,
        who,
        (same.length === 2 ? same : open.slice(0, 2)).map((d) => d.id),
      );
      return `merge: ${result.outcome}`;
    }
    case 'withdraw': {
      if (open.length === 0) return 'nothing to withdraw';
      const { id } = pick(open);
      takenOut.set(world, (takenOut.get(world) ?? new Set()).add(id));
      await withdrawDocuments(ctx, who, { ids: [id] }, 'test');
      const back = await restoreDocuments(ctx, who, { ids: [id] });
      return `withdraw and restore ${short(id)}: ${JSON.stringify(back).slice(0, 60)}`;
    }
    case 'split': {
      const whole = open.filter((d) => d.content.lines.length > 1 || Number(d.content.lines[0]?.quantity) > 1);
      if (whole.length === 0) return 'nothing to split';
      const { id, content } = pick(whole);
      const line = pick(content.lines as Loose[]);
      const made = await splitDocument(ctx, who, id, [{ lineId: line.id, quantity: Number(line.quantity) > 1 ? '1' : line.quantity }]);
      return `split ${short(id)}: ${made.outcome} ${made.outcome === 'refused' ? made.findings.map((f) => f.code).join() : ''}`;
    }
    case 'by hand': {
      const like = waiting.find((d) => d.kind === 'invoice' && !d.held);
      if (!like) return 'nothing to write one like';
      const { order: _, mergedFrom: __, orderTotal: ___, prepayments: ____, ...content } = like.content;
      const made = await createDocument(ctx, who, { ...content, kind: 'invoice' } as Loose);
      if (made.outcome !== 'created') return `by hand: ${made.findings.map((f) => f.code).join()}`;
      world.count('made by hand');
      return `by hand ${short(made.id)}: ${(await issueDocuments(ctx, who, [made.id], { mail }))[0]!.outcome}`;
    }
    case 'edit many': {
      const result = await bulkEdit(
        ctx,
        who,
        { query: { states: ['to_issue'] } },
        { set: { notes: `Uwaga ${world.below('desk', 90)}` } as Loose },
      );
      if ('tooMany' in result) return 'too many';
      changedMany.set(world, { organizationId, editId: result.editId });
      return `edit many: ${result.saved}, refused ${result.refused.length}`;
    }
    case 'take back': {
      const last = changedMany.get(world);
      if (last?.organizationId !== organizationId) return 'nothing to take back';
      const [first, second] = await Promise.all([undoBulkEdit(ctx, who, last.editId), undoBulkEdit(ctx, who, last.editId)]);
      return `take back: ${first?.saved} and ${second?.saved}`;
    }
    case 'series': {
      const {
        id,
        name,
        kind,
        pattern,
        reset,
        number_owner: numberOwner,
      } = pick(await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId)));
      const result = await saveSeries(ctx, who, {
        id,
        name: `${name.replace(/ \d+$/, '')} ${world.below('desk', 9)}`,
        kind,
        pattern,
        reset: world.chance('desk', 0.3) ? pick(['never', 'yearly', 'monthly'] as const) : reset,
        numberOwner,
      });
      return `series ${name}: ${'findings' in result ? result.findings.map((f) => f.code).join() : 'saved'}`;
    }
    case 'mail': {
      const issued = await documents(life, organizationId, ['issued']);
      if (issued.length === 0) return 'nothing to mail';
      const { id, number } = pick(issued);
      const to = world.chance('desk', 0.5) ? { to: [`biuro${world.below('desk', 3)}@example.com`] } : {};
      const result = await ctx.store.org(organizationId, (tx) => queueMails(tx, ctx, who, [{ documentId: id, evenMasked: true, ...to }]));
      return `mail ${number}: ${result.queued.length} queued, ${result.refused.map((r) => r.findings.map((f) => f.code)).join()}`;
    }
    default: {
      const issued = (await documents(life, organizationId, ['issued'])).filter((d) => d.kind === 'invoice' && d.content.lines?.length > 0);
      if (issued.length === 0) return 'nothing to correct';
      const document = pick(issued);
      const cancel = world.chance('desk', 0.3);
      const line = document.content.lines[0];
      const made = await correctDocument(ctx, who, document.id, {
        reason: 'zwrot',
        reasonCode: 'return',
        ...(cancel ? { cancel: true } : { lines: [{ lineId: line.id, quantity: '0' }] }),
      } as Loose);
      if (made.outcome === 'created' && world.chance('desk', 0.8)) {
        const [result] = await issueDocuments(ctx, who, [made.id], { mail });
        return `correct ${document.number}: ${result!.outcome}`;
      }
      return `correct ${document.number}: ${made.outcome}`;
    }
  }
}

const changedMany = new WeakMap<World, { organizationId: string; editId: string }>();

/** Withdrawn to be restored: who was interrupted between the two does the second later. */
const takenOut = new WeakMap<World, Set<string>>();

const short = (id: string) => id.slice(-6);

/** What the cards and lists ask of a person. Returns how many things were done. */
export async function tend(world: World, life: Life, seller: Seller): Promise<number> {
  const { organizationId } = seller;
  const { ctx } = life;
  const who = { organizationId, actor };
  const org = <T>(work: (tx: Tx) => Promise<T>) => ctx.store.org(organizationId, work);
  let done = 0;
  const cards = await org((tx) => listCauses(tx, ctx, organizationId));
  for (const card of cards.filter((c) => c.actions.includes('all'))) {
    await mendedCause(ctx, who, card.id, 'all');
    world.tell(`person: mended ${card.code}`);
    done++;
  }
  const stopped = await org((tx) =>
    tx
      .selectFrom('transfer')
      .select(['id', 'status', 'reference', 'verb', 'cause', 'document_id'])
      .where('organization_id', '=', organizationId)
      .where((e) => e.or([e('status', '=', 'rejected'), e.and([e('status', '=', 'unknown'), e('next_at', 'is', null)])]))
      .execute(),
  );
  for (const transfer of stopped) {
    const { code, params } = (transfer.cause ?? {}) as { code?: string; params?: Record<string, string> };
    if (code === 'NOTHING_FOUND') {
      // A person looks it up there first.
      if (await seller.holds?.(transfer.reference)) world.problem(`${transfer.reference}: said to be nowhere, but the provider holds it`);
      else if (await sendOnceMore(ctx, who, transfer.id)) done++;
      world.tell(`person: send once more ${short(transfer.id)}`);
    } else if (code === 'LIKENESS_FOUND') {
      await answerLikeness(ctx, who, transfer.id, params?.number ?? '', (await seller.holds?.(transfer.reference)) ?? false);
      world.tell(`person: answered likeness ${params?.number}`);
      done++;
    } else {
      const result = await resendTransfer(ctx, who, transfer.id);
      world.tell(`person: resend ${transfer.verb} ${short(transfer.id)} ${code}: ${result}`);
      if (result === 'sent on its way') done++;
    }
  }
  for (const { id } of await documents(life, organizationId, ['withdrawn'])) {
    if (!takenOut.get(world)?.delete(id)) continue;
    await restoreDocuments(ctx, who, { ids: [id] });
    world.tell(`person: restores ${short(id)}`);
    done++;
  }
  const open = (await documents(life, organizationId, ['to_issue'])).filter((d) => !d.held && d.kind !== 'proforma');
  if (open.length > 0) {
    const results = await issueDocuments(
      ctx,
      who,
      open.map((d) => d.id),
      {},
    );
    // Documents of a day that was never there: the days of a series do not go back, so another series goes on.
    for (const result of results)
      if (result.outcome === 'refused' && result.findings.some((f) => f.code === 'H_ISSUE_DATE_BACK')) {
        await editDocument(ctx, who, result.id, { seriesId: await nextSeries(life, organizationId, result.id) } as Loose);
        const [again] = await issueDocuments(ctx, who, [result.id], {});
        world.tell(`person: issues ${short(result.id)} from another series: ${again!.outcome}`);
      }
    const other = results.flatMap((r) => (r.outcome === 'refused' ? r.findings.map((f) => f.code) : []));
    world.tell(`person: issues the other ${open.length}${other.length > 0 ? `, refused ${[...new Set(other)].join()}` : ''}`);
    done++;
  }
  done += await mendedMail(world, life, organizationId);
  done += (await seller.tend?.(life)) ?? 0;
  const puts = await org((tx) =>
    tx
      .selectFrom('delivery')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('way', 'in', ['attachment', 'order'])
      .where((e) => e.or([e('status', '=', 'refused'), e.and([e('status', '=', 'unknown'), e('next_at', 'is', null)])]))
      .execute(),
  );
  for (const { id } of puts) if ((await putAgain(ctx, who, id)) === 'on its way') done++;
  return done;
}

/** The series that goes on where the days of the one before lie ahead. */
async function nextSeries(life: Life, organizationId: string, documentId: string): Promise<string> {
  const { ctx } = life;
  const [all, document] = await ctx.store.org(organizationId, async (tx) => [
    await listSeries(tx, organizationId),
    await tx.selectFrom('document').select(['kind', 'series_id']).where('id', '=', documentId).executeTakeFirstOrThrow(),
  ]);
  const name = `Dalej ${document.kind}`;
  const before = all.find((s) => s.id === document.series_id) ?? all.find((s) => s.kind === document.kind && s.is_default)!;
  const there = all.find((s) => s.name === name);
  if (there) return there.id;
  const made = await saveSeries(
    ctx,
    { organizationId, actor },
    {
      name,
      kind: before.kind,
      pattern: `D${document.kind.slice(0, 3).toUpperCase()}/{n}/{yyyy}`,
      reset: 'yearly',
      isDefault: true,
      numberOwner: before.number_owner,
      reporter: before.reporter,
      connectionId: before.connection_id,
      settings: before.settings,
    },
  );
  if (!('series' in made)) throw new Error(`another series: ${JSON.stringify(made.findings)}`);
  return made.series.id;
}

/** A mail that nobody knows of is looked up at the receiver's; whoever got none is mailed again. */
async function mendedMail(world: World, life: Life, organizationId: string): Promise<number> {
  const rows = await life.ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('delivery')
      .select(['id', 'status', 'message_id'])
      .where('organization_id', '=', organizationId)
      .where('way', '=', 'mail')
      .where('status', 'in', ['unknown', 'refused'])
      .execute(),
  );
  let done = 0;
  for (const { id, message_id } of rows) {
    const arrived = world.mailbox.mails().some((m) => m.messageId === message_id);
    const result = await decideMail(life.ctx, { organizationId, actor }, id, arrived ? 'arrived' : 'send_again');
    if (result.ok) done++;
  }
  return done;
}
