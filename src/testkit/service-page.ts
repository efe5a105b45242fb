import { escapeText } from '../contract/wire/xml.ts';
import type { SimFault, SimService } from './service.ts';

/** The page a person sees at `/__sim/`: what the double holds, its switches, and the disturbances it can be asked for. */

export type Language = 'pl' | 'en' | 'hu' | 'sv';
export type Words = Record<Language, string>;

export type Control =
  | { kind: 'switch'; label: string; on: boolean; set: Record<string, unknown> }
  | { kind: 'choice'; label: string; setting: string; value: string; options: [value: string, label: string][] }
  | { kind: 'form'; label: string; call: string; fields: { name: string; label: string }[] }
  | { kind: 'button'; label: string; call: string; body?: Record<string, unknown> };

export type Section = {
  title: string;
  /** Name and value, one a line. */
  facts?: [label: string, value: string][];
  controls?: Control[];
  table?: { head: string[]; rows: (string | Control)[][]; empty: string };
  /** Takes the whole width, below everything else. */
  wide?: boolean;
};

const texts = {
  faults: { pl: 'Zakłóć następne wywołania', en: 'Disturb the next calls', hu: 'A következő hívások zavarása', sv: 'Stör nästa anrop' },
  any: { pl: 'każde wywołanie', en: 'any call', hu: 'bármely hívás', sv: 'vilket anrop som helst' },
  which: { pl: 'które wywołanie', en: 'which call', hu: 'melyik hívás', sv: 'vilket anrop' },
  how: { pl: 'zakłócenie', en: 'disturbance', hu: 'zavar', sv: 'störning' },
  times: { pl: 'razy', en: 'times', hu: 'alkalommal', sv: 'gånger' },
  set: { pl: 'Ustaw', en: 'Set', hu: 'Beállítás', sv: 'Ställ in' },
  calm: { pl: 'Usuń zakłócenia', en: 'Remove disturbances', hu: 'Zavarok törlése', sv: 'Ta bort störningar' },
  waiting: { pl: 'Czeka', en: 'Waiting', hu: 'Várakozik', sv: 'Väntar' },
  clock: { pl: 'Zegar', en: 'Clock', hu: 'Óra', sv: 'Klocka' },
  minute: { pl: '+1 minuta', en: '+1 minute', hu: '+1 perc', sv: '+1 minut' },
  day: { pl: '+1 dzień', en: '+1 day', hu: '+1 nap', sv: '+1 dag' },
  month: { pl: '+30 dni', en: '+30 days', hu: '+30 nap', sv: '+30 dagar' },
  reset: { pl: 'Stan początkowy', en: 'Start over', hu: 'Alaphelyzet', sv: 'Börja om' },
} satisfies Record<string, Words>;

const slowMs = 5_000;

export function languageOf(wanted: string): Language {
  const code = wanted.slice(0, 2).toLowerCase();
  return code === 'pl' || code === 'hu' || code === 'sv' ? code : 'en';
}

/** What the page needs of a double; one that has control verbs of its own can still show it. */
type Shown = Pick<SimService, 'title' | 'lead' | 'operations' | 'page'> & { clock: { now(): number } };

export function servicePage(
  service: Shown,
  modes: Record<string, Words>,
  faults: Pick<SimFault, 'mode' | 'times'>[],
  language: Language,
): string {
  const t = (name: keyof typeof texts) => texts[name][language];
  const options = (all: Record<string, Words>) =>
    Object.entries(all)
      .map(([value, words]) => `<option value="${value}">${escapeText(words[language])}</option>`)
      .join('');
  const sections = service.page(language);
  const [narrow, wide] = [sections.filter((s) => !s.wide), sections.filter((s) => s.wide)];
  const waiting = faults.map((fault) => `<li>${escapeText(modes[fault.mode]?.[language] ?? fault.mode)} × ${fault.times}</li>`).join('');
  return `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeText(service.title[language])}</title><style>${style}</style></head><body><main>
<header><h1>${escapeText(service.title[language])}</h1><p>${escapeText(service.lead[language])}</p></header>
${narrow.map(section).join('\n')}
<section><h2>${t('faults')}</h2><form id="fault">
<select name="on" aria-label="${t('which')}"><option value="*">${t('any')}</option>${options(service.operations)}</select>
<select name="mode" aria-label="${t('how')}">${options(modes)}</select>
<p><input name="times" type="number" min="1" max="100" value="1" aria-label="${t('times')}"> ${t('times')} <button>${t('set')}</button></p></form>
${waiting ? `<p>${t('waiting')}:</p><ul>${waiting}</ul><button data-call="DELETE faults">${t('calm')}</button>` : ''}</section>
<section><h2>${t('clock')}</h2><p><code>${new Date(service.clock.now()).toISOString()}</code></p>
<p><button data-call="POST clock" data-body='{"minutes":1}'>${t('minute')}</button>
<button data-call="POST clock" data-body='{"days":1}'>${t('day')}</button>
<button data-call="POST clock" data-body='{"days":30}'>${t('month')}</button>
<button data-call="POST reset" data-body="{}">${t('reset')}</button></p></section>
${wide.map(section).join('\n')}
</main><script>${script}</script></body></html>`;
}

