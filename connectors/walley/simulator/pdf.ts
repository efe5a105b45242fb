import { onePagePdf } from '../../../src/testkit/pdf.ts';
import { plain } from './amounts.ts';
import { localDay } from './clock.ts';
import { openVat, type Part, remainingOf, rowTotal } from './ledger.ts';

const rowsPrinted = 30;

/** The provider's document: number, payment reference and total are what a reader looks for. */
export function invoicePdf(part: Part, document: string): Buffer {
  const { purchase } = part;
  const { invoiceAddress: buyer, currency } = purchase;
  const rows = part.rows.map((row) => `${row.quantity} x ${row.description} (${row.articleId})   ${plain(rowTotal(row))} ${currency}`);
  return onePagePdf(`Faktura ${document}`, [
    `Ordernummer: ${purchase.reference ?? ''}`,
    `Köpare: ${buyer.CompanyName ?? `${buyer.Firstname ?? ''} ${buyer.Lastname ?? ''}`.trim()}`,
    `${buyer.Address1 ?? ''}, ${buyer.PostalCode ?? ''} ${buyer.City ?? ''}`,
    `Fakturadatum: ${part.activatedAt === undefined ? '' : localDay(part.activatedAt)}   Förfallodatum: ${part.dueDate ?? ''}`,
    '',
    ...rows.slice(0, rowsPrinted),
    ...(rows.length > rowsPrinted ? [`… (+${rows.length - rowsPrinted})`] : []),
    ...part.adjustments.map(({ description, amount }) => `${description}   ${plain(amount)} ${currency}`),
    ...(part.credits === 0n ? [] : [`Krediterat   ${plain(-part.credits)} ${currency}`]),
    '',
    ...openVat(part).map(({ rate, vat }) => `Varav moms ${plain(rate)} %: ${plain(vat)} ${currency}`),
    `Att betala: ${plain(remainingOf(part))} ${currency}`,
    `OCR: ${part.paymentReference}`,
    'Bankgiro: 5555-5551',
  ]);
}
