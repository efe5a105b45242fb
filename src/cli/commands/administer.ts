import { readFileSync } from 'node:fs';
import {
  type Asked,
  addShipment,
  adoptReceivable,
  answerAction,
  follow,
  listDeadlines,
  listReceivables,
  openReceivable,
  type PartView,
  type ReceivableView,
  receivableView,
  requestAction,
  workAction,
} from '../../administer/index.ts';
import { findingWords } from '../../api/finding-words.ts';
import { listConnections } from '../../connections/index.ts';
import { explain } from '../../diagnosis/index.ts';
import type { Finding } from '../../domain/finding.ts';
import { type Action, creditsOf, type Pick, picksOf, rowInputSchema } from '../../domain/receivables/index.ts';
import { type Opened, open } from '../../open.ts';
import type { Who } from '../../toissue/index.ts';
import { type Command, choice, type ExitCode, need, type Run, text, type Values, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';
import { administerVerbs } from '../table.ts';

export const administerCommand: Command['run'] = async (run) => {
  const [word, subject] = run.positionals;
  const verb = administerVerbs.find((one) => one === word);
  if (!verb) throw new WrongUsage(`"${word}" is none of ${administerVerbs.join(', ')}.`);
  const opened = await open(run.config, { work: false });
  try {
    const who = await organizationOf(opened.ctx, run.values);
    return await perform({ run, opened, who, subject }, verb);
  } finally {
    await opened.close();
  }
};

type Desk = { run: Run; opened: { ctx: Opened['ctx'] }; who: Who; subject: string | undefined };

/** One subcommand on an open installation. */
export async function perform(desk: Desk, verb: (typeof administerVerbs)[number]): Promise<ExitCode> {
  if (verb === 'list') return list(desk);
  if (verb === 'deadlines') return deadlines(desk);
  if (!desk.subject) throw new WrongUsage(`administer ${verb} needs an order number, an invoice number or an id.`);
  if (verb === 'open' || verb === 'adopt') return begin(desk, verb);
  if (verb === 'ship') return ship(desk);
  if (verb === 'answer') return answer(desk);
  const id = await claimOf(desk);
  if (verb === 'read') await follow(desk.opened.ctx, desk.who.organizationId, id);
  if (verb === 'show' || verb === 'read') return show(desk, id);
  if (verb === 'credit' && !text(desk.run.values, 'part')) return creditGoods(desk, id);
  return act(desk, id, await actionOf(desk, id, verb));
}

async function viewOf({ opened, who }: Desk, id: string): Promise<ReceivableView> {
  return (await opened.ctx.store.org(who.organizationId, (tx) => receivableView(tx, opened.ctx, who.organizationId, id, 'en')))!;
}

async function claimOf({ opened, who, subject }: Desk): Promise<string> {
  const found = await opened.ctx.store.org(who.organizationId, (tx) => listReceivables(tx, who.organizationId, { q: subject!, limit: 20 }));
  if (/^[0-9a-f-]{36}$/i.test(subject!)) return subject!;
  const exact = found.items.filter((r) => r.orderNumber === subject || r.numbers.includes(subject!));
  const live = exact.filter((r) => r.state !== 'rejected' && r.state !== 'cancelled');
  const fits = live.length > 0 ? live : exact;
  if (fits.length === 0) throw new WrongUsage(`No claim has the order or invoice number "${subject}".`);
  if (fits.length > 1) throw new WrongUsage(`Several claims fit "${subject}": name one by its id (${fits.map((r) => r.id).join(', ')}).`);
  return fits[0]!.id;
}

function articlesOf(values: Values): { articleId: string; quantity: number }[] | undefined {
  const given = values.article as string[] | undefined;
  return given?.map((one) => {
    const match = /^(.+)=(\d{1,8})$/.exec(one);
    if (!match) throw new WrongUsage(`--article is "${one}": it must be an article id and a quantity, such as MUGG=2.`);
    return { articleId: match[1]!, quantity: Number(match[2]) };
  });
}

const plain = (part: PartView) => ({ ...part, changedSinceSent: false });

async function actionOf(desk: Desk, id: string, verb: string): Promise<Exclude<Action, { verb: 'add' }>> {
  const { values } = desk.run;
  const view = await viewOf(desk, id);
  const part = partOf(view, text(values, 'part'), verb);
  const articles = articlesOf(values);
  let picks: Pick[] | undefined;
  if (articles) {
    picks = picksOf(plain(part), articles);
    if (!picks)
      throw new WrongUsage(
        `Part ${part.seq} has not so many of these goods: ${part.rows.map((r) => `${r.articleId}=${r.quantity - r.credited}`).join(', ')}.`,
      );
  }
  const seq = { part: part.seq };
  switch (verb) {
    case 'activate':
      return { verb, ...seq, ...(picks ? { picks } : {}) };
    case 'credit':
      return { verb, ...seq, ...(picks ? { picks } : {}) };
    case 'replace':
      return { verb, ...seq, rows: rowsOf(need(values, 'rows')) };
    case 'send': {
      const email = text(values, 'email');
      if (!email === !values.post) throw new WrongUsage('Say --email ADDRESS or --post.');
      return { verb, ...seq, by: email ? 'email' : 'post', ...(email ? { email } : {}) };
    }
    case 'adjust': {
      const amount = need(values, 'amount');
      if (!/^-?\d{1,9}(\.\d{1,2})?$/.test(amount)) throw new WrongUsage(`--amount is "${amount}": it must be an amount such as -20.00.`);
      const name = text(values, 'name') ?? 'Adjustment';
      return { verb, ...seq, articleId: 'ADJUSTMENT', name, amount, vat: text(values, 'vat') ?? '25' };
    }
    default:
      return { verb: verb as 'cancel' | 'extend' | 'prolong', ...seq };
  }
}

function partOf(view: ReceivableView, wanted: string | undefined, verb: string): PartView {
  if (wanted) {
    const found = view.parts.findLast((p) => String(p.seq) === wanted || p.number === wanted || p.aliases.includes(wanted));
    if (!found)
      throw new WrongUsage(
        `There is no part "${wanted}". There are: ${view.parts.map((p) => `${p.seq} (${p.number}, ${p.state})`).join(', ')}.`,
      );
    return found;
  }
  const fits = view.parts.filter((p) => p.buttons.some((b) => b.verb === verb && b.enabled));
  if (fits.length > 1)
    throw new WrongUsage(`Several parts fit: name one with --part (${fits.map((p) => `${p.seq}: ${p.number}`).join(', ')}).`);
  const part = fits[0] ?? view.parts.findLast((p) => p.state === 'active' || p.state === 'pending') ?? view.parts.at(-1);
  if (!part) throw new WrongUsage('The claim has no parts yet.');
  return part;
}

function rowsOf(file: string) {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new WrongUsage(`${file} cannot be read: ${(error as Error).message}`);
  }
  const rows = rowInputSchema.array().min(1).safeParse(parsed);
  if (!rows.success) throw new WrongUsage(`${file}, ${rows.error.issues[0]!.path.join('.')}: ${rows.error.issues[0]!.message}.`);
  return rows.data;
}

