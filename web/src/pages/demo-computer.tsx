import { Button, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { DemoMachineChange, DemoMachineState } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/page.tsx';
import styles from './settings.module.css';

/** The computer of the seller: where the agent is installed, with a program and a printer that can be switched off. */
export function Computer() {
  const t = useT();
  const { ago } = useFormats();
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['demo-machine'],
    queryFn: () => api.get<DemoMachineState>('/demo/machine'),
    refetchInterval: 3_000,
    retry: false,
  });
  const change = useMutation({
    mutationFn: (wanted: DemoMachineChange) => api.post<DemoMachineState>('/demo/machine', wanted),
    onSuccess: (state) => client.setQueryData(['demo-machine'], state),
    onError: (e) => toast({ error: e }),
  });
  if (error || !data) return null;
  const { pages } = data.printer;
  return (
    <Section title={t('demo.computer')} about={t('demo.computerAbout')}>
      <div className={styles.buttons}>
        {data.installed ? (
          <span>{t('demo.agentRuns')}</span>
        ) : (
          <Button component={Link} to="/agents" leftSection={<Icon name="screen" size={16} />}>
            {t('demo.agentMissing')}
          </Button>
        )}
      </div>
      <div className={styles.buttons} style={{ gap: 20 }}>
        <Switch
          label={t('demo.programOn', { count: data.program.documents })}
          checked={data.program.on}
          onChange={(e) => change.mutate({ program: e.currentTarget.checked })}
        />
        <Switch
          label={t('demo.printerOn')}
          checked={data.printer.on}
          onChange={(e) => change.mutate({ printer: e.currentTarget.checked })}
        />
        <Switch label={t('demo.paper')} checked={data.printer.paper} onChange={(e) => change.mutate({ paper: e.currentTarget.checked })} />
      </div>
      <div className={styles.buttons}>
        <Button size="compact-md" variant="default" onClick={() => change.mutate({ update: true })}>
          {t('demo.update')}
        </Button>
        <Button size="compact-md" variant="default" onClick={() => change.mutate({ checked: true })}>
          {t('demo.checked')}
        </Button>
      </div>
      {pages.length > 0 && (
        <div>
          <strong>{t('demo.printed')}</strong>
          <ul style={{ margin: '4px 0 0', paddingLeft: 18 }}>
            {pages
              .map((page, index) => ({ ...page, index }))
              .slice(-8)
              .reverse()
              .map((page) => (
                <li key={page.index}>
                  <a
                    href={fileAddress(`/demo/machine/pages/${page.index}`)}
                    target="_blank"
                    rel="noreferrer"
                    style={{ textDecoration: 'underline' }}
                  >
                    {page.name.replace(/ #[0-9a-f]{10}$/, '')}
                  </a>{' '}
                  <span className="dim">{ago(page.at)}</span>
                </li>
              ))}
          </ul>
        </div>
      )}
    </Section>
  );
}
