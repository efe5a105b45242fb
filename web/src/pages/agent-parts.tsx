import { Button, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Agent, AgentJobs, AgentLog, Connection, Connector } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import styles from './agents.module.css';

/** What a computer has: folders of programs, printers, jobs and its log. */

const fail = (e: Error) => toast({ error: e });

const pluginTones: Record<Agent['plugins'][number]['state'], Tone> = {
  ok: 'good',
  closed: 'bad',
  unwritable: 'bad',
  checking: 'wait',
  attention: 'bad',
};

/** Programs behind folders, each with the connection that works by it. */
export function Folders({ agent }: { agent: Agent }) {
  const t = useT();
  const { ago, number } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const gallery = useQuery({
    queryKey: ['connectors'],
    queryFn: () => api.get<{ items: Connector[] }>('/connectors'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const byFolder = new Set(gallery.data?.items.filter((c) => (c.capabilities as string[]).includes('folder')).map((c) => c.id));
  const choices = connections.data?.items.filter((c) => byFolder.has(c.connector)) ?? [];
  const refresh = () => client.invalidateQueries({ predicate: (q) => ['agents', 'causes', 'connections'].includes(String(q.queryKey[0])) });
  const assign = useMutation({
    mutationFn: async ({ plugin, to }: { plugin: Agent['plugins'][number]; to: string | null }) => {
      if (plugin.connectionId) await api.put(`/connections/${plugin.connectionId}/agent`, { folder: null });
      if (to) await api.put(`/connections/${to}/agent`, { folder: { agentId: agent.id, plugin: plugin.name } });
    },
    onSuccess: refresh,
    onError: fail,
  });
  const check = useMutation({
    mutationFn: (plugin: string) => api.post(`/agents/${agent.id}/plugins/${encodeURIComponent(plugin)}/check`),
    onSuccess: () => {
      toast({ text: t('agents.checking'), tone: 'good' });
      return refresh();
    },
    onError: fail,
  });
  return (
    <div className={styles.part}>
      <h3>{t('agents.folders')}</h3>
      <Table
        label={t('agents.folders')}
        rows={agent.plugins.filter((p) => p.kind === 'folder')}
        id={(p) => p.name}
        columns={[
          { title: t('agents.folder'), cell: (p) => <strong>{p.name}</strong> },
          {
            title: t('field.state'),
            cell: (p) => (
              <>
                <Chip tone={pluginTones[p.state]} title={p.detail ?? undefined}>
                  {t(`agentPlugin.${p.state}`)}
                </Chip>
                {p.state !== 'ok' && p.detail && <div className="dim">{p.detail}</div>}
              </>
            ),
          },
          {
            title: t('agents.inInbox'),
            end: true,
            cell: (p) => (
              <span title={p.oldestAt ? ago(p.oldestAt) : undefined}>
                {number(p.waiting)}
                {p.waiting > 0 && p.oldestAt && <span className="dim"> · {ago(p.oldestAt)}</span>}
              </span>
            ),
          },
          { title: t('agents.version'), cell: (p) => p.programVersion ?? '' },
          {
            title: t('agents.connection'),
            grow: true,
            cell: (p) =>
              can('connections') ? (
                <Select
                  size="xs"
                  w={230}
                  aria-label={`${t('agents.connection')}: ${p.name}`}
                  placeholder={choices.length > 0 ? t('agents.choose') : t('agents.noneToChoose')}
                  clearable
                  data={choices.map((c) => ({ value: c.id, label: c.name }))}
                  value={p.connectionId}
                  disabled={assign.isPending || choices.length === 0}
                  onChange={(to) => assign.mutate({ plugin: p, to })}
                />
              ) : (
                (p.connection ?? '')
              ),
          },
          {
            title: '',
            end: true,
            cell: (p) =>
              can('edit') && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={`${t('agents.check')}: ${p.name}`}
                  onClick={() => check.mutate(p.name)}
                >
                  {t('agents.check')}
                </Button>
              ),
          },
        ]}
      />
    </div>
  );
}

const printerTones: Record<Agent['printers'][number]['state'], Tone> = { idle: 'good', printing: 'info', stopped: 'bad', gone: 'bad' };

export function Printers({ agent }: { agent: Agent }) {
  const t = useT();
  return (
    <div className={styles.part}>
      <h3>{t('agents.printers')}</h3>
      <ul className={styles.printers}>
        {agent.printers.map((p) => (
          <li key={p.id}>
            <Icon name="print" size={18} />
            <span>
              <strong>{p.name}</strong>
              {p.isDefault && <span className="dim"> · {t('print.default')}</span>}
              {p.duplex && <span className="dim"> · {t('print.duplex')}</span>}
              {p.color && <span className="dim"> · {t('print.color')}</span>}
            </span>
            <Chip tone={printerTones[p.state]} title={p.reasons.join(', ') || undefined}>
              {p.reasons.some((r) => r.startsWith('media-empty') || r.startsWith('media-needed'))
                ? t('printer.noPaper')
                : t(`printer.${p.state}`)}
            </Chip>
          </li>
        ))}
      </ul>
      <Link to="/settings/print" className={styles.link}>
        {t('agents.toRules')}
      </Link>
    </div>
  );
}

const jobTones: Record<AgentJobs['items'][number]['status'], Tone> = {
  waiting: 'wait',
  offered: 'wait',
  accepted: 'info',
  done: 'good',
  failed: 'bad',
  unknown: 'wait',
  cancelled: 'plain',
  expired: 'plain',
};

export function Jobs({ agent }: { agent: Agent }) {
  const t = useT();
  const words = useFindingWords();
  const { ago } = useFormats();
  const { data, error, refetch } = useQuery({
    queryKey: ['agents', agent.id, 'jobs'],
    queryFn: () => api.get<AgentJobs>(`/agents/${agent.id}/jobs`),
  });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines count={3} />;
  if (data.items.length === 0) return <p className="dim">{t('agents.noJobs')}</p>;
  return (
    <Table
      label={t('agents.jobs')}
      rows={data.items}
      id={(j) => j.id}
      columns={[
        { title: t('field.what'), cell: (j) => t(`agentJob.${j.kind.replaceAll('.', '_') as 'print_pdf'}`) },
        {
          title: t('field.name'),
          grow: true,
          cell: (j) => (
            <>
              {j.title}
              {j.cause && j.status !== 'done' && <div className="dim">{words({ code: j.cause.code, params: j.cause.params }).text}</div>}
            </>
          ),
        },
        { title: t('field.state'), cell: (j) => <Chip tone={jobTones[j.status]}>{t(`agentJobState.${j.status}`)}</Chip> },
        { title: t('field.when'), end: true, cell: (j) => ago(j.updatedAt) },
      ]}
    />
  );
}

export function Log({ agent }: { agent: Agent }) {
  const t = useT();
  const { time } = useFormats();
  const { data, error, refetch } = useQuery({
    queryKey: ['agents', agent.id, 'log'],
    queryFn: () => api.get<AgentLog>(`/agents/${agent.id}/log`),
  });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines count={3} />;
  if (data.items.length === 0) return <p className="dim">{t('agents.noLog')}</p>;
  return (
    <ol className={styles.log} aria-label={t('agents.log')}>
      {data.items.map((line, i) => (
        <li key={i} data-level={line.level}>
          <time>{time(line.at)}</time> <span>{line.message}</span>
        </li>
      ))}
    </ol>
  );
}
