import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';

/**
 * Where a configured address may lead. Providers, mail servers and simulators stand anywhere, also on the own machine and network;
 * but nothing anybody books or mails with stands at link-local addresses, where clouds hand out the keys of the machine itself.
 */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16);
never.addSubnet('0.0.0.0', 8);
never.addSubnet('224.0.0.0', 3);
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
never.addAddress('fd00:ec2::254', 'ipv6');
never.addAddress('100.100.100.200');
never.addAddress('::', 'ipv6');

/** An http(s) address whose host may be called. */
export function isCallable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (protocol === 'http:' || protocol === 'https:') && isCallableHost(hostname);
}

export function isCallableHost(host: string): boolean {
  const name = plainHost(host).replace(/%.*$/, '');
  const family = isIP(name);
  if (family === 0) return name !== '' && !/^metadata(\.google\.internal)?\.?$/.test(name);
  return !never.check(name, family === 6 ? 'ipv6' : 'ipv4');
}

class Unreachable extends Error {
  override name = 'Unreachable';
}

/** Names are judged by what they resolve to at the very connection, so that a name cannot change its mind in between. */
const guardedLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, '', 4);
    if (!found.every(({ address }) => isCallableHost(address))) return done(new Unreachable(`nothing is called at ${host}`), '', 4);
    if (options.all) return done(null, found);
    done(null, found[0]!.address, found[0]!.family);
  });
};

const connectTo = buildConnector({ lookup: guardedLookup });
const dispatcher = new Agent({
  connect: (options, done) =>
    isCallableHost(options.hostname) ? connectTo(options, done) : done(new Unreachable(`nothing is called at ${options.hostname}`), null),
});

/** `fetch` for addresses that somebody configured: the same walls for literal addresses, for names, and for where an answer leads. */
export const guardedFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, { ...init, dispatcher } as RequestInit);

/**
 * Would a secret typed for the one host go to another? The own machine is no stranger: simulators change their ports. An address
 * that drops its encryption counts as another.
 */
export function leadsElsewhere(before: string | undefined, after: string | undefined): boolean {
  if (!before || !after || before === after) return false;
  const [from, to] = [before, after].map((address) => (URL.canParse(address) ? new URL(address) : undefined));
  const host = plainHost(to?.hostname || after);
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return false;
  return host !== plainHost(from?.hostname || before) || (from?.protocol === 'https:' && to?.protocol === 'http:');
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}
