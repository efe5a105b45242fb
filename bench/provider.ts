/** A provider in a process of its own: the simulator, with every answer 20 ms late. Prints its address and a key. */
import { createServer } from 'node:http';
import { startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';

const latencyMs = 20;
const simulator = await startSzamlazzSimulator({ now: () => new Date() });
await fetch(`${simulator.url}/__sim/accounts/A`, {
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ hourlyLimit: null }),
});
const wire = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const [answer] = await Promise.all([
      fetch(simulator.agentUrl, {
        method: 'POST',
        headers: {
          'content-type': String(request.headers['content-type']),
          ...(request.headers.cookie ? { cookie: request.headers.cookie } : {}),
        },
        body: Buffer.concat(chunks),
      }),
      new Promise((resolve) => setTimeout(resolve, latencyMs)),
    ]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    response.writeHead(
      answer.status,
      Object.fromEntries([...answer.headers].filter(([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name))),
    );
    response.end(bytes);
  });
});
wire.listen(0, '127.0.0.1', () => {
  const { port } = wire.address() as { port: number };
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}/szamla/`, key: simulator.keys.A })}\n`);
});
