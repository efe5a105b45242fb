import { buyerKey, markOf, paymentForm, polishCountry, shortHash } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { elementText, type XmlElement, x } from '../../src/contract/wire/xml.ts';
import { cut } from '../../src/domain/cut.ts';
import type { DocumentContent, DocumentLine } from '../../src/domain/documents/document.ts';
import { buyerOf, inZloty, sellerName, sellerTaxId } from '../../src/domain/formats/jpk/index.ts';
import { fixed, fromMinor, scaled, toMinor } from '../../src/domain/money/money.ts';
import type { TaxRate } from '../../src/domain/orders/order.ts';
import { percentOf } from '../../src/domain/totals/spread.ts';
import { netUnitPrice } from '../../src/domain/totals/totals.ts';
import type { OptimaSettings } from './settings.ts';

/** Door B, the document XML with lines (OPTIMA.md B): sales invoices land in the program's buffer and get its own number there. */
const namespace = 'http://www.cdn.com.pl/optima/dokument';

export const documentsHead = `<?xml version="1.0" encoding="UTF-8"?>\n<ROOT xmlns="${namespace}">`;
export const documentsEnd = '</ROOT>\n';

/** Exempt, taxed, not subject: believed to be the codes of the goods card; only 2 is seen in a real export. */
function flagOf(rate: Pick<TaxRate, 'category'> | undefined): string {
  return rate?.category === 'E' ? '1' : rate?.category === 'O' || rate?.category === 'AE' ? '4' : '2';
}

const e = (name: string, text?: string | null) => x(name, null, text ?? '');

function vat(rate: Pick<TaxRate, 'category' | 'percent'> | undefined): XmlElement {
  return x('STAWKA_VAT', null, e('STAWKA', fixed(scaled(percentOf(rate ?? {})), 2)), e('FLAGA', flagOf(rate)), e('ZRODLOWA', '0.00'));
}

/** Symbol under which Optima knows the goods; undefined where there is none, as Optima makes no goods from this file. */
export function goodsCode(line: DocumentLine, settings: OptimaSettings): string | undefined {
  if (line.kind === 'delivery') return settings.deliveryCode || undefined;
  const sku = line.sku?.trim();
  if (sku) return sku.length <= 50 ? sku : `${cut(sku, 41)}-${shortHash(sku, 8)}`;
  return line.kind === 'goods' ? undefined : settings.serviceCode || undefined;
}

export function documentXml(document: FolderDocument, settings: OptimaSettings): string {
  const { content, number } = document;
  const issueDate = document.issueDate ?? content.issueDate ?? content.saleDate!;
  const saleDate = content.saleDate ?? issueDate;
  const dueDate = content.dueDate ?? issueDate;
  const { totals } = content;
  const zloty = (amount: string) => fromMinor(inZloty(amount, content), 'PLN');
  const form = paymentForm(content, settings);
  const split = content.splitPayment ? '1' : '0';
  const rate = content.exchange?.rate ?? '1.00';
  const currency = () => x('WALUTA', null, e('SYMBOL', content.currency), e('KURS_L', rate), e('KURS_M', '1'));
  const buyer = party(content);
  return elementText(
    x(
      'DOKUMENT',
      null,
      x(
        'NAGLOWEK',
        null,
        e('GENERATOR', 'Fakturist'),
        e('TYP_DOKUMENTU', '302'),
        e('RODZAJ_DOKUMENTU', '302000'),
        e('FV_MARZA', '0'),
        e('FV_MARZA_RODZAJ', '0'),
        e('NUMER_PELNY', number),
        e('DATA_DOKUMENTU', issueDate),
        e('DATA_WYSTAWIENIA', issueDate),
        e('DATA_OPERACJI', saleDate),
        e('TERMIN_ZWROTU_KAUCJI', dueDate),
        e('KOREKTA', '0'),
        e('DETAL', content.buyer.type === 'person' ? '1' : '0'),
        e('TYP_NETTO_BRUTTO', content.taxMethod === 'net' ? '1' : '2'),
        e('RABAT', '0.00'),
        e('OPIS', describe(document)),
        x('PLATNIK', null, buyer.head, e('MPP', split), buyer.address),
        x('ODBIORCA', null, buyer.head, buyer.address),
        x(
          'SPRZEDAWCA',
          null,
          e('NIP_KRAJ', 'PL'),
          e('NIP', sellerTaxId(content.seller)),
          e('GLN'),
          e('NAZWA', sellerName(content.seller)),
          addressOf(content.seller),
          e('NUMER_KONTA_BANKOWEGO', content.seller.bankAccount),
          e('NAZWA_BANKU', content.seller.bankName),
        ),
        x('KATEGORIA', null, e('KOD', settings.category), e('OPIS')),
        x('PLATNOSC', null, e('FORMA', form), e('TERMIN', dueDate), e('MPP', split)),
        x(
          'WALUTA',
          null,
          e('SYMBOL', content.currency),
          e('KURS_L', rate),
          e('KURS_M', '1'),
          e('PLAT_WAL_OD_PLN', '0'),
          e('KURS_NUMER', '3'),
          e('KURS_DATA', content.exchange?.date ?? issueDate),
        ),
        x(
          'KWOTY',
          null,
          e('RAZEM_NETTO_WAL', totals.net),
          e('RAZEM_NETTO', zloty(totals.net)),
          e('RAZEM_BRUTTO', zloty(totals.gross)),
          e('RAZEM_VAT', zloty(totals.tax)),
        ),
        e('MAGAZYN_ZRODLOWY', settings.warehouse),
        e('MAGAZYN_DOCELOWY'),
        e('KAUCJE_PLATNOSCI', '0'),
        e('BLOKADA_PLATNOSCI', '0'),
        e('VAT_DLA_DOK_WAL', '0'),
        e('TRYB_NETTO_VAT', '0'),
        e('STATUS_PLATNIKA', '0'),
        e('ROZLICZAM_PODATEK_W_OSS', '0'),
      ),
      x(
        'POZYCJE',
        null,
        content.lines.map((line, i) => position(line, i + 1, content, settings, currency())),
      ),
      x('KAUCJE', null),
      x(
        'PLATNOSCI',
        null,
        x(
          'PLATNOSC',
          null,
          e('FORMA', form),
          e('TERMIN', dueDate),
          e('KWOTA', totals.gross),
          e('KWOTA_W_WAL_SYSTEMOWEJ', zloty(totals.gross)),
          currency(),
        ),
      ),
      x('PLATNOSCI_KAUCJE', null),
      x(
        'TABELKA_VAT',
        null,
        totals.byRate.map((row) =>
          x(
            'LINIA_VAT',
            null,
            vat(row),
            e('NETTO', zloty(row.net)),
            e('VAT', zloty(row.tax)),
            e('BRUTTO', zloty(row.gross)),
            e('NETTO_WAL', row.net),
            e('VAT_WAL', row.tax),
            e('BRUTTO_WAL', row.gross),
          ),
        ),
      ),
      x('ATRYBUTY', null),
      x('KODY_JPK_V7', null),
    ),
  );
}