/** A return: one credit for each part that holds some of the goods. */
async function creditGoods(desk: Desk, id: string): Promise<ExitCode> {
  const articles = articlesOf(desk.run.values);
  if (!articles) return act(desk, id, await actionOf(desk, id, 'credit'));
  const view = await viewOf(desk, id);
  const credits = creditsOf(view.parts.map(plain), articles);
  if (!credits) throw new WrongUsage('Not so many of these goods are in active parts.');
  let code: ExitCode = 0;
  for (const credit of credits) code = (await act(desk, id, { verb: 'credit', ...credit })) || code ? 1 : 0;
  return code;
}

async function act(desk: Desk, id: string, action: Exclude<Action, { verb: 'add' }>): Promise<ExitCode> {
  const { opened, who, run } = desk;
  const asked = await requestAction(opened.ctx, who, id, action, { dryRun: run.values['dry-run'] === true });
  return told(desk, asked);
}

/** Prints what would happen, runs the action to its end or to where it has to wait, and shows the ledger. */
async function told(desk: Desk, asked: Asked): Promise<ExitCode> {
  const { opened, who, run } = desk;
  const { out } = run;
  if (asked.outcome === 'missing') throw new WrongUsage(`There is no such ${asked.what}.`);
  if (asked.outcome === 'stopped') {
    out.say('Nothing was sent:');
    for (const finding of asked.findings) out.say(`  ${wordsOf(desk, finding)}`);
    out.result({ outcome: 'stopped', findings: asked.findings });
    return 1;
  }
  const { foresight } = asked;
  const due = foresight.dueDate?.after
    ? `, due ${foresight.dueDate.before ? `${foresight.dueDate.before} → ` : ''}${foresight.dueDate.after}`
    : '';
  const split = foresight.amount.byRate.map((r) => `${Number(r.vat)} %: ${r.tax}`).join(', ');
  out.say(
    `${foresight.verb} ${foresight.amount.gross} (VAT ${split || '0.00'})${due}${foresight.rest ? `, ${foresight.rest.gross} stays pending` : ''}`,
  );
  for (const finding of foresight.findings) out.say(`  note: ${wordsOf(desk, finding)}`);
  const { parts: _, ...shown } = foresight;
  if (asked.outcome === 'foreseen') {
    out.say(
      `pending ${foresight.before.pending} → ${foresight.after.pending}, owed ${foresight.before.active} → ${foresight.after.active}. Nothing was sent.`,
    );
    out.result({ outcome: 'foreseen', foresight: shown });
    return 0;
  }
  await workAction(opened.ctx, who.organizationId, asked.actionId);
  const view = await viewOf(desk, asked.receivableId);
  const action = view.actions.find((a) => a.id === asked.actionId)!;
  print(desk, view);
  if (action.status !== 'accepted')
    out.say(`${action.verb}: ${action.status}${action.cause ? `: ${action.cause.text} ${action.cause.remedy}` : ''}`);
  out.result({ outcome: action.status, action, receivable: view });
  return action.status === 'accepted' ? 0 : 1;
}

