import { ActionIcon, Button, Menu, NativeSelect, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link } from 'react-router';
import type { Delivery, Page as PageOf, SetupState } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy } from '../lazy.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { WayChip } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { useFilter } from '../ui/use-documents.ts';
import { More, usePages } from '../ui/use-pages.tsx';

const Mailbox = lazy(() => import('./mailbox.tsx'));
const statuses = ['queued', 'handed_over', 'refused', 'bounced', 'unknown', 'held'] as const;

/** Every mail that went, waits or failed; in the demo also the development mailbox with each mail as its reader gets it. */
export default function Mail() {
  const t = useT();
  const { filter, change } = useFilter(['status', 'view']);
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => api.get<SetupState>('/setup'), staleTime: Number.POSITIVE_INFINITY });
  const inbox = setup.data?.demo === true;
  const box = inbox && filter.view === 'mailbox';
  return (
    <Page
      title={t('nav.mail')}
      help="mail"
      wide
      actions={
        inbox ? (
          <SegmentedControl
            aria-label={t('nav.mail')}
            value={box ? 'mailbox' : ''}
            onChange={(view) => change({ view: view || undefined })}
            data={[
              { value: '', label: t('mail.deliveries') },
              { value: 'mailbox', label: t('mail.mailbox') },
            ]}
          />
        ) : undefined
      }
    >
      {box ? (
        <Suspense fallback={<Lines />}>
          <Mailbox />
        </Suspense>
      ) : (
        <Deliveries status={filter.status ?? ''} onStatus={(status) => change({ status: status || undefined })} />
      )}
    </Page>
  );
}

function Deliveries({ status, onStatus }: { status: string; onStatus: (status: string) => void }) {
  const t = useT();
  const { ago, time } = useFormats();
  const { can } = useSession();
  const words = useFindingWords();
  const client = useQueryClient();
  const [resending, setResending] = useState<Delivery>();
  const pages = usePages<PageOf<Delivery>>(['deliveries', status], '/deliveries', {
    way: 'mail',
    // "Failed" stands for all that needs a person.
    status: status === 'failed' ? 'refused,bounced,unknown,held' : status || undefined,
  });
  const { list, rows } = pages;
  const decide = useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: 'arrived' | 'send_again' | 'cancel' }) =>
      api.post(`/deliveries/${id}/decide`, { decision }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deliveries'] }),
    onError: (e) => toast({ error: e }),
  });
  return (
    <Section
      flush
      actions={
        <NativeSelect
          aria-label={t('field.state')}
          value={status}
          onChange={(e) => onStatus(e.target.value)}
          data={[
            { value: '', label: t('filter.all') },
            { value: 'failed', label: t('mail.failed') },
            ...statuses.map((s) => ({ value: s, label: t(`deliveryFilter.${s}`) })),
          ]}
        />
      }
    >
      {isLost(list.error, list.data) ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          <Table
            label={t('nav.mail')}
            rows={rows}
            empty={
              <Empty icon="mail" title={status ? t('common.nothingFound') : t('mail.emptyTitle')}>
                {status ? undefined : t('mail.emptyText')}
              </Empty>
            }
            id={(d) => d.id}
            columns={[
              {
                title: t('field.number'),
                cell: (d) => <Link to={`/documents/${d.documentId}`}>{d.documentNumber ?? t('mail.document')}</Link>,
              },
              { title: t('mail.to'), cell: (d) => d.recipient, grow: true },
              {
                title: t('field.state'),
                cell: (d) => (
                  <>
                    <WayChip status={d.status} />
                    {d.cause && typeof d.cause.code === 'string' && !['handed_over', 'delivered'].includes(d.status) && (
                      <div className="dim">{words({ code: d.cause.code, params: d.cause.params as Record<string, string> }).text}</div>
                    )}
                  </>
                ),
              },
              {
                title: t('field.when'),
                cell: (d) => (
                  <span className="dim" title={time(d.updatedAt)}>
                    {ago(d.updatedAt)}
                  </span>
                ),
              },
              {
                title: '',
                end: true,
                cell: (d) =>
                  can('send') && (
                    <Menu position="bottom-end">
                      <Menu.Target>
                        <ActionIcon size={28} aria-label={t('mail.actions', { name: d.documentNumber ?? d.recipient })}>
                          <Icon name="dots" />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => setResending(d)}>{t('mail.resend')}</Menu.Item>
                        {d.status === 'unknown' && (
                          <Menu.Item onClick={() => decide.mutate({ id: d.id, decision: 'arrived' })}>{t('mail.arrived')}</Menu.Item>
                        )}
                        {(d.status === 'unknown' || d.status === 'held') && (
                          <Menu.Item onClick={() => decide.mutate({ id: d.id, decision: 'send_again' })}>{t('mail.sendAgain')}</Menu.Item>
                        )}
                        {(d.status === 'queued' || d.status === 'held') && (
                          <Menu.Item onClick={() => decide.mutate({ id: d.id, decision: 'cancel' })}>{t('mail.cancel')}</Menu.Item>
                        )}
                      </Menu.Dropdown>
                    </Menu>
                  ),
              },
            ]}
          />
          <More of={pages} />
        </>
      )}
      {resending && <Resend delivery={resending} onClose={() => setResending(undefined)} />}
    </Section>
  );
}

function Resend({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [to, setTo] = useState(delivery.recipient);
  const send = useMutation({
    mutationFn: () => api.post(`/deliveries/${delivery.id}/resend`, { to }),
    onSuccess: () => {
      toast({ text: t('document.mailed', { to }), tone: 'good' });
      onClose();
      return client.invalidateQueries({ queryKey: ['deliveries'] });
    },
    onError: (e) => toast({ error: e }),
  });
  return (
    <Dialog onClose={onClose} title={t('mail.resendTitle', { number: delivery.documentNumber ?? '' })}>
      <form
        style={{ display: 'flex', gap: 8, alignItems: 'flex-end' }}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <TextInput
          style={{ flex: 1 }}
          data-autofocus
          type="email"
          required
          withAsterisk={false}
          label={t('document.mailTo')}
          value={to}
          onChange={(e) => setTo(e.target.value)}
        />
        <Button type="submit" loading={send.isPending}>
          {t('action.send')}
        </Button>
      </form>
    </Dialog>
  );
}
