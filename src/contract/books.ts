import { createHash } from 'node:crypto';
import type { DocumentContent } from '../domain/documents/document.ts';
import { buyerOf } from '../domain/formats/jpk/register.ts';
import type { SettingField, Texts } from './manifest.ts';

/** What every accounting program wants of a document beside its amounts: lasting keys, names of forms of payment, our mark. */

/** Hexadecimal letters of a text's fingerprint, for keys that have to be short and the same for ever. */
export function shortHash(text: string, chars: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, chars).toUpperCase();
}

/** A name-based UUID (RFC 9562, version 5): the same name, the same id, on every run. */
export function uuidOf(name: string): string {
  const space = Buffer.from('8f0f3a5c6d1e4b7f9a2b3c4d5e6f7081', 'hex');
  const bytes = createHash('sha1').update(space).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Our reference in a text of the program's that survives import, numbering and export (EPP §11, AGENT §5). */
export function markOf(reference: string): string {
  return `[FKT:${reference}]`;
}

export function referenceIn(text: string | undefined): string | undefined {
  return /\[FKT:([^\]\s]{1,200})\]/.exec(text ?? '')?.[1];
}

/**
 * The key of a buyer: at most sixteen letters, digits and hyphens, the same for every document of a buyer whatever order it came
 * with. A company is its tax number; a person is the address the order mails go to, else name and street.
 */
export function buyerKey(content: DocumentContent): string {
  const { buyer } = content;
  const { country, number, name } = buyerOf(content);
  if (number && number.length <= 12) return `${country ?? ''}${number}`.replace(/[^A-Za-z0-9-]/g, '');
  const identity = number || buyer.email?.trim().toLowerCase() || [name, buyer.street, buyer.postalCode].join('|').toLowerCase();
  return `FK-${shortHash(identity, 12)}`;
}

const countryNames = new Intl.DisplayNames(['pl'], { type: 'region' });

/** `SE` becomes `Szwecja`; what is no code stays as it is. */
export function polishCountry(country: string | undefined): string {
  if (!country) return '';
  return /^[A-Z]{2}$/.test(country) ? (countryNames.of(country) ?? country) : country;
}

/** Settings that name the forms of payment as the program has them. */
type PaymentForms = {
  paymentTransfer: string;
  paymentOnline: string;
  paymentCard: string;
  paymentCash: string;
  paymentOnDelivery: string;
  paymentOther: string;
};

export const defaultForms: PaymentForms = {
  paymentTransfer: 'przelew',
  paymentOnline: 'przelew',
  paymentCard: 'karta',
  paymentCash: 'gotówka',
  paymentOnDelivery: 'pobranie',
  paymentOther: 'przelew',
};

export function paymentForm(content: DocumentContent, forms: PaymentForms): string {
  switch (content.payment.means) {
    case 'bank_transfer':
    case 'deferred':
      return forms.paymentTransfer;
    case 'online':
      return forms.paymentOnline;
    case 'card':
      return forms.paymentCard;
    case 'cash':
      return forms.paymentCash;
    case 'cash_on_delivery':
      return forms.paymentOnDelivery;
    case 'voucher':
    case 'other':
      return forms.paymentOther;
  }
}

const labels: Record<keyof PaymentForms, Texts> = {
  paymentTransfer: {
    pl: 'Przelew to w programie',
    en: 'Bank transfer is there',
    hu: 'Az átutalás ott',
    sv: 'Banköverföring heter där',
  },
  paymentOnline: {
    pl: 'Płatność online to',
    en: 'Online payment is there',
    hu: 'Az online fizetés ott',
    sv: 'Onlinebetalning heter där',
  },
  paymentCard: { pl: 'Karta to', en: 'Card is there', hu: 'A bankkártya ott', sv: 'Kort heter där' },
  paymentCash: { pl: 'Gotówka to', en: 'Cash is there', hu: 'A készpénz ott', sv: 'Kontant heter där' },
  paymentOnDelivery: { pl: 'Pobranie to', en: 'Cash on delivery is there', hu: 'Az utánvét ott', sv: 'Postförskott heter där' },
  paymentOther: { pl: 'Inna forma to', en: 'Any other is there', hu: 'Bármi más ott', sv: 'Annat heter där' },
};

export const paymentSettings: SettingField[] = (Object.keys(defaultForms) as (keyof PaymentForms)[]).map((key) => ({
  key,
  type: 'text',
  default: defaultForms[key],
  maxLength: 30,
  label: labels[key],
}));

/** How the program names its prints, as a setting. */
export function printNameSetting(otherwise: string): SettingField {
  return {
    key: 'pdfName',
    type: 'text',
    default: otherwise,
    maxLength: 100,
    label: {
      pl: 'Nazwa pliku PDF w folderze',
      en: 'Name of the PDF in the folder',
      hu: 'A PDF neve a mappában',
      sv: 'PDF-filens namn i mappen',
    },
    help: {
      pl: 'Tak program nazywa wydruk: {type} to skrót dokumentu, {number} jego numer, {reference} nasz znak. Inne znaki niż litery i cyfry się nie liczą.',
      en: 'How the program names its print: {type} is the document’s mnemonic, {number} its number, {reference} our mark. Only letters and digits count.',
      hu: 'Így nevezi el a program a nyomatot: {type} a bizonylat rövidítése, {number} a száma, {reference} a mi jelünk. Csak a betűk és számok számítanak.',
      sv: 'Så namnger programmet sin utskrift: {type} är dokumentets förkortning, {number} dess nummer, {reference} vårt märke. Bara bokstäver och siffror räknas.',
    },
  };
}
