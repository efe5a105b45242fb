import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import multipart from '@fastify/multipart';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyReply, type RouteOptions } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { beginSpan } from '../trace.ts';
import { authenticate } from './authenticate.ts';
import { beginOnce, endOnce } from './idempotency.ts';
import { describeApi } from './openapi.ts';
import { isOurHost, type PublicAddress } from './origin.ts';
import { problem, problemOf, Refusal, sendProblem } from './problem.ts';
import type { AnyRoute, Edge } from './route.ts';
import { mountAgents } from './routes/agent-door.ts';
import { mountIntake } from './routes/intake.ts';
import { problemSchema } from './schemas/index.ts';

export const apiPrefix = '/api/v1';
/** A document of a thousand lines is about one megabyte. */
const jsonLimitBytes = 8 * 1024 * 1024;
const uploadLimitBytes = 200 * 1024 * 1024;
const maxFiles = 50;
/** Pages for users in four languages, read by the screens. */
const helpFolder = path.join(import.meta.dirname, '..', '..', 'help');

type AppOptions = {
  edge: Edge;
  routes: AnyRoute[];
  address: PublicAddress;
  /** Whose word on a caller's address counts. */
  proxies?: string[];
  /** The built web; undefined for a process without screens. */
  webFolder?: string;
  /** Everything is up: the readiness probe. */
  ready: () => Promise<boolean>;
  /** For whoever shows the token; without one there are no metrics to be had. */
  metrics?: { token: string; contentType: string; render(): Promise<string> };
};

const contentPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  // The measures of mails in their sandboxed preview; sheets of rules come from our own files, or with the nonce of the page.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "frame-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
];
const page = [...contentPolicy, "frame-ancestors 'none'"].join('; ');
/** The component library adds sheets of its own while the page runs: they carry the nonce that the page was sent with. */
const policyWith = (nonce: string) => page.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`);
/** A PDF is shown in a frame of our own page. */
export const framedPolicy = [...contentPolicy, "frame-ancestors 'self'"].join('; ');

export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { edge } = options;
  const app = fastify({
    bodyLimit: jsonLimitBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    trustProxy: options.proxies?.length ? options.proxies : false,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  trace(app);
  secure(app, options);
  app.setErrorHandler((error, _request, reply) =>
    sendProblem(
      reply,
      problemOf(error as Error, (message, fields) => edge.ctx.log('error', message, fields)),
    ),
  );
  acceptEmptyJson(app);
  await app.register(multipart, { limits: { fileSize: uploadLimitBytes, files: maxFiles, fields: 20, fieldSize: 1024 * 1024 } });
  await describeApi(app, edge.version);
  const declared: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void declared.push(route));
  app.addHook('onReady', async () => {
    const unguarded = declared.find((route) => route.config?.needs === undefined);
    if (unguarded) throw new Error(`route ${unguarded.method} ${unguarded.url} does not say what permission it needs`);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    await endOnce(edge.ctx, request, reply, payload);
    return payload;
  });
  edge.accounts.mount(app);
  health(app, options);
  for (const spec of options.routes) addRoute(app, edge, spec);
  if (options.routes.length > 0) await mountIntake(app, edge.ctx);
  if (options.routes.length > 0) await mountAgents(app, edge);
  await serveHelp(app);
  await serveWeb(app, options.webFolder);
  return app;
}

function addRoute(app: FastifyInstance, edge: Edge, spec: AnyRoute): void {
  const { ctx } = edge;
  app.route({
    method: spec.method,
    url: `${apiPrefix}${spec.url}`,
    config: { needs: spec.needs, secret: spec.secret ?? false },
    schema: {
      summary: spec.summary,
      tags: [spec.tag],
      'x-needs': spec.needs,
      'x-consumes': spec.consumes,
      'x-produces': spec.produces,
      ...(spec.params ? { params: spec.params } : {}),
      ...(spec.query ? { querystring: spec.query } : {}),
      ...(spec.body ? { body: spec.body } : {}),
      response: { ...(spec.answer ? { [spec.status ?? 200]: spec.answer } : {}), '4xx': problemSchema },
    } as object,
    onRequest: (request, reply) => authenticate(edge, request, reply, spec.needs),
    preValidation: async (request) => {
      if (spec.body && request.body === undefined) request.body = {};
    },
    preHandler: async (request, reply) => beginOnce(ctx, request, reply),
    handler: async (request, reply) => {
      const { caller } = request;
      reply.header('cache-control', 'private, no-store');
      const answer = await spec.handler({
        edge,
        ctx,
        who: { organizationId: caller.organizationId, actor: caller.actor },
        caller,
        params: request.params,
        query: request.query,
        body: request.body,
        request,
        reply,
      });
      if (answer === reply) return reply;
      return reply.code(spec.status ?? 200).send(answer);
    },
  });
}

/** Headers for every answer, and only our own host names. */
function secure(app: FastifyInstance, options: AppOptions): void {
  const https = options.address.publicUrl.startsWith('https:');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      // Whoever answers something that may be kept says so.
      'cache-control': 'no-store',
      'content-security-policy': page,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      ...(https ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    });
    const host = request.headers.host ?? '';
    // Probes come by whatever address a watcher knows; they tell nothing, or only to whoever has the token.
    if (probes.has(request.url)) return;
    if (!isOurHost(options.address, host)) {
      return sendProblem(
        reply,
        problem(
          400,
          'unknown-host',
          'This name is not an address of this installation. Set FAKTURIST_PUBLIC_URL to the address people use.',
        ),
      );
    }
  });
}

/** A POST without a body often still says that it is JSON. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  void app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else if (nestsTooDeep(body as string)) done(new Refusal(400, 'too-deep', `JSON may nest ${maxDepth} levels deep.`), undefined);
    else void parse(request, body as string, done);
  });
}

const maxDepth = 64;

/** Counts brackets outside texts, before anything is built of them. */
function nestsTooDeep(json: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i);
    if (quoted && c === 0x5c) i++;
    else if (c === 0x22) quoted = !quoted;
    else if (!quoted && (c === 0x7b || c === 0x5b) && ++depth > maxDepth) return true;
    else if (!quoted && (c === 0x7d || c === 0x5d)) depth--;
  }
  return false;
}

const probes = new Set(['/healthz', '/readyz', '/metrics']);

/** Every request is a span of the caller's trace, or begins one; the answer names it, so that a log line can be found by what a user was told. */
function trace(app: FastifyInstance): void {
  const open = new WeakMap<object, ReturnType<typeof beginSpan>>();
  app.addHook('onRequest', (request, reply, done) => {
    const span = beginSpan('request', request.method, Date.now(), request.headers.traceparent as string | undefined);
    open.set(request, span);
    reply.header('x-trace-id', span.traceId);
    span.within(done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    open.get(request)?.end(reply.statusCode < 500, `${request.method} ${request.routeOptions.url ?? 'none'}`);
    done();
  });
}

function health(app: FastifyInstance, options: AppOptions): void {
  const probe = { config: { needs: 'public' as const }, schema: { hide: true } };
  app.get('/healthz', probe, async () => ({ ok: true }));
  app.get('/readyz', probe, async (_request, reply) => {
    const ready = await options.ready();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  const { metrics } = options;
  if (!metrics) return;
  const wanted = createHash('sha256').update(`Bearer ${metrics.token}`).digest();
  app.get('/metrics', probe, async (request, reply) => {
    const given = createHash('sha256')
      .update(request.headers.authorization ?? '')
      .digest();
    if (!timingSafeEqual(given, wanted))
      return sendProblem(reply, problem(401, 'unauthorized', 'Metrics want the token of FAKTURIST_METRICS_TOKEN.'));
    return reply.type(metrics.contentType).send(await metrics.render());
  });
}

/** Help pages are plain text to a browser: what shows them is our own page. */
async function serveHelp(app: FastifyInstance): Promise<void> {
  const files: FastifyPluginAsync = async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'public' };
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(fastifyStatic, {
      root: helpFolder,
      prefix: '/help/',
      index: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        reply.header('content-type', 'text/markdown; charset=utf-8');
        reply.header('cache-control', 'no-cache');
      },
    });
  };
  await app.register(files);
}

/** The built web: hashed files for ever, the page itself never from the cache, and the same page for every address of the screens. */
async function serveWeb(app: FastifyInstance, folder: string | undefined): Promise<void> {
  const indexFile = folder && path.join(folder, 'index.html');
  const index = indexFile && existsSync(indexFile) ? readFileSync(indexFile, 'utf8') : undefined;
  const sendIndex = (reply: FastifyReply, html: string) => {
    const nonce = randomBytes(16).toString('base64');
    return reply
      .header('content-security-policy', policyWith(nonce))
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(html.replace('<head>', `<head>\n    <meta name="style-nonce" content="${nonce}" />`));
  };
  if (folder && index) {
    const files: FastifyPluginAsync = async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, needs: 'public' };
        route.schema = { ...route.schema, hide: true };
      });
      await scope.register(fastifyStatic, {
        root: folder,
        index: false,
        preCompressed: true,
        cacheControl: false,
        decorateReply: false,
        setHeaders: (reply, file) => {
          reply.header('cache-control', file.includes(`${path.sep}assets${path.sep}`) ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
      scope.get('/', async (_request, reply) => sendIndex(reply, index));
    };
    await app.register(files);
  }
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      (request.method === 'GET' || request.method === 'HEAD') &&
      !request.url.startsWith('/api/') &&
      !path.extname(request.url.split('?')[0]!);
    if (isPage && index) return sendIndex(reply, index);
    if (isPage)
      return reply
        .code(503)
        .type('text/plain; charset=utf-8')
        .send('The screens are not built yet: run "npm run build" (or "npm run demo", which builds them).');
    return sendProblem(reply, problem(404, 'not-found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`));
  });
}
