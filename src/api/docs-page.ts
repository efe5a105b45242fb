/** The OpenAPI document as one plain page: no script, nothing from elsewhere. */
type Schema = {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  const?: unknown;
  format?: string;
  required?: string[];
  additionalProperties?: unknown;
};
type Operation = {
  summary?: string;
  tags?: string[];
  'x-needs'?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
};
type OpenApi = {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
};

const escapeHtml = (text: unknown) =>
  String(text ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

export function docsPage(api: OpenApi, style: string): string {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'other'))];
  const schemas = Object.entries(api.components?.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(api.info.title)} API</title><link rel="stylesheet" href="${style}"></head><body>
<nav aria-label="Contents"><strong>${escapeHtml(api.info.title)} API</strong> <small>${escapeHtml(api.info.version)}</small><ul>${tags.map((tag) => `<li><a href="#tag-${escapeHtml(tag)}">${escapeHtml(tag)}</a></li>`).join('')}<li><a href="#shapes">shapes</a></li></ul>
<a href="openapi.json">openapi.json</a></nav>
<main><h1>${escapeHtml(api.info.title)} API</h1><p>${escapeHtml(api.info.description)}</p>
${tags
  .map(
    (tag) =>
      `<section id="tag-${escapeHtml(tag)}"><h2>${escapeHtml(tag)}</h2>${operations
        .filter((one) => (one.operation.tags?.[0] ?? 'other') === tag)
        .map(operationHtml)
        .join('')}</section>`,
  )
  .join('\n')}
<section id="shapes"><h2>shapes</h2>${schemas.map(([name, schema]) => `<details id="schema-${escapeHtml(name)}"><summary>${escapeHtml(name)}</summary><pre>${shape(schema, 0)}</pre></details>`).join('')}</section>
</main></body></html>`;
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const body = Object.entries(operation.requestBody?.content ?? {});
  const answers = Object.entries(operation.responses ?? {});
  const parameters = operation.parameters ?? [];
  return `<details class="operation"><summary><code class="method ${method}">${method.toUpperCase()}</code> <code>${escapeHtml(path)}</code> <span>${escapeHtml(operation.summary)}</span></summary>
<p>Needs: <code>${escapeHtml(operation['x-needs'])}</code></p>
${parameters.length ? `<table><thead><tr><th>Parameter</th><th>In</th><th>Form</th></tr></thead><tbody>${parameters.map((p) => `<tr><td><code>${escapeHtml(p.name)}</code>${p.required ? ' *' : ''}</td><td>${escapeHtml(p.in)}</td><td>${shape(p.schema ?? {}, 0)}</td></tr>`).join('')}</tbody></table>` : ''}
${body.map(([type, { schema }]) => `<h4>Body <small>${escapeHtml(type)}</small></h4><pre>${shape(schema ?? {}, 0)}</pre>`).join('')}
${answers
  .map(
    ([status, answer]) =>
      `<h4>${escapeHtml(status)} <small>${escapeHtml(answer.description)}</small></h4>${Object.entries(answer.content ?? {})
        .map(([type, { schema }]) => `<pre>${escapeHtml(type)}\n${shape(schema ?? {}, 0)}</pre>`)
        .join('')}`,
  )
  .join('')}
</details>`;
}

const deepest = 5;

function shape(schema: Schema, depth: number): string {
  const inner = '  '.repeat(depth + 1);
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return `<a href="#schema-${escapeHtml(name.replace(/Input$/, ''))}">${escapeHtml(name)}</a>`;
  }
  if (schema.const !== undefined) return escapeHtml(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((one) => escapeHtml(JSON.stringify(one))).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((one) => shape(one, depth)).join(' | ');
  if (schema.properties) {
    if (depth >= deepest) return '{ … }';
    const rows = Object.entries(schema.properties).map(
      ([name, one]) => `${inner}${escapeHtml(name)}${schema.required?.includes(name) ? '' : '?'}: ${shape(one, depth + 1)}`,
    );
    return `{\n${rows.join('\n')}\n${'  '.repeat(depth)}}`;
  }
  if (schema.items) return `[ ${shape(schema.items, depth)} ]`;
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'anything');
  return escapeHtml(schema.format ? `${type} (${schema.format})` : type);
}

export const docsStyle = `:root{color-scheme:light dark;--line:#8884;--soft:#8881;--link:#0a6b5e}
@media (prefers-color-scheme:dark){:root{--link:#5fd0bd}}
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:14rem minmax(0,1fr)}
a{color:var(--link)}nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem;border-right:1px solid var(--line)}nav ul{list-style:none;padding:0}nav li{padding:.15rem 0}
main{padding:1.5rem 2rem;max-width:70rem}h2{margin-top:2.5rem;text-transform:capitalize}h4{margin:.8rem 0 .3rem}small{opacity:.75;font-weight:400}
details{border:1px solid var(--line);border-radius:8px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer;overflow-wrap:anywhere}summary span{opacity:.8;margin-left:.5rem}
pre{background:var(--soft);border-radius:6px;padding:.6rem .8rem;overflow:auto;font-size:13px;line-height:1.45}table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
.method{font-weight:700;display:inline-block;min-width:4.2rem}
@media (max-width:48rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
`;
