import { z } from 'zod';
import { printerSchema, printOptionsSchema } from '../../contract/agent/index.ts';

/** Agents, their queue, print rules and prints. */
const id = z.uuid();
const instant = z.iso.datetime();
const cause = z.object({ code: z.string(), params: z.record(z.string(), z.string()).optional(), providerText: z.string().optional() });

const agentSchema = z.object({
  id,
  name: z.string(),
  /** What is to be seen at a glance. */
  standing: z.enum(['unconfirmed', 'online', 'erp_closed', 'printer_trouble', 'degraded', 'offline', 'never', 'revoked']),
  /** To be compared with what the agent shows on its machine. */
  fingerprint: z.string(),
  keySince: instant,
  machine: z.object({ os: z.string(), arch: z.string(), hostname: z.string(), timezone: z.string() }).nullable(),
  version: z.string().nullable(),
  seenAt: instant.nullable(),
  lastWords: z.string().nullable(),
  createdAt: instant,
  queue: z.object({
    /** Jobs that no agent has yet, and jobs that it has. */
    waiting: z.number().int(),
    withAgent: z.number().int(),
    oldestAt: instant.nullable(),
    /** Results and files that the agent has not told yet. */
    results: z.number().int(),
    files: z.number().int(),
  }),
  plugins: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['folder', 'print']),
      state: z.enum(['ok', 'closed', 'unwritable', 'checking', 'attention']),
      waiting: z.number().int(),
      oldestAt: instant.nullable(),
      programVersion: z.string().nullable(),
      detail: z.string().nullable(),
      checks: z.array(z.object({ step: z.string(), ok: z.boolean(), detail: z.string().optional() })),
      connectionId: id.nullable(),
      connection: z.string().nullable(),
    }),
  ),
  printers: z.array(printerSchema),
});
export const agentsSchema = z.object({ items: z.array(agentSchema) });
export const agentCodeInput = z.object({
  name: z.string().trim().max(80).default(''),
  /** Without: a person compares the fingerprint and confirms. */
  autoConfirm: z.boolean().default(false),
  /** Pairs an agent anew that is there already; its jobs and results stay. */
  agentId: id.optional(),
});
export const agentCodeMade = z.object({ code: z.string(), expiresAt: instant, /** To be typed on the machine. */ command: z.string() });
export const agentJobsSchema = z.object({
  items: z.array(
    z.object({
      id,
      kind: z.string(),
      title: z.string(),
      status: z.enum(['waiting', 'offered', 'accepted', 'done', 'failed', 'unknown', 'cancelled', 'expired']),
      step: z.string().nullable(),
      attempt: z.number().int(),
      cause: cause.nullable(),
      createdAt: instant,
      updatedAt: instant,
    }),
  ),
});
export const agentLogSchema = z.object({ items: z.array(z.object({ at: instant, level: z.string(), message: z.string() })) });
export const agentPluginParams = z.object({ id, plugin: z.string().min(1).max(100) });
/** Which folder of which agent a connection works by; null: none. */
export const connectionAgentInput = z.object({ folder: z.object({ agentId: id, plugin: z.string().min(1).max(100) }).nullable() });
export const jobMadeSchema = z.object({ jobId: id });

const documentKind = z.enum(['invoice', 'proforma', 'prepayment', 'final', 'correction', 'receipt']);
const printType = z.enum(['original', 'copy', 'duplicate', 'label']);
const ruleFields = {
  name: z.string().trim().min(1).max(80),
  /** Empty: every kind. */
  kinds: z.array(documentKind).max(6).default([]),
  /** Only documents of this connection: the channel of the order, or the provider. */
  connectionId: id.nullable().default(null),
  printType: printType.default('original'),
  agentId: id,
  /** Null: the system's default printer of that agent. */
  printer: z.string().max(500).nullable().default(null),
  options: printOptionsSchema.default({ copies: 1 }),
  /** Rules below are not looked at when this one fits. */
  lastOne: z.boolean().default(false),
  active: z.boolean().default(true),
};
export const printRuleInput = z.object(ruleFields);
export const printRuleSchema = z.object({
  id,
  ...ruleFields,
  agent: z.string(),
  printerName: z.string().nullable(),
  connection: z.string().nullable(),
});
export const printRulesSchema = z.object({ items: z.array(printRuleSchema) });
export const printOrderInput = z.object({ ids: z.array(id).max(500) });
/** By the rules, or on a printer chosen by hand. */
export const printInput = z.object({
  choice: z
    .object({ agentId: id, printer: z.string().max(500).nullable(), printType, options: printOptionsSchema.partial().optional() })
    .optional(),
});
export const maxPrints = 500;
export const printedSchema = z.object({ queued: z.array(id) });
export const printDecisionInput = z.object({ decision: z.enum(['arrived', 'cancel', 'again']) });

// ---------------------------------------------------------------- the demo's own computer

export const demoInstallInput = z.object({ code: z.string().min(1).max(40) });
export const demoMachineState = z.object({
  installed: z.boolean(),
  program: z.object({ on: z.boolean(), documents: z.number().int() }),
  printer: z.object({ paper: z.boolean(), on: z.boolean(), pages: z.array(z.object({ name: z.string(), at: instant })) }),
});
export const demoMachineChange = z.object({
  program: z.boolean().optional(),
  /** A new version was installed; nothing is taken until somebody has checked. */
  update: z.boolean().optional(),
  checked: z.boolean().optional(),
  paper: z.boolean().optional(),
  printer: z.boolean().optional(),
});
export type DemoMachineState = z.infer<typeof demoMachineState>;
export type DemoMachineChange = z.infer<typeof demoMachineChange>;

export type Agent = z.infer<typeof agentSchema>;
export type AgentCodeMade = z.infer<typeof agentCodeMade>;
export type AgentJobs = z.infer<typeof agentJobsSchema>;
export type AgentLog = z.infer<typeof agentLogSchema>;
export type PrintRule = z.infer<typeof printRuleSchema>;
export type PrintRuleInput = z.input<typeof printRuleInput>;
