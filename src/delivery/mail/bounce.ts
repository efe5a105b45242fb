import type { Attachment, Email } from 'postal-mime';
import type { CauseRef } from '../../contract/connector.ts';
import { cut } from '../../domain/cut.ts';
import { parseAddress } from './address.ts';
import { causeOfReply } from './causes.ts';

/**
 * Reads a delivery status notification (RFC 3464): which mail of ours did not arrive, for whom and why. Anything else —
 * an answer of the buyer, an out-of-office note — is no bounce.
 */
export type Bounce = {
  recipient: string;
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** Enhanced status such as 5.1.1. */
  status: string;
  diagnostic: string;
  /** Message-ID of our mail, with angle brackets. */
  originalMessageId: string;
  cause: CauseRef;
};

const bounceLimitBytes = 5 * 1024 * 1024;
const recipientLimit = 100;
const actions = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const;

/** Every recipient the notification speaks of; empty when the message is no notification or names no mail. */
export async function readBounce(raw: Uint8Array | string): Promise<Bounce[]> {
  if (raw.length > bounceLimitBytes) return [];
  const mail = await parse(raw);
  const report = mail?.attachments.find(
    (part) => part.mimeType === 'message/delivery-status' || part.mimeType === 'message/global-delivery-status',
  );
  if (!mail || !report) return [];
  const [message = new Map<string, string>(), ...recipients] = groups(textOf(report));
  const originalMessageId = original(mail, message);
  if (!originalMessageId) return [];
  return recipients.slice(0, recipientLimit).flatMap((fields) => bounceOf(fields, originalMessageId) ?? []);
}

async function parse(raw: Uint8Array | string): Promise<Email | undefined> {
  const { default: PostalMime } = await import('postal-mime');
  try {
    return await PostalMime.parse(raw, { forceRfc822Attachments: true, maxNestingDepth: 20, maxHeadersSize: 256 * 1024 });
  } catch {
    // Whatever cannot be read as a mail is no bounce.
    return undefined;
  }
}

function textOf(part: Attachment): string {
  return typeof part.content === 'string' ? part.content : Buffer.from(part.content as ArrayBuffer).toString('utf8');
}

/** Blocks of `Name: value` lines parted by empty lines; a line that begins with a space continues the one before. */
function groups(text: string): Map<string, string>[] {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+/g, ' ')
    .split(/\n{2,}/)
    .map((block) => {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
      return fields;
    })
    .filter((fields) => fields.size > 0);
}

/** Our Message-ID: in the returned headers or message, else in the envelope id we gave with the mail. */
function original(mail: Email, message: Map<string, string>): string | undefined {
  const returned = mail.attachments.find((part) =>
    ['message/rfc822', 'text/rfc822-headers', 'message/rfc822-headers', 'message/global'].includes(part.mimeType),
  );
  const inHeaders = returned && /^message-id:\s*(<[^<>\s]{3,250}>)/im.exec(textOf(returned).slice(0, 64 * 1024));
  const id = inHeaders
    ? inHeaders[1]
    : (envelopeId(message.get('original-envelope-id')) ?? mail.inReplyTo ?? mail.references?.split(/\s+/).at(-1));
  return id && /^<[^<>\s]{3,250}>$/.test(id) ? id : undefined;
}

/** The ENVID is our Message-ID without brackets, in xtext (RFC 3461 §4): `+2B` stands for a plus. */
function envelopeId(text: string | undefined): string | undefined {
  return text?.includes('@')
    ? `<${text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))}>`
    : undefined;
}

function bounceOf(fields: Map<string, string>, originalMessageId: string): Bounce | undefined {
  const recipient = addressOf(fields.get('original-recipient')) ?? addressOf(fields.get('final-recipient'));
  const action = actions.find((known) => known === fields.get('action')?.toLowerCase());
  if (!recipient || !action) return undefined;
  const status = /\d\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0] ?? '';
  const said = (fields.get('diagnostic-code') ?? '').replace(/^[a-z-]+;\s*/i, '');
  const diagnostic = cut(said.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' '), 500);
  return { recipient, action, status, diagnostic, originalMessageId, cause: causeOf(recipient, status, diagnostic) };
}

function addressOf(field: string | undefined): string | undefined {
  return parseAddress(field?.replace(/^[a-z0-9-]+;\s*/i, '').replace(/^<|>$/g, ''));
}

/** The same causes as a refusal at once; one that says nothing is simply a bounce. */
function causeOf(recipient: string, status: string, diagnostic: string): CauseRef {
  const replyCode = Number(/^[245]\d\d\b/.exec(diagnostic)?.[0] ?? (status.startsWith('4') ? 450 : 550));
  const specific = status || diagnostic ? causeOfReply('recipient', { code: replyCode, text: `${status} ${diagnostic}` }) : 'mail_bounced';
  const atRecipient = ['mail_mailbox_unknown', 'mail_mailbox_full', 'mail_rejected_as_spam', 'mail_too_large'].includes(specific);
  return {
    code: atRecipient ? specific : 'mail_bounced',
    params: { recipient },
    providerCode: status || undefined,
    providerText: diagnostic || undefined,
  };
}
