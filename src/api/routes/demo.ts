import { z } from 'zod';
import { createImport, readImport } from '../../intake/index.ts';
import { storeFile } from '../../store/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, type Demo, type DemoMachine, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

/** What the demo adds. Elsewhere these addresses do not exist. */
const tag = 'demo';

function demoOf({ edge }: Call): Demo {
  if (!edge.demo) throw notFound('a demo');
  return edge.demo;
}

const summaryOf = (mail: s.DemoMail): Omit<s.DemoMail, 'text' | 'html' | 'files'> & { files: number } => ({
  id: mail.id,
  receivedAt: mail.receivedAt,
  from: mail.from,
  recipients: mail.recipients,
  subject: mail.subject,
  files: mail.files.length,
});

export const demoRoutes = [
  route({
    method: 'GET',
    url: '/demo/state',
    needs: 'public',
    tag,
    summary: 'The demo’s sign-in, simulators and mailbox',
    answer: s.demoState,
    handler: async (call) => ({ ...(await demoOf(call).state()), operatorOrganizationId: demoOf(call).operator?.organizationId ?? null }),
  }),
  route({
    method: 'GET',
    url: '/demo/sample.xml',
    needs: 'read',
    tag,
    summary: 'The sample file of Allegro',
    produces: 'application/xml',
    handler: async (call) => {
      const { name, bytes } = demoOf(call).sample();
      return sendFile(call.reply, { name, bytes, mediaType: 'application/xml', download: true });
    },
  }),
  route({
    method: 'GET',
    url: '/demo/statement.sta',
    needs: 'read',
    tag,
    summary: 'A bank statement with what the demo’s companies owe their operator',
    produces: 'application/octet-stream',
    handler: async (call) => {
      const { operator } = demoOf(call);
      if (!operator) throw notFound('an operator');
      return sendFile(call.reply, { ...(await operator.statement()), mediaType: 'application/octet-stream', download: true });
    },
  }),
  route({
    method: 'POST',
    url: '/demo/import-sample',
    needs: 'edit',
    tag,
    summary: 'Import the sample file of Allegro',
    body: s.sampleImportInput,
    answer: s.importRunSchema,
    status: 201,
    handler: async (call) => {
      const { ctx, who, body } = call;
      const { name, bytes } = demoOf(call).sample();
      return ctx.store.org(who.organizationId, async (tx) => {
        const file = await storeFile(tx, who.organizationId, ctx.now(), { name, mediaType: 'application/xml', bytes });
        const id = await createImport(tx, ctx, who, { connector: 'allegro-file', file, name, sizeBytes: bytes.length, options: body });
        return (await readImport(tx, who.organizationId, id))!;
      });
    },
  }),
  route({
    method: 'POST',
    url: '/demo/sell-tickets',
    needs: 'edit',
    tag,
    summary: 'Let the demo’s ticket shop sell',
    body: s.sellTicketsInput,
    answer: s.sellTicketsAnswer,
    handler: async (call) => demoOf(call).sellTickets(call.body.count),
  }),
  route({
    method: 'POST',
    url: '/demo/orders-arrive',
    needs: 'edit',
    tag,
    summary: 'Let orders arrive in one of the demo’s order systems',
    body: s.ordersArriveInput,
    answer: s.ordersArriveAnswer,
    handler: async (call) => ({ arrived: await demoOf(call).ordersArrive(call.body.count, call.body.at) }),
  }),
  route({
    method: 'GET',
    url: '/demo/mailbox',
    needs: 'read',
    tag,
    summary: 'Mails the demo’s mailbox has caught, newest first',
    answer: s.demoMailsSchema,
    handler: async (call) => ({ items: demoOf(call).mails().map(summaryOf).reverse() }),
  }),
  route({
    method: 'GET',
    url: '/demo/mailbox/:id',
    needs: 'read',
    tag,
    summary: 'One mail',
    params: z.object({ id: z.string().max(40) }),
    answer: s.demoMailSchema,
    handler: async (call) => {
      const mail = demoOf(call).mail(call.params.id);
      if (!mail) throw notFound('a mail of this id');
      return {
        ...summaryOf(mail),
        text: mail.text,
        html: mail.html,
        files: mail.files.map(({ fileName, contentType, sizeBytes }) => ({ fileName, contentType, sizeBytes })),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/demo/mailbox/:id/files/:index',
    needs: 'read',
    tag,
    summary: 'A file of a mail',
    params: z.object({ id: z.string().max(40), index: z.coerce.number().int().min(0).max(100) }),
    produces: 'application/pdf',
    handler: async (call) => {
      const file = demoOf(call).mail(call.params.id)?.files[call.params.index];
      if (!file) throw notFound('a file of this mail');
      return sendFile(call.reply, { name: file.fileName, mediaType: file.contentType, bytes: file.content, download: false });
    },
  }),
  route({
    method: 'POST',
    url: '/demo/agent',
    needs: 'connections',
    tag,
    summary: 'Install an agent on the demo’s own computer and pair it with this code',
    body: s.demoInstallInput,
    answer: s.demoMachineState,
    handler: async (call) => {
      const machine = machineOf(call);
      try {
        await machine.install(call.body.code);
      } catch (error) {
        throw new Refusal(422, 'not-paired', (error as Error).message);
      }
      return machine.state();
    },
  }),
  route({
    method: 'GET',
    url: '/demo/machine',
    needs: 'read',
    tag,
    summary: 'The demo’s own computer: agent, accounting program, printer',
    answer: s.demoMachineState,
    handler: async (call) => machineOf(call).state(),
  }),
  route({
    method: 'POST',
    url: '/demo/machine',
    needs: 'edit',
    tag,
    summary: 'Switch things on the demo’s own computer off and on',
    body: s.demoMachineChange,
    answer: s.demoMachineState,
    handler: async (call) => {
      const machine = machineOf(call);
      machine.set(call.body);
      return machine.state();
    },
  }),
  route({
    method: 'GET',
    url: '/demo/machine/pages/:index',
    needs: 'read',
    tag,
    summary: 'What came out of the demo’s printer',
    params: z.object({ index: z.coerce.number().int().min(0).max(100_000) }),
    produces: 'application/pdf',
    handler: async (call) => {
      const bytes = machineOf(call).page(call.params.index);
      if (!bytes) throw notFound('a printed page of this number');
      return sendFile(call.reply, { name: `${call.params.index + 1}.pdf`, mediaType: 'application/pdf', bytes, download: false });
    },
  }),
];

function machineOf(call: Call): DemoMachine {
  const { machine } = demoOf(call);
  if (!machine) throw notFound('a computer of the demo');
  return machine;
}
