import { createHash } from 'node:crypto';
import type { ConnectionContext } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedText, plain, reasonOf } from '../../src/contract/wire/answer.ts';
import { readXml, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { escapeText, writeXml, type XmlElement, x } from '../../src/contract/wire/xml.ts';
import { cut } from '../../src/domain/cut.ts';

/**
 * The wire of the Számla Agent and nothing else: one address, the action in the name of a multipart file part, the verdict
 * read in the provider's order (down header, error header, HTTP status, body). What an answer means is the mapper's business.
 */
export const timeoutMs = 60_000;
const answerLimitBytes = 40 * 1024 * 1024;
/** The provider's session lapses after 90 idle minutes; we stop using it a little earlier. */
const cookieIdleMs = 85 * 60_000;
const cookieRefreshMs = 10 * 60_000;

type ActionFacts = { field: string; root: string; folder: string; answers: string[] };

export const actions = {
  create: { field: 'action-xmlagentxmlfile', root: 'xmlszamla', folder: 'agent', answers: ['xmlszamlavalasz'] },
  storno: { field: 'action-szamla_agent_st', root: 'xmlszamlast', folder: 'agentst', answers: ['xmlszamlavalasz'] },
  pay: { field: 'action-szamla_agent_kifiz', root: 'xmlszamlakifiz', folder: 'agentkifiz', answers: ['xmlszamlavalasz'] },
  pdf: { field: 'action-szamla_agent_pdf', root: 'xmlszamlapdf', folder: 'agentpdf', answers: ['xmlszamlavalasz'] },
  query: { field: 'action-szamla_agent_xml', root: 'xmlszamlaxml', folder: 'agentxml', answers: ['szamla', 'xmlszamlavalasz'] },
  deleteProforma: {
    field: 'action-szamla_agent_dijbekero_torlese',
    root: 'xmlszamladbkdel',
    folder: 'dijbekerodel',
    answers: ['xmlszamladbkdelvalasz'],
  },
  receiptCreate: {
    field: 'action-szamla_agent_nyugta_create',
    root: 'xmlnyugtacreate',
    folder: 'nyugtacreate',
    answers: ['xmlnyugtavalasz'],
  },
  receiptStorno: { field: 'action-szamla_agent_nyugta_storno', root: 'xmlnyugtast', folder: 'nyugtast', answers: ['xmlnyugtavalasz'] },
  receiptGet: { field: 'action-szamla_agent_nyugta_get', root: 'xmlnyugtaget', folder: 'nyugtaget', answers: ['xmlnyugtavalasz'] },
  receiptSend: { field: 'action-szamla_agent_nyugta_send', root: 'xmlnyugtasend', folder: 'nyugtasend', answers: ['xmlnyugtasendvalasz'] },
  taxpayer: { field: 'action-szamla_agent_taxpayer', root: 'xmltaxpayer', folder: 'taxpayer', answers: ['QueryTaxpayerResponse'] },
} satisfies Record<string, ActionFacts>;
export type Action = keyof typeof actions;
/** Everything is a POST here; these change nothing. */
const asking = new Set<Action>(['pdf', 'query', 'receiptGet', 'taxpayer']);

/** Facts that travel beside the body; decimals may come with a comma. */
export type AnswerHeaders = { number?: string; net?: string; gross?: string; open?: string; url?: string; id?: string };

export type Reply =
  | { verdict: 'done'; tree: XmlTree; headers: AnswerHeaders }
  | { verdict: 'failed'; code: string; message: string; number?: string; tree?: XmlTree; headers: AnswerHeaders }
  | { verdict: 'unclear'; why: 'no-answer' | 'down' | 'page'; text: string };

export type Client = { call(action: Action, children: XmlElement[]): Promise<Reply>; keyMark: string };

/** Where the agent key goes in a request; the client fills it in, so that neither mapper nor records ever hold it. */
export const agentKeyElement: XmlElement = x('szamlaagentkulcs');
const emptyKey = '<szamlaagentkulcs/>';

export function openClient(context: Pick<ConnectionContext, 'baseUrl' | 'fetch' | 'now' | 'memory' | 'exchange' | 'secrets'>): Client {
  const key = context.secrets.agentKey?.reveal().trim() ?? '';
  const keyMark = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const address = agentAddress(context.baseUrl);
  const jar = cookieJar(context, `cookie:${keyMark}`);

  async function call(action: Action, children: XmlElement[]): Promise<Reply> {
    const facts = actions[action];
    const clean = requestXml(facts, children);
    const body = multipart(
      facts.field,
      clean.replace(emptyKey, () => `<szamlaagentkulcs>${escapeText(key)}</szamlaagentkulcs>`),
    );
    const started = context.now();
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb: facts.field,
        request: withoutPrivate(clean),
        response: cut(hideKey(withoutPrivate(response), key), 20_000),
        status,
        tookMs: context.now().getTime() - started.getTime(),
      });
    try {
      const response = await context.fetch(address, {
        method: 'POST',
        headers: { 'content-type': `multipart/form-data; boundary=${body.boundary}`, ...jar.header() },
        body: body.bytes,
        redirect: 'manual',
        timeoutMs,
        asks: asking.has(action),
      });
      jar.keep(response.headers.getSetCookie());
      const text = await limitedText(response, answerLimitBytes);
      record(`${errorHeaders(response.headers)}${text}`, response.status);
      return verdictOf(facts, response.status, response.headers, text);
    } catch (error) {
      if (error instanceof QuotaWait) throw error;
      const text = hideKey(reasonOf(error), key);
      record(text);
      return { verdict: 'unclear', why: 'no-answer', text };
    }
  }
  return { call, keyMark };
}

