import { z } from 'zod';
import type { RateService } from '../regime.ts';

/** Table A of the National Bank of Poland, one currency on one day (RULES §11). Rates are kept as they are written, digit by digit. */
const answerSchema = z.object({
  table: z.literal('A'),
  code: z.string(),
  rates: z
    .array(z.object({ no: z.string().max(40), effectiveDate: z.string(), mid: z.string().regex(/^\d{1,9}\.\d{1,10}$|^\d{1,9}$/) }))
    .length(1),
});

export const nbp: RateService = {
  path: (currency, day) => `/api/exchangerates/rates/a/${currency.toLowerCase()}/${day}/?format=json`,
  read(text, currency, day) {
    const parsed = answerSchema.safeParse(exactly(text));
    const found = parsed.data?.rates[0];
    if (!found || parsed.data!.code !== currency || found.effectiveDate !== day || /^[0.]+$/.test(found.mid)) return undefined;
    return { rate: found.mid, table: found.no, date: found.effectiveDate };
  },
};

/** Numbers stay the texts they are in the source: never binary floating point, not even on the way in. */
function exactly(text: string): unknown {
  const keep = (_: string, value: unknown, context?: { source?: string }) => (typeof value === 'number' ? context?.source : value);
  try {
    return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
  } catch {
    return undefined;
  }
}
