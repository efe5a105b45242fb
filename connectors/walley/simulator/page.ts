import { escapeText } from '../../../src/contract/wire/xml.ts';
import type { StateView } from './control.ts';
import { type FaultMode, faultModes, notificationModes } from './simulation.ts';

type Language = 'pl' | 'en' | 'hu' | 'sv';
type Texts = Record<Language, string>;

const texts = {
  title: { pl: 'Walley na niby', en: 'Walley, simulated', hu: 'Walley szimulátor', sv: 'Walley, simulerat' },
  lead: {
    pl: 'Zachowuje się jak Walley: usługi SOAP i API zarządzania na jednej księdze. Tu przesuwasz zegar i psujesz odpowiedzi.',
    en: 'Behaves like Walley: the SOAP services and the management API on one ledger. Move the clock here and disturb its answers.',
    hu: 'Úgy viselkedik, mint a Walley: a SOAP-szolgáltatások és a kezelő API közös nyilvántartáson. Itt léptetheted az órát, és elronthatod a válaszokat.',
    sv: 'Beter sig som Walley: SOAP-tjänsterna och hanterings-API:t på samma reskontra. Här ställer du fram klockan och stör svaren.',
  },
  invoices: { pl: 'Faktury', en: 'Invoices', hu: 'Számlák', sv: 'Fakturor' },
  none: { pl: 'Jeszcze żadnej', en: 'None yet', hu: 'Még nincs', sv: 'Inga ännu' },
  number: { pl: 'Numer', en: 'Number', hu: 'Szám', sv: 'Nummer' },
  order: { pl: 'Zamówienie', en: 'Order', hu: 'Rendelés', sv: 'Order' },
  state: { pl: 'Stan', en: 'State', hu: 'Állapot', sv: 'Status' },
  total: { pl: 'Razem', en: 'Total', hu: 'Összesen', sv: 'Totalt' },
  due: { pl: 'Termin', en: 'Due', hu: 'Határidő', sv: 'Förfaller' },
  approve: { pl: 'Zatwierdź', en: 'Approve', hu: 'Jóváhagyás', sv: 'Godkänn' },
  reject: { pl: 'Odrzuć', en: 'Reject', hu: 'Elutasítás', sv: 'Avslå' },
  faults: { pl: 'Zakłóć następne wywołania', en: 'Disturb the next calls', hu: 'A következő hívások zavarása', sv: 'Stör nästa anrop' },
  any: { pl: 'każde wywołanie', en: 'any call', hu: 'bármely hívás', sv: 'vilket anrop som helst' },
  notices: { pl: 'powiadomienia', en: 'notifications', hu: 'értesítések', sv: 'aviseringar' },
  code: { pl: 'Kod odmowy', en: 'Fault code', hu: 'Hibakód', sv: 'Felkod' },
  times: { pl: 'razy', en: 'times', hu: 'alkalommal', sv: 'gånger' },
  inject: { pl: 'Ustaw', en: 'Set', hu: 'Beállítás', sv: 'Ställ in' },
  waiting: { pl: 'Czeka', en: 'Waiting', hu: 'Várakozik', sv: 'Väntar' },
  clock: { pl: 'Zegar', en: 'Clock', hu: 'Óra', sv: 'Klocka' },
  day: { pl: '+1 dzień', en: '+1 day', hu: '+1 nap', sv: '+1 dag' },
  month: { pl: '+30 dni', en: '+30 days', hu: '+30 nap', sv: '+30 dagar' },
  reset: { pl: 'Stan początkowy', en: 'Start over', hu: 'Alaphelyzet', sv: 'Börja om' },
} satisfies Record<string, Texts>;

const stateTexts: Record<string, Texts> = {
  OnHold: { pl: 'wstrzymana', en: 'on hold', hu: 'visszatartva', sv: 'under granskning' },
  Pending: { pl: 'oczekuje', en: 'pending', hu: 'függőben', sv: 'väntande' },
  Activated: { pl: 'aktywna', en: 'active', hu: 'aktív', sv: 'aktiverad' },
  Credited: { pl: 'zwrócona w całości', en: 'credited', hu: 'jóváírva', sv: 'krediterad' },
  Cancelled: { pl: 'anulowana', en: 'cancelled', hu: 'törölve', sv: 'annullerad' },
  Expired: { pl: 'wygasła', en: 'expired', hu: 'lejárt', sv: 'utgången' },
  Rejected: { pl: 'odrzucona', en: 'rejected', hu: 'elutasítva', sv: 'avslagen' },
  Signing: { pl: 'czeka na podpis', en: 'to be signed', hu: 'aláírásra vár', sv: 'väntar på signering' },
  StrongVerification: { pl: 'czeka na potwierdzenie', en: 'to be verified', hu: 'azonosításra vár', sv: 'väntar på legitimering' },
};

