import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';

/**
 * One story, one id: a request and everything it causes in this process carry a trace id (W3C Trace Context). It stands in every log line
 * and in the answer's header. Finished spans go to a channel that metrics and the exporter listen to; nobody listening costs nothing.
 */
export type Span = {
  kind: 'request' | 'job';
  name: string;
  traceId: string;
  spanId: string;
  parentId?: string;
  startedAt: number;
  tookMs: number;
  ok: boolean;
};

export const spans = channel('fakturist:span');
const store = new AsyncLocalStorage<{ traceId: string; spanId: string }>();

export const currentTrace = (): string | undefined => store.getStore()?.traceId;

/** `00-<32 hex>-<16 hex>-<2 hex>`; anything else is no parent. */
function parentOf(traceparent: string | undefined): { traceId: string; spanId: string } | undefined {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent ?? '');
  return match && !/^0+$/.test(match[1]!) && !/^0+$/.test(match[2]!) ? { traceId: match[1]!, spanId: match[2]! } : undefined;
}

/** Begins a span; what runs by `within` belongs to it, and `end` tells that it is over. */
export function beginSpan(kind: Span['kind'], name: string, nowMs: number, traceparent?: string) {
  const parent = parentOf(traceparent) ?? store.getStore();
  const here = { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const started = performance.now();
  return {
    ...here,
    within: <T>(work: () => T): T => store.run(here, work),
    end(ok: boolean, finalName = name): void {
      if (!spans.hasSubscribers) return;
      const span: Span = {
        kind,
        name: finalName,
        ...here,
        parentId: parent?.spanId,
        startedAt: nowMs,
        tookMs: performance.now() - started,
        ok,
      };
      spans.publish(span);
    },
  };
}
