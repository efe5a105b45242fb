import { opt, writeXml, type XmlElement, type XmlNode, x } from '../../../src/contract/wire/xml.ts';
import { demoKeys } from './state.ts';

/** Requests for the tests, one builder per root; every option left out gives a valid everyday value. */
const request = (root: string, ...children: XmlNode[]): string =>
  writeXml(x(root, { xmlns: `http://www.szamlazz.hu/${root}` }, ...children));

const element = (name: string, value: string | boolean | undefined): XmlElement | undefined =>
  value === undefined ? undefined : x(name, null, String(value));

export type SampleLine = {
  name?: string;
  quantity?: string;
  unitNet?: string;
  vat?: string;
  net?: string;
  tax?: string;
  gross?: string;
  erasureCodes?: string;
};

export type InvoiceOptions = {
  key?: string;
  eszamla?: boolean;
  download?: boolean;
  version?: string | null;
  externalId?: string;
  issueDate?: string;
  performanceDate?: string;
  paymentMethod?: string;
  currency?: string;
  comment?: string;
  order?: string;
  proforma?: string;
  kind?: 'invoice' | 'proforma' | 'prepayment' | 'final' | 'corrective' | 'delivery';
  prepayment?: string;
  corrects?: string;
  prefix?: string;
  paid?: boolean;
  preview?: boolean;
  buyerName?: string;
  city?: string;
  buyerCode?: string;
  email?: string;
  sendEmail?: boolean;
  subject?: string;
  lines?: SampleLine[];
};

export function invoice(options: InvoiceOptions = {}): string {
  const is = (kind: InvoiceOptions['kind']) => (options.kind === kind ? 'true' : undefined);
  const currency = options.currency ?? 'HUF';
  return request(
    'xmlszamla',
    x(
      'beallitasok',
      null,
      element('szamlaagentkulcs', options.key ?? demoKeys.A),
      element('eszamla', options.eszamla ?? false),
      element('szamlaLetoltes', options.download ?? false),
      options.version === null ? undefined : element('valaszVerzio', options.version ?? '2'),
      element('szamlaKulsoAzon', options.externalId),
    ),
    x(
      'fejlec',
      null,
      element('keltDatum', options.issueDate),
      element('teljesitesDatum', options.performanceDate ?? '2026-11-20'),
      element('fizetesiHataridoDatum', '2026-11-28'),
      element('fizmod', options.paymentMethod ?? 'bankkártya'),
      element('penznem', currency),
      element('szamlaNyelve', 'hu'),
      element('megjegyzes', options.comment),
      currency === 'HUF' ? undefined : element('arfolyamBank', 'MNB'),
      element('rendelesSzam', options.order),
      element('dijbekeroSzamlaszam', options.proforma),
      element('elolegszamla', is('prepayment')),
      element('vegszamla', is('final')),
      element('elolegSzamlaszam', options.prepayment),
      element('helyesbitoszamla', is('corrective')),
      element('helyesbitettSzamlaszam', options.corrects),
      element('dijbekero', is('proforma')),
      element('szallitolevel', is('delivery')),
      element('szamlaszamElotag', options.prefix),
      element('fizetve', options.paid),
      element('elonezetpdf', options.preview),
    ),
    x('elado', null, element('emailTargy', options.subject)),
    x(
      'vevo',
      null,
      element('nev', options.buyerName ?? 'Vásárló Őrs'),
      element('irsz', '6720'),
      element('telepules', options.city ?? 'Szeged'),
      element('cim', 'Tisza sor 3.'),
      element('email', options.email),
      element('sendEmail', options.email === undefined ? undefined : options.sendEmail),
      element('adoalany', '-1'),
      element('azonosito', options.buyerCode),
    ),
    x('tetelek', null, ...(options.lines ?? [{}]).map(invoiceLine)),
  );
}

function invoiceLine(line: SampleLine): XmlElement {
  return x(
    'tetel',
    null,
    element('megnevezes', line.name ?? 'Koncertjegy'),
    element('mennyiseg', line.quantity ?? '2'),
    element('mennyisegiEgyseg', 'db'),
    element('nettoEgysegar', line.unitNet ?? '5000'),
    element('afakulcs', line.vat ?? '27'),
    element('nettoErtek', line.net ?? '10000'),
    element('afaErtek', line.tax ?? '2700'),
    element('bruttoErtek', line.gross ?? '12700'),
    element('torloKod', line.erasureCodes),
  );
}

type StornoOptions = {
  key?: string;
  eszamla?: boolean;
  version?: string;
  externalId?: string;
  issueDate?: string;
  performanceDate?: string;
  email?: string;
};

