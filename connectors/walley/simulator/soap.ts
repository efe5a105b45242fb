import { readXml, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { writeXml, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { WalleyFault } from './faults.ts';
import { idempotently } from './idempotency.ts';
import { type Answer, operations, storeFor } from './operations.ts';
import { type Field, type OperationProfile, type ServiceProfile, services } from './profiles.ts';
import { checkRequest, readFields, type Value, validationFault } from './read-request.ts';
import { html, type Outcome, type Reply } from './replies.ts';
import type { Fault, Simulation } from './simulation.ts';
import { schemaOf, wsdlOf } from './wsdl.ts';

const envelope = 'http://schemas.xmlsoap.org/soap/envelope/';
const instance = 'http://www.w3.org/2001/XMLSchema-instance';

export function serviceAt(path: string): ServiceProfile | undefined {
  const match = /^\/v3\.0\/([^/]+\.svc)\/?$/i.exec(path);
  return match ? services[match[1]!.toLowerCase()] : undefined;
}

/** `?wsdl` and `?singleWsdl` give the description, a bare GET a page. */
export function describe(service: ServiceProfile, request: SimRequest, base: string): Reply {
  const asked = [...request.query.keys()].map((key) => key.toLowerCase());
  const xml = (body: string): Reply => ({ status: 200, type: 'text/xml; charset=utf-8', headers: {}, body });
  if (asked.includes('wsdl') || asked.includes('singlewsdl')) return xml(wsdlOf(service, base + request.path));
  if (asked.includes('xsd')) return xml(schemaOf(service));
  return html(200, `${service.name} Service`);
}

type SoapCall = { name: string; operation: OperationProfile; wrapper: XmlTree; header: XmlTree | undefined };

/** A refusal of the envelope itself: nothing of the service was reached. */
class ClientFault extends WalleyFault {
  constructor(message: string) {
    super('Client', { message, beforeProcessing: true });
  }
}

/** Takes the envelope apart: one wrapper in the body, its name and SOAPAction agree, the service has the operation. */
export function readEnvelope(service: ServiceProfile, request: SimRequest): SoapCall {
  let root: XmlTree;
  try {
    root = readXml(request.body.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ClientFault(`The message cannot be read: ${(error as Error).message}`);
  }
  if (root.name !== 'Envelope' || root.uri !== envelope) throw new ClientFault('The message is no SOAP 1.1 envelope.');
  const part = (name: string) => root.children.find((child) => child.name === name && child.uri === envelope);
  const wrappers = part('Body')?.children ?? [];
  if (wrappers.length !== 1) throw new ClientFault('The body must hold exactly one element.');
  const wrapper = wrappers[0]!;
  const name = wrapper.name.replace(/Request$/, '');
  const operation = service.operations[name];
  if (!operation || !wrapper.name.endsWith('Request') || wrapper.uri !== service.namespace) {
    throw new ClientFault(`The element ${wrapper.name} is not a request of this service.`);
  }
  const action = String(request.headers.soapaction ?? '')
    .replaceAll('"', '')
    .trim();
  if (action && action.split('/').at(-1) !== name) throw new ClientFault('SOAPAction and the body name different operations.');
  return { name, operation, wrapper, header: part('Header') };
}

/** Check order of contract 6: credentials, fields, store, and the rest in the operation itself. */
export async function answerSoap(
  sim: Simulation,
  service: ServiceProfile,
  call: SoapCall,
  request: SimRequest,
  fault: Fault | undefined,
): Promise<Outcome> {
  const header = (name: string) =>
    call.header?.children.find((child) => child.name === name && child.uri === service.namespace)?.text.trim() ?? '';
  for (const name of ['Username', 'Password']) {
    if (!header(name)) throw new WalleyFault(`VALIDATION_${name.toUpperCase()}_REQUIRED`, { beforeProcessing: true });
  }
  const { username, password } = sim.config.credentials;
  if (header('Username') !== username || header('Password') !== password) {
    throw new WalleyFault('AUTHORIZATION_FAILED', { beforeProcessing: true });
  }
  return idempotently(sim, call.name, request.headers, { reads: readOnly.has(call.name), fault }, faultReply, () => {
    const values = readFields(call.wrapper, call.operation.request, service, sim.config.strictOrder);
    if (needsClientIp.has(call.name)) {
      const address = header('ClientIpAddress');
      if (!address) throw validationFault('ClientIpAddress', 'REQUIRED');
      if (address.length > 50) throw validationFault('ClientIpAddress', 'LENGTH');
    }
    checkRequest(values, call.operation, call.name, service);
    const answer = operations[call.name]!({ sim, service, request: values, store: storeFor(sim, values) });
    return answerReply(service, call.operation, answer, correlationOf(values.CorrelationId, fault));
  });
}

const needsClientIp = new Set(['AddInvoice', 'GetAddress', 'SetReservation']);
const readOnly = new Set([
  'GetAddress',
  'GetReservation',
  'GetInvoiceInformation',
  'GetCurrentInvoice',
  'GetAccounts',
  'GetAccountTransactions',
]);

function correlationOf(sent: Value | undefined, fault: Fault | undefined): string | undefined {
  if (fault?.mode === 'wrong-correlation') return 'answer-of-another-call';
  return typeof sent === 'string' ? sent : undefined;
}

function answerReply(service: ServiceProfile, operation: OperationProfile, answer: Answer, correlationId: string | undefined): Reply {
  const whole: Answer = { CorrelationId: correlationId, ...answer };
  return soapReply(
    200,
    x(operation.responseRoot, { xmlns: service.namespace, 'xmlns:i': instance }, fieldsOf(whole, operation.response, service)),
  );
}

function fieldsOf(answer: Answer, list: Field[], service: ServiceProfile): XmlElement[] {
  return list.flatMap(({ name, type }) => {
    if (!(name in answer)) return [];
    const value = answer[name];
    if (value === undefined) return [x(name, { 'i:nil': 'true' })];
    if (typeof value === 'string') return [x(name, null, value)];
    const item = typeof type === 'object' && 'array' in type ? type.array : name;
    return [
      x(
        name,
        null,
        value.map((each) => x(item, null, fieldsOf(each, service.structures[item]!, service))),
      ),
    ];
  });
}

export function faultReply(error: Pick<WalleyFault, 'code' | 'message'>): Reply {
  return soapReply(
    500,
    x('s:Fault', null, x('faultcode', null, `s:${error.code}`), x('faultstring', { 'xml:lang': 'en-US' }, error.message)),
  );
}

function soapReply(status: number, content: XmlElement): Reply {
  return {
    status,
    type: 'text/xml; charset=utf-8',
    headers: {},
    body: writeXml(x('s:Envelope', { 'xmlns:s': envelope }, x('s:Body', null, content)), ''),
  };
}
