import { limitedBytes } from '../../contract/wire/answer.ts';
import {
  type Attribute,
  allOf,
  attributesOf,
  BadIpp,
  decode,
  encode,
  type IppMessage,
  type IppValue,
  number,
  tags,
  text,
  texts,
} from './codec.ts';

/** Printing over IPP (RFC 8011; contract AGENT §7.2): what we ask of a printer or of a CUPS server. */
export const operations = {
  printJob: 0x0002,
  validateJob: 0x0004,
  createJob: 0x0005,
  sendDocument: 0x0006,
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getJobs: 0x000a,
  getPrinterAttributes: 0x000b,
  cupsGetDefault: 0x4001,
  cupsGetPrinters: 0x4002,
} as const;

/** Hundreds of queues of a CUPS server fit. */
const answerLimitBytes = 8 * 1024 * 1024;

export const jobStates = { pending: 3, held: 4, processing: 5, stopped: 6, cancelled: 7, aborted: 8, completed: 9 } as const;

/** The printer was not reached, or did not speak IPP: nothing is known of what it did. */
export class PrinterGone extends Error {
  override name = 'PrinterGone';
}
/** The printer understood and said no. */
export class IppRefused extends Error {
  override name = 'IppRefused';
  readonly status: number;
  constructor(status: number, said: string) {
    super(said || `status 0x${status.toString(16).padStart(4, '0')}`);
    this.status = status;
  }
  /** A server error of a printer that may be over soon; what it does not know at all stays so. */
  get passes(): boolean {
    return this.status === 0x0500 || (this.status >= 0x0502 && this.status !== 0x0503 && this.status <= 0x050b && this.status !== 0x0509);
  }
  get notFound(): boolean {
    return this.status === 0x0406;
  }
}

export type PrinterFacts = {
  uri: string;
  name: string;
  state: 'idle' | 'printing' | 'stopped';
  reasons: string[];
  message: string;
  formats: string[];
  operations: number[];
  color: boolean;
  duplex: boolean;
  media: string[];
  accepts: boolean;
};
export type JobFacts = { id: number; name: string; state: number; reasons: string[]; impressions: number; documents: number | undefined };
export type PrintAttributes = { copies: number; sides?: string; color?: string; media?: string; scaling?: string };

const printerAttributes = [
  'printer-name',
  'printer-state',
  'printer-state-reasons',
  'printer-state-message',
  'printer-uri-supported',
  'document-format-supported',
  'operations-supported',
  'color-supported',
  'sides-supported',
  'media-supported',
  'printer-is-accepting-jobs',
];
const jobAttributes = ['job-id', 'job-name', 'job-state', 'job-state-reasons', 'job-impressions-completed', 'number-of-documents'];

export class IppClient {
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;
  readonly #user: string;
  #requestId = 0;

  constructor(options: { fetch: typeof fetch; timeoutMs?: number; user?: string }) {
    this.#fetch = options.fetch;
    this.#timeoutMs = options.timeoutMs ?? 15_000;
    this.#user = options.user ?? 'fakturist';
  }

  async printer(uri: string): Promise<PrinterFacts> {
    const answer = await this.#ask(uri, operations.getPrinterAttributes, [keywords('requested-attributes', printerAttributes)]);
    return factsOf(uri, attributesOf(answer, tags.printer));
  }

