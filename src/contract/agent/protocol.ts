import { z } from 'zod';

/**
 * What hub and agent say to each other (contract AGENT §3–§5), in one place for both sides. The agent dials out, always; messages
 * are JSON over HTTPS, answers of the hub are the acknowledgements.
 *
 *   hub:    waiting ──offer──> offered ──accept──> accepted ──result──> done | failed | unknown
 *             ↑                  │ lease over: offered again with attempt + 1, to the same agent
 *             └── not accepted ──┘
 *   agent:  stored (fsync) ──accept──> worked on ──> result stored (fsync) ──sent until acknowledged──> forgotten
 *
 * The same job offered again is found in the agent's store by its id and by its key, so that it is never done twice.
 */
export const protocolVersion = 1;
/** Agents of an older protocol finish what they have and get no new documents. */
export const oldestProtocol = 1;

export const messageLimitBytes = 256 * 1024;
export const fileLimitBytes = 32 * 1024 * 1024;
/** The hub pushes no more unfinished jobs of one connection at a time. */
export const unfinishedLimit = 50;
/** The agent holds no more. */
export const agentJobLimit = 5_000;
export const agentFileLimitBytes = 1024 * 1024 * 1024;
export const leaseSeconds = 120;
export const renewEveryMs = 30_000;
export const pollSeconds = 50;
export const tokenMinutes = 15;
export const skewMinutes = 5;
export const fileUrlMinutes = 10;
export const codeMinutes = 15;
export const wrongTriesPerMinute = 5;
export const printHours = 2;

/** Waits between tries of a call that failed, for ever; each with a fifth more or less, so that many agents do not come at once. */
const backOffSeconds = [1, 2, 5, 10, 30, 60];
export function backOffMs(failures: number, random: () => number): number {
  const base = backOffSeconds[Math.min(Math.max(failures - 1, 0), backOffSeconds.length - 1)]! * 1000;
  return Math.round(base * (0.8 + random() * 0.4));
}

/** Waits between tries of a job that failed for now. */
const retryMinutes = [1, 5, 15, 60];
export function retryMs(tries: number): number {
  return retryMinutes[Math.min(Math.max(tries - 1, 0), retryMinutes.length - 1)]! * 60_000;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().min(1).max(100);
/** Names that mean a device on Windows, whatever ending they bear. */
const deviceName = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i;
/** A name inside a folder, never a way out of it. */
export const plainFileName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?![.~])[^\\/:*?"<>|\u0000-\u001f\u007f]+(?<![. ])$/)
  .refine((name) => !deviceName.test(name));

/** What is worth doing on the seller's machine. The agent does these and nothing else: no command, no path, no SQL comes from the hub. */
export const jobPayloads = {
  'erp.export.file': z.object({ plugin: name, fileName: plainFileName, sha256 }),
  'erp.document.find': z.object({ plugin: name, fileName: plainFileName, sha256 }),
  'agent.selftest': z.object({ plugin: name }),
  'print.pdf': z.object({
    /** Stable id of a printer; the system's default when null. */
    printer: z.string().max(500).nullable(),
    printerName: z.string().max(200).default(''),
    title: z.string().min(1).max(200),
    sha256,
    copies: z.number().int().min(1).max(99).default(1),
    sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).optional(),
    color: z.enum(['auto', 'monochrome', 'color']).optional(),
    media: z
      .string()
      .max(100)
      .regex(/^[\w.-]+$/)
      .optional(),
    scaling: z.enum(['auto', 'none', 'fit', 'fill']).optional(),
  }),
  'agent.diag': z.object({}),
} as const;
export const printOptionsSchema = jobPayloads['print.pdf'].pick({ copies: true, sides: true, color: true, media: true, scaling: true });
export type PrintOptions = z.output<typeof printOptionsSchema>;
export type JobKind = keyof typeof jobPayloads;
export type PayloadOf<K extends JobKind> = z.output<(typeof jobPayloads)[K]>;
export const jobKinds = Object.keys(jobPayloads) as [JobKind, ...JobKind[]];

