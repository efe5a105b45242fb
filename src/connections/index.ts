import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { CheckResult, Connector, Exchange, Session } from '../contract/connector.ts';
import type { Manifest, SettingField } from '../contract/manifest.ts';
import { QuotaWait } from '../contract/requests.ts';
import { isDay } from '../domain/days/day.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { type Gate, type GateLog, gatedRequests, gateOf } from './gate.ts';
import { isCallable, leadsElsewhere } from './reach.ts';
import { redact, withoutSecrets } from './redact.ts';

export { type Gate, type GateLog, keptForPersons, longestPatienceMs, pause, takePermit } from './gate.ts';
export {
  guardedFetch,
  guardedLookup,
  guardedSocket,
  isCallable,
  isCallableHost,
  leadsElsewhere,
  reachNetwork,
} from './reach.ts';

/** Configured, credentialed instances of connectors. Secrets go in and never come out; they are opened only to make a session. */
export type Connection = Selectable<Tables['connection']>;
type ConnectionInput = {
  connector: string;
  name: string;
  baseUrl?: string | null;
  settings: Record<string, unknown>;
  secrets?: Record<string, string>;
};

/** A connection as screens and the API may see it: which secrets are set, never what they are. */
export type ConnectionView = {
  id: string;
  connector: string;
  name: string;
  role: 'channel' | 'provider';
  status: Connection['status'];
  baseUrl: string | null;
  settings: Record<string, unknown>;
  secretsSet: string[];
  intakeUrl?: string;
  everWorked: boolean;
  createdAt: string;
};

export function viewOf(ctx: Context, connection: Connection): ConnectionView {
  const connector = connectorOf(ctx, connection.connector);
  return {
    id: connection.id,
    connector: connection.connector,
    name: connection.name,
    role: connector.manifest.role,
    status: connection.status,
    baseUrl: connection.base_url,
    settings: connection.settings,
    secretsSet: Object.keys(ctx.vault.open(owner(connection.organization_id, connection.id), connection.secrets)),
    intakeUrl: connection.intake_token ? `${ctx.publicUrl}/intake/${connection.intake_token}` : undefined,
    everWorked: connection.ever_worked,
    createdAt: connection.created_at.toISOString(),
  };
}

function connectorOf(ctx: Context, id: string): Connector {
  const connector = ctx.connectors.get(id);
  if (!connector) throw new Error(`there is no connector ${id}`);
  return connector;
}

const owner = (organizationId: string, connectionId: string) => `${organizationId}/${connectionId}`;

export async function listConnections(tx: Tx, organizationId: string): Promise<Connection[]> {
  return tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('status', '<>', 'removed')
    .orderBy('created_at')
    .execute();
}

export async function readConnection(tx: Tx, organizationId: string, id: string): Promise<Connection | undefined> {
  return tx.selectFrom('connection').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
}

/** Checks typed settings against the manifest's form; unknown keys are refused so that a slip of the pen is seen. */
function checkSettings(
  fields: SettingField[],
  settings: Record<string, unknown>,
  secretsSet: string[],
  typed: Record<string, string>,
): Finding[] {
  const findings: Finding[] = [];
  for (const key of Object.keys(settings))
    if (!fields.some((f) => f.key === key && f.type !== 'secret'))
      findings.push(hold('H_SETTING_UNKNOWN', `settings.${key}`, { field: key }));
  for (const field of fields) {
    const kept = secretsSet.includes(field.key) ? '' : undefined;
    const value = field.type === 'secret' ? (typed[field.key] ?? kept) : settings[field.key];
    const where = `settings.${field.key}`;
    if (value === undefined || value === null || value === '') {
      if (field.required && kept === undefined) findings.push(hold('H_SETTING_MISSING', where, { field: field.key }));
      continue;
    }
    const wrong =
      (field.type === 'boolean' && typeof value !== 'boolean') ||
      (field.type === 'number' && typeof value !== 'number') ||
      (field.type === 'url' && !isCallable(String(value))) ||
      (field.type === 'choices' && !isChoices(value, field)) ||
      (['text', 'url', 'select', 'date'].includes(field.type) && typeof value !== 'string') ||
      (field.type === 'date' && !isDay(value)) ||
      (field.type === 'select' && field.options && !field.options.some((o) => o.value === value)) ||
      (field.pattern && !new RegExp(`^(?:${field.pattern})$`).test(String(value))) ||
      String(value).length > (field.maxLength ?? 2000);
    if (wrong) findings.push(hold('H_SETTING_WRONG', where, { field: field.key }));
  }
  return findings;
}

