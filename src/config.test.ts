import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

// The value is never repeated: a password stands in it.
test('a percent sign that begins no code is told by the name of the variable', () => {
  const env = { FAKTURIST_SMTP_FROM: 'faktury@example.com' };
  for (const [name, wrong] of [
    ['FAKTURIST_SMTP_URL', 'smtp://sklep:100%25off@mail.example.com'.replace('%25', '%')],
    ['FAKTURIST_SMTP_URL', 'smtp://sk%lep:x@mail.example.com'],
    ['DATABASE_URL', 'postgresql://fakturist:a%zz@database/fakturist'],
  ] as const) {
    expect(() => readConfig({ ...env, [name]: wrong }), wrong).toThrow(BadConfig);
    expect(() => readConfig({ ...env, [name]: wrong }), wrong).toThrow(new RegExp(`^${name} holds a %.*%25\\.$`));
  }
  expect(readConfig({ ...env, FAKTURIST_SMTP_URL: 'smtp://sklep:100%25@mail.example.com' }).systemMailUrl).toContain('100%25');
});

// Counting tries at passwords by address is worth what the address is worth.
test('a proxy in front is named by address, or is on this machine once there is a public address', () => {
  const of = (env: Record<string, string>) => readConfig(env).proxies;
  expect(of({})).toEqual([]);
  expect(of({ FAKTURIST_PUBLIC_URL: 'https://shop.example' })).toEqual(['loopback']);
  expect(of({ FAKTURIST_PROXY: 'loopback, 10.1.2.3,172.16.0.0/12,fd00::/8' })).toEqual([
    'loopback',
    '10.1.2.3',
    '172.16.0.0/12',
    'fd00::/8',
  ]);
  for (const wrong of ['true', '*', '10.0.0.0/33', '10.0.0', 'proxy.example', '10.0.0.1/8/8', '0.0.0.0/0', '::/0'])
    expect(() => of({ FAKTURIST_PROXY: wrong }), wrong).toThrow('FAKTURIST_PROXY');
});

// A password in an address would have to be written in percent signs, and every listing of containers would show it.
test('the password of the database may lie in a file of its own', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-config-'));
  const file = path.join(folder, 'password');
  writeFileSync(file, 'ż/@:# 1\n');
  const of = (name: string) => readConfig({ DATABASE_URL: 'postgresql://fakturist@database/fakturist', DATABASE_PASSWORD_FILE: name });
  expect(decodeURIComponent(new URL(of(file).databaseUrl!).password)).toBe('ż/@:# 1');
  writeFileSync(file, '\n');
  expect(() => of(file)).toThrow('nothing in it');
  expect(() => of(path.join(folder, 'absent'))).toThrow('DATABASE_PASSWORD_FILE');
  rmSync(folder, { recursive: true });
});

// What is never started here is at least true in its names: a variable nobody reads would be believed to do something.
test('compose file and container name what the program knows', () => {
  const file = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const known = new Set(
    file('src/config.ts')
      .match(/env\.([A-Z_]+)/g)!
      .map((one) => one.slice(4)),
  );
  const compose = file('compose.yaml');
  const named = [...compose.matchAll(/^ {6}([A-Z_]+): /gm)].map(([, name]) => name!).filter((name) => !name.startsWith('POSTGRES_'));
  expect(named).toContain('DATABASE_URL');
  for (const name of [...named, ...[...file('Dockerfile').matchAll(/([A-Z_]+)=/g)].map(([, name]) => name!)])
    expect(known, name).toContain(name);
  const environment = Object.fromEntries(
    [...compose.matchAll(/^ {6}([A-Z_]+): (.+)$/gm)].map(([, name, value]) => [
      name!,
      value!.replace(/\$\{[^}]*:-([^}]*)\}/, '$1').replace(/\$\{[^}]*\}/, 'x'),
    ]),
  );
  // A file of the container, not of this machine.
  delete environment.DATABASE_PASSWORD_FILE;
  const config = readConfig(environment);
  expect(compose).toContain(`127.0.0.1:8080:${config.port}`);
  expect(file('Dockerfile')).toContain(`EXPOSE ${config.port}`);
  for (const [, role] of compose.matchAll(/--role, (\w+)/g)) expect(readConfig({ ...environment, FAKTURIST_ROLE: role! }).role).toBe(role);
});
