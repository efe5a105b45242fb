import {
  type AgentView,
  askForNewKey,
  assignPlugin,
  confirmAgent,
  decidePrint,
  listAgentJobs,
  listAgents,
  listRules,
  makeCode,
  orderRules,
  type PrintChoice,
  type PrintRule,
  printTestPage,
  queuePrints,
  readAgentLog,
  removeAgent,
  removeRule,
  revokeAgent,
  saveRule,
  selfTest,
} from '../../agents/index.ts';
import { civilDay } from '../../domain/days/day.ts';
import { hold } from '../../domain/finding.ts';
import { readOrganization, selected } from '../../toissue/index.ts';
import { exampleDocument } from '../example-document.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'agents';
const jobsShown = 50;
const logShown = 200;

function shown(agent: AgentView): s.Agent {
  return {
    ...agent,
    keySince: agent.keySince.toISOString(),
    seenAt: agent.seenAt?.toISOString() ?? null,
    createdAt: agent.createdAt.toISOString(),
    queue: { ...agent.queue, oldestAt: agent.queue.oldestAt?.toISOString() ?? null },
    plugins: agent.plugins.map((p) => ({
      name: p.name,
      kind: p.kind,
      state: p.state,
      waiting: p.waiting,
      oldestAt: p.oldestAt ?? null,
      programVersion: p.programVersion ?? null,
      detail: p.detail ?? null,
      checks: p.checks ?? [],
      connectionId: p.connectionId,
      connection: p.connection,
    })),
  };
}

const agentsOf = ({ ctx, who }: Call) => ctx.store.org(who.organizationId, (tx) => listAgents(tx, ctx, who.organizationId));

const done = { ok: true as const };
const noAgent = () => notFound('an agent of this id in a state that allows it');

const agents = [
  route({
    method: 'GET',
    url: '/agents',
    needs: 'read',
    tag,
    summary: 'Agents on the seller’s machines: state, plug-ins, printers, queue, version',
    answer: s.agentsSchema,
    handler: async (call) => ({ items: (await agentsOf(call)).map(shown) }),
  }),
  route({
    method: 'POST',
    url: '/agents/codes',
    needs: 'connections',
    tag,
    summary: 'A pairing code, shown once: fifteen minutes, one use',
    body: s.agentCodeInput,
    answer: s.agentCodeMade,
    status: 201,
    secret: true,
    handler: async ({ ctx, who, body }) => {
      const made = await makeCode(ctx, who, body);
      if (!made) throw noAgent();
      return {
        code: made.code,
        expiresAt: made.expiresAt.toISOString(),
        command: `fakturist agent pair --server ${ctx.publicUrl} --code ${made.code}`,
      };
    },
  }),
  route({
    method: 'POST',
    url: '/agents/:id/confirm',
    needs: 'connections',
    tag,
    summary: 'The fingerprint was compared: the agent may work',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await confirmAgent(ctx, who, params.id))) throw noAgent();
      return done;
    },
  }),
  route({
    method: 'POST',
    url: '/agents/:id/revoke',
    needs: 'connections',
    tag,
    summary: 'Refuse the agent’s key from now on',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await revokeAgent(ctx, who, params.id))) throw noAgent();
      return done;
    },
  }),
  route({
    method: 'POST',
    url: '/agents/:id/rotate',
    needs: 'connections',
    tag,
    summary: 'Ask the agent for a new key pair',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await askForNewKey(ctx, who, params.id))) throw noAgent();
      return done;
    },
  }),
  route({
    method: 'DELETE',
    url: '/agents/:id',
    needs: 'connections',
    tag,
    summary: 'Take a revoked agent out of the lists; its print rules are switched off',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await removeAgent(ctx, who, params.id))) throw noAgent();
      return done;
    },
  }),
  route({
    method: 'GET',
    url: '/agents/:id/jobs',
    needs: 'read',
    tag,
    summary: 'The agent’s last jobs, newest first',
    params: s.idParams,
    answer: s.agentJobsSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      await mustHave(call, 'agent', params.id);
      const jobs = await ctx.store.org(who.organizationId, (tx) => listAgentJobs(tx, who.organizationId, params.id, jobsShown));
      return {
        items: jobs.map(({ key: _, cause, ...job }) => ({
          ...job,
          status: job.status as 'waiting',
          cause: cause && { code: cause.code, params: cause.params, providerText: cause.providerText },
          createdAt: job.createdAt.toISOString(),
          updatedAt: job.updatedAt.toISOString(),
        })),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/agents/:id/log',
    needs: 'read',
    tag,
    summary: 'What the agent wrote down, newest first',
    params: s.idParams,
    answer: s.agentLogSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      await mustHave(call, 'agent', params.id);
      const lines = await ctx.store.org(who.organizationId, (tx) => readAgentLog(tx, who.organizationId, params.id, logShown));
      return { items: lines.map((line) => ({ ...line, at: line.at.toISOString() })) };
    },
  }),
  route({
    method: 'POST',
    url: '/agents/:id/plugins/:plugin/check',
    needs: 'edit',
    tag,
    summary: 'Let the agent check the folder of a program now; what passes goes on after an update',
    params: s.agentPluginParams,
    answer: s.jobMadeSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      const agent = (await agentsOf(call)).find((a) => a.id === params.id);
      if (!agent?.plugins.some((p) => p.name === params.plugin && p.kind === 'folder'))
        throw notFound('a folder of this name at this agent');
      return { jobId: await selfTest(ctx, who, params.id, params.plugin) };
    },
  }),
  route({
    method: 'PUT',
    url: '/connections/:id/agent',
    needs: 'connections',
    tag,
    summary: 'Which folder of which agent a connection works by',
    params: s.idParams,
    body: s.connectionAgentInput,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params, body }) => {
      const result = await assignPlugin(ctx, who, params.id, body.folder);
      if (result === 'unknown') throw notFound('a connection and an agent of these ids');
      if (result === 'taken') throw new Refusal(409, 'folder-taken', 'Another connection works by this folder.');
      return done;
    },
  }),
];

