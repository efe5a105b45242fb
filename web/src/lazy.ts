import { type ComponentType, lazy as reactLazy } from 'react';
import { restOfTexts } from './texts.ts';

/** React's `lazy` for everything that is not on a first page: its words come along with its code. */
// biome-ignore lint/suspicious/noExplicitAny: the same freedom that React's own type gives.
export function lazy<T extends ComponentType<any>>(load: () => Promise<{ default: T }>) {
  return reactLazy(() => Promise.all([load(), restOfTexts()]).then(([module]) => module));
}

/** For log-in, home and queue, whose words are there from the start (web/first-texts.ts names them). */
export { lazy as lazyFirst } from 'react';
