import { readConfig } from '../config.ts';
import { handOver, readInput } from './beside.ts';
import { type ExitCode, helpOf, helpOfAll, makeOutput, parse, WrongUsage } from './command.ts';
import { doneByTheRunning, table } from './table.ts';
import { told, withUsage } from './told.ts';

/** The `fakturist` command. */
async function main(args: string[]): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${helpOfAll(Object.values(table))}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!command) throw new WrongUsage(`There is no command "${name}". fakturist --help lists them.`);
  const config = readConfig(process.env, { clockAllowed: process.env.NODE_ENV === 'test' || name === 'demo' });
  const isHelp = rest.some((word) => word === '--help' || word === '-h');
  if (doneByTheRunning.has(name) && !config.databaseUrl && !isHelp) {
    const ended = await handOver(config.dataFolder, args);
    if (ended !== undefined) return ended;
  }
  return withUsage(command, async () => {
    const { positionals, values } = parse(command, rest);
    if (values.help) {
      process.stdout.write(`${helpOf(command)}\n`);
      return 0;
    }
    return command.run({
      positionals,
      values,
      config,
      out: makeOutput(values.json === true),
      open: async (options) => (await import('../open.ts')).open(config, options),
      input: readInput,
    });
  });
}

// `fakturist documents | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** Expected trouble is one sentence; anything else shows where it happened. */
function end(error: unknown): never {
  const { said, code } = told(error);
  process.stderr.write(`${said}\n`);
  // What was half open would keep the process, and with it the lock on the data folder.
  process.exit(code);
}

// Work beside the command that nobody waits for: a full disk below the embedded database comes out here.
process.on('uncaughtException', end);
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  end(error);
}
