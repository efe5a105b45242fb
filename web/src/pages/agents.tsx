import { ActionIcon, Button, Menu, Switch, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Agent, AgentCodeMade, DemoState } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { ask } from '../questions.tsx';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { copyText } from '../ui/copy.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Folders, Jobs, Log, Printers } from './agent-parts.tsx';
import styles from './agents.module.css';

const tones: Record<Agent['standing'], Tone> = {
  unconfirmed: 'wait',
  online: 'good',
  erp_closed: 'bad',
  printer_trouble: 'bad',
  degraded: 'bad',
  offline: 'bad',
  never: 'wait',
  revoked: 'plain',
};
const fail = (e: Error) => toast({ error: e });

/** Agents on the seller's machines: what stands behind each, what waits, and how to add one. */
export default function Agents() {
  const t = useT();
  const { can } = useSession();
  const [pairing, setPairing] = useState<{ agentId?: string }>();
  const { data, error, refetch } = useQuery({
    queryKey: ['agents'],
    queryFn: () => api.get<{ items: Agent[] }>('/agents'),
    // An agent that falls silent makes no event.
    refetchInterval: 15_000,
  });
  const add = can('connections') && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setPairing({})}>
      {t('agents.add')}
    </Button>
  );
  return (
    <Page title={t('nav.agents')} help="agents" about={t('agents.about')} actions={data && data.items.length > 0 && add} wide>
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Lines count={8} />
      ) : data.items.length === 0 ? (
        <Section>
          <Empty icon="screen" title={t('agents.emptyTitle')} action={add}>
            {t('agents.emptyText')}
          </Empty>
        </Section>
      ) : (
        data.items.map((agent) => <AgentCard key={agent.id} agent={agent} onPairAgain={() => setPairing({ agentId: agent.id })} />)
      )}
      {pairing && <PairDialog agentId={pairing.agentId} agents={data?.items ?? []} onClose={() => setPairing(undefined)} />}
    </Page>
  );
}

