import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type SimRequest, type SimulatorHandle, startServer } from '../../src/testkit/simulator.ts';
import { defaultConfig, testBuyers } from './simulator/config.ts';
import { answerControl } from './simulator/control.ts';
import { WalleyFault } from './simulator/faults.ts';
import { invoicePdf } from './simulator/pdf.ts';
import { html, json, type Outcome, type Reply, restError } from './simulator/replies.ts';
import { answerRest, restRefusal, restRoute, token } from './simulator/rest.ts';
import { type Fault, Simulation } from './simulator/simulation.ts';
import { answerSoap, describe, faultReply, readEnvelope, serviceAt } from './simulator/soap.ts';

export { testBuyers };

export type WalleySimulator = SimulatorHandle & {
  /** Address of a SOAP service, such as `InvoiceServiceV31`. */
  soapUrl(service: string): string;
  /** Root of the management and reports API; the token is at `/oauth2/v2.0/token` below it. */
  apiUrl: string;
  /** The page with ledger, clock and fault switches for a person. */
  pageUrl: string;
  credentials: { username: string; password: string; clientId: string; clientSecret: string; scope: string };
  stores: ReturnType<typeof defaultConfig>['stores'];
};

type WalleySimulatorOptions = {
  port?: number;
  /** A start instant for a clock that stands still until advanced (default 2026-03-02T10:00+01:00), or a running clock. */
  now?: string | Date | (() => Date);
};

const catchUpEveryMs = 1_000;
const scope = '705798e0-8cef-427c-ae00-6023deba29af/.default';

