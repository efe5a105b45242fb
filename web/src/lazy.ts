import { type ComponentType, createElement, lazy as reactLazy } from 'react';
import { restOfTexts } from './texts.ts';

const pauseMs = 2000;

/**
 * Code that could not be loaded because nobody answered is asked for until somebody does: a page whose dialog is still on its way keeps what
 * was typed, where an error would take the page down. What a server that answers does not have, is a failure.
 */
async function patient<T>(load: () => Promise<T>): Promise<T> {
  for (let answered = false; ; ) {
    try {
      return await load();
    } catch (error) {
      if (answered) throw error;
      answered = await fetch('/', { method: 'HEAD', cache: 'no-store' }).then(
        () => true,
        () => false,
      );
      if (!answered) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** React's `lazy` for everything that is not on a first page: its words come along with its code. */
// biome-ignore lint/suspicious/noExplicitAny: the same freedom that React's own type gives.
export function lazy<T extends ComponentType<any>>(load: () => Promise<{ default: T }>) {
  return reactLazy(() => patient(() => Promise.all([load(), restOfTexts()])).then(([module]) => module));
}

/** Stands for a dialog whose code is on its way: nothing to see, but whoever waits until all is there (the walks of the tests) waits for it too. */
export const onItsWay = createElement('span', { hidden: true, 'data-waiting': true });

/** For log-in, home and queue, whose words are there from the start (web/first-texts.ts names them). */
// biome-ignore lint/suspicious/noExplicitAny: as above.
export const lazyFirst = <T extends ComponentType<any>>(load: () => Promise<{ default: T }>) => reactLazy(() => patient(load));
