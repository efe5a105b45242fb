import { z } from 'zod';

/**
 * What is wrong with a file, an order or a document, as a value: `F_` file, `E_` record rejected, `H_` hold, `W_` warning
 * (contract ORDERS §4). The words for each code live in `src/diagnosis`.
 */
export const findingSchema = z.object({
  code: z.string(),
  level: z.enum(['file', 'reject', 'hold', 'warning']),
  /** Field path in the order or the document content, e.g. `buyer.taxIds` or `lines.2.rate`. */
  where: z.string().optional(),
  params: z.record(z.string(), z.string()).optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** A hold that a person must settle before the document can be issued. */
export function hold(code: string, where?: string, params?: Record<string, string>): Finding {
  return { code, level: 'hold', where, params };
}

export function warning(code: string, where?: string, params?: Record<string, string>): Finding {
  return { code, level: 'warning', where, params };
}
