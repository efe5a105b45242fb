import { createHash } from 'node:crypto';
import { type AgentCause, type AgentPlugin, type AgentPrinter, type Job, jobPayloads, type PayloadOf } from '../contract/agent/index.ts';
import { cut } from '../domain/cut.ts';
import {
  IppClient,
  IppRefused,
  type JobFacts,
  jobStates,
  operations,
  type PrintAttributes,
  type PrinterFacts,
  PrinterGone,
} from './ipp/client.ts';
import { failed, type Plugin, type Step, type StepTools } from './plugin.ts';

/**
 * Printing, so that no page comes out twice whatever happens in between:
 *
 *   (nothing) ──Create-Job──> made ──noted──> sending ──Send-Document──> sent ──followed──> printed
 *
 * An empty job prints nothing, so its number is noted before the page goes. After a crash or a lost answer the printer is asked for
 * that very job: is the page there it is followed, is it surely not there it is sent, and what nobody can tell is for a person.
 */
type PrinterSetting = { name?: string; uri: string };
type PrintSettings = { printers: PrinterSetting[] /** A CUPS server whose queues are all offered. */; cups?: string };

type Note = { phase?: 'made' | 'sending' | 'sent'; uri?: string; printer?: string; jobId?: number; off?: boolean };
type Payload = PayloadOf<'print.pdf'>;

const followMs = 2_000;
const slowFollowMs = 15_000;
const goneAgainMs = 15_000;
const printersEveryMs = 10_000;

export class PrintPlugin implements Plugin {
  readonly name = 'print';
  readonly kind = 'print' as const;
  readonly jobKinds = ['print.pdf'] as const;
  readonly #settings: PrintSettings;
  readonly #ipp: IppClient;
  #known: AgentPrinter[] = [];
  readonly #uris = new Map<string, { uri: string; facts?: PrinterFacts }>();

  readonly #now: () => Date;
  readonly #lookMs: number;
  #lookedAt = -Infinity;
  #looking: Promise<AgentPrinter[]> | undefined;

  constructor(settings: PrintSettings, options: { fetch: typeof fetch; now: () => Date; timeoutMs?: number; lookMs?: number }) {
    this.#settings = settings;
    this.#ipp = new IppClient(options);
    this.#now = options.now;
    this.#lookMs = options.lookMs ?? printersEveryMs;
  }

  laneOf(job: Job): string {
    return `print ${job.payload.printer ?? ''}`;
  }

  async step(job: Job, tools: StepTools): Promise<Step> {
    const parsed = jobPayloads['print.pdf'].safeParse(job.payload);
    if (!parsed.success) return failed({ code: 'print_refused', params: { printer: '–', reasons: 'payload' } });
    const payload = parsed.data;
    const note = tools.note as Note;
    try {
      if (!note.phase) return await this.#begin(job, payload, tools);
      return await this.#goOn(job, payload, note, tools);
    } catch (error) {
      const printer = note.printer ?? shownName(payload);
      if (error instanceof PrinterGone) {
        // Nothing more can be done in time, and nothing was sent: it is over.
        if (tools.calledOff && (!note.phase || note.phase === 'made')) return off(tools.calledOff, printer);
        return {
          againMs: goneAgainMs,
          step: note.phase ? 'in the printer' : 'waiting',
          cause: { code: 'print_printer_gone', params: { printer }, providerText: error.message },
        };
      }
      // Busy, out of order, a fault of its own: the printer may say otherwise later.
      if (error instanceof IppRefused && error.passes && !tools.calledOff)
        return {
          againMs: goneAgainMs,
          step: note.phase ? 'in the printer' : 'waiting',
          cause: { code: 'print_stopped', params: { printer, reasons: cut(error.message, 300) } },
        };
      // The page went already: what is refused is an answer about it, and the page may lie in the tray.
      if (error instanceof IppRefused && (note.phase === 'sending' || note.phase === 'sent'))
        return {
          done: { outcome: 'unknown', cause: { code: 'print_unknown', params: { printer }, providerText: cut(error.message, 300) } },
        };
      if (error instanceof IppRefused)
        return failed({
          code: 'print_refused',
          params: { printer, reasons: cut(error.message, 300) },
          providerCode: `0x${error.status.toString(16)}`,
        });
      throw error;
    }
  }