/** The agent listens under /szamla/; a base URL with a path of its own is taken as it is. */
function agentAddress(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.pathname === '/') url.pathname = '/szamla/';
  return url.href;
}

export function requestXml(facts: ActionFacts, children: XmlElement[]): string {
  const namespace = `http://www.szamlazz.hu/${facts.root}`;
  const schema = `https://www.szamlazz.hu/szamla/docs/xsds/${facts.folder}/${facts.root}.xsd`;
  const attributes = {
    xmlns: namespace,
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    'xsi:schemaLocation': `${namespace} ${schema}`,
  };
  return writeXml(x(facts.root, attributes, ...children));
}

/** The XML must be a file part whose field name is the action; as a plain field it is refused with 53. */
export function multipart(field: string, xml: string): { boundary: string; bytes: Uint8Array<ArrayBuffer> } {
  const boundary = `fakturist${createHash('sha256').update(xml).digest('hex').slice(0, 24)}`;
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${field}"; filename="request.xml"`,
    'Content-Type: text/xml; charset=UTF-8',
    '',
    '',
  ].join('\r\n');
  return { boundary, bytes: new TextEncoder().encode(`${head}${xml}\r\n--${boundary}--\r\n`) };
}

export function verdictOf(facts: ActionFacts, status: number, headers: Headers, text: string): Reply {
  const down = headers.get('szlahu_down')?.trim();
  if (down) return { verdict: 'unclear', why: 'down', text: plain(text, 300) };
  const answer = answerHeaders(headers);
  const code = headers.get('szlahu_error_code')?.trim();
  const message = urlDecoded(headers.get('szlahu_error') ?? undefined);
  if (code || message) return { verdict: 'failed', code: code ?? '', message: message ?? '', number: answer.number, headers: answer };
  if (status !== 200) return { verdict: 'unclear', why: 'page', text: `HTTP ${status} ${plain(text, 300)}`.trim() };
  const tree = recognised(facts, text);
  if (!tree) return { verdict: 'unclear', why: 'page', text: plain(text, 300) };
  const success = textAt(tree, 'sikeres');
  // Document data and taxpayer answers have no such field: being there is the success.
  if (success === undefined && (tree.name === 'szamla' || tree.name === 'QueryTaxpayerResponse'))
    return { verdict: 'done', tree, headers: answer };
  if (success === 'true' || success === '1') return { verdict: 'done', tree, headers: answer };
  if (success !== 'false' && success !== '0') return { verdict: 'unclear', why: 'page', text: plain(text, 300) };
  return {
    verdict: 'failed',
    code: textAt(tree, 'hibakod') ?? '',
    message: textAt(tree, 'hibauzenet') ?? '',
    number: textAt(tree, 'szamlaszam') ?? answer.number,
    tree,
    headers: answer,
  };
}

/** Root and namespace must be the expected ones; old answers carry no namespace at all. The taxpayer answer is the authority's own. */
function recognised(facts: ActionFacts, text: string): XmlTree | undefined {
  const tree = readLeniently(text);
  if (!tree || !facts.answers.includes(tree.name)) return undefined;
  const ours = tree.uri === '' || tree.uri === `http://www.szamlazz.hu/${tree.name}`;
  return ours || facts.root === 'xmltaxpayer' ? tree : undefined;
}

function readLeniently(text: string): XmlTree | undefined {
  for (const candidate of [text, repairAmpersands(text)]) {
    try {
      return readXml(candidate.trimStart(), answerLimitBytes);
    } catch {
      // Not readable as it stands: the second candidate has its bare ampersands escaped.
    }
  }
  return undefined;
}

