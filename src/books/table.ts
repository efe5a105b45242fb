import yazl from 'yazl';
import { type ZipEntry, zipStream } from './zip.ts';

/** CSV as spreadsheets read it: UTF-8 with BOM, quotes where needed, and no cell that a spreadsheet would run as a formula. */
export function csvOf(rows: string[][]): string {
  return `\ufeff${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** The same row by row. */
export async function* csvLines(rows: AsyncIterable<string[]>): AsyncGenerator<Buffer> {
  let text = '\ufeff';
  for await (const row of rows) {
    text += `${row.map(csvCell).join(',')}\r\n`;
    if (text.length < pieceChars) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

const pieceChars = 64 * 1024;

const plainNumber = /^-?\d{1,15}(\.\d{1,6})?$/;

/** Begins like a formula: at the start, or where a spreadsheet of a country that writes decimals with a comma begins a new cell. The wide forms of these letters count too. */
const formulaStart = /(^|[;\t\r\n])(?=[=+@\t\r\uff1d\uff0b\uff0d\uff20-])/g;

function csvCell(text: string): string {
  // A name that begins like a formula must stay a name.
  const safe = plainNumber.test(text) ? text : text.replace(formulaStart, "$1'");
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const contentTypes = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`;
const packageLinks = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`;
const workbook = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Fakturist" sheetId="1" r:id="r1"/></sheets></workbook>`;
const workbookLinks = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`;
/** Style 1 is the bold head, style 2 an amount, style 3 a day, written as it stands in the text. */
const styles = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/><xf fontId="1" applyFont="1"/><xf numFmtId="4" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>`;

/** As `xlsxOf`, row by row: the archive inside is made while it is read. */
export function xlsxStream(rows: AsyncIterable<string[]>, at: Date): AsyncIterable<Uint8Array> {
  async function* sheet(): AsyncGenerator<Buffer> {
    let text = sheetStart;
    let y = 0;
    for await (const row of rows) {
      text += sheetRow(row, y++);
      if (text.length < pieceChars) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text + sheetEnd);
  }
  async function* parts(): AsyncGenerator<ZipEntry> {
    for (const { name, text } of fixedParts)
      yield {
        name,
        async *open() {
          yield Buffer.from(text);
        },
      };
    yield { name: 'xl/worksheets/sheet1.xml', open: sheet };
  }
  return zipStream(parts(), at);
}

/** A workbook with one sheet; cells that are amounts (with a decimal point) are numbers, days are days, everything else is text. */
export async function xlsxOf(rows: string[][]): Promise<Buffer> {
  const sheet = sheetStart + rows.map(sheetRow).join('') + sheetEnd;
  return zipOf([
    ...fixedParts.map(({ name, text }) => ({ name, bytes: Buffer.from(text) })),
    { name: 'xl/worksheets/sheet1.xml', bytes: Buffer.from(sheet) },
  ]);
}

const fixedParts = [
  { name: '[Content_Types].xml', text: contentTypes },
  { name: '_rels/.rels', text: packageLinks },
  { name: 'xl/workbook.xml', text: workbook },
  { name: 'xl/_rels/workbook.xml.rels', text: workbookLinks },
  { name: 'xl/styles.xml', text: styles },
];
const sheetStart = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`;
const sheetEnd = '</sheetData></worksheet>';

function sheetRow(row: string[], y: number): string {
  return `<row r="${y + 1}">${row.map((text, x) => sheetCell(text, x, y)).join('')}</row>`;
}

function sheetCell(text: string, x: number, y: number): string {
  if (text === '') return '';
  const at = `${columnName(x)}${y + 1}`;
  if (y > 0 && plainNumber.test(text) && text.includes('.')) return `<c r="${at}" s="2"><v>${text}</v></c>`;
  const day = y > 0 ? serialDay(text) : undefined;
  if (day !== undefined) return `<c r="${at}" s="3"><v>${day}</v></c>`;
  return `<c r="${at}" t="inlineStr"${y === 0 ? ' s="1"' : ''}><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;
}

/** A day as workbooks count them: 25569 is the first of 1970. */
function serialDay(text: string): number | undefined {
  if (!/^(19[7-9]\d|2[01]\d\d)-\d\d-\d\d$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms / 86_400_000 + 25_569;
}

function columnName(x: number): string {
  return (x >= 26 ? columnName(Math.floor(x / 26) - 1) : '') + String.fromCharCode(65 + (x % 26));
}

function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

async function zipOf(files: { name: string; bytes: Buffer }[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const { name, bytes } of files) zip.addBuffer(bytes, name);
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
}
