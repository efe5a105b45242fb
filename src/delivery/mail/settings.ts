import { sql } from 'kysely';
import { z } from 'zod';
import { isCallableHost, leadsElsewhere } from '../../connections/index.ts';
import type { CheckResult, Connector } from '../../contract/connector.ts';
import type { Manifest, SettingField } from '../../contract/manifest.ts';
import type { Secret } from '../../contract/secret.ts';
import type { Language } from '../../domain/documents/document.ts';
import type { Context } from '../../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../../store/index.ts';
import { parseAddress } from './address.ts';
import { mailCauses } from './causes.ts';
import { checkSmtp, type SmtpSettings, smtpSettingsSchema } from './smtp.ts';

/** The organization's own SMTP account: one connection row of the connector `smtp`, its password in the vault like any other secret. */
export const smtpConnectorId = 'smtp';

const mailSettingsSchema = z.object({
  host: z.string().trim().min(1).max(255),
  port: z.number().int().min(1).max(65535),
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.string().trim().max(320).default(''),
  fromName: z.string().trim().max(200).default(''),
  fromAddress: z.string().trim().max(320),
  replyTo: z.string().trim().max(320).nullish(),
  /** A copy of every mail handed over, for the seller. */
  bcc: z.string().trim().max(320).nullish(),
  /** After a lost answer: a person decides, or the same message goes out once more under the same Message-ID. */
  afterLostAnswer: z.enum(['person', 'resend']).default('person'),
});
export type MailSettings = z.infer<typeof mailSettingsSchema>;
type MailSettingsInput = z.input<typeof mailSettingsSchema> & { /** Left out: the stored one stays. */ password?: string };
export type MailAccount = { connectionId: string; settings: MailSettings; hasPassword: boolean; smtp: SmtpSettings };

const owner = (organizationId: string, connectionId: string) => `${organizationId}/${connectionId}`;

/** The account with its opened password, or undefined when mail is not set up or switched off. */
export async function readMailAccount(tx: Tx, ctx: Pick<Context, 'vault'>, organizationId: string): Promise<MailAccount | undefined> {
  const row = await findRow(tx, organizationId);
  if (row?.status !== 'active') return undefined;
  const settings = mailSettingsSchema.parse(row.settings);
  const password = ctx.vault.open(owner(organizationId, row.id), row.secrets).password;
  return { connectionId: row.id, settings, hasPassword: password !== undefined, smtp: smtpOf(settings, password) };
}

function findRow(tx: Tx, organizationId: string) {
  return tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connector', '=', smtpConnectorId)
    .where('status', '<>', 'removed')
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
}

function smtpOf(settings: MailSettings, password: Secret | undefined): SmtpSettings {
  const { host, port, security, user, fromName, fromAddress, replyTo } = settings;
  return {
    host,
    port,
    security,
    user: user || undefined,
    from: { name: fromName, address: parseAddress(fromAddress) ?? fromAddress },
    replyTo: replyTo || undefined,
    password,
  };
}

type MailSettingsError = { path: string; message: string };

/** Saves the account. Everything that waited for it becomes due at once. */
export async function saveMailSettings(
  ctx: Context,
  who: { organizationId: string; actor: string },
  input: MailSettingsInput,
): Promise<{ account: MailAccount } | { errors: MailSettingsError[] }> {
  const { password, ...rest } = input;
  const parsed = mailSettingsSchema.safeParse(rest);
  if (!parsed.success) return { errors: parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })) };
  const settings = parsed.data;
  const smtp = smtpSettingsSchema.safeParse(smtpOf(settings, undefined));
  if (!smtp.success)
    return { errors: smtp.error.issues.map((issue) => ({ path: formField(issue.path.join('.')), message: issue.message })) };
  if (settings.bcc && !parseAddress(settings.bcc)) return { errors: [{ path: 'bcc', message: 'not an e-mail address' }] };
  if (!isCallableHost(settings.host)) return { errors: [{ path: 'host', message: 'nothing is mailed by this address' }] };
  return ctx.store.org(who.organizationId, async (tx) => {
    const before = await readMailAccount(tx, ctx, who.organizationId);
    // A password typed for one server is not shown to another.
    if (password === undefined && before?.hasPassword && leadsElsewhere(before.settings.host, settings.host))
      return { errors: [{ path: 'password', message: 'type the password again: it was stored for another server' }] };
    return { account: await write(tx, ctx, who, settings, password) };
  });
}

