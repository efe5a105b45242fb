import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import styles from './document.module.css';

/** What a person can say or do about a transfer or a delivery that stands still. */

/** Something like this document stands at the provider: only a person can say whether it is the same. */
export function Likeness({ transfer, onDone }: { transfer: DocumentDetail['transfers'][number]; onDone: () => unknown }) {
  const t = useT();
  const { can } = useSession();
  const cause = transfer.cause as { code?: string; params?: Record<string, string> } | null;
  const number = cause?.code === 'LIKENESS_FOUND' ? cause.params?.number : undefined;
  const answer = useMutation({
    mutationFn: (same: boolean) => api.post(`/transfers/${transfer.id}/likeness`, { number, same }),
    onSuccess: onDone,
    onError: (error) => toast({ error }),
  });
  if (!number || !can('send')) return null;
  const details = [cause?.params?.gross, cause?.params?.day, cause?.params?.buyer].filter(Boolean).join(', ');
  return (
    <div className={styles.likeness}>
      <span>{t('document.likeness', { number, details })}</span>
      <Button size="compact-sm" loading={answer.isPending} onClick={() => answer.mutate(true)}>
        {t('document.likenessYes')}
      </Button>
      <Button size="compact-sm" variant="default" disabled={answer.isPending} onClick={() => answer.mutate(false)}>
        {t('document.likenessNo')}
      </Button>
    </div>
  );
}

/** Not found at the provider after an answer was lost: only a person's word sends it a second time. */
export function OnceMore({ transfer, onDone }: { transfer: DocumentDetail['transfers'][number]; onDone: () => unknown }) {
  const t = useT();
  const { can } = useSession();
  const send = useMutation({
    mutationFn: () => api.post(`/transfers/${transfer.id}/once-more`),
    onSuccess: onDone,
    onError: (error) => toast({ error }),
  });
  if ((transfer.cause as { code?: string } | null)?.code !== 'NOTHING_FOUND' || transfer.status !== 'unknown' || !can('send')) return null;
  return (
    <div className={styles.likeness}>
      <Button size="compact-sm" loading={send.isPending} onClick={() => send.mutate()}>
        {t('document.onceMore')}
      </Button>
    </div>
  );
}

/** A further step that the provider refused (reporting, mailing, paying) is tried again on the same document. */
export function Again({
  document: doc,
  transfer,
  onDone,
}: {
  document: DocumentDetail;
  transfer: DocumentDetail['transfers'][number];
  onDone: () => unknown;
}) {
  const t = useT();
  const { can } = useSession();
  const send = useMutation({
    mutationFn: () => api.post(`/documents/${doc.id}/transfer`, { verb: transfer.verb }),
    onSuccess: onDone,
    onError: (error) => toast({ error }),
  });
  // A refused document is completed and issued again as a whole.
  if (transfer.verb === 'issue' || transfer.status !== 'rejected' || doc.state === 'refused' || !can('send')) return null;
  return (
    <div className={styles.likeness}>
      <Button size="compact-sm" variant="default" loading={send.isPending} onClick={() => send.mutate()}>
        {t('action.sendAgain')}
      </Button>
    </div>
  );
}

export function CauseLine({ cause }: { cause: unknown }) {
  const words = useFindingWords();
  const found = cause as { code?: string; params?: Record<string, string> } | null;
  if (!found?.code) return null;
  const { text, remedy } = words({ code: found.code, params: found.params });
  return <span className={styles.cause}>{[text, remedy].filter(Boolean).join(' ')}</span>;
}

/** What an order did not take, or where nobody knows: put or looked for once more. */
export function PutAgain({ delivery, onDone }: { delivery: { id: string; status: string }; onDone: () => unknown }) {
  const t = useT();
  const again = useMutation({
    mutationFn: () => api.post(`/order-writes/${delivery.id}/again`),
    onSuccess: onDone,
    onError: (e: Error) => toast({ error: e }),
  });
  if (delivery.status !== 'refused' && delivery.status !== 'unknown') return null;
  return (
    <Button size="compact-sm" variant="light" loading={again.isPending} onClick={() => again.mutate()}>
      {t('channel.again')}
    </Button>
  );
}
