import { type Finding, warning } from '../../domain/finding.ts';
import type { FileBatch, FileEvent, Profile, Proposal, ReadOptions } from '../order-file.ts';
import { inPlace, jsonAsXml, jsonRoot } from './json-as-xml.ts';
import { type ReaderSetup, readFlatCsv, readXmlFile } from './profile-reader.ts';
import { isTable, proposeCsv, proposeXml } from './propose.ts';
import { fileFinding, type Scan } from './scan.ts';
import { fold } from './values.ts';
import { learnStructure } from './xml-structure.ts';

/** Which layout a file has: one that a person saved, one that the connector knows, or one that is proposed. */

function rootOf(head: string): string | undefined {
  const body = head.replace(/<\?[\s\S]*?(?:\?>|$)/g, '').replace(/<!--[\s\S]*?(?:-->|$)/g, '');
  return /<([A-Za-z_][\w:.-]*)/.exec(body)?.[1];
}

/** True when the header row has all the columns that the profile is known by and reads; others may come and go. */
function matchesColumns(profile: Profile, header: string[]): boolean {
  const names = new Set(header.map(fold));
  const read = new Set<string>([...Object.values(profile.order.fields), ...Object.values(profile.line.fields)]);
  const columns = (profile.columns ?? []).filter((column) => read.has(column));
  return columns.length > 0 && columns.every((column) => column.split('\n').some((spelling) => names.has(fold(spelling))));
}

/** Of the profiles with this root the first whose orders and their numbers stand where it looks for them. */
async function profileFor(setup: ReaderSetup, candidates: Profile[]): Promise<Profile | undefined> {
  if (candidates.length === 0) return undefined;
  const number = ({ root, order }: Profile) => [root, order.at, order.fields.externalId].filter(Boolean).join('/');
  const first = number(candidates[0]!);
  const { facts } = await learnStructure(setup.source, setup.scan, setup.limits, (known) => known.has(first));
  const known = new Set(facts.map((f) => f.path));
  return candidates.find((profile) => known.has(number(profile)));
}

/** A file that is refused as a whole. */
export function refusal(refused: Finding): FileBatch {
  return {
    events: [
      { event: 'finding', finding: refused },
      { event: 'end', found: 0, header: {}, refused },
    ],
    bytesRead: 0,
  };
}

/** The first batch of a file whose layout is known. */
export function layoutOf(profile: string, scan: Scan): FileBatch {
  const { label, guessed } = scan.encoding;
  const events: FileEvent[] = [{ event: 'layout', profile, encoding: label, sha256: scan.sha256 }];
  if (guessed) events.push({ event: 'finding', finding: warning('W_ENCODING_GUESSED', undefined, { encoding: label }) });
  if (scan.table?.above)
    events.push({
      event: 'finding',
      finding: warning('W_ROWS_ABOVE', undefined, { line: String(scan.table.line), text: scan.table.above }),
    });
  return { events, bytesRead: 0 };
}

/** The proposal is shown; only when the caller accepts it unseen is the file read by it. */
async function* readProposed(
  setup: ReaderSetup,
  proposal: Proposal,
  root: string,
  options: ReadOptions,
  readBy: (profile: Profile) => AsyncGenerator<FileBatch, unknown>,
): AsyncGenerator<FileBatch> {
  if (options.acceptProposal && proposal.missing.length === 0) {
    yield layoutOf(proposal.profile.id, setup.scan);
    yield { events: [{ event: 'unknown-layout', root, proposal }], bytesRead: 0 };
    yield* readBy(proposal.profile);
    return;
  }
  const refused = fileFinding('F_PROFILE_UNKNOWN', { root });
  const { events } = refusal(refused);
  yield { events: [{ event: 'unknown-layout', root, proposal }, ...events], bytesRead: 0 };
}

/** JSON of another layout than the model's: read by a saved or a proposed mapping, its members as elements. */
export async function* readOtherJson(real: ReaderSetup, options: ReadOptions): AsyncGenerator<FileBatch> {
  const told = jsonAsXml(real.source, real.scan, real.limits);
  const setup: ReaderSetup = { ...real, source: told.source, scan: told.scan };
  const readBy = (profile: Profile) => inPlace(told, readXmlFile(setup, profile));
  const profile = await profileFor(setup, options.profiles?.filter((p) => p.format === 'json') ?? []);
  if (profile) {
    yield layoutOf(profile.id, real.scan);
    const { recognised } = yield* readBy(profile);
    if (recognised) return;
  }
  yield* readProposed(real, await proposeXml(setup, jsonRoot, 'json'), jsonRoot, options, readBy);
}

/** XML by a saved mapping, by one of the connector's own layouts, or by a proposed one. */
export async function* readXml(setup: ReaderSetup, options: ReadOptions, own: Profile[] = []): AsyncGenerator<FileBatch> {
  const root = rootOf(setup.scan.head);
  if (root === undefined) {
    yield refusal(fileFinding('F_NOT_XML'));
    return;
  }
  const saved = await profileFor(setup, options.profiles?.filter((p) => p.format === 'xml' && p.root === root) ?? []);
  const profile = saved ?? own.find((p) => p.root === root);
  if (profile) {
    yield layoutOf(profile.id, setup.scan);
    const { recognised } = yield* readXmlFile(setup, profile);
    if (recognised) return;
  }
  yield* readProposed(setup, await proposeXml(setup, root), root, options, (proposed) => readXmlFile(setup, proposed));
}

/** A table by a saved mapping, by one of the connector's own layouts, or by a proposed one. */
export async function* readTable(setup: ReaderSetup, options: ReadOptions, own: Profile[] = []): AsyncGenerator<FileBatch> {
  if (!setup.scan.table) {
    yield refusal(fileFinding('F_NOT_XML'));
    return;
  }
  const { delimiter, header } = setup.scan.table;
  const profile = [...(options.profiles ?? []), ...own].find((p) => p.format === 'csv' && matchesColumns(p, header));
  if (profile) {
    yield layoutOf(profile.id, setup.scan);
    yield* readFlatCsv(setup, profile, delimiter);
    return;
  }
  const proposal = await proposeCsv(setup, delimiter);
  if (!isTable(proposal)) yield refusal(fileFinding('F_NOT_XML'));
  else yield* readProposed(setup, proposal, header.join(delimiter).slice(0, 200), options, (p) => readFlatCsv(setup, p, delimiter));
}
