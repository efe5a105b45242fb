import { arch, hostname, platform, release } from 'node:os';
import { newKey, protocolVersion } from '../contract/agent/index.ts';
import { Agent, type AgentParts } from './agent.ts';
import { FolderPlugin } from './folder.ts';
import { Line, type LineOptions, pairWithHub } from './line.ts';
import type { Plugin } from './plugin.ts';
import { PrintPlugin } from './print.ts';
import { type AgentSettings, pairingDone, pairingKey, readKeys, readSettings, writeKeys, writeSettings } from './settings.ts';
import { AgentStore } from './store.ts';

/** The agent as it stands on a machine: its folder of data, its key, its plug-ins. */
type World = Pick<LineOptions, 'fetch' | 'now'> & { random: () => number; sleep: AgentParts['sleep']; version: string };

function machine() {
  return {
    os: `${platform()} ${release()}`.slice(0, 60),
    arch: arch().slice(0, 30),
    hostname: hostname().slice(0, 120) || 'localhost',
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** Pairs with the hub and writes down what came of it. A new key each time; the store stays, so unfinished results survive. */
export async function pairAgent(
  world: World,
  data: string,
  input: { server: string; code: string } & Pick<AgentSettings, 'folders' | 'printers' | 'cups'>,
): Promise<{ agentId: string; organization: string; fingerprint: string; confirmed: boolean }> {
  const server = input.server.replace(/\/+$/, '');
  const key = pairingKey(data, newKey);
  const answer = await pairWithHub(
    { server, fetch: world.fetch, now: world.now },
    {
      code: input.code,
      publicKey: key.publicKey,
      machine: machine(),
      agentVersion: world.version,
      protocol: protocolVersion,
      capabilities: [...input.folders.map((f) => `folder:${f.name}`), ...(input.printers.length > 0 || input.cups ? ['print'] : [])],
    },
  );
  const { folders, printers, cups } = input;
  writeSettings(data, { server, agentId: answer.agentId, organization: answer.organization, folders, printers, ...(cups ? { cups } : {}) });
  writeKeys(data, { current: key });
  // Last: whatever was cut off before it is done again with the same code and the same key.
  pairingDone(data);
  return answer;
}

export type Opened = { agent: Agent; store: AgentStore; settings: AgentSettings; line: Line; close(): void };

/** Opens the agent of this folder; throws a sentence when it was never paired or is open elsewhere. */
export function openAgent(
  world: World,
  data: string,
  more: Partial<Pick<AgentParts, 'pollSeconds' | 'lookMs' | 'onLog'>> & { printersEveryMs?: number } = {},
): Opened {
  const settings = readSettings(data);
  const keys = readKeys(data);
  if (!settings || !keys)
    throw new Error(`There is no paired agent in ${data}. Pair it first: fakturist agent pair --server URL --code CODE`);
  const store = new AgentStore(data);
  const line = new Line({
    server: settings.server,
    fetch: world.fetch,
    now: world.now,
    agentId: settings.agentId,
    keys,
    keepKeys: (kept) => writeKeys(data, kept),
  });
  const log = (level: 'info' | 'warn' | 'error', message: string) => {
    store.log(world.now().toISOString(), level, message);
    more.onLog?.(level, message);
  };
  const plugins: Plugin[] = settings.folders.map((folder) => new FolderPlugin(folder, { store, now: world.now, machine: hostname(), log }));
  if (settings.printers.length > 0 || settings.cups)
    plugins.push(
      new PrintPlugin(
        { printers: settings.printers, ...(settings.cups ? { cups: settings.cups } : {}) },
        { fetch: world.fetch, now: world.now, ...(more.printersEveryMs !== undefined ? { lookMs: more.printersEveryMs } : {}) },
      ),
    );
  const agent = new Agent({
    store,
    line,
    plugins,
    now: world.now,
    sleep: world.sleep,
    random: world.random,
    version: world.version,
    machine: machine(),
    ...(more.pollSeconds !== undefined ? { pollSeconds: more.pollSeconds } : {}),
    ...(more.lookMs !== undefined ? { lookMs: more.lookMs } : {}),
    ...(more.onLog ? { onLog: more.onLog } : {}),
  });
  return { agent, store, settings, line, close: () => store.close() };
}

export { Agent } from './agent.ts';
export { HubAway, HubRefused, Line } from './line.ts';
export { PrintPlugin } from './print.ts';
export { type AgentSettings, absoluteFolders, foldersProblem, readKeys, readSettings, writeSettings } from './settings.ts';
export { AgentStore } from './store.ts';
