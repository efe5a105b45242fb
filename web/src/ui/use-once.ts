import { useCallback, useState } from 'react';
import { ApiError } from '../api.ts';

/** What is said of an earlier request with the same key is no refusal of the wish: it may be done, or be on its way. */
const ofAnEarlier = ['in-progress', 'already-done', 'idempotency-key-reused'];
/** Turned away at the door, before the wish itself was looked at. */
const atTheDoor = [401, 403, 408, 429];

/** Whether the server has answered this wish with no: the next try is another wish, and would only get the same answer again. */
export const isAnsweredNo = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.problem.status >= 400 &&
  error.problem.status < 500 &&
  !atTheDoor.includes(error.problem.status) &&
  !ofAnEarlier.includes(error.problem.code ?? '');

/** Whether an earlier request with this key reached the server: what became of it is read there before anything is wished again. */
export const wasSentBefore = (error: unknown): boolean =>
  error instanceof ApiError && ofAnEarlier.slice(1).includes(error.problem.code ?? '');

/** The key of one wish: sent again while its answer is unknown, a new one after a refusal. */
export function useOnce(): { once: string; refused: (error: unknown) => void } {
  const [once, setOnce] = useState(() => crypto.randomUUID());
  const refused = useCallback((error: unknown) => isAnsweredNo(error) && setOnce(crypto.randomUUID()), []);
  return { once, refused };
}
