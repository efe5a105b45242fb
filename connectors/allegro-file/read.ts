import { tableOf } from '../../src/contract/files/csv.ts';
import { layoutOf, readOtherJson, readTable, readXml, refusal } from '../../src/contract/files/layouts.ts';
import type { ReaderSetup } from '../../src/contract/files/profile-reader.ts';
import { fileFinding, scanFile } from '../../src/contract/files/scan.ts';
import { fold } from '../../src/contract/files/values.ts';
import { defaultLimits, type FileBatch, type FileSource, type ReadOptions } from '../../src/contract/order-file.ts';
import { maskedDomains, ordersCsv, xmlProfiles } from './profiles.ts';
import { isOrdersExport, readSections } from './sections.ts';

/** Reads a sales file of Allegro in whatever of its layouts it comes, or proposes a mapping for one nobody has seen. */
export async function* read(source: FileSource, options: ReadOptions = {}): AsyncGenerator<FileBatch> {
  const limits = { ...defaultLimits, ...options.limits };
  const scan = await scanFile(source, limits);
  if (scan.refused) {
    yield refusal(scan.refused);
    return;
  }
  const setup: ReaderSetup = { source, scan, limits, channel: 'allegro', maskedDomains, home: options.home };
  if (scan.looks === 'xml') yield* readXml(setup, options, xmlProfiles);
  else if (!options.unnamed && /^\s*[[{]\s*(?:[[{]\s*)?"[^"]*"\s*:/.test(scan.head)) yield* readOtherJson(setup, options);
  else yield* readCsv(setup, options);
}

async function* readCsv(setup: ReaderSetup, options: ReadOptions): AsyncGenerator<FileBatch> {
  // Sections are of different widths: the first of them is no title above the widest.
  const table = setup.scan.table && tableOf(setup.scan.head, isOrdersExport);
  if (!table?.header.every((name) => name.length < 100)) {
    yield refusal(fileFinding('F_NOT_XML'));
    return;
  }
  const { delimiter, header } = table;
  if (isOrdersExport(header)) {
    const scan = { ...setup.scan, table };
    yield layoutOf(ordersCsv.id, scan);
    yield* readSections({ ...setup, scan }, delimiter, ordersCsv);
    return;
  }
  if (isPaymentsStatement(header)) {
    yield refusal(fileFinding('F_PAYMENTS_STATEMENT'));
    return;
  }
  yield* readTable(setup, options);
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
