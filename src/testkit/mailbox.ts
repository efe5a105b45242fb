import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/**
 * The development mailbox: a real SMTP server on loopback that keeps every mail instead of passing it on. Demo, tests and
 * rehearsals send to it; its faults are those a seller meets.
 */
type MailboxFile = { fileName: string; contentType: string; sizeBytes: number; content: Uint8Array };
type MailboxMail = {
  id: string;
  receivedAt: string;
  /** Envelope: who was really to get it, whatever the headers say. */
  envelopeFrom: string;
  recipients: string[];
  messageId: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  files: MailboxFile[];
  raw: string;
};

type Reply = { code: number; text: string };
/** What goes wrong. Counters count down with each use; everything else lasts until it is taken back. */
type MailboxFaults = {
  /** Recipients the server refuses, by address. */
  refuseRecipient: Map<string, Reply>;
  /** This many messages get a passing refusal (451) at the recipient. */
  busy: number;
  /** Answers to the whole message, used up one by one. */
  refuseMessage: Reply[];
  /** This many messages are kept, and then the connection breaks before the answer. */
  dropAfterData: number;
  /** This many messages are lost: the connection breaks in the middle of the body. */
  dropDuringData: number;
  refuseSender?: Reply;
  /** Recipients whose mail is taken and comes back: the diagnostic by address. The note goes to `onBounce`. */
  bounceRecipient: Map<string, string>;
  /** Every login fails. */
  refuseLogin: boolean;
  /** Waits this long before answering to a message. */
  slowMs: number;
};

export type MailboxOptions = {
  port?: number;
  /** Mails are kept in this folder too, and read from it at the start. */
  folder?: string;
  login?: { user: string; password: string };
  /** `tls`: encrypted from the first byte; `starttls`: offered; with a certificate nobody trusts. */
  security?: 'none' | 'starttls' | 'tls';
  sizeLimitBytes?: number;
  now?: () => Date;
  /** Gets the delivery status notification of each mail that bounces, as a mail of its own. */
  onBounce?: (raw: string) => void;
};

export type Mailbox = {
  readonly host: string;
  readonly port: number;
  readonly faults: MailboxFaults;
  /** Newest last. */
  mails(): MailboxMail[];
  mail(id: string): MailboxMail | undefined;
  to(address: string): MailboxMail[];
  /** How many connections were made to it. */
  connections(): number;
  /** Message-IDs that reached one recipient more than once. */
  twins(): string[];
  /** Resolves when `count` mails are there. */
  arrived(count: number): Promise<MailboxMail[]>;
  clear(): void;
  /** Stops listening and cuts every connection; the mails stay. */
  down(): Promise<void>;
  /** Listens again on the same port. */
  up(): Promise<void>;
  /** A delivery status notification for a mail, as the recipient's server would send it (RFC 3464). */
  bounce(mail: MailboxMail, failure?: { status?: string; diagnostic?: string; action?: 'failed' | 'delayed' }): string;
  close(): Promise<void>;
};

const mailLimit = 5_000;

function noFaults(): MailboxFaults {
  return {
    refuseRecipient: new Map(),
    bounceRecipient: new Map(),
    busy: 0,
    refuseMessage: [],
    dropAfterData: 0,
    dropDuringData: 0,
    refuseLogin: false,
    slowMs: 0,
  };
}

