import { existsSync, renameSync } from 'node:fs';
import { inject } from 'vitest';
import { makeLongQueue } from '../../bench/browser.ts';
import { emptyInstallation } from '../../src/testkit/database.ts';

export const documents = 100_000;

/** A data folder with a hundred thousand documents to issue, made once a run; whole as soon as it is there. */
export async function longQueue(): Promise<string> {
  const folder = inject('longQueue');
  if (existsSync(folder)) return folder;
  const begun = `${folder}-begun-by-${process.pid}`;
  emptyInstallation(begun);
  await makeLongQueue(begun, documents);
  renameSync(begun, folder);
  return folder;
}