export const jobSchema = z.object({
  id: z.uuid(),
  /** One key, one effect: the agent answers a key it has done with what came of it. */
  key: z.string().min(1).max(300),
  kind: z.enum(jobKinds),
  payload: z.record(z.string(), z.unknown()),
  files: z
    .array(
      z.object({ sha256, name: z.string().max(300), sizeBytes: z.number().int().min(0).max(fileLimitBytes), url: z.string().max(2000) }),
    )
    .max(10),
  attempt: z.number().int().min(1),
  /** The hub has an acceptance of it: an agent that does not know the job has lost its store and cannot say what was done. */
  accepted: z.boolean(),
  expiresAt: z.iso.datetime().nullable(),
});
export type Job = z.infer<typeof jobSchema>;

const id = z.uuid();
const text = z.string().max(2000);
const causeSchema = z.object({
  code: z.string().min(1).max(60),
  params: z.record(z.string().max(60), z.string().max(500)).optional(),
  providerCode: z.string().max(200).optional(),
  providerText: text.optional(),
});
export type AgentCause = z.infer<typeof causeSchema>;

/** `transient` is tried again by the agent; the others are for a person. */
const resultClasses = ['transient', 'mapping', 'data', 'auth', 'licence', 'expired', 'cancelled'] as const;
const resultSchema = z.object({
  outcome: z.enum(['done', 'failed', 'unknown']),
  class: z.enum(resultClasses).optional(),
  cause: causeSchema.optional(),
  facts: z.record(z.string().max(60), z.string().max(2000)).optional(),
});
export type JobResult = z.infer<typeof resultSchema>;

export const printerSchema = z.object({
  /** Queue name and device address: found again after it was renamed. */
  id: z.string().min(1).max(500),
  name: z.string().min(1).max(200),
  isDefault: z.boolean(),
  state: z.enum(['idle', 'printing', 'stopped', 'gone']),
  reasons: z.array(z.string().max(100)).max(20),
  color: z.boolean().default(false),
  duplex: z.boolean().default(false),
});
export type AgentPrinter = z.infer<typeof printerSchema>;

const pluginStates = ['ok', 'closed', 'unwritable', 'checking', 'attention'] as const;
const pluginSchema = z.object({
  name,
  kind: z.enum(['folder', 'print']),
  state: z.enum(pluginStates),
  /** Files that the program has not taken yet, and since when the oldest waits. */
  waiting: z.number().int().min(0).default(0),
  oldestAt: z.iso.datetime().optional(),
  programVersion: z.string().max(100).optional(),
  /** The version before the last update. */
  programBefore: z.string().max(100).optional(),
  /** Prints of documents come from it too. */
  prints: z.boolean().default(false),
  detail: text.optional(),
  /** The last self-check, step by step. */
  checks: z
    .array(z.object({ step: z.string().max(60), ok: z.boolean(), detail: z.string().max(300).optional() }))
    .max(20)
    .optional(),
});
export type AgentPlugin = z.infer<typeof pluginSchema>;

const machineSchema = z.object({
  os: z.string().max(60),
  arch: z.string().max(30),
  hostname: z.string().min(1).max(120),
  timezone: z.string().max(60),
});

export type AgentMachine = z.infer<typeof machineSchema>;

const stateSchema = z.object({
  agentVersion: z.string().max(40),
  protocol: z.number().int().min(0).max(1000),
  startedAt: z.iso.datetime(),
  machine: machineSchema.optional(),
  plugins: z.array(pluginSchema).max(50),
  printers: z.array(printerSchema).max(200),
  /** Jobs held, results not yet acknowledged, files not yet taken over. */
  queue: z.object({ jobs: z.number().int().min(0), results: z.number().int().min(0), files: z.number().int().min(0) }),
});
export type AgentState = z.infer<typeof stateSchema>;

const byeReasons = ['stopped', 'shutdown', 'logoff', 'update', 'unpaired'] as const;

