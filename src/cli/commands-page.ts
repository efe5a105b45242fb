import { type Command, helpOf } from './command.ts';

/** docs/COMMANDS.md: what `fakturist COMMAND --help` says of each, in the order of the table. */
export function commandsPage(commands: Command[]): string {
  return [
    '# Commands',
    '',
    'Made from the commands themselves by `npm run golden`: what `fakturist COMMAND --help` prints. Exit code: 0 done, 1 done with findings',
    'or failures, 2 used wrongly.',
    '',
    ...commands.flatMap((command) => [`## ${command.name}`, '', '```', helpOf(command), '```', '']),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}