export function storno(number: string, options: StornoOptions = {}): string {
  return request(
    'xmlszamlast',
    x(
      'beallitasok',
      null,
      element('szamlaagentkulcs', options.key ?? demoKeys.A),
      element('eszamla', options.eszamla ?? false),
      element('szamlaLetoltes', false),
      element('valaszVerzio', options.version ?? '2'),
      element('szamlaKulsoAzon', options.externalId),
    ),
    x(
      'fejlec',
      null,
      element('szamlaszam', number),
      element('keltDatum', options.issueDate),
      element('teljesitesDatum', options.performanceDate),
    ),
    options.email === undefined ? undefined : x('vevo', null, element('email', options.email)),
  );
}

export function creditEntry(
  number: string,
  amounts: string[],
  options: { key?: string; additive?: boolean; version?: string } = {},
): string {
  return request(
    'xmlszamlakifiz',
    x(
      'beallitasok',
      null,
      element('szamlaagentkulcs', options.key ?? demoKeys.A),
      element('szamlaszam', number),
      element('additiv', options.additive ?? false),
      element('valaszVerzio', options.version ?? '2'),
    ),
    ...amounts.map((amount) =>
      x('kifizetes', null, element('datum', '2026-11-21'), element('jogcim', 'átutalás'), element('osszeg', amount)),
    ),
  );
}

export type Selector = { number?: string; order?: string; externalId?: string };

export function pdfQuery(by: Selector, options: { key?: string; version?: string } = {}): string {
  return request(
    'xmlszamlapdf',
    element('szamlaagentkulcs', options.key ?? demoKeys.A),
    element('szamlaszam', by.number),
    element('valaszVerzio', options.version ?? '2'),
    element('rendelesSzam', by.order),
    element('szamlaKulsoAzon', by.externalId),
  );
}

export function xmlQuery(by: Selector, options: { key?: string; pdf?: boolean } = {}): string {
  return request(
    'xmlszamlaxml',
    element('szamlaagentkulcs', options.key ?? demoKeys.A),
    element('szamlaszam', by.number),
    element('rendelesSzam', by.order),
    element('pdf', options.pdf),
    element('szamlaKulsoAzon', by.externalId),
  );
}

const keyOnly = () => x('beallitasok', null, element('szamlaagentkulcs', demoKeys.A));

export function proformaDeletion(by: { number?: string; order?: string }): string {
  return request('xmlszamladbkdel', keyOnly(), x('fejlec', null, element('szamlaszam', by.number), element('rendelesszam', by.order)));
}

export type ReceiptOptions = {
  callId?: string;
  prefix?: string;
  order?: string;
  currency?: string;
  net?: string;
  tax?: string;
  gross?: string;
  unitNet?: string;
  tender?: string;
};

export function receipt(options: ReceiptOptions = {}): string {
  return request(
    'xmlnyugtacreate',
    x('beallitasok', null, element('szamlaagentkulcs', demoKeys.A), element('pdfLetoltes', true)),
    x(
      'fejlec',
      null,
      element('hivasAzonosito', options.callId),
      element('elotag', options.prefix ?? 'NYUGT'),
      element('fizmod', 'bankkártya'),
      element('penznem', options.currency ?? 'HUF'),
      element('rendelesSzam', options.order),
    ),
    x(
      'tetelek',
      null,
      x(
        'tetel',
        null,
        element('megnevezes', 'Ruhatár'),
        element('mennyiseg', '1'),
        element('mennyisegiEgyseg', 'db'),
        element('nettoEgysegar', options.unitNet ?? options.net ?? '393.7'),
        element('afakulcs', '27'),
        element('netto', options.net ?? '393.70'),
        element('afa', options.tax ?? '106.30'),
        element('brutto', options.gross ?? '500'),
      ),
    ),
    x(
      'kifizetesek',
      null,
      x('kifizetes', null, element('fizetoeszkoz', 'bankkártya'), element('osszeg', options.tender ?? options.gross ?? '500')),
    ),
  );
}

export function receiptStorno(number: string, callId?: string): string {
  return request(
    'xmlnyugtast',
    x('beallitasok', null, element('szamlaagentkulcs', demoKeys.A), element('pdfLetoltes', false)),
    x('fejlec', null, element('nyugtaszam', number), element('hivasAzonosito', callId)),
  );
}

export function receiptGet(by: { number?: string; order?: string; callId?: string }): string {
  return request(
    'xmlnyugtaget',
    x('beallitasok', null, element('szamlaagentkulcs', demoKeys.A), element('pdfLetoltes', false)),
    x('fejlec', null, element('nyugtaszam', by.number), element('rendelesSzam', by.order), element('hivasAzonosito', by.callId)),
  );
}

/** `mail` undefined leaves the block out, an empty object sends it empty. */
export function receiptSend(number: string, mail?: { email?: string; subject?: string }): string {
  return request(
    'xmlnyugtasend',
    keyOnly(),
    x('fejlec', null, element('nyugtaszam', number)),
    mail ? x('emailKuldes', null, opt('email', mail.email), opt('emailTargy', mail.subject)) : undefined,
  );
}

export function taxpayer(base8: string, key: string = demoKeys.A): string {
  return request('xmltaxpayer', x('beallitasok', null, element('szamlaagentkulcs', key)), element('torzsszam', base8));
}
