import { escapeText } from '../../../src/contract/wire/xml.ts';
import { type Language, languageOf, type Words } from '../../../src/testkit/service-page.ts';
import { type Outcome, testCards } from './cards.ts';
import type { Checkout, Payment } from './processor.ts';

const texts = {
  pay: { pl: 'Zapłać', en: 'Pay', hu: 'Fizetés', sv: 'Betala' },
  card: { pl: 'Karta', en: 'Card', hu: 'Kártya', sv: 'Kort' },
  simulated: {
    pl: 'Operator płatności na niby: żadne pieniądze nie płyną.',
    en: 'A simulated payment processor: no money moves.',
    hu: 'Szimulált fizetési szolgáltató: valódi pénz nem mozog.',
    sv: 'En simulerad betalväxel: inga pengar flyttas.',
  },
  later: { pl: 'potem', en: 'later', hu: 'később', sv: 'sedan' },
  saved: {
    pl: 'Zgadzasz się, że kolejne okresy będą pobierane z tej karty. Zgodę cofniesz w każdej chwili.',
    en: 'You agree that later periods are charged to this card. You can withdraw it at any time.',
    hu: 'Hozzájárulsz, hogy a következő időszakok díját erről a kártyáról vonják le. A hozzájárulás bármikor visszavonható.',
    sv: 'Du godkänner att kommande perioder dras från kortet. Du kan återkalla det när som helst.',
  },
  declined: { pl: 'Bank odmówił', en: 'Declined by the bank', hu: 'A bank elutasította', sv: 'Nekat av banken' },
  closed: {
    pl: 'Tej płatności nie można już wykonać',
    en: 'This payment can no longer be made',
    hu: 'Ez a fizetés már nem indítható',
    sv: 'Den här betalningen kan inte längre göras',
  },
  confirm: { pl: 'Potwierdzam płatność', en: 'Confirm the payment', hu: 'Jóváhagyom a fizetést', sv: 'Godkänn betalningen' },
  refuse: { pl: 'Odrzucam', en: 'Refuse', hu: 'Elutasítom', sv: 'Avvisa' },
  bank: { pl: 'Twój bank pyta', en: 'Your bank asks', hu: 'A bankod kérdezi', sv: 'Din bank frågar' },
  thanks: {
    pl: 'Gotowe. Możesz zamknąć to okno.',
    en: 'Done. You can close this window.',
    hu: 'Kész. Bezárhatod az ablakot.',
    sv: 'Klart. Du kan stänga fönstret.',
  },
} satisfies Record<string, Words>;

const outcomes: Record<Outcome, Words> = {
  succeeds: { pl: 'przechodzi', en: 'succeeds', hu: 'sikeres', sv: 'går igenom' },
  authenticates: {
    pl: 'bank prosi o potwierdzenie',
    en: 'the bank asks to confirm',
    hu: 'a bank jóváhagyást kér',
    sv: 'banken vill ha godkännande',
  },
  'pending-succeeds': {
    pl: 'przechodzi po godzinie',
    en: 'succeeds an hour later',
    hu: 'egy óra múlva sikeres',
    sv: 'går igenom efter en timme',
  },
  'pending-fails': {
    pl: 'nie przechodzi, po godzinie',
    en: 'fails an hour later',
    hu: 'egy óra múlva meghiúsul',
    sv: 'misslyckas efter en timme',
  },
  stolen_card: { pl: 'karta skradziona', en: 'stolen card', hu: 'lopott kártya', sv: 'stulet kort' },
  closed_account: { pl: 'konto zamknięte', en: 'account closed', hu: 'megszűnt számla', sv: 'avslutat konto' },
  invalid_card: { pl: 'karta nieważna', en: 'invalid card', hu: 'érvénytelen kártya', sv: 'ogiltigt kort' },
  expired_card: { pl: 'karta wygasła', en: 'expired card', hu: 'lejárt kártya', sv: 'kortet har gått ut' },
  mandate_cancelled: {
    pl: 'bank usuwa zgodę',
    en: 'the bank deletes the mandate',
    hu: 'a bank törli a meghatalmazást',
    sv: 'banken raderar medgivandet',
  },
  recurring_not_supported_by_bank: {
    pl: 'bank nie obsługuje płatności cyklicznych',
    en: 'no recurring payment at this bank',
    hu: 'a bank nem kezel ismétlődő fizetést',
    sv: 'banken tar inte återkommande betalningar',
  },
  insufficient_funds: { pl: 'brak środków', en: 'insufficient funds', hu: 'nincs fedezet', sv: 'täckning saknas' },
  limit_exceeded: { pl: 'limit przekroczony', en: 'limit exceeded', hu: 'limit túllépve', sv: 'gränsen överskriden' },
  issuer_unavailable: { pl: 'bank nie odpowiada', en: 'bank unavailable', hu: 'a bank nem elérhető', sv: 'banken svarar inte' },
  try_again_later: { pl: 'spróbuj później', en: 'try again later', hu: 'próbáld később', sv: 'försök senare' },
  authentication_required: {
    pl: 'potrzebne potwierdzenie',
    en: 'confirmation needed',
    hu: 'jóváhagyás szükséges',
    sv: 'godkännande krävs',
  },
};

