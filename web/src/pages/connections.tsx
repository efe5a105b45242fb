import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { Connection, Connector } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';

import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { SettingsForm, type Values } from './connection-form.tsx';
import styles from './connections.module.css';

const tones: Record<Connection['status'], Tone> = { setup: 'wait', active: 'good', paused: 'plain', blocked: 'bad', removed: 'plain' };
/** A provider that never took our key does not work, though nothing stopped it yet. */
export const stateOf = ({ status, everWorked }: Connection, connector: Connector | undefined): Connection['status'] =>
  status === 'active' && !everWorked && connector?.capabilities.includes('transfer') ? 'setup' : status;

export function ConnectionChip({ status }: { status: Connection['status'] }) {
  const { t } = useTexts();
  return <Chip tone={tones[status]}>{t(`connectionState.${status}`)}</Chip>;
}

const capability: Record<string, Key> = {
  'read-order-file': 'capability.file',
  'pull-orders': 'capability.pull',
  'receive-calls': 'capability.calls',
  transfer: 'capability.transfer',
  folder: 'capability.folder',
  administer: 'capability.administer',
  attach: 'capability.attach',
  taxpayer: 'capability.taxpayer',
  print: 'capability.print',
  charge: 'capability.charge',
};

/** What has a page of its own to be set up on. */
const elsewhere: Record<string, string> = { agent: '/agents', smtp: '/settings/smtp' };

/** What is connected, and the gallery of what can be. */
export default function Connections() {
  const { t, language } = useTexts();
  const { can, organization } = useSession();
  const { ago } = useFormats();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [adding, setAdding] = useState<Connector>();
  const mine = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const gallery = useQuery({
    queryKey: ['connectors'],
    queryFn: () => api.get<{ items: Connector[] }>('/connectors'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const add = useMutation({
    mutationFn: ({ name, baseUrl, settings, secrets }: Values) =>
      api.post<Connection>('/connections', { connector: adding!.id, name, baseUrl, settings, secrets }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['connections'] });
      await navigate(`/connections/${made.id}?check=1`);
    },
    onError: (e) => toast({ error: e }),
  });
  if (isLost(mine.error ?? gallery.error, mine.data && gallery.data))
    return (
      <Page title={t('nav.connections')} help="connections">
        <Failed
          error={mine.error ?? gallery.error}
          retry={() => {
            void mine.refetch();
            void gallery.refetch();
          }}
        />
      </Page>
    );
  const connections = mine.data?.items.filter((c) => c.status !== 'removed');
  const called = (c: Connector) => c.title?.[language] ?? c.name;
  const nameOf = (id: string) => {
    const found = gallery.data?.items.find((c) => c.id === id);
    return found ? called(found) : id;
  };
  // Those of the seller's own country come first.
  const offered = [...(gallery.data?.items ?? [])].sort(
    (a, b) => Number(b.countries.includes(organization.country)) - Number(a.countries.includes(organization.country)),
  );
  return (
    <Page title={t('nav.connections')} help="connections" about={t('connections.about')}>
      {!connections ? (
        <Lines />
      ) : connections.length === 0 ? (
        <Section>
          <Empty icon="plug" title={t('connections.emptyTitle')}>
            {t('connections.emptyText')}
          </Empty>
        </Section>
      ) : (
        <ul className={styles.mine}>
          {connections.map((c) => (
            <li key={c.id}>
              <Link to={`/connections/${c.id}`}>
                <span className={styles.logo} aria-hidden="true">
                  {nameOf(c.connector).slice(0, 2)}
                </span>
                <span className={styles.words}>
                  <strong>{c.name}</strong>
                  <span className="dim">
                    {nameOf(c.connector)} · {ago(c.createdAt)}
                  </span>
                </span>
                <ConnectionChip
                  status={stateOf(
                    c,
                    gallery.data?.items.find((one) => one.id === c.connector),
                  )}
                />
              </Link>
            </li>
          ))}
        </ul>
      )}
      {can('connections') && !adding && (
        <Section title={t('connections.gallery')} about={t('connections.galleryAbout')}>
          {!gallery.data ? (
            <Lines />
          ) : (
            <ul className={styles.gallery}>
              {offered.map((connector) => (
                <li key={connector.id}>
                  <div className={styles.cardHead}>
                    <span className={styles.logo} aria-hidden="true">
                      {called(connector).slice(0, 2)}
                    </span>
                    <div>
                      <strong>{called(connector)}</strong>
                      {!elsewhere[connector.id] && <div className="dim">{t(`role.${connector.role}`)}</div>}
                    </div>
                  </div>
                  <p>{connector.about[language]}</p>
                  <div className={styles.tags}>
                    {connector.capabilities.flatMap((c) => (capability[c] ? [<span key={c}>{t(capability[c])}</span>] : []))}
                  </div>
                  <Button
                    size="compact-md"
                    variant="default"
                    onClick={() => (elsewhere[connector.id] ? void navigate(elsewhere[connector.id]!) : setAdding(connector))}
                    aria-label={`${t('connections.connect')}: ${called(connector)}`}
                  >
                    {t('connections.connect')}
                  </Button>
                </li>
              ))}
            </ul>
          )}
        </Section>
      )}
      {adding && (
        <Section title={t('connections.connectTitle', { name: called(adding) })} about={adding.about[language]}>
          <SettingsForm
            connector={adding}
            start={{ name: called(adding), baseUrl: null, settings: {}, secrets: {} }}
            stored={[]}
            busy={add.isPending}
            submit={t('connections.saveAndCheck')}
            onSubmit={(values) => add.mutate(values)}
            onCancel={() => setAdding(undefined)}
          />
        </Section>
      )}
    </Page>
  );
}
