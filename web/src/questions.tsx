import { Suspense, useSyncExternalStore } from 'react';
import { lazy, onItsWay } from './lazy.ts';

const QuestionDialog = lazy(() => import('./ui/question-dialog.tsx'));

export type Question = { title: string; text?: string; go: string; run: () => void };

let asked: Question | undefined;
const listeners = new Set<() => void>();
/** What cannot be taken back is asked about first. */
export function ask(question: Question | undefined): void {
  asked = question;
  for (const listener of listeners) listener();
}

export function Questions() {
  const question = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => asked,
  );
  return <Suspense fallback={onItsWay}>{question && <QuestionDialog question={question} onClose={() => ask(undefined)} />}</Suspense>;
}
