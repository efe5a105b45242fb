import { escapeText } from '../../../src/contract/wire/xml.ts';
import type { AccountView } from './control.ts';
import { type Fault, faultModes } from './simulation.ts';

type Language = 'pl' | 'en' | 'hu' | 'sv';

const texts = {
  title: { pl: 'Számlázz.hu na niby', en: 'Számlázz.hu, simulated', hu: 'Számlázz.hu szimulátor', sv: 'Számlázz.hu, simulerat' },
  lead: {
    pl: 'Zachowuje się jak Számla Agent. Tu psujesz i naprawiasz konto, żeby zobaczyć, co powie o tym Fakturist.',
    en: 'Behaves like the Számla Agent. Break the account here and mend it again, and watch what Fakturist says about it.',
    hu: 'Úgy viselkedik, mint a Számla Agent. Itt elronthatod és megjavíthatod a fiókot, és megnézheted, mit mond rá a Fakturist.',
    sv: 'Beter sig som Számla Agent. Här kan du ställa till det för kontot och rätta det igen, och se vad Fakturist säger.',
  },
  account: { pl: 'Konto', en: 'Account', hu: 'Fiók', sv: 'Konto' },
  documents: { pl: 'dokumentów', en: 'documents', hu: 'bizonylat', sv: 'dokument' },
  mails: { pl: 'wiadomości', en: 'mails', hu: 'e-mail', sv: 'mejl' },
  banned: {
    pl: 'zablokowane przez dostawcę',
    en: 'shut out by the provider',
    hu: 'a szolgáltató letiltotta',
    sv: 'avstängt av leverantören',
  },
  debt: {
    pl: 'Zaległa opłata u dostawcy',
    en: 'Unpaid bill at the provider',
    hu: 'Tartozás a szolgáltatónál',
    sv: 'Obetald räkning hos leverantören',
  },
  eInvoice: { pl: 'E-faktury w pakiecie', en: 'E-invoices in the plan', hu: 'E-számla a csomagban', sv: 'E-faktura ingår' },
  keys: { pl: 'Klucze agenta', en: 'Agent keys', hu: 'Agent kulcsok', sv: 'Agentnycklar' },
  noKey: { pl: 'Brak klucza', en: 'No key', hu: 'Nincs kulcs', sv: 'Ingen nyckel' },
  add: { pl: 'Nowy klucz', en: 'New key', hu: 'Új kulcs', sv: 'Ny nyckel' },
  remove: { pl: 'Usuń', en: 'Delete', hu: 'Törlés', sv: 'Ta bort' },
  prefixes: { pl: 'Prefiksy numerów', en: 'Number prefixes', hu: 'Számlaszám előtagok', sv: 'Nummerprefix' },
  only: { pl: 'tylko', en: 'only', hu: 'csak', sv: 'endast' },
  faults: { pl: 'Zakłóć następne wywołania', en: 'Disturb the next calls', hu: 'A következő hívások zavarása', sv: 'Stör nästa anrop' },
  any: { pl: 'każde wywołanie', en: 'any call', hu: 'bármely hívás', sv: 'vilket anrop som helst' },
  issuing: { pl: 'wystawienie', en: 'issuing', hu: 'kiállítás', sv: 'utfärdande' },
  query: { pl: 'zapytanie', en: 'query', hu: 'lekérdezés', sv: 'fråga' },
  storno: { pl: 'storno', en: 'reversal', hu: 'sztornó', sv: 'makulering' },
  times: { pl: 'razy', en: 'times', hu: 'alkalommal', sv: 'gånger' },
  inject: { pl: 'Ustaw', en: 'Set', hu: 'Beállítás', sv: 'Ställ in' },
  waiting: { pl: 'Czeka', en: 'Waiting', hu: 'Várakozik', sv: 'Väntar' },
  clock: { pl: 'Zegar', en: 'Clock', hu: 'Óra', sv: 'Klocka' },
  day: { pl: '+1 dzień', en: '+1 day', hu: '+1 nap', sv: '+1 dag' },
  reset: { pl: 'Stan początkowy', en: 'Start over', hu: 'Alaphelyzet', sv: 'Börja om' },
} satisfies Record<string, Record<Language, string>>;