function wordsOf({ opened }: Desk, finding: Finding): string {
  if (finding.code.includes('.')) return explain(opened.ctx, finding, 'en').text;
  const words = explain(opened.ctx, finding, 'en');
  return `${words.text || findingWords(finding.code).text.en} ${words.remedy}`;
}

function print({ run: { out } }: Desk, view: ReceivableView): void {
  out.say(`Order ${view.orderNumber}, ${view.buyerName}${view.buyerNumberMasked ? ` (${view.buyerNumberMasked})` : ''}: ${view.state}`);
  out.table(
    ['part', 'number', 'state', 'total', 'credited', 'left', 'due', 'reference', 'rows'],
    view.parts.map((p) => [
      String(p.seq),
      p.number,
      p.state,
      p.sums.total,
      p.sums.credited,
      p.sums.remaining.gross,
      p.dueDate ?? '–',
      p.reference ?? '–',
      p.rows.map((r) => `${r.articleId}×${r.quantity - r.credited}`).join(' '),
    ]),
  );
  const s = view.sums;
  out.say(
    `ordered ${s.ordered}, pending ${s.pending}, owed ${s.active}, credited ${s.credited}, adjusted ${s.adjusted}, lapsed ${s.lapsed} ${view.currency}`,
  );
  for (const m of view.mismatches) out.say(`  differs: ${m.what} of ${m.number}: theirs ${m.theirs || '–'}, ours ${m.ours || '–'}`);
}

async function show(desk: Desk, id: string): Promise<ExitCode> {
  const view = await viewOf(desk, id);
  if (!view) throw new WrongUsage('There is no such claim.');
  print(desk, view);
  desk.run.out.result(view);
  return view.mismatches.length > 0 || view.needsPerson ? 1 : 0;
}

async function list({ run, opened, who, subject }: Desk): Promise<ExitCode> {
  const { values, out } = run;
  const query = { state: text(values, 'state'), attention: values.attention === true, ...(subject ? { q: subject } : {}), limit: 200 };
  const { items } = await opened.ctx.store.org(who.organizationId, (tx) => listReceivables(tx, who.organizationId, query));
  out.table(
    ['order', 'buyer', 'state', 'pending', 'owed', 'numbers'],
    items.map((r) => [
      r.orderNumber,
      r.buyerName,
      r.needsPerson ? `${r.state} !` : r.state,
      r.sums.pending,
      r.sums.active,
      r.numbers.join(' '),
    ]),
  );
  out.result({ items });
  return 0;
}

