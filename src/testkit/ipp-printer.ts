import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { jobStates, operations } from '../agent/ipp/client.ts';
import { type Attribute, attributesOf, decode, encode, type Group, type IppMessage, number, tags, text } from '../agent/ipp/codec.ts';
import { type SimulatorHandle, startServer } from './simulator.ts';

/**
 * A printer that speaks IPP, for the demo and for faults that no real one has on demand: paper out, stopped, gone, an answer lost
 * before or after the work, a history that is forgotten, no empty jobs. What came out of it can be counted.
 */
type PrintedPage = { name: string; bytes: Uint8Array; copies: number; sides: string | undefined; at: Date };
type PrinterJob = {
  id: number;
  name: string;
  state: number;
  reasons: string[];
  document: Uint8Array | undefined;
  copies: number;
  sides: string | undefined;
  madeAt: number;
};

export class IppPrinter {
  readonly name: string;
  readonly out: PrintedPage[] = [];
  readonly jobs: PrinterJob[] = [];
  /** Faults. */
  paper = true;
  stopped = false;
  gone = false;
  knowsEmptyJobs = true;
  /** Operations that it refuses, with the status it refuses them with. */
  readonly refuses = new Map<number, number>();
  /** The next answers that are lost: before the work is done, or after it. */
  lose: ('before' | 'after' | 'half' | undefined)[] = [];
  readonly #now: () => Date;
  readonly #folder: string | undefined;

  constructor(options: { name: string; now: () => Date; folder?: string }) {
    this.name = options.name;
    this.#now = options.now;
    this.#folder = options.folder;
  }

