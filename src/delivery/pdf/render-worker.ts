import { parentPort } from 'node:worker_threads';
import type { RenderInput } from './print-model.ts';
import type { WorkerAnswer } from './renderer.ts';
import { createTypst } from './typst.ts';

const port = parentPort!;
const typst = createTypst();

port.on('message', async (input: RenderInput) => {
  const answer: WorkerAnswer = await typst.render(input).then(
    (pdf) => ({ pdf }),
    (error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }),
  );
  port.postMessage(answer);
});