const modeTexts: Record<FaultMode, Texts> = {
  fault: { pl: 'odmowa z kodem', en: 'refusal with a code', hu: 'elutasítás hibakóddal', sv: 'avslag med felkod' },
  fault200: { pl: 'odmowa z HTTP 200', en: 'refusal under HTTP 200', hu: 'elutasítás HTTP 200-zal', sv: 'avslag med HTTP 200' },
  'drop-before': {
    pl: 'odpowiedź ginie, nic nie zrobiono',
    en: 'answer lost, nothing done',
    hu: 'elveszett válasz, nem történt semmi',
    sv: 'svaret försvinner, inget utfört',
  },
  'drop-after': {
    pl: 'odpowiedź ginie, wykonano',
    en: 'answer lost, done',
    hu: 'elveszett válasz, végrehajtva',
    sv: 'svaret försvinner, utfört',
  },
  stall: {
    pl: 'zawiesza się, nic nie zrobiono',
    en: 'stalls, nothing done',
    hu: 'megakad, nem történt semmi',
    sv: 'hänger sig, inget utfört',
  },
  delay: { pl: 'powolna odpowiedź', en: 'slow answer', hu: 'lassú válasz', sv: 'långsamt svar' },
  http503: { pl: 'HTTP 503', en: 'HTTP 503', hu: 'HTTP 503', sv: 'HTTP 503' },
  html500: {
    pl: 'strona błędu HTML, nic nie zrobiono',
    en: 'HTML error page, nothing done',
    hu: 'HTML hibaoldal, nem történt semmi',
    sv: 'HTML-felsida, inget utfört',
  },
  'html500-after': {
    pl: 'strona błędu HTML, wykonano',
    en: 'HTML error page, done',
    hu: 'HTML hibaoldal, végrehajtva',
    sv: 'HTML-felsida, utfört',
  },
  'wrong-correlation': {
    pl: 'odpowiedź na cudze wywołanie',
    en: 'answer to another call',
    hu: 'másik hívás válasza',
    sv: 'svar på ett annat anrop',
  },
  lost: { pl: 'ginie', en: 'lost', hu: 'elvész', sv: 'försvinner' },
  twice: { pl: 'przychodzi dwa razy', en: 'comes twice', hu: 'kétszer jön', sv: 'kommer två gånger' },
  late: { pl: 'przychodzi później', en: 'comes late', hu: 'később jön', sv: 'kommer sent' },
  forged: { pl: 'zły podpis', en: 'forged signature', hu: 'hamis aláírás', sv: 'förfalskad signatur' },
};

const delayMs = 5_000;
const shownInvoices = 50;
const targets = [
  'AddInvoice',
  'ActivateInvoice',
  'PartActivateInvoice',
  'CancelInvoice',
  'ReplaceInvoice',
  'capture',
  'refund',
  'getOrder',
];

