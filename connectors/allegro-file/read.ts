import { delimiterOf, splitCells } from '../../src/contract/files/csv.ts';
import { type ReaderSetup, readFlatCsv, readXmlFile } from '../../src/contract/files/profile-reader.ts';
import { matchesColumns, proposeCsv, proposeXml, rootOf } from '../../src/contract/files/propose.ts';
import { fileFinding, type Scan, scanFile } from '../../src/contract/files/scan.ts';
import { fold } from '../../src/contract/files/values.ts';
import {
  defaultLimits,
  type FileBatch,
  type FileEvent,
  type FileSource,
  type Profile,
  type Proposal,
  type ReadOptions,
} from '../../src/contract/order-file.ts';
import { maskedDomains, ordersCsv, xmlProfiles } from './profiles.ts';
import { isOrdersExport, readSections } from './sections.ts';

/** Reads a sales file of Allegro in whatever of its layouts it comes, or proposes a mapping for one nobody has seen. */
export async function* read(source: FileSource, options: ReadOptions = {}): AsyncGenerator<FileBatch> {
  const limits = { ...defaultLimits, ...options.limits };
  const scan = await scanFile(source, limits);
  if (scan.refused) {
    yield refusal(scan.refused.code, scan.refused.params);
    return;
  }
  const setup: ReaderSetup = { source, scan, limits, channel: 'allegro', maskedDomains };
  if (scan.looks === 'xml') yield* readXml(setup, options);
  else yield* readCsv(setup, options);
}

function refusal(code: string, params?: Record<string, string>): FileBatch {
  const refused = fileFinding(code, params);
  return {
    events: [
      { event: 'finding', finding: refused },
      { event: 'end', found: 0, header: {}, refused },
    ],
    bytesRead: 0,
  };
}

function layout(profile: Profile, scan: Scan): FileBatch {
  const { label, guessed } = scan.encoding;
  const events: FileEvent[] = [{ event: 'layout', profile: profile.id, encoding: label, sha256: scan.sha256 }];
  if (guessed) events.push({ event: 'finding', finding: { code: 'W_ENCODING_GUESSED', level: 'warning', params: { encoding: label } } });
  return { events, bytesRead: 0 };
}

async function* readXml(setup: ReaderSetup, options: ReadOptions): AsyncGenerator<FileBatch> {
  const root = rootOf(setup.scan.head);
  if (root === undefined) {
    yield refusal('F_NOT_XML');
    return;
  }
  const profile = [...(options.profiles ?? []), ...xmlProfiles].find((p) => p.format === 'xml' && p.root === root);
  if (profile) {
    yield layout(profile, setup.scan);
    const { recognised } = yield* readXmlFile(setup, profile);
    if (recognised) return;
  }
  const proposal = await proposeXml(setup, root);
  yield* unknownLayout(setup, proposal, root, options, (own) => readXmlFile(setup, own));
}

async function* readCsv(setup: ReaderSetup, options: ReadOptions): AsyncGenerator<FileBatch> {
  const delimiter = delimiterOf(setup.scan.head);
  const header = delimiter === undefined ? [] : headerCells(setup.scan.head, delimiter);
  if (delimiter === undefined || !header.every((name) => name.length < 100)) {
    yield refusal('F_NOT_XML');
    return;
  }
  if (isOrdersExport(header)) {
    yield layout(ordersCsv, setup.scan);
    yield* readSections(setup, delimiter, ordersCsv);
    return;
  }
  if (isPaymentsStatement(header)) {
    yield refusal('F_PAYMENTS_STATEMENT');
    return;
  }
  const profile = options.profiles?.find((p) => p.format === 'csv' && matchesColumns(p, header));
  if (profile) {
    yield layout(profile, setup.scan);
    yield* readFlatCsv(setup, profile, delimiter);
    return;
  }
  const proposal = await proposeCsv(setup, delimiter);
  if (proposal.paths.every((path) => path.field === undefined)) yield refusal('F_NOT_XML');
  else yield* unknownLayout(setup, proposal, header.join(delimiter).slice(0, 200), options, (own) => readFlatCsv(setup, own, delimiter));
}

/** The proposal is shown; only when the caller accepts it unseen is the file read by it. */
async function* unknownLayout(
  setup: ReaderSetup,
  proposal: Proposal,
  root: string,
  options: ReadOptions,
  readBy: (profile: Profile) => AsyncGenerator<FileBatch, unknown>,
): AsyncGenerator<FileBatch> {
  if (options.acceptProposal && proposal.missing.length === 0) {
    yield layout(proposal.profile, setup.scan);
    yield { events: [{ event: 'unknown-layout', root, proposal }], bytesRead: 0 };
    yield* readBy(proposal.profile);
    return;
  }
  const refused = fileFinding('F_PROFILE_UNKNOWN', { root });
  yield {
    events: [
      { event: 'unknown-layout', root, proposal },
      { event: 'finding', finding: refused },
      { event: 'end', found: 0, header: {}, refused },
    ],
    bytesRead: 0,
  };
}

export function headerCells(head: string, delimiter: string): string[] {
  const lines = head
    .trimStart()
    .replace(/^sep=.\r?\n/, '')
    .split('\n');
  return splitCells((lines[0] ?? '').replace(/\r$/, ''), delimiter).map((name) => name.trim());
}

const statementColumns = [
  'data',
  'datazaksiegowania',
  'identyfikator',
  'operacja',
  'operator',
  'kupujacy',
  'oferta',
  'dostawa',
  'kwota',
  'saldo',
];
/** The statement of payments is another export of the sales panel; it holds no orders. */
function isPaymentsStatement(header: string[]): boolean {
  const names = new Set(header.map(fold));
  return names.has('operacja') && statementColumns.filter((name) => names.has(name)).length >= 5;
}
