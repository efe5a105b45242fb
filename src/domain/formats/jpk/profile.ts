import { z } from 'zod';
import { isDay } from '../../days/day.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { type Finding, hold } from '../../finding.ts';
import { checkTaxId } from '../../regimes/index.ts';

/** What the tax office wants to know of the seller beside what stands on documents: typed once, kept with the organization. */
const text = (max: number) => z.string().trim().max(max).optional();

export const booksProfileSchema = z.object({
  /** Four digits of the tax office. */
  taxOffice: text(4),
  filing: z.enum(['monthly', 'quarterly']).default('monthly'),
  entity: z.enum(['company', 'person']).default('company'),
  firstName: text(30),
  lastName: text(81),
  birthDate: text(10),
  email: text(255),
  phone: text(16),
  voivodeship: text(36),
  county: text(36),
  commune: text(36),
  street: text(65),
  houseNumber: text(9),
  flatNumber: text(10),
  city: text(56),
  postalCode: text(8),
  /** The mark of an invoice for a company that has no number of the authority yet (JPK.md §2, RULES §8 disagree: the accountant decides). */
  withoutNumber: z.enum(['OFF', 'DI']).default('OFF'),
  /** Cash accounting as it was said here before it stood with the seller: read for documents that are silent; given, it goes to the seller. */
  cashMethod: z.boolean().optional(),
});
export type BooksProfile = z.infer<typeof booksProfileSchema>;

type Seller = DocumentContent['seller'];
type TaxFile = 'v7' | 'fa';

export function sellerName({ company, name }: Pick<Seller, 'company' | 'name'>): string {
  return company || name || '';
}

export function sellerTaxId(seller: Seller): string | undefined {
  return seller.taxIds.find((id) => id.scheme === 'PL:NIP')?.value.replace(/\D/g, '');
}

/** Address of the seller in the parts the form wants: what the profile says, else what the document's seller gives away. */
export function addressOf(profile: BooksProfile, seller: Seller) {
  const guessed = streetParts(seller.street ?? '');
  return {
    voivodeship: profile.voivodeship || seller.region,
    county: profile.county,
    commune: profile.commune,
    street: profile.street || guessed.street,
    houseNumber: profile.houseNumber || guessed.houseNumber,
    flatNumber: profile.flatNumber || guessed.flatNumber,
    city: profile.city || seller.city,
    postalCode: profile.postalCode || seller.postalCode,
  };
}

/** `ul. Jęczmienna 12 lok. 3` and `Polna 4/2`, as far as a street can be taken apart; otherwise all of it stays the street. */
export function streetParts(street: string): { street?: string; houseNumber?: string; flatNumber?: string } {
  const text = street.trim().replace(/\s+/g, ' ');
  const found = /^(.*?\S)[ ,]+(\d+[A-Za-z]?(?:[-–]\d+[A-Za-z]?)?)(?:\s*(?:\/|\blok\.?|\bm\.?|\bloc\.?)\s*(\d+[A-Za-z]?))?$/.exec(text);
  if (!found) return text === '' ? {} : { street: text };
  return { street: found[1]!.replace(/^ul\.\s*/i, ''), houseNumber: found[2]!, ...(found[3] && { flatNumber: found[3] }) };
}

/** The offices that the form of JPK_FA(4) knows (KodyUrzedowSkarbowych v5); the register's newer form may know more, so it is not asked there. */
const taxOffices =
  '0202-0234 0271 0402-0423 0471 0602-0622 0671 0802-0814 0871 1002-1029 1071 1202-1228 1271 1402-1449 1471-1473 1602-1613 1671 1802-1823 1871 2002-2015 2071 2202-2221 2271 2402-2436 2471-2472 2602-2615 2671 2802-2816 2871 3002-3023 3025-3039 3071-3072 3202-3220 3271'
    .split(' ')
    .map((range) => range.split('-'));

function isTaxOffice(code: string): boolean {
  return taxOffices.some(([first, last = first]) => first! <= code && code <= last!);
}

/** What is missing of the seller for a file; every finding names its field. */
export function profileFindings(profile: BooksProfile, seller: Seller, file: TaxFile): Finding[] {
  const findings: Finding[] = [];
  const taxId = sellerTaxId(seller);
  const verdict = taxId ? checkTaxId({ scheme: 'PL:NIP', value: taxId }) : undefined;
  if (!taxId || verdict?.valid === false) findings.push(hold('H_BOOKS_SELLER_TAX_ID', 'seller.taxIds', { value: taxId ?? '–' }));
  if (!sellerName(seller)) findings.push(hold('H_BOOKS_SELLER_NAME', 'seller.name'));
  if (!profile.taxOffice) findings.push(hold('H_TAX_OFFICE_MISSING', 'books.taxOffice'));
  else if (!/^\d{4}$/.test(profile.taxOffice) || (file === 'fa' && !isTaxOffice(profile.taxOffice)))
    findings.push(hold('H_TAX_OFFICE_WRONG', 'books.taxOffice', { value: profile.taxOffice }));
  if (file === 'v7') {
    if (!profile.email || !/^\S+@\S+\.\S+$/.test(profile.email)) findings.push(hold('H_BOOKS_EMAIL', 'books.email'));
    if (profile.entity === 'person') {
      const missing = (['firstName', 'lastName', 'birthDate'] as const).filter((key) => !profile[key]);
      // The form takes no day before 1900, which is a slip of the pen for anybody alive.
      if (profile.birthDate && (!isDay(profile.birthDate) || profile.birthDate < '1900')) missing.push('birthDate');
      if (missing.length > 0) findings.push(hold('H_BOOKS_PERSON', `books.${missing[0]}`, { fields: missing.join(', ') }));
    }
  } else {
    const address = addressOf(profile, seller);
    const missing = (['voivodeship', 'county', 'commune', 'houseNumber', 'city', 'postalCode'] as const).filter((key) => !address[key]);
    if (missing.length > 0) findings.push(hold('H_BOOKS_ADDRESS', `books.${missing[0]}`, { fields: missing.join(', ') }));
  }
  return findings;
}
