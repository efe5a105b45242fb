import type { DocumentContent, DocumentLine } from '../documents/document.ts';
import { type Decimal, extend, fitsCurrency, fixed, fromMinor, scaled, toMinor } from '../money/money.ts';
import { percentOf } from '../totals/spread.ts';
import type { Part, Pick, RowInput } from './receivable.ts';

/** Longest id and name of an article at a provider, in code points; cut once, here, and the same for ever. */
const longest = 50;
const maxQuantity = 99_999_999;

/**
 * Rows for a financing provider from a document: gross prices with two decimals, whole quantities, each article told apart by its id. A
 * line that no whole quantity and price give exactly (2.5 m, a net price) becomes one piece with its whole amount, so that the sum stays
 * the document's to the smallest unit. The rounding of the amount due is a row of its own without tax.
 */
export function rowsOfDocument(content: DocumentContent, words: { rounding: string }): RowInput[] {
  const rows = content.lines.filter((line) => toMinor(line.gross, content.currency) !== 0n).map((line) => rowOfLine(line, content));
  const rounding = toMinor(content.totals.rounding, content.currency);
  if (rounding !== 0n)
    rows.push({
      articleId: 'ROUNDING',
      name: cut(words.rounding),
      quantity: 1,
      unitPrice: fromMinor(rounding, content.currency),
      vat: '0',
    });
  return toldApart(rows);
}

/** Ids by custom of what an order has beside its goods. */
const besideGoods: Partial<Record<DocumentLine['kind'], string>> = { delivery: 'SHIPPING', discount: 'DISCOUNT', fee: 'INVOICE_FEE' };

function rowOfLine(line: DocumentLine, content: DocumentContent): RowInput {
  const vat = line.rate ? percentOf(line.rate) : '0';
  const orderLineId = line.orderLineId;
  const common = {
    articleId: cut(line.sku || besideGoods[line.kind] || line.orderLineId || line.id),
    vat,
    ...(orderLineId ? { orderLineId } : {}),
  };
  const { currency } = content;
  const gross = toMinor(line.gross, currency);
  const quantity = wholeQuantity(line.quantity);
  if (quantity !== undefined && gross % BigInt(quantity) === 0n) {
    const unitPrice = fromMinor(gross / BigInt(quantity), currency);
    if (fitsCurrency(unitPrice, currency) && extend(String(quantity), unitPrice, currency) === gross)
      return { ...common, name: cut(line.name), quantity, unitPrice };
  }
  const amount = trimmed(line.quantity);
  return {
    ...common,
    name: cut(`${amount} ${line.unit} ${line.name}`.replace(/\s+/g, ' ')),
    quantity: 1,
    unitPrice: fromMinor(gross, currency),
  };
}

function wholeQuantity(quantity: Decimal): number | undefined {
  const n = scaled(quantity);
  const unit = 10n ** BigInt(n.scale);
  if (n.value % unit !== 0n) return undefined;
  const whole = n.value / unit;
  return whole >= 1n && whole <= BigInt(maxQuantity) ? Number(whole) : undefined;
}

function trimmed(quantity: Decimal): string {
  return fixed(scaled(quantity), 3).replace(/\.?0+$/, '');
}

/** At most fifty code points, never half a letter. */
function cut(text: string): string {
  return [...text.replace(/[\p{Cc}\s]+/gu, ' ').trim()].slice(0, longest).join('').trim() || '-';
}

/** The same id for another name, price or rate gets a mark, the same at every call. */
export function toldApart(rows: readonly RowInput[]): RowInput[] {
  const used = new Map<string, string>();
  return rows.map((row) => {
    const facts = `${row.name}\n${row.unitPrice}\n${row.vat}`;
    for (let n = 1; ; n++) {
      const mark = n === 1 ? '' : `~${n}`;
      const articleId = [...row.articleId].slice(0, longest - mark.length).join('') + mark;
      const known = used.get(articleId);
      if (known !== undefined && known !== facts) continue;
      used.set(articleId, facts);
      return { ...row, articleId };
    }
  });
}

/** Articles by id and quantity as picks of a part: each row gives what it has left, the first one first. Undefined when there is too little. */
export function picksOf(part: Part, wanted: readonly { articleId: string; quantity: number }[]): Pick[] | undefined {
  const left = part.rows.map((row) => row.quantity - row.credited);
  const picks: Pick[] = [];
  for (const { articleId, quantity } of wanted) {
    let open = quantity;
    part.rows.forEach((row, i) => {
      if (row.articleId !== articleId || open === 0) return;
      const taken = Math.min(open, left[i]!);
      if (taken === 0) return;
      picks.push({ row: i, quantity: taken });
      left[i]! -= taken;
      open -= taken;
    });
    if (open > 0) return undefined;
  }
  return picks;
}

/** A return of goods that were shipped in several parts: what each active part has of them, the oldest first. Undefined when too few were shipped. */
export function creditsOf(
  parts: readonly Part[],
  wanted: readonly { articleId: string; quantity: number }[],
): { part: number; picks: Pick[] }[] | undefined {
  const open = new Map<string, number>();
  for (const { articleId, quantity } of wanted) open.set(articleId, (open.get(articleId) ?? 0) + quantity);
  const credits: { part: number; picks: Pick[] }[] = [];
  for (const part of parts.filter((p) => p.state === 'active')) {
    const picks: Pick[] = [];
    part.rows.forEach((row, i) => {
      const taken = Math.min(open.get(row.articleId) ?? 0, row.quantity - row.credited);
      if (taken <= 0) return;
      picks.push({ row: i, quantity: taken });
      open.set(row.articleId, open.get(row.articleId)! - taken);
    });
    if (picks.length > 0) credits.push({ part: part.seq, picks });
  }
  return [...open.values()].every((n) => n === 0) ? credits : undefined;
}
