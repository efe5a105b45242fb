/** The one door to the HTTP API. Cookies carry the session; the header names the organization that the tab works in. */
type Problem = {
  status: number;
  code?: string;
  title: string;
  detail?: string;
  findings?: Found[];
  errors?: { path: string; message: string }[];
};
export type Found = { code: string; level?: string; where?: string; params?: Record<string, string>; text?: string; remedy?: string };

export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

const base = '/api/v1';
let organization: string | undefined;
export function callsFor(id: string | undefined): void {
  organization = id;
}
export const currentOrganization = (): string | undefined => organization;

type Query = Record<string, string | number | boolean | string[] | undefined | null>;
export function queryString(query: Query | undefined): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    out.append(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : '';
}

type Options = { query?: Query; body?: unknown; signal?: AbortSignal /** Makes a repeated click harmless. */; once?: string };

async function send(method: string, path: string, { query, body, signal, once }: Options): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (organization) headers['x-organization'] = organization;
  if (once) headers['idempotency-key'] = once;
  const form = body instanceof FormData || body instanceof Blob;
  if (body !== undefined && !form) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(`${path.startsWith('/api/') ? path : base + path}${queryString(query)}`, {
      method,
      headers,
      signal,
      credentials: 'same-origin',
      body: body === undefined ? undefined : form ? (body as BodyInit) : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError({ status: 0, code: 'offline', title: 'offline' });
  }
  if (response.ok) return response;
  throw new ApiError(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  const said = await response.json().catch(() => ({}));
  // The sign-in library answers {code, message}; everything else is problem details.
  return {
    ...said,
    status: response.status,
    title: said.title ?? said.message ?? response.statusText,
    detail: said.detail ?? said.message,
  };
}

async function json<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => json<T>('GET', path, { query, signal }),
  post: <T>(path: string, body?: unknown, options?: Omit<Options, 'body'>) => json<T>('POST', path, { ...options, body: body ?? {} }),
  put: <T>(path: string, body: unknown) => json<T>('PUT', path, { body }),
  patch: <T>(path: string, body: unknown) => json<T>('PATCH', path, { body }),
  remove: <T>(path: string, body?: unknown) => json<T>('DELETE', path, body === undefined ? {} : { body }),
  /** A file made on request: PDF, ZIP, CSV. */
  blob: async (method: 'GET' | 'POST', path: string, options: Options = {}) => (await send(method, path, options)).blob(),
};

/** Address of a file that the browser opens or saves itself; the organization goes along because a link has no headers. */
export function fileAddress(path: string, query?: Query): string {
  return `${base}${path}${queryString({ ...query, organization })}`;
}

export async function saveAs(file: Blob, name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The browser's own print window over a PDF that nobody sees: the page stays where it is. */
export function printFile(file: Blob): void {
  const frame = document.createElement('iframe');
  frame.ariaHidden = 'true';
  frame.tabIndex = -1;
  // A frame that is not drawn at all holds no paper.
  frame.style.cssText = 'position:fixed;right:0;bottom:0;width:1px;height:1px;border:0;opacity:0';
  frame.src = URL.createObjectURL(new Blob([file], { type: 'application/pdf' }));
  frame.onload = () => frame.contentWindow?.print();
  // Whoever prints twice needs only the newest; the one before is in the printer's hands by then.
  document.getElementById('printing')?.remove();
  frame.id = 'printing';
  document.body.append(frame);
}
