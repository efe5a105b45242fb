import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Texts } from '../contract/manifest.ts';
import { documentPdf, type RenderPdf } from '../delivery/index.ts';
import { explain } from '../diagnosis/index.ts';
import type { Language } from '../domain/documents/document.ts';
import { type Finding, warning } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { breaksTable, completeness, isComplete, sheetPdf } from '../reconcile/index.ts';
import { readOrganization } from '../toissue/index.ts';
import { type BooksPeriod, isWholeMonth } from './check.ts';
import { listRows } from './list.ts';
import { readBooksProfile } from './profile.ts';
import { registerRows } from './register.ts';
import { booksDocuments } from './source.ts';
import { csvLines, xlsxStream } from './table.ts';
import { checkTaxFiles, type DocumentFinding, monthOf, openTaxFile } from './tax-files.ts';
import { type ZipEntry, zipStream } from './zip.ts';

/**
 * Everything of a period for the accountant in one archive: list, tax files where they can be made, register of numbers, the proof of
 * completeness, every PDF, what is worth a look, and a list of all of it with fingerprints. Made while it is downloaded.
 */
const names = {
  folder: { pl: 'paczka', en: 'pack', hu: 'csomag', sv: 'paket' },
  list: { pl: 'lista-dokumentow', en: 'documents', hu: 'bizonylatok', sv: 'dokument' },
  register: { pl: 'rejestr-numerow', en: 'number-register', hu: 'szamnyilvantartas', sv: 'nummerregister' },
  sheet: { pl: 'arkusz-kompletnosci', en: 'completeness', hu: 'teljessegi-lap', sv: 'fullstandighet' },
  notes: { pl: 'uwagi', en: 'notes', hu: 'megjegyzesek', sv: 'anmarkningar' },
  read: { pl: 'czytaj-najpierw', en: 'read-first', hu: 'olvass-el', sv: 'las-forst' },
} satisfies Record<string, Texts>;

const words = {
  intro: {
    pl: 'Sprzedaż firmy {organization} za okres {from} – {to}.',
    en: 'Sales of {organization} from {from} to {to}.',
    hu: 'A(z) {organization} eladásai, {from} – {to}.',
    sv: 'Försäljning för {organization} från {from} till {to}.',
  },
  list: {
    pl: 'lista dokumentów z danymi do ksiąg (CSV i Excel)',
    en: 'the list of documents with everything for the books (CSV and Excel)',
    hu: 'a bizonylatok listája a könyveléshez szükséges adatokkal (CSV és Excel)',
    sv: 'listan över dokument med allt för bokföringen (CSV och Excel)',
  },
  tax: {
    pl: 'plik dla urzędu; sprawdź uwagi, zanim go wyślesz',
    en: 'a file for the tax office; read the notes before you send it',
    hu: 'fájl az adóhivatalnak; beküldés előtt nézze meg a megjegyzéseket',
    sv: 'en fil till skattekontoret; läs anmärkningarna innan den skickas',
  },
  taxHeld: {
    pl: 'nie powstał: brakuje danych, zobacz uwagi',
    en: 'was not made: something is missing, see the notes',
    hu: 'nem készült el: valami hiányzik, lásd a megjegyzéseket',
    sv: 'skapades inte: något saknas, se anmärkningarna',
  },
  register: {
    pl: 'rejestr numerów z lukami, jeśli są',
    en: 'the register of numbers, with gaps if there are any',
    hu: 'számnyilvántartás, a hiányokkal, ha vannak',
    sv: 'nummerregistret, med luckor om det finns några',
  },
  complete: {
    pl: 'dowód kompletności: niczego nie brakuje',
    en: 'the proof of completeness: nothing is missing',
    hu: 'a teljesség igazolása: semmi sem hiányzik',
    sv: 'fullständighetsbeviset: inget saknas',
  },
  incomplete: {
    pl: 'arkusz kompletności: {count} braków do wyjaśnienia',
    en: 'the completeness sheet: {count} breaks to be explained',
    hu: 'teljességi lap: {count} tisztázandó hiány',
    sv: 'fullständighetsbladet: {count} brister att förklara',
  },
  pdf: { pl: 'dokumenty w PDF', en: 'the documents as PDF', hu: 'a bizonylatok PDF-ben', sv: 'dokumenten som PDF' },
  notes: {
    pl: 'na co zwrócić uwagę, dokument po dokumencie',
    en: 'what is worth a look, document by document',
    hu: 'mire érdemes figyelni, bizonylatonként',
    sv: 'vad som är värt att titta på, dokument för dokument',
  },
  manifest: {
    pl: 'wszystkie pliki z odciskiem SHA-256',
    en: 'all files with their SHA-256 fingerprint',
    hu: 'minden fájl SHA-256 ujjlenyomattal',
    sv: 'alla filer med SHA-256-avtryck',
  },
} satisfies Record<string, Texts>;

const noteHeads: Record<Language, string[]> = {
  pl: ['Dokument', 'Plik', 'Kod', 'Co', 'Co zrobić'],
  en: ['Document', 'File', 'Code', 'What', 'What to do'],
  hu: ['Bizonylat', 'Fájl', 'Kód', 'Mi', 'Teendő'],
  sv: ['Dokument', 'Fil', 'Kod', 'Vad', 'Vad som görs'],
};

type MonthPack = { name: string; bytes: Readable };

type Note = { file: string; finding: DocumentFinding };

