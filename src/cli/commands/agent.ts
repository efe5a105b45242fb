import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type AgentSettings,
  AgentStore,
  absoluteFolders,
  foldersProblem,
  HubAway,
  HubRefused,
  openAgent,
  pairAgent,
  readKeys,
  readSettings,
  writeSettings,
} from '../../agent/index.ts';
import { fingerprintOf } from '../../contract/agent/index.ts';
import { type Command, type Output, text, type Values, WrongUsage } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';

/** Words for what the hub refuses, with the way out. */
const refusals: Record<string, string> = {
  code_wrong: 'This pairing code is not known. Look at the code on the page Agents and type it again.',
  code_expired: 'This pairing code is more than 15 minutes old. Make a new one on the page Agents.',
  code_used: 'This pairing code was used already. Make a new one on the page Agents.',
  too_many_tries: 'Too many wrong codes from this address. Wait a minute and try again.',
  agent_revoked: 'The hub has revoked this agent. Pair it again with a new code; what it had not told yet is kept.',
};

export const agentCommand: Command['run'] = async ({ positionals, values, out }) => {
  const data = path.resolve(text(values, 'data') ?? process.env.FAKTURIST_AGENT_DATA ?? path.join('data', 'agent'));
  switch (positionals[0]) {
    case 'pair':
      return pair(data, values, out);
    case 'run':
      return run(data, out);
    case 'set':
      return set(data, values, out);
    case 'status':
      return status(data, out);
    default:
      throw new WrongUsage(`"${positionals[0]}" is none of pair, run, set, status.`);
  }
};

const many = (values: Values, name: string) => (values[name] as string[] | undefined) ?? [];

function plugins(values: Values, before?: AgentSettings): Pick<AgentSettings, 'folders' | 'printers' | 'cups'> {
  const given = many(values, 'folder').map((folder) => {
    const [name, places] = named(folder, '--folder');
    const [inbox, outbox, prints, ...more] = places.split(',').map((one) => one.trim());
    if (!inbox || !outbox || more.length > 0)
      throw new WrongUsage(`--folder is "${folder}": it must be NAME=INBOX,OUTBOX or NAME=INBOX,OUTBOX,PDF, with no comma within a path.`);
    return { name, inbox, outbox, ...(prints ? { prints } : {}) };
  });
  const folders: AgentSettings['folders'] = given.length > 0 ? given : (before?.folders ?? []);
  for (const version of many(values, 'version')) {
    const [name, versionFile] = named(version, '--version');
    const folder = folders.findIndex((one) => one.name === name);
    if (folder < 0) throw new WrongUsage(`--version is "${version}": there is no folder "${name}".`);
    folders[folder] = { ...folders[folder]!, versionFile };
  }
  const printers = many(values, 'printer').map((printer) => {
    const [, name, uri] = /^(?:([^=:/]+)=)?(\w+:\/\/.+)$/.exec(printer) ?? [];
    return { ...(name ? { name } : {}), uri: printerAddress(uri, '--printer', printer) };
  });
  const server = text(values, 'cups');
  const cups = server === undefined ? before?.cups : printerAddress(server, '--cups', server);
  return { folders, printers: printers.length > 0 ? printers : (before?.printers ?? []), ...(cups ? { cups } : {}) };
}

/** Folders as typed, from where they were typed, if they go together. */
function settled(settings: AgentSettings): AgentSettings {
  const whole = absoluteFolders(settings, process.cwd());
  const problem = foldersProblem(whole.folders);
  if (problem) throw new WrongUsage(`--folder: ${problem}`);
  return whole;
}

/** Without a password: the address is shown on the page Agents and stands in every job of the printer. */
function printerAddress(uri: string | undefined, option: string, given: string): string {
  const url = uri && URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || !/^(ipps?|https?):$/.test(url.protocol))
    throw new WrongUsage(`${option} is "${given}": it must be an address such as ipp://192.168.1.20/ipp/print.`);
  if (url.username || url.password) throw new WrongUsage(`${option}: an address with a name or a password in it is not used.`);
  return uri!;
}

function named(given: string, option: string): [name: string, value: string] {
  const at = given.indexOf('=');
  if (at < 1 || at === given.length - 1) throw new WrongUsage(`${option} is "${given}": it must be NAME=….`);
  return [given.slice(0, at), given.slice(at + 1)];
}

