import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createAccounts } from '../../api/accounts.ts';
import type { Demo, Edge } from '../../api/route.ts';
import { setUp, setupNeeded } from '../../api/setup.ts';
import { type Config, readConfig } from '../../config.ts';
import { saveMailSettings } from '../../delivery/index.ts';
import type { Context } from '../../jobs/index.ts';
import { open, rootFolder } from '../../open.ts';
import { startServer, version } from '../../server.ts';
import { DatabaseBusy } from '../../store/index.ts';
import { type Mailbox, startMailbox } from '../../testkit/mailbox.ts';
import { takeCommands } from '../beside.ts';
import type { Command } from '../command.ts';
import { addOperator } from '../demo-billing.ts';
import { demoMachine, type Machine } from '../demo-machine.ts';
import { addBaselinker, addOrderShop, type BaselinkerShop, type OrderShop } from '../demo-orders.ts';
import { addSwedishShop } from '../demo-sweden.ts';
import { addHungarianShop, type HungarianShop } from '../demo-tickets.ts';
import { untilStopped } from '../until-stopped.ts';
import { buildWeb } from '../web-build.ts';
import { startSimulator } from './simulate.ts';
import { isOwnMachine, demoPerson as person } from './start.ts';

const sampleFile = path.join(rootFolder, 'examples', 'pl', 'allegro-sales.xml');

export const demoCommand: Command['run'] = async ({ out }) => {
  const env: Record<string, string | undefined> = {
    ...process.env,
    FAKTURIST_DATA: process.env.FAKTURIST_DATA || path.join('data', 'demo'),
    // Never into the database of somebody who works with it: the demo's owner has a password that everybody knows.
    DATABASE_URL: undefined,
  };
  if (!env.PORT) env.PORT = String(await freePort(8080));
  const building = buildWeb(rootFolder, { tell: (line) => out.say(line) }).catch((error: Error) =>
    out.say(`The screens could not be built: ${error.message.split('\n')[0]}`),
  );
  const given = readConfig(env, { clockAllowed: true });
  const mailbox = await startMailbox({ folder: path.join(given.dataFolder, 'mailbox') });
  const config: Config = {
    ...given,
    systemMailUrl: `smtp://${mailbox.host}:${mailbox.port}`,
    systemMailFrom: 'Fakturist <fakturist@demo.example>',
  };
  const opened = await open(config, { work: true }).catch((error: Error) => {
    if (!(error instanceof DatabaseBusy) || !/in use/.test(error.message)) throw error;
    const words = `A demo runs already in ${config.dataFolder}: stop it first, or choose another folder with FAKTURIST_DATA.`;
    throw Object.assign(new Error(words), { name: 'Refusal' });
  });
  const polish = await seed(opened.ctx, opened.secretKey, config, mailbox);
  const szamlazz = await startSimulator('szamlazz', { now: opened.ctx.now });
  const hungarian = await addHungarianShop(opened.ctx, polish.userId, szamlazz, mailbox);
  const operator = await addOperator(opened.ctx, polish.userId, mailbox);
  const orderShop = await addOrderShop(opened.ctx, polish.userId, mailbox);
  const baselinker = await addBaselinker(opened.ctx, polish.organizationId);
  const machine = await demoMachine(opened.ctx, polish.organizationId, path.join(given.dataFolder, 'machine'), version);
  const walley = await startSimulator('walley', { now: opened.ctx.now });
  const swedish = await addSwedishShop(opened.ctx, polish.userId, walley, mailbox);
  await building;
  const server = await startServer({
    config,
    opened,
    demo: (edge) => ({
      ...demoOf(
        edge,
        mailbox,
        [
          { connector: 'szamlazz', url: String(szamlazz.pageUrl ?? szamlazz.url) },
          { connector: 'cards', url: operator.cardsUrl },
          { connector: 'walley', url: String(walley.pageUrl ?? walley.url) },
        ],
        hungarian,
        orderShop,
        baselinker,
        machine,
      ),
      operator,
    }),
  });
  const endCommands = await takeCommands(config, opened);
  await machine.start(server.url);
  await operator.reachable(server.url);
  out.say('');
  out.say(`  Fakturist demo   ${server.url}`);
  out.say(`  sign in with     ${person.email}   ${person.password}   (one click on the page)`);
  out.say(`  data in          ${given.dataFolder}`);
  if (!isOwnMachine(config.host)) out.say(`  reached from     other machines too (HOST=${config.host}): whoever comes is its owner`);
  out.say('  stop with        Ctrl-C');
  out.result({
    url: server.url,
    email: person.email,
    password: person.password,
    mailbox: { host: mailbox.host, port: mailbox.port },
    organizations: [
      polish.organizationId,
      hungarian.organizationId,
      orderShop.organizationId,
      operator.organizationId,
      swedish.organizationId,
    ],
  });
  await untilStopped();
  await endCommands();
  await machine.close();
  await server.close();
  await szamlazz.close();
  await orderShop.close();
  await baselinker.close();
  await operator.close();
  await walley.close();
  await mailbox.close();
  return 0;
};

