import type { Change, Store } from '../store/index.ts';

/** Committed changes of any process, handed to the open screens of their organization. */
export type Changes = {
  subscribe(organizationId: string, hear: (change: Change) => void): () => void;
  close(): Promise<void>;
};

export async function hearChanges(store: Store): Promise<Changes> {
  const hearers = new Map<string, Set<(change: Change) => void>>();
  const stop = await store.listen((change) => {
    for (const hear of hearers.get(change.organizationId) ?? []) hear(change);
  });
  return {
    subscribe(organizationId, hear) {
      const set = hearers.get(organizationId) ?? new Set();
      hearers.set(organizationId, set.add(hear));
      return () => {
        set.delete(hear);
        if (set.size === 0) hearers.delete(organizationId);
      };
    },
    close: stop,
  };
}