function world() {
  return {
    fetch: globalThis.fetch,
    now: () => new Date(),
    random: Math.random,
    sleep: async (ms: number, signal: AbortSignal) => void (await wait(ms, undefined, { signal }).catch(() => {})),
    version: (JSON.parse(readFileSync(path.join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8')) as { version: string })
      .version,
  };
}

async function pair(data: string, values: Values, out: Output): Promise<0 | 1> {
  const server = text(values, 'server') ?? process.env.FAKTURIST_AGENT_SERVER ?? readSettings(data)?.server;
  const code = text(values, 'code') ?? process.env.FAKTURIST_AGENT_CODE;
  if (!server || !URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw new WrongUsage(
      `--server is ${server ? `"${server}"` : 'missing'}: it must be the address of Fakturist, such as https://fakturist.example.`,
    );
  if (!code) throw new WrongUsage('--code is missing: the pairing code of the page Agents.');
  const settings = settled({ server, agentId: '', organization: '', ...plugins(values, readSettings(data)) });
  try {
    const paired = await pairAgent(world(), data, { ...settings, server, code });
    out.say(`Paired with ${paired.organization}.`);
    if (server.startsWith('http:') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(server))
      out.say('The address begins with http: what goes over this line, documents too, can be read on its way. Better: https.');
    out.say(`Fingerprint of this machine's key: ${paired.fingerprint}`);
    out.say(
      paired.confirmed
        ? 'Start it with: fakturist agent run'
        : 'Compare the fingerprint on the page Agents and confirm it there. Then: fakturist agent run',
    );
    out.result({
      agentId: paired.agentId,
      organization: paired.organization,
      fingerprint: paired.fingerprint,
      confirmed: paired.confirmed,
    });
    return 0;
  } catch (error) {
    throw explained(error, server);
  }
}

function explained(error: unknown, server: string): unknown {
  if (error instanceof HubRefused) return Object.assign(new Error(refusals[error.code] ?? error.message), { name: 'Refusal' });
  if (error instanceof HubAway)
    return Object.assign(new Error(`${server} does not answer as a Fakturist: ${error.message}.`), { name: 'Refusal' });
  return error;
}

function opened(data: string, out: Output) {
  try {
    return openAgent(world(), data, { onLog: (level, message) => out.say(`${new Date().toISOString()} ${level} ${message}`) });
  } catch (error) {
    throw Object.assign(error as Error, { name: 'Refusal' });
  }
}

async function run(data: string, out: Output): Promise<0 | 1> {
  const { agent, settings, close } = opened(data, out);
  const stop = new AbortController();
  out.say(
    `Agent of ${settings.organization} at ${settings.server}: ${settings.folders.length} folders, ${settings.printers.length} printers. Stop with Ctrl-C.`,
  );
  const ended = agent.run(stop.signal);
  const why = await Promise.race([untilStopped().then(() => 'stopped' as const), ended]);
  if (why === 'stopped') {
    stop.abort();
    await agent.sayBye('stopped');
    await ended;
  }
  close();
  if (why === 'revoked') out.say(refusals.agent_revoked);
  return why === 'revoked' ? 1 : 0;
}

async function set(data: string, values: Values, out: Output): Promise<0 | 1> {
  const before = readSettings(data);
  if (!before) throw new WrongUsage(`There is no paired agent in ${data}.`);
  const settings = settled({ ...before, ...plugins(values, before) });
  writeSettings(data, settings);
  return show(settings, out);
}

function show(settings: AgentSettings, out: Output): 0 {
  out.say(`organization  ${settings.organization}`);
  out.say(`server        ${settings.server}`);
  for (const folder of settings.folders)
    out.say(`folder        ${folder.name}: in ${folder.inbox}, out ${folder.outbox}${folder.prints ? `, prints ${folder.prints}` : ''}`);
  for (const printer of settings.printers) out.say(`printer       ${printer.name ? `${printer.name} ` : ''}${printer.uri}`);
  if (settings.cups) out.say(`CUPS          ${settings.cups}`);
  out.result(settings);
  return 0;
}

async function status(data: string, out: Output): Promise<0 | 1> {
  const settings = readSettings(data);
  const keys = readKeys(data);
  if (!settings || !keys) {
    out.say(`There is no paired agent in ${data}.`);
    out.result({ paired: false });
    return 1;
  }
  const queue = queueOf(data);
  out.say(`fingerprint   ${fingerprintOf(keys.current.publicKey)}`);
  out.say(queue ? `waiting       jobs ${queue.jobs}, results ${queue.results}, files ${queue.files}` : 'running       yes');
  if (out.asJson) {
    out.result({ paired: true, running: queue === undefined, queue, ...settings, fingerprint: fingerprintOf(keys.current.publicKey) });
    return 0;
  }
  return show(settings, out);
}

/** A running agent holds its store: then nobody else looks into it. */
function queueOf(data: string) {
  try {
    const store = new AgentStore(data);
    const counts = store.counts();
    store.close();
    return counts;
  } catch {
    return undefined;
  }
}