/** The demo's page: the ledger, and the switches a person needs. */
export function controlPage(state: StateView, wanted: string): string {
  const code = wanted.slice(0, 2).toLowerCase();
  const language: Language = code === 'pl' || code === 'hu' || code === 'sv' ? code : 'en';
  const t = (name: keyof typeof texts) => texts[name][language];
  const option = (value: string, label: string) => `<option value="${value}">${label}</option>`;
  const ofCalls = faultModes.filter((mode) => !notificationModes.includes(mode));
  const modes = (list: readonly FaultMode[]) => list.map((mode) => option(mode, modeTexts[mode][language])).join('');
  const waiting = state.faults.map((fault) => `<li>${escapeText(fault.target)}: ${modeTexts[fault.mode][language]} × ${fault.times}</li>`);
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${t('title')}</title><style>${style}</style></head><body><main>
<header><h1>${t('title')}</h1><p>${t('lead')}</p></header>
<section class="wide"><h2>${t('invoices')}</h2>${invoiceTable(state, language, t)}</section>
<section><h2>${t('faults')}</h2><form id="fault">
<select name="target" aria-label="${t('faults')}">${option('*', t('any'))}${targets.map((target) => option(target, target)).join('')}
<optgroup label="${t('notices')}">${option('callback', 'callback')}${option('webhook', 'webhook')}</optgroup></select>
<select name="mode" aria-label="${t('state')}">${modes(ofCalls)}<optgroup label="${t('notices')}">${modes(notificationModes)}</optgroup></select>
<input name="code" placeholder="${t('code')}" aria-label="${t('code')}" size="24">
<input name="times" type="number" min="1" max="100" value="1" aria-label="${t('times')}"> ${t('times')} <button>${t('inject')}</button>
<output role="alert"></output></form>
${waiting.length > 0 ? `<p>${t('waiting')}:</p><ul>${waiting.join('')}</ul>` : ''}</section>
<section><h2>${t('clock')}</h2><p><code>${state.now}</code></p><p>
<button data-call="POST clock/advance" data-body='{"days":1}'>${t('day')}</button>
<button data-call="POST clock/advance" data-body='{"days":30}'>${t('month')}</button>
<button data-call="POST reset" data-body="{}">${t('reset')}</button></p></section>
</main><script>${script}</script></body></html>`;
}

function invoiceTable(state: StateView, language: Language, t: (name: keyof typeof texts) => string): string {
  if (state.invoices.length === 0) return `<p>${t('none')}</p>`;
  const button = (number: string, status: number, label: string) =>
    `<button data-call="POST invoices/${number}/status" data-body='{"status":${status}}'>${label}</button>`;
  const rows = [...state.invoices]
    .reverse()
    .slice(0, shownInvoices)
    .map((invoice) => {
      const may = invoice.state === 'OnHold' || invoice.state === 'Signing' || invoice.state === 'StrongVerification';
      const actions = may
        ? ` ${button(invoice.invoiceNo, 1, t('approve'))}${invoice.state === 'OnHold' ? ` ${button(invoice.invoiceNo, 5, t('reject'))}` : ''}`
        : '';
      return `<tr><td>${invoice.invoiceNo}</td><td>${escapeText(invoice.orderNo ?? '')}</td>
<td>${stateTexts[invoice.state]?.[language] ?? invoice.state}${actions}</td><td class="number">${invoice.total}</td><td>${invoice.dueDate?.slice(0, 10) ?? ''}</td></tr>`;
    });
  const heads = (['number', 'order', 'state', 'total', 'due'] as const).map(
    (name) => `<th scope="col"${name === 'total' ? ' class="number"' : ''}>${t(name)}</th>`,
  );
  return `<div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;background:Canvas;color:CanvasText}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem;display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr))}
header,.wide{grid-column:1/-1}h1{margin:0;font-size:1.6rem}h2{margin:0 0 .5rem;font-size:1.1rem}
section{border:1px solid color-mix(in srgb,CanvasText 20%,transparent);border-radius:.75rem;padding:1rem;min-width:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid color-mix(in srgb,CanvasText 12%,transparent);white-space:nowrap}
th{font-size:.85rem;font-weight:600}.number{text-align:right}ul{padding-left:0;list-style:none;margin:.25rem 0}code{font-size:.9rem}
button,select,input{font:inherit;padding:.3rem .7rem;border-radius:.5rem;border:1px solid color-mix(in srgb,CanvasText 30%,transparent);background:Canvas;color:CanvasText}
select,input{max-width:100%;margin-bottom:.4rem}button{cursor:pointer}td button{padding:.05rem .5rem}output{display:block;color:light-dark(#b00020,#ff8a80)}`;

const script = `const out=document.querySelector('output');const call=async(what,body)=>{const [method,path]=what.split(' ');
const r=await fetch('/__sim/'+path,{method,body:body||undefined,headers:{'content-type':'application/json'}});
if(r.ok)location.reload();else out.textContent=(await r.json()).error};
addEventListener('click',e=>{const b=e.target.closest('button[data-call]');if(b)call(b.dataset.call,b.dataset.body)});
document.getElementById('fault').addEventListener('submit',e=>{e.preventDefault();const f=new FormData(e.target);
call('POST faults',JSON.stringify({target:f.get('target'),mode:f.get('mode'),code:f.get('code')||undefined,times:Number(f.get('times')),ms:${delayMs}}))});`;
