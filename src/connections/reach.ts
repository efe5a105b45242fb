import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction, Socket } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

/**
 * Where a configured address may lead. Providers, mail servers and simulators stand anywhere, also on the own machine and network;
 * but nothing anybody books or mails with stands at link-local addresses, where clouds hand out the keys of the machine itself. Where the
 * organizations of an installation are strangers to its machine, private networks are closed to them as well (`FAKTURIST_NETWORK=public`).
 */
const never = new BlockList();
never.addSubnet('169.254.0.0', 16);
never.addSubnet('0.0.0.0', 8);
never.addSubnet('224.0.0.0', 3);
never.addAddress('100.100.100.200');
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');
never.addAddress('fd00:ec2::254', 'ipv6');
never.addAddress('::', 'ipv6');
// 169.254.0.0/16 inside an address of IPv6: NAT64, 6to4, IPv4-compatible and IPv4-translated ones. Mapped ones are judged as IPv4.
never.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
never.addSubnet('64:ff9b:1::', 48, 'ipv6');
never.addSubnet('2002:a9fe::', 32, 'ipv6');
never.addSubnet('::a9fe:0', 112, 'ipv6');
never.addSubnet('::ffff:0:a9fe:0', 112, 'ipv6');

const privateNetworks = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const)
  privateNetworks.addSubnet(net, bits);
for (const [net, bits] of [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fec0::', 10],
] as const)
  privateNetworks.addSubnet(net, bits, 'ipv6');

type Network = 'private' | 'public';
/** What this process was started with; `open` sets it once. */
let network: Network = 'private';
export function reachNetwork(allowed: Network): void {
  network = allowed;
}

/** An http(s) address whose host may be called. */
export function isCallable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return (protocol === 'http:' || protocol === 'https:') && isCallableHost(hostname);
}

export function isCallableHost(host: string): boolean {
  const name = plainHost(host).replace(/%.*$/, '');
  const family = isIP(name);
  if (family === 0) return name !== '' && !(network === 'public' ? ownNames : metadataNames).test(name);
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  return !never.check(name, kind) && (network === 'private' || !privateNetworks.check(name, kind));
}

const metadataNames = /^metadata(\.google\.internal)?\.?$/;
/** Names that lead into the own network, or to nobody else. */
const ownNames = /^[^.]+\.?$|\.(localhost|local|internal|lan|home\.arpa)\.?$/;

class Unreachable extends Error {
  override name = 'Unreachable';
}

type Resolve = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** Names are judged by what they resolve to at the very connection, so that a name cannot change its mind in between. */
export function guardLookup(resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 4);
      if (found.length === 0 || !found.every(({ address }) => isCallableHost(address)))
        return done(new Unreachable(`nothing is called at ${host}`), '', 4);
      if (options.all) return done(null, found);
      done(null, found[0]!.address, found[0]!.family);
    });
  };
}
export const guardedLookup: LookupFunction = guardLookup(lookup);

/** Loaded with the first call: most starts of the program call nobody. */
let loading: ReturnType<typeof load> | undefined;
async function load() {
  const { Agent, buildConnector, request } = await import('undici');
  const connectTo = buildConnector({ lookup: guardedLookup });
  const dispatcher = new Agent({
    connect: (options, done) =>
      isCallableHost(options.hostname) ? connectTo(options, done) : done(new Unreachable(`nothing is called at ${options.hostname}`), null),
  });
  return { request, dispatcher };
}
const wire = () => (loading ??= load());

/** A socket that connects under the same walls: for protocols other than HTTP. `anywhere` is for addresses of whoever runs the machine. */
export function guardedSocket(anywhere = false): Socket {
  const socket = new Socket();
  if (anywhere) return socket;
  const connect = socket.connect.bind(socket) as (options: object, done?: () => void) => Socket;
  socket.connect = ((port: number, host: string, done?: () => void) => {
    if (isCallableHost(host)) return connect({ port, host, lookup: guardedLookup }, done);
    return socket.destroy(new Unreachable(`nothing is called at ${host}`));
  }) as Socket['connect'];
  return socket;
}

/** `fetch` for addresses that somebody configured: the same walls for literal addresses, for names, and for where an answer leads. */
export const guardedFetch: typeof globalThis.fetch = async (input, init) => {
  const plain = plainOf(input, init);
  if (plain) return plainFetch(String(input), plain);
  const { dispatcher } = await wire();
  return globalThis.fetch(input, { ...init, dispatcher } as RequestInit);
};

/**
 * What clients of providers send: one body, no redirect to follow. Half of the time that a transfer costs us went into the streams of
 * `fetch`, which such a call has no use for.
 */
type PlainInit = { method?: string; headers?: Record<string, string>; body?: string | Uint8Array | null; signal?: AbortSignal | null };
function plainOf(input: unknown, init: RequestInit | undefined): PlainInit | undefined {
  if (init?.redirect !== 'manual' || !(typeof input === 'string' || input instanceof URL)) return undefined;
  const { body, headers, method, signal } = init;
  if (headers !== undefined && Object.getPrototypeOf(headers) !== Object.prototype) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined;
  return { method, headers: headers as Record<string, string> | undefined, body, signal };
}

/** More than any client reads. */
const answerLimitBytes = 48 * 1024 * 1024;
const unpack: Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};
const withoutBody = new Set([204, 205, 304]);

/** The same answers and the same errors as `fetch`. */
async function plainFetch(address: string, init: PlainInit): Promise<Response> {
  const { method = 'GET', headers = {}, body, signal } = init;
  const { request, dispatcher } = await wire();
  signal?.throwIfAborted();
  try {
    const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    const usual = { accept: '*/*', 'user-agent': 'node', ...(typeof body === 'string' && { 'content-type': 'text/plain;charset=UTF-8' }) };
    const missing = Object.fromEntries(Object.entries(usual).filter(([name]) => !given.has(name)));
    const answer = await request(address, {
      dispatcher,
      method,
      headers: { ...missing, ...headers },
      body,
      signal: signal ?? undefined,
    });
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      if (sizeBytes > answerLimitBytes) throw new RangeError(`answer larger than ${answerLimitBytes} bytes`);
      chunks.push(chunk);
    }
    const told = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    let bytes: Buffer<ArrayBufferLike> = chunks.length === 1 ? Buffer.from(chunks[0]!) : Buffer.concat(chunks);
    for (const coding of codings(answer.headers['content-encoding']))
      bytes = await unpack[coding]!(bytes, { maxOutputLength: answerLimitBytes });
    return new Response(withoutBody.has(answer.statusCode) ? null : new Uint8Array(bytes), { status: answer.statusCode, headers: told });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new TypeError('fetch failed', { cause: error });
  }
}

/** Asked for or not, an answer may come packed; the last packing is opened first. One that we do not know is left as it is. */
function codings(header: string | string[] | undefined): string[] {
  const names = [header ?? []].flat().flatMap((one) => one.split(',').map((name) => name.trim().toLowerCase()));
  return names.every((name) => name in unpack) ? names.reverse() : [];
}

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
