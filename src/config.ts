import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';

/** Configuration by environment (DESIGN §5.10). Everything else is a setting of an organization, kept in the database. */
export type Config = {
  dataFolder: string;
  databaseUrl?: string;
  port: number;
  host: string;
  secretKeyFile: string;
  /** Address under which people reach this installation; no slash at the end. */
  publicUrl: string;
  /** Was the public address given? Without it any loopback or numeric address is accepted as ours. */
  publicUrlGiven: boolean;
  /** Who may say by X-Forwarded-For whom a call comes from: addresses, networks, `loopback`, `uniquelocal`. Empty: nobody. */
  proxies: string[];
  /** SMTP of the installation itself, for password resets and invitations: smtp://user:password@host:port */
  systemMailUrl?: string;
  systemMailFrom: string;
  /** A fixed or shifted start of the clock, only in demo and tests. */
  clock?: Date;
  /** What this process does; on PostgreSQL any number of each may run. */
  role: 'all' | 'web' | 'worker';
  /** Whoever shows it may read `/metrics`. */
  metricsToken?: string;
  /** Address of an OpenTelemetry collector (OTLP over HTTP) that spans are sent to. */
  tracesUrl?: string;
  logFormat: 'text' | 'json';
  /** Another address of the registers of companies, for an installation behind a gateway; `off`: they are not asked. */
  registerUrl?: string;
  /** How far addresses lead that organizations type: to private networks too, or to public addresses only, where they are strangers to the machine. */
  network: 'private' | 'public';
  /** A folder that a bank or a person puts statements into. */
  statementsFolder?: string;
};

export class BadConfig extends Error {
  override name = 'BadConfig';
}

type Environment = Record<string, string | undefined>;

/** Reads the environment; the first bad value throws a sentence that names the variable, what it holds and what it may hold. */
export function readConfig(env: Environment, options: { clockAllowed?: boolean } = {}): Config {
  const dataFolder = path.resolve(env.FAKTURIST_DATA || './data');
  const port = wholeNumber('PORT', env.PORT, 8080, 0, 65_535);
  const host = env.HOST || '127.0.0.1';
  const publicUrl = address('FAKTURIST_PUBLIC_URL', env.FAKTURIST_PUBLIC_URL, ['http:', 'https:']);
  const databaseUrl = address('DATABASE_URL', env.DATABASE_URL, ['postgres:', 'postgresql:']);
  if (databaseUrl && env.DATABASE_PASSWORD_FILE) databaseUrl.password = encodeURIComponent(passwordIn(env.DATABASE_PASSWORD_FILE));
  const systemMailUrl = address('FAKTURIST_SMTP_URL', env.FAKTURIST_SMTP_URL, ['smtp:', 'smtps:']);
  return {
    dataFolder,
    databaseUrl: databaseUrl?.href,
    port,
    host,
    secretKeyFile: path.resolve(env.FAKTURIST_SECRET_KEY_FILE || path.join(dataFolder, 'secret.key')),
    publicUrl: publicUrl ? publicUrl.href.replace(/\/+$/, '') : `http://${host.includes(':') ? `[${host}]` : shownHost(host)}:${port}`,
    publicUrlGiven: publicUrl !== undefined,
    proxies: proxies(env.FAKTURIST_PROXY, publicUrl ? ['loopback'] : []),
    systemMailUrl: systemMailUrl?.href,
    systemMailFrom: sender(env.FAKTURIST_SMTP_FROM, systemMailUrl),
    clock: clock(env.FAKTURIST_CLOCK, options.clockAllowed ?? false),
    role: choice('FAKTURIST_ROLE', env.FAKTURIST_ROLE, ['all', 'web', 'worker'] as const, 'all'),
    metricsToken: env.FAKTURIST_METRICS_TOKEN || undefined,
    tracesUrl: address('OTEL_EXPORTER_OTLP_ENDPOINT', env.OTEL_EXPORTER_OTLP_ENDPOINT, ['http:', 'https:'])?.href,
    logFormat: choice('FAKTURIST_LOG', env.FAKTURIST_LOG, ['text', 'json'] as const, 'text'),
    registerUrl:
      env.FAKTURIST_REGISTER_URL === 'off'
        ? 'off'
        : address('FAKTURIST_REGISTER_URL', env.FAKTURIST_REGISTER_URL, ['http:', 'https:'])?.href,
    network: choice('FAKTURIST_NETWORK', env.FAKTURIST_NETWORK, ['private', 'public'] as const, 'private'),
    statementsFolder: env.FAKTURIST_STATEMENTS ? path.resolve(env.FAKTURIST_STATEMENTS) : undefined,
  };
}