/** Our mark first, then what a person looks for. */
function describe({ reference, content, clearance }: FolderDocument): string {
  const order = content.order?.number ?? content.order?.externalId;
  return [markOf(reference), clearance && `${clearance.system}: ${clearance.number}`, order && `Zamówienie ${order}`, ...content.notes]
    .filter(Boolean)
    .join(' ');
}

function party(content: DocumentContent): { head: XmlElement[]; address: XmlElement } {
  const { name, number, country } = buyerOf(content);
  return {
    head: [e('KOD', buyerKey(content)), e('NIP_KRAJ', number ? (country ?? 'PL') : ''), e('NIP', number), e('GLN'), e('NAZWA', name)],
    address: addressOf(content.buyer),
  };
}

function addressOf(p: DocumentContent['buyer'] | DocumentContent['seller']): XmlElement {
  const street = [p.street, p.street2].filter(Boolean).join(' ');
  return x(
    'ADRES',
    null,
    e('KOD_POCZTOWY', p.postalCode),
    e('MIASTO', p.city),
    e('ULICA', street),
    e('KRAJ', polishCountry(p.country ?? 'PL')),
  );
}

function position(line: DocumentLine, lp: number, content: DocumentContent, settings: OptimaSettings, currency: XmlElement): XmlElement {
  const zloty = (amount: string) => fromMinor(inZloty(amount, content), 'PLN');
  const own = content.taxMethod === 'gross' ? line.unitPrice : netPrice(line, content);
  const price = fixed(scaled(own), 4);
  const unit = line.unit || 'szt.';
  return x(
    'POZYCJA',
    null,
    e('LP', String(lp)),
    x(
      'TOWAR',
      null,
      e('KOD', goodsCode(line, settings)),
      e('NAZWA', line.name),
      e('OPIS', line.note),
      e('EAN', /^\d{8,14}$/.test(line.sku ?? '') ? line.sku : ''),
      e('SWW'),
      e('NUMER_KATALOGOWY'),
      e('MPP', line.splitPayment ? '1' : '0'),
    ),
    vat(line.rate),
    x(
      'CENY',
      null,
      e('CENAZCZTEREMAMIEJSCAMI', /\.\d{2}0*$|^-?\d+$/.test(price.replace(/0{2}$/, '')) ? '0' : '1'),
      e('POCZATKOWA_WAL_CENNIKA', price),
      e('POCZATKOWA_WAL_DOKUMENTU', price),
      e('PO_RABACIE_WAL_CENNIKA', price),
      e('PO_RABACIE_PLN', inZloty4(own, content)),
      e('PO_RABACIE_WAL_DOKUMENTU', price),
    ),
    currency,
    e('RABAT', '0.00'),
    e('WARTOSC_NETTO', zloty(line.net)),
    e('WARTOSC_BRUTTO', zloty(line.gross)),
    e('WARTOSC_NETTO_WAL', line.net),
    e('WARTOSC_BRUTTO_WAL', line.gross),
    e('ILOSC', fixed(scaled(line.quantity), 4)),
    e('JM', unit),
    e('JM_CALKOWITE', '0.00'),
    x('JM_ZLOZONA', null, e('JMZ', unit), e('JM_PRZELICZNIK_L', '1.00'), e('JM_PRZELICZNIK_M', '1')),
  );
}

function netPrice(line: DocumentLine, content: DocumentContent): string {
  return toMinor(line.quantity, 'PLN') === 0n ? line.unitPrice : netUnitPrice(line, content.currency);
}

/** Price in złoty with four decimals. */
function inZloty4(price: string, content: DocumentContent): string {
  if (content.currency === 'PLN') return fixed(scaled(price), 4);
  const [p, r] = [scaled(price), scaled(content.exchange!.rate)];
  return fixed({ value: p.value * r.value, scale: p.scale + r.scale }, 4);
}
