import { domainToASCII } from 'node:url';

/** What an address is for the purpose of mailing: a marketplace's stand-in is never mailed by accident (contract allegro §10.4). */
type EmailKind = 'direct' | 'masked' | 'none';

const lengthLimit = 254;
const local = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domain = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * One plain address with its domain in ASCII, or undefined. No names, lists, quotes, comments or line breaks: nothing that
 * could become a second recipient or a header.
 */
export function parseAddress(text: string | undefined): string | undefined {
  const address = (text ?? '').trim();
  const at = address.lastIndexOf('@');
  if (at < 1 || at > 64 || address.length > lengthLimit || !local.test(address.slice(0, at))) return undefined;
  const host = domainToASCII(address.slice(at + 1)).toLowerCase();
  // In ASCII a domain may be far longer than it was typed.
  return domain.test(host) && at + 1 + host.length <= lengthLimit ? `${address.slice(0, at)}@${host}` : undefined;
}

/** Domains of marketplaces that forward to their buyers; organizations may add theirs (contract ORDERS §4). */
export const maskedDomains = ['allegromail.pl', 'user.allegrogroup.pl', 'marketplace.amazon.*', 'members.ebay.com'];

export function emailKind(text: string | undefined, masked: readonly string[] = maskedDomains): EmailKind {
  const address = (text ?? '').trim().toLowerCase();
  if (address === '') return 'none';
  const host = address.slice(address.lastIndexOf('@') + 1);
  return masked.some((pattern) => fits(host, pattern.toLowerCase())) ? 'masked' : 'direct';
}

function fits(host: string, pattern: string): boolean {
  if (!pattern.endsWith('.*')) return host === pattern || host.endsWith(`.${pattern}`);
  const stem = pattern.slice(0, -1);
  return host.startsWith(stem) || host.includes(`.${stem}`);
}