  /** What has its page and its paper comes out. */
  tick(): void {
    const nowMs = this.#now().getTime();
    for (const job of this.jobs) {
      if (job.state >= jobStates.cancelled) continue;
      if (!job.document) {
        // An empty job that nobody fills is given up (RFC 8011 §4.3.1, multiple-operation-time-out).
        if (nowMs - job.madeAt > emptyJobMs) job.state = jobStates.aborted;
        continue;
      }
      if (this.stopped || !this.paper) {
        job.state = this.paper ? jobStates.pending : jobStates.processing;
        continue;
      }
      job.state = jobStates.completed;
      const page = { name: job.name, bytes: job.document, copies: job.copies, sides: job.sides, at: this.#now() };
      this.out.push(page);
      if (this.#folder) {
        mkdirSync(this.#folder, { recursive: true });
        writeFileSync(path.join(this.#folder, `${String(this.out.length).padStart(4, '0')}.pdf`), page.bytes);
      }
    }
  }

  /** Finished jobs are gone from its memory. */
  forget(): void {
    for (let i = this.jobs.length - 1; i >= 0; i--) if (this.jobs[i]!.state >= jobStates.cancelled) this.jobs.splice(i, 1);
  }

  /** A `fetch` that leads to this printer and nowhere else. */
  readonly fetch: typeof fetch = async (_input, init) => {
    if (this.gone) throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    const bytes = new Uint8Array(init!.body as unknown as Uint8Array);
    const loss = this.lose.shift();
    const lost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
    if (loss === 'before') throw lost();
    const answer = this.handle(bytes, loss === 'half');
    if (loss) throw lost();
    return new Response(answer as never, { headers: { 'content-type': 'application/ipp' } });
  };

  /** `half`: the connection broke within the document, so the job stays without it. */
  handle(bytes: Uint8Array, half = false): Uint8Array {
    const request = decode(bytes);
    const operation = attributesOf(request, tags.operation);
    const jobId = number(operation, 'job-id');
    const job = this.jobs.find((j) => j.id === jobId);
    const refusal = this.refuses.get(request.code);
    if (refusal !== undefined) return this.#answer(request, refusal);
    switch (request.code) {
      case operations.getPrinterAttributes:
        return this.#answer(request, 0, [this.#printerGroup()]);
      case operations.createJob:
      case operations.printJob: {
        if (request.code === operations.createJob && !this.knowsEmptyJobs) return this.#answer(request, 0x0501);
        const asked = attributesOf(request, tags.job);
        const made: PrinterJob = {
          id: (this.jobs.at(-1)?.id ?? this.out.length) + 1,
          name: text(operation, 'job-name') ?? '',
          state: jobStates.pending,
          reasons: request.code === operations.createJob ? ['job-incoming'] : [],
          document: request.code === operations.printJob && !half ? request.data.slice() : undefined,
          copies: number(asked, 'copies') ?? 1,
          sides: text(asked, 'sides'),
          madeAt: this.#now().getTime(),
        };
        if (request.code === operations.createJob || !half) this.jobs.push(made);
        return this.#answer(request, 0, [jobGroup(made)]);
      }
      case operations.sendDocument:
        if (!job || job.state >= jobStates.cancelled) return this.#answer(request, job ? 0x0404 : 0x0406);
        if (half) return this.#answer(request, 0);
        if (job.document) return this.#answer(request, 0x0509);
        job.document = request.data.slice();
        job.reasons = [];
        return this.#answer(request, 0, [jobGroup(job)]);
      case operations.getJobAttributes:
        return job ? this.#answer(request, 0, [jobGroup(job)]) : this.#answer(request, 0x0406);
      case operations.getJobs: {
        const completed = text(operation, 'which-jobs') === 'completed';
        return this.#answer(request, 0, this.jobs.filter((j) => j.state >= jobStates.cancelled === completed).map(jobGroup));
      }
      case operations.cancelJob:
        if (!job || job.state >= jobStates.cancelled) return this.#answer(request, job ? 0x0404 : 0x0406);
        job.state = jobStates.cancelled;
        return this.#answer(request, 0);
      default:
        return this.#answer(request, 0x0501);
    }
  }

  #printerGroup(): Group {
    const reasons = [...(this.paper ? [] : ['media-empty-error']), ...(this.stopped ? ['paused'] : [])];
    const known = Object.values(operations).filter((o) => o < 0x4000 && (this.knowsEmptyJobs || o !== operations.createJob));
    return {
      tag: tags.printer,
      attributes: [
        { name: 'printer-name', tag: tags.name, values: [this.name] },
        { name: 'printer-state', tag: tags.enum, values: [this.stopped || !this.paper ? 5 : 3] },
        { name: 'printer-state-reasons', tag: tags.keyword, values: reasons.length > 0 ? reasons : ['none'] },
        { name: 'printer-is-accepting-jobs', tag: tags.boolean, values: [true] },
        { name: 'document-format-supported', tag: tags.mimeType, values: ['application/pdf'] },
        { name: 'operations-supported', tag: tags.enum, values: known },
        { name: 'color-supported', tag: tags.boolean, values: [true] },
        { name: 'sides-supported', tag: tags.keyword, values: ['one-sided', 'two-sided-long-edge'] },
        { name: 'media-supported', tag: tags.keyword, values: ['iso_a4_210x297mm'] },
      ],
    };
  }

  #answer(request: IppMessage, code: number, groups: Group[] = []): Uint8Array {
    return encode({
      version: [2, 0],
      code,
      requestId: request.requestId,
      groups: [
        {
          tag: tags.operation,
          attributes: [
            { name: 'attributes-charset', tag: tags.charset, values: ['utf-8'] },
            { name: 'attributes-natural-language', tag: tags.language, values: ['en'] },
          ],
        },
        ...groups,
      ],
      data: new Uint8Array(),
    });
  }

  /** The printer on a port of this machine, printing by itself. */
  async listen(port = 0): Promise<SimulatorHandle & { uri: string }> {
    const timer = setInterval(() => this.tick(), tickEveryMs);
    const handle = await startServer((request, response, raw) => {
      if (this.gone) {
        raw.destroy();
        return;
      }
      if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/ipp' }).end(this.handle(request.body));
    }, port);
    return {
      ...handle,
      uri: `ipp://127.0.0.1:${handle.port}/ipp/print`,
      close: async () => {
        clearInterval(timer);
        await handle.close();
      },
    };
  }
}

const emptyJobMs = 60_000;
const tickEveryMs = 700;

function jobGroup(job: PrinterJob): Group {
  const attributes: Attribute[] = [
    { name: 'job-id', tag: tags.integer, values: [job.id] },
    { name: 'job-uri', tag: tags.uri, values: [`ipp://printer/jobs/${job.id}`] },
    { name: 'job-name', tag: tags.name, values: [job.name] },
    { name: 'job-state', tag: tags.enum, values: [job.state] },
    { name: 'job-state-reasons', tag: tags.keyword, values: job.reasons.length > 0 ? job.reasons : ['none'] },
    { name: 'job-impressions-completed', tag: tags.integer, values: [job.state === jobStates.completed ? 1 : 0] },
    { name: 'number-of-documents', tag: tags.integer, values: [job.document ? 1 : 0] },
  ];
  return { tag: tags.job, attributes };
}
