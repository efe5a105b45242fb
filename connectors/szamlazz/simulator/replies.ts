import { writeXml, type XmlNode, x } from '../../../src/contract/wire/xml.ts';
import { type Hundredths, plain, withComma } from './amounts.ts';
import type { AgentError } from './errors.ts';
import { type Document, outstandingOf } from './state.ts';

/** One HTTP answer of the Agent; `headers` holds only the `szlahu_` ones. */
export type Reply = { status: number; type: string; headers: Record<string, string>; body: string | Buffer };

const xmlType = 'application/xml;charset=UTF-8';
const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

export function xmlReply(root: string, headers: Record<string, string>, ...children: XmlNode[]): Reply {
  const element = x(root, { xmlns: `http://www.szamlazz.hu/${root}`, 'xmlns:xsi': schemaInstance }, ...children);
  return { status: 200, type: xmlType, headers, body: writeXml(element) };
}

export function htmlReply(status: number, title: string, headers: Record<string, string> = {}): Reply {
  return {
    status,
    type: 'text/html;charset=UTF-8',
    headers,
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

/** As Java's URLEncoder writes header values: `+` for a space. */
function urlEncoded(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

/** Base64 broken into lines of 76 characters, as the provider sends it. */
export function brokenBase64(content: Buffer): string {
  return content.toString('base64').replace(/.{76}(?=.)/g, '$&\n');
}

/** How an action tells its answer (contract section 3, "Where the verdict is"). */
export type Channel = {
  errorRoot: string;
  errorsInHeaders: boolean;
  /** Answers in version 1 (text or PDF) unless version 2 is asked for. */
  versioned: boolean;
};

export function errorReply(error: AgentError, channel: Channel, version: 1 | 2): Reply {
  const headers: Record<string, string> = channel.errorsInHeaders
    ? { szlahu_error: urlEncoded(error.message), szlahu_error_code: error.code }
    : {};
  if (channel.versioned && version === 1) {
    const body = `[ERR] ${error.message} ---------- t.getMessage(): ${error.message} ---------- [MODUL:SZAMLAZZGUI]`;
    return { status: 200, type: 'text/plain;charset=UTF-8', headers, body };
  }
  if (channel.errorRoot === 'QueryTaxpayerResponse') return taxpayerError(error);
  const quoted = channel.errorRoot === 'xmlszamlavalasz';
  return xmlReply(
    channel.errorRoot,
    headers,
    x('sikeres', null, 'false'),
    x('hibakod', null, quoted ? { cdata: error.code } : error.code),
    x('hibauzenet', null, quoted || channel.errorRoot === 'xmlszamladbkdelvalasz' ? { cdata: error.message } : error.message),
  );
}

export const taxpayerNamespaces = {
  xmlns: 'http://schemas.nav.gov.hu/OSA/3.0/api',
  'xmlns:ns2': 'http://schemas.nav.gov.hu/NTCA/1.0/common',
};

function taxpayerError(error: AgentError): Reply {
  const result = x(
    'ns2:result',
    null,
    x('ns2:funcCode', null, 'ERROR'),
    x('ns2:errorCode', null, error.code),
    x('ns2:message', null, error.message),
  );
  return { status: 200, type: xmlType, headers: {}, body: writeXml(x('QueryTaxpayerResponse', taxpayerNamespaces, result)) };
}

function buyerPage(base: string, document: Document): string {
  return `${base}/szamla/?page=vevoifiokpay&partguid=${document.token.slice(0, 12)}&szfejguid=${document.token.slice(12)}`;
}

/** What a `xmlszamlavalasz` of success carries, for every action that answers with one. */
type DocumentAnswer = {
  document: Document;
  pdf: Buffer | undefined;
  base: string;
  version: 1 | 2;
  /** Only number, open amount and payment method stand in the headers of a credit entry. */
  creditEntry?: boolean;
  /** Issued, but the mail failed (56): the number and the code come together. */
  warning?: { error: AgentError; sikeres: boolean };
};

export function documentReply(answer: DocumentAnswer): Reply {
  const { document, pdf, base, version, warning } = answer;
  const headers = { ...(answer.creditEntry ? creditHeaders(document) : documentHeaders(document, base)), ...warningHeaders(warning) };
  if (version === 1) return versionOne(answer, headers);
  return xmlReply(
    'xmlszamlavalasz',
    headers,
    x('sikeres', null, String(warning?.sikeres ?? true)),
    warning ? x('hibakod', null, { cdata: warning.error.code }) : undefined,
    warning ? x('hibauzenet', null, { cdata: warning.error.message }) : undefined,
    x('szamlaszam', null, document.number),
    ...totals(document),
    x('kintlevoseg', null, plain(outstandingOf(document))),
    x('vevoifiokurl', null, { cdata: buyerPage(base, document) }),
    pdf ? x('pdf', null, brokenBase64(pdf)) : undefined,
  );
}

function versionOne(answer: DocumentAnswer, headers: Record<string, string>): Reply {
  if (answer.pdf) return { status: 200, type: 'application/pdf', headers, body: answer.pdf };
  const body = answer.creditEntry ? 'xmlagentresponse=DONE' : `xmlagentresponse=DONE;${answer.document.number}`;
  return { status: 200, type: 'text/plain;charset=UTF-8', headers, body };
}

export function previewReply(preview: Pick<Document, 'net' | 'gross'>, pdf: Buffer, version: 1 | 2): Reply {
  if (version === 1) return { status: 200, type: 'application/pdf', headers: {}, body: pdf };
  return xmlReply('xmlszamlavalasz', {}, x('sikeres', null, 'true'), ...totals(preview), x('pdf', null, brokenBase64(pdf)));
}

function totals({ net, gross }: { net: Hundredths; gross: Hundredths }): XmlNode[] {
  return [x('szamlanetto', null, plain(net)), x('szamlabrutto', null, plain(gross))];
}

function documentHeaders(document: Document, base: string): Record<string, string> {
  return {
    szlahu_szamlaszam: urlEncoded(document.number),
    szlahu_id: String(document.id),
    szlahu_nettovegosszeg: withComma(document.net),
    szlahu_bruttovegosszeg: withComma(document.gross),
    szlahu_kintlevoseg: withComma(outstandingOf(document)),
    szlahu_vevoifiokurl: urlEncoded(buyerPage(base, document)),
  };
}

function creditHeaders(document: Document): Record<string, string> {
  return {
    szlahu_szamlaszam: urlEncoded(document.number),
    szlahu_kintlevoseg: withComma(outstandingOf(document)),
    szlahu_fizetesmod: urlEncoded(document.paymentMethod),
  };
}

function warningHeaders(warning: DocumentAnswer['warning']): Record<string, string> {
  return warning ? { szlahu_error: urlEncoded(warning.error.message), szlahu_error_code: warning.error.code } : {};
}

/** The malformed body of the provider's own examples: the link stands bare, ampersands unescaped. */
export function withBareAmpersand(reply: Reply): Reply {
  if (typeof reply.body !== 'string') return reply;
  return { ...reply, body: reply.body.replace(/<vevoifiokurl><!\[CDATA\[(.*?)\]\]><\/vevoifiokurl>/, '<vevoifiokurl>$1</vevoifiokurl>') };
}
