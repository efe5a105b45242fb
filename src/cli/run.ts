import { type Config, readConfig } from '../config.ts';
import type { Opened, OpenOptions } from '../open.ts';
import { handOver } from './beside.ts';
import { type ExitCode, helpOf, helpOfAll, makeOutput, parse, type Sink, WrongUsage } from './command.ts';
import { doneByTheRunning, table } from './table.ts';
import { withUsage } from './told.ts';

/** What a command has of the process that it is called in. */
type Surroundings = {
  env: Record<string, string | undefined>;
  stdout: Sink;
  stderr: Sink;
  /** All of standard input. */
  input(): Promise<string>;
  open(config: Config, options: OpenOptions): Promise<Opened>;
};

/** The `fakturist` command. Throws what `told` has words for. */
export async function run(args: string[], { env, stdout, stderr, input, open }: Surroundings): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    stdout.write(`${helpOfAll(Object.values(table))}\n`);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    stdout.write(`${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!command) throw new WrongUsage(`There is no command "${name}". fakturist --help lists them.`);
  const config = readConfig(env, { clockAllowed: env.NODE_ENV === 'test' || name === 'demo' });
  const isHelp = rest.some((word) => word === '--help' || word === '-h');
  if (doneByTheRunning.has(name) && !config.databaseUrl && !isHelp) {
    const ended = await handOver(config.dataFolder, args);
    if (ended !== undefined) return ended;
  }
  return withUsage(command, async () => {
    const { positionals, values } = parse(command, rest);
    if (values.help) {
      stdout.write(`${helpOf(command)}\n`);
      return 0;
    }
    return command.run({
      positionals,
      values,
      config,
      out: makeOutput(values.json === true, stdout, stderr),
      open: (options) => open(config, options),
      folder: process.cwd(),
      input,
    });
  });
}
