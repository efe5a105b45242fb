import { createHmac } from 'node:crypto';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { guardedLookup, isCallable } from '../connections/index.ts';
import { cut } from '../domain/cut.ts';

/** One signed call (Standard Webhooks 1.0). Only the status of the answer counts. */
type Call = { url: string; secret: string; id: string; at: Date; body: string };
export type Answer = { status?: number; problem?: string };

const timeoutMs = 15_000;
const answerLimit = 64 * 1024;

function signature(secret: string, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

const refused = 'nothing is sent to this address';

export function send(call: Call, stop: AbortSignal): Promise<Answer> {
  if (!isCallable(call.url)) return Promise.resolve({ problem: refused });
  const url = new URL(call.url);
  const timestamp = String(Math.floor(call.at.getTime() / 1000));
  const body = Buffer.from(call.body);
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? secure : plain)(url, {
      method: 'POST',
      agent: false,
      lookup: guardedLookup,
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'user-agent': 'Fakturist',
        'webhook-id': call.id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signature(call.secret, call.id, timestamp, call.body),
      },
    });
    request.on('error', (error) => resolve({ problem: problemOf(error) }));
    request.on('response', (response) => {
      const status = response.statusCode!;
      const answer = status >= 200 && status < 300 ? { status } : { status, problem: `HTTP ${status}` };
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > answerLimit) response.destroy();
      });
      response.on('error', () => resolve(answer));
      response.on('close', () => resolve(answer));
    });
    request.end(body);
  });
}

function problemOf(error: NodeJS.ErrnoException): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${timeoutMs / 1000} s`;
  if (error.name === 'Unreachable') return refused;
  return cut(error.code ?? error.message, 200);
}