const at = z.iso.datetime();
/** From the agent. Each is answered by itself; what is not answered is sent again. */
const agentMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), state: stateSchema }),
  z.object({ type: z.literal('state'), state: stateSchema }),
  z.object({ type: z.literal('job.accept'), id, attempt: z.number().int() }),
  z.object({ type: z.literal('job.reject'), id, attempt: z.number().int(), cause: causeSchema }),
  z.object({ type: z.literal('job.progress'), id, attempt: z.number().int(), step: z.string().max(60), cause: causeSchema.nullable() }),
  z.object({ type: z.literal('job.result'), id, attempt: z.number().int(), result: resultSchema }),
  z.object({ type: z.literal('lease.renew'), ids: z.array(id).max(agentJobLimit) }),
  /** A file that appeared in a plug-in's outbox or folder of prints. */
  z.object({
    type: z.literal('file.found'),
    /** Made by the agent when it found the file: the same find told again changes nothing. */
    id,
    plugin: name,
    from: z.enum(['outbox', 'pdf']),
    name: z.string().min(1).max(300),
    sha256,
    sizeBytes: z.number().int().min(0).max(fileLimitBytes),
  }),
  z.object({
    type: z.literal('log.batch'),
    entries: z.array(z.object({ at, level: z.enum(['info', 'warn', 'error']), message: z.string().max(500) })).max(200),
  }),
  z.object({ type: z.literal('bye'), reason: z.enum(byeReasons) }),
]);
export type AgentMessage = z.infer<typeof agentMessage>;
export const messagesBody = z.object({ messages: z.array(agentMessage).min(1).max(100) });

/** The answer to one message. `again`: not taken just now; `unknown`: the hub knows nothing of it, the agent may forget it. */
export const messageAnswer = z.union([
  z.object({ ok: z.literal(true), have: z.boolean().optional(), url: z.string().optional() }),
  z.object({ ok: z.literal(false), code: z.enum(['again', 'unknown', 'refused', 'not-stored']) }),
]);
export type MessageAnswer = z.infer<typeof messageAnswer>;

export type HubMessage =
  | { type: 'job.offer'; job: Job }
  | { type: 'job.cancel'; id: string }
  /** Make a new key pair and prove it. */
  | { type: 'key.rotate' };

export const pollBody = z.object({
  /** How many more jobs the agent can take. */
  capacity: z.number().int().min(0).max(agentJobLimit),
  wait: z.number().int().min(0).max(pollSeconds).default(pollSeconds),
  queue: stateSchema.shape.queue.optional(),
  /** Jobs it knows to be called off already. */
  knows: z.array(z.uuid()).max(100).default([]),
});
/** What stands in for the hub (a proxy's page, a hub of another version) may answer anything: the frame is read before it is believed. */
const hubTime = z.iso.datetime({ offset: true });
export const pollAnswer = z.object({
  serverTime: hubTime,
  messages: z.array(z.looseObject({ type: z.string() })).transform((messages) => messages as HubMessage[]),
});

/** Ed25519 public key: 32 bytes in base64url. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const pairBody = z.object({
  code: z.string().min(1).max(40),
  publicKey: publicKeySchema,
  machine: machineSchema,
  agentVersion: z.string().max(40),
  protocol: z.number().int().min(0).max(1000),
  capabilities: z.array(z.string().max(60)).max(50),
});
export const pairAnswer = z.object({
  agentId: z.uuid(),
  organization: z.string(),
  fingerprint: z.string(),
  confirmed: z.boolean(),
  serverTime: hubTime,
});
export type PairAnswer = z.infer<typeof pairAnswer>;
export const tokenBody = z.object({ assertion: z.string().min(20).max(2000) });
export const tokenAnswer = z.object({ token: z.string().min(1).max(4000), expiresAt: hubTime, serverTime: hubTime });
export type TokenAnswer = z.infer<typeof tokenAnswer>;
export const rotateBody = z.object({ publicKey: publicKeySchema, proof: z.string().min(20).max(2000) });

/** Codes of refusals at the agent's door. */
export type DoorCode =
  | 'code_wrong'
  | 'code_expired'
  | 'code_used'
  | 'too_many_tries'
  | 'agent_unconfirmed'
  | 'agent_revoked'
  | 'assertion_refused'
  | 'clock_skew'
  | 'token_refused'
  | 'bad_request'
  | 'not_found'
  | 'too_large'
  | 'hash_mismatch';