/** A faithful double of the provider: SOAP services, management API and reports on one ledger (contract section 16). */
export async function startWalleySimulator(options: WalleySimulatorOptions = {}): Promise<WalleySimulator> {
  const sim = new Simulation(options.now);
  const server = await startServer(async (request, response, raw) => {
    if (request.path === '/__sim' || request.path.startsWith('/__sim/')) {
      send(await answerControl(sim, request), response);
      return;
    }
    sim.settle();
    const outcome = await answer(sim, request);
    if (outcome === 'drop') raw.socket.destroy();
    else send(outcome, response);
    // What the call set in motion comes after its answer.
    setImmediate(() => void sim.catchUp());
  }, options.port);
  sim.base = server.url;
  const timer = setInterval(() => void sim.catchUp(), catchUpEveryMs);
  timer.unref();
  const { credentials, stores } = defaultConfig();
  return {
    ...server,
    soapUrl: (service) => `${server.url}/v3.0/${service}.svc`,
    apiUrl: server.url,
    pageUrl: `${server.url}/__sim/`,
    credentials: { ...credentials, scope },
    stores,
    close: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}

function send(reply: Reply, response: ServerResponse): void {
  response.writeHead(reply.status, { ...(reply.type ? { 'Content-Type': reply.type } : {}), ...reply.headers });
  response.end(reply.body);
}

async function answer(sim: Simulation, request: SimRequest): Promise<Outcome> {
  const service = serviceAt(request.path);
  if (service) {
    if (request.method === 'GET') return describe(service, request, sim.base);
    if (request.method !== 'POST') return html(405, 'Method Not Allowed');
    if (!/^text\/xml\b/i.test(request.headers['content-type'] ?? '')) return html(415, 'Unsupported Media Type');
    let target = '';
    return logged(
      sim,
      request,
      () => target,
      async (note) => {
        try {
          const call = readEnvelope(service, request);
          target = call.name;
          const fault = note(sim.takeFault(target));
          return await faulted(
            fault,
            (code) => faultReply(new WalleyFault(code)),
            () => answerSoap(sim, service, call, request, fault),
          );
        } catch (error) {
          if (error instanceof WalleyFault) return faultReply(error);
          throw error;
        }
      },
    );
  }
  if (/^\/testportal\/PdfInvoice$/i.test(request.path)) {
    return logged(
      sim,
      request,
      () => 'pdf',
      async (note) => {
        const fault = note(sim.takeFault('pdf'));
        return faulted(
          fault,
          () => html(404, 'Not Found'),
          () => late(fault, pdf(sim, request)),
        );
      },
    );
  }
  const matched = restRoute(request);
  if (!matched)
    return request.path.startsWith('/v3.0/') ? html(404, 'Endpoint not found') : restError(404, 'NOT_FOUND', 'There is nothing here.');
  return logged(
    sim,
    request,
    () => matched.target,
    async (note) => {
      const fault = note(sim.takeFault(matched.target));
      const refuse = (code: string) =>
        /^\d{3}$/.test(code)
          ? json(Number(code), { error: { code: `HTTP_${code}`, message: 'Ordered by the test.' } })
          : restRefusal(new WalleyFault(code));
      try {
        return await faulted(fault, refuse, async () =>
          matched.route ? answerRest(sim, matched.route, matched.found, request, fault) : late(fault, token(sim, request)),
        );
      } catch (error) {
        if (error instanceof WalleyFault) return restRefusal(error);
        throw error;
      }
    },
  );
}

/** What an ordered fault does to a call. A delay is made where the answer is remembered, so that a second call meets a running first. */
async function faulted(fault: Fault | undefined, refuse: (code: string) => Reply, run: () => Promise<Outcome>): Promise<Outcome> {
  switch (fault?.mode) {
    case 'fault':
      return refuse(fault.code ?? 'UNHANDLED_EXCEPTION');
    case 'fault200':
      return { ...refuse(fault.code ?? 'UNHANDLED_EXCEPTION'), status: 200 };
    case 'drop-before':
      return 'drop';
    case 'stall':
      await wait(fault.ms, undefined, { ref: false });
      return 'drop';
    case 'drop-after':
      await run();
      return 'drop';
    case 'http503':
      return html(503, 'Service Unavailable');
    case 'html500':
      return html(500, 'Runtime Error');
    case 'html500-after':
      await run();
      return html(500, 'Runtime Error');
    default:
      return run();
  }
}

/** The delay of calls that no key remembers. */
async function late(fault: Fault | undefined, reply: Reply): Promise<Reply> {
  if (fault?.mode === 'delay') await wait(fault.ms, undefined, { ref: false });
  return reply;
}

/** Keeps what came in, credentials masked, and what went out. */
async function logged(
  sim: Simulation,
  request: SimRequest,
  target: () => string,
  run: (note: (fault: Fault | undefined) => Fault | undefined) => Promise<Outcome>,
): Promise<Outcome> {
  const at = new Date(sim.clock.now()).toISOString();
  let mode: Fault['mode'] | null = null;
  const outcome = await run((fault) => {
    mode = fault?.mode ?? null;
    return fault;
  });
  const text = outcome === 'drop' || Buffer.isBuffer(outcome.body) ? '' : outcome.body;
  sim.remember({
    at,
    target: target(),
    method: request.method,
    path: `${request.path}${request.query.size > 0 ? `?${request.query}` : ''}`.replace(/pnr=\d+/, 'pnr=***'),
    body: request.body
      .toString('utf8')
      .replace(/(<(?:\w+:)?(Username|Password)>)[^<]*/g, '$1***')
      .replace(/(client_(?:id|secret)=)[^&]*/g, '$1***'),
    fault: mode,
    status: outcome === 'drop' ? null : outcome.status,
    code: /<faultcode>(?:\w+:)?(\w+)/.exec(text)?.[1] ?? /"code":"(\w+)"/.exec(text)?.[1] ?? null,
  });
  return outcome;
}

/** The link carries the buyer's number; both must fit, and the document lags a little behind the activation. */
function pdf(sim: Simulation, { query }: SimRequest): Reply {
  const number = query.get('invnr') ?? '';
  const part = sim.ledger.part(number);
  const ready = part?.activatedAt !== undefined && sim.clock.now() >= part.activatedAt + sim.config.pdfLagMs;
  if (!part || !ready || part.purchase.regNo !== (query.get('pnr') ?? '').slice(-10)) return html(404, 'Not Found');
  return { status: 200, type: 'application/pdf', headers: {}, body: invoicePdf(part, number) };
}
