import { civilDay } from '../../../src/domain/days/day.ts';
import { useSession } from '../session.tsx';

/** Today where the seller is, YYYY-MM-DD: documents, rates and months are dated there, wherever the reader sits. */
export function useToday(): string {
  return civilDay(new Date().toISOString(), useSession().organization.zone);
}
