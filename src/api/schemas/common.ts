import { z } from 'zod';
import { isTimeZone } from '../../domain/days/day.ts';
import { documentContentSchema, sellerSchema, totalsSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { orderSchema } from '../../domain/orders/order.ts';

z.globalRegistry.add(findingSchema, { id: 'Finding' });
z.globalRegistry.add(documentContentSchema, { id: 'DocumentContent' });
z.globalRegistry.add(orderSchema, { id: 'Order' });
z.globalRegistry.add(totalsSchema, { id: 'Totals' });
z.globalRegistry.add(sellerSchema, { id: 'Seller' });

export const idSchema = z.uuid();
export const idParams = z.object({ id: idSchema });
export const name = (max = 200) => z.string().trim().min(1).max(max);
export const emailSchema = z.email().max(320);
export const countrySchema = z.string().regex(/^[A-Z]{2}$/);
export const currencySchema = z.string().regex(/^[A-Z]{3}$/);
/** One text in the four languages of the product. */
export const textsSchema = z.object({ pl: z.string(), en: z.string(), hu: z.string(), sv: z.string() }).meta({ id: 'Texts' });
/** As `Intl` knows them: whatever is dated by another would fail. */
export const zoneSchema = z.string().max(60).refine(isTimeZone, 'a time zone such as Europe/Warsaw');
export const settingsSchema = z.record(z.string(), z.unknown());

/** RFC 9457. `code` is lasting; people read `title` and `detail`. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    code: z.string(),
    findings: z.array(findingSchema).optional(),
    /** Refused by its form: where and what. */
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

const maxPageSize = 200;
/** In the address a list is written `a,b` or by repeating the name. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : value.split(',')).filter((part) => part !== ''))
    .pipe(z.array(item).max(50) as unknown as z.ZodType<z.output<T>[], string[]>);
export const flag = z.stringbool();
export const pageQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(maxPageSize).optional(),
});
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });
export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
/** The answer of what has nothing to tell. */
export const doneSchema = z.object({ ok: z.literal(true) });

export type Page<T> = { items: T[]; nextCursor?: string };

type Plain<T> = T extends z.ZodDefault<infer U> ? U : T;
/** The same fields with none required and none filled in: what is not sent is not changed. `partial()` alone keeps the defaults, and a default is no wish. */
export function patchOf<T extends z.ZodRawShape>(schema: z.ZodObject<T>) {
  const fields = Object.entries(schema.shape).map(([field, type]) => [
    field,
    z.optional(type instanceof z.ZodDefault ? (type.unwrap() as z.ZodType) : (type as z.ZodType)),
  ]);
  return z.object(Object.fromEntries(fields) as { [K in keyof T]: z.ZodOptional<Extract<Plain<T[K]>, z.ZodType>> });
}
