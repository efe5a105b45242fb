import type { ServerResponse } from 'node:http';
import { type SimRequest, type SimulatorHandle, startServer } from '../../src/testkit/simulator.ts';
import { answerAgent } from './simulator/agent.ts';
import { answerControl } from './simulator/control.ts';
import { pdfOf } from './simulator/documents.ts';
import type { Reply } from './simulator/replies.ts';
import { Simulation } from './simulator/simulation.ts';
import { demoKeys } from './simulator/state.ts';

export { demoKeys } from './simulator/state.ts';

export type SzamlazzSimulator = SimulatorHandle & {
  /** Where the eleven actions are posted to. */
  agentUrl: string;
  /** The page with state and fault switches for a person. */
  pageUrl: string;
  /** Agent keys of the accounts A (everything allowed), B (no e-invoice, no repeat switch) and C (debt). */
  keys: typeof demoKeys;
};

type SzamlazzSimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-11-20T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
};

const catchUpEveryMs = 1_000;

/** A faithful double of the Számla Agent with memory, limits and faults: contract section 14. */
export async function startSzamlazzSimulator(options: SzamlazzSimulatorOptions = {}): Promise<SzamlazzSimulator> {
  const sim = new Simulation(options.now);
  const server = await startServer(async (request, response, raw) => {
    if (request.path === '/__sim' || request.path.startsWith('/__sim/')) {
      const reply = await answerControl(sim, request);
      response.writeHead(reply.status, reply.type ? { 'content-type': reply.type } : {}).end(reply.body);
    } else if (!/^\/szamla\/?$/.test(request.path)) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not here: post to /szamla/');
    } else if (request.method !== 'POST') {
      showToBuyer(sim, request, response);
    } else {
      const reply = await answerAgent(sim, request, `http://${request.headers.host ?? 'localhost'}`);
      if (reply === 'drop') raw.socket.destroy();
      else send(reply, sim.session(request.headers.cookie), response);
    }
  }, options.port);
  const timer = setInterval(() => void sim.notifier.catchUp(), catchUpEveryMs);
  timer.unref();
  return {
    ...server,
    agentUrl: `${server.url}/szamla/`,
    pageUrl: `${server.url}/__sim/`,
    keys: demoKeys,
    close: () => {
      clearInterval(timer);
      return server.close();
    },
  };
}

function send(reply: Reply, cookie: string | undefined, response: ServerResponse): void {
  response.writeHead(reply.status, { ...(cookie ? { 'Set-Cookie': cookie } : {}), 'Content-Type': reply.type, ...reply.headers });
  response.end(reply.body);
}

/** The buyer's page behind `vevoifiokurl`: here simply the document. */
function showToBuyer(sim: Simulation, { query }: SimRequest, response: ServerResponse): void {
  const document = sim.byToken(`${query.get('partguid') ?? ''}${query.get('szfejguid') ?? ''}`);
  if (!document) response.writeHead(404, { 'content-type': 'text/html;charset=UTF-8' }).end('<h1>404</h1>');
  else response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdfOf(document));
}
