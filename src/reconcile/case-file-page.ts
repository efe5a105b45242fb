import { escapeHtml as escaped } from '../delivery/index.ts';
import { fill, spoken } from '../diagnosis/index.ts';
import type { Language } from '../domain/documents/document.ts';
import type { CaseFile, CaseTry } from './case-file.ts';
import { labels, rules } from './case-file-words.ts';

/** The case file as one page that stands alone: no scripts, nothing loaded from elsewhere, every text escaped. */
export function caseFilePage(file: CaseFile, language: Language): string {
  const l = (key: keyof typeof labels) => labels[key][language];
  const { document: d, order } = file;
  const said = spoken({ kind: d.kind, state: d.state }, language);
  const title = `${l('title')} ${d.number ?? d.id}`;
  return [
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8"><meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1><p class="quiet">${escaped(file.organization)} · ${l('made')} ${escaped(file.madeAt)}</p>`,
    section(
      l('facts'),
      pairs([
        [l('kind'), said.kind],
        [l('number'), d.number],
        [l('state'), said.state],
        [l('buyer'), d.buyer],
        [l('net'), `${d.net} ${d.currency}`],
        [l('tax'), `${d.tax} ${d.currency}`],
        [l('gross'), `${d.gross} ${d.currency}`],
        [l('issueDate'), d.issueDate],
        [l('saleDate'), d.saleDate],
        [l('dueDate'), d.dueDate],
        ['id', d.id],
      ]),
    ),
    order
      ? section(
          l('order'),
          pairs([
            [l('number'), order.number ?? order.externalId],
            [l('channel'), order.channel],
            [l('state'), order.status],
            [l('ordered'), order.orderedAt],
            [l('paid'), order.paidAt],
          ]),
        )
      : '',
    section(
      l('decisions'),
      table(file.decisions.map((x) => [fieldName(x.field, language), x.value, fill(rules[x.rule]?.[language] ?? x.rule, x.params)])),
    ),
    file.findings.length > 0 ? section(l('findings'), file.findings.map((f) => explained(f, l('remedy'))).join('')) : '',
    ...file.transfers.map((t) =>
      section(
        `${l('transfers')}: ${t.connection}`,
        pairs([
          [l('state'), `${t.verb} · ${t.status} · ${t.reference}`],
          [l('tries'), String(t.sends)],
        ]) +
          (t.cause ? explained(t.cause, l('remedy')) : '') +
          table(t.story.map((s) => [s.at, s.what, paramsText(s.params)])) +
          t.tries.map((one) => tried(one, l('request'), l('response'))).join(''),
      ),
    ),
    file.deliveries.length > 0
      ? section(l('deliveries'), table(file.deliveries.map((x) => [x.createdAt, x.way, x.recipient, x.status, x.cause?.text ?? ''])))
      : '',
    section(l('timeline'), table(file.timeline.map((e) => [e.at, e.actor ?? '', `${e.about}: ${e.what}`, paramsText(e.params)]))),
    '</body></html>\n',
  ].join('\n');
}

function fieldName(field: string, language: Language): string {
  if (field.startsWith('lines.')) return `${labels.line[language]} ${field.slice(6)}`;
  return field in labels ? labels[field as keyof typeof labels][language] : field;
}

function paramsText(params: Record<string, unknown> | undefined): string {
  return Object.entries(params ?? {})
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' · ');
}

function explained(
  found: { code: string; text: string; remedy: string; providerCode?: string; providerText?: string },
  remedy: string,
): string {
  const theirs = [found.providerCode, found.providerText].filter(Boolean).join(': ');
  return `<div class="found"><code>${escaped(found.code)}</code><p>${escaped(found.text)}</p><p><b>${escaped(remedy)}:</b> ${escaped(found.remedy)}</p>${theirs ? `<p class="quiet">${escaped(theirs)}</p>` : ''}</div>`;
}

function tried(one: CaseTry, request: string, response: string): string {
  const took = one.tookMs === null ? '' : ` · ${one.tookMs} ms`;
  return `<details><summary>${escaped(`${one.at} · ${one.verb} · ${one.outcome}${took}`)}</summary><h3>${escaped(request)}</h3><pre>${escaped(one.request ?? '')}</pre><h3>${escaped(response)}</h3><pre>${escaped(one.response ?? '')}</pre></details>`;
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

function pairs(rows: [string, string | null | undefined][]): string {
  return `<dl>${rows.map(([name, value]) => (value ? `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>` : '')).join('')}</dl>`;
}

function table(rows: string[][]): string {
  if (rows.length === 0) return '';
  return `<table>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('')}</table>`;
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;border-bottom:1px solid #d0d7de;padding-bottom:.2rem;margin-top:2rem}h3{font-size:.9rem;margin:.5rem 0 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}dt{color:#57606a}dd{margin:0}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #eaeef2;padding:.25rem .5rem .25rem 0;vertical-align:top;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f8fa;padding:.5rem;font-size:12px;margin:.2rem 0}
.quiet{color:#57606a}.found{border-left:3px solid #bf8700;padding-left:.8rem;margin:.6rem 0}.found p{margin:.2rem 0}summary{cursor:pointer}
@media print{details{display:block}}`;
