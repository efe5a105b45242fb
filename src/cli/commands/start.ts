import { setupNeeded } from '../../api/setup.ts';
import { open, rootFolder } from '../../open.ts';
import { startServer } from '../../server.ts';
import { takeCommands } from '../beside.ts';
import { type Command, choice, WrongUsage } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';
import { buildWeb } from '../web-build.ts';

export const startCommand: Command['run'] = async ({ config: given, values, out }) => {
  const config = { ...given, role: choice(values, 'role', ['all', 'web', 'worker'] as const, given.role) };
  if (config.role !== 'all' && !config.databaseUrl)
    throw new WrongUsage(
      '--role web and worker are for a PostgreSQL server: set DATABASE_URL. The embedded database has one process that does both.',
    );
  const began = performance.now();
  // After an update the screens of the version before would ask for what the server no longer answers.
  const building = config.role === 'worker' ? undefined : buildWeb(rootFolder, { tell: (line) => out.say(line) });
  // A failure is met below; until then it must not count as unhandled.
  building?.catch(() => {});
  const opened = await open(config, { work: config.role !== 'web' });
  await building;
  const server = await startServer({ config, opened });
  const endCommands = await takeCommands(config, server.opened);
  out.say(
    `Fakturist is ready at ${server.url} (${Math.round(performance.now() - began)} ms, ${server.opened.ctx.store.embedded ? `embedded database in ${config.dataFolder}` : 'PostgreSQL'})`,
  );
  if (await setupNeeded(server.opened.ctx)) out.say('There is no organization yet: open the address above and set it up.');
  out.result({ url: server.url });
  await untilStopped();
  await endCommands();
  await server.close();
  return 0;
};
