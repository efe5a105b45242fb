import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../contract/secret.ts';
import { languageSchema } from '../../domain/documents/document.ts';
import { type Mailbox, type MailboxOptions, startMailbox } from '../../testkit/mailbox.ts';
import { emailKind, parseAddress } from './address.ts';
import { readBounce } from './bounce.ts';
import { causeOfReply, mailCauses } from './causes.ts';
import {
  checkSmtp,
  compose,
  createSender,
  messageIdOf,
  messageOf,
  type OutgoingMail,
  type SmtpSettings,
  smtpSettingsOfUrl,
  smtpSettingsSchema,
} from './smtp.ts';

/** A mail is handed over, refused, surely not sent, or honestly unknown; the server's view decides every case. */
let mailbox: Mailbox | undefined;
afterEach(async () => {
  await mailbox?.close();
  mailbox = undefined;
});

async function start(options: MailboxOptions = {}): Promise<Mailbox> {
  mailbox = await startMailbox(options);
  return mailbox;
}

function settings(change: Partial<SmtpSettings> = {}): SmtpSettings {
  return {
    host: '127.0.0.1',
    port: mailbox!.port,
    security: 'none',
    from: { name: 'Żółty Sklep, "Łódź"', address: 'faktury@sklep.example' },
    ...change,
  };
}

const pdf = new Uint8Array(Buffer.from('%PDF-1.7 żółć'));
function mail(change: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    messageId: '<d1@sklep.example>',
    to: ['jan@example.com'],
    subject: 'Faktura Zażółć gęślą jaźń – 17',
    text: 'Dzień dobry\n.\nkropka\n',
    html: '<p>Dzień dobry</p>',
    language: 'pl',
    date: new Date('2026-11-22T10:00:00Z'),
    attachments: [{ fileName: 'Faktura FV/2026/11/17 ŻÓŁĆ.pdf', contentType: 'application/pdf', content: pdf }],
    ...change,
  };
}
const patience = { connectMs: 2_000, greetingMs: 2_000, silenceMs: 2_000, totalMs: 10_000 };
const send = (change: Partial<OutgoingMail> = {}, set: Partial<SmtpSettings> = {}) =>
  createSender(settings(set), patience).send(mail(change));

