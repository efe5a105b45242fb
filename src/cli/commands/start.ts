import { setupNeeded } from '../../api/setup.ts';
import type { Config } from '../../config.ts';
import { type Opened, open, rootFolder } from '../../open.ts';
import { startServer } from '../../server.ts';
import { takeCommands } from '../beside.ts';
import { type Command, choice, WrongUsage } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';
import { buildWeb } from '../web-build.ts';

/** The demo's person: known to everybody, like the data, which is invented. */
export const demoPerson = { email: 'demo@fakturist.example', password: 'fakturist-demo', name: 'Anna Demo' };

/** Is what listens there heard by this machine alone? */
export const isOwnMachine = (host: string) => host === 'localhost' || host === '::1' || /^127\./.test(host);

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
  if (config.publicUrlGiven || !isOwnMachine(config.host)) await mustNotBeDemo(opened, config);
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

/** Data that a demo left behind are served to this machine only: whoever has read the README has the password of their owner. */
async function mustNotBeDemo({ ctx, close }: Opened, { dataFolder }: Config): Promise<void> {
  const known = await ctx.store.db.selectFrom('auth_user').select('id').where('email', '=', demoPerson.email).executeTakeFirst();
  if (!known) return;
  await close();
  throw new WrongUsage(
    `${ctx.store.embedded ? dataFolder : 'The database'} holds a demo, whose password everybody knows, and other machines would reach it: begin with a new FAKTURIST_DATA folder or database.`,
  );
}
