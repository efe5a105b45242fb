import { BadConfig } from '../config.ts';
import { type Command, type ExitCode, WrongUsage } from './command.ts';

/** Runs a command; a wrong usage also tells the right one. */
export async function withUsage<T>(command: Command, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WrongUsage && !/^There is no organization/.test(error.message))
      error.message += `\nUsage: fakturist ${command.name} ${command.usage}`;
    throw error;
  }
}

/** What a command that threw says last, and its exit code: expected trouble is one sentence, anything else shows where it happened. */
export function told(error: unknown): { said: string; code: ExitCode } {
  const wrong = error instanceof WrongUsage || error instanceof BadConfig;
  const expected = wrong || ['DatabaseBusy', 'Refusal', 'WrongKey'].includes((error as Error).name);
  const said = expected ? (error as Error).message : systemTrouble(error as Trouble);
  return { said: said ?? (error as Error).stack ?? String(error), code: wrong ? 2 : 1 };
}

type Trouble = NodeJS.ErrnoException & { port?: number };
/** The files of the embedded database speak in numbers of their own. */
const embeddedDiskFull = 51;

/** What the machine or the database server refuses, with what to do about it. */
function systemTrouble({ code: given, name, errno, path, message, port }: Trouble): string | undefined {
  const code = name === 'ErrnoError' && errno === embeddedDiskFull ? 'ENOSPC' : given;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program: set PORT to a free one.`;
    case 'EACCES':
    case 'EPERM':
      if (port !== undefined) return `Port ${port} may not be opened by this user: set PORT to one above 1023.`;
      return path === undefined
        ? undefined
        : `${path} may not be read or written by this user: give it the rights, or set FAKTURIST_DATA to a folder of its own.`;
    case 'EROFS':
      return `${path} is on a disk that cannot be written to: set FAKTURIST_DATA to a folder elsewhere.`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${path} is a file where a folder is needed.`;
    case 'ENOSPC':
      return 'The disk is full: nothing of this was kept. Make room and try again.';
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
      return process.env.DATABASE_URL
        ? `The database server does not answer (${message}): check DATABASE_URL and that the server runs.`
        : undefined;
    case '28P01':
    case '28000':
      return `The database server refuses the user or the password of DATABASE_URL (${message}).`;
    case '3D000':
      return `The database named by DATABASE_URL does not exist (${message}): create it, it fills itself.`;
    default:
      return undefined;
  }
}