  /** Queues of a CUPS server, and which of them is its default. */
  async queues(server: string): Promise<{ printers: PrinterFacts[]; defaultUri?: string }> {
    const answer = await this.#ask(server, operations.cupsGetPrinters, [keywords('requested-attributes', printerAttributes)], {
      noUri: true,
    });
    const printers = allOf(answer, tags.printer).map((a) => factsOf(texts(a, 'printer-uri-supported')[0] ?? server, a));
    const standard = await this.#ask(
      server,
      operations.cupsGetDefault,
      [keywords('requested-attributes', ['printer-name', 'printer-uri-supported'])],
      {
        noUri: true,
      },
    ).catch(() => undefined);
    const name = standard && text(attributesOf(standard, tags.printer), 'printer-name');
    return { printers, ...(name ? { defaultUri: printers.find((p) => p.name === name)?.uri } : {}) };
  }

  /** Makes an empty job: nothing is printed before its document was sent. */
  async createJob(uri: string, name: string, attributes: PrintAttributes): Promise<number> {
    const answer = await this.#ask(uri, operations.createJob, [{ name: 'job-name', tag: tags.name, values: [name] }], {
      job: jobGroup(attributes),
    });
    return idOf(answer);
  }

  async sendDocument(uri: string, jobId: number, name: string, document: Uint8Array, format = 'application/pdf'): Promise<void> {
    await this.#ask(
      uri,
      operations.sendDocument,
      [
        { name: 'job-id', tag: tags.integer, values: [jobId] },
        { name: 'document-name', tag: tags.name, values: [name] },
        { name: 'document-format', tag: tags.mimeType, values: [format] },
        { name: 'last-document', tag: tags.boolean, values: [true] },
      ],
      { data: document, timeoutMs: 4 * this.#timeoutMs },
    );
  }

  /** For printers that know no empty jobs. */
  async printJob(
    uri: string,
    name: string,
    document: Uint8Array,
    attributes: PrintAttributes,
    format = 'application/pdf',
  ): Promise<number> {
    const answer = await this.#ask(
      uri,
      operations.printJob,
      [
        { name: 'job-name', tag: tags.name, values: [name] },
        { name: 'document-format', tag: tags.mimeType, values: [format] },
      ],
      { job: jobGroup(attributes), data: document, timeoutMs: 4 * this.#timeoutMs },
    );
    return idOf(answer);
  }

  /** Undefined when the printer knows no such job (any more). */
  async job(uri: string, jobId: number): Promise<JobFacts | undefined> {
    try {
      const answer = await this.#ask(uri, operations.getJobAttributes, [
        { name: 'job-id', tag: tags.integer, values: [jobId] },
        keywords('requested-attributes', jobAttributes),
      ]);
      return jobOf(attributesOf(answer, tags.job));
    } catch (error) {
      if (error instanceof IppRefused && error.notFound) return undefined;
      throw error;
    }
  }

  /** Jobs the printer remembers, finished ones too where it keeps them. */
  async jobs(uri: string): Promise<JobFacts[]> {
    const found: JobFacts[] = [];
    for (const which of ['not-completed', 'completed']) {
      const answer = await this.#ask(uri, operations.getJobs, [
        { name: 'which-jobs', tag: tags.keyword, values: [which] },
        keywords('requested-attributes', jobAttributes),
      ]);
      found.push(...allOf(answer, tags.job).map(jobOf));
    }
    return found;
  }

  /** False when there is nothing left to cancel. */
  async cancelJob(uri: string, jobId: number): Promise<boolean> {
    try {
      await this.#ask(uri, operations.cancelJob, [{ name: 'job-id', tag: tags.integer, values: [jobId] }]);
      return true;
    } catch (error) {
      if (error instanceof IppRefused) return false;
      throw error;
    }
  }

  async #ask(
    uri: string,
    operation: number,
    attributes: Attribute[],
    more: { job?: Attribute[]; data?: Uint8Array; timeoutMs?: number; noUri?: boolean } = {},
  ): Promise<IppMessage> {
    const requestId = ++this.#requestId;
    const after = (attribute: Attribute) => attribute.name !== 'requested-attributes';
    const body = encode({
      version: [2, 0],
      code: operation,
      requestId,
      groups: [
        {
          tag: tags.operation,
          // Charset, language and target come first, in this order (RFC 8011 §4.1.4).
          attributes: [
            { name: 'attributes-charset', tag: tags.charset, values: ['utf-8'] },
            { name: 'attributes-natural-language', tag: tags.language, values: ['en'] },
            ...(more.noUri ? [] : [{ name: 'printer-uri', tag: tags.uri, values: [uri] }]),
            ...attributes.filter((a) => a.name === 'job-id'),
            { name: 'requesting-user-name', tag: tags.name, values: [this.#user] },
            ...attributes.filter((a) => a.name !== 'job-id' && after(a)),
            ...attributes.filter((a) => !after(a)),
          ],
        },
        ...(more.job && more.job.length > 0 ? [{ tag: tags.job, attributes: more.job }] : []),
      ],
      data: more.data ?? new Uint8Array(),
    });
    let answer: IppMessage;
    try {
      const response = await this.#fetch(httpAddress(uri), {
        method: 'POST',
        headers: { 'content-type': 'application/ipp', accept: 'application/ipp' },
        body: body as unknown as RequestInit['body'],
        signal: AbortSignal.timeout(more.timeoutMs ?? this.#timeoutMs),
        redirect: 'error',
      });
      if (!response.ok) throw new PrinterGone(`HTTP ${response.status}`);
      answer = decode(await limitedBytes(response, answerLimitBytes));
    } catch (error) {
      if (error instanceof PrinterGone) throw error;
      if (error instanceof BadIpp) throw new PrinterGone(`no IPP: ${error.message}`);
      throw new PrinterGone(reasonOf(error as Error));
    }
    if (answer.requestId !== requestId) throw new PrinterGone('the answer is of another request');
    if (answer.code >= 0x0400) throw new IppRefused(answer.code, text(attributesOf(answer, tags.operation), 'status-message') ?? '');
    return answer;
  }
}

