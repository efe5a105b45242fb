/** CSV as spreadsheets read it: UTF-8 with BOM, quotes where needed, and no cell that a spreadsheet would run as a formula. */
export function csvOf(rows: string[][]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(text: string): string {
  // A name that begins like a formula must stay a name (a leading minus of a plain number is none).
  const safe = /^[=+@\t\r]/.test(text) || (/^-/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
