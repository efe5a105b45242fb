import type { Made } from '../contract/connector.ts';
import { isDay } from '../domain/days/day.ts';
import { isDecimal } from '../domain/money/money.ts';

/**
 * What an answer tells of a document, as far as it can be kept. One impossible day, amount or letter of it must not keep the document from
 * being accepted, nor those that are accepted with it: what is none is left out, and is asked for where it is needed.
 */
export function sound(made: Made): Made {
  const { issueDate, paidOn, gross, net, paid, number, byRate, currency, buyerName, url, clearance, ...rest } = made;
  const day = (text: string | undefined) => kept(text?.slice(0, 10), isDay);
  const amount = (text: string | undefined) => kept(text, isDecimal);
  const words = (text: string | undefined, most: number) => kept(text, (one) => one.length <= most && plain(one) === one);
  return {
    ...rest,
    providerId: plain(made.providerId),
    number: words(number, mostOfNumber),
    currency: kept(currency, (one) => /^[A-Z]{3}$/.test(one)),
    buyerName: buyerName && plain(buyerName),
    url: words(url, mostOfUrl),
    issueDate: day(issueDate),
    paidOn: day(paidOn),
    gross: amount(gross),
    net: amount(net),
    paid: amount(paid),
    clearance: kept(clearance, (one) => words(one.number, mostOfNumber) !== undefined && (!one.at || !Number.isNaN(Date.parse(one.at)))),
    byRate: kept(byRate, (rates) => rates.every((r) => [r.net, r.tax, r.gross].every(isDecimal))),
  };
}

const mostOfNumber = 200;
const mostOfUrl = 2000;
const plain = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd');

function kept<T>(value: T | undefined, holds: (value: T) => boolean): T | undefined {
  return value !== undefined && holds(value) ? value : undefined;
}
