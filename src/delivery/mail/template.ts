import { Drop, Liquid, type Template } from 'liquidjs';
import { cut } from '../../domain/cut.ts';
import type { DocumentContent, IssuedFacts } from '../../domain/documents/document.ts';
import type { Finding } from '../../domain/finding.ts';
import { type MessageExtras, type VariableValue, variables } from './variables.ts';

/**
 * Messages written by sellers: Liquid text with the variables of `variables.ts` and nothing else. Only conditions are
 * allowed as tags, so a template cannot loop, read a file or grow. Everything wrong is found by `check` before a mail exists.
 */
export type MessageTemplate = { subject: string; body: string };
type RenderedMessage = {
  subject: string;
  text: string;
  html: string;
  /** Variables that stood in the message and have no value in this document: the preview shows them. */
  empty: string[];
};
type Rendering = { ok: true; message: RenderedMessage } | { ok: false; findings: Finding[] };

const subjectLimit = 250;
const templateLimit = 20_000;
const allowedTags = new Set(['if', 'unless', 'case', 'comment', '#']);
const allowedFilters = new Set(
  'default upcase downcase capitalize strip squish truncate truncatewords append prepend replace remove'.split(' '),
);

/** Private-use characters mark where a value begins and ends, so that links are made of the template's text and of link values only. */
const valueStart = '\ue000';
const linkStart = '\ue001';
const valueEnd = '\ue002';
const marks = /[\ue000-\ue002]/g;
/** Control characters except tab and line breaks: nobody types them, and headers must not carry them. */
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A known variable without a value: false in conditions, empty in text, and remembered. */
class Missing extends Drop {
  readonly note: () => void;
  constructor(note: () => void) {
    super();
    this.note = note;
  }
  override valueOf(): null {
    return null;
  }
}

class Link extends Drop {
  readonly href: string;
  constructor(href: string) {
    super();
    this.href = href;
  }
  override valueOf(): string {
    return this.href;
  }
}

const engine = new Liquid({
  ownPropertyOnly: true,
  strictVariables: true,
  strictFilters: true,
  jsTruthy: true,
  templates: {},
  parseLimit: templateLimit,
  renderLimit: 500,
  memoryLimit: 1e7,
  outputEscape: (value: unknown) => {
    if (value instanceof Missing) {
      value.note();
      return '';
    }
    if (value instanceof Link) return linkStart + value.href + valueEnd;
    return valueStart + oneLine(String(value ?? '')) + valueEnd;
  },
});
for (const tag of Object.keys(engine.tags)) if (!allowedTags.has(tag)) delete engine.tags[tag];
for (const filter of Object.keys(engine.filters)) if (!allowedFilters.has(filter)) delete engine.filters[filter];

const known = new Set(variables.map((variable) => variable.name));

function oneLine(text: string): string {
  return text
    .replace(marks, '')
    .replace(/[ \t\r\n\v\f\u2028\u2029]+/g, ' ')
    .replace(controls, '')
    .trim();
}

/** Everything wrong with a message, with its place: unknown variables, syntax, size. Empty means it can be sent. */
export function check(template: MessageTemplate): Finding[] {
  const empty: Finding[] = template.subject.trim() === '' ? [finding('E_MESSAGE_EMPTY_SUBJECT', 'subject')] : [];
  if (template.body.trim() === '') empty.push(finding('E_MESSAGE_EMPTY_BODY', 'body'));
  return [...empty, ...checkText(template.subject, 'subject', 1000), ...checkText(template.body, 'body', templateLimit)];
}

/** Thousands of mails are made of one text: what was read of it and found in it is remembered. */
const rememberedTexts = 200;
const parsed = new Map<string, Template[]>();
const checked = new Map<string, Finding[]>();

function remembered<T>(known: Map<string, T>, text: string, make: () => T): T {
  const value = known.get(text) ?? make();
  if (known.size >= rememberedTexts && !known.has(text)) known.delete(known.keys().next().value!);
  known.set(text, value);
  return value;
}

function parse(text: string): Template[] {
  return remembered(parsed, text, () => engine.parse(withOwnNames(text)));
}

function checkText(text: string, where: 'subject' | 'body', limit: number): Finding[] {
  // Copies: whoever gets them may add to them.
  return structuredClone(remembered(checked, `${where} ${text}`, () => findIn(text, where, limit)));
}

