import { createHash } from 'node:crypto';
import { writeXml, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import { type Reply, taxpayerNamespaces } from './replies.ts';

type Taxpayer = {
  name: string;
  vatCode: string;
  countyCode: string;
  zip: string;
  city: string;
  street: string;
  kind: string;
  house: string;
};

/** Names and addresses in capitals, as the authority gives them. Every other number is invalid. */
const taxpayers: Record<string, Taxpayer> = {
  '12345676': {
    name: 'MINTA KERESKEDELMI KORLÁTOLT FELELŐSSÉGŰ TÁRSASÁG',
    vatCode: '2',
    countyCode: '41',
    zip: '1031',
    city: 'BUDAPEST',
    street: 'ZÁHONY',
    kind: 'UTCA',
    house: '7',
  },
  '13421739': {
    name: 'PRÓBA SZOLGÁLTATÓ ZÁRTKÖRŰEN MŰKÖDŐ RÉSZVÉNYTÁRSASÁG',
    vatCode: '2',
    countyCode: '41',
    zip: '1037',
    city: 'BUDAPEST',
    street: 'PRÓBA',
    kind: 'TÉR',
    house: '12',
  },
};

export function taxpayerReply(base8: string, now: number, call: number): Reply {
  const taxpayer = taxpayers[base8];
  const root = x(
    'QueryTaxpayerResponse',
    { ...taxpayerNamespaces, 'xmlns:ns3': 'http://schemas.nav.gov.hu/OSA/3.0/base', 'xmlns:ns4': 'http://schemas.nav.gov.hu/OSA/3.0/data' },
    x(
      'ns2:header',
      null,
      x('ns2:requestId', null, `410426_${createHash('sha256').update(`${base8} ${call}`).digest('hex').slice(0, 16)}`),
      x('ns2:timestamp', null, new Date(now).toISOString()),
      x('ns2:requestVersion', null, '3.0'),
      x('ns2:headerVersion', null, '1.0'),
    ),
    x('ns2:result', null, x('ns2:funcCode', null, 'OK')),
    software(),
    taxpayer ? x('infoDate', null, '2023-02-08T00:00:00.000Z') : undefined,
    x('taxpayerValidity', null, String(taxpayer !== undefined)),
    taxpayer ? data(base8, taxpayer) : undefined,
  );
  return { status: 200, type: 'application/xml;charset=UTF-8', headers: {}, body: writeXml(root) };
}

function software(): XmlElement {
  return x(
    'software',
    null,
    x('softwareId', null, 'SZAMLAZZHU-SIMULATOR'),
    x('softwareName', null, 'Számlázz.hu'),
    x('softwareOperation', null, 'ONLINE_SERVICE'),
    x('softwareMainVersion', null, 'simulator'),
    x('softwareDevName', null, 'Fakturist simulator'),
    x('softwareDevContact', null, 'simulator@example.com'),
  );
}

function data(base8: string, taxpayer: Taxpayer): XmlElement {
  return x(
    'taxpayerData',
    null,
    x('taxpayerName', null, taxpayer.name),
    x(
      'taxNumberDetail',
      null,
      x('ns3:taxpayerId', null, base8),
      x('ns3:vatCode', null, taxpayer.vatCode),
      x('ns3:countyCode', null, taxpayer.countyCode),
    ),
    x('incorporation', null, 'ORGANIZATION'),
    x(
      'taxpayerAddressList',
      null,
      x(
        'taxpayerAddressItem',
        null,
        x('taxpayerAddressType', null, 'HQ'),
        x(
          'taxpayerAddress',
          null,
          x('ns3:countryCode', null, 'HU'),
          x('ns3:postalCode', null, taxpayer.zip),
          x('ns3:city', null, taxpayer.city),
          x('ns3:streetName', null, taxpayer.street),
          x('ns3:publicPlaceCategory', null, taxpayer.kind),
          x('ns3:number', null, taxpayer.house),
        ),
      ),
    ),
  );
}
