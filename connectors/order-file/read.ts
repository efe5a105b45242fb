import { parseExact, readJsonRecords } from '../../src/contract/files/json-records.ts';
import { layoutOf, readOtherJson, readTable, readXml, refusal } from '../../src/contract/files/layouts.ts';
import { endOfFile, type ReaderSetup } from '../../src/contract/files/profile-reader.ts';
import { fileFinding, scanFile } from '../../src/contract/files/scan.ts';
import { defaultLimits, type FileBatch, type FileEvent, type FileSource, type ReadOptions } from '../../src/contract/order-file.ts';
import { cut } from '../../src/domain/cut.ts';
import { orderFromJson } from './json-order.ts';
import { maskedDomains, modelCsv } from './profiles.ts';

/** Reads orders in the canonical model's own words, as JSON or as a table; other tables and XML by a saved or a proposed mapping. */
export async function* read(source: FileSource, options: ReadOptions = {}): AsyncGenerator<FileBatch> {
  const limits = { ...defaultLimits, ...options.limits };
  const scan = await scanFile(source, limits);
  if (scan.refused) {
    yield refusal(scan.refused);
    return;
  }
  const setup: ReaderSetup = { source, scan, limits, channel: 'order-file', maskedDomains, home: options.home };
  const first = scan.head.trimStart()[0];
  if (scan.looks === 'xml') yield* readXml(setup, options);
  else if (first === '{' || first === '[') yield* isModel(scan.head) ? readJson(setup) : readOtherJson(setup, options);
  else yield* readTable(setup, options, [modelCsv]);
}

/** The model's own number stands among the first orders, or there are none. */
function isModel(head: string): boolean {
  return /"externalId"\s*:/.test(head) || !/[{[,]\s*"[^"]*"\s*:/.test(head);
}

async function* readJson(setup: ReaderSetup): AsyncGenerator<FileBatch> {
  yield layoutOf('model-json', setup.scan);
  const reading = readJsonRecords(setup.source, setup.scan, setup.limits);
  let [found, complete, bytesRead] = [0, 0, 0];
  for (;;) {
    const { done, value } = await reading.next();
    if (done) {
      const events: FileEvent[] = [];
      if (value.tooLarge) {
        const refused = fileFinding('F_TOO_LARGE', { limit: `${Math.round(setup.limits.textChars / 1024)} kB / order` });
        yield { events: endOfFile(found, {}, modelCsv, refused), bytesRead };
        return;
      }
      if (value.brokenAt !== undefined)
        events.push({ event: 'finding', finding: fileFinding('F_TRUNCATED', { line: String(value.brokenAt), n: String(complete) }) });
      yield { events: [...events, ...endOfFile(found, {}, modelCsv)], bytesRead };
      return;
    }
    bytesRead = value.bytesRead;
    const events: FileEvent[] = [];
    for (const record of value.records) {
      found++;
      const place = { line: record.line, offset: record.offset, file: setup.source.name };
      const event = eventOf(record.text, place);
      if (event.event === 'order') complete++;
      events.push(event);
    }
    if (found > setup.limits.orders) {
      yield { events: endOfFile(found, {}, modelCsv, fileFinding('F_TOO_LARGE', { limit: String(setup.limits.orders) })), bytesRead };
      return;
    }
    if (events.length > 0) yield { events, bytesRead };
  }
}

function eventOf(text: string, place: { line: number; offset: number; file: string }): FileEvent {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    return {
      event: 'rejected',
      finding: { code: 'E_FIELD', level: 'reject', where: '', params: { value: cut(text, 100) } },
      raw: text,
      place,
    };
  }
  return orderFromJson(value, text, place, modelCsv.timeZone, { maskedDomains });
}
