import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { x } from '../../../src/contract/wire/xml.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { filled, flag, pdfOf, text } from './documents.ts';
import { AgentError, Banned } from './errors.ts';
import { type Call, createDocument, type Issued, reverseDocument } from './issue.ts';
import { type Part, readMultipart } from './multipart.ts';
import { deleteProformas, found, recordPayments, szamlaReply } from './queries.ts';
import { createReceipt, getReceipt, type ReceiptCall, reverseReceipt, sendReceipt } from './receipts.ts';
import { type Channel, documentReply, errorReply, htmlReply, previewReply, type Reply, withBareAmpersand, xmlReply } from './replies.ts';
import type { Fault, Simulation } from './simulation.ts';
import { type Account, paidOf } from './state.ts';
import { taxpayerReply } from './taxpayer.ts';
import { validateRequest } from './validate.ts';

type Run = {
  sim: Simulation;
  account: Account;
  request: XmlTree;
  attachments: string[];
  version: 1 | 2;
  base: string;
  fault: Fault | undefined;
};
/** `operation` is the short name a fault may be ordered by. */
type Action = Channel & { root: string; operation: string; run: (run: Run) => Reply };

const documentChannel: Channel = { errorRoot: 'xmlszamlavalasz', errorsInHeaders: true, versioned: true };
const receiptChannel: Channel = { errorRoot: 'xmlnyugtavalasz', errorsInHeaders: false, versioned: false };

/** The eleven actions by form field. Where a refusal is told follows the table "Where the verdict is" of contract section 3. */
export const actions: Record<string, Action> = {
  'action-xmlagentxmlfile': {
    ...documentChannel,
    root: 'xmlszamla',
    operation: 'create',
    run: (run) => issuedReply(run, createDocument(callOf(run))),
  },
  'action-szamla_agent_st': {
    ...documentChannel,
    root: 'xmlszamlast',
    operation: 'storno',
    run: (run) => issuedReply(run, reverseDocument(callOf(run))),
  },
  'action-szamla_agent_kifiz': {
    ...documentChannel,
    errorsInHeaders: false,
    root: 'xmlszamlakifiz',
    operation: 'credit-entry',
    run: credit,
  },
  'action-szamla_agent_pdf': { ...documentChannel, errorsInHeaders: false, root: 'xmlszamlapdf', operation: 'pdf', run: fetchPdf },
  'action-szamla_agent_xml': {
    ...documentChannel,
    errorsInHeaders: false,
    versioned: false,
    root: 'xmlszamlaxml',
    operation: 'xml',
    run: ({ account, request }) => szamlaReply(account, found(account, request, 'számla xml'), flag(request, 'pdf')),
  },
  'action-szamla_agent_dijbekero_torlese': {
    errorRoot: 'xmlszamladbkdelvalasz',
    errorsInHeaders: true,
    versioned: false,
    root: 'xmlszamladbkdel',
    operation: 'proforma-delete',
    run: ({ account, request }) => {
      deleteProformas(account, request);
      return xmlReply('xmlszamladbkdelvalasz', {}, x('sikeres', null, 'true'));
    },
  },
  'action-szamla_agent_nyugta_create': {
    ...receiptChannel,
    root: 'xmlnyugtacreate',
    operation: 'receipt-create',
    run: (run) => createReceipt(receiptCallOf(run)),
  },
  'action-szamla_agent_nyugta_storno': {
    ...receiptChannel,
    root: 'xmlnyugtast',
    operation: 'receipt-storno',
    run: (run) => reverseReceipt(receiptCallOf(run)),
  },
  'action-szamla_agent_nyugta_get': {
    ...receiptChannel,
    root: 'xmlnyugtaget',
    operation: 'receipt-get',
    run: (run) => getReceipt(receiptCallOf(run)),
  },
  'action-szamla_agent_nyugta_send': {
    ...receiptChannel,
    errorRoot: 'xmlnyugtasendvalasz',
    root: 'xmlnyugtasend',
    operation: 'receipt-send',
    run: (run) => sendReceipt(receiptCallOf(run)),
  },
  'action-szamla_agent_taxpayer': {
    errorRoot: 'QueryTaxpayerResponse',
    errorsInHeaders: false,
    versioned: false,
    root: 'xmltaxpayer',
    operation: 'taxpayer',
    run: ({ sim, request }) => taxpayerReply(text(request, 'torzsszam') ?? '', sim.clock.now(), sim.calls),
  },
};

