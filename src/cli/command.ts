import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import { isDay } from '../domain/days/day.ts';
import type { Opened, OpenOptions } from '../open.ts';

/** One table of commands drives help, parsing and exit codes: 0 done, 1 done with findings or failures, 2 used wrongly. */
export type Option = {
  type: 'string' | 'boolean';
  multiple?: boolean;
  /** What the value is, for help: `FILE`, `DIR`, `23`. */
  value?: string;
  about: string;
};
export type Values = Record<string, string | boolean | string[] | undefined>;
export type Run = {
  positionals: string[];
  values: Values;
  config: Config;
  out: Output;
  /** The database and what belongs to it: opened for this command, or that of the process which holds it already (`beside.ts`). */
  open(options: OpenOptions): Promise<Opened>;
  /** The process that holds the database already, where it does the command for another one. */
  running?: Opened;
  /** Where names of files begin: the folder that the command was called in. */
  folder: string;
  /** All of standard input. */
  input(): Promise<string>;
};
export type Command = {
  name: string;
  /** Words after the name, for help. */
  usage: string;
  about: string;
  /** Longer explanation and examples below the options. */
  more?: string;
  options: Record<string, Option>;
  /** Least and most positional words. */
  positionals: [least: number, most: number];
  run(run: Run): Promise<ExitCode>;
};
export type ExitCode = 0 | 1 | 2;

/** The command was used wrongly: the sentence is printed and the exit code is 2. */
export class WrongUsage extends Error {
  override name = 'WrongUsage';
}

const commonOptions: Record<string, Option> = {
  help: { type: 'boolean', about: 'show this help' },
  json: { type: 'boolean', about: 'print JSON instead of text' },
  organization: { type: 'string', value: 'NAME', about: 'organization by name or id, when there are several' },
};

export function parse(command: Command, args: string[]): { positionals: string[]; values: Values } {
  const options = { ...commonOptions, ...command.options };
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, option]) => [
          name,
          { type: option.type, multiple: option.multiple ?? false, ...(name === 'help' ? { short: 'h' } : {}) },
        ]),
      ),
    });
  } catch (error) {
    throw new WrongUsage((error as Error).message.split('. ')[0]!);
  }
  const values = parsed.values as Values;
  const [least, most] = command.positionals;
  if (!values.help && (parsed.positionals.length < least || parsed.positionals.length > most)) {
    throw new WrongUsage(
      parsed.positionals.length < least ? 'Something is missing.' : `"${parsed.positionals[most]}" is one word too many.`,
    );
  }
  return { positionals: parsed.positionals, values };
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function need(values: Values, name: string): string {
  const value = text(values, name);
  if (!value) throw new WrongUsage(`--${name} is missing.`);
  return value;
}

export function choice<T extends string>(values: Values, name: string, allowed: readonly T[], standard: T): T {
  const value = text(values, name);
  if (value === undefined) return standard;
  const found = allowed.find((one) => one === value);
  if (!found) throw new WrongUsage(`--${name} is "${value}": it must be one of ${allowed.join(', ')}.`);
  return found;
}

export function day(values: Values, name: string): string | undefined {
  const value = text(values, name);
  if (value !== undefined && !isDay(value)) throw new WrongUsage(`--${name} is "${value}": it must be a day such as 2026-01-31.`);
  return value;
}

/** What a schema finds wrong with an option, in the words of the command line: the option, what was given, what may be. */
export function wrongOption(option: string, given: unknown, issue: z.core.$ZodIssue): WrongUsage {
  const said = typeof given === 'string' && given.length <= 60 ? ` is "${given}":` : ':';
  const long = issue.code === 'too_big' ? ['at most', issue.maximum] : issue.code === 'too_small' ? ['at least', issue.minimum] : undefined;
  const what =
    issue.code === 'invalid_value'
      ? `it must be one of ${issue.values.join(', ')}.`
      : long && issue.code.startsWith('too') && 'origin' in issue && issue.origin === 'string'
        ? `it must have ${long[0]} ${long[1]} characters.`
        : issue.code === 'invalid_format' && issue.format === 'email'
          ? 'it must be a mail address.'
          : `${issue.message}.`;
  return new WrongUsage(`--${option}${said} ${what}`);
}

export type Output = {
  readonly asJson: boolean;
  /** A line for people; nothing when JSON is wanted. */
  say(line?: string): void;
  /** The result for programs; nothing when text is wanted. */
  result(value: unknown): void;
  table(head: string[], rows: string[][]): void;
  /** A bar on the terminal for long work; silent elsewhere. */
  progress(label: string): Progress;
};
export type Progress = { at(done: number, total: number, note?: string): void; end(): void };

const barWidth = 30;
const redrawMs = 80;

/** Where the lines of a command go: a terminal, a pipe, or the process that handed the command over. */
export type Sink = { write(text: string): unknown; isTTY?: boolean };

export function makeOutput(asJson: boolean, stdout: Sink = process.stdout, stderr: Sink = process.stderr): Output {
  return {
    asJson,
    say: (line = '') => {
      if (!asJson) stdout.write(`${line}\n`);
    },
    result: (value) => {
      if (asJson) stdout.write(`${JSON.stringify(value, null, 1)}\n`);
    },
    table: (head, rows) => {
      if (asJson) return;
      const width = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
      for (const row of [head, ...rows])
        stdout.write(
          `${row
            .map((cell, i) => cell.padEnd(i === row.length - 1 ? 0 : width[i]!))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
    progress: (label) => {
      const shown = stderr.isTTY && !asJson;
      let drawnAt = 0;
      const draw = (line: string) => stderr.write(`\r\x1b[2K${line}`);
      return {
        at(done, total, note = '') {
          const now = performance.now();
          if (!shown || (now - drawnAt < redrawMs && done < total)) return;
          drawnAt = now;
          const share = total > 0 ? Math.min(1, done / total) : 0;
          const filled = Math.round(share * barWidth);
          draw(`${label} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${Math.round(share * 100)} % ${note}`);
        },
        end() {
          if (shown) draw('');
        },
      };
    },
  };
}

export function helpOf(command: Command): string {
  const options = { ...command.options, ...commonOptions };
  const names = Object.entries(options).map(([name, option]) => `--${name}${option.value ? ` ${option.value}` : ''}`);
  const width = Math.max(...names.map((name) => name.length));
  const lines = Object.values(options).map((option, i) => `  ${names[i]!.padEnd(width)}  ${option.about}`);
  return [
    `fakturist ${command.name} ${command.usage}`.trim(),
    '',
    command.about,
    '',
    'Options',
    ...lines,
    ...(command.more ? ['', command.more] : []),
  ].join('\n');
}

export function helpOfAll(commands: Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    'fakturist COMMAND [options]',
    '',
    'Turns orders into issued, delivered and booked sales documents.',
    '',
    'Commands',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.about.split('\n')[0]}`),
    '',
    'fakturist COMMAND --help explains one. Exit code: 0 done, 1 findings or failures, 2 wrong usage.',
    'Settings by environment: FAKTURIST_DATA (folder, default ./data), DATABASE_URL, PORT, HOST, FAKTURIST_PUBLIC_URL, FAKTURIST_SECRET_KEY_FILE, FAKTURIST_SMTP_URL, FAKTURIST_SMTP_FROM.',
  ].join('\n');
}
