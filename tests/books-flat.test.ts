import { expect, test } from 'vitest';
import { measureExport } from '../bench/books.ts';

/**
 * The promise: five thousand documents go into one file with flat memory. What grows is only the short list of buyers that stands
 * behind the documents; ten times the documents may keep a few megabytes more, never the documents or the file.
 */
test('5,000 documents of as many buyers are written without being kept', () => {
  const few = measureExport('subiekt', 500);
  const many = measureExport('subiekt', 5_000);
  expect(many.bytes).toBeGreaterThan(4_000_000);
  expect(many.peakMb - few.peakMb).toBeLessThan(5);
}, 60_000);
