import { sql } from 'kysely';
import type { Texts } from '../../contract/manifest.ts';
import { civilDay } from '../../domain/days/day.ts';
import type { Language } from '../../domain/documents/document.ts';
import { type Context, eachAlone } from '../../jobs/index.ts';
import { json, type Tx } from '../../store/index.ts';
import { parseAddress } from './address.ts';
import { type MailAccount, readMailAccount } from './settings.ts';
import { createSender, type MailSender, messageIdOf, type SmtpSettings } from './smtp.ts';
import { escapeHtml, htmlPage } from './template.ts';

/**
 * The morning mail of what waits: documents to issue, held ones, mails that need a person. Sent from five o'clock on in the
 * organization's zone, once a day, and not at all when nothing waits. It goes to the policy `digestTo` (an empty list switches it off), else to
 * the owners, else to the account's own address.
 */
type Waiting = { toIssue: number; held: number; mails: number };

const fromHour = 5;
/** A digest that could not be sent by noon is yesterday's news. */
const untilHour = 12;
const recipientLimit = 20;

const words = {
  subject: {
    pl: 'Czeka na wystawienie: {n}',
    hu: 'Kiállításra vár: {n}',
    sv: 'Väntar på att ställas ut: {n}',
    en: 'Waiting to be issued: {n}',
  },
  subjectMails: {
    pl: 'Wiadomości wymagające uwagi: {n}',
    hu: 'Figyelmet igénylő levelek: {n}',
    sv: 'Mejl som behöver ses över: {n}',
    en: 'Mails that need attention: {n}',
  },
  greeting: { pl: 'Dzień dobry,', hu: 'Jó reggelt!', sv: 'God morgon!', en: 'Good morning,' },
  toIssue: {
    pl: 'Dokumenty do wystawienia: {n}',
    hu: 'Kiállítandó bizonylatok: {n}',
    sv: 'Dokument att ställa ut: {n}',
    en: 'Documents to issue: {n}',
  },
  held: {
    pl: 'w tym wstrzymane (trzeba coś uzupełnić): {n}',
    hu: 'ebből visszatartva (valamit pótolni kell): {n}',
    sv: 'varav stoppade (något behöver kompletteras): {n}',
    en: 'of these held (something has to be completed): {n}',
  },
  mails: {
    pl: 'Wiadomości, które nie dotarły lub czekają na decyzję: {n}',
    hu: 'Meg nem érkezett vagy döntésre váró levelek: {n}',
    sv: 'Mejl som inte kom fram eller väntar på beslut: {n}',
    en: 'Mails that did not arrive or wait for a decision: {n}',
  },
  open: { pl: 'Otwórz kolejkę:', hu: 'A várólista megnyitása:', sv: 'Öppna kön:', en: 'Open the queue:' },
  openMails: { pl: 'Otwórz wiadomości:', hu: 'A levelek megnyitása:', sv: 'Öppna mejlen:', en: 'Open the mails:' },
  settings: {
    pl: 'Odbiorców tej wiadomości ustawia się tutaj:',
    hu: 'A levél címzettjei itt állíthatók be:',
    sv: 'Välj vem som får det här mejlet:',
    en: 'Choose who gets this mail:',
  },
} satisfies Record<string, Texts>;

function say(key: keyof typeof words, language: Language, n = 0): string {
  return words[key][language].replace('{n}', String(n));
}

/** Sends the digests that are due now. Run it every hour. Returns how many went out. */
export async function sendDigests(ctx: Context, tools: { sender?: (settings: SmtpSettings) => MailSender } = {}): Promise<number> {
  const organizations = await ctx.store.system((tx) =>
    tx.selectFrom('organization').select(['id', 'name', 'zone', 'language', 'policies']).execute(),
  );
  let sent = 0;
  const digestOf = async (organization: (typeof organizations)[number]) => {
    const hour = hourIn(organization.zone, ctx.now());
    if (hour < fromHour || hour >= untilHour) return;
    const to = (organization.policies.digestTo as string[] | undefined) ?? (await ownersOf(ctx, organization.id));
    const off = organization.policies.digestTo !== undefined && to.length === 0;
    if (!off && (await sendDigest(ctx, organization, to, tools.sender ?? createSender))) sent++;
  };
  await eachAlone(ctx, 'a digest failed', organizations, digestOf, ({ id }) => ({ organization: id }));
  return sent;
}

