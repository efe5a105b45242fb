import type { Agent } from '../../src/api/schemas/index.ts';
import type { Key } from './texts.ts';

/** Printers of all agents as a choice: the value names agent and printer. */
export function printerChoices(agents: Agent[], t: (key: Key) => string): { value: string; label: string }[] {
  const active = agents.filter((a) => a.standing !== 'revoked' && a.standing !== 'unconfirmed' && a.printers.length > 0);
  return active.flatMap((agent) => {
    const prefix = active.length > 1 ? `${agent.name} · ` : '';
    return [
      { value: `${agent.id}|`, label: `${prefix}${t('print.default')}` },
      ...agent.printers.map((p) => ({ value: `${agent.id}|${p.id}`, label: `${prefix}${p.name}` })),
    ];
  });
}

export function splitChoice(value: string): { agentId: string; printer: string | null } {
  const at = value.indexOf('|');
  return { agentId: value.slice(0, at), printer: value.slice(at + 1) || null };
}
