import { Button, Checkbox, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Webhook, WebhookListed } from '../../../../src/api/schemas/index.ts';
import { webhookEvents } from '../../../../src/domain/webhook-events.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { AskingButton } from '../../ui/asking-button.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';
import { Once } from './once.tsx';

export default function Webhooks() {
  const t = useT();
  const { day } = useFormats();
  const client = useQueryClient();
  const [url, setUrl] = useState('');
  const [chosen, setChosen] = useState<string[]>(['document.issued']);
  const [secret, setSecret] = useState<string>();
  const { data, error, refetch } = useQuery({ queryKey: ['webhooks'], queryFn: () => api.get<{ items: WebhookListed[] }>('/webhooks') });
  const refresh = () => client.invalidateQueries({ queryKey: ['webhooks'] });
  const fail = (e: Error) => toast({ error: e });
  const make = useMutation({
    mutationFn: () => api.post<Webhook & { secret: string }>('/webhooks', { url, events: chosen }),
    onSuccess: (answer) => {
      setSecret(answer.secret);
      setUrl('');
      return refresh();
    },
    onError: fail,
  });
  const toggle = useMutation({
    mutationFn: (w: Webhook) => api.patch(`/webhooks/${w.id}`, { active: !w.active }),
    onSuccess: refresh,
    onError: fail,
  });
  const retry = useMutation({ mutationFn: (id: string) => api.post(`/webhooks/${id}/retry`, {}), onSuccess: refresh, onError: fail });
  const remove = useMutation({ mutationFn: (id: string) => api.remove(`/webhooks/${id}`), onSuccess: refresh, onError: fail });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  return (
    <>
      <Section title={t('webhooks.new')} about={t('webhooks.about')}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <TextInput
            label={t('webhooks.url')}
            type="url"
            required
            withAsterisk={false}
            placeholder="https://example.com/hooks"
            value={url}
            onChange={(e) => setUrl(e.target.value)}
          />
          <Checkbox.Group label={t('webhooks.events')} value={chosen} onChange={setChosen}>
            <div className={styles.row} style={{ marginTop: 6 }}>
              {webhookEvents.map((e) => (
                <Checkbox key={e} value={e} label={t(`webhookEvent.${e}`)} />
              ))}
            </div>
          </Checkbox.Group>
          <Button type="submit" style={{ alignSelf: 'flex-start' }} disabled={chosen.length === 0} loading={make.isPending}>
            {t('webhooks.go')}
          </Button>
        </form>
        {secret && <Once title={t('webhooks.once')} value={secret} onClose={() => setSecret(undefined)} />}
      </Section>
      <Section title={t('settings.webhooks')} flush>
        <Table
          label={t('settings.webhooks')}
          rows={data?.items}
          empty={<Empty icon="link" title={t('webhooks.empty')} />}
          id={(w) => w.id}
          columns={[
            {
              title: t('webhooks.url'),
              grow: true,
              cell: (w) => (
                <>
                  <code>{w.url}</code>
                  <div className="dim">{w.events.map((e) => t(`webhookEvent.${e as 'document.issued'}`)).join(', ')}</div>
                </>
              ),
            },
            { title: t('field.state'), cell: (w) => <State webhook={w} /> },
            { title: t('users.since'), cell: (w) => day(w.createdAt) },
            {
              title: '',
              end: true,
              cell: (w) => (
                <span className={styles.buttons} style={{ flexWrap: 'nowrap' }}>
                  {w.failed > 0 && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => retry.mutate(w.id)}
                      aria-label={`${t('webhooks.retry')}: ${w.url}`}
                    >
                      {t('webhooks.retry')}
                    </Button>
                  )}
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    onClick={() => toggle.mutate(w)}
                    aria-label={`${w.active ? t('webhooks.stop') : t('webhooks.start')}: ${w.url}`}
                  >
                    {w.active ? t('webhooks.stop') : t('webhooks.start')}
                  </Button>
                  <AskingButton
                    loading={remove.isPending && remove.variables === w.id}
                    question={t('webhooks.removeSure')}
                    about={w.url}
                    onYes={() => remove.mutate(w.id)}
                    aria-label={t('common.deleteNamed', { name: w.url })}
                  >
                    {t('common.delete')}
                  </AskingButton>
                </span>
              ),
            },
          ]}
        />
      </Section>
    </>
  );
}

/** What fails is told with its reason, so that the owner of the receiver knows where to look. */
function State({ webhook: w }: { webhook: WebhookListed }) {
  const t = useT();
  const trouble = w.failed > 0 || w.lastProblem !== null;
  const counts = [
    w.failed > 0 && t('webhooks.failed', { count: w.failed }),
    w.waiting > 0 && t('webhooks.pending', { count: w.waiting }),
    w.lastProblem,
  ];
  return (
    <>
      <Chip tone={!w.active ? 'plain' : trouble ? 'bad' : 'good'}>{w.active ? t('webhooks.on') : t('webhooks.off')}</Chip>
      {trouble && <span className="dim"> {counts.filter(Boolean).join(' · ')}</span>}
    </>
  );
}