/** A password that lies in a file of its own, where no listing of processes or containers shows it. */
function passwordIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadConfig(`DATABASE_PASSWORD_FILE is "${file}", which cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new BadConfig(`DATABASE_PASSWORD_FILE is "${file}", and there is nothing in it.`);
  return password;
}

/** A host that listens everywhere is reached as localhost from here. */
function shownHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

function wholeNumber(name: string, text: string | undefined, standard: number, least: number, most: number): number {
  if (!text) return standard;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new BadConfig(`${name} is "${text}": it must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

function address(name: string, text: string | undefined, protocols: string[]): URL | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The value may hold a password: it is not repeated.
  if (!url || !protocols.includes(url.protocol))
    throw new BadConfig(`${name} must be an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`);
  if (!isPercentEncoded(url.username) || !isPercentEncoded(url.password))
    throw new BadConfig(`${name} holds a % in its user or password that begins no code of two hexadecimal digits: write it as %25.`);
  return url;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Who the installation's own mails come from; without a word of it the user of the mail server, where that is an address. */
function sender(text: string | undefined, server: URL | undefined): string {
  const isAddress = (one: string) => /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+$/.test(one);
  if (text) {
    if (!isAddress(/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text.trim()))
      throw new BadConfig(`FAKTURIST_SMTP_FROM is "${text}": it must be an address such as Fakturist <invoices@example.com>.`);
    return text;
  }
  if (!server) return '';
  const user = decodeURIComponent(server.username);
  if (!isAddress(user))
    throw new BadConfig(
      'FAKTURIST_SMTP_URL needs FAKTURIST_SMTP_FROM beside it: the address that password resets and invitations come from.',
    );
  return `Fakturist <${user}>`;
}

/** Tries at passwords are counted by address: behind a proxy that is not named, everybody would be the proxy. */
function proxies(text: string | undefined, standard: string[]): string[] {
  if (!text) return standard;
  const named = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong = named.find((one) => {
    const [address = '', bits = '1', ...more] = one.split('/');
    const family = isIP(address);
    return (
      !['loopback', 'uniquelocal'].includes(one) &&
      (family === 0 || more.length > 0 || !/^\d+$/.test(bits) || Number(bits) < 1 || Number(bits) > (family === 4 ? 32 : 128))
    );
  });
  if (wrong)
    throw new BadConfig(
      `FAKTURIST_PROXY names "${wrong}": it must be addresses or networks such as 10.0.0.5 or 172.16.0.0/12, loopback or uniquelocal, parted by commas.`,
    );
  return named;
}

function choice<T extends string>(name: string, text: string | undefined, allowed: readonly T[], standard: T): T {
  if (!text) return standard;
  const found = allowed.find((one) => one === text);
  if (!found) throw new BadConfig(`${name} is "${text}": it must be one of ${allowed.join(', ')}.`);
  return found;
}

function clock(text: string | undefined, allowed: boolean): Date | undefined {
  if (!text) return undefined;
  if (!allowed) throw new BadConfig('FAKTURIST_CLOCK may be set only for the demo and in tests: issued documents carry real dates.');
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new BadConfig(`FAKTURIST_CLOCK is "${text}": it must be an instant such as 2026-03-01T08:00:00Z.`);
  return at;
}
