import { Button, NumberInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { DemoState, ImportRun } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failed, Lines, Page, Section } from '../ui/page.tsx';
import styles from './settings.module.css';

/** The demo's own desk: a sample file to import, tickets to sell, the simulators to disturb. */
export default function Demo() {
  const t = useT();
  const { me, organization, choose } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [count, setCount] = useState<number | string>(5);
  const { data, error, refetch } = useQuery({ queryKey: ['demo-state'], queryFn: () => api.get<DemoState>('/demo/state') });
  const shop = me.organizations.find((o) => o.id === data?.ticketsOrganizationId);
  const fail = (e: Error) => toast({ text: e.message, tone: 'bad' });
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
  return (
    <Page title={t('nav.demo')} help="demo" about={t('demo.about')}>
      {error ? (
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
