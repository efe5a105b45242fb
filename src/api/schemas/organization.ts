import { z } from 'zod';
import { languageSchema, sellerSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { countrySchema, currencySchema, emailSchema, idSchema, name, settingsSchema, zoneSchema } from './common.ts';

export const roleSchema = z.enum(['owner', 'bookkeeper', 'warehouse', 'reader']);
export const organizationInput = z.object({
  name: name(),
  country: countrySchema,
  taxId: z.string().trim().max(40).optional(),
  language: languageSchema.optional(),
  currency: currencySchema.optional(),
  zone: zoneSchema.optional(),
  /** VAT rate of goods whose channel tells none: a percentage or the country's word for a rate. */
  defaultVatRate: z.string().max(12).optional(),
  seller: sellerSchema.partial().optional(),
});
export const companyQuery = z.object({ country: z.string().length(2), taxId: z.string().min(1).max(40) });
export const companySchema = z.object({
  source: z.string(),
  name: z.string(),
  street: z.string().optional(),
  postalCode: z.string().optional(),
  city: z.string().optional(),
});
export const setupState = z.object({ needed: z.boolean(), demo: z.boolean(), version: z.string() });
export const setupInput = z.object({
  organization: organizationInput,
  email: emailSchema,
  password: z.string().min(10).max(128),
  name: name(),
});
const membershipSchema = z.object({
  id: idSchema,
  name: z.string(),
  role: roleSchema,
  country: z.string(),
  language: languageSchema,
  currency: z.string(),
  zone: z.string(),
});
export const meSchema = z.object({
  user: z
    .object({ id: z.string(), name: z.string(), email: z.string(), twoFactorEnabled: z.boolean(), language: languageSchema.nullable() })
    .nullable(),
  organizations: z.array(membershipSchema),
  /** Permissions in the organization of the call (header X-Organization), empty without one. */
  permissions: z.array(z.string()),
});
export const mePatch = z.object({ language: languageSchema.optional(), name: name().optional() });

export const lookSchema = z
  .object({
    logoFileId: idSchema.nullable().optional(),
    accent: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .optional(),
    footer: z.string().max(1000).optional(),
    secondLanguage: languageSchema.nullable().optional(),
  })
  .catchall(z.unknown());
export const organizationSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    country: z.string(),
    zone: z.string(),
    language: languageSchema,
    currency: z.string(),
    seller: sellerSchema,
    policies: settingsSchema,
    look: lookSchema,
    hasLogo: z.boolean(),
    /** What is missing before anything can be issued. */
    findings: z.array(findingSchema),
  })
  .meta({ id: 'Organization' });
/** Only what is named changes, and null takes a value away. A default is no wish. */
const sellerPatch = z
  .object(
    Object.fromEntries(
      Object.entries(sellerSchema.shape).map(([field, type]) => {
        const plain = type instanceof z.ZodDefault ? (type.unwrap() as z.ZodType) : (type as z.ZodType);
        return [field, plain.nullable().optional()];
      }),
    ),
  )
  .transform((patch) => patch as { [K in keyof z.infer<typeof sellerSchema>]?: z.infer<typeof sellerSchema>[K] | null });
export const organizationPatch = z.object({
  name: name().optional(),
  zone: zoneSchema.optional(),
  language: languageSchema.optional(),
  currency: currencySchema.optional(),
  seller: sellerPatch.optional(),
  /** As stored; null takes a value away. */
  policies: settingsSchema.optional(),
  look: lookSchema.optional(),
});

export type Role = z.infer<typeof roleSchema>;
export type SetupInput = z.infer<typeof setupInput>;
export type SetupState = z.infer<typeof setupState>;
export type Me = z.infer<typeof meSchema>;
export type Membership = z.infer<typeof membershipSchema>;
export type Organization = z.infer<typeof organizationSchema>;
export type OrganizationPatch = z.input<typeof organizationPatch>;
export type Company = z.infer<typeof companySchema>;
