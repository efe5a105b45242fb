import { BadConfig, readConfig } from '../config.ts';
import { type Command, type ExitCode, helpOf, helpOfAll, makeOutput, parse, WrongUsage } from './command.ts';

/** The `fakturist` command. Commands are loaded when they are called, so that help is there at once. */
const table: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  init: async () => (await import('./commands/init.ts')).initCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  issue: async () => (await import('./commands/documents.ts')).issueCommand,
  documents: async () => (await import('./commands/documents.ts')).documentsCommand,
  orders: async () => (await import('./commands/documents.ts')).ordersCommand,
  export: async () => (await import('./commands/documents.ts')).exportCommand,
  administer: async () => (await import('./commands/administer.ts')).administerCommand,
  backfill: async () => (await import('./commands/reconcile.ts')).backfillCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  pull: async () => (await import('./commands/channel.ts')).pullCommand,
  rehearse: async () => (await import('./commands/channel.ts')).rehearseCommand,
  key: async () => (await import('./commands/init.ts')).keyCommand,
  operator: async () => (await import('./commands/operator.ts')).operatorCommand,
  statement: async () => (await import('./commands/operator.ts')).statementCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  migrate: async () => (await import('./commands/doctor.ts')).migrateCommand,
  agent: async () => (await import('./commands/agent.ts')).agentCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/backup.ts')).restoreCommand,
  move: async () => (await import('./commands/backup.ts')).moveCommand,
  'change-key': async () => (await import('./commands/backup.ts')).changeKeyCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
};

async function main(args: string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const commands = await Promise.all(Object.values(table).map((load) => load()));
    process.stdout.write(`${helpOfAll(commands)}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${(await import('../server.ts')).version}\n`);
    return 0;
  }
  const load = table[name];
  if (!load) throw new WrongUsage(`There is no command "${name}". fakturist --help lists them.`);
  const command = await load();
  try {
    const { positionals, values } = parse(command, rest);
    if (values.help) {
      process.stdout.write(`${helpOf(command)}\n`);
      return 0;
    }
    const config = readConfig(process.env, { clockAllowed: process.env.NODE_ENV === 'test' || name === 'demo' });
    return await command.run({ positionals, values, config, out: makeOutput(values.json === true) });
  } catch (error) {
    if (error instanceof WrongUsage && !/^There is no organization/.test(error.message))
      error.message += `\nUsage: fakturist ${command.name} ${command.usage}`;
    throw error;
  }
}

// `fakturist documents | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** What the machine or the database server refuses, with what to do about it. */
function systemTrouble({ code, path, message, port }: NodeJS.ErrnoException & { port?: number }): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program: set PORT to a free one.`;
    case 'EACCES':
    case 'EPERM':
      if (port !== undefined) return `Port ${port} may not be opened by this user: set PORT to one above 1023.`;
      return path === undefined
        ? undefined
        : `${path} may not be read or written by this user: give it the rights, or set FAKTURIST_DATA to a folder of its own.`;
    case 'EROFS':
      return `${path} is on a disk that cannot be written to: set FAKTURIST_DATA to a folder elsewhere.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} is a file where a folder is needed.`;
    case 'ENOSPC':
      return 'The disk is full: nothing of this was kept. Make room and try again.';
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return process.env.DATABASE_URL
        ? `The database server does not answer (${message}): check DATABASE_URL and that the server runs.`
        : undefined;
    case '28P01':
    case '28000':
      return `The database server refuses the user or the password of DATABASE_URL (${message}).`;
    case '3D000':
      return `The database named by DATABASE_URL does not exist (${message}): create it, it fills itself.`;
    default:
      return undefined;
  }
}

/** Expected trouble is one sentence; anything else shows where it happened. */
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrong = error instanceof WrongUsage || error instanceof BadConfig;
  const expected = wrong || ['DatabaseBusy', 'Refusal'].includes((error as Error).name);
  const said = expected ? (error as Error).message : systemTrouble(error as NodeJS.ErrnoException & { port?: number });
  process.stderr.write(`${said ?? (error as Error).stack ?? String(error)}\n`);
  // What was half open would keep the process, and with it the lock on the data folder.
  process.exit(wrong ? 2 : 1);
}
