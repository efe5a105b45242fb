import type { Texts } from '../contract/manifest.ts';
import { typesetters } from '../delivery/index.ts';
import { explain } from '../diagnosis/index.ts';
import type { Language } from '../domain/documents/document.ts';
import { printableText } from '../domain/documents/index.ts';
import type { Context } from '../jobs/index.ts';
import { type Completeness, isComplete } from './completeness.ts';

/** The completeness sheet on paper: for the binder, and for whoever asks for the proof. */
const words = {
  title: { pl: 'Arkusz kompletności', en: 'Completeness sheet', hu: 'Teljességi lap', sv: 'Fullständighetsblad' },
  orders: { pl: 'Zamówienia', en: 'Orders', hu: 'Rendelések', sv: 'Ordrar' },
  withoutNeed: {
    pl: 'w tym bez potrzeby dokumentu',
    en: 'of these needing no document',
    hu: 'ebből bizonylatot nem igényel',
    sv: 'varav utan behov av dokument',
  },
  documents: { pl: 'Wystawione dokumenty', en: 'Documents issued', hu: 'Kiállított bizonylatok', sv: 'Utfärdade dokument' },
  breaks: { pl: 'Braki', en: 'Breaks', hu: 'Hiányok', sv: 'Brister' },
  audit: { pl: 'Wpisy w rejestrze zdarzeń', en: 'Entries of the audit trail', hu: 'Naplóbejegyzések', sv: 'Poster i händelseloggen' },
  broken: {
    pl: 'łańcuch przerwany przy wpisie {at}',
    en: 'chain broken at entry {at}',
    hu: 'a lánc megszakad: {at}. bejegyzés',
    sv: 'kedjan bruten vid post {at}',
  },
  complete: {
    pl: 'Niczego nie brakuje: każda sprzedaż ma dokument, każdy dokument dotarł, żaden numer nie zginął.',
    en: 'Nothing is missing: every sale has its document, every document arrived, no number is lost.',
    hu: 'Semmi sem hiányzik: minden eladásnak van bizonylata, minden bizonylat célba ért, egy szám sem veszett el.',
    sv: 'Inget saknas: varje försäljning har sitt dokument, varje dokument kom fram och inget nummer är borta.',
  },
  gap: { pl: 'Luka w numeracji', en: 'Gap in numbers', hu: 'Hiány a számozásban', sv: 'Lucka i nummer' },
  order: { pl: 'Zamówienie', en: 'Order', hu: 'Rendelés', sv: 'Order' },
  document: { pl: 'Dokument', en: 'Document', hu: 'Bizonylat', sv: 'Dokument' },
  day: { pl: 'Dzień', en: 'Day', hu: 'Nap', sv: 'Dag' },
  buyer: { pl: 'Nabywca', en: 'Buyer', hu: 'Vevő', sv: 'Köpare' },
  gross: { pl: 'Brutto', en: 'Gross', hu: 'Bruttó', sv: 'Brutto' },
  why: { pl: 'Przyczyna', en: 'Cause', hu: 'Ok', sv: 'Orsak' },
  more: {
    pl: 'Jest ich więcej, niż tu wymieniono.',
    en: 'There are more than are listed here.',
    hu: 'Több van, mint amennyi itt szerepel.',
    sv: 'Det finns fler än de som står här.',
  },
} satisfies Record<string, Texts>;

/** Values come as data and are set as plain text, so nothing in a buyer's name is read as markup. */
const template = `
#let d = json(bytes(sys.inputs.data))
#set page(paper: "a4", flipped: true, margin: 1.6cm, numbering: "1 / 1")
#set text(font: d.fonts, size: 8.5pt, lang: d.language)
#set document(title: d.title)
#text(size: 15pt, weight: 700, d.title)
#linebreak()
#text(fill: luma(90), d.subtitle)
#v(.6em)
#table(columns: 2, stroke: none, inset: (x: 0pt, y: 2.5pt), column-gutter: 1.5em, ..d.facts.flatten().map(t => text(t)))
#v(.4em)
#for note in d.notes { block(text(weight: 500, note)) }
#if d.rows.len() > 0 {
  table(
    columns: (auto, auto, auto, 1fr, auto, 2fr),
    stroke: (x, y) => (bottom: .4pt + luma(190)),
    inset: (x: 4pt, y: 4pt),
    align: (x, y) => if x == 4 { right } else { left },
    table.header(..d.head.map(t => text(weight: 700, t))),
    ..d.rows.flatten().map(t => text(t)),
  )
}
`;

/** Breaks that fit on paper somebody would still read; the table has them all. */
const printedBreaks = 500;

export function sheetPdf(
  ctx: Pick<Context, 'connectors'>,
  organization: { name: string },
  sheet: Completeness,
  language: Language,
  madeAt: Date,
): Uint8Array {
  const t = (key: keyof typeof words) => words[key][language];
  const breaks = sheet.breaks.slice(0, printedBreaks);
  const data = {
    language,
    title: `${t('title')} ${sheet.from} – ${sheet.to}`,
    subtitle: `${organization.name} · ${madeAt.toISOString()}`,
    facts: [
      [t('orders'), `${sheet.orders} (${t('withoutNeed')}: ${sheet.ordersWithoutNeed})`],
      [t('documents'), String(sheet.documents)],
      [t('breaks'), `${sheet.breaks.length}${sheet.more ? '+' : ''}`],
      [t('audit'), sheet.audit.brokenAt === undefined ? sheet.audit.entries : t('broken').replace('{at}', sheet.audit.brokenAt)],
    ],
    notes: [
      ...(isComplete(sheet) ? [t('complete')] : []),
      ...sheet.gaps.map((gap) => `${t('gap')}: ${gap.series} ${gap.period}, ${gap.from}–${gap.to}`),
      ...(sheet.more || sheet.breaks.length > printedBreaks ? [t('more')] : []),
    ],
    head: [t('order'), t('day'), t('document'), t('buyer'), t('gross'), t('why')],
    rows: breaks.map((b) => [
      b.orderNumber ?? '',
      b.day,
      b.documentNumber ?? '',
      b.buyer,
      `${b.gross} ${b.currency}`,
      [{ code: b.code }, ...b.causes].map((c) => explain(ctx, c, language).text).join(' '),
    ]),
  };
  const text = JSON.stringify(data, (_key, value) => (typeof value === 'string' ? printableText(value) : value));
  const { compiler, fonts } = typesetters()(text);
  return compiler.pdf({ mainFileContent: template, inputs: { data: JSON.stringify({ ...JSON.parse(text), fonts }) } });
}