export const faultTargets = new Set(['*', ...Object.entries(actions).flatMap(([field, { root, operation }]) => [field, root, operation])]);

/** Answers one call; `'drop'` means: close the connection without a word. */
export async function answerAgent(sim: Simulation, request: SimRequest, base: string): Promise<Reply | 'drop'> {
  sim.calls += 1;
  const parts = readMultipart(request.headers['content-type'], request.body) ?? [];
  const part = parts.find((candidate) => actions[candidate.name]);
  const xml = part?.content.toString('utf8') ?? '';
  const account = sim.accountOf(keyIn(xml));
  const story = { at: new Date(sim.clock.now()).toISOString(), action: part?.name ?? null, account: account?.id ?? null };
  const log = (reply: Reply | 'drop', fault: Fault | undefined) => {
    const lost = reply === 'drop';
    sim.remember({
      ...story,
      body: masked(xml, sim),
      attachments: attachmentsIn(parts),
      fault: fault?.mode ?? null,
      status: lost ? null : reply.status,
      code: lost ? null : codeIn(reply),
      number: lost ? null : numberIn(reply),
    });
    return reply;
  };
  if (!part || part.fileName === undefined) {
    const channel = part ? actions[part.name]! : documentChannel;
    return log(errorReply(new AgentError('53'), channel, xml ? versionIn(xml) : 2), undefined);
  }
  if (account && isBanned(account, part.name, xml)) return log(bannedReply(), undefined);
  const action = actions[part.name]!;
  const fault = sim.takeFault([part.name, action.root, action.operation], account);
  return log(await faulted(fault, action, xml, () => execute(sim, action, part, parts, base, fault)), fault);
}

async function faulted(fault: Fault | undefined, action: Action, xml: string, run: () => Reply): Promise<Reply | 'drop'> {
  switch (fault?.mode) {
    case 'drop-before':
      return 'drop';
    case 'stall':
      await wait(fault.ms, undefined, { ref: false });
      return 'drop';
    case 'error':
      return errorReply(new AgentError(fault.code ?? '1', fault.message), action, versionIn(xml));
    case 'down':
      return htmlReply(200, 'Számlázz.hu karbantartás', { szlahu_down: 'true' });
    case 'http503':
      return htmlReply(503, 'Service Unavailable');
    case 'html500':
      return htmlReply(500, 'Internal Server Error');
    case 'drop-after':
      run();
      return 'drop';
    // The work is done at once and only the answer is late: whoever gives up waiting finds the document.
    case 'delay': {
      const reply = run();
      await wait(fault.ms, undefined, { ref: false });
      return reply;
    }
    case 'bare-ampersand':
      return withBareAmpersand(run());
    case 'no-headers':
      return { ...run(), headers: {} };
    default:
      return run();
  }
}

/** Section 14.2 from the schema on: 57, key (3), debt (136), then the action's own checks. */
function execute(sim: Simulation, action: Action, part: Part, parts: Part[], base: string, fault: Fault | undefined): Reply {
  const version = versionIn(part.content.toString('utf8'));
  let account: Account | undefined;
  try {
    const verdict = validateRequest(part.content, action.root);
    if ('complaint' in verdict) throw new AgentError('57', `XML beolvasási hiba. ${verdict.complaint}`);
    const request = verdict.document;
    account = sim.accountOf(text(request, 'beallitasok', 'szamlaagentkulcs') ?? text(request, 'szamlaagentkulcs'));
    if (!account) throw new AgentError('3');
    if (account.settings.debt) throw new AgentError('136');
    return action.run({ sim, account, request, attachments: attachmentsIn(parts), version, base, fault });
  } catch (error) {
    if (error instanceof Banned) {
      if (account) account.banned = true;
      return bannedReply();
    }
    if (error instanceof AgentError) return errorReply(error, action, version);
    throw error;
  }
}