async function ruleViews(call: Call): Promise<s.PrintRule[]> {
  const { ctx, who } = call;
  const { organizationId } = who;
  const [rules, all, connections] = await ctx.store.org(organizationId, async (tx) => [
    await listRules(tx, organizationId),
    await listAgents(tx, ctx, organizationId),
    await tx.selectFrom('connection').select(['id', 'name']).where('organization_id', '=', organizationId).execute(),
  ]);
  return rules.map((rule) => ruleView(rule, all, connections));
}

function ruleView(rule: PrintRule, all: AgentView[], connections: { id: string; name: string }[]): s.PrintRule {
  const agent = all.find((a) => a.id === rule.agent_id);
  const printer = agent?.printers.find((p) => (rule.printer === null ? p.isDefault : p.id === rule.printer));
  return {
    id: rule.id,
    name: rule.name,
    kinds: rule.kinds,
    connectionId: rule.connection_id,
    printType: rule.print_type,
    agentId: rule.agent_id,
    printer: rule.printer,
    options: rule.options,
    lastOne: rule.last_one,
    active: rule.active,
    agent: agent?.name ?? '',
    printerName: printer?.name ?? rule.printer?.split(' ')[0] ?? null,
    connection: connections.find((c) => c.id === rule.connection_id)?.name ?? null,
  };
}

async function saved(call: Call<unknown, unknown, Parameters<typeof saveRule>[2]>, id?: string): Promise<s.PrintRule> {
  const { ctx, who, body } = call;
  const rule = await saveRule(ctx, who, body, id);
  if (rule === 'unknown') throw notFound('a rule, agent or connection of this id');
  if (rule === 'too many') throw new Refusal(422, 'too-many-kept', 'There are too many print rules: remove one first.');
  return (await ruleViews(call)).find((r) => r.id === rule.id)!;
}

