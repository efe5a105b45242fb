import type { Store } from '../store/index.ts';

/** Statements as the product really sends them, taken from the driver, and how the database would go about each. */
export type Statement = { text: string; values: unknown[] /** Whose walls it ran in; none: outside of them. */; organizationId?: string };

/** Notes every statement that goes to the database until `stop`, each text once. PostgreSQL only. */
export function recordStatements(store: Store): { stop(): Statement[] } {
  if (!('pool' in store.raw)) return { stop: () => [] };
  const { pool } = store.raw;
  const seen = new Map<string, Statement>();
  const connect = pool.connect.bind(pool);
  const patched = new Set<{ query: unknown }>();
  const restore: (() => void)[] = [];
  // The pool gives its clients out one by one: each is listened to while it is out.
  (pool as { connect: unknown }).connect = async (...args: unknown[]) => {
    const client = (await (connect as (...a: unknown[]) => Promise<{ query: (...a: unknown[]) => unknown }>)(...args))!;
    if (!patched.has(client)) {
      patched.add(client);
      const query = client.query;
      let organizationId: string | undefined;
      client.query = function (this: unknown, ...given: unknown[]) {
        const [first, values] = given as [string | { text: string; values?: unknown[] }, unknown[] | undefined];
        const text = typeof first === 'string' ? first : first?.text;
        const sent = (typeof first === 'string' ? values : (first?.values ?? values)) ?? [];
        if (/set_config\('app\.org'/.test(text ?? '')) organizationId = String(sent[0]);
        if (/^(begin|commit|rollback)/i.test(text ?? '')) organizationId = undefined;
        if (typeof text === 'string' && !seen.has(text)) seen.set(text, { text, values: sent, ...(organizationId && { organizationId }) });
        return query.apply(client, given);
      };
      restore.push(() => {
        client.query = query;
      });
    }
    return client;
  };
  return {
    stop: () => {
      (pool as { connect: unknown }).connect = connect;
      for (const back of restore) back();
      return [...seen.values()].filter((s) => /^\s*(with|select|update|delete)\b/i.test(s.text) && !/set_config|pg_notify/.test(s.text));
    },
  };
}

export type PlanNode = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
};

/**
 * What the database does for a statement, done once and taken back, as the role that it ran as. `settings` of the planner; undefined for
 * what cannot be explained.
 */
export async function planOf(
  store: Store,
  { text, values, organizationId }: Statement,
  settings: Record<string, string> = {},
): Promise<{ root: PlanNode; text: string; ms: number } | undefined> {
  if (!('pool' in store.raw)) return undefined;
  const client = await store.raw.pool.connect();
  try {
    await client.query('begin');
    for (const [name, value] of Object.entries(settings)) await client.query(`set local ${name} = ${value}`);
    if (organizationId)
      await client.query(`select set_config('app.org', $1, true), set_config('role', 'fakturist_app', true)`, [organizationId]);
    const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${text}`, values as unknown[]);
    const [plan] = rows[0]['QUERY PLAN'] as { Plan: PlanNode; 'Execution Time': number }[];
    return { root: plan!.Plan, ms: plan!['Execution Time'], text: drawn(plan!.Plan) };
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** The tree of a plan, one node a line. */
function drawn(node: PlanNode, depth = 0): string {
  const where = [node['Relation Name'], node['Index Name']].filter(Boolean).join(' by ');
  const removed = node['Rows Removed by Filter'] ? `, ${node['Rows Removed by Filter']} passed over` : '';
  const line = `${'  '.repeat(depth)}${node['Node Type']} ${where} (${node['Actual Rows']} rows${removed}, ${node['Actual Loops']} times)`;
  return [line, ...(node.Plans ?? []).map((one) => drawn(one, depth + 1))].join('\n');
}
