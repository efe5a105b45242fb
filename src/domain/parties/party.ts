import { z } from 'zod';

/** Schemes of ORDERS §2: `PL:NIP`, `EU:VAT`, `HU:ADOSZAM`, `SE:ORGNR`, `CZ:ICO`, … `OTHER`. `raw` keeps what was typed. */
const taxIdSchema = z.object({ scheme: z.string().max(20), value: z.string().max(60), raw: z.string().max(100).optional() });
export type TaxId = z.infer<typeof taxIdSchema>;

const text = (max: number) => z.string().max(max).optional();

export const partySchema = z.object({
  name: text(512),
  firstName: text(200),
  lastName: text(200),
  company: text(512),
  taxIds: z.array(taxIdSchema).max(10).default([]),
  street: text(512),
  street2: text(512),
  postalCode: text(40),
  city: text(200),
  region: text(200),
  /** ISO 3166-1 alpha-2; free text only when the channel's word could not be mapped (then the document is held). */
  country: text(80),
  email: text(320),
  phone: text(60),
});
export type Party = z.infer<typeof partySchema>;

/**
 * A party that was named once, in one field or in both alike, has one name: `company` is what lists, prints and providers look at first.
 * Where one of the two was changed alone it is the name; the other must not go on printing what was there before. A company with the name of
 * a person beside it keeps both.
 */
export function withOneName<T extends Party>(party: T, before: Partial<Party> = {}): T {
  const company = party.company?.trim() ? party.company : undefined;
  if (company === undefined) return party;
  if (!party.name?.trim()) return { ...party, name: company };
  const wasOne = before.company === undefined || !before.name?.trim() || before.name === before.company;
  if (!wasOne) return party;
  const named = party.name !== before.name;
  const renamed = company !== before.company;
  if (named && !renamed) {
    const { company: _, ...rest } = party;
    return rest as T;
  }
  return renamed && !named ? { ...party, name: company } : party;
}

/** What a party is called: a company by its name, a person by both of his; empty where nobody said it. */
export function partyName(party: Pick<Party, 'company' | 'name' | 'firstName' | 'lastName'>): string {
  return party.company?.trim() || party.name?.trim() || [party.firstName, party.lastName].filter(Boolean).join(' ').trim();
}
