import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';

/** A page that may or may not be there is for whoever stands at the printer. */
export function PrintDecisions({ delivery, onDone }: { delivery: DocumentDetail['deliveries'][number]; onDone: () => unknown }) {
  const t = useT();
  const { can } = useSession();
  const decide = useMutation({
    mutationFn: (decision: 'arrived' | 'cancel' | 'again') => api.post(`/deliveries/${delivery.id}/print`, { decision }),
    onSuccess: onDone,
    onError: (error) => toast({ error }),
  });
  if (!can('print')) return null;
  const underWay = delivery.status === 'queued' || delivery.status === 'sending';
  const button = (decision: 'arrived' | 'cancel' | 'again') => (
    <Button
      key={decision}
      size="compact-xs"
      variant="subtle"
      disabled={decide.isPending}
      aria-label={`${t(`printDecision.${decision}`)}: ${delivery.recipient}`}
      onClick={() => decide.mutate(decision)}
    >
      {t(`printDecision.${decision}`)}
    </Button>
  );
  return (
    <span>
      {delivery.status === 'unknown' && button('arrived')}
      {underWay ? button('cancel') : button('again')}
    </span>
  );
}
