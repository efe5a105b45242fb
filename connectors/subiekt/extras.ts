import { polishCountry } from '../../src/contract/books.ts';
import { civilDay } from '../../src/domain/days/day.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import type { Extras, RowOf } from '../../src/domain/formats/epp/index.ts';
import { arrivalCountry, gtuOf, isDistanceSaleAtHome, paperOf } from '../../src/domain/formats/jpk/register.ts';
import { toMinor } from '../../src/domain/money/money.ts';
import { standardRateOf } from '../../src/domain/regimes/index.ts';
import { buyerFacts, euPrefix, goodsCode, isAnonymous, itemKind, type Named, prices, rateOf } from './facts.ts';
import type { SubiektSettings } from './settings.ts';

/** What stands behind the documents of a file: buyers, goods, marks of the tax register, payments. */

export function extrasOf(d: Named, settings: SubiektSettings): Extras {
  const { content } = d;
  const key = `${d.type} ${d.written}`;
  const issueDay = d.issueDate ?? content.issueDate ?? content.saleDate!;
  return {
    ...(!isAnonymous(d) && contractorExtras(d, settings)),
    ...(settings.purpose === 'items' && goodsExtras(content, settings)),
    DATYZAKONCZENIA: [{ key, day: content.saleDate ?? issueDay }],
    ...(content.correction && {
      PRZYCZYNYKOREKT: [{ key, line: '1', reason: content.correction.reason }],
      // Kind 2: the month of the correction. An increase that belongs to the original's month is the accountant's to say.
      DATYUJECIAKOREKT: [{ key, kind: '2', day: issueDay }],
    }),
    WYMAGALNOSCMPP: [{ key, splitPayment: content.splitPayment ? '1' : '0' }],
    DOKUMENTYZNACZNIKIJPKVAT: [{ key, ...marks(content) }],
    ...distanceExtras(content, key, settings),
    ...(settings.purpose === 'office' && paymentExtras(content, key)),
  };
}

function contractorExtras(d: Named, settings: SubiektSettings): Extras {
  const b = buyerFacts(d);
  return {
    KONTRAHENCI: [
      {
        // 2 buyer, 9 a person who buys.
        kind: b.company ? '2' : '9',
        code: b.code,
        shortName: b.name,
        name: b.name,
        city: b.city,
        postalCode: b.postalCode,
        street: b.street,
        taxId: b.taxId,
        phone: d.content.buyer.phone,
        email: d.content.buyer.email,
        country: b.country,
        euPrefix: b.prefix,
        inEu: b.inEu,
        isoCountry: b.iso,
      },
    ],
    GRUPYKONTRAHENTOW: [{ code: b.code, group: settings.group }],
    DODATKOWEKONTRAHENTOW: [{ code: b.code }],
  };
}

function goodsExtras(content: DocumentContent, settings: SubiektSettings): Extras {
  const TOWARY: RowOf<'TOWARY'>[] = [];
  const CENNIK: RowOf<'CENNIK'>[] = [];
  const GRUPYTOWAROW: RowOf<'GRUPYTOWAROW'>[] = [];
  const DODATKOWETOWAROW: RowOf<'DODATKOWETOWAROW'>[] = [];
  const TOWARYKODYCN: RowOf<'TOWARYKODYCN'>[] = [];
  const TOWARYGRUPYJPKVAT: RowOf<'TOWARYGRUPYJPKVAT'>[] = [];
  for (const line of [...content.lines, ...(content.correction?.before.lines ?? [])]) {
    const code = goodsCode(line, settings);
    if (!code) continue;
    const { symbol, rate } = rateOf(line.rate);
    const unit = line.unit || 'szt.';
    TOWARY.push({
      kind: itemKind(line),
      code,
      ean: /^\d{8,14}$/.test(line.sku ?? '') ? line.sku : undefined,
      name: line.name,
      fiscalName: line.name,
      unit,
      rateSymbol: symbol,
      rate,
      purchaseRateSymbol: symbol,
      purchaseRate: rate,
      minimumUnit: unit,
    });
    const { netPrice, grossPrice } = prices(line, content);
    CENNIK.push({ code, priceList: settings.priceList, ...(content.currency === 'PLN' && { net: netPrice, gross: grossPrice }) });
    GRUPYTOWAROW.push({ code, group: settings.group });
    DODATKOWETOWAROW.push({ code });
    TOWARYKODYCN.push({ code });
    TOWARYGRUPYJPKVAT.push({ code, ...gtuFlags([...gtuOf({ ...content, correction: undefined, ordered: undefined, lines: [line] })]) });
  }
  return { TOWARY, CENNIK, GRUPYTOWAROW, DODATKOWETOWAROW, TOWARYKODYCN, TOWARYGRUPYJPKVAT };
}

function gtuFlags(codes: string[]): Record<string, string> {
  return Object.fromEntries(codes.map((code) => [`gtu${code}`, '1']));
}

/** Marks of the register of sales; an invoice to a receipt is of the type FP (3). */
function marks(content: DocumentContent): RowOf<'DOKUMENTYZNACZNIKIJPKVAT'> {
  return {
    ...gtuFlags(gtuOf(content)),
    documentType: paperOf({ kind: content.kind, content }) === 'FP' ? '3' : '0',
    wstoEe: isDistanceSaleAtHome(content) ? '1' : '0',
  };
}

/** A sale at a distance within the Union: from where to where, and the rates of the other country. */
function distanceExtras(content: DocumentContent, key: string, settings: SubiektSettings): Extras {
  const abroad = content.taxTreatment === 'destination';
  if (!abroad && !isDistanceSaleAtHome(content)) return {};
  const to = arrivalCountry(content) ?? '';
  const country = (code: string) => ({ name: polishCountry(code), prefix: euPrefix(code), iso: code });
  const [a, b] = [country('PL'), country(to)];
  return {
    INFORMACJEWSTO: [
      { key, fromCountry: a.name, fromPrefix: a.prefix, fromIso: a.iso, toCountry: b.name, toPrefix: b.prefix, toIso: b.iso },
    ],
    ...(abroad &&
      settings.purpose === 'office' && {
        STAWKIVATZAGRANICZNE: content.totals.byRate
          .filter((row) => row.category === 'S')
          .map((row) => {
            const { symbol, rate } = rateOf(row);
            return { symbol, rate, standard: standardRateOf(to) === symbol ? '1' : '0', country: b.name, prefix: b.prefix, iso: b.iso };
          }),
        SPECYFIKACJATOWAROWAWSTO: content.lines
          .filter((line) => line.kind === 'goods')
          .map((line) => ({ key, name: line.name, quantity: line.quantity, unit: line.unit || 'szt.' })),
      }),
  };
}

function paymentExtras(content: DocumentContent, key: string): Extras {
  const { payment, totals, currency } = content;
  if (!payment.paidAt || content.kind === 'correction' || toMinor(totals.paid, currency) === 0n) return {};
  return {
    PLATNOSCI: [
      {
        key,
        advance: content.kind === 'prepayment' ? '1' : '0',
        amount: totals.paid,
        currency,
        day: civilDay(payment.paidAt, 'Europe/Warsaw'),
      },
    ],
  };
}