/** The exact amount in the reader's way of writing: the formatter takes decimal text. */
function amountOf({ amountMinor, currency }: { amountMinor: number; currency: string }, language: Language): string {
  const digits = String(amountMinor).padStart(3, '0');
  const format = new Intl.NumberFormat(language, { style: 'currency', currency, minimumFractionDigits: 2 });
  return format.format(`${digits.slice(0, -2)}.${digits.slice(-2)}` as Intl.StringNumericLiteral);
}
const spaced = (number: string) => number.replace(/(\d{4})(?=\d)/g, '$1 ');

function shell(language: Language, title: string, content: string): string {
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeText(title)}</title><style>${style}</style></head><body><main>${content}<p><small>${texts.simulated[language]}</small></p></main></body></html>`;
}

export function payPage(checkout: Checkout, wanted: string, declined?: Outcome): string {
  const language = languageOf(wanted);
  const t = (name: keyof typeof texts) => texts[name][language];
  const head = `<h1>${escapeText(amountOf(checkout, language))}</h1><p>${escapeText(checkout.description)}</p>`;
  if (checkout.state !== 'open' && checkout.state !== 'failed')
    return shell(language, t('pay'), `${head}<p role="status">${t('closed')}.</p>`);
  const cards = Object.entries(testCards).map(([number, { first, later }]) => {
    const after = later.filter((outcome) => outcome !== first)[0];
    const behaviour = outcomes[first][language] + (after ? `, ${t('later')}: ${outcomes[after][language]}` : '');
    return `<option value="${number}">${spaced(number)} — ${behaviour}</option>`;
  });
  return shell(
    language,
    t('pay'),
    `${head}${declined ? `<p role="alert">${t('declined')}: ${outcomes[declined][language]}</p>` : ''}
<form method="post"><label>${t('card')}<select name="card">${cards.join('')}</select></label>
${checkout.saveMandate ? `<p>${t('saved')}</p>` : ''}<button>${t('pay')} ${escapeText(amountOf(checkout, language))}</button></form>`,
  );
}

export function authenticatePage(payment: Payment, wanted: string): string {
  const language = languageOf(wanted);
  const t = (name: keyof typeof texts) => texts[name][language];
  const head = `<h1>${t('bank')}: ${escapeText(amountOf(payment, language))}</h1><p>${escapeText(payment.description)}</p>`;
  if (payment.state !== 'requires_customer') return shell(language, t('bank'), `${head}<p role="status">${t('thanks')}</p>`);
  return shell(
    language,
    t('bank'),
    `${head}<form method="post"><button name="confirm" value="yes">${t('confirm')}</button> <button name="confirm" value="no" class="quiet">${t('refuse')}</button></form>`,
  );
}

const style = `:root{color-scheme:light dark;font:17px/1.5 system-ui,sans-serif}body{margin:0;background:Canvas;color:CanvasText}
main{max-width:26rem;margin:0 auto;padding:3rem 1rem}h1{margin:0;font-size:1.8rem}label{display:block;margin:1rem 0}
select{display:block;width:100%;font:inherit;padding:.5rem;border-radius:.5rem;margin-top:.25rem;background:Canvas;color:CanvasText;border:1px solid color-mix(in srgb,CanvasText 35%,transparent)}
button{font:inherit;font-weight:600;padding:.6rem 1.2rem;border-radius:.5rem;border:0;background:light-dark(#1c4f9c,#7fb0ff);color:light-dark(#fff,#0b1a33);cursor:pointer}
.quiet{background:transparent;color:inherit;border:1px solid color-mix(in srgb,CanvasText 35%,transparent)}
[role=alert]{color:light-dark(#b00020,#ff8a80)}small{opacity:.75}`;
