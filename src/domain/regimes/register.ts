import { z } from 'zod';
import type { Day } from '../days/day.ts';

/**
 * Public registers of companies, asked by the tax number: the Polish list of VAT payers (API of the Ministry of Finance, `search/nip`) and,
 * for the other countries, the VAT numbers of the Union (VIES, `ms/{country}/vat/{number}`).
 */
export type RegisteredCompany = { name: string; street?: string; postalCode?: string; city?: string };
export type CompanyRegister = {
  /** As it is named to people. */
  source: string;
  base: string;
  path(number: string, day: Day): string;
  /** `absent` when the register answered that it knows no such number; undefined when the text is no answer to this question. */
  read(text: string): RegisteredCompany | 'absent' | undefined;
};

const words = z.string().max(500).nullish();
const listAnswer = z.object({
  result: z.object({ subject: z.object({ name: words, workingAddress: words, residenceAddress: words }).nullable() }),
});

export const polishVatList: CompanyRegister = {
  source: 'Biała lista MF',
  base: 'https://wl-api.mf.gov.pl',
  path: (number, day) => `/api/search/nip/${number}?date=${day}`,
  read(text) {
    const answer = parsed(listAnswer, text);
    if (!answer) return undefined;
    const { subject } = answer.result;
    if (!subject?.name?.trim()) return 'absent';
    return { name: subject.name.trim(), ...addressOf(subject.workingAddress || subject.residenceAddress || '', /\d{2}-\d{3}/) };
  },
};

const viesAnswer = z.object({ isValid: z.boolean(), userError: z.string().max(60).optional(), name: words, address: words });

export function vies(country: string, numberOf: (value: string) => string, postalCode: RegExp): CompanyRegister {
  return {
    source: 'VIES',
    base: 'https://ec.europa.eu/taxation_customs/vies/rest-api',
    path: (value) => `/ms/${country}/vat/${numberOf(value)}`,
    read(text) {
      const answer = parsed(viesAnswer, text);
      // Countries that are out of service answer "not valid" with an error of their own: that is no answer about the number.
      if (!answer || (!answer.isValid && answer.userError !== 'INVALID')) return undefined;
      if (!answer.isValid) return 'absent';
      // Dashes stand for what a country does not tell.
      const told = (value: string | null | undefined) => (value && /[\p{L}\d]/u.test(value) ? value.trim() : '');
      return told(answer.name) ? { name: told(answer.name), ...addressOf(told(answer.address), postalCode) } : undefined;
    },
  };
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** "ul. Prosta 49, 00-838 Warszawa" and "FŐ UTCA 1.\n1011 BUDAPEST": street, postal code, city; what cannot be told apart stays the street. */
function addressOf(text: string, postalCode: RegExp): Omit<RegisteredCompany, 'name'> {
  const plain = text.replace(/\s+/g, ' ').trim();
  const found = new RegExp(`^(.*?)[,\\s]*\\b(${postalCode.source})\\s+(.+)$`).exec(plain);
  if (!found) return plain ? { street: plain } : {};
  const [, street, code, rest] = found as unknown as [string, string, string, string];
  // Some write the town first.
  if (street) return { street, postalCode: code, city: rest };
  const [city = rest, ...after] = rest.split(', ');
  return { postalCode: code, city, ...(after.length > 0 ? { street: after.join(', ') } : {}) };
}