function formField(path: string): string {
  return path === 'from.address' ? 'fromAddress' : path === 'from.name' ? 'fromName' : path;
}

async function write(
  tx: Tx,
  ctx: Context,
  who: { organizationId: string; actor: string },
  settings: MailSettings,
  password: string | undefined,
): Promise<MailAccount> {
  const now = ctx.now();
  const before = await findRow(tx, who.organizationId);
  const id = before?.id ?? newId(now);
  const secrets =
    password === undefined
      ? (before?.secrets ?? null)
      : password === ''
        ? null
        : ctx.vault.seal(owner(who.organizationId, id), { password });
  const values = { settings: json(settings), secrets, status: 'active' as const, updated_at: now };
  if (!before) {
    await tx
      .insertInto('connection')
      .values({
        organization_id: who.organizationId,
        id,
        connector: smtpConnectorId,
        name: settings.host,
        base_url: null,
        memory: json({}),
        cursor: json(null),
        intake_token: null,
        created_at: now,
        ...values,
      })
      .execute();
  }
  // The gate, deliveries, the connection: the order of locks of whoever records a mail (ADR 3).
  await tx
    .insertInto('connection_gate')
    .values({ organization_id: who.organizationId, connection_id: id, cause_code: null })
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'connection_id']).doUpdateSet({ failures: 0, open_until: null, cause_code: null }),
    )
    .execute();
  await makeDue(tx, ctx, who.organizationId);
  if (before)
    await tx.updateTable('connection').set(values).where('organization_id', '=', who.organizationId).where('id', '=', id).execute();
  await announce(tx, who.organizationId, 'connections', id);
  await audit(tx, who.organizationId, who.actor, now, [
    {
      action: before ? 'connection changed' : 'connection made',
      entity: 'connection',
      entityId: id,
      data: { connector: smtpConnectorId, host: settings.host, user: settings.user, passwordChanged: password !== undefined },
    },
  ]);
  return (await readMailAccount(tx, ctx, who.organizationId))!;
}

/** Mails that waited because of the account go out now. */
async function makeDue(tx: Tx, ctx: Pick<Context, 'jobs' | 'now'>, organizationId: string): Promise<void> {
  const { rows: due } = await sql<{ id: string }>`
    update delivery set next_at = null, updated_at = ${ctx.now().toISOString()}::timestamptz where organization_id = ${organizationId} and id in (
      select id from delivery where organization_id = ${organizationId} and way = 'mail' and status = 'queued' and claimed_at is null and next_at is not null
      order by id for no key update) returning id`.execute(tx);
  await ctx.jobs.enqueue(
    tx,
    'deliver',
    due.map((row) => ({ organizationId, id: row.id })),
  );
}

/** Tries the stored account without sending anything. */
export async function checkMailSettings(ctx: Context, organizationId: string, language: Language): Promise<CheckResult> {
  const account = await ctx.store.org(organizationId, (tx) => readMailAccount(tx, ctx, organizationId));
  return account ? checkSmtp(account.smtp, language) : { ok: false, facts: [], cause: { code: 'mail_not_set_up' } };
}

function field(
  key: keyof MailSettings | 'password',
  type: SettingField['type'],
  label: SettingField['label'],
  more: Partial<SettingField> = {},
): SettingField {
  return { key, type, label, ...more };
}

