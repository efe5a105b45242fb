import { at, type XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { opt, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import { decimal, rescale, type Scaled } from '../../../src/domain/money/money.ts';
import { onePagePdf } from '../../../src/testkit/pdf.ts';
import { doubleText, type Hundredths, near, plain, readDouble, times, zero } from './amounts.ts';
import {
  checkArithmetic,
  checkErasureCodes,
  currencyIn,
  filled,
  flag,
  negated,
  printedLines,
  type SentLine,
  sentLines,
  storedLine,
  text,
  totalsOf,
  vatKeyOf,
} from './documents.ts';
import { AgentError } from './errors.ts';
import { checkCompany } from './issue.ts';
import { sumsByRate } from './queries.ts';
import { brokenBase64, type Reply, xmlReply } from './replies.ts';
import { type Account, dayOf, type Line, type Receipt, seller } from './state.ts';

export type ReceiptCall = { account: Account; request: XmlTree; now: number; nextId: () => number };

const header = (request: XmlTree) => at(request, 'fejlec');

/** `action-szamla_agent_nyugta_create`. A used call id is refused; the earlier receipt is not given again. */
export function createReceipt(call: ReceiptCall): Reply {
  const { account, request, now } = call;
  checkCompany(account);
  const head = header(request);
  const prefix = text(head, 'elotag') ?? '';
  if (!/^[A-Z0-9]{1,5}$/.test(prefix)) throw new AgentError('337');
  if (account.settings.prefixes.some((known) => known.prefix === prefix)) throw new AgentError('336');
  const callId = unusedCallId(account, request);
  const orderNumber = filled(head, 'rendelesSzam')?.trim();
  checkOrderNumber(account, orderNumber);
  const currency = currencyIn(head);
  const lines = sentLines(request, { net: 'netto', tax: 'afa', gross: 'brutto' }).map((line) => checkedLine(line, account, currency));
  const totals = totalsOf(lines);
  const tenders = tendersIn(request);
  if (tenders && tenders.reduce((sum, tender) => sum + tender.amount, 0n) !== totals.gross) throw new AgentError('340');
  const receipt: Receipt = {
    id: call.nextId(),
    ...numbered(account, prefix, now),
    kind: 'NY',
    callId,
    prefix,
    orderNumber,
    paymentMethod: text(head, 'fizmod') ?? '',
    currency,
    exchangeBank: filled(head, 'devizabank'),
    exchangeRate: rateIn(head),
    comment: filled(head, 'megjegyzes'),
    lines,
    tenders: tenders ?? [],
    ...totals,
    reversedNumber: undefined,
    reversed: false,
    lastMail: undefined,
  };
  return store(account, receipt, request);
}

/** `action-szamla_agent_nyugta_storno`. Unlike an invoice, a receipt is reversed once. */
export function reverseReceipt(call: ReceiptCall): Reply {
  const { account, request, now } = call;
  checkCompany(account);
  const original = receiptNumbered(account, request);
  const callId = unusedCallId(account, request);
  if (original.kind === 'SN' || original.reversed) throw new AgentError('14', 'A nyugta már sztornózva van, vagy maga is sztornó nyugta.');
  const lines = original.lines.map(negated);
  const receipt: Receipt = {
    ...original,
    id: call.nextId(),
    ...numbered(account, original.prefix, now),
    kind: 'SN',
    callId,
    lines,
    tenders: original.tenders.map((tender) => ({ ...tender, amount: -tender.amount })),
    ...totalsOf(lines),
    reversedNumber: original.number,
    reversed: true,
    lastMail: undefined,
  };
  original.reversed = true;
  return store(account, receipt, request);
}

/** `action-szamla_agent_nyugta_get`, by number, order number (the newest) or call id. */
export function getReceipt({ account, request }: ReceiptCall): Reply {
  const orderNumber = filled(header(request), 'rendelesSzam');
  const callId = filled(header(request), 'hivasAzonosito');
  if (filled(header(request), 'nyugtaszam')) return receiptReply(account, receiptNumbered(account, request), request);
  const receipt =
    orderNumber !== undefined
      ? [...account.receipts.values()].findLast((r) => r.orderNumber === orderNumber)
      : callId !== undefined
        ? account.callIds.get(callId)
        : undefined;
  if (!receipt) throw new AgentError('7', 'Hiányzó adat: nyugta (ismeretlen rendelésszám vagy hívásazonosító).');
  return receiptReply(account, receipt, request);
}

const pauseBetweenMailsMs = 15_000;

/** `action-szamla_agent_nyugta_send`: without its mail block nothing is sent, an empty block repeats the previous mail. */
export function sendReceipt({ account, request, now }: ReceiptCall): Reply {
  const receipt = receiptNumbered(account, request);
  const block = at(request, 'emailKuldes');
  if (block) {
    const mail = block.children.length === 0 ? receipt.lastMail : { to: filled(block, 'email'), subject: filled(block, 'emailTargy') };
    if (!mail?.to) throw new AgentError('7', 'Hiányzó adat: email elem.');
    if (!mail.subject) throw new AgentError('7', 'Hiányzó adat: emailtargy elem.');
    if (now - account.lastReceiptMailAt < pauseBetweenMailsMs) throw new AgentError('153');
    account.lastReceiptMailAt = now;
    receipt.lastMail = { to: mail.to, subject: mail.subject };
    account.mails.push({
      ...receipt.lastMail,
      number: receipt.number,
      attachments: [],
      deliveredTo: account.settings.test ? seller.email : mail.to,
    });
  }
  return xmlReply('xmlnyugtasendvalasz', {}, x('sikeres', null, 'true'));
}

function receiptNumbered(account: Account, request: XmlTree): Receipt {
  const receipt = account.receipts.get(text(header(request), 'nyugtaszam')?.trim() ?? '');
  if (!receipt) throw new AgentError('339');
  return receipt;
}

function unusedCallId(account: Account, request: XmlTree): string | undefined {
  const callId = filled(header(request), 'hivasAzonosito');
  if (callId !== undefined && account.callIds.has(callId)) throw new AgentError('338');
  return callId;
}

function checkOrderNumber(account: Account, orderNumber: string | undefined): void {
  if (!account.settings.receiptOrderRepeatForbidden || orderNumber === undefined) return;
  const used = [...account.receipts.values()].some((r) => r.orderNumber === orderNumber && !r.reversed);
  if (used) throw new AgentError('152', `Már létező rendelésszám: ${orderNumber}. Az ismétlődés engedélyezhető a Beállítások oldalon.`);
}

const cent: Scaled = { value: 1n, scale: 2 };

/** Receipts have no tolerance; only the rounding of net and tax to two decimals is left to them. */
function checkedLine(line: SentLine, account: Account, currency: string): Line {
  const vat = vatKeyOf(line);
  if (currency === 'HUF') checkForintDecimals(line);
  const roundedNet = line.unitNet && line.quantity && twoDecimals(times(line.unitNet, line.quantity));
  checkArithmetic(roundedNet ? { ...line, unitNet: roundedNet, quantity: { value: 1n, scale: 0 } } : line, vat, { net: zero, tax: cent });
  checkErasureCodes(line, account);
  return storedLine(line, vat, (n) => rescale(n, 2));
}

function twoDecimals(n: Scaled): Scaled {
  return { value: rescale(n, 2), scale: 2 };
}

function checkForintDecimals(line: SentLine): void {
  const fits = (n: Scaled | undefined, digits: number) => n === undefined || near(n, { value: rescale(n, digits), scale: digits }, zero);
  if (!fits(line.gross, 0)) throw new AgentError('363');
  if (!fits(line.net, 2)) throw new AgentError('364');
  if (!fits(line.tax, 2)) throw new AgentError('365');
}

function tendersIn(request: XmlTree): Receipt['tenders'] | undefined {
  return at(request, 'kifizetesek')?.children.map((tender) => {
    const amount = readDouble(text(tender, 'osszeg') ?? '');
    if (!amount) throw new AgentError('340');
    return { means: text(tender, 'fizetoeszkoz') ?? '', amount: rescale(amount, 2), note: filled(tender, 'leiras') };
  });
}

function rateIn(head: XmlTree | undefined): string | undefined {
  const rate = readDouble(text(head, 'devizaarf') ?? '');
  return rate && decimal(rate);
}

function numbered(account: Account, prefix: string, now: number): { number: string; issueDate: string } {
  const issueDate = dayOf(now);
  const range = `${prefix}-${issueDate.slice(0, 4)}`;
  return { number: `${range}-${account.takeNumber(`receipt ${range}`)}`, issueDate };
}

function store(account: Account, receipt: Receipt, request: XmlTree): Reply {
  account.receipts.set(receipt.number, receipt);
  if (receipt.callId !== undefined) account.callIds.set(receipt.callId, receipt);
  return receiptReply(account, receipt, request);
}

function receiptReply(account: Account, receipt: Receipt, request: XmlTree): Reply {
  const pdf = flag(request, 'beallitasok', 'pdfLetoltes') ? receiptPdf(receipt) : undefined;
  return xmlReply(
    'xmlnyugtavalasz',
    {},
    x('sikeres', null, 'true'),
    pdf ? x('nyugtaPdf', null, brokenBase64(pdf)) : undefined,
    x(
      'nyugta',
      null,
      basics(account, receipt),
      x('tetelek', null, ...receipt.lines.map(lineBlock)),
      receipt.tenders.length > 0 ? x('kifizetesek', null, ...receipt.tenders.map(tenderBlock)) : undefined,
      sums(receipt),
    ),
  );
}

function basics(account: Account, receipt: Receipt): XmlElement {
  return x(
    'alap',
    null,
    x('id', null, String(receipt.id)),
    opt('hivasAzonosito', receipt.callId),
    x('nyugtaszam', null, receipt.number),
    x('tipus', null, receipt.kind),
    x('stornozott', null, String(receipt.reversed)),
    opt('stornozottNyugtaszam', receipt.reversedNumber),
    x('kelt', null, receipt.issueDate),
    x('fizmod', null, receipt.paymentMethod),
    x('penznem', null, receipt.currency),
    opt('devizabank', receipt.exchangeBank),
    opt('devizaarf', receipt.exchangeRate),
    opt('megjegyzes', receipt.comment),
    x('teszt', null, String(account.settings.test)),
    opt('rendelesSzam', receipt.orderNumber),
  );
}

function lineBlock(line: Line): XmlElement {
  return x(
    'tetel',
    null,
    x('megnevezes', null, line.name),
    opt('azonosito', line.itemCode),
    x('nettoEgysegar', null, line.unitNet),
    x('mennyiseg', null, line.quantity),
    x('mennyisegiEgyseg', null, line.unit),
    x('netto', null, plain(line.net)),
    opt('afatipus', line.vat.type),
    x('afakulcs', null, doubleText(line.vat.percent)),
    x('afa', null, plain(line.tax)),
    x('brutto', null, plain(line.gross)),
  );
}

function tenderBlock(tender: Receipt['tenders'][number]): XmlElement {
  return x('kifizetes', null, x('fizetoeszkoz', null, tender.means), x('osszeg', null, plain(tender.amount)), opt('leiras', tender.note));
}

function sums(receipt: Receipt): XmlElement {
  const amounts = (of: { net: Hundredths; tax: Hundredths; gross: Hundredths }) => [
    x('netto', null, plain(of.net)),
    x('afa', null, plain(of.tax)),
    x('brutto', null, plain(of.gross)),
  ];
  return x(
    'osszegek',
    null,
    ...sumsByRate(receipt.lines).map((rate) =>
      x('afakulcsossz', null, opt('afatipus', rate.type), x('afakulcs', null, doubleText(rate.percent)), ...amounts(rate)),
    ),
    x('totalossz', null, ...amounts(receipt)),
  );
}

function receiptPdf(receipt: Receipt): Buffer {
  return onePagePdf(`${receipt.kind === 'SN' ? 'Sztornó nyugta' : 'Nyugta'} ${receipt.number}`, [
    `${seller.name}, ${seller.zip} ${seller.city}, ${seller.address}, ${seller.taxNumber}`,
    `Kelt: ${receipt.issueDate}   Fizetési mód: ${receipt.paymentMethod}`,
    '',
    ...printedLines(receipt.lines, receipt.currency),
    '',
    `Összesen: ${plain(receipt.gross)} ${receipt.currency}`,
  ]);
}