const choicesLimit = 100;

function isChoices(value: unknown, field: SettingField): boolean {
  return (
    Array.isArray(value) &&
    value.length <= choicesLimit &&
    value.every((v) => typeof v === 'string' && v.length <= 200 && (!field.options || field.options.some((o) => o.value === v)))
  );
}

type SaveResult = { connection: ConnectionView } | { findings: Finding[] };

/** Makes a connection, or changes one: settings are replaced, a secret that is not named stays as it is. */
export async function saveConnection(ctx: Context, who: Who, input: ConnectionInput, id?: string): Promise<SaveResult> {
  const now = ctx.now();
  if (!ctx.connectors.has(input.connector)) return { findings: [hold('H_CONNECTOR_UNKNOWN', 'connector', { connector: input.connector })] };
  const { manifest } = connectorOf(ctx, input.connector);
  if (input.baseUrl && !isCallable(input.baseUrl)) return { findings: [hold('H_SETTING_WRONG', 'baseUrl', { field: 'baseUrl' })] };
  return ctx.store.org(who.organizationId, async (tx) => {
    const before = id ? await readConnection(tx, who.organizationId, id) : undefined;
    if (id && (!before || before.connector !== input.connector)) return { findings: [hold('H_CONNECTION_UNKNOWN', 'id')] };
    const connectionId = before?.id ?? newId(now);
    const key = owner(who.organizationId, connectionId);
    const known = Object.fromEntries(Object.entries(ctx.vault.open(key, before?.secrets ?? null)).map(([k, s]) => [k, s.reveal()]));
    const typed = Object.fromEntries(
      Object.entries(input.secrets ?? {})
        .map(([k, v]) => [k, v.trim()])
        .filter(([, v]) => v !== ''),
    );
    const secrets = { ...known, ...typed };
    const settings = { ...defaultsOf(manifest.settings), ...input.settings };
    const findings = checkSettings(manifest.settings, settings, Object.keys(secrets), typed);
    for (const name of Object.keys(typed))
      if (!manifest.settings.some((f) => f.key === name && f.type === 'secret'))
        findings.push(hold('H_SETTING_UNKNOWN', `secrets.${name}`, { field: name }));
    // Whoever may change the address must not get the secrets sent to him: they are typed again for another host.
    const standard = manifest.defaultBaseUrl ?? undefined;
    const address = input.baseUrl === undefined ? before?.base_url : input.baseUrl;
    const moved =
      before &&
      (leadsElsewhere(before.base_url ?? standard, address ?? standard) ||
        ['host', ...manifest.settings.filter((f) => f.type === 'url').map((f) => f.key)].some((k) =>
          leadsElsewhere(textOf(before.settings[k]), textOf(settings[k])),
        ));
    if (moved)
      for (const name of Object.keys(known))
        if (!(name in typed)) findings.push(hold('H_SETTING_MISSING', `secrets.${name}`, { field: name }));
    if (findings.length > 0) return { findings };
    // It rested only because its credentials were forgotten with a lost key: typed again, it goes on.
    const rested = before?.status === 'paused' && lacking(manifest, Object.keys(known)).length > 0;
    const values = {
      ...(rested && { status: 'active' as const }),
      name: input.name,
      base_url: input.baseUrl === undefined ? (before?.base_url ?? null) : input.baseUrl,
      settings: json(settings),
      secrets: Object.keys(secrets).length > 0 ? ctx.vault.seal(key, secrets) : null,
      updated_at: now,
    };
    // A new key may belong to another account: what was remembered of the old session is dropped.
    const forget = Object.keys(typed).length > 0 ? { memory: json({}) } : {};
    const saved = before
      ? await tx
          .updateTable('connection')
          .set({ ...values, ...forget })
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', connectionId)
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx
          .insertInto('connection')
          .values({
            organization_id: who.organizationId,
            id: connectionId,
            connector: input.connector,
            status: 'active',
            memory: json({}),
            cursor: json(null),
            intake_token: manifest.capabilities.includes('receive-calls') ? randomBytes(24).toString('base64url') : null,
            created_at: now,
            ...values,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
    if (!before)
      await tx
        .insertInto('connection_gate')
        .values({ organization_id: who.organizationId, connection_id: connectionId, cause_code: null })
        .execute();
    await announce(tx, who.organizationId, 'connections', connectionId);
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: before ? 'connection changed' : 'connection made',
        entity: 'connection',
        entityId: connectionId,
        data: { name: input.name, connector: input.connector, secretsChanged: Object.keys(typed) },
      },
    ]);
    return { connection: viewOf(ctx, saved) };
  });
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function defaultsOf(fields: SettingField[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((f) => f.default !== undefined).map((f) => [f.key, f.default]));
}

