import { buyerKey, markOf, paymentForm, polishCountry, uuidOf } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { elementText, withoutControls, type XmlElement, x } from '../../src/contract/wire/xml.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { buyerOf, inZloty, paperOf, streetParts, taxPoint, totalsForBooks } from '../../src/domain/formats/jpk/index.ts';
import { fixed, fromMinor, scaled, toMinor } from '../../src/domain/money/money.ts';
import { accountsByCash, isEuCountry } from '../../src/domain/regimes/index.ts';
import { percentOf } from '../../src/domain/totals/spread.ts';
import type { OptimaSettings } from './settings.ts';

/**
 * Door A, the offline exchange (OPTIMA.md A): contractors and the register of sales, as the accountant's Optima takes them. Values in
 * CDATA, elements in a fixed order, ids made from our references so that a repeat is the same record.
 */
const namespace = 'http://www.comarch.pl/cdn/optima/offline';

export const registerHead = `<?xml version="1.0" encoding="UTF-8"?>\n<ROOT xmlns="${namespace}">\n`;
export const registerEnd = '</ROOT>\n';

/** Opens a section with the ids of both bases, which have to be those of the company's settings. */
export function sectionHead(name: string, { sourceBase, targetBase }: OptimaSettings): string {
  return `<${name}>\n${elementText(x('WERSJA', null, '2.00'))}${elementText(x('BAZA_ZRD_ID', null, sourceBase))}${elementText(
    x('BAZA_DOC_ID', null, targetBase),
  )}\n`;
}
export const sectionEnd = (name: string): string => `</${name}>\n`;

/** A value: empty values stand as empty elements with CDATA, which every known reader takes. */
function v(name: string, value: string | undefined, max?: number): XmlElement {
  const text = withoutControls(value ?? '')
    .replace(/\s+/g, ' ')
    .trim();
  return { name, children: [{ cdata: max === undefined ? text : cut(text, max) }] };
}
/** No more units than that, and never half of a letter. */
const cut = (text: string, max: number) =>
  text
    .slice(0, max)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();
const yes = (value: boolean) => (value ? 'Tak' : 'Nie');

// ---------------------------------------------------------------- buyer