async function ownersOf(ctx: Context, organizationId: string): Promise<string[]> {
  const rows = await ctx.store.system((tx) =>
    tx
      .selectFrom('member')
      .innerJoin('auth_user', 'auth_user.id', 'member.user_id')
      .select('auth_user.email')
      .where('member.organization_id', '=', organizationId)
      .where('member.role', '=', 'owner')
      .limit(recipientLimit)
      .execute(),
  );
  return rows.map((row) => row.email);
}

function hourIn(zone: string, at: Date): number {
  return Number(new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(at));
}

async function sendDigest(
  ctx: Context,
  organization: { id: string; name: string; zone: string; language: string },
  to: string[],
  sender: (settings: SmtpSettings) => MailSender,
): Promise<boolean> {
  const day = civilDay(ctx.now().toISOString(), organization.zone);
  const key = `digest:${day}`;
  const ready = await ctx.store.org(organization.id, async (tx) => {
    const account = await readMailAccount(tx, ctx, organization.id);
    const waiting = account && (await countWaiting(tx, organization.id));
    if (!account || !waiting || waiting.toIssue + waiting.mails === 0) return undefined;
    // The day is taken before the mail goes: a crash in between costs a digest, never makes two.
    const made = await tx
      .insertInto('idempotency_key')
      .values({ organization_id: organization.id, key, request_hash: '', status: null, response: json(waiting), created_at: ctx.now() })
      .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
      .returning('key')
      .execute();
    return made.length > 0 ? { account, waiting } : undefined;
  });
  if (!ready) return false;
  const outcome = await sender(ready.account.smtp).send(compose(ctx, organization, day, ready.account, ready.waiting, to));
  if (outcome.outcome !== 'later') return outcome.outcome === 'handed-over';
  await ctx.store.org(organization.id, (tx) =>
    tx.deleteFrom('idempotency_key').where('organization_id', '=', organization.id).where('key', '=', key).execute(),
  );
  return false;
}

async function countWaiting(tx: Tx, organizationId: string): Promise<Waiting> {
  const { rows } = await sql<{ to_issue: bigint; held: bigint; mails: bigint }>`select
    (select count(*) from document where organization_id = ${organizationId} and state in ('to_issue', 'refused')) as to_issue,
    (select count(*) from document where organization_id = ${organizationId} and state in ('to_issue', 'refused') and held) as held,
    (select count(*) from delivery where organization_id = ${organizationId} and way = 'mail' and status in ('refused', 'bounced', 'unknown', 'held')) as mails`.execute(
    tx,
  );
  const { to_issue, held, mails } = rows[0]!;
  return { toIssue: Number(to_issue), held: Number(held), mails: Number(mails) };
}

function compose(
  ctx: Context,
  organization: { id: string; name: string; language: string },
  day: string,
  account: MailAccount,
  waiting: Waiting,
  to: string[],
) {
  const language = (['pl', 'hu', 'sv', 'en'].includes(organization.language) ? organization.language : 'en') as Language;
  const { replyTo, from } = account.smtp;
  const recipients = to.filter((address) => parseAddress(address)).slice(0, recipientLimit);
  const { toIssue, held, mails } = waiting;
  const counts = [
    organization.name,
    ...(toIssue > 0 ? [say('toIssue', language, toIssue)] : []),
    ...(held > 0 ? [`– ${say('held', language, held)}`] : []),
    ...(mails > 0 ? [say('mails', language, mails)] : []),
  ];
  const led = [
    ...(toIssue > 0 ? [{ said: say('open', language), to: `${ctx.publicUrl}/to-issue` }] : []),
    ...(mails > 0 ? [{ said: say('openMails', language), to: `${ctx.publicUrl}/mail?status=failed` }] : []),
    { said: say('settings', language), to: `${ctx.publicUrl}/settings/tax` },
  ];
  const paragraphs = [say('greeting', language), counts.join('\n')];
  return {
    messageId: messageIdOf(`digest-${day}-${organization.id}`, from.address),
    to: recipients.length > 0 ? recipients : [replyTo ?? from.address],
    subject: waiting.toIssue > 0 ? say('subject', language, waiting.toIssue) : say('subjectMails', language, waiting.mails),
    text: `${[...paragraphs, ...led.map(({ said, to }) => `${said} ${to}`)].join('\n\n')}\n`,
    html: htmlPage(
      [...paragraphs.map(escapeHtml), ...led.map(({ said, to }) => `${said} <a href="${escapeHtml(to)}">${escapeHtml(to)}</a>`)],
      language,
    ),
    language,
    date: ctx.now(),
  };
}