export async function setConnectionStatus(ctx: Context, who: Who, id: string, status: 'active' | 'paused' | 'removed'): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('connection')
      .set({ status, updated_at: ctx.now(), ...(status === 'removed' ? { secrets: null } : {}) })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .where('status', '<>', 'removed')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    if (status === 'removed') await letGo(tx, ctx, who, id);
    await announce(tx, who.organizationId, 'connections', id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action: `connection ${status}`, entity: 'connection', entityId: id }]);
    return true;
  });
}

/** What still waits on a removed connection is told so. */
async function letGo(tx: Tx, ctx: Context, who: Who, id: string): Promise<void> {
  const open = await tx
    .selectFrom('transfer')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('connection_id', '=', id)
    .where('status', 'in', ['waiting', 'pending', 'unknown'])
    .execute();
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    open.map((t) => ({ organizationId: who.organizationId, id: t.id })),
  );
}

/** What has to be typed before anything can be called: secrets that were forgotten with a lost key. */
export function missingSecrets(ctx: Context, connector: string, secretsSet: string[]): Finding[] {
  return lacking(connectorOf(ctx, connector).manifest, secretsSet).map((field) =>
    hold('H_SETTING_MISSING', `settings.${field.key}`, { field: field.key }),
  );
}

const lacking = (manifest: Manifest, secretsSet: string[]) =>
  manifest.settings.filter((field) => field.type === 'secret' && field.required && !secretsSet.includes(field.key));

/** An open connection with what it remembered; `save()` keeps what it learnt (a session cookie) for the next process. */
export type OpenConnection = {
  connection: Connection;
  connector: Connector;
  session: Session;
  exchanges: Exchange[];
  /** What left through the gate, and until when it is shut if it was found shut. */
  requests: GateLog;
  /** For a permit that is taken before the session is used. */
  gate: Gate | undefined;
  save(): Promise<void>;
};

type OpenOptions = {
  /** A person waits for the answer: may use what is kept free for persons, and waits longer for its turn. */
  person?: boolean;
  /** Waits this long for its turn instead of a moment: long reading that somebody asked for. */
  patienceMs?: number;
  /** A permit for the first request was taken already, together with something else; it is good from then on. */
  prepaid?: { at?: Date };
  /** What sessions that are open side by side remember together: one learns it, all know it. */
  memory?: SharedMemory;
};

export type SharedMemory = { map?: Map<string, string>; changedAt?: number };

/** The settings or the key may have changed in between: then everything is read anew. */
function memoryOf(connection: Connection, shared: SharedMemory = {}): Map<string, string> {
  const changedAt = connection.updated_at.getTime();
  if (!shared.map || shared.changedAt !== changedAt) {
    shared.map = new Map(Object.entries(connection.memory ?? {}));
    shared.changedAt = changedAt;
  }
  return shared.map;
}