function AgentCard({ agent, onPairAgain }: { agent: Agent; onPairAgain: () => void }) {
  const t = useT();
  const { ago, time, number } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [more, setMore] = useState<'jobs' | 'log'>();
  const refresh = () => client.invalidateQueries({ queryKey: ['agents'] });
  const act = useMutation({
    mutationFn: (verb: 'confirm' | 'revoke' | 'rotate') => api.post(`/agents/${agent.id}/${verb}`),
    onSuccess: refresh,
    onError: fail,
  });
  const remove = useMutation({ mutationFn: () => api.remove(`/agents/${agent.id}`), onSuccess: refresh, onError: fail });
  const { machine, queue } = agent;
  return (
    <Section
      title={agent.name}
      about={
        <span className={styles.about}>
          <Chip tone={tones[agent.standing]}>{t(`agentState.${agent.standing}`)}</Chip>
          {machine && (
            <span>
              {machine.hostname} · {machine.os}
            </span>
          )}
          {agent.seenAt && <span title={time(agent.seenAt)}>{t('agents.seen', { when: ago(agent.seenAt) })}</span>}
          {agent.lastWords && <span>{t(`agentBye.${agent.lastWords as 'stopped'}`)}</span>}
        </span>
      }
      actions={
        can('connections') && (
          <Menu position="bottom-end" width={260}>
            <Menu.Target>
              <ActionIcon variant="default" size={32} aria-label={`${t('common.more')}: ${agent.name}`}>
                <Icon name="dots" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {agent.standing !== 'revoked' && agent.standing !== 'unconfirmed' && (
                <Menu.Item leftSection={<Icon name="key" size={16} />} onClick={() => act.mutate('rotate')}>
                  {t('agents.rotate')}
                </Menu.Item>
              )}
              <Menu.Item leftSection={<Icon name="link" size={16} />} onClick={onPairAgain}>
                {t('agents.pairAgain')}
              </Menu.Item>
              {agent.standing !== 'revoked' ? (
                <Menu.Item
                  color="red"
                  leftSection={<Icon name="lock" size={16} />}
                  onClick={() =>
                    ask({
                      title: t('agents.revoke'),
                      text: t('agents.revokeSure', { name: agent.name }),
                      go: t('agents.revoke'),
                      run: () => act.mutate('revoke'),
                    })
                  }
                >
                  {t('agents.revoke')}
                </Menu.Item>
              ) : (
                <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={() => remove.mutate()}>
                  {t('agents.remove')}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        )
      }
    >
      {agent.standing === 'unconfirmed' && (
        <Fingerprint agent={agent} busy={act.isPending} onConfirm={can('connections') ? () => act.mutate('confirm') : undefined} />
      )}
      <Facts
        items={[
          [t('agents.waitingHere'), number(queue.waiting)],
          [t('agents.withAgent'), number(queue.withAgent)],
          [t('agents.untold'), number(queue.results + queue.files)],
          [t('agents.oldest'), queue.oldestAt ? ago(queue.oldestAt) : null],
          [t('agents.version'), agent.version],
          [t('agents.keySince'), time(agent.keySince)],
        ]}
      />
      {agent.plugins.some((p) => p.kind === 'folder') && <Folders agent={agent} />}
      {agent.printers.length > 0 && <Printers agent={agent} />}
      <div className={styles.buttons}>
        <Button
          size="compact-sm"
          variant={more === 'jobs' ? 'light' : 'subtle'}
          aria-expanded={more === 'jobs'}
          onClick={() => setMore(more === 'jobs' ? undefined : 'jobs')}
        >
          {t('agents.jobs')}
        </Button>
        <Button
          size="compact-sm"
          variant={more === 'log' ? 'light' : 'subtle'}
          aria-expanded={more === 'log'}
          onClick={() => setMore(more === 'log' ? undefined : 'log')}
        >
          {t('agents.log')}
        </Button>
      </div>
      {more === 'jobs' && <Jobs agent={agent} />}
      {more === 'log' && <Log agent={agent} />}
    </Section>
  );
}

function Fingerprint({ agent, busy, onConfirm }: { agent: Agent; busy: boolean; onConfirm: (() => void) | undefined }) {
  const t = useT();
  return (
    <div className={styles.confirm} role="status">
      <span>{t('agents.confirmAbout', { machine: agent.machine?.hostname ?? agent.name })}</span>
      <code>{agent.fingerprint}</code>
      {onConfirm && (
        <Button loading={busy} onClick={onConfirm} leftSection={<Icon name="check" size={16} />}>
          {t('agents.confirm')}
        </Button>
      )}
    </div>
  );
}

/** A name, a code, the other machine, a fingerprint: four steps on one sheet. */
function PairDialog({ agentId, agents, onClose }: { agentId: string | undefined; agents: Agent[]; onClose: () => void }) {
  const t = useT();
  const { clock } = useFormats();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [byHand, setByHand] = useState(true);
  const [made, setMade] = useState<AgentCodeMade & { known: string[] }>();
  const code = useRef<HTMLOutputElement>(null);
  // The form that had the focus is gone.
  useEffect(() => code.current?.focus(), [made]);
  const again = agents.find((a) => a.id === agentId);
  const demo = useQuery({ queryKey: ['demo-state'], queryFn: () => api.get<DemoState>('/demo/state'), retry: false, staleTime: 60_000 });
  const make = useMutation({
    mutationFn: () => api.post<AgentCodeMade>('/agents/codes', { name, autoConfirm: !byHand, ...(agentId ? { agentId } : {}) }),
    onSuccess: (answer) => setMade({ ...answer, known: agents.filter((a) => a.id !== agentId).map((a) => a.id) }),
    onError: fail,
  });
  const install = useMutation({ mutationFn: () => api.post('/demo/agent', { code: made!.code }), onError: fail });
  const confirm = useMutation({
    mutationFn: (id: string) => api.post(`/agents/${id}/confirm`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['agents'] }),
    onError: fail,
  });
  const arrived =
    made && agents.find((a) => !made.known.includes(a.id) && (agentId === undefined || a.id === agentId) && a.standing !== 'revoked');
  useEffect(() => {
    if (!made || arrived) return;
    const timer = setInterval(() => void client.invalidateQueries({ queryKey: ['agents'] }), 2_000);
    return () => clearInterval(timer);
  }, [made, arrived, client]);
  return (
    <Dialog size="lg" onClose={onClose} title={again ? t('agents.pairAgainTitle', { name: again.name }) : t('agents.add')}>
      {!made ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          {!again && (
            <TextInput
              data-autofocus
              label={t('agents.name')}
              placeholder={t('agents.namePlaceholder')}
              maxLength={80}
              value={name}
              onChange={(e) => setName(e.target.value)}
            />
          )}
          <Switch
            label={t('agents.byHand')}
            description={t('agents.byHandAbout')}
            checked={byHand}
            onChange={(e) => setByHand(e.currentTarget.checked)}
          />
          <div className={styles.end}>
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={make.isPending}>
              {t('agents.makeCode')}
            </Button>
          </div>
        </form>
      ) : arrived && (agentId === undefined || arrived.standing === 'unconfirmed' || arrived.standing === 'online') ? (
        <div className={styles.form}>
          {arrived.standing === 'unconfirmed' ? (
            <Fingerprint agent={arrived} busy={confirm.isPending} onConfirm={() => confirm.mutate(arrived.id)} />
          ) : (
            <div className={styles.confirm} data-tone="good" role="status">
              <span>
                <Icon name="complete" size={18} /> {t('agents.paired', { name: arrived.name })}
              </span>
            </div>
          )}
          <div className={styles.end}>
            <Button onClick={onClose}>{t('common.done')}</Button>
          </div>
        </div>
      ) : (
        <div className={styles.form}>
          <p>{t('agents.codeAbout', { until: clock(made.expiresAt) })}</p>
          <output className={styles.code} aria-label={t('agents.code')} tabIndex={-1} ref={code}>
            {made.code}
          </output>
          <div className={styles.command}>
            <code>{made.command}</code>
            <ActionIcon
              variant="default"
              size={32}
              aria-label={t('common.copy')}
              onClick={() => void copyText(made.command).then(() => toast({ text: t('common.copied') }))}
            >
              <Icon name="copy" size={16} />
            </ActionIcon>
          </div>
          {demo.data?.demo && (
            <Button
              variant="light"
              loading={install.isPending || install.isSuccess}
              onClick={() => install.mutate()}
              leftSection={<Icon name="bolt" size={16} />}
            >
              {t('agents.demoInstall')}
            </Button>
          )}
          <p className="dim" role="status">
            {t('agents.listening')}
          </p>
        </div>
      )}
    </Dialog>
  );
}
