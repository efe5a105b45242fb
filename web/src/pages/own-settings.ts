import type { Connector } from '../../../src/api/schemas/index.ts';

/**
 * What the form of an account saves: its own fields, null for one that was emptied. What stands in a form of its own on the same page (which orders
 * are taken, what is put on them) may have been saved there since this one was opened.
 */
export function ownSettings(connector: Pick<Connector, 'settings'>, settings: Record<string, unknown>): Record<string, unknown> {
  const own = connector.settings.filter((field) => !field.part && field.type !== 'secret');
  return Object.fromEntries(own.map((field) => [field.key, settings[field.key] ?? null]));
}
