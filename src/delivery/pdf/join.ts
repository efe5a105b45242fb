import type { PDFDocument as Document } from '@cantoo/pdf-lib';

/** One part cannot be taken up: locked with a password, or no PDF at all. */
type JoinResult = { bytes: Uint8Array; pages: number } | { unreadable: string };

/**
 * Several PDFs one after another in one file, for paper: pages as they are, by what is drawn on them. Files carried inside (a PDF/A-3 with
 * its data) stay behind; whoever wants those takes the documents one by one. A part that cannot be read ends it: a heap of paper in which
 * one invoice is silently missing is worse than none.
 */
export async function joinPdfs(parts: AsyncIterable<{ name: string; bytes: Uint8Array }>): Promise<JoinResult> {
  // Three hundred modules that hardly a start of the program needs.
  const { PDFDocument } = await import('@cantoo/pdf-lib');
  const whole = await PDFDocument.create();
  for await (const { name, bytes } of parts) {
    let part: Document;
    try {
      part = await PDFDocument.load(bytes, { updateMetadata: false });
    } catch {
      return { unreadable: name };
    }
    for (const page of await whole.copyPages(part, part.getPageIndices())) whole.addPage(page);
  }
  return { bytes: await whole.save({ objectsPerTick: 200 }), pages: whole.getPageCount() };
}