export async function monthPack(
  ctx: Context,
  render: RenderPdf,
  organizationId: string,
  period: BooksPeriod,
  language?: Language,
): Promise<MonthPack> {
  const { organization, profile, sheet } = await ctx.store.org(organizationId, async (tx) => ({
    organization: await readOrganization(tx, organizationId),
    profile: await readBooksProfile(tx, organizationId),
    sheet: await completeness(tx, organizationId, period.from, period.to),
  }));
  const spoken = language ?? (organization.language as Language);
  const month = monthOf(period.from);
  const checks = isWholeMonth(period) ? await checkTaxFiles(ctx, organizationId, month) : [];
  const at = ctx.now();
  const documents = () => booksDocuments(ctx.store, organizationId, period);
  const notes: Note[] = checks.flatMap((check) => check.findings.map((finding) => ({ file: check.file.toUpperCase(), finding })));
  const fingerprints: { name: string; sha256: string; sizeBytes: number }[] = [];
  const n = (key: keyof typeof names) => names[key][spoken];
  const say = (key: keyof typeof words, params: Record<string, string> = {}) =>
    words[key][spoken].replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');

  async function* entries(): AsyncGenerator<ZipEntry> {
    const taxNames: [string, string][] = [];
    for (const check of checks) {
      if (check.ready) taxNames.push([(await openTaxFile(ctx, organizationId, check.file, month)).name, say('tax')]);
      else taxNames.push([check.file === 'v7' ? 'JPK_V7' : 'JPK_FA', say('taxHeld')]);
    }
    const contents: [string, string][] = [
      [`${n('list')}.csv, ${n('list')}.xlsx`, say('list')],
      ...taxNames,
      [`${n('register')}.csv`, say('register')],
      [
        `${n('sheet')}.pdf, ${n('sheet')}.csv`,
        isComplete(sheet) ? say('complete') : say('incomplete', { count: String(sheet.breaks.length + sheet.gaps.length) }),
      ],
      ['pdf/', say('pdf')],
      [`${n('notes')}.csv`, say('notes')],
      ['manifest.json', say('manifest')],
    ];
    const intro = say('intro', { organization: organization.name, ...period });
    yield text(`${n('read')}.txt`, `${intro}\r\n\r\n${contents.map(([name, about]) => `${name}\r\n    ${about}\r\n`).join('')}`);
    yield { name: `${n('list')}.csv`, open: () => csvLines(listRows(organization, profile, documents(), spoken)) };
    yield { name: `${n('list')}.xlsx`, open: () => xlsxStream(listRows(organization, profile, documents(), spoken), at), compress: false };
    for (const check of checks) {
      if (!check.ready) continue;
      const file = await openTaxFile(ctx, organizationId, check.file, month);
      yield { name: file.name, open: () => Readable.from(file.text, { objectMode: false }) };
    }
    yield { name: `${n('register')}.csv`, open: () => csvLines(registerRows(ctx.store, organizationId, period, spoken)) };
    yield bytes(`${n('sheet')}.pdf`, sheetPdf(ctx, organization, sheet, spoken, at));
    yield { name: `${n('sheet')}.csv`, open: () => csvLines(each(breaksTable(sheet))) };
    yield* prints();
    yield { name: `${n('notes')}.csv`, open: () => csvLines(noteRows()) };
    const manifest = { organization: organization.name, ...period, madeAt: at.toISOString(), files: fingerprints };
    yield text('manifest.json', `${JSON.stringify(manifest, null, 1)}\n`);
  }

  /** Two series may give documents of one name. A PDF that cannot be made is a note, not the end of the pack. */
  async function* prints(): AsyncGenerator<ZipEntry> {
    const taken = new Set<string>();
    for await (const { id, number } of documents()) {
      let pdf: Awaited<ReturnType<typeof documentPdf>>;
      try {
        pdf = await documentPdf(ctx, render, organizationId, id);
      } catch (error) {
        ctx.log('error', 'a document of the pack was not printed', { documentId: id, message: (error as Error).message });
      }
      if (!pdf) {
        notes.push({ file: 'PDF', finding: { ...warning('W_BOOKS_NO_PDF', 'number', { number }), documentId: id, number } });
        continue;
      }
      const name = taken.has(pdf.name) ? pdf.name.replace(/\.pdf$/, ` ${id.slice(-6)}.pdf`) : pdf.name;
      taken.add(name);
      yield { ...bytes(`pdf/${name}`, pdf.bytes), compress: false };
    }
  }

  async function* noteRows(): AsyncGenerator<string[]> {
    yield noteHeads[spoken];
    for (const { file, finding } of notes) {
      const said = explain(ctx, finding as Finding, spoken);
      yield [finding.number ?? '', file, finding.code, said.text, said.remedy];
    }
  }

  const folder = `${n('folder')}-${period.from}-${period.to}`;
  return { name: `${folder}.zip`, bytes: zipStream(fingerprinted(entries(), folder, fingerprints), at) };
}

async function* each<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

function bytes(name: string, content: Uint8Array): ZipEntry {
  return {
    name,
    async *open() {
      yield content;
    },
  };
}

function text(name: string, content: string): ZipEntry {
  return bytes(name, Buffer.from(content));
}

/** Every file lies in one folder, and is known by its fingerprint once it has passed. */
async function* fingerprinted(
  entries: AsyncIterable<ZipEntry>,
  folder: string,
  known: { name: string; sha256: string; sizeBytes: number }[],
): AsyncGenerator<ZipEntry> {
  for await (const entry of entries) {
    yield {
      ...entry,
      name: `${folder}/${entry.name}`,
      async *open() {
        const hash = createHash('sha256');
        let sizeBytes = 0;
        for await (const piece of entry.open()) {
          hash.update(piece);
          sizeBytes += piece.length;
          yield piece;
        }
        known.push({ name: entry.name, sha256: hash.digest('hex'), sizeBytes });
      },
    };
  }
}
