import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import type { Config } from '../config.ts';
import type { Opened } from '../open.ts';
import { type ExitCode, makeOutput, parse, WrongUsage } from './command.ts';
import { doneByTheRunning, table } from './table.ts';
import { told, withUsage } from './told.ts';

/**
 * The embedded database belongs to one process. A command that comes while Fakturist runs is done by that process: it is asked through a
 * socket in the data folder, which only the user of that folder can reach, and whoever has the folder has everything in it anyway. One
 * line asks (words, the caller's folder and, where a command reads it, standard input), lines answer: what is written to where, and the exit code last.
 */
type Asked = { args: string[]; folder: string; input?: string };
type Answer = { out: string } | { err: string } | { code: ExitCode };

/** Longer is no command of a person. */
const maxAskedBytes = 1_000_000;
/** The addresses of sockets are short: a folder that lies deeper has none, and a second process is refused there as it was. */
const maxAddressBytes = 100;

function addressOf(dataFolder: string): string | undefined {
  if (process.platform === 'win32') return `\\\\.\\pipe\\fakturist-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 32)}`;
  const address = path.join(dataFolder, 'commands.sock');
  return Buffer.byteLength(address) > maxAddressBytes ? undefined : address;
}

/** Takes commands for as long as this process holds the embedded database. Resolves with what ends it. */
export async function takeCommands(config: Config, opened: Opened): Promise<() => Promise<void>> {
  const address = opened.ctx.store.embedded ? addressOf(config.dataFolder) : undefined;
  if (!address) return async () => {};
  // One of a process that died: whoever holds the folder's lock is the only one.
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    takeOne(socket, config, opened);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', resolve);
    const before = process.umask(0o177);
    server.listen(address);
    process.umask(before);
  });
  return async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

function takeOne(socket: Socket, config: Config, opened: Opened): void {
  let text = '';
  let begun = false;
  const answer = (line: Answer) => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    if (begun) return;
    text += chunk;
    if (text.length > maxAskedBytes) socket.destroy();
    if (!text.includes('\n')) return;
    begun = true;
    const asked = askedIn(text);
    if (!asked) return void socket.destroy();
    void runHere(asked, config, opened, answer).then((code) => {
      answer({ code });
      socket.end();
    });
  });
}

function askedIn(text: string): Asked | undefined {
  try {
    const { args, folder, input } = JSON.parse(text) as Asked;
    return Array.isArray(args) && args.every((word) => typeof word === 'string') && typeof folder === 'string'
      ? { args, folder, input }
      : undefined;
  } catch {
    return undefined;
  }
}

async function runHere(
  { args: [name = '', ...rest], folder, input }: Asked,
  config: Config,
  opened: Opened,
  answer: (line: Answer) => void,
): Promise<ExitCode> {
  try {
    if (!doneByTheRunning.has(name)) throw new WrongUsage(`"${name}" is not done by a running Fakturist.`);
    const command = table[name]!;
    return await withUsage(command, () => {
      const { positionals, values } = parse(command, rest);
      const out = makeOutput(values.json === true, { write: (text) => answer({ out: text }) }, { write: (text) => answer({ err: text }) });
      return command.run({
        positionals,
        values,
        config,
        out,
        open: async () => ({ ...opened, isRunning: true, close: async () => {} }),
        running: opened,
        folder,
        input: async () => input ?? '',
      });
    });
  } catch (error) {
    const { said, code } = told(error);
    answer({ err: `${said}\n` });
    return code;
  }
}

/** Has the Fakturist that holds this folder do the command. Undefined when none runs there. */
export async function handOver(dataFolder: string, args: string[]): Promise<ExitCode | undefined> {
  const address = addressOf(dataFolder);
  const socket = address ? await reach(address) : undefined;
  if (!socket) return undefined;
  const asked: Asked = { args, folder: process.cwd(), ...(args.some((word) => word.endsWith('-stdin')) && { input: await readInput() }) };
  return new Promise((resolve, reject) => {
    let text = '';
    let code: ExitCode | undefined;
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        const lines = (text + chunk).split('\n');
        text = lines.pop()!;
        for (const line of lines) {
          const said = JSON.parse(line) as Answer;
          if ('out' in said) process.stdout.write(said.out);
          else if ('err' in said) process.stderr.write(said.err);
          else code = said.code;
        }
      })
      .on('error', reject)
      .on('close', () => {
        if (code === undefined)
          process.stderr.write('Fakturist was stopped before the command was done. Look at its state, then try again.\n');
        resolve(code ?? 1);
      });
    socket.write(`${JSON.stringify(asked)}\n`);
  });
}

/** Undefined when nobody listens: no Fakturist runs, or one that died left its socket behind. */
function reach(address: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

export async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
