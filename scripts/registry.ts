import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Writes `connectors/registry.ts` from the folder: every folder with a `connector.ts` is a connector, every `simulator.ts`
 * beside it a simulator, every `demo.ts` a source of invented calls. The list is never kept by hand; a test proves that it is current.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

export function registrySource(connectorsFolder = join(root, 'connectors')): string {
  const folders = readdirSync(connectorsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const having = (file: string) => folders.filter((folder) => existsSync(join(connectorsFolder, folder, file)));
  const ids = having('connector.ts');
  return [
    '// Made by scripts/registry.ts from the folders beside this file. Do not edit: run `npm run registry`.',
    "import type { Connector } from '../src/contract/connector.ts';",
    ...ids.map((id) => `import { connector as ${camel(id)} } from './${id}/connector.ts';`),
    '',
    'export const connectors: Record<string, Connector> = {',
    ...ids.map((id) => `  ${entry(id)},`),
    '};',
    '',
    '/** Loaded only when a simulator is wanted. */',
    'export const simulators = {',
    ...having('simulator.ts').map((id) => `  ${property(id)}: () => import('./${id}/simulator.ts'),`),
    '};',
    '',
    '/** What the demo sends to a channel that waits to be called. */',
    'export const demos = {',
    ...having('demo.ts').map((id) => `  ${property(id)}: () => import('./${id}/demo.ts'),`),
    '};',
    '',
  ].join('\n');
}

function camel(id: string): string {
  return id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function property(id: string): string {
  return id.includes('-') ? `'${id}'` : id;
}

function entry(id: string): string {
  return id.includes('-') ? `'${id}': ${camel(id)}` : id;
}

export function writeRegistry(): string {
  const path = join(root, 'connectors', 'registry.ts');
  const source = registrySource();
  if (!existsSync(path) || readFileSync(path, 'utf8') !== source) writeFileSync(path, source);
  return source;
}

if (import.meta.main) {
  const count = [...writeRegistry().matchAll(/^import \{ connector/gm)].length;
  process.stdout.write(`connectors/registry.ts: ${count} connectors\n`);
}
