import type { Command } from './command.ts';

/** The commands, each loaded when it is called, so that help is there at once. */
export const table: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  init: async () => (await import('./commands/init.ts')).initCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  issue: async () => (await import('./commands/documents.ts')).issueCommand,
  documents: async () => (await import('./commands/documents.ts')).documentsCommand,
  orders: async () => (await import('./commands/documents.ts')).ordersCommand,
  export: async () => (await import('./commands/documents.ts')).exportCommand,
  administer: async () => (await import('./commands/administer.ts')).administerCommand,
  connections: async () => (await import('./commands/connections.ts')).connectionsCommand,
  connect: async () => (await import('./commands/connections.ts')).connectCommand,
  series: async () => (await import('./commands/connections.ts')).seriesCommand,
  causes: async () => (await import('./commands/causes.ts')).causesCommand,
  bounce: async () => (await import('./commands/bounce.ts')).bounceCommand,
  archive: async () => (await import('./commands/archive.ts')).archiveCommand,
  backfill: async () => (await import('./commands/reconcile.ts')).backfillCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  pull: async () => (await import('./commands/channel.ts')).pullCommand,
  rehearse: async () => (await import('./commands/channel.ts')).rehearseCommand,
  key: async () => (await import('./commands/init.ts')).keyCommand,
  operator: async () => (await import('./commands/operator.ts')).operatorCommand,
  statement: async () => (await import('./commands/operator.ts')).statementCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  migrate: async () => (await import('./commands/doctor.ts')).migrateCommand,
  agent: async () => (await import('./commands/agent.ts')).agentCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/backup.ts')).restoreCommand,
  move: async () => (await import('./commands/backup.ts')).moveCommand,
  'change-key': async () => (await import('./commands/backup.ts')).changeKeyCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
};

/**
 * Those that a running Fakturist does for a second process (`beside.ts`): they need the database and standard input, and no file of the
 * caller's.
 */
export const doneByTheRunning: ReadonlySet<string> = new Set([
  'documents',
  'orders',
  'connections',
  'connect',
  'series',
  'causes',
  'bounce',
  'backfill',
  'reconcile',
  'pull',
  'rehearse',
  'key',
]);
