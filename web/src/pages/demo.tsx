import { ActionIcon, Button, NumberInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { DemoState, ImportRun } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Computer } from './demo-computer.tsx';
import styles from './settings.module.css';

/** The demo's own desk: a sample file to import, tickets to sell, the simulators to disturb. */
export default function Demo() {
  const t = useT();
  const { me, organization, choose } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [count, setCount] = useState<number | string>(5);
  const { data, error, refetch } = useQuery({ queryKey: ['demo-state'], queryFn: () => api.get<DemoState>('/demo/state') });
  const operator = me.organizations.find((o) => o.id === data?.operatorOrganizationId);
  const shop = me.organizations.find((o) => o.id === data?.ticketsOrganizationId);
  const orderShop = me.organizations.find((o) => o.id === data?.ordersOrganizationId);
  const fail = (e: Error) => toast({ error: e });
  const sample = useMutation({
    mutationFn: () => api.post<ImportRun>('/demo/import-sample', { kind: 'auto' }),
    onSuccess: async (run) => {
      await client.invalidateQueries();
      await navigate(`/import/${run.id}`);
    },
    onError: fail,
  });
  const sell = useMutation({
    mutationFn: () =>
      api.post<{ accepted: number; refused: { status: number; body: string }[] }>('/demo/sell-tickets', { count: Number(count) || 1 }),
    onSuccess: (answer) => {
      toast({ text: t('demo.sold', { count: answer.accepted }), tone: 'good' });
      if (answer.refused[0]) toast({ text: `${answer.refused[0].status}: ${answer.refused[0].body.slice(0, 120)}`, tone: 'bad' });
      return client.invalidateQueries();
    },
    onError: fail,
  });
  const arrive = useMutation({
    mutationFn: (at: 'sellasist' | 'baselinker') => api.post<{ arrived: number }>('/demo/orders-arrive', { count: 10, at }),
    onSuccess: (answer) => {
      toast({ text: t('demo.arrived', { count: answer.arrived }), tone: 'good' });
      return client.invalidateQueries();
    },
    onError: fail,
  });
  return (
    <Page title={t('nav.demo')} help="demo" about={t('demo.about')}>
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Lines />
      ) : (
        <>
          <Section title={t('demo.sample')} about={t('demo.sampleAbout')}>
            <div className={styles.buttons}>
              <Button loading={sample.isPending} onClick={() => sample.mutate()} leftSection={<Icon name="import" size={16} />}>
                {t('demo.sampleGo')}
              </Button>
              <Button variant="default" component={Link} to="/mail?view=mailbox" leftSection={<Icon name="mail" size={16} />}>
                {t('mail.mailbox')}
              </Button>
            </div>
          </Section>
          <Section title={t('demo.tickets')} about={t('demo.ticketsAbout')}>
            {shop && shop.id !== organization.id && (
              <div className={styles.buttons}>
                <span>{t('demo.otherShop', { name: shop.name })}</span>
                <Button size="compact-md" variant="light" onClick={() => choose(shop.id)}>
                  {t('demo.goThere')}
                </Button>
              </div>
            )}
            <div className={styles.buttons} style={{ alignItems: 'flex-end' }}>
              <NumberInput label={t('demo.howMany')} w={140} min={1} max={200} value={count} onChange={setCount} />
              <Button loading={sell.isPending} onClick={() => sell.mutate()} leftSection={<Icon name="bolt" size={16} />}>
                {t('demo.sell')}
              </Button>
              <Button variant="default" component={Link} to="/causes">
                {t('nav.causes')}
              </Button>
            </div>
          </Section>
          <Section title={t('demo.orders')} about={t('demo.ordersAbout')}>
            {orderShop && orderShop.id !== organization.id && (
              <div className={styles.buttons}>
                <span>{t('demo.otherShop', { name: orderShop.name })}</span>
                <Button size="compact-md" variant="light" onClick={() => choose(orderShop.id)}>
                  {t('demo.goThere')}
                </Button>
              </div>
            )}
            <Connectable
              simulators={data.simulators.filter((one) => one.connector === 'sellasist' || one.connector === 'infakt')}
              arriving={arrive.isPending && arrive.variables === 'sellasist'}
              arrive={() => arrive.mutate('sellasist')}
            />
          </Section>
          <Section title="BaseLinker" about={t('demo.baselinkerAbout')}>
            <Connectable
              simulators={data.simulators.filter((one) => one.connector === 'baselinker')}
              arriving={arrive.isPending && arrive.variables === 'baselinker'}
              arrive={() => arrive.mutate('baselinker')}
            />
          </Section>
          <Computer />
          {data.operatorOrganizationId && (
            <Section title={t('demo.billing')} about={t('demo.billingAbout')}>
              <div className={styles.buttons}>
                <Button component={Link} to="/billing" leftSection={<Icon name="store" size={16} />}>
                  {t('nav.billing')}
                </Button>
                <Button
                  variant="default"
                  component="a"
                  href={fileAddress('/demo/statement.sta')}
                  leftSection={<Icon name="download" size={16} />}
                >
                  {t('demo.statement')}
                </Button>
                {operator && operator.id !== organization.id && (
                  <Button variant="light" onClick={() => choose(operator.id)}>
                    {t('demo.operator', { name: operator.name })}
                  </Button>
                )}
              </div>
            </Section>
          )}
          {data.simulators.length > 0 && (
            <Section title={t('demo.simulators')} about={t('demo.simulatorsAbout')}>
              <ul style={{ margin: 0, paddingLeft: 18 }}>
                {data.simulators.map((s) => (
                  <li key={s.connector}>
                    <a href={s.url} style={{ textDecoration: 'underline' }} target="_blank" rel="noreferrer">
                      {s.connector}
                    </a>{' '}
                    <span className="dim">{s.url}</span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

const names: Record<string, string> = { sellasist: 'Sellasist', infakt: 'inFakt', baselinker: 'BaseLinker' };

/** Doubles that wait to be connected by address and key, and orders for them. */
function Connectable({ simulators, arriving, arrive }: { simulators: DemoState['simulators']; arriving: boolean; arrive: () => void }) {
  const t = useT();
  return (
    <ol style={{ margin: 0, paddingLeft: 20, display: 'grid', gap: 10 }}>
      {simulators.map((s) => (
        <li key={s.connector}>
          <Link to="/connections">{t('demo.connectIt', { name: names[s.connector] ?? s.connector })}</Link>
          <Facts
            items={[
              [t('demo.account'), s.account && <Copied key="account" text={s.account} />],
              [s.connector === 'baselinker' ? t('demo.token') : t('demo.key'), <Copied key="key" text={s.key!} />],
              [t('connections.address'), <Copied key="address" text={s.apiUrl!} />],
            ]}
          />
        </li>
      ))}
      <li>
        <Button loading={arriving} onClick={arrive} leftSection={<Icon name="bolt" size={16} />}>
          {t('demo.arrive')}
        </Button>
      </li>
    </ol>
  );
}

/** Something to paste elsewhere. */
function Copied({ text }: { text: string }) {
  const t = useT();
  return (
    <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center', minWidth: 0 }}>
      <code style={{ overflowWrap: 'anywhere' }}>{text}</code>
      <ActionIcon
        size="sm"
        variant="subtle"
        aria-label={`${t('common.copy')}: ${text}`}
        onClick={() => void copyText(text).then(() => toast({ text: t('common.copied') }))}
      >
        <Icon name="copy" size={14} />
      </ActionIcon>
    </span>
  );
}