export async function startMailbox(options: MailboxOptions = {}): Promise<Mailbox> {
  const now = options.now ?? (() => new Date());
  const kept: MailboxMail[] = options.folder ? await readFolder(options.folder) : [];
  const waiting = new Set<() => void>();
  const faults = noFaults();
  let port = options.port ?? 0;
  let sequence = kept.length;
  let connections = 0;

  const bounceSome = (mail: MailboxMail) => {
    for (const recipient of mail.recipients) {
      const diagnostic = faults.bounceRecipient.get(recipient);
      if (diagnostic !== undefined) options.onBounce?.(bounceOf({ ...mail, recipients: [recipient] }, now(), { diagnostic }));
    }
  };
  const keep = async (raw: Buffer, session: SMTPServerSession): Promise<MailboxMail> => {
    const envelope = {
      id: `${String(++sequence).padStart(6, '0')}`,
      receivedAt: now().toISOString(),
      envelopeFrom: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
      recipients: session.envelope.rcptTo.map((recipient) => recipient.address),
    };
    const mail = await parseMail(envelope, raw);
    if (options.folder) writeMail(options.folder, envelope, raw);
    kept.push(mail);
    if (kept.length > mailLimit) kept.shift();
    for (const wake of waiting) wake();
    bounceSome(mail);
    return mail;
  };

  const create = () =>
    serve(options, faults, keep, () => {
      connections++;
    });
  let server: SMTPServer | undefined = create();
  port = await listen(server, port);

  const mailbox: Mailbox = {
    host: '127.0.0.1',
    get port() {
      return port;
    },
    faults,
    mails: () => [...kept],
    mail: (id) => kept.find((mail) => mail.id === id),
    to: (address) => kept.filter((mail) => mail.recipients.includes(address)),
    connections: () => connections,
    twins: () => twinsOf(kept),
    arrived: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (kept.length < count) return;
          waiting.delete(look);
          resolve([...kept]);
        };
        waiting.add(look);
        look();
      }),
    clear: () => {
      if (options.folder)
        for (const mail of kept) for (const end of ['eml', 'json']) rmSync(join(options.folder, `${mail.id}.${end}`), { force: true });
      kept.length = 0;
    },
    down: async () => {
      const running = server;
      server = undefined;
      if (running) await stop(running);
    },
    up: async () => {
      if (server) return;
      server = create();
      await listen(server, port);
    },
    bounce: (mail, failure) => bounceOf(mail, now(), failure),
    close: () => mailbox.down(),
  };
  return mailbox;
}

function serve(
  options: MailboxOptions,
  faults: MailboxFaults,
  keep: (raw: Buffer, session: SMTPServerSession) => Promise<MailboxMail>,
  connected: () => void,
): SMTPServer {
  const security = options.security ?? 'none';
  const cut = (session: SMTPServerSession) => {
    for (const connection of server.connections) if (connection.id === session.id) connection._socket.destroy();
  };
  const server: SMTPServer = new SMTPServer({
    name: 'mailbox.test',
    secure: security === 'tls',
    disabledCommands: [...(security === 'starttls' ? [] : ['STARTTLS']), ...(options.login ? [] : ['AUTH'])],
    authOptional: !options.login,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideDSN: false,
    size: options.sizeLimitBytes ?? 30 * 1024 * 1024,
    logger: false,
    closeTimeout: 200,
    onConnect: (_session, done) => {
      connected();
      done();
    },
    onAuth: (auth, _session, done) => {
      const fits = !faults.refuseLogin && auth.username === options.login?.user && auth.password === options.login?.password;
      if (fits) done(null, { user: auth.username });
      else done(refusal({ code: 535, text: '5.7.8 Authentication credentials invalid' }));
    },
    onMailFrom: (_address, _session, done) => done(faults.refuseSender ? refusal(faults.refuseSender) : null),
    onRcptTo: (address, _session, done) => {
      const reply = faults.refuseRecipient.get(address.address);
      if (reply) return done(refusal(reply));
      if (faults.busy === 0) return done();
      faults.busy--;
      done(refusal({ code: 451, text: '4.7.1 Greylisted, please try again later' }));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (faults.dropDuringData === 0) return;
        faults.dropDuringData--;
        cut(session);
      });
      stream.once('end', () => void answer(Buffer.concat(chunks), stream.sizeExceeded, session, done));
    },
  });
  // A client that goes away in the middle is a fault under test, not a failure of the mailbox.
  server.on('error', () => {});

  const answer = async (
    raw: Buffer,
    tooLarge: boolean,
    session: SMTPServerSession,
    done: (error?: Error | null, message?: string) => void,
  ) => {
    if (faults.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
    const refuse = tooLarge ? { code: 552, text: '5.3.4 Message size exceeds fixed limit' } : faults.refuseMessage.shift();
    if (refuse) return done(refusal(refuse));
    const mail = await keep(raw, session);
    if (faults.dropAfterData === 0) return done(null, `2.0.0 kept as ${mail.id}`);
    faults.dropAfterData--;
    cut(session);
  };
  return server;
}

