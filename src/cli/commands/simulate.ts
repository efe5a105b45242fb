import { simulators } from '../../../connectors/registry.ts';
import { type Command, text, WrongUsage } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';

type Simulator = { url: string; close(): Promise<void> } & Record<string, unknown>;
type Options = { port?: number; now?: () => Date /** Where a double can begin empty. */; seeds?: boolean } & Record<string, unknown>;
type Start = (options: Options) => Promise<Simulator>;

/** A simulator module has one function that starts it; its name tells which service. */
export async function startSimulator(id: string, options: Options): Promise<Simulator> {
  const load = (simulators as unknown as Record<string, () => Promise<Record<string, unknown>>>)[id];
  if (!load) throw new WrongUsage(`There is no simulator "${id}". There are: ${Object.keys(simulators).join(', ')}.`);
  const start = Object.entries(await load()).find(
    ([name, value]) => /^start\w*Simulator$/.test(name) && typeof value === 'function',
  )?.[1] as Start | undefined;
  if (!start) throw new Error(`the simulator of ${id} has no function that starts it`);
  return start(options);
}

export const simulateCommand: Command['run'] = async ({ positionals, values, out }) => {
  const port = Number(text(values, 'port') ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new WrongUsage('--port must be a whole number from 0 to 65535.');
  const simulator = await startSimulator(positionals[0]!, { port, now: () => new Date() }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new WrongUsage(`Port ${port} is taken by another program: choose another one with --port, or none.`);
  });
  const shown = Object.fromEntries(Object.entries(simulator).filter(([, value]) => typeof value !== 'function'));
  for (const [name, value] of Object.entries(shown)) out.say(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  out.say(`State, faults and clock: ${simulator.url}/__sim   Stop with Ctrl-C`);
  out.result(shown);
  await untilStopped();
  await simulator.close();
  return 0;
};