const securityLabels = [
  { value: 'tls', label: { pl: 'TLS (465)', hu: 'TLS (465)', sv: 'TLS (465)', en: 'TLS (465)' } },
  { value: 'starttls', label: { pl: 'STARTTLS (587)', hu: 'STARTTLS (587)', sv: 'STARTTLS (587)', en: 'STARTTLS (587)' } },
  { value: 'none', label: { pl: 'bez szyfrowania', hu: 'titkosítás nélkül', sv: 'okrypterat', en: 'unencrypted' } },
];
const lostAnswerLabels = [
  {
    value: 'person',
    label: { pl: 'zdecyduje człowiek', hu: 'ember dönt', sv: 'en människa avgör', en: 'a person decides' },
  },
  {
    value: 'resend',
    label: {
      pl: 'wyślij raz jeszcze z tym samym identyfikatorem',
      hu: 'küldje újra egyszer, azonos azonosítóval',
      sv: 'skicka en gång till med samma id',
      en: 'send once more under the same id',
    },
  },
];

const manifest: Manifest = {
  id: smtpConnectorId,
  name: 'SMTP',
  title: { en: 'Mail (SMTP)', pl: 'Poczta (SMTP)', hu: 'Levelezés (SMTP)', sv: 'E-post (SMTP)' },
  role: 'provider',
  countries: [],
  capabilities: [],
  settings: [
    field(
      'host',
      'text',
      { pl: 'Serwer SMTP', hu: 'SMTP-szerver', sv: 'SMTP-server', en: 'SMTP server' },
      { required: true, maxLength: 255 },
    ),
    field('port', 'number', { pl: 'Port', hu: 'Port', sv: 'Port', en: 'Port' }, { required: true, default: 465 }),
    field(
      'security',
      'select',
      { pl: 'Szyfrowanie', hu: 'Titkosítás', sv: 'Kryptering', en: 'Encryption' },
      { required: true, default: 'tls', options: securityLabels },
    ),
    field('user', 'text', { pl: 'Login', hu: 'Felhasználónév', sv: 'Användarnamn', en: 'User name' }, { default: '', maxLength: 320 }),
    field('password', 'secret', { pl: 'Hasło', hu: 'Jelszó', sv: 'Lösenord', en: 'Password' }),
    field(
      'fromName',
      'text',
      { pl: 'Nazwa nadawcy', hu: 'Feladó neve', sv: 'Avsändarnamn', en: 'Sender name' },
      { default: '', maxLength: 200 },
    ),
    field(
      'fromAddress',
      'text',
      { pl: 'Adres nadawcy', hu: 'Feladó címe', sv: 'Avsändaradress', en: 'Sender address' },
      { required: true, maxLength: 320 },
    ),
    field('replyTo', 'text', { pl: 'Adres do odpowiedzi', hu: 'Válaszcím', sv: 'Svarsadress', en: 'Reply address' }, { maxLength: 320 }),
    field('bcc', 'text', { pl: 'Kopia do', hu: 'Másolat ide', sv: 'Kopia till', en: 'Copy to' }, { maxLength: 320 }),
    field(
      'afterLostAnswer',
      'select',
      {
        pl: 'Gdy nie wiadomo, czy wiadomość wyszła',
        hu: 'Ha nem tudni, elment-e a levél',
        sv: 'När det är oklart om mejlet gick iväg',
        en: 'When it is unknown whether a mail left',
      },
      { default: 'person', options: lostAnswerLabels },
    ),
  ],
  causes: mailCauses,
  about: {
    pl: 'Konto, z którego wychodzą wiadomości z dokumentami.',
    hu: 'A fiók, amelyről a bizonylatok levelei mennek.',
    sv: 'Kontot som dokumenten mejlas från.',
    en: 'The account from which documents are mailed.',
  },
};

/** The account as a connector, so that forms, checks and causes work for it as for every connection. */
export const smtpConnector: Connector = {
  manifest,
  open: (context) => ({
    check: async () => {
      const settings = mailSettingsSchema.safeParse(context.settings);
      if (!settings.success) return { ok: false, facts: [], cause: { code: 'mail_not_set_up' } };
      return checkSmtp(smtpOf(settings.data, context.secrets.password));
    },
  }),
};
