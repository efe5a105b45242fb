import { readInput } from './beside.ts';
import { run } from './run.ts';
import { told } from './told.ts';

// `fakturist documents | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** Expected trouble is one sentence; anything else shows where it happened. */
function end(error: unknown): never {
  const { said, code } = told(error);
  process.stderr.write(`${said}\n`);
  // What was half open would keep the process, and with it the lock on the data folder.
  process.exit(code);
}

// Work beside the command that nobody waits for: a full disk below the embedded database comes out here.
process.on('uncaughtException', end);
try {
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    input: readInput,
    open: async (config, options) => (await import('../open.ts')).open(config, options),
  });
} catch (error) {
  end(error);
}