/** Answers have been seen with a bare `&` inside the buyer's link. CDATA sections stay as they are. */
export function repairAmpersands(text: string): string {
  const repaired = (part: string) => part.replace(/&(?!(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);)/g, '&amp;');
  let made = '';
  for (let at = 0; ; ) {
    const from = text.indexOf('<![CDATA[', at);
    const end = from < 0 ? -1 : text.indexOf(']]>', from);
    if (end < 0) return made + repaired(text.slice(at));
    made += repaired(text.slice(at, from)) + text.slice(from, end);
    at = end;
  }
}

function answerHeaders(headers: Headers): AnswerHeaders {
  const decoded = (name: string) => urlDecoded(headers.get(name)?.trim() || undefined);
  return {
    number: decoded('szlahu_szamlaszam'),
    net: headers.get('szlahu_nettovegosszeg')?.trim(),
    gross: headers.get('szlahu_bruttovegosszeg')?.trim(),
    open: headers.get('szlahu_kintlevoseg')?.trim(),
    url: decoded('szlahu_vevoifiokurl'),
    id: headers.get('szlahu_id')?.trim(),
  };
}

function urlDecoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function errorHeaders(headers: Headers): string {
  const lines = ['szlahu_down', 'szlahu_error_code', 'szlahu_error', 'szlahu_szamlaszam', 'szlahu_id'].flatMap((name) => {
    const value = urlDecoded(headers.get(name) ?? undefined);
    return value ? [`${name}: ${value}\n`] : [];
  });
  return lines.join('');
}

const shownInBuyer = new Set(['orszag', 'adoalany', 'sendEmail', 'lokacio', 'privatePersonIndicator']);

/** Of a copy no more than a part is kept; a whole answer, which may be as large as a PDF or hostile, is not searched for what is in it. */
const searchedChars = 200_000;

/** Copies for the case file: who bought stays out, the buyer's link (which opens the document) and the PDF too. */
export function withoutPrivate(xml: string): string {
  const texts = inside(xml, ['pdf', 'nyugtaPdf'], (value) => (value.length < 8 ? value : `${value.length} characters`));
  const nobody = inside(texts.slice(0, searchedChars), ['vevo', 'emailKuldes'], withoutValues);
  return inside(nobody, ['email', 'emailReplyto', 'vevoifiokurl', 'szamlaagentkulcs', 'jelszo'], (value) => (value === '' ? value : '***'));
}

/** Every value of a block, whole or cut off, read once from its beginning to its end. */
function withoutValues(block: string): string {
  let name = '';
  return block.replace(/<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<[^<>]*>|<[\w/.:-]*$|<|[^<]+/g, (piece) => {
    const isTag = piece.startsWith('<') && !piece.startsWith('<![CDATA[');
    if (isTag) name = /^<([\w.-]+)/.exec(piece)?.[1] ?? '';
    return isTag || piece.trim() === '' || shownInBuyer.has(name) ? piece : '***';
  });
}

/** Mends what stands inside elements of these names; one that does not end goes to the end of the text. */
function inside(xml: string, names: string[], mend: (text: string) => string): string {
  let text = xml;
  for (const name of names) {
    const parts = text.split(`<${name}>`);
    const mended = parts.slice(1).map((part) => {
      const end = part.indexOf(`</${name}>`);
      return end < 0 ? mend(part) : mend(part.slice(0, end)) + part.slice(end);
    });
    text = [parts[0], ...mended].join(`<${name}>`);
  }
  return text;
}

function hideKey(text: string, key: string): string {
  return key.length < 8 ? text : text.replaceAll(key, '***');
}

/** One jar per key: a session opened with another key acts on the wrong account. */
function cookieJar(context: Pick<ConnectionContext, 'memory' | 'now'>, name: string) {
  const read = () => {
    const [value, at] = (context.memory.get(name) ?? '').split('|');
    return value ? { value, at: Number(at) } : undefined;
  };
  const write = (value: string) => context.memory.set(name, `${value}|${context.now().getTime()}`);
  return {
    header(): Record<string, string> {
      const kept = read();
      if (!kept || Math.abs(context.now().getTime() - kept.at) > cookieIdleMs) return {};
      if (context.now().getTime() - kept.at > cookieRefreshMs) write(kept.value);
      return { cookie: `JSESSIONID=${kept.value}` };
    },
    keep(setCookies: string[]): void {
      for (const line of setCookies) {
        const value = /^JSESSIONID=([\w.!-]{1,200})/.exec(line)?.[1];
        if (value && value !== read()?.value) write(value);
      }
    },
  };
}