function findIn(text: string, where: 'subject' | 'body', limit: number): Finding[] {
  if (text.length > limit) return [finding('E_MESSAGE_TOO_LONG', where, { limit: String(limit) })];
  const brackets = unknownBrackets(text, where);
  try {
    const found = engine.analyzeSync(parse(text), { partials: false });
    const unknown = Object.values(found.variables)
      .flat()
      .filter((variable) => !known.has(variable.toString()))
      .map((variable) => unknownVariable(where, variable.toString(), variable.location.row, variable.location.col));
    return [...brackets, ...unknown];
  } catch (error) {
    return [...brackets, syntaxFinding(error, where)];
  }
}

/** Names the place and the words that are wrong; the engine's own sentence would be in one language only. */
function syntaxFinding(error: unknown, where: string): Finding {
  const { message, token } = error as { message: string; token?: { getPosition(): [number, number]; getText(): string } };
  const [line, column] = token?.getPosition() ?? [1, 1];
  const reason = cut((token?.getText() ?? message).split('\n', 1)[0]!, 80);
  return finding('E_MESSAGE_SYNTAX', where, { line: String(line), column: String(column), reason });
}

function unknownVariable(where: string, name: string, line: number, column: number): Finding {
  const suggestion = closest(name);
  return finding('E_MESSAGE_VARIABLE', where, {
    name: cut(name, 100),
    line: String(line),
    column: String(column),
    ...(suggestion ? { suggestion } : {}),
  });
}

function finding(code: string, where: string, params?: Record<string, string>): Finding {
  return { code, level: 'reject', where, params };
}

/** The known name nearest to a mistyped one, within three edits. */
function closest(name: string): string | undefined {
  const ranked = [...known]
    .map((candidate) => ({ candidate, edits: editDistance(name.slice(0, 60), candidate) }))
    .sort((a, b) => a.edits - b.edits);
  return ranked[0] && ranked[0].edits <= 3 ? ranked[0].candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Names of the triple-bracket syntax (contract allegro §2) and ours. Both may stand in a message; what is imported becomes ours. */
const bracketNames: Record<string, string> = {
  sprzedawca: 'seller.shortName',
  sprzedawca_nazwa: 'seller.name',
  sprzedawca_nip: 'seller.taxId',
  sprzedawca_ulica: 'seller.street',
  sprzedawca_miasto: 'seller.city',
  sprzedawca_kod: 'seller.postalCode',
  sprzedawca_email: 'seller.email',
  sprzedawca_telefon: 'seller.phone',
  sprzedawca_www: 'seller.website',
  nabywca: 'buyer.shortName',
  nabywca_nazwa: 'buyer.name',
  nabywca_nip: 'buyer.taxId',
  nabywca_ulica: 'buyer.street',
  nabywca_miasto: 'buyer.city',
  nabywca_kod: 'buyer.postalCode',
  nabywca_email: 'buyer.email',
  nabywca_telefon: 'buyer.phone',
  rodzaj: 'document.kind',
  numer: 'document.number',
  nr: 'document.number',
  waluta: 'document.currency',
  oznaczenie: 'document.copy',
  miejsce: 'document.place',
  data_w: 'document.issueDate',
  data_w_iso: 'document.issueDateIso',
  data_s: 'document.saleDate',
  data_s_iso: 'document.saleDateIso',
  termin: 'document.dueDate',
  termin_iso: 'document.dueDateIso',
  data_p: 'document.dueDate',
  data_p_iso: 'document.dueDateIso',
  netto: 'document.net',
  vat: 'document.tax',
  brutto: 'document.gross',
  kwota: 'document.gross',
  razem: 'document.gross',
  zaplacono: 'document.paid',
  do_zaplaty: 'document.payable',
  platnosc: 'payment.method',
  sposob_platnosci: 'payment.method',
  forma_platnosci: 'payment.method',
  konto: 'payment.account',
  bank: 'payment.bank',
  tytul: 'payment.title',
  tytul_przelewu: 'payment.title',
  zamowienie: 'order.number',
  nr_zamowienia: 'order.number',
  login: 'order.login',
  link: 'link.download',
};

const bracketPattern = /\[\[\[([^[\]]{1,80})\]\]\]/g;

function bracketName(raw: string): string | undefined {
  const plain = raw
    .trim()
    .toLowerCase()
    .replaceAll('ł', 'l')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[\s-]+/g, '_');
  return Object.hasOwn(bracketNames, plain) ? bracketNames[plain] : undefined;
}

function unknownBrackets(text: string, where: string): Finding[] {
  return [...text.matchAll(bracketPattern)]
    .filter((match) => !bracketName(match[1]!))
    .map((match) => {
      const before = text.slice(0, match.index).split('\n');
      return unknownVariable(where, match[0], before.length, before.at(-1)!.length + 1);
    });
}