/** Counts those who come, and sends them away. */
async function busyServer(): Promise<{ port: number; came: () => number; close: () => Promise<void> }> {
  let came = 0;
  const server = createServer((socket) => {
    came++;
    socket.on('error', () => {});
    setTimeout(() => socket.end('421 4.7.0 too busy\r\n'), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    came: () => came,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('turns', () => {
  const many = Array.from({ length: 30 }, (_, n) => `buyer${n}@example.com`);

  it('eight converse; whoever waits hears of a fault of the server instead of meeting it, in its own name', async () => {
    const busy = await busyServer();
    try {
      const sender = createSender({ host: '127.0.0.1', port: busy.port, security: 'none', from: { address: 'a@sklep.example' } }, patience);
      const outcomes = await Promise.all(many.map((to) => sender.send(mail({ to: [to] }))));
      expect(busy.came()).toBe(8);
      for (const [n, outcome] of outcomes.entries())
        expect(outcome).toMatchObject({ outcome: 'later', cause: { code: 'mail_server_busy', params: { recipient: many[n] } } });
      expect(await sender.send(mail()), 'the next one asks again').toMatchObject({ outcome: 'later' });
      expect(busy.came()).toBe(9);
    } finally {
      await busy.close();
    }
  });

  it('one that waited too long leaves its turn to the next', async () => {
    const box = await start();
    const sender = createSender(settings(), patience);
    const outcomes = await Promise.all(
      many.map((to, n) =>
        sender.send(
          mail({ to: [to], messageId: `<d${n}@sklep.example>` }),
          async () => true,
          () => n < 10 || n > 20,
        ),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome === 'handed-over')).toEqual(many.map((_, n) => n < 10 || n > 20));
    expect(box.mails()).toHaveLength(19);
  });
});

describe('handing over', () => {
  it('arrives whole: diacritics, dots, attachment bytes, sender name, Message-ID', async () => {
    const box = await start();
    expect(await send()).toMatchObject({
      outcome: 'handed-over',
      messageId: '<d1@sklep.example>',
      recipients: [{ address: 'jan@example.com', result: 'accepted' }],
    });
    const [got] = box.mails();
    expect(got).toMatchObject({
      messageId: '<d1@sklep.example>',
      envelopeFrom: 'faktury@sklep.example',
      recipients: ['jan@example.com'],
      subject: 'Faktura Zażółć gęślą jaźń – 17',
    });
    expect(got!.text.trim()).toBe('Dzień dobry\n.\nkropka');
    expect(got!.html).toContain('<p>Dzień dobry</p>');
    expect(got!.files.map((file) => [file.fileName, file.contentType])).toEqual([['Faktura FV-2026-11-17 ŻÓŁĆ.pdf', 'application/pdf']]);
    expect(Buffer.from(got!.files[0]!.content)).toEqual(Buffer.from(pdf));
    expect(got!.from).toBe('Żółty Sklep, "Łódź" <faktury@sklep.example>');
    expect(got!.headers['auto-submitted']).toBe('auto-generated');
  });

  it('composes the same bytes for the same mail', async () => {
    await start();
    expect(compose(settings(), mail()).equals(compose(settings(), mail()))).toBe(true);
  });

  it('composes what the library itself would write', async () => {
    await start();
    const long = `${'Zażółć gęślą jaźń, '.repeat(40)}\n.\n\n=20 \t\r\nend`;
    const files = (sizes: number[]) =>
      sizes.map((size, n) => ({
        fileName: `${'ő'.repeat(n * 30)}${n}.pdf`,
        contentType: 'application/pdf',
        content: Buffer.alloc(size, '%PDF\n.'),
      }));
    for (const text of ['', 'plain', 'plain\n', 'x'.repeat(200), long, '漢字'.repeat(500)])
      for (const html of [undefined, `<p>${text}</p>`])
        for (const attachments of [[], files([0]), files([1, 57, 58]), files([200_000])]) {
          const one = mail({ text, html, attachments, subject: `${text.slice(0, 90)} §` });
          const library = await messageOf(settings(), one).build();
          expect(compose(settings(), one).toString('latin1'), JSON.stringify([text.length, html?.length, attachments.length])).toBe(
            library.toString('latin1'),
          );
        }
  });

  it('cannot be made to write headers or recipients of its own', async () => {
    const box = await start();
    await send(
      {
        subject: 'A\r\nBcc: evil@example.com\r\n\r\nbody',
        attachments: [{ fileName: '../../etc/x"\r\nX-Evil: 1.pdf', contentType: 'application/pdf', content: pdf }],
      },
      { from: { name: 'N\r\nBcc: evil@example.com', address: 'faktury@sklep.example' } },
    );
    const [got] = box.mails();
    expect(got!.recipients).toEqual(['jan@example.com']);
    expect(Object.keys(got!.headers)).not.toContain('bcc');
    expect(got!.raw).not.toMatch(/^X-Evil/m);
    expect(got!.files[0]!.fileName).not.toMatch(/[/\\"\r\n]/);
    for (const to of ['a@b.pl\r\nRCPT TO:<c@d.pl>', 'a@b.pl, c@d.pl', '<a@b.pl>', 'a@b', 'a b@c.pl', '@c.pl', ''])
      expect(await send({ to: [to] }), to).toMatchObject({ outcome: 'refused', cause: { code: 'mail_address_invalid' } });
    expect(box.mails()).toHaveLength(1);
    await expect(send({ messageId: '<a@b>\r\nBcc: x@y.pl' })).rejects.toThrow('Message-ID');
  });

  it('writes to domains with letters of their own', async () => {
    const box = await start();
    await send({ to: ['info@żółć.pl'] });
    expect(box.mails()[0]!.recipients).toEqual(['info@żółć.pl']);
    expect(parseAddress('info@Żółć.pl')).toBe('info@xn--kda4b0koi.pl');
  });

  it('logs in, and keeps the password out of everything', async () => {
    await start({ login: { user: 'sklep', password: 'hasło' } });
    const good = { user: 'sklep', password: new Secret('hasło') };
    expect(await send({}, good)).toMatchObject({ outcome: 'handed-over' });
    const wrong = await send({}, { user: 'sklep', password: new Secret('inne') });
    expect(wrong).toMatchObject({ outcome: 'later', cause: { code: 'mail_auth_failed', params: { user: 'sklep' } } });
    expect(JSON.stringify(wrong)).not.toContain('inne');
    expect(mailbox!.mails()).toHaveLength(1);
  });
});

it('knows stand-in addresses of marketplaces', () => {
  const masked = [
    'a+b@allegromail.pl',
    'x@user.allegrogroup.pl',
    'y@marketplace.amazon.co.uk',
    'Z@Members.eBay.com',
    'q@sub.allegromail.pl',
  ];
  expect(masked.map((address) => emailKind(address))).toEqual(masked.map(() => 'masked'));
  expect(['jan@example.com', 'a@notallegromail.pl', 'b@amazon.com'].map((address) => emailKind(address))).toEqual([
    'direct',
    'direct',
    'direct',
  ]);
  expect([emailKind(undefined), emailKind(' '), emailKind('x@shop.example', ['shop.example'])]).toEqual(['none', 'none', 'masked']);
});

describe('refused', () => {
  it('one recipient refused does not stop the other', async () => {
    const box = await start();
    box.faults.refuseRecipient.set('no@example.com', { code: 550, text: '5.1.1 User unknown' });
    expect(await send({ to: ['no@example.com', 'yes@example.com'] })).toMatchObject({
      outcome: 'handed-over',
      recipients: [
        { address: 'yes@example.com', result: 'accepted' },
        { address: 'no@example.com', result: 'refused', cause: { code: 'mail_mailbox_unknown', params: { recipient: 'no@example.com' } } },
      ],
    });
  });

  it('the only recipient refused is refused', async () => {
    const box = await start();
    box.faults.refuseRecipient.set('jan@example.com', { code: 550, text: '5.1.1 User unknown' });
    expect(await send()).toMatchObject({ outcome: 'refused', cause: { code: 'mail_mailbox_unknown', providerCode: '550' } });
    expect(box.mails()).toHaveLength(0);
  });

  it('spam, size announced and size found out', async () => {
    const box = await start({ sizeLimitBytes: 20_000 });
    box.faults.refuseMessage.push({ code: 554, text: '5.7.1 Message rejected as spam' });
    expect(await send()).toMatchObject({ outcome: 'refused', cause: { code: 'mail_rejected_as_spam' } });
    const large = [{ fileName: 'a.pdf', contentType: 'application/pdf', content: new Uint8Array(30_000) }];
    expect(await send({ attachments: large })).toMatchObject({ outcome: 'refused', cause: { code: 'mail_too_large' } });
    expect(box.mails()).toHaveLength(0);
  });

  it('a fault of the account waits for the seller instead of using up the message', async () => {
    const box = await start();
    box.faults.refuseSender = { code: 553, text: '5.7.1 Sender address rejected: not owned by user' };
    expect(await send()).toMatchObject({ outcome: 'later', cause: { code: 'mail_sender_refused' } });
    box.faults.refuseSender = undefined;
    box.faults.refuseRecipient.set('jan@example.com', { code: 554, text: '5.7.1 Relay access denied' });
    expect(await send()).toMatchObject({ outcome: 'later', cause: { code: 'mail_relay_denied' } });
  });
});

describe('surely not sent', () => {
  it('server down, then up again: nothing lost, nothing twice', async () => {
    const box = await start();
    await box.down();
    expect(await send()).toMatchObject({ outcome: 'later', cause: { code: 'mail_server_unreachable' } });
    await box.up();
    expect(await send()).toMatchObject({ outcome: 'handed-over' });
    expect(box.mails()).toHaveLength(1);
  });

  it('4xx is later', async () => {
    const box = await start();
    box.faults.busy = 1;
    expect(await send()).toMatchObject({ outcome: 'later', cause: { code: 'mail_recipient_busy' } });
    expect(await send()).toMatchObject({ outcome: 'handed-over' });
    box.faults.refuseMessage.push({ code: 452, text: '4.3.1 Insufficient system storage' });
    expect(await send()).toMatchObject({ outcome: 'later' });
    expect(box.mails()).toHaveLength(1);
  });

  it('a connection broken in the middle of a long body did not send it', async () => {
    const box = await start();
    box.faults.dropDuringData = 1;
    const large = [{ fileName: 'a.pdf', contentType: 'application/pdf', content: new Uint8Array(15_000_000) }];
    expect(await send({ attachments: large })).toMatchObject({ outcome: 'later', cause: { code: 'mail_server_unreachable' } });
    expect(box.mails()).toHaveLength(0);
  });

  it('a server that only listens is given up after the patience', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const port = (silent.address() as { port: number }).port;
    await start();
    const outcome = await createSender(settings({ port }), { ...patience, greetingMs: 100 }).send(mail());
    expect(outcome).toMatchObject({ outcome: 'later', cause: { code: 'mail_server_unreachable' } });
    silent.close();
  });

  it('a certificate nobody vouches for is never accepted', async () => {
    await start({ security: 'starttls' });
    expect(await send({}, { security: 'starttls' })).toMatchObject({ outcome: 'later', cause: { code: 'mail_tls_failed' } });
    await mailbox!.close();
    await start();
    expect(await send({}, { security: 'starttls' }), 'no STARTTLS offered').toMatchObject({
      outcome: 'later',
      cause: { code: 'mail_tls_failed' },
    });
    expect(mailbox!.mails()).toHaveLength(0);
  });
});

describe('a kept connection', () => {
  it('carries the next mails, and each has its own outcome', async () => {
    const box = await start();
    box.faults.refuseRecipient.set('no@example.com', { code: 550, text: '5.1.1 User unknown' });
    const sender = createSender(settings(), patience);
    const outcomes = [];
    for (const [i, to] of ['a@example.com', 'no@example.com', 'b@example.com', 'c@example.com'].entries())
      outcomes.push((await sender.send(mail({ messageId: `<${i}@x.pl>`, to: [to] }))).outcome);
    expect(outcomes).toEqual(['handed-over', 'refused', 'handed-over', 'handed-over']);
    expect(box.mails().map((kept) => [kept.messageId, kept.recipients[0]])).toEqual([
      ['<0@x.pl>', 'a@example.com'],
      ['<2@x.pl>', 'b@example.com'],
      ['<3@x.pl>', 'c@example.com'],
    ]);
    expect(box.connections()).toBe(2);
  });

  it('that the server has closed is replaced without losing or doubling anything', async () => {
    const box = await start();
    const sender = createSender(settings(), patience);
    await sender.send(mail());
    await box.down();
    await box.up();
    expect((await sender.send(mail({ messageId: '<d2@x.pl>' }))).outcome).toBe('handed-over');
    box.faults.dropAfterData = 1;
    expect((await sender.send(mail({ messageId: '<d3@x.pl>' }))).outcome).toBe('unknown');
    expect(box.mails().map((kept) => kept.messageId)).toEqual(['<d1@sklep.example>', '<d2@x.pl>', '<d3@x.pl>']);
  });
});

describe('the last moment', () => {
  it('a mail that may not go any more is not given, and the server keeps nothing', async () => {
    const box = await start();
    const sender = createSender(settings(), patience);
    expect(await sender.send(mail(), async () => false)).toMatchObject({ outcome: 'later' });
    const cause = { code: 'mail_not_begun', params: expect.anything() };
    const broken = await sender.send(mail(), () => Promise.reject(new Error('database gone')));
    expect(broken, 'no fault of the server, none of our own words').toEqual({
      outcome: 'later',
      cause,
      recipients: [{ address: 'jan@example.com', result: 'later', cause }],
    });
    const moments: string[] = [];
    await sender.send(mail(), async () => {
      moments.push(`${box.mails().length} kept`);
      return true;
    });
    expect([moments, box.mails().length]).toEqual([['0 kept'], 1]);
  });

  it('is not asked for when the recipient is refused', async () => {
    const box = await start();
    box.faults.refuseRecipient.set('jan@example.com', { code: 550, text: '5.1.1 User unknown' });
    let asked = 0;
    await createSender(settings(), patience).send(mail(), async () => ++asked > 0);
    expect(asked).toBe(0);
  });
});

describe('unknown', () => {
  it('an answer lost after the whole message is unknown', async () => {
    const box = await start();
    box.faults.dropAfterData = 1;
    expect(await send()).toMatchObject({ outcome: 'unknown', cause: { code: 'mail_answer_lost' } });
    expect(box.mails()).toHaveLength(1);
  });

  it('an answer slower than the patience is unknown', async () => {
    const box = await start();
    box.faults.slowMs = 600;
    expect(await createSender(settings(), { ...patience, silenceMs: 150 }).send(mail())).toMatchObject({ outcome: 'unknown' });
    await box.arrived(1);
  });
});

describe('settings', () => {
  it('checks the connection without sending', async () => {
    const box = await start({ login: { user: 'sklep', password: 'x' } });
    expect(await checkSmtp(settings({ user: 'sklep', password: new Secret('x') }), 'pl', patience)).toMatchObject({ ok: true });
    expect(await checkSmtp(settings({ user: 'sklep', password: new Secret('y') }), 'pl', patience)).toMatchObject({
      ok: false,
      cause: { code: 'mail_auth_failed' },
    });
    await box.down();
    expect(await checkSmtp(settings(), 'pl', patience)).toMatchObject({ ok: false, cause: { code: 'mail_server_unreachable' } });
    expect(box.mails()).toHaveLength(0);
  });

  it('a check ends although the server is never silent', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('220-wait\r\n');
      const drip = setInterval(() => socket.write('220-wait\r\n'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const account: SmtpSettings = { host: '127.0.0.1', port, security: 'none', from: { address: 'a@sklep.example' } };
      expect(await checkSmtp(account, 'pl', { ...patience, greetingMs: 60_000, totalMs: 150 })).toMatchObject({
        ok: false,
        cause: { code: 'mail_server_unreachable' },
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('an address in brackets is the address', () => {
    const at = (host: string) =>
      smtpSettingsSchema.parse({ host, port: 25, security: 'none', user: 'u', from: { address: 'a@b.example' } });
    expect(at(' [::1] ').host).toBe('::1');
    expect(smtpSettingsOfUrl('smtp://u:p@[::1]:2525', 'a@b.example', 'A')).toMatchObject({ host: '::1', security: 'none' });
  });

  it('never gives a password to another machine unencrypted', () => {
    const plain = { host: 'smtp.example', port: 25, security: 'none', user: 'u', from: { address: 'a@example.com' } };
    expect(smtpSettingsSchema.safeParse(plain).success).toBe(false);
    expect(smtpSettingsSchema.safeParse({ ...plain, user: undefined }).success).toBe(true);
    expect(smtpSettingsSchema.safeParse({ ...plain, host: '127.0.0.1' }).success).toBe(true);
    expect(smtpSettingsSchema.safeParse({ ...plain, user: undefined, from: { address: 'no address' } }).success).toBe(false);
  });

  it('reads the address of the installation’s own mail', () => {
    expect(smtpSettingsOfUrl('smtps://me%40x.pl:p%2Fw@smtp.example', 'a@example.com', 'F')).toMatchObject({
      host: 'smtp.example',
      port: 465,
      security: 'tls',
      user: 'me@x.pl',
      from: { name: 'F', address: 'a@example.com' },
    });
    expect(smtpSettingsOfUrl('smtp://me:pw@smtp.example', 'a@example.com', 'F')).toMatchObject({ port: 587, security: 'starttls' });
    expect(smtpSettingsOfUrl('smtp://127.0.0.1:1025', 'a@example.com', 'F')).toMatchObject({
      port: 1025,
      security: 'none',
      user: undefined,
    });
  });

  it('gives a delivery one Message-ID for ever', () => {
    expect(messageIdOf('0f8e-1', 'Faktury@Sklep.Example')).toBe('<0f8e-1@sklep.example>');
    expect(() => messageIdOf('a>b', 'x@y.pl')).toThrow(RangeError);
  });
});

describe('causes', () => {
  it('are told in four languages with all their placeholders', () => {
    for (const cause of mailCauses) {
      const placeholders = languageSchema.options.map((language) =>
        [...cause.text[language].matchAll(/\{(\w+)\}/g)]
          .map((m) => m[1])
          .sort()
          .join(),
      );
      expect(new Set(placeholders).size, cause.code).toBe(1);
      for (const language of languageSchema.options)
        for (const words of [cause.title, cause.text, cause.remedy]) expect(words[language].length, cause.code).toBeGreaterThan(5);
    }
  });

  it.each([
    ['recipient', 550, '5.1.1 <x>: Recipient address rejected: User unknown', 'mail_mailbox_unknown'],
    ['recipient', 550, 'Requested action not taken: mailbox unavailable', 'mail_mailbox_unknown'],
    ['recipient', 552, '5.2.2 Mailbox full', 'mail_mailbox_full'],
    ['recipient', 452, '4.2.2 The email account is over quota', 'mail_mailbox_full'],
    ['recipient', 451, '4.7.1 Greylisted', 'mail_recipient_busy'],
    ['recipient', 421, '4.3.2 Too many connections', 'mail_server_busy'],
    ['recipient', 554, '5.7.1 Relay access denied', 'mail_relay_denied'],
    ['recipient', 550, '5.7.26 Unauthenticated email is not accepted due to DMARC policy', 'mail_rejected_as_spam'],
    ['recipient', 553, '5.1.3 Bad recipient address syntax', 'mail_address_invalid'],
    ['sender', 530, '5.7.0 Authentication required', 'mail_auth_failed'],
    ['sender', 553, '5.7.1 Sender address rejected: not owned by user', 'mail_sender_refused'],
    ['data', 552, '5.3.4 Message too big', 'mail_too_large'],
    ['data', 550, '5.7.1 This message was classified as SPAM', 'mail_rejected_as_spam'],
    ['data', 554, 'Transaction failed', 'mail_refused'],
    ['data', 421, '4.3.2 shutting down', 'mail_server_busy'],
    ['auth', 535, '5.7.8 Username and Password not accepted', 'mail_auth_failed'],
    ['auth', 454, '4.7.0 Temporary authentication failure', 'mail_server_busy'],
  ] as const)('%s %i %s', (step, code, text, cause) => {
    expect(causeOfReply(step, { code, text })).toBe(cause);
  });
});

describe('bounces', () => {
  it('names the mail, the recipient and the reason', async () => {
    const box = await start();
    await send();
    const raw = box.bounce(box.mails()[0]!, { status: '5.1.1', diagnostic: '550 5.1.1 No such user' });
    expect(await readBounce(raw)).toEqual([
      {
        recipient: 'jan@example.com',
        action: 'failed',
        status: '5.1.1',
        diagnostic: '550 5.1.1 No such user',
        originalMessageId: '<d1@sklep.example>',
        cause: {
          code: 'mail_mailbox_unknown',
          params: { recipient: 'jan@example.com' },
          providerCode: '5.1.1',
          providerText: '550 5.1.1 No such user',
        },
      },
    ]);
  });

  it('finds our id in the envelope id when the headers are not returned, and tells delay from failure', async () => {
    const box = await start();
    await send();
    const raw = box.bounce(box.mails()[0]!, { action: 'delayed', status: '4.4.1' }).replace(/Message-ID: <d1[^\r]*/g, 'X: y');
    expect(await readBounce(raw)).toMatchObject([{ action: 'delayed', originalMessageId: '<d1@sklep.example>' }]);
  });

  it('takes a buyer’s answer, noise and an oversized mail for no bounce', async () => {
    const answer = 'From: jan@example.com\r\nSubject: Re: Faktura\r\nIn-Reply-To: <d1@sklep.example>\r\n\r\nDziękuję';
    expect(await readBounce(answer)).toEqual([]);
    expect(await readBounce(new Uint8Array([0, 255, 1]))).toEqual([]);
    expect(await readBounce(new Uint8Array(6 * 1024 * 1024))).toEqual([]);
  });
});