/** The words of a failed call without the address, which may hold a password. */
function reasonOf(error: Error): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error.name === 'TimeoutError' ? 'timeout' : error.message);
}

export function httpAddress(uri: string): string {
  const url = new URL(uri);
  if (url.protocol === 'ipp:' || url.protocol === 'ipps:')
    return `${url.protocol === 'ipp:' ? 'http' : 'https'}://${url.hostname}:${url.port || '631'}${url.pathname}${url.search}`;
  if (url.protocol === 'http:' || url.protocol === 'https:') return uri;
  throw new TypeError(`${url.protocol}// is no address of a printer`);
}

function keywords(name: string, values: string[]): Attribute {
  return { name, tag: tags.keyword, values };
}

function jobGroup({ copies, sides, color, media, scaling }: PrintAttributes): Attribute[] {
  const all: (Attribute | undefined)[] = [
    copies > 1 ? { name: 'copies', tag: tags.integer, values: [copies] } : undefined,
    sides ? keywords('sides', [sides]) : undefined,
    color ? keywords('print-color-mode', [color]) : undefined,
    media ? keywords('media', [media]) : undefined,
    scaling ? keywords('print-scaling', [scaling]) : undefined,
  ];
  return all.filter((a) => a !== undefined);
}

function idOf(answer: IppMessage): number {
  const id = number(attributesOf(answer, tags.job), 'job-id');
  if (id === undefined) throw new PrinterGone('the answer names no job');
  return id;
}

function factsOf(uri: string, a: Map<string, IppValue[]>): PrinterFacts {
  const state = number(a, 'printer-state');
  return {
    uri,
    name: text(a, 'printer-name') ?? uri,
    state: state === 5 ? 'stopped' : state === 4 ? 'printing' : 'idle',
    reasons: texts(a, 'printer-state-reasons').filter((r) => r !== 'none'),
    message: text(a, 'printer-state-message') ?? '',
    formats: texts(a, 'document-format-supported'),
    operations: (a.get('operations-supported') ?? []).map(Number),
    color: a.get('color-supported')?.[0] === true,
    duplex: texts(a, 'sides-supported').some((s) => s.startsWith('two-sided')),
    media: texts(a, 'media-supported'),
    accepts: a.get('printer-is-accepting-jobs')?.[0] !== false,
  };
}

function jobOf(a: Map<string, IppValue[]>): JobFacts {
  return {
    id: number(a, 'job-id') ?? 0,
    name: text(a, 'job-name') ?? '',
    state: number(a, 'job-state') ?? 0,
    reasons: texts(a, 'job-state-reasons').filter((r) => r !== 'none'),
    impressions: number(a, 'job-impressions-completed') ?? 0,
    documents: number(a, 'number-of-documents'),
  };
}
