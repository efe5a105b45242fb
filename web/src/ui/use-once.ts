import { useCallback, useState } from 'react';
import { ApiError } from '../api.ts';

/** Whether the server has answered with no: the next try is another wish, and would only get the same answer again. */
export const isAnsweredNo = (error: unknown): boolean =>
  error instanceof ApiError && error.problem.status >= 400 && error.problem.status < 500 && error.problem.status !== 429;

/** The key of one wish: sent again while its answer is unknown, a new one after a refusal. */
export function useOnce(): { once: string; refused: (error: unknown) => void } {
  const [once, setOnce] = useState(() => crypto.randomUUID());
  const refused = useCallback((error: unknown) => isAnsweredNo(error) && setOnce(crypto.randomUUID()), []);
  return { once, refused };
}