/** The wanted port, or any free one when something else has it. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(wanted === 0 ? 0 : freePort(0)));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function seed(
  ctx: Context,
  secretKey: Uint8Array,
  config: Config,
  mailbox: Mailbox,
): Promise<{ organizationId: string; userId: string }> {
  const address = { publicUrl: config.publicUrl, given: config.publicUrlGiven };
  const accounts = createAccounts({ store: ctx.store, secretKey, address, now: ctx.now, sendMail: async () => false, log: ctx.log });
  if (await setupNeeded(ctx)) {
    const made = await setUp(ctx, accounts, {
      ...person,
      organization: {
        name: 'Zielony Zakątek',
        country: 'PL',
        taxId: '9991002009',
        defaultVatRate: '23',
        seller: {
          company: 'Zielony Zakątek Anna Demo',
          street: 'ul. Ogrodnicza 12',
          postalCode: '00-950',
          city: 'Warszawa',
          country: 'PL',
          email: 'sklep@zielony-zakatek.example',
          phone: '+48 000 100 100',
          bankAccount: 'PL61109010140000071219812874',
          bankName: 'Bank Przykładowy',
          website: 'zielony-zakatek.example',
        },
      },
    });
    await connectMailbox(ctx, made.organizationId, mailbox, 'Zielony Zakątek', 'sklep@zielony-zakatek.example');
    return made;
  }
  const user = await ctx.store.db.selectFrom('auth_user').select('id').where('email', '=', person.email).executeTakeFirst();
  const organization = await ctx.store.db
    .selectFrom('organization')
    .select(['id', 'name', 'seller'])
    .where('country', '=', 'PL')
    .orderBy('created_at')
    .executeTakeFirst();
  if (!user || !organization)
    throw Object.assign(new Error(`${config.dataFolder} holds no demo: choose another folder with FAKTURIST_DATA.`), { name: 'Refusal' });
  await connectMailbox(
    ctx,
    organization.id,
    mailbox,
    organization.name,
    String(organization.seller.email ?? 'sklep@zielony-zakatek.example'),
  );
  return { organizationId: organization.id, userId: user.id };
}

/** The mailbox listens on another port at every start. */
async function connectMailbox(
  ctx: Context,
  organizationId: string,
  mailbox: Mailbox,
  fromName: string,
  fromAddress: string,
): Promise<void> {
  await saveMailSettings(
    ctx,
    { organizationId, actor: 'demo' },
    { host: mailbox.host, port: mailbox.port, security: 'none', user: '', fromName, fromAddress },
  );
}

const dayMs = 86_400_000;

/** The sample with its days moved, so that its last sale was yesterday whenever the demo runs. */
function sampleOf(now: Date): Uint8Array {
  const text = readFileSync(sampleFile, 'utf8');
  const lastDay = Date.parse(
    `${[...text.matchAll(/<date>(\d{4}-\d{2}-\d{2}) /g)]
      .map((match) => match[1]!)
      .sort()
      .at(-1)}T00:00:00Z`,
  );
  const shift = Math.floor((now.getTime() - lastDay) / dayMs) - 1;
  return Buffer.from(
    text.replace(/\d{4}-\d{2}-\d{2}/g, (day) => new Date(Date.parse(`${day}T00:00:00Z`) + shift * dayMs).toISOString().slice(0, 10)),
  );
}

function demoOf(
  { ctx }: Edge,
  mailbox: Mailbox,
  simulators: { connector: string; url: string }[],
  hungarian: HungarianShop,
  orderShop: OrderShop,
  baselinker: BaselinkerShop,
  machine: Machine,
): Demo {
  return {
    state: async () => ({
      demo: true,
      email: person.email,
      password: person.password,
      ordersOrganizationId: orderShop.organizationId,
      simulators: [...simulators, ...orderShop.simulators, baselinker.simulator, machine.simulator],
      ticketsOrganizationId: hungarian.organizationId,
      sampleImported:
        (await ctx.store.db.selectFrom('import_run').select('id').where('name', '=', 'allegro-sales.xml').limit(1).execute()).length > 0,
      mails: mailbox.mails().length,
    }),
    sample: () => ({ name: 'allegro-sales.xml', bytes: sampleOf(ctx.now()) }),
    mails: () => mailbox.mails(),
    mail: (id) => mailbox.mail(id),
    machine,
    sellTickets: (count) => hungarian.sell(count),
    ordersArrive: (count, at) => (at === 'baselinker' ? baselinker : orderShop).arrive(count),
  };
}