function refusal(reply: Reply): Error {
  return Object.assign(new Error(reply.text), { responseCode: reply.code });
}

function listen(server: SMTPServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.once('error', reject);
    const listener = server.listen(port, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port));
  });
}

function stop(server: SMTPServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const connection of server.connections) connection._socket.destroy();
  });
}

type Envelope = Pick<MailboxMail, 'id' | 'receivedAt' | 'envelopeFrom' | 'recipients'>;

async function parseMail(envelope: Envelope, raw: Uint8Array): Promise<MailboxMail> {
  const parsed = await PostalMime.parse(raw);
  return {
    ...envelope,
    messageId: parsed.messageId ?? '',
    from: parsed.from?.name ? `${parsed.from.name} <${parsed.from.address ?? ''}>` : (parsed.from?.address ?? ''),
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html ?? '',
    headers: Object.fromEntries(parsed.headers.map((header) => [header.key, header.value])),
    files: parsed.attachments.map((attachment) => {
      const content = new Uint8Array(attachment.content as ArrayBuffer);
      return { fileName: attachment.filename ?? '', contentType: attachment.mimeType, sizeBytes: content.length, content };
    }),
    raw: Buffer.from(raw).toString('latin1'),
  };
}

/** The envelope is written last: a mail without one was cut off by a crash and never answered. */
function writeMail(folder: string, envelope: Envelope, raw: Buffer): void {
  writeFileSync(join(folder, `${envelope.id}.eml`), raw);
  const target = join(folder, `${envelope.id}.json`);
  writeFileSync(`${target}.part`, JSON.stringify(envelope));
  renameSync(`${target}.part`, target);
}

async function readFolder(folder: string): Promise<MailboxMail[]> {
  mkdirSync(folder, { recursive: true });
  const mails: MailboxMail[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const envelope = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Envelope;
    mails.push(await parseMail(envelope, readFileSync(join(folder, `${envelope.id}.eml`))));
  }
  return mails;
}

function twinsOf(mails: MailboxMail[]): string[] {
  const seen = new Set<string>();
  const twins = new Set<string>();
  for (const mail of mails) {
    for (const recipient of mail.recipients) {
      const key = `${mail.messageId} ${recipient}`;
      if (seen.has(key)) twins.add(mail.messageId);
      seen.add(key);
    }
  }
  return [...twins];
}

function bounceOf(mail: MailboxMail, at: Date, failure: Parameters<Mailbox['bounce']>[1] = {}): string {
  const status = failure.status ?? /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(failure.diagnostic ?? '')?.[0] ?? '5.1.1';
  const diagnostic = failure.diagnostic ?? `550 ${status} No such mailbox here`;
  const boundary = `bounce-${mail.id}`;
  const part = (type: string, body: string) => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
  return [
    `From: Mail Delivery System <mailer-daemon@mailbox.test>`,
    `To: ${mail.envelopeFrom}`,
    `Date: ${at.toUTCString()}`,
    `Message-ID: <bounce.${mail.id}@mailbox.test>`,
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    part('text/plain; charset=utf-8', `The message to ${mail.recipients.join(', ')} could not be delivered.`) +
      part(
        'message/delivery-status',
        [
          'Reporting-MTA: dns; mailbox.test',
          `Original-Envelope-Id: ${mail.messageId.slice(1, -1)}`,
          ...mail.recipients.map((recipient) =>
            [
              `\r\nFinal-Recipient: rfc822; ${recipient}`,
              `Action: ${failure.action ?? 'failed'}`,
              `Status: ${status}`,
              `Diagnostic-Code: smtp; ${diagnostic}`,
            ].join('\r\n'),
          ),
        ].join('\r\n'),
      ) +
      part('text/rfc822-headers', `Message-ID: ${mail.messageId}\r\nSubject: ${mail.headers.subject ?? ''}\r\n`) +
      `--${boundary}--\r\n`,
  ].join('\r\n');
}