function callOf(run: Run): Call {
  const { sim, account, request, attachments } = run;
  return {
    account,
    request,
    attachments,
    now: sim.clock.now(),
    nextId: sim.nextId,
    mailFails: run.fault?.mode === 'warning56',
    paidChanged: (document) => sim.paidChanged(account, document),
  };
}

function receiptCallOf({ sim, account, request }: Run): ReceiptCall {
  return { account, request, now: sim.clock.now(), nextId: sim.nextReceiptId };
}

function issuedReply({ version, base, fault }: Run, issued: Issued): Reply {
  if ('preview' in issued) return previewReply(issued.preview, issued.pdf, version);
  const warning = fault?.mode === 'warning56' ? { error: new AgentError('56', fault.message), sikeres: fault.sikeres } : undefined;
  return documentReply({ ...issued, base, version, ...(warning ? { warning } : {}) });
}

function credit({ sim, account, request, version, base }: Run): Reply {
  const number = filled(request, 'beallitasok', 'szamlaszam')?.trim() ?? '';
  const known = account.live(number);
  const paidBefore = known && paidOf(known);
  const document = recordPayments(account, request);
  if (paidOf(document) !== paidBefore) sim.paidChanged(account, document);
  return documentReply({ document, pdf: undefined, base, version, creditEntry: true });
}

function fetchPdf({ account, request, version, base }: Run): Reply {
  const document = found(account, request, 'számla pdf');
  return documentReply({ document, pdf: pdfOf(document), base, version });
}

function bannedReply(): Reply {
  return htmlReply(200, 'banned');
}

const credentials = /(<(?:[\w.-]+:)?(?:szamlaagentkulcs|jelszo|felhasznalo)\b[^>]*>)([\s\S]*?)(<\/|$)/g;

/** The same request (action and body without credentials) once too often shuts the account out until reset. */
function isBanned(account: Account, action: string, xml: string): boolean {
  const hash = createHash('sha256')
    .update(`${action}\n${xml.replace(credentials, '$1$3')}`)
    .digest('base64');
  const count = (account.requestCounts.get(hash) ?? 0) + 1;
  account.requestCounts.set(hash, count);
  if (count > account.settings.sameRequestLimit) account.banned = true;
  return account.banned;
}

function masked(xml: string, sim: Simulation): string {
  let out = xml.replace(credentials, '$1***$3');
  for (const { settings } of sim.accounts.values()) {
    for (const key of [...settings.keys, ...settings.deletedKeys]) if (key) out = out.replaceAll(key, '***');
  }
  return out;
}

function keyIn(xml: string): string | undefined {
  return /<(?:[\w.-]+:)?szamlaagentkulcs\b[^>]*>(?:<!\[CDATA\[)?([^<\]]*)/.exec(xml)?.[1];
}

function versionIn(xml: string): 1 | 2 {
  return /<(?:[\w.-]+:)?valaszVerzio\b[^>]*>\s*\+?0*2\s*</.test(xml) ? 2 : 1;
}

const attachmentBytes = 2_000_000;

function attachmentsIn(parts: Part[]): string[] {
  return parts
    .filter((part) => /^attachfile[1-5]$/.test(part.name) && part.fileName && part.content.length <= attachmentBytes)
    .map((part) => part.fileName!);
}

function codeIn(reply: Reply): string | null {
  if (reply.headers.szlahu_error_code) return reply.headers.szlahu_error_code;
  if (typeof reply.body !== 'string') return null;
  return /<(?:hibakod|ns2:errorCode)>(?:<!\[CDATA\[)?(\d+)/.exec(reply.body)?.[1] ?? null;
}

function numberIn(reply: Reply): string | null {
  if (typeof reply.body !== 'string') return null;
  return /<(?:szamlaszam|nyugtaszam)>([^<]+)</.exec(reply.body)?.[1] ?? /^xmlagentresponse=DONE;(.+)$/.exec(reply.body)?.[1] ?? null;
}
