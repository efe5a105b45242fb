import { actionFindings } from './actions.ts';
import { archiveFindings } from './archive.ts';
import { bookFindings } from './books.ts';
import { breakWords } from './breaks.ts';
import { documentFindings } from './documents.ts';
import { orderFindings } from './orders.ts';
import { billingFindings, paymentFindings } from './payments.ts';
import { providerWords } from './providers.ts';
import { receivableFindings } from './receivables.ts';
import type { Words } from './words.ts';

/** Words of every finding, by its code. */
export const findingWords: Record<string, Words> = {
  ...documentFindings,
  ...orderFindings,
  ...actionFindings,
  ...bookFindings,
  ...archiveFindings,
  ...paymentFindings,
  ...providerWords,
  ...receivableFindings,
  ...billingFindings,
};
export type { Words };
export { breakWords };
