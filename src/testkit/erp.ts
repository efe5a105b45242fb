import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onePagePdf } from './pdf.ts';
import { type SimRequest, type SimulatorHandle, startServer } from './simulator.ts';

/**
 * An accounting program on the seller's machine, as far as its folders show: it takes files from the inbox, and leaves its export and a
 * print in the outbox. Like the real ones it makes a second document of a file that comes twice.
 *
 *   inbox/x.epp ──step──> taken: inbox/done/x.epp, a document here ──> outbox/export + outbox/print.pdf
 *                   └───> refused: inbox/bad/x.epp ──> outbox/x.epp.result.json
 *
 * `/__sim/…`: state, documents, power, update, checked, inject, export, step, reset.
 */
export type ErpDocument = {
  reference: string;
  /** The record's own id, where the format has one: the same id again is the same record. */
  id?: string;
  type: string;
  /** As the file gave it; the program gives its own when there is none, or when it always numbers itself. */
  number?: string;
  issueDate: string;
  buyer: string;
  net: string;
  gross: string;
  currency: string;
  payment: string;
  /** What the program needs to write the document out again. */
  source: unknown;
};
export type ErpHeld = ErpDocument & { number: string; file: string; cancelled: boolean };

/** One program's files. */
export type ErpProgram = {
  name: string;
  extension: string;
  /** Documents of a file, or the words with which the program refuses it. */
  read(bytes: Uint8Array): { documents: ErpDocument[] } | { refused: string };
  /** The program's own export of documents that it holds. */
  write(documents: ErpHeld[], at: Date): Uint8Array;
  /** The name it gives a print. */
  printName(document: ErpHeld): string;
};

type ErpFault = {
  /**
   * `refuse`: takes no document of the file. `slow`: answers only later. `lost`: takes it and never answers by itself. `damaged`: the
   * export breaks off. `print-first`, `no-print`: what it says of the PDF.
   */
  mode: 'refuse' | 'slow' | 'lost' | 'damaged' | 'print-first' | 'no-print';
  /** For `refuse`: class and code of the result (AGENT §5, §10). */
  class?: 'transient' | 'mapping' | 'data' | 'auth' | 'licence';
  code?: string;
  message?: string;
  delayMs?: number;
  times?: number;
};

export type ErpOptions = {
  inbox?: string;
  outbox?: string;
  port?: number;
  now?: () => Date;
  /** Looks into the inbox this often by itself; without it only when told to (`step`). */
  everyMs?: number;
  /** Numbers documents itself although the file gives a number. */
  ownNumbers?: boolean;
  /** Answers with result files instead of exports, as a bridge would. */
  answers?: 'export' | 'result';
  /** Forms of payment the program knows; others refuse the document. */
  payments?: string[];
  closedUntil?: string;
};

export type ErpSimulator = SimulatorHandle & {
  inbox: string;
  outbox: string;
  /** Takes what is in the inbox and gives what is due; the number of files taken or answered. */
  step(): number;
  documents(): ErpHeld[];
  power(on: boolean): void;
  /** A new version was installed: nothing is taken until somebody has checked. */
  update(version: string, databaseVersion?: string): void;
  checked(): void;
  inject(fault: ErpFault): void;
};

type Answer = { file: string; documents: ErpHeld[]; dueAt: number; fault?: ErpFault['mode'] };

const resultEnding = '.result.json';
const maxDocuments = 20_000;
const defaultPayments = ['przelew', 'gotówka', 'karta', 'pobranie', 'kredyt', 'czek', 'kompensata', 'inna'];

