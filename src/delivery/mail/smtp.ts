import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { wrap as base64Lines } from 'nodemailer/lib/base64';
import MailComposer from 'nodemailer/lib/mail-composer';
import type MimeNode from 'nodemailer/lib/mime-node';
import { wrap as quotedLines, encode as quotedPrintable } from 'nodemailer/lib/qp';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { z } from 'zod';
import { guardedSocket } from '../../connections/index.ts';
import type { CauseRef, CheckResult } from '../../contract/connector.ts';
import type { Texts } from '../../contract/manifest.ts';
import { Secret } from '../../contract/secret.ts';
import { cut } from '../../domain/cut.ts';
import type { Language } from '../../domain/documents/document.ts';
import { parseAddress } from './address.ts';
import { mailCause, replyCause, type SmtpStep } from './causes.ts';

/**
 * Handing a mail to an SMTP server, with an outcome that is never guessed:
 *
 *   handed over   the server said yes to the whole message for at least one recipient
 *   refused       the server said no for good (5xx), or the message broke a limit of ours
 *   later         the message surely did not go: no connection, 4xx, or the connection broke before its last byte
 *   unknown       every byte was given and the answer never came; only a person or the receiver can tell
 *
 * The Message-ID is the caller's and stays the same for one delivery, so a receiver can drop a twin.
 */
export const smtpSettingsSchema = z
  .object({
    host: z.string().trim().overwrite(bareHost).min(1).max(253),
    port: z.number().int().min(1).max(65535),
    /** `tls` from the first byte (465), `starttls` required (587), `none` for servers on the own machine or network. */
    security: z.enum(['tls', 'starttls', 'none']),
    user: z.string().max(320).optional(),
    from: z.object({ name: z.string().max(200).optional(), address: z.string().max(320) }),
    replyTo: z.string().max(320).optional(),
  })
  .refine((settings) => parseAddress(settings.from.address), { path: ['from', 'address'], message: 'not an e-mail address' })
  .refine((settings) => !settings.replyTo || parseAddress(settings.replyTo), { path: ['replyTo'], message: 'not an e-mail address' })
  .refine((settings) => settings.security !== 'none' || !settings.user || isLoopback(settings.host), {
    path: ['security'],
    message: 'a password is never sent unencrypted to another machine',
  });
/** `anywhere` marks the server of whoever runs the machine: it may stand where those of organizations may not. */
export type SmtpSettings = z.infer<typeof smtpSettingsSchema> & { password?: Secret; anywhere?: boolean };

type MailAttachment = { fileName: string; contentType: string; content: Uint8Array };
export type OutgoingMail = {
  /** `<…@…>`, made and stored before the first send. */
  messageId: string;
  to: string[];
  /** Who really gets it, when that is not who the header names (a copy for the seller). */
  envelopeTo?: string;
  subject: string;
  text: string;
  html?: string;
  language?: Language;
  date: Date;
  attachments?: MailAttachment[];
};

type RecipientResult = { address: string; result: 'accepted' | 'refused' | 'later'; cause?: CauseRef };
export type SendOutcome =
  | { outcome: 'handed-over'; messageId: string; recipients: RecipientResult[]; serverReply: string }
  | { outcome: 'refused'; cause: CauseRef; recipients: RecipientResult[] }
  | { outcome: 'later'; cause: CauseRef; recipients: RecipientResult[] }
  | { outcome: 'unknown'; cause: CauseRef };

/** How long each part of the conversation may take; RFC 5321 §4.5.3.2 asks for patience after the last byte. */
type SmtpPatience = { connectMs: number; greetingMs: number; silenceMs: number; totalMs: number };
const usualPatience: SmtpPatience = { connectMs: 15_000, greetingMs: 15_000, silenceMs: 90_000, totalMs: 150_000 };
/** A check has a person before the screen, and proxies in front of it that give up after a minute. */
const checkMs = 45_000;

const recipientLimit = 20;
const attachmentLimit = 20;
/** Most servers stop at 25 MB after base64. */
const messageLimitBytes = 25 * 1024 * 1024;
const pieceBytes = 16 * 1024;