function section({ title, facts = [], controls = [], table, wide }: Section): string {
  const lines = facts.map(([label, value]) => `<dt>${escapeText(label)}</dt><dd>${escapeText(value)}</dd>`).join('');
  return `<section${wide ? ' class="wide"' : ''}><h2>${escapeText(title)}</h2>
${lines ? `<dl>${lines}</dl>` : ''}${controls.map(control).join('')}${table ? tableOf(table) : ''}</section>`;
}

function tableOf({ head, rows, empty }: NonNullable<Section['table']>): string {
  if (rows.length === 0) return `<p>${escapeText(empty)}</p>`;
  const cells = (row: (string | Control)[]) =>
    row.map((cell) => `<td>${typeof cell === 'string' ? escapeText(cell) : control(cell)}</td>`).join('');
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th scope="col">${escapeText(name)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table></div>`;
}

/** Safe between quotes of either kind. */
function attribute(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return escapeText(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function control(c: Control): string {
  if (c.kind === 'switch') {
    const input = `<input type="checkbox" role="switch"${c.on ? ' checked' : ''} data-call="PATCH state" data-body='${attribute(c.set)}'>`;
    return `<label>${input} ${escapeText(c.label)}</label>`;
  }
  if (c.kind === 'button') {
    const body = c.body ? ` data-body='${attribute(c.body)}'` : '';
    return `<button data-call="${attribute(c.call)}"${body}>${escapeText(c.label)}</button> `;
  }
  if (c.kind === 'form') {
    const inputs = c.fields.map((f) => `<label>${escapeText(f.label)} <input name="${attribute(f.name)}" required></label>`).join('');
    return `<form data-call="${attribute(c.call)}">${inputs}<button>${escapeText(c.label)}</button></form>`;
  }
  const options = c.options
    .map(([value, label]) => `<option value="${attribute(value)}"${value === c.value ? ' selected' : ''}>${escapeText(label)}</option>`)
    .join('');
  return `<label>${escapeText(c.label)} <select data-setting="${attribute(c.setting)}">${options}</select></label>`;
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;background:Canvas;color:CanvasText}
main{max-width:76rem;margin:0 auto;padding:2rem 1rem;display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr))}
header,.wide{grid-column:1/-1}h1{margin:0;font-size:1.6rem}h2{margin:0 0 .5rem;font-size:1.1rem}p{margin:.5rem 0}
section{border:1px solid color-mix(in srgb,CanvasText 20%,transparent);border-radius:.75rem;padding:1rem;min-width:0}
label{display:block;padding:.2rem 0}ul{padding-left:0;list-style:none;margin:.25rem 0}code{font-size:.85rem;overflow-wrap:anywhere}
dl{margin:0 0 .5rem}dt{opacity:.75;font-size:.9rem}dd{margin:0 0 .25rem;overflow-wrap:anywhere;user-select:all}
button,select,input:not([type=checkbox]){font:inherit;padding:.3rem .7rem;border-radius:.5rem;max-width:100%;
border:1px solid color-mix(in srgb,CanvasText 30%,transparent);background:Canvas;color:CanvasText}
button{cursor:pointer;margin:.15rem 0}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid color-mix(in srgb,CanvasText 12%,transparent);white-space:nowrap}
form label{display:inline-block;margin-right:.5rem}td button{padding:.05rem .5rem;font-size:.85rem}`;

const script = `const call=async(what,body)=>{const [method,path]=what.split(' ');
await fetch('/__sim/'+path,{method,body:body||undefined,headers:{'content-type':'application/json'}});location.reload()};
addEventListener('click',e=>{const b=e.target.closest('button[data-call]');if(b)call(b.dataset.call,b.dataset.body)});
addEventListener('change',e=>{const b=e.target.closest('input[data-call]');if(b)call(b.dataset.call,b.dataset.body);
const s=e.target.closest('select[data-setting]');if(s)call('PATCH state',JSON.stringify({[s.dataset.setting]:s.value}))});
addEventListener('submit',e=>{e.preventDefault();const f=Object.fromEntries(new FormData(e.target));
if(e.target.id==='fault')call('POST faults',JSON.stringify({...f,times:Number(f.times),ms:${slowMs}}));
else call(e.target.dataset.call,JSON.stringify(f))});`;
