import { apiPrefix } from '../app.ts';
import { authenticate } from '../authenticate.ts';
import { docsPage, docsStyle } from '../docs-page.ts';
import { route } from '../route.ts';

const beatMs = 25_000;

/** The description of the API, and the stream of changes. */
export const serviceRoutes = [
  route({
    method: 'GET',
    url: '/openapi.json',
    needs: 'public',
    tag: 'service',
    summary: 'This API as OpenAPI 3.1',
    produces: 'application/json',
    handler: async ({ request, reply }) =>
      reply.type('application/json; charset=utf-8').header('cache-control', 'no-cache').send(JSON.stringify(request.server.swagger())),
  }),
  route({
    method: 'GET',
    url: '/docs',
    needs: 'public',
    tag: 'service',
    summary: 'This API as a page',
    produces: 'text/html',
    handler: async ({ request, reply }) =>
      reply
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(docsPage(request.server.swagger() as never, `${apiPrefix}/docs.css`)),
  }),
  route({
    method: 'GET',
    url: '/docs.css',
    needs: 'public',
    tag: 'service',
    summary: 'Style of the page',
    produces: 'text/css',
    handler: async ({ reply }) => reply.type('text/css; charset=utf-8').header('cache-control', 'max-age=3600').send(docsStyle),
  }),
  route({
    method: 'GET',
    url: '/events',
    needs: 'read',
    tag: 'service',
    summary: 'Server-sent events: {topic, id} of everything that changes in the organization',
    produces: 'text/event-stream',
    handler: async ({ edge, who, request, reply }) => {
      // Node's own response: the stream lives longer than any answer of the framework.
      reply.hijack();
      const { raw } = reply;
      for (const [key, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(key, value);
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      raw.write('retry: 2000\n: connected\n\n');
      // A stream outlives the call that opened it: whether its caller still may listen is asked again at every beat, and at once
      // when somebody lost his place.
      const stillMay = () =>
        authenticate(edge, request, reply, 'read').then(
          () => true,
          () => false,
        );
      let last = Promise.resolve();
      const send = (text: string, asked: boolean) => {
        last = last.then(async () => {
          if (raw.writableEnded) return;
          if (asked && !(await stillMay())) raw.end();
          else raw.write(text);
        });
      };
      const stop = edge.changes.subscribe(who.organizationId, ({ topic, id }) =>
        send(`event: change\ndata: ${JSON.stringify({ topic, id })}\n\n`, topic === 'member' || topic === 'api-key'),
      );
      const beat = setInterval(() => send(': beat\n\n', true), beatMs);
      request.raw.once('close', () => {
        clearInterval(beat);
        stop();
      });
      return reply;
    },
  }),
];
