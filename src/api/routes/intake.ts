import type { FastifyInstance } from 'fastify';
import { callLimitBytes, receiveCall } from '../../intake-calls/index.ts';
import type { Context } from '../../jobs/index.ts';
import { apiPrefix } from '../app.ts';

/**
 * The door for ticket shops and for providers' notices: no session, the raw bytes, and the address is a secret. What is refused is
 * answered in the same few words, so that nothing is learnt by trying.
 */
export async function mountIntake(app: FastifyInstance, ctx: Context): Promise<void> {
  await app.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: callLimitBytes }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, _request, reply) => {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (status >= 500) ctx.log('error', 'a call could not be stored', { error: (error as Error).message });
      const words: Record<number, string> = { 413: 'too large', 400: 'not readable' };
      return reply.code(status).send({ error: words[status] ?? (status < 500 ? 'not accepted' : 'try again later') });
    });
    for (const url of ['/intake/:token', `${apiPrefix}/intake/:token`]) {
      // Some providers give notice by a GET with parameters.
      scope.route<{ Params: { token: string } }>({
        method: ['GET', 'POST'],
        exposeHeadRoute: false,
        url,
        config: { needs: 'public' },
        schema: { hide: true },
        handler: async (request, reply) => {
          const { headers, params, body, query } = request;
          const answer = await receiveCall(ctx, params.token, {
            headers: single(headers),
            body: body instanceof Uint8Array ? body : new Uint8Array(),
            query: single(query as Record<string, string | string[] | undefined>) as Record<string, string>,
            receivedAt: ctx.now(),
          });
          return reply.code(answer.status).header('cache-control', 'no-store').send(answer.body);
        },
      });
    }
    ready();
  });
}

function single(values: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]));
}
