import { existsSync } from 'node:fs';
import path from 'node:path';
import { setupNeeded } from '../../api/setup.ts';
import { rootFolder } from '../../open.ts';
import { startServer } from '../../server.ts';
import type { Command } from '../command.ts';
import { untilStopped } from '../until-stopped.ts';
import { buildWeb } from '../web-build.ts';

export const startCommand: Command = {
  name: 'start',
  usage: '',
  about: 'Run Fakturist: screens, HTTP API and the work behind them.',
  more: 'Listens on HOST:PORT (127.0.0.1:8080). FAKTURIST_ROLE=web or worker splits the work on PostgreSQL.',
  positionals: [0, 0],
  options: {},
  async run({ config, out }) {
    const began = performance.now();
    if (!existsSync(path.join(rootFolder, 'web', 'dist', 'index.html'))) await buildWeb(rootFolder, { tell: (line) => out.say(line) });
    const server = await startServer({ config });
    out.say(
      `Fakturist is ready at ${server.url} (${Math.round(performance.now() - began)} ms, ${server.opened.ctx.store.embedded ? `embedded database in ${config.dataFolder}` : 'PostgreSQL'})`,
    );
    if (await setupNeeded(server.opened.ctx)) out.say('There is no organization yet: open the address above and set it up.');
    out.result({ url: server.url });
    await untilStopped();
    await server.close();
    return 0;
  },
};
