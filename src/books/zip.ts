import { Readable } from 'node:stream';
import yazl from 'yazl';

/** One file of an archive; its bytes are asked for when their turn comes. */
export type ZipEntry = { name: string; open(): AsyncIterable<Uint8Array>; compress?: boolean };

/**
 * An archive made while it is read: one entry is open at a time and only as fast as the reader takes it, so memory holds neither the
 * files nor the archive. Stops asking for entries when the reader goes away; an entry that fails ends the archive with its error.
 */
export function zipStream(entries: AsyncIterable<ZipEntry>, at: Date): Readable {
  const zip = new yazl.ZipFile();
  // An entry may fail before anybody reads: an error that nobody hears would end the whole process. Whoever reads later hears of it then.
  (zip.outputStream as Readable).on('error', () => {});
  const out = Readable.from(zip.outputStream as AsyncIterable<Buffer>, { objectMode: false });
  let gone = false;
  let current: Readable | undefined;
  out.once('close', () => {
    gone = true;
    current?.destroy();
  });
  const fill = async () => {
    for await (const entry of entries) {
      if (gone) return;
      await new Promise<void>((resolve, reject) => {
        zip.addReadStreamLazy(entry.name, { compress: entry.compress ?? true, mtime: at }, (ready) => {
          current = Readable.from(entry.open(), { objectMode: false });
          current.once('error', reject);
          current.once('close', resolve);
          ready(null, current);
        });
      });
    }
    zip.end();
  };
  // At its source: an archive that waits for its next bytes would not hear of an error at its end.
  fill().catch((error: Error) => (zip.outputStream as Readable).destroy(error));
  return out;
}