  async #begin(job: Job, payload: Payload, tools: StepTools): Promise<Step> {
    if (tools.calledOff) return off(tools.calledOff, shownName(payload));
    const target = await this.#target(payload);
    if (!target)
      return failed({ code: 'print_no_printer', params: { printer: shownName(payload), similar: this.#similar(payload) } }, 'mapping');
    // A job that we once accepted and know nothing of: our store was lost. Only the printer can tell what it did.
    if (tools.note.lost === true) {
      const before = (await this.#ipp.jobs(target.uri)).find((j) => j.name === jobNameOf(job, payload));
      if (!before) return { done: { outcome: 'unknown', cause: { code: 'print_unknown', params: { printer: target.name } } } };
      tools.keepNote({ phase: 'sending', uri: target.uri, printer: target.name, jobId: before.id } satisfies Note);
      return { againMs: 0, step: 'in the printer', cause: null };
    }
    const facts = await this.#ipp.printer(target.uri);
    if (!facts.accepts)
      return {
        againMs: slowFollowMs,
        step: 'waiting',
        cause: { code: 'print_stopped', params: { printer: facts.name, reasons: wordsOf(facts) } },
      };
    const attributes: PrintAttributes = payload;
    const note: Note = { uri: target.uri, printer: target.name };
    if (!facts.operations.includes(operations.createJob)) return this.#printAtOnce(job, payload, note, tools);
    const jobId = await this.#ipp.createJob(target.uri, jobNameOf(job, payload), attributes);
    tools.keepNote({ ...note, phase: 'made', jobId } satisfies Note);
    return this.#send(payload, { ...note, phase: 'made', jobId }, tools);
  }

  async #send(payload: Payload, note: Note, tools: StepTools): Promise<Step> {
    const document = tools.file(payload.sha256);
    tools.keepNote({ ...note, phase: 'sending' } satisfies Note);
    await this.#ipp.sendDocument(note.uri!, note.jobId!, payload.title, document);
    tools.keepNote({ ...note, phase: 'sent' } satisfies Note);
    return { againMs: followMs, step: 'in the printer', cause: null };
  }

  /** Without empty jobs the job's name is what it is found by. */
  async #printAtOnce(job: Job, payload: Payload, note: Note, tools: StepTools): Promise<Step> {
    const document = tools.file(payload.sha256);
    tools.keepNote({ ...note, phase: 'sending' } satisfies Note);
    const jobId = await this.#ipp.printJob(note.uri!, jobNameOf(job, payload), document, payload);
    tools.keepNote({ ...note, phase: 'sent', jobId } satisfies Note);
    return { againMs: followMs, step: 'in the printer', cause: null };
  }

  async #goOn(job: Job, payload: Payload, note: Note, tools: StepTools): Promise<Step> {
    const uri = note.uri!;
    const printer = note.printer ?? shownName(payload);
    const found =
      note.jobId === undefined
        ? (await this.#ipp.jobs(uri)).find((j) => j.name === jobNameOf(job, payload))
        : await this.#ipp.job(uri, note.jobId);
    if (note.phase === 'made') {
      if (tools.calledOff) {
        if (found) await this.#ipp.cancelJob(uri, note.jobId!);
        return off(tools.calledOff, printer);
      }
      // Empty still: it waits for its page; given up by the printer: it begins anew. Nothing can have come out.
      if (found && found.state < jobStates.cancelled) return this.#send(payload, note, tools);
      return anew(tools);
    }
    if (!found) return { done: { outcome: 'unknown', cause: { code: 'print_unknown', params: { printer } } } };
    if (note.phase === 'sending' && note.jobId !== undefined) {
      const verdict = arrivedOf(found);
      if (verdict === 'not there') {
        await this.#ipp.cancelJob(uri, note.jobId);
        return anew(tools);
      }
      if (verdict === 'unclear') return { done: { outcome: 'unknown', cause: { code: 'print_unknown', params: { printer } } } };
      tools.keepNote({ ...note, phase: 'sent' } satisfies Note);
    } else if (note.jobId === undefined) tools.keepNote({ ...note, phase: 'sent', jobId: found.id } satisfies Note);
    return this.#follow({ ...note, jobId: found.id }, found, tools);
  }

  async #follow(note: Note, found: JobFacts, tools: StepTools): Promise<Step> {
    const uri = note.uri!;
    const printer = note.printer ?? '';
    if (found.state === jobStates.completed) return { done: { outcome: 'done', facts: { printer, job: String(found.id) } } };
    if (found.state === jobStates.cancelled)
      return note.off && tools.calledOff
        ? off(tools.calledOff, printer)
        : failed({ code: 'print_refused', params: { printer, reasons: reasonsOf(found, 'cancelled at the printer') } });
    if (found.state === jobStates.aborted)
      return failed({ code: 'print_refused', params: { printer, reasons: reasonsOf(found, 'aborted') } });
    if (tools.calledOff && !note.off) {
      tools.keepNote({ ...note, phase: 'sent', off: true } satisfies Note);
      await this.#ipp.cancelJob(uri, found.id);
      return { againMs: 0, step: 'cancelling', cause: null };
    }
    const facts = await this.#ipp.printer(uri);
    const cause = troubleOf(facts, found, printer);
    return { againMs: cause ? slowFollowMs : followMs, step: 'in the printer', cause };
  }

