import type { DocumentKind, Language } from '../../domain/documents/document.ts';
import type { MessageTemplate } from './template.ts';

/**
 * The messages an organization begins with, one for each kind of document and language. Sellers change them; every one must
 * pass `check`. The sentences differ by kind because each language inflects the kind's name.
 */
type Opening = { subject: string; sentence: string };
type Frame = {
  greeting: string;
  /** What is left to pay and where to, for documents with a payable amount. */
  toPay: string;
  thanks: string;
  download: string;
  closing: string;
  sign: string;
};

const number = '{{ document.number }}';
const kind = '{{ document.kind }}';
const total = '{{ document.grossWithCurrency }}';
const payable = '{{ document.payableWithCurrency }}';
const seller = '{{ seller.shortName }}';

/** A transfer wants an account; everything else (cash on delivery) is told by its name. */
function howToPay(amount: string, due: string, account: string, reference: string): string {
  return [
    `${amount} ${payable}{% if payment.byTransfer %}{% if document.dueDate %}${due}{% endif %}{% else %} ({{ payment.method }}){% endif %}`,
    `{% if payment.byTransfer and payment.account %}${account} {{ payment.account }}\n${reference} {{ payment.title }}{% endif %}`,
  ].join('\n');
}

const frames: Record<Language, Frame> = {
  pl: {
    greeting: 'Dzień dobry,',
    toPay: howToPay('Do zapłaty:', ', termin: {{ document.dueDate }}', 'Numer rachunku:', 'Tytuł przelewu:'),
    thanks: 'Należność jest uregulowana, dziękujemy.',
    download: 'Dokument można też pobrać tutaj:',
    closing: 'W razie pytań wystarczy odpowiedzieć na tę wiadomość.',
    sign: 'Pozdrawiamy',
  },
  hu: {
    greeting: 'Tisztelt Vásárlónk!',
    toPay: howToPay('Fizetendő:', ', fizetési határidő: {{ document.dueDate }}', 'Bankszámlaszám:', 'Közlemény:'),
    thanks: 'Az összeget megkaptuk, köszönjük. Önnek nincs további teendője.',
    download: 'A bizonylat innen is letölthető:',
    closing: 'Ha kérdése van, kérjük, válaszoljon erre a levélre.',
    sign: 'Üdvözlettel:',
  },
  sv: {
    greeting: 'Hej!',
    toPay: howToPay('Att betala:', ' senast {{ document.dueDate }}', 'Konto:', 'Referens:'),
    thanks: 'Beloppet är betalt – tack!',
    download: 'Du kan också hämta dokumentet här:',
    closing: 'Har du frågor? Svara bara på det här mejlet.',
    sign: 'Vänliga hälsningar',
  },
  en: {
    greeting: 'Hello,',
    toPay: howToPay('Amount to pay:', ', due on {{ document.dueDate }}', 'Account:', 'Reference:'),
    thanks: 'It is paid in full – thank you.',
    download: 'You can also download it here:',
    closing: 'Any questions? Just reply to this message.',
    sign: 'Kind regards',
  },
};

const orderIn: Record<Language, string> = {
  pl: '{% if order.number %} do zamówienia {{ order.number }}{% endif %}',
  hu: '{% if order.number %}, rendelésszám: {{ order.number }}{% endif %}',
  sv: '{% if order.number %} för order {{ order.number }}{% endif %}',
  en: '{% if order.number %} for order {{ order.number }}{% endif %}',
};

