import { randomBytes } from 'node:crypto';
import { plansConnectorId } from '../../billing/index.ts';
import { type Connection, checkConnection, listConnections, saveConnection, viewOf } from '../../connections/index.ts';
import type { CheckResult } from '../../contract/connector.ts';
import type { SettingField } from '../../contract/manifest.ts';
import { explain } from '../../diagnosis/index.ts';
import { documentKindSchema } from '../../domain/documents/document.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Context } from '../../jobs/index.ts';
import type { Opened } from '../../open.ts';
import { listSeries, type Series, saveSeries, type Who } from '../../toissue/index.ts';
import { resumeConnection, tryHeldSeries } from '../../transfer/index.ts';
import { type Command, choice, type ExitCode, type Output, type Run, text, type Values, WrongUsage } from '../command.ts';
import { organizationOf } from '../organization.ts';

const documentKinds = documentKindSchema.options;

async function opened(run: Run, work: (opened: Opened, who: Who) => Promise<ExitCode>): Promise<ExitCode> {
  const open = await run.open({ work: false });
  try {
    return await work(open, await organizationOf(open.ctx, run.values));
  } finally {
    await open.close();
  }
}

const live = async (ctx: Context, { organizationId }: Who) =>
  (await ctx.store.org(organizationId, (tx) => listConnections(tx, organizationId))).filter((c) => ctx.connectors.has(c.connector));

/** A connection by name or id. */
async function named(ctx: Context, who: Who, word: string): Promise<Connection> {
  const all = await live(ctx, who);
  const found = all.filter((c) => c.id === word || c.name.toLowerCase() === word.toLowerCase());
  if (found.length === 1) return found[0]!;
  throw new WrongUsage(
    `"${word}" is not one connection. There are: ${all.map((c) => `"${c.name}"`).join(', ') || 'none'}. A name that several bear is told apart by its id.`,
  );
}

function refusedBecause(findings: Finding[], out: Output): 1 {
  for (const { code, params, where } of findings)
    out.say(`  ${where ?? ''} ${explain({ connectors: new Map() }, { code, params }, 'en').text}`.trimEnd());
  out.result({ refused: findings });
  return 1;
}

function sayCheck(ctx: Context, connector: string, checked: CheckResult | undefined, out: Output): void {
  if (!checked) return;
  if (checked.ok) out.say('It works.');
  else if (checked.cause) {
    const { title, text: why, remedy } = explain(ctx, { ...checked.cause, connector }, 'en');
    out.say(`It does not work: ${[title, why, remedy].filter(Boolean).join(' ')}`);
  }
  const words = ctx.connectors.get(connector)?.manifest.facts ?? {};
  for (const { label, value } of checked.facts) out.say(`  ${words[label]?.en ?? label}: ${words[value]?.en ?? value}`);
}

export const connectionsCommand: Command['run'] = (run) =>
  opened(run, async ({ ctx }, who) => {
    const wanted = text(run.values, 'check');
    if (wanted !== undefined) {
      const connection = await named(ctx, who, wanted);
      const checked = await checkConnection(ctx, who, connection.id);
      sayCheck(ctx, connection.connector, checked, run.out);
      run.out.result({ id: connection.id, name: connection.name, ...checked });
      return checked?.ok ? 0 : 1;
    }
    const all = (await live(ctx, who)).map((c) => viewOf(ctx, c));
    run.out.table(
      ['name', 'connector', 'status', 'address for calls', 'id'],
      all.map((c) => [c.name, c.connector, c.status, c.intakeUrl ?? '', c.id]),
    );
    run.out.result({ items: all });
    return all.some((c) => c.status === 'blocked') ? 1 : 0;
  });

/** `name=value` as the type of the field asks for. */
function settingsOf(fields: SettingField[], given: string[]): Record<string, unknown> {
  return Object.fromEntries(
    given.map((one) => {
      const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(one) ?? [];
      const field = fields.find((f) => f.key === name && f.type !== 'secret');
      if (!name || !field)
        throw new WrongUsage(
          `--set ${one}: it must be NAME=VALUE with one of ${
            fields
              .filter((f) => f.type !== 'secret')
              .map((f) => f.key)
              .join(', ') || 'no settings'
          }.`,
        );
      if (field.type === 'boolean') {
        if (value !== 'true' && value !== 'false') throw new WrongUsage(`--set ${one}: it must be true or false.`);
        return [name, value === 'true'];
      }
      if (field.type === 'number') return [name, Number(value)];
      return [name, field.type === 'choices' ? value!.split(',').filter(Boolean) : value];
    }),
  );
}

function secretsOf(fields: SettingField[], lines: string): Record<string, string> {
  const names = fields.filter((f) => f.type === 'secret').map((f) => f.key);
  return Object.fromEntries(
    lines
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
        if (name && names.includes(name)) return [name, value!];
        // One secret alone needs no name. What was typed is not repeated: it may be the secret.
        if (names.length > 0 && lines.trim().split(/\r?\n/).length === 1) return [names[0]!, line.trim()];
        throw new WrongUsage(`Standard input must hold lines NAME=VALUE with ${names.join(', ') || 'no secret'}.`);
      }),
  );
}

