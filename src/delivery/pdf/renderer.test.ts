import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { readPdf } from '../../testkit/read-pdf.ts';
import { issued, manyLines, polishInvoice } from '../../testkit/sample-documents.ts';
import { createRenderer, type Renderer, type RendererOptions } from './renderer.ts';
import { createTypst } from './typst.ts';

// Promise: PDFs are made beside the serving thread; one bad document, one dead worker or one slow page costs that document only.

const look = { accent: '#0f5c5c' };
const input = (number = issued.number) => ({ content: polishInvoice(), issued: { ...issued, number }, look });

let renderer: Renderer | undefined;
const open = (options: RendererOptions) => (renderer = createRenderer(options));
afterEach(async () => {
  await renderer?.close();
  renderer = undefined;
});

describe('the pool', () => {
  it('answers each caller with his own document, and with the same bytes as in process', async () => {
    const { render } = open({ workers: 2 });
    const numbers = Array.from({ length: 12 }, (_, i) => `FV/${i + 1}/2026`);
    const pdfs = await Promise.all(numbers.map((number) => render(input(number))));
    expect(pdfs.map((pdf) => numbers.find((number) => readPdf(pdf).text.split('\n').includes(number)))).toEqual(numbers);
    expect(Buffer.from(await createTypst().render(input('FV/1/2026'))).equals(Buffer.from(pdfs[0]!))).toBe(true);
  }, 30_000);

  it('leaves the serving thread free while it works', async () => {
    const { render } = open({ workers: 1 });
    await render(input());
    const pages = render({ ...input(), content: polishInvoice({ lines: manyLines(200) }) });
    const start = performance.now();
    let turns = 0;
    let done = false;
    void pages.then(() => {
      done = true;
    });
    while (!done && performance.now() - start < 10_000) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toBeGreaterThan(50);
  }, 30_000);

  it('refuses one impossible document and goes on', async () => {
    const { render } = open({ workers: 1 });
    const broken = { ...input(), look: { accent: '#000000', logo: { mediaType: 'image/png' as const, bytes: Buffer.from('no picture') } } };
    await expect(render(broken)).rejects.toThrow(/could not be set/);
    expect((await render(input())).length).toBeGreaterThan(10_000);
  }, 30_000);

  it('gives up a document that takes too long, and its successor gets a new worker', async () => {
    const { render } = open({ workers: 1, timeLimitMs: 900 });
    const endless = { ...input(), content: polishInvoice({ lines: manyLines(6000) }) };
    await expect(render(endless)).rejects.toThrow(/longer than 900 ms/);
    const patient = async (tries: number): Promise<Uint8Array> =>
      render(input()).catch((error) => (tries > 1 ? patient(tries - 1) : Promise.reject(error)));
    expect((await patient(10)).length).toBeGreaterThan(10_000);
  }, 60_000);

  it('bounds its queue and settles everything on closing', async () => {
    const pool = open({ workers: 1, queueLimit: 2 });
    const three = [pool.render(input()), pool.render(input()), pool.render(input())];
    const outcomes = Promise.allSettled(three);
    await expect(pool.render(input())).rejects.toThrow(/wait for their PDF/);
    await pool.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(pool.render(input())).rejects.toThrow(/closed/);
  }, 30_000);
});

// In a process of its own: what other tests leave behind is not ours to count.
const renderMany = `
  const [{ createTypst }, { polishInvoice, issued }] = await Promise.all([import(process.argv[1]), import(process.argv[2])]);
  const typst = createTypst();
  const make = async (count) => {
    for (let i = 0; i < count; i++) {
      await typst.render({ content: polishInvoice(), issued: { ...issued, number: 'FV/' + i }, look: { accent: '#0f5c5c' } });
    }
    return process.memoryUsage().rss / 1e6;
  };
  const before = await make(50);
  console.log((await make(150)) - before);
`;

it('keeps its memory over some hundreds of documents', () => {
  const modules = ['./typst.ts', '../../testkit/sample-documents.ts'].map((name) => new URL(name, import.meta.url).href);
  const grownMb = Number(execFileSync(process.execPath, ['--input-type=module', '-e', renderMany, ...modules], { encoding: 'utf8' }));
  // Without evicting and turning the event loop each document leaves 0.4 MB behind: 60 MB here.
  expect(grownMb).toBeLessThan(25);
}, 120_000);