async function deadlines({ run: { out }, opened, who }: Desk): Promise<ExitCode> {
  const items = await opened.ctx.store.org(who.organizationId, (tx) => listDeadlines(tx, who.organizationId, opened.ctx.now()));
  out.table(
    ['day', 'days', 'what', 'order', 'number', 'amount'],
    items.map((d) => [
      d.day,
      String(d.days),
      d.kind,
      d.orderNumber || d.connectionName,
      d.number,
      d.amount ? `${d.amount} ${d.currency}` : '',
    ]),
  );
  out.result({ items });
  return items.some((d) => d.urgency === 'late' || d.urgency === 'urgent') ? 1 : 0;
}

async function begin(desk: Desk, verb: 'open' | 'adopt'): Promise<ExitCode> {
  const { run, opened, who } = desk;
  const { values } = run;
  const input = {
    connectionId: await connectionOf(desk),
    orderId: await orderOf(desk),
    ...(values['buyer-number-stdin'] ? { buyerNumber: await standardInput() } : {}),
  };
  if (verb === 'adopt') {
    const adopted = await adoptReceivable(opened.ctx, who, { ...input, number: text(values, 'number') });
    return adopted.outcome === 'adopted' ? show(desk, adopted.receivableId) : told(desk, adopted);
  }
  const buyerIp = text(values, 'buyer-ip');
  return told(desk, await openReceivable(opened.ctx, who, { ...input, ...(buyerIp ? { buyerIp } : {}) }, values['dry-run'] === true));
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

async function connectionOf({ run, opened, who }: Desk): Promise<string> {
  const wanted = text(run.values, 'connection');
  const all = (await opened.ctx.store.org(who.organizationId, (tx) => listConnections(tx, who.organizationId))).filter((c) =>
    opened.ctx.connectors.get(c.connector)?.manifest.capabilities.includes('administer'),
  );
  const fits = wanted ? all.filter((c) => c.name === wanted || c.id === wanted) : all;
  if (fits.length === 1) return fits[0]!.id;
  throw new WrongUsage(
    all.length === 0
      ? 'No connection administers invoices: add one first.'
      : `Name one with --connection: ${all.map((c) => `"${c.name}"`).join(', ')}.`,
  );
}

async function orderOf({ opened, who, subject }: Desk): Promise<string> {
  const rows = await opened.ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('sales_order')
      .select(['id', 'number', 'external_id'])
      .where('organization_id', '=', who.organizationId)
      .where((e) =>
        e.or([
          e('number', '=', subject!),
          e('external_id', '=', subject!),
          ...(/^[0-9a-f-]{36}$/i.test(subject!) ? [e('id', '=', subject!)] : []),
        ]),
      )
      .execute(),
  );
  if (rows.length !== 1)
    throw new WrongUsage(rows.length === 0 ? `There is no order "${subject}".` : `Several orders are called "${subject}".`);
  return rows[0]!.id;
}

async function ship(desk: Desk): Promise<ExitCode> {
  const { run, opened, who } = desk;
  const orderId = await orderOf(desk);
  const lines = articlesOf(run.values)?.map(({ articleId, quantity }) => ({ line: articleId, quantity }));
  const externalId = text(run.values, 'shipment') ?? opened.ctx.now().toISOString();
  const made = await addShipment(opened.ctx, who, orderId, { externalId, ...(lines ? { lines } : {}) });
  if (made && 'findings' in made) {
    for (const finding of made.findings) run.out.say(wordsOf(desk, finding));
    run.out.result(made);
    return 1;
  }
  run.out.say(`Shipment ${externalId} kept. The running Fakturist acts on it by the rules of the connection.`);
  run.out.result(made);
  return 0;
}

async function answer({ run, opened, who, subject }: Desk): Promise<ExitCode> {
  const happened = choice(run.values, 'happened', ['yes', 'no'] as const, 'no') === 'yes';
  if (!text(run.values, 'happened')) throw new WrongUsage('--happened yes or --happened no is missing.');
  const number = text(run.values, 'number');
  const verb = await opened.ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('receivable_action')
      .select('verb')
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', subject!)
      .executeTakeFirst(),
  );
  const result = await answerAction(opened.ctx, who, subject!, {
    happened,
    ...(number ? { [verb?.verb === 'add' ? 'number' : 'newNumber']: number } : {}),
  });
  if (typeof result === 'object') for (const finding of result.findings) run.out.say(wordsOf({ run, opened, who, subject }, finding));
  else run.out.say(result);
  run.out.result(typeof result === 'object' ? result : { result });
  return result === 'taken' ? 0 : 1;
}
