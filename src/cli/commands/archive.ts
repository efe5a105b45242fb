import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findingWords } from '../../api/finding-words.ts';
import { archiveOverview, openPart, removeArchived, startArchive } from '../../archive/index.ts';
import { createRenderer } from '../../delivery/pdf/renderer.ts';
import { open } from '../../open.ts';
import { startWorkers } from '../../workers.ts';
import { type Command, text } from '../command.ts';
import { organizationOf } from '../organization.ts';

export const archiveCommand: Command['run'] = async (run) => {
  const folder = text(run.values, 'to');
  const opened = await open(run.config, { work: folder !== undefined });
  const renderer = createRenderer();
  try {
    const { ctx } = opened;
    const who = await organizationOf(ctx, run.values);
    const { terms, old, runs } = await archiveOverview(ctx, who.organizationId);
    run.out.say(`Kept ${terms.years} years (${terms.law}): documents before ${terms.untilDay} may leave.`);
    run.out.table(
      ['year', 'documents', 'orders without one'],
      old.map((one) => [String(one.year), String(one.documents), String(one.undocumented)]),
    );
    if (!folder) {
      run.out.result({ terms, old, runs });
      return 0;
    }
    let going = runs.find((one) => ['making', 'ready', 'removing'].includes(one.state));
    if (!going) {
      const started = await startArchive(ctx, who);
      if ('findings' in started) {
        for (const finding of started.findings) run.out.say(findingWords(finding.code).text.en);
        run.out.result({ terms, old, findings: started.findings });
        return 1;
      }
      going = started.run;
    }
    await startWorkers(ctx, { renderPdf: renderer.render.bind(renderer) });
    await ctx.jobs.idle();
    const { id } = going;
    const now = async () => (await archiveOverview(ctx, who.organizationId)).runs.find((one) => one.id === id)!;
    await mkdir(folder, { recursive: true });
    const files: { file: string; sha256: string }[] = [];
    for (const { seq } of (await now()).parts.filter((part) => part.there)) {
      const part = (await openPart(ctx, who, id, seq))!;
      const file = path.join(folder, part.name);
      const hash = createHash('sha256');
      const read = Readable.from(part.bytes, { objectMode: false });
      read.on('data', (piece: Uint8Array) => hash.update(piece));
      await pipeline(read, createWriteStream(file, { flush: true }));
      if (hash.digest('hex') !== part.sha256)
        throw new Error(`${file} is not what was stored: its fingerprint differs. Nothing was removed.`);
      files.push({ file, sha256: part.sha256 });
      run.out.say(`${file}  ${part.sha256}`);
    }
    if (run.values.remove === true && (await removeArchived(ctx, who, id))) await ctx.jobs.idle();
    const done = await now();
    run.out.say(`${done.documents} documents and orders without one in ${files.length} files, ${done.removed} removed`);
    run.out.result({ terms, archive: done, files });
    return 0;
  } finally {
    await opened.close();
    await renderer.close();
  }
};
