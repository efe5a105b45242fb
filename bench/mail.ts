import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { deliverMail, mailsAtOnce, queueMails, saveMailSettings, smtpConnector } from '../src/delivery/index.ts';
import { type Context, type JobData, startJobs } from '../src/jobs/index.ts';
import type { Store } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { startIssueRun, workIssueRun } from '../src/toissue/index.ts';
import { benchContext, prepareMany } from './issue.ts';
import { cpuNote, cpuTimed, keep } from './measure.ts';

/** As many conversations at once as the product has with one server. */
const atOnce = 8;
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(50_000)]);

/** Mails of issued documents, from the job to the written answer of the server, beside Nodemailer's pool with the same message. The PDF is there already: typesetting has its own figure. */
export async function benchMail(store: Store, name: string, count: number): Promise<void> {
  const server = await startServer();
  const idle = await benchContext(store);
  await idle.jobs.stop();
  const ctx: Context = {
    ...idle,
    jobs: await startJobs(store, { work: true }),
    connectors: new Map([[smtpConnector.manifest.id, smtpConnector]]),
  };
  try {
    const bare = await cpuTimed(store, () => bareMails(server.port, count));
    const organizationId = await testOrganization(ctx, polishSeller);
    const who = { organizationId, actor: 'bench' };
    const ids = await prepareMany(ctx, organizationId, count);
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await workIssueRun(ctx, organizationId, runId);
    const saved = await saveMailSettings(ctx, who, {
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      fromName: 'Sklep',
      fromAddress: 'faktury@sklep.example',
    });
    if (!('account' in saved)) throw new Error(JSON.stringify(saved));
    const tools = { renderPdf: async () => pdf };
    const { ms, cpuMs } = await cpuTimed(store, async () => {
      await store.org(organizationId, (tx) =>
        queueMails(
          tx,
          ctx,
          who,
          ids.map((documentId) => ({ documentId })),
        ),
      );
      // Done is what is written down, not what the server took.
      await new Promise<void>((resolve, reject) => {
        let left = count;
        const work = async (data: JobData) => {
          await deliverMail(ctx, tools, data);
          if (--left === 0) resolve();
        };
        ctx.jobs.work('deliver', mailsAtOnce, work).catch(reject);
      });
    });
    keep({
      what: `mails with a 50 kB PDF (${name})`,
      value: (count / ms) * 1000,
      unit: 'mails/s',
      bare: (count / bare.ms) * 1000,
      target: '≥ 0.7',
      note: cpuNote(count, cpuMs, bare.cpuMs),
    });
  } finally {
    await ctx.jobs.stop();
    await server.close();
  }
}

async function bareMails(port: number, count: number): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true, pool: true, maxConnections: atOnce });
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      transport.sendMail({
        from: 'Sklep <faktury@sklep.example>',
        to: `anna${n}@example.com`,
        subject: `Faktura FV/${n}/11/2026`,
        text: 'Dzień dobry,\n\nw załączeniu faktura.\n\nSklep',
        html: '<p>Dzień dobry,</p><p>w załączeniu faktura.</p><p>Sklep</p>',
        attachments: [{ filename: `FV-${n}.pdf`, content: pdf, contentType: 'application/pdf' }],
      }),
    ),
  );
  transport.close();
}

/** A server that takes every mail and keeps none. */
async function startServer() {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      stream.resume();
      stream.on('end', () => done());
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
