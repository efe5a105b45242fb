import { type ErpDocument, type ErpHeld, type ErpOptions, type ErpProgram, type ErpSimulator, startErp } from '../../src/testkit/erp.ts';

/**
 * Subiekt GT behind its folders, written from the description of EDI++ alone and stricter than the client's reader: it takes what the
 * real program is known to take, and says no to what readers in the field are known to trip over.
 */
export function startErpSimulator(options: ErpOptions = {}): Promise<ErpSimulator> {
  return startErp(subiekt, options);
}

/** Header and rows as they stand in the file, quotes and all. */
type Section = { head: string[]; rows: string[][] };

const infoCount = 24;
const headerCount = 62;
const documentTypes = new Set(['FS', 'PA', 'KFS']);
const at = {
  type: 0,
  serial: 3,
  number: 6,
  buyer: 13,
  issueDay: 21,
  net: 27,
  gross: 29,
  payment: 33,
  currency: 46,
  remarks: 48,
  status: 1,
};

const subiekt: ErpProgram = {
  name: 'Subiekt GT',
  extension: '.epp',
  read(bytes) {
    const text = new TextDecoder('windows-1250').decode(bytes);
    if (/[^\r]\n/.test(text)) return { refused: 'błędny koniec wiersza' };
    const sections = sectionsOf(text);
    if (!sections) return { refused: 'to nie jest plik EDI++' };
    const [info, ...rest] = sections;
    if (info!.head.length !== infoCount) return { refused: `[INFO] ma ${info!.head.length} pól zamiast ${infoCount}` };
    if (bare(info!.head[1]) !== '3') return { refused: 'plik przeznaczony dla biura rachunkowego' };
    if (bare(info!.head[2]) !== '1250') return { refused: `strona kodowa ${bare(info!.head[2])}` };
    const documents: ErpDocument[] = [];
    for (const section of rest) {
      if (!documentTypes.has(bare(section.head[at.type]))) continue;
      const wrong = fault(section);
      if (wrong) return { refused: wrong };
      documents.push(documentOf(section));
    }
    return documents.length > 0 ? { documents } : { refused: 'plik nie zawiera dokumentów' };
  },
  write(documents, made) {
    const stamp = made.toISOString().slice(0, 19).replace(/\D/g, '');
    const info = `"1.11",3,1250,"Subiekt GT","GT","Firma","Firma przykładowa","Wrocław","54-445","Bławatkowa 25/3","111-111-11-11","MAG","Główny","Magazyn główny",,0,,,"Szef",${stamp},"Polska","PL","1111111111",1`;
    const parts = documents.map((document) => {
      const { head, rows } = document.source as Section;
      const fields = [...head];
      fields[at.status] = document.cancelled ? '2' : '1';
      fields[at.serial] = /^\d+/.exec(document.number)?.[0] ?? '0';
      fields[at.number] = `"${document.number}"`;
      return `[NAGLOWEK]\r\n${fields.join(',')}\r\n\r\n[ZAWARTOSC]\r\n${rows.map((row) => `${row.join(',')}\r\n`).join('')}\r\n`;
    });
    return toPage1250(`[INFO]\r\n${info}\r\n\r\n${parts.join('')}[NAGLOWEK]\r\n"TOWARY"\r\n\r\n[ZAWARTOSC]\r\n\r\n`);
  },
  printName: (document: ErpHeld) => `${document.type} ${document.number}.pdf`.replace(/[\\/:*?"<>|]/g, '_'),
};

function fault({ head, rows }: Section): string | undefined {
  if (head.length !== headerCount) return `nagłówek dokumentu ma ${head.length} pól zamiast ${headerCount}`;
  const day = bare(head[at.issueDay]);
  if (!/^\d{8}000000$/.test(day)) return `błędna data ${day}`;
  const correction = bare(head[at.type]) === 'KFS';
  const expected = correction ? 31 : 22;
  const short = rows.find((row) => row.length !== expected);
  if (short) return `pozycja ma ${short.length} pól zamiast ${expected}`;
  const total = rows.reduce((sum, row) => sum + grosze(row[18]) - (correction ? grosze(row[30]) : 0n), 0n);
  if (total !== grosze(head[at.gross])) return `suma pozycji ${total} różni się od wartości dokumentu ${grosze(head[at.gross])}`;
  return undefined;
}

function documentOf(section: Section): ErpDocument {
  const field = (name: keyof typeof at) => bare(section.head[at[name]]);
  const day = field('issueDay');
  return {
    reference: /\[FKT:([^\]]+)\]/.exec(field('remarks'))?.[1] ?? '',
    type: field('type'),
    // Postponed documents have no number of their own yet.
    ...(field('status') === '1' && field('number') !== '' && { number: field('number') }),
    issueDate: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`,
    buyer: field('buyer'),
    net: field('net'),
    gross: field('gross'),
    currency: field('currency'),
    payment: field('payment'),
    source: section,
  };
}

/** Four decimals, as the file writes amounts. */
function grosze(text: string | undefined): bigint {
  const [, sign, whole, part] = /^(-?)(\d+)\.(\d{4})$/.exec(bare(text)) ?? [];
  if (whole === undefined) return -1n;
  const value = BigInt(whole + part!);
  return sign ? -value : value;
}

function sectionsOf(text: string): Section[] | undefined {
  const found: Section[] = [];
  let where: 'head' | 'rows' | undefined;
  for (const line of text.split('\r\n')) {
    const label = /^\[([A-Z]+)\]$/.exec(line)?.[1];
    if (label === 'INFO' || label === 'NAGLOWEK') {
      if ((label === 'INFO') !== (found.length === 0)) return undefined;
      found.push({ head: [], rows: [] });
      where = 'head';
    } else if (label === 'ZAWARTOSC') where = 'rows';
    else if (line !== '' && where) {
      const fields = line.match(/("[^"]*"|[^,]*)(?:,|$)/g)?.map((f) => f.replace(/,$/, '')) ?? [];
      // The pattern matches the empty end once more unless the line ends with a comma.
      if (!line.endsWith(',')) fields.pop();
      const section = found.at(-1)!;
      if (where === 'head') section.head = fields;
      else section.rows.push(fields);
    }
  }
  return found.length > 0 ? found : undefined;
}

function bare(field: string | undefined): string {
  return field?.replace(/^"|"$/g, '') ?? '';
}

const high1250 = new Map(
  [...new TextDecoder('windows-1250').decode(Uint8Array.from({ length: 128 }, (_, i) => i + 128))].map((c, i) => [c, i + 128]),
);

function toPage1250(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => (c.charCodeAt(0) < 128 ? c.charCodeAt(0) : (high1250.get(c) ?? 63)));
}
