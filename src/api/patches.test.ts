import { expect, test } from 'vitest';
import { routes } from './routes/index.ts';
import { correctionInput } from './schemas/index.ts';

/** The promise: what a change does not name stays. A default of a form is no wish of who changes one field. */

const patches = routes.filter((route) => route.method === 'PATCH' && route.body);

test.each(patches.map((route) => [route.url, route] as const))('PATCH %s fills nothing in', (_url, route) => {
  const read = route.body!.safeParse({});
  if (read.success) expect(Object.entries(read.data as object).filter(([, value]) => value !== undefined)).toEqual([]);
});

test('a buyer whose name is corrected keeps his tax number', () => {
  const read = correctionInput.parse({ reason: 'Nowa nazwa', reasonCode: 'buyer', buyer: { name: 'Nowa' } });
  expect(read.buyer).toEqual({ name: 'Nowa' });
});
