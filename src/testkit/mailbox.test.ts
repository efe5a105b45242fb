import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { expect, it } from 'vitest';
import { startMailbox } from './mailbox.ts';

const mail = { from: 'a@example.com', to: 'b@example.com', messageId: '<1@example.com>', subject: 'Ż', text: 'x' };

it('keeps mails over a restart, finds twins, and forgets when told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
  const first = await startMailbox({ folder });
  const transport = createTransport({ host: first.host, port: first.port, ignoreTLS: true });
  await transport.sendMail(mail);
  expect(first.twins()).toEqual([]);
  await transport.sendMail(mail);
  expect(first.twins()).toEqual(['<1@example.com>']);
  await first.close();
  const second = await startMailbox({ folder, port: first.port });
  expect(second.mails().map((kept) => [kept.subject, kept.recipients])).toEqual([
    ['Ż', ['b@example.com']],
    ['Ż', ['b@example.com']],
  ]);
  await transport.sendMail({ ...mail, messageId: '<2@example.com>' });
  expect(second.mails().map((kept) => kept.id)).toEqual(['000001', '000002', '000003']);
  second.clear();
  await second.close();
  const third = await startMailbox({ folder });
  expect(third.mails()).toEqual([]);
  await third.close();
  rmSync(folder, { recursive: true });
});

it('sends back what bounces, and only that', async () => {
  const notes: string[] = [];
  const mailbox = await startMailbox({ onBounce: (raw) => notes.push(raw) });
  mailbox.faults.bounceRecipient.set('gone@example.com', '550 5.2.1 Mailbox disabled');
  const transport = createTransport({ host: mailbox.host, port: mailbox.port, ignoreTLS: true });
  await transport.sendMail({ ...mail, to: 'b@example.com' });
  await transport.sendMail({ ...mail, messageId: '<2@example.com>', to: 'gone@example.com, b@example.com' });
  await mailbox.close();
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain('Final-Recipient: rfc822; gone@example.com');
  expect(notes[0]).toContain('Status: 5.2.1');
  expect(notes[0]).not.toContain('b@example.com');
});
