import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRegistry } from './registry.ts';

/**
 * `npm run new connector ID`: a folder with everything a connector has, small but whole. It compiles, its tests pass, and it
 * is in the registry. What it cannot do yet it does not declare.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const idPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

function connectorFiles(id: string): Record<string, string> {
  const name = id
    .split('-')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join(' ');
  return {
    'manifest.ts': `import type { Manifest } from '../../src/contract/manifest.ts';

export const manifest: Manifest = {
  id: '${id}',
  name: '${name}',
  role: 'channel',
  countries: ['PL', 'HU', 'SE'],
  capabilities: [],
  settings: [
    {
      key: 'apiKey',
      type: 'secret',
      required: true,
      label: { pl: 'Klucz API', en: 'API key', hu: 'API-kulcs', sv: 'API-nyckel' },
    },
  ],
  causes: [],
  facts: {
    key: { pl: 'Klucz podany', en: 'Key given', hu: 'Kulcs megadva', sv: 'Nyckel angiven' },
    yes: { pl: 'tak', en: 'yes', hu: 'igen', sv: 'ja' },
    no: { pl: 'nie', en: 'no', hu: 'nem', sv: 'nej' },
  },
  about: { pl: '${name}', en: '${name}', hu: '${name}', sv: '${name}' },
};
`,
    'connector.ts': `import type { Connector } from '../../src/contract/connector.ts';
import { manifest } from './manifest.ts';

/**
 * ${name}. A capability is declared in the manifest and given by the session, both or neither: the shared suite compares them.
 * As it grows: client.ts holds the wire, mapper.ts the pure mapping both ways, causes.ts their codes, simulator.ts a double.
 */
export const connector: Connector = {
  manifest,
  open: (context) => ({
    async check() {
      const given = Boolean(context.secrets.apiKey?.reveal());
      return { ok: given, facts: [{ label: 'key', value: given ? 'yes' : 'no' }] };
    },
  }),
};
`,
    [`${id}.test.ts`]: `import { describe } from 'vitest';
import { connectorSuite } from '../../src/contract/suite.ts';
import { connector } from './connector.ts';

describe('the shared suite', () => {
  connectorSuite({
    connector,
    start: async () => ({ baseUrl: '', secrets: { apiKey: 'k-1' }, now: () => new Date('2026-11-20T09:00:00Z'), close: async () => {} }),
  });
});
`,
    'NOTES.md': `# ${name}

Sources, last checked:

| gotcha | severity | where handled |
| --- | --- | --- |
`,
    ...Object.fromEntries(['en', 'pl', 'hu', 'sv'].map((language) => [`help/${language}.md`, `# ${name}\n`])),
  };
}

/** Returns what is wrong with the id, or nothing when the folder was made. */
export function makeConnector(id: string, connectorsFolder = join(root, 'connectors')): string | undefined {
  if (!idPattern.test(id)) return `an id is lower-case letters, digits and single hyphens, such as my-shop; given: ${id || 'nothing'}`;
  const folder = join(connectorsFolder, id);
  if (existsSync(folder)) return `connectors/${id} exists already`;
  for (const [file, text] of Object.entries(connectorFiles(id))) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return undefined;
}

if (import.meta.main) {
  // `npm run new connector ID` passes both words.
  const id = process.argv.slice(2).filter((word) => word !== 'connector')[0] ?? '';
  const problem = makeConnector(id);
  if (problem) {
    process.stderr.write(`${problem}\n`);
    process.exit(1);
  }
  writeRegistry();
  process.stdout.write(`connectors/${id} made and registered. Next: npx vitest run connectors/${id}\n`);
}
