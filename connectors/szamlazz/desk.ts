import type { CauseRef, ConnectionContext, Outcome, TransferRequest } from '../../src/contract/connector.ts';
import { civilDay, type Day } from '../../src/domain/days/day.ts';
import { judge, type Operation, type Verdict } from './causes.ts';
import { type Action, type Client, openClient, type Reply } from './client.ts';
import { type SzamlazzSettings, settingsOf } from './settings.ts';

const zone = 'Europe/Budapest';

/** What every call of a session stands at: the wire, the settings, and answers whose failure is judged already. */
export type Desk = {
  client: Client;
  context: ConnectionContext;
  settings(request?: TransferRequest): SzamlazzSettings;
  today(): Day;
  ask(action: Action, operation: Operation, children: Parameters<Client['call']>[1]): Promise<Asked>;
};

/** An answer with its failure already judged. */
export type Asked =
  | Extract<Reply, { verdict: 'done' }>
  | { verdict: Verdict; cause: CauseRef; reply: Extract<Reply, { verdict: 'failed' }> | undefined };

export function openDesk(context: ConnectionContext): Desk {
  const client = openClient(context);
  const workedKey = `worked:${client.keyMark}`;
  return {
    client,
    context,
    settings: (request) => settingsOf(context.settings, request?.settings ?? {}),
    today: () => civilDay(context.now().toISOString(), zone),
    async ask(action, operation, children) {
      const reply = await client.call(action, children);
      const keyWorked = context.memory.get(workedKey) === 'yes';
      if (reply.verdict === 'unclear') return { verdict: 'unknown', cause: unclearCause(reply), reply: undefined };
      // Any verdict but a login problem proves that the key is accepted; from then on a refusal means it was deleted.
      const loggedIn = reply.verdict === 'done' || (operation === 'query' && reply.code === '7');
      if (loggedIn && !keyWorked) context.memory.set(workedKey, 'yes');
      return reply.verdict === 'done' ? reply : { ...judge(reply, operation, keyWorked), reply };
    },
  };
}

const unclearCodes = { 'no-answer': 'no_answer', down: 'provider_down', page: 'page_instead' } as const;

export function unclearCause(reply: Extract<Reply, { verdict: 'unclear' }>): CauseRef {
  return {
    code: `szamlazz.${unclearCodes[reply.why]}`,
    params: { message: reply.text || '–', code: '–' },
    providerText: reply.text || undefined,
  };
}

export function outcomeOf(verdict: Verdict, cause: CauseRef): Outcome {
  return verdict === 'rejected' || verdict === 'absent' || verdict === 'settled'
    ? { outcome: 'rejected', cause }
    : { outcome: 'unknown', cause };
}
