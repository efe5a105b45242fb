import type { FastifyError, FastifyReply } from 'fastify';
import type { Finding } from '../domain/finding.ts';
import type { Problem } from './schemas/index.ts';

/** A request that cannot be done, with a lasting code: thrown by a handler, sent as RFC 9457 problem details. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly findings: Finding[] | undefined;
  constructor(status: number, code: string, detail: string, findings?: Finding[]) {
    super(detail);
    this.status = status;
    this.code = code;
    this.findings = findings;
  }
}

const titles: Record<number, string> = {
  400: 'The request is not well formed',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'In conflict with the present state',
  410: 'No longer there',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be done as asked',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Not available just now',
};

export function problem(status: number, code: string, detail?: string, more: Partial<Problem> = {}): Problem {
  return { type: `https://fakturist.org/problems/${code}`, title: titles[status] ?? 'Error', status, detail, code, ...more };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  // As text: no answer schema of a route applies to it.
  return reply.code(body.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(body));
}

/** SQLSTATE class 22. */
const dataException = /^22[0-9A-Z]{3}$/;

/** The reader of forms throws plain errors of these words for what a sender got wrong. */
const formUnreadable =
  /^(Unexpected end of multipart data|Part terminated early|Multipart: Boundary not found|Malformed (part header|content type))/;

type Zodish = { instancePath: string; message: string };

/** Every error as a problem. What we did not expect is logged in full and told in one sentence. */
export function problemOf(error: FastifyError | Error, log: (message: string, fields: Record<string, unknown>) => void): Problem {
  if (error instanceof Refusal) return problem(error.status, error.code, error.message, error.findings ? { findings: error.findings } : {});
  const fastifyError = error as FastifyError;
  if (fastifyError.validation) {
    const errors = (fastifyError.validation as unknown as Zodish[]).map((one) => ({
      path: `${fastifyError.validationContext ?? ''}${one.instancePath}`.replaceAll('/', '.'),
      message: one.message,
    }));
    return problem(
      400,
      'invalid-request',
      errors
        .map((one) => `${one.path}: ${one.message}`)
        .join('; ')
        .slice(0, 1000),
      { errors },
    );
  }
  // What the database cannot hold (a zero byte, half a surrogate, a number out of range) was in the request.
  if (dataException.test(String(fastifyError.code ?? ''))) {
    log('request with a value that cannot be kept', { error: error.message });
    return problem(400, 'invalid-request', 'A value of this request cannot be kept or compared: a character or a number is out of range.');
  }
  if (formUnreadable.test(error.message) && fastifyError.code === undefined)
    return problem(400, 'form-unreadable', 'The form cannot be read: it has no boundary, or ends before its last part does.');
  if (error.name === 'QuotaWait')
    return problem(503, 'quota-wait', `The other side takes no more requests for the moment. ${error.message}.`);
  if (error.name === 'BadCursor') return problem(400, 'bad-cursor', error.message);
  const status = fastifyError.statusCode ?? 500;
  if (status < 500) return problem(status, (fastifyError.code ?? 'bad-request').toLowerCase().replaceAll('_', '-'), error.message);
  log('request failed', { error: error.message, stack: error.stack, cause: String((error as { cause?: unknown }).cause ?? '') });
  return problem(500, 'internal', 'The failure was logged. Trying again may help; if it does not, tell whoever runs this installation.');
}

export function notFound(what = 'what was asked for'): Refusal {
  return new Refusal(404, 'not-found', `There is no such thing here: ${what}.`);
}
