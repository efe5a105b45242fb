// Made by scripts/registry.ts from the folders beside this file. Do not edit: run `npm run registry`.
import type { Connector } from '../src/contract/connector.ts';
import { connector as allegroFile } from './allegro-file/connector.ts';
import { connector as baselinker } from './baselinker/connector.ts';
import { connector as cards } from './cards/connector.ts';
import { connector as infakt } from './infakt/connector.ts';
import { connector as optima } from './optima/connector.ts';
import { connector as orderFile } from './order-file/connector.ts';
import { connector as sellasist } from './sellasist/connector.ts';
import { connector as subiekt } from './subiekt/connector.ts';
import { connector as szamlazz } from './szamlazz/connector.ts';
import { connector as tickets } from './tickets/connector.ts';
import { connector as walley } from './walley/connector.ts';

export const connectors: Record<string, Connector> = {
  'allegro-file': allegroFile,
  baselinker,
  cards,
  infakt,
  optima,
  'order-file': orderFile,
  sellasist,
  subiekt,
  szamlazz,
  tickets,
  walley,
};

/** Loaded only when a simulator is wanted. */
export const simulators = {
  baselinker: () => import('./baselinker/simulator.ts'),
  cards: () => import('./cards/simulator.ts'),
  infakt: () => import('./infakt/simulator.ts'),
  optima: () => import('./optima/simulator.ts'),
  sellasist: () => import('./sellasist/simulator.ts'),
  subiekt: () => import('./subiekt/simulator.ts'),
  szamlazz: () => import('./szamlazz/simulator.ts'),
  walley: () => import('./walley/simulator.ts'),
};

/** What the demo sends to a channel that waits to be called. */
export const demos = {
  tickets: () => import('./tickets/demo.ts'),
};