const rules = [
  route({
    method: 'GET',
    url: '/print-rules',
    needs: 'read',
    tag,
    summary: 'Print rules in the order they are looked at',
    answer: s.printRulesSchema,
    handler: async (call) => ({ items: await ruleViews(call) }),
  }),
  route({
    method: 'POST',
    url: '/print-rules',
    needs: 'settings',
    tag,
    summary: 'A new rule: what is printed as what, on which printer',
    body: s.printRuleInput,
    answer: s.printRuleSchema,
    status: 201,
    handler: async (call) => saved(call),
  }),
  route({
    method: 'PUT',
    url: '/print-rules/:id',
    needs: 'settings',
    tag,
    summary: 'Change a rule',
    params: s.idParams,
    body: s.printRuleInput,
    answer: s.printRuleSchema,
    handler: async (call) => saved(call, call.params.id),
  }),
  route({
    method: 'DELETE',
    url: '/print-rules/:id',
    needs: 'settings',
    tag,
    summary: 'Remove a rule; what it printed stays printed',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await removeRule(ctx, who, params.id))) throw notFound('a rule of this id');
      return done;
    },
  }),
  route({
    method: 'POST',
    url: '/print-rules/order',
    needs: 'settings',
    tag,
    summary: 'The order in which rules are looked at',
    body: s.printOrderInput,
    answer: s.printRulesSchema,
    handler: async (call) => {
      await orderRules(call.ctx, call.who, call.body.ids);
      return { items: await ruleViews(call) };
    },
  }),
  route({
    method: 'POST',
    url: '/print-rules/:id/test',
    needs: 'send',
    tag,
    summary: 'Print a test page by a rule',
    params: s.idParams,
    answer: s.jobMadeSchema,
    handler: async (call) => {
      const { ctx, who, params, edge } = call;
      const rule = (await ruleViews(call)).find((r) => r.id === params.id);
      if (!rule) throw notFound('a rule of this id');
      const organization = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
      const { content, issued } = exampleDocument(organization, civilDay(ctx.now().toISOString(), organization.zone));
      const page = await edge.render({ content, issued, look: { accent: '#1f4e79', footer: rule.name } });
      return { jobId: await printTestPage(ctx, who, rule, page) };
    },
  }),
];

async function print(call: Call, ids: string[], options: { choice?: PrintChoice }): Promise<{ queued: string[] }> {
  const { ctx, who } = call;
  if (ids.length > s.maxPrints) throw new Refusal(422, 'too-many', `More than ${s.maxPrints} documents are chosen: print them in parts.`);
  if (options.choice) await mustHave(call, 'agent', options.choice.agentId);
  const queued = await ctx.store.org(who.organizationId, (tx) => queuePrints(tx, ctx, who, ids, { ...options, again: true }));
  if (queued.length === 0) throw new Refusal(422, 'refused', 'No print rule fits, or the document is not issued.', [hold('print_no_rule')]);
  return { queued };
}

const prints = [
  route({
    method: 'POST',
    url: '/documents/:id/print',
    needs: 'print',
    tag,
    summary: 'Print a document by the rules, or on a printer chosen by hand; each call is a print of its own',
    params: s.idParams,
    body: s.printInput,
    answer: s.printedSchema,
    handler: async (call) => {
      await mustHave(call, 'document', call.params.id);
      return print(call, [call.params.id], { choice: call.body.choice });
    },
  }),
  route({
    method: 'POST',
    url: '/documents/print',
    needs: 'print',
    tag,
    summary: 'Print several documents, in the order of their numbers',
    body: s.printManyInput,
    answer: s.printedSchema,
    handler: async (call) => {
      const { ids, selection, choice } = call.body;
      return print(call, ids ?? (await selected(call.ctx, call.who, selection!, s.maxPrints + 1)), { choice });
    },
  }),
  route({
    method: 'POST',
    url: '/deliveries/:id/print',
    needs: 'print',
    tag,
    summary: 'Decide about a print: it is there, it is not wanted, print it again',
    params: s.idParams,
    body: s.printDecisionInput,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params, body }) => {
      const result = await decidePrint(ctx, who, params.id, body.decision);
      if (result === 'unknown') throw notFound('a print of this id');
      if (result === 'not now') throw new Refusal(409, 'not-now', 'The print is in a state that does not allow this.');
      return done;
    },
  }),
];

export const agentRoutes = [...agents, ...rules, ...prints];
