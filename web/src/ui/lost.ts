import { ApiError } from '../api.ts';

/**
 * Whether an error takes the place of a page. While the server only does not answer, what stands there stays, with all that was typed into it;
 * what is no longer there, or no longer allowed, is told.
 */
export function isLost(error: unknown, data: unknown): boolean {
  if (!error) return false;
  return data === undefined || (error instanceof ApiError && [401, 403, 404, 410].includes(error.problem.status));
}