export const connectCommand: Command['run'] = (run) =>
  opened(run, async ({ ctx }, who) => {
    const { values, positionals, out } = run;
    const wanted = text(values, 'change');
    if ((wanted === undefined) === (positionals[0] === undefined)) throw new WrongUsage('Name a connector, or a connection with --change.');
    const before = wanted === undefined ? undefined : await named(ctx, who, wanted);
    const id = before?.connector ?? positionals[0]!;
    const offered = [...ctx.connectors.keys()].filter((one) => one !== plansConnectorId);
    const manifest = offered.includes(id) ? ctx.connectors.get(id)?.manifest : undefined;
    if (!manifest) throw new WrongUsage(`There is no connector "${id}". There are: ${offered.join(', ')}.`);
    const secrets = values['secrets-stdin'] ? secretsOf(manifest.settings, await run.input()) : {};
    const made = before ? {} : madeSecrets(manifest.settings, secrets);
    const saved = await saveConnection(
      ctx,
      who,
      {
        connector: id,
        name: text(values, 'name') ?? before?.name ?? manifest.title?.en ?? manifest.name,
        baseUrl: text(values, 'address'),
        settings: { ...before?.settings, ...settingsOf(manifest.settings, (values.set as string[] | undefined) ?? []) },
        secrets: { ...secrets, ...made },
      },
      before?.id,
    );
    if ('findings' in saved) {
      out.say(before ? 'The connection stays as it was.' : 'The connection was not made.');
      return refusedBecause(saved.findings, out);
    }
    const { connection } = saved;
    out.say(`${connection.name} ${before ? 'is changed' : 'is connected'} (${connection.id})`);
    if (connection.intakeUrl) out.say(`  address for calls: ${connection.intakeUrl}`);
    for (const [name, value] of Object.entries(made)) out.say(`  ${name}: ${value}   (shown this once)`);
    const checked = await checkConnection(ctx, who, connection.id);
    sayCheck(ctx, id, checked, out);
    // As on the screen: a new key is tried with what waits.
    if (before?.status === 'blocked' && Object.keys(secrets).length > 0)
      await resumeConnection(ctx, who.organizationId, who.actor, connection.id, 'all');
    else if (before) await tryHeldSeries(ctx, who, connection.id);
    out.result({ ...connection, madeSecrets: made, check: checked ?? null });
    return checked?.ok === false ? 1 : 0;
  });

/** Secrets that we make and the other side is told of. */
function madeSecrets(fields: SettingField[], given: Record<string, string>): Record<string, string> {
  const missing = fields.filter((f) => f.type === 'secret' && f.generate === 'webhook-secret' && f.required && !given[f.key]);
  return Object.fromEntries(missing.map((f) => [f.key, `whsec_${randomBytes(32).toString('base64')}`]));
}

const onOff = ['on', 'off'] as const;

function switchOf(values: Values, name: string, before: boolean | undefined): boolean | undefined {
  return values[name] === undefined ? before : choice(values, name, onOff, 'off') === 'on';
}

export const seriesCommand: Command['run'] = (run) =>
  opened(run, async ({ ctx }, who) => {
    const { values, positionals, out } = run;
    const all = await ctx.store.org(who.organizationId, (tx) => listSeries(tx, who.organizationId));
    const connections = await live(ctx, who);
    const [name] = positionals;
    if (name === undefined) {
      sayAll(all, connections, out);
      return 0;
    }
    const before = all.find((s) => s.id === name || s.name.toLowerCase() === name.toLowerCase());
    const goes = text(values, 'connection');
    const saved = await saveSeries(ctx, who, {
      id: before?.id,
      name: before?.name ?? name,
      kind: choice(values, 'kind', documentKinds, before?.kind ?? 'invoice'),
      pattern: text(values, 'pattern') ?? before?.pattern ?? '',
      reset: choice(values, 'reset', ['yearly', 'monthly', 'daily', 'never'] as const, before?.reset ?? 'yearly'),
      numberOwner: choice(values, 'number-owner', ['hub', 'provider'] as const, before?.number_owner ?? 'hub'),
      reporter: choice(values, 'reporter', ['hub', 'provider', 'nobody'] as const, before?.reporter ?? 'nobody'),
      isDefault: switchOf(values, 'default', before?.is_default),
      autoIssue: switchOf(values, 'auto-issue', before?.auto_issue),
      connectionId: goes === undefined ? undefined : goes === 'none' ? null : (await named(ctx, who, goes)).id,
    });
    if ('findings' in saved) {
      out.say(before ? 'The series stays as it was.' : 'The series was not made.');
      return refusedBecause(saved.findings, out);
    }
    sayAll([saved.series], connections, out);
    return 0;
  });

function sayAll(all: Series[], connections: Connection[], out: Output): void {
  const shown = all.map((s) => ({
    id: s.id,
    name: s.name,
    kind: s.kind,
    pattern: s.pattern,
    reset: s.reset,
    numberOwner: s.number_owner,
    reporter: s.reporter,
    connection: connections.find((c) => c.id === s.connection_id)?.name ?? null,
    isDefault: s.is_default,
    autoIssue: s.auto_issue,
    active: s.active,
  }));
  out.table(
    ['name', 'kind', 'numbers', 'reports', 'goes to', 'default', 'by itself'],
    shown.map((s) => [
      s.name,
      s.kind,
      s.numberOwner === 'hub' ? s.pattern : 'provider',
      s.reporter,
      s.connection ?? '',
      s.isDefault ? 'yes' : '',
      s.autoIssue ? 'yes' : '',
    ]),
  );
  out.result({ items: shown });
}
