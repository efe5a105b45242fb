import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';
import { cut } from '../../domain/cut.ts';
import { printableText } from '../../domain/documents/index.ts';
import { typesetters } from './fonts.ts';
import { printModel, type RenderInput } from './print-model.ts';

/** One Typst compiler in this thread: fonts and template are read once, then a document takes about 9 ms. */

export function createTypst(): { render(input: RenderInput): Promise<Uint8Array> } {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const setterFor = typesetters(folder);
  const template = readFileSync(new URL('sheet.typ', import.meta.url), 'utf8');
  const shadowed = new Map<NodeCompiler, string>();

  const placeLogo = (compiler: NodeCompiler, logo: RenderInput['look']['logo']): string | undefined => {
    if (!logo) return undefined;
    const suffix = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/svg+xml': 'svg' }[logo.mediaType];
    const path = `logo-${createHash('sha256').update(logo.bytes).digest('hex').slice(0, 24)}.${suffix}`;
    const before = shadowed.get(compiler);
    if (path !== before) {
      if (before) compiler.unmapShadow(`${folder}${before}`);
      compiler.mapShadow(`${folder}${path}`, Buffer.from(logo.bytes));
      shadowed.set(compiler, path);
    }
    return path;
  };

  return {
    async render(input) {
      const model = JSON.stringify(printModel(input), (_key, value) => (typeof value === 'string' ? printable(value) : value));
      const { compiler, fonts } = setterFor(model);
      const data = JSON.stringify({ ...JSON.parse(model), fonts, logo: placeLogo(compiler, input.look.logo) });
      // Beside the data, so that nothing done to what is printed touches what is embedded.
      const xml: Record<string, string> = input.attachXml ? { xml: input.attachXml.xml } : {};
      const compile = (json: string) =>
        compiler.pdf({ mainFileContent: template, inputs: { data: json, ...xml } }, { pdfStandard: 'a-3b' });
      try {
        let shown = data;
        for (let tries = 0; ; tries++) {
          try {
            return compile(shown);
          } catch (error) {
            const without = tries < mostTries ? withoutGlyphless(shown, error) : undefined;
            if (!without) throw new Error(`the document could not be set: ${cut(messagesOf(error).join('; '), 500)}`);
            shown = without;
          }
        }
      } finally {
        // The cache is global and only grows; native buffers are freed when the event loop turns (DEPENDENCIES §2).
        compiler.evictCache(0);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** The compiler names some letters it cannot show, not always all. */
const mostTries = 5;

/** Without what is no letter: control characters, and those that turn the direction of what follows them (a name must not reorder a page). */
function printable(text: string): string {
  const plain = text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g, '');
  return printableText(plain);
}

/** What the compiler complains of, in its own words. */
function messagesOf(error: unknown): string[] {
  // The binding puts them into `code`, and only some of them into `message` too.
  const told = error instanceof Error && 'code' in error ? String(error.code).trim() : String(error);
  const messages = [...told.matchAll(/message: "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replace(/\\(["\\])/g, '$1'));
  return messages.length > 0 ? messages : [told];
}

/**
 * PDF/A refuses a letter that no font can show. The text has none such (`printableText`); what a font cannot join all the same is printed
 * as a white square; everything else stays. Undefined when that was not the complaint.
 */
function withoutGlyphless(data: string, error: unknown): string | undefined {
  const missing = messagesOf(error).map((message) => /the text `"(.+)"` could not be displayed/su.exec(message)?.[1]);
  if (missing.length === 0 || missing.some((text) => text === undefined)) return undefined;
  const letters = new Set(missing.flatMap((text) => [...(text ?? '')]).filter((letter) => letter > '~'));
  if (letters.size === 0) return undefined;
  return [...data].map((letter) => (letters.has(letter) ? '□' : letter)).join('');
}