/** `[::1]` is how an address stands in a link: a socket wants it without the brackets. */
function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function isLoopback(given: string): boolean {
  const host = bareHost(given);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The Message-ID of a delivery: always the same, under the sender's own domain. */
export function messageIdOf(deliveryId: string, fromAddress: string): string {
  const domain = parseAddress(fromAddress)?.split('@')[1];
  if (!domain || !/^[A-Za-z0-9-]{1,64}$/.test(deliveryId)) throw new RangeError('a Message-ID needs a plain id and a sender address');
  return `<${deliveryId}@${domain}>`;
}

/**
 * `beforeBody` is called when the server is ready for the message and nothing of it was given yet: the last moment to write down
 * that it is going out. False (or a throw) keeps it here.
 */
export type MailSender = {
  /** `atTurn` is asked when the mail's turn to converse has come; false leaves it. */
  send(mail: OutgoingMail, beforeBody?: () => Promise<boolean>, atTurn?: () => boolean): Promise<SendOutcome>;
};

/** Keeps a connection open for the next mail for a moment, as mail servers like it; every outcome is judged for its own mail alone. */
export function createSender(settings: SmtpSettings, patience: SmtpPatience = usualPatience): MailSender {
  smtpSettingsSchema.parse({ ...settings });
  const office: Office = { settings, patience, idle: [], talking: 0, waiting: [] };
  return { send: (mail, beforeBody = async () => true, atTurn = () => true) => inTurn(office, mail, beforeBody, atTurn) };
}

type Office = {
  settings: SmtpSettings;
  patience: SmtpPatience;
  idle: Line[];
  talking: number;
  /** Called with the fault of the account that somebody before met, or with nothing: go. */
  waiting: ((fault?: CauseRef) => void)[];
};
/** Mail servers refuse more connections of one customer than a handful. */
const talkingLimit = 8;

/** Waits for a place among the conversations. Whoever waits hears of a fault of the account instead of meeting it once more. */
async function inTurn(office: Office, mail: OutgoingMail, beforeBody: () => Promise<boolean>, atTurn: () => boolean): Promise<SendOutcome> {
  const fault =
    office.talking < talkingLimit ? void office.talking++ : await new Promise<CauseRef | undefined>((go) => office.waiting.push(go));
  if (fault) return { outcome: 'later', cause: { ...fault, params: paramsOf(office.settings, mail.to.join(', ')) }, recipients: [] };
  let begun = false;
  try {
    if (!atTurn()) return { outcome: 'later', cause: { code: 'mail_server_busy' }, recipients: [] };
    const outcome = await sendMail(office, mail, () => {
      begun = true;
      return beforeBody();
    });
    if (!begun && outcome.outcome === 'later' && mailCause(outcome.cause.code).stops === 'connection')
      for (const tell of office.waiting.splice(0)) tell(outcome.cause);
    return outcome;
  } finally {
    const next = office.waiting.shift();
    if (next) next();
    else office.talking--;
  }
}

async function sendMail(office: Office, mail: OutgoingMail, beforeBody: () => Promise<boolean>): Promise<SendOutcome> {
  const recipients = mail.to.map((address) => ({ given: address, plain: parseAddress(address) }));
  const invalid = recipients.find((recipient) => !recipient.plain);
  if (invalid || recipients.length === 0) return refusedHere('mail_address_invalid', mail, { recipient: cut(invalid?.given ?? '', 100) });
  if (recipients.length > recipientLimit || (mail.attachments?.length ?? 0) > attachmentLimit)
    return refusedHere('mail_too_large', mail, {});
  const to = recipients.map((recipient) => recipient.plain!);
  const bytes = compose(office.settings, { ...mail, to });
  if (bytes.length > messageLimitBytes) return refusedHere('mail_too_large', mail, {});
  return converse(office, { messageId: mail.messageId, to: mail.envelopeTo ? [mail.envelopeTo] : to, bytes, beforeBody });
}

function refusedHere(code: string, mail: OutgoingMail, params: Record<string, string>): SendOutcome {
  const cause = { code, params };
  return { outcome: 'refused', cause, recipients: mail.to.map((address) => ({ address, result: 'refused', cause })) };
}

/** The message as bytes: the same mail gives the same bytes, so a second try is the first message again. */
export function compose(settings: SmtpSettings, mail: OutgoingMail): Buffer {
  const pieces: (string | Buffer)[] = [];
  write(messageOf(settings, mail), pieces);
  const bytes = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  return bytes.at(-1) === 0x0a ? bytes : Buffer.concat([bytes, Buffer.from('\r\n')]);
}

/** The library's own writer hands every part through four streams; all of ours is in memory, and this makes the same bytes at once. */
function write(node: MimeNode, pieces: (string | Buffer)[]): void {
  const encoding = node.getTransferEncoding();
  pieces.push(`${node.buildHeaders()}\r\n\r\n`);
  const content = node.content as string | Buffer | undefined;
  if (content && encoding === 'base64') pieces.push(base64Lines(Buffer.from(content).toString('base64')));
  else if (content) pieces.push(encoding === 'quoted-printable' ? quotedLines(quotedPrintable(content)) : content);
  node.childNodes.forEach((child, at) => {
    pieces.push(`${at > 0 ? '\r\n' : ''}--${node.boundary}\r\n`);
    write(child, pieces);
  });
  if (node.multipart) pieces.push(`\r\n--${node.boundary}--\r\n`);
}

export function messageOf(settings: SmtpSettings, mail: OutgoingMail): MimeNode {
  if (!/^<[^\s<>@]+@[^\s<>@]+>$/.test(mail.messageId)) throw new RangeError('not a Message-ID');
  return new MailComposer({
    messageId: mail.messageId,
    date: mail.date,
    from: { name: headerText(settings.from.name ?? ''), address: settings.from.address },
    replyTo: settings.replyTo,
    to: mail.to.map((address) => ({ name: '', address })),
    subject: headerText(mail.subject),
    text: mail.text,
    html: mail.html,
    headers: { 'Auto-Submitted': 'auto-generated', ...(mail.language ? { 'Content-Language': mail.language } : {}) },
    attachments: (mail.attachments ?? []).map((attachment) => ({
      filename: fileName(attachment.fileName),
      contentType: attachment.contentType,
      content: Buffer.from(attachment.content),
    })),
    baseBoundary: mail.messageId.replace(/[^A-Za-z0-9]/g, '').slice(0, 40),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
}

/** One line without control characters. */
function headerText(text: string): string {
  return cut(text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim(), 300);
}

/** A name that is one file in any mail program: `FV/2026/11/17.pdf` → `FV-2026-11-17.pdf`; letters with diacritics stay. */
function fileName(text: string): string {
  const plain = headerText(text)
    .replace(/[\\/:*?"<>|\u202a-\u202e\u2066-\u2069]+/g, '-')
    .replace(/^[.\s]+/, '');
  return plain === '' ? 'document' : [...plain].slice(-120).join('');
}

type SmtpError = Error & { code?: string; originalCode?: string; command?: string; responseCode?: number; response?: string };

function connect(settings: SmtpSettings, patience: SmtpPatience): SMTPConnection {
  return new SMTPConnection({
    host: bareHost(settings.host),
    port: settings.port,
    secure: settings.security === 'tls',
    requireTLS: settings.security === 'starttls',
    ignoreTLS: settings.security === 'none',
    connectionTimeout: patience.connectMs,
    dnsTimeout: patience.connectMs,
    greetingTimeout: patience.greetingMs,
    socketTimeout: patience.silenceMs,
    socketCloseTimeout: 1_000,
    tls: { minVersion: 'TLSv1.2' },
    socket: guardedSocket(settings.anywhere),
  });
}

/** A logged-in connection. Whoever uses it hears of its end. */
type Line = { connection: SMTPConnection; used: number; dead: boolean; onEnd?: (error: SmtpError) => void; timer?: NodeJS.Timeout };
type Posting = { messageId: string; to: string[]; bytes: Buffer; beforeBody: () => Promise<boolean> };

const idleMs = 1_000;
const idleLimit = 20;
/** Many servers end a connection after a hundred messages; better to do it ourselves. */
const messagesPerLine = 80;

function takeIdle(office: Office): Line | undefined {
  for (;;) {
    const line = office.idle.pop();
    if (line) clearTimeout(line.timer);
    if (!line?.dead) return line;
  }
}

function park(office: Office, line: Line): void {
  if (line.dead || line.used >= messagesPerLine || office.idle.length >= idleLimit) {
    line.connection.quit();
    return;
  }
  line.timer = setTimeout(() => {
    office.idle.splice(office.idle.indexOf(line), 1);
    line.connection.quit();
  }, idleMs);
  office.idle.push(line);
}

/** Connects and logs in; `step` tells how far it came when it fails. */
function open(settings: SmtpSettings, patience: SmtpPatience, done: (line: Line, step: SmtpStep, error?: SmtpError | null) => void): Line {
  const line: Line = { connection: connect(settings, patience), used: 0, dead: false };
  line.connection.on('error', (error: SmtpError) => {
    line.dead = true;
    line.onEnd?.(error);
  });
  line.connection.once('end', () => {
    line.dead = true;
    line.onEnd?.(Object.assign(new Error('Connection closed'), { code: 'ECONNECTION' }));
  });
  line.connection.connect((error) => {
    if (error) return done(line, 'greeting', error);
    login(line.connection, settings, (authError) => done(line, 'auth', authError));
  });
  return line;
}

/** The body in pieces, so that a connection broken in the middle is known to have broken before the last byte. */
function bodyOf(bytes: Buffer, beforeBody: () => Promise<boolean>, given: { all: boolean }): Readable {
  let offset = 0;
  const piece = (body: Readable) => {
    body.push(offset < bytes.length ? bytes.subarray(offset, offset + pieceBytes) : null);
    offset += pieceBytes;
  };
  const body = new Readable({
    read() {
      if (offset > 0) return piece(this);
      beforeBody().then(
        (may) => (may ? piece(this) : this.destroy(new Error('not to be sent any more'))),
        (error) => this.destroy(error as Error),
      );
    },
  });
  return body.once('end', () => {
    given.all = true;
  });
}

/**
 * One message on a connection kept from the last one, or on a new one. A kept connection that turns out to be gone before the
 * message was begun costs nothing: a new one is made.
 */
function converse(office: Office, posting: Posting): Promise<SendOutcome> {
  const kept = takeIdle(office);
  if (!kept) return post(office, posting, undefined);
  let begun = false;
  const watched = {
    ...posting,
    beforeBody: () => {
      begun = true;
      return posting.beforeBody();
    },
  };
  return post(office, watched, kept).then((outcome) =>
    kept.dead && !begun && outcome.outcome === 'later' ? post(office, posting, undefined) : outcome,
  );
}

function post(office: Office, { messageId, to, bytes, beforeBody }: Posting, kept: Line | undefined): Promise<SendOutcome> {
  const { settings, patience } = office;
  const given = { all: false };
  const body = bodyOf(bytes, beforeBody, given);
  return new Promise((resolve) => {
    let step: SmtpStep = kept ? 'sender' : 'greeting';
    const end = (line: Line, outcome: SendOutcome, reusable: boolean) => {
      clearTimeout(timer);
      // Closing is an end too, but no longer news.
      line.onEnd = undefined;
      if (reusable) park(office, line);
      else line.connection.close();
      resolve(outcome);
    };
    const fail = (line: Line, error: SmtpError) => {
      const at = step === 'sender' ? stepOf(error, given.all) : step;
      end(line, failure(settings, to, at, error, given.all), false);
    };
    const give = (line: Line) => {
      step = 'sender';
      line.used++;
      const envelope = { from: settings.from.address, to, size: bytes.length, dsn: notifyOf(messageId) };
      line.connection.send(envelope, body, (error, info) => {
        if (error) return fail(line, error);
        const refused = (info.rejectedErrors ?? []).map((rejected) => refusedRecipient(settings, rejected));
        const accepted = info.accepted.map((address): RecipientResult => ({ address, result: 'accepted' }));
        end(
          line,
          { outcome: 'handed-over', messageId, recipients: [...accepted, ...refused], serverReply: withoutSecret(settings, info.response) },
          true,
        );
      });
    };
    const opened = (line: Line, reached: SmtpStep, error?: SmtpError | null) => {
      step = reached;
      if (error) fail(line, error);
      else give(line);
    };
    const line = kept ?? open(settings, patience, opened);
    line.onEnd = (error) => fail(line, error);
    const timer = setTimeout(
      () => fail(line, Object.assign(new Error('the conversation took too long'), { code: 'ETIMEDOUT' })),
      patience.totalMs,
    );
    if (kept) give(kept);
  });
}

function login(connection: SMTPConnection, settings: SmtpSettings, done: (error?: SmtpError | null) => void): void {
  if (!settings.user) done();
  else connection.login({ user: settings.user, pass: settings.password?.reveal() ?? '' }, (error) => done(error));
}

/** Asks for a bounce that carries the headers, where the server knows RFC 3461. */
function notifyOf(messageId: string) {
  return { ret: 'HDRS', envid: messageId.slice(1, -1), notify: ['FAILURE', 'DELAY'] };
}

function stepOf(error: SmtpError, allGiven: boolean): SmtpStep {
  if (error.command === 'RCPT TO') return 'recipient';
  if (error.command === 'MAIL FROM') return 'sender';
  return allGiven || error.command === 'DATA' ? 'data' : 'sender';
}

function refusedRecipient(settings: SmtpSettings, error: SmtpError & { recipient?: string }): RecipientResult {
  const address = error.recipient ?? '';
  const cause = replyCause(
    'recipient',
    { code: error.responseCode ?? 550, text: withoutSecret(settings, error.response ?? '') },
    paramsOf(settings, address),
  );
  return { address, result: (error.responseCode ?? 550) < 500 ? 'later' : 'refused', cause };
}

function paramsOf(settings: SmtpSettings, recipient: string): Record<string, string> {
  return { host: `${settings.host}:${settings.port}`, user: settings.user ?? '', sender: settings.from.address, recipient };
}

/** A server's words without the password, in any form the login may have given it. */
function withoutSecret(settings: SmtpSettings, words: string): string {
  const text = words.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  const password = settings.password?.reveal() ?? '';
  if (password.length < 4) return cut(text, 500);
  const forms = [password, Buffer.from(password).toString('base64'), Buffer.from(`\0${settings.user}\0${password}`).toString('base64')];
  return cut(
    forms.reduce((clean, form) => clean.replaceAll(form, '***'), text),
    500,
  );
}

/** What a failed conversation means. The order matters: a reply decides, else whether the last byte was given, else the network. */
function failure(settings: SmtpSettings, to: string[], step: SmtpStep, error: SmtpError, allGiven: boolean): SendOutcome {
  const params = paramsOf(settings, to.join(', '));
  const all = (result: 'refused' | 'later', cause: CauseRef) => to.map((address): RecipientResult => ({ address, result, cause }));
  if (error.responseCode && error.responseCode >= 400 && error.code !== 'ETLS') {
    const cause = replyCause(step, { code: error.responseCode, text: withoutSecret(settings, error.response ?? '') }, params);
    const perRecipient = (error as SmtpError & { rejectedErrors?: SmtpError[] }).rejectedErrors?.map((one) =>
      refusedRecipient(settings, one),
    );
    // A fault of the account (login, relay, sender) mends for every message at once: the message waits instead of being refused.
    const waits = error.responseCode < 500 || mailCause(cause.code).stops === 'connection';
    return { outcome: waits ? 'later' : 'refused', cause, recipients: perRecipient ?? all(waits ? 'later' : 'refused', cause) };
  }
  if (allGiven)
    return { outcome: 'unknown', cause: { code: 'mail_answer_lost', params, providerText: withoutSecret(settings, error.message) } };
  // The body ends early only where `beforeBody` kept it here: no fault of the server, and the words are our own.
  if (error.code === 'ESTREAM') {
    const cause = { code: 'mail_not_begun', params };
    return { outcome: 'later', cause, recipients: all('later', cause) };
  }
  const code = networkCause(error, step);
  const cause = { code, params, providerCode: error.code, providerText: withoutSecret(settings, error.message) };
  return code === 'mail_too_large'
    ? { outcome: 'refused', cause, recipients: all('refused', cause) }
    : { outcome: 'later', cause, recipients: all('later', cause) };
}

function networkCause(error: SmtpError, step: SmtpStep): string {
  if (error.code === 'EMESSAGE' && error.command === 'MAIL FROM') return 'mail_too_large';
  if (error.code === 'ETLS' || /certificate|SSL|TLS/i.test(error.message)) return 'mail_tls_failed';
  if (error.code === 'EAUTH' || error.code === 'ENOAUTH' || (step === 'auth' && error.code === 'EPROTOCOL')) return 'mail_auth_failed';
  if (error.originalCode === 'ENOTFOUND' || error.code === 'EDNS') return 'mail_host_unknown';
  return 'mail_server_unreachable';
}

const factLabels = {
  encryption: { pl: 'Szyfrowanie', hu: 'Titkosítás', sv: 'Kryptering', en: 'Encryption' },
  login: { pl: 'Logowanie', hu: 'Belépés', sv: 'Inloggning', en: 'Login' },
  sender: { pl: 'Nadawca', hu: 'Feladó', sv: 'Avsändare', en: 'Sender' },
  none: { pl: 'brak', hu: 'nincs', sv: 'ingen', en: 'none' },
} satisfies Record<string, Texts>;

/** Connects and logs in without sending anything. */
export function checkSmtp(settings: SmtpSettings, language: Language = 'en', patience: SmtpPatience = usualPatience): Promise<CheckResult> {
  return new Promise((resolve) => {
    const connection = connect(settings, patience);
    let step: SmtpStep = 'greeting';
    const fail = (error: SmtpError) => {
      clearTimeout(timer);
      connection.close();
      const outcome = failure(settings, [], step, error, false);
      resolve({ ok: false, facts: [], cause: 'cause' in outcome ? outcome.cause : undefined });
    };
    // A server that says a little now and then is never silent, and would keep the person waiting for ever.
    const timer = setTimeout(
      () => fail(Object.assign(new Error('the conversation took too long'), { code: 'ETIMEDOUT' })),
      Math.min(checkMs, patience.totalMs),
    );
    connection.on('error', fail);
    connection.connect((error) => {
      if (error) return fail(error);
      step = 'auth';
      login(connection, settings, (authError) => {
        if (authError) return fail(authError);
        clearTimeout(timer);
        const encryption = connection.secure ? settings.security.toUpperCase() : factLabels.none[language];
        connection.quit();
        resolve({
          ok: true,
          facts: [
            { label: factLabels.encryption[language], value: encryption },
            { label: factLabels.login[language], value: settings.user ?? factLabels.none[language] },
            { label: factLabels.sender[language], value: settings.from.address },
          ],
        });
      });
    });
  });
}

/** `smtps://user:password@host:465` or `smtp://host:25` as settings: the installation's own mail. */
export function smtpSettingsOfUrl(url: string, fromAddress: string, fromName: string): SmtpSettings {
  const parsed = new URL(url);
  const user = decodeURIComponent(parsed.username);
  const implicit = parsed.protocol === 'smtps:';
  const settings = smtpSettingsSchema.parse({
    host: parsed.hostname,
    port: parsed.port ? Number(parsed.port) : implicit ? 465 : 587,
    security: implicit ? 'tls' : isLoopback(parsed.hostname) || !user ? 'none' : 'starttls',
    user: user || undefined,
    from: { name: fromName, address: fromAddress },
  });
  const password = parsed.password ? { password: new Secret(decodeURIComponent(parsed.password)) } : {};
  return { ...settings, ...password, anywhere: true };
}
