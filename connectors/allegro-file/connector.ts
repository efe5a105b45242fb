import type { Connector } from '../../src/contract/connector.ts';
import { manifest } from './manifest.ts';
import { read } from './read.ts';

export const connector: Connector = {
  manifest,
  files: { read },
  open: () => ({ files: { read }, check: async () => ({ ok: true, facts: [] }) }),
};
