/** A provider in a process of its own: the simulator, with every answer 20 ms late. Prints its address and a key. */
import { startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';

const latencyMs = 20;
const simulator = await startSzamlazzSimulator({ now: () => new Date() });
const control = async (method: string, path: string, body: object) => {
  const answer = await fetch(`${simulator.url}/__sim/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
};
await control('PATCH', 'accounts/A', { hourlyLimit: null });
await control('POST', 'inject', { action: '*', mode: 'delay', ms: latencyMs, times: 1_000_000 });
process.stdout.write(`${JSON.stringify({ url: simulator.agentUrl, key: simulator.keys.A })}\n`);
