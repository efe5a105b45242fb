// Made by scripts/registry.ts from the folders beside this file. Do not edit: run `npm run registry`.
import type { Connector } from '../src/contract/connector.ts';

export const connectors: Record<string, Connector> = {
};

/** Loaded only when a simulator is wanted. */
export const simulators = {
};
