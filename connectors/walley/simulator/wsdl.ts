import { writeXml, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import type { Field, ServiceProfile } from './profiles.ts';

const optional = { minOccurs: '0', nillable: 'true' };

/** The service described in one file: schema, messages, port type, binding, address. */
export function wsdlOf(service: ServiceProfile, address: string): string {
  const operations = Object.entries(service.operations);
  const binding = `BasicHttpBinding_${service.contract}`;
  const soapHeaders = (name: string, headers: string[]) =>
    headers.map((part) => x('soap:header', { message: `tns:${name}Request_Headers`, part, use: 'literal' }));
  return writeXml(
    x(
      'wsdl:definitions',
      {
        name: service.name,
        targetNamespace: service.namespace,
        'xmlns:wsdl': 'http://schemas.xmlsoap.org/wsdl/',
        'xmlns:soap': 'http://schemas.xmlsoap.org/wsdl/soap/',
        'xmlns:xs': 'http://www.w3.org/2001/XMLSchema',
        'xmlns:tns': service.namespace,
      },
      x('wsdl:types', null, schemaElement(service)),
      operations.flatMap(([name, { headers, responseRoot }]) => [
        x('wsdl:message', { name: `${name}Request` }, x('wsdl:part', { name: 'parameters', element: `tns:${name}Request` })),
        x(
          'wsdl:message',
          { name: `${name}Request_Headers` },
          headers.map((part) => x('wsdl:part', { name: part, element: `tns:${part}` })),
        ),
        x('wsdl:message', { name: responseRoot }, x('wsdl:part', { name: 'parameters', element: `tns:${responseRoot}` })),
      ]),
      x(
        'wsdl:portType',
        { name: service.contract },
        operations.map(([name, { responseRoot }]) =>
          x(
            'wsdl:operation',
            { name },
            x('wsdl:input', { name: `${name}Request`, message: `tns:${name}Request` }),
            x('wsdl:output', { name: responseRoot, message: `tns:${responseRoot}` }),
          ),
        ),
      ),
      x(
        'wsdl:binding',
        { name: binding, type: `tns:${service.contract}` },
        x('soap:binding', { transport: 'http://schemas.xmlsoap.org/soap/http' }),
        operations.map(([name, { headers, responseRoot }]) =>
          x(
            'wsdl:operation',
            { name },
            x('soap:operation', { soapAction: `${service.namespace}/${service.contract}/${name}`, style: 'document' }),
            x('wsdl:input', { name: `${name}Request` }, soapHeaders(name, headers), x('soap:body', { use: 'literal' })),
            x('wsdl:output', { name: responseRoot }, x('soap:body', { use: 'literal' })),
          ),
        ),
      ),
      x(
        'wsdl:service',
        { name: service.name },
        x('wsdl:port', { name: binding, binding: `tns:${binding}` }, x('soap:address', { location: address })),
      ),
    ),
  );
}

/** The schema alone: what a request and an answer of the service look like. */
export function schemaOf(service: ServiceProfile): string {
  return writeXml(schemaElement(service, { 'xmlns:xs': 'http://www.w3.org/2001/XMLSchema', 'xmlns:tns': service.namespace }));
}

function schemaElement(service: ServiceProfile, namespaces: Record<string, string> = {}): XmlElement {
  const sequence = (list: Field[], required: boolean) =>
    x(
      'xs:sequence',
      null,
      list.map((field) => elementOf(field, required)),
    );
  const whole = (name: string, list: Field[], required: boolean) =>
    x('xs:element', { name }, x('xs:complexType', null, sequence(list, required)));
  const operations = Object.entries(service.operations);
  const arrays = new Set(
    [...operations.flatMap(([, o]) => [...o.request, ...o.response]), ...Object.values(service.structures).flat()].flatMap((field) =>
      typeof field.type === 'object' && 'array' in field.type ? [field.type.array] : [],
    ),
  );
  return x(
    'xs:schema',
    { ...namespaces, targetNamespace: service.namespace, elementFormDefault: 'qualified' },
    ['ClientIpAddress', 'Password', 'Username'].map((name) => elementOf({ name, type: 'string', max: 50, required: true }, true)),
    x('xs:simpleType', { name: 'LooseDateTime' }, x('xs:union', { memberTypes: 'xs:dateTime xs:date' })),
    Object.entries(service.structures).map(([name, list]) => x('xs:complexType', { name }, sequence(list, true))),
    [...arrays].map((item) =>
      x(
        'xs:complexType',
        { name: `ArrayOf${item}` },
        x('xs:sequence', null, x('xs:element', { name: item, type: `tns:${item}`, maxOccurs: 'unbounded', ...optional })),
      ),
    ),
    operations.flatMap(([name, { request, response, responseRoot }]) => [
      whole(`${name}Request`, request, true),
      whole(responseRoot, response, false),
    ]),
  );
}

function elementOf({ name, type, max, required }: Field, mayBeRequired: boolean): XmlElement {
  const attributes = { name, ...(required && mayBeRequired ? {} : optional) };
  if (typeof type === 'object')
    return x('xs:element', { ...attributes, type: `tns:${'array' in type ? `ArrayOf${type.array}` : type.structure}` });
  if (type === 'dateTime') return x('xs:element', { ...attributes, type: 'tns:LooseDateTime' });
  if (max === undefined) return x('xs:element', { ...attributes, type: `xs:${type}` });
  return x(
    'xs:element',
    attributes,
    x('xs:simpleType', null, x('xs:restriction', { base: 'xs:string' }, x('xs:maxLength', { value: String(max) }))),
  );
}
