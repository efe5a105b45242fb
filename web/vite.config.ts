import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { cutTexts, missingKeys } from './first-texts.ts';

const root = dirname(fileURLToPath(import.meta.url));

/** Writes .br and .gz beside each text asset, so that the server sends bytes compressed once and well. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle(options, bundle) {
      const folder = options.dir!;
      const texts = [...Object.keys(bundle), 'start.js'].filter((name) => /\.(js|css|svg|json|html)$/.test(name));
      await Promise.all(
        texts.map(async (name) => {
          const bytes = await readFile(join(folder, name));
          await Promise.all([
            promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }).then((small) =>
              writeFile(join(folder, `${name}.br`), small),
            ),
            promisify(gzip)(bytes, { level: 9 }).then((small) => writeFile(join(folder, `${name}.gz`), small)),
          ]);
        }),
      );
    },
  };
}

/** `texts/pl.json?part=first` and `?part=rest`. */
function cutTextsInTwo(): Plugin {
  return {
    name: 'cut-texts',
    enforce: 'pre',
    load(id) {
      const found = /^(.*\/texts\/\w\w\.json)\?part=(first|rest)$/.exec(id);
      if (!found) return;
      const all = JSON.parse(readFileSync(found[1]!, 'utf8'));
      const missing = missingKeys(all);
      if (missing.length > 0) throw new Error(`${found[1]} has no words for ${missing.join(', ')}`);
      const words = cutTexts(all, found[2] as 'first' | 'rest');
      return { code: `export default ${JSON.stringify(words)}`, moduleType: 'js' as const };
    },
  };
}

export default defineConfig({
  root,
  plugins: [react(), cutTextsInTwo(), precompress()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Data URIs would need a wider content security policy.
    assetsInlineLimit: 0,
    // The preload polyfill is an inline script, which the policy forbids.
    modulePreload: { polyfill: false },
    // What a first page may weigh is held by a test (`tests/browser/speed.test.ts`).
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', tags: ['$initial'], priority: 2 },
            // Files of a few hundred bytes that several pages share would each be a request of its own.
            { name: 'shared', test: /src\/.*(?:today|use-once|acceptable|payment-means)\.ts$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/help': 'http://127.0.0.1:8080' } },
});
