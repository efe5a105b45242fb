import { writeXml, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import { type Field, type ServiceProfile, services } from './profiles.ts';

/** Requests for tests and for trying the simulator by hand, written in the order of the schema. */
export type Sent = { [field: string]: string | number | null | Sent | Sent[] | undefined };

export const credentials = { Username: 'USERNAME', Password: 'PASSWORD', ClientIpAddress: '192.0.2.10' };

export function soapMessage(
  serviceName: string,
  operation: string,
  sent: Sent,
  headers: Partial<typeof credentials> = credentials,
): string {
  const service = services[`${serviceName.toLowerCase()}.svc`]!;
  const profile = service.operations[operation]!;
  return envelope(
    service.namespace,
    profile.headers.flatMap((name) =>
      headers[name as 'Username'] === undefined ? [] : [x(`w:${name}`, null, headers[name as 'Username'])],
    ),
    x(`w:${operation}Request`, null, fieldsOf(sent, profile.request, service)),
  );
}

function envelope(namespace: string, header: XmlElement[], body: XmlElement | XmlElement[]): string {
  return writeXml(
    x(
      'soapenv:Envelope',
      {
        'xmlns:soapenv': 'http://schemas.xmlsoap.org/soap/envelope/',
        'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
        'xmlns:w': namespace,
      },
      x('soapenv:Header', null, header),
      x('soapenv:Body', null, body),
    ),
  );
}

function fieldsOf(sent: Sent, list: Field[], service: ServiceProfile): XmlElement[] {
  return list.flatMap(({ name, type }) => {
    const value = sent[name];
    if (value === undefined) return [];
    if (value === null) return [x(`w:${name}`, { 'xsi:nil': 'true' })];
    if (typeof value !== 'object') return [x(`w:${name}`, null, String(value))];
    if (Array.isArray(value)) {
      const item = (type as { array: string }).array;
      return [
        x(
          `w:${name}`,
          null,
          value.map((each) => x(`w:${item}`, null, fieldsOf(each, service.structures[item]!, service))),
        ),
      ];
    }
    return [x(`w:${name}`, null, fieldsOf(value, service.structures[(type as { structure: string }).structure]!, service))];
  });
}

const anna = {
  Address1: 'Storgatan 1',
  City: 'Göteborg',
  CountryCode: 'SE',
  PostalCode: '41103',
  CellPhoneNumber: '+46700000001',
  Email: 'kund@example.test',
  Firstname: 'Anna',
  Lastname: 'Testsson',
};

export const sampleRows = [
  { ArticleId: 'SKU-1', Description: 'Tröja blå M', Quantity: 2, UnitPrice: '199.00', VAT: '25.00' },
  { ArticleId: 'SHIPPING', Description: 'Frakt PostNord', Quantity: 1, UnitPrice: '49.00', VAT: '25.00' },
  { ArticleId: 'INVOICE_FEE', Description: 'Fakturaavgift', Quantity: 1, UnitPrice: '29.00', VAT: '25.00' },
  { ArticleId: 'GIFT-77', Description: 'Presentkort', Quantity: 1, UnitPrice: '-50.00', VAT: '0.00' },
];

/** A consumer's order of 426.00 in store 1234. */
export const sampleOrder: Sent = {
  ActivationOption: 0,
  CorrelationId: 'FKT-1001',
  CountryCode: 'SE',
  Currency: 'SEK',
  CustomerNo: 'K-77',
  DeliveryAddress: anna,
  InvoiceAddress: anna,
  InvoiceDeliveryMethod: 2,
  InvoiceRows: sampleRows,
  InvoiceType: 0,
  OrderDate: '2026-03-02T10:15:00',
  OrderNo: 'ORD-1001',
  PurchaseType: 1,
  RegNo: '1602079954',
  StoreId: 1234,
};

const company = { ...anna, Firstname: undefined, Lastname: undefined, CompanyName: 'Exempelbolaget AB' };

/** A company's order in store 1235. */
export const companyOrder: Sent = {
  ...sampleOrder,
  DeliveryAddress: { ...company, Address1: 'Lagervägen 2' },
  InvoiceAddress: company,
  Reference: 'Anna Testsson',
  RegNo: '5599999991',
  StoreId: 1235,
};
