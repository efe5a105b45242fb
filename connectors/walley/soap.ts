import type { ConnectionContext } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedText, plain, reasonOf } from '../../src/contract/wire/answer.ts';
import { at, readXml, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { writeXml, type XmlNode, x } from '../../src/contract/wire/xml.ts';
import { cut } from '../../src/domain/cut.ts';
import { masked } from './private.ts';
import type { SoapService, WalleySettings } from './settings.ts';

/**
 * The wire of the SOAP services and nothing else: SOAP 1.1 over POST, header elements for who calls, one root in the body. What an
 * answer means is the mapper's business. Order matters there: what comes out of order is read as if it were absent (contract §2.4).
 */
export const timeoutMs = 30_000;
export const answerLimitBytes = 2_000_000;

export type Service = SoapService | 'InformationService';
export type Operation =
  | 'AddInvoice'
  | 'ActivateInvoice'
  | 'PartActivateInvoice'
  | 'CancelInvoice'
  | 'ReplaceInvoice'
  | 'SendInvoice'
  | 'ExtendDueDate'
  | 'CreditInvoice'
  | 'PartCreditInvoice'
  | 'AdjustInvoice'
  | 'GetInvoiceInformation'
  | 'GetCurrentInvoice'
  | 'GetAccounts';

export type SoapReply =
  | { verdict: 'done'; body: XmlTree }
  | { verdict: 'fault'; code: string; message: string }
  | { verdict: 'unclear'; why: 'no-answer' | 'page' | 'mismatch'; text: string };

type SoapCall = {
  service: Service;
  operation: Operation;
  /** Children of the request root, in schema order, without a prefix. */
  fields: XmlNode[];
  correlationId: string;
  /** Sent on writes: the same key brings the same answer for an hour. */
  idempotencyKey?: string;
  /** Address of the buyer's device, for the operations that want it. */
  clientIp?: string;
  root?: string;
};

type SoapClient = { call(call: SoapCall): Promise<SoapReply> };

const hosts = { production: 'https://ecommerce.collector.se', test: 'https://ecommercetest.collector.se' };
export const defaultBaseUrl = hosts.production;

/** The setting chooses the host until somebody gives another base URL (a simulator). */
export function soapBase(baseUrl: string, settings: WalleySettings): string {
  return !baseUrl || baseUrl === defaultBaseUrl ? hosts[settings.environment] : baseUrl.replace(/\/+$/, '');
}

const paths: Partial<Record<Service, string>> = { PaymentServiceV9: 'PaymentServicev9' };

function namespaceOf(service: Service): string {
  const contract = service === 'InformationService' ? service : service.startsWith('Payment') ? 'PaymentService' : 'InvoiceService';
  return `http://schemas.ecommerce.collector.se/v30/${contract}`;
}

function actionOf(service: Service, operation: Operation, override = ''): string {
  const face = service === 'InformationService' ? 'IInformationService' : override || `I${service}`;
  return `${namespaceOf(service)}/${face}/${operation}`;
}

/** The message without the password, which the client puts in at the very end. */
export function envelope(call: SoapCall, username: string): string {
  const prefix = call.service === 'InformationService' ? 'inf' : call.service.startsWith('Payment') ? 'pay' : 'inv';
  const own = (node: XmlNode): XmlNode =>
    Array.isArray(node)
      ? node.map(own)
      : node && typeof node === 'object' && 'name' in node
        ? { ...node, name: `${prefix}:${node.name}`, children: node.children.map(own) }
        : node;
  const header = [
    ...(call.clientIp ? [x('ClientIpAddress', null, call.clientIp)] : []),
    x('Password', null, passwordPlace),
    x('Username', null, username),
  ];
  const root = x(call.root || `${call.operation}Request`, null, ...call.fields);
  const attributes = {
    'xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
    [`xmlns:${prefix}`]: namespaceOf(call.service),
  };
  return writeXml(
    x('soapenv:Envelope', attributes, x('soapenv:Header', null, header.map(own)), x('soapenv:Body', null, own(root))),
    '<?xml version="1.0" encoding="utf-8"?>\n',
  );
}

/** No text of a message can hold these letters: the writer drops them from everything else. */
const passwordPlace = '{{password}}';

export function openSoap(
  context: Pick<ConnectionContext, 'baseUrl' | 'fetch' | 'now' | 'exchange' | 'secrets'>,
  settings: WalleySettings,
): SoapClient {
  const password = context.secrets.password?.reveal() ?? '';
  const base = soapBase(context.baseUrl, settings);
  return {
    async call(call) {
      const clean = envelope(call, settings.username);
      const body = clean.replace(`>${passwordPlace}<`, () => `>${escaped(password)}<`);
      const started = context.now();
      const record = (response: string, status?: number) =>
        context.exchange?.({
          at: started,
          verb: `${call.service} ${call.operation}`,
          request: masked(clean),
          response: cut(masked(cut(response, 40_000)), 20_000),
          status,
          tookMs: context.now().getTime() - started.getTime(),
        });
      try {
        const response = await context.fetch(`${base}/v3.0/${paths[call.service] ?? call.service}.svc`, {
          method: 'POST',
          headers: {
            'content-type': 'text/xml; charset=utf-8',
            soapaction: `"${actionOf(call.service, call.operation, settings.soapInterface)}"`,
            ...(call.idempotencyKey ? { 'walley-idempotency-key': call.idempotencyKey } : {}),
          },
          body,
          redirect: 'manual',
          timeoutMs,
          asks: call.operation.startsWith('Get'),
        });
        const text = await limitedText(response, answerLimitBytes);
        record(text, response.status);
        return replyOf(text, response.status, call);
      } catch (error) {
        // Nothing left: whoever called waits for the limit.
        if (error instanceof QuotaWait) throw error;
        const text = reasonOf(error);
        record(text);
        return { verdict: 'unclear', why: 'no-answer', text };
      }
    },
  };
}

function escaped(text: string): string {
  return writeXml(x('p', null, text), '').slice(3, -4);
}

/** Reads an answer in the order of contract §2.6–2.8: a fault with any status, else the one root that was asked for, else nothing is clear. */
export function replyOf(text: string, status: number, call: Pick<SoapCall, 'operation' | 'correlationId'>): SoapReply {
  const tree = readTree(text);
  const body = tree?.name === 'Envelope' ? at(tree, 'Body') : undefined;
  const root = body?.children[0];
  if (!root) return { verdict: 'unclear', why: 'page', text: `HTTP ${status} ${plain(text, 300)}`.trim() };
  if (root.name === 'Fault') {
    const raw = textAt(root, 'faultcode') ?? textAt(root, 'Code', 'Value') ?? '';
    return {
      verdict: 'fault',
      code: raw.split(':').at(-1)!.trim(),
      message: textAt(root, 'faultstring') ?? textAt(root, 'Reason', 'Text') ?? '',
    };
  }
  if (!root.name.startsWith(`${call.operation}Response`)) return { verdict: 'unclear', why: 'page', text: `unexpected ${root.name}` };
  const echoed = textAt(root, 'CorrelationId');
  if (echoed !== undefined && echoed !== call.correlationId)
    return { verdict: 'unclear', why: 'mismatch', text: 'the answer belongs to another request' };
  return { verdict: 'done', body: root };
}

function readTree(text: string): XmlTree | undefined {
  try {
    return readXml(text.trimStart(), answerLimitBytes);
  } catch {
    return undefined;
  }
}