function connectionAddress(connection: Pick<Connection, 'base_url'>, connector: Connector): string {
  return connection.base_url ?? connector.manifest.defaultBaseUrl ?? '';
}

export function openConnection(ctx: Context, connection: Connection, options: OpenOptions = {}): OpenConnection {
  const connector = connectorOf(ctx, connection.connector);
  const memory = memoryOf(connection, options.memory);
  const exchanges: Exchange[] = [];
  const secrets = ctx.vault.open(owner(connection.organization_id, connection.id), connection.secrets);
  let changed = false;
  const baseUrl = connectionAddress(connection, connector);
  const gate = gateOf(connector.manifest.limits, connection, baseUrl, secrets);
  const requests = gatedRequests(ctx, connection.organization_id, gate, `connection:${connection.id}`, options);
  const session = connector.open({
    settings: connection.settings,
    secrets,
    baseUrl,
    fetch: requests.fetch,
    holdUntil: requests.holdUntil,
    now: ctx.now,
    memory: {
      get: (key) => memory.get(key),
      set: (key, value) => {
        if (memory.get(key) !== value) changed = true;
        memory.set(key, value);
      },
    },
    exchange: (record) => {
      exchanges.push({ ...record, request: redact(record.request, secrets), response: redact(record.response, secrets) });
    },
  });
  return {
    connection,
    connector,
    session,
    exchanges,
    requests: requests.log,
    gate,
    save: async () => {
      if (!changed) return;
      changed = false;
      await ctx.store.org(connection.organization_id, (tx) =>
        tx
          .updateTable('connection')
          .set({ memory: json(Object.fromEntries(memory)) })
          .where('organization_id', '=', connection.organization_id)
          .where('id', '=', connection.id)
          .execute(),
      );
    },
  };
}

/** Cleans a text of every secret that the organization has stored: the last gate of what leaves the house for others to read. */
export async function redactorOf(tx: Tx, ctx: Pick<Context, 'vault'>, organizationId: string): Promise<(text: string) => string> {
  const rows = await tx.selectFrom('connection').select(['id', 'secrets']).where('organization_id', '=', organizationId).execute();
  const secrets = rows.flatMap((row) => Object.values(ctx.vault.open(owner(organizationId, row.id), row.secrets)));
  return (text) => withoutSecrets(text, secrets).replace(/whsec_[\w+/=-]{8,}|(?<=[Bb]earer )[\w.~+/=-]{8,}/g, '***');
}

/** Asks the outside system whether the connection works; remembers that it once did. */
export async function checkConnection(ctx: Context, who: Who, id: string): Promise<CheckResult | undefined> {
  const connection = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, id));
  if (!connection || connection.status === 'removed') return undefined;
  const open = openConnection(ctx, connection, { person: true });
  let result: CheckResult;
  try {
    result = await open.session.check();
  } catch (error) {
    if (error instanceof QuotaWait)
      return { ok: false, facts: [], cause: { code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } } };
    result = {
      ok: false,
      facts: [],
      cause: { code: 'CONNECTION_UNREACHABLE', providerText: redact(String((error as Error).message), {}) },
    };
  }
  await open.save();
  if (result.ok && !connection.ever_worked) {
    await ctx.store.org(who.organizationId, async (tx) => {
      await tx
        .updateTable('connection')
        .set({ ever_worked: true })
        .where('organization_id', '=', who.organizationId)
        .where('id', '=', id)
        .execute();
      await announce(tx, who.organizationId, 'connections', id);
    });
  }
  return result;
}

/** Stores a connection that has no account, settings or address (order files, plans, a paired program), active and with its gate. */
export async function addPlainConnection(
  tx: Tx,
  organizationId: string,
  { id, connector, name }: { id: string; connector: string; name: string },
  now: Date,
): Promise<void> {
  await tx
    .insertInto('connection')
    .values({
      organization_id: organizationId,
      id,
      connector,
      name,
      status: 'active',
      base_url: null,
      settings: json({}),
      memory: json({}),
      cursor: json(null),
      intake_token: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await tx.insertInto('connection_gate').values({ organization_id: organizationId, connection_id: id, cause_code: null }).execute();
}