export async function startErp(program: ErpProgram, options: ErpOptions = {}): Promise<ErpSimulator> {
  const own = options.inbox && options.outbox ? undefined : mkdtempSync(join(tmpdir(), 'erp-'));
  const inbox = options.inbox ?? join(own!, 'inbox');
  const outbox = options.outbox ?? join(own!, 'outbox');
  const now = options.now ?? (() => new Date());
  for (const folder of [inbox, outbox, join(inbox, 'done'), join(inbox, 'bad')]) mkdirSync(folder, { recursive: true });

  let on = true;
  let version = '1.80';
  let databaseVersion = '1.80';
  let attention = false;
  let serial = 0;
  let exports = 0;
  const held: ErpHeld[] = [];
  const faults: ErpFault[] = [];
  const answers: Answer[] = [];
  const options_ = { ...options };

  const write = (name: string, bytes: Uint8Array | string) => {
    // Whole files only: what is half written has a name nobody reads.
    const half = join(outbox, `.${name}.part`);
    writeFileSync(half, bytes);
    renameSync(half, join(outbox, name));
  };
  const move = (name: string, to: 'done' | 'bad') => renameSync(join(inbox, name), join(inbox, to, `${++exports}-${name}`));
  const result = (file: string, fields: object) => write(`${file}${resultEnding}`, JSON.stringify(fields));

  function takeFault(modes: ErpFault['mode'][]): ErpFault | undefined {
    const found = faults.find((f) => modes.includes(f.mode) && (f.times ?? 1) > 0);
    if (found) found.times = (found.times ?? 1) - 1;
    return found;
  }

  function step(): number {
    if (!on) return 0;
    sayState();
    let done = giveAnswers();
    if (attention) return done;
    for (const name of readdirSync(inbox).sort()) {
      if (name.startsWith('.') || !name.toLowerCase().endsWith(program.extension) || !statSync(join(inbox, name)).isFile()) continue;
      take(name, readFileSync(join(inbox, name)));
      done++;
    }
    return done + giveAnswers();
  }

  function sayState(): void {
    const state = { program: program.name, version, databaseVersion, state: attention ? 'attention' : 'ready', at: now().toISOString() };
    write('program.json', JSON.stringify(state));
  }

  function take(name: string, bytes: Uint8Array): void {
    const read = program.read(bytes);
    if ('refused' in read) {
      move(name, 'bad');
      result(name, { reference: referenceOf(name), outcome: 'failed', class: 'data', code: 'erp.refused', message: read.refused });
      return;
    }
    const injected = takeFault(['refuse']);
    const refusal = injected ? refusalOf(injected) : read.documents.map(objection).find((o) => o !== undefined);
    const reference = read.documents[0]?.reference ?? referenceOf(name);
    if (refusal) {
      move(name, 'bad');
      result(name, { reference, outcome: 'failed', ...refusal });
      return;
    }
    if (held.length + read.documents.length > maxDocuments) throw new Error(`the simulator holds at most ${maxDocuments} documents`);
    const made = read.documents.map((document) => {
      const same = document.id === undefined ? undefined : held.find((h) => h.id === document.id);
      return same ? Object.assign(same, document, { number: same.number }) : accept(document, name);
    });
    move(name, 'done');
    const fault = takeFault(['slow', 'lost', 'damaged', 'print-first', 'no-print']);
    if (fault?.mode === 'lost') return;
    answers.push({ file: name, documents: made, dueAt: now().getTime() + (fault?.delayMs ?? 0), fault: fault?.mode });
  }

  function refusalOf({ class: kind = 'data', code, message = 'odmowa' }: ErpFault) {
    return { class: kind, ...(code && { code }), message };
  }

  function objection(document: ErpDocument) {
    const forms = options_.payments ?? defaultPayments;
    if (!forms.includes(document.payment))
      return { class: 'mapping', code: 'erp.payment_unmapped', message: document.payment || '(puste)' };
    if (options_.closedUntil && document.issueDate <= options_.closedUntil)
      return { class: 'data', code: 'erp.period_closed', message: `okres zamknięty do ${options_.closedUntil}` };
    return undefined;
  }

  function accept(document: ErpDocument, file: string): ErpHeld {
    serial++;
    // A second document of one number is numbered anew: the program keeps its numbers unique, not its documents.
    const taken = document.number !== undefined && held.some((h) => h.type === document.type && h.number === document.number);
    const given = options_.ownNumbers || taken ? undefined : document.number;
    const made = { ...document, number: given ?? `${serial}/MAG/${document.issueDate.slice(0, 4)}`, file, cancelled: false };
    held.push(made);
    return made;
  }

  function giveAnswers(): number {
    let given = 0;
    for (let i = 0; i < answers.length; ) {
      const answer = answers[i]!;
      if (answer.dueAt > now().getTime()) {
        i++;
        continue;
      }
      answers.splice(i, 1);
      give(answer);
      given++;
    }
    return given;
  }

  function give({ file, documents, fault }: Answer): void {
    const prints = () => {
      for (const document of documents) print(document);
    };
    if (fault === 'print-first') prints();
    if (options_.answers === 'result' && documents.length === 1) {
      const { reference, type, number, net, gross, currency, issueDate } = documents[0]!;
      result(file, { reference, outcome: 'done', number: `${type} ${number}`, net, gross, currency, issueDate, version });
    } else {
      const bytes = program.write(documents, now());
      const base = file.slice(0, -program.extension.length);
      // A broken export keeps the name of the file it answers, so that it is known whose it is.
      if (fault === 'damaged') write(`${base}-export${program.extension}`, bytes.subarray(0, Math.floor(bytes.length / 3)));
      else write(`${base}-export-${++exports}${program.extension}`, bytes);
    }
    if (fault !== 'no-print' && fault !== 'print-first') prints();
  }

  function print(document: ErpHeld): void {
    const lines = [document.buyer, `${document.gross} ${document.currency}`, document.issueDate];
    write(program.printName(document), onePagePdf(`${document.type} ${document.number}`, lines));
  }

  function referenceOf(name: string): string {
    return name.slice(0, -program.extension.length).replace(/^fk-/, 'fk:');
  }

  const simulator: Omit<ErpSimulator, keyof SimulatorHandle> = {
    inbox,
    outbox,
    step,
    documents: () => held,
    power: (wanted) => {
      on = wanted;
    },
    update: (to, database = databaseVersion) => {
      version = to;
      databaseVersion = database;
      attention = true;
      if (on) sayState();
    },
    checked: () => {
      databaseVersion = version;
      attention = false;
      if (on) sayState();
    },
    inject: (fault) => void faults.push({ ...fault }),
  };

  const server = await startServer((request, response) => {
    const answer = control(request);
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(answer.body));
  }, options.port);

  function control({ method, path, body }: SimRequest): { status: number; body: unknown } {
    const fields = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
    const verb = `${method} ${path.replace(/^\/__sim\/?/, '')}`;
    switch (verb) {
      case 'GET ':
      case 'GET state':
        return {
          status: 200,
          body: {
            program: program.name,
            on,
            version,
            databaseVersion,
            attention,
            inbox,
            outbox,
            documents: held.length,
            waiting: waiting(),
            faults: faults.filter((f) => (f.times ?? 1) > 0),
          },
        };
      case 'GET documents':
        return { status: 200, body: held.map(({ source: _, ...document }) => document) };
      case 'POST power':
        simulator.power(fields.on !== false);
        return { status: 200, body: { on } };
      case 'POST update':
        simulator.update(
          String(fields.version ?? `${version}.1`),
          fields.databaseVersion === undefined ? undefined : String(fields.databaseVersion),
        );
        return { status: 200, body: { version, attention } };
      case 'POST checked':
        simulator.checked();
        return { status: 200, body: { attention } };
      case 'POST inject':
        simulator.inject(fields as ErpFault);
        return { status: 200, body: { faults } };
      // What a person does in the program: export a document once more.
      case 'POST export': {
        const found = held.filter((h) => h.reference === fields.reference);
        if (found.length === 0) return { status: 404, body: { error: 'no document of this reference' } };
        give({ file: found[0]!.file, documents: found, dueAt: 0 });
        return { status: 200, body: { documents: found.length } };
      }
      case 'POST step':
        return { status: 200, body: { done: step() } };
      case 'POST settings':
        Object.assign(options_, fields);
        return { status: 200, body: {} };
      case 'POST reset':
        held.length = 0;
        faults.length = 0;
        answers.length = 0;
        on = true;
        attention = false;
        return { status: 200, body: {} };
      default:
        return { status: 404, body: { error: `no verb ${verb}` } };
    }
  }

  function waiting(): number {
    return readdirSync(inbox).filter((name) => name.toLowerCase().endsWith(program.extension) && !name.startsWith('.')).length;
  }

  sayState();
  const timer = options.everyMs ? setInterval(() => safely(step), options.everyMs) : undefined;
  timer?.unref();
  return {
    ...simulator,
    url: server.url,
    port: server.port,
    async close() {
      clearInterval(timer);
      await server.close();
      if (own) rmSync(own, { recursive: true, force: true });
    },
  };
}

/** A file that vanishes between two looks (moved by a person) is looked at again next time. */
function safely(work: () => unknown): void {
  try {
    work();
  } catch {
    // The next look finds what is there then.
  }
}
