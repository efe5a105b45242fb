import type { TaxRate } from '../../src/domain/orders/order.ts';
import { isEuCountry } from '../../src/domain/regimes/taxid.ts';

/** VAT keys of the provider: percentages and letter keys. A letter key always has no tax and gross = net. */
export const letterKeys = [
  'AAM', 'TAM', 'F.AFA', 'KBAET', 'KBAUK', 'EUFAD37', 'EUFADE', 'EUE', 'HO', 'EAM', 'NAM', 'ATK', 'TAHK', 'EUT', 'EUKT',
]; // biome-ignore format: a table

const domestic = new Set(['27', '18', '5', '0']);
/** The authority's and other spellings of the same cases; older keys are read but never sent. */
const synonyms: Record<string, string> = { FAD: 'F.AFA', 'F.ÁFA': 'F.AFA', ÁKK: 'ATK', AKK: 'ATK', TEHK: 'HO', MAA: 'TAM' };

export type VatChoice = { key: string; percent: string; oss?: boolean } | { refused: 'unknown' | 'oss' };

/**
 * The provider's key of a line. A key chosen by the seller or the regime counts first; otherwise the category and the buyer's
 * country decide, and the profile of the connection says which exemption the seller has.
 */
export function vatKey(
  rate: TaxRate | undefined,
  buyerCountry: string | undefined,
  settings: { exemptKey: string; ossSeller: boolean },
): VatChoice {
  if (!rate) return { refused: 'unknown' };
  const chosen = letterKey(rate.key) ?? letterKey(rate.exemptionReason);
  if (chosen && rate.category !== 'S') return { key: chosen, percent: '0' };
  const abroad = buyerCountry !== undefined && buyerCountry !== 'HU';
  switch (rate.category) {
    case 'S':
      return percentKey(rate.percent, abroad && isEuCountry(buyerCountry), settings.ossSeller);
    case 'Z':
      return { key: '0', percent: '0' };
    case 'E':
      return { key: settings.exemptKey, percent: '0' };
    case 'AE':
      return { key: abroad ? 'EUFAD37' : 'F.AFA', percent: '0' };
    case 'K':
      return { key: 'KBAET', percent: '0' };
    case 'G':
      return { key: 'EAM', percent: '0' };
    case 'O':
      return { key: abroad && !isEuCountry(buyerCountry) ? 'HO' : 'ATK', percent: '0' };
  }
}

function letterKey(text: string | undefined): string | undefined {
  const key = text?.trim().toUpperCase();
  if (!key) return undefined;
  return letterKeys.includes(key) ? key : synonyms[key];
}

/** Another state's rate is only for a seller in the one-stop shop: such a document is never reported, and that cannot be undone. */
function percentKey(percent: string | undefined, buyerInEu: boolean, ossSeller: boolean): VatChoice {
  if (percent === undefined) return { refused: 'unknown' };
  const key = percent.includes('.') ? percent.replace(/\.?0+$/, '') : percent;
  if (domestic.has(key)) return { key, percent: key };
  return ossSeller && buyerInEu ? { key, percent: key, oss: true } : { refused: 'oss' };
}