  /** By id, by its address where it was renamed, by its name where it moved; the system's default when none is named. */
  async #target(payload: Payload): Promise<{ uri: string; name: string } | undefined> {
    if (this.#known.length === 0) await this.#look();
    const pick = () =>
      payload.printer === null
        ? this.#known.find((p) => p.isDefault)
        : (this.#known.find((p) => p.id === payload.printer) ??
          this.#known.find((p) => this.#uris.get(p.id)?.uri === uriIn(payload.printer!)) ??
          this.#known.find((p) => p.name === nameIn(payload.printer!)));
    let printer = pick();
    if (!printer) {
      await this.#look();
      printer = pick();
    }
    return printer && { uri: this.#uris.get(printer.id)!.uri, name: printer.name };
  }

  #similar(payload: Payload): string {
    const wanted = shownName(payload).toLowerCase();
    const near = this.#known.filter(
      (p) => p.name.toLowerCase().includes(wanted.slice(0, 4)) || wanted.includes(p.name.toLowerCase().slice(0, 4)),
    );
    const names = (near.length > 0 ? near : this.#known).map((p) => p.name).slice(0, 5);
    return cut(names.join(', '), 300);
  }

  /** As they were found last; a new look goes on beside it, so that a printer that hangs holds nothing up. */
  async printers(): Promise<AgentPrinter[]> {
    const nowMs = this.#now().getTime();
    if (!this.#looking && nowMs - this.#lookedAt >= this.#lookMs) {
      this.#lookedAt = nowMs;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
      });
    }
    if (this.#known.length === 0 && this.#looking) await this.#looking;
    return this.#known;
  }

