import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type AgentKey, publicKeySchema } from '../contract/agent/index.ts';
import type { Keys } from './line.ts';
import { writeSynced } from './store.ts';

/** What is set up on the machine itself: folders, printers and the key. None of it comes from the hub, and the key never leaves. */
const folder = z.object({
  name: z.string().min(1).max(60),
  inbox: z.string().min(1),
  outbox: z.string().min(1),
  prints: z.string().min(1).optional(),
  versionFile: z.string().min(1).optional(),
  closedAfterSeconds: z.number().int().min(1).max(86_400).optional(),
});
/** Told to the hub with the printers as one more (`stateSchema`). */
const maxFolders = 49;
const settingsSchema = z.object({
  server: z.string(),
  agentId: z.uuid(),
  organization: z.string(),
  folders: z.array(folder).max(maxFolders).default([]),
  printers: z
    .array(z.object({ name: z.string().max(100).optional(), uri: z.string().min(1).max(400) }))
    .max(100)
    .default([]),
  cups: z.string().max(400).optional(),
});
export type AgentSettings = z.output<typeof settingsSchema>;

/**
 * What is wrong with the folders taken together. Each stands for itself: what we put into an inbox must not be found as somebody's answer
 * and put aside, and an answer belongs to one program.
 */
export function foldersProblem(folders: AgentSettings['folders']): string | undefined {
  const used = new Set<string>();
  const names = new Set<string>();
  for (const { name, inbox, outbox } of folders) {
    if (names.has(name)) return `two folders are called "${name}".`;
    names.add(name);
    for (const place of [inbox, outbox]) {
      const where = process.platform === 'win32' ? path.resolve(place).toLowerCase() : path.resolve(place);
      if (used.has(where)) return `${place} is named twice: inbox and outbox of each program are folders of their own.`;
      used.add(where);
    }
  }
  return undefined;
}

const settingsFile = (data: string) => path.join(data, 'agent.json');
const keyFile = (data: string) => path.join(data, 'agent.key');

export function readSettings(data: string): AgentSettings | undefined {
  const file = settingsFile(data);
  if (!existsSync(file)) return undefined;
  const parsed = settingsSchema.safeParse(jsonOf(file));
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0]!;
    throw new Error(`${file}: ${where.join('.')}: ${message}`);
  }
  const problem = foldersProblem(parsed.data.folders);
  if (problem) throw new Error(`${file}: ${problem}`);
  return parsed.data;
}

function jsonOf(file: string): unknown {
  try {
    // Notepad puts a mark at the beginning.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
}

export function writeSettings(data: string, settings: AgentSettings): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeSynced(settingsFile(data), Buffer.from(`${JSON.stringify(settings, null, 2)}\n`));
}

const keySchema = z.object({ publicKey: publicKeySchema, privatePem: z.string().includes('PRIVATE KEY') });
const keysSchema = z.object({ current: keySchema, next: keySchema.optional() });

export function readKeys(data: string): Keys | undefined {
  const file = keyFile(data);
  if (!existsSync(file)) return undefined;
  const parsed = keysSchema.safeParse(jsonOf(file));
  if (!parsed.success) throw new Error(`${file} holds no key of an agent: pair again`);
  const { current, next } = parsed.data;
  return { current, ...(next ? { next } : {}) };
}

/** Only its owner may read it. */
export function writeKeys(data: string, keys: { current: AgentKey; next?: AgentKey }): void {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeSynced(keyFile(data), Buffer.from(JSON.stringify(keys)), 0o600);
}

/** The key of a pairing under way: a lost answer is asked for again with the same key and the same code. */
export function pairingKey(data: string, make: () => AgentKey): AgentKey {
  const file = path.join(data, 'agent.pairing');
  const kept = existsSync(file) ? keySchema.safeParse(jsonOf(file)).data : undefined;
  if (kept) return kept;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const key = make();
  writeSynced(file, Buffer.from(JSON.stringify(key)), 0o600);
  return key;
}
export function pairingDone(data: string): void {
  rmSync(path.join(data, 'agent.pairing'), { force: true });
}

/** Folders as typed, from the folder they were typed in. */
export function absoluteFolders(settings: AgentSettings, from: string): AgentSettings {
  const whole = (value: string) => path.resolve(from, value);
  return {
    ...settings,
    folders: settings.folders.map((f) => ({
      ...f,
      inbox: whole(f.inbox),
      outbox: whole(f.outbox),
      ...(f.prints ? { prints: whole(f.prints) } : {}),
      ...(f.versionFile ? { versionFile: whole(f.versionFile) } : {}),
    })),
  };
}
