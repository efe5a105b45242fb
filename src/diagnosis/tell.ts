import { sql } from 'kysely';
import { four } from '../contract/cause.ts';
import type { Texts } from '../contract/manifest.ts';
import { createSender, type MailAccount, messageIdOf, parseAddress, readMailAccount, smtpConnectorId } from '../delivery/index.ts';
import { cut } from '../domain/cut.ts';
import type { Language } from '../domain/documents/document.ts';
import type { Context, JobData } from '../jobs/index.ts';
import { byLot, type Tx } from '../store/index.ts';
import type { CauseCase } from './cases.ts';
import { causeOf, explain, fill } from './explain.ts';

/**
 * The owner hears of a cause once when it opens and once when it is over. The moment is written before the mail goes: a crash in
 * between costs a mail, never makes two; a mail that surely did not go gives the moment back.
 */
const words = {
  subject: four(['Trzeba coś zrobić: {title}', 'Something has to be done: {title}', 'Teendő: {title}', 'Något behöver göras: {title}']),
  waiting: four(['Czekające dokumenty: {n}', 'Documents waiting: {n}', 'Várakozó bizonylatok: {n}', 'Dokument som väntar: {n}']),
  connection: four(['Połączenie: {name}', 'Connection: {name}', 'Kapcsolat: {name}', 'Anslutning: {name}']),
  series: four(['Seria: {name}', 'Series: {name}', 'Sorozat: {name}', 'Serie: {name}']),
  mend: four(['Strona, na której się to naprawia:', 'The page where it is mended:', 'Itt javítható:', 'Sidan där det åtgärdas:']),
  open: four([
    'Gdy będzie naprawione, naciśnij przycisk tutaj:',
    'Once mended, press the button here:',
    'Javítás után itt nyomja meg a gombot:',
    'Tryck på knappen här när det är åtgärdat:',
  ]),
  overSubject: four(['Już w porządku: {title}', 'Over: {title}', 'Rendben: {title}', 'Löst: {title}']),
  over: four([
    'Przyczyna zniknęła i dokumenty idą dalej. Nic więcej nie trzeba robić.',
    'The cause is gone and documents go on. Nothing more has to be done.',
    'Az ok megszűnt, a bizonylatok mennek tovább. Nincs több teendő.',
    'Orsaken är borta och dokumenten går vidare. Inget mer behöver göras.',
  ]),
} satisfies Record<string, Texts>;

/** What passes by itself is told only when it lasts. */
const patienceMs = 15 * 60_000;

type About = 'told_at' | 'told_over_at';
type Ready = {
  about: About;
  case: CauseCase;
  account: MailAccount;
  language: Language;
  connection?: { name: string; connector: string };
  waiting: number;
  to: string[];
};

/** The job `tell` for one case. Finding nothing to tell is fine. */
export async function tellCause(ctx: Context, { organizationId, id }: JobData): Promise<void> {
  const owners = await ownersOf(ctx, organizationId);
  const ready = await ctx.store.org(organizationId, (tx) => take(tx, ctx, organizationId, id, owners));
  if (!ready) return;
  const outcome = await createSender(ready.account.smtp).send(compose(ctx, ready));
  if (outcome.outcome !== 'later') return;
  await ctx.store.org(organizationId, (tx) => mark(tx, organizationId, id, ready.about, null));
  throw new Error(`the mail about a cause waits: ${outcome.cause.code}`);
}

async function ownersOf(ctx: Context, organizationId: string): Promise<string[]> {
  const rows = await ctx.store.system((tx) =>
    tx
      .selectFrom('member as m')
      .innerJoin('auth_user as u', 'u.id', 'm.user_id')
      .select('u.email')
      .where('m.organization_id', '=', organizationId)
      .where('m.role', '=', 'owner')
      .execute(),
  );
  return rows.map((r) => r.email);
}

