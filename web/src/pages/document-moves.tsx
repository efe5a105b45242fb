import { Button, Menu, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { civilDay } from '../../../src/domain/days/day.ts';
import { api } from '../api.ts';
import { ask } from '../questions.tsx';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DayInput, DecimalInput } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { useToday } from '../ui/today.ts';

/** Rarer steps of one document: advances and their final invoice, parting what was merged, giving up the number of a refused one. */
export function useMoves(doc: DocumentDetail, onMade: (id: string) => void): { items: ReactNode; dialogs: ReactNode } {
  const t = useT();
  const { can } = useSession();
  const [asking, setAsking] = useState<'prepayment' | 'giveUp'>();
  const refresh = useRefresh();
  const act = useMutation({
    mutationFn: ({ path, body }: { path: string; body?: unknown; done: string }) => api.post<{ id: string }>(path, body),
    onSuccess: async (made, { done }) => {
      await refresh();
      toast({ text: done, tone: 'good' });
      onMade(made.id);
    },
    onError: fail,
  });
  const waits = doc.state === 'to_issue';
  const sale = doc.kind === 'invoice' || doc.kind === 'proforma';
  const advances = doc.related.filter((r) => r.kind === 'prepayment' && r.state === 'issued');
  const merged = doc.related.some((r) => r.relation === 'merged');
  const edit = can('edit');
  const there = (verb: string) => doc.transfers.some((x) => x.verb === verb && x.status === 'accepted');
  const removable = doc.state === 'issued' && doc.kind === 'proforma' && there('issue') && !there('remove');
  const remove = useMutation({
    mutationFn: () => api.post(`/documents/${doc.id}/transfer`, { verb: 'remove' }),
    onSuccess: async () => {
      await refresh();
      toast({ text: t('moves.removeAsked'), tone: 'good' });
    },
    onError: fail,
  });
  const items = (
    <>
      {edit && sale && (waits || (doc.state === 'issued' && doc.kind === 'proforma')) && (
        <Menu.Item leftSection={<Icon name="document" size={16} />} onClick={() => setAsking('prepayment')}>
          {t('action.prepayment')}
        </Menu.Item>
      )}
      {edit && waits && doc.kind === 'invoice' && advances.length > 0 && (
        <Menu.Item
          leftSection={<Icon name="check" size={16} />}
          onClick={() =>
            act.mutate({
              path: '/documents/final',
              body: { documentId: doc.id, prepaymentIds: advances.map((a) => a.id) },
              done: t('moves.finalDone'),
            })
          }
        >
          {t('action.final')}
        </Menu.Item>
      )}
      {edit && waits && merged && (
        <Menu.Item
          leftSection={<Icon name="split" size={16} />}
          onClick={() => act.mutate({ path: `/documents/${doc.id}/unmerge`, done: t('moves.unmerged') })}
        >
          {t('action.unmerge')}
        </Menu.Item>
      )}
      {removable && can('send') && (
        <Menu.Item
          leftSection={<Icon name="trash" size={16} />}
          onClick={() =>
            ask({
              title: t('action.removeThere'),
              text: t('moves.removeAsk', { number: doc.number ?? '' }),
              go: t('action.removeThere'),
              run: () => remove.mutate(),
            })
          }
        >
          {t('action.removeThere')}
        </Menu.Item>
      )}
      {can('issue') && doc.moves.includes('give_up') && (
        <Menu.Item leftSection={<Icon name="close" size={16} />} onClick={() => setAsking('giveUp')}>
          {t('action.giveUp')}
        </Menu.Item>
      )}
    </>
  );
  const dialogs = (
    <>
      {asking === 'prepayment' && <Prepayment document={doc} onClose={() => setAsking(undefined)} onMade={onMade} />}
      {asking === 'giveUp' && <GiveUp document={doc} onClose={() => setAsking(undefined)} />}
    </>
  );
  return { items, dialogs };
}

const fail = (error: Error) => toast({ error });

function useRefresh() {
  const client = useQueryClient();
  return () =>
    client.invalidateQueries({ predicate: (q) => ['document', 'documents', 'count', 'register'].includes(String(q.queryKey[0])) });
}

function Prepayment({ document: doc, onClose, onMade }: { document: DocumentDetail; onClose: () => void; onMade: (id: string) => void }) {
  const t = useT();
  const refresh = useRefresh();
  const [received, setReceived] = useState('');
  const { zone } = useSession().organization;
  const today = useToday();
  const { paidAt } = doc.content.payment;
  const [day, setDay] = useState<string | undefined>(paidAt ? civilDay(paidAt, zone) : today);
  const make = useMutation({
    mutationFn: () => api.post<{ id: string }>(`/documents/${doc.id}/prepayment`, { received, day }),
    onSuccess: async (made) => {
      await refresh();
      onClose();
      onMade(made.id);
    },
    onError: fail,
  });
  return (
    <Dialog onClose={onClose} title={t('kind.prepayment')}>
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 14 }}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <p style={{ margin: 0 }}>{t('moves.prepaymentAbout')}</p>
        <DecimalInput
          label={t('moves.received')}
          value={received}
          suffix={doc.currency}
          onChange={(v) => setReceived(v ?? '')}
          data-autofocus
        />
        <DayInput label={t('moves.receivedOn')} value={day} onChange={setDay} />
        <Buttons onClose={onClose} label={t('moves.prepare')} busy={make.isPending} disabled={!received || !day} />
      </form>
    </Dialog>
  );
}

function GiveUp({ document: doc, onClose }: { document: DocumentDetail; onClose: () => void }) {
  const t = useT();
  const refresh = useRefresh();
  const [reason, setReason] = useState('');
  const give = useMutation({
    mutationFn: () => api.post<{ number: string }>(`/documents/${doc.id}/give-up-number`, { reason }),
    onSuccess: async ({ number }) => {
      await refresh();
      toast({ text: t('moves.givenUp', { number }), tone: 'good' });
      onClose();
    },
    onError: fail,
  });
  return (
    <Dialog onClose={onClose} title={t('moves.giveUpTitle', { number: doc.number ?? '' })}>
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 14 }}
        onSubmit={(event) => {
          event.preventDefault();
          give.mutate();
        }}
      >
        <p style={{ margin: 0 }}>{t('moves.giveUpAbout')}</p>
        <Textarea
          label={t('moves.reason')}
          required
          withAsterisk={false}
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={(e) => setReason(e.target.value)}
          data-autofocus
        />
        <Buttons onClose={onClose} label={t('moves.giveUp')} busy={give.isPending} disabled={!reason.trim()} bad />
      </form>
    </Dialog>
  );
}

function Buttons({
  onClose,
  label,
  busy,
  disabled,
  bad,
}: {
  onClose: () => void;
  label: string;
  busy: boolean;
  disabled: boolean;
  bad?: boolean;
}) {
  const t = useT();
  return (
    <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
      <Button variant="default" onClick={onClose}>
        {t('common.cancel')}
      </Button>
      <Button type="submit" loading={busy} disabled={disabled} color={bad ? 'red' : undefined}>
        {label}
      </Button>
    </div>
  );
}
