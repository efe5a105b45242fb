import { cut } from '../domain/cut.ts';

/**
 * Field :86: of MT940, which every bank fills in a way of its own (BILLING §6.2): subfields after `~`, `?`, `<` or `+`, the labelled free
 * text of mBank, the slash words of the Low Countries, or simply text.
 */
type Description = {
  titles: string[];
  payerName?: string;
  payerAccount?: string;
  structuredReference?: string;
  payerReference?: string;
};

const subfieldCodes = '00|10|2[0-9]|3[0-4]|38|6[0-5]';

export function describe86(text: string): Description {
  const joined = text.replace(/\n/g, '');
  const dialect = new RegExp(`^\\s*\\d{0,3}([~?<+^|])(?:${subfieldCodes})`).exec(joined);
  if (dialect) return subfields(joined, dialect[1]!);
  // Long runs of blanks say no more than two, and would make the search for labels take a second an entry.
  const spaced = joined.replace(/\s{3,}/g, '  ');
  if (/TYT\.:|Z RACH\.:|;\s*OD:/.test(spaced)) return labelled(spaced);
  if (/^\s*\/(?:EREF|REMI|NAME|IBAN|TRTP|BENM|ORDP|CNTP|MARF)\//.test(joined)) return slashWords(joined);
  return free(text);
}

function subfields(text: string, separator: string): Description {
  const parts = new Map<number, string>();
  const pieces = text.split(new RegExp(`\\${separator}(${subfieldCodes})`));
  for (let i = 1; i < pieces.length; i += 2) {
    const code = Number(pieces[i]);
    parts.set(code, (parts.get(code) ?? '') + (pieces[i + 1] ?? ''));
  }
  const get = (codes: number[]) => codes.map((code) => parts.get(code) ?? '').filter((part) => part.trim() !== '');
  const named = parts.has(32) || parts.has(33);
  // Where no 32 stands, 27 is the payer's name and 28, 29 are his address; the German dialect goes on with the title up to 29 and in 60–63.
  const german = separator === '?';
  const titleCodes = german
    ? [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 60, 61, 62, 63]
    : [20, 21, 22, 23, 24, 25, ...(named ? [26, 27, 28, 29] : [26])];
  const name = german || named ? get([32, 33]).join('') : get([27]).join('');
  const account = get([38])[0] ?? get([31])[0];
  const title = get(titleCodes);
  const reference = /(?:EREF|KREF)\+\s*(\S{4,35})/.exec(title.join(''))?.[1];
  return {
    titles: variants(title),
    ...optional('payerName', name),
    ...optional('payerAccount', account),
    ...(reference && { payerReference: reference }),
  };
}

/** Labels of mBank; the text is wrapped at 65 characters in the middle of words, so its lines are joined as they are. */
function labelled(text: string): Description {
  const title = /TYT\.:\s*(.*?)\s*(?:;\s*TNR:|$)/s.exec(text)?.[1];
  const account = /Z RACH\.:\s*((?:[A-Z]{2})?[\d ]{26,34})/.exec(text)?.[1];
  const from = /(?:^|;)\s*OD:\s*(.*?)\s*(?:;\s*(?:TYT\.|TNR):|$)/s.exec(text)?.[1];
  // Two spaces part the name from the address.
  const name = from?.split(/\s{2,}/)[0];
  return { titles: variants([title ?? text]), ...optional('payerName', name), ...optional('payerAccount', account) };
}

function slashWords(text: string): Description {
  const words = new Map<string, string>();
  const pieces = text.split(/\/(EREF|REMI|NAME|IBAN|TRTP|BENM|ORDP|CNTP|MARF|BIC|ADDR|ID|CSID|PREF|RTRN|SVWZ|KREF)\//);
  for (let i = 1; i < pieces.length; i += 2) words.set(pieces[i]!, (words.get(pieces[i]!) ?? '') + (pieces[i + 1] ?? ''));
  const parties = (words.get('CNTP') ?? '').split('/');
  const remittance = (words.get('REMI') ?? '').replace(/^(?:USTD|STRD)\/[^/]*\//, '').replace(/^\/+|\/+$/g, '');
  const structured = /^STRD\/(?:CUR|ISO)\/([^/]+)/.exec(words.get('REMI') ?? '')?.[1];
  return {
    titles: variants([remittance || text]),
    ...optional('payerName', words.get('NAME') ?? parties[2]),
    ...optional('payerAccount', words.get('IBAN') ?? parties[0]),
    ...optional('structuredReference', structured),
    ...(words.get('EREF') && !/NOTPROVIDED/i.test(words.get('EREF')!) && optional('payerReference', words.get('EREF'))),
  };
}

function free(text: string): Description {
  const lines = text.split('\n').map((line) => line.trim());
  const account = /\b([A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?)\b/.exec(lines.join(' '))?.[1];
  return { titles: variants(lines), ...(account && isIban(account) && optional('payerAccount', account)) };
}

/** What the payer wrote, joined as the bank cut it and with spaces between the pieces. */
export function variants(parts: string[]): string[] {
  const clean = (text: string) => cut(text.replace(/\s+/g, ' ').trim(), 2000);
  return [...new Set([clean(parts.join('')), clean(parts.join(' '))])].filter((text) => text !== '');
}

function optional<K extends keyof Description>(key: K, value: string | undefined): Partial<Record<K, string>> {
  const text = value && cut(value.replace(/\s+/g, ' ').trim(), 300);
  return text ? ({ [key]: text } as Record<K, string>) : {};
}

/** Check of ISO 13616: the remainder by 97 is one. */
function isIban(text: string): boolean {
  const iban = text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/.test(iban)) return false;
  let remainder = 0;
  for (const sign of iban.slice(4) + iban.slice(0, 4))
    for (const digit of String(Number.parseInt(sign, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  return remainder === 1;
}