const modeTexts: Record<(typeof faultModes)[number], Record<Language, string>> = {
  error: { pl: 'przerwa techniczna (kod 1)', en: 'maintenance (code 1)', hu: 'karbantartás (1-es kód)', sv: 'underhåll (kod 1)' },
  'drop-before': {
    pl: 'odpowiedź ginie, nic nie wystawiono',
    en: 'answer lost, nothing issued',
    hu: 'elveszett válasz, nem készült semmi',
    sv: 'svaret försvinner, inget utfärdat',
  },
  'drop-after': {
    pl: 'odpowiedź ginie, dokument wystawiono',
    en: 'answer lost, document issued',
    hu: 'elveszett válasz, a bizonylat elkészült',
    sv: 'svaret försvinner, dokumentet utfärdat',
  },
  stall: {
    pl: 'zawiesza się, nic nie wystawiono',
    en: 'stalls, nothing issued',
    hu: 'megakad, nem készült semmi',
    sv: 'hänger sig, inget utfärdat',
  },
  delay: { pl: 'powolna odpowiedź', en: 'slow answer', hu: 'lassú válasz', sv: 'långsamt svar' },
  down: { pl: 'serwis niedostępny', en: 'service down', hu: 'a szolgáltatás nem elérhető', sv: 'tjänsten ligger nere' },
  http503: { pl: 'HTTP 503', en: 'HTTP 503', hu: 'HTTP 503', sv: 'HTTP 503' },
  html500: { pl: 'strona błędu HTML', en: 'HTML error page', hu: 'HTML hibaoldal', sv: 'HTML-felsida' },
  warning56: {
    pl: 'wystawiono, e-mail nie doszedł',
    en: 'issued, mail failed',
    hu: 'elkészült, az e-mail nem ment ki',
    sv: 'utfärdat, mejlet misslyckades',
  },
  'bare-ampersand': {
    pl: 'niepoprawny XML w odpowiedzi',
    en: 'malformed XML in the answer',
    hu: 'hibás XML a válaszban',
    sv: 'felaktig XML i svaret',
  },
  'no-headers': { pl: 'odpowiedź bez nagłówków', en: 'answer without headers', hu: 'válasz fejlécek nélkül', sv: 'svar utan HTTP-huvuden' },
};

const stallMs = 5_000;

