import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Change } from '../../src/api/schemas/index.ts';

/** Topics of `/events` and the lists that read them. A topic nobody knows refreshes what is on screen. */
const ofDocuments = ['documents', 'document', 'count', 'home', 'orders', 'order'];
const readers: Record<string, string[]> = {
  documents: [...ofDocuments, 'holds', 'connection', 'desk'],
  'issue-run': ['issue-run', 'documents', 'count', 'home'],
  orders: ['orders', 'order', 'home', 'pull'],
  imports: ['imports', 'import', 'home', 'orders'],
  deliveries: ['deliveries', 'document', 'documents', 'home', 'mailbox', 'order-writes'],
  transfers: ['document', 'documents', 'causes', 'home', 'connections'],
  receivables: ['receivables', 'receivable', 'deadlines'],
  causes: ['causes', 'home', 'connections', 'connection'],
  connections: ['connections', 'connection', 'causes', 'home', 'pull'],
  series: ['series', 'register', 'connection'],
  agents: ['agents'],
  'agent-jobs': ['agents'],
  'print-rules': ['print-rules'],
  organization: ['organization', 'me'],
  payments: ['payments', 'document', 'documents'],
  billing: ['billing', 'desk'],
  desk: ['desk'],
  backfill: ['backfill', 'completeness'],
  member: ['members', 'invitations', 'me'],
  'api-key': ['api-keys'],
};

/** Changes by others and by jobs, pushed by the server; nudges of one burst are read once. */
export function useLiveUpdates(organization: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!organization) return;
    const source = new EventSource(`/api/v1/events?organization=${organization}`);
    const waiting = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (event: MessageEvent<string>) => {
      const change = parse(event.data);
      if (!change) return;
      for (const root of readers[change.topic] ?? [change.topic]) waiting.add(root);
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh(client, waiting);
        waiting.clear();
      }, 250);
    };
    source.addEventListener('message', take);
    source.addEventListener('change', take);
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [organization, client]);
}

function refresh(client: QueryClient, roots: Set<string>): void {
  void client.invalidateQueries({ predicate: (query) => roots.has(String(query.queryKey[0])) });
}

function parse(text: string): Change | undefined {
  try {
    return JSON.parse(text) as Change;
  } catch {
    return undefined;
  }
}