/** A long name over three fields of fifty characters, broken between words where that is possible. */
export function namesOf(name: string): [string, string, string] {
  const parts: string[] = [];
  let rest = name.replace(/\s+/g, ' ').trim();
  for (let i = 0; i < 3 && rest !== ''; i++) {
    if (rest.length <= 50) {
      parts.push(rest);
      break;
    }
    const space = rest.lastIndexOf(' ', 50);
    const whole = /[\uD800-\uDBFF]/.test(rest[49]!) ? 49 : 50;
    const end = space > 0 ? space : whole;
    parts.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
}

function exportKind(content: DocumentContent): string | undefined {
  return content.taxTreatment === 'intra_community' ? 'wewnątrzunijny' : undefined;
}

function buyerFacts(content: DocumentContent) {
  const { buyer } = content;
  const { name, number, country, company } = buyerOf(content);
  const parts = streetParts([buyer.street, buyer.street2].filter(Boolean).join(' '));
  const key = buyerKey(content);
  return {
    key,
    id: uuidOf(`contractor:${key}`),
    names: namesOf(name),
    number,
    // Prefix of the number's country; empty at home. A foreign number without it is a typical defect of imports.
    prefix: country ?? (number && isEuCountry(buyer.country) && buyer.country !== 'PL' ? buyer.country : ''),
    country: polishCountry(buyer.country ?? 'PL'),
    iso: buyer.country && /^[A-Z]{2}$/.test(buyer.country) ? buyer.country : '',
    street: parts.street,
    house: parts.houseNumber,
    flat: parts.flatNumber,
    city: buyer.city,
    postalCode: buyer.postalCode,
    company,
  };
}

export function contractorKey(content: DocumentContent): string {
  return buyerKey(content);
}

export function contractor(content: DocumentContent, settings: OptimaSettings): string {
  const b = buyerFacts(content);
  const { buyer } = content;
  const no = (name: string) => v(name, 'Nie');
  return `${elementText(
    x(
      'KONTRAHENT',
      null,
      v('ID_ZRODLA', b.id),
      v('AKRONIM', b.key, 20),
      v('ZEZWOLENIE', ''),
      v('OPIS', ''),
      no('CHRONIONY'),
      v('RODZAJ', 'odbiorca'),
      v('EKSPORT', exportKind(content) ?? 'krajowy'),
      v('FINALNY', yes(!b.company)),
      v('PLATNIK_VAT', yes(b.company)),
      ...['MEDIALNY', 'POWIAZANY_UOV', 'NIEAKTYWNY', 'ROLNIK', 'NIE_NALICZAJ_ODSETEK', 'METODA_KASOWA', 'METODA_KASOWA_SPR'].map(no),
      no('NIE_UWZGLEDNIAJ_KASOWY_PIT'),
      v('KONTOODB', ''),
      v('KONTODOST', ''),
      v('FORMA_PLATNOSCI', paymentForm(content, settings)),
      v('FORMA_PLATNOSCI_ID', ''),
      v('MAX_ZWLOKA', '0'),
      v('CENY', 'domyślna'),
      no('JEST_LIMIT_KREDYTU'),
      v('LIMIT_KREDYTU', '0'),
      no('NIE_PODLEGA_ROZLICZENIU'),
      no('KOMORNIK'),
      v('UPUST', '0'),
      no('INFORMACJE'),
      no('INDYWIDUALNY_TERMIN'),
      v('TERMIN', String(content.payment.termsDays ?? 0)),
      no('KAUCJE_PLATNOSCI'),
      v('KAUCJE_TERMIN', '60'),
      v('KOD_TRANSAKCJI', ''),
      no('BLOKADA_DOKUMENTOW'),
      no('LIMIT_PRZETERMINOWANY'),
      v('LIMIT_PRZETERMINOWANY_WARTOSC', '0'),
      v('KRAJ_ISO', b.iso),
      x('OPIEKUN', null),
      x(
        'ADRESY',
        null,
        x(
          'ADRES',
          null,
          v('STATUS', 'aktualny'),
          v('EAN', ''),
          v('GLN', ''),
          ...b.names.map((name, i) => v(`NAZWA${i + 1}`, name)),
          v('KRAJ', b.country),
          v('WOJEWODZTWO', ''),
          v('POWIAT', ''),
          v('GMINA', ''),
          v('ULICA', b.street),
          v('NR_DOMU', b.house),
          v('NR_LOKALU', b.flat),
          v('MIASTO', b.city),
          v('KOD_POCZTOWY', b.postalCode),
          v('POCZTA', b.city),
          v('DODATKOWE', '', 40),
          v('NIP_KRAJ', b.prefix),
          v('NIP', b.number),
          v('REGON', ''),
          v('PESEL', ''),
          v('TELEFON1', buyer.phone),
          v('TELEFON2', ''),
          v('FAX', ''),
          v('URL', ''),
          v('EMAIL', buyer.email),
        ),
      ),
      x('GRUPY', null, x('GRUPA', null, v('NAZWA', ''))),
    ),
  )}\n`;
}

// ---------------------------------------------------------------- register

/** Rate and status of a position (OPTIMA.md A.3). */
function rateOf(row: DocumentContent['totals']['byRate'][number]): { rate: string; status: string } {
  switch (row.category) {
    case 'E':
      return { rate: 'ZW', status: 'zwolniona' };
    case 'O':
    case 'AE':
      return { rate: 'NP', status: 'nie podlega' };
    default:
      return { rate: fixed(scaled(percentOf(row)), 2), status: 'opodatkowana' };
  }
}

export function registerEntry(document: FolderDocument, settings: OptimaSettings): string {
  const { content, kind, number, reference } = document;
  const issueDate = document.issueDate ?? content.issueDate ?? content.saleDate!;
  const b = buyerFacts(content);
  const correction = content.correction;
  const saleDate = correction ? issueDate : (content.saleDate ?? issueDate);
  const dueDate = content.dueDate ?? issueDate;
  const taxDay = taxPoint({ content, issueDate, kind });
  const foreign = content.currency !== 'PLN';
  const [rate, rateDay] = foreign ? [content.exchange!.rate, content.exchange!.date] : ['1', issueDate];
  const currency = foreign ? content.currency : '';
  const form = paymentForm(content, settings);
  const totals = totalsForBooks(content);
  const gross = toMinor(totals.gross, content.currency);
  const zloty = (amount: string) => fromMinor(inZloty(amount, content), 'PLN');
  const party = [v('PODMIOT', b.key, 20), v('PODMIOT_ID', b.id), v('PODMIOT_NIP', b.number)];
  const exporting = exportKind(content);
  const quote = (suffix: string) => [
    v(`KURS_WALUTY${suffix}`, 'NBP'),
    v(`NOTOWANIE_WALUTY_ILE${suffix}`, rate),
    v(`NOTOWANIE_WALUTY_ZA_ILE${suffix}`, '1'),
  ];
  return `${elementText(
    x(
      'REJESTR_SPRZEDAZY_VAT',
      null,
      v('ID_ZRODLA', uuidOf(reference)),
      v('MODUL', 'Rejestr Vat'),
      v('TYP', correction ? 'Korekta faktury' : kind === 'receipt' ? 'Rejestr sprzedaży' : 'Faktura sprzedaży'),
      v('REJESTR', settings.register),
      v('DATA_WYSTAWIENIA', issueDate),
      v('DATA_SPRZEDAZY', saleDate),
      v('TERMIN', dueDate),
      v('DATA_DATAOBOWIAZKUPODATKOWEGO', taxDay),
      v('DATA_DATAPRAWAODLICZENIA', taxDay),
      v('NUMER', number),
      v('KOREKTA', yes(correction !== undefined)),
      v('KOREKTA_NUMER', correction?.number),
      v('METODA_KASOWA', yes(accountsByCash(content))),
      v('FISKALNA', 'Nie'),
      v('DETALICZNA', yes(kind === 'receipt')),
      v('WEWNETRZNA', 'Nie'),
      v('EKSPORT', exporting ?? 'Nie'),
      v('FINALNY', yes(!b.company)),
      v('PODATNIK_CZYNNY', yes(b.company)),
      v('IDENTYFIKATOR_KSIEGOWY', ''),
      v('TYP_PODMIOTU', 'kontrahent'),
      ...party,
      ...b.names.map((name, i) => v(`NAZWA${i + 1}`, name)),
      v('NIP_KRAJ', b.prefix),
      v('NIP', b.number),
      v('KRAJ', b.country),
      v('WOJEWODZTWO', ''),
      v('POWIAT', ''),
      v('GMINA', ''),
      v('ULICA', b.street),
      v('NR_DOMU', b.house),
      v('NR_LOKALU', b.flat),
      v('MIASTO', b.city),
      v('KOD_POCZTOWY', b.postalCode),
      v('POCZTA', b.city),
      v('DODATKOWE', ''),
      v('TYP_PLATNIKA', 'kontrahent'),
      v('PLATNIK', b.key, 20),
      v('PLATNIK_ID', b.id),
      v('PLATNIK_NIP', b.number),
      v('PESEL', ''),
      v('ROLNIK', 'Nie'),
      v('KATEGORIA', settings.category, 20),
      v('KATEGORIA_ID', ''),
      // Fifty characters hold our mark and nothing else.
      v('OPIS', markOf(reference), 50),
      v('FORMA_PLATNOSCI', form),
      v('FORMA_PLATNOSCI_ID', ''),
      v('DEKLARACJA_VAT7', taxDay.slice(0, 7)),
      v('DEKLARACJA_VATUE', yes(exporting !== undefined)),
      v('DEKLARACJA_VAT27', 'Nie'),
      v('WALUTA', currency),
      ...quote(''),
      v('DATA_KURSU', rateDay),
      v('KURS_DO_KSIEGOWANIA', 'Nie'),
      ...quote('_2'),
      v('DATA_KURSU_2', rateDay),
      v('PLATNOSC_VAT_W_PLN', 'Nie'),
      v('AKCYZA_NA_WEGIEL', '0'),
      v('FA_Z_PA', yes(paperOf(document) === 'FP')),
      v('VAN_FA_Z_PA', 'Nie'),
      v('VAN_RODZAJ', '0'),
      v('MPP', yes(content.splitPayment)),
      v('NR_KSEF', document.clearance?.number),
      v('KSEF_DATA_PRZYJECIA', document.clearance?.day),
      v('DODATKOWY_OPIS', correction?.reason ?? content.order?.number ?? content.order?.externalId),
      x('POZYCJE', null, positions(content, settings)),
      x('KWOTY_DODATKOWE', null),
      x(
        'PLATNOSCI',
        null,
        gross === 0n
          ? undefined
          : x(
              'PLATNOSC',
              null,
              v('ID_ZRODLA_PLAT', uuidOf(`${reference}:payment`)),
              v('TERMIN_PLAT', dueDate),
              v('FORMA_PLATNOSCI_PLAT', form),
              v('FORMA_PLATNOSCI_ID_PLAT', ''),
              // What goes back to the buyer is a positive amount in the other direction.
              v('KWOTA_PLAT', fromMinor(gross < 0n ? -gross : gross, content.currency)),
              v('WALUTA_PLAT', currency),
              ...quote('_PLAT'),
              v('KWOTA_PLN_PLAT', zloty(fromMinor(gross < 0n ? -gross : gross, content.currency))),
              v('KIERUNEK', gross < 0n ? 'rozchód' : 'przychód'),
              v('PODLEGA_ROZLICZENIU', 'tak'),
              v('KONTO', ''),
              v('NIE_NALICZAJ_ODSETEK', 'Nie'),
              v('PRZELEW_SEPA', 'Nie'),
              v('DATA_KURSU_PLAT', rateDay),
              v('WALUTA_DOK', currency),
              v('PLATNOSC_TYP_PODMIOTU', 'kontrahent'),
              v('PLATNOSC_PODMIOT', b.key, 20),
              v('PLATNOSC_PODMIOT_ID', b.id),
              v('PLATNOSC_PODMIOT_NIP', b.number),
              v('PLAT_ELIXIR_O1', `Zapłata za ${number ?? ''}`, 35),
              v('PLAT_ELIXIR_O2', ''),
              v('PLAT_ELIXIR_O3', ''),
              v('PLAT_ELIXIR_O4', ''),
              v('PLAT_FA_Z_PA', yes(paperOf(document) === 'FP')),
              v('PLAT_VAN_FA_Z_PA', 'Nie'),
              v('PLAT_SPLIT_PAYMENT', yes(content.splitPayment)),
              v('PLAT_SPLIT_KWOTA_VAT', content.splitPayment ? totals.tax : ''),
              v('PLAT_SPLIT_NIP', content.splitPayment ? b.number : ''),
              v('PLAT_SPLIT_NR_DOKUMENTU', content.splitPayment ? number : ''),
            ),
      ),
      x('KODY_JPK', null),
      x('ATRYBUTY', null),
    ),
  )}\n`;
}

/** One position for each rate, not for each line. Tax in złoty is what the document says; base and tax are what the payment sums to. */
function positions(content: DocumentContent, settings: OptimaSettings): XmlElement[] {
  const lines = [...content.lines, ...(content.correction?.before.lines ?? [])];
  return totalsForBooks(content).byRate.map((row, i) => {
    const { rate, status } = rateOf(row);
    const net = fromMinor(inZloty(row.net, content), 'PLN');
    const tax =
      content.currency !== 'PLN' && row.taxAccounting !== undefined
        ? fixed(scaled(row.taxAccounting), 2)
        : fromMinor(inZloty(row.tax, content), 'PLN');
    const same = lines.filter((line) => line.rate?.category === row.category && percentOf(line.rate) === percentOf(row));
    const services = same.length > 0 && same.every((line) => line.kind !== 'goods' && line.kind !== 'deposit');
    return x(
      'POZYCJA',
      null,
      v('LP', String(i + 1)),
      v('KATEGORIA_POS', settings.category, 20),
      v('KATEGORIA_ID_POS', ''),
      v('STAWKA_VAT', rate),
      v('STATUS_VAT', status),
      v('NETTO', row.net),
      v('VAT', row.tax),
      v('NETTO_SYS', net),
      v('VAT_SYS', tax),
      v('NETTO_SYS2', net),
      v('VAT_SYS2', tax),
      v('RODZAJ_SPRZEDAZY', services ? 'usługi' : 'towary'),
      v('UWZ_W_PROPORCJI', 'Tak'),
      v('KOLUMNA_KPR', 'Sprzedaż'),
      v('OPIS_POZ', ''),
    );
  });
}