function withOwnNames(text: string): string {
  return text.replace(bracketPattern, (whole, raw: string) => {
    const name = bracketName(raw);
    return name ? `{{ ${name} }}` : whole;
  });
}

/** The message for one document. Refuses (with findings) what `check` refuses and a subject that comes out empty. */
export function render(template: MessageTemplate, content: DocumentContent, issued: IssuedFacts, extras: MessageExtras = {}): Rendering {
  const findings = check(template);
  if (findings.length > 0) return { ok: false, findings };
  const empty = new Set<string>();
  const scope = scopeOf(content, issued, extras, empty);
  const subject = renderText(template.subject, scope, 'subject');
  const body = renderText(template.body, scope, 'body');
  if (typeof subject !== 'string') return { ok: false, findings: [subject] };
  if (typeof body !== 'string') return { ok: false, findings: [body] };
  const line = [...oneLine(subject)].slice(0, subjectLimit).join('');
  if (line === '') return { ok: false, findings: [finding('E_MESSAGE_EMPTY_SUBJECT', 'subject')] };
  const marked = body
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const language = extras.language ?? content.language;
  return {
    ok: true,
    message: { subject: line, text: `${marked.replace(marks, '')}\n`, html: htmlOf(marked, language), empty: [...empty] },
  };
}

function renderText(text: string, scope: object, where: 'subject' | 'body'): string | Finding {
  try {
    return (engine.renderSync(parse(text.replace(marks, '').replace(controls, '')), scope) as string) ?? '';
  } catch (error) {
    return syntaxFinding(error, where);
  }
}

function scopeOf(
  content: DocumentContent,
  issued: IssuedFacts,
  extras: MessageExtras,
  empty: Set<string>,
): Record<string, Record<string, unknown>> {
  const source = { content, issued, extras, language: extras.language ?? content.language };
  const scope: Record<string, Record<string, unknown>> = {};
  for (const variable of variables) {
    const [group, field] = variable.name.split('.') as [string, string];
    scope[group] ??= {};
    scope[group][field] = scopeValue(variable.value(source), variable.link, () => empty.add(variable.name));
  }
  return scope;
}

function scopeValue(value: VariableValue, link: boolean | undefined, note: () => void): unknown {
  if (value === undefined || value === '') return new Missing(note);
  if (typeof value === 'boolean') return value;
  return link && webAddress.test(value) ? new Link(value) : value;
}

const webAddress = /^https?:\/\/[^\s"'<>\\]{1,2000}$/i;
/** A link value, an address that begins in the template's own text (values may complete it), or any other value. */
const piecesOfText = /\ue001[^\ue002]*\ue002|https?:\/\/(?:[^\s"'<>\\\ue000-\ue002]|\ue000[^\ue002]*\ue002)+|\ue000[^\ue002]*\ue002/gi;

/** HTML made of the marked text: everything escaped, empty lines part paragraphs, links only where the seller or we put them. */
function htmlOf(marked: string, language: string): string {
  return htmlPage(marked.split('\n\n').map(inline), language);
}

/** A mail as a page of paragraphs, which are HTML already but for the ends of their lines. It names no colours: a reader's dark is dark. */
export function htmlPage(paragraphs: string[], language: string): string {
  return [
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>`,
    '<body style="font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif;font-size:16px;line-height:1.5;max-width:40em">',
    ...paragraphs.map((html) => `<p style="margin:0 0 1em;overflow-wrap:anywhere">${html.replaceAll('\n', '<br>\n')}</p>`),
    '</body></html>\n',
  ].join('\n');
}

function inline(paragraph: string): string {
  let html = '';
  let end = 0;
  for (const match of paragraph.matchAll(piecesOfText)) {
    html += escapeHtml(paragraph.slice(end, match.index)) + pieceHtml(match[0]);
    end = match.index + match[0].length;
  }
  return html + escapeHtml(paragraph.slice(end));
}

function pieceHtml(piece: string): string {
  if (piece.startsWith(valueStart)) return escapeHtml(piece.slice(1, -1));
  if (piece.startsWith(linkStart)) return anchor(piece.slice(1, -1), piece.slice(1, -1));
  const address = piece.replace(/[.,;:!?)]+$/, '');
  const href = address.replace(/\ue000([^\ue002]*)\ue002/g, (_, value: string) => encodeURIComponent(value));
  return anchor(href, address.replace(marks, '')) + escapeHtml(piece.slice(address.length));
}

function anchor(href: string, text: string): string {
  return `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;
}

/** Letters that turn the direction of what follows: a name must not reorder the page around it. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

export function escapeHtml(text: string): string {
  return text
    .replace(turning, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