async function take(tx: Tx, ctx: Context, organizationId: string, id: string, owners: string[]): Promise<Ready | undefined> {
  const row = await tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  const about = row && dueOf(ctx, row);
  if (!row || !about) return undefined;
  const account = await readMailAccount(tx, ctx, organizationId);
  if (!account) return undefined;
  const connection = row.connection_id
    ? await tx
        .selectFrom('connection')
        .select(['name', 'connector'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', row.connection_id)
        .executeTakeFirst()
    : undefined;
  const organization = await tx
    .selectFrom('organization')
    .select(['language', 'policies', 'zone'])
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow();
  if (about === 'told_at' && connection && tooEarly(ctx, row, connection.connector, organization)) return undefined;
  const { rows } = await sql<{
    n: bigint;
  }>`select count(*) as n from transfer t where organization_id = ${organizationId} and connection_id = ${row.connection_id}::uuid and status = 'waiting'
    and (${row.series_id}::uuid is null or exists (select 1 from document d where d.organization_id = t.organization_id and d.id = t.document_id and d.series_id = ${row.series_id}::uuid))`.execute(
    tx,
  );
  const chosen = ((organization.policies.digestTo ?? []) as string[]).filter((address) => parseAddress(address));
  const fallback = account.smtp.replyTo ?? account.smtp.from.address;
  const to = chosen.length > 0 ? chosen : owners.length > 0 ? owners : [fallback];
  await mark(tx, organizationId, id, about, ctx.now());
  const language = (['pl', 'en', 'hu', 'sv'] as const).find((l) => l === organization.language) ?? 'en';
  return { about, case: row, account, language, connection, waiting: Number(rows[0]!.n), to: to.slice(0, 20) };
}

const workingHours = { from: 7, to: 19 };

/** What passes by itself is told when it lasts; a computer that is switched off at night is news in the morning only. */
function tooEarly(
  ctx: Context,
  row: CauseCase,
  connector: string,
  organization: { zone: string; policies: Record<string, unknown> },
): boolean {
  const cause = causeOf(ctx, connector, row.code);
  const openMs = ctx.now().getTime() - row.opened_at.getTime();
  if (cause.tellAfterMinutes === undefined) return cause.retryHelps && openMs < patienceMs;
  const minutes = Number(organization.policies[`${row.code}_minutes`] ?? cause.tellAfterMinutes);
  const hour = Number(new Intl.DateTimeFormat('en-GB', { timeZone: organization.zone, hour: '2-digit', hour12: false }).format(ctx.now()));
  return openMs < minutes * 60_000 || hour < workingHours.from || hour >= workingHours.to;
}

/** An end is told to whom the beginning was told; what was over before anybody heard of it is nobody's news. */
function dueOf(ctx: Context, row: CauseCase): About | undefined {
  if (!row.closed_at) return row.told_at ? undefined : 'told_at';
  return row.told_at && !row.told_over_at && row.closed_at <= ctx.now() ? 'told_over_at' : undefined;
}

async function mark(tx: Tx, organizationId: string, id: string, about: About, at: Date | null): Promise<void> {
  await tx
    .updateTable('cause_case')
    .set({ [about]: at })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute();
}

function compose(ctx: Context, ready: Ready) {
  const { language, connection, account } = ready;
  const said = explain(ctx, { code: ready.case.code, params: ready.case.params, connector: connection?.connector }, language);
  const over = ready.about === 'told_over_at';
  const title = said.title ?? said.text;
  const lines = [
    title,
    ...(connection ? [fill(words.connection[language], { name: connection.name })] : []),
    ...(ready.case.series_id ? [fill(words.series[language], { name: ready.case.params.series ?? '' })] : []),
    '',
    ...(over
      ? [words.over[language]]
      : [
          said.text,
          '',
          said.remedy,
          '',
          fill(words.waiting[language], { n: String(ready.waiting) }),
          ...(said.link ? ['', words.mend[language], said.link] : []),
          '',
          words.open[language],
        ]),
    `${ctx.publicUrl}/causes`,
  ];
  const subject = over ? words.overSubject : words.subject;
  return {
    messageId: messageIdOf(`cause-${over ? 'over' : 'open'}-${ready.case.id}`, account.smtp.from.address),
    to: ready.to,
    subject: cut(fill(subject[language], { title }), 200),
    text: `${lines.join('\n')}\n`,
    language,
    date: ctx.now(),
  };
}

/** Finds causes nobody was told of yet: mail was set up later, a job was lost, or something passing lasts. Run every minute. */
export async function sweepTells(ctx: Context): Promise<void> {
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select k.organization_id, k.id from cause_case k
    where ((k.closed_at is null and k.told_at is null) or (k.closed_at is not null and k.told_at is not null and k.told_over_at is null))
      and k.opened_at > ${new Date(ctx.now().getTime() - 7 * 86_400_000).toISOString()}::timestamptz
      and exists (select 1 from connection c where c.organization_id = k.organization_id and c.connector = ${smtpConnectorId} and c.status = 'active')
    order by ${byLot(ctx.now(), 'k.id')} limit 500`.execute(ctx.store.db);
  for (const row of rows)
    await ctx.store.org(row.organization_id, (tx) => ctx.jobs.enqueue(tx, 'tell', [{ organizationId: row.organization_id, id: row.id }]));
}
