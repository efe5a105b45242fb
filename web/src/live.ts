import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Change } from '../../src/api/schemas/index.ts';

/** Topics of `/events` and the lists that read them. A topic nobody knows refreshes the list of its own name. */
const ofDocuments = ['documents', 'document', 'count', 'home', 'orders', 'order', 'parties'];
export const readers: Record<string, string[]> = {
  documents: [...ofDocuments, 'holds', 'connection', 'desk', 'completeness', 'books', 'register'],
  // The documents of each step tell of themselves.
  'issue-run': ['issue-run'],
  orders: ['orders', 'order', 'home', 'pull', 'completeness'],
  imports: ['imports', 'import', 'import-records', ...ofDocuments],
  deliveries: ['deliveries', 'document', 'documents', 'home', 'mailbox', 'order-writes'],
  receivables: ['receivables', 'receivable', 'deadlines', 'order', 'document', 'home'],
  causes: ['causes', 'home', 'connections', 'connection'],
  connections: ['connections', 'connection', 'causes', 'home', 'pull'],
  series: ['series', 'register', 'connection'],
  agents: ['agents', 'demo-machine'],
  'agent-jobs': ['agents', 'demo-machine', 'document'],
  exports: ['books'],
  organization: ['organization', 'me'],
  payments: ['payments', 'document', 'documents', 'billing', 'home'],
  desk: ['desk', 'home'],
  billing: ['billing', 'desk', 'home'],
  invitation: ['members', 'invitations'],
  member: ['members', 'invitations', 'me'],
  'api-key': ['api-keys'],
};
/** What no change of others alters. */
const lasting = new Set(['setup', 'finding-texts', 'help', 'connectors', 'mail-variables', 'demo-state']);

const firstWaitMs = 2_000;
const longestWaitMs = 30_000;

/**
 * Changes by others and by jobs, pushed by the server; nudges of one burst are read once. What happened while the line was down is caught up
 * with by reading all that is on screen. Says whether the line has been down for a while.
 */
export function useLiveUpdates(organization: string | undefined): { lost: boolean } {
  const client = useQueryClient();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (!organization) return;
    let source: EventSource | undefined;
    let wait = firstWaitMs;
    let opened = false;
    let again: ReturnType<typeof setTimeout> | undefined;
    let missed: ReturnType<typeof setTimeout> | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waiting = new Set<string>();
    const take = (event: MessageEvent<string>) => {
      const change = parse(event.data);
      if (!change) return;
      for (const root of [...(readers[change.topic] ?? [change.topic]), 'audit']) waiting.add(root);
      timer ??= setTimeout(() => {
        timer = undefined;
        refresh(client, waiting);
        waiting.clear();
      }, 250);
    };
    const open = () => {
      clearTimeout(again);
      source?.close();
      source = new EventSource(`/api/v1/events?organization=${organization}`);
      source.addEventListener('message', take);
      source.addEventListener('change', take);
      source.addEventListener('open', () => {
        clearTimeout(missed);
        missed = undefined;
        setLost(false);
        wait = firstWaitMs;
        if (opened) void client.invalidateQueries({ predicate: (query) => !lasting.has(String(query.queryKey[0])) });
        opened = true;
      });
      source.addEventListener('error', () => {
        missed ??= setTimeout(() => setLost(true), 4_000);
        // An answer that is no stream (a proxy's error page, a lost session) ends it for good: only a dropped line is taken up by itself.
        if (source?.readyState !== EventSource.CLOSED) return;
        void client.invalidateQueries({ queryKey: ['me'] });
        again = setTimeout(open, wait * (0.75 + Math.random() / 2));
        wait = Math.min(wait * 2, longestWaitMs);
      });
    };
    const drop = () => {
      source?.close();
      missed ??= setTimeout(() => setLost(true), 1_000);
    };
    open();
    window.addEventListener('online', open);
    window.addEventListener('offline', drop);
    return () => {
      window.removeEventListener('online', open);
      window.removeEventListener('offline', drop);
      for (const one of [again, missed, timer]) clearTimeout(one);
      source?.close();
    };
  }, [organization, client]);
  return { lost };
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
