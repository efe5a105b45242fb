import { Readable } from 'node:stream';
import yauzl from 'yauzl';

/** What stands in a ZIP: names as they are written there, and bytes. */
export function archiveEntries(bytes: Buffer): Promise<{ name: string; bytes: Buffer }[]> {
  const found: { name: string; bytes: Buffer }[] = [];
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(bytes, { lazyEntries: true, decodeStrings: false }, (error, zip) => {
      if (error) return reject(error);
      zip.on('error', reject);
      zip.on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          void Readable.from(stream)
            .toArray()
            .then((chunks) => {
              found.push({
                name: Buffer.from(entry.fileNameRaw ?? (entry.fileName as unknown as Buffer)).toString('utf8'),
                bytes: Buffer.concat(chunks),
              });
              zip.readEntry();
            }, reject);
        });
      });
      zip.on('end', () => resolve(found));
      zip.readEntry();
    });
  });
}