  /** Asks all printers anew. One that does not answer stays in the list as gone: rules still name it. */
  async #look(): Promise<AgentPrinter[]> {
    const found: AgentPrinter[] = [];
    const add = (name: string, uri: string, facts: PrinterFacts | undefined, isDefault: boolean) => {
      if (found.length >= maxPrinters || uri.length > maxUriChars) return;
      const shown = cut(name, maxNameChars) || cut(uri, maxNameChars) || '–';
      const id = `${shown} ${uri}`;
      this.#uris.set(id, { uri, facts });
      const before = this.#known.find((p) => p.id === id);
      found.push({
        id,
        name: shown,
        isDefault,
        state: facts?.state ?? 'gone',
        reasons: facts?.reasons.filter((reason) => reason.length <= maxReasonChars).slice(0, maxReasons) ?? [],
        color: facts?.color ?? before?.color ?? false,
        duplex: facts?.duplex ?? before?.duplex ?? false,
      });
    };
    const names = new Map<string, string>();
    const asked = await Promise.all(
      this.#settings.printers.map(async (setting) => ({ setting, facts: await this.#ipp.printer(setting.uri).catch(() => undefined) })),
    );
    for (const { setting, facts } of asked) {
      const before = this.#known.find((p) => this.#uris.get(p.id)?.uri === setting.uri);
      const name = setting.name ?? before?.name ?? nameOf(facts, setting.uri);
      names.set(setting.uri, name);
      add(name, setting.uri, facts, found.length === 0 && !this.#settings.cups);
    }
    if (this.#settings.cups) {
      const cups = await this.#ipp.queues(this.#settings.cups).catch(() => undefined);
      for (const facts of cups?.printers ?? []) add(facts.name, facts.uri, facts, facts.uri === cups?.defaultUri);
      if (!cups) for (const p of this.#known.filter((k) => !found.some((f) => f.id === k.id))) found.push({ ...p, state: 'gone' });
    }
    if (found.length > 0 && !found.some((p) => p.isDefault)) found[0]!.isDefault = true;
    this.#known = found;
    return found;
  }

  async state(): Promise<AgentPlugin> {
    return { name: this.name, kind: 'print', state: 'ok', waiting: 0, prints: false };
  }
}

function off(why: 'cancelled' | 'expired', printer: string): Step {
  return { done: { outcome: 'failed', class: why, cause: { code: 'print_expired', params: { printer } } } };
}

function anew(tools: StepTools): Step {
  tools.keepNote({});
  return { againMs: 0, step: 'waiting', cause: null };
}

/** Did the page of an interrupted sending arrive? A job that still waits for data, or was given up without a sheet, has none of it. */
function arrivedOf(job: JobFacts): 'there' | 'not there' | 'unclear' {
  if (job.state === jobStates.completed || job.state === jobStates.stopped) return 'there';
  const waits = job.reasons.some((r) => r === 'job-incoming' || r === 'job-data-insufficient');
  if (job.documents === 0 || (waits && job.state <= jobStates.held)) return 'not there';
  if (job.state === jobStates.processing) return 'there';
  if (job.state <= jobStates.held) return 'there';
  return waits ? 'not there' : 'unclear';
}

/** The title people see at the printer, with a mark by which the job is known again. */
function jobNameOf(job: Job, payload: Payload): string {
  const mark = createHash('sha256').update(job.key).digest('hex').slice(0, 10);
  return `${cut(payload.title, 80)} #${mark}`;
}

function shownName(payload: Payload): string {
  return payload.printerName || nameIn(payload.printer ?? '') || '–';
}

/** An id is name and address with a space between them; a name may have spaces of its own, an address has none. */
const uriIn = (id: string) => id.slice(id.lastIndexOf(' ') + 1);
const nameIn = (id: string) => id.slice(0, Math.max(id.lastIndexOf(' '), 0));

/** What the hub takes of printers (`printerSchema`): one with odd words of itself must not keep the whole agent from being heard. */
const maxPrinters = 200;
const maxNameChars = 99;
const maxUriChars = 400;
const maxReasons = 20;
const maxReasonChars = 100;

function nameOf(facts: PrinterFacts | undefined, uri: string): string {
  if (facts && facts.name !== uri) return facts.name;
  if (!URL.canParse(uri)) return uri;
  const url = new URL(uri);
  return `${url.hostname}:${url.port || 631}`;
}

const paper = /^(media-empty|media-needed|media-low)/;

function troubleOf(facts: PrinterFacts, job: JobFacts, printer: string): AgentCause | null {
  const reasons = [...facts.reasons, ...job.reasons];
  if (reasons.some((r) => r.startsWith('media-empty') || r.startsWith('media-needed')))
    return { code: 'print_no_paper', params: { printer } };
  if (reasons.some((r) => r.startsWith('offline') || r.startsWith('timed-out') || r.startsWith('shutdown')))
    return { code: 'print_printer_gone', params: { printer } };
  const serious = reasons.filter(
    (r) =>
      !paper.test(r) &&
      !/-(report|warning)$/.test(r) &&
      /^(paused|moving-to-paused|stopped|cover-open|door-open|media-jam|toner-empty|marker-supply-empty|spool-area-full|other-error|.*-error$)/.test(
        r,
      ),
  );
  if (facts.state === 'stopped' || job.state === jobStates.stopped || serious.length > 0)
    return { code: 'print_stopped', params: { printer, reasons: wordsOf(facts) } };
  return null;
}

function wordsOf(facts: PrinterFacts): string {
  return cut([...facts.reasons, facts.message].filter(Boolean).join(', '), 300) || facts.state;
}

function reasonsOf(job: JobFacts, otherwise: string): string {
  return cut(job.reasons.join(', ') || otherwise, 300);
}