const openings: Record<Language, Record<DocumentKind, Opening>> = {
  pl: {
    invoice: {
      subject: `Faktura ${number} – ${seller}`,
      sentence: `dziękujemy za zakupy. W załączniku przesyłamy fakturę ${number}${orderIn.pl} na kwotę ${total}.`,
    },
    proforma: {
      subject: `Faktura pro forma ${number} – ${seller}`,
      sentence: `w załączniku przesyłamy fakturę pro forma ${number}${orderIn.pl} na kwotę ${total}. Fakturę wystawimy po otrzymaniu wpłaty.`,
    },
    prepayment: {
      subject: `Faktura zaliczkowa ${number} – ${seller}`,
      sentence: `dziękujemy za wpłatę. W załączniku przesyłamy fakturę zaliczkową ${number}${orderIn.pl} na kwotę ${total}.`,
    },
    final: {
      subject: `Faktura końcowa ${number} – ${seller}`,
      sentence: `w załączniku przesyłamy fakturę końcową ${number}${orderIn.pl}, która rozlicza wpłacone zaliczki.`,
    },
    correction: {
      subject: `${kind} ${number} – ${seller}`,
      sentence:
        `w załączniku przesyłamy fakturę korygującą ${number}{% if correction.number %} do faktury {{ correction.number }}{% endif %}.` +
        '{% if correction.reason %} Przyczyna korekty: {{ correction.reason }}.{% endif %}',
    },
    receipt: {
      subject: `Potwierdzenie sprzedaży ${number} – ${seller}`,
      sentence: `dziękujemy za zakupy. W załączniku przesyłamy potwierdzenie sprzedaży ${number}${orderIn.pl} na kwotę ${total}.`,
    },
  },
  hu: {
    invoice: {
      subject: `Számla: ${number} – ${seller}`,
      sentence: `Köszönjük a vásárlását! Mellékelten küldjük számláját. Sorszáma: ${number}${orderIn.hu}, végösszege: ${total}.`,
    },
    proforma: {
      subject: `Díjbekérő: ${number} – ${seller}`,
      sentence: `Mellékelten küldjük díjbekérőnket. Sorszáma: ${number}${orderIn.hu}, végösszege: ${total}. A számlát a befizetés beérkezése után állítjuk ki.`,
    },
    prepayment: {
      subject: `Előlegszámla: ${number} – ${seller}`,
      sentence: `Köszönjük a befizetését! Mellékelten küldjük előlegszámláját. Sorszáma: ${number}${orderIn.hu}, végösszege: ${total}.`,
    },
    final: {
      subject: `Végszámla: ${number} – ${seller}`,
      sentence: `Mellékelten küldjük végszámláját, amely elszámolja a befizetett előleget. Sorszáma: ${number}${orderIn.hu}.`,
    },
    correction: {
      subject: `${kind}: ${number} – ${seller}`,
      sentence:
        `Mellékelten küldjük a számlát módosító bizonylatot. Sorszáma: ${number}{% if correction.number %}, az eredeti számla sorszáma: {{ correction.number }}{% endif %}.` +
        '{% if correction.reason %} A módosítás oka: {{ correction.reason }}.{% endif %}',
    },
    receipt: {
      subject: `Nyugta: ${number} – ${seller}`,
      sentence: `Köszönjük a vásárlását! Mellékelten küldjük nyugtáját. Sorszáma: ${number}${orderIn.hu}, végösszege: ${total}.`,
    },
  },
  sv: {
    invoice: {
      subject: `Faktura ${number} från ${seller}`,
      sentence: `Tack för ditt köp! Här kommer faktura ${number}${orderIn.sv} på ${total}. Du hittar den som bilaga.`,
    },
    proforma: {
      subject: `Proformafaktura ${number} från ${seller}`,
      sentence: `Här kommer proformafaktura ${number}${orderIn.sv} på ${total}. Fakturan skickar vi när betalningen har kommit in.`,
    },
    prepayment: {
      subject: `Förskottsfaktura ${number} från ${seller}`,
      sentence: `Tack för din betalning! Här kommer förskottsfaktura ${number}${orderIn.sv} på ${total}. Du hittar den som bilaga.`,
    },
    final: {
      subject: `Slutfaktura ${number} från ${seller}`,
      sentence: `Här kommer slutfaktura ${number}${orderIn.sv}, där ditt förskott är avräknat. Du hittar den som bilaga.`,
    },
    correction: {
      subject: `${kind} ${number} från ${seller}`,
      sentence:
        `Här kommer {{ document.kind | downcase }} ${number}{% if correction.number %} som avser faktura {{ correction.number }}{% endif %}.` +
        '{% if correction.reason %} Orsak: {{ correction.reason }}.{% endif %}',
    },
    receipt: {
      subject: `Kvitto ${number} från ${seller}`,
      sentence: `Tack för ditt köp! Här kommer kvitto ${number}${orderIn.sv} på ${total}. Du hittar det som bilaga.`,
    },
  },
  en: {
    invoice: {
      subject: `Invoice ${number} from ${seller}`,
      sentence: `Thank you for your purchase. Please find attached invoice ${number}${orderIn.en}, total ${total}.`,
    },
    proforma: {
      subject: `Pro forma invoice ${number} from ${seller}`,
      sentence: `Please find attached pro forma invoice ${number}${orderIn.en}, total ${total}. We will send the invoice once your payment has arrived.`,
    },
    prepayment: {
      subject: `Prepayment invoice ${number} from ${seller}`,
      sentence: `Thank you for your payment. Please find attached prepayment invoice ${number}${orderIn.en}, total ${total}.`,
    },
    final: {
      subject: `Final invoice ${number} from ${seller}`,
      sentence: `Please find attached final invoice ${number}${orderIn.en}, which settles your prepayment.`,
    },
    correction: {
      subject: `${kind} ${number} from ${seller}`,
      sentence:
        `Please find attached ${number}{% if correction.number %}, which corrects invoice {{ correction.number }}{% endif %}.` +
        '{% if correction.reason %} Reason: {{ correction.reason }}.{% endif %}',
    },
    receipt: {
      subject: `Receipt ${number} from ${seller}`,
      sentence: `Thank you for your purchase. Please find attached receipt ${number}${orderIn.en}, total ${total}.`,
    },
  },
};

/** Says nothing of payment on a correction: what is to be paid or returned depends on the difference, which the PDF shows. */
function paymentPart(documentKind: DocumentKind, frame: Frame): string[] {
  if (documentKind === 'correction') return [];
  if (documentKind === 'receipt' || documentKind === 'prepayment') return [`{% unless document.isPaid %}${frame.toPay}{% endunless %}`];
  return [`{% if document.isPaid %}${frame.thanks}{% else %}${frame.toPay}{% endif %}`];
}

export function defaultTemplate(documentKind: DocumentKind, language: Language): MessageTemplate {
  const frame = frames[language];
  const opening = openings[language][documentKind];
  const body = [
    frame.greeting,
    opening.sentence,
    ...paymentPart(documentKind, frame),
    `{% if link.download %}${frame.download} {{ link.download }}{% endif %}`,
    frame.closing,
    `${frame.sign}\n{{ seller.name }}{% if seller.phone %}\n{{ seller.phone }}{% endif %}`,
  ];
  return { subject: opening.subject, body: `${body.join('\n\n')}\n` };
}
