import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { createRenderer } from '../src/delivery/pdf/renderer.ts';
import { issued, manyLines, polishInvoice } from '../src/testkit/sample-documents.ts';
import { keep, quantile, timed } from './measure.ts';

const require = createRequire(import.meta.url);

/** A page of the same size set by Typst alone: a table of 12 lines and the same fonts, nothing of ours around it. */
const bareTemplate = `#let d = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: 18mm)
#set text(font: "Noto Sans", size: 9pt, lang: "pl")
#set document(title: d.number, date: datetime(year: 2026, month: 11, day: 20))
= Faktura #d.number
#grid(columns: (1fr, 1fr), [*Sprzedawca* \\ #d.seller], [*Nabywca* \\ #d.buyer])
#v(8mm)
#table(columns: (auto, 1fr, auto, auto, auto, auto), table.header([Lp.], [Nazwa], [Ilość], [Cena], [VAT], [Wartość]),
  ..d.lines.enumerate().map(((i, l)) => ([#(i + 1)], [#l.name], [#l.quantity], [#l.price], [23 %], [#l.gross])).flatten())
#align(right)[Razem: *#d.total zł*]`;

export async function benchPdf(count: number): Promise<void> {
  const weights = ['400Regular/NotoSans_400Regular', '500Medium/NotoSans_500Medium', '700Bold/NotoSans_700Bold'];
  const fontBlobs = weights.map((w) => readFileSync(require.resolve(`@expo-google-fonts/noto-sans/${w}.ttf`)));
  const bare = NodeCompiler.create({ fontArgs: [{ fontBlobs }] });
  const lines = Array.from({ length: 12 }, (_, i) => ({
    name: `Lampa biurkowa ${i} – żółta`,
    quantity: '2',
    price: '19,99',
    gross: '39,98',
  }));
  const data = JSON.stringify({
    number: 'FV/117/11/2026',
    seller: 'Sklep Wzorcowy Sp. z o.o.',
    buyer: 'Anna Żółw',
    lines,
    total: '479,76',
  });
  const bareMs = await timed(async () => {
    for (let i = 0; i < count; i++) {
      bare.pdf({ mainFileContent: bareTemplate, inputs: { data } }, { pdfStandard: 'a-3b' } as never);
      bare.evictCache(0);
      await new Promise(setImmediate);
    }
  });
  const look = { accent: '#1f4e79' };
  const one = polishInvoice({ lines: manyLines(12) });
  const long = polishInvoice({ lines: manyLines(200) });
  const renderer = createRenderer({ workers: 1 });
  await renderer.render({ content: one, issued, look });
  const before = process.memoryUsage().rss;
  const times: number[] = [];
  const ms = await timed(async () => {
    for (let i = 0; i < count; i++) times.push(await timed(() => renderer.render({ content: one, issued, look })));
  });
  const grown = process.memoryUsage().rss - before;
  keep({
    what: 'PDF/A-3, one page, one worker',
    value: (count / ms) * 1000,
    unit: 'documents/s',
    bare: (count / bareMs) * 1000,
    target: '≥ 0.8',
    note: `p95 ${quantile(times, 0.95).toFixed(0)} ms, memory +${Math.round(grown / 1e6)} MB after ${count}`,
  });
  const longMs: number[] = [];
  for (let i = 0; i < 20; i++) longMs.push(await timed(() => renderer.render({ content: long, issued, look })));
  keep({ what: 'PDF/A-3, 200 lines', value: quantile(longMs, 0.5) / (ms / count), unit: '× one page', target: '≤ 10' });
  await renderer.close();
}
