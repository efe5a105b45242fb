import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Base of every provider simulator: a real HTTP server on a loopback port, a clock that only moves when told, and the
 * control verbs under `/__sim/…` (DESIGN §5.11). A simulator adds its own state, faults and routes.
 */
export type SimulatorHandle = { url: string; port: number; close(): Promise<void> };

export type SimRequest = { method: string; path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: Buffer };

const bodyLimitBytes = 64 * 1024 * 1024;

async function readBody(request: IncomingMessage, limit = bodyLimitBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new RangeError('body too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Starts `handle` on a free loopback port (or the given one). A throw inside answers 500 with a plain text. */
export async function startServer(
  handle: (request: SimRequest, response: ServerResponse, raw: IncomingMessage) => Promise<void> | void,
  port = 0,
): Promise<SimulatorHandle> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      try {
        const url = new URL(request.url ?? '/', 'http://localhost');
        const body = await readBody(request);
        await handle(
          { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams, headers: request.headers, body },
          response,
          request,
        );
      } catch (error) {
        // A path with a stray percent sign is the caller's mistake, not the simulator's.
        if (!response.headersSent) response.writeHead(error instanceof URIError ? 400 : 500, { 'content-type': 'text/plain' });
        response.end(`simulator: ${(error as Error).message}`);
      }
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A clock that stands still until advanced. */
export class ManualClock {
  #now: number;
  constructor(start: string | number | Date) {
    this.#now = new Date(start).getTime();
  }
  now(): Date {
    return new Date(this.#now);
  }
  advance(ms: number): void {
    this.#now += ms;
  }
  set(at: string | number | Date): void {
    this.#now = new Date(at).getTime();
  }
}

/** Repeatable random numbers (mulberry32): the seed is printed by whoever fails. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
