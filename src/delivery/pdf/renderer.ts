import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RenderInput } from './print-model.ts';

/**
 * PDFs are made in worker threads, never in the thread that serves requests (DEPENDENCIES §2). A worker starts when a document waits
 * for it, is replaced when it dies, and is given up with its document when the document takes too long.
 */
export type Renderer = { render(input: RenderInput): Promise<Uint8Array>; close(): Promise<void> };

export type RendererOptions = {
  /** At most as many documents are rendered at once. */
  workers?: number;
  /** A document that takes longer is refused. The native call itself cannot be stopped; its worker ends once it returns. */
  timeLimitMs?: number;
  /** How many documents may wait; more are refused so that memory stays bounded. */
  queueLimit?: number;
  /** Starts the workers now, where documents are sure to come: a worker loads its engine and fonts for a third of a second. */
  atOnce?: boolean;
};

class RenderError extends Error {
  override name = 'RenderError';
}

export type WorkerAnswer = { pdf: Uint8Array } | { failed: string };
type Waiting = { input: RenderInput; resolve: (pdf: Uint8Array) => void; reject: (error: Error) => void };
type Slot = { worker: Worker; current?: Waiting; timer?: NodeJS.Timeout };

export function createRenderer(options: RendererOptions = {}): Renderer {
  const { workers = Math.max(2, availableParallelism() - 1), timeLimitMs = 30_000, queueLimit = 10_000 } = options;
  const slots = new Set<Slot>();
  const waiting: Waiting[] = [];
  let closed = false;

  const settle = (slot: Slot, how: (current: Waiting) => void) => {
    clearTimeout(slot.timer);
    const current = slot.current;
    slot.current = undefined;
    slot.worker.unref();
    if (current) how(current);
  };

  const discard = (slot: Slot, error: Error) => {
    if (!slots.delete(slot)) return;
    settle(slot, (current) => current.reject(error));
    void slot.worker.terminate();
    next();
  };

  const open = (): Slot => {
    const slot: Slot = { worker: new Worker(new URL('./render-worker.ts', import.meta.url)) };
    slots.add(slot);
    slot.worker.on('message', (answer: WorkerAnswer) => {
      settle(slot, ({ resolve, reject }) => ('pdf' in answer ? resolve(answer.pdf) : reject(new RenderError(answer.failed))));
      next();
    });
    slot.worker.on('error', (error) => discard(slot, new RenderError(`the PDF worker failed: ${String(error)}`)));
    slot.worker.on('exit', (code) => discard(slot, new RenderError(`the PDF worker ended with code ${code}`)));
    return slot;
  };
  if (options.atOnce) while (slots.size < workers) open().worker.unref();

  const next = () => {
    while (waiting.length > 0 && !closed) {
      const slot = [...slots].find((candidate) => !candidate.current) ?? (slots.size < workers ? open() : undefined);
      if (!slot) return;
      const current = waiting.shift()!;
      slot.current = current;
      slot.worker.ref();
      slot.timer = setTimeout(() => discard(slot, new RenderError(`the PDF took longer than ${timeLimitMs} ms`)), timeLimitMs);
      slot.worker.postMessage(current.input);
    }
  };

  return {
    render(input) {
      if (closed) return Promise.reject(new RenderError('the PDF renderer is closed'));
      if (waiting.length >= queueLimit) return Promise.reject(new RenderError(`more than ${queueLimit} documents wait for their PDF`));
      return new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        next();
      });
    },
    async close() {
      closed = true;
      for (const { reject } of waiting.splice(0)) reject(new RenderError('the PDF renderer was closed'));
      const ending = [...slots];
      slots.clear();
      for (const slot of ending) settle(slot, (current) => current.reject(new RenderError('the PDF renderer was closed')));
      await Promise.all(ending.map((slot) => slot.worker.terminate()));
    },
  };
}
