import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Where people reach us. Without a given address every loopback or numeric host is ours: a name could be an attacker's (DNS rebinding). */
export type PublicAddress = { publicUrl: string; given: boolean };

export function isOurHost(address: PublicAddress, host: string): boolean {
  const url = `http://${host}`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (host === new URL(address.publicUrl).host) return true;
  if (name === 'localhost' || name === '::1' || /^127\./.test(name)) return true;
  return !address.given && isIP(name) !== 0;
}

/**
 * A call that a browser makes with our cookie must come from our own pages. Browsers always send one of the two headers with a
 * writing call; a program that sends neither is no browser and cannot be misled by a page.
 */
export function isSameOrigin(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = request.headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}
