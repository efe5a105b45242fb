import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../jobs/index.ts';
import { removeFile, storeStream } from '../store/index.ts';
import { createStatement } from './read.ts';
import { statementLimits } from './statement.ts';

/**
 * A folder that statements appear in: put there by a bank's program or by hand. Files in it are the operator's, or of the only organization;
 * a folder named after an organization's id holds that one's. A file is taken once it stands still between two looks, and read once for
 * ever: by what is in it, whatever it is called and whoever looks. Nothing in the folder is moved or changed, so it may be read-only.
 */
const filesPerLook = 500;
/** What was seen at the last look of this process: a file that has changed since is looked at again. */
const seen = new WeakMap<Context, Map<string, { mark: string; done: boolean }>>();
const folderActor = 'folder';

/** Looks once. Answers how many statements it took; `owner` says whose the files at the top are, where several organizations are. */
export async function readStatementsFolder(ctx: Context, folder: string, owner: () => Promise<string | undefined>): Promise<number> {
  const known = seen.get(ctx) ?? new Map<string, { mark: string; done: boolean }>();
  seen.set(ctx, known);
  const organizations = (await ctx.store.db.selectFrom('organization').select('id').execute()).map((o) => o.id);
  const top = (await owner()) ?? (organizations.length === 1 ? organizations[0] : undefined);
  const places = [
    ...(top ? [{ organizationId: top, folder }] : []),
    ...organizations.map((id) => ({ organizationId: id, folder: path.join(folder, id) })),
  ];
  let taken = 0;
  for (const place of places)
    for (const file of await filesIn(ctx, place.folder, place.folder === folder)) {
      const before = known.get(file.path);
      const still = before?.mark === file.mark;
      if (still && before.done) continue;
      known.set(file.path, { mark: file.mark, done: still });
      if (still && (await take(ctx, place.organizationId, file))) taken++;
    }
  return taken;
}

type Found = { path: string; name: string; sizeBytes: number; mark: string };

async function filesIn(ctx: Context, folder: string, must: boolean): Promise<Found[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (must || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      ctx.log('warn', 'the folder of bank statements cannot be read', { folder, error: (error as Error).message });
    return [];
  }
  const files: Found[] = [];
  for (const name of names.sort()) {
    // Hidden ones and those that a transfer program still writes are nobody's yet.
    if (name.startsWith('.') || /\.(tmp|part|partial|crdownload|filepart)$/i.test(name) || files.length >= filesPerLook) continue;
    const at = path.join(folder, name);
    // A link could lead anywhere: only files that really lie here.
    const facts = await lstat(at).catch(() => undefined);
    if (facts?.isFile() && facts.size > 0) files.push({ path: at, name, sizeBytes: facts.size, mark: `${facts.size}:${facts.mtimeMs}` });
  }
  return files;
}

async function take(ctx: Context, organizationId: string, file: Found): Promise<boolean> {
  if (file.sizeBytes > statementLimits.bytes) {
    ctx.log('warn', 'a bank statement in the folder is too large', { file: file.name, limitBytes: statementLimits.bytes });
    return false;
  }
  try {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file.path)) hash.update(chunk as Buffer);
    const sha256 = hash.digest('hex');
    const known = await ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('bank_statement')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('sha256', '=', sha256)
        .executeTakeFirst(),
    );
    if (known) return false;
    const stored = await storeStream(ctx.store, organizationId, ctx.now(), {
      name: file.name,
      mediaType: 'application/octet-stream',
      source: createReadStream(file.path),
      limitBytes: statementLimits.bytes,
    });
    if ('tooLarge' in stored) return false;
    const id = await ctx.store.org(organizationId, (tx) => createStatement(tx, ctx, { organizationId, actor: folderActor }, stored));
    // Another process was quicker.
    if (!id) await removeFile(ctx.store, organizationId, stored.id);
    return id !== undefined;
  } catch (error) {
    ctx.log('warn', 'a bank statement in the folder cannot be read', { file: file.name, error: (error as Error).message });
    return false;
  }
}
