import { expect, test } from 'vitest';
import { BadConfig, readConfig } from './config.ts';

// Once a server for the installation's own mails is named, they have a sender that a server takes; the program starts with nothing less.
test('mails of the installation have a sender', () => {
  const from = (env: Record<string, string>) => readConfig(env).systemMailFrom;
  const server = 'smtp://mail.example.com:587';
  expect(from({ FAKTURIST_SMTP_URL: server, FAKTURIST_SMTP_FROM: 'Sklep <faktury@example.com>' })).toBe('Sklep <faktury@example.com>');
  expect(from({ FAKTURIST_SMTP_URL: 'smtps://faktury%40example.com:secret@mail.example.com' })).toBe('Fakturist <faktury@example.com>');
  expect(() => from({ FAKTURIST_SMTP_URL: server })).toThrow(BadConfig);
  expect(() => from({ FAKTURIST_SMTP_URL: server })).toThrow('FAKTURIST_SMTP_FROM');
  expect(() => from({ FAKTURIST_SMTP_URL: server, FAKTURIST_SMTP_FROM: 'faktury@localhost' })).toThrow('faktury@localhost');
  expect(from({})).toBe('');
});
