import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** OpenAPI 3.1 from the schemas that check every call, and a page that shows it. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fakturist',
        version,
        description:
          'Orders become issued, delivered and booked sales documents. Money is a decimal string, a day YYYY-MM-DD in the zone of the organization, an instant ISO 8601 with Z. ' +
          'Lists come in pages: `nextCursor` of one answer is `cursor` of the next call. Errors are problem details (RFC 9457) with a lasting `code`. ' +
          'A POST with an `Idempotency-Key` is done once. With a session cookie the header `X-Organization` names the organization; an API key belongs to one.',
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'API key `fk_…` with scopes read, write, issue, admin' },
          session: { type: 'apiKey', in: 'cookie', name: 'fakturist.session_token' },
        },
      },
    },
    transform: (given) => {
      const { schema, url } = jsonSchemaTransform(given as never) as { schema: Record<string, unknown>; url: string };
      if (!schema || schema.hide) return { schema, url };
      return { schema: finish(schema), url };
    },
    transformObject: (given) => jsonSchemaTransformObject(given as never) as never,
  });
}

type JsonSchema = Record<string, unknown>;

function finish(schema: JsonSchema): JsonSchema {
  const { 'x-consumes': consumes, 'x-produces': produces, ...rest } = schema;
  const needs = rest['x-needs'];
  const done: JsonSchema = {
    ...rest,
    security: needs === 'public' ? [] : needs === 'user' ? [{ session: [] }] : [{ key: [] }, { session: [] }],
  };
  const response = { ...(rest.response as Record<string, JsonSchema>) };
  const refusal = response['4xx'];
  delete response['4xx'];
  response['4XX'] = { description: 'Refused: problem details', content: { 'application/problem+json': { schema: refusal } } };
  if (typeof produces === 'string') {
    response[200] = { description: 'The file', content: { [produces]: { schema: { type: 'string', format: 'binary' } } } };
  } else {
    for (const status of ['200', '201', '202'])
      if (response[status]) response[status] = { description: 'Done', content: { 'application/json': { schema: response[status] } } };
  }
  done.response = response;
  if (consumes === 'multipart/form-data') {
    done.consumes = ['multipart/form-data'];
    done.body = {
      type: 'object',
      properties: {
        files: { type: 'array', items: { type: 'string', format: 'binary' } },
        options: { type: 'string', description: 'JSON' },
      },
    };
  }
  return done;
}