/** The demo's page: state of the accounts and the switches a person needs. */
export function controlPage(accounts: AccountView[], faults: Fault[], wanted: string): string {
  const language = languageOf(wanted);
  const t = (name: keyof typeof texts) => texts[name][language];
  const waiting = faults.map((fault) => `<li>${modeTexts[fault.mode][language]} × ${fault.times}</li>`).join('');
  const modes = faultModes.map((mode) => `<option value="${mode}">${modeTexts[mode][language]}</option>`).join('');
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${t('title')}</title><style>${style}</style></head><body><main>
<header><h1>${t('title')}</h1><p>${t('lead')}</p></header>
${accounts.map((account) => accountCard(account, t)).join('\n')}
<section><h2>${t('faults')}</h2><form id="fault">
<select name="action" aria-label="${t('faults')}"><option value="*">${t('any')}</option>
<option value="xmlszamla">${t('issuing')}</option><option value="xmlszamlast">${t('storno')}</option><option value="xmlszamlaxml">${t('query')}</option></select>
<select name="mode" aria-label="${t('faults')}">${modes}</select>
<input name="times" type="number" min="1" max="100" value="1" aria-label="${t('times')}"> ${t('times')} <button>${t('inject')}</button></form>
${waiting ? `<p>${t('waiting')}:</p><ul>${waiting}</ul>` : ''}</section>
<section><h2>${t('clock')}</h2><p><code>${accounts[0]?.now ?? ''}</code>
<button data-call="POST clock/advance" data-body='{"days":1}'>${t('day')}</button>
<button data-call="POST reset" data-body="{}">${t('reset')}</button></p></section>
</main><script>${script}</script></body></html>`;
}

function languageOf(wanted: string): Language {
  const code = wanted.slice(0, 2).toLowerCase();
  return code === 'pl' || code === 'hu' || code === 'sv' ? code : 'en';
}

function accountCard(account: AccountView, t: (name: keyof typeof texts) => string): string {
  const path = `accounts/${account.id}`;
  const keys = account.keys.map(
    (key) =>
      `<li><code>${escapeText(key)}</code> <button data-call="DELETE ${path}/keys/${encodeURIComponent(key)}">${t('remove')}</button></li>`,
  );
  const prefixes = account.prefixes.map((prefix, i) => {
    const toggled = account.prefixes.map((p, j) => (i === j ? { ...p, enabled: !p.enabled } : p));
    const methods = prefix.paymentMethods ? ` <small>${t('only')} ${escapeText(prefix.paymentMethods.join(', '))}</small>` : '';
    return toggle(`<code>${escapeText(prefix.prefix)}</code>${methods}`, prefix.enabled, path, { prefixes: toggled });
  });
  return `<section><h2>${t('account')} ${escapeText(account.id)}</h2>
<p>${account.documents} ${t('documents')}, ${account.mails} ${t('mails')}${account.banned ? ` — <strong>${t('banned')}</strong>` : ''}</p>
${toggle(t('debt'), account.debt, path, { debt: !account.debt })}${toggle(t('eInvoice'), account.eInvoice, path, { eInvoice: !account.eInvoice })}
<h3>${t('keys')}</h3><ul>${keys.join('') || `<li>${t('noKey')}</li>`}</ul><button data-call="POST ${path}/keys">${t('add')}</button>
<h3>${t('prefixes')}</h3>${prefixes.join('')}</section>`;
}

function toggle(label: string, on: boolean, path: string, body: object): string {
  const json = escapeText(JSON.stringify(body)).replaceAll("'", '&#39;');
  return `<label><input type="checkbox" role="switch"${on ? ' checked' : ''} data-call="PATCH ${path}" data-body='${json}'> ${label}</label>`;
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;background:Canvas;color:CanvasText}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem;display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr))}
header{grid-column:1/-1}h1{margin:0;font-size:1.6rem}h2{margin:0 0 .25rem;font-size:1.1rem}h3{margin:1rem 0 .25rem;font-size:.95rem}
section{border:1px solid color-mix(in srgb,CanvasText 20%,transparent);border-radius:.75rem;padding:1rem}
label{display:block;padding:.15rem 0}ul{padding-left:0;list-style:none;margin:.25rem 0}code{font-size:.8rem;overflow-wrap:anywhere}
button,select,input[type=number]{font:inherit;padding:.3rem .7rem;border-radius:.5rem;border:1px solid color-mix(in srgb,CanvasText 30%,transparent);background:Canvas;color:CanvasText}
select{max-width:100%;margin-bottom:.4rem}button{cursor:pointer}strong{color:light-dark(#b00020,#ff8a80)}`;

const script = `const call=async(what,body)=>{const [method,path]=what.split(' ');
await fetch('/__sim/'+path,{method,body:body||undefined,headers:{'content-type':'application/json'}});location.reload()};
addEventListener('click',e=>{const b=e.target.closest('button[data-call]');if(b)call(b.dataset.call,b.dataset.body)});
addEventListener('change',e=>{const b=e.target.closest('input[data-call]');if(b)call(b.dataset.call,b.dataset.body)});
document.getElementById('fault').addEventListener('submit',e=>{e.preventDefault();const f=new FormData(e.target);
call('POST inject',JSON.stringify({action:f.get('action'),mode:f.get('mode'),times:Number(f.get('times')),ms:${stallMs}}))});`;
