import type { Connector } from '../contract/connector.ts';
import type { Cause } from '../contract/manifest.ts';
import { generalCauses } from './general.ts';
import { breakWords, findingWords, type Words } from './texts/index.ts';

/** docs/FAILURES.md: every code that can reach a person, with what is said about it. Made from the tables; a test keeps the file whole. */
const mends: Record<Words['whoMends'], string> = {
  seller: 'the seller',
  buyer: 'the buyer (by giving data)',
  provider: 'the provider',
  authority: 'the authority',
  us: 'we',
  nobody: 'nobody: it passes',
};

export function failuresPage(connectors: Connector[]): string {
  const owners = connectors.filter((c) => c.manifest.causes.length > 0).sort((a, b) => (a.manifest.id < b.manifest.id ? -1 : 1));
  return [
    '# Failures',
    '',
    'Every code that can reach a person: what happened, what to do, who can do it. Texts exist in Polish, English, Hungarian and Swedish;',
    'the English ones stand here. This page is made from the tables in `src/diagnosis` and the connectors’ `causes.ts`, and a test keeps it whole',
    '(`npm run golden`).',
    '',
    '`F_` a file, `E_` a record that was refused, `H_` a hold that keeps a document from being issued, `W_` a warning. Causes are reasons for',
    'failures outside: `stops` says what waits until they are mended, `may exist` that something may have been made over there all the same.',
    '',
    ...findingsSection('Findings: files, orders, documents, actions', findingWords),
    ...findingsSection('Breaks in the chain (completeness)', breakWords),
    ...causesSection('Causes of every connection', generalCauses),
    ...owners.flatMap((c) => causesSection(`Causes of ${c.manifest.name} (\`${c.manifest.id}\`)`, c.manifest.causes)),
  ].join('\n');
}

function findingsSection(title: string, table: Record<string, Words>): string[] {
  const rows = Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `## ${title}`,
    '',
    '| code | what happened | what to do | who mends |',
    '|---|---|---|---|',
    ...rows.map(([code, w]) => `| \`${code}\` | ${cell(w.text.en)} | ${cell(w.remedy.en)} | ${mends[w.whoMends]} |`),
    '',
  ];
}

function causesSection(title: string, causes: Cause[]): string[] {
  return [
    `## ${title}`,
    '',
    '| code | what happened | what to do | who mends | stops | retry helps | may exist |',
    '|---|---|---|---|---|---|---|',
    ...[...causes]
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .map(
        (c) =>
          `| \`${c.code}\` | **${cell(c.title.en)}.** ${cell(c.text.en)} | ${cell(c.remedy.en)} | ${mends[c.whoMends]} | ${c.stops} | ${c.retryHelps ? 'yes' : 'no'} | ${c.mayExist ? 'yes' : 'no'} |`,
      ),
    '',
  ];
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replace(/[<>]/g, (c) => (c === '<' ? '&lt;' : '&gt;'));
}
